/* SPDX-License-Identifier: MIT */
#include "name.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static struct uripc_text text_of(const char *string)
{
    return (struct uripc_text){.at = string, .length = strlen(string)};
}

static void test_absolute_is_what_starts_like_a_uri(void **state)
{
    (void)state;
    assert_true(uripc_name_is_absolute(text_of("ipc:/")));
    assert_true(uripc_name_is_absolute(text_of("http://foo")));
    assert_true(uripc_name_is_absolute(text_of("a+1:/b")));
    assert_true(uripc_name_is_absolute(text_of("Abcdefghijklmnopqrstuvwxyz0123456:/a")));
    assert_false(uripc_name_is_absolute(text_of("ipc:")));
    assert_false(uripc_name_is_absolute(text_of("ipc:a")));
    assert_false(uripc_name_is_absolute(text_of("a/b:/c")));
    assert_false(uripc_name_is_absolute(text_of("/a")));
    assert_false(uripc_name_is_absolute(text_of("1:/a")));
    assert_false(uripc_name_is_absolute(text_of(":/a")));
    assert_false(uripc_name_is_absolute(text_of("a")));
    assert_false(uripc_name_is_absolute((struct uripc_text){0}));
}

static void test_match_part_ends_before_query_and_slash(void **state)
{
    static const struct {
        const char *target;
        const char *part;
    } rows[] = {{"ipc:/a?q/", "ipc:/a"},      {"ipc:/a/?q", "ipc:/a"}, {"ipc:/?q", "ipc:/"},
                {"http://h/?/", "http://h/"}, {"ipc:/a//", "ipc:/a"},  {"http://h//", "http://h/"},
                {"ipc:/a/b", "ipc:/a/b"},     {"ipc:/a:/", "ipc:/a:"}};

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct uripc_text part = uripc_name_match_part(text_of(rows[i].target));

        assert_int_equal(part.length, strlen(rows[i].part));
        assert_memory_equal(part.at, rows[i].part, part.length);
    }
}

static void test_parents_go_up_by_segments_to_the_root(void **state)
{
    static const char *const chains[][6] = {{"ipc:/a/b/c", "ipc:/a/b", "ipc:/a", "ipc:/"},
                                            {"http://h:1/a", "http://h:1/"},
                                            {"http://h/a//b", "http://h/a", "http://h/"},
                                            {"http://h//b", "http://h/"},
                                            {"ipc:/a:/b", "ipc:/a:", "ipc:/"},
                                            {"http://[::1]/a", "http://[::1]/"},
                                            {"ipc:/a//b", "ipc:/a", "ipc:/"}};

    (void)state;
    for (size_t i = 0; i < sizeof chains / sizeof chains[0]; i++) {
        struct uripc_text name = text_of(chains[i][0]);
        const char *const *expected = chains[i] + 1;

        for (; *expected != NULL; expected++) {
            assert_true(uripc_name_parent(&name));
            assert_int_equal(name.length, strlen(*expected));
            assert_memory_equal(name.at, *expected, name.length);
            assert_true(uripc_name_is_below(text_of(chains[i][0]), text_of(*expected)));
        }
        assert_false(uripc_name_parent(&name));
        assert_int_equal(name.length, strlen(expected[-1]));
    }
}

static void test_below_is_by_whole_segments_in_one_authority(void **state)
{
    (void)state;
    assert_true(uripc_name_is_below(text_of("ipc:/GUID1/RID1"), text_of("ipc:/GUID1")));
    assert_true(uripc_name_is_below(text_of("ipc:/a"), text_of("ipc:/")));
    assert_true(uripc_name_is_below(text_of("http://h/a"), text_of("http://h/")));
    assert_true(uripc_name_is_below(text_of("http://h//a"), text_of("http://h/")));
    assert_false(uripc_name_is_below(text_of("ipc:/GUID1"), text_of("ipc:/GUID1")));
    assert_false(uripc_name_is_below(text_of("ipc:/"), text_of("ipc:/")));
    assert_false(uripc_name_is_below(text_of("ipc:/GUID10"), text_of("ipc:/GUID1")));
    assert_false(uripc_name_is_below(text_of("ipc:/GUID1x/RID1"), text_of("ipc:/GUID1")));
    assert_false(uripc_name_is_below(text_of("ipc:/a"), text_of("ipc:/a/b")));
    assert_false(uripc_name_is_below(text_of("ipc://h/a"), text_of("ipc:/")));
    assert_false(uripc_name_is_below(text_of("http://h/a"), text_of("http://g/")));
    assert_false(uripc_name_is_below(text_of("http://h:1/a"), text_of("http://h/")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_absolute_is_what_starts_like_a_uri),
        cmocka_unit_test(test_match_part_ends_before_query_and_slash),
        cmocka_unit_test(test_parents_go_up_by_segments_to_the_root),
        cmocka_unit_test(test_below_is_by_whole_segments_in_one_authority),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
