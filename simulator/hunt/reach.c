/* SPDX-License-Identifier: MIT */
#include "simulator/hunt/reach.h"

#include <string.h>

#include "simulator/hunt/share.h"
#include "simulator/world.h"

static const struct sim_resolver *resolver_of(const struct hunt_ledger *ledger)
{
    return &ledger->scene->resolver;
}

static bool is_daemon(const struct hunt_ledger *ledger)
{
    return resolver_of(ledger)->kind == SIM_RESOLVER_DAEMON;
}

/* Nobody is given the name of who has been out of reach for less. */
static uint64_t out_of_reach(const struct hunt_ledger *ledger)
{
    const struct sim_resolver *resolver = resolver_of(ledger);
    return resolver->silence < resolver->grace ? resolver->silence : resolver->grace;
}

/* It does at once what is to be done. */
static bool runs(const struct sim_world *world, uint32_t process)
{
    const struct sim_presence *presence = &world->presence[process];
    if (!sim_alive(world, process) || presence->paused)
        return false;
    const bool slow = presence->troubled && (world->troubles[process].turn != 0 ||
                                             world->troubles[process].busy > world->now);
    return !slow && world->processes[process].deferred == SIM_NO_EVENT;
}

static void look(struct hunt_ledger *ledger, uint32_t process)
{
    const struct sim_world *world = ledger->world;
    const struct sim_resolution *daemon = &world->resolution;
    const struct sim_client *client = sim_client(world, process);
    struct hunt_reach *reach = &ledger->reach[process];
    const bool able = runs(world, process) && !client->cut;
    const bool fit = able && daemon->alive && !daemon->paused && !daemon->grace;
    const bool linked = client->open != 0 && client->open == client->connection && !client->cut;
    const bool knows = fit && linked;
    if (!reach->linked && reach->linked_turned + out_of_reach(ledger) <= world->now)
        reach->given_up = world->now;
    if (!able || !reach->able)
        reach->hindered = world->now;
    if (!knows || !reach->knows)
        reach->ignorant = world->now;
    if (linked != reach->linked)
        reach->linked_turned = world->now;
    if (fit != reach->fit)
        reach->fit_turned = world->now;
    reach->able = able;
    reach->fit = fit;
    reach->linked = linked;
    reach->knows = knows;
}

static void look_at_all(struct hunt_ledger *ledger)
{
    const struct sim_world *world = ledger->world;
    for (uint32_t i = 0; i < sim_processes(world); i++) {
        if (sim_alive(world, i) && !runs(world, i))
            ledger->hindered = world->now;
    }
}

static void look_at_grace(struct hunt_ledger *ledger)
{
    const struct sim_world *world = ledger->world;
    if (!world->resolution.grace)
        ledger->grace_since = SIM_NEVER;
    else if (ledger->grace_since == SIM_NEVER)
        ledger->grace_since = world->now;
}

static void look_at_lock(struct hunt_ledger *ledger)
{
    const struct sim_world *world = ledger->world;
    const uint32_t locker = world->resolution.locker;
    if (ledger->stopped != SIM_NOBODY && !sim_paused(world, ledger->stopped))
        ledger->stopped = SIM_NOBODY;
    if (ledger->stopped != SIM_NOBODY || locker == SIM_NOBODY ||
        !sim_paused(world, world->lives[locker]))
        return;
    ledger->stopped = world->lives[locker];
    ledger->stopped_since = world->now;
}

void hunt_reach_look(struct hunt_ledger *ledger)
{
    for (uint32_t i = 0; i < sim_processes(ledger->world) && is_daemon(ledger); i++)
        look(ledger, i);
    if (is_daemon(ledger))
        look_at_grace(ledger);
    if (resolver_of(ledger)->kind == SIM_RESOLVER_RENDEZVOUS)
        look_at_lock(ledger);
    if (ledger->scene->mode == HUNT_MODE_QUEUES)
        look_at_all(ledger);
}

void hunt_judge_absence(struct hunt_ledger *ledger, uint32_t send)
{
    const struct hunt_call *self = &ledger->calls[send];
    const struct hunt_reach *reach = &ledger->reach[self->process];
    if (!is_daemon(ledger))
        return;
    hunt_reach_look(ledger);
    if (!reach->linked && reach->linked_turned < self->at)
        hunt_broken(ledger, "RES-2", send, "it is refused, and the resolver was away all the time");
    else if (ledger->grace_since < self->at)
        hunt_broken(ledger, "RES-6", send, "it is refused in a grace");
}

