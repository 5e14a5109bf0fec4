/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "fake_world.h"
#include "run.h"

#define HEADER "case t\npromise It is tested.\nclause SND-1 SND-2\n"
#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* One run of one case against one script. */
struct trial {
    struct fake_world world;
    struct cf_case *test_case;
    struct cf_recording recording;
    struct cf_outcome outcome;
    struct cf_runner *runner;
};

static struct trial trial;

/* What the next runs find: zeros are the simulated world's. */
static uint64_t slack;
static const struct cf_world_trouble *trouble;

static enum cf_verdict run(const char *text, const struct fake_answer *script, size_t length)
{
    struct cf_diagnostics diagnostics = {0};
    fake_world_init(&trial.world, script, length);
    trial.world.world.slack = slack;
    trial.world.trouble = trouble;
    trial.test_case = cf_case_parse("t.case", text, strlen(text), &diagnostics);
    cf_diagnostics_print(&diagnostics, stderr);
    assert_non_null(trial.test_case);
    trial.runner = cf_runner_create(&trial.world.world);
    cf_run(trial.runner, trial.test_case, 1, &trial.recording, &trial.outcome);
    uint64_t fingerprint = trial.outcome.fingerprint;
    enum cf_verdict verdict = trial.outcome.verdict;
    cf_run(trial.runner, trial.test_case, 1, NULL, &trial.outcome);
    assert_int_equal(fingerprint, trial.outcome.fingerprint);
    assert_int_equal(verdict, trial.outcome.verdict);
    cf_run(trial.runner, trial.test_case, 1, &trial.recording, &trial.outcome);
    return verdict;
}

static int tear_down(void **state)
{
    (void)state;
    cf_runner_destroy(trial.runner);
    cf_case_free(trial.test_case);
    cf_recording_free(&trial.recording);
    trial = (struct trial){.runner = NULL};
    slack = 0;
    trouble = NULL;
    return 0;
}

static const char *blamed(void)
{
    static char ids[64];
    cf_outcome_blamed(trial.test_case, &trial.outcome, ids, sizeof(ids));
    return ids;
}

static void a_case_whose_lines_hold_passes(void **state)
{
    const struct fake_answer script[] = {{.status = URIPC_OK}, {.status = URIPC_NO_RECEIVER}};
    (void)state;
    assert_int_equal(run(HEADER "A: register \"ipc:/a\" as a\n"
                                "A: send a to \"ipc:/b\" \"x\" -> no-receiver\n",
                         script, COUNT(script)),
                     CF_VERDICT_PASS);
    assert_int_equal(cf_clause_verdict(trial.test_case, &trial.outcome, "SND-1"), CF_VERDICT_PASS);
    assert_string_equal(trial.outcome.reason, "");
}

static void a_line_that_does_not_hold_stops_the_case(void **state)
{
    const struct fake_answer script[] = {{.status = URIPC_EXISTS}};
    (void)state;
    assert_int_equal(run(HEADER "A: register \"ipc:/a\" as a -> ok [SND-1]\n"
                                "A: send a to \"ipc:/b\" -> ok [SND-2]\n",
                         script, COUNT(script)),
                     CF_VERDICT_FAIL);
    assert_int_equal(trial.outcome.failed_line, 4);
    assert_string_equal(trial.outcome.reason, "expected ok, observed exists definite");
    assert_int_equal(cf_clause_verdict(trial.test_case, &trial.outcome, "SND-1"), CF_VERDICT_FAIL);
    assert_int_equal(cf_clause_verdict(trial.test_case, &trial.outcome, "SND-2"),
                     CF_VERDICT_NOT_RUN);
    assert_string_equal(blamed(), "SND-1");
    assert_int_equal(trial.recording.step_count, 1);
}

static void a_clause_that_no_line_names_is_not_blamed_for_another(void **state)
{
    const struct fake_answer script[] = {{.status = URIPC_EXISTS}};
    (void)state;
    assert_int_equal(run("case t\npromise It is tested.\nclause SND-1 SND-2\n"
                         "A: register \"ipc:/a\" as a -> ok [SND-1]\n",
                         script, COUNT(script)),
                     CF_VERDICT_FAIL);
    assert_int_equal(cf_clause_verdict(trial.test_case, &trial.outcome, "SND-1"), CF_VERDICT_FAIL);
    assert_int_equal(cf_clause_verdict(trial.test_case, &trial.outcome, "SND-2"),
                     CF_VERDICT_NOT_RUN);
}

