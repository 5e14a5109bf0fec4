/* SPDX-License-Identifier: MIT */
/* The load generator over a table that is made for it: what is sent comes back, or messages are
 * made up on the spot, whole or damaged. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <uripc/message.h>

#include "conformance/case.h"
#include "load.h"
#include "payload.h"

enum { CALLS = 128, SIZE = 100 };

static const char source_uri[] = "ipc:/source";
static const char target_uri[] = "ipc:/target";

struct uripc_node {
    /* What is asked of it. */
    bool loops;          /* what is sent is received again */
    bool feeds;          /* messages come without end */
    uint64_t calls_most; /* in flight */
    uint64_t damaged;    /* number of the message with the damage; 0: none */
    enum damage { LOST = 1, DOUBLED, SHORTER, HEAD, TAIL } damage;
    enum uripc_status sends_end;

    /* What it does. */
    struct uripc_buffer receives[CALLS];
    uint64_t receive_blocks[CALLS];
    uint64_t send_blocks[CALLS];
    unsigned char messages[CALLS][SIZE]; /* that were sent */
    uint32_t receive_count, send_count, message_count;
    struct uripc_completion done[2 * CALLS];
    uint32_t done_count, done_taken;
    uint64_t number; /* of the next message */
    uint64_t sent, most_in_flight, runs;
    struct uripc_text last_target;
};

static uint64_t in_flight(const struct uripc_node *node)
{
    return node->receive_count + node->send_count + node->done_count - node->done_taken;
}

static enum uripc_status toy_send(struct uripc_node *node, struct uripc_handle source,
                                  const struct uripc_text *suffix, struct uripc_text target,
                                  const void *data, uint32_t length,
                                  const struct uripc_send_options *options, uint64_t overlapped)
{
    assert_int_equal(source.id, 7);
    assert_null(suffix);
    assert_null(options);
    assert_int_equal(length, SIZE);
    if (in_flight(node) >= node->calls_most)
        return URIPC_NO_RESOURCES;
    if (node->loops)
        memcpy(node->messages[node->message_count++], data, SIZE);
    assert_memory_equal(target.at, node->feeds ? source_uri : target_uri, target.length);
    node->send_blocks[node->send_count++] = overlapped;
    node->sent++;
    if (node->send_count > node->most_in_flight)
        node->most_in_flight = node->send_count;
    return URIPC_PENDING;
}

static enum uripc_status toy_receive(struct uripc_node *node, struct uripc_handle handle,
                                     struct uripc_buffer buffer,
                                     const struct uripc_receive_options *options,
                                     uint64_t overlapped)
{
    assert_int_equal(handle.id, 7);
    assert_null(options);
    if (in_flight(node) >= node->calls_most)
        return URIPC_NO_RESOURCES;
    node->receives[node->receive_count] = buffer;
    node->receive_blocks[node->receive_count++] = overlapped;
    return URIPC_PENDING;
}

static void make_up(struct uripc_node *node, unsigned char *data, uint32_t *size)
{
    bool damaged = node->damaged && node->number == node->damaged;
    if (damaged && node->damage == LOST)
        node->number++;
    cf_data_fill(data, SIZE, 0);
    cf_payload_put(data, SIZE, 0, node->number);
    *size = damaged && node->damage == SHORTER ? SIZE - 1 : SIZE;
    data[8] ^= damaged && node->damage == HEAD;
    data[SIZE - 1] ^= damaged && node->damage == TAIL;
    if (damaged && node->damage == DOUBLED)
        node->damaged = 0;
    else
        node->number++;
}

