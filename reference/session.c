/* SPDX-License-Identifier: MIT */
/* The calls of sessions. */
#include <string.h>

#include "session_state.h"

enum { WAITING = 16, MISSES = 3 };

/* State: sessions, listeners, names of peers. */

static size_t bytes(const struct uripc_layer_limits *limits)
{
    return limits->sessions * sizeof(struct uripc__session) +
           limits->listeners * sizeof(struct uripc__listener) +
           (size_t)limits->sessions * limits->uri_units;
}

struct uripc__session *uripc__ses_at(struct uripc_layers *layers, uint32_t index)
{
    return (struct uripc__session *)uripc__layers_state(layers, URIPC__SES_PART) + index;
}

struct uripc__listener *uripc__ses_listener(struct uripc_layers *layers, uint32_t index)
{
    void *behind = uripc__ses_at(layers, layers->limits.sessions);
    return (struct uripc__listener *)behind + index;
}

char *uripc__ses_peer_name(struct uripc_layers *layers, uint32_t index)
{
    void *behind = uripc__ses_listener(layers, layers->limits.listeners);
    return (char *)behind + (size_t)index * layers->limits.uri_units;
}

uint32_t uripc__ses_new(struct uripc_layers *layers)
{
    for (uint32_t i = 0; i < layers->limits.sessions; i++) {
        struct uripc__session *session = uripc__ses_at(layers, i);
        if (session->state != URIPC__SES_FREE)
            continue;
        const struct uripc_handle handle = uripc__layers_handle(layers);
        *session = (struct uripc__session){.state = URIPC__SES_CONNECTING,
                                           .listener = URIPC__NONE,
                                           .call = URIPC__NONE,
                                           .id = handle.id,
                                           .handle = handle,
                                           .next_item = 1};
        return i;
    }
    return URIPC__NONE;
}

void uripc__ses_free(struct uripc_layers *layers, uint32_t index)
{
    struct uripc__session *session = uripc__ses_at(layers, index);
    uripc__ses_clear(layers, &session->in);
    uripc__ses_clear(layers, &session->out);
    session->state = URIPC__SES_FREE;
}

uint32_t uripc__ses_waiting(struct uripc_layers *layers, enum uripc_call kind, uint32_t token)
{
    uint32_t found = URIPC__NONE;
    for (uint32_t i = 0; i < layers->layout.call_count; i++) {
        const struct uripc__layer_call *at = uripc__layers_call(layers, i);
        if (at->state == URIPC__CALL_WAITS && at->kind == kind && at->token == token &&
            (found == URIPC__NONE || at->order < uripc__layers_call(layers, found)->order))
            found = i;
    }
    return found;
}

/* Listening. */

static uint32_t listener_of(struct uripc_layers *layers, struct uripc_handle handle)
{
    for (uint32_t i = 0; i < layers->limits.listeners; i++) {
        const struct uripc__listener *at = uripc__ses_listener(layers, i);
        if (at->open && at->handle.id == handle.id)
            return i;
    }
    return URIPC__NONE;
}

enum uripc_status uripc_listen(struct uripc_layers *layers, struct uripc_text uri,
                               const struct uripc_listen_options *options, uint64_t overlapped)
{
    const struct uripc_handle none = {0};
    uint32_t index = 0;
    uint32_t call;
    while (index < layers->limits.listeners && uripc__ses_listener(layers, index)->used)
        index++;
    if (options != NULL &&
        (options->size != sizeof *options || (unsigned)options->mode > URIPC_BYTES))
        return URIPC_INVALID_ARGUMENT;
    if (index == layers->limits.listeners)
        return URIPC_NO_RESOURCES;
    struct uripc__listener *listener = uripc__ses_listener(layers, index);
    enum uripc_status status =
        uripc__layers_begin(layers, URIPC__SES_PART, URIPC_CALL_LISTEN, none, overlapped, 0, &call);
    if (status != URIPC_PENDING)
        return status;
    uint32_t endpoint;
    status = uripc__layers_open(layers, URIPC__SES_PART, uri, NULL, &endpoint);
    if (status != URIPC_PENDING) {
        uripc__layers_call(layers, call)->state = URIPC__CALL_FREE;
        return status;
    }
    (void)uripc__layers_open_shared(layers);
    uripc__layers_call(layers, call)->token = index;
    *listener = (struct uripc__listener){.used = true, .endpoint = endpoint, .call = call};
    if (options != NULL)
        listener->options = *options;
    if (listener->options.waiting == 0)
        listener->options.waiting = WAITING;
    return URIPC_PENDING;
}

