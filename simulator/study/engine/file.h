/* SPDX-License-Identifier: MIT */
/* Study files (spec/study.md). */
#ifndef URIPC_STUDY_FILE_H
#define URIPC_STUDY_FILE_H

#include "simulator/study/stage.h"

enum {
    STUDY_DESIGNS = 8,
    STUDY_SCENARIOS = 16,
    STUDY_SWEEPS = 2,
    STUDY_CLAIMS = 4,
    STUDY_VALUES = 16,
    STUDY_NAME = 40,
    STUDY_LINE = 512
};

struct study_arm {
    char name[STUDY_NAME];
    char base[STUDY_LINE];
    const struct uripc_design *design;
    uint64_t parameters[URIPC_PARAMETERS];
    bool swept[URIPC_PARAMETERS]; /* some scenario gives it other values */
    enum sim_resolver_kind resolver;
};

struct study_sweep {
    char name[STUDY_NAME];
    enum study_unit unit;
    int knob; /* -1: a parameter of designs */
    size_t count;
    uint64_t values[STUDY_VALUES];
    char texts[STUDY_VALUES][STUDY_NAME];
};

/* Somebody says that one design is better than another; the page tells where that is so. */
struct study_claim {
    const struct study_arm *better, *worse;
    char question[STUDY_LINE];
};

/* Circumstances in which all designs are compared. */
struct study_scenario {
    char name[STUDY_NAME];
    char question[STUDY_LINE];
    char profile[STUDY_NAME];
    uint64_t knobs[STUDY_KNOBS];
    struct study_sweep sweeps[STUDY_SWEEPS];
    size_t sweep_count;
    enum study_metric metrics[STUDY_METRICS];
    size_t metric_count;
    bool metrics_are_its_own;  /* the scenario has had a line of them */
    size_t runs_min, runs_max; /* of each design at each point */
    uint64_t tight;            /* millionths; 0: as many runs as may be */
};

struct study_file {
    char question[STUDY_LINE];
    struct study_arm arms[STUDY_DESIGNS];
    size_t arm_count;
    struct study_claim claims[STUDY_CLAIMS];
    size_t claim_count;
    struct study_scenario scenarios[STUDY_SCENARIOS]; /* at least one, even if no line names it */
    size_t scenario_count;
    uint64_t budget; /* nanoseconds of real time; 0: none */
};

/* Reads a file.  False, with "FILE:LINE: what is wrong, expected what" in `error`. */
bool study_file_read(const char *path, struct study_file *file, char *error, size_t size);

enum study_unit study_unit_of(const struct uripc_parameter *parameter);

/* Whether a parameter of the design is 0 everywhere; never, where none is named. */
bool study_arm_is_without(const struct study_arm *arm, const char *parameter);

/* "table" and so on. */
const char *study_resolver_name(enum sim_resolver_kind kind);

/* "20", "1.5s", "2%" by unit. */
bool study_value(const char *text, enum study_unit unit, uint64_t *value);

/* The points of a scenario: every combination of its sweeps' values. */
size_t study_points(const struct study_scenario *scenario);

#endif
