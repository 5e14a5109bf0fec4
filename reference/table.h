/* SPDX-License-Identifier: MIT */
/* The kernel-like name table: one of the providers behind the resolver port.  A pure data
 * structure; its host calls it and carries its answers to the nodes.
 *
 * It holds one entry per name in use, with its holders in the order they joined, and for each
 * entry the peers that were told its route (watchers).  A route stops being right when a holder
 * goes, when a group grows, or when a longer name is claimed below it; all are found without
 * looking at other entries, because a target's answer can change only with its longest match. */
#ifndef URIPC_TABLE_H
#define URIPC_TABLE_H

#include "host.h"

struct uripc_table;

/* Whom a realm admits. */
struct uripc_realm {
    uint64_t owner; /* this principal alone (ACC-1) ... */
    _Bool open;     /* ... or every one (ACC-4) */
};

/* Room for `names` entries of at most `uri_units` each and `links` holders and watchers; a block
 * of uripc_table_bytes bytes aligned to 8, kept by the table.  It holds no pointer. */
size_t uripc_table_bytes(uint32_t names, uint32_t links, uint32_t uri_units);
struct uripc_table *uripc_table_init(void *block, uint32_t names, uint32_t links,
                                     uint32_t uri_units, struct uripc_realm realm);

struct uripc_holder {
    uint32_t peer;
    struct uripc_incarnation life;
};

/* What a lookup finds. */
struct uripc_found {
    enum uripc_kind kind;
    struct uripc_holder first; /* the holder, or a shared queue's home; group: its first member */
    uint64_t name_life;        /* of the entry; a group's route carries it */
};

/* Claims a name for {peer, node}.  ok: *home is the claim's own registration, or that with the
 * queue to join, of another process only if the claim says `joins`; else access-denied (ACC-1),
 * exists, not-supported (a shared queue at home in another process, REG-9) or no-resources. */
enum uripc_status uripc_table_claim(struct uripc_table *table, uint32_t peer, uint64_t node,
                                    const struct uripc_claim *claim, struct uripc_holder *home);

/* Gives up one holding.  Returns false if there is none such. */
_Bool uripc_table_release(struct uripc_table *table, struct uripc_incarnation life);

/* Gives up everything a peer holds and watches: the end of its process (LIF-1). */
void uripc_table_forget(struct uripc_table *table, uint32_t peer);

/* The longest match for a canonical target (RTE-1); remembers `peer` as its watcher.
 * ok, no-receiver or no-resources. */
enum uripc_status uripc_table_lookup(struct uripc_table *table, uint32_t peer,
                                     struct uripc_text target, struct uripc_found *found);

/* The members of a group entry, one per call, in the order they joined: start with *cursor 0. */
_Bool uripc_table_member(const struct uripc_table *table, uint64_t name_life, uint32_t *cursor,
                         struct uripc_holder *member);

/* The next watcher to be told that routes to `life` are gone, after claim, release or forget.
 * Returns false when everybody was told. */
_Bool uripc_table_next_gone(struct uripc_table *table, uint32_t *peer,
                            struct uripc_incarnation *life);

/* A table as a value, as uripc_node_ops for nodes. */
struct uripc_table_ops {
    size_t (*bytes)(uint32_t names, uint32_t links, uint32_t uri_units);
    struct uripc_table *(*init)(void *block, uint32_t names, uint32_t links, uint32_t uri_units,
                                struct uripc_realm realm);
    enum uripc_status (*claim)(struct uripc_table *table, uint32_t peer, uint64_t node,
                               const struct uripc_claim *claim, struct uripc_holder *home);
    _Bool (*release)(struct uripc_table *table, struct uripc_incarnation life);
    void (*forget)(struct uripc_table *table, uint32_t peer);
    enum uripc_status (*lookup)(struct uripc_table *table, uint32_t peer, struct uripc_text target,
                                struct uripc_found *found);
    _Bool (*member)(const struct uripc_table *table, uint64_t name_life, uint32_t *cursor,
                    struct uripc_holder *member);
    _Bool (*next_gone)(struct uripc_table *table, uint32_t *peer, struct uripc_incarnation *life);
};

extern const struct uripc_table_ops uripc_table_ops;

#endif
