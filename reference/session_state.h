/* SPDX-License-Identifier: MIT */
/* Sessions: what their files share (spec, chapter 10).
 *
 * session_open.c has listening, accepting and connecting, session.c the calls on a session,
 * session_flow.c what is owed to peer and application, session_record.c what arrives,
 * session_hold.c being told of the peer's death.  A session
 * sends *items*: messages, and at the end one that says so.  Items are numbered from 1, kept until
 * acknowledged, and taken by the receiver in order only. */
#ifndef URIPC_SESSION_STATE_H
#define URIPC_SESSION_STATE_H

#include <uripc/session.h>

#include "layers_state.h"

/* Types of records. */
enum {
    URIPC__SES_CONNECT = 1,
    URIPC__SES_ACCEPT,
    URIPC__SES_REFUSE,
    URIPC__SES_ITEM,
    URIPC__SES_ACK, /* and beat */
    URIPC__SES_RESET,
    URIPC__SES_GONE, /* answers a record for a session that is no more */
    URIPC__SES_HOLD, /* waits at the peer until that ends */
    URIPC__SES_LAST = 31
};

enum {
    URIPC__SES_BODY = 56,
    URIPC__SES_COST = 32, /* of a message, besides its bytes */
    URIPC__SES_SAFE = 364 /* bytes of data that fit every profile */
};

/* In the token of a send: it only tries what the way carries, or holds the peer. */
#define URIPC__SES_PROBE (UINT64_C(1) << 49)
#define URIPC__SES_HOLDS (UINT64_C(1) << 50)

enum uripc__item_kind {
    URIPC__ITEM_MESSAGE,
    URIPC__ITEM_SHUTDOWN,
    URIPC__ITEM_CLOSE,
    URIPC__ITEM_REQUEST, /* these two belong to requests */
    URIPC__ITEM_REPLY,
    URIPC__ITEM_KINDS
};

/* The fixed part of every record's body, little endian in this order. */
struct uripc__ses_body {
    uint64_t to;   /* session of the receiver; connect: 0 */
    uint64_t from; /* session of the sender */
    uint64_t item; /* item: its number; connect, accept: the sender's period of beats */
    uint64_t ack;  /* items taken in order so far; refuse: the status; connect, accept: the serial
                      of the incarnation at which the sender can be held; 0: it cannot */
    uint64_t read; /* messages that the application has read; connect, accept: the most it takes */
    uint64_t room; /* cost that may be sent in all, from the beginning */
    uint32_t beat; /* signs of life sent in time so far */
    uint32_t what; /* item: its kind; accept: the mode; connect: flags */
};

/* In the pool, in front of its bytes. */
struct uripc__item {
    uint32_t next;   /* offset; 0: the last */
    uint32_t length; /* bytes */
    uint32_t taken;  /* of them, read already */
    uint32_t call;   /* the send that waits to be accepted; URIPC__NONE: accepted */
    uint64_t number;
    uint64_t kind;
};

struct uripc__items {
    uint32_t first, last; /* offsets; 0: none */
};

enum uripc__ses_state {
    URIPC__SES_FREE,
    URIPC__SES_CONNECTING, /* the connect is under way */
    URIPC__SES_WAITING,    /* wants to be accepted */
    URIPC__SES_OPEN,
    URIPC__SES_RESETTING /* disconnected here; the peer is being told */
};

struct uripc__session {
    enum uripc__ses_state state;
    enum uripc_mode mode;
    enum uripc_status end; /* of what the peer sends, once the rest is read; 0: none yet */
    bool peer_shut;        /* nothing more is sent from there */
    bool gone;             /* died; told once all that it sent has been taken */
    bool shut;             /* nothing more is sent from here */
    bool closed;           /* the application has given up its handle */
    bool owes_ack;         /* by ack_at, unless something else carries it along before */
    uint32_t listener;     /* number of the one that it came to; URIPC__NONE */
    uint32_t call;         /* the connect */
    uint64_t id, peer_id;
    struct uripc_handle handle;
    struct uripc_incarnation peer;
    uint64_t principal;
    uint32_t peer_units; /* length of the peer's name, which lies beside */
    uint32_t spare;      /* memory for the item that says that this end has closed; 0: used */

