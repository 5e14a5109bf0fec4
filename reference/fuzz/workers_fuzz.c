/* SPDX-License-Identifier: MIT */
/* A node with a queue that others join, and with a handle on a queue elsewhere, among peers that
 * say anything at any time: whatever they say, no buffer is overrun, and when all is closed and
 * everybody gone, no call and no message is left.  Four bytes are a step. */
#include <assert.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>

#include "reference/node.h"
#include "reference/state.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { PEERS = 3, FIRST_PEER = 1000, AWAY = 5, RELEASES = 64, IDENTITY = 77 };

static const char text[] = "ipc:/pool";
static const unsigned char bytes[256];
static const enum uripc_status statuses[] = {URIPC_OK, URIPC_BUFFER_TOO_SMALL, URIPC_TIMEOUT,
                                             URIPC_NO_RESOURCES, URIPC_ABORTED};
static const enum uripc_overflow policies[] = {URIPC_REJECT, URIPC_BLOCK, URIPC_DROP_NEWEST,
                                               URIPC_DROP_OLDEST};

static struct {
    struct uripc_node *node;
    struct uripc_claim claim;
    bool claimed;
    uint32_t releases[RELEASES];
    unsigned release_count;
    uint64_t join, time, calls;
    struct uripc_handle home, away;
} world;

/* ---- the host ---- */

static void claim(void *self, const struct uripc_claim *wanted)
{
    (void)self;
    world.claim = *wanted;
    world.claimed = true;
}

static void release(void *self, uint32_t ticket, uint64_t serial)
{
    (void)self, (void)serial;
    assert(world.release_count < RELEASES);
    world.releases[world.release_count++] = ticket;
}

static void lookup(void *self, uint32_t ticket, struct uripc_text target)
{
    (void)self, (void)ticket, (void)target;
}

static enum uripc_status carry(void *self, uint32_t peer, bool group,
                               const struct uripc_frame *frame)
{
    (void)self, (void)group;
    assert(peer >= 1 && peer <= PEERS && frame->to.node == FIRST_PEER + peer);
    if (frame->kind == URIPC_FRAME_JOIN)
        world.join = frame->message_id;
    return URIPC_OK;
}

