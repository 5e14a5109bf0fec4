/* SPDX-License-Identifier: MIT */
/* What layers do with their node: registrations with a receive each, and sends. */
#include <string.h>

#include "layers_state.h"
#include "mutants.h"

struct uripc__endpoint *uripc__layers_endpoint(struct uripc_layers *layers, uint32_t endpoint)
{
    unsigned char *at = (unsigned char *)layers + layers->layout.endpoints;
    return (struct uripc__endpoint *)(void *)at + endpoint;
}

static const unsigned char *bytes_of(struct uripc_layers *layers,
                                     const struct uripc__endpoint *endpoint)
{
    unsigned char *at = (unsigned char *)layers + layers->layout.buffers;
    return ((void **)(void *)at)[endpoint->bytes];
}

/* Calls that the layers make. */

static struct uripc__own_call *own_call(struct uripc_layers *layers, uint32_t index)
{
    unsigned char *at = (unsigned char *)layers + layers->layout.own;
    return (struct uripc__own_call *)(void *)at + index;
}

static uint32_t own_begin(struct uripc_layers *layers, struct uripc__own_call call)
{
    for (uint32_t i = 0; i < layers->layout.own_count; i++) {
        if (own_call(layers, i)->kind != 0)
            continue;
        *own_call(layers, i) = call;
        return i;
    }
    return URIPC__NONE;
}

static uint64_t own_overlapped(uint32_t index)
{
    return URIPC_LAYER_OVERLAPPED | index;
}

/* What the node said to a call that was begun. */
static enum uripc_status own_started(struct uripc_layers *layers, uint32_t index,
                                     enum uripc_status status)
{
    if (status != URIPC_PENDING)
        own_call(layers, index)->kind = 0;
    return status;
}

/* Opening and closing. */

static enum uripc_status start_register(struct uripc_layers *layers, uint32_t endpoint,
                                        struct uripc_text uri,
                                        const struct uripc_register_options *options)
{
    const struct uripc_handle none = {0};
    uint32_t own = own_begin(
        layers, (struct uripc__own_call){.endpoint = endpoint, .kind = URIPC_CALL_REGISTER});
    if (own == URIPC__NONE)
        return URIPC_NO_RESOURCES;
    enum uripc_status status = layers->ground.calls->register_(layers->ground.node, none, uri,
                                                               options, own_overlapped(own));
    if (own_started(layers, own, status) == URIPC_PENDING) {
        struct uripc__endpoint *at = uripc__layers_endpoint(layers, endpoint);
        at->state = URIPC__ENDPOINT_OPENING;
        at->dropped = false;
        at->discard = false;
        at->adopted = false;
    }
    return status;
}

void uripc__layers_name(const struct uripc_layers *layers, char name[URIPC__LAYERS_NAME])
{
    static const char digits[] = "0123456789abcdef";
    static const char prefix[] = "ipc:/layers-";
    memcpy(name, prefix, sizeof prefix - 1);
    for (size_t i = 0; i < 16; i++)
        name[URIPC__LAYERS_NAME - 1 - i] = digits[layers->ground.identity >> 4 * i & 15];
}

enum uripc_status uripc__layers_open_shared(struct uripc_layers *layers)
{
    char name[URIPC__LAYERS_NAME];
    struct uripc__endpoint *shared = uripc__layers_endpoint(layers, URIPC__SHARED);
    if (shared->state == URIPC__ENDPOINT_OPEN)
        return URIPC_OK;
    if (shared->state == URIPC__ENDPOINT_OPENING)
        return URIPC_PENDING;
    uripc__layers_name(layers, name);
    shared->part = URIPC__NONE;
    return start_register(layers, URIPC__SHARED, (struct uripc_text){name, sizeof name}, NULL);
}

