/* SPDX-License-Identifier: MIT */
/* Every fault that lasts for a time has a measurement that says whether it begins, does what it
 * should and ends; and each must notice when one of these three is disconnected. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "fake_node.h"
#include "knobs.h"

enum { MS = 1000000 };

static void ask_alarm(struct sim_world *world, uint32_t process, uint64_t at)
{
    const struct fake_node *node = fake_at(world, process);
    sim_enter(world, process);
    node->host->wake_at(node->self, at);
}

static struct sim_world *world_of(enum sim_resolver_kind kind, uint32_t processes)
{
    const struct sim_config config = {.size = sizeof config,
                                      .seed = 31,
                                      .backend = &fake_backend,
                                      .resolver = sim_resolver_usual(kind),
                                      .processes = processes};
    struct sim_world *world = sim_create(&config);
    for (uint32_t i = 0; i < processes; i++)
        (void)sim_start(world, 1000 + i);
    return world;
}

static enum sim_resolver_kind kind_for(enum sim_family family)
{
    if (family == SIM_FAULT_LOCK)
        return SIM_RESOLVER_RENDEZVOUS;
    return family > SIM_FAULT_CAPACITY ? SIM_RESOLVER_DAEMON : SIM_RESOLVER_TABLE;
}

/* From 1 ms to 3 ms, of process 1 or the resolver; a link's leads from 0 to it. */
static struct sim_world *troubled(enum sim_family family, uint64_t value)
{
    struct sim_world *world = world_of(kind_for(family), 2);
    const bool daemon = family == SIM_FAULT_RESOLVER_CRASH || family == SIM_FAULT_RESOLVER_PAUSE;
    const struct sim_fault fault = {.family = family,
                                    .process = daemon ? SIM_RESOLVER : !sim_is_of_link(family),
                                    .peer = 1,
                                    .offset = 5 * MS,
                                    .drift = 100000,
                                    .at = MS,
                                    .lasting = 2 * MS,
                                    .value = value};
    sim_fault(world, &fault);
    return world;
}

/* How many of 64 messages sent to process 1 at a time have arrived 1 ms later. */
static uint32_t arrived(struct sim_world *world, uint64_t at)
{
    (void)sim_advance(world, at);
    const uint32_t before = fake_at(world, 1)->frames;
    for (uint64_t i = 0; i < 64; i++)
        (void)fake_send(world, 0, 1, i);
    (void)sim_advance(world, at + MS);
    return fake_at(world, 1)->frames - before;
}

static bool crash_works(void)
{
    struct sim_world *world = troubled(SIM_FAULT_CRASH, 0);
    const bool before = sim_advance(world, MS - 1) == SIM_IDLE && sim_alive(world, 1);
    const bool dead = sim_advance(world, MS) == SIM_IDLE && !sim_alive(world, 1);
    (void)sim_advance(world, 3 * MS - 1);
    const bool still = !sim_alive(world, 1);
    (void)sim_advance(world, 3 * MS);
    const bool back = sim_alive(world, 1) && sim_counters(world)->restarts == 1;
    sim_destroy(world);
    return before && dead && still && back;
}

static bool pause_works(void)
{
    struct sim_world *world = troubled(SIM_FAULT_PAUSE, 0);
    const bool none = arrived(world, MS) == 0 && sim_paused(world, 1);
    const bool all = arrived(world, 3 * MS) == 64 && fake_at(world, 1)->frames == 128;
    sim_destroy(world);
    return none && all;
}

/* Of a slow process everything comes one after the other, in order, its alarm included. */
static bool slow_works(void)
{
    struct sim_world *world = troubled(SIM_FAULT_SLOW, 100000);
    (void)sim_advance(world, MS);
    for (uint64_t i = 0; i < 3; i++)
        (void)fake_send(world, 0, 1, i);
    ask_alarm(world, 1, MS + 50000);
    (void)fake_send(world, 0, 1, 3);
    (void)sim_advance(world, 2 * MS);
    const struct fake_node *node = fake_at(world, 1);
    bool works = node->count == 5 && sim_counters(world)->slow == 6;
    /* The test's own turn took the first 0.1 ms. */
    for (uint32_t i = 0; i < 5 && works; i++)
        works = node->seen[i].time == MS + (i + 1) * 100000;
    works = works && node->seen[3].message_id == 3 && node->seen[4].upcall == FAKE_WAKE;
    const bool quick = arrived(world, 3 * MS) == 64;
    sim_destroy(world);
    return works && quick;
}

