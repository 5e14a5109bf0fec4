/* SPDX-License-Identifier: MIT */
/* One step line: a call of a process, or something that happens to the world. */
#include <inttypes.h>

#include "parse.h"

/* P, or the resolver where it is a process. */
static bool parse_victim(struct cf_parser *parser, uint32_t *process)
{
    const char *const at = parser->token.at;
    if (!cf_parse_accept(parser, "resolver"))
        return cf_parse_process(parser, process);
    if (parser->made->resolver != CF_RESOLVER_DAEMON) {
        cf_parse_complain(parser, at, "expected \"resolver daemon\" in the header, found none");
        return false;
    }
    *process = CF_RESOLVER;
    return true;
}

/* P Q or P -> Q. */
static bool parse_ends(struct cf_parser *parser, struct cf_step *step,
                       bool (*parse)(struct cf_parser *, uint32_t *))
{
    if (!parse(parser, &step->process))
        return false;
    if (parser->token.kind == CF_TOKEN_ARROW) {
        step->one_way = true;
        cf_parse_next(parser);
    }
    return parse(parser, &step->peer);
}

/* A connection needs both of its directions, so there is no cut of one alone. */
static bool parse_cut(struct cf_parser *parser, struct cf_step *step)
{
    const char *const at = parser->token.at;
    if (!parse_ends(parser, step, parse_victim))
        return false;
    const bool both = step->process == CF_RESOLVER && step->peer == CF_RESOLVER;
    const bool either = step->process == CF_RESOLVER || step->peer == CF_RESOLVER;
    if (both || (either && step->one_way)) {
        cf_parse_complain(parser, at, "expected a process and the resolver, both ways, found %s",
                          both ? "the resolver twice" : "one way");
        return false;
    }
    return true;
}

/* N/M, at most 1. */
static bool parse_ratio(struct cf_parser *parser, uint32_t *numerator, uint32_t *denominator)
{
    if (!cf_parse_number32(parser, 0, UINT32_MAX, numerator) || !cf_parse_require(parser, "/"))
        return false;
    const uint32_t least = *numerator > 0 ? *numerator : 1;
    return cf_parse_number32(parser, least, UINT32_MAX, denominator);
}

static bool parse_delay(struct cf_parser *parser, struct cf_faults *faults)
{
    if (!cf_parse_duration(parser, 0, &faults->delay_min))
        return false;
    faults->delay_max = faults->delay_min;
    if (parser->token.kind != CF_TOKEN_RANGE)
        return true;
    cf_parse_next(parser);
    const char *const at = parser->token.at;
    if (!cf_parse_duration(parser, 0, &faults->delay_max))
        return false;
    if (faults->delay_max < faults->delay_min) {
        cf_parse_complain(parser, at, "expected the longer delay last, found the shorter one");
        return false;
    }
    return true;
}

static bool parse_fault(struct cf_parser *parser, enum cf_fault fault, struct cf_faults *faults)
{
    switch (fault) {
    case CF_FAULT_DELAY:
        return parse_delay(parser, faults);
    case CF_FAULT_LOSS:
        return parse_ratio(parser, &faults->loss_num, &faults->loss_den);
    case CF_FAULT_DUPLICATE:
        return parse_ratio(parser, &faults->duplicate_num, &faults->duplicate_den);
    case CF_FAULT_REORDER:
        return true;
    case CF_FAULT_SIZE:
        return cf_parse_number32(parser, 1, UINT32_MAX, &faults->size);
    case CF_FAULT_CAPACITY:
        return cf_parse_number32(parser, 1, UINT32_MAX, &faults->capacity);
    case CF_FAULT_TRANSPORTS:
        break;
    }
    return cf_parse_number32(parser, 1, 16, &faults->transports);
}

