/* SPDX-License-Identifier: MIT */
/* Messages at rest: in the pool of the node, in queues by pool offset. */
#ifndef URIPC_STORE_H
#define URIPC_STORE_H

#include "state.h"

/* True if the empty pool could hold a message of these lengths. */
_Bool uripc__store_can_hold(const struct uripc_node *node, size_t source_units, size_t target_units,
                            uint32_t data_bytes);

/* Copies a message frame into the pool.  Returns its offset, or 0 if there is no room. */
uint32_t uripc__store_put(struct uripc_node *node, uint32_t peer, const struct uripc_frame *frame);

/* The message at `offset` as a frame that borrows the pool's bytes; `to` is left empty. */
struct uripc_frame uripc__store_frame(struct uripc_node *node, uint32_t offset);

void uripc__store_drop(struct uripc_node *node, uint32_t offset);

void uripc__store_append(struct uripc_node *node, struct uripc__queue *queue, uint32_t offset);

/* Takes the first message out of a queue; it stays in the pool. */
uint32_t uripc__store_shift(struct uripc_node *node, struct uripc__queue *queue);

/* Puts a message that was taken out back to where it was: before all that came later. */
void uripc__store_return(struct uripc_node *node, struct uripc__queue *queue, uint32_t offset);

/* Takes the message {from.node, id} out of a queue; returns its offset, or 0 if it is not there. */
uint32_t uripc__store_take(struct uripc_node *node, struct uripc__queue *queue, uint64_t from_node,
                           uint64_t id);

#endif
