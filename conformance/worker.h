/* SPDX-License-Identifier: MIT */
/* The child's side of the pool, and what goes through the pipes. */
#ifndef URIPC_CONFORMANCE_WORKER_H
#define URIPC_CONFORMANCE_WORKER_H

#include "pool.h"

/* A part of a case's runs. */
struct cf_task {
    uint64_t index; /* of the case */
    struct cf_seeds seeds;
};

/* What comes back: this, and three texts of these sizes. */
struct cf_answer {
    uint64_t index;
    uint64_t runs;
    uint64_t seed; /* of the worst run */
    uint64_t fingerprint;
    uint32_t verdict;
    uint32_t failed_line;
    uint32_t broken;                     /* the same run came out differently the second time */
    uint64_t verdicts[CF_VERDICT_COUNT]; /* how many runs had which */
    uint32_t reason, blamed, json;
};

/* Shared with the parent, which sees how far the worker is and that it still moves. */
struct cf_pulse {
    volatile uint64_t seed; /* of the run that goes on */
    volatile uint64_t beats;
};

/* Serves tasks until the pipe ends.  Never returns. */
_Noreturn void cf_worker(const struct cf_pool *pool, int tasks, int answers,
                         struct cf_pulse *pulse);

/* All of it, whatever the system's mood.  False: the other end is gone. */
bool cf_write_all(int fd, const void *bytes, size_t size);

/* The runs of a case are combined in any order. */
static inline uint64_t cf_combined(uint64_t sum, uint64_t seed, uint64_t fingerprint)
{
    return sum +
           (fingerprint ^ (seed * UINT64_C(0x9e3779b97f4a7c15))) * UINT64_C(0xd6e8feb86659fd93);
}

#endif
