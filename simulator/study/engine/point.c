/* SPDX-License-Identifier: MIT */
#define _POSIX_C_SOURCE 200809L

#include "simulator/study/engine/point.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "simulator/study/engine/jobs.h"

enum { BATCH = 8 }; /* whatever the jobs, so that they do not decide when it is enough */

uint64_t study_clock(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * UINT64_C(1000000000) + (uint64_t)now.tv_nsec;
}

void study_setup_sweep(struct study_setup *setup, const struct study_sweep *sweep, uint64_t value)
{
    if (sweep->knob >= 0)
        setup->knobs[sweep->knob] = value;
    for (size_t k = 0; sweep->knob < 0 && k < setup->design->parameter_count; k++) {
        if (strcmp(setup->design->parameters[k].name, sweep->name) == 0)
            setup->parameters[k] = value;
    }
}

struct study_setup study_point_setup(const struct study_point *point, size_t arm_number, size_t run)
{
    const struct study_scenario *scenario = point->scenario;
    const struct study_arm *arm = &point->file->arms[arm_number];
    struct study_setup setup = {.design = arm->design,
                                .profile = scenario->profile,
                                .resolver = arm->resolver,
                                .seed = point->seed + run};
    memcpy(setup.parameters, arm->parameters, sizeof setup.parameters);
    memcpy(setup.knobs, scenario->knobs, sizeof setup.knobs);
    for (size_t i = 0; i < scenario->sweep_count; i++)
        study_setup_sweep(&setup, &scenario->sweeps[i], scenario->sweeps[i].values[point->at[i]]);
    return setup;
}

static bool more(struct study_point *point)
{
    const size_t arms = point->file->arm_count;
    const size_t left = point->scenario->runs_max - point->runs;
    const size_t runs = left < BATCH ? left : BATCH;
    struct study_setup *setups = calloc(runs * arms, sizeof *setups);
    if (!setups)
        return false;
    for (size_t i = 0; i < runs * arms; i++)
        setups[i] = study_point_setup(point, i % arms, point->runs + i / arms);
    const bool all =
        study_jobs_run(setups, point->results + point->runs * arms, runs * arms, point->jobs);
    free(setups);
    if (all)
        point->runs += runs;
    return all;
}

const struct study_result *study_point_result(const struct study_point *point, size_t arm,
                                              size_t run)
{
    return &point->results[run * point->file->arm_count + arm];
}

/* Values of one metric in those runs in which all that is compared has one. */
static struct study_estimate estimate(const struct study_point *point, size_t arm, size_t against,
                                      enum study_metric metric)
{
    double *values = calloc(point->runs + 1, sizeof *values);
    size_t count = 0;
    for (size_t i = 0; values && i < point->runs; i++) {
        const struct study_result *this = study_point_result(point, arm, i);
        const struct study_result *other = study_point_result(point, against, i);
        if (!this->has[metric] || !other->has[metric])
            continue;
        values[count] = (double)this->value[metric] / 1e6;
        if (arm != against)
            values[count] -= (double)other->value[metric] / 1e6;
        count++;
    }
    const struct study_estimate result = study_estimate(values, count);
    free(values);
    return result;
}

struct study_estimate study_point_mean(const struct study_point *point, size_t arm,
                                       enum study_metric metric)
{
    struct study_estimate found = estimate(point, arm, arm, metric);
    found.low = found.low < 0 ? 0 : found.low;
    if (strcmp(study_metric_units[metric], "share") == 0 && found.high > 1)
        found.high = 1;
    return found;
}

struct study_estimate study_point_difference(const struct study_point *point, size_t arm,
                                             enum study_metric metric)
{
    return estimate(point, arm, 0, metric);
}

/* The first metric decides: its differences from the first design, or where there is but one
 * design its mean, are known to within that share of the first design's mean. */
static bool is_tight(const struct study_point *point)
{
    const size_t arms = point->file->arm_count;
    const enum study_metric metric = point->scenario->metrics[0];
    const double mean = study_point_mean(point, 0, metric).mean;
    const double bound = (mean < 0 ? -mean : mean) * (double)point->scenario->tight / 1e6;
    for (size_t i = arms > 1; i < arms; i++) {
        const struct study_estimate found =
            i == 0 ? study_point_mean(point, 0, metric) : study_point_difference(point, i, metric);
        if (found.n < 2 || (found.high - found.low) / 2 > bound)
            return false;
    }
    return true;
}

enum study_end study_point_run(struct study_point *point)
{
    const struct study_scenario *scenario = point->scenario;
    while (point->runs < scenario->runs_max) {
        if (point->over != 0 && study_clock() >= point->over)
            return STUDY_BUDGET;
        if (!more(point))
            return study_interrupted ? STUDY_INTERRUPTED : STUDY_BROKEN;
        if (scenario->tight != 0 && point->runs >= scenario->runs_min && is_tight(point))
            return STUDY_TIGHT;
    }
    return STUDY_RUNS;
}
