/* SPDX-License-Identifier: MIT */
/* A node and whoever connects to it: broken and hostile senders, observers. */
#define _GNU_SOURCE
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

#include "codec.h"
#include "fake_application.h"
#include "realm.h"

enum { ROOM = 4096, STRANGER = 0x5741 };

static struct application a, b;
static struct application *const all[] = {&a, &b, NULL};
static const char *realm;
static struct uripc_completion at_a;

static int set_up(void **state)
{
    (void)state;
    realm = realm_make();
    application_open(&a, realm);
    application_open(&b, realm);
    at_a = finish(all, &a, start_register(&a, "ipc:/a", NULL));
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    application_close(&a, 0);
    application_close(&b, 0);
    realm_remove(realm);
    return 0;
}

/* ---- a connection made by hand ---- */

static int connect_to_a(void)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    char id[URIPC__HEX_UNITS + 1];
    uripc__realm_hex(at_a.incarnation.node, id);
    (void)snprintf(address.sun_path, sizeof address.sun_path, "%s/nodes/%s.s", realm, id);
    int made = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);
    assert_int_equal(connect(made, (const struct sockaddr *)&address, sizeof address), 0);
    return made;
}

/* Sends bytes and lets a work; gives what came back, or -1 if a has closed the connection. */
static ssize_t exchange(int connection, const void *bytes, size_t length, unsigned char *back)
{
    ssize_t got = 0;
    assert_int_equal(send(connection, bytes, length, MSG_NOSIGNAL), length);
    for (unsigned i = 0; i < 8; i++)
        application_run(all);
    for (ssize_t more; (more = recv(connection, back + got, (size_t)(ROOM - got), 0)) >= 0;) {
        if (more == 0)
            return -1;
        got += more;
    }
    return errno == EAGAIN ? got : -1;
}

static int greet(uint64_t node)
{
    unsigned char bytes[ROOM];
    int connection = connect_to_a();
    size_t length = uripc__wire_write_hello(bytes, node, 1, 1);
    assert_int_equal(exchange(connection, bytes, length, bytes), URIPC__HELLO_BYTES);
    struct uripc__wire wire;
    assert_int_equal(uripc__wire_read(bytes, URIPC__HELLO_BYTES, &wire), URIPC__WIRE_WHOLE);
    assert_int_equal(wire.node, at_a.incarnation.node);
    return connection;
}

static size_t write_message(unsigned char *out, const char *source, const char *target)
{
    struct uripc_frame frame = {
        .confirmed = 1,
        .from = {.serial = 7},
        .to = {.serial = at_a.incarnation.serial},
        .message_id = 1,
        .source = {.at = source, .length = strlen(source)},
        .target = {.at = target, .length = strlen(target)},
        .name_units = (uint32_t)strlen(source),
    };
    return uripc__wire_write_message(out, &frame);
}

/* The node is as it was: it takes a message of another. */
static void still_works(void)
{
    unsigned char buffer[256];
    struct uripc_handle handle = finish(all, &b, start_register(&b, "ipc:/b", NULL)).handle;
    uint64_t send = start_send(&b, handle, "ipc:/a", "text", 4, 0);
    uint64_t receive = start_receive(&a, at_a.handle, buffer, sizeof buffer);
    assert_int_equal(finish(all, &a, receive).status, URIPC_OK);
    assert_int_equal(finish(all, &b, send).status, URIPC_OK);
    finish(all, &b, start_close(&b, handle));
}

static void refuse(const unsigned char *bytes, size_t length, const char *why)
{
    unsigned char back[ROOM];
    int connection = greet(STRANGER);
    if (exchange(connection, bytes, length, back) >= 0)
        fail_msg("not closed: %s", why);
    close(connection);
}

/* ---- tests ---- */

static void a_stranger_that_keeps_to_the_wire_is_answered(void **state)
{
    unsigned char bytes[ROOM];
    struct uripc__wire wire;
    (void)state;
    int connection = greet(STRANGER);
    size_t length = write_message(bytes, "ipc:/x", "ipc:/a");
    assert_int_equal(exchange(connection, bytes, length, bytes), URIPC__ANSWER_BYTES);
    assert_int_equal(uripc__wire_read(bytes, URIPC__ANSWER_BYTES, &wire), URIPC__WIRE_WHOLE);
    assert_int_equal(wire.frame.status, URIPC_OK);
    assert_int_equal(wire.frame.message_id, 1);
    assert_int_equal(wire.frame.to.serial, 7);
    close(connection);
}

