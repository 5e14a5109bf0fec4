/* SPDX-License-Identifier: MIT */
/* Who reaches a daemon that keeps the names, how long two may believe that they hold one, and who
 * is stopped with the lock of a rendezvous (spec/12-resolution.md). */
#ifndef URIPC_SIMULATOR_HUNT_REACH_H
#define URIPC_SIMULATOR_HUNT_REACH_H

#include "simulator/hunt/ledger.h"

/* To be called after each event. */
void hunt_reach_look(struct hunt_ledger *ledger);

/* Whether a registration that was held is held still.  What was lost to somebody else is closed;
 * it may only be lost by who was out of reach (RES-8, RES-9). */
bool hunt_still_holds(struct hunt_ledger *ledger, uint32_t holder);

/* A send to nobody in particular was told that there is nobody: by whom, if the resolver is away or
 * knows some holders only (RES-2, RES-6)? */
void hunt_judge_absence(struct hunt_ledger *ledger, uint32_t send);

/* A name was registered: not while another process is stopped with the lock (RES-13). */
void hunt_judge_lock(struct hunt_ledger *ledger, uint32_t call);

/* Two hold what only one can, from now on.  False: they must not. */
bool hunt_both_may_hold(struct hunt_ledger *ledger, uint32_t holder, uint32_t other);

/* Such pairs, before anything happens at `until`. */
void hunt_judge_pairs(struct hunt_ledger *ledger, uint64_t until);

/* Whether a process had no connection for so long that it may have been taken for dead. */
bool hunt_was_given_up(struct hunt_ledger *ledger, uint32_t process, uint64_t since);

/* Whether a process has known of all names since before that time. */
bool hunt_knows_since(struct hunt_ledger *ledger, uint32_t process, uint64_t time);

#endif
