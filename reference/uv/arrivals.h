/* SPDX-License-Identifier: MIT */
/* What comes over a connection, frame by frame. */
#ifndef URIPC_UV_ARRIVALS_H
#define URIPC_UV_ARRIVALS_H

#include "codec.h"
#include "connection.h"

/* Whether a frame has to wait until something can be written: what is given to a worker counts as
 * taken only when the kernel has been told so (DSP-9). */
bool uripc__arrival_waits(struct uripc__connection *connection, const struct uripc__wire *wire);

/* Acts on a frame.  False: its sender is broken, hostile or not admitted, and the connection is to
 * be closed. */
bool uripc__arrived(struct uripc__connection *connection, struct uripc__wire *wire);

/* Acts on the head of a frame that is not there whole: true if it is to be read past. */
bool uripc__arrived_head(struct uripc__connection *connection, struct uripc__wire *wire,
                         bool *past);

/* Delivers what this node has sent to itself. */
void uripc__arrived_own(struct uripc_uv *uv, const unsigned char *bytes, size_t length);

#endif
