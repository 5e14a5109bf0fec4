/* SPDX-License-Identifier: MIT */
#include "pool.h"

#include <stdarg.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { REGION = 1024 };

static _Alignas(8) unsigned char region[REGION];

static struct uripc__pool fresh(void)
{
    struct uripc__pool pool;
    uripc__pool_init(&pool, region, REGION);
    return pool;
}

static void hands_out_aligned_chunks_that_do_not_overlap(void **state)
{
    (void)state;
    struct uripc__pool pool = fresh();
    uint32_t a = uripc__pool_take(&pool, region, 1);
    uint32_t b = uripc__pool_take(&pool, region, 100);
    assert_int_not_equal(a, 0);
    assert_int_equal(a % 8, 0);
    assert_int_equal(b % 8, 0);
    assert_true(b >= a + 1);
}

static void a_whole_region_can_be_one_chunk_again(void **state)
{
    (void)state;
    struct uripc__pool pool = fresh();
    uint32_t taken[64];
    unsigned count = 0;
    while ((taken[count] = uripc__pool_take(&pool, region, 24)) != 0)
        count++;
    assert_int_equal(count, REGION / 32);
    for (unsigned i = 0; i < count; i += 2)
        uripc__pool_give(&pool, region, taken[i]);
    assert_int_equal(uripc__pool_take(&pool, region, 25), 0); /* free, but in pieces */
    for (unsigned i = 1; i < count; i += 2)
        uripc__pool_give(&pool, region, taken[i]);
    assert_int_not_equal(uripc__pool_take(&pool, region, REGION - 8), 0);
}

static void what_was_given_back_is_handed_out_next(void **state)
{
    (void)state;
    struct uripc__pool pool = fresh();
    uint32_t first = uripc__pool_take(&pool, region, 24);
    uint32_t second = uripc__pool_take(&pool, region, 24);
    uripc__pool_give(&pool, region, first);
    assert_int_equal(uripc__pool_take(&pool, region, 24), first);
    uripc__pool_give(&pool, region, second);
    assert_int_equal(uripc__pool_take(&pool, region, 24), second);
}

static void refuses_what_it_can_never_hold(void **state)
{
    (void)state;
    struct uripc__pool pool = fresh();
    assert_true(uripc__pool_can_hold(&pool, REGION - 8));
    assert_false(uripc__pool_can_hold(&pool, REGION - 7));
    assert_false(uripc__pool_can_hold(&pool, UINT64_MAX));
    assert_int_equal(uripc__pool_take(&pool, region, REGION - 7), 0);
}

/* Random takes and gives against a plain map of bytes. */
static void never_hands_out_a_byte_twice(void **state)
{
    (void)state;
    struct uripc__pool pool = fresh();
    struct {
        uint32_t at, size;
    } held[32] = {0};
    unsigned char owner[REGION] = {0};
    uint64_t random = 1;
    for (int turn = 0; turn < 20000; turn++) {
        random = random * 6364136223846793005u + 1442695040888963407u;
        unsigned i = (unsigned)(random >> 59);
        if (held[i].at != 0) {
            memset(owner + held[i].at, 0, held[i].size);
            uripc__pool_give(&pool, region, held[i].at);
            held[i].at = 0;
            continue;
        }
        held[i].size = 1 + (uint32_t)(random >> 40) % 90;
        held[i].at = uripc__pool_take(&pool, region, held[i].size);
        for (uint32_t b = 0; held[i].at != 0 && b < held[i].size; b++) {
            assert_true(held[i].at + b < REGION);
            assert_int_equal(owner[held[i].at + b], 0);
            owner[held[i].at + b] = 1;
        }
    }
    for (unsigned i = 0; i < 32; i++)
        if (held[i].at != 0)
            uripc__pool_give(&pool, region, held[i].at);
    assert_int_not_equal(uripc__pool_take(&pool, region, REGION - 8), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hands_out_aligned_chunks_that_do_not_overlap),
        cmocka_unit_test(a_whole_region_can_be_one_chunk_again),
        cmocka_unit_test(what_was_given_back_is_handed_out_next),
        cmocka_unit_test(refuses_what_it_can_never_hold),
        cmocka_unit_test(never_hands_out_a_byte_twice),
    };
    return cmocka_run_group_tests(tests, NULL, NULL) != 0;
}
