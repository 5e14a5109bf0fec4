/* SPDX-License-Identifier: MIT */
/* A fast answer that is wrong is no answer: figures are void where cases about what a load rests on
 * did not hold. */
#define _XOPEN_SOURCE 700

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "bench.h"
#include "conformance/command.h"
#include "conformance/verdict.h"

/* That messages arrive, whole, once, in order, and with a source URI that leads back. */
static const char *const related[] = {"SND-1", "SND-3", "SND-7", "RCV-1",
                                      "DLV-1", "DLV-2", "DLV-4", "RTE-7"};

static bool breaks(const json_t *verdict)
{
    const char *name = json_string_value(verdict);
    enum cf_verdict found;
    return name && cf_verdict_find(name, strlen(name), &found) && cf_verdict_breaks(found);
}

/* A case that failed for one of them; a crash stands for all its clauses. */
static bool matters(const json_t *line)
{
    const json_t *verdicts = json_object_get(line, "clause_verdicts");
    for (size_t i = 0; i < sizeof(related) / sizeof(related[0]); i++)
        if (breaks(json_object_get(verdicts, related[i])))
            return true;
    return false;
}

static struct cf_bench_backend *find(struct cf_bench *bench, const json_t *header)
{
    const char *name = json_string_value(json_object_get(header, "backend"));
    for (size_t i = 0; name && i < bench->count; i++)
        if (strcmp(bench->backends[i].name, name) == 0)
            return &bench->backends[i];
    return NULL;
}

static void take_case(struct cf_bench_backend *backend, const json_t *line)
{
    if (!matters(line))
        return;
    if (!backend->cases)
        backend->cases = json_array();
    json_array_append(backend->cases, json_object_get(line, "name"));
    snprintf(backend->reason, sizeof(backend->reason),
             "%zu cases about what a load rests on did not hold, among them %.100s",
             json_array_size(backend->cases), json_string_value(json_array_get(backend->cases, 0)));
}

static bool read_lines(struct cf_bench *bench, FILE *file, const char *path)
{
    struct cf_bench_backend *backend = NULL;
    char *text = NULL;
    size_t size = 0;
    bool good = true;
    for (unsigned number = 1; good && getline(&text, &size, file) > 0; number++) {
        json_t *line = json_loads(text, 0, NULL);
        const char *kind = json_string_value(json_object_get(line, "kind"));
        if (number == 1 && (!kind || strcmp(kind, "header") != 0)) {
            cf_complain_aloud("error: %s:1: expected the header of a results file", path);
            good = false;
        } else if (number == 1 && !(backend = find(bench, line))) {
            cf_complain_aloud("error: %s: its backend is none of those that are measured", path);
            good = false;
        } else if (kind && strcmp(kind, "case") == 0) {
            take_case(backend, line);
        }
        json_decref(line);
    }
    free(text);
    return good;
}

bool cf_bench_void(struct cf_bench *bench, const char *folder)
{
    char path[PATH_MAX];
    snprintf(path, sizeof(path), "%s/results.jsonl", folder);
    FILE *file = fopen(path, "r");
    if (!file) {
        cf_complain_aloud("error: \"%s\" cannot be read: %s; expected --compare to name a folder "
                          "that `uripc check --out` has written",
                          path, strerror(errno));
        return false;
    }
    bool good = read_lines(bench, file, path);
    fclose(file);
    return good;
}
