/* SPDX-License-Identifier: MIT */
#include "simulator/study/ground.h"

#include <string.h>

#include "simulator/memory.h"

bool study_ground_init(struct study_ground *ground, const struct uripc_layer_limits *limits)
{
    *ground = (struct study_ground){.limits = *limits, .bytes = uripc_layers_bytes(limits)};
    if (ground->bytes > 0)
        ground->block = sim_memory_take(ground->bytes);
    return ground->block != NULL;
}

void study_ground_fini(struct study_ground *ground)
{
    for (uint32_t i = 0; i < ground->buffer_count; i++)
        sim_memory_give(ground->buffers[i]);
    sim_memory_give(ground->buffers);
    sim_memory_give(ground->block);
}

/* All buffers of a node's layers have one size. */
static bool give_buffer(void *self, uint32_t size, struct uripc_buffer *buffer, void **bytes)
{
    struct study_ground *ground = self;
    void *buffers = ground->buffers;
    if (ground->given == ground->buffer_count) {
        if (!sim_memory_room(&buffers, &ground->buffer_room, ground->buffer_count, sizeof(void *)))
            return false;
        ground->buffers = buffers;
        ground->buffers[ground->buffer_count] = sim_memory_take(size);
        if (!ground->buffers[ground->buffer_count])
            return false;
        ground->buffer_count++;
        ground->buffer_bytes += size;
    }
    *bytes = ground->buffers[ground->given++];
    *buffer = (struct uripc_buffer){.id = (uint64_t)(uintptr_t)*bytes, .size = size};
    return true;
}

static void copy_out(void *self, uint64_t id, uint32_t offset, const void *bytes, uint32_t length)
{
    (void)self;
    memcpy((unsigned char *)(uintptr_t)id + offset, bytes, length);
}

struct uripc_layers *study_ground_begin(struct study_ground *ground,
                                        const struct uripc_calls *calls, struct uripc_node *node,
                                        uint64_t identity)
{
    const struct uripc_ground layers = {.size = sizeof layers,
                                        .calls = calls,
                                        .node = node,
                                        .identity = identity,
                                        .self = ground,
                                        .buffer = give_buffer,
                                        .copy_out = copy_out};
    ground->given = 0;
    return uripc_layers_init(ground->block, &ground->limits, &layers);
}

uint64_t study_ground_size(const struct study_ground *ground)
{
    return ground->bytes + ground->buffer_bytes;
}
