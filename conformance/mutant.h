/* SPDX-License-Identifier: MIT */
/* Planted faults of the reference, as the commands see them.  Only one of two builds of the
 * program has any. */
#ifndef URIPC_CONFORMANCE_MUTANT_H
#define URIPC_CONFORMANCE_MUTANT_H

#include <stdbool.h>
#include <stddef.h>

struct cf_mutant {
    int number; /* 0: none */
    const char *id;
    const char *clause; /* that it breaks; "" for a benign one */
    bool benign;        /* breaks nothing and must not be noticed */
    const char *text;
};

/* False beyond the last; in the ordinary build there is not even a first. */
bool cf_mutant_at(size_t index, struct cf_mutant *mutant);
bool cf_mutant_find(const char *id, struct cf_mutant *mutant);

/* True in the build that has mutants. */
bool cf_mutants_built(void);

/* Plants it in this process; number 0: none. */
void cf_mutant_plant(int number);

#endif
