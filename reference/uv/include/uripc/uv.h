/* SPDX-License-Identifier: MIT */
/* A node on an application's libuv loop: the reference between processes of one machine.
 *
 * Everything here is called from the loop's thread.  The calls of uripc.h take the node that
 * uripc_uv_node gives, asked for anew before each:
 *
 *     uripc_send(uripc_uv_node(uv), source, NULL, target, data, length, NULL, overlapped);
 *
 * A call never calls back; what it causes is done while the loop runs.
 *
 * With layers on the node, sessions (session.h) are called the same way,
 *
 *     uripc_session_send(uripc_uv_layers(uv), session, data, length, NULL, overlapped);
 *
 * and all completions, also of calls on the node, are polled from the layers.  They get their turns
 * from the loop: in the iteration in which something has come for them or a call was made, and when
 * they have asked for one; in between they cost nothing. */
#ifndef URIPC_UV_H
#define URIPC_UV_H

#include <uripc/session.h>

#ifdef __cplusplus
extern "C" {
#endif

struct uripc_uv;
struct uv_loop_s; /* libuv's uv_loop_t */

struct uripc_uv_options {
    size_t size;       /* sizeof(struct uripc_uv_options) */
    const char *realm; /* path of a directory; at most 80 bytes */
    struct uripc_limits limits;

    /* Called from the loop when completions have come that it was not called for before.  It may
     * make calls, poll, and close the node.  NULL: the application looks for itself. */
    void (*on_ready)(struct uripc_uv *uv, void *data);
    void *data; /* for on_ready; also uripc_uv_data */

    /* Puts layers with these limits on the node; NULL: none.  They register names, post receives
     * and send messages like the application: the node's limits have to allow for it.  For all that
     * they can hold these are a registration and three calls for each listener and once more, four
     * calls for each session and each request, and in the pool what their windows take. */
    const struct uripc_layer_limits *layers;
};

/* Opens a node in a realm.  It keeps the loop alive until it is closed.  The options are borrowed
 * until this returns.  Gives ok with *uv, which the library owns; invalid-argument if limits or
 * the realm's path cannot be used; no-resources.  A process that the realm refuses gets a node all
 * the same: its registrations complete `access-denied` (ACC-1). */
enum uripc_status uripc_uv_open(struct uv_loop_s *loop, const struct uripc_uv_options *options,
                                struct uripc_uv **uv);

/* The node, ready for one call: its time is set, and routes that others have changed since the call
 * before are forgotten (RTE-10, RTE-11).  Costs no system call in a private realm. */
struct uripc_node *uripc_uv_node(struct uripc_uv *uv);

/* The layers, ready for one call or poll: so is the node that they stand on, and their time is at
 * most a millisecond old (LAY-7).  NULL: the node was opened without. */
struct uripc_layers *uripc_uv_layers(struct uripc_uv *uv);

void *uripc_uv_data(const struct uripc_uv *uv);

/* Hands over what waits for it now, without waiting for the loop's next turn. */
void uripc_uv_flush(struct uripc_uv *uv);

/* Ends the node in good order: what was accepted is handed over within `linger` nanoseconds or
 * given up, then its names are free, and `on_closed` (may be NULL) is called from the loop.  Until
 * then the node goes on completing calls.  Closing twice does nothing.  To the peers of sessions
 * that were not closed before this is the death of the process. */
void uripc_uv_close(struct uripc_uv *uv, uint64_t linger, void (*on_closed)(void *data),
                    void *data);

#ifdef __cplusplus
}
#endif

#endif
