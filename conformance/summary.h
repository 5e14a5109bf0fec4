/* SPDX-License-Identifier: MIT */
/* What `check` says on the terminal: a line for each case that did not simply pass, in the order
 * of their names, and the totals.  Between real processes many cases are unsupported; they are
 * counted by what they lack. */
#ifndef URIPC_CONFORMANCE_SUMMARY_H
#define URIPC_CONFORMANCE_SUMMARY_H

#include "pool.h"

enum { CF_SUMMARY_LACKS = 32 }; /* bits of a set of enum cf_need */

struct cf_summary {
    const struct cf_pool *pool;
    char **lines;           /* by case; "" for a pass, NULL until it ended */
    uint64_t *fingerprints; /* by case */
    size_t printed;         /* cases whose line is out */
    uint64_t counts[CF_VERDICT_COUNT];
    uint64_t unexpected;
    uint64_t lacking[CF_SUMMARY_LACKS]; /* cases without a line, by bit of enum cf_need */
    uint64_t not_declared;              /* cases that show that what is not declared is not there */
    uint64_t fingerprint;               /* of the run, once it is printed */
    bool colours;
};

/* Keeps the pool.  False: no memory. */
bool cf_summary_begin(struct cf_summary *summary, const struct cf_pool *pool);
void cf_summary_free(struct cf_summary *summary);

/* A case ended; prints what is next in order. */
void cf_summary_add(struct cf_summary *summary, const struct cf_pool_case *result);

/* The totals, the fingerprint, and on stderr the time it took. */
void cf_summary_print(struct cf_summary *summary, const char *ending, uint64_t wall_ms);

#endif
