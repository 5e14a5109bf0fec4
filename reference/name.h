/* SPDX-License-Identifier: MIT */
/* Names: the canonical form of URIs (spec, chapter 1), suffixes, and conversion to and from
 * UTF-16.  Pure functions over the caller's memory; `text` may hold any bytes. */
#ifndef URIPC_NAME_H
#define URIPC_NAME_H

#include <uripc/uripc.h>

enum uripc_name_use {
    URIPC_NAME_REGISTERED, /* no query, no trailing slash but the root's (NAM-9, NAM-14) */
    URIPC_NAME_TARGET      /* query and trailing slash are kept */
};

/* Writes the canonical form of `text` to out[0..capacity) and its length to *length.
 * Returns ok, or invalid-name if `text` is no name of the spec or its canonical form has more
 * than `capacity` units (NAM-17); *length is then left alone, `out` may have been written. */
enum uripc_status uripc_name_canonical(struct uripc_text text, enum uripc_name_use use, char *out,
                                       size_t capacity, size_t *length);

/* Appends a suffix to a registered name (NAM-22..NAM-25); `name` may lie in `out`.
 * Same results as uripc_name_canonical. */
enum uripc_status uripc_name_compose(struct uripc_text name, struct uripc_text suffix, char *out,
                                     size_t capacity, size_t *length);

/* True if `text` starts like a URI (scheme, ':' and '/'), not like a suffix. */
_Bool uripc_name_is_absolute(struct uripc_text text);

/* The part of a canonical target that takes part in matching: without query and without a
 * trailing slash, except the root's (RTE-4). */
struct uripc_text uripc_name_match_part(struct uripc_text target);

/* True if the canonical registered name `below` lies strictly below `above` (REG-10). */
_Bool uripc_name_is_below(struct uripc_text below, struct uripc_text above);

/* Shortens `name` (a match part or a registered name) to its next shorter candidate for matching:
 * one segment less, at last the root of its authority.  Returns false if it was the root. */
_Bool uripc_name_parent(struct uripc_text *name);

/* Strict UTF-16 to UTF-8: unpaired surrogates are invalid-name (NAM-11), as is a result of more
 * than `capacity` bytes.  `units` is a count of 16-bit units. */
enum uripc_status uripc_name_from_utf16(const uint16_t *text, size_t units, char *out,
                                        size_t capacity, size_t *length);

#endif
