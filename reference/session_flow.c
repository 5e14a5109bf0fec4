/* SPDX-License-Identifier: MIT */
/* What a session owes its peer and its application. */
#include <string.h>

#include "mutants.h"
#include "request_state.h"
#include "session_state.h"

enum {
    HEAD = URIPC__RECORD_HEAD + URIPC__SES_BODY,
    RESETS = 8,    /* tellings of a disconnect, at most ... */
    LEFTOVERS = 32 /* and of what was accepted before a close */
};

#define FIRST_RETRY UINT64_C(50000000) /* nanoseconds */
#define LAST_RETRY UINT64_C(2000000000)
#define ACK_WAIT UINT64_C(20000000) /* well below FIRST_RETRY */

/* Items. */

struct uripc__item *uripc__ses_item(struct uripc_layers *layers, uint32_t offset)
{
    unsigned char *region = uripc__layers_region(layers);
    return (struct uripc__item *)(void *)(region + offset);
}

/* The record that the item becomes lies behind it. */
static unsigned char *item_record(struct uripc_layers *layers, uint32_t offset)
{
    return (unsigned char *)uripc__layers_region(layers) + offset + sizeof(struct uripc__item);
}

unsigned char *uripc__ses_item_bytes(struct uripc_layers *layers, uint32_t offset)
{
    return item_record(layers, offset) + HEAD;
}

uint32_t uripc__ses_take(struct uripc_layers *layers, uint32_t length)
{
    return uripc__layers_take(layers, sizeof(struct uripc__item) + HEAD + (uint64_t)length);
}

uint32_t uripc__ses_append(struct uripc_layers *layers, struct uripc__items *items,
                           enum uripc__item_kind kind, const void *bytes, uint32_t length)
{
    uint32_t offset = uripc__ses_take(layers, length);
    if (offset != 0)
        uripc__ses_append_at(layers, items, kind, bytes, length, offset);
    return offset;
}

void uripc__ses_append_at(struct uripc_layers *layers, struct uripc__items *items,
                          enum uripc__item_kind kind, const void *bytes, uint32_t length,
                          uint32_t offset)
{
    *uripc__ses_item(layers, offset) =
        (struct uripc__item){.length = length, .call = URIPC__NONE, .kind = kind};
    if (bytes != NULL)
        memcpy(uripc__ses_item_bytes(layers, offset), bytes, length);
    if (items->last != 0)
        uripc__ses_item(layers, items->last)->next = offset;
    else
        items->first = offset;
    items->last = offset;
}

void uripc__ses_remove(struct uripc_layers *layers, struct uripc__items *items, uint32_t offset)
{
    uint32_t before = 0;
    for (uint32_t at = items->first; at != offset; at = uripc__ses_item(layers, at)->next)
        before = at;
    uint32_t next = uripc__ses_item(layers, offset)->next;
    if (before != 0)
        uripc__ses_item(layers, before)->next = next;
    else
        items->first = next;
    if (items->last == offset)
        items->last = before;
    uripc__layers_give(layers, offset);
}

void uripc__ses_clear(struct uripc_layers *layers, struct uripc__items *items)
{
    while (items->first != 0)
        uripc__ses_remove(layers, items, items->first);
}

/* Sending. */

uint64_t uripc__ses_room(struct uripc_layers *layers, const struct uripc__session *session)
{
    return session->in_cost + layers->limits.window_bytes + URIPC__SES_COST;
}

