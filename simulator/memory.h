/* SPDX-License-Identifier: MIT */
/* The only file that asks the system for memory.  Blocks begin on a cache line. */
#ifndef URIPC_SIMULATOR_MEMORY_H
#define URIPC_SIMULATOR_MEMORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Returns NULL if there is none.  The bytes are not set. */
void *sim_memory_take(size_t bytes);
void sim_memory_give(void *block);

/* Returns a block of new_bytes that begins with the first old_bytes of `block`, which is given
 * back; NULL, and `block` still stands, if there is none. */
void *sim_memory_grow(void *block, size_t old_bytes, size_t new_bytes);

/* A growing array's room for one more: *array has *capacity elements of `size`, `count` in use.
 * Doubles it where needed; false: no memory, nothing changed. */
bool sim_memory_room(void **array, uint32_t *capacity, uint32_t count, size_t size);

#endif
