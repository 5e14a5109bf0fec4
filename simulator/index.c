/* SPDX-License-Identifier: MIT */
#include "index.h"

#include <string.h>

#include "memory.h"

enum { LEAST_BITS = 4, MOST_BITS = 31 };

static bool take(struct sim_index *index, uint32_t bits)
{
    const size_t places = (size_t)1 << bits;
    struct sim_index_entry *entries = sim_memory_take(places * sizeof *entries);
    uint32_t *used = sim_memory_take(places / 2 * sizeof *used);
    if (!entries || !used) {
        sim_memory_give(entries);
        sim_memory_give(used);
        return false;
    }
    memset(entries, 0, places * sizeof *entries);
    *index = (struct sim_index){.entries = entries, .used = used, .bits = bits};
    return true;
}

bool sim_index_init(struct sim_index *index, uint32_t expected)
{
    uint32_t bits = LEAST_BITS;
    while (bits < MOST_BITS && (UINT32_C(1) << bits) / 2 < expected)
        bits++;
    return take(index, bits);
}

void sim_index_fini(struct sim_index *index)
{
    sim_memory_give(index->entries);
    sim_memory_give(index->used);
    *index = (struct sim_index){0};
}

void sim_index_clear(struct sim_index *index)
{
    for (uint32_t i = 0; i < index->count; i++)
        index->entries[index->used[i]] = (struct sim_index_entry){0};
    index->count = 0;
}

static uint64_t *place_key(struct sim_index *index, uint64_t key)
{
    const uint32_t mask = (UINT32_C(1) << index->bits) - 1;
    uint32_t place = (uint32_t)((key * SIM_GOLDEN) >> (64 - index->bits));
    while (index->entries[place].value != 0)
        place = (place + 1) & mask;
    index->used[index->count] = place;
    index->count++;
    index->entries[place].key = key;
    return &index->entries[place].value;
}

uint64_t *sim_index_add(struct sim_index *index, uint64_t key)
{
    if (index->count < (UINT32_C(1) << index->bits) / 2)
        return place_key(index, key);
    struct sim_index larger;
    if (index->bits == MOST_BITS || !take(&larger, index->bits + 1))
        return NULL;
    for (uint32_t i = 0; i < index->count; i++) {
        const struct sim_index_entry *entry = &index->entries[index->used[i]];
        *place_key(&larger, entry->key) = entry->value;
    }
    sim_index_fini(index);
    *index = larger;
    return place_key(index, key);
}
