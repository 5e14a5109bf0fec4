/* SPDX-License-Identifier: MIT */
/* Surveys: one question, a reply of each member of a group, and a time at which it is over. */
#include <string.h>

#include "mutants.h"
#include "request_state.h"

static struct uripc__survey_reply *reply_at(struct uripc_layers *layers, uint32_t offset)
{
    return uripc__req_chunk(layers, offset);
}

static uint32_t survey_of(struct uripc_layers *layers, struct uripc_handle handle)
{
    for (uint32_t i = 0; handle.id != 0 && i < layers->limits.requests; i++) {
        const struct uripc__ask *ask = uripc__req_ask(layers, i);
        if (ask->used && ask->survey && ask->handle.id == handle.id)
            return i;
    }
    return URIPC__NONE;
}

enum uripc_status uripc_survey(struct uripc_layers *layers, struct uripc_text target,
                               const void *data, uint32_t length, uint64_t duration,
                               uint64_t overlapped)
{
    const struct uripc__question question = {.target = target,
                                             .data = data,
                                             .length = length,
                                             .overlapped = overlapped,
                                             .kind = URIPC_CALL_SURVEY};
    uint32_t index;
    if (duration == 0 && !URIPC_MUTANT(SURVEY_OF_NO_TIME)) /* REQ-26 */
        return URIPC_INVALID_ARGUMENT;
    if (length > layers->limits.message_max)
        return URIPC_NO_RESOURCES;
    enum uripc_status status = uripc__req_begin(layers, &question, &index);
    if (status != URIPC_PENDING)
        return status;
    uripc__req_ask(layers, index)->until =
        duration > URIPC__NEVER - layers->now ? URIPC__NEVER : layers->now + duration;
    return uripc__req_first_try(layers, index);
}

void uripc__req_survey_open(struct uripc_layers *layers, uint32_t index)
{
    struct uripc__ask *ask = uripc__req_ask(layers, index);
    if (ask->call == URIPC__NONE)
        return;
    ask->handle = uripc__layers_handle(layers);
    const struct uripc_completion done = {
        .status = URIPC_OK, .certainty = URIPC_DEFINITE, .handle = ask->handle};
    uripc__layers_complete(layers, ask->call, &done);
    ask->call = URIPC__NONE;
}

void uripc__req_survey_clear(struct uripc_layers *layers, struct uripc__ask *ask)
{
    while (ask->first != 0) {
        uint32_t offset = ask->first;
        const struct uripc__survey_reply *at = reply_at(layers, offset);
        ask->first = at->next;
        if (at->data != 0)
            uripc__layers_give(layers, at->data);
        uripc__layers_give(layers, offset);
    }
}

/* Gives replies that came to receives that wait, in order. */
static void deliver(struct uripc_layers *layers, uint32_t index)
{
    struct uripc__ask *ask = uripc__req_ask(layers, index);
    for (uint32_t at = ask->first; at != 0; at = reply_at(layers, at)->next) {
        struct uripc__survey_reply *reply = reply_at(layers, at);
        while (!reply->taken) {
            uint32_t call = uripc__req_waiting(layers, URIPC_CALL_SURVEY_RECEIVE, ask->handle);
            if (call == URIPC__NONE)
                return;
            const struct uripc__reply told = {
                .data = reply->data != 0 ? uripc__req_chunk(layers, reply->data) : NULL,
                .length = reply->length,
                .from = reply->from,
                .principal = reply->principal};
            struct uripc_completion done = {0};
            reply->taken =
                uripc__req_write_reply(layers, ask, &told, uripc__layers_call(layers, call)->buffer,
                                       &done) == URIPC_OK;
            uripc__layers_complete(layers, call, &done);
        }
        if (reply->data != 0)
            uripc__layers_give(layers, reply->data);
        reply->data = 0;
    }
}

/* One more reply; or the second one of a member, or one for which there is no memory. */
static bool append(struct uripc_layers *layers, struct uripc__ask *ask,
                   const struct uripc__reply *reply)
{
    for (uint32_t at = ask->first; at != 0; at = reply_at(layers, at)->next) {
        if (uripc__req_same(reply_at(layers, at)->from, reply->from))
            return false;
    }
    uint32_t offset = uripc__layers_take(layers, sizeof(struct uripc__survey_reply));
    uint32_t data = 0;
    if (offset == 0)
        return false;
    if (reply->length != 0) {
        data = uripc__layers_take(layers, reply->length);
        if (data == 0) {
            uripc__layers_give(layers, offset);
            return false;
        }
        memcpy(uripc__req_chunk(layers, data), reply->data, reply->length);
    }
    *reply_at(layers, offset) = (struct uripc__survey_reply){
        .data = data, .length = reply->length, .from = reply->from, .principal = reply->principal};
    if (ask->last != 0)
        reply_at(layers, ask->last)->next = offset;
    else
        ask->first = offset;
    ask->last = offset;
    ask->replies++;
    return true;
}

