/* SPDX-License-Identifier: MIT */
#include "mutants.h"
#include "request_state.h"
#include "session_state.h"

#include <string.h>

enum {
    MAX_COUNT = 65535,      /* of things, as in a node */
    MAX_BYTES = 1 << 30,    /* of the pool, as in a node */
    MAX_MESSAGE = 16 << 20, /* of one message */
    OWN_PER_SESSION = 5,    /* calls that the layers may have at the node for each ... */
    OWN_PER_REQUEST = 4,    /* two tries, a reply, and one that is repeated */
    OWN_PER_ENDPOINT = 3    /* register, receive, close */
};

const struct uripc_layer_limits uripc_layer_limits_default = {
    .size = sizeof(struct uripc_layer_limits),
    .listeners = 8,
    .sessions = 64,
    .requests = 64,
    .remembered = 64,
    .calls = 256,
    .window_bytes = 64u << 10,
    .pool_bytes = 1u << 20,
    .uri_units = 1024,
    .message_max = 64u << 10,
};

const struct uripc_layer_limits uripc_layer_limits_tiny = {
    .size = sizeof(struct uripc_layer_limits),
    .listeners = 1,
    .sessions = 2,
    .requests = 2,
    .remembered = 2,
    .calls = 8,
    .window_bytes = 512,
    .pool_bytes = 2048,
    .uri_units = 48,
    .message_max = 256,
};

static bool limits_are_right(const struct uripc_layer_limits *limits)
{
    if (limits->size != sizeof *limits)
        return false;
    const uint32_t counts[] = {limits->listeners,  limits->sessions, limits->requests,
                               limits->remembered, limits->calls,    limits->uri_units};
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++)
        if (counts[i] == 0 || counts[i] > MAX_COUNT)
            return false;
    return limits->message_max != 0 && limits->message_max <= MAX_MESSAGE &&
           limits->window_bytes >= limits->message_max && limits->window_bytes <= MAX_BYTES &&
           limits->pool_bytes >= limits->window_bytes && limits->pool_bytes < MAX_BYTES;
}

static size_t place(struct uripc__layers_layout *layout, uint64_t bytes)
{
    size_t at = layout->total;
    layout->total += (size_t)((bytes + 7) / 8 * 8);
    return at;
}

static void lay_out(struct uripc__layers_layout *layout, const struct uripc_layer_limits *limits,
                    const struct uripc__part *const *parts, uint32_t count)
{
    const uint32_t text = 2 * limits->uri_units;
    *layout = (struct uripc__layers_layout){
        .total = (sizeof(struct uripc_layers) + 7) / 8 * 8,
        .call_count = limits->calls,
        .endpoint_count = URIPC__FREE_TO_USE + limits->listeners,
        .receive_bytes = (uint32_t)sizeof(struct uripc_message) + text + 8 + URIPC__RECORD_HEAD +
                         URIPC__RECORD_ROOM + limits->message_max,
        .pool_size = (uint32_t)uripc__pool_region(limits->pool_bytes),
    };
    layout->own_count = OWN_PER_SESSION * limits->sessions + OWN_PER_REQUEST * limits->requests +
                        OWN_PER_ENDPOINT * layout->endpoint_count;
    const uint64_t places = 2 * (uint64_t)layout->call_count;
    layout->taken = place(layout, layout->call_count);
    layout->calls = place(layout, (uint64_t)layout->call_count * sizeof(struct uripc__layer_call));
    layout->blocks = place(layout, (uint64_t)layout->call_count * sizeof(uint32_t));
    layout->awaiting = place(layout, (uint64_t)layout->call_count * sizeof(uint32_t));
    layout->own = place(layout, (uint64_t)layout->own_count * sizeof(struct uripc__own_call));
    layout->endpoints =
        place(layout, (uint64_t)layout->endpoint_count * sizeof(struct uripc__endpoint));
    layout->buffers = place(layout, (uint64_t)layout->endpoint_count * sizeof(void *));
    layout->queue = place(layout, places * sizeof(struct uripc__layer_queued));
    layout->pool = place(layout, layout->pool_size);
    layout->shared = layout->total;
    for (uint32_t i = 0; i < count; i++)
        layout->parts[i] = place(layout, parts[i]->bytes(limits));
}

size_t uripc__layers_bytes(const struct uripc_layer_limits *limits,
                           const struct uripc__part *const *parts, uint32_t count)
{
    struct uripc__layers_layout layout;
    if (!limits_are_right(limits) || count > URIPC__PARTS)
        return 0;
    lay_out(&layout, limits, parts, count);
    return layout.total;
}

static const struct uripc__part *const built_in[] = {&uripc__session_part, &uripc__request_part};

enum { BUILT_IN = sizeof built_in / sizeof *built_in };

size_t uripc_layers_bytes(const struct uripc_layer_limits *limits)
{
    return uripc__layers_bytes(limits, built_in, BUILT_IN);
}

/* Slots are handed out from the front. */
static size_t shared_hot(const struct uripc__layers_layout *layout, struct uripc_stretch *stretches)
{
    enum { FEW = 3, SMALL = 64, CHUNKS = 192 };
    const struct uripc_stretch hot[] = {
        {0, sizeof(struct uripc_layers)},
        {layout->taken, FEW},
        {layout->calls, FEW * sizeof(struct uripc__layer_call)},
        {layout->blocks, SMALL},
        {layout->awaiting, SMALL},
        {layout->own, FEW * sizeof(struct uripc__own_call)},
        {layout->endpoints, sizeof(struct uripc__endpoint)},
        {layout->buffers, sizeof(void *)},
        {layout->queue, 2 * sizeof(struct uripc__layer_queued)},
        {layout->pool, CHUNKS},
    };
    memcpy(stretches, hot, sizeof hot);
    return sizeof hot / sizeof *hot;
}

