/* SPDX-License-Identifier: MIT */
/* What a line observed, in the words of the case language: first what its expectation mentions, in
 * its order, so that the two compare from left to right, then what else there is to see. */
#include <inttypes.h>
#include <string.h>

#include "expect.h"
#include "utf8.h"

enum { BYTES_SHOWN = 72 }; /* of long data; the rest tells a reader nothing new */

static const uint32_t of_messages =
    CF_CHECK_SOURCE | CF_CHECK_TARGET | CF_CHECK_DATA | CF_CHECK_ALIGNED;
static const uint32_t of_completions = CF_CHECK_DEFINITE | CF_CHECK_BYTES | CF_CHECK_LENGTHS |
                                       CF_CHECK_SIZE | CF_CHECK_INCARNATION | CF_CHECK_MESSAGE |
                                       CF_CHECK_PRINCIPAL | CF_CHECK_LEFT;
static const uint32_t of_infos = CF_CHECK_BYTES | CF_CHECK_INCARNATION | CF_CHECK_MESSAGES |
                                 CF_CHECK_NEXT | CF_CHECK_RECEIVES | CF_CHECK_WAITING |
                                 CF_CHECK_DROPPED | CF_CHECK_KIND;
static const uint32_t of_peeks = CF_CHECK_BYTES | CF_CHECK_INCARNATION | CF_CHECK_LEFT |
                                 CF_CHECK_UNREAD | CF_CHECK_STATE | CF_CHECK_STATUS | CF_CHECK_MODE;

/* One observation on its way to text. */
struct telling {
    const struct cf_observed *observed;
    const struct cf_step *step;
    const struct cf_captured *captured;
    FILE *out;
    bool begun;
    uint32_t told; /* set of enum cf_check */
};

void cf_bytes_print(const char *at, size_t size, FILE *out)
{
    const bool text = cf_utf8_is_valid(at, size);
    size_t shown = 0;
    fputc('"', out);
    while (shown < size && shown < BYTES_SHOWN)
        shown += cf_character_print(at + shown, text ? size - shown : 1, out);
    fputc('"', out);
    if (shown < size)
        fprintf(out, "... (%zu bytes)", size);
}

/* Whether it is what a read of a session has got: data without URIs. */
static bool is_read(const struct cf_observed *observed)
{
    return observed->has_message && observed->completion.call == URIPC_CALL_SESSION_RECEIVE;
}

/* Which checks the observation has something to say about. */
static uint32_t tellable(const struct cf_observed *observed)
{
    uint32_t message = is_read(observed) ? (uint32_t)CF_CHECK_DATA : of_messages;
    return CF_CHECK_WITHIN | CF_CHECK_AT | (observed->has_message ? message : 0) |
           (observed->has_completion ? of_completions : 0) | (observed->has_info ? of_infos : 0) |
           (observed->has_peek ? of_peeks : 0);
}

/* Three pairs of checks are about one thing each. */
static uint32_t topic_of(uint32_t checks)
{
    if (checks & CF_CHECK_INDEFINITE)
        checks |= CF_CHECK_DEFINITE;
    if (checks & CF_CHECK_NEXT_NONE)
        checks |= CF_CHECK_NEXT;
    if (checks & CF_CHECK_LEFT_NONE)
        checks |= CF_CHECK_LEFT;
    return checks & ~(uint32_t)(CF_CHECK_INDEFINITE | CF_CHECK_NEXT_NONE | CF_CHECK_LEFT_NONE);
}

/* Words and values. */

static void tell_word(struct telling *self, const char *word)
{
    fprintf(self->out, "%s%s", self->begun ? " " : "", word);
    self->begun = true;
}

static void tell_number(struct telling *self, const char *word, uint64_t number)
{
    tell_word(self, word);
    fprintf(self->out, " %" PRIu64, number);
}

static void tell_three(struct telling *self, const char *word, uint32_t first, uint32_t second,
                       uint32_t third)
{
    tell_word(self, word);
    fprintf(self->out, " %" PRIu32 " %" PRIu32 " %" PRIu32, first, second, third);
}

static bool is_text(const struct cf_text *expected, const char *at, size_t size)
{
    return expected->size == size && (size == 0 || memcmp(expected->at, at, size) == 0);
}

/* A source or target, in the case's own spelling if it expects it somewhere. */
static void tell_uri(struct telling *self, enum cf_check check, const struct uripc_text *uri)
{
    tell_word(self, check == CF_CHECK_SOURCE ? "from" : "to");
    fputc(' ', self->out);
    for (size_t i = 0; i < self->step->alternative_count; i++) {
        const struct cf_alternative *here = &self->step->alternatives[i];
        const struct cf_text *text = check == CF_CHECK_SOURCE ? &here->source : &here->target;
        if (here->checks & (uint32_t)check && is_text(text, uri->at, uri->length)) {
            cf_text_print(text, self->out);
            return;
        }
    }
    cf_bytes_print(uri->at, uri->length, self->out);
}

