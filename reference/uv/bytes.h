/* SPDX-License-Identifier: MIT */
/* Bytes that are appended at one end and taken from the other. */
#ifndef URIPC_UV_BYTES_H
#define URIPC_UV_BYTES_H

#include <stddef.h>

struct uripc__bytes {
    unsigned char *at;
    size_t begin; /* the first one not taken */
    size_t end;
    size_t room;
};

/* Room for `length` more bytes behind the last; NULL if there is no memory.  What is written there
 * counts once uripc__bytes_add has been told. */
unsigned char *uripc__bytes_reserve(struct uripc__bytes *bytes, size_t length);

static inline void uripc__bytes_add(struct uripc__bytes *bytes, size_t length)
{
    bytes->end += length;
}

static inline size_t uripc__bytes_held(const struct uripc__bytes *bytes)
{
    return bytes->end - bytes->begin;
}

static inline const unsigned char *uripc__bytes_first(const struct uripc__bytes *bytes)
{
    return bytes->at + bytes->begin;
}

/* Takes the first `length` bytes away. */
void uripc__bytes_drop(struct uripc__bytes *bytes, size_t length);

/* Gives all memory back. */
void uripc__bytes_free(struct uripc__bytes *bytes);

#endif
