/* SPDX-License-Identifier: MIT */
/* The implementations that are built in. */
#ifndef URIPC_CONFORMANCE_BACKENDS_H
#define URIPC_CONFORMANCE_BACKENDS_H

#include "conformance/backend.h"

extern const struct cf_backend cf_backend_reference;
extern const struct cf_backend cf_backend_model;

/* Only in the program with planted faults: dies and hangs when it is told to. */
extern const struct cf_backend cf_backend_crasher;

/* Also only there: has other capabilities than it declares. */
extern const struct cf_backend cf_backend_liar;

#endif