static bool clock_works(void)
{
    struct sim_world *world = troubled(SIM_FAULT_CLOCK, 0);
    (void)sim_advance(world, MS - 1);
    bool works = sim_clock_now(world, 1) == MS - 1;
    (void)sim_advance(world, MS);
    works = works && sim_clock_now(world, 1) == 6 * MS && sim_clock_now(world, 0) == MS;
    ask_alarm(world, 1, 6 * MS + 1100000);
    (void)sim_advance(world, 2 * MS);
    const struct fake_node *node = fake_at(world, 1);
    works = works && node->count == 1 && node->seen[0].time == 6 * MS + 1100000 &&
            sim_clock_now(world, 1) == 7 * MS + 100000;
    (void)sim_advance(world, 5 * MS);
    works = works && sim_clock_now(world, 1) == 10 * MS + 200000;
    sim_destroy(world);
    return works;
}

static bool quota_works(void)
{
    struct sim_world *world = troubled(SIM_FAULT_QUOTA, 4 + 1); /* half of its operations */
    const struct uripc_limits usual = fake_at(world, 1)->limits;
    (void)sim_advance(world, 2 * MS);
    sim_restart(world, 1);
    const bool less = fake_at(world, 1)->limits.operations == usual.operations / 2 &&
                      fake_at(world, 1)->limits.pool_bytes == usual.pool_bytes &&
                      sim_counters(world)->quotas == 1;
    (void)sim_advance(world, 3 * MS);
    sim_restart(world, 1);
    const bool again = fake_at(world, 1)->limits.operations == usual.operations;
    sim_destroy(world);
    return less && again;
}

static bool cut_works(void)
{
    struct sim_world *world = troubled(SIM_FAULT_CUT, 0);
    bool works = arrived(world, 0) == 64;
    works = works && arrived(world, MS) == 0 && arrived(world, 3 * MS) == 64;
    sim_destroy(world);
    return works;
}

static bool loss_works(void)
{
    struct sim_world *world = troubled(SIM_FAULT_LOSS, 500);
    const uint32_t some = arrived(world, MS);
    const bool works = some > 16 && some < 48 && arrived(world, 3 * MS) == 64;
    sim_destroy(world);
    return works;
}

static bool duplicate_works(void)
{
    struct sim_world *world = troubled(SIM_FAULT_DUPLICATE, 500);
    const uint32_t more = arrived(world, MS);
    const bool works = more > 80 && more < 112 && arrived(world, 3 * MS) == 64;
    sim_destroy(world);
    return works;
}

static bool reorder_works(void)
{
    struct sim_world *world = troubled(SIM_FAULT_REORDER, MS / 2);
    bool works = arrived(world, MS) == 64;
    const uint64_t mixed = sim_counters(world)->reordered;
    works = works && mixed > 0 && arrived(world, 3 * MS) == 64;
    works = works && sim_counters(world)->reordered == mixed;
    sim_destroy(world);
    return works;
}

static bool size_works(void)
{
    struct sim_world *world = troubled(SIM_FAULT_SIZE, 7);
    const bool works = arrived(world, MS) == 0 && arrived(world, 3 * MS) == 64;
    sim_destroy(world);
    return works;
}

static bool capacity_works(void)
{
    struct sim_world *world = troubled(SIM_FAULT_CAPACITY, 2);
    const bool works = arrived(world, MS) == 2 && arrived(world, 3 * MS) == 64;
    sim_destroy(world);
    return works;
}

static bool resolver_crash_works(void)
{
    struct sim_world *world = troubled(SIM_FAULT_RESOLVER_CRASH, 0);
    const struct sim_counters *c = sim_counters(world);
    bool works = sim_advance(world, MS - 1) == SIM_IDLE && c->resolver_crashes == 0;
    works = works && sim_advance(world, MS) == SIM_IDLE && c->resolver_crashes == 1;
    works = works && sim_advance(world, 3 * MS - 1) == SIM_IDLE && c->resolver_restarts == 0;
    works = works && sim_advance(world, 3 * MS) == SIM_IDLE && c->resolver_restarts == 1;
    works = works && c->crashes + c->restarts == 0;
    sim_destroy(world);
    return works;
}

