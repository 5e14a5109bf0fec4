/* SPDX-License-Identifier: MIT */
#include "name.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static void test_utf16_pairs_become_one_code_point(void **state)
{
    static const uint16_t text[] = {'i',    'p',    'c',    ':',    '/',    0x7F,   0x80,
                                    0x7FF,  0x800,  0xD7FF, 0xE000, 0xFFFF, 0xD800, 0xDC00,
                                    0xD83D, 0xDCA9, 0xDBFF, 0xDFFF, 0};
    static const char expected[] = "ipc:/\x7F\xC2\x80\xDF\xBF\xE0\xA0\x80\xED\x9F\xBF\xEE\x80\x80"
                                   "\xEF\xBF\xBF\xF0\x90\x80\x80\xF0\x9F\x92\xA9\xF4\x8F\xBF\xBF";
    char out[64];
    size_t length = 4711;
    size_t units = sizeof text / sizeof text[0];

    (void)state;
    assert_int_equal(uripc_name_from_utf16(text, units, out, sizeof expected, &length), URIPC_OK);
    assert_int_equal(length, sizeof expected);
    assert_memory_equal(out, expected, length);
    for (size_t capacity = 0; capacity < sizeof expected; capacity++)
        assert_int_equal(uripc_name_from_utf16(text, units, out, capacity, &length),
                         URIPC_INVALID_NAME);
    assert_int_equal(uripc_name_from_utf16(NULL, 0, out, 0, &length), URIPC_OK);
    assert_int_equal(length, 0);
}

static void test_utf16_refuses_unpaired_surrogates(void **state)
{
    static const uint16_t texts[][3] = {{'a', 0xD800, 'b'},    {'a', 'b', 0xDBFF},
                                        {'a', 0xDC00, 'b'},    {0xDFFF, 'a', 'b'},
                                        {0xDC00, 0xD800, 'a'}, {0xD800, 0xD800, 0xDC00}};
    char out[64];
    size_t length = 4711;

    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        assert_int_equal(uripc_name_from_utf16(texts[i], 3, out, sizeof out, &length),
                         URIPC_INVALID_NAME);
    /* A pair that is split between two texts is two unpaired halves. */
    assert_int_equal(uripc_name_from_utf16((const uint16_t[]){0xD83D}, 1, out, sizeof out, &length),
                     URIPC_INVALID_NAME);
    assert_int_equal(uripc_name_from_utf16((const uint16_t[]){0xDCA9}, 1, out, sizeof out, &length),
                     URIPC_INVALID_NAME);
    assert_int_equal(length, 4711);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_utf16_pairs_become_one_code_point),
        cmocka_unit_test(test_utf16_refuses_unpaired_surrogates),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
