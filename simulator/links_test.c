/* SPDX-License-Identifier: MIT */
/* Every knob of a link has a measurement that says whether the knob does what it should; and each
 * measurement must notice when its knob is disconnected. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "fake_node.h"
#include "knobs.h"

/* Sends `count` messages at once from 0 to 1, and returns the world when all is quiet. */
static struct sim_world *sent(const struct sim_link_faults *link, uint64_t count, bool confirmed)
{
    struct sim_world *world = fake_world(21, 2, link);
    for (uint64_t i = 1; i <= count; i++)
        (void)fake_send_bytes(world, 0, 1, i, 8, confirmed);
    fake_settle(world);
    return world;
}

static bool delay_works(void)
{
    const struct sim_link_faults link = {.delay_min = 100, .delay_max = 200};
    struct sim_world *world = sent(&link, 1, true);
    const uint64_t at = fake_at(world, 1)->seen[0].time;
    const bool counted = sim_counters(world)->delayed == 1;
    sim_destroy(world);
    return at >= 100 && at <= 200 && counted;
}

static bool loss_works(void)
{
    const struct sim_link_faults link = {.loss_num = 1, .loss_den = 2};
    struct sim_world *world = sent(&link, 1000, true);
    const uint64_t lost = sim_counters(world)->lost;
    const uint32_t got = fake_at(world, 1)->frames;
    sim_destroy(world);
    return lost > 400 && lost < 600 && got + lost == 1000;
}

static bool duplicate_works(void)
{
    const struct sim_link_faults link = {.duplicate_num = 1, .duplicate_den = 4};
    struct sim_world *world = sent(&link, 1000, true);
    const uint64_t more = sim_counters(world)->duplicated;
    const uint32_t got = fake_at(world, 1)->frames;
    sim_destroy(world);
    return more > 180 && more < 320 && got == 1000 + more;
}

static bool in_order(struct sim_world *world)
{
    const struct fake_node *node = fake_at(world, 1);
    for (uint32_t i = 1; i < node->count && i < FAKE_SEEN; i++) {
        if (node->seen[i].message_id < node->seen[i - 1].message_id)
            return false;
    }
    return true;
}

static bool reorder_works(void)
{
    struct sim_link_faults link = {.delay_min = 1, .delay_max = 1000};
    struct sim_world *world = sent(&link, 50, true);
    const bool ordered = in_order(world) && sim_counters(world)->reordered == 0;
    sim_destroy(world);
    link.reorder = true;
    world = sent(&link, 50, true);
    const bool mixed = !in_order(world) && sim_counters(world)->reordered > 0;
    sim_destroy(world);
    return ordered && mixed;
}

/* One frame is sent into a cut, one is caught by it on its way, and the other way is open. */
static bool cut_works(void)
{
    struct sim_world *world = fake_world(22, 2, NULL);
    (void)fake_send(world, 0, 1, 1);
    sim_cut(world, 0, 1);
    (void)fake_send(world, 0, 1, 2);
    (void)fake_send(world, 1, 0, 3);
    fake_settle(world);
    const bool silent = fake_at(world, 1)->frames == 0 && fake_at(world, 0)->frames == 1;
    const bool counted = sim_counters(world)->cut == 2 && sim_is_cut(world, 0, 1);
    sim_heal(world, 0, 1);
    (void)fake_send(world, 0, 1, 4);
    fake_settle(world);
    const bool again = fake_at(world, 1)->frames == 1 && !sim_is_cut(world, 0, 1);
    sim_destroy(world);
    return silent && counted && again;
}

static bool size_works(void)
{
    const struct sim_link_faults link = {.size_max = 100};
    struct sim_world *world = fake_world(23, 2, &link);
    const bool fits = fake_send_bytes(world, 0, 1, 1, 100, true) == URIPC_OK;
    const bool refused = fake_send_bytes(world, 0, 1, 2, 101, true) == URIPC_TOO_BIG;
    fake_settle(world);
    const bool right = fake_at(world, 1)->frames == 1 && sim_counters(world)->oversize == 1;
    sim_destroy(world);
    return fits && refused && right;
}

static bool capacity_works(void)
{
    const struct sim_link_faults link = {.delay_min = 10, .delay_max = 10, .capacity = 2};
    struct sim_world *world = fake_world(24, 2, &link);
    bool right = fake_send(world, 0, 1, 1) == URIPC_OK && fake_send(world, 0, 1, 2) == URIPC_OK;
    right = right && fake_send(world, 0, 1, 3) == URIPC_WOULD_BLOCK;
    fake_settle(world);
    const struct fake_node *sender = fake_at(world, 0);
    right = right && sender->count == 1 && sender->seen[0].upcall == FAKE_ROOM &&
            sender->seen[0].time == 10 && sender->seen[0].peer == 1;
    right = right && sim_counters(world)->blocked == 1 && fake_at(world, 1)->frames == 2;
    sim_destroy(world);
    return right;
}

