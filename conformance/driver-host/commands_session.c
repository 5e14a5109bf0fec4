/* SPDX-License-Identifier: MIT */
/* The commands of sessions, as calls of a table. */
#include "answer.h"
#include "commands.h"

/* Whether a call can be made.  If not, and the command was in order, the answer is that there are
 * no sessions here. */
static bool can_call(const struct cf_host *host, const struct cf_reading *reading)
{
    return !reading->failed && host->layers && host->table.capabilities & URIPC_CAN_SESSIONS;
}

static json_t *do_listen(struct cf_host *host, struct cf_reading *reading)
{
    static const char *const names[] = {"mode", "instances", "waiting", NULL};
    struct uripc_listen_options options = {
        .size = sizeof(options),
        .mode = cf_read_mode(reading),
        .instances = (uint32_t)cf_read_number_or(reading, "instances", UINT32_MAX, 0),
        .waiting = (uint32_t)cf_read_number_or(reading, "waiting", UINT32_MAX, 0)};
    uint64_t overlapped = cf_read_id(reading, "overlapped");
    struct cf_bytes name = cf_read_text(reading, "name");
    enum uripc_status status = URIPC_NOT_SUPPORTED;
    if (can_call(host, reading))
        status = host->table.listen(host->node, (struct uripc_text){name.at, name.size},
                                    cf_read_has_any(reading, names) ? &options : NULL, overlapped);
    cf_spoil_bytes(&name);
    cf_spoil(&options, sizeof(options));
    return cf_answer_status(status);
}

/* Of accept and connect. */
static const char *const session_names[] = {"beat",   "silence",  "detector", "notice",
                                            "nowait", "deadline", NULL};

static struct uripc_session_options read_session_options(struct cf_reading *reading)
{
    return (struct uripc_session_options){
        .size = sizeof(struct uripc_session_options),
        .flags = (cf_read_flag(reading, "nowait") ? URIPC_NOWAIT : 0u) |
                 (cf_read_flag(reading, "notice") ? URIPC_NOTICE : 0u),
        .deadline = cf_read_deadline(reading),
        .beat = cf_read_number_or(reading, "beat", CF_NUMBER_MAX, 0),
        .liveness = cf_read_detector(reading),
        .silence = cf_read_number_or(reading, "silence", CF_NUMBER_MAX, 0)};
}

static json_t *do_accept(struct cf_host *host, struct cf_reading *reading)
{
    struct uripc_session_options options = read_session_options(reading);
    struct uripc_handle handle = cf_read_handle(reading);
    uint64_t overlapped = cf_read_id(reading, "overlapped");
    enum uripc_status status = URIPC_NOT_SUPPORTED;
    if (can_call(host, reading))
        status = host->table.accept(host->node, handle,
                                    cf_read_has_any(reading, session_names) ? &options : NULL,
                                    overlapped);
    cf_spoil(&options, sizeof(options));
    return cf_answer_status(status);
}

static json_t *do_connect(struct cf_host *host, struct cf_reading *reading)
{
    struct uripc_session_options options = read_session_options(reading);
    uint64_t overlapped = cf_read_id(reading, "overlapped");
    struct cf_bytes target = cf_read_text(reading, "target");
    enum uripc_status status = URIPC_NOT_SUPPORTED;
    if (can_call(host, reading))
        status = host->table.connect(host->node, (struct uripc_text){target.at, target.size},
                                     cf_read_has_any(reading, session_names) ? &options : NULL,
                                     overlapped);
    cf_spoil_bytes(&target);
    cf_spoil(&options, sizeof(options));
    return cf_answer_status(status);
}

static const char *const transfer_names[] = {"deadline", "nowait", NULL};

static struct uripc_transfer_options read_transfer_options(struct cf_reading *reading)
{
    return (struct uripc_transfer_options){.size = sizeof(struct uripc_transfer_options),
                                           .flags =
                                               cf_read_flag(reading, "nowait") ? URIPC_NOWAIT : 0,
                                           .deadline = cf_read_deadline(reading)};
}

