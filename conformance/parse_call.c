/* SPDX-License-Identifier: MIT */
/* The call of a process: verb, fixed part, options in any order. */
#include <string.h>

#include "parse.h"

enum { BUFFER_MAX = 1 << 24 };

static const struct cf_word start[] = {{"start", 0}};
static const struct cf_words start_word = {.list = start, .count = 1};

static const uint32_t register_options = CF_OPTION_UNDER | CF_OPTION_KIND | CF_OPTION_QUEUE |
                                         CF_OPTION_QUEUE_BYTES | CF_OPTION_OVERFLOW |
                                         CF_OPTION_MAX | CF_OPTION_DEADLINE | CF_OPTION_AS;
static const uint32_t send_options = CF_OPTION_DEADLINE | CF_OPTION_NOWAIT | CF_OPTION_EXPECTING;
static const uint32_t receive_options =
    CF_OPTION_BUFFER | CF_OPTION_DEADLINE | CF_OPTION_NOWAIT | CF_OPTION_UTF16 | CF_OPTION_DISCARD;

static const uint32_t listen_options = CF_OPTION_MODE | CF_OPTION_INSTANCES | CF_OPTION_WAITING;
static const uint32_t accept_options =
    CF_OPTION_BEAT | CF_OPTION_SILENCE | CF_OPTION_DETECTOR | CF_OPTION_NOTICE | CF_OPTION_DEADLINE;
static const uint32_t transfer_options = CF_OPTION_DEADLINE | CF_OPTION_NOWAIT;
static const uint32_t request_options = CF_OPTION_OVER | CF_OPTION_RETRY | CF_OPTION_RETRIES |
                                        CF_OPTION_BACKOFF | CF_OPTION_BUFFER | CF_OPTION_DEADLINE;
static const uint32_t serve_options = CF_OPTION_REMEMBER | CF_OPTION_BUFFER | CF_OPTION_DEADLINE;

static bool parse_handle(struct cf_parser *parser, const struct cf_step *step,
                         struct cf_name *handle)
{
    char what[96];
    snprintf(what, sizeof what, "a handle of %.64s", parser->processes.names[step->process]);
    return cf_parse_known(parser, &parser->scopes[step->process].handles, what, handle);
}

static bool parse_started(struct cf_parser *parser, const struct cf_step *step,
                          struct cf_name *call)
{
    char what[96];
    snprintf(what, sizeof what, "a started call of %.64s", parser->processes.names[step->process]);
    return cf_parse_known(parser, &parser->scopes[step->process].calls, what, call);
}

/* Options. */

/* The options a line takes, as words for a message. */
static void list_options(uint32_t allowed, char *to, size_t size)
{
    size_t used = 0;
    for (size_t i = 0; i < cf_option_words.count; i++) {
        const struct cf_word *const word = &cf_option_words.list[i];
        if ((allowed & (uint32_t)word->value) != 0 && used < size) {
            used +=
                (size_t)snprintf(to + used, size - used, "%s%s", used > 0 ? ", " : "", word->text);
        }
    }
}

static bool unknown_option(struct cf_parser *parser, const struct cf_step *step, uint32_t allowed)
{
    char list[160] = "", what[256];
    list_options(allowed, list, sizeof list);
    if (allowed == 0) {
        snprintf(what, sizeof what, "\"->\" or the end of the line");
    } else {
        snprintf(what, sizeof what, "an option of %s (%s), \"->\" or the end of the line",
                 cf_verb_name(step->verb), list);
    }
    struct cf_nearest search = cf_parse_search(parser);
    for (size_t i = 0; i < cf_option_words.count; i++)
        if ((allowed & (uint32_t)cf_option_words.list[i].value) != 0)
            cf_nearest_offer(&search, cf_option_words.list[i].text);
    return cf_parse_expected(parser, what, &search);
}

/* A word that is a whole option. */
static bool flag(struct cf_step *step, enum uripc_flags bit)
{
    step->flags |= (uint32_t)bit;
    return true;
}

