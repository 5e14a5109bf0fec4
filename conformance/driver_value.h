/* SPDX-License-Identifier: MIT */
/* The values of the driver protocol, as JSON and back. */
#ifndef URIPC_CONFORMANCE_DRIVER_VALUE_H
#define URIPC_CONFORMANCE_DRIVER_VALUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

#include <uripc/backend.h>

#include "words.h"

/* The largest number: what every reader of JSON takes exactly. */
#define CF_NUMBER_MAX ((INT64_C(1) << 53) - 1)

/* Bytes of their own. */
struct cf_bytes {
    char *at; /* NULL only of {"null": N} */
    size_t size;
};

void cf_bytes_free(struct cf_bytes *bytes);

/* A text or data: a JSON string where it can be one, else {"base64": ...}.  A new reference; NULL:
 * no memory. */
json_t *cf_text_to_json(const char *at, size_t size);

/* A string of base64.  A new reference; NULL: no memory. */
json_t *cf_base64_to_json(const void *at, size_t size);

/* Back again.  `value` NULL: the member is missing, which of data means that they are empty.
 * False: the value is no such thing, or there is no memory.  What is read is to be freed. */
bool cf_text_from_json(const json_t *value, struct cf_bytes *text);
bool cf_data_from_json(const json_t *value, struct cf_bytes *data);
bool cf_base64_from_json(const json_t *value, struct cf_bytes *bytes);

/* The words of the protocol that are none of the case language; the others are in words.h. */
extern const struct cf_words cf_certainty_words; /* enum uripc_certainty */
extern const struct cf_words cf_binding_words;   /* enum uripc_binding */

/* Reads a string that must be one of the words.  False: it is none of them, or no string. */
bool cf_word_from_json(const json_t *value, const struct cf_words *words, int *number);

#endif
