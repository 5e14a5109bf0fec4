/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "conformance/hash.h"
#include "histogram.h"

enum { SAMPLES = 50000 };

static const double shares[] = {0, 0.01, 0.25, 0.5, 0.9, 0.99, 0.999, 1};

enum { SHARES = sizeof(shares) / sizeof(shares[0]) };

/* Laws of very different shapes; each gives the value of sample `i`. */
static uint64_t uniform(uint64_t i)
{
    return cf_mix(i) % 1000000;
}

static uint64_t tiny(uint64_t i)
{
    return cf_mix(i) % 300;
}

static uint64_t every_size(uint64_t i)
{
    return (cf_mix(i) >> 22) >> (cf_mix(~i) % 42);
}

static uint64_t two_modes(uint64_t i)
{
    return cf_mix(i) % 100 ? 7000 + cf_mix(~i) % 500 : 40000000 + cf_mix(~i) % 5000000;
}

static uint64_t constant(uint64_t i)
{
    (void)i;
    return 123456789;
}

static int ascending(const void *a, const void *b)
{
    const uint64_t x = *(const uint64_t *)a;
    const uint64_t y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

/* The smallest sample that `share` of all do not exceed. */
static double exact(const uint64_t *sorted, size_t count, double share)
{
    double rank = share * (double)count;
    size_t index = 0;
    while ((double)(index + 1) < rank)
        index++;
    return (double)sorted[index];
}

static void compare(uint64_t (*law)(uint64_t))
{
    static uint64_t samples[SAMPLES];
    struct cf_histogram histogram = {0};
    for (size_t i = 0; i < SAMPLES; i++) {
        samples[i] = law(i);
        cf_histogram_add(&histogram, samples[i], 1);
    }
    qsort(samples, SAMPLES, sizeof(samples[0]), ascending);
    for (size_t i = 0; i < SHARES; i++) {
        double wanted = exact(samples, SAMPLES, shares[i]);
        double found = cf_histogram_percentile(&histogram, shares[i]);
        double error = found > wanted ? found - wanted : wanted - found;
        assert_true(error <= wanted / 128);
    }
}

static void test_percentiles_are_exact_to_a_128th(void **state)
{
    (void)state;
    compare(uniform);
    compare(tiny);
    compare(every_size);
    compare(two_modes);
    compare(constant);
}

static void test_slots_lie_side_by_side(void **state)
{
    (void)state;
    uint64_t next = 0;
    for (size_t i = 0; i < CF_HISTOGRAM_SLOTS; i++) {
        struct cf_histogram histogram = {0};
        uint64_t low = cf_histogram_low(i);
        uint64_t high = cf_histogram_high(i);
        assert_int_equal(low, next);
        assert_true((high - low) * 128 <= low);
        cf_histogram_add(&histogram, low, 1);
        cf_histogram_add(&histogram, high, 1);
        assert_int_equal(histogram.slots[i], 2);
        next = high + 1;
    }
    assert_true(next - 1 > UINT64_C(3600000000000));
}

static void test_what_is_too_long_counts_as_the_longest(void **state)
{
    (void)state;
    struct cf_histogram histogram = {0};
    cf_histogram_add(&histogram, UINT64_MAX, 3);
    assert_int_equal(histogram.slots[CF_HISTOGRAM_SLOTS - 1], 3);
    assert_int_equal(histogram.count, 3);
}

static void test_a_merged_one_is_that_of_all_samples(void **state)
{
    (void)state;
    struct cf_histogram whole = {0};
    struct cf_histogram parts[2] = {{0}, {0}};
    for (uint64_t i = 0; i < SAMPLES; i++) {
        cf_histogram_add(&whole, two_modes(i), 1);
        cf_histogram_add(&parts[i % 2], two_modes(i), 1);
    }
    cf_histogram_merge(&parts[0], &parts[1]);
    assert_memory_equal(&parts[0], &whole, sizeof(whole));
}

static void test_upper_bounds_and_counts_rebuild_it(void **state)
{
    (void)state;
    struct cf_histogram histogram = {0};
    struct cf_histogram again = {0};
    for (uint64_t i = 0; i < SAMPLES; i++)
        cf_histogram_add(&histogram, every_size(i), 1);
    for (size_t i = 0; i < CF_HISTOGRAM_SLOTS; i++)
        cf_histogram_add(&again, cf_histogram_high(i), histogram.slots[i]);
    assert_memory_equal(&again, &histogram, sizeof(histogram));
}

static void test_a_percentile_needs_ten_samples_beyond_it(void **state)
{
    (void)state;
    struct cf_histogram histogram = {0};
    assert_false(cf_histogram_supports(&histogram, 0.5));
    assert_true(cf_histogram_percentile(&histogram, 0.5) == 0);
    cf_histogram_add(&histogram, 5, 9999);
    assert_true(cf_histogram_supports(&histogram, 0.99));
    assert_false(cf_histogram_supports(&histogram, 0.999));
    cf_histogram_add(&histogram, 5, 1);
    assert_true(cf_histogram_supports(&histogram, 0.999));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_percentiles_are_exact_to_a_128th),
        cmocka_unit_test(test_slots_lie_side_by_side),
        cmocka_unit_test(test_what_is_too_long_counts_as_the_longest),
        cmocka_unit_test(test_a_merged_one_is_that_of_all_samples),
        cmocka_unit_test(test_upper_bounds_and_counts_rebuild_it),
        cmocka_unit_test(test_a_percentile_needs_ten_samples_beyond_it),
    };
    return cmocka_run_group_tests_name("histogram", tests, NULL, NULL);
}
