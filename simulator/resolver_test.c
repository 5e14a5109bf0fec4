/* SPDX-License-Identifier: MIT */
/* Resolvers that can be away, late or locked (spec/12-resolution.md): what each promises, and the
 * windows that the chapter states, to the nanosecond. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "fake_node.h"

#define MS UINT64_C(1000000)

enum { PROCESSES = 4, A = 0, B = 1, C = 2 };

/* 10 us there and 10 us back, an attempt each 100 ms, 1 s of grace, 500 ms of silence. */
static const uint64_t way = 10000;

static struct sim_world *world_with(struct sim_resolver resolver)
{
    const struct sim_config config = {.size = sizeof config,
                                      .backend = &fake_backend,
                                      .resolver = resolver,
                                      .processes = PROCESSES};
    struct sim_world *world = sim_create(&config);
    for (uint32_t i = 0; i < PROCESSES; i++)
        (void)sim_start(world, 0);
    return world;
}

static struct sim_world *world_of(enum sim_resolver_kind kind)
{
    return world_with(sim_resolver_usual(kind));
}

/* The last upcall of this kind that a process saw; NULL: none. */
static const struct fake_seen *seen(struct sim_world *world, uint32_t process,
                                    enum fake_upcall upcall)
{
    const struct fake_node *node = fake_at(world, process);
    const struct fake_seen *found = NULL;
    for (uint32_t i = 0; i < node->count; i++) {
        if (node->seen[i].upcall == upcall)
            found = &node->seen[i];
    }
    return found;
}

static void claim(struct sim_world *world, uint32_t process, const char *name)
{
    fake_claim(world, process, 5, name, URIPC_EXCLUSIVE);
}

static void claim_now(struct sim_world *world, uint32_t process, const char *name)
{
    claim(world, process, name);
    fake_settle(world);
    assert_int_equal(seen(world, process, FAKE_CLAIMED)->status, URIPC_OK);
}

static void release(struct sim_world *world, uint32_t process, uint64_t serial)
{
    const struct fake_node *node = fake_at(world, process);
    node->host->release(node->self, 7, serial);
}

static void at(struct sim_world *world, uint64_t time)
{
    assert_int_equal(sim_advance(world, time), SIM_IDLE);
}

static void a_daemon_is_a_message_there_and_one_back(void **state)
{
    (void)state;
    struct sim_world *world = world_of(SIM_RESOLVER_DAEMON);
    claim_now(world, A, "ipc:/a");
    assert_int_equal(seen(world, A, FAKE_CLAIMED)->time, 2 * way);
    fake_lookup(world, B, 9, "ipc:/a/x");
    fake_settle(world);
    assert_int_equal(seen(world, B, FAKE_ROUTE)->time, 4 * way);
    assert_int_equal(seen(world, B, FAKE_ROUTE)->route.to.serial, 5);
    assert_int_equal(sim_counters(world)->resolver_messages, 4);
    assert_int_equal(sim_counters(world)->lookups, 1);
    sim_destroy(world);
}

/* LIF-1, RTE-11: the daemon sees the end of the connection one way later, watchers another. */
static void a_death_is_known_to_all_two_ways_later(void **state)
{
    (void)state;
    struct sim_world *world = world_of(SIM_RESOLVER_DAEMON);
    claim_now(world, A, "ipc:/a");
    fake_lookup(world, B, 9, "ipc:/a");
    fake_settle(world);
    sim_crash(world, A);
    const uint64_t crash = sim_now(world);
    claim(world, C, "ipc:/a");
    fake_settle(world);
    assert_int_equal(seen(world, B, FAKE_ROUTE_GONE)->time, crash + 2 * way);
    assert_int_equal(seen(world, C, FAKE_CLAIMED)->status, URIPC_OK);
    assert_int_equal(sim_counters(world)->stale, 1);
    assert_int_equal(sim_counters(world)->stale_time, 2 * way);
    sim_destroy(world);

    world = world_of(SIM_RESOLVER_TABLE); /* a kernel knows at once */
    claim_now(world, A, "ipc:/a");
    fake_lookup(world, B, 9, "ipc:/a");
    fake_settle(world);
    sim_crash(world, A);
    fake_settle(world);
    assert_int_equal(sim_counters(world)->stale, 1);
    assert_int_equal(sim_counters(world)->stale_time, 0);
    sim_destroy(world);
}