static bool parse_faults(struct cf_parser *parser, struct cf_faults *faults)
{
    if (cf_parse_accept(parser, "clear"))
        return true;
    do {
        const char *const at = parser->token.at;
        int fault;
        if (!cf_parse_word(parser, &cf_fault_words, &fault))
            return false;
        if (fault == 0 || (faults->given & (uint32_t)fault) != 0) {
            cf_parse_complain(parser, at, "expected %s",
                              fault == 0 ? "\"clear\" alone, found it with faults"
                                         : "each fault once, found one again");
            return false;
        }
        faults->given |= (uint32_t)fault;
        if (!parse_fault(parser, (enum cf_fault)fault, faults))
            return false;
    } while (parser->token.kind != CF_TOKEN_END && !cf_parse_is(parser, "for"));
    return true;
}

/* `for D` at the end of what is undone after a time, or nothing. */
static bool parse_lasting(struct cf_parser *parser, struct cf_step *step)
{
    return !cf_parse_accept(parser, "for") || cf_parse_duration(parser, 1, &step->lasting);
}

static bool parse_link(struct cf_parser *parser, struct cf_step *step)
{
    if (!cf_parse_accept(parser, "all") && !parse_ends(parser, step, cf_parse_process))
        return false;
    return parse_faults(parser, &step->faults) &&
           (step->faults.given == 0 || parse_lasting(parser, step));
}

/* `at event N`, or nothing. */
static bool parse_crash(struct cf_parser *parser, struct cf_step *step)
{
    if (!parse_victim(parser, &step->process))
        return false;
    if (step->process != CF_RESOLVER && cf_parse_accept(parser, "at") &&
        !(cf_parse_require(parser, "event") &&
          cf_parse_number(parser, 1, UINT64_MAX, &step->event)))
        return false;
    return parse_lasting(parser, step);
}

/* N/M, in whole millionths. */
static bool parse_drift(struct cf_parser *parser, struct cf_clock *clock)
{
    const char *const at = parser->token.at;
    if (!parse_ratio(parser, &clock->drift_num, &clock->drift_den))
        return false;
    const uint64_t parts = (uint64_t)clock->drift_num * CF_DRIFT_UNIT;
    if (clock->drift_num > 0 && parts % clock->drift_den == 0 &&
        parts / clock->drift_den <= CF_DRIFT_UNIT / 2)
        return true;
    cf_parse_complain(parser, at,
                      "expected a drift of whole millionths, above zero and at most "
                      "1/2, found %" PRIu32 "/%" PRIu32,
                      clock->drift_num, clock->drift_den);
    return false;
}

static bool parse_clock(struct cf_parser *parser, struct cf_step *step)
{
    static const uint32_t offsets = CF_CLOCK_AHEAD | CF_CLOCK_BEHIND;
    static const uint32_t drifts = CF_CLOCK_FAST | CF_CLOCK_SLOW;
    struct cf_clock *const clock = &step->clock;
    if (!cf_parse_process(parser, &step->process))
        return false;
    if (cf_parse_accept(parser, "clear"))
        return true;
    do {
        const char *const at = parser->token.at;
        int setting;
        if (!cf_parse_word(parser, &cf_clock_words, &setting))
            return false;
        const uint32_t same = ((uint32_t)setting & offsets) != 0 ? offsets : drifts;
        if (setting == 0 || (clock->given & same) != 0) {
            cf_parse_complain(parser, at, "expected %s",
                              setting == 0 ? "\"clear\" alone, found it with settings"
                                           : "one offset and one drift, found another one");
            return false;
        }
        clock->given |= (uint32_t)setting;
        if (!(same == offsets ? cf_parse_duration(parser, 1, &clock->offset)
                              : parse_drift(parser, clock)))
            return false;
    } while (parser->token.kind != CF_TOKEN_END);
    return true;
}

static bool parse_principal(struct cf_parser *parser, struct cf_step *step)
{
    const char *const at = parser->token.at;
    if (!cf_parse_process(parser, &step->process) ||
        !cf_parse_number(parser, 1, UINT64_MAX, &step->principal))
        return false;
    struct cf_scope *const scope = &parser->scopes[step->process];
    if (scope->speaks || scope->principal != 0) {
        cf_parse_complain(parser, at,
                          "expected a principal once and before the first call of \"%s\"",
                          parser->processes.names[step->process]);
        return false;
    }
    scope->principal = step->principal;
    return true;
}

