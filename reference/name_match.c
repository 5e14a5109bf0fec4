/* SPDX-License-Identifier: MIT */
/* What routing asks of canonical names.  They are trusted to be canonical: these functions
 * look for their delimiters and check nothing. */
#include "mutants.h"
#include "name.h"

#include <stdbool.h>
#include <string.h>

static bool is_alpha(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool is_scheme_char(char c)
{
    return is_alpha(c) || (c >= '0' && c <= '9') || c == '+' || c == '-' || c == '.';
}

/* A scheme that is too long to be one is still no suffix: it is for canonical to refuse. */
_Bool uripc_name_is_absolute(struct uripc_text text)
{
    size_t i = 1;

    if (text.length < 3 || !is_alpha(text.at[0]))
        return false;
    while (i < text.length && is_scheme_char(text.at[i]))
        i++;
    return text.length - i >= 2 && text.at[i] == ':' && text.at[i + 1] == '/';
}

/* The index of the slash that is the root of the name's path. */
static size_t root_of(struct uripc_text name)
{
    size_t i = 0;

    while (name.at[i] != ':')
        i++;
    i++;
    if (i + 1 < name.length && name.at[i + 1] == '/') {
        i += 2;
        while (name.at[i] != '/')
            i++;
    }
    return i;
}

static size_t without_trailing_slashes(struct uripc_text name, size_t root)
{
    size_t length = name.length;

    while (length > root + 1 && name.at[length - 1] == '/')
        length--;
    return length;
}

struct uripc_text uripc_name_match_part(struct uripc_text target)
{
    const char *query = memchr(target.at, '?', target.length);

    if (query != NULL && !URIPC_MUTANT(QUERY_MATCHES))
        target.length = (size_t)(query - target.at);
    if (target.at[target.length - 1] == '/')
        target.length = without_trailing_slashes(target, root_of(target));
    return target;
}

_Bool uripc_name_is_below(struct uripc_text below, struct uripc_text above)
{
    bool root = above.at[above.length - 1] == '/';
    size_t length = root ? above.length - 1 : above.length;

    if (below.length <= length + 1 || below.at[length] != '/' ||
        memcmp(below.at, above.at, length) != 0)
        return false;
    /* The root `ipc:/` has no authority, `ipc://h/a` has one: that slash is not a path's. */
    return !(root && above.at[length - 1] == ':' && below.at[length + 1] == '/');
}

_Bool uripc_name_parent(struct uripc_text *name)
{
    size_t root = root_of(*name);

    if (name->length == root + 1)
        return false;
    while (name->at[name->length - 1] != '/')
        name->length--;
    /* Empty segments go along: no registered name ends in one (NAM-9). */
    name->length = without_trailing_slashes(*name, root);
    return true;
}
