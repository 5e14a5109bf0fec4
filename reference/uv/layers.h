/* SPDX-License-Identifier: MIT */
/* Layers on the node of a libuv host: their memory and their turns. */
#ifndef URIPC_UV_LAYERS_H
#define URIPC_UV_LAYERS_H

#include <stdbool.h>
#include <stdint.h>

#include <uripc/layers.h>

struct uripc_uv;
struct uripc__layers_buffer;

struct uripc__layers_seat {
    struct uripc_layers *layers;          /* NULL: none */
    struct uripc__layers_buffer *buffers; /* given to them */
    uint64_t due;                         /* when they want a turn at the latest */
    uint64_t turned;                      /* the time of their last turn */
    uint64_t seen;                        /* completions of the node by then */
    bool called; /* the application may have made calls on them since, or polled */
};

/* Puts layers on the node.  ok, invalid-argument (their limits) or no-resources. */
enum uripc_status uripc__layers_seat(struct uripc_uv *uv, const struct uripc_layer_limits *limits,
                                     uint64_t identity);
void uripc__layers_free(struct uripc_uv *uv);

/* Gives them a turn if anything has come for them.  True: it did. */
bool uripc__layers_work(struct uripc_uv *uv);

#endif
