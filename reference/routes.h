/* SPDX-License-Identifier: MIT */
/* Remembered answers of the resolver, by target.  Not an authority: whoever was told a route is
 * told when it stops being right, and then it is forgotten. */
#ifndef URIPC_ROUTES_H
#define URIPC_ROUTES_H

#include "state.h"

/* The slot that knows or is asking for `target`, or NONE. */
uint32_t uripc__route_find(struct uripc_node *node, struct uripc_text target);

/* Takes a slot in state asked for `target`, forgetting another route if need be; NONE while every
 * slot is being asked for, or wanted by a send that this pass over the outbox has left behind. */
uint32_t uripc__route_take(struct uripc_node *node, struct uripc_text target);

void uripc__route_forget(struct uripc_node *node, uint32_t slot);
void uripc__routes_forget_life(struct uripc_node *node, struct uripc_incarnation life);
void uripc__routes_forget_peer(struct uripc_node *node, uint32_t peer);

struct uripc__route *uripc__route(struct uripc_node *node, uint32_t slot);

#endif
