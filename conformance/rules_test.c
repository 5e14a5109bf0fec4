/* SPDX-License-Identifier: MIT */
/* Every rule has a history that it must reject, and one that it must not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <uripc/message.h>

#include "rules.h"

enum { BUFFER = 64 };

static struct cf_history history;
static const struct uripc_incarnation source = {7, 1};

static int set_up(void **state)
{
    (void)state;
    cf_history_begin(&history, 2);
    history.tells_lives = true;
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    cf_history_free(&history);
    return 0;
}

/* Starts a call with a block of its own. */
static uint32_t start(uint32_t process, enum uripc_call call, uint64_t handle)
{
    uint32_t op = cf_history_call(&history, process, call);
    history.ops[op].overlapped = op + 1;
    history.ops[op].handle.id = handle;
    history.ops[op].buffer_size = BUFFER;
    cf_history_returned(&history, op, URIPC_PENDING);
    return op;
}

static struct uripc_completion completion_of(uint32_t op, enum uripc_status status)
{
    const struct cf_op *self = &history.ops[op];
    return (struct uripc_completion){.overlapped = self->overlapped,
                                     .call = self->call,
                                     .status = status,
                                     .certainty = URIPC_DEFINITE,
                                     .handle = self->handle};
}

static uint32_t complete(uint32_t op, const struct uripc_completion *completion)
{
    return cf_history_completed(&history, history.ops[op].process, completion, 0);
}

static uint32_t send_message(const char *data, uint64_t id, enum uripc_status status)
{
    uint32_t op = start(0, URIPC_CALL_SEND, 1);
    history.ops[op].source = source;
    history.ops[op].data = data;
    history.ops[op].length = (uint32_t)strlen(data);
    struct uripc_completion completion = completion_of(op, status);
    completion.message_id = id;
    completion.bytes = status == URIPC_OK ? history.ops[op].length : 0;
    complete(op, &completion);
    return op;
}

/* A receive that gets a message from "a" to "b" by the rules. */
static uint32_t receive(uint32_t process, uint64_t handle, enum uripc_kind kind, const char *data,
                        uint64_t id)
{
    unsigned char buffer[BUFFER];
    uint32_t length = (uint32_t)strlen(data);
    const struct uripc_message header = {1, 1, length, 0};
    uint32_t op = start(process, URIPC_CALL_RECEIVE, handle);
    history.ops[op].kind = kind;
    struct uripc_completion completion = completion_of(op, URIPC_OK);
    completion.message_id = id;
    completion.incarnation = source;
    completion.source_units = 1;
    completion.target_units = 1;
    completion.data_bytes = length;
    completion.bytes = 24 + length;
    complete(op, &completion);
    memset(buffer, CF_FRESH, sizeof(buffer));
    memset(buffer, 0, 24);
    memcpy(buffer, &header, sizeof(header));
    memcpy(buffer + 16, "ab", 2);
    memcpy(buffer + 24, data, length);
    cf_history_received(&history, op, buffer);
    return op;
}

static void assert_broken(const char *rule, const char *clause)
{
    assert_non_null(history.violation.rule);
    assert_string_equal(history.violation.rule, rule);
    assert_string_equal(history.violation.clause, clause);
}

static void assert_fine(void)
{
    cf_rules_delivery(&history, 1);
    if (history.violation.rule)
        fail_msg("%s: %s", history.violation.rule, history.violation.text);
}

static void an_exchange_breaks_no_rule(void **state)
{
    struct cf_message message;
    (void)state;
    send_message("hello", 1, URIPC_OK);
    send_message("again", 2, URIPC_OK);
    receive(1, 2, URIPC_EXCLUSIVE, "hello", 1);
    uint32_t op = receive(1, 2, URIPC_EXCLUSIVE, "again", 2);
    assert_fine();
    assert_true(cf_history_message(&history, op, &message));
    assert_memory_equal(message.source.at, "a", 1);
    assert_memory_equal(message.target.at, "b", 1);
    assert_memory_equal(message.data, "again", 5);
}

static void c1_rejects_what_nobody_sent(void **state)
{
    (void)state;
    send_message("hello", 1, URIPC_OK);
    receive(1, 2, URIPC_EXCLUSIVE, "hello", 5);
    cf_rules_delivery(&history, 1);
    assert_broken("C1", "DLV-2");
}

