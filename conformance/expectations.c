/* SPDX-License-Identifier: MIT */
#define _XOPEN_SOURCE 700

#include "expectations.h"

#include <errno.h>
#include <fnmatch.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "command.h"
#include "nearest.h"
#include "share.h"

enum { ERRORS_MAX = 20 };

static const char blanks[] = " \t\r\n";

CF_PRINTF(3, 4)
static bool complain(const struct cf_expectations *expectations, unsigned line, const char *format,
                     ...)
{
    va_list arguments;
    va_start(arguments, format);
    fprintf(stderr, "%s:%u: error: ", expectations->file, line);
    vfprintf(stderr, format, arguments);
    fputc('\n', stderr);
    va_end(arguments);
    return false;
}

static const char *nearest_verdict(const char *word, size_t size)
{
    struct cf_nearest search = {.found = word, .size = size};
    for (int i = 0; i < CF_VERDICT_COUNT; i++)
        cf_nearest_offer(&search, cf_verdict_name((enum cf_verdict)i));
    return search.best;
}

static bool add(struct cf_expectations *expectations, const struct cf_expectation *entry)
{
    struct cf_expectation *more =
        realloc(expectations->list, (expectations->count + 1) * sizeof(*more));
    if (!more || !entry->pattern || !entry->words || !entry->reason) {
        free(entry->pattern);
        free(entry->words);
        free(entry->reason);
        expectations->list = more ? more : expectations->list;
        return complain(expectations, entry->line, "no memory for it");
    }
    expectations->list = more;
    expectations->list[expectations->count++] = *entry;
    return true;
}

/* Reads "verdict" or "verdict|verdict...". */
static bool read_verdicts(const struct cf_expectations *expectations, const char *word, size_t size,
                          struct cf_expectation *entry)
{
    char shown[CF_SHOWN_MAX];
    if (!size)
        return complain(expectations, entry->line,
                        "expected \"case-name verdict # reason\", found no verdict");
    for (const char *at = word, *end = word + size; at <= end;) {
        const char *bar = memchr(at, '|', (size_t)(end - at));
        const size_t length = (size_t)((bar ? bar : end) - at);
        enum cf_verdict verdict;
        if (!cf_verdict_find(at, length, &verdict)) {
            const char *near = nearest_verdict(at, length);
            return complain(
                expectations, entry->line,
                "expected \"case-name verdict # reason\", found \"%s\" for a verdict%s%s%s",
                cf_shown(at, length, shown), near ? "; did you mean \"" : "", near ? near : "",
                near ? "\"?" : "");
        }
        entry->verdicts |= 1u << verdict;
        at += length + 1;
    }
    return true;
}

/* One line: empty, a comment, or an entry. */
static bool read_line(struct cf_expectations *expectations, char *text, unsigned line)
{
    char *name = text + strspn(text, blanks);
    if (*name == '\0' || *name == '#')
        return true;
    size_t name_size = strcspn(name, blanks);
    char *word = name + name_size + strspn(name + name_size, blanks);
    size_t word_size = strcspn(word, " \t\r\n#");
    char *rest = word + word_size + strspn(word + word_size, blanks);
    struct cf_expectation entry = {.line = line};
    if (!read_verdicts(expectations, word, word_size, &entry))
        return false;
    if (*rest != '#' || rest[1 + strspn(rest + 1, blanks)] == '\0')
        return complain(expectations, line, "expected a reason after \"#\"");
    char *reason = rest + 1 + strspn(rest + 1, blanks);
    size_t reason_size = strlen(reason);
    while (reason_size && strchr(blanks, reason[reason_size - 1]))
        reason_size--;
    entry.pattern = strndup(name, name_size);
    entry.words = strndup(word, word_size);
    entry.reason = strndup(reason, reason_size);
    return add(expectations, &entry);
}

