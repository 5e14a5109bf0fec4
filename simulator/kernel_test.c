/* SPDX-License-Identifier: MIT */
/* The resolver of the simulated world, with the reference's table. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "fake_node.h"

static struct sim_world *world_of(const char *profile)
{
    const struct sim_config config = {.size = sizeof config,
                                      .backend = &fake_backend,
                                      .profile = sim_profile_find(profile),
                                      .realm = {.owner = 2},
                                      .processes = 4};
    struct sim_world *world = sim_create(&config);
    for (uint32_t i = 0; i < 4; i++)
        (void)sim_start(world, 2);
    return world;
}

static struct fake_seen last(struct sim_world *world, uint32_t process)
{
    const struct fake_node *node = fake_at(world, process);
    return node->seen[node->count - 1];
}

static struct fake_seen looked_up(struct sim_world *world, uint32_t process, const char *target)
{
    fake_lookup(world, process, 9, target);
    fake_settle(world);
    assert_int_equal(last(world, process).upcall, FAKE_ROUTE);
    assert_int_equal(last(world, process).ticket, 9);
    return last(world, process);
}

static void a_claimed_name_is_found_at_the_same_instant(void **state)
{
    (void)state;
    struct sim_world *world = world_of("local");
    fake_claim(world, 0, 5, "ipc:/a", URIPC_EXCLUSIVE);
    fake_settle(world);
    assert_int_equal(last(world, 0).upcall, FAKE_CLAIMED);
    assert_int_equal(last(world, 0).ticket, 5);
    assert_int_equal(last(world, 0).status, URIPC_OK);
    fake_claim(world, 1, 6, "ipc:/a", URIPC_EXCLUSIVE);
    fake_settle(world);
    assert_int_equal(last(world, 1).status, URIPC_EXISTS);
    const struct fake_seen seen = looked_up(world, 1, "ipc:/a/b");
    assert_int_equal(seen.status, URIPC_OK);
    assert_int_equal(seen.route.peer, 0);
    assert_int_equal(seen.route.to.node, fake_at(world, 0)->identity);
    assert_int_equal(seen.route.to.serial, 5);
    assert_true(seen.route.confirmed);
    assert_false(seen.route.group);
    assert_int_equal(seen.route.payload_max, 0);
    assert_int_equal(sim_now(world), 0);
    sim_destroy(world);
}

struct order {
    enum sim_trace kinds[32];
    uint32_t processes[32];
    unsigned count;
};

static void on_trace(void *user, const struct sim_event_record *record)
{
    struct order *order = user;
    order->kinds[order->count] = record->kind;
    order->processes[order->count] = record->process;
    order->count++;
}

/* RTE-11: who was told the route knows before the close is complete, and before the process that
 * ends is told of by anything else. */
static void watchers_know_before_the_release_is_complete(void **state)
{
    (void)state;
    struct sim_world *world = world_of("local");
    fake_claim(world, 0, 5, "ipc:/a", URIPC_EXCLUSIVE);
    (void)looked_up(world, 1, "ipc:/a");
    (void)looked_up(world, 2, "ipc:/a/b");
    const struct fake_node *node = fake_at(world, 0);
    node->host->release(node->self, 7, 5);
    const uint32_t before = node->count;
    unsigned told = 0;
    while (sim_step(world) == SIM_STEP) {
        told += sim_touched(world) != 0;
        if (node->count > before)
            assert_int_equal(told, 2);
    }
    assert_int_equal(last(world, 0).upcall, FAKE_RELEASED);
    assert_int_equal(last(world, 0).ticket, 7);
    assert_int_equal(last(world, 1).upcall, FAKE_ROUTE_GONE);
    assert_int_equal(last(world, 1).serial, 5);
    assert_int_equal(last(world, 2).upcall, FAKE_ROUTE_GONE);
    assert_int_equal(looked_up(world, 1, "ipc:/a").status, URIPC_NO_RECEIVER);
    sim_destroy(world);
}

