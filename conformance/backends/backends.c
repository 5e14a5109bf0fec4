/* SPDX-License-Identifier: MIT */
#include "conformance/backends/backends.h"

#include <string.h>

#include "conformance/worlds/real.h"

#define REAL(id, about, path)                                                                      \
    &(const struct cf_backend)                                                                     \
    {                                                                                              \
        .name = (id), .text = (about), .real = true, .implementation = (path),                     \
        .open = cf_real_open                                                                       \
    }

static const struct cf_backend *const backends[] = {
    &cf_backend_reference,
    &cf_backend_model,
    REAL("reference-uv", "the reference on libuv, without a daemon",
         "../libexec/uripc/reference-uv.so"),
    REAL("independent", "a second implementation of the wire, in Python",
         "../share/uripc/independent/independent.py"),
    REAL("zeromq", "an adapter to ZeroMQ", "../libexec/uripc/zeromq.so"),
    REAL("posix-mq", "an adapter to POSIX message queues", "../libexec/uripc/posix-mq.so"),
    REAL("dbus", "an adapter to D-Bus", "../libexec/uripc/dbus.so"),
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

bool cf_baseline_at(size_t index, const char **name, const char **text)
{
    static const char *const baselines[][2] = {
        {"baseline-uv-pipe", "a bare libuv pipe, only for `uripc bench`"},
        {"baseline-zeromq", "libzmq over ipc, only for `uripc bench`"},
    };
    if (index >= sizeof(baselines) / sizeof(baselines[0]))
        return false;
    *name = baselines[index][0];
    *text = baselines[index][1];
    return true;
}
