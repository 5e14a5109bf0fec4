/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "fake_node.h"
#include "random.h"

/* The first values of SplitMix64 from the seed 1234567, as its public test vectors have them. */
static void stream_is_splitmix64(void **state)
{
    (void)state;
    static const uint64_t expected[] = {
        UINT64_C(6457827717110365317), UINT64_C(3203168211198807973), UINT64_C(9817491932198370423),
        UINT64_C(4593380528125082431), UINT64_C(16408922859458223821)};
    for (uint64_t i = 0; i < 5; i++)
        assert_int_equal(sim_random_value(1234567, i), expected[i]);
}

/* Keys are part of what a seed means: a change of theirs must be seen. */
static void keys_are_what_they_were(void **state)
{
    (void)state;
    const uint64_t key = sim_random_stream(sim_random_kind(7, SIM_KIND_LOSS), 42);
    assert_int_equal(key, UINT64_C(6852980935771634077));
}

static void scale_is_the_upper_half_of_the_product(void **state)
{
    (void)state;
    assert_int_equal(sim_random_scale(UINT64_MAX, UINT64_MAX), UINT64_MAX - 1);
    assert_int_equal(sim_random_scale(UINT64_MAX, 10), 9);
    assert_int_equal(sim_random_scale(0, 10), 0);
    assert_int_equal(sim_random_scale(UINT64_C(1) << 63, 10), 5);
    assert_int_equal(sim_random_scale((UINT64_C(1) << 63) - 1, 10), 4);
    assert_int_equal(sim_random_scale(UINT64_C(0x123456789abcdef0), UINT64_C(0xfedcba9876543210)),
                     UINT64_C(0x121fa00ad77d7422));
}

enum { DRAWS = 64000, CELLS = 16 };

/* Pearson's statistic for CELLS equally likely outcomes. */
static double chi_square(const uint32_t *count)
{
    const double expected = (double)DRAWS / CELLS;
    double sum = 0;
    for (int i = 0; i < CELLS; i++)
        sum += (count[i] - expected) * (count[i] - expected) / expected;
    return sum;
}

/* 15 degrees of freedom: above 49.8 with probability 1e-5. */
static void choose_is_even(void **state)
{
    (void)state;
    struct sim_world *world = fake_world(3, 1, NULL);
    for (uint64_t actor = 0; actor < 4; actor++) {
        uint32_t count[CELLS] = {0};
        for (int i = 0; i < DRAWS; i++)
            count[sim_choose(world, SIM_KIND_USER, actor, CELLS)]++;
        assert_true(chi_square(count) < 49.8);
    }
    sim_destroy(world);
}

/* Neighbouring streams as a sequence are as even as one stream, and so are pairs of them. */
static void streams_are_independent(void **state)
{
    (void)state;
    struct sim_world *world = fake_world(4, 1, NULL);
    uint32_t across[CELLS] = {0};
    uint32_t pairs[CELLS] = {0};
    for (uint64_t actor = 0; actor < DRAWS; actor++)
        across[sim_choose(world, SIM_KIND_USER, actor, CELLS)]++;
    for (uint64_t i = 0; i < DRAWS; i++) {
        const uint32_t a = sim_choose(world, SIM_KIND_USER + 1, 1, 4);
        const uint32_t b = sim_choose(world, SIM_KIND_USER + 1, 2, 4);
        pairs[a * 4 + b]++;
    }
    assert_true(chi_square(across) < 49.8);
    assert_true(chi_square(pairs) < 49.8);
    sim_destroy(world);
}

static void an_uneven_choice_would_be_seen(void **state)
{
    (void)state;
    uint32_t count[CELLS];
    for (int i = 0; i < CELLS; i++)
        count[i] = DRAWS / CELLS;
    count[0] += 400;
    count[1] -= 400;
    assert_true(chi_square(count) > 49.8);
}

