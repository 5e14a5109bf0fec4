/* SPDX-License-Identifier: MIT */
/* The time that passes outside of every world. */
#ifndef URIPC_CONFORMANCE_CLOCK_H
#define URIPC_CONFORMANCE_CLOCK_H

#include <stdint.h>

#define CF_SECOND UINT64_C(1000000000) /* nanoseconds */
#define CF_MILLISECOND UINT64_C(1000000)

/* Nanoseconds of the system's monotonic clock. */
uint64_t cf_clock(void);

/* For poll: milliseconds from now until then, rounded up, at most `most`; 0 if it is past. */
int cf_clock_left(uint64_t until, int most);

#endif
