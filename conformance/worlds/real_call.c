/* SPDX-License-Identifier: MIT */
#include "conformance/worlds/real_call.h"

#include <stdlib.h>
#include <string.h>

#include <uripc/message.h>

#include "conformance/case.h"
#include "conformance/driver_value.h"
#include "conformance/history.h"

/* Buffers. */

uint64_t cf_real_buffer(struct cf_real_calls *calls, uint32_t process, uint32_t size)
{
    if (calls->buffer_count + 1 >= calls->buffer_room) {
        uint64_t room = 2 * calls->buffer_room + 64;
        struct cf_real_buffer *more = realloc(calls->buffers, room * sizeof(*more));
        if (!more)
            return 0;
        calls->buffers = more;
        calls->buffer_room = room;
    }
    calls->buffers[++calls->buffer_count] = (struct cf_real_buffer){
        .bytes = malloc((size_t)size + 1), .size = size, .process = process};
    return calls->buffer_count;
}

unsigned char *cf_real_bytes(const struct cf_real_calls *calls, uint64_t buffer)
{
    return buffer && buffer <= calls->buffer_count ? calls->buffers[buffer].bytes : NULL;
}

void cf_real_release(struct cf_real_calls *calls, uint64_t buffer)
{
    if (!cf_real_bytes(calls, buffer))
        return;
    free(calls->buffers[buffer].bytes);
    calls->buffers[buffer].bytes = NULL;
}

/* Commands. */

static void set(json_t *object, const char *key, json_t *value)
{
    json_object_set_new(object, key, value);
}

static void set_number(json_t *object, const char *key, uint64_t value)
{
    if (value)
        set(object, key, json_integer((json_int_t)value));
}

static void set_flag(json_t *object, const char *key, uint32_t flags, uint32_t flag)
{
    if (flags & flag)
        set(object, key, json_true());
}

static void set_text(json_t *object, const char *key, const struct uripc_text *text)
{
    set(object, key, cf_text_to_json(text->at, text->length));
}

static void set_register(json_t *json, const struct cf_world_call *call)
{
    const struct uripc_register_options *options = call->register_options;
    set_text(json, "name", &call->text);
    set_number(json, "parent", call->handle.id);
    if (!options)
        return;
    if (options->kind != URIPC_EXCLUSIVE)
        set(json, "kind", json_string(cf_kind_name(options->kind)));
    if (options->overflow != URIPC_REJECT)
        set(json, "overflow", json_string(cf_overflow_name(options->overflow)));
    set_number(json, "queue", options->queue_messages);
    set_number(json, "queue_bytes", options->queue_bytes);
    set_number(json, "max", options->message_max);
    set_number(json, "deadline", options->deadline);
}

static void set_data(json_t *json, const struct cf_world_call *call)
{
    if (!call->data && call->length)
        set(json, "data", json_pack("{s:I}", "null", (json_int_t)call->length));
    else if (call->length)
        set(json, "data", cf_text_to_json(call->data, call->length));
}

static void set_send(const struct cf_real_calls *calls, json_t *json,
                     const struct cf_world_call *call)
{
    const struct uripc_send_options *options = call->send_options;
    set(json, "handle", json_integer((json_int_t)call->handle.id));
    set_text(json, "target", &call->text);
    if (call->has_suffix)
        set_text(json, "suffix", &call->suffix);
    set_data(json, call);
    if (!options)
        return;
    const char *expected = cf_ids_text(&calls->incarnations, options->expected.serial);
    if (expected)
        set(json, "expecting", json_string(expected));
    set_number(json, "deadline", options->deadline);
    set_flag(json, "nowait", options->flags, URIPC_NOWAIT);
}

static void set_receive(json_t *json, const struct cf_world_call *call)
{
    const struct uripc_receive_options *options = call->receive_options;
    set(json, "handle", json_integer((json_int_t)call->handle.id));
    set(json, "buffer", json_integer(call->buffer_size));
    if (!options)
        return;
    set_number(json, "deadline", options->deadline);
    set_flag(json, "nowait", options->flags, URIPC_NOWAIT);
    set_flag(json, "utf16", options->flags, URIPC_UTF16);
    set_flag(json, "discard", options->flags, URIPC_DISCARD);
}

