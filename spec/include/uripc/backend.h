/* SPDX-License-Identifier: MIT */
/* What a shared object exports so that the conformance suite can test it: one function that returns
 * one table.  A small program, uripc-driver, loads the object in a process of its own for each
 * process of a case and speaks the driver protocol for it (spec, driver-protocol.md); so a crash or
 * a hang costs one case.
 *
 * Threads.  All functions of the table are called from one thread, never from a callback and never
 * from a signal handler.  The object may have threads of its own; they call nothing here.
 *
 * Waiting.  No function blocks but `run`.  What arrives from outside is dealt with in `run`, or in
 * any other call; completions are handed out by `poll` only.
 *
 * Buffers.  Texts, data and options are borrowed until the call returns.  The id of a receive's
 * struct uripc_buffer is the buffer's address; the node writes there until the completion has been
 * polled, and never after it (CMP-10).  Messages lie there as message.h says, for the host finds
 * their parts that way; with the capability `layout` that is itself tested, to the last byte.
 *
 * Functions that belong to a capability which is not declared may be NULL: cancel and cancel_all
 * (`cancel`), info (`info`), and those of sessions (`sessions`) and requests (`requests`), which
 * are only called if `open` was given limits of layers. */
#ifndef URIPC_BACKEND_H
#define URIPC_BACKEND_H

#include <uripc/request.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Version of the table.  Raised when a member changes its meaning; members that are added at the
 * end raise nothing, for the table begins with its size. */
#define URIPC_BACKEND_VERSION 1

/* Optional parts of the contract: X(bit, NAME, "name", "what it is").  A backend declares those it
 * has; what it does not declare is refused with `not-supported` and not tested. */
#define URIPC_CAPABILITY_MAP(X)                                                                    \
    X(0, GROUP, "group", "names of kind group, one copy for each member")                          \
    X(1, SHARED, "shared", "names of kind shared: competing receivers on one queue")               \
    X(2, PARENTS, "parents", "registering below a parent handle")                                  \
    X(3, QUEUES, "queues", "queue limits, overflow policies and message maximums")                 \
    X(4, INCARNATIONS, "incarnations", "lives of registrations are told apart")                    \
    X(5, INFO, "info", "asking for the state of a registration")                                   \
    X(6, CANCEL, "cancel", "asking pending calls to end early")                                    \
    X(7, UTF16, "utf16", "receiving URIs in 16-bit units")                                         \
    X(8, DISCARD, "discard", "removing the first message without copying it")                      \
    X(9, POLLING, "polling", "an overlapped block stays in flight until its completion is polled") \
    X(10, LAYOUT, "layout", "received messages lie in the caller's buffer as message.h says")      \
    X(11, LIMITS, "limits", "the limits of a node can be set")                                     \
    X(12, PRINCIPALS, "principals", "a receive reports its sender's principal")                    \
    X(13, ACCESS, "access", "a private realm refuses other principals than its owner")             \
    X(14, SESSIONS, "sessions", "layers stand on the calls: sessions between two processes")       \
    X(15, WORKERS, "workers", "processes join a shared queue that is at home in another one")      \
    X(16, REQUESTS, "requests", "layers stand on the calls: requests and their replies")

enum uripc_capability {
#define URIPC_CAPABILITY_ENUM(bit, NAME, name, text) URIPC_CAN_##NAME = 1 << (bit),
    URIPC_CAPABILITY_MAP(URIPC_CAPABILITY_ENUM)
#undef URIPC_CAPABILITY_ENUM
};

/* To whom the source URI of a received message is bound: who could have made it up (spec, chapter
 * 9).  X(value, NAME, "name", "what it is") */
#define URIPC_BINDING_MAP(X)                                                                       \
    X(1, API, "api", "nobody who keeps to the calls; other programs could")                        \
    X(2, USER, "user", "only programs of the principal that the receive reports")                  \
    X(3, PROCESS, "process", "nobody but the process that holds the name")

enum uripc_binding {
#define URIPC_BINDING_ENUM(value, NAME, name, text) URIPC_BINDING_##NAME = (value),
    URIPC_BINDING_MAP(URIPC_BINDING_ENUM)
#undef URIPC_BINDING_ENUM
};

/* What a node is opened with.  Borrowed until `open` returns. */
struct uripc_backend_setup {
    size_t size;
    /* Path of the realm's directory: it exists, and is new for each case.  Its permissions say whom
     * the realm admits: 0700 its owner alone, 0777 everybody (spec, chapter 9). */
    const char *realm;
    struct uripc_limits limits;
    /* With the capability `sessions` or `requests`: layers stand on the node, with these limits,
     * and completions of both come out of `poll`.  NULL: there are none, and no call of layers will
     * be made. */
    const struct uripc_layer_limits *layers;
};

/* Why `run` has returned; none: the time has passed. */
enum uripc_backend_event {
    URIPC_BACKEND_READABLE = 1 << 0,  /* the descriptor can be read */
    URIPC_BACKEND_COMPLETED = 1 << 1, /* there are completions that no return told of before */
};

