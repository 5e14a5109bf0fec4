/* SPDX-License-Identifier: MIT */
/* A realm as a directory (spec, wire.md): its nodes, its lock, its generation.  What lies under
 * names/ is in names.h.  Nothing here waits, and nothing knows of a loop. */
#ifndef URIPC_UV_REALM_H
#define URIPC_UV_REALM_H

#include <sys/types.h>

#include <uripc/status.h>

#include <stddef.h>
#include <stdint.h>

enum {
    URIPC__REALM_UNITS = 80,   /* longest path, because a socket's path has 108 */
    URIPC__SOCKET_UNITS = 108, /* that */
    URIPC__HEX_UNITS = 16      /* of an id as text */
};

struct uripc__realm {
    char path[URIPC__REALM_UNITS + 1];
    int directory;
    int nodes;
    int names;
    int lock;
    int generation;
    const volatile uint64_t *mapped; /* the generation, where nobody else can cut its file short */
    mode_t mode;                     /* of the realm's directory */
    uid_t owner;
    uint64_t id; /* of the own node; 0 while there is none */
    int life;    /* its locked file */
    int socket;  /* where others connect */
};

/* Opens a realm, making what is missing there.  Gives ok; invalid-argument if `path` is too long or
 * no directory, access-denied if it is private and somebody else's, no-resources.  Whatever it
 * gives, uripc__realm_close may follow. */
enum uripc_status uripc__realm_open(struct uripc__realm *realm, const char *path);
void uripc__realm_close(struct uripc__realm *realm);

/* True if only processes of its owner may enter. */
_Bool uripc__realm_is_private(const struct uripc__realm *realm);

/* Makes this process's node.  Gives ok, exists (choose another id) or no-resources. */
enum uripc_status uripc__realm_enter(struct uripc__realm *realm, uint64_t id);

/* Removes it again, and gives up its lock. */
void uripc__realm_leave(struct uripc__realm *realm);

/* The lock around changes.  Never waits; true if it is held now. */
_Bool uripc__realm_lock(struct uripc__realm *realm);
void uripc__realm_unlock(struct uripc__realm *realm);

/* The generation; raising needs the lock. */
uint64_t uripc__realm_generation(const struct uripc__realm *realm);
void uripc__realm_raise(struct uripc__realm *realm);

enum uripc__life { URIPC__DEAD, URIPC__ALIVE, URIPC__UNKNOWN /* no descriptor to find out with */ };

/* Whether a node lives, and whose it is if it does. */
enum uripc__life uripc__realm_life(const struct uripc__realm *realm, uint64_t id, uid_t *owner);

/* Whether a process of this user may be that node: it is not another user's. */
_Bool uripc__realm_may_be(const struct uripc__realm *realm, uint64_t id, uid_t user);

/* With the lock: removes the files of dead nodes, and what was left half made.  Their names are
 * uripc__names_sweep's. */
void uripc__realm_sweep(struct uripc__realm *realm);

/* Writes the path of a node's socket to out[0..URIPC__SOCKET_UNITS). */
void uripc__realm_socket_path(const struct uripc__realm *realm, uint64_t id, char *out);

/* An id as text, terminated; and back: false if `text` has anything else. */
void uripc__realm_hex(uint64_t id, char out[URIPC__HEX_UNITS + 1]);
_Bool uripc__realm_unhex(const char *text, uint64_t *id);

#endif
