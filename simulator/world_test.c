/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "fake_node.h"

enum { PROCESSES = 5 };

static const struct sim_link_faults rough = {.delay_min = 10,
                                             .delay_max = 900,
                                             .loss_num = 1,
                                             .loss_den = 10,
                                             .duplicate_num = 1,
                                             .duplicate_den = 10,
                                             .reorder = true};

/* A little of everything. */
static uint64_t play(struct sim_world *world)
{
    while (sim_processes(world) < PROCESSES)
        (void)sim_start(world, 9);
    fake_claim(world, 0, 1, "ipc:/a", URIPC_EXCLUSIVE);
    fake_lookup(world, 1, 1, "ipc:/a/b");
    for (uint32_t i = 0; i < 200; i++) {
        const uint32_t from = sim_choose(world, SIM_KIND_USER, 0, PROCESSES);
        const uint32_t to = sim_choose(world, SIM_KIND_USER, 1, PROCESSES);
        (void)fake_send(world, from, to, i);
        (void)sim_step(world);
    }
    sim_crash(world, 0);
    sim_restart(world, 0);
    sim_pause(world, 2);
    (void)sim_advance(world, sim_now(world) + 300);
    sim_resume(world, 2);
    fake_settle(world);
    return sim_fingerprint(world);
}

static void one_seed_gives_one_fingerprint(void **state)
{
    (void)state;
    struct sim_world *one = fake_world(1, PROCESSES, &rough);
    struct sim_world *two = fake_world(1, PROCESSES, &rough);
    struct sim_world *other = fake_world(2, PROCESSES, &rough);
    const uint64_t fingerprint = play(one);
    assert_int_equal(play(two), fingerprint);
    assert_int_not_equal(play(other), fingerprint);
    sim_destroy(one);
    sim_destroy(two);
    sim_destroy(other);
}

static struct sim_config config_of(uint64_t seed, uint32_t processes)
{
    return (struct sim_config){.size = sizeof(struct sim_config),
                               .seed = seed,
                               .backend = &fake_backend,
                               .link = &rough,
                               .processes = processes};
}

static void a_reset_world_is_like_a_new_one(void **state)
{
    (void)state;
    struct sim_config config = config_of(1, PROCESSES);
    struct sim_world *world = sim_create(&config);
    const uint64_t fingerprint = play(world);
    const struct sim_counters counters = *sim_counters(world);
    struct sim_config small = config_of(3, 1);
    assert_true(sim_reset(world, &small));
    assert_int_equal(sim_start(world, 1), 0);
    assert_int_equal(sim_start(world, 1), SIM_NOBODY);
    struct sim_config large = config_of(3, 200);
    assert_true(sim_reset(world, &large));
    for (uint32_t i = 0; i < 200; i++)
        assert_int_equal(sim_start(world, 1), i);
    assert_true(sim_reset(world, &config));
    assert_int_equal(sim_now(world), 0);
    assert_int_equal(sim_next_time(world), SIM_NEVER);
    assert_int_equal(play(world), fingerprint);
    assert_memory_equal(sim_counters(world), &counters, sizeof counters);
    sim_destroy(world);
}

static void nonsense_is_no_world(void **state)
{
    (void)state;
    struct sim_config config = config_of(1, 1);
    config.size = 0;
    assert_null(sim_create(&config));
    config = config_of(1, 1);
    config.limits = (struct uripc_limits){.size = sizeof config.limits};
    assert_null(sim_create(&config));
}

/* The fingerprint knows a run by what happens in it, not by its seed. */
static void without_choices_the_seed_is_not_in_the_fingerprint(void **state)
{
    (void)state;
    struct sim_world *one = fake_world(1, 2, NULL);
    struct sim_world *two = fake_world(2, 2, NULL);
    for (uint32_t i = 0; i < 2; i++) {
        struct sim_world *world = i == 0 ? one : two;
        fake_claim(world, 0, 1, "ipc:/a", URIPC_EXCLUSIVE);
        fake_settle(world);
        fake_lookup(world, 1, 1, "ipc:/a");
        fake_settle(world);
        (void)fake_send(world, 1, 0, 7);
        fake_settle(world);
        sim_crash(world, 0);
        fake_settle(world);
    }
    assert_int_equal(sim_fingerprint(one), sim_fingerprint(two));
    sim_note_word(one, 1);
    assert_int_not_equal(sim_fingerprint(one), sim_fingerprint(two));
    sim_note(two, "x", 1);
    assert_int_not_equal(sim_fingerprint(one), sim_fingerprint(two));
    sim_destroy(one);
    sim_destroy(two);
}

