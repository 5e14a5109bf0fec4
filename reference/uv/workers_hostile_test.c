/* SPDX-License-Identifier: MIT */
/* Workers and homes made by hand: the frames of a shared queue from who is confused, broken or
 * hostile. */
#define _GNU_SOURCE
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

#include "codec.h"
#include "fake_pool.h"
#include "inside.h"

enum { STRANGER = 0x5741, SOMEBODY = 4321 /* a user */ };

/* ---- a worker made by hand ---- */

static int connect_to_a(void)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    uripc__realm_socket_path(&a.uv->realm, a.uv->realm.id, address.sun_path);
    int made = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    assert_int_equal(connect(made, (const struct sockaddr *)&address, sizeof address), 0);
    return made;
}

static void tell(int connection, const unsigned char *bytes, size_t length)
{
    assert_int_equal(send(connection, bytes, length, MSG_NOSIGNAL), length);
    run(both);
}

/* What has come over a connection, or -1 if it is closed. */
static ssize_t hear(int connection, unsigned char *bytes)
{
    ssize_t got = recv(connection, bytes, ROOM, 0);
    return got > 0 ? got : got < 0 && errno == EAGAIN ? 0 : -1;
}

static int greet_a(void)
{
    unsigned char bytes[ROOM];
    int connection = connect_to_a();
    tell(connection, bytes, uripc__wire_write_hello(bytes, STRANGER, 1, 1));
    assert_int_equal(hear(connection, bytes), URIPC__HELLO_BYTES);
    return connection;
}

static struct uripc_frame asking(uint64_t id)
{
    return (struct uripc_frame){.from.serial = 7,
                                .to.serial = home.incarnation.serial,
                                .message_id = id,
                                .take = id,
                                .size = ROOM};
}

/* Joins and takes; the message that was there is given to it. */
static int take_by_hand(void)
{
    unsigned char bytes[ROOM];
    struct uripc__wire wire;
    struct uripc_frame to_join = asking(1);
    struct uripc_frame take = asking(2);
    int connection = greet_a();
    send_to_pool("text", 4);
    tell(connection, bytes, uripc__wire_write_join(bytes, &to_join));
    assert_int_equal(hear(connection, bytes), URIPC__GIVEN_BYTES);
    tell(connection, bytes, uripc__wire_write_take(bytes, &take));
    ssize_t got = hear(connection, bytes);
    assert_int_equal(uripc__wire_read(bytes, (size_t)got, &wire), URIPC__WIRE_WHOLE);
    assert_int_equal(wire.frame.status, URIPC_OK);
    assert_int_equal(wire.frame.data_bytes, 4);
    assert_int_equal(queued(), 0);
    return connection;
}

static void a_new_connection_is_the_end_of_the_one_before(void **state)
{
    unsigned char bytes[ROOM];
    struct uripc_frame taken = asking(2);
    (void)state;
    int before = take_by_hand();
    int after = greet_a();
    assert_int_equal(queued(), 1); /* nobody will tell what became of it */
    close(before);
    close(after);
    uint64_t receive = start_receive(&a, home.handle, bytes, sizeof bytes);
    assert_int_equal(finish(only_a, &a, receive).status, URIPC_OK);

    before = take_by_hand();
    size_t length = uripc__wire_write_taken(bytes, &taken);
    after = connect_to_a(); /* both are read at once */
    assert_int_equal(send(before, bytes, length, MSG_NOSIGNAL), length);
    tell(after, bytes, uripc__wire_write_hello(bytes, STRANGER, 1, 1));
    assert_int_equal(queued(), 0);
    close(before);
    close(after);
}

static void refuse(const unsigned char *bytes, size_t length, const char *why)
{
    unsigned char back[ROOM];
    int connection = greet_a();
    tell(connection, bytes, length);
    if (hear(connection, back) >= 0)
        fail_msg("not closed: %s", why);
    close(connection);
}

static void a_broken_worker_is_refused(void **state)
{
    unsigned char bytes[ROOM];
    struct uripc_frame frame = asking(1);
    (void)state;
    refuse(bytes, uripc__wire_write_given(bytes, &frame), "nothing was asked for");
    uripc__wire_write_taken(bytes, &frame);
    bytes[5] = URIPC_TIMEOUT;
    refuse(bytes, URIPC__TAKEN_BYTES, "neither taken nor not");
    uripc__wire_write_join(bytes, &frame);
    bytes[0] = 8;
    refuse(bytes, URIPC__JOIN_BYTES, "half a join");
}

