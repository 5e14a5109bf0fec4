/* SPDX-License-Identifier: MIT */
#include "answer.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <uripc/message.h>

#include "conformance/driver_value.h"
#include "conformance/history.h"
#include "conformance/words.h"

json_t *cf_answer_status(enum uripc_status status)
{
    return json_pack("{s:s}", "status", cf_words_text(&cf_status_words, (int)status));
}

static json_t *number(uint64_t value)
{
    return json_integer((json_int_t)(value <= CF_NUMBER_MAX ? value : CF_NUMBER_MAX));
}

static void set_incarnation(json_t *to, struct uripc_incarnation incarnation)
{
    if (incarnation.node != 0 || incarnation.serial != 0)
        json_object_set_new(
            to, "incarnation",
            json_sprintf("%016" PRIx64 "-%016" PRIx64, incarnation.node, incarnation.serial));
}

static json_t *lengths(uint32_t source, uint32_t target, uint32_t data)
{
    return json_pack("[o, o, o]", number(source), number(target), number(data));
}

json_t *cf_answer_hello(const struct uripc_backend *table)
{
    json_t *capabilities = json_array();
    for (size_t i = 0; i < cf_capability_words.count; i++)
        if (table->capabilities & (uint32_t)cf_capability_words.list[i].value)
            json_array_append_new(capabilities, json_string(cf_capability_words.list[i].text));
    json_array_append_new(capabilities, json_string("load"));
    return json_pack("{s:s, s:i, s:s, s:s, s:s, s:o}", "status", "ok", "protocol", 1, "name",
                     table->name, "version", table->release, "binding",
                     cf_words_text(&cf_binding_words, (int)table->binding), "capabilities",
                     capabilities);
}

json_t *cf_answer_info(const struct uripc_info *info)
{
    json_t *body = json_object();
    json_object_set_new(body, "kind", json_string(cf_words_text(&cf_kind_words, (int)info->kind)));
    set_incarnation(body, info->incarnation);
    json_object_set_new(body, "messages", number(info->messages));
    json_object_set_new(body, "bytes", number(info->bytes));
    json_object_set_new(body, "next",
                        info->next_source == URIPC_NO_MESSAGE
                            ? json_null()
                            : lengths(info->next_source, info->next_target, info->next_data));
    json_object_set_new(body, "receives", number(info->receives));
    json_object_set_new(body, "waiting", number(info->waiting));
    json_object_set_new(body, "dropped", number(info->dropped));
    return json_pack("{s:s, s:o}", "status", "ok", "info", body);
}

json_t *cf_answer_session(const struct uripc_session_info *info)
{
    json_t *body = json_object();
    json_object_set_new(body, "state",
                        json_string(cf_words_text(&cf_state_words, (int)info->state)));
    json_object_set_new(body, "status",
                        json_string(cf_words_text(&cf_status_words, (int)info->status)));
    json_object_set_new(body, "mode", json_string(cf_words_text(&cf_mode_words, (int)info->mode)));
    set_incarnation(body, info->peer);
    json_object_set_new(body, "bytes", number(info->bytes));
    json_object_set_new(body, "left",
                        info->left == URIPC_NO_MESSAGE ? json_null() : number(info->left));
    json_object_set_new(body, "unread", number(info->unread));
    return json_pack("{s:s, s:o}", "status", "ok", "session", body);
}

bool cf_is_of_message(enum uripc_call call)
{
    return call == URIPC_CALL_RECEIVE || call == URIPC_CALL_REQUEST || call == URIPC_CALL_SERVE ||
           call == URIPC_CALL_SURVEY_RECEIVE;
}

bool cf_has_written(const struct uripc_completion *completion, const struct cf_buffer *buffer)
{
    bool wrote = completion->status == URIPC_OK ||
                 (completion->status == URIPC_MORE && !cf_is_of_message(completion->call));
    return wrote && buffer && !buffer->discard;
}

/* A URI out of a message; canonical ones are ASCII, so of 16-bit units the low halves are enough
 * unless the message is wrong. */
static json_t *uri(const unsigned char *at, uint32_t units, bool wide)
{
    if (!wide)
        return cf_text_to_json((const char *)at, units);
    char *narrow = malloc((size_t)units + 1);
    for (uint32_t i = 0; narrow && i < units; i++) {
        uint16_t unit;
        memcpy(&unit, at + (size_t)i * 2, 2);
        narrow[i] = (char)(unit < 0x80 ? unit : 0xff); /* 0xff is in no URI and in no UTF-8 */
    }
    json_t *text = narrow ? cf_text_to_json(narrow, units) : NULL;
    free(narrow);
    return text;
}