/* RES-2 */
static void what_is_asked_while_it_is_away_waits(void **state)
{
    (void)state;
    struct sim_world *world = world_of(SIM_RESOLVER_DAEMON);
    sim_crash(world, SIM_RESOLVER);
    claim(world, A, "ipc:/a");
    fake_lookup(world, B, 9, "ipc:/b");
    fake_settle(world);
    assert_null(seen(world, A, FAKE_CLAIMED));
    at(world, 5000 * MS);
    sim_restart(world, SIM_RESOLVER);
    fake_settle(world);
    const uint64_t over = 6000 * MS; /* the grace of 1 s */
    assert_int_equal(seen(world, A, FAKE_CLAIMED)->status, URIPC_OK);
    assert_int_equal(seen(world, A, FAKE_CLAIMED)->time, over + way);
    assert_int_equal(seen(world, B, FAKE_ROUTE)->status, URIPC_NO_RECEIVER);
    assert_int_equal(sim_counters(world)->held_back, 2);
    assert_int_equal(sim_counters(world)->lookups_failed, 1);
    assert_int_equal(sim_counters(world)->resolver_crashes, 1);
    assert_int_equal(sim_counters(world)->resolver_restarts, 1);
    sim_destroy(world);
}

/* RES-4, RES-5: the holder comes back in time, before anybody else is heard. */
static void a_holder_keeps_its_name_through_a_restart(void **state)
{
    (void)state;
    struct sim_world *world = world_of(SIM_RESOLVER_DAEMON);
    claim_now(world, A, "ipc:/a");
    const uint64_t crash = sim_now(world);
    sim_crash(world, SIM_RESOLVER);
    claim(world, B, "ipc:/a");
    at(world, crash + 250 * MS);
    sim_restart(world, SIM_RESOLVER);
    fake_settle(world);
    assert_int_equal(sim_counters(world)->reclaims, 1);
    assert_int_equal(sim_counters(world)->connects, PROCESSES);
    assert_null(seen(world, A, FAKE_REVOKED));
    assert_int_equal(seen(world, B, FAKE_CLAIMED)->status, URIPC_EXISTS);
    assert_int_equal(seen(world, B, FAKE_CLAIMED)->time, crash + 1250 * MS + way);
    sim_destroy(world);
}

/* RES-5: without a grace the fastest gets the name, and the holder is told (RES-9).  A noticed the
 * end one way after it, and tries again each 100 ms from then; B has just begun. */
static void without_a_grace_a_name_can_be_taken(void **state)
{
    (void)state;
    struct sim_resolver hasty = sim_resolver_usual(SIM_RESOLVER_DAEMON);
    hasty.grace = 0;
    struct sim_world *world = world_with(hasty);
    claim_now(world, A, "ipc:/a");
    const uint64_t crash = sim_now(world);
    sim_crash(world, SIM_RESOLVER);
    at(world, crash + 150 * MS);
    sim_restart(world, SIM_RESOLVER);
    sim_restart(world, B);
    claim(world, B, "ipc:/a");
    fake_settle(world);
    assert_int_equal(seen(world, B, FAKE_CLAIMED)->status, URIPC_OK);
    assert_int_equal(seen(world, A, FAKE_REVOKED)->serial, 5);
    assert_int_equal(seen(world, A, FAKE_REVOKED)->time, crash + way + 200 * MS + 2 * way);
    assert_int_equal(sim_counters(world)->revoked, 1);
    sim_destroy(world);
}

/* RES-6: a shorter name must not be taken for the longest one. */
static void in_the_grace_no_lookup_is_answered(void **state)
{
    (void)state;
    struct sim_world *world = world_of(SIM_RESOLVER_DAEMON);
    claim_now(world, A, "ipc:/a");
    fake_claim(world, B, 6, "ipc:/a/b", URIPC_EXCLUSIVE);
    fake_settle(world);
    sim_pause(world, B);
    sim_restart(world, SIM_RESOLVER);
    const uint64_t restart = sim_now(world);
    at(world, restart + 200 * MS); /* A has come back, B has not */
    fake_lookup(world, C, 9, "ipc:/a/b");
    at(world, restart + 500 * MS);
    assert_null(seen(world, C, FAKE_ROUTE));
    sim_resume(world, B);
    fake_settle(world);
    assert_int_equal(seen(world, C, FAKE_ROUTE)->route.to.serial, 6);
    assert_int_equal(seen(world, C, FAKE_ROUTE)->time, restart + 1000 * MS + way);
    sim_destroy(world);
}

