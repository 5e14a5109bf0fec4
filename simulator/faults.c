/* SPDX-License-Identifier: MIT */
/* What is done to links from outside, and the notices of a peer's end. */
#include "memory.h"
#include "world.h"

static void tell(struct sim_world *world, enum sim_trace kind, uint32_t process, uint32_t peer)
{
    sim_tell(world, &(struct sim_event_record){.kind = kind, .process = process, .peer = peer});
}

/* What a program does to the world is part of the run. */
static void fold(struct sim_world *world, enum sim_trace kind, uint32_t from, uint32_t to)
{
    sim_fold_word(world, world->now);
    sim_fold_word(world, (uint64_t)kind << 56);
    sim_fold_word(world, sim_link_actor(from, to));
}

static void fold_faults(struct sim_world *world, const struct sim_link_faults *faults)
{
    sim_fold_word(world, faults->delay_min);
    sim_fold_word(world, faults->delay_max);
    sim_fold_word(world, (uint64_t)faults->loss_num << 32 | faults->loss_den);
    sim_fold_word(world, (uint64_t)faults->duplicate_num << 32 | faults->duplicate_den);
    sim_fold_word(world, (uint64_t)faults->size_max << 32 | faults->capacity);
    sim_fold_word(world, (uint64_t)faults->transports << 1 | (faults->reorder ? 1 : 0));
}

static bool known(const struct sim_world *world, uint32_t from, uint32_t to)
{
    return from < world->started && to < world->started;
}

/* The process at the other end of a way to the resolver; SIM_NOBODY: it is none. */
static uint32_t client_of(const struct sim_world *world, uint32_t from, uint32_t to)
{
    const uint32_t client = from == SIM_RESOLVER ? to : from;
    const bool way = from == SIM_RESOLVER || to == SIM_RESOLVER;
    return way && client < world->started ? client : SIM_NOBODY;
}

void sim_link(struct sim_world *world, uint32_t from, uint32_t to,
              const struct sim_link_faults *faults)
{
    if (!known(world, from, to))
        return;
    struct sim_links *links = &world->links;
    const uint32_t number = sim_path_make(world, from, to);
    if (number == SIM_NO_PATH)
        return;
    struct sim_path *path = sim_path_at(links, number);
    fold(world, SIM_TRACE_LINK, from, to);
    if (faults && path->own == 0) {
        void *own = links->own;
        const bool room = sim_memory_room(&own, &links->own_room, links->own_count, sizeof *faults);
        links->own = own;
        if (!room) {
            world->exhausted = true;
            return;
        }
        links->own_count++;
        path->own = links->own_count;
    }
    if (faults) {
        links->own[path->own - 1] = *faults;
        fold_faults(world, faults);
    } else {
        path->own = 0;
    }
    tell(world, SIM_TRACE_LINK, from, to);
    sim_path_room(world, number);
}

static void all_have_room(struct sim_world *world)
{
    for (uint32_t i = 0; i < world->links.count * 2; i++)
        sim_path_room(world, i);
}

void sim_link_all(struct sim_world *world, const struct sim_link_faults *faults)
{
    const struct sim_link_faults *all = faults ? faults : &sim_link_dull;
    world->links.everywhere = *all;
    world->links.oneself = (struct sim_link_faults){.transports = all->transports};
    fold(world, SIM_TRACE_LINK, SIM_NOBODY, SIM_NOBODY);
    fold_faults(world, all);
    tell(world, SIM_TRACE_LINK, SIM_NOBODY, SIM_NOBODY);
    all_have_room(world);
}

void sim_cut(struct sim_world *world, uint32_t from, uint32_t to)
{
    if (client_of(world, from, to) != SIM_NOBODY)
        sim_daemon_cut(world, client_of(world, from, to));
    if (!known(world, from, to))
        return;
    const uint32_t number = sim_path_make(world, from, to);
    if (number == SIM_NO_PATH || sim_path_at(&world->links, number)->cut)
        return;
    sim_path_at(&world->links, number)->cut = true;
    world->counters.cuts++;
    fold(world, SIM_TRACE_CUT, from, to);
    tell(world, SIM_TRACE_CUT, from, to);
}