static void c1_rejects_what_was_changed(void **state)
{
    (void)state;
    send_message("hello", 1, URIPC_OK);
    receive(1, 2, URIPC_EXCLUSIVE, "hallo", 1);
    cf_rules_delivery(&history, 1);
    assert_broken("C1", "DLV-2");
    assert_int_equal(history.violation.ops[0], 0);
    assert_int_equal(history.violation.ops[1], 1);
}

static void c1_finds_a_send_that_never_told_its_id(void **state)
{
    (void)state;
    uint32_t op = start(0, URIPC_CALL_SEND, 1);
    history.ops[op].source = source;
    history.ops[op].data = "hello";
    history.ops[op].length = 5;
    receive(1, 2, URIPC_EXCLUSIVE, "hello", 1);
    assert_fine();
    receive(1, 2, URIPC_EXCLUSIVE, "hello", 1);
    cf_rules_delivery(&history, 1);
    assert_broken("C3", "DLV-1");
}

static void c3_rejects_a_second_reception(void **state)
{
    (void)state;
    send_message("hello", 1, URIPC_OK);
    receive(1, 2, URIPC_EXCLUSIVE, "hello", 1);
    receive(1, 2, URIPC_EXCLUSIVE, "hello", 1);
    cf_rules_delivery(&history, 1);
    assert_broken("C3", "DLV-1");
}

static void c3_lets_every_member_of_a_group_have_its_copy(void **state)
{
    (void)state;
    send_message("hello", 1, URIPC_OK);
    receive(1, 2, URIPC_GROUP, "hello", 1);
    receive(1, 3, URIPC_GROUP, "hello", 1);
    receive(0, 2, URIPC_GROUP, "hello", 1);
    assert_fine();
    receive(1, 3, URIPC_GROUP, "hello", 1);
    history.ops[1].received = history.ops[2].received = history.ops[3].received = CF_NO_OP;
    history.ops[0].received = CF_NO_OP;
    cf_rules_delivery(&history, 1);
    assert_broken("C3", "DLV-1");
}

static void c3_counts_transports_and_leaves_asked_for_duplicates_alone(void **state)
{
    (void)state;
    send_message("hello", 1, URIPC_OK);
    receive(1, 2, URIPC_EXCLUSIVE, "hello", 1);
    receive(1, 2, URIPC_EXCLUSIVE, "hello", 1);
    cf_rules_delivery(&history, 2);
    assert_null(history.violation.rule);
    cf_rules_delivery(&history, 0);
    assert_null(history.violation.rule);
}

static void c4_rejects_the_delivery_of_what_failed_for_certain(void **state)
{
    (void)state;
    send_message("hello", 1, URIPC_FULL);
    receive(1, 2, URIPC_EXCLUSIVE, "hello", 1);
    cf_rules_delivery(&history, 1);
    assert_broken("C4", "SND-22");
}

static void of_two_alike_the_one_that_may_have_arrived_is_received(void **state)
{
    (void)state;
    send_message("hello", 0, URIPC_UNREACHABLE);
    send_message("hello", 0, URIPC_OK);
    receive(1, 2, URIPC_EXCLUSIVE, "hello", 7);
    assert_fine();
}

static void of_two_alike_that_are_received_one_failed_for_certain(void **state)
{
    (void)state;
    send_message("hello", 0, URIPC_UNREACHABLE);
    send_message("hello", 0, URIPC_OK);
    receive(1, 2, URIPC_EXCLUSIVE, "hello", 7);
    receive(1, 2, URIPC_EXCLUSIVE, "hello", 8);
    cf_rules_delivery(&history, 1);
    assert_broken("C4", "SND-22");
}

static void c4_lets_the_uncertain_be_delivered(void **state)
{
    (void)state;
    uint32_t op = start(0, URIPC_CALL_SEND, 1);
    history.ops[op].source = source;
    history.ops[op].data = "hello";
    history.ops[op].length = 5;
    struct uripc_completion completion = completion_of(op, URIPC_TIMEOUT);
    completion.certainty = URIPC_INDEFINITE;
    completion.message_id = 1;
    complete(op, &completion);
    receive(1, 2, URIPC_EXCLUSIVE, "hello", 1);
    assert_fine();
}

