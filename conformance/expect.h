/* SPDX-License-Identifier: MIT */
/* What a line of a case observed, compared with what it expects, and both as text. */
#ifndef URIPC_CONFORMANCE_EXPECT_H
#define URIPC_CONFORMANCE_EXPECT_H

#include "case.h"
#include "history.h"
#include "verdict.h"

/* How a line ended. */
enum cf_ending {
    CF_ENDED,          /* with a status */
    CF_NEVER_ENDS,     /* nothing can happen any more, and it has not */
    CF_LATE,           /* not before the case's deadline */
    CF_ENDED_BY_DEATH, /* its process died */
    CF_DISTURBED,      /* quiet: something happened; see `trouble` */
    CF_RUNAWAY,        /* events without end, and time stands still */
    CF_UNJUDGED        /* the case asks for what cannot be done; see `trouble` */
};

struct cf_observed {
    enum cf_ending ending;
    const char *trouble; /* of CF_DISTURBED and CF_UNJUDGED */
    enum uripc_status status;
    bool has_completion; /* otherwise the status is what the call returned */
    struct uripc_completion completion;
    struct cf_name call; /* poll: whose it is */
    uint32_t op;         /* whose completion; CF_NO_OP: of none */
    bool has_message;
    struct cf_message message;
    bool has_info;
    struct uripc_info info;
    bool has_peek;
    struct uripc_session_info peek;
    uint64_t elapsed; /* since the line began */
    uint64_t slack;   /* how much more than `within` is allowed */
};

/* What `$name` stands for, by slot. */
struct cf_captured {
    bool set;
    struct uripc_incarnation incarnation;
    uint64_t message;
};

/* True if the alternative allows it.  Captures nothing. */
bool cf_expect_fits(const struct cf_alternative *alternative, const struct cf_observed *observed,
                    const struct cf_captured *captured);

/* The first alternative that fits; NULL: none does. */
const struct cf_alternative *cf_expect_match(const struct cf_step *step,
                                             const struct cf_observed *observed,
                                             const struct cf_captured *captured);

/* Does the `as $name` of an alternative that fits. */
void cf_expect_capture(const struct cf_alternative *alternative, const struct cf_observed *observed,
                       struct cf_captured *captured);

enum cf_verdict cf_expect_verdict(const struct cf_alternative *alternative);

/* Whatever incarnation it shows. */
const struct uripc_incarnation *cf_observed_incarnation(const struct cf_observed *observed);

/* True if a value is the one that was captured under the name; false also if there is none. */
bool cf_is_incarnation(const struct cf_captured *captured, const struct cf_capture *capture,
                       const struct uripc_incarnation *seen);
bool cf_is_message(const struct cf_captured *captured, const struct cf_capture *capture,
                   uint64_t seen);

/* What the line observed, in the words of the case language: first what `like` mentions, in its
 * order, so that both can be compared from left to right, then the rest.  `like` NULL: the nearest
 * of the line's own alternatives. */
void cf_observed_print(const struct cf_observed *observed, const struct cf_step *step,
                       const struct cf_alternative *like, const struct cf_captured *captured,
                       FILE *out);

/* A line's text without its expectation, and the expectation alone, with its default. */
struct uripc_text cf_step_text(const struct cf_step *step);
struct uripc_text cf_step_expected(const struct cf_step *step);

/* Bytes as a string of the case language; long ones are cut and say so. */
void cf_bytes_print(const char *at, size_t size, FILE *out);

#endif