/* No record is as short as the queue is, so each waits, for ever (SND-13, SND-17). */
enum uripc_status uripc__layers_open_held(struct uripc_layers *layers, uint32_t part)
{
    static const struct uripc_register_options options = {
        .size = sizeof options, .overflow = URIPC_BLOCK, .queue_bytes = URIPC__RECORD_HEAD - 1};
    char name[URIPC__LAYERS_HELD_NAME];
    struct uripc__endpoint *held = uripc__layers_endpoint(layers, URIPC__HELD);
    if (held->state == URIPC__ENDPOINT_OPEN)
        return URIPC_OK;
    if (held->state == URIPC__ENDPOINT_OPENING)
        return URIPC_PENDING;
    uripc__layers_name(layers, name);
    memcpy(name + URIPC__LAYERS_NAME, URIPC__HELD_SUFFIX, sizeof name - URIPC__LAYERS_NAME);
    held->part = part;
    const struct uripc_text uri = {name, sizeof name};
    return start_register(layers, URIPC__HELD, uri, &options) == URIPC_PENDING ? URIPC_PENDING
                                                                               : URIPC_OK;
}

enum uripc_status uripc__layers_open(struct uripc_layers *layers, uint32_t part,
                                     struct uripc_text uri,
                                     const struct uripc_register_options *options,
                                     uint32_t *endpoint)
{
    for (uint32_t i = URIPC__FREE_TO_USE; i < layers->layout.endpoint_count; i++) {
        struct uripc__endpoint *at = uripc__layers_endpoint(layers, i);
        if (at->state != URIPC__ENDPOINT_FREE)
            continue;
        at->part = part;
        *endpoint = i;
        return start_register(layers, i, uri, options);
    }
    return URIPC_NO_RESOURCES;
}

static void start_close(struct uripc_layers *layers, uint32_t endpoint)
{
    struct uripc__endpoint *at = uripc__layers_endpoint(layers, endpoint);
    uint32_t own =
        own_begin(layers, (struct uripc__own_call){.endpoint = endpoint, .kind = URIPC_CALL_CLOSE});
    if (own == URIPC__NONE)
        return;
    enum uripc_status status =
        layers->ground.calls->close(layers->ground.node, at->handle, own_overlapped(own));
    if (own_started(layers, own, status) == URIPC_PENDING)
        at->state = URIPC__ENDPOINT_CLOSING;
}

void uripc__layers_close(struct uripc_layers *layers, uint32_t endpoint)
{
    uripc__layers_endpoint(layers, endpoint)->dropped = true;
    layers->unheard = true; /* it is closed as soon as can be */
}

static void registered(struct uripc_layers *layers, uint32_t endpoint,
                       const struct uripc_completion *done)
{
    struct uripc__endpoint *at = uripc__layers_endpoint(layers, endpoint);
    at->state = done->status == URIPC_OK ? URIPC__ENDPOINT_OPEN : URIPC__ENDPOINT_FREE;
    at->handle = done->handle;
    at->incarnation = done->incarnation;
    layers->unheard = true;
    if (at->dropped)
        return;
    for (uint32_t i = 0; i < layers->part_count; i++)
        if (at->part == URIPC__NONE || at->part == i)
            layers->parts[i]->on_endpoint(layers, endpoint, done->status);
}

/* Receiving. */

static bool is_a_record(const unsigned char *bytes, uint32_t length)
{
    return length >= URIPC__RECORD_HEAD && bytes[0] == 'u' && bytes[1] == 'L' &&
           bytes[2] == URIPC__RECORD_VERSION;
}

static bool dispatch(struct uripc_layers *layers, uint32_t endpoint,
                     const struct uripc_completion *done)
{
    const unsigned char *bytes = bytes_of(layers, uripc__layers_endpoint(layers, endpoint));
    struct uripc_message lengths;
    struct uripc_message_parts parts;
    if (uripc_message_read(bytes, done->bytes, 1, &lengths, &parts) != URIPC_OK ||
        !is_a_record(bytes + parts.data, lengths.data_bytes))
        return false;
    const struct uripc__record record = {
        .endpoint = endpoint,
        .type = bytes[parts.data + 3],
        .source = {(const char *)bytes + parts.source, lengths.source_units},
        .target = {(const char *)bytes + parts.target, lengths.target_units},
        .body = bytes + parts.data + URIPC__RECORD_HEAD,
        .length = lengths.data_bytes - URIPC__RECORD_HEAD,
        .from = done->incarnation,
        .principal = done->principal,
    };
    for (uint32_t i = 0; i < layers->part_count; i++) {
        const struct uripc__part *part = layers->parts[i];
        if (record.type < part->first_type || record.type > part->last_type)
            continue;
        part->on_record(layers, &record);
        return true;
    }
    return false;
}

