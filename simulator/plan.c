/* SPDX-License-Identifier: MIT */
/* Draws faults of every family.  Each has an actor of its own, so that one more fault, or one more
 * draw for one of them, changes no other. */
#include "fault.h"
#include "world.h"

enum { PER_MILLE = 1000, CAPACITY_MAX = 4, QUOTAS = 4 * 6 };

struct drawing {
    struct sim_world *world;
    const struct sim_fault_plan *plan;
    uint64_t actor;
};

static uint64_t between(const struct drawing *drawing, uint64_t min, uint64_t max)
{
    return sim_between(drawing->world, SIM_KIND_PLAN, drawing->actor, min, max);
}

static uint32_t one_of(const struct drawing *drawing, uint32_t n)
{
    return sim_choose(drawing->world, SIM_KIND_PLAN, drawing->actor, n);
}

/* Another process than this one. */
static uint32_t another(const struct drawing *drawing, uint32_t process, uint32_t processes)
{
    const uint32_t peer = one_of(drawing, processes - 1);
    return peer + (peer >= process);
}

static void draw_clock(const struct drawing *drawing, struct sim_fault *fault)
{
    const struct sim_fault_plan *plan = drawing->plan;
    fault->offset = (int64_t)between(drawing, 0, 2 * plan->offset) - (int64_t)plan->offset;
    fault->drift = (int32_t)between(drawing, 0, 2 * (uint64_t)plan->drift) - (int32_t)plan->drift;
}

static uint64_t value_of(const struct drawing *drawing, enum sim_family family)
{
    const struct sim_fault_plan *plan = drawing->plan;
    switch (family) {
    case SIM_FAULT_CRASH:
        return one_of(drawing, 2) == 0 ? 0 : between(drawing, 1, plan->crash_events);
    case SIM_FAULT_SLOW:
        return between(drawing, 1, plan->slowest);
    case SIM_FAULT_QUOTA:
        return 4 + one_of(drawing, QUOTAS);
    case SIM_FAULT_LOSS:
    case SIM_FAULT_DUPLICATE:
        return between(drawing, 1, PER_MILLE);
    case SIM_FAULT_REORDER:
        return between(drawing, 1, plan->delay);
    case SIM_FAULT_SIZE:
        return between(drawing, 1, plan->size);
    case SIM_FAULT_CAPACITY:
        return between(drawing, 1, CAPACITY_MAX);
    default:
        return 0;
    }
}

static void draw_one(const struct drawing *drawing, enum sim_family family)
{
    struct sim_world *world = drawing->world;
    const uint32_t processes = world->config.processes;
    const bool link = sim_is_of_link(family);
    const bool daemon = family == SIM_FAULT_RESOLVER_CRASH || family == SIM_FAULT_RESOLVER_PAUSE;
    if (one_of(drawing, 2) == 0 || (link && processes < 2))
        return;
    struct sim_fault fault = {.family = family, .peer = SIM_NOBODY};
    fault.process = daemon ? SIM_RESOLVER : one_of(drawing, processes);
    if (link)
        fault.peer = another(drawing, fault.process, processes);
    if (family != SIM_FAULT_QUOTA)
        fault.at = between(drawing, 0, drawing->plan->until - 1);
    fault.lasting =
        family == SIM_FAULT_QUOTA ? SIM_NEVER : between(drawing, 1, drawing->plan->lasting);
    if (family == SIM_FAULT_CLOCK)
        draw_clock(drawing, &fault);
    fault.value = value_of(drawing, family);
    sim_fault(world, &fault);
    if (family != SIM_FAULT_CUT || one_of(drawing, 2) == 0)
        return;
    const struct sim_fault back = {.family = family,
                                   .process = fault.peer,
                                   .peer = fault.process,
                                   .at = fault.at,
                                   .lasting = fault.lasting};
    sim_fault(world, &back);
}

void sim_plan(struct sim_world *world, const struct sim_fault_plan *plan)
{
    if (plan->until == 0)
        return;
    for (uint32_t family = 0; family < SIM_FAMILIES; family++) {
        for (uint32_t i = 0; i < plan->budget[family]; i++) {
            const struct drawing drawing = {
                .world = world, .plan = plan, .actor = (uint64_t)family << 32 | i};
            draw_one(&drawing, (enum sim_family)family);
        }
    }
}
