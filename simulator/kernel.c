/* SPDX-License-Identifier: MIT */
/* What the resolver of the simulated world does to its table, with the rule for absent names of the
 * profile.  As a kernel it answers when it does it, so an answer is never older than the table; a
 * daemon's answers are under way as its messages are (daemon.c); a rendezvous has nobody to answer
 * or to tell, only a generation (rendezvous.c). */
#include "reference/mutants.h"
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

/* Sends what a process will see: at once, but for a daemon. */
static void push_back(struct sim_world *world, uint64_t delay, const struct sim_event *event)
{
    if (world->resolution.is.kind == SIM_RESOLVER_DAEMON) {
        delay += world->resolution.is.delay;
        world->counters.resolver_messages++;
    }
    sim_push(world, world->now + delay, SIM_CLASS_ARRIVAL, event);
}

/* Watchers are told before whoever caused it: at the same instant, and created earlier. */
static void tell_watchers(struct sim_world *world)
{
    uint32_t peer;
    struct uripc_incarnation life;
    const bool nobody = world->resolution.is.kind == SIM_RESOLVER_RENDEZVOUS;
    while (world->table_ops->next_gone(world->table, &peer, &life)) {
        if (nobody || peer >= world->life_count || !sim_life_is_current(world, peer))
            continue;
        const struct sim_event event = {.kind = SIM_EVENT_ROUTE_GONE,
                                        .process = world->lives[peer],
                                        .life = peer,
                                        .node = life.node,
                                        .serial = life.serial};
        push_back(world, 0, &event);
    }
}

void sim_kernel_forget(struct sim_world *world, uint32_t life)
{
    world->table_ops->forget(world->table, life);
    tell_watchers(world);
}

/* Queues an answer that follows from `event`; `claim` is the serial of what was asked. */
static void answer(struct sim_world *world, const struct sim_event *event, enum sim_event_kind kind,
                   enum uripc_status status, uint64_t serial, uint64_t claim)
{
    const struct sim_event next = {.kind = kind,
                                   .process = event->process,
                                   .life = event->life,
                                   .ticket = event->ticket,
                                   .status = status,
                                   .node = claim,
                                   .serial = serial};
    push_back(world, 0, &next);
}

static void answer_joined(struct sim_world *world, const struct sim_event *event,
                          const struct uripc_holder *home)
{
    const struct sim_event next = {.kind = SIM_EVENT_JOINED,
                                   .process = event->process,
                                   .life = event->life,
                                   .ticket = event->ticket,
                                   .peer = home->peer,
                                   .node = home->life.node,
                                   .serial = home->life.serial};
    push_back(world, 0, &next);
}

static struct uripc_text text_of(const struct sim_world *world, const struct sim_event *event,
                                 size_t length)
{
    return (struct uripc_text){.at = (const char *)(sim_parcel(world, event->parcel) + 1),
                               .length = length};
}

static enum uripc_status claim_of(struct sim_world *world, const struct sim_event *event,
                                  struct uripc_claim *claim, struct uripc_holder *home)
{
    const struct sim_process *process = &world->processes[event->process];
    const struct sim_parcel *parcel = sim_parcel(world, event->parcel);
    *claim = parcel->claim;
    claim->name = text_of(world, event, claim->name.length);
    claim->principal = process->principal;
    /* What is given may not be lost; and a queue that is held is no queue to join. */
    claim->joins =
        claim->joins && world->config.profile->confirmed && event->kind != SIM_EVENT_RECLAIM;
    *home = (struct uripc_holder){.peer = process->life};
    const enum uripc_status status =
        world->table_ops->claim(world->table, process->life, process->identity, claim, home);
    sim_fold_word(world, parcel->digest);
    return status;
}

static void execute_claim(struct sim_world *world, const struct sim_event *event)
{
    const struct sim_process *process = &world->processes[event->process];
    struct uripc_claim claim;
    struct uripc_holder home;
    const enum uripc_status status = claim_of(world, event, &claim, &home);
    tell(world, SIM_TRACE_CLAIM, event, SIM_NOBODY, status, claim.name);
    tell_watchers(world);
    if (status == URIPC_OK && home.peer != process->life)
        answer_joined(world, event, &home);
    else
        answer(world, event, SIM_EVENT_CLAIMED, status, home.life.serial, claim.serial);
}

/* A holder claims what it holds; who comes too late is told so (RES-9). */
static void execute_reclaim(struct sim_world *world, const struct sim_event *event)
{
    struct uripc_claim claim;
    struct uripc_holder home;
    const enum uripc_status status = claim_of(world, event, &claim, &home);
    if (status == URIPC_OK)
        world->counters.reclaims++;
    else
        world->counters.revoked++;
    tell(world, SIM_TRACE_RECLAIM, event, SIM_NOBODY, status, claim.name);
    tell_watchers(world);
    answer(world, event, SIM_EVENT_RECLAIMED, status, claim.serial, claim.serial);
}

