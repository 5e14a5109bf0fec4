/* SPDX-License-Identifier: MIT */
/* Plans draw faults of every family, each with keys of its own; what they draw happens, and ends.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "fake_node.h"
#include "fault.h"

enum { MS = 1000000 };

static const struct sim_fault_plan everything = {
    .budget = {4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4},
    .until = 20 * MS,
    .lasting = 5 * MS,
    .slowest = MS / 10,
    .offset = 10 * MS,
    .drift = 100000,
    .crash_events = 20,
    .delay = MS,
    .size = 32,
};

static struct sim_world *planned(uint64_t seed, const struct sim_fault_plan *plan)
{
    struct sim_config config = {.size = sizeof config,
                                .seed = seed,
                                .backend = &fake_backend,
                                .resolver = sim_resolver_usual((enum sim_resolver_kind)(seed % 3)),
                                .processes = 3};
    if (config.resolver.kind == SIM_RESOLVER_DAEMON)
        config.resolver.grace = config.resolver.silence = config.resolver.retry = MS;
    struct sim_world *world = sim_create(&config);
    sim_plan(world, plan);
    for (uint32_t i = 0; i < 3; i++)
        (void)sim_start(world, 1000 + i);
    return world;
}

/* Messages all the time, and an end without faults. */
static void keep_busy(struct sim_world *world)
{
    for (uint64_t at = 0; at < everything.until; at += MS / 10) {
        (void)sim_advance(world, at);
        for (uint32_t i = 0; i < 9; i++) {
            if (sim_alive(world, i / 3) && sim_alive(world, i % 3))
                (void)fake_send_bytes(world, i / 3, i % 3, at, (uint32_t)(at / MS), true);
        }
        if (at % MS == 0 && sim_alive(world, 0))
            fake_claim(world, 0, 1, "ipc:/a", URIPC_EXCLUSIVE);
    }
    sim_calm(world);
    fake_settle(world);
}

static void every_planned_family_bites(void **state)
{
    (void)state;
    uint64_t of[SIM_FAMILIES] = {0};
    for (uint64_t seed = 0; seed < 30; seed++) {
        struct sim_world *world = planned(seed, &everything);
        keep_busy(world);
        uint64_t seen[SIM_FAMILIES];
        sim_faults_fired(sim_counters(world), seen);
        for (unsigned i = 0; i < SIM_FAMILIES; i++)
            of[i] += seen[i];
        sim_destroy(world);
    }
    for (unsigned i = 0; i < SIM_FAMILIES; i++) {
        if (of[i] == 0)
            fail_msg("%s never happened", sim_family_names[i]);
    }
}

static void the_same_seed_is_the_same_run(void **state)
{
    (void)state;
    struct sim_world *one = planned(5, &everything);
    struct sim_world *two = planned(5, &everything);
    struct sim_world *other = planned(6, &everything);
    keep_busy(one);
    keep_busy(two);
    keep_busy(other);
    assert_int_equal(sim_fingerprint(one), sim_fingerprint(two));
    assert_memory_equal(sim_counters(one), sim_counters(two), sizeof(struct sim_counters));
    assert_int_not_equal(sim_fingerprint(one), sim_fingerprint(other));
    sim_destroy(one);
    sim_destroy(two);
    sim_destroy(other);
}

static bool has(const struct sim_world *world, const struct sim_fault *fault)
{
    for (uint32_t i = 0; i < sim_fault_count(world); i++) {
        if (memcmp(sim_fault_at(world, i), fault, sizeof *fault) == 0)
            return true;
    }
    return false;
}

/* Whatever else is on: a fault is drawn as it would be alone. */
static void no_family_shifts_another(void **state)
{
    (void)state;
    struct sim_world *all = planned(9, &everything);
    for (unsigned family = 0; family < SIM_FAMILIES; family++) {
        struct sim_fault_plan plan = everything;
        memset(plan.budget, 0, sizeof plan.budget);
        plan.budget[family] = 3;
        struct sim_world *world = planned(9, &plan);
        for (uint32_t i = 0; i < sim_fault_count(world); i++) {
            assert_int_equal(sim_fault_at(world, i)->family, family);
            assert_true(has(all, sim_fault_at(world, i)));
        }
        sim_destroy(world);
    }
    sim_destroy(all);
    const struct sim_fault_plan none = {.until = MS};
    struct sim_world *world = planned(9, &none);
    assert_int_equal(sim_fault_count(world), 0);
    assert_int_equal(sim_counters(world)->choices, 0);
    sim_destroy(world);
}

