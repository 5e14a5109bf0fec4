/* SPDX-License-Identifier: MIT */
/* Lines, blocks and messages. */
#include "parse.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "utf8.h"

enum { DEPTH_MAX = 8, SHOWN_MAX = 40 };

/* Messages and tokens. */

void cf_parse_next(struct cf_parser *parser)
{
    parser->last_end = parser->token.at + parser->token.size;
    parser->token = cf_lex(&parser->lexer);
}

uint32_t cf_parse_column(const struct cf_parser *parser, const char *at)
{
    const char *const line = parser->lines[parser->at].at;
    return 1 + cf_utf8_count(line, (size_t)(at - line));
}

void cf_parse_complain(struct cf_parser *parser, const char *at, const char *format, ...)
{
    char message[CF_MESSAGE_MAX];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(message, sizeof message, format, arguments);
    va_end(arguments);
    cf_complain(parser->diagnostics, &parser->source, parser->lines[parser->at].number,
                cf_parse_column(parser, at), "%s", message);
}

bool cf_parse_no_memory(struct cf_parser *parser)
{
    parser->no_memory = true;
    parser->stop = true;
    return false;
}

/* How many of `size` bytes to show, never half a character. */
static int shown(const char *at, size_t size)
{
    if (size <= SHOWN_MAX)
        return (int)size;
    int length = SHOWN_MAX;
    while (length > 0 && ((unsigned char)at[length] & 0xc0) == 0x80)
        length--;
    return length;
}

bool cf_parse_expected(struct cf_parser *parser, const char *what, const struct cf_nearest *search)
{
    const struct cf_token *const token = &parser->token;
    if (token->kind == CF_TOKEN_BAD) {
        cf_parse_complain(parser, token->at, "%s", token->problem);
        return false;
    }
    char hint[96] = "";
    if (search != NULL && search->best != NULL)
        snprintf(hint, sizeof hint, "; did you mean \"%.64s\"?", search->best);
    const int length = shown(token->at, token->size);
    const char *const cut = (size_t)length < token->size ? "..." : "";
    if (token->kind == CF_TOKEN_END) {
        cf_parse_complain(parser, token->at, "expected %s, found the end of the line", what);
    } else if (token->kind == CF_TOKEN_STRING) {
        cf_parse_complain(parser, token->at, "expected %s, found the string %.*s%s", what, length,
                          token->at, cut);
    } else {
        cf_parse_complain(parser, token->at, "expected %s, found \"%.*s%s\"%s", what, length,
                          token->at, cut, hint);
    }
    return false;
}

bool cf_parse_is(const struct cf_parser *parser, const char *text)
{
    return parser->token.kind != CF_TOKEN_END && parser->token.kind != CF_TOKEN_BAD &&
           cf_token_is(&parser->token, text);
}

bool cf_parse_accept(struct cf_parser *parser, const char *text)
{
    if (!cf_parse_is(parser, text))
        return false;
    cf_parse_next(parser);
    return true;
}

bool cf_parse_require(struct cf_parser *parser, const char *text)
{
    if (cf_parse_accept(parser, text))
        return true;
    char what[64];
    snprintf(what, sizeof what, "\"%s\"", text);
    struct cf_nearest search = cf_parse_search(parser);
    cf_nearest_offer(&search, text);
    return cf_parse_expected(parser, what, &search);
}

bool cf_parse_end(struct cf_parser *parser)
{
    return parser->token.kind == CF_TOKEN_END ||
           cf_parse_expected(parser, "the end of the line", NULL);
}

struct cf_nearest cf_parse_search(const struct cf_parser *parser)
{
    return (struct cf_nearest){.found = parser->token.at, .size = parser->token.size};
}

void cf_parse_offer(struct cf_nearest *search, const struct cf_words *words)
{
    for (size_t i = 0; i < words->count; i++)
        cf_nearest_offer(search, words->list[i].text);
}

/* Steps. */

