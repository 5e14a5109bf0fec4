/* SPDX-License-Identifier: MIT */
/* The commands of the driver protocol, as calls of a table. */
#include <stdlib.h>
#include <string.h>

#include "answer.h"
#include "commands.h"
#include "conformance/load/load.h"

void cf_spoil(void *at, size_t size)
{
    volatile unsigned char *bytes = at;
    for (size_t i = 0; i < size; i++)
        bytes[i] = 0xa9;
}

void cf_spoil_bytes(struct cf_bytes *bytes)
{
    if (bytes->at)
        cf_spoil(bytes->at, bytes->size);
    cf_bytes_free(bytes);
}

static json_t *do_hello(struct cf_host *host, struct cf_reading *reading)
{
    if (cf_read_id(reading, "protocol") < CF_DRIVER_PROTOCOL)
        cf_read_fault(reading, "protocol", "1 or more");
    return cf_answer_hello(&host->table);
}

static uint32_t read_limit(struct cf_reading *reading, const char *member, uint32_t otherwise)
{
    return (uint32_t)cf_read_number_or(reading, member, UINT32_MAX, otherwise);
}

static struct uripc_limits read_limits(struct cf_reading *reading)
{
    const struct uripc_limits usual = uripc_limits_default;
    struct cf_reading members = {.command = json_object_get(reading->command, "limits")};
    struct uripc_limits limits = {
        .size = sizeof(limits),
        .registrations = read_limit(&members, "registrations", usual.registrations),
        .operations = read_limit(&members, "operations", usual.operations),
        .routes = read_limit(&members, "routes", usual.routes),
        .pool_bytes = read_limit(&members, "pool_bytes", usual.pool_bytes),
        .uri_units = read_limit(&members, "uri_units", usual.uri_units)};
    if (members.failed || (members.command && !json_is_object(members.command)))
        cf_read_fault(reading, "limits", "an object of numbers up to 4294967295");
    return limits;
}

static struct uripc_layer_limits read_layers(struct cf_reading *reading)
{
    const struct uripc_layer_limits usual = uripc_layer_limits_default;
    struct cf_reading members = {.command = json_object_get(reading->command, "layers")};
    struct uripc_layer_limits limits = {
        .size = sizeof(limits),
        .listeners = read_limit(&members, "listeners", usual.listeners),
        .sessions = read_limit(&members, "sessions", usual.sessions),
        .requests = read_limit(&members, "requests", usual.requests),
        .remembered = read_limit(&members, "remembered", usual.remembered),
        .calls = read_limit(&members, "calls", usual.calls),
        .window_bytes = read_limit(&members, "window_bytes", usual.window_bytes),
        .pool_bytes = read_limit(&members, "pool_bytes", usual.pool_bytes),
        .uri_units = read_limit(&members, "uri_units", usual.uri_units),
        .message_max = read_limit(&members, "message_max", usual.message_max)};
    if (members.failed || (members.command && !json_is_object(members.command)))
        cf_read_fault(reading, "layers", "an object of numbers up to 4294967295");
    return limits;
}

static json_t *do_open(struct cf_host *host, struct cf_reading *reading)
{
    struct uripc_backend_setup setup = {.size = sizeof(setup), .limits = read_limits(reading)};
    struct uripc_layer_limits layers = read_layers(reading);
    struct cf_bytes realm = cf_read_text(reading, "realm");
    if (host->node)
        cf_read_fault(reading, "do", "anything but a second `open`");
    if (realm.at && memchr(realm.at, '\0', realm.size))
        cf_read_fault(reading, "realm", "a path");
    if (host->table.capabilities & (URIPC_CAN_SESSIONS | URIPC_CAN_REQUESTS) &&
        cf_read_has(reading, "layers"))
        setup.layers = &layers;
    enum uripc_status status = URIPC_INVALID_ARGUMENT;
    if (!reading->failed) {
        realm.at[realm.size] = '\0'; /* cf_bytes have room for it */
        setup.realm = realm.at;
        status = host->table.open(&setup, &host->node);
    }
    if (status != URIPC_OK && !reading->failed)
        host->node = NULL;
    host->layers = host->node && setup.layers;
    cf_spoil_bytes(&realm);
    cf_spoil(&setup, sizeof(setup));
    cf_spoil(&layers, sizeof(layers));
    return cf_answer_status(status);
}