/* Completes the oldest receive. */
static void deliver(struct uripc_node *node)
{
    unsigned char data[SIZE];
    struct uripc_message lengths = {sizeof(source_uri) - 1, sizeof(target_uri) - 1, SIZE, 0};
    struct uripc_message_parts parts;
    unsigned char *to = (unsigned char *)(uintptr_t)node->receives[0].id;
    if (node->loops) {
        memcpy(data, node->messages[0], SIZE);
        memmove(node->messages[0], node->messages[1], (size_t)--node->message_count * SIZE);
    } else {
        make_up(node, data, &lengths.data_bytes);
    }
    assert_true(uripc_message_layout(&lengths, 1, &parts));
    assert_true(parts.total <= node->receives[0].size);
    memcpy(to, &lengths, sizeof(lengths));
    memcpy(to + parts.source, source_uri, lengths.source_units);
    memcpy(to + parts.target, target_uri, lengths.target_units);
    memcpy(to + parts.data, data, lengths.data_bytes);
    node->done[node->done_count++] =
        (struct uripc_completion){.overlapped = node->receive_blocks[0],
                                  .call = URIPC_CALL_RECEIVE,
                                  .status = URIPC_OK,
                                  .bytes = (uint32_t)parts.total};
    node->receive_count--;
    memmove(node->receives, node->receives + 1, node->receive_count * sizeof(node->receives[0]));
    memmove(node->receive_blocks, node->receive_blocks + 1,
            node->receive_count * sizeof(node->receive_blocks[0]));
}

static unsigned toy_run(struct uripc_node *node, int fd, uint64_t timeout)
{
    (void)timeout;
    node->runs++;
    if (node->done_taken == node->done_count)
        node->done_taken = node->done_count = 0;
    for (uint32_t i = 0; i < node->send_count; i++)
        node->done[node->done_count++] = (struct uripc_completion){
            .overlapped = node->send_blocks[i], .call = URIPC_CALL_SEND, .status = node->sends_end};
    node->send_count = 0;
    while (node->receive_count && (node->feeds || node->message_count))
        deliver(node);
    if (node->done_count)
        return URIPC_BACKEND_COMPLETED;
    return fd >= 0 ? URIPC_BACKEND_READABLE : 0;
}

static enum uripc_status toy_poll(struct uripc_node *node, struct uripc_completion *completion)
{
    if (node->done_taken == node->done_count)
        return URIPC_WOULD_BLOCK;
    *completion = node->done[node->done_taken++];
    return URIPC_OK;
}

static enum uripc_status toy_cancel_all(struct uripc_node *node, struct uripc_handle handle)
{
    assert_int_equal(handle.id, 7);
    for (uint32_t i = 0; i < node->receive_count; i++)
        node->done[node->done_count++] =
            (struct uripc_completion){.overlapped = node->receive_blocks[i],
                                      .call = URIPC_CALL_RECEIVE,
                                      .status = URIPC_ABORTED};
    node->receive_count = 0;
    return URIPC_OK;
}

static const struct uripc_backend table = {.size = sizeof(table),
                                           .version = URIPC_BACKEND_VERSION,
                                           .capabilities = URIPC_CAN_CANCEL,
                                           .run = toy_run,
                                           .send = toy_send,
                                           .receive = toy_receive,
                                           .cancel_all = toy_cancel_all,
                                           .poll = toy_poll};

static json_t *load(struct uripc_node *node, const char *command)
{
    json_t *asked = json_loads(command, 0, NULL);
    assert_non_null(asked);
    if (node->calls_most == 0)
        node->calls_most = CALLS;
    json_t *reply = cf_load(&table, node, asked);
    json_decref(asked);
    assert_non_null(reply);
    return reply;
}

static json_int_t figure(const json_t *reply, const char *key)
{
    assert_string_equal(json_string_value(json_object_get(reply, "status")), "ok");
    const json_t *member = json_object_get(json_object_get(reply, "load"), key);
    assert_true(json_is_integer(member));
    return json_integer_value(member);
}

static json_int_t samples(const json_t *reply)
{
    json_int_t sum = 0;
    size_t index;
    json_t *pair;
    json_array_foreach (json_object_get(json_object_get(reply, "load"), "latency"), index, pair)
        sum += json_integer_value(json_array_get(pair, 1));
    return sum;
}

static const char sink[] = "{\"mode\":\"sink\",\"handle\":7,\"size\":100,\"count\":1000}";
static const char echo[] = "{\"mode\":\"echo\",\"handle\":7,\"size\":100,\"count\":1000}";
static const char ping[] = "{\"mode\":\"ping\",\"handle\":7,\"size\":100,\"count\":500,"
                           "\"target\":\"ipc:/target\"}";
static const char stream[] = "{\"mode\":\"stream\",\"handle\":7,\"size\":100,\"count\":1000,"
                             "\"window\":20,\"target\":\"ipc:/target\"}";

