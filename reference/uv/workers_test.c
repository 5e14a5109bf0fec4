/* SPDX-License-Identifier: MIT */
/* A queue shared by nodes: workers that are stopped, and that die. */
#define _GNU_SOURCE
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "fake_pool.h"
#include "inside.h"

enum {
    LARGE = 100000,
    NOTES = 100, /* of NOTE_BYTES: more than the kernel takes while nobody reads */
    NOTE_BYTES = 8000,
    ERRANDS = 1500, /* messages to workers that die all the time */
    UNDER_WAY = 40, /* sends at once: more than the queue holds */
    HANDS = 3,      /* receives of a worker at once */
    LIVES = 2       /* workers at once */
};

static const struct uripc_register_options small = {
    .size = sizeof small, .kind = URIPC_SHARED, .overflow = URIPC_BLOCK, .queue_messages = 5};

static struct application child;
static struct application *const only_child[] = {&child, NULL};

/* ---- sharing ---- */

static void a_worker_takes_what_is_small_and_what_is_large(void **state)
{
    static unsigned char data[LARGE], buffer[LARGE + ROOM];
    static const uint32_t sizes[] = {0, 5, LARGE, 20000};
    (void)state;
    struct uripc_handle worker = join();
    memset(data, 'x', sizeof data);
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        uint64_t receive = start_receive(&b, worker, buffer, sizeof buffer);
        run(both); /* the take is there first, or the message */
        send_to_pool(data, sizes[i]);
        struct uripc_completion taken = finish(both, &b, receive);
        assert_int_equal(taken.status, URIPC_OK);
        assert_int_equal(taken.data_bytes, sizes[i]);
        assert_memory_equal(buffer + taken.bytes - sizes[i], data, sizes[i]);
        assert_int_equal(taken.incarnation.node, home.incarnation.node);
        assert_int_equal(taken.principal, geteuid());
    }
    run(both);
    assert_int_equal(queued(), 0);
    assert_int_equal(a.uv->counters.broken + b.uv->counters.broken, 0);
}

/* DSP-9: what is given counts as taken only when the home will be told so, whatever happens to the
 * worker; while the kernel takes no more, the receive waits. */
static void a_worker_takes_nothing_while_it_cannot_say_so(void **state)
{
    static unsigned char note[NOTE_BYTES];
    unsigned char buffer[ROOM];
    struct uripc_completion completion;
    (void)state;
    struct uripc_handle worker = join();
    struct uripc_handle source = name_of(&b, "ipc:/b");
    name_of(&a, "ipc:/a");
    finish(both, &b, start_send(&b, source, "ipc:/a", "x", 1, 0)); /* the route is known */
    uint64_t receive = start_receive(&b, worker, buffer, sizeof buffer);
    uripc_uv_flush(b.uv);
    run(only_a);
    send_to_pool("text", 4);
    for (unsigned i = 0; i < NOTES; i++)
        start_send(&b, source, "ipc:/a", note, sizeof note, 0);
    run(only_b);
    assert_false(is_done(&b, receive, &completion));
    assert_int_equal(finish(both, &b, receive).status, URIPC_OK);
}

static void the_end_of_a_home_ends_its_workers(void **state)
{
    unsigned char buffer[ROOM];
    struct uripc_completion again;
    (void)state;
    struct uripc_handle worker = join();
    uint64_t receive = start_receive(&b, worker, buffer, sizeof buffer);
    run(both);
    uint64_t close = start_close(&a, home.handle);
    assert_int_equal(finish(both, &b, receive).status, URIPC_ABORTED);
    assert_int_equal(finish(both, &a, close).status, URIPC_OK);
    again = finish(both, &b, start_register(&b, "ipc:/pool", &shared));
    assert_int_equal(again.status, URIPC_OK); /* b is the home now */
    home = finish(both, &a, start_register(&a, "ipc:/pool", &shared));
    assert_int_equal(home.status, URIPC_OK);
    application_close(&b, 0);
    run(only_a);
    assert_int_equal(uripc_info(uripc_uv_node(a.uv), home.handle, NULL), URIPC_INVALID_HANDLE);
    application_open(&b, realm);
}

/* ---- workers that die ---- */

static int told[2]; /* a pipe: the child may die when its other end is closed */

