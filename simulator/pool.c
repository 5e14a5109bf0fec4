/* SPDX-License-Identifier: MIT */
#include "pool.h"

#include "memory.h"

enum { FIRST_UNITS = 128 };

/* At the start of every block. */
struct head {
    uint32_t owners;
    uint32_t class;
    uint32_t next; /* in a chain of free ones */
};

_Static_assert(sizeof(struct head) <= SIM_POOL_HEAD, "the head has its place");

static struct head *head_of(const struct sim_pool *pool, uint32_t block)
{
    return (struct head *)(void *)sim_pool_start(pool, block);
}

void sim_pool_init(struct sim_pool *pool)
{
    *pool = (struct sim_pool){.segment = 0};
}

void sim_pool_fini(struct sim_pool *pool)
{
    for (uint32_t i = 0; i < SIM_POOL_SEGMENTS; i++)
        sim_memory_give(pool->segments[i]);
}

void sim_pool_clear(struct sim_pool *pool)
{
    for (uint32_t i = 0; i < SIM_POOL_CLASSES; i++)
        pool->free[i] = 0;
    pool->segment = 0;
    pool->used = 0;
}

/* Cuts 1 << class units from the segments; a block lies in one segment. */
static uint32_t cut(struct sim_pool *pool, uint32_t class)
{
    const uint32_t units = UINT32_C(1) << class;
    while (((uint32_t)FIRST_UNITS << pool->segment) - pool->used < units) {
        if (pool->segment + 1 == SIM_POOL_SEGMENTS)
            return 0;
        pool->segment++;
        pool->used = 0;
    }
    unsigned char **segment = &pool->segments[pool->segment];
    if (!*segment)
        *segment = sim_memory_take(((size_t)FIRST_UNITS << pool->segment) * SIM_POOL_UNIT);
    if (!*segment)
        return 0;
    const uint32_t block = (pool->segment << SIM_POOL_BITS) + pool->used + 1;
    pool->used += units;
    return block;
}

uint32_t sim_pool_take(struct sim_pool *pool, size_t bytes)
{
    uint32_t class = 0;
    while (class < SIM_POOL_CLASSES && ((size_t)SIM_POOL_UNIT << class) < bytes + SIM_POOL_HEAD)
        class ++;
    if (class == SIM_POOL_CLASSES)
        return 0;
    uint32_t block = pool->free[class];
    if (block != 0)
        pool->free[class] = head_of(pool, block)->next;
    else
        block = cut(pool, class);
    if (block != 0)
        *head_of(pool, block) = (struct head){.owners = 1, .class = class};
    return block;
}

void sim_pool_share(struct sim_pool *pool, uint32_t block)
{
    head_of(pool, block)->owners++;
}

void sim_pool_give(struct sim_pool *pool, uint32_t block)
{
    struct head *head = head_of(pool, block);
    head->owners--;
    if (head->owners > 0)
        return;
    head->next = pool->free[head->class];
    pool->free[head->class] = block;
}