static void heal(struct sim_world *world, uint32_t number)
{
    struct sim_path *path = sim_path_at(&world->links, number);
    if (!path->cut)
        return;
    const struct sim_link *link = &world->links.links[number / 2];
    const uint32_t from = link->ends[number % 2];
    const uint32_t to = link->ends[1 - number % 2];
    path->cut = false;
    world->counters.heals++;
    fold(world, SIM_TRACE_HEAL, from, to);
    tell(world, SIM_TRACE_HEAL, from, to);
    uint32_t slot = path->waiting;
    path->waiting = SIM_NO_EVENT;
    while (slot != SIM_NO_EVENT) {
        const struct sim_event notice = world->events.slab[slot];
        sim_events_give(&world->events, slot);
        sim_path_notice(world, number, &notice);
        slot = notice.next;
    }
}

void sim_heal(struct sim_world *world, uint32_t from, uint32_t to)
{
    if (client_of(world, from, to) != SIM_NOBODY)
        sim_daemon_heal(world, client_of(world, from, to));
    const uint32_t number = sim_path_find(&world->links, from, to);
    if (number != SIM_NO_PATH)
        heal(world, number);
}

bool sim_is_cut(const struct sim_world *world, uint32_t from, uint32_t to)
{
    const uint32_t client = client_of(world, from, to);
    if (client != SIM_NOBODY && world->resolution.is.kind == SIM_RESOLVER_DAEMON)
        return sim_client(world, client)->cut;
    const uint32_t number = sim_path_find(&world->links, from, to);
    return number != SIM_NO_PATH && sim_path_at(&world->links, number)->cut;
}

void sim_calm(struct sim_world *world)
{
    sim_faults_calm(world);
    for (uint32_t i = 0; i < world->links.count * 2; i++)
        sim_path_at(&world->links, i)->own = 0;
    sim_link_all(world, &sim_link_dull);
    for (uint32_t i = 0; i < world->links.count * 2; i++)
        heal(world, i);
    for (uint32_t i = 0; i < world->started; i++)
        sim_resume(world, i);
    for (uint32_t i = 0; i < world->started; i++)
        sim_daemon_heal(world, i);
    sim_resume(world, SIM_RESOLVER);
}

/* LIF-12: the notice is in band, after the last frame of the life that has ended. */
void sim_links_life_ended(struct sim_world *world, const struct sim_process *process)
{
    uint32_t next = process->first_link;
    while (next != 0) {
        const uint32_t number = next - 1;
        const struct sim_link *link = &world->links.links[number];
        const unsigned side = link->ends[0] == process->number ? 0 : 1;
        next = link->next[side];
        const uint32_t other = link->lives[1 - side];
        if (link->lives[side] != process->life || !sim_life_is_current(world, other))
            continue;
        const struct sim_event notice = {.kind = SIM_EVENT_PEER_DOWN,
                                         .process = link->ends[1 - side],
                                         .life = other,
                                         .peer = process->life};
        sim_path_notice(world, number * 2 + side, &notice);
    }
}

/* Keeps a notice that came to a cut, behind those that wait already. */
static void wait_for_heal(struct sim_world *world, struct sim_path *path,
                          const struct sim_event *event)
{
    const uint32_t slot = sim_events_take(&world->events);
    if (slot == SIM_NO_EVENT) {
        world->exhausted = true;
        return;
    }
    world->events.slab[slot] = *event;
    world->events.slab[slot].next = SIM_NO_EVENT;
    uint32_t *end = &path->waiting;
    while (*end != SIM_NO_EVENT)
        end = &world->events.slab[*end].next;
    *end = slot;
}

void sim_peer_down_arrives(struct sim_world *world, const struct sim_event *event)
{
    const uint32_t dead = world->lives[event->peer];
    const uint32_t number = sim_path_find(&world->links, dead, event->process);
    struct sim_path *path = sim_path_at(&world->links, number);
    if (path->cut) {
        wait_for_heal(world, path, event);
        return;
    }
    sim_fold_word(world, (uint64_t)event->peer << 32 | event->life);
    tell(world, SIM_TRACE_PEER_DOWN, event->process, dead);
    struct uripc_node *node = sim_turn(world, event->process);
    if (world->resolution.is.kind != SIM_RESOLVER_TABLE)
        sim_client_peer_down(world, event->process, event->peer);
    world->node->on_peer_down(node, event->peer);
    if (world->node->on_peer_left)
        world->node->on_peer_left(node, event->peer);
}
