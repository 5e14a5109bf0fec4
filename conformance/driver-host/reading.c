/* SPDX-License-Identifier: MIT */
#include "reading.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "conformance/case.h"
#include "conformance/words.h"

void cf_read_fault(struct cf_reading *reading, const char *member, const char *expected)
{
    if (reading->failed)
        return;
    reading->failed = true;
    snprintf(reading->fault, sizeof(reading->fault), "`%s` must be %s", member, expected);
}

static const json_t *get(const struct cf_reading *reading, const char *member)
{
    return reading->failed ? NULL : json_object_get(reading->command, member);
}

bool cf_read_has(const struct cf_reading *reading, const char *member)
{
    return get(reading, member) != NULL;
}

bool cf_read_has_any(const struct cf_reading *reading, const char *const *members)
{
    while (*members && !cf_read_has(reading, *members))
        members++;
    return *members != NULL;
}

static void not_a_number(struct cf_reading *reading, const char *member, uint64_t most)
{
    char expected[64];
    snprintf(expected, sizeof(expected), "a number from 0 to %" PRIu64, most);
    cf_read_fault(reading, member, expected);
}

uint64_t cf_read_number(struct cf_reading *reading, const char *member, uint64_t most)
{
    const json_t *value = get(reading, member);
    json_int_t number = json_integer_value(value);
    if (json_is_integer(value) && number >= 0 && (uint64_t)number <= most)
        return (uint64_t)number;
    not_a_number(reading, member, most);
    return 0;
}

uint64_t cf_read_number_or(struct cf_reading *reading, const char *member, uint64_t most,
                           uint64_t otherwise)
{
    return cf_read_has(reading, member) ? cf_read_number(reading, member, most) : otherwise;
}

uint64_t cf_read_id(struct cf_reading *reading, const char *member)
{
    return cf_read_number(reading, member, CF_NUMBER_MAX);
}

struct uripc_handle cf_read_handle(struct cf_reading *reading)
{
    return (struct uripc_handle){cf_read_id(reading, "handle")};
}

uint64_t cf_read_deadline(struct cf_reading *reading)
{
    return cf_read_number_or(reading, "deadline", CF_NUMBER_MAX, 0);
}

bool cf_read_flag(struct cf_reading *reading, const char *member)
{
    const json_t *value = get(reading, member);
    if (value && !json_is_boolean(value))
        cf_read_fault(reading, member, "true or false");
    return json_is_true(value);
}

/* One of a list of words; left out, the first. */
static int word(struct cf_reading *reading, const char *member, const struct cf_words *words)
{
    int found = words->list[0].value;
    const json_t *value = get(reading, member);
    if (value && !cf_word_from_json(value, words, &found))
        cf_read_fault(reading, member, words->what);
    return found;
}

enum uripc_kind cf_read_kind(struct cf_reading *reading)
{
    return (enum uripc_kind)word(reading, "kind", &cf_kind_words);
}

enum uripc_overflow cf_read_overflow(struct cf_reading *reading)
{
    return (enum uripc_overflow)word(reading, "overflow", &cf_overflow_words);
}

enum uripc_mode cf_read_mode(struct cf_reading *reading)
{
    return (enum uripc_mode)word(reading, "mode", &cf_mode_words);
}

const struct uripc_liveness *cf_read_detector(struct cf_reading *reading)
{
    if (!cf_read_has(reading, "detector"))
        return NULL;
    return word(reading, "detector", &cf_detector_words) == CF_DETECTOR_FRESHNESS
               ? &uripc_liveness_freshness
               : &uripc_liveness_timeout;
}

/* 16 digits of hexadecimal in lower case, as the wire writes them. */
static bool read_hex(const char *at, uint64_t *value)
{
    static const char digits[] = "0123456789abcdef";
    *value = 0;
    for (size_t i = 0; i < 16; i++) {
        const char *digit = at[i] ? strchr(digits, at[i]) : NULL;
        if (!digit)
            return false;
        *value = *value << 4 | (uint64_t)(digit - digits);
    }
    return true;
}

struct uripc_incarnation cf_read_incarnation(struct cf_reading *reading, const char *member)
{
    struct uripc_incarnation incarnation = {0};
    const json_t *value = get(reading, member);
    const char *text = json_string_value(value);
    if (value && (json_string_length(value) != 33 || text[16] != '-' ||
                  !read_hex(text, &incarnation.node) || !read_hex(text + 17, &incarnation.serial)))
        cf_read_fault(reading, member, "an incarnation, 16 hexadecimal digits, '-' and 16 more");
    return incarnation;
}

/* Any text can be an id, of another driver; of ours it has the digits that answer.c writes. */
uint64_t cf_read_message_id(struct cf_reading *reading)
{
    uint64_t id = 0;
    const json_t *value = get(reading, "message_id");
    if (!json_is_string(value))
        cf_read_fault(reading, "message_id", "a string");
    else if (json_string_length(value) != 16 || !read_hex(json_string_value(value), &id))
        return 0;
    return id;
}

struct cf_bytes cf_read_text(struct cf_reading *reading, const char *member)
{
    struct cf_bytes text = {0};
    if (!reading->failed && !cf_text_from_json(get(reading, member), &text))
        cf_read_fault(reading, member, "a string or {\"base64\": ...}");
    return text;
}

struct cf_bytes cf_read_data(struct cf_reading *reading, const char *member)
{
    struct cf_bytes data = {0};
    if (!reading->failed && !cf_data_from_json(get(reading, member), &data))
        cf_read_fault(reading, member,
                      "a string, {\"base64\": ...}, {\"seed\": K, \"length\": N} or {\"null\": N}");
    return data;
}