static void test_a_stream_sends_so_many_and_keeps_to_its_window(void **state)
{
    (void)state;
    struct uripc_node node = {0};
    json_t *reply = load(&node, stream);
    assert_int_equal(figure(reply, "count"), 1000);
    assert_int_equal(figure(reply, "errors"), 0);
    assert_true(figure(reply, "ended") >= figure(reply, "began"));
    assert_int_equal(node.sent, 1000);
    assert_int_equal(node.most_in_flight, 20);
    assert_int_equal(node.runs, 50); /* only when there is nothing else to do */
    json_decref(reply);
}

static void test_a_node_without_room_is_waited_for(void **state)
{
    (void)state;
    struct uripc_node node = {.calls_most = 3};
    json_t *reply = load(&node, stream);
    assert_int_equal(figure(reply, "count"), 1000);
    assert_int_equal(figure(reply, "errors"), 0);
    assert_int_equal(node.most_in_flight, 3);
    json_decref(reply);
}

static void test_sends_that_fail_are_errors(void **state)
{
    (void)state;
    struct uripc_node node = {.sends_end = URIPC_FULL};
    json_t *reply = load(&node, stream);
    assert_int_equal(figure(reply, "errors"), 1000);
    assert_string_equal(json_string_value(json_object_get(json_object_get(reply, "load"), "why")),
                        "full");
    json_decref(reply);
}

/* When messages are due is the sender's matter, also where the command tells both sides. */
static void test_a_sink_waits_for_messages_not_for_the_time(void **state)
{
    (void)state;
    struct uripc_node node = {0};
    json_t *reply = load(&node, "{\"mode\":\"sink\",\"handle\":7,\"size\":100,\"count\":1000,"
                                "\"rate\":1000000}");
    assert_int_equal(figure(reply, "errors"), 1);
    assert_string_equal(json_string_value(json_object_get(json_object_get(reply, "load"), "why")),
                        "nothing happened for 5 s");
    json_decref(reply);
}

static void test_a_sink_takes_so_many(void **state)
{
    (void)state;
    struct uripc_node node = {.feeds = true};
    json_t *reply = load(&node, sink);
    assert_int_equal(figure(reply, "count"), 1000);
    assert_int_equal(figure(reply, "errors"), 0);
    assert_int_equal(node.number, 1000);
    assert_int_equal(node.receive_count, 0); /* none is left behind */
    json_decref(reply);
}

static void test_a_sink_sees_every_damage(void **state)
{
    (void)state;
    for (enum damage damage = LOST; damage <= TAIL; damage++) {
        struct uripc_node node = {.feeds = true, .damaged = 500, .damage = damage};
        json_t *reply = load(&node, sink);
        assert_int_equal(figure(reply, "count"), 1000);
        assert_int_equal(figure(reply, "errors"), 1);
        json_decref(reply);
    }
}

static void test_an_echo_sends_back_to_the_source(void **state)
{
    (void)state;
    struct uripc_node node = {.feeds = true, .calls_most = 5};
    json_t *reply = load(&node, echo);
    assert_int_equal(figure(reply, "count"), 1000);
    assert_int_equal(figure(reply, "errors"), 0);
    assert_int_equal(node.sent, 1000);
    json_decref(reply);
}

static void test_a_ping_waits_for_each_echo(void **state)
{
    (void)state;
    struct uripc_node node = {.loops = true};
    json_t *reply = load(&node, ping);
    assert_int_equal(figure(reply, "count"), 500);
    assert_int_equal(figure(reply, "errors"), 0);
    assert_int_equal(samples(reply), 500);
    assert_int_equal(node.most_in_flight, 1);
    json_decref(reply);
}

static void test_a_ping_that_cannot_be_sent_ends(void **state)
{
    (void)state;
    struct uripc_node node = {.sends_end = URIPC_NO_RECEIVER};
    json_t *reply = load(&node, ping);
    assert_int_equal(figure(reply, "count"), 0);
    assert_int_equal(figure(reply, "errors"), 1);
    json_decref(reply);
}

static void test_silence_ends_a_load(void **state)
{
    (void)state;
    struct uripc_node node = {0};
    json_t *reply = load(&node, sink);
    assert_int_equal(figure(reply, "count"), 0);
    assert_int_equal(figure(reply, "errors"), 1);
    assert_int_equal(node.receive_count, 0);
    json_decref(reply);
}

