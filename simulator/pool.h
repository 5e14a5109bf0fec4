/* SPDX-License-Identifier: MIT */
/* Memory that never moves, for what is in flight and for the buffers of processes: blocks of 64
 * bytes times a power of two, cut from segments of which each is twice the one before.  A block
 * is named by a number, 0 being none, and counted by its owners. */
#ifndef URIPC_SIMULATOR_POOL_H
#define URIPC_SIMULATOR_POOL_H

#include <stddef.h>
#include <stdint.h>

/* A block's number is its segment above SIM_POOL_BITS and its first unit, plus one, below. */
enum {
    SIM_POOL_SEGMENTS = 20,
    SIM_POOL_CLASSES = 28,
    SIM_POOL_UNIT = 64,
    SIM_POOL_BITS = 27,
    SIM_POOL_HEAD = 16 /* bytes at the start of a block that are the pool's own */
};

struct sim_pool {
    unsigned char *segments[SIM_POOL_SEGMENTS];
    uint32_t free[SIM_POOL_CLASSES]; /* chains of blocks given back */
    uint32_t segment;                /* being cut */
    uint32_t used;                   /* of it, in units */
};

void sim_pool_init(struct sim_pool *pool);
void sim_pool_fini(struct sim_pool *pool);
void sim_pool_clear(struct sim_pool *pool); /* all blocks are given back, segments stay */

/* A block of at least `bytes`, with one owner; 0: no memory. */
uint32_t sim_pool_take(struct sim_pool *pool, size_t bytes);
static inline unsigned char *sim_pool_start(const struct sim_pool *pool, uint32_t block)
{
    const size_t unit = (block & ((UINT32_C(1) << SIM_POOL_BITS) - 1)) - 1;
    return pool->segments[block >> SIM_POOL_BITS] + unit * SIM_POOL_UNIT;
}

/* What the caller may use of a block. */
static inline void *sim_pool_bytes(const struct sim_pool *pool, uint32_t block)
{
    return sim_pool_start(pool, block) + SIM_POOL_HEAD;
}

void sim_pool_share(struct sim_pool *pool, uint32_t block); /* one owner more */
void sim_pool_give(struct sim_pool *pool, uint32_t block);  /* one owner less */

#endif
