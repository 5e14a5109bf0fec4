/* SPDX-License-Identifier: MIT */
/* The model keeps the promises that the spec's chapters 2 to 8 make. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "model_host.h"

enum { CLIENT, SERVER, OTHER };

static const struct uripc_node_ops *const ops = &model_node_ops;
static _Alignas(8) unsigned char bytes[8192];
static uint64_t last_overlapped;

/* The table's own text, so that a failure names the status. */
static const char *name_of(enum uripc_status status)
{
    static const char *const names[] = {
#define STATUS_NAME(value, NAME, name, certainty, win32, error, text) [value] = (name),
        URIPC_STATUS_MAP(STATUS_NAME)
#undef STATUS_NAME
    };
    return names[status];
}

static int begin(void **state)
{
    struct host *host = malloc(sizeof *host);
    assert_non_null(host);
    host_init(host);
    *state = host;
    return 0;
}

static int end(void **state)
{
    host_fini(*state);
    free(*state);
    return 0;
}

static struct uripc_text text(const char *string)
{
    return (struct uripc_text){.at = string, .length = strlen(string)};
}

static struct uripc_buffer buffer(uint32_t size)
{
    assert_true(size <= sizeof bytes);
    return (struct uripc_buffer){.id = (uint64_t)(uintptr_t)bytes, .size = size};
}

static void nothing_more(const struct host *host, uint32_t peer)
{
    struct uripc_completion completion;
    assert_int_equal(ops->poll(host->peers[peer].node, &completion), URIPC_WOULD_BLOCK);
}

/* The next completion of a node, which has to be this one. */
static struct uripc_completion next(struct host *host, uint32_t peer, uint64_t overlapped,
                                    enum uripc_status status, enum uripc_certainty certainty)
{
    struct uripc_completion completion;
    host_run(host);
    assert_int_equal(ops->poll(host->peers[peer].node, &completion), URIPC_OK);
    assert_int_equal(completion.overlapped, overlapped);
    assert_string_equal(name_of(completion.status), name_of(status));
    assert_int_equal(completion.certainty, certainty);
    return completion;
}

static struct uripc_completion done(struct host *host, uint32_t peer, uint64_t overlapped,
                                    enum uripc_status status)
{
    return next(host, peer, overlapped, status, URIPC_DEFINITE);
}

static uint64_t start_register(const struct host *host, uint32_t peer, struct uripc_handle parent,
                               const char *uri, const struct uripc_register_options *options)
{
    uint64_t overlapped = ++last_overlapped;
    assert_int_equal(ops->register_(host->peers[peer].node, parent, text(uri), options, overlapped),
                     URIPC_PENDING);
    return overlapped;
}

static struct uripc_handle open_with(struct host *host, uint32_t peer, const char *uri,
                                     const struct uripc_register_options *options)
{
    uint64_t overlapped = start_register(host, peer, (struct uripc_handle){0}, uri, options);
    return done(host, peer, overlapped, URIPC_OK).handle;
}

static struct uripc_handle open_name(struct host *host, uint32_t peer, const char *uri)
{
    return open_with(host, peer, uri, NULL);
}

static uint64_t start_send(const struct host *host, uint32_t peer, struct uripc_handle handle,
                           const char *target, const char *data,
                           const struct uripc_send_options *options)
{
    uint64_t overlapped = ++last_overlapped;
    assert_int_equal(ops->send(host->peers[peer].node, handle, NULL, text(target), data,
                               (uint32_t)strlen(data), options, overlapped),
                     URIPC_PENDING);
    return overlapped;
}

static void send_as(struct host *host, uint32_t peer, struct uripc_handle handle,
                    const char *target, const char *data, enum uripc_status status)
{
    uint64_t overlapped = start_send(host, peer, handle, target, data, NULL);
    uint32_t accepted = done(host, peer, overlapped, status).bytes;
    assert_int_equal(accepted, status == URIPC_OK ? strlen(data) : 0);
}

static uint64_t start_receive(const struct host *host, uint32_t peer, struct uripc_handle handle,
                              uint32_t size, uint32_t flags)
{
    const struct uripc_receive_options options = {.size = sizeof options, .flags = flags};
    uint64_t overlapped = ++last_overlapped;
    assert_int_equal(
        ops->receive(host->peers[peer].node, handle, buffer(size), &options, overlapped),
        URIPC_PENDING);
    return overlapped;
}

