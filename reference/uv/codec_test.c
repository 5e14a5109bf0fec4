/* SPDX-License-Identifier: MIT */
#include "codec.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

enum { ROOM = 256 };

static const char data[] = "data";

static struct uripc_frame message(void)
{
    return (struct uripc_frame){
        .kind = URIPC_FRAME_MESSAGE,
        .flags = URIPC_NOWAIT,
        .confirmed = 1,
        .from = {.serial = 0x0102030405060708},
        .to = {.serial = 0x1112131415161718},
        .message_id = 0x2122232425262728,
        .source = {.at = "ipc:/a/x", .length = 8},
        .target = {.at = "ipc:/b", .length = 6},
        .data = data,
        .data_bytes = 4,
        .name_units = 6,
    };
}

static size_t write_message(unsigned char *out)
{
    struct uripc_frame frame = message();
    size_t head = uripc__wire_write_message(out, &frame);
    memcpy(out + head, data, 4);
    return head + 4;
}

static size_t write_answer(unsigned char *out)
{
    struct uripc_frame frame = {
        .status = URIPC_PEER_GONE, .certainty = URIPC_DEFINITE, .message_id = 7};
    return uripc__wire_write_answer(out, &frame, 3);
}

static struct uripc_frame given(enum uripc_status status)
{
    struct uripc_frame frame = message();
    frame.kind = URIPC_FRAME_GIVEN;
    frame.status = status;
    frame.take = 0x3132333435363738;
    frame.home.serial = 0x4142434445464748;
    frame.from.node = 0x5152535455565758;
    frame.principal = 0x6162636465666768;
    if (status == URIPC_BUFFER_TOO_SMALL) {
        frame.size = frame.data_bytes;
        frame.data_bytes = 0;
    }
    return frame;
}

static size_t write_given(unsigned char *out, enum uripc_status status)
{
    struct uripc_frame frame = given(status);
    size_t head = uripc__wire_write_given(out, &frame);
    memcpy(out + head, data, frame.data_bytes);
    return head + frame.data_bytes;
}

static enum uripc__wire_result read_all(const unsigned char *bytes, size_t length)
{
    struct uripc__wire wire;
    return uripc__wire_read(bytes, length, &wire);
}

static void a_message_is_read_as_it_was_written(void **state)
{
    unsigned char bytes[ROOM];
    struct uripc__wire wire;
    (void)state;
    size_t length = write_message(bytes);
    struct uripc_frame wrote = message();
    assert_int_equal(uripc__wire_read(bytes, length, &wire), URIPC__WIRE_WHOLE);
    assert_int_equal(wire.kind, URIPC__WIRE_MESSAGE);
    assert_int_equal(wire.size, length);
    assert_int_equal(wire.frame.flags, URIPC_NOWAIT);
    assert_true(wire.frame.confirmed);
    assert_int_equal(wire.frame.from.serial, wrote.from.serial);
    assert_int_equal(wire.frame.to.serial, wrote.to.serial);
    assert_int_equal(wire.frame.message_id, wrote.message_id);
    assert_int_equal(wire.frame.name_units, 6);
    assert_memory_equal(wire.frame.source.at, "ipc:/a/xipc:/bdata", 18);
    assert_int_equal(wire.frame.source.length, 8);
    assert_int_equal(wire.frame.target.length, 6);
    assert_int_equal(wire.frame.data_bytes, 4);
}

/* The page of the wire, byte by byte: what two implementations have to agree on. */
static void the_layout_is_the_one_of_the_spec(void **state)
{
    static const unsigned char expected[] = {
        58,   0,    0,    0,    2,    3,    6,    0,                   /* size, kind, flags, name */
        0x28, 0x27, 0x26, 0x25, 0x24, 0x23, 0x22, 0x21,                /* message id */
        0x08, 0x07, 0x06, 0x05, 0x04, 0x03, 0x02, 0x01,                /* source */
        0x18, 0x17, 0x16, 0x15, 0x14, 0x13, 0x12, 0x11,                /* target */
        8,    0,    6,    0,    4,    0,    0,    0,                   /* lengths */
        'i',  'p',  'c',  ':',  '/',  'a',  '/',  'x',  'i', 'p', 'c', /* texts */
        ':',  '/',  'b',  'd',  'a',  't',  'a'};
    static const unsigned char hello[] = {40,  0,   0, 0, 1, 0, 1, 0, 'u', 'r', 'i', 'p', 'c', 'i',
                                          'p', 'c', 9, 0, 0, 0, 0, 0, 0,   0,   2,   0,   0,   0,
                                          0,   0,   0, 0, 0, 0, 0, 0, 0,   0,   0,   0};
    unsigned char bytes[ROOM];
    (void)state;
    assert_int_equal(write_message(bytes), sizeof expected);
    assert_memory_equal(bytes, expected, sizeof expected);
    assert_int_equal(uripc__wire_write_hello(bytes, 9, 1, 2), sizeof hello);
    assert_memory_equal(bytes, hello, sizeof hello);
}