static void c9_rejects_a_second_completion(void **state)
{
    (void)state;
    uint32_t op = start(0, URIPC_CALL_CLOSE, 1);
    const struct uripc_completion completion = completion_of(op, URIPC_OK);
    assert_int_equal(complete(op, &completion), op);
    assert_int_equal(complete(op, &completion), CF_NO_OP);
    assert_broken("C9", "CMP-1");
}

static void c9_rejects_the_completion_of_a_refused_call(void **state)
{
    (void)state;
    uint32_t op = cf_history_call(&history, 0, URIPC_CALL_CLOSE);
    history.ops[op].overlapped = 5;
    cf_history_returned(&history, op, URIPC_INVALID_HANDLE);
    const struct uripc_completion completion = completion_of(op, URIPC_OK);
    complete(op, &completion);
    assert_broken("C9", "CMP-2");
}

static void c9_rejects_the_completion_of_no_call(void **state)
{
    const struct uripc_completion completion = {.overlapped = 99};
    (void)state;
    cf_history_completed(&history, 0, &completion, 0);
    assert_broken("C9", "CMP-1");
}

static void c9_rejects_another_call_or_handle(void **state)
{
    (void)state;
    uint32_t op = start(0, URIPC_CALL_CLOSE, 1);
    struct uripc_completion completion = completion_of(op, URIPC_OK);
    completion.handle.id = 2;
    complete(op, &completion);
    assert_broken("C9", "CMP-3");
    history.violation.rule = NULL;
    op = start(0, URIPC_CALL_CLOSE, 1);
    completion = completion_of(op, URIPC_OK);
    completion.call = URIPC_CALL_SEND;
    complete(op, &completion);
    assert_broken("C9", "CMP-3");
}

static void c9_rejects_statuses_and_certainties_that_are_not_allowed(void **state)
{
    (void)state;
    uint32_t op = start(0, URIPC_CALL_CLOSE, 1);
    struct uripc_completion completion = completion_of(op, URIPC_TIMEOUT);
    complete(op, &completion);
    assert_broken("C9", "CMP-1");
    history.violation.rule = NULL;
    op = start(0, URIPC_CALL_SEND, 1);
    completion = completion_of(op, URIPC_FULL);
    completion.certainty = URIPC_INDEFINITE;
    complete(op, &completion);
    assert_broken("C9", "CMP-6");
    history.violation.rule = NULL;
    op = cf_history_call(&history, 0, URIPC_CALL_SEND);
    cf_history_returned(&history, op, URIPC_OK);
    assert_broken("C9", "CMP-1");
}

static void c9_rejects_bytes_that_were_not_sent(void **state)
{
    (void)state;
    uint32_t op = start(0, URIPC_CALL_SEND, 1);
    struct uripc_completion completion = completion_of(op, URIPC_FULL);
    completion.bytes = 5;
    complete(op, &completion);
    assert_broken("C9", "SND-5");
}

static void c9_rejects_a_close_before_its_pending_calls(void **state)
{
    (void)state;
    start(0, URIPC_CALL_RECEIVE, 2);
    uint32_t other = start(0, URIPC_CALL_CLOSE, 1);
    struct uripc_completion completion = completion_of(other, URIPC_OK);
    complete(other, &completion);
    assert_null(history.violation.rule);
    uint32_t op = start(0, URIPC_CALL_CLOSE, 2);
    completion = completion_of(op, URIPC_OK);
    complete(op, &completion);
    assert_broken("C9", "CMP-16");
}

static void c9_rejects_handles_and_incarnations_given_twice(void **state)
{
    (void)state;
    struct uripc_completion completion;
    for (uint64_t i = 1; i <= 2; i++) {
        uint32_t op = start(0, URIPC_CALL_REGISTER, 0);
        completion = completion_of(op, URIPC_OK);
        completion.handle.id = i;
        completion.incarnation = source;
        complete(op, &completion);
    }
    assert_broken("C9", "LIF-3");
    history.violation.rule = NULL;
    uint32_t op = start(0, URIPC_CALL_REGISTER, 0);
    completion = completion_of(op, URIPC_OK);
    completion.handle.id = 2;
    completion.incarnation = (struct uripc_incarnation){8, 8};
    complete(op, &completion);
    assert_broken("C9", "LIF-2");
}

