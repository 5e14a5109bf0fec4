/* SPDX-License-Identifier: MIT */
/* How long a crash stays unnoticed, with heartbeats over a link that loses some: means within five
 * standard errors of the closed forms, and every single crash as the same draws say, to the
 * nanosecond.  Planted errors of 5 % and of a nanosecond are rejected. */
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

enum { CRASHES = 4000, BEATS = 24, SEED = 11, LOSS = 300, THOUSAND = 1000 };
enum { PERIOD = 100000, DELAY = 1234, SHIFT = 254321, TIMEOUT = 254321 };
enum { SUBJECT, DETECTOR, KIND_PHASE = SIM_KIND_USER };
enum { BEAT, CHECK };

enum detector { BY_FRESHNESS, BY_TIMEOUT };

static struct {
    struct sim_world *world;
    enum detector detector;
    uint64_t shift, timeout;
    uint64_t began;    /* of this life */
    uint64_t heard;    /* time of the last receipt */
    uint64_t newest;   /* heartbeat, from 1; 0: none */
    uint64_t expected; /* by the last freshness point */
    uint64_t since;    /* when suspicion began */
    bool suspects;
    uint64_t took[CRASHES];
} run;

static void suspect(bool does)
{
    if (does && !run.suspects)
        run.since = sim_now(run.world);
    run.suspects = does;
}

static void beat_comes(struct fake_node *node, const struct uripc_frame *frame)
{
    run.heard = node->now;
    run.newest = frame->message_id;
    if (run.detector == BY_TIMEOUT)
        sim_at(run.world, node->now + run.timeout, DETECTOR, CHECK);
    suspect(run.detector == BY_FRESHNESS && run.newest < run.expected);
}

static void check(uint64_t expected)
{
    if (run.detector == BY_TIMEOUT) {
        if (sim_now(run.world) >= run.heard + run.timeout)
            suspect(true);
        return;
    }
    run.expected = expected;
    if (run.newest < expected)
        suspect(true);
}

static void work(void *user, struct sim_world *world, uint32_t process, uint64_t word)
{
    (void)user;
    if (process == SUBJECT)
        (void)fake_send(world, SUBJECT, DETECTOR, word >> 1);
    else
        check(word >> 1);
}

/* Heartbeats 1..BEATS, a crash within a period after the last, and what is found of it. */
static uint64_t live_and_die(void)
{
    struct sim_world *world = run.world;
    run.began = sim_now(world);
    run.newest = run.expected = 0;
    run.suspects = false;
    for (uint64_t i = 1; i <= BEATS; i++)
        sim_at(world, run.began + i * PERIOD, SUBJECT, i << 1 | BEAT);
    for (uint64_t i = 1; run.detector == BY_FRESHNESS && i <= BEATS + 1; i++)
        sim_at(world, run.began + i * PERIOD + run.shift, DETECTOR, i << 1 | CHECK);
    const uint64_t crash = run.began + (uint64_t)BEATS * PERIOD +
                           sim_between(world, KIND_PHASE, SUBJECT, 0, PERIOD - 1);
    (void)sim_advance(world, crash);
    sim_crash(world, SUBJECT);
    (void)sim_advance(world, crash + 2 * (uint64_t)PERIOD + run.shift + run.timeout);
    sim_restart(world, SUBJECT);
    assert_true(run.suspects);
    return run.since > crash ? run.since - crash : 0;
}

static void run_crashes(enum detector detector, uint32_t loss, uint64_t shift, uint64_t timeout)
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
    run.detector = detector;
    run.shift = shift;
    run.timeout = timeout;
    run.world = sim_create(&config);
    (void)sim_start(run.world, 1);
    (void)sim_start(run.world, 2);
    fake_on_frame = beat_comes;
    for (uint32_t i = 0; i < CRASHES; i++)
        run.took[i] = live_and_die();
    fake_on_frame = NULL;
    sim_destroy(run.world);
}

static struct sample look(void)
{
    struct sample sample = {0};
    for (uint32_t i = 0; i < CRASHES; i++)
        sample_add(&sample, (double)run.took[i]);
    return sample;
}

static const double lossy = (double)LOSS / THOUSAND;

/* ---- against the closed forms ---- */