static enum uripc_status send(struct uripc_layers *layers, uint32_t index, uint8_t type,
                              unsigned char *record, uint32_t length,
                              const struct uripc__item *item)
{
    const bool opens = type == URIPC__SES_CONNECT || type == URIPC__SES_ACCEPT;
    const bool probe = item == NULL && length != 0;
    struct uripc__session *session = uripc__ses_at(layers, index);
    const struct uripc__ses_body body = {
        .to = session->peer_id,
        .from = session->id,
        .item = item != NULL ? item->number : session->beat,
        .ack = opens ? uripc__layers_endpoint(layers, URIPC__HELD)->incarnation.serial
                     : session->taken,
        .read = opens ? layers->limits.message_max : session->read,
        .room = uripc__ses_room(layers, session),
        .beat = (uint32_t)session->beats,
        .what = item != NULL ? (uint32_t)item->kind : (uint32_t)session->mode,
    };
    const struct uripc_send_options options = {.size = sizeof options, .expected = session->peer};
    const struct uripc_text target = {uripc__ses_peer_name(layers, index), session->peer_units};
    uripc__ses_write(&body, type, record);
    session->owes_ack = false;
    session->told_room = body.room;
    return uripc__layers_send(layers, URIPC__SES_PART, 0, NULL, target, record, HEAD + length,
                              &options, session->id | (probe ? URIPC__SES_PROBE : 0));
}

static void send_item(struct uripc_layers *layers, uint32_t index, uint32_t offset)
{
    const struct uripc__item *item = uripc__ses_item(layers, offset);
    (void)send(layers, index, URIPC__SES_ITEM, item_record(layers, offset), item->length, item);
}

/* A peer that knows of less than half a window may be waiting for more. */
void uripc__ses_owe_ack(struct uripc_layers *layers, struct uripc__session *session, bool at_once)
{
    const uint64_t known = session->told_room - session->taken_cost;
    if (at_once || known < layers->limits.window_bytes / 2)
        session->ack_at = layers->now;
    else if (!session->owes_ack)
        session->ack_at = layers->now + ACK_WAIT;
    session->owes_ack = true;
    uripc__ses_touch(layers, session);
}

void uripc__ses_say(struct uripc_layers *layers, uint32_t index, uint8_t type)
{
    unsigned char record[HEAD];
    (void)send(layers, index, type, record, 0, NULL);
}

void uripc__ses_retry(struct uripc_layers *layers, struct uripc__session *session)
{
    uripc__ses_touch(layers, session);
    session->retry_after = FIRST_RETRY;
    session->retry_at = layers->now + FIRST_RETRY + uripc__layers_remembered();
    session->tries = 0;
}

bool uripc__ses_costs(uint64_t kind)
{
    return kind == URIPC__ITEM_MESSAGE || kind == URIPC__ITEM_REQUEST || kind == URIPC__ITEM_REPLY;
}

bool uripc__ses_waits(struct uripc_layers *layers, uint32_t index, uint32_t length)
{
    const struct uripc__session *session = uripc__ses_at(layers, index);
    return uripc__ses_sends_wait(layers, session) || !uripc__ses_has_room(session, length);
}

/* Zero bytes cost, too, or their number would know no bound. */
bool uripc__ses_has_room(const struct uripc__session *session, uint32_t length)
{
    if (URIPC_MUTANT(WINDOW_ENDLESS))
        return true;
    return session->out_cost + length + URIPC__SES_COST <= session->room;
}

void uripc__ses_accept_item(struct uripc_layers *layers, uint32_t index, uint32_t offset)
{
    struct uripc__session *session = uripc__ses_at(layers, index);
    struct uripc__item *item = uripc__ses_item(layers, offset);
    uripc__ses_touch(layers, session);
    if (session->acked + 1 == session->next_item)
        uripc__ses_retry(layers, session);
    item->number = session->next_item++;
    item->call = URIPC__NONE;
    if (uripc__ses_costs(item->kind))
        session->out_cost += item->length + URIPC__SES_COST;
    session->sent += item->kind == URIPC__ITEM_MESSAGE;
    send_item(layers, index, offset);
}

/* Whether the way is known to carry the item; if not, that is being tried. */
static bool is_proven(struct uripc_layers *layers, uint32_t index, uint32_t offset)
{
    struct uripc__session *session = uripc__ses_at(layers, index);
    const uint32_t length = uripc__ses_item(layers, offset)->length;
    if (length <= session->proven || URIPC_MUTANT(BIG_UNTRIED))
        return true;
    if (session->probe == 0 && send(layers, index, URIPC__SES_ACK, item_record(layers, offset),
                                    length, NULL) == URIPC_PENDING)
        session->probe = length;
    return false;
}

