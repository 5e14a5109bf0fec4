/* SPDX-License-Identifier: MIT */
/* Nodes in one realm, each on a loop of its own. */
#define _GNU_SOURCE
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

#include <uripc/message.h>

#include "fake_application.h"
#include "inside.h"

#define LINGER UINT64_C(5000000000)

static struct application a, b, c;
static struct application *const both[] = {&a, &b, NULL};
static struct application *const all[] = {&a, &b, &c, NULL};
static const char *realm;

static int set_up(void **state)
{
    (void)state;
    realm = realm_make();
    application_open(&a, realm);
    application_open(&b, realm);
    application_open(&c, realm);
    return 0;
}

/* Whatever a test has done, nothing of it is left behind. */
static int tear_down(void **state)
{
    (void)state;
    application_close(&a, 0);
    application_close(&b, 0);
    application_close(&c, 0);
    realm_assert_bare(realm);
    realm_remove(realm);
    return 0;
}

static struct uripc_completion hold(struct application *self, const char *name,
                                    const struct uripc_register_options *options)
{
    return finish(all, self, start_register(self, name, options));
}

static struct uripc_handle held(struct application *self, const char *name)
{
    struct uripc_completion completion = hold(self, name, NULL);
    assert_int_equal(completion.status, URIPC_OK);
    return completion.handle;
}

/* Sends a text and receives it at the other side. */
static struct uripc_completion pass(struct application *from, struct uripc_handle source,
                                    const char *target, struct application *to,
                                    struct uripc_handle handle)
{
    unsigned char buffer[APPLICATION_BUFFER];
    uint64_t send = start_send(from, source, target, "text", 4, 0);
    uint64_t receive = start_receive(to, handle, buffer, sizeof buffer);
    struct uripc_completion received = finish(all, to, receive);
    assert_int_equal(received.status, URIPC_OK);
    assert_memory_equal(buffer + received.bytes - 4, "text", 4);
    assert_int_equal(finish(all, from, send).status, URIPC_OK);
    return received;
}

static enum uripc_status try(struct application *from, struct uripc_handle source,
                             const char *target, uint32_t flags)
{
    return finish(all, from, start_send(from, source, target, "text", 4, flags)).status;
}

static void a_request_and_its_reply(void **state)
{
    (void)state;
    struct uripc_completion at_a = hold(&a, "ipc:/a", NULL);
    struct uripc_completion at_b = hold(&b, "ipc:/b", NULL);
    struct uripc_completion request = pass(&a, at_a.handle, "ipc:/b/x?y", &b, at_b.handle);
    assert_int_equal(request.incarnation.node, at_a.incarnation.node);
    assert_int_equal(request.incarnation.serial, at_a.incarnation.serial);
    assert_int_equal(request.principal, geteuid());
    pass(&b, at_b.handle, "ipc:/a", &a, at_a.handle);
}

static void a_node_sends_to_itself(void **state)
{
    (void)state;
    struct uripc_handle handle = held(&a, "ipc:/a");
    pass(&a, handle, "ipc:/a", &a, handle);
}

static void every_member_gets_a_copy(void **state)
{
    struct uripc_register_options group = {.size = sizeof group, .kind = URIPC_GROUP};
    struct application *const *member = all;
    unsigned char buffers[3][APPLICATION_BUFFER];
    uint64_t receives[3];
    (void)state;
    for (unsigned i = 0; i < 3; i++)
        receives[i] = start_receive(member[i], hold(member[i], "ipc:/g", &group).handle, buffers[i],
                                    APPLICATION_BUFFER);
    assert_int_equal(try(&a, held(&a, "ipc:/a"), "ipc:/g", 0), URIPC_OK);
    for (unsigned i = 0; i < 3; i++)
        assert_int_equal(finish(all, member[i], receives[i]).status, URIPC_OK);
}

static void a_held_name_is_not_given_away(void **state)
{
    struct uripc_register_options shared = {.size = sizeof shared, .kind = URIPC_SHARED};
    (void)state;
    held(&a, "ipc:/a");
    assert_int_equal(hold(&b, "IPC:/a/", NULL).status, URIPC_EXISTS);
    assert_int_equal(hold(&b, "ipc:/a", &shared).status, URIPC_EXISTS);
    assert_int_equal(hold(&b, "ipc:/s", &shared).status, URIPC_OK);
    assert_int_equal(hold(&b, "ipc:/s", &shared).status, URIPC_OK);
    assert_int_equal(hold(&c, "ipc:/s", &shared).status, URIPC_OK); /* by joining */
}

