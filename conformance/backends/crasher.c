/* SPDX-License-Identifier: MIT */
/* An implementation that dies, hangs or chatters on purpose, to test what the suite does then.  A
 * send to a target that ends in "/crash" aborts, one to "/hang" never returns; all else is the
 * reference's. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "conformance/backends/backends.h"
#include "conformance/worlds/simulated.h"

#include "simulator/sim.h"

static bool ends_in(struct uripc_text text, const char *end)
{
    size_t length = strlen(end);
    return text.length >= length && memcmp(text.at + text.length - length, end, length) == 0;
}

static enum uripc_status crashing_send(struct uripc_node *node, struct uripc_handle source,
                                       const struct uripc_text *suffix, struct uripc_text target,
                                       const void *data, uint32_t length,
                                       const struct uripc_send_options *options,
                                       uint64_t overlapped)
{
    static volatile bool forever = true;
    if (ends_in(target, "/crash")) {
        fputs("the crasher dies as it was told\n", stderr);
        abort();
    }
    while (forever && ends_in(target, "/hang")) {
    }
    return uripc_node_ops.send(node, source, suffix, target, data, length, options, overlapped);
}

static struct uripc_node_ops crashing_ops;
static struct sim_backend crasher = {
    .name = "crasher", .node = &crashing_ops, .table = &uripc_table_ops};

static struct cf_world *crasher_open(const struct cf_backend *backend)
{
    crashing_ops = uripc_node_ops;
    crashing_ops.send = crashing_send;
    return cf_simulated_open(backend);
}

const struct cf_backend cf_backend_crasher = {.name = "crasher",
                                              .world = "simulated",
                                              .text = "dies on purpose",
                                              .hidden = true,
                                              .capabilities = CF_SIMULATED_CAPABILITIES,
                                              .implementation = &crasher,
                                              .open = crasher_open};
