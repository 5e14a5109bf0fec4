/* SPDX-License-Identifier: MIT */
#include "simulator/hunt/reach.h"
#include "simulator/hunt/share.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define BIT(NAME) (UINT32_C(1) << URIPC_##NAME)

/* What a call may complete with; PENDING and what else it may return at once. */
static const uint32_t may_return = BIT(PENDING) | BIT(IN_USE) | BIT(NO_RESOURCES);

static const uint32_t may_complete[] = {
    [URIPC_CALL_REGISTER] = BIT(OK) | BIT(EXISTS) | BIT(TIMEOUT) | BIT(ABORTED) | BIT(CLOSED) |
                            BIT(NO_RESOURCES) | BIT(NOT_SUPPORTED),
    [URIPC_CALL_SEND] = BIT(OK) | BIT(NO_RECEIVER) | BIT(UNREACHABLE) | BIT(PEER_GONE) |
                        BIT(TOO_BIG) | BIT(FULL) | BIT(WOULD_BLOCK) | BIT(TIMEOUT) | BIT(ABORTED) |
                        BIT(CLOSED) | BIT(NO_RESOURCES) | BIT(NOT_SUPPORTED),
    [URIPC_CALL_RECEIVE] = BIT(OK) | BIT(BUFFER_TOO_SMALL) | BIT(TIMEOUT) | BIT(ABORTED) |
                           BIT(CLOSED) | BIT(NO_RESOURCES),
    [URIPC_CALL_CLOSE] = BIT(OK),
};

static const char *const call_names[] = {[URIPC_CALL_REGISTER] = "register",
                                         [URIPC_CALL_SEND] = "send",
                                         [URIPC_CALL_RECEIVE] = "receive",
                                         [URIPC_CALL_CLOSE] = "close"};

void hunt_say(const struct hunt_ledger *ledger, const char *format, ...)
{
    if (!ledger->setup->log)
        return;
    char line[HUNT_TEXT + 64];
    const int head = snprintf(line, sizeof line, "%12" PRIu64 " ", sim_now(ledger->world));
    va_list list;
    va_start(list, format);
    (void)vsnprintf(line + head, sizeof line - (size_t)head, format, list);
    va_end(list);
    ledger->setup->log(ledger->setup->user, line);
}

bool hunt_is_broken(const struct hunt_ledger *ledger)
{
    return ledger->result->clause[0] != '\0';
}

void hunt_broken(struct hunt_ledger *ledger, const char *clause, uint32_t call, const char *text)
{
    struct hunt_result *result = ledger->result;
    if (hunt_is_broken(ledger))
        return;
    (void)snprintf(result->clause, sizeof result->clause, "%s", clause);
    result->at = sim_now(ledger->world);
    if (call < ledger->call_count) {
        const struct hunt_call *self = &ledger->calls[call];
        (void)snprintf(result->text, sizeof result->text,
                       "%s (process %" PRIu32 ", %s %" PRIu32 "%s%s)", text, self->process,
                       call_names[self->call], call, self->name[0] ? " " : "", self->name);
    } else {
        (void)snprintf(result->text, sizeof result->text, "%s", text);
    }
    hunt_say(ledger, "BROKEN %s: %s", result->clause, result->text);
}

bool hunt_same_life(struct uripc_incarnation a, struct uripc_incarnation b)
{
    return a.node == b.node && a.serial == b.serial;
}

void hunt_fill(unsigned char *data, uint32_t length, uint32_t call)
{
    for (uint32_t i = 0; i < length; i++)
        data[i] = (unsigned char)(i < 4 ? call >> 8 * i : call * 31 + i);
}

struct hunt_call *hunt_begin(struct hunt_ledger *ledger, enum uripc_call call, uint32_t process)
{
    if (ledger->call_count == HUNT_CALLS_MOST)
        return NULL;
    struct hunt_call *self = &ledger->calls[ledger->call_count];
    ledger->call_count++;
    *self = (struct hunt_call){.call = call,
                               .process = process,
                               .life = ledger->lives[process],
                               .at = sim_now(ledger->world),
                               .deadline = SIM_NEVER};
    return self;
}

uint64_t hunt_overlapped(const struct hunt_ledger *ledger, const struct hunt_call *call)
{
    return (uint64_t)(call - ledger->calls) + 1;
}

static bool is_open(const struct hunt_ledger *ledger, uint32_t holder)
{
    return holder == 0 || !ledger->registrations[holder - 1].closed;
}

