/* SPDX-License-Identifier: MIT */
/* Requests over the three calls, in the simulator: what the requester is told, and when. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "fake_requests.h"
#include "reference/request_state.h"

/* The note. */

/* REQ-1, REQ-12, REQ-13: the ten steps, and what they cost. */
static void the_ten_steps_of_the_note(void **state)
{
    (void)state;
    begin_door(1);
    ask("question", NULL, ASK);
    serve(0);
    uint64_t id = served("question");
    expect_message(SERVER, "ipc:/layers-abcd000000000001/1", "ipc:/door/room?x", "question");
    reply(id, "answer");
    expect(SERVER, REPLY, URIPC_OK);
    expect_reply(ASK, "answer");
    expect_message(CLIENT, "ipc:/door/room?x", "ipc:/layers-abcd000000000001/1", "answer");
    assert_int_equal(counters(CLIENT).sent, 1);
    assert_int_equal(counters(SERVER).sent, 1);
    ask("", NULL, ASK);
    serve(0);
    id = served("");
    expect_message(SERVER, "ipc:/layers-abcd000000000001/2", "ipc:/door/room?x", "");
    reply(id, "");
    expect_reply(ASK, "");
    pass(60 * SECOND);
    assert_int_equal(counters(CLIENT).sent, 2);
    assert_int_equal(counters(SERVER).sent, 2);
    end_world();
}

/* REQ-4 */
static void replies_are_paired_by_suffix_in_any_order(void **state)
{
    (void)state;
    begin_door(2);
    ask("one", NULL, ASK);
    ask("two", NULL, ASK + 1);
    serve(0);
    uint64_t one = served("one");
    serve(0);
    uint64_t two = served("two");
    reply(two, "2");
    expect_reply(ASK + 1, "2");
    expect(SERVER, REPLY, URIPC_OK);
    reply(one, "1");
    expect_reply(ASK, "1");
    end_world();
}

/* REQ-17 */
static void a_request_is_answered_once(void **state)
{
    (void)state;
    begin_door(3);
    ask("one", NULL, ASK);
    serve(0);
    uint64_t id = served("one");
    sim_enter(world, SERVER);
    assert_int_equal(uripc_reply(layers[SERVER], id + 1, "x", 1, REPLY), URIPC_NOT_FOUND);
    assert_int_equal(uripc_reply(layers[SERVER], 0, "x", 1, REPLY), URIPC_NOT_FOUND);
    assert_int_equal(uripc_reply(layers[SERVER], id, NULL, 1, REPLY), URIPC_INVALID_ARGUMENT);
    reply(id, "1");
    assert_int_equal(uripc_reply(layers[SERVER], id, "x", 1, REPLY + 1), URIPC_NOT_FOUND);
    expect_reply(ASK, "1");
    end_world();
}

/* Time and tries. */

/* REQ-6, REQ-8: 1 s, 2 s, 4 s. */
static void a_request_is_tried_again_until_its_last_wait_has_passed(void **state)
{
    (void)state;
    begin_door(4);
    uint64_t began = sim_now(world);
    ask("lost", &three_tries, ASK);
    (void)expect_done(CLIENT, ASK, URIPC_TIMEOUT, URIPC_INDEFINITE);
    /* The first try is made when the name to send from is there. */
    assert_in_range(sim_now(world) - began, 7 * SECOND, 7 * SECOND + SECOND / 1000);
    assert_int_equal(counters(CLIENT).sent, 3);
    assert_int_equal(counters(CLIENT).resent, 2);
    began = sim_now(world);
    const struct uripc_request_options even = {.size = sizeof even, .retry = SECOND, .retries = 2};
    ask("lost", &even, ASK);
    (void)expect_done(CLIENT, ASK, URIPC_TIMEOUT, URIPC_INDEFINITE);
    assert_int_equal(sim_now(world) - began, 3 * SECOND);
    end_world();
}

/* REQ-6: the deadline is one for all tries, and at it nothing is sent any more. */
static void the_deadline_ends_all_tries(void **state)
{
    (void)state;
    const struct uripc_request_options options = {
        .size = sizeof options, .deadline = 2 * SECOND, .retry = SECOND, .retries = 100};
    begin_door(5);
    ask("warm", &options, ASK);
    (void)expect_done(CLIENT, ASK, URIPC_TIMEOUT, URIPC_INDEFINITE);
    uint64_t before = counters(CLIENT).sent;
    uint64_t began = sim_now(world);
    ask("lost", &options, ASK);
    (void)expect_done(CLIENT, ASK, URIPC_TIMEOUT, URIPC_INDEFINITE);
    assert_int_equal(sim_now(world) - began, 2 * SECOND);
    pass(10 * SECOND);
    assert_int_equal(counters(CLIENT).sent - before, 2); /* at 0 s and 1 s */
    end_world();
}

/* REQ-6: a reply that arrives at the deadline counts, one that comes a nanosecond later does not,
 * and REQ-9: it is counted and disturbs nobody. */
