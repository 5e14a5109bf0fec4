/* SPDX-License-Identifier: MIT */
/* The design `activation`, on a core in which faults can be planted. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "reference/mutants.h"
#include "simulator/study/programs/programs.h"
#include "simulator/study/test_setup.h"

enum { ALL = 1000000, MILLISECOND = 1000000 };

static const uint64_t second = UINT64_C(1000000000);

static struct study_setup setup_of(uint64_t seed)
{
    struct study_setup setup = usual_setup(&study_activation, seed);
    setup.profile = "local";
    setup.knobs[STUDY_RESTART] = 300 * MILLISECOND;
    set_parameter(&setup, "timeout", 100 * second);
    set_parameter(&setup, "retries", 0);
    set_parameter(&setup, "failures", 0);
    return setup;
}

static uint64_t value(const struct study_result *result, enum study_metric metric)
{
    assert_true(result->has[metric]);
    return result->value[metric];
}

/* Everything is asked before the first worker is there, so no message that comes later tells. */
static uint64_t started_for_a_burst(void)
{
    struct study_setup setup = setup_of(1);
    setup.knobs[STUDY_WORKERS] = 4;
    setup.knobs[STUDY_EVERY] = 100 * MILLISECOND;
    setup.knobs[STUDY_LENGTH] = 250 * MILLISECOND;
    setup.knobs[STUDY_SERVICE] = 2 * second;
    const struct study_result result = run_setup(&setup);
    assert_true(result.requests > 8);
    return result.restarts;
}

static void what_waits_already_is_demand(void **state)
{
    (void)state;
    assert_int_equal(started_for_a_burst(), 4);
    uripc_mutant = URIPC_MUTANT_DEMAND_BY_EDGE;
    const uint64_t by_edge = started_for_a_burst();
    uripc_mutant = URIPC_MUTANT_NONE;
    assert_int_equal(by_edge, 1);
}

static void nobody_is_started_without_demand(void **state)
{
    (void)state;
    struct study_setup setup = setup_of(2);
    setup.knobs[STUDY_EVERY] = 1000000 * second;
    const struct study_result result = run_setup(&setup);
    assert_int_equal(result.requests, 0);
    assert_int_equal(result.restarts, 0);
    assert_int_equal(value(&result, STUDY_METRIC_RUNNING), 0);
}

static void the_first_request_waits_for_a_worker_and_those_after_it_do_not(void **state)
{
    (void)state;
    struct study_setup setup = setup_of(3);
    setup.knobs[STUDY_CLIENTS] = 1;
    setup.knobs[STUDY_LENGTH] = 600 * second;
    setup.knobs[STUDY_EVERY] = 2 * second;
    const struct study_result result = run_setup(&setup);
    assert_int_equal(value(&result, STUDY_METRIC_ANSWERED), ALL);
    assert_int_equal(result.restarts, 1); /* never idle for ten seconds */
    assert_in_range(value(&result, STUDY_METRIC_LATENCY_P99), 1000, 10000);
    setup.knobs[STUDY_EVERY] = 200 * second; /* and here always started anew */
    const struct study_result seldom = run_setup(&setup);
    assert_int_equal(seldom.restarts, seldom.requests);
    assert_in_range(value(&seldom, STUDY_METRIC_LATENCY), 300000, 320000);
}

/* Requests come as often as workers retire.  A crash is for the life in which it was drawn: these
 * here are so short that it never comes. */
static void retiring_loses_and_repeats_nothing(void **state)
{
    (void)state;
    struct study_setup setup = setup_of(4);
    setup.knobs[STUDY_CLIENTS] = 16;
    setup.knobs[STUDY_LENGTH] = 600 * second;
    setup.knobs[STUDY_RESTART] = MILLISECOND;
    setup.knobs[STUDY_CRASH_EVERY] = 1000 * second;
    set_parameter(&setup, "idle", MILLISECOND);
    const struct study_result result = run_setup(&setup);
    assert_true(result.requests > 10000 && result.restarts > 5000);
    assert_int_equal(result.crashes, 0);
    assert_int_equal(value(&result, STUDY_METRIC_ANSWERED), ALL);
    assert_int_equal(value(&result, STUDY_METRIC_DUPLICATES), 0);
    assert_true(value(&result, STUDY_METRIC_RUNNING) < ALL);
    uripc_mutant = URIPC_MUTANT_DIES_WITH_WORKER;
    const struct study_result losing = run_setup(&setup);
    uripc_mutant = URIPC_MUTANT_NONE;
    assert_true(value(&losing, STUDY_METRIC_ANSWERED) < ALL);
}

