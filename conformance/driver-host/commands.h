/* SPDX-License-Identifier: MIT */
/* What the files of commands share. */
#ifndef URIPC_CONFORMANCE_COMMANDS_H
#define URIPC_CONFORMANCE_COMMANDS_H

#include "host.h"

struct cf_verb_row {
    const char *name; /* NULL: the row behind the last */
    cf_command *command;
    bool needs_node;
};

/* The calls of sessions. */
extern const struct cf_verb_row cf_session_verbs[];

/* And of requests. */
extern const struct cf_verb_row cf_request_verbs[];

/* What a call borrows is spoilt as soon as it has returned, so that whoever kept it is found out.
 */
void cf_spoil(void *at, size_t size);
void cf_spoil_bytes(struct cf_bytes *bytes); /* and freed */

#endif
