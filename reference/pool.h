/* SPDX-License-Identifier: MIT */
/* The byte quota of a node: one region cut into contiguous chunks, next fit, neighbours merged on
 * return.  Chunks are named by their offset, so the region can be copied. */
#ifndef URIPC_POOL_H
#define URIPC_POOL_H

#include <stddef.h>
#include <stdint.h>

struct uripc__pool {
    uint32_t size;  /* bytes of the region */
    uint32_t rover; /* where the next search starts */
};

/* Bytes of a region that can hold at least `bytes` in one chunk. */
size_t uripc__pool_region(uint32_t bytes);

/* Makes `region` one free chunk.  Touches only its first bytes. */
void uripc__pool_init(struct uripc__pool *pool, void *region, uint32_t size);

/* True if a chunk of `bytes` could be had from the empty pool. */
_Bool uripc__pool_can_hold(const struct uripc__pool *pool, uint64_t bytes);

/* Takes a chunk.  Returns the offset of its bytes, aligned to 8, or 0 if there is no room. */
uint32_t uripc__pool_take(struct uripc__pool *pool, void *region, uint32_t bytes);

/* Gives a chunk back. */
void uripc__pool_give(struct uripc__pool *pool, void *region, uint32_t offset);

#endif