static void what_cannot_complete_any_more_fails_at_once(void **state)
{
    const struct fake_answer script[] = {{.silent = true}};
    (void)state;
    assert_int_equal(run(HEADER "A: register \"ipc:/a\" as a\n", script, COUNT(script)),
                     CF_VERDICT_FAIL);
    assert_string_equal(trial.outcome.reason, "expected ok, observed never completes");
    assert_int_equal(trial.outcome.ns, 0);
}

static void what_completes_after_the_deadline_fails(void **state)
{
    const struct fake_answer script[] = {{.status = URIPC_OK, .at = 2000}};
    (void)state;
    assert_int_equal(run("case t\npromise It is tested.\nclause SND-1\ndeadline 1us\n"
                         "A: register \"ipc:/a\" as a\n",
                         script, COUNT(script)),
                     CF_VERDICT_FAIL);
    assert_non_null(strstr(trial.outcome.reason, "no completion within"));
    assert_int_equal(trial.outcome.ns, 1000);
}

static void at_and_within_are_compared_with_the_time_of_the_line(void **state)
{
    const struct fake_answer script[] = {{.status = URIPC_OK, .at = 5000}};
    (void)state;
    assert_int_equal(run(HEADER "A: register \"ipc:/a\" as a -> ok at 5us\n", script, 1),
                     CF_VERDICT_PASS);
    tear_down(NULL);
    assert_int_equal(run(HEADER "A: register \"ipc:/a\" as a -> ok within 5us\n", script, 1),
                     CF_VERDICT_PASS);
    tear_down(NULL);
    assert_int_equal(run(HEADER "A: register \"ipc:/a\" as a -> ok at 6us\n", script, 1),
                     CF_VERDICT_FAIL);
    tear_down(NULL);
    assert_int_equal(run(HEADER "A: register \"ipc:/a\" as a -> ok within 4us\n", script, 1),
                     CF_VERDICT_FAIL);
    assert_string_equal(trial.outcome.reason, "expected ok within 4us, observed ok at 5us");
}

static void a_call_that_completes_twice_breaks_a_rule(void **state)
{
    const struct fake_answer script[] = {{.status = URIPC_OK, .completions = 2}};
    (void)state;
    assert_int_equal(run(HEADER "A: register \"ipc:/a\" as a\n", script, COUNT(script)),
                     CF_VERDICT_FAIL);
    assert_string_equal(trial.outcome.rule, "C9");
    assert_string_equal(trial.outcome.rule_clause, "CMP-1");
    assert_string_equal(trial.outcome.reason,
                        "rule C9: a call completed a second time (the call of line 4)");
    assert_int_equal(trial.outcome.evidence_count, 2);
    assert_string_equal(blamed(), "CMP-1");
    assert_int_equal(cf_clause_verdict(trial.test_case, &trial.outcome, "CMP-1"), CF_VERDICT_FAIL);
}

static void writes_outside_of_buffers_break_a_rule(void **state)
{
    const struct fake_answer script[] = {{.status = URIPC_OK, .violates = true}};
    (void)state;
    assert_int_equal(run(HEADER "A: register \"ipc:/a\" as a\n", script, COUNT(script)),
                     CF_VERDICT_FAIL);
    assert_string_equal(trial.outcome.rule, "C10");
    assert_string_equal(trial.outcome.rule_clause, "CMP-10");
}

static const struct fake_answer exchange[] = {
    {.status = URIPC_OK, .incarnation = {9, 1}},
    {.status = URIPC_OK, .bytes = 1, .message_id = 7},
    {.status = URIPC_OK, .bytes = 1, .message_id = 8},
    {.source = "ipc:/a", .target = "ipc:/a", .data = "2", .message_id = 8, .incarnation = {9, 1}},
    {.source = "ipc:/a", .target = "ipc:/a", .data = "1", .message_id = 7, .incarnation = {9, 1}},
};