void uripc__ses_probed(struct uripc_layers *layers, uint32_t index,
                       const struct uripc_completion *done)
{
    struct uripc__session *session = uripc__ses_at(layers, index);
    /* What timed out for certain was never handed over, so nobody has looked at its size. */
    const bool looked_at = done->status != URIPC_TIMEOUT || done->certainty == URIPC_INDEFINITE;
    if (done->status == URIPC_TOO_BIG)
        session->largest = session->probe - 1; /* SES-13 */
    else if (looked_at)
        session->proven = session->probe;
    session->probe = 0;
}

/* Serving the application's calls. */

static void finish_all(struct uripc_layers *layers, enum uripc_call kind, uint32_t index,
                       enum uripc_status status)
{
    uint32_t call;
    while ((call = uripc__layers_waiting(layers, kind, index)) != URIPC__NONE)
        uripc__layers_finish(layers, call, status);
}

/* The item of a call is accepted, or refused: a send and a reply are then complete. */
static void sent(struct uripc_layers *layers, uint32_t call, enum uripc_status status,
                 uint32_t length)
{
    const struct uripc_completion done = {
        .status = status, .certainty = URIPC_DEFINITE, .bytes = status == URIPC_OK ? length : 0};
    if (uripc__layers_call(layers, call)->kind == URIPC_CALL_SESSION_SEND)
        uripc__layers_complete(layers, call, &done);
    else
        uripc__req_item_sent(layers, call, status, length);
}

static void serve_sends(struct uripc_layers *layers, uint32_t index)
{
    struct uripc__session *session = uripc__ses_at(layers, index);
    for (uint32_t at = session->out.first; at != 0;) {
        const struct uripc__item *item = uripc__ses_item(layers, at);
        uint32_t next = item->next;
        uint32_t call = item->call;
        uint32_t length = item->length;
        if (call != URIPC__NONE && length > session->largest) {
            uripc__ses_remove(layers, &session->out, at);
            sent(layers, call, URIPC_TOO_BIG, length); /* SES-13 */
        } else if (call != URIPC__NONE) {
            if (!uripc__ses_has_room(session, length) || !is_proven(layers, index, at))
                return;
            uripc__ses_accept_item(layers, index, at);
            sent(layers, call, URIPC_OK, length);
        }
        at = next;
    }
}

/* Writes what of the first item fits; true: the receive has what it wants. */
static bool copy_first(struct uripc_layers *layers, struct uripc__session *session,
                       struct uripc_buffer buffer, struct uripc_completion *done)
{
    uint32_t at = session->in.first;
    struct uripc__item *item = uripc__ses_item(layers, at);
    uint32_t left = item->length - item->taken;
    uint32_t part = left < buffer.size - done->bytes ? left : buffer.size - done->bytes;
    if (part != 0)
        layers->ground.copy_out(layers->ground.self, buffer.id, done->bytes,
                                uripc__ses_item_bytes(layers, at) + item->taken, part);
    done->bytes += part;
    item->taken += part;
    session->unread_bytes -= part;
    if (part < left && !URIPC_MUTANT(REST_LOST)) {
        if (session->mode == URIPC_MESSAGES) {
            done->status = URIPC_MORE;
            done->data_bytes = left - part;
        }
        return true;
    }
    session->in_cost += item->length + URIPC__SES_COST;
    session->read++;
    uripc__ses_owe_ack(layers, session, false);
    uripc__ses_remove(layers, &session->in, at);
    return session->mode == URIPC_MESSAGES || done->bytes == buffer.size;
}

/* Nothing more will come. */
static void finish_receives(struct uripc_layers *layers, uint32_t index)
{
    const struct uripc__session *session = uripc__ses_at(layers, index);
    if (session->end != 0 || session->peer_shut)
        finish_all(layers, URIPC_CALL_SESSION_RECEIVE, index,
                   session->end != 0 ? session->end : URIPC_DISCONNECTED);
}

