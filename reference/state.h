/* SPDX-License-Identifier: MIT */
/* The state of a node: one block, linked by index.  Slots are handed out from the front, so a node
 * that does little touches little of its block. */
#ifndef URIPC_STATE_H
#define URIPC_STATE_H

#include "mutants.h"
#include "node.h"
#include "pool.h"

#define URIPC__NONE UINT32_MAX
#define URIPC__NEVER UINT64_MAX

/* A list of slots of one array, first to last. */
struct uripc__list {
    uint32_t head;
    uint32_t tail;
};

/* A call in flight.  It is linked by `queue` into the one list its phase says, by `calls` into the
 * list of its registration, in start order. */
enum uripc__phase {
    URIPC__FREE,
    URIPC__CLAIMING,  /* register: the resolver has been asked; no list */
    URIPC__OUTBOX,    /* send: not handed over; node's outbox */
    URIPC__SENT,      /* send: handed over, no answer yet; no list, found by message id */
    URIPC__RECEIVING, /* receive: posted; the home registration's list */
    URIPC__TAKING,    /* receive: asked of a home elsewhere; no list, found by message id */
    URIPC__JOINED,    /* of a worker: its handle; no list */
    URIPC__GIVEN,     /* of a worker: a message is on its way to it; no list */
    URIPC__RELEASING, /* close: the resolver has been told; no list */
    URIPC__DONE       /* complete, not polled; node's completions */
};

struct uripc__link {
    uint32_t before;
    uint32_t after;
};

struct uripc__call {
    struct uripc_completion result;    /* overlapped, call and handle from the start */
    uint64_t started;                  /* counts the node's calls */
    uint64_t deadline;                 /* absolute; URIPC__NEVER */
    uint64_t buffer;                   /* receive; of a worker: the id of its join or take */
    struct uripc_incarnation expected; /* send */
    struct uripc_incarnation sent_to;  /* send, sent; of a worker: its handle */
    enum uripc__phase phase;
    uint32_t flags;
    uint32_t registration;    /* slot the call was made on */
    uint32_t buffer_size;     /* receive */
    uint32_t data_bytes;      /* send */
    uint32_t message;         /* send, outbox; given: its pool chunk; else 0 */
    uint32_t route;           /* send, outbox: the slot of its route, asked for or known, or NONE */
    uint32_t peer;            /* send, sent; receive, taking; of a worker: its node */
    uint32_t timer;           /* place in the deadline heap, or NONE */
    uint32_t same_overlapped; /* hash chains */
    uint32_t same_message;
    struct uripc__link queue;
    struct uripc__link calls;
    _Bool asked;     /* send, outbox: for its route, at least once */
    _Bool withdrawn; /* send, close: asked to end when that was no longer ours to decide */
    _Bool foreign;   /* of a worker in another node, at the home: it has no completion here */
};

/* A message in the pool: this, then source URI, target URI and data. */
struct uripc__message {
    uint64_t id;
    uint64_t principal;
    struct uripc_incarnation from;
    uint32_t next; /* in a queue: pool offset of the next one, 0 at the end */
    uint32_t peer; /* where the answer goes */
    uint32_t flags;
    uint32_t source_units;
    uint32_t target_units;
    uint32_t data_bytes;
    uint32_t place; /* counts what came into queues here; later is greater, around zero */
    uint16_t name_units;
    _Bool confirmed;
};

/* A queue of messages, by pool offset. */
struct uripc__queue {
    uint32_t head;
    uint32_t tail;
    uint32_t messages;
    uint64_t bytes;
};

enum uripc__registration_state {
    URIPC__VACANT,
    URIPC__ASKED,     /* claim under way */
    URIPC__ABANDONED, /* claim under way, but nobody wants it any more */
    URIPC__OPEN
};

/* An open handle.  If it joined a shared queue, `home` is the slot that has the queue, else its
 * own. Invariant: while messages are queued or blocked at a home, no receive is posted there. */
