/* SPDX-License-Identifier: MIT */
/* Whatever process crashes, and at whichever of its events: the rules of histories hold, nothing
 * goes on without end, and the same crash gives the same run. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "backends/backends.h"
#include "run.h"

enum { PATH_BYTES = 4096 };

struct exploration {
    struct cf_runner *runner;
    struct cf_case *test_case;
    struct cf_recording recording;
};

static void explore(struct exploration *self, const char *name)
{
    static struct cf_diagnostics diagnostics;
    char path[PATH_BYTES];
    const char *root = getenv("URIPC_SOURCE_DIR");
    assert_non_null(root);
    (void)snprintf(path, sizeof path, "%s/conformance/cases/%s.case", root, name);
    self->test_case = cf_case_read(path, &diagnostics);
    assert_non_null(self->test_case);
    self->runner = cf_runner_create(cf_backend_reference.open(&cf_backend_reference));
    assert_non_null(self->runner);
}

static void finish(struct exploration *self)
{
    cf_recording_free(&self->recording);
    cf_runner_destroy(self->runner);
    cf_case_free(self->test_case);
}

/* Whether the crash came. */
static bool crash(struct exploration *self, uint32_t process, uint64_t event)
{
    static struct cf_outcome outcome;
    cf_runner_interrupt(self->runner, process, event);
    cf_run(self->runner, self->test_case, 1, NULL, &outcome);
    const uint64_t fingerprint = outcome.fingerprint;
    if (outcome.verdict > CF_VERDICT_INFO) {
        cf_run(self->runner, self->test_case, 1, &self->recording, &outcome);
        fail_msg("%s, crash of %s at event %u: %s", self->test_case->name,
                 self->test_case->processes[process].name, (unsigned)event, outcome.reason);
    }
    cf_run(self->runner, self->test_case, 1, NULL, &outcome);
    assert_int_equal(outcome.fingerprint, fingerprint);
    return outcome.interrupted;
}

/* Returns how many points there were. */
static unsigned crash_everywhere(const char *name)
{
    struct exploration self = {.runner = NULL};
    unsigned points = 0;
    explore(&self, name);
    for (uint32_t process = 0; process < self.test_case->process_count; process++)
        for (uint64_t event = 1; crash(&self, process, event); event++)
            points++;
    finish(&self);
    return points;
}

static void the_rules_hold_wherever_a_process_crashes(void **state)
{
    static const struct {
        const char *name;
        unsigned points; /* at least */
    } cases[] = {
        {"requests/the-ten-steps-of-the-note", 8},
        {"requests/requests-over-a-session-and-a-bad-way", 80},
        {"requests/workers-share-a-queue", 14},
        {"layers/closed-died-and-silent-are-three", 80},
        {"layers/what-comes-again-is-not-taken-again", 60},
        {"sending/a-hundred-messages-keep-their-order", 200},
        {"sending/blocked-sends-enter-in-their-turn", 13},
        {"delivery/every-member-gets-one-copy", 10},
        {"delivery/windows-2000-says-unreachable", 6},
        {"dispatch/workers-come-and-go", 150},
        {"dispatch/a-cancelled-worker-takes-nothing", 18},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const unsigned points = crash_everywhere(cases[i].name);
        assert_true(points >= cases[i].points);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_rules_hold_wherever_a_process_crashes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
