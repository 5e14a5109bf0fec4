/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "probe.h"

static const struct cf_case probing = {.needs = CF_NEED_GROUP | CF_NEED_CRASH,
                                       .probes = CF_NEED_GROUP};

static struct cf_outcome judged(uint32_t capabilities, enum cf_verdict verdict, const char *reason)
{
    struct cf_outcome outcome = {.verdict = verdict, .failed_step = 3, .failed_line = 9};
    strcpy(outcome.reason, reason);
    cf_probe_judge(&probing, capabilities, &outcome);
    return outcome;
}

static void what_is_declared_must_be_there(void **state)
{
    (void)state;
    assert_int_equal(judged(CF_NEED_GROUP, CF_VERDICT_PASS, "").verdict, CF_VERDICT_PASS);
    struct cf_outcome outcome = judged(CF_NEED_GROUP, CF_VERDICT_FAIL, "expected ok");
    assert_int_equal(outcome.verdict, CF_VERDICT_FAIL);
    assert_string_equal(outcome.reason, "declared `group`, but expected ok");
    assert_int_equal(outcome.failed_line, 9);
}

static void what_is_there_must_be_declared(void **state)
{
    (void)state;
    static const enum cf_verdict passed[] = {CF_VERDICT_PASS, CF_VERDICT_INFO,
                                             CF_VERDICT_PASS_NONSTRICT};
    for (size_t i = 0; i < 3; i++) {
        struct cf_outcome outcome = judged(CF_NEED_INFO, passed[i], "");
        assert_int_equal(outcome.verdict, CF_VERDICT_FAIL);
        assert_string_equal(outcome.reason, "not declared `group`, but it is there");
    }
}

static void what_is_neither_is_unsupported_and_blames_nothing(void **state)
{
    (void)state;
    struct cf_outcome outcome = judged(0, CF_VERDICT_FAIL, "expected ok");
    assert_int_equal(outcome.verdict, CF_VERDICT_UNSUPPORTED);
    assert_string_equal(outcome.reason, "not declared `group`: expected ok");
    assert_int_equal(outcome.failed_step, CF_NONE);
    assert_int_equal(outcome.failed_line, 0);
}

static void no_declaration_excuses_a_crash_or_a_broken_world(void **state)
{
    (void)state;
    static const enum cf_verdict kept[] = {CF_VERDICT_CRASH, CF_VERDICT_TIMEOUT,
                                           CF_VERDICT_UNRESOLVED};
    for (size_t i = 0; i < 3; i++) {
        struct cf_outcome outcome = judged(0, kept[i], "why");
        assert_int_equal(outcome.verdict, kept[i]);
        assert_string_equal(outcome.reason, "why");
    }
}

static void a_long_reason_loses_its_end(void **state)
{
    (void)state;
    char reason[CF_REASON_MAX];
    memset(reason, 'x', sizeof(reason) - 1);
    reason[sizeof(reason) - 1] = '\0';
    struct cf_outcome outcome = judged(CF_NEED_GROUP, CF_VERDICT_FAIL, reason);
    assert_int_equal(strlen(outcome.reason), CF_REASON_MAX - 1);
    assert_memory_equal(outcome.reason, "declared `group`, but xx", 24);
}

static void a_case_is_missing_what_it_needs_and_does_not_probe(void **state)
{
    (void)state;
    assert_int_equal(cf_missing(&probing, 0), CF_NEED_CRASH);
    assert_int_equal(cf_missing(&probing, CF_NEED_CRASH), 0);
    const struct cf_case layout = {.needs = CF_NEED_LAYOUT, .probes = CF_NEED_LAYOUT};
    assert_int_equal(cf_missing(&layout, 0), CF_NEED_LAYOUT);
}

static void needs_are_told_by_name(void **state)
{
    (void)state;
    char text[32];
    cf_needs_text(CF_NEED_GROUP | CF_NEED_CRASH, text, sizeof(text));
    assert_string_equal(text, "group crash");
    cf_needs_text(0, text, sizeof(text));
    assert_string_equal(text, "");
    cf_needs_text(UINT32_MAX, text, sizeof(text));
    assert_int_equal(strlen(text), sizeof(text) - 1);
}

#define TEST(name) cmocka_unit_test(name)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(what_is_declared_must_be_there),
        TEST(what_is_there_must_be_declared),
        TEST(what_is_neither_is_unsupported_and_blames_nothing),
        TEST(no_declaration_excuses_a_crash_or_a_broken_world),
        TEST(a_long_reason_loses_its_end),
        TEST(a_case_is_missing_what_it_needs_and_does_not_probe),
        TEST(needs_are_told_by_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
