/* SPDX-License-Identifier: MIT */
/* A random application of one process. */
#ifndef URIPC_SIMULATOR_HUNT_ACTOR_H
#define URIPC_SIMULATOR_HUNT_ACTOR_H

#include "simulator/hunt/ledger.h"

enum { HUNT_NAMES = 6, HUNT_DRAWN_CALLS = 320 }; /* calls of all applications of a run */

struct hunt_actors {
    struct hunt_ledger *ledger;
    const char *const *names;              /* HUNT_NAMES of them */
    unsigned char (*buffers)[HUNT_BUFFER]; /* of each call */
    uint32_t replies[HUNT_PROCESSES];      /* the receive that wants one, plus one */
};

void hunt_actors_start(struct hunt_actors *actors, struct hunt_ledger *ledger,
                       unsigned char (*buffers)[HUNT_BUFFER]);

/* The first turn of a life, and a later one. */
void hunt_actor_begin(struct hunt_actors *actors, uint32_t process);
void hunt_actor_turn(struct hunt_actors *actors, uint32_t process);

/* Takes all completions that a process has; nothing if it is dead. */
void hunt_collect(struct hunt_actors *actors, uint32_t process);

/* Asks for all pending receives of a registration to end, or for all calls. */
void hunt_cancel_receives(struct hunt_actors *actors, uint32_t holder);
void hunt_cancel_all(struct hunt_actors *actors, uint32_t holder);

/* Calls for the end of a run.  False: no room for more calls, or it was refused. */
bool hunt_receive_now(struct hunt_actors *actors, uint32_t holder, struct hunt_call **made);
bool hunt_close(struct hunt_actors *actors, uint32_t holder);
struct hunt_call *hunt_register(struct hunt_actors *actors, uint32_t process, const char *name);

#endif
