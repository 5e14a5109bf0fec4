/* SPDX-License-Identifier: MIT */
/* The layout of a received message (spec, chapter 5; RCV-12, RCV-13, RCV-14):
 *
 *   offset 0   struct uripc_message        16 bytes, lengths in units resp. bytes
 *   offset 16  source URI                  source_units units, not terminated
 *              target URI                  target_units units, not terminated
 *              zero bytes up to the next multiple of 8 from the message's start
 *              data                        data_bytes bytes
 *
 * A unit is one byte, or two (native byte order) where the receive asked for URIPC_UTF16.
 * Canonical URIs are ASCII, so the number of units is the same in both. */
#ifndef URIPC_MESSAGE_H
#define URIPC_MESSAGE_H

#include <assert.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <uripc/status.h>

#ifdef __cplusplus
extern "C" {
#endif

struct uripc_message {
    uint32_t source_units;
    uint32_t target_units;
    uint32_t data_bytes;
    uint32_t reserved; /* zero when written; ignored when read */
};

static_assert(sizeof(struct uripc_message) == 16, "the layout is fixed");

/* Where the parts of a message lie inside its buffer, in bytes. */
struct uripc_message_parts {
    size_t source;
    size_t target;
    size_t data;
    size_t total;
};

/* Computes the offsets for lengths and a unit of 1 or 2 bytes.  Returns false, leaving *parts
 * alone, if the total exceeds UINT32_MAX.  Trusts nothing. */
bool uripc_message_layout(const struct uripc_message *lengths, unsigned unit,
                          struct uripc_message_parts *parts);

/* Reads the message that lies in `size` bytes at `bytes`, from a peer that is not trusted: every
 * length is checked before it is used.  Returns ok, or invalid-argument if the bytes hold no
 * complete message; *lengths and *parts are then left alone. */
enum uripc_status uripc_message_read(const void *bytes, size_t size, unsigned unit,
                                     struct uripc_message *lengths,
                                     struct uripc_message_parts *parts);

#ifdef __cplusplus
}
#endif

#endif