/* All ask before any of them is served; the lock decides. */
static void one_of_those_who_race_for_a_name_gets_it(void **state)
{
    (void)state;
    for (unsigned round = 0; round < 20; round++) {
        struct uripc_completion completions[3];
        unsigned won = 0;
        uint64_t calls[3];
        for (unsigned i = 0; i < 3; i++)
            calls[i] = start_register(all[i], "ipc:/race", NULL);
        for (unsigned i = 0; i < 3; i++)
            completions[i] = finish(all, all[i], calls[i]);
        for (unsigned i = 0; i < 3; i++) {
            if (completions[i].status != URIPC_OK) {
                assert_int_equal(completions[i].status, URIPC_EXISTS);
                continue;
            }
            won++;
            finish(all, all[i], start_close(all[i], completions[i].handle));
        }
        assert_int_equal(won, 1);
    }
}

/* RTE-10, RTE-11: the sender has the route and is told nothing; it looks at the generation. */
static void routes_change_with_the_names(void **state)
{
    (void)state;
    struct uripc_handle source = held(&a, "ipc:/a");
    struct uripc_handle wide = held(&b, "ipc:/b");
    pass(&a, source, "ipc:/b/x", &b, wide);
    struct uripc_handle narrow = held(&c, "ipc:/b/x");
    pass(&a, source, "ipc:/b/x", &c, narrow);
    finish(both + 1, &b, start_register(&b, "ipc:/unseen", NULL)); /* the others do not run */
    finish(all, &c, start_close(&c, narrow));
    pass(&a, source, "ipc:/b/x", &b, wide);
    finish(all, &b, start_close(&b, wide));
    assert_int_equal(try(&a, source, "ipc:/b/x", 0), URIPC_NO_RECEIVER);
}

/* c does not run; what is sent there must not hold up what is sent to b. */
static void a_paused_peer_holds_up_nobody_else(void **state)
{
    enum { MOST = 100, BYTES = 50000, ROOM = BYTES + 100 };
    static unsigned char data[BYTES];
    static unsigned char buffers[MOST][ROOM];
    uint64_t sends[MOST], receives[MOST];
    struct uripc_completion completion;
    unsigned sent = 0;
    (void)state;
    struct uripc_handle source = held(&a, "ipc:/a");
    struct uripc_handle at_b = held(&b, "ipc:/b");
    struct uripc_handle at_c = held(&c, "ipc:/c");
    for (unsigned i = 0; i < MOST; i++)
        receives[i] = start_receive(&c, at_c, buffers[i], ROOM);
    do { /* until the kernel and the queue for c are full */
        sends[sent] = start_send(&a, source, "ipc:/c", data, BYTES, URIPC_NOWAIT);
        application_run(both);
    } while (!is_done(&a, sends[sent], &completion) && ++sent < MOST);
    assert_in_range(sent, 20, MOST - 2);
    assert_int_equal(completion.status, URIPC_WOULD_BLOCK);
    uint64_t call = start_send(&a, source, "ipc:/b", "text", 4, 0);
    assert_int_equal(finish(both, &a, call).status, URIPC_OK);
    pass(&b, at_b, "ipc:/a", &a, source);

    sends[sent] = start_send(&a, source, "ipc:/c", "last", 4, 0); /* waits for room */
    for (unsigned i = 0; i <= sent; i++) {
        assert_int_equal(finish(all, &c, receives[i]).data_bytes, i < sent ? BYTES : 4);
        assert_int_equal(finish(all, &a, sends[i]).status, URIPC_OK);
    }
}

/* c does not run: what is sent to the group reaches b all the same, and c as long as it had room.
 */
static void a_paused_member_holds_up_its_group_only_for_a_while(void **state)
{
    enum { MOST = 1000 };
    struct uripc_register_options group = {.size = sizeof group, .kind = URIPC_GROUP};
    unsigned char buffer[APPLICATION_BUFFER];
    struct uripc_completion completion;
    unsigned behind = 0;
    (void)state;
    struct uripc_handle source = held(&a, "ipc:/a");
    struct uripc_handle at_b = hold(&b, "ipc:/g", &group).handle;
    struct uripc_handle at_c = hold(&c, "ipc:/g", &group).handle;
    for (unsigned i = 0; i < MOST; i++) {
        uint64_t receive = start_receive(&b, at_b, buffer, sizeof buffer);
        uint64_t send = start_send(&a, source, "ipc:/g", &i, sizeof i, 0);
        assert_int_equal(finish(both, &a, send).status, URIPC_OK);
        completion = finish(both, &b, receive);
        assert_memory_equal(buffer + completion.bytes - sizeof i, &i, sizeof i);
    }
    uint64_t receive = start_receive(&c, at_c, buffer, sizeof buffer);
    while (completion = finish(all, &c, receive), completion.data_bytes == sizeof behind) {
        assert_memory_equal(buffer + completion.bytes - sizeof behind, &behind, sizeof behind);
        if (++behind == 20) { /* c has made room: it gets what is sent now */
            application_run(all);
            start_send(&a, source, "ipc:/g", "last", 5, 0);
        }
        receive = start_receive(&c, at_c, buffer, sizeof buffer);
    }
    assert_int_equal(completion.data_bytes, 5);
    assert_in_range(behind, 20, MOST - 1);
}

