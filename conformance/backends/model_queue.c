/* SPDX-License-Identifier: MIT */
/* The target side of the model: a queue, what is blocked before it, and the posted receives.
 * A receive is posted only while there is no message for it, so receives and messages never wait
 * for each other at the end of a turn. */
#include <stdlib.h>
#include <string.h>

#include "model_parts.h"

/* An answer to `message`, if it wants one. */
static void answer(struct model_node *node, uint32_t peer, const struct uripc_frame *message,
                   enum uripc_status status)
{
    struct uripc_frame frame = {.kind = URIPC_FRAME_ANSWER,
                                .status = status,
                                .certainty = URIPC_DEFINITE,
                                .from = message->to,
                                .to = message->from,
                                .message_id = message->message_id};
    if (message->confirmed)
        (void)node->host->carry(node->self, peer, false, &frame); /* never refused */
}

static uint32_t unit_of(const struct model_call *call)
{
    return (call->flags & URIPC_UTF16) != 0 ? 2 : 1;
}

static uint64_t data_offset(const struct uripc_frame *message, uint32_t unit)
{
    uint64_t uris = (uint64_t)unit * (message->source.length + message->target.length);
    return (16 + uris + 7) / 8 * 8; /* RCV-13 */
}

static bool fits(const struct model_call *call, const struct uripc_frame *message)
{
    uint64_t total = data_offset(message, unit_of(call)) + message->data_bytes;
    return (call->flags & URIPC_DISCARD) != 0 || total <= call->buffer.size; /* RCV-7, RCV-8 */
}

static void write_units(unsigned char *at, struct uripc_text text, uint32_t unit)
{
    for (size_t i = 0; i < text.length; i++) {
        uint16_t wide = (unsigned char)text.at[i];
        if (unit == 2)
            memcpy(at + 2 * i, &wide, 2); /* RCV-14 */
        else
            at[i] = (unsigned char)text.at[i];
    }
}

/* RCV-12 */
static uint32_t write_message(struct model_node *node, const struct model_call *call,
                              const struct uripc_frame *message)
{
    uint32_t unit = unit_of(call);
    size_t at = (size_t)data_offset(message, unit);
    uint32_t total = (uint32_t)at + message->data_bytes;
    unsigned char *bytes = model_alloc(total);
    uint32_t header[4] = {(uint32_t)message->source.length, (uint32_t)message->target.length,
                          message->data_bytes, 0};
    memcpy(bytes, header, sizeof header);
    write_units(bytes + 16, message->source, unit);
    write_units(bytes + 16 + unit * message->source.length, message->target, unit);
    if (message->data_bytes > 0)
        memcpy(bytes + at, message->data, message->data_bytes);
    node->host->copy_out(node->self, call->buffer.id, 0, bytes, total);
    free(bytes);
    return total;
}

/* What a receive tells of a message, also of one that does not fit it (RCV-5, RCV-16). */
static void report(struct model_call *call, const struct uripc_frame *message)
{
    call->result.incarnation = message->from;
    call->result.message_id = message->message_id;
    call->result.principal = message->principal;
    call->result.source_units = (uint32_t)message->source.length;
    call->result.target_units = (uint32_t)message->target.length;
    call->result.data_bytes = message->data_bytes;
}

static void give(struct model_node *node, struct model_call *call,
                 const struct uripc_frame *message)
{
    report(call, message);
    if ((call->flags & URIPC_DISCARD) == 0)
        call->result.bytes = write_message(node, call, message);
    model_complete(node, call, URIPC_OK, URIPC_DEFINITE);
}

/* The receive that was posted first on this queue, through whichever handle (RCV-3). */
static struct model_call *first_receive(const struct model_node *node,
                                        const struct model_handle *home,
                                        const struct uripc_frame *that_fits)
{
    for (struct model_call *call = node->pending; call != NULL; call = call->next) {
        const struct model_handle *handle =
            call->result.call == URIPC_CALL_RECEIVE ? model_open(node, call->on) : NULL;
        if (handle != NULL && handle->home == home->serial &&
            (that_fits == NULL || fits(call, that_fits)))
            return call;
    }
    return NULL;
}

