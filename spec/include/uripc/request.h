/* SPDX-License-Identifier: MIT */
/* Requests: the ten steps of the design note as a library.  A layer (layers.h).
 *
 * A draft: it is here to be discussed, no library has these functions yet, the spec has no clauses
 * for them, and it is not installed.
 *
 * Over the three calls a request is a message whose source URI ends in a suffix that no other
 * request of this process has; the reply is a message to that URI.  The suffix is what pairs them
 * and, unchanged in a retry, what lets the server recognise a repetition.  Over a session both
 * travel in it, and its end is told at once. */
#ifndef URIPC_REQUEST_H
#define URIPC_REQUEST_H

#include <uripc/session.h>

#ifdef __cplusplus
extern "C" {
#endif

struct uripc_request_options {
    size_t size;
    uint64_t deadline;           /* of the whole request, nanoseconds; 0: none */
    uint64_t retry;              /* asks again after so long without a reply; 0: never */
    uint32_t retries;            /* how often, at most */
    uint32_t backoff;            /* each wait is 2^backoff times the one before; 0 or 1 */
    struct uripc_handle session; /* {0}: over the three calls */
};

struct uripc_serve_options {
    size_t size;
    uint64_t deadline; /* of the call; 0: none */
    uint64_t remember; /* answers are kept this long for repeated requests; 0: every repetition is
                          served again, and says so */
};

/* Asks whoever holds `target`; `suffix` of the target is part of it.  The reply is written to
 * `buffer` in the layout of message.h.  Completion: ok; buffer-too-small (the reply is lost, its
 * lengths are told); timeout (no reply before the deadline, or after the last retry: indefinite);
 * no-receiver, unreachable, too-big, full (the last try ended so: definite only if all did);
 * peer-gone, unresponsive, disconnected (over a session); aborted, no-resources. */
enum uripc_status uripc_request(struct uripc_layers *layers, struct uripc_text target,
                                const void *data, uint32_t length, struct uripc_buffer buffer,
                                const struct uripc_request_options *options, uint64_t overlapped);

/* Takes the next request that comes to `handle`, a registration of the node that nobody else
 * receives from, or a session.  It is written to `buffer` in the layout of message.h.  Completion:
 * ok with `message_id`, by which it is answered, and `data_bytes`; `certainty` indefinite: it was
 * served before (REQ-*); buffer-too-small; timeout, aborted, closed, and over a session its end. */
enum uripc_status uripc_serve(struct uripc_layers *layers, struct uripc_handle handle,
                              struct uripc_buffer buffer, const struct uripc_serve_options *options,
                              uint64_t overlapped);

/* Answers the request `message_id`, once.  At once: not-found (unknown, answered before, or given
 * up).  Completion: ok (the requester's node has it), and otherwise as uripc_send. */
enum uripc_status uripc_reply(struct uripc_layers *layers, uint64_t message_id, const void *data,
                              uint32_t length, uint64_t overlapped);

/* Asks all members of the group `target`, and collects answers until the deadline, which is
 * required.  Each answer is a completion `more` of the same overlapped block, written to `buffer`,
 * which is the caller's until uripc_survey_next; at the end `timeout`, with `bytes` the number of
 * answers.  One answer of each member counts. */
enum uripc_status uripc_survey(struct uripc_layers *layers, struct uripc_text target,
                               const void *data, uint32_t length, struct uripc_buffer buffer,
                               uint64_t deadline, uint64_t overlapped);
enum uripc_status uripc_survey_next(struct uripc_layers *layers, uint64_t overlapped);

#ifdef __cplusplus
}
#endif

#endif
