/* SPDX-License-Identifier: MIT */
/* The parts of a node that need the world ask node.c, which alone talks to the host. */
#ifndef URIPC_PORTS_H
#define URIPC_PORTS_H

#include "state.h"

void uripc__port_claim(struct uripc_node *node, const struct uripc_claim *claim);
void uripc__port_release(struct uripc_node *node, uint32_t ticket, uint64_t serial);
void uripc__port_lookup(struct uripc_node *node, uint32_t ticket, struct uripc_text target);
enum uripc_status uripc__port_carry(struct uripc_node *node, uint32_t peer, _Bool group,
                                    const struct uripc_frame *frame);
void uripc__port_copy_out(struct uripc_node *node, uint64_t id, uint32_t offset, const void *bytes,
                          uint32_t length);

/* Lets the world take one step; false if nothing can happen any more.  Never during a turn. */
_Bool uripc__port_run_one(struct uripc_node *node);

/* The end of every turn: hands over what can be, and sets the alarm. */
void uripc__turn_end(struct uripc_node *node);

#endif
