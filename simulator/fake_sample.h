/* SPDX-License-Identifier: MIT */
/* Independent observations of one quantity, for tests that hold the simulator against mathematics.
 * Include it after <cmocka.h>. */
#ifndef URIPC_SIMULATOR_FAKE_SAMPLE_H
#define URIPC_SIMULATOR_FAKE_SAMPLE_H

#include <math.h>
#include <stdbool.h>

struct sample {
    double count, sum, squares;
};

static inline void sample_add(struct sample *sample, double value)
{
    sample->count++;
    sample->sum += value;
    sample->squares += value * value;
}

static inline double sample_mean(const struct sample *sample)
{
    return sample->sum / sample->count;
}

/* Whether the mean lies within five standard errors: with seeds that are fixed it does for ever, or
 * never.  Of many observations, the chance that a right simulator fails is 6 in 10 million. */
static inline bool sample_agrees(const struct sample *sample, double expected)
{
    const double mean = sample_mean(sample);
    const double variance = sample->squares / sample->count - mean * mean;
    return fabs(mean - expected) <= 5 * sqrt(variance / sample->count);
}

/* It agrees, and is large enough to tell the quantity from one that is 5 % off. */
#define assert_sample_tells(sample, expected)                                                      \
    do {                                                                                           \
        assert_true(sample_agrees(sample, expected));                                              \
        assert_false(sample_agrees(sample, 1.05 * (expected)));                                    \
        assert_false(sample_agrees(sample, 0.95 * (expected)));                                    \
    } while (0)

#endif
