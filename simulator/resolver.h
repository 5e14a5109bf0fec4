/* SPDX-License-Identifier: MIT */
/* Where the names are: what the three kinds of resolver share, for the simulator's own files.
 *
 * kernel.c does to the table what is asked for, whoever asks.  daemon.c and rendezvous.c say when,
 * and what happens on the way there and back.  A *client* is what a process has of the resolver
 * beside its node: the library that it would be linked with. */
#ifndef URIPC_SIMULATOR_RESOLVER_H
#define URIPC_SIMULATOR_RESOLVER_H

#include <stdbool.h>
#include <stdint.h>

#include "events.h"
#include "sim.h"

/* Events that are in no queue, by slot, linked by `next`. */
struct sim_list {
    uint32_t first, last;
};

#define SIM_LIST_EMPTY ((struct sim_list){SIM_NO_EVENT, SIM_NO_EVENT})

/* Of a process's present life, but for `cut` with what belongs to it, and `stop`. */
struct sim_client {
    struct sim_list asked; /* requests without an answer; `status` says how far they are */
    struct sim_list held;  /* claims that hold, as they were asked */
    struct sim_list told;  /* lives that routes lead to, as answered; a group's with its members */
    struct sim_list stuck; /* daemon: answers that wait for a heal */
    struct sim_list ended; /* daemon: lives whose end it cannot see yet */
    uint64_t lost;         /* daemon: since when there is no connection */
    uint64_t generation;   /* rendezvous: at which the told routes were right */
    uint32_t connection;   /* daemon: the number of the process's end; 0: there is none */
    uint32_t open;         /* daemon: the same of the daemon's end */
    uint32_t cuts;         /* so far */
    uint32_t term;         /* daemon: the last in which it was a client; 0: given up since then */
    uint32_t stop;         /* rendezvous: the fault that waits for the lock, plus one; 0: none */
    bool cut;
    bool connecting; /* an attempt is queued */
    bool locking;    /* rendezvous: wants the lock, or has it */
};

/* How far a request is. */
enum sim_asked { SIM_ASKED_UNSENT, SIM_ASKED_FLYING, SIM_ASKED_TAKEN };

struct sim_resolution {
    struct sim_resolver is;
    struct sim_client *clients; /* of each process; none of a table */
    size_t room;                /* bytes of that block */
    struct sim_list held_back;  /* daemon: until its grace is over */
    struct sim_list deferred;   /* daemon: while it is paused */
    uint64_t generation;        /* rendezvous: raised by every change */
    uint32_t connections;       /* daemon: so far */
    uint32_t lives;             /* daemon: begun so far */
    uint32_t term;              /* daemon: raised with each end of a grace; outlives it */
    uint32_t locker;            /* rendezvous: the life that has the lock; SIM_NOBODY */
    bool alive, paused, grace;
};

/* Members of a group at one time, in a block of the pool. */
struct sim_members {
    uint32_t count;
    struct uripc_holder at[];
};

bool sim_resolution_begin(struct sim_world *world);
void sim_resolution_fini(struct sim_world *world);

/* Lists. */
void sim_list_add(struct sim_world *world, struct sim_list *list, const struct sim_event *event);
uint32_t sim_list_take(struct sim_world *world, struct sim_list *list); /* the first slot */
void sim_list_remove(struct sim_world *world, struct sim_list *list, uint32_t slot);
void sim_list_clear(struct sim_world *world, struct sim_list *list); /* with what they carry */

/* What clients know. */
struct sim_client *sim_client(const struct sim_world *world, uint32_t process);
void sim_client_told(struct sim_world *world, const struct sim_event *answer);
void sim_client_untold(struct sim_world *world, uint32_t process, struct uripc_incarnation life);
void sim_client_forget(struct sim_world *world, uint32_t process); /* all, and its node, too */
void sim_client_peer_down(struct sim_world *world, uint32_t process, uint32_t life);
const struct sim_members *sim_client_members(const struct sim_world *world, uint32_t process,
                                             uint64_t name_life);

/* A process gives up a route to this life. */
void sim_route_given_up(struct sim_world *world, uint32_t process, uint32_t life);

/* A process comes to be; lives of processes begin and end. */
void sim_resolution_enlist(struct sim_world *world, uint32_t process);
void sim_resolution_life_begun(struct sim_world *world, uint32_t process);
void sim_resolution_life_ended(struct sim_world *world, uint32_t process, uint32_t life);

/* A request of a process, which gives its share of the parcel away. */
void sim_resolution_ask(struct sim_world *world, const struct sim_event *request);

/* kernel.c: does to the table what a request says, tells watchers, and answers. */
void sim_kernel_serve(struct sim_world *world, const struct sim_event *request);

/* A daemon. */
void sim_daemon_life_begun(struct sim_world *world, uint32_t process);
void sim_daemon_life_ended(struct sim_world *world, uint32_t process, uint32_t life);
void sim_daemon_ask(struct sim_world *world, const struct sim_event *request);
void sim_daemon_request_arrives(struct sim_world *world, const struct sim_event *request);
/* False: it waits for a heal, or is nobody's any more. */
bool sim_daemon_answer_arrives(struct sim_world *world, const struct sim_event *answer);
void sim_daemon_execute(struct sim_world *world, const struct sim_event *event);
void sim_daemon_crash(struct sim_world *world);
void sim_daemon_restart(struct sim_world *world);
void sim_daemon_pause(struct sim_world *world);
void sim_daemon_resume(struct sim_world *world);
void sim_daemon_cut(struct sim_world *world, uint32_t process);
void sim_daemon_heal(struct sim_world *world, uint32_t process);

/* A rendezvous. */
void sim_rendezvous_ask(struct sim_world *world, const struct sim_event *request);
bool sim_rendezvous_reads(struct sim_world *world, const struct sim_event *lookup);
void sim_rendezvous_execute(struct sim_world *world, const struct sim_event *event);
void sim_rendezvous_life_ended(struct sim_world *world, uint32_t life);

/* Gives up the routes that a process was told, if the names have changed since. */
void sim_rendezvous_compare(struct sim_world *world, uint32_t process);

#endif
