/* SPDX-License-Identifier: MIT */
/* Reading the canonical form of a case gives the case again: for all shipped cases, for the fuzz
 * target's inputs, and for texts that no file has spelled. */
#define _POSIX_C_SOURCE 200809L /* open_memstream, readdir */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <dirent.h>
#include <sys/stat.h>

#include "case.h"
#include "case_equal.h"

static struct cf_diagnostics diagnostics;

/* The canonical form, for the caller to free. */
static char *print(const struct cf_case *from)
{
    char *text = NULL;
    size_t size = 0;
    FILE *const out = open_memstream(&text, &size);
    assert_non_null(out);
    cf_case_print(from, out);
    fclose(out);
    return text;
}

static struct cf_case *parse(const char *text)
{
    diagnostics = (struct cf_diagnostics){.count = 0};
    struct cf_case *const made = cf_case_parse("memory", text, strlen(text), &diagnostics);
    if (made == NULL)
        cf_diagnostics_print(&diagnostics, stderr);
    assert_non_null(made);
    return made;
}

static void check_round_trip(const struct cf_case *first)
{
    char *const text = print(first);
    struct cf_case *const second = parse(text);
    char *const again = print(second);
    assert_null(cf_case_difference(first, second));
    assert_string_equal(text, again);
    free(again);
    free(text);
    cf_case_free(second);
}

/* Goes through a folder; returns how many cases there were. */
static size_t check_folder(const char *path, bool all_right)
{
    size_t count = 0;
    DIR *const folder = opendir(path);
    assert_non_null(folder);
    for (struct dirent *entry = readdir(folder); entry != NULL; entry = readdir(folder)) {
        char inner[4096];
        struct stat status;
        snprintf(inner, sizeof inner, "%s/%s", path, entry->d_name);
        if (entry->d_name[0] == '.' || stat(inner, &status) != 0)
            continue;
        if (S_ISDIR(status.st_mode)) {
            count += check_folder(inner, all_right);
            continue;
        }
        diagnostics = (struct cf_diagnostics){.count = 0};
        struct cf_case *const made = cf_case_read(inner, &diagnostics);
        if (made == NULL && all_right) {
            cf_diagnostics_print(&diagnostics, stderr);
            fail_msg("%s is no case", inner);
        }
        if (made != NULL) {
            check_round_trip(made);
            count++;
        }
        cf_case_free(made);
    }
    closedir(folder);
    return count;
}

static size_t check_source_folder(const char *name, bool all_right)
{
    char path[4096];
    const char *const root = getenv("URIPC_SOURCE_DIR");
    if (root == NULL)
        skip();
    snprintf(path, sizeof path, "%s/conformance/%s", root, name);
    return check_folder(path, all_right);
}

static void test_every_shipped_case_survives_printing(void **state)
{
    (void)state;
    assert_true(check_source_folder("cases", true) > 0);
}

static void test_every_input_of_the_fuzz_target_survives_printing(void **state)
{
    (void)state;
    assert_true(check_source_folder("fuzz/corpus/case", false) > 0);
}

static void assert_printed(const char *input, const char *expected)
{
    struct cf_case *const made = parse(input);
    char *const text = print(made);
    assert_string_equal(text, expected);
    free(text);
    cf_case_free(made);
}

static void test_the_canonical_form_has_one_layout(void **state)
{
    (void)state;
    assert_printed(
        "case x # comment\n"
        "needs limits faults\n"
        "probes info\nrealm open\n"
        "deadline 1.5s\n"
        "limits uri 99   pool 5000\n"
        "\tpromise   It is so.  \n"
        "profile local\n"
        "clause SND-1\t RTE-1\nclause CMP-1\n\n\n"
        "A:register \"ipc:/\"+\"a\" * 3 as h max 07 deadline 0.5ms->ok\n"
        "repeat 2\nunordered\nA: receive h -> from \"\\x41\" \"\\#\" at 5ms bytes 40\n"
        "  end\nend\n",
        "case x\npromise It is so.\nclause SND-1 RTE-1 CMP-1\n"
        "realm open\nneeds limits faults\nprobes info\nlimits pool 5000 uri 99\ndeadline 1500ms\n\n"
        "A: register \"ipc:/\" + \"a\"*3 as h max 7 deadline 500us\n"
        "repeat 2\n    unordered\n"
        "        A: receive h -> from \"\\x41\" \"\\#\" at 5ms bytes 40\n"
        "    end\nend\n");
}

static void test_a_resolver_is_printed_where_it_is_meant(void **state)
{
    (void)state;
    assert_printed("case x\npromise p\nclause SND-1\nneeds info\nresolver   daemon\n"
                   "crash  resolver\nA: register \"a\" as h\nafter 1s cut resolver A\n"
                   "heal A resolver\n",
                   "case x\npromise p\nclause SND-1\nresolver daemon\nneeds info\n\n"
                   "crash resolver\nA: register \"a\" as h\nafter 1s cut resolver A\n"
                   "heal A resolver\n");
}

static void test_faults_are_printed_with_their_times(void **state)
{
    (void)state;
    assert_printed("case x\npromise p\nclause SND-1\n"
                   "A: register \"a\" as h\ncut  A -> A for 1500ms\nlink all loss 1/2 for 1s\n"
                   "after 1s crash A at event 07 for 2s\nslow A 0.5ms\nslow A 0s for 1s\n"
                   "clock A slow 1/2 ahead 1s\nclock A clear\n",
                   "case x\npromise p\nclause SND-1\n\n"
                   "A: register \"a\" as h\ncut A -> A for 1500ms\nlink all loss 1/2 for 1s\n"
                   "after 1s crash A at event 7 for 2s\nslow A 500us\nslow A 0s for 1s\n"
                   "clock A ahead 1s slow 1/2\nclock A clear\n");
}