/* Sends with a deadline, so that what gets stuck does not hold up the test. */
static uint64_t start_hurried_send(struct application *self, struct uripc_handle source,
                                   const char *target)
{
    struct uripc_send_options options = {.size = sizeof options, .deadline = LINGER};
    struct uripc_text to = {.at = target, .length = strlen(target)};
    uint64_t call = ++self->calls;
    assert_int_equal(
        uripc_send(uripc_uv_node(self->uv), source, NULL, to, "text", 4, &options, call),
        URIPC_PENDING);
    return call;
}

/* Connects to a node that does not run, and so leaves no room for others: a backlog of 0 holds one.
 */
static int fill_backlog(const struct application *self)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int filler = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);
    assert_int_equal(listen(self->uv->realm.socket, 0), 0);
    uripc__realm_socket_path(&self->uv->realm, self->uv->realm.id, address.sun_path);
    assert_int_equal(connect(filler, (const struct sockaddr *)&address, sizeof address), 0);
    return filler;
}

/* Runs a node until it has tried to connect, in vain. */
static void meet_full_backlog(struct application *self)
{
    struct application *const sender[] = {self, NULL};
    while (self->uv->peers.connections == NULL)
        application_run(sender);
    application_run(sender); /* the turn's end has come, and could write nothing */
    assert_int_equal(self->uv->peers.connections->state, URIPC__CONNECTING);
}

static void what_meets_a_full_backlog_arrives_later(void **state)
{
    enum { SENDS = 50 };
    uint64_t sends[SENDS];
    unsigned char buffer[APPLICATION_BUFFER];
    (void)state;
    struct uripc_handle handle = held(&a, "ipc:/a");
    struct uripc_handle source = held(&b, "ipc:/b");
    int filler = fill_backlog(&a);
    for (unsigned i = 0; i < SENDS; i++)
        sends[i] = start_hurried_send(&b, source, "ipc:/a");
    meet_full_backlog(&b);
    for (unsigned i = 0; i < SENDS; i++)
        assert_int_equal(finish(both, &b, sends[i]).status, URIPC_OK);
    for (unsigned i = 0; i < SENDS; i++) {
        uint64_t receive = start_receive(&a, handle, buffer, sizeof buffer);
        assert_int_equal(finish(both, &a, receive).status, URIPC_OK);
    }
    close(filler);
}

static void a_group_waits_for_a_full_backlog_too(void **state)
{
    struct uripc_register_options group = {.size = sizeof group, .kind = URIPC_GROUP};
    unsigned char buffer[APPLICATION_BUFFER];
    (void)state;
    struct uripc_handle member = hold(&a, "ipc:/g", &group).handle;
    struct uripc_handle source = held(&b, "ipc:/b");
    int filler = fill_backlog(&a);
    uint64_t send = start_hurried_send(&b, source, "ipc:/g");
    meet_full_backlog(&b);
    assert_int_equal(finish(both, &b, send).status, URIPC_OK);
    assert_int_equal(b.uv->counters.passed_over, 0);
    uint64_t receive = start_receive(&a, member, buffer, sizeof buffer);
    assert_int_equal(finish(both, &a, receive).status, URIPC_OK);
    close(filler);
}

static void a_message_that_is_too_large_is_read_past(void **state)
{
    static unsigned char data[300000];
    static struct application small;
    struct application *const with_small[] = {&a, &small, NULL};
    (void)state;
    application_open_small(&small, realm, 20000);
    struct uripc_handle source = held(&a, "ipc:/a");
    struct uripc_handle handle =
        finish(with_small, &small, start_register(&small, "ipc:/small", NULL)).handle;
    uint64_t call = start_send(&a, source, "ipc:/small", data, sizeof data, 0);
    assert_int_equal(finish(with_small, &a, call).status, URIPC_FULL);
    call = start_send(&a, source, "ipc:/small", "text", 4, 0);
    assert_int_equal(finish(with_small, &a, call).status, URIPC_OK);
    call = start_receive(&small, handle, data, sizeof data);
    assert_int_equal(finish(with_small, &small, call).data_bytes, 4);
    application_close(&small, 0);
}

