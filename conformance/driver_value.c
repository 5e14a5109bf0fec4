/* SPDX-License-Identifier: MIT */
#include "driver_value.h"

#include <stdlib.h>
#include <string.h>

#include "case.h"

void cf_bytes_free(struct cf_bytes *bytes)
{
    free(bytes->at);
    *bytes = (struct cf_bytes){0};
}

/* Memory for bytes, never NULL for none. */
static bool make(struct cf_bytes *bytes, size_t size)
{
    *bytes = (struct cf_bytes){.at = malloc(size + 1), .size = size};
    return bytes->at != NULL;
}

/* Base64 (RFC 4648, section 4), with padding. */

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

json_t *cf_base64_to_json(const void *from, size_t size)
{
    const unsigned char *at = from;
    size_t length = (size + 2) / 3 * 4;
    char *text = malloc(length + 1);
    if (!text)
        return NULL;
    for (size_t i = 0, k = 0; i < size; i += 3) {
        uint32_t more = i + 1 < size ? at[i + 1] : 0;
        uint32_t last = i + 2 < size ? at[i + 2] : 0;
        uint32_t word = (uint32_t)at[i] << 16 | more << 8 | last;
        text[k++] = alphabet[word >> 18];
        text[k++] = alphabet[word >> 12 & 63];
        text[k++] = i + 1 < size ? alphabet[word >> 6 & 63] : '=';
        text[k++] = i + 2 < size ? alphabet[word & 63] : '=';
    }
    json_t *string = json_stringn_nocheck(text, length);
    free(text);
    return string;
}

/* What a character stands for; -1: it is none of the alphabet. */
static int sextet(char character)
{
    if (character >= 'A' && character <= 'Z')
        return character - 'A';
    if (character >= 'a' && character <= 'z')
        return character - 'a' + 26;
    if (character >= '0' && character <= '9')
        return character - '0' + 52;
    if (character == '+')
        return 62;
    return character == '/' ? 63 : -1;
}

bool cf_base64_from_json(const json_t *value, struct cf_bytes *bytes)
{
    const char *text = json_string_value(value);
    size_t length = json_string_length(value);
    size_t padding = 0;
    if (!text || length % 4 != 0)
        return false;
    while (padding < 2 && padding < length && text[length - 1 - padding] == '=')
        padding++;
    if (!make(bytes, length / 4 * 3))
        return false;
    size_t size = 0;
    uint32_t word = 0;
    for (size_t i = 0; i < length; i++) {
        int bits = i < length - padding ? sextet(text[i]) : 0;
        if (bits < 0) {
            cf_bytes_free(bytes);
            return false;
        }
        word = word << 6 | (uint32_t)bits;
        if (i % 4 != 3)
            continue;
        bytes->at[size++] = (char)(word >> 16 & 255);
        bytes->at[size++] = (char)(word >> 8 & 255);
        bytes->at[size++] = (char)(word & 255);
        word = 0;
    }
    bytes->size = size - padding;
    return true;
}

/* Texts and data. */

json_t *cf_text_to_json(const char *at, size_t size)
{
    bool plain = size == 0 || !memchr(at, '\0', size);
    json_t *string = plain ? json_stringn(size ? at : "", size) : NULL; /* NULL if it is no UTF-8 */
    return string ? string : json_pack("{s:o}", "base64", cf_base64_to_json(at, size));
}

static bool copy(const char *at, size_t size, struct cf_bytes *bytes)
{
    if (!make(bytes, size))
        return false;
    memcpy(bytes->at, at, size);
    return true;
}

bool cf_text_from_json(const json_t *value, struct cf_bytes *text)
{
    if (json_is_string(value))
        return copy(json_string_value(value), json_string_length(value), text);
    return cf_base64_from_json(json_object_get(value, "base64"), text);
}

/* A member that is a number from 0 to `most`. */
static bool number_of(const json_t *object, const char *member, json_int_t most, uint32_t *number)
{
    const json_t *value = json_object_get(object, member);
    if (!json_is_integer(value) || json_integer_value(value) < 0 ||
        json_integer_value(value) > most)
        return false;
    *number = (uint32_t)json_integer_value(value);
    return true;
}

bool cf_data_from_json(const json_t *value, struct cf_bytes *data)
{
    uint32_t seed;
    uint32_t length;
    if (!value)
        return make(data, 0);
    if (number_of(value, "null", UINT32_MAX, &length)) {
        *data = (struct cf_bytes){.size = length};
        return true;
    }
    if (!number_of(value, "seed", UINT32_MAX, &seed))
        return cf_text_from_json(value, data);
    if (!number_of(value, "length", CF_TEXT_MAX, &length) || !make(data, length))
        return false;
    cf_data_fill(data->at, length, seed);
    return true;
}

/* Words. */

static const struct cf_word certainties[] = {{"definite", URIPC_DEFINITE},
                                             {"indefinite", URIPC_INDEFINITE}};
const struct cf_words cf_certainty_words = {
    .what = "a certainty (definite or indefinite)", .list = certainties, .count = 2};

static const struct cf_word bindings[] = {
#define BINDING_WORD(value, NAME, name, text) {name, URIPC_BINDING_##NAME},
    URIPC_BINDING_MAP(BINDING_WORD)
#undef BINDING_WORD
};
const struct cf_words cf_binding_words = {.what = "a source binding (api, user or process)",
                                          .list = bindings,
                                          .count = sizeof(bindings) / sizeof(bindings[0])};

bool cf_word_from_json(const json_t *value, const struct cf_words *words, int *number)
{
    return json_is_string(value) &&
           cf_words_find(words, json_string_value(value), json_string_length(value), number);
}
