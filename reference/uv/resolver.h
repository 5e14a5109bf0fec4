/* SPDX-License-Identifier: MIT */
/* The resolver port over the realm's directory. */
#ifndef URIPC_UV_RESOLVER_H
#define URIPC_UV_RESOLVER_H

#include <stdbool.h>

#include "bytes.h"
#include "names.h"

struct uripc_uv;

struct uripc__member {
    uint64_t serial;
    uint64_t node;
    uint32_t peer;
};

/* The members of a group at the generation of the resolver. */
struct uripc__group {
    uint64_t life; /* by which its route is known */
    struct uripc__member *members;
    uint32_t count;
};

/* A name held by this node. */
struct uripc__held {
    uint64_t serial;
    char *name;
    size_t units;
};

struct uripc__resolver {
    struct uripc__bytes lookups; /* asked for, not yet done */
    struct uripc__bytes changes; /* claims and releases */
    struct uripc__holders holders;
    struct uripc__held *held;
    struct uripc_incarnation *told; /* lives that routes were told to, each once */
    struct uripc__group *groups;
    uint32_t held_count, held_room;
    uint32_t told_count, told_room;
    uint32_t group_count, group_room;
    uint64_t generation; /* of the realm, when the told routes were right */
    uint64_t lives;      /* groups ever told */
    bool sweep;          /* leftovers may lie in the realm */
};

/* The ports: what they ask for is done by a later turn. */
void uripc__resolver_claim(struct uripc_uv *uv, const struct uripc_claim *claim);
void uripc__resolver_release(struct uripc_uv *uv, uint32_t ticket, uint64_t serial);
void uripc__resolver_lookup(struct uripc_uv *uv, uint32_t ticket, struct uripc_text target);

/* Does it; true if anything was done.  Changes wait for the realm's lock. */
bool uripc__resolver_work(struct uripc_uv *uv);

/* Gives up the told routes if the realm has changed since. */
void uripc__resolver_compare(struct uripc_uv *uv);

/* A group by the life of its route; NULL: it was given up. */
const struct uripc__group *uripc__resolver_group(const struct uripc_uv *uv, uint64_t life);

/* Gives up the routes to groups of which a peer was a member. */
void uripc__resolver_peer_down(struct uripc_uv *uv, uint32_t peer);

/* Frees all names of this node, if the lock can be had; false if not. */
bool uripc__resolver_give_up(struct uripc_uv *uv);

void uripc__resolver_free(struct uripc_uv *uv);

#endif
