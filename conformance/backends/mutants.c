/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "conformance/mutant.h"

#ifdef URIPC_MUTANTS

#include "reference/mutants.h"

static const struct cf_mutant mutants[] = {
#define MUTANT_ROW(NAME, id, clause, benign, text) {URIPC_MUTANT_##NAME, id, clause, benign, text},
    URIPC_MUTANT_MAP(MUTANT_ROW)
#undef MUTANT_ROW
};

bool cf_mutant_at(size_t index, struct cf_mutant *mutant)
{
    if (index >= sizeof(mutants) / sizeof(mutants[0]))
        return false;
    *mutant = mutants[index];
    return true;
}

bool cf_mutants_built(void)
{
    return true;
}

void cf_mutant_plant(int number)
{
    uripc_mutant = number;
}

#else

bool cf_mutant_at(size_t index, struct cf_mutant *mutant)
{
    (void)index;
    (void)mutant;
    return false;
}

bool cf_mutants_built(void)
{
    return false;
}

void cf_mutant_plant(int number)
{
    (void)number;
}

#endif

bool cf_mutant_find(const char *id, struct cf_mutant *mutant)
{
    for (size_t i = 0; cf_mutant_at(i, mutant); i++)
        if (strcmp(mutant->id, id) == 0)
            return true;
    return false;
}