/* What names nothing changes nothing, and the queue goes on. */
static void a_confused_worker_changes_nothing(void **state)
{
    unsigned char bytes[ROOM];
    (void)state;
    int connection = take_by_hand();
    struct uripc_frame frame = asking(99);
    tell(connection, bytes, uripc__wire_write_taken(bytes, &frame)); /* was never asked */
    tell(connection, bytes, uripc__wire_write_withdraw(bytes, &frame));
    frame = asking(2);
    tell(connection, bytes, uripc__wire_write_join(bytes, &frame)); /* an id twice */
    frame.status = URIPC_ABORTED;
    tell(connection, bytes, uripc__wire_write_taken(bytes, &frame));
    tell(connection, bytes, uripc__wire_write_taken(bytes, &frame));
    frame.to.serial++; /* no queue */
    tell(connection, bytes, uripc__wire_write_join(bytes, &frame));
    tell(connection, bytes, uripc__wire_write_take(bytes, &frame));
    tell(connection, bytes, uripc__wire_write_taken(bytes, &frame));
    assert_true(hear(connection, bytes) > 0);
    close(connection);
    run(both);
    uint64_t receive = start_receive(&b, join(), bytes, sizeof bytes);
    assert_int_equal(finish(both, &b, receive).status, URIPC_OK);
}

/* ACC-6: whoever could not have claimed the name gets no message of its queue. */
static void another_user_cannot_join(void **state)
{
    unsigned char bytes[ROOM];
    struct uripc_frame frame = asking(1);
    (void)state;
    if (geteuid() != 0)
        skip(); /* only root can be several users */
    assert_int_equal(chmod(realm, 0755), 0);
    a.uv->realm.mode = 0755; /* it is an open realm */
    assert_int_equal(chmod(realm, 0777), 0);
    char place[128];
    uripc__realm_socket_path(&a.uv->realm, a.uv->realm.id, place);
    assert_int_equal(chmod(place, 0777), 0);
    (void)snprintf(place, sizeof place, "%s/nodes", realm);
    assert_int_equal(chmod(place, 0777), 0);
    assert_int_equal(seteuid(SOMEBODY), 0);
    int connection = connect_to_a();
    assert_int_equal(seteuid(0), 0);
    tell(connection, bytes, uripc__wire_write_hello(bytes, STRANGER, 1, 1));
    assert_int_equal(hear(connection, bytes), URIPC__HELLO_BYTES);
    tell(connection, bytes, uripc__wire_write_take(bytes, &frame));
    assert_int_equal(hear(connection, bytes), -1);
    close(connection);
}

/* ---- a home made by hand ---- */

static struct uripc__realm strange;
static int to_b; /* the connection that b has made */

