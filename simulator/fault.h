/* SPDX-License-Identifier: MIT */
/* Faults that last for a time: what they are, and a plan that draws some of every family.
 *
 * Off by default.  Each is traced when it is drawn, begins and ends as an event of the world, and
 * is counted by what it does (sim_counters), so that a report can say what really happened. */
#ifndef URIPC_SIMULATOR_FAULT_H
#define URIPC_SIMULATOR_FAULT_H

#include "sim.h"

/* What the value of each means; a fault of a link is one direction's, from `process` to `peer`.
 * Those of a resolver are nothing where there is none of the kind. */
#define SIM_FAMILY_MAP(ROW)                                                                        \
    ROW(CRASH, "crash", "after so many more events of the process; 0: at once")                    \
    ROW(PAUSE, "pause", "none")                                                                    \
    ROW(SLOW, "slow", "nanoseconds a turn takes")                                                  \
    ROW(CLOCK, "clock", "none: offset and drift have fields of their own")                         \
    ROW(QUOTA, "quota", "a limit, and what is left of it: see sim_quota_of")                       \
    ROW(CUT, "cut", "none")                                                                        \
    ROW(LOSS, "loss", "of every 1000 frames")                                                      \
    ROW(DUPLICATE, "duplicate", "of every 1000 frames")                                            \
    ROW(REORDER, "reorder", "nanoseconds of delay at most, frames may overtake")                   \
    ROW(SIZE, "size", "data bytes of a frame")                                                     \
    ROW(CAPACITY, "capacity", "frames in flight")                                                  \
    ROW(RESOLVER_CRASH, "resolver-crash", "none; the process of a daemon is SIM_RESOLVER")         \
    ROW(RESOLVER_PAUSE, "resolver-pause", "none")                                                  \
    ROW(RESOLVER_CUT, "resolver-cut", "none: the process is cut off from the daemon")              \
    ROW(LOCK, "lock", "none: the process stops when it next has the lock of a rendezvous")

enum sim_family {
#define SIM_FAMILY_ROW(NAME, name, value) SIM_FAULT_##NAME,
    SIM_FAMILY_MAP(SIM_FAMILY_ROW)
#undef SIM_FAMILY_ROW
        SIM_FAMILIES
};

extern const char *const sim_family_names[SIM_FAMILIES];

static inline bool sim_is_of_link(enum sim_family family)
{
    return family >= SIM_FAULT_CUT && family <= SIM_FAULT_CAPACITY;
}

/* One fault.  It ends `lasting` nanoseconds after it began, SIM_NEVER: it does not; a crash is
 * over when the process starts again, and what stops with a lock is stopped for so long. */
struct sim_fault {
    enum sim_family family;
    uint32_t process;
    uint32_t peer;  /* of a link */
    int32_t drift;  /* clock: parts per million it runs fast */
    int64_t offset; /* clock: nanoseconds it is ahead of the world's */
    uint64_t at;    /* it begins; at once if that is past */
    uint64_t lasting;
    uint64_t value;
};

/* Has a fault happen.  Nonsense (a process that is not there by then, a link to itself) does not;
 * of two of one family that overlap at one place, the first end ends both. */
void sim_fault(struct sim_world *world, const struct sim_fault *fault);

/* Writes "crash process 2 at 13400000 ns ..." and returns its length as snprintf does. */
int sim_fault_text(const struct sim_fault *fault, char *text, size_t size);

/* How often each family has had an effect. */
void sim_faults_fired(const struct sim_counters *counters, uint64_t fired[SIM_FAMILIES]);

/* Which families there are and how many of each at most; {0} draws nothing. */
struct sim_fault_plan {
    uint32_t budget[SIM_FAMILIES]; /* each of them happens or not, as one choice says */
    uint64_t until;                /* they begin before; SIM_NEVER is none */
    uint64_t lasting;              /* each lasts at most so long */
    uint64_t slowest;              /* turn of a slow process */
    uint64_t offset;               /* of a clock, ahead or behind */
    uint32_t drift;                /* of a clock, either way; below 500000 */
    uint32_t crash_events;         /* half the crashes come after at most so many events */
    uint64_t delay;                /* of a frame that may be overtaken */
    uint32_t size;                 /* bytes of a frame on a small link, at least 1 */
};

/* Draws the plan, with keys of its own (SIM_KIND_PLAN), and has its faults happen.  To be called
 * before the first process starts, as limits are set when a node is made. */
void sim_plan(struct sim_world *world, const struct sim_fault_plan *plan);

/* All faults that sim_fault and sim_plan were given so far. */
uint32_t sim_fault_count(const struct sim_world *world);
const struct sim_fault *sim_fault_at(const struct sim_world *world, uint32_t index);

/* A process's own clock shows the world's time plus `offset` from now on, and gains `drift` parts
 * per million (-500000 to 500000).  It never goes back: where it would, it stands until the time
 * it shows has come.  Its node sees no other time; the world orders events by its own. */
void sim_clock(struct sim_world *world, uint32_t process, int64_t offset, int32_t drift);
uint64_t sim_clock_now(const struct sim_world *world, uint32_t process);

/* The first time of the world at which that clock shows `local` or more, SIM_NEVER: never. */
uint64_t sim_clock_due(const struct sim_world *world, uint32_t process, uint64_t local);

/* From now on every turn of the process takes so long, and what comes to it meanwhile waits in
 * order; 0: no time, as usual.  A turn's effects are those of its beginning. */
void sim_slow(struct sim_world *world, uint32_t process, uint64_t turn);

/* The process crashes right after its `events`th event from now, before anybody looks at what that
 * event brought; 0: not any more.  `lasting` later it starts again, SIM_NEVER: it does not. */
void sim_crash_after(struct sim_world *world, uint32_t process, uint64_t events, uint64_t lasting);

/* The limits of the process's next life, none greater than the world's; NULL: the world's. */
void sim_quota(struct sim_world *world, uint32_t process, const struct uripc_limits *limits);

/* What a quota's value means: those limits with one of them cut down. */
struct uripc_limits sim_quota_of(const struct uripc_limits *limits, uint64_t value);

#endif