/* LIF-1: at the same instant. */
static void a_crash_frees_the_names_at_once(void **state)
{
    (void)state;
    struct order order = {.count = 0};
    const struct sim_config config = {.size = sizeof config,
                                      .backend = &fake_backend,
                                      .processes = 2,
                                      .trace = on_trace,
                                      .user = &order};
    struct sim_world *world = sim_create(&config);
    (void)sim_start(world, 0);
    (void)sim_start(world, 0);
    fake_claim(world, 0, 5, "ipc:/a", URIPC_EXCLUSIVE);
    fake_settle(world);
    (void)looked_up(world, 1, "ipc:/a");
    order.count = 0;
    sim_crash(world, 0);
    fake_claim(world, 1, 6, "ipc:/a", URIPC_EXCLUSIVE);
    fake_settle(world);
    assert_int_equal(last(world, 1).upcall, FAKE_CLAIMED);
    assert_int_equal(last(world, 1).status, URIPC_OK);
    assert_int_equal(sim_now(world), 0);
    assert_int_equal(order.kinds[0], SIM_TRACE_CRASH);
    assert_int_equal(order.kinds[1], SIM_TRACE_ROUTE_GONE);
    assert_int_equal(order.processes[1], 1);
    sim_destroy(world);
}

static void what_absence_means_is_the_profiles_matter(void **state)
{
    (void)state;
    struct sim_world *world = world_of("local");
    assert_int_equal(looked_up(world, 0, "ipc:/x").status, URIPC_NO_RECEIVER);
    assert_int_equal(sim_now(world), 0);
    sim_destroy(world);

    world = world_of("mailslot-remote-nt4"); /* DLV-14 */
    const struct fake_seen silent = looked_up(world, 0, "ipc:/x");
    assert_int_equal(silent.status, URIPC_OK);
    assert_int_equal(silent.route.peer, URIPC_NOWHERE);
    assert_int_equal(silent.route.payload_max, 424);
    assert_false(silent.route.confirmed);
    sim_destroy(world);

    world = world_of("mailslot-remote-w2k"); /* DLV-15 */
    assert_int_equal(looked_up(world, 0, "ipc:/x").status, URIPC_UNREACHABLE);
    assert_int_equal(sim_now(world), UINT64_C(1000000000));
    fake_claim(world, 1, 5, "ipc:/x", URIPC_EXCLUSIVE);
    assert_int_equal(looked_up(world, 0, "ipc:/x").status, URIPC_OK);
    assert_int_equal(sim_now(world), UINT64_C(1000000000));
    sim_destroy(world);
}

/* DLV-6, DLV-12: each member its own copy, the sender too; nobody twice. */
static void a_group_gets_one_copy_each(void **state)
{
    (void)state;
    struct sim_world *world = world_of("mailslot-group-win98");
    for (uint32_t i = 0; i < 3; i++)
        fake_claim(world, i, 10 + i, "ipc:/g", URIPC_GROUP);
    fake_settle(world);
    const struct fake_seen seen = looked_up(world, 2, "ipc:/g");
    assert_true(seen.route.group);
    assert_false(seen.route.confirmed);
    assert_int_equal(seen.route.payload_max, 400);
    const struct fake_node *node = fake_at(world, 2);
    const struct uripc_frame frame = {
        .kind = URIPC_FRAME_MESSAGE, .message_id = 77, .to = seen.route.to};
    assert_int_equal(node->host->carry(node->self, seen.route.peer, true, &frame), URIPC_OK);
    fake_settle(world);
    for (uint32_t i = 0; i < 3; i++) {
        assert_int_equal(fake_at(world, i)->frames, 1);
        assert_int_equal(last(world, i).message_id, 77);
        assert_int_equal(last(world, i).serial, 10 + i);
        assert_int_equal(last(world, i).principal, 2);
    }
    assert_int_equal(fake_at(world, 3)->frames, 0);
    assert_int_equal(sim_counters(world)->carried, 3);
    sim_destroy(world);
}

/* A full or narrow link of one member costs that member its copy, and nobody is told. */
static void a_member_behind_a_bad_link_loses_its_copy(void **state)
{
    (void)state;
    struct sim_world *world = world_of("local");
    fake_claim(world, 0, 10, "ipc:/g", URIPC_GROUP);
    fake_claim(world, 1, 11, "ipc:/g", URIPC_GROUP);
    const struct fake_seen seen = looked_up(world, 2, "ipc:/g");
    const struct sim_link_faults narrow = {.size_max = 1};
    sim_link(world, 2, 0, &narrow);
    const struct fake_node *node = fake_at(world, 2);
    const struct uripc_frame frame = {
        .kind = URIPC_FRAME_MESSAGE, .to = seen.route.to, .data = "ab", .data_bytes = 2};
    assert_int_equal(node->host->carry(node->self, seen.route.peer, true, &frame), URIPC_OK);
    fake_settle(world);
    assert_int_equal(fake_at(world, 0)->frames, 0);
    assert_int_equal(fake_at(world, 1)->frames, 1);
    assert_int_equal(sim_counters(world)->oversize, 1);
    sim_destroy(world);
}

