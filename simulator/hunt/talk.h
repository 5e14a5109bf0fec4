/* SPDX-License-Identifier: MIT */
/* Random applications that talk over sessions, and what must hold for them. */
#ifndef URIPC_SIMULATOR_HUNT_TALK_H
#define URIPC_SIMULATOR_HUNT_TALK_H

#include <uripc/session.h>

#include "simulator/hunt/ask.h"
#include "simulator/hunt/ledger.h"

enum {
    TALK_CALLS = 800,       /* in a run, those at its end included */
    TALK_DRAWN_CALLS = 300, /* until then */
    TALK_ENDS = 96,
    TALK_BUFFER = 256,
    TALK_NODE_BUFFERS = 16,
    TALK_NODE_BUFFER = 2048,
    TALK_LAYERS = 131072 /* bytes of the block of layers */
};

struct talk_call {
    enum uripc_call call;
    enum hunt_state state;
    uint32_t process, life;
    uint32_t end;    /* it was made on, plus one; 0: none */
    uint32_t length; /* send */
    uint64_t at;
    bool detects; /* connect, accept: with a detector */
    unsigned char buffer[TALK_BUFFER];
};

/* One end of a session.  What it sends is a stream of bytes that begins with its own number, so
 * whoever reads knows whose it is and what comes next. */
struct talk_end {
    uint32_t process, life;
    struct uripc_handle handle;
    uint64_t since;
    bool detects;
    bool sending, receiving;         /* one call of each at a time */
    bool shut, closed, disconnected; /* by this end */
    bool given_up;                   /* its detector may have ended it before the close */
    enum uripc_status ended;         /* what a receive has said; OK: nothing yet */
    uint64_t accepted;               /* bytes of sends that completed ok */
    uint64_t read;                   /* bytes of the peer's */
    unsigned char head[4];           /* the first of them */
    uint32_t peer, reader;           /* whose they are, and who reads this one's; plus one */
};

/* What a process has beside its node. */
struct talk_process {
    struct uripc_layers *layers; /* NULL: it is dead */
    struct uripc_handle listener;
    uint64_t turned; /* by its clock: the last turn of its layers, from which they count (LAY-7) */
    uint64_t alarm;  /* the world's time of the one that is queued; SIM_NEVER: none */
    uint32_t buffers;
    uint64_t block[TALK_LAYERS / 8];
    unsigned char node_buffers[TALK_NODE_BUFFERS][TALK_NODE_BUFFER];
};

struct talk {
    struct hunt_ledger *ledger;
    uint32_t call_count, end_count;
    struct talk_call calls[TALK_CALLS];
    struct talk_end ends[TALK_ENDS];
    struct talk_process processes[HUNT_PROCESSES];
    bool roomy; /* layers always find memory for what they hold */
    struct asks asks;
};

/* Of the layers of one life of a process. */
uint64_t talk_identity(uint32_t process, uint32_t life);

void talk_start(struct talk *talk, struct hunt_ledger *ledger);

/* As the functions of actor.h. */
void talk_begin(struct talk *talk, uint32_t process);
void talk_turn(struct talk *talk, uint32_t process);
void talk_collect(struct talk *talk, uint32_t process); /* turns of the layers; nothing if dead */
void talk_died(struct talk *talk, uint32_t process);

/* Whether this word of work is an alarm of the layers. */
bool talk_is_alarm(uint64_t word);

/* At the end: reads what there is; true: there was something.  Says what is missing.  Closes all;
 * and says what is pending still. */
bool talk_read_all(struct talk *talk);
void talk_check_arrived(struct talk *talk);
void talk_close_all(struct talk *talk);
void talk_check_closed(struct talk *talk);

/* Rules, in talk_rules.c. */
uint8_t talk_byte(uint32_t end, uint64_t position);
void talk_rule_read(struct talk *talk, uint32_t end, const unsigned char *bytes, uint32_t length);
void talk_rule_end(struct talk *talk, uint32_t end, enum uripc_status status);
void talk_broken(struct talk *talk, const char *clause, uint32_t end, const char *text);

#endif
