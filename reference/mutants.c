/* SPDX-License-Identifier: MIT */
/* Part of the second build only. */
#include "mutants.h"

int uripc_mutant = URIPC_MUTANT_NONE;