/* What follows the verb of a step that is no call. */
static bool parse_world(struct cf_parser *parser, struct cf_step *step)
{
    switch (step->verb) {
    case CF_STEP:
        return cf_parse_text(parser, &step->uri);
    case CF_CRASH:
        return parse_crash(parser, step);
    case CF_PAUSE:
        return parse_victim(parser, &step->process) && parse_lasting(parser, step);
    case CF_RESTART:
    case CF_RESUME:
        return parse_victim(parser, &step->process);
    case CF_CUT:
        return parse_cut(parser, step) && parse_lasting(parser, step);
    case CF_HEAL:
        return parse_cut(parser, step);
    case CF_LINK:
        return parse_link(parser, step);
    case CF_SLOW:
        return cf_parse_process(parser, &step->process) &&
               cf_parse_duration(parser, 0, &step->duration) && parse_lasting(parser, step);
    case CF_CLOCK:
        return parse_clock(parser, step);
    case CF_PRINCIPAL:
        return parse_principal(parser, step);
    case CF_WAIT:
    case CF_QUIET:
        return cf_parse_duration(parser, 0, &step->duration);
    case CF_REGISTER:
    case CF_SEND:
    case CF_RECEIVE:
    case CF_CLOSE:
    case CF_LISTEN:
    case CF_CONNECT:
    case CF_ACCEPT:
    case CF_WRITE:
    case CF_READ:
    case CF_FLUSH:
    case CF_SHUTDOWN:
    case CF_DISCONNECT:
    case CF_REQUEST:
    case CF_SERVE:
    case CF_REPLY:
    case CF_SURVEY:
    case CF_CANCEL:
    case CF_CANCEL_ALL:
    case CF_POLL:
    case CF_INFO:
    case CF_PEEK:
    case CF_AWAIT:
        break;
    }
    return false;
}

static bool parse_world_line(struct cf_parser *parser, struct cf_step *step)
{
    int verb;
    if (!cf_parse_one_of(parser, &cf_world_words, &cf_block_words,
                         "a step (such as A: receive a, wait 5ms or crash A)", &verb))
        return false;
    step->verb = (enum cf_verb)verb;
    return parse_world(parser, step);
}

static bool at_process(const struct cf_parser *parser)
{
    const struct cf_token *const token = &parser->token;
    return token->kind == CF_TOKEN_WORD && *token->at >= 'A' && *token->at <= 'Z';
}

static bool parse_process_line(struct cf_parser *parser, struct cf_step *step)
{
    if (!cf_parse_process(parser, &step->process) || !cf_parse_require(parser, ":"))
        return false;
    parser->scopes[step->process].speaks = true;
    return cf_parse_call(parser, step);
}

/* What steps need by their verb alone, and whether they can be put off. */
static const struct trait {
    uint32_t needs;
    bool can_wait;
} traits[] = {
    [CF_LISTEN] = {.needs = CF_NEED_SESSIONS},
    [CF_CONNECT] = {.needs = CF_NEED_SESSIONS},
    [CF_ACCEPT] = {.needs = CF_NEED_SESSIONS},
    [CF_WRITE] = {.needs = CF_NEED_SESSIONS},
    [CF_READ] = {.needs = CF_NEED_SESSIONS},
    [CF_FLUSH] = {.needs = CF_NEED_SESSIONS},
    [CF_SHUTDOWN] = {.needs = CF_NEED_SESSIONS},
    [CF_DISCONNECT] = {.needs = CF_NEED_SESSIONS},
    [CF_PEEK] = {.needs = CF_NEED_SESSIONS},
    [CF_REQUEST] = {.needs = CF_NEED_REQUESTS},
    [CF_SERVE] = {.needs = CF_NEED_REQUESTS},
    [CF_REPLY] = {.needs = CF_NEED_REQUESTS},
    [CF_SURVEY] = {.needs = CF_NEED_REQUESTS},
    [CF_CANCEL] = {.needs = CF_NEED_CANCEL, .can_wait = true},
    [CF_CANCEL_ALL] = {.needs = CF_NEED_CANCEL},
    [CF_POLL] = {.needs = CF_NEED_POLLING},
    [CF_INFO] = {.needs = CF_NEED_INFO},
    [CF_CRASH] = {.needs = CF_NEED_CRASH, .can_wait = true},
    [CF_RESTART] = {.needs = CF_NEED_CRASH, .can_wait = true},
    [CF_PAUSE] = {.needs = CF_NEED_PAUSE, .can_wait = true},
    [CF_RESUME] = {.needs = CF_NEED_PAUSE, .can_wait = true},
    [CF_CUT] = {.needs = CF_NEED_FAULTS, .can_wait = true},
    [CF_HEAL] = {.needs = CF_NEED_FAULTS, .can_wait = true},
    [CF_LINK] = {.needs = CF_NEED_FAULTS, .can_wait = true},
    [CF_SLOW] = {.needs = CF_NEED_TURNS, .can_wait = true},
    [CF_CLOCK] = {.needs = CF_NEED_CLOCKS, .can_wait = true},
    [CF_PRINCIPAL] = {.needs = CF_NEED_USERS},
    [CF_QUIET] = {.needs = 0},
};

