/* SPDX-License-Identifier: MIT */
/* The layers of one process, on its simulated node; made anew in each of its lives. */
#ifndef URIPC_STUDY_GROUND_H
#define URIPC_STUDY_GROUND_H

#include <stdbool.h>

#include <uripc/layers.h>

struct study_ground {
    struct uripc_layer_limits limits;
    size_t bytes; /* of the layers' block */
    void *block;
    void **buffers; /* those of earlier lives are used again */
    uint32_t buffer_count, buffer_room, given;
    uint64_t buffer_bytes; /* of all of them */
};

/* False: the limits are none that layers can have, or there is no memory. */
bool study_ground_init(struct study_ground *ground, const struct uripc_layer_limits *limits);
void study_ground_fini(struct study_ground *ground);

/* Layers as if they had just been made; NULL: no memory. */
struct uripc_layers *study_ground_begin(struct study_ground *ground,
                                        const struct uripc_calls *calls, struct uripc_node *node,
                                        uint64_t identity);

/* Bytes that layers and their buffers take. */
uint64_t study_ground_size(const struct study_ground *ground);

#endif
