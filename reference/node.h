/* SPDX-License-Identifier: MIT */
/* The host's side of a node: creation and upcalls.  Every upcall is one turn; none calls back. */
#ifndef URIPC_NODE_H
#define URIPC_NODE_H

#include "host.h"
#include "hot.h"

/* Bytes of the block a node with these limits needs; 0 if their size is not this version's, or one
 * is zero or too large: counts and URIs below 65536, the pool below 1 GiB, the block below 4. */
size_t uripc_node_bytes(const struct uripc_limits *limits);

/* Makes a node in `block` (uripc_node_bytes(limits) bytes, aligned to 8), keeping it, `host` and
 * `self` until uripc_node_fini.  `identity` is random and not 0; `peer` is the number by which the
 * host's carrier knows this node.  The block holds no pointer but these two, so it can be copied
 * and put back.  Returns NULL if uripc_node_bytes is 0. */
struct uripc_node *uripc_node_init(void *block, const struct uripc_limits *limits,
                                   const struct uripc_host *host, void *self, uint64_t identity,
                                   uint32_t peer);

/* Gives up what a node holds outside its block (the reference: nothing).  No completion follows:
 * this is the end of a process, not a close. */
void uripc_node_fini(struct uripc_node *node);

/* Sets the time of the next turns, in nanoseconds; never goes back. */
void uripc_node_set_time(struct uripc_node *node, uint64_t now);

/* Answers of the resolver.
 * on_claimed: ok with the serial to use (the claim's own, or that of the queue to join), or
 *   exists, not-supported, no-resources, access-denied.
 * on_joined, instead, of a claim that said `joins`: the name is a shared queue whose home is the
 *   registration `home` of the node `peer`, and that node is to be asked.
 * on_released: the name is free and everybody who was told its route knows.
 * on_route: ok with the route, or no-receiver, unreachable.  ok with a peer of
 *   URIPC_NOWHERE means: accepted, and nobody there (DLV-5).
 * on_route_gone: forget every route that leads to this life.
 * on_revoked: the name of this registration is another's (RES-9); it ends, with all below it.
 *   NULL in uripc_node_ops: the implementation cannot be told. */
void uripc_node_on_claimed(struct uripc_node *node, uint32_t ticket, enum uripc_status status,
                           uint64_t serial);
void uripc_node_on_joined(struct uripc_node *node, uint32_t ticket, uint32_t peer,
                          struct uripc_incarnation home);
void uripc_node_on_released(struct uripc_node *node, uint32_t ticket);
void uripc_node_on_route(struct uripc_node *node, uint32_t ticket, enum uripc_status status,
                         const struct uripc_route *route);
void uripc_node_on_route_gone(struct uripc_node *node, struct uripc_incarnation to);
void uripc_node_on_revoked(struct uripc_node *node, uint64_t serial);

#define URIPC_NOWHERE UINT32_MAX

/* From the carrier.  A frame of peer `peer`; room again towards it.  on_peer_down: what was carried
 * to it has ended, in band after the last frame it managed to send; on_peer_left: what it carried
 * here has ended, so it is no worker any more (DSP-9).  A peer that dies causes both. */
void uripc_node_on_frame(struct uripc_node *node, uint32_t peer, const struct uripc_frame *frame);
void uripc_node_on_room(struct uripc_node *node, uint32_t peer);
void uripc_node_on_peer_down(struct uripc_node *node, uint32_t peer);
void uripc_node_on_peer_left(struct uripc_node *node, uint32_t peer);

/* How many calls have completed so far: a host that sees it change has something to be polled. */
uint64_t uripc_node_completed(const struct uripc_node *node);

/* Whether sends were accepted that are not handed over yet. */
_Bool uripc_node_has_unsent(const struct uripc_node *node);

/* The stretches of a block with these limits, which are right; how many. */
size_t uripc_node_hot(const struct uripc_limits *limits,
                      struct uripc_stretch stretches[URIPC_STRETCHES]);

/* The alarm set by wake_at, at its time or later. */
void uripc_node_on_wake(struct uripc_node *node);

/* An implementation as a value, so that a host can run any that keeps to these ports. */
struct uripc_node_ops {
    size_t (*bytes)(const struct uripc_limits *limits);
    struct uripc_node *(*init)(void *block, const struct uripc_limits *limits,
                               const struct uripc_host *host, void *self, uint64_t identity,
                               uint32_t peer);
    void (*fini)(struct uripc_node *node);
    void (*set_time)(struct uripc_node *node, uint64_t now);
    /* NULL: no stretch of it is better known than others. */
    size_t (*hot)(const struct uripc_limits *limits,
                  struct uripc_stretch stretches[URIPC_STRETCHES]);

    void (*on_claimed)(struct uripc_node *node, uint32_t ticket, enum uripc_status status,
                       uint64_t serial);
    /* NULL: no claim of this implementation says `joins`. */
    void (*on_joined)(struct uripc_node *node, uint32_t ticket, uint32_t peer,
                      struct uripc_incarnation home);
    void (*on_released)(struct uripc_node *node, uint32_t ticket);
    void (*on_route)(struct uripc_node *node, uint32_t ticket, enum uripc_status status,
                     const struct uripc_route *route);
    void (*on_route_gone)(struct uripc_node *node, struct uripc_incarnation to);
    void (*on_revoked)(struct uripc_node *node, uint64_t serial);
    void (*on_frame)(struct uripc_node *node, uint32_t peer, const struct uripc_frame *frame);
    void (*on_room)(struct uripc_node *node, uint32_t peer);
    void (*on_peer_down)(struct uripc_node *node, uint32_t peer);
    /* NULL: nobody joins queues of this implementation. */
    void (*on_peer_left)(struct uripc_node *node, uint32_t peer);
    void (*on_wake)(struct uripc_node *node);

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
    enum uripc_status (*cancel_all)(struct uripc_node *node, struct uripc_handle handle);
    enum uripc_status (*close)(struct uripc_node *node, struct uripc_handle handle,
                               uint64_t overlapped);
    enum uripc_status (*poll)(struct uripc_node *node, struct uripc_completion *completion);
    enum uripc_status (*info)(struct uripc_node *node, struct uripc_handle handle,
                              struct uripc_info *info);
};

extern const struct uripc_node_ops uripc_node_ops;

#endif