static void on_endpoint(struct uripc_layers *layers, uint32_t endpoint, enum uripc_status status)
{
    if (endpoint == 0) {
        for (uint32_t i = 0; i < layers->limits.sessions; i++) {
            const struct uripc__session *session = uripc__ses_at(layers, i);
            if (session->state != URIPC__SES_CONNECTING)
                continue;
            if (status == URIPC_OK) {
                uripc__ses_say(layers, i, URIPC__SES_CONNECT);
            } else {
                uint32_t call = session->call;
                uripc__ses_free(layers, i);
                uripc__layers_finish(layers, call, URIPC_NO_RESOURCES);
            }
        }
        return;
    }
    for (uint32_t i = 0; i < layers->limits.listeners; i++) {
        struct uripc__listener *listener = uripc__ses_listener(layers, i);
        if (!listener->used || listener->endpoint != endpoint)
            continue;
        const struct uripc__endpoint *at = uripc__layers_endpoint(layers, endpoint);
        struct uripc_completion done = {.status = status, .certainty = URIPC_DEFINITE};
        if (status == URIPC_OK) {
            listener->handle = uripc__layers_handle(layers);
            done.handle = listener->handle;
            done.incarnation = at->incarnation;
        }
        listener->open = listener->used = status == URIPC_OK;
        uripc__layers_complete(layers, listener->call, &done);
    }
}

/* Options of both ends. */

static enum uripc_status read_options(const struct uripc_session_options *from,
                                      struct uripc_session_options *options)
{
    *options = (struct uripc_session_options){.size = sizeof *options};
    if (from == NULL)
        return URIPC_OK;
    *options = *from;
    if (from->size != sizeof *from || (from->flags & ~(uint32_t)URIPC_NOWAIT) != 0)
        return URIPC_INVALID_ARGUMENT;
    const struct uripc_liveness *judge = from->liveness;
    return judge == NULL || (judge->size == sizeof *judge && judge->bytes <= URIPC_LIVENESS_BYTES)
               ? URIPC_OK
               : URIPC_INVALID_ARGUMENT;
}

enum uripc_status uripc_accept(struct uripc_layers *layers, struct uripc_handle handle,
                               const struct uripc_session_options *from, uint64_t overlapped)
{
    struct uripc_session_options options;
    uint32_t call;
    uint32_t listener = listener_of(layers, handle);
    if (listener == URIPC__NONE)
        return URIPC_INVALID_HANDLE;
    enum uripc_status status = read_options(from, &options);
    if (status != URIPC_OK)
        return status;
    status = uripc__layers_begin(layers, URIPC__SES_PART, URIPC_CALL_ACCEPT, handle, overlapped,
                                 options.deadline, &call);
    if (status != URIPC_PENDING)
        return status;
    uripc__layers_call(layers, call)->token = listener;
    uripc__layers_call(layers, call)->session = options;
    uripc__ses_serve_accepts(layers, listener);
    return URIPC_PENDING;
}

static void apply(struct uripc__session *session, const struct uripc_session_options *options)
{
    session->beat = options->beat;
    session->liveness = options->liveness;
    session->silence = options->silence;
    session->extra = options->extra;
}

static uint32_t first_waiting(struct uripc_layers *layers, uint32_t listener)
{
    uint32_t found = URIPC__NONE;
    for (uint32_t i = 0; i < layers->limits.sessions; i++) {
        const struct uripc__session *at = uripc__ses_at(layers, i);
        if (at->state == URIPC__SES_WAITING && at->listener == listener &&
            (found == URIPC__NONE || at->id < uripc__ses_at(layers, found)->id))
            found = i;
    }
    return found;
}

void uripc__ses_serve_accepts(struct uripc_layers *layers, uint32_t listener)
{
    for (;;) {
        uint32_t index = first_waiting(layers, listener);
        uint32_t call = uripc__ses_waiting(layers, URIPC_CALL_ACCEPT, listener);
        if (index == URIPC__NONE || call == URIPC__NONE)
            return;
        struct uripc__session *session = uripc__ses_at(layers, index);
        apply(session, &uripc__layers_call(layers, call)->session);
        uripc__ses_open(layers, index);
        uripc__ses_say(layers, index, URIPC__SES_ACCEPT);
        const struct uripc_completion done = {.status = URIPC_OK,
                                              .certainty = URIPC_DEFINITE,
                                              .handle = session->handle,
                                              .incarnation = session->peer,
                                              .principal = session->principal};
        uripc__layers_complete(layers, call, &done);
    }
}