static void serve_receives(struct uripc_layers *layers, uint32_t index)
{
    struct uripc__session *session = uripc__ses_at(layers, index);
    uint32_t call;
    if (URIPC_MUTANT(END_BEFORE_REST))
        finish_receives(layers, index);
    while (session->in.first != 0 &&
           (call = uripc__layers_waiting(layers, URIPC_CALL_SESSION_RECEIVE, index)) !=
               URIPC__NONE) {
        struct uripc_completion done = {.status = URIPC_OK, .certainty = URIPC_DEFINITE};
        const struct uripc_buffer buffer = uripc__layers_call(layers, call)->buffer;
        while (session->in.first != 0 && !copy_first(layers, session, buffer, &done))
            ;
        uripc__layers_complete(layers, call, &done);
    }
    if (session->in.first == 0)
        finish_receives(layers, index);
}

void uripc__ses_serve(struct uripc_layers *layers, uint32_t index)
{
    const struct uripc__session *session = uripc__ses_at(layers, index);
    serve_receives(layers, index);
    serve_sends(layers, index);
    if (session->peer_read == session->sent ||
        (URIPC_MUTANT(FLUSH_ON_ARRIVAL) && session->out.first == 0))
        finish_all(layers, URIPC_CALL_FLUSH, index, URIPC_OK);
}

void uripc__ses_settle(struct uripc_layers *layers, uint32_t index)
{
    const struct uripc__session *session = uripc__ses_at(layers, index);
    uripc__ses_serve(layers, index);
    if (session->closed && session->out.first == 0)
        uripc__ses_free(layers, index);
}

/* What was accepted and not acknowledged is lost with a peer that has ended; who waits is told. */
void uripc__ses_end(struct uripc_layers *layers, uint32_t index, enum uripc_status why)
{
    struct uripc__session *session = uripc__ses_at(layers, index);
    uripc__ses_touch(layers, session);
    if (session->end == 0)
        session->end = why;
    uripc__ses_let_go(layers, session);
    finish_all(layers, URIPC_CALL_SESSION_SEND, index, session->end);
    uripc__req_session_over(layers, session->handle, session->end);
    uripc__ses_clear(layers, &session->out);
    uripc__ses_serve(layers, index);
    finish_all(layers, URIPC_CALL_FLUSH, index, session->end);
    if (session->closed)
        uripc__ses_free(layers, index);
}

/* Time. */

void uripc__ses_open(struct uripc_layers *layers, uint32_t index)
{
    struct uripc__session *session = uripc__ses_at(layers, index);
    const struct uripc_liveness_options options = {

        .beat = session->peer_beat, .silence = session->silence, .extra = session->extra};
    session->state = URIPC__SES_OPEN;
    session->begun = layers->now;
    session->beats = 0;
    if (session->liveness != NULL)
        session->liveness->begin(session->judge, &options, layers->now);
}

static uint64_t next_beat(const struct uripc__session *session)
{
    uint64_t at = session->begun + (session->beats + 1) * session->beat;
    return session->beat == 0 || at < session->begun ? URIPC__NEVER : at;
}

/* Whether a call waits for what the peer may have told already, and the telling was lost.  Where an
 * item is sent again, its acknowledgement tells it. */
static bool asks(struct uripc_layers *layers, uint32_t index)
{
    const struct uripc__session *session = uripc__ses_at(layers, index);
    if (session->state != URIPC__SES_OPEN || session->end != 0 || session->acked == 0 ||
        session->acked + 1 < session->next_item || URIPC_MUTANT(NEVER_ASKS))
        return false;
    return uripc__layers_waiting(layers, URIPC_CALL_SESSION_SEND, index) != URIPC__NONE ||
           uripc__layers_waiting(layers, URIPC_CALL_FLUSH, index) != URIPC__NONE;
}

/* SES-14: an item that the peer has taken already makes it answer, and does nothing else. */
static void ask(struct uripc_layers *layers, uint32_t index)
{
    const struct uripc__item taken = {.number = uripc__ses_at(layers, index)->acked,
                                      .kind = URIPC__ITEM_MESSAGE};
    unsigned char record[HEAD];
    (void)send(layers, index, URIPC__SES_ITEM, record, 0, &taken);
}