static void execute_release(struct sim_world *world, const struct sim_event *event)
{
    const struct sim_process *process = &world->processes[event->process];
    const struct uripc_incarnation life = {.node = process->identity, .serial = event->serial};
    const bool held = world->table_ops->release(world->table, life);
    tell(world, SIM_TRACE_RELEASE, event, SIM_NOBODY, held ? URIPC_OK : URIPC_NOT_FOUND,
         (struct uripc_text){0});
    tell_watchers(world);
    answer(world, event, SIM_EVENT_RELEASED, URIPC_OK, event->serial, event->serial);
}

/* The route that an answer tells. */
static struct uripc_route route_of(const struct sim_world *world, const struct sim_event *answer)
{
    const struct sim_profile *profile = world->config.profile;
    if (answer->status != URIPC_OK)
        return (struct uripc_route){.peer = URIPC_NOWHERE};
    if (answer->peer == URIPC_NOWHERE)
        return (struct uripc_route){.peer = URIPC_NOWHERE,
                                    .payload_max = profile->group_payload_max,
                                    .budget = profile->group_budget};
    if (answer->node == 0)
        return (struct uripc_route){.to = {.serial = answer->serial},
                                    .peer = answer->peer,
                                    .payload_max = profile->group_payload_max,
                                    .budget = profile->group_budget,
                                    .group = true};
    return (struct uripc_route){.to = {.node = answer->node, .serial = answer->serial},
                                .peer = answer->peer,
                                .payload_max = profile->payload_max,
                                .confirmed = profile->confirmed};
}

/* A client keeps what it was told, so that it can be told that it is over. */
static void deliver_route(struct sim_world *world, const struct sim_event *answer)
{
    const struct uripc_route route = route_of(world, answer);
    struct uripc_node *node = sim_turn(world, answer->process);
    world->counters.lookups++;
    world->counters.lookups_failed += answer->status != URIPC_OK;
    if (world->resolution.is.kind != SIM_RESOLVER_TABLE && answer->status == URIPC_OK &&
        answer->peer != URIPC_NOWHERE)
        sim_client_told(world, answer);
    world->node->on_route(node, answer->ticket, (enum uripc_status)answer->status, &route);
}

static uint32_t count_members(const struct sim_world *world, uint64_t name_life)
{
    struct uripc_holder member;
    uint32_t cursor = 0;
    uint32_t count = 0;
    while (world->table_ops->member(world->table, name_life, &cursor, &member))
        count++;
    return count;
}

/* The members of a group as they are now, for a client to send to; 0: no memory. */
static uint32_t members_of(struct sim_world *world, uint64_t name_life)
{
    const uint32_t count = count_members(world, name_life);
    const size_t bytes = sizeof(struct sim_members) + count * sizeof(struct uripc_holder);
    const uint32_t block = sim_pool_take(&world->pool, bytes);
    if (block == 0) {
        world->exhausted = true;
        return 0;
    }
    struct sim_members *members = sim_pool_bytes(&world->pool, block);
    uint32_t cursor = 0;
    members->count = count;
    for (uint32_t i = 0; i < count; i++)
        (void)world->table_ops->member(world->table, name_life, &cursor, &members->at[i]);
    return block;
}

static void found_route(struct sim_world *world, const struct uripc_found *found,
                        struct sim_event *answer)
{
    answer->peer = found->first.peer;
    if (found->kind != URIPC_GROUP) {
        answer->node = found->first.life.node;
        answer->serial = found->first.life.serial;
        return;
    }
    answer->serial = found->name_life;
    if (world->resolution.is.kind != SIM_RESOLVER_TABLE)
        answer->parcel = members_of(world, found->name_life);
}

/* What the profile says about a name nobody holds.  Returns how much later it is said. */
static uint64_t absent(const struct sim_world *world, struct sim_event *answer)
{
    const struct sim_profile *profile = world->config.profile;
    if (profile->absence == SIM_ABSENCE_SILENT) {
        answer->status = URIPC_OK;
        return 0;
    }
    if (profile->absence == SIM_ABSENCE_UNREACHABLE)
        answer->status = URIPC_UNREACHABLE;
    if (profile->absence_delay != 0)
        answer->kind = SIM_EVENT_NO_ROUTE;
    if (world->resolution.is.kind == SIM_RESOLVER_DAEMON)
        answer->serial = sim_client(world, answer->process)->open;
    return profile->absence_delay;
}

/* What takes no time is no event. */
static void answer_lookup(struct sim_world *world, const struct sim_event *reply, uint64_t delay)
{
    if (delay != 0 || world->resolution.is.kind == SIM_RESOLVER_DAEMON) {
        push_back(world, delay, reply);
        return;
    }
    deliver_route(world, reply);
    if (reply->parcel != 0)
        sim_pool_give(&world->pool, reply->parcel);
}

