/* SPDX-License-Identifier: MIT */
/* Requests as bytes: numbers, suffixes, and messages for applications. */
#include <string.h>

#include "name.h"
#include "request_state.h"

uint64_t uripc__req_get(const unsigned char *at, unsigned bytes)
{
    uint64_t value = 0;
    for (unsigned i = 0; i < bytes; i++)
        value |= (uint64_t)at[i] << 8 * i;
    return value;
}

void uripc__req_put(unsigned char *at, uint64_t value, unsigned bytes)
{
    for (unsigned i = 0; i < bytes; i++)
        at[i] = (unsigned char)(value >> 8 * i);
}

static const char digits[] = "0123456789abcdef";

struct uripc_text uripc__req_suffix(uint64_t number, char text[URIPC__REQ_SUFFIX])
{
    size_t length = 1;
    while (length < URIPC__REQ_SUFFIX && number >> 4 * length != 0)
        length++;
    for (size_t i = 0; i < length; i++)
        text[length - 1 - i] = digits[number >> 4 * i & 15];
    return (struct uripc_text){text, length};
}

/* Only what uripc__req_suffix writes: no digit is there twice for the same number. */
uint64_t uripc__req_number(struct uripc_text suffix)
{
    uint64_t number = 0;
    if (suffix.length == 0 || suffix.length > URIPC__REQ_SUFFIX || suffix.at[0] == '0')
        return 0;
    for (size_t i = 0; i < suffix.length; i++) {
        const char *digit = memchr(digits, suffix.at[i], sizeof digits - 1);
        if (digit == NULL)
            return 0;
        number = number << 4 | (uint64_t)(digit - digits);
    }
    return number;
}

bool uripc__req_answers(struct uripc_text source, struct uripc_text target)
{
    const struct uripc_text match = uripc_name_match_part(target);
    return (source.length == match.length && memcmp(source.at, match.at, match.length) == 0) ||
           (source.length != 0 && uripc_name_is_below(match, source));
}

enum uripc_status uripc__req_write(struct uripc_layers *layers, const struct uripc__told *told,
                                   struct uripc_buffer buffer, struct uripc_completion *done)
{
    static const char zeros[8] = {0};
    const struct uripc_ground *ground = &layers->ground;
    const struct uripc_message lengths = {.source_units = (uint32_t)told->source.length,
                                          .target_units = (uint32_t)told->target.length,
                                          .data_bytes = told->length};
    struct uripc_message_parts parts;
    done->source_units = lengths.source_units;
    done->target_units = lengths.target_units;
    done->data_bytes = lengths.data_bytes;
    done->certainty = URIPC_DEFINITE;
    done->status = URIPC_BUFFER_TOO_SMALL;
    if (!uripc_message_layout(&lengths, 1, &parts) || parts.total > buffer.size)
        return URIPC_BUFFER_TOO_SMALL;
    const uint32_t end = (uint32_t)(parts.target + told->target.length);
    ground->copy_out(ground->self, buffer.id, 0, &lengths, sizeof lengths);
    ground->copy_out(ground->self, buffer.id, (uint32_t)parts.source, told->source.at,
                     lengths.source_units);
    ground->copy_out(ground->self, buffer.id, (uint32_t)parts.target, told->target.at,
                     lengths.target_units);
    ground->copy_out(ground->self, buffer.id, end, zeros, (uint32_t)parts.data - end);
    if (told->length != 0)
        ground->copy_out(ground->self, buffer.id, (uint32_t)parts.data, told->data, told->length);
    done->bytes = (uint32_t)parts.total;
    done->status = URIPC_OK;
    return URIPC_OK;
}
