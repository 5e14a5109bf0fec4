/* SPDX-License-Identifier: MIT */
/* Limits of a node and the options of calls.  Every struct that a caller fills begins with its own
 * size, so that it can grow: a shorter one leaves the newer fields at zero, and zero always means
 * "as the spec's default says" (see versioning.md). */
#ifndef URIPC_OPTIONS_H
#define URIPC_OPTIONS_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* What one node can hold at most.  Fixed when the node is created; a node never allocates later.
 * Every field is given: zero is no limit a node can have.  Asking for more than a limit is refused
 * with `no-resources` (CMP-13, CMP-14), a message for which its target has no memory with `full`
 * (SND-23); nothing that was accepted is lost. */
struct uripc_limits {
    size_t size;            /* sizeof(struct uripc_limits) */
    uint32_t registrations; /* open registrations, joined handles included */
    uint32_t operations;    /* calls in flight: accepted and not yet polled */
    uint32_t routes;        /* remembered answers of the resolver */
    uint32_t pool_bytes;    /* bytes of messages held: queued here, blocked here, or not yet sent */
    uint32_t uri_units;     /* longest canonical URI, in units (NAM-17) */
};

/* The default limits (64 registrations, 256 operations, 64 routes, 1 MiB, URIs of 1024 units), and
 * `tiny` ones for very large simulations (2, 4, 2, 512 bytes, 48). */
extern const struct uripc_limits uripc_limits_default;
extern const struct uripc_limits uripc_limits_tiny;

/* Who may hold a name together (REG-4, REG-9). */
enum uripc_kind {
    URIPC_EXCLUSIVE = 0, /* one holder */
    URIPC_SHARED = 1,    /* competing receivers on one queue */
    URIPC_GROUP = 2      /* every member gets a copy */
};

/* What a full queue does with one more message (SND-12, SND-16). */
enum uripc_overflow {
    URIPC_REJECT = 0,      /* the send completes `full` */
    URIPC_BLOCK = 1,       /* the send waits its turn at the target */
    URIPC_DROP_NEWEST = 2, /* ok; the new message is dropped and counted */
    URIPC_DROP_OLDEST = 3  /* ok; the oldest queued are dropped as needed, and counted */
};

enum uripc_flags {
    URIPC_NOWAIT = 1,  /* send, receive: complete at once rather than wait (SND-15, RCV-9) */
    URIPC_UTF16 = 2,   /* receive: write the URIs in 16-bit units (RCV-14) */
    URIPC_DISCARD = 4, /* receive: remove the first message without copying it (RCV-8) */
    URIPC_NOTICE = 8   /* connect, accept: be told at once of the peer's death (SES-15) */
};

/* One life of a registration.  Compared for equality only (LIF-3); {0, 0} is none. */
struct uripc_incarnation {
    uint64_t node;   /* random, given to the node at creation */
    uint64_t serial; /* given by the node; never used twice */
};

struct uripc_register_options {
    size_t size;
    enum uripc_kind kind;
    enum uripc_overflow overflow;
    uint32_t queue_messages; /* 0: URIPC_QUEUE_MESSAGES */
    uint32_t queue_bytes;    /* data bytes; 0: no limit but the node's pool */
    uint32_t message_max;    /* data bytes of one message; 0: no limit but the node's pool */
    uint64_t deadline;       /* nanoseconds from the call; 0: none */
};

struct uripc_send_options {
    size_t size;
    uint32_t flags;                    /* URIPC_NOWAIT */
    uint64_t deadline;                 /* nanoseconds from the call; 0: none */
    struct uripc_incarnation expected; /* {0, 0}: any */
};

struct uripc_receive_options {
    size_t size;
    uint32_t flags;    /* URIPC_NOWAIT, URIPC_UTF16, URIPC_DISCARD */
    uint64_t deadline; /* nanoseconds from the call; 0: none */
};

enum { URIPC_QUEUE_MESSAGES = 1000 }; /* default queue length; HTTP.sys has the same (SND-11) */

#ifdef __cplusplus
}
#endif

#endif
