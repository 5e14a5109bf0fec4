/* SPDX-License-Identifier: MIT */
/* Looks into a realm from outside, as spec/wire.md allows: changes nothing there. */
#ifndef URIPC_CONFORMANCE_OBSERVER_H
#define URIPC_CONFORMANCE_OBSERVER_H

#include <stdbool.h>

#include <jansson.h>

/* The node ids (16 hexadecimal digits) below `realm`/nodes, sorted, as strings.  NULL, with errno,
 * if it cannot be read. */
json_t *cf_observed_nodes(const char *realm);

/* Whether somebody lives who holds the node's lock. */
bool cf_observed_alive(const char *realm, const char *id);

/* The names that the directory shows for this node, dead or alive, as strings. */
json_t *cf_observed_names(const char *realm, const char *id);

/* Asks a node for its state and waits at most `wait_ms` for it.  NULL, with a reason, if it does
 * not answer, or not as the spec says. */
json_t *cf_observed_state(const char *realm, const char *id, int wait_ms, const char **reason);

#endif