/* Completes a receive with one byte of a good message's buffer changed. */
static const char *clause_after_change(size_t at, unsigned char value)
{
    unsigned char buffer[BUFFER];
    const struct uripc_message header = {1, 1, 2, 0};
    cf_history_begin(&history, 2);
    history.tells_lives = true;
    uint32_t op = start(0, URIPC_CALL_RECEIVE, 1);
    struct uripc_completion completion = completion_of(op, URIPC_OK);
    completion.source_units = 1;
    completion.target_units = 1;
    completion.data_bytes = 2;
    completion.bytes = 26;
    complete(op, &completion);
    memset(buffer, CF_FRESH, sizeof(buffer));
    memset(buffer, 0, 24);
    memcpy(buffer, &header, sizeof(header));
    memcpy(buffer + 16, "ab", 2);
    memcpy(buffer + 24, "hi", 2);
    buffer[at] = value;
    cf_history_received(&history, op, buffer);
    return history.violation.rule ? history.violation.clause : "";
}

static void c10_checks_every_part_of_a_received_message(void **state)
{
    (void)state;
    assert_string_equal(clause_after_change(0, 1), "");
    assert_string_equal(clause_after_change(0, 2), "RCV-12");
    assert_string_equal(clause_after_change(8, 3), "RCV-12");
    assert_string_equal(clause_after_change(12, 1), "RCV-15");
    assert_string_equal(clause_after_change(16, 0x80), "RCV-12");
    assert_string_equal(clause_after_change(18, 1), "RCV-13");
    assert_string_equal(clause_after_change(23, 1), "RCV-13");
    assert_string_equal(clause_after_change(26, 0), "RCV-12");
    assert_string_equal(clause_after_change(BUFFER - 1, 0), "RCV-12");
}

static const char *clause_after_write(enum uripc_status status, uint32_t flags, uint32_t data)
{
    unsigned char buffer[BUFFER];
    cf_history_begin(&history, 2);
    history.tells_lives = true;
    uint32_t op = start(0, URIPC_CALL_RECEIVE, 1);
    history.ops[op].flags = flags;
    struct uripc_completion completion = completion_of(op, status);
    completion.data_bytes = data;
    complete(op, &completion);
    memset(buffer, CF_FRESH, sizeof(buffer));
    buffer[3] = 0;
    cf_history_received(&history, op, buffer);
    return history.violation.rule ? history.violation.clause : "";
}

static void c10_rejects_writes_into_buffers_without_a_message(void **state)
{
    (void)state;
    assert_string_equal(clause_after_write(URIPC_BUFFER_TOO_SMALL, 0, BUFFER), "RCV-5");
    assert_string_equal(clause_after_write(URIPC_BUFFER_TOO_SMALL, 0, 1), "RCV-7");
    assert_string_equal(clause_after_write(URIPC_ABORTED, 0, 0), "CMP-8");
    assert_string_equal(clause_after_write(URIPC_TIMEOUT, 0, 0), "RCV-17");
    assert_string_equal(clause_after_write(URIPC_OK, URIPC_DISCARD, 0), "RCV-8");
}

static void a_message_larger_than_its_buffer_is_not_read(void **state)
{
    unsigned char buffer[BUFFER] = {0};
    (void)state;
    uint32_t op = start(0, URIPC_CALL_RECEIVE, 1);
    struct uripc_completion completion = completion_of(op, URIPC_OK);
    completion.source_units = UINT32_MAX;
    completion.target_units = UINT32_MAX;
    completion.data_bytes = UINT32_MAX;
    complete(op, &completion);
    cf_history_received(&history, op, buffer);
    assert_non_null(history.violation.rule);
    assert_false(history.ops[op].has_message);
}

