/* SPDX-License-Identifier: MIT */
/* Processes that are killed.  An argument is the number of crash-and-restart cycles. */
#define _GNU_SOURCE
#include <dirent.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include <uripc/message.h>

#include "fake_application.h"
#include "inside.h"

enum {
    WARM_UP = 20,
    RESIDENT_MOST = 1024 * 1024,
    LAST_WORDS = 200,
    CROWD = 4000, /* more than the kernel takes while nobody reads */
    NOTE_BYTES = 400
};

static unsigned cycles = 100;
static struct application a;
static struct application *const alone[] = {&a, NULL};
static const char *realm;
static struct uripc_handle handle;

static int set_up(void **state)
{
    (void)state;
    realm = realm_make();
    application_open(&a, realm);
    handle = finish(alone, &a, start_register(&a, "ipc:/a", NULL)).handle;
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    application_close(&a, 0);
    realm_assert_bare(realm);
    realm_remove(realm);
    return 0;
}

/* ---- children ---- */

/* What a child has of its parent's node would keep that alive; all it needs it opens itself. */
static void forget_parent(void)
{
    closefrom(3);
}

/* Runs `life` in a process that it does not survive, and gives the process's id. */
static pid_t spawn(void (*life)(void))
{
    pid_t child = fork();
    assert_true(child >= 0);
    if (child != 0)
        return child;
    forget_parent();
    life();
    (void)kill(getpid(), SIGKILL);
    _exit(1);
}

static void bury(pid_t child)
{
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
}

static struct application child;
static struct application *const child_alone[] = {&child, NULL};

static struct uripc_handle begin(void)
{
    application_open(&child, realm);
    struct uripc_completion held =
        finish(child_alone, &child, start_register(&child, "ipc:/child", NULL));
    if (held.status != URIPC_OK)
        _exit(2); /* somebody else holds it */
    return held.handle;
}

/* Holds a name, exchanges messages with the parent, and dies in the middle of another send. */
static void work_and_die(void)
{
    unsigned char buffer[256];
    struct uripc_handle own = begin();
    uint64_t receive = start_receive(&child, own, buffer, sizeof buffer);
    finish(child_alone, &child, start_send(&child, own, "ipc:/a", "hello", 5, 0));
    finish(child_alone, &child, receive);
    start_send(&child, own, "ipc:/a", "lost", 4, 0);
}

/* Sends many, and dies when the kernel has them. */
static void talk_and_die(void)
{
    unsigned char buffer[256];
    struct uripc_handle own = begin();
    uint64_t receive = start_receive(&child, own, buffer, sizeof buffer);
    finish(child_alone, &child, receive); /* the parent has a connection now */
    for (unsigned i = 0; i < LAST_WORDS; i++)
        start_send(&child, own, "ipc:/a", &i, sizeof i, 0);
    uv_run(&child.loop, UV_RUN_NOWAIT);
}

static unsigned *good; /* sends of the child that were ok; shared with the parent */
static unsigned most;  /* that it may do */

/* Sends to a group whose member does not run until a send has to wait, and dies.  The loop runs
 * only while the first send is being resolved: a later one is ok at once, or waits. */
static void tell_the_crowd_and_die(void)
{
    struct uripc_completion completion;
    unsigned char note[NOTE_BYTES] = {0};
    struct uripc_handle own = begin();
    for (bool is_ok = true; is_ok && *good < most; *good += is_ok) {
        memcpy(note, good, sizeof *good);
        uint64_t send = start_send(&child, own, "ipc:/g", note, sizeof note, 0);
        if (*good == 0)
            is_ok = finish(child_alone, &child, send).status == URIPC_OK;
        else
            is_ok = is_done(&child, send, &completion) && completion.status == URIPC_OK;
    }
}

/* ---- the survivor ---- */

static unsigned open_descriptors(void)
{
    unsigned count = 0;
    DIR *directory = opendir("/proc/self/fd");
    while (readdir(directory) != NULL)
        count++;
    closedir(directory);
    return count;
}

static long resident_bytes(void)
{
    long pages = 0;
    FILE *file = fopen("/proc/self/statm", "r");
    assert_non_null(file);
    assert_int_equal(fscanf(file, "%*s %ld", &pages), 1);
    fclose(file);
    return pages * sysconf(_SC_PAGESIZE);
}

static void receive_one(void)
{
    unsigned char buffer[256];
    uint64_t receive = start_receive(&a, handle, buffer, sizeof buffer);
    assert_int_equal(finish(alone, &a, receive).status, URIPC_OK);
}

static void drain(void)
{
    struct uripc_receive_options hasty = {.size = sizeof hasty,
                                          .flags = URIPC_NOWAIT | URIPC_DISCARD};
    struct uripc_completion completion;
    do {
        uint64_t call = ++a.calls;
        assert_int_equal(
            uripc_receive(uripc_uv_node(a.uv), handle, (struct uripc_buffer){0}, &hasty, call),
            URIPC_PENDING);
        completion = finish(alone, &a, call);
    } while (completion.status == URIPC_OK);
}

