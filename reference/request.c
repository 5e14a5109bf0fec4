/* SPDX-License-Identifier: MIT */
/* The requester's side: asking, trying again, and what a reply or an end does. */
#include <string.h>

#include "mutants.h"
#include "name.h"
#include "request_state.h"

enum { TOKEN_ASK = 0, TOKEN_REPLY = 1 }; /* the lowest bit of a send's token; 0 alone is nobody's */

/* State: numbers, asks, served, remembered, scratch. */

static size_t bytes(const struct uripc_layer_limits *limits)
{
    return sizeof(struct uripc__requests) + limits->requests * sizeof(struct uripc__ask) +
           limits->requests * sizeof(struct uripc__served) +
           limits->remembered * sizeof(struct uripc__remembered) + limits->uri_units;
}

static size_t hot(const struct uripc_layer_limits *limits, struct uripc_stretch *stretches)
{
    (void)limits;
    stretches[0] = (struct uripc_stretch){0, sizeof(struct uripc__requests)};
    return 1;
}

struct uripc__requests *uripc__req(struct uripc_layers *layers)
{
    return uripc__layers_state(layers, URIPC__REQ_PART);
}

struct uripc__ask *uripc__req_ask(struct uripc_layers *layers, uint32_t index)
{
    void *behind = uripc__req(layers) + 1;
    return (struct uripc__ask *)behind + index;
}

struct uripc__served *uripc__req_served(struct uripc_layers *layers, uint32_t index)
{
    void *behind = uripc__req_ask(layers, layers->limits.requests);
    return (struct uripc__served *)behind + index;
}

struct uripc__remembered *uripc__req_remembered(struct uripc_layers *layers, uint32_t index)
{
    void *behind = uripc__req_served(layers, layers->limits.requests);
    return (struct uripc__remembered *)behind + index;
}

char *uripc__req_scratch(struct uripc_layers *layers)
{
    void *behind = uripc__req_remembered(layers, layers->limits.remembered);
    return behind;
}

void *uripc__req_chunk(struct uripc_layers *layers, uint32_t offset)
{
    return (unsigned char *)uripc__layers_region(layers) + offset;
}

uint32_t uripc__req_waiting(struct uripc_layers *layers, enum uripc_call kind,
                            struct uripc_handle handle)
{
    uint32_t found = URIPC__NONE;
    for (uint32_t i = 0; i < layers->calls_end; i++) {
        const struct uripc__layer_call *at = uripc__layers_call(layers, i);
        if (at->state == URIPC__CALL_WAITS && at->kind == kind && at->handle.id == handle.id &&
            (found == URIPC__NONE || at->order < uripc__layers_call(layers, found)->order))
            found = i;
    }
    return found;
}

bool uripc__req_same(struct uripc_incarnation a, struct uripc_incarnation b)
{
    return a.node == b.node && a.serial == b.serial;
}

static bool in_session(const struct uripc__ask *ask)
{
    return ask->session.id != 0;
}

struct uripc_text uripc__req_target(struct uripc_layers *layers, const struct uripc__ask *ask)
{
    const char *at = uripc__req_chunk(layers, ask->question);
    return (struct uripc_text){at + ask->length, ask->target_units};
}

void uripc__req_free_ask(struct uripc_layers *layers, uint32_t index)
{
    struct uripc__ask *ask = uripc__req_ask(layers, index);
    uripc__req_survey_clear(layers, ask);
    if (ask->question != 0)
        uripc__layers_give(layers, ask->question);
    uripc__req(layers)->asks -= ask->used;
    *ask = (struct uripc__ask){0};
}

/* Ends. */

static enum uripc_certainty certainty_of(const struct uripc__ask *ask)
{
    bool maybe =
        (ask->accepted || ask->possible || ask->outstanding != 0) && !URIPC_MUTANT(NEVER_SERVED);
    return maybe ? URIPC_INDEFINITE : URIPC_DEFINITE; /* REQ-8 */
}

static void complete(struct uripc_layers *layers, uint32_t index,
                     const struct uripc_completion *done)
{
    uint32_t call = uripc__req_ask(layers, index)->call;
    uripc__req_free_ask(layers, index);
    uripc__layers_complete(layers, call, done);
}

void uripc__req_fail(struct uripc_layers *layers, uint32_t index, enum uripc_status status)
{
    const struct uripc_completion done = {.status = status,
                                          .certainty = certainty_of(uripc__req_ask(layers, index))};
    complete(layers, index, &done);
}

