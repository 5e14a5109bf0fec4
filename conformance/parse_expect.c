/* SPDX-License-Identifier: MIT */
/* What follows the arrow of a call. */
#include <string.h>

#include "parse.h"

/* What a completion without a message can show. */
static const uint32_t plain_checks = CF_CHECK_DEFINITE | CF_CHECK_INDEFINITE | CF_CHECK_WITHIN |
                                     CF_CHECK_AT | CF_CHECK_BYTES | CF_CHECK_INCARNATION |
                                     CF_CHECK_MESSAGE;
static const uint32_t message_checks =
    CF_CHECK_LENGTHS | CF_CHECK_SIZE | CF_CHECK_PRINCIPAL | CF_CHECK_ALIGNED;
static const uint32_t read_checks = CF_CHECK_LEFT;
static const uint32_t peer_checks = CF_CHECK_PRINCIPAL;

static const struct cf_alternative default_ok = {.status = URIPC_OK};
static const struct cf_alternative default_pending = {.status = URIPC_PENDING};

/* Whether the line may end with a message. */
static bool takes_messages(const struct cf_step *step)
{
    return step->verb == CF_RECEIVE || step->verb == CF_REQUEST || step->verb == CF_SERVE ||
           step->verb == CF_AWAIT || step->verb == CF_POLL;
}

/* Whether it may end with data alone: what was read of a session, or a request or reply. */
static bool takes_data(const struct cf_step *step)
{
    return step->verb == CF_READ || (takes_messages(step) && step->verb != CF_RECEIVE);
}

static bool reads(const struct cf_step *step)
{
    return step->verb == CF_READ || step->verb == CF_AWAIT || step->verb == CF_POLL;
}

/* Which checks fit: none where nothing but a status comes back at once. */
static uint32_t allowed_checks(const struct cf_step *step)
{
    if (step->started || step->verb == CF_CANCEL || step->verb == CF_CANCEL_ALL ||
        step->verb == CF_INFO || step->verb == CF_PEEK)
        return 0;
    return plain_checks | (takes_messages(step) ? message_checks : 0) |
           (reads(step) ? read_checks : 0) |
           (step->verb == CF_ACCEPT || step->verb == CF_CONNECT ? peer_checks : 0);
}

/* Checks. */

static bool parse_three(struct cf_parser *parser, uint32_t numbers[3])
{
    for (int i = 0; i < 3; i++)
        if (!cf_parse_number32(parser, 0, UINT32_MAX, &numbers[i]))
            return false;
    return true;
}

static bool parse_capture(struct cf_parser *parser, enum cf_capture_kind kind,
                          struct cf_capture *capture)
{
    if (cf_parse_accept(parser, "as")) {
        capture->use = CF_CAPTURE_AS;
        return cf_parse_capturing(parser, kind, &capture->name);
    }
    if (cf_parse_accept(parser, "not"))
        capture->use = CF_CAPTURE_NOT;
    return cf_parse_captured(parser, kind, &capture->name);
}

/* What only `peek` shows, and `left`. */
static bool parse_session_check(struct cf_parser *parser, enum cf_check check,
                                struct cf_alternative *alternative)
{
    int word = 0;
    switch ((int)check) {
    case CF_CHECK_LEFT:
        if (cf_parse_accept(parser, "none")) {
            alternative->checks ^= CF_CHECK_LEFT | CF_CHECK_LEFT_NONE;
            return true;
        }
        return cf_parse_number32(parser, 0, UINT32_MAX, &alternative->left);
    case CF_CHECK_UNREAD:
        return cf_parse_number(parser, 0, UINT64_MAX, &alternative->unread);
    case CF_CHECK_STATE:
        if (!cf_parse_word(parser, &cf_state_words, &word))
            return false;
        alternative->state = (enum uripc_session_state)word;
        return true;
    case CF_CHECK_STATUS:
        if (!cf_parse_word(parser, &cf_status_words, &word))
            return false;
        alternative->ended = (enum uripc_status)word;
        return true;
    case CF_CHECK_MODE:
        if (!cf_parse_word(parser, &cf_mode_words, &word))
            return false;
        alternative->mode = (enum uripc_mode)word;
        return true;
    default: /* the word says it all */
        return true;
    }
}

