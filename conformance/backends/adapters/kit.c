/* SPDX-License-Identifier: MIT */
#define _DEFAULT_SOURCE /* realpath, getentropy */

#include "kit.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "reference/name.h"
#include "reference/options.h"

static uint64_t now(void)
{
    struct timespec at;
    clock_gettime(CLOCK_MONOTONIC, &at);
    return (uint64_t)at.tv_sec * UINT64_C(1000000000) + (uint64_t)at.tv_nsec;
}

/* The instant a while after another, which may be never. */
static uint64_t later(uint64_t at, uint64_t by)
{
    return by < KIT_NEVER - at ? at + by : KIT_NEVER;
}

int kit_milliseconds(uint64_t timeout)
{
    const uint64_t unit = 1000000;
    if (timeout == KIT_NEVER)
        return -1;
    const uint64_t rounded = timeout / unit + (timeout % unit != 0);
    return rounded < INT_MAX ? (int)rounded : INT_MAX;
}

/* Calls. */

static void append(struct kit_call **first, struct kit_call **last, struct kit_call *call)
{
    call->next = NULL;
    call->previous = *first ? *last : NULL;
    *(*first ? &(*last)->next : first) = call;
    *last = call;
}

static void take(struct kit_call **first, struct kit_call **last, struct kit_call *call)
{
    *(call->previous ? &call->previous->next : first) = call->next;
    *(call->next ? &call->next->previous : last) = call->previous;
}

/* The call with this block, or NULL. */
static struct kit_call *in_flight(const struct uripc_node *node, uint64_t overlapped)
{
    for (uint32_t i = 0; i < node->limits.operations; i++)
        if (node->overlapped[i] == overlapped)
            return &node->calls[i];
    return NULL;
}

/* May this block be used for one more call? */
static enum uripc_status check_block(const struct uripc_node *node, uint64_t overlapped)
{
    if (!overlapped)
        return URIPC_INVALID_ARGUMENT;
    if (in_flight(node, overlapped))
        return URIPC_IN_USE;
    return node->free ? URIPC_OK : URIPC_NO_RESOURCES;
}

static struct kit_call *begin(struct uripc_node *node, uint64_t overlapped, enum uripc_call kind,
                              struct kit_registration *registration, uint64_t deadline)
{
    struct kit_call *call = node->free;
    node->free = call->next;
    node->overlapped[call - node->calls] = overlapped;
    *call = (struct kit_call){
        .registration = registration,
        .deadline = deadline ? later(now(), deadline) : KIT_NEVER,
        .completion = {.overlapped = overlapped, .call = kind, .handle = registration->handle},
    };
    node->timed += call->deadline != KIT_NEVER;
    append(&registration->first, &registration->last, call);
    return call;
}

static void end_registration(struct uripc_node *node, struct kit_registration *registration)
{
    node->system->discard(node, registration);
    kit_empty(registration);
    free((void *)(uintptr_t)registration->name.at);
    *registration = (struct kit_registration){0};
}

void kit_complete(struct uripc_node *node, struct kit_call *call, enum uripc_status status,
                  enum uripc_certainty certainty)
{
    struct kit_registration *registration = call->registration;
    struct uripc_completion *completion = &call->completion;
    const bool open = status == URIPC_OK && completion->call == URIPC_CALL_REGISTER;
    take(&registration->first, &registration->last, call);
    append(&node->done, &node->done_last, call);
    node->news = true;
    node->timed -= call->deadline != KIT_NEVER;
    call->registration = NULL;
    completion->status = status;
    completion->certainty =
        uripc_status_certainty(status) == URIPC_EITHER ? certainty : URIPC_DEFINITE;
    if (completion->call == URIPC_CALL_SEND && status != URIPC_OK)
        completion->bytes = 0;
    if (open) {
        registration->open = true;
        completion->incarnation = registration->incarnation;
    } else if (completion->call == URIPC_CALL_REGISTER) {
        completion->handle = (struct uripc_handle){0};
    }
    if ((completion->call == URIPC_CALL_REGISTER && !open) || completion->call == URIPC_CALL_CLOSE)
        end_registration(node, registration);
}

/* The system has answered at once, or will. */
static enum uripc_status started(struct uripc_node *node, struct kit_call *call,
                                 enum uripc_status status)
{
    if (status != URIPC_PENDING)
        kit_complete(node, call, status, URIPC_DEFINITE);
    return URIPC_PENDING;
}

/* Ends a call before the system has answered. What had been handed over may still arrive. */
static void end_early(struct uripc_node *node, struct kit_call *call, enum uripc_status status)
{
    if (node->system->forget && call->completion.call != URIPC_CALL_RECEIVE)
        node->system->forget(node, call);
    kit_complete(node, call, status,
                 call->completion.call == URIPC_CALL_SEND && status != URIPC_ABORTED
                     ? URIPC_INDEFINITE
                     : URIPC_DEFINITE);
}

