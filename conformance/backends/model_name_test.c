/* SPDX-License-Identifier: MIT */
/* The model's names against the tables of the spec's own chapter. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "model_name.h"

static struct uripc_text text(const char *string)
{
    return (struct uripc_text){.at = string, .length = strlen(string)};
}

/* Takes the next cell out of a table row: the text between backquotes, or "refused" without any.
 * Returns what follows, or NULL at the row's end. */
static char *cell(char *at, char **content)
{
    char *begin = strchr(at, '|');
    char *end = begin == NULL ? NULL : strchr(begin + 1, '|');
    if (end == NULL)
        return NULL;
    *end = '\0';
    char *open = strchr(begin + 1, '`');
    char *close = open == NULL ? NULL : strchr(open + 1, '`');
    *content = NULL;
    if (close != NULL) {
        *close = '\0';
        *content = open + 1;
    }
    *end = '|';
    return end;
}

static void expect(const char *input, const char *wanted, char *got)
{
    bool same = wanted == NULL ? got == NULL : got != NULL && strcmp(wanted, got) == 0;
    if (!same) {
        print_error("%s: wanted %s, got %s\n", input, wanted == NULL ? "refused" : wanted,
                    got == NULL ? "refused" : got);
    }
    free(got);
    assert_true(same);
}

/* Reads the rows below a header and hands three cells each to `check`; returns their number. */
static int rows(const char *header, void (*check)(const char *, const char *, const char *))
{
    char line[512];
    const char *source = getenv("URIPC_SOURCE_DIR");
    assert_non_null(source);
    (void)snprintf(line, sizeof line, "%s/spec/1-names.md", source);
    FILE *file = fopen(line, "r");
    assert_non_null(file);
    bool inside = false;
    int count = 0;
    while (fgets(line, sizeof line, file) != NULL) {
        char *cells[3] = {NULL, NULL, NULL};
        char *at = line;
        for (int i = 0; at != NULL && i < 3; i++)
            at = cell(at, &cells[i]);
        if (inside && at != NULL && cells[0] != NULL) {
            check(cells[0], cells[1], cells[2]);
            count++;
        }
        inside = strncmp(line, header, strlen(header)) == 0 || (inside && line[0] == '|');
    }
    (void)fclose(file);
    return count;
}

static void check_name(const char *input, const char *registered, const char *target)
{
    expect(input, registered, model_name_registered(text(input)));
    expect(input, target, model_name_target(text(input)));
    if (target != NULL) /* NAM-18 */
        expect(target, target, model_name_target(text(target)));
}

static void check_suffix(const char *name, const char *suffix, const char *source)
{
    expect(suffix, source, model_name_compose(name, text(suffix)));
}

static void the_table_of_canonical_names_holds(void **state)
{
    (void)state;
    assert_true(rows("| input | as a registered name |", check_name) >= 24);
}

static void the_table_of_suffixes_holds(void **state)
{
    (void)state;
    assert_true(rows("| registered name | suffix |", check_suffix) >= 10);
}

static void text_is_never_cut_and_never_replaced(void **state)
{
    (void)state;
    static const char nul[] = "ipc:/a\0b";
    assert_null(model_name_target((struct uripc_text){.at = nul, .length = 8}));
    static const char *const refused[] = {
        "ipc:/\xc3",         "ipc:/\xc3%A9",      "ipc:/%C3\xa9",
        "ipc:/\xed\xa0\x80", "ipc:/a\x7f",        "ipc:/%f8%88%80%80%80",
        "ipc:/%F4%90%80%80", "ipc:/\xe0\x80\xaf", "http://a%00/"};
    for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++)
        expect(refused[i], NULL, model_name_target(text(refused[i])));
}

static void authorities_are_exact(void **state)
{
    (void)state;
    static const char *const refused[] = {"ipc://:80/a",
                                          "http://@foo/",
                                          "http://foo:8a/",
                                          "http://foo:+8/",
                                          "http://[::1/",
                                          "http://[::1]a/",
                                          "http://[fe80::1%25eth0]/",
                                          "http://[v1.x]/",
                                          "http://a[b]/",
                                          "ipc://",
                                          "http://foo:1:2/",
                                          "http://foo:99999999999999999999/"};
    for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++)
        expect(refused[i], NULL, model_name_target(text(refused[i])));
    expect("port", "ipc://h:65535/a", model_name_target(text("ipc://H:65535/a")));
    expect("ipv4 tail", "http://[::ffff:1.2.3.4]/",
           model_name_target(text("http://[::FFFF:1.2.3.4]")));
}

static bool covers(const char *name, const char *target)
{
    return model_name_covers(text(name), text(target));
}

static void a_name_covers_itself_and_whole_segments_below(void **state)
{
    (void)state;
    assert_true(covers("http://foo/bar", "http://foo/bar"));
    assert_true(covers("http://foo/bar", "http://foo/bar/"));
    assert_true(covers("http://foo/bar", "http://foo/bar?q"));
    assert_true(covers("http://foo/bar", "http://foo/bar/x"));
    assert_false(covers("http://foo/bar", "http://foo/barn"));
    assert_false(covers("http://foo/bar", "http://foo/"));
    assert_true(covers("http://foo/", "http://foo/?q"));
    assert_false(covers("http://foo/", "http://foo:8080/"));
    assert_true(covers("ipc:/", "ipc:/a"));
    assert_false(covers("ipc:/", "ipc://host/a"));
    assert_true(covers("ipc:/a:", "ipc:/a://b"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_table_of_canonical_names_holds),
        cmocka_unit_test(the_table_of_suffixes_holds),
        cmocka_unit_test(text_is_never_cut_and_never_replaced),
        cmocka_unit_test(authorities_are_exact),
        cmocka_unit_test(a_name_covers_itself_and_whole_segments_below),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
