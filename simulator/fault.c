/* SPDX-License-Identifier: MIT */
/* Faults that begin and end as events of the world. */
#include "fault.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "knobs.h"
#include "memory.h"
#include "world.h"

/* What an event says of the fault with its number, or, at the end of a crash, of the process. */
enum { BEGINS, ENDS, REVIVES };

enum { PER_MILLE = 1000 };

const char *const sim_family_names[SIM_FAMILIES] = {
#define NAME_ROW(NAME, name, value) name,
    SIM_FAMILY_MAP(NAME_ROW)
#undef NAME_ROW
};

static void push(struct sim_world *world, uint32_t number, uint64_t at, uint32_t what)
{
    const struct sim_event event = {
        .kind = SIM_EVENT_FAULT, .process = SIM_NOBODY, .ticket = number, .status = what};
    sim_push(world, at < world->now ? world->now : at, SIM_CLASS_ARRIVAL, &event);
}

/* SIM_NOBODY: no memory. */
static uint32_t keep(struct sim_world *world, const struct sim_fault *fault)
{
    void *faults = world->faults;
    const bool room =
        sim_memory_room(&faults, &world->fault_room, world->fault_count, sizeof *world->faults);
    world->faults = faults;
    if (!room) {
        world->exhausted = true;
        return SIM_NOBODY;
    }
    world->faults[world->fault_count] = (struct sim_fault_state){.fault = *fault};
    world->fault_count++;
    return world->fault_count - 1;
}

static void fold(struct sim_world *world, const struct sim_fault *fault)
{
    sim_fold_word(world, (uint64_t)SIM_TRACE_PLAN << 56 | (uint64_t)fault->family);
    sim_fold_word(world, sim_link_actor(fault->process, fault->peer));
    sim_fold_word(world, fault->at);
    sim_fold_word(world, fault->lasting);
    sim_fold_word(world, fault->value);
    sim_fold_word(world, (uint64_t)fault->offset);
    sim_fold_word(world, (uint64_t)(int64_t)fault->drift);
}

void sim_fault(struct sim_world *world, const struct sim_fault *fault)
{
    const uint32_t number = keep(world, fault);
    if (number == SIM_NOBODY)
        return;
    fold(world, fault);
    sim_tell(world, &(struct sim_event_record){.kind = SIM_TRACE_PLAN,
                                               .process = fault->process,
                                               .peer = sim_is_of_link(fault->family) ? fault->peer
                                                                                     : SIM_NOBODY,
                                               .fault = fault});
    if (fault->family == SIM_FAULT_QUOTA && fault->at <= world->now && world->started == 0)
        sim_fault_begin(world, fault);
    else if (fault->at != SIM_NEVER)
        push(world, number, fault->at, BEGINS);
}

uint32_t sim_fault_count(const struct sim_world *world)
{
    return world->fault_count;
}

const struct sim_fault *sim_fault_at(const struct sim_world *world, uint32_t index)
{
    return index < world->fault_count ? &world->faults[index].fault : NULL;
}

/* One of four limits, divided by a power of two. */
struct uripc_limits sim_quota_of(const struct uripc_limits *limits, uint64_t value)
{
    struct uripc_limits cut = *limits;
    uint32_t *const all[] = {&cut.registrations, &cut.operations, &cut.routes, &cut.pool_bytes};
    uint32_t *one = all[value % 4];
    *one >>= value / 4 % 32;
    if (*one == 0)
        *one = 1;
    return cut;
}

/* The faults of a link with one of them as it is in `from`. */
static struct sim_link_faults with(struct sim_link_faults faults, enum sim_family family,
                                   const struct sim_link_faults *from)
{
    switch (family) {
    case SIM_FAULT_LOSS:
        faults.loss_num = from->loss_num;
        faults.loss_den = from->loss_den;
        break;
    case SIM_FAULT_DUPLICATE:
        faults.duplicate_num = from->duplicate_num;
        faults.duplicate_den = from->duplicate_den;
        break;
    case SIM_FAULT_REORDER:
        faults.reorder = from->reorder;
        faults.delay_min = from->delay_min;
        faults.delay_max = from->delay_max;
        break;
    case SIM_FAULT_SIZE:
        faults.size_max = from->size_max;
        break;
    case SIM_FAULT_CAPACITY:
        faults.capacity = from->capacity;
        break;
    default:
        break;
    }
    return faults;
}

static void change_link(struct sim_world *world, const struct sim_fault *fault, bool ends)
{
    const uint32_t path = sim_path_make(world, fault->process, fault->peer);
    if (path == SIM_NO_PATH)
        return;
    const struct sim_link_faults ill = {.loss_num = (uint32_t)fault->value,
                                        .loss_den = PER_MILLE,
                                        .duplicate_num = (uint32_t)fault->value,
                                        .duplicate_den = PER_MILLE,
                                        .reorder = true,
                                        .delay_max = fault->value,
                                        .size_max = (uint32_t)fault->value,
                                        .capacity = (uint32_t)fault->value};
    const struct sim_link_faults now = with(*sim_path_faults(&world->links, path), fault->family,
                                            ends ? &world->links.everywhere : &ill);
    sim_link(world, fault->process, fault->peer, &now);
}

