/* SPDX-License-Identifier: MIT */
#include "probe.h"

#include <stdio.h>
#include <string.h>

#include "words.h"

uint32_t cf_missing(const struct cf_case *test_case, uint32_t capabilities)
{
    /* An implementation without a layout of its own has it done by its driver or by the suite, so
     * that a run would only show theirs.  A driver without sessions or requests need not know their
     * commands. */
    const uint32_t unprobed = CF_NEED_LAYOUT | CF_NEED_SESSIONS | CF_NEED_REQUESTS;
    uint32_t probed = test_case->probes & ~unprobed;
    return test_case->needs & ~capabilities & ~probed;
}

void cf_needs_text(uint32_t needs, char *to, size_t size)
{
    size_t length = 0;
    to[0] = '\0';
    for (size_t i = 0; i < cf_need_words.count && length < size; i++) {
        if (needs & (uint32_t)cf_need_words.list[i].value)
            length += (size_t)snprintf(to + length, size - length, "%s%s", length ? " " : "",
                                       cf_need_words.list[i].text);
    }
}

/* Puts words before the reason, whose end may have to go. */
static void prefix(struct cf_outcome *outcome, const char *before, const char *probed,
                   const char *after)
{
    char words[128];
    int length = snprintf(words, sizeof(words), "%s `%s`%s", before, probed, after);
    memmove(outcome->reason + length, outcome->reason, sizeof(outcome->reason) - (size_t)length);
    memcpy(outcome->reason, words, (size_t)length);
    outcome->reason[sizeof(outcome->reason) - 1] = '\0';
}

void cf_probe_judge(const struct cf_case *test_case, uint32_t capabilities,
                    struct cf_outcome *outcome)
{
    const char *probed = cf_need_name((enum cf_need)test_case->probes);
    bool declared = test_case->probes & capabilities;
    bool passed = outcome->verdict <= CF_VERDICT_PASS_NONSTRICT;
    if (!test_case->probes || (!passed && outcome->verdict != CF_VERDICT_FAIL) ||
        (declared && passed))
        return;
    if (declared) {
        prefix(outcome, "declared", probed, ", but ");
        return;
    }
    outcome->verdict = passed ? CF_VERDICT_FAIL : CF_VERDICT_UNSUPPORTED;
    if (passed) {
        snprintf(outcome->reason, sizeof(outcome->reason), "not declared `%s`, but it is there",
                 probed);
        return;
    }
    prefix(outcome, "not declared", probed, ": ");
    /* Nothing is broken by what was not promised. */
    outcome->step_verdicts = NULL;
    outcome->failed_step = CF_NONE;
    outcome->failed_line = 0;
    outcome->rule = NULL;
    outcome->rule_clause = NULL;
    outcome->evidence_count = 0;
}
