/* SPDX-License-Identifier: MIT */
#include "simulator/study/engine/statistics.h"

#include <math.h>

double study_t(size_t degrees)
{
    static const double small[] = {12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262};
    const double z = 1.959964;
    if (degrees <= sizeof small / sizeof small[0])
        return small[degrees - 1];
    /* Three terms of the expansion around the normal quantile: right to 0.001 from here on. */
    const double n = (double)degrees;
    const double z3 = z * z * z;
    const double z5 = z3 * z * z;
    return z + (z3 + z) / (4 * n) + (5 * z5 + 16 * z3 + 3 * z) / (96 * n * n);
}

struct study_estimate study_estimate(const double *values, size_t n)
{
    struct study_estimate result = {.n = n, .mean = 0};
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += values[i];
    if (n > 0)
        result.mean = sum / (double)n;
    double squares = 0;
    for (size_t i = 0; i < n; i++)
        squares += (values[i] - result.mean) * (values[i] - result.mean);
    const double half = n < 2 ? 0 : study_t(n - 1) * sqrt(squares / (double)(n - 1) / (double)n);
    result.low = result.mean - half;
    result.high = result.mean + half;
    return result;
}
