/* SPDX-License-Identifier: MIT */
/* Lines: what is expected against what was observed. */
#define _POSIX_C_SOURCE 200809L

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hash.h"
#include "runner.h"

void cf_runner_begin_line(struct cf_runner *runner, struct cf_runner_line *line, uint32_t step)
{
    *line = (struct cf_runner_line){.step = step,
                                    .began = cf_runner_now(runner),
                                    .trace = runner->recording ? runner->recording->trace_count : 0,
                                    .observed = {.op = CF_NO_OP, .slack = runner->world->slack}};
}

void cf_runner_note(struct cf_runner *runner, const struct cf_runner_line *line)
{
    const struct cf_observed *observed = &line->observed;
    const struct uripc_completion *completion = &observed->completion;
    uint64_t hash = cf_hash_word(line->step, (uint64_t)observed->ending << 32 | observed->status);
    if (observed->has_completion) {
        hash = cf_hash_word(hash, (uint64_t)completion->certainty << 32 | completion->bytes);
        hash =
            cf_hash_word(hash, (uint64_t)completion->source_units << 32 | completion->target_units);
        hash = cf_hash_word(hash, completion->data_bytes);
        hash = cf_hash_word(hash, completion->message_id);
    }
    if (observed->has_message) {
        hash = cf_hash_bytes(hash, observed->message.source.at, observed->message.source.length);
        hash = cf_hash_bytes(hash, observed->message.target.at, observed->message.target.length);
        hash = cf_hash_bytes(hash, observed->message.data, observed->message.data_bytes);
    }
    if (observed->has_info) {
        hash = cf_hash_word(hash, observed->info.messages);
        hash = cf_hash_word(hash, observed->info.bytes);
        hash = cf_hash_word(hash, observed->info.dropped);
    }
    if (observed->has_peek) {
        hash = cf_hash_word(hash, (uint64_t)observed->peek.state << 32 | observed->peek.status);
        hash = cf_hash_word(hash, (uint64_t)observed->peek.bytes << 32 | observed->peek.left);
        hash = cf_hash_word(hash, observed->peek.unread);
    }
    runner->ops->note(runner->world, hash);
}

static char *printed(const struct cf_runner *runner, const struct cf_runner_line *line,
                     const struct cf_alternative *like)
{
    const struct cf_step *step = &runner->test_case->steps[line->step];
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    if (!out)
        return NULL;
    cf_observed_print(&line->observed, step, like, runner->captured, out);
    fclose(out);
    return text;
}

void cf_runner_record(struct cf_runner *runner, const struct cf_runner_line *line,
                      enum cf_verdict verdict, const struct cf_alternative *alternative)
{
    const struct cf_step *step = &runner->test_case->steps[line->step];
    const struct cf_recorded_step recorded = {.step = line->step,
                                              .at = line->began,
                                              .until = line->ended,
                                              .verdict = verdict,
                                              .trace = line->trace,
                                              .observed = step->alternative_count ||
                                                                  verdict != CF_VERDICT_PASS
                                                              ? printed(runner, line, alternative)
                                                              : NULL};
    cf_recording_step(runner->recording, &recorded);
}

static void explain_failure(struct cf_runner *runner, const struct cf_runner_line *line,
                            enum cf_verdict verdict)
{
    const struct cf_step *step = &runner->test_case->steps[line->step];
    struct uripc_text expected = cf_step_expected(step);
    char *observed = printed(runner, line, NULL);
    bool in_group = step->group != CF_NONE;
    const char *which = in_group ? ", and what it observed fits no line of its block" : "";
    if (verdict == CF_VERDICT_UNRESOLVED || line->observed.ending == CF_DISTURBED) {
        snprintf(runner->outcome->reason, sizeof(runner->outcome->reason), "%s",
                 observed ? observed : "");
    } else {
        snprintf(runner->outcome->reason, sizeof(runner->outcome->reason),
                 "expected %.*s, observed %s%s", (int)expected.length, expected.at,
                 observed ? observed : "something else", which);
    }
    free(observed);
}

bool cf_runner_take_trouble(struct cf_runner *runner)
{
    const struct cf_world_trouble *trouble = runner->ops->trouble(runner->world);
    struct cf_outcome *outcome = runner->outcome;
    size_t said = strlen(outcome->reason);
    if (!trouble || outcome->trouble)
        return trouble;
    outcome->trouble = trouble;
    outcome->verdict = cf_verdict_worse(outcome->verdict, trouble->verdict);
    if (!outcome->rule)
        outcome->rule = trouble->rule;
    bool of_one = trouble->process != CF_NOBODY;
    snprintf(outcome->reason + said, sizeof(outcome->reason) - said, "%s%s%s%s", said ? "; " : "",
             of_one ? runner->test_case->processes[trouble->process].name : "", of_one ? ": " : "",
             trouble->reason);
    return true;
}

/* A line that ended as it should, but later than any slack allows, in a world that promises no
 * times. */
static bool is_only_late(const struct cf_runner *runner, struct cf_runner_line *line)
{
    const struct cf_step *step = &runner->test_case->steps[line->step];
    if (!line->observed.slack || line->observed.ending != CF_ENDED || step->group != CF_NONE)
        return false;
    line->observed.slack = CF_NEVER;
    if (!cf_expect_match(step, &line->observed, runner->captured))
        return false;
    line->observed.ending = CF_UNJUDGED;
    line->observed.trouble = "it ended as it should, but too late, and the system may be to blame";
    return true;
}

static enum cf_verdict judge(struct cf_runner *runner, struct cf_runner_line *line,
                             const struct cf_alternative *alternative)
{
    if (alternative)
        return cf_expect_verdict(alternative);
    if (runner->outcome->interrupted && line->observed.ending != CF_RUNAWAY)
        return CF_VERDICT_NOT_RUN; /* it counted on a process that is no more */
    bool unjudged = line->observed.ending == CF_UNJUDGED ||
                    line->observed.ending == CF_ENDED_BY_DEATH || is_only_late(runner, line);
    return unjudged ? CF_VERDICT_UNRESOLVED : CF_VERDICT_FAIL;
}

void cf_runner_judge(struct cf_runner *runner, struct cf_runner_line *line,
                     const struct cf_alternative *alternative)
{
    const struct cf_world_trouble *trouble = runner->ops->trouble(runner->world);
    struct cf_outcome *outcome = runner->outcome;
    if (trouble) {
        alternative = NULL;
        line->observed.ending = CF_UNJUDGED;
        line->observed.trouble = trouble->reason;
    }
    enum cf_verdict verdict = trouble ? trouble->verdict : judge(runner, line, alternative);
    if (alternative)
        cf_expect_capture(alternative, &line->observed, runner->captured);
    cf_runner_note(runner, line);
    runner->verdicts[line->step] = (unsigned char)verdict;
    if (verdict != CF_VERDICT_NOT_RUN)
        outcome->verdict = cf_verdict_worse(outcome->verdict, verdict);
    if (runner->recording)
        cf_runner_record(runner, line, verdict, alternative);
    if (alternative || runner->stopped || verdict == CF_VERDICT_NOT_RUN)
        return;
    runner->stopped = true;
    outcome->failed_step = line->step;
    outcome->failed_line = runner->test_case->steps[line->step].line;
    if (!cf_runner_take_trouble(runner) && runner->recording)
        explain_failure(runner, line, verdict);
}
