/* SPDX-License-Identifier: MIT */
/* Calls of the application on layers, and the one queue of completions. */
#include <string.h>

#include "hash.h"
#include "layers_state.h"
#include "mutants.h"

struct uripc__layer_call *uripc__layers_call(struct uripc_layers *layers, uint32_t call)
{
    unsigned char *at = (unsigned char *)layers + layers->layout.calls;
    return (struct uripc__layer_call *)(void *)at + call;
}

static uint32_t places(const struct uripc_layers *layers)
{
    return 2 * layers->layout.call_count;
}

static struct uripc__layer_queued *queued(struct uripc_layers *layers, uint32_t index)
{
    unsigned char *at = (unsigned char *)layers + layers->layout.queue;
    return (struct uripc__layer_queued *)(void *)at +
           (layers->queue.first + index) % places(layers);
}

static uint64_t deadline_of(const struct uripc_layers *layers, uint64_t after)
{
    return after == 0 || after > URIPC__NEVER - layers->now ? URIPC__NEVER : layers->now + after;
}

/* Calls by their overlapped blocks. */
static uint32_t *twins(struct uripc_layers *layers, uint64_t overlapped)
{
    unsigned char *at = (unsigned char *)layers + layers->layout.blocks;
    return (uint32_t *)(void *)at + uripc__mix(overlapped) % layers->layout.call_count;
}

static bool in_use(struct uripc_layers *layers, uint64_t overlapped)
{
    for (uint32_t link = *twins(layers, overlapped); link != 0;) {
        const struct uripc__layer_call *at = uripc__layers_call(layers, link - 1);
        if (at->overlapped == overlapped)
            return true;
        link = at->twin;
    }
    return false;
}

static void forget(struct uripc_layers *layers, uint32_t call)
{
    const struct uripc__layer_call *at = uripc__layers_call(layers, call);
    uint32_t *link = twins(layers, at->overlapped);
    while (*link != call + 1)
        link = &uripc__layers_call(layers, *link - 1)->twin;
    *link = at->twin;
}

/* A byte for each call: 1 if it is not free. */
static unsigned char *taken(struct uripc_layers *layers)
{
    return (unsigned char *)layers + layers->layout.taken;
}

/* Takes the lowest, as those are in the cache. */
static uint32_t take_call(struct uripc_layers *layers)
{
    const uint32_t lowest = layers->lowest;
    unsigned char *free = memchr(taken(layers) + lowest, 0, layers->layout.call_count - lowest);
    if (free == NULL)
        return URIPC__NONE;
    *free = 1;
    layers->lowest = (uint32_t)(free - taken(layers)) + 1;
    return layers->lowest - 1;
}

enum uripc_status uripc__layers_begin(struct uripc_layers *layers, uint32_t part,
                                      enum uripc_call kind, struct uripc_handle handle,
                                      uint64_t overlapped, uint64_t deadline, uint32_t *call)
{
    if (overlapped & URIPC_LAYER_OVERLAPPED) /* LAY-5 */
        return URIPC_INVALID_ARGUMENT;
    if (in_use(layers, overlapped) && !URIPC_MUTANT(LAYER_BLOCK_TWICE)) /* LAY-5 */
        return URIPC_IN_USE;
    uint32_t found = take_call(layers);
    if (found == URIPC__NONE) /* LAY-4 */
        return URIPC_NO_RESOURCES;
    struct uripc__layer_call *at = uripc__layers_call(layers, found);
    uint32_t *first = twins(layers, overlapped);
    *at = (struct uripc__layer_call){
        .overlapped = overlapped,
        .deadline = deadline_of(layers, deadline),
        .handle = handle,
        .part = part,
        .kind = kind,
        .order = layers->begun++,
        .twin = *first,
        .state = URIPC__CALL_WAITS,
    };
    *first = found + 1;
    *call = found;
    if (found >= layers->calls_end)
        layers->calls_end = found + 1;
    if (at->deadline < layers->expiry)
        layers->expiry = at->deadline;
    return URIPC_PENDING;
}

/* Chains, each in the order in which its calls began. */
static uint32_t *chain_of(struct uripc_layers *layers, enum uripc_call kind, uint32_t token)
{
    unsigned char *at = (unsigned char *)layers + layers->layout.awaiting;
    return (uint32_t *)(void *)at +
           uripc__mix((uint64_t)kind << 32 | token) % layers->layout.call_count;
}

void uripc__layers_await(struct uripc_layers *layers, uint32_t call, uint32_t token)
{
    struct uripc__layer_call *at = uripc__layers_call(layers, call);
    uint32_t *link = chain_of(layers, at->kind, token);
    while (*link != 0)
        link = &uripc__layers_call(layers, *link - 1)->next;
    *link = call + 1;
    at->next = 0;
    at->chained = true;
    at->token = token;
}

static void unchain(struct uripc_layers *layers, uint32_t call)
{
    struct uripc__layer_call *at = uripc__layers_call(layers, call);
    uint32_t *link = chain_of(layers, at->kind, at->token);
    while (*link != call + 1)
        link = &uripc__layers_call(layers, *link - 1)->next;
    *link = at->next;
    at->chained = false;
}

