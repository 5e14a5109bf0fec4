/* SPDX-License-Identifier: MIT */
#include "run.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hash.h"
#include "rules.h"
#include "runner.h"

enum { SETTLE_EVENTS = 100000 };

struct cf_runner *cf_runner_create(struct cf_world *world)
{
    struct cf_runner *runner = calloc(1, sizeof(*runner));
    if (runner) {
        runner->world = world;
        runner->ops = world->ops;
    }
    return runner;
}

void cf_runner_destroy(struct cf_runner *runner)
{
    if (!runner)
        return;
    runner->ops->destroy(runner->world);
    cf_history_free(&runner->history);
    free(runner->memory);
    free(runner->scratch);
    free(runner);
}

void cf_runner_interrupt(struct cf_runner *runner, uint32_t process, uint64_t event)
{
    runner->interrupts = process;
    runner->interrupts_at = event;
}

uint64_t cf_case_seed(uint64_t run_seed, const char *name)
{
    return cf_hash_bytes(cf_mix(run_seed + 1), name, strlen(name));
}

/* The tables of one case. */

/* Gives out the next piece of the block that holds them. */
static void *piece(char **at, size_t count, size_t item)
{
    void *here = *at;
    *at += (count * item + 15) / 16 * 16;
    return here;
}

static size_t widest_group(const struct cf_case *test_case)
{
    size_t widest = 1; /* lines outside of groups need one, too */
    for (size_t i = 0; i < test_case->group_count; i++) {
        size_t count = test_case->groups[i].count;
        widest = count > widest ? count : widest;
    }
    return widest;
}

static void lay_out(struct cf_runner *runner, const struct cf_case *test_case, uint32_t handles,
                    uint32_t calls, char **at)
{
    size_t widest = widest_group(test_case);
    runner->processes = piece(at, test_case->process_count, sizeof(*runner->processes));
    runner->handles = piece(at, handles, sizeof(*runner->handles));
    runner->calls = piece(at, calls, sizeof(*runner->calls));
    runner->captured = piece(at, test_case->capture_count, sizeof(*runner->captured));
    runner->verdicts = piece(at, test_case->step_count, sizeof(*runner->verdicts));
    runner->lines = piece(at, widest, sizeof(*runner->lines));
    runner->partners = piece(at, 3 * widest, sizeof(*runner->partners));
}

static bool make_tables(struct cf_runner *runner, const struct cf_case *test_case)
{
    uint32_t handles = 0;
    uint32_t calls = 0;
    for (uint32_t i = 0; i < test_case->process_count; i++) {
        handles += test_case->processes[i].handles;
        calls += test_case->processes[i].calls;
    }
    size_t widest = widest_group(test_case);
    size_t size = (size_t)7 * 16 + test_case->process_count * sizeof(*runner->processes) +
                  handles * sizeof(*runner->handles) + calls * sizeof(*runner->calls) +
                  test_case->capture_count * sizeof(*runner->captured) + test_case->step_count +
                  widest * (sizeof(*runner->lines) + 3 * sizeof(*runner->partners));
    if (size > runner->memory_size) {
        free(runner->memory);
        runner->memory_size = 0;
        runner->memory = malloc(size);
        if (!runner->memory)
            return false;
        runner->memory_size = size;
    }
    memset(runner->memory, 0, size);
    char *at = runner->memory;
    lay_out(runner, test_case, handles, calls, &at);
    memset(runner->verdicts, CF_VERDICT_NOT_RUN, test_case->step_count);
    for (uint32_t i = 0; i < calls; i++)
        runner->calls[i] = CF_NO_OP;
    return true;
}

/* Lines. */

/* `step`, `crash` and so on: nothing is expected of them but that they can be done. */
static void finish_world_line(struct cf_runner *runner, struct cf_runner_line *line)
{
    line->ended = cf_runner_now(runner);
    if (line->observed.ending != CF_ENDED || runner->ops->trouble(runner->world)) {
        cf_runner_judge(runner, line, NULL);
        return;
    }
    runner->verdicts[line->step] = CF_VERDICT_PASS;
    cf_runner_note(runner, line);
    if (runner->recording)
        cf_runner_record(runner, line, CF_VERDICT_PASS, NULL);
}

static void world_line(struct cf_runner *runner, uint32_t index)
{
    struct cf_runner_line *line = &runner->lines[0];
    const struct cf_step *step = &runner->test_case->steps[index];
    cf_runner_begin_line(runner, line, index);
    if (step->scheduled) {
        cf_runner_schedule(runner, index);
    } else if (step->verb == CF_WAIT || step->verb == CF_QUIET) {
        cf_runner_pass_time(runner, step, line);
    } else {
        line->observed.trouble = cf_runner_change(runner, step);
        line->observed.ending = line->observed.trouble ? CF_UNJUDGED : CF_ENDED;
    }
    finish_world_line(runner, line);
}