static void set_layer_options(json_t *json, const struct cf_world_layer_options *options)
{
    if (options->mode != URIPC_MESSAGES)
        set(json, "mode", json_string(cf_mode_name(options->mode)));
    if (options->detector)
        set(json, "detector", json_string(options->detector));
    set_number(json, "instances", options->instances);
    set_number(json, "waiting", options->waiting);
    set_number(json, "beat", options->beat);
    set_number(json, "silence", options->silence);
    set_number(json, "retry", options->retry);
    set_number(json, "retries", options->retries);
    set_flag(json, "backoff", options->backoff, 1);
    set_number(json, "remember", options->remember);
    set_number(json, "duration", options->duration);
    set_number(json, "deadline", options->deadline);
    set_flag(json, "nowait", options->flags, URIPC_NOWAIT);
    set_flag(json, "notice", options->flags, URIPC_NOTICE);
}

/* One that no driver has told is none that any can know. */
static json_t *id_of(const struct cf_real_calls *calls, uint64_t message)
{
    const char *text = cf_ids_text(&calls->messages, message);
    return json_string(text ? text : "none");
}

/* Of a layer. */
static void set_layer(const struct cf_real_calls *calls, json_t *json,
                      const struct cf_world_call *call)
{
    const bool asks = call->call == URIPC_CALL_REQUEST || call->call == URIPC_CALL_SURVEY;
    if (call->call == URIPC_CALL_LISTEN)
        set_text(json, "name", &call->text);
    else if (call->call == URIPC_CALL_CONNECT || asks)
        set_text(json, "target", &call->text);
    else if (call->call == URIPC_CALL_REPLY)
        set(json, "message_id", id_of(calls, call->message));
    else
        set(json, "handle", json_integer((json_int_t)call->handle.id));
    if (call->call == URIPC_CALL_REQUEST)
        set_number(json, "session", call->handle.id);
    if (call->call == URIPC_CALL_SESSION_SEND || call->call == URIPC_CALL_REPLY || asks)
        set_data(json, call);
    if (call->buffer)
        set(json, "buffer", json_integer(call->buffer_size));
    if (call->layer_options)
        set_layer_options(json, call->layer_options);
}

json_t *cf_real_command(const struct cf_real_calls *calls, const struct cf_world_call *call)
{
    json_t *json = json_pack("{s:I}", "overlapped", (json_int_t)call->overlapped);
    set(json, "do", json_string(cf_words_text(&cf_completed_words, (int)call->call)));
    switch (call->call) {
    case URIPC_CALL_REGISTER:
        set_register(json, call);
        break;
    case URIPC_CALL_SEND:
        set_send(calls, json, call);
        break;
    case URIPC_CALL_RECEIVE:
        set_receive(json, call);
        break;
    case URIPC_CALL_CLOSE:
        set(json, "handle", json_integer((json_int_t)call->handle.id));
        break;
    default:
        set_layer(calls, json, call);
        break;
    }
    return json;
}

/* Calls in flight. */

bool cf_real_accepted(struct cf_real_calls *calls, uint32_t process,
                      const struct cf_world_call *call)
{
    if (calls->count == calls->room) {
        size_t room = 2 * calls->room + 64;
        struct cf_real_call *more = realloc(calls->list, room * sizeof(*more));
        if (!more)
            return false;
        calls->list = more;
        calls->room = room;
    }
    calls->list[calls->count++] =
        (struct cf_real_call){.process = process,
                              .overlapped = call->overlapped,
                              .call = call->call,
                              .handle = call->handle,
                              .buffer = call->buffer,
                              .flags = call->receive_options ? call->receive_options->flags : 0};
    return true;
}

/* Ends the oldest call of this block.  False: there is none. */
static bool take_call(struct cf_real_calls *calls, uint32_t process, uint64_t overlapped,
                      struct cf_real_call *call)
{
    for (size_t i = 0; i < calls->count; i++) {
        if (calls->list[i].process != process || calls->list[i].overlapped != overlapped)
            continue;
        *call = calls->list[i];
        calls->count--;
        memmove(&calls->list[i], &calls->list[i + 1], (calls->count - i) * sizeof(*calls->list));
        return true;
    }
    return false;
}

void cf_real_died(struct cf_real_calls *calls, uint32_t process)
{
    size_t kept = 0;
    for (size_t i = 0; i < calls->count; i++)
        if (calls->list[i].process != process)
            calls->list[kept++] = calls->list[i];
    calls->count = kept;
    for (uint64_t i = 1; i <= calls->buffer_count; i++)
        if (calls->buffers[i].process == process)
            cf_real_release(calls, i);
}

void cf_real_calls_clear(struct cf_real_calls *calls)
{
    for (uint64_t i = 1; i <= calls->buffer_count; i++)
        cf_real_release(calls, i);
    calls->buffer_count = 0;
    calls->count = 0;
    cf_ids_free(&calls->incarnations);
    cf_ids_free(&calls->messages);
}

