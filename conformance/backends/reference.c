/* SPDX-License-Identifier: MIT */
#include "conformance/backends/backends.h"
#include "conformance/worlds/simulated.h"

#include "simulator/sim.h"

static const struct sim_backend reference = {
    .name = "reference", .node = &uripc_node_ops, .table = &uripc_table_ops};

const struct cf_backend cf_backend_reference = {.name = "reference",
                                                .text = "the reference implementation",
                                                .capabilities = CF_SIMULATED_CAPABILITIES,
                                                .implementation = &reference,
                                                .open = cf_simulated_open};
