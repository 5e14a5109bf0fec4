/* SPDX-License-Identifier: MIT */
/* The calls on sessions, and what they share. */
#include <string.h>

#include "mutants.h"
#include "request_state.h"
#include "session_state.h"

enum { MISSES = 3 };

/* State: sessions, listeners, places of sessions, names of peers, and when what is due. */

enum { FAN_BITS = 3, FAN = 1 << FAN_BITS };

static size_t rounded(size_t bytes)
{
    return (bytes + sizeof(uint64_t) - 1) / sizeof(uint64_t) * sizeof(uint64_t);
}

/* How many dues there are in a row of their tree. */
static uint32_t width(const struct uripc_layer_limits *limits, unsigned row)
{
    return (uint32_t)(((uint64_t)limits->sessions + (1U << FAN_BITS * row) - 1) >> FAN_BITS * row);
}

/* Where the arrays behind the sessions lie. */
static size_t listeners_at(const struct uripc_layer_limits *limits)
{
    return limits->sessions * sizeof(struct uripc__session);
}

static size_t guesses_at(const struct uripc_layer_limits *limits)
{
    return listeners_at(limits) + limits->listeners * sizeof(struct uripc__listener);
}

static size_t names_at(const struct uripc_layer_limits *limits)
{
    return guesses_at(limits) + rounded(limits->sessions * sizeof(uint32_t));
}

static size_t dues_at(const struct uripc_layer_limits *limits)
{
    return names_at(limits) + rounded((size_t)limits->sessions * limits->uri_units);
}

static size_t bytes(const struct uripc_layer_limits *limits)
{
    unsigned row = 0;
    size_t dues = width(limits, 0);
    while (width(limits, row) > 1)
        dues += width(limits, ++row);
    return dues_at(limits) + dues * sizeof(uint64_t);
}

static size_t hot(const struct uripc_layer_limits *limits, struct uripc_stretch *stretches)
{
    enum { BEGINNING = 64 /* bytes of what a detector knows */ };
    const struct uripc_stretch hot[] = {
        {0, offsetof(struct uripc__session, judge) + BEGINNING},
        {guesses_at(limits), sizeof(uint32_t)},
        {names_at(limits), limits->uri_units},
        {dues_at(limits), 2 * FAN * sizeof(uint64_t)},
    };
    memcpy(stretches, hot, sizeof hot);
    return sizeof hot / sizeof *hot;
}

static void *state_at(struct uripc_layers *layers, size_t at)
{
    return (unsigned char *)uripc__layers_state(layers, URIPC__SES_PART) + at;
}

struct uripc__session *uripc__ses_at(struct uripc_layers *layers, uint32_t index)
{
    return (struct uripc__session *)uripc__layers_state(layers, URIPC__SES_PART) + index;
}

struct uripc__listener *uripc__ses_listener(struct uripc_layers *layers, uint32_t index)
{
    struct uripc__listener *listeners = state_at(layers, listeners_at(&layers->limits));
    return listeners + index;
}

/* Places of sessions by their numbers, as they were found last. */
static uint32_t *guess(struct uripc_layers *layers, uint64_t id)
{
    uint32_t *guesses = state_at(layers, guesses_at(&layers->limits));
    return guesses + id % layers->limits.sessions;
}

char *uripc__ses_peer_name(struct uripc_layers *layers, uint32_t index)
{
    char *names = state_at(layers, names_at(&layers->limits));
    return names + (size_t)index * layers->limits.uri_units;
}

/* A tree: when each session has something to do, behind that the least of each eight of them, and
 * so on up to the least of all. */
static uint64_t *dues(struct uripc_layers *layers)
{
    return state_at(layers, dues_at(&layers->limits));
}

void uripc__ses_touch(struct uripc_layers *layers, const struct uripc__session *session)
{
    size_t index = (size_t)(session - uripc__ses_at(layers, 0));
    uint64_t *row = dues(layers);
    for (uint32_t left = layers->limits.sessions; left > 1; left = (left + FAN - 1) / FAN) {
        row[index] = 0;
        row += left;
        index /= FAN;
    }
    row[0] = 0;
}

static uint64_t look(struct uripc_layers *layers, uint64_t *row, unsigned level, uint32_t index);

static uint64_t look_below(struct uripc_layers *layers, uint64_t *row, unsigned level,
                           uint32_t index)
{
    const uint32_t count = width(&layers->limits, level - 1);
    const uint32_t first = index * FAN;
    uint64_t next = URIPC__NEVER;
    for (uint32_t i = first; i < first + FAN && i < count; i++) {
        uint64_t due = (row - count)[i];
        if (due <= layers->now)
            due = look(layers, row - count, level - 1, i);
        next = due < next ? due : next;
    }
    return next;
}

