/* SPDX-License-Identifier: MIT */
/* What all layers of a node share, and the seam between it and each of them.
 *
 * A layer is a *part*: a const table of functions, found by its number.  The core of the layers
 * (layers.c, layers_call.c, endpoint.c) calls a part in these places and nowhere else:
 *
 *   on_endpoint  an endpoint that the part opened is open, or could not be (status)
 *   on_record    a message came whose record type is the part's
 *   on_done      a send of the part has completed
 *   end          a call of the application, begun by the part, must complete now with this status:
 *                its deadline has passed (timeout) or it was cancelled (aborted)
 *   relieve      the pool is full: give back what can be done without; false: there is nothing
 *   due          once in every turn, last: do what is due at layers->now, and say when the next is
 *
 * and a part calls the uripc__layers_ functions below.  A call of the application is a slot: begin
 * it, remember its number, complete it once.  State of a part lies in the block, at
 * uripc__layers_state; it names everything by number and holds no pointer, so that the block can be
 * copied and put back (LAY-3). */
#ifndef URIPC_LAYERS_STATE_H
#define URIPC_LAYERS_STATE_H

#include <uripc/message.h>
#include <uripc/session.h>

#include "hot.h"
#include "pool.h"

#define URIPC__NONE UINT32_MAX
#define URIPC__NEVER UINT64_MAX

/* Each message between layers begins with these bytes (spec, chapter 10). */
enum {
    URIPC__RECORD_VERSION = 1,
    URIPC__RECORD_HEAD = 4, /* 'u', 'L', version, type */
    URIPC__RECORD_ROOM = 64 /* bytes that a part may put before the application's data */
};

/* A message that arrived; texts and bytes are borrowed until on_record returns. */
struct uripc__record {
    uint32_t endpoint;
    uint8_t type;
    struct uripc_text source;
    struct uripc_text target;
    const unsigned char *body; /* what follows the head */
    uint32_t length;
    struct uripc_incarnation from;
    uint64_t principal;
};

struct uripc__part {
    uint8_t first_type; /* records of these types are its own, both included */
    uint8_t last_type;
    size_t (*bytes)(
        const struct uripc_layer_limits *limits); /* of its state, which starts zeroed */
    /* Stretches of its state, how many; may be NULL. */
    size_t (*hot)(const struct uripc_layer_limits *limits, struct uripc_stretch *stretches);
    void (*on_endpoint)(struct uripc_layers *layers, uint32_t endpoint, enum uripc_status status);
    void (*on_record)(struct uripc_layers *layers, const struct uripc__record *record);
    void (*on_done)(struct uripc_layers *layers, uint64_t token,
                    const struct uripc_completion *done);
    void (*end)(struct uripc_layers *layers, uint32_t call, enum uripc_status status);
    bool (*relieve)(struct uripc_layers *layers); /* may be NULL */
    uint64_t (*due)(struct uripc_layers *layers);
};

/* A call of the application on a layer: a slot, free again once its completion was polled. */
struct uripc__layer_call {
    uint64_t overlapped;
    uint64_t deadline; /* absolute; URIPC__NEVER: none */
    struct uripc_handle handle;
    uint32_t part;
    uint32_t token; /* the part's own */
    enum uripc_call kind;
    uint64_t order;                       /* calls begun before */
    struct uripc_buffer buffer;           /* session receive, request, serve, survey receive */
    uint64_t remember;                    /* serve */
    struct uripc_session_options session; /* accept */
    enum { URIPC__CALL_FREE, URIPC__CALL_WAITS, URIPC__CALL_COMPLETED } state;
    uint32_t twin; /* of those whose blocks have the same place in `blocks`, plus one */
    bool chained;  /* it awaits something */
    uint32_t next; /* of those that await what has the same place in `awaiting`, plus one */
};

/* A call that the layers made on the node. */
struct uripc__own_call {
    uint64_t token;
    uint32_t part; /* send */
    uint32_t endpoint;
    enum uripc_call kind; /* 0: free */
};

/* A registration of the layers, with one receive posted while it is open.  The first two have names
 * made of the ground's identity.  One that is *adopted* is the application's, and a receive is
 * posted only while its part wants one. */
enum {
    URIPC__SHARED, /* of all parts */
    URIPC__HELD,   /* nothing is ever received there: what is sent to it tells of the node's end */
    URIPC__FREE_TO_USE
};

