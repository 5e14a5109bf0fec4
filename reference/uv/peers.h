/* SPDX-License-Identifier: MIT */
/* Other nodes, by the numbers that the carrier port knows; 0 is this node itself. */
#ifndef URIPC_UV_PEERS_H
#define URIPC_UV_PEERS_H

#include <stdbool.h>

#include "bytes.h"
#include "reference/host.h"

struct uripc_uv;
struct uripc__connection;

struct uripc__peer {
    uint64_t id;
    uint32_t number;
    struct uripc__connection *out; /* made by this node */
    struct uripc__connection *in;  /* made by the peer */
    struct uripc__peer *next_dirty;
    struct uripc_frame answer; /* gathered: `answers` of them, with consecutive ids from this one */
    uint32_t answers;
    uint64_t unanswered; /* confirmed messages carried there */
    uint64_t asked;      /* what it may give at most: a take once, a join again at its end */
    uint64_t lost_since; /* the connection made has ended, but not the other one; 0: no */
    uint64_t full_since; /* it has no room for what is sent to a group; 0: it has */
    bool passed_over;    /* and has had none for so long that nobody waits for it */
    bool dirty;
    bool room_wanted;
    bool left; /* the connection that it made has ended, and the node does not know yet */
};

struct uripc__peers {
    struct uripc__peer **at; /* by number; NULL where none is */
    uint32_t count;
    uint32_t room;
    struct uripc__peer *dirty; /* something is to be written */
    struct uripc__connection *connections;
    struct uripc__bytes self;  /* frames to this node itself, for a later turn */
    struct uripc__bytes spare; /* emptied */
    bool self_room_wanted;
    bool lost;   /* a connection has ended: see which peers are gone */
    bool failed; /* a connection is to be ended */
    bool eased;  /* a peer that was out of room may have some */
};

enum { URIPC__SELF = 0 };

/* The number of the node `id`, a new one where it has none; URIPC_NOWHERE: no memory. */
uint32_t uripc__peer_number(struct uripc_uv *uv, uint64_t id);

/* The peer of a number; NULL: none. */
struct uripc__peer *uripc__peer_at(const struct uripc_uv *uv, uint32_t number);

/* Whether a member of a group that lives in the node `id`, known by this number, need not be waited
 * for: the kernel takes a copy for it at once, or it is passed over.  If not, room is told. */
bool uripc__peers_is_ready(struct uripc_uv *uv, uint32_t number, uint64_t id);

/* Tells the node what it does not know yet of the end of a connection that the peer had made. */
void uripc__peers_tell_left(struct uripc_uv *uv, struct uripc__peer *peer);

/* A peer takes something again. */
void uripc__peers_ease(struct uripc_uv *uv, struct uripc__peer *peer);

/* The carrier port for one target. */
enum uripc_status uripc__peers_carry(struct uripc_uv *uv, uint32_t number,
                                     const struct uripc_frame *frame);

/* Writes what is waiting; `all`: also answers that could ride with something later. */
void uripc__peers_flush(struct uripc_uv *uv, bool all);

/* One round of what is due: frames to itself, room, ends.  True if anything was done. */
bool uripc__peers_work(struct uripc_uv *uv);

/* Tries again what could not be connected. */
void uripc__peers_retry(struct uripc_uv *uv);

/* Forgets peers without connections; no route leads there any more. */
void uripc__peers_trim(struct uripc_uv *uv);

/* True if nothing waits to be written or delivered. */
bool uripc__peers_are_idle(const struct uripc_uv *uv);

void uripc__peers_free(struct uripc_uv *uv);

#endif