static bool parse_kind(struct cf_parser *parser, struct cf_step *step)
{
    int kind;
    if (!cf_parse_word(parser, &cf_kind_words, &kind))
        return false;
    step->kind = (enum uripc_kind)kind;
    return true;
}

static bool parse_overflow(struct cf_parser *parser, struct cf_step *step)
{
    int overflow;
    if (!cf_parse_word(parser, &cf_overflow_words, &overflow))
        return false;
    step->overflow = (enum uripc_overflow)overflow;
    return true;
}

static bool parse_session_option(struct cf_parser *parser, struct cf_session_options *options,
                                 enum cf_option option)
{
    int word = 0;
    switch ((int)option) {
    case CF_OPTION_MODE:
        if (!cf_parse_word(parser, &cf_mode_words, &word))
            return false;
        options->mode = (enum uripc_mode)word;
        return true;
    case CF_OPTION_INSTANCES:
        return cf_parse_number32(parser, 1, UINT32_MAX, &options->instances);
    case CF_OPTION_WAITING:
        return cf_parse_number32(parser, 1, UINT32_MAX, &options->waiting);
    case CF_OPTION_BEAT:
        return cf_parse_duration(parser, 1, &options->beat);
    case CF_OPTION_SILENCE:
        return cf_parse_duration(parser, 1, &options->silence);
    default: /* detector */
        if (!cf_parse_word(parser, &cf_detector_words, &word))
            return false;
        options->detector = (enum cf_detector)word;
        return true;
    }
}

static bool parse_request_option(struct cf_parser *parser, struct cf_step *step,
                                 enum cf_option option)
{
    switch ((int)option) {
    case CF_OPTION_OVER:
        return parse_handle(parser, step, &step->handle);
    case CF_OPTION_RETRY:
        return cf_parse_duration(parser, 1, &step->request.retry);
    case CF_OPTION_RETRIES:
        return cf_parse_number32(parser, 1, UINT32_MAX, &step->request.retries);
    case CF_OPTION_BACKOFF:
        step->request.backoff = true;
        return true;
    case CF_OPTION_REMEMBER:
        return cf_parse_duration(parser, 1, &step->request.remember);
    default: /* during */
        return cf_parse_duration(parser, 0, &step->request.duration);
    }
}

/* What follows the option's word.  The name after `as` is introduced later: until the line has
 * been read, the names in it are the old ones. */
static bool parse_option(struct cf_parser *parser, struct cf_step *step, enum cf_option option,
                         struct cf_token *as)
{
    switch (option) {
    case CF_OPTION_AS:
        *as = parser->token;
        cf_parse_next(parser);
        return true;
    case CF_OPTION_UNDER:
        return parse_handle(parser, step, &step->parent);
    case CF_OPTION_KIND:
        return parse_kind(parser, step);
    case CF_OPTION_QUEUE:
        return cf_parse_number32(parser, 1, UINT32_MAX, &step->queue_messages);
    case CF_OPTION_QUEUE_BYTES:
        return cf_parse_number32(parser, 1, UINT32_MAX, &step->queue_bytes);
    case CF_OPTION_OVERFLOW:
        return parse_overflow(parser, step);
    case CF_OPTION_MAX:
        return cf_parse_number32(parser, 1, UINT32_MAX, &step->message_max);
    case CF_OPTION_DEADLINE:
        return cf_parse_duration(parser, 1, &step->deadline);
    case CF_OPTION_NOWAIT:
        return flag(step, URIPC_NOWAIT);
    case CF_OPTION_EXPECTING:
        return cf_parse_captured(parser, CF_CAPTURES_INCARNATION, &step->expecting);
    case CF_OPTION_BUFFER:
        return cf_parse_number32(parser, 0, BUFFER_MAX, &step->buffer);
    case CF_OPTION_UTF16:
        return flag(step, URIPC_UTF16);
    case CF_OPTION_DISCARD:
        return flag(step, URIPC_DISCARD);
    case CF_OPTION_NOTICE:
        return flag(step, URIPC_NOTICE);
    case CF_OPTION_MODE:
    case CF_OPTION_INSTANCES:
    case CF_OPTION_WAITING:
    case CF_OPTION_BEAT:
    case CF_OPTION_SILENCE:
    case CF_OPTION_DETECTOR:
        break;
    case CF_OPTION_OVER:
    case CF_OPTION_RETRY:
    case CF_OPTION_RETRIES:
    case CF_OPTION_BACKOFF:
    case CF_OPTION_REMEMBER:
    case CF_OPTION_DURING:
        return parse_request_option(parser, step, option);
    }
    return parse_session_option(parser, &step->session, option);
}

