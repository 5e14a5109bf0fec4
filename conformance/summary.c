/* SPDX-License-Identifier: MIT */
#define _POSIX_C_SOURCE 200809L

#include "summary.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "hash.h"

bool cf_summary_begin(struct cf_summary *summary, const struct cf_pool *pool)
{
    size_t count = pool->suite->count;
    *summary = (struct cf_summary){.pool = pool,
                                   .lines = calloc(count + 1, sizeof(*summary->lines)),
                                   .fingerprints = calloc(count + 1, sizeof(uint64_t)),
                                   .colours = isatty(STDOUT_FILENO) == 1};
    return summary->lines && summary->fingerprints;
}

void cf_summary_free(struct cf_summary *summary)
{
    for (size_t i = 0; summary->lines && i < summary->pool->suite->count; i++)
        free(summary->lines[i]);
    free(summary->lines);
    free(summary->fingerprints);
    *summary = (struct cf_summary){0};
}

static const char *colour_of(enum cf_verdict verdict, bool met)
{
    if (met)
        return verdict == CF_VERDICT_UNRESOLVED ? "\x1b[33m" : "\x1b[2m";
    return "\x1b[31m";
}

/* "fail name file:line CLAUSE...: reason; repeat: ..." */
static void print_case(const struct cf_summary *summary, const struct cf_pool_case *result,
                       const struct cf_expectation *expectation, bool met, FILE *out)
{
    const struct cf_case *test_case = summary->pool->suite->cases[result->index].test_case;
    char repro[512];
    bool plain = !summary->colours;
    fprintf(out, "%s%s%s %s %s:%u", plain ? "" : colour_of(result->verdict, met),
            cf_verdict_name(result->verdict), plain ? "" : "\x1b[0m", test_case->name,
            test_case->file,
            (unsigned)(result->failed_line ? result->failed_line : test_case->name_line));
    if (result->blamed[0] && result->verdict != CF_VERDICT_INFO)
        fprintf(out, " %s", result->blamed);
    if (result->reason[0])
        fprintf(out, ": %s", result->reason);
    if (expectation) {
        fprintf(out, "; %s %s (%s)", met ? "expected to" : "but expected to", expectation->words,
                expectation->reason);
    }
    if (cf_verdict_breaks(result->verdict) || result->verdict == CF_VERDICT_UNRESOLVED) {
        cf_repro(summary->pool, test_case->name, result->seed, repro, sizeof(repro));
        fprintf(out, "; repeat: %s", repro);
    }
    fputc('\n', out);
}

static char *line_of(const struct cf_summary *summary, const struct cf_pool_case *result,
                     const struct cf_expectation *expectation, bool met)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    if (out && (result->verdict != CF_VERDICT_PASS || !met))
        print_case(summary, result, expectation, met, out);
    if (out)
        fclose(out);
    return text;
}

void cf_summary_add(struct cf_summary *summary, const struct cf_pool_case *result)
{
    const struct cf_pool *pool = summary->pool;
    const char *name = pool->suite->cases[result->index].test_case->name;
    const struct cf_expectation *expectation =
        pool->expectations ? cf_expectations_find(pool->expectations, name) : NULL;
    bool met =
        result->verdict == CF_VERDICT_NOT_RUN || cf_expectation_met(expectation, result->verdict);
    summary->counts[result->verdict]++;
    summary->unexpected += !met;
    summary->fingerprints[result->index] = result->fingerprint;
    summary->lines[result->index] = result->verdict == CF_VERDICT_NOT_RUN
                                        ? calloc(1, 1)
                                        : line_of(summary, result, expectation, met);
    while (summary->printed < pool->suite->count && summary->lines[summary->printed])
        fputs(summary->lines[summary->printed++], stdout);
    fflush(stdout);
}

void cf_summary_print(struct cf_summary *summary, const char *ending, uint64_t wall_ms)
{
    const struct cf_pool *pool = summary->pool;
    uint64_t hash = 0;
    for (size_t i = 0; i < pool->suite->count; i++) {
        const char *name = pool->suite->cases[i].test_case->name;
        hash = cf_hash_bytes(hash, name, strlen(name));
        hash = cf_hash_word(hash, summary->fingerprints[i]);
    }
    summary->fingerprint = hash;
    printf("%zu case%s:", pool->suite->count, pool->suite->count == 1 ? "" : "s");
    const char *comma = " ";
    for (int i = 0; i < CF_VERDICT_COUNT; i++) {
        if (summary->counts[i]) {
            printf("%s%" PRIu64 " %s", comma, summary->counts[i],
                   cf_verdict_name((enum cf_verdict)i));
            comma = ", ";
        }
    }
    if (pool->seeds.first != pool->seeds.last)
        printf(", %" PRIu64 " seeds each", pool->seeds.last - pool->seeds.first + 1);
    if (pool->repeat > 1)
        printf(", %" PRIu64 " times each", pool->repeat);
    printf("%s\n", ending);
    if (!pool->backend->real)
        printf("fingerprint %016" PRIx64 "\n", hash);
    fflush(stdout);
    fprintf(stderr, "%" PRIu64 ".%03" PRIu64 " s with %u job%s\n", wall_ms / 1000, wall_ms % 1000,
            pool->jobs, pool->jobs == 1 ? "" : "s");
}
