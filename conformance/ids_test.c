/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "ids.h"

static void equal_strings_have_one_number_and_others_another(void **state)
{
    struct cf_ids ids = {0};
    char text[16];
    (void)state;
    for (uint32_t round = 0; round < 2; round++) {
        for (uint32_t i = 1; i <= 1000; i++) {
            snprintf(text, sizeof(text), "%u", (unsigned)i);
            assert_int_equal(i, cf_ids_number(&ids, text));
        }
    }
    cf_ids_free(&ids);
}

static void a_number_gives_its_string_back(void **state)
{
    struct cf_ids ids = {0};
    (void)state;
    assert_null(cf_ids_text(&ids, 1));
    uint32_t number = cf_ids_number(&ids, "x");
    assert_string_equal("x", cf_ids_text(&ids, number));
    assert_null(cf_ids_text(&ids, 0));
    assert_null(cf_ids_text(&ids, number + 1));
    cf_ids_free(&ids);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(equal_strings_have_one_number_and_others_another),
        cmocka_unit_test(a_number_gives_its_string_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