void cf_real_calls_free(struct cf_real_calls *calls)
{
    cf_real_calls_clear(calls);
    free(calls->buffers);
    free(calls->list);
}

/* Completions.  Lines have been held against the protocol before they come here. */

enum uripc_status cf_real_status(const json_t *json)
{
    int status = URIPC_NOT_SUPPORTED;
    cf_word_from_json(json_object_get(json, "status"), &cf_status_words, &status);
    return (enum uripc_status)status;
}

static uint64_t number_of(const json_t *json, const char *key)
{
    return (uint64_t)json_integer_value(json_object_get(json, key));
}

static uint32_t length_of(const json_t *lengths, size_t index)
{
    return (uint32_t)json_integer_value(json_array_get(lengths, index));
}

static struct uripc_incarnation incarnation_of(struct cf_real_calls *calls, const json_t *json)
{
    const char *text = json_string_value(json_object_get(json, "incarnation"));
    if (!text)
        return (struct uripc_incarnation){0};
    return (struct uripc_incarnation){.node = 1,
                                      .serial = cf_ids_number(&calls->incarnations, text)};
}

/* Writes a URI in units of this many bytes. */
static void write_units(unsigned char *to, const struct cf_bytes *text, unsigned unit)
{
    for (size_t i = 0; i < text->size; i++) {
        uint16_t wide = (unsigned char)text->at[i];
        if (unit == 2)
            memcpy(to + 2 * i, &wide, 2);
        else
            to[i] = (unsigned char)text->at[i];
    }
}

/* Lays a message out where the driver told only its parts. */
static void lay_out(const struct cf_real_buffer *buffer, unsigned unit,
                    const struct cf_bytes parts[3], struct uripc_completion *completion,
                    bool told_bytes)
{
    const struct uripc_message header = {.source_units = completion->source_units,
                                         .target_units = completion->target_units,
                                         .data_bytes = completion->data_bytes};
    struct uripc_message_parts at;
    if (!uripc_message_layout(&header, unit, &at))
        return;
    if (!told_bytes)
        completion->bytes = (uint32_t)at.total;
    if (!buffer->bytes || at.total > buffer->size)
        return; /* that it said ok is for the rules to find */
    memset(buffer->bytes, 0, at.data);
    memcpy(buffer->bytes, &header, sizeof(header));
    write_units(buffer->bytes + at.source, &parts[0], unit);
    write_units(buffer->bytes + at.target, &parts[1], unit);
    memcpy(buffer->bytes + at.data, parts[2].at, parts[2].size);
}

static void take_parts(const struct cf_real_buffer *buffer, unsigned unit, const json_t *json,
                       struct uripc_completion *completion)
{
    struct cf_bytes parts[3] = {{0}};
    if (cf_text_from_json(json_object_get(json, "source"), &parts[0]) &&
        cf_text_from_json(json_object_get(json, "target"), &parts[1]) &&
        cf_data_from_json(json_object_get(json, "data"), &parts[2]) && parts[2].at) {
        completion->source_units = (uint32_t)parts[0].size;
        completion->target_units = (uint32_t)parts[1].size;
        completion->data_bytes = (uint32_t)parts[2].size;
        lay_out(buffer, unit, parts, completion, json_object_get(json, "bytes") != NULL);
    }
    for (size_t i = 0; i < 3; i++)
        cf_bytes_free(&parts[i]);
}

/* What was written comes as it lies there; more than the buffer holds does not fit in here either,
 * and the lengths show it. */
static void take_written(const struct cf_real_buffer *buffer, const json_t *written)
{
    struct cf_bytes bytes;
    if (!cf_base64_from_json(written, &bytes))
        return;
    if (buffer->bytes)
        memcpy(buffer->bytes, bytes.at, bytes.size < buffer->size ? bytes.size : buffer->size);
    cf_bytes_free(&bytes);
}

/* What a session's receive has read. */
static void take_read(const struct cf_real_buffer *buffer, const json_t *json,
                      struct uripc_completion *completion)
{
    struct cf_bytes data;
    const json_t *told = json_object_get(json, "data");
    if (!told || !cf_data_from_json(told, &data))
        return;
    if (!json_object_get(json, "bytes"))
        completion->bytes = (uint32_t)data.size;
    if (buffer->bytes && data.size) /* more than fits shows in `bytes` */
        memcpy(buffer->bytes, data.at, data.size < buffer->size ? data.size : buffer->size);
    cf_bytes_free(&data);
}

