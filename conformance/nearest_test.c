/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "nearest.h"

static size_t distance(const char *a, const char *b)
{
    return cf_edit_distance(a, strlen(a), b, strlen(b));
}

static void test_each_edit_counts_one(void **state)
{
    (void)state;
    assert_int_equal(distance("", ""), 0);
    assert_int_equal(distance("", "abc"), 3);
    assert_int_equal(distance("receive", "receive"), 0);
    assert_int_equal(distance("receve", "receive"), 1);
    assert_int_equal(distance("recceive", "receive"), 1);
    assert_int_equal(distance("reseive", "receive"), 1);
    assert_int_equal(distance("recieve", "receive"), 1);
    assert_int_equal(distance("kitten", "sitting"), 3);
    assert_int_equal(distance("ca", "abc"), 3);
}

static void test_long_words_are_far_unless_equal(void **state)
{
    (void)state;
    char a[80], b[80];
    memset(a, 'a', sizeof a);
    memset(b, 'a', sizeof b);
    assert_int_equal(cf_edit_distance(a, 64, b, 63), 1);
    assert_int_equal(cf_edit_distance(a, 65, b, 65), 0);
    assert_true(cf_edit_distance(a, 65, b, 64) == SIZE_MAX);
}

static void test_the_nearest_word_is_found(void **state)
{
    (void)state;
    const char *const words[] = {"register", "receive", "send", "close"};
    assert_string_equal(cf_nearest_word("recieve", words, 4), "receive");
    assert_string_equal(cf_nearest_word("snd", words, 4), "send");
    assert_string_equal(cf_nearest_word("regisster", words, 4), "register");
    assert_null(cf_nearest_word("frobnicate", words, 4));
    assert_null(cf_nearest_word("", words, 4));
}

static void test_of_words_equally_near_the_first_is_taken(void **state)
{
    (void)state;
    const char *const words[] = {"reg1", "reg2"};
    assert_string_equal(cf_nearest_word("reg3", words, 2), "reg1");
}

static void test_a_short_word_is_not_near_everything(void **state)
{
    (void)state;
    const char *const words[] = {"A", "to"};
    assert_null(cf_nearest_word("B", words, 2));
    assert_null(cf_nearest_word("as", words, 2));
    assert_string_equal(cf_nearest_word("ti", words, 2), "to");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_edit_counts_one),
        cmocka_unit_test(test_long_words_are_far_unless_equal),
        cmocka_unit_test(test_the_nearest_word_is_found),
        cmocka_unit_test(test_of_words_equally_near_the_first_is_taken),
        cmocka_unit_test(test_a_short_word_is_not_near_everything),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