enum uripc_status uripc_connect(struct uripc_layers *layers, struct uripc_text target,
                                const struct uripc_session_options *from, uint64_t overlapped)
{
    const struct uripc_handle none = {0};
    struct uripc_session_options options;
    uint32_t call;
    enum uripc_status status = read_options(from, &options);
    if (status != URIPC_OK)
        return status;
    if (target.length == 0 || target.length > layers->limits.uri_units)
        return URIPC_INVALID_NAME;
    status = uripc__layers_begin(layers, URIPC__SES_PART, URIPC_CALL_CONNECT, none, overlapped,
                                 options.deadline, &call);
    if (status != URIPC_PENDING)
        return status;
    uint32_t index = uripc__ses_new(layers);
    status = index == URIPC__NONE ? URIPC_NO_RESOURCES : uripc__layers_open_shared(layers);
    if (status != URIPC_OK && status != URIPC_PENDING) {
        uripc__layers_call(layers, call)->state = URIPC__CALL_FREE;
        if (index != URIPC__NONE)
            uripc__ses_free(layers, index);
        return URIPC_NO_RESOURCES;
    }
    struct uripc__session *session = uripc__ses_at(layers, index);
    apply(session, &options);
    session->call = call;
    session->mode = (enum uripc_mode)(options.flags & URIPC_NOWAIT); /* sent along; then told */
    session->peer_units = (uint32_t)target.length;
    memcpy(uripc__ses_peer_name(layers, index), target.at, target.length);
    uripc__layers_call(layers, call)->token = index;
    uripc__ses_retry(layers, session);
    if (status == URIPC_OK)
        uripc__ses_say(layers, index, URIPC__SES_CONNECT);
    return URIPC_PENDING;
}

/* Open sessions. */

static uint32_t session_of(struct uripc_layers *layers, struct uripc_handle handle)
{
    for (uint32_t i = 0; i < layers->limits.sessions; i++) {
        const struct uripc__session *at = uripc__ses_at(layers, i);
        if (at->state == URIPC__SES_OPEN && !at->closed && at->handle.id == handle.id)
            return i;
    }
    return URIPC__NONE;
}

/* Begins a call on an open session. */
static enum uripc_status begin(struct uripc_layers *layers, enum uripc_call kind,
                               struct uripc_handle handle,
                               const struct uripc_transfer_options *options, uint64_t overlapped,
                               uint32_t *index, uint32_t *call)
{
    uint64_t deadline = 0;
    *index = session_of(layers, handle);
    if (*index == URIPC__NONE)
        return URIPC_INVALID_HANDLE;
    if (options != NULL) {
        if (options->size != sizeof *options || (options->flags & ~(uint32_t)URIPC_NOWAIT) != 0)
            return URIPC_INVALID_ARGUMENT;
        deadline = options->deadline;
    }
    enum uripc_status status =
        uripc__layers_begin(layers, URIPC__SES_PART, kind, handle, overlapped, deadline, call);
    if (status == URIPC_PENDING)
        uripc__layers_call(layers, *call)->token = *index;
    return status;
}

static bool hasty(const struct uripc_transfer_options *options)
{
    return options != NULL && (options->flags & URIPC_NOWAIT) != 0;
}

enum uripc_status uripc_session_send(struct uripc_layers *layers, struct uripc_handle handle,
                                     const void *data, uint32_t length,
                                     const struct uripc_transfer_options *options,
                                     uint64_t overlapped)
{
    uint32_t index;
    uint32_t call;
    if (data == NULL && length != 0)
        return URIPC_INVALID_ARGUMENT;
    enum uripc_status status =
        begin(layers, URIPC_CALL_SESSION_SEND, handle, options, overlapped, &index, &call);
    if (status != URIPC_PENDING)
        return status;
    struct uripc__session *session = uripc__ses_at(layers, index);
    bool waits =
        !uripc__ses_has_room(session, length) ||
        (session->out.last != 0 && uripc__ses_item(layers, session->out.last)->call != URIPC__NONE);
    enum uripc_status refusal = session->end != 0                     ? session->end
                                : session->shut                       ? URIPC_CLOSED
                                : length > layers->limits.message_max ? URIPC_TOO_BIG
                                : waits && hasty(options)             ? URIPC_WOULD_BLOCK
                                                                      : URIPC_OK;
    uint32_t item = 0;
    if (refusal == URIPC_OK) {
        item = uripc__ses_append(layers, &session->out, URIPC__ITEM_MESSAGE, data, length);
        refusal = item == 0 ? URIPC_NO_RESOURCES : URIPC_OK;
    }
    if (refusal != URIPC_OK) {
        uripc__layers_finish(layers, call, refusal);
        return URIPC_PENDING;
    }
    uripc__ses_item(layers, item)->call = call;
    uripc__ses_serve(layers, index);
    return URIPC_PENDING;
}

