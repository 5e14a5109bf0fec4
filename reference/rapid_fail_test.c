/* SPDX-License-Identifier: MIT */
#include <uripc/rapid_fail.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static bool goes_on_after(uint32_t failures, uint64_t interval, const uint64_t *times, size_t count)
{
    struct uripc_rapid_fail state = uripc_rapid_fail_begin(failures, interval);
    for (size_t i = 0; i < count; i++)
        state = uripc_rapid_fail_failed(state, times[i]);
    return uripc_rapid_fail_may_start(&state);
}

/* RFP-1 */
static void as_many_failures_as_are_too_many_stop_it(void **unused)
{
    (void)unused;
    static const uint64_t times[] = {5, 6, 7};
    assert_true(goes_on_after(3, 100, times, 0));
    assert_true(goes_on_after(3, 100, times, 2));
    assert_false(goes_on_after(3, 100, times, 3));
    assert_false(goes_on_after(1, 1, times, 1));
}

/* RFP-1 */
static void failures_an_interval_apart_do_not_count_together(void **unused)
{
    (void)unused;
    static const uint64_t apart[] = {10, 50, 110};
    static const uint64_t within[] = {10, 50, 109};
    static const uint64_t late[] = {0, UINT64_MAX - 99, UINT64_MAX - 50, UINT64_MAX};
    assert_true(goes_on_after(3, 100, apart, 3));
    assert_false(goes_on_after(3, 100, within, 3));
    assert_false(goes_on_after(3, 100, late, 4));
    assert_true(goes_on_after(3, 99, late, 4));
}

/* RFP-1: an interval that begins with its first failure, and then anew, would let them pass. */
static void the_interval_slides(void **unused)
{
    (void)unused;
    static const uint64_t times[] = {0, 90, 110, 120};
    assert_true(goes_on_after(3, 100, times, 3));
    assert_false(goes_on_after(3, 100, times, 4));
}

/* RFP-2 */
static void only_a_reset_lets_it_go_on(void **unused)
{
    (void)unused;
    struct uripc_rapid_fail state = uripc_rapid_fail_begin(2, 100);
    state = uripc_rapid_fail_failed(uripc_rapid_fail_failed(state, 1), 2);
    assert_false(uripc_rapid_fail_may_start(&state));
    state = uripc_rapid_fail_failed(state, 1000000); /* one that was still running */
    assert_false(uripc_rapid_fail_may_start(&state));
    state = uripc_rapid_fail_reset(state);
    assert_true(uripc_rapid_fail_may_start(&state));
    state = uripc_rapid_fail_failed(state, 1000001); /* the one before is forgotten */
    assert_true(uripc_rapid_fail_may_start(&state));
    state = uripc_rapid_fail_failed(state, 1000002);
    assert_false(uripc_rapid_fail_may_start(&state));
}

/* RFP-3 */
static void without_limits_nothing_stops(void **unused)
{
    (void)unused;
    static const uint64_t times[] = {1, 1, 1, 1};
    assert_true(goes_on_after(0, 100, times, 4));
    assert_true(goes_on_after(2, 0, times, 4));
}

static void more_failures_than_fit_are_as_many_as_fit(void **unused)
{
    (void)unused;
    static const uint64_t times[URIPC_RAPID_FAIL_MAX] = {0};
    assert_true(goes_on_after(UINT32_MAX, 1, times, URIPC_RAPID_FAIL_MAX - 1));
    assert_false(goes_on_after(UINT32_MAX, 1, times, URIPC_RAPID_FAIL_MAX));
}

/* What was told, kept whole, and judged by looking at every run of failures. */
struct told {
    uint64_t at[64];
    size_t count;
};

static bool oracle(const struct told *told, uint32_t failures, uint64_t interval)
{
    for (size_t first = 0; failures != 0 && first + failures <= told->count; first++)
        if (told->at[first + failures - 1] - told->at[first] < interval)
            return false;
    return true;
}

static uint64_t draw(uint64_t *random, uint64_t below)
{
    *random = *random * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (*random >> 33) % below;
}

/* RFP-1, RFP-2, RFP-3 */
static void random_histories_agree_with_looking_at_all_of_them(void **unused)
{
    (void)unused;
    uint64_t random = 1, stopped = 0, reset = 0;
    for (int history = 0; history < 20000; history++) {
        uint32_t failures = (uint32_t)draw(&random, 6);
        uint64_t interval = draw(&random, 20);
        uint64_t now = draw(&random, 4), clock = now;
        struct uripc_rapid_fail state = uripc_rapid_fail_begin(failures, interval);
        struct told told = {.count = 0};
        for (int step = 0; step < 30; step++) {
            if (draw(&random, 12) == 0) {
                state = uripc_rapid_fail_reset(state);
                told.count = 0;
                clock = now = draw(&random, 100);
                reset++;
            } else {
                clock += draw(&random, 12);
                uint64_t wrong = draw(&random, 8) == 0 ? draw(&random, 3) : 0; /* clock goes back */
                uint64_t at = clock > wrong ? clock - wrong : 0;
                now = told.count != 0 && at < now ? now : at;
                told.at[told.count++] = now;
                state = uripc_rapid_fail_failed(state, at);
            }
            assert_int_equal(uripc_rapid_fail_may_start(&state), oracle(&told, failures, interval));
            stopped += !uripc_rapid_fail_may_start(&state);
        }
    }
    assert_true(stopped > 10000 && reset > 10000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(as_many_failures_as_are_too_many_stop_it),
        cmocka_unit_test(failures_an_interval_apart_do_not_count_together),
        cmocka_unit_test(the_interval_slides),
        cmocka_unit_test(only_a_reset_lets_it_go_on),
        cmocka_unit_test(without_limits_nothing_stops),
        cmocka_unit_test(more_failures_than_fit_are_as_many_as_fit),
        cmocka_unit_test(random_histories_agree_with_looking_at_all_of_them),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
