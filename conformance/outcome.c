/* SPDX-License-Identifier: MIT */
/* What an outcome says about clauses. */
#include <stdio.h>
#include <string.h>

#include "run.h"

static bool lists(const struct cf_clause *clauses, size_t count, const char *id)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(clauses[i].id, id) == 0)
            return true;
    return false;
}

/* A line without clauses of its own counts for all of the case's. */
static bool counts_for(const struct cf_case *test_case, const struct cf_step *step, const char *id)
{
    return step->clause_count ? lists(step->clauses, step->clause_count, id)
                              : lists(test_case->clauses, test_case->clause_count, id);
}

/* Of a clause for which no line counts: that of the case, unless something else is to blame. */
static enum cf_verdict unnamed_verdict(const struct cf_case *test_case,
                                       const struct cf_outcome *outcome)
{
    bool by_line =
        outcome->failed_step != CF_NONE && test_case->steps[outcome->failed_step].clause_count;
    return by_line || outcome->rule_clause ? CF_VERDICT_NOT_RUN : outcome->verdict;
}

enum cf_verdict cf_clause_verdict(const struct cf_case *test_case, const struct cf_outcome *outcome,
                                  const char *clause)
{
    enum cf_verdict worst = CF_VERDICT_PASS;
    bool any = false;
    if (!outcome->step_verdicts)
        return outcome->verdict;
    if (outcome->rule_clause && strcmp(outcome->rule_clause, clause) == 0)
        return CF_VERDICT_FAIL;
    for (size_t i = 0; i < test_case->step_count; i++) {
        const struct cf_step *step = &test_case->steps[i];
        if (step->alternative_count && counts_for(test_case, step, clause)) {
            worst = cf_verdict_worse(worst, (enum cf_verdict)outcome->step_verdicts[i]);
            any = true;
        }
    }
    if (outcome->failed_step != CF_NONE &&
        counts_for(test_case, &test_case->steps[outcome->failed_step], clause))
        worst = cf_verdict_worse(worst, outcome->verdict); /* also of a line such as `quiet` */
    return any ? worst : unnamed_verdict(test_case, outcome);
}

void cf_outcome_blamed(const struct cf_case *test_case, const struct cf_outcome *outcome, char *to,
                       size_t size)
{
    const struct cf_clause *clauses = test_case->clauses;
    size_t count = test_case->clause_count;
    size_t length = 0;
    bool by_rule = outcome->rule && outcome->failed_step == CF_NONE;
    if (outcome->failed_step != CF_NONE && test_case->steps[outcome->failed_step].clause_count) {
        clauses = test_case->steps[outcome->failed_step].clauses;
        count = test_case->steps[outcome->failed_step].clause_count;
    }
    to[0] = '\0';
    for (size_t i = 0; i < count && !by_rule && length < size; i++)
        length += (size_t)snprintf(to + length, size - length, "%s%s", i ? " " : "", clauses[i].id);
    if (outcome->rule_clause && length < size)
        snprintf(to + length, size - length, "%s%s", length ? " " : "", outcome->rule_clause);
}
