/* SPDX-License-Identifier: MIT */
#define _POSIX_C_SOURCE 200809L

#include "model_name.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* C's own classification depends on the locale. */
#define LOWER "abcdefghijklmnopqrstuvwxyz"
#define UPPER "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define DIGIT "0123456789"
#define UNRESERVED LOWER UPPER DIGIT "-._~"
#define SUB_DELIMS "!$&'()*+,;="

enum { SCHEME_MAX = 32 };

static bool is_in(char c, const char *set)
{
    return c != '\0' && strchr(set, c) != NULL;
}

static char lower(char c)
{
    const char *at = is_in(c, UPPER) ? strchr(UPPER, c) : NULL;
    return at == NULL ? c : LOWER[at - UPPER];
}

static void *allocate(size_t size)
{
    void *block = calloc(1, size);
    if (block == NULL)
        abort();
    return block;
}

static char *text_copy(const char *at, size_t length)
{
    char *copy = allocate(length + 1);
    if (length > 0)
        memcpy(copy, at, length);
    return copy;
}

/* The length of the UTF-8 sequence at `at`, or 0 if it is not valid. */
static size_t utf8_sequence(const unsigned char *at, size_t length)
{
    size_t want = at[0] < 0x80 ? 1 : at[0] < 0xc0 ? 0 : at[0] < 0xe0 ? 2 : at[0] < 0xf0 ? 3 : 4;
    static const unsigned long least[] = {0, 0, 0x80, 0x800, 0x10000};
    static const unsigned char first[] = {0, 0x7f, 0x1f, 0x0f, 0x07};
    if (want == 0 || want > length || at[0] >= 0xf8)
        return 0;
    unsigned long point = at[0] & first[want];
    for (size_t i = 1; i < want; i++) {
        if ((at[i] & 0xc0) != 0x80)
            return 0;
        point = point << 6 | (at[i] & 0x3f);
    }
    bool surrogate = point >= 0xd800 && point <= 0xdfff;
    return point < least[want] || point > 0x10ffff || surrogate ? 0 : want;
}

/* NAM-11: nothing invalid is let in, nor replaced. */
static bool utf8_is_valid(const char *text, size_t length)
{
    const unsigned char *at = (const unsigned char *)text;
    while (length > 0) {
        size_t step = utf8_sequence(at, length);
        if (step == 0)
            return false;
        at += step;
        length -= step;
    }
    return true;
}

static int hex_value(char c)
{
    static const char digits[] = "0123456789abcdef";
    return is_in(lower(c), digits) ? (int)(strchr(digits, lower(c)) - digits) : -1;
}

/* Reads one octet, raw or percent-encoded.  Returns how many characters it took, 0 if malformed
 * (NAM-16). */
static size_t octet(const char *at, size_t length, unsigned char *value)
{
    if (at[0] != '%') {
        *value = (unsigned char)at[0];
        return 1;
    }
    if (length < 3 || hex_value(at[1]) < 0 || hex_value(at[2]) < 0)
        return 0;
    *value = (unsigned char)(hex_value(at[1]) * 16 + hex_value(at[2]));
    return 3;
}

/* One component, canonical: NAM-4, NAM-5, NAM-10 to NAM-12, NAM-15, NAM-16.  `also` are the
 * characters allowed besides unreserved ones and sub-delims. */
static char *component(const char *at, size_t length, const char *also)
{
    char *out = allocate(3 * length + 1);
    char *bytes = allocate(length + 1); /* everything decoded, to look at its UTF-8 */
    size_t used = 0;
    size_t count = 0;
    bool good = utf8_is_valid(at, length);
    for (size_t i = 0; good && i < length;) {
        unsigned char value = 0;
        size_t took = octet(at + i, length - i, &value);
        char c = (char)value;
        bool plain = is_in(c, UNRESERVED);
        bool literal = took == 1 && (is_in(c, SUB_DELIMS) || is_in(c, also));
        bool encoded = took == 3 || value >= 0x80;
        good = took > 0 && value != 0 && (plain || literal || encoded);
        if (plain || literal)
            out[used++] = c;
        else
            used += (size_t)snprintf(out + used, 4, "%%%02X", (unsigned)value);
        bytes[count++] = c;
        i += took;
    }
    good = good && utf8_is_valid(bytes, count);
    free(bytes);
    if (!good) {
        free(out);
        return NULL;
    }
    out[used] = '\0';
    return out;
}