static void sixteen_bit_units_are_read_as_such(void **state)
{
    unsigned char buffer[BUFFER];
    const struct uripc_message header = {1, 2, 1, 0};
    const uint16_t wide[3] = {'a', 'b', 'c'};
    struct cf_message message;
    (void)state;
    uint32_t op = start(0, URIPC_CALL_RECEIVE, 1);
    history.ops[op].flags = URIPC_UTF16;
    struct uripc_completion completion = completion_of(op, URIPC_OK);
    completion.source_units = 1;
    completion.target_units = 2;
    completion.data_bytes = 1;
    completion.bytes = 25;
    complete(op, &completion);
    memset(buffer, CF_FRESH, sizeof(buffer));
    memset(buffer, 0, 24);
    memcpy(buffer, &header, sizeof(header));
    memcpy(buffer + 16, wide, sizeof(wide));
    buffer[24] = 'x';
    cf_history_received(&history, op, buffer);
    assert_null(history.violation.rule);
    assert_true(cf_history_message(&history, op, &message));
    assert_memory_equal(message.source.at, "abcx", 4);
}

static void what_was_in_flight_dies_with_its_process(void **state)
{
    (void)state;
    uint32_t op = start(0, URIPC_CALL_RECEIVE, 1);
    cf_history_died(&history, 0);
    assert_int_equal(history.ops[op].state, CF_OP_LOST);
    const struct uripc_completion completion = completion_of(op, URIPC_TIMEOUT);
    complete(op, &completion);
    assert_broken("C9", "LIF-18");
}

/* Calls of layers: the same rules, other clauses. */

/* A call on handle 5 that completes so, with this handle. */
static uint32_t layer_call(enum uripc_call call, enum uripc_status status, uint64_t handle)
{
    uint32_t op = start(0, call, 5);
    struct uripc_completion completion = completion_of(op, status);
    completion.incarnation = source;
    completion.handle.id = handle;
    complete(op, &completion);
    return op;
}

static void c9_holds_for_calls_of_layers(void **state)
{
    (void)state;
    uint32_t op = layer_call(URIPC_CALL_CONNECT, URIPC_OK, 9);
    layer_call(URIPC_CALL_SESSION_SEND, URIPC_UNRESPONSIVE, 5);
    layer_call(URIPC_CALL_ACCEPT, URIPC_TIMEOUT, 5);
    assert_fine();
    const struct uripc_completion again = completion_of(op, URIPC_OK);
    complete(op, &again);
    assert_broken("C9", "LAY-1");
}

static void c9_rejects_what_calls_of_layers_may_not_say(void **state)
{
    (void)state;
    layer_call(URIPC_CALL_ACCEPT, URIPC_BUSY, 5);
    assert_broken("C9", "LAY-1");
}

static void c9_rejects_a_handle_of_a_layer_that_is_a_registrations(void **state)
{
    (void)state;
    layer_call(URIPC_CALL_REGISTER, URIPC_OK, 9);
    layer_call(URIPC_CALL_CONNECT, URIPC_OK, 9);
    assert_broken("C9", "LAY-8");
}

static void c9_rejects_a_session_closed_before_its_pending_calls(void **state)
{
    (void)state;
    start(0, URIPC_CALL_SESSION_RECEIVE, 5);
    layer_call(URIPC_CALL_SESSION_CLOSE, URIPC_OK, 5);
    assert_broken("C9", "SES-10");
}

static void say_indefinite(enum uripc_call call, enum uripc_status status)
{
    uint32_t op = start(0, call, 5);
    struct uripc_completion completion = completion_of(op, status);
    completion.certainty = URIPC_INDEFINITE;
    complete(op, &completion);
}

static void c9_knows_which_calls_may_be_indefinite(void **state)
{
    (void)state;
    say_indefinite(URIPC_CALL_REQUEST, URIPC_ABORTED);
    say_indefinite(URIPC_CALL_SERVE, URIPC_OK);
    assert_fine();
    say_indefinite(URIPC_CALL_SERVE, URIPC_TIMEOUT);
    assert_fine();
    say_indefinite(URIPC_CALL_SEND, URIPC_ABORTED);
    assert_broken("C9", "CMP-6");
}

