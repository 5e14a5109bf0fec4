/* SPDX-License-Identifier: MIT */
/* C9 and C10: one call at a time. */
#include <string.h>

#include <uripc/message.h>

#include "rules.h"

#define BIT(NAME) (UINT32_C(1) << URIPC_##NAME)

/* What calls on a handle of a layer may return; how what is sent over the three calls may end, and
 * calls on a session. */
#define ON_HANDLE                                                                                  \
    (BIT(PENDING) | BIT(INVALID_ARGUMENT) | BIT(INVALID_HANDLE) | BIT(IN_USE) | BIT(NO_RESOURCES))
#define OF_A_SEND                                                                                  \
    (BIT(OK) | BIT(NO_RECEIVER) | BIT(UNREACHABLE) | BIT(PEER_GONE) | BIT(TOO_BIG) | BIT(FULL) |   \
     BIT(TIMEOUT) | BIT(ABORTED) | BIT(NO_RESOURCES) | BIT(NOT_SUPPORTED) | BIT(ACCESS_DENIED))
#define ON_SESSION                                                                                 \
    (BIT(OK) | BIT(WOULD_BLOCK) | BIT(TIMEOUT) | BIT(ABORTED) | BIT(CLOSED) | BIT(DISCONNECTED) |  \
     BIT(PEER_GONE) | BIT(UNRESPONSIVE))

/* What a call may return, and what it may complete with. */
static const uint32_t may_return[] = {
    [URIPC_CALL_REGISTER] = BIT(PENDING) | BIT(INVALID_ARGUMENT) | BIT(INVALID_HANDLE) |
                            BIT(INVALID_NAME) | BIT(IN_USE) | BIT(NO_RESOURCES),
    [URIPC_CALL_SEND] = BIT(PENDING) | BIT(INVALID_ARGUMENT) | BIT(INVALID_HANDLE) |
                        BIT(INVALID_NAME) | BIT(IN_USE) | BIT(NO_RESOURCES),
    [URIPC_CALL_RECEIVE] = BIT(PENDING) | BIT(INVALID_ARGUMENT) | BIT(INVALID_HANDLE) |
                           BIT(IN_USE) | BIT(NO_RESOURCES),
    [URIPC_CALL_CLOSE] = BIT(PENDING) | BIT(INVALID_ARGUMENT) | BIT(INVALID_HANDLE) | BIT(IN_USE) |
                         BIT(NO_RESOURCES),
    [URIPC_CALL_LISTEN] =
        BIT(PENDING) | BIT(INVALID_ARGUMENT) | BIT(INVALID_NAME) | BIT(IN_USE) | BIT(NO_RESOURCES),
    [URIPC_CALL_CONNECT] =
        BIT(PENDING) | BIT(INVALID_ARGUMENT) | BIT(INVALID_NAME) | BIT(IN_USE) | BIT(NO_RESOURCES),
    [URIPC_CALL_ACCEPT] = ON_HANDLE,
    [URIPC_CALL_SESSION_SEND] = ON_HANDLE,
    [URIPC_CALL_SESSION_RECEIVE] = ON_HANDLE,
    [URIPC_CALL_SHUTDOWN] = ON_HANDLE,
    [URIPC_CALL_FLUSH] = ON_HANDLE,
    [URIPC_CALL_SESSION_CLOSE] = ON_HANDLE,
    [URIPC_CALL_DISCONNECT] = ON_HANDLE,
    [URIPC_CALL_REQUEST] = ON_HANDLE | BIT(INVALID_NAME),
    [URIPC_CALL_SERVE] = ON_HANDLE,
    [URIPC_CALL_REPLY] = BIT(PENDING) | BIT(INVALID_ARGUMENT) | BIT(IN_USE) | BIT(NO_RESOURCES) |
                         BIT(NOT_FOUND) | BIT(TOO_BIG),
    [URIPC_CALL_SURVEY] =
        BIT(PENDING) | BIT(INVALID_ARGUMENT) | BIT(INVALID_NAME) | BIT(IN_USE) | BIT(NO_RESOURCES),
    [URIPC_CALL_SURVEY_RECEIVE] = ON_HANDLE,
    [URIPC_CALL_SURVEY_CLOSE] = ON_HANDLE,
};

