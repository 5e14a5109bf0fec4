/* SPDX-License-Identifier: MIT */
/* A bus of the realm's own: who needs it first starts a dbus-daemon that listens in the realm. */
#ifndef URIPC_CONFORMANCE_ADAPTERS_DBUS_DAEMON_H
#define URIPC_CONFORMANCE_ADAPTERS_DBUS_DAEMON_H

#include <stdbool.h>

/* Makes sure that a daemon serves this realm, and holds it there. Returns a descriptor for
 * dbus_daemon_leave, or -1: it cannot be, with EACCES because the realm is somebody else's. */
int dbus_daemon_join(const char *realm);

/* Whoever leaves last ends the daemon.  Processes that are killed do not leave; for them there is
 * the note in the realm (spec, driver-protocol.md). */
void dbus_daemon_leave(const char *realm, int users);

/* The address of the bus, for sd_bus_set_address.  False if it does not fit. */
bool dbus_daemon_address(const char *realm, char *address, unsigned size);

#endif
