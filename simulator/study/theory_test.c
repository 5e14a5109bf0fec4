/* SPDX-License-Identifier: MIT */
/* Whole designs on the stage, against the closed forms that stand beside their figures in a study:
 * means of independent runs within five standard errors, and an error of 5 % is rejected. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "simulator/fake_sample.h"
#include "simulator/study/forms.h"
#include "simulator/study/programs/programs.h"
#include "simulator/study/stage.h"
#include "simulator/study/test_setup.h"

enum { RUNS = 80 };

static const uint64_t second = UINT64_C(1000000000);

/* One client, whose worker loses its power now and then; a constant delay. */
static struct study_setup dying(const struct uripc_design *design, uint64_t every)
{
    struct study_setup setup = usual_setup(design, 1);
    setup.knobs[STUDY_CLIENTS] = 1;
    setup.knobs[STUDY_EVERY] = every;
    setup.knobs[STUDY_LENGTH] = 400 * second;
    setup.knobs[STUDY_DELAY_MIN] = setup.knobs[STUDY_DELAY_MAX] = second / 1000;
    setup.knobs[STUDY_CRASH_EVERY] = 60 * second;
    setup.knobs[STUDY_RESTART] = 10 * second;
    setup.knobs[STUDY_SILENT] = 1;
    return setup;
}

static struct sample observe(struct study_setup setup, enum study_metric metric)
{
    struct sample sample = {0};
    for (setup.seed = 1; setup.seed <= RUNS; setup.seed++) {
        const struct study_result result = run_setup(&setup);
        if (result.has[metric])
            sample_add(&sample, (double)result.value[metric] / 1e6);
    }
    return sample;
}

static void sessions_find_a_death_when_a_freshness_point_passes(void **state)
{
    (void)state;
    struct study_setup setup = dying(&study_session, second);
    set_parameter(&setup, "silence", 2 * second);
    struct sample sample = observe(setup, STUDY_METRIC_DETECTION);
    assert_sample_tells(&sample, form_detection_by_freshness(2.001, 1, 0));
    set_parameter(&setup, "silence", 2 * second + second / 8); /* the mean by 5 % */
    sample = observe(setup, STUDY_METRIC_DETECTION);
    assert_false(sample_agrees(&sample, form_detection_by_freshness(2.001, 1, 0)));
}

static void pings_find_a_death_by_the_age_of_the_last_sign(void **state)
{
    (void)state;
    struct study_setup setup = dying(&study_stateless, second);
    set_parameter(&setup, "ping", second);
    set_parameter(&setup, "silence", 3 * second);
    const struct sample sample = observe(setup, STUDY_METRIC_DETECTION);
    assert_sample_tells(&sample, form_detection_by_signs(3, 0.001, 1, 1));
}

static void without_signs_of_life_the_next_request_finds_out(void **state)
{
    (void)state;
    struct study_setup setup = dying(&study_stateless, 4 * second);
    setup.knobs[STUDY_LENGTH] = 8000 * second;
    const struct sample sample = observe(setup, STUDY_METRIC_DETECTION);
    assert_sample_tells(&sample, form_detection_by_next_request(4, 10, 1));
}

static void a_request_costs_as_many_messages_as_are_counted(void **state)
{
    (void)state;
    struct study_setup setup = dying(&study_session, second);
    setup.knobs[STUDY_CRASH_EVERY] = 0;
    setup.knobs[STUDY_LENGTH] = 400 * second;
    const struct sample sessions = observe(setup, STUDY_METRIC_TRAFFIC);
    /* One in a hundred acknowledgements of answers is carried along by the next request. */
    assert_in_range(sample_mean(&sessions) * 1000, 4940, 5030);
    assert_in_range(form_messages_session(1, 400, 1) * 1000, 5009, 5011);
    struct study_setup pings = dying(&study_stateless, second);
    pings.knobs[STUDY_CRASH_EVERY] = 0;
    set_parameter(&pings, "ping", second);
    const struct sample pinged = observe(pings, STUDY_METRIC_TRAFFIC);
    assert_in_range(sample_mean(&pinged) * 1000, 3950, 4050);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sessions_find_a_death_when_a_freshness_point_passes),
        cmocka_unit_test(pings_find_a_death_by_the_age_of_the_last_sign),
        cmocka_unit_test(without_signs_of_life_the_next_request_finds_out),
        cmocka_unit_test(a_request_costs_as_many_messages_as_are_counted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
