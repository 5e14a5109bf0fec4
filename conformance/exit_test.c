/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "verdict.h"

static void exit_status_is_the_highest_of_4_3_1_2(void **state)
{
    (void)state;
    for (unsigned set = 0; set < 16; set++) {
        const struct cf_findings findings = {
            .broken = set & 1, .misused = set & 2, .unexpected = set & 4, .unresolved = set & 8};
        int expected = set & 1 ? 4 : set & 2 ? 3 : set & 4 ? 1 : set & 8 ? 2 : 0;
        assert_int_equal(cf_exit_status(&findings), expected);
    }
}

static void interrupted_run_says_so_whatever_it_found(void **state)
{
    (void)state;
    const struct cf_findings findings = {.interrupted = true, .unexpected = true, .broken = true};
    assert_int_equal(cf_exit_status(&findings), 130);
}

static void every_verdict_is_found_by_its_name(void **state)
{
    (void)state;
    for (int i = 0; i < CF_VERDICT_COUNT; i++) {
        enum cf_verdict verdict = (enum cf_verdict)i;
        enum cf_verdict found = CF_VERDICT_PASS;
        const char *name = cf_verdict_name(verdict);
        assert_true(cf_verdict_find(name, strlen(name), &found));
        assert_int_equal(found, verdict);
        assert_true(strlen(cf_verdict_text(verdict)) > 10);
    }
}

static void part_of_a_verdict_is_none(void **state)
{
    enum cf_verdict found = CF_VERDICT_CRASH;
    (void)state;
    assert_false(cf_verdict_find("pas", 3, &found));
    assert_false(cf_verdict_find("pass-", 5, &found));
    assert_int_equal(found, CF_VERDICT_CRASH);
}

static void only_fail_crash_and_timeout_break_conformance(void **state)
{
    (void)state;
    for (int i = 0; i < CF_VERDICT_COUNT; i++) {
        bool breaks = i == CF_VERDICT_FAIL || i == CF_VERDICT_CRASH || i == CF_VERDICT_TIMEOUT;
        assert_int_equal(cf_verdict_breaks((enum cf_verdict)i), breaks);
    }
}

static void a_failure_is_worse_than_what_breaks_nothing(void **state)
{
    (void)state;
    assert_int_equal(cf_verdict_worse(CF_VERDICT_PASS, CF_VERDICT_FAIL), CF_VERDICT_FAIL);
    assert_int_equal(cf_verdict_worse(CF_VERDICT_FAIL, CF_VERDICT_UNRESOLVED), CF_VERDICT_FAIL);
    assert_int_equal(cf_verdict_worse(CF_VERDICT_INFO, CF_VERDICT_PASS), CF_VERDICT_INFO);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(exit_status_is_the_highest_of_4_3_1_2),
        cmocka_unit_test(interrupted_run_says_so_whatever_it_found),
        cmocka_unit_test(every_verdict_is_found_by_its_name),
        cmocka_unit_test(part_of_a_verdict_is_none),
        cmocka_unit_test(only_fail_crash_and_timeout_break_conformance),
        cmocka_unit_test(a_failure_is_worse_than_what_breaks_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
