/* SPDX-License-Identifier: MIT */
/* Any bytes as a case: either it has errors that can be printed, or its canonical form is the same
 * case and its own canonical form. */
#define _POSIX_C_SOURCE 200809L /* open_memstream */

#include <stdlib.h>
#include <string.h>

#include "conformance/case.h"
#include "conformance/case_equal.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool condition, const char *what)
{
    if (!condition) {
        fprintf(stderr, "not so: %s\n", what);
        abort();
    }
}

/* The canonical form; the caller frees it. */
static char *print(const struct cf_case *from, size_t *size)
{
    char *text = NULL;
    FILE *const out = open_memstream(&text, size);
    require(out != NULL, "there is memory");
    cf_case_print(from, out);
    require(fclose(out) == 0, "there is memory");
    return text;
}

/* A canonical form may be longer than what it comes from, and then too long to be read. */
static bool fits(const char *text, size_t size)
{
    size_t line = 0;
    for (size_t i = 0; i < size; i++) {
        line = text[i] == '\n' ? 0 : line + 1;
        if (line > CF_LINE_MAX)
            return false;
    }
    return size <= CF_FILE_MAX;
}

static void check_errors(const struct cf_diagnostics *diagnostics)
{
    char *text = NULL;
    size_t size = 0;
    FILE *const out = open_memstream(&text, &size);
    require(out != NULL, "there is memory");
    cf_diagnostics_print(diagnostics, out);
    require(fclose(out) == 0, "there is memory");
    require(diagnostics->count > 0, "what is no case has an error");
    require(size > 0 && memchr(text, '\0', size) == NULL, "errors are text");
    for (size_t i = 0; i < diagnostics->count; i++) {
        const struct cf_diagnostic *const one = &diagnostics->list[i];
        require(one->line == 0 || one->column > 0, "an error has a column");
        require(i == 0 || one->line >= diagnostics->list[i - 1].line, "errors are in order");
    }
    free(text);
}

static void check_round_trip(const struct cf_case *first)
{
    static struct cf_diagnostics diagnostics;
    size_t size, again_size;
    char *const text = print(first, &size);
    if (fits(text, size)) {
        diagnostics = (struct cf_diagnostics){.count = 0};
        struct cf_case *const second = cf_case_parse("canonical", text, size, &diagnostics);
        if (second == NULL)
            cf_diagnostics_print(&diagnostics, stderr);
        require(second != NULL, "a canonical form is a case");
        const char *const difference = cf_case_difference(first, second);
        require(difference == NULL, difference == NULL ? "" : difference);
        char *const again = print(second, &again_size);
        require(size == again_size && memcmp(text, again, size) == 0,
                "a canonical form is its own");
        free(again);
        cf_case_free(second);
    }
    free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct cf_diagnostics diagnostics;
    diagnostics = (struct cf_diagnostics){.count = 0};
    struct cf_case *const made = cf_case_parse("fuzz", (const char *)data, size, &diagnostics);
    if (made == NULL) {
        check_errors(&diagnostics);
    } else {
        require(diagnostics.count == 0, "a case has no errors");
        check_round_trip(made);
    }
    cf_case_free(made);
    return 0;
}
