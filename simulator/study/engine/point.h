/* SPDX-License-Identifier: MIT */
/* One point of a sweep: runs of all designs with the same seeds, until it is tight or over. */
#ifndef URIPC_STUDY_POINT_H
#define URIPC_STUDY_POINT_H

#include "simulator/study/engine/file.h"
#include "simulator/study/engine/statistics.h"

enum study_end { STUDY_TIGHT, STUDY_RUNS, STUDY_BUDGET, STUDY_INTERRUPTED, STUDY_BROKEN };

struct study_point {
    const struct study_file *file;
    const struct study_scenario *scenario;
    size_t at[STUDY_SWEEPS]; /* which value of each sweep */
    uint64_t seed;           /* the first */
    unsigned jobs;
    uint64_t over; /* CLOCK_MONOTONIC in nanoseconds: no further runs from here on; 0: never */
    size_t runs;   /* so far, of each design */
    struct study_result *results; /* [run * arm_count + arm]; room for runs_max runs */
};

/* Sets results [0, runs); those of runs that did not end are left out. */
enum study_end study_point_run(struct study_point *point);

/* What one run of a design at this point is. */
struct study_setup study_point_setup(const struct study_point *point, size_t arm, size_t run);

/* Gives what is swept another value. */
void study_setup_sweep(struct study_setup *setup, const struct study_sweep *sweep, uint64_t value);

/* One run of one design. */
const struct study_result *study_point_result(const struct study_point *point, size_t arm,
                                              size_t run);

/* Of one design, within what the metric can be; and of its differences from the first. */
struct study_estimate study_point_mean(const struct study_point *point, size_t arm,
                                       enum study_metric metric);
struct study_estimate study_point_difference(const struct study_point *point, size_t arm,
                                             enum study_metric metric);

uint64_t study_clock(void);

#endif
