/* SPDX-License-Identifier: MIT */
/* The node as its host sees it, and the only place that talks to the host. */
#include "node.h"

#include <string.h>

#include "calls.h"
#include "hash.h"
#include "inbox.h"
#include "joined.h"
#include "options.h"
#include "ports.h"
#include "registration.h"
#include "routes.h"
#include "send.h"
#include "workers.h"

/* ---- creation ---- */

enum { SLOTS_MAX = 1 << 16, BYTES_MAX = 1 << 30 };

static uint32_t reserve(size_t *total, size_t bytes)
{
    size_t at = (*total + 7) / 8 * 8;
    *total = at + bytes;
    return (uint32_t)at;
}

/* Lays the arrays out behind the node's head; returns the bytes of the whole block. */
static size_t lay_out(struct uripc_node *node)
{
    const struct uripc_limits *limits = &node->limits;
    size_t uri = limits->uri_units;
    size_t total = sizeof *node;
    node->buckets = uripc__buckets(limits->operations);
    node->route_buckets = uripc__buckets(limits->routes);
    node->at_by_overlapped = reserve(&total, node->buckets * sizeof(uint32_t));
    node->at_by_message = reserve(&total, node->buckets * sizeof(uint32_t));
    node->at_by_route = reserve(&total, node->route_buckets * sizeof(uint32_t));
    node->at_heap = reserve(&total, limits->operations * sizeof(uint32_t));
    node->at_calls = reserve(&total, limits->operations * sizeof(struct uripc__call));
    node->at_registrations =
        reserve(&total, limits->registrations * sizeof(struct uripc__registration));
    node->at_routes = reserve(&total, limits->routes * sizeof(struct uripc__route));
    node->at_names = reserve(&total, limits->registrations * uri);
    node->at_targets = reserve(&total, limits->routes * uri);
    node->at_scratch = reserve(&total, 2 * uri);
    node->at_pool = reserve(&total, uripc__pool_region(limits->pool_bytes));
    return (total + 7) / 8 * 8;
}

static _Bool sane(const struct uripc_limits *limits)
{
    return limits->size == sizeof *limits && limits->registrations > 0 &&
           limits->registrations < SLOTS_MAX && limits->operations > 0 &&
           limits->operations < SLOTS_MAX && limits->routes > 0 && limits->routes < SLOTS_MAX &&
           limits->pool_bytes > 0 && limits->pool_bytes < BYTES_MAX && limits->uri_units > 0 &&
           limits->uri_units < SLOTS_MAX;
}

size_t uripc_node_bytes(const struct uripc_limits *limits)
{
    if (!sane(limits))
        return 0;
    struct uripc_node shape = {.limits = *limits};
    size_t bytes = lay_out(&shape);
    return bytes < UINT32_MAX ? bytes : 0;
}

struct uripc_node *uripc_node_init(void *block, const struct uripc_limits *limits,
                                   const struct uripc_host *host, void *self, uint64_t identity,
                                   uint32_t peer)
{
    struct uripc_node *node = block;
    if (uripc_node_bytes(limits) == 0)
        return NULL;
    *node = (struct uripc_node){
        .host = host,
        .self = self,
        .identity = identity,
        .peer = peer,
        .limits = *limits,
        .wake = URIPC__NEVER,
        .calls_free = URIPC__NONE,
        .registrations_free = URIPC__NONE,
        .outbox = {URIPC__NONE, URIPC__NONE},
        .outbox_next = URIPC__NONE,
        .completions = {URIPC__NONE, URIPC__NONE},
    };
    lay_out(node);
    memset(uripc__at(node, node->at_by_overlapped), 0xff, node->buckets * sizeof(uint32_t));
    memset(uripc__at(node, node->at_by_message), 0xff, node->buckets * sizeof(uint32_t));
    memset(uripc__at(node, node->at_by_route), 0xff, node->route_buckets * sizeof(uint32_t));
    uripc__pool_init(&node->pool, uripc__at(node, node->at_pool),
                     (uint32_t)uripc__pool_region(limits->pool_bytes));
    return node;
}

void uripc_node_fini(struct uripc_node *node)
{
    (void)node;
}

void uripc_node_set_time(struct uripc_node *node, uint64_t now)
{
    node->now = now;
}