static void tell_time(struct telling *self, const char *word, uint64_t nanoseconds)
{
    tell_word(self, word);
    fputc(' ', self->out);
    cf_duration_print(nanoseconds, self->out);
}

/* Data, likewise. */
static void tell_data(struct telling *self)
{
    const struct cf_message *message = &self->observed->message;
    const char *before = self->begun ? " " : "";
    if (message->data_bytes == 0) {
        tell_word(self, "empty");
        return;
    }
    self->begun = true;
    for (size_t i = 0; i < self->step->alternative_count; i++) {
        const struct cf_alternative *here = &self->step->alternatives[i];
        if (here->checks & CF_CHECK_DATA &&
            is_text(&here->data.text, message->data, message->data_bytes)) {
            cf_data_print(&here->data, before, self->out);
            return;
        }
    }
    fputs(before, self->out);
    cf_bytes_print(message->data, message->data_bytes, self->out);
}

static void tell_next(struct telling *self)
{
    const struct uripc_info *info = &self->observed->info;
    if (info->next_source == URIPC_NO_MESSAGE)
        tell_word(self, "next none");
    else
        tell_three(self, "next", info->next_source, info->next_target, info->next_data);
}

static void tell_incarnation(struct telling *self, const struct uripc_incarnation *incarnation)
{
    tell_word(self, "incarnation");
    fprintf(self->out, " %016" PRIx64 ".%" PRIu64, incarnation->node, incarnation->serial);
}

static void tell_left(struct telling *self)
{
    const struct cf_observed *observed = self->observed;
    if (observed->has_peek && observed->peek.left == URIPC_NO_MESSAGE)
        tell_word(self, "left none");
    else
        tell_number(self, "left",
                    observed->has_peek ? observed->peek.left : observed->completion.data_bytes);
}

static void tell_name(struct telling *self, const char *word, const char *name)
{
    tell_word(self, word);
    fprintf(self->out, " %s", name);
}

/* Where a session stands. */
static void tell_session(struct telling *self, uint32_t topic)
{
    const struct uripc_session_info *peek = &self->observed->peek;
    switch (topic) {
    case CF_CHECK_LEFT:
        tell_left(self);
        break;
    case CF_CHECK_UNREAD:
        tell_number(self, "unread", peek->unread);
        break;
    case CF_CHECK_STATE:
        tell_name(self, "state", cf_state_name(peek->state));
        break;
    case CF_CHECK_STATUS:
        tell_name(self, "status", uripc_status_name(peek->status));
        break;
    case CF_CHECK_MODE:
        tell_name(self, "mode", cf_mode_name(peek->mode));
        break;
    default:
        break;
    }
}

/* What was seen of one topic that the observation has something to say about. */
static void tell_seen(struct telling *self, uint32_t topic)
{
    const struct cf_observed *observed = self->observed;
    const struct uripc_completion *seen = &observed->completion;
    const struct uripc_info *info = &observed->info;
    self->told |= topic;
    switch (topic) {
    case CF_CHECK_SOURCE:
        tell_uri(self, CF_CHECK_SOURCE, &observed->message.source);
        break;
    case CF_CHECK_TARGET:
        tell_uri(self, CF_CHECK_TARGET, &observed->message.target);
        break;
    case CF_CHECK_DATA:
        tell_data(self);
        break;
    case CF_CHECK_DEFINITE:
        tell_word(self, seen->certainty == URIPC_INDEFINITE ? "indefinite" : "definite");
        break;
    case CF_CHECK_AT:
        tell_time(self, "at", observed->elapsed);
        break;
    case CF_CHECK_BYTES:
        tell_number(self, "bytes",
                    observed->has_info   ? info->bytes
                    : observed->has_peek ? observed->peek.bytes
                                         : seen->bytes);
        break;
    case CF_CHECK_LENGTHS:
        tell_three(self, "lengths", seen->source_units, seen->target_units, seen->data_bytes);
        break;
    case CF_CHECK_SIZE:
        tell_number(self, "size", seen->data_bytes);
        break;
    case CF_CHECK_INCARNATION:
        tell_incarnation(self, cf_observed_incarnation(observed));
        break;
    case CF_CHECK_MESSAGE:
        tell_number(self, "message", seen->message_id);
        break;
    case CF_CHECK_PRINCIPAL:
        tell_number(self, "principal", seen->principal);
        break;
    case CF_CHECK_ALIGNED:
        tell_word(self, "aligned");
        break;
    case CF_CHECK_MESSAGES:
        tell_number(self, "messages", info->messages);
        break;
    case CF_CHECK_NEXT:
        tell_next(self);
        break;
    case CF_CHECK_RECEIVES:
        tell_number(self, "receives", info->receives);
        break;
    case CF_CHECK_WAITING:
        tell_number(self, "waiting", info->waiting);
        break;
    case CF_CHECK_DROPPED:
        tell_number(self, "dropped", info->dropped);
        break;
    case CF_CHECK_KIND:
        tell_name(self, "kind", cf_kind_name(info->kind));
        break;
    default:
        tell_session(self, topic);
        break;
    }
}

