/* SPDX-License-Identifier: MIT */
/* The simulator against mathematics: a closed form within five standard deviations, and an exact
 * oracle that must agree to the nanosecond.  Each is also shown a planted error it must reject. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "fake_node.h"
#include "fake_sample.h"
#include "random.h"
#include "study/forms.h"

enum { TRIALS = 20000, RETRIES = 2, JOBS = 20000, NUM = 20, DEN = 100, TWENTIETH = 5 };

/* Of TRIALS messages, each sent RETRIES + 1 times over a link that loses num of den frames: how
 * many arrive at least once? */
static uint32_t arrived(uint32_t num, uint32_t den)
{
    const struct sim_link_faults link = {.loss_num = num, .loss_den = den};
    struct sim_world *world = fake_world(41, 2, &link);
    uint32_t count = 0;
    for (uint64_t i = 0; i < TRIALS; i++) {
        const uint32_t before = fake_at(world, 1)->frames;
        for (uint64_t attempt = 0; attempt <= RETRIES; attempt++) {
            (void)fake_send(world, 0, 1, i);
            fake_settle(world);
        }
        count += fake_at(world, 1)->frames > before;
    }
    sim_destroy(world);
    return count;
}

/* 1 - p^(r+1), within five standard deviations of a proportion, without roots: both squared. */
static bool agrees(uint32_t count, double p)
{
    double lost = 1;
    for (int i = 0; i <= RETRIES; i++)
        lost *= p;
    const double expected = (1 - lost) * TRIALS;
    const double variance = TRIALS * lost * (1 - lost);
    return (count - expected) * (count - expected) <= 25 * variance;
}

static void retries_succeed_as_often_as_they_must(void **state)
{
    (void)state;
    assert_true(agrees(arrived(NUM, DEN), (double)NUM / DEN));
    assert_true(agrees(arrived(1, 2), 0.5));
    assert_int_equal(arrived(0, DEN), TRIALS);
    assert_int_equal(arrived(DEN, DEN), 0);
}

static void five_percent_more_loss_would_be_seen(void **state)
{
    (void)state;
    assert_false(agrees(arrived(NUM + TWENTIETH, DEN), (double)NUM / DEN));
    assert_false(agrees(arrived(NUM - TWENTIETH, DEN), (double)NUM / DEN));
}

/* A server that serves in the order of arrival.  Process 0 sends jobs after drawn times; process 1
 * works on one at a time for drawn times and notes how long each has waited. */
struct server {
    struct sim_world *world;
    uint64_t arrived[JOBS];
    uint64_t waited[JOBS];
    uint64_t service[JOBS];
    uint32_t sent, came, begun, done;
    bool busy;
};

static struct server server;

enum { SEND_JOB = 1, JOB_IS_DONE = 2, INTERARRIVAL = 1000, SERVICE = 790 };
enum { KIND_INTERARRIVAL = SIM_KIND_USER, KIND_SERVICE };

/* How long something takes, by 64 random bits. */
struct laws {
    uint64_t (*gap)(uint64_t bits);
    uint64_t (*service)(uint64_t bits);
};

static uint64_t uniform_gap(uint64_t bits)
{
    return 1 + sim_random_scale(bits, 2 * INTERARRIVAL);
}

static uint64_t uniform_service(uint64_t bits)
{
    return sim_random_scale(bits, 2 * SERVICE + 1);
}

static const struct laws uniform = {uniform_gap, uniform_service};
static struct laws laws;

static void begin_job(void)
{
    if (server.busy || server.begun == server.came)
        return;
    const uint64_t now = sim_now(server.world);
    server.waited[server.begun] = now - server.arrived[server.begun];
    const uint64_t service = laws.service(sim_draw(server.world, KIND_SERVICE, 1));
    server.service[server.begun++] = service;
    server.busy = true;
    sim_at(server.world, now + service, 1, JOB_IS_DONE);
}

static void job_comes(struct fake_node *node, const struct uripc_frame *frame)
{
    (void)frame;
    server.arrived[server.came] = node->now;
    server.came++;
    begin_job();
}

static void server_works(void *user, struct sim_world *world, uint32_t process, uint64_t word)
{
    (void)user;
    (void)process;
    if (word == JOB_IS_DONE) {
        server.done++;
        server.busy = false;
        begin_job();
        return;
    }
    (void)fake_send(world, 0, 1, server.sent);
    server.sent++;
    if (server.sent < JOBS)
        sim_at(world, sim_now(world) + laws.gap(sim_draw(world, KIND_INTERARRIVAL, 0)), 0,
               SEND_JOB);
}

static void run_server(uint64_t seed, struct laws by)
{
    laws = by;
    server = (struct server){.sent = 0};
    const struct sim_config config = {.size = sizeof config,
                                      .seed = seed,
                                      .backend = &fake_backend,
                                      .processes = 2,
                                      .work = server_works};
    server.world = sim_create(&config);
    (void)sim_start(server.world, 1);
    (void)sim_start(server.world, 2);
    fake_on_frame = job_comes;
    sim_at(server.world, 0, 0, SEND_JOB);
    fake_settle(server.world);
    fake_on_frame = NULL;
    sim_destroy(server.world);
}

static uint64_t drawn(uint64_t seed, uint32_t kind, uint64_t actor, uint64_t counter)
{
    return sim_random_value(sim_random_stream(sim_random_kind(seed, kind), actor), counter);
}

/* Lindley's recursion W' = max(0, W + S - A) on the same draws; `error` is added to one of them.
 * Returns the first job whose wait differs, JOBS if none does. */
