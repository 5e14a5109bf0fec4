/* SPDX-License-Identifier: MIT */
/* A resolver without a process (RES-13 and RES-14): a model of the directory of spec/wire.md. Every
 * process reads and writes it itself, so a process that is stopped does neither.  There is one
 * entry for each registration, which counts while its owner lives; entries change under one lock;
 * and each change raises a generation, which a process compares with the one its routes were found
 * at, before each of its turns. */
#include "reference/mutants.h"
#include "world.h"

static struct sim_resolution *rendezvous_of(struct sim_world *world)
{
    return &world->resolution;
}

static void push_step(struct sim_world *world, uint64_t delay, enum sim_event_kind kind,
                      uint32_t process)
{
    const struct sim_event event = {
        .kind = kind, .process = process, .life = world->processes[process].life};
    sim_push(world, world->now + delay, SIM_CLASS_ARRIVAL, &event);
}

void sim_rendezvous_ask(struct sim_world *world, const struct sim_event *request)
{
    struct sim_client *client = sim_client(world, request->process);
    struct sim_event asked = *request;
    if (request->kind == SIM_EVENT_LOOKUP) {
        asked.serial = world->resolution.generation;
        sim_push(world, world->now + world->resolution.is.delay, SIM_CLASS_ARRIVAL, &asked);
        return;
    }
    sim_list_add(world, &client->asked, &asked);
    if (client->locking)
        return;
    client->locking = true;
    push_step(world, 0, SIM_EVENT_LOCK, request->process);
}

/* Names that changed while they were read have to be read again. */
bool sim_rendezvous_reads(struct sim_world *world, const struct sim_event *lookup)
{
    if (world->resolution.is.kind != SIM_RESOLVER_RENDEZVOUS ||
        lookup->serial == world->resolution.generation)
        return true;
    struct sim_event again = *lookup;
    again.serial = world->resolution.generation;
    world->counters.lookups_again++;
    sim_push(world, world->now + world->resolution.is.delay, SIM_CLASS_ARRIVAL, &again);
    return false;
}

static void lock(struct sim_world *world, const struct sim_event *event)
{
    struct sim_resolution *rendezvous = rendezvous_of(world);
    if (rendezvous->locker != SIM_NOBODY && !URIPC_MUTANT(LOCK_IGNORED)) {
        world->counters.lock_waits++;
        push_step(world, rendezvous->is.retry, SIM_EVENT_LOCK, event->process);
        return;
    }
    rendezvous->locker = event->life;
    push_step(world, rendezvous->is.delay, SIM_EVENT_CHANGE, event->process);
    sim_fault_locked(world, event->process);
}

static void change(struct sim_world *world, const struct sim_event *event)
{
    struct sim_resolution *rendezvous = rendezvous_of(world);
    struct sim_client *client = sim_client(world, event->process);
    struct sim_list asked = client->asked;
    uint32_t slot;
    client->asked = SIM_LIST_EMPTY;
    client->locking = false;
    rendezvous->locker = SIM_NOBODY;
    rendezvous->generation += URIPC_MUTANT(GENERATION_STAYS) ? 0 : 1;
    while ((slot = sim_list_take(world, &asked)) != SIM_NO_EVENT) {
        const struct sim_event request = world->events.slab[slot];
        sim_events_give(&world->events, slot);
        sim_kernel_serve(world, &request);
        if (request.parcel != 0)
            sim_pool_give(&world->pool, request.parcel);
    }
}

void sim_rendezvous_execute(struct sim_world *world, const struct sim_event *event)
{
    if (event->kind == SIM_EVENT_LOCK)
        lock(world, event);
    else
        change(world, event);
}

/* The kernel gives its locks up, and with them the entries are void.  That raises no generation:
 * who has a connection sees its end. */
void sim_rendezvous_life_ended(struct sim_world *world, uint32_t life)
{
    struct sim_resolution *rendezvous = rendezvous_of(world);
    if (rendezvous->locker == life)
        rendezvous->locker = SIM_NOBODY;
    sim_kernel_forget(world, life);
}

void sim_rendezvous_compare(struct sim_world *world, uint32_t process)
{
    struct sim_client *client = sim_client(world, process);
    if (client->generation == world->resolution.generation)
        return;
    client->generation = world->resolution.generation;
    sim_client_forget(world, process);
}
