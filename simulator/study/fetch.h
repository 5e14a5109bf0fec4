/* SPDX-License-Identifier: MIT */
/* With very many clients nothing of one is in the caches when its turn comes, and most of the time
 * of a run is waiting for it.  So what a turn of a client needs is fetched beforehand. */
#ifndef URIPC_STUDY_FETCH_H
#define URIPC_STUDY_FETCH_H

#include <uripc/layers.h>

#include "simulator/memory.h"

/* Where a client's memory is; kept apart from the client, as that is not in the caches. */
struct study_place {
    const void *actor, *state, *layers, *buffer;
};

struct study_fetch {
    struct study_place *places; /* of each client */
    struct sim_lines actor, state, layers, buffer;
};

bool study_fetch_init(struct study_fetch *fetch, uint32_t clients);
void study_fetch_fini(struct study_fetch *fetch);

/* What all clients look like; `layers` is NULL if they have none. */
void study_fetch_shape(struct study_fetch *fetch, size_t actor_bytes, size_t state_bytes,
                       const struct uripc_layer_limits *layers);

void study_fetch_client(const struct study_fetch *fetch, uint32_t client);

#endif
