/* SPDX-License-Identifier: MIT */
/* The real world: every process of a case is a driver (spec/driver-protocol.md). */
#ifndef URIPC_CONFORMANCE_WORLDS_REAL_H
#define URIPC_CONFORMANCE_WORLDS_REAL_H

#include "conformance/backend.h"

/* How much later than `within` says a line may end. */
#define CF_REAL_SLACK UINT64_C(250000000) /* nanoseconds */

/* How long a line waits where the case does not say. */
#define CF_REAL_PATIENCE UINT64_C(3000000000)

/* What struct cf_backend.implementation is of a backend in the real world. */
struct cf_real {
    char *const *const *commands; /* of drivers; a case's processes get them in turn */
    size_t command_count;
    const char *run;    /* name of the run */
    const char *folder; /* where realms are made */
};

/* What this world can do for cases with these drivers, a set of enum cf_need: processes of other
 * users only for the superuser, and only where those users get at the drivers' files. */
uint32_t cf_real_capabilities(const struct cf_real *real);

struct cf_world *cf_real_open(const struct cf_backend *backend);

#endif