static const uint32_t may_complete[] = {
    [URIPC_CALL_REGISTER] = BIT(OK) | BIT(EXISTS) | BIT(TIMEOUT) | BIT(ABORTED) | BIT(CLOSED) |
                            BIT(NOT_SUPPORTED) | BIT(NO_RESOURCES) | BIT(ACCESS_DENIED),
    [URIPC_CALL_SEND] = BIT(OK) | BIT(NO_RECEIVER) | BIT(UNREACHABLE) | BIT(PEER_GONE) |
                        BIT(TOO_BIG) | BIT(FULL) | BIT(WOULD_BLOCK) | BIT(TIMEOUT) | BIT(ABORTED) |
                        BIT(CLOSED) | BIT(NO_RESOURCES) | BIT(NOT_SUPPORTED),
    [URIPC_CALL_RECEIVE] = BIT(OK) | BIT(BUFFER_TOO_SMALL) | BIT(TIMEOUT) | BIT(ABORTED) |
                           BIT(CLOSED) | BIT(NO_RESOURCES), /* DSP-12 */
    [URIPC_CALL_CLOSE] = BIT(OK),
    [URIPC_CALL_LISTEN] =
        BIT(OK) | BIT(EXISTS) | BIT(NOT_SUPPORTED) | BIT(NO_RESOURCES) | BIT(ACCESS_DENIED),
    [URIPC_CALL_CONNECT] = BIT(OK) | BIT(BUSY) | BIT(NO_RECEIVER) | BIT(UNREACHABLE) |
                           BIT(PEER_GONE) | BIT(TOO_BIG) | BIT(TIMEOUT) | BIT(ABORTED) |
                           BIT(NO_RESOURCES) | BIT(NOT_SUPPORTED),
    [URIPC_CALL_ACCEPT] = BIT(OK) | BIT(TIMEOUT) | BIT(ABORTED) | BIT(CLOSED),
    [URIPC_CALL_SESSION_SEND] = ON_SESSION | BIT(TOO_BIG) | BIT(NO_RESOURCES),
    [URIPC_CALL_SESSION_RECEIVE] = ON_SESSION | BIT(MORE),
    [URIPC_CALL_SHUTDOWN] = BIT(OK) | BIT(NO_RESOURCES),
    [URIPC_CALL_FLUSH] = ON_SESSION,
    [URIPC_CALL_SESSION_CLOSE] = BIT(OK),
    [URIPC_CALL_DISCONNECT] = BIT(OK),
    [URIPC_CALL_REQUEST] =
        OF_A_SEND | BIT(BUFFER_TOO_SMALL) | BIT(CLOSED) | BIT(DISCONNECTED) | BIT(UNRESPONSIVE),
    [URIPC_CALL_SERVE] = BIT(OK) | BIT(BUFFER_TOO_SMALL) | BIT(TIMEOUT) | BIT(ABORTED) |
                         BIT(CLOSED) | BIT(DISCONNECTED) | BIT(PEER_GONE) | BIT(UNRESPONSIVE),
    [URIPC_CALL_REPLY] = OF_A_SEND | BIT(CLOSED) | BIT(DISCONNECTED) | BIT(UNRESPONSIVE),
    [URIPC_CALL_SURVEY] = OF_A_SEND,
    [URIPC_CALL_SURVEY_RECEIVE] =
        BIT(OK) | BIT(BUFFER_TOO_SMALL) | BIT(TIMEOUT) | BIT(ABORTED) | BIT(CLOSED),
    [URIPC_CALL_SURVEY_CLOSE] = BIT(OK),
};

static bool in_set(uint32_t set, enum uripc_status status)
{
    return (unsigned)status < 32 && (set >> (unsigned)status & 1);
}

static bool of_layer(const struct cf_op *op)
{
    return op->call >= URIPC_CALL_LISTEN;
}

/* The clause that says what calls complete with, and how often. */
static const char *once(const struct cf_op *op)
{
    return of_layer(op) ? "LAY-1" : "CMP-1";
}