static void a_reply_at_the_deadline_counts_and_a_later_one_is_late(void **state)
{
    (void)state;
    for (uint64_t early = 0; early <= 1; early++) {
        begin_door(6);
        ask("warm", NULL, ASK);
        serve(0);
        reply(served("warm"), "warm");
        expect_reply(ASK, "warm");
        expect(SERVER, REPLY, URIPC_OK);
        /* 10 us there and, at once, 10 us back. */
        const struct uripc_request_options options = {.size = sizeof options,
                                                      .deadline = 20000 - early};
        serve(0);
        ask("one", &options, ASK);
        uint64_t began = sim_now(world);
        reply(served("one"), "1");
        turn(SERVER);
        (void)sim_advance(world, began + 20000 - early); /* all of that instant, then the layers */
        if (early == 0) {
            expect_reply(ASK, "1");
        } else {
            (void)expect_done(CLIENT, ASK, URIPC_TIMEOUT, URIPC_INDEFINITE);
            pass(SECOND);
        }
        assert_int_equal(counters(CLIENT).late_replies, early);
        expect(SERVER, REPLY, URIPC_OK);
        ask("two", NULL, ASK + 1);
        serve(0);
        reply(served("two"), "2");
        expect_reply(ASK + 1, "2");
        end_world();
    }
}

/* REQ-7, REQ-8 */
static void refusals_are_definite_until_a_try_gets_through(void **state)
{
    (void)state;
    const struct uripc_register_options small = {
        .size = sizeof small, .queue_messages = 1, .message_max = 20};
    begin_door(7);
    sim_enter(world, SERVER);
    assert_int_equal(uripc_close(sim_node(world, SERVER), door, SERVE), URIPC_PENDING);
    expect(SERVER, SERVE, URIPC_OK);
    uint64_t began = sim_now(world);
    ask("nobody", NULL, ASK);
    (void)expect_done(CLIENT, ASK, URIPC_NO_RECEIVER, URIPC_DEFINITE);
    assert_true(sim_now(world) - began < SECOND);
    began = sim_now(world);
    ask("nobody", &three_tries, ASK); /* after 1 s and 2 s more */
    (void)expect_done(CLIENT, ASK, URIPC_NO_RECEIVER, URIPC_DEFINITE);
    assert_in_range(sim_now(world) - began, 3 * SECOND, 3 * SECOND + SECOND / 1000);
    const struct uripc_request_options brief = {
        .size = sizeof brief, .deadline = 3 * SECOND / 2, .retry = SECOND, .retries = 9};
    ask("nobody", &brief, ASK);
    (void)expect_done(CLIENT, ASK, URIPC_TIMEOUT, URIPC_DEFINITE);
    ask("somebody", &three_tries, ASK);
    pass(SECOND / 2);
    door = register_as(SERVER, "ipc:/door", &small, SERVE);
    serve(0);
    reply(expect_served(SERVER, "somebody", URIPC_INDEFINITE), "me");
    expect_reply(ASK, "me");
    expect(SERVER, REPLY, URIPC_OK);
    ask("more than 20 with the head", &three_tries, ASK);
    (void)expect_done(CLIENT, ASK, URIPC_TOO_BIG, URIPC_DEFINITE);
    ask("fits", NULL, ASK);
    ask("full", NULL, ASK + 1);
    (void)expect_done(CLIENT, ASK + 1, URIPC_FULL, URIPC_DEFINITE);
    end_world();
}

/* REQ-8, REQ-10: who gives up after a try has got through does not know. */
static void a_cancelled_request_may_have_been_served(void **state)
{
    (void)state;
    begin_door(8);
    ask("one", NULL, ASK);
    assert_int_equal(uripc_layers_cancel(layers[CLIENT], ASK), URIPC_OK);
    (void)expect_done(CLIENT, ASK, URIPC_ABORTED, URIPC_DEFINITE); /* there was no name yet */
    pass(SECOND);
    ask("two", NULL, ASK);
    pass(SECOND);
    assert_int_equal(uripc_layers_cancel(layers[CLIENT], ASK), URIPC_OK);
    (void)expect_done(CLIENT, ASK, URIPC_ABORTED, URIPC_INDEFINITE);
    serve(0);
    reply(served("two"), "2");
    expect(SERVER, REPLY, URIPC_OK);
    ask("three", NULL, ASK);
    serve(0);
    reply(served("three"), "3");
    expect_reply(ASK, "3");
    assert_int_equal(counters(CLIENT).late_replies, 1);
    end_world();
}

