/* SPDX-License-Identifier: MIT */
/* The model's node: its life, registrations, and what ends calls early. */
#include <stdlib.h>
#include <string.h>

#include "model.h"
#include "model_name.h"
#include "model_parts.h"

/* Creation. */

static bool limits_are_good(const struct uripc_limits *given, struct uripc_limits *limits)
{
    return given != NULL && model_options(limits, sizeof *limits, &given->size) &&
           limits->registrations != 0 && limits->operations != 0 && limits->routes != 0 &&
           limits->pool_bytes != 0 && limits->uri_units != 0;
}

static size_t node_bytes(const struct uripc_limits *given)
{
    struct uripc_limits limits;
    return limits_are_good(given, &limits) ? sizeof(struct model_node) : 0;
}

static struct uripc_node *node_init(void *block, const struct uripc_limits *given,
                                    const struct uripc_host *host, void *self, uint64_t identity,
                                    uint32_t peer)
{
    (void)peer; /* routes to this node need no special treatment (RTE-9) */
    struct uripc_limits limits;
    if (!limits_are_good(given, &limits))
        return NULL;
    struct model_node *node = block;
    *node = (struct model_node){
        .host = host, .self = self, .identity = identity, .limits = limits, .alarm = UINT64_MAX};
    return block;
}

static void calls_free(struct model_call *list)
{
    while (list != NULL) {
        struct model_call *next = list->next;
        model_frames_free(&list->message);
        free(list);
        list = next;
    }
}

static void node_fini(struct uripc_node *opaque)
{
    struct model_node *node = model_own(opaque);
    while (node->handles != NULL)
        model_handle_free(node, node->handles);
    calls_free(node->pending);
    calls_free(node->done);
}

static void node_set_time(struct uripc_node *node, uint64_t now)
{
    model_own(node)->now = now;
}

static struct model_call *earliest(const struct model_node *node)
{
    struct model_call *best = NULL;
    for (struct model_call *at = node->pending; at != NULL; at = at->next)
        if (at->deadline != UINT64_MAX && (best == NULL || at->deadline < best->deadline))
            best = at;
    return best;
}

void model_settle(struct model_node *node)
{
    model_hand_over_all(node);
    const struct model_call *call = earliest(node);
    uint64_t alarm = call == NULL ? UINT64_MAX : call->deadline;
    if (alarm != node->alarm) {
        node->alarm = alarm;
        node->host->wake_at(node->self, alarm);
    }
}

/* Registration. */

static void claim(struct model_node *node, struct model_handle *handle)
{
    struct uripc_claim claim = {.ticket = ++node->last_ticket,
                                .serial = handle->serial,
                                .name = {.at = handle->name, .length = strlen(handle->name)},
                                .options = handle->options};
    claim.options.deadline = 0;
    handle->state = MODEL_CLAIMING;
    handle->ticket = claim.ticket;
    node->host->claim(node->self, &claim);
}

static void release(struct model_node *node, struct model_handle *handle, uint64_t closer)
{
    handle->state = MODEL_RELEASING;
    handle->closer = closer;
    handle->ticket = ++node->last_ticket;
    node->host->release(node->self, handle->ticket, handle->serial);
}

/* The canonical name of a registration, or NULL (REG-11, REG-12). */
static char *name_below(const struct model_handle *parent, struct uripc_text uri)
{
    if (parent == NULL)
        return model_name_registered(uri);
    if (!model_name_is_uri(uri)) {
        char *name = model_name_compose(parent->name, uri);
        if (name != NULL)
            model_name_trim(name);
        return name;
    }
    char *name = model_name_registered(uri);
    if (name == NULL)
        return NULL;
    struct uripc_text above = {.at = parent->name, .length = strlen(parent->name)};
    struct uripc_text below = {.at = name, .length = strlen(name)};
    if (strcmp(name, parent->name) == 0 || !model_name_covers(above, below)) {
        free(name);
        return NULL;
    }
    return name;
}

static bool register_options(const struct uripc_register_options *given,
                             struct uripc_register_options *options)
{
    if (!model_options(options, sizeof *options, given == NULL ? NULL : &given->size) ||
        (uint32_t)options->kind > URIPC_GROUP || (uint32_t)options->overflow > URIPC_DROP_OLDEST)
        return false;
    options->size = sizeof *options;
    if (options->queue_messages == 0)
        options->queue_messages = URIPC_QUEUE_MESSAGES;
    return true;
}

static uint32_t registrations(const struct model_node *node)
{
    uint32_t count = 0;
    for (const struct model_handle *at = node->handles; at != NULL; at = at->next)
        count++;
    return count;
}

