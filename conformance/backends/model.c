/* SPDX-License-Identifier: MIT */
#include "conformance/backends/backends.h"
#include "conformance/backends/model.h"
#include "conformance/worlds/simulated.h"

#include <uripc/backend.h>

#include "simulator/sim.h"

static const struct sim_backend model = {
    .name = "model", .node = &model_node_ops, .table = &model_table_ops};

const struct cf_backend cf_backend_model = {.name = "model",
                                            .text = "a second, naive implementation",
                                            .capabilities = CF_SIMULATED_CAPABILITIES &
                                                            ~(uint32_t)URIPC_CAN_WORKERS,
                                            .implementation = &model,
                                            .open = cf_simulated_open};
