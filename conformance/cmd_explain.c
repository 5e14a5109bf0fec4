/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE /* argp */

#include <argp.h>
#include <stdlib.h>
#include <string.h>

#include <uripc/status.h>

#include "command.h"
#include "nearest.h"
#include "suite.h"
#include "verdict.h"

static const char help[] = "Tell what a case, a clause of the spec, a status or a verdict means.\v"
                           "Examples:\n"
                           "  uripc explain ten-step-exchange\n"
                           "  uripc explain SND-1\n"
                           "  uripc explain peer-gone\n"
                           "  uripc explain pass-nonstrict";

static error_t parse(int key, char *text, struct argp_state *state)
{
    const char **word = state->input;
    switch (key) {
    case ARGP_KEY_ARG:
        if (*word)
            argp_error(state, "one word at a time, found \"%s\" as well", text);
        *word = text;
        break;
    case ARGP_KEY_NO_ARGS:
        argp_error(state, "expected a case, clause, status or verdict");
        break;
    default:
        return ARGP_ERR_UNKNOWN;
    }
    return 0;
}

static void explain_clause(const struct cf_clauses *clauses, const struct cf_clause_entry *clause,
                           const struct cf_suite *suite)
{
    printf("%s (%s), chapter %ld: %s\n\n  %s\n", clause->id, clause->level, clause->chapter,
           clause->chapter_name, clause->text);
    for (size_t i = 0; i < json_array_size(clause->sources); i++) {
        const char *key = json_string_value(json_array_get(clause->sources, i));
        const char *citation = key ? json_string_value(json_object_get(clauses->sources, key)) : "";
        printf("\nsource %s: %s", key ? key : "", citation ? citation : "");
    }
    printf("\n\ncases:\n");
    for (size_t i = 0; i < suite->count; i++) {
        const struct cf_case *test_case = suite->cases[i].test_case;
        if (cf_case_tests(test_case, clause->id))
            printf("  %-48s %s\n", test_case->name, test_case->promise);
    }
}

static void explain_case(const struct cf_clauses *clauses, const struct cf_case *test_case)
{
    printf("%s: %s\n%s\n\n", test_case->name, test_case->promise, test_case->file);
    for (size_t i = 0; i < test_case->clause_count; i++) {
        const struct cf_clause_entry *clause = cf_clauses_find(clauses, test_case->clauses[i].id);
        if (clause)
            printf("%-7s %s: %s\n", clause->id, clause->level, clause->text);
    }
    printf("\n%s", test_case->text);
}

static const char *certainty_text(enum uripc_certainty certainty)
{
    switch (certainty) {
    case URIPC_DEFINITE:
        return "always definite: what it says is the whole truth";
    case URIPC_INDEFINITE:
        return "always indefinite: it may have happened, or may still";
    case URIPC_EITHER:
        break;
    }
    return "definite or indefinite: the completion says whether it may have happened";
}

static bool explain_status(const char *word)
{
    enum uripc_status status;
    if (!uripc_status_find(word, &status))
        return false;
    printf("status %s (%d): %s\n%s\nnearest Win32 error %u, errno %d\n", word, (int)status,
           uripc_status_text(status), certainty_text(uripc_status_certainty(status)),
           uripc_status_win32(status), uripc_status_errno(status));
    return true;
}

/* Some verdicts share their name with no status, so both may be told. */
static bool explain_verdict(const char *word)
{
    enum cf_verdict verdict;
    if (!cf_verdict_find(word, strlen(word), &verdict))
        return false;
    printf("verdict %s: %s\n%s\n", word, cf_verdict_text(verdict),
           cf_verdict_breaks(verdict) ? "it breaks conformance" : "it does not break conformance");
    return true;
}

static int explain_nothing(const char *word, const struct cf_clauses *clauses,
                           const struct cf_suite *suite)
{
    struct cf_nearest search = {.found = word, .size = strlen(word)};
    for (size_t i = 0; i < suite->count; i++)
        cf_nearest_offer(&search, suite->cases[i].test_case->name);
    for (size_t i = 0; i < clauses->count; i++)
        cf_nearest_offer(&search, clauses->list[i].id);
    for (int i = 0; i < CF_VERDICT_COUNT; i++)
        cf_nearest_offer(&search, cf_verdict_name((enum cf_verdict)i));
    for (int i = URIPC_OK; i <= URIPC_ACCESS_DENIED; i++)
        cf_nearest_offer(&search, uripc_status_name((enum uripc_status)i));
    return cf_no_such("case, clause, status or verdict", word, &search.best, search.best != NULL,
                      "`uripc list` and `uripc list clauses` list them");
}

static int explain(const char *word, const struct cf_clauses *clauses, const struct cf_suite *suite)
{
    const struct cf_suite_case *entry = cf_suite_find(suite, word);
    const struct cf_clause_entry *clause = cf_clauses_find(clauses, word);
    bool is_status = explain_status(word);
    bool is_verdict = explain_verdict(word);
    if (entry)
        explain_case(clauses, entry->test_case);
    else if (clause)
        explain_clause(clauses, clause, suite);
    else if (!is_status && !is_verdict)
        return explain_nothing(word, clauses, suite);
    return CF_EXIT_OK;
}

int cf_cmd_explain(int argc, char **argv)
{
    const struct argp argp = {NULL, parse, "CASE|CLAUSE|STATUS|VERDICT", help, NULL, NULL, NULL};
    const char *word = NULL;
    int status = CF_EXIT_USAGE;
    struct cf_clauses clauses = {0};
    struct cf_suite suite = {0};
    cf_arguments(&argp, argc, argv, &word);
    if (cf_clauses_load(&clauses) && cf_suite_load(&suite, &clauses))
        status = explain(word, &clauses, &suite);
    cf_suite_free(&suite);
    cf_clauses_free(&clauses);
    return status;
}