static json_t *do_register(struct cf_host *host, struct cf_reading *reading)
{
    static const char *const names[] = {"kind", "overflow", "queue", "queue_bytes",
                                        "max",  "deadline", NULL};
    struct uripc_register_options options = {
        .size = sizeof(options),
        .kind = cf_read_kind(reading),
        .overflow = cf_read_overflow(reading),
        .queue_messages = (uint32_t)cf_read_number_or(reading, "queue", UINT32_MAX, 0),
        .queue_bytes = (uint32_t)cf_read_number_or(reading, "queue_bytes", UINT32_MAX, 0),
        .message_max = (uint32_t)cf_read_number_or(reading, "max", UINT32_MAX, 0),
        .deadline = cf_read_deadline(reading)};
    struct uripc_handle parent = {cf_read_number_or(reading, "parent", CF_NUMBER_MAX, 0)};
    uint64_t overlapped = cf_read_id(reading, "overlapped");
    struct cf_bytes name = cf_read_text(reading, "name");
    enum uripc_status status = URIPC_INVALID_ARGUMENT;
    if (!reading->failed)
        status =
            host->table.register_(host->node, parent, (struct uripc_text){name.at, name.size},
                                  cf_read_has_any(reading, names) ? &options : NULL, overlapped);
    cf_spoil_bytes(&name);
    cf_spoil(&options, sizeof(options));
    return cf_answer_status(status);
}

static json_t *do_send(struct cf_host *host, struct cf_reading *reading)
{
    static const char *const names[] = {"nowait", "deadline", "expecting", NULL};
    struct uripc_send_options options = {.size = sizeof(options),
                                         .flags =
                                             cf_read_flag(reading, "nowait") ? URIPC_NOWAIT : 0,
                                         .deadline = cf_read_deadline(reading),
                                         .expected = cf_read_incarnation(reading, "expecting")};
    struct uripc_handle handle = cf_read_handle(reading);
    uint64_t overlapped = cf_read_id(reading, "overlapped");
    struct cf_bytes target = cf_read_text(reading, "target");
    bool has_suffix = cf_read_has(reading, "suffix");
    struct cf_bytes suffix = {0};
    if (has_suffix)
        suffix = cf_read_text(reading, "suffix");
    struct cf_bytes data = cf_read_data(reading, "data");
    struct uripc_text appended = {suffix.at, suffix.size};
    enum uripc_status status = URIPC_INVALID_ARGUMENT;
    if (data.size > UINT32_MAX)
        cf_read_fault(reading, "data", "at most 4 GiB");
    if (!reading->failed)
        status = host->table.send(host->node, handle, has_suffix ? &appended : NULL,
                                  (struct uripc_text){target.at, target.size}, data.at,
                                  (uint32_t)data.size,
                                  cf_read_has_any(reading, names) ? &options : NULL, overlapped);
    cf_spoil_bytes(&target);
    cf_spoil_bytes(&suffix);
    cf_spoil_bytes(&data);
    cf_spoil(&appended, sizeof(appended));
    cf_spoil(&options, sizeof(options));
    return cf_answer_status(status);
}

static uint32_t read_receive_flags(struct cf_reading *reading)
{
    return (cf_read_flag(reading, "nowait") ? URIPC_NOWAIT : 0u) |
           (cf_read_flag(reading, "utf16") ? URIPC_UTF16 : 0u) |
           (cf_read_flag(reading, "discard") ? URIPC_DISCARD : 0u);
}

static json_t *do_receive(struct cf_host *host, struct cf_reading *reading)
{
    static const char *const names[] = {"nowait", "utf16", "discard", "deadline", NULL};
    struct uripc_receive_options options = {.size = sizeof(options),
                                            .flags = read_receive_flags(reading),
                                            .deadline = cf_read_deadline(reading)};
    struct uripc_handle handle = cf_read_handle(reading);
    uint64_t overlapped = cf_read_id(reading, "overlapped");
    uint32_t size = (uint32_t)cf_read_number(reading, "buffer", CF_BUFFER_MAX);
    if (reading->failed)
        return NULL;
    struct cf_buffer *buffer = cf_buffers_add(&host->buffers, overlapped, size);
    if (!buffer) {
        cf_read_fault(reading, "buffer", "less than the memory there is");
        return NULL;
    }
    buffer->wide = options.flags & URIPC_UTF16;
    buffer->discard = options.flags & URIPC_DISCARD;
    enum uripc_status status = host->table.receive(
        host->node, handle, (struct uripc_buffer){(uintptr_t)buffer->bytes, size},
        cf_read_has_any(reading, names) ? &options : NULL, overlapped);
    if (status != URIPC_PENDING)
        cf_host_retire(host, buffer, 0);
    cf_spoil(&options, sizeof(options));
    return cf_answer_status(status);
}

