/* SPDX-License-Identifier: MIT */
/* What must hold for requests, their serves and their replies.  The data of a request begins with
 * its number, that of a reply with the number of its request and then of its serve. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <uripc/message.h>

#include "simulator/hunt/ask.h"
#include "simulator/hunt/talk.h"
#include "simulator/random.h"

void ask_broken(struct talk *talk, const char *clause, uint32_t call, const char *text)
{
    const struct ask_call *self = &talk->asks.calls[call];
    char told[HUNT_TEXT];
    (void)snprintf(told, sizeof told,
                   "%s (process %" PRIu32 ", ask %" PRIu32 " of kind %d, %s, %s)", text,
                   self->process, call, (int)self->call, uripc_status_name(self->status),
                   self->handle.id != 0 && self->call == URIPC_CALL_REQUEST ? "over a session"
                                                                            : "over the calls");
    hunt_broken(talk->ledger, clause, HUNT_CALLS_MOST, told);
}

void ask_fill(unsigned char *data, uint32_t length, uint32_t call, uint32_t other)
{
    for (uint32_t i = 0; i < length; i++)
        data[i] = (unsigned char)(sim_mix((uint64_t)call << 32 | (uint64_t)other << 12 | i) & 0xff);
    memcpy(data, &call, sizeof call);
    memcpy(data + sizeof call, &other, sizeof other);
}

bool ask_take(const struct ask_call *call, uint32_t numbers[2], uint32_t *length, uint64_t *source)
{
    struct uripc_message lengths;
    struct uripc_message_parts parts;
    unsigned char data[ASK_BUFFER];
    if (uripc_message_read(call->buffer, ASK_BUFFER, 1, &lengths, &parts) != URIPC_OK ||
        lengths.data_bytes < 2 * sizeof *numbers)
        return false;
    memcpy(numbers, call->buffer + parts.data, 2 * sizeof *numbers);
    *length = lengths.data_bytes;
    *source = 1;
    for (uint32_t i = 0; i < lengths.source_units; i++)
        *source = sim_mix(*source ^ call->buffer[parts.source + i]);
    ask_fill(data, *length, numbers[0], numbers[1]);
    return memcmp(data, call->buffer + parts.data, *length) == 0;
}

static bool has_been_served(const struct talk *talk, uint32_t request)
{
    for (uint32_t i = 0; i < talk->asks.count; i++) {
        const struct ask_call *serve = &talk->asks.calls[i];
        if (serve->call == URIPC_CALL_SERVE && serve->other == request + 1)
            return true;
    }
    return false;
}

/* REQ-4, REQ-9: the reply is one to this request, of who has served it. */
void ask_rule_reply_taken(struct talk *talk, uint32_t call)
{
    const struct ask_call *self = &talk->asks.calls[call];
    uint32_t numbers[2];
    uint32_t length = 0;
    uint64_t source = 0;
    talk->ledger->result->counts[HUNT_ANSWERED]++;
    if (!ask_take(self, numbers, &length, &source) || numbers[1] >= talk->asks.count) {
        ask_broken(talk, "REQ-4", call, "its reply is nobody's");
        return;
    }
    const struct ask_call *serve = &talk->asks.calls[numbers[1]];
    if (numbers[0] != call)
        ask_broken(talk, "REQ-4", call, "its reply is that to another request");
    else if (serve->other != call + 1 || !serve->answered)
        ask_broken(talk, "REQ-9", call, "its reply is none that was given");
}

/* REQ-8 */
void ask_rule_failed(struct talk *talk, uint32_t call)
{
    if (talk->asks.calls[call].certainty == URIPC_DEFINITE && has_been_served(talk, call))
        ask_broken(talk, "REQ-8", call, "it has failed for certain, and was served");
}

/* Requests that this life has answered after that one. */
static uint32_t answered_since(const struct talk *talk, const struct ask_call *serve)
{
    const uint32_t place = (uint32_t)(serve - talk->asks.calls);
    uint32_t count = 0;
    bool after = false;
    for (uint32_t i = 0; i < talk->asks.count; i++) {
        const struct ask_call *reply = &talk->asks.calls[i];
        if (reply->call != URIPC_CALL_REPLY || reply->state == HUNT_REFUSED_AT_ONCE)
            continue;
        count += after && reply->process == serve->process && reply->life == serve->life;
        after = after || reply->other == place + 1;
    }
    return count;
}

/* A life that has served a request before serves it again. */
static void judge_again(struct talk *talk, uint32_t call, const struct ask_call *before)
{
    const struct ask_call *self = &talk->asks.calls[call];
    if (self->handle.id == before->handle.id && talk->asks.calls[self->other - 1].handle.id != 0)
        ask_broken(talk, "REQ-22", call, "a session has its request served twice");
    else if (!before->answered && before->open)
        ask_broken(talk, "REQ-14", call, "a request is served beside the first time");
    else if (!before->answered || answered_since(talk, before) >= ASK_REMEMBERED)
        return; /* it is not known any more */
    else if (before->remembers && talk->roomy)
        ask_broken(talk, "REQ-15", call, "its reply is kept, and it is served again");
    else if (self->certainty == URIPC_DEFINITE)
        ask_broken(talk, "REQ-16", call, "it is served again, and nobody says so");
}

/* REQ-1, REQ-2: one source URI for all tries, and for no other request. */
static void judge_source(struct talk *talk, uint32_t call, uint64_t source)
{
    struct ask_call *request = &talk->asks.calls[talk->asks.calls[call].other - 1];
    if (request->handle.id != 0)
        return; /* it has none of its own */
    if (request->source != 0 && request->source != source)
        ask_broken(talk, "REQ-2", call, "a try has another source URI than the one before");
    for (uint32_t i = 0; i < talk->asks.count; i++) {
        if (&talk->asks.calls[i] != request && talk->asks.calls[i].source == source)
            ask_broken(talk, "REQ-1", call, "two requests have the same source URI");
    }
    request->source = source;
}

void ask_rule_served(struct talk *talk, uint32_t call)
{
    struct ask_call *self = &talk->asks.calls[call];
    uint32_t numbers[2];
    uint32_t length = 0;
    uint64_t source = 0;
    talk->ledger->result->counts[HUNT_SERVED]++;
    if (!ask_take(self, numbers, &length, &source) || numbers[0] >= talk->asks.count) {
        ask_broken(talk, "REQ-13", call, "what is served is nobody's request");
        return;
    }
    const struct ask_call *request = &talk->asks.calls[numbers[0]];
    if ((request->call != URIPC_CALL_REQUEST && request->call != URIPC_CALL_SURVEY) ||
        request->state == HUNT_REFUSED_AT_ONCE || request->length != length)
        ask_broken(talk, "REQ-13", call, "what is served was never asked");
    else if (request->state == HUNT_DONE && request->status != URIPC_OK &&
             request->certainty == URIPC_DEFINITE)
        ask_broken(talk, "REQ-8", call, "it is served, and had failed for certain");
    self->other = numbers[0] + 1;
    for (uint32_t i = talk->asks.count; i > 0 && !hunt_is_broken(talk->ledger); i--) {
        const struct ask_call *before = &talk->asks.calls[i - 1];
        if (before == self || before->call != URIPC_CALL_SERVE || before->other != self->other ||
            before->process != self->process || before->life != self->life)
            continue;
        judge_again(talk, call, before);
    }
    if (!hunt_is_broken(talk->ledger))
        judge_source(talk, call, source);
}
