/* SPDX-License-Identifier: MIT */
/* Runs cases in forked workers, so that a crash or a hang costs one case. */
#ifndef URIPC_CONFORMANCE_POOL_H
#define URIPC_CONFORMANCE_POOL_H

#include "driver.h"
#include "results.h"

/* What became of one case: its worst run. */
struct cf_pool_case {
    size_t index; /* in the suite */
    enum cf_verdict verdict;
    uint64_t seed;
    uint64_t runs;
    uint64_t fingerprint; /* of all its runs */
    uint32_t failed_line; /* 0: none */
    const char *reason;   /* "": none */
    const char *blamed;   /* clause ids between spaces that the failure stands for; "" */
    const char *json;     /* "": not wanted */
};

struct cf_pool {
    const struct cf_suite *suite;
    const struct cf_backend *backend;
    const struct cf_expectations *expectations; /* NULL: none */
    int mutant;                                 /* 0: none */
    const struct cf_trouble *trouble; /* of a backend that cannot be run at all; NULL: it can */
    const char *log;                  /* and what it said; "": nothing */
    struct cf_seeds seeds;
    uint64_t repeat;     /* how often each seed is run */
    bool shuffle;        /* the order of the cases is drawn from the first seed */
    uint64_t stop_after; /* nanoseconds, for all of it; 0: as long as it takes */
    unsigned jobs;
    bool want_json;
    bool progress;       /* shown on stderr */
    const char *command; /* "uripc check reference", for the repro lines */
    const char *driver;  /* "python3 my_driver.py", for their end; NULL: none */

    /* Called as cases end, in any order. */
    void (*ended)(void *user, const struct cf_pool_case *result);
    void *user;
};

/* How many runs a case has. */
static inline uint64_t cf_pool_runs(const struct cf_pool *pool)
{
    return (pool->seeds.last - pool->seeds.first + 1) * pool->repeat;
}

enum cf_pool_end { CF_POOL_DONE, CF_POOL_INTERRUPTED, CF_POOL_OVERDUE, CF_POOL_BROKEN };

/* From now on Ctrl-C and SIGTERM do not end the program but this and every later run.  To be called
 * before anything is written that has to be finished. */
void cf_pool_heed_signals(void);

/* Runs them all.  At a signal, or when the time is up, ends the workers and tells what it has;
 * cases that were not finished are then told as not-run.  The program ignores SIGPIPE, for a worker
 * may die at any time. */
enum cf_pool_end cf_pool_run(const struct cf_pool *pool);

/* The command that repeats one case. */
void cf_repro(const struct cf_pool *pool, const char *name, uint64_t seed, char *to, size_t size);

#endif