static bool parse_after(struct cf_parser *parser, struct cf_step *step)
{
    step->scheduled = true;
    if (!cf_parse_duration(parser, 0, &step->after))
        return false;
    const char *const at = parser->token.at;
    const bool parsed =
        at_process(parser) ? parse_process_line(parser, step) : parse_world_line(parser, step);
    if (!parsed)
        return false;
    if (!traits[step->verb].can_wait) {
        cf_parse_complain(parser, at,
                          "expected a crash, restart, pause, resume, cut, heal, link, slow, clock "
                          "or \"P: cancel x\" after a time, found another step");
        return false;
    }
    return true;
}

static uint32_t needs_of_checks(uint32_t checks)
{
    uint32_t needs = 0;
    if ((checks & CF_CHECK_AT) != 0)
        needs |= CF_NEED_VIRTUAL_TIME;
    if ((checks & CF_CHECK_INCARNATION) != 0)
        needs |= CF_NEED_INCARNATIONS;
    if ((checks & CF_CHECK_PRINCIPAL) != 0)
        needs |= CF_NEED_PRINCIPALS;
    if ((checks & CF_CHECK_ALIGNED) != 0)
        needs |= CF_NEED_LAYOUT;
    return needs;
}

static uint32_t needs_of_options(const struct cf_step *step)
{
    static const uint32_t of_kinds[] = {
        [URIPC_SHARED] = CF_NEED_SHARED, [URIPC_GROUP] = CF_NEED_GROUP};
    uint32_t needs = step->verb == CF_REGISTER ? of_kinds[step->kind] : 0;
    if (step->verb == CF_REQUEST && step->handle.name != NULL)
        needs |= CF_NEED_SESSIONS;
    if (step->parent.name != NULL)
        needs |= CF_NEED_PARENTS;
    if (step->queue_messages != 0 || step->queue_bytes != 0 || step->message_max != 0 ||
        step->overflow != URIPC_REJECT)
        needs |= CF_NEED_QUEUES;
    if (step->expecting.name != NULL)
        needs |= CF_NEED_INCARNATIONS;
    if ((step->flags & URIPC_UTF16) != 0)
        needs |= CF_NEED_UTF16;
    if ((step->flags & URIPC_DISCARD) != 0)
        needs |= CF_NEED_DISCARD;
    return needs;
}

static uint32_t needs_of(const struct cf_step *step)
{
    uint32_t needs = traits[step->verb].needs | needs_of_options(step);
    if (step->scheduled || step->lasting != 0)
        needs |= CF_NEED_VIRTUAL_TIME;
    if (step->event != 0)
        needs |= CF_NEED_TURNS;
    for (size_t i = 0; i < step->alternative_count; i++)
        needs |= needs_of_checks(step->alternatives[i].checks);
    return needs;
}

bool cf_parse_step(struct cf_parser *parser, struct cf_step *step)
{
    bool parsed;
    if (cf_parse_accept(parser, "after"))
        parsed = parse_after(parser, step);
    else if (at_process(parser))
        parsed = parse_process_line(parser, step);
    else
        parsed = parse_world_line(parser, step);
    if (parsed)
        parser->made->needs |= needs_of(step);
    return parsed;
}
