/* SPDX-License-Identifier: MIT */
/* Means of runs with their intervals.  The only part of a study that computes with fractions:
 * nothing here decides when anything happens. */
#ifndef URIPC_STUDY_STATISTICS_H
#define URIPC_STUDY_STATISTICS_H

#include <stddef.h>

/* Of independent values, or of differences of pairs: mean and 95 % interval by Student's t. */
struct study_estimate {
    size_t n;
    double mean, low, high; /* low and high are the mean where n < 2 */
};

struct study_estimate study_estimate(const double *values, size_t n);

/* The 97.5 % quantile of Student's t; degrees > 0. */
double study_t(size_t degrees);

#endif
