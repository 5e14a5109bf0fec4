/* SPDX-License-Identifier: MIT */
/* The inside of case_print*.c: a case in canonical form, word by word.  Everything begins with a
 * space but where it is said otherwise. */
#ifndef URIPC_CONFORMANCE_CASE_PRINT_H
#define URIPC_CONFORMANCE_CASE_PRINT_H

#include "case.h"

/* "WORD D"; "WORD N", or nothing for 0. */
void cf_print_duration(const char *word, uint64_t nanoseconds, FILE *out);
void cf_print_number(const char *word, uint64_t number, FILE *out);

/* case_print_call.c: all that follows "P:". */
void cf_print_call(const struct cf_step *step, FILE *out);

/* case_print_expect.c: the arrow and what follows, or nothing where that is the default. */
void cf_print_expect(const struct cf_step *step, FILE *out);

#endif