/* Slots are handed out from the front. */
size_t uripc_node_hot(const struct uripc_limits *limits,
                      struct uripc_stretch stretches[URIPC_STRETCHES])
{
    enum { FEW = 2 };
    struct uripc_node shape = {.limits = *limits};
    const size_t uri = limits->uri_units;
    (void)lay_out(&shape);
    const struct uripc_stretch hot[] = {
        {0, sizeof shape},
        {shape.at_by_route, shape.route_buckets * sizeof(uint32_t)},
        {shape.at_heap, sizeof(uint32_t)},
        {shape.at_calls, FEW * sizeof(struct uripc__call)},
        {shape.at_registrations, sizeof(struct uripc__registration)},
        {shape.at_routes, FEW * sizeof(struct uripc__route)},
        {shape.at_names, uri},
        {shape.at_targets, FEW * uri},
        {shape.at_scratch, 2 * uri},
        {shape.at_pool, sizeof(struct uripc__message) + 2 * uri},
    };
    memcpy(stretches, hot, sizeof hot);
    return sizeof hot / sizeof *hot;
}

/* ---- ports ---- */

void uripc__port_claim(struct uripc_node *node, const struct uripc_claim *claim)
{
    node->host->claim(node->self, claim);
}

void uripc__port_release(struct uripc_node *node, uint32_t ticket, uint64_t serial)
{
    node->host->release(node->self, ticket, serial);
}

void uripc__port_lookup(struct uripc_node *node, uint32_t ticket, struct uripc_text target)
{
    node->host->lookup(node->self, ticket, target);
}

enum uripc_status uripc__port_carry(struct uripc_node *node, uint32_t peer, _Bool group,
                                    const struct uripc_frame *frame)
{
    return node->host->carry(node->self, peer, group, frame);
}

void uripc__port_copy_out(struct uripc_node *node, uint64_t id, uint32_t offset, const void *bytes,
                          uint32_t length)
{
    if (length != 0)
        node->host->copy_out(node->self, id, offset, bytes, length);
}

_Bool uripc__port_run_one(struct uripc_node *node)
{
    return node->host->run_one(node->self);
}

void uripc__turn_end(struct uripc_node *node)
{
    uint32_t slot;
    uripc__outbox_pump(node);
    uint64_t wake = uripc__deadline_first(node, &slot);
    if (wake == node->wake)
        return;
    node->wake = wake;
    node->host->wake_at(node->self, wake);
}

/* ---- upcalls ---- */

void uripc_node_on_claimed(struct uripc_node *node, uint32_t ticket, enum uripc_status status,
                           uint64_t serial)
{
    uripc__registration_claimed(node, ticket, status, serial);
    uripc__turn_end(node);
}

void uripc_node_on_joined(struct uripc_node *node, uint32_t ticket, uint32_t peer,
                          struct uripc_incarnation home)
{
    uripc__registration_joins(node, ticket, peer, home);
    uripc__turn_end(node);
}

void uripc_node_on_released(struct uripc_node *node, uint32_t ticket)
{
    if (ticket != URIPC__NONE)
        uripc__call_complete(node, ticket, URIPC_OK, URIPC_DEFINITE);
    uripc__turn_end(node);
}

void uripc_node_on_route(struct uripc_node *node, uint32_t ticket, enum uripc_status status,
                         const struct uripc_route *route)
{
    struct uripc__route *asked = uripc__route(node, ticket);
    if (status == URIPC_OK) {
        asked->route = *route;
        asked->state = URIPC__ROUTE_KNOWN;
        uripc__outbox_changed(node);
        uripc__outbox_pump(node);
    }
    if (asked->state == URIPC__ROUTE_KNOWN && asked->route.peer == URIPC_NOWHERE)
        uripc__route_forget(node, ticket); /* RTE-10: nobody tells when such a name appears */
    if (status != URIPC_OK) {
        uripc__send_unrouted(node, ticket, status);
        uripc__route_forget(node, ticket);
    }
    uripc__turn_end(node);
}

void uripc_node_on_route_gone(struct uripc_node *node, struct uripc_incarnation to)
{
    uripc__routes_forget_life(node, to);
    uripc__turn_end(node);
}

void uripc_node_on_revoked(struct uripc_node *node, uint64_t serial)
{
    uripc__registration_revoked(node, serial);
    uripc__turn_end(node);
}

static void expire(struct uripc_node *node, uint32_t slot)
{
    if (uripc__call(node, slot)->phase == URIPC__SENT)
        uripc__send_withdraw(node, slot);
    uripc__call_end(node, slot, URIPC_TIMEOUT,
                    URIPC_MUTANT(TIMEOUT_IS_CERTAIN) ? URIPC_DEFINITE
                                                     : URIPC_INDEFINITE); /* SND-21, RCV-10 */
}

static void expire_due(struct uripc_node *node)
{
    uint32_t slot = URIPC__NONE;
    while (uripc__deadline_first(node, &slot) <= node->now && !URIPC_MUTANT(NO_DEADLINES))
        expire(node, slot);
}

