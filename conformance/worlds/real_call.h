/* SPDX-License-Identifier: MIT */
/* The calls of one process in the real world, between the suite's structs and the driver protocol;
 * real.c only. */
#ifndef URIPC_CONFORMANCE_WORLDS_REAL_CALL_H
#define URIPC_CONFORMANCE_WORLDS_REAL_CALL_H

#include <jansson.h>

#include "conformance/ids.h"
#include "conformance/world.h"

/* A receive's buffer, also a session's. */
struct cf_real_buffer {
    unsigned char *bytes; /* NULL: released, or its process has died */
    uint32_t size;
    uint32_t process;
};

/* A call in flight. */
struct cf_real_call {
    uint32_t process;
    uint64_t overlapped;
    enum uripc_call call;
    struct uripc_handle handle;
    uint64_t buffer; /* of a receive; 0: none */
    uint32_t flags;
};

/* What the calls of one run have in common. */
struct cf_real_calls {
    struct cf_real_buffer *buffers; /* by number, from 1 */
    uint64_t buffer_count, buffer_room;
    struct cf_real_call *list; /* oldest first */
    size_t count, room;
    struct cf_ids incarnations;
    struct cf_ids messages;
};

/* Forgets everything, in memory that can be used again. */
void cf_real_calls_clear(struct cf_real_calls *calls);
void cf_real_calls_free(struct cf_real_calls *calls);

/* The command that makes this call.  A new reference; NULL: no memory. */
json_t *cf_real_command(const struct cf_real_calls *calls, const struct cf_world_call *call);

/* Remembers a call that was accepted.  False: no memory. */
bool cf_real_accepted(struct cf_real_calls *calls, uint32_t process,
                      const struct cf_world_call *call);

/* Reads a completion, which ends the call it belongs to, and puts its message into the receive's
 * buffer. */
void cf_real_completion(struct cf_real_calls *calls, uint32_t process, const json_t *json,
                        struct uripc_completion *completion);

void cf_real_info(struct cf_real_calls *calls, const json_t *json, struct uripc_info *info);
void cf_real_session(struct cf_real_calls *calls, const json_t *json,
                     struct uripc_session_info *info);

/* The process has died: its calls and buffers are gone. */
void cf_real_died(struct cf_real_calls *calls, uint32_t process);

uint64_t cf_real_buffer(struct cf_real_calls *calls, uint32_t process, uint32_t size);
unsigned char *cf_real_bytes(const struct cf_real_calls *calls, uint64_t buffer);
void cf_real_release(struct cf_real_calls *calls, uint64_t buffer);

/* Once for `what` a status names; of a line that was validated. */
enum uripc_status cf_real_status(const json_t *json);

#endif