    struct uripc__items out;
    uint64_t next_item;       /* the number of the next one accepted */
    uint64_t acked;           /* by the peer */
    uint64_t sent, peer_read; /* messages accepted, and those that the peer's application read */
    uint64_t out_cost, room;  /* accepted in all, and allowed in all */
    uint32_t largest;         /* bytes of a message that can be sent, as far as is known (SES-13) */
    uint32_t proven;          /* bytes of one that the way does carry */
    uint32_t probe;           /* bytes that are being tried; 0: none */

    struct uripc__items in;
    uint64_t taken;      /* items taken in order */
    uint64_t read;       /* messages read */
    uint64_t taken_cost; /* of all messages that came */
    uint64_t in_cost;    /* of what was read, in all */
    uint32_t unread_bytes;
    uint64_t ack_at;
    uint64_t told_room; /* what the peer was last told that it may send in all */

    bool asking; /* how far the peer has read (SES-14) */
    uint64_t retry_at, retry_after;
    uint32_t tries;
    uint32_t missed;  /* times in a row that nobody held the peer's name */
    bool notice;      /* the peer is to be held (SES-15), ... */
    bool holds;       /* and is, as far as is known, or ... */
    uint64_t hold_at; /* is tried then */
    uint64_t peer_held;
    uint64_t begun, beat, beats, peer_beat;
    const struct uripc_liveness *liveness; /* code of the application, not state */
    uint64_t silence, extra;
    _Alignas(8) unsigned char judge[URIPC_LIVENESS_BYTES];
};

struct uripc__listener {
    bool used, open, closed;
    uint32_t endpoint;
    uint32_t call; /* the listen */
    struct uripc_handle handle;
    struct uripc_incarnation incarnation;
    struct uripc_listen_options options;
};

enum { URIPC__SES_PART = 0 }; /* its number among the parts */

extern const struct uripc__part uripc__session_part;

struct uripc__session *uripc__ses_at(struct uripc_layers *layers, uint32_t index);
char *uripc__ses_peer_name(struct uripc_layers *layers, uint32_t index);
struct uripc__listener *uripc__ses_listener(struct uripc_layers *layers, uint32_t index);

/* A session that is free, made new; URIPC__NONE: there is none. */
uint32_t uripc__ses_new(struct uripc_layers *layers);
void uripc__ses_free(struct uripc_layers *layers, uint32_t index);

/* The session of that number; URIPC__NONE: there is none.  Whoever looks for one is about to change
 * it, so it is touched. */
uint32_t uripc__ses_find(struct uripc_layers *layers, uint64_t id);

/* Has the next turn look at it. */
void uripc__ses_touch(struct uripc_layers *layers, const struct uripc__session *session);

/* Ends all calls of a kind that wait for it, and leaves nothing of them behind. */
void uripc__ses_end_calls(struct uripc_layers *layers, enum uripc_call kind, uint32_t token,
                          enum uripc_status status);

/* Discards what is unread at both ends, and tells the peer so. */
void uripc__ses_reset(struct uripc_layers *layers, uint32_t index);

/* session_open.c */

uint32_t uripc__ses_listener_of(struct uripc_layers *layers, struct uripc_handle handle);
void uripc__ses_close_listener(struct uripc_layers *layers, uint32_t index);
void uripc__ses_on_endpoint(struct uripc_layers *layers, uint32_t endpoint,
                            enum uripc_status status);

/* Gives accepts that wait the sessions that wait. */
void uripc__ses_serve_accepts(struct uripc_layers *layers, uint32_t listener);

/* The session with this handle of the application; URIPC__NONE: there is none. */
uint32_t uripc__ses_of(struct uripc_layers *layers, struct uripc_handle handle);

/* Whether a send is appended and not accepted yet. */
bool uripc__ses_sends_wait(struct uripc_layers *layers, const struct uripc__session *session);

