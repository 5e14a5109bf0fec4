/* SPDX-License-Identifier: MIT */
#include "pool.h"

#include <assert.h>

#include "mutants.h"

/* In front of every chunk.  Sizes count the tag and are multiples of GRAIN. */
struct tag {
    uint32_t size;   /* lowest bit: taken */
    uint32_t before; /* size of the chunk before; 0 for the first */
};

enum { GRAIN = 16, TAKEN = 1 };

_Static_assert(sizeof(struct tag) == 8, "chunks stay aligned to 8");

static struct tag *tag_at(void *region, uint32_t at)
{
    return (struct tag *)(void *)((unsigned char *)region + at);
}

static uint32_t size_of(const struct tag *tag)
{
    return tag->size & ~(uint32_t)TAKEN;
}

static uint64_t chunk_size(uint64_t bytes)
{
    uint64_t grain = URIPC_MUTANT(ROUGH_POOL) ? 64 : GRAIN;
    return (bytes + sizeof(struct tag) + grain - 1) / grain * grain;
}

size_t uripc__pool_region(uint32_t bytes)
{
    return (size_t)chunk_size(bytes);
}

void uripc__pool_init(struct uripc__pool *pool, void *region, uint32_t size)
{
    assert(size >= GRAIN && size % GRAIN == 0);
    pool->size = size;
    pool->rover = 0;
    *tag_at(region, 0) = (struct tag){.size = size, .before = 0};
}

_Bool uripc__pool_can_hold(const struct uripc__pool *pool, uint64_t bytes)
{
    return bytes < pool->size && chunk_size(bytes) <= pool->size;
}

static uint32_t after(const struct uripc__pool *pool, void *region, uint32_t at)
{
    uint32_t next = at + size_of(tag_at(region, at));
    return next == pool->size ? 0 : next;
}

/* Makes the chunk at `at` be `size` long, the rest of it a free chunk. */
static void split(struct uripc__pool *pool, void *region, uint32_t at, uint32_t size)
{
    struct tag *tag = tag_at(region, at);
    uint32_t rest = tag->size - size;
    tag->size = size;
    if (rest == 0)
        return;
    *tag_at(region, at + size) = (struct tag){.size = rest, .before = size};
    if (at + size + rest < pool->size)
        tag_at(region, at + size + rest)->before = rest;
}

uint32_t uripc__pool_take(struct uripc__pool *pool, void *region, uint32_t bytes)
{
    if (!uripc__pool_can_hold(pool, bytes))
        return 0;
    uint32_t size = (uint32_t)chunk_size(bytes);
    uint32_t at = pool->rover;
    do {
        struct tag *tag = tag_at(region, at);
        if (!(tag->size & TAKEN) && tag->size >= size) {
            split(pool, region, at, size);
            tag->size |= TAKEN;
            pool->rover = after(pool, region, at);
            return at + (uint32_t)sizeof(struct tag);
        }
        at = after(pool, region, at);
    } while (at != pool->rover);
    return 0;
}

/* Merges the free chunk at `at` with a free one behind it. */
static void merge(struct uripc__pool *pool, void *region, uint32_t at)
{
    struct tag *tag = tag_at(region, at);
    uint32_t next = at + tag->size;
    if (next == pool->size || (tag_at(region, next)->size & TAKEN))
        return;
    if (pool->rover == next)
        pool->rover = at;
    tag->size += tag_at(region, next)->size;
    if (at + tag->size < pool->size)
        tag_at(region, at + tag->size)->before = tag->size;
}

void uripc__pool_give(struct uripc__pool *pool, void *region, uint32_t offset)
{
    uint32_t at = offset - (uint32_t)sizeof(struct tag);
    struct tag *tag = tag_at(region, at);
    assert(offset >= sizeof(struct tag) && offset < pool->size);
    assert(tag->size & TAKEN);
    tag->size = size_of(tag);
    pool->rover = at; /* the next message is put where the caches still know the memory */
    merge(pool, region, at);
    if (tag->before != 0 && !(tag_at(region, at - tag->before)->size & TAKEN))
        merge(pool, region, at - tag->before);
}