static void the_frames_of_workers_are_those_of_the_spec(void **state)
{
    static const unsigned char join[] = {
        32,   0,    0,    0,    128,  0,    0,    0,     /* size, kind */
        0x28, 0x27, 0x26, 0x25, 0x24, 0x23, 0x22, 0x21,  /* id */
        0x08, 0x07, 0x06, 0x05, 0x04, 0x03, 0x02, 0x01,  /* worker */
        0x18, 0x17, 0x16, 0x15, 0x14, 0x13, 0x12, 0x11}; /* home */
    static const unsigned char buffer[] = {7, 1, 0, 0, 0, 0, 0, 0};
    static const unsigned char expected[] = {
        90,   0,    0,    0,    130,  0,    0,    0,                   /* size, kind, status */
        0x38, 0x37, 0x36, 0x35, 0x34, 0x33, 0x32, 0x31,                /* take */
        0x48, 0x47, 0x46, 0x45, 0x44, 0x43, 0x42, 0x41,                /* home */
        0x18, 0x17, 0x16, 0x15, 0x14, 0x13, 0x12, 0x11,                /* worker */
        8,    0,    6,    0,    4,    0,    0,    0,                   /* lengths */
        0x28, 0x27, 0x26, 0x25, 0x24, 0x23, 0x22, 0x21,                /* message id */
        0x58, 0x57, 0x56, 0x55, 0x54, 0x53, 0x52, 0x51,                /* node of the source */
        0x08, 0x07, 0x06, 0x05, 0x04, 0x03, 0x02, 0x01,                /* and its serial */
        0x68, 0x67, 0x66, 0x65, 0x64, 0x63, 0x62, 0x61,                /* principal */
        'i',  'p',  'c',  ':',  '/',  'a',  '/',  'x',  'i', 'p', 'c', /* texts */
        ':',  '/',  'b',  'd',  'a',  't',  'a'};
    unsigned char bytes[ROOM];
    struct uripc_frame frame = message();
    (void)state;
    assert_int_equal(uripc__wire_write_join(bytes, &frame), sizeof join);
    assert_memory_equal(bytes, join, sizeof join);
    frame.flags = URIPC_NOWAIT | URIPC_DISCARD;
    frame.size = 0x107;
    assert_int_equal(uripc__wire_write_take(bytes, &frame), 40);
    assert_memory_equal(bytes, "\50\0\0\0\201\12\0\0", 8); /* 2 nowait, 8 discard */
    assert_memory_equal(bytes + 8, join + 8, 24);
    assert_memory_equal(bytes + 32, buffer, 8);
    frame.flags = URIPC_UTF16;
    uripc__wire_write_take(bytes, &frame);
    assert_int_equal(bytes[5], 4);
    assert_int_equal(write_given(bytes, URIPC_OK), sizeof expected);
    assert_memory_equal(bytes, expected, sizeof expected);
    assert_int_equal(write_given(bytes, URIPC_BUFFER_TOO_SMALL), 72);
    assert_memory_equal(bytes + 8, expected + 8, 64);
    frame = given(URIPC_ABORTED);
    assert_int_equal(uripc__wire_write_taken(bytes, &frame), 32);
    assert_memory_equal(bytes + 8, expected + 8, 8);
    assert_memory_equal(bytes + 24, expected + 24, 8);
}

static void a_take_is_read_as_it_was_written(void **state)
{
    static const uint32_t flags[] = {0, URIPC_NOWAIT, URIPC_UTF16, URIPC_DISCARD};
    unsigned char bytes[ROOM];
    struct uripc__wire wire;
    (void)state;
    for (size_t i = 0; i < sizeof flags / sizeof flags[0]; i++) {
        struct uripc_frame wrote = message();
        wrote.flags = flags[i];
        wrote.size = 0xfffffffe;
        uripc__wire_write_take(bytes, &wrote);
        assert_int_equal(read_all(bytes, 39), URIPC__WIRE_MORE);
        assert_int_equal(uripc__wire_read(bytes, 40, &wire), URIPC__WIRE_WHOLE);
        assert_int_equal(wire.frame.kind, URIPC_FRAME_TAKE);
        assert_int_equal(wire.frame.flags, flags[i]);
        assert_int_equal(wire.frame.size, wrote.size);
        assert_int_equal(wire.frame.message_id, wrote.message_id);
        assert_int_equal(wire.frame.from.serial, wrote.from.serial);
        assert_int_equal(wire.frame.to.serial, wrote.to.serial);
    }
}

