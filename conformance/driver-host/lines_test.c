/* SPDX-License-Identifier: MIT */
#define _POSIX_C_SOURCE 200809L

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "lines.h"

/* A pipe into `lines`; small enough writes never block. */
struct feed {
    int ends[2];
    struct cf_lines lines;
};

static int begin(void **state)
{
    static struct feed feed;
    feed = (struct feed){0};
    *state = &feed;
    return pipe(feed.ends);
}

static int end(void **state)
{
    struct feed *feed = *state;
    cf_lines_free(&feed->lines);
    return close(feed->ends[0]) || close(feed->ends[1]);
}

static void give(struct feed *feed, const char *at, size_t size)
{
    assert_int_equal(write(feed->ends[1], at, size), size);
    assert_int_equal(cf_lines_read(&feed->lines, feed->ends[0]), size);
}

static void expect(struct feed *feed, const char *text)
{
    struct cf_line line;
    assert_true(cf_lines_next(&feed->lines, &line));
    assert_non_null(line.at);
    assert_int_equal(line.size, strlen(text));
    assert_memory_equal(line.at, text, line.size);
}

static void expect_none(struct feed *feed)
{
    struct cf_line line;
    assert_false(cf_lines_next(&feed->lines, &line));
}

static void lines_come_whole_however_they_arrive(void **state)
{
    expect_none(*state);
    give(*state, "one\ntw", 6);
    expect(*state, "one");
    expect_none(*state);
    give(*state, "o\n\nthree", 8);
    expect(*state, "two");
    expect(*state, "");
    expect_none(*state);
    give(*state, "\n", 1);
    expect(*state, "three");
    expect_none(*state);
}

/* Gives a line of `size` bytes, the feed not counted, and returns how often it was said to be too
 * long before its feed. */
static int give_long(struct feed *feed, size_t size)
{
    static char piece[32 << 10];
    struct cf_line line;
    int told = 0;
    memset(piece, 'x', sizeof(piece));
    while (size) {
        size_t part = size < sizeof(piece) ? size : sizeof(piece);
        give(feed, piece, part);
        size -= part;
        while (cf_lines_next(&feed->lines, &line)) {
            assert_null(line.at);
            told++;
        }
    }
    return told;
}

static void the_longest_line_is_a_line(void **state)
{
    struct feed *feed = *state;
    struct cf_line line;
    assert_int_equal(give_long(feed, CF_LINES_MAX - 1), 0);
    give(feed, "\n", 1);
    assert_true(cf_lines_next(&feed->lines, &line));
    assert_non_null(line.at);
    assert_int_equal(line.size, CF_LINES_MAX - 1);
}

static void a_line_that_is_too_long_is_told_once_and_skipped(void **state)
{
    struct feed *feed = *state;
    assert_int_equal(give_long(feed, 3 * (size_t)CF_LINES_MAX), 1);
    assert_true(feed->lines.capacity <= 3 * (size_t)CF_LINES_MAX);
    give(feed, "\nnext\n", 6);
    expect(feed, "next");
    expect_none(feed);
}

static void the_end_is_told(void **state)
{
    struct feed *feed = *state;
    give(feed, "cut", 3);
    close(feed->ends[1]);
    feed->ends[1] = dup(feed->ends[0]);
    assert_int_equal(cf_lines_read(&feed->lines, feed->ends[0]), 0);
    expect_none(feed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(lines_come_whole_however_they_arrive, begin, end),
        cmocka_unit_test_setup_teardown(the_longest_line_is_a_line, begin, end),
        cmocka_unit_test_setup_teardown(a_line_that_is_too_long_is_told_once_and_skipped, begin,
                                        end),
        cmocka_unit_test_setup_teardown(the_end_is_told, begin, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
