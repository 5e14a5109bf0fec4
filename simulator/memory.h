/* SPDX-License-Identifier: MIT */
/* The only file that asks the system for memory.  Blocks begin on a cache line. */
#ifndef URIPC_SIMULATOR_MEMORY_H
#define URIPC_SIMULATOR_MEMORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { SIM_LINE = 64, SIM_LINES = 64 };

/* Returns NULL if there is none.  The bytes are not set. */
void *sim_memory_take(size_t bytes);

/* If set, hears of every large block: of so many bytes that it may be worth large pages, on whose
 * boundary it begins. */
extern void (*sim_memory_large)(void *block, size_t bytes);
void sim_memory_give(void *block);

/* Returns a block of new_bytes that begins with the first old_bytes of `block`, which is given
 * back; NULL, and `block` still stands, if there is none. */
void *sim_memory_grow(void *block, size_t old_bytes, size_t new_bytes);

/* Has memory fetched into the caches, if the compiler knows how to say so; changes nothing. */
#ifdef __GNUC__
#define SIM_FETCH(line) __builtin_prefetch(line)
#else
#define SIM_FETCH(line) ((void)(line))
#endif
/* Lines of a block that begins with one. */
struct sim_lines {
    uint32_t count;
    uint32_t at[SIM_LINES];
};

/* Adds those of some bytes of it, as far as there is room and they are not there yet. */
void sim_lines_add(struct sim_lines *lines, size_t at, size_t bytes);

static inline void sim_lines_fetch(const struct sim_lines *lines, const void *block)
{
    for (uint32_t i = 0; i < lines->count; i++)
        SIM_FETCH((const unsigned char *)block + lines->at[i]);
}

/* A growing array's room for one more: *array has *capacity elements of `size`, `count` in use.
 * Doubles it where needed; false: no memory, nothing changed. */
bool sim_memory_room(void **array, uint32_t *capacity, uint32_t count, size_t size);

#endif
