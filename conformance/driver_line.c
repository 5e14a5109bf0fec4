/* SPDX-License-Identifier: MIT */
#include "driver_line.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "driver_value.h"

enum { ID_LENGTH_MAX = 64 };

/* A member, what it must be, and what is said where it is not. */
struct rule {
    const char *member;
    bool required;
    bool (*holds)(const json_t *value);
    const char *fault;
};

static bool is_number(const json_t *value)
{
    return json_is_integer(value) && json_integer_value(value) >= 0 &&
           json_integer_value(value) <= CF_NUMBER_MAX;
}

static bool is_block(const json_t *value)
{
    return is_number(value) && json_integer_value(value) > 0;
}

static bool is_number32(const json_t *value)
{
    return is_number(value) && json_integer_value(value) <= UINT32_MAX;
}

static bool is_number32_or_null(const json_t *value)
{
    return json_is_null(value) || is_number32(value);
}

static bool is_string(const json_t *value)
{
    return json_is_string(value);
}

static bool is_status(const json_t *value)
{
    int number;
    return cf_word_from_json(value, &cf_status_words, &number);
}

static bool is_certainty(const json_t *value)
{
    int number;
    return cf_word_from_json(value, &cf_certainty_words, &number);
}

static bool is_kind(const json_t *value)
{
    int number;
    return cf_word_from_json(value, &cf_kind_words, &number);
}

static bool is_call(const json_t *value)
{
    int number;
    return cf_word_from_json(value, &cf_completed_words, &number);
}

static bool is_state(const json_t *value)
{
    int number;
    return cf_word_from_json(value, &cf_state_words, &number);
}

static bool is_mode(const json_t *value)
{
    int number;
    return cf_word_from_json(value, &cf_mode_words, &number);
}

static bool is_binding(const json_t *value)
{
    int number;
    return cf_word_from_json(value, &cf_binding_words, &number);
}

static bool is_strings(const json_t *value)
{
    size_t i;
    const json_t *item;
    if (!json_is_array(value))
        return false;
    json_array_foreach (value, i, item)
        if (!json_is_string(item))
            return false;
    return true;
}

/* Incarnations and message ids. */
static bool is_id(const json_t *value)
{
    const char *at = json_string_value(value);
    size_t length = json_string_length(value);
    if (!at || length == 0 || length > ID_LENGTH_MAX)
        return false;
    for (size_t i = 0; i < length; i++)
        if (at[i] < ' ' || at[i] > '~')
            return false;
    return true;
}

static bool is_lengths(const json_t *value)
{
    if (!json_is_array(value) || json_array_size(value) != 3)
        return false;
    for (size_t i = 0; i < 3; i++) {
        const json_t *length = json_array_get(value, i);
        if (!is_number32(length))
            return false;
    }
    return true;
}

static bool is_lengths_or_null(const json_t *value)
{
    return json_is_null(value) || is_lengths(value);
}

static bool is_histogram(const json_t *value)
{
    size_t i;
    const json_t *pair;
    if (!json_is_array(value))
        return false;
    json_array_foreach (value, i, pair)
        if (!json_is_array(pair) || json_array_size(pair) != 2 ||
            !is_number(json_array_get(pair, 0)) || !is_number(json_array_get(pair, 1)))
            return false;
    return true;
}

static bool is_text(const json_t *value)
{
    struct cf_bytes bytes;
    if (!cf_text_from_json(value, &bytes))
        return false;
    cf_bytes_free(&bytes);
    return true;
}

static bool is_data(const json_t *value)
{
    struct cf_bytes bytes;
    if (!cf_data_from_json(value, &bytes))
        return false;
    cf_bytes_free(&bytes);
    return true;
}

static bool is_written(const json_t *value)
{
    struct cf_bytes bytes;
    if (!cf_base64_from_json(value, &bytes))
        return false;
    cf_bytes_free(&bytes);
    return true;
}

static bool is_object(const json_t *value)
{
    return json_is_object(value);
}

static const struct rule reply_rules[] = {
    {"status", true, is_status, "`status` must be there, and be a status of the spec"},
    {NULL, false, NULL, NULL}};

static const struct rule hello_rules[] = {
    {"protocol", true, is_block, "`protocol` must be there, and be a number from 1"},
    {"name", true, is_string, "`name` must be there, and be a string"},
    {"version", true, is_string, "`version` must be there, and be a string"},
    {"binding", true, is_binding, "`binding` must be there, and be api, user or process"},
    {"capabilities", true, is_strings, "`capabilities` must be there, and be a list of strings"},
    {NULL, false, NULL, NULL}};

static const struct rule info_rules[] = {
    {"kind", true, is_kind, "`kind` must be there, and be exclusive, shared or group"},
    {"incarnation", false, is_id, "`incarnation` must be 1 to 64 printable ASCII characters"},
    {"messages", true, is_number, "`messages` must be there, and be a number"},
    {"bytes", true, is_number, "`bytes` must be there, and be a number"},
    {"next", true, is_lengths_or_null, "`next` must be there, and be three lengths or null"},
    {"receives", true, is_number, "`receives` must be there, and be a number"},
    {"waiting", true, is_number, "`waiting` must be there, and be a number"},
    {"dropped", true, is_number, "`dropped` must be there, and be a number"},
    {NULL, false, NULL, NULL}};

