/* SPDX-License-Identifier: MIT */
/* Layers: what an application would otherwise write itself, on top of the three calls and of
 * nothing else.  *Sessions* (session.h) keep a connection between two processes, tell its end and
 * who ended it; *requests* (request.h) pair answers with questions, over either.
 *
 * A layer is, like a node, a state machine without I/O: time comes in as a value, and what it does
 * it does with the calls of the node it stands on.  It sends ordinary messages, so it works over
 * every implementation of the calls and through every delivery profile.
 *
 *     host:         after anything that may have given the node a completion, after calls and polls
 *                   of the application, and at the time that the last turn asked for:
 *                   next = uripc_layers_turn(layers, now)
 *     application:  uripc_layers_poll(layers, &completion) instead of uripc_poll
 *
 * No function here calls back.  All but turn and poll may be called at any time between two turns;
 * their completions come out of uripc_layers_poll, together with those of the node's own calls,
 * which the application goes on making as ever (LAY-1, LAY-2).
 * They take what the node has completed as long as the application polls: unpolled completions of
 * the node's own calls are held up to `calls`, the rest stays with the node. */
#ifndef URIPC_LAYERS_H
#define URIPC_LAYERS_H

#include <uripc/uripc.h>

#ifdef __cplusplus
extern "C" {
#endif

#ifdef __GNUC__ /* a program that has layers can offer them to objects that it loads */
#pragma GCC visibility push(default)
#endif

/* The calls of an implementation as a value.  Each is as in uripc.h; `node` is what a layer was
 * given with the table. */
struct uripc_calls {
    size_t size; /* sizeof(struct uripc_calls) */
    enum uripc_status (*register_)(struct uripc_node *node, struct uripc_handle parent,
                                   struct uripc_text uri,
                                   const struct uripc_register_options *options,
                                   uint64_t overlapped);
    enum uripc_status (*send)(struct uripc_node *node, struct uripc_handle source,
                              const struct uripc_text *suffix, struct uripc_text target,
                              const void *data, uint32_t length,
                              const struct uripc_send_options *options, uint64_t overlapped);
    enum uripc_status (*receive)(struct uripc_node *node, struct uripc_handle handle,
                                 struct uripc_buffer buffer,
                                 const struct uripc_receive_options *options, uint64_t overlapped);
    enum uripc_status (*cancel)(struct uripc_node *node, uint64_t overlapped);
    enum uripc_status (*close)(struct uripc_node *node, struct uripc_handle handle,
                               uint64_t overlapped);
    enum uripc_status (*poll)(struct uripc_node *node, struct uripc_completion *completion);
};

/* What layers stand on.  Kept until the layers end. */
struct uripc_ground {
    size_t size; /* sizeof(struct uripc_ground) */
    const struct uripc_calls *calls;
    struct uripc_node *node;
    uint64_t identity; /* random, not 0, of this node alone: names of endpoints are made of it */
    void *self;        /* handed to the two functions below */

    /* A buffer of `size` bytes that the node can write to and the layers can read at *bytes, for as
     * long as they live.  False: there is none.  Called by uripc_layers_init only. */
    bool (*buffer)(void *self, uint32_t size, struct uripc_buffer *buffer, void **bytes);

    /* Writes to a buffer of the application, as a node's host does. */
    void (*copy_out)(void *self, uint64_t id, uint32_t offset, const void *bytes, uint32_t length);
};

/* What layers can hold at most; they never allocate later.  Every field is given. */
struct uripc_layer_limits {
    size_t size;           /* sizeof(struct uripc_layer_limits) */
    uint32_t listeners;    /* open listeners, and registrations that are served */
    uint32_t sessions;     /* sessions, half-open ones included */
    uint32_t requests;     /* asked and not complete, surveys included; as many being served */
    uint32_t remembered;   /* answered requests that are known if they come again (REQ-15) */
    uint32_t calls;        /* calls of layers in flight: accepted and not yet polled */
    uint32_t window_bytes; /* data of one session that its receiver holds unread, at most */
    uint32_t pool_bytes;   /* all data that layers hold */
    uint32_t uri_units;    /* longest URI */
    uint32_t message_max;  /* data bytes of one message of a session that is taken (SES-13), of a
                              request and of a reply */
};

/* The default limits (8 listeners, 64 sessions, 64 requests, 64 remembered, 256 calls, windows of
 * 64 KiB, a pool of 1 MiB, URIs of 1024 units, messages of 64 KiB), and `tiny` ones for very large
 * simulations. */
extern const struct uripc_layer_limits uripc_layer_limits_default;
extern const struct uripc_layer_limits uripc_layer_limits_tiny;

/* All layers of one node. */
struct uripc_layers;

/* Bytes of the block that layers with these limits need; 0 if a limit is none they can have. */
size_t uripc_layers_bytes(const struct uripc_layer_limits *limits);

/* Makes layers in `block` (aligned to 8) and keeps it; NULL if a limit is wrong or the ground gives
 * no buffer.  They register names and post receives at the first call that needs them. */
struct uripc_layers *uripc_layers_init(void *block, const struct uripc_layer_limits *limits,
                                       const struct uripc_ground *ground);

/* One turn at time `now` (nanoseconds, never going back): takes the node's completions, does what
 * is due.  Returns when it wants the next turn at the latest; UINT64_MAX: not before the node has
 * a completion or a call was made. */
uint64_t uripc_layers_turn(struct uripc_layers *layers, uint64_t now);

/* Takes the oldest completion, of a layer or of a call that the application made on the node.  ok,
 * or would-block if there is none. */
enum uripc_status uripc_layers_poll(struct uripc_layers *layers,
                                    struct uripc_completion *completion);

/* How many completions have come so far, polled or not: a host that sees it change has something to
 * be polled. */
uint64_t uripc_layers_completed(const struct uripc_layers *layers);

/* As uripc_cancel, for calls of the layers and of the node alike. */
enum uripc_status uripc_layers_cancel(struct uripc_layers *layers, uint64_t overlapped);

/* What happened so far that no completion tells. */
struct uripc_layer_counters {
    uint64_t sent, bytes_sent; /* messages that the layers gave the node, and their data bytes */
    uint64_t resent;           /* of these, sent before */
    uint64_t beats;            /* of these, only to show life */
    uint64_t duplicates;       /* came again and were dropped */
    uint64_t late_replies;     /* came when nobody waited for them, and were dropped (REQ-9) */
    uint64_t strays;           /* made no sense to a layer, and were dropped */
    uint64_t suspected;        /* peers given up for their silence */
};

void uripc_layers_counters(const struct uripc_layers *layers,
                           struct uripc_layer_counters *counters);

/* Overlapped blocks with this bit are the layers' own; calls of the application on a node under
 * layers must not use them.  No address in user space has it. */
#define URIPC_LAYER_OVERLAPPED (UINT64_C(1) << 63)

/* Handles of listeners and sessions have this bit, those of registrations do not. */
#define URIPC_LAYER_HANDLE (UINT64_C(1) << 48)

#ifdef __GNUC__
#pragma GCC visibility pop
#endif

#ifdef __cplusplus
}
#endif

#endif
