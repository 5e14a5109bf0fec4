/* SPDX-License-Identifier: MIT */
/* What must hold for one completion, given everything else. */
#include <string.h>

#include <uripc/message.h>

#include "simulator/hunt/reach.h"
#include "simulator/hunt/share.h"

static const struct hunt_call *call_at(const struct hunt_ledger *ledger, uint32_t number)
{
    return &ledger->calls[number];
}

/* Registrations. */

static bool is_one_life(const struct hunt_registration *a, const struct hunt_registration *b)
{
    return a->process == b->process && a->life == b->life;
}

/* Whether only one of the two can be held. */
static bool is_one_holders(const struct hunt_registration *a, const struct hunt_registration *b)
{
    const bool shared = a->kind == URIPC_SHARED && !hunt_same_life(a->incarnation, b->incarnation);
    return a->kind != b->kind || a->kind == URIPC_EXCLUSIVE || shared;
}

static void check_pair(struct hunt_ledger *ledger, const struct hunt_registration *self,
                       const struct hunt_registration *other)
{
    const uint32_t call = self->made;
    const bool same = hunt_same_life(self->incarnation, other->incarnation);
    const bool one_name = strcmp(self->name, other->name) == 0;
    if (is_one_life(self, other) && self->handle.id == other->handle.id)
        hunt_broken(ledger, "LIF-2", call, "a handle is given out twice");
    if (same && (self->kind != URIPC_SHARED || other->kind != URIPC_SHARED || !one_name))
        hunt_broken(ledger, "LIF-3", call, "two registrations have one incarnation");
    const uint32_t place = (uint32_t)(self - ledger->registrations);
    if (!one_name || !self->held || !other->held || hunt_ends_unseen(ledger, self) ||
        hunt_ends_unseen(ledger, other) || !is_one_holders(self, other) ||
        hunt_both_may_hold(ledger, place, (uint32_t)(other - ledger->registrations)))
        return;
    if (self->kind != other->kind)
        hunt_broken(ledger, "REG-5", call, "a name is held in two kinds at a time");
    else if (self->kind == URIPC_EXCLUSIVE)
        hunt_broken(ledger, "REG-2", call, "a name is held exclusively by two at a time");
    else
        hunt_broken(ledger, "REG-7", call, "one shared name has two queues");
}

void hunt_rule_register(struct hunt_ledger *ledger, uint32_t number)
{
    const struct hunt_call *call = call_at(ledger, number);
    if (call->completion.status != URIPC_OK)
        return;
    hunt_judge_lock(ledger, number);
    struct hunt_registration *self = &ledger->registrations[ledger->registration_count];
    *self = (struct hunt_registration){.process = call->process,
                                       .life = call->life,
                                       .made = number,
                                       .parent = call->parent,
                                       .handle = call->completion.handle,
                                       .incarnation = call->completion.incarnation,
                                       .kind = call->kind,
                                       .overflow = call->overflow,
                                       .first = true,
                                       .held = true};
    memcpy(self->name, call->name, sizeof self->name);
    if (self->handle.id == 0 || self->incarnation.node == 0)
        hunt_broken(ledger, "REG-1", number, "a registration without handle or incarnation");
    if (self->parent != 0)
        self->held = ledger->registrations[self->parent - 1].held;
    hunt_share_learn(ledger, ledger->registration_count);
    for (uint32_t i = 0; i < ledger->registration_count; i++) {
        const struct hunt_registration *other = &ledger->registrations[i];
        check_pair(ledger, self, other);
        if (hunt_same_life(self->incarnation, other->incarnation)) {
            self->first = false;
            self->held = self->held && (other->held || !other->first);
        }
    }
    ledger->registration_count++;
}

/* Messages. */

static const struct hunt_registration *holder_of(const struct hunt_ledger *ledger,
                                                 const struct hunt_call *call)
{
    return &ledger->registrations[call->holder - 1];
}

/* The end of a send, and where its message has been received, whichever came first. */
static void check_place(struct hunt_ledger *ledger, const struct hunt_call *send,
                        const struct hunt_call *receive)
{
    const uint32_t number = (uint32_t)(send - ledger->calls);
    const struct hunt_registration *place = hunt_queue_of(ledger, holder_of(ledger, receive));
    const struct uripc_completion *end = &send->completion;
    if (send->state != HUNT_DONE || !place ||
        hunt_was_doubled(ledger, send->process, send->life, receive->completion.message_id))
        return;
    if (end->status != URIPC_OK) {
        if (end->certainty == URIPC_DEFINITE)
            hunt_broken(ledger, "SND-22", number, "what failed for certain is received");
    } else if (end->incarnation.node != 0 &&
               !hunt_same_life(end->incarnation, place->incarnation)) {
        hunt_broken(ledger, "LIF-4", number, "another one has received it than has answered");
    } else if (call_at(ledger, place->made)->at > send->done) {
        hunt_broken(ledger, "LIF-13", number, "it reaches one that was not there when it left");
    }
    if (end->message_id != 0 && end->message_id != receive->completion.message_id)
        hunt_broken(ledger, "DLV-3", number, "sender and receiver see different message ids");
}