void hunt_judge_lock(struct hunt_ledger *ledger, uint32_t call)
{
    const struct hunt_call *self = &ledger->calls[call];
    if (resolver_of(ledger)->kind != SIM_RESOLVER_RENDEZVOUS)
        return;
    hunt_reach_look(ledger);
    if (ledger->stopped != SIM_NOBODY && ledger->stopped_since < self->at)
        hunt_broken(ledger, "RES-13", call,
                    "a name changes while a process is stopped with the lock");
}

bool hunt_knows_since(struct hunt_ledger *ledger, uint32_t process, uint64_t time)
{
    hunt_reach_look(ledger);
    return !is_daemon(ledger) ||
           ledger->reach[process].ignorant + 2 * resolver_of(ledger)->delay < time;
}

static bool is_valid(const struct hunt_ledger *ledger, const struct hunt_registration *self)
{
    struct uripc_node *node = sim_node(ledger->world, self->process);
    return node && sim_node_ops(ledger->world)->info(node, self->handle, NULL) == URIPC_OK;
}

static void judge_loss(struct hunt_ledger *ledger, const struct hunt_registration *self)
{
    const struct hunt_reach *reach = &ledger->reach[self->process];
    const uint64_t since = ledger->calls[self->made].at;
    hunt_reach_look(ledger);
    ledger->result->counts[HUNT_LOST]++;
    if (reach->given_up < since || reach->hindered < since)
        hunt_broken(ledger, "RES-8", self->made,
                    "it has lost its name, and was never out of reach for so long");
}

bool hunt_still_holds(struct hunt_ledger *ledger, uint32_t holder)
{
    const struct hunt_registration *self = &ledger->registrations[holder];
    if (!self->held || !is_daemon(ledger) || is_valid(ledger, self))
        return self->held;
    if (!hunt_ends_unseen(ledger, self))
        judge_loss(ledger, self);
    hunt_closing(ledger, holder);
    return false;
}

bool hunt_was_given_up(struct hunt_ledger *ledger, uint32_t process, uint64_t since)
{
    hunt_reach_look(ledger);
    return is_daemon(ledger) && ledger->reach[process].given_up >= since;
}

/* It may have lost the name without knowing. */
static bool may_have_lost(const struct hunt_ledger *ledger, uint32_t holder, uint64_t since)
{
    const struct hunt_reach *reach = &ledger->reach[ledger->registrations[holder].process];
    return reach->given_up >= since && reach->hindered >= since;
}

bool hunt_both_may_hold(struct hunt_ledger *ledger, uint32_t holder, uint32_t other)
{
    if (!hunt_still_holds(ledger, other) || hunt_is_broken(ledger))
        return true;
    hunt_reach_look(ledger);
    const struct hunt_registration *self = &ledger->registrations[holder];
    const uint64_t since = ledger->calls[ledger->registrations[other].made].at;
    if (!is_daemon(ledger) || (!may_have_lost(ledger, other, since) &&
                               !may_have_lost(ledger, holder, ledger->calls[self->made].at)))
        return false;
    ledger->result->counts[HUNT_BOTH]++;
    if (ledger->pair_count < HUNT_PAIRS)
        ledger->pairs[ledger->pair_count++] = (struct hunt_pair){holder, other};
    return true;
}

/* The time that is left for it, R + 2 d, is that of a connection and a claim. */
static bool is_late(const struct hunt_ledger *ledger, const struct hunt_pair *pair, uint64_t until)
{
    const struct hunt_reach *one = &ledger->reach[ledger->registrations[pair->one].process];
    const struct hunt_reach *two = &ledger->reach[ledger->registrations[pair->two].process];
    const uint64_t since = one->fit_turned > two->fit_turned ? one->fit_turned : two->fit_turned;
    const struct sim_resolver *resolver = resolver_of(ledger);
    return one->fit && two->fit && since + resolver->retry + 2 * resolver->delay < until;
}

void hunt_judge_pairs(struct hunt_ledger *ledger, uint64_t until)
{
    for (uint32_t i = 0; i < ledger->pair_count; i++) {
        const struct hunt_pair pair = ledger->pairs[i];
        if (!hunt_still_holds(ledger, pair.one) || !hunt_still_holds(ledger, pair.two)) {
            ledger->pair_count--;
            ledger->pairs[i] = ledger->pairs[ledger->pair_count];
            i--;
        } else if (is_late(ledger, &pair, until)) {
            hunt_broken(ledger, "RES-9", ledger->registrations[pair.one].made,
                        "two hold a name for longer than R + 2 d while both reach the resolver");
        }
    }
}
