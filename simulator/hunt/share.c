/* SPDX-License-Identifier: MIT */
#include "simulator/hunt/share.h"

#include <string.h>

#include "simulator/hunt/reach.h"

/* There and back, and what comes of it. */
static const uint64_t margin = 500000;

static uint32_t place_of(const struct hunt_ledger *ledger, const struct hunt_registration *self)
{
    return (uint32_t)(self - ledger->registrations);
}

const struct hunt_registration *hunt_queue_of(const struct hunt_ledger *ledger,
                                              const struct hunt_registration *self)
{
    if (self->kind != URIPC_SHARED)
        return self;
    return self->home == 0 ? NULL : &ledger->registrations[self->home - 1];
}

bool hunt_is_worker(const struct hunt_ledger *ledger, const struct hunt_registration *self)
{
    const struct hunt_registration *queue = hunt_queue_of(ledger, self);
    return queue && queue->process != self->process;
}

bool hunt_ends_unseen(const struct hunt_ledger *ledger, const struct hunt_registration *self)
{
    const struct hunt_registration *queue = hunt_queue_of(ledger, self);
    if (!queue || queue->process != self->process)
        return true;
    return self->parent != 0 && hunt_ends_unseen(ledger, &ledger->registrations[self->parent - 1]);
}

static bool is_of_name(const struct hunt_ledger *ledger, const struct hunt_call *call,
                       const struct hunt_registration *self)
{
    return call->call == URIPC_CALL_REGISTER && call->kind == URIPC_SHARED &&
           call->state != HUNT_REFUSED_AT_ONCE && call != &ledger->calls[self->made] &&
           strcmp(call->name, self->name) == 0;
}

/* Others have tried to have the name at that time, and what came of it is not known. */
static bool is_unclear(const struct hunt_ledger *ledger, const struct hunt_registration *self)
{
    const uint64_t since = ledger->calls[self->made].at;
    for (uint32_t i = 0; i < ledger->call_count; i++) {
        const struct hunt_call *call = &ledger->calls[i];
        const bool known = call->state == HUNT_DONE && (call->completion.status == URIPC_OK ||
                                                        call->completion.status == URIPC_EXISTS);
        const bool over = call->state != HUNT_PENDING && call->done < since;
        if (is_of_name(ledger, call, self) && call->process != self->process && !known && !over)
            return true;
    }
    return false;
}

/* Whether another may have been the home when this one began. */
static bool may_be_home(const struct hunt_ledger *ledger, const struct hunt_registration *other,
                        const struct hunt_registration *self)
{
    return other->kind == URIPC_SHARED && strcmp(other->name, self->name) == 0 &&
           other->process != self->process && !hunt_is_worker(ledger, other) &&
           (other->held || other->ended >= ledger->calls[self->made].at);
}

static uint32_t find_home(struct hunt_ledger *ledger, uint32_t holder)
{
    const struct hunt_registration *self = &ledger->registrations[holder];
    uint32_t home = holder + 1;
    for (uint32_t i = 0; i < holder; i++) {
        const struct hunt_registration *other = &ledger->registrations[i];
        if (hunt_same_life(other->incarnation, self->incarnation))
            return other->home;
        if (!may_be_home(ledger, other, self))
            continue;
        if (home != holder + 1 || !hunt_still_holds(ledger, i) || other->home != i + 1 ||
            hunt_was_given_up(ledger, other->process, ledger->calls[other->made].at))
            return 0;
        home = i + 1;
    }
    return is_unclear(ledger, self) ? 0 : home;
}

void hunt_share_learn(struct hunt_ledger *ledger, uint32_t holder)
{
    struct hunt_registration *self = &ledger->registrations[holder];
    if (self->kind != URIPC_SHARED)
        return;
    self->home = find_home(ledger, holder);
    if (!hunt_is_worker(ledger, self))
        return;
    ledger->result->counts[HUNT_JOINED]++;
    if (hunt_same_life(self->incarnation, hunt_queue_of(ledger, self)->incarnation))
        hunt_broken(ledger, "DSP-13", self->made, "a worker has the incarnation of its queue");
}

void hunt_share_sent(struct hunt_ledger *ledger, uint32_t call)
{
    const struct hunt_call *self = &ledger->calls[call];
    for (uint32_t i = 0; i < ledger->registration_count; i++) {
        const struct hunt_registration *other = &ledger->registrations[i];
        if (hunt_is_worker(ledger, other) && self->completion.status == URIPC_OK &&
            hunt_same_life(self->completion.incarnation, other->incarnation))
            hunt_broken(ledger, "DSP-13", call, "a worker has answered, and not the queue");
    }
}

static bool takes_from(const struct hunt_ledger *ledger, const struct hunt_call *call,
                       const struct hunt_registration *queue)
{
    if (call->call != URIPC_CALL_RECEIVE || call->state == HUNT_REFUSED_AT_ONCE)
        return false;
    const struct hunt_registration *place = &ledger->registrations[call->holder - 1];
    const struct hunt_registration *other = hunt_queue_of(ledger, place);
    return other == queue || (!other && strcmp(place->name, queue->name) == 0);
}