enum uripc_status uripc_session_receive(struct uripc_layers *layers, struct uripc_handle handle,
                                        struct uripc_buffer buffer,
                                        const struct uripc_transfer_options *options,
                                        uint64_t overlapped)
{
    uint32_t index;
    uint32_t call;
    enum uripc_status status =
        begin(layers, URIPC_CALL_SESSION_RECEIVE, handle, options, overlapped, &index, &call);
    if (status != URIPC_PENDING)
        return status;
    uripc__layers_call(layers, call)->buffer = buffer;
    uripc__ses_serve(layers, index);
    if (hasty(options) && uripc__layers_call(layers, call)->state == URIPC__CALL_WAITS)
        uripc__layers_finish(layers, call, URIPC_WOULD_BLOCK);
    return URIPC_PENDING;
}

/* Says that this is all, or that nobody is here any more. */
static bool last_item(struct uripc_layers *layers, uint32_t index, enum uripc__item_kind kind)
{
    struct uripc__session *session = uripc__ses_at(layers, index);
    if (session->end != 0)
        return true;
    uint32_t item = uripc__ses_append(layers, &session->out, kind, NULL, 0);
    if (item == 0)
        return false;
    uripc__ses_accept_item(layers, index, item);
    session->shut = true;
    return true;
}

static void end_calls(struct uripc_layers *layers, enum uripc_call kind, uint32_t token,
                      enum uripc_status status)
{
    uint32_t call;
    while ((call = uripc__ses_waiting(layers, kind, token)) != URIPC__NONE)
        uripc__session_part.end(layers, call, status);
}

enum uripc_status uripc_session_shutdown(struct uripc_layers *layers, struct uripc_handle handle,
                                         uint64_t overlapped)
{
    uint32_t index;
    uint32_t call;
    enum uripc_status status =
        begin(layers, URIPC_CALL_SHUTDOWN, handle, NULL, overlapped, &index, &call);
    if (status != URIPC_PENDING)
        return status;
    end_calls(layers, URIPC_CALL_SESSION_SEND, index, URIPC_CLOSED);
    bool said =
        uripc__ses_at(layers, index)->shut || last_item(layers, index, URIPC__ITEM_SHUTDOWN);
    uripc__layers_finish(layers, call, said ? URIPC_OK : URIPC_NO_RESOURCES);
    return URIPC_PENDING;
}

enum uripc_status uripc_session_flush(struct uripc_layers *layers, struct uripc_handle handle,
                                      const struct uripc_transfer_options *options,
                                      uint64_t overlapped)
{
    uint32_t index;
    uint32_t call;
    enum uripc_status status =
        begin(layers, URIPC_CALL_FLUSH, handle, options, overlapped, &index, &call);
    if (status != URIPC_PENDING)
        return status;
    const struct uripc__session *session = uripc__ses_at(layers, index);
    uripc__ses_serve(layers, index);
    if (uripc__layers_call(layers, call)->state != URIPC__CALL_WAITS)
        return URIPC_PENDING;
    if (session->end != 0)
        uripc__layers_finish(layers, call, session->end);
    else if (hasty(options))
        uripc__layers_finish(layers, call, URIPC_WOULD_BLOCK);
    return URIPC_PENDING;
}

static void end_session_calls(struct uripc_layers *layers, uint32_t index)
{
    end_calls(layers, URIPC_CALL_SESSION_SEND, index, URIPC_CLOSED);
    end_calls(layers, URIPC_CALL_SESSION_RECEIVE, index, URIPC_CLOSED);
    end_calls(layers, URIPC_CALL_FLUSH, index, URIPC_CLOSED);
}

static void reset(struct uripc_layers *layers, uint32_t index)
{
    struct uripc__session *session = uripc__ses_at(layers, index);
    uripc__ses_clear(layers, &session->in);
    uripc__ses_clear(layers, &session->out);
    session->closed = true;
    session->state = URIPC__SES_RESETTING;
    uripc__ses_retry(layers, session);
    uripc__ses_say(layers, index, URIPC__SES_RESET);
}

