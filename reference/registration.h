/* SPDX-License-Identifier: MIT */
/* Registrations: handles, names, claims and their end. */
#ifndef URIPC_REGISTRATION_H
#define URIPC_REGISTRATION_H

#include "state.h"

/* The slot of an open handle, or NONE. */
uint32_t uripc__registration_find(struct uripc_node *node, struct uripc_handle handle);

/* The resolver's word on the claim of a slot. */
void uripc__registration_claimed(struct uripc_node *node, uint32_t slot, enum uripc_status status,
                                 uint64_t serial);

/* The resolver's word that a name which was held is another's now (RES-9). */
void uripc__registration_revoked(struct uripc_node *node, uint64_t serial);

/* The same, of a name whose queue is at home in another node; and that node's answer. */
void uripc__registration_joins(struct uripc_node *node, uint32_t slot, uint32_t peer,
                               struct uripc_incarnation home);
void uripc__registration_joined(struct uripc_node *node, uint32_t slot, enum uripc_status status);

/* Ends a handle whose shared queue has ended (LIF-9), and those below it (LIF-7). */
void uripc__registration_lose(struct uripc_node *node, uint32_t slot);

/* Ends a register call whose claim is still under way. */
void uripc__registration_abandon(struct uripc_node *node, uint32_t slot, enum uripc_status status);

/* Ends a call early, whatever its phase; `sent` is the certainty for one that was handed over. */
void uripc__call_end(struct uripc_node *node, uint32_t slot, enum uripc_status status,
                     enum uripc_certainty sent);

#endif
