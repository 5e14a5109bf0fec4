/* SPDX-License-Identifier: MIT */
/* The server's side: requests that come, each once; their answers, and those that are remembered.
 */
#include <string.h>

#include "mutants.h"
#include "request_state.h"

/* What is being served. */

static uint32_t free_places(struct uripc_layers *layers)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < layers->limits.requests; i++)
        count += uripc__req_served(layers, i)->state == URIPC__SERVED_FREE;
    return count;
}

static uint32_t waiting_serves(struct uripc_layers *layers)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < layers->calls_end; i++) {
        const struct uripc__layer_call *at = uripc__layers_call(layers, i);
        count += at->state == URIPC__CALL_WAITS && at->kind == URIPC_CALL_SERVE;
    }
    return count;
}

bool uripc__req_has_place(struct uripc_layers *layers)
{
    return free_places(layers) > waiting_serves(layers);
}

void uripc__req_free_served(struct uripc_layers *layers, struct uripc__served *served)
{
    uripc__layers_give(layers, served->chunk);
    *served = (struct uripc__served){0};
}

static bool is_being_served(struct uripc_layers *layers, struct uripc_incarnation from,
                            uint64_t number)
{
    for (uint32_t i = 0; i < layers->limits.requests; i++) {
        const struct uripc__served *at = uripc__req_served(layers, i);
        if (at->state != URIPC__SERVED_FREE && at->number == number &&
            uripc__req_same(at->from, from))
            return true;
    }
    return false;
}

/* The request of this handle that came first and was given to nobody. */
static struct uripc__served *first_queued(struct uripc_layers *layers, struct uripc_handle handle)
{
    struct uripc__served *found = NULL;
    for (uint32_t i = 0; i < layers->limits.requests; i++) {
        struct uripc__served *at = uripc__req_served(layers, i);
        if (at->state == URIPC__SERVED_QUEUED && at->handle.id == handle.id &&
            (found == NULL || at->id < found->id))
            found = at;
    }
    return found;
}

/* Giving requests to serves. */

void uripc__req_deliver(struct uripc_layers *layers, struct uripc_handle handle)
{
    struct uripc__served *served;
    uint32_t call;
    while ((served = first_queued(layers, handle)) != NULL &&
           (call = uripc__req_waiting(layers, URIPC_CALL_SERVE, handle)) != URIPC__NONE) {
        const struct uripc__layer_call *at = uripc__layers_call(layers, call);
        const char *chunk = uripc__req_chunk(layers, served->chunk);
        const struct uripc__told told = {
            .source = {chunk, served->source_units - (URIPC_MUTANT(SERVED_NAMELESS) ? 2 : 0)},
            .target = {chunk + served->source_units, served->target_units},
            .data = chunk + served->source_units + served->target_units,
            .length = served->data_bytes,
        };
        struct uripc_completion done = {
            .message_id = served->id, .incarnation = served->from, .principal = served->principal};
        if (uripc__req_write(layers, &told, at->buffer, &done) == URIPC_OK) {
            served->state = URIPC__SERVED_TAKEN;
            served->remember = at->remember;
            if (served->again && !URIPC_MUTANT(REPETITION_UNTOLD))
                done.certainty = URIPC_INDEFINITE; /* REQ-16 */
        }
        if (done.status != URIPC_OK && URIPC_MUTANT(SHORT_SERVE_CONSUMES))
            served->state = URIPC__SERVED_TAKEN;
        uripc__layers_complete(layers, call, &done);
    }
}

uint32_t uripc__req_endpoint(struct uripc_layers *layers, struct uripc_handle handle)
{
    for (uint32_t i = URIPC__FREE_TO_USE; i < layers->layout.endpoint_count; i++) {
        const struct uripc__endpoint *at = uripc__layers_endpoint(layers, i);
        if (at->adopted && at->state == URIPC__ENDPOINT_OPEN && at->handle.id == handle.id)
            return i;
    }
    return URIPC__NONE;
}

void uripc__req_settle(struct uripc_layers *layers, struct uripc_handle handle)
{
    uint32_t endpoint = uripc__req_endpoint(layers, handle);
    if (endpoint != URIPC__NONE && !URIPC_MUTANT(SERVE_GOES_ON) &&
        uripc__req_waiting(layers, URIPC_CALL_SERVE, handle) == URIPC__NONE)
        (void)uripc__layers_want(layers, endpoint, false); /* REQ-18 */
}