static void call_line(struct cf_runner *runner, uint32_t index)
{
    struct cf_runner_line *line = &runner->lines[0];
    cf_runner_begin_line(runner, line, index);
    cf_runner_call(runner, line);
    line->ended = cf_runner_now(runner);
    cf_runner_judge(
        runner, line,
        cf_expect_match(&runner->test_case->steps[index], &line->observed, runner->captured));
}

static void execute(struct cf_runner *runner)
{
    const struct cf_case *test_case = runner->test_case;
    size_t i = 0;
    while (i < test_case->step_count && !runner->stopped) {
        const struct cf_step *step = &test_case->steps[i];
        if (step->group != CF_NONE) {
            cf_runner_group(runner, &test_case->groups[step->group]);
            i += test_case->groups[step->group].count;
            continue;
        }
        if (step->alternative_count == 0)
            world_line(runner, (uint32_t)i);
        else
            call_line(runner, (uint32_t)i);
        i++;
    }
}

/* The whole run. */

static void pick_limits(const struct cf_limits *given, struct uripc_limits *limits)
{
    *limits = given->tiny ? uripc_limits_tiny : uripc_limits_default;
    limits->registrations = given->registrations ? given->registrations : limits->registrations;
    limits->operations = given->operations ? given->operations : limits->operations;
    limits->routes = given->routes ? given->routes : limits->routes;
    limits->pool_bytes = given->pool_bytes ? given->pool_bytes : limits->pool_bytes;
    limits->uri_units = given->uri_units ? given->uri_units : limits->uri_units;
}

/* How often a receiver may get one message: once for each transport the case sets up, and any
 * number of times where it asks for duplicates. */
static uint32_t copies_allowed(const struct cf_case *test_case)
{
    uint32_t copies = 1;
    for (size_t i = 0; i < test_case->step_count; i++) {
        const struct cf_step *step = &test_case->steps[i];
        if (step->verb != CF_LINK)
            continue;
        if (step->faults.given & CF_FAULT_DUPLICATE)
            return 0;
        if (step->faults.given & CF_FAULT_TRANSPORTS && step->faults.transports > copies)
            copies = step->faults.transports;
    }
    return copies;
}

static void trace_world(void *user, const struct cf_trace_record *record)
{
    const struct cf_runner *runner = user;
    cf_recording_trace(runner->recording, record);
}

/* Returns why the run cannot be made; NULL: it has begun. */
static const char *begin(struct cf_runner *runner, uint64_t seed)
{
    const struct cf_case *test_case = runner->test_case;
    const char *reason = NULL;
    struct cf_world_setup setup = {.seed = cf_case_seed(seed, test_case->name),
                                   .processes = test_case->process_count,
                                   .profile = test_case->profile,
                                   .open = test_case->open,
                                   .resolver = test_case->resolver,
                                   .has_limits = test_case->needs & CF_NEED_LIMITS,
                                   .layers =
                                       test_case->needs & (CF_NEED_SESSIONS | CF_NEED_REQUESTS),
                                   .layers_tiny = test_case->limits.tiny,
                                   .trace = runner->recording ? trace_world : NULL,
                                   .work = cf_runner_on_work,
                                   .died = cf_runner_on_death,
                                   .user = runner};
    pick_limits(&test_case->limits, &setup.limits);
    cf_history_begin(&runner->history, test_case->process_count);
    runner->history.tells_lives = runner->world->capabilities & CF_NEED_INCARNATIONS;
    if (!make_tables(runner, test_case) || runner->history.out_of_memory)
        return "the suite has no memory for it";
    if (!runner->ops->begin(runner->world, &setup, &reason))
        return reason;
    uint32_t handles = 0;
    uint32_t calls = 0;
    for (uint32_t i = 0; i < test_case->process_count; i++) {
        const struct cf_process *process = &test_case->processes[i];
        runner->processes[i] =
            (struct cf_runner_process){.alive = true, .handles = handles, .calls = calls};
        runner->ops->start(runner->world, i, process->name, process->principal);
        handles += process->handles;
        calls += process->calls;
    }
    runner->ops->fence(runner->world); /* no line pays for their beginning */
    if (runner->interrupts_at != 0)
        runner->ops->crash_after(runner->world, runner->interrupts, runner->interrupts_at);
    return NULL;
}