static void a_frame_may_come_byte_by_byte(void **state)
{
    unsigned char bytes[ROOM], back[ROOM];
    (void)state;
    int connection = greet(STRANGER);
    size_t length = write_message(bytes, "ipc:/x", "ipc:/a");
    for (size_t i = 0; i + 1 < length; i++)
        assert_int_equal(exchange(connection, bytes + i, 1, back), 0);
    assert_int_equal(exchange(connection, bytes + length - 1, 1, back), URIPC__ANSWER_BYTES);
    close(connection);
}

static void whoever_does_not_say_hello_is_refused(void **state)
{
    unsigned char bytes[ROOM], back[ROOM];
    (void)state;
    int connection = connect_to_a();
    size_t length = write_message(bytes, "ipc:/x", "ipc:/a");
    assert_int_equal(exchange(connection, bytes, length, back), -1);
    close(connection);

    connection = connect_to_a();
    length = uripc__wire_write_hello(bytes, STRANGER, 2, 9);
    assert_int_equal(exchange(connection, bytes, length, back), -1);
    close(connection);

    connection = connect_to_a();
    assert_int_equal(exchange(connection, "GET / HTTP/1.1\r\n\r\n", 18, back), -1);
    close(connection);
    still_works();
}

static void what_does_not_belong_here_ends_the_connection(void **state)
{
    unsigned char bytes[ROOM];
    struct uripc_frame answer = {.status = URIPC_OK, .certainty = URIPC_DEFINITE};
    (void)state;
    refuse(bytes, write_message(bytes, "ipc:/x/..", "ipc:/a"), "a source that is not canonical");
    refuse(bytes, write_message(bytes, "ipc:/x", "IPC:/a"), "a target that is not canonical");
    refuse(bytes, uripc__wire_write_hello(bytes, STRANGER, 1, 1), "a second hello");
    refuse(bytes, uripc__wire_write_answer(bytes, &answer, 1), "an answer to nothing");
    refuse(bytes, uripc__wire_write_state(bytes, 0), "a state that nobody asked for");
    memcpy(bytes, "\10\0\0\0\5\0\0\0", 8);
    refuse(bytes, 8, "a node that asks like an observer");
    bytes[4] = 0;
    refuse(bytes, 8, "kind 0");
    memset(bytes, 0xff, 8);
    bytes[4] = 2;
    refuse(bytes, 40, "a message of 4 GiB that is none");
    still_works();
}

static void later_kinds_are_read_past(void **state)
{
    unsigned char bytes[ROOM] = {200, 1, 0, 0, 200}; /* 456 bytes of kind 200 */
    unsigned char back[ROOM];
    (void)state;
    int connection = greet(STRANGER);
    size_t length = 456 + write_message(bytes + 456, "ipc:/x", "ipc:/a");
    assert_int_equal(exchange(connection, bytes, 100, back), 0);
    assert_int_equal(exchange(connection, bytes + 100, length - 100, back), URIPC__ANSWER_BYTES);
    close(connection);
}

static void half_a_message_is_nothing(void **state)
{
    unsigned char bytes[ROOM], back[ROOM];
    struct uripc_info info;
    (void)state;
    int connection = greet(STRANGER);
    size_t length = write_message(bytes, "ipc:/x", "ipc:/a");
    assert_int_equal(exchange(connection, bytes, length - 1, back), 0);
    close(connection);
    for (unsigned i = 0; i < 8; i++)
        application_run(all);
    assert_int_equal(uripc_info(uripc_uv_node(a.uv), at_a.handle, &info), URIPC_OK);
    assert_int_equal(info.messages, 0);
    still_works();
}

static void an_observer_is_shown_the_state(void **state)
{
    unsigned char bytes[ROOM];
    (void)state;
    int connection = greet(0);
    ssize_t length = exchange(connection, "\10\0\0\0\5\0\0\0", 8, bytes);
    assert_in_range(length, 9, ROOM - 1);
    bytes[length] = '\0';
    const char *text = (const char *)bytes + URIPC__WIRE_HEAD;
    assert_non_null(strstr(text, "\"implementation\":\"reference-uv\""));
    assert_non_null(strstr(text, "{\"name\":\"ipc:/a\",\"kind\":\"exclusive\",\"messages\":0,"));
    size_t message = write_message(bytes, "ipc:/x", "ipc:/a");
    assert_int_equal(exchange(connection, bytes, message, bytes), -1); /* it only looks */
    close(connection);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_stranger_that_keeps_to_the_wire_is_answered),
        TEST(a_frame_may_come_byte_by_byte),
        TEST(whoever_does_not_say_hello_is_refused),
        TEST(what_does_not_belong_here_ends_the_connection),
        TEST(later_kinds_are_read_past),
        TEST(half_a_message_is_nothing),
        TEST(an_observer_is_shown_the_state),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