/* A registration that nobody serves any more leaves its place to another. */
static bool make_place(struct uripc_layers *layers)
{
    for (uint32_t i = URIPC__FREE_TO_USE; i < layers->layout.endpoint_count; i++) {
        const struct uripc__endpoint *at = uripc__layers_endpoint(layers, i);
        bool waits = at->posted || (at->wanted && !URIPC_MUTANT(WAITING_GIVES_PLACE));
        bool used = !at->adopted || at->state != URIPC__ENDPOINT_OPEN || waits;
        for (uint32_t j = 0; !used && j < layers->limits.requests; j++) {
            const struct uripc__served *served = uripc__req_served(layers, j);
            used = served->state != URIPC__SERVED_FREE && served->handle.id == at->handle.id;
        }
        if (used)
            continue;
        uripc__layers_release(layers, i);
        return true;
    }
    return false;
}

/* Receives from a registration, now that a serve waits. */
static enum uripc_status receive_from(struct uripc_layers *layers, struct uripc_handle handle)
{
    uint32_t endpoint = uripc__req_endpoint(layers, handle);
    if (endpoint == URIPC__NONE &&
        !uripc__layers_adopt(layers, URIPC__REQ_PART, handle, &endpoint) &&
        (!make_place(layers) || !uripc__layers_adopt(layers, URIPC__REQ_PART, handle, &endpoint)))
        return URIPC_NO_RESOURCES;
    return uripc__layers_want(layers, endpoint, true);
}

enum uripc_status uripc_serve(struct uripc_layers *layers, struct uripc_handle handle,
                              struct uripc_buffer buffer, const struct uripc_serve_options *options,
                              uint64_t overlapped)
{
    bool layered = (handle.id & URIPC_LAYER_HANDLE) != 0;
    uint32_t session = uripc__ses_of(layers, handle);
    uint32_t call;
    if (options != NULL && options->size != sizeof *options)
        return URIPC_INVALID_ARGUMENT;
    if (handle.id == 0 || (layered && session == URIPC__NONE))
        return URIPC_INVALID_HANDLE;
    bool queued = first_queued(layers, handle) != NULL;
    if (!queued && !uripc__req_has_place(layers))
        return URIPC_NO_RESOURCES;
    enum uripc_status status =
        uripc__layers_begin(layers, URIPC__REQ_PART, URIPC_CALL_SERVE, handle, overlapped,
                            options != NULL ? options->deadline : 0, &call);
    if (status != URIPC_PENDING)
        return status;
    struct uripc__layer_call *at = uripc__layers_call(layers, call);
    at->buffer = buffer;
    at->remember = options != NULL ? options->remember : 0;
    if (layered) {
        const struct uripc__session *peer = uripc__ses_at(layers, session);
        uripc__req_deliver(layers, handle);
        if (at->state == URIPC__CALL_WAITS && (peer->end != 0 || peer->peer_shut) &&
            !URIPC_MUTANT(SERVE_OUTLIVES))
            uripc__layers_finish(layers, call, peer->end != 0 ? peer->end : URIPC_DISCONNECTED);
        return URIPC_PENDING;
    }
    if (queued) {
        uripc__req_deliver(layers, handle);
        return URIPC_PENDING;
    }
    status = receive_from(layers, handle);
    if (status == URIPC_OK)
        return URIPC_PENDING;
    uripc__layers_unbegin(layers, call);
    return status;
}

/* What comes. */

static void refuse(struct uripc_layers *layers, const struct uripc__record *record,
                   enum uripc_status status)
{
    unsigned char bytes[URIPC__RECORD_HEAD + URIPC__REQ_BODY];
    const struct uripc_send_options options = {.size = sizeof options, .expected = record->from};
    uripc__layers_head(bytes, URIPC__REQ_REPLY);
    uripc__req_put(bytes + URIPC__RECORD_HEAD, status, 4);
    uripc__req_put(bytes + URIPC__RECORD_HEAD + 4, 0, 4);
    (void)uripc__layers_send(layers, URIPC__REQ_PART, record->endpoint, NULL, record->source, bytes,
                             sizeof bytes, &options, 0);
}

