/* SPDX-License-Identifier: MIT */
#include "options.h"

#include <string.h>

const struct uripc_limits uripc_limits_default = {
    .size = sizeof(struct uripc_limits),
    .registrations = 64,
    .operations = 256,
    .routes = 64,
    .pool_bytes = 1u << 20,
    .uri_units = 1024,
};

const struct uripc_limits uripc_limits_tiny = {
    .size = sizeof(struct uripc_limits),
    .registrations = 2,
    .operations = 4,
    .routes = 2,
    .pool_bytes = 512,
    .uri_units = 48,
};

/* Copies what the caller's version of a struct has.  What this version does not know must be zero,
 * or the caller would believe in an option that nobody reads. */
static _Bool read_sized(const void *from, size_t size, void *to, size_t known)
{
    if (size < sizeof(size_t))
        return 0;
    for (size_t i = known; i < size; i++)
        if (((const unsigned char *)from)[i] != 0)
            return 0;
    memcpy(to, from, size < known ? size : known);
    return 1;
}

enum uripc_status uripc__read_register_options(const struct uripc_register_options *from,
                                               struct uripc_register_options *options)
{
    *options = (struct uripc_register_options){.size = sizeof *options};
    if (from != NULL && !read_sized(from, from->size, options, sizeof *options))
        return URIPC_INVALID_ARGUMENT;
    if ((unsigned)options->kind > URIPC_GROUP || (unsigned)options->overflow > URIPC_DROP_OLDEST)
        return URIPC_INVALID_ARGUMENT;
    if (options->queue_messages == 0)
        options->queue_messages = URIPC_QUEUE_MESSAGES;
    return URIPC_OK;
}

enum uripc_status uripc__read_send_options(const struct uripc_send_options *from,
                                           struct uripc_send_options *options)
{
    *options = (struct uripc_send_options){.size = sizeof *options};
    if (from != NULL && !read_sized(from, from->size, options, sizeof *options))
        return URIPC_INVALID_ARGUMENT;
    return (options->flags & ~(uint32_t)URIPC_NOWAIT) == 0 ? URIPC_OK : URIPC_INVALID_ARGUMENT;
}

enum uripc_status uripc__read_receive_options(const struct uripc_receive_options *from,
                                              struct uripc_receive_options *options)
{
    const uint32_t known = URIPC_NOWAIT | URIPC_UTF16 | URIPC_DISCARD;
    *options = (struct uripc_receive_options){.size = sizeof *options};
    if (from != NULL && !read_sized(from, from->size, options, sizeof *options))
        return URIPC_INVALID_ARGUMENT;
    return (options->flags & ~known) == 0 ? URIPC_OK : URIPC_INVALID_ARGUMENT;
}