#define EXCHANGE                                                                                   \
    HEADER "A: register \"ipc:/a\" as a\n"                                                         \
           "A: send a to \"ipc:/a\" \"1\"\n"                                                       \
           "A: send a to \"ipc:/a\" \"2\"\n"

static void received_messages_are_compared_part_by_part(void **state)
{
    (void)state;
    assert_int_equal(run(EXCHANGE "A: receive a -> from \"ipc:/a\" to \"ipc:/a\" \"2\"\n"
                                  "A: receive a -> from \"ipc:/a\" any\n",
                         exchange, COUNT(exchange)),
                     CF_VERDICT_PASS);
    tear_down(NULL);
    assert_int_equal(
        run(EXCHANGE "A: receive a -> from \"ipc:/a\" \"1\"\n", exchange, COUNT(exchange)),
        CF_VERDICT_FAIL);
    assert_string_equal(trial.outcome.reason, "expected from \"ipc:/a\" \"1\", observed from "
                                              "\"ipc:/a\" \"2\" to \"ipc:/a\"");
    tear_down(NULL);
    assert_int_equal(
        run(EXCHANGE "A: receive a -> from \"ipc:/b\" any\n", exchange, COUNT(exchange)),
        CF_VERDICT_FAIL);
}

static void unordered_lines_need_one_expectation_each(void **state)
{
    (void)state;
    assert_int_equal(run(EXCHANGE "unordered\n"
                                  "A: receive a -> from \"ipc:/a\" any\n"
                                  "A: receive a -> from \"ipc:/a\" \"2\"\n"
                                  "end\n",
                         exchange, COUNT(exchange)),
                     CF_VERDICT_PASS);
    tear_down(NULL);
    assert_int_equal(run(EXCHANGE "unordered\n"
                                  "A: receive a -> from \"ipc:/a\" \"2\"\n"
                                  "A: receive a -> from \"ipc:/a\" \"2\"\n"
                                  "end\n",
                         exchange, COUNT(exchange)),
                     CF_VERDICT_FAIL);
    assert_int_equal(trial.outcome.failed_line, 9);
    assert_non_null(strstr(trial.outcome.reason, "fits no line of its block"));
}

static void subset_lines_may_time_out(void **state)
{
    struct fake_answer script[COUNT(exchange)];
    (void)state;
    memcpy(script, exchange, sizeof(script));
    script[4] = (struct fake_answer){.status = URIPC_TIMEOUT};
    assert_int_equal(run(EXCHANGE "subset\n"
                                  "A: receive a deadline 1ms -> from \"ipc:/a\" \"1\"\n"
                                  "A: receive a deadline 1ms -> from \"ipc:/a\" \"2\"\n"
                                  "end\n",
                         script, COUNT(script)),
                     CF_VERDICT_PASS);
    tear_down(NULL);
    assert_int_equal(run(EXCHANGE "unordered\n"
                                  "A: receive a deadline 1ms -> from \"ipc:/a\" \"1\"\n"
                                  "A: receive a deadline 1ms -> from \"ipc:/a\" \"2\"\n"
                                  "end\n",
                         script, COUNT(script)),
                     CF_VERDICT_FAIL);
}

static void captured_ids_are_compared(void **state)
{
    (void)state;
    assert_int_equal(run(EXCHANGE "A: receive a -> from \"ipc:/a\" \"2\" message as $m\n"
                                  "A: receive a -> from \"ipc:/a\" \"1\" message not $m\n",
                         exchange, COUNT(exchange)),
                     CF_VERDICT_PASS);
    tear_down(NULL);
    assert_int_equal(run(EXCHANGE "A: receive a -> from \"ipc:/a\" \"2\" message as $m\n"
                                  "A: receive a -> from \"ipc:/a\" \"1\" message $m\n",
                         exchange, COUNT(exchange)),
                     CF_VERDICT_FAIL);
}

