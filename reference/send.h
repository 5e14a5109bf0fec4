/* SPDX-License-Identifier: MIT */
/* The sending side: from the call to the carrier, and what comes back. */
#ifndef URIPC_SEND_H
#define URIPC_SEND_H

#include "state.h"

/* Hands over what waits in the outbox, as far as routes are known and there is room.  A pass that
 * would find everything as the last one left it is not made; one that would find only new sends
 * behind it goes on with those. */
void uripc__outbox_pump(struct uripc_node *node);

/* What waits in the outbox may be able to go: the next pass looks at all of it. */
void uripc__outbox_changed(struct uripc_node *node);

/* The resolver has no route for what slot `route` asks. */
void uripc__send_unrouted(struct uripc_node *node, uint32_t route, enum uripc_status status);

/* The id of the next message, or of what is asked of a home elsewhere. */
uint64_t uripc__message_id_next(struct uripc_node *node);

void uripc__send_answered(struct uripc_node *node, const struct uripc_frame *answer);
void uripc__send_peer_down(struct uripc_node *node, uint32_t peer);

/* Ends a send that waits in the outbox. */
void uripc__send_drop(struct uripc_node *node, uint32_t slot, enum uripc_status status);

/* Asks the target to forget the message of a sent send if it is still blocked there. */
void uripc__send_withdraw(struct uripc_node *node, uint32_t slot);

#endif