static void execute_lookup(struct sim_world *world, const struct sim_event *event)
{
    const struct sim_process *process = &world->processes[event->process];
    const struct sim_parcel *parcel = sim_parcel(world, event->parcel);
    const struct uripc_text target = text_of(world, event, parcel->text.length);
    struct uripc_found found;
    uint64_t delay = 0;
    uint32_t holder = SIM_NOBODY;
    struct sim_event reply = {.kind = SIM_EVENT_ROUTE,
                              .process = event->process,
                              .life = event->life,
                              .peer = URIPC_NOWHERE,
                              .ticket = event->ticket};
    reply.status = world->table_ops->lookup(world->table, process->life, target, &found);
    if (reply.status == URIPC_OK) {
        found_route(world, &found, &reply);
        holder = found.first.peer < world->life_count ? world->lives[found.first.peer] : SIM_NOBODY;
    } else if (reply.status == URIPC_NO_RECEIVER) {
        delay = absent(world, &reply);
    }
    sim_fold_word(world, parcel->digest);
    tell(world, SIM_TRACE_LOOKUP, event, holder, (enum uripc_status)reply.status, target);
    answer_lookup(world, &reply, delay);
}

/* Of a kernel's table the client is told of what it watches and nothing else, so it keeps no list
 * of that. */
static void given_up(struct sim_world *world, uint32_t process, struct uripc_incarnation life,
                     uint64_t renamed)
{
    if (world->resolution.is.kind != SIM_RESOLVER_TABLE)
        sim_client_untold(world, process, life);
    else if (renamed != SIM_NOBODY)
        sim_route_given_up(world, process, (uint32_t)renamed);
}

static void execute_route_gone(struct sim_world *world, const struct sim_event *event)
{
    const struct uripc_incarnation life = {.node = event->node, .serial = event->serial};
    const uint64_t renamed = sim_renamed(world, life.node);
    const uint32_t peer = renamed == SIM_NOBODY ? SIM_NOBODY : world->lives[renamed];
    sim_fold_word(world, renamed);
    sim_fold_word(world, life.serial);
    tell(world, SIM_TRACE_ROUTE_GONE, event, peer, URIPC_OK, (struct uripc_text){0});
    given_up(world, event->process, life, renamed);
    world->node->on_route_gone(sim_turn(world, event->process), life);
}

static void execute_forget(struct sim_world *world, const struct sim_event *event)
{
    tell(world, SIM_TRACE_FORGET, event, SIM_NOBODY, URIPC_OK, (struct uripc_text){0});
    (void)sim_turn(world, event->process);
    if (!URIPC_MUTANT(ROUTES_OUTLIVE_GRACE))
        sim_client_forget(world, event->process);
}

void sim_kernel_serve(struct sim_world *world, const struct sim_event *request)
{
    switch (request->kind) {
    case SIM_EVENT_CLAIM:
        execute_claim(world, request);
        break;
    case SIM_EVENT_RECLAIM:
        execute_reclaim(world, request);
        break;
    case SIM_EVENT_RELEASE:
        execute_release(world, request);
        break;
    case SIM_EVENT_LOOKUP:
        execute_lookup(world, request);
        break;
    default:
        break;
    }
}

static void deliver(struct sim_world *world, const struct sim_event *answer)
{
    const enum uripc_status status = (enum uripc_status)answer->status;
    switch (answer->kind) {
    case SIM_EVENT_ROUTE_GONE:
        execute_route_gone(world, answer);
        break;
    case SIM_EVENT_FORGET:
        execute_forget(world, answer);
        break;
    case SIM_EVENT_CLAIMED:
        world->node->on_claimed(sim_turn(world, answer->process), answer->ticket, status,
                                answer->serial);
        break;
    case SIM_EVENT_JOINED:
        sim_fold_word(world, answer->peer);
        world->node->on_joined(
            sim_turn(world, answer->process), answer->ticket, answer->peer,
            (struct uripc_incarnation){.node = answer->node, .serial = answer->serial});
        break;
    case SIM_EVENT_RECLAIMED:
        if (status != URIPC_OK && world->node->on_revoked)
            world->node->on_revoked(sim_turn(world, answer->process), answer->serial);
        break;
    case SIM_EVENT_RELEASED:
        world->node->on_released(sim_turn(world, answer->process), answer->ticket);
        break;
    case SIM_EVENT_ROUTE:
    case SIM_EVENT_NO_ROUTE:
        deliver_route(world, answer);
        break;
    default:
        break;
    }
}

void sim_kernel_execute(struct sim_world *world, const struct sim_event *event)
{
    const bool daemon = world->resolution.is.kind == SIM_RESOLVER_DAEMON;
    const bool request = event->kind == SIM_EVENT_CLAIM || event->kind == SIM_EVENT_RECLAIM ||
                         event->kind == SIM_EVENT_RELEASE || event->kind == SIM_EVENT_LOOKUP;
    sim_fold_word(world, (uint64_t)event->ticket << 32 | event->status);
    if (daemon && request) {
        sim_daemon_request_arrives(world, event);
        return; /* with its parcel */
    }
    if (event->kind == SIM_EVENT_LOOKUP && !sim_rendezvous_reads(world, event))
        return; /* the parcel waits for the next try */
    if (request)
        sim_kernel_serve(world, event);
    else if (!daemon || sim_daemon_answer_arrives(world, event))
        deliver(world, event);
    else
        return; /* the parcel waits with the answer */
    if (event->parcel != 0)
        sim_pool_give(&world->pool, event->parcel);
}
