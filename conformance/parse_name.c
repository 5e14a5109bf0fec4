/* SPDX-License-Identifier: MIT */
/* Processes, handles, calls, captures, clauses: what they may be called and whether they exist. */
#include <string.h>

#include "parse.h"

/* Words that mean something where a name may stand, too. */
static const char *const reserved[] = {"all", "info", "nonstrict", "would-block"};

static bool is_lower(char c)
{
    return c >= 'a' && c <= 'z';
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_upper(char c)
{
    return c >= 'A' && c <= 'Z';
}

/* Whether the token is of the form [a-z][a-z0-9_-]*, or may also begin with a digit. */
static bool is_name(const struct cf_token *token, bool digit_first)
{
    if (token->kind != CF_TOKEN_WORD || !(is_lower(*token->at) || digit_first))
        return false;
    for (size_t i = 0; i < token->size; i++) {
        const char c = token->at[i];
        const bool fits = is_lower(c) || is_digit(c) || c == '-' || (c == '_' && !digit_first);
        if (!fits)
            return false;
    }
    return true;
}

static bool is_process(const struct cf_token *token)
{
    if (token->kind != CF_TOKEN_WORD || !is_upper(*token->at))
        return false;
    for (size_t i = 0; i < token->size; i++) {
        const char c = token->at[i];
        if (!is_upper(c) && !is_lower(c) && !is_digit(c) && c != '_')
            return false;
    }
    return true;
}

static bool is_reserved(const struct cf_token *token)
{
    for (size_t i = 0; i < sizeof reserved / sizeof *reserved; i++)
        if (cf_token_is(token, reserved[i]))
            return true;
    return false;
}

static bool find(const struct cf_name_list *names, const char *at, size_t size,
                 struct cf_name *name)
{
    for (size_t i = 0; i < names->count; i++) {
        if (strlen(names->names[i]) == size && memcmp(names->names[i], at, size) == 0) {
            *name = (struct cf_name){.name = names->names[i], .slot = (uint32_t)i};
            return true;
        }
    }
    return false;
}

/* Finds a name or gives it the next slot. */
static bool introduce(struct cf_parser *parser, struct cf_name_list *names, const char *at,
                      size_t size, struct cf_name *name)
{
    if (find(names, at, size, name))
        return true;
    const char **const list =
        cf_arena_grow(parser->arena, names->names, names->count, &names->capacity, sizeof *list);
    const char *const copy = list == NULL ? NULL : cf_arena_copy(parser->arena, at, size);
    if (copy == NULL)
        return cf_parse_no_memory(parser);
    names->names = list;
    names->names[names->count] = copy;
    *name = (struct cf_name){.name = copy, .slot = (uint32_t)names->count++};
    return true;
}

/* Gives a process that is mentioned for the first time its scope. */
static bool introduce_process(struct cf_parser *parser, const struct cf_token *token,
                              struct cf_name *name)
{
    const size_t before = parser->processes.count;
    if (before == CF_PROCESSES_MAX && !find(&parser->processes, token->at, token->size, name)) {
        cf_parse_complain(parser, token->at, "expected at most %d processes, found more",
                          CF_PROCESSES_MAX);
        return false;
    }
    struct cf_scope *const scopes = cf_arena_grow(parser->arena, parser->scopes, before,
                                                  &parser->scope_capacity, sizeof *scopes);
    if (scopes == NULL)
        return cf_parse_no_memory(parser);
    parser->scopes = scopes;
    if (!introduce(parser, &parser->processes, token->at, token->size, name))
        return false;
    if (parser->processes.count > before) {
        scopes[before] = (struct cf_scope){.line = parser->lines[parser->at].number,
                                           .column = cf_parse_column(parser, token->at)};
    }
    return true;
}

bool cf_parse_process(struct cf_parser *parser, uint32_t *process)
{
    struct cf_name name = {.slot = CF_NONE};
    if (!is_process(&parser->token))
        return cf_parse_expected(parser, "a process (such as A)", NULL);
    if (!introduce_process(parser, &parser->token, &name))
        return false;
    *process = name.slot;
    cf_parse_next(parser);
    return true;
}

static void offer_names(struct cf_nearest *search, const struct cf_name_list *names)
{
    for (size_t i = 0; i < names->count; i++)
        cf_nearest_offer(search, names->names[i]);
}

bool cf_parse_known(struct cf_parser *parser, const struct cf_name_list *names, const char *what,
                    struct cf_name *name)
{
    const struct cf_token *const token = &parser->token;
    if (token->kind == CF_TOKEN_WORD && find(names, token->at, token->size, name)) {
        cf_parse_next(parser);
        return true;
    }
    struct cf_nearest search = cf_parse_search(parser);
    offer_names(&search, names);
    return cf_parse_expected(parser, what, &search);
}

bool cf_parse_new(struct cf_parser *parser, struct cf_name_list *names, const char *what,
                  struct cf_name *name)
{
    if (!is_name(&parser->token, false))
        return cf_parse_expected(parser, what, NULL);
    if (is_reserved(&parser->token)) {
        return cf_parse_expected(parser, "a name other than all, info, nonstrict and would-block",
                                 NULL);
    }
    return introduce(parser, names, parser->token.at, parser->token.size, name);
}

/* Captures. */

static const char *capture_what(enum cf_capture_kind kind)
{
    return kind == CF_CAPTURES_MESSAGE ? "a captured message id (such as $m)"
                                       : "a captured incarnation (such as $i)";
}

bool cf_parse_captured(struct cf_parser *parser, enum cf_capture_kind kind, struct cf_name *name)
{
    const struct cf_token *const token = &parser->token;
    if (token->kind == CF_TOKEN_CAPTURE &&
        find(&parser->captures, token->at + 1, token->size - 1, name) &&
        (parser->capture_kinds[name->slot] & (uint32_t)kind) != 0) {
        cf_parse_next(parser);
        return true;
    }
    struct cf_nearest search = {.found = token->at + 1, .size = token->size - 1};
    if (token->kind != CF_TOKEN_CAPTURE)
        return cf_parse_expected(parser, capture_what(kind), NULL);
    for (size_t i = 0; i < parser->captures.count; i++)
        if ((parser->capture_kinds[i] & (uint32_t)kind) != 0)
            cf_nearest_offer(&search, parser->captures.names[i]);
    char hint[80];
    if (search.best != NULL) {
        snprintf(hint, sizeof hint, "$%.64s", search.best);
        search.best = hint;
    }
    return cf_parse_expected(parser, capture_what(kind), &search);
}

/* Notes what the capture at a token captures. */
static bool introduce_capture(struct cf_parser *parser, const struct cf_token *token,
                              enum cf_capture_kind kind, struct cf_name *name)
{
    const size_t before = parser->captures.count;
    uint32_t *const kinds = cf_arena_grow(parser->arena, parser->capture_kinds, before,
                                          &parser->capture_kind_capacity, sizeof *kinds);
    if (kinds == NULL)
        return cf_parse_no_memory(parser);
    parser->capture_kinds = kinds;
    if (!introduce(parser, &parser->captures, token->at + 1, token->size - 1, name))
        return false;
    if (parser->captures.count > before)
        kinds[before] = 0;
    kinds[name->slot] |= (uint32_t)kind;
    return true;
}

bool cf_parse_capturing(struct cf_parser *parser, enum cf_capture_kind kind, struct cf_name *name)
{
    if (parser->token.kind != CF_TOKEN_CAPTURE)
        return cf_parse_expected(parser, "a name for the captured value (such as $i)", NULL);
    const struct cf_token token = parser->token;
    if (!introduce_capture(parser, &token, kind, name))
        return false;
    if (parser->capture_kinds[name->slot] == CF_CAPTURES_ANYTHING)
        return cf_parse_expected(parser, "a name that captures one kind of value", NULL);
    cf_parse_next(parser);
    return true;
}

/* Names of cases and profiles, clauses. */

bool cf_parse_plain_name(struct cf_parser *parser, const char *what, const char **name)
{
    if (!is_name(&parser->token, true))
        return cf_parse_expected(parser, what, NULL);
    *name = cf_arena_copy(parser->arena, parser->token.at, parser->token.size);
    if (*name == NULL)
        return cf_parse_no_memory(parser);
    cf_parse_next(parser);
    return true;
}

/* Whether the token is of the form [A-Z]{2,4}-[0-9]+. */
static bool is_clause(const struct cf_token *token)
{
    if (token->kind != CF_TOKEN_WORD)
        return false;
    size_t at = 0;
    while (at < token->size && is_upper(token->at[at]))
        at++;
    if (at < 2 || at > 4 || at + 1 >= token->size || token->at[at] != '-')
        return false;
    for (at++; at < token->size; at++)
        if (!is_digit(token->at[at]))
            return false;
    return true;
}

bool cf_parse_clause(struct cf_parser *parser, struct cf_clause *clause)
{
    if (!is_clause(&parser->token))
        return cf_parse_expected(parser, "a clause (such as SND-1)", NULL);
    *clause =
        (struct cf_clause){.id = cf_arena_copy(parser->arena, parser->token.at, parser->token.size),
                           .line = parser->lines[parser->at].number,
                           .column = cf_parse_column(parser, parser->token.at)};
    if (clause->id == NULL)
        return cf_parse_no_memory(parser);
    cf_parse_next(parser);
    return true;
}

/* Introduces the names after one `as`. */
static void salvage_name(struct cf_parser *parser, uint32_t process, const struct cf_token *token)
{
    struct cf_name name = {.slot = CF_NONE};
    if (token->kind == CF_TOKEN_CAPTURE) {
        introduce_capture(parser, token, CF_CAPTURES_ANYTHING, &name);
    } else if (process != CF_NONE && is_name(token, false)) {
        struct cf_scope *const scope = &parser->scopes[process];
        introduce(parser, &scope->handles, token->at, token->size, &name);
        introduce(parser, &scope->calls, token->at, token->size, &name);
    }
}

void cf_parse_salvage(struct cf_parser *parser, const struct cf_line *line)
{
    struct cf_lexer lexer = {.at = line->at, .end = line->at + line->size};
    struct cf_token token = cf_lex(&lexer);
    struct cf_name name = {.slot = CF_NONE};
    uint32_t process = CF_NONE;
    if (is_process(&token) && find(&parser->processes, token.at, token.size, &name)) {
        process = name.slot;
        parser->scopes[process].speaks = true;
    }
    while (token.kind != CF_TOKEN_END && token.kind != CF_TOKEN_BAD && !parser->no_memory) {
        const bool as = cf_token_is(&token, "as");
        token = cf_lex(&lexer);
        if (as)
            salvage_name(parser, process, &token);
    }
}
