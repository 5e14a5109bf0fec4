/* SPDX-License-Identifier: MIT */
/* Requests over a session, and surveys of a group, between processes of the reference in the
 * simulator. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "fake_requests.h"
#include "reference/request_state.h"

enum { LISTEN = 20, ACCEPT, CONNECT, CALL };

static struct uripc_handle ends[PEERS];
static void begin(uint64_t seed, const struct sim_link_faults *link)
{
    const struct layers_setup setup = {.seed = seed, .link = link};
    struct uripc_completion done;
    begin_world(&setup);
    sim_enter(world, SERVER);
    assert_int_equal(uripc_listen(layers[SERVER], text("ipc:/door"), NULL, LISTEN), URIPC_PENDING);
    done = await(SERVER);
    assert_int_equal(uripc_accept(layers[SERVER], done.handle, NULL, ACCEPT), URIPC_PENDING);
    sim_enter(world, CLIENT);
    assert_int_equal(uripc_connect(layers[CLIENT], text("ipc:/door"), NULL, CONNECT),
                     URIPC_PENDING);
    ends[CLIENT] = await(CLIENT).handle;
    ends[SERVER] = await(SERVER).handle;
}

static void ask_from(uint32_t peer, const char *data, uint64_t deadline, uint64_t overlapped)
{
    const struct uripc_request_options options = {
        .size = sizeof options, .deadline = deadline, .session = ends[peer]};
    sim_enter(world, peer);
    assert_int_equal(uripc_request(layers[peer], text("ipc:/door/room"), data,
                                   (uint32_t)strlen(data), buffer_of(peer, 1024), &options,
                                   overlapped),
                     URIPC_PENDING);
}

static void call(uint32_t peer,
                 enum uripc_status (*function)(struct uripc_layers *layers,
                                               struct uripc_handle session, uint64_t overlapped))
{
    sim_enter(world, peer);
    assert_int_equal(function(layers[peer], ends[peer], CALL), URIPC_PENDING);
}

/* REQ-22: in both directions, in any order, beside messages. */
static void a_session_carries_requests_beside_messages(void **state)
{
    (void)state;
    begin(1, NULL);
    ask_from(CLIENT, "one", 0, ASK);
    ask_from(CLIENT, "two", 0, ASK + 1);
    sim_enter(world, CLIENT);
    assert_int_equal(uripc_session_send(layers[CLIENT], ends[CLIENT], "note", 4, NULL, CALL),
                     URIPC_PENDING);
    (void)expect_done(CLIENT, CALL, URIPC_OK, URIPC_DEFINITE);
    ask_from(SERVER, "and you?", 0, ASK);
    serve_at(CLIENT, ends[CLIENT], 0, SERVE);
    reply_as(CLIENT, expect_served(CLIENT, "and you?", URIPC_DEFINITE), "fine", REPLY);
    expect_message(CLIENT, "ipc:/layers-abcd000000000000/1", "ipc:/door/room", "and you?");
    (void)expect_done(CLIENT, REPLY, URIPC_OK, URIPC_DEFINITE);
    (void)expect_done(SERVER, ASK, URIPC_OK, URIPC_DEFINITE);
    expect_message(SERVER, "ipc:/door/room", "ipc:/layers-abcd000000000000/1", "fine");
    serve_at(SERVER, ends[SERVER], 0, SERVE);
    uint64_t one = expect_served(SERVER, "one", URIPC_DEFINITE);
    expect_message(SERVER, "ipc:/layers-abcd000000000001/1", "ipc:/door/room", "one");
    serve_at(SERVER, ends[SERVER], 0, SERVE);
    uint64_t two = expect_served(SERVER, "two", URIPC_DEFINITE);
    reply_as(SERVER, two, "2", REPLY);
    (void)expect_done(SERVER, REPLY, URIPC_OK, URIPC_DEFINITE);
    (void)expect_done(CLIENT, ASK + 1, URIPC_OK, URIPC_DEFINITE);
    expect_message(CLIENT, "ipc:/door/room", "ipc:/layers-abcd000000000001/2", "2");
    reply_as(SERVER, one, "1", REPLY);
    (void)expect_done(CLIENT, ASK, URIPC_OK, URIPC_DEFINITE);
    (void)expect_done(SERVER, REPLY, URIPC_OK, URIPC_DEFINITE);
    sim_enter(world, SERVER);
    assert_int_equal(
        uripc_session_receive(layers[SERVER], ends[SERVER], buffer_of(SERVER, 1024), NULL, CALL),
        URIPC_PENDING);
    assert_int_equal(expect_done(SERVER, CALL, URIPC_OK, URIPC_DEFINITE).bytes, 4);
    assert_memory_equal(buffers[SERVER], "note", 4);
    end_world();
}

