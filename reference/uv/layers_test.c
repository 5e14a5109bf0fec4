/* SPDX-License-Identifier: MIT */
/* Layers on nodes of libuv: who gives them their turns, and when. */
#define _GNU_SOURCE
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "fake_application.h"
#include "inside.h"

enum { SETTLED = 100, CROWD = 300, PATIENCE = 10000 /* milliseconds */ };

#define MILLISECOND UINT64_C(1000000)

static const char *realm;

static int set_up(void **state)
{
    (void)state;
    realm = realm_make();
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    realm_assert_bare(realm);
    realm_remove(realm);
    return 0;
}

static struct uripc_text text(const char *at)
{
    return (struct uripc_text){at, strlen(at)};
}

/* ---- two nodes in one loop ---- */

/* An application in a loop that it shares. */
struct tenant {
    struct uripc_uv *uv;
    struct uripc_completion done; /* the last that came */
    uint64_t completions, told;
    bool closed;
};

static uv_loop_t loop;
static struct tenant server, client;
static struct uripc_handle door, end, line;

static void on_ready(struct uripc_uv *uv, void *data)
{
    struct tenant *self = data;
    self->told++;
    while (uripc_layers_poll(uripc_uv_layers(uv), &self->done) == URIPC_OK)
        self->completions++;
    uv_stop(&loop);
}

static void open_tenant(struct tenant *self)
{
    const struct uripc_uv_options options = {.size = sizeof options,
                                             .realm = realm,
                                             .limits = uripc_limits_default,
                                             .on_ready = on_ready,
                                             .data = self,
                                             .layers = &uripc_layer_limits_default};
    *self = (struct tenant){0};
    assert_int_equal(uripc_uv_open(&loop, &options, &self->uv), URIPC_OK);
}

static void on_closed(void *data)
{
    ((struct tenant *)data)->closed = true;
}

static void on_patience(uv_timer_t *timer)
{
    (void)timer;
    uv_stop(&loop);
}

/* Runs the loop, which sleeps as long as nothing is to be done, until so many have come. */
static void run_until(const struct tenant *self, uint64_t completions)
{
    uv_timer_t patience;
    (void)uv_timer_init(&loop, &patience);
    (void)uv_timer_start(&patience, on_patience, PATIENCE, 0);
    while (self->completions < completions && uv_is_active((uv_handle_t *)&patience))
        (void)uv_run(&loop, UV_RUN_ONCE);
    const bool came = uv_is_active((uv_handle_t *)&patience);
    uv_close((uv_handle_t *)&patience, NULL);
    (void)uv_run(&loop, UV_RUN_NOWAIT);
    assert_true(came);
}

/* The completion of the call that was just made, if it was accepted. */
static struct uripc_completion outcome(const struct tenant *self, enum uripc_status status)
{
    assert_int_equal(status, URIPC_PENDING);
    run_until(self, self->completions + 1);
    return self->done;
}

static struct uripc_layers *of(const struct tenant *self)
{
    return uripc_uv_layers(self->uv);
}

static void open_session(const struct uripc_session_options *options)
{
    door = outcome(&server, uripc_listen(of(&server), text("ipc:/door"), NULL, 1)).handle;
    assert_int_equal(uripc_accept(of(&server), door, options, 2), URIPC_PENDING);
    line = outcome(&client, uripc_connect(of(&client), text("ipc:/door"), options, 1)).handle;
    run_until(&server, 2);
    end = server.done.handle;
    assert_int_equal(client.done.status, URIPC_OK);
    assert_int_equal(server.done.status, URIPC_OK);
}

static int move_in(void **state)
{
    (void)set_up(state);
    assert_int_equal(uv_loop_init(&loop), 0);
    open_tenant(&server);
    open_tenant(&client);
    return 0;
}

static int move_out(void **state)
{
    uripc_uv_close(server.uv, 0, on_closed, &server);
    uripc_uv_close(client.uv, 0, on_closed, &client);
    assert_int_equal(uv_run(&loop, UV_RUN_DEFAULT), 0);
    assert_true(server.closed && client.closed);
    assert_int_equal(uv_loop_close(&loop), 0);
    return tear_down(state);
}

static void read_text(const char *expected)
{
    char buffer[64];
    const struct uripc_buffer to = {(uintptr_t)buffer, sizeof buffer};
    const struct uripc_completion done =
        outcome(&server, uripc_session_receive(of(&server), end, to, NULL, 7));
    assert_int_equal(done.status, URIPC_OK);
    assert_int_equal(done.bytes, strlen(expected));
    assert_memory_equal(buffer, expected, done.bytes);
}

static enum uripc_status write_text(const char *data)
{
    return outcome(&client,
                   uripc_session_send(of(&client), line, data, (uint32_t)strlen(data), NULL, 8))
        .status;
}