/* The value of a check or field whose word has been read. */
static bool parse_check(struct cf_parser *parser, enum cf_check check,
                        struct cf_alternative *alternative)
{
    int kind;
    switch ((int)check) {
    case CF_CHECK_WITHIN:
        return cf_parse_duration(parser, 0, &alternative->within);
    case CF_CHECK_AT:
        return cf_parse_duration(parser, 0, &alternative->at);
    case CF_CHECK_BYTES:
        return cf_parse_number(parser, 0, UINT64_MAX, &alternative->bytes);
    case CF_CHECK_LENGTHS:
        return parse_three(parser, alternative->lengths);
    case CF_CHECK_SIZE:
        return cf_parse_number32(parser, 0, UINT32_MAX, &alternative->size);
    case CF_CHECK_INCARNATION:
        return parse_capture(parser, CF_CAPTURES_INCARNATION, &alternative->incarnation);
    case CF_CHECK_MESSAGE:
        return parse_capture(parser, CF_CAPTURES_MESSAGE, &alternative->message);
    case CF_CHECK_PRINCIPAL:
        return cf_parse_number(parser, 0, UINT64_MAX, &alternative->principal);
    case CF_CHECK_MESSAGES:
        return cf_parse_number(parser, 0, UINT64_MAX, &alternative->messages);
    case CF_CHECK_NEXT:
        if (cf_parse_accept(parser, "none")) {
            alternative->checks ^= CF_CHECK_NEXT | CF_CHECK_NEXT_NONE;
            return true;
        }
        return parse_three(parser, alternative->next);
    case CF_CHECK_RECEIVES:
        return cf_parse_number(parser, 0, UINT64_MAX, &alternative->receives);
    case CF_CHECK_WAITING:
        return cf_parse_number(parser, 0, UINT64_MAX, &alternative->waiting);
    case CF_CHECK_DROPPED:
        return cf_parse_number(parser, 0, UINT64_MAX, &alternative->dropped);
    case CF_CHECK_KIND:
        if (!cf_parse_word(parser, &cf_kind_words, &kind))
            return false;
        alternative->kind = (enum uripc_kind)kind;
        return true;
    default:
        return parse_session_check(parser, check, alternative);
    }
}

/* Whether a check may be added to those of the alternative. */
static bool is_once(const struct cf_alternative *alternative, uint32_t check)
{
    uint32_t excluded = check;
    if ((check & (CF_CHECK_DEFINITE | CF_CHECK_INDEFINITE)) != 0)
        excluded = CF_CHECK_DEFINITE | CF_CHECK_INDEFINITE;
    if ((check & CF_CHECK_NEXT) != 0)
        excluded = CF_CHECK_NEXT | CF_CHECK_NEXT_NONE;
    if ((check & CF_CHECK_LEFT) != 0)
        excluded = CF_CHECK_LEFT | CF_CHECK_LEFT_NONE;
    return (alternative->checks & excluded) == 0;
}

/* Checks or fields, as many as there are. */
static bool parse_checks(struct cf_parser *parser, const struct cf_words *words, uint32_t allowed,
                         struct cf_alternative *alternative)
{
    while (parser->token.kind == CF_TOKEN_WORD) {
        const struct cf_token token = parser->token;
        int check;
        if (!cf_words_find(words, token.at, token.size, &check)) {
            char what[160];
            snprintf(what, sizeof what, "%s, \"|\", \"[\" or the end of the line", words->what);
            struct cf_nearest search = cf_parse_search(parser);
            cf_parse_offer(&search, words);
            return cf_parse_expected(parser, what, &search);
        }
        if ((allowed & (uint32_t)check) == 0)
            return cf_parse_expected(parser, "a check that fits this line", NULL);
        if (!is_once(alternative, (uint32_t)check))
            return cf_parse_expected(parser, "each check once", NULL);
        alternative->checks |= (uint32_t)check;
        alternative->order[alternative->order_count++] = (uint32_t)check;
        cf_parse_next(parser);
        if (!alternative->record && !parse_check(parser, (enum cf_check)check, alternative))
            return false;
    }
    return true;
}

