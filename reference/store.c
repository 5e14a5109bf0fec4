/* SPDX-License-Identifier: MIT */
#include "store.h"

#include <string.h>

static uint64_t stored_bytes(size_t source_units, size_t target_units, uint32_t data_bytes)
{
    return sizeof(struct uripc__message) + (uint64_t)source_units + target_units + data_bytes;
}

_Bool uripc__store_can_hold(const struct uripc_node *node, size_t source_units, size_t target_units,
                            uint32_t data_bytes)
{
    return uripc__pool_can_hold(&node->pool, stored_bytes(source_units, target_units, data_bytes));
}

uint32_t uripc__store_put(struct uripc_node *node, uint32_t peer, const struct uripc_frame *frame)
{
    uint64_t bytes = stored_bytes(frame->source.length, frame->target.length, frame->data_bytes);
    if (bytes > node->pool.size)
        return 0;
    uint32_t offset =
        uripc__pool_take(&node->pool, uripc__at(node, node->at_pool), (uint32_t)bytes);
    if (offset == 0)
        return 0;
    struct uripc__message *message = uripc__message(node, offset);
    *message = (struct uripc__message){
        .id = frame->message_id,
        .principal = frame->principal,
        .from = frame->from,
        .peer = peer,
        .flags = frame->flags,
        .source_units = (uint32_t)frame->source.length,
        .target_units = (uint32_t)frame->target.length,
        .data_bytes = frame->data_bytes,
        .name_units = (uint16_t)frame->name_units,
        .confirmed = frame->confirmed,
        .place = ++node->places,
    };
    char *text = uripc__message_text(message);
    memcpy(text, frame->source.at, frame->source.length);
    memcpy(text + frame->source.length, frame->target.at, frame->target.length);
    if (frame->data_bytes != 0)
        memcpy(text + frame->source.length + frame->target.length, frame->data, frame->data_bytes);
    return offset;
}

struct uripc_frame uripc__store_frame(struct uripc_node *node, uint32_t offset)
{
    struct uripc__message *message = uripc__message(node, offset);
    char *text = uripc__message_text(message);
    return (struct uripc_frame){
        .kind = URIPC_FRAME_MESSAGE,
        .flags = message->flags,
        .confirmed = message->confirmed,
        .from = message->from,
        .message_id = message->id,
        .principal = message->principal,
        .source = {.at = text, .length = message->source_units},
        .target = {.at = text + message->source_units, .length = message->target_units},
        .data = text + message->source_units + message->target_units,
        .data_bytes = message->data_bytes,
        .name_units = message->name_units,
    };
}

void uripc__store_drop(struct uripc_node *node, uint32_t offset)
{
    uripc__pool_give(&node->pool, uripc__at(node, node->at_pool), offset);
}

void uripc__store_append(struct uripc_node *node, struct uripc__queue *queue, uint32_t offset)
{
    struct uripc__message *message = uripc__message(node, offset);
    message->next = 0;
    if (URIPC_MUTANT(EMPTY_VANISHES) && message->data_bytes == 0)
        return;
    if (URIPC_MUTANT(LAST_FIRST) && queue->messages >= 2) {
        message->next = queue->head;
        queue->head = offset;
        queue->messages++;
        queue->bytes += message->data_bytes;
        return;
    }
    if (queue->head == 0)
        queue->head = offset;
    else
        uripc__message(node, queue->tail)->next = offset;
    queue->tail = offset;
    queue->messages++;
    queue->bytes += message->data_bytes;
}

void uripc__store_return(struct uripc_node *node, struct uripc__queue *queue, uint32_t offset)
{
    struct uripc__message *message = uripc__message(node, offset);
    uint32_t before = 0;
    uint32_t after = queue->head;
    while (after != 0 && (URIPC_MUTANT(RETURNED_LAST) ||
                          (int32_t)(uripc__message(node, after)->place - message->place) < 0)) {
        before = after;
        after = uripc__message(node, after)->next;
    }
    message->next = after;
    if (before == 0)
        queue->head = offset;
    else
        uripc__message(node, before)->next = offset;
    if (after == 0)
        queue->tail = offset;
    queue->messages++;
    queue->bytes += message->data_bytes;
}

static void unlink_after(struct uripc_node *node, struct uripc__queue *queue, uint32_t before,
                         uint32_t offset)
{
    const struct uripc__message *message = uripc__message(node, offset);
    if (before == 0)
        queue->head = message->next;
    else
        uripc__message(node, before)->next = message->next;
    if (queue->tail == offset)
        queue->tail = before;
    queue->messages--;
    queue->bytes -= message->data_bytes;
}

uint32_t uripc__store_shift(struct uripc_node *node, struct uripc__queue *queue)
{
    uint32_t offset = queue->head;
    if (offset != 0)
        unlink_after(node, queue, 0, offset);
    return offset;
}

uint32_t uripc__store_take(struct uripc_node *node, struct uripc__queue *queue, uint64_t from_node,
                           uint64_t id)
{
    uint32_t before = 0;
    uint32_t offset = queue->head;
    while (offset != 0) {
        const struct uripc__message *message = uripc__message(node, offset);
        _Bool same = message->from.node == from_node || URIPC_MUTANT(FOREIGN_WITHDRAW);
        if (same && message->id == id) {
            unlink_after(node, queue, before, offset);
            return offset;
        }
        before = offset;
        offset = message->next;
    }
    return 0;
}