/* A place for a request, its three parts in one chunk; NULL: there is none. */
struct uripc__served *uripc__req_take(struct uripc_layers *layers, const struct uripc__told *told)
{
    const uint64_t size = (uint64_t)told->source.length + told->target.length + told->length;
    uint32_t index = 0;
    while (index < layers->limits.requests &&
           uripc__req_served(layers, index)->state != URIPC__SERVED_FREE)
        index++;
    uint32_t chunk = index == layers->limits.requests ? 0 : uripc__layers_take(layers, size);
    if (chunk == 0)
        return NULL;
    char *at = uripc__req_chunk(layers, chunk);
    memcpy(at, told->source.at, told->source.length);
    memcpy(at + told->source.length, told->target.at, told->target.length);
    if (told->length != 0)
        memcpy(at + told->source.length + told->target.length, told->data, told->length);
    struct uripc__served *served = uripc__req_served(layers, index);
    *served = (struct uripc__served){.state = URIPC__SERVED_QUEUED,
                                     .id = layers->ground.identity + ++uripc__req(layers)->taken,
                                     .chunk = chunk,
                                     .source_units = (uint32_t)told->source.length,
                                     .target_units = (uint32_t)told->target.length,
                                     .data_bytes = told->length};
    return served;
}

static uint64_t number_in(struct uripc_text source)
{
    size_t at = source.length;
    while (at != 0 && source.at[at - 1] != '/')
        at--;
    return uripc__req_number((struct uripc_text){source.at + at, source.length - at});
}

void uripc__req_on_request(struct uripc_layers *layers, const struct uripc__record *record)
{
    const struct uripc__endpoint *at = uripc__layers_endpoint(layers, record->endpoint);
    const uint64_t number = number_in(record->source);
    if (number == 0) {
        layers->counters.strays++;
        return;
    }
    if (!at->adopted) {
        if (!URIPC_MUTANT(LISTENER_MUTE))
            refuse(layers, record, URIPC_NOT_SUPPORTED); /* REQ-21 */
        return;
    }
    if (is_being_served(layers, record->from, number) && !URIPC_MUTANT(BUSY_SERVED_AGAIN)) {
        layers->counters.duplicates++; /* REQ-14 */
        return;
    }
    const struct uripc__remembered *known = uripc__req_recall(layers, record->from, number);
    if (known != NULL && known->answer != 0 && known->until > layers->now) {
        uripc__req_repeat(layers, record, known); /* REQ-15 */
        return;
    }
    const struct uripc_handle handle = at->handle;
    const struct uripc__told told = {.source = record->source,
                                     .target = record->target,
                                     .data = record->body + URIPC__REQ_BODY,
                                     .length = record->length - URIPC__REQ_BODY};
    struct uripc__served *served = uripc__req_take(layers, &told);
    if (served == NULL) {
        refuse(layers, record, URIPC_FULL);
        return;
    }
    served->again = known != NULL || uripc__req_get(record->body, 4) != 0;
    served->handle = handle;
    served->from = record->from;
    served->principal = record->principal;
    served->number = number;
    uripc__req_deliver(layers, handle);
    uripc__req_settle(layers, handle);
}

/* Ends. */

static void finish_serves(struct uripc_layers *layers, struct uripc_handle handle,
                          enum uripc_status status)
{
    uint32_t call;
    while ((call = uripc__req_waiting(layers, URIPC_CALL_SERVE, handle)) != URIPC__NONE)
        uripc__layers_finish(layers, call, status);
}

void uripc__req_serve_over(struct uripc_layers *layers, struct uripc_handle handle,
                           enum uripc_status status)
{
    if (!URIPC_MUTANT(SERVE_UNCLOSED))
        finish_serves(layers, handle, status);
    for (uint32_t i = 0; i < layers->limits.requests; i++) {
        struct uripc__served *at = uripc__req_served(layers, i);
        if (at->state != URIPC__SERVED_FREE && at->handle.id == handle.id)
            uripc__req_free_served(layers, at); /* REQ-20 */
    }
}

/* All that came before the end has been served by then: it would not wait otherwise. */
void uripc__req_serve_shut(struct uripc_layers *layers, struct uripc_handle session)
{
    finish_serves(layers, session, URIPC_DISCONNECTED);
}
