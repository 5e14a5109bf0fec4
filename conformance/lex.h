/* SPDX-License-Identifier: MIT */
/* The words of one line of a case. */
#ifndef URIPC_CONFORMANCE_LEX_H
#define URIPC_CONFORMANCE_LEX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum cf_token_kind {
    CF_TOKEN_END,     /* of the line, or a comment */
    CF_TOKEN_WORD,    /* letters, digits, _ and -; a dot between digits */
    CF_TOKEN_STRING,  /* with its quotes; every escape in it is right */
    CF_TOKEN_CAPTURE, /* $name; `at` is the dollar sign */
    CF_TOKEN_ARROW,   /* -> */
    CF_TOKEN_RANGE,   /* .. */
    CF_TOKEN_SIGN,    /* one of : + * | [ ] / */
    CF_TOKEN_BAD      /* `problem` says why */
};

struct cf_token {
    enum cf_token_kind kind;
    const char *at;
    size_t size;
    const char *problem; /* BAD: a whole sentence about what is at `at` */
};

struct cf_lexer {
    const char *at;
    const char *end;
};

/* The next word.  At the end, again and again, the end. */
struct cf_token cf_lex(struct cf_lexer *lexer);

/* Why a line is no text (bytes that are no UTF-8, control characters, too long), with the byte it
 * is about; NULL: it is. */
const char *cf_lex_problem(const char *line, size_t size, size_t *offset);

/* The bytes of a STRING token.  `to` has room for CF_DECODED_MAX of them for each byte of the
 * token, since \# becomes a number; *uses_iteration becomes true if there is one. */
size_t cf_lex_decode(const struct cf_token *token, uint32_t iteration, char *to,
                     bool *uses_iteration);

enum { CF_ITERATION_DIGITS = 10, CF_DECODED_MAX = CF_ITERATION_DIGITS / 2 };

bool cf_token_is(const struct cf_token *token, const char *text);

#endif
