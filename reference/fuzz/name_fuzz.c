/* SPDX-License-Identifier: MIT */
/* Properties of names over any bytes.  The input is a text, then optionally a newline and a suffix;
 * its bytes are also read as UTF-16. */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "reference/fuzz/name_naive.h"
#include "reference/name.h"

enum { ROOM = 3 * NAIVE_TEXT_MAX + 16 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define REQUIRE(condition)                                                                         \
    do {                                                                                           \
        if (!(condition)) {                                                                        \
            fprintf(stderr, "%s:%d: not so: %s\n", __FILE__, __LINE__, #condition);                \
            abort();                                                                               \
        }                                                                                          \
    } while (0)

static bool is_printable_ascii(struct uripc_text text)
{
    for (size_t i = 0; i < text.length; i++)
        if (text.at[i] <= ' ' || text.at[i] == 0x7F)
            return false;
    return true;
}

static bool equal(struct uripc_text a, struct uripc_text b)
{
    return a.length == b.length && memcmp(a.at, b.at, a.length) == 0;
}

/* The canonical form in `out`; a length of 0 if there is none. */
static struct uripc_text canonical(struct uripc_text text, enum uripc_name_use use, char out[ROOM])
{
    struct uripc_text result = {.at = out};
    enum uripc_status status = uripc_name_canonical(text, use, out, ROOM, &result.length);

    REQUIRE(status == URIPC_OK || (status == URIPC_INVALID_NAME && result.length == 0));
    return result;
}

static void check_canonical(struct uripc_text text, enum uripc_name_use use)
{
    char first[ROOM];
    char second[ROOM];
    struct uripc_text name = canonical(text, use, first);
    struct uripc_text naive = {.at = second};

    naive_canonical(text, use, second, ROOM, &naive.length);
    REQUIRE(equal(name, naive));
    if (name.length == 0)
        return;

    size_t length = name.length;
    char *exact = malloc(length);

    REQUIRE(exact != NULL && is_printable_ascii(name) && uripc_name_is_absolute(name));
    REQUIRE(equal(canonical(name, use, second), name));
    REQUIRE(uripc_name_canonical(text, use, exact, length, &length) == URIPC_OK);
    REQUIRE(uripc_name_canonical(text, use, exact, length - 1, &length) == URIPC_INVALID_NAME);
    REQUIRE(length == name.length);
    free(exact);
}

/* Matching finds what is registered and walks to the root over names that lie above. */
static void check_matching(struct uripc_text text)
{
    char first[ROOM];
    char second[ROOM];
    struct uripc_text name = canonical(text, URIPC_NAME_TARGET, first);

    if (name.length == 0)
        return;

    struct uripc_text part = uripc_name_match_part(name);

    REQUIRE(equal(canonical(part, URIPC_NAME_REGISTERED, second), part));
    for (struct uripc_text above = part; uripc_name_parent(&above);) {
        REQUIRE(equal(canonical(above, URIPC_NAME_REGISTERED, second), above));
        REQUIRE(uripc_name_is_below(part, above) && !uripc_name_is_below(above, part));
    }
}

static void check_suffix(struct uripc_text text, struct uripc_text suffix)
{
    char first[ROOM];
    char second[2 * ROOM];
    char third[2 * ROOM];
    struct uripc_text name = canonical(text, URIPC_NAME_REGISTERED, first);
    struct uripc_text source = {.at = second};
    size_t length = 0;

    if (name.length == 0 ||
        uripc_name_compose(name, suffix, second, sizeof second, &source.length) != URIPC_OK)
        return;
    REQUIRE(is_printable_ascii(source) && uripc_name_is_below(source, name));
    REQUIRE(uripc_name_canonical(source, URIPC_NAME_TARGET, third, sizeof third, &length) ==
            URIPC_OK);
    REQUIRE(equal((struct uripc_text){.at = third, .length = length}, source));
    REQUIRE(uripc_name_is_below(uripc_name_match_part(source), name));
    REQUIRE(uripc_name_compose(name, suffix, third, source.length - 1, &length) ==
            URIPC_INVALID_NAME);
    memcpy(third, name.at, name.length);
    name.at = third;
    REQUIRE(uripc_name_compose(name, suffix, third, source.length, &length) == URIPC_OK);
    REQUIRE(memcmp(third, second, length) == 0);
}

/* Back from UTF-8 that is known to be valid; returns the number of units. */
static size_t to_utf16(struct uripc_text text, uint16_t *units)
{
    size_t count = 0;

    for (size_t i = 0; i < text.length;) {
        unsigned char first = (unsigned char)text.at[i++];
        unsigned tail = first < 0xC0 ? 0 : first < 0xE0 ? 1 : first < 0xF0 ? 2 : 3;
        uint32_t point = tail == 0 ? first : first & (0x3FU >> tail);

        while (tail-- > 0)
            point = point << 6 | ((unsigned char)text.at[i++] & 0x3F);
        if (point >= 0x10000) {
            units[count++] = (uint16_t)(0xD800 + ((point - 0x10000) >> 10));
            point = 0xDC00 + (point & 0x3FF);
        }
        units[count++] = (uint16_t)point;
    }
    return count;
}

static void check_utf16(const uint8_t *data, size_t size)
{
    uint16_t units[NAIVE_TEXT_MAX / 2];
    uint16_t again[NAIVE_TEXT_MAX / 2];
    char out[ROOM];
    struct uripc_text text = {.at = out};
    size_t count = size / 2;

    memcpy(units, data, count * 2);
    if (uripc_name_from_utf16(units, count, out, ROOM, &text.length) != URIPC_OK)
        return;
    REQUIRE(to_utf16(text, again) == count && memcmp(again, units, count * 2) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0 || size > NAIVE_TEXT_MAX)
        return 0;

    const uint8_t *newline = memchr(data, '\n', size);
    size_t length = newline != NULL ? (size_t)(newline - data) : size;
    struct uripc_text text = {.at = (const char *)data, .length = length};
    struct uripc_text suffix = text;

    if (newline != NULL) {
        suffix.at = (const char *)newline + 1;
        suffix.length = size - length - 1;
    }
    check_canonical(text, URIPC_NAME_REGISTERED);
    check_canonical(text, URIPC_NAME_TARGET);
    check_matching(text);
    check_suffix(text, suffix);
    check_suffix((struct uripc_text){.at = "ipc:/", .length = 5}, suffix);
    check_suffix((struct uripc_text){.at = "http://h/a", .length = 10}, suffix);
    check_utf16(data, size);
    return 0;
}
