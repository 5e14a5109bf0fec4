/* SPDX-License-Identifier: MIT */
/* What the driver protocol says of results, as JSON.  New references; NULL: no memory. */
#ifndef URIPC_CONFORMANCE_ANSWER_H
#define URIPC_CONFORMANCE_ANSWER_H

#include <jansson.h>

#include <uripc/backend.h>

#include "buffers.h"

json_t *cf_answer_status(enum uripc_status status);
json_t *cf_answer_hello(const struct uripc_backend *table);
json_t *cf_answer_info(const struct uripc_info *info);
json_t *cf_answer_session(const struct uripc_session_info *info);

/* Of a receive, also of a session, `buffer` is where lies what it has got; else NULL. */
json_t *cf_answer_completion(const struct uripc_backend *table,
                             const struct uripc_completion *completion,
                             const struct cf_buffer *buffer);

/* Whether such a call gets a message in the layout of message.h. */
bool cf_is_of_message(enum uripc_call call);

/* True if the completion says that something was written. */
bool cf_has_written(const struct uripc_completion *completion, const struct cf_buffer *buffer);

json_t *cf_answer_overwrite(const struct cf_overwrite *overwrite);

#endif
