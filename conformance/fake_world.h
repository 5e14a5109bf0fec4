/* SPDX-License-Identifier: MIT */
/* A world for testing the runner: an implementation that follows a script.  Calls are answered one
 * after the other as the script says, whatever they ask for. */
#ifndef URIPC_CONFORMANCE_FAKE_WORLD_H
#define URIPC_CONFORMANCE_FAKE_WORLD_H

#include "world.h"

enum { FAKE_ANSWERS_MAX = 32, FAKE_WORKS_MAX = 8, FAKE_BUFFER_MAX = 4096, FAKE_PROCESSES_MAX = 4 };

/* What becomes of one call. */
struct fake_answer {
    enum uripc_status returned; /* 0 (ok) means pending */
    bool silent;                /* no completion */
    bool violates;              /* it writes where it must not */
    unsigned completions;       /* 0 means 1 */
    enum uripc_status status;
    enum uripc_certainty certainty; /* 0 means definite */
    uint64_t at;                    /* when it completes; 0: at once */
    enum uripc_call call;           /* 0: the right one */
    uint64_t handle;                /* 0: the right one */
    uint32_t bytes;
    uint64_t message_id;
    struct uripc_incarnation incarnation;
    const char *source; /* of a message written into the receive's buffer; NULL: none */
    const char *target;
    const char *data;
};

struct fake_completion {
    uint64_t at;
    uint32_t process;
    struct uripc_completion completion;
};

struct fake_world {
    struct cf_world world; /* first, so that one is the other */
    const struct fake_answer *script;
    size_t length, next; /* of the script */
    struct cf_world_setup setup;
    uint64_t now;
    struct fake_completion completions[FAKE_ANSWERS_MAX];
    size_t count;
    struct fake_work {
        uint64_t at;
        uint32_t word;
        bool death; /* of the process `word` */
    } works[FAKE_WORKS_MAX];
    size_t work_count;
    unsigned char buffers[FAKE_ANSWERS_MAX][FAKE_BUFFER_MAX];
    size_t buffer_count;
    uint64_t violations;
    uint64_t fingerprint;
    unsigned crashes;
    unsigned cancels;
    unsigned cuts, heals, pauses, resumes, restarts, links;
    uint64_t turns[FAKE_PROCESSES_MAX];
    int64_t offsets[FAKE_PROCESSES_MAX];
    int32_t drifts[FAKE_PROCESSES_MAX];
    const void *data;                       /* of the last send, as it was passed */
    const struct cf_world_trouble *trouble; /* NULL: none */
};

void fake_world_init(struct fake_world *self, const struct fake_answer *script, size_t length);

#endif
