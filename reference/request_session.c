/* SPDX-License-Identifier: MIT */
/* Requests that travel in a session, at both ends of it. */
#include <string.h>

#include "mutants.h"
#include "request_state.h"

/* Going out. */

void uripc__req_ask_peer(struct uripc_layers *layers, uint32_t index, uint32_t session)
{
    const struct uripc__ask *ask = uripc__req_ask(layers, index);
    const struct uripc_text target = uripc__req_target(layers, ask);
    const uint32_t head = URIPC__RECORD_HEAD + URIPC__REQ_BODY;
    const uint32_t data = ask->length - head;
    const uint32_t length = URIPC__REQ_ITEM + ask->target_units + data;
    uint32_t item;
    const struct uripc__ses_sending sending = {
        .kind = URIPC__ITEM_REQUEST, .length = length, .call = ask->call};
    enum uripc_status status = uripc__ses_put(layers, session, &sending, &item);
    if (status != URIPC_OK) {
        uripc__req_fail(layers, index, status);
        return;
    }
    unsigned char *at = uripc__ses_item_bytes(layers, item);
    const unsigned char *record = uripc__req_chunk(layers, ask->question);
    uripc__req_put(at, ask->number, 8);
    uripc__req_put(at + 8, URIPC_MUTANT(SESSION_TARGETLESS) ? 0 : ask->target_units, 4);
    uripc__req_put(at + 12, 0, 4);
    memcpy(at + URIPC__REQ_ITEM, target.at, target.length);
    memcpy(at + URIPC__REQ_ITEM + target.length, record + head, data);
    uripc__ses_serve(layers, session);
}

enum uripc_status uripc__req_put_reply(struct uripc_layers *layers, uint32_t session,
                                       const struct uripc__served *served, uint32_t call,
                                       const void *data, uint32_t length)
{
    const uint32_t whole = URIPC__REQ_ITEM + length;
    uint32_t item;
    const struct uripc__ses_sending sending = {
        .kind = URIPC__ITEM_REPLY, .length = whole, .call = call};
    enum uripc_status status = uripc__ses_put(layers, session, &sending, &item);
    if (status != URIPC_OK)
        return status;
    unsigned char *at = uripc__ses_item_bytes(layers, item);
    uripc__req_put(at, served->number, 8);
    uripc__req_put(at + 8, 0, 8);
    if (length != 0)
        memcpy(at + URIPC__REQ_ITEM, data, length);
    uripc__ses_serve(layers, session);
    return URIPC_PENDING;
}

/* Coming in. */

static bool refuse_item(struct uripc_layers *layers, uint32_t index, uint64_t number)
{
    struct uripc__session *session = uripc__ses_at(layers, index);
    if (session->shut || URIPC_MUTANT(FULL_UNTOLD))
        return true; /* the requester has been told that nothing comes from here */
    if (uripc__ses_waits(layers, index, URIPC__REQ_ITEM))
        return false;
    uint32_t item =
        uripc__ses_append(layers, &session->out, URIPC__ITEM_REPLY, NULL, URIPC__REQ_ITEM);
    if (item == 0)
        return false;
    unsigned char *at = uripc__ses_item_bytes(layers, item);
    uripc__req_put(at, number, 8);
    uripc__req_put(at + 8, URIPC_FULL, 4);
    uripc__req_put(at + 12, 0, 4);
    uripc__ses_accept_item(layers, index, item);
    return true;
}

static bool request_item(struct uripc_layers *layers, uint32_t index, const unsigned char *bytes,
                         uint32_t length)
{
    const struct uripc__session *session = uripc__ses_at(layers, index);
    const uint64_t number = uripc__req_get(bytes, 8);
    const uint64_t units = uripc__req_get(bytes + 8, 4);
    char *source = uripc__req_scratch(layers);
    char digits[URIPC__REQ_SUFFIX];
    const struct uripc_text suffix = uripc__req_suffix(number, digits);
    const uint32_t name = session->peer_units;
    if (number == 0 || units > length - URIPC__REQ_ITEM ||
        name + 1 + suffix.length > layers->limits.uri_units) {
        layers->counters.strays++;
        return true;
    }
    if (!uripc__req_has_place(layers) &&
        uripc__req_waiting(layers, URIPC_CALL_SERVE, session->handle) == URIPC__NONE)
        return refuse_item(layers, index, number); /* REQ-25 */
    memcpy(source, uripc__ses_peer_name(layers, index), name);
    source[name] = '/';
    memcpy(source + name + 1, suffix.at, suffix.length);
    const char *target = (const char *)bytes + URIPC__REQ_ITEM;
    const struct uripc__told told = {.source = {source, name + 1 + suffix.length},
                                     .target = {target, (size_t)units},
                                     .data = target + units,
                                     .length = length - URIPC__REQ_ITEM - (uint32_t)units};
    struct uripc__served *served = uripc__req_take(layers, &told);
    if (served == NULL)
        return refuse_item(layers, index, number);
    served->handle = session->handle;
    served->from = session->peer;
    served->principal = session->principal;
    served->number = number;
    uripc__req_deliver(layers, session->handle);
    return true;
}

