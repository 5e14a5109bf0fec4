/* SPDX-License-Identifier: MIT */
#include <uripc/liveness.h>

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

/* Beat i is sent at `start` + i * beat of the peer's clock, if `start` is when it was told of the
 * session.  The clocks of two processes have no common zero, so `start` is known only up to the
 * delay of the first thing heard; what came faster than that moves it back (LAY-12). */
struct freshness {
    uint64_t beat;
    uint64_t silence;
    uint64_t start;
    uint64_t next; /* the beat that is waited for */
};

static void freshness_begin(void *state, const struct uripc_liveness_options *options, uint64_t now)
{
    struct freshness *freshness = state;
    *freshness = (struct freshness){
        .beat = options->beat, .silence = options->silence, .start = now, .next = 1};
}

static void freshness_heard(void *state, uint64_t beat, uint64_t now)
{
    struct freshness *freshness = state;
    uint64_t since = times(freshness->beat, beat);
    if (URIPC_MUTANT(FRESHNESS_FROM_LAST))
        freshness->start = since <= now ? now - since : 0;
    if (since <= now && now - since < freshness->start && !URIPC_MUTANT(BEGINNING_FIXED))
        freshness->start = now - since;
    if (beat < UINT64_MAX && beat + 1 > freshness->next)
        freshness->next = beat + 1;
}

/* LAY-11 */
static uint64_t freshness_until(const void *state)
{
    const struct freshness *freshness = state;
    uint64_t expected = later(freshness->start, times(freshness->beat, freshness->next));
    return later(expected, freshness->silence);
}

const struct uripc_liveness uripc_liveness_freshness = {
    .size = sizeof(struct uripc_liveness),
    .name = "freshness",
    .bytes = sizeof(struct freshness),
    .begin = freshness_begin,
    .heard = freshness_heard,
    .until = freshness_until,
};