static void freshness_points_find_a_crash_as_late_as_they_must(void **state)
{
    (void)state;
    run_crashes(BY_FRESHNESS, LOSS, SHIFT, 0);
    struct sample sample = look();
    assert_sample_tells(&sample, form_detection_by_freshness(SHIFT, PERIOD, lossy));
    for (uint32_t i = 0; i < CRASHES; i++)
        assert_true((double)run.took[i] <= form_detection_by_freshness_max(SHIFT, PERIOD));
    run_crashes(BY_FRESHNESS, 0, SHIFT, 0);
    sample = look();
    assert_sample_tells(&sample, form_detection_by_freshness(SHIFT, PERIOD, 0));
}

static void timeouts_find_a_crash_as_late_as_they_must(void **state)
{
    (void)state;
    run_crashes(BY_TIMEOUT, LOSS, 0, TIMEOUT);
    const struct sample sample = look();
    assert_sample_tells(&sample, form_detection_by_timeout(TIMEOUT, DELAY, PERIOD, lossy));
}

/* A lease is a timeout that its holder's renewals put off. */
static void a_lease_blocks_a_name_as_long_as_it_must(void **state)
{
    (void)state;
    run_crashes(BY_TIMEOUT, 0, 0, TIMEOUT);
    const struct sample sample = look();
    assert_sample_tells(&sample, form_lease_blocks(TIMEOUT, PERIOD) + DELAY);
}

static void a_detector_that_is_five_percent_late_would_be_seen(void **state)
{
    (void)state;
    run_crashes(BY_FRESHNESS, LOSS, SHIFT + SHIFT / 20, 0);
    struct sample sample = look();
    assert_false(sample_agrees(&sample, form_detection_by_freshness(SHIFT, PERIOD, lossy)));
    run_crashes(BY_TIMEOUT, LOSS, 0, TIMEOUT + TIMEOUT / 20);
    sample = look();
    assert_false(sample_agrees(&sample, form_detection_by_timeout(TIMEOUT, DELAY, PERIOD, lossy)));
}

/* ---- against the same draws ---- */

static uint64_t drawn(uint32_t kind, uint64_t actor, uint64_t counter, uint64_t n)
{
    const uint64_t stream = sim_random_stream(sim_random_kind(SEED, kind), actor);
    return sim_random_scale(sim_random_value(stream, counter), n);
}

/* From the crash, `reach` after the last heartbeat that arrived was sent.  Returns the first crash
 * that was found at another time, CRASHES if none was. */
static uint32_t first_difference(uint64_t reach)
{
    uint64_t sent = 0;
    for (uint32_t i = 0; i < CRASHES; i++) {
        uint64_t silence = drawn(KIND_PHASE, SUBJECT, i, PERIOD);
        const uint64_t phase = silence;
        for (uint32_t beat = 1; beat <= BEATS; beat++, sent++) {
            const bool lost =
                drawn(SIM_KIND_LOSS, sim_link_actor(SUBJECT, DETECTOR), sent, THOUSAND) < LOSS;
            silence = lost ? silence + PERIOD : phase;
        }
        if (run.took[i] != (reach > silence ? reach - silence : 0))
            return i;
    }
    return CRASHES;
}

static void every_crash_is_found_when_its_draws_say(void **state)
{
    (void)state;
    run_crashes(BY_FRESHNESS, LOSS, SHIFT, 0);
    assert_int_equal(first_difference(SHIFT + PERIOD), CRASHES);
    assert_true(first_difference(SHIFT + PERIOD + 1) < CRASHES);
    run_crashes(BY_TIMEOUT, LOSS, 0, TIMEOUT);
    assert_int_equal(first_difference(TIMEOUT + DELAY), CRASHES);
    assert_true(first_difference(TIMEOUT + DELAY + 1) < CRASHES);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(freshness_points_find_a_crash_as_late_as_they_must),
        cmocka_unit_test(timeouts_find_a_crash_as_late_as_they_must),
        cmocka_unit_test(a_lease_blocks_a_name_as_long_as_it_must),
        cmocka_unit_test(a_detector_that_is_five_percent_late_would_be_seen),
        cmocka_unit_test(every_crash_is_found_when_its_draws_say),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