static bool is_prefix(const char *name, const char *target)
{
    const size_t length = strlen(name);
    return strncmp(name, target, length) == 0 &&
           (target[length] == '\0' || target[length] == '/' || target[length] == '?');
}

/* Somebody who was there all the time is not nobody. */
static void check_refusal(struct hunt_ledger *ledger, uint32_t number)
{
    const struct hunt_call *self = call_at(ledger, number);
    const bool demanded = self->expected.node != 0;
    if (!demanded)
        hunt_judge_absence(ledger, number);
    for (uint32_t i = 0; i < ledger->registration_count; i++) {
        const struct hunt_registration *other = &ledger->registrations[i];
        const bool wanted = demanded ? strcmp(other->name, self->name) == 0 &&
                                           hunt_same_life(other->incarnation, self->expected)
                                     : is_prefix(other->name, self->name);
        if (!wanted || !other->held || hunt_ends_unseen(ledger, other) ||
            call_at(ledger, other->made)->done >= self->at ||
            !hunt_knows_since(ledger, self->process, self->at) ||
            !hunt_knows_since(ledger, other->process, self->at) || !hunt_still_holds(ledger, i))
            continue;
        if (!demanded)
            hunt_broken(ledger, "RTE-5", number, "somebody holds the name all the time");
        else
            hunt_broken(ledger, "SND-19", number, "the incarnation was there all the time");
    }
}

void hunt_rule_send(struct hunt_ledger *ledger, uint32_t number)
{
    const struct hunt_call *self = call_at(ledger, number);
    const struct uripc_completion *end = &self->completion;
    if (end->bytes != (end->status == URIPC_OK ? self->length : 0))
        hunt_broken(ledger, "SND-5", number, "a send reports other bytes than it has sent");
    if (end->status == URIPC_OK && self->expected.node != 0 && end->incarnation.node != 0 &&
        !hunt_same_life(end->incarnation, self->expected))
        hunt_broken(ledger, "SND-19", number, "another incarnation answers than was demanded");
    if (end->status == URIPC_NO_RECEIVER || end->status == URIPC_UNREACHABLE ||
        (end->status == URIPC_PEER_GONE && self->expected.node != 0))
        check_refusal(ledger, number);
    hunt_share_sent(ledger, number);
    if (self->other != 0)
        check_place(ledger, self, call_at(ledger, self->other - 1));
    for (uint32_t i = 0; i < ledger->call_count && end->message_id != 0; i++) {
        const struct hunt_call *other = call_at(ledger, i);
        if (i != number && other->call == URIPC_CALL_SEND && other->process == self->process &&
            other->life == self->life && other->state == HUNT_DONE &&
            other->completion.message_id == end->message_id)
            hunt_broken(ledger, "DLV-3", number, "two messages have one id");
    }
}

static bool is_text(const unsigned char *at, uint32_t units, const char *text)
{
    return units == strlen(text) && memcmp(at, text, units) == 0;
}

/* The send whose message lies in the buffer, unchanged; NULL: there is none. */
static struct hunt_call *find_send(struct hunt_ledger *ledger, const struct hunt_call *receive,
                                   const unsigned char *buffer)
{
    struct uripc_message lengths;
    struct uripc_message_parts parts;
    unsigned char data[HUNT_BUFFER];
    if (uripc_message_read(buffer, receive->completion.bytes, 1, &lengths, &parts) != URIPC_OK ||
        parts.total != receive->completion.bytes || lengths.data_bytes < HUNT_LEAST_DATA)
        return NULL;
    const unsigned char *at = buffer + parts.data;
    const uint32_t number =
        (uint32_t)at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 | (uint32_t)at[3] << 24;
    if (number >= ledger->call_count)
        return NULL;
    struct hunt_call *send = &ledger->calls[number];
    hunt_fill(data, lengths.data_bytes, number);
    const bool right =
        send->call == URIPC_CALL_SEND && send->state != HUNT_REFUSED_AT_ONCE &&
        send->length == lengths.data_bytes && memcmp(at, data, send->length) == 0 &&
        is_text(buffer + parts.target, lengths.target_units, send->name) &&
        is_text(buffer + parts.source, lengths.source_units, holder_of(ledger, send)->name);
    return right ? send : NULL;
}

