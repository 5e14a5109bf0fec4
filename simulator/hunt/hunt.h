/* SPDX-License-Identifier: MIT */
/* One run of `uripc hunt`: random applications in a world with every family of faults, which then
 * heals and must become quiet; judged by what the simulator knows (spec/hunt.md).  A run is a
 * function of its setup. */
#ifndef URIPC_SIMULATOR_HUNT_HUNT_H
#define URIPC_SIMULATOR_HUNT_HUNT_H

#include "simulator/fault.h"

/* What applications do: calls of every kind; sessions and requests, and no other calls; or calls,
 * mostly about queues that they share. */
#define HUNT_MODE_MAP(ROW) ROW(CALLS, "calls") ROW(SESSIONS, "sessions") ROW(QUEUES, "queues")

enum hunt_mode {
#define HUNT_MODE_ROW(NAME, name) HUNT_MODE_##NAME,
    HUNT_MODE_MAP(HUNT_MODE_ROW)
#undef HUNT_MODE_ROW
        HUNT_MODES
};

extern const char *const hunt_mode_names[HUNT_MODES];

enum { HUNT_RESOLVERS = 3 };

extern const char *const hunt_resolver_names[HUNT_RESOLVERS]; /* of enum sim_resolver_kind */

struct hunt_setup {
    uint64_t seed;
    const struct sim_backend *backend;
    const char *profile, *mode, *resolver; /* NULL: the seed says */
    /* Called with one line for every fault drawn, call, completion and event; NULL: nobody. */
    void (*log)(void *user, const char *line);
    void *user;
};

/* What happened beyond the world's counters. */
#define HUNT_COUNT_MAP(ROW)                                                                        \
    ROW(CALLS, "calls accepted")                                                                   \
    ROW(REFUSED, "calls refused at once")                                                          \
    ROW(STARVED, "calls that met a limit")                                                         \
    ROW(SENT, "sends that ended ok")                                                               \
    ROW(CONFIRMED, "of them confirmed")                                                            \
    ROW(RECEIVED, "messages received")                                                             \
    ROW(TIMEOUTS, "time-outs")                                                                     \
    ROW(GONE, "sends whose peer was gone")                                                         \
    ROW(CANCELLED, "calls cancelled in time")                                                      \
    ROW(SERVED, "requests served")                                                                 \
    ROW(ANSWERED, "requests answered")                                                             \
    ROW(SURVEYED, "replies to surveys")                                                            \
    ROW(BOTH, "names held by two, one of them out of reach")                                       \
    ROW(LOST, "registrations lost to others")                                                      \
    ROW(JOINED, "queues of other processes joined")                                                \
    ROW(TAKEN, "messages taken there")

enum hunt_count {
#define HUNT_COUNT_ROW(NAME, text) HUNT_##NAME,
    HUNT_COUNT_MAP(HUNT_COUNT_ROW)
#undef HUNT_COUNT_ROW
        HUNT_COUNTS
};

extern const char *const hunt_count_texts[HUNT_COUNTS];

enum { HUNT_TEXT = 256 };

struct hunt_result {
    bool ran;        /* false: no memory, or no such profile, mode or resolver */
    bool liveness;   /* what is broken: something did not happen after all had healed */
    char clause[12]; /* empty: nothing is broken */
    char text[HUNT_TEXT];
    const char *profile;
    enum hunt_mode mode;
    enum sim_resolver_kind resolver;
    uint64_t fingerprint;
    uint64_t at; /* of the world, when it broke */
    struct sim_counters counters;
    uint64_t counts[HUNT_COUNTS];
};

/* Room for runs, one after the other; NULL: no memory. */
struct hunt *hunt_new(void);
void hunt_free(struct hunt *hunt);
void hunt_run(struct hunt *hunt, const struct hunt_setup *setup, struct hunt_result *result);

#endif
