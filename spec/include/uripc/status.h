/* SPDX-License-Identifier: MIT */
/* The one table of statuses (spec, chapter 6).  Everything that prints, maps or checks a status
 * is generated from it, so a status cannot exist in one place only. */
#ifndef URIPC_STATUS_H
#define URIPC_STATUS_H

#include <stdbool.h>

#ifdef __cplusplus
extern "C" {
#endif

/* What a completion may say about the effect of a call that did not end in `ok`.
 * A status that allows both carries the answer in the completion. */
enum uripc_certainty {
    URIPC_DEFINITE = 1,   /* `ok`: it happened; any other status: it did not and never will */
    URIPC_INDEFINITE = 2, /* it may have happened, or may still happen */
    URIPC_EITHER = 3      /* only in the table: the completion says which */
};

/* X(value, NAME, "name", certainty, nearest Win32 error, nearest errno, "text") */
#define URIPC_STATUS_MAP(X)                                                                        \
    X(0, OK, "ok", DEFINITE, 0, 0, "the call did what it was asked to do")                         \
    X(1, PENDING, "pending", DEFINITE, 997, EINPROGRESS,                                           \
      "the call was accepted; exactly one completion follows")                                     \
    X(2, INVALID_ARGUMENT, "invalid-argument", DEFINITE, 87, EINVAL,                               \
      "an argument or option has a value the call cannot take")                                    \
    X(3, INVALID_HANDLE, "invalid-handle", DEFINITE, 6, EBADF,                                     \
      "the handle names no open registration of this node")                                        \
    X(4, INVALID_NAME, "invalid-name", DEFINITE, 123, EINVAL,                                      \
      "the text is not a name, target or suffix of the spec")                                      \
    X(5, EXISTS, "exists", DEFINITE, 183, EADDRINUSE, "the name is taken and may not be joined")   \
    X(6, NO_RECEIVER, "no-receiver", DEFINITE, 2, ENOENT, "nobody holds a name that matches")      \
    X(7, UNREACHABLE, "unreachable", DEFINITE, 53, EHOSTUNREACH,                                   \
      "the name could not be resolved on the network")                                             \
    X(8, PEER_GONE, "peer-gone", EITHER, 1229, ECONNRESET,                                         \
      "the addressed incarnation has ended or is another one")                                     \
    X(9, TOO_BIG, "too-big", DEFINITE, 4336, EMSGSIZE,                                             \
      "the message is larger than its target or its route allows")                                 \
    X(10, FULL, "full", DEFINITE, 1816, ENOBUFS, "the target's queue has no room")                 \
    X(11, WOULD_BLOCK, "would-block", DEFINITE, 232, EAGAIN,                                       \
      "the call would have had to wait and was told not to, or nothing is there")                  \
    X(12, BUFFER_TOO_SMALL, "buffer-too-small", DEFINITE, 122, EMSGSIZE,                           \
      "the first message does not fit; it stays queued and its lengths are reported")              \
    X(13, TIMEOUT, "timeout", EITHER, 121, ETIMEDOUT, "the deadline passed first")                 \
    X(14, ABORTED, "aborted", EITHER, 995, ECANCELED,                                              \
      "the call was cancelled, or the queue it shared has ended")                                  \
    X(15, CLOSED, "closed", EITHER, 676, ECONNABORTED,                                             \
      "the caller's own handle was closed while the call was pending")                             \
    X(16, IN_USE, "in-use", DEFINITE, 170, EBUSY, "the overlapped block is still in flight")       \
    X(17, NO_RESOURCES, "no-resources", DEFINITE, 1450, ENOMEM, "a declared limit is reached")     \
    X(18, NOT_FOUND, "not-found", DEFINITE, 1168, ESRCH, "there is no such pending call")          \
    X(19, NOT_SUPPORTED, "not-supported", DEFINITE, 50, ENOTSUP,                                   \
      "the implementation does not offer this and says so")                                        \
    X(20, ACCESS_DENIED, "access-denied", DEFINITE, 5, EACCES,                                     \
      "the realm does not admit this principal")                                                   \
    X(21, MORE, "more", DEFINITE, 234, EMSGSIZE,                                                   \
      "a part of the message was taken; the rest is next")                                         \
    X(22, BUSY, "busy", DEFINITE, 231, ECONNREFUSED, "the listener takes no more sessions now")    \
    X(23, DISCONNECTED, "disconnected", EITHER, 109, EPIPE, "the peer has closed the session")     \
    X(24, UNRESPONSIVE, "unresponsive", EITHER, 10052, ENETRESET,                                  \
      "the peer was silent longer than agreed; it may be alive")

enum uripc_status {
#define URIPC_STATUS_ENUM(value, NAME, name, certainty, win32, error, text) URIPC_##NAME = (value),
    URIPC_STATUS_MAP(URIPC_STATUS_ENUM)
#undef URIPC_STATUS_ENUM
};

/* The spec's name of a status ("no-receiver") and its one-sentence text; "unknown-status" for a
 * number outside the table.  Static strings. */
const char *uripc_status_name(enum uripc_status status);
const char *uripc_status_text(enum uripc_status status);

/* Which certainties a completion with this status may carry (CMP-6). */
enum uripc_certainty uripc_status_certainty(enum uripc_status status);

/* The nearest Win32 error number and errno value; 0 for `ok`. */
unsigned uripc_status_win32(enum uripc_status status);
int uripc_status_errno(enum uripc_status status);

/* Finds a status by its name.  Returns false, and leaves *status alone, if there is none. */
bool uripc_status_find(const char *name, enum uripc_status *status);

#ifdef __cplusplus
}
#endif

#endif