/* RES-7 */
static void who_died_meanwhile_holds_nothing_after_the_grace(void **state)
{
    (void)state;
    struct sim_world *world = world_of(SIM_RESOLVER_DAEMON);
    claim_now(world, A, "ipc:/a");
    sim_crash(world, SIM_RESOLVER);
    sim_crash(world, A);
    sim_restart(world, SIM_RESOLVER);
    claim(world, B, "ipc:/a");
    fake_settle(world);
    assert_int_equal(seen(world, B, FAKE_CLAIMED)->status, URIPC_OK);
    sim_destroy(world);
}

/* RES-8: two believe to hold the name from the silence until the heal, the next attempt and two
 * ways after it. */
static void a_cut_takes_the_name_after_the_silence(void **state)
{
    (void)state;
    struct sim_world *world = world_of(SIM_RESOLVER_DAEMON);
    claim_now(world, A, "ipc:/a");
    const uint64_t cut = sim_now(world);
    sim_cut(world, A, SIM_RESOLVER);
    assert_true(sim_is_cut(world, SIM_RESOLVER, A));
    at(world, cut + 500 * MS - 2 * way);
    claim(world, B, "ipc:/a");
    at(world, cut + 500 * MS + way);
    assert_int_equal(seen(world, B, FAKE_CLAIMED)->status, URIPC_EXISTS);
    claim(world, B, "ipc:/a");
    at(world, cut + 500 * MS + 3 * way);
    assert_int_equal(seen(world, B, FAKE_CLAIMED)->status, URIPC_OK);
    at(world, cut + 730 * MS);
    assert_null(seen(world, A, FAKE_REVOKED));
    sim_heal(world, SIM_RESOLVER, A);
    fake_settle(world);
    assert_int_equal(seen(world, A, FAKE_REVOKED)->time, cut + 800 * MS + 2 * way);
    sim_destroy(world);
}

static void a_short_cut_only_takes_time(void **state)
{
    (void)state;
    struct sim_world *world = world_of(SIM_RESOLVER_DAEMON);
    claim_now(world, A, "ipc:/a");
    const uint64_t cut = sim_now(world);
    fake_lookup(world, C, 8, "ipc:/a"); /* its answer meets the cut */
    at(world, cut + way);
    sim_cut(world, C, SIM_RESOLVER);
    sim_cut(world, A, SIM_RESOLVER);
    fake_claim(world, A, 6, "ipc:/b", URIPC_EXCLUSIVE);
    at(world, cut + 400 * MS);
    assert_null(seen(world, C, FAKE_ROUTE));
    sim_heal(world, A, SIM_RESOLVER);
    sim_heal(world, C, SIM_RESOLVER);
    claim(world, B, "ipc:/a");
    fake_settle(world);
    assert_int_equal(seen(world, A, FAKE_CLAIMED)->ticket, 6);
    assert_int_equal(seen(world, A, FAKE_CLAIMED)->time, cut + 400 * MS + 2 * way);
    assert_int_equal(seen(world, B, FAKE_CLAIMED)->status, URIPC_EXISTS);
    assert_int_equal(seen(world, C, FAKE_ROUTE)->time, cut + 400 * MS + way);
    assert_int_equal(sim_counters(world)->connects, 0);
    assert_int_equal(sim_counters(world)->resolver_cuts, 2);
    sim_destroy(world);
}

/* RES-8, RES-9: what nobody has taken meanwhile is the late one's again. */
static void a_late_holder_gets_back_what_is_free(void **state)
{
    (void)state;
    struct sim_world *world = world_of(SIM_RESOLVER_DAEMON);
    claim_now(world, A, "ipc:/a");
    const uint64_t cut = sim_now(world);
    sim_cut(world, A, SIM_RESOLVER);
    at(world, cut + 2000 * MS);
    fake_lookup(world, B, 9, "ipc:/a");
    at(world, cut + 2001 * MS);
    assert_int_equal(seen(world, B, FAKE_ROUTE)->status, URIPC_NO_RECEIVER);
    sim_heal(world, A, SIM_RESOLVER);
    fake_settle(world);
    fake_lookup(world, B, 9, "ipc:/a");
    fake_settle(world);
    assert_int_equal(seen(world, B, FAKE_ROUTE)->status, URIPC_OK);
    assert_int_equal(seen(world, B, FAKE_ROUTE)->route.to.serial, 5);
    assert_null(seen(world, A, FAKE_REVOKED));
    sim_destroy(world);
}

