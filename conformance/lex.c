/* SPDX-License-Identifier: MIT */
#include "lex.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "case.h"
#include "utf8.h"

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static int hex_value(char c)
{
    if (is_digit(c))
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* The code point of \u{H…} whose brace is at `at`.  Returns the bytes from brace to brace, 0: it
 * is none. */
static size_t read_code_point(const char *at, const char *end, uint32_t *point)
{
    const char *c = at + 1;
    uint32_t value = 0;
    while (c < end && c - at <= 6 && hex_value(*c) >= 0) {
        value = value * 16 + (uint32_t)hex_value(*c);
        c++;
    }
    if (at >= end || *at != '{' || c == at + 1 || c >= end || *c != '}' || value > 0x10ffff)
        return 0;
    *point = value;
    return (size_t)(c - at) + 1;
}

/* The bytes of the escape whose backslash is at `at`, backslash included; 0: it is none. */
static size_t escape_size(const char *at, const char *end)
{
    if (end - at < 2)
        return 0;
    uint32_t point;
    switch (at[1]) {
    case '"':
    case '\\':
    case 'n':
    case 't':
    case 'r':
    case '0':
    case '#':
        return 2;
    case 'x':
        return end - at >= 4 && hex_value(at[2]) >= 0 && hex_value(at[3]) >= 0 ? 4 : 0;
    case 'u': {
        const size_t braces = read_code_point(at + 2, end, &point);
        return braces == 0 ? 0 : braces + 2;
    }
    default:
        return 0;
    }
}

static struct cf_token bad(struct cf_lexer *lexer, const char *at, const char *problem)
{
    lexer->at = lexer->end;
    return (struct cf_token){.kind = CF_TOKEN_BAD, .at = at, .size = 1, .problem = problem};
}

static struct cf_token lex_string(struct cf_lexer *lexer)
{
    const char *const begin = lexer->at;
    const char *at = begin + 1;
    while (at < lexer->end && *at != '"') {
        if (*at == '\t')
            return bad(lexer, at, "expected \\t, found a raw tab in a string");
        const size_t size = *at == '\\' ? escape_size(at, lexer->end) : 1;
        if (size == 0) {
            return bad(lexer, at,
                       "expected an escape (\\\" \\\\ \\n \\t \\r \\0 \\xHH \\u{H...} \\#), "
                       "found another use of \\");
        }
        at += size;
    }
    if (at == lexer->end)
        return bad(lexer, begin, "expected a closing quote, found the end of the line");
    lexer->at = at + 1;
    return (struct cf_token){
        .kind = CF_TOKEN_STRING, .at = begin, .size = (size_t)(lexer->at - begin)};
}

/* Where a word that begins at `at` ends; `at` itself: there is none. */
static const char *word_end(const char *at, const char *end)
{
    const char *const begin = at;
    while (at < end) {
        const bool last = at + 1 == end;
        const bool dash = *at == '-' && at > begin && !(!last && at[1] == '>');
        const bool dot = *at == '.' && at > begin && is_digit(at[-1]) && !last && is_digit(at[1]);
        if (!is_letter(*at) && !is_digit(*at) && *at != '_' && !dash && !dot)
            break;
        at++;
    }
    return at;
}

/* A token of `size` bytes. */
static struct cf_token take(struct cf_lexer *lexer, enum cf_token_kind kind, size_t size)
{
    const struct cf_token token = {.kind = kind, .at = lexer->at, .size = size};
    lexer->at += size;
    return token;
}

struct cf_token cf_lex(struct cf_lexer *lexer)
{
    while (lexer->at < lexer->end && (*lexer->at == ' ' || *lexer->at == '\t'))
        lexer->at++;
    const char *const at = lexer->at;
    const size_t left = (size_t)(lexer->end - at);
    if (left == 0 || *at == '#')
        return (struct cf_token){.kind = CF_TOKEN_END, .at = at};
    if (*at == '"')
        return lex_string(lexer);
    const char *const word = word_end(at, lexer->end);
    if (word > at)
        return take(lexer, CF_TOKEN_WORD, (size_t)(word - at));
    if (*at == '$') {
        const size_t size = (size_t)(word_end(at + 1, lexer->end) - at);
        if (size > 1 && at[1] >= 'a' && at[1] <= 'z')
            return take(lexer, CF_TOKEN_CAPTURE, size);
        return bad(lexer, at, "expected a lowercase name after $");
    }
    if (left >= 2 && at[0] == '-' && at[1] == '>')
        return take(lexer, CF_TOKEN_ARROW, 2);
    if (left >= 2 && at[0] == '.' && at[1] == '.')
        return take(lexer, CF_TOKEN_RANGE, 2);
    if (strchr(":+*|[]/", *at) != NULL)
        return take(lexer, CF_TOKEN_SIGN, 1);
    return bad(lexer, at, "expected a word, a string or a sign, found a character that is none");
}

const char *cf_lex_problem(const char *line, size_t size, size_t *offset)
{
    if (size > CF_LINE_MAX) {
        *offset = CF_LINE_MAX;
        return "expected at most 4096 bytes in a line, found more";
    }
    for (size_t at = 0; at < size;) {
        uint32_t point;
        const size_t length = cf_utf8_read(line + at, size - at, &point);
        *offset = at;
        if (length == 0)
            return "expected UTF-8, found other bytes";
        if ((point < ' ' && point != '\t') || point == 0x7f)
            return "expected text, found a control character";
        at += length;
    }
    return NULL;
}

/* What a two-byte escape stands for. */
static char plain_escape(char c)
{
    switch (c) {
    case 'n':
        return '\n';
    case 't':
        return '\t';
    case 'r':
        return '\r';
    case '0':
        return '\0';
    default:
        return c;
    }
}

/* Decodes one escape.  Returns what it wrote and moves *at behind it. */
static size_t decode_escape(const char **at, const char *end, uint32_t iteration, char *to,
                            bool *uses_iteration)
{
    const char *const c = *at;
    *at += escape_size(c, end);
    switch (c[1]) {
    case '#': {
        *uses_iteration = true;
        char digits[CF_ITERATION_DIGITS + 1];
        const int size = snprintf(digits, sizeof digits, "%" PRIu32, iteration);
        memcpy(to, digits, (size_t)size);
        return (size_t)size;
    }
    case 'x':
        *to = (char)(hex_value(c[2]) * 16 + hex_value(c[3]));
        return 1;
    case 'u': {
        uint32_t point = 0;
        read_code_point(c + 2, end, &point);
        return cf_utf8_write(point, to);
    }
    default:
        *to = plain_escape(c[1]);
        return 1;
    }
}

size_t cf_lex_decode(const struct cf_token *token, uint32_t iteration, char *to,
                     bool *uses_iteration)
{
    const char *at = token->at + 1;
    const char *const end = token->at + token->size - 1;
    size_t used = 0;
    while (at < end)
        if (*at == '\\')
            used += decode_escape(&at, end, iteration, to + used, uses_iteration);
        else
            to[used++] = *at++;
    return used;
}

bool cf_token_is(const struct cf_token *token, const char *text)
{
    return token->size == strlen(text) && memcmp(token->at, text, token->size) == 0;
}
