/* SPDX-License-Identifier: MIT */
/* Queues that processes share: who takes from whose, and what must hold for them
 * (spec/13-dispatch.md). */
#ifndef URIPC_SIMULATOR_HUNT_SHARE_H
#define URIPC_SIMULATOR_HUNT_SHARE_H

#include "simulator/hunt/ledger.h"

/* A shared name has just been registered: finds out where its queue is at home. */
void hunt_share_learn(struct hunt_ledger *ledger, uint32_t holder);

/* The registration whose queue this one takes from, itself but for a handle that joined; NULL:
 * nobody knows, as the other may have ended while this one began. */
const struct hunt_registration *hunt_queue_of(const struct hunt_ledger *ledger,
                                              const struct hunt_registration *self);

/* Whether it takes from a queue of another process. */
bool hunt_is_worker(const struct hunt_ledger *ledger, const struct hunt_registration *self);

/* Whether it may have ended without its own process having done so: with a queue of another one. */
bool hunt_ends_unseen(const struct hunt_ledger *ledger, const struct hunt_registration *self);

/* Rules for one completion: a send, a receive with its message. */
void hunt_share_sent(struct hunt_ledger *ledger, uint32_t call);
void hunt_share_received(struct hunt_ledger *ledger, uint32_t call);

/* A handle is called invalid: the queue has ended, or nobody knows it. */
void hunt_share_invalid(struct hunt_ledger *ledger, uint32_t call);

/* At the end: how many messages workers may have taken with them; that no handle is open of a queue
 * that is no more, and who waits for demand was told; and whether there is something to receive. */
uint64_t hunt_taken_along(const struct hunt_ledger *ledger, const struct hunt_registration *home);
void hunt_check_left_alone(struct hunt_ledger *ledger);
bool hunt_has_some(const struct hunt_ledger *ledger, const struct hunt_registration *self);

#endif
