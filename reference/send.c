/* SPDX-License-Identifier: MIT */
#include "send.h"

#include <string.h>

#include "calls.h"
#include "name.h"
#include "options.h"
#include "ports.h"
#include "registration.h"
#include "routes.h"
#include "store.h"

/* ---- handing over ---- */

static _Bool is_demanded(struct uripc_incarnation expected)
{
    return expected.node != 0 || expected.serial != 0;
}

/* What the route alone says about a message: ok if it may be handed over. */
static enum uripc_status check_route(const struct uripc__call *call,
                                     const struct uripc_route *route, size_t target_units)
{
    uint32_t data = call->data_bytes;
    if (is_demanded(call->expected) && route->group)
        return URIPC_MUTANT(GROUP_DEMAND_TAKEN) ? URIPC_OK : URIPC_NOT_SUPPORTED; /* SND-20 */
    if (is_demanded(call->expected) &&
        (call->expected.node != route->to.node || call->expected.serial != route->to.serial) &&
        !URIPC_MUTANT(ANY_INCARNATION))
        return URIPC_PEER_GONE; /* SND-19 */
    if (route->payload_max != 0 && data > route->payload_max + (URIPC_MUTANT(CAP_ONE_MORE) ? 1 : 0))
        return URIPC_TOO_BIG; /* DLV-8 */
    if (route->budget != 0 && !URIPC_MUTANT(NAME_NOT_COUNTED) &&
        target_units + data > route->budget)
        return URIPC_TOO_BIG; /* DLV-10 */
    return URIPC_OK;
}

uint64_t uripc__message_id_next(struct uripc_node *node)
{
    node->messages += URIPC_MUTANT(SPARSE_IDS) ? 7 : 1;
    return URIPC_MUTANT(ONE_MESSAGE_ID) ? 1 : node->messages;
}

/* Offers a message to the carrier.  Says what became of it; the call itself is not touched but for
 * its message id. */
static enum uripc_status offer(struct uripc_node *node, struct uripc__call *call,
                               const struct uripc_route *route, struct uripc_frame *frame)
{
    enum uripc_status status = check_route(call, route, frame->target.length);
    if (status != URIPC_OK)
        return status;
    if (call->result.message_id == 0)
        call->result.message_id = uripc__message_id_next(node); /* DLV-3 */
    frame->message_id = call->result.message_id;
    frame->to = route->to;
    frame->confirmed = route->confirmed && !route->group;
    return uripc__port_carry(node, route->peer, route->group, frame);
}

static _Bool must_wait(const struct uripc__call *call, enum uripc_status status)
{
    return status == URIPC_WOULD_BLOCK && !(call->flags & URIPC_NOWAIT);
}

/* Goes on with a send, in no list, after its offer. */
static void offered(struct uripc_node *node, uint32_t slot, const struct uripc_route *route,
                    enum uripc_status status)
{
    struct uripc__call *call = uripc__call(node, slot);
    if (status == URIPC_OK && route->confirmed && !route->group) {
        call->peer = route->peer;
        call->sent_to = route->to;
        uripc__call_sent(node, slot, URIPC__SENT);
        return;
    }
    if (status == URIPC_OK)
        call->result.bytes = call->data_bytes; /* DLV-5 */
    uripc__call_complete(node, slot, status, URIPC_DEFINITE);
}

/* ---- the outbox ---- */

void uripc__outbox_changed(struct uripc_node *node)
{
    node->outbox_next = node->outbox.head;
}

static void enter_outbox(struct uripc_node *node, uint32_t slot)
{
    uripc__call(node, slot)->phase = URIPC__OUTBOX;
    uripc__queue_append(node, &node->outbox, slot);
    if (node->outbox_next == URIPC__NONE)
        node->outbox_next = slot;
}

static void leave_outbox(struct uripc_node *node, uint32_t slot)
{
    struct uripc__call *call = uripc__call(node, slot);
    uripc__queue_remove(node, &node->outbox, slot);
    uripc__outbox_changed(node);
    uripc__store_drop(node, call->message);
    call->message = 0;
}

