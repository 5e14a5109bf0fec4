/* SPDX-License-Identifier: MIT */
/* A shared queue and its workers under everything at once, whoever keeps the names: whatever
 * workers do, give up or die of, each message that was accepted is received once or is still in the
 * queue, in its place. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include <uripc/message.h>

#include "simulator/sim.h"

enum {
    HOME,
    SENDER,
    WORKER, /* the first of them */
    PROCESSES = WORKER + 3,
    TURNS = 120,
    HISTORIES = 500,
    CALLS = 2 * TURNS + 64,
    BUFFER = 128,
    OPERATIONS = 24
};

static const struct sim_backend reference = {
    .name = "reference", .node = &uripc_node_ops, .table = &uripc_table_ops};

struct play {
    struct sim_world *world;
    uint64_t random;
    uint64_t calls; /* made so far; the overlapped of the last one */
    struct uripc_handle handles[PROCESSES];
    bool joining[PROCESSES];
    uint32_t process_of[CALLS];
    uint64_t buffer_of[CALLS];
    uint32_t serial_of[CALLS];
    uint32_t sent;
    bool accepted[CALLS];
    uint32_t received[CALLS];
    uint32_t last; /* serial that was received last */
};

/* How often what the test is about has happened, in all histories. */
static uint64_t taken_by_workers, died, given_up;

static uint32_t pick(struct play *play, uint32_t n)
{
    play->random = play->random * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (uint32_t)(play->random >> 33) % n;
}

static struct uripc_text text(const char *string)
{
    return (struct uripc_text){.at = string, .length = strlen(string)};
}

static struct uripc_node *enter(struct play *play, uint32_t process)
{
    sim_enter(play->world, process);
    return sim_node(play->world, process);
}

static uint64_t begin_call(struct play *play, uint32_t process)
{
    assert_true(play->calls + 1 < CALLS);
    play->process_of[++play->calls] = process;
    return play->calls;
}

/* ---- calls ---- */

static void hold(struct play *play, uint32_t process, const char *name, enum uripc_kind kind)
{
    const struct uripc_register_options options = {.size = sizeof options, .kind = kind};
    uint64_t overlapped = begin_call(play, process);
    assert_int_equal(uripc_register(enter(play, process), (struct uripc_handle){0}, text(name),
                                    &options, overlapped),
                     URIPC_PENDING);
    play->joining[process] = true;
}

static void send(struct play *play)
{
    uint64_t overlapped = begin_call(play, SENDER);
    uint32_t serial = ++play->sent;
    play->serial_of[overlapped] = serial;
    assert_int_equal(uripc_send(enter(play, SENDER), play->handles[SENDER], NULL, text("ipc:/pool"),
                                &serial, sizeof serial, NULL, overlapped),
                     URIPC_PENDING);
}

static enum uripc_status receive(struct play *play, uint32_t process, uint32_t flags,
                                 uint64_t deadline)
{
    const struct uripc_receive_options options = {
        .size = sizeof options, .flags = flags, .deadline = deadline};
    uint64_t overlapped = begin_call(play, process);
    play->buffer_of[overlapped] = sim_buffer_create(play->world, process, BUFFER);
    const struct uripc_buffer buffer = {.id = play->buffer_of[overlapped],
                                        .size = pick(play, 5) == 0 && !flags ? 0 : BUFFER};
    enum uripc_status status =
        uripc_receive(enter(play, process), play->handles[process], buffer, &options, overlapped);
    assert_true(status == URIPC_PENDING || status == URIPC_NO_RESOURCES);
    return status;
}

/* ---- completions ---- */

static void count(struct play *play, const struct uripc_completion *completion)
{
    struct uripc_message header;
    struct uripc_message_parts parts;
    uint32_t serial;
    const unsigned char *bytes =
        sim_buffer_bytes(play->world, play->buffer_of[completion->overlapped], NULL);
    memcpy(&header, bytes, sizeof header);
    assert_true(uripc_message_layout(&header, 1, &parts));
    memcpy(&serial, bytes + parts.data, sizeof serial);
    assert_in_range(serial, 1, play->sent);
    play->received[serial]++;
    play->last = serial;
    taken_by_workers += play->process_of[completion->overlapped] >= WORKER;
}

static void poll(struct play *play, uint32_t process)
{
    struct uripc_completion completion;
    while (uripc_poll(enter(play, process), &completion) == URIPC_OK) {
        if (completion.call == URIPC_CALL_REGISTER) {
            assert_int_equal(completion.status, URIPC_OK);
            play->handles[process] = completion.handle;
            play->joining[process] = false;
        }
        if (completion.call == URIPC_CALL_SEND)
            play->accepted[play->serial_of[completion.overlapped]] = completion.status == URIPC_OK;
        if (completion.call == URIPC_CALL_RECEIVE && completion.status == URIPC_OK)
            count(play, &completion);
        given_up += completion.call == URIPC_CALL_RECEIVE && completion.status != URIPC_OK;
    }
}

