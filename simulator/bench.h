/* SPDX-License-Identifier: MIT */
/* The parts of uripc-bench.  Nothing here is asserted: it is measured and printed. */
#ifndef URIPC_SIMULATOR_BENCH_H
#define URIPC_SIMULATOR_BENCH_H

#include <stdint.h>

enum { BENCH_ROUNDS = 5 };

/* Seconds of a wall clock. */
double bench_seconds(void);
double bench_median(double *values, unsigned count); /* sorts them */

/* Deliveries per second of one run; *check is the same for all that do the same work. */
double bench_engine(uint32_t processes, uint64_t deliveries, uint64_t *check);
double bench_links(uint32_t processes, uint64_t deliveries, uint64_t *check);
double bench_by_hand(uint32_t processes, uint64_t deliveries, uint64_t *check);

/* Messages per second of the reference from one process to another; 0: it failed. */
double bench_full(_Bool tiny, uint32_t outstanding, uint64_t messages);

/* Creates a world of tiny nodes, then has each register a name and send one message. */
struct bench_memory {
    double create_seconds, use_seconds;
    double empty_mib, created_mib, used_mib;
    uint64_t delivered;
};
struct bench_memory bench_memory(uint32_t processes);

#endif
