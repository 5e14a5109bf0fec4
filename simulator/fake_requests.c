/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "fake_requests.h"

struct uripc_handle door;
const struct uripc_request_options three_tries = {
    .size = sizeof three_tries, .retry = SECOND, .retries = 2, .backoff = 1};

void begin_door(uint64_t seed)
{
    const struct layers_setup setup = {.seed = seed};
    begin_world(&setup);
    door = register_name(SERVER, "ipc:/door", SERVE);
}

_Alignas(8) char buffers[PEERS][1024];

struct uripc_buffer buffer_of(uint32_t peer, uint32_t size)
{
    return (struct uripc_buffer){(uint64_t)(uintptr_t)buffers[peer], size};
}

enum uripc_status start_ask(const char *data, const struct uripc_request_options *options,
                            uint64_t overlapped)
{
    sim_enter(world, CLIENT);
    return uripc_request(layers[CLIENT], text("ipc:/door/room?x"), data, (uint32_t)strlen(data),
                         buffer_of(CLIENT, 1024), options, overlapped);
}

void ask(const char *data, const struct uripc_request_options *options, uint64_t overlapped)
{
    assert_int_equal(start_ask(data, options, overlapped), URIPC_PENDING);
}

void serve_at(uint32_t peer, struct uripc_handle handle, uint64_t remember, uint64_t overlapped)
{
    const struct uripc_serve_options options = {.size = sizeof options, .remember = remember};
    sim_enter(world, peer);
    assert_int_equal(uripc_serve(layers[peer], handle, buffer_of(peer, 1024), &options, overlapped),
                     URIPC_PENDING);
}

void serve(uint64_t remember)
{
    serve_at(SERVER, door, remember, SERVE);
}

void reply_as(uint32_t peer, uint64_t id, const char *data, uint64_t overlapped)
{
    sim_enter(world, peer);
    assert_int_equal(uripc_reply(layers[peer], id, data, (uint32_t)strlen(data), overlapped),
                     URIPC_PENDING);
}

void reply(uint64_t id, const char *data)
{
    reply_as(SERVER, id, data, REPLY);
}

void expect_message(uint32_t peer, const char *source, const char *target, const char *data)
{
    struct uripc_message lengths;
    struct uripc_message_parts parts;
    const char *at = buffers[peer];
    assert_int_equal(uripc_message_read(at, sizeof buffers[peer], 1, &lengths, &parts), URIPC_OK);
    if (source != NULL) {
        assert_int_equal(lengths.source_units, strlen(source));
        assert_memory_equal(at + parts.source, source, strlen(source));
    }
    if (target != NULL) {
        assert_int_equal(lengths.target_units, strlen(target));
        assert_memory_equal(at + parts.target, target, strlen(target));
    }
    assert_int_equal(lengths.data_bytes, strlen(data));
    assert_memory_equal(at + parts.data, data, strlen(data));
}

uint64_t expect_served(uint32_t peer, const char *data, enum uripc_certainty certainty)
{
    const struct uripc_completion done = await(peer);
    assert_string_equal(uripc_status_name(done.status), "ok");
    assert_int_equal(done.call, URIPC_CALL_SERVE);
    assert_int_equal(done.certainty, certainty);
    assert_int_equal(done.data_bytes, strlen(data));
    expect_message(peer, NULL, NULL, data);
    return done.message_id;
}

uint64_t served(const char *data)
{
    return expect_served(SERVER, data, URIPC_DEFINITE);
}

void expect_reply(uint64_t overlapped, const char *data)
{
    const struct uripc_completion done = await(CLIENT);
    assert_string_equal(uripc_status_name(done.status), "ok");
    assert_int_equal(done.overlapped, overlapped);
    expect_message(CLIENT, "ipc:/door/room?x", NULL, data);
}

struct uripc_completion expect_done(uint32_t peer, uint64_t overlapped, enum uripc_status status,
                                    enum uripc_certainty certainty)
{
    const struct uripc_completion done = await(peer);
    assert_string_equal(uripc_status_name(done.status), uripc_status_name(status));
    assert_int_equal(done.overlapped, overlapped);
    assert_int_equal(done.certainty, certainty);
    return done;
}

void expect_quiet(uint32_t peer, uint64_t nanoseconds)
{
    struct uripc_completion none;
    assert_false(run(sim_now(world) + nanoseconds, peer, &none));
}

struct uripc_layer_counters counters(uint32_t peer)
{
    struct uripc_layer_counters found;
    uripc_layers_counters(layers[peer], &found);
    return found;
}
