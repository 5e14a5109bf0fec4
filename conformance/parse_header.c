/* SPDX-License-Identifier: MIT */
/* The lines before the first step, and what is only known at the end. */
#include <string.h>

#include "parse.h"

/* The file's name without folders and ".case"; 0: it has no such end. */
static size_t file_stem(const char *file, const char **stem)
{
    const char *const slash = strrchr(file, '/');
    *stem = slash == NULL ? file : slash + 1;
    const size_t size = strlen(*stem), suffix = strlen(".case");
    if (size <= suffix || strcmp(*stem + size - suffix, ".case") != 0)
        return 0;
    return size - suffix;
}

static bool parse_case(struct cf_parser *parser)
{
    struct cf_case *const made = parser->made;
    const char *const at = parser->token.at;
    made->name_line = parser->lines[parser->at].number;
    if (!cf_parse_plain_name(parser, "a case name (a-z, 0-9 and -)", &made->name))
        return false;
    const char *stem;
    const size_t size = file_stem(made->file, &stem);
    if (size > 0 && (strlen(made->name) != size || memcmp(made->name, stem, size) != 0)) {
        cf_parse_complain(parser, at, "expected the file's name \"%.*s\", found \"%.64s\"",
                          (int)size, stem, made->name);
        return false;
    }
    return true;
}

/* The rest of the line, whatever it says. */
static bool parse_promise(struct cf_parser *parser)
{
    const char *at = parser->last_end;
    const char *end = parser->lexer.end;
    while (at < end && (*at == ' ' || *at == '\t'))
        at++;
    while (end > at && (end[-1] == ' ' || end[-1] == '\t'))
        end--;
    if (at == end) {
        cf_parse_complain(parser, at, "expected a sentence, found the end of the line");
        return false;
    }
    parser->made->promise = cf_arena_copy(parser->arena, at, (size_t)(end - at));
    parser->token = (struct cf_token){.at = end};
    return parser->made->promise != NULL || cf_parse_no_memory(parser);
}

static bool knows_clause(const struct cf_parser *parser, const char *id)
{
    for (size_t i = 0; i < parser->made->clause_count; i++)
        if (strcmp(parser->clauses[i].id, id) == 0)
            return true;
    return false;
}

static bool parse_clauses(struct cf_parser *parser)
{
    struct cf_case *const made = parser->made;
    do {
        const char *const at = parser->token.at;
        struct cf_clause clause;
        if (!cf_parse_clause(parser, &clause))
            return false;
        if (knows_clause(parser, clause.id)) {
            cf_parse_complain(parser, at, "expected each clause once, found %.64s again",
                              clause.id);
            return false;
        }
        struct cf_clause *const clauses =
            cf_arena_grow(parser->arena, parser->clauses, made->clause_count,
                          &parser->clause_capacity, sizeof *clauses);
        if (clauses == NULL)
            return cf_parse_no_memory(parser);
        parser->clauses = clauses;
        clauses[made->clause_count++] = clause;
    } while (parser->token.kind != CF_TOKEN_END);
    return true;
}

static bool parse_profile(struct cf_parser *parser)
{
    struct cf_case *const made = parser->made;
    made->profile_line = parser->lines[parser->at].number;
    made->profile_column = cf_parse_column(parser, parser->token.at);
    if (!cf_parse_plain_name(parser, "a profile (such as local)", &made->profile))
        return false;
    if (strcmp(made->profile, "local") != 0)
        made->needs |= CF_NEED_PROFILES;
    return true;
}

static bool parse_needs(struct cf_parser *parser)
{
    do {
        int need;
        if (!cf_parse_word(parser, &cf_need_words, &need))
            return false;
        parser->made->needs |= (uint32_t)need;
        parser->made->needs_stated |= (uint32_t)need;
    } while (parser->token.kind != CF_TOKEN_END);
    return true;
}

static bool parse_realm(struct cf_parser *parser)
{
    int open;
    if (!cf_parse_word(parser, &cf_realm_words, &open))
        return false;
    parser->made->open = open;
    return true;
}

static bool parse_resolver(struct cf_parser *parser)
{
    int kind;
    if (!cf_parse_word(parser, &cf_resolver_words, &kind))
        return false;
    parser->made->resolver = (enum cf_resolver)kind;
    if (kind != CF_RESOLVER_TABLE)
        parser->made->needs |= CF_NEED_RESOLVERS;
    return true;
}

static bool parse_probes(struct cf_parser *parser)
{
    int need;
    if (!cf_parse_word(parser, &cf_capability_words, &need))
        return false;
    parser->made->needs |= (uint32_t)need;
    parser->made->probes = (uint32_t)need;
    return true;
}

static uint32_t *limit_of(struct cf_limits *limits, int word)
{
    switch ((enum cf_limit_word)word) {
    case CF_LIMIT_REGISTRATIONS:
        return &limits->registrations;
    case CF_LIMIT_OPERATIONS:
        return &limits->operations;
    case CF_LIMIT_ROUTES:
        return &limits->routes;
    case CF_LIMIT_POOL:
        return &limits->pool_bytes;
    case CF_LIMIT_URI:
        break;
    }
    return &limits->uri_units;
}

