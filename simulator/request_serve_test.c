/* SPDX-License-Identifier: MIT */
/* Requests over the three calls, in the simulator: who is served how often. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "fake_requests.h"
#include "reference/request_state.h"

/* Repetitions. */

/* A reply that is lost at a cut.  Nobody tells; its call goes on for a while. */
static void lose_reply(uint64_t id, const char *data)
{
    sim_cut(world, SERVER, CLIENT);
    reply_as(SERVER, id, data, LOST);
    pass(SECOND / 4);
    sim_heal(world, SERVER, CLIENT);
}

/* REQ-2, REQ-14, REQ-15 */
static void a_repetition_is_served_once_and_answered_again(void **state)
{
    (void)state;
    begin_door(10);
    serve(60 * SECOND);
    ask("one", &three_tries, ASK);
    uint64_t id = served("one");
    expect_message(SERVER, "ipc:/layers-abcd000000000001/1", NULL, "one");
    serve(60 * SECOND); /* and nothing comes of the second try, at 1 s */
    expect_quiet(SERVER, 3 * SECOND / 2);
    assert_int_equal(counters(SERVER).duplicates, 1);
    lose_reply(id, "lost");
    expect_reply(ASK, "lost"); /* to the third, at 3 s */
    assert_int_equal(counters(SERVER).duplicates, 2);
    assert_int_equal(counters(SERVER).resent, 1);
    end_world();
}

/* REQ-16: what is forgotten is served again, and says so. */
static void what_was_forgotten_is_served_again_and_says_so(void **state)
{
    (void)state;
    static const uint64_t kept[] = {0, SECOND / 2}; /* the next try comes later */
    for (size_t i = 0; i < 2; i++) {
        begin_door(11);
        serve(kept[i]);
        ask("one", &three_tries, ASK);
        uint64_t id = served("one");
        lose_reply(id, "lost");
        serve(0);
        reply(expect_served(SERVER, "one", URIPC_INDEFINITE), "again");
        expect_reply(ASK, "again");
        end_world();
    }
}

/* REQ-15: no more than the limit are remembered, the oldest go first; and REQ-16. */
static void the_oldest_reply_is_forgotten_first(void **state)
{
    (void)state;
    begin_door(12);
    const uint32_t limit = uripc_layer_limits_tiny.remembered;
    ask("first", &three_tries, ASK);
    serve(60 * SECOND);
    uint64_t id = served("first");
    lose_reply(id, "lost");
    for (uint32_t i = 0; i < limit; i++) { /* of another requester */
        sim_enter(world, OTHER);
        assert_int_equal(uripc_request(layers[OTHER], text("ipc:/door"), "x", 1,
                                       buffer_of(OTHER, 1024), NULL, ASK),
                         URIPC_PENDING);
        serve(60 * SECOND);
        id = served("x");
        reply(id, "y");
        expect(OTHER, ASK, URIPC_OK);
        expect(SERVER, REPLY, URIPC_OK);
    }
    serve(0);
    reply(expect_served(SERVER, "first", URIPC_INDEFINITE), "again");
    expect_reply(ASK, "again");
    end_world();
}

/* REQ-15: memory that is needed is taken from replies that are kept. */
static void replies_that_are_kept_give_way(void **state)
{
    (void)state;
    char large[257] = {0};
    memset(large, 'a', 256);
    begin_door(13);
    for (uint32_t i = 0; i < 20; i++) {
        ask(large, NULL, ASK);
        serve(600 * SECOND);
        uint64_t id = served(large);
        reply(id, large);
        expect_reply(ASK, large);
        expect(SERVER, REPLY, URIPC_OK);
    }
    end_world();
}

/* REQ-16: another life of the server knows nothing. */
static void a_restarted_server_says_that_it_cannot_know(void **state)
{
    (void)state;
    begin_door(14);
    serve(60 * SECOND);
    ask("one", &three_tries, ASK);
    (void)served("one");
    restart(SERVER);
    door = register_name(SERVER, "ipc:/door", SERVE);
    serve(60 * SECOND);
    reply(expect_served(SERVER, "one", URIPC_INDEFINITE), "again");
    expect_reply(ASK, "again");
    ask("two", NULL, ASK);
    expect(SERVER, REPLY, URIPC_OK);
    serve(60 * SECOND);
    reply(served("two"), "2");
    expect_reply(ASK, "2");
    end_world();
}

