/* SPDX-License-Identifier: MIT */
/* One connection: a socket, what was read from it, what is to be written to it. */
#ifndef URIPC_UV_CONNECTION_H
#define URIPC_UV_CONNECTION_H

#include <stdbool.h>

#include <uv.h>

#include "bytes.h"

struct uripc_uv;
struct uripc__peer;

enum uripc__connection_state {
    URIPC__CONNECTING, /* the other's backlog is full: to be tried again */
    URIPC__CONNECTED,
    URIPC__FAILED /* to be ended by the next turn */
};

enum { URIPC__SOURCES_KNOWN = 64 };

struct uripc__connection {
    uv_poll_t poll;
    struct uripc_uv *uv;
    struct uripc__peer *peer; /* NULL until a hello has said who it is */
    struct uripc__connection *before;
    struct uripc__connection *after;
    enum uripc__connection_state state;
    int socket;
    int events; /* waited for */
    bool made;  /* by this node: messages go out on it */
    bool greeted;
    bool observer;
    bool blocked; /* nothing is written until the kernel tells of room */
    bool broken;  /* the kernel takes no more at all */
    uint64_t principal;
    uint64_t skip; /* bytes of a frame that is read past */
    unsigned char *in;
    size_t in_used;
    size_t in_room;
    struct uripc__bytes out;
    struct uripc__bytes texts;              /* the URIs of the last message, known to be good */
    size_t texts_source;                    /* how much of them is the source */
    uint32_t texts_name;                    /* and of that the name */
    uint64_t sources[URIPC__SOURCES_KNOWN]; /* looked at: serials that may send (ACC-5) */
};

/* A connection to the node `id`, whose hello is already on its way; NULL: no descriptor or memory.
 * Whether there is anybody is found out later. */
struct uripc__connection *uripc__connection_make(struct uripc_uv *uv, struct uripc__peer *peer);

/* A connection that was accepted. NULL: no memory; the socket is then closed. */
struct uripc__connection *uripc__connection_take(struct uripc_uv *uv, int accepted);

/* Tries again to connect. */
void uripc__connection_retry(struct uripc__connection *connection);

/* Reads what has arrived, and acts on it; to its end if the peer has closed it.  May free it. */
void uripc__connection_read(struct uripc__connection *connection);

/* Writes what is waiting.  True if the kernel has it all and has room for small frames; if not, the
 * peer is eased when that may have changed. */
bool uripc__connection_has_room(struct uripc__connection *connection);

/* Writes what the kernel takes. */
void uripc__connection_flush(struct uripc__connection *connection);

/* Writes `data` behind all that is waiting, copying only what the kernel does not take now. */
void uripc__connection_send(struct uripc__connection *connection, const void *data, size_t length);

/* Has it ended by a later turn. */
void uripc__connection_fail(struct uripc__connection *connection);

/* Closes and frees it.  Never called during a turn of the node. */
void uripc__connection_end(struct uripc__connection *connection);

#endif
