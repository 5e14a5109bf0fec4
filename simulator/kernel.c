/* SPDX-License-Identifier: MIT */
/* The resolver of the simulated world: a table as a kernel might hold it, with the latency and
 * the rule for absent names of the profile.  Every request takes effect when it is answered, so
 * an answer is never older than the table. */
#include "world.h"

static void tell(struct sim_world *world, enum sim_trace kind, const struct sim_event *event,
                 uint32_t peer, enum uripc_status status, struct uripc_text name)
{
    sim_fold_word(world, (uint64_t)kind << 56 | (uint64_t)status << 48 | event->process);
    sim_fold_word(world, (uint64_t)event->ticket << 32 | peer);
    if (sim_is_traced(world))
        sim_tell(world, &(struct sim_event_record){.kind = kind,
                                                   .process = event->process,
                                                   .peer = peer,
                                                   .status = status,
                                                   .target = name});
}

/* Watchers are told before whoever caused it: at the same instant, and created earlier. */
static void tell_watchers(struct sim_world *world)
{
    uint32_t peer;
    struct uripc_incarnation life;
    while (world->table_ops->next_gone(world->table, &peer, &life)) {
        if (peer >= world->life_count || !sim_life_is_current(world, peer))
            continue;
        const struct sim_event event = {.kind = SIM_EVENT_ROUTE_GONE,
                                        .process = world->lives[peer],
                                        .life = peer,
                                        .node = life.node,
                                        .serial = life.serial};
        sim_push(world, world->now, SIM_CLASS_ARRIVAL, &event);
    }
}

void sim_kernel_forget(struct sim_world *world, uint32_t life)
{
    world->table_ops->forget(world->table, life);
    tell_watchers(world);
}

/* Queues an answer that follows from `event`. */
static void answer(struct sim_world *world, const struct sim_event *event, enum sim_event_kind kind,
                   enum uripc_status status, uint64_t serial)
{
    const struct sim_event next = {.kind = kind,
                                   .process = event->process,
                                   .life = event->life,
                                   .ticket = event->ticket,
                                   .status = status,
                                   .serial = serial};
    sim_push(world, world->now, SIM_CLASS_ARRIVAL, &next);
}

static struct uripc_text text_of(const struct sim_world *world, const struct sim_event *event,
                                 size_t length)
{
    return (struct uripc_text){.at = (const char *)(sim_parcel(world, event->parcel) + 1),
                               .length = length};
}

static void execute_claim(struct sim_world *world, const struct sim_event *event)
{
    const struct sim_process *process = &world->processes[event->process];
    const struct sim_parcel *parcel = sim_parcel(world, event->parcel);
    struct uripc_claim claim = parcel->claim;
    claim.name = text_of(world, event, claim.name.length);
    claim.principal = process->principal;
    uint64_t serial = claim.serial;
    const enum uripc_status status =
        world->table_ops->claim(world->table, process->life, process->identity, &claim, &serial);
    sim_fold_word(world, parcel->digest);
    tell(world, SIM_TRACE_CLAIM, event, SIM_NOBODY, status, claim.name);
    tell_watchers(world);
    answer(world, event, SIM_EVENT_CLAIMED, status, serial);
}

static void execute_release(struct sim_world *world, const struct sim_event *event)
{
    const struct sim_process *process = &world->processes[event->process];
    const struct uripc_incarnation life = {.node = process->identity, .serial = event->serial};
    const bool held = world->table_ops->release(world->table, life);
    tell(world, SIM_TRACE_RELEASE, event, SIM_NOBODY, held ? URIPC_OK : URIPC_NOT_FOUND,
         (struct uripc_text){0});
    tell_watchers(world);
    answer(world, event, SIM_EVENT_RELEASED, URIPC_OK, event->serial);
}

static struct uripc_route route_to(const struct sim_world *world, const struct uripc_found *found)
{
    const struct sim_profile *profile = world->config.profile;
    if (found->kind == URIPC_GROUP)
        return (struct uripc_route){.to = {.serial = found->name_life},
                                    .peer = found->first.peer,
                                    .payload_max = profile->group_payload_max,
                                    .budget = profile->group_budget,
                                    .group = true};
    return (struct uripc_route){.to = found->first.life,
                                .peer = found->first.peer,
                                .payload_max = profile->payload_max,
                                .confirmed = profile->confirmed};
}