static void holds(const struct uripc_completion *completion, const char *source, const char *target,
                  const char *data)
{
    uint32_t header[4];
    memcpy(header, bytes, sizeof header);
    assert_int_equal(header[0], strlen(source));
    assert_int_equal(header[1], strlen(target));
    assert_int_equal(header[2], strlen(data));
    assert_int_equal(header[3], 0);
    size_t at = (16 + strlen(source) + strlen(target) + 7) / 8 * 8;
    assert_memory_equal(bytes + 16, source, strlen(source));
    assert_memory_equal(bytes + 16 + strlen(source), target, strlen(target));
    assert_memory_equal(bytes + at, data, strlen(data));
    assert_int_equal(completion->bytes, at + strlen(data));
}

/* Takes the first message, which has to hold this data. */
static struct uripc_completion take(struct host *host, uint32_t peer, struct uripc_handle handle,
                                    const char *data)
{
    uint64_t overlapped = start_receive(host, peer, handle, sizeof bytes, URIPC_NOWAIT);
    struct uripc_completion completion = done(host, peer, overlapped, URIPC_OK);
    assert_int_equal(completion.data_bytes, strlen(data));
    assert_memory_equal(bytes + completion.bytes - strlen(data), data, strlen(data));
    return completion;
}

static void empty(struct host *host, uint32_t peer, struct uripc_handle handle)
{
    uint64_t overlapped = start_receive(host, peer, handle, sizeof bytes, URIPC_NOWAIT);
    (void)done(host, peer, overlapped, URIPC_TIMEOUT);
}

static uint64_t start_close(const struct host *host, uint32_t peer, struct uripc_handle handle)
{
    uint64_t overlapped = ++last_overlapped;
    assert_int_equal(ops->close(host->peers[peer].node, handle, overlapped), URIPC_PENDING);
    return overlapped;
}

static struct uripc_info info_of(const struct host *host, uint32_t peer, struct uripc_handle handle)
{
    struct uripc_info info;
    assert_int_equal(ops->info(host->peers[peer].node, handle, &info), URIPC_OK);
    return info;
}

/* Steps until a frame has been handed over, and no further. */
static void until_carried(struct host *host)
{
    uint32_t before = host->carried;
    while (host->carried == before)
        assert_true(host_step(host));
}

static void ten_steps_make_a_request_and_its_response(void **state)
{
    struct host *host = *state;
    struct uripc_handle reg1 = open_name(host, CLIENT, "ipc:/GUID1");
    struct uripc_handle reg2 = open_name(host, SERVER, "http://foo");
    uint64_t request = start_receive(host, SERVER, reg2, sizeof bytes, 0);
    struct uripc_text rid = text("RID1");
    uint64_t sent = ++last_overlapped;
    assert_int_equal(ops->send(host->peers[CLIENT].node, reg1, &rid, text("http://foo/bar/xyz.htm"),
                               "GET", 3, NULL, sent),
                     URIPC_PENDING);
    (void)done(host, CLIENT, sent, URIPC_OK);
    uint64_t response = start_receive(host, CLIENT, reg1, sizeof bytes, 0);
    struct uripc_completion got = done(host, SERVER, request, URIPC_OK);
    holds(&got, "ipc:/GUID1/RID1", "http://foo/bar/xyz.htm", "GET");
    struct uripc_text path = text("bar/xyz.htm");
    assert_int_equal(ops->send(host->peers[SERVER].node, reg2, &path, text("ipc:/GUID1/RID1"),
                               "page", 4, NULL, ++last_overlapped),
                     URIPC_PENDING);
    (void)done(host, SERVER, last_overlapped, URIPC_OK);
    got = done(host, CLIENT, response, URIPC_OK);
    holds(&got, "http://foo/bar/xyz.htm", "ipc:/GUID1/RID1", "page");
}

static void who_sent_it_is_told_and_can_be_demanded(void **state)
{
    struct host *host = *state;
    struct uripc_handle client = open_name(host, CLIENT, "ipc:/c");
    struct uripc_handle server = open_name(host, SERVER, "ipc:/s");
    struct uripc_incarnation first = info_of(host, CLIENT, client).incarnation;
    send_as(host, CLIENT, client, "ipc:/s", "1", URIPC_OK);
    struct uripc_completion got = take(host, SERVER, server, "1");
    assert_memory_equal(&got.incarnation, &first, sizeof first);
    assert_int_equal(got.principal, 100 + CLIENT);
    assert_int_equal(got.message_id, 1);
    uint64_t closing = start_close(host, CLIENT, client);
    (void)done(host, CLIENT, closing, URIPC_OK);
    const struct uripc_send_options demand = {.size = sizeof demand, .expected = first};
    uint64_t sent = start_send(host, SERVER, server, "ipc:/c", "2", &demand);
    (void)done(host, SERVER, sent, URIPC_PEER_GONE); /* nobody there at all */
    client = open_name(host, CLIENT, "ipc:/c");
    sent = start_send(host, SERVER, server, "ipc:/c", "3", &demand);
    (void)done(host, SERVER, sent, URIPC_PEER_GONE); /* another life */
    empty(host, CLIENT, client);
}

