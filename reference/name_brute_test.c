/* SPDX-License-Identifier: MIT */
/* Compares names with the naive implementation: on every short text over a small alphabet, and on
 * many longer ones put together from pieces. */
#include "name.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "reference/fuzz/name_naive.h"

/* `any_capacity` also asks whether the limit holds for the result, not for what leads to it. */
static bool agree_on(struct uripc_text text, enum uripc_name_use use, bool any_capacity)
{
    char expected[256];
    char actual[256];
    size_t expected_length = 0;
    size_t actual_length = 0;
    enum uripc_status status =
        naive_canonical(text, use, expected, sizeof expected, &expected_length);

    if (uripc_name_canonical(text, use, actual, sizeof actual, &actual_length) != status)
        return false;
    if (actual_length != expected_length || memcmp(actual, expected, expected_length) != 0)
        return false;
    for (size_t capacity = 0; any_capacity && capacity < 64; capacity++) {
        bool fits = status == URIPC_OK && capacity >= expected_length;

        if ((uripc_name_canonical(text, use, actual, capacity, &actual_length) == URIPC_OK) != fits)
            return false;
    }
    return memcmp(actual, expected, expected_length) == 0;
}

static void compare(const char *text, size_t length, bool any_capacity)
{
    struct uripc_text name = {.at = text, .length = length};

    if (!agree_on(name, URIPC_NAME_REGISTERED, any_capacity))
        fail_msg("as a registered name: %.*s", (int)length, text);
    if (!agree_on(name, URIPC_NAME_TARGET, any_capacity))
        fail_msg("as a target: %.*s", (int)length, text);
}

/* Compares `prefix` followed by every text of up to `most` characters, shortest first. */
static unsigned compare_all(const char *prefix, unsigned most)
{
    static const char alphabet[] = "aA/.%2e:?";
    size_t start = strlen(prefix);
    unsigned compared = 0;

    for (unsigned length = 0; length <= most; length++) {
        char text[32];
        unsigned digits[8] = {0};
        unsigned i;

        strcpy(text, prefix);
        memset(text + start, alphabet[0], length);
        do {
            compare(text, start + length, false);
            compared++;
            for (i = 0; i < length; i++) {
                digits[i] = (digits[i] + 1) % (sizeof alphabet - 1);
                text[start + i] = alphabet[digits[i]];
                if (digits[i] != 0)
                    break;
            }
        } while (i < length);
    }
    return compared;
}

static void test_agrees_on_all_short_paths(void **state)
{
    (void)state;
    assert_int_equal(compare_all("ipc:/", 6), 597871);
}

static void test_agrees_on_all_short_authorities(void **state)
{
    (void)state;
    assert_int_equal(compare_all("http://", 5), 66430);
    assert_int_equal(compare_all("http://h", 4), 7381);
    assert_int_equal(compare_all("ipc://", 4), 7381);
}

static void test_agrees_on_all_short_texts(void **state)
{
    (void)state;
    assert_int_equal(compare_all("", 5), 66430);
}

static void test_agrees_on_texts_put_together_from_pieces(void **state)
{
    static const char *const starts[] = {
        "ipc:/",        "http://h",       "HTTPS://H:443/", "ipc:///",
        "http://[::1]", "x://%41%c3%a9:", "http://[1::2%]", "ipc://[::1.2.3.4]:1/"};
    static const char *const pieces[] = {
        "/",      "/",         "..",        ".",           "a",      "B",        "%2e",
        "%2F",    "%7E",       "%7b",       "\xC3\xA9",    "%C3%A9", "%c3",      "%A9",
        "%80",    "%E2%82%AC", ":",         "80",          "?",      "\xE2\x82", "\xF0\x9F\x92\xA9",
        "%F0%9F", "%92%A9",    "%ED%A0%80", "+",           "@",      "%00",      "%01",
        " ",      "//",        "/../",      "/aaaaaaaa/.."};
    unsigned long long random = 1;

    (void)state;
    for (unsigned round = 0; round < 60000; round++) {
        char text[256];
        unsigned count;

        random = random * 6364136223846793005ULL + 1442695040888963407ULL;
        strcpy(text, starts[random >> 61]);
        count = (unsigned)(random >> 40) % 9;
        for (unsigned i = 0; i < count; i++) {
            random = random * 6364136223846793005ULL + 1442695040888963407ULL;
            strcat(text, pieces[random >> 59]);
        }
        compare(text, strlen(text), true);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_agrees_on_all_short_paths),
        cmocka_unit_test(test_agrees_on_all_short_authorities),
        cmocka_unit_test(test_agrees_on_all_short_texts),
        cmocka_unit_test(test_agrees_on_texts_put_together_from_pieces),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
