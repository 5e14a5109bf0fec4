/* SPDX-License-Identifier: MIT */
/* The reference on libuv as a backend of the conformance suite. */
#define _GNU_SOURCE
#include <uripc/backend.h>

#include <stdlib.h>

#include <uripc/uv.h>

#include <uv.h>

#include "inside.h"

enum { PASSES = 1000 }; /* a peer that never stops sending is not waited for without end */

#define MILLISECOND UINT64_C(1000000)

/* The one node of this process (backend.h), on a loop of its own. */
static struct {
    uv_loop_t loop;
    uv_timer_t limit;
    uv_poll_t *input; /* NULL: its descriptor is of a kind that can always be read */
    struct uripc_uv *uv;
    int descriptor; /* that `input` is about; -1: none yet */
    bool polled;    /* `input` is active */
    bool wanted;    /* whoever runs waits for it */
    unsigned events;
} host;

static void on_ready(struct uripc_uv *uv, void *data)
{
    (void)uv;
    (void)data;
    host.events |= URIPC_BACKEND_COMPLETED;
    uv_stop(&host.loop);
}

static enum uripc_status backend_open(const struct uripc_backend_setup *setup,
                                      struct uripc_node **node)
{
    struct uripc_uv_options options = {.size = sizeof options,
                                       .realm = setup->realm,
                                       .limits = setup->limits,
                                       .layers = setup->layers,
                                       .on_ready = on_ready};
    if (uv_loop_init(&host.loop) != 0)
        return URIPC_NO_RESOURCES;
    enum uripc_status status = uripc_uv_open(&host.loop, &options, &host.uv);
    if (status != URIPC_OK)
        return status;
    (void)uv_timer_init(&host.loop, &host.limit);
    host.descriptor = -1;
    *node = uripc_uv_node(host.uv);
    return URIPC_OK;
}

static void on_input_closed(uv_handle_t *handle)
{
    free(handle);
}

static void close_input(void)
{
    if (host.input != NULL)
        uv_close((uv_handle_t *)host.input, on_input_closed);
    host.input = NULL;
    host.polled = false;
}

static void backend_close(struct uripc_node *node, uint64_t linger)
{
    (void)node;
    host.wanted = false;
    uripc_uv_close(host.uv, linger, NULL, NULL);
    uv_close((uv_handle_t *)&host.limit, NULL);
    close_input();
    while (uv_run(&host.loop, UV_RUN_DEFAULT) != 0)
        continue; /* completions stop the loop */
    (void)uv_loop_close(&host.loop);
}

/* ---- waiting ---- */

static void on_input(uv_poll_t *poll, int status, int events)
{
    (void)status;
    (void)events;
    if (!host.wanted) { /* whoever reads it is busy elsewhere */
        (void)uv_poll_stop(poll);
        host.polled = false;
        return;
    }
    host.events |= URIPC_BACKEND_READABLE;
    uv_stop(&host.loop);
}

/* Watches another descriptor than before. */
static void change_input(int descriptor)
{
    close_input();
    host.descriptor = descriptor;
    host.input = malloc(sizeof *host.input);
    if (host.input != NULL && uv_poll_init(&host.loop, host.input, descriptor) != 0) {
        free(host.input);
        host.input = NULL;
    }
}

static void watch(int descriptor)
{
    host.wanted = descriptor >= 0;
    if (!host.wanted)
        return;
    if (descriptor != host.descriptor)
        change_input(descriptor);
    if (host.input == NULL)
        host.events |= URIPC_BACKEND_READABLE;
    else if (!host.polled)
        host.polled = uv_poll_start(host.input, UV_READABLE, on_input) == 0;
}

/* The time has passed. */
static void on_limit(uv_timer_t *timer)
{
    (void)timer;
    uv_stop(&host.loop);
}

static void set_limit(uint64_t timeout)
{
    if (timeout == 0 || timeout == UINT64_MAX)
        return;
    uv_update_time(&host.loop);
    (void)uv_timer_start(&host.limit, on_limit, timeout / MILLISECOND + 1, 0);
}

/* Deals with all that has arrived by now. */
static void settle(void)
{
    uint64_t before;
    unsigned passes = 0;
    do {
        before = host.uv->progress;
        (void)uv_run(&host.loop, UV_RUN_NOWAIT);
    } while (host.uv->progress != before && ++passes < PASSES);
}

