/* SPDX-License-Identifier: MIT */
#include "memory.h"

#include <stdlib.h>
#include <string.h>

enum { LINE = 64, FIRST = 16 };

void *sim_memory_take(size_t bytes)
{
    if (bytes > SIZE_MAX - LINE)
        return NULL;
    return aligned_alloc(LINE, (bytes + LINE - 1) / LINE * LINE + (bytes == 0 ? LINE : 0));
}

void sim_memory_give(void *block)
{
    free(block);
}

void *sim_memory_grow(void *block, size_t old_bytes, size_t new_bytes)
{
    void *grown = sim_memory_take(new_bytes);
    if (!grown)
        return NULL;
    if (old_bytes > 0)
        memcpy(grown, block, old_bytes);
    free(block);
    return grown;
}

bool sim_memory_room(void **array, uint32_t *capacity, uint32_t count, size_t size)
{
    if (count < *capacity)
        return true;
    if (*capacity > UINT32_MAX / 4)
        return false;
    const uint32_t more = *capacity == 0 ? FIRST : *capacity * 2;
    void *grown = sim_memory_grow(*array, *capacity * size, more * size);
    if (!grown)
        return false;
    *array = grown;
    *capacity = more;
    return true;
}