struct log {
    uint64_t words[16];
    uint32_t processes[16];
    unsigned count;
};

static void on_work(void *user, struct sim_world *world, uint32_t process, uint64_t word)
{
    struct log *log = user;
    log->words[log->count] = word;
    log->processes[log->count] = process;
    log->count++;
    assert_int_equal(sim_touched(world), process);
}

static struct sim_world *working_world(struct log *log)
{
    struct sim_config config = config_of(1, 2);
    config.link = &sim_link_dull;
    config.work = on_work;
    config.user = log;
    struct sim_world *world = sim_create(&config);
    (void)sim_start(world, 1);
    (void)sim_start(world, 2);
    return world;
}

static void work_comes_in_order_and_not_for_the_dead(void **state)
{
    (void)state;
    struct log log = {.count = 0};
    struct sim_world *world = working_world(&log);
    sim_at(world, 50, 0, 2);
    sim_at(world, 40, SIM_NOBODY, 1);
    sim_at(world, 50, 1, 99);
    sim_at(world, 60, 0, 3);
    sim_crash(world, 1);
    assert_int_equal(sim_advance(world, 50), SIM_IDLE);
    assert_int_equal(sim_now(world), 50);
    assert_int_equal(log.count, 2);
    assert_int_equal(sim_next_time(world), 60);
    sim_at(world, 3, 0, 4);
    fake_settle(world);
    assert_int_equal(log.count, 4);
    assert_int_equal(log.words[0], 1);
    assert_int_equal(log.processes[0], SIM_NOBODY);
    assert_int_equal(log.words[1], 2);
    assert_int_equal(log.words[2], 4);
    assert_int_equal(log.words[3], 3);
    sim_destroy(world);
}

/* CMP-15: arrival, then work, then time-out, whatever was created first. */
static void one_instant_is_ordered_by_class(void **state)
{
    (void)state;
    struct log log = {.count = 0};
    struct sim_world *world = working_world(&log);
    const struct fake_node *node = fake_at(world, 1);
    node->host->wake_at(node->self, 10000);
    sim_at(world, 10000, 1, 1);
    (void)fake_send(world, 0, 1, 5);
    assert_int_equal(sim_step(world), SIM_STEP);
    assert_int_equal(node->frames, 1);
    assert_int_equal(log.count, 0);
    assert_int_equal(sim_step(world), SIM_STEP);
    assert_int_equal(log.count, 1);
    assert_int_equal(node->count, 1);
    assert_int_equal(sim_step(world), SIM_STEP);
    assert_int_equal(node->seen[1].upcall, FAKE_WAKE);
    assert_int_equal(node->seen[1].time, 10000);
    assert_int_equal(sim_step(world), SIM_IDLE);
    sim_destroy(world);
}

/* Only the last time asked for counts, and no event is spent on the others. */
static void an_alarm_can_be_moved_both_ways_and_stopped(void **state)
{
    (void)state;
    struct sim_world *world = fake_world(1, 1, NULL);
    const struct fake_node *node = fake_at(world, 0);
    node->host->wake_at(node->self, 100);
    node->host->wake_at(node->self, 50);
    node->host->wake_at(node->self, 300);
    assert_int_equal(sim_next_time(world), 300);
    fake_settle(world);
    assert_int_equal(node->count, 1);
    assert_int_equal(node->seen[0].time, 300);
    node->host->wake_at(node->self, 400);
    node->host->wake_at(node->self, SIM_NEVER);
    fake_settle(world);
    assert_int_equal(node->count, 1);
    assert_int_equal(sim_now(world), 300);
    assert_int_equal(sim_counters(world)->events, 1);
    node->host->wake_at(node->self, 10);
    fake_settle(world);
    assert_int_equal(node->seen[1].time, 300);
    sim_destroy(world);
}

static void wake_again_at_once(struct fake_node *node)
{
    node->host->wake_at(node->self, node->now);
}

static void a_loop_without_delay_is_a_verdict(void **state)
{
    (void)state;
    struct sim_config config = config_of(1, 1);
    config.instant_budget = 1000;
    struct sim_world *world = sim_create(&config);
    (void)sim_start(world, 1);
    const struct fake_node *node = fake_at(world, 0);
    fake_on_wake = wake_again_at_once;
    node->host->wake_at(node->self, 500);
    assert_int_equal(sim_advance(world, 10000), SIM_INSTANT_LOOP);
    fake_on_wake = NULL;
    assert_int_equal(sim_now(world), 500);
    assert_int_equal(sim_counters(world)->events, 1000);
    sim_destroy(world);
}

