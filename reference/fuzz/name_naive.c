/* SPDX-License-Identifier: MIT */
#define _POSIX_C_SOURCE 200809L

#include "reference/fuzz/name_naive.h"

#include <arpa/inet.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ALPHA "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
#define DIGIT "0123456789"
#define UNRESERVED ALPHA DIGIT "-._~"
#define SUB_DELIMS "!$&'()*+,;="

/* Terminated text; every octet of the input may triple, and a few delimiters come on top. */
struct text {
    char at[3 * NAIVE_TEXT_MAX + 16];
};

static bool one_of(const char *set, char c)
{
    return c != '\0' && strchr(set, c) != NULL;
}

/* Reads the code points of UTF-8 by arithmetic and asks of each what UTF-8 asks. */
static bool is_utf8(const char *at, size_t length)
{
    static const unsigned long least[] = {0, 0, 0x80, 0x800, 0x10000};
    size_t i = 0;

    while (i < length) {
        unsigned long point = (unsigned char)at[i];
        size_t count = point < 0x80   ? 1
                       : point < 0xC0 ? 0
                       : point < 0xE0 ? 2
                       : point < 0xF0 ? 3
                       : point < 0xF8 ? 4
                                      : 0;

        if (count == 0 || count > length - i)
            return false;
        if (count > 1)
            point &= 0xFFUL >> (count + 1);
        for (size_t k = 1; k < count; k++) {
            unsigned octet = (unsigned char)at[i + k];

            if (octet >> 6 != 2)
                return false;
            point = point << 6 | (octet & 0x3F);
        }
        if (point < least[count] || point > 0x10FFFF || (point >= 0xD800 && point < 0xE000))
            return false;
        i += count;
    }
    return true;
}

/* The octets of each run of percent-octets must be UTF-8 without NUL. */
static bool percent_octets_are_text(const char *text)
{
    char run[NAIVE_TEXT_MAX];
    size_t length = 0;

    for (;; text += 3) {
        unsigned octet;

        while (*text != '%') {
            if (!is_utf8(run, length))
                return false;
            length = 0;
            if (*text == '\0')
                return true;
            text++;
        }
        if (!one_of(DIGIT "abcdefABCDEF", text[1]) || !one_of(DIGIT "abcdefABCDEF", text[2]))
            return false;
        sscanf(text + 1, "%2x", &octet);
        if (octet == 0)
            return false;
        run[length++] = (char)octet;
    }
}

/* Brings a component to one spelling; false if it has a character that is not in `set`. */
static bool respell(const char *from, const char *set, bool lowercase, struct text *to)
{
    size_t length = 0;

    for (; *from != '\0'; from++) {
        unsigned octet = (unsigned char)*from;
        bool encoded = *from == '%';

        if (encoded) {
            sscanf(from + 1, "%2x", &octet);
            from += 2;
        } else if (octet < 0x80 && !one_of(set, *from)) {
            return false;
        }
        if (octet >= 0x80 || (encoded && !one_of(UNRESERVED, (char)octet))) {
            length += (size_t)sprintf(to->at + length, "%%%02X", octet);
        } else {
            if (lowercase && octet >= 'A' && octet <= 'Z')
                octet += 'a' - 'A';
            to->at[length++] = (char)octet;
        }
    }
    to->at[length] = '\0';
    return true;
}

/* Splits a path into its segments, takes the dot segments out and joins the rest again. */
static void remove_dots(struct text *path)
{
    struct text from = *path;
    char *kept[NAIVE_TEXT_MAX + 1];
    size_t count = 0;
    char *segment = from.at + 1;

    for (char *next = segment; next != NULL; segment = next) {
        next = strchr(segment, '/');
        if (next != NULL)
            *next++ = '\0';

        bool up = strcmp(segment, "..") == 0;
        bool dots = up || strcmp(segment, ".") == 0;

        if (up && count > 0)
            count--;
        if (!dots)
            kept[count++] = segment;
        else if (next == NULL)
            kept[count++] = segment + strlen(segment);
    }
    path->at[0] = '\0';
    for (size_t i = 0; i < count; i++) {
        strcat(path->at, "/");
        strcat(path->at, kept[i]);
    }
}

static bool valid_port(const char *digits)
{
    return *digits == '\0' || (strspn(digits, DIGIT) == strlen(digits) && *digits != '0' &&
                               strlen(digits) <= 5 && atoi(digits) <= 65535);
}

