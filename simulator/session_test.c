/* SPDX-License-Identifier: MIT */
/* Sessions between two processes of the reference in the simulator: what arrives, in which order,
 * and how the end is told. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "fake_layers.h"
#include "reference/session_state.h"

enum { SERVER = 0, CLIENT = 1, LISTEN = 1, ACCEPT, CONNECT, CALL };

static const char shared_name[] = "ipc:/layers-abcd000000000000"; /* the server's */

static struct uripc_handle ends[PEERS], listener;

static void begin(uint64_t seed, const char *profile)
{
    const struct layers_setup setup = {.seed = seed, .profile = profile};
    begin_world(&setup);
}

static void listen_at(const struct uripc_listen_options *options)
{
    sim_enter(world, SERVER);
    assert_int_equal(uripc_listen(layers[SERVER], text("ipc:/door"), options, LISTEN),
                     URIPC_PENDING);
    const struct uripc_completion done = await(SERVER);
    assert_int_equal(done.status, URIPC_OK);
    listener = done.handle;
}

static void post_accept(const struct uripc_session_options *options)
{
    sim_enter(world, SERVER);
    assert_int_equal(uripc_accept(layers[SERVER], listener, options, ACCEPT), URIPC_PENDING);
}

static void start_connect(const struct uripc_session_options *options)
{
    sim_enter(world, CLIENT);
    assert_int_equal(uripc_connect(layers[CLIENT], text("ipc:/door"), options, CONNECT),
                     URIPC_PENDING);
}

static void open_session(const struct uripc_listen_options *how,
                         const struct uripc_session_options *options)
{
    listen_at(how);
    post_accept(options);
    start_connect(options);
    struct uripc_completion done = await(CLIENT);
    assert_string_equal(uripc_status_name(done.status), "ok");
    ends[CLIENT] = done.handle;
    done = await(SERVER);
    assert_int_equal(done.status, URIPC_OK);
    assert_int_equal(done.overlapped, ACCEPT);
    ends[SERVER] = done.handle;
}

static void send_text(uint32_t peer, const char *data, uint64_t overlapped)
{
    sim_enter(world, peer);
    assert_int_equal(uripc_session_send(layers[peer], ends[peer], data, (uint32_t)strlen(data),
                                        NULL, overlapped),
                     URIPC_PENDING);
}

static char received[1024];

static void post_receive(uint32_t peer, uint32_t size, uint64_t overlapped)
{
    const struct uripc_buffer buffer = {(uint64_t)(uintptr_t)received, size};
    sim_enter(world, peer);
    assert_int_equal(uripc_session_receive(layers[peer], ends[peer], buffer, NULL, overlapped),
                     URIPC_PENDING);
}

static void expect_text(uint32_t peer, const char *data)
{
    post_receive(peer, sizeof received, CALL);
    const struct uripc_completion done = await(peer);
    assert_string_equal(uripc_status_name(done.status), "ok");
    assert_int_equal(done.bytes, strlen(data));
    assert_memory_equal(received, data, done.bytes);
}

static void expect_end(uint32_t peer, enum uripc_status status)
{
    post_receive(peer, sizeof received, CALL);
    expect(peer, CALL, status);
}

/* SES-2, SES-10 */
static void what_was_sent_before_a_close_arrives_before_its_end(void **state)
{
    (void)state;
    begin(1, "local");
    open_session(NULL, NULL);
    send_text(CLIENT, "one", 10);
    send_text(CLIENT, "", 11);
    send_text(CLIENT, "three", 12);
    for (uint64_t i = 10; i <= 12; i++)
        expect(CLIENT, i, URIPC_OK);
    sim_enter(world, CLIENT);
    assert_int_equal(uripc_session_close(layers[CLIENT], ends[CLIENT], 13), URIPC_PENDING);
    expect(CLIENT, 13, URIPC_OK);
    assert_int_equal(uripc_session_close(layers[CLIENT], ends[CLIENT], 13), URIPC_INVALID_HANDLE);
    expect_text(SERVER, "one");
    expect_text(SERVER, "");
    expect_text(SERVER, "three");
    expect_end(SERVER, URIPC_DISCONNECTED);
    send_text(SERVER, "late", 14);
    expect(SERVER, 14, URIPC_DISCONNECTED);
    end_world();
}

/* A client sends 16 messages over a link that does all that links can do, and closes; the server
 * reads them four at a time.  Returns the fingerprint of the run. */