/* What the profile says about a name nobody holds.  True: it is answered now, with *route. */
static bool absent(struct sim_world *world, const struct sim_event *event,
                   enum uripc_status *status, struct uripc_route *route)
{
    const struct sim_profile *profile = world->config.profile;
    if (profile->absence == SIM_ABSENCE_SILENT) {
        *status = URIPC_OK;
        *route = (struct uripc_route){.peer = URIPC_NOWHERE,
                                      .payload_max = profile->group_payload_max,
                                      .budget = profile->group_budget};
        return true;
    }
    if (profile->absence == SIM_ABSENCE_UNREACHABLE)
        *status = URIPC_UNREACHABLE;
    if (profile->absence_delay == 0)
        return true;
    const struct sim_event late = {.kind = SIM_EVENT_NO_ROUTE,
                                   .process = event->process,
                                   .life = event->life,
                                   .ticket = event->ticket,
                                   .status = *status};
    sim_push(world, world->now + profile->absence_delay, SIM_CLASS_ARRIVAL, &late);
    return false;
}

static void execute_lookup(struct sim_world *world, const struct sim_event *event)
{
    const struct sim_process *process = &world->processes[event->process];
    const struct sim_parcel *parcel = sim_parcel(world, event->parcel);
    const struct uripc_text target = text_of(world, event, parcel->text.length);
    struct uripc_found found;
    struct uripc_route route = {.peer = URIPC_NOWHERE};
    uint32_t holder = SIM_NOBODY;
    enum uripc_status status =
        world->table_ops->lookup(world->table, process->life, target, &found);
    bool now = true;
    if (status == URIPC_OK) {
        route = route_to(world, &found);
        holder = found.first.peer < world->life_count ? world->lives[found.first.peer] : SIM_NOBODY;
    } else if (status == URIPC_NO_RECEIVER) {
        now = absent(world, event, &status, &route);
    }
    sim_fold_word(world, parcel->digest);
    tell(world, SIM_TRACE_LOOKUP, event, holder, status, target);
    if (now)
        world->node->on_route(sim_turn(world, event->process), event->ticket, status, &route);
}

static void execute_route_gone(struct sim_world *world, const struct sim_event *event)
{
    const struct uripc_incarnation life = {.node = event->node, .serial = event->serial};
    const uint64_t renamed = sim_renamed(world, life.node);
    const uint32_t peer = renamed == SIM_NOBODY ? SIM_NOBODY : world->lives[renamed];
    sim_fold_word(world, renamed);
    sim_fold_word(world, life.serial);
    tell(world, SIM_TRACE_ROUTE_GONE, event, peer, URIPC_OK, (struct uripc_text){0});
    world->node->on_route_gone(sim_turn(world, event->process), life);
}

void sim_kernel_execute(struct sim_world *world, const struct sim_event *event)
{
    const struct uripc_route none = {.peer = URIPC_NOWHERE};
    sim_fold_word(world, (uint64_t)event->ticket << 32 | event->status);
    switch ((enum sim_event_kind)event->kind) {
    case SIM_EVENT_CLAIM:
        execute_claim(world, event);
        break;
    case SIM_EVENT_RELEASE:
        execute_release(world, event);
        break;
    case SIM_EVENT_LOOKUP:
        execute_lookup(world, event);
        break;
    case SIM_EVENT_ROUTE_GONE:
        execute_route_gone(world, event);
        break;
    case SIM_EVENT_CLAIMED:
        world->node->on_claimed(sim_turn(world, event->process), event->ticket,
                                (enum uripc_status)event->status, event->serial);
        break;
    case SIM_EVENT_RELEASED:
        world->node->on_released(sim_turn(world, event->process), event->ticket);
        break;
    case SIM_EVENT_NO_ROUTE:
        world->node->on_route(sim_turn(world, event->process), event->ticket,
                              (enum uripc_status)event->status, &none);
        break;
    case SIM_EVENT_FRAME:
    case SIM_EVENT_ROOM:
    case SIM_EVENT_PEER_DOWN:
    case SIM_EVENT_WORK:
    case SIM_EVENT_WAKE:
        break; /* not the resolver's */
    }
    if (event->parcel != 0)
        sim_pool_give(&world->pool, event->parcel);
}
