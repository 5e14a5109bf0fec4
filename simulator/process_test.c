/* SPDX-License-Identifier: MIT */
/* Crash, restart, pause and resume. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "fake_node.h"

/* LIF-12 */
static void a_death_is_told_after_the_last_frame(void **state)
{
    (void)state;
    const struct sim_link_faults link = {.delay_min = 10, .delay_max = 5000};
    struct sim_world *world = fake_world(31, 2, &link);
    for (uint64_t i = 1; i <= 20; i++)
        (void)fake_send(world, 0, 1, i);
    sim_crash(world, 0);
    fake_settle(world);
    const struct fake_node *node = fake_at(world, 1);
    assert_int_equal(node->count, 21);
    for (uint32_t i = 0; i < 20; i++)
        assert_int_equal(node->seen[i].message_id, i + 1);
    assert_int_equal(node->seen[20].upcall, FAKE_PEER_DOWN);
    assert_int_equal(node->seen[20].peer, 0);
    sim_destroy(world);
}

/* Also where frames overtake each other, and only to whom it spoke or who spoke to it. */
static void every_peer_is_told_once(void **state)
{
    (void)state;
    const struct sim_link_faults link = {.delay_min = 10, .delay_max = 5000, .reorder = true};
    struct sim_world *world = fake_world(32, 4, &link);
    for (uint64_t i = 1; i <= 20; i++)
        (void)fake_send(world, 0, 1, i);
    (void)fake_send(world, 2, 0, 21);
    fake_settle(world);
    for (uint64_t i = 1; i <= 20; i++)
        (void)fake_send(world, 0, 1, i);
    sim_crash(world, 0);
    fake_settle(world);
    assert_int_equal(fake_at(world, 1)->seen[40].upcall, FAKE_PEER_DOWN);
    assert_int_equal(fake_at(world, 1)->count, 41);
    assert_int_equal(fake_at(world, 2)->count, 1);
    assert_int_equal(fake_at(world, 2)->seen[0].upcall, FAKE_PEER_DOWN);
    assert_int_equal(fake_at(world, 3)->count, 0);
    assert_null(sim_node(world, 0));
    sim_destroy(world);
}

static void a_notice_waits_at_a_cut(void **state)
{
    (void)state;
    struct sim_world *world = fake_world(33, 2, NULL);
    (void)fake_send(world, 0, 1, 1);
    fake_settle(world);
    sim_cut(world, 0, 1);
    sim_crash(world, 0);
    sim_restart(world, 0);
    (void)fake_send(world, 1, 0, 2);
    fake_settle(world);
    sim_crash(world, 0);
    fake_settle(world);
    assert_int_equal(fake_at(world, 1)->count, 1);
    sim_heal(world, 0, 1);
    fake_settle(world);
    const struct fake_node *node = fake_at(world, 1);
    assert_int_equal(node->count, 3);
    assert_int_equal(node->seen[1].upcall, FAKE_PEER_DOWN);
    assert_int_equal(node->seen[1].peer, 0);
    assert_int_equal(node->seen[2].peer, 2);
    sim_destroy(world);
}

/* LIF-13: a restarted process is another peer; what was on its way to the old one is dropped. */
static void a_successor_gets_nothing_of_its_predecessor(void **state)
{
    (void)state;
    struct sim_world *world = fake_world(34, 2, NULL);
    const uint64_t old_identity = fake_at(world, 1)->identity;
    (void)fake_send(world, 0, 1, 1);
    sim_restart(world, 1);
    const struct fake_node *node = fake_at(world, 1);
    assert_int_not_equal(node->identity, old_identity);
    assert_int_equal(node->peer, 2);
    fake_settle(world);
    assert_int_equal(node->count, 0);
    assert_int_equal(sim_counters(world)->dead, 1);
    assert_int_equal(fake_at(world, 0)->seen[0].upcall, FAKE_PEER_DOWN);
    assert_int_equal(fake_at(world, 0)->seen[0].peer, 1);
    assert_int_equal(sim_process_of(world, old_identity), 1);
    assert_int_equal(sim_process_of(world, node->identity), 1);
    assert_int_equal(sim_process_of(world, 12345), SIM_NOBODY);
    (void)fake_send(world, 0, 1, 2);
    fake_settle(world);
    assert_int_equal(node->frames, 1);
    assert_int_equal(node->seen[0].principal, 1000);
    sim_destroy(world);
}

/* LIF-11: whoever sends to a life that has ended is told, even if it never spoke to it before. */
static void a_frame_for_the_dead_brings_a_notice(void **state)
{
    (void)state;
    struct sim_world *world = fake_world(35, 2, NULL);
    const struct fake_node *node = fake_at(world, 0);
    sim_crash(world, 1);
    const struct uripc_frame frame = {.kind = URIPC_FRAME_MESSAGE, .confirmed = true};
    assert_int_equal(node->host->carry(node->self, 1, false, &frame), URIPC_OK);
    fake_settle(world);
    assert_int_equal(node->count, 1);
    assert_int_equal(node->seen[0].upcall, FAKE_PEER_DOWN);
    assert_int_equal(node->seen[0].peer, 1);
    assert_int_equal(sim_counters(world)->dead, 1);
    sim_destroy(world);
}