static void broken(struct cf_history *history, uint32_t op, const char *clause, const char *text)
{
    cf_history_violate(history, "C9", clause, text, op, CF_NO_OP);
}

void cf_rules_returned(struct cf_history *history, uint32_t op)
{
    const struct cf_op *self = &history->ops[op];
    if (!in_set(may_return[self->call], self->returned))
        broken(history, op, once(self), "the call returned a status it may not return at once");
}

static bool certainty_allowed(const struct uripc_completion *completion)
{
    if (completion->call == URIPC_CALL_SERVE && completion->status == URIPC_OK)
        return true; /* REQ-16 */
    switch (uripc_status_certainty(completion->status)) {
    case URIPC_EITHER:
        if (completion->status == URIPC_ABORTED && completion->call < URIPC_CALL_LISTEN)
            break; /* CMP-8, CMP-9 */
        return completion->certainty == URIPC_DEFINITE || completion->certainty == URIPC_INDEFINITE;
    case URIPC_DEFINITE:
    case URIPC_INDEFINITE:
        break;
    }
    return completion->certainty == URIPC_DEFINITE;
}

/* Of a call that opens something. */
static void check_open(struct cf_history *history, uint32_t op)
{
    const struct cf_op *self = &history->ops[op];
    const struct uripc_incarnation *own = &self->completion.incarnation;
    if (self->completion.status != URIPC_OK)
        return;
    bool told = own->node || own->serial || !history->tells_lives ||
                self->call == URIPC_CALL_SURVEY; /* which is of nobody */
    if (!self->completion.handle.id || !told) {
        broken(history, op, of_layer(self) ? once(self) : "REG-1",
               "what was opened has no handle or no incarnation");
    }
    for (uint32_t i = 0; i < history->count; i++) {
        const struct cf_op *other = &history->ops[i];
        if (i == op || !cf_call_opens(other->call) || other->state != CF_OP_DONE ||
            other->completion.status != URIPC_OK)
            continue;
        if (other->process == self->process && other->life == self->life &&
            other->completion.handle.id == self->completion.handle.id) {
            bool layer = of_layer(self) || of_layer(other);
            cf_history_violate(history, "C9", layer ? "LAY-8" : "LIF-2",
                               "a handle was given out twice", i, op);
        }
        if (of_layer(self) || of_layer(other))
            continue;
        if (self->kind != URIPC_SHARED && history->tells_lives &&
            other->completion.incarnation.node == own->node &&
            other->completion.incarnation.serial == own->serial) {
            cf_history_violate(history, "C9", "LIF-3", "two registrations have one incarnation", i,
                               op);
        }
    }
}

static void check_send(struct cf_history *history, uint32_t op)
{
    const struct cf_op *self = &history->ops[op];
    uint32_t expected = self->completion.status == URIPC_OK ? self->length : 0;
    if (self->completion.bytes != expected) {
        broken(history, op, "SND-5",
               expected ? "a send completed ok with other bytes than its data length"
                        : "a send reports bytes that it did not send");
    }
}

static void check_close(struct cf_history *history, uint32_t op)
{
    const struct cf_op *self = &history->ops[op];
    const struct cf_history_process *process = &history->processes[self->process];
    for (uint32_t i = process->first; i != CF_NO_OP && i < op; i = history->ops[i].next) {
        const struct cf_op *other = &history->ops[i];
        if (other->handle.id == self->handle.id && other->call != URIPC_CALL_REGISTER) {
            cf_history_violate(history, "C9", of_layer(self) ? "SES-10" : "CMP-16",
                               "a close completed before a pending call of its handle", op, i);
        }
    }
}

/* The size of a message with these lengths in the layout of message.h. */
static uint64_t message_size(const struct uripc_completion *completion, unsigned unit)
{
    uint64_t units = (uint64_t)completion->source_units + completion->target_units;
    return (sizeof(struct uripc_message) + units * unit + 7) / 8 * 8 + completion->data_bytes;
}

static unsigned unit_of(const struct cf_op *op)
{
    return op->flags & URIPC_UTF16 ? 2 : 1;
}