/* What the expectation mentions. */

/* "incarnation as $i", "incarnation $i" or "incarnation not $i": what holds.  The value itself
 * follows at the end, unless nothing is known about $i. */
static bool tell_captured(struct telling *self, const char *word, const struct cf_capture *capture,
                          bool same)
{
    const char *how = capture->use == CF_CAPTURE_AS ? "as " : same ? "" : "not ";
    if (capture->use != CF_CAPTURE_AS && !self->captured[capture->name.slot].set)
        return false;
    tell_word(self, word);
    fprintf(self->out, " %s$%s", how, capture->name.name);
    return true;
}

static bool tell_relation(struct telling *self, const struct cf_alternative *like, uint32_t check)
{
    const struct cf_observed *observed = self->observed;
    if (check == CF_CHECK_WITHIN && observed->elapsed <= like->within) {
        tell_time(self, "within", like->within);
        return true;
    }
    if (check == CF_CHECK_INCARNATION && !like->record) {
        const struct uripc_incarnation *seen = cf_observed_incarnation(observed);
        return tell_captured(self, "incarnation", &like->incarnation,
                             cf_is_incarnation(self->captured, &like->incarnation, seen));
    }
    if (check == CF_CHECK_MESSAGE) {
        const uint64_t seen = observed->completion.message_id;
        return tell_captured(self, "message", &like->message,
                             cf_is_message(self->captured, &like->message, seen));
    }
    return false;
}

static void tell_checks(struct telling *self, const struct cf_alternative *like)
{
    const uint32_t can = tellable(self->observed);
    for (uint32_t i = 0; i < like->order_count; i++) {
        uint32_t topic = topic_of(like->order[i]);
        if (!(topic & can) || tell_relation(self, like, topic))
            continue;
        tell_seen(self, topic == CF_CHECK_WITHIN ? CF_CHECK_AT : topic);
    }
}

/* The message in the places that `from` has in the expectation. */
static void tell_message(struct telling *self, const struct cf_alternative *like)
{
    const bool none = self->observed->message.data_bytes == 0;
    tell_seen(self, CF_CHECK_SOURCE);
    if (like->checks & CF_CHECK_TARGET || !(like->checks & CF_CHECK_SOURCE))
        tell_seen(self, CF_CHECK_TARGET);
    if (like->data.kind == CF_DATA_ANY)
        tell_word(self, "any");
    else if (like->data.kind != CF_DATA_NONE || (like->checks & CF_CHECK_DATA && !none))
        tell_seen(self, CF_CHECK_DATA);
}

static void tell_outcome(struct telling *self, const struct cf_alternative *like)
{
    const struct cf_observed *observed = self->observed;
    const bool same = observed->status == like->status;
    const bool state = observed->has_info || observed->has_peek;
    if (observed->call.name)
        tell_word(self, observed->call.name);
    if (is_read(observed)) {
        if (observed->status != URIPC_OK || !(like->checks & CF_CHECK_DATA))
            tell_word(self, uripc_status_name(observed->status));
        tell_seen(self, CF_CHECK_DATA);
    } else if (observed->has_message && (like->checks & CF_CHECK_SOURCE || !same)) {
        tell_message(self, like);
    } else if (observed->has_message && like->checks & CF_CHECK_DATA) {
        tell_seen(self, CF_CHECK_DATA); /* a serve may say no more */
    } else if (!(state && like->order_count)) {
        tell_word(self, uripc_status_name(observed->status));
    }
}

/* The rest. */