static struct model_handle *handle_new(struct model_node *node, uint64_t parent, char *name,
                                       const struct uripc_register_options *options)
{
    struct model_handle *handle = model_alloc(sizeof *handle);
    handle->serial = ++node->last_serial; /* LIF-2, LIF-3 */
    handle->home = handle->serial;
    handle->parent = parent;
    handle->name = name;
    handle->options = *options;
    struct model_handle **end = &node->handles;
    while (*end != NULL)
        end = &(*end)->next;
    *end = handle;
    return handle;
}

static enum uripc_status node_register(struct uripc_node *opaque, struct uripc_handle parent,
                                       struct uripc_text uri,
                                       const struct uripc_register_options *given,
                                       uint64_t overlapped)
{
    struct model_node *node = model_own(opaque);
    const struct model_handle *above = model_open(node, parent.id);
    if (parent.id != 0 && above == NULL)
        return URIPC_INVALID_HANDLE; /* REG-15 */
    struct uripc_register_options options;
    if (!register_options(given, &options) || overlapped == 0 ||
        (uri.at == NULL && uri.length != 0))
        return URIPC_INVALID_ARGUMENT;
    char *name = name_below(above, uri);
    if (name == NULL || strlen(name) > node->limits.uri_units) {
        free(name);
        return URIPC_INVALID_NAME; /* NAM-19 */
    }
    enum uripc_status status = model_admit(node, overlapped);
    if (status == URIPC_PENDING && registrations(node) >= node->limits.registrations)
        status = URIPC_NO_RESOURCES; /* CMP-14 */
    if (status != URIPC_PENDING) {
        free(name);
        return status;
    }
    struct model_call *call =
        model_start(node, URIPC_CALL_REGISTER, parent.id, overlapped, options.deadline);
    struct model_handle *handle = handle_new(node, parent.id, name, &options);
    call->serial = handle->serial;
    claim(node, handle);
    model_settle(node);
    return URIPC_PENDING;
}

/* The handle whose claim or release has that ticket. */
static struct model_handle *ticket_holder(const struct model_node *node, uint32_t ticket)
{
    struct model_handle *at = node->handles;
    while (at != NULL && (at->ticket != ticket || at->state == MODEL_OPEN))
        at = at->next;
    return at;
}

static void registered(struct model_node *node, struct model_handle *handle,
                       enum uripc_status status)
{
    struct model_call *call = node->pending;
    while (call->result.call != URIPC_CALL_REGISTER || call->serial != handle->serial)
        call = call->next;
    if (status == URIPC_OK) {
        handle->state = MODEL_OPEN;
        call->result.handle.id = handle->serial;
        call->result.incarnation.node = node->identity;
        call->result.incarnation.serial = handle->home;
    } else {
        model_queue_end(node, handle);
        model_handle_free(node, handle);
    }
    model_complete(node, call, status, URIPC_DEFINITE);
}

static void node_on_claimed(struct uripc_node *opaque, uint32_t ticket, enum uripc_status status,
                            uint64_t serial)
{
    struct model_node *node = model_own(opaque);
    struct model_handle *handle = ticket_holder(node, ticket);
    if (handle == NULL)
        return;
    bool joins = status == URIPC_OK && serial != handle->serial;
    if (handle->state == MODEL_ABANDONED) {
        if (status == URIPC_OK && !joins)
            release(node, handle, 0);
        else
            model_handle_free(node, handle);
    } else if (joins && model_open(node, serial) == NULL) {
        claim(node, handle); /* the queue ended meanwhile, so its name is free or another's */
    } else {
        handle->home = joins ? serial : handle->serial; /* REG-7 */
        registered(node, handle, status);
    }
    model_settle(node);
}

static struct model_call *find_call(const struct model_node *node, uint64_t overlapped)
{
    struct model_call *at = node->pending;
    while (at != NULL && at->result.overlapped != overlapped)
        at = at->next;
    return at;
}

static void node_on_released(struct uripc_node *opaque, uint32_t ticket)
{
    struct model_node *node = model_own(opaque);
    struct model_handle *handle = ticket_holder(node, ticket);
    if (handle == NULL)
        return;
    struct model_call *closer = find_call(node, handle->closer);
    model_handle_free(node, handle);
    if (closer != NULL && --closer->releases == 0)
        model_complete(node, closer, URIPC_OK, URIPC_DEFINITE); /* LIF-5 */
    model_settle(node);
}

/* Ending calls early. */

static void abandon(struct model_node *node, uint64_t serial)
{
    struct model_handle *handle = node->handles;
    while (handle->serial != serial)
        handle = handle->next;
    handle->state = MODEL_ABANDONED;
    model_queue_end(node, handle);
}