/* Registrations. */

static struct kit_registration *registration_of(const struct uripc_node *node,
                                                struct uripc_handle handle)
{
    struct kit_registration *registration =
        &node->registrations[handle.id % node->limits.registrations];
    return handle.id && registration->handle.id == handle.id && registration->open ? registration
                                                                                   : NULL;
}

/* A new place for a name; NULL: there is none. */
static struct kit_registration *place(struct uripc_node *node, struct uripc_text name)
{
    uint32_t slot = 0;
    while (slot < node->limits.registrations && node->registrations[slot].handle.id)
        slot++;
    char *copy = slot < node->limits.registrations ? malloc(name.length) : NULL;
    if (!copy)
        return NULL;
    memcpy(copy, name.at, name.length);
    node->registrations[slot] = (struct kit_registration){
        .handle = {++node->handles * node->limits.registrations + slot},
        .name = {copy, name.length},
    };
    return &node->registrations[slot];
}

static bool has_queue_options(const struct uripc_register_options *options)
{
    return options->overflow != URIPC_REJECT || options->queue_messages != URIPC_QUEUE_MESSAGES ||
           options->queue_bytes || options->message_max;
}

/* What of these options the system must be able to do. */
static uint32_t needed(const struct uripc_register_options *options, struct uripc_handle parent)
{
    return (parent.id ? URIPC_CAN_PARENTS : 0u) |
           (options->kind == URIPC_GROUP ? URIPC_CAN_GROUP : 0u) |
           (options->kind == URIPC_SHARED ? URIPC_CAN_SHARED : 0u) |
           (has_queue_options(options) ? URIPC_CAN_QUEUES : 0u);
}

enum uripc_status kit_register(struct uripc_node *node, struct uripc_handle parent,
                               struct uripc_text uri, const struct uripc_register_options *given,
                               uint64_t overlapped)
{
    struct uripc_register_options options;
    struct uripc_text name = {node->texts, 0};
    enum uripc_status status = uripc__read_register_options(given, &options);
    if (!status)
        status = check_block(node, overlapped);
    if (!status && parent.id && !registration_of(node, parent))
        status = URIPC_INVALID_HANDLE;
    if (!status && needed(&options, parent) & ~node->system->capabilities)
        status = URIPC_NOT_SUPPORTED;
    if (!status)
        status = uripc_name_canonical(uri, URIPC_NAME_REGISTERED, node->texts,
                                      node->limits.uri_units, &name.length);
    if (status)
        return status;
    struct kit_registration *registration = place(node, name);
    if (!registration)
        return URIPC_NO_RESOURCES;
    struct kit_call *call =
        begin(node, overlapped, URIPC_CALL_REGISTER, registration, options.deadline);
    return started(node, call, node->system->claim(node, registration, &options, call));
}

enum uripc_status kit_close_handle(struct uripc_node *node, struct uripc_handle handle,
                                   uint64_t overlapped)
{
    struct kit_registration *registration = registration_of(node, handle);
    if (!registration)
        return URIPC_INVALID_HANDLE;
    enum uripc_status status = check_block(node, overlapped);
    if (status)
        return status;
    registration->open = false;
    while (registration->first)
        end_early(node, registration->first, URIPC_CLOSED);
    struct kit_call *call = begin(node, overlapped, URIPC_CALL_CLOSE, registration, 0);
    return started(node, call, node->system->release(node, registration, call));
}

/* Sending and receiving. */

enum uripc_status kit_send(struct uripc_node *node, struct uripc_handle source,
                           const struct uripc_text *suffix, struct uripc_text target,
                           const void *data, uint32_t length,
                           const struct uripc_send_options *given, uint64_t overlapped)
{
    struct uripc_send_options options;
    struct kit_registration *registration = registration_of(node, source);
    struct kit_message message = {.data = data, .length = length};
    enum uripc_status status = uripc__read_send_options(given, &options);
    if (status || (length && !data))
        return URIPC_INVALID_ARGUMENT;
    if (!registration)
        return URIPC_INVALID_HANDLE;
    if ((options.expected.node || options.expected.serial) &&
        !(node->system->capabilities & URIPC_CAN_INCARNATIONS))
        return URIPC_NOT_SUPPORTED;
    status = check_block(node, overlapped);
    if (status)
        return status;
    message.target.at = node->texts;
    status = uripc_name_canonical(target, URIPC_NAME_TARGET, node->texts, node->limits.uri_units,
                                  &message.target.length);
    message.source = registration->name;
    if (!status && suffix) {
        message.source.at = node->texts + node->limits.uri_units;
        status =
            uripc_name_compose(registration->name, *suffix, node->texts + node->limits.uri_units,
                               node->limits.uri_units, &message.source.length);
    }
    if (status)
        return status;
    message.id = ++node->messages;
    struct kit_call *call =
        begin(node, overlapped, URIPC_CALL_SEND, registration, options.deadline);
    call->completion.bytes = length;
    call->completion.message_id = message.id;
    return started(node, call, node->system->send(node, registration, &message, &options, call));
}

