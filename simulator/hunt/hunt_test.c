/* SPDX-License-Identifier: MIT */
/* A run is a function of its setup; what runs find is tested by conformance/hunt_test.py. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "simulator/hunt/hunt.h"

enum { RUNS = 40 };

static const struct sim_backend reference = {
    .name = "reference", .node = &uripc_node_ops, .table = &uripc_table_ops};

static struct hunt_result once(struct hunt *hunt, uint64_t seed, const char *profile)
{
    const struct hunt_setup setup = {.seed = seed, .backend = &reference, .profile = profile};
    struct hunt_result result;
    hunt_run(hunt, &setup, &result);
    assert_true(result.ran);
    assert_string_equal(result.clause, "");
    return result;
}

static void a_run_is_a_function_of_its_seed(void **state)
{
    (void)state;
    struct hunt *one = hunt_new();
    struct hunt *two = hunt_new();
    uint64_t before = 0;
    for (uint64_t seed = 1; seed <= RUNS; seed++) {
        const struct hunt_result first = once(one, seed, NULL);
        (void)once(two, seed + 1, NULL); /* what the memory has seen does not matter */
        const struct hunt_result second = once(two, seed, NULL);
        assert_memory_equal(&first.counters, &second.counters, sizeof first.counters);
        assert_memory_equal(first.counts, second.counts, sizeof first.counts);
        assert_int_equal(first.fingerprint, second.fingerprint);
        assert_int_not_equal(first.fingerprint, before);
        before = first.fingerprint;
    }
    hunt_free(one);
    hunt_free(two);
}

struct lines {
    unsigned plans, completions;
};

static void on_line(void *user, const char *line)
{
    struct lines *lines = user;
    lines->plans += strstr(line, "  plan ") != NULL;
    lines->completions += strstr(line, " completes ") != NULL;
}

static void a_log_changes_nothing_and_tells_all(void **state)
{
    (void)state;
    struct hunt *hunt = hunt_new();
    const struct hunt_result silent = once(hunt, 7, NULL);
    struct lines lines = {.plans = 0};
    const struct hunt_setup setup = {
        .seed = 7, .backend = &reference, .log = on_line, .user = &lines};
    struct hunt_result loud;
    hunt_run(hunt, &setup, &loud);
    assert_int_equal(loud.fingerprint, silent.fingerprint);
    assert_true(lines.plans > 0);
    assert_true(lines.completions > loud.counts[HUNT_RECEIVED]);
    hunt_free(hunt);
}

static void profiles_take_turns(void **state)
{
    (void)state;
    struct hunt *hunt = hunt_new();
    for (size_t i = 0; i < sim_profile_count(); i++)
        assert_string_equal(once(hunt, i, NULL).profile, sim_profile_at(i)->name);
    assert_string_equal(once(hunt, 1, "pipe-message").profile, "pipe-message");
    const struct hunt_setup setup = {.seed = 1, .backend = &reference, .profile = "none"};
    struct hunt_result result;
    hunt_run(hunt, &setup, &result);
    assert_false(result.ran);
    hunt_free(hunt);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_run_is_a_function_of_its_seed),
        cmocka_unit_test(a_log_changes_nothing_and_tells_all),
        cmocka_unit_test(profiles_take_turns),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
