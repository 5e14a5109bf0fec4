/* SPDX-License-Identifier: MIT */
/* What the files of the model's node share.  Everything is malloc'd, everything is a list. */
#ifndef URIPC_CONFORMANCE_MODEL_PARTS_H
#define URIPC_CONFORMANCE_MODEL_PARTS_H

#include <stdbool.h>

#include "reference/node.h"

/* A message that is queued, blocked or not yet sent; its texts and data lie behind it. */
struct model_frame {
    struct model_frame *next;
    uint32_t peer; /* queued, blocked: where it came from */
    struct uripc_frame frame;
};

enum model_state {
    MODEL_CLAIMING,  /* the resolver has been asked */
    MODEL_OPEN,      /* the application has the handle */
    MODEL_ABANDONED, /* nobody waits any more; released as soon as it is claimed */
    MODEL_RELEASING  /* closed; the resolver has been told */
};

struct model_handle {
    struct model_handle *next;
    enum model_state state;
    uint64_t serial; /* also the handle's id */
    uint64_t home;   /* serial of the registration whose queue this is; mostly its own */
    uint64_t parent; /* serial, or 0 */
    uint32_t ticket; /* of the claim or release under way */
    uint64_t closer; /* overlapped of the close that waits for the release, or 0 */
    char *name;
    struct uripc_register_options options; /* defaults filled in */
    struct model_frame *queue;
    struct model_frame *blocked;
    uint64_t dropped;
};

enum model_step {
    MODEL_LOOKUP,  /* the resolver has been asked for the route */
    MODEL_ROUTED,  /* may be handed over in its turn */
    MODEL_NO_ROOM, /* the carrier had none */
    MODEL_HANDED   /* waits for its answer */
};

/* A call in flight, pending or complete. */
struct model_call {
    struct model_call *next;
    struct uripc_completion result;
    uint64_t on;       /* serial of the handle it was made on; register: the parent's, or 0 */
    uint64_t deadline; /* UINT64_MAX: none */
    uint32_t flags;
    bool cancelled;

    uint64_t serial;            /* register: the new registration's */
    struct uripc_buffer buffer; /* receive */
    uint32_t releases;          /* close: not yet answered */

    enum model_step step;        /* send, from here on */
    uint32_t length;             /* of its data */
    uint32_t ticket;             /* of its lookup */
    struct model_frame *message; /* until it is handed over */
    struct uripc_route route;    /* from MODEL_ROUTED on */
    struct uripc_incarnation from;
    struct uripc_incarnation expected;
};

struct model_node {
    const struct uripc_host *host;
    void *self;
    uint64_t identity;
    struct uripc_limits limits;
    uint64_t now;
    uint64_t alarm; /* what the host was asked for last */
    uint64_t last_serial;
    uint64_t last_message;
    uint32_t last_ticket;
    struct model_handle *handles; /* in the order of their serials */
    struct model_call *pending;   /* in the order they were started */
    struct model_call *done;      /* in the order they completed */
};

/* Memory: never NULL. */
void *model_alloc(size_t size);
char *model_string(struct uripc_text text);
struct model_frame *model_frame_copy(uint32_t peer, const struct uripc_frame *frame);
void model_frame_append(struct model_frame **list, struct model_frame *frame);
struct model_frame *model_frame_take(struct model_frame **list, struct model_frame *frame);
void model_frames_free(struct model_frame **list);

/* Bytes of a message in the pool, and of all messages held (limit pool_bytes): source URI, target
 * URI and data, in bytes. */
uint64_t model_weight(const struct uripc_frame *frame);
bool model_pool_has(const struct model_node *node, const struct uripc_frame *frame);

/* Copies options that a caller filled into `known` bytes of ours, zero where it has none.  False
 * if it says something that is not known here. */
bool model_options(void *ours, size_t known, const size_t *given);

/* Handles. */
struct model_handle *model_open(const struct model_node *node, uint64_t serial);
struct model_handle *model_home(const struct model_node *node, uint64_t serial);
void model_handle_free(struct model_node *node, struct model_handle *handle);

/* Calls.  `admit` returns pending, or why one more call is refused. */
enum uripc_status model_admit(const struct model_node *node, uint64_t overlapped);
struct model_call *model_start(struct model_node *node, enum uripc_call kind, uint64_t on,
                               uint64_t overlapped, uint64_t deadline);
void model_complete(struct model_node *node, struct model_call *call, enum uripc_status status,
                    enum uripc_certainty certainty);

/* Source side. */
enum uripc_status model_send(struct uripc_node *node, struct uripc_handle source,
                             const struct uripc_text *suffix, struct uripc_text target,
                             const void *data, uint32_t length,
                             const struct uripc_send_options *options, uint64_t overlapped);
void model_on_route(struct uripc_node *node, uint32_t ticket, enum uripc_status status,
                    const struct uripc_route *route);
void model_on_route_gone(struct uripc_node *node, struct uripc_incarnation to);
void model_on_room(struct uripc_node *node, uint32_t peer);
void model_on_peer_down(struct uripc_node *node, uint32_t peer);
void model_answered(struct model_node *node, uint32_t peer, const struct uripc_frame *frame);
void model_withdraw(struct model_node *node, struct model_call *call);
void model_hand_over_all(struct model_node *node);

/* Target side. */
enum uripc_status model_receive(struct uripc_node *node, struct uripc_handle handle,
                                struct uripc_buffer buffer,
                                const struct uripc_receive_options *options, uint64_t overlapped);
void model_arrived(struct model_node *node, uint32_t peer, const struct uripc_frame *frame);
void model_withdrawn(struct model_node *node, uint32_t peer, const struct uripc_frame *frame);
void model_queue_end(struct model_node *node, struct model_handle *home);

/* The end of every turn: what may be handed over is, and the alarm is set. */
void model_settle(struct model_node *node);

static inline struct model_node *model_own(struct uripc_node *node)
{
    return (struct model_node *)(void *)node;
}

static inline bool model_lives_equal(struct uripc_incarnation a, struct uripc_incarnation b)
{
    return a.node == b.node && a.serial == b.serial;
}

#endif
