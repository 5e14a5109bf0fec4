/* SPDX-License-Identifier: MIT */
/* RES-1: whatever keeps the names, what the other chapters say holds.  All cases of chapters 1 to 9
 * and 13 that do not choose instants run with each of them. */
#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "backends/backends.h"
#include "run.h"

enum { PATH_BYTES = 4096 };

struct tally {
    const struct cf_backend *backend;
    struct cf_runner *runner;
    enum cf_resolver resolver;
    uint32_t passed, failed;
};

static void run_case(struct tally *tally, const char *path)
{
    static struct cf_diagnostics diagnostics;
    static struct cf_recording recording;
    static struct cf_outcome outcome;
    diagnostics.count = 0;
    struct cf_case *test_case = cf_case_read(path, &diagnostics);
    assert_non_null(test_case);
    const uint32_t others =
        CF_NEED_VIRTUAL_TIME | CF_NEED_RESOLVERS | CF_NEED_SESSIONS | ~tally->backend->capabilities;
    if ((test_case->needs & others) == 0) {
        test_case->resolver = tally->resolver;
        cf_run(tally->runner, test_case, 1, &recording, &outcome);
        if (cf_verdict_breaks(outcome.verdict)) {
            print_error("%s:%u: %s\n", path, (unsigned)outcome.failed_line, outcome.reason);
            tally->failed++;
        } else {
            tally->passed++;
        }
    }
    cf_recording_free(&recording);
    cf_case_free(test_case);
}

static bool is_case(const char *name)
{
    const size_t length = strlen(name);
    return length > 5 && strcmp(name + length - 5, ".case") == 0;
}

static void run_folder(struct tally *tally, const char *path)
{
    char inner[PATH_BYTES];
    DIR *folder = opendir(path);
    if (!folder)
        return;
    for (struct dirent *entry = readdir(folder); entry; entry = readdir(folder)) {
        if (entry->d_name[0] == '.')
            continue;
        assert_true(snprintf(inner, sizeof inner, "%s/%s", path, entry->d_name) < PATH_BYTES);
        if (is_case(entry->d_name))
            run_case(tally, inner);
        else
            run_folder(tally, inner);
    }
    closedir(folder);
}

static void run_all(const struct cf_backend *backend, enum cf_resolver resolver)
{
    char path[PATH_BYTES];
    const char *root = getenv("URIPC_SOURCE_DIR");
    if (!root)
        skip();
    struct cf_world *world = backend->open(backend);
    struct tally tally = {
        .backend = backend, .runner = cf_runner_create(world), .resolver = resolver};
    (void)snprintf(path, sizeof path, "%s/conformance/cases", root);
    run_folder(&tally, path);
    cf_runner_destroy(tally.runner); /* and its world */
    assert_int_equal(tally.failed, 0);
    assert_true(tally.passed > 200);
}

static void the_reference_keeps_its_promises_behind_a_daemon(void **state)
{
    (void)state;
    run_all(&cf_backend_reference, CF_RESOLVER_DAEMON);
}

static void the_reference_keeps_its_promises_at_a_rendezvous(void **state)
{
    (void)state;
    run_all(&cf_backend_reference, CF_RESOLVER_RENDEZVOUS);
}

static void the_model_keeps_its_promises_behind_a_daemon(void **state)
{
    (void)state;
    run_all(&cf_backend_model, CF_RESOLVER_DAEMON);
}

static void the_model_keeps_its_promises_at_a_rendezvous(void **state)
{
    (void)state;
    run_all(&cf_backend_model, CF_RESOLVER_RENDEZVOUS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_reference_keeps_its_promises_behind_a_daemon),
        cmocka_unit_test(the_reference_keeps_its_promises_at_a_rendezvous),
        cmocka_unit_test(the_model_keeps_its_promises_behind_a_daemon),
        cmocka_unit_test(the_model_keeps_its_promises_at_a_rendezvous),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