static enum uripc_status post(struct uripc_layers *layers, uint32_t endpoint)
{
    struct uripc__endpoint *at = uripc__layers_endpoint(layers, endpoint);
    const struct uripc_receive_options options = {.size = sizeof options,
                                                  .flags = at->discard ? URIPC_DISCARD : 0};
    uint32_t own = own_begin(
        layers, (struct uripc__own_call){.endpoint = endpoint, .kind = URIPC_CALL_RECEIVE});
    if (own == URIPC__NONE)
        return URIPC_NO_RESOURCES;
    enum uripc_status status = layers->ground.calls->receive(
        layers->ground.node, at->handle, at->buffer, &options, own_overlapped(own));
    at->posted = own_started(layers, own, status) == URIPC_PENDING;
    at->receive = own;
    at->cancelled = false;
    return status;
}

static bool listens(const struct uripc__endpoint *at)
{
    return at->state == URIPC__ENDPOINT_OPEN && !at->dropped && (!at->adopted || at->wanted);
}

/* The registration that was adopted has ended. */
static void ended(struct uripc_layers *layers, uint32_t endpoint, enum uripc_status status)
{
    struct uripc__endpoint *at = uripc__layers_endpoint(layers, endpoint);
    at->state = URIPC__ENDPOINT_FREE;
    layers->parts[at->part]->on_endpoint(layers, endpoint, status);
}

static void received(struct uripc_layers *layers, uint32_t endpoint,
                     const struct uripc_completion *done)
{
    struct uripc__endpoint *at = uripc__layers_endpoint(layers, endpoint);
    bool discarded = at->discard && done->status == URIPC_OK;
    bool over = done->status == URIPC_CLOSED || (done->status == URIPC_ABORTED && !at->cancelled);
    at->posted = false;
    if (at->adopted && over) {
        ended(layers, endpoint, done->status);
        return;
    }
    at->discard = done->status == URIPC_BUFFER_TOO_SMALL;
    if (done->status != URIPC_OK || at->state != URIPC__ENDPOINT_OPEN || at->dropped) {
        layers->unheard = true;
        return;
    }
    if (discarded || !dispatch(layers, endpoint, done)) {
        layers->counters.strays++; /* LAY-9 */
        at->posted = URIPC_MUTANT(STRAY_DEAFENS);
        if (URIPC_MUTANT(STRAY_DEAFENS))
            return;
    }
    if (listens(at) && !at->posted && post(layers, endpoint) != URIPC_PENDING)
        layers->unheard = true; /* else a turn takes all that is there */
}

/* What the held endpoint has, nobody takes. */
static bool lacks(struct uripc_layers *layers, uint32_t endpoint)
{
    const struct uripc__endpoint *at = uripc__layers_endpoint(layers, endpoint);
    const bool deaf = listens(at) && !at->posted && endpoint != URIPC__HELD;
    return at->state == URIPC__ENDPOINT_OPEN && (at->dropped || deaf);
}

void uripc__layers_listen(struct uripc_layers *layers)
{
    if (!layers->unheard)
        return;
    layers->unheard = false;
    for (uint32_t i = 0; i < layers->layout.endpoint_count; i++) {
        if (!lacks(layers, i))
            continue;
        if (uripc__layers_endpoint(layers, i)->dropped)
            start_close(layers, i);
        else if (post(layers, i) == URIPC_INVALID_HANDLE)
            ended(layers, i, URIPC_CLOSED);
        layers->unheard = layers->unheard || lacks(layers, i);
    }
}

/* Registrations of the application. */

bool uripc__layers_adopt(struct uripc_layers *layers, uint32_t part, struct uripc_handle handle,
                         uint32_t *endpoint)
{
    for (uint32_t i = URIPC__FREE_TO_USE; i < layers->layout.endpoint_count; i++) {
        struct uripc__endpoint *at = uripc__layers_endpoint(layers, i);
        if (at->state != URIPC__ENDPOINT_FREE)
            continue;
        *at = (struct uripc__endpoint){.handle = handle,
                                       .buffer = at->buffer,
                                       .bytes = at->bytes,
                                       .part = part,
                                       .state = URIPC__ENDPOINT_OPEN,
                                       .adopted = true};
        *endpoint = i;
        return true;
    }
    return false;
}