static void test_defaults_are_left_out(void **state)
{
    (void)state;
    assert_printed("case x\npromise p\nclause SND-1\nprofile local\nrealm private\nresolver table\n"
                   "deadline 10s\n"
                   "A: register \"a\" as h kind exclusive overflow reject -> ok\n"
                   "A: start receive h buffer 4096 as r -> pending\n"
                   "A: send h to \"a\" \"d\"*1 -> ok [SND-1]\n"
                   "A: await r -> from \"a\" empty\n"
                   "link all delay 1ms..1ms\n",
                   "case x\npromise p\nclause SND-1\n\n"
                   "A: register \"a\" as h\n"
                   "A: start receive h as r\n"
                   "A: send h to \"a\" \"d\" -> ok [SND-1]\n"
                   "A: await r -> from \"a\" empty\n"
                   "link all delay 1ms\n");
}

/* What cf_text_print makes of bytes. */
static void assert_spelled(const char *bytes, size_t size, const char *expected)
{
    char *text = NULL;
    size_t length = 0;
    const struct cf_text from = {.at = bytes, .size = size};
    FILE *const out = open_memstream(&text, &length);
    assert_non_null(out);
    cf_text_print(&from, out);
    fclose(out);
    assert_string_equal(text, expected);
    free(text);
}

static void test_bytes_are_spelled_so_that_they_can_be_read(void **state)
{
    (void)state;
    assert_spelled("", 0, "\"\"");
    assert_spelled("a\"b\\c\n\t\r\0\x7f", 10, "\"a\\\"b\\\\c\\n\\t\\r\\x00\\x7F\"");
    assert_spelled("\xC3\xA9\xC3", 3, "\"\xC3\xA9\\xC3\"");
    assert_spelled("\xED\xA0\x80", 3, "\"\\xED\\xA0\\x80\"");
    assert_spelled("aaaaaaa", 7, "\"aaaaaaa\"");
    assert_spelled("aaaaaaaa", 8, "\"a\"*8");
    assert_spelled("xaaaaaaaay", 10, "\"x\" + \"a\"*8 + \"y\"");
    assert_spelled("\0\0\0\0\0\0\0\0\n\n\n\n\n\n\n\n", 16, "\"\\x00\"*8 + \"\\n\"*8");
}

static void assert_duration(uint64_t nanoseconds, const char *expected)
{
    char *text = NULL;
    size_t length = 0;
    FILE *const out = open_memstream(&text, &length);
    assert_non_null(out);
    cf_duration_print(nanoseconds, out);
    fclose(out);
    assert_string_equal(text, expected);
    free(text);
}

static void test_durations_have_the_largest_unit_without_fraction(void **state)
{
    (void)state;
    assert_duration(0, "0s");
    assert_duration(1, "1ns");
    assert_duration(1500, "1500ns");
    assert_duration(2000, "2us");
    assert_duration(1500000000, "1500ms");
    assert_duration(60000000000, "60s");
}

static void test_a_difference_is_noticed(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "case x\npromise p\nclause SND-1\nA: register \"a\" as h\n",
        "case y\npromise p\nclause SND-1\nA: register \"a\" as h\n",
        "case x\npromise p\nclause SND-2\nA: register \"a\" as h\n",
        "case x\npromise p\nclause SND-1\nneeds crash\nA: register \"a\" as h\n",
        "case x\npromise p\nclause SND-1\nlimits tiny\nA: register \"a\" as h\n",
        "case x\npromise p\nclause SND-1\nprobes info\nA: register \"a\" as h\n",
        "case x\npromise p\nclause SND-1\nrealm open\nA: register \"a\" as h\n",
        "case x\npromise p\nclause SND-1\ndeadline 1s\nA: register \"a\" as h\n",
        "case x\npromise p\nclause SND-1\nB: register \"a\" as h\n",
        "case x\npromise p\nclause SND-1\nA: register \"a\" as i\n",
        "case x\npromise p\nclause SND-1\nA: register \"b\" as h\n",
        "case x\npromise p\nclause SND-1\nA: register \"a\" as h max 1\n",
        "case x\npromise p\nclause SND-1\nA: register \"a\" as h -> ok | exists\n",
        "case x\npromise p\nclause SND-1\nA: register \"a\" as h -> ok bytes 0\n",
        "case x\npromise p\nclause SND-1\nA: register \"a\" as h -> ok [SND-1]\n",
        "case x\npromise p\nclause SND-1\nA: register \"a\" as h -> info ok\n",
        "case x\npromise p\nclause SND-1\nA: register \"a\" as h\nwait 1s\n",
        "case x\npromise p\nclause SND-1\nrepeat 1\nA: register \"a\" as h\nend\n",
    };
    const size_t count = sizeof texts / sizeof *texts;
    for (size_t i = 0; i < count; i++) {
        for (size_t j = 0; j < count; j++) {
            struct cf_case *const a = parse(texts[i]);
            struct cf_case *const b = parse(texts[j]);
            assert_int_equal(cf_case_difference(a, b) == NULL, i == j);
            cf_case_free(a);
            cf_case_free(b);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_shipped_case_survives_printing),
        cmocka_unit_test(test_every_input_of_the_fuzz_target_survives_printing),
        cmocka_unit_test(test_the_canonical_form_has_one_layout),
        cmocka_unit_test(test_a_resolver_is_printed_where_it_is_meant),
        cmocka_unit_test(test_faults_are_printed_with_their_times),
        cmocka_unit_test(test_defaults_are_left_out),
        cmocka_unit_test(test_bytes_are_spelled_so_that_they_can_be_read),
        cmocka_unit_test(test_durations_have_the_largest_unit_without_fraction),
        cmocka_unit_test(test_a_difference_is_noticed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