static void what_is_given_is_read_as_it_was_written(void **state)
{
    unsigned char bytes[ROOM];
    struct uripc__wire wire;
    (void)state;
    size_t length = write_given(bytes, URIPC_OK);
    for (size_t there = 0; there < length; there++)
        assert_int_equal(read_all(bytes, there), URIPC__WIRE_MORE);
    assert_int_equal(uripc__wire_read(bytes, length, &wire), URIPC__WIRE_WHOLE);
    assert_int_equal(wire.frame.kind, URIPC_FRAME_GIVEN);
    struct uripc_frame wrote = given(URIPC_OK);
    assert_int_equal(wire.frame.status, URIPC_OK);
    assert_int_equal(wire.frame.take, wrote.take);
    assert_int_equal(wire.frame.home.serial, wrote.home.serial);
    assert_int_equal(wire.frame.from.node, wrote.from.node);
    assert_int_equal(wire.frame.from.serial, wrote.from.serial);
    assert_int_equal(wire.frame.message_id, wrote.message_id);
    assert_int_equal(wire.frame.principal, wrote.principal);
    assert_int_equal(wire.frame.source.length, 8);
    assert_memory_equal(wire.frame.source.at, "ipc:/a/xipc:/bdata", 18);
    assert_int_equal(wire.frame.data_bytes, 4);
    length = write_given(bytes, URIPC_BUFFER_TOO_SMALL);
    assert_int_equal(uripc__wire_read(bytes, length, &wire), URIPC__WIRE_WHOLE);
    assert_int_equal(wire.frame.size, 4);
    assert_int_equal(wire.frame.source.length, 8);
    assert_int_equal(wire.frame.target.length, 6);
    assert_int_equal(wire.frame.data_bytes, 0);
}

static void a_broken_frame_of_workers_is_refused(void **state)
{
    static const struct {
        size_t at;
        unsigned char value;
        const char *rule;
    } broken[] = {
        {0, 89, "shorter than its parts"},
        {0, 91, "longer than its parts"},
        {0, 71, "shorter than its head"},
        {5, URIPC_FULL, "a status no receive can have"},
        {5, 200, "no status"},
        {5, URIPC_TIMEOUT, "a message that is none"},
        {32, 9, "a longer source"},
        {34, 0, "no target"},
        {36, 5, "more data"},
        {39, 255, "very much data"},
    };
    unsigned char bytes[ROOM];
    struct uripc_frame frame = given(URIPC_OK);
    (void)state;
    for (size_t i = 0; i < sizeof broken / sizeof broken[0]; i++) {
        size_t length = write_given(bytes, URIPC_OK);
        bytes[broken[i].at] = broken[i].value;
        if (read_all(bytes, length) != URIPC__WIRE_BROKEN)
            fail_msg("taken: %s", broken[i].rule);
    }
    for (unsigned kind = URIPC__WIRE_JOIN; kind <= URIPC__WIRE_TAKEN; kind++) {
        memset(bytes, 0, sizeof bytes);
        bytes[0] = 73; /* more than any without texts */
        bytes[4] = (unsigned char)kind;
        assert_int_equal(read_all(bytes, ROOM), URIPC__WIRE_BROKEN);
    }
    uripc__wire_write_taken(bytes, &frame);
    assert_int_equal(read_all(bytes, 32), URIPC__WIRE_WHOLE);
    bytes[5] = URIPC_TIMEOUT;
    assert_int_equal(read_all(bytes, 32), URIPC__WIRE_BROKEN);
}

static void a_frame_that_is_not_all_there_needs_more(void **state)
{
    unsigned char bytes[ROOM];
    struct uripc__wire wire;
    (void)state;
    size_t length = write_message(bytes);
    for (size_t there = 0; there < length; there++) {
        assert_int_equal(uripc__wire_read(bytes, there, &wire), URIPC__WIRE_MORE);
        assert_int_equal(wire.size, there < URIPC__MESSAGE_BYTES ? 0 : length);
    }
    length = write_answer(bytes);
    for (size_t there = 0; there < length; there++)
        assert_int_equal(read_all(bytes, there), URIPC__WIRE_MORE);
}