enum uripc_status uripc__layers_want(struct uripc_layers *layers, uint32_t endpoint, bool wanted)
{
    struct uripc__endpoint *at = uripc__layers_endpoint(layers, endpoint);
    at->wanted = wanted;
    if (wanted && !at->posted && post(layers, endpoint) == URIPC_INVALID_HANDLE) {
        at->state = URIPC__ENDPOINT_FREE;
        return URIPC_INVALID_HANDLE;
    }
    layers->unheard = layers->unheard || lacks(layers, endpoint);
    if (!wanted && at->posted && !at->cancelled)
        at->cancelled = layers->ground.calls->cancel(layers->ground.node,
                                                     own_overlapped(at->receive)) == URIPC_OK;
    return URIPC_OK;
}

void uripc__layers_release(struct uripc_layers *layers, uint32_t endpoint)
{
    uripc__layers_endpoint(layers, endpoint)->state = URIPC__ENDPOINT_FREE;
}

/* Sending. */

void uripc__layers_head(unsigned char *record, uint8_t type)
{
    record[0] = 'u';
    record[1] = 'L';
    record[2] = URIPC__RECORD_VERSION;
    record[3] = type;
}

enum uripc_status uripc__layers_send(struct uripc_layers *layers, uint32_t part, uint32_t endpoint,
                                     const struct uripc_text *suffix, struct uripc_text target,
                                     const void *record, uint32_t length,
                                     const struct uripc_send_options *options, uint64_t token)
{
    const struct uripc__endpoint *at = uripc__layers_endpoint(layers, endpoint);
    struct uripc_send_options bounded = {.size = sizeof bounded};
    if (options != NULL)
        bounded = *options;
    if (bounded.deadline == 0 && !URIPC_MUTANT(ANSWER_NEVER_DUE))
        bounded.deadline = URIPC__LAYERS_ANSWERED;
    uint32_t own = own_begin(
        layers, (struct uripc__own_call){
                    .token = token, .part = part, .endpoint = endpoint, .kind = URIPC_CALL_SEND});
    if (own == URIPC__NONE)
        return URIPC_NO_RESOURCES;
    enum uripc_status status =
        layers->ground.calls->send(layers->ground.node, at->handle, suffix, target, record, length,
                                   &bounded, own_overlapped(own));
    if (own_started(layers, own, status) == URIPC_PENDING) {
        layers->counters.sent++;
        layers->counters.bytes_sent += length;
    }
    return status;
}

void uripc__layers_withdraw(struct uripc_layers *layers, uint32_t part, uint64_t token)
{
    for (uint32_t i = 0; i < layers->layout.own_count; i++) {
        const struct uripc__own_call *own = own_call(layers, i);
        if (own->kind == URIPC_CALL_SEND && own->part == part && own->token == token)
            (void)layers->ground.calls->cancel(layers->ground.node, own_overlapped(i));
    }
}

void uripc__layers_own_done(struct uripc_layers *layers, const struct uripc_completion *done)
{
    uint64_t index = done->overlapped & ~URIPC_LAYER_OVERLAPPED;
    if (index >= layers->layout.own_count || own_call(layers, (uint32_t)index)->kind == 0)
        return;
    const struct uripc__own_call call = *own_call(layers, (uint32_t)index);
    own_call(layers, (uint32_t)index)->kind = 0;
    switch (call.kind) {
    case URIPC_CALL_REGISTER:
        registered(layers, call.endpoint, done);
        break;
    case URIPC_CALL_RECEIVE:
        received(layers, call.endpoint, done);
        break;
    case URIPC_CALL_CLOSE:
        uripc__layers_endpoint(layers, call.endpoint)->state = URIPC__ENDPOINT_FREE;
        break;
    default:
        layers->parts[call.part]->on_done(layers, call.token, done);
    }
}