static void begin_crash(struct sim_world *world, const struct sim_fault *fault)
{
    if (!sim_alive(world, fault->process))
        return;
    sim_crash(world, fault->process);
    if (fault->lasting != SIM_NEVER)
        push(world, fault->process, world->now + fault->lasting, REVIVES);
    if (world->config.lived)
        world->config.lived(world->config.user, world, fault->process, false);
}

static void begin_resolver_crash(struct sim_world *world, const struct sim_fault *fault)
{
    if (world->resolution.is.kind != SIM_RESOLVER_DAEMON || !world->resolution.alive)
        return;
    sim_crash(world, SIM_RESOLVER);
    if (fault->lasting != SIM_NEVER)
        push(world, SIM_RESOLVER, world->now + fault->lasting, REVIVES);
}

static bool can_revive(const struct sim_world *world, uint32_t process)
{
    if (process == SIM_RESOLVER)
        return !world->resolution.alive && CONNECTED(SIM_KNOB_END + SIM_FAULT_RESOLVER_CRASH);
    return !sim_alive(world, process) && CONNECTED(SIM_KNOB_END + SIM_FAULT_CRASH);
}

static void revive(struct sim_world *world, uint32_t process)
{
    if (!can_revive(world, process))
        return;
    sim_restart(world, process);
    if (world->config.lived && process != SIM_RESOLVER)
        world->config.lived(world->config.user, world, process, true);
}

void sim_fault_begin(struct sim_world *world, const struct sim_fault *fault)
{
    const uint32_t process = fault->process;
    if (!CONNECTED(SIM_KNOB_BEGIN + fault->family))
        return;
    switch (fault->family) {
    case SIM_FAULT_CRASH:
        if (fault->value > 0 && sim_alive(world, process))
            sim_crash_after(world, process, fault->value, fault->lasting);
        else
            begin_crash(world, fault);
        break;
    case SIM_FAULT_PAUSE:
        sim_pause(world, process);
        break;
    case SIM_FAULT_SLOW:
        sim_slow(world, process, fault->value);
        break;
    case SIM_FAULT_CLOCK:
        sim_clock(world, process, fault->offset, fault->drift);
        break;
    case SIM_FAULT_QUOTA: {
        const struct uripc_limits limits = sim_quota_of(&world->config.limits, fault->value);
        sim_quota(world, process, &limits);
        break;
    }
    case SIM_FAULT_CUT:
        sim_cut(world, process, fault->peer);
        break;
    case SIM_FAULT_RESOLVER_CRASH:
        begin_resolver_crash(world, fault);
        break;
    case SIM_FAULT_RESOLVER_PAUSE:
        sim_pause(world, SIM_RESOLVER);
        break;
    case SIM_FAULT_RESOLVER_CUT:
        sim_cut(world, process, SIM_RESOLVER);
        break;
    case SIM_FAULT_LOCK: /* it waits for the lock: see sim_fault_locked */
        break;
    default:
        change_link(world, fault, false);
        break;
    }
}

/* A clock goes on from what it shows, at the world's pace. */
static void steady(struct sim_world *world, uint32_t process)
{
    sim_clock(world, process, (int64_t)(sim_clock_now(world, process) - world->now), 0);
}

static void end(struct sim_world *world, const struct sim_fault *fault)
{
    const uint32_t process = fault->process;
    if (!CONNECTED(SIM_KNOB_END + fault->family))
        return;
    switch (fault->family) {
    case SIM_FAULT_CRASH: /* never: it revives */
    case SIM_FAULT_RESOLVER_CRASH:
        break;
    case SIM_FAULT_PAUSE:
    case SIM_FAULT_LOCK:
        sim_resume(world, process);
        break;
    case SIM_FAULT_RESOLVER_PAUSE:
        sim_resume(world, SIM_RESOLVER);
        break;
    case SIM_FAULT_RESOLVER_CUT:
        sim_heal(world, process, SIM_RESOLVER);
        break;
    case SIM_FAULT_SLOW:
        sim_slow(world, process, 0);
        break;
    case SIM_FAULT_CLOCK:
        steady(world, process);
        break;
    case SIM_FAULT_QUOTA:
        sim_quota(world, process, NULL);
        break;
    case SIM_FAULT_CUT:
        sim_heal(world, process, fault->peer);
        break;
    default:
        change_link(world, fault, true);
        break;
    }
}

static bool is_sense(const struct sim_world *world, const struct sim_fault *fault)
{
    if (fault->family == SIM_FAULT_RESOLVER_CRASH || fault->family == SIM_FAULT_RESOLVER_PAUSE)
        return fault->process == SIM_RESOLVER;
    return fault->process < world->started &&
           (!sim_is_of_link(fault->family) ||
            (fault->peer < world->started && fault->peer != fault->process));
}

/* A lock is waited for, without an event. */
static void wait_for_lock(struct sim_world *world, uint32_t number)
{
    if (world->resolution.is.kind == SIM_RESOLVER_RENDEZVOUS &&
        CONNECTED(SIM_KNOB_BEGIN + SIM_FAULT_LOCK))
        sim_client(world, world->faults[number].fault.process)->stop = number + 1;
}