static uint64_t run_over_a_bad_link(uint64_t seed, uint64_t *resent, uint64_t *duplicates)
{
    static const struct sim_link_faults bad = {.delay_min = 1000,
                                               .delay_max = 5000000,
                                               .loss_num = 3,
                                               .loss_den = 10,
                                               .duplicate_num = 2,
                                               .duplicate_den = 10,
                                               .reorder = true};
    struct uripc_layer_counters counters;
    begin(seed, "mailslot-remote-w2k");
    open_session(NULL, NULL);
    sim_link_all(world, &bad);
    for (char i = 'a'; i <= 'p'; i++) {
        const char data[] = {i, i, 0};
        send_text(CLIENT, data, CALL);
        expect(CLIENT, CALL, URIPC_OK);
        if (i == 'p') { /* SES-10: nor does a close lose any */
            sim_enter(world, CLIENT);
            assert_int_equal(uripc_session_close(layers[CLIENT], ends[CLIENT], CALL),
                             URIPC_PENDING);
            expect(CLIENT, CALL, URIPC_OK);
        }
        if ((i - 'a') % 4 != 3)
            continue;
        for (char j = (char)(i - 3); j <= i; j++)
            expect_text(SERVER, (const char[]){j, j, 0});
    }
    expect_end(SERVER, URIPC_DISCONNECTED);
    uripc_layers_counters(layers[CLIENT], &counters);
    *resent += counters.resent;
    uripc_layers_counters(layers[SERVER], &counters);
    *duplicates += counters.duplicates;
    uint64_t fingerprint = sim_fingerprint(world);
    end_world();
    return fingerprint;
}

/* SES-1: in order, exactly once, whatever the link does.  LAY-3: and just so again, also if the
 * layers are copied to another place before every turn. */
static void all_arrives_once_and_in_order_over_bad_links(void **state)
{
    (void)state;
    uint64_t resent = 0;
    uint64_t duplicates = 0;
    for (uint64_t seed = 1; seed <= 100; seed++) {
        uint64_t first = run_over_a_bad_link(seed, &resent, &duplicates);
        moving = true;
        assert_true(run_over_a_bad_link(seed, &resent, &duplicates) == first);
        moving = false;
    }
    assert_int_not_equal(resent, 0);
    assert_int_not_equal(duplicates, 0);
}

/* SES-3: whoever reads slowly holds up the sender, and memory knows a bound. */
static void a_slow_reader_holds_up_the_sender(void **state)
{
    (void)state;
    const struct uripc_transfer_options hasty = {.size = sizeof hasty, .flags = URIPC_NOWAIT};
    char data[101] = {0};
    uint32_t accepted = 0;
    begin(3, "local");
    open_session(NULL, NULL);
    for (;;) {
        memset(data, 'a' + (int)accepted, 100);
        sim_enter(world, CLIENT);
        assert_int_equal(uripc_session_send(layers[CLIENT], ends[CLIENT], data, 100, &hasty, CALL),
                         URIPC_PENDING);
        const struct uripc_completion done = await(CLIENT);
        if (done.status != URIPC_OK) {
            assert_int_equal(done.status, URIPC_WOULD_BLOCK);
            break;
        }
        accepted++;
        assert_true(accepted <= uripc_layer_limits_tiny.window_bytes / 100);
    }
    assert_int_not_equal(accepted, 0);
    memset(data, 'z', 100);
    send_text(CLIENT, data, 50);
    struct uripc_completion none;
    assert_false(run(sim_now(world) + 10 * SECOND, CLIENT, &none));
    for (uint32_t i = 0; i < accepted; i++) {
        memset(data, 'a' + (int)i, 100);
        expect_text(SERVER, data);
    }
    expect(CLIENT, 50, URIPC_OK);
    memset(data, 'z', 100);
    expect_text(SERVER, data);
    end_world();
}