static void a_dead_process_has_no_alarms(void **state)
{
    (void)state;
    struct sim_world *world = fake_world(36, 1, NULL);
    const struct fake_node *node = fake_at(world, 0);
    node->host->wake_at(node->self, 100);
    sim_restart(world, 0);
    assert_int_equal(sim_next_time(world), SIM_NEVER);
    node->host->wake_at(node->self, 200);
    fake_settle(world);
    assert_int_equal(node->count, 1);
    assert_int_equal(node->seen[0].time, 200);
    sim_destroy(world);
}

/* LIF-17: everything waits, in order, and alarms come last. */
static void a_paused_process_goes_on_where_it_was(void **state)
{
    (void)state;
    struct sim_world *world = fake_world(37, 2, NULL);
    const struct fake_node *node = fake_at(world, 1);
    sim_pause(world, 1);
    node->host->wake_at(node->self, 500);
    for (uint64_t i = 1; i <= 3; i++)
        (void)fake_send(world, 0, 1, i);
    fake_settle(world);
    (void)fake_send(world, 0, 1, 4);
    assert_int_equal(sim_advance(world, 50000), SIM_IDLE);
    assert_int_equal(node->count, 0);
    assert_int_equal(sim_counters(world)->deferred, 5);
    sim_resume(world, 1);
    assert_int_equal(sim_next_time(world), 50000);
    fake_settle(world);
    assert_int_equal(node->count, 5);
    for (uint32_t i = 0; i < 4; i++)
        assert_int_equal(node->seen[i].message_id, i + 1);
    assert_int_equal(node->seen[4].upcall, FAKE_WAKE);
    assert_int_equal(node->seen[4].time, 50000);
    sim_destroy(world);
}

/* Time passes in the world, so what is due later than the resume is not early. */
static void a_short_pause_changes_nothing_later(void **state)
{
    (void)state;
    struct sim_world *world = fake_world(38, 2, NULL);
    const struct fake_node *node = fake_at(world, 1);
    node->host->wake_at(node->self, 20000);
    (void)fake_send(world, 0, 1, 1);
    sim_pause(world, 1);
    assert_int_equal(sim_advance(world, 5000), SIM_IDLE);
    assert_int_equal(sim_next_time(world), 10000);
    sim_resume(world, 1);
    fake_settle(world);
    assert_int_equal(node->seen[0].time, 10000);
    assert_int_equal(node->seen[1].time, 20000);
    assert_int_equal(node->count, 2);
    sim_destroy(world);
}

static void what_waited_for_a_paused_process_dies_with_it(void **state)
{
    (void)state;
    struct sim_world *world = fake_world(39, 2, NULL);
    sim_pause(world, 1);
    (void)fake_send(world, 0, 1, 1);
    fake_lookup(world, 1, 1, "ipc:/a");
    fake_settle(world);
    sim_restart(world, 1);
    assert_false(sim_paused(world, 1));
    fake_settle(world);
    assert_int_equal(fake_at(world, 1)->count, 0);
    assert_int_equal(sim_counters(world)->dead, 1);
    sim_destroy(world);
}

struct trace {
    enum sim_trace kinds[64];
    uint64_t flights[64];
    unsigned count;
};

static void on_trace(void *user, const struct sim_event_record *record)
{
    struct trace *trace = user;
    trace->kinds[trace->count] = record->kind;
    trace->flights[trace->count] = record->flight;
    trace->count++;
}

static void the_trace_pairs_what_is_sent_and_what_arrives(void **state)
{
    (void)state;
    struct trace trace = {.count = 0};
    const struct sim_config config = {.size = sizeof config,
                                      .backend = &fake_backend,
                                      .processes = 2,
                                      .trace = on_trace,
                                      .user = &trace};
    struct sim_world *world = sim_create(&config);
    (void)sim_start(world, 1);
    (void)sim_start(world, 2);
    (void)fake_send(world, 0, 1, 1);
    sim_cut(world, 0, 1);
    (void)fake_send(world, 0, 1, 2);
    sim_heal(world, 0, 1);
    sim_crash(world, 1);
    fake_settle(world);
    static const enum sim_trace kinds[] = {SIM_TRACE_START,    SIM_TRACE_START, SIM_TRACE_CARRY,
                                           SIM_TRACE_CUT,      SIM_TRACE_CARRY, SIM_TRACE_CUT_DROP,
                                           SIM_TRACE_HEAL,     SIM_TRACE_CRASH, SIM_TRACE_DEAD_DROP,
                                           SIM_TRACE_PEER_DOWN};
    static const uint64_t flights[] = {0, 0, 1, 0, 2, 2, 0, 0, 1, 0};
    assert_int_equal(trace.count, 10);
    for (unsigned i = 0; i < trace.count; i++) {
        assert_string_equal(sim_trace_name(trace.kinds[i]), sim_trace_name(kinds[i]));
        assert_int_equal(trace.flights[i], flights[i]);
    }
    assert_string_equal(sim_trace_name(SIM_TRACE_LINK), "link");
    sim_destroy(world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_death_is_told_after_the_last_frame),
        cmocka_unit_test(every_peer_is_told_once),
        cmocka_unit_test(a_notice_waits_at_a_cut),
        cmocka_unit_test(a_successor_gets_nothing_of_its_predecessor),
        cmocka_unit_test(a_frame_for_the_dead_brings_a_notice),
        cmocka_unit_test(a_dead_process_has_no_alarms),
        cmocka_unit_test(a_paused_process_goes_on_where_it_was),
        cmocka_unit_test(a_short_pause_changes_nothing_later),
        cmocka_unit_test(what_waited_for_a_paused_process_dies_with_it),
        cmocka_unit_test(the_trace_pairs_what_is_sent_and_what_arrives),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