/* REQ-22, with SES-1: over links that lose, repeat and let overtake, each is served once; and
 * LAY-3. */
static void each_is_served_once_over_bad_links(void **state)
{
    (void)state;
    static const struct sim_link_faults bad = {.delay_min = 1000,
                                               .delay_max = 5000000,
                                               .loss_num = 3,
                                               .loss_den = 10,
                                               .duplicate_num = 2,
                                               .duplicate_den = 10,
                                               .reorder = true};
    for (uint64_t seed = 1; seed <= 100; seed++) {
        uint64_t first = 0;
        for (uint32_t round = 0; round < 2; round++) {
            moving = round != 0;
            begin(seed, NULL);
            sim_link_all(world, &bad);
            for (char i = 'a'; i <= 'h'; i++) {
                const char data[] = {i, 0};
                ask_from(CLIENT, data, 0, ASK);
                serve_at(SERVER, ends[SERVER], 0, SERVE);
                reply_as(SERVER, expect_served(SERVER, data, URIPC_DEFINITE), data, REPLY);
                (void)expect_done(SERVER, REPLY, URIPC_OK, URIPC_DEFINITE);
                assert_int_equal(expect_done(CLIENT, ASK, URIPC_OK, URIPC_DEFINITE).data_bytes, 1);
            }
            first = round == 0 ? sim_fingerprint(world) : first;
            assert_true(sim_fingerprint(world) == first);
            end_world();
        }
    }
    moving = false;
}

/* REQ-23: how the end comes, and what a request that has been sent is told. */
static void the_end_of_a_session_ends_its_requests(void **state)
{
    (void)state;
    static const struct {
        uint32_t by;
        enum uripc_status (*call)(struct uripc_layers *layers, struct uripc_handle session,
                                  uint64_t overlapped);
        enum uripc_status told;
    } ways[] = {{SERVER, uripc_session_close, URIPC_DISCONNECTED},
                {SERVER, uripc_session_disconnect, URIPC_DISCONNECTED},
                {SERVER, uripc_session_shutdown, URIPC_DISCONNECTED},
                {CLIENT, uripc_session_close, URIPC_CLOSED},
                {CLIENT, uripc_session_disconnect, URIPC_CLOSED}};
    for (size_t i = 0; i < sizeof ways / sizeof *ways; i++) {
        begin(2, NULL);
        ask_from(CLIENT, "one", 0, ASK);
        serve_at(SERVER, ends[SERVER], 0, SERVE);
        uint64_t id = expect_served(SERVER, "one", URIPC_DEFINITE);
        call(ways[i].by, ways[i].call);
        (void)expect_done(CLIENT, ASK, ways[i].told, URIPC_INDEFINITE);
        pass(SECOND);
        sim_enter(world, SERVER);
        if (ways[i].call != uripc_session_shutdown) {
            assert_int_equal(uripc_reply(layers[SERVER], id, "x", 1, REPLY), URIPC_NOT_FOUND);
        } else {
            (void)expect_done(SERVER, CALL, URIPC_OK, URIPC_DEFINITE);
            reply_as(SERVER, id, "x", REPLY);
            (void)expect_done(SERVER, REPLY, URIPC_CLOSED, URIPC_DEFINITE);
        }
        end_world();
    }
}

/* REQ-23: at once, and replies that arrived before count. */
static void the_death_of_the_server_is_told_after_its_replies(void **state)
{
    (void)state;
    begin(3, NULL);
    ask_from(CLIENT, "one", 0, ASK);
    ask_from(CLIENT, "two", 0, ASK + 1);
    serve_at(SERVER, ends[SERVER], 0, SERVE);
    reply_as(SERVER, expect_served(SERVER, "one", URIPC_DEFINITE), "1", REPLY);
    turn(SERVER);
    sim_crash(world, SERVER);
    (void)expect_done(CLIENT, ASK, URIPC_OK, URIPC_DEFINITE);
    uint64_t before = sim_now(world);
    sim_enter(world, CLIENT); /* this is how it is noticed */
    assert_int_equal(uripc_session_send(layers[CLIENT], ends[CLIENT], "?", 1, NULL, CALL),
                     URIPC_PENDING);
    (void)expect_done(CLIENT, CALL, URIPC_OK, URIPC_DEFINITE);
    (void)expect_done(CLIENT, ASK + 1, URIPC_PEER_GONE, URIPC_INDEFINITE);
    assert_true(sim_now(world) - before < SECOND);
    end_world();
}