/* SES-3: also with a peer that does not keep to it. */
static void nobody_fills_more_than_the_window(void **state)
{
    (void)state;
    unsigned char record[URIPC__RECORD_HEAD + URIPC__SES_BODY + 100] = {0};
    struct uripc_session_info info;
    begin(12, "local");
    open_session(NULL, NULL);
    for (uint64_t i = 1; i <= 12; i++) {
        const struct uripc__ses_body body = {
            .to = ends[SERVER].id, .from = ends[CLIENT].id, .item = i};
        uripc__ses_write(&body, URIPC__SES_ITEM, record);
        sim_enter(world, CLIENT);
        assert_int_equal(uripc__layers_send(layers[CLIENT], 0, 0, NULL, text(shared_name), record,
                                            sizeof record, NULL, 0),
                         URIPC_PENDING);
        pass(1000000);
    }
    assert_int_equal(uripc_session_peek(layers[SERVER], ends[SERVER], &info), URIPC_OK);
    assert_int_equal(info.state, URIPC_SESSION_OPEN);
    assert_in_range(info.bytes, 300, uripc_layer_limits_tiny.window_bytes);
    assert_int_equal(info.left, 100);
    end_world();
}

/* SES-4 */
static void messages_keep_their_ends_and_bytes_do_not(void **state)
{
    (void)state;
    const struct uripc_listen_options bytes = {.size = sizeof bytes, .mode = URIPC_BYTES};
    begin(4, "local");
    open_session(NULL, NULL);
    send_text(CLIENT, "abcdef", 10);
    send_text(CLIENT, "gh", 11);
    post_receive(SERVER, 4, CALL);
    struct uripc_completion done = await(SERVER);
    assert_int_equal(done.status, URIPC_MORE);
    assert_int_equal(done.bytes, 4);
    assert_int_equal(done.data_bytes, 2);
    expect_text(SERVER, "ef");
    expect_text(SERVER, "gh");
    end_world();

    begin(4, "local");
    open_session(&bytes, NULL);
    send_text(CLIENT, "abcdef", 10);
    send_text(CLIENT, "gh", 11);
    expect(CLIENT, 10, URIPC_OK);
    expect(CLIENT, 11, URIPC_OK);
    pass(SECOND);
    post_receive(SERVER, 4, CALL);
    done = await(SERVER);
    assert_int_equal(done.status, URIPC_OK);
    assert_int_equal(done.bytes, 4);
    expect_text(SERVER, "efgh");
    end_world();
}

/* SES-13 */
static void what_the_peer_does_not_take_is_refused(void **state)
{
    char data[258] = {0};
    (void)state;
    begin(13, "local");
    open_session(NULL, NULL);
    memset(data, 'x', uripc_layer_limits_tiny.message_max + 1);
    send_text(CLIENT, data, CALL);
    expect(CLIENT, CALL, URIPC_TOO_BIG);
    data[uripc_layer_limits_tiny.message_max] = 0;
    send_text(CLIENT, data, CALL);
    expect(CLIENT, CALL, URIPC_OK);
    expect_text(SERVER, data);
    end_world();
}

/* SES-5, SES-6 */
static void a_connect_waits_or_is_busy_or_finds_nobody(void **state)
{
    (void)state;
    const struct uripc_listen_options one = {.size = sizeof one, .instances = 1};
    const struct uripc_session_options hasty = {.size = sizeof hasty, .flags = URIPC_NOWAIT};
    const struct uripc_session_options short_ = {.size = sizeof short_, .deadline = SECOND};
    begin(5, "local");
    start_connect(NULL);
    expect(CLIENT, CONNECT, URIPC_NO_RECEIVER);
    listen_at(&one);
    start_connect(&hasty);
    expect(CLIENT, CONNECT, URIPC_BUSY);
    start_connect(&short_);
    expect(CLIENT, CONNECT, URIPC_TIMEOUT);
    pass(SECOND);
    start_connect(NULL);
    pass(SECOND);
    post_accept(NULL);
    expect(CLIENT, CONNECT, URIPC_OK);
    expect(SERVER, ACCEPT, URIPC_OK);
    start_connect(NULL);
    expect(CLIENT, CONNECT, URIPC_BUSY);
    end_world();
}