size_t uripc_layers_hot(const struct uripc_layer_limits *limits,
                        struct uripc_stretch stretches[URIPC_STRETCHES])
{
    struct uripc__layers_layout layout;
    lay_out(&layout, limits, built_in, BUILT_IN);
    size_t count = shared_hot(&layout, stretches);
    for (uint32_t i = 0; i < BUILT_IN; i++) {
        const size_t end = count + built_in[i]->hot(limits, stretches + count);
        for (; count < end; count++)
            stretches[count].at += layout.parts[i];
    }
    return count;
}

/* Kept where no copy of the block takes it along: only as a planted fault (LAY-3). */
static uint64_t outside;

uint64_t uripc__layers_remembered(void)
{
    return URIPC_MUTANT(LAYERS_REMEMBER) ? 1000 * outside++ : 0;
}

/* The ground's buffers, one for each endpoint, for good. */
static bool get_buffers(struct uripc_layers *layers)
{
    void **bytes = (void **)(void *)((unsigned char *)layers + layers->layout.buffers);
    for (uint32_t i = 0; i < layers->layout.endpoint_count; i++) {
        struct uripc__endpoint *endpoint = uripc__layers_endpoint(layers, i);
        endpoint->bytes = i;
        if (i == URIPC__HELD)
            continue; /* nothing is received there */
        if (!layers->ground.buffer(layers->ground.self, layers->layout.receive_bytes,
                                   &endpoint->buffer, &bytes[i]))
            return false;
    }
    return true;
}

struct uripc_layers *uripc__layers_init(void *block, const struct uripc_layer_limits *limits,
                                        const struct uripc_ground *ground,
                                        const struct uripc__part *const *parts, uint32_t count)
{
    size_t bytes = uripc__layers_bytes(limits, parts, count);
    if (bytes == 0 || ground->size != sizeof *ground ||
        ground->calls->size != sizeof *ground->calls || ground->identity == 0)
        return NULL;
    struct uripc__layers_layout layout;
    lay_out(&layout, limits, parts, count);
    memset(block, 0, layout.pool); /* of the pool nothing is read that was not written */
    memset((unsigned char *)block + layout.shared, 0, bytes - layout.shared);
    if (URIPC_MUTANT(LAYERS_REMEMBER))
        outside = 0;
    struct uripc_layers *layers = block;
    layers->ground = *ground;
    layers->parts = parts;
    layers->part_count = count;
    layers->limits = *limits;
    layers->expiry = URIPC__NEVER;
    layers->layout = layout;
    uripc__pool_init(&layers->pool, uripc__layers_region(layers), layers->layout.pool_size);
    return get_buffers(layers) ? layers : NULL;
}

struct uripc_layers *uripc_layers_init(void *block, const struct uripc_layer_limits *limits,
                                       const struct uripc_ground *ground)
{
    return uripc__layers_init(block, limits, ground, built_in, BUILT_IN);
}

void *uripc__layers_state(struct uripc_layers *layers, uint32_t part)
{
    return (unsigned char *)layers + layers->layout.parts[part];
}

void *uripc__layers_region(struct uripc_layers *layers)
{
    return (unsigned char *)layers + layers->layout.pool;
}

uint32_t uripc__layers_take(struct uripc_layers *layers, uint64_t bytes)
{
    void *region = uripc__layers_region(layers);
    if (!uripc__pool_can_hold(&layers->pool, bytes))
        return 0;
    for (;;) {
        uint32_t offset = uripc__pool_take(&layers->pool, region, (uint32_t)bytes);
        bool relieved = false;
        for (uint32_t i = 0; offset == 0 && !relieved && i < layers->part_count; i++)
            relieved = layers->parts[i]->relieve != NULL && layers->parts[i]->relieve(layers);
        if (offset != 0 || !relieved)
            return offset;
    }
}

void uripc__layers_give(struct uripc_layers *layers, uint32_t offset)
{
    uripc__pool_give(&layers->pool, uripc__layers_region(layers), offset);
}

struct uripc_handle uripc__layers_handle(struct uripc_layers *layers)
{
    return (struct uripc_handle){URIPC_LAYER_HANDLE | ++layers->serial};
}

/* Takes what the node has, as long as there is room for what is the application's.  True if
 * anything was the layers' own. */
static bool take(struct uripc_layers *layers)
{
    struct uripc_completion done;
    bool own = false;
    while (uripc__layers_can_pass(layers) &&
           layers->ground.calls->poll(layers->ground.node, &done) == URIPC_OK) {
        if (done.overlapped & URIPC_LAYER_OVERLAPPED) {
            uripc__layers_own_done(layers, &done);
            own = true;
        } else if (!URIPC_MUTANT(OWN_FAILURES_KEPT) || done.status != URIPC_TIMEOUT) {
            (void)uripc__layers_pass(layers, &done);
        }
    }
    return own;
}

uint64_t uripc_layers_turn(struct uripc_layers *layers, uint64_t now)
{
    if (now > layers->now)
        layers->now = now;
    (void)take(layers);
    uint64_t next = uripc__layers_expire(layers);
    for (uint32_t i = 0; i < layers->part_count; i++) {
        uint64_t due = layers->parts[i]->due(layers);
        next = due < next ? due : next;
    }
    uripc__layers_listen(layers);
    /* A call can complete in the turn in which it is made. */
    return take(layers) ? layers->now : next;
}

void uripc_layers_counters(const struct uripc_layers *layers, struct uripc_layer_counters *counters)
{
    *counters = layers->counters;
}
