/* SPDX-License-Identifier: MIT */
/* A run of real processes leaves nothing behind, however it ends.
 *
 * The program forks.  The child is the suite.  The parent, the *supervisor*, adopts every process
 * that loses its parent, and when the suite has ended, in whatever way, ends all that are left,
 * removes the run's folder with its realms and what they name, and passes on the suite's status.
 * If the supervisor is killed the suite dies with it; then the next run removes what they left. */
#ifndef URIPC_CONFORMANCE_SUPERVISOR_H
#define URIPC_CONFORMANCE_SUPERVISOR_H

#include <stdbool.h>

enum { CF_RUN_NAME_MAX = 32, CF_RUN_FOLDER_MAX = 72 };

struct cf_run_place {
    char name[CF_RUN_NAME_MAX];     /* in the environment of all processes, as URIPC_RUN */
    char folder[CF_RUN_FOLDER_MAX]; /* of its own; realms are made in r/ */
};

/* Removes what dead runs left, makes a place, and forks.  True in the suite.  False in the
 * supervisor, when all is over, or after a complaint: *status is what to end the program with. */
bool cf_supervise(struct cf_run_place *place, int *status);

#endif
