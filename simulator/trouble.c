/* SPDX-License-Identifier: MIT */
/* What ails one process: a clock of its own, slowness, a crash at some event, little room. */
#include <string.h>

#include "knobs.h"
#include "memory.h"
#include "world.h"

enum { MILLION = 1000000, DRIFT_MAX = 500000 };

/* Beyond this, in nanoseconds from the clock's last setting, an alarm never comes: 146 years. */
static const uint64_t FAR = UINT64_C(1) << 62;

struct sim_trouble *sim_trouble_of(struct sim_world *world, uint32_t process)
{
    const size_t bytes = world->config.processes * sizeof *world->troubles;
    if (!world->troubles) {
        world->troubles = sim_memory_take(bytes);
        if (!world->troubles) {
            world->exhausted = true;
            return NULL;
        }
        memset(world->troubles, 0, bytes);
    }
    return &world->troubles[process];
}

void sim_troubles_fini(struct sim_world *world)
{
    sim_memory_give(world->troubles);
    world->troubles = NULL;
}

static void fold(struct sim_world *world, enum sim_trace kind, uint32_t process, uint64_t one,
                 uint64_t two)
{
    sim_fold_word(world, world->now);
    sim_fold_word(world, (uint64_t)kind << 56 | process);
    sim_fold_word(world, one);
    sim_fold_word(world, two);
}

/* Clocks. */

/* What a clock shows when the world has gone on for so long since it was set. */
static uint64_t shown(const struct sim_trouble *trouble, uint64_t elapsed)
{
    const uint64_t rate = (uint64_t)(trouble->drift < 0 ? -trouble->drift : trouble->drift);
    const uint64_t gain = elapsed / MILLION * rate + elapsed % MILLION * rate / MILLION;
    return trouble->local_at + (trouble->drift < 0 ? elapsed - gain : elapsed + gain);
}

uint64_t sim_clock_now(const struct sim_world *world, uint32_t process)
{
    if (process >= world->started || !world->presence[process].troubled)
        return world->now;
    const struct sim_trouble *trouble = &world->troubles[process];
    if (!trouble->odd)
        return world->now;
    return shown(trouble, world->now < trouble->world_at ? 0 : world->now - trouble->world_at);
}

uint64_t sim_clock_due(const struct sim_world *world, uint32_t process, uint64_t local)
{
    if (process >= world->started || !world->presence[process].troubled)
        return local;
    const struct sim_trouble *trouble = &world->troubles[process];
    if (!trouble->odd || local == SIM_NEVER)
        return local;
    if (local <= trouble->local_at)
        return 0;
    const uint64_t wanted = local - trouble->local_at;
    if (wanted > FAR)
        return SIM_NEVER;
    const uint64_t rate = (uint64_t)(MILLION + (int64_t)trouble->drift);
    uint64_t elapsed = wanted / rate * MILLION + wanted % rate * MILLION / rate;
    while (shown(trouble, elapsed) < local)
        elapsed++;
    while (elapsed > 0 && shown(trouble, elapsed - 1) >= local)
        elapsed--;
    return trouble->world_at + elapsed;
}

static int32_t within(int32_t drift)
{
    if (drift > DRIFT_MAX)
        return DRIFT_MAX;
    return drift < -DRIFT_MAX ? -DRIFT_MAX : drift;
}

/* Sets the clock, and the alarm by it. */
static void set_clock(struct sim_world *world, uint32_t number, uint64_t target, int32_t drift)
{
    struct sim_process *process = &world->processes[number];
    struct sim_trouble *trouble = &world->troubles[number];
    const uint64_t before = sim_clock_now(world, number);
    const uint64_t alarm = trouble->odd ? trouble->alarm : process->wake_at;
    const bool back = target < before;
    trouble->local_at = back ? before : target;
    trouble->world_at = world->now + (back ? before - target : 0);
    trouble->drift = drift;
    trouble->odd = true;
    if (!sim_alive(world, number))
        return;
    trouble->alarm = alarm;
    sim_alarm(process, sim_clock_due(world, number, alarm));
}