static void check_receive(struct cf_history *history, uint32_t op)
{
    const struct cf_op *self = &history->ops[op];
    const struct uripc_completion *completion = &self->completion;
    uint64_t size = message_size(completion, unit_of(self));
    bool discarded = self->flags & URIPC_DISCARD;
    if (completion->status == URIPC_BUFFER_TOO_SMALL && size <= self->buffer_size)
        broken(history, op, "RCV-7", "a buffer was called too small for what it has room for");
    if (completion->status == URIPC_OK && discarded && completion->bytes)
        broken(history, op, "RCV-8", "a discarding receive reports bytes");
    if (completion->status == URIPC_OK && !discarded && completion->bytes != size)
        broken(history, op, "RCV-2", "a receive reports other bytes than its message's size");
    if (completion->status != URIPC_OK && completion->bytes)
        broken(history, op, "RCV-17", "a receive without a message reports bytes");
}

static void check_read(struct cf_history *history, uint32_t op)
{
    const struct cf_op *self = &history->ops[op];
    const struct uripc_completion *completion = &self->completion;
    bool got = completion->status == URIPC_OK || completion->status == URIPC_MORE;
    if (completion->bytes > (got ? self->buffer_size : 0))
        broken(history, op, "SES-4", "a read reports bytes that it did not write");
    if (completion->data_bytes && completion->status != URIPC_MORE)
        broken(history, op, "SES-4", "a read has bytes left of a message and does not say more");
}

void cf_rules_completed(struct cf_history *history, uint32_t op)
{
    const struct cf_op *self = &history->ops[op];
    const struct uripc_completion *completion = &self->completion;
    if (completion->call != self->call) {
        broken(history, op, "CMP-3", "a completion names another kind of call");
        return;
    }
    bool names = !cf_call_opens(self->call) && self->call != URIPC_CALL_REPLY;
    if (names && completion->handle.id != self->handle.id)
        broken(history, op, "CMP-3", "a completion names another handle");
    if (!in_set(may_complete[self->call], completion->status))
        broken(history, op, once(self),
               "the call completed with a status it may not complete with");
    if (!certainty_allowed(completion))
        broken(history, op, "CMP-6", "the certainty is none that the status allows");
    switch (self->call) {
    case URIPC_CALL_REGISTER:
    case URIPC_CALL_LISTEN:
    case URIPC_CALL_CONNECT:
    case URIPC_CALL_ACCEPT:
    case URIPC_CALL_SURVEY:
        check_open(history, op);
        break;
    case URIPC_CALL_SEND:
        check_send(history, op);
        break;
    case URIPC_CALL_RECEIVE:
        check_receive(history, op);
        break;
    case URIPC_CALL_SESSION_RECEIVE:
        check_read(history, op);
        break;
    case URIPC_CALL_CLOSE:
    case URIPC_CALL_SESSION_CLOSE:
    case URIPC_CALL_DISCONNECT:
        check_close(history, op);
        break;
    default:
        break;
    }
}

void cf_rules_stray(struct cf_history *history, uint32_t process,
                    const struct uripc_completion *completion)
{
    uint32_t life = history->processes[process].life;
    uint32_t refused = CF_NO_OP;
    for (uint32_t i = history->count; i-- > 0;) {
        const struct cf_op *op = &history->ops[i];
        if (op->process != process || op->overlapped != completion->overlapped)
            continue;
        if (op->life != life) {
            cf_history_violate(history, "C9", "LIF-18",
                               "a call of an earlier life of the process completed", i, CF_NO_OP);
            return;
        }
        if (op->state == CF_OP_DONE) {
            cf_history_violate(history, "C9", once(op), "a call completed a second time", i,
                               CF_NO_OP);
            return;
        }
        refused = i;
    }
    if (refused != CF_NO_OP) {
        bool layer = of_layer(&history->ops[refused]);
        cf_history_violate(history, "C9", layer ? "LAY-1" : "CMP-2",
                           "a call that returned an error completed", refused, CF_NO_OP);
        return;
    }
    cf_history_violate(history, "C9", "CMP-1", "a completion belongs to no call", CF_NO_OP,
                       CF_NO_OP);
}

