/* SPDX-License-Identifier: MIT */
/* What the driver protocol allows a driver to write. */
#ifndef URIPC_CONFORMANCE_DRIVER_LINE_H
#define URIPC_CONFORMANCE_DRIVER_LINE_H

#include <jansson.h>

/* What is wrong with a reply to the command `verb`, or with an event: a sentence about the member,
 * with what was expected of it; NULL: nothing. */
const char *cf_reply_fault(const json_t *reply, const char *verb);
const char *cf_event_fault(const json_t *event);

/* The completion that a line brings: of an event itself, of a reply to `poll` its member.  NULL:
 * it brings none. */
const json_t *cf_line_completion(const json_t *line);

/* Writes the beginning of a line as messages show it, in at most `most` bytes.  Returns `to`. */
const char *cf_line_shown(const char *line, size_t size, char *to, size_t most);

#endif