/* RES-10 */
static void old_routes_are_given_up_with_the_grace(void **state)
{
    (void)state;
    struct sim_world *world = world_of(SIM_RESOLVER_DAEMON);
    claim_now(world, A, "ipc:/a");
    fake_lookup(world, B, 9, "ipc:/a");
    fake_settle(world);
    sim_crash(world, SIM_RESOLVER);
    sim_crash(world, A); /* nobody tells B */
    const uint64_t crash = sim_now(world);
    at(world, crash + 3000 * MS);
    sim_restart(world, SIM_RESOLVER);
    at(world, crash + 4000 * MS);
    assert_null(seen(world, B, FAKE_ROUTE_GONE));
    fake_settle(world);
    assert_int_equal(seen(world, B, FAKE_ROUTE_GONE)->time, crash + 4000 * MS + way);
    assert_int_equal(sim_counters(world)->stale_time, 4000 * MS + way);
    sim_destroy(world);
}

/* RES-11 */
static void a_name_can_be_released_while_it_is_away(void **state)
{
    (void)state;
    struct sim_world *world = world_of(SIM_RESOLVER_DAEMON);
    claim_now(world, A, "ipc:/a");
    sim_crash(world, SIM_RESOLVER);
    const uint64_t crash = sim_now(world);
    at(world, crash + way);
    release(world, A, 5);
    at(world, crash + way);
    assert_int_equal(seen(world, A, FAKE_RELEASED)->time, crash + way);
    sim_restart(world, SIM_RESOLVER);
    claim(world, B, "ipc:/a");
    fake_settle(world);
    assert_int_equal(seen(world, B, FAKE_CLAIMED)->status, URIPC_OK);
    assert_int_equal(sim_counters(world)->reclaims, 0);
    sim_destroy(world);
}

/* RES-3, RES-12: what is known goes on, and who has ended gets nothing. */
static void known_routes_go_on_while_it_is_away(void **state)
{
    (void)state;
    struct sim_world *world = world_of(SIM_RESOLVER_DAEMON);
    claim_now(world, A, "ipc:/a");
    fake_lookup(world, B, 9, "ipc:/a");
    fake_settle(world);
    sim_crash(world, SIM_RESOLVER);
    fake_settle(world);
    assert_null(seen(world, B, FAKE_ROUTE_GONE));
    const struct uripc_route route = seen(world, B, FAKE_ROUTE)->route;
    const struct uripc_frame frame = {.kind = URIPC_FRAME_MESSAGE, .to = route.to};
    const struct fake_node *sender = fake_at(world, B);
    (void)sender->host->carry(sender->self, route.peer, false, &frame);
    fake_settle(world);
    assert_int_equal(fake_at(world, A)->frames, 1);
    sim_restart(world, A);
    claim(world, A, "ipc:/a");
    (void)sender->host->carry(sender->self, route.peer, false, &frame);
    fake_settle(world);
    assert_int_equal(fake_at(world, A)->frames, 0);
    assert_non_null(seen(world, B, FAKE_PEER_DOWN));
    assert_int_equal(sim_counters(world)->stale_used, 1);
    sim_destroy(world);
}

static void a_paused_daemon_answers_later(void **state)
{
    (void)state;
    struct sim_world *world = world_of(SIM_RESOLVER_DAEMON);
    sim_pause(world, SIM_RESOLVER);
    claim(world, A, "ipc:/a");
    at(world, 2000 * MS);
    assert_null(seen(world, A, FAKE_CLAIMED));
    sim_resume(world, SIM_RESOLVER);
    fake_settle(world);
    assert_int_equal(seen(world, A, FAKE_CLAIMED)->time, 2000 * MS + way);
    assert_int_equal(sim_counters(world)->resolver_pauses, 1);
    sim_destroy(world);
}