static bool parse_limits(struct cf_parser *parser)
{
    struct cf_case *const made = parser->made;
    made->needs |= CF_NEED_LIMITS;
    if (cf_parse_is(parser, "tiny") && parser->limits_seen == 0) {
        made->limits.tiny = true;
        cf_parse_next(parser);
        return true;
    }
    do {
        int word;
        const char *const at = parser->token.at;
        if (!cf_parse_word(parser, &cf_limit_words, &word))
            return false;
        if ((parser->limits_seen & 1u << word) != 0 || made->limits.tiny) {
            cf_parse_complain(parser, at, "expected each limit once, found another one");
            return false;
        }
        parser->limits_seen |= 1u << word;
        if (!cf_parse_number32(parser, 1, UINT32_MAX, limit_of(&made->limits, word)))
            return false;
    } while (parser->token.kind != CF_TOKEN_END);
    return true;
}

static bool parse_line(struct cf_parser *parser, int word)
{
    switch ((enum cf_header_word)word) {
    case CF_HEADER_CASE:
        return parse_case(parser);
    case CF_HEADER_PROMISE:
        return parse_promise(parser);
    case CF_HEADER_CLAUSE:
        return parse_clauses(parser);
    case CF_HEADER_PROFILE:
        return parse_profile(parser);
    case CF_HEADER_REALM:
        return parse_realm(parser);
    case CF_HEADER_RESOLVER:
        return parse_resolver(parser);
    case CF_HEADER_NEEDS:
        return parse_needs(parser);
    case CF_HEADER_PROBES:
        return parse_probes(parser);
    case CF_HEADER_LIMITS:
        return parse_limits(parser);
    case CF_HEADER_DEADLINE:
        break;
    }
    return cf_parse_duration(parser, 1, &parser->made->deadline);
}

bool cf_parse_header(struct cf_parser *parser)
{
    static const uint32_t once = 1u << CF_HEADER_CASE | 1u << CF_HEADER_PROMISE |
                                 1u << CF_HEADER_PROFILE | 1u << CF_HEADER_REALM |
                                 1u << CF_HEADER_PROBES | 1u << CF_HEADER_DEADLINE |
                                 1u << CF_HEADER_RESOLVER;
    const struct cf_token token = parser->token;
    int word;
    if (!cf_words_find(&cf_header_words, token.at, token.size, &word)) {
        struct cf_nearest search = cf_parse_search(parser);
        cf_parse_offer(&search, &cf_header_words);
        cf_parse_offer(&search, &cf_world_words);
        cf_parse_offer(&search, &cf_block_words);
        return cf_parse_expected(parser, "a header line or a step", &search);
    }
    cf_parse_next(parser);
    const bool again = (parser->headers_seen & 1u << word) != 0;
    parser->headers_seen |= 1u << word;
    if (again && (once & 1u << word) != 0) {
        cf_parse_complain(parser, token.at, "expected one \"%s\" line, found another one",
                          cf_words_text(&cf_header_words, word));
        return false;
    }
    return parse_line(parser, word) && cf_parse_end(parser);
}

/* What only the end of the file shows. */

static void complain_missing(struct cf_parser *parser, const char *what)
{
    cf_complain(parser->diagnostics, &parser->source, parser->made->name_line, 1,
                "expected %s, found none", what);
}

/* A process that only things happen to is most likely a misspelled one. */
static void check_processes(struct cf_parser *parser)
{
    for (size_t i = 0; i < parser->processes.count; i++) {
        const char *const name = parser->processes.names[i];
        const struct cf_scope *const scope = &parser->scopes[i];
        if (scope->speaks)
            continue;
        struct cf_nearest search = {.found = name, .size = strlen(name)};
        for (size_t j = 0; j < parser->processes.count; j++)
            if (parser->scopes[j].speaks)
                cf_nearest_offer(&search, parser->processes.names[j]);
        const char *const best = search.best;
        cf_complain(parser->diagnostics, &parser->source, scope->line, scope->column,
                    "expected a process that makes calls, found \"%.64s\"%s%.64s%s", name,
                    best == NULL ? "" : "; did you mean \"", best == NULL ? "" : best,
                    best == NULL ? "" : "\"?");
    }
}

void cf_parse_finish(struct cf_parser *parser)
{
    if (parser->line_count == 0 && parser->diagnostics->count == 0) {
        cf_complain(parser->diagnostics, &parser->source, 0, 0,
                    "expected \"case NAME\", found a file without lines");
        return;
    }
    /* What is misspelled is not missing as well. */
    if (parser->made->name_line == 0 || parser->header_wrong)
        return;
    const uint32_t seen = parser->headers_seen;
    if ((seen & 1u << CF_HEADER_PROMISE) == 0)
        complain_missing(parser, "a \"promise\" line");
    if ((seen & 1u << CF_HEADER_CLAUSE) == 0)
        complain_missing(parser, "a \"clause\" line");
    if (parser->phase != CF_PHASE_STEPS)
        complain_missing(parser, "a step after the header");
    if (!parser->made->open && (parser->made->needs & CF_NEED_USERS) != 0)
        parser->made->needs |= CF_NEED_ACCESS;
    check_processes(parser);
}