static void polling_takes_completions_in_their_order(void **state)
{
    (void)state;
    assert_int_equal(run(HEADER "A: register \"ipc:/a\" as a\n"
                                "A: start send a to \"ipc:/a\" \"1\" as x\n"
                                "A: start send a to \"ipc:/a\" \"2\" as y\n"
                                "A: poll -> x ok\n"
                                "A: poll -> y ok\n"
                                "A: poll -> would-block\n",
                         exchange, 3),
                     CF_VERDICT_PASS);
    tear_down(NULL);
    assert_int_equal(run(HEADER "A: register \"ipc:/a\" as a\n"
                                "A: start send a to \"ipc:/a\" \"1\" as x\n"
                                "A: start send a to \"ipc:/a\" \"2\" as y\n"
                                "A: poll -> y ok\n",
                         exchange, 3),
                     CF_VERDICT_FAIL);
}

static void a_refused_call_leaves_its_name_with_the_accepted_one(void **state)
{
    const struct fake_answer script[] = {
        {.status = URIPC_OK}, {.status = URIPC_TIMEOUT, .at = 1000}, {.returned = URIPC_IN_USE}};
    (void)state;
    assert_int_equal(run(HEADER "A: register \"ipc:/a\" as a\n"
                                "A: start receive a deadline 1us as x\n"
                                "A: start receive a as x -> in-use\n"
                                "A: await x -> timeout at 1us\n",
                         script, COUNT(script)),
                     CF_VERDICT_PASS);
}

static void quiet_fails_when_a_call_completes_meanwhile(void **state)
{
    const struct fake_answer script[] = {{.status = URIPC_OK},
                                         {.status = URIPC_TIMEOUT, .at = 1000}};
    (void)state;
    assert_int_equal(run(HEADER "A: register \"ipc:/a\" as a\n"
                                "A: start receive a as x\n"
                                "quiet 900ns\n",
                         script, COUNT(script)),
                     CF_VERDICT_PASS);
    assert_int_equal(trial.outcome.ns, 900);
    tear_down(NULL);
    assert_int_equal(run(HEADER "A: register \"ipc:/a\" as a\n"
                                "A: start receive a as x\n"
                                "quiet 1100ns\n",
                         script, COUNT(script)),
                     CF_VERDICT_FAIL);
    assert_string_equal(trial.outcome.reason, "a call completes meanwhile");
    assert_string_equal(blamed(), "SND-1 SND-2");
}

static void scheduled_steps_happen_at_their_time(void **state)
{
    const struct fake_answer script[] = {{.status = URIPC_OK}};
    (void)state;
    assert_int_equal(run(HEADER "A: register \"ipc:/a\" as a\n"
                                "after 2us crash A\n"
                                "wait 1us\n"
                                "A: info a -> messages 3 dropped 1\n"
                                "wait 1us\n",
                         script, COUNT(script)),
                     CF_VERDICT_PASS);
    assert_int_equal(trial.world.crashes, 1);
    assert_string_equal(trial.outcome.fired[0].name, "crashes");
}

static void what_lasts_for_a_time_is_undone(void **state)
{
    const struct fake_answer script[] = {{.status = URIPC_OK}, {.status = URIPC_OK}};
    (void)state;
    assert_int_equal(run(HEADER "A: register \"ipc:/a\" as a\nB: register \"ipc:/b\" as b\n"
                                "cut A -> B for 1us\nlink A -> B loss 1/2 for 1us\n"
                                "pause B for 1us\nslow B 5ms for 1us\ncrash A for 1us\n"
                                "wait 999ns\nstep \"not yet\"\n",
                         script, COUNT(script)),
                     CF_VERDICT_PASS);
    const struct fake_world *world = &trial.world;
    assert_int_equal(world->cuts + world->links + world->pauses + world->crashes, 5);
    assert_int_equal(world->turns[1], 0); /* the run goes on after the last line */
    assert_int_equal(world->heals + world->resumes + world->restarts, 3);
}

static void what_a_line_has_undone_stays_so(void **state)
{
    const struct fake_answer script[] = {{.status = URIPC_OK}};
    (void)state;
    assert_int_equal(run(HEADER "A: register \"ipc:/a\" as a\ncrash A for 2us\nwait 1us\n"
                                "restart A\nwait 2us\n",
                         script, COUNT(script)),
                     CF_VERDICT_PASS);
    assert_int_equal(trial.world.restarts, 1);
}

