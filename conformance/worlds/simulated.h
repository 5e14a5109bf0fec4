/* SPDX-License-Identifier: MIT */
/* The simulated world. */
#ifndef URIPC_CONFORMANCE_WORLDS_SIMULATED_H
#define URIPC_CONFORMANCE_WORLDS_SIMULATED_H

#include "conformance/backend.h"

/* The simulator can do whatever a case may need. */
#define CF_SIMULATED_CAPABILITIES UINT32_MAX

/* Opens a world in which every process runs backend->implementation, a struct sim_backend. */
struct cf_world *cf_simulated_open(const struct cf_backend *backend);

#endif