static void end_early(struct model_node *node, struct model_call *call, enum uripc_status status)
{
    enum uripc_certainty certainty = URIPC_DEFINITE;
    if (call->result.call == URIPC_CALL_REGISTER)
        abandon(node, call->serial);
    if (call->result.call == URIPC_CALL_SEND && call->step == MODEL_HANDED) {
        certainty = URIPC_INDEFINITE; /* SND-21 */
        if (status == URIPC_TIMEOUT)
            model_withdraw(node, call);
    }
    model_complete(node, call, status, certainty);
}

static void node_on_wake(struct uripc_node *opaque)
{
    struct model_node *node = model_own(opaque);
    struct model_call *call;
    node->alarm = UINT64_MAX; /* it has gone off */
    while ((call = earliest(node)) != NULL && call->deadline <= node->now)
        end_early(node, call, URIPC_TIMEOUT);
    model_settle(node);
}

/* Asks for the end of a pending call.  Returns false if it had been asked before. */
static bool ask_to_end(struct model_node *node, struct model_call *call)
{
    bool is_send = call->result.call == URIPC_CALL_SEND;
    bool first = !call->cancelled;
    if (call->result.call == URIPC_CALL_CLOSE)
        call->cancelled = true; /* too late by nature */
    else if (is_send && call->step == MODEL_HANDED)
        model_withdraw(node, call); /* CMP-9: its target decides */
    else
        end_early(node, call, URIPC_ABORTED);
    return first;
}

static enum uripc_status node_cancel(struct uripc_node *opaque, uint64_t overlapped)
{
    struct model_node *node = model_own(opaque);
    struct model_call *call = find_call(node, overlapped);
    bool asked = call != NULL && ask_to_end(node, call);
    model_settle(node);
    return asked ? URIPC_OK : URIPC_NOT_FOUND; /* CMP-11 */
}

static enum uripc_status node_cancel_all(struct uripc_node *opaque, struct uripc_handle handle)
{
    struct model_node *node = model_own(opaque);
    if (model_open(node, handle.id) == NULL)
        return URIPC_INVALID_HANDLE;
    bool asked = false;
    struct model_call *next = NULL;
    for (struct model_call *call = node->pending; call != NULL; call = next) {
        next = call->next;
        if (call->on == handle.id && ask_to_end(node, call)) /* CMP-12 */
            asked = true;
    }
    model_settle(node);
    return asked ? URIPC_OK : URIPC_NOT_FOUND;
}

/* Closing. */

static struct model_handle *open_child(const struct model_node *node, uint64_t parent)
{
    struct model_handle *at = node->handles;
    while (at != NULL && (at->parent != parent || at->state != MODEL_OPEN))
        at = at->next;
    return at;
}

static struct model_handle *open_joiner(const struct model_node *node, uint64_t home)
{
    struct model_handle *at = node->handles;
    while (at != NULL && (at->home != home || at->serial == home || at->state != MODEL_OPEN))
        at = at->next;
    return at;
}

static void end_calls(struct model_node *node, uint64_t serial, enum uripc_status of_receives)
{
    struct model_call *next = NULL;
    for (struct model_call *call = node->pending; call != NULL; call = next) {
        next = call->next;
        if (call->on == serial && call->result.call != URIPC_CALL_CLOSE) { /* CMP-16 */
            bool receive = call->result.call == URIPC_CALL_RECEIVE;
            end_early(node, call, receive ? of_receives : URIPC_CLOSED);
        }
    }
}

/* Ends a registration with all below it and, if it is the home of a shared queue, those that
 * joined it (LIF-7, LIF-9). */
static void end_handle(struct model_node *node, struct model_handle *handle,
                       struct model_call *closer, enum uripc_status of_receives)
{
    bool is_home = handle->home == handle->serial;
    struct model_handle *other;
    while ((other = open_child(node, handle->serial)) != NULL)
        end_handle(node, other, closer, URIPC_CLOSED);
    end_calls(node, handle->serial, of_receives);
    while (is_home && (other = open_joiner(node, handle->serial)) != NULL)
        end_handle(node, other, closer, URIPC_ABORTED);
    if (is_home) {
        model_queue_end(node, handle);
        if (closer != NULL)
            closer->releases++;
        release(node, handle, closer != NULL ? closer->result.overlapped : 0);
    } else {
        model_handle_free(node, handle); /* the resolver knows the home only */
    }
}

static void node_on_revoked(struct uripc_node *opaque, uint64_t serial)
{
    struct model_node *node = model_own(opaque);
    struct model_handle *lost = model_open(node, serial);
    if (lost != NULL)
        end_handle(node, lost, NULL, URIPC_ABORTED); /* RES-9 */
    model_settle(node);
}