/* A completion that no later try makes good. */
static bool is_final(enum uripc_status status)
{
    return status == URIPC_TOO_BIG || status == URIPC_NOT_SUPPORTED ||
           status == URIPC_ACCESS_DENIED;
}

/* REQ-7: nobody will reply to any of the tries, and there is no other. */
static void give_up(struct uripc_layers *layers, uint32_t index)
{
    const struct uripc__ask *ask = uripc__req_ask(layers, index);
    if (ask->accepted || ask->outstanding != 0 || ask->failed == URIPC_OK ||
        (ask->retries != 0 && !is_final(ask->failed) && !URIPC_MUTANT(REFUSAL_IS_LAST)))
        return;
    /* Of a definite refusal and a death that came before it, the death is the truth. */
    uripc__req_fail(layers, index, ask->possible ? URIPC_PEER_GONE : ask->failed);
}

/* Trying. */

static enum uripc_status try_now(struct uripc_layers *layers, uint32_t index)
{
    struct uripc__ask *ask = uripc__req_ask(layers, index);
    if (URIPC_MUTANT(TRY_RENUMBERED) && ask->tries != 0)
        ask->number = ++uripc__req(layers)->asked;
    char digits[URIPC__REQ_SUFFIX];
    const struct uripc_text suffix = uripc__req_suffix(ask->number, digits);
    unsigned char *record = uripc__req_chunk(layers, ask->question);
    uripc__layers_head(record, URIPC__REQ_REQUEST);
    uripc__req_put(record + URIPC__RECORD_HEAD, ask->tries, 4);
    uripc__req_put(record + URIPC__RECORD_HEAD + 4, 0, 4);
    /* Once the next try is due nobody asks any more what became of this one. */
    const struct uripc_send_options options = {
        .size = sizeof options,
        .deadline = ask->retry_after < URIPC__LAYERS_ANSWERED ? ask->retry_after : 0};
    enum uripc_status status =
        uripc__layers_send(layers, URIPC__REQ_PART, 0, &suffix, uripc__req_target(layers, ask),
                           record, ask->length, &options, ask->number << 1 | TOKEN_ASK);
    if (URIPC_MUTANT(ASKED_TWICE))
        (void)uripc__layers_send(layers, URIPC__REQ_PART, 0, &suffix,
                                 uripc__req_target(layers, ask), record, ask->length, NULL, 0);
    if (ask->tries++ != 0)
        layers->counters.resent++;
    if (status == URIPC_PENDING)
        ask->outstanding++;
    else
        ask->failed = status;
    ask->retry_at = ask->retry_after >= URIPC__NEVER - layers->now ? URIPC__NEVER
                                                                   : layers->now + ask->retry_after;
    if (ask->backoff && !URIPC_MUTANT(NO_BACKOFF))
        ask->retry_after =
            ask->retry_after > URIPC__NEVER / 2 ? URIPC__NEVER : 2 * ask->retry_after;
    return status;
}

enum uripc_status uripc__req_first_try(struct uripc_layers *layers, uint32_t index)
{
    uint32_t call = uripc__req_ask(layers, index)->call;
    enum uripc_status status = uripc__layers_open_shared(layers);
    if (status == URIPC_OK)
        status = try_now(layers, index);
    else if (status != URIPC_PENDING)
        status = URIPC_NO_RESOURCES;
    if (status == URIPC_PENDING)
        return status;
    uripc__req_free_ask(layers, index);
    uripc__layers_unbegin(layers, call);
    return status;
}

static void on_endpoint(struct uripc_layers *layers, uint32_t endpoint, enum uripc_status status)
{
    if (endpoint != 0) { /* a registration that was served has ended */
        uripc__req_serve_over(layers, uripc__layers_endpoint(layers, endpoint)->handle, status);
        return;
    }
    for (uint32_t i = 0; i < layers->limits.requests; i++) {
        const struct uripc__ask *ask = uripc__req_ask(layers, i);
        bool over =
            ask->call == URIPC__NONE && !URIPC_MUTANT(ASKED_TOO_LATE); /* a survey: REQ-26 */
        if (!ask->used || in_session(ask) || ask->tries != 0 || over)
            continue;
        if (status != URIPC_OK)
            uripc__req_fail(layers, i, URIPC_NO_RESOURCES);
        else if (try_now(layers, i) != URIPC_PENDING)
            give_up(layers, i);
    }
}

