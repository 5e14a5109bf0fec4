/* SPDX-License-Identifier: MIT */
/* Words of a list, numbers, durations, texts and data. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "parse.h"

#define DURATION_MAX UINT64_C(1000000000000000000) /* 1000000000s in nanoseconds */

enum { SPELLING_MAX = 8 * CF_LINE_MAX };

bool cf_parse_one_of(struct cf_parser *parser, const struct cf_words *words,
                     const struct cf_words *more, const char *what, int *value)
{
    const struct cf_token *const token = &parser->token;
    if (token->kind == CF_TOKEN_WORD && cf_words_find(words, token->at, token->size, value)) {
        cf_parse_next(parser);
        return true;
    }
    struct cf_nearest search = cf_parse_search(parser);
    cf_parse_offer(&search, words);
    if (more != NULL)
        cf_parse_offer(&search, more);
    return cf_parse_expected(parser, what, &search);
}

bool cf_parse_word(struct cf_parser *parser, const struct cf_words *words, int *value)
{
    return cf_parse_one_of(parser, words, NULL, words->what, value);
}

/* Reads digits up to `end`.  False: there are none, something else follows, or it is too much. */
static bool read_digits(const char *at, const char *end, uint64_t *value)
{
    *value = 0;
    if (at == end)
        return false;
    for (; at < end; at++) {
        if (*at < '0' || *at > '9')
            return false;
        const uint64_t digit = (uint64_t)(*at - '0');
        if (*value > (UINT64_MAX - digit) / 10)
            return false;
        *value = *value * 10 + digit;
    }
    return true;
}

bool cf_parse_number(struct cf_parser *parser, uint64_t least, uint64_t most, uint64_t *value)
{
    const struct cf_token *const token = &parser->token;
    uint64_t number = 0;
    if (token->kind == CF_TOKEN_WORD && read_digits(token->at, token->at + token->size, &number) &&
        number >= least && number <= most) {
        *value = number;
        cf_parse_next(parser);
        return true;
    }
    char what[80];
    snprintf(what, sizeof what, "a number from %" PRIu64 " to %" PRIu64, least, most);
    return cf_parse_expected(parser, what, NULL);
}

bool cf_parse_number32(struct cf_parser *parser, uint32_t least, uint32_t most, uint32_t *value)
{
    uint64_t number = 0;
    if (!cf_parse_number(parser, least, most, &number))
        return false;
    *value = (uint32_t)number;
    return true;
}

/* The nanoseconds in one of the unit at `at`; 0: it is none. */
static uint64_t unit_size(const char *at, size_t size)
{
    static const struct {
        const char *name;
        uint64_t size;
    } units[] = {{"ns", 1}, {"us", 1000}, {"ms", 1000000}, {"s", 1000000000}};
    for (size_t i = 0; i < sizeof units / sizeof *units; i++)
        if (strlen(units[i].name) == size && memcmp(units[i].name, at, size) == 0)
            return units[i].size;
    return 0;
}

/* Adds the digits after the dot.  False: less than a nanosecond. */
static bool add_fraction(const char *at, const char *end, uint64_t unit, uint64_t *value)
{
    for (; at < end; at++) {
        const uint64_t digit = (uint64_t)(*at - '0');
        if (unit % 10 != 0 && digit != 0)
            return false;
        unit /= 10;
        *value += digit * unit;
    }
    return true;
}

static bool read_duration(const char *at, const char *end, uint64_t *nanoseconds)
{
    const char *dot = at;
    while (dot < end && *dot >= '0' && *dot <= '9')
        dot++;
    const char *fraction = dot;
    const char *unit_at = dot;
    if (dot < end && *dot == '.') {
        fraction++;
        unit_at++;
        while (unit_at < end && *unit_at >= '0' && *unit_at <= '9')
            unit_at++;
    }
    uint64_t whole = 0;
    const uint64_t unit = unit_size(unit_at, (size_t)(end - unit_at));
    if (unit == 0 || !read_digits(at, dot, &whole) || whole > DURATION_MAX / unit)
        return false;
    *nanoseconds = whole * unit;
    return add_fraction(fraction, unit_at, unit, nanoseconds) && *nanoseconds <= DURATION_MAX;
}

bool cf_parse_duration(struct cf_parser *parser, uint64_t least, uint64_t *nanoseconds)
{
    const struct cf_token *const token = &parser->token;
    uint64_t value = 0;
    if (token->kind == CF_TOKEN_WORD && read_duration(token->at, token->at + token->size, &value) &&
        value >= least) {
        *nanoseconds = value;
        cf_parse_next(parser);
        return true;
    }
    return cf_parse_expected(parser,
                             least > 0 ? "a duration above zero (such as 50ms), at most 1000000000s"
                                       : "a duration (such as 50ms or 1.5us), at most 1000000000s",
                             NULL);
}

/* Texts. */