static void turns_and_clocks_are_set_as_the_line_says(void **state)
{
    const struct fake_answer script[] = {{.status = URIPC_OK}, {.status = URIPC_OK}};
    (void)state;
    assert_int_equal(run(HEADER "A: register \"ipc:/a\" as a\nB: register \"ipc:/b\" as b\n"
                                "clock A ahead 5us fast 1/8\nclock B behind 1s slow 3/1000000\n"
                                "slow B 7us\n",
                         script, COUNT(script)),
                     CF_VERDICT_PASS);
    assert_int_equal(trial.world.offsets[0], 5000);
    assert_int_equal(trial.world.drifts[0], 125000);
    assert_int_equal(trial.world.offsets[1], -1000000000);
    assert_int_equal(trial.world.drifts[1], -3);
    assert_int_equal(trial.world.turns[1], 7000);
}

static void a_crash_at_an_event_ends_a_life_when_it_comes(void **state)
{
    const struct fake_answer script[] = {{.status = URIPC_OK}, {.silent = true}};
    (void)state;
    assert_int_equal(run(HEADER "A: register \"ipc:/a\" as a\ncrash A at event 7 for 1us\n"
                                "A: start receive a as r\nA: info a -> messages 3\nwait 7ns\n"
                                "wait 1us\nA: info a -> invalid-handle\n",
                         script, COUNT(script)),
                     CF_VERDICT_PASS);
    assert_int_equal(trial.world.restarts, 1);
}

static void a_crash_at_an_event_that_never_comes_is_unresolved(void **state)
{
    const struct fake_answer script[] = {{.status = URIPC_OK}};
    (void)state;
    assert_int_equal(run(HEADER "A: register \"ipc:/a\" as a\ncrash A at event 7\nwait 6ns\n",
                         script, COUNT(script)),
                     CF_VERDICT_UNRESOLVED);
    assert_string_equal(trial.outcome.reason, "A never had the event at which it was to crash");
    assert_int_equal(trial.outcome.failed_line, 5);
}

/* The same case once more, with a crash of A at its first event. */
static enum cf_verdict run_interrupted(void)
{
    cf_runner_interrupt(trial.runner, 0, 1);
    cf_run(trial.runner, trial.test_case, 1, &trial.recording, &trial.outcome);
    return trial.outcome.verdict;
}

static void after_a_crash_that_no_line_asks_for_lines_need_not_hold(void **state)
{
    const struct fake_answer script[] = {{.status = URIPC_OK}, {.status = URIPC_OK}};
    (void)state;
    assert_int_equal(run(HEADER "A: register \"ipc:/a\" as a\nwait 1us\nA: close a\nresume A\n",
                         script, COUNT(script)),
                     CF_VERDICT_PASS);
    assert_false(trial.outcome.interrupted);
    assert_int_equal(run_interrupted(), CF_VERDICT_PASS);
    assert_true(trial.outcome.interrupted);
    assert_int_equal(trial.outcome.step_verdicts[2], CF_VERDICT_NOT_RUN);
}

static void before_it_they_must_and_rules_hold_after_it_too(void **state)
{
    const struct fake_answer wrong[] = {{.status = URIPC_EXISTS}};
    const struct fake_answer writes[] = {{.status = URIPC_OK}, {.violates = true}};
    (void)state;
    run(HEADER "A: register \"ipc:/a\" as a\nwait 1us\n", wrong, COUNT(wrong));
    assert_int_equal(run_interrupted(), CF_VERDICT_FAIL);
    tear_down(state);
    run(HEADER "A: register \"ipc:/a\" as a\nwait 1us\nB: register \"ipc:/b\" as b\n", writes,
        COUNT(writes));
    assert_int_equal(run_interrupted(), CF_VERDICT_FAIL);
    assert_string_equal(trial.outcome.rule, "C10");
}

