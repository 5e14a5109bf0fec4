/* SPDX-License-Identifier: MIT */
/* Requests: what their files share (spec, chapter 11).
 *
 * request.c has the requester's side, request_survey.c what a survey does besides; request_serve.c
 * and request_reply.c the server's; request_session.c what both do in a session; request_message.c
 * the bytes: numbers, suffixes and messages for applications.
 * A request under way is an *ask* here and a *served* there; what was answered is *remembered*. */
#ifndef URIPC_REQUEST_STATE_H
#define URIPC_REQUEST_STATE_H

#include <uripc/request.h>

#include "layers_state.h"
#include "session_state.h"

/* Types of records, and their fixed parts: a number of 32 bits and four bytes of zeros. */
enum {
    URIPC__REQ_REQUEST = 32, /* the number counts tries before this one */
    URIPC__REQ_REPLY,        /* the number is a status: ok, or why it is not served */
    URIPC__REQ_LAST = 47,
    URIPC__REQ_BODY = 8,
    URIPC__REQ_ITEM = 16 /* fixed part of an item of a session */
};

enum { URIPC__REQ_SUFFIX = 16 /* units, at most */ };

struct uripc__ask {
    bool used;
    bool survey;   /* its call completes at hand-over; then `handle` is its name */
    bool over;     /* survey: nothing more is taken */
    bool accepted; /* a try reached a queue, or may have: a reply may come */
    bool possible; /* a try may have been served */
    bool refused;  /* the first try was, by who serves */
    bool backoff;
    enum uripc_status failed; /* how the last try ended that did not get so far; 0: none */
    uint64_t number;          /* the suffix */
    uint32_t call;            /* URIPC__NONE: completed (survey) */
    struct uripc_handle session;
    uint32_t question;     /* chunk: the record, then the target */
    uint32_t length;       /* of the record */
    uint32_t target_units; /* canonical */
    uint32_t tries;        /* begun */
    uint32_t outstanding;  /* of them, not completed */
    uint32_t retries;      /* left */
    uint64_t retry_at, retry_after;

    struct uripc_handle handle;
    uint64_t until;
    uint32_t first, last; /* replies: chunks */
    uint32_t replies;
};

/* A reply to a survey, in the pool; kept to the end, so that its sender's next one is known. */
struct uripc__survey_reply {
    uint32_t next;
    uint32_t data; /* chunk; 0: none, or taken */
    uint32_t length;
    bool taken;
    struct uripc_incarnation from;
    uint64_t principal;
};

struct uripc__served {
    enum { URIPC__SERVED_FREE, URIPC__SERVED_QUEUED, URIPC__SERVED_TAKEN } state;
    bool again; /* may have been served before */
    uint64_t id;
    struct uripc_handle handle; /* registration or session */
    struct uripc_incarnation from;
    uint64_t principal;
    uint64_t number;
    uint64_t remember;
    uint32_t chunk; /* source, target, data */
    uint32_t source_units, target_units, data_bytes;
};

struct uripc__remembered {
    bool used;
    struct uripc_incarnation from;
    uint64_t number;
    uint64_t until;
    uint32_t answer; /* chunk: the record; 0: given up */
    uint32_t length;
};

struct uripc__requests {
    uint64_t asked;  /* numbers given out */
    uint64_t taken;  /* ids given out */
    uint32_t oldest; /* of the ring of what is remembered */
    uint32_t asks;   /* that are used */
    uint32_t kept;   /* answers for repetitions */
};

enum { URIPC__REQ_PART = 1 }; /* its number among the parts */

extern const struct uripc__part uripc__request_part;

struct uripc__requests *uripc__req(struct uripc_layers *layers);
struct uripc__ask *uripc__req_ask(struct uripc_layers *layers, uint32_t index);
struct uripc__served *uripc__req_served(struct uripc_layers *layers, uint32_t index);
struct uripc__remembered *uripc__req_remembered(struct uripc_layers *layers, uint32_t index);

/* Room for one URI, overwritten by whoever comes next. */
char *uripc__req_scratch(struct uripc_layers *layers);

bool uripc__req_same(struct uripc_incarnation a, struct uripc_incarnation b);

/* The first call of a kind that waits on a handle; URIPC__NONE: there is none. */
uint32_t uripc__req_waiting(struct uripc_layers *layers, enum uripc_call kind,
                            struct uripc_handle handle);
void *uripc__req_chunk(struct uripc_layers *layers, uint32_t offset);

/* request.c */

/* Begins an ask and its call.  pending with its number, or what the call returns. */
struct uripc__question {
    struct uripc_text target;
    const void *data;
    uint32_t length;
    uint64_t deadline;
    uint64_t overlapped;
    enum uripc_call kind;
};
enum uripc_status uripc__req_begin(struct uripc_layers *layers,
                                   const struct uripc__question *question, uint32_t *index);

/* Makes the first try of an ask over the three calls, now or once there is a name to send from.
 * pending, or why not: the ask and its call are then no more. */
enum uripc_status uripc__req_first_try(struct uripc_layers *layers, uint32_t index);
void uripc__req_free_ask(struct uripc_layers *layers, uint32_t index);
struct uripc_text uripc__req_target(struct uripc_layers *layers, const struct uripc__ask *ask);

/* Completes an ask with an error, its certainty being what is known of its tries. */
void uripc__req_fail(struct uripc_layers *layers, uint32_t index, enum uripc_status status);

