/* SPDX-License-Identifier: MIT */
/* All that a node asks of the world.  It never looks further: no clock, no randomness, no I/O and,
 * after creation, no allocation.
 *
 * A *turn* is one call of the application or one upcall (node.h).  Time is a value the host sets
 * before a turn.  During a turn the node calls ports; no port may call back into any node, so what
 * a port causes arrives in a later turn.  Everything passed to a port is borrowed until it
 * returns. */
#ifndef URIPC_HOST_H
#define URIPC_HOST_H

#include <uripc/uripc.h>

/* Where messages of a name go: the resolver's answer.  A delivery profile is data: it
 * shows up here and nowhere else in a node. */
struct uripc_route {
    struct uripc_incarnation to; /* group: a name's life in the resolver, not a registration */
    uint32_t peer;               /* the host's number of the node it leads to, for the carrier */
    uint32_t payload_max;        /* data bytes; 0: no limit of the route */
    uint32_t budget;             /* target URI units + data bytes; 0: none (mailslots on NetBIOS) */
    _Bool group;                 /* every member gets a copy; never confirmed */
    _Bool confirmed;             /* the target answers each message */
};

/* A request to hold a name.  `serial` is the node's for this registration. */
struct uripc_claim {
    uint32_t ticket; /* given back with the answer */
    uint64_t serial;
    struct uripc_text name;                /* canonical */
    struct uripc_register_options options; /* defaults filled in, deadline 0 */
    uint64_t principal; /* of the claiming process; stamped by the host, never the node */
    _Bool joins;        /* a shared queue at home in another node may be the answer (on_joined) */
};

enum uripc_frame_kind {
    URIPC_FRAME_MESSAGE = 1,
    URIPC_FRAME_ANSWER,   /* target to source: what became of a confirmed message */
    URIPC_FRAME_WITHDRAW, /* source to target: forget the message if it is still blocked;
                             worker to home: forget a join, or a take that was not given to */
    URIPC_FRAME_JOIN,     /* worker to home: a handle joins the shared queue (DSP-6) */
    URIPC_FRAME_TAKE,     /* worker to home: a receive on such a handle */
    URIPC_FRAME_GIVEN,    /* home to worker: what became of a join or take, and the message */
    URIPC_FRAME_TAKEN     /* worker to home: what became of that: ok, or it is to come back */
};

/* What travels between nodes.  A host copies what it keeps. */
struct uripc_frame {
    enum uripc_frame_kind kind;
    enum uripc_status status;       /* answer */
    enum uripc_certainty certainty; /* answer */
    uint32_t flags;                 /* message: URIPC_NOWAIT */
    _Bool confirmed;                /* message: wants an answer */
    uint32_t size; /* take: of the buffer; given, buffer-too-small: data bytes of the message */
    struct uripc_incarnation from; /* message, withdraw: source registration; answer: target's;
                                      join, take: the worker's; given, taken: of the
                                      message's source */
    struct uripc_incarnation to;   /* message, withdraw, join, take, taken: target registration;
                                      answer: source's; given: the worker's */
    uint64_t message_id;           /* names the exchange between the two nodes; taken: that of the
                                      message, or 0 where the carrier repeats no frames */
    uint64_t take;                 /* given, taken: the message id of the join or take */
    struct uripc_incarnation home; /* given: of the queue */
    uint64_t principal;            /* of the sending process; stamped by the host, never the node;
                                      given: of the message, as it was stamped when it came */
    struct uripc_text source;      /* message, given: canonical URIs, and the data */
    struct uripc_text target;
    const void *data; /* NULL although there are some: the host could not hold them (SND-23) */
    uint32_t data_bytes;
    uint32_t name_units; /* message: how much of `source` is the registered name */
};

/* Ports.  `self` is what the node was created with. */
struct uripc_host {
    size_t size; /* sizeof(struct uripc_host) */

    /* Resolver.  Each of the three is answered later by the upcall of node.h that bears the same
     * ticket.  `watch` is implied: whoever was told a route is told when it stops being right. */
    void (*claim)(void *self, const struct uripc_claim *claim);
    void (*release)(void *self, uint32_t ticket, uint64_t serial);
    void (*lookup)(void *self, uint32_t ticket, struct uripc_text target);

    /* Carrier.  ok: handed over, or lost as the route may; would-block: nothing was taken,
     * uripc_node_on_room(peer) follows; too-big: the carrier can never take it; no-resources: there
     * is no way to the peer, of messages and joins.  Only messages are refused for want of room: of
     * all else each call causes at most two, so there is always room.  Messages between two nodes
     * arrive in the order they were carried, unless the profile says otherwise (SND-7).  For a
     * group, `peer` is the route's and means nothing. */
    enum uripc_status (*carry)(void *self, uint32_t peer, _Bool group,
                               const struct uripc_frame *frame);

    /* Memory of the application: writes `length` bytes at `offset` of the buffer `id`. */
    void (*copy_out)(void *self, uint64_t id, uint32_t offset, const void *bytes, uint32_t length);

    /* Time.  The only alarm of the node, absolute; at once if it is past; UINT64_MAX stops it. */
    void (*wake_at)(void *self, uint64_t at);

    /* For synchronous callers only, and never during a turn: lets the world take one step.  Returns
     * false if nothing can happen any more. */
    _Bool (*run_one)(void *self);
};

#endif
