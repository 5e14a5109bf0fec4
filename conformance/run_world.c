/* SPDX-License-Identifier: MIT */
/* The steps of the world, and time. */
#include "runner.h"

static void forget_life(struct cf_runner *runner, uint32_t process)
{
    struct cf_runner_process *self = &runner->processes[process];
    uint32_t handles = runner->test_case->processes[process].handles;
    if (self->alive)
        cf_history_died(&runner->history, process);
    for (uint32_t i = 0; i < handles; i++)
        runner->handles[self->handles + i] = (struct cf_runner_handle){0};
    self->alive = false;
    self->paused = false;
    self->armed = NULL;
}

/* In the word of scheduled work, beside the number of the step: what it did is undone. */
static const uint32_t UNDOES = UINT32_C(1) << 31;

static void undo_later(struct cf_runner *runner, const struct cf_step *step)
{
    const uint32_t index = (uint32_t)(step - runner->test_case->steps);
    if (step->lasting != 0)
        runner->ops->schedule(runner->world, cf_runner_now(runner) + step->lasting, CF_NOBODY,
                              index | UNDOES);
}

/* The step that undoes one. */
static struct cf_step opposite(const struct cf_step *step)
{
    static const enum cf_verb verbs[] = {[CF_CRASH] = CF_RESTART,
                                         [CF_PAUSE] = CF_RESUME,
                                         [CF_CUT] = CF_HEAL,
                                         [CF_LINK] = CF_LINK,
                                         [CF_SLOW] = CF_SLOW};
    return (struct cf_step){.verb = verbs[step->verb],
                            .process = step->process,
                            .peer = step->peer,
                            .one_way = step->one_way};
}

static void set_link(struct cf_runner *runner, const struct cf_step *step)
{
    const struct cf_faults *given = &step->faults;
    const struct cf_world_faults faults = {.has_delay = given->given & CF_FAULT_DELAY,
                                           .delay_min = given->delay_min,
                                           .delay_max = given->delay_max,
                                           .loss_num = given->loss_num,
                                           .loss_den = given->loss_den,
                                           .duplicate_num = given->duplicate_num,
                                           .duplicate_den = given->duplicate_den,
                                           .reorder = given->given & CF_FAULT_REORDER,
                                           .size_max = given->size,
                                           .capacity = given->capacity,
                                           .transports = given->transports};
    const struct cf_world_faults *set = given->given ? &faults : NULL;
    runner->ops->link(runner->world, step->process, step->peer, set);
    if (step->process != CF_NONE && !step->one_way)
        runner->ops->link(runner->world, step->peer, step->process, set);
}

static void cut_or_heal(struct cf_runner *runner, const struct cf_step *step)
{
    void (*change)(struct cf_world *, uint32_t, uint32_t) =
        step->verb == CF_CUT ? runner->ops->cut : runner->ops->heal;
    change(runner->world, step->process, step->peer);
    if (!step->one_way)
        change(runner->world, step->peer, step->process);
}

static void set_clock(struct cf_runner *runner, const struct cf_step *step)
{
    const struct cf_clock *clock = &step->clock;
    const int64_t offset = (int64_t)clock->offset;
    const uint32_t parts =
        clock->drift_den == 0
            ? 0
            : (uint32_t)((uint64_t)clock->drift_num * CF_DRIFT_UNIT / clock->drift_den);
    const int32_t drift = (int32_t)parts;
    runner->ops->clock(runner->world, step->process,
                       clock->given & CF_CLOCK_BEHIND ? -offset : offset,
                       clock->given & CF_CLOCK_SLOW ? -drift : drift);
}

/* The resolver is nobody's process: no history, no handles. */
static void change_resolver(struct cf_runner *runner, enum cf_verb verb)
{
    const struct cf_world_ops *ops = runner->ops;
    void (*change)(struct cf_world *, uint32_t) = verb == CF_CRASH     ? ops->crash
                                                  : verb == CF_RESTART ? ops->restart
                                                  : verb == CF_PAUSE   ? ops->pause
                                                                       : ops->resume;
    change(runner->world, CF_RESOLVER);
}

static const char *change_process(struct cf_runner *runner, const struct cf_step *step)
{
    struct cf_runner_process *self = &runner->processes[step->process];
    if (!self->alive && step->verb != CF_RESTART)
        return "the process is dead already";
    if (step->event != 0) {
        self->armed = step;
        runner->ops->crash_after(runner->world, step->process, step->event);
        return NULL;
    }
    switch (step->verb) {
    case CF_CRASH:
        runner->ops->crash(runner->world, step->process);
        forget_life(runner, step->process);
        break;
    case CF_RESTART:
        runner->ops->restart(runner->world, step->process);
        forget_life(runner, step->process);
        self->alive = true;
        break;
    case CF_PAUSE:
        runner->ops->pause(runner->world, step->process);
        self->paused = true;
        break;
    default:
        runner->ops->resume(runner->world, step->process);
        self->paused = false;
        break;
    }
    return NULL;
}

