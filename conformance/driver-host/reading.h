/* SPDX-License-Identifier: MIT */
/* Reads the members of a command.  The first one that is wrong is remembered, and from then on
 * everything reads as its default; so a command is read from top to bottom, and asked once. */
#ifndef URIPC_CONFORMANCE_READING_H
#define URIPC_CONFORMANCE_READING_H

#include <stdbool.h>
#include <stdint.h>

#include <jansson.h>

#include <uripc/session.h>

#include "conformance/driver_value.h"

struct cf_reading {
    const json_t *command;
    bool failed;
    char fault[160]; /* a sentence, if it failed */
};

/* Remembers a fault, if it is the first: "`member` must be ...". */
void cf_read_fault(struct cf_reading *reading, const char *member, const char *expected);

bool cf_read_has(const struct cf_reading *reading, const char *member);

/* One of the members, of which the last is NULL, is there. */
bool cf_read_has_any(const struct cf_reading *reading, const char *const *members);

/* A number from 0 to `most`, which must be there or is `otherwise`. */
uint64_t cf_read_number(struct cf_reading *reading, const char *member, uint64_t most);
uint64_t cf_read_number_or(struct cf_reading *reading, const char *member, uint64_t most,
                           uint64_t otherwise);

/* Overlapped blocks and handles, and what many commands have. */
uint64_t cf_read_id(struct cf_reading *reading, const char *member);
struct uripc_handle cf_read_handle(struct cf_reading *reading);
uint64_t cf_read_deadline(struct cf_reading *reading);

bool cf_read_flag(struct cf_reading *reading, const char *member);
enum uripc_kind cf_read_kind(struct cf_reading *reading);
enum uripc_overflow cf_read_overflow(struct cf_reading *reading);
enum uripc_mode cf_read_mode(struct cf_reading *reading);

/* The failure detector, which lives for ever; left out, NULL. */
const struct uripc_liveness *cf_read_detector(struct cf_reading *reading);
uint64_t cf_read_message_id(struct cf_reading *reading); /* another one's: 0 */
struct uripc_incarnation cf_read_incarnation(struct cf_reading *reading, const char *member);

/* To be freed, also after a fault.  A text must be there. */
struct cf_bytes cf_read_text(struct cf_reading *reading, const char *member);
struct cf_bytes cf_read_data(struct cf_reading *reading, const char *member);

#endif
