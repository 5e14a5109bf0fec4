/* SPDX-License-Identifier: MIT */
/* Where in its block what does little looks at every turn.  A host with so many that none is in the
 * caches when its turn comes may fetch these stretches of the next one while another has its turn.
 */
#ifndef URIPC_HOT_H
#define URIPC_HOT_H

#include <stddef.h>

#include <uripc/layers.h>

struct uripc_stretch {
    size_t at, bytes;
};

enum { URIPC_STRETCHES = 24 /* at most, of one block */ };

/* Of layers with these limits, which are right. */
size_t uripc_layers_hot(const struct uripc_layer_limits *limits,
                        struct uripc_stretch stretches[URIPC_STRETCHES]);

#endif