/* When a claim of process 1 that was asked for at 2 ms is answered. */
static uint64_t claimed_at(struct sim_world *world)
{
    (void)sim_advance(world, 2 * MS);
    fake_claim(world, 1, 1, "ipc:/a", URIPC_EXCLUSIVE);
    fake_settle(world);
    const struct fake_node *node = fake_at(world, 1);
    const bool claimed = node->count == 1 && node->seen[0].upcall == FAKE_CLAIMED;
    return claimed ? node->seen[0].time : SIM_NEVER;
}

static bool resolver_pause_works(void)
{
    struct sim_world *world = troubled(SIM_FAULT_RESOLVER_PAUSE, 0);
    const bool works =
        claimed_at(world) == 3 * MS + 10000 && sim_counters(world)->resolver_pauses == 1;
    sim_destroy(world);
    return works;
}

static bool resolver_cut_works(void)
{
    struct sim_world *world = troubled(SIM_FAULT_RESOLVER_CUT, 0);
    const bool works =
        claimed_at(world) == 3 * MS + 20000 && sim_counters(world)->resolver_cuts == 1;
    sim_destroy(world);
    return works;
}

/* Who stops with the lock changes nothing until it goes on. */
static bool lock_works(void)
{
    struct sim_world *world = troubled(SIM_FAULT_LOCK, 0);
    const bool works = claimed_at(world) == 4 * MS && sim_counters(world)->lock_stops == 1 &&
                       sim_counters(world)->pauses == 1;
    sim_destroy(world);
    return works;
}

static bool (*const works[SIM_FAMILIES])(void) = {
    [SIM_FAULT_CRASH] = crash_works,
    [SIM_FAULT_PAUSE] = pause_works,
    [SIM_FAULT_SLOW] = slow_works,
    [SIM_FAULT_CLOCK] = clock_works,
    [SIM_FAULT_QUOTA] = quota_works,
    [SIM_FAULT_CUT] = cut_works,
    [SIM_FAULT_LOSS] = loss_works,
    [SIM_FAULT_DUPLICATE] = duplicate_works,
    [SIM_FAULT_REORDER] = reorder_works,
    [SIM_FAULT_SIZE] = size_works,
    [SIM_FAULT_CAPACITY] = capacity_works,
    [SIM_FAULT_RESOLVER_CRASH] = resolver_crash_works,
    [SIM_FAULT_RESOLVER_PAUSE] = resolver_pause_works,
    [SIM_FAULT_RESOLVER_CUT] = resolver_cut_works,
    [SIM_FAULT_LOCK] = lock_works,
};

static void every_family_works(void **state)
{
    (void)state;
    for (unsigned i = 0; i < SIM_FAMILIES; i++) {
        if (!works[i]())
            fail_msg("%s does not work", sim_family_names[i]);
    }
}

static void notices(int knob, unsigned family)
{
    sim_disconnected = knob;
    const bool right = works[family]();
    sim_disconnected = SIM_KNOB_NONE;
    if (right)
        fail_msg("%s: knob %d is disconnected and nobody notices", sim_family_names[family], knob);
}

static void whatever_is_disconnected_is_noticed(void **state)
{
    (void)state;
    for (unsigned i = 0; i < SIM_FAMILIES; i++) {
        notices(SIM_KNOB_BEGIN + (int)i, i);
        notices(SIM_KNOB_END + (int)i, i);
    }
    notices(SIM_KNOB_OFFSET, SIM_FAULT_CLOCK);
    notices(SIM_KNOB_DRIFT, SIM_FAULT_CLOCK);
    notices(SIM_KNOB_SLOW, SIM_FAULT_SLOW);
}

/* Clocks. */

