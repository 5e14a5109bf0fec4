/* SPDX-License-Identifier: MIT */
/* C1, C3 and C4: every message that was received, and the send it came from.
 *
 * A send that completed tells its message's id, and the id finds it.  One that did not (it is
 * still pending, or its process died) is found by its source and its bytes; of several that look
 * alike, one that failed for certain is the last to be suspected. */
#include <string.h>

#include "rules.h"

struct join {
    struct cf_history *history;
    uint32_t copies;
    uint32_t last; /* the send that matched last: the next one is near, mostly */
};

static bool equal_incarnations(const struct uripc_incarnation *a, const struct uripc_incarnation *b)
{
    return a->node == b->node && a->serial == b->serial;
}

/* The id under which a send's message travelled, as far as one can know; 0: not told. */
static uint64_t id_of(const struct cf_op *send)
{
    return send->state == CF_OP_DONE && send->completion.message_id ? send->completion.message_id
                                                                    : send->matched;
}

static bool is_candidate(const struct cf_history *history, const struct cf_op *send,
                         const struct cf_op *receive)
{
    return send->call == URIPC_CALL_SEND && send->state != CF_OP_REFUSED &&
           (!history->tells_lives ||
            equal_incarnations(&send->source, &receive->completion.incarnation));
}

/* A discarding receive shows lengths only. */
static bool same_bytes(const struct cf_history *history, const struct cf_op *send, uint32_t receive)
{
    struct cf_message message;
    if (send->length != history->ops[receive].completion.data_bytes)
        return false;
    return send->length == 0 || !send->data || !cf_history_message(history, receive, &message) ||
           memcmp(send->data, message.data, send->length) == 0;
}

enum search {
    BY_ID,
    BY_BYTES_NEW, /* by source and bytes, among those that nobody has received yet */
    BY_BYTES,
    BY_BYTES_FAILED
};

static bool failed_for_certain(const struct cf_op *send)
{
    return send->state == CF_OP_DONE && send->completion.status != URIPC_OK &&
           send->completion.certainty == URIPC_DEFINITE;
}

static bool fits(const struct cf_history *history, const struct cf_op *send, uint32_t receive,
                 enum search search)
{
    uint64_t id = id_of(send);
    if (search == BY_ID)
        return id && id == history->ops[receive].completion.message_id;
    return !id && failed_for_certain(send) == (search == BY_BYTES_FAILED) &&
           (search != BY_BYTES_NEW || send->received == CF_NO_OP) &&
           same_bytes(history, send, receive);
}

/* Looks through all sends once, beginning with the one after the last match. */
static uint32_t find_send(struct join *join, uint32_t receive, enum search search)
{
    struct cf_history *history = join->history;
    const struct cf_op *received = &history->ops[receive];
    for (uint32_t k = 0; k < history->count; k++) {
        uint32_t i = join->last + 1 + k;
        i -= i >= history->count ? history->count : 0;
        const struct cf_op *send = &history->ops[i];
        if (!is_candidate(history, send, received))
            continue;
        if (fits(history, send, receive, search)) {
            join->last = i;
            return i;
        }
    }
    return CF_NO_OP;
}

/* How often this message has come to the queue that this receive reads: a group's members have
 * one each, everything else has one for all. */
static uint32_t receptions(struct cf_history *history, uint32_t send, uint32_t receive)
{
    const struct cf_op *self = &history->ops[receive];
    uint32_t times = 1;
    for (uint32_t i = history->ops[send].received; i != CF_NO_OP; i = history->ops[i].received) {
        const struct cf_op *other = &history->ops[i];
        bool same_member = other->process == self->process && other->life == self->life &&
                           other->handle.id == self->handle.id;
        times += self->kind != URIPC_GROUP || same_member;
    }
    return times;
}

static void judge(struct join *join, uint32_t receive)
{
    struct cf_history *history = join->history;
    struct cf_op *self = &history->ops[receive];
    uint32_t index = CF_NO_OP;
    for (enum search search = BY_ID; search <= BY_BYTES_FAILED && index == CF_NO_OP; search++)
        index = find_send(join, receive, search);
    if (index == CF_NO_OP) {
        cf_history_violate(history, "C1", "DLV-2", "a message was received that nobody sent",
                           receive, CF_NO_OP);
        return;
    }
    struct cf_op *send = &history->ops[index];
    send->matched = self->completion.message_id;
    if (!same_bytes(history, send, receive)) {
        cf_history_violate(history, "C1", "DLV-2", "a message was changed on the way", index,
                           receive);
    }
    if (join->copies && receptions(history, index, receive) > join->copies)
        cf_history_violate(history, "C3", "DLV-1", "a message was received twice", index, receive);
    if (failed_for_certain(send)) {
        cf_history_violate(history, "C4", "SND-22",
                           "a message was received although its send failed for certain", index,
                           receive);
    }
    self->received = send->received;
    send->received = receive;
}

void cf_rules_delivery(struct cf_history *history, uint32_t copies)
{
    struct join join = {.history = history, .copies = copies};
    for (uint32_t i = 0; i < history->count && !history->violation.rule; i++) {
        const struct cf_op *op = &history->ops[i];
        if (op->call == URIPC_CALL_RECEIVE && op->state == CF_OP_DONE &&
            op->completion.status == URIPC_OK)
            judge(&join, i);
    }
}
