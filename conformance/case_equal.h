/* SPDX-License-Identifier: MIT */
/* Compares cases; for the tests of the parser and the printer. */
#ifndef URIPC_CONFORMANCE_CASE_EQUAL_H
#define URIPC_CONFORMANCE_CASE_EQUAL_H

#include "case.h"

/* NULL if both say the same, wherever their lines stand; else what differs first. */
const char *cf_case_difference(const struct cf_case *a, const struct cf_case *b);

#endif
