/* SPDX-License-Identifier: MIT */
/* Records of sessions: written, read, and what each brings about.  Nothing that a peer says is
 * believed before it is checked. */
#include <string.h>

#include "mutants.h"
#include "request_state.h"
#include "session_state.h"

/* Byte by byte, and in one expression, so that compilers see what it amounts to. */
static void put(unsigned char *at, uint32_t value)
{
    at[0] = (unsigned char)value;
    at[1] = (unsigned char)(value >> 8);
    at[2] = (unsigned char)(value >> 16);
    at[3] = (unsigned char)(value >> 24);
}

static uint32_t get(const unsigned char *at)
{
    return at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 | (uint32_t)at[3] << 24;
}

enum { WORDS = 6 };

void uripc__ses_write(const struct uripc__ses_body *body, uint8_t type, unsigned char *record)
{
    const uint64_t words[WORDS] = {body->to,  body->from, body->item,
                                   body->ack, body->read, body->room};
    unsigned char *at = record + URIPC__RECORD_HEAD;
    uripc__layers_head(record, type);
    for (size_t i = 0; i < WORDS; i++) {
        put(at + 8 * i, (uint32_t)words[i]);
        put(at + 8 * i + 4, (uint32_t)(words[i] >> 32));
    }
    put(at + 8 * WORDS, body->beat);
    put(at + 8 * WORDS + 4, body->what);
}

static struct uripc__ses_body read_body(const unsigned char *at)
{
    uint64_t words[WORDS];
    for (size_t i = 0; i < WORDS; i++)
        words[i] = get(at + 8 * i) | (uint64_t)get(at + 8 * i + 4) << 32;
    return (struct uripc__ses_body){.to = words[0],
                                    .from = words[1],
                                    .item = words[2],
                                    .ack = words[3],
                                    .read = words[4],
                                    .room = words[5],
                                    .beat = get(at + 8 * WORDS),
                                    .what = get(at + 8 * WORDS + 4)};
}

static bool same(struct uripc_incarnation a, struct uripc_incarnation b)
{
    return (a.node == b.node && a.serial == b.serial) || URIPC_MUTANT(ANY_LIFE);
}

/* Who has been accepted knows our number. */
static bool is_of(const struct uripc__session *session, const struct uripc__record *record,
                  const struct uripc__ses_body *body)
{
    return session->state != URIPC__SES_FREE && session->peer_id == body->from &&
           same(session->peer, record->from);
}

/* The session to which a peer's record belongs, of this life of both (SES-8). */
static uint32_t find(struct uripc_layers *layers, const struct uripc__record *record,
                     const struct uripc__ses_body *body)
{
    uint32_t index = uripc__ses_find(layers, body->to);
    if (index != URIPC__NONE) {
        const struct uripc__session *session = uripc__ses_at(layers, index);
        bool stranger =
            session->state == URIPC__SES_CONNECTING || session->state == URIPC__SES_RESETTING;
        return stranger || is_of(session, record, body) ? index : URIPC__NONE;
    }
    bool early = record->type == URIPC__SES_CONNECT || record->type == URIPC__SES_RESET;
    for (uint32_t i = 0; early && body->to == 0 && i < layers->limits.sessions; i++) {
        if (!is_of(uripc__ses_at(layers, i), record, body))
            continue;
        uripc__ses_touch(layers, uripc__ses_at(layers, i));
        return i;
    }
    return URIPC__NONE;
}

/* Answers a record without a session. */
static void answer(struct uripc_layers *layers, const struct uripc__record *record,
                   const struct uripc__ses_body *got, uint8_t type, enum uripc_status status)
{
    unsigned char bytes[URIPC__RECORD_HEAD + URIPC__SES_BODY];
    const struct uripc__ses_body body = {.to = got->from, .from = got->to, .ack = status};
    const struct uripc_send_options options = {.size = sizeof options, .expected = record->from};
    uripc__ses_write(&body, type, bytes);
    (void)uripc__layers_send(layers, URIPC__SES_PART, 0, NULL, record->source, bytes, sizeof bytes,
                             &options, 0);
}

static void know_peer(struct uripc_layers *layers, uint32_t index,
                      const struct uripc__record *record, const struct uripc__ses_body *body)
{
    struct uripc__session *session = uripc__ses_at(layers, index);
    session->peer = record->from;
    session->principal = record->principal;
    session->peer_id = body->from;
    session->room = body->room;
    session->largest = body->read < UINT32_MAX ? (uint32_t)body->read : UINT32_MAX;
    session->proven = URIPC__SES_SAFE;
    session->peer_beat = body->item;
    session->peer_held = body->ack;
    session->peer_units = (uint32_t)record->source.length;
    memcpy(uripc__ses_peer_name(layers, index), record->source.at, record->source.length);
}

