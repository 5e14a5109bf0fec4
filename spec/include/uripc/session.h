/* SPDX-License-Identifier: MIT */
/* Sessions: two processes that have agreed to talk, and are told when that is over and how.  A
 * layer (layers.h); spec, chapter 10.
 *
 * Every function but peek is started and later completes, as in uripc.h; completions come out of
 * uripc_layers_poll.  Data given to a call are borrowed until it returns; receive buffers belong to
 * the layer until the completion has been polled. */
#ifndef URIPC_SESSION_H
#define URIPC_SESSION_H

#include <uripc/layers.h>
#include <uripc/liveness.h>

#ifdef __cplusplus
extern "C" {
#endif

#ifdef __GNUC__ /* a program that has layers can offer them to objects that it loads */
#pragma GCC visibility push(default)
#endif

enum uripc_mode {
    URIPC_MESSAGES = 0, /* a receive ends at the end of a message */
    URIPC_BYTES = 1     /* a receive takes what is there, across messages */
};

struct uripc_listen_options {
    size_t size;
    enum uripc_mode mode; /* of all sessions of this listener */
    uint32_t instances;   /* sessions at one time, at most; 0: as many as the limits allow */
    uint32_t waiting;     /* connects that wait for an accept, at most; 0: 16 */
};

/* Of both ends, each for itself. */
struct uripc_session_options {
    size_t size;
    uint32_t flags;    /* URIPC_NOWAIT: connect says `busy` rather than wait for an accept;
                          URIPC_NOTICE: hear of the peer's death at once, without beats, for one
                          more call of the node as long as the session lasts (SES-15) */
    uint64_t deadline; /* of the call, nanoseconds; 0: none */
    uint64_t beat;     /* show life at least this often, and tell the peer so; 0: never */
    const struct uripc_liveness *liveness; /* judges the peer's silence; NULL: nobody does */
    uint64_t silence;                      /* handed to it */
    uint64_t extra;
};

struct uripc_transfer_options {
    size_t size;
    uint32_t flags;    /* URIPC_NOWAIT */
    uint64_t deadline; /* nanoseconds; 0: none */
};

/* Where a session stands. */
enum uripc_session_state {
    URIPC_SESSION_OPEN = 1,
    URIPC_SESSION_ENDING, /* this side has shut down; the other may still send */
    URIPC_SESSION_ENDED   /* nothing will come any more; `status` says why */
};

struct uripc_session_info {
    enum uripc_session_state state;
    enum uripc_status status; /* ended: disconnected, peer-gone, unresponsive, closed */
    enum uripc_mode mode;
    struct uripc_incarnation peer;
    uint32_t bytes;  /* unread here, all messages together */
    uint32_t left;   /* unread of the first message; URIPC_NO_MESSAGE: there is none */
    uint32_t unread; /* sent from here and not yet read by the peer, in messages */
};

/* Registers `uri` and takes connects there.  At once: invalid-argument, invalid-name, in-use,
 * no-resources.  Completion: as uripc_register, with the listener's handle; a cancel changes
 * nothing. */
enum uripc_status uripc_listen(struct uripc_layers *layers, struct uripc_text uri,
                               const struct uripc_listen_options *options, uint64_t overlapped);

/* Takes the first connect that waits, or the next.  `options` are those of this end.  Completion:
 * ok with the session's handle and the peer's incarnation and principal, timeout, aborted, closed
 * (listener). */
enum uripc_status uripc_accept(struct uripc_layers *layers, struct uripc_handle listener,
                               const struct uripc_session_options *options, uint64_t overlapped);

/* Completion: ok with the session's handle once the other side has accepted; busy (no accept is
 * posted and the caller would not wait, or all instances are taken, or too many wait), no-receiver,
 * unreachable, peer-gone, timeout, aborted, no-resources, not-supported (what holds the name is no
 * listener). */
enum uripc_status uripc_connect(struct uripc_layers *layers, struct uripc_text target,
                                const struct uripc_session_options *options, uint64_t overlapped);

/* Completion: ok once the layer has the whole message and will bring it over as long as both live;
 * would-block; too-big for the peer, whose message_max counts, or for the way to it (SES-13);
 * no-resources, timeout, aborted, closed, disconnected, peer-gone,
 * unresponsive. */
enum uripc_status uripc_session_send(struct uripc_layers *layers, struct uripc_handle session,
                                     const void *data, uint32_t length,
                                     const struct uripc_transfer_options *options,
                                     uint64_t overlapped);

/* Completion: ok with `bytes` written; more: the message has `data_bytes` bytes left, which the
 * next receive gets; timeout, aborted, closed; and once all is read that the peer managed to send:
 * disconnected (it closed), peer-gone (it died), unresponsive (it was silent too long). */
enum uripc_status uripc_session_receive(struct uripc_layers *layers, struct uripc_handle session,
                                        struct uripc_buffer buffer,
                                        const struct uripc_transfer_options *options,
                                        uint64_t overlapped);

/* Says that nothing more will be sent; receives go on, sends that wait and later ones complete
 * `closed`.  The peer reads `disconnected` after the rest.  Completion: ok, no-resources. */
enum uripc_status uripc_session_shutdown(struct uripc_layers *layers, struct uripc_handle session,
                                         uint64_t overlapped);

/* Waits until the peer's application has read all that was sent.  Completion: ok, timeout, aborted,
 * closed, disconnected, peer-gone, unresponsive. */
enum uripc_status uripc_session_flush(struct uripc_layers *layers, struct uripc_handle session,
                                      const struct uripc_transfer_options *options,
                                      uint64_t overlapped);

/* Ends this end, or a listener.  What was accepted still reaches the peer, silent or not; it then
 * reads `disconnected`.  Pending calls of the handle complete `closed` first.  Completion: ok. */
enum uripc_status uripc_session_close(struct uripc_layers *layers, struct uripc_handle handle,
                                      uint64_t overlapped);

/* Ends both ends at once: what is unread on either side is discarded, the peer's calls complete
 * `disconnected`; its handle still wants closing.  This handle is closed.  Completion: ok. */
enum uripc_status uripc_session_disconnect(struct uripc_layers *layers, struct uripc_handle session,
                                           uint64_t overlapped);

/* Looks without taking or waiting.  ok or invalid-handle. */
enum uripc_status uripc_session_peek(struct uripc_layers *layers, struct uripc_handle session,
                                     struct uripc_session_info *info);

#ifdef __GNUC__
#pragma GCC visibility pop
#endif

#ifdef __cplusplus
}
#endif

#endif