/* Removes dot segments of an absolute path in place (NAM-6), segment by segment. */
static void remove_dots(char *path)
{
    char *out = allocate(strlen(path) + 2);
    size_t used = 0;
    for (const char *segment = path; *segment == '/';) {
        size_t length = 1 + strcspn(segment + 1, "/");
        bool dot = length == 2 && segment[1] == '.';
        bool dots = length == 3 && strncmp(segment, "/..", 3) == 0;
        if (dots) {
            while (used > 0 && out[--used] != '/') {
            }
        }
        if (!dot && !dots) {
            memcpy(out + used, segment, length);
            used += length;
        } else if (segment[length] == '\0') {
            out[used++] = '/';
        }
        segment += length;
    }
    out[used] = '\0';
    memcpy(path, out, used + 1);
    free(out);
}

/* NAM-7: "" if there is nothing to keep, ":<digits>" otherwise. */
static bool port_is_good(const char *scheme, const char *port, const char **kept)
{
    *kept = "";
    if (port[0] == '\0' || strcmp(port, ":") == 0)
        return true;
    size_t digits = strlen(port) - 1;
    if (port[0] != ':' || strspn(port + 1, DIGIT) != digits || port[1] == '0' || digits > 5 ||
        strtol(port + 1, NULL, 10) > 65535)
        return false;
    bool is_default = (strcmp(scheme, "http") == 0 && strcmp(port, ":80") == 0) ||
                      (strcmp(scheme, "https") == 0 && strcmp(port, ":443") == 0);
    *kept = is_default ? "" : port;
    return true;
}

/* NAM-20: an IPv6 literal in brackets, as text. */
static char *literal_host(const char *at, size_t length)
{
    struct in6_addr address;
    char *inside = text_copy(at + 1, length - 2);
    bool good = memchr(at, '\0', length) == NULL && inet_pton(AF_INET6, inside, &address) == 1;
    free(inside);
    return good ? text_copy(at, length) : NULL;
}

/* NAM-2: letters of the host are lowercase, those of percent-octets are not letters. */
static void lower_host(char *host)
{
    for (char *at = host; *at != '\0'; at++)
        if (*at == '%')
            at += 2;
        else
            *at = lower(*at);
}

/* Host and port, canonical; "" for an empty authority. */
static char *authority(const char *scheme, const char *at, size_t length)
{
    const char *bracket = length > 0 && at[0] == '[' ? memchr(at, ']', length) : NULL;
    const char *colon = bracket == NULL ? memchr(at, ':', length) : NULL;
    size_t host_length = bracket != NULL ? (size_t)(bracket + 1 - at)
                         : colon != NULL ? (size_t)(colon - at)
                                         : length;
    char *host = bracket != NULL ? literal_host(at, host_length) : component(at, host_length, "");
    char *port = text_copy(at + host_length, length - host_length);
    const char *kept = "";
    bool good = host != NULL && strlen(port) == length - host_length &&
                port_is_good(scheme, port, &kept) && (host_length > 0 || length == 0);
    char *whole = NULL;
    if (good) {
        lower_host(host);
        whole = allocate(strlen(host) + strlen(kept) + 1);
        strcat(strcpy(whole, host), kept);
    }
    free(host);
    free(port);
    return whole;
}

static size_t scheme_length(struct uripc_text text)
{
    size_t length = 0;
    while (length < text.length && is_in(text.at[length], LOWER UPPER DIGIT "+-."))
        length++;
    bool good = length > 0 && is_in(text.at[0], LOWER UPPER) && length < text.length &&
                text.at[length] == ':';
    return good ? length : 0;
}

bool model_name_is_uri(struct uripc_text text)
{
    size_t colon = scheme_length(text);
    return colon > 0 && colon + 1 < text.length && text.at[colon + 1] == '/'; /* REG-12 */
}

/* A URI taken apart; members that are NULL are refused. */
struct parts {
    char *scheme;
    char *authority;
    char *path;
    bool has_query;
    char *query;
};

static void parts_free(struct parts *parts)
{
    free(parts->scheme);
    free(parts->authority);
    free(parts->path);
    free(parts->query);
}