/* DLV-6: who has just joined gets the next message, whoever sends it. */
static void a_group_that_grows_is_looked_up_again(void **state)
{
    (void)state;
    for (int kind = SIM_RESOLVER_DAEMON; kind <= SIM_RESOLVER_RENDEZVOUS; kind++) {
        struct sim_world *world = world_of((enum sim_resolver_kind)kind);
        fake_claim(world, A, 5, "ipc:/g", URIPC_GROUP);
        fake_settle(world);
        fake_lookup(world, C, 9, "ipc:/g");
        fake_settle(world);
        assert_true(seen(world, C, FAKE_ROUTE)->route.group);
        fake_claim(world, B, 6, "ipc:/g", URIPC_GROUP);
        fake_settle(world);
        sim_enter(world, C);
        assert_non_null(seen(world, C, FAKE_ROUTE_GONE));
        fake_lookup(world, C, 9, "ipc:/g");
        fake_settle(world);
        const struct fake_node *sender = fake_at(world, C);
        const struct uripc_frame frame = {.kind = URIPC_FRAME_MESSAGE,
                                          .to = seen(world, C, FAKE_ROUTE)->route.to};
        (void)sender->host->carry(sender->self, 0, true, &frame);
        fake_settle(world);
        assert_int_equal(fake_at(world, A)->frames, 1);
        assert_int_equal(fake_at(world, B)->frames, 1);
        sim_destroy(world);
    }
}

/* RES-13 */
static void changes_at_a_rendezvous_take_turns(void **state)
{
    (void)state;
    struct sim_world *world = world_of(SIM_RESOLVER_RENDEZVOUS);
    const uint64_t change = 50000;
    claim(world, A, "ipc:/a");
    claim(world, B, "ipc:/b");
    fake_settle(world);
    assert_int_equal(seen(world, A, FAKE_CLAIMED)->time, change);
    assert_int_equal(seen(world, B, FAKE_CLAIMED)->time, MS + change);
    assert_int_equal(sim_counters(world)->lock_waits, 1);

    const uint64_t now = sim_now(world);
    fake_claim(world, A, 6, "ipc:/c", URIPC_EXCLUSIVE);
    at(world, now + change / 2);
    sim_pause(world, A); /* it has the lock */
    fake_claim(world, B, 6, "ipc:/d", URIPC_EXCLUSIVE);
    fake_lookup(world, C, 9, "ipc:/a"); /* needs none */
    at(world, now + 100 * MS);
    assert_int_equal(seen(world, B, FAKE_CLAIMED)->ticket, 5);
    assert_int_equal(seen(world, C, FAKE_ROUTE)->status, URIPC_OK);
    sim_resume(world, A);
    fake_settle(world);
    assert_int_equal(seen(world, A, FAKE_CLAIMED)->ticket, 6);
    assert_int_equal(seen(world, B, FAKE_CLAIMED)->ticket, 6);
    sim_destroy(world);
}

/* RES-13: the kernel gives up the locks of the dead. */
static void the_dead_leave_no_lock(void **state)
{
    (void)state;
    struct sim_world *world = world_of(SIM_RESOLVER_RENDEZVOUS);
    claim(world, A, "ipc:/a");
    at(world, 1000);
    sim_crash(world, A);
    claim(world, B, "ipc:/a");
    fake_settle(world);
    assert_int_equal(seen(world, B, FAKE_CLAIMED)->status, URIPC_OK);
    assert_int_equal(seen(world, B, FAKE_CLAIMED)->time, 51000);
    sim_destroy(world);
}

/* RES-14 */
static void a_generation_is_compared_before_each_turn(void **state)
{
    (void)state;
    struct sim_world *world = world_of(SIM_RESOLVER_RENDEZVOUS);
    claim_now(world, A, "ipc:/a");
    fake_lookup(world, C, 9, "ipc:/a/b");
    fake_settle(world);
    fake_claim(world, B, 6, "ipc:/a/b", URIPC_EXCLUSIVE);
    fake_settle(world);
    assert_null(seen(world, C, FAKE_ROUTE_GONE)); /* it has had no turn */
    sim_enter(world, C);
    assert_int_equal(seen(world, C, FAKE_ROUTE_GONE)->serial, 5);
    sim_destroy(world);
}