/* A crash at an event that never came has shown nothing. */
static void check_crashes(struct cf_runner *runner)
{
    struct cf_outcome *outcome = runner->outcome;
    if (runner->stopped || outcome->interrupted)
        return;
    for (uint32_t i = 0; i < runner->test_case->process_count; i++) {
        const struct cf_step *step = runner->processes[i].armed;
        if (!step)
            continue;
        outcome->verdict = cf_verdict_worse(outcome->verdict, CF_VERDICT_UNRESOLVED);
        outcome->failed_line = step->line;
        snprintf(outcome->reason, sizeof(outcome->reason),
                 "%s never had the event at which it was to crash",
                 runner->test_case->processes[i].name);
    }
}

/* Lets what is still on its way arrive, and takes what completes. */
static void settle(struct cf_runner *runner)
{
    struct cf_observed ignored;
    runner->ops->fence(runner->world);
    uint64_t until = cf_runner_now(runner) + runner->world->settle;
    for (int i = 0; i < SETTLE_EVENTS && cf_runner_advance(runner, until, &ignored); i++) {
    }
    cf_runner_drain(runner);
}

static void check_rules(struct cf_runner *runner)
{
    struct cf_history *history = &runner->history;
    struct cf_outcome *outcome = runner->outcome;
    if (runner->ops->violations(runner->world)) {
        cf_history_violate(history, "C10", "CMP-10",
                           "memory was written that is not, or no longer, a receive's", CF_NO_OP,
                           CF_NO_OP);
    }
    cf_rules_delivery(history, runner->copies);
    if (!history->violation.rule)
        return;
    outcome->verdict = cf_verdict_worse(outcome->verdict, CF_VERDICT_FAIL);
    outcome->rule = history->violation.rule;
    outcome->rule_clause = history->violation.clause;
}

static void add_evidence(struct cf_outcome *outcome, uint32_t record)
{
    if (record != CF_UNTRACED && outcome->evidence_count < CF_EVIDENCE_MAX)
        outcome->evidence[outcome->evidence_count++] = record;
}

/* Says which rule was broken, and by which calls. */
static void explain_rule(struct cf_runner *runner)
{
    const struct cf_violation *violation = &runner->history.violation;
    struct cf_outcome *outcome = runner->outcome;
    size_t said = strlen(outcome->reason);
    uint32_t line = 0;
    for (size_t i = 0; i < 2; i++) {
        if (violation->ops[i] == CF_NO_OP)
            continue;
        const struct cf_op *op = &runner->history.ops[violation->ops[i]];
        line = runner->test_case->steps[op->step].line;
        add_evidence(outcome, op->traced);
        add_evidence(outcome, op->traced_done);
    }
    char where[48] = "";
    if (line)
        snprintf(where, sizeof(where), " (the call of line %u)", (unsigned)line);
    snprintf(outcome->reason + said, sizeof(outcome->reason) - said, "%srule %s: %s%s",
             said ? "; " : "", violation->rule, violation->text, where);
    if (!outcome->failed_line)
        outcome->failed_line = line;
}

static void explain(struct cf_runner *runner)
{
    struct cf_outcome *outcome = runner->outcome;
    struct cf_world_count count;
    if (runner->history.violation.rule && !outcome->trouble)
        explain_rule(runner);
    for (size_t i = 0; runner->ops->count(runner->world, i, &count); i++)
        if (count.count && outcome->fired_count < CF_FIRED_MAX)
            outcome->fired[outcome->fired_count++] = count;
}

void cf_run(struct cf_runner *runner, const struct cf_case *test_case, uint64_t seed,
            struct cf_recording *recording, struct cf_outcome *outcome)
{
    *outcome = (struct cf_outcome){.verdict = CF_VERDICT_PASS, .failed_step = CF_NONE};
    if (recording)
        cf_recording_clear(recording);
    runner->test_case = test_case;
    runner->recording = recording;
    runner->outcome = outcome;
    runner->stopped = false;
    runner->copies = copies_allowed(test_case);
    const char *reason = begin(runner, seed);
    if (reason) {
        outcome->verdict = CF_VERDICT_UNRESOLVED;
        snprintf(outcome->reason, sizeof(outcome->reason), "%s", reason);
        return;
    }
    execute(runner);
    check_crashes(runner);
    outcome->ns = cf_runner_now(runner);
    settle(runner);
    if (!cf_runner_take_trouble(runner))
        check_rules(runner);
    runner->ops->end(runner->world);
    cf_runner_take_trouble(runner);
    if (runner->history.out_of_memory)
        outcome->verdict = CF_VERDICT_UNRESOLVED;
    outcome->fingerprint = runner->ops->fingerprint(runner->world);
    outcome->draws = runner->ops->draws(runner->world);
    outcome->step_verdicts = runner->verdicts;
    if (recording)
        explain(runner);
}