static struct parts split(struct uripc_text text, size_t scheme)
{
    struct parts parts = {.scheme = text_copy(text.at, scheme)};
    for (char *at = parts.scheme; *at != '\0'; at++)
        *at = lower(*at);
    const char *at = text.at + scheme + 1;
    const char *end = text.at + text.length;
    const char *question = memchr(at, '?', (size_t)(end - at));
    if (question != NULL) {
        parts.has_query = true;
        parts.query = component(question + 1, (size_t)(end - question - 1), ":@/?");
        end = question;
    }
    const char *host = at;
    if (end - at >= 2 && at[0] == '/' && at[1] == '/') {
        host = at += 2;
        while (at < end && *at != '/')
            at++;
    }
    parts.authority = authority(parts.scheme, host, (size_t)(at - host));
    parts.path = at == end && at > host ? text_copy("/", 1) /* NAM-8 */
                                        : component(at, (size_t)(end - at), ":@/");
    if (parts.path != NULL)
        remove_dots(parts.path[0] == '/' ? parts.path : parts.path + strlen(parts.path));
    return parts;
}

/* Of a text whose every part has been read. */
static bool parts_are_good(const struct parts *parts)
{
    if (parts->path[0] != '/')
        return false;
    bool is_http = strcmp(parts->scheme, "http") == 0 || strcmp(parts->scheme, "https") == 0;
    bool has_host = parts->authority[0] != '\0';
    return has_host || (!is_http && parts->path[1] != '/'); /* NAM-21 */
}

static char *join(const struct parts *parts)
{
    size_t most = strlen(parts->scheme) + strlen(parts->authority) + strlen(parts->path) +
                  (parts->has_query ? strlen(parts->query) : 0) + 5;
    char *whole = allocate(most);
    (void)snprintf(whole, most, "%s:%s%s%s%s%s", parts->scheme,
                   parts->authority[0] != '\0' ? "//" : "", parts->authority, parts->path,
                   parts->has_query ? "?" : "", parts->has_query ? parts->query : "");
    return whole;
}

char *model_name_target(struct uripc_text text)
{
    size_t scheme = scheme_length(text);
    if (scheme == 0 || scheme > SCHEME_MAX || !utf8_is_valid(text.at, text.length))
        return NULL;
    struct parts parts = split(text, scheme);
    bool read =
        parts.authority != NULL && parts.path != NULL && (!parts.has_query || parts.query != NULL);
    char *whole = read && parts_are_good(&parts) ? join(&parts) : NULL;
    parts_free(&parts);
    return whole;
}

void model_name_trim(char *name)
{
    size_t length = strlen(name);
    size_t root = strcspn(name, ":") + 1;
    if (strncmp(name + root, "//", 2) == 0)
        root += 2 + strcspn(name + root + 2, "/");
    while (length > root + 1 && name[length - 1] == '/')
        name[--length] = '\0';
}

char *model_name_registered(struct uripc_text text)
{
    char *name = model_name_target(text);
    if (name != NULL && strchr(name, '?') != NULL) { /* NAM-14 */
        free(name);
        return NULL;
    }
    if (name != NULL)
        model_name_trim(name);
    return name;
}

/* NAM-24: whole, ordinary segments; only the last may be empty, for a trailing slash. */
static bool segments_are_good(const char *suffix)
{
    for (const char *at = suffix;;) {
        size_t length = strcspn(at, "/");
        bool dot = (length == 1 && at[0] == '.') || (length == 2 && strncmp(at, "..", 2) == 0);
        bool last = at[length] == '\0';
        if (dot || (length == 0 && (!last || at == suffix)))
            return false;
        if (last)
            return true;
        at += length + 1;
    }
}

char *model_name_compose(const char *name, struct uripc_text suffix)
{
    char *tail = component(suffix.at, suffix.length, ":@/");
    char *whole = NULL;
    if (tail != NULL && segments_are_good(tail)) {
        size_t length = strlen(name);
        whole = allocate(length + strlen(tail) + 2);
        strcpy(whole, name);
        if (name[length - 1] != '/')
            strcat(whole, "/");
        strcat(whole, tail);
    }
    free(tail);
    return whole;
}

bool model_name_covers(struct uripc_text name, struct uripc_text target)
{
    size_t body = name.at[name.length - 1] == '/' ? name.length - 1 : name.length;
    if (target.length < body || memcmp(name.at, target.at, body) != 0)
        return false;
    const char *rest = target.at + body;
    size_t left = target.length - body;
    if (memchr(name.at, ':', body) == name.at + body - 1 && left > 1 && rest[1] == '/')
        return false; /* RTE-3: a path's root is not above an authority */
    return left == 0 || rest[0] == '/' || rest[0] == '?';
}
