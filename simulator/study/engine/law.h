/* SPDX-License-Identifier: MIT */
/* What mathematics says a design of ours must measure, where a closed form (forms.h) covers what
 * it does under the load and faults of a run. */
#ifndef URIPC_STUDY_LAW_H
#define URIPC_STUDY_LAW_H

#include "simulator/study/stage.h"

struct study_law {
    const char *name; /* NULL: there is none */
    double value;     /* in the metric's unit */
    double tolerance; /* share of the value by which it may be off, for what it leaves out */
};

struct study_law study_law(const struct study_setup *setup, enum study_metric metric);

/* Where the law of that name is from, for a reader. */
const char *study_law_source(const char *name);

#endif