static void wrong_calls_are_refused_at_once(void **state)
{
    struct host *host = *state;
    struct uripc_handle handle = open_name(host, CLIENT, "ipc:/c");
    struct uripc_node *node = host->peers[CLIENT].node;
    struct uripc_handle none = {0};
    struct uripc_send_options options = {.size = sizeof options, .flags = URIPC_UTF16};
    assert_int_equal(ops->send(node, none, NULL, text("ipc:/c"), "", 0, NULL, 9),
                     URIPC_INVALID_HANDLE);
    assert_int_equal(ops->send(node, handle, NULL, text("ipc:/c"), "", 0, NULL, 0),
                     URIPC_INVALID_ARGUMENT);
    assert_int_equal(ops->send(node, handle, NULL, text("ipc:/c"), NULL, 1, NULL, 9),
                     URIPC_INVALID_ARGUMENT);
    assert_int_equal(ops->send(node, handle, NULL, text("ipc:/c"), "", 0, &options, 9),
                     URIPC_INVALID_ARGUMENT);
    options = (struct uripc_send_options){.size = 0};
    assert_int_equal(ops->send(node, handle, NULL, text("ipc:/c"), "", 0, &options, 9),
                     URIPC_INVALID_ARGUMENT);
    assert_int_equal(ops->send(node, handle, NULL, text("c"), "", 0, NULL, 9), URIPC_INVALID_NAME);
    assert_int_equal(ops->send(node, handle, NULL, text("ipc:/c"), bytes, 4096, NULL, 9),
                     URIPC_NO_RESOURCES);
    uint64_t waiting = start_receive(host, CLIENT, handle, sizeof bytes, 0);
    assert_int_equal(ops->close(node, handle, waiting), URIPC_IN_USE);
    nothing_more(host, CLIENT);
    assert_int_equal(ops->cancel(node, waiting), URIPC_OK);
    assert_int_equal(ops->cancel(node, waiting), URIPC_NOT_FOUND);
    assert_int_equal(ops->receive(node, handle, buffer(0), NULL, waiting), URIPC_IN_USE);
    (void)done(host, CLIENT, waiting, URIPC_ABORTED);
}

static void newer_options_are_taken_only_if_they_say_nothing(void **state)
{
    struct host *host = *state;
    struct uripc_handle handle = open_name(host, CLIENT, "ipc:/c");
    struct {
        struct uripc_receive_options known;
        uint64_t unknown;
    } options = {.known = {.size = sizeof options, .flags = URIPC_NOWAIT}, .unknown = 1};
    struct uripc_node *node = host->peers[CLIENT].node;
    assert_int_equal(ops->receive(node, handle, buffer(64), &options.known, 77),
                     URIPC_INVALID_ARGUMENT);
    options.unknown = 0;
    assert_int_equal(ops->receive(node, handle, buffer(64), &options.known, 77), URIPC_PENDING);
    (void)done(host, CLIENT, 77, URIPC_TIMEOUT);
}

static void limits_count_what_is_not_yet_polled(void **state)
{
    struct host *host = *state;
    struct uripc_handle handle = open_name(host, CLIENT, "ipc:/c");
    uint64_t first = last_overlapped + 1;
    for (uint32_t i = 0; i < host->limits.operations; i++)
        (void)start_receive(host, CLIENT, handle, sizeof bytes, URIPC_NOWAIT);
    struct uripc_node *node = host->peers[CLIENT].node;
    assert_int_equal(ops->receive(node, handle, buffer(8), NULL, 999), URIPC_NO_RESOURCES);
    (void)done(host, CLIENT, first, URIPC_TIMEOUT);
    assert_int_equal(ops->receive(node, handle, buffer(8), NULL, 999), URIPC_PENDING);
}

static void registrations_are_limited_until_a_close(void **state)
{
    struct host *host = *state;
    struct uripc_handle handle = open_name(host, CLIENT, "ipc:/a");
    const char *const more[] = {"ipc:/b", "ipc:/c", "ipc:/d", "ipc:/e",
                                "ipc:/f", "ipc:/g", "ipc:/h"};
    for (size_t i = 0; i < sizeof more / sizeof more[0]; i++)
        (void)open_name(host, CLIENT, more[i]);
    struct uripc_node *node = host->peers[CLIENT].node;
    assert_int_equal(ops->register_(node, (struct uripc_handle){0}, text("ipc:/i"), NULL, 9),
                     URIPC_NO_RESOURCES);
    uint64_t closing = start_close(host, CLIENT, handle);
    (void)done(host, CLIENT, closing, URIPC_OK);
    (void)open_name(host, CLIENT, "ipc:/i");
}