struct uripc__registration {
    uint64_t id; /* handle and serial of the incarnation; low 16 bits: slot */
    struct uripc_register_options options;
    enum uripc__registration_state state;
    uint32_t parent; /* slot, or NONE; while vacant the next vacant slot */
    uint32_t home;
    uint32_t name_units;
    uint32_t claim;           /* call slot of the register while asked */
    struct uripc__list calls; /* of this handle, in start order */
    struct uripc__list receives;
    struct uripc__queue inbox;
    struct uripc__queue blocked;
    uint64_t dropped;
    uint64_t hold_pass;  /* last pass over the outbox that left a send of this source behind */
    uint32_t hold_peer;  /* which peer it waits for; URIPC_NOWHERE: any later send must wait */
    uint32_t queue_peer; /* and the node where that is */
    struct uripc_incarnation queue; /* the home that it joined in another node; 0: none */
    uint64_t join;                  /* the id of that */
};

/* A remembered answer of the resolver, for one target. */
enum uripc__route_state { URIPC__ROUTE_FREE, URIPC__ROUTE_ASKED, URIPC__ROUTE_KNOWN };

struct uripc__route {
    struct uripc_route route;
    uint64_t hash;
    uint64_t asked;  /* calls that the node had accepted when it was asked for */
    uint64_t wanted; /* last pass over the outbox that left a send behind which will use it */
    enum uripc__route_state state;
    uint32_t units;
    uint32_t same_hash;
};

struct uripc_node {
    const struct uripc_host *host; /* the two pointers */
    void *self;
    uint64_t identity;
    uint64_t now;
    uint64_t serials;   /* registrations ever made */
    uint64_t messages;  /* messages ever sent */
    uint64_t started;   /* calls ever accepted */
    uint64_t completed; /* and ever completed */
    uint64_t pass;      /* passes over the outbox */
    uint32_t places;    /* messages ever put at rest */
    uint64_t wake;      /* what wake_at was last told */
    struct uripc_limits limits;
    uint32_t peer;
    uint32_t buckets; /* of both hash tables of calls; a power of two */
    uint32_t route_buckets;
    uint32_t calls_used; /* slots touched so far */
    uint32_t calls_free; /* list through queue.after */
    uint32_t in_flight;
    uint32_t registrations_used;
    uint32_t registrations_free; /* list through parent */
    uint32_t timers;             /* entries of the deadline heap */
    uint32_t routes_used;
    uint32_t route_last;  /* found last */
    uint32_t target_last; /* units of the last target, canonical, in scratch; 0: there is none */
    uint32_t route_hand;  /* where the search for a victim starts */
    struct uripc__list outbox;
    uint32_t outbox_next; /* the send that the next pass begins with; NONE: nothing has changed */
    struct uripc__list completions;
    struct uripc__pool pool;
    /* offsets of the arrays in the block */
    uint32_t at_calls;
    uint32_t at_registrations;
    uint32_t at_names;
    uint32_t at_routes;
    uint32_t at_targets;
    uint32_t at_by_overlapped;
    uint32_t at_by_message;
    uint32_t at_by_route;
    uint32_t at_heap;
    uint32_t at_scratch; /* two URIs */
    uint32_t at_pool;
};

static inline void *uripc__at(struct uripc_node *node, uint32_t offset)
{
    return (unsigned char *)node + offset;
}

static inline struct uripc__call *uripc__call(struct uripc_node *node, uint32_t slot)
{
    return (struct uripc__call *)uripc__at(node, node->at_calls) + slot;
}

static inline struct uripc__registration *uripc__registration(struct uripc_node *node,
                                                              uint32_t slot)
{
    return (struct uripc__registration *)uripc__at(node, node->at_registrations) + slot;
}

static inline char *uripc__name(struct uripc_node *node, uint32_t slot)
{
    return (char *)uripc__at(node, node->at_names) + (size_t)slot * node->limits.uri_units;
}

static inline struct uripc__message *uripc__message(struct uripc_node *node, uint32_t offset)
{
    return (struct uripc__message *)uripc__at(node, node->at_pool + offset);
}

static inline char *uripc__message_text(struct uripc__message *message)
{
    return (char *)(message + 1);
}

#endif