static void open_line(struct cf_parser *parser)
{
    const struct cf_line *const line = &parser->lines[parser->at];
    parser->lexer = (struct cf_lexer){.at = line->at, .end = line->at + line->size};
    parser->token = (struct cf_token){.at = line->at};
    cf_parse_next(parser);
}

static bool append_step(struct cf_parser *parser, const struct cf_step *step)
{
    struct cf_case *const made = parser->made;
    if (made->step_count == CF_STEPS_MAX) {
        cf_parse_complain(parser, parser->lines[parser->at].at,
                          "expected at most %d steps, found more", CF_STEPS_MAX);
        parser->stop = true;
        return false;
    }
    struct cf_step *const steps = cf_arena_grow(parser->arena, parser->steps, made->step_count,
                                                &parser->step_capacity, sizeof *steps);
    if (steps == NULL)
        return cf_parse_no_memory(parser);
    parser->steps = steps;
    struct cf_step *const last = &steps[made->step_count++];
    *last = *step;
    last->iteration = parser->iteration;
    last->group = parser->group;
    return true;
}

/* In a block of expectations: what a line there may be. */
static bool check_grouped(struct cf_parser *parser, const struct cf_step *step)
{
    const bool taking = step->verb == CF_RECEIVE || step->verb == CF_READ || step->verb == CF_AWAIT;
    if (!taking || step->started || step->scheduled) {
        cf_parse_complain(
            parser, parser->lines[parser->at].at,
            "expected receive, read and await lines in this block, found another step");
        return false;
    }
    if (step->alternative_count != 1) {
        cf_parse_complain(parser, parser->lines[parser->at].at,
                          "expected one expectation for a line of this block, found alternatives");
        return false;
    }
    return true;
}

static void parse_step_line(struct cf_parser *parser)
{
    struct cf_line *const line = &parser->lines[parser->at];
    if (line->memo > 0) {
        const struct cf_step again = parser->steps[line->memo - 1];
        append_step(parser, &again);
        return;
    }
    struct cf_step step = {.line = line->number,
                           .column = cf_parse_column(parser, parser->token.at),
                           .process = CF_NONE,
                           .peer = CF_NONE};
    parser->uses_iteration = false;
    const char *const begin = parser->token.at;
    if (!cf_parse_step(parser, &step) || !cf_parse_end(parser) ||
        (parser->group != CF_NONE && !check_grouped(parser, &step))) {
        cf_parse_salvage(parser, line);
        return;
    }
    step.source = (struct cf_text){.at = begin, .size = (size_t)(parser->last_end - begin)};
    if (append_step(parser, &step) && parser->depth > 0 && !parser->uses_iteration)
        line->memo = parser->made->step_count;
}

/* Blocks.  Each of these begins at the line that opens the block and ends at its `end`, or at the
 * end of the file. */

static void parse_lines(struct cf_parser *parser);

static bool at_line(const struct cf_parser *parser)
{
    return !parser->stop && parser->at < parser->line_count;
}

/* Complains about the line that opened a block. */
static void complain_open(struct cf_parser *parser, size_t opened, const char *problem)
{
    const size_t at = parser->at;
    parser->at = opened;
    cf_parse_complain(parser, parser->lines[opened].at, "%s", problem);
    parser->at = at;
}

/* After the lines of a block. */
static bool close_block(struct cf_parser *parser, size_t opened, size_t first)
{
    if (parser->stop)
        return false;
    if (!at_line(parser)) {
        complain_open(parser, opened, "expected \"end\" for this block, found the end of the file");
        return false;
    }
    if (parser->made->step_count == first && parser->diagnostics->count == 0) {
        complain_open(parser, opened, "expected a step in this block, found none");
        return false;
    }
    return true;
}

static bool record_repeat(struct cf_parser *parser, size_t *index)
{
    struct cf_case *const made = parser->made;
    struct cf_repeat *const repeats =
        cf_arena_grow(parser->arena, parser->repeats, made->repeat_count, &parser->repeat_capacity,
                      sizeof *repeats);
    if (repeats == NULL)
        return cf_parse_no_memory(parser);
    parser->repeats = repeats;
    *index = made->repeat_count++;
    return true;
}

