/* SPDX-License-Identifier: MIT */
#include <uripc/liveness.h>

#include <stdarg.h>
#include <setjmp.h>
#include <stdint.h>

#include <cmocka.h>

static _Alignas(8) unsigned char judge[URIPC_LIVENESS_BYTES];

static void begin(const struct uripc_liveness *liveness, uint64_t beat, uint64_t silence,
                  uint64_t now)
{
    const struct uripc_liveness_options options = {.beat = beat, .silence = silence};
    assert_true(liveness->bytes <= sizeof judge);
    liveness->begin(judge, &options, now);
}

/* LAY-10 */
static void timeout_counts_from_what_was_heard_last(void **state)
{
    (void)state;
    begin(&uripc_liveness_timeout, 100, 250, 1000);
    assert_int_equal(uripc_liveness_timeout.until(judge), 1250);
    uripc_liveness_timeout.heard(judge, 1, 1100);
    assert_int_equal(uripc_liveness_timeout.until(judge), 1350);
    uripc_liveness_timeout.heard(judge, 1, 1101); /* data between two beats */
    assert_int_equal(uripc_liveness_timeout.until(judge), 1351);
}

/* LAY-11 */
static void freshness_counts_from_when_a_beat_was_due(void **state)
{
    (void)state;
    begin(&uripc_liveness_freshness, 100, 30, 1000);
    assert_int_equal(uripc_liveness_freshness.until(judge), 1130);
    uripc_liveness_freshness.heard(judge, 1, 1129); /* late, and yet not later for the next */
    assert_int_equal(uripc_liveness_freshness.until(judge), 1230);
    uripc_liveness_freshness.heard(judge, 3, 1310); /* the second one was lost */
    assert_int_equal(uripc_liveness_freshness.until(judge), 1430);
    uripc_liveness_freshness.heard(judge, 2, 1320); /* and came after all */
    assert_int_equal(uripc_liveness_freshness.until(judge), 1430);
}

/* LAY-12: the first thing heard was slow; what comes faster tells when the peer really began. */
static void freshness_learns_the_peers_beginning(void **state)
{
    (void)state;
    begin(&uripc_liveness_freshness, 100, 30, 1050);
    uripc_liveness_freshness.heard(judge, 1, 1110);
    assert_int_equal(uripc_liveness_freshness.until(judge), 1240);
    begin(&uripc_liveness_freshness, 100, 30, 50); /* earlier than this clock counts */
    uripc_liveness_freshness.heard(judge, 4, 400);
    assert_int_equal(uripc_liveness_freshness.until(judge), 530);
}

static void the_end_of_time_is_no_beginning(void **state)
{
    (void)state;
    begin(&uripc_liveness_timeout, 0, UINT64_MAX, 5);
    assert_true(uripc_liveness_timeout.until(judge) == UINT64_MAX);
    begin(&uripc_liveness_freshness, UINT64_MAX / 2, 10, 5);
    uripc_liveness_freshness.heard(judge, 3, 50);
    assert_true(uripc_liveness_freshness.until(judge) == UINT64_MAX);
    uripc_liveness_freshness.heard(judge, UINT64_MAX, 60); /* a peer that lies */
    assert_true(uripc_liveness_freshness.until(judge) == UINT64_MAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(timeout_counts_from_what_was_heard_last),
        cmocka_unit_test(freshness_counts_from_when_a_beat_was_due),
        cmocka_unit_test(freshness_learns_the_peers_beginning),
        cmocka_unit_test(the_end_of_time_is_no_beginning),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