/* Does what is due of a session, or of all below that place of the tree, where anything is; returns
 * when the next is.  What is touched meanwhile stays due. */
static uint64_t look(struct uripc_layers *layers, uint64_t *row, unsigned level, uint32_t index)
{
    uint64_t next;
    row[index] = URIPC__NEVER;
    if (level > 0)
        next = look_below(layers, row, level, index);
    else
        next = uripc__ses_at(layers, index)->state == URIPC__SES_FREE
                   ? URIPC__NEVER
                   : uripc__ses_due(layers, index);
    if (row[index] != 0)
        row[index] = next;
    return next;
}

/* Only sessions that were touched, or whose time has come, are looked at. */
static uint64_t do_what_is_due(struct uripc_layers *layers)
{
    unsigned level = 0;
    uint64_t *row = dues(layers);
    for (; width(&layers->limits, level) > 1; level++)
        row += width(&layers->limits, level);
    return row[0] > layers->now ? row[0] : look(layers, row, level, 0);
}

uint32_t uripc__ses_new(struct uripc_layers *layers)
{
    for (uint32_t i = 0; i < layers->limits.sessions; i++) {
        struct uripc__session *session = uripc__ses_at(layers, i);
        if (session->state != URIPC__SES_FREE)
            continue;
        const uint32_t spare = uripc__ses_take(layers, 0);
        if (spare == 0)
            return URIPC__NONE;
        struct uripc_handle handle = uripc__layers_handle(layers);
        if (URIPC_MUTANT(LAYER_HANDLE_BY_SLOT))
            handle.id = URIPC_LAYER_HANDLE + 1000 + i;
        *session = (struct uripc__session){.state = URIPC__SES_CONNECTING,
                                           .listener = URIPC__NONE,
                                           .call = URIPC__NONE,
                                           .id = handle.id,
                                           .handle = handle,
                                           .spare = spare,
                                           .next_item = 1};
        uripc__ses_touch(layers, session);
        return i;
    }
    return URIPC__NONE;
}

void uripc__ses_free(struct uripc_layers *layers, uint32_t index)
{
    struct uripc__session *session = uripc__ses_at(layers, index);
    uripc__ses_clear(layers, &session->in);
    uripc__ses_clear(layers, &session->out);
    uripc__ses_let_go(layers, session);
    if (session->spare != 0)
        uripc__layers_give(layers, session->spare);
    session->state = URIPC__SES_FREE;
}

/* Finding. */

uint32_t uripc__ses_find(struct uripc_layers *layers, uint64_t id)
{
    uint32_t *guessed = guess(layers, id);
    for (uint32_t i = 0; id != 0 && i <= layers->limits.sessions; i++) {
        const uint32_t index = i == 0 ? *guessed : i - 1;
        const struct uripc__session *session = uripc__ses_at(layers, index);
        if (session->state == URIPC__SES_FREE || session->id != id)
            continue;
        *guessed = index;
        uripc__ses_touch(layers, session);
        return index;
    }
    return URIPC__NONE;
}

/* Open sessions. */

uint32_t uripc__ses_of(struct uripc_layers *layers, struct uripc_handle handle)
{
    uint32_t index = uripc__ses_find(layers, handle.id);
    const struct uripc__session *at = uripc__ses_at(layers, index == URIPC__NONE ? 0 : index);
    return index != URIPC__NONE && at->state == URIPC__SES_OPEN && !at->closed ? index
                                                                               : URIPC__NONE;
}

/* A call on an open session, on its way. */
struct request {
    enum uripc_call kind;
    struct uripc_handle handle;
    const struct uripc_transfer_options *options;
    const void *data; /* send */
    uint32_t length;
    struct uripc_buffer buffer; /* receive */
    bool hasty;
    uint32_t session;
    uint32_t call;
};

/* Begins the call and has `act` do it; from then on it completes, and what becomes of it is told
 * there. */