static const struct rule session_rules[] = {
    {"state", true, is_state, "`state` must be there, and be open, ending or ended"},
    {"status", true, is_status, "`status` must be there, and be a status of the spec"},
    {"mode", true, is_mode, "`mode` must be there, and be messages or bytes"},
    {"incarnation", false, is_id, "`incarnation` must be 1 to 64 printable ASCII characters"},
    {"bytes", true, is_number32, "`bytes` must be there, and be a number below 2^32"},
    {"left", true, is_number32_or_null, "`left` must be there, and be a number below 2^32 or null"},
    {"unread", true, is_number32, "`unread` must be there, and be a number below 2^32"},
    {NULL, false, NULL, NULL}};

static const struct rule load_rules[] = {
    {"count", true, is_number, "`count` must be there, and be a number"},
    {"errors", true, is_number, "`errors` must be there, and be a number"},
    {"began", true, is_number, "`began` must be there, and be a number"},
    {"ended", true, is_number, "`ended` must be there, and be a number"},
    {"cpu", true, is_number, "`cpu` must be there, and be a number"},
    {"why", false, is_string, "`why` must be a string"},
    {"latency", false, is_histogram, "`latency` must be a list of pairs of numbers"},
    {NULL, false, NULL, NULL}};

static const struct rule completion_rules[] = {
    {"overlapped", true, is_block, "`overlapped` must be there, and be a number from 1"},
    {"status", true, is_status, "`status` must be there, and be a status of the spec"},
    {"call", false, is_call, "`call` must be a command that completes"},
    {"certainty", false, is_certainty, "`certainty` must be definite or indefinite"},
    {"handle", false, is_number, "`handle` must be a number"},
    {"bytes", false, is_number, "`bytes` must be a number"},
    {"incarnation", false, is_id, "`incarnation` must be 1 to 64 printable ASCII characters"},
    {"message_id", false, is_id, "`message_id` must be 1 to 64 printable ASCII characters"},
    {"principal", false, is_number, "`principal` must be a number"},
    {"left", false, is_number32, "`left` must be a number below 2^32"},
    {"lengths", false, is_lengths, "`lengths` must be a list of three numbers below 2^32"},
    {"source", false, is_text, "`source` must be a string or {\"base64\": ...}"},
    {"target", false, is_text, "`target` must be a string or {\"base64\": ...}"},
    {"data", false, is_data,
     "`data` must be a string, {\"base64\": ...} or {\"seed\": K, \"length\": N}"},
    {"written", false, is_written, "`written` must be a string of base64"},
    {NULL, false, NULL, NULL}};

static const struct rule violation_rules[] = {
    {"text", true, is_text, "`text` must be there, and be a string or {\"base64\": ...}"},
    {NULL, false, NULL, NULL}};

static const char *check(const json_t *object, const struct rule *rules)
{
    for (const struct rule *rule = rules; rule->member; rule++) {
        const json_t *value = json_object_get(object, rule->member);
        if (value ? !rule->holds(value) : rule->required)
            return rule->fault;
    }
    return NULL;
}

static bool is_ok(const json_t *reply)
{
    return strcmp(json_string_value(json_object_get(reply, "status")), "ok") == 0;
}

static const char *check_part(const json_t *reply, const char *member, const struct rule *rules,
                              const char *missing)
{
    const json_t *part = json_object_get(reply, member);
    return is_object(part) ? check(part, rules) : missing;
}

const char *cf_reply_fault(const json_t *reply, const char *verb)
{
    const json_t *error = json_object_get(reply, "error");
    if (error)
        return json_is_string(error) ? NULL : "`error` must be a string";
    const char *fault = check(reply, reply_rules);
    if (fault || !is_ok(reply))
        return fault;
    if (strcmp(verb, "hello") == 0)
        return check(reply, hello_rules);
    if (strcmp(verb, "info") == 0)
        return check_part(reply, "info", info_rules, "`info` must be there, and be an object");
    if (strcmp(verb, "peek") == 0)
        return check_part(reply, "session", session_rules,
                          "`session` must be there, and be an object");
    if (strcmp(verb, "poll") == 0)
        return check_part(reply, "completion", completion_rules,
                          "`completion` must be there, and be an object");
    if (strcmp(verb, "load") == 0)
        return check_part(reply, "load", load_rules, "`load` must be there, and be an object");
    return NULL;
}

const char *cf_event_fault(const json_t *event)
{
    const char *kind = json_string_value(json_object_get(event, "event"));
    if (!kind)
        return "`event` must be a string";
    if (strcmp(kind, "completion") == 0)
        return check(event, completion_rules);
    if (strcmp(kind, "violation") == 0)
        return check(event, violation_rules);
    return NULL;
}

const json_t *cf_line_completion(const json_t *line)
{
    const char *kind = json_string_value(json_object_get(line, "event"));
    if (kind)
        return strcmp(kind, "completion") == 0 ? line : NULL;
    return json_object_get(line, "completion");
}

const char *cf_line_shown(const char *line, size_t size, char *to, size_t most)
{
    size_t kept = size < most - 4 ? size : most - 4;
    for (size_t i = 0; i < kept; i++)
        to[i] = (char)(line[i] >= ' ' && line[i] <= '~' ? line[i] : '?');
    snprintf(to + kept, 4, "%s", size > kept ? "..." : "");
    return to;
}
