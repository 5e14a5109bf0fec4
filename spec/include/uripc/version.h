/* SPDX-License-Identifier: MIT */
/* The version of the spec these headers belong to; spec/versioning.md says what a change means. */
#ifndef URIPC_VERSION_H
#define URIPC_VERSION_H

#define URIPC_SPEC_MAJOR 0
#define URIPC_SPEC_MINOR 1

#endif