static void test_a_rate_keeps_to_an_absolute_schedule(void **state)
{
    (void)state;
    struct uripc_node node = {0};
    json_t *reply = load(&node, "{\"mode\":\"stream\",\"handle\":7,\"size\":100,\"count\":1001,"
                                "\"window\":20,\"target\":\"ipc:/target\",\"rate\":50000}");
    assert_int_equal(figure(reply, "count"), 1001);
    /* The last one is due 1000 / 50000 s after the first. */
    assert_true(figure(reply, "ended") - figure(reply, "began") >= 20000000);
    json_decref(reply);
}

static void test_latency_counts_from_the_instant_that_was_due(void **state)
{
    (void)state;
    struct uripc_node node = {.loops = true};
    json_t *reply = load(&node, "{\"mode\":\"ping\",\"handle\":7,\"size\":100,\"count\":500,"
                                "\"target\":\"ipc:/target\",\"rate\":1000000000}");
    const json_t *latency = json_object_get(json_object_get(reply, "load"), "latency");
    const json_t *last = json_array_get(latency, json_array_size(latency) - 1);
    json_int_t longest = json_integer_value(json_array_get(last, 0));
    json_int_t took = figure(reply, "ended") - figure(reply, "began");
    assert_int_equal(samples(reply), 500);
    /* All 500 are due within 500 ns, so the last one is late by nearly all the time it took. */
    assert_true(longest >= took / 2);
    json_decref(reply);
}

static void test_what_it_cannot_understand_it_refuses(void **state)
{
    (void)state;
    static const char *const commands[] = {
        "{}",
        "{\"mode\":\"flood\",\"handle\":7,\"size\":1,\"count\":1}",
        "{\"mode\":\"sink\",\"size\":1,\"count\":1}",
        "{\"mode\":\"sink\",\"handle\":0,\"size\":1,\"count\":1}",
        "{\"mode\":\"sink\",\"handle\":7,\"count\":1}",
        "{\"mode\":\"sink\",\"handle\":7,\"size\":1}",
        "{\"mode\":\"sink\",\"handle\":7,\"size\":1,\"count\":-1}",
        "{\"mode\":\"sink\",\"handle\":7,\"size\":\"1\",\"count\":1}",
        "{\"mode\":\"sink\",\"handle\":7,\"size\":99999999,\"count\":1}",
        "{\"mode\":\"sink\",\"handle\":7,\"size\":8,\"count\":1,\"rate\":5}",
        "{\"mode\":\"stream\",\"handle\":7,\"size\":1,\"count\":1,\"window\":1}",
        "{\"mode\":\"stream\",\"handle\":7,\"size\":1,\"count\":1,\"target\":\"ipc:/b\"}",
        "{\"mode\":\"stream\",\"handle\":7,\"size\":1,\"count\":1,\"target\":5,\"window\":1}",
        "{\"mode\":\"ping\",\"handle\":7,\"size\":1,\"count\":1}",
    };
    for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
        struct uripc_node node = {.feeds = true};
        json_t *reply = load(&node, commands[i]);
        assert_true(json_is_string(json_object_get(reply, "error")));
        assert_int_equal(node.runs, 0);
        json_decref(reply);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_stream_sends_so_many_and_keeps_to_its_window),
        cmocka_unit_test(test_a_node_without_room_is_waited_for),
        cmocka_unit_test(test_sends_that_fail_are_errors),
        cmocka_unit_test(test_a_sink_waits_for_messages_not_for_the_time),
        cmocka_unit_test(test_a_sink_takes_so_many),
        cmocka_unit_test(test_a_sink_sees_every_damage),
        cmocka_unit_test(test_an_echo_sends_back_to_the_source),
        cmocka_unit_test(test_a_ping_waits_for_each_echo),
        cmocka_unit_test(test_a_ping_that_cannot_be_sent_ends),
        cmocka_unit_test(test_silence_ends_a_load),
        cmocka_unit_test(test_a_rate_keeps_to_an_absolute_schedule),
        cmocka_unit_test(test_latency_counts_from_the_instant_that_was_due),
        cmocka_unit_test(test_what_it_cannot_understand_it_refuses),
    };
    return cmocka_run_group_tests_name("load", tests, NULL, NULL);
}
