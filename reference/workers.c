/* SPDX-License-Identifier: MIT */
#include "workers.h"

#include "calls.h"
#include "inbox.h"
#include "ports.h"
#include "store.h"

/* ---- answers ---- */

static void tell(struct uripc_node *node, uint32_t peer, struct uripc_incarnation worker,
                 uint64_t take, enum uripc_status status)
{
    struct uripc_frame given = {
        .kind = URIPC_FRAME_GIVEN, .status = status, .to = worker, .take = take};
    uripc__port_carry(node, peer, 0, &given);
}

void uripc__worker_told(struct uripc_node *node, uint32_t slot, enum uripc_status status)
{
    struct uripc__call take = *uripc__call(node, slot);
    uripc__call_drop(node, slot);
    if (status == URIPC_ABORTED && URIPC_MUTANT(HOME_LEFT_ALONE))
        return;
    tell(node, take.peer, take.sent_to, take.buffer, status);
}

/* The message as it goes to the worker: whole, or only its lengths. */
static struct uripc_frame given_frame(struct uripc_node *node, const struct uripc__call *take,
                                      _Bool fits, const struct uripc_frame *message)
{
    struct uripc_frame given = *message;
    given.kind = URIPC_FRAME_GIVEN;
    given.status = fits ? URIPC_OK : URIPC_BUFFER_TOO_SMALL;
    given.confirmed = 0;
    given.to = take->sent_to;
    given.take = take->buffer;
    given.home = (struct uripc_incarnation){
        .node = node->identity, .serial = uripc__registration(node, take->registration)->id};
    if (URIPC_MUTANT(GIVEN_FROM_HOME))
        given.from = given.home;
    if (!fits) {
        given.size = message->data_bytes;
        given.data_bytes = 0;
    }
    return given;
}

_Bool uripc__worker_give(struct uripc_node *node, uint32_t slot, _Bool fits,
                         const struct uripc_frame *message, uint32_t offset)
{
    struct uripc__call *take = uripc__call(node, slot);
    struct uripc_frame given = given_frame(node, take, fits, message);
    if (fits && uripc__port_carry(node, take->peer, 0, &given) == URIPC_OK) {
        take->phase = URIPC__GIVEN;
        take->message = offset;
        return 1;
    }
    given = given_frame(node, take, 0, message); /* nor does what the carrier can never take */
    uint32_t peer = take->peer;
    uripc__call_drop(node, slot);
    uripc__port_carry(node, peer, 0, &given);
    return 0;
}

/* ---- what workers ask ---- */

static uint32_t find(struct uripc_node *node, uint32_t home, uint32_t peer, uint64_t id)
{
    uint32_t slot = uripc__registration(node, home)->calls.head;
    for (; slot != URIPC__NONE; slot = uripc__call(node, slot)->calls.after) {
        const struct uripc__call *call = uripc__call(node, slot);
        if (call->foreign && call->peer == peer && call->buffer == id)
            return slot;
    }
    return URIPC__NONE;
}

void uripc__worker_asks(struct uripc_node *node, uint32_t home, uint32_t peer,
                        const struct uripc_frame *frame)
{
    _Bool shared = home != URIPC__NONE &&
                   uripc__registration(node, home)->options.kind == URIPC_SHARED &&
                   uripc__registration(node, home)->home == home;
    if (shared && find(node, home, peer, frame->message_id) != URIPC__NONE &&
        !URIPC_MUTANT(TAKES_REPEATED))
        return;                                                  /* it came again */
    if (!shared || node->in_flight == node->limits.operations) { /* DSP-12 */
        if (shared && URIPC_MUTANT(BEYOND_LIMIT_UNTOLD))
            return;
        tell(node, peer, frame->from, frame->message_id,
             shared ? URIPC_NO_RESOURCES : URIPC_ABORTED);
        return;
    }
    uint32_t slot = uripc__call_start(
        node, &(struct uripc__start){.call = URIPC_CALL_RECEIVE, .registration = home});
    struct uripc__call *call = uripc__call(node, slot);
    call->foreign = 1;
    call->phase = URIPC__JOINED;
    call->buffer = frame->message_id;
    call->sent_to = frame->from;
    call->peer = peer;
    call->flags = frame->flags;
    call->buffer_size = frame->size;
    if (frame->kind == URIPC_FRAME_JOIN)
        tell(node, peer, frame->from, frame->message_id, URIPC_OK);
    else
        uripc__inbox_receive(node, home, slot);
}