static unsigned backend_run(struct uripc_node *node, int descriptor, uint64_t timeout)
{
    (void)node;
    host.events = 0;
    watch(descriptor);
    set_limit(timeout);
    if (timeout != 0 && host.events == 0)
        (void)uv_run(&host.loop, UV_RUN_DEFAULT);
    if (host.events & URIPC_BACKEND_READABLE || host.events == 0)
        settle();
    (void)uv_timer_stop(&host.limit);
    uripc__peers_flush(host.uv, host.wanted);
    return host.events;
}

/* ---- the calls ---- */

/* The node, ready for a call.  Reading the clock costs more than the rest of a small call, and only
 * a call with a deadline asks for the time. */
static struct uripc_node *ready(_Bool timed)
{
    if (timed)
        return uripc_uv_node(host.uv);
    uripc__resolver_compare(host.uv);
    return host.uv->node;
}

static struct uripc_layers *layers(void)
{
    return uripc_uv_layers(host.uv);
}

static enum uripc_status backend_register(struct uripc_node *node, struct uripc_handle parent,
                                          struct uripc_text uri,
                                          const struct uripc_register_options *options,
                                          uint64_t overlapped)
{
    (void)node;
    return uripc_register(ready(options != NULL), parent, uri, options, overlapped);
}

static enum uripc_status backend_send(struct uripc_node *node, struct uripc_handle source,
                                      const struct uripc_text *suffix, struct uripc_text target,
                                      const void *data, uint32_t length,
                                      const struct uripc_send_options *options, uint64_t overlapped)
{
    (void)node;
    return uripc_send(ready(options != NULL), source, suffix, target, data, length, options,
                      overlapped);
}

static enum uripc_status backend_receive(struct uripc_node *node, struct uripc_handle handle,
                                         struct uripc_buffer buffer,
                                         const struct uripc_receive_options *options,
                                         uint64_t overlapped)
{
    (void)node;
    return uripc_receive(ready(options != NULL), handle, buffer, options, overlapped);
}

static enum uripc_status backend_cancel(struct uripc_node *node, uint64_t overlapped)
{
    (void)node;
    if (host.uv->layers.layers != NULL)
        return uripc_layers_cancel(layers(), overlapped);
    return uripc_cancel(ready(0), overlapped);
}

static enum uripc_status backend_cancel_all(struct uripc_node *node, struct uripc_handle handle)
{
    (void)node;
    return uripc_cancel_all(ready(0), handle);
}

static enum uripc_status backend_close_handle(struct uripc_node *node, struct uripc_handle handle,
                                              uint64_t overlapped)
{
    (void)node;
    return uripc_close(ready(0), handle, overlapped);
}

static enum uripc_status backend_poll(struct uripc_node *node, struct uripc_completion *completion)
{
    if (host.uv->layers.layers != NULL)
        return uripc_layers_poll(layers(), completion);
    return uripc_poll(node, completion);
}

/* ---- the calls of sessions ---- */

static enum uripc_status backend_listen(struct uripc_node *node, struct uripc_text uri,
                                        const struct uripc_listen_options *options,
                                        uint64_t overlapped)
{
    (void)node;
    return uripc_listen(layers(), uri, options, overlapped);
}

static enum uripc_status backend_accept(struct uripc_node *node, struct uripc_handle listener,
                                        const struct uripc_session_options *options,
                                        uint64_t overlapped)
{
    (void)node;
    return uripc_accept(layers(), listener, options, overlapped);
}

static enum uripc_status backend_connect(struct uripc_node *node, struct uripc_text target,
                                         const struct uripc_session_options *options,
                                         uint64_t overlapped)
{
    (void)node;
    return uripc_connect(layers(), target, options, overlapped);
}

static enum uripc_status backend_session_send(struct uripc_node *node, struct uripc_handle session,
                                              const void *data, uint32_t length,
                                              const struct uripc_transfer_options *options,
                                              uint64_t overlapped)
{
    (void)node;
    return uripc_session_send(layers(), session, data, length, options, overlapped);
}

static enum uripc_status backend_session_receive(struct uripc_node *node,
                                                 struct uripc_handle session,
                                                 struct uripc_buffer buffer,
                                                 const struct uripc_transfer_options *options,
                                                 uint64_t overlapped)
{
    (void)node;
    return uripc_session_receive(layers(), session, buffer, options, overlapped);
}

static enum uripc_status backend_session_shutdown(struct uripc_node *node,
                                                  struct uripc_handle session, uint64_t overlapped)
{
    (void)node;
    return uripc_session_shutdown(layers(), session, overlapped);
}

