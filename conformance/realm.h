/* SPDX-License-Identifier: MIT */
/* Realms of the real world: directories, and what implementations keep outside of them and name in
 * them (spec/driver-protocol.md). */
#ifndef URIPC_CONFORMANCE_REALM_H
#define URIPC_CONFORMANCE_REALM_H

#include <stdbool.h>

enum { CF_REALM_PATH_MAX = 80 }; /* bytes, for a socket must have a name below */

/* Makes an empty one that admits its owner, or everybody.  False: errno says why not. */
bool cf_realm_make(const char *path, bool open);

/* Kills the servers that serve all of the realm, and waits until they are gone. */
void cf_realm_end_servers(const char *path, const char *run);

/* Removes what the realm names, and then the directory; one with realms in it, too. */
void cf_realm_remove(const char *path);

#endif
