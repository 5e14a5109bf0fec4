/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include <stdlib.h>
#include <string.h>

#include "inside.h"
#include "mutants.h"

#define NEVER UINT64_MAX

/* How old the time of layers may be when they are called (LAY-7).  A turn costs more than the call.
 */
#define MILLISECOND UINT64_C(1000000)

struct uripc__layers_buffer {
    struct uripc__layers_buffer *next;
    uint64_t bytes[];
};

static const struct uripc_calls calls = {
    .size = sizeof(struct uripc_calls),
    .register_ = uripc_register,
    .send = uripc_send,
    .receive = uripc_receive,
    .cancel = uripc_cancel,
    .close = uripc_close,
    .poll = uripc_poll,
};

static bool ground_buffer(void *self, uint32_t size, struct uripc_buffer *buffer, void **bytes)
{
    struct uripc_uv *uv = self;
    struct uripc__layers_buffer *made = malloc(sizeof *made + size);
    if (made == NULL)
        return false;
    made->next = uv->layers.buffers;
    uv->layers.buffers = made;
    *bytes = made->bytes;
    *buffer = (struct uripc_buffer){.id = (uintptr_t)made->bytes, .size = size};
    return true;
}

static void ground_copy_out(void *self, uint64_t id, uint32_t offset, const void *bytes,
                            uint32_t length)
{
    (void)self;
    memcpy((unsigned char *)(uintptr_t)id + offset, bytes, length);
}

enum uripc_status uripc__layers_seat(struct uripc_uv *uv, const struct uripc_layer_limits *limits,
                                     uint64_t identity)
{
    const struct uripc_ground ground = {.size = sizeof ground,
                                        .calls = &calls,
                                        .node = uv->node,
                                        .identity = identity,
                                        .self = uv,
                                        .buffer = ground_buffer,
                                        .copy_out = ground_copy_out};
    const size_t bytes = uripc_layers_bytes(limits);
    if (bytes == 0)
        return URIPC_INVALID_ARGUMENT;
    void *block = malloc(bytes);
    if (block == NULL)
        return URIPC_NO_RESOURCES;
    uv->layers.due = NEVER;
    uv->layers.layers = uripc_layers_init(block, limits, &ground);
    if (uv->layers.layers != NULL)
        return URIPC_OK;
    free(block);
    return URIPC_NO_RESOURCES;
}

void uripc__layers_free(struct uripc_uv *uv)
{
    for (struct uripc__layers_buffer *next; uv->layers.buffers != NULL; uv->layers.buffers = next) {
        next = uv->layers.buffers->next;
        free(uv->layers.buffers);
    }
    free(uv->layers.layers);
    uv->layers.layers = NULL;
}

static void turn(struct uripc_uv *uv, uint64_t now)
{
    struct uripc__layers_seat *seat = &uv->layers;
    seat->called = false;
    seat->turned = now;
    seat->due = uripc_layers_turn(seat->layers, now);
    seat->seen = uripc_node_completed(uv->node);
    if (!URIPC__UV_MUTANT(LAYERS_ASLEEP))
        uripc__wake_at(uv, seat->due);
}

bool uripc__layers_work(struct uripc_uv *uv)
{
    const struct uripc__layers_seat *seat = &uv->layers;
    if (seat->layers == NULL)
        return false;
    uint64_t now = uv_hrtime();
    if (!seat->called && seat->seen == uripc_node_completed(uv->node) && now < seat->due)
        return false;
    turn(uv, now);
    return true;
}

struct uripc_layers *uripc_uv_layers(struct uripc_uv *uv)
{
    if (uv->layers.layers == NULL)
        return NULL;
    uint64_t now = uv_hrtime();
    uripc_node_set_time(uv->node, now); /* the node is ready, too: layers call it */
    uripc__resolver_compare(uv);
    if (now - uv->layers.turned >= MILLISECOND && !URIPC__UV_MUTANT(LAYERS_STALE))
        turn(uv, now);
    uv->layers.called = true;
    return uv->layers.layers;
}
