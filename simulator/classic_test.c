/* SPDX-License-Identifier: MIT */
/* The exchange of the 1999 note, step by step, through the note's own calls and message layout:
 * two simulated processes, UTF-16 names, OVERLAPPED blocks. */
#include <stdarg.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <uripc/classic.h>

#include "simulator/sim.h"

static const struct sim_backend backend = {
    .name = "reference", .node = &uripc_node_ops, .table = &uripc_table_ops};

static struct sim_world *world;

enum { PROCESS_1, PROCESS_2 };

static int set_up(void **state)
{
    struct sim_config config = {
        .size = sizeof config, .seed = 1, .backend = &backend, .foreign_buffers = true};
    (void)state;
    world = sim_create(&config);
    assert_int_equal(sim_start(world, 0), PROCESS_1);
    assert_int_equal(sim_start(world, 0), PROCESS_2);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    uripc_classic_use(NULL);
    sim_destroy(world);
    return 0;
}

/* What follows is done by this process. */
static void in_process(uint32_t process)
{
    sim_enter(world, process);
    uripc_classic_use(sim_node(world, process));
}

/* The text of a C string as the note's WCHARs; one buffer for each use in a call. */
static PWSTR wide(WCHAR *buffer, const char *text)
{
    size_t i = 0;
    for (; text[i] != 0; i++)
        buffer[i] = (unsigned char)text[i];
    buffer[i] = 0;
    return buffer;
}

static void assert_units(const WCHAR *units, ULONG count, const char *text)
{
    assert_int_equal(count, strlen(text));
    for (ULONG i = 0; i < count; i++)
        assert_int_equal(units[i], text[i]);
}

static void assert_message(const MESSAGE *message, const char *source, const char *target,
                           const char *data)
{
    const WCHAR *source_uri = (const WCHAR *)(const void *)(message + 1);
    const WCHAR *target_uri = source_uri + message->SourceUriLength;
    size_t units = (size_t)message->SourceUriLength + message->TargetUriLength;
    size_t end = sizeof *message + 2 * units;
    assert_units(source_uri, message->SourceUriLength, source);
    assert_units(target_uri, message->TargetUriLength, target);
    assert_int_equal(message->Reserved, 0);
    assert_int_equal(message->DataLength, strlen(data));
    assert_memory_equal((const char *)message + (end + 7) / 8 * 8, data, strlen(data));
}

static void the_ten_steps_work_as_the_note_has_them(void **state)
{
    (void)state;
    static union {
        MESSAGE message;
        unsigned char bytes[1024];
    } request, response;
    WCHAR a[64];
    WCHAR b[64];
    HANDLE reg1 = NULL;
    HANDLE reg2 = NULL;
    OVERLAPPED receive1 = {0};
    OVERLAPPED receive2 = {0};
    ULONG bytes = 0;
    char request_blob[] = "request_blob";
    char response_blob[] = "response_blob";

    in_process(PROCESS_1); /* 1, 2: GUID1 */
    assert_int_equal(RegisterUri(&reg1, NULL, wide(a, "ipc:/GUID1"), 0), 0);
    in_process(PROCESS_2); /* 3 */
    assert_int_equal(RegisterUri(&reg2, NULL, wide(a, "http://foo"), 0), 0);
    assert_int_equal(ReceiveMessage(reg2, &request.message, sizeof request, NULL, &receive2),
                     997); /* 4 */
    assert_int_equal(uripc_classic_result(&receive2, NULL, 0), 996);

    in_process(PROCESS_1); /* 5, 6: RID1 */
    assert_int_equal(SendMessage(reg1, wide(a, "RID1"), wide(b, "http://foo/bar/xyz.htm"),
                                 request_blob, 12, &bytes, NULL),
                     0);
    assert_int_equal(bytes, 12);
    assert_int_equal(ReceiveMessage(reg1, &response.message, sizeof response, NULL, &receive1),
                     997); /* 7 */

    in_process(PROCESS_2); /* 8 */
    assert_int_equal(uripc_classic_result(&receive2, &bytes, 1), 0);
    assert_message(&request.message, "ipc:/GUID1/RID1", "http://foo/bar/xyz.htm", "request_blob");
    assert_int_equal(SendMessage(reg2, wide(a, "bar/xyz.htm"), wide(b, "ipc:/GUID1/RID1"),
                                 response_blob, 13, &bytes, NULL),
                     0); /* 9 */

    in_process(PROCESS_1); /* 10 */
    assert_int_equal(uripc_classic_result(&receive1, &bytes, 1), 0);
    assert_message(&response.message, "http://foo/bar/xyz.htm", "ipc:/GUID1/RID1", "response_blob");
}