static enum uripc_status node_close(struct uripc_node *opaque, struct uripc_handle handle,
                                    uint64_t overlapped)
{
    struct model_node *node = model_own(opaque);
    struct model_handle *ending = model_open(node, handle.id);
    if (ending == NULL)
        return URIPC_INVALID_HANDLE; /* CMP-17 */
    if (overlapped == 0)
        return URIPC_INVALID_ARGUMENT;
    enum uripc_status status = model_admit(node, overlapped);
    if (status != URIPC_PENDING)
        return status;
    struct model_call *call = model_start(node, URIPC_CALL_CLOSE, ending->serial, overlapped, 0);
    end_handle(node, ending, call, URIPC_CLOSED);
    if (call->releases == 0)
        model_complete(node, call, URIPC_OK, URIPC_DEFINITE);
    model_settle(node);
    return URIPC_PENDING;
}

/* The rest. */

static void node_on_frame(struct uripc_node *opaque, uint32_t peer, const struct uripc_frame *frame)
{
    struct model_node *node = model_own(opaque);
    if (frame->to.node != node->identity)
        return; /* LIF-16: for an earlier life */
    switch (frame->kind) {
    case URIPC_FRAME_MESSAGE:
        model_arrived(node, peer, frame);
        break;
    case URIPC_FRAME_ANSWER:
        model_answered(node, peer, frame);
        break;
    case URIPC_FRAME_WITHDRAW:
        model_withdrawn(node, peer, frame);
        break;
    case URIPC_FRAME_JOIN: /* nobody joins from elsewhere (REG-9), so these do not come */
    case URIPC_FRAME_TAKE:
    case URIPC_FRAME_GIVEN:
    case URIPC_FRAME_TAKEN:
        break;
    }
    model_settle(node);
}

static enum uripc_status node_poll(struct uripc_node *opaque, struct uripc_completion *completion)
{
    struct model_node *node = model_own(opaque);
    struct model_call *call = node->done;
    if (call == NULL)
        return URIPC_WOULD_BLOCK; /* CMP-5 */
    node->done = call->next;
    *completion = call->result;
    free(call);
    return URIPC_OK;
}

static void info_of_queue(const struct model_handle *home, struct uripc_info *info)
{
    const struct model_frame *first = home->queue;
    info->next_source = first == NULL ? URIPC_NO_MESSAGE : (uint32_t)first->frame.source.length;
    info->next_target = first == NULL ? URIPC_NO_MESSAGE : (uint32_t)first->frame.target.length;
    info->next_data = first == NULL ? URIPC_NO_MESSAGE : first->frame.data_bytes;
    for (const struct model_frame *at = first; at != NULL; at = at->next) {
        info->messages++;
        info->bytes += at->frame.data_bytes;
    }
    for (const struct model_frame *at = home->blocked; at != NULL; at = at->next)
        info->waiting++;
    info->dropped = home->dropped;
}

static enum uripc_status node_info(struct uripc_node *opaque, struct uripc_handle handle,
                                   struct uripc_info *info)
{
    struct model_node *node = model_own(opaque);
    const struct model_handle *open = model_open(node, handle.id);
    if (open == NULL)
        return URIPC_INVALID_HANDLE;
    if (info == NULL)
        return URIPC_OK;
    *info = (struct uripc_info){.kind = open->options.kind,
                                .incarnation = {.node = node->identity, .serial = open->home}};
    info_of_queue(model_home(node, open->home), info); /* RCV-11 */
    for (const struct model_call *at = node->pending; at != NULL; at = at->next)
        info->receives += at->result.call == URIPC_CALL_RECEIVE && at->on == open->serial;
    return URIPC_OK;
}

const struct uripc_node_ops model_node_ops = {.bytes = node_bytes,
                                              .init = node_init,
                                              .fini = node_fini,
                                              .set_time = node_set_time,
                                              .on_claimed = node_on_claimed,
                                              .on_released = node_on_released,
                                              .on_route = model_on_route,
                                              .on_route_gone = model_on_route_gone,
                                              .on_revoked = node_on_revoked,
                                              .on_frame = node_on_frame,
                                              .on_room = model_on_room,
                                              .on_peer_down = model_on_peer_down,
                                              .on_wake = node_on_wake,
                                              .register_ = node_register,
                                              .send = model_send,
                                              .receive = model_receive,
                                              .cancel = node_cancel,
                                              .cancel_all = node_cancel_all,
                                              .close = node_close,
                                              .poll = node_poll,
                                              .info = node_info};
