/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "buffers.h"

enum { SIZE = 100 };

static int end(void **state)
{
    cf_buffers_free(*state);
    return 0;
}

static int begin(void **state)
{
    static struct cf_buffers buffers;
    buffers = (struct cf_buffers){0};
    *state = &buffers;
    return 0;
}

static struct cf_buffer *add(struct cf_buffers *buffers)
{
    struct cf_buffer *buffer = cf_buffers_add(buffers, 7, SIZE);
    assert_non_null(buffer);
    return buffer;
}

static void what_may_be_written_is_no_overwrite(void **state)
{
    struct cf_overwrite overwrite;
    struct cf_buffer *buffer = add(*state);
    memset(buffer->bytes, 0, 40);
    assert_false(cf_buffers_retire(*state, buffer, 40, &overwrite));
    buffer = add(*state);
    memset(buffer->bytes, 0, SIZE);
    assert_false(cf_buffers_retire(*state, buffer, SIZE, &overwrite));
    assert_false(cf_buffers_trim(*state, true, &overwrite));
}

/* A write of one byte at `at`, where `written` bytes may be. */
static void expect_seen(struct cf_buffers *buffers, int64_t at, uint32_t written)
{
    struct cf_overwrite overwrite;
    struct cf_buffer *buffer = add(buffers);
    buffer->bytes[at] ^= 0x80;
    assert_true(cf_buffers_retire(buffers, buffer, written, &overwrite));
    assert_int_equal(overwrite.overlapped, 7);
    assert_int_equal(overwrite.size, SIZE);
    assert_int_equal(overwrite.at, at);
    assert_false(overwrite.late);
}

static void every_byte_around_is_watched(void **state)
{
    for (int64_t at = -64; at < 0; at++)
        expect_seen(*state, at, SIZE);
    for (int64_t at = SIZE; at < SIZE + 64; at++)
        expect_seen(*state, at, SIZE);
}

static void every_byte_beyond_the_message_is_watched(void **state)
{
    for (int64_t at = 40; at < SIZE; at++)
        expect_seen(*state, at, 40);
    expect_seen(*state, 0, 0);
}

static void a_message_longer_than_its_buffer_excuses_nothing(void **state)
{
    expect_seen(*state, SIZE, SIZE + 10);
}

static void a_write_after_the_completion_is_seen(void **state)
{
    struct cf_overwrite overwrite;
    struct cf_buffer *buffer = add(*state);
    unsigned char *bytes = buffer->bytes;
    assert_false(cf_buffers_retire(*state, buffer, SIZE, &overwrite));
    bytes[3] ^= 0x80;
    assert_true(cf_buffers_trim(*state, true, &overwrite));
    assert_true(overwrite.late);
    assert_int_equal(overwrite.at, 3);
    assert_false(cf_buffers_trim(*state, true, &overwrite));
}

static void a_pending_buffer_may_be_full(void **state)
{
    struct cf_overwrite overwrite;
    memset(add(*state)->bytes, 0, SIZE);
    assert_false(cf_buffers_abandon(*state, &overwrite));
    add(*state)->bytes[-1] ^= 0x80;
    assert_true(cf_buffers_abandon(*state, &overwrite));
    assert_int_equal(overwrite.at, -1);
}

static void the_quarantine_has_an_end(void **state)
{
    struct cf_buffers *buffers = *state;
    struct cf_overwrite overwrite;
    for (int i = 0; i < 3 * CF_QUARANTINE_MAX; i++) {
        assert_false(cf_buffers_retire(buffers, add(buffers), 0, &overwrite));
        assert_false(cf_buffers_trim(buffers, false, &overwrite));
    }
    assert_int_equal(buffers->retired_count, CF_QUARANTINE_MAX);
    for (int i = 0; i < 3; i++) {
        struct cf_buffer *large = cf_buffers_add(buffers, 1, CF_QUARANTINE_BYTES_MAX);
        assert_false(cf_buffers_retire(buffers, large, 0, &overwrite));
        assert_false(cf_buffers_trim(buffers, false, &overwrite));
    }
    assert_int_equal(buffers->retired_count, 1);
}

static void buffers_of_one_block_end_in_their_order(void **state)
{
    struct cf_overwrite overwrite;
    struct cf_buffer *first = add(*state);
    struct cf_buffer *second = add(*state);
    assert_ptr_equal(cf_buffers_find(*state, 7), first);
    assert_false(cf_buffers_retire(*state, first, 0, &overwrite));
    assert_ptr_equal(cf_buffers_find(*state, 7), second);
    assert_null(cf_buffers_find(*state, 8));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)
    const struct CMUnitTest tests[] = {
        TEST(what_may_be_written_is_no_overwrite),
        TEST(every_byte_around_is_watched),
        TEST(every_byte_beyond_the_message_is_watched),
        TEST(a_message_longer_than_its_buffer_excuses_nothing),
        TEST(a_write_after_the_completion_is_seen),
        TEST(a_pending_buffer_may_be_full),
        TEST(the_quarantine_has_an_end),
        TEST(buffers_of_one_block_end_in_their_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
