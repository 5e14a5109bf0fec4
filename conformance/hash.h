/* SPDX-License-Identifier: MIT */
/* Hashes for seeds and fingerprints.  Not secret, and the same everywhere. */
#ifndef URIPC_CONFORMANCE_HASH_H
#define URIPC_CONFORMANCE_HASH_H

#include <stddef.h>
#include <stdint.h>

/* The finaliser of SplitMix64: every bit of the input changes half of the output. */
static inline uint64_t cf_mix(uint64_t word)
{
    word = (word ^ (word >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    word = (word ^ (word >> 27)) * UINT64_C(0x94d049bb133111eb);
    return word ^ (word >> 31);
}

static inline uint64_t cf_hash_word(uint64_t hash, uint64_t word)
{
    return cf_mix(hash + UINT64_C(0x9e3779b97f4a7c15) + word * UINT64_C(0xd6e8feb86659fd93));
}

/* Read as little-endian, so that every machine agrees. */
static inline uint64_t cf_load_word(const unsigned char *at)
{
    return (uint64_t)at[0] | (uint64_t)at[1] << 8 | (uint64_t)at[2] << 16 | (uint64_t)at[3] << 24 |
           (uint64_t)at[4] << 32 | (uint64_t)at[5] << 40 | (uint64_t)at[6] << 48 |
           (uint64_t)at[7] << 56;
}

static inline uint64_t cf_hash_bytes(uint64_t hash, const void *bytes, size_t size)
{
    const unsigned char *at = bytes;
    uint64_t last = 0;
    size_t i = 0;
    hash = cf_hash_word(hash, size);
    for (; size - i >= 8; i += 8)
        hash = cf_hash_word(hash, cf_load_word(at + i));
    for (size_t k = 0; i + k < size; k++)
        last |= (uint64_t)at[i + k] << (8 * k);
    return cf_hash_word(hash, last);
}

#endif
