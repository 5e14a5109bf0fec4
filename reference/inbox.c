/* SPDX-License-Identifier: MIT */
#include "inbox.h"

#include <assert.h>

#include <uripc/message.h>

#include "calls.h"
#include "workers.h"
#include "ports.h"
#include "store.h"

void uripc__inbox_answer(struct uripc_node *node, uint64_t serial, uint32_t peer,
                         const struct uripc_frame *message, enum uripc_status status)
{
    if (!message->confirmed)
        return;
    struct uripc_frame answer = {
        .kind = URIPC_FRAME_ANSWER,
        .status = status,
        .certainty = URIPC_DEFINITE,
        .from = {.node = node->identity, .serial = serial},
        .to = message->from,
        .message_id = message->message_id,
    };
    uripc__port_carry(node, peer, 0, &answer);
}

static void answer_stored(struct uripc_node *node, uint32_t home, uint32_t offset,
                          enum uripc_status status)
{
    struct uripc_frame frame = uripc__store_frame(node, offset);
    uripc__inbox_answer(node, uripc__registration(node, home)->id,
                        uripc__message(node, offset)->peer, &frame, status);
}

/* ---- writing a message into the caller's buffer (RCV-12) ---- */

static void write_units(struct uripc_node *node, uint64_t buffer, size_t offset,
                        struct uripc_text text, unsigned unit)
{
    uint16_t wide[64];
    if (unit == 1) {
        uripc__port_copy_out(node, buffer, (uint32_t)offset, text.at, (uint32_t)text.length);
        return;
    }
    for (size_t done = 0; done < text.length;) {
        size_t count = 0;
        for (; count < 64 && done + count < text.length; count++)
            wide[count] = (unsigned char)text.at[done + count];
        uripc__port_copy_out(node, buffer, (uint32_t)(offset + done * 2), wide,
                             (uint32_t)(count * 2));
        done += count;
    }
}

static unsigned unit_of(const struct uripc__call *call)
{
    return call->flags & URIPC_UTF16 && !URIPC_MUTANT(NEVER_WIDE) ? 2 : 1;
}

static void write_message(struct uripc_node *node, const struct uripc__call *call,
                          const struct uripc_frame *frame, const struct uripc_message_parts *parts)
{
    static const char zeros[8] = {0};
    unsigned unit = unit_of(call);
    struct uripc_message header = {
        .source_units = (uint32_t)frame->source.length * (URIPC_MUTANT(WIDE_LENGTHS) ? unit : 1),
        .target_units = (uint32_t)frame->target.length,
        .data_bytes = frame->data_bytes,
        .reserved = URIPC_MUTANT(RESERVED_NOISE) ? 1 : 0,
    };
    size_t end = parts->target + frame->target.length * unit;
    uripc__port_copy_out(node, call->buffer, 0, &header, sizeof header);
    write_units(node, call->buffer, parts->source, frame->source, unit);
    write_units(node, call->buffer, parts->target, frame->target, unit);
    uripc__port_copy_out(node, call->buffer, (uint32_t)end, zeros, (uint32_t)(parts->data - end));
    if (frame->data_bytes != 0)
        uripc__port_copy_out(node, call->buffer, (uint32_t)parts->data, frame->data,
                             frame->data_bytes);
}

/* ---- giving a message to a receive ---- */

static void report_source(struct uripc_completion *result, const struct uripc_frame *frame)
{
    result->source_units = (uint32_t)frame->source.length;
    result->target_units = (uint32_t)frame->target.length;
    result->data_bytes = frame->data_bytes;
    result->incarnation = frame->from;
    result->incarnation.serial += URIPC_MUTANT(WRONG_LIFE) ? 1 : 0;
    result->message_id = frame->message_id - (URIPC_MUTANT(NEIGHBOURS_ID) ? 1 : 0);
    result->principal = frame->principal;
    if (URIPC_MUTANT(MESSAGE_SAYS_WHO) && frame->data_bytes != 0)
        result->principal = *(const unsigned char *)frame->data;
}

/* Whether a receive can take a message; if it copies, *parts says where to. */
static _Bool fits(const struct uripc__call *call, const struct uripc_frame *frame,
                  struct uripc_message_parts *parts)
{
    struct uripc_message lengths = {
        .source_units = (uint32_t)frame->source.length,
        .target_units = (uint32_t)frame->target.length,
        .data_bytes = frame->data_bytes,
    };
    return call->flags & URIPC_DISCARD ||
           (uripc_message_layout(&lengths, unit_of(call), parts) &&
            parts->total + (URIPC_MUTANT(EXACT_IS_SHORT) ? 1 : 0) <= call->buffer_size);
}