static void take_message(struct cf_real_calls *calls, const struct cf_real_call *call,
                         const json_t *json, struct uripc_completion *completion)
{
    const json_t *written = json_object_get(json, "written");
    const struct cf_real_buffer *buffer = &calls->buffers[call->buffer];
    if (written)
        take_written(buffer, written);
    else if (json_object_get(json, "source"))
        take_parts(buffer, call->flags & URIPC_UTF16 ? 2 : 1, json, completion);
}

/* CMP-3: what the driver says the call was.  One that says nothing of it is believed. */
static void take_claim(const json_t *json, struct uripc_completion *completion)
{
    int call;
    if (!cf_word_from_json(json_object_get(json, "call"), &cf_completed_words, &call))
        return;
    completion->call = (enum uripc_call)call;
    completion->handle.id = number_of(json, "handle");
}

void cf_real_completion(struct cf_real_calls *calls, uint32_t process, const json_t *json,
                        struct uripc_completion *completion)
{
    const json_t *lengths = json_object_get(json, "lengths");
    const char *message = json_string_value(json_object_get(json, "message_id"));
    struct cf_real_call call = {0};
    int certainty = URIPC_DEFINITE;
    cf_word_from_json(json_object_get(json, "certainty"), &cf_certainty_words, &certainty);
    *completion = (struct uripc_completion){
        .overlapped = number_of(json, "overlapped"),
        .status = cf_real_status(json),
        .certainty = (enum uripc_certainty)certainty,
        .bytes = (uint32_t)number_of(json, "bytes"),
        .source_units = length_of(lengths, 0),
        .target_units = length_of(lengths, 1),
        .data_bytes = length_of(lengths, 2),
        .incarnation = incarnation_of(calls, json),
        .message_id = message ? cf_ids_number(&calls->messages, message) : 0,
        .principal = number_of(json, "principal")};
    if (!take_call(calls, process, completion->overlapped, &call))
        return;
    completion->call = call.call;
    completion->handle = call.handle;
    if (cf_call_opens(call.call))
        completion->handle.id = number_of(json, "handle");
    take_claim(json, completion);
    if (call.call == URIPC_CALL_SESSION_RECEIVE)
        completion->data_bytes = (uint32_t)number_of(json, "left");
    if (call.call == URIPC_CALL_SESSION_RECEIVE && call.buffer)
        take_read(&calls->buffers[call.buffer], json, completion);
    else if (call.buffer)
        take_message(calls, &call, json, completion);
}

void cf_real_info(struct cf_real_calls *calls, const json_t *json, struct uripc_info *info)
{
    const json_t *next = json_object_get(json, "next");
    bool none = !json_is_array(next);
    int kind = URIPC_EXCLUSIVE;
    cf_word_from_json(json_object_get(json, "kind"), &cf_kind_words, &kind);
    *info = (struct uripc_info){.kind = (enum uripc_kind)kind,
                                .incarnation = incarnation_of(calls, json),
                                .messages = (uint32_t)number_of(json, "messages"),
                                .bytes = number_of(json, "bytes"),
                                .next_source = none ? URIPC_NO_MESSAGE : length_of(next, 0),
                                .next_target = none ? URIPC_NO_MESSAGE : length_of(next, 1),
                                .next_data = none ? URIPC_NO_MESSAGE : length_of(next, 2),
                                .receives = (uint32_t)number_of(json, "receives"),
                                .waiting = (uint32_t)number_of(json, "waiting"),
                                .dropped = number_of(json, "dropped")};
}

void cf_real_session(struct cf_real_calls *calls, const json_t *json,
                     struct uripc_session_info *info)
{
    const json_t *left = json_object_get(json, "left");
    int state = URIPC_SESSION_OPEN;
    int mode = URIPC_MESSAGES;
    cf_word_from_json(json_object_get(json, "state"), &cf_state_words, &state);
    cf_word_from_json(json_object_get(json, "mode"), &cf_mode_words, &mode);
    *info = (struct uripc_session_info){
        .state = (enum uripc_session_state)state,
        .status = cf_real_status(json),
        .mode = (enum uripc_mode)mode,
        .peer = incarnation_of(calls, json),
        .bytes = (uint32_t)number_of(json, "bytes"),
        .left = json_is_integer(left) ? (uint32_t)json_integer_value(left) : URIPC_NO_MESSAGE,
        .unread = (uint32_t)number_of(json, "unread")};
}