/* REQ-3: even if it has the same identity, and so the same name and the same numbers. */
static void a_reply_reaches_no_other_life_of_the_requester(void **state)
{
    (void)state;
    begin_door(15);
    ask("old", NULL, ASK);
    serve(60 * SECOND);
    uint64_t old = served("old");
    restart(CLIENT);
    ask("new", NULL, ASK);
    pass(SECOND);
    reply(old, "of the old one");
    expect(SERVER, REPLY, URIPC_PEER_GONE);
    expect_quiet(CLIENT, SECOND);
    assert_int_equal(counters(CLIENT).strays + counters(CLIENT).late_replies, 0);
    serve(60 * SECOND);
    reply(served("new"), "of the new one"); /* nor is it a repetition */
    expect_reply(ASK, "of the new one");
    end_world();
}

/* Serving. */

/* REQ-18 */
static void messages_are_left_alone_unless_a_serve_waits(void **state)
{
    (void)state;
    struct uripc_info info;
    begin_door(16);
    serve(0);
    pass(SECOND);
    assert_int_equal(uripc_info(sim_node(world, SERVER), door, &info), URIPC_OK);
    assert_int_equal(info.receives, 1);
    assert_int_equal(uripc_layers_cancel(layers[SERVER], SERVE), URIPC_OK);
    expect(SERVER, SERVE, URIPC_ABORTED);
    pass(SECOND);
    assert_int_equal(uripc_info(sim_node(world, SERVER), door, &info), URIPC_OK);
    assert_int_equal(info.receives, 0);
    ask("one", NULL, ASK);
    pass(SECOND);
    assert_int_equal(uripc_info(sim_node(world, SERVER), door, &info), URIPC_OK);
    assert_int_equal(info.messages, 1);
    serve(0);
    (void)served("one");
    end_world();
}

/* REQ-18: the node has given it to the layers, and the serve is cancelled before they know. */
static void a_request_that_came_too_late_to_be_left_waits(void **state)
{
    (void)state;
    begin_door(17);
    ask("warm", NULL, ASK);
    serve(0);
    reply(served("warm"), "warm");
    expect_reply(ASK, "warm");
    expect(SERVER, REPLY, URIPC_OK);
    serve(0);
    turn(SERVER);
    ask("one", NULL, ASK);
    turn(CLIENT);
    assert_int_equal(sim_advance(world, sim_now(world) + SECOND), SIM_IDLE);
    sim_enter(world, SERVER);
    assert_int_equal(uripc_layers_cancel(layers[SERVER], SERVE), URIPC_OK);
    expect(SERVER, SERVE, URIPC_ABORTED);
    pass(SECOND);
    serve(0);
    reply(served("one"), "1");
    expect_reply(ASK, "1");
    end_world();
}

/* REQ-19 */
static void a_request_that_does_not_fit_stays_first(void **state)
{
    (void)state;
    begin_door(18);
    ask("one", NULL, ASK);
    sim_enter(world, SERVER);
    assert_int_equal(uripc_serve(layers[SERVER], door, buffer_of(SERVER, 20), NULL, SERVE),
                     URIPC_PENDING);
    const struct uripc_completion done = await(SERVER);
    assert_int_equal(done.status, URIPC_BUFFER_TOO_SMALL);
    assert_int_equal(done.data_bytes, 3);
    ask("two", NULL, ASK + 1);
    serve(0);
    (void)served("one");
    serve(0);
    (void)served("two");
    end_world();
}

/* REQ-20 */
static void a_closed_registration_serves_nobody(void **state)
{
    (void)state;
    begin_door(19);
    ask("one", NULL, ASK);
    serve(0);
    uint64_t id = served("one");
    serve(0);
    sim_enter(world, SERVER);
    assert_int_equal(uripc_close(sim_node(world, SERVER), door, REPLY), URIPC_PENDING);
    expect(SERVER, SERVE, URIPC_CLOSED);
    expect(SERVER, REPLY, URIPC_OK);
    assert_int_equal(uripc_reply(layers[SERVER], id, "x", 1, REPLY), URIPC_NOT_FOUND);
    assert_int_equal(uripc_serve(layers[SERVER], door, buffer_of(SERVER, 99), NULL, SERVE),
                     URIPC_INVALID_HANDLE);
    /* Nor if nothing was posted, so that nobody told the layers. */
    door = register_name(SERVER, "ipc:/door", SERVE);
    ask("two", NULL, ASK + 1);
    serve(0);
    id = served("two");
    assert_int_equal(uripc_close(sim_node(world, SERVER), door, REPLY), URIPC_PENDING);
    expect(SERVER, REPLY, URIPC_OK);
    assert_int_equal(uripc_reply(layers[SERVER], id, "x", 1, REPLY), URIPC_NOT_FOUND);
    door = register_name(SERVER, "ipc:/door", SERVE);
    serve(0); /* the one place for a registration is free again */
    end_world();
}

