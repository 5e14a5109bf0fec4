/* SPDX-License-Identifier: MIT */
#include "world.h"

#include <string.h>

const char *sim_trace_name(enum sim_trace kind)
{
    static const char *const names[] = {
        [SIM_TRACE_START] = "start",
        [SIM_TRACE_CRASH] = "crash",
        [SIM_TRACE_RESTART] = "restart",
        [SIM_TRACE_PAUSE] = "pause",
        [SIM_TRACE_RESUME] = "resume",
        [SIM_TRACE_CARRY] = "carry",
        [SIM_TRACE_DELIVER] = "deliver",
        [SIM_TRACE_LOSE] = "lose",
        [SIM_TRACE_DUPLICATE] = "duplicate",
        [SIM_TRACE_CUT_DROP] = "cut-drop",
        [SIM_TRACE_OVERSIZE] = "oversize",
        [SIM_TRACE_BLOCKED] = "blocked",
        [SIM_TRACE_DEAD_DROP] = "dead-drop",
        [SIM_TRACE_NOWHERE] = "nowhere",
        [SIM_TRACE_ROOM] = "room",
        [SIM_TRACE_PEER_DOWN] = "peer-down",
        [SIM_TRACE_CLAIM] = "claim",
        [SIM_TRACE_RELEASE] = "release",
        [SIM_TRACE_LOOKUP] = "lookup",
        [SIM_TRACE_ROUTE_GONE] = "route-gone",
        [SIM_TRACE_WORK] = "work",
        [SIM_TRACE_WAKE] = "wake",
        [SIM_TRACE_CUT] = "cut",
        [SIM_TRACE_HEAL] = "heal",
        [SIM_TRACE_LINK] = "link",
        [SIM_TRACE_CONNECT] = "connect",
        [SIM_TRACE_DISCONNECT] = "disconnect",
        [SIM_TRACE_HELD_BACK] = "held-back",
        [SIM_TRACE_RECLAIM] = "reclaim",
        [SIM_TRACE_FORGET] = "forget",
        [SIM_TRACE_GRACE_OVER] = "grace-over",
        [SIM_TRACE_PLAN] = "plan",
        [SIM_TRACE_SLOW] = "slow",
        [SIM_TRACE_CLOCK] = "clock",
    };
    return kind >= 0 && (size_t)kind < sizeof names / sizeof names[0] ? names[kind] : "unknown";
}

void sim_tell(struct sim_world *world, const struct sim_event_record *record)
{
    if (!world->config.trace)
        return;
    struct sim_event_record timed = *record;
    timed.time = world->now;
    world->config.trace(world->config.user, &timed);
}

/* Parcels. */

struct sim_parcel *sim_parcel(const struct sim_world *world, uint32_t block)
{
    return sim_pool_bytes(&world->pool, block);
}

uint32_t sim_parcel_take(struct sim_world *world, const struct uripc_text *parts, unsigned count)
{
    size_t total = sizeof(struct sim_parcel);
    for (unsigned i = 0; i < count; i++)
        total += parts[i].length;
    const uint32_t block = sim_pool_take(&world->pool, total);
    if (block == 0) {
        world->exhausted = true;
        return 0;
    }
    struct sim_parcel *parcel = sim_parcel(world, block);
    unsigned char *at = (unsigned char *)(parcel + 1);
    for (unsigned i = 0; i < count; i++) {
        if (parts[i].length > 0)
            memcpy(at, parts[i].at, parts[i].length);
        at += parts[i].length;
    }
    parcel->digest =
        sim_fold_bytes(SIM_FINGERPRINT_EMPTY, parcel + 1, total - sizeof(struct sim_parcel));
    return block;
}