struct uripc__endpoint {
    struct uripc_handle handle;
    struct uripc_incarnation incarnation;
    struct uripc_buffer buffer;
    uint32_t bytes; /* which of the ground's buffers */
    uint32_t part;  /* who opened it */
    enum {
        URIPC__ENDPOINT_FREE,
        URIPC__ENDPOINT_OPENING,
        URIPC__ENDPOINT_OPEN,
        URIPC__ENDPOINT_CLOSING
    } state;
    bool adopted, wanted;
    bool posted;      /* a receive is ... */
    uint32_t receive; /* ... by this call of the layers */
    bool cancelled;   /* and has been cancelled */
    bool discard;     /* the next one discards a message that is too long for any record */
    bool dropped;     /* close it as soon as it is open */
};

struct uripc__layer_queued {
    struct uripc_completion completion;
    uint32_t call; /* URIPC__NONE: of a call that the application made on the node */
};

/* A ring: one place for each call of the layers, as many for calls of the node. */
struct uripc__layer_queue {
    uint32_t first, count;
    uint32_t passed;    /* of them, of the node */
    uint64_t completed; /* so far, polled or not */
};

enum { URIPC__PARTS = 2 /* at most */ };

/* Where the arrays lie in the block; what all parts share ends before `shared`. */
struct uripc__layers_layout {
    size_t taken, calls, blocks, awaiting, own, endpoints, buffers, queue, pool, shared, total;
    size_t parts[URIPC__PARTS];
    uint32_t call_count, own_count, endpoint_count, receive_bytes, pool_size;
};

struct uripc_layers {
    struct uripc_ground ground;
    const struct uripc__part *const *parts;
    uint32_t part_count;
    struct uripc_layer_limits limits;
    struct uripc__layers_layout layout;
    struct uripc_layer_counters counters;
    struct uripc__pool pool; /* of the region at layout.pool */
    struct uripc__layer_queue queue;
    uint64_t now;
    uint64_t serial;    /* handles given out so far */
    uint64_t begun;     /* calls of the application so far */
    uint32_t calls_end; /* the slots of calls from here on are free */
    uint32_t lowest;    /* no slot before is free */
    uint64_t expiry;    /* no deadline passes before */
    bool unheard;       /* some endpoint may lack a receive, or want to be closed */
};

/* As the public functions, with other parts than the built-in ones: for tests of the seam. */
size_t uripc__layers_bytes(const struct uripc_layer_limits *limits,
                           const struct uripc__part *const *parts, uint32_t count);
struct uripc_layers *uripc__layers_init(void *block, const struct uripc_layer_limits *limits,
                                        const struct uripc_ground *ground,
                                        const struct uripc__part *const *parts, uint32_t count);

/* The state of a part. */
void *uripc__layers_state(struct uripc_layers *layers, uint32_t part);

/* The region of layers->pool, and a chunk of it; 0: there is no room. */
void *uripc__layers_region(struct uripc_layers *layers);
uint32_t uripc__layers_take(struct uripc_layers *layers, uint64_t bytes);
void uripc__layers_give(struct uripc_layers *layers, uint32_t offset);

/* 0, but with a planted fault: how often it was asked before. */
uint64_t uripc__layers_remembered(void);

/* A handle that no call has given out before (LAY-8). */
struct uripc_handle uripc__layers_handle(struct uripc_layers *layers);

/* Calls of the application (layers_call.c). */

struct uripc__layer_call *uripc__layers_call(struct uripc_layers *layers, uint32_t call);

/* Begins a call with a deadline of so many nanoseconds (0: none).  pending with its number, or
 * invalid-argument, in-use, no-resources (LAY-4, LAY-5). */
enum uripc_status uripc__layers_begin(struct uripc_layers *layers, uint32_t part,
                                      enum uripc_call kind, struct uripc_handle handle,
                                      uint64_t overlapped, uint64_t deadline, uint32_t *call);

/* Takes back one that has not begun after all. */
void uripc__layers_unbegin(struct uripc_layers *layers, uint32_t call);

/* Says what the call waits for, in the part's own numbers; it can be found by that until it
 * completes. */
void uripc__layers_await(struct uripc_layers *layers, uint32_t call, uint32_t token);

/* The first call of a kind that waits for that; URIPC__NONE: there is none. */
uint32_t uripc__layers_waiting(struct uripc_layers *layers, enum uripc_call kind, uint32_t token);