/* Introduces the name after `as`: a handle, a started call, or both at once. */
static bool name_line(struct cf_parser *parser, struct cf_step *step, const struct cf_token *as)
{
    struct cf_scope *const scope = &parser->scopes[step->process];
    const bool handle = cf_verb_gives_handle(step->verb);
    const char *const what = handle ? "a name for the handle" : "a name for the call";
    const struct cf_token rest = parser->token;
    parser->token = *as;
    if (handle && !cf_parse_new(parser, &scope->handles, what, &step->handle))
        return false;
    if (step->started && !cf_parse_new(parser, &scope->calls, what, &step->call))
        return false;
    parser->token = rest;
    return true;
}

static bool parse_options(struct cf_parser *parser, struct cf_step *step, uint32_t allowed)
{
    const bool named = step->started || cf_verb_gives_handle(step->verb);
    struct cf_token as = {.at = NULL};
    uint32_t seen = 0;
    if (named)
        allowed |= CF_OPTION_AS;
    while (parser->token.kind != CF_TOKEN_END && parser->token.kind != CF_TOKEN_ARROW) {
        const struct cf_token token = parser->token;
        int option;
        if (token.kind != CF_TOKEN_WORD ||
            !cf_words_find(&cf_option_words, token.at, token.size, &option) ||
            (allowed & (uint32_t)option) == 0)
            return unknown_option(parser, step, allowed);
        if ((seen & (uint32_t)option) != 0)
            return cf_parse_expected(parser, "each option once", NULL);
        seen |= (uint32_t)option;
        cf_parse_next(parser);
        if (!parse_option(parser, step, (enum cf_option)option, &as))
            return false;
    }
    if (step->verb == CF_SURVEY && (seen & CF_OPTION_DURING) == 0)
        return cf_parse_expected(parser, "\"during D\"", NULL);
    if ((seen & CF_OPTION_DETECTOR) != 0 && (seen & CF_OPTION_SILENCE) == 0)
        return cf_parse_expected(parser, "\"silence D\", which the detector judges", NULL);
    if (!named)
        return true;
    return as.at != NULL ? name_line(parser, step, &as)
                         : cf_parse_expected(parser, "\"as NAME\"", NULL);
}

/* Verbs. */

static bool parse_register(struct cf_parser *parser, struct cf_step *step)
{
    return cf_parse_text(parser, &step->uri) && parse_options(parser, step, register_options);
}

static bool parse_send(struct cf_parser *parser, struct cf_step *step)
{
    if (!parse_handle(parser, step, &step->handle))
        return false;
    if (cf_parse_accept(parser, "suffix") && !cf_parse_text(parser, &step->suffix))
        return false;
    return cf_parse_require(parser, "to") && cf_parse_text(parser, &step->uri) &&
           cf_parse_data(parser, true, &step->data) && parse_options(parser, step, send_options);
}

static bool parse_receive(struct cf_parser *parser, struct cf_step *step, uint32_t options)
{
    step->buffer = CF_BUFFER_DEFAULT;
    return parse_handle(parser, step, &step->handle) && parse_options(parser, step, options);
}