static void c9_rejects_what_requests_may_not_say(void **state)
{
    (void)state;
    layer_call(URIPC_CALL_REPLY, URIPC_OK, 7); /* of whatever registration */
    assert_fine();
    layer_call(URIPC_CALL_REQUEST, URIPC_BUSY, 5);
    assert_broken("C9", "LAY-1");
}

/* A read into four bytes that says this and wrote that. */
static void read_of(enum uripc_status status, uint32_t bytes, uint32_t left, const char *wrote)
{
    unsigned char buffer[4];
    uint32_t op = start(0, URIPC_CALL_SESSION_RECEIVE, 5);
    history.ops[op].buffer_size = sizeof(buffer);
    struct uripc_completion completion = completion_of(op, status);
    completion.bytes = bytes;
    completion.data_bytes = left;
    complete(op, &completion);
    memset(buffer, CF_FRESH, sizeof(buffer));
    memcpy(buffer, wrote, strlen(wrote));
    cf_history_received(&history, op, buffer);
}

static void a_read_is_kept_without_uris(void **state)
{
    struct cf_message message;
    (void)state;
    read_of(URIPC_MORE, 2, 3, "ab");
    assert_fine();
    assert_true(cf_history_message(&history, history.count - 1, &message));
    assert_int_equal(message.data_bytes, 2);
    assert_memory_equal(message.data, "ab", 2);
    assert_int_equal(message.source.length, 0);
}

static void c10_rejects_reads_that_write_or_tell_too_much(void **state)
{
    static const struct {
        enum uripc_status status;
        uint32_t bytes, left;
        const char *wrote;
    } wrong[] = {{URIPC_OK, 2, 0, "abc"},
                 {URIPC_TIMEOUT, 0, 0, "a"},
                 {URIPC_OK, 5, 0, "abcd"},
                 {URIPC_DISCONNECTED, 1, 0, ""},
                 {URIPC_OK, 2, 3, "ab"}};
    (void)state;
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        cf_history_begin(&history, 2);
        read_of(wrong[i].status, wrong[i].bytes, wrong[i].left, wrong[i].wrote);
        assert_non_null(history.violation.rule);
        assert_string_equal(history.violation.clause, "SES-4");
    }
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(an_exchange_breaks_no_rule),
        TEST(c1_rejects_what_nobody_sent),
        TEST(c1_rejects_what_was_changed),
        TEST(c1_finds_a_send_that_never_told_its_id),
        TEST(c3_rejects_a_second_reception),
        TEST(c3_lets_every_member_of_a_group_have_its_copy),
        TEST(c3_counts_transports_and_leaves_asked_for_duplicates_alone),
        TEST(c4_rejects_the_delivery_of_what_failed_for_certain),
        TEST(c4_lets_the_uncertain_be_delivered),
        TEST(of_two_alike_the_one_that_may_have_arrived_is_received),
        TEST(of_two_alike_that_are_received_one_failed_for_certain),
        TEST(c9_rejects_a_second_completion),
        TEST(c9_rejects_the_completion_of_a_refused_call),
        TEST(c9_rejects_the_completion_of_no_call),
        TEST(c9_rejects_another_call_or_handle),
        TEST(c9_rejects_statuses_and_certainties_that_are_not_allowed),
        TEST(c9_rejects_bytes_that_were_not_sent),
        TEST(c9_rejects_a_close_before_its_pending_calls),
        TEST(c9_rejects_handles_and_incarnations_given_twice),
        TEST(c10_checks_every_part_of_a_received_message),
        TEST(c10_rejects_writes_into_buffers_without_a_message),
        TEST(a_message_larger_than_its_buffer_is_not_read),
        TEST(sixteen_bit_units_are_read_as_such),
        TEST(what_was_in_flight_dies_with_its_process),
        TEST(c9_holds_for_calls_of_layers),
        TEST(c9_rejects_what_calls_of_layers_may_not_say),
        TEST(c9_rejects_a_handle_of_a_layer_that_is_a_registrations),
        TEST(c9_rejects_a_session_closed_before_its_pending_calls),
        TEST(c9_knows_which_calls_may_be_indefinite),
        TEST(c9_rejects_what_requests_may_not_say),
        TEST(a_read_is_kept_without_uris),
        TEST(c10_rejects_reads_that_write_or_tell_too_much),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
