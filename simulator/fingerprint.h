/* SPDX-License-Identifier: MIT */
/* The rolling hash of a run: a few cycles a word, and every bit of a word reaches all of the hash
 * after two more.  It tells runs apart; it is no defence against anyone. */
#ifndef URIPC_SIMULATOR_FINGERPRINT_H
#define URIPC_SIMULATOR_FINGERPRINT_H

#include <stddef.h>
#include <stdint.h>

#define SIM_FINGERPRINT_EMPTY UINT64_C(0x243f6a8885a308d3)

static inline uint64_t sim_fold(uint64_t hash, uint64_t word)
{
    hash = (hash ^ word) * UINT64_C(0x9fb21c651e98df25);
    return hash ^ (hash >> 32);
}

/* Bytes are read as little-endian words, so the hash is the same on every machine. */
static inline uint64_t sim_fold_bytes(uint64_t hash, const void *bytes, size_t length)
{
    const unsigned char *at = bytes;
    size_t left = length;
    for (; left >= 8; left -= 8, at += 8) {
        const uint64_t word = at[0] | (uint64_t)at[1] << 8 | (uint64_t)at[2] << 16 |
                              (uint64_t)at[3] << 24 | (uint64_t)at[4] << 32 |
                              (uint64_t)at[5] << 40 | (uint64_t)at[6] << 48 | (uint64_t)at[7] << 56;
        hash = sim_fold(hash, word);
    }
    uint64_t rest = 0;
    for (size_t i = 0; i < left; i++)
        rest |= (uint64_t)at[i] << (8 * i);
    return sim_fold(sim_fold(hash, rest), length);
}

#endif
