/* SPDX-License-Identifier: MIT */
#include "calls.h"

#include "hash.h"
#include "workers.h"

static uint32_t *overlapped_bucket(struct uripc_node *node, uint64_t overlapped)
{
    return (uint32_t *)uripc__at(node, node->at_by_overlapped) +
           (uripc__mix(overlapped) & (node->buckets - 1));
}

/* Message ids are consecutive, so they spread without being mixed, and lie side by side. */
static uint32_t *message_bucket(struct uripc_node *node, uint64_t id)
{
    return (uint32_t *)uripc__at(node, node->at_by_message) + (id & (node->buckets - 1));
}

/* ---- lists ---- */

static struct uripc__link *link_of(struct uripc__call *call, _Bool calls)
{
    return calls ? &call->calls : &call->queue;
}

static void append(struct uripc_node *node, struct uripc__list *list, uint32_t slot, _Bool calls)
{
    *link_of(uripc__call(node, slot), calls) =
        (struct uripc__link){.before = list->tail, .after = URIPC__NONE};
    if (list->tail == URIPC__NONE)
        list->head = slot;
    else
        link_of(uripc__call(node, list->tail), calls)->after = slot;
    list->tail = slot;
}

static void take_out(struct uripc_node *node, struct uripc__list *list, uint32_t slot, _Bool calls)
{
    struct uripc__link link = *link_of(uripc__call(node, slot), calls);
    if (link.before == URIPC__NONE)
        list->head = link.after;
    else
        link_of(uripc__call(node, link.before), calls)->after = link.after;
    if (link.after == URIPC__NONE)
        list->tail = link.before;
    else
        link_of(uripc__call(node, link.after), calls)->before = link.before;
}

void uripc__queue_append(struct uripc_node *node, struct uripc__list *list, uint32_t slot)
{
    append(node, list, slot, 0);
}

void uripc__queue_remove(struct uripc_node *node, struct uripc__list *list, uint32_t slot)
{
    take_out(node, list, slot, 0);
}

/* ---- deadlines: a binary heap of slots, earliest first, then in start order ---- */

static uint32_t *heap(struct uripc_node *node)
{
    return uripc__at(node, node->at_heap);
}

static _Bool earlier(struct uripc_node *node, uint32_t a, uint32_t b)
{
    const struct uripc__call *x = uripc__call(node, a);
    const struct uripc__call *y = uripc__call(node, b);
    if (x->deadline != y->deadline)
        return x->deadline < y->deadline;
    return x->started < y->started;
}

static void place(struct uripc_node *node, uint32_t at, uint32_t slot)
{
    heap(node)[at] = slot;
    uripc__call(node, slot)->timer = at;
}

static void sift_up(struct uripc_node *node, uint32_t at, uint32_t slot)
{
    while (at > 0 && earlier(node, slot, heap(node)[(at - 1) / 2])) {
        place(node, at, heap(node)[(at - 1) / 2]);
        at = (at - 1) / 2;
    }
    place(node, at, slot);
}

static void sift_down(struct uripc_node *node, uint32_t at, uint32_t slot)
{
    for (;;) {
        uint32_t child = 2 * at + 1;
        if (child >= node->timers)
            break;
        if (child + 1 < node->timers && earlier(node, heap(node)[child + 1], heap(node)[child]))
            child++;
        if (!earlier(node, heap(node)[child], slot))
            break;
        place(node, at, heap(node)[child]);
        at = child;
    }
    place(node, at, slot);
}

static void stop_timer(struct uripc_node *node, uint32_t slot)
{
    uint32_t at = uripc__call(node, slot)->timer;
    if (at == URIPC__NONE)
        return;
    uripc__call(node, slot)->timer = URIPC__NONE;
    uint32_t moved = heap(node)[--node->timers];
    if (moved == slot)
        return;
    if (at > 0 && earlier(node, moved, heap(node)[(at - 1) / 2]))
        sift_up(node, at, moved);
    else
        sift_down(node, at, moved);
}

uint64_t uripc__deadline_first(struct uripc_node *node, uint32_t *slot)
{
    if (node->timers == 0)
        return URIPC__NEVER;
    *slot = heap(node)[0];
    return uripc__call(node, *slot)->deadline;
}

/* ---- slots ---- */

enum uripc_status uripc__call_may_start(struct uripc_node *node, uint64_t overlapped)
{
    if (overlapped == 0)
        return URIPC_INVALID_ARGUMENT;
    if (uripc__call_find(node, overlapped) != URIPC__NONE && !URIPC_MUTANT(REUSED_OVERLAPPED))
        return URIPC_IN_USE; /* CMP-7 */
    if (node->in_flight == node->limits.operations)
        return URIPC_NO_RESOURCES; /* CMP-13 */
    return URIPC_OK;
}

uint32_t uripc__call_find(struct uripc_node *node, uint64_t overlapped)
{
    uint32_t slot = *overlapped_bucket(node, overlapped);
    while (slot != URIPC__NONE && uripc__call(node, slot)->result.overlapped != overlapped)
        slot = uripc__call(node, slot)->same_overlapped;
    return slot;
}