static void close_listener(struct uripc_layers *layers, uint32_t index)
{
    struct uripc__listener *listener = uripc__ses_listener(layers, index);
    end_calls(layers, URIPC_CALL_ACCEPT, index, URIPC_CLOSED);
    for (uint32_t i = 0; i < layers->limits.sessions; i++) {
        struct uripc__session *at = uripc__ses_at(layers, i);
        if (at->state == URIPC__SES_FREE || at->listener != index)
            continue;
        at->listener = URIPC__NONE;
        if (at->state == URIPC__SES_WAITING)
            reset(layers, i);
    }
    uripc__layers_close(layers, listener->endpoint);
    *listener = (struct uripc__listener){0};
}

enum uripc_status uripc_session_close(struct uripc_layers *layers, struct uripc_handle handle,
                                      uint64_t overlapped)
{
    uint32_t listener = listener_of(layers, handle);
    uint32_t index = session_of(layers, handle);
    uint32_t call;
    if (listener == URIPC__NONE && index == URIPC__NONE)
        return URIPC_INVALID_HANDLE;
    enum uripc_status status = uripc__layers_begin(
        layers, URIPC__SES_PART, URIPC_CALL_SESSION_CLOSE, handle, overlapped, 0, &call);
    if (status != URIPC_PENDING)
        return status;
    if (listener != URIPC__NONE) {
        close_listener(layers, listener);
        uripc__layers_finish(layers, call, URIPC_OK);
        return URIPC_PENDING;
    }
    struct uripc__session *session = uripc__ses_at(layers, index);
    end_session_calls(layers, index);
    session->closed = true;
    uripc__ses_clear(layers, &session->in);
    if (last_item(layers, index, URIPC__ITEM_CLOSE))
        uripc__ses_settle(layers, index);
    else
        reset(layers, index); /* not even room to say so */
    uripc__layers_finish(layers, call, URIPC_OK);
    return URIPC_PENDING;
}

enum uripc_status uripc_session_disconnect(struct uripc_layers *layers, struct uripc_handle handle,
                                           uint64_t overlapped)
{
    uint32_t index;
    uint32_t call;
    enum uripc_status status =
        begin(layers, URIPC_CALL_DISCONNECT, handle, NULL, overlapped, &index, &call);
    if (status != URIPC_PENDING)
        return status;
    end_session_calls(layers, index);
    if (uripc__ses_at(layers, index)->end != 0)
        uripc__ses_free(layers, index);
    else
        reset(layers, index);
    uripc__layers_finish(layers, call, URIPC_OK);
    return URIPC_PENDING;
}

enum uripc_status uripc_session_peek(struct uripc_layers *layers, struct uripc_handle handle,
                                     struct uripc_session_info *info)
{
    uint32_t index = session_of(layers, handle);
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
    for (uint32_t i = 0; i < layers->limits.sessions; i++) {
        struct uripc__session *session = uripc__ses_at(layers, i);
        if (session->state == URIPC__SES_FREE || session->id != token)
            continue;
        bool nobody = done->status == URIPC_NO_RECEIVER || done->status == URIPC_UNREACHABLE;
        if (session->state == URIPC__SES_CONNECTING &&
            (nobody || done->status == URIPC_PEER_GONE || done->status == URIPC_TOO_BIG)) {
            uint32_t call = session->call;
            const struct uripc_completion end = {.status = done->status,
                                                 .certainty = done->certainty};
            uripc__ses_free(layers, i);
            uripc__layers_complete(layers, call, &end);
            return;
        }
        session->missed = nobody ? session->missed + 1 : 0;
        if (done->status == URIPC_PEER_GONE || session->missed >= MISSES)
            session->gone = true;
    }
}

/* A call that must complete now leaves nothing behind. */
static void end(struct uripc_layers *layers, uint32_t number, enum uripc_status status)
{
    const struct uripc__layer_call call = *uripc__layers_call(layers, number);
    if (call.kind == URIPC_CALL_LISTEN)
        return; /* as a register that cannot be stopped */
    if (call.kind == URIPC_CALL_CONNECT) {
        reset(layers, call.token);
    } else if (call.kind == URIPC_CALL_SESSION_SEND) {
        struct uripc__items *out = &uripc__ses_at(layers, call.token)->out;
        uint32_t at = out->first;
        while (at != 0 && uripc__ses_item(layers, at)->call != number)
            at = uripc__ses_item(layers, at)->next;
        if (at != 0)
            uripc__ses_remove(layers, out, at);
    }
    uripc__layers_finish(layers, number, status);
}

const struct uripc__part uripc__session_part = {
    .first_type = URIPC__SES_CONNECT,
    .last_type = URIPC__SES_LAST,
    .bytes = bytes,
    .on_endpoint = on_endpoint,
    .on_record = uripc__ses_on_record,
    .on_done = on_done,
    .end = end,
    .due = uripc__ses_due,
};
