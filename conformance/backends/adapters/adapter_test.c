/* SPDX-License-Identifier: MIT */
/* What every adapter can do, through its table and between two processes.  Compiled once for each
 * adapter; the suite tests the rest. */
#define _XOPEN_SOURCE 700

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <mqueue.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <uripc/backend.h>
#include <uripc/message.h>

#define SECOND UINT64_C(1000000000)

struct fixture {
    const struct uripc_backend *backend;
    struct uripc_node *node;
    char realm[32];
};

static struct uripc_text text(const char *string)
{
    return (struct uripc_text){string, strlen(string)};
}

static void open_node(struct fixture *fixture)
{
    const struct uripc_backend_setup setup = {
        .size = sizeof(setup), .realm = fixture->realm, .limits = uripc_limits_default};
    fixture->backend = uripc_backend();
    assert_int_equal(fixture->backend->open(&setup, &fixture->node), URIPC_OK);
}

static int make_realm(void **state)
{
    static struct fixture fixture;
    strcpy(fixture.realm, "/tmp/uripc-test-XXXXXX");
    assert_non_null(mkdtemp(fixture.realm));
    *state = &fixture;
    return 0;
}

static int set_up(void **state)
{
    make_realm(state);
    open_node(*state);
    return 0;
}

/* Ends what lies outside the realm and is named there, as the suite does. */
static int remove_one(const char *path, const struct stat *stat, int type, struct FTW *at)
{
    const char *name = path + at->base;
    char queue[NAME_MAX + 2];
    (void)stat, (void)type;
    if (strncmp(name, "posix-mqueue.", 13) == 0) {
        snprintf(queue, sizeof(queue), "/%s", name + 13);
        mq_unlink(queue);
    }
    if (strncmp(name, "process.", 8) == 0)
        kill((pid_t)atoi(name + 8), SIGKILL);
    return remove(path) == 0 || errno == ENOENT ? 0 : -1; /* a server may tidy up itself */
}