struct kit_call *kit_receiver(const struct kit_registration *registration)
{
    struct kit_call *call = registration->first;
    while (call && call->completion.call != URIPC_CALL_RECEIVE)
        call = call->next;
    return call;
}

/* Brings messages and receives together, the oldest first. */
static void deliver(struct uripc_node *node, struct kit_registration *registration)
{
    struct kit_call *call;
    while ((call = kit_receiver(registration))) {
        if (registration->head)
            kit_complete(node, call, kit_give(registration, call), URIPC_DEFINITE);
        else if (!node->system->fetch || !node->system->fetch(node, registration))
            return;
    }
}

static void deliver_all(struct uripc_node *node)
{
    for (uint32_t i = 0; i < node->limits.registrations; i++)
        deliver(node, &node->registrations[i]);
}

enum uripc_status kit_receive(struct uripc_node *node, struct uripc_handle handle,
                              struct uripc_buffer buffer, const struct uripc_receive_options *given,
                              uint64_t overlapped)
{
    struct uripc_receive_options options;
    struct kit_registration *registration = registration_of(node, handle);
    enum uripc_status status = uripc__read_receive_options(given, &options);
    if (status || (buffer.size && !buffer.id))
        return URIPC_INVALID_ARGUMENT;
    if (!registration)
        return URIPC_INVALID_HANDLE;
    status = check_block(node, overlapped);
    if (status)
        return status;
    struct kit_call *call =
        begin(node, overlapped, URIPC_CALL_RECEIVE, registration, options.deadline);
    call->buffer = buffer;
    call->flags = options.flags;
    deliver(node, registration);
    if (options.flags & URIPC_NOWAIT && call->registration)
        kit_complete(node, call, URIPC_TIMEOUT, URIPC_DEFINITE);
    return URIPC_PENDING;
}

/* A close goes its way, and so does what has been handed over to the system. */
static bool ask_to_end(struct uripc_node *node, struct kit_call *call)
{
    if (!call->registration || call->asked)
        return false;
    call->asked = true;
    if (call->completion.call == URIPC_CALL_RECEIVE || call->completion.call == URIPC_CALL_REGISTER)
        end_early(node, call, URIPC_ABORTED);
    return true;
}

enum uripc_status kit_cancel(struct uripc_node *node, uint64_t overlapped)
{
    struct kit_call *call = overlapped ? in_flight(node, overlapped) : NULL;
    deliver_all(node); /* what has come before the wish counts */
    return call && ask_to_end(node, call) ? URIPC_OK : URIPC_NOT_FOUND;
}

enum uripc_status kit_cancel_all(struct uripc_node *node, struct uripc_handle handle)
{
    struct kit_registration *registration = registration_of(node, handle);
    enum uripc_status status = URIPC_NOT_FOUND;
    if (!registration)
        return URIPC_INVALID_HANDLE;
    deliver_all(node);
    for (struct kit_call *call = registration->first, *next; call; call = next) {
        next = call->next;
        if (ask_to_end(node, call))
            status = URIPC_OK;
    }
    return status;
}

enum uripc_status kit_poll(struct uripc_node *node, struct uripc_completion *completion)
{
    if (!node->done)
        deliver_all(node);
    struct kit_call *call = node->done;
    if (!call)
        return URIPC_WOULD_BLOCK;
    *completion = call->completion;
    take(&node->done, &node->done_last, call);
    node->overlapped[call - node->calls] = 0;
    call->next = node->free;
    node->free = call;
    return URIPC_OK;
}

enum uripc_status kit_info(struct uripc_node *node, struct uripc_handle handle,
                           struct uripc_info *info)
{
    const struct kit_registration *registration = registration_of(node, handle);
    if (!registration)
        return URIPC_INVALID_HANDLE;
    if (!info)
        return URIPC_OK;
    *info = (struct uripc_info){.incarnation = registration->incarnation,
                                .next_source = URIPC_NO_MESSAGE,
                                .next_target = URIPC_NO_MESSAGE,
                                .next_data = URIPC_NO_MESSAGE};
    for (const struct kit_letter *at = registration->head; at; at = at->next) {
        info->messages++;
        info->bytes += at->message.length;
    }
    if (registration->head) {
        info->next_source = (uint32_t)registration->head->message.source.length;
        info->next_target = (uint32_t)registration->head->message.target.length;
        info->next_data = registration->head->message.length;
    }
    for (const struct kit_call *at = registration->first; at; at = at->next)
        info->receives += at->completion.call == URIPC_CALL_RECEIVE;
    return URIPC_OK;
}

