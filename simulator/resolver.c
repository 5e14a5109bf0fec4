/* SPDX-License-Identifier: MIT */
/* What the kinds of resolver share: lists of events, and what clients were told. */
#include "resolver.h"

#include "memory.h"
#include "world.h"

struct sim_resolver sim_resolver_usual(enum sim_resolver_kind kind)
{
    switch (kind) {
    case SIM_RESOLVER_TABLE:
        break;
    case SIM_RESOLVER_DAEMON:
        return (struct sim_resolver){.kind = kind,
                                     .delay = 10000,
                                     .retry = 100000000,
                                     .grace = 1000000000,
                                     .silence = 500000000};
    case SIM_RESOLVER_RENDEZVOUS:
        return (struct sim_resolver){.kind = kind, .delay = 50000, .retry = 1000000};
    }
    return (struct sim_resolver){.kind = SIM_RESOLVER_TABLE};
}

bool sim_resolution_begin(struct sim_world *world)
{
    struct sim_resolution *resolution = &world->resolution;
    struct sim_client *clients = resolution->clients;
    const size_t room = resolution->room;
    const size_t bytes = world->config.processes * sizeof *clients;
    const bool table = world->config.resolver.kind == SIM_RESOLVER_TABLE;
    *resolution = (struct sim_resolution){.is = world->config.resolver,
                                          .clients = clients,
                                          .room = room,
                                          .held_back = SIM_LIST_EMPTY,
                                          .deferred = SIM_LIST_EMPTY,
                                          .locker = SIM_NOBODY,
                                          .term = 1,
                                          .alive = true};
    if (table || bytes <= room)
        return true;
    sim_memory_give(clients);
    resolution->clients = sim_memory_take(bytes);
    resolution->room = resolution->clients ? bytes : 0;
    return resolution->clients != NULL;
}

void sim_resolution_fini(struct sim_world *world)
{
    sim_memory_give(world->resolution.clients);
}

/* Lists. */

static void append(struct sim_world *world, struct sim_list *list, uint32_t slot)
{
    world->events.slab[slot].next = SIM_NO_EVENT;
    if (list->first == SIM_NO_EVENT)
        list->first = slot;
    else
        world->events.slab[list->last].next = slot;
    list->last = slot;
}

void sim_list_add(struct sim_world *world, struct sim_list *list, const struct sim_event *event)
{
    const uint32_t slot = sim_events_take(&world->events);
    if (slot == SIM_NO_EVENT) {
        world->exhausted = true;
        return;
    }
    world->events.slab[slot] = *event;
    append(world, list, slot);
}

uint32_t sim_list_take(struct sim_world *world, struct sim_list *list)
{
    const uint32_t slot = list->first;
    if (slot != SIM_NO_EVENT)
        list->first = world->events.slab[slot].next;
    return slot;
}

static void give(struct sim_world *world, uint32_t slot)
{
    const uint32_t parcel = world->events.slab[slot].parcel;
    sim_events_give(&world->events, slot);
    if (parcel != 0)
        sim_pool_give(&world->pool, parcel);
}

void sim_list_remove(struct sim_world *world, struct sim_list *list, uint32_t slot)
{
    uint32_t before = SIM_NO_EVENT;
    uint32_t at = list->first;
    while (at != slot) {
        before = at;
        at = world->events.slab[at].next;
    }
    const uint32_t next = world->events.slab[slot].next;
    if (before == SIM_NO_EVENT)
        list->first = next;
    else
        world->events.slab[before].next = next;
    if (list->last == slot)
        list->last = before;
    give(world, slot);
}

void sim_list_clear(struct sim_world *world, struct sim_list *list)
{
    uint32_t slot;
    while ((slot = sim_list_take(world, list)) != SIM_NO_EVENT)
        give(world, slot);
}

/* Clients. */

struct sim_client *sim_client(const struct sim_world *world, uint32_t process)
{
    return &world->resolution.clients[process];
}

static uint32_t find_told(const struct sim_world *world, uint32_t process,
                          struct uripc_incarnation life)
{
    uint32_t slot = sim_client(world, process)->told.first;
    for (; slot != SIM_NO_EVENT; slot = world->events.slab[slot].next) {
        const struct sim_event *told = &world->events.slab[slot];
        if (told->node == life.node && told->serial == life.serial)
            return slot;
    }
    return SIM_NO_EVENT;
}

void sim_client_told(struct sim_world *world, const struct sim_event *answer)
{
    const struct uripc_incarnation life = {.node = answer->node, .serial = answer->serial};
    const uint32_t slot = find_told(world, answer->process, life);
    struct sim_client *client = sim_client(world, answer->process);
    if (answer->parcel != 0)
        sim_pool_share(&world->pool, answer->parcel);
    if (slot != SIM_NO_EVENT)
        sim_list_remove(world, &client->told, slot); /* members may have changed */
    sim_list_add(world, &client->told, answer);
}

