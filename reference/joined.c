/* SPDX-License-Identifier: MIT */
#include "joined.h"

#include "calls.h"
#include "inbox.h"
#include "ports.h"
#include "registration.h"
#include "send.h"

/* ---- asking ---- */

static enum uripc_status ask(struct uripc_node *node, uint32_t slot, enum uripc_frame_kind kind,
                             uint64_t id, const struct uripc__call *receive)
{
    const struct uripc__registration *registration = uripc__registration(node, slot);
    struct uripc_frame frame = {
        .kind = kind,
        .flags = receive != NULL ? receive->flags : 0,
        .size = receive != NULL ? receive->buffer_size : 0,
        .from = {.node = node->identity, .serial = registration->id},
        .to = registration->queue,
        .message_id = id,
    };
    return uripc__port_carry(node, registration->queue_peer, 0, &frame);
}

void uripc__joined_ask(struct uripc_node *node, uint32_t slot, uint32_t peer,
                       struct uripc_incarnation home)
{
    struct uripc__registration *registration = uripc__registration(node, slot);
    registration->queue = home;
    registration->queue_peer = peer;
    registration->join = uripc__message_id_next(node);
    enum uripc_status status = ask(node, slot, URIPC_FRAME_JOIN, registration->join, NULL);
    if (status != URIPC_OK)
        uripc__registration_joined(node, slot, status);
}

void uripc__joined_receive(struct uripc_node *node, uint32_t slot, uint32_t receive)
{
    struct uripc__call *call = uripc__call(node, receive);
    call->peer = uripc__registration(node, slot)->queue_peer;
    call->result.message_id = uripc__message_id_next(node);
    uripc__call_sent(node, receive, URIPC__TAKING);
    ask(node, slot, URIPC_FRAME_TAKE, call->result.message_id, call);
}

void uripc__joined_leave(struct uripc_node *node, uint32_t slot, uint64_t id)
{
    if (uripc__registration(node, slot)->queue.node != 0)
        ask(node, slot, URIPC_FRAME_WITHDRAW, id, NULL);
}

/* ---- answers ---- */

static void answer(struct uripc_node *node, uint32_t peer, const struct uripc_frame *given,
                   _Bool taken)
{
    struct uripc_frame frame = {
        .kind = URIPC_FRAME_TAKEN,
        .status = taken ? URIPC_OK : URIPC_ABORTED,
        .from = given->from,
        .to = given->home,
        .message_id = given->message_id,
        .take = given->take,
    };
    uripc__port_carry(node, peer, 0, &frame);
}

static uint32_t find_join(struct uripc_node *node, uint32_t peer, uint64_t join)
{
    for (uint32_t slot = 0; slot < node->registrations_used; slot++) {
        const struct uripc__registration *at = uripc__registration(node, slot);
        if (at->state != URIPC__VACANT && at->queue.node != 0 && at->queue_peer == peer &&
            at->join == join)
            return slot;
    }
    return URIPC__NONE;
}

/* RCV-5: nothing of the message but its lengths, and who sent it. */
static void tell_lengths(struct uripc__call *call, const struct uripc_frame *frame)
{
    call->result.source_units = (uint32_t)frame->source.length;
    call->result.target_units = (uint32_t)frame->target.length;
    call->result.data_bytes = frame->size;
    call->result.incarnation = frame->from;
    call->result.message_id = frame->message_id;
    call->result.principal = frame->principal;
}

void uripc__joined_given(struct uripc_node *node, uint32_t peer, const struct uripc_frame *frame)
{
    uint32_t registration = find_join(node, peer, frame->take);
    if (registration != URIPC__NONE) {
        uripc__registration_joined(node, registration, frame->status);
        return;
    }
    uint32_t slot = uripc__call_find_sent(node, frame->take);
    struct uripc__call *call = slot != URIPC__NONE ? uripc__call(node, slot) : NULL;
    _Bool empty = frame->status == URIPC_OK && frame->source.length == 0; /* no home gives that */
    if (call == NULL || call->phase != URIPC__TAKING || call->peer != peer || empty) {
        if (frame->status == URIPC_OK) /* DSP-8: cancelled, timed out or closed meanwhile */
            answer(node, peer, frame, URIPC_MUTANT(CANCEL_KEEPS_MESSAGE));
        return;
    }
    uripc__call_taken(node, slot);
    if (frame->status == URIPC_OK) {
        answer(node, peer, frame, uripc__inbox_take(node, slot, frame));
        return;
    }
    if (frame->status == URIPC_BUFFER_TOO_SMALL)
        tell_lengths(call, frame);
    uripc__call_complete(node, slot, frame->status, URIPC_DEFINITE);
}

void uripc__joined_home_down(struct uripc_node *node, uint32_t peer)
{
    for (uint32_t slot = 0; slot < node->registrations_used; slot++) {
        const struct uripc__registration *at = uripc__registration(node, slot);
        if (at->state != URIPC__VACANT && at->queue.node != 0 && at->queue_peer == peer)
            uripc__registration_joined(node, slot, URIPC_ABORTED);
    }
}
