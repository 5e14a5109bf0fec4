/* SPDX-License-Identifier: MIT */
#include "ipv6.h"

#include <stdbool.h>

static bool is_hex(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

/* One to three digits up to 255, without leading zero; returns how many, 0 if there are none. */
static size_t octet_length(const char *at, const char *end)
{
    unsigned value = 0;
    size_t length = 0;

    while (at < end && *at >= '0' && *at <= '9') {
        if (length > 0 && value == 0)
            return 0;
        value = value * 10 + (unsigned)(*at++ - '0');
        if (value > 255)
            return 0;
        length++;
    }
    return length;
}

static bool is_ipv4(const char *at, const char *end)
{
    for (unsigned octets = 1;; octets++) {
        size_t length = octet_length(at, end);

        if (length == 0)
            return false;
        at += length;
        if (octets == 4)
            return at == end;
        if (at == end || *at++ != '.')
            return false;
    }
}

/* Eight groups of 16 bits; one gap `::` may stand for one group or more, and the last two groups
 * may be written as an IPv4 address. */
_Bool uripc__is_ipv6(struct uripc_text text)
{
    const char *at = text.at;
    const char *end = text.at + text.length;
    unsigned groups = 0;
    bool gap = text.length >= 2 && at[0] == ':' && at[1] == ':';

    if (gap)
        at += 2;
    while (at < end) {
        size_t digits = 0;

        while (digits < 5 && at + digits < end && is_hex(at[digits]))
            digits++;
        if (digits > 0 && at + digits < end && at[digits] == '.' && is_ipv4(at, end)) {
            groups += 2;
            break;
        }
        if (digits == 0 || digits > 4)
            return false;
        at += digits;
        groups++;
        if (at == end)
            break;
        if (*at++ != ':' || at == end)
            return false;
        if (*at == ':') {
            if (gap)
                return false;
            gap = true;
            at++;
        }
    }
    return gap ? groups <= 7 : groups == 8;
}
