/* SPDX-License-Identifier: MIT */
/* Rapid-fail protection: when to stop starting a worker that keeps failing (spec, chapter 13).
 *
 * A value that is given to each function and comes back changed.  It has no clock and no pointers;
 * nothing is allocated, nothing calls back.  Times are nanoseconds of one clock of the caller's.
 *
 * Whoever starts workers asks uripc_rapid_fail_may_start before each start, and tells
 * uripc_rapid_fail_failed of each worker that ended without having been asked to.  A worker that
 * retires in good order is no failure. */
#ifndef URIPC_RAPID_FAIL_H
#define URIPC_RAPID_FAIL_H

#include <stdbool.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define URIPC_RAPID_FAIL_MAX 32 /* failures that can be asked for */

/* What IIS does if it is not told otherwise. */
#define URIPC_RAPID_FAIL_FAILURES 5
#define URIPC_RAPID_FAIL_INTERVAL UINT64_C(300000000000) /* five minutes */

/* Members are for these functions alone. */
struct uripc_rapid_fail {
    uint64_t interval;
    uint64_t at[URIPC_RAPID_FAIL_MAX]; /* of the latest failures; a ring of `failures` */
    uint32_t failures;
    uint32_t next; /* place in the ring of the next failure, where the oldest stands */
    uint32_t kept; /* failures in the ring */
    bool stopped;
};

/* The state in which nothing has failed.  Starting stops when the last `failures` failures lie
 * within less than `interval` (RFP-1).  If one of the two is 0 it never does (RFP-3).  More than
 * URIPC_RAPID_FAIL_MAX failures means URIPC_RAPID_FAIL_MAX. */
struct uripc_rapid_fail uripc_rapid_fail_begin(uint32_t failures, uint64_t interval);

/* A worker has failed at `now`.  A time before that of the failure before counts as that one. */
struct uripc_rapid_fail uripc_rapid_fail_failed(struct uripc_rapid_fail state, uint64_t now);

/* Whether a worker may be started.  Once false, it stays so until a reset (RFP-2). */
bool uripc_rapid_fail_may_start(const struct uripc_rapid_fail *state);

/* All failures are forgotten, and starting goes on (RFP-2). */
struct uripc_rapid_fail uripc_rapid_fail_reset(struct uripc_rapid_fail state);

#ifdef __cplusplus
}
#endif

#endif
