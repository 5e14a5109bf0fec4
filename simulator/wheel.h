/* SPDX-License-Identifier: MIT */
/* The near part of the event queue; for events.c alone. */
#ifndef URIPC_SIMULATOR_WHEEL_H
#define URIPC_SIMULATOR_WHEEL_H

#include "events.h"

#define SIM_NO_BUCKET UINT32_MAX

bool sim_wheel_init(struct sim_wheel *wheel);
void sim_wheel_fini(struct sim_wheel *wheel);
void sim_wheel_clear(struct sim_wheel *wheel);

/* Puts the event of a slot, whose time and order are set, in its place.  False: it is too far or
 * too crowded there, and it is for the heap. */
bool sim_wheel_push(struct sim_wheel *wheel, struct sim_event *slab, uint32_t slot);

/* The place of the lowest bit of a word that is not 0, by a de Bruijn sequence (Leiserson, Prokop,
 * Randall, "Using de Bruijn Sequences to Index a 1 in a Computer Word", 1998). */
static inline uint32_t sim_lowest_bit(uint64_t word)
{
    static const unsigned char places[64] = {
        0,  1,  48, 2,  57, 49, 28, 3,  61, 58, 50, 42, 38, 29, 17, 4,  62, 55, 59, 36, 53, 51,
        43, 22, 45, 39, 33, 30, 24, 18, 12, 5,  63, 47, 56, 27, 60, 41, 37, 16, 54, 35, 52, 21,
        44, 32, 23, 11, 46, 26, 40, 15, 34, 20, 31, 10, 25, 14, 19, 9,  13, 8,  7,  6};
    return places[((word & (~word + 1)) * UINT64_C(0x03f79d71b4cb0a89)) >> 58];
}

/* The bucket whose first event is the wheel's first; SIM_NO_BUCKET: it is empty. */
static inline uint32_t sim_wheel_least(const struct sim_wheel *wheel)
{
    if (wheel->count == 0)
        return SIM_NO_BUCKET;
    const uint32_t words = (wheel->mask + 1) / 64;
    const uint32_t start = (uint32_t)wheel->cursor & wheel->mask;
    uint32_t at = start / 64;
    uint64_t word = wheel->bits[at] & (UINT64_MAX << start % 64);
    while (word == 0) {
        at = at + 1 == words ? 0 : at + 1;
        word = wheel->bits[at];
    }
    return at * 64 + sim_lowest_bit(word);
}

/* The ring may begin at this time: nothing in the wheel is before it. */
static inline void sim_wheel_advance(struct sim_wheel *wheel, uint64_t time)
{
    const uint64_t tick = time >> wheel->shift;
    if (tick > wheel->cursor)
        wheel->cursor = tick;
}

static inline void sim_wheel_pop(struct sim_wheel *wheel, const struct sim_event *slab,
                                 uint32_t bucket)
{
    const struct sim_event *event = &slab[wheel->buckets[bucket].first];
    wheel->cursor = event->time >> wheel->shift;
    wheel->buckets[bucket].first = event->next;
    if (event->next == SIM_NO_EVENT)
        wheel->bits[bucket / 64] &= ~(UINT64_C(1) << bucket % 64);
    wheel->count--;
}

/* Fits the wheel to what was pushed since the last time, of `size` events in all.  Returns a chain
 * of slots by `next`, which now are for the heap; SIM_NO_EVENT: none. */
uint32_t sim_wheel_fit(struct sim_wheel *wheel, struct sim_event *slab, uint32_t size);

static inline bool sim_wheel_wants_fit(const struct sim_wheel *wheel)
{
    return wheel->pushes > 1024 && wheel->pushes > wheel->mask;
}

#endif
