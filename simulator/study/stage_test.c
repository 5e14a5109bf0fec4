/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "simulator/study/programs/programs.h"
#include "simulator/study/stage.h"
#include "simulator/study/test_setup.h"

static const uint64_t second = UINT64_C(1000000000);

static struct study_setup setup_of(uint64_t seed)
{
    return usual_setup(&study_stateless, seed);
}

static struct study_result run(const struct study_setup *setup)
{
    return run_setup(setup);
}

static void a_run_is_a_function_of_its_setup(void **state)
{
    (void)state;
    struct study_setup setup = setup_of(7);
    setup.knobs[STUDY_LOSS] = 50000;
    setup.knobs[STUDY_CRASH_EVERY] = 10 * second;
    const struct study_result first = run(&setup);
    const struct study_result second_time = run(&setup);
    assert_true(first.fingerprint == second_time.fingerprint);
    assert_memory_equal(first.value, second_time.value, sizeof first.value);
    setup.seed = 8;
    assert_true(run(&setup).fingerprint != first.fingerprint);
}

static void without_faults_everything_is_answered_once(void **state)
{
    (void)state;
    const struct study_setup setup = setup_of(1);
    const struct study_result result = run(&setup);
    assert_true(result.requests > 800 && result.requests < 1120); /* 8 clients, 60 s, 2 a second */
    assert_int_equal(result.value[STUDY_METRIC_ANSWERED], 1000000);
    assert_int_equal(result.value[STUDY_METRIC_ORPHANS], 0);
    assert_int_equal(result.value[STUDY_METRIC_LOST], 0);
    assert_int_equal(result.value[STUDY_METRIC_DUPLICATES], 0);
    assert_int_equal(result.value[STUDY_METRIC_FALSE_SUSPICIONS], 0);
    assert_false(result.has[STUDY_METRIC_DETECTION]);
    assert_int_equal(result.value[STUDY_METRIC_MESSAGES], 2000000); /* a request and its answer */
}

static void designs_get_the_same_load_and_the_same_crashes(void **state)
{
    (void)state;
    struct study_setup plain = setup_of(3);
    plain.knobs[STUDY_CRASH_EVERY] = 10 * second;
    struct study_setup pinging = plain;
    set_parameter(&pinging, "ping", second / 4);
    const struct study_result a = run(&plain);
    const struct study_result b = run(&pinging);
    assert_true(a.crashes > 0);
    assert_int_equal(a.crashes, b.crashes);
    assert_int_equal(a.requests, b.requests);
    assert_true(b.value[STUDY_METRIC_MESSAGES] > a.value[STUDY_METRIC_MESSAGES]);
}

static void pings_find_a_dead_worker_sooner(void **state)
{
    (void)state;
    struct study_setup plain = setup_of(5);
    plain.knobs[STUDY_CRASH_EVERY] = 10 * second;
    struct study_setup pinging = plain;
    set_parameter(&pinging, "ping", second / 10);
    set_parameter(&pinging, "silence", second / 2);
    const struct study_result a = run(&plain);
    const struct study_result b = run(&pinging);
    assert_true(a.has[STUDY_METRIC_DETECTION] && b.has[STUDY_METRIC_DETECTION]);
    assert_true(a.value[STUDY_METRIC_DETECTION] > b.value[STUDY_METRIC_DETECTION]);
    assert_true(a.has[STUDY_METRIC_RECOVERY] && b.has[STUDY_METRIC_RECOVERY]);
    assert_true(a.value[STUDY_METRIC_RECOVERY] > b.value[STUDY_METRIC_RECOVERY]);
    assert_true(b.value[STUDY_METRIC_RECOVERY] > b.value[STUDY_METRIC_DETECTION]);
    /* Silence counts from the last answer, which may be one ping and its way older. */
    assert_in_range(b.value[STUDY_METRIC_DETECTION], 390000, 510000);
}