/* Counts the bytes of a text or data, and ends everything if there are too many. */
static bool count_text(struct cf_parser *parser, size_t size)
{
    parser->texts += size;
    if (parser->texts <= CF_TEXTS_MAX)
        return true;
    cf_parse_complain(parser, parser->token.at,
                      "expected at most %d bytes in all texts together, found more", CF_TEXTS_MAX);
    parser->stop = true;
    return false;
}

/* Makes room for `size` bytes in the scratch memory. */
static bool reserve(struct cf_parser *parser, size_t size)
{
    if (size <= parser->scratch_size)
        return true;
    size_t larger = parser->scratch_size == 0 ? CF_LINE_MAX : parser->scratch_size;
    while (larger < size)
        larger *= 2;
    char *const scratch = realloc(parser->scratch, larger);
    if (scratch == NULL)
        return cf_parse_no_memory(parser);
    parser->scratch = scratch;
    parser->scratch_size = larger;
    return true;
}

/* One STRING ["*" N]: appends its bytes to the scratch memory and its spelling to `spelling`. */
static bool parse_piece(struct cf_parser *parser, size_t *size, char *spelling, size_t *spelled)
{
    const struct cf_token token = parser->token;
    if (token.kind != CF_TOKEN_STRING)
        return cf_parse_expected(parser, "a text in quotes", NULL);
    if (!reserve(parser, *size + token.size * CF_DECODED_MAX))
        return false;
    const size_t one =
        cf_lex_decode(&token, parser->iteration, parser->scratch + *size, &parser->uses_iteration);
    uint32_t times = 1;
    cf_parse_next(parser);
    if (cf_parse_accept(parser, "*") && !cf_parse_number32(parser, 1, CF_TEXT_MAX, &times))
        return false;
    if (*size + one * times > CF_TEXT_MAX) {
        cf_parse_complain(parser, token.at, "expected a text of at most %d bytes, found more",
                          CF_TEXT_MAX);
        return false;
    }
    if (!reserve(parser, *size + one * times))
        return false;
    for (uint32_t i = 1; i < times; i++)
        memcpy(parser->scratch + *size + one * i, parser->scratch + *size, one);
    *size += one * times;
    memcpy(spelling + *spelled, token.at, token.size);
    *spelled += token.size;
    if (times > 1)
        *spelled += (size_t)snprintf(spelling + *spelled, 16, "*%" PRIu32, times);
    return true;
}

bool cf_parse_text(struct cf_parser *parser, struct cf_text *text)
{
    char spelling[SPELLING_MAX];
    size_t size = 0, spelled = 0;
    if (!parse_piece(parser, &size, spelling, &spelled))
        return false;
    while (cf_parse_accept(parser, "+")) {
        memcpy(spelling + spelled, " + ", 3);
        spelled += 3;
        if (!parse_piece(parser, &size, spelling, &spelled))
            return false;
    }
    if (!count_text(parser, size))
        return false;
    text->at = cf_arena_copy(parser->arena, parser->scratch, size);
    text->size = size;
    text->spelling = cf_arena_copy(parser->arena, spelling, spelled);
    return (text->at != NULL && text->spelling != NULL) || cf_parse_no_memory(parser);
}

/* Data. */

void cf_data_fill(void *to, size_t count, uint32_t seed)
{
    const uint32_t factor = (2 * seed + 1) * UINT32_C(2654435769);
    unsigned char *const bytes = to;
    for (size_t i = 0; i < count; i++)
        bytes[i] = (unsigned char)(((uint32_t)i + 1) * factor >> 24);
}

static bool parse_bytes(struct cf_parser *parser, struct cf_data *data)
{
    data->kind = CF_DATA_BYTES;
    data->seed = 1;
    if (!cf_parse_number32(parser, 0, CF_TEXT_MAX, &data->count))
        return false;
    if (cf_parse_accept(parser, "seed") && !cf_parse_number32(parser, 0, UINT32_MAX, &data->seed))
        return false;
    if (!count_text(parser, data->count))
        return false;
    char *const bytes = cf_arena_take(parser->arena, data->count);
    if (bytes == NULL)
        return cf_parse_no_memory(parser);
    cf_data_fill(bytes, data->count, data->seed);
    data->text = (struct cf_text){.at = bytes, .size = data->count};
    return true;
}

bool cf_parse_data(struct cf_parser *parser, bool null, struct cf_data *data)
{
    if (parser->token.kind == CF_TOKEN_STRING) {
        data->kind = CF_DATA_TEXT;
        return cf_parse_text(parser, &data->text);
    }
    if (cf_parse_accept(parser, "empty")) {
        *data = (struct cf_data){.kind = CF_DATA_EMPTY, .text = {.at = ""}};
        return true;
    }
    if (cf_parse_accept(parser, "bytes"))
        return parse_bytes(parser, data);
    if (null && cf_parse_accept(parser, "null")) {
        data->kind = CF_DATA_NULL;
        return cf_parse_number32(parser, 0, UINT32_MAX, &data->count);
    }
    return true;
}
