/* SPDX-License-Identifier: MIT */
#include "name.h"

#include <stdbool.h>

static bool is_high(uint16_t unit)
{
    return unit >= 0xD800 && unit <= 0xDBFF;
}

static bool is_low(uint16_t unit)
{
    return unit >= 0xDC00 && unit <= 0xDFFF;
}

/* Writes one code point as UTF-8; returns how many bytes that takes. */
static unsigned encode(uint32_t point, char bytes[4])
{
    if (point < 0x80) {
        bytes[0] = (char)point;
        return 1;
    }

    unsigned length = point < 0x800 ? 2 : point < 0x10000 ? 3 : 4;
    static const unsigned char mark[] = {0, 0, 0xC0, 0xE0, 0xF0};

    for (unsigned i = length - 1; i > 0; i--) {
        bytes[i] = (char)(0x80 | (point & 0x3F));
        point >>= 6;
    }
    bytes[0] = (char)(mark[length] | point);
    return length;
}

enum uripc_status uripc_name_from_utf16(const uint16_t *text, size_t units, char *out,
                                        size_t capacity, size_t *length)
{
    size_t written = 0;

    for (size_t i = 0; i < units; i++) {
        uint32_t point = text[i];
        char bytes[4];

        if (is_low(text[i])) /* NAM-11 */
            return URIPC_INVALID_NAME;
        if (is_high(text[i])) {
            if (i + 1 == units || !is_low(text[i + 1])) /* NAM-11 */
                return URIPC_INVALID_NAME;
            i++;
            point = 0x10000 + ((point - 0xD800) << 10) + (text[i] - 0xDC00U);
        }

        unsigned count = encode(point, bytes);

        if (capacity - written < count)
            return URIPC_INVALID_NAME;
        for (unsigned k = 0; k < count; k++)
            out[written++] = bytes[k];
    }
    *length = written;
    return URIPC_OK;
}