void uripc__req_survey_reply(struct uripc_layers *layers, uint32_t index,
                             const struct uripc__reply *reply)
{
    struct uripc__ask *ask = uripc__req_ask(layers, index);
    if (ask->over || (URIPC_MUTANT(ONE_MEMBER_COUNTS) && ask->replies != 0) ||
        !append(layers, ask, reply)) {
        layers->counters.late_replies++; /* REQ-27 */
        return;
    }
    uripc__req_survey_open(layers, index); /* who replies has the question */
    deliver(layers, index);
}

static void finish_receives(struct uripc_layers *layers, struct uripc_handle handle,
                            const struct uripc_completion *done)
{
    uint32_t call;
    while ((call = uripc__req_waiting(layers, URIPC_CALL_SURVEY_RECEIVE, handle)) != URIPC__NONE)
        uripc__layers_complete(layers, call, done);
}

/* A survey that is over ends once somebody who has read all wants more. */
static void settle(struct uripc_layers *layers, uint32_t index)
{
    const struct uripc__ask *ask = uripc__req_ask(layers, index);
    const struct uripc_handle handle = ask->handle;
    const struct uripc_completion done = {.status = URIPC_TIMEOUT,
                                          .certainty = URIPC_DEFINITE,
                                          .bytes =
                                              URIPC_MUTANT(REPLIES_UNCOUNTED) ? 0 : ask->replies};
    deliver(layers, index);
    if (!ask->over || uripc__req_waiting(layers, URIPC_CALL_SURVEY_RECEIVE, handle) == URIPC__NONE)
        return;
    finish_receives(layers, handle, &done);
    uripc__req_free_ask(layers, index);
}

uint64_t uripc__req_survey_due(struct uripc_layers *layers)
{
    uint64_t next = URIPC__NEVER;
    for (uint32_t i = 0; i < layers->limits.requests; i++) {
        struct uripc__ask *ask = uripc__req_ask(layers, i);
        if (!ask->used || !ask->survey || ask->over)
            continue;
        if (ask->until > layers->now) {
            next = ask->until < next ? ask->until : next;
            continue;
        }
        ask->over = true;
        uripc__req_survey_open(layers, i); /* nobody said that it was not handed over */
        settle(layers, i);
    }
    return next;
}

static enum uripc_status begin(struct uripc_layers *layers, enum uripc_call kind,
                               struct uripc_handle survey, uint64_t overlapped, uint32_t *index,
                               uint32_t *call)
{
    *index = survey_of(layers, survey);
    return *index == URIPC__NONE
               ? URIPC_INVALID_HANDLE
               : uripc__layers_begin(layers, URIPC__REQ_PART, kind, survey, overlapped, 0, call);
}

enum uripc_status uripc_survey_receive(struct uripc_layers *layers, struct uripc_handle survey,
                                       struct uripc_buffer buffer, uint64_t overlapped)
{
    uint32_t index;
    uint32_t call;
    enum uripc_status status =
        begin(layers, URIPC_CALL_SURVEY_RECEIVE, survey, overlapped, &index, &call);
    if (status != URIPC_PENDING)
        return status;
    uripc__layers_call(layers, call)->buffer = buffer;
    settle(layers, index);
    return URIPC_PENDING;
}

enum uripc_status uripc_survey_close(struct uripc_layers *layers, struct uripc_handle survey,
                                     uint64_t overlapped)
{
    const struct uripc_completion closed = {.status = URIPC_CLOSED, .certainty = URIPC_DEFINITE};
    uint32_t index;
    uint32_t call;
    enum uripc_status status =
        begin(layers, URIPC_CALL_SURVEY_CLOSE, survey, overlapped, &index, &call);
    if (status != URIPC_PENDING)
        return status;
    finish_receives(layers, survey, &closed);
    uripc__req_free_ask(layers, index);
    uripc__layers_finish(layers, call, URIPC_OK);
    return URIPC_PENDING;
}
