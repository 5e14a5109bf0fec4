/* SPDX-License-Identifier: MIT */
#include "events.h"

#include <string.h>

#include "memory.h"
#include "wheel.h"

enum { ROOT = 3, FIRST_ROOM = 64, SLOT_BITS = 24, CLASS_SHIFT = 62 };

/* Values of `least` that are no bucket. */
#define IN_HEAP (UINT32_MAX - 1)
#define UNKNOWN UINT32_MAX

static const struct sim_event_node LAST = {.time = UINT64_MAX, .order = UINT64_MAX};

static uint32_t before(const struct sim_event_node *a, const struct sim_event_node *b)
{
    return (uint32_t)((a->time < b->time) | ((a->time == b->time) & (a->order < b->order)));
}

/* Every place from `end` to `room` holds LAST, so a node always has four children to compare. */
static void fill(struct sim_events *events, uint32_t from)
{
    for (uint32_t i = from; i < events->room; i++)
        events->heap[i] = LAST;
}

bool sim_events_init(struct sim_events *events)
{
    *events = (struct sim_events){
        .end = ROOT, .room = FIRST_ROOM, .free = SIM_NO_EVENT, .least = UNKNOWN};
    events->heap = sim_memory_take(FIRST_ROOM * sizeof *events->heap);
    if (!events->heap || !sim_wheel_init(&events->wheel))
        return false;
    fill(events, 0);
    return true;
}

void sim_events_fini(struct sim_events *events)
{
    sim_wheel_fini(&events->wheel);
    sim_memory_give(events->heap);
    sim_memory_give(events->slab);
}

void sim_events_clear(struct sim_events *events)
{
    for (uint32_t i = ROOT; i < events->end; i++)
        events->heap[i] = LAST;
    sim_wheel_clear(&events->wheel);
    events->end = ROOT;
    events->created = 0;
    events->least = UNKNOWN;
    events->slots = 0;
    events->free = SIM_NO_EVENT;
}

uint32_t sim_events_size(const struct sim_events *events)
{
    return events->end - ROOT + events->wheel.count;
}

uint32_t sim_events_take(struct sim_events *events)
{
    uint32_t slot = events->free;
    if (slot != SIM_NO_EVENT) {
        events->free = events->slab[slot].next;
    } else {
        void *slab = events->slab;
        if (events->slots >= UINT32_C(1) << SLOT_BITS ||
            !sim_memory_room(&slab, &events->slab_room, events->slots, sizeof *events->slab))
            return SIM_NO_EVENT;
        events->slab = slab;
        slot = events->slots;
        events->slots++;
    }
    return slot;
}

void sim_events_give(struct sim_events *events, uint32_t slot)
{
    events->slab[slot].next = events->free;
    events->free = slot;
}

static bool grow(struct sim_events *events)
{
    const size_t old_bytes = events->room * sizeof *events->heap;
    void *heap = sim_memory_grow(events->heap, old_bytes, old_bytes * 2);
    if (!heap)
        return false;
    events->heap = heap;
    const uint32_t from = events->room;
    events->room *= 2;
    fill(events, from);
    return true;
}

/* Moves the hole at `place` up until `node` fits there. */
static void sift_up(struct sim_event_node *heap, uint32_t place, struct sim_event_node node)
{
    while (place > ROOT) {
        const uint32_t parent = place / 4 + 2;
        if (!before(&node, &heap[parent]))
            break;
        heap[place] = heap[parent];
        place = parent;
    }
    heap[place] = node;
}

static bool push_far(struct sim_events *events, uint32_t slot)
{
    if (events->end + 4 >= events->room && !grow(events))
        return false;
    const struct sim_event *event = &events->slab[slot];
    const struct sim_event_node node = {.time = event->time, .order = event->order};
    sift_up(events->heap, events->end, node);
    events->end++;
    return true;
}

static bool fit(struct sim_events *events)
{
    uint32_t slot = sim_wheel_fit(&events->wheel, events->slab, sim_events_size(events));
    while (slot != SIM_NO_EVENT) {
        const uint32_t next = events->slab[slot].next;
        if (!push_far(events, slot))
            return false;
        slot = next;
    }
    return true;
}

bool sim_events_push(struct sim_events *events, uint64_t time, enum sim_class class, uint32_t slot)
{
    struct sim_event *event = &events->slab[slot];
    event->time = time;
    event->order = (uint64_t) class << CLASS_SHIFT | events->created << SLOT_BITS | slot;
    events->created++;
    const bool fits = !sim_wheel_wants_fit(&events->wheel);
    if (time <= events->least_time || !fits)
        events->least = UNKNOWN;
    if (!fits && !fit(events))
        return false;
    return sim_wheel_push(&events->wheel, events->slab, slot) || push_far(events, slot);
}

static uint32_t slot_of(const struct sim_event_node *node)
{
    return (uint32_t)(node->order & ((UINT32_C(1) << SLOT_BITS) - 1));
}

/* Looks for the first event. */
static uint32_t find_least(struct sim_events *events)
{
    const struct sim_event_node *top = &events->heap[ROOT];
    const uint32_t bucket = sim_wheel_least(&events->wheel);
    if (bucket != SIM_NO_BUCKET) {
        const uint32_t slot = events->wheel.buckets[bucket].first;
        const struct sim_event *event = &events->slab[slot];
        const struct sim_event_node node = {.time = event->time, .order = event->order};
        if (before(&node, top)) {
            events->least = bucket;
            events->least_time = node.time;
            return slot;
        }
    }
    events->least = IN_HEAP;
    events->least_time = top->time;
    return events->end == ROOT ? SIM_NO_EVENT : slot_of(top);
}

uint32_t sim_events_min(struct sim_events *events, uint64_t *time)
{
    uint32_t slot;
    if (events->least == UNKNOWN)
        slot = find_least(events);
    else if (events->least != IN_HEAP)
        slot = events->wheel.buckets[events->least].first;
    else
        slot = events->end == ROOT ? SIM_NO_EVENT : slot_of(&events->heap[ROOT]);
    *time = events->least_time;
    return slot;
}

static void pop_heap(struct sim_events *events)
{
    struct sim_event_node *heap = events->heap;
    const uint32_t end = events->end - 1;
    const struct sim_event_node last = heap[end];
    heap[end] = LAST;
    events->end = end;
    if (end == ROOT)
        return;
    uint32_t hole = ROOT;
    uint32_t child = 4;
    while (child < end) {
        const uint32_t low = child + before(&heap[child + 1], &heap[child]);
        const uint32_t high = child + 2 + before(&heap[child + 3], &heap[child + 2]);
        const uint32_t least = low + (high - low) * before(&heap[high], &heap[low]);
        heap[hole] = heap[least];
        hole = least;
        child = 4 * (hole - 2);
    }
    sift_up(heap, hole, last);
}

void sim_events_pop(struct sim_events *events)
{
    if (events->least == UNKNOWN)
        (void)find_least(events);
    if (events->least == IN_HEAP) {
        sim_wheel_advance(&events->wheel, events->heap[ROOT].time);
        pop_heap(events);
    } else {
        sim_wheel_pop(&events->wheel, events->slab, events->least);
    }
    events->least = UNKNOWN;
}
