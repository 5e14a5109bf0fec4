/* SPDX-License-Identifier: MIT */
/* What is wrong with a text file, told at its place:
 *
 *     file:line:column: error: expected a step, found "recieve"; did you mean "receive"?
 *         A: recieve foo -> ok
 *            ^
 */
#ifndef URIPC_CONFORMANCE_DIAGNOSTIC_H
#define URIPC_CONFORMANCE_DIAGNOSTIC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#if defined(__GNUC__)
#define CF_PRINTF(text, first) __attribute__((format(printf, text, first)))
#else
#define CF_PRINTF(text, first)
#endif

enum {
    CF_DIAGNOSTICS_MAX = 20, /* more errors in one file help nobody */
    CF_MESSAGE_MAX = 320,
    CF_EXCERPT_CHARACTERS = 96,
    CF_EXCERPT_MAX = 4 * CF_EXCERPT_CHARACTERS + 1
};

struct cf_diagnostic {
    uint32_t line;   /* from 1; 0: about the file as a whole */
    uint32_t column; /* in characters, from 1 */
    char message[CF_MESSAGE_MAX];
    char excerpt[CF_EXCERPT_MAX]; /* the line, or what of it is around the column */
    uint32_t caret;               /* characters before the caret in the excerpt */
};

/* {0} is none.  Needs no clean-up. */
struct cf_diagnostics {
    char file[CF_MESSAGE_MAX];
    struct cf_diagnostic list[CF_DIAGNOSTICS_MAX]; /* in order of lines */
    size_t count;
    bool more; /* there were more than fit */
};

/* A whole file in memory, for finding lines. */
struct cf_source {
    const char *file;
    const char *bytes;
    size_t size;
};

/* Adds one error at a place of the source.  `line` 0: about the file as a whole. */
void cf_complain(struct cf_diagnostics *diagnostics, const struct cf_source *source, uint32_t line,
                 uint32_t column, const char *format, ...) CF_PRINTF(5, 6);

/* Prints all of them in the form above. */
void cf_diagnostics_print(const struct cf_diagnostics *diagnostics, FILE *out);

#endif
