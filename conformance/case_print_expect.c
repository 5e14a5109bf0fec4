/* SPDX-License-Identifier: MIT */
#include <inttypes.h>

#include "case_print.h"
#include "words.h"

static void print_three(const char *word, const uint32_t numbers[3], FILE *out)
{
    fprintf(out, " %s %" PRIu32 " %" PRIu32 " %" PRIu32, word, numbers[0], numbers[1], numbers[2]);
}

static void print_capture(const char *word, const struct cf_capture *capture, FILE *out)
{
    static const char *const uses[] = {"", "not ", "as "};
    fprintf(out, " %s %s$%s", word, uses[capture->use], capture->name.name);
}

static void print_checked(const char *word, uint64_t number, FILE *out)
{
    fprintf(out, " %s %" PRIu64, word, number);
}

/* False: it is none of these. */
static bool print_session_check(const struct cf_alternative *from, const struct cf_word *word,
                                FILE *out)
{
    switch (word->value) {
    case CF_CHECK_LEFT:
        print_checked(word->text, from->left, out);
        return true;
    case CF_CHECK_UNREAD:
        print_checked(word->text, from->unread, out);
        return true;
    case CF_CHECK_STATE:
        fprintf(out, " %s %s", word->text, cf_state_name(from->state));
        return true;
    case CF_CHECK_STATUS:
        fprintf(out, " %s %s", word->text, cf_words_text(&cf_status_words, (int)from->ended));
        return true;
    case CF_CHECK_MODE:
        fprintf(out, " %s %s", word->text, cf_mode_name(from->mode));
        return true;
    default:
        return false;
    }
}

static void print_check(const struct cf_alternative *from, const struct cf_word *word, FILE *out)
{
    switch (word->value) {
    case CF_CHECK_WITHIN:
        cf_print_duration(word->text, from->within, out);
        break;
    case CF_CHECK_AT:
        cf_print_duration(word->text, from->at, out);
        break;
    case CF_CHECK_BYTES:
        print_checked(word->text, from->bytes, out);
        break;
    case CF_CHECK_LENGTHS:
        print_three(word->text, from->lengths, out);
        break;
    case CF_CHECK_SIZE:
        print_checked(word->text, from->size, out);
        break;
    case CF_CHECK_INCARNATION:
        print_capture(word->text, &from->incarnation, out);
        break;
    case CF_CHECK_MESSAGE:
        print_capture(word->text, &from->message, out);
        break;
    case CF_CHECK_PRINCIPAL:
        print_checked(word->text, from->principal, out);
        break;
    case CF_CHECK_MESSAGES:
        print_checked(word->text, from->messages, out);
        break;
    case CF_CHECK_NEXT:
        print_three(word->text, from->next, out);
        break;
    case CF_CHECK_RECEIVES:
        print_checked(word->text, from->receives, out);
        break;
    case CF_CHECK_WAITING:
        print_checked(word->text, from->waiting, out);
        break;
    case CF_CHECK_DROPPED:
        print_checked(word->text, from->dropped, out);
        break;
    case CF_CHECK_KIND:
        fprintf(out, " %s %s", word->text, cf_kind_name(from->kind));
        break;
    default:
        if (!print_session_check(from, word, out))
            fprintf(out, " %s", word->text);
    }
}

static void print_checks(const struct cf_alternative *from, const struct cf_words *words, FILE *out)
{
    for (size_t i = 0; i < words->count; i++) {
        const struct cf_word *const word = &words->list[i];
        if ((from->checks & (uint32_t)word->value) == 0)
            continue;
        if (from->record)
            fprintf(out, " %s", word->text);
        else
            print_check(from, word, out);
    }
    if (words == &cf_field_words && (from->checks & CF_CHECK_NEXT_NONE) != 0)
        fputs(" next none", out);
    if ((from->checks & CF_CHECK_LEFT_NONE) != 0)
        fputs(" left none", out);
}

/* " from …" */
static void print_message(const struct cf_alternative *from, FILE *out)
{
    fputs(" from ", out);
    cf_text_print(&from->source, out);
    if ((from->checks & CF_CHECK_TARGET) != 0) {
        fputs(" to ", out);
        cf_text_print(&from->target, out);
    }
    cf_data_print(&from->data, " ", out);
}

static void print_alternative(const struct cf_step *step, const struct cf_alternative *from,
                              FILE *out)
{
    if (from->strength == CF_NONSTRICT)
        fputs(" nonstrict", out);
    else if (from->strength == CF_RECORDED && !from->record)
        fputs(" info", out);
    if (from->call.name != NULL)
        fprintf(out, " %s", from->call.name);
    if (from->record)
        fputs(" record", out);
    const bool state = step->verb == CF_INFO || step->verb == CF_PEEK;
    const bool fields = state && from->checks != 0;
    const bool read = (from->checks & CF_CHECK_DATA) != 0;
    const struct cf_words *const words = !fields                 ? &cf_check_words
                                         : step->verb == CF_PEEK ? &cf_peek_words
                                                                 : &cf_field_words;
    if ((from->checks & CF_CHECK_SOURCE) != 0) {
        print_message(from, out);
    } else {
        if (!fields && !(read && from->status == URIPC_OK))
            fprintf(out, " %s", cf_words_text(&cf_status_words, (int)from->status));
        if (read)
            cf_data_print(&from->data, " ", out);
    }
    print_checks(from, words, out);
}

/* Whether the line says nothing but what no arrow says. */
static bool is_default(const struct cf_step *step)
{
    const struct cf_alternative *const only = step->alternatives;
    const enum uripc_status usual = step->started ? URIPC_PENDING : URIPC_OK;
    return step->clause_count == 0 && step->alternative_count == 1 && only->strength == CF_STRICT &&
           only->checks == 0 && only->call.name == NULL && !only->record && only->status == usual;
}

void cf_print_expect(const struct cf_step *step, FILE *out)
{
    if (step->alternative_count == 0 || is_default(step))
        return;
    fputs(" ->", out);
    for (size_t i = 0; i < step->alternative_count; i++) {
        fputs(i > 0 ? " |" : "", out);
        print_alternative(step, &step->alternatives[i], out);
    }
    for (size_t i = 0; i < step->clause_count; i++)
        fprintf(out, "%s%s", i == 0 ? " [" : " ", step->clauses[i].id);
    fputs(step->clause_count > 0 ? "]" : "", out);
}