static void kinds_and_options_decide_who_may_join(void **state)
{
    struct host *host = *state;
    struct uripc_handle none = {0};
    struct uripc_register_options shared = {.size = sizeof shared, .kind = URIPC_SHARED};
    struct uripc_register_options group = {.size = sizeof group, .kind = URIPC_GROUP};
    (void)open_name(host, CLIENT, "ipc:/x");
    (void)open_with(host, CLIENT, "ipc:/s", &shared);
    (void)open_with(host, CLIENT, "ipc:/g", &group);
    (void)open_with(host, SERVER, "ipc:/g", &group);
    (void)open_with(host, CLIENT, "ipc:/s", &shared);
    (void)done(host, SERVER, start_register(host, SERVER, none, "IPC:/%78/", NULL), URIPC_EXISTS);
    (void)done(host, SERVER, start_register(host, SERVER, none, "ipc:/g", &shared), URIPC_EXISTS);
    (void)done(host, SERVER, start_register(host, SERVER, none, "ipc:/s", &shared),
               URIPC_NOT_SUPPORTED);
    shared.queue_messages = 5;
    (void)done(host, CLIENT, start_register(host, CLIENT, none, "ipc:/s", &shared), URIPC_EXISTS);
}

static void a_name_below_another_takes_its_subtree(void **state)
{
    struct host *host = *state;
    struct uripc_handle client = open_name(host, CLIENT, "ipc:/c");
    struct uripc_handle above = open_name(host, SERVER, "http://foo");
    send_as(host, CLIENT, client, "http://foo/bar/x", "early", URIPC_OK);
    uint64_t overlapped = start_register(host, SERVER, above, "bar", NULL);
    struct uripc_handle below = done(host, SERVER, overlapped, URIPC_OK).handle;
    send_as(host, CLIENT, client, "http://foo/bar/x?q", "late", URIPC_OK);
    send_as(host, CLIENT, client, "http://foo/barn", "other", URIPC_OK);
    (void)take(host, SERVER, below, "late");
    (void)take(host, SERVER, above, "early");
    (void)take(host, SERVER, above, "other");
    send_as(host, SERVER, above, "http://foo/bar", "self", URIPC_OK);
    (void)take(host, SERVER, below, "self");
    struct uripc_node *node = host->peers[SERVER].node;
    assert_int_equal(ops->register_(node, above, text("http://foo/"), NULL, 9), URIPC_INVALID_NAME);
    assert_int_equal(ops->register_(node, below, text("http://foo/barn"), NULL, 9),
                     URIPC_INVALID_NAME);
    uint64_t closing = start_close(host, SERVER, above);
    (void)done(host, SERVER, closing, URIPC_OK);
    assert_int_equal(ops->info(node, below, NULL), URIPC_INVALID_HANDLE);
    send_as(host, CLIENT, client, "http://foo/bar", "", URIPC_NO_RECEIVER);
}

static void a_full_queue_follows_its_policy(void **state)
{
    struct host *host = *state;
    struct uripc_handle client = open_name(host, CLIENT, "ipc:/c");
    struct uripc_register_options options = {.size = sizeof options, .queue_messages = 2};
    struct uripc_handle reject = open_with(host, SERVER, "ipc:/r", &options);
    options.overflow = URIPC_DROP_NEWEST;
    struct uripc_handle newest = open_with(host, SERVER, "ipc:/n", &options);
    options.overflow = URIPC_DROP_OLDEST;
    struct uripc_handle oldest = open_with(host, SERVER, "ipc:/o", &options);
    const char *const names[] = {"ipc:/r", "ipc:/n", "ipc:/o"};
    for (size_t i = 0; i < 3; i++) {
        send_as(host, CLIENT, client, names[i], "1", URIPC_OK);
        send_as(host, CLIENT, client, names[i], "2", URIPC_OK);
        send_as(host, CLIENT, client, names[i], "3", i == 0 ? URIPC_FULL : URIPC_OK);
    }
    assert_int_equal(info_of(host, SERVER, reject).dropped, 0);
    assert_int_equal(info_of(host, SERVER, newest).dropped, 1);
    assert_int_equal(info_of(host, SERVER, oldest).dropped, 1);
    (void)take(host, SERVER, reject, "1");
    send_as(host, CLIENT, client, "ipc:/r", "4", URIPC_OK);
    (void)take(host, SERVER, newest, "1");
    (void)take(host, SERVER, oldest, "2");
    (void)take(host, SERVER, oldest, "3");
    empty(host, SERVER, oldest);
}

