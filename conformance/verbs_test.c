/* SPDX-License-Identifier: MIT */
/* What the verbs of faults do is seen: a shipped case that uses one holds, and no longer does when
 * that verb alone does nothing. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "backends/backends.h"
#include "run.h"

enum { PATH_BYTES = 4096 };

/* The simulated world's, but for one. */
static struct cf_world_ops with_gap;

static void no_slow(struct cf_world *world, uint32_t process, uint64_t turn)
{
    (void)world;
    (void)process;
    (void)turn;
}

static void no_clock(struct cf_world *world, uint32_t process, int64_t offset, int32_t drift)
{
    (void)world;
    (void)process;
    (void)offset;
    (void)drift;
}

static const struct cf_world_ops *whole;

static void no_offset(struct cf_world *world, uint32_t process, int64_t offset, int32_t drift)
{
    (void)offset;
    whole->clock(world, process, 0, drift);
}

static void no_drift(struct cf_world *world, uint32_t process, int64_t offset, int32_t drift)
{
    (void)drift;
    whole->clock(world, process, offset, 0);
}

static void no_crash_after(struct cf_world *world, uint32_t process, uint64_t events)
{
    (void)world;
    (void)process;
    (void)events;
}

static void any_crash_after(struct cf_world *world, uint32_t process, uint64_t events)
{
    (void)events;
    whole->crash_after(world, process, 1);
}

static void no_schedule(struct cf_world *world, uint64_t at, uint32_t process, uint32_t word)
{
    (void)world;
    (void)at;
    (void)process;
    (void)word;
}

static void no_change(struct cf_world *world, uint32_t process)
{
    (void)world;
    (void)process;
}

static void no_way(struct cf_world *world, uint32_t from, uint32_t to)
{
    (void)world;
    (void)from;
    (void)to;
}

static void no_link(struct cf_world *world, uint32_t from, uint32_t to,
                    const struct cf_world_faults *faults)
{
    (void)world;
    (void)from;
    (void)to;
    (void)faults;
}

/* Runs a case of the suite, with the operations in `with_gap` or those of the world itself. */
static enum cf_verdict verdict_of(const char *name, bool gap)
{
    static struct cf_diagnostics diagnostics;
    static struct cf_outcome outcome;
    char path[PATH_BYTES];
    const struct cf_backend *backend = &cf_backend_reference;
    const char *root = getenv("URIPC_SOURCE_DIR");
    assert_non_null(root);
    (void)snprintf(path, sizeof path, "%s/conformance/cases/%s.case", root, name);
    struct cf_case *test_case = cf_case_read(path, &diagnostics);
    struct cf_world *world = backend->open(backend);
    assert_non_null(test_case);
    whole = world->ops;
    world->ops = gap ? &with_gap : whole;
    struct cf_runner *runner = cf_runner_create(world);
    cf_run(runner, test_case, 1, NULL, &outcome);
    cf_runner_destroy(runner); /* and its world */
    cf_case_free(test_case);
    return outcome.verdict;
}

static void assert_noticed(const char *name)
{
    assert_int_equal(verdict_of(name, false), CF_VERDICT_PASS);
    if (verdict_of(name, true) == CF_VERDICT_PASS)
        fail_msg("%s holds all the same", name);
}

static int begin(void **state)
{
    const struct cf_backend *backend = &cf_backend_reference;
    struct cf_world *world = backend->open(backend);
    (void)state;
    with_gap = *world->ops;
    world->ops->destroy(world);
    return 0;
}

static void slow_is_noticed(void **state)
{
    (void)state;
    with_gap.slow = no_slow;
    assert_noticed("sending/a-slow-receiver-fills-its-queue");
}

static void clock_is_noticed(void **state)
{
    (void)state;
    with_gap.clock = no_clock;
    assert_noticed("completion/a-deadline-follows-its-own-clock");
    assert_noticed("layers/a-session-between-clocks-that-drift");
    with_gap.clock = no_offset;
    assert_noticed("completion/a-deadline-follows-its-own-clock");
    with_gap.clock = no_drift;
    assert_noticed("layers/a-fast-clock-gives-up-sooner");
    assert_noticed("layers/freshness-runs-out-where-a-clock-drifts");
}

static void crash_at_an_event_is_noticed(void **state)
{
    (void)state;
    with_gap.crash_after = no_crash_after;
    assert_noticed("lifetime/a-receiver-dies-at-an-event-of-a-send");
    with_gap.crash_after = any_crash_after;
    assert_noticed("requests/a-requester-dies-at-an-event-of-its-request");
}

static void for_is_noticed(void **state)
{
    (void)state;
    with_gap.schedule = no_schedule;
    assert_noticed("layers/a-one-way-cut-that-heals");
    assert_noticed("sending/a-slow-receiver-takes-what-timed-out");
    assert_noticed("requests/a-server-dies-at-an-event-of-a-request");
}

static void cut_and_heal_are_noticed(void **state)
{
    (void)state;
    with_gap.cut = no_way;
    assert_noticed("layers/a-one-way-cut-that-heals");
    with_gap.cut = whole->cut;
    with_gap.heal = no_way;
    assert_noticed("layers/a-one-way-cut-that-heals");
}

static void link_is_noticed(void **state)
{
    (void)state;
    with_gap.link = no_link;
    assert_noticed("dispatch/a-worker-dies-with-what-it-was-given");
}

static void lives_and_pauses_are_noticed(void **state)
{
    (void)state;
    with_gap.crash = no_change;
    assert_noticed("lifetime/a-killed-owner-frees-its-name");
    with_gap.crash = whole->crash;
    with_gap.restart = no_change;
    assert_noticed("lifetime/a-restarted-process-starts-empty");
    with_gap.restart = whole->restart;
    with_gap.pause = no_change;
    assert_noticed("sending/a-paused-target-gives-no-answer");
    with_gap.pause = whole->pause;
    with_gap.resume = no_change;
    assert_noticed("lifetime/a-paused-process-goes-on-where-it-was");
}

#define TEST(name) cmocka_unit_test_setup(name, begin)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(slow_is_noticed),
        TEST(clock_is_noticed),
        TEST(crash_at_an_event_is_noticed),
        TEST(for_is_noticed),
        TEST(cut_and_heal_are_noticed),
        TEST(link_is_noticed),
        TEST(lives_and_pauses_are_noticed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
