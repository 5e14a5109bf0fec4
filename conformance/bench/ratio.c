/* SPDX-License-Identifier: MIT */
#include "ratio.h"

#include <math.h>
#include <stdlib.h>

#include "conformance/hash.h"

static int ascending(const void *a, const void *b)
{
    const double x = *(const double *)a;
    const double y = *(const double *)b;
    return (x > y) - (x < y);
}

double cf_ratio_median(double *values, size_t count)
{
    if (count == 0)
        return 0;
    qsort(values, count, sizeof(*values), ascending);
    return (values[(count - 1) / 2] + values[count / 2]) / 2;
}

/* The mean without the lowest and the highest fifth, of values in ascending order that each count
 * so many times. */
static double trimmed_mean(const double *values, const unsigned *times, size_t count)
{
    size_t first = count / 5;
    size_t end = count - first;
    size_t at = 0;
    double sum = 0;
    for (size_t i = 0; i < count; i++) {
        size_t next = at + times[i];
        size_t from = at < first ? first : at;
        size_t to = next > end ? end : next;
        if (from < to)
            sum += values[i] * (double)(to - from);
        at = next;
    }
    return sum / (double)(end - first);
}

/* Draws as many as there are, with replacement. */
static void draw(unsigned *times, size_t count, uint64_t key)
{
    for (size_t i = 0; i < count; i++)
        times[i] = 0;
    for (size_t i = 0; i < count; i++)
        times[cf_hash_word(key, i) % count]++;
}

static enum cf_ratio_verdict judge(double low, double high)
{
    if (low > 1 + CF_RATIO_MARGIN)
        return CF_RATIO_FASTER;
    if (high < 1 / (1 + CF_RATIO_MARGIN))
        return CF_RATIO_SLOWER;
    if (low >= 1 / (1 + CF_RATIO_MARGIN) && high <= 1 + CF_RATIO_MARGIN)
        return CF_RATIO_EQUAL;
    return CF_RATIO_UNSURE;
}

struct cf_ratio cf_ratio_of(double *logs, size_t rounds, uint64_t seed)
{
    static double means[CF_RATIO_RESAMPLES];
    struct cf_ratio ratio = {.high = INFINITY, .rounds = rounds, .verdict = CF_RATIO_UNSURE};
    unsigned *times = rounds ? malloc(rounds * sizeof(*times)) : NULL;
    if (!times)
        return ratio;
    qsort(logs, rounds, sizeof(*logs), ascending);
    for (size_t i = 0; i < rounds; i++)
        times[i] = 1;
    ratio.ratio = exp(trimmed_mean(logs, times, rounds));
    for (size_t i = 0; i < CF_RATIO_RESAMPLES; i++) {
        draw(times, rounds, cf_hash_word(seed, i));
        means[i] = trimmed_mean(logs, times, rounds);
    }
    free(times);
    qsort(means, CF_RATIO_RESAMPLES, sizeof(means[0]), ascending);
    size_t out = (size_t)((1 - CF_RATIO_CONFIDENCE) / 2 * CF_RATIO_RESAMPLES);
    if (rounds < CF_RATIO_ROUNDS_MIN)
        return ratio; /* of so few, an interval would say nothing */
    ratio.low = exp(means[out]);
    ratio.high = exp(means[CF_RATIO_RESAMPLES - 1 - out]);
    ratio.verdict = judge(ratio.low, ratio.high);
    return ratio;
}

const char *cf_ratio_verdict_text(enum cf_ratio_verdict verdict)
{
    static const char *const texts[] = {[CF_RATIO_FASTER] = "faster",
                                        [CF_RATIO_SLOWER] = "slower",
                                        [CF_RATIO_EQUAL] = "no difference",
                                        [CF_RATIO_UNSURE] = "no difference found"};
    return texts[verdict];
}
