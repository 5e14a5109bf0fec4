/* SPDX-License-Identifier: MIT */
/* A node for tests of the simulator: it calls ports when told and records what it is told. */
#ifndef URIPC_SIMULATOR_FAKE_NODE_H
#define URIPC_SIMULATOR_FAKE_NODE_H

#include "sim.h"

enum fake_upcall {
    FAKE_CLAIMED = 1,
    FAKE_RELEASED,
    FAKE_ROUTE,
    FAKE_ROUTE_GONE,
    FAKE_REVOKED,
    FAKE_FRAME,
    FAKE_ROOM,
    FAKE_PEER_DOWN,
    FAKE_WAKE
};

/* One upcall, with what of it a test looks at. */
struct fake_seen {
    enum fake_upcall upcall;
    uint64_t time; /* the node's */
    uint32_t peer;
    uint32_t ticket;
    enum uripc_status status;
    uint64_t message_id;
    uint64_t principal;
    uint64_t serial;
    struct uripc_route route;
};

enum { FAKE_SEEN = 64 };

struct fake_node {
    const struct uripc_host *host;
    void *self;
    struct uripc_limits limits;
    uint64_t identity;
    uint64_t now;
    uint32_t peer;
    uint32_t count; /* of upcalls; only the first FAKE_SEEN are kept */
    uint32_t frames;
    struct fake_seen seen[FAKE_SEEN];
};

/* Called for every frame of every fake node if it is set; a test resets it. */
extern void (*fake_on_frame)(struct fake_node *node, const struct uripc_frame *frame);
extern void (*fake_on_wake)(struct fake_node *node);

extern const struct sim_backend fake_backend;

struct fake_node *fake_at(struct sim_world *world, uint32_t process);

/* Sends a message with this id from one process to the present life of another. */
enum uripc_status fake_send(struct sim_world *world, uint32_t from, uint32_t to,
                            uint64_t message_id);
enum uripc_status fake_send_bytes(struct sim_world *world, uint32_t from, uint32_t to,
                                  uint64_t message_id, uint32_t length, bool confirmed);
void fake_claim(struct sim_world *world, uint32_t process, uint32_t ticket, const char *name,
                enum uripc_kind kind);
void fake_lookup(struct sim_world *world, uint32_t process, uint32_t ticket, const char *target);

/* Steps the world until it is idle. */
void fake_settle(struct sim_world *world);

/* A world of so many processes, started, with the default faults or these. */
struct sim_world *fake_world(uint64_t seed, uint32_t processes, const struct sim_link_faults *link);

#endif
