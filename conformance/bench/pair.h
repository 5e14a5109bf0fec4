/* SPDX-License-Identifier: MIT */
/* Two drivers of one backend in a realm of their own: A sends to B. */
#ifndef URIPC_CONFORMANCE_PAIR_H
#define URIPC_CONFORMANCE_PAIR_H

#include "bench.h"

struct cf_pair;

struct cf_pair_load {
    enum cf_bench_mode mode;
    uint32_t size;
    uint64_t count;
    uint64_t rate; /* a second; 0: as fast as it goes */
};

/* NULL: the backend is out, and its reason told. */
struct cf_pair *cf_pair_start(struct cf_bench *bench, struct cf_bench_backend *backend);

/* False: the backend is out, or the run was interrupted. */
bool cf_pair_run(struct cf_pair *pair, const struct cf_pair_load *load, struct cf_sample *sample);

/* NULL is fine. */
void cf_pair_end(struct cf_pair *pair);

#endif