/* ACC-1, ACC-4: also in a life after the first. */
static void a_claim_carries_the_principal_of_its_process(void **state)
{
    (void)state;
    for (int open = 0; open < 2; open++) {
        const struct sim_config config = {.size = sizeof config,
                                          .backend = &fake_backend,
                                          .realm = {.owner = 7, .open = open},
                                          .processes = 2};
        const enum uripc_status other = open ? URIPC_OK : URIPC_ACCESS_DENIED;
        struct sim_world *world = sim_create(&config);
        (void)sim_start(world, 7);
        (void)sim_start(world, 9);
        for (int life = 0; life < 2; life++) {
            fake_claim(world, 0, 5, "ipc:/a", URIPC_EXCLUSIVE);
            fake_claim(world, 1, 6, "ipc:/b", URIPC_EXCLUSIVE);
            fake_settle(world);
            assert_int_equal(last(world, 0).status, URIPC_OK);
            assert_int_equal(last(world, 1).status, other);
            for (uint32_t i = 0; i < 2; i++) {
                sim_crash(world, i);
                sim_restart(world, i);
            }
        }
        sim_destroy(world);
    }
}

static void a_slow_resolver_answers_late_and_truly(void **state)
{
    (void)state;
    static const struct sim_profile slow = {
        .name = "slow", .text = "", .confirmed = true, .resolve_delay = 500};
    const struct sim_config config = {
        .size = sizeof config, .backend = &fake_backend, .profile = &slow, .processes = 2};
    struct sim_world *world = sim_create(&config);
    (void)sim_start(world, 0);
    (void)sim_start(world, 0);
    fake_claim(world, 0, 5, "ipc:/a", URIPC_EXCLUSIVE);
    assert_int_equal(sim_advance(world, 400), SIM_IDLE);
    fake_lookup(world, 1, 9, "ipc:/a");
    fake_settle(world);
    assert_int_equal(fake_at(world, 0)->seen[0].time, 500);
    assert_int_equal(last(world, 1).status, URIPC_OK);
    assert_int_equal(last(world, 1).time, 900);
    sim_destroy(world);
}

/* LIF-17: a paused process keeps its names and gets the ones it has asked for. */
static void the_resolver_works_while_a_process_is_paused(void **state)
{
    (void)state;
    struct sim_world *world = world_of("local");
    fake_claim(world, 0, 5, "ipc:/a", URIPC_EXCLUSIVE);
    sim_pause(world, 0);
    assert_int_equal(looked_up(world, 1, "ipc:/a").status, URIPC_OK);
    assert_int_equal(fake_at(world, 0)->count, 0);
    sim_resume(world, 0);
    fake_settle(world);
    assert_int_equal(last(world, 0).upcall, FAKE_CLAIMED);
    sim_destroy(world);
}

static void every_profile_is_found_by_its_name(void **state)
{
    (void)state;
    assert_string_equal(sim_profile_at(0)->name, "local");
    for (size_t i = 0; i < sim_profile_count(); i++) {
        const struct sim_profile *profile = sim_profile_at(i);
        assert_ptr_equal(sim_profile_find(profile->name), profile);
        assert_true(strlen(profile->text) > 0);
    }
    assert_null(sim_profile_find("none"));
    assert_null(sim_profile_at(sim_profile_count()));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_claimed_name_is_found_at_the_same_instant),
        cmocka_unit_test(watchers_know_before_the_release_is_complete),
        cmocka_unit_test(a_crash_frees_the_names_at_once),
        cmocka_unit_test(what_absence_means_is_the_profiles_matter),
        cmocka_unit_test(a_group_gets_one_copy_each),
        cmocka_unit_test(a_member_behind_a_bad_link_loses_its_copy),
        cmocka_unit_test(a_claim_carries_the_principal_of_its_process),
        cmocka_unit_test(a_slow_resolver_answers_late_and_truly),
        cmocka_unit_test(the_resolver_works_while_a_process_is_paused),
        cmocka_unit_test(every_profile_is_found_by_its_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
