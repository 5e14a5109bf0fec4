/* SPDX-License-Identifier: MIT */
#define _POSIX_C_SOURCE 200809L

#include "summary.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "hash.h"
#include "probe.h"

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

/* Takes note of what an unsupported case lacks.  False: it is to have a line. */
static bool only_counted(struct cf_summary *summary, const struct cf_pool_case *result, bool met)
{
    const struct cf_pool *pool = summary->pool;
    if (result->verdict != CF_VERDICT_UNSUPPORTED || !met || !pool->backend->real)
        return false;
    uint32_t missing =
        cf_missing(pool->suite->cases[result->index].test_case, pool->backend->capabilities);
    for (unsigned bit = 0; bit < CF_SUMMARY_LACKS; bit++)
        summary->lacking[bit] += missing >> bit & 1;
    summary->not_declared += missing == 0;
    return true;
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
    bool silent = result->verdict == CF_VERDICT_NOT_RUN || only_counted(summary, result, met);
    summary->lines[result->index] =
        silent ? calloc(1, 1) : line_of(summary, result, expectation, met);
    while (summary->printed < pool->suite->count && summary->lines[summary->printed])
        fputs(summary->lines[summary->printed++], stdout);
    fflush(stdout);
}

/* The bit that most cases lack; CF_SUMMARY_LACKS: none is left. */
static unsigned most_lacking(const uint64_t *left)
{
    unsigned top = 0;
    for (unsigned bit = 1; bit < CF_SUMMARY_LACKS; bit++)
        top = left[bit] > left[top] ? bit : top;
    return left[top] ? top : CF_SUMMARY_LACKS;
}

/* "71 unsupported: 40 need virtual-time, 31 need faults"; a case that lacks several things counts
 * for each. */
static void print_lacking(const struct cf_summary *summary)
{
    uint64_t left[CF_SUMMARY_LACKS];
    char name[64];
    memcpy(left, summary->lacking, sizeof(left));
    unsigned bit = most_lacking(left);
    const char *before = ": ";
    if (bit == CF_SUMMARY_LACKS && !summary->not_declared)
        return;
    printf("%" PRIu64 " unsupported", summary->counts[CF_VERDICT_UNSUPPORTED]);
    for (; bit < CF_SUMMARY_LACKS; bit = most_lacking(left), before = ", ") {
        cf_needs_text(UINT32_C(1) << bit, name, sizeof(name));
        printf("%s%" PRIu64 " need%s %s", before, left[bit], left[bit] == 1 ? "s" : "", name);
        left[bit] = 0;
    }
    if (summary->not_declared)
        printf("%s%" PRIu64 " probed and not declared", before, summary->not_declared);
    putchar('\n');
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
    print_lacking(summary);
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
