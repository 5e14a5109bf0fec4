/* SPDX-License-Identifier: MIT */
/* Baselines: carriers that know nothing of the contract, as drivers that can be measured and do
 * nothing else.  They answer `hello`, `open`, `register`, `load` and `end`; what a name stands for
 * is a socket in the realm. */
#ifndef URIPC_CONFORMANCE_BASELINE_H
#define URIPC_CONFORMANCE_BASELINE_H

#include "job.h"

struct cf_baseline {
    const char *name;
    const char *(*version)(void);

    /* Takes messages at this path from now on.  False: errno tells why. */
    bool (*listen)(const char *path);

    /* Does the job; a stream or ping goes to `path`, a sink or echo takes what comes to where it
     * listens. */
    void (*load)(struct cf_load_job *job, const char *path);
};

extern const struct cf_baseline cf_baseline_uv;
extern const struct cf_baseline cf_baseline_zeromq;

#endif
