/* SPDX-License-Identifier: MIT */
/* Layers on the nodes of a simulated world, for cases that make calls of layers: one block for each
 * process, begun anew with each of its lives.  Layers get their turns after everything that happens
 * to their process, and as work of the process when they have asked for one; so a pause holds them
 * up and a crash ends them, as it does the node. */
#ifndef URIPC_CONFORMANCE_WORLDS_SIMULATED_LAYERS_H
#define URIPC_CONFORMANCE_WORLDS_SIMULATED_LAYERS_H

#include <uripc/request.h>

#include "conformance/world.h"
#include "simulator/sim.h"

/* A word of application work that is a turn of layers, not the runner's. */
#define CF_LAYERS_WORK (UINT64_C(1) << 32)

struct cf_layers_life;

struct cf_layers {
    struct sim_world *sim;
    struct uripc_calls calls;
    struct uripc_layer_limits limits;
    struct cf_layers_life *lives; /* by process */
    uint32_t count;
    bool used; /* this run has layers */
};

/* {0} is one to begin with.  False: no memory. */
bool cf_layers_begin(struct cf_layers *self, struct sim_world *sim,
                     const struct uripc_node_ops *node, const struct cf_world_setup *setup);
void cf_layers_free(struct cf_layers *self);

/* A life of the process has begun.  False: no memory. */
bool cf_layers_start(struct cf_layers *self, uint32_t process);

/* The layers of a living process; NULL: it has none. */
struct uripc_layers *cf_layers_of(struct cf_layers *self, uint32_t process);

/* Something has happened to the process, or its layers have been called. */
void cf_layers_turn(struct cf_layers *self, uint32_t process);

/* A call of a layer. */
enum uripc_status cf_layers_call(struct uripc_layers *layers, const struct cf_world_call *call);

#endif