static void a_queue_of_bytes_refuses_what_exceeds_it_unless_a_receive_takes_it(void **state)
{
    struct host *host = *state;
    struct uripc_handle client = open_name(host, CLIENT, "ipc:/c");
    struct uripc_register_options options = {
        .size = sizeof options, .queue_bytes = 4, .message_max = 8};
    struct uripc_handle server = open_with(host, SERVER, "ipc:/s", &options);
    send_as(host, CLIENT, client, "ipc:/s", "12345", URIPC_FULL);
    send_as(host, CLIENT, client, "ipc:/s", "1234", URIPC_OK);
    (void)take(host, SERVER, server, "1234");
    uint64_t small = start_receive(host, SERVER, server, 16, 0);
    uint64_t large = start_receive(host, SERVER, server, 40, 0);
    send_as(host, CLIENT, client, "ipc:/s", "123456789", URIPC_TOO_BIG);
    nothing_more(host, SERVER); /* a refused message touches no receive */
    send_as(host, CLIENT, client, "ipc:/s", "12345678", URIPC_OK);
    (void)done(host, SERVER, small, URIPC_BUFFER_TOO_SMALL);
    assert_int_equal(done(host, SERVER, large, URIPC_OK).data_bytes, 8);
}

static void blocked_sends_wait_their_turn(void **state)
{
    struct host *host = *state;
    struct uripc_handle client = open_name(host, CLIENT, "ipc:/c");
    struct uripc_register_options options = {
        .size = sizeof options, .queue_bytes = 4, .overflow = URIPC_BLOCK};
    struct uripc_handle server = open_with(host, SERVER, "ipc:/s", &options);
    const struct uripc_send_options nowait = {.size = sizeof nowait, .flags = URIPC_NOWAIT};
    send_as(host, CLIENT, client, "ipc:/s", "aaa", URIPC_OK);
    uint64_t second = start_send(host, CLIENT, client, "ipc:/s", "bbb", NULL);
    uint64_t third = start_send(host, CLIENT, client, "ipc:/s", "c", NULL);
    host_run(host);
    nothing_more(host, CLIENT);
    assert_int_equal(info_of(host, SERVER, server).waiting, 2);
    uint64_t hasty = start_send(host, CLIENT, client, "ipc:/s", "d", &nowait);
    (void)done(host, CLIENT, hasty, URIPC_WOULD_BLOCK);
    (void)take(host, SERVER, server, "aaa");
    (void)done(host, CLIENT, second, URIPC_OK);
    (void)done(host, CLIENT, third, URIPC_OK);
    (void)take(host, SERVER, server, "bbb");
    (void)take(host, SERVER, server, "c");
    empty(host, SERVER, server);
}

static void a_blocked_send_can_be_cancelled_once(void **state)
{
    struct host *host = *state;
    struct uripc_handle client = open_name(host, CLIENT, "ipc:/c");
    struct uripc_register_options options = {
        .size = sizeof options, .queue_messages = 1, .overflow = URIPC_BLOCK};
    struct uripc_handle server = open_with(host, SERVER, "ipc:/s", &options);
    send_as(host, CLIENT, client, "ipc:/s", "1", URIPC_OK);
    uint64_t blocked = start_send(host, CLIENT, client, "ipc:/s", "2", NULL);
    const struct uripc_send_options hasty = {.size = sizeof hasty, .deadline = 10};
    uint64_t late = start_send(host, CLIENT, client, "ipc:/s", "3", &hasty);
    host_run(host);
    struct uripc_node *node = host->peers[CLIENT].node;
    assert_int_equal(ops->cancel(node, blocked), URIPC_OK);
    assert_int_equal(ops->cancel(node, blocked), URIPC_NOT_FOUND);
    (void)done(host, CLIENT, blocked, URIPC_ABORTED);
    host_advance(host, 9);
    nothing_more(host, CLIENT);
    host_advance(host, 10);
    (void)next(host, CLIENT, late, URIPC_TIMEOUT, URIPC_INDEFINITE);
    assert_int_equal(info_of(host, SERVER, server).waiting, 0);
    (void)take(host, SERVER, server, "1");
    empty(host, SERVER, server);
}

