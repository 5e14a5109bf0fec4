/* SPDX-License-Identifier: MIT */
#include <uripc/liveness.h>

#include <stdbool.h>

#include "mutants.h"

/* Sums of times stop at the end of time instead of beginning anew. */
static uint64_t later(uint64_t at, uint64_t by)
{
    return by > UINT64_MAX - at ? UINT64_MAX : at + by;
}

static uint64_t times(uint64_t beat, uint64_t count)
{
    return count != 0 && beat > UINT64_MAX / count ? UINT64_MAX : beat * count;
}

struct timeout {
    uint64_t silence;
    uint64_t until;
};

static void timeout_begin(void *state, const struct uripc_liveness_options *options, uint64_t now)
{
    struct timeout *timeout = state;
    *timeout = (struct timeout){options->silence, later(now, options->silence)};
}

/* LAY-10 */
static void timeout_heard(void *state, uint64_t beat, uint64_t now)
{
    struct timeout *timeout = state;
    (void)beat;
    timeout->until = later(now, timeout->silence + (URIPC_MUTANT(TIMEOUT_LATE) ? 1000 : 0));
}

static uint64_t timeout_until(const void *state)
{
    return ((const struct timeout *)state)->until;
}

const struct uripc_liveness uripc_liveness_timeout = {
    .size = sizeof(struct uripc_liveness),
    .name = "timeout",
    .bytes = sizeof(struct timeout),
    .begin = timeout_begin,
    .heard = timeout_heard,
    .until = timeout_until,
};

/* Beat i is sent i * beat of the peer's clock after it was told of the session.  The clocks of two
 * processes have no common zero, so when that was is known only up to the delay of the first thing
 * heard; what came faster than that shows that it was earlier (LAY-12), and so does a clock that
 * gains, by more and more. */
struct freshness {
    uint64_t beat;
    uint64_t silence;
    uint64_t began; /* when the detector did */
    uint64_t lead;  /* and how long before that the peer */
    uint64_t next;  /* the beat that is waited for */
};

static void freshness_begin(void *state, const struct uripc_liveness_options *options, uint64_t now)
{
    struct freshness *freshness = state;
    *freshness = (struct freshness){
        .beat = options->beat, .silence = options->silence, .began = now, .next = 1};
}

static void freshness_heard(void *state, uint64_t beat, uint64_t now)
{
    struct freshness *freshness = state;
    const uint64_t peer = times(freshness->beat, beat);
    const uint64_t here = now - freshness->began;
    if (URIPC_MUTANT(FRESHNESS_FROM_LAST)) {
        freshness->began = later(freshness->began, here > peer ? here - peer : 0);
        freshness->lead = peer > here ? peer - here : 0;
    }
    const bool possible = peer > here && peer < UINT64_MAX;
    if (possible && peer - here > freshness->lead && !URIPC_MUTANT(BEGINNING_FIXED))
        freshness->lead = peer - here;
    if (beat < UINT64_MAX && beat + 1 > freshness->next)
        freshness->next = beat + 1;
}

/* LAY-11.  The lead is at most what was heard of. */
static uint64_t freshness_until(const void *state)
{
    const struct freshness *freshness = state;
    const uint64_t expected = times(freshness->beat, freshness->next) - freshness->lead;
    return later(later(freshness->began, expected), freshness->silence);
}

const struct uripc_liveness uripc_liveness_freshness = {
    .size = sizeof(struct uripc_liveness),
    .name = "freshness",
    .bytes = sizeof(struct freshness),
    .begin = freshness_begin,
    .heard = freshness_heard,
    .until = freshness_until,
};