/* The id of a buffer is its size. */
static void copy_out(void *self, uint64_t id, uint32_t offset, const void *from, uint32_t length)
{
    (void)self, (void)from;
    assert((uint64_t)offset + length <= id);
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

static const struct uripc_host host = {.size = sizeof host,
                                       .claim = claim,
                                       .release = release,
                                       .lookup = lookup,
                                       .carry = carry,
                                       .copy_out = copy_out,
                                       .wake_at = wake_at,
                                       .run_one = run_one};

/* ---- steps ---- */

static void frame(enum uripc_frame_kind kind, uint8_t a, uint8_t b, uint8_t c)
{
    const uint32_t peer = 1 + a % PEERS;
    const struct uripc_text uri = {.at = text, .length = sizeof text - 1};
    const bool to_away = kind == URIPC_FRAME_GIVEN;
    struct uripc_frame said = {
        .kind = kind,
        .status = statuses[(a >> 2) % 5],
        .flags = c & 7, /* nowait, utf16, discard */
        .confirmed = (a & 128) != 0,
        .size = c * 2u,
        .from = {.node = FIRST_PEER + peer, .serial = b},
        .to = {.node = IDENTITY, .serial = to_away ? world.away.id : world.home.id},
        .message_id = b % 8,
        .take = to_away ? world.join + b % 8 : b % 8,
        .home = {.node = FIRST_PEER + peer, .serial = AWAY},
        .name_units = sizeof text - 1,
    };
    if (kind == URIPC_FRAME_MESSAGE || (to_away && said.status == URIPC_OK && c != 0)) {
        said.source = said.target = uri;
        said.data = c < 250 ? bytes : NULL; /* the host could not hold it */
        said.data_bytes = c;
    }
    uripc_node_on_frame(world.node, peer, &said);
}

static void answer_resolver(void)
{
    while (world.release_count != 0)
        uripc_node_on_released(world.node, world.releases[--world.release_count]);
}

static struct uripc_handle poll(void)
{
    struct uripc_completion done;
    struct uripc_handle opened = {0};
    while (uripc_poll(world.node, &done) == URIPC_OK)
        if (done.call == URIPC_CALL_REGISTER && done.status == URIPC_OK)
            opened = done.handle;
    return opened;
}

static void hold(enum uripc_overflow overflow)
{
    const struct uripc_register_options options = {
        .size = sizeof options, .kind = URIPC_SHARED, .overflow = overflow, .queue_messages = 3};
    world.claimed = false;
    (void)uripc_register(world.node, (struct uripc_handle){0},
                         (struct uripc_text){.at = text, .length = sizeof text - 1}, &options,
                         ++world.calls);
    if (!world.claimed)
        return;
    uripc_node_on_claimed(world.node, world.claim.ticket, URIPC_OK, world.claim.serial);
    world.home = poll();
}

static void join(void)
{
    const struct uripc_register_options options = {.size = sizeof options, .kind = URIPC_SHARED};
    world.claimed = false;
    (void)uripc_register(world.node, (struct uripc_handle){0},
                         (struct uripc_text){.at = "ipc:/away", .length = 9}, &options,
                         ++world.calls);
    if (!world.claimed)
        return;
    uripc_node_on_joined(world.node, world.claim.ticket, 1,
                         (struct uripc_incarnation){.node = FIRST_PEER + 1, .serial = AWAY});
    frame(URIPC_FRAME_GIVEN, 0, 0, 0); /* it may */
    world.away = poll();
}

static void receive(struct uripc_handle handle, uint8_t b, uint8_t c)
{
    const struct uripc_receive_options options = {
        .size = sizeof options, .flags = b & 7, .deadline = b & 8 ? 1 + (b >> 4) : 0};
    const uint32_t room = c * 2u;
    (void)uripc_receive(world.node, handle, (struct uripc_buffer){.id = room, .size = room},
                        &options, ++world.calls);
}

static void step(const uint8_t *at)
{
    const uint8_t a = at[1], b = at[2], c = at[3];
    const uint32_t peer = 1 + a % PEERS;
    switch (at[0] % 12) {
    case 0:
        frame((enum uripc_frame_kind)(1 + b % 7), a, c, b);
        break;
    case 1:
    case 2:
        frame(URIPC_FRAME_MESSAGE, a, b, c);
        break;
    case 3:
    case 4:
        frame(URIPC_FRAME_TAKE, a, b, c);
        break;
    case 5:
        frame(URIPC_FRAME_TAKEN, a, b, c);
        break;
    case 6:
        frame(URIPC_FRAME_GIVEN, a, b, c);
        break;
    case 7:
        receive(a & 1 ? world.home : world.away, b, c);
        break;
    case 8:
        (void)uripc_cancel(world.node, world.calls - b % 8);
        break;
    case 9:
        uripc_node_set_time(world.node, world.time += b);
        uripc_node_on_wake(world.node);
        break;
    case 10:
        uripc_node_on_peer_left(world.node, peer);
        if (b & 1)
            uripc_node_on_peer_down(world.node, peer);
        break;
    default:
        if (uripc_close(world.node, a & 1 ? world.home : world.away, ++world.calls) !=
            URIPC_PENDING)
            break;
        answer_resolver();
        (void)poll();
        if (a & 1)
            hold(policies[b % 4]);
        else
            join();
        break;
    }
    answer_resolver();
    (void)poll();
}

static void end(void)
{
    for (uint32_t peer = 1; peer <= PEERS; peer++) {
        uripc_node_on_peer_left(world.node, peer);
        uripc_node_on_peer_down(world.node, peer);
    }
    (void)uripc_cancel_all(world.node, world.home);
    (void)poll();
    assert(world.node->in_flight == 0); /* nothing of workers is left */
    (void)uripc_close(world.node, world.home, ++world.calls);
    answer_resolver();
    (void)poll();
    (void)uripc_close(world.node, world.away, ++world.calls);
    answer_resolver();
    (void)poll();
    assert(world.node->in_flight == 0);
    assert(uripc__pool_take(&world.node->pool, uripc__at(world.node, world.node->at_pool),
                            world.node->limits.pool_bytes) != 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct uripc_limits limits = {.size = sizeof limits,
                                        .registrations = 4,
                                        .operations = 12,
                                        .routes = 2,
                                        .pool_bytes = 1500,
                                        .uri_units = 64};
    void *block = malloc(uripc_node_bytes(&limits));
    assert(block != NULL);
    world.node = uripc_node_init(block, &limits, &host, &world, IDENTITY, 0);
    world.time = world.calls = world.release_count = 0;
    hold(size != 0 ? policies[data[0] % 4] : URIPC_REJECT);
    join();
    for (; size >= 4; size -= 4, data += 4)
        step(data);
    end();
    uripc_node_fini(world.node);
    free(block);
    return 0;
}
