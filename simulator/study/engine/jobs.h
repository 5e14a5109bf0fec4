/* SPDX-License-Identifier: MIT */
/* Runs in several processes at once.  What comes of them does not depend on how many. */
#ifndef URIPC_STUDY_JOBS_H
#define URIPC_STUDY_JOBS_H

#include <signal.h>

#include "simulator/study/stage.h"

extern volatile sig_atomic_t study_interrupted;

/* Memory for results that other processes may write; NULL: none. */
struct study_result *study_results_new(size_t count);
void study_results_free(struct study_result *results, size_t count);

/* Fills in results[i] by running setups[i].  False if not all have run: interrupted, or a design
 * has crashed; `ran` says which have. */
bool study_jobs_run(const struct study_setup *setups, struct study_result *results, size_t count,
                    unsigned jobs);

#endif