static void a_cancel_that_comes_too_late_changes_nothing(void **state)
{
    struct host *host = *state;
    struct uripc_handle client = open_name(host, CLIENT, "ipc:/c");
    struct uripc_handle server = open_name(host, SERVER, "ipc:/s");
    struct uripc_node *node = host->peers[CLIENT].node;
    uint64_t early = start_send(host, CLIENT, client, "ipc:/s", "early", NULL);
    assert_int_equal(ops->cancel(node, early), URIPC_OK);
    (void)done(host, CLIENT, early, URIPC_ABORTED);
    uint64_t late = start_send(host, CLIENT, client, "ipc:/s", "late", NULL);
    until_carried(host);
    assert_int_equal(ops->cancel(node, late), URIPC_OK);
    (void)done(host, CLIENT, late, URIPC_OK);
    (void)take(host, SERVER, server, "late");
    empty(host, SERVER, server);
}

static void a_short_buffer_consumes_nothing(void **state)
{
    struct host *host = *state;
    struct uripc_handle client = open_name(host, CLIENT, "ipc:/c");
    struct uripc_handle server = open_name(host, SERVER, "ipc:/s");
    send_as(host, CLIENT, client, "ipc:/s", "12345", URIPC_OK);
    memset(bytes, 0xee, sizeof bytes);
    uint64_t overlapped = start_receive(host, SERVER, server, 36, 0);
    struct uripc_completion got = done(host, SERVER, overlapped, URIPC_BUFFER_TOO_SMALL);
    assert_int_equal(got.source_units, 6);
    assert_int_equal(got.target_units, 6);
    assert_int_equal(got.data_bytes, 5);
    assert_int_equal(got.bytes, 0);
    assert_int_equal(bytes[0], 0xee);
    overlapped = start_receive(host, SERVER, server, 37, 0);
    got = done(host, SERVER, overlapped, URIPC_OK);
    holds(&got, "ipc:/c", "ipc:/s", "12345");
    assert_int_equal(bytes[37], 0xee);
}

static void wide_units_and_discarding_do_what_they_say(void **state)
{
    struct host *host = *state;
    struct uripc_handle client = open_name(host, CLIENT, "ipc:/c");
    struct uripc_handle server = open_name(host, SERVER, "ipc:/s");
    send_as(host, CLIENT, client, "ipc:/s", "1", URIPC_OK);
    send_as(host, CLIENT, client, "ipc:/s", "2", URIPC_OK);
    assert_int_equal(info_of(host, SERVER, server).messages, 2);
    uint64_t overlapped = start_receive(host, SERVER, server, 0, URIPC_DISCARD);
    struct uripc_completion got = done(host, SERVER, overlapped, URIPC_OK);
    assert_int_equal(got.bytes, 0);
    assert_int_equal(got.data_bytes, 1);
    overlapped = start_receive(host, SERVER, server, 41, URIPC_UTF16);
    assert_int_equal(done(host, SERVER, overlapped, URIPC_OK).bytes, 41);
    const uint16_t wide[2] = {'i', 'p'};
    assert_memory_equal(bytes + 16, wide, sizeof wide);
    assert_int_equal(bytes[40], '2');
    assert_int_equal(info_of(host, SERVER, server).next_data, URIPC_NO_MESSAGE);
}

static void a_receive_times_out_at_its_deadline(void **state)
{
    struct host *host = *state;
    struct uripc_handle server = open_name(host, SERVER, "ipc:/s");
    const struct uripc_receive_options options = {.size = sizeof options, .deadline = 50};
    host_advance(host, 100);
    struct uripc_node *node = host->peers[SERVER].node;
    assert_int_equal(ops->receive(node, server, buffer(64), &options, 900), URIPC_PENDING);
    host_advance(host, 149);
    nothing_more(host, SERVER);
    host_advance(host, 150);
    (void)done(host, SERVER, 900, URIPC_TIMEOUT);
}

static void a_group_send_reaches_every_member_and_waits_for_none(void **state)
{
    struct host *host = *state;
    struct uripc_register_options options = {
        .size = sizeof options, .kind = URIPC_GROUP, .queue_messages = 1};
    struct uripc_handle mine = open_with(host, CLIENT, "ipc:/g", &options);
    struct uripc_handle theirs = open_with(host, SERVER, "ipc:/g", &options);
    send_as(host, CLIENT, mine, "ipc:/g", "1", URIPC_OK);
    send_as(host, CLIENT, mine, "ipc:/g", "2", URIPC_OK);
    uint64_t id = take(host, CLIENT, mine, "1").message_id;
    assert_int_equal(take(host, SERVER, theirs, "1").message_id, id);
    assert_int_equal(info_of(host, SERVER, theirs).dropped, 1);
    host->group_max = 3;
    send_as(host, CLIENT, mine, "ipc:/g", "123", URIPC_OK);
    send_as(host, CLIENT, mine, "ipc:/g", "1234", URIPC_TOO_BIG);
    const struct uripc_send_options demand = {.size = sizeof demand,
                                              .expected = {.node = 1, .serial = 1}};
    uint64_t sent = start_send(host, CLIENT, mine, "ipc:/g", "3", &demand);
    (void)done(host, CLIENT, sent, URIPC_NOT_SUPPORTED);
}

