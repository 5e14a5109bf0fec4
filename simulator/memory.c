/* SPDX-License-Identifier: MIT */
#include "memory.h"

#include <stdlib.h>
#include <string.h>

enum { FIRST = 16, PAGE = 2 << 20, LARGE = 2 * PAGE };

void (*sim_memory_large)(void *block, size_t bytes);

void *sim_memory_take(size_t bytes)
{
    const size_t unit = bytes < LARGE ? (size_t)SIM_LINE : (size_t)PAGE;
    if (bytes > SIZE_MAX - unit)
        return NULL;
    const size_t whole = (bytes + unit - 1) / unit * unit;
    void *block = aligned_alloc(unit, whole + (bytes == 0 ? unit : 0));
    if (block && unit == PAGE && sim_memory_large)
        sim_memory_large(block, whole);
    return block;
}

static bool has(const struct sim_lines *lines, size_t at)
{
    for (uint32_t i = 0; i < lines->count; i++) {
        if (lines->at[i] == at)
            return true;
    }
    return false;
}

void sim_lines_add(struct sim_lines *lines, size_t at, size_t bytes)
{
    const size_t end = at + bytes;
    for (at -= at % SIM_LINE; at < end && lines->count < SIM_LINES; at += SIM_LINE) {
        if (!has(lines, at))
            lines->at[lines->count++] = (uint32_t)at;
    }
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
