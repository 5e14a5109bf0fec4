/* SPDX-License-Identifier: MIT */
/* The canonical form of names, in one pass over the text.
 *
 * `length` of the output counts on beyond the capacity, so that whatever did not fit is found
 * when a part is complete.  Path segments that did not fit are only counted: `..` may take them
 * away again, and the limit holds for what remains (NAM-17). */
#include "name.h"

#include <stdbool.h>
#include <string.h>

#include "ipv6.h"
#include "mutants.h"

enum { SCHEME_MAX = 32, PORT_MAX = 65535 };

/* What a character is good for. */
enum {
    LETTER = 1,
    DIGIT = 2,
    HEX = 4,
    IN_SCHEME = 8,   /* after the first letter */
    UNRESERVED = 16, /* never percent-encoded in a canonical name */
    IN_HOST = 32,
    IN_SEGMENT = 64,
    IN_QUERY = 128
};

#define U (UNRESERVED | IN_HOST | IN_SEGMENT | IN_QUERY)
#define M (U | IN_SCHEME)
#define L (M | LETTER)
#define H (L | HEX)
#define D (M | DIGIT | HEX)
#define S (IN_HOST | IN_SEGMENT | IN_QUERY)
#define P (S | IN_SCHEME)
#define C (IN_SEGMENT | IN_QUERY)
#define Q IN_QUERY
/* clang-format off */
static const unsigned char classes[256] = {
    0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
    0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
    0, S, 0, 0, S, 0, S, S, S, S, S, P, S, M, M, Q, /* space ! " # $ % & ' ( ) * + , - . / */
    D, D, D, D, D, D, D, D, D, D, C, S, 0, S, 0, Q, /* 0-9 : ; < = > ? */
    C, H, H, H, H, H, H, L, L, L, L, L, L, L, L, L, /* @ A-O */
    L, L, L, L, L, L, L, L, L, L, L, 0, 0, 0, 0, U, /* P-Z [ \ ] ^ _ */
    0, H, H, H, H, H, H, L, L, L, L, L, L, L, L, L, /* ` a-o */
    L, L, L, L, L, L, L, L, L, L, L, 0, 0, 0, U, 0  /* p-z { | } ~ */
};
/* clang-format on */
#undef U
#undef M
#undef L
#undef H
#undef D
#undef S
#undef P
#undef C
#undef Q

struct input {
    const char *at;
    const char *end;
};

struct output {
    char *at;
    size_t capacity;
    size_t length; /* may exceed the capacity; only what lies within has been written */
};

/* The path being written; its segments lie in the output from `start` on, each after its slash. */
struct path {
    size_t start;
    size_t lost;      /* segments on top that did not fit */
    size_t lost_text; /* which of them is the lowest with a text, counted from 1; 0: none */
};

static bool is(char c, unsigned class)
{
    return (classes[(unsigned char)c] & class) != 0;
}

static bool next_is(const struct input *in, char c)
{
    return in->at < in->end && *in->at == c;
}

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

static bool fits(const struct output *out)
{
    return out->length <= out->capacity;
}

static void put(struct output *out, char c)
{
    if (out->length < out->capacity)
        out->at[out->length] = c;
    out->length++;
}

static void put_encoded(struct output *out, unsigned octet)
{
    static const char digits[] = "0123456789ABCDEF";

    put(out, '%');
    put(out, digits[octet >> 4]);
    put(out, digits[octet & 15]);
}

static unsigned hex_value(char c)
{
    return is(c, DIGIT) ? (unsigned)(c - '0') : (unsigned)(lower(c) - 'a') + 10;
}

/* Takes one octet: a raw byte, or `%` and two hex digits. */
static bool take_octet(struct input *in, bool encoded, unsigned *octet)
{
    if (in->at == in->end)
        return false;
    if (!encoded) {
        *octet = (unsigned char)*in->at++;
        return true;
    }
    /* NAM-16 */
    if (in->end - in->at < 3 || in->at[0] != '%' || !is(in->at[1], HEX) || !is(in->at[2], HEX))
        return false;
    *octet = hex_value(in->at[1]) << 4 | hex_value(in->at[2]);
    in->at += 3;
    return true;
}

