/* SPDX-License-Identifier: MIT */
/* The seam between the core of the layers and a layer, on nodes of the reference in the simulator.
 * The layer here, a part that no program has, asks a peer and completes when the answer comes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "fake_layers.h"

enum { PING = 200, PONG = 201 };

struct asker {
    uint32_t endpoints, done, ended;
    enum uripc_status opened, last_done;
    struct uripc_incarnation heard;
};

static struct asker *asker(struct uripc_layers *self)
{
    return uripc__layers_state(self, 0);
}

static size_t asker_bytes(const struct uripc_layer_limits *limits)
{
    (void)limits;
    return sizeof(struct asker);
}

static void asker_on_endpoint(struct uripc_layers *self, uint32_t endpoint,
                              enum uripc_status status)
{
    (void)endpoint;
    asker(self)->endpoints++;
    asker(self)->opened = status;
}

static void say(struct uripc_layers *self, struct uripc_text target, uint8_t type)
{
    unsigned char record[URIPC__RECORD_HEAD];
    uripc__layers_head(record, type);
    assert_int_equal(
        uripc__layers_send(self, 0, 0, NULL, target, record, sizeof record, NULL, type),
        URIPC_PENDING);
}

static void asker_on_record(struct uripc_layers *self, const struct uripc__record *record)
{
    asker(self)->heard = record->from;
    if (record->type == PING)
        say(self, record->source, PONG);
    else
        uripc__layers_finish(self, 0, URIPC_OK);
}

static void asker_on_done(struct uripc_layers *self, uint64_t token,
                          const struct uripc_completion *done)
{
    assert_true(token == PING || token == PONG);
    asker(self)->done++;
    asker(self)->last_done = done->status;
}

static void asker_end(struct uripc_layers *self, uint32_t call, enum uripc_status status)
{
    asker(self)->ended++;
    uripc__layers_finish(self, call, status);
}

static uint64_t asker_due(struct uripc_layers *self)
{
    (void)self;
    return URIPC__NEVER;
}

static const struct uripc__part part = {
    .first_type = PING,
    .last_type = PONG,
    .bytes = asker_bytes,
    .on_endpoint = asker_on_endpoint,
    .on_record = asker_on_record,
    .on_done = asker_on_done,
    .end = asker_end,
    .due = asker_due,
};
static const struct uripc__part *const parts[] = {&part};

static int set_up(void **state)
{
    const struct layers_setup setup = {
        .seed = 1, .limits = {&uripc_layer_limits_default}, .parts = parts, .part_count = 1};
    (void)state;
    begin_world(&setup);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    end_world();
    return 0;
}

static enum uripc_status begin(uint32_t peer, uint64_t overlapped, uint64_t deadline)
{
    const struct uripc_handle none = {0};
    uint32_t call = URIPC__NONE;
    return uripc__layers_begin(layers[peer], 0, URIPC_CALL_REQUEST, none, overlapped, deadline,
                               &call);
}

static void open_both(void)
{
    for (uint32_t i = 0; i < PEERS; i++) {
        sim_enter(world, i);
        assert_int_equal(uripc__layers_open_shared(layers[i]), URIPC_PENDING);
        assert_int_equal(uripc__layers_open_shared(layers[i]), URIPC_PENDING);
    }
    pass(SECOND);
}

/* The name of the endpoint that all parts of peer 1 share. */
static const char name_1[] = "ipc:/layers-abcd000000000001";

static void a_record_reaches_the_part_and_the_answer_its_call(void **state)
{
    (void)state;
    open_both();
    assert_int_equal(asker(layers[0])->endpoints, 1);
    assert_int_equal(asker(layers[0])->opened, URIPC_OK);
    assert_int_equal(begin(0, 77, 0), URIPC_PENDING);
    sim_enter(world, 0);
    say(layers[0], text(name_1), PING);
    pass(SECOND);
    expect(0, 77, URIPC_OK);
    expect_nothing(0);
    assert_int_equal(asker(layers[0])->done, 1);
    assert_int_equal(asker(layers[0])->last_done, URIPC_OK);
    assert_true(asker(layers[1])->heard.serial ==
                uripc__layers_endpoint(layers[0], 0)->incarnation.serial);
    struct uripc_layer_counters counters;
    uripc_layers_counters(layers[0], &counters);
    assert_int_equal(counters.sent, 1);
    assert_int_equal(counters.bytes_sent, URIPC__RECORD_HEAD);
    assert_int_equal(counters.strays, 0);
}