/* SES-7: what it managed to send comes first, whenever it died. */
static void a_peer_that_died_is_gone_after_its_last_words(void **state)
{
    (void)state;
    uint32_t heard = 0;
    for (uint64_t lived = 0; lived <= 60000; lived += 2000) {
        begin(6, "local");
        open_session(NULL, NULL);
        for (char i = 'a'; i <= 'e'; i++)
            send_text(CLIENT, (const char[]){i, 0}, 10 + (uint64_t)i);
        pass(lived);
        sim_crash(world, CLIENT);
        uint32_t read = 0;
        post_receive(SERVER, sizeof received, CALL);
        send_text(SERVER, "hello?", 20); /* this is how it is noticed */
        if (lived / 2000 % 2 != 0)       /* the node knows all of it before the layers get a turn */
            (void)sim_advance(world, sim_now(world) + SECOND);
        for (;;) {
            const struct uripc_completion done = await(SERVER);
            if (done.overlapped == 20)
                continue;
            if (done.status != URIPC_OK) {
                assert_string_equal(uripc_status_name(done.status), "peer-gone");
                break;
            }
            assert_int_equal(done.bytes, 1);
            assert_int_equal(received[0], 'a' + (int)read++);
            post_receive(SERVER, sizeof received, CALL);
        }
        post_receive(SERVER, sizeof received, CALL); /* and nothing comes after the end */
        expect(SERVER, CALL, URIPC_PEER_GONE);
        assert_true(read >= heard);
        heard = read;
        end_world();
    }
    assert_int_equal(heard, 5);
}

/* What the application makes the client's node send. */
static void send_raw(struct uripc_handle from, const char *target, const void *bytes,
                     uint32_t length)
{
    sim_enter(world, CLIENT);
    assert_int_equal(
        uripc_send(sim_node(world, CLIENT), from, NULL, text(target), bytes, length, NULL, 91),
        URIPC_PENDING);
    assert_int_equal(await(CLIENT).overlapped, 91);
}

/* SES-8: the numbers of a session do not make a record its own. */
static void a_record_of_somebody_else_is_not_taken(void **state)
{
    (void)state;
    unsigned char record[URIPC__RECORD_HEAD + URIPC__SES_BODY + 4];
    begin(10, "local");
    open_session(NULL, NULL);
    const struct uripc_handle from = register_name(CLIENT, "ipc:/stranger", 90);
    const struct uripc__ses_body body = {.to = ends[SERVER].id, .from = ends[CLIENT].id, .item = 1};
    uripc__ses_write(&body, URIPC__SES_ITEM, record);
    memcpy(record + sizeof record - 4, "fake", 4);
    send_raw(from, shared_name, record, sizeof record);
    uripc__ses_write(&body, URIPC__SES_RESET, record);
    send_raw(from, shared_name, record, sizeof record - 4);
    pass(SECOND);
    send_text(CLIENT, "real", 10);
    expect(CLIENT, 10, URIPC_OK);
    expect_text(SERVER, "real");
    end_world();
}

/* LAY-9, with records that are nearly right. */
static void nonsense_disturbs_nobody(void **state)
{
    (void)state;
    begin(11, "local");
    open_session(NULL, NULL);
    const struct uripc_handle from = register_name(CLIENT, "ipc:/stranger", 90);
    uint64_t random = 12345;
    for (uint32_t i = 0; i < 1000; i++) {
        unsigned char record[128];
        for (size_t j = 0; j < sizeof record; j++) {
            random = random * 6364136223846793005u + 1442695040888963407u;
            record[j] = (unsigned char)(random >> 56 & random >> 48);
        }
        uripc__layers_head(record, (uint8_t)(random >> 40 & 7));
        send_raw(from, i % 2 ? shared_name : "ipc:/door", record,
                 i % 3 ? URIPC__RECORD_HEAD + URIPC__SES_BODY : (uint32_t)(random >> 33 & 127));
        pass(1000000);
    }
    send_text(CLIENT, "still here", 10);
    expect(CLIENT, 10, URIPC_OK);
    expect_text(SERVER, "still here");
    end_world();
}

/* SES-9: at the latest one period, the silence and the delay after its last sign of life. */
static void a_silent_peer_is_given_up_within_the_bound(void **state)
{
    (void)state;
    const struct uripc_liveness *both[] = {&uripc_liveness_timeout, &uripc_liveness_freshness};
    for (size_t i = 0; i < 2; i++) {
        const struct uripc_session_options options = {
            .size = sizeof options, .beat = SECOND, .liveness = both[i], .silence = 3 * SECOND / 2};
        begin(7, "local");
        open_session(NULL, &options);
        struct uripc_completion done;
        post_receive(SERVER, sizeof received, CALL);
        assert_false(run(sim_now(world) + 20 * SECOND, SERVER, &done)); /* nobody is suspected */
        sim_cut(world, CLIENT, SERVER);
        uint64_t cut = sim_now(world);
        done = await(SERVER);
        assert_string_equal(uripc_status_name(done.status), "unresponsive");
        assert_true(sim_now(world) <= cut + SECOND + 3 * SECOND / 2 + SECOND / 1000);
        end_world();
    }
}