/* How many octets follow `first` in UTF-8, 0 if it begins no sequence, and the range of the next:
 * it keeps out overlong forms, surrogates and what lies above U+10FFFF (RFC 3629, section 4). */
static unsigned utf8_tail(unsigned first, unsigned *low, unsigned *high)
{
    *low = first == 0xE0 ? 0xA0 : first == 0xF0 ? 0x90 : 0x80;
    *high = first == 0xED ? 0x9F : first == 0xF4 ? 0x8F : 0xBF;
    if (first < 0xC2 || first > 0xF4)
        return 0;
    return first < 0xE0 ? 1 : first < 0xF0 ? 2 : 3;
}

/* Takes one code point that is percent-encoded or not ASCII.  All octets of a code point are
 * written in the same way, raw or encoded: raw text is valid by itself. */
static bool copy_special(struct input *in, struct output *out, bool lowercase)
{
    bool encoded = *in->at == '%';
    unsigned octet;
    unsigned low;
    unsigned high;

    if (!take_octet(in, encoded, &octet))
        return false;
    if (octet < 0x80) {
        if (!encoded || octet == 0) /* NAM-12, NAM-15 */
            return false;
        bool kept = !is((char)octet, UNRESERVED);

        if (kept && !(URIPC_MUTANT(SLASH_DECODED) && octet == '/'))
            put_encoded(out, octet); /* NAM-5 */
        else
            put(out, lowercase ? lower((char)octet) : (char)octet); /* NAM-4 */
        return true;
    }

    unsigned tail = utf8_tail(octet, &low, &high);

    if (tail == 0 && URIPC_MUTANT(BAD_TEXT_REPLACED)) {
        put(out, 'x');
        return true;
    }
    if (tail == 0) /* NAM-11 */
        return false;
    put_encoded(out, octet); /* NAM-10 */
    while (tail-- > 0) {
        if (!take_octet(in, encoded, &octet) || octet < low || octet > high) /* NAM-11 */
            return false;
        put_encoded(out, octet);
        low = 0x80;
        high = 0xBF;
    }
    return true;
}

/* Copies the run of characters of `class` that needs no encoding.  On locals, because a char
 * that is stored may alias anything: this loop is most of what a name costs. */
static void copy_run(struct input *in, struct output *out, unsigned class, bool lowercase)
{
    const char *at = in->at;
    const char *end = in->end;
    char *to = out->at;
    size_t length = out->length;
    size_t capacity = out->capacity;

    for (; at < end && is(*at, class); at++, length++)
        if (length < capacity)
            to[length] = lowercase ? lower(*at) : *at;
    in->at = at;
    out->length = length;
}

/* Copies characters of `class` in canonical form, up to the end or an ASCII character of another
 * class, which the caller judges: it is a delimiter or has no place there (NAM-12, NAM-15). */
static bool copy(struct input *in, struct output *out, unsigned class, bool lowercase)
{
    for (;;) {
        copy_run(in, out, class, lowercase);
        if (in->at == in->end || (*in->at != '%' && (unsigned char)*in->at < 0x80))
            return true;
        if (!copy_special(in, out, lowercase))
            return false;
    }
}

static bool copy_scheme(struct input *in, struct output *out)
{
    if (in->at == in->end || !is(*in->at, LETTER))
        return false;
    copy_run(in, out, IN_SCHEME, true); /* NAM-2 */
    if (out->length > SCHEME_MAX || !next_is(in, ':'))
        return false;
    put(out, *in->at++);
    return fits(out);
}

/* The default port of the scheme that begins `out`, which needs a host then; 0 if it has none. */
static unsigned default_port(const struct output *out)
{
    if (out->length == 5 && memcmp(out->at, "http:", 5) == 0)
        return 80;
    if (out->length == 6 && memcmp(out->at, "https:", 6) == 0)
        return 443;
    return 0;
}