/* What a worker says of a message may be lost, or overtaken by what it says of a second copy. */
static bool may_be_unsaid(const struct sim_counters *counters)
{
    return counters->lost + counters->cut > 0 ||
           (counters->duplicated > 0 && counters->reordered > 0);
}

/* What an earlier receive of the same place says about this one. */
static void check_earlier(struct hunt_ledger *ledger, const struct hunt_call *self,
                          const struct hunt_call *earlier)
{
    const struct sim_counters *counters = sim_counters(ledger->world);
    const struct hunt_call *send = call_at(ledger, self->other - 1);
    const struct hunt_call *before = call_at(ledger, earlier->other - 1);
    const uint32_t number = self->other - 1;
    const bool group = holder_of(ledger, self)->kind == URIPC_GROUP;
    const bool unsure = holder_of(ledger, self)->kind == URIPC_SHARED && may_be_unsaid(counters);
    if (send == before && (!group || self->holder == earlier->holder) && !unsure &&
        !hunt_was_doubled(ledger, send->process, send->life, self->completion.message_id))
        hunt_broken(ledger, "DLV-1", number, "a message is received twice");
    if (before > send && before->holder == send->holder && strcmp(before->name, send->name) == 0 &&
        hunt_same_life(holder_of(ledger, self)->incarnation,
                       holder_of(ledger, earlier)->incarnation) &&
        counters->reordered == 0 && counters->duplicated == 0 &&
        holder_of(ledger, self)->kind != URIPC_SHARED)
        hunt_broken(ledger, "SND-7", number, "a message is received after one that was sent later");
}

static void check_message(struct hunt_ledger *ledger, uint32_t number, const unsigned char *buffer)
{
    struct hunt_call *self = &ledger->calls[number];
    const struct hunt_registration *place = holder_of(ledger, self);
    struct hunt_call *send = find_send(ledger, self, buffer);
    if (!send) {
        hunt_broken(ledger, "DLV-2", number, "a message is received that nobody has sent");
        return;
    }
    const uint32_t sent = (uint32_t)(send - ledger->calls);
    self->other = sent + 1;
    send->received++;
    if (!hunt_same_life(self->completion.incarnation, holder_of(ledger, send)->incarnation))
        hunt_broken(ledger, "LIF-4", sent, "a receive reports another incarnation of the source");
    if (!is_prefix(place->name, send->name))
        hunt_broken(ledger, "RTE-1", sent, "a message reaches a name that does not match");
    const struct hunt_registration *queue = hunt_queue_of(ledger, place);
    if (send->expected.node != 0 && queue && !hunt_same_life(send->expected, queue->incarnation))
        hunt_broken(ledger, "SND-19", sent, "a message reaches another incarnation than demanded");
    check_place(ledger, send, self);
    for (uint32_t i = 0; i < ledger->call_count; i++) {
        const struct hunt_call *other = call_at(ledger, i);
        if (i != number && other->call == URIPC_CALL_RECEIVE && other->other != 0)
            check_earlier(ledger, self, other);
    }
    if (send->other == 0)
        send->other = number + 1;
    hunt_share_received(ledger, number);
}

/* RCV-5: what fits is not called too big.  A link may be too small for what a worker is given. */
static void check_too_small(struct hunt_ledger *ledger, uint32_t number)
{
    const struct hunt_call *self = call_at(ledger, number);
    const struct uripc_message lengths = {.source_units = self->completion.source_units,
                                          .target_units = self->completion.target_units,
                                          .data_bytes = self->completion.data_bytes};
    struct uripc_message_parts parts;
    if (sim_counters(ledger->world)->oversize == 0 && uripc_message_layout(&lengths, 1, &parts) &&
        parts.total <= self->length)
        hunt_broken(ledger, "RCV-5", number, "a message that fits is called too big");
}

void hunt_rule_receive(struct hunt_ledger *ledger, uint32_t number, const unsigned char *buffer)
{
    const struct hunt_call *self = call_at(ledger, number);
    const struct uripc_completion *end = &self->completion;
    const bool discarded = (self->flags & URIPC_DISCARD) != 0;
    if ((end->status != URIPC_OK || discarded) && end->bytes != 0)
        hunt_broken(ledger, "RCV-2", number, "a receive without a message reports bytes");
    if (end->status == URIPC_BUFFER_TOO_SMALL)
        check_too_small(ledger, number);
    if (end->status == URIPC_NO_RESOURCES && holder_of(ledger, self)->kind != URIPC_SHARED)
        hunt_broken(ledger, "DSP-12", number, "a receive at the home meets a limit");
    if (end->bytes > self->length)
        hunt_broken(ledger, "RCV-12", number, "a receive reports more bytes than its buffer has");
    else if (end->status == URIPC_OK && !discarded)
        check_message(ledger, number, buffer);
}