/* Runs over the lines of a repeat once for every iteration. */
static void repeat_lines(struct cf_parser *parser, size_t opened, uint32_t times, size_t index)
{
    const struct cf_parser outer = *parser;
    const size_t first = parser->made->step_count;
    for (uint32_t i = 0; i < times; i++) {
        parser->iteration = i;
        parser->first = outer.first && i == 0;
        parser->at = opened + 1;
        parse_lines(parser);
        if (!close_block(parser, opened, first))
            break;
        if (outer.first && i == 0) {
            const size_t body = parser->made->step_count - first;
            parser->repeats[index] =
                (struct cf_repeat){.first = first, .body = body, .times = times};
        }
        /* One iteration is enough to find what is wrong. */
        if (parser->diagnostics->count > 0)
            break;
    }
    parser->iteration = outer.iteration;
    parser->first = outer.first;
}

static void parse_repeat(struct cf_parser *parser)
{
    const size_t opened = parser->at;
    uint32_t times = 1;
    size_t index = 0;
    cf_parse_next(parser);
    if (cf_parse_number32(parser, 1, CF_STEPS_MAX, &times))
        cf_parse_end(parser);
    if (parser->depth == DEPTH_MAX) {
        complain_open(parser, opened, "expected at most 8 repeats in each other, found more");
        parser->stop = true;
        return;
    }
    if (parser->first && !record_repeat(parser, &index))
        return;
    parser->depth++;
    repeat_lines(parser, opened, times, index);
    parser->depth--;
}

static void parse_group(struct cf_parser *parser, bool subset)
{
    const size_t opened = parser->at;
    struct cf_case *const made = parser->made;
    const size_t first = made->step_count;
    cf_parse_next(parser);
    cf_parse_end(parser);
    struct cf_group *const groups = cf_arena_grow(parser->arena, parser->groups, made->group_count,
                                                  &parser->group_capacity, sizeof *groups);
    if (groups == NULL) {
        cf_parse_no_memory(parser);
        return;
    }
    parser->groups = groups;
    const size_t index = made->group_count++;
    parser->group = (uint32_t)index;
    parser->at++;
    parse_lines(parser);
    parser->group = CF_NONE;
    close_block(parser, opened, first);
    parser->groups[index] =
        (struct cf_group){.subset = subset, .first = first, .count = made->step_count - first};
}

/* A line that begins a block, or `end` where there is nothing to end. */
static void parse_block(struct cf_parser *parser, int word)
{
    if (word == CF_BLOCK_END) {
        cf_parse_complain(parser, parser->token.at, "expected a step, found \"end\" of no block");
        return;
    }
    if (parser->group != CF_NONE) {
        /* Its lines are read as usual, so that its `end` is not taken for another's. */
        cf_parse_complain(
            parser, parser->token.at,
            "expected receive, read and await lines in this block, found another block");
        parser->group = CF_NONE;
    }
    if (word == CF_BLOCK_REPEAT)
        parse_repeat(parser);
    else
        parse_group(parser, word == CF_BLOCK_SUBSET);
}

/* Lines. */

/* Whether the line is meant to be a step.  In the header, an unknown word is not. */
static bool begins_step(const struct cf_parser *parser)
{
    const struct cf_token *const token = &parser->token;
    int word;
    return token->kind == CF_TOKEN_WORD &&
           ((*token->at >= 'A' && *token->at <= 'Z') ||
            cf_words_find(&cf_world_words, token->at, token->size, &word) ||
            cf_words_find(&cf_block_words, token->at, token->size, &word));
}