/* Gives a message to the first receive it fits; those posted before learn that it did not fit
 * them (RCV-5, RCV-6).  Without `must`, a message that fits none leaves them alone, because it
 * may yet be refused (SND-10). */
static bool offer(struct model_node *node, const struct model_handle *home,
                  const struct uripc_frame *message, bool must)
{
    struct model_call *taker = first_receive(node, home, message);
    struct model_call *call;
    while ((taker != NULL || must) && (call = first_receive(node, home, NULL)) != taker) {
        report(call, message);
        model_complete(node, call, URIPC_BUFFER_TOO_SMALL, URIPC_DEFINITE);
    }
    if (taker != NULL)
        give(node, taker, message);
    return taker != NULL;
}

static uint32_t queued_messages(const struct model_handle *home)
{
    uint32_t count = 0;
    for (const struct model_frame *at = home->queue; at != NULL; at = at->next)
        count++;
    return count;
}

static uint64_t queued_bytes(const struct model_handle *home)
{
    uint64_t sum = 0;
    for (const struct model_frame *at = home->queue; at != NULL; at = at->next)
        sum += at->frame.data_bytes;
    return sum;
}

static bool has_room(const struct model_handle *home, uint32_t bytes)
{
    const struct uripc_register_options *options = &home->options;
    return queued_messages(home) < options->queue_messages &&
           (options->queue_bytes == 0 || queued_bytes(home) + bytes <= options->queue_bytes);
}

/* After a message or a room came or went: blocked messages move in, in their order (SND-13), and
 * receives take what is first. */
static void move_on(struct model_node *node, struct model_handle *home)
{
    for (;;) {
        struct model_frame *first = home->blocked;
        if (first != NULL && has_room(home, first->frame.data_bytes)) {
            answer(node, first->peer, &first->frame, URIPC_OK);
            model_frame_append(&home->queue, model_frame_take(&home->blocked, first));
            continue;
        }
        /* SND-18: one larger than the whole queue can only be taken directly. */
        struct model_frame **list = home->queue != NULL ? &home->queue : &home->blocked;
        if (*list == NULL || !offer(node, home, &(*list)->frame, true))
            return;
        first = model_frame_take(list, *list);
        if (list == &home->blocked)
            answer(node, first->peer, &first->frame, URIPC_OK);
        free(first);
    }
}

static enum uripc_status store(struct model_node *node, struct model_frame **list, uint32_t peer,
                               const struct uripc_frame *message, enum uripc_status stored)
{
    if (!model_pool_has(node, message))
        return URIPC_FULL;
    model_frame_append(list, model_frame_copy(peer, message));
    return stored;
}

static enum uripc_status drop_oldest(struct model_node *node, struct model_handle *home,
                                     uint32_t peer, const struct uripc_frame *message)
{
    if (!model_pool_has(node, message))
        return URIPC_FULL;
    home->dropped++;
    if (home->options.queue_bytes != 0 && message->data_bytes > home->options.queue_bytes)
        return URIPC_OK; /* no dropping would make room for it */
    free(model_frame_take(&home->queue, home->queue));
    while (!has_room(home, message->data_bytes)) {
        free(model_frame_take(&home->queue, home->queue));
        home->dropped++;
    }
    return store(node, &home->queue, peer, message, URIPC_OK);
}

/* What becomes of a message at a full queue; `pending`: it is blocked. */
static enum uripc_status overflow(struct model_node *node, struct model_handle *home, uint32_t peer,
                                  const struct uripc_frame *message)
{
    switch (home->options.overflow) {
    case URIPC_REJECT:
        return URIPC_FULL; /* SND-12 */
    case URIPC_BLOCK:
        if (!message->confirmed)
            return URIPC_FULL; /* DLV-11: its sender does not wait */
        return (message->flags & URIPC_NOWAIT) != 0
                   ? URIPC_WOULD_BLOCK /* SND-15 */
                   : store(node, &home->blocked, peer, message, URIPC_PENDING);
    case URIPC_DROP_NEWEST:
        home->dropped++; /* SND-16 */
        return URIPC_OK;
    case URIPC_DROP_OLDEST:
        return drop_oldest(node, home, peer, message);
    }
    return URIPC_FULL;
}

