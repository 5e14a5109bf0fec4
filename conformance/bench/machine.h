/* SPDX-License-Identifier: MIT */
/* The machine that figures come from. */
#ifndef URIPC_CONFORMANCE_MACHINE_H
#define URIPC_CONFORMANCE_MACHINE_H

#include <stddef.h>

#include <jansson.h>

#include "bench.h"

/* What cf_results_machine tells, and `cpu`, `governor`, `pinned`.  A new reference. */
json_t *cf_bench_machine(enum cf_bench_pin pin);

#endif
