/* SPDX-License-Identifier: MIT */
#define _XOPEN_SOURCE 700

#include "suite.h"

#include <dirent.h>
#include <errno.h>
#include <fnmatch.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "backend.h"
#include "command.h"
#include "hash.h"
#include "nearest.h"
#include "share.h"

static bool add(struct cf_suite *suite, struct cf_suite_case entry)
{
    if (suite->count == suite->capacity) {
        size_t capacity = suite->capacity ? 2 * suite->capacity : 64;
        struct cf_suite_case *more = realloc(suite->cases, capacity * sizeof(*more));
        if (!more)
            return false;
        suite->cases = more;
        suite->capacity = capacity;
    }
    suite->cases[suite->count++] = entry;
    return true;
}

static void check_clauses(const struct cf_case *test_case, const struct cf_clause *list,
                          size_t count, const struct cf_clauses *clauses,
                          struct cf_diagnostics *diagnostics)
{
    for (size_t i = 0; i < count; i++) {
        if (cf_clauses_find(clauses, list[i].id))
            continue;
        const char *near = cf_clauses_nearest(clauses, list[i].id);
        cf_case_complain(test_case, diagnostics, list[i].line, list[i].column,
                         "the spec has no clause %s%s%s%s", list[i].id,
                         near ? "; did you mean \"" : "", near ? near : "", near ? "\"?" : "");
    }
}

static void check_profile(const struct cf_case *test_case, struct cf_diagnostics *diagnostics)
{
    struct cf_nearest search = {.found = test_case->profile, .size = strlen(test_case->profile)};
    const char *name;
    const char *text;
    for (size_t i = 0; cf_profile_at(i, &name, &text); i++) {
        if (strcmp(name, test_case->profile) == 0)
            return;
        cf_nearest_offer(&search, name);
    }
    cf_case_complain(test_case, diagnostics, test_case->profile_line, test_case->profile_column,
                     "there is no profile %s%s%s%s", test_case->profile,
                     search.best ? "; did you mean \"" : "", search.best ? search.best : "",
                     search.best ? "\"?" : "");
}

/* What the parser leaves to those who know the spec and the worlds.  Steps of one line share it. */
static void check_case(const struct cf_case *test_case, const struct cf_clauses *clauses,
                       struct cf_diagnostics *diagnostics)
{
    check_clauses(test_case, test_case->clauses, test_case->clause_count, clauses, diagnostics);
    check_profile(test_case, diagnostics);
    for (size_t i = 0; i < test_case->step_count; i++) {
        const struct cf_step *step = &test_case->steps[i];
        if (step->iteration == 0)
            check_clauses(test_case, step->clauses, step->clause_count, clauses, diagnostics);
    }
}

static char *chapter_of(const char *path)
{
    const char *end = strrchr(path, '/');
    if (!end || end == path)
        return strdup("");
    const char *begin = end;
    while (begin > path && begin[-1] != '/')
        begin--;
    return strndup(begin, (size_t)(end - begin));
}

bool cf_suite_read_file(struct cf_suite *suite, const char *path, const struct cf_clauses *clauses)
{
    struct cf_diagnostics *diagnostics = calloc(1, sizeof(*diagnostics));
    char shown[PATH_MAX];
    cf_path_for_humans(path, shown, sizeof(shown));
    struct cf_suite_case entry = {.test_case =
                                      diagnostics ? cf_case_read(shown, diagnostics) : NULL};
    if (entry.test_case)
        check_case(entry.test_case, clauses, diagnostics);
    bool good = entry.test_case && diagnostics->count == 0;
    if (!good && diagnostics)
        cf_diagnostics_print(diagnostics, stderr);
    free(diagnostics);
    entry.chapter = good ? chapter_of(path) : NULL;
    if (!good || !entry.chapter || !add(suite, entry)) {
        cf_case_free(entry.test_case);
        free(entry.chapter);
        return false;
    }
    return true;
}

static bool has_case_ending(const char *name)
{
    size_t length = strlen(name);
    return length > 5 && strcmp(name + length - 5, ".case") == 0;
}

/* NULL after a complaint. */
static DIR *open_folder(const char *folder)
{
    char shown[PATH_MAX];
    DIR *dir = opendir(folder);
    if (!dir) {
        int error = errno;
        cf_path_for_humans(folder, shown, sizeof(shown));
        cf_complain_aloud("error: %s: cannot be read: %s; expected a folder of cases", shown,
                          strerror(error));
    }
    return dir;
}

/* The path of a folder's entry; false if that is neither a folder nor a file, or there is none. */
static bool entry_path(const char *folder, const struct dirent *entry, char path[PATH_MAX],
                       bool *is_folder)
{
    struct stat status;
    int length = snprintf(path, PATH_MAX, "%s/%s", folder, entry->d_name);
    if (length >= PATH_MAX || stat(path, &status) != 0)
        return false;
    *is_folder = S_ISDIR(status.st_mode);
    return *is_folder || S_ISREG(status.st_mode);
}