static void absence_is_silent_where_the_route_says_so(void **state)
{
    struct host *host = *state;
    struct uripc_handle client = open_name(host, CLIENT, "ipc:/c");
    send_as(host, CLIENT, client, "ipc:/nobody", "1", URIPC_NO_RECEIVER);
    host->silent = true;
    send_as(host, CLIENT, client, "ipc:/nobody", "1", URIPC_OK);
}

static void a_shared_queue_ends_with_its_home(void **state)
{
    struct host *host = *state;
    struct uripc_register_options options = {.size = sizeof options, .kind = URIPC_SHARED};
    struct uripc_handle home = open_with(host, SERVER, "ipc:/s", &options);
    struct uripc_handle joined = open_with(host, SERVER, "ipc:/s", &options);
    struct uripc_handle leaver = open_with(host, SERVER, "ipc:/s", &options);
    uint64_t first = start_receive(host, SERVER, joined, sizeof bytes, 0);
    uint64_t second = start_receive(host, SERVER, home, sizeof bytes, 0);
    struct uripc_handle client = open_name(host, CLIENT, "ipc:/c");
    send_as(host, CLIENT, client, "ipc:/s", "1", URIPC_OK);
    (void)done(host, SERVER, first, URIPC_OK);
    uint64_t third = start_receive(host, SERVER, joined, sizeof bytes, 0);
    (void)done(host, SERVER, start_close(host, SERVER, leaver), URIPC_OK);
    uint64_t closing = start_close(host, SERVER, home);
    (void)done(host, SERVER, second, URIPC_CLOSED);
    (void)done(host, SERVER, third, URIPC_ABORTED);
    (void)done(host, SERVER, closing, URIPC_OK);
    assert_int_equal(ops->info(host->peers[SERVER].node, joined, NULL), URIPC_INVALID_HANDLE);
    send_as(host, CLIENT, client, "ipc:/s", "2", URIPC_NO_RECEIVER);
}

static void close_ends_calls_in_order_and_refuses_blocked_sends(void **state)
{
    struct host *host = *state;
    struct uripc_register_options options = {
        .size = sizeof options, .queue_messages = 1, .overflow = URIPC_BLOCK};
    struct uripc_handle client = open_name(host, CLIENT, "ipc:/c");
    struct uripc_handle server = open_with(host, SERVER, "ipc:/s", &options);
    send_as(host, CLIENT, client, "ipc:/s", "1", URIPC_OK);
    uint64_t blocked = start_send(host, CLIENT, client, "ipc:/s", "2", NULL);
    host_run(host);
    uint64_t handed = start_send(host, SERVER, server, "ipc:/c", "3", NULL);
    until_carried(host);
    uint64_t unsent = start_send(host, SERVER, server, "ipc:/c", "4", NULL);
    uint64_t closing = start_close(host, SERVER, server);
    (void)next(host, SERVER, handed, URIPC_CLOSED, URIPC_INDEFINITE);
    (void)done(host, SERVER, unsent, URIPC_CLOSED);
    (void)done(host, SERVER, closing, URIPC_OK);
    (void)done(host, CLIENT, blocked, URIPC_PEER_GONE);
    (void)take(host, CLIENT, client, "3");
    empty(host, CLIENT, client);
    server = open_name(host, SERVER, "ipc:/s");
    empty(host, SERVER, server);
}

static void a_registration_that_ends_early_leaves_its_name_free(void **state)
{
    struct host *host = *state;
    struct uripc_handle none = {0};
    struct uripc_handle parent = open_name(host, CLIENT, "ipc:/p");
    uint64_t cancelled = start_register(host, CLIENT, none, "ipc:/a", NULL);
    uint64_t orphan = start_register(host, CLIENT, parent, "child", NULL);
    assert_int_equal(ops->cancel(host->peers[CLIENT].node, cancelled), URIPC_OK);
    uint64_t closing = start_close(host, CLIENT, parent);
    (void)done(host, CLIENT, cancelled, URIPC_ABORTED);
    (void)done(host, CLIENT, orphan, URIPC_CLOSED);
    (void)done(host, CLIENT, closing, URIPC_OK);
    (void)open_name(host, SERVER, "ipc:/a");
    (void)open_name(host, SERVER, "ipc:/p/child");
}