/* Unconfirmed messages are copied, confirmed ones are not. */
static bool transports_work(void)
{
    const struct sim_link_faults link = {.transports = 3};
    struct sim_world *world = sent(&link, 1, false);
    const bool copied = fake_at(world, 1)->frames == 3 && sim_counters(world)->copies == 2 &&
                        fake_at(world, 1)->seen[2].message_id == 1;
    sim_destroy(world);
    world = sent(&link, 1, true);
    const bool single = fake_at(world, 1)->frames == 1;
    sim_destroy(world);
    return copied && single;
}

static const struct {
    int knob;
    const char *name;
    bool (*works)(void);
} knobs[] = {
    {SIM_KNOB_DELAY, "delay", delay_works},
    {SIM_KNOB_LOSS, "loss", loss_works},
    {SIM_KNOB_DUPLICATE, "duplicate", duplicate_works},
    {SIM_KNOB_REORDER, "reorder", reorder_works},
    {SIM_KNOB_CUT, "cut", cut_works},
    {SIM_KNOB_SIZE, "size_max", size_works},
    {SIM_KNOB_CAPACITY, "capacity", capacity_works},
    {SIM_KNOB_TRANSPORTS, "transports", transports_work},
};

enum { KNOBS = sizeof knobs / sizeof knobs[0] };

static void every_knob_works(void **state)
{
    (void)state;
    for (unsigned i = 0; i < KNOBS; i++) {
        if (!knobs[i].works())
            fail_msg("knob %s does not work", knobs[i].name);
    }
}

static void every_disconnected_knob_is_noticed(void **state)
{
    (void)state;
    for (unsigned i = 0; i < KNOBS; i++) {
        sim_disconnected = knobs[i].knob;
        const bool works = knobs[i].works();
        sim_disconnected = SIM_KNOB_NONE;
        if (works)
            fail_msg("knob %s is disconnected and nobody notices", knobs[i].name);
    }
}

static void every_knob_has_a_measurement(void **state)
{
    (void)state;
    assert_int_equal(KNOBS, SIM_KNOB_TRANSPORTS);
    for (unsigned i = 0; i < KNOBS; i++)
        assert_int_equal(knobs[i].knob, i + 1);
}

static void a_link_of_its_own_leaves_the_others_alone(void **state)
{
    (void)state;
    struct sim_world *world = fake_world(25, 3, NULL);
    const struct sim_link_faults slow = {.delay_min = 700, .delay_max = 700};
    sim_link(world, 0, 1, &slow);
    (void)fake_send(world, 0, 1, 1);
    (void)fake_send(world, 1, 0, 2);
    (void)fake_send(world, 0, 2, 3);
    (void)fake_send(world, 0, 0, 4);
    fake_settle(world);
    assert_int_equal(fake_at(world, 1)->seen[0].time, 700);
    assert_int_equal(fake_at(world, 0)->seen[0].time, 0);
    assert_int_equal(fake_at(world, 0)->seen[1].time, sim_link_dull.delay_min);
    assert_int_equal(fake_at(world, 2)->seen[0].time, sim_link_dull.delay_min);
    sim_link(world, 0, 1, NULL);
    (void)fake_send(world, 0, 1, 5);
    fake_settle(world);
    assert_int_equal(fake_at(world, 1)->seen[1].time, 10000 + sim_link_dull.delay_min);
    sim_destroy(world);
}

static void more_capacity_frees_a_blocked_sender(void **state)
{
    (void)state;
    struct sim_link_faults link = {.delay_min = 10, .delay_max = 10, .capacity = 1};
    struct sim_world *world = fake_world(26, 2, &link);
    (void)fake_send(world, 0, 1, 1);
    assert_int_equal(fake_send(world, 0, 1, 2), URIPC_WOULD_BLOCK);
    link.capacity = 2;
    sim_link_all(world, &link);
    assert_int_equal(sim_step(world), SIM_STEP);
    assert_int_equal(fake_at(world, 0)->seen[0].upcall, FAKE_ROOM);
    assert_int_equal(sim_now(world), 0);
    sim_destroy(world);
}

static void calm_ends_every_fault(void **state)
{
    (void)state;
    const struct sim_link_faults link = {.loss_num = 1, .loss_den = 1};
    struct sim_world *world = fake_world(27, 2, &link);
    sim_link(world, 1, 0, &link);
    sim_cut(world, 0, 1);
    sim_pause(world, 1);
    sim_calm(world);
    (void)fake_send(world, 0, 1, 1);
    (void)fake_send(world, 1, 0, 2);
    fake_settle(world);
    assert_int_equal(fake_at(world, 0)->frames, 1);
    assert_int_equal(fake_at(world, 1)->frames, 1);
    sim_destroy(world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_knob_works),
        cmocka_unit_test(every_disconnected_knob_is_noticed),
        cmocka_unit_test(every_knob_has_a_measurement),
        cmocka_unit_test(a_link_of_its_own_leaves_the_others_alone),
        cmocka_unit_test(more_capacity_frees_a_blocked_sender),
        cmocka_unit_test(calm_ends_every_fault),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
