/* SPDX-License-Identifier: MIT */
/* Being told of a peer's death at once (SES-15).  A message that the peer's queue will never take
 * waits there, held by the peer's node; so the end of that is the end of a call of this one. */
#include "mutants.h"
#include "session_state.h"

#include <string.h>

#define AGAIN UINT64_C(2000000000) /* nanoseconds; where the peer has no room for one more */

static enum uripc_status send(struct uripc_layers *layers, uint32_t index)
{
    const struct uripc__session *session = uripc__ses_at(layers, index);
    const uint32_t units = session->peer_units;
    const struct uripc_send_options options = {
        .size = sizeof options,
        .deadline = URIPC__NEVER,
        .expected = {.node = session->peer.node, .serial = session->peer_held}};
    char name[URIPC__LAYERS_HELD_NAME];
    unsigned char record[URIPC__RECORD_HEAD];
    if (units != URIPC__LAYERS_NAME)
        return URIPC_INVALID_NAME; /* not one of layers */
    memcpy(name, uripc__ses_peer_name(layers, index), units);
    memcpy(name + units, URIPC__HELD_SUFFIX, sizeof name - units);
    uripc__layers_head(record, URIPC__SES_HOLD);
    return uripc__layers_send(layers, URIPC__SES_PART, URIPC__SHARED, NULL,
                              (struct uripc_text){name, sizeof name}, record, sizeof record,
                              &options, session->id | URIPC__SES_HOLDS);
}

uint64_t uripc__ses_hold(struct uripc_layers *layers, uint32_t index)
{
    struct uripc__session *session = uripc__ses_at(layers, index);
    if (!session->notice || session->peer_held == 0 || session->holds ||
        URIPC_MUTANT(NOTICE_UNHEARD))
        return URIPC__NEVER;
    if (session->hold_at > layers->now)
        return session->hold_at;
    session->holds = send(layers, index) == URIPC_PENDING;
    session->hold_at = layers->now + AGAIN;
    return session->holds ? URIPC__NEVER : session->hold_at;
}

void uripc__ses_held(struct uripc_layers *layers, struct uripc__session *session,
                     enum uripc_status status)
{
    session->holds = false;
    session->hold_at = layers->now + AGAIN;
    if (status == URIPC_OK)
        session->notice = false; /* a carrier that does not say what became of it */
    uripc__ses_touch(layers, session);
}

void uripc__ses_let_go(struct uripc_layers *layers, struct uripc__session *session)
{
    if (session->holds && !URIPC_MUTANT(HOLD_KEPT))
        uripc__layers_withdraw(layers, URIPC__SES_PART, session->id | URIPC__SES_HOLDS);
    session->holds = session->notice = false;
}
