/* SPDX-License-Identifier: MIT */
/* The inside of a driver: a table, its node, and what was said about them. */
#ifndef URIPC_CONFORMANCE_HOST_H
#define URIPC_CONFORMANCE_HOST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <jansson.h>

#include <uripc/backend.h>

#include "buffers.h"
#include "reading.h"

enum { CF_DRIVER_PROTOCOL = 1 };

/* How long what was accepted may take to be handed over at the end. */
#define CF_DRIVER_LINGER UINT64_C(1000000000)

/* Begins with a table that has no fault (drive.h), or a refusal, and a stream. */
struct cf_host {
    struct uripc_backend table;
    const char *refusal;     /* what every command is answered; NULL: there is a table */
    struct uripc_node *node; /* NULL: none yet, or none any more */
    bool layers;             /* on the node */
    bool ended;              /* `end` has been answered */
    struct cf_buffers buffers;
    FILE *out;
};

/* Does what one line asks for, and answers it.  `line` NULL: it was too long to be read. */
void cf_host_line(struct cf_host *host, const char *line, size_t size);

/* Lets the node wait and work until `fd` can be read or `timeout` nanoseconds have passed, and
 * tells of what came of it.  True: `fd` can be read. */
bool cf_host_run(struct cf_host *host, int fd, uint64_t timeout);

/* Closes the node and looks at the buffers once more. */
void cf_host_close(struct cf_host *host);

/* Writes a line; takes the reference.  NULL: there was no memory, which is told. */
void cf_host_say(struct cf_host *host, json_t *line);

/* What a command of that name does: returns the members of its reply but the id, or NULL if
 * `reading` has failed.  NULL: there is no such command. */
typedef json_t *cf_command(struct cf_host *host, struct cf_reading *reading);
cf_command *cf_command_find(const char *name, bool *needs_node);

/* Ends the use of a pending buffer, of which `written` bytes may be a message, and tells what else
 * was written. */
void cf_host_retire(struct cf_host *host, struct cf_buffer *buffer, uint32_t written);

/* The oldest completion, if there is one, as a new reference, or NULL. */
json_t *cf_host_poll(struct cf_host *host);

#endif