/* Completes a receive with a message, or gives it, at `offset` in the pool, to a worker elsewhere.
 * Returns false if it was too short for it (RCV-5). */
static _Bool take(struct uripc_node *node, uint32_t slot, const struct uripc_frame *frame,
                  uint32_t offset)
{
    struct uripc__call *call = uripc__call(node, slot);
    struct uripc_message_parts parts = {0};
    _Bool fitting = fits(call, frame, &parts);
    if (call->foreign)
        return uripc__worker_give(node, slot, fitting, frame, offset);
    report_source(&call->result, frame);
    if (!fitting) {
        _Bool taken = URIPC_MUTANT(SHORT_CONSUMES) ||
                      (URIPC_MUTANT(LAST_MOMENT_TAKEN) && call->deadline == node->now);
        uripc__call_complete(node, slot, URIPC_BUFFER_TOO_SMALL, URIPC_DEFINITE);
        return taken;
    }
    if (!(call->flags & URIPC_DISCARD)) { /* RCV-8 */
        write_message(node, call, frame, &parts);
        call->result.bytes = URIPC_MUTANT(BYTES_WITHOUT_HEADER) ? frame->data_bytes
                                                                : (uint32_t)parts.total; /* RCV-2 */
    }
    uripc__call_complete(node, slot, URIPC_OK, URIPC_DEFINITE);
    return 1;
}

_Bool uripc__inbox_take(struct uripc_node *node, uint32_t receive, const struct uripc_frame *frame)
{
    return take(node, receive, frame, 0);
}

/* The receive whose turn it is (RCV-3, DSP-6). */
static uint32_t first_receive(struct uripc_node *node, const struct uripc__list *receives)
{
    uint32_t slot = URIPC_MUTANT(RECEIVES_REVERSED) ? receives->tail : receives->head;
    while (URIPC_MUTANT(HOME_FIRST) && uripc__call(node, slot)->foreign) {
        uint32_t after = uripc__call(node, slot)->queue.after;
        if (after == URIPC__NONE)
            return receives->head;
        slot = after;
    }
    return slot;
}

/* Offers a message, at `offset` in the pool or 0, to the posted receives in turn (RCV-3, RCV-6). */
static _Bool offer(struct uripc_node *node, uint32_t home, const struct uripc_frame *frame,
                   uint32_t offset)
{
    struct uripc__list *receives = &uripc__registration(node, home)->receives;
    while (receives->head != URIPC__NONE) {
        uint32_t slot = first_receive(node, receives);
        _Bool waiter = uripc__call(node, slot)->buffer_size == 0;
        uripc__queue_remove(node, receives, slot);
        if (take(node, slot, frame, offset))
            return 1;
        if (URIPC_MUTANT(FIRST_RECEIVE_ONLY) || (URIPC_MUTANT(ONE_WAITER_TOLD) && waiter))
            break;
    }
    return 0;
}

/* The first posted receive that can take a message, or NONE. */
static uint32_t wanted_by(struct uripc_node *node, const struct uripc__registration *home,
                          const struct uripc_frame *frame)
{
    struct uripc_message_parts parts;
    uint32_t slot = home->receives.head;
    while (slot != URIPC__NONE && !fits(uripc__call(node, slot), frame, &parts))
        slot = uripc__call(node, slot)->queue.after;
    return slot;
}

/* ---- queueing ---- */

static _Bool has_room(const struct uripc__registration *home, uint32_t data_bytes)
{
    const struct uripc_register_options *options = &home->options;
    uint32_t messages = home->inbox.messages + (URIPC_MUTANT(QUEUE_ONE_SHORT) ? 1 : 0);
    return messages < options->queue_messages && /* SND-11 */
           (options->queue_bytes == 0 || URIPC_MUTANT(BYTES_UNLIMITED) ||
            home->inbox.bytes + data_bytes <= options->queue_bytes); /* SND-17 */
}

/* Lets blocked sends in, first come first served, as far as there is room (SND-13). */
static void admit(struct uripc_node *node, uint32_t slot)
{
    struct uripc__registration *home = uripc__registration(node, slot);
    while (home->blocked.head != 0 && !URIPC_MUTANT(BLOCKED_FOREVER) &&
           has_room(home, uripc__message(node, home->blocked.head)->data_bytes)) {
        uint32_t offset = uripc__store_shift(node, &home->blocked);
        uripc__store_append(node, &home->inbox, offset);
        answer_stored(node, slot, offset, URIPC_OK);
    }
}

static enum uripc_status put(struct uripc_node *node, struct uripc__queue *queue, uint32_t peer,
                             const struct uripc_frame *frame)
{
    uint32_t offset = uripc__store_put(node, peer, frame);
    if (offset == 0) /* SND-23 */
        return URIPC_MUTANT(NO_MEMORY_SAYS_OK) ? URIPC_OK : URIPC_FULL;
    uripc__store_append(node, queue, offset);
    return URIPC_OK;
}

