/* SPDX-License-Identifier: MIT */
#include "conformance/worlds/simulated_layers.h"

#include <stdlib.h>
#include <string.h>

#include "conformance/hash.h"
#include "simulator/fault.h"

/* One life of the layers of one process. */
struct cf_layers_life {
    struct cf_layers *all;
    uint32_t process;
    uint32_t lives; /* begun in this run */
    void *block;    /* kept from run to run */
    size_t bytes;
    struct uripc_layers *layers;
    uint64_t wake; /* when work is due that gives them a turn */
};

/* Cases are small, and every one of them begins with fresh layers: few places, but windows and
 * messages as large as they are by default. */
static struct uripc_layer_limits limits_for(const struct cf_world_setup *setup)
{
    struct uripc_layer_limits limits = uripc_layer_limits_default;
    if (setup->layers_tiny)
        return uripc_layer_limits_tiny;
    limits.listeners = 2;
    limits.sessions = 16;
    limits.requests = 16;
    limits.remembered = 16;
    limits.calls = 64;
    return limits;
}

bool cf_layers_begin(struct cf_layers *self, struct sim_world *sim,
                     const struct uripc_node_ops *node, const struct cf_world_setup *setup)
{
    self->sim = sim;
    self->used = setup->layers;
    if (!setup->layers)
        return true;
    self->calls = (struct uripc_calls){.size = sizeof(struct uripc_calls),
                                       .register_ = node->register_,
                                       .send = node->send,
                                       .receive = node->receive,
                                       .cancel = node->cancel,
                                       .close = node->close,
                                       .poll = node->poll};
    self->limits = limits_for(setup);
    if (setup->processes > self->count) {
        struct cf_layers_life *more =
            realloc(self->lives, setup->processes * sizeof(struct cf_layers_life));
        if (!more)
            return false;
        memset(more + self->count, 0, (setup->processes - self->count) * sizeof(*more));
        self->lives = more;
        self->count = setup->processes;
    }
    for (uint32_t i = 0; i < self->count; i++) {
        struct cf_layers_life *life = &self->lives[i];
        life->all = self;
        life->process = i;
        life->lives = 0;
        life->layers = NULL;
    }
    return true;
}

void cf_layers_free(struct cf_layers *self)
{
    for (uint32_t i = 0; i < self->count; i++)
        free(self->lives[i].block);
    free(self->lives);
}

static bool give_buffer(void *user, uint32_t size, struct uripc_buffer *buffer, void **bytes)
{
    const struct cf_layers_life *life = user;
    struct sim_world *sim = life->all->sim;
    *buffer =
        (struct uripc_buffer){.id = sim_buffer_create(sim, life->process, size), .size = size};
    *bytes = sim_buffer_bytes(sim, buffer->id, NULL);
    return *bytes != NULL;
}

static void copy_out(void *user, uint64_t id, uint32_t offset, const void *bytes, uint32_t length)
{
    const struct cf_layers_life *life = user;
    uint32_t size = 0;
    unsigned char *to = sim_buffer_bytes(life->all->sim, id, &size);
    if (to && offset <= size && length <= size - offset)
        memcpy(to + offset, bytes, length);
}

bool cf_layers_start(struct cf_layers *self, uint32_t process)
{
    if (!self->used)
        return true;
    struct cf_layers_life *life = &self->lives[process];
    const size_t bytes = uripc_layers_bytes(&self->limits);
    if (bytes > life->bytes) {
        free(life->block);
        life->block = malloc(bytes);
        life->bytes = life->block ? bytes : 0;
    }
    life->layers = NULL;
    life->wake = SIM_NEVER;
    if (!life->block)
        return false;
    /* Not a matter of the seed: what differs between two seeds is what was drawn. */
    const struct uripc_ground ground = {.size = sizeof(ground),
                                        .calls = &self->calls,
                                        .node = sim_node(self->sim, process),
                                        .identity = cf_hash_word(process + 1, ++life->lives) | 1,
                                        .self = life,
                                        .buffer = give_buffer,
                                        .copy_out = copy_out};
    life->layers = uripc_layers_init(life->block, &self->limits, &ground);
    return life->layers != NULL;
}

struct uripc_layers *cf_layers_of(struct cf_layers *self, uint32_t process)
{
    return self->used && sim_alive(self->sim, process) ? self->lives[process].layers : NULL;
}