/* Appends an item that `call` sends; its bytes may be NULL and written later, before the session
 * is served.  ok, or why not: the session's end, closed (after a shutdown), too-big, no-resources,
 * and if it would have to wait and is hasty, would-block. */
struct uripc__ses_sending {
    enum uripc__item_kind kind;
    const void *bytes;
    uint32_t length;
    uint32_t call;
    bool hasty;
};
enum uripc_status uripc__ses_put(struct uripc_layers *layers, uint32_t index,
                                 const struct uripc__ses_sending *sending, uint32_t *offset);

/* Takes back an item that still waits; false: it has been sent. */
bool uripc__ses_withdraw(struct uripc_layers *layers, uint32_t index, uint32_t call);

/* session_flow.c */

struct uripc__item *uripc__ses_item(struct uripc_layers *layers, uint32_t offset);
unsigned char *uripc__ses_item_bytes(struct uripc_layers *layers, uint32_t offset);

/* Takes memory for an item of that length; 0: the pool has no room. */
uint32_t uripc__ses_take(struct uripc_layers *layers, uint32_t length);

/* Appends an item with these bytes; 0: the pool has no room. */
uint32_t uripc__ses_append(struct uripc_layers *layers, struct uripc__items *items,
                           enum uripc__item_kind kind, const void *bytes, uint32_t length);

/* The same in memory that was taken for it before. */
void uripc__ses_append_at(struct uripc_layers *layers, struct uripc__items *items,
                          enum uripc__item_kind kind, const void *bytes, uint32_t length,
                          uint32_t offset);
void uripc__ses_remove(struct uripc_layers *layers, struct uripc__items *items, uint32_t offset);
void uripc__ses_clear(struct uripc_layers *layers, struct uripc__items *items);

/* Accepts an item that was appended to `out`, and sends it. */
void uripc__ses_accept_item(struct uripc_layers *layers, uint32_t index, uint32_t offset);

/* The node has said what became of a try. */
void uripc__ses_probed(struct uripc_layers *layers, uint32_t index,
                       const struct uripc_completion *done);
bool uripc__ses_has_room(const struct uripc__session *session, uint32_t length);

/* An item of this kind counts against the window. */
bool uripc__ses_costs(uint64_t kind);

/* One more item has to wait. */
bool uripc__ses_waits(struct uripc_layers *layers, uint32_t index, uint32_t length);

/* The cost that the peer may send in all. */
uint64_t uripc__ses_room(struct uripc_layers *layers, const struct uripc__session *session);

/* Tells the peer at the next turn, or a little later, if that does not hold it up. */
void uripc__ses_owe_ack(struct uripc_layers *layers, struct uripc__session *session, bool at_once);

/* Sends a record without an item. */
void uripc__ses_say(struct uripc_layers *layers, uint32_t index, uint8_t type);

/* Serves all calls that can be, after anything has changed. */
void uripc__ses_serve(struct uripc_layers *layers, uint32_t index);

/* The same, and ends what is closed once all of it has reached the peer. */
void uripc__ses_settle(struct uripc_layers *layers, uint32_t index);

/* Nothing more will come of the peer, and why. */
void uripc__ses_end(struct uripc_layers *layers, uint32_t index, enum uripc_status why);

/* The peer's silence is judged from here on. */
void uripc__ses_open(struct uripc_layers *layers, uint32_t index);

/* Does what is due; returns when the next is. */
uint64_t uripc__ses_due(struct uripc_layers *layers, uint32_t index);
void uripc__ses_retry(struct uripc_layers *layers, struct uripc__session *session);

/* session_hold.c */

/* Holds the peer, if it is wanted and time; returns when to try next. */
uint64_t uripc__ses_hold(struct uripc_layers *layers, uint32_t index);

/* What became of that. */
void uripc__ses_held(struct uripc_layers *layers, struct uripc__session *session,
                     enum uripc_status status);

void uripc__ses_let_go(struct uripc_layers *layers, struct uripc__session *session);

/* session_record.c */
void uripc__ses_write(const struct uripc__ses_body *body, uint8_t type, unsigned char *record);
void uripc__ses_on_record(struct uripc_layers *layers, const struct uripc__record *record);

#endif
