/* SPDX-License-Identifier: MIT */
#define _XOPEN_SOURCE 700

#include "clauses.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "command.h"
#include "nearest.h"
#include "share.h"

static const char *string_of(const json_t *object, const char *key)
{
    return json_string_value(json_object_get(object, key));
}

static bool are_strings(const json_t *list)
{
    for (size_t i = 0; i < json_array_size(list); i++)
        if (!json_is_string(json_array_get(list, i)))
            return false;
    return json_is_array(list);
}

static bool read_clause(const json_t *object, struct cf_clause_entry *clause)
{
    *clause = (struct cf_clause_entry){
        .id = string_of(object, "id"),
        .level = string_of(object, "level"),
        .text = string_of(object, "text"),
        .chapter_name = string_of(object, "chapter_name"),
        .chapter = (long)json_integer_value(json_object_get(object, "chapter")),
        .sources = json_object_get(object, "sources")};
    return clause->id && clause->level && clause->text && clause->chapter_name &&
           json_is_integer(json_object_get(object, "chapter")) && are_strings(clause->sources);
}

static json_t *read_json(const char *path)
{
    json_error_t error;
    json_t *root = NULL;
    FILE *in = fopen(path, "r");
    if (in)
        root = json_loadf(in, 0, &error);
    if (!in || ferror(in)) {
        cf_complain_aloud("error: %s: cannot be read: %s; expected the clauses as JSON", path,
                          strerror(errno));
    } else if (!root) {
        cf_complain_aloud("error: %s:%d:%d: %s; expected the clauses as JSON", path, error.line,
                          error.column, error.text);
    }
    if (in)
        fclose(in);
    return root;
}

bool cf_clauses_read(struct cf_clauses *clauses, const char *file)
{
    char path[PATH_MAX];
    cf_path_for_humans(file, path, sizeof(path));
    *clauses = (struct cf_clauses){.root = read_json(path)};
    if (!clauses->root)
        return false;
    const json_t *list = json_object_get(clauses->root, "clauses");
    size_t count = json_array_size(list);
    clauses->spec = string_of(clauses->root, "spec");
    clauses->sources = json_object_get(clauses->root, "sources");
    clauses->list = calloc(count + 1, sizeof(*clauses->list));
    if (!clauses->spec || !json_is_object(clauses->sources) || !count || !clauses->list) {
        cf_complain_aloud("error: %s: expected members \"spec\", \"clauses\" and \"sources\"",
                          path);
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        if (!read_clause(json_array_get(list, i), &clauses->list[i])) {
            cf_complain_aloud("error: %s: clause number %zu: expected the texts id, level, text "
                              "and chapter_name, the number chapter, and a list of texts sources",
                              path, i + 1);
            return false;
        }
        clauses->count++;
    }
    return true;
}

bool cf_clauses_load(struct cf_clauses *clauses)
{
    char path[PATH_MAX];
    *clauses = (struct cf_clauses){0};
    return cf_share_path("clauses.json", path, sizeof(path)) && cf_clauses_read(clauses, path);
}

void cf_clauses_free(struct cf_clauses *clauses)
{
    free(clauses->list);
    json_decref(clauses->root);
    *clauses = (struct cf_clauses){0};
}

const struct cf_clause_entry *cf_clauses_find(const struct cf_clauses *clauses, const char *id)
{
    for (size_t i = 0; i < clauses->count; i++)
        if (strcmp(clauses->list[i].id, id) == 0)
            return &clauses->list[i];
    return NULL;
}

const char *cf_clauses_nearest(const struct cf_clauses *clauses, const char *id)
{
    struct cf_nearest search = {.found = id, .size = strlen(id)};
    for (size_t i = 0; i < clauses->count; i++)
        cf_nearest_offer(&search, clauses->list[i].id);
    return search.best;
}
