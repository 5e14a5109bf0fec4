/* SPDX-License-Identifier: MIT */
/* The server's replies: sent once, and kept for repetitions. */
#include <string.h>

#include "mutants.h"
#include "request_state.h"

/* What was answered. */

struct uripc__remembered *uripc__req_recall(struct uripc_layers *layers,
                                            struct uripc_incarnation from, uint64_t number)
{
    for (uint32_t i = 0; i < layers->limits.remembered; i++) {
        struct uripc__remembered *at = uripc__req_remembered(layers, i);
        if (at->used && at->number == number && uripc__req_same(at->from, from))
            return at;
    }
    return NULL;
}

static void forget_answer(struct uripc_layers *layers, struct uripc__remembered *at)
{
    if (at->answer == 0)
        return;
    uripc__layers_give(layers, at->answer);
    uripc__req(layers)->kept--;
    at->answer = 0;
}

/* The answer, if there is one, now belongs to what is remembered. */
static void remember(struct uripc_layers *layers, const struct uripc__served *served,
                     uint32_t answer, uint32_t length)
{
    struct uripc__requests *state = uripc__req(layers);
    struct uripc__remembered *at = uripc__req_recall(layers, served->from, served->number);
    if (at == NULL) {
        at = uripc__req_remembered(layers, state->oldest);
        state->oldest = (state->oldest + 1) % layers->limits.remembered;
    }
    forget_answer(layers, at);
    state->kept += answer != 0;
    *at = (struct uripc__remembered){.used = true,
                                     .from = served->from,
                                     .number = served->number,
                                     .until = served->remember > URIPC__NEVER - layers->now
                                                  ? URIPC__NEVER
                                                  : layers->now + served->remember,
                                     .answer = answer,
                                     .length = length};
}

void uripc__req_expire(struct uripc_layers *layers)
{
    for (uint32_t i = 0; uripc__req(layers)->kept != 0 && i < layers->limits.remembered; i++) {
        struct uripc__remembered *at = uripc__req_remembered(layers, i);
        if (at->answer != 0 && at->until <= layers->now)
            forget_answer(layers, at);
    }
}

bool uripc__req_relieve(struct uripc_layers *layers)
{
    for (uint32_t i = 0; i < layers->limits.remembered; i++) {
        struct uripc__remembered *at = uripc__req_remembered(
            layers, (uripc__req(layers)->oldest + i) % layers->limits.remembered);
        if (at->answer == 0)
            continue;
        forget_answer(layers, at);
        return true;
    }
    return false;
}

void uripc__req_repeat(struct uripc_layers *layers, const struct uripc__record *record,
                       const struct uripc__remembered *known)
{
    const struct uripc_send_options options = {.size = sizeof options, .expected = record->from};
    layers->counters.duplicates++;
    if (uripc__layers_send(layers, URIPC__REQ_PART, record->endpoint, NULL, record->source,
                           uripc__req_chunk(layers, known->answer), known->length, &options,
                           0) == URIPC_PENDING)
        layers->counters.resent++;
}

/* Replying. */

static struct uripc__served *taken(struct uripc_layers *layers, uint64_t id)
{
    for (uint32_t i = 0; i < layers->limits.requests; i++) {
        struct uripc__served *at = uripc__req_served(layers, i);
        if (at->state == URIPC__SERVED_TAKEN && at->id == id)
            return at;
    }
    return NULL;
}

/* The reply as a record in the pool; 0: no memory. */
static uint32_t make_record(struct uripc_layers *layers, const void *data, uint32_t length)
{
    const uint32_t head = URIPC__RECORD_HEAD + URIPC__REQ_BODY;
    uint32_t chunk = uripc__layers_take(layers, (uint64_t)head + length);
    if (chunk == 0)
        return 0;
    unsigned char *record = uripc__req_chunk(layers, chunk);
    uripc__layers_head(record, URIPC__REQ_REPLY);
    memset(record + URIPC__RECORD_HEAD, 0, URIPC__REQ_BODY);
    if (length != 0)
        memcpy(record + head, data, length);
    return chunk;
}

static enum uripc_status send_reply(struct uripc_layers *layers, struct uripc__served *served,
                                    uint32_t call, const void *data, uint32_t length)
{
    const char *source = uripc__req_chunk(layers, served->chunk);
    const struct uripc_text target = {source, served->source_units};
    struct uripc_send_options options = {.size = sizeof options, .expected = served->from};
    if (URIPC_MUTANT(REPLY_TO_ANY_LIFE))
        options.expected = (struct uripc_incarnation){0};
    const uint64_t token = uripc__layers_call(layers, call)->order << 1 | 1;
    const uint32_t whole = URIPC__RECORD_HEAD + URIPC__REQ_BODY + length;
    uint32_t endpoint = uripc__req_endpoint(layers, served->handle);
    uint32_t record = make_record(layers, data, length);
    if (record == 0)
        return URIPC_NO_RESOURCES;
    enum uripc_status status =
        endpoint == URIPC__NONE
            ? URIPC_INVALID_HANDLE
            : uripc__layers_send(layers, URIPC__REQ_PART, endpoint, NULL, target,
                                 uripc__req_chunk(layers, record), whole, &options, token);
    bool keep = status == URIPC_PENDING && served->remember != 0 && !URIPC_MUTANT(REPLY_NOT_KEPT);
    if (!keep)
        uripc__layers_give(layers, record);
    if (status == URIPC_PENDING)
        remember(layers, served, keep ? record : 0, whole);
    return status;
}

enum uripc_status uripc_reply(struct uripc_layers *layers, uint64_t message_id, const void *data,
                              uint32_t length, uint64_t overlapped)
{
    struct uripc__served *served = taken(layers, message_id);
    uint32_t call;
    if (served == NULL)
        return URIPC_NOT_FOUND; /* REQ-17 */
    if (data == NULL && length != 0)
        return URIPC_INVALID_ARGUMENT;
    if (length > layers->limits.message_max)
        return URIPC_TOO_BIG;
    uint32_t session = uripc__ses_of(layers, served->handle);
    enum uripc_status status = uripc__layers_begin(layers, URIPC__REQ_PART, URIPC_CALL_REPLY,
                                                   served->handle, overlapped, 0, &call);
    if (status != URIPC_PENDING)
        return status;
    status = session != URIPC__NONE
                 ? uripc__req_put_reply(layers, session, served, call, data, length)
                 : send_reply(layers, served, call, data, length);
    if (status == URIPC_CLOSED) { /* after a shutdown of this side */
        uripc__layers_finish(layers, call, status);
        status = URIPC_PENDING;
    }
    if ((status == URIPC_PENDING && !URIPC_MUTANT(REPLIED_TWICE)) || status == URIPC_INVALID_HANDLE)
        uripc__req_free_served(layers, served);
    if (status != URIPC_PENDING)
        uripc__layers_unbegin(layers, call);
    return status == URIPC_INVALID_HANDLE ? URIPC_NOT_FOUND : status;
}

void uripc__req_replied(struct uripc_layers *layers, uint64_t order,
                        const struct uripc_completion *done)
{
    for (uint32_t i = 0; i < layers->calls_end; i++) {
        const struct uripc__layer_call *at = uripc__layers_call(layers, i);
        if (at->state != URIPC__CALL_WAITS || at->kind != URIPC_CALL_REPLY || at->order != order)
            continue;
        struct uripc_completion end = *done;
        end.handle = at->handle;
        if (end.status == URIPC_OK)
            end.bytes -= URIPC__RECORD_HEAD + URIPC__REQ_BODY;
        uripc__layers_complete(layers, i, &end);
    }
}