static int tear_down(void **state)
{
    struct fixture *fixture = *state;
    fixture->backend->close(fixture->node, SECOND);
    return nftw(fixture->realm, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

/* The completion of a call; fails the test if there is none for ten seconds. */
static struct uripc_completion await(const struct fixture *fixture, uint64_t overlapped)
{
    struct uripc_completion completion;
    while (fixture->backend->poll(fixture->node, &completion) != URIPC_OK)
        if (!fixture->backend->run(fixture->node, -1, 10 * SECOND))
            fail_msg("call %d has no completion", (int)overlapped);
    assert_int_equal(completion.overlapped, overlapped);
    return completion;
}

static struct uripc_handle claim(const struct fixture *fixture, const char *name)
{
    const struct uripc_handle none = {0};
    assert_int_equal(fixture->backend->register_(fixture->node, none, text(name), NULL, 1),
                     URIPC_PENDING);
    const struct uripc_completion completion = await(fixture, 1);
    assert_int_equal(completion.status, URIPC_OK);
    return completion.handle;
}

static enum uripc_status send_text(const struct fixture *fixture, struct uripc_handle source,
                                   const char *target, const char *data)
{
    assert_int_equal(fixture->backend->send(fixture->node, source, NULL, text(target), data,
                                            (uint32_t)strlen(data), NULL, 2),
                     URIPC_PENDING);
    return await(fixture, 2).status;
}

static void start_receive(const struct fixture *fixture, struct uripc_handle handle, void *buffer,
                          uint32_t size, const struct uripc_receive_options *options,
                          uint64_t overlapped)
{
    const struct uripc_buffer room = {(uintptr_t)buffer, size};
    assert_int_equal(fixture->backend->receive(fixture->node, handle, room, options, overlapped),
                     URIPC_PENDING);
}

static void assert_message(const void *buffer, const char *source, const char *target,
                           const char *data)
{
    struct uripc_message lengths;
    struct uripc_message_parts parts;
    const char *at = buffer;
    assert_int_equal(uripc_message_read(buffer, 512, 1, &lengths, &parts), URIPC_OK);
    assert_int_equal(lengths.source_units, strlen(source));
    assert_memory_equal(at + parts.source, source, strlen(source));
    assert_int_equal(lengths.target_units, strlen(target));
    assert_memory_equal(at + parts.target, target, strlen(target));
    assert_int_equal(lengths.data_bytes, strlen(data));
    assert_memory_equal(at + parts.data, data, strlen(data));
}

static void expect_message(const struct fixture *fixture, struct uripc_handle handle,
                           const char *source, const char *target, const char *data)
{
    _Alignas(8) char buffer[512];
    start_receive(fixture, handle, buffer, sizeof(buffer), NULL, 3);
    assert_int_equal(await(fixture, 3).status, URIPC_OK);
    assert_message(buffer, source, target, data);
}

static void a_message_reaches_its_own_node(void **state)
{
    struct fixture *fixture = *state;
    const struct uripc_handle a = claim(fixture, "ipc:/a/");
    assert_int_equal(send_text(fixture, a, "IPC:/a?q", "hello"), URIPC_OK);
    expect_message(fixture, a, "ipc:/a", "ipc:/a?q", "hello");
}

static void echo(struct fixture *fixture, int go)
{
    char byte;
    alarm(50);
    open_node(fixture);
    const struct uripc_handle b = claim(fixture, "ipc:/b");
    assert_int_equal(read(go, &byte, 1), 1);
    assert_int_equal(send_text(fixture, b, "ipc:/a", "ready"), URIPC_OK);
    expect_message(fixture, b, "ipc:/a", "ipc:/b", "there");
    assert_int_equal(send_text(fixture, b, "ipc:/a", "and back"), URIPC_OK);
    fixture->backend->close(fixture->node, 10 * SECOND);
}

/* No node is open at the fork: libraries with threads do not survive it. */
static void messages_pass_between_processes(void **state)
{
    struct fixture *fixture = *state;
    int go[2];
    int status;
    assert_int_equal(pipe(go), 0);
    const pid_t child = fork();
    if (child == 0) {
        echo(fixture, go[0]);
        _exit(0);
    }
    open_node(fixture);
    const struct uripc_handle a = claim(fixture, "ipc:/a");
    assert_int_equal(write(go[1], "x", 1), 1);
    expect_message(fixture, a, "ipc:/b", "ipc:/a", "ready");
    assert_int_equal(send_text(fixture, a, "ipc:/b", "there"), URIPC_OK);
    expect_message(fixture, a, "ipc:/b", "ipc:/a", "and back");
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    close(go[0]);
    close(go[1]);
}

static void a_block_is_in_flight_until_it_is_polled(void **state)
{
    struct fixture *fixture = *state;
    const struct uripc_receive_options nowait = {.size = sizeof(nowait), .flags = URIPC_NOWAIT};
    const struct uripc_buffer none = {0, 0};
    const struct uripc_handle a = claim(fixture, "ipc:/a");
    start_receive(fixture, a, NULL, 0, &nowait, 3);
    assert_int_equal(fixture->backend->receive(fixture->node, a, none, &nowait, 3), URIPC_IN_USE);
    assert_int_equal(await(fixture, 3).status, URIPC_TIMEOUT);
    start_receive(fixture, a, NULL, 0, &nowait, 3);
    assert_int_equal(await(fixture, 3).status, URIPC_TIMEOUT);
}

static void run_tells_of_a_completion_once(void **state)
{
    struct fixture *fixture = *state;
    const struct uripc_receive_options nowait = {.size = sizeof(nowait), .flags = URIPC_NOWAIT};
    const struct uripc_handle a = claim(fixture, "ipc:/a");
    fixture->backend->run(fixture->node, -1, 0);
    start_receive(fixture, a, NULL, 0, &nowait, 3);
    assert_int_equal(fixture->backend->run(fixture->node, -1, SECOND), URIPC_BACKEND_COMPLETED);
    assert_int_equal(fixture->backend->run(fixture->node, -1, 1), 0);
    await(fixture, 3);
}

static void run_tells_of_the_descriptor(void **state)
{
    struct fixture *fixture = *state;
    int ends[2];
    claim(fixture, "ipc:/a");
    fixture->backend->run(fixture->node, -1, 0);
    assert_int_equal(pipe(ends), 0);
    assert_int_equal(fixture->backend->run(fixture->node, ends[0], 0), 0);
    assert_int_equal(write(ends[1], "x", 1), 1);
    assert_int_equal(fixture->backend->run(fixture->node, ends[0], UINT64_MAX),
                     URIPC_BACKEND_READABLE);
    close(ends[0]);
    close(ends[1]);
}

static void a_deadline_ends_a_receive(void **state)
{
    struct fixture *fixture = *state;
    const struct uripc_receive_options soon = {.size = sizeof(soon), .deadline = 1000000};
    const struct uripc_handle a = claim(fixture, "ipc:/a");
    start_receive(fixture, a, NULL, 0, &soon, 3);
    assert_int_equal(await(fixture, 3).status, URIPC_TIMEOUT);
}

static void a_short_buffer_leaves_the_message(void **state)
{
    struct fixture *fixture = *state;
    char buffer[8];
    const struct uripc_handle a = claim(fixture, "ipc:/a");
    assert_int_equal(send_text(fixture, a, "ipc:/a", "hello"), URIPC_OK);
    start_receive(fixture, a, buffer, sizeof(buffer), NULL, 3);
    const struct uripc_completion completion = await(fixture, 3);
    assert_int_equal(completion.status, URIPC_BUFFER_TOO_SMALL);
    assert_int_equal(completion.source_units, 6);
    assert_int_equal(completion.data_bytes, 5);
    expect_message(fixture, a, "ipc:/a", "ipc:/a", "hello");
}

static void a_cancelled_receive_takes_nothing(void **state)
{
    struct fixture *fixture = *state;
    char buffer[512];
    const struct uripc_handle a = claim(fixture, "ipc:/a");
    start_receive(fixture, a, buffer, sizeof(buffer), NULL, 3);
    assert_int_equal(fixture->backend->cancel(fixture->node, 3), URIPC_OK);
    assert_int_equal(fixture->backend->cancel(fixture->node, 3), URIPC_NOT_FOUND);
    assert_int_equal(await(fixture, 3).status, URIPC_ABORTED);
    assert_int_equal(send_text(fixture, a, "ipc:/a", "hello"), URIPC_OK);
    expect_message(fixture, a, "ipc:/a", "ipc:/a", "hello");
}

/* Sends numbers until one has to wait, or is refused; returns how many will arrive. */
static unsigned send_until_full(const struct fixture *fixture, struct uripc_handle a, bool *waits)
{
    for (unsigned sent = 0; sent < 5000; sent++) {
        struct uripc_completion completion;
        char data[16];
        snprintf(data, sizeof(data), "%u", sent);
        assert_int_equal(fixture->backend->send(fixture->node, a, NULL, text("ipc:/a"), data,
                                                (uint32_t)strlen(data), NULL, 2),
                         URIPC_PENDING);
        for (int i = 0; i < 10; i++) /* a confirmation may take some turns */
            if (fixture->backend->run(fixture->node, -1, SECOND / 10))
                break;
        *waits = fixture->backend->poll(fixture->node, &completion) != URIPC_OK;
        if (*waits)
            return sent + 1;
        if (completion.status == URIPC_FULL)
            return sent;
        assert_int_equal(completion.status, URIPC_OK);
    }
    return 5000;
}

static void what_a_full_queue_accepts_arrives_in_order(void **state)
{
    struct fixture *fixture = *state;
    bool waits = false;
    const struct uripc_handle a = claim(fixture, "ipc:/a");
    const unsigned count = send_until_full(fixture, a, &waits);
    for (unsigned i = 0; i < count; i++) {
        _Alignas(8) char buffer[512];
        char data[16];
        struct uripc_completion completion = {0};
        snprintf(data, sizeof(data), "%u", i);
        start_receive(fixture, a, buffer, sizeof(buffer), NULL, 3);
        while (completion.overlapped != 3)
            if (fixture->backend->poll(fixture->node, &completion) != URIPC_OK)
                assert_int_not_equal(fixture->backend->run(fixture->node, -1, 10 * SECOND), 0);
            else if (completion.overlapped == 2)
                waits = false;
        assert_message(buffer, "ipc:/a", "ipc:/a", data);
    }
    if (waits)
        assert_int_equal(await(fixture, 2).status, URIPC_OK);
}

static void close_ends_what_is_pending_and_frees_the_name(void **state)
{
    struct fixture *fixture = *state;
    const struct uripc_backend *backend = fixture->backend;
    const struct uripc_handle a = claim(fixture, "ipc:/a");
    start_receive(fixture, a, NULL, 0, NULL, 3);
    start_receive(fixture, a, NULL, 0, NULL, 4);
    assert_int_equal(backend->close_handle(fixture->node, a, 5), URIPC_PENDING);
    assert_int_equal(backend->close_handle(fixture->node, a, 6), URIPC_INVALID_HANDLE);
    assert_int_equal(await(fixture, 3).status, URIPC_CLOSED);
    assert_int_equal(await(fixture, 4).status, URIPC_CLOSED);
    assert_int_equal(await(fixture, 5).status, URIPC_OK);
    assert_int_not_equal(claim(fixture, "ipc:/a").id, a.id);
}

static void what_is_not_declared_is_refused(void **state)
{
    struct fixture *fixture = *state;
    const struct uripc_backend *backend = fixture->backend;
    const struct uripc_handle none = {0};
    const struct uripc_register_options group = {.size = sizeof(group), .kind = URIPC_GROUP};
    const struct uripc_handle a = claim(fixture, "ipc:/a");
    assert_int_equal(backend->capabilities & URIPC_CAN_PARENTS, 0);
    assert_int_equal(backend->register_(fixture->node, a, text("b"), NULL, 9), URIPC_NOT_SUPPORTED);
    if (!(backend->capabilities & URIPC_CAN_GROUP))
        assert_int_equal(backend->register_(fixture->node, none, text("ipc:/g"), &group, 9),
                         URIPC_NOT_SUPPORTED);
    assert_int_equal(!backend->info, !(backend->capabilities & URIPC_CAN_INFO));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_message_reaches_its_own_node, set_up, tear_down),
        cmocka_unit_test_setup_teardown(messages_pass_between_processes, make_realm, tear_down),
        cmocka_unit_test_setup_teardown(a_block_is_in_flight_until_it_is_polled, set_up, tear_down),
        cmocka_unit_test_setup_teardown(run_tells_of_a_completion_once, set_up, tear_down),
        cmocka_unit_test_setup_teardown(run_tells_of_the_descriptor, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_deadline_ends_a_receive, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_short_buffer_leaves_the_message, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_cancelled_receive_takes_nothing, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_a_full_queue_accepts_arrives_in_order, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(close_ends_what_is_pending_and_frees_the_name, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(what_is_not_declared_is_refused, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
