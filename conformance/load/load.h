/* SPDX-License-Identifier: MIT */
/* The command `load` of the driver protocol, over the table of a backend. */
#ifndef URIPC_CONFORMANCE_LOAD_H
#define URIPC_CONFORMANCE_LOAD_H

#include <jansson.h>

#include <uripc/backend.h>

/* Does what the command asks and returns when it is done, or when nothing has happened for 5 s.
 * `handle` is the node's own.  No other call of the node may be in flight.  Returns the members of
 * the reply but its id, as a new reference; NULL: no memory. */
json_t *cf_load(const struct uripc_backend *table, struct uripc_node *node, const json_t *command);

#endif
