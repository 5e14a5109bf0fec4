/* SPDX-License-Identifier: MIT */
/* Verdicts, and the one place where they become an exit status. */
#ifndef URIPC_CONFORMANCE_VERDICT_H
#define URIPC_CONFORMANCE_VERDICT_H

#include <stdbool.h>
#include <stddef.h>

/* X(NAME, "name", breaks conformance, "text"), from the best to the worst. */
#define CF_VERDICT_MAP(X)                                                                          \
    X(PASS, "pass", false, "everything was as expected")                                           \
    X(INFO, "info", false, "the spec leaves it open; what was observed is recorded")               \
    X(PASS_NONSTRICT, "pass-nonstrict", false,                                                     \
      "allowed, but the spec says SHOULD otherwise; still conformant")                             \
    X(UNSUPPORTED, "unsupported", false,                                                           \
      "the case needs something that the backend declares not to have")                            \
    X(NOT_RUN, "not-run", false, "the run ended before it came to this case")                      \
    X(UNRESOLVED, "unresolved", false,                                                             \
      "no judgement is possible: the suite, its world or the case itself got in the way")          \
    X(TIMEOUT, "timeout", true,                                                                    \
      "the case did not end in time, measured outside the world it ran in")                        \
    X(FAIL, "fail", true, "a clause is broken")                                                    \
    X(CRASH, "crash", true, "the process under test died")

enum cf_verdict {
#define CF_VERDICT_ENUM(NAME, name, breaks, text) CF_VERDICT_##NAME,
    CF_VERDICT_MAP(CF_VERDICT_ENUM)
#undef CF_VERDICT_ENUM
};

enum { CF_VERDICT_COUNT = CF_VERDICT_CRASH + 1 };

const char *cf_verdict_name(enum cf_verdict verdict);
const char *cf_verdict_text(enum cf_verdict verdict);
bool cf_verdict_breaks(enum cf_verdict verdict);

/* False, leaving *verdict alone, if there is none of that name. */
bool cf_verdict_find(const char *name, size_t length, enum cf_verdict *verdict);

enum cf_verdict cf_verdict_worse(enum cf_verdict a, enum cf_verdict b);

/* The exit statuses of every command. */
enum {
    CF_EXIT_OK = 0,
    CF_EXIT_UNEXPECTED = 1,
    CF_EXIT_UNRESOLVED = 2,
    CF_EXIT_USAGE = 3,  /* also invalid or unreadable files, unwritable output, nothing selected */
    CF_EXIT_BROKEN = 4, /* the suite itself */
    CF_EXIT_INTERRUPTED = 130
};

/* What a command found. */
struct cf_findings {
    bool broken;
    bool misused;
    bool unexpected;
    bool unresolved;
    bool interrupted;
};

/* An interrupted run says so whatever it found; else the highest of 4, 3, 1, 2 wins. */
int cf_exit_status(const struct cf_findings *findings);

#endif
