/* SPDX-License-Identifier: MIT */
/* Speaks the driver protocol (spec/driver-protocol.md) for an implementation in C: for a shared
 * object in uripc-driver, or linked into a program of the implementation's own. */
#ifndef URIPC_CONFORMANCE_DRIVE_H
#define URIPC_CONFORMANCE_DRIVE_H

#include <uripc/backend.h>

/* Answers the commands that come from `in` on `out` until `end` or the end of `in`.  Returns the
 * exit status of the process: 0, or 3 if the table cannot be used, which `out` has then been told.
 */
int cf_drive(const struct uripc_backend *table, int in, int out);

/* Answers every command with this error, for an implementation that cannot be had at all. */
int cf_drive_nothing(const char *error, int in, int out);

/* What is wrong with a table; NULL: nothing. */
const char *cf_table_fault(const struct uripc_backend *table);

#endif
