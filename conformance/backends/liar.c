/* SPDX-License-Identifier: MIT */
/* An implementation that does not declare what it has, to test what the suite finds out.  It has
 * groups and does not say so, cannot discard and says it can, and is honest about having no info;
 * all else is the reference's. */
#include "conformance/backends/backends.h"
#include "conformance/case.h"
#include "conformance/worlds/simulated.h"

#include "simulator/sim.h"

static enum uripc_status lying_receive(struct uripc_node *node, struct uripc_handle handle,
                                       struct uripc_buffer buffer,
                                       const struct uripc_receive_options *options,
                                       uint64_t overlapped)
{
    if (options && options->flags & URIPC_DISCARD)
        return URIPC_NOT_SUPPORTED;
    return uripc_node_ops.receive(node, handle, buffer, options, overlapped);
}

static enum uripc_status no_info(struct uripc_node *node, struct uripc_handle handle,
                                 struct uripc_info *info)
{
    (void)node;
    (void)handle;
    (void)info;
    return URIPC_NOT_SUPPORTED;
}

static struct uripc_node_ops lying_ops;
static struct sim_backend liar = {.name = "liar", .node = &lying_ops, .table = &uripc_table_ops};

static struct cf_world *liar_open(const struct cf_backend *backend)
{
    lying_ops = uripc_node_ops;
    lying_ops.receive = lying_receive;
    lying_ops.info = no_info;
    return cf_simulated_open(backend);
}

const struct cf_backend cf_backend_liar = {
    .name = "liar",
    .text = "declares the wrong capabilities",
    .hidden = true,
    .capabilities = CF_SIMULATED_CAPABILITIES & ~(uint32_t)CF_NEED_GROUP & ~(uint32_t)CF_NEED_INFO,
    .implementation = &liar,
    .open = liar_open};
