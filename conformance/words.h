/* SPDX-License-Identifier: MIT */
/* The closed word lists of the case language, each written down once. */
#ifndef URIPC_CONFORMANCE_WORDS_H
#define URIPC_CONFORMANCE_WORDS_H

#include <stdbool.h>
#include <stddef.h>

struct cf_word {
    const char *text;
    int value;
};

struct cf_words {
    const char *what; /* "a kind (exclusive, shared or group)": for messages */
    const struct cf_word *list;
    size_t count;
};

extern const struct cf_words cf_kind_words;       /* enum uripc_kind */
extern const struct cf_words cf_overflow_words;   /* enum uripc_overflow */
extern const struct cf_words cf_need_words;       /* enum cf_need */
extern const struct cf_words cf_capability_words; /* those of an implementation */
extern const struct cf_words cf_resolver_words;   /* enum cf_resolver */
extern const struct cf_words cf_realm_words;      /* whether it is open */
extern const struct cf_words cf_call_words;       /* enum cf_verb: after "P:" */
extern const struct cf_words cf_start_words;      /* those of them that may follow `start` */
extern const struct cf_words cf_completed_words;  /* enum uripc_call, in the driver protocol */
extern const struct cf_words cf_world_words;      /* enum cf_verb: other steps */
extern const struct cf_words cf_status_words;     /* enum uripc_status */
extern const struct cf_words cf_limit_words;      /* enum cf_limit_word */
extern const struct cf_words cf_fault_words;      /* enum cf_fault; 0: clear */
extern const struct cf_words cf_clock_words;      /* enum cf_clock_word; 0: clear */
extern const struct cf_words cf_check_words;      /* enum cf_check: after a status or `from` */
extern const struct cf_words cf_field_words;      /* enum cf_check: after `info` */
extern const struct cf_words cf_peek_words;       /* enum cf_check: after `peek` */
extern const struct cf_words cf_mode_words;       /* enum uripc_mode */
extern const struct cf_words cf_state_words;      /* enum uripc_session_state */
extern const struct cf_words cf_detector_words;   /* enum cf_detector */
extern const struct cf_words cf_option_words;     /* enum cf_option */
extern const struct cf_words cf_header_words;     /* enum cf_header_word */
extern const struct cf_words cf_block_words;      /* enum cf_block_word */

enum cf_limit_word {
    CF_LIMIT_REGISTRATIONS,
    CF_LIMIT_OPERATIONS,
    CF_LIMIT_ROUTES,
    CF_LIMIT_POOL,
    CF_LIMIT_URI
};

/* What may follow the fixed part of a call. */
enum cf_option {
    CF_OPTION_AS = 1 << 0,
    CF_OPTION_UNDER = 1 << 1,
    CF_OPTION_KIND = 1 << 2,
    CF_OPTION_QUEUE = 1 << 3,
    CF_OPTION_QUEUE_BYTES = 1 << 4,
    CF_OPTION_OVERFLOW = 1 << 5,
    CF_OPTION_MAX = 1 << 6,
    CF_OPTION_DEADLINE = 1 << 7,
    CF_OPTION_NOWAIT = 1 << 8,
    CF_OPTION_EXPECTING = 1 << 9,
    CF_OPTION_BUFFER = 1 << 10,
    CF_OPTION_UTF16 = 1 << 11,
    CF_OPTION_DISCARD = 1 << 12,
    CF_OPTION_MODE = 1 << 13,
    CF_OPTION_INSTANCES = 1 << 14,
    CF_OPTION_WAITING = 1 << 15,
    CF_OPTION_BEAT = 1 << 16,
    CF_OPTION_SILENCE = 1 << 17,
    CF_OPTION_DETECTOR = 1 << 18,
    CF_OPTION_OVER = 1 << 19,
    CF_OPTION_RETRY = 1 << 20,
    CF_OPTION_RETRIES = 1 << 21,
    CF_OPTION_BACKOFF = 1 << 22,
    CF_OPTION_REMEMBER = 1 << 23,
    CF_OPTION_DURING = 1 << 24,
    CF_OPTION_NOTICE = 1 << 25
};

enum cf_header_word {
    CF_HEADER_CASE,
    CF_HEADER_PROMISE,
    CF_HEADER_CLAUSE,
    CF_HEADER_PROFILE,
    CF_HEADER_REALM,
    CF_HEADER_RESOLVER,
    CF_HEADER_NEEDS,
    CF_HEADER_PROBES,
    CF_HEADER_LIMITS,
    CF_HEADER_DEADLINE
};

enum cf_block_word {
    CF_BLOCK_REPEAT,
    CF_BLOCK_UNORDERED,
    CF_BLOCK_SUBSET,
    CF_BLOCK_END,
    CF_BLOCK_AFTER
};

/* Finds a word; `size` bytes at `at`. */
bool cf_words_find(const struct cf_words *words, const char *at, size_t size, int *value);

/* The word for a value; "?" if there is none. */
const char *cf_words_text(const struct cf_words *words, int value);

#endif