static void start_child(void)
{
    close(told[1]);
    closefrom(told[0] + 1 > 3 ? told[0] + 1 : 3);
    application_open(&child, realm);
}

static pid_t spawn(void (*life)(void))
{
    assert_int_equal(pipe(told), 0);
    pid_t process = fork();
    assert_true(process >= 0);
    if (process == 0) {
        for (int file = 3; file < told[0]; file++)
            close(file); /* what keeps its parent's node alive */
        start_child();
        life();
        (void)kill(getpid(), SIGKILL);
    }
    close(told[0]);
    return process;
}

static void bury(pid_t process)
{
    int status;
    run(only_a);
    close(told[1]);
    assert_int_equal(waitpid(process, &status, 0), process);
    assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
    run(only_a);
}

static struct uripc_handle child_joins(const char *name,
                                       const struct uripc_register_options *options)
{
    struct uripc_completion joined =
        finish(only_child, &child, start_register(&child, name, options));
    if (joined.status != URIPC_OK)
        _exit(1);
    return joined.handle;
}

/* Dies with what it has taken, before its loop has come round. */
static void take_and_die(void)
{
    unsigned char buffer[ROOM];
    struct uripc_completion completion;
    struct uripc_handle worker = child_joins("ipc:/pool", &shared);
    uint64_t receive = start_receive(&child, worker, buffer, sizeof buffer);
    while (!is_done(&child, receive, &completion))
        uv_run(&child.loop, UV_RUN_ONCE);
}

/* Dies while a message is on its way to it. */
static void ask_and_die(void)
{
    unsigned char buffer[ROOM];
    char byte;
    struct uripc_handle worker = child_joins("ipc:/pool", &shared);
    struct uripc_handle own =
        finish(only_child, &child, start_register(&child, "ipc:/child", NULL)).handle;
    finish(only_child, &child, start_send(&child, own, "ipc:/ready", "x", 1, 0));
    start_receive(&child, worker, buffer, sizeof buffer);
    start_receive(&child, worker, buffer, sizeof buffer);
    start_send(&child, own, "ipc:/ready", "y", 1, 0);
    uripc_uv_flush(child.uv); /* and it reads no more */
    (void)!read(told[0], &byte, 1);
}

static void what_a_worker_has_taken_dies_with_it(void **state)
{
    (void)state;
    send_to_pool("text", 4);
    pid_t process = spawn(take_and_die);
    while (queued() != 0)
        application_run(only_a);
    bury(process);
    assert_int_equal(queued(), 0);
}

static void what_was_on_its_way_to_a_dead_worker_comes_back(void **state)
{
    unsigned char buffer[ROOM];
    (void)state;
    struct uripc_handle ready = name_of(&a, "ipc:/ready");
    pid_t process = spawn(ask_and_die);
    finish(only_a, &a, start_receive(&a, ready, buffer, sizeof buffer));
    run(only_a);
    finish(only_a, &a, start_receive(&a, ready, buffer, sizeof buffer));
    send_to_pool("one", 3);
    assert_int_equal(queued(), 0);
    bury(process);
    assert_int_equal(queued(), 1);
    uint64_t receive = start_receive(&b, join(), buffer, sizeof buffer);
    assert_int_equal(finish(both, &b, receive).status, URIPC_OK);
}

static struct {
    unsigned taken[ERRANDS]; /* how often the application of a worker or of the home had it */
    unsigned before_death;   /* messages that the next worker takes */
    bool stop;
} * errands; /* shared with the children */

/* Notes what a receive got.  The data is at the end. */
static void note(const unsigned char *buffer, const struct uripc_completion *got)
{
    unsigned serial;
    memcpy(&serial, buffer + got->bytes - sizeof serial, sizeof serial);
    assert_in_range(serial, 0, ERRANDS - 1);
    errands->taken[serial]++;
}

static void on_tick(uv_timer_t *timer)
{
    (void)timer; /* the loop has come round */
}