uint32_t uripc__req_find(struct uripc_layers *layers, uint64_t number)
{
    for (uint32_t i = 0; i < layers->limits.requests; i++) {
        const struct uripc__ask *ask = uripc__req_ask(layers, i);
        if (ask->used && ask->number == number)
            return i;
    }
    return URIPC__NONE;
}

/* What the node says to a try, or to a reply. */
static void on_done(struct uripc_layers *layers, uint64_t token,
                    const struct uripc_completion *done)
{
    if (token & TOKEN_REPLY) {
        uripc__req_replied(layers, token >> 1, done);
        return;
    }
    uint32_t index = uripc__req_find(layers, token >> 1);
    if (index == URIPC__NONE || uripc__req_ask(layers, index)->call == URIPC__NONE)
        return; /* it has a reply already */
    struct uripc__ask *ask = uripc__req_ask(layers, index);
    ask->outstanding--;
    bool unknown = done->status == URIPC_TIMEOUT && done->certainty == URIPC_INDEFINITE;
    if (done->status != URIPC_OK && !unknown)
        ask->failed = done->status;
    else if (!ask->refused || ask->tries > 1)
        ask->accepted = true;
    if (done->certainty == URIPC_INDEFINITE)
        ask->possible = true;
    if (ask->survey && ask->accepted)
        uripc__req_survey_open(layers, index);
    else
        give_up(layers, index);
}

/* The calls. */

enum uripc_status uripc__req_begin(struct uripc_layers *layers,
                                   const struct uripc__question *question, uint32_t *index)
{
    const struct uripc_handle none = {0};
    const size_t capacity = layers->limits.uri_units;
    char *scratch = uripc__req_scratch(layers);
    size_t units;
    uint32_t free = 0;
    uint32_t call;
    if (question->data == NULL && question->length != 0)
        return URIPC_INVALID_ARGUMENT;
    enum uripc_status status =
        uripc_name_canonical(question->target, URIPC_NAME_TARGET, scratch, capacity, &units);
    if (status != URIPC_OK)
        return status;
    while (free < layers->limits.requests && uripc__req_ask(layers, free)->used)
        free++;
    if (free == layers->limits.requests)
        return URIPC_NO_RESOURCES;
    status = uripc__layers_begin(layers, URIPC__REQ_PART, question->kind, none,
                                 question->overlapped, question->deadline, &call);
    if (status != URIPC_PENDING)
        return status;
    const uint32_t head = URIPC__RECORD_HEAD + URIPC__REQ_BODY;
    const uint64_t size = (uint64_t)head + question->length + units;
    struct uripc__ask *ask = uripc__req_ask(layers, free);
    uint32_t chunk = uripc__layers_take(layers, size);
    if (chunk == 0) {
        uripc__layers_unbegin(layers, call);
        return URIPC_NO_RESOURCES;
    }
    unsigned char *at = uripc__req_chunk(layers, chunk);
    if (question->length != 0)
        memcpy(at + head, question->data, question->length);
    memcpy(at + head + question->length, scratch, units);
    *ask =
        (struct uripc__ask){.used = true,
                            .survey = question->kind == URIPC_CALL_SURVEY,
                            .number = URIPC_MUTANT(SUFFIX_AGAIN) ? (uripc__req(layers)->asked = 1)
                                                                 : ++uripc__req(layers)->asked,
                            .call = call,
                            .question = chunk,
                            .length = head + question->length,
                            .target_units = (uint32_t)units,
                            .retry_after = URIPC__NEVER};
    uripc__req(layers)->asks++;
    uripc__layers_call(layers, call)->token = free;
    *index = free;
    return URIPC_PENDING;
}

static enum uripc_status read_options(const struct uripc_request_options *from,
                                      struct uripc_request_options *options)
{
    *options = (struct uripc_request_options){.size = sizeof *options};
    if (from == NULL)
        return URIPC_OK;
    *options = *from;
    bool retries = from->retry != 0 && from->retries != 0;
    return from->size != sizeof *from || from->backoff > 1 || (retries && from->session.id != 0)
               ? URIPC_INVALID_ARGUMENT
               : URIPC_OK;
}