static enum uripc_status backend_session_flush(struct uripc_node *node, struct uripc_handle session,
                                               const struct uripc_transfer_options *options,
                                               uint64_t overlapped)
{
    (void)node;
    return uripc_session_flush(layers(), session, options, overlapped);
}

static enum uripc_status backend_session_close(struct uripc_node *node, struct uripc_handle handle,
                                               uint64_t overlapped)
{
    (void)node;
    return uripc_session_close(layers(), handle, overlapped);
}

static enum uripc_status backend_session_disconnect(struct uripc_node *node,
                                                    struct uripc_handle session,
                                                    uint64_t overlapped)
{
    (void)node;
    return uripc_session_disconnect(layers(), session, overlapped);
}

static enum uripc_status backend_session_peek(struct uripc_node *node, struct uripc_handle session,
                                              struct uripc_session_info *info)
{
    (void)node;
    return uripc_session_peek(layers(), session, info);
}

/* ---- and of requests ---- */

static enum uripc_status backend_request(struct uripc_node *node, struct uripc_text target,
                                         const void *data, uint32_t length,
                                         struct uripc_buffer buffer,
                                         const struct uripc_request_options *options,
                                         uint64_t overlapped)
{
    (void)node;
    return uripc_request(layers(), target, data, length, buffer, options, overlapped);
}

static enum uripc_status backend_serve(struct uripc_node *node, struct uripc_handle handle,
                                       struct uripc_buffer buffer,
                                       const struct uripc_serve_options *options,
                                       uint64_t overlapped)
{
    (void)node;
    return uripc_serve(layers(), handle, buffer, options, overlapped);
}

static enum uripc_status backend_reply(struct uripc_node *node, uint64_t message_id,
                                       const void *data, uint32_t length, uint64_t overlapped)
{
    (void)node;
    return uripc_reply(layers(), message_id, data, length, overlapped);
}

static enum uripc_status backend_survey(struct uripc_node *node, struct uripc_text target,
                                        const void *data, uint32_t length, uint64_t duration,
                                        uint64_t overlapped)
{
    (void)node;
    return uripc_survey(layers(), target, data, length, duration, overlapped);
}

static enum uripc_status backend_survey_receive(struct uripc_node *node, struct uripc_handle survey,
                                                struct uripc_buffer buffer, uint64_t overlapped)
{
    (void)node;
    return uripc_survey_receive(layers(), survey, buffer, overlapped);
}

static enum uripc_status backend_survey_close(struct uripc_node *node, struct uripc_handle survey,
                                              uint64_t overlapped)
{
    (void)node;
    return uripc_survey_close(layers(), survey, overlapped);
}

static const struct uripc_backend backend = {
    .size = sizeof(struct uripc_backend),
    .version = URIPC_BACKEND_VERSION,
    .capabilities = URIPC_CAN_GROUP | URIPC_CAN_SHARED | URIPC_CAN_PARENTS | URIPC_CAN_QUEUES |
                    URIPC_CAN_INCARNATIONS | URIPC_CAN_INFO | URIPC_CAN_CANCEL | URIPC_CAN_UTF16 |
                    URIPC_CAN_DISCARD | URIPC_CAN_POLLING | URIPC_CAN_LAYOUT | URIPC_CAN_LIMITS |
                    URIPC_CAN_PRINCIPALS | URIPC_CAN_ACCESS | URIPC_CAN_SESSIONS |
                    URIPC_CAN_REQUESTS | URIPC_CAN_WORKERS,
    .binding = URIPC_BINDING_USER,
    .name = "reference-uv",
    .release = URIPC_VERSION,
    .open = backend_open,
    .close = backend_close,
    .run = backend_run,
    .register_ = backend_register,
    .send = backend_send,
    .receive = backend_receive,
    .cancel = backend_cancel,
    .cancel_all = backend_cancel_all,
    .close_handle = backend_close_handle,
    .poll = backend_poll,
    .info = uripc_info,
    .listen = backend_listen,
    .accept = backend_accept,
    .connect = backend_connect,
    .session_send = backend_session_send,
    .session_receive = backend_session_receive,
    .session_shutdown = backend_session_shutdown,
    .session_flush = backend_session_flush,
    .session_close = backend_session_close,
    .session_disconnect = backend_session_disconnect,
    .session_peek = backend_session_peek,
    .request = backend_request,
    .serve = backend_serve,
    .reply = backend_reply,
    .survey = backend_survey,
    .survey_receive = backend_survey_receive,
    .survey_close = backend_survey_close,
};

const struct uripc_backend *uripc_backend(void)
{
    return &backend;
}
