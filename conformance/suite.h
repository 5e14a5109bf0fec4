/* SPDX-License-Identifier: MIT */
/* The shipped cases, sorted by name. */
#ifndef URIPC_CONFORMANCE_SUITE_H
#define URIPC_CONFORMANCE_SUITE_H

#include "case.h"
#include "clauses.h"

struct cf_suite_case {
    struct cf_case *test_case;
    char *chapter; /* the folder it lies in */
};

struct cf_suite {
    struct cf_suite_case *cases;
    size_t count, capacity;
};

/* Reads all cases that come with the program, or below `folder`, or one file.  False after
 * complaints: one case that cannot be read makes the suite useless. */
bool cf_suite_load(struct cf_suite *suite, const struct cf_clauses *clauses);
bool cf_suite_read_folder(struct cf_suite *suite, const char *folder,
                          const struct cf_clauses *clauses);
bool cf_suite_read_file(struct cf_suite *suite, const char *path, const struct cf_clauses *clauses);
void cf_suite_free(struct cf_suite *suite);

/* By name or chapter/name.  NULL: there is none such. */
const struct cf_suite_case *cf_suite_find(const struct cf_suite *suite, const char *name);
const char *cf_suite_nearest(const struct cf_suite *suite, const char *name);

/* True if the case names the clause, in its header or at a line. */
bool cf_case_tests(const struct cf_case *test_case, const char *clause);

/* Copies to `selected` the cases whose name or chapter/name matches; it borrows them and must not
 * be freed but by cf_suite_release.  NULL for `glob` or `profile`: any.  False: no memory. */
bool cf_suite_select(const struct cf_suite *suite, const char *glob, const char *profile,
                     struct cf_suite *selected);
void cf_suite_release(struct cf_suite *selected);

/* Of the names and texts of all cases. */
uint64_t cf_suite_hash(const struct cf_suite *suite);

#endif