/* Member by member: clearing the whole slot first would be most of the work. */
static void begin(struct uripc__call *call, const struct uripc__start *start)
{
    call->result = (struct uripc_completion){
        .overlapped = start->overlapped, .call = start->call, .handle = {.id = start->handle}};
    call->deadline = URIPC__NEVER;
    call->phase = URIPC__FREE;
    call->flags = 0;
    call->registration = start->registration;
    call->message = 0;
    call->route = URIPC__NONE;
    call->timer = URIPC__NONE;
    call->asked = 0;
    call->withdrawn = 0;
    call->foreign = 0;
}

uint32_t uripc__call_start(struct uripc_node *node, const struct uripc__start *start)
{
    uint32_t slot = node->calls_free;
    if (slot != URIPC__NONE)
        node->calls_free = uripc__call(node, slot)->queue.after;
    else
        slot = node->calls_used++;
    node->in_flight++;

    struct uripc__call *call = uripc__call(node, slot);
    begin(call, start);
    call->started = ++node->started;
    if (start->overlapped != 0) {
        uint32_t *chain = overlapped_bucket(node, start->overlapped);
        call->same_overlapped = *chain;
        *chain = slot;
    }
    if (start->registration != URIPC__NONE)
        append(node, &uripc__registration(node, start->registration)->calls, slot, 1);
    if (start->deadline != 0 && start->deadline < URIPC__NEVER - node->now) {
        call->deadline = node->now + start->deadline;
        sift_up(node, node->timers++, slot);
    }
    return slot;
}

static void unchain(struct uripc_node *node, uint32_t *chain, uint32_t slot, _Bool by_message)
{
    while (*chain != slot) {
        struct uripc__call *call = uripc__call(node, *chain);
        chain = by_message ? &call->same_message : &call->same_overlapped;
    }
    const struct uripc__call *call = uripc__call(node, slot);
    *chain = by_message ? call->same_message : call->same_overlapped;
}

static void vacate(struct uripc_node *node, uint32_t slot)
{
    struct uripc__call *call = uripc__call(node, slot);
    call->phase = URIPC__FREE;
    call->queue.after = node->calls_free;
    node->calls_free = slot;
    node->in_flight--;
}

void uripc__call_drop(struct uripc_node *node, uint32_t slot)
{
    uint32_t registration = uripc__call(node, slot)->registration;
    take_out(node, &uripc__registration(node, registration)->calls, slot, 1);
    vacate(node, slot);
}

void uripc__call_complete(struct uripc_node *node, uint32_t slot, enum uripc_status status,
                          enum uripc_certainty certainty)
{
    struct uripc__call *call = uripc__call(node, slot);
    if (call->foreign) {
        uripc__worker_told(node, slot, status);
        return;
    }
    stop_timer(node, slot);
    if (call->phase == URIPC__SENT)
        unchain(node, message_bucket(node, call->result.message_id), slot, 1);
    if (call->phase == URIPC__TAKING)
        uripc__call_taken(node, slot);
    if (call->registration != URIPC__NONE)
        take_out(node, &uripc__registration(node, call->registration)->calls, slot, 1);
    call->registration = URIPC__NONE;
    call->phase = URIPC__DONE;
    call->result.status = status;
    if (URIPC_MUTANT(LOST_COMPLETION) && status == URIPC_CLOSED)
        return;
    call->result.certainty = certainty;
    node->completed++;
    append(node, &node->completions, slot, 0);
}

_Bool uripc__call_poll(struct uripc_node *node, struct uripc_completion *completion)
{
    uint32_t slot = URIPC_MUTANT(NEWEST_FIRST) ? node->completions.tail : node->completions.head;
    if (slot == URIPC__NONE)
        return 0;
    struct uripc__call *call = uripc__call(node, slot);
    take_out(node, &node->completions, slot, 0);
    *completion = call->result;
    if (URIPC_MUTANT(OTHERS_OVERLAPPED) && call->result.call == URIPC_CALL_RECEIVE)
        completion->overlapped++;
    if (URIPC_MUTANT(TWO_COMPLETIONS) && call->result.status == URIPC_ABORTED &&
        call->phase == URIPC__DONE) {
        call->phase = URIPC__FREE;
        append(node, &node->completions, slot, 0);
        return 1;
    }
    unchain(node, overlapped_bucket(node, call->result.overlapped), slot, 0);
    vacate(node, slot);
    return 1;
}

void uripc__call_sent(struct uripc_node *node, uint32_t slot, enum uripc__phase phase)
{
    struct uripc__call *call = uripc__call(node, slot);
    uint32_t *chain = message_bucket(node, call->result.message_id);
    call->phase = phase;
    call->same_message = *chain;
    *chain = slot;
}

void uripc__call_taken(struct uripc_node *node, uint32_t slot)
{
    struct uripc__call *call = uripc__call(node, slot);
    unchain(node, message_bucket(node, call->result.message_id), slot, 1);
    call->result.message_id = 0; /* it was no message's */
    call->phase = URIPC__RECEIVING;
}

uint32_t uripc__call_find_sent(struct uripc_node *node, uint64_t message_id)
{
    uint32_t slot = *message_bucket(node, message_id);
    while (slot != URIPC__NONE && uripc__call(node, slot)->result.message_id != message_id)
        slot = uripc__call(node, slot)->same_message;
    return slot;
}
