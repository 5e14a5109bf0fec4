/* SPDX-License-Identifier: MIT */
/* The commands of requests, as calls of a table. */
#include "answer.h"
#include "commands.h"

static bool can_call(const struct cf_host *host, const struct cf_reading *reading)
{
    return !reading->failed && host->layers && host->table.capabilities & URIPC_CAN_REQUESTS;
}

static struct cf_bytes read_data(struct cf_reading *reading)
{
    struct cf_bytes data = cf_read_data(reading, "data");
    if (data.size > UINT32_MAX)
        cf_read_fault(reading, "data", "at most 4 GiB");
    return data;
}

/* The buffer of a call that can be made; NULL: it cannot, or the command is in fault. */
static struct cf_buffer *take_buffer(struct cf_host *host, struct cf_reading *reading,
                                     uint64_t overlapped)
{
    uint32_t size = (uint32_t)cf_read_number(reading, "buffer", CF_BUFFER_MAX);
    if (!can_call(host, reading))
        return NULL;
    struct cf_buffer *buffer = cf_buffers_add(&host->buffers, overlapped, size);
    if (!buffer)
        cf_read_fault(reading, "buffer", "less than the memory there is");
    return buffer;
}

static struct uripc_buffer as_given(const struct cf_buffer *buffer)
{
    return (struct uripc_buffer){(uintptr_t)buffer->bytes, buffer->size};
}

static json_t *returned(struct cf_host *host, struct cf_buffer *buffer, enum uripc_status status)
{
    if (buffer && status != URIPC_PENDING)
        cf_host_retire(host, buffer, 0);
    return cf_answer_status(status);
}

static json_t *do_request(struct cf_host *host, struct cf_reading *reading)
{
    static const char *const names[] = {"session", "deadline", "retry", "retries", "backoff", NULL};
    struct uripc_request_options options = {
        .size = sizeof(options),
        .deadline = cf_read_deadline(reading),
        .retry = cf_read_number_or(reading, "retry", CF_NUMBER_MAX, 0),
        .retries = (uint32_t)cf_read_number_or(reading, "retries", UINT32_MAX, 0),
        .backoff = cf_read_flag(reading, "backoff"),
        .session = {cf_read_number_or(reading, "session", CF_NUMBER_MAX, 0)}};
    uint64_t overlapped = cf_read_id(reading, "overlapped");
    struct cf_bytes target = cf_read_text(reading, "target");
    struct cf_bytes data = read_data(reading);
    struct cf_buffer *buffer = take_buffer(host, reading, overlapped);
    enum uripc_status status = URIPC_NOT_SUPPORTED;
    if (buffer)
        status = host->table.request(host->node, (struct uripc_text){target.at, target.size},
                                     data.at, (uint32_t)data.size, as_given(buffer),
                                     cf_read_has_any(reading, names) ? &options : NULL, overlapped);
    cf_spoil_bytes(&target);
    cf_spoil_bytes(&data);
    cf_spoil(&options, sizeof(options));
    return returned(host, buffer, status);
}

static json_t *do_serve(struct cf_host *host, struct cf_reading *reading)
{
    static const char *const names[] = {"deadline", "remember", NULL};
    struct uripc_serve_options options = {
        .size = sizeof(options),
        .deadline = cf_read_deadline(reading),
        .remember = cf_read_number_or(reading, "remember", CF_NUMBER_MAX, 0)};
    struct uripc_handle handle = cf_read_handle(reading);
    uint64_t overlapped = cf_read_id(reading, "overlapped");
    struct cf_buffer *buffer = take_buffer(host, reading, overlapped);
    enum uripc_status status = URIPC_NOT_SUPPORTED;
    if (buffer)
        status = host->table.serve(host->node, handle, as_given(buffer),
                                   cf_read_has_any(reading, names) ? &options : NULL, overlapped);
    cf_spoil(&options, sizeof(options));
    return returned(host, buffer, status);
}

static json_t *do_reply(struct cf_host *host, struct cf_reading *reading)
{
    uint64_t overlapped = cf_read_id(reading, "overlapped");
    uint64_t message = cf_read_message_id(reading);
    struct cf_bytes data = read_data(reading);
    enum uripc_status status = URIPC_NOT_SUPPORTED;
    if (can_call(host, reading))
        status = host->table.reply(host->node, message, data.at, (uint32_t)data.size, overlapped);
    cf_spoil_bytes(&data);
    return cf_answer_status(status);
}

static json_t *do_survey(struct cf_host *host, struct cf_reading *reading)
{
    uint64_t overlapped = cf_read_id(reading, "overlapped");
    uint64_t duration = cf_read_number(reading, "duration", CF_NUMBER_MAX);
    struct cf_bytes target = cf_read_text(reading, "target");
    struct cf_bytes data = read_data(reading);
    enum uripc_status status = URIPC_NOT_SUPPORTED;
    if (can_call(host, reading))
        status = host->table.survey(host->node, (struct uripc_text){target.at, target.size},
                                    data.at, (uint32_t)data.size, duration, overlapped);
    cf_spoil_bytes(&target);
    cf_spoil_bytes(&data);
    return cf_answer_status(status);
}

static json_t *do_survey_receive(struct cf_host *host, struct cf_reading *reading)
{
    struct uripc_handle handle = cf_read_handle(reading);
    uint64_t overlapped = cf_read_id(reading, "overlapped");
    struct cf_buffer *buffer = take_buffer(host, reading, overlapped);
    return returned(
        host, buffer,
        buffer ? host->table.survey_receive(host->node, handle, as_given(buffer), overlapped)
               : URIPC_NOT_SUPPORTED);
}

static json_t *do_survey_close(struct cf_host *host, struct cf_reading *reading)
{
    struct uripc_handle handle = cf_read_handle(reading);
    uint64_t overlapped = cf_read_id(reading, "overlapped");
    return cf_answer_status(can_call(host, reading)
                                ? host->table.survey_close(host->node, handle, overlapped)
                                : URIPC_NOT_SUPPORTED);
}

const struct cf_verb_row cf_request_verbs[] = {
    {"request", do_request, true},
    {"serve", do_serve, true},
    {"reply", do_reply, true},
    {"survey", do_survey, true},
    {"survey-receive", do_survey_receive, true},
    {"survey-close", do_survey_close, true},
    {NULL, NULL, false},
};
