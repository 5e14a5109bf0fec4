/* SPDX-License-Identifier: MIT */
/* Sessions under random calls and random faults: whatever happened, once the way is sound again all
 * that was accepted is read, in order and once, and every flush completes (SES-1, SES-14). */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "fake_layers.h"

enum {
    SIDES = 2,
    SEEDS = 60,
    STEPS = 60,
    LISTEN = 1,
    ACCEPT,
    CONNECT,
    WRITE,
    READ,
    FLUSH,
    LARGEST = 256
};

static struct uripc_handle ends[SIDES];
static uint64_t written[SIDES], taken[SIDES]; /* bytes of the stream from each peer */
static bool flushed[SIDES];
static char buffer[LARGEST];

static uint64_t random_state;

static uint32_t below(uint32_t n)
{
    random_state = random_state * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(random_state >> 33) % n;
}

/* The byte of a peer's stream at that place. */
static char byte_at(uint32_t peer, uint64_t place)
{
    return (char)((place * 31 + place / 251 + peer * 7) & 0xff);
}

/* The completion of that call, which comes at once; one of a flush may come before it. */
static struct uripc_completion done_of(uint32_t peer, uint64_t overlapped)
{
    for (;;) {
        const struct uripc_completion done = await(peer);
        if (done.overlapped == overlapped)
            return done;
        assert_int_equal(done.overlapped, FLUSH);
        assert_string_equal(uripc_status_name(done.status), "ok");
        flushed[peer] = true;
    }
}

static void write_some(uint32_t peer)
{
    const struct uripc_transfer_options hasty = {.size = sizeof hasty, .flags = URIPC_NOWAIT};
    char data[LARGEST];
    const uint32_t length = below(4) == 0 ? 0 : below(LARGEST + 1);
    for (uint32_t i = 0; i < length; i++)
        data[i] = byte_at(peer, written[peer] + i);
    sim_enter(world, peer);
    assert_int_equal(uripc_session_send(layers[peer], ends[peer], data, length, &hasty, WRITE),
                     URIPC_PENDING);
    const enum uripc_status status = done_of(peer, WRITE).status;
    if (status == URIPC_OK)
        written[peer] += length;
    else
        assert_true(status == URIPC_WOULD_BLOCK || status == URIPC_NO_RESOURCES);
}

static void read_some(uint32_t peer)
{
    const struct uripc_transfer_options hasty = {.size = sizeof hasty, .flags = URIPC_NOWAIT};
    const struct uripc_buffer into = {(uint64_t)(uintptr_t)buffer, 1 + below(LARGEST)};
    const uint32_t from = 1 - peer;
    sim_enter(world, peer);
    assert_int_equal(uripc_session_receive(layers[peer], ends[peer], into, &hasty, READ),
                     URIPC_PENDING);
    const struct uripc_completion done = done_of(peer, READ);
    if (done.status == URIPC_WOULD_BLOCK)
        return;
    assert_true(done.status == URIPC_OK || done.status == URIPC_MORE);
    for (uint32_t i = 0; i < done.bytes; i++)
        assert_int_equal(buffer[i], byte_at(from, taken[from]++));
    assert_true(taken[from] <= written[from]);
}

static void disturb(void)
{
    const struct sim_link_faults bad = {.delay_min = 1000,
                                        .delay_max = 1000 + below(20000000),
                                        .loss_num = below(5),
                                        .loss_den = 10,
                                        .duplicate_num = below(3),
                                        .duplicate_den = 10,
                                        .reorder = below(2) == 0};
    const uint32_t from = below(SIDES);
    switch (below(3)) {
    case 0:
        sim_link_all(world, &bad);
        break;
    case 1:
        sim_cut(world, from, 1 - from);
        break;
    default:
        sim_heal(world, from, 1 - from);
    }
}

static void begin(uint64_t seed, enum uripc_mode mode)
{
    const struct uripc_listen_options how = {.size = sizeof how, .mode = mode};
    const struct layers_setup setup = {.seed = seed,
                                       .profile = seed % 2 ? "local" : "mailslot-remote-w2k"};
    begin_world(&setup);
    random_state = seed;
    memset(written, 0, sizeof written);
    memset(taken, 0, sizeof taken);
    memset(flushed, 0, sizeof flushed);
    sim_enter(world, 0);
    assert_int_equal(uripc_listen(layers[0], text("ipc:/door"), &how, LISTEN), URIPC_PENDING);
    const struct uripc_handle listener = await(0).handle;
    sim_enter(world, 0);
    assert_int_equal(uripc_accept(layers[0], listener, NULL, ACCEPT), URIPC_PENDING);
    sim_enter(world, 1);
    assert_int_equal(uripc_connect(layers[1], text("ipc:/door"), NULL, CONNECT), URIPC_PENDING);
    for (uint32_t i = SIDES; i-- > 0;) {
        const struct uripc_completion done = await(i);
        assert_string_equal(uripc_status_name(done.status), "ok");
        ends[i] = done.handle;
    }
}

/* Both read what there is, while the way is as bad as it is, so that what was read last is told
 * over a bad way. */
static void read_on(uint32_t rounds)
{
    for (uint32_t i = 0; i < rounds; i++) {
        pass(SECOND / 10);
        for (uint32_t peer = 0; peer < SIDES; peer++)
            read_some(peer);
    }
}

/* The way is sound, and both flush what they wrote. */
static void mend(void)
{
    sim_heal(world, 0, 1);
    sim_heal(world, 1, 0);
    sim_link_all(world, &sim_link_dull);
    for (uint32_t i = 0; i < SIDES; i++) {
        sim_enter(world, i);
        assert_int_equal(uripc_session_flush(layers[i], ends[i], NULL, FLUSH), URIPC_PENDING);
    }
}

static void all_is_read_and_flushed_once_the_way_is_sound(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= SEEDS; seed++) {
        begin(seed, seed % 4 < 2 ? URIPC_MESSAGES : URIPC_BYTES);
        for (uint32_t i = 0; i < STEPS; i++) {
            const uint32_t peer = below(SIDES);
            switch (below(4)) {
            case 0:
                write_some(peer);
                break;
            case 1:
                read_some(peer);
                break;
            case 2:
                pass(1 + below(100000000));
                break;
            default:
                disturb();
            }
        }
        read_on(below(60));
        mend();
        for (uint32_t i = 0; i < 200 && !(flushed[0] && flushed[1]); i++)
            read_on(1);
        assert_true(flushed[0] && flushed[1]);
        assert_int_equal(taken[0], written[0]);
        assert_int_equal(taken[1], written[1]);
        end_world();
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_is_read_and_flushed_once_the_way_is_sound),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