static void names_that_change_are_read_again(void **state)
{
    (void)state;
    struct sim_world *world = world_of(SIM_RESOLVER_RENDEZVOUS);
    claim(world, A, "ipc:/a");
    at(world, 40000);
    fake_lookup(world, B, 9, "ipc:/a"); /* would read it at 90 us, but at 50 us A is there */
    fake_settle(world);
    assert_int_equal(seen(world, B, FAKE_ROUTE)->status, URIPC_OK);
    assert_int_equal(seen(world, B, FAKE_ROUTE)->time, 140000);
    assert_int_equal(sim_counters(world)->lookups_again, 1);
    sim_destroy(world);
}

/* A crash, a cut, a pause and a stopped daemon, and names that go to and fro. */
static uint64_t story(struct sim_resolver resolver)
{
    struct sim_world *world = world_with(resolver);
    claim(world, A, "ipc:/a");
    fake_claim(world, B, 6, "ipc:/a/b", URIPC_EXCLUSIVE);
    fake_lookup(world, C, 9, "ipc:/a/b");
    at(world, 100 * MS);
    fake_lookup(world, C, 9, "ipc:/a/b");
    sim_cut(world, B, SIM_RESOLVER);
    at(world, 900 * MS);
    sim_crash(world, SIM_RESOLVER);
    at(world, 1750 * MS);
    sim_heal(world, B, SIM_RESOLVER);
    sim_restart(world, SIM_RESOLVER);
    fake_claim(world, C, 7, "ipc:/a", URIPC_EXCLUSIVE);
    at(world, 1800 * MS);
    sim_restart(world, A);
    fake_settle(world);
    const uint64_t fingerprint = sim_fingerprint(world);
    sim_destroy(world);
    return fingerprint;
}

static void a_story_is_the_same_twice_and_every_knob_changes_it(void **state)
{
    (void)state;
    for (int kind = SIM_RESOLVER_TABLE; kind <= SIM_RESOLVER_RENDEZVOUS; kind++) {
        const struct sim_resolver usual = sim_resolver_usual((enum sim_resolver_kind)kind);
        assert_true(story(usual) == story(usual));
    }
    const struct sim_resolver usual = sim_resolver_usual(SIM_RESOLVER_DAEMON);
    const uint64_t fingerprint = story(usual);
    struct sim_resolver other = usual;
    other.delay *= 2;
    assert_true(story(other) != fingerprint);
    other = usual;
    other.retry /= 3;
    assert_true(story(other) != fingerprint);
    other = usual;
    other.grace *= 2;
    assert_true(story(other) != fingerprint);
    other = usual;
    other.silence *= 2;
    assert_true(story(other) != fingerprint);

    const struct sim_resolver without = sim_resolver_usual(SIM_RESOLVER_RENDEZVOUS);
    other = without;
    other.delay *= 2;
    assert_true(story(other) != story(without));
    other = without;
    other.retry *= 2; /* A and B want the lock at once */
    assert_true(story(other) != story(without));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_daemon_is_a_message_there_and_one_back),
        cmocka_unit_test(a_death_is_known_to_all_two_ways_later),
        cmocka_unit_test(what_is_asked_while_it_is_away_waits),
        cmocka_unit_test(a_holder_keeps_its_name_through_a_restart),
        cmocka_unit_test(without_a_grace_a_name_can_be_taken),
        cmocka_unit_test(in_the_grace_no_lookup_is_answered),
        cmocka_unit_test(who_died_meanwhile_holds_nothing_after_the_grace),
        cmocka_unit_test(a_cut_takes_the_name_after_the_silence),
        cmocka_unit_test(a_short_cut_only_takes_time),
        cmocka_unit_test(a_late_holder_gets_back_what_is_free),
        cmocka_unit_test(old_routes_are_given_up_with_the_grace),
        cmocka_unit_test(a_name_can_be_released_while_it_is_away),
        cmocka_unit_test(known_routes_go_on_while_it_is_away),
        cmocka_unit_test(a_paused_daemon_answers_later),
        cmocka_unit_test(a_group_that_grows_is_looked_up_again),
        cmocka_unit_test(changes_at_a_rendezvous_take_turns),
        cmocka_unit_test(the_dead_leave_no_lock),
        cmocka_unit_test(a_generation_is_compared_before_each_turn),
        cmocka_unit_test(names_that_change_are_read_again),
        cmocka_unit_test(a_story_is_the_same_twice_and_every_knob_changes_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
