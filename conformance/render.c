/* SPDX-License-Identifier: MIT */
#include <inttypes.h>
#include <string.h>

#include "expect.h"

enum { BYTES_SHOWN = 72 }; /* of long data; the rest tells a reader nothing new */

static void print_byte(unsigned char byte, FILE *out)
{
    switch (byte) {
    case '"':
        fputs("\\\"", out);
        break;
    case '\\':
        fputs("\\\\", out);
        break;
    case '\n':
        fputs("\\n", out);
        break;
    case '\t':
        fputs("\\t", out);
        break;
    case '\r':
        fputs("\\r", out);
        break;
    case 0:
        fputs("\\0", out);
        break;
    default:
        if (byte < 0x20 || byte > 0x7e) {
            fprintf(out, "\\x%02x", byte);
        } else {
            fputc(byte, out);
        }
        break;
    }
}

void cf_bytes_print(const char *at, size_t size, FILE *out)
{
    size_t shown = size > BYTES_SHOWN ? BYTES_SHOWN : size;
    fputc('"', out);
    for (size_t i = 0; i < shown; i++) {
        print_byte((unsigned char)at[i], out);
    }
    fputc('"', out);
    if (shown < size) {
        fprintf(out, "... (%zu bytes)", size);
    }
}

/* The case's own spelling of data it expects somewhere; else the bytes. */
static void print_data(const struct cf_message *message, const struct cf_step *step, FILE *out)
{
    for (size_t i = 0; i < step->alternative_count; i++) {
        const struct cf_data *expected = &step->alternatives[i].data;
        if (!(step->alternatives[i].checks & CF_CHECK_DATA) || expected->kind == CF_DATA_ANY ||
            expected->text.size != message->data_bytes || message->data_bytes == 0 ||
            memcmp(expected->text.at, message->data, message->data_bytes) != 0) {
            continue;
        }
        if (expected->kind == CF_DATA_BYTES && expected->seed == 1) {
            fprintf(out, "bytes %" PRIu32, expected->count);
            return;
        }
        if (expected->kind == CF_DATA_BYTES) {
            fprintf(out, "bytes %" PRIu32 " seed %" PRIu32, expected->count, expected->seed);
            return;
        }
        if (expected->text.spelling) {
            fputs(expected->text.spelling, out);
            return;
        }
    }
    if (message->data_bytes == 0) {
        fputs("empty", out);
        return;
    }
    cf_bytes_print(message->data, message->data_bytes, out);
}

static uint32_t checks_of(const struct cf_step *step)
{
    uint32_t checks = 0;
    for (size_t i = 0; i < step->alternative_count; i++) {
        checks |= step->alternatives[i].checks;
    }
    return checks;
}

static void print_incarnation(const struct uripc_incarnation *incarnation, FILE *out)
{
    fprintf(out, " incarnation %016" PRIx64 ".%" PRIu64, incarnation->node, incarnation->serial);
}

static void print_message(const struct cf_observed *observed, const struct cf_step *step, FILE *out)
{
    fputs("from ", out);
    cf_bytes_print(observed->message.source.at, observed->message.source.length, out);
    fputs(" to ", out);
    cf_bytes_print(observed->message.target.at, observed->message.target.length, out);
    fputc(' ', out);
    print_data(&observed->message, step, out);
}

static void print_completion(const struct cf_observed *observed, const struct cf_step *step,
                             FILE *out)
{
    const struct uripc_completion *seen = &observed->completion;
    uint32_t checks = checks_of(step);
    bool is_ok = seen->status == URIPC_OK;
    if (observed->has_message) {
        print_message(observed, step, out);
    } else {
        fputs(uripc_status_name(seen->status), out);
    }
    if (!is_ok) {
        fputs(seen->certainty == URIPC_INDEFINITE ? " indefinite" : " definite", out);
    }
    if ((seen->call == URIPC_CALL_SEND && is_ok) || checks & CF_CHECK_BYTES) {
        fprintf(out, " bytes %" PRIu32, seen->bytes);
    }
    if (seen->status == URIPC_BUFFER_TOO_SMALL || checks & CF_CHECK_LENGTHS) {
        fprintf(out, " lengths %" PRIu32 " %" PRIu32 " %" PRIu32, seen->source_units,
                seen->target_units, seen->data_bytes);
    }
    if (checks & CF_CHECK_SIZE) {
        fprintf(out, " size %" PRIu32, seen->data_bytes);
    }
    if (checks & CF_CHECK_INCARNATION) {
        print_incarnation(&seen->incarnation, out);
    }
    if (checks & CF_CHECK_MESSAGE) {
        fprintf(out, " message %" PRIu64, seen->message_id);
    }
    if (checks & CF_CHECK_PRINCIPAL) {
        fprintf(out, " principal %" PRIu64, seen->principal);
    }
}

