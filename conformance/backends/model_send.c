/* SPDX-License-Identifier: MIT */
/* The source side of the model: look up, hand over in turn, wait for the answer. */
#include <stdlib.h>
#include <string.h>

#include "model_name.h"
#include "model_parts.h"

static void look_up(struct model_node *node, struct model_call *call)
{
    call->step = MODEL_LOOKUP;
    call->ticket = ++node->last_ticket;
    node->host->lookup(node->self, call->ticket, call->message->frame.target);
}

/* A sending call's arguments, checked one after the other. */
struct send_request {
    struct uripc_send_options options;
    struct uripc_frame frame;
    char *source;
    char *target;
};

static struct uripc_text text_of(const char *string)
{
    return (struct uripc_text){.at = string, .length = string == NULL ? 0 : strlen(string)};
}

static bool arguments_are_good(struct send_request *request, const struct uripc_text *suffix,
                               struct uripc_text target, const void *data, uint32_t length,
                               const struct uripc_send_options *options, uint64_t overlapped)
{
    bool known = model_options(&request->options, sizeof request->options,
                               options == NULL ? NULL : &options->size);
    bool texts = (target.at != NULL || target.length == 0) &&
                 (suffix == NULL || suffix->at != NULL || suffix->length == 0);
    return known && texts && overlapped != 0 && (data != NULL || length == 0) /* SND-4 */ &&
           (request->options.flags & ~(uint32_t)URIPC_NOWAIT) == 0;
}

static bool names_are_good(struct send_request *request, const struct model_node *node,
                           const struct model_handle *handle, const struct uripc_text *suffix,
                           struct uripc_text target)
{
    request->source = suffix == NULL ? model_string(text_of(handle->name))
                                     : model_name_compose(handle->name, *suffix); /* RTE-7 */
    request->target = model_name_target(target);                                  /* RTE-6 */
    request->frame.source = text_of(request->source);
    request->frame.target = text_of(request->target);
    return request->source != NULL && request->target != NULL &&
           request->frame.source.length <= node->limits.uri_units && /* NAM-17 */
           request->frame.target.length <= node->limits.uri_units;
}

static void start_send(struct model_node *node, const struct model_handle *handle,
                       struct send_request *request, uint64_t overlapped)
{
    struct model_call *call =
        model_start(node, URIPC_CALL_SEND, handle->serial, overlapped, request->options.deadline);
    call->flags = request->options.flags;
    call->length = request->frame.data_bytes;
    call->expected = request->options.expected;
    call->result.message_id = ++node->last_message; /* DLV-3 */
    request->frame.kind = URIPC_FRAME_MESSAGE;
    request->frame.flags = request->options.flags;
    request->frame.from.node = node->identity;
    request->frame.from.serial = handle->home; /* a reply reaches the queue, not the handle */
    call->from = request->frame.from;
    request->frame.message_id = call->result.message_id;
    call->message = model_frame_copy(0, &request->frame); /* SND-6 */
    look_up(node, call);
}

enum uripc_status model_send(struct uripc_node *opaque, struct uripc_handle source,
                             const struct uripc_text *suffix, struct uripc_text target,
                             const void *data, uint32_t length,
                             const struct uripc_send_options *options, uint64_t overlapped)
{
    struct model_node *node = model_own(opaque);
    const struct model_handle *handle = model_open(node, source.id);
    if (handle == NULL)
        return URIPC_INVALID_HANDLE;
    struct send_request request = {.frame = {.data = data, .data_bytes = length}};
    if (!arguments_are_good(&request, suffix, target, data, length, options, overlapped))
        return URIPC_INVALID_ARGUMENT;
    enum uripc_status status = URIPC_INVALID_NAME;
    if (names_are_good(&request, node, handle, suffix, target))
        status = model_admit(node, overlapped);
    if (status == URIPC_PENDING && !model_pool_has(node, &request.frame))
        status = URIPC_NO_RESOURCES; /* SND-9 */
    if (status == URIPC_PENDING)
        start_send(node, handle, &request, overlapped);
    free(request.source);
    free(request.target);
    model_settle(node);
    return status;
}

/* What the route alone decides: `pending` if the message may go. */
static enum uripc_status judge(const struct model_call *call, enum uripc_status status,
                               const struct uripc_route *route)
{
    static const struct uripc_incarnation any;
    bool demands = !model_lives_equal(call->expected, any);
    if (status == URIPC_NO_RECEIVER && demands)
        return URIPC_PEER_GONE; /* LIF-14 */
    if (status != URIPC_OK)
        return status;
    if (demands && route->group)
        return URIPC_NOT_SUPPORTED; /* SND-20 */
    if (demands && !model_lives_equal(call->expected, route->to))
        return URIPC_PEER_GONE; /* SND-19 */
    uint64_t data = call->message->frame.data_bytes;
    uint64_t both = data + call->message->frame.target.length;
    if ((route->payload_max != 0 && data > route->payload_max) ||
        (route->budget != 0 && both > route->budget))
        return URIPC_TOO_BIG;                                       /* DLV-8 to DLV-10, DLV-18 */
    return route->peer == URIPC_NOWHERE ? URIPC_OK : URIPC_PENDING; /* DLV-7 */
}