static void spoiled(struct cf_history *history, uint32_t op, const char *clause, const char *text)
{
    cf_history_violate(history, "C10", clause, text, op, CF_NO_OP);
}

/* All bytes are CF_FRESH if the first one is and every other equals the one before. */
static bool is_fresh(const unsigned char *bytes, size_t size)
{
    return size == 0 || (bytes[0] == CF_FRESH && memcmp(bytes, bytes + 1, size - 1) == 0);
}

/* A receive that got no bytes has written none. */
static void check_untouched(struct cf_history *history, uint32_t op, const unsigned char *buffer)
{
    const struct cf_op *self = &history->ops[op];
    if (is_fresh(buffer, self->buffer_size))
        return;
    switch (self->completion.status) {
    case URIPC_OK:
        spoiled(history, op, "RCV-8", "a discarding receive wrote into its buffer");
        break;
    case URIPC_BUFFER_TOO_SMALL:
        spoiled(history, op, "RCV-5", "a receive wrote into a buffer that it called too small");
        break;
    case URIPC_ABORTED:
        spoiled(history, op, "CMP-8", "an aborted receive wrote into its buffer");
        break;
    default:
        spoiled(history, op, "RCV-17", "a receive without a message wrote into its buffer");
        break;
    }
}

static bool is_ascii_text(const unsigned char *at, size_t units, unsigned unit)
{
    for (size_t i = 0; i < units; i++) {
        uint16_t value = at[i];
        if (unit == 2)
            memcpy(&value, at + 2 * i, 2);
        if (value < 0x21 || value > 0x7e)
            return false;
    }
    return true;
}

static bool check_read_buffer(struct cf_history *history, uint32_t op, const unsigned char *buffer)
{
    const struct cf_op *self = &history->ops[op];
    uint32_t bytes = self->completion.bytes;
    bool got = self->completion.status == URIPC_OK || self->completion.status == URIPC_MORE;
    if (bytes > self->buffer_size)
        return false; /* told already */
    if (!is_fresh(buffer + bytes, self->buffer_size - bytes))
        spoiled(history, op, "SES-4", "a read wrote more bytes than it reports");
    return got;
}

bool cf_rules_buffer(struct cf_history *history, uint32_t op, const unsigned char *buffer)
{
    const struct cf_op *self = &history->ops[op];
    const struct uripc_completion *completion = &self->completion;
    if (self->call == URIPC_CALL_SESSION_RECEIVE)
        return check_read_buffer(history, op, buffer);
    if (completion->status != URIPC_OK || self->flags & URIPC_DISCARD) {
        check_untouched(history, op, buffer);
        return false;
    }
    unsigned unit = unit_of(self);
    uint64_t size = message_size(completion, unit);
    struct uripc_message header;
    if (size > self->buffer_size) {
        spoiled(history, op, "RCV-12", "the message is larger than the buffer it was written to");
        return false;
    }
    memcpy(&header, buffer, sizeof(header));
    size_t units = (size_t)completion->source_units + completion->target_units;
    size_t uris_end = sizeof(header) + units * unit;
    size_t data = (uris_end + 7) / 8 * 8;
    if (header.source_units != completion->source_units ||
        header.target_units != completion->target_units ||
        header.data_bytes != completion->data_bytes)
        spoiled(history, op, "RCV-12", "the lengths in the message are not those reported");
    if (header.reserved)
        spoiled(history, op, "RCV-15", "the reserved field is not zero");
    if (!is_ascii_text(buffer + sizeof(header), units, unit)) {
        spoiled(history, op, unit == 2 ? "RCV-14" : "RCV-12",
                "a URI in the message is not canonical text");
    }
    for (size_t i = uris_end; i < data; i++)
        if (buffer[i])
            spoiled(history, op, "RCV-13", "the bytes before the data are not zero");
    if (!is_fresh(buffer + size, self->buffer_size - (size_t)size))
        spoiled(history, op, "RCV-12", "there is something after the message");
    return true;
}