static void print_next(const struct uripc_info *info, FILE *out)
{
    if (info->next_source == URIPC_NO_MESSAGE) {
        fputs(" next none", out);
        return;
    }
    fprintf(out, " next %" PRIu32 " %" PRIu32 " %" PRIu32, info->next_source, info->next_target,
            info->next_data);
}

/* Those fields that somebody asked for; the usual ones if nobody did. */
static void print_info(const struct uripc_info *info, uint32_t checks, FILE *out)
{
    if (checks == 0) {
        checks = CF_CHECK_MESSAGES | CF_CHECK_BYTES;
    }
    if (checks & CF_CHECK_KIND) {
        fprintf(out, " kind %s", cf_kind_name(info->kind));
    }
    if (checks & CF_CHECK_MESSAGES) {
        fprintf(out, " messages %" PRIu32, info->messages);
    }
    if (checks & CF_CHECK_BYTES) {
        fprintf(out, " bytes %" PRIu64, info->bytes);
    }
    if (checks & (CF_CHECK_NEXT | CF_CHECK_NEXT_NONE)) {
        print_next(info, out);
    }
    if (checks & CF_CHECK_RECEIVES) {
        fprintf(out, " receives %" PRIu32, info->receives);
    }
    if (checks & CF_CHECK_WAITING) {
        fprintf(out, " waiting %" PRIu32, info->waiting);
    }
    if (checks & CF_CHECK_DROPPED) {
        fprintf(out, " dropped %" PRIu64, info->dropped);
    }
    if (checks & CF_CHECK_INCARNATION) {
        print_incarnation(&info->incarnation, out);
    }
}

static void print_ended(const struct cf_observed *observed, const struct cf_step *step, FILE *out)
{
    if (observed->call.name) {
        fprintf(out, "%s ", observed->call.name);
    }
    if (observed->has_info) {
        fputs(uripc_status_name(observed->status), out);
        print_info(&observed->info, checks_of(step), out);
    } else if (observed->has_completion) {
        print_completion(observed, step, out);
    } else {
        fputs(uripc_status_name(observed->status), out);
    }
    if (checks_of(step) & (CF_CHECK_WITHIN | CF_CHECK_AT)) {
        fputs(" at ", out);
        cf_duration_print(observed->elapsed, out);
    }
}

void cf_observed_print(const struct cf_observed *observed, const struct cf_step *step, FILE *out)
{
    switch (observed->ending) {
    case CF_ENDED:
        print_ended(observed, step, out);
        break;
    case CF_NEVER_ENDS:
        fputs("never completes", out);
        break;
    case CF_LATE:
        fputs("no completion within the case's deadline", out);
        break;
    case CF_ENDED_BY_DEATH:
        fputs("no completion: its process died", out);
        break;
    case CF_RUNAWAY:
        fputs("events without end at one instant", out);
        break;
    case CF_DISTURBED:
    case CF_UNJUDGED:
        fputs(observed->trouble, out);
        break;
    }
}

void cf_recorded_print(const struct cf_alternative *alternative, const struct cf_observed *observed,
                       const struct cf_step *step, FILE *out)
{
    if (!alternative->record || !observed->has_info) {
        cf_observed_print(observed, step, out);
        return;
    }
    fputs(uripc_status_name(observed->status), out);
    print_info(&observed->info, alternative->checks, out);
}

/* The arrow before the expectation: the last "->" outside strings. */
static size_t find_arrow(const struct cf_step *step)
{
    size_t arrow = step->source.size;
    bool quoted = false;
    if (!step->alternative_count) {
        return arrow;
    }
    for (size_t i = 0; i < step->source.size; i++) {
        const char *at = step->source.at + i;
        if (quoted && *at == '\\') {
            i++;
        } else if (*at == '"') {
            quoted = !quoted;
        } else if (!quoted && i + 1 < step->source.size && at[0] == '-' && at[1] == '>') {
            arrow = i;
        }
    }
    return arrow;
}

static struct uripc_text trimmed(const char *at, size_t size)
{
    while (size > 0 && (at[0] == ' ' || at[0] == '\t')) {
        at++;
        size--;
    }
    while (size > 0 && (at[size - 1] == ' ' || at[size - 1] == '\t')) {
        size--;
    }
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
    if (arrow == step->source.size) {
        return (struct uripc_text){.at = usual, .length = strlen(usual)};
    }
    struct uripc_text text = trimmed(step->source.at + arrow + 2, step->source.size - arrow - 2);
    /* The clause ids at the end are no part of what is expected. */
    if (step->clause_count && text.length && text.at[text.length - 1] == ']') {
        while (text.length && text.at[text.length - 1] != '[') {
            text.length--;
        }
        text = trimmed(text.at, text.length - 1);
    }
    return text;
}