static void parse_line(struct cf_parser *parser)
{
    int word;
    const bool is_word = parser->token.kind == CF_TOKEN_WORD;
    const bool header =
        is_word && cf_words_find(&cf_header_words, parser->token.at, parser->token.size, &word);
    if (parser->phase == CF_PHASE_BEGIN) {
        parser->phase = CF_PHASE_HEADER;
        if (!header || word != CF_HEADER_CASE) {
            struct cf_nearest search = cf_parse_search(parser);
            cf_nearest_offer(&search, "case");
            cf_parse_expected(parser, "\"case NAME\" in the first line", &search);
            return;
        }
    }
    if (parser->phase == CF_PHASE_HEADER && (header || !begins_step(parser))) {
        parser->header_wrong |= !cf_parse_header(parser);
        return;
    }
    if (header) {
        cf_parse_expected(parser, "a step, since header lines stand before the first one", NULL);
        return;
    }
    parser->phase = CF_PHASE_STEPS;
    if (is_word && cf_words_find(&cf_block_words, parser->token.at, parser->token.size, &word) &&
        word != CF_BLOCK_AFTER) {
        parse_block(parser, word);
        return;
    }
    parse_step_line(parser);
}

/* Lines up to the `end` of the block they are in, or all. */
static void parse_lines(struct cf_parser *parser)
{
    const bool in_block = parser->depth > 0 || parser->group != CF_NONE;
    while (at_line(parser)) {
        open_line(parser);
        if (in_block && cf_parse_is(parser, "end")) {
            cf_parse_next(parser);
            cf_parse_end(parser);
            return;
        }
        parse_line(parser);
        parser->at++;
    }
}

/* Notes a line if there is something on it that can be read. */
static void split_line(struct cf_parser *parser, const char *at, size_t size, uint32_t number)
{
    if (size > 0 && at[size - 1] == '\r')
        size--;
    size_t offset;
    const char *const problem = cf_lex_problem(at, size, &offset);
    if (problem != NULL) {
        cf_complain(parser->diagnostics, &parser->source, number, 1 + cf_utf8_count(at, offset),
                    "%s", problem);
        return;
    }
    struct cf_lexer lexer = {.at = at, .end = at + size};
    if (cf_lex(&lexer).kind != CF_TOKEN_END) {
        parser->lines[parser->line_count++] =
            (struct cf_line){.at = at, .size = size, .number = number};
    }
}

static bool split_lines(struct cf_parser *parser)
{
    const char *at = parser->source.bytes;
    const char *const end = at + parser->source.size;
    size_t count = 1;
    for (const char *c = at; c < end; c++)
        count += *c == '\n';
    parser->lines = malloc(count * sizeof *parser->lines);
    if (parser->lines == NULL)
        return cf_parse_no_memory(parser);
    for (uint32_t number = 1; at < end; number++) {
        const char *const newline = memchr(at, '\n', (size_t)(end - at));
        const char *const stop = newline == NULL ? end : newline;
        split_line(parser, at, (size_t)(stop - at), number);
        at = newline == NULL ? end : newline + 1;
    }
    return true;
}

/* The whole file. */

static bool collect_processes(struct cf_parser *parser)
{
    struct cf_case *const made = parser->made;
    struct cf_process *const processes =
        cf_arena_take(parser->arena, (parser->processes.count + 1) * sizeof *processes);
    if (processes == NULL)
        return cf_parse_no_memory(parser);
    for (size_t i = 0; i < parser->processes.count; i++) {
        const struct cf_scope *const scope = &parser->scopes[i];
        processes[i] = (struct cf_process){.name = parser->processes.names[i],
                                           .principal = scope->principal,
                                           .handles = (uint32_t)scope->handles.count,
                                           .calls = (uint32_t)scope->calls.count};
    }
    made->processes = processes;
    made->process_count = (uint32_t)parser->processes.count;
    return true;
}

static void parse_file(struct cf_parser *parser)
{
    if (!split_lines(parser))
        return;
    parse_lines(parser);
    if (!parser->stop)
        cf_parse_finish(parser);
    struct cf_case *const made = parser->made;
    made->clauses = parser->clauses;
    made->captures = parser->captures.names;
    made->capture_count = (uint32_t)parser->captures.count;
    made->steps = parser->steps;
    made->groups = parser->groups;
    made->repeats = parser->repeats;
    collect_processes(parser);
}