void uripc_node_on_frame(struct uripc_node *node, uint32_t peer, const struct uripc_frame *frame)
{
    uint32_t slot = URIPC__NONE;
    if (frame->to.node != node->identity) /* LIF-13: meant for an earlier life of this process */
        return;
    if (URIPC_MUTANT(FORGETFUL_ROUTES))
        uripc__routes_forget_peer(node, peer);
    if (URIPC_MUTANT(TIMEOUT_FIRST))
        expire_due(node);
    if (URIPC_MUTANT(NO_OWN_COPY) && !frame->confirmed && frame->from.node == node->identity)
        return;
    if (frame->kind != URIPC_FRAME_ANSWER && frame->kind != URIPC_FRAME_GIVEN)
        slot = uripc__registration_find(node, (struct uripc_handle){.id = frame->to.serial});
    switch (frame->kind) {
    case URIPC_FRAME_MESSAGE:
        if (slot != URIPC__NONE)
            uripc__inbox_arrive(node, slot, peer, frame);
        else
            uripc__inbox_answer(node, frame->to.serial, peer, frame, URIPC_PEER_GONE);
        break;
    case URIPC_FRAME_WITHDRAW:
        if (slot != URIPC__NONE && !uripc__worker_leaves(node, slot, peer, frame))
            uripc__inbox_withdraw(node, slot, frame);
        break;
    case URIPC_FRAME_JOIN:
    case URIPC_FRAME_TAKE:
        uripc__worker_asks(node, slot, peer, frame);
        break;
    case URIPC_FRAME_GIVEN:
        uripc__joined_given(node, peer, frame);
        break;
    case URIPC_FRAME_TAKEN:
        if (slot != URIPC__NONE)
            uripc__worker_took(node, slot, peer, frame);
        break;
    case URIPC_FRAME_ANSWER:
        uripc__send_answered(node, frame);
        break;
    }
    uripc__turn_end(node);
}

void uripc_node_on_room(struct uripc_node *node, uint32_t peer)
{
    (void)peer;
    uripc__turn_end(node);
}

void uripc_node_on_peer_down(struct uripc_node *node, uint32_t peer)
{
    uripc__routes_forget_peer(node, peer);
    uripc__send_peer_down(node, peer);
    uripc__joined_home_down(node, peer);
    uripc__turn_end(node);
}

void uripc_node_on_peer_left(struct uripc_node *node, uint32_t peer)
{
    uripc__workers_down(node, peer);
    uripc__turn_end(node);
}

uint64_t uripc_node_completed(const struct uripc_node *node)
{
    return node->completed;
}

_Bool uripc_node_has_unsent(const struct uripc_node *node)
{
    return node->outbox.head != URIPC__NONE;
}

void uripc_node_on_wake(struct uripc_node *node)
{
    node->wake = URIPC__NEVER;
    expire_due(node);
    uripc__turn_end(node);
}

/* ---- the calls that are not started but answered at once, and receive ---- */

enum uripc_status uripc_receive(struct uripc_node *node, struct uripc_handle handle,
                                struct uripc_buffer buffer,
                                const struct uripc_receive_options *options, uint64_t overlapped)
{
    struct uripc_receive_options chosen;
    uint32_t registration = uripc__registration_find(node, handle);
    if (registration == URIPC__NONE)
        return URIPC_INVALID_HANDLE;
    enum uripc_status status = uripc__read_receive_options(options, &chosen);
    if (status == URIPC_OK)
        status = uripc__call_may_start(node, overlapped);
    if (status != URIPC_OK)
        return status;
    uint32_t slot = uripc__call_start(node, &(struct uripc__start){.call = URIPC_CALL_RECEIVE,
                                                                   .overlapped = overlapped,
                                                                   .handle = handle.id,
                                                                   .registration = registration,
                                                                   .deadline = chosen.deadline});
    struct uripc__call *call = uripc__call(node, slot);
    call->flags = chosen.flags;
    call->buffer = buffer.id;
    call->buffer_size = buffer.size;
    if (uripc__registration(node, registration)->queue.node != 0)
        uripc__joined_receive(node, registration, slot);
    else
        uripc__inbox_receive(node, uripc__registration(node, registration)->home, slot);
    uripc__turn_end(node);
    return URIPC_PENDING;
}

/* Returns false if there was nothing to ask. */
static _Bool ask_to_end(struct uripc_node *node, uint32_t slot)
{
    struct uripc__call *call = uripc__call(node, slot);
    if (call->foreign)
        return 0;
    switch (call->phase) {
    case URIPC__SENT:
    case URIPC__RELEASING: /* too late: it ends as if nothing had been asked */
        if (call->withdrawn)
            return 0;
        call->withdrawn = 1;
        if (call->phase == URIPC__SENT)
            uripc__send_withdraw(node, slot);
        return 1;
    case URIPC__CLAIMING:
    case URIPC__OUTBOX:
    case URIPC__RECEIVING:
    case URIPC__TAKING:
        uripc__call_end(node, slot, URIPC_ABORTED, URIPC_DEFINITE); /* CMP-8, CMP-9 */
        return 1;
    case URIPC__JOINED:
    case URIPC__GIVEN:
    case URIPC__DONE:
    case URIPC__FREE:
        return 0;
    }
    return 0;
}

