/* SPDX-License-Identifier: MIT */
/* What a backend declares to have, and what it is seen to have. */
#ifndef URIPC_CONFORMANCE_PROBE_H
#define URIPC_CONFORMANCE_PROBE_H

#include "run.h"

/* What keeps a case from being run against a backend with these capabilities (sets of enum
 * cf_need).  What a case probes does not, since it is about that. */
uint32_t cf_missing(const struct cf_case *test_case, uint32_t capabilities);

/* Writes the names of a set with spaces between them, as many as fit. */
void cf_needs_text(uint32_t needs, char *to, size_t size);

/* Of a case that probes a capability, turns what its lines say into what that says of the
 * declaration: declared and absent, or present and not declared, is a failure; absent and not
 * declared is no more than unsupported.  A crash and the like stay what they are. */
void cf_probe_judge(const struct cf_case *test_case, uint32_t capabilities,
                    struct cf_outcome *outcome);

#endif
