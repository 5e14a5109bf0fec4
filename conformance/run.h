/* SPDX-License-Identifier: MIT */
/* Executes one case once, in any world.
 *
 * Lines are executed one after the other until one fails.  A completion is polled where a line
 * waits for a call of that process, by `poll` and by `quiet`; until then its overlapped block is
 * in flight (CMP-7).  After the last line the world goes on for a while, so that what comes late
 * is judged as well. */
#ifndef URIPC_CONFORMANCE_RUN_H
#define URIPC_CONFORMANCE_RUN_H

#include "case.h"
#include "recording.h"
#include "verdict.h"
#include "world.h"

struct cf_runner;

enum { CF_REASON_MAX = 1024, CF_EVIDENCE_MAX = 4, CF_FIRED_MAX = 32 };

struct cf_outcome {
    enum cf_verdict verdict;
    uint32_t failed_step;                   /* CF_NONE: none */
    uint32_t failed_line;                   /* 0: none */
    const char *rule;                       /* that was broken; NULL: none */
    const char *rule_clause;                /* NULL: it stands in none */
    const struct cf_world_trouble *trouble; /* with the implementation; NULL; until the next run */
    uint64_t fingerprint;
    uint64_t ns; /* of the world's time, at the end of the last line */
    uint64_t draws;
    const unsigned char *step_verdicts; /* enum cf_verdict of each step; until the next run */
    bool interrupted;                   /* the crash of cf_runner_interrupt has come */

    /* Only with a recording. */
    char reason[CF_REASON_MAX]; /* "": there is none */
    uint32_t evidence[CF_EVIDENCE_MAX];
    size_t evidence_count;
    struct cf_world_count fired[CF_FIRED_MAX];
    size_t fired_count;
};

/* Keeps the world.  NULL: no memory. */
struct cf_runner *cf_runner_create(struct cf_world *world);
void cf_runner_destroy(struct cf_runner *runner);

/* Runs the case; with a recording (cleared first) the outcome says why. */
void cf_run(struct cf_runner *runner, const struct cf_case *test_case, uint64_t seed,
            struct cf_recording *recording, struct cf_outcome *outcome);

/* From here on runs crash `process` right after its `event`th event, though no line says so; 0:
 * they do not.  Once it has crashed lines need not hold any more, but the rules of histories must.
 */
void cf_runner_interrupt(struct cf_runner *runner, uint32_t process, uint64_t event);

/* The seed of a case in a run: other cases do not matter. */
uint64_t cf_case_seed(uint64_t run_seed, const char *name);

/* What the outcome says of one clause: the worst of the lines that count for it; NOT_RUN where
 * something else is to blame and the case did not come to a verdict on it. */
enum cf_verdict cf_clause_verdict(const struct cf_case *test_case, const struct cf_outcome *outcome,
                                  const char *clause);

/* The ids of the clauses that the failure stands for, between spaces: those of the line that
 * failed, or else of the case, and that of a broken rule. */
void cf_outcome_blamed(const struct cf_case *test_case, const struct cf_outcome *outcome, char *to,
                       size_t size);

#endif