/* Reads `host[:port]`; the result is what follows `scheme://`. */
static bool naive_authority(char *authority, const char *scheme, struct text *out)
{
    char *port = strrchr(authority, ':');
    const char *standard = strcmp(scheme, "http") == 0    ? "80"
                           : strcmp(scheme, "https") == 0 ? "443"
                                                          : "";
    char *close = strchr(authority, ']');

    if (port != NULL && (authority[0] != '[' || (close != NULL && port > close)))
        *port++ = '\0';
    else
        port = authority + strlen(authority);
    if (!valid_port(port))
        return false;

    size_t length = strlen(authority);

    if (authority[0] == '[') {
        unsigned char address[16];
        struct text inner;

        if (authority[length - 1] != ']')
            return false;
        strcpy(inner.at, authority + 1);
        inner.at[length - 2] = '\0';
        if (inet_pton(AF_INET6, inner.at, address) != 1)
            return false;
        respell(inner.at, ":." UNRESERVED, true, out);
        memmove(out->at + 1, out->at, strlen(out->at) + 1);
        out->at[0] = '[';
        strcat(out->at, "]");
    } else if (length == 0 || !respell(authority, UNRESERVED SUB_DELIMS, true, out)) {
        return false;
    }
    if (*port != '\0' && strcmp(port, standard) != 0) {
        strcat(out->at, ":");
        strcat(out->at, port);
    }
    return true;
}

static bool valid_scheme(const char *scheme)
{
    size_t length = strlen(scheme);

    return length > 0 && length <= 32 && one_of(ALPHA, scheme[0]) &&
           strspn(scheme, ALPHA DIGIT "+-.") == length;
}

/* The four components of a name, each by itself in canonical form. */
struct parts {
    struct text scheme;
    struct text authority;
    struct text path;
    struct text query;
};

static bool split(char *text, struct parts *parts)
{
    char *query = strchr(text, '?');
    char *rest = strchr(text, ':');

    if (query != NULL)
        *query++ = '\0';
    if (rest == NULL || (query != NULL && rest >= query))
        return false;
    *rest++ = '\0';
    if (!valid_scheme(text) || !respell(text, UNRESERVED "+", true, &parts->scheme))
        return false;

    bool needs_host = strncmp(parts->scheme.at, "http", 4) == 0 &&
                      (parts->scheme.at[4] == '\0' || strcmp(parts->scheme.at + 4, "s") == 0);
    struct text path = {.at = "/"};

    if (strncmp(rest, "//", 2) == 0 && rest[2] != '/') {
        char *slash = strchr(rest + 2, '/');

        if (slash != NULL) {
            strcpy(path.at, slash);
            *slash = '\0';
        }
        if (!naive_authority(rest + 2, parts->scheme.at, &parts->authority))
            return false;
    } else {
        if (strncmp(rest, "//", 2) == 0)
            rest += 2;
        if (rest[0] != '/' || needs_host)
            return false;
        strcpy(path.at, rest);
    }
    if (!respell(path.at, "/:@" UNRESERVED SUB_DELIMS, false, &parts->path))
        return false;
    if (query == NULL)
        return true;
    strcpy(parts->query.at, "?");
    return respell(query, "/?:@" UNRESERVED SUB_DELIMS, false, &path) &&
           strcat(parts->query.at, path.at) != NULL;
}

enum uripc_status naive_canonical(struct uripc_text text, enum uripc_name_use use, char *out,
                                  size_t capacity, size_t *length)
{
    char copy[NAIVE_TEXT_MAX + 1];
    struct parts parts = {.authority = {.at = ""}, .query = {.at = ""}};

    if (text.length == 0 || text.length > NAIVE_TEXT_MAX || !is_utf8(text.at, text.length) ||
        memchr(text.at, '\0', text.length) != NULL)
        return URIPC_INVALID_NAME;
    memcpy(copy, text.at, text.length);
    copy[text.length] = '\0';
    if (!percent_octets_are_text(copy) || !split(copy, &parts))
        return URIPC_INVALID_NAME;

    char *path = parts.path.at;
    bool has_host = parts.authority.at[0] != '\0';

    remove_dots(&parts.path);
    if (!has_host && path[1] == '/')
        return URIPC_INVALID_NAME;
    if (use == URIPC_NAME_REGISTERED) {
        if (parts.query.at[0] != '\0')
            return URIPC_INVALID_NAME;
        while (path[1] != '\0' && path[strlen(path) - 1] == '/')
            path[strlen(path) - 1] = '\0';
    }

    char joined[4 * sizeof(struct text)];
    int joined_length = snprintf(joined, sizeof joined, "%s:%s%s%s%s", parts.scheme.at,
                                 has_host ? "//" : "", parts.authority.at, path, parts.query.at);

    if ((size_t)joined_length > capacity)
        return URIPC_INVALID_NAME;
    memcpy(out, joined, (size_t)joined_length);
    *length = (size_t)joined_length;
    return URIPC_OK;
}
