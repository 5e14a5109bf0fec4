/* SPDX-License-Identifier: MIT */
/* Workers: handles and receives of other nodes at a shared queue that is at home here.  Each of
 * their joins and takes is a call slot without a completion, in the list of the home registration;
 * a take waits among the posted receives (RCV-3). */
#ifndef URIPC_WORKERS_H
#define URIPC_WORKERS_H

#include "state.h"

/* A join or a take of a worker; `home` is the queue's slot, or NONE if it has ended. */
void uripc__worker_asks(struct uripc_node *node, uint32_t home, uint32_t peer,
                        const struct uripc_frame *frame);

/* A worker forgets a join or a take.  Returns false if it is none of a worker's. */
_Bool uripc__worker_leaves(struct uripc_node *node, uint32_t home, uint32_t peer,
                           const struct uripc_frame *frame);

/* A message for a worker's take: given to it, and true; or, if it does not fit, told.  `offset` is
 * where it lies in the pool, and stays until the worker has it. */
_Bool uripc__worker_give(struct uripc_node *node, uint32_t take, _Bool fits,
                         const struct uripc_frame *message, uint32_t offset);

/* The end of a join or take without a message; it is in no queue any more. */
void uripc__worker_told(struct uripc_node *node, uint32_t take, enum uripc_status status);

/* What became of a message that was given. */
void uripc__worker_took(struct uripc_node *node, uint32_t home, uint32_t peer,
                        const struct uripc_frame *frame);

/* A node has died: what was given to it, and it had not taken, goes to others (DSP-9). */
void uripc__workers_down(struct uripc_node *node, uint32_t peer);

#endif