static bool reply_item(struct uripc_layers *layers, struct uripc_handle session,
                       const unsigned char *bytes_, uint32_t length)
{
    const struct uripc__session *peer = uripc__ses_at(layers, uripc__ses_of(layers, session));
    const uint64_t number = uripc__req_get(bytes_, 8);
    const uint64_t status = uripc__req_get(bytes_ + 8, 4);
    uint32_t index = number == 0 ? URIPC__NONE : uripc__req_find(layers, number);
    if (index == URIPC__NONE || !uripc__req_may_refuse(status)) {
        uripc__req_discard(layers,
                           number == 0 || !uripc__req_may_refuse(status) ? UINT64_MAX : number);
        return true;
    }
    if (uripc__req_ask(layers, index)->session.id != session.id) {
        layers->counters.strays++;
        return true;
    }
    const struct uripc__reply reply = {.data = bytes_ + URIPC__REQ_ITEM,
                                       .length = length - URIPC__REQ_ITEM,
                                       .from = peer->peer,
                                       .principal = peer->principal};
    uripc__req_take_reply(layers, index, (enum uripc_status)status, &reply);
    return true;
}

bool uripc__req_on_item(struct uripc_layers *layers, uint32_t session, enum uripc__item_kind kind,
                        const unsigned char *bytes_, uint32_t length)
{
    if (length < URIPC__REQ_ITEM) {
        layers->counters.strays++;
        return true;
    }
    return kind == URIPC__ITEM_REQUEST
               ? request_item(layers, session, bytes_, length)
               : reply_item(layers, uripc__ses_at(layers, session)->handle, bytes_, length);
}

void uripc__req_item_sent(struct uripc_layers *layers, uint32_t call, enum uripc_status status,
                          uint32_t length)
{
    const struct uripc__layer_call *at = uripc__layers_call(layers, call);
    const struct uripc_completion done = {.status = status,
                                          .certainty = URIPC_DEFINITE,
                                          .bytes =
                                              status == URIPC_OK ? length - URIPC__REQ_ITEM : 0};
    if (at->kind == URIPC_CALL_REPLY) {
        uripc__layers_complete(layers, call, &done);
    } else if (status != URIPC_OK) {
        uripc__req_fail(layers, at->token, status);
    } else {
        uripc__req_ask(layers, at->token)->accepted = true;
        uripc__req_ask(layers, at->token)->tries = 1;
    }
}

/* What still waits for the window is never sent. */
void uripc__req_session_shut(struct uripc_layers *layers, uint32_t session)
{
    const struct uripc_handle handle = uripc__ses_at(layers, session)->handle;
    for (uint32_t i = 0; i < layers->calls_end; i++) {
        const struct uripc__layer_call *at = uripc__layers_call(layers, i);
        bool ours = at->kind == URIPC_CALL_REQUEST || at->kind == URIPC_CALL_REPLY;
        if (at->state != URIPC__CALL_WAITS || !ours || at->handle.id != handle.id ||
            !uripc__ses_withdraw(layers, session, i))
            continue;
        if (at->kind == URIPC_CALL_REQUEST)
            uripc__req_fail(layers, at->token, URIPC_CLOSED);
        else
            uripc__layers_finish(layers, i, URIPC_CLOSED);
    }
}

/* No more replies come. */
static void end_asks(struct uripc_layers *layers, struct uripc_handle session,
                     enum uripc_status status)
{
    for (uint32_t i = 0; i < layers->limits.requests; i++) {
        const struct uripc__ask *ask = uripc__req_ask(layers, i);
        if (!ask->used || ask->session.id != session.id || URIPC_MUTANT(REQUEST_OUTLIVES))
            continue;
        uint32_t index = uripc__ses_of(layers, session);
        if (index != URIPC__NONE)
            (void)uripc__ses_withdraw(layers, index, ask->call);
        uripc__req_fail(layers, i, status); /* REQ-23 */
    }
}

void uripc__req_peer_shut(struct uripc_layers *layers, struct uripc_handle session)
{
    end_asks(layers, session, URIPC_DISCONNECTED);
    uripc__req_serve_shut(layers, session);
}

void uripc__req_session_over(struct uripc_layers *layers, struct uripc_handle session,
                             enum uripc_status status)
{
    uint32_t call;
    end_asks(layers, session, status);
    while ((call = uripc__req_waiting(layers, URIPC_CALL_REPLY, session)) != URIPC__NONE)
        uripc__layers_finish(layers, call, status);
    uripc__req_serve_over(layers, session, status);
}