/* Whether everything comes at once to who it is for. */
static bool is_calm(const struct hunt_ledger *ledger)
{
    const struct sim_counters *counters = sim_counters(ledger->world);
    return counters->delayed + counters->lost + counters->cut + counters->duplicated == 0 &&
           counters->quotas == 0;
}

/* Whether somebody may have, or have had, a message away from its place when a receive began. */
static bool is_somewhere(const struct hunt_ledger *ledger, const struct hunt_registration *queue,
                         const struct hunt_call *receive)
{
    for (uint32_t i = 0; i < ledger->call_count; i++) {
        const struct hunt_call *other = &ledger->calls[i];
        if (other == receive || !takes_from(ledger, other, queue))
            continue;
        const bool taken = other->state == HUNT_DONE && other->completion.status == URIPC_OK;
        if (other->state == HUNT_PENDING || other->unseen || (other->flags & URIPC_DISCARD) != 0 ||
            (!taken && (other->done + margin >= receive->at || ledger->hindered >= other->done)))
            return true;
    }
    return false;
}

/* DSP-8, DSP-9: what comes back has its place again, so nothing that was sent later is before it.
 */
void hunt_share_received(struct hunt_ledger *ledger, uint32_t call)
{
    const struct hunt_call *self = &ledger->calls[call];
    const struct hunt_registration *place = &ledger->registrations[self->holder - 1];
    const struct hunt_registration *queue = hunt_queue_of(ledger, place);
    if (place->kind != URIPC_SHARED || !queue)
        return;
    ledger->result->counts[HUNT_TAKEN] += hunt_is_worker(ledger, place);
    const struct hunt_call *send = &ledger->calls[self->other - 1];
    if (!is_calm(ledger) || !queue->held || queue->overflow >= URIPC_DROP_NEWEST ||
        is_somewhere(ledger, queue, self))
        return;
    for (const struct hunt_call *before = ledger->calls; before < send; before++) {
        if (before->call == URIPC_CALL_SEND && before->holder == send->holder &&
            before->state == HUNT_DONE && before->completion.status == URIPC_OK &&
            before->received == 0 && before->done < self->at &&
            hunt_same_life(before->completion.incarnation, queue->incarnation) &&
            strcmp(before->name, send->name) == 0)
            hunt_broken(ledger, "DSP-8", (uint32_t)(before - ledger->calls),
                        "it is queued, and a message that was sent later is received");
    }
}

void hunt_share_invalid(struct hunt_ledger *ledger, uint32_t call)
{
    const uint32_t holder = ledger->calls[call].holder - 1;
    const struct hunt_registration *self = &ledger->registrations[holder];
    const struct hunt_registration *queue = hunt_queue_of(ledger, self);
    if (self->held && queue && hunt_is_worker(ledger, self) &&
        hunt_still_holds(ledger, place_of(ledger, queue)))
        hunt_broken(ledger, "DSP-11", call,
                    "the handle of a worker is invalid, and its queue lives");
}

uint64_t hunt_taken_along(const struct hunt_ledger *ledger, const struct hunt_registration *home)
{
    uint64_t taken = 0;
    for (uint32_t i = 0; i < ledger->call_count; i++) {
        const struct hunt_call *call = &ledger->calls[i];
        taken += call->state == HUNT_VOID && call->unseen && takes_from(ledger, call, home);
    }
    return taken;
}

/* Nothing of what workers and homes say to each other has disappeared. */
static bool all_is_said(const struct hunt_ledger *ledger)
{
    const struct sim_counters *counters = sim_counters(ledger->world);
    return counters->lost + counters->cut == 0;
}

bool hunt_has_some(const struct hunt_ledger *ledger, const struct hunt_registration *self)
{
    const struct hunt_registration *queue = hunt_queue_of(ledger, self);
    struct uripc_info info = {.messages = 0};
    if (queue && queue->held && all_is_said(ledger))
        (void)sim_node_ops(ledger->world)
            ->info(sim_node(ledger->world, queue->process), queue->handle, &info);
    return info.messages > 0;
}

void hunt_check_left_alone(struct hunt_ledger *ledger)
{
    const struct uripc_node_ops *ops = sim_node_ops(ledger->world);
    for (uint32_t i = 0; i < ledger->registration_count && all_is_said(ledger); i++) {
        const struct hunt_registration *self = &ledger->registrations[i];
        if (self->held && hunt_is_worker(ledger, self) && !hunt_queue_of(ledger, self)->held &&
            ops->info(sim_node(ledger->world, self->process), self->handle, NULL) == URIPC_OK)
            hunt_broken(ledger, "DSP-11", self->made, "its queue has ended, and it is open");
    }
    for (uint32_t i = 0; i < ledger->call_count; i++) {
        const struct hunt_call *call = &ledger->calls[i];
        if (call->call == URIPC_CALL_RECEIVE && call->state == HUNT_PENDING && call->length == 0 &&
            (call->flags & URIPC_DISCARD) == 0 &&
            hunt_has_some(ledger, &ledger->registrations[call->holder - 1]))
            hunt_broken(ledger, "DSP-2", i,
                        "a message is queued, and who waits for that is not told");
    }
}
