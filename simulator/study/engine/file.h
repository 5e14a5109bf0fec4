/* SPDX-License-Identifier: MIT */
/* Study files (spec/study.md). */
#ifndef URIPC_STUDY_FILE_H
#define URIPC_STUDY_FILE_H

#include "simulator/study/stage.h"

enum { STUDY_DESIGNS = 8, STUDY_SWEEPS = 2, STUDY_VALUES = 16, STUDY_NAME = 40, STUDY_LINE = 512 };

struct study_arm {
    char name[STUDY_NAME];
    char base[STUDY_LINE];
    const struct uripc_design *design;
    uint64_t parameters[URIPC_PARAMETERS];
};

struct study_sweep {
    char name[STUDY_NAME];
    enum study_unit unit;
    int knob; /* -1: a parameter of designs */
    size_t count;
    uint64_t values[STUDY_VALUES];
    char texts[STUDY_VALUES][STUDY_NAME];
};

struct study_file {
    char question[STUDY_LINE];
    char profile[STUDY_NAME];
    struct study_arm arms[STUDY_DESIGNS];
    size_t arm_count;
    uint64_t knobs[STUDY_KNOBS];
    struct study_sweep sweeps[STUDY_SWEEPS];
    size_t sweep_count;
    enum study_metric metrics[STUDY_METRICS];
    size_t metric_count;
    size_t runs_min, runs_max; /* of each design at each point */
    uint64_t tight;            /* millionths; 0: as many runs as may be */
    uint64_t budget;           /* nanoseconds of real time; 0: none */
};

/* Reads a file.  False, with "FILE:LINE: what is wrong, expected what" in `error`. */
bool study_file_read(const char *path, struct study_file *file, char *error, size_t size);

/* "20", "1.5s", "2%" by unit. */
bool study_value(const char *text, enum study_unit unit, uint64_t *value);

#endif