/* Takes so many, notes them, and dies before anything else can be done. */
static void run_errands_and_die(void)
{
    static unsigned char buffers[HANDS][ROOM];
    uint64_t receives[HANDS];
    struct uripc_completion got;
    uv_timer_t tick;
    unsigned left = errands->before_death;
    struct uripc_handle worker = child_joins("ipc:/errands", &small);
    uv_timer_init(&child.loop, &tick);
    uv_timer_start(&tick, on_tick, 1, 1);
    for (unsigned i = 0; i < HANDS; i++)
        receives[i] = start_receive(&child, worker, buffers[i], ROOM);
    while (left != 0 && !errands->stop) {
        uv_run(&child.loop, UV_RUN_ONCE);
        for (unsigned i = 0; i < HANDS; i++) {
            if (!is_done(&child, receives[i], &got))
                continue;
            note(buffers[i], &got);
            left -= left != 0;
            receives[i] = start_receive(&child, worker, buffers[i], ROOM);
        }
    }
}

/* Begins a worker in the place of each that has died, if there are to be more; whether any lives.
 */
static bool see_to_workers(pid_t lives[LIVES], bool more)
{
    bool any = false;
    for (unsigned i = 0; i < LIVES; i++) {
        int status;
        if (lives[i] != 0 && waitpid(lives[i], &status, WNOHANG) == lives[i]) {
            assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
            lives[i] = 0;
        }
        any = any || lives[i] != 0;
        if (lives[i] != 0 || !more)
            continue;
        errands->before_death = 1 + errands->before_death % 60;
        lives[i] = spawn(run_errands_and_die);
        close(told[1]);
    }
    return any;
}

/* Sends all, as long as there is room; what is blocked may be the worker's next. */
static void send_errands(struct uripc_handle to, pid_t lives[LIVES])
{
    uint64_t sends[ERRANDS];
    struct uripc_completion sent;
    unsigned begun = 0;
    unsigned ended = 0;
    while (ended < ERRANDS) {
        while (begun < ERRANDS && begun - ended < UNDER_WAY) {
            sends[begun] = start_send(&a, to, "ipc:/errands", &begun, sizeof begun, 0);
            begun++;
        }
        (void)see_to_workers(lives, true);
        application_run(only_a);
        while (ended < begun && is_done(&a, sends[ended], &sent)) {
            assert_int_equal(sent.status, URIPC_OK);
            ended++;
        }
    }
}

/* What is left in the queue is the home's. */
static void take_the_rest(struct uripc_handle at)
{
    unsigned char buffer[ROOM];
    struct uripc_receive_options hasty = {.size = sizeof hasty, .flags = URIPC_NOWAIT};
    struct uripc_buffer to = {.id = (uintptr_t)buffer, .size = sizeof buffer};
    struct uripc_completion got = {.status = URIPC_OK};
    run(only_a);
    while (got.status == URIPC_OK) {
        assert_int_equal(uripc_receive(uripc_uv_node(a.uv), at, to, &hasty, ++a.calls),
                         URIPC_PENDING);
        got = finish(only_a, &a, a.calls);
        if (got.status == URIPC_OK)
            note(buffer, &got);
    }
}

/* DSP-8, DSP-9: whatever dies with what under way, nothing is lost and nothing taken twice. */
static void what_was_accepted_is_taken_once_although_workers_die(void **state)
{
    pid_t lives[LIVES] = {0};
    (void)state;
    memset(errands, 0, sizeof *errands);
    struct uripc_handle errand =
        finish(both, &a, start_register(&a, "ipc:/errands", &small)).handle;
    send_errands(errand, lives);
    errands->stop = true;
    while (see_to_workers(lives, false))
        application_run(only_a);
    take_the_rest(errand);
    for (unsigned i = 0; i < ERRANDS; i++)
        if (errands->taken[i] != 1)
            fail_msg("message %u was taken %u times", i, errands->taken[i]);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_worker_takes_what_is_small_and_what_is_large),
        TEST(a_worker_takes_nothing_while_it_cannot_say_so),
        TEST(the_end_of_a_home_ends_its_workers),
        TEST(what_a_worker_has_taken_dies_with_it),
        TEST(what_was_on_its_way_to_a_dead_worker_comes_back),
        TEST(what_was_accepted_is_taken_once_although_workers_die),
    };
    errands =
        mmap(NULL, sizeof *errands, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    return errands == MAP_FAILED || cmocka_run_group_tests(tests, NULL, NULL) != 0;
}