/* Time. */

/* Ends what is due and returns when the next one will be. */
static uint64_t expire(struct uripc_node *node)
{
    const uint64_t at = now();
    uint64_t next = KIT_NEVER;
    for (uint32_t i = 0; node->timed && i < node->limits.operations; i++) {
        struct kit_call *call = &node->calls[i];
        if (!node->overlapped[i] || !call->registration)
            continue;
        if (call->deadline <= at)
            end_early(node, call, URIPC_TIMEOUT);
        else if (call->deadline < next)
            next = call->deadline;
    }
    return next;
}

/* Takes the news that there are completions. */
static unsigned told(struct uripc_node *node, bool readable)
{
    const bool completed = node->news;
    node->news = false;
    return (readable ? URIPC_BACKEND_READABLE : 0u) | (completed ? URIPC_BACKEND_COMPLETED : 0u);
}

unsigned kit_run(struct uripc_node *node, int fd, uint64_t timeout)
{
    const uint64_t end = later(now(), timeout);
    for (;;) {
        deliver_all(node);
        uint64_t until = expire(node);
        const uint64_t at = now();
        if (end < until)
            until = end;
        if (node->news || until < at)
            until = at;
        const uint64_t rest = until == KIT_NEVER ? KIT_NEVER : until - at;
        const bool readable = node->system->wait(node, fd, rest);
        deliver_all(node);
        expire(node);
        if (readable || node->news || now() >= end)
            return told(node, readable);
    }
}

/* The node. */

static void free_node(struct uripc_node *node)
{
    free(node->registrations);
    free(node->calls);
    free(node->overlapped);
    free(node->texts);
    free(node->realm);
    free(node);
}

static struct uripc_node *make_node(const struct uripc_limits *limits)
{
    struct uripc_node *node = calloc(1, sizeof(*node));
    if (!node)
        return NULL;
    node->limits = *limits;
    node->registrations = calloc(limits->registrations, sizeof(*node->registrations));
    node->calls = calloc(limits->operations, sizeof(*node->calls));
    node->overlapped = calloc(limits->operations, sizeof(*node->overlapped));
    node->texts = malloc((size_t)limits->uri_units * 2);
    if (!node->registrations || !node->calls || !node->overlapped || !node->texts) {
        free_node(node);
        return NULL;
    }
    /* Ids of messages are unique in the realm: their first half is the node's own. */
    if (getentropy(&node->messages, sizeof(node->messages)) != 0) {
        free_node(node);
        return NULL;
    }
    node->messages &= ~(uint64_t)UINT32_MAX;
    for (uint32_t i = limits->operations; i-- > 0;) {
        node->calls[i].next = node->free;
        node->free = &node->calls[i];
    }
    return node;
}

enum uripc_status kit_open(const struct kit_system *system, const struct uripc_backend_setup *setup,
                           struct uripc_node **node)
{
    struct uripc_node *made = make_node(&uripc_limits_default);
    if (!made)
        return URIPC_NO_RESOURCES;
    made->system = system;
    made->realm = realpath(setup->realm, NULL);
    const enum uripc_status status = made->realm ? system->open(made) : URIPC_INVALID_ARGUMENT;
    if (status)
        free_node(made);
    else
        *node = made;
    return status;
}

/* Sends whose answer is still to come. */
static bool has_sends(const struct uripc_node *node)
{
    for (uint32_t i = 0; i < node->limits.registrations; i++)
        for (const struct kit_call *at = node->registrations[i].first; at; at = at->next)
            if (at->completion.call == URIPC_CALL_SEND)
                return true;
    return false;
}

void kit_close(struct uripc_node *node, uint64_t linger)
{
    const uint64_t end = later(now(), linger);
    for (uint64_t at; has_sends(node) && (at = now()) < end;)
        node->system->wait(node, -1, end == KIT_NEVER ? KIT_NEVER : end - at);
    for (uint32_t i = 0; i < node->limits.registrations; i++) {
        struct kit_registration *registration = &node->registrations[i];
        if (!registration->handle.id)
            continue;
        for (struct kit_call *call = registration->first; call; call = call->next)
            if (node->system->forget && call->completion.call != URIPC_CALL_RECEIVE)
                node->system->forget(node, call);
        node->system->release(node, registration, NULL);
        end_registration(node, registration);
    }
    node->system->close(node, linger);
    free_node(node);
}
