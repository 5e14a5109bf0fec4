/* SPDX-License-Identifier: MIT */
/* The closed forms against values that were found another way: by hand as fractions, by adding up
 * every outcome, or by integrating numerically; and outside their domains. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "forms.h"

#define assert_near(found, expected) assert_true(fabs((found) - (expected)) < 1e-9)

/* What all outcomes of a request add up to: an attempt loses the request, the answer or neither. */
struct outcomes {
    double success, attempts, executions, duplicates, orphans, fixed, doubling;
};

enum { ROUND_TRIP = 3, TIMEOUT = 10 };

static void add_up(struct form_retry by, unsigned attempt, unsigned executed, double chance,
                   struct outcomes *sum)
{
    const double p = by.loss;
    const double answered = chance * (1 - p) * (1 - p);
    const unsigned last = attempt == by.retries;
    sum->success += answered;
    sum->attempts += chance;
    sum->executions += chance * (1 - p);
    sum->duplicates += executed > 0 ? chance * (1 - p) : 0;
    sum->fixed += answered * (ROUND_TRIP + (double)attempt * TIMEOUT);
    sum->doubling += answered * (ROUND_TRIP + (double)((1U << attempt) - 1) * TIMEOUT);
    if (last) {
        sum->orphans += chance * (1 - p) * p + (executed > 0 ? chance * p : 0);
        return;
    }
    add_up(by, attempt + 1, executed + 1, chance * (1 - p) * p, sum);
    add_up(by, attempt + 1, executed, chance * p, sum);
}

static void retries_are_what_all_outcomes_add_up_to(void **state)
{
    static const double losses[] = {0, 0.1, 0.2, 0.29289321881345254, 0.5, 0.9};
    (void)state;
    for (unsigned i = 0; i < sizeof losses / sizeof losses[0]; i++) {
        for (unsigned r = 0; r < 6; r++) {
            const struct form_retry by = {losses[i], r};
            struct outcomes sum = {0};
            add_up(by, 0, 0, 1, &sum);
            assert_near(form_request_succeeds(by), sum.success);
            assert_near(form_attempts(by), sum.attempts);
            assert_near(form_executions(by), sum.executions);
            assert_near(form_duplicates(by), sum.duplicates);
            assert_near(form_orphans(by), sum.orphans);
            assert_near(form_latency_fixed(by, ROUND_TRIP, TIMEOUT), sum.fixed / sum.success);
            assert_near(form_latency_doubling(by, ROUND_TRIP, TIMEOUT), sum.doubling / sum.success);
        }
    }
}

static void retries_by_hand(void **state)
{
    (void)state;
    const struct form_retry half = {0.5, 1};
    assert_near(form_message_arrives(half), 3.0 / 4);
    assert_near(form_request_succeeds(half), 7.0 / 16);
    assert_near(form_attempts(half), 7.0 / 4);
    assert_near(form_executions(half), 7.0 / 8);
    assert_near(form_duplicates(half), 1.0 / 8);
    assert_near(form_orphans(half), 5.0 / 16);
    assert_near(form_latency_fixed(half, 1, 7), 1 + 7 * 3.0 / 7);
}

/* Midpoints of every phase, for so many heartbeats lost as can matter. */
static double integrated(double reach, double period, double loss)
{
    enum { STEPS = 20000 };
    double mean = 0;
    double chance = 1 - loss;
    for (unsigned lost = 0; lost < 60; lost++, chance *= loss) {
        double sum = 0;
        for (unsigned i = 0; i < STEPS; i++)
            sum += fmax(0, reach - period * (((double)i + 0.5) / STEPS + lost));
        mean += chance * sum / STEPS;
    }
    return mean;
}

/* Midpoints of every phase of the heartbeats and of every gap between answers; a gap in which an
 * instant falls is as likely as it is long. */
static double busy(double timeout, double period, double every)
{
    enum { STEPS = 1000 };
    double sum = 0;
    double weight = 0;
    for (unsigned g = 0; g < STEPS; g++) {
        const double gap = 2 * every * ((double)g + 0.5) / STEPS;
        double inside = 0;
        for (unsigned i = 0; i < STEPS; i++) { /* of the younger than this age: its integral */
            const double age = gap * ((double)i + 0.5) / STEPS;
            inside += age < period ? age - age * age / (2 * period) : period / 2;
        }
        sum += gap * inside / STEPS;
        weight += gap;
    }
    return timeout - sum / weight;
}

static void detection_is_what_integrating_gives(void **state)
{
    (void)state;
    assert_true(fabs(form_detection_by_timeout(25, 1, 10, 0.3) - integrated(26, 10, 0.3)) < 1e-6);
    assert_true(fabs(form_detection_by_timeout(4, 1, 10, 0.3) - integrated(5, 10, 0.3)) < 1e-6);
    assert_true(fabs(form_detection_by_freshness(25, 10, 0.3) - integrated(35, 10, 0.3)) < 1e-6);
    assert_true(fabs(form_detection_by_signs(30, 0, 10, 7) - busy(30, 10, 7)) < 1e-6);
    assert_true(fabs(form_detection_by_signs(30, 0, 10, 5) - busy(30, 10, 5)) < 1e-6);
    assert_near(form_detection_by_freshness(25, 10, 0), 30);
    assert_near(form_detection_by_freshness_max(25, 10), 35);
    assert_near(form_detection_by_timeout(40, 2, 10, 0), 37);
    assert_near(form_detection_by_request(0.25, 2, 5), 19);
    assert_near(form_lease_blocks(30, 10), 25);
}

