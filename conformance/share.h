/* SPDX-License-Identifier: MIT */
/* Files that come with the program: ../share/uripc as seen from the executable. */
#ifndef URIPC_CONFORMANCE_SHARE_H
#define URIPC_CONFORMANCE_SHARE_H

#include <stdbool.h>
#include <stddef.h>

/* Writes the path of one of them.  False, after a complaint, if it is not there. */
bool cf_share_path(const char *name, char *path, size_t size);

/* Writes the path of a file beside the executable: "../libexec/uripc/uripc-mutants". */
bool cf_program_path(const char *relative, char *path, size_t size);

/* Resolves a path and, if it lies below the working directory, makes it relative, for messages. */
void cf_path_for_humans(const char *path, char *to, size_t size);

#endif