static void results_are_win32_errors(void **state)
{
    (void)state;
    WCHAR a[64];
    WCHAR lone[] = {'i', 'p', 'c', ':', '/', 0xd800, 0};
    HANDLE first = NULL;
    HANDLE second = NULL;
    union {
        MESSAGE message;
        unsigned char bytes[64];
    } small;
    ULONG bytes = 99;

    uripc_classic_use(NULL);
    assert_int_equal(RegisterUri(&first, NULL, wide(a, "ipc:/a"), 0), 6);
    in_process(PROCESS_1);
    assert_int_equal(RegisterUri(&first, NULL, lone, 0), 123);
    assert_int_equal(RegisterUri(&first, NULL, NULL, 0), 123);
    assert_int_equal(RegisterUri(NULL, NULL, wide(a, "ipc:/a"), 0), 87);
    assert_int_equal(RegisterUri(&first, NULL, wide(a, "ipc:/a"), 7), 87);
    assert_null(first);
    assert_int_equal(RegisterUri(&first, NULL, wide(a, "ipc:/a"), 0), 0);
    assert_int_equal(RegisterUri(&second, NULL, wide(a, "IPC:/a/"), 0), 183);
    assert_null(second);
    assert_int_equal(RegisterUri(&second, first, wide(a, "below"), 0), 0);
    assert_int_equal(SendMessage(first, NULL, wide(a, "ipc:/nobody"), NULL, 0, &bytes, NULL), 2);
    assert_int_equal(bytes, 0);
    assert_int_equal(SendMessage(first, NULL, wide(a, "ipc:/a/below"), a, 40, &bytes, NULL), 0);
    assert_int_equal(ReceiveMessage(second, &small.message, sizeof small, &bytes, NULL), 122);
    assert_int_equal(uripc_classic_close(first), 0);
    assert_int_equal(uripc_classic_close(second), 6); /* it went with its parent */
}

/* A world in which nothing can happen any more must not leave a call behind that writes into its
 * caller's memory later; the sanitizers see it if it does. */
static uint32_t receive_alone(HANDLE handle)
{
    union {
        MESSAGE message;
        unsigned char bytes[256];
    } buffer;
    return ReceiveMessage(handle, &buffer.message, sizeof buffer, NULL, NULL);
}

static void a_call_that_cannot_end_is_cancelled(void **state)
{
    (void)state;
    WCHAR a[64];
    HANDLE handle = NULL;
    OVERLAPPED block = {0};
    union {
        MESSAGE message;
        unsigned char bytes[256];
    } buffer;
    in_process(PROCESS_1);
    assert_int_equal(RegisterUri(&handle, NULL, wide(a, "ipc:/a"), 0), 0);
    assert_int_equal(receive_alone(handle), 995);
    assert_int_equal(SendMessage(handle, NULL, wide(a, "ipc:/a"), NULL, 0, NULL, NULL), 0);
    assert_int_equal(ReceiveMessage(handle, &buffer.message, sizeof buffer, NULL, &block), 997);
    assert_int_equal(uripc_classic_result(&block, NULL, 1), 0);
    uripc_classic_use(NULL);
    assert_int_equal(uripc_classic_result(&block, NULL, 1), 6);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(the_ten_steps_work_as_the_note_has_them, set_up, tear_down),
        cmocka_unit_test_setup_teardown(results_are_win32_errors, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_call_that_cannot_end_is_cancelled, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL) != 0;
}
