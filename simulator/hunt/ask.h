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

struct talk;

/* A registration of which requests are served, a request, a serve, a reply, or the close of a
 * registration. */
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
    uint32_t length;            /* request, reply: data bytes */
    bool answered;              /* serve: a reply was accepted */
    bool open;                  /* it was made on a handle that has not been closed */
    bool remembers;             /* serve: the reply is kept */
    unsigned char buffer[ASK_BUFFER];
};

struct ask_door {
    struct uripc_handle handle; /* the registration that is served; 0: none */
    bool remembers;
    bool pending; /* it is being registered */
};

struct asks {
    uint32_t count;
    struct ask_door doors[HUNT_PROCESSES];
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

/* Rules, in ask_rules.c; for a call that has just completed. */
void ask_fill(unsigned char *data, uint32_t length, uint32_t call, uint32_t other);
void ask_rule_reply_taken(struct talk *talk, uint32_t call); /* a request is ok */
void ask_rule_failed(struct talk *talk, uint32_t call);      /* it is not */
void ask_rule_served(struct talk *talk, uint32_t call);
void ask_broken(struct talk *talk, const char *clause, uint32_t call, const char *text);

#endif
