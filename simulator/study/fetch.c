/* SPDX-License-Identifier: MIT */
#include "simulator/study/fetch.h"

#include "reference/hot.h"

bool study_fetch_init(struct study_fetch *fetch, uint32_t clients)
{
    *fetch = (struct study_fetch){.places = sim_memory_take(clients * sizeof *fetch->places)};
    return fetch->places != NULL;
}

void study_fetch_fini(struct study_fetch *fetch)
{
    sim_memory_give(fetch->places);
}

void study_fetch_shape(struct study_fetch *fetch, size_t actor_bytes, size_t state_bytes,
                       const struct uripc_layer_limits *layers)
{
    enum { STATE = 384, RECORD = 192 /* bytes, from the beginning */ };
    struct uripc_stretch hot[URIPC_STRETCHES];
    sim_lines_add(&fetch->actor, 0, actor_bytes);
    sim_lines_add(&fetch->state, 0, state_bytes < STATE ? state_bytes : STATE);
    if (!layers)
        return;
    const size_t count = uripc_layers_hot(layers, hot);
    for (size_t i = 0; i < count; i++)
        sim_lines_add(&fetch->layers, hot[i].at, hot[i].bytes);
    sim_lines_add(&fetch->buffer, 0, RECORD);
}

void study_fetch_client(const struct study_fetch *fetch, uint32_t client)
{
    const struct study_place *place = &fetch->places[client];
    sim_lines_fetch(&fetch->actor, place->actor);
    sim_lines_fetch(&fetch->state, place->state);
    sim_lines_fetch(&fetch->layers, place->layers);
    sim_lines_fetch(&fetch->buffer, place->buffer);
}