/* The ask with this number; URIPC__NONE: it is no more, or never was. */
uint32_t uripc__req_find(struct uripc_layers *layers, uint64_t number);

struct uripc__reply {
    const void *data;
    uint32_t length;
    struct uripc_incarnation from;
    uint64_t principal;
};

/* Writes a reply into the buffer of a call.  ok or buffer-too-small. */
enum uripc_status uripc__req_write_reply(struct uripc_layers *layers, const struct uripc__ask *ask,
                                         const struct uripc__reply *reply,
                                         struct uripc_buffer buffer, struct uripc_completion *done);

/* A reply came, or a refusal with its status; or one for which there is no ask. */
bool uripc__req_may_refuse(uint64_t status);
void uripc__req_take_reply(struct uripc_layers *layers, uint32_t index, enum uripc_status status,
                           const struct uripc__reply *reply);
void uripc__req_discard(struct uripc_layers *layers, uint64_t number);

/* request_session.c */

/* Puts a request or a reply into its session.  The request's ask fails if that cannot be; the reply
 * is pending, or why not. */
void uripc__req_ask_peer(struct uripc_layers *layers, uint32_t index, uint32_t session);
enum uripc_status uripc__req_put_reply(struct uripc_layers *layers, uint32_t session,
                                       const struct uripc__served *served, uint32_t call,
                                       const void *data, uint32_t length);

/* What a session tells: an item came (false: no memory now, it shall come again); an item that
 * waited was sent, or refused; nothing more is sent from here; or from there; it has ended. */
bool uripc__req_on_item(struct uripc_layers *layers, uint32_t session, enum uripc__item_kind kind,
                        const unsigned char *bytes, uint32_t length);
void uripc__req_item_sent(struct uripc_layers *layers, uint32_t call, enum uripc_status status,
                          uint32_t length);
void uripc__req_session_shut(struct uripc_layers *layers, uint32_t session);
void uripc__req_peer_shut(struct uripc_layers *layers, struct uripc_handle session);
void uripc__req_session_over(struct uripc_layers *layers, struct uripc_handle session,
                             enum uripc_status status);

/* request_survey.c */

void uripc__req_survey_reply(struct uripc_layers *layers, uint32_t index,
                             const struct uripc__reply *reply);
void uripc__req_survey_open(struct uripc_layers *layers, uint32_t index);

/* Ends surveys whose time has come; returns when the next one's does. */
uint64_t uripc__req_survey_due(struct uripc_layers *layers);
void uripc__req_survey_clear(struct uripc_layers *layers, struct uripc__ask *ask);

/* request_serve.c */

void uripc__req_on_request(struct uripc_layers *layers, const struct uripc__record *record);
void uripc__req_serve_over(struct uripc_layers *layers, struct uripc_handle handle,
                           enum uripc_status status);
void uripc__req_serve_shut(struct uripc_layers *layers, struct uripc_handle session);

/* A message for the application in its three parts. */
struct uripc__told {
    struct uripc_text source, target;
    const void *data;
    uint32_t length;
};

/* A place for a request; NULL: there is none.  Serves that wait have one each: there is another. */
struct uripc__served *uripc__req_take(struct uripc_layers *layers, const struct uripc__told *told);
bool uripc__req_has_place(struct uripc_layers *layers);
void uripc__req_free_served(struct uripc_layers *layers, struct uripc__served *served);

/* Gives requests that came to serves that wait. */
void uripc__req_deliver(struct uripc_layers *layers, struct uripc_handle handle);

/* A serve has ended: does its registration still want to be received from? */
void uripc__req_settle(struct uripc_layers *layers, struct uripc_handle handle);

/* The endpoint that a registration has become; URIPC__NONE: none. */
uint32_t uripc__req_endpoint(struct uripc_layers *layers, struct uripc_handle handle);

/* request_reply.c */

/* What is remembered of a request; NULL: nothing. */
struct uripc__remembered *uripc__req_recall(struct uripc_layers *layers,
                                            struct uripc_incarnation from, uint64_t number);

/* Sends the reply that is remembered once more. */
void uripc__req_repeat(struct uripc_layers *layers, const struct uripc__record *record,
                       const struct uripc__remembered *known);

/* Completes a reply that was sent over the three calls; `order` is its call's. */
void uripc__req_replied(struct uripc_layers *layers, uint64_t order,
                        const struct uripc_completion *done);

/* Gives up answers that have been kept long enough, or the oldest one; false: there is none. */
void uripc__req_expire(struct uripc_layers *layers);
bool uripc__req_relieve(struct uripc_layers *layers);

/* request_message.c */

uint64_t uripc__req_get(const unsigned char *at, unsigned bytes);
void uripc__req_put(unsigned char *at, uint64_t value, unsigned bytes);

/* The suffix of a number, and back: 0 is none. */
struct uripc_text uripc__req_suffix(uint64_t number, char text[URIPC__REQ_SUFFIX]);
uint64_t uripc__req_number(struct uripc_text suffix);

/* Whether a reply from `source` can be one to `target`: it comes from a name that matches it. */
bool uripc__req_answers(struct uripc_text source, struct uripc_text target);

/* Writes a message for the application in the layout of message.h, and its lengths to *done.  ok or
 * buffer-too-small, and then nothing is written. */
enum uripc_status uripc__req_write(struct uripc_layers *layers, const struct uripc__told *told,
                                   struct uripc_buffer buffer, struct uripc_completion *done);

#endif
