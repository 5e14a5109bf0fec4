/* SPDX-License-Identifier: MIT */
/* For tests of layers: processes of the reference in the simulator, each with layers on its node,
 * and time that goes on until one of them has a completion.  One world at a time. */
#ifndef URIPC_SIMULATOR_FAKE_LAYERS_H
#define URIPC_SIMULATOR_FAKE_LAYERS_H

#include "reference/layers_state.h"
#include "sim.h"

enum { PEERS = 3 };

#define SECOND UINT64_C(1000000000) /* nanoseconds */

/* What a world begins with.  {0}: the layers that every program has, with tiny limits. */
struct layers_setup {
    uint64_t seed;
    const char *profile;                /* NULL: local */
    const struct sim_link_faults *link; /* NULL: the dull one */
    const struct uripc_layer_limits *limits[PEERS];
    const struct uripc__part *const *parts; /* NULL: those that every program has */
    uint32_t part_count;
};

extern struct sim_world *world;
extern struct uripc_layers *layers[PEERS];
extern bool moving; /* before every turn the block of the layers is put somewhere else (LAY-3) */

void begin_world(const struct layers_setup *setup);
void end_world(void);

/* Another life of a peer, with new layers; of the same identity, which no host would give. */
void restart(uint32_t peer);

/* The bytes of the block of a peer's layers. */
size_t block_bytes(uint32_t peer);

/* One turn of a peer that lives, or as many as it wants now. */
void turn(uint32_t peer);

/* One thing after the other until that time, or until `peer` has a completion (done NULL: until
 * that time).  True: it has. */
bool run(uint64_t until, uint32_t peer, struct uripc_completion *done);

/* So many nanoseconds more. */
void pass(uint64_t nanoseconds);

/* The next completion of a peer, which comes within ten minutes. */
struct uripc_completion await(uint32_t peer);
void expect(uint32_t peer, uint64_t overlapped, enum uripc_status status);
void expect_nothing(uint32_t peer); /* at once */

struct uripc_text text(const char *at);

/* A registration that the application of a peer holds itself. */
struct uripc_handle register_name(uint32_t peer, const char *uri, uint64_t overlapped);
struct uripc_handle register_as(uint32_t peer, const char *uri,
                                const struct uripc_register_options *options, uint64_t overlapped);

#endif
