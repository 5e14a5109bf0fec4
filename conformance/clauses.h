/* SPDX-License-Identifier: MIT */
/* The clauses of the spec, from clauses.json. */
#ifndef URIPC_CONFORMANCE_CLAUSES_H
#define URIPC_CONFORMANCE_CLAUSES_H

#include <stdbool.h>
#include <stddef.h>

#include <jansson.h>

struct cf_clause_entry {
    const char *id;
    const char *level;
    const char *text;
    const char *chapter_name;
    long chapter;
    const json_t *sources; /* array of strings */
};

struct cf_clauses {
    const char *spec; /* its version */
    struct cf_clause_entry *list;
    size_t count;
    const json_t *sources; /* citations by key */
    json_t *root;          /* owns all of the above but the list */
};

/* Reads the file that comes with the program.  False after a complaint. */
bool cf_clauses_load(struct cf_clauses *clauses);
bool cf_clauses_read(struct cf_clauses *clauses, const char *file);
void cf_clauses_free(struct cf_clauses *clauses);

/* NULL: there is none such. */
const struct cf_clause_entry *cf_clauses_find(const struct cf_clauses *clauses, const char *id);

/* The id somebody probably meant; NULL: none is near. */
const char *cf_clauses_nearest(const struct cf_clauses *clauses, const char *id);

#endif
