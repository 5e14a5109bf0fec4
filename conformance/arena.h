/* SPDX-License-Identifier: MIT */
/* Memory that is taken piece by piece and given back at once. */
#ifndef URIPC_CONFORMANCE_ARENA_H
#define URIPC_CONFORMANCE_ARENA_H

#include <stddef.h>

struct cf_arena;

struct cf_arena *cf_arena_create(void); /* NULL: no memory */
void cf_arena_destroy(struct cf_arena *arena);

/* Zeroed and aligned for anything.  NULL: no memory. */
void *cf_arena_take(struct cf_arena *arena, size_t size);

/* A terminated copy.  NULL: no memory. */
char *cf_arena_copy(struct cf_arena *arena, const char *bytes, size_t size);

/* Makes room for one more item in an array that doubles; *capacity counts items.  Returns the
 * array, moved if it had to grow, or NULL: no memory, and the old one is as it was. */
void *cf_arena_grow(struct cf_arena *arena, void *items, size_t count, size_t *capacity,
                    size_t item_size);

#endif
