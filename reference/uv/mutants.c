/* SPDX-License-Identifier: MIT */
#include "mutants.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static enum uripc__uv_mutant named(const char *name)
{
    if (name == NULL)
        return URIPC__UV_MUTANT_NONE;
#define FIND(NAME, id, clause, text)                                                               \
    if (strcmp(name, id) == 0)                                                                     \
        return URIPC__UV_MUTANT_##NAME;
    URIPC__UV_MUTANT_MAP(FIND)
#undef FIND
    fprintf(stderr, "URIPC_UV_MUTANT: no planted fault \"%s\"; reference/uv/mutants.h has them\n",
            name);
    abort();
}

enum uripc__uv_mutant uripc__uv_mutant(void)
{
    static enum uripc__uv_mutant planted;
    static int is_known;
    if (!is_known)
        planted = named(getenv("URIPC_UV_MUTANT"));
    is_known = 1;
    return planted;
}