enum uripc_status uripc_cancel(struct uripc_node *node, uint64_t overlapped)
{
    uint32_t slot = uripc__call_find(node, overlapped);
    if (slot == URIPC__NONE || !ask_to_end(node, slot)) /* CMP-11 */
        return URIPC_MUTANT(CANCEL_ALWAYS_OK) ? URIPC_OK : URIPC_NOT_FOUND;
    uripc__turn_end(node);
    return URIPC_OK;
}

enum uripc_status uripc_cancel_all(struct uripc_node *node, struct uripc_handle handle)
{
    uint32_t registration = uripc__registration_find(node, handle);
    if (registration == URIPC__NONE)
        return URIPC_INVALID_HANDLE;
    enum uripc_status status = URIPC_NOT_FOUND;
    uint32_t next;
    for (uint32_t slot = uripc__registration(node, registration)->calls.head; slot != URIPC__NONE;
         slot = next) {
        next = uripc__call(node, slot)->calls.after;
        if (ask_to_end(node, slot))
            status = URIPC_OK;
    }
    uripc__turn_end(node);
    return status;
}

enum uripc_status uripc_poll(struct uripc_node *node, struct uripc_completion *completion)
{
    return uripc__call_poll(node, completion) ? URIPC_OK : URIPC_WOULD_BLOCK; /* CMP-5 */
}

static uint32_t posted_on(struct uripc_node *node, uint32_t slot)
{
    uint32_t posted = 0;
    uint32_t call = uripc__registration(node, slot)->calls.head;
    for (; call != URIPC__NONE; call = uripc__call(node, call)->calls.after) {
        const struct uripc__call *at = uripc__call(node, call);
        if (!at->foreign && (at->phase == URIPC__RECEIVING ||
                             (at->phase == URIPC__TAKING && !URIPC_MUTANT(TAKES_UNCOUNTED))))
            posted++;
    }
    return posted;
}

enum uripc_status uripc_info(struct uripc_node *node, struct uripc_handle handle,
                             struct uripc_info *info)
{
    uint32_t slot = uripc__registration_find(node, handle);
    if (slot == URIPC__NONE)
        return URIPC_INVALID_HANDLE;
    if (info == NULL)
        return URIPC_OK;
    const struct uripc__registration *home =
        uripc__registration(node, uripc__registration(node, slot)->home);
    *info = (struct uripc_info){
        .kind = home->options.kind,
        .incarnation = {.node = node->identity, .serial = home->id},
        .messages =
            home->inbox.messages + (URIPC_MUTANT(INFO_COUNTS_BLOCKED) ? home->blocked.messages : 0),
        .bytes = home->inbox.bytes,
        .next_source = URIPC_NO_MESSAGE,
        .next_target = URIPC_NO_MESSAGE,
        .next_data = URIPC_NO_MESSAGE,
        .receives = posted_on(node, slot),
        .waiting = home->blocked.messages,
        .dropped = home->dropped,
    };
    if (home->inbox.head != 0) {
        const struct uripc__message *first = uripc__message(node, home->inbox.head);
        info->next_source = first->source_units;
        info->next_target = first->target_units;
        info->next_data = first->data_bytes;
    }
    return URIPC_OK;
}

const struct uripc_node_ops uripc_node_ops = {
    .bytes = uripc_node_bytes,
    .init = uripc_node_init,
    .fini = uripc_node_fini,
    .set_time = uripc_node_set_time,
    .hot = uripc_node_hot,
    .on_claimed = uripc_node_on_claimed,
    .on_joined = uripc_node_on_joined,
    .on_released = uripc_node_on_released,
    .on_route = uripc_node_on_route,
    .on_route_gone = uripc_node_on_route_gone,
    .on_revoked = uripc_node_on_revoked,
    .on_frame = uripc_node_on_frame,
    .on_room = uripc_node_on_room,
    .on_peer_down = uripc_node_on_peer_down,
    .on_peer_left = uripc_node_on_peer_left,
    .on_wake = uripc_node_on_wake,
    .register_ = uripc_register,
    .send = uripc_send,
    .receive = uripc_receive,
    .cancel = uripc_cancel,
    .cancel_all = uripc_cancel_all,
    .close = uripc_close,
    .poll = uripc_poll,
    .info = uripc_info,
};