static void a_clock_never_goes_back(void **state)
{
    (void)state;
    struct sim_world *world = fake_world(32, 1, NULL);
    (void)sim_advance(world, 10 * MS);
    ask_alarm(world, 0, 12 * MS);
    sim_clock(world, 0, -3 * MS, -500000);
    assert_int_equal(sim_clock_now(world, 0), 10 * MS);
    (void)sim_advance(world, 13 * MS);
    assert_int_equal(sim_clock_now(world, 0), 10 * MS);
    (void)sim_advance(world, 17 * MS - 2);
    assert_int_equal(fake_at(world, 0)->count, 0);
    (void)sim_advance(world, 17 * MS - 1); /* what it has lost is rounded down */
    assert_int_equal(fake_at(world, 0)->count, 1);
    assert_int_equal(fake_at(world, 0)->seen[0].time, 12 * MS);
    sim_clock(world, 0, 0, 0);
    assert_int_equal(sim_next_time(world), SIM_NEVER); /* what has rung does not ring again */
    sim_destroy(world);
}

static void an_alarm_rings_as_soon_as_its_clock_shows_it(void **state)
{
    (void)state;
    static const int32_t drifts[] = {-500000, -499999, -100, -1, 0, 1, 7, 100, 333333, 500000};
    for (unsigned i = 0; i < sizeof drifts / sizeof drifts[0]; i++) {
        for (uint64_t wanted = 1; wanted < 3000000; wanted = wanted * 3 + i) {
            struct sim_world *world = fake_world(33, 1, NULL);
            (void)sim_advance(world, 77);
            sim_clock(world, 0, 5, drifts[i]);
            ask_alarm(world, 0, 82 + wanted);
            const uint64_t due = sim_next_time(world);
            (void)sim_advance(world, due - 1);
            assert_true(sim_clock_now(world, 0) < 82 + wanted);
            (void)sim_advance(world, due);
            assert_true(sim_clock_now(world, 0) >= 82 + wanted);
            assert_int_equal(fake_at(world, 0)->count, 1);
            sim_destroy(world);
        }
    }
}

static void an_alarm_in_an_age_never_rings(void **state)
{
    (void)state;
    struct sim_world *world = fake_world(34, 1, NULL);
    sim_clock(world, 0, 1, -500000);
    ask_alarm(world, 0, UINT64_MAX - 1);
    assert_int_equal(sim_next_time(world), SIM_NEVER);
    sim_destroy(world);
}

static void a_clock_is_the_machines_and_outlives_the_process(void **state)
{
    (void)state;
    struct sim_world *world = fake_world(35, 1, NULL);
    sim_clock(world, 0, 4 * MS, 0);
    ask_alarm(world, 0, 9 * MS);
    sim_restart(world, 0);
    assert_int_equal(fake_at(world, 0)->now, 4 * MS);
    sim_clock(world, 0, 5 * MS, 0);
    assert_int_equal(sim_next_time(world), SIM_NEVER);
    sim_destroy(world);
}

/* Slowness. */

static void the_slow_lose_what_waits_only_with_their_life(void **state)
{
    (void)state;
    struct sim_world *world = fake_world(36, 2, NULL);
    sim_slow(world, 1, MS);
    for (uint64_t i = 0; i < 4; i++)
        (void)fake_send(world, 0, 1, i);
    (void)sim_advance(world, 2 * MS);
    assert_int_equal(fake_at(world, 1)->frames, 2);
    sim_pause(world, 1);
    (void)sim_advance(world, 5 * MS);
    assert_int_equal(fake_at(world, 1)->frames, 2);
    sim_resume(world, 1);
    (void)sim_advance(world, 5 * MS);
    assert_int_equal(fake_at(world, 1)->frames, 3);
    sim_restart(world, 1);
    (void)fake_send(world, 0, 1, 4);
    const uint64_t due = sim_now(world) + sim_link_dull.delay_min;
    fake_settle(world);
    assert_int_equal(fake_at(world, 1)->frames, 1);
    assert_int_equal(sim_counters(world)->dead, 1);
    assert_int_equal(sim_counters(world)->delivered, 4);
    assert_int_equal(fake_at(world, 1)->seen[0].time, due); /* and what was lost took no time */
    sim_destroy(world);
}

