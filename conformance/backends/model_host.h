/* SPDX-License-Identifier: MIT */
/* A small world for the model's own tests: three nodes and a table in one process.  What a port
 * causes is queued and happens later, one event a step, in the order it was caused. */
#ifndef URIPC_CONFORMANCE_MODEL_HOST_H
#define URIPC_CONFORMANCE_MODEL_HOST_H

#include <stdbool.h>

#include "model.h"

enum { HOST_PEERS = 3 };

struct host_event;

struct host_peer {
    struct host *host;
    uint32_t number;
    struct uripc_node *node; /* NULL: dead */
    uint64_t identity;
    uint64_t alarm;
    bool wants_room; /* somebody was refused on the way to this one */
};

struct host {
    struct uripc_table *table;
    struct host_peer peers[HOST_PEERS];
    struct host_event *events;
    uint64_t now;
    uint32_t group_max;    /* data bytes */
    bool silent;           /* absence is silent */
    bool unconfirmed;      /* nothing is ever confirmed */
    bool full[HOST_PEERS]; /* the way to this peer takes no message */
    uint32_t carried;      /* frames handed over */
    struct uripc_limits limits;
};

void host_init(struct host *host);
void host_fini(struct host *host);

/* Starts (again) or kills a node. */
void host_start(struct host *host, uint32_t peer);
void host_kill(struct host *host, uint32_t peer);

/* One event; false if there is none.  All events.  All events and alarms up to a time. */
bool host_step(struct host *host);
void host_run(struct host *host);
void host_advance(struct host *host, uint64_t to);

/* Lets messages through to a peer again. */
void host_room(struct host *host, uint32_t peer);

#endif
