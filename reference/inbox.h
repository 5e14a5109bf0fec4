/* SPDX-License-Identifier: MIT */
/* The receiving side of a registration: its queue, the sends blocked at it, and posted receives.
 * `home` is always the slot that has the queue. */
#ifndef URIPC_INBOX_H
#define URIPC_INBOX_H

#include "state.h"

/* A message frame for this registration: given to a posted receive, queued, blocked or refused, and
 * answered where it asks for an answer. */
void uripc__inbox_arrive(struct uripc_node *node, uint32_t home, uint32_t peer,
                         const struct uripc_frame *frame);

/* A receive that was just started on the registration: takes the first message, completes
 * otherwise, or is posted. */
void uripc__inbox_receive(struct uripc_node *node, uint32_t home, uint32_t slot);

/* Completes a receive with a message that its home elsewhere has given to it.  False: it did not
 * fit. */
_Bool uripc__inbox_take(struct uripc_node *node, uint32_t receive, const struct uripc_frame *frame);

/* A message in the pool that was given to a worker comes back. */
void uripc__inbox_return(struct uripc_node *node, uint32_t home, uint32_t offset);

/* The source takes back a message that is still blocked here. */
void uripc__inbox_withdraw(struct uripc_node *node, uint32_t home, const struct uripc_frame *frame);

/* The end of the queue: blocked sends are told, messages dropped. */
void uripc__inbox_end(struct uripc_node *node, uint32_t home);

/* Answers a confirmed message. */
void uripc__inbox_answer(struct uripc_node *node, uint64_t serial, uint32_t peer,
                         const struct uripc_frame *message, enum uripc_status status);

#endif