static void a_turn_from_outside_takes_its_time_too(void **state)
{
    (void)state;
    struct sim_world *world = fake_world(39, 2, NULL);
    sim_slow(world, 1, MS);
    (void)fake_send(world, 0, 1, 1);
    (void)fake_send(world, 0, 1, 2);
    (void)sim_advance(world, MS / 2);
    sim_enter(world, 1);
    fake_settle(world);
    assert_int_equal(fake_at(world, 1)->seen[1].time, 2 * MS + sim_link_dull.delay_min);
    sim_destroy(world);
}

static void the_quick_again_catch_up(void **state)
{
    (void)state;
    struct sim_world *world = fake_world(37, 2, NULL);
    sim_slow(world, 1, MS);
    for (uint64_t i = 0; i < 4; i++)
        (void)fake_send(world, 0, 1, i);
    (void)sim_advance(world, MS / 2);
    sim_slow(world, 1, 0);
    (void)sim_advance(world, 2 * MS);
    assert_int_equal(fake_at(world, 1)->frames, 4);
    for (uint32_t i = 0; i < 4; i++)
        assert_int_equal(fake_at(world, 1)->seen[i].message_id, i);
    assert_int_equal(fake_at(world, 1)->seen[3].time, MS + sim_link_dull.delay_min);
    sim_destroy(world);
}

/* Crashes. */

struct lives {
    unsigned ended, begun;
};

static void on_lived(void *user, struct sim_world *world, uint32_t process, bool alive)
{
    struct lives *lives = user;
    assert_int_equal(process, 1);
    assert_int_equal(sim_alive(world, process), alive);
    lives->ended += !alive;
    lives->begun += alive;
}

static void a_process_crashes_at_any_event(void **state)
{
    (void)state;
    for (uint64_t n = 1; n <= 5; n++) {
        struct lives lives = {.ended = 0};
        const struct sim_config config = {.size = sizeof config,
                                          .backend = &fake_backend,
                                          .processes = 2,
                                          .lived = on_lived,
                                          .user = &lives};
        struct sim_world *world = sim_create(&config);
        (void)sim_start(world, 1);
        (void)sim_start(world, 2);
        sim_crash_after(world, 1, n, MS);
        for (uint64_t i = 0; i < 5; i++)
            (void)fake_send(world, 0, 1, i);
        (void)sim_advance(world, MS);
        assert_int_equal(sim_counters(world)->delivered, n);
        assert_int_equal(lives.ended, 1);
        assert_int_equal(lives.begun, 0);
        fake_settle(world);
        assert_int_equal(lives.begun, 1);
        assert_int_equal(sim_counters(world)->crashes, 1);
        sim_destroy(world);
    }
}

static void nonsense_does_nothing(void **state)
{
    (void)state;
    struct sim_world *world = fake_world(38, 2, NULL);
    for (unsigned family = 0; family < SIM_FAMILIES; family++) {
        sim_fault(world, &(struct sim_fault){.family = family, .process = 7, .peer = 0});
        if (sim_is_of_link((enum sim_family)family)) {
            sim_fault(world, &(struct sim_fault){.family = family, .process = 1, .peer = 1});
            sim_fault(world, &(struct sim_fault){.family = family, .process = 1, .peer = 9});
        }
    }
    sim_clock(world, 9, 1, 1);
    sim_slow(world, 9, 1);
    sim_crash_after(world, 9, 1, 1);
    sim_quota(world, 99, NULL);
    assert_int_equal(sim_clock_now(world, 9), 0);
    fake_settle(world);
    assert_int_equal(sim_counters(world)->crashes, 0);
    sim_destroy(world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_family_works),
        cmocka_unit_test(whatever_is_disconnected_is_noticed),
        cmocka_unit_test(a_clock_never_goes_back),
        cmocka_unit_test(an_alarm_rings_as_soon_as_its_clock_shows_it),
        cmocka_unit_test(an_alarm_in_an_age_never_rings),
        cmocka_unit_test(a_clock_is_the_machines_and_outlives_the_process),
        cmocka_unit_test(the_slow_lose_what_waits_only_with_their_life),
        cmocka_unit_test(a_turn_from_outside_takes_its_time_too),
        cmocka_unit_test(the_quick_again_catch_up),
        cmocka_unit_test(a_process_crashes_at_any_event),
        cmocka_unit_test(nonsense_does_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