static void again(struct uripc_layers *layers, uint32_t index)
{
    struct uripc__session *session = uripc__ses_at(layers, index);
    session->retry_after =
        session->retry_after >= LAST_RETRY / 2 ? LAST_RETRY : 2 * session->retry_after;
    session->retry_at = layers->now + session->retry_after;
    session->tries++;
    layers->counters.resent++;
    if (session->state == URIPC__SES_CONNECTING || session->state == URIPC__SES_RESETTING) {
        uripc__ses_say(layers, index,
                       session->state == URIPC__SES_RESETTING ? URIPC__SES_RESET
                                                              : URIPC__SES_CONNECT);
        return;
    }
    if (session->asking) {
        ask(layers, index);
        return;
    }
    send_item(layers, index, session->out.first);
    for (uint32_t at = uripc__ses_item(layers, session->out.first)->next;
         at != 0 && uripc__ses_item(layers, at)->call == URIPC__NONE;
         at = uripc__ses_item(layers, at)->next) {
        send_item(layers, index, at);
        layers->counters.resent++;
    }
}

static bool wants_retry(const struct uripc__session *session)
{
    return session->asking || session->state == URIPC__SES_CONNECTING ||
           session->state == URIPC__SES_RESETTING ||
           (session->state == URIPC__SES_OPEN && session->out.first != 0 &&
            session->acked + 1 < session->next_item);
}

/* SES-10: after a close nobody asks any more, and what was accepted is still to arrive. */
static bool is_judged(const struct uripc__session *session)
{
    return session->liveness != NULL && (!session->closed || URIPC_MUTANT(CLOSED_IS_JUDGED));
}

uint64_t uripc__ses_due(struct uripc_layers *layers, uint32_t index)
{
    struct uripc__session *session = uripc__ses_at(layers, index);
    uint64_t next = URIPC__NEVER;
    bool lives = session->state == URIPC__SES_OPEN && session->end == 0;
    if (lives && session->gone) {
        uripc__ses_end(layers, index, URIPC_PEER_GONE);
        return URIPC__NEVER;
    }
    if (lives && is_judged(session)) {
        next = session->liveness->until(session->judge);
        if (next <= layers->now) {
            layers->counters.suspected++;
            uripc__ses_end(layers, index,
                           URIPC_MUTANT(SILENCE_IS_DEATH) ? URIPC_PEER_GONE : URIPC_UNRESPONSIVE);
            return URIPC__NEVER;
        }
    }
    if (lives && next_beat(session) <= layers->now) {
        session->beats = (layers->now - session->begun) / session->beat;
        layers->counters.beats++;
        uripc__ses_owe_ack(layers, session, true);
    }
    if ((session->state == URIPC__SES_RESETTING && session->tries >= RESETS) ||
        (session->closed && session->tries >= LEFTOVERS)) {
        uripc__ses_free(layers, index);
        return URIPC__NEVER;
    }
    const bool asked = session->asking;
    session->asking = asks(layers, index);
    if (session->asking && !asked)
        uripc__ses_retry(layers, session);
    if (wants_retry(session) && session->retry_at <= layers->now)
        again(layers, index);
    const bool owes = session->owes_ack && session->state == URIPC__SES_OPEN;
    if (owes && session->ack_at <= layers->now) {
        uripc__ses_say(layers, index, URIPC__SES_ACK);
        if (URIPC_MUTANT(ACKS_TWICE))
            uripc__ses_say(layers, index, URIPC__SES_ACK);
    } else if (owes && session->ack_at < next) {
        next = session->ack_at;
    }
    if (lives && next_beat(session) < next)
        next = next_beat(session);
    const uint64_t hold = lives ? uripc__ses_hold(layers, index) : URIPC__NEVER;
    if (hold < next)
        next = hold;
    return wants_retry(session) && session->retry_at < next ? session->retry_at : next;
}
