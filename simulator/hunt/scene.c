/* SPDX-License-Identifier: MIT */
#include "simulator/hunt/scene.h"

#include <string.h>

#include "simulator/random.h"

enum { KIND_SWARM = SIM_KIND_USER + 2 };

#define US UINT64_C(1000)
#define MS UINT64_C(1000000)

const char *const hunt_mode_names[HUNT_MODES] = {
#define MODE_ROW(NAME, name) name,
    HUNT_MODE_MAP(MODE_ROW)
#undef MODE_ROW
};

const char *const hunt_resolver_names[HUNT_RESOLVERS] = {[SIM_RESOLVER_TABLE] = "table",
                                                         [SIM_RESOLVER_DAEMON] = "daemon",
                                                         [SIM_RESOLVER_RENDEZVOUS] = "rendezvous"};

/* Runs of sessions take ten times as long as others. */
static const enum hunt_mode modes[] = {HUNT_MODE_CALLS, HUNT_MODE_QUEUES, HUNT_MODE_CALLS,
                                       HUNT_MODE_SESSIONS};

static const struct sim_fault_plan plan_of_all = {
    .budget = {[SIM_FAULT_CRASH] = 3,
               [SIM_FAULT_PAUSE] = 2,
               [SIM_FAULT_SLOW] = 2,
               [SIM_FAULT_CLOCK] = 2,
               [SIM_FAULT_QUOTA] = 1,
               [SIM_FAULT_CUT] = 2,
               [SIM_FAULT_LOSS] = 2,
               [SIM_FAULT_DUPLICATE] = 1,
               [SIM_FAULT_REORDER] = 1,
               [SIM_FAULT_SIZE] = 1,
               [SIM_FAULT_CAPACITY] = 2,
               [SIM_FAULT_RESOLVER_CRASH] = 2,
               [SIM_FAULT_RESOLVER_PAUSE] = 1,
               [SIM_FAULT_RESOLVER_CUT] = 3,
               [SIM_FAULT_LOCK] = 2},
    .offset = 5 * MS,
    .drift = 200000,
    .crash_events = 40,
    .delay = 2 * MS,
    .size = 64,
};

/* The place of a name; `count`: there is none. */
static uint32_t find(const char *name, const char *const *names, uint32_t count)
{
    uint32_t i = 0;
    while (i < count && strcmp(names[i], name) != 0)
        i++;
    return i;
}

/* Its times are to those of the run as usual ones are to a day's. */
static struct sim_resolver resolver_of(enum sim_resolver_kind kind, uint64_t every)
{
    struct sim_resolver resolver = sim_resolver_usual(kind);
    if (kind == SIM_RESOLVER_DAEMON) {
        resolver.retry = every / 2;
        resolver.silence = 2 * every;
        resolver.grace = 3 * every;
    } else if (kind == SIM_RESOLVER_RENDEZVOUS) {
        resolver.delay = every / 50;
        resolver.retry = every / 5;
    }
    return resolver;
}

/* What a process is given of another one's queue must not get lost (chapter 13). */
static bool can_share(const struct sim_profile *profile)
{
    return profile && profile->confirmed;
}

bool hunt_scene_draw(const struct hunt_setup *setup, struct hunt_scene *scene)
{
    const uint64_t word = sim_mix(setup->seed);
    uint32_t mode = modes[word % (sizeof modes / sizeof modes[0])];
    uint32_t resolver = (uint32_t)(word >> 32) % HUNT_RESOLVERS;
    const size_t turn = (size_t)(setup->seed % sim_profile_count());
    scene->profile = setup->profile ? sim_profile_find(setup->profile) : sim_profile_at(turn);
    if (setup->mode)
        mode = find(setup->mode, hunt_mode_names, HUNT_MODES);
    else if (mode == HUNT_MODE_QUEUES && !can_share(scene->profile))
        mode = HUNT_MODE_CALLS;
    if (setup->resolver)
        resolver = find(setup->resolver, hunt_resolver_names, HUNT_RESOLVERS);
    if (!scene->profile || mode == HUNT_MODES || resolver == HUNT_RESOLVERS)
        return false;
    const bool talks = mode == HUNT_MODE_SESSIONS; /* as retries take their time */
    scene->mode = (enum hunt_mode)mode;
    scene->until = talks ? 400 * MS : 20 * MS;
    scene->every = talks ? 10 * MS : mode == HUNT_MODE_QUEUES ? MS / 2 : MS;
    scene->link = sim_link_dull;
    if (mode == HUNT_MODE_QUEUES) /* so that much is under way when somebody cancels or dies */
        scene->link.delay_min = scene->link.delay_max = 100 * US;
    scene->resolver = resolver_of((enum sim_resolver_kind)resolver, scene->every);
    return true;
}

/* Some faults can only happen to one kind of resolver. */
static bool can_be(enum sim_family family, enum sim_resolver_kind kind)
{
    if (family == SIM_FAULT_LOCK)
        return kind == SIM_RESOLVER_RENDEZVOUS;
    return family <= SIM_FAULT_CAPACITY || kind == SIM_RESOLVER_DAEMON;
}

/* Most runs have everything; some spare the links, or the processes, as some promises hold only
 * where nothing is lost, and mistakes can hide behind crashes. */
struct sim_fault_plan hunt_scene_plan(struct sim_world *world, const struct hunt_scene *scene)
{
    struct sim_fault_plan plan = plan_of_all;
    plan.until = scene->until;
    plan.lasting = scene->until / 4;
    plan.slowest = scene->every / 3;
    if (scene->mode == HUNT_MODE_QUEUES) /* more is said there that must not be heard twice */
        plan.budget[SIM_FAULT_DUPLICATE] *= 3;
    const uint32_t spared = sim_choose(world, KIND_SWARM, 0, 4);
    for (uint32_t i = 0; i < SIM_FAMILIES; i++) {
        const enum sim_family family = (enum sim_family)i;
        const bool link = sim_is_of_link(family);
        if (((spared == 1 || (spared == 3 && scene->mode == HUNT_MODE_QUEUES)) && link &&
             family != SIM_FAULT_CAPACITY) ||
            (spared == 2 && family < SIM_FAULT_CUT) || !can_be(family, scene->resolver.kind))
            plan.budget[i] = 0;
    }
    return plan;
}
