/* SPDX-License-Identifier: MIT */
/* What a case cannot say: block number 0, options of another version, frames for another life, and
 * that a node is a value.  A host that does nothing but remember. */
#include "node.h"

#include <stdarg.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { IDENTITY = 77, PEER = 3 };

struct world {
    struct uripc_node *node;
    size_t bytes;
    unsigned claims;
    unsigned answers;
    enum uripc_status answer;
};

static void claim(void *self, const struct uripc_claim *claim)
{
    struct world *world = self;
    (void)claim;
    world->claims++;
}

static void release(void *self, uint32_t ticket, uint64_t serial)
{
    (void)self, (void)ticket, (void)serial;
}

static void lookup(void *self, uint32_t ticket, struct uripc_text target)
{
    (void)self, (void)ticket, (void)target;
}

static enum uripc_status carry(void *self, uint32_t peer, bool group,
                               const struct uripc_frame *frame)
{
    struct world *world = self;
    (void)peer, (void)group;
    world->answers++;
    world->answer = frame->status;
    return URIPC_OK;
}

static void copy_out(void *self, uint64_t id, uint32_t offset, const void *bytes, uint32_t length)
{
    (void)self, (void)id, (void)offset, (void)bytes, (void)length;
}

static void wake_at(void *self, uint64_t at)
{
    (void)self, (void)at;
}

static bool run_one(void *self)
{
    (void)self;
    return false;
}

static const struct uripc_host host = {
    .size = sizeof host,
    .claim = claim,
    .release = release,
    .lookup = lookup,
    .carry = carry,
    .copy_out = copy_out,
    .wake_at = wake_at,
    .run_one = run_one,
};

static int set_up(void **state)
{
    struct world *world = calloc(1, sizeof *world);
    world->bytes = uripc_node_bytes(&uripc_limits_tiny);
    world->node =
        uripc_node_init(calloc(1, world->bytes), &uripc_limits_tiny, &host, world, IDENTITY, PEER);
    *state = world;
    return world->node == NULL;
}

static int tear_down(void **state)
{
    struct world *world = *state;
    free(world->node);
    free(world);
    return 0;
}

static const struct uripc_text name = {.at = "ipc:/a", .length = 6};

static enum uripc_status start_register(struct world *world,
                                        const struct uripc_register_options *options,
                                        uint64_t overlapped)
{
    return uripc_register(world->node, (struct uripc_handle){0}, name, options, overlapped);
}

/* A registered handle, by an obedient resolver. */
static struct uripc_handle open_handle(struct world *world)
{
    struct uripc_completion done;
    assert_int_equal(start_register(world, NULL, 1), URIPC_PENDING);
    uripc_node_on_claimed(world->node, 0, URIPC_OK, 1u << 16);
    assert_int_equal(uripc_poll(world->node, &done), URIPC_OK);
    assert_int_equal(done.status, URIPC_OK);
    return done.handle;
}

static void block_number_0_is_no_block(void **state)
{
    struct world *world = *state;
    assert_int_equal(start_register(world, NULL, 0), URIPC_INVALID_ARGUMENT);
    assert_int_equal(world->claims, 0);
}

static void polling_nothing_writes_nothing(void **state)
{
    struct world *world = *state;
    struct uripc_completion done;
    unsigned char before[sizeof done];
    memset(&done, 0x5a, sizeof done);
    memcpy(before, &done, sizeof done);
    assert_int_equal(uripc_poll(world->node, &done), URIPC_WOULD_BLOCK);
    assert_memory_equal(before, &done, sizeof done);
}

static void options_of_another_version_are_read_or_refused(void **state)
{
    struct world *world = *state;
    struct {
        struct uripc_register_options known;
        uint64_t newer;
    } longer = {.known = {.size = sizeof longer}};
    struct uripc_register_options shorter = {.size = sizeof(size_t), .kind = (enum uripc_kind)99};

    longer.newer = 1; /* an option this version does not know */
    assert_int_equal(start_register(world, &longer.known, 1), URIPC_INVALID_ARGUMENT);
    longer.newer = 0;
    assert_int_equal(start_register(world, &longer.known, 1), URIPC_PENDING);
    assert_int_equal(start_register(world, &shorter, 2), URIPC_PENDING); /* 99 is not read */
    shorter.size = 0;
    assert_int_equal(start_register(world, &shorter, 3), URIPC_INVALID_ARGUMENT);
}