/* Whoever wrote something that is no message gets a completion without one, which is a fault. */
static void set_parts(json_t *to, const struct cf_buffer *buffer, uint32_t bytes)
{
    struct uripc_message message;
    struct uripc_message_parts parts;
    if (uripc_message_read(buffer->bytes, bytes, buffer->wide ? 2 : 1, &message, &parts) !=
        URIPC_OK)
        return;
    json_object_set_new(to, "source",
                        uri(buffer->bytes + parts.source, message.source_units, buffer->wide));
    json_object_set_new(to, "target",
                        uri(buffer->bytes + parts.target, message.target_units, buffer->wide));
    json_object_set_new(
        to, "data", cf_text_to_json((const char *)buffer->bytes + parts.data, message.data_bytes));
}

static void set_message(json_t *to, const struct uripc_backend *table,
                        const struct cf_buffer *buffer, uint32_t bytes)
{
    uint32_t inside = bytes < buffer->size ? bytes : buffer->size;
    if (table->capabilities & URIPC_CAN_LAYOUT)
        json_object_set_new(to, "written", cf_base64_to_json(buffer->bytes, inside));
    else
        set_parts(to, buffer, inside);
}

static void set_principal(json_t *to, const struct uripc_backend *table,
                          const struct uripc_completion *completion)
{
    if (completion->status == URIPC_OK && table->capabilities & URIPC_CAN_PRINCIPALS)
        json_object_set_new(to, "principal", number(completion->principal));
}

static void set_received(json_t *to, const struct uripc_backend *table,
                         const struct uripc_completion *completion)
{
    json_object_set_new(
        to, "lengths",
        lengths(completion->source_units, completion->target_units, completion->data_bytes));
    set_principal(to, table, completion);
}

/* What a session's receive has got. */
static void set_read(json_t *to, const struct uripc_completion *completion,
                     const struct cf_buffer *buffer)
{
    uint32_t inside = completion->bytes < buffer->size ? completion->bytes : buffer->size;
    json_object_set_new(to, "data", cf_text_to_json((const char *)buffer->bytes, inside));
    if (completion->data_bytes != 0)
        json_object_set_new(to, "left", number(completion->data_bytes));
}

static bool opens_session(const struct uripc_completion *completion)
{
    return completion->call == URIPC_CALL_ACCEPT || completion->call == URIPC_CALL_CONNECT;
}

static bool tells_bytes(enum uripc_call call)
{
    return call == URIPC_CALL_SEND || call == URIPC_CALL_RECEIVE ||
           call == URIPC_CALL_SESSION_SEND || call == URIPC_CALL_SESSION_RECEIVE ||
           call >= URIPC_CALL_REQUEST;
}

json_t *cf_answer_completion(const struct uripc_backend *table,
                             const struct uripc_completion *completion,
                             const struct cf_buffer *buffer)
{
    json_t *to = json_pack("{s:o, s:s, s:s}", "overlapped", number(completion->overlapped), "call",
                           cf_words_text(&cf_completed_words, (int)completion->call), "status",
                           cf_words_text(&cf_status_words, (int)completion->status));
    bool is_receive = cf_is_of_message(completion->call);
    if (completion->certainty == URIPC_INDEFINITE)
        json_object_set_new(to, "certainty", json_string("indefinite"));
    if (!cf_call_opens(completion->call) || completion->status == URIPC_OK)
        json_object_set_new(to, "handle", number(completion->handle.id));
    if (tells_bytes(completion->call))
        json_object_set_new(to, "bytes", number(completion->bytes));
    set_incarnation(to, completion->incarnation);
    if (completion->message_id != 0)
        json_object_set_new(to, "message_id", json_sprintf("%016" PRIx64, completion->message_id));
    if (is_receive &&
        (completion->status == URIPC_OK || completion->status == URIPC_BUFFER_TOO_SMALL))
        set_received(to, table, completion);
    if (opens_session(completion))
        set_principal(to, table, completion);
    if (!cf_has_written(completion, buffer))
        return to;
    if (is_receive)
        set_message(to, table, buffer, completion->bytes);
    else
        set_read(to, completion, buffer);
    return to;
}

json_t *cf_answer_overwrite(const struct cf_overwrite *overwrite)
{
    return json_pack("{s:s, s:o}", "event", "violation", "text",
                     json_sprintf("receive %" PRIu64 ", a buffer of %" PRIu32
                                  " bytes: byte %" PRId64 " was written %s",
                                  overwrite->overlapped, overwrite->size, overwrite->at,
                                  overwrite->late     ? "after the completion"
                                  : overwrite->at < 0 ? "in front of it"
                                  : overwrite->at >= overwrite->size
                                      ? "behind it"
                                      : "beyond the bytes that the completion reports"));
}