static bool check_overlaps(const struct cf_expectations *expectations, const struct cf_suite *suite)
{
    bool good = true;
    for (size_t i = 0; i < suite->count; i++) {
        const struct cf_expectation *first = NULL;
        const char *name = suite->cases[i].test_case->name;
        for (size_t k = 0; k < expectations->count; k++) {
            const struct cf_expectation *entry = &expectations->list[k];
            if (fnmatch(entry->pattern, name, 0) != 0)
                continue;
            if (first) {
                good = complain(expectations, entry->line, "%s is already covered by line %u", name,
                                first->line);
            }
            first = entry;
        }
    }
    return good;
}

/* Gives up after a number of errors: the file is probably something else. */
static bool read_lines(struct cf_expectations *expectations, FILE *in)
{
    unsigned errors = 0;
    char *text = NULL;
    size_t size = 0;
    ssize_t length;
    for (unsigned line = 1; errors < ERRORS_MAX && (length = getline(&text, &size, in)) >= 0;
         line++) {
        if (strlen(text) != (size_t)length) {
            complain(expectations, line, "expected text, found a NUL byte");
            errors = ERRORS_MAX;
        } else if (!read_line(expectations, text, line)) {
            errors++;
        }
    }
    free(text);
    return errors == 0;
}

static void complain_of_file(const char *file, int error)
{
    cf_complain_aloud("error: \"%s\" cannot be read: %s; expected --expect to name a file of lines "
                      "\"case-name verdict # reason\"",
                      file, strerror(error));
}

bool cf_expectations_shipped(const char *backend, char *path, size_t size)
{
    char relative[128];
    int length = snprintf(relative, sizeof(relative), "../share/uripc/expect/%s.txt", backend);
    return length > 0 && length < (int)sizeof(relative) && cf_program_path(relative, path, size);
}

bool cf_expectations_read(struct cf_expectations *expectations, const char *file,
                          const struct cf_suite *suite)
{
    *expectations = (struct cf_expectations){.file = strdup(file)};
    FILE *in = fopen(file, "r");
    if (!in) {
        complain_of_file(file, errno);
        return false;
    }
    bool good = read_lines(expectations, in);
    if (ferror(in)) {
        complain_of_file(file, errno);
        good = false;
    }
    fclose(in);
    return good && check_overlaps(expectations, suite);
}

void cf_expectations_free(struct cf_expectations *expectations)
{
    for (size_t i = 0; i < expectations->count; i++) {
        free(expectations->list[i].pattern);
        free(expectations->list[i].words);
        free(expectations->list[i].reason);
    }
    free(expectations->list);
    free(expectations->file);
    *expectations = (struct cf_expectations){0};
}

const struct cf_expectation *cf_expectations_find(const struct cf_expectations *expectations,
                                                  const char *name)
{
    for (size_t i = 0; i < expectations->count; i++)
        if (fnmatch(expectations->list[i].pattern, name, 0) == 0)
            return &expectations->list[i];
    return NULL;
}

bool cf_expectation_met(const struct cf_expectation *expectation, enum cf_verdict verdict)
{
    return expectation ? expectation->verdicts >> verdict & 1 : !cf_verdict_breaks(verdict);
}

bool cf_expectations_check(const struct cf_expectations *expectations, const struct cf_suite *suite)
{
    bool good = true;
    for (size_t k = 0; k < expectations->count; k++) {
        const struct cf_expectation *entry = &expectations->list[k];
        char shown[CF_SHOWN_MAX];
        size_t covered = 0;
        for (size_t i = 0; i < suite->count; i++)
            covered += fnmatch(entry->pattern, suite->cases[i].test_case->name, 0) == 0;
        if (covered == 0) {
            good = complain(expectations, entry->line, "stale: there is no case %s",
                            cf_shown(entry->pattern, strlen(entry->pattern), shown));
        }
        if (covered > CF_EXPECTATION_WIDEST) {
            good = complain(expectations, entry->line, "too wide: %s covers %zu cases, at most %d",
                            entry->pattern, covered, CF_EXPECTATION_WIDEST);
        }
    }
    return good;
}
