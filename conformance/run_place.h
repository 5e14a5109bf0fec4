/* SPDX-License-Identifier: MIT */
/* Where runs of real processes keep their realms: $XDG_RUNTIME_DIR, where other
 * users can get through or none are needed, or /tmp; there uripc-USER/PID-RANDOM.
 *
 * A run's folder has a file `lock` that its processes hold locked for life, so a folder whose lock
 * is free belongs to a run that was killed.  The file `lock` beside the folders is held while one
 * is made or such leftovers are removed, so that nobody takes a new folder for an old one. */
#ifndef URIPC_CONFORMANCE_RUN_PLACE_H
#define URIPC_CONFORMANCE_RUN_PLACE_H

#include <stdbool.h>

#include "supervisor.h"

/* Removes what dead runs left and makes a new place.  Returns a descriptor that holds its lock in
 * this process and those forked from it, -1 after a complaint. */
int cf_run_place_make(struct cf_run_place *place);

void cf_run_place_remove(const struct cf_run_place *place);

#endif