static void two_nodes_of_one_loop_have_a_session(void **state)
{
    (void)state;
    open_session(NULL);
    assert_int_equal(write_text("hello"), URIPC_OK);
    read_text("hello");
    assert_int_equal(outcome(&client, uripc_session_close(of(&client), line, 9)).status, URIPC_OK);
    const struct uripc_buffer none = {0};
    assert_int_equal(
        outcome(&server, uripc_session_receive(of(&server), end, none, NULL, 7)).status,
        URIPC_DISCONNECTED);
}

/* LAY-2: so many that they do not all fit into the queue of the layers at once. */
static void calls_on_the_node_complete_through_the_layers(void **state)
{
    (void)state;
    struct uripc_register_options roomy = {.size = sizeof roomy, .queue_messages = CROWD};
    open_session(NULL);
    const struct uripc_handle own =
        outcome(&client, uripc_register(uripc_uv_node(client.uv), (struct uripc_handle){0},
                                        text("ipc:/own"), &roomy, 100))
            .handle;
    uint64_t before = client.completions;
    unsigned sent = 0;
    while (sent < CROWD) {
        enum uripc_status status = uripc_send(uripc_uv_node(client.uv), own, NULL, text("ipc:/own"),
                                              NULL, 0, NULL, 1000 + sent);
        if (status == URIPC_PENDING)
            sent++;
        else
            (void)uv_run(&loop, UV_RUN_ONCE);
    }
    run_until(&client, before + CROWD);
    assert_int_equal(write_text("and still"), URIPC_OK);
    read_text("and still");
}

/* One that is told once needs no second look, and one that is polled late is told of no more. */
static void completions_of_layers_are_told_once(void **state)
{
    (void)state;
    open_session(NULL);
    for (unsigned i = 0; i < SETTLED; i++)
        (void)uv_run(&loop, UV_RUN_NOWAIT);
    uint64_t told = client.told;
    assert_int_equal(write_text("x"), URIPC_OK);
    for (unsigned i = 0; i < SETTLED; i++)
        (void)uv_run(&loop, UV_RUN_NOWAIT);
    assert_int_equal(client.told, told + 1);
}

/* Alarms that were set for what has been done by now may still ring, once each. */
static void a_loop_with_a_quiet_session_sleeps(void **state)
{
    unsigned iterations = 0;
    (void)state;
    open_session(NULL);
    assert_int_equal(write_text("hello"), URIPC_OK);
    read_text("hello");
    while (uv_backend_timeout(&loop) != -1 && iterations < SETTLED) {
        (void)uv_run(&loop, UV_RUN_ONCE);
        iterations++;
    }
    assert_int_equal(uv_backend_timeout(&loop), -1);
}

/* ---- their time ---- */

static void let_pass(uint64_t nanoseconds)
{
    for (uint64_t until = uv_hrtime() + nanoseconds; uv_hrtime() < until;)
        continue;
}

/* LAY-7, also if the loop has not come round for a while; and then it sleeps no longer than that.
 */
static void a_deadline_counts_from_the_call(void **state)
{
    const struct uripc_session_options options = {.size = sizeof options,
                                                  .deadline = 30 * MILLISECOND};
    (void)state;
    (void)outcome(&server, uripc_listen(of(&server), text("ipc:/door"), NULL, 1));
    let_pass(20 * MILLISECOND);
    uint64_t called = uv_hrtime();
    assert_int_equal(uripc_connect(of(&client), text("ipc:/door"), &options, 1), URIPC_PENDING);
    for (unsigned i = 0; i < SETTLED && client.completions == 0; i++)
        (void)uv_run(&loop, UV_RUN_NOWAIT);
    if (client.completions == 0)
        assert_in_range(uv_backend_timeout(&loop), 0, 31);
    run_until(&client, 1);
    assert_int_equal(client.done.status, URIPC_TIMEOUT);
    assert_true(uv_hrtime() - called >= 29 * MILLISECOND);
}

/* ---- several processes ---- */

static struct application a, child;
static struct application *const alone[] = {&a, NULL};
static struct application *const child_alone[] = {&child, NULL};

/* Accepts a session, and has it answer once; then it goes the way `life` says. */
static struct uripc_handle accept_in_child(const struct uripc_session_options *options)
{
    closefrom(3);
    application_open_layers(&child, realm);
    struct uripc_layers *layers = uripc_uv_layers(child.uv);
    (void)uripc_listen(layers, text("ipc:/door"), NULL, 1);
    const struct uripc_handle listener = finish(child_alone, &child, 1).handle;
    (void)uripc_accept(uripc_uv_layers(child.uv), listener, options, 2);
    return finish(child_alone, &child, 2).handle;
}

static pid_t spawn(void (*life)(void))
{
    pid_t process = fork();
    assert_true(process >= 0);
    if (process != 0)
        return process;
    life();
    (void)kill(getpid(), SIGKILL);
    _exit(1);
}

static void bury(pid_t process)
{
    int status;
    assert_int_equal(waitpid(process, &status, 0), process);
    assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
}

