/* SPDX-License-Identifier: MIT */
/* A program: the application of one process as a state machine.  Its host calls it when something
 * has happened; it answers with calls of its node.  No function blocks, and none of the host's
 * calls the program back.  So the same program runs wherever there is a host for it: the engine of
 * studies (study.h) is one, in virtual time, and uripc-process another, on libuv.
 *
 * What programs do beyond the three calls, they do with layers (layers.h), if they want them.
 *
 * The state is a block of `bytes` bytes that begins as zeros, at an address that does not change
 * in one life of the process; buffers of receives may lie in it (their id is their address).  A
 * restarted process begins with zeros again. */
#ifndef URIPC_PROGRAM_H
#define URIPC_PROGRAM_H

#include <uripc/layers.h>

#ifdef __cplusplus
extern "C" {
#endif

/* What a program knows and tells, besides messages.  The host judges what it is told: it knows
 * which processes live and how often each request was executed; no program does. */
enum uripc_fact {
    URIPC_FACT_EXECUTED, /* worker: request `value` has been carried out */
    URIPC_FACT_ANSWERED, /* client: its request `value` has its answer */
    URIPC_FACT_GAVE_UP,  /* client: no answer to `value` is awaited any more */
    URIPC_FACT_LATE,     /* client: an answer to `value` came, and nobody awaited it */
    URIPC_FACT_USES,     /* client: from now on it relies on worker `value` */
    URIPC_FACT_SUSPECTS  /* client: it holds worker `value` for dead */
};

/* What a host offers the program of one process. */
struct uripc_program_host {
    size_t size; /* sizeof(struct uripc_program_host) */
    const struct uripc_calls *calls;
    struct uripc_node *node;
    void *self;      /* handed to the functions below */
    uint32_t number; /* of this process among those of its role, from 0 */
    uint32_t clients, workers;

    uint64_t (*now)(void *self);                         /* nanoseconds */
    void (*alarm)(void *self, uint64_t at);              /* the one alarm; UINT64_MAX: none */
    uint64_t (*draw)(void *self);                        /* 64 random bits */
    uint64_t (*parameter)(void *self, const char *name); /* of the design, as the study sets it */
    void (*tell)(void *self, enum uripc_fact fact, uint64_t value);

    /* Those of this process; NULL if the program did not want any.  The host gives them their
     * turns, and what they complete comes to `completed` with everything else. */
    struct uripc_layers *layers;

    /* Where a service starts the workers (study.h), else NULL.  The service's: begins a life of a
     * worker, in a time that is the host's matter; nothing if it lives or is about to. */
    void (*start)(void *self, uint32_t worker);
    /* A worker's: its process ends when the function that calls this has returned; `failed` says
     * that it could not do what it was started for. */
    void (*end)(void *self, bool failed);
};

/* What a process takes.  The host has filled in `size`, the program's `bytes`, and for layers the
 * smallest limits (uripc_layer_limits_tiny); the program changes what it wants otherwise. */
struct uripc_program_needs {
    size_t size;  /* sizeof(struct uripc_program_needs) */
    size_t bytes; /* of the state */
    bool layered; /* the process gets layers, with these limits */
    struct uripc_layer_limits layers;
};

/* A request that the load wants made. */
struct uripc_ask {
    uint64_t id;      /* of no other request */
    uint64_t service; /* how long carrying it out takes a worker, in nanoseconds */
};

/* Lines of a program's source that deal with one concern.  A study tells them, and judges nothing
 * by them. */
struct uripc_source {
    const char *concern; /* "liveness": keep-alive, and finding out that a peer is dead; "recovery":
                            what goes on after that, and asking again; "repeats": doing nothing
                            twice; a word of your own; NULL: all of this program */
    uint32_t lines;
    const char *with; /* a parameter of the design; where that is 0, nobody needs these lines, and
                         none of them counts; NULL: they always do */
};

struct uripc_program {
    size_t size; /* sizeof(struct uripc_program) */
    size_t bytes;
    void (*begin)(void *state, const struct uripc_program_host *host);
    void (*completed)(void *state, const struct uripc_program_host *host,
                      const struct uripc_completion *completion);
    void (*alarm)(void *state, const struct uripc_program_host *host);
    /* A client's; a worker's is NULL. */
    void (*ask)(void *state, const struct uripc_program_host *host, const struct uripc_ask *ask);

    /* Asked once, before anything else; of `host`, only numbers and `parameter` are there yet.
     * NULL: `bytes`, and no layers. */
    void (*needs)(const struct uripc_program_host *host, struct uripc_program_needs *needs);

    /* A service's, else NULL: a worker that it started has ended, as the operating system tells
     * who started a process; `failed`: by a crash, or it said so itself. */
    void (*ended)(void *state, const struct uripc_program_host *host, uint32_t worker, bool failed);

    /* What both sides of a design share counts in both; NULL: not known. */
    const struct uripc_source *sources;
    size_t source_count;
};

#ifdef __cplusplus
}
#endif

#endif