enum uripc_status uripc_request(struct uripc_layers *layers, struct uripc_text target,
                                const void *data, uint32_t length, struct uripc_buffer buffer,
                                const struct uripc_request_options *from, uint64_t overlapped)
{
    struct uripc_request_options options;
    uint32_t session = URIPC__NONE;
    uint32_t index;
    enum uripc_status status = read_options(from, &options);
    if (status != URIPC_OK)
        return status;
    if (options.session.id != 0) {
        session = uripc__ses_of(layers, options.session);
        if (session == URIPC__NONE)
            return URIPC_INVALID_HANDLE;
    }
    const bool big = length > layers->limits.message_max;
    const struct uripc__question question = {.target = target,
                                             .data = data,
                                             .length = big && data != NULL ? 0 : length,
                                             .deadline = options.deadline,
                                             .overlapped = overlapped,
                                             .kind = URIPC_CALL_REQUEST};
    status = uripc__req_begin(layers, &question, &index);
    if (status != URIPC_PENDING)
        return status;
    struct uripc__ask *ask = uripc__req_ask(layers, index);
    uripc__layers_call(layers, ask->call)->buffer = buffer;
    uripc__layers_call(layers, ask->call)->handle = options.session;
    ask->session = options.session;
    ask->backoff = options.backoff != 0;
    ask->retries = options.retry != 0 ? options.retries : 0;
    if (options.retry != 0 && options.retries != 0)
        ask->retry_after = options.retry;
    if (big) {
        uripc__req_fail(layers, index, URIPC_TOO_BIG);
        return URIPC_PENDING;
    }
    if (session == URIPC__NONE)
        return uripc__req_first_try(layers, index);
    uripc__req_ask_peer(layers, index, session);
    return URIPC_PENDING;
}

/* Replies. */

enum uripc_status uripc__req_write_reply(struct uripc_layers *layers, const struct uripc__ask *ask,
                                         const struct uripc__reply *reply,
                                         struct uripc_buffer buffer, struct uripc_completion *done)
{
    char name[URIPC__LAYERS_NAME + 1 + URIPC__REQ_SUFFIX];
    uripc__layers_name(layers, name);
    name[URIPC__LAYERS_NAME] = '/';
    const struct uripc_text suffix = uripc__req_suffix(ask->number, name + URIPC__LAYERS_NAME + 1);
    const struct uripc__told told = {
        .source = uripc__req_target(layers, ask),
        .target = {name, URIPC__LAYERS_NAME + 1 + suffix.length},
        .data = reply->data,
        .length = reply->length,
    };
    done->incarnation = reply->from;
    done->principal = reply->principal;
    return uripc__req_write(layers, &told, buffer, done);
}

void uripc__req_take_reply(struct uripc_layers *layers, uint32_t index, enum uripc_status status,
                           const struct uripc__reply *reply)
{
    struct uripc__ask *ask = uripc__req_ask(layers, index);
    if (ask->survey) {
        if (status == URIPC_OK)
            uripc__req_survey_reply(layers, index, reply);
    } else if (status == URIPC_OK) {
        const struct uripc_buffer buffer = uripc__layers_call(layers, ask->call)->buffer;
        struct uripc_completion done = {0};
        (void)uripc__req_write_reply(layers, ask, reply, buffer, &done);
        if (URIPC_MUTANT(SHORT_REPLY_UNTOLD) && done.status != URIPC_OK)
            done.data_bytes = 0;
        complete(layers, index, &done);
    } else if (ask->tries == 1) { /* of several, which one? */
        ask->refused = true;
        ask->accepted = false;
        ask->failed = status;
        give_up(layers, index);
    }
}

bool uripc__req_may_refuse(uint64_t status)
{
    return status == URIPC_OK || status == URIPC_FULL || status == URIPC_NOT_SUPPORTED;
}

/* A number that was given out but that nobody waits for any more; or that never was (REQ-9). */
void uripc__req_discard(struct uripc_layers *layers, uint64_t number)
{
    if (number <= uripc__req(layers)->asked)
        layers->counters.late_replies++;
    else
        layers->counters.strays++;
}