static void a_shared_endpoint_that_cannot_be_had_is_told(void **state)
{
    (void)state;
    (void)register_name(0, name_1, 1);
    sim_enter(world, 1);
    assert_int_equal(uripc__layers_open_shared(layers[1]), URIPC_PENDING);
    pass(SECOND);
    assert_int_equal(asker(layers[1])->opened, URIPC_EXISTS);
}

/* A handle of the application, from which it sends whatever it likes. */
static struct uripc_handle stranger(void)
{
    return register_name(0, "ipc:/stranger", 1);
}

/* LAY-9; the application's own calls go on beside (LAY-2). */
static void what_is_no_record_is_counted_and_dropped(void **state)
{
    (void)state;
    static const char long_data[4096] = "uL\1\310";
    const struct {
        const char *data;
        uint32_t length;
    } strays[] = {{"", 0},
                  {"uL\1", 3},
                  {"xL\1\310", 4},
                  {"uX\1\310", 4},
                  {"uL\2\310", 4},
                  {"uL\1\0", 4},
                  {long_data, sizeof long_data}};
    const uint32_t count = sizeof strays / sizeof *strays;
    open_both();
    const struct uripc_handle from = stranger();
    for (uint32_t i = 0; i < count; i++) {
        sim_enter(world, 0);
        assert_int_equal(uripc_send(sim_node(world, 0), from, NULL, text(name_1), strays[i].data,
                                    strays[i].length, NULL, 10 + i),
                         URIPC_PENDING);
        pass(SECOND);
        expect(0, 10 + i, URIPC_OK);
        struct uripc_layer_counters counters;
        uripc_layers_counters(layers[1], &counters);
        assert_int_equal(counters.strays, i + 1);
    }
    assert_int_equal(begin(0, 77, 0), URIPC_PENDING);
    sim_enter(world, 0);
    say(layers[0], text(name_1), PING);
    pass(SECOND);
    expect(0, 77, URIPC_OK);
}

/* LAY-4, LAY-5 */
static void a_call_is_refused_at_once_or_completes(void **state)
{
    (void)state;
    const uint32_t most = uripc_layer_limits_tiny.calls;
    assert_int_equal(begin(1, URIPC_LAYER_OVERLAPPED | 5, 0), URIPC_INVALID_ARGUMENT);
    for (uint32_t i = 0; i < most; i++)
        assert_int_equal(begin(1, 100 + i, 0), URIPC_PENDING);
    assert_int_equal(begin(1, 100, 0), URIPC_IN_USE);
    assert_int_equal(begin(1, 99, 0), URIPC_NO_RESOURCES);
    for (uint32_t i = 0; i < most; i++)
        uripc__layers_finish(layers[1], i, URIPC_OK);
    assert_int_equal(begin(1, 100, 0), URIPC_IN_USE); /* complete, but not polled */
    for (uint32_t i = 0; i < most; i++)
        expect(1, 100 + i, URIPC_OK);
    expect_nothing(1);
    assert_int_equal(begin(1, 100, 0), URIPC_PENDING);
}

/* LAY-6 */
static void cancel_ends_a_call_of_a_layer_or_of_the_node(void **state)
{
    (void)state;
    static char bytes[64];
    const struct uripc_handle from = stranger();
    const struct uripc_buffer buffer = {(uint64_t)(uintptr_t)bytes, sizeof bytes};
    open_both();
    assert_int_equal(begin(0, 5, 0), URIPC_PENDING);
    assert_int_equal(uripc_layers_cancel(layers[0], 5), URIPC_OK);
    assert_int_equal(uripc_layers_cancel(layers[0], 5), URIPC_NOT_FOUND);
    expect(0, 5, URIPC_ABORTED);
    sim_enter(world, 0);
    assert_int_equal(uripc_receive(sim_node(world, 0), from, buffer, NULL, 6), URIPC_PENDING);
    assert_int_equal(uripc_layers_cancel(layers[0], 6), URIPC_OK);
    for (uint64_t own = 0; own < 8; own++)
        assert_int_equal(uripc_layers_cancel(layers[0], URIPC_LAYER_OVERLAPPED | own),
                         URIPC_NOT_FOUND);
    pass(SECOND);
    expect(0, 6, URIPC_ABORTED);
    expect_nothing(0);
}

