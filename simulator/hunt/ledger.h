/* SPDX-License-Identifier: MIT */
/* What the applications of a run have asked for, what they were told, and what follows. */
#ifndef URIPC_SIMULATOR_HUNT_LEDGER_H
#define URIPC_SIMULATOR_HUNT_LEDGER_H

#include "simulator/hunt/scene.h"

enum { HUNT_CALLS_MOST = 1536, HUNT_NAME = 64, HUNT_BUFFER = 640, HUNT_PAIRS = 64 };
enum { HUNT_LEAST_DATA = 4 }; /* every message begins with the number of its call */

enum hunt_state {
    HUNT_PENDING,
    HUNT_DONE,
    HUNT_REFUSED_AT_ONCE,
    HUNT_VOID /* its process died */
};

/* One call; its overlapped is its number plus one. */
struct hunt_call {
    enum uripc_call call;
    enum hunt_state state;
    enum uripc_status returned;
    uint32_t process, life;
    uint32_t holder; /* the registration it was made on, plus one */
    uint32_t flags;
    uint32_t length;   /* send: data bytes; receive: of the buffer */
    uint64_t at;       /* the world's time */
    uint64_t deadline; /* by the process's clock; SIM_NEVER: none */
    uint64_t done;     /* the world's time of its completion, or of its process's end */
    enum uripc_kind kind;
    enum uripc_overflow overflow;
    uint32_t parent;                   /* register: a registration, plus one */
    char name[HUNT_NAME];              /* register: canonical; send: the target */
    struct uripc_incarnation expected; /* send */
    struct uripc_completion completion;
    bool unseen;       /* receive: its process died before it could see what had just come */
    uint32_t received; /* send: how often */
    uint32_t other;    /* send: the receive that took it first; receive: its send; plus one */
};

struct hunt_registration {
    uint32_t process, life;
    uint32_t made; /* the call */
    uint32_t parent;
    struct uripc_handle handle;
    struct uripc_incarnation incarnation;
    enum uripc_kind kind;
    enum uripc_overflow overflow;
    bool first;     /* not a handle that joined a shared queue */
    bool held;      /* from its completion to the call that closes it, or its process's end */
    bool closed;    /* that call has completed */
    uint64_t ended; /* when it was no longer held */
    uint32_t home;  /* shared: the registration whose queue it takes from, plus one; 0: unknown */
    char name[HUNT_NAME];
};

/* A message of which a link made a second copy. */
struct hunt_double {
    uint32_t process, life;
    uint64_t id;
};

/* A process and a daemon that keeps the names.  Times are 0 for never. */
struct hunt_reach {
    bool able;                          /* it runs, and is not cut off */
    bool fit;                           /* so does the daemon, which is in no grace */
    bool linked;                        /* it has a connection */
    bool knows;                         /* all that, and the daemon knows all names */
    uint64_t linked_turned, fit_turned; /* when that last changed */
    uint64_t hindered;                  /* it last was not able */
    uint64_t
        given_up; /* it last had had no connection for so long that others can have its names */
    uint64_t ignorant; /* it last did not know */
};

/* Registrations of one name, of which one was out of reach when the other began. */
struct hunt_pair {
    uint32_t one, two;
};

struct hunt_ledger {
    struct sim_world *world;
    const struct hunt_setup *setup;
    const struct hunt_scene *scene;
    struct hunt_result *result;
    uint32_t lives[HUNT_PROCESSES]; /* begun so far, of each process */
    uint64_t given[HUNT_PROCESSES]; /* when it was last given a message of another one's queue */
    uint64_t hindered;              /* when a process that lives last was stopped or slow */
    struct hunt_reach reach[HUNT_PROCESSES];
    uint32_t call_count, registration_count, double_count, pair_count;
    struct hunt_call calls[HUNT_CALLS_MOST];
    struct hunt_registration registrations[HUNT_CALLS_MOST];
    struct hunt_double doubles[HUNT_CALLS_MOST];
    struct hunt_pair pairs[HUNT_PAIRS];
    uint64_t grace_since; /* SIM_NEVER: the daemon is in none */
    uint32_t stopped;     /* a process that is stopped with the lock, since then; SIM_NOBODY */
    uint64_t stopped_since;
};

/* Notes the first thing that is broken; `call`: whose, or HUNT_CALLS_MOST. */
void hunt_broken(struct hunt_ledger *ledger, const char *clause, uint32_t call, const char *text);
bool hunt_is_broken(const struct hunt_ledger *ledger);
__attribute__((format(printf, 2, 3))) void hunt_say(const struct hunt_ledger *ledger,
                                                    const char *format, ...);

/* A new call, pending, of the present life of a process; NULL: no room for more. */
struct hunt_call *hunt_begin(struct hunt_ledger *ledger, enum uripc_call call, uint32_t process);
uint64_t hunt_overlapped(const struct hunt_ledger *ledger, const struct hunt_call *call);

/* What the call returned at once. */
void hunt_returned(struct hunt_ledger *ledger, struct hunt_call *call, enum uripc_status status);

/* A completion that a process has polled; `buffer`: of a receive, HUNT_BUFFER bytes. */
void hunt_completed(struct hunt_ledger *ledger, uint32_t process,
                    const struct uripc_completion *completion, const unsigned char *buffer);

/* The holder, those below it and those that share its queue are closing. */
void hunt_closing(struct hunt_ledger *ledger, uint32_t holder);
void hunt_died(struct hunt_ledger *ledger, uint32_t process);
void hunt_doubled(struct hunt_ledger *ledger, uint32_t process, uint64_t message_id);

/* The bytes of a message, from its call's number. */
void hunt_fill(unsigned char *data, uint32_t length, uint32_t call);

bool hunt_was_doubled(const struct hunt_ledger *ledger, uint32_t process, uint32_t life,
                      uint64_t message_id);
bool hunt_same_life(struct uripc_incarnation a, struct uripc_incarnation b);

/* At the end. */
void hunt_check_pending(struct hunt_ledger *ledger);  /* after the drain: what must be over is */
void hunt_check_messages(struct hunt_ledger *ledger); /* what was promised has been received */
void hunt_check_closed(struct hunt_ledger *ledger);   /* after all is closed: nothing is pending */

/* Rules for one completion, in rules.c. */
void hunt_rule_register(struct hunt_ledger *ledger, uint32_t call);
void hunt_rule_send(struct hunt_ledger *ledger, uint32_t call);
void hunt_rule_receive(struct hunt_ledger *ledger, uint32_t call, const unsigned char *buffer);

#endif
