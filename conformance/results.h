/* SPDX-License-Identifier: MIT */
/* results.jsonl: one JSON object a line, written as they come (spec/results.md). */
#ifndef URIPC_CONFORMANCE_RESULTS_H
#define URIPC_CONFORMANCE_RESULTS_H

#include <stdio.h>

#include "clauses.h"
#include "command.h"
#include "expect.h"
#include "expectations.h"
#include "recording.h"
#include "run.h"
#include "suite.h"

/* What a whole run was asked to do. */
struct cf_results_header {
    const char *of; /* NULL: results of cases; "mutants" */
    const struct cf_backend *backend;
    const struct cf_clauses *clauses;
    const char *mutant; /* the three may be NULL */
    const char *profile;
    const char *filter;
    const char *rerun; /* NULL: no; the folder whose failures are run again */
    bool shuffle;
    struct cf_seeds seeds;
    uint64_t suite;
    unsigned jobs;
    const char *command;
};

/* One case. */
struct cf_result {
    const struct cf_suite_case *entry;
    const struct cf_expectation *expectation; /* NULL: none */
    enum cf_verdict verdict;
    uint64_t seed;
    uint64_t runs;
    uint64_t fingerprint;
    const char *reason;                   /* NULL: none */
    const char *repro;                    /* NULL: none */
    const struct cf_outcome *outcome;     /* NULL: the run gave none */
    const struct cf_recording *recording; /* NULL likewise */
    int signal;                           /* crash: 0 if it ended by itself */
    int exit;                             /* crash without a signal: the exit status */
    const char *log;                      /* the last of its stderr; NULL: nothing */
};

struct cf_results_footer {
    const uint64_t *counts; /* by verdict */
    uint64_t unexpected;
    uint64_t fingerprint; /* 0: there is none */
    bool partial;
    uint64_t wall_ms;
};

/* Creates the folder if need be and the file in it; NULL after a complaint. */
FILE *cf_results_create(const char *folder, const char *name);

/* The same with its first lines. */
FILE *cf_results_open(const char *folder, const char *name, const struct cf_results_header *header);

/* The JSON text of a case, without line end; NULL: no memory.  The caller frees it. */
char *cf_results_case(const struct cf_result *result);

/* The same with what only those know who saw all runs: their number, how many had which verdict
 * (NULL: all had the same), and the reason.  NULL: no memory. */
char *cf_results_completed(const char *text, uint64_t runs, const uint64_t *verdicts,
                           const char *reason);

/* Writes one line and flushes it.  False if it could not be written. */
bool cf_results_line(FILE *file, const char *text);
bool cf_results_footer(FILE *file, const struct cf_results_footer *footer);

/* What the trace objects look like; for `sim --trace json` as well.  A new reference. */
json_t *cf_results_event(const struct cf_trace_record *record, const struct cf_case *test_case);

/* What a header tells of the machine.  A new reference. */
json_t *cf_results_machine(void);

#endif