/* ok: there is a place for one more; otherwise busy or no-resources. */
static enum uripc_status admit(struct uripc_layers *layers, const struct uripc__listener *listener,
                               uint32_t number, bool hasty)
{
    uint32_t all = 0;
    uint32_t waiting = 0;
    for (uint32_t i = 0; i < layers->limits.sessions; i++) {
        const struct uripc__session *session = uripc__ses_at(layers, i);
        if (session->state == URIPC__SES_FREE || session->listener != number)
            continue;
        all++;
        waiting += session->state == URIPC__SES_WAITING;
    }
    if (hasty && uripc__layers_waiting(layers, URIPC_CALL_ACCEPT, number) == URIPC__NONE)
        return URIPC_BUSY;
    if (listener->options.instances != 0 && !URIPC_MUTANT(INSTANCES_ENDLESS) &&
        all >= listener->options.instances)
        return URIPC_BUSY;
    return waiting >= listener->options.waiting ? URIPC_BUSY : URIPC_OK;
}

static void on_connect(struct uripc_layers *layers, const struct uripc__record *record,
                       const struct uripc__ses_body *body)
{
    uint32_t known = find(layers, record, body);
    if (known != URIPC__NONE) { /* it came again: the answer was lost, or there is none yet */
        layers->counters.duplicates++;
        if (uripc__ses_at(layers, known)->state == URIPC__SES_OPEN)
            uripc__ses_say(layers, known, URIPC__SES_ACCEPT);
        return;
    }
    enum uripc_status status = URIPC_NOT_SUPPORTED;
    for (uint32_t i = 0; i < layers->limits.listeners; i++) {
        const struct uripc__listener *listener = uripc__ses_listener(layers, i);
        if (!listener->open || listener->endpoint != record->endpoint)
            continue;
        status = admit(layers, listener, i, body->what & URIPC_NOWAIT);
        uint32_t index = status == URIPC_OK ? uripc__ses_new(layers) : URIPC__NONE;
        if (index == URIPC__NONE) {
            status = status == URIPC_OK ? URIPC_NO_RESOURCES : status;
            break;
        }
        struct uripc__session *session = uripc__ses_at(layers, index);
        session->state = URIPC__SES_WAITING;
        session->mode = listener->options.mode;
        session->listener = i;
        know_peer(layers, index, record, body);
        uripc__ses_serve_accepts(layers, i);
        return;
    }
    answer(layers, record, body, URIPC__SES_REFUSE, status);
}

static void on_accepted(struct uripc_layers *layers, uint32_t index,
                        const struct uripc__record *record, const struct uripc__ses_body *body)
{
    struct uripc__session *session = uripc__ses_at(layers, index);
    if (session->state != URIPC__SES_CONNECTING) {
        layers->counters.duplicates++;
        return;
    }
    know_peer(layers, index, record, body);
    session->mode = body->what == URIPC_BYTES ? URIPC_BYTES : URIPC_MESSAGES;
    uripc__ses_open(layers, index);
    uripc__ses_owe_ack(layers, session, true);
    const struct uripc_completion done = {.status = URIPC_OK,
                                          .certainty = URIPC_DEFINITE,
                                          .handle = session->handle,
                                          .incarnation = session->peer,
                                          .principal = session->principal};
    uint32_t call = session->call;
    session->call = URIPC__NONE;
    uripc__layers_complete(layers, call, &done);
}

static void on_refused(struct uripc_layers *layers, uint32_t index,
                       const struct uripc__ses_body *body)
{
    const struct uripc__session *session = uripc__ses_at(layers, index);
    if (session->state != URIPC__SES_CONNECTING)
        return;
    uint32_t call = session->call;
    uripc__ses_free(layers, index);
    uripc__layers_finish(layers, call,
                         body->ack == URIPC_NOT_SUPPORTED  ? URIPC_NOT_SUPPORTED
                         : body->ack == URIPC_NO_RESOURCES ? URIPC_NO_RESOURCES
                                                           : URIPC_BUSY);
}

/* What every record of an open session tells beside. */
static void note(struct uripc_layers *layers, uint32_t index, const struct uripc__ses_body *body)
{
    struct uripc__session *session = uripc__ses_at(layers, index);
    if (session->liveness != NULL)
        session->liveness->heard(session->judge, body->beat, layers->now);
    if (body->room > session->room)
        session->room = body->room;
    if (body->read > session->peer_read && body->read <= session->sent)
        session->peer_read = body->read;
    if (body->ack <= session->acked || body->ack >= session->next_item)
        return;
    session->acked = body->ack;
    while (session->out.first != 0) {
        const struct uripc__item *first = uripc__ses_item(layers, session->out.first);
        if (first->call != URIPC__NONE || first->number > session->acked)
            break;
        uripc__ses_remove(layers, &session->out, session->out.first);
    }
    uripc__ses_retry(layers, session);
}