/* Those that take a handle and options. */
static bool parse_simple(struct cf_parser *parser, struct cf_step *step, uint32_t options)
{
    return parse_handle(parser, step, &step->handle) && parse_options(parser, step, options);
}

static bool parse_write(struct cf_parser *parser, struct cf_step *step)
{
    return parse_handle(parser, step, &step->handle) && cf_parse_data(parser, true, &step->data) &&
           parse_options(parser, step, transfer_options);
}

static bool parse_question(struct cf_parser *parser, struct cf_step *step, uint32_t options)
{
    step->buffer = step->verb == CF_REQUEST ? CF_BUFFER_DEFAULT : 0;
    return cf_parse_text(parser, &step->uri) && cf_parse_data(parser, true, &step->data) &&
           parse_options(parser, step, options);
}

static bool parse_reply(struct cf_parser *parser, struct cf_step *step)
{
    return cf_parse_captured(parser, CF_CAPTURES_MESSAGE, &step->answered) &&
           cf_parse_data(parser, true, &step->data) && parse_options(parser, step, 0);
}

static bool parse_cancel(struct cf_parser *parser, struct cf_step *step)
{
    if (cf_parse_accept(parser, "all")) {
        step->verb = CF_CANCEL_ALL;
        return parse_handle(parser, step, &step->handle);
    }
    return parse_started(parser, step, &step->call);
}

static bool parse_verb(struct cf_parser *parser, struct cf_step *step)
{
    switch (step->verb) {
    case CF_REGISTER:
        return parse_register(parser, step);
    case CF_SEND:
        return parse_send(parser, step);
    case CF_RECEIVE:
        return parse_receive(parser, step, receive_options);
    case CF_READ:
        return parse_receive(parser, step, CF_OPTION_BUFFER | transfer_options);
    case CF_LISTEN:
        return cf_parse_text(parser, &step->uri) && parse_options(parser, step, listen_options);
    case CF_CONNECT:
        return cf_parse_text(parser, &step->uri) &&
               parse_options(parser, step, accept_options | CF_OPTION_NOWAIT);
    case CF_ACCEPT:
        return parse_handle(parser, step, &step->door) &&
               parse_options(parser, step, accept_options);
    case CF_WRITE:
        return parse_write(parser, step);
    case CF_FLUSH:
        return parse_simple(parser, step, transfer_options);
    case CF_CLOSE:
    case CF_SHUTDOWN:
    case CF_DISCONNECT:
        return parse_simple(parser, step, 0);
    case CF_REQUEST:
        return parse_question(parser, step, request_options);
    case CF_SERVE:
        return parse_receive(parser, step, serve_options);
    case CF_REPLY:
        return parse_reply(parser, step);
    case CF_SURVEY:
        return parse_question(parser, step, CF_OPTION_DURING);
    case CF_CANCEL:
        return parse_cancel(parser, step);
    case CF_POLL:
        return true;
    case CF_INFO:
    case CF_PEEK:
        return parse_handle(parser, step, &step->handle);
    case CF_AWAIT:
        return parse_started(parser, step, &step->call);
    case CF_CANCEL_ALL:
    case CF_STEP:
    case CF_CRASH:
    case CF_RESTART:
    case CF_PAUSE:
    case CF_RESUME:
    case CF_CUT:
    case CF_HEAL:
    case CF_LINK:
    case CF_SLOW:
    case CF_CLOCK:
    case CF_PRINCIPAL:
    case CF_WAIT:
    case CF_QUIET:
        break;
    }
    return false;
}

bool cf_parse_call(struct cf_parser *parser, struct cf_step *step)
{
    step->started = cf_parse_accept(parser, "start");
    const struct cf_words *const words = step->started ? &cf_start_words : &cf_call_words;
    int verb;
    if (!cf_parse_one_of(parser, words, step->started ? NULL : &start_word, words->what, &verb))
        return false;
    step->verb = (enum cf_verb)verb;
    if (!parse_verb(parser, step))
        return false;
    return step->scheduled || cf_parse_expect(parser, step);
}