static enum uripc_status
start(struct uripc_layers *layers, struct request request, uint64_t overlapped,
      void (*act)(struct uripc_layers *layers, const struct request *request))
{
    const struct uripc_transfer_options *options = request.options;
    request.session = uripc__ses_of(layers, request.handle);
    if (request.session == URIPC__NONE)
        return URIPC_INVALID_HANDLE;
    if (options != NULL &&
        (options->size != sizeof *options || (options->flags & ~(uint32_t)URIPC_NOWAIT) != 0))
        return URIPC_INVALID_ARGUMENT;
    request.hasty = options != NULL && (options->flags & URIPC_NOWAIT) != 0;
    enum uripc_status status =
        uripc__layers_begin(layers, URIPC__SES_PART, request.kind, request.handle, overlapped,
                            options != NULL ? options->deadline : 0, &request.call);
    if (status != URIPC_PENDING)
        return status;
    uripc__layers_await(layers, request.call, request.session);
    act(layers, &request);
    return URIPC_PENDING;
}

bool uripc__ses_sends_wait(struct uripc_layers *layers, const struct uripc__session *session)
{
    return session->out.last != 0 &&
           uripc__ses_item(layers, session->out.last)->call != URIPC__NONE;
}

enum uripc_status uripc__ses_put(struct uripc_layers *layers, uint32_t index,
                                 const struct uripc__ses_sending *sending, uint32_t *offset)
{
    struct uripc__session *session = uripc__ses_at(layers, index);
    if (session->end != 0)
        return session->end;
    if (session->shut)
        return URIPC_CLOSED;
    if (sending->length > session->largest)
        return URIPC_TOO_BIG; /* SES-13 */
    if (sending->hasty && uripc__ses_waits(layers, index, sending->length))
        return URIPC_WOULD_BLOCK;
    *offset =
        uripc__ses_append(layers, &session->out, sending->kind, sending->bytes, sending->length);
    if (*offset == 0)
        return URIPC_NO_RESOURCES;
    uripc__ses_item(layers, *offset)->call = sending->call;
    return URIPC_OK;
}

bool uripc__ses_withdraw(struct uripc_layers *layers, uint32_t index, uint32_t call)
{
    struct uripc__items *out = &uripc__ses_at(layers, index)->out;
    uint32_t at = out->first;
    while (at != 0 && uripc__ses_item(layers, at)->call != call)
        at = uripc__ses_item(layers, at)->next;
    if (at != 0)
        uripc__ses_remove(layers, out, at);
    return at != 0;
}

static void act_send(struct uripc_layers *layers, const struct request *request)
{
    const struct uripc__ses_sending sending = {.kind = URIPC__ITEM_MESSAGE,
                                               .bytes = request->data,
                                               .length = request->length,
                                               .call = request->call,
                                               .hasty = request->hasty};
    uint32_t item;
    enum uripc_status status = uripc__ses_put(layers, request->session, &sending, &item);
    if (status == URIPC_OK)
        uripc__ses_serve(layers, request->session);
    else
        uripc__layers_finish(layers, request->call, status);
}

enum uripc_status uripc_session_send(struct uripc_layers *layers, struct uripc_handle handle,
                                     const void *data, uint32_t length,
                                     const struct uripc_transfer_options *options,
                                     uint64_t overlapped)
{
    const struct request request = {.kind = URIPC_CALL_SESSION_SEND,
                                    .handle = handle,
                                    .options = options,
                                    .data = data,
                                    .length = length};
    if (data == NULL && length != 0)
        return URIPC_INVALID_ARGUMENT;
    return start(layers, request, overlapped, act_send);
}

static bool still_waits(struct uripc_layers *layers, const struct request *request)
{
    return uripc__layers_call(layers, request->call)->state == URIPC__CALL_WAITS;
}

static void act_receive(struct uripc_layers *layers, const struct request *request)
{
    uripc__layers_call(layers, request->call)->buffer = request->buffer;
    uripc__ses_serve(layers, request->session);
    if (request->hasty && still_waits(layers, request))
        uripc__layers_finish(layers, request->call, URIPC_WOULD_BLOCK);
}

enum uripc_status uripc_session_receive(struct uripc_layers *layers, struct uripc_handle handle,
                                        struct uripc_buffer buffer,
                                        const struct uripc_transfer_options *options,
                                        uint64_t overlapped)
{
    const struct request request = {
        .kind = URIPC_CALL_SESSION_RECEIVE, .handle = handle, .options = options, .buffer = buffer};
    return start(layers, request, overlapped, act_receive);
}

/* Says that this is all, or that nobody is here any more. */
static void last_item(struct uripc_layers *layers, uint32_t index, enum uripc__item_kind kind,
                      uint32_t item)
{
    struct uripc__session *session = uripc__ses_at(layers, index);
    uripc__ses_append_at(layers, &session->out, kind, NULL, 0, item);
    uripc__ses_accept_item(layers, index, item);
    session->shut = true;
}

