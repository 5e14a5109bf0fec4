/* SPDX-License-Identifier: MIT */
/* The layout, its reader for bytes from outside, and the status table. */
#include <uripc/message.h>

#include <stdarg.h>
#include <setjmp.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void data_begin_at_a_multiple_of_8_for_every_parity(void **state)
{
    (void)state;
    for (uint32_t source = 0; source < 20; source++) {
        for (uint32_t target = 0; target < 20; target++) {
            for (unsigned unit = 1; unit <= 2; unit++) {
                struct uripc_message lengths = {
                    .source_units = source, .target_units = target, .data_bytes = 5};
                struct uripc_message_parts parts;
                assert_true(uripc_message_layout(&lengths, unit, &parts));
                size_t end = 16 + (source + target) * unit;
                assert_int_equal(parts.data % 8, 0);
                assert_true(parts.data >= end && parts.data < end + 8);
                assert_int_equal(parts.total, parts.data + 5);
            }
        }
    }
}

static void lengths_that_overflow_are_refused(void **state)
{
    (void)state;
    struct uripc_message_parts parts = {.total = 77};
    struct uripc_message huge = {UINT32_MAX, UINT32_MAX, UINT32_MAX, 0};
    assert_false(uripc_message_layout(&huge, 2, &parts));
    assert_false(uripc_message_layout(&(struct uripc_message){0, 0, UINT32_MAX, 0}, 1, &parts));
    assert_int_equal(parts.total, 77);
}

static void the_reader_trusts_no_length(void **state)
{
    (void)state;
    unsigned char bytes[64] = {0};
    struct uripc_message lengths;
    struct uripc_message_parts parts;
    struct uripc_message header = {.source_units = 3, .target_units = 4, .data_bytes = 8};
    memcpy(bytes, &header, sizeof header);
    assert_int_equal(uripc_message_read(bytes, 32, 1, &lengths, &parts), URIPC_OK);
    assert_int_equal(parts.data, 24);
    for (size_t size = 0; size < 32; size++)
        assert_int_equal(uripc_message_read(bytes, size, 1, &lengths, &parts),
                         URIPC_INVALID_ARGUMENT);
    assert_int_equal(uripc_message_read(NULL, 32, 1, &lengths, &parts), URIPC_INVALID_ARGUMENT);
    assert_int_equal(uripc_message_read(bytes, 32, 3, &lengths, &parts), URIPC_INVALID_ARGUMENT);
    for (unsigned at = 0; at < 12; at += 4) {
        unsigned char hostile[64];
        memcpy(hostile, bytes, sizeof hostile);
        memset(hostile + at, 0xff, 4);
        assert_int_equal(uripc_message_read(hostile, sizeof hostile, 1, &lengths, &parts),
                         URIPC_INVALID_ARGUMENT);
    }
}

static void a_reserved_field_of_another_version_is_tolerated(void **state)
{
    (void)state;
    struct uripc_message header = {.reserved = 9};
    struct uripc_message lengths;
    struct uripc_message_parts parts;
    assert_int_equal(uripc_message_read(&header, sizeof header, 1, &lengths, &parts), URIPC_OK);
}

static void statuses_have_one_number_and_one_name(void **state)
{
    (void)state;
    for (int a = 0; a < 64; a++) {
        enum uripc_status found = URIPC_OK;
        const char *name = uripc_status_name((enum uripc_status)a);
        if (uripc_status_find(name, &found))
            assert_int_equal(found, a);
        else
            assert_string_equal(name, "unknown-status");
    }
    assert_string_equal(uripc_status_name(URIPC_NO_RECEIVER), "no-receiver");
    assert_int_equal(uripc_status_win32(URIPC_PENDING), 997);
    assert_int_equal(uripc_status_certainty(URIPC_PEER_GONE), URIPC_EITHER);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(data_begin_at_a_multiple_of_8_for_every_parity),
        cmocka_unit_test(lengths_that_overflow_are_refused),
        cmocka_unit_test(the_reader_trusts_no_length),
        cmocka_unit_test(a_reserved_field_of_another_version_is_tolerated),
        cmocka_unit_test(statuses_have_one_number_and_one_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL) != 0;
}