static void values_outside_their_range_are_refused(void **state)
{
    struct world *world = *state;
    struct uripc_register_options options = {.size = sizeof options};
    struct uripc_receive_options receive = {.size = sizeof receive, .flags = 1u << 30};
    struct uripc_handle handle = open_handle(world);
    options.overflow = (enum uripc_overflow)4;
    assert_int_equal(start_register(world, &options, 2), URIPC_INVALID_ARGUMENT);
    assert_int_equal(uripc_receive(world->node, handle, (struct uripc_buffer){0}, &receive, 2),
                     URIPC_INVALID_ARGUMENT);
}

static void limits_of_nothing_make_no_node(void **state)
{
    struct uripc_limits limits = uripc_limits_tiny;
    (void)state;
    limits.operations = 0;
    assert_int_equal(uripc_node_bytes(&limits), 0);
    limits = uripc_limits_tiny;
    limits.pool_bytes = UINT32_MAX;
    assert_int_equal(uripc_node_bytes(&limits), 0);
    assert_null(uripc_node_init(&limits, &limits, &host, NULL, 1, 1));
}

/* LIF-13: also where a host hands it over. */
static void a_frame_for_an_earlier_life_is_not_taken(void **state)
{
    struct world *world = *state;
    struct uripc_handle handle = open_handle(world);
    struct uripc_info info;
    struct uripc_frame frame = {
        .kind = URIPC_FRAME_MESSAGE,
        .confirmed = true,
        .from = {.node = 5, .serial = 6},
        .to = {.node = IDENTITY + 1, .serial = handle.id},
        .source = name,
        .target = name,
    };
    uripc_node_on_frame(world->node, 9, &frame);
    uripc_info(world->node, handle, &info);
    assert_int_equal(info.messages, 0);
    assert_int_equal(world->answers, 0);

    frame.to.node = IDENTITY;
    uripc_node_on_frame(world->node, 9, &frame);
    uripc_info(world->node, handle, &info);
    assert_int_equal(info.messages, 1);
    assert_int_equal(world->answer, URIPC_OK);

    frame.to.serial++; /* a registration that never was */
    uripc_node_on_frame(world->node, 9, &frame);
    assert_int_equal(world->answer, URIPC_PEER_GONE);
}

static void a_node_can_be_copied_and_put_back(void **state)
{
    struct world *world = *state;
    struct uripc_handle handle = open_handle(world);
    struct uripc_completion done;
    void *copy = malloc(world->bytes);
    memcpy(copy, world->node, world->bytes);
    assert_int_equal(uripc_close(world->node, handle, 4), URIPC_PENDING);
    assert_int_equal(uripc_info(world->node, handle, NULL), URIPC_INVALID_HANDLE);
    memcpy(world->node, copy, world->bytes);
    free(copy);
    assert_int_equal(uripc_info(world->node, handle, NULL), URIPC_OK);
    assert_int_equal(uripc_close(world->node, handle, 4), URIPC_PENDING);
    uripc_node_on_released(world->node, 0);
    assert_int_equal(uripc_poll(world->node, &done), URIPC_OK);
    assert_int_equal(done.overlapped, 4);
}

int main(void)
{
#define TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(block_number_0_is_no_block),
        TEST(polling_nothing_writes_nothing),
        TEST(options_of_another_version_are_read_or_refused),
        TEST(values_outside_their_range_are_refused),
        TEST(limits_of_nothing_make_no_node),
        TEST(a_frame_for_an_earlier_life_is_not_taken),
        TEST(a_node_can_be_copied_and_put_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL) != 0;
}