void sim_fault_locked(struct sim_world *world, uint32_t process)
{
    struct sim_client *client = sim_client(world, process);
    const uint32_t number = client->stop - 1;
    if (client->stop == 0 || world->faults[number].over)
        return;
    client->stop = 0;
    world->counters.lock_stops++;
    sim_pause(world, process);
    if (world->faults[number].fault.lasting != SIM_NEVER)
        push(world, number, world->now + world->faults[number].fault.lasting, ENDS);
}

void sim_fault_execute(struct sim_world *world, const struct sim_event *event)
{
    sim_fold_word(world, (uint64_t)event->ticket << 32 | event->status);
    if (event->status == REVIVES) {
        revive(world, event->ticket);
        return;
    }
    const struct sim_fault fault = world->faults[event->ticket].fault;
    if (!is_sense(world, &fault))
        return;
    if (event->status == ENDS) {
        end(world, &fault);
        return;
    }
    if (fault.family == SIM_FAULT_LOCK) {
        wait_for_lock(world, event->ticket);
        return;
    }
    if (fault.lasting != SIM_NEVER && fault.family != SIM_FAULT_CRASH &&
        fault.family != SIM_FAULT_RESOLVER_CRASH)
        push(world, event->ticket, world->now + fault.lasting, ENDS);
    sim_fault_begin(world, &fault);
}

bool sim_fault_is_over(const struct sim_world *world, const struct sim_event *event)
{
    return event->status != REVIVES && world->faults[event->ticket].over;
}

/* What was to begin does not, what was to end has ended; only processes still start again. */
void sim_faults_calm(struct sim_world *world)
{
    for (uint32_t i = 0; i < world->fault_count; i++)
        world->faults[i].over = true;
    for (uint32_t i = 0; i < world->started && world->troubles; i++) {
        struct sim_trouble *trouble = &world->troubles[i];
        trouble->crash_after = 0;
        trouble->quota.size = 0;
        if (trouble->turn != 0)
            sim_slow(world, i, 0);
        if (trouble->odd && trouble->drift != 0)
            steady(world, i);
    }
}

/* Text. */

static int print_end(char *text, size_t size, uint64_t lasting)
{
    return lasting == SIM_NEVER ? snprintf(text, size, ", for ever")
                                : snprintf(text, size, ", for %" PRIu64 " ns", lasting);
}

static int print_what(const struct sim_fault *fault, char *text, size_t size)
{
    const char *name = sim_family_names[fault->family];
    if (fault->family == SIM_FAULT_CLOCK)
        return snprintf(text, size,
                        "%s of process %" PRIu32 " at %" PRIu64 " ns: offset %" PRId64
                        " ns, drift %" PRId32 " ppm",
                        name, fault->process, fault->at, fault->offset, fault->drift);
    if (fault->process == SIM_RESOLVER)
        return snprintf(text, size, "%s at %" PRIu64 " ns", name, fault->at);
    if (sim_is_of_link(fault->family))
        return snprintf(text, size,
                        "%s from process %" PRIu32 " to %" PRIu32 " at %" PRIu64 " ns: %" PRIu64,
                        name, fault->process, fault->peer, fault->at, fault->value);
    return snprintf(text, size, "%s of process %" PRIu32 " at %" PRIu64 " ns: %" PRIu64, name,
                    fault->process, fault->at, fault->value);
}

void sim_faults_fired(const struct sim_counters *c, uint64_t fired[SIM_FAMILIES])
{
    const uint64_t all[SIM_FAMILIES] = {[SIM_FAULT_CRASH] = c->crashes,
                                        [SIM_FAULT_PAUSE] = c->pauses,
                                        [SIM_FAULT_SLOW] = c->slow,
                                        [SIM_FAULT_CLOCK] = c->clocks,
                                        [SIM_FAULT_QUOTA] = c->quotas,
                                        [SIM_FAULT_CUT] = c->cut,
                                        [SIM_FAULT_LOSS] = c->lost,
                                        [SIM_FAULT_DUPLICATE] = c->duplicated,
                                        [SIM_FAULT_REORDER] = c->reordered,
                                        [SIM_FAULT_SIZE] = c->oversize,
                                        [SIM_FAULT_CAPACITY] = c->blocked,
                                        [SIM_FAULT_RESOLVER_CRASH] = c->resolver_crashes,
                                        [SIM_FAULT_RESOLVER_PAUSE] = c->resolver_pauses,
                                        [SIM_FAULT_RESOLVER_CUT] = c->resolver_cuts,
                                        [SIM_FAULT_LOCK] = c->lock_stops};
    memcpy(fired, all, sizeof all);
}

int sim_fault_text(const struct sim_fault *fault, char *text, size_t size)
{
    const int length = print_what(fault, text, size);
    const bool fits = length >= 0 && (size_t)length < size;
    const int more =
        print_end(fits ? text + length : NULL, fits ? size - (size_t)length : 0, fault->lasting);
    return length + more;
}