static void run(struct play *play, uint64_t time)
{
    assert_int_equal(sim_advance(play->world, sim_now(play->world) + time), SIM_IDLE);
    for (uint32_t process = 0; process < PROCESSES; process++)
        poll(play, process);
}

/* ---- a history ---- */

static void close_handle(struct play *play, uint32_t process)
{
    uint64_t overlapped = begin_call(play, process);
    assert_int_equal(uripc_close(enter(play, process), play->handles[process], overlapped),
                     URIPC_PENDING);
    play->handles[process].id = 0;
}

/* What it has received counts: the messages are gone with it (DSP-9). */
static void kill_worker(struct play *play, uint32_t process)
{
    poll(play, process);
    sim_restart(play->world, process);
    play->handles[process].id = 0;
    play->joining[process] = false;
    died++;
}

static void turn_of(struct play *play, uint32_t process)
{
    static const uint64_t deadlines[] = {0, 0, 5000, 20000, 60000};
    uint64_t recent = play->calls - pick(play, 12) % play->calls;
    if (play->handles[process].id == 0) {
        if (!play->joining[process])
            hold(play, process, "ipc:/pool", URIPC_SHARED);
        return;
    }
    uint32_t what = pick(play, 16);
    if (what < 10)
        (void)receive(play, process, what == 0 ? URIPC_NOWAIT : 0, deadlines[pick(play, 5)]);
    else if (what < 13)
        (void)uripc_cancel(enter(play, process), recent);
    else if (process != HOME && what == 13)
        close_handle(play, process);
    else if (process != HOME && what == 14)
        kill_worker(play, process);
}

static void begin(struct play *play, uint64_t seed)
{
    static const enum sim_resolver_kind kinds[] = {SIM_RESOLVER_TABLE, SIM_RESOLVER_DAEMON,
                                                   SIM_RESOLVER_RENDEZVOUS};
    static const struct sim_link_faults link = {.delay_min = 1000, .delay_max = 30000};
    struct uripc_limits limits = uripc_limits_default;
    limits.operations = OPERATIONS;
    const struct sim_config config = {.size = sizeof config,
                                      .seed = seed,
                                      .backend = &reference,
                                      .link = &link,
                                      .resolver = sim_resolver_usual(kinds[seed % 3]),
                                      .limits = limits,
                                      .processes = PROCESSES};
    *play = (struct play){.world = sim_create(&config), .random = seed};
    assert_non_null(play->world);
    for (uint32_t process = 0; process < PROCESSES; process++)
        (void)sim_start(play->world, 0);
    hold(play, HOME, "ipc:/pool", URIPC_SHARED);
    hold(play, SENDER, "ipc:/sender", URIPC_EXCLUSIVE);
    run(play, 5000000); /* a lock may have to be waited for */
}

/* All workers leave, and the home gets what is left, in the order in which it was sent. */
static void end(struct play *play)
{
    run(play, 50000000); /* whoever wants to join has done so */
    for (uint32_t process = WORKER; process < PROCESSES; process++)
        if (play->handles[process].id != 0)
            close_handle(play, process);
    (void)uripc_cancel_all(enter(play, HOME), play->handles[HOME]);
    run(play, 1000000);
    uint32_t before;
    play->last = 0;
    do {
        before = play->last;
        (void)receive(play, HOME, URIPC_NOWAIT, 0);
        run(play, 0);
        assert_true(play->last >= before);
    } while (play->last != before);
}

/* DSP-8, DSP-9, DSP-10 */
static void what_was_accepted_is_received_once(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= HISTORIES; seed++) {
        struct play *play = malloc(sizeof *play);
        begin(play, seed);
        while (play->calls < TURNS) {
            if (pick(play, 3) == 0)
                send(play);
            else
                turn_of(play, pick(play, 3) == 0 ? HOME : WORKER + pick(play, PROCESSES - WORKER));
            run(play, pick(play, 4) * 8000);
        }
        end(play);
        for (uint32_t i = 0; i < OPERATIONS; i++) /* nothing of a worker's is kept at the home */
            assert_int_equal(receive(play, HOME, 0, 0), URIPC_PENDING);
        for (uint32_t serial = 1; serial <= play->sent; serial++) {
            if (!play->accepted[serial] || play->received[serial] != 1)
                print_error("seed %u: message %u was accepted %d and received %u times\n",
                            (unsigned)seed, serial, play->accepted[serial], play->received[serial]);
            assert_true(play->accepted[serial]);
            assert_int_equal(play->received[serial], 1);
        }
        assert_int_equal(sim_violations(play->world)->total, 0);
        sim_destroy(play->world);
        free(play);
    }
    assert_true(taken_by_workers > HISTORIES && died > HISTORIES && given_up > HISTORIES);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(what_was_accepted_is_received_once)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
