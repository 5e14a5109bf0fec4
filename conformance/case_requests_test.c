/* SPDX-License-Identifier: MIT */
/* What the parser makes of calls of requests. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "case.h"

#define HEADER "case x\npromise p\nclause REQ-1\n"
#define HANDLE HEADER "A: register \"ipc:/a\" as h\n"

static struct cf_case *parse(const char *text)
{
    struct cf_diagnostics diagnostics = {.count = 0};
    struct cf_case *const made = cf_case_parse("memory", text, strlen(text), &diagnostics);
    if (made == NULL)
        cf_diagnostics_print(&diagnostics, stderr);
    assert_non_null(made);
    return made;
}

static void test_calls_of_requests_take_their_options(void **state)
{
    (void)state;
    struct cf_case *const made = parse(
        HANDLE "A: start request \"t\" \"q\" retry 1us retries 2 backoff deadline 3us buffer 4 "
               "as asked\nA: serve h remember 5us deadline 6us -> \"q\" message as $m\n"
               "A: reply $m \"a\"\nA: survey \"g\" \"q\" during 7us as s\nA: receive s\n"
               "A: await asked -> from \"t\" \"a\"\n");
    const struct cf_step *const steps = made->steps;
    assert_int_equal(made->needs, CF_NEED_REQUESTS);
    assert_int_equal(steps[1].verb, CF_REQUEST);
    assert_memory_equal(steps[1].uri.at, "t", steps[1].uri.size);
    assert_null(steps[1].handle.name);
    assert_int_equal(steps[1].request.retry, 1000);
    assert_int_equal(steps[1].request.retries, 2);
    assert_true(steps[1].request.backoff);
    assert_int_equal(steps[1].deadline, 3000);
    assert_int_equal(steps[1].buffer, 4);
    assert_int_equal(steps[2].request.remember, 5000);
    assert_int_equal(steps[2].deadline, 6000);
    assert_int_equal(steps[2].buffer, CF_BUFFER_DEFAULT);
    assert_int_equal(steps[2].alternatives[0].checks & CF_CHECK_SOURCE, 0);
    assert_string_equal(steps[3].answered.name, "m");
    assert_int_equal(steps[3].answered.slot, 0);
    assert_int_equal(steps[4].request.duration, 7000);
    assert_string_equal(steps[4].handle.name, "s");
    cf_case_free(made);
}

static void test_a_request_over_a_session_needs_both(void **state)
{
    (void)state;
    struct cf_case *const made = parse(HEADER "A: listen \"d\" as door\nA: accept door as end\n"
                                              "A: request \"t\" over end -> \"a\"\n");
    assert_int_equal(made->needs, CF_NEED_SESSIONS | CF_NEED_REQUESTS);
    assert_string_equal(made->steps[2].handle.name, "end");
    cf_case_free(made);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_calls_of_requests_take_their_options),
        cmocka_unit_test(test_a_request_over_a_session_needs_both),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
