/* SPDX-License-Identifier: MIT */
/* Expectation files: known results other than a pass, each with its reason.
 *
 *     # comment
 *     case-name  verdict  # reason
 *     case-name  verdict|verdict  # why it is now this and now that
 *
 * A name may contain `*`.  An entry that no longer comes true fails the run, as does one that
 * covers more than CF_EXPECTATION_WIDEST cases. */
#ifndef URIPC_CONFORMANCE_EXPECTATIONS_H
#define URIPC_CONFORMANCE_EXPECTATIONS_H

#include "suite.h"
#include "verdict.h"

enum { CF_EXPECTATION_WIDEST = 20 };

struct cf_expectation {
    char *pattern;
    char *words;       /* the verdicts as they are written: "fail", "pass|fail" */
    uint32_t verdicts; /* a set: 1 << enum cf_verdict */
    char *reason;
    unsigned line;
};

struct cf_expectations {
    char *file;
    struct cf_expectation *list;
    size_t count;
};

/* The file of known results that comes with a backend, ../share/uripc/expect/NAME.txt seen from the
 * program.  False if there is none. */
bool cf_expectations_shipped(const char *backend, char *path, size_t size);

/* Reads a file.  False after complaints with their places: it is not well-formed, lacks a reason,
 * or two entries cover one case. */
bool cf_expectations_read(struct cf_expectations *expectations, const char *file,
                          const struct cf_suite *suite);
void cf_expectations_free(struct cf_expectations *expectations);

/* NULL: nothing is said about that case. */
const struct cf_expectation *cf_expectations_find(const struct cf_expectations *expectations,
                                                  const char *name);

/* True if the verdict is what has to be expected of that case. */
bool cf_expectation_met(const struct cf_expectation *expectation, enum cf_verdict verdict);

/* Complains about entries that cover no case of the suite, or too many.  False if there are any. */
bool cf_expectations_check(const struct cf_expectations *expectations,
                           const struct cf_suite *suite);

#endif