static bool copy_ip_literal(struct input *in, struct output *out)
{
    const char *close = memchr(in->at, ']', (size_t)(in->end - in->at));

    if (close == NULL)
        return false;

    struct uripc_text address = {.at = in->at + 1, .length = (size_t)(close - in->at) - 1};

    if (!uripc__is_ipv6(address)) /* NAM-20 */
        return false;
    while (in->at <= close)
        put(out, lower(*in->at++));
    return true;
}

/* NAM-7 */
static bool copy_port(struct input *in, struct output *out, unsigned default_value)
{
    const char *digits = ++in->at;
    unsigned value = 0;

    while (in->at < in->end && is(*in->at, DIGIT)) {
        value = value * 10 + (unsigned)(*in->at++ - '0');
        if (value == 0 || value > PORT_MAX)
            return false;
    }
    if (value == 0 || (value == default_value && !URIPC_MUTANT(PORT_KEPT)))
        return true;
    put(out, ':');
    while (digits < in->at)
        put(out, *digits++);
    return true;
}

/* Copies the authority up to the path, query or end.  None is written if it is empty (NAM-21). */
static bool copy_authority(struct input *in, struct output *out)
{
    unsigned port = default_port(out);

    if (in->end - in->at < 2 || in->at[0] != '/' || in->at[1] != '/')
        return port == 0;
    in->at += 2;
    if (next_is(in, '/'))
        return port == 0;

    put(out, '/');
    put(out, '/');
    size_t host = out->length;
    bool valid = next_is(in, '[') ? copy_ip_literal(in, out) : copy(in, out, IN_HOST, true);

    if (!valid || out->length == host)
        return false;
    if (next_is(in, ':') && !copy_port(in, out, port))
        return false;
    return in->at == in->end || *in->at == '/' || *in->at == '?'; /* NAM-13, NAM-15 */
}

/* The length of a dot at `at`, in any spelling; 0 if there is none. */
static size_t dot_length(const char *at, const char *end)
{
    if (at < end && *at == '.')
        return 1;
    if (end - at >= 3 && at[0] == '%' && at[1] == '2' && lower(at[2]) == 'e')
        return 3;
    return 0;
}

static bool ends_segment(const char *at, const char *end)
{
    return at == end || *at == '/' || *at == '?';
}

/* Takes a dot segment and returns its number of dots; takes nothing if the segment is none. */
static unsigned take_dots(struct input *in)
{
    const char *at = in->at;
    unsigned dots = 0;

    for (size_t length; dots < 3 && (length = dot_length(at, in->end)) > 0; dots++)
        at += length;
    if (dots == 0 || dots == 3 || !ends_segment(at, in->end))
        return 0;
    in->at = at;
    return dots;
}

static bool push_segment(struct input *in, struct output *out, struct path *path)
{
    size_t start = out->length;

    put(out, '/');
    if (!copy(in, out, IN_SEGMENT, URIPC_MUTANT(PATH_FOLDED))) /* NAM-3 */
        return false;
    if (path->lost == 0 && fits(out))
        return true;

    path->lost++;
    if (path->lost_text == 0 && out->length > start + 1)
        path->lost_text = path->lost;
    out->length = start;
    return true;
}

static void pop_segment(struct output *out, struct path *path)
{
    if (path->lost > 0) {
        if (path->lost == path->lost_text)
            path->lost_text = 0;
        path->lost--;
        return;
    }
    while (out->length > path->start && out->at[--out->length] != '/')
        ;
}

/* Copies the path, without its dot segments (NAM-6), up to the first character that is not in
 * it.  A path that is empty becomes `/` (NAM-8), one that ends in a dot segment ends in `/`. */
static bool copy_path(struct input *in, struct output *out, struct path *path)
{
    if (in->at == in->end || *in->at == '?')
        return push_segment(in, out, path);
    while (next_is(in, '/')) {
        in->at++;
        unsigned dots = take_dots(in);

        if (dots == 2)
            pop_segment(out, path);
        if (dots > 0 && !(in->at == in->end || *in->at == '?'))
            continue;
        if (!push_segment(in, out, path))
            return false;
    }
    return true;
}