/* REQ-13, LAY-4: as many at once as the limits say. */
static void several_are_served_at_once_within_the_limit(void **state)
{
    (void)state;
    const uint32_t limit = uripc_layer_limits_tiny.requests;
    uint64_t ids[2];
    begin_door(20);
    assert_int_equal(limit, 2);
    ask("one", NULL, ASK);
    ask("two", NULL, ASK + 1);
    assert_int_equal(start_ask("three", NULL, ASK + 2), URIPC_NO_RESOURCES);
    serve_at(SERVER, door, 0, SERVE);
    serve_at(SERVER, door, 0, SERVE + 50);
    sim_enter(world, SERVER);
    assert_int_equal(uripc_serve(layers[SERVER], door, buffer_of(SERVER, 99), NULL, SERVE + 51),
                     URIPC_NO_RESOURCES);
    ids[0] = await(SERVER).message_id;
    ids[1] = await(SERVER).message_id;
    assert_int_equal(uripc_serve(layers[SERVER], door, buffer_of(SERVER, 99), NULL, SERVE),
                     URIPC_NO_RESOURCES);
    reply(ids[0], "1");
    expect_reply(ASK, "1");
    expect(SERVER, REPLY, URIPC_OK);
    serve(0);
    reply(ids[1], "2");
    expect_reply(ASK + 1, "2");
    end_world();
}

/* REQ-13: workers share a queue; each request goes to one of them. */
static void workers_share_a_queue(void **state)
{
    (void)state;
    const struct uripc_register_options shared = {.size = sizeof shared, .kind = URIPC_SHARED};
    begin_door(21);
    struct uripc_handle home = register_as(SERVER, "ipc:/door/room", &shared, SERVE);
    struct uripc_handle second = register_as(SERVER, "ipc:/door/room", &shared, SERVE);
    ask("one", NULL, ASK);
    pass(SECOND);
    serve_at(SERVER, second, 0, SERVE);
    reply(served("one"), "1");
    expect_reply(ASK, "1");
    expect(SERVER, REPLY, URIPC_OK);
    serve_at(SERVER, second, 0, SERVE); /* REQ-20: the queue ends */
    assert_int_equal(uripc_close(sim_node(world, SERVER), home, REPLY), URIPC_PENDING);
    expect(SERVER, SERVE, URIPC_ABORTED);
    end_world();
}

/* REQ-21 */
static void a_listener_serves_no_requests(void **state)
{
    (void)state;
    begin_door(22);
    sim_enter(world, SERVER);
    assert_int_equal(uripc_listen(layers[SERVER], text("ipc:/door/room"), NULL, SERVE),
                     URIPC_PENDING);
    expect(SERVER, SERVE, URIPC_OK);
    ask("one", NULL, ASK);
    (void)expect_done(CLIENT, ASK, URIPC_NOT_SUPPORTED, URIPC_DEFINITE);
    end_world();
}

/* Everything at once. */

enum { QUESTIONS = 12 };

static const struct sim_link_faults bad_link = {.delay_min = 1000,
                                                .delay_max = 300000000,
                                                .loss_num = 2,
                                                .loss_den = 10,
                                                .duplicate_num = 3,
                                                .duplicate_den = 10,
                                                .reorder = true};

/* Of one run, and of all. */
static uint32_t executed[QUESTIONS];
static bool warned[QUESTIONS];
static struct {
    uint64_t replied, timed_out, again, resent, duplicates, late, deaths;
} tally;

static void serve_again(void)
{
    serve(60 * SECOND);
}

/* A served request is carried out, and its data echoed; the reply completes. */
static void carry_out(const struct uripc_completion *request)
{
    struct uripc_completion done;
    struct uripc_message lengths;
    struct uripc_message_parts parts;
    assert_int_equal(request->status, URIPC_OK);
    assert_int_equal(uripc_message_read(buffers[SERVER], 1024, 1, &lengths, &parts), URIPC_OK);
    const char got[] = {buffers[SERVER][parts.data], 0};
    const uint32_t which = (uint32_t)(got[0] - 'a');
    assert_in_range(which, 0, QUESTIONS - 1);
    executed[which]++;
    if (request->certainty == URIPC_INDEFINITE) {
        warned[which] = true;
        tally.again++;
    }
    reply(request->message_id, got);
    assert_true(run(sim_now(world) + 60 * SECOND, SERVER, &done));
    assert_int_equal(done.call, URIPC_CALL_REPLY);
}