/* SES-11, SES-12 */
static void shutdown_flush_and_disconnect(void **state)
{
    (void)state;
    begin(8, "local");
    open_session(NULL, NULL);
    send_text(CLIENT, "question", 10);
    expect(CLIENT, 10, URIPC_OK);
    sim_enter(world, CLIENT);
    assert_int_equal(uripc_session_flush(layers[CLIENT], ends[CLIENT], NULL, 11), URIPC_PENDING);
    assert_int_equal(uripc_session_shutdown(layers[CLIENT], ends[CLIENT], 12), URIPC_PENDING);
    expect(CLIENT, 12, URIPC_OK);
    struct uripc_completion none;
    assert_false(run(sim_now(world) + SECOND, CLIENT, &none)); /* arrived, but not read */
    expect_text(SERVER, "question");
    expect(CLIENT, 11, URIPC_OK);
    expect_end(SERVER, URIPC_DISCONNECTED);
    send_text(SERVER, "answer", 20); /* the other half is open */
    expect(SERVER, 20, URIPC_OK);
    expect_text(CLIENT, "answer");
    send_text(CLIENT, "no", 13);
    expect(CLIENT, 13, URIPC_CLOSED);
    send_text(SERVER, "unread", 21);
    expect(SERVER, 21, URIPC_OK);
    pass(SECOND);
    sim_enter(world, SERVER);
    assert_int_equal(uripc_session_disconnect(layers[SERVER], ends[SERVER], 22), URIPC_PENDING);
    expect(SERVER, 22, URIPC_OK);
    pass(SECOND);
    expect_end(CLIENT, URIPC_DISCONNECTED);
    end_world();
}

/* LAY-6, LAY-7, of sessions */
static void a_call_can_be_cancelled_and_has_a_deadline(void **state)
{
    (void)state;
    begin(9, "local");
    listen_at(NULL);
    post_accept(NULL);
    assert_int_equal(uripc_layers_cancel(layers[SERVER], ACCEPT), URIPC_OK);
    expect(SERVER, ACCEPT, URIPC_ABORTED);
    start_connect(NULL);
    assert_int_equal(uripc_layers_cancel(layers[CLIENT], CONNECT), URIPC_OK);
    expect(CLIENT, CONNECT, URIPC_ABORTED);
    pass(60 * SECOND);
    post_accept(NULL);
    start_connect(NULL);
    struct uripc_completion done = await(CLIENT);
    assert_int_equal(done.status, URIPC_OK);
    ends[CLIENT] = done.handle;
    post_receive(CLIENT, 10, CALL);
    assert_int_equal(uripc_layers_cancel(layers[CLIENT], CALL), URIPC_OK);
    expect(CLIENT, CALL, URIPC_ABORTED);
    const struct uripc_transfer_options short_ = {.size = sizeof short_, .deadline = SECOND};
    const struct uripc_buffer buffer = {(uint64_t)(uintptr_t)received, 10};
    sim_enter(world, CLIENT);
    assert_int_equal(uripc_session_receive(layers[CLIENT], ends[CLIENT], buffer, &short_, CALL),
                     URIPC_PENDING);
    expect(CLIENT, CALL, URIPC_TIMEOUT);
    end_world();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_sent_before_a_close_arrives_before_its_end),
        cmocka_unit_test(all_arrives_once_and_in_order_over_bad_links),
        cmocka_unit_test(a_slow_reader_holds_up_the_sender),
        cmocka_unit_test(nobody_fills_more_than_the_window),
        cmocka_unit_test(messages_keep_their_ends_and_bytes_do_not),
        cmocka_unit_test(what_the_peer_does_not_take_is_refused),
        cmocka_unit_test(a_connect_waits_or_is_busy_or_finds_nobody),
        cmocka_unit_test(a_peer_that_died_is_gone_after_its_last_words),
        cmocka_unit_test(a_record_of_somebody_else_is_not_taken),
        cmocka_unit_test(nonsense_disturbs_nobody),
        cmocka_unit_test(a_silent_peer_is_given_up_within_the_bound),
        cmocka_unit_test(shutdown_flush_and_disconnect),
        cmocka_unit_test(a_call_can_be_cancelled_and_has_a_deadline),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