void sim_route_given_up(struct sim_world *world, uint32_t process, uint32_t life)
{
    if (life >= world->life_count || sim_life_is_current(world, life))
        return;
    const uint64_t since = world->ends[life];
    world->counters.stale++;
    world->counters.stale_time += world->now - since;
    if (world->config.stale)
        world->config.stale(world->config.user, process, world->lives[life], since);
}

static void untold(struct sim_world *world, uint32_t process, uint32_t slot)
{
    const struct sim_event *told = &world->events.slab[slot];
    if (told->node != 0)
        sim_route_given_up(world, process, told->peer);
    sim_list_remove(world, &sim_client(world, process)->told, slot);
}

void sim_client_untold(struct sim_world *world, uint32_t process, struct uripc_incarnation life)
{
    const uint32_t slot = find_told(world, process, life);
    if (slot != SIM_NO_EVENT)
        untold(world, process, slot);
}

void sim_client_forget(struct sim_world *world, uint32_t process)
{
    const struct sim_list *told = &sim_client(world, process)->told;
    while (told->first != SIM_NO_EVENT) {
        const struct sim_event *first = &world->events.slab[told->first];
        const struct uripc_incarnation life = {.node = first->node, .serial = first->serial};
        untold(world, process, told->first);
        world->node->on_route_gone(sim_block(world, process), life);
    }
}

static bool has_member(const struct sim_members *members, uint32_t life)
{
    for (uint32_t i = 0; i < members->count; i++) {
        if (members->at[i].peer == life)
            return true;
    }
    return false;
}

/* The node forgets by itself what leads to the peer alone, but knows no members of groups. */
void sim_client_peer_down(struct sim_world *world, uint32_t process, uint32_t life)
{
    const struct sim_client *client = sim_client(world, process);
    uint32_t next;
    for (uint32_t slot = client->told.first; slot != SIM_NO_EVENT; slot = next) {
        const struct sim_event told = world->events.slab[slot];
        next = told.next;
        if (told.node != 0 && told.peer == life) {
            untold(world, process, slot);
        } else if (told.node == 0 && has_member(sim_pool_bytes(&world->pool, told.parcel), life)) {
            untold(world, process, slot);
            world->node->on_route_gone(sim_turn(world, process),
                                       (struct uripc_incarnation){.serial = told.serial});
        }
    }
}

const struct sim_members *sim_client_members(const struct sim_world *world, uint32_t process,
                                             uint64_t name_life)
{
    const uint32_t slot =
        find_told(world, process, (struct uripc_incarnation){.serial = name_life});
    if (slot == SIM_NO_EVENT)
        return NULL;
    return sim_pool_bytes(&world->pool, world->events.slab[slot].parcel);
}

/* By kind. */

void sim_resolution_enlist(struct sim_world *world, uint32_t process)
{
    if (world->resolution.is.kind != SIM_RESOLVER_TABLE)
        *sim_client(world, process) = (struct sim_client){.ended = SIM_LIST_EMPTY};
}

void sim_resolution_life_begun(struct sim_world *world, uint32_t process)
{
    if (world->resolution.is.kind == SIM_RESOLVER_TABLE)
        return;
    struct sim_client *client = sim_client(world, process);
    client->asked = client->held = client->told = client->stuck = SIM_LIST_EMPTY;
    client->generation = world->resolution.generation;
    client->connection = 0;
    client->connecting = false;
    client->locking = false;
    if (world->resolution.is.kind == SIM_RESOLVER_DAEMON)
        sim_daemon_life_begun(world, process);
}

void sim_resolution_life_ended(struct sim_world *world, uint32_t process, uint32_t life)
{
    if (world->resolution.is.kind == SIM_RESOLVER_TABLE) {
        sim_kernel_forget(world, life);
        return;
    }
    struct sim_client *client = sim_client(world, process);
    sim_list_clear(world, &client->asked);
    sim_list_clear(world, &client->held);
    sim_list_clear(world, &client->told);
    sim_list_clear(world, &client->stuck);
    if (world->resolution.is.kind == SIM_RESOLVER_DAEMON)
        sim_daemon_life_ended(world, process, life);
    else
        sim_rendezvous_life_ended(world, life);
}

void sim_resolution_ask(struct sim_world *world, const struct sim_event *request)
{
    switch (world->resolution.is.kind) {
    case SIM_RESOLVER_TABLE:
        sim_push(world, world->now + world->config.profile->resolve_delay, SIM_CLASS_ARRIVAL,
                 request);
        break;
    case SIM_RESOLVER_DAEMON:
        sim_daemon_ask(world, request);
        break;
    case SIM_RESOLVER_RENDEZVOUS:
        sim_rendezvous_ask(world, request);
        break;
    }
}
