/* SPDX-License-Identifier: MIT */
#define _POSIX_C_SOURCE 200809L

#include "rerun.h"

#include <errno.h>
#include <jansson.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "command.h"
#include "verdict.h"

struct rerun {
    const struct cf_suite *suite;
    const struct cf_suite *selected;
    char path[PATH_MAX];
    unsigned line;
    size_t failed; /* cases of the file that were not as expected */
    bool *wanted;  /* by case of `selected` */
};

static bool complain(const struct rerun *rerun, const char *expected)
{
    cf_complain_aloud("error: %s:%u: expected %s", rerun->path, rerun->line, expected);
    return false;
}

static bool check_header(const struct rerun *rerun, const json_t *object, const char *kind)
{
    if (strcmp(kind, "header") != 0 || json_is_string(json_object_get(object, "of")))
        return complain(rerun, "the header of a check, as --out writes it");
    if (json_integer_value(json_object_get(object, "format")) != 1)
        return complain(rerun, "format 1");
    return true;
}

static void want(struct rerun *rerun, const char *name)
{
    const struct cf_suite_case *entry = cf_suite_find(rerun->selected, name);
    char shown[CF_SHOWN_MAX];
    rerun->failed++;
    if (entry)
        rerun->wanted[entry - rerun->selected->cases] = true;
    else if (!cf_suite_find(rerun->suite, name))
        cf_complain_aloud("warning: %s:%u: there is no case \"%s\" any more", rerun->path,
                          rerun->line, cf_shown(name, strlen(name), shown));
}

static bool read_object(struct rerun *rerun, const json_t *object)
{
    const char *kind = json_string_value(json_object_get(object, "kind"));
    const char *name = json_string_value(json_object_get(object, "name"));
    const char *verdict = json_string_value(json_object_get(object, "verdict"));
    const json_t *expected = json_object_get(object, "expected");
    if (!kind)
        return complain(rerun, "an object with a text member \"kind\"");
    if (rerun->line == 1)
        return check_header(rerun, object, kind);
    if (strcmp(kind, "case") != 0)
        return true;
    if (!name || !verdict || !json_is_boolean(expected))
        return complain(rerun, "a case with \"name\", \"verdict\" and \"expected\"");
    if (json_is_false(expected) || strcmp(verdict, cf_verdict_name(CF_VERDICT_UNRESOLVED)) == 0)
        want(rerun, name);
    return true;
}

/* A last line that breaks off counts for nothing: the run was killed. */
static bool read_line(struct rerun *rerun, const char *text, size_t size)
{
    json_t *object = json_loadb(text, size, 0, NULL);
    bool cut = !object && rerun->line > 1 && text[size - 1] != '\n';
    bool good = cut || (object ? read_object(rerun, object) : complain(rerun, "a JSON object"));
    json_decref(object);
    return good;
}

static bool read_file(struct rerun *rerun, const char *folder)
{
    snprintf(rerun->path, sizeof(rerun->path), "%s/results.jsonl", folder);
    FILE *file = fopen(rerun->path, "r");
    char *text = NULL;
    size_t room = 0;
    ssize_t size = 0;
    bool good = file != NULL;
    errno = good ? 0 : errno;
    while (good && (size = getline(&text, &room, file)) > 0) {
        rerun->line++;
        good = read_line(rerun, text, (size_t)size);
    }
    if (!file || ferror(file)) {
        cf_complain_aloud("error: %s: %s; expected the results of an earlier `uripc check --out`",
                          rerun->path, strerror(errno));
        good = false;
    } else if (good && rerun->line == 0) {
        rerun->line = 1;
        good = complain(rerun, "the header of a check, found an empty file");
    }
    free(text);
    if (file)
        fclose(file);
    return good;
}

bool cf_rerun_select(const struct cf_suite *suite, struct cf_suite *selected, const char *folder)
{
    struct rerun rerun = {
        .suite = suite, .selected = selected, .wanted = calloc(selected->count + 1, sizeof(bool))};
    size_t kept = 0;
    bool good = rerun.wanted && read_file(&rerun, folder);
    for (size_t i = 0; good && i < selected->count; i++)
        if (rerun.wanted[i])
            selected->cases[kept++] = selected->cases[i];
    if (good && kept == 0) {
        cf_complain_aloud("error: nothing is selected: %s of %s was %sas expected",
                          rerun.failed ? "no selected case" : "every case", rerun.path,
                          rerun.failed ? "other than " : "");
        good = false;
    }
    if (good)
        selected->count = kept;
    free(rerun.wanted);
    return good;
}
