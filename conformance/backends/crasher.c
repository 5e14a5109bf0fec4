/* SPDX-License-Identifier: MIT */
/* An implementation that dies, hangs or spins on purpose, to test what the suite does then.  A send
 * to a target that ends in "/crash" aborts, to "/flaky" every third one does, one to "/hang" never
 * returns, and a message to "/spin" is sent on to its own process at once, for ever; all else is
 * the reference's. */
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
    static unsigned flaky; /* sends of this worker, over all its runs */
    if (ends_in(target, "/crash") || (ends_in(target, "/flaky") && ++flaky % 3 == 0)) {
        fputs("the crasher dies as it was told\n", stderr);
        abort();
    }
    while (forever && ends_in(target, "/hang")) {
    }
    return uripc_node_ops.send(node, source, suffix, target, data, length, options, overlapped);
}

/* The host of the node made last: cases that spin have one process. */
static const struct uripc_host *host;
static void *host_self;

static struct uripc_node *remembering_init(void *block, const struct uripc_limits *limits,
                                           const struct uripc_host *given, void *self,
                                           uint64_t identity, uint32_t peer)
{
    host = given;
    host_self = self;
    return uripc_node_ops.init(block, limits, given, self, identity, peer);
}

static void spinning_on_frame(struct uripc_node *node, uint32_t peer,
                              const struct uripc_frame *frame)
{
    if (frame->kind == URIPC_FRAME_MESSAGE && ends_in(frame->target, "/spin"))
        (void)host->carry(host_self, peer, false, frame);
    else
        uripc_node_ops.on_frame(node, peer, frame);
}

static struct uripc_node_ops crashing_ops;
static struct sim_backend crasher = {
    .name = "crasher", .node = &crashing_ops, .table = &uripc_table_ops};

static struct cf_world *crasher_open(const struct cf_backend *backend)
{
    crashing_ops = uripc_node_ops;
    crashing_ops.send = crashing_send;
    crashing_ops.init = remembering_init;
    crashing_ops.on_frame = spinning_on_frame;
    return cf_simulated_open(backend);
}

const struct cf_backend cf_backend_crasher = {.name = "crasher",
                                              .text = "dies on purpose",
                                              .hidden = true,
                                              .capabilities = CF_SIMULATED_CAPABILITIES,
                                              .implementation = &crasher,
                                              .open = crasher_open};
