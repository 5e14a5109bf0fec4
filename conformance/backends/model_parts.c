/* SPDX-License-Identifier: MIT */
#include "model_parts.h"

#include <stdlib.h>
#include <string.h>

void *model_alloc(size_t size)
{
    void *block = calloc(1, size);
    if (block == NULL)
        abort();
    return block;
}

char *model_string(struct uripc_text text)
{
    char *copy = model_alloc(text.length + 1);
    if (text.length > 0)
        memcpy(copy, text.at, text.length);
    return copy;
}

static const void *put(char **at, const void *bytes, size_t length)
{
    char *here = *at;
    if (length > 0)
        memcpy(here, bytes, length);
    *at += length;
    return here;
}

struct model_frame *model_frame_copy(uint32_t peer, const struct uripc_frame *frame)
{
    struct model_frame *copy = model_alloc(sizeof *copy + (size_t)model_weight(frame));
    char *at = (char *)(copy + 1);
    copy->peer = peer;
    copy->frame = *frame;
    copy->frame.source.at = put(&at, frame->source.at, frame->source.length);
    copy->frame.target.at = put(&at, frame->target.at, frame->target.length);
    copy->frame.data = put(&at, frame->data, frame->data_bytes);
    return copy;
}

void model_frame_append(struct model_frame **list, struct model_frame *frame)
{
    while (*list != NULL)
        list = &(*list)->next;
    frame->next = NULL;
    *list = frame;
}

struct model_frame *model_frame_take(struct model_frame **list, struct model_frame *frame)
{
    while (*list != frame)
        list = &(*list)->next;
    *list = frame->next;
    frame->next = NULL;
    return frame;
}

void model_frames_free(struct model_frame **list)
{
    while (*list != NULL)
        free(model_frame_take(list, *list));
}

uint64_t model_weight(const struct uripc_frame *frame)
{
    return (uint64_t)frame->source.length + frame->target.length + frame->data_bytes;
}

static uint64_t weight_of_all(const struct model_frame *list)
{
    uint64_t sum = 0;
    for (; list != NULL; list = list->next)
        sum += model_weight(&list->frame);
    return sum;
}

bool model_pool_has(const struct model_node *node, const struct uripc_frame *frame)
{
    uint64_t held = 0;
    for (const struct model_handle *at = node->handles; at != NULL; at = at->next)
        held += weight_of_all(at->queue) + weight_of_all(at->blocked);
    for (const struct model_call *at = node->pending; at != NULL; at = at->next)
        held += weight_of_all(at->message);
    return held + model_weight(frame) <= node->limits.pool_bytes;
}

bool model_options(void *ours, size_t known, const size_t *given)
{
    memset(ours, 0, known);
    if (given == NULL)
        return true;
    const unsigned char *bytes = (const unsigned char *)given;
    for (size_t i = known; i < *given; i++)
        if (bytes[i] != 0)
            return false;
    memcpy(ours, given, *given < known ? *given : known);
    return *given != 0;
}

struct model_handle *model_open(const struct model_node *node, uint64_t serial)
{
    struct model_handle *at = node->handles;
    while (at != NULL && (at->serial != serial || at->state != MODEL_OPEN))
        at = at->next;
    return at;
}

/* A registration whose claim is answered elsewhere but not yet here already gets messages. */
struct model_handle *model_home(const struct model_node *node, uint64_t serial)
{
    struct model_handle *at = node->handles;
    while (at != NULL && (at->serial != serial || at->home != serial ||
                          (at->state != MODEL_OPEN && at->state != MODEL_CLAIMING)))
        at = at->next;
    return at;
}

void model_handle_free(struct model_node *node, struct model_handle *handle)
{
    struct model_handle **link = &node->handles;
    while (*link != handle)
        link = &(*link)->next;
    *link = handle->next;
    model_frames_free(&handle->queue);
    model_frames_free(&handle->blocked);
    free(handle->name);
    free(handle);
}

enum uripc_status model_admit(const struct model_node *node, uint64_t overlapped)
{
    const struct model_call *lists[] = {node->pending, node->done};
    uint32_t count = 0;
    for (size_t i = 0; i < 2; i++) {
        for (const struct model_call *at = lists[i]; at != NULL; at = at->next) {
            count++;
            if (at->result.overlapped == overlapped)
                return URIPC_IN_USE; /* CMP-7 */
        }
    }
    return count < node->limits.operations ? URIPC_PENDING : URIPC_NO_RESOURCES; /* CMP-13 */
}

static void append(struct model_call **list, struct model_call *call)
{
    while (*list != NULL)
        list = &(*list)->next;
    call->next = NULL;
    *list = call;
}

struct model_call *model_start(struct model_node *node, enum uripc_call kind, uint64_t on,
                               uint64_t overlapped, uint64_t deadline)
{
    struct model_call *call = model_alloc(sizeof *call);
    call->result.overlapped = overlapped;
    call->result.call = kind;
    call->on = on;
    call->result.handle.id = kind == URIPC_CALL_REGISTER ? 0 : on;
    call->deadline =
        deadline == 0 || deadline > UINT64_MAX - node->now ? UINT64_MAX : node->now + deadline;
    append(&node->pending, call);
    return call;
}

void model_complete(struct model_node *node, struct model_call *call, enum uripc_status status,
                    enum uripc_certainty certainty)
{
    struct model_call **link = &node->pending;
    while (*link != call)
        link = &(*link)->next;
    *link = call->next;
    call->result.status = status;
    call->result.certainty = certainty;
    model_frames_free(&call->message);
    append(&node->done, call); /* CMP-4 */
}
