/* SPDX-License-Identifier: MIT */
#include "arena.h"

#include <stdlib.h>
#include <string.h>

enum { BLOCK = 16384, FIRST_ITEMS = 8 };

/* A block's bytes follow it. */
struct block {
    struct block *next;
    size_t used;
    size_t size;
    max_align_t bytes[];
};

struct cf_arena {
    struct block *blocks; /* the first one is being filled */
};

struct cf_arena *cf_arena_create(void)
{
    return calloc(1, sizeof(struct cf_arena));
}

void cf_arena_destroy(struct cf_arena *arena)
{
    if (arena == NULL)
        return;
    struct block *block = arena->blocks;
    while (block != NULL) {
        struct block *const next = block->next;
        free(block);
        block = next;
    }
    free(arena);
}

static struct block *add_block(struct cf_arena *arena, size_t size)
{
    struct block *const block = calloc(1, sizeof *block + size);
    if (block == NULL)
        return NULL;
    block->size = size;
    /* A large piece has a block of its own, behind the one that still has room. */
    if (size > BLOCK && arena->blocks != NULL) {
        block->next = arena->blocks->next;
        arena->blocks->next = block;
    } else {
        block->next = arena->blocks;
        arena->blocks = block;
    }
    return block;
}

void *cf_arena_take(struct cf_arena *arena, size_t size)
{
    const size_t unit = sizeof(max_align_t);
    const size_t rounded = (size + unit - 1) / unit * unit;
    struct block *block = arena->blocks;
    if (block == NULL || block->size - block->used < rounded)
        block = add_block(arena, rounded > BLOCK ? rounded : BLOCK);
    if (block == NULL)
        return NULL;
    char *const at = (char *)block->bytes + block->used;
    block->used += rounded;
    return at;
}

char *cf_arena_copy(struct cf_arena *arena, const char *bytes, size_t size)
{
    char *const copy = cf_arena_take(arena, size + 1);
    if (copy != NULL && size > 0)
        memcpy(copy, bytes, size);
    return copy;
}

void *cf_arena_grow(struct cf_arena *arena, void *items, size_t count, size_t *capacity,
                    size_t item_size)
{
    if (count < *capacity)
        return items;
    const size_t larger = *capacity == 0 ? FIRST_ITEMS : *capacity * 2;
    void *const moved = cf_arena_take(arena, larger * item_size);
    if (moved == NULL)
        return NULL;
    if (count > 0)
        memcpy(moved, items, count * item_size);
    *capacity = larger;
    return moved;
}
