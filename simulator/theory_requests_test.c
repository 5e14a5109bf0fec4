/* SPDX-License-Identifier: MIT */
/* Repeated requests over links that lose messages, against mathematics: shares and means within
 * five standard errors of the closed forms, every single request as a small loop over the same
 * draws says, to the nanosecond.  Planted errors of 5 % and of a nanosecond are rejected. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "fake_node.h"
#include "fake_sample.h"
#include "random.h"
#include "study/forms.h"

enum { REQUESTS = 100000, RETRIES = 2, LOSS = 400, THOUSAND = 1000, SEED = 7 };
enum { DELAY = 1000, TIMEOUT = 5000 };
enum { CLIENT, SERVER };

/* One request: how it ended, and what it cost. */
struct request {
    uint64_t latency; /* 0: no answer */
    uint32_t attempts, executions;
};

static struct {
    struct sim_world *world;
    struct request requests[REQUESTS];
    uint32_t current;
    uint64_t began;
    bool doubling;
} run;

/* Work of the client is an attempt of a request; of the server, the answer to one. */
static uint64_t attempt_of(uint32_t request, uint32_t attempt)
{
    return (uint64_t)request << 8 | attempt;
}

static uint64_t begins_after(uint32_t attempt, bool doubling, uint64_t timeout)
{
    return timeout * (doubling ? (UINT64_C(1) << attempt) - 1 : attempt);
}

static void next_request(void)
{
    run.current++;
    if (run.current < REQUESTS)
        sim_at(run.world, sim_now(run.world), CLIENT, attempt_of(run.current, 0));
}

static void attempt(uint32_t request, uint32_t number)
{
    if (request != run.current)
        return; /* it was answered */
    if (number == 0)
        run.began = sim_now(run.world);
    if (number > RETRIES) {
        next_request();
        return;
    }
    run.requests[request].attempts++;
    (void)fake_send(run.world, CLIENT, SERVER, request);
    sim_at(run.world, run.began + begins_after(number + 1, run.doubling, TIMEOUT), CLIENT,
           attempt_of(request, number + 1));
}

static void work(void *user, struct sim_world *world, uint32_t process, uint64_t word)
{
    (void)user;
    if (process == CLIENT)
        attempt((uint32_t)(word >> 8), (uint32_t)(word & 0xff));
    else
        (void)fake_send(world, SERVER, CLIENT, word);
}

static void frame_comes(struct fake_node *node, const struct uripc_frame *frame)
{
    const uint32_t request = (uint32_t)frame->message_id;
    if (node == fake_at(run.world, SERVER)) {
        run.requests[request].executions++;
        sim_at(run.world, node->now, SERVER, request);
        return;
    }
    run.requests[request].latency = node->now - run.began;
    next_request();
}

static void run_requests(uint32_t loss, bool doubling)
{
    const struct sim_link_faults link = {
        .delay_min = DELAY, .delay_max = DELAY, .loss_num = loss, .loss_den = THOUSAND};
    const struct sim_config config = {.size = sizeof config,
                                      .seed = SEED,
                                      .backend = &fake_backend,
                                      .link = &link,
                                      .processes = 2,
                                      .work = work};
    memset(&run, 0, sizeof run);
    run.doubling = doubling;
    run.world = sim_create(&config);
    (void)sim_start(run.world, 1);
    (void)sim_start(run.world, 2);
    fake_on_frame = frame_comes;
    sim_at(run.world, 0, CLIENT, attempt_of(0, 0));
    fake_settle(run.world);
    fake_on_frame = NULL;
    sim_destroy(run.world);
    assert_int_equal(run.current, REQUESTS);
}

/* ---- against the closed forms ---- */

struct samples {
    struct sample success, attempts, executions, duplicates, orphans, latency;
};

static struct samples look(void)
{
    struct samples s = {0};
    for (uint32_t i = 0; i < REQUESTS; i++) {
        const struct request *one = &run.requests[i];
        const bool answered = one->latency != 0;
        sample_add(&s.success, answered);
        sample_add(&s.attempts, one->attempts);
        sample_add(&s.executions, one->executions);
        sample_add(&s.duplicates, one->executions > 1 ? one->executions - 1.0 : 0);
        sample_add(&s.orphans, !answered && one->executions > 0);
        if (answered)
            sample_add(&s.latency, (double)one->latency);
    }
    return s;
}

static const struct form_retry by = {(double)LOSS / THOUSAND, RETRIES};

static void repeated_requests_cost_what_they_must(void **state)
{
    (void)state;
    run_requests(LOSS, false);
    const struct samples s = look();
    assert_sample_tells(&s.success, form_request_succeeds(by));
    assert_sample_tells(&s.attempts, form_attempts(by));
    assert_sample_tells(&s.executions, form_executions(by));
    assert_sample_tells(&s.duplicates, form_duplicates(by));
    assert_sample_tells(&s.orphans, form_orphans(by));
    assert_sample_tells(&s.latency, form_latency_fixed(by, 2 * DELAY, TIMEOUT));
}

static void timeouts_that_double_cost_what_they_must(void **state)
{
    (void)state;
    run_requests(LOSS, true);
    const struct samples s = look();
    assert_sample_tells(&s.latency, form_latency_doubling(by, 2 * DELAY, TIMEOUT));
}

static void a_link_that_loses_five_percent_more_would_be_seen(void **state)
{
    (void)state;
    run_requests(LOSS + LOSS / 20, false);
    const struct samples s = look();
    assert_false(sample_agrees(&s.success, form_request_succeeds(by)));
    assert_false(sample_agrees(&s.attempts, form_attempts(by)));
    assert_false(sample_agrees(&s.orphans, form_orphans(by)));
}

/* ---- against the same draws ---- */

static bool is_lost(uint64_t link, uint64_t *number)
{
    const uint64_t stream = sim_random_stream(sim_random_kind(SEED, SIM_KIND_LOSS), link);
    const uint64_t value = sim_random_value(stream, *number);
    ++*number;
    return sim_random_scale(value, THOUSAND) < LOSS;
}

/* Returns the first request that differs, REQUESTS if none does. */
static uint32_t first_difference(uint64_t timeout)
{
    uint64_t there = 0;
    uint64_t back = 0;
    for (uint32_t i = 0; i < REQUESTS; i++) {
        struct request expected = {0};
        while (expected.latency == 0 && expected.attempts <= RETRIES) {
            const uint64_t at = begins_after(expected.attempts++, run.doubling, timeout);
            if (is_lost(sim_link_actor(CLIENT, SERVER), &there))
                continue;
            expected.executions++;
            if (!is_lost(sim_link_actor(SERVER, CLIENT), &back))
                expected.latency = at + UINT64_C(2) * DELAY;
        }
        const struct request *found = &run.requests[i];
        if (found->latency != expected.latency || found->attempts != expected.attempts ||
            found->executions != expected.executions)
            return i;
    }
    return REQUESTS;
}

static void every_request_goes_as_its_draws_say(void **state)
{
    (void)state;
    for (unsigned doubling = 0; doubling < 2; doubling++) {
        run_requests(LOSS, doubling != 0);
        assert_int_equal(first_difference(TIMEOUT), REQUESTS);
        assert_true(first_difference(TIMEOUT + 1) < REQUESTS);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(repeated_requests_cost_what_they_must),
        cmocka_unit_test(timeouts_that_double_cost_what_they_must),
        cmocka_unit_test(a_link_that_loses_five_percent_more_would_be_seen),
        cmocka_unit_test(every_request_goes_as_its_draws_say),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