/* SND-7: a send may not overtake an earlier one of its source that has no route yet, nor one that
 * waits for room towards the same peer. */
static _Bool is_held(const struct uripc_node *node, const struct uripc__registration *source,
                     const struct uripc_route *route)
{
    return source->hold_pass == node->pass && (source->hold_peer == URIPC_NOWHERE ||
                                               (source->hold_peer == route->peer && !route->group));
}

static void hold(struct uripc_node *node, struct uripc__registration *source, uint32_t peer)
{
    if (source->hold_pass == node->pass && source->hold_peer != peer)
        peer = URIPC_NOWHERE;
    source->hold_pass = node->pass;
    source->hold_peer = peer;
}

/* Whether no later send of the source can go in this pass, wherever it leads. */
static _Bool is_stuck(const struct uripc_node *node, const struct uripc__registration *source)
{
    return source->hold_pass == node->pass && source->hold_peer == URIPC_NOWHERE;
}

/* The known route for a target, asking for it where it is not; NULL while there is none.  Who is
 * stuck anyway asks once: an answer that must not be remembered would be asked for for ever
 * (RTE-13). */
static struct uripc__route *route_for(struct uripc_node *node, uint32_t slot,
                                      struct uripc_text target, _Bool stuck)
{
    struct uripc__call *call = uripc__call(node, slot);
    call->route = uripc__route_find(node, target);
    if (call->route == URIPC__NONE && (!stuck || !call->asked || URIPC_MUTANT(STUCK_ASK_AGAIN))) {
        call->route = uripc__route_take(node, target);
        if (call->route == URIPC__NONE)
            return NULL;
        call->asked = 1;
        uripc__outbox_changed(node);
        uripc__port_lookup(node, call->route, target);
    }
    if (call->route == URIPC__NONE)
        return NULL;
    struct uripc__route *route = uripc__route(node, call->route);
    return route->state == URIPC__ROUTE_KNOWN ? route : NULL;
}

/* RTE-10: that nobody holds a name says nothing about sends that began after the question, as the
 * name may have been registered between the two. */
static _Bool is_too_late(const struct uripc__call *call, const struct uripc__route *route)
{
    return call->started > route->asked && !URIPC_MUTANT(OLD_ABSENCE);
}

static void try_one(struct uripc_node *node, uint32_t slot)
{
    struct uripc__call *call = uripc__call(node, slot);
    struct uripc__registration *source = uripc__registration(node, call->registration);
    struct uripc_frame frame = uripc__store_frame(node, call->message);
    struct uripc__route *route = route_for(node, slot, frame.target, is_stuck(node, source));
    if (route == NULL || (route->route.peer == URIPC_NOWHERE && is_too_late(call, route))) {
        hold(node, source, URIPC_NOWHERE);
        return;
    }
    if (is_held(node, source, &route->route)) {
        if (call->flags & URIPC_NOWAIT && source->hold_peer == route->route.peer)
            uripc__send_drop(node, slot, URIPC_WOULD_BLOCK);
        else
            hold(node, source, route->route.peer);
        route->wanted = node->pass;
        return;
    }
    struct uripc_route answer = route->route;
    enum uripc_status status = offer(node, call, &answer, &frame);
    if (must_wait(call, status)) {
        hold(node, source, answer.peer);
        route->wanted = node->pass;
        uripc__outbox_changed(node); /* only a try can tell whether there is room */
        return;
    }
    leave_outbox(node, slot);
    offered(node, slot, &answer, status);
}

void uripc__outbox_pump(struct uripc_node *node)
{
    uint32_t next;
    uint32_t slot = node->outbox_next;
    if (slot == URIPC__NONE)
        return;
    node->outbox_next = URIPC__NONE;
    if (slot == node->outbox.head)
        node->pass++; /* else the last one goes on */
    for (; slot != URIPC__NONE; slot = next) {
        next = uripc__call(node, slot)->queue.after;
        try_one(node, slot);
    }
}