static void complete_send(struct model_node *node, struct model_call *call,
                          enum uripc_status status, enum uripc_certainty certainty)
{
    call->result.bytes = status == URIPC_OK ? call->length : 0; /* SND-5 */
    model_complete(node, call, status, certainty);
}

void model_on_route(struct uripc_node *opaque, uint32_t ticket, enum uripc_status status,
                    const struct uripc_route *route)
{
    struct model_node *node = model_own(opaque);
    struct model_call *call = node->pending;
    while (call != NULL && (call->result.call != URIPC_CALL_SEND || call->step != MODEL_LOOKUP ||
                            call->ticket != ticket))
        call = call->next;
    if (call == NULL)
        return; /* complete already */
    enum uripc_status verdict = judge(call, status, route);
    if (verdict == URIPC_PENDING) {
        call->route = *route;
        call->step = MODEL_ROUTED;
    } else {
        complete_send(node, call, verdict, URIPC_DEFINITE);
    }
    model_settle(node);
}

/* SND-7: whether an earlier message of the same source has to go first.  One whose route is not
 * known yet might have the same target. */
static const struct model_call *ahead_of(const struct model_node *node,
                                         const struct model_call *call)
{
    for (const struct model_call *at = node->pending; at != call; at = at->next)
        if (at->result.call == URIPC_CALL_SEND && at->on == call->on && at->step != MODEL_HANDED &&
            (at->step == MODEL_LOOKUP || model_lives_equal(at->route.to, call->route.to)))
            return at;
    return NULL;
}

static void hand_over(struct model_node *node, struct model_call *call)
{
    bool confirmed = call->route.confirmed && !call->route.group;
    struct uripc_frame *frame = &call->message->frame;
    frame->to = call->route.to;
    frame->confirmed = confirmed;
    enum uripc_status status =
        node->host->carry(node->self, call->route.peer, call->route.group, frame);
    if (status == URIPC_WOULD_BLOCK && (call->flags & URIPC_NOWAIT) == 0) {
        call->step = MODEL_NO_ROOM;
    } else if (status != URIPC_OK || !confirmed) { /* DLV-5 */
        complete_send(node, call, status, URIPC_DEFINITE);
    } else {
        call->step = MODEL_HANDED;
        model_frames_free(&call->message);
    }
}

void model_hand_over_all(struct model_node *node)
{
    struct model_call *next = NULL;
    for (struct model_call *call = node->pending; call != NULL; call = next) {
        next = call->next;
        if (call->result.call != URIPC_CALL_SEND || call->step != MODEL_ROUTED)
            continue;
        const struct model_call *ahead = ahead_of(node, call);
        if (ahead == NULL)
            hand_over(node, call);
        else if (ahead->step == MODEL_NO_ROOM && (call->flags & URIPC_NOWAIT) != 0)
            complete_send(node, call, URIPC_WOULD_BLOCK, URIPC_DEFINITE);
    }
}

void model_on_route_gone(struct uripc_node *opaque, struct uripc_incarnation to)
{
    struct model_node *node = model_own(opaque);
    for (struct model_call *call = node->pending; call != NULL; call = call->next)
        if (call->result.call == URIPC_CALL_SEND &&
            (call->step == MODEL_ROUTED || call->step == MODEL_NO_ROOM) &&
            model_lives_equal(call->route.to, to))
            look_up(node, call);
    model_settle(node);
}

void model_on_room(struct uripc_node *opaque, uint32_t peer)
{
    struct model_node *node = model_own(opaque);
    for (struct model_call *call = node->pending; call != NULL; call = call->next)
        if (call->result.call == URIPC_CALL_SEND && call->step == MODEL_NO_ROOM &&
            call->route.peer == peer)
            call->step = MODEL_ROUTED;
    model_settle(node);
}

void model_on_peer_down(struct uripc_node *opaque, uint32_t peer)
{
    struct model_node *node = model_own(opaque);
    struct model_call *next = NULL;
    for (struct model_call *call = node->pending; call != NULL; call = next) {
        next = call->next;
        if (call->result.call != URIPC_CALL_SEND || call->step == MODEL_LOOKUP ||
            call->route.peer != peer)
            continue;
        if (call->step == MODEL_HANDED) /* LIF-11 */
            complete_send(node, call, URIPC_PEER_GONE, URIPC_INDEFINITE);
        else
            look_up(node, call);
    }
    model_settle(node);
}

void model_answered(struct model_node *node, uint32_t peer, const struct uripc_frame *frame)
{
    for (struct model_call *call = node->pending; call != NULL; call = call->next) {
        if (call->result.call == URIPC_CALL_SEND && call->step == MODEL_HANDED &&
            call->route.peer == peer && call->result.message_id == frame->message_id) {
            call->result.incarnation = frame->from;
            complete_send(node, call, frame->status, frame->certainty);
            return;
        }
    }
}

void model_withdraw(struct model_node *node, struct model_call *call)
{
    struct uripc_frame frame = {.kind = URIPC_FRAME_WITHDRAW,
                                .from = call->from,
                                .to = call->route.to,
                                .message_id = call->result.message_id};
    if (!call->cancelled) {
        call->cancelled = true;
        (void)node->host->carry(node->self, call->route.peer, false, &frame);
    }
}