static void the_budget_of_events_is_a_verdict(void **state)
{
    (void)state;
    struct sim_config config = config_of(1, 1);
    config.event_budget = 3;
    struct sim_world *world = sim_create(&config);
    (void)sim_start(world, 1);
    for (uint64_t i = 1; i <= 4; i++)
        sim_at(world, i, 0, 0);
    assert_int_equal(sim_advance(world, 10), SIM_OVER_BUDGET);
    assert_int_equal(sim_now(world), 3);
    assert_int_equal(sim_step(world), SIM_OVER_BUDGET);
    sim_destroy(world);
}

static void run_one_is_a_step_and_keeps_the_callers_time(void **state)
{
    (void)state;
    struct sim_world *world = fake_world(1, 2, NULL);
    const struct fake_node *node = fake_at(world, 0);
    (void)fake_send(world, 0, 1, 1);
    assert_true(node->host->run_one(node->self));
    assert_int_equal(node->now, sim_link_dull.delay_min);
    assert_int_equal(fake_at(world, 1)->frames, 1);
    assert_false(node->host->run_one(node->self));
    sim_destroy(world);
}

static void buffers_are_written_only_where_they_are(void **state)
{
    (void)state;
    struct sim_world *world = fake_world(1, 2, NULL);
    const struct fake_node *node = fake_at(world, 0);
    const uint64_t id = sim_buffer_create(world, 0, 8);
    const uint64_t others = sim_buffer_create(world, 1, 8);
    uint32_t size = 0;
    unsigned char *bytes = sim_buffer_bytes(world, id, &size);
    assert_int_equal(size, 8);
    node->host->copy_out(node->self, id, 6, "ab", 2);
    assert_memory_equal(bytes + 6, "ab", 2);
    assert_int_equal(sim_violations(world)->total, 0);
    node->host->copy_out(node->self, id, 7, "ab", 2);
    node->host->copy_out(node->self, id, UINT32_MAX, "ab", 2);
    assert_int_equal(sim_violations(world)->buffer_bounds, 2);
    node->host->copy_out(node->self, others, 0, "ab", 2);
    node->host->copy_out(node->self, 0, 0, "ab", 2);
    sim_buffer_release(world, id);
    const uint64_t next = sim_buffer_create(world, 0, 8);
    assert_int_not_equal(next, id);
    node->host->copy_out(node->self, id, 0, "ab", 2);
    assert_null(sim_buffer_bytes(world, id, &size));
    assert_int_equal(sim_violations(world)->buffer_unknown, 3);
    assert_int_equal(sim_violations(world)->total, 5);
    sim_crash(world, 0);
    assert_null(sim_buffer_bytes(world, next, &size));
    assert_non_null(sim_buffer_bytes(world, others, &size));
    sim_destroy(world);
}

static void a_peer_nobody_was_told_of_is_a_violation(void **state)
{
    (void)state;
    struct sim_world *world = fake_world(1, 1, NULL);
    const struct fake_node *node = fake_at(world, 0);
    const struct uripc_frame frame = {.kind = URIPC_FRAME_ANSWER};
    assert_int_equal(node->host->carry(node->self, 77, false, &frame), URIPC_OK);
    assert_int_equal(sim_violations(world)->peer_unknown, 1);
    assert_int_equal(node->host->carry(node->self, URIPC_NOWHERE, false, &frame), URIPC_OK);
    assert_int_equal(sim_counters(world)->nowhere, 1);
    assert_int_equal(sim_violations(world)->total, 1);
    sim_destroy(world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_seed_gives_one_fingerprint),
        cmocka_unit_test(a_reset_world_is_like_a_new_one),
        cmocka_unit_test(nonsense_is_no_world),
        cmocka_unit_test(without_choices_the_seed_is_not_in_the_fingerprint),
        cmocka_unit_test(work_comes_in_order_and_not_for_the_dead),
        cmocka_unit_test(one_instant_is_ordered_by_class),
        cmocka_unit_test(an_alarm_can_be_moved_both_ways_and_stopped),
        cmocka_unit_test(a_loop_without_delay_is_a_verdict),
        cmocka_unit_test(the_budget_of_events_is_a_verdict),
        cmocka_unit_test(run_one_is_a_step_and_keeps_the_callers_time),
        cmocka_unit_test(buffers_are_written_only_where_they_are),
        cmocka_unit_test(a_peer_nobody_was_told_of_is_a_violation),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