/* A worker that remembers carries nothing out twice, whatever is lost. */
static void remembering_prevents_duplicates(void **state)
{
    (void)state;
    struct study_setup setup = setup_of(9);
    setup.knobs[STUDY_LOSS] = 200000;
    set_parameter(&setup, "ping", second / 4);
    set_parameter(&setup, "silence", 100 * second);
    assert_true(run(&setup).value[STUDY_METRIC_DUPLICATES] > 0);
    set_parameter(&setup, "remember", 64);
    assert_int_equal(run(&setup).value[STUDY_METRIC_DUPLICATES], 0);
}

/* With loss p and r retries a request is answered with probability 1 - (1 - (1 - p)^2)^(r + 1):
 * for p = 0.2 and r = 1 that is 1 - 0.36^2 = 0.8704, with some 15000 requests within 0.01. */
static void what_retries_gain_is_what_mathematics_says(void **state)
{
    (void)state;
    struct study_setup setup = setup_of(11);
    setup.knobs[STUDY_LOSS] = 200000;
    setup.knobs[STUDY_LENGTH] = 1000 * second;
    set_parameter(&setup, "retries", 1);
    assert_in_range(run(&setup).value[STUDY_METRIC_ANSWERED], 860400, 880400);
    set_parameter(&setup, "retries", 0); /* 0.64 */
    assert_in_range(run(&setup).value[STUDY_METRIC_ANSWERED], 630000, 650000);
}

/* Every knob does something: a disconnected one would leave the run as it was. */
static void every_knob_is_connected(void **state)
{
    (void)state;
    struct study_setup setup = setup_of(13);
    setup.knobs[STUDY_CRASH_EVERY] = 10 * second;
    setup.knobs[STUDY_PAUSE_EVERY] = 10 * second;
    setup.knobs[STUDY_RESOLVER_CRASH_EVERY] = 10 * second;
    setup.knobs[STUDY_RESOLVER_CUT_EVERY] = 10 * second;
    setup.resolver = SIM_RESOLVER_DAEMON;
    const uint64_t usual = run(&setup).fingerprint;
    for (size_t i = 0; i < STUDY_KNOBS; i++) {
        struct study_setup other = setup;
        other.knobs[i] = setup.knobs[i] == 0 ? 100000 : setup.knobs[i] / 2;
        assert_true(run(&other).fingerprint != usual);
    }
}

/* Who keeps the names is part of a design: load and faults are the same for all. */
static void a_daemon_can_be_lost_where_a_table_cannot(void **state)
{
    (void)state;
    struct study_setup setup = setup_of(21);
    setup.profile = "local";
    setup.knobs[STUDY_RESOLVER_CRASH_EVERY] = 10 * second;
    setup.knobs[STUDY_CRASH_EVERY] = 10 * second;
    struct study_result results[3];
    for (int kind = SIM_RESOLVER_TABLE; kind <= SIM_RESOLVER_RENDEZVOUS; kind++) {
        setup.resolver = (enum sim_resolver_kind)kind;
        results[kind] = run(&setup);
        assert_true(results[kind].has[STUDY_METRIC_STALE]);
        assert_true(results[kind].has[STUDY_METRIC_RESOLVER_RECOVERY]);
        assert_int_equal(results[kind].requests, results[0].requests);
        assert_int_equal(results[kind].crashes, results[0].crashes);
        assert_true(results[kind].value[STUDY_METRIC_STALE_P99] >=
                    results[kind].value[STUDY_METRIC_STALE]);
        assert_true(results[kind].value[STUDY_METRIC_LOOKUPS] > 1000000); /* each answer is one */
        assert_in_range(results[kind].value[STUDY_METRIC_LOOKUPS_FAILED], 1, 200000);
    }
    const struct study_result *table = &results[SIM_RESOLVER_TABLE];
    const struct study_result *daemon = &results[SIM_RESOLVER_DAEMON];
    const struct study_result *rendezvous = &results[SIM_RESOLVER_RENDEZVOUS];
    assert_int_equal(table->resolver_crashes + rendezvous->resolver_crashes, 0);
    assert_true(daemon->resolver_crashes > 0);
    assert_int_equal(table->value[STUDY_METRIC_STALE], 0);
    /* The end of a connection takes 50 to 500 us. */
    assert_in_range(rendezvous->value[STUDY_METRIC_STALE], 50, 500);
    assert_true(daemon->value[STUDY_METRIC_STALE] > rendezvous->value[STUDY_METRIC_STALE]);
    /* Every answer goes to a name of its own, so none comes before the grace is over. */
    assert_true(daemon->value[STUDY_METRIC_RESOLVER_RECOVERY] > 2000000);
    assert_true(table->value[STUDY_METRIC_RESOLVER_RECOVERY] < 1000000);
    assert_true(daemon->value[STUDY_METRIC_RESOLVER_MESSAGES] > 0);
    assert_int_equal(rendezvous->value[STUDY_METRIC_RESOLVER_MESSAGES], 0);
}

