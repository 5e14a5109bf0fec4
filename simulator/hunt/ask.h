/* SPDX-License-Identifier: MIT */
/* Random applications that make requests and serve them, over the calls and over the sessions of
 * talk.h, and what must hold for them. */
#ifndef URIPC_SIMULATOR_HUNT_ASK_H
#define URIPC_SIMULATOR_HUNT_ASK_H

#include <uripc/request.h>

#include "simulator/hunt/ledger.h"

enum {
    ASK_CALLS = 700,       /* in a run, those at its end included */
    ASK_DRAWN_CALLS = 600, /* until then */
    ASK_BUFFER = 512,
    ASK_OVERLAPPED = 1 << 20, /* blocks from here on are of these calls */
    ASK_REMEMBERED = 4        /* the limit of the layers */
};

#define ASK_GROUP_NAME "ipc:/all"

struct talk;

/* A registration of which requests are served, a request, a serve, a reply, the close of a
 * registration; a survey, a receive of its replies, its close; or a receive at a grave. */
struct ask_call {
    enum uripc_call call;
    enum hunt_state state;
    enum uripc_status status; /* of its completion */
    enum uripc_certainty certainty;
    uint32_t process, life;
    struct uripc_handle handle; /* serve: where; request, reply: the session, or 0 */
    uint64_t source;            /* request: of its URI, as it was first served; 0: it was not yet */
    uint64_t message_id;        /* serve */
    uint32_t other;             /* serve: its request; reply: its serve; plus one */
    uint32_t length;            /* request, survey, reply: data bytes */
    uint32_t door;              /* register, close: which */
    struct uripc_handle survey; /* survey: while it is open; else 0 */
    uint32_t asked;             /* receive of a survey: which, plus one */
    uint64_t deadline;          /* survey: by the process's clock */
    uint64_t heard;             /* reply to a survey: by the asker's clock */
    bool answered;              /* serve: a reply was accepted */
    bool open;                  /* it was made on a handle that has not been closed */
    bool remembers;             /* serve: the reply is kept */
    unsigned char buffer[ASK_BUFFER];
};

/* What a process registers beside its layers. */
enum ask_doors {
    ASK_OWN,   /* a name of its own */
    ASK_GROUP, /* one that all have, for surveys */
    ASK_GRAVE, /* the one that the layers of its last life had: nobody has anything for it */
    ASK_DOORS
};

struct ask_door {
    struct uripc_handle handle; /* 0: none */
    bool remembers;
    bool pending; /* it is being registered */
};

struct asks {
    uint32_t count;
    struct ask_door doors[HUNT_PROCESSES][ASK_DOORS];
    struct ask_call calls[ASK_CALLS];
};

void ask_start(struct talk *talk);
void ask_begin(struct talk *talk, uint32_t process);
void ask_turn(struct talk *talk, uint32_t process);
void ask_died(struct talk *talk, uint32_t process);

/* A completion whose block is one of these calls. */
void ask_completed(struct talk *talk, uint32_t process, const struct uripc_completion *completion);

/* A registration or a session of a process is being closed. */
void ask_closing(struct talk *talk, uint32_t process, struct uripc_handle handle);

/* At the end: what has no session is over; closes the registrations; nothing is pending. */
void ask_check_over(struct talk *talk);
void ask_close(struct talk *talk, uint32_t process);
void ask_check_closed(struct talk *talk);

/* What the calls of ask_survey.c need of those of ask.c. */
struct ask_call *ask_call_begin(struct talk *talk, uint32_t process, enum uripc_call kind);
bool ask_returned(struct talk *talk, struct ask_call *call, enum uripc_status status);
uint32_t ask_pick(const struct talk *talk, uint32_t process, uint32_t n);
uint32_t ask_number(const struct talk *talk, const struct ask_call *call);
uint64_t ask_overlapped(const struct talk *talk, const struct ask_call *call);
struct uripc_buffer ask_buffer(struct ask_call *call);
struct uripc_text ask_text(const char *text);
bool ask_is_mine(const struct talk *talk, const struct ask_call *call, uint32_t process);

/* Surveys, in ask_survey.c. */
void ask_survey(struct talk *talk, uint32_t process);
void ask_survey_read(struct talk *talk, uint32_t process);
void ask_survey_close(struct talk *talk, uint32_t process);
void ask_survey_completed(struct talk *talk, uint32_t call,
                          const struct uripc_completion *completion);
void ask_survey_heard(struct talk *talk, uint32_t reply);

/* What lies in the buffer of a call, with a digest of the source; false: it is no message of these
 * applications. */
bool ask_take(const struct ask_call *call, uint32_t numbers[2], uint32_t *length, uint64_t *source);

/* Rules, in ask_rules.c; for a call that has just completed. */
void ask_fill(unsigned char *data, uint32_t length, uint32_t call, uint32_t other);
void ask_rule_reply_taken(struct talk *talk, uint32_t call); /* a request is ok */
void ask_rule_failed(struct talk *talk, uint32_t call);      /* it is not */
void ask_rule_served(struct talk *talk, uint32_t call);
void ask_broken(struct talk *talk, const char *clause, uint32_t call, const char *text);

#endif
