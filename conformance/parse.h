/* SPDX-License-Identifier: MIT */
/* What the files of the parser share.  Outside of them, use case.h.
 *
 * Every cf_parse_ function reads from the current token on and returns false after it has
 * complained (or memory ran out); the rest of the line is then skipped.  The lines of a repeat are
 * parsed again for every iteration, unless they do not depend on it. */
#ifndef URIPC_CONFORMANCE_PARSE_H
#define URIPC_CONFORMANCE_PARSE_H

#include "arena.h"
#include "case.h"
#include "lex.h"
#include "nearest.h"
#include "words.h"

/* A line with something on it. */
struct cf_line {
    const char *at;
    size_t size;
    uint32_t number;
    size_t memo; /* 1 + the step it made when nothing in it depended on the iteration; 0: none */
};

struct cf_name_list {
    const char **names;
    size_t count;
    size_t capacity;
};

struct cf_scope {
    struct cf_name_list handles;
    struct cf_name_list calls;
    uint64_t principal;
    bool speaks;           /* some line makes a call of it */
    uint32_t line, column; /* first mention */
};

enum cf_capture_kind {
    CF_CAPTURES_INCARNATION = 1,
    CF_CAPTURES_MESSAGE = 2,
    CF_CAPTURES_ANYTHING = 3 /* by a line that is wrong anyway */
};

enum cf_phase { CF_PHASE_BEGIN, CF_PHASE_HEADER, CF_PHASE_STEPS };

struct cf_parser {
    struct cf_source source;
    struct cf_diagnostics *diagnostics;
    struct cf_arena *arena;
    struct cf_case *made;
    bool no_memory;
    bool stop; /* a limit of the whole case is reached: nothing more is read */

    struct cf_line *lines;
    size_t line_count;
    size_t at; /* the current line */
    struct cf_lexer lexer;
    struct cf_token token;
    const char *last_end; /* of the token before */

    enum cf_phase phase;
    uint32_t headers_seen; /* bits of enum cf_header_word */
    bool header_wrong;     /* some line of the header has an error */
    uint32_t limits_seen;  /* bits of enum cf_limit_word */
    struct cf_clause *clauses;
    size_t clause_capacity;

    struct cf_name_list processes;
    struct cf_scope *scopes; /* by process */
    size_t scope_capacity;
    struct cf_name_list captures;
    uint32_t *capture_kinds; /* sets of enum cf_capture_kind, by capture */
    size_t capture_kind_capacity;
    struct cf_step *steps;
    size_t step_capacity;
    struct cf_group *groups;
    size_t group_capacity;
    struct cf_repeat *repeats;
    size_t repeat_capacity;

    uint32_t depth;      /* of repeats */
    uint32_t iteration;  /* of the innermost one */
    bool first;          /* all repeats around are in their first iteration */
    bool uses_iteration; /* the current line has a \# */
    uint32_t group;      /* being filled; CF_NONE: none */
    size_t texts;        /* bytes of texts and data so far */
    char *scratch;       /* where a text is put together; grows up to CF_TEXT_MAX */
    size_t scratch_size;
};

/* parse.c: messages and tokens. */

void cf_parse_next(struct cf_parser *parser);
void cf_parse_complain(struct cf_parser *parser, const char *at, const char *format, ...)
    CF_PRINTF(3, 4);

/* Complains "expected WHAT, found TOKEN", with the nearest word of a search if one was made.
 * Always false. */
bool cf_parse_expected(struct cf_parser *parser, const char *what, const struct cf_nearest *search);

/* The place of a byte of the current line, in characters from 1. */
uint32_t cf_parse_column(const struct cf_parser *parser, const char *at);

/* Whether the current token is this word or sign; `accept` also goes on to the next. */
bool cf_parse_is(const struct cf_parser *parser, const char *text);
bool cf_parse_accept(struct cf_parser *parser, const char *text);
bool cf_parse_require(struct cf_parser *parser, const char *text);
bool cf_parse_end(struct cf_parser *parser);

/* Begins a search for what the current token may have meant; offers a list to it. */
struct cf_nearest cf_parse_search(const struct cf_parser *parser);
void cf_parse_offer(struct cf_nearest *search, const struct cf_words *words);

/* Out of memory: notes it.  Always false. */
bool cf_parse_no_memory(struct cf_parser *parser);

/* parse_value.c: what stands for itself. */

/* One word of a list; an error calls it `what` and also suggests words of `more`, which may be
 * NULL. */
bool cf_parse_one_of(struct cf_parser *parser, const struct cf_words *words,
                     const struct cf_words *more, const char *what, int *value);
bool cf_parse_word(struct cf_parser *parser, const struct cf_words *words, int *value);
bool cf_parse_number(struct cf_parser *parser, uint64_t least, uint64_t most, uint64_t *value);
bool cf_parse_number32(struct cf_parser *parser, uint32_t least, uint32_t most, uint32_t *value);
bool cf_parse_duration(struct cf_parser *parser, uint64_t least, uint64_t *nanoseconds);
bool cf_parse_text(struct cf_parser *parser, struct cf_text *text);

/* `optional` data: nothing if the current token begins none.  `null` allows that form. */
bool cf_parse_data(struct cf_parser *parser, bool null, struct cf_data *data);

/* parse_name.c: names and what they stand for. */

bool cf_parse_process(struct cf_parser *parser, uint32_t *process);
bool cf_parse_known(struct cf_parser *parser, const struct cf_name_list *names, const char *what,
                    struct cf_name *name);

/* Gives the name at the current token a slot, a new one if it is new.  Does not go on. */
bool cf_parse_new(struct cf_parser *parser, struct cf_name_list *names, const char *what,
                  struct cf_name *name);
bool cf_parse_captured(struct cf_parser *parser, enum cf_capture_kind kind, struct cf_name *name);
bool cf_parse_capturing(struct cf_parser *parser, enum cf_capture_kind kind, struct cf_name *name);

/* NAME of cases and profiles; a clause id.  Copies. */
bool cf_parse_plain_name(struct cf_parser *parser, const char *what, const char **name);
bool cf_parse_clause(struct cf_parser *parser, struct cf_clause *clause);

/* After a line that was wrong: introduces what it would have introduced, so that one mistake is
 * reported once. */
void cf_parse_salvage(struct cf_parser *parser, const struct cf_line *line);

/* parse_header.c */

bool cf_parse_header(struct cf_parser *parser);
void cf_parse_finish(struct cf_parser *parser);

/* parse_step.c: one step line. */

bool cf_parse_step(struct cf_parser *parser, struct cf_step *step);

/* parse_call.c: what follows "P:". */

bool cf_parse_call(struct cf_parser *parser, struct cf_step *step);

/* parse_expect.c: what follows the arrow, or its default. */

bool cf_parse_expect(struct cf_parser *parser, struct cf_step *step);

#endif
