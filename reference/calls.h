/* SPDX-License-Identifier: MIT */
/* Calls in flight: slots, lists, the deadline heap and the completion queue.  Data structures only;
 * what a call means is in send.c, receive.c and registration.c. */
#ifndef URIPC_CALLS_H
#define URIPC_CALLS_H

#include "state.h"

/* What every start of a call needs to know. */
struct uripc__start {
    enum uripc_call call;
    uint64_t overlapped;
    uint64_t handle;       /* of the registration the call is made on; register: of the new one */
    uint32_t registration; /* its slot; close: NONE, because it outlives it */
    uint64_t deadline;     /* relative; 0: none */
};

/* The checks that come last (CMP-7, CMP-13): invalid-argument, in-use, no-resources or ok. */
enum uripc_status uripc__call_may_start(struct uripc_node *node, uint64_t overlapped);

/* Takes a slot after uripc__call_may_start said ok, and links it to its registration. */
uint32_t uripc__call_start(struct uripc_node *node, const struct uripc__start *start);

/* The slot of an overlapped block in flight, or NONE. */
uint32_t uripc__call_find(struct uripc_node *node, uint64_t overlapped);

/* Moves a call, which is in no queue any more, to the completions.  `result` members beyond status
 * and certainty are filled in by the caller before. */
void uripc__call_complete(struct uripc_node *node, uint32_t slot, enum uripc_status status,
                          enum uripc_certainty certainty);

/* Gives up the slot of a call that has no completion (of a worker elsewhere). */
void uripc__call_drop(struct uripc_node *node, uint32_t slot);

/* Takes the oldest completion; false if there is none. */
_Bool uripc__call_poll(struct uripc_node *node, struct uripc_completion *completion);

/* Sent messages, and receives asked of another node, by id; the phase is SENT or TAKING. */
void uripc__call_sent(struct uripc_node *node, uint32_t slot, enum uripc__phase phase);
uint32_t uripc__call_find_sent(struct uripc_node *node, uint64_t message_id);

/* A receive that was asked of another node has its answer. */
void uripc__call_taken(struct uripc_node *node, uint32_t slot);

/* Lists through uripc__call.queue. */
void uripc__queue_append(struct uripc_node *node, struct uripc__list *list, uint32_t slot);
void uripc__queue_remove(struct uripc_node *node, struct uripc__list *list, uint32_t slot);

/* The earliest deadline, or NEVER; and its call. */
uint64_t uripc__deadline_first(struct uripc_node *node, uint32_t *slot);

#endif
