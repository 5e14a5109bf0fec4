/* SPDX-License-Identifier: MIT */
/* UTF-8 as files have it and as cases write it. */
#ifndef URIPC_CONFORMANCE_UTF8_H
#define URIPC_CONFORMANCE_UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Reads one code point of strict UTF-8 (RFC 3629).  Returns its bytes, 0: there is none. */
size_t cf_utf8_read(const char *at, size_t size, uint32_t *point);

/* True if all of it is strict UTF-8. */
bool cf_utf8_is_valid(const char *at, size_t size);

/* Writes a code point up to U+10FFFF in the pattern of UTF-8, surrogates too.  Returns 1 to 4. */
size_t cf_utf8_write(uint32_t point, char to[4]);

/* The number of characters; a byte that is none counts as one. */
uint32_t cf_utf8_count(const char *at, size_t size);

#endif