void uripc__ses_end_calls(struct uripc_layers *layers, enum uripc_call kind, uint32_t token,
                          enum uripc_status status)
{
    uint32_t call;
    while ((call = uripc__layers_waiting(layers, kind, token)) != URIPC__NONE)
        uripc__session_part.end(layers, call, status);
}

static void act_shutdown(struct uripc_layers *layers, const struct request *request)
{
    uint32_t index = request->session;
    uripc__ses_end_calls(layers, URIPC_CALL_SESSION_SEND, index, URIPC_CLOSED);
    uripc__req_session_shut(layers, index);
    const struct uripc__session *session = uripc__ses_at(layers, index);
    const bool over = session->shut || session->end != 0;
    const uint32_t item = over ? 0 : uripc__ses_take(layers, 0);
    if (item != 0)
        last_item(layers, index, URIPC__ITEM_SHUTDOWN, item);
    uripc__layers_finish(layers, request->call, over || item != 0 ? URIPC_OK : URIPC_NO_RESOURCES);
}

enum uripc_status uripc_session_shutdown(struct uripc_layers *layers, struct uripc_handle handle,
                                         uint64_t overlapped)
{
    const struct request request = {.kind = URIPC_CALL_SHUTDOWN, .handle = handle};
    return start(layers, request, overlapped, act_shutdown);
}

static void act_flush(struct uripc_layers *layers, const struct request *request)
{
    const struct uripc__session *session = uripc__ses_at(layers, request->session);
    uripc__ses_serve(layers, request->session);
    if (session->end != 0 && still_waits(layers, request))
        uripc__layers_finish(layers, request->call, session->end);
    else if (request->hasty && still_waits(layers, request))
        uripc__layers_finish(layers, request->call, URIPC_WOULD_BLOCK);
}

enum uripc_status uripc_session_flush(struct uripc_layers *layers, struct uripc_handle handle,
                                      const struct uripc_transfer_options *options,
                                      uint64_t overlapped)
{
    const struct request request = {.kind = URIPC_CALL_FLUSH, .handle = handle, .options = options};
    return start(layers, request, overlapped, act_flush);
}

static void end_session_calls(struct uripc_layers *layers, uint32_t index)
{
    uripc__ses_end_calls(layers, URIPC_CALL_SESSION_SEND, index, URIPC_CLOSED);
    uripc__ses_end_calls(layers, URIPC_CALL_SESSION_RECEIVE, index, URIPC_CLOSED);
    uripc__ses_end_calls(layers, URIPC_CALL_FLUSH, index, URIPC_CLOSED);
    uripc__req_session_shut(layers, index);
    uripc__req_session_over(layers, uripc__ses_at(layers, index)->handle, URIPC_CLOSED);
}

void uripc__ses_reset(struct uripc_layers *layers, uint32_t index)
{
    struct uripc__session *session = uripc__ses_at(layers, index);
    uripc__ses_clear(layers, &session->in);
    uripc__ses_clear(layers, &session->out);
    session->closed = true;
    session->state = URIPC__SES_RESETTING;
    uripc__ses_retry(layers, session);
    uripc__ses_say(layers, index, URIPC__SES_RESET);
}

static void act_close(struct uripc_layers *layers, const struct request *request)
{
    uint32_t index = request->session;
    struct uripc__session *session = uripc__ses_at(layers, index);
    end_session_calls(layers, index);
    session->closed = true;
    uripc__ses_clear(layers, &session->in);
    if (URIPC_MUTANT(CLOSE_DROPS))
        uripc__ses_clear(layers, &session->out);
    if (session->end == 0) {
        const uint32_t item = session->spare;
        session->spare = 0;
        last_item(layers, index, URIPC__ITEM_CLOSE, item);
    }
    uripc__ses_settle(layers, index);
    uripc__layers_finish(layers, request->call, URIPC_OK);
}

enum uripc_status uripc_session_close(struct uripc_layers *layers, struct uripc_handle handle,
                                      uint64_t overlapped)
{
    const struct request request = {.kind = URIPC_CALL_SESSION_CLOSE, .handle = handle};
    uint32_t listener = uripc__ses_listener_of(layers, handle);
    uint32_t call;
    if (listener == URIPC__NONE)
        return start(layers, request, overlapped, act_close);
    enum uripc_status status = uripc__layers_begin(
        layers, URIPC__SES_PART, URIPC_CALL_SESSION_CLOSE, handle, overlapped, 0, &call);
    if (status != URIPC_PENDING)
        return status;
    uripc__ses_close_listener(layers, listener);
    uripc__layers_finish(layers, call, URIPC_OK);
    return URIPC_PENDING;
}

