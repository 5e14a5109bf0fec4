/* SPDX-License-Identifier: MIT */
/* Handles that joined a shared queue at home in another node: what they ask of it. */
#ifndef URIPC_JOINED_H
#define URIPC_JOINED_H

#include "state.h"

/* Asks the home of a queue to let a registration join. */
void uripc__joined_ask(struct uripc_node *node, uint32_t registration, uint32_t peer,
                       struct uripc_incarnation home);

/* Asks the home for a message, for a receive that was just started. */
void uripc__joined_receive(struct uripc_node *node, uint32_t registration, uint32_t receive);

/* Tells the home to forget a join or a take, if it is there to be told. */
void uripc__joined_leave(struct uripc_node *node, uint32_t registration, uint64_t id);

/* The home's answer to a join or a take. */
void uripc__joined_given(struct uripc_node *node, uint32_t peer, const struct uripc_frame *frame);

/* A node has died: the queues that were at home there have ended (LIF-9). */
void uripc__joined_home_down(struct uripc_node *node, uint32_t peer);

#endif
