/* SPDX-License-Identifier: MIT */
/* The reference's queue against the mathematics of queues: a receiver that takes a message, works
 * on it for a drawn time and takes the next is a server with a waiting room, and a registration's
 * queue that is full (SND-11, SND-12) is a waiting room without a place. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "fake_sample.h"
#include "simulator/sim.h"
#include "study/forms.h"

enum { SENDER, RECEIVER, PROCESSES };
enum { SEND = 1, WORK_IS_DONE };
enum { KIND_GAP = SIM_KIND_USER, KIND_SERVICE };
enum { RUNS = 20, UNCOUNTED = 200, MESSAGES = 6000, BUFFER = 64, ENDLESS = 1000, SEEN = 3 };

static const uint64_t mean_gap = 1000000;
static const uint64_t mean_service = 500000;

static const struct sim_backend reference = {
    .name = "reference", .node = &uripc_node_ops, .table = &uripc_table_ops};

struct mailbox {
    struct sim_world *world;
    struct uripc_handle handles[PROCESSES];
    uint64_t buffer, service;
    uint32_t sent, refused;
    uint32_t found[SEEN]; /* messages that met so many, the one that is worked on included */
    bool busy;
};

static struct mailbox mailbox;

static struct uripc_node *enter(uint32_t process)
{
    sim_enter(mailbox.world, process);
    return sim_node(mailbox.world, process);
}

static uint64_t exponential(uint64_t mean, uint32_t kind, uint64_t actor)
{
    const uint64_t bits = sim_draw(mailbox.world, kind, actor);
    const double share = ((double)(bits >> 12) + 0.5) / (double)(UINT64_C(1) << 52);
    return (uint64_t)((double)mean * -log(share));
}

static void receive(void)
{
    const struct uripc_buffer buffer = {.id = mailbox.buffer, .size = BUFFER};
    assert_int_equal(uripc_receive(enter(RECEIVER), mailbox.handles[RECEIVER], buffer, NULL, 1),
                     URIPC_PENDING);
}

/* Counted before it is sent, as nothing takes time on the way. */
static void look(void)
{
    struct uripc_info info;
    assert_int_equal(uripc_info(enter(RECEIVER), mailbox.handles[RECEIVER], &info), URIPC_OK);
    const uint32_t there = info.messages + mailbox.busy;
    if (there < SEEN)
        mailbox.found[there]++;
}

static void send(void)
{
    const struct uripc_text target = {"ipc:/box", strlen("ipc:/box")};
    if (mailbox.sent >= UNCOUNTED)
        look();
    assert_int_equal(uripc_send(enter(SENDER), mailbox.handles[SENDER], NULL, target, "x", 1, NULL,
                                1000 + mailbox.sent++),
                     URIPC_PENDING);
    if (mailbox.sent < MESSAGES)
        sim_at(mailbox.world, sim_now(mailbox.world) + exponential(mean_gap, KIND_GAP, SENDER),
               SENDER, SEND);
}

static void works(void *user, struct sim_world *world, uint32_t process, uint64_t word)
{
    (void)user;
    (void)process;
    (void)world;
    if (word == SEND) {
        send();
    } else {
        mailbox.busy = false;
        receive();
    }
}

static void completed(uint32_t process, const struct uripc_completion *done)
{
    if (done->call == URIPC_CALL_REGISTER) {
        mailbox.handles[process] = done->handle;
    } else if (done->call == URIPC_CALL_SEND) {
        mailbox.refused += done->status == URIPC_FULL && done->overlapped >= 1000 + UNCOUNTED;
    } else {
        assert_int_equal(done->status, URIPC_OK);
        mailbox.busy = true;
        sim_at(mailbox.world,
               sim_now(mailbox.world) + exponential(mailbox.service, KIND_SERVICE, RECEIVER),
               RECEIVER, WORK_IS_DONE);
    }
}

static void poll(uint32_t process)
{
    struct uripc_completion done;
    while (uripc_poll(enter(process), &done) == URIPC_OK)
        completed(process, &done);
}

static void settle(void)
{
    for (uint32_t process = 0; process < PROCESSES; process++)
        poll(process);
    while (sim_step(mailbox.world) == SIM_STEP)
        poll(sim_touched(mailbox.world));
}

static void hold(uint32_t process, const char *name, uint32_t places)
{
    const struct uripc_register_options options = {.size = sizeof options,
                                                   .queue_messages = places};
    const struct uripc_text uri = {name, strlen(name)};
    assert_int_equal(uripc_register(enter(process), (struct uripc_handle){0}, uri, &options, 2),
                     URIPC_PENDING);
}

/* A queue with so many places, and a receiver that needs so long for a message. */
static void run(uint64_t seed, uint32_t places, uint64_t service)
{
    static const struct sim_link_faults at_once;
    const struct sim_config config = {.size = sizeof config,
                                      .seed = seed,
                                      .backend = &reference,
                                      .link = &at_once,
                                      .processes = PROCESSES,
                                      .work = works};
    mailbox = (struct mailbox){.world = sim_create(&config), .service = service};
    assert_non_null(mailbox.world);
    for (uint32_t process = 0; process < PROCESSES; process++)
        (void)sim_start(mailbox.world, 0);
    hold(SENDER, "ipc:/sender", 1);
    hold(RECEIVER, "ipc:/box", places);
    settle();
    mailbox.buffer = sim_buffer_create(mailbox.world, RECEIVER, BUFFER);
    receive();
    sim_at(mailbox.world, 0, SENDER, SEND);
    settle();
    assert_int_equal(mailbox.sent, MESSAGES);
    sim_destroy(mailbox.world);
}

/* Shares in runs with different seeds, which are independent as the messages of one are not. */
static struct sample refusals(uint32_t places, uint64_t service)
{
    struct sample shares = {0};
    for (uint64_t seed = 1; seed <= RUNS; seed++) {
        run(seed, places, service);
        sample_add(&shares, (double)mailbox.refused / (MESSAGES - UNCOUNTED));
    }
    return shares;
}

static void check_refusals(uint32_t places, uint64_t service)
{
    const double expected =
        form_mm1k_drops(1.0 / (double)mean_gap, 1.0 / (double)service, places + 1);
    struct sample shares = refusals(places, service);
    assert_sample_tells(&shares, expected);
    shares = refusals(places, service + service / 10);
    assert_false(sample_agrees(&shares, expected));
}

static void a_bounded_queue_refuses_as_many_as_it_must(void **state)
{
    (void)state;
    check_refusals(1, mean_service);
    check_refusals(3, mean_gap);
}

static void a_queue_is_as_long_as_it_must_be(void **state)
{
    (void)state;
    struct sample shares[SEEN] = {{0}};
    for (uint64_t seed = 1; seed <= 2 * RUNS; seed++) {
        run(seed, ENDLESS, mean_service);
        assert_int_equal(mailbox.refused, 0);
        for (unsigned n = 0; n < SEEN; n++)
            sample_add(&shares[n], (double)mailbox.found[n] / (MESSAGES - UNCOUNTED));
    }
    for (unsigned n = 0; n < SEEN; n++)
        assert_sample_tells(&shares[n],
                            form_mm1_length(1.0 / (double)mean_gap, 1.0 / (double)mean_service, n));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_bounded_queue_refuses_as_many_as_it_must),
        cmocka_unit_test(a_queue_is_as_long_as_it_must_be),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