static void workers_that_are_kept_run_all_the_time(void **state)
{
    (void)state;
    struct study_setup setup = setup_of(5);
    setup.knobs[STUDY_LENGTH] = 600 * second;
    set_parameter(&setup, "keep", 2);
    set_parameter(&setup, "idle", 0);
    const struct study_result result = run_setup(&setup);
    assert_int_equal(result.restarts, 2);
    assert_in_range(value(&result, STUDY_METRIC_RUNNING), 1995000, 2000000);
}

static void patience_keeps_one_worker_from_becoming_many(void **state)
{
    (void)state;
    struct study_setup setup = setup_of(6);
    setup.knobs[STUDY_CLIENTS] = 16;
    setup.knobs[STUDY_SERVICE] = 2 * MILLISECOND;
    set_parameter(&setup, "patience", second);
    assert_int_equal(run_setup(&setup).restarts, 1);
    set_parameter(&setup, "patience", 0);
    assert_int_equal(run_setup(&setup).restarts, 2);
}

/* Requests that crashes take with them are asked again; those in the queue are not lost. */
static void a_crashed_worker_is_started_again(void **state)
{
    (void)state;
    struct study_setup setup = setup_of(7);
    setup.knobs[STUDY_CRASH_EVERY] = 5 * second;
    setup.knobs[STUDY_LENGTH] = 600 * second;
    set_parameter(&setup, "timeout", 5 * second);
    set_parameter(&setup, "retries", 2);
    for (uint64_t silent = 0; silent < 2; silent++) {
        setup.knobs[STUDY_SILENT] = silent;
        const struct study_result result = run_setup(&setup);
        assert_true(result.crashes > 100 && result.restarts >= result.crashes);
        assert_int_equal(value(&result, STUDY_METRIC_ANSWERED), ALL);
    }
}

static struct study_setup failing(uint64_t failures, uint64_t reset)
{
    struct study_setup setup = setup_of(8);
    setup.knobs[STUDY_CRASH_EVERY] = 10 * MILLISECOND;
    setup.knobs[STUDY_LENGTH] = 600 * second;
    set_parameter(&setup, "timeout", second);
    set_parameter(&setup, "failures", failures);
    set_parameter(&setup, "interval", 60 * second);
    set_parameter(&setup, "reset", reset);
    return setup;
}

static void workers_that_keep_failing_are_started_no_more(void **state)
{
    (void)state;
    struct study_setup setup = failing(0, 0);
    const struct study_result unprotected = run_setup(&setup);
    assert_true(unprotected.restarts > 1000);
    setup = failing(4, 0);
    const struct study_result result = run_setup(&setup);
    /* One more may have been ordered already; and none fails after the load's end. */
    assert_in_range(result.crashes, 4, 5);
    assert_true(result.restarts <= 5);
    /* And clients are refused at once. */
    assert_true(value(&result, STUDY_METRIC_GIVEN_UP) > ALL * 9 / 10);
    assert_true(value(&result, STUDY_METRIC_GIVING_UP) < 100000);
}

static void after_a_reset_starting_goes_on(void **state)
{
    (void)state;
    struct study_setup setup = failing(4, 100 * second);
    const struct study_result result = run_setup(&setup);
    assert_in_range(result.restarts, 20, 36); /* six times four, and at most one more each */
}

static void a_run_is_a_function_of_its_setup(void **state)
{
    (void)state;
    struct study_setup setup = failing(4, 10 * second);
    const uint64_t fingerprint = run_setup(&setup).fingerprint;
    assert_true(run_setup(&setup).fingerprint == fingerprint);
    setup.seed++;
    assert_true(run_setup(&setup).fingerprint != fingerprint);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_waits_already_is_demand),
        cmocka_unit_test(nobody_is_started_without_demand),
        cmocka_unit_test(the_first_request_waits_for_a_worker_and_those_after_it_do_not),
        cmocka_unit_test(retiring_loses_and_repeats_nothing),
        cmocka_unit_test(workers_that_are_kept_run_all_the_time),
        cmocka_unit_test(patience_keeps_one_worker_from_becoming_many),
        cmocka_unit_test(a_crashed_worker_is_started_again),
        cmocka_unit_test(workers_that_keep_failing_are_started_no_more),
        cmocka_unit_test(after_a_reset_starting_goes_on),
        cmocka_unit_test(a_run_is_a_function_of_its_setup),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
