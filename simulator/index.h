/* SPDX-License-Identifier: MIT */
/* A hash index from 64-bit keys to 64-bit values that are 0 until set: open addressing, no
 * removal, and clearing costs what was used.  It is never iterated, so its order is nobody's
 * business. */
#ifndef URIPC_SIMULATOR_INDEX_H
#define URIPC_SIMULATOR_INDEX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "random.h"

struct sim_index_entry {
    uint64_t key;
    uint64_t value; /* 0: the entry is free, or taken and not yet set */
};

struct sim_index {
    struct sim_index_entry *entries; /* 1 << bits */
    uint32_t *used;                  /* places of the `count` entries in use */
    uint32_t count;
    uint32_t bits;
};

bool sim_index_init(struct sim_index *index, uint32_t expected);
void sim_index_fini(struct sim_index *index);
void sim_index_clear(struct sim_index *index);

/* For sim_index_at: takes a place for a new key.  NULL: no memory. */
uint64_t *sim_index_add(struct sim_index *index, uint64_t key);

/* The value of a key; NULL if it was never set. */
static inline uint64_t *sim_index_find(const struct sim_index *index, uint64_t key)
{
    const uint32_t mask = (UINT32_C(1) << index->bits) - 1;
    uint32_t place = (uint32_t)((key * SIM_GOLDEN) >> (64 - index->bits));
    while (index->entries[place].value != 0) {
        if (index->entries[place].key == key)
            return &index->entries[place].value;
        place = (place + 1) & mask;
    }
    return NULL;
}

/* The value of a key, which the caller now sets to something but 0. */
static inline uint64_t *sim_index_at(struct sim_index *index, uint64_t key)
{
    uint64_t *value = sim_index_find(index, key);
    return value ? value : sim_index_add(index, key);
}

#endif