static void the_dead_do_nothing_and_the_case_is_unresolved(void **state)
{
    const struct fake_answer script[] = {{.status = URIPC_OK}};
    (void)state;
    assert_int_equal(
        run(HEADER "A: register \"ipc:/a\" as a\ncrash A\nA: close a\n", script, COUNT(script)),
        CF_VERDICT_UNRESOLVED);
    assert_non_null(strstr(trial.outcome.reason, "dead"));
}

static void handles_end_with_the_life_of_their_process(void **state)
{
    const struct fake_answer script[] = {{.status = URIPC_OK}};
    (void)state;
    assert_int_equal(run(HEADER "A: register \"ipc:/a\" as a\ncrash A\nrestart A\n"
                                "A: info a -> invalid-handle\n",
                         script, COUNT(script)),
                     CF_VERDICT_PASS);
}

static void a_completion_of_an_earlier_life_breaks_a_rule(void **state)
{
    const struct fake_answer script[] = {{.status = URIPC_OK}, {.status = URIPC_TIMEOUT, .at = 9}};
    (void)state;
    assert_int_equal(run(HEADER "A: register \"ipc:/a\" as a\nA: start receive a as x\n"
                                "restart A\nwait 1us\nA: poll -> would-block\n",
                         script, COUNT(script)),
                     CF_VERDICT_FAIL);
    assert_string_equal(trial.outcome.rule_clause, "LIF-18");
}

static void nonstrict_and_info_alternatives_name_their_verdict(void **state)
{
    const struct fake_answer script[] = {{.status = URIPC_OK}};
    (void)state;
    assert_int_equal(
        run(HEADER "A: register \"ipc:/a\" as a -> exists | nonstrict ok\n", script, COUNT(script)),
        CF_VERDICT_PASS_NONSTRICT);
    tear_down(NULL);
    assert_int_equal(run(HEADER "A: register \"ipc:/a\" as a\n"
                                "A: info a -> record messages dropped\n",
                         script, COUNT(script)),
                     CF_VERDICT_INFO);
    assert_string_equal(trial.recording.steps[1].observed, "messages 3 dropped 1");
}

static void data_is_scribbled_over_when_the_call_has_returned(void **state)
{
    (void)state;
    const struct fake_answer script[] = {{.status = URIPC_OK}, {.status = URIPC_OK, .bytes = 5}};
    assert_int_equal(run(HEADER "A: register \"ipc:/a\" as a\nA: send a to \"ipc:/a\" \"hello\"\n",
                         script, COUNT(script)),
                     CF_VERDICT_PASS);
    assert_memory_equal(trial.world.data, "\xee\xee\xee\xee\xee", 5);
}

static void a_profile_the_world_lacks_is_unresolved(void **state)
{
    (void)state;
    assert_int_equal(run("case t\npromise It is tested.\nclause SND-1\nprofile odd\n"
                         "A: register \"ipc:/a\" as a\n",
                         NULL, 0),
                     CF_VERDICT_UNRESOLVED);
    assert_string_equal(trial.outcome.reason, "this world has only the profile local");
}

static void what_is_late_within_the_slack_passes_and_beyond_it_is_unresolved(void **state)
{
    const struct fake_answer script[] = {{.status = URIPC_OK, .at = 5000}};
    const char *text = HEADER "A: register \"ipc:/a\" as a -> ok within 2us\n";
    (void)state;
    slack = 3000;
    assert_int_equal(run(text, script, 1), CF_VERDICT_PASS);
    tear_down(NULL);
    slack = 2999;
    assert_int_equal(run(text, script, 1), CF_VERDICT_UNRESOLVED);
    assert_non_null(strstr(trial.outcome.reason, "too late"));
}

static void what_is_late_and_wrong_fails_whatever_the_slack(void **state)
{
    const struct fake_answer script[] = {{.status = URIPC_EXISTS, .at = 5000}};
    (void)state;
    slack = 1;
    assert_int_equal(run(HEADER "A: register \"ipc:/a\" as a -> ok within 2us\n", script, 1),
                     CF_VERDICT_FAIL);
}

