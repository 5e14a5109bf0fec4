/* SPDX-License-Identifier: MIT */
/* The buffers of receives, and what was written there.
 *
 * Each lies between guard bytes, all is filled with a pattern, and it is kept for a while after its
 * completion, so that a write before, behind, beyond or after is seen. */
#ifndef URIPC_CONFORMANCE_BUFFERS_H
#define URIPC_CONFORMANCE_BUFFERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    CF_BUFFER_MAX = 16 << 20,         /* bytes */
    CF_QUARANTINE_MAX = 256,          /* buffers */
    CF_QUARANTINE_BYTES_MAX = 4 << 20 /* bytes of them; one buffer may be larger */
};

struct cf_buffer {
    struct cf_buffer *next;
    uint64_t overlapped;
    uint32_t size;
    bool wide;    /* asked for 16-bit units */
    bool discard; /* asked for nothing to be written */
    unsigned char *bytes;
};

/* All zero: none. */
struct cf_buffers {
    struct cf_buffer *pending; /* in the order in which they were made */
    struct cf_buffer *retired;
    size_t retired_count;
    size_t retired_bytes;
};

/* What was written where it must not be. */
struct cf_overwrite {
    uint64_t overlapped;
    uint32_t size;
    int64_t at;     /* the first such byte, from the buffer's beginning */
    uint32_t bytes; /* that might be written */
    bool late;      /* after the completion */
};

/* A buffer for a receive with this overlapped block; NULL: no memory. */
struct cf_buffer *cf_buffers_add(struct cf_buffers *buffers, uint64_t overlapped, uint32_t size);

/* The pending buffer of that block; NULL: there is none. */
struct cf_buffer *cf_buffers_find(const struct cf_buffers *buffers, uint64_t overlapped);

/* Ends the use of a pending buffer, of which `written` bytes may be a message.  True: something
 * else was written, and *overwrite tells what. */
bool cf_buffers_retire(struct cf_buffers *buffers, struct cf_buffer *buffer, uint32_t written,
                       struct cf_overwrite *overwrite);

/* Forgets retired buffers: those that are too many, or all.  True: one was written after its
 * completion, and *overwrite tells which; then there may be more, and it is to be called again. */
bool cf_buffers_trim(struct cf_buffers *buffers, bool all, struct cf_overwrite *overwrite);

/* Ends the use of all that are pending still, looking only before and behind them, as above. */
bool cf_buffers_abandon(struct cf_buffers *buffers, struct cf_overwrite *overwrite);

/* Without looking. */
void cf_buffers_free(struct cf_buffers *buffers);

#endif