/* REQ-23, REQ-8: what never left is definite. */
static void a_request_that_waits_for_the_window_was_not_served(void **state)
{
    (void)state;
    char large[257] = {0};
    memset(large, 'a', 256);
    begin(4, NULL);
    sim_enter(world, CLIENT); /* nobody reads */
    assert_int_equal(uripc_session_send(layers[CLIENT], ends[CLIENT], large, 256, NULL, CALL),
                     URIPC_PENDING);
    (void)expect_done(CLIENT, CALL, URIPC_OK, URIPC_DEFINITE);
    ask_from(CLIENT, large, 0, ASK); /* with the target and 16 bytes more than is taken */
    (void)expect_done(CLIENT, ASK, URIPC_TOO_BIG, URIPC_DEFINITE);
    large[220] = 0;
    ask_from(CLIENT, large, SECOND, ASK);
    (void)expect_done(CLIENT, ASK, URIPC_TIMEOUT, URIPC_DEFINITE);
    ask_from(CLIENT, large, 0, ASK);
    assert_int_equal(uripc_layers_cancel(layers[CLIENT], ASK), URIPC_OK);
    (void)expect_done(CLIENT, ASK, URIPC_ABORTED, URIPC_DEFINITE);
    ask_from(CLIENT, large, 0, ASK);
    call(CLIENT, uripc_session_shutdown);
    (void)expect_done(CLIENT, ASK, URIPC_CLOSED, URIPC_DEFINITE);
    (void)expect_done(CLIENT, CALL, URIPC_OK, URIPC_DEFINITE);
    ask_from(CLIENT, "after", 0, ASK);
    (void)expect_done(CLIENT, ASK, URIPC_CLOSED, URIPC_DEFINITE);
    end_world();
}

/* REQ-24 */
static void a_serve_is_told_the_end_after_what_came_before(void **state)
{
    (void)state;
    begin(5, NULL);
    ask_from(CLIENT, "one", 0, ASK);
    call(CLIENT, uripc_session_shutdown);
    (void)expect_done(CLIENT, CALL, URIPC_OK, URIPC_DEFINITE);
    pass(SECOND);
    serve_at(SERVER, ends[SERVER], 0, SERVE);
    uint64_t id = expect_served(SERVER, "one", URIPC_DEFINITE);
    serve_at(SERVER, ends[SERVER], 0, SERVE);
    (void)expect_done(SERVER, SERVE, URIPC_DISCONNECTED, URIPC_DEFINITE);
    reply_as(SERVER, id, "1", REPLY); /* the other half is open */
    (void)expect_done(CLIENT, ASK, URIPC_OK, URIPC_DEFINITE);
    (void)expect_done(SERVER, REPLY, URIPC_OK, URIPC_DEFINITE);
    end_world();
    begin(6, NULL);
    serve_at(SERVER, ends[SERVER], 0, SERVE);
    call(CLIENT, uripc_session_close);
    (void)expect_done(SERVER, SERVE, URIPC_DISCONNECTED, URIPC_DEFINITE);
    end_world();
    begin(6, NULL);
    serve_at(SERVER, ends[SERVER], 0, SERVE);
    call(SERVER, uripc_session_close);
    (void)expect_done(SERVER, SERVE, URIPC_CLOSED, URIPC_DEFINITE);
    end_world();
}

/* REQ-25 */
static void a_peer_without_a_place_says_full(void **state)
{
    (void)state;
    const uint32_t limit = uripc_layer_limits_tiny.requests;
    begin(7, NULL);
    for (uint32_t i = 0; i < limit; i++) {
        ask_from(CLIENT, "taken", SECOND, ASK);
        serve_at(SERVER, ends[SERVER], 0, SERVE);
        (void)expect_served(SERVER, "taken", URIPC_DEFINITE);
        (void)expect_done(CLIENT, ASK, URIPC_TIMEOUT, URIPC_INDEFINITE);
    }
    ask_from(CLIENT, "one more", 0, ASK);
    (void)expect_done(CLIENT, ASK, URIPC_FULL, URIPC_DEFINITE);
    sim_enter(world, CLIENT);
    assert_int_equal(uripc_session_send(layers[CLIENT], ends[CLIENT], "note", 4, NULL, CALL),
                     URIPC_PENDING);
    (void)expect_done(CLIENT, CALL, URIPC_OK, URIPC_DEFINITE);
    assert_int_equal(
        uripc_session_receive(layers[SERVER], ends[SERVER], buffer_of(SERVER, 1024), NULL, CALL),
        URIPC_PENDING);
    (void)expect_done(SERVER, CALL, URIPC_OK, URIPC_DEFINITE);
    end_world();
}