static void on_reply(struct uripc_layers *layers, const struct uripc__record *record)
{
    char name[URIPC__LAYERS_NAME];
    struct uripc_text suffix = record->target;
    const uint64_t status = uripc__req_get(record->body, 4);
    uint64_t number = 0;
    uripc__layers_name(layers, name);
    if (suffix.length > sizeof name && suffix.at[sizeof name] == '/' &&
        memcmp(suffix.at, name, sizeof name) == 0) {
        suffix.at += sizeof name + 1;
        suffix.length -= sizeof name + 1;
        number = uripc__req_number(suffix);
    }
    if (record->endpoint != 0 || number == 0 || !uripc__req_may_refuse(status)) {
        layers->counters.strays++;
        return;
    }
    uint32_t index = uripc__req_find(layers, number);
    if (URIPC_MUTANT(REPLIES_BY_ORDER) || (URIPC_MUTANT(LATE_REPLY_TAKEN) && index == URIPC__NONE))
        index = uripc__req_ask(layers, 0)->used ? 0 : 1;
    if (index == URIPC__NONE) {
        uripc__req_discard(layers, number);
        return;
    }
    const struct uripc__ask *ask = uripc__req_ask(layers, index);
    if (in_session(ask) || (!uripc__req_answers(record->source, uripc__req_target(layers, ask)) &&
                            !URIPC_MUTANT(ANYBODYS_REPLY))) {
        layers->counters.strays++; /* REQ-5 */
        return;
    }
    const struct uripc__reply reply = {.data = record->body + URIPC__REQ_BODY,
                                       .length = record->length - URIPC__REQ_BODY,
                                       .from = record->from,
                                       .principal = record->principal};
    uripc__req_take_reply(layers, index, (enum uripc_status)status, &reply);
}

static void on_record(struct uripc_layers *layers, const struct uripc__record *record)
{
    bool known = record->type == URIPC__REQ_REQUEST || record->type == URIPC__REQ_REPLY;
    if (!known || record->length < URIPC__REQ_BODY ||
        record->length - URIPC__REQ_BODY > layers->limits.message_max)
        layers->counters.strays++;
    else if (record->type == URIPC__REQ_REPLY)
        on_reply(layers, record);
    else
        uripc__req_on_request(layers, record);
}

/* Ending early, and time. */

static void end(struct uripc_layers *layers, uint32_t number, enum uripc_status status)
{
    const struct uripc__layer_call call = *uripc__layers_call(layers, number);
    uint32_t session = uripc__ses_of(layers, call.handle);
    bool withdrawn = session != URIPC__NONE && uripc__ses_withdraw(layers, session, number);
    if (URIPC_MUTANT(CANCELLED_UNSERVED) && status == URIPC_ABORTED &&
        call.kind == URIPC_CALL_REQUEST)
        uripc__req_ask(layers, call.token)->accepted = false;
    if (call.kind == URIPC_CALL_REQUEST || call.kind == URIPC_CALL_SURVEY) {
        uripc__req_fail(layers, call.token, status);
        return;
    }
    bool maybe = call.kind == URIPC_CALL_REPLY && !withdrawn;
    const struct uripc_completion done = {.status = status,
                                          .certainty = maybe ? URIPC_INDEFINITE : URIPC_DEFINITE};
    uripc__layers_complete(layers, number, &done);
    if (call.kind == URIPC_CALL_SERVE)
        uripc__req_settle(layers, call.handle);
}

static uint64_t due(struct uripc_layers *layers)
{
    uripc__req_expire(layers);
    if (uripc__req(layers)->asks == 0)
        return URIPC__NEVER;
    uint64_t next = uripc__req_survey_due(layers);
    for (uint32_t i = 0; i < layers->limits.requests; i++) {
        struct uripc__ask *ask = uripc__req_ask(layers, i);
        if (!ask->used || in_session(ask) || ask->survey || ask->tries == 0)
            continue;
        if (ask->retry_at <= layers->now && ask->retries == 0) {
            uripc__req_fail(layers, i, URIPC_TIMEOUT); /* REQ-6 */
            continue;
        }
        if (ask->retry_at <= layers->now) {
            ask->retries--;
            if (try_now(layers, i) != URIPC_PENDING)
                give_up(layers, i);
        }
        if (ask->used && ask->retry_at < next)
            next = ask->retry_at;
    }
    return next;
}

const struct uripc__part uripc__request_part = {
    .first_type = URIPC__REQ_REQUEST,
    .last_type = URIPC__REQ_LAST,
    .bytes = bytes,
    .hot = hot,
    .on_endpoint = on_endpoint,
    .on_record = on_record,
    .on_done = on_done,
    .end = end,
    .relieve = uripc__req_relieve,
    .due = due,
};