/* True: the client's request has completed. */
static bool is_answered(const char *data)
{
    struct uripc_completion done;
    if (uripc_layers_poll(layers[CLIENT], &done) != URIPC_OK)
        return false;
    assert_int_equal(done.overlapped, ASK);
    if (done.status == URIPC_OK) {
        expect_message(CLIENT, "ipc:/door/room?x", NULL, data); /* REQ-4 */
        assert_int_not_equal(executed[data[0] - 'a'], 0);
        tally.replied++;
    } else { /* REQ-8 */
        assert_int_equal(done.status, URIPC_TIMEOUT);
        assert_int_equal(done.certainty, URIPC_INDEFINITE);
        tally.timed_out++;
    }
    return true;
}

/* One question, until it is answered or its asker has died; at `dies` one of the two does. */
static void ask_until_answered(const char *data, uint64_t dies, bool client_dies)
{
    const struct uripc_request_options options = {
        .size = sizeof options, .retry = SECOND / 2, .retries = 6, .backoff = 1};
    struct uripc_completion done;
    ask(data, &options, ASK);
    while (!is_answered(data)) {
        if (sim_now(world) >= dies) {
            dies = UINT64_MAX;
            tally.deaths++;
            restart(client_dies ? CLIENT : SERVER);
            if (client_dies)
                return;
            door = register_name(SERVER, "ipc:/door", SERVE);
            serve_again();
        }
        if (!run(sim_now(world) + 20000000, SERVER, &done))
            continue;
        carry_out(&done);
        serve_again();
    }
}

/* A client asks over links that do all that links can do, a server answers and remembers; now and
 * then one of them dies and comes back.  Returns the fingerprint of the run. */
static uint64_t run_with_everything(uint64_t seed)
{
    struct uripc_layer_limits limits = uripc_layer_limits_tiny;
    limits.remembered = 16; /* a copy that comes late is known yet */
    const struct layers_setup setup = {
        .seed = seed, .profile = "mailslot-remote-w2k", .limits = {[SERVER] = &limits}};
    begin_world(&setup);
    door = register_name(SERVER, "ipc:/door", SERVE);
    sim_link_all(world, &bad_link);
    memset(executed, 0, sizeof executed);
    memset(warned, 0, sizeof warned);
    serve_again();
    for (uint32_t i = 0; i < QUESTIONS; i++) {
        const char data[] = {(char)('a' + i), 0};
        const bool die = (seed * QUESTIONS + i) % 7 == 0;
        ask_until_answered(data, die ? sim_now(world) + 200000000 : UINT64_MAX, seed % 2 == 0);
    }
    pass(60 * SECOND);
    for (uint32_t i = 0; i < QUESTIONS; i++) /* REQ-16: never twice without a word */
        assert_true(executed[i] <= 1 || warned[i]);
    for (uint32_t i = 0; i < PEERS; i++) {
        tally.resent += counters(i).resent;
        tally.duplicates += counters(i).duplicates;
        tally.late += counters(i).late_replies;
    }
    uint64_t fingerprint = sim_fingerprint(world);
    end_world();
    return fingerprint;
}

/* And LAY-3: just so again, also if the layers are copied to another place before every turn. */
static void nothing_is_paired_wrongly_whatever_happens(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 100; seed++) {
        uint64_t first = run_with_everything(seed);
        moving = true;
        assert_true(run_with_everything(seed) == first);
        moving = false;
    }
    assert_int_not_equal(tally.replied, 0);
    assert_int_not_equal(tally.timed_out, 0);
    assert_int_not_equal(tally.again, 0);
    assert_int_not_equal(tally.resent, 0);
    assert_int_not_equal(tally.duplicates, 0);
    assert_int_not_equal(tally.late, 0);
    assert_int_not_equal(tally.deaths, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_repetition_is_served_once_and_answered_again),
        cmocka_unit_test(what_was_forgotten_is_served_again_and_says_so),
        cmocka_unit_test(the_oldest_reply_is_forgotten_first),
        cmocka_unit_test(replies_that_are_kept_give_way),
        cmocka_unit_test(a_restarted_server_says_that_it_cannot_know),
        cmocka_unit_test(a_reply_reaches_no_other_life_of_the_requester),
        cmocka_unit_test(messages_are_left_alone_unless_a_serve_waits),
        cmocka_unit_test(a_request_that_came_too_late_to_be_left_waits),
        cmocka_unit_test(a_request_that_does_not_fit_stays_first),
        cmocka_unit_test(a_closed_registration_serves_nobody),
        cmocka_unit_test(several_are_served_at_once_within_the_limit),
        cmocka_unit_test(workers_share_a_queue),
        cmocka_unit_test(a_listener_serves_no_requests),
        cmocka_unit_test(nothing_is_paired_wrongly_whatever_happens),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