void hunt_returned(struct hunt_ledger *ledger, struct hunt_call *call, enum uripc_status status)
{
    const uint32_t number = (uint32_t)(call - ledger->calls);
    call->returned = status;
    hunt_say(ledger, "process %" PRIu32 ": %s %" PRIu32 " %s%s%s", call->process,
             call_names[call->call], number, call->name, call->name[0] ? " returns " : "returns ",
             uripc_status_name(status));
    sim_note_word(ledger->world, (uint64_t)number << 8 | (uint64_t)status);
    if (status == URIPC_PENDING) {
        ledger->result->counts[HUNT_CALLS]++;
        if (!is_open(ledger, call->holder))
            hunt_broken(ledger, "CMP-17", number, "a call on a closed handle is accepted");
        return;
    }
    call->state = HUNT_REFUSED_AT_ONCE;
    ledger->result->counts[HUNT_REFUSED]++;
    ledger->result->counts[HUNT_STARVED] += status == URIPC_NO_RESOURCES;
    const struct hunt_registration *holder =
        call->holder ? &ledger->registrations[call->holder - 1] : NULL;
    if (status == URIPC_INVALID_HANDLE) {
        const bool shared = holder && holder->kind == URIPC_SHARED;
        if (shared)
            hunt_share_invalid(ledger, number);
        const bool held = holder && hunt_still_holds(ledger, call->holder - 1);
        if (!holder || (held && !hunt_ends_unseen(ledger, holder)))
            hunt_broken(ledger, "CMP-17", number, "a handle that is open is called invalid");
        else
            hunt_closing(ledger, call->holder - 1);
    } else if ((may_return >> (unsigned)status & 1) == 0) {
        hunt_broken(ledger, "CMP-1", number, "a call returns a status that it must not");
    }
}

static bool certainty_is_right(const struct uripc_completion *completion)
{
    if (completion->certainty == URIPC_DEFINITE)
        return true;
    return completion->certainty == URIPC_INDEFINITE &&
           uripc_status_certainty(completion->status) == URIPC_EITHER;
}

static void count(struct hunt_ledger *ledger, const struct hunt_call *self)
{
    uint64_t *counts = ledger->result->counts;
    const enum uripc_status status = self->completion.status;
    const bool send = self->call == URIPC_CALL_SEND;
    counts[HUNT_SENT] += send && status == URIPC_OK;
    counts[HUNT_CONFIRMED] += send && status == URIPC_OK && self->completion.incarnation.node != 0;
    counts[HUNT_RECEIVED] += self->call == URIPC_CALL_RECEIVE && status == URIPC_OK;
    counts[HUNT_TIMEOUTS] += status == URIPC_TIMEOUT;
    counts[HUNT_GONE] += status == URIPC_PEER_GONE;
    counts[HUNT_CANCELLED] += status == URIPC_ABORTED;
    counts[HUNT_STARVED] += status == URIPC_NO_RESOURCES;
}

/* What holds for a completion of whatever call. */
static void check_completion(struct hunt_ledger *ledger, uint32_t number)
{
    const struct hunt_call *self = &ledger->calls[number];
    const struct uripc_completion *completion = &self->completion;
    if (completion->call != self->call)
        hunt_broken(ledger, "CMP-3", number, "a completion names another kind of call");
    if (self->call != URIPC_CALL_REGISTER &&
        completion->handle.id != ledger->registrations[self->holder - 1].handle.id)
        hunt_broken(ledger, "CMP-3", number, "a completion names another handle");
    if ((unsigned)completion->status >= 32 ||
        (may_complete[self->call] >> (unsigned)completion->status & 1) == 0)
        hunt_broken(ledger, "CMP-1", number, "a call completes with a status that it must not");
    else if (!certainty_is_right(completion))
        hunt_broken(ledger, "CMP-6", number, "a certainty that the status does not allow");
    if (completion->status == URIPC_TIMEOUT && (self->flags & URIPC_NOWAIT) == 0 &&
        sim_clock_now(ledger->world, self->process) < self->deadline)
        hunt_broken(ledger, self->call == URIPC_CALL_RECEIVE ? "RCV-10" : "SND-21", number,
                    "a call times out before its deadline");
}

