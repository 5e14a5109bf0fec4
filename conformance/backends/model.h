/* SPDX-License-Identifier: MIT */
/* The model: a second implementation of the contract, written from the spec alone and without a
 * look at the reference.  It is obviously right before it is fast: linked lists, linear searches,
 * copied strings.  A suite that passes here and fails there (or the other way round) has found a
 * fault in one of the two, or a sentence of the spec that can be read in two ways. */
#ifndef URIPC_CONFORMANCE_MODEL_H
#define URIPC_CONFORMANCE_MODEL_H

#include "reference/node.h"
#include "reference/table.h"

/* The node keeps its lists outside its block: it is freed by `fini` and cannot be copied.  The
 * table lies wholly in its block. */
extern const struct uripc_node_ops model_node_ops;
extern const struct uripc_table_ops model_table_ops;

#endif
