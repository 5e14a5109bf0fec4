/* SPDX-License-Identifier: MIT */
#include "histogram.h"

enum { PER_OCTAVE = 1 << CF_HISTOGRAM_BITS };

/* How many of the low bits of a value its slot does not tell. */
static unsigned lost_bits(uint64_t ns)
{
    unsigned bits = 0;
    while (ns >> bits >= 2 * PER_OCTAVE)
        bits++;
    return bits;
}

static size_t slot_of(uint64_t ns)
{
    const uint64_t longest = (UINT64_C(1) << CF_HISTOGRAM_OCTAVES) - 1;
    if (ns > longest)
        ns = longest;
    unsigned lost = lost_bits(ns);
    return (size_t)lost * PER_OCTAVE + (size_t)(ns >> lost);
}

void cf_histogram_add(struct cf_histogram *histogram, uint64_t ns, uint64_t count)
{
    histogram->count += count;
    histogram->slots[slot_of(ns)] += count;
}

void cf_histogram_merge(struct cf_histogram *to, const struct cf_histogram *from)
{
    to->count += from->count;
    for (size_t i = 0; i < CF_HISTOGRAM_SLOTS; i++)
        to->slots[i] += from->slots[i];
}

/* The first 2 * PER_OCTAVE slots hold one value each; from there on, each octave's are twice as
 * wide as those before. */
static unsigned lost_in(size_t slot)
{
    return slot < 2 * PER_OCTAVE ? 0 : (unsigned)(slot / PER_OCTAVE - 1);
}

uint64_t cf_histogram_low(size_t slot)
{
    unsigned lost = lost_in(slot);
    return (uint64_t)(slot - (size_t)lost * PER_OCTAVE) << lost;
}

uint64_t cf_histogram_high(size_t slot)
{
    return cf_histogram_low(slot) + (UINT64_C(1) << lost_in(slot)) - 1;
}

double cf_histogram_percentile(const struct cf_histogram *histogram, double share)
{
    double rank = share * (double)histogram->count;
    double below = 0;
    size_t slot = 0;
    if (histogram->count == 0)
        return 0;
    if (rank < 1)
        rank = 1;
    while (slot + 1 < CF_HISTOGRAM_SLOTS && below + (double)histogram->slots[slot] < rank)
        below += (double)histogram->slots[slot++];
    double low = (double)cf_histogram_low(slot);
    double width = (double)(cf_histogram_high(slot) - cf_histogram_low(slot));
    return low + width * (rank - below) / (double)histogram->slots[slot];
}

bool cf_histogram_supports(const struct cf_histogram *histogram, double share)
{
    return (1 - share) * (double)histogram->count >= CF_HISTOGRAM_BEYOND * (1 - 1e-9);
}