uint32_t uripc__layers_waiting(struct uripc_layers *layers, enum uripc_call kind, uint32_t token)
{
    for (uint32_t link = *chain_of(layers, kind, token); link != 0;) {
        const struct uripc__layer_call *at = uripc__layers_call(layers, link - 1);
        if (at->kind == kind && at->token == token)
            return link - 1;
        link = at->next;
    }
    return URIPC__NONE;
}

static void enqueue(struct uripc_layers *layers, uint32_t call,
                    const struct uripc_completion *completion)
{
    struct uripc__layer_queued *at = queued(layers, layers->queue.count++);
    layers->queue.completed++;
    at->completion = *completion;
    at->call = call;
}

void uripc__layers_complete(struct uripc_layers *layers, uint32_t call,
                            const struct uripc_completion *completion)
{
    struct uripc__layer_call *at = uripc__layers_call(layers, call);
    struct uripc_completion done = *completion;
    done.overlapped = at->overlapped;
    done.call = at->kind;
    if (done.handle.id == 0)
        done.handle = at->handle;
    if (at->chained)
        unchain(layers, call);
    at->state = URIPC__CALL_COMPLETED;
    enqueue(layers, call, &done);
}

void uripc__layers_finish(struct uripc_layers *layers, uint32_t call, enum uripc_status status)
{
    const struct uripc_completion done = {.status = status, .certainty = URIPC_DEFINITE};
    uripc__layers_complete(layers, call, &done);
}

uint64_t uripc__layers_expire(struct uripc_layers *layers)
{
    uint64_t next = URIPC__NEVER;
    if (layers->now < layers->expiry)
        return layers->expiry;
    for (uint32_t i = 0; i < layers->calls_end; i++) {
        const struct uripc__layer_call *at = uripc__layers_call(layers, i);
        if (at->state == URIPC__CALL_WAITS && at->deadline <= layers->now &&
            !URIPC_MUTANT(LAYER_NO_DEADLINES)) /* LAY-7 */
            layers->parts[at->part]->end(layers, i, URIPC_TIMEOUT);
        if (at->state == URIPC__CALL_WAITS && at->deadline > layers->now && at->deadline < next)
            next = at->deadline;
    }
    layers->expiry = next;
    return next;
}

bool uripc__layers_can_pass(const struct uripc_layers *layers)
{
    return layers->queue.passed < layers->layout.call_count;
}

bool uripc__layers_pass(struct uripc_layers *layers, const struct uripc_completion *completion)
{
    if (!uripc__layers_can_pass(layers))
        return false;
    enqueue(layers, URIPC__NONE, completion);
    layers->queue.passed++;
    return true;
}

/* Of a planted fault. */
static void bring_last_to_front(struct uripc_layers *layers)
{
    struct uripc__layer_queued *first = queued(layers, 0);
    struct uripc__layer_queued *last = queued(layers, layers->queue.count - 1);
    const struct uripc__layer_queued kept = *first;
    *first = *last;
    *last = kept;
}

/* The lowest free slot is taken first, so that those behind the last call need no look. */
static void give_up_slot(struct uripc_layers *layers, uint32_t call)
{
    forget(layers, call);
    uripc__layers_call(layers, call)->state = URIPC__CALL_FREE;
    taken(layers)[call] = 0;
    if (call < layers->lowest)
        layers->lowest = call;
    while (layers->calls_end != 0 &&
           uripc__layers_call(layers, layers->calls_end - 1)->state == URIPC__CALL_FREE)
        layers->calls_end--;
}

void uripc__layers_unbegin(struct uripc_layers *layers, uint32_t call)
{
    give_up_slot(layers, call);
}

enum uripc_status uripc_layers_poll(struct uripc_layers *layers,
                                    struct uripc_completion *completion)
{
    if (layers->queue.count == 0)
        return URIPC_WOULD_BLOCK;
    if (URIPC_MUTANT(LAYERS_NEWEST_FIRST))
        bring_last_to_front(layers);
    const struct uripc__layer_queued *at = queued(layers, 0);
    *completion = at->completion;
    if (at->call == URIPC__NONE)
        layers->queue.passed--;
    else if (!(URIPC_MUTANT(LAYER_PLACE_LOST) && completion->status == URIPC_ABORTED))
        give_up_slot(layers, at->call);
    layers->queue.count--;
    layers->queue.first = layers->queue.count == 0 ? 0 : (layers->queue.first + 1) % places(layers);
    return URIPC_OK;
}

uint64_t uripc_layers_completed(const struct uripc_layers *layers)
{
    return layers->queue.completed;
}

enum uripc_status uripc_layers_cancel(struct uripc_layers *layers, uint64_t overlapped)
{
    if (overlapped & URIPC_LAYER_OVERLAPPED) /* nobody cancels the layers' own calls */
        return URIPC_NOT_FOUND;
    for (uint32_t i = 0; i < layers->calls_end; i++) {
        const struct uripc__layer_call *at = uripc__layers_call(layers, i);
        if (at->state != URIPC__CALL_WAITS || at->overlapped != overlapped)
            continue;
        if (!URIPC_MUTANT(LAYER_CANCEL_DEAF))
            layers->parts[at->part]->end(layers, i, URIPC_ABORTED); /* LAY-6 */
        return URIPC_OK;
    }
    return layers->ground.calls->cancel(layers->ground.node, overlapped);
}