static json_t *do_close(struct cf_host *host, struct cf_reading *reading)
{
    struct uripc_handle handle = cf_read_handle(reading);
    uint64_t overlapped = cf_read_id(reading, "overlapped");
    if (reading->failed)
        return NULL;
    return cf_answer_status(host->table.close_handle(host->node, handle, overlapped));
}

static json_t *do_cancel(struct cf_host *host, struct cf_reading *reading)
{
    uint64_t overlapped = cf_read_id(reading, "overlapped");
    if (reading->failed)
        return NULL;
    if (!host->table.cancel)
        return cf_answer_status(URIPC_NOT_SUPPORTED);
    return cf_answer_status(host->table.cancel(host->node, overlapped));
}

static json_t *do_cancel_all(struct cf_host *host, struct cf_reading *reading)
{
    struct uripc_handle handle = cf_read_handle(reading);
    if (reading->failed)
        return NULL;
    if (!host->table.cancel_all)
        return cf_answer_status(URIPC_NOT_SUPPORTED);
    return cf_answer_status(host->table.cancel_all(host->node, handle));
}

static json_t *do_info(struct cf_host *host, struct cf_reading *reading)
{
    struct uripc_info info = {.next_source = URIPC_NO_MESSAGE};
    struct uripc_handle handle = cf_read_handle(reading);
    if (reading->failed)
        return NULL;
    enum uripc_status status =
        host->table.info ? host->table.info(host->node, handle, &info) : URIPC_NOT_SUPPORTED;
    return status == URIPC_OK ? cf_answer_info(&info) : cf_answer_status(status);
}

static json_t *do_poll(struct cf_host *host, struct cf_reading *reading)
{
    (void)reading;
    if (!(host->table.capabilities & URIPC_CAN_POLLING))
        return cf_answer_status(URIPC_NOT_SUPPORTED);
    json_t *completion = cf_host_poll(host);
    return completion ? json_pack("{s:s, s:o}", "status", "ok", "completion", completion)
                      : cf_answer_status(URIPC_WOULD_BLOCK);
}

static json_t *do_fence(struct cf_host *host, struct cf_reading *reading)
{
    (void)reading;
    cf_host_run(host, -1, 0);
    return cf_answer_status(URIPC_OK);
}

static json_t *do_load(struct cf_host *host, struct cf_reading *reading)
{
    return cf_load(&host->table, host->node, reading->command);
}

static json_t *do_end(struct cf_host *host, struct cf_reading *reading)
{
    (void)reading;
    cf_host_close(host);
    host->ended = true;
    return cf_answer_status(URIPC_OK);
}

static const struct cf_verb_row verbs[] = {
    {"hello", do_hello, false},      {"open", do_open, false},
    {"register", do_register, true}, {"send", do_send, true},
    {"receive", do_receive, true},   {"close", do_close, true},
    {"cancel", do_cancel, true},     {"cancel-all", do_cancel_all, true},
    {"poll", do_poll, true},         {"info", do_info, true},
    {"fence", do_fence, true},       {"load", do_load, true},
    {"end", do_end, false},          {NULL, NULL, false},
};

static const struct cf_verb_row *find(const struct cf_verb_row *rows, const char *name)
{
    while (rows->name && strcmp(rows->name, name) != 0)
        rows++;
    return rows->name ? rows : NULL;
}

cf_command *cf_command_find(const char *name, bool *needs_node)
{
    const struct cf_verb_row *row = find(verbs, name);
    if (!row)
        row = find(cf_session_verbs, name);
    if (!row)
        row = find(cf_request_verbs, name);
    if (!row)
        return NULL;
    *needs_node = row->needs_node;
    return row->command;
}
