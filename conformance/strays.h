/* SPDX-License-Identifier: MIT */
/* Processes that a run has left behind. */
#ifndef URIPC_CONFORMANCE_STRAYS_H
#define URIPC_CONFORMANCE_STRAYS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* Kills all children of this process that do not end by themselves within this many nanoseconds,
 * and waits for them; of a subreaper also those that thereby become its children.  Returns how many
 * it killed. */
size_t cf_strays_kill_children(uint64_t grace);

/* True if the process has the name of this run in its environment, as URIPC_RUN. */
bool cf_strays_is_of_run(pid_t pid, const char *run);

/* Kills all processes of that run and waits until they are gone, but not for ever. */
void cf_strays_kill_run(const char *run);

#endif
