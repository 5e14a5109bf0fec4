/* SPDX-License-Identifier: MIT */
/* The state of this node for people who look from outside (spec, wire.md). */
#ifndef URIPC_UV_OBSERVE_H
#define URIPC_UV_OBSERVE_H

#include "connection.h"

/* Answers an observer's question; false: no memory. */
bool uripc__observe(struct uripc__connection *connection);

#endif