static void what_was_accepted_is_handed_over_before_the_end(void **state)
{
    enum { MESSAGES = 100 };
    static unsigned char buffer[APPLICATION_BUFFER];
    static struct application brief;
    struct application *const with_brief[] = {&b, &brief, NULL};
    (void)state;
    application_open(&brief, realm);
    struct uripc_handle at_b = held(&b, "ipc:/b");
    struct uripc_handle source =
        finish(with_brief, &brief, start_register(&brief, "ipc:/brief", NULL)).handle;
    for (unsigned i = 0; i < MESSAGES; i++)
        start_send(&brief, source, "ipc:/b", &i, sizeof i, 0);
    application_close(&brief, LINGER);
    for (unsigned i = 0; i < MESSAGES; i++) {
        uint64_t receive = start_receive(&b, at_b, buffer, sizeof buffer);
        struct uripc_completion received = finish(all, &b, receive);
        assert_int_equal(received.status, URIPC_OK);
        assert_memory_equal(buffer + received.bytes - sizeof i, &i, sizeof i);
    }
}

/* ---- descriptors run out ---- */

static struct rlimit leave(unsigned more)
{
    struct rlimit before;
    int next = dup(0);
    assert_true(next >= 0);
    close(next);
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
    struct rlimit tight = {.rlim_cur = (rlim_t)next + more, .rlim_max = before.rlim_max};
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &tight), 0);
    return before;
}

static void without_descriptors_calls_say_so_and_work_again_later(void **state)
{
    struct uripc_completion completion;
    (void)state;
    struct uripc_handle source = held(&a, "ipc:/a");
    struct uripc_handle at_b = held(&b, "ipc:/b");
    struct rlimit before = leave(0);
    assert_int_equal(try(&a, source, "ipc:/b", 0), URIPC_NO_RESOURCES);
    assert_int_equal(hold(&a, "ipc:/more", NULL).status, URIPC_NO_RESOURCES);
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
    pass(&a, source, "ipc:/b", &b, at_b);

    before = leave(1); /* c can connect, but b cannot accept */
    struct uripc_handle at_c = {0};
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
    at_c = held(&c, "ipc:/c");
    uint64_t call = start_send(&c, at_c, "ipc:/b", "text", 4, 0);
    uv_run(&c.loop, UV_RUN_NOWAIT);
    before = leave(0);
    for (unsigned i = 0; i < 20; i++)
        application_run(all);
    assert_false(is_done(&c, call, &completion));
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
    assert_int_equal(finish(all, &c, call).status, URIPC_OK);
}

/* ---- opening ---- */

static enum uripc_status open_at(const char *path, struct application *self)
{
    struct uripc_uv_options options = {
        .size = sizeof options, .realm = path, .limits = uripc_limits_default};
    memset(self, 0, sizeof *self);
    assert_int_equal(uv_loop_init(&self->loop), 0);
    enum uripc_status status = uripc_uv_open(&self->loop, &options, &self->uv);
    if (status != URIPC_OK)
        assert_int_equal(uv_loop_close(&self->loop), 0);
    return status;
}

static void a_realm_has_a_short_path_and_exists(void **state)
{
    static struct application none;
    char path[90];
    (void)state;
    memset(path, '/', sizeof path);
    path[81] = '\0';
    assert_int_equal(open_at(path, &none), URIPC_INVALID_ARGUMENT);
    assert_int_equal(open_at("/nonexistent/realm", &none), URIPC_INVALID_ARGUMENT);
    assert_int_equal(open_at("/dev/null", &none), URIPC_INVALID_ARGUMENT);
    assert_int_equal(open_at(NULL, &none), URIPC_INVALID_ARGUMENT);
}

static void a_private_realm_of_somebody_else_gives_no_names(void **state)
{
    static struct application stranger;
    struct application *const alone[] = {&stranger, NULL};
    (void)state;
    if (geteuid() != 0)
        skip(); /* only root can give a directory away */
    const char *path = realm_make();
    assert_int_equal(chown(path, 12345, 12345), 0);
    assert_int_equal(open_at(path, &stranger), URIPC_OK);
    uint64_t call = start_register(&stranger, "ipc:/a", NULL);
    assert_int_equal(finish(alone, &stranger, call).status, URIPC_ACCESS_DENIED);
    application_close(&stranger, 0);
    realm_remove(path);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_request_and_its_reply),
        TEST(a_node_sends_to_itself),
        TEST(every_member_gets_a_copy),
        TEST(a_held_name_is_not_given_away),
        TEST(one_of_those_who_race_for_a_name_gets_it),
        TEST(routes_change_with_the_names),
        TEST(a_paused_peer_holds_up_nobody_else),
        TEST(a_paused_member_holds_up_its_group_only_for_a_while),
        TEST(what_meets_a_full_backlog_arrives_later),
        TEST(a_group_waits_for_a_full_backlog_too),
        TEST(a_message_that_is_too_large_is_read_past),
        TEST(what_was_accepted_is_handed_over_before_the_end),
        TEST(without_descriptors_calls_say_so_and_work_again_later),
        cmocka_unit_test(a_realm_has_a_short_path_and_exists),
        cmocka_unit_test(a_private_realm_of_somebody_else_gives_no_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