void sim_clock(struct sim_world *world, uint32_t process, int64_t offset, int32_t drift)
{
    if (process >= world->started || !sim_trouble_of(world, process))
        return;
    const uint64_t distance = offset < 0 ? 0 - (uint64_t)offset : (uint64_t)offset;
    const uint64_t early = world->now < distance ? 0 : world->now - distance;
    const struct sim_fault fault = {
        .family = SIM_FAULT_CLOCK, .process = process, .offset = offset, .drift = within(drift)};
    world->presence[process].troubled = true;
    world->counters.clocks++;
    fold(world, SIM_TRACE_CLOCK, process, (uint64_t)offset, (uint64_t)(int64_t)fault.drift);
    sim_tell(world,
             &(struct sim_event_record){
                 .kind = SIM_TRACE_CLOCK, .process = process, .peer = SIM_NOBODY, .fault = &fault});
    set_clock(world, process,
              !CONNECTED(SIM_KNOB_OFFSET) ? world->now
              : offset < 0                ? early
                                          : world->now + distance,
              CONNECTED(SIM_KNOB_DRIFT) ? fault.drift : 0);
}

/* Slowness. */

void sim_slow(struct sim_world *world, uint32_t process, uint64_t turn)
{
    if (process >= world->started || !sim_trouble_of(world, process))
        return;
    const struct sim_fault fault = {.family = SIM_FAULT_SLOW, .process = process, .value = turn};
    world->presence[process].troubled = true;
    world->troubles[process].turn = turn;
    fold(world, SIM_TRACE_SLOW, process, turn, 0);
    sim_tell(world,
             &(struct sim_event_record){
                 .kind = SIM_TRACE_SLOW, .process = process, .peer = SIM_NOBODY, .fault = &fault});
}

bool sim_is_busy(const struct sim_world *world, const struct sim_event *event)
{
    if (event->kind == SIM_EVENT_READY)
        return false;
    return world->troubles[event->process].busy > world->now ||
           world->processes[event->process].deferred != SIM_NO_EVENT;
}

void sim_slow_queue(struct sim_world *world, uint32_t number)
{
    struct sim_trouble *trouble = &world->troubles[number];
    if (trouble->ready || !sim_alive(world, number))
        return;
    const struct sim_event event = {
        .kind = SIM_EVENT_READY, .process = number, .life = world->presence[number].life};
    trouble->ready = true;
    sim_push(world, trouble->busy > world->now ? trouble->busy : world->now, SIM_CLASS_ARRIVAL,
             &event);
}

bool sim_slow_take(struct sim_world *world, struct sim_event *event)
{
    struct sim_process *process = &world->processes[event->process];
    struct sim_trouble *trouble = &world->troubles[event->process];
    trouble->ready = false;
    if (trouble->busy > world->now) {
        sim_slow_queue(world, event->process);
        return false;
    }
    while (process->deferred != SIM_NO_EVENT) {
        const uint32_t slot = process->deferred;
        *event = world->events.slab[slot];
        process->deferred = event->next;
        sim_events_give(&world->events, slot);
        if (sim_event_is_valid(world, event))
            return true;
        if (event->kind != SIM_EVENT_WAKE && event->parcel != 0)
            sim_pool_give(&world->pool, event->parcel);
    }
    return false;
}

void sim_slow_turn(struct sim_world *world, uint32_t process)
{
    struct sim_trouble *trouble = &world->troubles[process];
    if (trouble->turn == 0 || !CONNECTED(SIM_KNOB_SLOW))
        return;
    world->counters.slow++;
    trouble->busy = (trouble->busy > world->now ? trouble->busy : world->now) + trouble->turn;
}

/* A crash at some event, and limits. */

void sim_crash_after(struct sim_world *world, uint32_t process, uint64_t events, uint64_t lasting)
{
    struct sim_trouble *trouble = process < world->started ? sim_trouble_of(world, process) : NULL;
    if (!trouble)
        return;
    world->presence[process].troubled = true;
    trouble->crash_after = events;
    trouble->crash_lasting = lasting;
    fold(world, SIM_TRACE_CRASH, process, events, lasting);
}

void sim_quota(struct sim_world *world, uint32_t process, const struct uripc_limits *limits)
{
    struct sim_trouble *trouble =
        process < world->config.processes ? sim_trouble_of(world, process) : NULL;
    if (trouble)
        trouble->quota = limits ? *limits : (struct uripc_limits){.size = 0};
}

void sim_trouble_turn(struct sim_world *world, uint32_t number, bool turn)
{
    struct sim_trouble *trouble = &world->troubles[number];
    if (turn)
        sim_slow_turn(world, number);
    if (world->processes[number].deferred != SIM_NO_EVENT && !world->presence[number].paused)
        sim_slow_queue(world, number);
    if (trouble->crash_after == 0 || !turn)
        return;
    trouble->crash_after--;
    if (trouble->crash_after > 0)
        return;
    const struct sim_fault crash = {.family = SIM_FAULT_CRASH,
                                    .process = number,
                                    .at = world->now,
                                    .lasting = trouble->crash_lasting};
    sim_fault_begin(world, &crash);
}
