/* SPDX-License-Identifier: MIT */
/* What a study prints, and study.jsonl (spec/study.md). */
#ifndef URIPC_STUDY_OUTPUT_H
#define URIPC_STUDY_OUTPUT_H

#include <stdio.h>

#include "simulator/study/engine/point.h"

const char *study_end_name(enum study_end end);

struct study_title {
    const char *name;
    const char *command; /* that repeats it */
    uint64_t seed;
    size_t points; /* wanted, of all scenarios */
};

/* To a file that may be NULL: then nothing. */
void study_write_header(FILE *out, const struct study_title *title, const struct study_file *file);
void study_write_scenario(FILE *out, const struct study_scenario *scenario);
void study_write_point(FILE *out, const struct study_point *point, enum study_end end);
void study_write_footer(FILE *out, size_t points, size_t wanted, enum study_end end,
                        uint64_t fingerprint);

void study_print_question(const struct study_file *file);
/* Nothing, where a file names no scenarios. */
void study_print_scenario(const struct study_file *file, const struct study_scenario *scenario);
void study_print_point(const struct study_point *point, enum study_end end);

#endif