void uripc__send_unrouted(struct uripc_node *node, uint32_t route, enum uripc_status status)
{
    uint32_t next;
    for (uint32_t slot = node->outbox.head; slot != URIPC__NONE; slot = next) {
        struct uripc__call *call = uripc__call(node, slot);
        next = call->queue.after;
        if (call->route != route)
            continue;
        if (is_too_late(call, uripc__route(node, route)))
            call->route = URIPC__NONE; /* it asks again */
        else if (is_demanded(call->expected) && status == URIPC_NO_RECEIVER)
            uripc__send_drop(node, slot, URIPC_PEER_GONE); /* LIF-14 */
        else
            uripc__send_drop(node, slot, status); /* RTE-5 */
    }
}

void uripc__send_drop(struct uripc_node *node, uint32_t slot, enum uripc_status status)
{
    leave_outbox(node, slot);
    uripc__call_complete(node, slot, status, URIPC_DEFINITE);
}

/* ---- after handing over ---- */

void uripc__send_answered(struct uripc_node *node, const struct uripc_frame *answer)
{
    uint32_t slot = uripc__call_find_sent(node, answer->message_id);
    if (slot == URIPC__NONE) /* timed out, closed, or answered before */
        return;
    struct uripc__call *call = uripc__call(node, slot);
    if (call->phase != URIPC__SENT)
        return;
    if (answer->status == URIPC_OK || URIPC_MUTANT(BYTES_ON_ERROR))
        call->result.bytes = call->data_bytes; /* SND-5 */
    call->result.incarnation = answer->from;
    uripc__call_complete(node, slot, answer->status, answer->certainty);
}

void uripc__send_withdraw(struct uripc_node *node, uint32_t slot)
{
    struct uripc__call *call = uripc__call(node, slot);
    struct uripc_frame withdraw = {
        .kind = URIPC_FRAME_WITHDRAW,
        .from = {.node = node->identity},
        .to = call->sent_to,
        .message_id = call->result.message_id,
    };
    uripc__port_carry(node, call->peer, 0, &withdraw);
}

/* The sent send to `peer` that was started first after `started`, or NONE. */
static uint32_t next_sent(struct uripc_node *node, uint32_t peer, uint64_t started)
{
    uint32_t found = URIPC__NONE;
    for (uint32_t slot = 0; slot < node->calls_used; slot++) {
        const struct uripc__call *call = uripc__call(node, slot);
        if (call->phase == URIPC__SENT && call->peer == peer && call->started > started &&
            (found == URIPC__NONE || call->started < uripc__call(node, found)->started))
            found = slot;
    }
    return found;
}

void uripc__send_peer_down(struct uripc_node *node, uint32_t peer)
{
    uint32_t slot;
    uint64_t started = 0;
    while ((slot = next_sent(node, peer, started)) != URIPC__NONE) {
        started = uripc__call(node, slot)->started;
        if (!URIPC_MUTANT(DEATH_UNNOTICED))
            uripc__call_complete(node, slot, URIPC_PEER_GONE, URIPC_INDEFINITE); /* LIF-11 */
    }
}

/* ---- the call ---- */

/* The two URIs of a message, in the node's scratch memory. */
struct uris {
    struct uripc_text source;
    struct uripc_text target;
};

static enum uripc_status compose(struct uripc_node *node, uint32_t slot,
                                 const struct uripc_text *suffix, struct uripc_text target,
                                 struct uris *uris)
{
    size_t capacity = node->limits.uri_units;
    char *scratch = uripc__at(node, node->at_scratch);
    struct uripc_text name = {.at = uripc__name(node, slot),
                              .length = uripc__registration(node, slot)->name_units};
    uris->source = name;
    if (suffix != NULL && !URIPC_MUTANT(SUFFIX_DROPPED)) {
        uris->source.at = scratch;
        enum uripc_status status =
            uripc_name_compose(name, *suffix, scratch, capacity, &uris->source.length);
        if (status != URIPC_OK)
            return status;
    }
    uris->target = (struct uripc_text){.at = scratch + capacity, .length = target.length};
    if (target.length != 0 && target.length == node->target_last &&
        memcmp(scratch + capacity, target.at, target.length) == 0)
        return URIPC_OK; /* what is canonical stays as it is */
    node->target_last = 0;
    enum uripc_status status = uripc_name_canonical(target, URIPC_NAME_TARGET, scratch + capacity,
                                                    capacity, &uris->target.length);
    if (status == URIPC_OK)
        node->target_last = (uint32_t)uris->target.length;
    return status;
}