struct uripc_backend {
    size_t size;      /* sizeof(struct uripc_backend) */
    uint32_t version; /* URIPC_BACKEND_VERSION */
    uint32_t capabilities;
    enum uripc_binding binding;
    const char *name;    /* of the implementation: lowercase letters, digits and '-' */
    const char *release; /* its version, as text */

    /* Opens the node of this process.  ok with *node, or no-resources, or invalid-argument if the
     * limits or the realm cannot be used.  Called once in a process.  A process that the realm
     * refuses gets a node all the same: its registrations complete `access-denied` (ACC-1). */
    enum uripc_status (*open)(const struct uripc_backend_setup *setup, struct uripc_node **node);

    /* Orderly end: what was accepted is handed over within `linger` nanoseconds or given up; then
     * names are free, and the node is gone. */
    void (*close)(struct uripc_node *node, uint64_t linger);

    /* Waits and works: returns when completions have come that no return told of before, when `fd`
     * can be read (-1: none), or when `timeout` nanoseconds have passed (0: does what can be done
     * at once; UINT64_MAX: waits without end).  What has arrived by then, from peers or by a peer's
     * end, has been dealt with, and what was accepted has been handed over as far as peers take it.
     * Returns a set of enum uripc_backend_event.  A completion is told of once, also if it was
     * there before the call and however long it is not polled. */
    unsigned (*run)(struct uripc_node *node, int fd, uint64_t timeout);

    /* The calls, as in uripc.h. */
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
    enum uripc_status (*close_handle)(struct uripc_node *node, struct uripc_handle handle,
                                      uint64_t overlapped);
    enum uripc_status (*poll)(struct uripc_node *node, struct uripc_completion *completion);
    enum uripc_status (*info)(struct uripc_node *node, struct uripc_handle handle,
                              struct uripc_info *info);

    /* From here on younger than the first table, which ended above: a table whose `size` ends
     * before a member has none of it.
     *
     * The calls of sessions, as in session.h, on the layers of the node; `cancel` is then that of
     * layers.h.  A failure detector that options name lives as long as the process. */
    enum uripc_status (*listen)(struct uripc_node *node, struct uripc_text uri,
                                const struct uripc_listen_options *options, uint64_t overlapped);
    enum uripc_status (*accept)(struct uripc_node *node, struct uripc_handle listener,
                                const struct uripc_session_options *options, uint64_t overlapped);
    enum uripc_status (*connect)(struct uripc_node *node, struct uripc_text target,
                                 const struct uripc_session_options *options, uint64_t overlapped);
    enum uripc_status (*session_send)(struct uripc_node *node, struct uripc_handle session,
                                      const void *data, uint32_t length,
                                      const struct uripc_transfer_options *options,
                                      uint64_t overlapped);
    enum uripc_status (*session_receive)(struct uripc_node *node, struct uripc_handle session,
                                         struct uripc_buffer buffer,
                                         const struct uripc_transfer_options *options,
                                         uint64_t overlapped);
    enum uripc_status (*session_shutdown)(struct uripc_node *node, struct uripc_handle session,
                                          uint64_t overlapped);
    enum uripc_status (*session_flush)(struct uripc_node *node, struct uripc_handle session,
                                       const struct uripc_transfer_options *options,
                                       uint64_t overlapped);
    enum uripc_status (*session_close)(struct uripc_node *node, struct uripc_handle handle,
                                       uint64_t overlapped);
    enum uripc_status (*session_disconnect)(struct uripc_node *node, struct uripc_handle session,
                                            uint64_t overlapped);
    enum uripc_status (*session_peek)(struct uripc_node *node, struct uripc_handle session,
                                      struct uripc_session_info *info);

    /* Younger again: the calls of requests, as in request.h. */
    enum uripc_status (*request)(struct uripc_node *node, struct uripc_text target,
                                 const void *data, uint32_t length, struct uripc_buffer buffer,
                                 const struct uripc_request_options *options, uint64_t overlapped);
    enum uripc_status (*serve)(struct uripc_node *node, struct uripc_handle handle,
                               struct uripc_buffer buffer,
                               const struct uripc_serve_options *options, uint64_t overlapped);
    enum uripc_status (*reply)(struct uripc_node *node, uint64_t message_id, const void *data,
                               uint32_t length, uint64_t overlapped);
    enum uripc_status (*survey)(struct uripc_node *node, struct uripc_text target, const void *data,
                                uint32_t length, uint64_t duration, uint64_t overlapped);
    enum uripc_status (*survey_receive)(struct uripc_node *node, struct uripc_handle survey,
                                        struct uripc_buffer buffer, uint64_t overlapped);
    enum uripc_status (*survey_close)(struct uripc_node *node, struct uripc_handle survey,
                                      uint64_t overlapped);
};

#if defined(_WIN32)
#define URIPC_EXPORT __declspec(dllexport)
#else
#define URIPC_EXPORT __attribute__((visibility("default")))
#endif

/* The one function that a shared object exports.  The table lives as long as the object. */
URIPC_EXPORT const struct uripc_backend *uripc_backend(void);

#ifdef __cplusplus
}
#endif

#endif
