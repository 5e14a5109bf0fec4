/* SPDX-License-Identifier: MIT */
#define _POSIX_C_SOURCE 200809L

#include "host.h"

#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include "answer.h"

void cf_host_say(struct cf_host *host, json_t *line)
{
    if (!line || json_dumpf(line, host->out, JSON_COMPACT) != 0)
        fputs("{\"id\":0,\"error\":\"the driver has no memory\"}", host->out);
    putc('\n', host->out);
    fflush(host->out);
    json_decref(line);
}

/* Buffers. */

static void say_overwrite(struct cf_host *host, const struct cf_overwrite *overwrite)
{
    cf_host_say(host, cf_answer_overwrite(overwrite));
}

void cf_host_retire(struct cf_host *host, struct cf_buffer *buffer, uint32_t written)
{
    struct cf_overwrite overwrite;
    if (cf_buffers_retire(&host->buffers, buffer, written, &overwrite))
        say_overwrite(host, &overwrite);
    while (cf_buffers_trim(&host->buffers, false, &overwrite))
        say_overwrite(host, &overwrite);
}

void cf_host_close(struct cf_host *host)
{
    struct cf_overwrite overwrite;
    if (host->node)
        host->table.close(host->node, CF_DRIVER_LINGER);
    host->node = NULL;
    while (cf_buffers_abandon(&host->buffers, &overwrite))
        say_overwrite(host, &overwrite);
    while (cf_buffers_trim(&host->buffers, true, &overwrite))
        say_overwrite(host, &overwrite);
}

/* Completions. */

static json_t *tell(struct cf_host *host, const struct uripc_completion *completion)
{
    bool is_receive =
        cf_is_of_message(completion->call) || completion->call == URIPC_CALL_SESSION_RECEIVE;
    struct cf_buffer *buffer =
        is_receive ? cf_buffers_find(&host->buffers, completion->overlapped) : NULL;
    json_t *told = cf_answer_completion(&host->table, completion, buffer);
    if (buffer)
        cf_host_retire(host, buffer, cf_has_written(completion, buffer) ? completion->bytes : 0);
    return told;
}

json_t *cf_host_poll(struct cf_host *host)
{
    struct uripc_completion completion = {0};
    if (host->table.poll(host->node, &completion) != URIPC_OK)
        return NULL;
    return tell(host, &completion);
}

static void say_completions(struct cf_host *host)
{
    if (host->table.capabilities & URIPC_CAN_POLLING) {
        cf_host_say(host, json_pack("{s:s}", "event", "ready"));
        return;
    }
    for (json_t *told; (told = cf_host_poll(host));) {
        json_t *event = json_pack("{s:s}", "event", "completion");
        json_object_update(event, told);
        json_decref(told);
        cf_host_say(host, event);
    }
}

bool cf_host_run(struct cf_host *host, int fd, uint64_t timeout)
{
    if (!host->node) {
        struct pollfd input = {.fd = fd, .events = POLLIN};
        return fd >= 0 && poll(&input, 1, -1) == 1;
    }
    unsigned events = host->table.run(host->node, fd, timeout);
    if (events & URIPC_BACKEND_COMPLETED)
        say_completions(host);
    return events & URIPC_BACKEND_READABLE;
}

/* Commands. */

static json_t *refuse(json_int_t id, const char *error)
{
    return json_pack("{s:I, s:s}", "id", id, "error", error);
}

static json_t *answer(struct cf_host *host, struct cf_reading *reading)
{
    const json_t *verb = json_object_get(reading->command, "do");
    bool needs_node = false;
    cf_command *command =
        json_is_string(verb) ? cf_command_find(json_string_value(verb), &needs_node) : NULL;
    if (!command) {
        cf_read_fault(reading, "do", "a command of the protocol");
        return NULL;
    }
    if (needs_node && !host->node) {
        cf_read_fault(reading, "do", "`open` before any call");
        return NULL;
    }
    return command(host, reading);
}

static void obey(struct cf_host *host, const json_t *command)
{
    struct cf_reading reading = {.command = command};
    json_int_t id = (json_int_t)cf_read_number(&reading, "id", CF_NUMBER_MAX);
    json_t *members = reading.failed || host->refusal ? NULL : answer(host, &reading);
    if (reading.failed || host->refusal) {
        json_decref(members);
        cf_host_say(host, refuse(id, reading.failed ? reading.fault : host->refusal));
        return;
    }
    json_t *reply = json_pack("{s:I}", "id", id);
    json_object_update(reply, members);
    json_decref(members);
    cf_host_say(host, reply);
}

void cf_host_line(struct cf_host *host, const char *line, size_t size)
{
    json_error_t error;
    if (!line) {
        cf_host_say(host, refuse(0, "a line of more than 8 MiB"));
        return;
    }
    json_t *command = json_loadb(line, size, JSON_ALLOW_NUL, &error);
    if (command)
        obey(host, command);
    else
        cf_host_say(host, json_pack("{s:i, s:o}", "id", 0, "error",
                                    json_sprintf("not a line of JSON: %s", error.text)));
    json_decref(command);
}