/* Queues its one completion.  Overlapped block, kind and, if it is {0}, handle are the call's. */
void uripc__layers_complete(struct uripc_layers *layers, uint32_t call,
                            const struct uripc_completion *completion);

/* The same with nothing but a status; it is definite. */
void uripc__layers_finish(struct uripc_layers *layers, uint32_t call, enum uripc_status status);

/* Ends the calls whose deadline has passed; returns the next deadline. */
uint64_t uripc__layers_expire(struct uripc_layers *layers);

/* A completion of the application's own call on the node.  False: no room before the next poll. */
bool uripc__layers_pass(struct uripc_layers *layers, const struct uripc_completion *completion);
bool uripc__layers_can_pass(const struct uripc_layers *layers);

/* Endpoints and sends (endpoint.c). */

struct uripc__endpoint *uripc__layers_endpoint(struct uripc_layers *layers, uint32_t endpoint);

/* The name of the shared endpoint, in front of that of the other. */
#define URIPC__HELD_SUFFIX "/held"
enum {
    URIPC__LAYERS_NAME = 28,
    URIPC__LAYERS_HELD_NAME = URIPC__LAYERS_NAME + sizeof URIPC__HELD_SUFFIX - 1
};
void uripc__layers_name(const struct uripc_layers *layers, char name[URIPC__LAYERS_NAME]);

/* Opens the shared endpoint, if it is not: every part hears on_endpoint with 0.  ok: it is open;
 * pending: it will be told. */
enum uripc_status uripc__layers_open_shared(struct uripc_layers *layers);

/* Opens the one at which others hold this node, if it is not; the part hears on_endpoint.  pending:
 * it will be told; ok: it is open, or cannot be had, and its incarnation is {0}. */
enum uripc_status uripc__layers_open_held(struct uripc_layers *layers, uint32_t part);

/* Opens one of the part's own.  pending with its number, or a status of uripc_register or
 * no-resources. */
enum uripc_status uripc__layers_open(struct uripc_layers *layers, uint32_t part,
                                     struct uripc_text uri,
                                     const struct uripc_register_options *options,
                                     uint32_t *endpoint);

/* Gives up an endpoint that is open or opening; nothing of it is told any more. */
void uripc__layers_close(struct uripc_layers *layers, uint32_t endpoint);

/* Makes an endpoint of a registration of the application; none of the part's has it yet.  False:
 * there is no place. */
bool uripc__layers_adopt(struct uripc_layers *layers, uint32_t part, struct uripc_handle handle,
                         uint32_t *endpoint);

/* Says whether the part wants to receive there.  Whatever comes after that, also of a receive that
 * could not be stopped any more, is told by on_record; the registration's end by on_endpoint.
 * invalid-handle, and the endpoint is gone: the application has no such registration. */
enum uripc_status uripc__layers_want(struct uripc_layers *layers, uint32_t endpoint, bool wanted);

/* Gives an adopted endpoint up, from which no receive is posted. */
void uripc__layers_release(struct uripc_layers *layers, uint32_t endpoint);

/* Writes the head of a record. */
void uripc__layers_head(unsigned char *record, uint8_t type);

/* How long the node may wait for an answer (LAY-13). */
#define URIPC__LAYERS_ANSWERED UINT64_C(2000000000) /* nanoseconds */

/* Sends a record from an open endpoint, with a suffix of its name if it is not NULL; without a
 * deadline of its own it has 2 s (LAY-13).  pending: on_done follows with `token`; else as
 * uripc_send, or no-resources. */
enum uripc_status uripc__layers_send(struct uripc_layers *layers, uint32_t part, uint32_t endpoint,
                                     const struct uripc_text *suffix, struct uripc_text target,
                                     const void *record, uint32_t length,
                                     const struct uripc_send_options *options, uint64_t token);

/* Takes back a send of the part that waits at its target; on_done follows. */
void uripc__layers_withdraw(struct uripc_layers *layers, uint32_t part, uint64_t token);

/* Posts the receives that are missing and closes what was given up.  What the node has no room for
 * now waits for a later turn: room comes with a completion, and that with a turn. */
void uripc__layers_listen(struct uripc_layers *layers);

/* A completion of a call that the layers made. */
void uripc__layers_own_done(struct uripc_layers *layers, const struct uripc_completion *done);

#endif