/* What a reader wants to know even where the alternative at hand does not mention it. */
static uint32_t worth_telling(const struct cf_observed *observed, const struct cf_step *step)
{
    uint32_t topics = 0;
    for (size_t i = 0; i < step->alternative_count; i++)
        topics |= topic_of(step->alternatives[i].checks);
    if (observed->has_info && !(topics & of_infos))
        topics |= CF_CHECK_MESSAGES | CF_CHECK_BYTES;
    if (observed->has_peek)
        topics |= CF_CHECK_STATE | CF_CHECK_BYTES;
    if (observed->has_completion && observed->status == URIPC_MORE)
        topics |= CF_CHECK_LEFT;
    if (observed->has_message)
        topics |= CF_CHECK_SOURCE | CF_CHECK_TARGET | CF_CHECK_DATA;
    if (observed->has_completion && observed->status != URIPC_OK)
        topics |= CF_CHECK_DEFINITE;
    if (observed->has_completion && observed->status == URIPC_BUFFER_TOO_SMALL)
        topics |= CF_CHECK_LENGTHS;
    if (observed->completion.call == URIPC_CALL_SEND && observed->status == URIPC_OK)
        topics |= CF_CHECK_BYTES;
    return topics & tellable(observed) & ~(uint32_t)CF_CHECK_ALIGNED;
}

static void tell_rest(struct telling *self)
{
    const uint32_t topics = worth_telling(self->observed, self->step);
    const uint32_t times = CF_CHECK_WITHIN | CF_CHECK_AT;
    for (uint32_t topic = 1; topic <= CF_CHECK_LAST; topic <<= 1)
        if (topics & topic & ~times & ~self->told)
            tell_seen(self, topic);
    if (topics & times && !(self->told & CF_CHECK_AT))
        tell_seen(self, CF_CHECK_AT);
}

/* The alternative that the observation comes nearest to. */
static const struct cf_alternative *nearest(const struct cf_observed *observed,
                                            const struct cf_step *step)
{
    static const struct cf_alternative none = {.status = URIPC_OK};
    const struct cf_alternative *best = step->alternative_count ? step->alternatives : &none;
    int most = -1;
    for (size_t i = 0; i < step->alternative_count; i++) {
        const struct cf_alternative *here = &step->alternatives[i];
        const bool same_call = !here->call.name == !observed->call.name &&
                               (!here->call.name || here->call.slot == observed->call.slot);
        const int agrees = 2 * same_call + (here->status == observed->status);
        if (agrees > most) {
            most = agrees;
            best = here;
        }
    }
    return best;
}

static const char *ending_text(const struct cf_observed *observed)
{
    switch (observed->ending) {
    case CF_NEVER_ENDS:
        return "never completes";
    case CF_LATE:
        return "no completion within the case's deadline";
    case CF_ENDED_BY_DEATH:
        return "no completion: its process died";
    case CF_RUNAWAY:
        return "events without end at one instant";
    case CF_ENDED:
    case CF_DISTURBED:
    case CF_UNJUDGED:
        break;
    }
    return observed->trouble ? observed->trouble : "";
}

void cf_observed_print(const struct cf_observed *observed, const struct cf_step *step,
                       const struct cf_alternative *like, const struct cf_captured *captured,
                       FILE *out)
{
    if (observed->ending != CF_ENDED) {
        fputs(ending_text(observed), out);
        return;
    }
    struct telling self = {.observed = observed, .step = step, .captured = captured, .out = out};
    like = like ? like : nearest(observed, step);
    tell_outcome(&self, like);
    tell_checks(&self, like);
    tell_rest(&self);
}

/* The arrow before the expectation: the last "->" outside strings. */
static size_t find_arrow(const struct cf_step *step)
{
    size_t arrow = step->source.size;
    bool quoted = false;
    if (!step->alternative_count)
        return arrow;
    for (size_t i = 0; i < step->source.size; i++) {
        const char *at = step->source.at + i;
        if (quoted && *at == '\\')
            i++;
        else if (*at == '"')
            quoted = !quoted;
        else if (!quoted && i + 1 < step->source.size && at[0] == '-' && at[1] == '>')
            arrow = i;
    }
    return arrow;
}

static struct uripc_text trimmed(const char *at, size_t size)
{
    while (size > 0 && (at[0] == ' ' || at[0] == '\t')) {
        at++;
        size--;
    }
    while (size > 0 && (at[size - 1] == ' ' || at[size - 1] == '\t'))
        size--;
    return (struct uripc_text){.at = at, .length = size};
}

struct uripc_text cf_step_text(const struct cf_step *step)
{
    return trimmed(step->source.at, find_arrow(step));
}

struct uripc_text cf_step_expected(const struct cf_step *step)
{
    size_t arrow = find_arrow(step);
    const char *usual = step->started ? "pending" : "ok";
    if (arrow == step->source.size)
        return (struct uripc_text){.at = usual, .length = strlen(usual)};
    struct uripc_text text = trimmed(step->source.at + arrow + 2, step->source.size - arrow - 2);
    /* The clause ids at the end are no part of what is expected. */
    if (step->clause_count && text.length && text.at[text.length - 1] == ']') {
        while (text.length && text.at[text.length - 1] != '[')
            text.length--;
        text = trimmed(text.at, text.length - 1);
    }
    return text;
}
