/* SPDX-License-Identifier: MIT */
/* `uripc check --rerun-failed`: the cases of an earlier run that were not as expected. */
#ifndef URIPC_CONFORMANCE_RERUN_H
#define URIPC_CONFORMANCE_RERUN_H

#include "suite.h"

/* Keeps of `selected` the cases that, by results.jsonl in `folder`, did not end as expected or
 * could not be told.  Warns of those that `suite` does not have any more.  False, after a
 * complaint, if the file cannot be read or nothing is left. */
bool cf_rerun_select(const struct cf_suite *suite, struct cf_suite *selected, const char *folder);

#endif