/* A case with nothing but its file in it. */
static struct cf_case *begin_case(const char *file, const char *bytes, size_t size)
{
    struct cf_arena *const arena = cf_arena_create();
    struct cf_case *const made =
        arena == NULL ? NULL : cf_arena_take(arena, sizeof(struct cf_case));
    if (made == NULL) {
        cf_arena_destroy(arena);
        return NULL;
    }
    made->arena = arena;
    made->file = cf_arena_copy(arena, file, strlen(file));
    made->text = cf_arena_copy(arena, bytes, size);
    made->text_size = size;
    made->profile = "local";
    made->deadline = CF_DEADLINE_DEFAULT;
    if (made->file == NULL || made->text == NULL) {
        cf_arena_destroy(arena);
        return NULL;
    }
    return made;
}

struct cf_case *cf_case_parse(const char *file, const char *bytes, size_t size,
                              struct cf_diagnostics *diagnostics)
{
    const struct cf_source given = {.file = file, .bytes = bytes, .size = size};
    if (size > CF_FILE_MAX) {
        cf_complain(diagnostics, &given, 0, 0, "expected at most %d bytes, found %zu", CF_FILE_MAX,
                    size);
        return NULL;
    }
    struct cf_case *const made = begin_case(file, bytes, size);
    if (made == NULL) {
        cf_complain(diagnostics, &given, 0, 0, "out of memory");
        return NULL;
    }
    struct cf_parser parser = {
        .source = {.file = made->file, .bytes = made->text, .size = size},
        .diagnostics = diagnostics,
        .arena = made->arena,
        .made = made,
        .first = true,
        .group = CF_NONE,
    };
    parse_file(&parser);
    free(parser.lines);
    free(parser.scratch);
    if (parser.no_memory)
        cf_complain(diagnostics, &given, 0, 0, "out of memory");
    if (diagnostics->count > 0) {
        cf_case_free(made);
        return NULL;
    }
    return made;
}

struct cf_case *cf_case_read(const char *file, struct cf_diagnostics *diagnostics)
{
    const struct cf_source nothing = {.file = file, .bytes = "", .size = 0};
    FILE *const in = fopen(file, "rb");
    if (in == NULL) {
        cf_complain(diagnostics, &nothing, 0, 0, "cannot be read: %s", strerror(errno));
        return NULL;
    }
    char *const bytes = malloc(CF_FILE_MAX + 1);
    errno = 0;
    const size_t size = bytes == NULL ? 0 : fread(bytes, 1, CF_FILE_MAX + 1, in);
    struct cf_case *made = NULL;
    if (bytes == NULL || ferror(in)) {
        cf_complain(diagnostics, &nothing, 0, 0, "cannot be read: %s",
                    strerror(bytes == NULL ? ENOMEM : errno));
    } else if (size > CF_FILE_MAX) {
        cf_complain(diagnostics, &nothing, 0, 0, "expected at most %d bytes, found more",
                    CF_FILE_MAX);
    } else {
        made = cf_case_parse(file, bytes, size, diagnostics);
    }
    free(bytes);
    fclose(in);
    return made;
}

void cf_case_free(struct cf_case *test_case)
{
    if (test_case != NULL)
        cf_arena_destroy(test_case->arena);
}

void cf_case_complain(const struct cf_case *test_case, struct cf_diagnostics *diagnostics,
                      uint32_t line, uint32_t column, const char *format, ...)
{
    char message[CF_MESSAGE_MAX];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(message, sizeof message, format, arguments);
    va_end(arguments);
    const struct cf_source source = {
        .file = test_case->file, .bytes = test_case->text, .size = test_case->text_size};
    cf_complain(diagnostics, &source, line, column, "%s", message);
}
