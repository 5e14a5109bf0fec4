/* SPDX-License-Identifier: MIT */
/* What must hold once all has healed. */
#include <string.h>

#include "simulator/hunt/reach.h"
#include "simulator/hunt/share.h"

static void stuck(struct hunt_ledger *ledger, const char *clause, uint32_t call, const char *text)
{
    if (hunt_is_broken(ledger))
        return;
    hunt_broken(ledger, clause, call, text);
    ledger->result->liveness = true;
}

/* No frame has disappeared between two living processes. */
static bool nothing_was_lost(const struct hunt_ledger *ledger)
{
    const struct sim_counters *counters = sim_counters(ledger->world);
    return counters->lost == 0 && counters->cut == 0;
}

/* A queue of another process has to answer who joins it. */
static bool may_wait(const struct hunt_ledger *ledger, const struct hunt_call *self)
{
    return self->call == URIPC_CALL_REGISTER && self->kind == URIPC_SHARED &&
           !nothing_was_lost(ledger);
}

void hunt_check_pending(struct hunt_ledger *ledger)
{
    const bool whole = nothing_was_lost(ledger);
    for (uint32_t i = 0; i < ledger->call_count; i++) {
        const struct hunt_call *self = &ledger->calls[i];
        if (self->state != HUNT_PENDING)
            continue;
        if (self->deadline != SIM_NEVER)
            stuck(ledger, self->call == URIPC_CALL_RECEIVE ? "RCV-10" : "SND-21", i,
                  "its deadline has passed, and it is pending");
        else if (self->call == URIPC_CALL_SEND && whole)
            stuck(ledger, "CMP-1", i, "all is quiet, nothing was lost, and a send is pending");
        else if (self->call == URIPC_CALL_CLOSE ||
                 (self->call == URIPC_CALL_REGISTER && !may_wait(ledger, self)))
            stuck(ledger, "CMP-1", i, "all is quiet, and it is pending");
    }
}

void hunt_check_closed(struct hunt_ledger *ledger)
{
    for (uint32_t i = 0; i < ledger->call_count; i++) {
        if (ledger->calls[i].state == HUNT_PENDING && !may_wait(ledger, &ledger->calls[i]))
            stuck(ledger, "CMP-1", i, "its handle is closed, and it is pending");
    }
}

/* The messages that were taken unseen are known by their ids. */
static void find_discarded(struct hunt_ledger *ledger)
{
    for (uint32_t i = 0; i < ledger->call_count; i++) {
        const struct hunt_call *receive = &ledger->calls[i];
        if (receive->call != URIPC_CALL_RECEIVE || receive->state != HUNT_DONE ||
            receive->completion.status != URIPC_OK || receive->other != 0)
            continue;
        for (uint32_t k = 0; k < ledger->call_count; k++) {
            struct hunt_call *send = &ledger->calls[k];
            if (send->call == URIPC_CALL_SEND && send->state == HUNT_DONE &&
                send->completion.message_id == receive->completion.message_id &&
                hunt_same_life(ledger->registrations[send->holder - 1].incarnation,
                               receive->completion.incarnation))
                send->received++;
        }
    }
}

static uint64_t dropped(struct hunt_ledger *ledger, const struct hunt_registration *self)
{
    struct uripc_info info = {.dropped = 0};
    const struct uripc_node_ops *ops = sim_node_ops(ledger->world);
    (void)ops->info(sim_node(ledger->world, self->process), self->handle, &info);
    return info.dropped;
}

/* A message for one: it was answered, so it is in the queue or has been received. */
static bool was_promised(const struct hunt_call *send, const struct hunt_registration *to)
{
    return hunt_same_life(send->completion.incarnation, to->incarnation);
}

/* A message for a group whose member was there all the time, and nothing on its way was lost. */
static bool was_for_member(const struct hunt_ledger *ledger, const struct hunt_call *send,
                           const struct hunt_registration *to)
{
    return to->kind == URIPC_GROUP && strcmp(send->name, to->name) == 0 &&
           ledger->calls[to->made].done < send->at;
}

static bool has_received(const struct hunt_ledger *ledger, uint32_t send, uint32_t holder)
{
    for (uint32_t i = 0; i < ledger->call_count; i++) {
        const struct hunt_call *other = &ledger->calls[i];
        if (other->call == URIPC_CALL_RECEIVE && other->other == send + 1 &&
            other->holder == holder + 1)
            return true;
    }
    return false;
}

/* Without discarding receives, which do not tell whose message it was while nobody knows its id. */
static bool discards(const struct hunt_ledger *ledger, uint32_t holder)
{
    for (uint32_t i = 0; i < ledger->call_count; i++) {
        const struct hunt_call *other = &ledger->calls[i];
        if (other->holder == holder + 1 && (other->flags & URIPC_DISCARD) != 0)
            return true;
    }
    return false;
}

static void check_member(struct hunt_ledger *ledger, uint32_t holder, uint64_t allowed)
{
    const struct hunt_registration *self = &ledger->registrations[holder];
    uint64_t missing = 0;
    for (uint32_t i = 0; i < ledger->call_count; i++) {
        const struct hunt_call *send = &ledger->calls[i];
        if (send->call != URIPC_CALL_SEND || send->state != HUNT_DONE ||
            send->completion.status != URIPC_OK || !was_for_member(ledger, send, self) ||
            has_received(ledger, i, holder))
            continue;
        missing++;
        if (missing > allowed)
            hunt_broken(ledger, "DLV-6", i, "a member of the group has not received it");
    }
}

static void check_queue(struct hunt_ledger *ledger, uint32_t holder, uint64_t allowed)
{
    const struct hunt_registration *self = &ledger->registrations[holder];
    uint64_t missing = 0;
    for (uint32_t i = 0; i < ledger->call_count; i++) {
        const struct hunt_call *send = &ledger->calls[i];
        if (send->call != URIPC_CALL_SEND || send->state != HUNT_DONE ||
            send->completion.status != URIPC_OK || !was_promised(send, self) || send->received > 0)
            continue;
        missing++;
        if (missing > allowed)
            hunt_broken(ledger, "SND-1", i, "it was acknowledged, and is lost");
    }
}

void hunt_check_messages(struct hunt_ledger *ledger)
{
    const struct sim_counters *counters = sim_counters(ledger->world);
    const bool clean = nothing_was_lost(ledger) && counters->blocked == 0 &&
                       counters->oversize == 0 && counters->resolver_crashes == 0 &&
                       counters->resolver_cuts == 0;
    find_discarded(ledger);
    for (uint32_t i = 0; i < ledger->registration_count; i++) {
        const struct hunt_registration *self = &ledger->registrations[i];
        if (!self->first || !hunt_still_holds(ledger, i))
            continue;
        const bool drops =
            self->overflow == URIPC_DROP_NEWEST || self->overflow == URIPC_DROP_OLDEST;
        if (hunt_queue_of(ledger, self) != self)
            continue;
        if (self->kind == URIPC_SHARED && !nothing_was_lost(ledger))
            continue; /* what a worker was given, or what it said, may be among it */
        if (self->kind != URIPC_GROUP)
            check_queue(ledger, i,
                        hunt_taken_along(ledger, self) + (drops ? dropped(ledger, self) : 0));
        else if (clean && !discards(ledger, i))
            check_member(ledger, i, dropped(ledger, self));
    }
}
