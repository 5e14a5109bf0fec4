/* SPDX-License-Identifier: MIT */
/* Sessions come to be: listening, accepting, connecting. */
#include <string.h>

#include "session_state.h"

enum { WAITING = 16 };

uint32_t uripc__ses_listener_of(struct uripc_layers *layers, struct uripc_handle handle)
{
    for (uint32_t i = 0; i < layers->limits.listeners; i++) {
        const struct uripc__listener *at = uripc__ses_listener(layers, i);
        if (at->open && at->handle.id == handle.id)
            return i;
    }
    return URIPC__NONE;
}

/* What sessions need of the layers' own registrations: ok, pending, or why there is none. */
static enum uripc_status open_own(struct uripc_layers *layers)
{
    const enum uripc_status shared = uripc__layers_open_shared(layers);
    const enum uripc_status held = uripc__layers_open_held(layers, URIPC__SES_PART);
    return shared == URIPC_OK ? held : shared;
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
        uripc__layers_unbegin(layers, call);
        return status;
    }
    (void)open_own(layers);
    uripc__layers_await(layers, call, index);
    *listener = (struct uripc__listener){.used = true, .endpoint = endpoint, .call = call};
    if (options != NULL)
        listener->options = *options;
    if (listener->options.waiting == 0)
        listener->options.waiting = WAITING;
    return URIPC_PENDING;
}

/* Both ends tell each other where they can be held, so they wait until they know. */
static bool is_opening(struct uripc_layers *layers)
{
    return uripc__layers_endpoint(layers, URIPC__SHARED)->state == URIPC__ENDPOINT_OPENING ||
           uripc__layers_endpoint(layers, URIPC__HELD)->state == URIPC__ENDPOINT_OPENING;
}

static void own_opened(struct uripc_layers *layers)
{
    const struct uripc__endpoint *shared = uripc__layers_endpoint(layers, URIPC__SHARED);
    if (is_opening(layers))
        return;
    for (uint32_t i = 0; i < layers->limits.listeners; i++)
        uripc__ses_serve_accepts(layers, i);
    for (uint32_t i = 0; i < layers->limits.sessions; i++) {
        const struct uripc__session *session = uripc__ses_at(layers, i);
        if (session->state != URIPC__SES_CONNECTING)
            continue;
        if (shared->state == URIPC__ENDPOINT_OPEN) {
            uripc__ses_say(layers, i, URIPC__SES_CONNECT);
        } else {
            uint32_t call = session->call;
            uripc__ses_free(layers, i);
            uripc__layers_finish(layers, call, URIPC_NO_RESOURCES);
        }
    }
}

void uripc__ses_on_endpoint(struct uripc_layers *layers, uint32_t endpoint,
                            enum uripc_status status)
{
    if (endpoint == URIPC__SHARED || endpoint == URIPC__HELD) {
        own_opened(layers);
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
    if (from->size != sizeof *from || (from->flags & ~(uint32_t)(URIPC_NOWAIT | URIPC_NOTICE)) != 0)
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
    uint32_t listener = uripc__ses_listener_of(layers, handle);
    if (listener == URIPC__NONE)
        return URIPC_INVALID_HANDLE;
    enum uripc_status status = read_options(from, &options);
    if (status != URIPC_OK)
        return status;
    status = uripc__layers_begin(layers, URIPC__SES_PART, URIPC_CALL_ACCEPT, handle, overlapped,
                                 options.deadline, &call);
    if (status != URIPC_PENDING)
        return status;
    uripc__layers_await(layers, call, listener);
    uripc__layers_call(layers, call)->session = options;
    uripc__ses_serve_accepts(layers, listener);
    return URIPC_PENDING;
}

static void apply(struct uripc__session *session, const struct uripc_session_options *options)
{
    session->beat = options->beat;
    session->notice = (options->flags & URIPC_NOTICE) != 0;
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
        uint32_t call = uripc__layers_waiting(layers, URIPC_CALL_ACCEPT, listener);
        if (index == URIPC__NONE || call == URIPC__NONE || is_opening(layers))
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
    status = index == URIPC__NONE ? URIPC_NO_RESOURCES : open_own(layers);
    if (status != URIPC_OK && status != URIPC_PENDING) {
        uripc__layers_unbegin(layers, call);
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
    uripc__layers_await(layers, call, index);
    uripc__ses_retry(layers, session);
    if (status == URIPC_OK)
        uripc__ses_say(layers, index, URIPC__SES_CONNECT);
    return URIPC_PENDING;
}

void uripc__ses_close_listener(struct uripc_layers *layers, uint32_t index)
{
    struct uripc__listener *listener = uripc__ses_listener(layers, index);
    uripc__ses_end_calls(layers, URIPC_CALL_ACCEPT, index, URIPC_CLOSED);
    for (uint32_t i = 0; i < layers->limits.sessions; i++) {
        struct uripc__session *at = uripc__ses_at(layers, i);
        if (at->state == URIPC__SES_FREE || at->listener != index)
            continue;
        at->listener = URIPC__NONE;
        if (at->state == URIPC__SES_WAITING)
            uripc__ses_reset(layers, i);
    }
    uripc__layers_close(layers, listener->endpoint);
    *listener = (struct uripc__listener){0};
}