/* Says something, and dies once the kernel has it. */
static void last_words(void)
{
    const struct uripc_handle session = accept_in_child(NULL);
    (void)uripc_session_send(uripc_uv_layers(child.uv), session, "last", 4, NULL, 3);
    (void)finish(child_alone, &child, 3);
    application_run(child_alone);
}

static void stop(void)
{
    (void)accept_in_child(NULL);
    application_run(child_alone);
    (void)kill(getpid(), SIGSTOP);
}

static struct uripc_handle connect_to_child(const struct uripc_session_options *options)
{
    struct uripc_completion done;
    uint64_t call = 1000;
    do { /* until it listens */
        assert_int_equal(uripc_connect(uripc_uv_layers(a.uv), text("ipc:/door"), options, ++call),
                         URIPC_PENDING);
        done = finish(alone, &a, call);
    } while (done.status == URIPC_NO_RECEIVER || done.status == URIPC_PEER_GONE);
    assert_int_equal(done.status, URIPC_OK);
    return done.handle;
}

static enum uripc_status read_from(struct uripc_handle session, char *buffer, uint32_t size)
{
    const struct uripc_buffer to = {(uintptr_t)buffer, size};
    assert_int_equal(uripc_session_receive(uripc_uv_layers(a.uv), session, to, NULL, 7),
                     URIPC_PENDING);
    return finish(alone, &a, 7).status;
}

/* SES-2 and SES-7: the beat of this side finds it out. */
static void the_last_words_of_a_killed_process_come_before_its_death(void **state)
{
    const struct uripc_session_options options = {.size = sizeof options, .beat = 5 * MILLISECOND};
    char buffer[16];
    (void)state;
    pid_t process = spawn(last_words);
    application_open_layers(&a, realm);
    const struct uripc_handle session = connect_to_child(&options);
    assert_int_equal(read_from(session, buffer, sizeof buffer), URIPC_OK);
    assert_memory_equal(buffer, "last", 4);
    assert_int_equal(read_from(session, buffer, sizeof buffer), URIPC_PEER_GONE);
    bury(process);
    application_close(&a, 0);
}

static void a_process_that_stops_is_unresponsive(void **state)
{
    const struct uripc_session_options options = {
        .size = sizeof options, .liveness = &uripc_liveness_timeout, .silence = 100 * MILLISECOND};
    char buffer[16];
    (void)state;
    pid_t process = spawn(stop);
    application_open_layers(&a, realm);
    const struct uripc_handle session = connect_to_child(&options);
    assert_int_equal(read_from(session, buffer, sizeof buffer), URIPC_UNRESPONSIVE);
    (void)kill(process, SIGKILL);
    bury(process);
    application_close(&a, 0);
}

/* ---- opening ---- */

static void options_of_a_time_before_layers_open_a_node_without(void **state)
{
    struct uripc_uv_options options = {.size = offsetof(struct uripc_uv_options, layers),
                                       .realm = realm,
                                       .limits = uripc_limits_default,
                                       .layers = &uripc_layer_limits_default};
    struct uripc_uv *uv = NULL;
    (void)state;
    assert_int_equal(uv_loop_init(&loop), 0);
    assert_int_equal(uripc_uv_open(&loop, &options, &uv), URIPC_OK);
    assert_null(uripc_uv_layers(uv));
    uripc_uv_close(uv, 0, NULL, NULL);
    assert_int_equal(uv_run(&loop, UV_RUN_DEFAULT), 0);
    options.size--;
    assert_int_equal(uripc_uv_open(&loop, &options, &uv), URIPC_INVALID_ARGUMENT);
    assert_int_equal(uv_loop_close(&loop), 0);
}

static void limits_that_layers_cannot_have_are_refused(void **state)
{
    struct uripc_layer_limits wrong = uripc_layer_limits_default;
    const struct uripc_uv_options options = {
        .size = sizeof options, .realm = realm, .limits = uripc_limits_default, .layers = &wrong};
    struct uripc_uv *uv = NULL;
    (void)state;
    wrong.sessions = 0;
    assert_int_equal(uv_loop_init(&loop), 0);
    assert_int_equal(uripc_uv_open(&loop, &options, &uv), URIPC_INVALID_ARGUMENT);
    (void)uv_run(&loop, UV_RUN_DEFAULT);
    assert_int_equal(uv_loop_close(&loop), 0);
}

#define SHARED(name) cmocka_unit_test_setup_teardown(name, move_in, move_out)
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        SHARED(two_nodes_of_one_loop_have_a_session),
        SHARED(calls_on_the_node_complete_through_the_layers),
        SHARED(completions_of_layers_are_told_once),
        SHARED(a_loop_with_a_quiet_session_sleeps),
        SHARED(a_deadline_counts_from_the_call),
        TEST(the_last_words_of_a_killed_process_come_before_its_death),
        TEST(a_process_that_stops_is_unresponsive),
        TEST(options_of_a_time_before_layers_open_a_node_without),
        TEST(limits_that_layers_cannot_have_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
