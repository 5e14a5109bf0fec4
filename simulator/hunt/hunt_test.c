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

static struct hunt_result once(struct hunt *hunt, uint64_t seed, const char *mode)
{
    const struct hunt_setup setup = {.seed = seed, .backend = &reference, .mode = mode};
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
    const struct hunt_result silent = once(hunt, 7, "calls");
    struct lines lines = {.plans = 0};
    const struct hunt_setup setup = {
        .seed = 7, .backend = &reference, .mode = "calls", .log = on_line, .user = &lines};
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
    hunt_free(hunt);
}

/* One by one, and what was asked for is what there is. */
static void all_modes_and_resolvers_are_drawn(void **state)
{
    (void)state;
    struct hunt *hunt = hunt_new();
    uint32_t seen[HUNT_MODES][HUNT_RESOLVERS] = {{0}};
    for (uint64_t seed = 1; seed <= 4 * RUNS; seed++) {
        const struct hunt_result result = once(hunt, seed, NULL);
        seen[result.mode][result.resolver]++;
    }
    for (uint32_t i = 0; i < HUNT_MODES * HUNT_RESOLVERS; i++)
        assert_true(seen[i / HUNT_RESOLVERS][i % HUNT_RESOLVERS] > 0);
    for (uint32_t i = 0; i < HUNT_RESOLVERS; i++) {
        const struct hunt_setup setup = {.seed = 1,
                                         .backend = &reference,
                                         .profile = "pipe-message",
                                         .mode = hunt_mode_names[i % HUNT_MODES],
                                         .resolver = hunt_resolver_names[i]};
        struct hunt_result result;
        hunt_run(hunt, &setup, &result);
        assert_int_equal(result.mode, i % HUNT_MODES);
        assert_int_equal(result.resolver, i);
        assert_string_equal(result.profile, "pipe-message");
    }
    hunt_free(hunt);
}

static void what_is_not_there_is_not_run(void **state)
{
    (void)state;
    const struct hunt_setup setups[] = {{.backend = &reference, .profile = "none"},
                                        {.backend = &reference, .mode = "none"},
                                        {.backend = &reference, .resolver = "none"}};
    struct hunt *hunt = hunt_new();
    for (size_t i = 0; i < sizeof setups / sizeof setups[0]; i++) {
        struct hunt_result result;
        hunt_run(hunt, &setups[i], &result);
        assert_false(result.ran);
    }
    hunt_free(hunt);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_run_is_a_function_of_its_seed),
        cmocka_unit_test(a_log_changes_nothing_and_tells_all),
        cmocka_unit_test(profiles_take_turns),
        cmocka_unit_test(all_modes_and_resolvers_are_drawn),
        cmocka_unit_test(what_is_not_there_is_not_run),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