static enum uripc_status block(struct uripc_node *node, struct uripc__registration *home,
                               uint32_t peer, const struct uripc_frame *frame)
{
    if (!frame->confirmed) /* DLV-11 */
        return URIPC_FULL;
    if (frame->flags & URIPC_NOWAIT && !URIPC_MUTANT(NOWAIT_WAITS)) /* SND-15 */
        return URIPC_WOULD_BLOCK;
    enum uripc_status status = put(node, &home->blocked, peer, frame);
    return status == URIPC_OK ? URIPC_PENDING : status;
}

/* Makes room by dropping the oldest; a message that never fits is dropped itself (SND-16). */
static enum uripc_status drop_oldest(struct uripc_node *node, struct uripc__registration *home,
                                     uint32_t peer, const struct uripc_frame *frame)
{
    if (home->options.queue_bytes != 0 && frame->data_bytes > home->options.queue_bytes) {
        home->dropped++;
        return URIPC_OK;
    }
    uint32_t offset = uripc__store_put(node, peer, frame);
    if (offset == 0) /* SND-23 */
        return URIPC_MUTANT(NO_MEMORY_SAYS_OK) ? URIPC_OK : URIPC_FULL;
    while (!has_room(home, frame->data_bytes)) {
        uripc__store_drop(node, uripc__store_shift(node, &home->inbox));
        home->dropped++;
    }
    uripc__store_append(node, &home->inbox, offset);
    return URIPC_OK;
}

/* What becomes of a message that finds the queue full; pending: it is blocked. */
static enum uripc_status overflow(struct uripc_node *node, struct uripc__registration *home,
                                  uint32_t peer, const struct uripc_frame *frame)
{
    switch (home->options.overflow) {
    case URIPC_REJECT:
        return URIPC_MUTANT(FULL_SAYS_OK) ? URIPC_OK : URIPC_FULL; /* SND-12 */
    case URIPC_BLOCK:
        return block(node, home, peer, frame);
    case URIPC_DROP_NEWEST:
        home->dropped += URIPC_MUTANT(DROPS_UNCOUNTED) ? 0 : 1;
        return URIPC_OK;
    case URIPC_DROP_OLDEST:
        return drop_oldest(node, home, peer, frame);
    }
    return URIPC_FULL;
}

static enum uripc_status enqueue(struct uripc_node *node, struct uripc__registration *home,
                                 uint32_t peer, const struct uripc_frame *frame)
{
    if ((home->blocked.head == 0 || URIPC_MUTANT(SMALL_OVERTAKES)) &&
        has_room(home, frame->data_bytes)) /* SND-14 */
        return put(node, &home->inbox, peer, frame);
    return overflow(node, home, peer, frame);
}

/* A message that a posted receive is there for.  What goes to a worker elsewhere is kept until that
 * has it. */
static enum uripc_status hand_over(struct uripc_node *node, uint32_t slot, uint32_t receive,
                                   uint32_t peer, const struct uripc_frame *frame)
{
    uint32_t offset = 0;
    if (uripc__call(node, receive)->foreign) {
        offset = uripc__store_put(node, peer, frame);
        if (offset == 0) /* SND-23 */
            return URIPC_FULL;
    }
    if (URIPC_MUTANT(DEMAND_HIDDEN)) {
        uripc__queue_remove(node, &uripc__registration(node, slot)->receives, receive);
        take(node, receive, frame, offset);
    } else if (!offer(node, slot, frame, offset) && offset != 0) {
        uripc__store_append(node, &uripc__registration(node, slot)->inbox, offset);
    }
    return URIPC_OK;
}

static enum uripc_status accept(struct uripc_node *node, uint32_t slot, uint32_t peer,
                                const struct uripc_frame *frame)
{
    struct uripc__registration *home = uripc__registration(node, slot);
    uint32_t limit = home->options.message_max;
    if (URIPC_MUTANT(LIMIT_ONE_MORE) && limit != 0)
        limit++;
    if (URIPC_MUTANT(ANY_SIZE_UNCONFIRMED) && !frame->confirmed)
        limit = 0;
    if (limit != 0 && frame->data_bytes > limit) /* SND-8 */
        return URIPC_TOO_BIG;
    if (frame->data == NULL && frame->data_bytes != 0) /* SND-23 */
        return URIPC_FULL;
    uint32_t receive = wanted_by(node, home, frame);
    if (receive != URIPC__NONE) /* SND-18 */
        return hand_over(node, slot, receive, peer, frame);
    enum uripc_status status = enqueue(node, home, peer, frame);
    if (home->inbox.head == 0 && home->blocked.head == 0)
        return status;
    /* It stays first, and those who were waiting are told (RCV-5). */
    if (!URIPC_MUTANT(DEMAND_UNTOLD) && offer(node, slot, frame, 0) &&
        URIPC_MUTANT(LAST_MOMENT_TAKEN))
        uripc__store_drop(node, uripc__store_shift(node, &home->inbox));
    return status;
}