/* REQ-11 */
static void a_reply_that_does_not_fit_tells_its_lengths(void **state)
{
    (void)state;
    begin_door(9);
    sim_enter(world, CLIENT);
    assert_int_equal(
        uripc_request(layers[CLIENT], text("ipc:/door"), "q", 1, buffer_of(CLIENT, 60), NULL, ASK),
        URIPC_PENDING);
    serve(0);
    reply(served("q"), "a long answer");
    const struct uripc_completion done = await(CLIENT);
    assert_int_equal(done.status, URIPC_BUFFER_TOO_SMALL);
    assert_int_equal(done.data_bytes, 13);
    assert_int_equal(done.source_units, 9);
    assert_int_equal(done.target_units, strlen("ipc:/layers-abcd000000000001/1"));
    assert_int_equal(done.bytes, 0);
    end_world();
}

/* Strangers. */

static void send_raw(uint32_t peer, struct uripc_handle from, const char *suffix,
                     const char *target, const void *bytes, uint32_t length)
{
    const struct uripc_text end = text(suffix != NULL ? suffix : "");
    sim_enter(world, peer);
    assert_int_equal(uripc_send(sim_node(world, peer), from, suffix != NULL ? &end : NULL,
                                text(target), bytes, length, NULL, 91),
                     URIPC_PENDING);
    assert_int_equal(await(peer).overlapped, 91);
}

/* REQ-5, REQ-9 */
static void a_reply_of_somebody_else_is_not_taken(void **state)
{
    (void)state;
    unsigned char record[URIPC__RECORD_HEAD + URIPC__REQ_BODY + 4] = {0};
    begin_door(23);
    const struct uripc_handle from = register_name(OTHER, "ipc:/doo", 90);
    ask("one", NULL, ASK);
    serve(0);
    uint64_t id = served("one");
    uripc__layers_head(record, URIPC__REQ_REPLY);
    memcpy(record + sizeof record - 4, "fake", 4);
    send_raw(OTHER, from, NULL, "ipc:/layers-abcd000000000001/1", record, sizeof record);
    pass(SECOND);
    assert_int_equal(counters(CLIENT).strays, 1);
    send_raw(OTHER, from, NULL, "ipc:/layers-abcd000000000001/2", record, sizeof record);
    send_raw(OTHER, from, NULL, "ipc:/layers-abcd000000000001/01", record, sizeof record);
    send_raw(OTHER, from, NULL, "ipc:/layers-abcd000000000001", record, sizeof record);
    pass(SECOND);
    assert_int_equal(counters(CLIENT).strays, 4); /* never asked, and no numbers */
    assert_int_equal(counters(CLIENT).late_replies, 0);
    reply(id, "true");
    expect_reply(ASK, "true");
    end_world();
}

/* LAY-9, with records that are nearly right. */
static void nonsense_disturbs_no_request(void **state)
{
    (void)state;
    static const char *const targets[] = {"ipc:/door/a", "ipc:/layers-abcd000000000001/1",
                                          "ipc:/layers-abcd000000000000/1"};
    begin_door(24);
    const struct uripc_handle from = register_name(OTHER, "ipc:/other", 90);
    uint64_t random = 12345;
    for (uint32_t i = 0; i < 1000; i++) {
        unsigned char record[64];
        for (size_t j = 0; j < sizeof record; j++) {
            random = random * 6364136223846793005u + 1442695040888963407u;
            record[j] = (unsigned char)(random >> 56 & random >> 48);
        }
        uripc__layers_head(record, (uint8_t)(URIPC__REQ_REQUEST + (random >> 40 & 3)));
        if (i % 5 == 0)
            memset(record + URIPC__RECORD_HEAD, 0, 8);
        send_raw(OTHER, from, i % 2 ? "no" : NULL, targets[i % 3], record,
                 (uint32_t)(random >> 33 & 63));
        serve(0);
        if (i == 500)
            ask("still here", NULL, ASK);
        struct uripc_completion done = {0};
        bool came = run(sim_now(world) + 1000000, SERVER, &done);
        if (i == 500) {
            assert_true(came);
            reply(done.message_id, "yes");
            expect_reply(ASK, "yes");
            expect(SERVER, REPLY, URIPC_OK);
        } else {
            assert_false(came);
            assert_int_equal(uripc_layers_cancel(layers[SERVER], SERVE), URIPC_OK);
            expect(SERVER, SERVE, URIPC_ABORTED);
        }
    }
    end_world();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_ten_steps_of_the_note),
        cmocka_unit_test(replies_are_paired_by_suffix_in_any_order),
        cmocka_unit_test(a_request_is_answered_once),
        cmocka_unit_test(a_request_is_tried_again_until_its_last_wait_has_passed),
        cmocka_unit_test(the_deadline_ends_all_tries),
        cmocka_unit_test(a_reply_at_the_deadline_counts_and_a_later_one_is_late),
        cmocka_unit_test(refusals_are_definite_until_a_try_gets_through),
        cmocka_unit_test(a_cancelled_request_may_have_been_served),
        cmocka_unit_test(a_reply_that_does_not_fit_tells_its_lengths),
        cmocka_unit_test(a_reply_of_somebody_else_is_not_taken),
        cmocka_unit_test(nonsense_disturbs_no_request),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