/* True if the first segment is empty and not the only one: read again, `//` is an authority. */
static bool looks_like_authority(const struct output *out, const struct path *path)
{
    if (out->length <= path->start + 1)
        return out->length == path->start + 1 && path->lost > 0;
    return out->at[path->start + 1] == '/';
}

static bool finish_registered(struct input *in, struct output *out, struct path *path)
{
    if (next_is(in, '#') && URIPC_MUTANT(FRAGMENT_CUT))
        in->at = in->end;
    if (in->at < in->end || path->lost_text > 0) /* NAM-13, NAM-14, NAM-15, NAM-17 */
        return false;
    while (out->length > path->start + 1 && out->at[out->length - 1] == '/' &&
           !URIPC_MUTANT(SLASH_KEPT))
        out->length--; /* NAM-9 */
    return true;
}

static bool finish_target(struct input *in, struct output *out, struct path *path)
{
    if (path->lost > 0) /* NAM-17 */
        return false;
    if (next_is(in, '?')) { /* NAM-14 */
        put(out, *in->at++);
        if (!copy(in, out, IN_QUERY, false))
            return false;
    }
    return in->at == in->end && fits(out); /* NAM-13, NAM-15, NAM-17 */
}

static bool canonical(struct input *in, enum uripc_name_use use, struct output *out)
{
    if (!copy_scheme(in, out))
        return false;

    size_t scheme = out->length;

    if (!copy_authority(in, out) || out->length >= out->capacity)
        return false;

    struct path path = {.start = out->length};

    if (path.start == scheme && !next_is(in, '/')) /* NAM-1 */
        return false;
    if (!copy_path(in, out, &path))
        return false;
    if (path.start == scheme && looks_like_authority(out, &path)) /* NAM-21 */
        return false;
    return use == URIPC_NAME_REGISTERED ? finish_registered(in, out, &path)
                                        : finish_target(in, out, &path);
}

enum uripc_status uripc_name_canonical(struct uripc_text text, enum uripc_name_use use, char *out,
                                       size_t capacity, size_t *length)
{
    if (text.length == 0)
        return URIPC_INVALID_NAME;

    struct input in = {.at = text.at, .end = text.at + text.length};
    struct output result = {.at = out, .capacity = capacity};

    if (!canonical(&in, use, &result))
        return URIPC_INVALID_NAME;
    *length = result.length;
    return URIPC_OK;
}

/* Appends the segments of a suffix; only the last may be empty (NAM-24). */
static bool append_suffix(struct input *in, struct output *out)
{
    do {
        if (in->at == in->end || *in->at == '/' ||
            (take_dots(in) > 0 && !URIPC_MUTANT(DOTS_IN_SUFFIX)))
            return false;
        put(out, '/');
        if (!copy(in, out, IN_SEGMENT, false)) /* NAM-23 */
            return false;
        if (in->at == in->end)
            return fits(out);
        if (*in->at++ != '/')
            return false;
    } while (in->at < in->end);
    put(out, '/');
    return fits(out);
}

enum uripc_status uripc_name_compose(struct uripc_text name, struct uripc_text suffix, char *out,
                                     size_t capacity, size_t *length)
{
    if (name.length > 0 && name.at[name.length - 1] == '/')
        name.length--; /* The root's slash is the one that the suffix comes after (NAM-22). */
    if (name.length == 0 || suffix.length == 0 || name.length > capacity)
        return URIPC_INVALID_NAME;

    struct input in = {.at = suffix.at, .end = suffix.at + suffix.length};
    struct output result = {.at = out, .capacity = capacity, .length = name.length};

    while (URIPC_MUTANT(SUFFIX_RESOLVED) && name.length > 1 && name.at[name.length - 1] != '/')
        name.length--;
    if (URIPC_MUTANT(SUFFIX_RESOLVED))
        result.length = name.length - 1;
    if (name.at != out)
        memmove(out, name.at, name.length);
    if (!append_suffix(&in, &result))
        return URIPC_INVALID_NAME;
    *length = result.length;
    return URIPC_OK;
}