static void another_draw_changes_no_other_stream(void **state)
{
    (void)state;
    struct sim_world *one = fake_world(5, 1, NULL);
    struct sim_world *two = fake_world(5, 1, NULL);
    for (uint64_t i = 0; i < 200; i++) {
        if (i % 3 == 0) {
            (void)sim_draw(two, SIM_KIND_USER + 1, 9);
            (void)sim_choose(two, SIM_KIND_USER, 8, 5);
        }
        assert_int_equal(sim_draw(one, SIM_KIND_USER, 9), sim_draw(two, SIM_KIND_USER, 9));
    }
    assert_int_not_equal(sim_fingerprint(one), sim_fingerprint(two));
    sim_destroy(one);
    sim_destroy(two);
}

static void what_is_no_choice_draws_nothing(void **state)
{
    (void)state;
    struct sim_world *world = fake_world(6, 1, NULL);
    const uint64_t before = sim_fingerprint(world);
    assert_int_equal(sim_choose(world, SIM_KIND_USER, 0, 1), 0);
    assert_int_equal(sim_choose(world, SIM_KIND_USER, 0, 0), 0);
    assert_false(sim_chance(world, SIM_KIND_USER, 0, 0, 10));
    assert_false(sim_chance(world, SIM_KIND_USER, 0, 1, 0));
    assert_true(sim_chance(world, SIM_KIND_USER, 0, 10, 10));
    assert_int_equal(sim_between(world, SIM_KIND_USER, 0, 7, 7), 7);
    assert_int_equal(sim_counters(world)->choices, 0);
    assert_int_equal(sim_fingerprint(world), before);
    (void)sim_choose(world, SIM_KIND_USER, 0, 2);
    assert_int_equal(sim_counters(world)->choices, 1);
    sim_destroy(world);
}

static void between_reaches_both_ends_and_no_further(void **state)
{
    (void)state;
    struct sim_world *world = fake_world(8, 1, NULL);
    bool seen[5] = {false};
    for (int i = 0; i < 200; i++) {
        const uint64_t value = sim_between(world, SIM_KIND_USER, 0, 10, 14);
        assert_in_range(value, 10, 14);
        seen[value - 10] = true;
    }
    for (int i = 0; i < 5; i++)
        assert_true(seen[i]);
    sim_destroy(world);
}

static uint32_t last_choice(void *state, const struct sim_point *at, uint32_t n, uint32_t num,
                            uint32_t den)
{
    (void)at;
    (void)num;
    (void)den;
    ++*(uint32_t *)state;
    return n - 1;
}

static uint64_t greatest_draw(void *state, const struct sim_point *at)
{
    (void)at;
    ++*(uint32_t *)state;
    return UINT64_MAX;
}

static void every_choice_goes_through_the_source(void **state)
{
    (void)state;
    uint32_t asked = 0;
    const struct sim_source source = {
        .choose = last_choice, .draw = greatest_draw, .state = &asked};
    const struct sim_link_faults link = {
        .delay_min = 5, .delay_max = 9, .loss_num = 1, .loss_den = 1000};
    const struct sim_config config = {.size = sizeof config,
                                      .backend = &fake_backend,
                                      .source = &source,
                                      .link = &link,
                                      .processes = 2};
    struct sim_world *world = sim_create(&config);
    (void)sim_start(world, 1);
    (void)sim_start(world, 2);
    assert_int_equal(sim_choose(world, SIM_KIND_USER, 0, 5), 4);
    assert_int_equal(sim_between(world, SIM_KIND_USER, 0, 10, 14), 14);
    (void)fake_send(world, 0, 1, 1);
    assert_int_equal(sim_counters(world)->lost, 1);
    assert_int_equal(asked, 3);
    sim_destroy(world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(stream_is_splitmix64),
        cmocka_unit_test(keys_are_what_they_were),
        cmocka_unit_test(scale_is_the_upper_half_of_the_product),
        cmocka_unit_test(choose_is_even),
        cmocka_unit_test(streams_are_independent),
        cmocka_unit_test(an_uneven_choice_would_be_seen),
        cmocka_unit_test(another_draw_changes_no_other_stream),
        cmocka_unit_test(what_is_no_choice_draws_nothing),
        cmocka_unit_test(between_reaches_both_ends_and_no_further),
        cmocka_unit_test(every_choice_goes_through_the_source),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
