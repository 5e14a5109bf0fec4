/* SPDX-License-Identifier: MIT */
/* The counter-based generator.  A stream is the sequence of SplitMix64 (Steele, Lea, Flood, "Fast
 * splittable pseudorandom number generators", OOPSLA 2014) that starts at a key; the key is mixed
 * from (seed, kind, actor), so that one more draw of one stream changes no other. */
#ifndef URIPC_SIMULATOR_RANDOM_H
#define URIPC_SIMULATOR_RANDOM_H

#include <stdint.h>

#define SIM_GOLDEN UINT64_C(0x9e3779b97f4a7c15)

static inline uint64_t sim_mix(uint64_t x)
{
    x = (x ^ (x >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    x = (x ^ (x >> 27)) * UINT64_C(0x94d049bb133111eb);
    return x ^ (x >> 31);
}

/* The key of all streams of a kind, and the key of one of them. */
static inline uint64_t sim_random_kind(uint64_t seed, uint32_t kind)
{
    return sim_mix(seed + (kind + UINT64_C(1)) * SIM_GOLDEN);
}

static inline uint64_t sim_random_stream(uint64_t kind_key, uint64_t actor)
{
    return sim_mix(kind_key + actor * UINT64_C(0xd1342543de82ef95));
}

/* The value number `counter` of a stream, from 0. */
static inline uint64_t sim_random_value(uint64_t stream, uint64_t counter)
{
    return sim_mix(stream + (counter + 1) * SIM_GOLDEN);
}

/* The upper half of x * n: maps 64 random bits to 0..n-1 with one draw and a bias below n / 2^64
 * (D. Lemire, "Fast random integer generation in an interval", 2019). */
static inline uint64_t sim_random_scale(uint64_t x, uint64_t n)
{
    const uint64_t low = UINT32_MAX;
    const uint64_t middle = (x >> 32) * (n & low) + (((x & low) * (n & low)) >> 32);
    const uint64_t other = (x & low) * (n >> 32) + (middle & low);
    return (x >> 32) * (n >> 32) + (middle >> 32) + (other >> 32);
}

#endif
