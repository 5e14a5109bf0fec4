/* SPDX-License-Identifier: MIT */
/* The statistic on noise made here: it must not see what is not there, and must see a difference of
 * 5 %.  All numbers are drawn from fixed keys, so a run is like every other. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "conformance/hash.h"
#include "ratio.h"

enum { RUNS = 100, ROUNDS = 60 };

/* Evenly from 0 to 1. */
static double even(uint64_t key)
{
    return (double)(cf_mix(key) >> 11) / 9007199254740992.0;
}

/* Nearly normal, with deviation 1. */
static double normal(uint64_t key)
{
    double sum = 0;
    for (uint64_t i = 0; i < 12; i++)
        sum += even(cf_hash_word(key, i));
    return sum - 6;
}

/* Laws of the noise of one round, in hundredths. */
static double quiet(uint64_t key)
{
    return 2 * normal(key);
}

static double noisy(uint64_t key)
{
    return 4 * normal(key);
}

/* A neighbour takes the processor now and then, from one side or the other. */
static double disturbed(uint64_t key)
{
    double chance = even(~key);
    double blow = chance < 0.1 ? -40 * even(key + 1) : chance < 0.2 ? 40 * even(key + 1) : 0;
    return 2.5 * normal(key) + blow;
}

/* Two speeds, at random in each round. */
static double bimodal(uint64_t key)
{
    return (even(~key) < 0.5 ? -3 : 3) + normal(key);
}

static double (*const laws[])(uint64_t) = {quiet, noisy, disturbed, bimodal};

enum { LAWS = sizeof(laws) / sizeof(laws[0]) };

/* How many of RUNS comparisons with that true ratio end in each verdict. */
static void judge_many(double (*law)(uint64_t), double ratio, unsigned counts[4])
{
    for (uint64_t run = 0; run < RUNS; run++) {
        double logs[ROUNDS];
        for (uint64_t i = 0; i < ROUNDS; i++)
            logs[i] = log(ratio) + law(cf_hash_word(run, i)) / 100;
        counts[cf_ratio_of(logs, ROUNDS, run).verdict]++;
    }
}

static void test_equals_are_not_told_apart(void **state)
{
    (void)state;
    for (size_t i = 0; i < LAWS; i++) {
        unsigned counts[4] = {0};
        judge_many(laws[i], 1, counts);
        assert_true(counts[CF_RATIO_FASTER] + counts[CF_RATIO_SLOWER] <= RUNS / 100);
    }
}

static void test_five_hundredths_are_found(void **state)
{
    (void)state;
    for (size_t i = 0; i < LAWS; i++) {
        unsigned counts[4] = {0};
        judge_many(laws[i], 1.05, counts);
        assert_true(counts[CF_RATIO_FASTER] >= RUNS * 95 / 100);
        assert_int_equal(counts[CF_RATIO_SLOWER], 0);
    }
}

static void test_it_does_not_matter_who_comes_first(void **state)
{
    (void)state;
    unsigned counts[4] = {0};
    judge_many(quiet, 1 / 1.05, counts);
    assert_true(counts[CF_RATIO_SLOWER] >= RUNS * 95 / 100);
}

static void test_a_difference_within_the_margin_is_none(void **state)
{
    (void)state;
    unsigned counts[4] = {0};
    judge_many(quiet, 1.01, counts);
    assert_true(counts[CF_RATIO_FASTER] + counts[CF_RATIO_SLOWER] <= RUNS / 100);
}

static void test_equal_is_said_only_where_nothing_can_hide(void **state)
{
    (void)state;
    double tight[10] = {0.001, -0.001, 0.002, 0, 0, 0.001, 0, -0.002, 0.001, 0};
    double wide[10] = {0.1, -0.1, 0.2, 0, 0.05, -0.1, 0.02, -0.2, 0.1, -0.05};
    assert_int_equal(cf_ratio_of(tight, 10, 1).verdict, CF_RATIO_EQUAL);
    assert_int_equal(cf_ratio_of(wide, 10, 1).verdict, CF_RATIO_UNSURE);
}

static void test_the_interval_holds_the_truth_as_often_as_it_says(void **state)
{
    (void)state;
    unsigned held = 0;
    unsigned narrow = 0;
    for (uint64_t run = 0; run < 2 * RUNS; run++) {
        double logs[ROUNDS];
        for (uint64_t i = 0; i < ROUNDS; i++)
            logs[i] = log(3) + disturbed(cf_hash_word(run, i)) / 100;
        struct cf_ratio ratio = cf_ratio_of(logs, ROUNDS, run);
        assert_true(ratio.low <= ratio.ratio && ratio.ratio <= ratio.high);
        held += ratio.low <= 3 && 3 <= ratio.high;
        narrow += ratio.low > 2.85 && ratio.high < 3.15;
    }
    assert_true(held >= 2 * RUNS * 97 / 100);
    assert_true(narrow >= 2 * RUNS * 95 / 100); /* one that holds everything says nothing */
}

static void test_few_rounds_claim_nothing(void **state)
{
    (void)state;
    double logs[CF_RATIO_ROUNDS_MIN - 1] = {1, 1, 1, 1};
    struct cf_ratio ratio = cf_ratio_of(logs, CF_RATIO_ROUNDS_MIN - 1, 1);
    assert_int_equal(ratio.verdict, CF_RATIO_UNSURE);
    assert_true(ratio.low == 0 && isinf(ratio.high));
    assert_true(fabs(ratio.ratio - exp(1)) < 1e-9);
    assert_int_equal(cf_ratio_of(logs, 0, 1).verdict, CF_RATIO_UNSURE);
}

static void test_the_same_seed_gives_the_same_interval(void **state)
{
    (void)state;
    struct cf_ratio ratios[2];
    for (size_t k = 0; k < 2; k++) {
        double logs[ROUNDS];
        for (uint64_t i = 0; i < ROUNDS; i++)
            logs[i] = noisy(i) / 100;
        ratios[k] = cf_ratio_of(logs, ROUNDS, 7);
    }
    assert_true(ratios[0].low == ratios[1].low && ratios[0].high == ratios[1].high);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_equals_are_not_told_apart),
        cmocka_unit_test(test_five_hundredths_are_found),
        cmocka_unit_test(test_it_does_not_matter_who_comes_first),
        cmocka_unit_test(test_a_difference_within_the_margin_is_none),
        cmocka_unit_test(test_equal_is_said_only_where_nothing_can_hide),
        cmocka_unit_test(test_the_interval_holds_the_truth_as_often_as_it_says),
        cmocka_unit_test(test_few_rounds_claim_nothing),
        cmocka_unit_test(test_the_same_seed_gives_the_same_interval),
    };
    return cmocka_run_group_tests_name("ratio", tests, NULL, NULL);
}