/* Outcomes. */

/* After `from`. */
static bool parse_message(struct cf_parser *parser, struct cf_alternative *alternative)
{
    alternative->checks |= CF_CHECK_SOURCE;
    if (!cf_parse_text(parser, &alternative->source))
        return false;
    if (cf_parse_accept(parser, "to")) {
        alternative->checks |= CF_CHECK_TARGET;
        if (!cf_parse_text(parser, &alternative->target))
            return false;
    }
    if (cf_parse_accept(parser, "any")) {
        alternative->data.kind = CF_DATA_ANY;
        return true;
    }
    return cf_parse_data(parser, false, &alternative->data);
}

static bool begins_data(const struct cf_parser *parser)
{
    return parser->token.kind == CF_TOKEN_STRING || cf_parse_is(parser, "empty") ||
           cf_parse_is(parser, "bytes");
}

/* What a read has got. */
static bool parse_read(struct cf_parser *parser, struct cf_alternative *alternative)
{
    alternative->checks |= CF_CHECK_DATA;
    return cf_parse_data(parser, false, &alternative->data);
}

/* Where `from` is followed by no data there must be none, unless their length is told. */
static void finish_message(struct cf_alternative *alternative)
{
    const enum cf_data_kind kind = alternative->data.kind;
    const bool told = (alternative->checks & (CF_CHECK_SIZE | CF_CHECK_LENGTHS)) != 0;
    if (kind != CF_DATA_ANY && !(kind == CF_DATA_NONE && told))
        alternative->checks |= CF_CHECK_DATA;
}

static bool parse_status(struct cf_parser *parser, const struct cf_step *step,
                         struct cf_alternative *alternative)
{
    const struct cf_token token = parser->token;
    int status;
    if (token.kind != CF_TOKEN_WORD ||
        !cf_words_find(&cf_status_words, token.at, token.size, &status)) {
        struct cf_nearest search = cf_parse_search(parser);
        cf_parse_offer(&search, &cf_status_words);
        if (takes_messages(step))
            cf_nearest_offer(&search, "from");
        return cf_parse_expected(parser,
                                 takes_messages(step) ? "a status or \"from\""
                                 : takes_data(step)   ? "a status or data"
                                                      : "a status",
                                 &search);
    }
    if (status == URIPC_PENDING && !step->started) {
        return cf_parse_expected(parser, "a final status, since only start leaves calls pending",
                                 NULL);
    }
    alternative->status = (enum uripc_status)status;
    cf_parse_next(parser);
    return status != URIPC_MORE || !reads(step) || !begins_data(parser) ||
           parse_read(parser, alternative);
}

static bool parse_outcome(struct cf_parser *parser, const struct cf_step *step,
                          struct cf_alternative *alternative)
{
    const uint32_t allowed = allowed_checks(step);
    const bool message = takes_messages(step) && cf_parse_accept(parser, "from");
    const bool data = !message && takes_data(step) && begins_data(parser);
    if (!(message ? parse_message(parser, alternative)
          : data  ? parse_read(parser, alternative)
                  : parse_status(parser, step, alternative)) ||
        !parse_checks(parser, &cf_check_words, allowed, alternative))
        return false;
    if (message)
        finish_message(alternative);
    return true;
}

/* `would-block`, or a started call and how it completed. */
static bool parse_polled(struct cf_parser *parser, const struct cf_step *step,
                         struct cf_alternative *alternative)
{
    if (cf_parse_accept(parser, "would-block")) {
        alternative->status = URIPC_WOULD_BLOCK;
        return true;
    }
    return cf_parse_known(parser, &parser->scopes[step->process].calls,
                          "would-block or a started call", &alternative->call) &&
           parse_outcome(parser, step, alternative);
}

