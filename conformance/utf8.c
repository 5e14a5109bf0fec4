/* SPDX-License-Identifier: MIT */
#include "utf8.h"

static int is_tail(char byte)
{
    return ((unsigned char)byte & 0xc0) == 0x80;
}

/* The length that a first byte announces; 0: it is no first byte. */
static size_t announced(unsigned char first)
{
    if (first < 0x80)
        return 1;
    if (first >= 0xc2 && first < 0xe0)
        return 2;
    if (first >= 0xe0 && first < 0xf0)
        return 3;
    return first >= 0xf0 && first < 0xf5 ? 4 : 0;
}

size_t cf_utf8_read(const char *at, size_t size, uint32_t *point)
{
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    static const unsigned char mask[] = {0, 0x7f, 0x1f, 0x0f, 0x07};
    const size_t length = size > 0 ? announced((unsigned char)at[0]) : 0;
    if (length == 0 || length > size)
        return 0;
    uint32_t value = (unsigned char)at[0] & mask[length];
    for (size_t i = 1; i < length; i++) {
        if (!is_tail(at[i]))
            return 0;
        value = value << 6 | ((unsigned char)at[i] & 0x3f);
    }
    if (value < least[length] || value > 0x10ffff || (value >= 0xd800 && value < 0xe000))
        return 0;
    *point = value;
    return length;
}

size_t cf_utf8_write(uint32_t point, char to[4])
{
    if (point < 0x80) {
        to[0] = (char)point;
        return 1;
    }
    const size_t length = point < 0x800 ? 2 : point < 0x10000 ? 3 : 4;
    static const unsigned char first[] = {0, 0, 0xc0, 0xe0, 0xf0};
    for (size_t i = length - 1; i > 0; i--) {
        to[i] = (char)(0x80 | (point & 0x3f));
        point >>= 6;
    }
    to[0] = (char)(first[length] | point);
    return length;
}

bool cf_utf8_is_valid(const char *at, size_t size)
{
    while (size > 0) {
        uint32_t point;
        const size_t length = cf_utf8_read(at, size, &point);
        if (length == 0)
            return false;
        at += length;
        size -= length;
    }
    return true;
}

uint32_t cf_utf8_count(const char *at, size_t size)
{
    uint32_t count = 0;
    while (size > 0) {
        uint32_t point;
        const size_t length = cf_utf8_read(at, size, &point);
        const size_t step = length > 0 ? length : 1;
        at += step;
        size -= step;
        count++;
    }
    return count;
}