void cf_layers_turn(struct cf_layers *self, uint32_t process)
{
    struct uripc_layers *layers = cf_layers_of(self, process);
    if (!layers || sim_paused(self->sim, process))
        return;
    struct cf_layers_life *life = &self->lives[process];
    const uint64_t local = sim_clock_now(self->sim, process);
    sim_reenter(self->sim, process);
    uint64_t next;
    do
        next = uripc_layers_turn(layers, local);
    while (next <= local);
    const uint64_t due = sim_clock_due(self->sim, process, next);
    if (life->wake <= sim_now(self->sim))
        life->wake = SIM_NEVER;
    if (due >= life->wake)
        return; /* a turn that comes too early does no harm */
    life->wake = due;
    sim_at(self->sim, due, process, CF_LAYERS_WORK);
}

static const struct uripc_liveness *liveness_of(const char *name)
{
    const struct uripc_liveness *known[] = {&uripc_liveness_timeout, &uripc_liveness_freshness};
    for (size_t i = 0; name && i < sizeof(known) / sizeof(known[0]); i++)
        if (strcmp(known[i]->name, name) == 0)
            return known[i];
    return NULL;
}

static enum uripc_status call_of_requests(struct uripc_layers *layers,
                                          const struct cf_world_call *call,
                                          const struct cf_world_layer_options *from)
{
    const struct uripc_request_options request = {.size = sizeof(request),
                                                  .deadline = from->deadline,
                                                  .retry = from->retry,
                                                  .retries = from->retries,
                                                  .backoff = from->backoff,
                                                  .session = call->handle};
    const struct uripc_serve_options serve = {
        .size = sizeof(serve), .deadline = from->deadline, .remember = from->remember};
    const struct uripc_buffer buffer = {.id = call->buffer, .size = call->buffer_size};
    switch (call->call) {
    case URIPC_CALL_REQUEST:
        return uripc_request(layers, call->text, call->data, call->length, buffer,
                             call->layer_options || call->handle.id ? &request : NULL,
                             call->overlapped);
    case URIPC_CALL_SERVE:
        return uripc_serve(layers, call->handle, buffer, call->layer_options ? &serve : NULL,
                           call->overlapped);
    case URIPC_CALL_REPLY:
        return uripc_reply(layers, call->message, call->data, call->length, call->overlapped);
    case URIPC_CALL_SURVEY:
        return uripc_survey(layers, call->text, call->data, call->length, from->duration,
                            call->overlapped);
    case URIPC_CALL_SURVEY_RECEIVE:
        return uripc_survey_receive(layers, call->handle, buffer, call->overlapped);
    case URIPC_CALL_SURVEY_CLOSE:
        return uripc_survey_close(layers, call->handle, call->overlapped);
    default:
        return URIPC_NOT_SUPPORTED;
    }
}

enum uripc_status cf_layers_call(struct uripc_layers *layers, const struct cf_world_call *call)
{
    static const struct cf_world_layer_options usual;
    const struct cf_world_layer_options *given = call->layer_options;
    const struct cf_world_layer_options *from = given ? given : &usual;
    const struct uripc_listen_options listen = {.size = sizeof(listen),
                                                .mode = from->mode,
                                                .instances = from->instances,
                                                .waiting = from->waiting};
    const struct uripc_session_options session = {.size = sizeof(session),
                                                  .flags = from->flags,
                                                  .deadline = from->deadline,
                                                  .beat = from->beat,
                                                  .liveness = liveness_of(from->detector),
                                                  .silence = from->silence};
    const struct uripc_transfer_options transfer = {
        .size = sizeof(transfer), .flags = from->flags, .deadline = from->deadline};
    const struct uripc_buffer buffer = {.id = call->buffer, .size = call->buffer_size};
    switch (call->call) {
    case URIPC_CALL_LISTEN:
        return uripc_listen(layers, call->text, given ? &listen : NULL, call->overlapped);
    case URIPC_CALL_CONNECT:
        return uripc_connect(layers, call->text, given ? &session : NULL, call->overlapped);
    case URIPC_CALL_ACCEPT:
        return uripc_accept(layers, call->handle, given ? &session : NULL, call->overlapped);
    case URIPC_CALL_SESSION_SEND:
        return uripc_session_send(layers, call->handle, call->data, call->length,
                                  given ? &transfer : NULL, call->overlapped);
    case URIPC_CALL_SESSION_RECEIVE:
        return uripc_session_receive(layers, call->handle, buffer, given ? &transfer : NULL,
                                     call->overlapped);
    case URIPC_CALL_FLUSH:
        return uripc_session_flush(layers, call->handle, given ? &transfer : NULL,
                                   call->overlapped);
    case URIPC_CALL_SHUTDOWN:
        return uripc_session_shutdown(layers, call->handle, call->overlapped);
    case URIPC_CALL_SESSION_CLOSE:
        return uripc_session_close(layers, call->handle, call->overlapped);
    case URIPC_CALL_DISCONNECT:
        return uripc_session_disconnect(layers, call->handle, call->overlapped);
    default:
        return call_of_requests(layers, call, from);
    }
}
