/* SPDX-License-Identifier: MIT */
/* One run of one design: a world with its clients and workers, the load, the faults, and a judge
 * who knows what really happened.  Load and faults are drawn by keys of their own, so with one
 * seed all designs get the same. */
#ifndef URIPC_STUDY_STAGE_H
#define URIPC_STUDY_STAGE_H

#include <stdbool.h>

#include <uripc/study.h>

#include "simulator/sim.h"

enum study_unit { STUDY_COUNT, STUDY_TIME, STUDY_SHARE /* of a million */ };

/* Knobs of load and faults: X(NAME, "name", unit, usual, "what it is") */
#define STUDY_KNOB_MAP(X)                                                                          \
    X(CLIENTS, "clients", STUDY_COUNT, 8, "processes that ask")                                    \
    X(WORKERS, "workers", STUDY_COUNT, 2, "processes that answer")                                 \
    X(EVERY, "every", STUDY_TIME, 500000000, "mean time between two requests of one client")       \
    X(SERVICE, "service", STUDY_TIME, 1000000, "time a worker takes for one request")              \
    X(LENGTH, "time", STUDY_TIME, 60000000000, "length of a run in virtual time")                  \
    X(DELAY_MIN, "delay-min", STUDY_TIME, 50000, "least delay of a message")                       \
    X(DELAY_MAX, "delay-max", STUDY_TIME, 500000, "greatest delay of a message")                   \
    X(LOSS, "loss", STUDY_SHARE, 0, "share of messages that are lost")                             \
    X(DUPLICATE, "duplicate", STUDY_SHARE, 0, "share of messages that arrive twice")               \
    X(CRASH_EVERY, "crash-every", STUDY_TIME, 0, "mean time a worker lives; 0: no crashes")        \
    X(RESTART, "restart", STUDY_TIME, 2000000000,                                                  \
      "from a crash, or an order to start, to the start")                                          \
    X(SILENT, "silent-crashes", STUDY_COUNT, 0, "1: nobody is told, as if power had failed")       \
    X(PAUSE_EVERY, "pause-every", STUDY_TIME, 0, "mean time between pauses of a worker; 0: none")  \
    X(PAUSE, "pause", STUDY_TIME, 1000000000, "length of a pause")                                 \
    X(RESOLVER_CRASH_EVERY, "resolver-crash-every", STUDY_TIME, 0,                                 \
      "mean time a daemon that keeps the names lives; 0: no crashes")                              \
    X(RESOLVER_RESTART, "resolver-restart", STUDY_TIME, 1000000000,                                \
      "time from its crash to its restart")                                                        \
    X(RESOLVER_GRACE, "resolver-grace", STUDY_TIME, 1000000000, "its grace after a restart")       \
    X(RESOLVER_CUT_EVERY, "resolver-cut-every", STUDY_TIME, 0,                                     \
      "mean time between cuts of a process from it; 0: none")                                      \
    X(RESOLVER_CUT, "resolver-cut", STUDY_TIME, 2000000000, "length of such a cut")

enum study_knob {
#define STUDY_KNOB_ENUM(NAME, name, unit, usual, text) STUDY_##NAME,
    STUDY_KNOB_MAP(STUDY_KNOB_ENUM)
#undef STUDY_KNOB_ENUM
        STUDY_KNOBS
};

/* Metrics: X(NAME, "name", "unit", "what it is").  Values are in millionths of the unit; a share is
 * one of all requests. */
#define STUDY_METRIC_MAP(X)                                                                        \
    X(DETECTION, "detection", "s", "mean time from a crash to a client's suspicion")               \
    X(NOTICED, "noticed", "share", "crashes of a worker in use that its clients came to suspect")  \
    X(RECOVERY, "recovery", "s", "mean time from a crash to the next answer its clients get")      \
    X(FALSE_SUSPICIONS, "false-suspicions", "per hour", "of living workers, by one client")        \
    X(ANSWERED, "answered", "share", "requests that got their answer")                             \
    X(LOST, "lost", "share", "requests neither carried out nor answered")                          \
    X(ORPHANS, "orphans", "share", "requests carried out although the client never got to know")   \
    X(DUPLICATES, "duplicates", "per request", "executions of a request beyond its first")         \
    X(GIVEN_UP, "given-up", "share", "requests a client gave up")                                  \
    X(LATE, "late", "per request", "answers that nobody awaited any more")                         \
    X(MESSAGES, "messages", "per request", "frames sent, answers of the calls included")           \
    X(BYTES, "bytes", "per request", "of these frames, as on the wire")                            \
    X(TRAFFIC, "traffic", "per second", "frames sent for one client")                              \
    X(LATENCY, "latency", "s", "mean time from asking to the answer")                              \
    X(LATENCY_P99, "latency-p99", "s", "99 of 100 answers came faster, within 3 %")                \
    X(STATE, "state", "bytes", "state of one client, its layers included")                         \
    X(STALE, "stale-window", "s",                                                                  \
      "mean time from an end of a worker until a route to it is given up")                         \
    X(STALE_P99, "stale-window-p99", "s", "99 of 100 were given up sooner, within 3 %")            \
    X(RESOLVER_RECOVERY, "resolver-recovery", "s",                                                 \
      "mean time from a crash of the resolver to a client's next answer")                          \
    X(LOOKUPS, "lookups", "per request", "look-ups of names")                                      \
    X(LOOKUPS_FAILED, "lookups-failed", "share", "of the look-ups, those without a route")         \
    X(RESOLVER_MESSAGES, "resolver-messages", "per request", "messages to and from a daemon")      \
    X(GIVING_UP, "giving-up", "s", "mean time from asking to giving up")                           \
    X(RUNNING, "running", "workers", "how many run, as a mean over time")                          \
    X(STARTS, "starts", "per minute", "of workers, after a crash or on demand")

enum study_metric {
#define STUDY_METRIC_ENUM(NAME, name, unit, text) STUDY_METRIC_##NAME,
    STUDY_METRIC_MAP(STUDY_METRIC_ENUM)
#undef STUDY_METRIC_ENUM
        STUDY_METRICS
};

struct study_setup {
    const struct uripc_design *design;
    uint64_t parameters[URIPC_PARAMETERS];
    uint64_t knobs[STUDY_KNOBS];
    const char *profile;
    enum sim_resolver_kind resolver;
    uint64_t seed;
};

/* How often faults fired; what a run was. */
struct study_result {
    bool ran;
    bool has[STUDY_METRICS]; /* false: there was nothing to measure */
    uint64_t value[STUDY_METRICS];
    uint64_t count[STUDY_METRICS],
        of[STUDY_METRICS]; /* the value is the one in the other; 0: is not */
    uint64_t requests, lost, duplicated, crashes, restarts, pauses, events;
    uint64_t resolver_crashes, resolver_cuts;
    uint64_t fingerprint;
};

extern const char *const study_knob_names[STUDY_KNOBS];
extern const enum study_unit study_knob_units[STUDY_KNOBS];
extern const uint64_t study_knob_usual[STUDY_KNOBS];
extern const char *const study_metric_names[STUDY_METRICS];
extern const char *const study_metric_units[STUDY_METRICS];

/* Runs it.  False: no memory, or the profile does not exist. */
bool study_stage_run(const struct study_setup *setup, struct study_result *result);

#endif