/* All case files of one folder. */
static bool read_chapter(struct cf_suite *suite, const char *folder,
                         const struct cf_clauses *clauses)
{
    DIR *dir = open_folder(folder);
    const struct dirent *entry;
    bool good = dir != NULL;
    char path[PATH_MAX];
    while (dir && (entry = readdir(dir))) {
        bool is_folder = false;
        if (!has_case_ending(entry->d_name))
            continue;
        if (!entry_path(folder, entry, path, &is_folder) || is_folder) {
            cf_complain_aloud("error: %s: expected a case file, found something else", path);
            good = false;
        } else {
            good = cf_suite_read_file(suite, path, clauses) && good;
        }
    }
    if (dir)
        closedir(dir);
    return good;
}

static int compare_names(const void *a, const void *b)
{
    const struct cf_suite_case *left = a;
    const struct cf_suite_case *right = b;
    return strcmp(left->test_case->name, right->test_case->name);
}

static bool check_unique(const struct cf_suite *suite)
{
    bool good = true;
    for (size_t i = 1; i < suite->count; i++) {
        const struct cf_case *before = suite->cases[i - 1].test_case;
        const struct cf_case *here = suite->cases[i].test_case;
        if (strcmp(before->name, here->name) == 0) {
            fprintf(stderr, "%s:%u:1: error: there is another case %s in %s\n", here->file,
                    (unsigned)here->name_line, here->name, before->file);
            good = false;
        }
    }
    return good;
}

bool cf_suite_read_folder(struct cf_suite *suite, const char *folder,
                          const struct cf_clauses *clauses)
{
    DIR *dir = open_folder(folder);
    const struct dirent *entry;
    char path[PATH_MAX];
    bool good = dir != NULL;
    while (dir && (entry = readdir(dir))) {
        bool is_folder = false;
        if (entry->d_name[0] != '.' && entry_path(folder, entry, path, &is_folder) && is_folder)
            good = read_chapter(suite, path, clauses) && good;
    }
    if (dir)
        closedir(dir);
    if (suite->count)
        qsort(suite->cases, suite->count, sizeof(*suite->cases), compare_names);
    return check_unique(suite) && good;
}

bool cf_suite_load(struct cf_suite *suite, const struct cf_clauses *clauses)
{
    char path[PATH_MAX];
    *suite = (struct cf_suite){0};
    return cf_share_path("cases", path, sizeof(path)) && cf_suite_read_folder(suite, path, clauses);
}

void cf_suite_free(struct cf_suite *suite)
{
    for (size_t i = 0; i < suite->count; i++) {
        cf_case_free(suite->cases[i].test_case);
        free(suite->cases[i].chapter);
    }
    cf_suite_release(suite);
}

void cf_suite_release(struct cf_suite *selected)
{
    free(selected->cases);
    *selected = (struct cf_suite){0};
}

/* "chapter/name" */
static void path_of(const struct cf_suite_case *entry, char path[PATH_MAX])
{
    snprintf(path, PATH_MAX, "%s/%s", entry->chapter, entry->test_case->name);
}

const struct cf_suite_case *cf_suite_find(const struct cf_suite *suite, const char *name)
{
    char path[PATH_MAX];
    for (size_t i = 0; i < suite->count; i++) {
        path_of(&suite->cases[i], path);
        if (strcmp(suite->cases[i].test_case->name, name) == 0 || strcmp(path, name) == 0)
            return &suite->cases[i];
    }
    return NULL;
}

const char *cf_suite_nearest(const struct cf_suite *suite, const char *name)
{
    struct cf_nearest search = {.found = name, .size = strlen(name)};
    for (size_t i = 0; i < suite->count; i++)
        cf_nearest_offer(&search, suite->cases[i].test_case->name);
    return search.best;
}

static bool names(const struct cf_clause *list, size_t count, const char *clause)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(list[i].id, clause) == 0)
            return true;
    return false;
}

bool cf_case_tests(const struct cf_case *test_case, const char *clause)
{
    if (names(test_case->clauses, test_case->clause_count, clause))
        return true;
    for (size_t i = 0; i < test_case->step_count; i++) {
        const struct cf_step *step = &test_case->steps[i];
        if (names(step->clauses, step->clause_count, clause))
            return true;
    }
    return false;
}

/* A `*` stands for anything but a slash, so that a pattern without one is about the name alone. */
static bool matches(const struct cf_suite_case *entry, const char *glob)
{
    char path[PATH_MAX];
    path_of(entry, path);
    return fnmatch(glob, entry->test_case->name, FNM_PATHNAME) == 0 ||
           fnmatch(glob, path, FNM_PATHNAME) == 0;
}

bool cf_suite_select(const struct cf_suite *suite, const char *glob, const char *profile,
                     struct cf_suite *selected)
{
    *selected = (struct cf_suite){0};
    for (size_t i = 0; i < suite->count; i++) {
        const struct cf_case *test_case = suite->cases[i].test_case;
        bool wanted = (!glob || matches(&suite->cases[i], glob)) &&
                      (!profile || strcmp(profile, test_case->profile) == 0);
        if (wanted && !add(selected, suite->cases[i]))
            return false;
    }
    return true;
}

uint64_t cf_suite_hash(const struct cf_suite *suite)
{
    uint64_t hash = 0;
    for (size_t i = 0; i < suite->count; i++) {
        const struct cf_case *test_case = suite->cases[i].test_case;
        hash = cf_hash_bytes(hash, test_case->name, strlen(test_case->name));
        hash = cf_hash_bytes(hash, test_case->text, test_case->text_size);
    }
    return hash;
}