static struct study_setup sessions_of(uint64_t seed)
{
    return usual_setup(&study_session, seed);
}

static void sessions_lose_and_repeat_nothing_over_a_lossy_link(void **state)
{
    (void)state;
    struct study_setup setup = sessions_of(15);
    setup.knobs[STUDY_LOSS] = 100000;
    setup.knobs[STUDY_DUPLICATE] = 50000;
    set_parameter(&setup, "silence", 30 * second);
    const struct study_result result = run(&setup);
    assert_true(result.lost > 0 && result.duplicated > 0);
    assert_int_equal(result.value[STUDY_METRIC_ANSWERED], 1000000);
    assert_int_equal(result.value[STUDY_METRIC_DUPLICATES], 0);
}

/* A beat is due every second, and two more may pass; the crash comes at any time between two. */
static void heartbeats_find_a_worker_whose_power_failed(void **state)
{
    (void)state;
    struct study_setup setup = sessions_of(17);
    setup.knobs[STUDY_CRASH_EVERY] = 60 * second;
    setup.knobs[STUDY_RESTART] = 10 * second;
    setup.knobs[STUDY_LENGTH] = 600 * second;
    setup.knobs[STUDY_SILENT] = 1;
    set_parameter(&setup, "silence", 2 * second);
    const struct study_result result = run(&setup);
    assert_true(result.crashes > 10);
    assert_int_equal(result.value[STUDY_METRIC_NOTICED], 1000000);
    assert_in_range(result.value[STUDY_METRIC_DETECTION], 2300000, 2700000);
    assert_int_equal(result.value[STUDY_METRIC_FALSE_SUSPICIONS], 0);
    assert_int_equal(result.value[STUDY_METRIC_ANSWERED], 1000000);
    setup.knobs[STUDY_SILENT] = 0; /* the next beat to a dead process tells */
    assert_in_range(run(&setup).value[STUDY_METRIC_DETECTION], 100000, 700000);
}

/* Frames and bytes that reach nobody cost as much as others. */
static void what_goes_to_the_dead_is_counted(void **state)
{
    (void)state;
    struct study_setup setup = setup_of(19);
    setup.knobs[STUDY_WORKERS] = 1;
    setup.knobs[STUDY_CRASH_EVERY] = second;
    setup.knobs[STUDY_RESTART] = 1000 * second;
    set_parameter(&setup, "retries", 0);
    const struct study_result result = run(&setup);
    assert_in_range(result.value[STUDY_METRIC_MESSAGES], 1000000, 1200000);
    /* "ipc:/c0/" and the id, "ipc:/w0", a word, and the head of a frame */
    assert_in_range(result.value[STUDY_METRIC_BYTES], 60000000, 75000000);
    assert_true(result.value[STUDY_METRIC_LOST] > 900000);
}

/* A client that sets its alarm early, puts it off, takes it back and sets it again; what rings is
 * told as requests given up. */
struct alarms {
    uint64_t rings;
};

static void alarms_begin(void *block, const struct uripc_program_host *host)
{
    (void)block;
    host->alarm(host->self, second);
    host->alarm(host->self, 3 * second);
}

static void alarms_ring(void *block, const struct uripc_program_host *host)
{
    struct alarms *alarms = block;
    alarms->rings++;
    host->tell(host->self, URIPC_FACT_GAVE_UP, 1);
    if (alarms->rings == 1) {
        assert_true(host->now(host->self) == 3 * second);
        host->alarm(host->self, 4 * second);
        host->alarm(host->self, UINT64_MAX);
        host->alarm(host->self, 6 * second);
        host->alarm(host->self, 5 * second);
    } else {
        assert_true(host->now(host->self) == 5 * second);
    }
}