/* REQ-9 */
static void a_late_reply_in_a_session_is_counted(void **state)
{
    (void)state;
    begin(8, NULL);
    ask_from(CLIENT, "one", SECOND, ASK);
    serve_at(SERVER, ends[SERVER], 0, SERVE);
    uint64_t id = expect_served(SERVER, "one", URIPC_DEFINITE);
    (void)expect_done(CLIENT, ASK, URIPC_TIMEOUT, URIPC_INDEFINITE);
    reply_as(SERVER, id, "1", REPLY);
    pass(SECOND);
    assert_int_equal(counters(CLIENT).late_replies, 1);
    assert_int_equal(counters(CLIENT).strays, 0);
    end_world();
}

/* What a session does not take. */
static void wrong_options_are_refused(void **state)
{
    (void)state;
    struct uripc_request_options options = {
        .size = sizeof options, .retry = 1, .retries = 1, .session = {1}};
    begin(9, NULL);
    options.session = ends[CLIENT];
    sim_enter(world, CLIENT);
    assert_int_equal(uripc_request(layers[CLIENT], text("ipc:/door"), NULL, 0,
                                   buffer_of(CLIENT, 1024), &options, ASK),
                     URIPC_INVALID_ARGUMENT);
    options = (struct uripc_request_options){.size = sizeof options, .session = {12345}};
    assert_int_equal(uripc_request(layers[CLIENT], text("ipc:/door"), NULL, 0,
                                   buffer_of(CLIENT, 1024), &options, ASK),
                     URIPC_INVALID_HANDLE);
    assert_int_equal(
        uripc_request(layers[CLIENT], text("no name"), NULL, 0, buffer_of(CLIENT, 1024), NULL, ASK),
        URIPC_INVALID_NAME);
    end_world();
}

/* Surveys. */

static const struct uripc_register_options group = {.size = sizeof group, .kind = URIPC_GROUP};
static struct uripc_handle members[PEERS];

static struct uripc_handle survey(const char *data, uint64_t duration)
{
    sim_enter(world, CLIENT);
    assert_int_equal(
        uripc_survey(layers[CLIENT], text("ipc:/all"), data, (uint32_t)strlen(data), duration, ASK),
        URIPC_PENDING);
    return expect_done(CLIENT, ASK, URIPC_OK, URIPC_DEFINITE).handle;
}

static void begin_group(uint64_t seed)
{
    const struct layers_setup setup = {.seed = seed};
    begin_world(&setup);
    members[SERVER] = register_as(SERVER, "ipc:/all", &group, LISTEN);
    members[OTHER] = register_as(OTHER, "ipc:/all", &group, LISTEN);
}

static void answer(uint32_t peer, const char *data)
{
    serve_at(peer, members[peer], 0, SERVE);
    reply_as(peer, expect_served(peer, "who?", URIPC_DEFINITE), data, REPLY);
    (void)expect_done(peer, REPLY, URIPC_OK, URIPC_DEFINITE);
}

static void receive(struct uripc_handle handle)
{
    sim_enter(world, CLIENT);
    assert_int_equal(uripc_survey_receive(layers[CLIENT], handle, buffer_of(CLIENT, 1024), CALL),
                     URIPC_PENDING);
}

/* REQ-26, REQ-27, REQ-28 */
static void a_survey_gets_one_reply_of_each_member(void **state)
{
    (void)state;
    unsigned char again[URIPC__RECORD_HEAD + URIPC__REQ_BODY] = {0};
    begin_group(20);
    uint64_t began = sim_now(world);
    const struct uripc_handle handle = survey("who?", 10 * SECOND);
    answer(OTHER, "me");
    receive(handle);
    struct uripc_completion done = expect_done(CLIENT, CALL, URIPC_OK, URIPC_DEFINITE);
    expect_message(CLIENT, "ipc:/all", "ipc:/layers-abcd000000000001/1", "me");
    const struct uripc_incarnation first = done.incarnation;
    uripc__layers_head(again, URIPC__REQ_REPLY);
    sim_enter(world, OTHER);
    assert_int_equal(uripc_send(sim_node(world, OTHER), members[OTHER], NULL,
                                text("ipc:/layers-abcd000000000001/1"), again, sizeof again, NULL,
                                90),
                     URIPC_PENDING);
    receive(handle);
    answer(SERVER, "I");
    done = expect_done(CLIENT, CALL, URIPC_OK, URIPC_DEFINITE);
    expect_message(CLIENT, "ipc:/all", "ipc:/layers-abcd000000000001/1", "I");
    assert_false(uripc__req_same(done.incarnation, first));
    receive(handle);
    done = expect_done(CLIENT, CALL, URIPC_TIMEOUT, URIPC_DEFINITE);
    assert_int_equal(done.bytes, 2);
    assert_in_range(sim_now(world) - began, 10 * SECOND, 10 * SECOND);
    assert_int_equal(uripc_survey_receive(layers[CLIENT], handle, buffer_of(CLIENT, 1024), CALL),
                     URIPC_INVALID_HANDLE);
    assert_int_equal(counters(CLIENT).late_replies, 1);
    assert_int_equal(counters(CLIENT).strays, 0);
    end_world();
}