static void act_disconnect(struct uripc_layers *layers, const struct request *request)
{
    end_session_calls(layers, request->session);
    if (uripc__ses_at(layers, request->session)->end != 0)
        uripc__ses_free(layers, request->session);
    else
        uripc__ses_reset(layers, request->session);
    uripc__layers_finish(layers, request->call, URIPC_OK);
}

enum uripc_status uripc_session_disconnect(struct uripc_layers *layers, struct uripc_handle handle,
                                           uint64_t overlapped)
{
    const struct request request = {.kind = URIPC_CALL_DISCONNECT, .handle = handle};
    return start(layers, request, overlapped, act_disconnect);
}

enum uripc_status uripc_session_peek(struct uripc_layers *layers, struct uripc_handle handle,
                                     struct uripc_session_info *info)
{
    uint32_t index = uripc__ses_of(layers, handle);
    if (index == URIPC__NONE)
        return URIPC_INVALID_HANDLE;
    const struct uripc__session *session = uripc__ses_at(layers, index);
    const struct uripc__item *first =
        session->in.first == 0 ? NULL : uripc__ses_item(layers, session->in.first);
    *info = (struct uripc_session_info){
        .state = first == NULL && session->end != 0 ? URIPC_SESSION_ENDED
                 : session->shut                    ? URIPC_SESSION_ENDING
                                                    : URIPC_SESSION_OPEN,
        .status = first == NULL ? session->end : URIPC_OK,
        .mode = session->mode,
        .peer = session->peer,
        .bytes = session->unread_bytes,
        .left = first == NULL ? URIPC_NO_MESSAGE : first->length - first->taken,
        .unread = (uint32_t)(session->sent - session->peer_read),
    };
    return URIPC_OK;
}

/* What the node says to a record.  A loss is made good by sending it again; what matters is that
 * there is nobody any more. */
static void on_done(struct uripc_layers *layers, uint64_t token,
                    const struct uripc_completion *done)
{
    uint32_t index = uripc__ses_find(layers, token & ~(URIPC__SES_PROBE | URIPC__SES_HOLDS));
    if (index == URIPC__NONE)
        return;
    struct uripc__session *session = uripc__ses_at(layers, index);
    if (token & URIPC__SES_PROBE)
        uripc__ses_probed(layers, index, done);
    if (token & URIPC__SES_HOLDS)
        uripc__ses_held(layers, session, done->status);
    bool nobody = done->status == URIPC_NO_RECEIVER || done->status == URIPC_UNREACHABLE;
    if (session->state == URIPC__SES_CONNECTING && !URIPC_MUTANT(NOBODY_AWAITED) &&
        (nobody || done->status == URIPC_PEER_GONE || done->status == URIPC_TOO_BIG)) {
        uint32_t call = session->call;
        const struct uripc_completion end = {.status = done->status, .certainty = done->certainty};
        uripc__ses_free(layers, index);
        uripc__layers_complete(layers, call, &end);
        return;
    }
    session->missed = nobody ? session->missed + 1 : 0;
    if ((done->status == URIPC_PEER_GONE || session->missed >= MISSES) &&
        !URIPC_MUTANT(DEATH_UNTOLD))
        session->gone = true;
    if (session->state == URIPC__SES_OPEN && uripc__ses_sends_wait(layers, session))
        uripc__ses_serve(layers, index); /* what was tried; there is a place for a call again */
}

/* A call that must complete now leaves nothing behind. */
static void end(struct uripc_layers *layers, uint32_t number, enum uripc_status status)
{
    const struct uripc__layer_call call = *uripc__layers_call(layers, number);
    if (call.kind == URIPC_CALL_LISTEN)
        return; /* as a register that cannot be stopped */
    if (call.kind == URIPC_CALL_CONNECT) {
        uripc__ses_reset(layers, call.token);
    } else if (call.kind == URIPC_CALL_SESSION_SEND) {
        (void)uripc__ses_withdraw(layers, call.token, number);
    }
    uripc__layers_finish(layers, number, status);
}

const struct uripc__part uripc__session_part = {
    .first_type = URIPC__SES_CONNECT,
    .last_type = URIPC__SES_LAST,
    .bytes = bytes,
    .hot = hot,
    .on_endpoint = uripc__ses_on_endpoint,
    .on_record = uripc__ses_on_record,
    .on_done = on_done,
    .end = end,
    .due = do_what_is_due,
};
