/* SPDX-License-Identifier: MIT */
/* Many runs, in several processes at once.  What comes of a number of runs does not depend on how
 * many. */
#ifndef URIPC_HUNT_JOBS_H
#define URIPC_HUNT_JOBS_H

#include <signal.h>

#include "simulator/hunt/hunt.h"

enum { HUNT_KINDS = 24 }; /* of failures that are told apart: by clause */

struct hunt_failure {
    uint64_t seed; /* the least */
    uint64_t runs; /* with this clause broken */
    struct hunt_result result;
};

struct hunt_total {
    uint64_t runs, broken, events;
    uint64_t at; /* the seed that is being run */
    uint64_t fingerprint;
    uint64_t fired[SIM_FAMILIES];
    uint64_t counts[HUNT_COUNTS];
    uint64_t modes[HUNT_MODES], resolvers[HUNT_RESOLVERS]; /* runs */
    uint32_t kinds;
    int signal;   /* that ended the process; 0: none */
    bool no_room; /* a run could not be made */
    struct hunt_failure failures[HUNT_KINDS];
};

struct hunt_order {
    const struct sim_backend *backend;
    const char *profile, *mode, *resolver;
    uint64_t seed, runs; /* the first, and how many; SIM_NEVER: until then */
    uint64_t until;      /* hunt_clock; 0: no such end */
    unsigned jobs;
    bool progress;
};

extern volatile sig_atomic_t hunt_interrupted;

/* Nanoseconds of a clock of the machine: for ends and progress only. */
uint64_t hunt_clock(void);

/* Makes the runs and puts all results together.  False: no memory or no process could be had. */
bool hunt_jobs(const struct hunt_order *order, struct hunt_total *total);

#endif
