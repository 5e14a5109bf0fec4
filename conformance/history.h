/* SPDX-License-Identifier: MIT */
/* What was called and what came of it.  Every call and every completion of a run is recorded and
 * judged, whatever the case's lines expect; the first rule that is broken is kept.
 *
 *   C1   nothing is received that was not sent, or changed on the way     DLV-2
 *   C3   nothing is received twice                                        DLV-1
 *   C4   what was refused for certain is never received                   SND-22
 *   C9   one legal completion for each accepted call, and no other        CMP-1, CMP-2, CMP-3 ...
 *   C10  only the bytes of a received message are written, and in time    RCV-12, CMP-10 ...
 *
 * Calls of layers are held to C9 and C10, too, with clauses of their own.
 */
#ifndef URIPC_CONFORMANCE_HISTORY_H
#define URIPC_CONFORMANCE_HISTORY_H

#include "world.h"

#define CF_NO_OP UINT32_MAX
#define CF_UNTRACED UINT32_MAX

enum { CF_FRESH = 0xa5 }; /* what fills a buffer before a receive gets it */

enum cf_op_state {
    CF_OP_REFUSED, /* the call returned an error */
    CF_OP_PENDING,
    CF_OP_DONE,
    CF_OP_LOST /* its process died first */
};

/* The message of a receive that completed ok, or what a read of a session has got, in the history's
 * own memory. */
struct cf_message {
    struct uripc_text source; /* narrow, also where 16-bit units were asked for; read: none */
    struct uripc_text target;
    const char *data;
    uint32_t data_bytes;
};

/* One call. */
struct cf_op {
    enum uripc_call call;
    enum cf_op_state state;
    uint32_t process;
    uint32_t life; /* counts the lives of the process */
    uint32_t step; /* the runner's, to tell where */
    uint32_t slot; /* the call's name in the case; CF_NOBODY: none */
    uint64_t overlapped;
    struct uripc_handle handle;
    enum uripc_status returned;
    bool awaited; /* a line of the case has taken its completion */

    enum uripc_kind kind;            /* register, and of the handle of a receive */
    struct uripc_incarnation source; /* send: of the handle */
    const char *data;                /* send, write; borrowed from the case */
    uint32_t length;                 /* send, write */
    uint32_t handle_slot;            /* of a call that opens something: the runner's */
    uint64_t buffer;                 /* receive, read */
    uint32_t buffer_size;
    uint32_t flags; /* receive */

    struct uripc_completion completion;
    uint64_t done_at;
    bool has_message; /* receive, read: copied to `message_at`: source, target, data */
    size_t message_at;

    uint32_t next;      /* in flight in the same process, in the order they were started */
    uint32_t next_done; /* done in the same process and not awaited, oldest first */
    uint32_t received;  /* send: first receive that took it; receive: next one of the same send */
    uint64_t matched;   /* send that did not tell its message id: the one it was received under */
    uint32_t traced;    /* the records of call and completion; CF_UNTRACED */
    uint32_t traced_done;
};

/* A broken rule. */
struct cf_violation {
    const char *rule; /* "C3"; NULL: none */
    const char *clause;
    const char *text;
    uint32_t ops[2]; /* the evidence; CF_NO_OP */
};

/* One process's part. */
struct cf_history_process {
    uint32_t life;
    uint32_t first, last;           /* in flight */
    uint32_t first_done, last_done; /* completed and not awaited */
};

struct cf_history {
    struct cf_op *ops;
    uint32_t count, capacity;
    struct cf_history_process *processes;
    uint32_t process_count;
    unsigned char *bytes; /* of received messages */
    size_t size, room;
    struct cf_violation violation; /* the first one */
    bool out_of_memory;
    bool tells_lives; /* the implementation tells incarnations */
};

/* Begins a run, in the memory of the last one.  {0} is a history to begin with. */
void cf_history_begin(struct cf_history *history, uint32_t processes);
void cf_history_free(struct cf_history *history);

/* A call is about to be made; the caller fills in what belongs to it.  Returns its number, or
 * CF_NO_OP without memory. */
uint32_t cf_history_call(struct cf_history *history, uint32_t process, enum uripc_call call);

/* The call returned. */
void cf_history_returned(struct cf_history *history, uint32_t op, enum uripc_status status);

/* A completion was polled.  Returns the op it belongs to, or CF_NO_OP: it belongs to none, and that
 * is a violation. */
uint32_t cf_history_completed(struct cf_history *history, uint32_t process,
                              const struct uripc_completion *completion, uint64_t now);

/* Whether the call's completion brings a handle. */
bool cf_call_opens(enum uripc_call call);

/* Judges a completed receive or read by what lies in its buffer, which was filled with CF_FRESH
 * before the call, and keeps the message. */
void cf_history_received(struct cf_history *history, uint32_t op, const unsigned char *buffer);

/* The process died: what it had in flight has no completion any more. */
void cf_history_died(struct cf_history *history, uint32_t process);

/* The oldest completed call nobody awaited yet; CF_NO_OP. */
uint32_t cf_history_unawaited(const struct cf_history *history, uint32_t process);
void cf_history_awaited(struct cf_history *history, uint32_t op);

/* The message of a receive; false if there is none. */
bool cf_history_message(const struct cf_history *history, uint32_t op, struct cf_message *message);

void cf_history_violate(struct cf_history *history, const char *rule, const char *clause,
                        const char *text, uint32_t first, uint32_t second);

#endif