/* A node that holds ipc:/strange, and b asks to join it. */
static uint64_t be_asked(void)
{
    unsigned char bytes[ROOM];
    struct uripc__holders holders = {0};
    struct uripc_incarnation life;
    struct uripc_claim claim = {
        .serial = 9, .name = {.at = "ipc:/strange", .length = 12}, .options = shared, .joins = 1};
    assert_int_equal(uripc__realm_open(&strange, realm), URIPC_OK);
    assert_int_equal(uripc__realm_enter(&strange, STRANGER), URIPC_OK);
    assert_true(uripc__realm_lock(&strange));
    assert_int_equal(uripc__names_claim(&strange, &claim, &holders, &life), URIPC_OK);
    uripc__realm_unlock(&strange);
    uripc__holders_free(&holders);
    uint64_t asked = start_register(&b, "ipc:/strange", &shared);
    run(both);
    to_b = accept4(strange.socket, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    assert_true(to_b >= 0);
    tell(to_b, bytes, uripc__wire_write_hello(bytes, STRANGER, 1, 1));
    return asked;
}

/* The last thing that b has asked: the answer to it. */
static struct uripc_frame heard(enum uripc__wire_kind kind)
{
    unsigned char bytes[ROOM];
    struct uripc__wire wire = {0};
    run(both);
    ssize_t got = hear(to_b, bytes);
    for (ssize_t at = 0; at < got; at += wire.size)
        assert_int_equal(uripc__wire_read(bytes + at, (size_t)(got - at), &wire),
                         URIPC__WIRE_WHOLE);
    assert_int_equal(wire.kind, kind);
    return (struct uripc_frame){.kind = URIPC_FRAME_GIVEN,
                                .take = wire.frame.message_id,
                                .home.serial = 9,
                                .to = wire.frame.from,
                                .from = {.node = STRANGER, .serial = 9}};
}

static void give(const struct uripc_frame *given)
{
    unsigned char bytes[ROOM];
    tell(to_b, bytes, uripc__wire_write_given(bytes, given));
}

static struct uripc_handle let_in(void)
{
    uint64_t asked = be_asked();
    struct uripc_frame answer = heard(URIPC__WIRE_JOIN);
    give(&answer);
    struct uripc_completion joined = finish(both, &b, asked);
    assert_int_equal(joined.status, URIPC_OK);
    return joined.handle;
}

static void leave(void)
{
    close(to_b);
    uripc__realm_leave(&strange);
    uripc__realm_close(&strange);
    run(both);
}

static void a_home_made_by_hand_gives_messages(void **state)
{
    unsigned char buffer[ROOM];
    (void)state;
    struct uripc_handle worker = let_in();
    uint64_t receive = start_receive(&b, worker, buffer, sizeof buffer);
    struct uripc_frame answer = heard(URIPC__WIRE_TAKE);
    answer.source = answer.target = (struct uripc_text){.at = "ipc:/strange", .length = 12};
    give(&answer);
    struct uripc_completion taken = finish(both, &b, receive);
    assert_int_equal(taken.status, URIPC_OK);
    assert_int_equal(taken.incarnation.node, STRANGER);
    assert_int_equal(heard(URIPC__WIRE_TAKEN).status, URIPC_OK);
    leave();
    assert_int_equal(uripc_info(uripc_uv_node(b.uv), worker, NULL), URIPC_INVALID_HANDLE);
}

static void a_home_may_refuse(void **state)
{
    (void)state;
    uint64_t asked = be_asked();
    struct uripc_frame answer = heard(URIPC__WIRE_JOIN);
    answer.status = URIPC_NO_RESOURCES;
    give(&answer);
    assert_int_equal(finish(both, &b, asked).status, URIPC_NO_RESOURCES);
    leave();
}

/* Each line of the page of the wire that a home can break ends the connection, and with it what was
 * joined over it. */
static void a_broken_home_is_left(void **state)
{
    static const char *const rules[] = {"a text that is not canonical", "a status of sends",
                                        "more than was asked for", "no text"};
    unsigned char buffer[ROOM];
    (void)state;
    for (unsigned i = 0; i < sizeof rules / sizeof rules[0]; i++) {
        struct uripc_handle worker = let_in();
        uint64_t receive = start_receive(&b, worker, buffer, sizeof buffer);
        struct uripc_frame answer = heard(URIPC__WIRE_TAKE);
        answer.source = answer.target = (struct uripc_text){.at = "ipc:/strange", .length = 12};
        answer.source.at = i == 0 ? "IPC:/strange" : answer.source.at;
        answer.source.length = i == 3 ? 0 : answer.source.length;
        answer.status = i == 1 ? URIPC_FULL : i == 2 ? URIPC_TIMEOUT : URIPC_OK;
        for (unsigned again = 0; again < (i == 2 ? 3 : 1); again++)
            give(&answer);
        enum uripc_status status = finish(both, &b, receive).status;
        if (status != (i == 2 ? URIPC_TIMEOUT : URIPC_ABORTED) ||
            uripc_info(uripc_uv_node(b.uv), worker, NULL) != URIPC_INVALID_HANDLE)
            fail_msg("not left: %s", rules[i]);
        leave();
    }
}

static void a_message_without_texts_is_none(void **state)
{
    unsigned char buffer[ROOM];
    struct uripc_completion completion;
    (void)state;
    uint64_t receive = start_receive(&b, let_in(), buffer, sizeof buffer);
    struct uripc_frame answer = heard(URIPC__WIRE_TAKE);
    give(&answer); /* as if it had asked to join */
    assert_false(is_done(&b, receive, &completion));
    assert_int_equal(heard(URIPC__WIRE_TAKEN).kind, URIPC_FRAME_GIVEN);
    leave();
    assert_int_equal(finish(both, &b, receive).status, URIPC_ABORTED);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_new_connection_is_the_end_of_the_one_before),
        TEST(a_broken_worker_is_refused),
        TEST(a_confused_worker_changes_nothing),
        TEST(another_user_cannot_join),
        TEST(a_home_made_by_hand_gives_messages),
        TEST(a_home_may_refuse),
        TEST(a_broken_home_is_left),
        TEST(a_message_without_texts_is_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