/* REQ-27: what comes after the end is late; REQ-28: what came before is read first. */
static void replies_after_the_end_of_a_survey_are_late(void **state)
{
    (void)state;
    begin_group(21);
    const struct uripc_handle handle = survey("who?", SECOND);
    answer(SERVER, "in time");
    pass(2 * SECOND);
    answer(OTHER, "late");
    pass(SECOND);
    sim_enter(world, CLIENT);
    assert_int_equal(uripc_survey_receive(layers[CLIENT], handle, buffer_of(CLIENT, 20), CALL),
                     URIPC_PENDING);
    assert_int_equal(expect_done(CLIENT, CALL, URIPC_BUFFER_TOO_SMALL, URIPC_DEFINITE).data_bytes,
                     7);
    receive(handle);
    (void)expect_done(CLIENT, CALL, URIPC_OK, URIPC_DEFINITE);
    expect_message(CLIENT, "ipc:/all", "ipc:/layers-abcd000000000001/1", "in time");
    receive(handle);
    assert_int_equal(expect_done(CLIENT, CALL, URIPC_TIMEOUT, URIPC_DEFINITE).bytes, 1);
    assert_int_equal(counters(CLIENT).late_replies, 1);
    end_world();
}

/* REQ-26, and ends before the end. */
static void a_survey_needs_a_duration_and_can_be_closed(void **state)
{
    (void)state;
    begin_group(22);
    sim_enter(world, CLIENT);
    assert_int_equal(uripc_survey(layers[CLIENT], text("ipc:/all"), "who?", 4, 0, ASK),
                     URIPC_INVALID_ARGUMENT);
    for (uint32_t i = 0; i < 5; i++) { /* more than there are places: each is given back */
        const struct uripc_handle handle = survey("who?", 100 * SECOND);
        receive(handle);
        if (i == 1) {
            assert_int_equal(uripc_layers_cancel(layers[CLIENT], CALL), URIPC_OK);
            (void)expect_done(CLIENT, CALL, URIPC_ABORTED, URIPC_DEFINITE);
            receive(handle);
        }
        assert_int_equal(uripc_survey_close(layers[CLIENT], handle, ASK), URIPC_PENDING);
        (void)expect_done(CLIENT, CALL, URIPC_CLOSED, URIPC_DEFINITE);
        (void)expect_done(CLIENT, ASK, URIPC_OK, URIPC_DEFINITE);
        assert_int_equal(uripc_survey_close(layers[CLIENT], handle, ASK), URIPC_INVALID_HANDLE);
    }
    sim_enter(world, CLIENT);
    assert_int_equal(uripc_survey(layers[CLIENT], text("ipc:/none"), "who?", 4, SECOND, ASK),
                     URIPC_PENDING);
    (void)expect_done(CLIENT, ASK, URIPC_NO_RECEIVER, URIPC_DEFINITE);
    end_world();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_session_carries_requests_beside_messages),
        cmocka_unit_test(each_is_served_once_over_bad_links),
        cmocka_unit_test(the_end_of_a_session_ends_its_requests),
        cmocka_unit_test(the_death_of_the_server_is_told_after_its_replies),
        cmocka_unit_test(a_request_that_waits_for_the_window_was_not_served),
        cmocka_unit_test(a_serve_is_told_the_end_after_what_came_before),
        cmocka_unit_test(a_peer_without_a_place_says_full),
        cmocka_unit_test(a_late_reply_in_a_session_is_counted),
        cmocka_unit_test(wrong_options_are_refused),
        cmocka_unit_test(a_survey_gets_one_reply_of_each_member),
        cmocka_unit_test(replies_after_the_end_of_a_survey_are_late),
        cmocka_unit_test(a_survey_needs_a_duration_and_can_be_closed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