static void calm_ends_what_goes_on_and_forgets_what_would_come(void **state)
{
    (void)state;
    for (uint64_t seed = 0; seed < 10; seed++) {
        struct sim_world *world = planned(seed, &everything);
        (void)sim_advance(world, everything.until / 2);
        sim_calm(world);
        (void)sim_advance(world, everything.until / 2 + everything.lasting);
        const struct sim_counters before = *sim_counters(world);
        for (uint32_t i = 0; i < 9; i++) {
            if (sim_alive(world, i / 3) && sim_alive(world, i % 3))
                (void)fake_send_bytes(world, i / 3, i % 3, 1, 4000, true);
        }
        (void)sim_advance(world, everything.until + 2 * everything.lasting);
        const struct sim_counters *after = sim_counters(world);
        assert_int_equal(after->delivered - before.delivered, after->carried - before.carried);
        assert_int_equal(after->crashes, before.crashes);
        assert_int_equal(after->pauses, before.pauses);
        assert_int_equal(after->slow, before.slow);
        assert_int_equal(after->clocks, before.clocks);
        assert_int_equal(after->cuts, before.cuts);
        assert_int_equal(after->resolver_crashes, before.resolver_crashes);
        assert_int_equal(after->resolver_pauses, before.resolver_pauses);
        assert_int_equal(after->resolver_cuts, before.resolver_cuts);
        assert_int_equal(after->lock_stops, before.lock_stops);
        assert_int_equal(after->oversize + after->blocked, before.oversize + before.blocked);
        assert_int_equal(sim_next_time(world), SIM_NEVER);
        sim_destroy(world);
    }
}

struct printed {
    unsigned plans, slows, clocks;
};

static void on_trace(void *user, const struct sim_event_record *record)
{
    struct printed *printed = user;
    printed->plans += record->kind == SIM_TRACE_PLAN;
    printed->slows += record->kind == SIM_TRACE_SLOW;
    printed->clocks += record->kind == SIM_TRACE_CLOCK;
    if (record->kind >= SIM_TRACE_PLAN)
        assert_non_null(record->fault);
}

static void what_is_drawn_is_traced(void **state)
{
    (void)state;
    struct printed printed = {.plans = 0};
    const struct sim_config config = {.size = sizeof config,
                                      .backend = &fake_backend,
                                      .processes = 3,
                                      .trace = on_trace,
                                      .user = &printed};
    struct sim_world *world = sim_create(&config);
    sim_plan(world, &everything);
    for (uint32_t i = 0; i < 3; i++)
        (void)sim_start(world, i);
    assert_int_equal(printed.plans, sim_fault_count(world));
    (void)sim_advance(world, everything.until);
    assert_true(printed.slows > 0 && printed.clocks > 0);
    char text[200];
    static const struct sim_fault cut = {
        .family = SIM_FAULT_LOSS, .process = 1, .peer = 2, .at = 3, .lasting = 4, .value = 5};
    const int length = sim_fault_text(&cut, text, sizeof text);
    assert_string_equal(text, "loss from process 1 to 2 at 3 ns: 5, for 4 ns");
    assert_int_equal(length, strlen(text));
    assert_int_equal(sim_fault_text(&cut, text, 7), length);
    assert_string_equal(text, "loss f");
    sim_destroy(world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_planned_family_bites),
        cmocka_unit_test(the_same_seed_is_the_same_run),
        cmocka_unit_test(no_family_shifts_another),
        cmocka_unit_test(calm_ends_what_goes_on_and_forgets_what_would_come),
        cmocka_unit_test(what_is_drawn_is_traced),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