static void death_of_the_target_ends_what_was_handed_over_and_reroutes_the_rest(void **state)
{
    struct host *host = *state;
    struct uripc_handle client = open_name(host, CLIENT, "ipc:/c");
    (void)open_name(host, SERVER, "ipc:/s");
    uint64_t handed = start_send(host, CLIENT, client, "ipc:/s", "1", NULL);
    uint64_t waiting = start_send(host, CLIENT, client, "ipc:/s", "2", NULL);
    until_carried(host);
    host->full[SERVER] = true;
    assert_true(host_step(host)); /* the second route: no room */
    host_kill(host, SERVER);
    struct uripc_handle none = {0};
    uint64_t heir = start_register(host, OTHER, none, "ipc:/s", NULL); /* LIF-1 */
    (void)next(host, CLIENT, handed, URIPC_PEER_GONE, URIPC_INDEFINITE);
    (void)done(host, CLIENT, waiting, URIPC_OK);
    struct uripc_completion registered = done(host, OTHER, heir, URIPC_OK);
    (void)take(host, OTHER, registered.handle, "2");
    empty(host, OTHER, registered.handle);
}

static void sends_keep_their_order_while_there_is_no_room(void **state)
{
    struct host *host = *state;
    struct uripc_handle client = open_name(host, CLIENT, "ipc:/c");
    struct uripc_handle server = open_name(host, SERVER, "ipc:/s");
    (void)open_name(host, OTHER, "ipc:/o");
    const struct uripc_send_options nowait = {.size = sizeof nowait, .flags = URIPC_NOWAIT};
    host->full[SERVER] = true;
    uint64_t first = start_send(host, CLIENT, client, "ipc:/s", "1", NULL);
    uint64_t second = start_send(host, CLIENT, client, "ipc:/s", "2", NULL);
    uint64_t hasty = start_send(host, CLIENT, client, "ipc:/s", "3", &nowait);
    (void)done(host, CLIENT, hasty, URIPC_WOULD_BLOCK);
    send_as(host, CLIENT, client, "ipc:/o", "4", URIPC_OK); /* another target does not wait */
    nothing_more(host, CLIENT);
    host_room(host, SERVER);
    (void)done(host, CLIENT, first, URIPC_OK);
    (void)done(host, CLIENT, second, URIPC_OK);
    (void)take(host, SERVER, server, "1");
    (void)take(host, SERVER, server, "2");
}

static void an_unconfirmed_send_is_ok_and_its_loss_is_counted(void **state)
{
    struct host *host = *state;
    struct uripc_handle client = open_name(host, CLIENT, "ipc:/c");
    struct uripc_register_options options = {.size = sizeof options, .message_max = 1};
    struct uripc_handle server = open_with(host, SERVER, "ipc:/s", &options);
    host->unconfirmed = true;
    send_as(host, CLIENT, client, "ipc:/s", "12", URIPC_OK);
    assert_int_equal(info_of(host, SERVER, server).dropped, 1);
    empty(host, SERVER, server);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(ten_steps_make_a_request_and_its_response),
        TEST(who_sent_it_is_told_and_can_be_demanded),
        TEST(wrong_calls_are_refused_at_once),
        TEST(newer_options_are_taken_only_if_they_say_nothing),
        TEST(limits_count_what_is_not_yet_polled),
        TEST(registrations_are_limited_until_a_close),
        TEST(kinds_and_options_decide_who_may_join),
        TEST(a_name_below_another_takes_its_subtree),
        TEST(a_full_queue_follows_its_policy),
        TEST(a_queue_of_bytes_refuses_what_exceeds_it_unless_a_receive_takes_it),
        TEST(blocked_sends_wait_their_turn),
        TEST(a_blocked_send_can_be_cancelled_once),
        TEST(a_cancel_that_comes_too_late_changes_nothing),
        TEST(a_short_buffer_consumes_nothing),
        TEST(wide_units_and_discarding_do_what_they_say),
        TEST(a_receive_times_out_at_its_deadline),
        TEST(a_group_send_reaches_every_member_and_waits_for_none),
        TEST(absence_is_silent_where_the_route_says_so),
        TEST(a_shared_queue_ends_with_its_home),
        TEST(close_ends_calls_in_order_and_refuses_blocked_sends),
        TEST(a_registration_that_ends_early_leaves_its_name_free),
        TEST(death_of_the_target_ends_what_was_handed_over_and_reroutes_the_rest),
        TEST(sends_keep_their_order_while_there_is_no_room),
        TEST(an_unconfirmed_send_is_ok_and_its_loss_is_counted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