void uripc__inbox_arrive(struct uripc_node *node, uint32_t slot, uint32_t peer,
                         const struct uripc_frame *frame)
{
    struct uripc__registration *home = uripc__registration(node, slot);
    enum uripc_status status = accept(node, slot, peer, frame);
    if (status == URIPC_PENDING)
        return;
    if (URIPC_MUTANT(REFUSED_BUT_KEPT) && status == URIPC_FULL)
        put(node, &home->inbox, peer, frame);
    if (status != URIPC_OK && !frame->confirmed && !URIPC_MUTANT(MEMBER_LOSS_UNCOUNTED))
        home->dropped++; /* DLV-11, DLV-16 */
    uripc__inbox_answer(node, home->id, peer, frame, status);
}

void uripc__inbox_receive(struct uripc_node *node, uint32_t slot, uint32_t receive)
{
    struct uripc__registration *home = uripc__registration(node, slot);
    struct uripc__queue *queue = home->inbox.head != 0 ? &home->inbox : &home->blocked;
    struct uripc__call *call = uripc__call(node, receive);
    if (queue->head == 0 || (URIPC_MUTANT(DEMAND_BY_EDGE) && call->buffer_size == 0)) {
        if (call->flags & URIPC_NOWAIT && !URIPC_MUTANT(HASTY_RECEIVE_WAITS)) { /* RCV-9 */
            uripc__call_complete(node, receive, URIPC_TIMEOUT, URIPC_DEFINITE);
            return;
        }
        call->phase = URIPC__RECEIVING;
        uripc__queue_append(node, &home->receives, receive);
        return;
    }
    assert(home->receives.head == URIPC__NONE || URIPC_MUTANT(DEMAND_UNTOLD) ||
           URIPC_MUTANT(DEMAND_BY_EDGE));
    struct uripc_frame frame = uripc__store_frame(node, queue->head);
    _Bool foreign = call->foreign;
    if (!take(node, receive, &frame, queue->head))
        return;
    uint32_t offset = uripc__store_shift(node, queue);
    if (queue == &home->blocked)
        answer_stored(node, slot, offset, URIPC_OK);
    if (!foreign)
        uripc__store_drop(node, offset);
    admit(node, slot);
}

void uripc__inbox_return(struct uripc_node *node, uint32_t slot, uint32_t offset)
{
    struct uripc__registration *home = uripc__registration(node, slot);
    uripc__store_return(node, &home->inbox, offset);
    while (home->inbox.head != 0 && home->receives.head != URIPC__NONE) {
        struct uripc_frame frame = uripc__store_frame(node, home->inbox.head);
        uint32_t receive = wanted_by(node, home, &frame);
        _Bool foreign = receive != URIPC__NONE && uripc__call(node, receive)->foreign;
        if (!offer(node, slot, &frame, home->inbox.head))
            break;
        uint32_t first = uripc__store_shift(node, &home->inbox);
        if (!foreign)
            uripc__store_drop(node, first);
    }
}

void uripc__inbox_withdraw(struct uripc_node *node, uint32_t slot, const struct uripc_frame *frame)
{
    struct uripc__registration *home = uripc__registration(node, slot);
    uint32_t offset = uripc__store_take(node, &home->blocked, frame->from.node, frame->message_id);
    if (offset == 0)
        return;
    answer_stored(node, slot, offset, URIPC_ABORTED); /* CMP-9 */
    if (URIPC_MUTANT(ABORTED_BUT_SENT))
        uripc__store_append(node, &home->inbox, offset);
    else
        uripc__store_drop(node, offset);
    admit(node, slot);
}

void uripc__inbox_end(struct uripc_node *node, uint32_t slot)
{
    struct uripc__registration *home = uripc__registration(node, slot);
    uint32_t offset;
    while ((offset = uripc__store_shift(node, &home->blocked)) != 0) {
        if (!URIPC_MUTANT(BLOCKED_FORGOTTEN))
            answer_stored(node, slot, offset, URIPC_PEER_GONE); /* LIF-8 */
        uripc__store_drop(node, offset);
    }
    while (!URIPC_MUTANT(QUEUE_INHERITED) &&
           (offset = uripc__store_shift(node, &home->inbox)) != 0) /* LIF-6 */
        uripc__store_drop(node, offset);
}
