/* SPDX-License-Identifier: MIT */
/* The registrations of a realm: one file each, below the hash of its name (spec, wire.md). */
#ifndef URIPC_UV_NAMES_H
#define URIPC_UV_NAMES_H

#include "realm.h"
#include "reference/host.h"

/* One holder of a name. */
struct uripc__holder {
    struct uripc_incarnation life;
    struct uripc_register_options options;
    uid_t owner;   /* of its node */
    _Bool workers; /* other nodes can join this shared queue */
};

/* Those who hold one name; the memory of `at` is kept from one reading to the next. */
struct uripc__holders {
    struct uripc__holder *at;
    uint32_t count;
    uint32_t room;
};

void uripc__holders_free(struct uripc__holders *holders);

/* FNV-1a, 64 bits. */
uint64_t uripc__names_hash(struct uripc_text name);

/* The living holders of exactly this name: ok, also for none; or no-resources. */
enum uripc_status uripc__names_read(const struct uripc__realm *realm, struct uripc_text name,
                                    struct uripc__holders *holders);

/* Without the lock: those who hold the longest name that matches (RTE-1), and the generation at
 * which that was so.  ok, no-receiver or no-resources. */
enum uripc_status uripc__names_lookup(const struct uripc__realm *realm, struct uripc_text target,
                                      struct uripc__holders *holders, uint64_t *generation);

/* With the lock: claims a name for the own node.  ok: *home is the claim's own life or that of the
 * queue to join; exists, not-supported or no-resources. */
enum uripc_status uripc__names_claim(struct uripc__realm *realm, const struct uripc_claim *claim,
                                     struct uripc__holders *holders,
                                     struct uripc_incarnation *home);

/* With the lock: gives up what the own node holds under this name. */
void uripc__names_release(struct uripc__realm *realm, struct uripc_text name, uint64_t serial);

/* With the lock: removes what dead nodes have left. */
void uripc__names_sweep(struct uripc__realm *realm);

#endif