/* The same by sums over small steps. */
static void next_requests_are_what_integrating_gives(void **state)
{
    (void)state;
    const double cases[][2] = {{1, 10}, {5, 10}, {30, 10}, {3, 5}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const double every = cases[i][0];
        const double outage = cases[i][1];
        const double step = outage / 200000;
        double share = 0;
        double mean = 0;
        double age = 0;
        for (double x = step / 2; x < outage; x += step) {
            const double left = x < 2 * every ? 1 - x / (2 * every) : 0;
            share += left / every * step;
            mean += x * left / every * step;
            age += x < 4 ? left * left * (1 - x / 4) * step : 0;
        }
        assert_true(fabs(form_noticed_by_next_request(every, outage) - share) < 1e-4);
        assert_true(fabs(form_detection_by_next_request(every, outage, 1) - mean / share - 1) <
                    1e-4);
        assert_true(fabs(form_detection_by_signs(6, 0.5, 4, every) - 6.5 + age) < 1e-4);
    }
}

static void queues_by_hand(void **state)
{
    (void)state;
    assert_near(form_mm1_wait(1, 2), 0.5);
    assert_near(form_mm1_wait(4, 5), 0.8);
    assert_near(form_mm1_sojourn_tail(1, 2, 0), 1);
    assert_near(form_mm1_sojourn_tail(1, 2, 3), 0.049787068367863944);
    assert_near(form_mm1_length(1, 2, 3), 1.0 / 16);
    assert_near(form_md1_wait(1, 2), 0.25);
    assert_near(form_mg1_wait(4, 5, 2.0 / 25), 0.8); /* exponential: twice the mean's square */
    assert_near(form_mg1_wait(4, 5, 1.0 / 25), 0.4);
    assert_near(form_mm1k_drops(1, 2, 1), 1.0 / 3);
    assert_near(form_mm1k_drops(1, 2, 3), 1.0 / 15);
    assert_near(form_mm1k_drops(3, 3, 4), 1.0 / 5);
    assert_near(form_mm1k_drops(2, 1, 2), 4.0 / 7); /* an overload is no matter here */
}

static void caches_and_messages_by_hand(void **state)
{
    (void)state;
    assert_near(form_cache_misses(3, 2), 1.0 / 7);
    assert_near(form_cache_stale(3, 2, 0.5), 6.0 / 7 * 0.36787944117144233);
    assert_near(form_messages_stateless(3, 2, 2), 2 + 2.0 / 7);
    assert_near(form_messages_session(3, 100, 2), 3 + 4.0 / 100 + 1.0 / 3);
}

static void outside_its_domain_a_form_gives_no_number(void **state)
{
    (void)state;
    assert_true(isnan(form_attempts((struct form_retry){1, 2})));
    assert_true(isnan(form_orphans((struct form_retry){-0.1, 2})));
    assert_true(isnan(form_latency_fixed((struct form_retry){0.1, 2}, 5, 5)));
    assert_true(isnan(form_latency_doubling((struct form_retry){0.1, 2}, -1, 5)));
    assert_true(isnan(form_detection_by_timeout(1, 1, 10, 0)));
    assert_true(isnan(form_detection_by_freshness(1, 0, 0)));
    assert_true(isnan(form_detection_by_freshness_max(0, 1)));
    assert_true(isnan(form_detection_by_request(0, 1, 1)));
    assert_true(isnan(form_noticed_by_next_request(1, 0)));
    assert_true(isnan(form_detection_by_next_request(0, 1, 1)));
    assert_true(isnan(form_detection_by_signs(1, 1, 1, 1)));
    assert_true(isnan(form_lease_blocks(1, 2)));
    assert_true(isnan(form_mm1_wait(2, 2)));
    assert_true(isnan(form_mm1_sojourn_tail(2, 1, 1)));
    assert_true(isnan(form_mm1_length(0, 1, 1)));
    assert_true(isnan(form_mg1_wait(1, 2, 0.24)));
    assert_true(isnan(form_mm1k_drops(1, 2, 0)));
    assert_true(isnan(form_cache_misses(0, 1)));
    assert_true(isnan(form_cache_stale(1, 1, 0)));
    assert_true(isnan(form_messages_stateless(1, 1, -1)));
    assert_true(isnan(form_messages_session(1, 0, 1)));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(retries_are_what_all_outcomes_add_up_to),
        cmocka_unit_test(retries_by_hand),
        cmocka_unit_test(detection_is_what_integrating_gives),
        cmocka_unit_test(next_requests_are_what_integrating_gives),
        cmocka_unit_test(queues_by_hand),
        cmocka_unit_test(caches_and_messages_by_hand),
        cmocka_unit_test(outside_its_domain_a_form_gives_no_number),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
