/* SPDX-License-Identifier: MIT */
/* Hashes for bucket choice only: no order and no answer ever depends on a hash value. */
#ifndef URIPC_HASH_H
#define URIPC_HASH_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

static inline uint64_t uripc__mix(uint64_t word)
{
    word ^= word >> 32;
    word *= 0x9e3779b97f4a7c15u;
    word ^= word >> 29;
    return word;
}

static inline uint64_t uripc__hash(const char *text, size_t length)
{
    uint64_t hash = 0x243f6a8885a308d3u ^ length;
    while (length >= 8) {
        uint64_t word;
        memcpy(&word, text, 8);
        hash = uripc__mix(hash ^ word);
        text += 8;
        length -= 8;
    }
    uint64_t rest = 0;
    for (size_t i = 0; i < length; i++)
        rest = rest << 8 | (unsigned char)text[i];
    return uripc__mix(hash ^ rest);
}

/* The smallest power of two that is at least `count`; count must not exceed 2^31. */
static inline uint32_t uripc__buckets(uint32_t count)
{
    uint32_t buckets = 1;
    while (buckets < count)
        buckets *= 2;
    return buckets;
}

#endif
