/* SPDX-License-Identifier: MIT */
/* A failure detector as a value: when to show life, and when silence is too long.  It sees times of
 * its own process's clock and nothing else, so it is as right as what it hears.
 *
 * A detector judges one peer.  Its state is a block of `bytes` bytes inside the layers, without
 * pointers; it is copied and put back with them.  Integers only: what a detector computes decides
 * when things happen. */
#ifndef URIPC_LIVENESS_H
#define URIPC_LIVENESS_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#ifdef __GNUC__ /* a program that has layers can offer them to objects that it loads */
#pragma GCC visibility push(default)
#endif

#define URIPC_LIVENESS_BYTES 512 /* at most, of a detector's state */

struct uripc_liveness_options {
    uint64_t beat;    /* the peer shows life at least this often, in nanoseconds */
    uint64_t silence; /* what is too long, in nanoseconds; what it means is the detector's matter */
    uint64_t extra;   /* one more parameter, of the detector's own */
};

struct uripc_liveness {
    size_t size; /* sizeof(struct uripc_liveness) */
    const char *name;
    size_t bytes; /* of its state, at most URIPC_LIVENESS_BYTES */

    /* The peer was heard for the first time. */
    void (*begin)(void *state, const struct uripc_liveness_options *options, uint64_t now);

    /* Something of the peer arrived: its `beat`th sign of life sent in time (0, 1, ...), or data
     * between two of them, with the number of the last (SES-*). */
    void (*heard)(void *state, uint64_t beat, uint64_t now);

    /* When the peer is given up if nothing is heard until then; UINT64_MAX: never.  Asked again
     * after each `heard`. */
    uint64_t (*until)(const void *state);
};

/* Silence longer than options.silence since anything was heard. */
extern const struct uripc_liveness uripc_liveness_timeout;

/* Freshness points (Chen, Toueg and Aguilera, 2002): beat i is expected by its own time plus
 * options.silence, whenever those before it came. */
extern const struct uripc_liveness uripc_liveness_freshness;

#ifdef __GNUC__
#pragma GCC visibility pop
#endif

#ifdef __cplusplus
}
#endif

#endif
