/* SPDX-License-Identifier: MIT */
/* Requests: the ten steps of the design note as a library.  A layer (layers.h); spec, chapter 11.
 *
 * Over the three calls a request is a message whose source URI ends in a suffix that no other
 * request has; the reply is a message to that URI.  The suffix is what pairs them and, unchanged
 * when the request is sent again, what lets the server recognise a repetition.  Over a session both
 * travel in it, and its end is told at once.
 *
 * Every function is started and later completes, as in uripc.h; completions come out of
 * uripc_layers_poll.  Text and data given to a call are borrowed until it returns; buffers belong
 * to the layer until the completion has been polled. */
#ifndef URIPC_REQUEST_H
#define URIPC_REQUEST_H

#include <uripc/session.h>

#ifdef __cplusplus
extern "C" {
#endif

struct uripc_request_options {
    size_t size;
    uint64_t deadline;           /* of the whole request, nanoseconds; 0: none */
    uint64_t retry;              /* sends it again after so long without a reply; 0: never */
    uint32_t retries;            /* so often, at most */
    uint32_t backoff;            /* 0: every wait is as long; 1: twice as long as the one before */
    struct uripc_handle session; /* {0}: over the three calls; else retry is 0 */
};

struct uripc_serve_options {
    size_t size;
    uint64_t deadline; /* of the call, nanoseconds; 0: none */
    uint64_t remember; /* keeps the answer so long, for repetitions of the request; 0: not at all */
};

/* Asks whoever holds `target` (REQ-1).  Over a session the peer is asked, and `target` only goes
 * along; it, the data and 16 bytes are then no more than the session takes (SES-13).  The reply is
 * written to `buffer` in the layout of message.h: source is the target in its canonical form,
 * target the URI that the reply was sent to. At once: invalid-argument, invalid-handle (session),
 * invalid-name, in-use, no-resources. Completion: ok with the incarnation and principal of who
 * replied; buffer-too-small (the request was answered; the reply does not fit, is lost, and its
 * lengths are told); timeout (no reply before the deadline or one wait after the last try, REQ-6);
 * no-receiver, unreachable, too-big, full, access-denied, not-supported, no-resources, peer-gone
 * (so ended the last try, REQ-7); aborted; over a session closed (by this side), disconnected,
 * peer-gone, unresponsive (REQ-23). The certainty of an error says whether the request may have
 * been served (REQ-8). */
enum uripc_status uripc_request(struct uripc_layers *layers, struct uripc_text target,
                                const void *data, uint32_t length, struct uripc_buffer buffer,
                                const struct uripc_request_options *options, uint64_t overlapped);

/* Takes the next request that comes to `handle`: a registration of the node from which nobody else
 * receives, or a session.  It is written to `buffer` in the layout of message.h, its source URI
 * with the suffix.  Several can wait; one request goes to one of them.  A registration is received
 * from only while a serve waits (REQ-18). At once: invalid-argument, invalid-handle, in-use,
 * no-resources (too many requests wait for their reply, or too many registrations are served).
 * Completion: ok with `message_id`, by which it is answered, and the requester's incarnation and
 * principal; its certainty is indefinite if the request may have been served before (REQ-16);
 * buffer-too-small (the request stays first); timeout, aborted, closed (the registration, or this
 * side of the session); of a session disconnected, peer-gone, unresponsive. */
enum uripc_status uripc_serve(struct uripc_layers *layers, struct uripc_handle handle,
                              struct uripc_buffer buffer, const struct uripc_serve_options *options,
                              uint64_t overlapped);

/* Answers the request `message_id`, once.
 * At once: not-found (unknown, answered before, its registration or session is no more), too-big,
 * invalid-argument, in-use, no-resources; but for not-found it can still be answered.
 * Completion: ok (the requester's node has it; over a session the session has); peer-gone (that
 * life of the requester is over), full, no-receiver and other results of a send; timeout (its node
 * has not answered in time, LAY-13: indefinite); aborted, closed, disconnected, unresponsive. */
enum uripc_status uripc_reply(struct uripc_layers *layers, uint64_t message_id, const void *data,
                              uint32_t length, uint64_t overlapped);

/* Asks all members of the group `target`, and takes replies for `duration` nanoseconds, which is
 * never 0: who would know that all have replied?
 * At once: invalid-argument, invalid-name, in-use, no-resources.
 * Completion: ok once the question has been handed over, with the handle of the survey; or what its
 * send said: no-receiver, unreachable, too-big and so on; aborted. */
enum uripc_status uripc_survey(struct uripc_layers *layers, struct uripc_text target,
                               const void *data, uint32_t length, uint64_t duration,
                               uint64_t overlapped);

/* Takes the next reply, as uripc_request does.  One of each member counts.
 * At once: invalid-handle, in-use, no-resources, invalid-argument.
 * Completion: ok; buffer-too-small (the reply stays first); aborted, closed; timeout (the survey is
 * over and all replies are taken; `bytes` is their number, and the handle is closed). */
enum uripc_status uripc_survey_receive(struct uripc_layers *layers, struct uripc_handle survey,
                                       struct uripc_buffer buffer, uint64_t overlapped);

/* Ends a survey early.  Pending receives complete `closed`.  Completion: ok. */
enum uripc_status uripc_survey_close(struct uripc_layers *layers, struct uripc_handle survey,
                                     uint64_t overlapped);

#ifdef __cplusplus
}
#endif

#endif
