/* SPDX-License-Identifier: MIT */
/* A histogram of durations: log-linear, of fixed size, without a lock.
 *
 * Each power of two is divided into 128 slots of equal width, so a value is known to within 1/128
 * of itself, from 1 ns to more than an hour; what is longer counts as the longest. */
#ifndef URIPC_CONFORMANCE_HISTOGRAM_H
#define URIPC_CONFORMANCE_HISTOGRAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    CF_HISTOGRAM_BITS = 7,     /* of a value that are kept below its highest one */
    CF_HISTOGRAM_OCTAVES = 42, /* 2^42 ns are 73 minutes */
    CF_HISTOGRAM_SLOTS = (CF_HISTOGRAM_OCTAVES - CF_HISTOGRAM_BITS + 1) << CF_HISTOGRAM_BITS
};

/* All zero: empty. */
struct cf_histogram {
    uint64_t count;
    uint64_t slots[CF_HISTOGRAM_SLOTS];
};

void cf_histogram_add(struct cf_histogram *histogram, uint64_t ns, uint64_t count);

/* Adds all of `from`. */
void cf_histogram_merge(struct cf_histogram *to, const struct cf_histogram *from);

/* The lowest and the highest value that a slot holds. */
uint64_t cf_histogram_low(size_t slot);
uint64_t cf_histogram_high(size_t slot);

/* The value that `share` (0 to 1) of the samples do not exceed: the smallest such sample, to within
 * the width of its slot, in which samples are taken to lie evenly.  0 of an empty one. */
double cf_histogram_percentile(const struct cf_histogram *histogram, double share);

/* How many samples must lie beyond a percentile before it is worth showing: with 10, the share of
 * samples that truly lie beyond the value is known to about a third. */
enum { CF_HISTOGRAM_BEYOND = 10 };

/* Whether there are that many: 10,000 samples for p99.9. */
bool cf_histogram_supports(const struct cf_histogram *histogram, double share);

#endif