/* LAY-7 */
static void a_deadline_passes_exactly_when_it_is_due(void **state)
{
    (void)state;
    assert_int_equal(uripc_layers_turn(layers[0], 1000), URIPC__NEVER);
    assert_int_equal(begin(0, 5, 300), URIPC_PENDING);
    assert_int_equal(begin(0, 6, 200), URIPC_PENDING);
    assert_int_equal(begin(0, 7, UINT64_MAX), URIPC_PENDING);
    assert_int_equal(uripc_layers_turn(layers[0], 1000), 1200);
    assert_int_equal(uripc_layers_turn(layers[0], 1199), 1200);
    expect_nothing(0);
    assert_int_equal(uripc_layers_turn(layers[0], 1200), 1300);
    expect(0, 6, URIPC_TIMEOUT);
    assert_int_equal(uripc_layers_turn(layers[0], 5000), URIPC__NEVER);
    expect(0, 5, URIPC_TIMEOUT);
    expect_nothing(0);
}

/* LAY-1: what nobody polls stays with the node, and nothing is lost. */
static void completions_that_are_not_polled_are_held_up_to_the_limit(void **state)
{
    (void)state;
    const struct uripc_handle none = {0};
    const uint32_t most = uripc_layer_limits_tiny.calls;
    const uint32_t count = 3 * most;
    sim_enter(world, 1);
    for (uint32_t i = 0; i < count; i++) {
        char name[] = "ipc:/n00";
        name[6] = (char)('0' + i / 10);
        name[7] = (char)('0' + i % 10);
        assert_int_equal(uripc_register(sim_node(world, 1), none, text(name), NULL, 1 + i),
                         URIPC_PENDING);
    }
    pass(SECOND);
    assert_int_equal(layers[1]->queue.count, most);
    for (uint32_t i = 0; i < count; i++) {
        expect(1, 1 + i, URIPC_OK);
        turn(1);
    }
    expect_nothing(1);
}

/* LAY-3 */
static void a_copy_of_the_block_goes_the_same_way(void **state)
{
    (void)state;
    const size_t bytes = block_bytes(0);
    struct uripc_layers *copy = malloc(bytes);
    (void)uripc_layers_turn(layers[0], 1000);
    assert_int_equal(begin(0, 5, 300), URIPC_PENDING);
    memcpy(copy, layers[0], bytes);
    (void)uripc_layers_turn(layers[0], 1300);
    expect(0, 5, URIPC_TIMEOUT);
    (void)uripc_layers_turn(copy, 1300);
    struct uripc_completion done;
    assert_int_equal(uripc_layers_poll(copy, &done), URIPC_OK);
    assert_memory_equal(copy, layers[0], bytes);
    free(copy);
}

/* LAY-8 */
static void handles_are_told_from_those_of_registrations(void **state)
{
    (void)state;
    struct uripc_handle first = uripc__layers_handle(layers[0]);
    struct uripc_handle second = uripc__layers_handle(layers[0]);
    assert_true(first.id & URIPC_LAYER_HANDLE);
    assert_int_not_equal(first.id, second.id);
    assert_false(stranger().id & URIPC_LAYER_HANDLE);
}

static void wrong_limits_make_no_layers(void **state)
{
    (void)state;
    struct uripc_layer_limits limits = uripc_layer_limits_default;
    assert_int_not_equal(uripc_layers_bytes(&limits), 0);
    limits.size--;
    assert_int_equal(uripc_layers_bytes(&limits), 0);
    limits = uripc_layer_limits_default;
    limits.calls = 0;
    assert_int_equal(uripc_layers_bytes(&limits), 0);
    limits = uripc_layer_limits_default;
    limits.sessions = 65536;
    assert_int_equal(uripc_layers_bytes(&limits), 0);
    limits = uripc_layer_limits_default;
    limits.window_bytes = limits.message_max - 1; /* a message that no window would ever let in */
    assert_int_equal(uripc_layers_bytes(&limits), 0);
    limits = uripc_layer_limits_default;
    limits.pool_bytes = limits.window_bytes - 1;
    assert_int_equal(uripc_layers_bytes(&limits), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_record_reaches_the_part_and_the_answer_its_call, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(a_shared_endpoint_that_cannot_be_had_is_told, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(what_is_no_record_is_counted_and_dropped, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(a_call_is_refused_at_once_or_completes, set_up, tear_down),
        cmocka_unit_test_setup_teardown(cancel_ends_a_call_of_a_layer_or_of_the_node, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(a_deadline_passes_exactly_when_it_is_due, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(completions_that_are_not_polled_are_held_up_to_the_limit,
                                        set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_copy_of_the_block_goes_the_same_way, set_up, tear_down),
        cmocka_unit_test_setup_teardown(handles_are_told_from_those_of_registrations, set_up,
                                        tear_down),
        cmocka_unit_test(wrong_limits_make_no_layers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