static json_t *do_send(struct cf_host *host, struct cf_reading *reading)
{
    struct uripc_transfer_options options = read_transfer_options(reading);
    struct uripc_handle handle = cf_read_handle(reading);
    uint64_t overlapped = cf_read_id(reading, "overlapped");
    struct cf_bytes data = cf_read_data(reading, "data");
    enum uripc_status status = URIPC_NOT_SUPPORTED;
    if (data.size > UINT32_MAX)
        cf_read_fault(reading, "data", "at most 4 GiB");
    if (can_call(host, reading))
        status = host->table.session_send(
            host->node, handle, data.at, (uint32_t)data.size,
            cf_read_has_any(reading, transfer_names) ? &options : NULL, overlapped);
    cf_spoil_bytes(&data);
    cf_spoil(&options, sizeof(options));
    return cf_answer_status(status);
}

static json_t *do_receive(struct cf_host *host, struct cf_reading *reading)
{
    struct uripc_transfer_options options = read_transfer_options(reading);
    struct uripc_handle handle = cf_read_handle(reading);
    uint64_t overlapped = cf_read_id(reading, "overlapped");
    uint32_t size = (uint32_t)cf_read_number(reading, "buffer", CF_BUFFER_MAX);
    if (!can_call(host, reading))
        return cf_answer_status(URIPC_NOT_SUPPORTED);
    struct cf_buffer *buffer = cf_buffers_add(&host->buffers, overlapped, size);
    if (!buffer) {
        cf_read_fault(reading, "buffer", "less than the memory there is");
        return NULL;
    }
    enum uripc_status status = host->table.session_receive(
        host->node, handle, (struct uripc_buffer){(uintptr_t)buffer->bytes, size},
        cf_read_has_any(reading, transfer_names) ? &options : NULL, overlapped);
    if (status != URIPC_PENDING)
        cf_host_retire(host, buffer, 0);
    cf_spoil(&options, sizeof(options));
    return cf_answer_status(status);
}

static json_t *do_flush(struct cf_host *host, struct cf_reading *reading)
{
    struct uripc_transfer_options options = read_transfer_options(reading);
    struct uripc_handle handle = cf_read_handle(reading);
    uint64_t overlapped = cf_read_id(reading, "overlapped");
    enum uripc_status status = URIPC_NOT_SUPPORTED;
    if (can_call(host, reading))
        status = host->table.session_flush(
            host->node, handle, cf_read_has_any(reading, transfer_names) ? &options : NULL,
            overlapped);
    cf_spoil(&options, sizeof(options));
    return cf_answer_status(status);
}

/* Those that take nothing but a handle. */
static json_t *end(const struct cf_host *host, struct cf_reading *reading,
                   enum uripc_status (*call)(struct uripc_node *node, struct uripc_handle handle,
                                             uint64_t overlapped))
{
    struct uripc_handle handle = cf_read_handle(reading);
    uint64_t overlapped = cf_read_id(reading, "overlapped");
    return cf_answer_status(can_call(host, reading) ? call(host->node, handle, overlapped)
                                                    : URIPC_NOT_SUPPORTED);
}

static json_t *do_shutdown(struct cf_host *host, struct cf_reading *reading)
{
    return end(host, reading, host->table.session_shutdown);
}

static json_t *do_close(struct cf_host *host, struct cf_reading *reading)
{
    return end(host, reading, host->table.session_close);
}

static json_t *do_disconnect(struct cf_host *host, struct cf_reading *reading)
{
    return end(host, reading, host->table.session_disconnect);
}

static json_t *do_peek(struct cf_host *host, struct cf_reading *reading)
{
    struct uripc_session_info info = {.left = URIPC_NO_MESSAGE};
    struct uripc_handle handle = cf_read_handle(reading);
    enum uripc_status status = can_call(host, reading)
                                   ? host->table.session_peek(host->node, handle, &info)
                                   : URIPC_NOT_SUPPORTED;
    return status == URIPC_OK ? cf_answer_session(&info) : cf_answer_status(status);
}

const struct cf_verb_row cf_session_verbs[] = {
    {"listen", do_listen, true},
    {"accept", do_accept, true},
    {"connect", do_connect, true},
    {"session-send", do_send, true},
    {"session-receive", do_receive, true},
    {"shutdown", do_shutdown, true},
    {"flush", do_flush, true},
    {"session-close", do_close, true},
    {"disconnect", do_disconnect, true},
    {"peek", do_peek, true},
    {NULL, NULL, false},
};