static void take_item(struct uripc_layers *layers, uint32_t index,
                      const struct uripc__record *record, const struct uripc__ses_body *body)
{
    struct uripc__session *session = uripc__ses_at(layers, index);
    const uint32_t length = record->length - URIPC__SES_BODY;
    uripc__ses_owe_ack(layers, session, body->item != session->taken + 1);
    if (body->item != session->taken + 1 &&
        !(URIPC_MUTANT(ITEMS_OVERTAKE) && body->item > session->taken)) {
        if (body->item <= session->taken)
            layers->counters.duplicates++;
        return; /* one that came too early comes again */
    }
    if (session->end == URIPC_DISCONNECTED && !URIPC_MUTANT(DISCONNECT_OVERTAKEN))
        return; /* SES-12: the disconnect has overtaken it */
    const uint64_t cost = session->taken_cost + length + URIPC__SES_COST;
    const bool costs = uripc__ses_costs(body->what);
    if (body->what >= URIPC__ITEM_KINDS || (costs && cost > uripc__ses_room(layers, session))) {
        layers->counters.strays++; /* SES-3, and the peer knows it */
        return;
    }
    if (costs && session->closed) {
        session->in_cost += length + URIPC__SES_COST; /* nobody will read it */
    } else if (body->what == URIPC__ITEM_REQUEST || body->what == URIPC__ITEM_REPLY) {
        if (!uripc__req_on_item(layers, index, (enum uripc__item_kind)body->what,
                                record->body + URIPC__SES_BODY, length))
            return; /* it comes again */
        session->in_cost += length + URIPC__SES_COST;
    } else if (body->what == URIPC__ITEM_MESSAGE) {
        if (uripc__ses_append(layers, &session->in, URIPC__ITEM_MESSAGE,
                              record->body + URIPC__SES_BODY, length) == 0)
            return; /* no memory now: it comes again */
        session->unread_bytes += length;
    }
    session->taken = URIPC_MUTANT(ITEMS_OVERTAKE) ? body->item : session->taken + 1;
    if (costs) {
        session->taken_cost = cost;
        return;
    }
    if (body->what == URIPC__ITEM_CLOSE) {
        uripc__ses_say(layers, index, URIPC__SES_ACK);
        uripc__ses_end(layers, index, URIPC_DISCONNECTED);
    } else {
        session->peer_shut = true;
        uripc__req_peer_shut(layers, session->handle);
    }
}

static void on_session(struct uripc_layers *layers, uint32_t index,
                       const struct uripc__record *record, const struct uripc__ses_body *body)
{
    struct uripc__session *session = uripc__ses_at(layers, index);
    if (record->type == URIPC__SES_RESET) {
        answer(layers, record, body, URIPC__SES_GONE, URIPC_OK);
        if (session->state == URIPC__SES_WAITING || session->closed) {
            uripc__ses_free(layers, index);
        } else if (session->state == URIPC__SES_OPEN && session->end == 0) {
            if (!URIPC_MUTANT(DISCONNECT_SPARES))
                uripc__ses_clear(layers, &session->in);
            session->unread_bytes = 0;
            uripc__ses_end(layers, index, URIPC_DISCONNECTED);
        }
    } else if (record->type == URIPC__SES_GONE) {
        if (session->state == URIPC__SES_RESETTING)
            uripc__ses_free(layers, index);
        else if (session->state == URIPC__SES_OPEN && session->end == 0)
            uripc__ses_end(layers, index, URIPC_DISCONNECTED);
    } else if (session->state == URIPC__SES_OPEN) {
        note(layers, index, body);
        if (record->type == URIPC__SES_ITEM)
            take_item(layers, index, record, body);
        if (session->state == URIPC__SES_OPEN)
            uripc__ses_settle(layers, index);
    }
}

void uripc__ses_on_record(struct uripc_layers *layers, const struct uripc__record *record)
{
    if (record->length < URIPC__SES_BODY || record->type > URIPC__SES_GONE ||
        (record->type != URIPC__SES_ITEM && record->type != URIPC__SES_ACK &&
         record->length != URIPC__SES_BODY) ||
        record->length - URIPC__SES_BODY > layers->limits.message_max ||
        record->source.length > layers->limits.uri_units) {
        layers->counters.strays++;
        return;
    }
    const struct uripc__ses_body body = read_body(record->body);
    if (record->type == URIPC__SES_CONNECT) {
        on_connect(layers, record, &body);
        return;
    }
    uint32_t index = find(layers, record, &body);
    if (index == URIPC__NONE) { /* of a session that is no more */
        if (record->type != URIPC__SES_GONE && record->type != URIPC__SES_REFUSE)
            answer(layers, record, &body, URIPC__SES_GONE, URIPC_OK);
    } else if (record->type == URIPC__SES_ACCEPT) {
        on_accepted(layers, index, record, &body);
    } else if (record->type == URIPC__SES_REFUSE) {
        on_refused(layers, index, &body);
    } else {
        on_session(layers, index, record, &body);
    }
}