static uint32_t first_difference(uint64_t seed, uint32_t at, uint64_t error)
{
    uint64_t wait = 0;
    for (uint32_t i = 0; i < JOBS; i++) {
        if (server.waited[i] != wait)
            return i;
        const uint64_t service = laws.service(drawn(seed, KIND_SERVICE, 1, i));
        const uint64_t gap = laws.gap(drawn(seed, KIND_INTERARRIVAL, 0, i));
        const uint64_t end = wait + service + (i == at ? error : 0);
        wait = end > gap ? end - gap : 0;
    }
    return JOBS;
}

static void waits_are_lindleys_to_the_nanosecond(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 3; seed++) {
        run_server(seed, uniform);
        assert_int_equal(server.done, JOBS);
        assert_int_equal(first_difference(seed, JOBS, 0), JOBS);
    }
}

static void one_nanosecond_too_much_would_be_seen(void **state)
{
    (void)state;
    run_server(1, uniform);
    uint32_t busy = 1000;
    while (server.waited[busy + 1] == 0)
        busy++;
    assert_int_equal(first_difference(1, busy, 1), busy + 1);
}

/* ---- queues with closed forms ---- */

enum { RUNS = 20, UNCOUNTED = 500, LONG = 1000000, HALF = LONG / 2 };

/* The server is busy half of the time, so RUNS runs say enough; a run begins empty, and its first
 * UNCOUNTED jobs are not looked at. */
static uint64_t exponential(uint64_t mean, uint64_t bits)
{
    const double share = ((double)(bits >> 12) + 0.5) / (double)(UINT64_C(1) << 52);
    return (uint64_t)((double)mean * -log(share));
}

static uint64_t exponential_gap(uint64_t bits)
{
    return exponential(LONG, bits);
}

static uint64_t exponential_service(uint64_t bits)
{
    return exponential(HALF, bits);
}

static uint64_t slower_exponential_service(uint64_t bits)
{
    return exponential(HALF + HALF / 20, bits);
}

static uint64_t constant_service(uint64_t bits)
{
    (void)bits;
    return HALF;
}

static uint64_t slower_constant_service(uint64_t bits)
{
    (void)bits;
    return HALF + HALF / 20;
}

static uint64_t uniform_half(uint64_t bits)
{
    return sim_random_scale(bits, 2 * HALF + 1);
}

static uint64_t slower_uniform_half(uint64_t bits)
{
    return uniform_half(bits) + HALF / 20;
}

/* Of runs with different seeds, which are independent as the jobs of one are not. */
struct observed {
    struct sample waits; /* means */
    struct sample tails; /* shares of jobs that stay for longer than three services take */
};

static struct observed observe(struct laws by)
{
    struct observed observed = {.waits = {.count = 0}};
    for (uint64_t seed = 1; seed <= RUNS; seed++) {
        struct sample waits = {0};
        uint32_t late = 0;
        run_server(seed, by);
        assert_int_equal(first_difference(seed, JOBS, 0), JOBS);
        for (uint32_t i = UNCOUNTED; i < JOBS; i++) {
            sample_add(&waits, (double)server.waited[i]);
            late += server.waited[i] + server.service[i] > UINT64_C(3) * HALF;
        }
        sample_add(&observed.waits, sample_mean(&waits));
        sample_add(&observed.tails, (double)late / (JOBS - UNCOUNTED));
    }
    return observed;
}

static void jobs_of_the_mm1_queue_stay_as_long_as_they_must(void **state)
{
    (void)state;
    const double wait = form_mm1_wait(1.0 / LONG, 1.0 / HALF);
    const double tail = form_mm1_sojourn_tail(1.0 / LONG, 1.0 / HALF, 3.0 * HALF);
    struct observed observed = observe((struct laws){exponential_gap, exponential_service});
    assert_sample_tells(&observed.waits, wait);
    assert_sample_tells(&observed.tails, tail);
    observed = observe((struct laws){exponential_gap, slower_exponential_service});
    assert_false(sample_agrees(&observed.waits, wait));
    assert_false(sample_agrees(&observed.tails, tail));
}

static void check_waits(double expected, uint64_t (*service)(uint64_t bits),
                        uint64_t (*slower)(uint64_t bits))
{
    struct observed observed = observe((struct laws){exponential_gap, service});
    assert_sample_tells(&observed.waits, expected);
    observed = observe((struct laws){exponential_gap, slower});
    assert_false(sample_agrees(&observed.waits, expected));
}

static void waits_of_the_md1_queue_are_as_long_as_they_must(void **state)
{
    (void)state;
    check_waits(form_md1_wait(1.0 / LONG, 1.0 / HALF), constant_service, slower_constant_service);
}

static void waits_of_the_mg1_queue_are_as_long_as_they_must(void **state)
{
    (void)state;
    const double square = 4.0 / 3 * HALF * HALF; /* of times from 0 to twice HALF, in the mean */
    check_waits(form_mg1_wait(1.0 / LONG, 1.0 / HALF, square), uniform_half, slower_uniform_half);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(retries_succeed_as_often_as_they_must),
        cmocka_unit_test(five_percent_more_loss_would_be_seen),
        cmocka_unit_test(waits_are_lindleys_to_the_nanosecond),
        cmocka_unit_test(one_nanosecond_too_much_would_be_seen),
        cmocka_unit_test(jobs_of_the_mm1_queue_stay_as_long_as_they_must),
        cmocka_unit_test(waits_of_the_md1_queue_are_as_long_as_they_must),
        cmocka_unit_test(waits_of_the_mg1_queue_are_as_long_as_they_must),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