_Bool uripc__worker_leaves(struct uripc_node *node, uint32_t home, uint32_t peer,
                           const struct uripc_frame *frame)
{
    uint32_t slot = find(node, home, peer, frame->message_id);
    if (slot == URIPC__NONE)
        return 0;
    struct uripc__call *call = uripc__call(node, slot);
    if (call->phase == URIPC__RECEIVING)
        uripc__queue_remove(node, &uripc__registration(node, home)->receives, slot);
    if (call->phase == URIPC__JOINED && URIPC_MUTANT(LEAVING_UNHEARD))
        return 1;
    if (call->phase != URIPC__GIVEN) /* else the worker says what became of the message */
        uripc__call_drop(node, slot);
    return 1;
}

/* ---- what becomes of messages ---- */

static void finish(struct uripc_node *node, uint32_t home, uint32_t slot, _Bool taken)
{
    uint32_t offset = uripc__call(node, slot)->message;
    uripc__call_drop(node, slot);
    if (taken)
        uripc__store_drop(node, offset);
    else
        uripc__inbox_return(node, home, offset);
}

/* A carrier may repeat what it carries: a take that comes again is given another message, and what
 * the worker has said of the first is not said of that one. */
static _Bool is_about(struct uripc_node *node, uint32_t slot, const struct uripc_frame *taken)
{
    struct uripc_frame given = uripc__store_frame(node, uripc__call(node, slot)->message);
    return taken->message_id == 0 || URIPC_MUTANT(TAKEN_IS_ANY) ||
           (taken->from.node == given.from.node && taken->message_id == given.message_id);
}

void uripc__worker_took(struct uripc_node *node, uint32_t home, uint32_t peer,
                        const struct uripc_frame *frame)
{
    uint32_t slot = find(node, home, peer, frame->take);
    if (slot != URIPC__NONE && uripc__call(node, slot)->phase == URIPC__GIVEN &&
        is_about(node, slot, frame))
        finish(node, home, slot, frame->status == URIPC_OK);
}

/* The first join or take of a peer; `given`: that has a message, else one that has none. */
static uint32_t next_of(struct uripc_node *node, uint32_t home, uint32_t peer, _Bool given)
{
    uint32_t slot = uripc__registration(node, home)->calls.head;
    for (; slot != URIPC__NONE; slot = uripc__call(node, slot)->calls.after) {
        const struct uripc__call *call = uripc__call(node, slot);
        if (call->foreign && call->peer == peer && (call->phase == URIPC__GIVEN) == given)
            break;
    }
    return slot;
}

void uripc__workers_down(struct uripc_node *node, uint32_t peer)
{
    uint32_t slot;
    for (uint32_t home = 0; home < node->registrations_used; home++) {
        struct uripc__registration *registration = uripc__registration(node, home);
        if (registration->state != URIPC__OPEN)
            continue;
        while ((slot = next_of(node, home, peer, 0)) != URIPC__NONE) {
            if (uripc__call(node, slot)->phase == URIPC__RECEIVING)
                uripc__queue_remove(node, &registration->receives, slot);
            uripc__call_drop(node, slot);
        }
        while ((slot = next_of(node, home, peer, 1)) != URIPC__NONE)
            finish(node, home, slot, URIPC_MUTANT(DIES_WITH_WORKER)); /* DSP-9 */
    }
}