static void alarms_completed(void *block, const struct uripc_program_host *host,
                             const struct uripc_completion *completion)
{
    (void)block;
    (void)host;
    (void)completion;
}

static void alarms_ask(void *block, const struct uripc_program_host *host,
                       const struct uripc_ask *ask)
{
    (void)block;
    (void)host;
    (void)ask;
}

/* Where deaths are told at once, whoever has only dead workers must not go round in circles. */
static void clients_without_a_living_worker_wait(void **state)
{
    (void)state;
    struct study_setup stateless = setup_of(21);
    struct study_setup sessions = sessions_of(21);
    set_parameter(&stateless, "ping", second);
    struct study_setup *const setups[] = {&stateless, &sessions};
    for (size_t i = 0; i < 2; i++) {
        setups[i]->profile = "local";
        setups[i]->knobs[STUDY_CRASH_EVERY] = 5 * second;
        setups[i]->knobs[STUDY_RESTART] = 1000 * second;
        assert_in_range(run(setups[i]).value[STUDY_METRIC_ANSWERED], 0, 500000);
    }
}

/* A design that never lets time pass. */
static void restless_ring(void *block, const struct uripc_program_host *host)
{
    (void)block;
    host->alarm(host->self, host->now(host->self));
}

static void a_run_without_progress_is_broken_off(void **state)
{
    (void)state;
    static const struct uripc_program program = {.size = sizeof program,
                                                 .bytes = sizeof(struct alarms),
                                                 .begin = restless_ring,
                                                 .completed = alarms_completed,
                                                 .alarm = restless_ring,
                                                 .ask = alarms_ask};
    static const struct uripc_design design = {.size = sizeof design,
                                               .version = URIPC_DESIGN_VERSION,
                                               .name = "restless",
                                               .client = &program,
                                               .worker = &program};
    struct study_setup setup = setup_of(1);
    struct study_result result;
    setup.design = &design;
    assert_false(study_stage_run(&setup, &result));
}

static void an_alarm_rings_once_when_it_was_last_set(void **state)
{
    (void)state;
    static const struct uripc_program program = {.size = sizeof program,
                                                 .bytes = sizeof(struct alarms),
                                                 .begin = alarms_begin,
                                                 .completed = alarms_completed,
                                                 .alarm = alarms_ring,
                                                 .ask = alarms_ask};
    static const struct uripc_design design = {.size = sizeof design,
                                               .version = URIPC_DESIGN_VERSION,
                                               .name = "alarms",
                                               .client = &program,
                                               .worker = &program};
    struct study_setup setup = setup_of(1);
    setup.design = &design;
    setup.knobs[STUDY_CLIENTS] = setup.knobs[STUDY_WORKERS] = 1;
    setup.knobs[STUDY_EVERY] = second / 10;
    const struct study_result result = run(&setup);
    /* Two rings of each. */
    assert_int_equal(result.value[STUDY_METRIC_GIVEN_UP], 4000000 / result.requests);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_run_is_a_function_of_its_setup),
        cmocka_unit_test(without_faults_everything_is_answered_once),
        cmocka_unit_test(designs_get_the_same_load_and_the_same_crashes),
        cmocka_unit_test(pings_find_a_dead_worker_sooner),
        cmocka_unit_test(remembering_prevents_duplicates),
        cmocka_unit_test(what_retries_gain_is_what_mathematics_says),
        cmocka_unit_test(every_knob_is_connected),
        cmocka_unit_test(a_daemon_can_be_lost_where_a_table_cannot),
        cmocka_unit_test(sessions_lose_and_repeat_nothing_over_a_lossy_link),
        cmocka_unit_test(heartbeats_find_a_worker_whose_power_failed),
        cmocka_unit_test(what_goes_to_the_dead_is_counted),
        cmocka_unit_test(clients_without_a_living_worker_wait),
        cmocka_unit_test(a_run_without_progress_is_broken_off),
        cmocka_unit_test(an_alarm_rings_once_when_it_was_last_set),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
