/* SPDX-License-Identifier: MIT */
/* What can be tested, by name.  A backend implies the world it runs in. */
#ifndef URIPC_CONFORMANCE_BACKEND_H
#define URIPC_CONFORMANCE_BACKEND_H

#include "world.h"

struct cf_backend {
    const char *name;
    const char *text;
    bool real;                  /* operating-system processes, not simulated ones */
    bool hidden;                /* not listed: it exists to test the suite */
    uint32_t capabilities;      /* set of enum cf_need, as in case.h: its own and its world's */
    const void *implementation; /* of a real one that is listed: the path of its file, as seen from
                                 * the program; see target.h */
    struct cf_world *(*open)(const struct cf_backend *backend); /* NULL: no memory */

    /* What a real one tells of itself; else NULL. */
    const char *version;
    const char *binding;
    const char *driver; /* the command that starts it */
};

size_t cf_backend_count(void);
const struct cf_backend *cf_backend_at(size_t index);
const struct cf_backend *cf_backend_find(const char *name);

/* Bare carriers that know nothing of the contract, only to measure against: name and a few words.
 * False beyond the last. */
bool cf_baseline_at(size_t index, const char **name, const char **text);

/* The delivery profiles: name and one sentence.  False beyond the last. */
bool cf_profile_at(size_t index, const char **name, const char **text);

#endif
