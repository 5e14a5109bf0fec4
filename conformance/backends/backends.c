/* SPDX-License-Identifier: MIT */
#include "conformance/backends/backends.h"

#include <string.h>

static const struct cf_backend *const backends[] = {
    &cf_backend_reference,
    &cf_backend_model,
#ifdef URIPC_MUTANTS
    &cf_backend_crasher,
    &cf_backend_liar,
#endif
};

size_t cf_backend_count(void)
{
    return sizeof(backends) / sizeof(backends[0]);
}

const struct cf_backend *cf_backend_at(size_t index)
{
    return backends[index];
}

const struct cf_backend *cf_backend_find(const char *name)
{
    for (size_t i = 0; i < cf_backend_count(); i++)
        if (strcmp(backends[i]->name, name) == 0)
            return backends[i];
    return NULL;
}