/* Does what the step says, now. */
static const char *change(struct cf_runner *runner, const struct cf_step *step)
{
    switch (step->verb) {
    case CF_CRASH:
    case CF_RESTART:
    case CF_PAUSE:
    case CF_RESUME:
        if (step->process != CF_RESOLVER)
            return change_process(runner, step);
        change_resolver(runner, step->verb);
        break;
    case CF_CUT:
    case CF_HEAL:
        cut_or_heal(runner, step);
        break;
    case CF_LINK:
        set_link(runner, step);
        break;
    case CF_SLOW:
        runner->ops->slow(runner->world, step->process, step->duration);
        break;
    case CF_CLOCK:
        set_clock(runner, step);
        break;
    case CF_CANCEL:
    case CF_CANCEL_ALL:
        cf_runner_cancel(runner, step);
        break;
    default: /* `step` and `principal` are for the reader */
        break;
    }
    return NULL;
}

const char *cf_runner_change(struct cf_runner *runner, const struct cf_step *step)
{
    const char *trouble = change(runner, step);
    if (!trouble && step->event == 0)
        undo_later(runner, step);
    return trouble;
}

static bool lives(const struct cf_runner *runner, uint32_t process)
{
    return process != CF_RESOLVER && runner->processes[process].alive;
}

void cf_runner_on_work(void *user, uint32_t word)
{
    struct cf_runner *runner = user;
    const struct cf_step *step = &runner->test_case->steps[word & ~UNDOES];
    if (!(word & UNDOES)) {
        cf_runner_change(runner, step);
        return;
    }
    const struct cf_step undoing = opposite(step);
    if (undoing.verb != CF_RESTART || !lives(runner, step->process)) /* a line may have done it */
        change(runner, &undoing);
}

void cf_runner_on_death(void *user, uint32_t process)
{
    struct cf_runner *runner = user;
    const struct cf_step *step = runner->processes[process].armed;
    forget_life(runner, process);
    if (step)
        undo_later(runner, step);
    else
        runner->outcome->interrupted = true;
}

void cf_runner_schedule(struct cf_runner *runner, uint32_t index)
{
    const struct cf_step *step = &runner->test_case->steps[index];
    bool own = step->verb == CF_CANCEL || step->verb == CF_CANCEL_ALL;
    runner->ops->schedule(runner->world, cf_runner_now(runner) + step->after,
                          own ? step->process : CF_NOBODY, index);
}

/* Time. */

bool cf_runner_advance(struct cf_runner *runner, uint64_t until, struct cf_observed *observed)
{
    switch (runner->ops->advance(runner->world, until)) {
    case CF_STEPPED:
        return true;
    case CF_REACHED:
        observed->ending = CF_LATE;
        return false;
    case CF_IDLE:
        observed->ending = CF_NEVER_ENDS;
        return false;
    case CF_OVERRUN:
        observed->ending = CF_RUNAWAY;
        return false;
    case CF_LOST:
        break;
    }
    observed->ending = CF_UNJUDGED;
    observed->trouble = "the world broke";
    return false;
}

bool cf_runner_drain(struct cf_runner *runner)
{
    bool any = false;
    for (uint32_t i = 0; i < runner->test_case->process_count; i++)
        while (cf_runner_poll(runner, i))
            any = true;
    return any;
}

void cf_runner_pass_time(struct cf_runner *runner, const struct cf_step *step,
                         struct cf_runner_line *line)
{
    bool quiet = step->verb == CF_QUIET;
    uint64_t until = line->began + step->duration;
    if (quiet) {
        runner->ops->fence(runner->world);
        until = cf_runner_now(runner) + step->duration;
        cf_runner_drain(runner);
    }
    while (cf_runner_advance(runner, until, &line->observed)) {
        if (quiet && cf_runner_drain(runner)) {
            line->observed.trouble = "a call completes meanwhile";
            line->observed.ending = CF_DISTURBED;
            return;
        }
    }
    if (line->observed.ending == CF_NEVER_ENDS)
        runner->ops->pass(runner->world, until);
    if (line->observed.ending == CF_NEVER_ENDS || line->observed.ending == CF_LATE) {
        line->observed.ending = CF_ENDED;
        line->observed.status = URIPC_OK;
    }
}