static enum uripc_status take_in(struct model_node *node, struct model_handle *home, uint32_t peer,
                                 const struct uripc_frame *message)
{
    if (home->options.message_max != 0 && message->data_bytes > home->options.message_max)
        return URIPC_TOO_BIG; /* SND-8 */
    if (offer(node, home, message, false))
        return URIPC_OK; /* SND-18 */
    bool room = has_room(home, message->data_bytes) && home->blocked == NULL;
    return room ? store(node, &home->queue, peer, message, URIPC_OK)
                : overflow(node, home, peer, message); /* SND-11, SND-14, SND-17 */
}

void model_arrived(struct model_node *node, uint32_t peer, const struct uripc_frame *frame)
{
    struct model_handle *home = model_home(node, frame->to.serial);
    if (home == NULL) {
        answer(node, peer, frame, URIPC_PEER_GONE); /* LIF-13 */
        return;
    }
    enum uripc_status status = take_in(node, home, peer, frame);
    if (!frame->confirmed && status != URIPC_OK)
        home->dropped++; /* DLV-11, DLV-16 */
    if (status != URIPC_PENDING)
        answer(node, peer, frame, status);
    move_on(node, home);
}

void model_withdrawn(struct model_node *node, uint32_t peer, const struct uripc_frame *frame)
{
    struct model_handle *home = model_home(node, frame->to.serial);
    struct model_frame *at = home == NULL ? NULL : home->blocked;
    while (at != NULL && (at->peer != peer || at->frame.message_id != frame->message_id ||
                          !model_lives_equal(at->frame.from, frame->from)))
        at = at->next;
    if (at != NULL) { /* CMP-9 */
        answer(node, peer, &at->frame, URIPC_ABORTED);
        free(model_frame_take(&home->blocked, at));
        move_on(node, home);
    }
}

void model_queue_end(struct model_node *node, struct model_handle *home)
{
    for (const struct model_frame *at = home->blocked; at != NULL; at = at->next)
        answer(node, at->peer, &at->frame, URIPC_PEER_GONE); /* LIF-8 */
    model_frames_free(&home->blocked);
    model_frames_free(&home->queue); /* LIF-6 */
}

enum uripc_status model_receive(struct uripc_node *opaque, struct uripc_handle handle,
                                struct uripc_buffer buffer,
                                const struct uripc_receive_options *options, uint64_t overlapped)
{
    struct model_node *node = model_own(opaque);
    const struct model_handle *on = model_open(node, handle.id);
    if (on == NULL)
        return URIPC_INVALID_HANDLE;
    struct uripc_receive_options known;
    uint32_t flags = URIPC_NOWAIT | URIPC_UTF16 | URIPC_DISCARD;
    if (!model_options(&known, sizeof known, options == NULL ? NULL : &options->size) ||
        (known.flags & ~flags) != 0 || overlapped == 0)
        return URIPC_INVALID_ARGUMENT;
    enum uripc_status status = model_admit(node, overlapped);
    if (status != URIPC_PENDING)
        return status;
    struct model_call *call =
        model_start(node, URIPC_CALL_RECEIVE, on->serial, overlapped, known.deadline);
    call->buffer = buffer;
    call->flags = known.flags;
    move_on(node, model_home(node, on->home));
    for (struct model_call *at = node->pending; at != NULL; at = at->next) {
        if (at == call && (known.flags & URIPC_NOWAIT) != 0) { /* RCV-9 */
            model_complete(node, call, URIPC_TIMEOUT, URIPC_DEFINITE);
            break;
        }
    }
    model_settle(node);
    return URIPC_PENDING;
}
