/* SPDX-License-Identifier: MIT */
/* What the parser makes of the steps of the world. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "case.h"

#define HEADER "case x\npromise p\nclause SND-1 RTE-1\n"
#define HANDLE HEADER "A: register \"ipc:/a\" as h\n"

#define MS UINT64_C(1000000)

static struct cf_case *parse(const char *text)
{
    struct cf_diagnostics diagnostics = {.count = 0};
    struct cf_case *const made = cf_case_parse("memory", text, strlen(text), &diagnostics);
    if (made == NULL)
        cf_diagnostics_print(&diagnostics, stderr);
    assert_non_null(made);
    return made;
}

static void test_world_steps_name_processes(void **state)
{
    (void)state;
    struct cf_case *const made =
        parse(HEADER "principal B 1000\nlink A -> B delay 1us..2us loss 1/3 duplicate 2/5 reorder "
                     "size 6 capacity 7 transports 8\nA: register \"a\" as a\n"
                     "B: register \"b\" as b\ncut B A\nheal B -> A\nlink all clear\nwait 1.5us\n"
                     "quiet 2ns\nstep \"s\"\n");
    const struct cf_step *const steps = made->steps;
    assert_string_equal(made->processes[0].name, "B");
    assert_int_equal(made->processes[0].principal, 1000);
    assert_int_equal(made->processes[1].principal, 0);
    const struct cf_faults *const faults = &steps[1].faults;
    assert_int_equal(steps[1].process, 1);
    assert_int_equal(steps[1].peer, 0);
    assert_true(steps[1].one_way);
    assert_int_equal(faults->given, 127);
    assert_int_equal(faults->delay_min, 1000);
    assert_int_equal(faults->delay_max, 2000);
    assert_int_equal(faults->loss_den, 3);
    assert_int_equal(faults->duplicate_num, 2);
    assert_int_equal(faults->size, 6);
    assert_int_equal(faults->capacity, 7);
    assert_int_equal(faults->transports, 8);
    assert_false(steps[4].one_way);
    assert_true(steps[5].one_way);
    assert_int_equal(steps[6].process, CF_NONE);
    assert_int_equal(steps[6].faults.given, 0);
    assert_int_equal(steps[7].duration, 1500);
    assert_int_equal(steps[8].verb, CF_QUIET);
    assert_int_equal(steps[9].alternative_count, 0);
    cf_case_free(made);
}

static void test_faults_can_last_for_a_time(void **state)
{
    (void)state;
    struct cf_case *const made =
        parse(HEADER "A: register \"a\" as a\nB: register \"b\" as b\ncut A -> B for 1s\n"
                     "link A B loss 1/2 for 2s\npause A for 3s\ncrash B for 4s\n"
                     "crash A at event 7 for 5s\nslow B 6ms for 6s\nlink all clear\n");
    const struct cf_step *const steps = made->steps + 2;
    for (uint64_t i = 0; i < 6; i++)
        assert_int_equal(steps[i].lasting, (i + 1) * 1000 * MS);
    assert_int_equal(steps[1].faults.given, CF_FAULT_LOSS);
    assert_int_equal(steps[3].event, 0);
    assert_int_equal(steps[4].event, 7);
    assert_int_equal(steps[5].process, 1);
    assert_int_equal(steps[5].duration, 6 * MS);
    assert_int_equal(steps[6].lasting, 0);
    cf_case_free(made);
}

static void test_a_clock_has_an_offset_and_a_drift(void **state)
{
    (void)state;
    struct cf_case *const made =
        parse(HANDLE "clock A fast 1/8 behind 5ms\nclock A ahead 1s\nclock A slow 1/2\n"
                     "clock A clear\n");
    const struct cf_step *const steps = made->steps + 1;
    assert_int_equal(steps[0].clock.given, CF_CLOCK_FAST | CF_CLOCK_BEHIND);
    assert_int_equal(steps[0].clock.offset, 5 * MS);
    assert_int_equal(steps[0].clock.drift_num, 1);
    assert_int_equal(steps[0].clock.drift_den, 8);
    assert_int_equal(steps[1].clock.given, CF_CLOCK_AHEAD);
    assert_int_equal(steps[2].clock.given, CF_CLOCK_SLOW);
    assert_int_equal(steps[3].clock.given, 0);
    cf_case_free(made);
}

static void test_after_puts_a_step_off(void **state)
{
    (void)state;
    struct cf_case *const made =
        parse(HANDLE "A: start receive h as one\nafter 5ms A: cancel one\nafter 6ms restart A\n");
    assert_true(made->steps[2].scheduled);
    assert_int_equal(made->steps[2].after, 5 * MS);
    assert_int_equal(made->steps[2].verb, CF_CANCEL);
    assert_int_equal(made->steps[2].alternative_count, 0);
    assert_int_equal(made->steps[3].verb, CF_RESTART);
    assert_false(made->steps[1].scheduled);
    cf_case_free(made);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_world_steps_name_processes),
        cmocka_unit_test(test_faults_can_last_for_a_time),
        cmocka_unit_test(test_a_clock_has_an_offset_and_a_drift),
        cmocka_unit_test(test_after_puts_a_step_off),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