static void cycle(void)
{
    pid_t process = spawn(work_and_die);
    receive_one();
    uint64_t send = start_send(&a, handle, "ipc:/child", "go", 2, 0);
    struct uripc_completion sent = finish(alone, &a, send);
    assert_true(sent.status == URIPC_OK || sent.status == URIPC_PEER_GONE);
    bury(process);
    uv_run(&a.loop, UV_RUN_NOWAIT); /* its end has arrived, and is dealt with */
    uv_run(&a.loop, UV_RUN_NOWAIT);
    send = start_send(&a, handle, "ipc:/child", "late", 4, 0);
    assert_int_equal(finish(alone, &a, send).status, URIPC_NO_RECEIVER); /* LIF-1 */
    drain();
}

static void a_survivor_is_as_it_was_after_many_crashes(void **state)
{
    (void)state;
    for (unsigned i = 0; i < WARM_UP; i++)
        cycle();
    unsigned descriptors = open_descriptors();
    long resident = resident_bytes();
    for (unsigned i = 0; i < cycles; i++)
        cycle();
    assert_int_equal(open_descriptors(), descriptors);
    long grown = resident_bytes() - resident;
    if (grown > RESIDENT_MOST)
        fail_msg("%ld bytes more than before", grown);
}

/* LIF-12: the unanswered send completes after the last message has been received. */
static void a_death_is_told_after_the_last_message(void **state)
{
    static unsigned char buffers[LAST_WORDS][128];
    struct uripc_completion completion = {0};
    unsigned received = 0;
    (void)state;
    pid_t process = spawn(talk_and_die);
    uint64_t send;
    do { /* until the child is there */
        send = start_send(&a, handle, "ipc:/child", "go", 2, 0);
    } while (finish(alone, &a, send).status != URIPC_OK);
    bury(process);
    uint64_t unanswered =
        start_send(&a, handle, "ipc:/child", "x", 1, 0); /* by the route from before */
    uint64_t first = a.calls + 1;
    for (unsigned i = 0; i < LAST_WORDS; i++)
        start_receive(&a, handle, buffers[i], sizeof buffers[i]);
    completion = finish(alone, &a, unanswered);
    assert_int_equal(completion.status, URIPC_PEER_GONE);
    assert_int_equal(completion.certainty, URIPC_INDEFINITE);
    while (received < LAST_WORDS && is_done(&a, first + received, &completion)) {
        assert_memory_equal(buffers[received] + completion.bytes - sizeof received, &received,
                            sizeof received);
        received++;
    }
    assert_int_equal(received, LAST_WORDS);
    drain();
}

/* Takes in all that has been sent by now. */
static void settle(void)
{
    uint64_t before;
    do {
        before = a.uv->progress;
        uv_run(&a.loop, UV_RUN_NOWAIT);
    } while (a.uv->progress != before);
}

/* LIF-10: the parent is the member, and runs only when the sender is dead.  What was ok has to be
 * there then. */
static void hear_the_dead(unsigned sends)
{
    unsigned char buffer[NOTE_BYTES + 128];
    struct uripc_register_options group = {
        .size = sizeof group, .kind = URIPC_GROUP, .queue_messages = CROWD};
    struct uripc_completion completion;
    struct uripc_handle member = finish(alone, &a, start_register(&a, "ipc:/g", &group)).handle;
    *good = 0;
    most = sends;
    bury(spawn(tell_the_crowd_and_die));
    settle();
    for (unsigned i = 0; i < *good; i++) {
        uint64_t receive = start_receive(&a, member, buffer, sizeof buffer);
        if (!is_done(&a, receive, &completion))
            fail_msg("of %u that were ok, %u have arrived", *good, i);
        assert_int_equal(completion.status, URIPC_OK);
        assert_memory_equal(buffer + completion.bytes - NOTE_BYTES, &i, sizeof i);
    }
}

static void what_was_ok_for_a_group_arrives_although_its_sender_dies(void **state)
{
    (void)state;
    hear_the_dead(CROWD);
    assert_in_range(*good, 20, CROWD - 1); /* one more was waiting */
}

static void what_is_ok_for_a_group_has_left_its_sender_by_then(void **state)
{
    (void)state;
    hear_the_dead(2);
    assert_int_equal(*good, 2);
}

static void the_name_of_the_dead_is_free(void **state)
{
    (void)state;
    bury(spawn((void (*)(void))begin));
    uint64_t call = start_register(&a, "ipc:/child", NULL);
    assert_int_equal(finish(alone, &a, call).status, URIPC_OK);
    pid_t process = fork();
    if (process == 0) { /* and the name of the living is not */
        forget_parent();
        begin();
        _exit(0);
    }
    int status;
    assert_int_equal(waitpid(process, &status, 0), process);
    assert_int_equal(WEXITSTATUS(status), 2);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        TEST(the_name_of_the_dead_is_free),
        TEST(a_death_is_told_after_the_last_message),
        TEST(what_was_ok_for_a_group_arrives_although_its_sender_dies),
        TEST(what_is_ok_for_a_group_has_left_its_sender_by_then),
        TEST(a_survivor_is_as_it_was_after_many_crashes),
    };
    good = mmap(NULL, sizeof *good, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (good == MAP_FAILED)
        return 1;
    if (argc > 1)
        cycles = (unsigned)strtoul(argv[1], NULL, 10);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