/* Checks that come before anything is changed. */
static enum uripc_status may_send(struct uripc_node *node, const struct uris *uris,
                                  const void *data, uint32_t length, uint64_t overlapped)
{
    enum uripc_status status = uripc__call_may_start(node, overlapped);
    if (status != URIPC_OK)
        return status;
    if (data == NULL && length != 0 && !URIPC_MUTANT(NULL_DATA_TAKEN)) /* SND-4 */
        return URIPC_INVALID_ARGUMENT;
    if (!uripc__store_can_hold(node, uris->source.length, uris->target.length, length))
        return URIPC_NO_RESOURCES; /* SND-9 */
    return URIPC_OK;
}

/* Hands a new message over directly if its route is known and nothing can be overtaken. */
static _Bool send_directly(struct uripc_node *node, uint32_t slot, struct uripc_frame *frame)
{
    if (node->outbox.head != URIPC__NONE && !URIPC_MUTANT(OUTBOX_OVERTAKEN))
        return 0;
    if (URIPC_MUTANT(NEVER_DIRECT))
        return 0;
    uint32_t found = uripc__route_find(node, frame->target);
    if (found == URIPC__NONE || uripc__route(node, found)->state != URIPC__ROUTE_KNOWN)
        return 0;
    struct uripc_route route = uripc__route(node, found)->route;
    struct uripc__call *call = uripc__call(node, slot);
    enum uripc_status status = offer(node, call, &route, frame);
    if (must_wait(call, status))
        return 0;
    offered(node, slot, &route, status);
    return 1;
}

static void start_send(struct uripc_node *node, uint32_t slot, struct uripc_frame *frame)
{
    struct uripc__call *call = uripc__call(node, slot);
    if (send_directly(node, slot, frame))
        return;
    call->message = uripc__store_put(node, URIPC_NOWHERE, frame);
    if (call->message == 0) {
        uripc__call_complete(node, slot, URIPC_NO_RESOURCES, URIPC_DEFINITE);
        return;
    }
    enter_outbox(node, slot);
}

enum uripc_status uripc_send(struct uripc_node *node, struct uripc_handle source,
                             const struct uripc_text *suffix, struct uripc_text target,
                             const void *data, uint32_t length,
                             const struct uripc_send_options *options, uint64_t overlapped)
{
    struct uripc_send_options chosen;
    struct uris uris;
    uint32_t registration = uripc__registration_find(node, source);
    if (registration == URIPC__NONE)
        return URIPC_INVALID_HANDLE;
    enum uripc_status status = uripc__read_send_options(options, &chosen);
    if (status == URIPC_OK)
        status = compose(node, registration, suffix, target, &uris);
    if (status == URIPC_OK)
        status = may_send(node, &uris, data, length, overlapped);
    if (status != URIPC_OK)
        return status;

    uint32_t slot = uripc__call_start(node, &(struct uripc__start){.call = URIPC_CALL_SEND,
                                                                   .overlapped = overlapped,
                                                                   .handle = source.id,
                                                                   .registration = registration,
                                                                   .deadline = chosen.deadline});
    struct uripc__call *call = uripc__call(node, slot);
    call->flags = chosen.flags;
    call->expected = chosen.expected;
    call->data_bytes = length;
    uint32_t home = uripc__registration(node, registration)->home;
    struct uripc_frame frame = {
        .kind = URIPC_FRAME_MESSAGE,
        .flags = chosen.flags,
        .from = {.node = node->identity, .serial = uripc__registration(node, home)->id},
        .source = uris.source,
        .target = uris.target,
        .data = data,
        .data_bytes = URIPC_MUTANT(NULL_DATA_TAKEN) && data == NULL ? 0 : length,
        .name_units = uripc__registration(node, registration)->name_units,
    };
    start_send(node, slot, &frame);
    uripc__turn_end(node);
    return URIPC_PENDING;
}
