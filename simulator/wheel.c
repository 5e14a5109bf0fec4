/* SPDX-License-Identifier: MIT */
#include "wheel.h"

#include <string.h>

#include "memory.h"

enum {
    LEAST_BUCKETS = 64,
    MOST_BUCKETS = 1 << 17,
    FIRST_SHIFT = 8,
    MOST_SHIFT = 40,
    STEPS_MAX = 8 /* in one bucket, before an event goes to the heap instead */
};

static bool take(struct sim_wheel *wheel, uint32_t buckets)
{
    const size_t words = buckets / 64;
    struct sim_bucket *array = sim_memory_take(buckets * sizeof *array);
    uint64_t *bits = sim_memory_take(words * sizeof *bits);
    if (!array || !bits) {
        sim_memory_give(array);
        sim_memory_give(bits);
        return false;
    }
    memset(bits, 0, words * sizeof *bits);
    wheel->buckets = array;
    wheel->bits = bits;
    wheel->mask = buckets - 1;
    return true;
}

bool sim_wheel_init(struct sim_wheel *wheel)
{
    *wheel = (struct sim_wheel){.shift = FIRST_SHIFT};
    return take(wheel, LEAST_BUCKETS);
}

void sim_wheel_fini(struct sim_wheel *wheel)
{
    sim_memory_give(wheel->buckets);
    sim_memory_give(wheel->bits);
}

void sim_wheel_clear(struct sim_wheel *wheel)
{
    if (wheel->count > 0)
        memset(wheel->bits, 0, (wheel->mask + (size_t)1) / 64 * sizeof *wheel->bits);
    wheel->count = 0;
    wheel->cursor = 0;
}

static bool before(const struct sim_event *a, const struct sim_event *b)
{
    return a->time < b->time || (a->time == b->time && a->order < b->order);
}

/* Behind all that are before it; the last is tried first, as most ties come in order. */
static bool sort_in(struct sim_wheel *wheel, struct sim_bucket *bucket, struct sim_event *slab,
                    uint32_t slot)
{
    struct sim_event *event = &slab[slot];
    if (!before(event, &slab[bucket->last])) {
        slab[bucket->last].next = slot;
        bucket->last = slot;
        event->next = SIM_NO_EVENT;
        return true;
    }
    uint32_t *link = &bucket->first;
    for (uint32_t steps = 0; before(&slab[*link], event); steps++) {
        if (steps == STEPS_MAX) {
            wheel->steps += steps;
            return false;
        }
        link = &slab[*link].next;
        wheel->steps++;
    }
    event->next = *link;
    *link = slot;
    return true;
}

bool sim_wheel_push(struct sim_wheel *wheel, struct sim_event *slab, uint32_t slot)
{
    const uint64_t tick = slab[slot].time >> wheel->shift;
    wheel->pushes++;
    if (tick - wheel->cursor > wheel->mask) {
        wheel->far++;
        return false;
    }
    const uint32_t place = (uint32_t)tick & wheel->mask;
    uint64_t *word = &wheel->bits[place / 64];
    const uint64_t bit = UINT64_C(1) << place % 64;
    if ((*word & bit) == 0) {
        *word |= bit;
        wheel->buckets[place] = (struct sim_bucket){.first = slot, .last = slot};
        slab[slot].next = SIM_NO_EVENT;
    } else if (!sort_in(wheel, &wheel->buckets[place], slab, slot)) {
        return false;
    }
    wheel->count++;
    return true;
}

/* Takes all events out, in order, as one chain. */
static uint32_t empty(struct sim_wheel *wheel, struct sim_event *slab)
{
    uint32_t chain = SIM_NO_EVENT;
    uint32_t *end = &chain;
    for (uint32_t left = wheel->count; left > 0;) {
        const uint32_t place = sim_wheel_least(wheel);
        const struct sim_bucket bucket = wheel->buckets[place];
        *end = bucket.first;
        end = &slab[bucket.last].next;
        for (uint32_t slot = bucket.first; slot != SIM_NO_EVENT; slot = slab[slot].next)
            left--;
        wheel->bits[place / 64] &= ~(UINT64_C(1) << place % 64);
        wheel->count = left;
    }
    return chain;
}

static uint32_t fitting_shift(const struct sim_wheel *wheel)
{
    const uint32_t much = wheel->pushes * 4 < wheel->steps ? 3 : 1;
    if (wheel->steps > wheel->pushes)
        return wheel->shift > much ? wheel->shift - much : 0;
    if (wheel->far > wheel->pushes / 4 && wheel->steps < wheel->pushes / 2)
        return wheel->shift < MOST_SHIFT ? wheel->shift + 1 : MOST_SHIFT;
    return wheel->shift;
}

static uint32_t fitting_buckets(const struct sim_wheel *wheel, uint32_t size)
{
    uint32_t buckets = wheel->mask + 1;
    while (size > buckets && buckets < MOST_BUCKETS)
        buckets *= 2;
    while (size < buckets / 8 && buckets > LEAST_BUCKETS)
        buckets /= 2;
    return buckets;
}

uint32_t sim_wheel_fit(struct sim_wheel *wheel, struct sim_event *slab, uint32_t size)
{
    const uint32_t shift = fitting_shift(wheel);
    const uint32_t buckets = fitting_buckets(wheel, size);
    wheel->pushes = 0;
    wheel->far = 0;
    wheel->steps = 0;
    if (shift == wheel->shift && buckets == wheel->mask + 1)
        return SIM_NO_EVENT;
    uint32_t chain = empty(wheel, slab);
    struct sim_wheel old = *wheel;
    if (buckets != wheel->mask + 1 && take(wheel, buckets))
        sim_wheel_fini(&old);
    wheel->cursor = wheel->cursor << wheel->shift >> shift;
    wheel->shift = shift;
    uint32_t rest = SIM_NO_EVENT;
    while (chain != SIM_NO_EVENT) {
        const uint32_t slot = chain;
        chain = slab[slot].next;
        if (sim_wheel_push(wheel, slab, slot))
            continue;
        slab[slot].next = rest;
        rest = slot;
    }
    wheel->pushes = 0;
    wheel->far = 0;
    wheel->steps = 0;
    return rest;
}
