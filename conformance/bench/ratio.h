/* SPDX-License-Identifier: MIT */
/* Is one faster than the other?
 *
 * The two were measured in rounds, side by side, so what troubles the machine for a while troubles
 * both.  Each round gives one figure, the logarithm of the ratio of their rates; rounds begin with
 * processes of their own, so their figures are independent.  Of these the mean is taken without
 * the lowest and highest fifth, which a busy machine makes wild, and how sure it is comes from a
 * percentile bootstrap: the same mean of many samples drawn from the rounds with replacement.
 *
 * A difference is claimed only if the whole interval lies beyond a margin: differences within it
 * are real often enough, but they are those of two builds of the same code. */
#ifndef URIPC_CONFORMANCE_RATIO_H
#define URIPC_CONFORMANCE_RATIO_H

#include <stddef.h>
#include <stdint.h>

#define CF_RATIO_CONFIDENCE 0.99
#define CF_RATIO_MARGIN 0.02

enum { CF_RATIO_ROUNDS_MIN = 5, CF_RATIO_RESAMPLES = 2000 };

enum cf_ratio_verdict { CF_RATIO_FASTER, CF_RATIO_SLOWER, CF_RATIO_EQUAL, CF_RATIO_UNSURE };

struct cf_ratio {
    double ratio, low, high;
    size_t rounds;
    enum cf_ratio_verdict verdict;
};

/* `logs` are the rounds' figures; their order is changed.  The same seed gives the same interval.
 */
struct cf_ratio cf_ratio_of(double *logs, size_t rounds, uint64_t seed);

/* "faster", "slower", "no difference", which also says that none larger than the margin is hidden
 * by the interval, and "no difference found", where one might be. */
const char *cf_ratio_verdict_text(enum cf_ratio_verdict verdict);

/* Sorts, and gives the median; 0 of none. */
double cf_ratio_median(double *values, size_t count);

#endif