/* Fields, recorded fields, or a status. */
static bool parse_state(struct cf_parser *parser, const struct cf_step *step,
                        struct cf_alternative *alternative)
{
    const struct cf_words *const fields = step->verb == CF_PEEK ? &cf_peek_words : &cf_field_words;
    const struct cf_token token = parser->token;
    int word;
    alternative->record = cf_parse_accept(parser, "record");
    if (alternative->record ||
        (token.kind == CF_TOKEN_WORD && cf_words_find(fields, token.at, token.size, &word))) {
        if (alternative->record)
            alternative->strength = CF_RECORDED;
        if (parser->token.kind != CF_TOKEN_WORD)
            return cf_parse_expected(parser, fields->what, NULL);
        return parse_checks(parser, fields, UINT32_MAX, alternative);
    }
    if (cf_words_find(&cf_status_words, token.at, token.size, &word))
        return parse_status(parser, step, alternative);
    struct cf_nearest search = cf_parse_search(parser);
    cf_parse_offer(&search, fields);
    cf_parse_offer(&search, &cf_status_words);
    cf_nearest_offer(&search, "record");
    return cf_parse_expected(parser, "a field, \"record\" or a status", &search);
}

static bool parse_alternative(struct cf_parser *parser, const struct cf_step *step,
                              struct cf_alternative *alternative)
{
    if (cf_parse_accept(parser, "nonstrict"))
        alternative->strength = CF_NONSTRICT;
    else if (cf_parse_accept(parser, "info"))
        alternative->strength = CF_RECORDED;
    if (step->verb == CF_POLL)
        return parse_polled(parser, step, alternative);
    if (step->verb == CF_INFO || step->verb == CF_PEEK)
        return parse_state(parser, step, alternative);
    return parse_outcome(parser, step, alternative);
}

static bool parse_alternatives(struct cf_parser *parser, struct cf_step *step)
{
    struct cf_alternative *list = NULL;
    size_t capacity = 0;
    do {
        struct cf_alternative alternative = {.strength = CF_STRICT};
        if (!parse_alternative(parser, step, &alternative))
            return false;
        list = cf_arena_grow(parser->arena, list, step->alternative_count, &capacity, sizeof *list);
        if (list == NULL)
            return cf_parse_no_memory(parser);
        list[step->alternative_count++] = alternative;
    } while (cf_parse_accept(parser, "|"));
    step->alternatives = list;
    return true;
}

/* Clauses. */

static bool is_of_case(struct cf_parser *parser, const char *at, const char *id)
{
    struct cf_nearest search = {.found = id, .size = strlen(id)};
    for (size_t i = 0; i < parser->made->clause_count; i++) {
        if (strcmp(parser->clauses[i].id, id) == 0)
            return true;
        cf_nearest_offer(&search, parser->clauses[i].id);
    }
    const char *const best = search.best;
    cf_parse_complain(parser, at,
                      "expected a clause of the case's header, found \"%.64s\"%s%.64s%s", id,
                      best == NULL ? "" : "; did you mean \"", best == NULL ? "" : best,
                      best == NULL ? "" : "\"?");
    return false;
}

static bool parse_line_clauses(struct cf_parser *parser, struct cf_step *step)
{
    struct cf_clause *list = NULL;
    size_t capacity = 0;
    do {
        const char *const at = parser->token.at;
        struct cf_clause clause;
        if (!cf_parse_clause(parser, &clause) || !is_of_case(parser, at, clause.id))
            return false;
        list = cf_arena_grow(parser->arena, list, step->clause_count, &capacity, sizeof *list);
        if (list == NULL)
            return cf_parse_no_memory(parser);
        list[step->clause_count++] = clause;
    } while (!cf_parse_is(parser, "]") && parser->token.kind != CF_TOKEN_END);
    step->clauses = list;
    return cf_parse_require(parser, "]");
}

bool cf_parse_expect(struct cf_parser *parser, struct cf_step *step)
{
    if (parser->token.kind != CF_TOKEN_ARROW) {
        if (step->verb == CF_POLL)
            return cf_parse_expected(parser, "\"->\", since a poll must say what comes", NULL);
        step->alternatives = step->started ? &default_pending : &default_ok;
        step->alternative_count = 1;
        return true;
    }
    cf_parse_next(parser);
    if (!parse_alternatives(parser, step))
        return false;
    return !cf_parse_accept(parser, "[") || parse_line_clauses(parser, step);
}