static void trouble_decides_whatever_the_lines_say(void **state)
{
    static const struct cf_world_trouble died = {.verdict = CF_VERDICT_CRASH,
                                                 .process = 0,
                                                 .reason = "its process died of SIGSEGV",
                                                 .log = "last words"};
    const struct fake_answer script[] = {{.status = URIPC_OK}};
    (void)state;
    trouble = &died;
    assert_int_equal(run(HEADER "A: register \"ipc:/a\" as a -> ok [SND-1]\n", script, 1),
                     CF_VERDICT_CRASH);
    assert_int_equal(trial.outcome.failed_line, 4);
    assert_string_equal(trial.outcome.reason, "A: its process died of SIGSEGV");
    assert_ptr_equal(trial.outcome.trouble, &died);
    assert_string_equal(blamed(), "SND-1");
}

static void a_broken_protocol_is_a_rule_without_a_clause(void **state)
{
    static const struct cf_world_trouble garbage = {.verdict = CF_VERDICT_FAIL,
                                                    .process = CF_NOBODY,
                                                    .rule = "protocol",
                                                    .reason = "a process was left behind",
                                                    .log = ""};
    const struct fake_answer script[] = {{.status = URIPC_OK}};
    (void)state;
    trouble = &garbage;
    assert_int_equal(run(HEADER "A: register \"ipc:/a\" as a -> ok [SND-1]\n", script, 1),
                     CF_VERDICT_FAIL);
    assert_string_equal(trial.outcome.rule, "protocol");
    assert_string_equal(trial.outcome.reason, "a process was left behind");
    assert_string_equal(blamed(), "SND-1");
}

static void the_seed_of_a_case_depends_on_its_name(void **state)
{
    (void)state;
    assert_int_not_equal(cf_case_seed(1, "a"), cf_case_seed(1, "b"));
    assert_int_not_equal(cf_case_seed(1, "a"), cf_case_seed(2, "a"));
    assert_int_equal(cf_case_seed(1, "a"), cf_case_seed(1, "a"));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_teardown(name, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(a_case_whose_lines_hold_passes),
        TEST(a_line_that_does_not_hold_stops_the_case),
        TEST(a_clause_that_no_line_names_is_not_blamed_for_another),
        TEST(what_cannot_complete_any_more_fails_at_once),
        TEST(what_completes_after_the_deadline_fails),
        TEST(at_and_within_are_compared_with_the_time_of_the_line),
        TEST(a_call_that_completes_twice_breaks_a_rule),
        TEST(writes_outside_of_buffers_break_a_rule),
        TEST(received_messages_are_compared_part_by_part),
        TEST(unordered_lines_need_one_expectation_each),
        TEST(subset_lines_may_time_out),
        TEST(captured_ids_are_compared),
        TEST(polling_takes_completions_in_their_order),
        TEST(a_refused_call_leaves_its_name_with_the_accepted_one),
        TEST(quiet_fails_when_a_call_completes_meanwhile),
        TEST(scheduled_steps_happen_at_their_time),
        TEST(what_lasts_for_a_time_is_undone),
        TEST(what_a_line_has_undone_stays_so),
        TEST(turns_and_clocks_are_set_as_the_line_says),
        TEST(a_crash_at_an_event_ends_a_life_when_it_comes),
        TEST(a_crash_at_an_event_that_never_comes_is_unresolved),
        TEST(after_a_crash_that_no_line_asks_for_lines_need_not_hold),
        TEST(before_it_they_must_and_rules_hold_after_it_too),
        TEST(the_dead_do_nothing_and_the_case_is_unresolved),
        TEST(handles_end_with_the_life_of_their_process),
        TEST(a_completion_of_an_earlier_life_breaks_a_rule),
        TEST(nonstrict_and_info_alternatives_name_their_verdict),
        TEST(data_is_scribbled_over_when_the_call_has_returned),
        TEST(a_profile_the_world_lacks_is_unresolved),
        TEST(what_is_late_within_the_slack_passes_and_beyond_it_is_unresolved),
        TEST(what_is_late_and_wrong_fails_whatever_the_slack),
        TEST(trouble_decides_whatever_the_lines_say),
        TEST(a_broken_protocol_is_a_rule_without_a_clause),
        TEST(the_seed_of_a_case_depends_on_its_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