/* Each line breaks one rule of the page of the wire in one byte. */
static void a_broken_message_is_refused(void **state)
{
    static const struct {
        size_t at;
        unsigned char value;
        const char *rule;
    } broken[] = {
        {0, 57, "shorter than its parts"},
        {0, 59, "longer than its parts"},
        {0, 39, "shorter than its head"},
        {0, 7, "shorter than any frame"},
        {4, 0, "kind 0"},
        {4, 7, "a kind of later versions"},
        {4, 127, "the last of those"},
        {6, 9, "a name longer than the source"},
        {32, 9, "a longer source"},
        {34, 0, "no target"},
        {36, 5, "more data"},
        {39, 1, "very much data"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof broken / sizeof broken[0]; i++) {
        unsigned char bytes[ROOM];
        size_t length = write_message(bytes);
        bytes[broken[i].at] = broken[i].value;
        if (read_all(bytes, length) != URIPC__WIRE_BROKEN)
            fail_msg("taken: %s", broken[i].rule);
    }
}

static void a_broken_answer_is_refused(void **state)
{
    static const struct {
        size_t at;
        unsigned char value;
    } broken[] = {{0, 41}, {5, 1}, {5, 200}, {6, 0}, {6, 3}, {32, 0}};
    unsigned char bytes[ROOM];
    (void)state;
    size_t length = write_answer(bytes);
    assert_int_equal(read_all(bytes, length), URIPC__WIRE_WHOLE);
    for (size_t i = 0; i < sizeof broken / sizeof broken[0]; i++) {
        write_answer(bytes);
        bytes[broken[i].at] = broken[i].value;
        assert_int_equal(read_all(bytes, length), URIPC__WIRE_BROKEN);
    }
    write_answer(bytes);
    bytes[5] = URIPC_FULL;
    bytes[6] = URIPC_INDEFINITE; /* what is full is so for certain */
    assert_int_equal(read_all(bytes, length), URIPC__WIRE_BROKEN);
    write_answer(bytes);
    memset(bytes + 8, 0xff, 8); /* ids that begin again from 0 */
    assert_int_equal(read_all(bytes, length), URIPC__WIRE_BROKEN);
}

static void a_broken_hello_is_refused(void **state)
{
    static const struct {
        size_t at;
        unsigned char value;
    } broken[] = {{0, 48}, {6, 3}, {8, 'x'}};
    (void)state;
    for (size_t i = 0; i < sizeof broken / sizeof broken[0]; i++) {
        unsigned char bytes[ROOM] = {0};
        size_t length = uripc__wire_write_hello(bytes, 1, 1, 2);
        assert_int_equal(read_all(bytes, length), URIPC__WIRE_WHOLE);
        bytes[broken[i].at] = broken[i].value;
        assert_int_equal(read_all(bytes, sizeof bytes), URIPC__WIRE_BROKEN);
    }
}

static void later_kinds_are_known_by_their_size(void **state)
{
    unsigned char bytes[ROOM] = {12, 0, 0, 0, 132};
    struct uripc__wire wire;
    (void)state;
    assert_int_equal(uripc__wire_read(bytes, 12, &wire), URIPC__WIRE_WHOLE);
    assert_int_equal(wire.kind, URIPC__WIRE_UNKNOWN);
    assert_int_equal(uripc__wire_read(bytes, 11, &wire), URIPC__WIRE_MORE);
    assert_int_equal(wire.size, 12);
}

static void only_canonical_texts_are_taken(void **state)
{
    static char scratch[UINT16_MAX];
    struct uripc_frame frame = message();
    (void)state;
    assert_true(uripc__wire_is_canonical(&frame, scratch));
    frame.target = (struct uripc_text){.at = "IPC:/b", .length = 6};
    assert_false(uripc__wire_is_canonical(&frame, scratch));
    frame = message();
    frame.source = (struct uripc_text){.at = "ipc:/a/..", .length = 9};
    assert_false(uripc__wire_is_canonical(&frame, scratch));
    frame = message();
    frame.name_units = 7; /* ipc:/a/ has a slash that no name ends with */
    assert_false(uripc__wire_is_canonical(&frame, scratch));
    frame.kind = URIPC_FRAME_GIVEN; /* which does not tell it */
    assert_true(uripc__wire_is_canonical(&frame, scratch));
    frame.target = (struct uripc_text){.at = "IPC:/b", .length = 6};
    assert_false(uripc__wire_is_canonical(&frame, scratch));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_message_is_read_as_it_was_written),
        cmocka_unit_test(the_layout_is_the_one_of_the_spec),
        cmocka_unit_test(the_frames_of_workers_are_those_of_the_spec),
        cmocka_unit_test(a_take_is_read_as_it_was_written),
        cmocka_unit_test(what_is_given_is_read_as_it_was_written),
        cmocka_unit_test(a_broken_frame_of_workers_is_refused),
        cmocka_unit_test(a_frame_that_is_not_all_there_needs_more),
        cmocka_unit_test(a_broken_message_is_refused),
        cmocka_unit_test(a_broken_answer_is_refused),
        cmocka_unit_test(a_broken_hello_is_refused),
        cmocka_unit_test(later_kinds_are_known_by_their_size),
        cmocka_unit_test(only_canonical_texts_are_taken),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
