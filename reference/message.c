/* SPDX-License-Identifier: MIT */
#include <string.h>

#include <uripc/message.h>

#include "mutants.h"

enum { DATA_ALIGNMENT = 8 };

_Bool uripc_message_layout(const struct uripc_message *lengths, unsigned unit,
                           struct uripc_message_parts *parts)
{
    uint64_t source = sizeof(struct uripc_message);
    uint64_t target = source + (uint64_t)lengths->source_units * unit;
    uint64_t end = target + (uint64_t)lengths->target_units * unit;
    uint64_t data = URIPC_MUTANT(DATA_UNALIGNED)
                        ? end
                        : (end + DATA_ALIGNMENT - 1) / DATA_ALIGNMENT * DATA_ALIGNMENT; /* RCV-13 */
    uint64_t total = data + lengths->data_bytes;
    if (total > UINT32_MAX)
        return 0;
    *parts = (struct uripc_message_parts){
        .source = (size_t)source,
        .target = (size_t)target,
        .data = (size_t)data,
        .total = (size_t)total,
    };
    return 1;
}

enum uripc_status uripc_message_read(const void *bytes, size_t size, unsigned unit,
                                     struct uripc_message *lengths,
                                     struct uripc_message_parts *parts)
{
    struct uripc_message header;
    struct uripc_message_parts found;
    if (bytes == NULL || size < sizeof header || (unit != 1 && unit != 2))
        return URIPC_INVALID_ARGUMENT;
    memcpy(&header, bytes, sizeof header);
    if (!uripc_message_layout(&header, unit, &found) || found.total > size)
        return URIPC_INVALID_ARGUMENT;
    *lengths = header;
    *parts = found;
    return URIPC_OK;
}