static void check_close(struct hunt_ledger *ledger, uint32_t number)
{
    const struct hunt_call *self = &ledger->calls[number];
    ledger->registrations[self->holder - 1].closed = true;
    for (uint32_t i = 0; i < number; i++) {
        const struct hunt_call *other = &ledger->calls[i];
        if (other->holder == self->holder && other->state == HUNT_PENDING)
            hunt_broken(ledger, "CMP-16", i, "a close completes before a call of its handle");
    }
}

void hunt_completed(struct hunt_ledger *ledger, uint32_t process,
                    const struct uripc_completion *completion, const unsigned char *buffer)
{
    const uint64_t place = completion->overlapped;
    struct hunt_call *self =
        place >= 1 && place <= ledger->call_count ? &ledger->calls[place - 1] : NULL;
    if (!self || self->process != process) {
        hunt_broken(ledger, "CMP-1", HUNT_CALLS_MOST, "a completion belongs to no call");
        return;
    }
    const uint32_t number = (uint32_t)place - 1;
    hunt_say(ledger, "process %" PRIu32 ": %s %" PRIu32 " completes %s%s", process,
             call_names[self->call], number, uripc_status_name(completion->status),
             completion->certainty == URIPC_INDEFINITE ? ", indefinite" : "");
    sim_note_word(ledger->world, place << 16 | (uint64_t)completion->status << 8 |
                                     (uint64_t)completion->certainty);
    if (self->state != HUNT_PENDING) {
        hunt_broken(ledger, self->state == HUNT_VOID ? "LIF-18" : "CMP-1", number,
                    self->state == HUNT_VOID   ? "a call of an earlier life completes"
                    : self->state == HUNT_DONE ? "a call completes twice"
                                               : "a call that was refused completes");
        return;
    }
    self->state = HUNT_DONE;
    self->completion = *completion;
    self->done = sim_now(ledger->world);
    check_completion(ledger, number);
    if (hunt_is_broken(ledger))
        return;
    count(ledger, self);
    if (self->call == URIPC_CALL_REGISTER)
        hunt_rule_register(ledger, number);
    else if (self->call == URIPC_CALL_SEND)
        hunt_rule_send(ledger, number);
    else if (self->call == URIPC_CALL_RECEIVE)
        hunt_rule_receive(ledger, number, buffer);
    else
        check_close(ledger, number);
}

/* Whether `self` ends because `closed` does: what lies below, and what shares its queue. */
static bool goes_with(const struct hunt_ledger *ledger, const struct hunt_registration *self,
                      uint32_t closed)
{
    const struct hunt_registration *first = &ledger->registrations[closed];
    return self->parent == closed + 1 || (first->kind == URIPC_SHARED && first->first &&
                                          hunt_same_life(first->incarnation, self->incarnation));
}

void hunt_closing(struct hunt_ledger *ledger, uint32_t holder)
{
    if (ledger->registrations[holder].held)
        ledger->registrations[holder].ended = sim_now(ledger->world);
    ledger->registrations[holder].held = false;
    for (uint32_t i = 0; i < ledger->registration_count; i++) {
        if (ledger->registrations[i].held && goes_with(ledger, &ledger->registrations[i], holder))
            hunt_closing(ledger, i);
    }
}

void hunt_died(struct hunt_ledger *ledger, uint32_t process)
{
    for (uint32_t i = 0; i < ledger->call_count; i++) {
        struct hunt_call *self = &ledger->calls[i];
        if (self->process == process && self->state == HUNT_PENDING) {
            self->state = HUNT_VOID;
            self->done = sim_now(ledger->world);
            self->unseen = ledger->given[process] == self->done;
        }
    }
    for (uint32_t i = 0; i < ledger->registration_count; i++) {
        if (ledger->registrations[i].process == process)
            hunt_closing(ledger, i);
    }
    ledger->lives[process]++;
}

bool hunt_was_doubled(const struct hunt_ledger *ledger, uint32_t process, uint32_t life,
                      uint64_t message_id)
{
    for (uint32_t i = 0; i < ledger->double_count; i++) {
        const struct hunt_double *other = &ledger->doubles[i];
        if (other->process == process && other->life == life && other->id == message_id)
            return true;
    }
    return false;
}

void hunt_doubled(struct hunt_ledger *ledger, uint32_t process, uint64_t message_id)
{
    if (ledger->double_count == HUNT_CALLS_MOST)
        return;
    ledger->doubles[ledger->double_count] =
        (struct hunt_double){.process = process, .life = ledger->lives[process], .id = message_id};
    ledger->double_count++;
}
