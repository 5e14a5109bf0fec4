/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "fake_layers.h"

enum { BUFFERS = 32 };

static const struct uripc_calls calls = {
    .size = sizeof calls,
    .register_ = uripc_register,
    .send = uripc_send,
    .receive = uripc_receive,
    .cancel = uripc_cancel,
    .close = uripc_close,
    .poll = uripc_poll,
};

struct sim_world *world;
struct uripc_layers *layers[PEERS];
bool moving;

static size_t bytes_of[PEERS];
static void *kept[PEERS][BUFFERS];
static uint32_t kept_count[PEERS];
static uint64_t wanted[PEERS]; /* when the last turn asked for the next */
static struct layers_setup how;

static bool give_buffer(void *self, uint32_t size, struct uripc_buffer *buffer, void **bytes)
{
    uint32_t peer = (uint32_t)(uintptr_t)self;
    *bytes = malloc(size);
    assert_true(kept_count[peer] < BUFFERS);
    kept[peer][kept_count[peer]++] = *bytes;
    *buffer = (struct uripc_buffer){(uint64_t)(uintptr_t)*bytes, size};
    return *bytes != NULL;
}

static void copy_out(void *self, uint64_t id, uint32_t offset, const void *bytes, uint32_t length)
{
    (void)self;
    memcpy((char *)(uintptr_t)id + offset, bytes, length);
}

static struct uripc_layers *make(uint32_t peer, const struct layers_setup *setup)
{
    const struct uripc_layer_limits *limits =
        setup->limits[peer] ? setup->limits[peer] : &uripc_layer_limits_tiny;
    const struct uripc_ground ground = {.size = sizeof ground,
                                        .calls = &calls,
                                        .node = sim_node(world, peer),
                                        .identity = 0xabcd000000000000u + peer,
                                        .self = (void *)(uintptr_t)peer,
                                        .buffer = give_buffer,
                                        .copy_out = copy_out};
    bytes_of[peer] = setup->parts ? uripc__layers_bytes(limits, setup->parts, setup->part_count)
                                  : uripc_layers_bytes(limits);
    assert_int_not_equal(bytes_of[peer], 0);
    void *block = malloc(bytes_of[peer]);
    return setup->parts
               ? uripc__layers_init(block, limits, &ground, setup->parts, setup->part_count)
               : uripc_layers_init(block, limits, &ground);
}

void begin_world(const struct layers_setup *setup)
{
    static const struct sim_backend backend = {
        .name = "reference", .node = &uripc_node_ops, .table = &uripc_table_ops};
    const struct sim_config config = {
        .size = sizeof config,
        .seed = setup->seed,
        .backend = &backend,
        .link = setup->link,
        .profile = sim_profile_find(setup->profile ? setup->profile : "local"),
        .foreign_buffers = true};
    how = *setup;
    world = sim_create(&config);
    assert_non_null(world);
    for (uint32_t i = 0; i < PEERS; i++) {
        (void)sim_start(world, 0);
        kept_count[i] = 0;
        wanted[i] = 0;
        layers[i] = make(i, setup);
        assert_non_null(layers[i]);
    }
}

void restart(uint32_t peer)
{
    sim_restart(world, peer);
    free(layers[peer]);
    wanted[peer] = 0;
    layers[peer] = make(peer, &how);
    assert_non_null(layers[peer]);
}

void end_world(void)
{
    sim_destroy(world);
    for (uint32_t i = 0; i < PEERS; i++) {
        for (uint32_t j = 0; j < kept_count[i]; j++)
            free(kept[i][j]);
        free(layers[i]);
    }
}

size_t block_bytes(uint32_t peer)
{
    return bytes_of[peer];
}

void turn(uint32_t peer)
{
    if (!sim_alive(world, peer))
        return;
    sim_enter(world, peer);
    if (moving) {
        void *block = malloc(bytes_of[peer]);
        memcpy(block, layers[peer], bytes_of[peer]);
        free(layers[peer]);
        layers[peer] = block;
    }
    do
        wanted[peer] = uripc_layers_turn(layers[peer], sim_now(world));
    while (wanted[peer] <= sim_now(world));
}

bool run(uint64_t until, uint32_t peer, struct uripc_completion *done)
{
    for (;;) {
        uint64_t next = until;
        for (uint32_t i = 0; i < PEERS; i++) {
            turn(i);
            if (sim_alive(world, i) && wanted[i] < next)
                next = wanted[i];
        }
        if (done != NULL && uripc_layers_poll(layers[peer], done) == URIPC_OK)
            return true;
        if (sim_next_time(world) <= next)
            (void)sim_step(world);
        else
            (void)sim_advance(world, next);
        if (sim_now(world) >= until)
            return false;
    }
}

void pass(uint64_t nanoseconds)
{
    (void)run(sim_now(world) + nanoseconds, 0, NULL);
}

struct uripc_completion await(uint32_t peer)
{
    struct uripc_completion done = {0};
    assert_true(run(sim_now(world) + 600 * SECOND, peer, &done));
    return done;
}

void expect(uint32_t peer, uint64_t overlapped, enum uripc_status status)
{
    const struct uripc_completion done = await(peer);
    assert_string_equal(uripc_status_name(done.status), uripc_status_name(status));
    assert_int_equal(done.overlapped, overlapped);
}

void expect_nothing(uint32_t peer)
{
    struct uripc_completion done;
    assert_int_equal(uripc_layers_poll(layers[peer], &done), URIPC_WOULD_BLOCK);
}

struct uripc_text text(const char *at)
{
    return (struct uripc_text){at, strlen(at)};
}

struct uripc_handle register_name(uint32_t peer, const char *uri, uint64_t overlapped)
{
    return register_as(peer, uri, NULL, overlapped);
}

struct uripc_handle register_as(uint32_t peer, const char *uri,
                                const struct uripc_register_options *options, uint64_t overlapped)
{
    const struct uripc_handle none = {0};
    sim_enter(world, peer);
    assert_int_equal(uripc_register(sim_node(world, peer), none, text(uri), options, overlapped),
                     URIPC_PENDING);
    const struct uripc_completion done = await(peer);
    assert_int_equal(done.status, URIPC_OK);
    return done.handle;
}
