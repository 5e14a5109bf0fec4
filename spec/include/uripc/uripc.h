/* SPDX-License-Identifier: MIT */
/* The calls.  Nothing here depends on an implementation.
 *
 * Every call but cancel, poll and info is *started* and later *completes*: it returns `pending`
 * and then exactly one completion comes out of uripc_poll, or it returns another status and there
 * is no completion (CMP-1, CMP-2).  Text and data passed to a call are borrowed until it returns;
 * a receive buffer belongs to the node until the completion has been polled (CMP-10).  No call
 * and no upcall runs code of the application.  A node is used by one thread at a time. */
#ifndef URIPC_URIPC_H
#define URIPC_URIPC_H

#include <uripc/options.h>
#include <uripc/status.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The API instance of one process.  How one comes to be is its host's matter. */
struct uripc_node;

/* An open registration of one node; {0} is none.  Never used twice by a node (LIF-2). */
struct uripc_handle {
    uint64_t id;
};

/* Borrowed text: UTF-8, `length` bytes, no terminator needed.  `at` may be NULL if length is 0. */
struct uripc_text {
    const char *at;
    size_t length;
};

/* A buffer of the caller.  The node never reads it and writes it only through its host, which
 * knows what `id` means: for hosts in one address space it is the buffer's address. */
struct uripc_buffer {
    uint64_t id;
    uint32_t size; /* bytes */
};

/* Kinds of calls.  Those from LISTEN on are of layers (layers.h); a node knows the first four. */
enum uripc_call {
    URIPC_CALL_REGISTER = 1,
    URIPC_CALL_SEND,
    URIPC_CALL_RECEIVE,
    URIPC_CALL_CLOSE,
    URIPC_CALL_LISTEN,
    URIPC_CALL_ACCEPT,
    URIPC_CALL_CONNECT,
    URIPC_CALL_SESSION_SEND,
    URIPC_CALL_SESSION_RECEIVE,
    URIPC_CALL_SHUTDOWN,
    URIPC_CALL_FLUSH,
    URIPC_CALL_SESSION_CLOSE,
    URIPC_CALL_DISCONNECT,
    URIPC_CALL_REQUEST,
    URIPC_CALL_SERVE,
    URIPC_CALL_REPLY,
    URIPC_CALL_SURVEY,
    URIPC_CALL_SURVEY_RECEIVE,
    URIPC_CALL_SURVEY_CLOSE
};

/* The one result of an accepted call. */
struct uripc_completion {
    uint64_t overlapped; /* as given to the call */
    enum uripc_call call;
    enum uripc_status status;
    enum uripc_certainty certainty; /* DEFINITE or INDEFINITE, as the status allows (CMP-6) */
    struct uripc_handle handle;     /* register: the new one; else the one the call was made on */
    uint32_t bytes;                 /* send: data accepted; receive: bytes written (SND-5, RCV-2) */
    uint32_t source_units; /* receive, ok and buffer-too-small: the three lengths (RCV-5) */
    uint32_t target_units;
    uint32_t data_bytes;
    struct uripc_incarnation incarnation; /* register: own; send: the target's if it answered;
                                             receive: the source's (LIF-4) */
    uint64_t message_id; /* send, if handed over, and receive: unique per sending node (DLV-3) */
    uint64_t principal;  /* receive: the sender's, as the host knows it (RCV-16) */
};

/* What a registration holds at this instant (RCV-11). */
struct uripc_info {
    enum uripc_kind kind;
    struct uripc_incarnation incarnation;
    uint32_t messages;    /* queued */
    uint64_t bytes;       /* their data bytes */
    uint32_t next_source; /* lengths of the first one; URIPC_NO_MESSAGE if there is none */
    uint32_t next_target;
    uint32_t next_data;
    uint32_t receives; /* posted on this handle and not yet complete */
    uint32_t waiting;  /* sends blocked here by a full queue */
    uint64_t dropped;  /* messages this queue has dropped (SND-16, DLV-11, DLV-16) */
};

#define URIPC_NO_MESSAGE UINT32_MAX

/* Registers a name.  `parent` {0}: `uri` is a URI.  Otherwise `uri` is a URI below the parent's,
 * or a suffix that is appended to it.  `options` NULL: exclusive, all defaults.
 * At once: invalid-argument, invalid-handle (parent), invalid-name, in-use, no-resources.
 * Completion: ok, exists, timeout, aborted (also: the queue to join has just ended), closed (parent),
 * not-supported, no-resources, access-denied.  REG-*, NAM-*, DSP-6. */
enum uripc_status uripc_register(struct uripc_node *node, struct uripc_handle parent,
                                 struct uripc_text uri,
                                 const struct uripc_register_options *options, uint64_t overlapped);

/* Sends `length` bytes from the registration `source` to whoever holds `target`.  The message's
 * source URI is the registered URI, with `suffix` appended if it is not NULL (RTE-7).
 * At once: invalid-argument, invalid-handle, invalid-name, in-use, no-resources.
 * Completion: ok, no-receiver, unreachable, peer-gone, too-big, full, would-block, timeout,
 * aborted, closed, no-resources, not-supported.  SND-*, RTE-*, DLV-*. */
enum uripc_status uripc_send(struct uripc_node *node, struct uripc_handle source,
                             const struct uripc_text *suffix, struct uripc_text target,
                             const void *data, uint32_t length,
                             const struct uripc_send_options *options, uint64_t overlapped);

/* Takes the first message of the registration into `buffer`, in the layout of message.h.
 * At once: invalid-argument, invalid-handle, in-use, no-resources.
 * Completion: ok, buffer-too-small, timeout, aborted, closed, no-resources (only of a queue in
 * another process, DSP-12).  RCV-*, DSP-*. */
enum uripc_status uripc_receive(struct uripc_node *node, struct uripc_handle handle,
                                struct uripc_buffer buffer,
                                const struct uripc_receive_options *options, uint64_t overlapped);

/* Asks for one pending call of this node to end early, or for all of a handle.  A pending register
 * ends at once; a close cannot be stopped, and completes as if nothing had been asked.  The call
 * then completes `aborted` without effect, or as if nothing had been asked (CMP-8, CMP-9). Returns
 * ok (asked), not-found (nothing to ask), invalid-handle (cancel_all).  No completion of its own.
 */
enum uripc_status uripc_cancel(struct uripc_node *node, uint64_t overlapped);
enum uripc_status uripc_cancel_all(struct uripc_node *node, struct uripc_handle handle);

/* Ends the registration and those registered under it: their pending calls complete `closed` (but
 * receives of handles that joined its shared queue `aborted`, LIF-9), queued messages die, the name
 * is free once this call has completed (LIF-5, LIF-6, LIF-7, CMP-16). At once: invalid-handle,
 * in-use, no-resources, invalid-argument.  Completion: ok. */
enum uripc_status uripc_close(struct uripc_node *node, struct uripc_handle handle,
                              uint64_t overlapped);

/* Takes the oldest completion (CMP-4) into *completion, which must not be NULL.  Returns ok, or
 * would-block if there is none; *completion is then left alone. */
enum uripc_status uripc_poll(struct uripc_node *node, struct uripc_completion *completion);

/* Reads the state of a registration.  `info` may be NULL to ask only whether the handle is open.
 * Returns ok or invalid-handle. */
enum uripc_status uripc_info(struct uripc_node *node, struct uripc_handle handle,
                             struct uripc_info *info);

#ifdef __cplusplus
}
#endif

#endif
