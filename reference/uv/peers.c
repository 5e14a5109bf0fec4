/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include "peers.h"

#include <stdlib.h>
#include <string.h>

#include "arrivals.h"
#include "codec.h"
#include "inside.h"
#include "mutants.h"

enum {
    QUEUE_BYTES = 256 * 1024,        /* waiting for one peer; more is told to wait */
    BATCH_BYTES = 16 * 1024,         /* written without waiting for the end of the turn */
    DIRECT_BYTES = 16 * 1024,        /* data that is not copied if it can be written */
    ANSWERS_BYTES = 4 * 1024 * 1024, /* no honest peer has that many unanswered messages */
    ANSWERS_MANY = 8,
    LOST_NANOSECONDS = 50 * 1000 * 1000,
    PATIENCE_NANOSECONDS = 1000 * 1000 * 1000, /* with members of groups that make no room */
    PATIENCE_MILLISECONDS = 1000
};

/* ---- numbers ---- */

struct uripc__peer *uripc__peer_at(const struct uripc_uv *uv, uint32_t number)
{
    return number < uv->peers.count ? uv->peers.at[number] : NULL;
}

static bool make_room(struct uripc__peers *peers)
{
    if (peers->count < peers->room)
        return true;
    uint32_t room = peers->room != 0 ? 2 * peers->room : 8;
    struct uripc__peer **at = realloc(peers->at, room * sizeof *at);
    if (at == NULL)
        return false;
    peers->at = at;
    peers->room = room;
    return true;
}

uint32_t uripc__peer_number(struct uripc_uv *uv, uint64_t id)
{
    struct uripc__peers *peers = &uv->peers;
    uint32_t vacant = peers->count;
    for (uint32_t i = 0; i < peers->count; i++) {
        if (peers->at[i] == NULL)
            vacant = i;
        else if (peers->at[i]->id == id)
            return i;
    }
    struct uripc__peer *peer = calloc(1, sizeof *peer);
    if (peer == NULL || (vacant == peers->count && !make_room(peers))) {
        free(peer);
        return URIPC_NOWHERE;
    }
    if (vacant == peers->count)
        peers->count++;
    peer->id = id;
    peer->number = vacant;
    peers->at[vacant] = peer;
    return vacant;
}

static void mark_dirty(struct uripc_uv *uv, struct uripc__peer *peer)
{
    if (peer->dirty)
        return;
    peer->dirty = true;
    peer->next_dirty = uv->peers.dirty;
    uv->peers.dirty = peer;
}

static void forget(struct uripc_uv *uv, struct uripc__peer *peer)
{
    struct uripc__peer **at = &uv->peers.dirty;
    while (peer->dirty && *at != peer)
        at = &(*at)->next_dirty;
    if (peer->dirty)
        *at = peer->next_dirty;
    uv->peers.at[peer->number] = NULL;
    free(peer);
}

void uripc__peers_trim(struct uripc_uv *uv)
{
    for (uint32_t i = URIPC__SELF + 1; i < uv->peers.count; i++) {
        struct uripc__peer *peer = uv->peers.at[i];
        if (peer != NULL && peer->in == NULL && peer->out == NULL && peer->lost_since == 0 &&
            !peer->left)
            forget(uv, peer);
    }
}

/* ---- answers ---- */

/* Where answers go: with the messages, if there are any, else back where the question came from. */
static struct uripc__connection *way_back(const struct uripc__peer *peer)
{
    const struct uripc__connection *out = peer->out;
    bool usable = out != NULL && out->state == URIPC__CONNECTED && out->greeted && !out->broken;
    return usable ? peer->out : peer->in;
}

/* Whether more waits for a peer that does not read than it can have asked for. */
static bool is_overdrawn(const struct uripc_uv *uv, const struct uripc__connection *back)
{
    return uripc__bytes_held(&back->out) >
           (size_t)QUEUE_BYTES + ANSWERS_BYTES + uv->limits.pool_bytes;
}

static void put_answers(struct uripc_uv *uv, struct uripc__peer *peer)
{
    struct uripc__connection *back = way_back(peer);
    uint32_t count = peer->answers;
    peer->answers = 0;
    if (count == 0 || back == NULL || back->broken)
        return;
    unsigned char *at = uripc__bytes_reserve(&back->out, URIPC__ANSWER_BYTES);
    if (at == NULL || is_overdrawn(uv, back)) {
        uripc__connection_fail(back);
        return;
    }
    uripc__bytes_add(&back->out, uripc__wire_write_answer(at, &peer->answer, count));
}

static bool continues(const struct uripc__peer *peer, const struct uripc_frame *answer)
{
    const struct uripc_frame *first = &peer->answer;
    return peer->answers != 0 && answer->message_id == first->message_id + peer->answers &&
           answer->from.serial == first->from.serial && answer->to.serial == first->to.serial &&
           ((answer->status == first->status && answer->certainty == first->certainty) ||
            URIPC__UV_MUTANT(ANSWERS_LUMPED));
}

static void gather_answer(struct uripc_uv *uv, struct uripc__peer *peer,
                          const struct uripc_frame *answer)
{
    if (continues(peer, answer)) {
        peer->answers++;
        return;
    }
    put_answers(uv, peer);
    peer->answer = *answer;
    peer->answers = 1;
    mark_dirty(uv, peer);
}

/* ---- messages ---- */

static enum uripc_status put_message(struct uripc__bytes *out, const struct uripc_frame *frame,
                                     size_t copied)
{
    size_t texts = frame->source.length + frame->target.length;
    unsigned char *at = uripc__bytes_reserve(out, URIPC__GIVEN_BYTES + texts + copied);
    if (at == NULL)
        return URIPC_NO_RESOURCES;
    size_t head = frame->kind == URIPC_FRAME_GIVEN ? uripc__wire_write_given(at, frame)
                                                   : uripc__wire_write_message(at, frame);
    if (copied != 0)
        memcpy(at + head, frame->data, copied);
    uripc__bytes_add(out, head + copied);
    return URIPC_OK;
}

static struct uripc__connection *connection_to(struct uripc_uv *uv, struct uripc__peer *peer)
{
    if (peer->out == NULL)
        peer->out = uripc__connection_make(uv, peer);
    return peer->out;
}

static enum uripc_status carry_message(struct uripc_uv *uv, struct uripc__peer *peer,
                                       const struct uripc_frame *frame)
{
    if (peer->lost_since != 0) /* its end will be told in its turn */
        return URIPC_OK;
    struct uripc__connection *out = connection_to(uv, peer);
    if (out == NULL)
        return URIPC_NO_RESOURCES;
    if (peer->passed_over && !frame->confirmed) {
        uv->counters.passed_over++;
        return URIPC_OK;
    }
    if (uripc__bytes_held(&out->out) >= QUEUE_BYTES) {
        peer->room_wanted = true;
        return URIPC_WOULD_BLOCK;
    }
    if (frame->confirmed)
        peer->unanswered++;
    if (out->broken)
        return URIPC_OK;
    bool direct = frame->data_bytes >= DIRECT_BYTES;
    enum uripc_status status = put_message(&out->out, frame, direct ? 0 : frame->data_bytes);
    if (status != URIPC_OK)
        return status;
    uv->counters.messages_out++;
    if (direct)
        uripc__connection_send(out, frame->data, frame->data_bytes);
    else if (!frame->confirmed || uripc__bytes_held(&out->out) >= BATCH_BYTES)
        uripc__connection_flush(out); /* unconfirmed: it is handed over when the kernel has it */
    mark_dirty(uv, peer);
    return URIPC_OK;
}

static bool is_self_full(const struct uripc_uv *uv)
{
    return uripc__bytes_held(&uv->peers.self) >= QUEUE_BYTES;
}

static enum uripc_status carry_to_self(struct uripc_uv *uv, const struct uripc_frame *frame)
{
    if (is_self_full(uv)) {
        uv->peers.self_room_wanted = true;
        return URIPC_WOULD_BLOCK;
    }
    return put_message(&uv->peers.self, frame, frame->data_bytes);
}

static size_t write_small(unsigned char *at, const struct uripc_frame *frame)
{
    switch (frame->kind) {
    case URIPC_FRAME_ANSWER:
        return uripc__wire_write_answer(at, frame, 1);
    case URIPC_FRAME_JOIN:
        return uripc__wire_write_join(at, frame);
    case URIPC_FRAME_TAKE:
        return uripc__wire_write_take(at, frame);
    case URIPC_FRAME_TAKEN:
        return uripc__wire_write_taken(at, frame);
    default:
        return uripc__wire_write_withdraw(at, frame);
    }
}

static bool put_small(struct uripc__bytes *out, const struct uripc_frame *frame)
{
    unsigned char *at = uripc__bytes_reserve(out, URIPC__SMALL_BYTES);
    if (at != NULL)
        uripc__bytes_add(out, write_small(at, frame));
    return at != NULL;
}

/* What a worker has taken is handed over before its application knows that it has it: it dies with
 * the worker, and is never given to another one (DSP-9). */
static void ask(struct uripc_uv *uv, struct uripc__peer *peer, const struct uripc_frame *frame)
{
    struct uripc__connection *out = peer->out;
    if (out == NULL || out->broken) /* its end will be told in its turn */
        return;
    if (frame->kind == URIPC_FRAME_TAKE)
        peer->asked++;
    if (!put_small(&out->out, frame))
        uripc__connection_fail(out);
    else if (frame->kind == URIPC_FRAME_TAKEN && !URIPC__UV_MUTANT(TAKEN_TOLD_LATE))
        uripc__connection_flush(out);
    mark_dirty(uv, peer);
}

/* The answer comes again when the queue ends. */
static enum uripc_status join(struct uripc_uv *uv, struct uripc__peer *peer,
                              const struct uripc_frame *frame)
{
    if (peer->lost_since == 0 && connection_to(uv, peer) == NULL)
        return URIPC_NO_RESOURCES;
    peer->asked += 2;
    ask(uv, peer, frame);
    return URIPC_OK;
}

/* What cannot be given comes back with the end of the worker's connection. */
static void give(struct uripc_uv *uv, struct uripc__peer *peer, const struct uripc_frame *frame)
{
    struct uripc__connection *in = peer->in;
    if (in == NULL || in->broken || in->state == URIPC__FAILED)
        return;
    bool direct = frame->data_bytes >= DIRECT_BYTES;
    if (is_overdrawn(uv, in) ||
        put_message(&in->out, frame, direct ? 0 : frame->data_bytes) != URIPC_OK) {
        uripc__connection_fail(in);
        return;
    }
    if (direct)
        uripc__connection_send(in, frame->data, frame->data_bytes);
    mark_dirty(uv, peer);
}

/* All but messages. */
static enum uripc_status carry_small(struct uripc_uv *uv, uint32_t number,
                                     const struct uripc_frame *frame)
{
    struct uripc__peer *peer = uripc__peer_at(uv, number);
    if (frame->to.node == uv->realm.id)
        return put_small(&uv->peers.self, frame) ? URIPC_OK : URIPC_NO_RESOURCES;
    if (peer == NULL || peer->id != frame->to.node) /* who asked is gone */
        return URIPC_OK;
    switch (frame->kind) {
    case URIPC_FRAME_ANSWER:
        gather_answer(uv, peer, frame);
        break;
    case URIPC_FRAME_GIVEN:
        give(uv, peer, frame);
        break;
    case URIPC_FRAME_JOIN:
        return join(uv, peer, frame);
    default:
        ask(uv, peer, frame);
        break;
    }
    return URIPC_OK;
}

/* ---- members of groups ---- */

static void on_patience(uv_timer_t *timer);

static void be_patient(struct uripc_uv *uv)
{
    if (!uv_is_active((uv_handle_t *)&uv->patience))
        (void)uv_timer_start(&uv->patience, on_patience, PATIENCE_MILLISECONDS, 0);
}

/* Passes over who has made no room for long enough. */
static void on_patience(uv_timer_t *timer)
{
    struct uripc_uv *uv = timer->data;
    uint64_t now = uv_hrtime();
    for (uint32_t i = URIPC__SELF + 1; i < uv->peers.count; i++) {
        struct uripc__peer *peer = uv->peers.at[i];
        if (peer == NULL || peer->full_since == 0 || peer->passed_over)
            continue;
        peer->passed_over = now - peer->full_since >= PATIENCE_NANOSECONDS;
        uv->peers.eased = uv->peers.eased || peer->passed_over;
        if (!peer->passed_over)
            be_patient(uv);
    }
}

bool uripc__peers_is_ready(struct uripc_uv *uv, uint32_t number, uint64_t id)
{
    struct uripc__peer *peer = uripc__peer_at(uv, number);
    if (id == uv->realm.id) {
        uv->peers.self_room_wanted = uv->peers.self_room_wanted || is_self_full(uv);
        return !is_self_full(uv);
    }
    if (peer == NULL || peer->lost_since != 0 || peer->passed_over || URIPC__UV_MUTANT(OK_TOO_SOON))
        return true;
    struct uripc__connection *out = connection_to(uv, peer);
    if (out == NULL || out->broken || out->state == URIPC__FAILED ||
        uripc__connection_has_room(out))
        return true;
    if (peer->full_since == 0)
        peer->full_since = uv_hrtime();
    peer->room_wanted = true;
    be_patient(uv);
    return false;
}

void uripc__peers_ease(struct uripc_uv *uv, struct uripc__peer *peer)
{
    uv->peers.eased = true;
    if (peer == NULL)
        return;
    peer->full_since = 0;
    peer->passed_over = false;
}

/* ---- the port ---- */

enum uripc_status uripc__peers_carry(struct uripc_uv *uv, uint32_t number,
                                     const struct uripc_frame *frame)
{
    if (frame->kind != URIPC_FRAME_MESSAGE)
        return carry_small(uv, number, frame);
    if (frame->to.node == uv->realm.id)
        return carry_to_self(uv, frame);
    struct uripc__peer *peer = uripc__peer_at(uv, number);
    return peer != NULL ? carry_message(uv, peer, frame) : URIPC_OK;
}

/* ---- writing ---- */

/* A few answers wait for something to ride with; those to a peer that sends much let it go on. */
static bool is_urgent(const struct uripc__peer *peer)
{
    return peer->answers >= ANSWERS_MANY ||
           (peer->out != NULL && uripc__bytes_held(&peer->out->out) != 0) ||
           (peer->in != NULL && uripc__bytes_held(&peer->in->out) != 0);
}

void uripc__peers_flush(struct uripc_uv *uv, bool all)
{
    struct uripc__peer *peer = uv->peers.dirty;
    uv->peers.dirty = NULL;
    while (peer != NULL) {
        struct uripc__peer *next = peer->next_dirty;
        peer->dirty = false;
        if (all || is_urgent(peer)) {
            put_answers(uv, peer);
            if (peer->out != NULL)
                uripc__connection_flush(peer->out);
            if (peer->in != NULL)
                uripc__connection_flush(peer->in);
        } else {
            mark_dirty(uv, peer);
        }
        peer = next;
    }
}

/* ---- what is due ---- */

static bool deliver_own(struct uripc_uv *uv)
{
    struct uripc__peers *peers = &uv->peers;
    if (uripc__bytes_held(&peers->self) == 0)
        return false;
    struct uripc__bytes batch = peers->self; /* what it causes comes after it */
    peers->self = peers->spare;
    uripc__arrived_own(uv, uripc__bytes_first(&batch), uripc__bytes_held(&batch));
    uripc__bytes_drop(&batch, uripc__bytes_held(&batch));
    peers->spare = batch;
    if (peers->self_room_wanted) {
        peers->self_room_wanted = false;
        uripc_node_on_room(uv->node, URIPC__SELF);
    }
    return true;
}

static bool tell_room(struct uripc_uv *uv)
{
    bool any = false;
    if (!uv->peers.eased)
        return false;
    uv->peers.eased = false;
    for (uint32_t i = URIPC__SELF + 1; i < uv->peers.count; i++) {
        struct uripc__peer *peer = uv->peers.at[i];
        if (peer == NULL || !peer->room_wanted ||
            (peer->out != NULL && uripc__bytes_held(&peer->out->out) > QUEUE_BYTES / 2))
            continue;
        peer->room_wanted = false;
        uripc_node_on_room(uv->node, i);
        any = true;
    }
    return any;
}

static bool end_failed(struct uripc_uv *uv)
{
    if (!uv->peers.failed)
        return false;
    uv->peers.failed = false;
    struct uripc__connection *next;
    for (struct uripc__connection *at = uv->peers.connections; at != NULL; at = next) {
        next = at->after;
        if (at->state == URIPC__FAILED)
            uripc__connection_end(at);
    }
    return true;
}

void uripc__peers_tell_left(struct uripc_uv *uv, struct uripc__peer *peer)
{
    bool left = peer->left;
    peer->left = false;
    if (left && !URIPC__UV_MUTANT(WORKERS_MISSED))
        uripc_node_on_peer_left(uv->node, peer->number);
}

static void tell_down(struct uripc_uv *uv, struct uripc__peer *peer)
{
    uint32_t number = peer->number;
    uripc__peers_tell_left(uv, peer);
    peer->lost_since = 0;
    peer->unanswered = 0;
    peer->asked = 0;
    peer->room_wanted = false;
    uripc__peers_ease(uv, peer);
    uv->resolver.sweep = !uv->denied;
    uripc_node_on_peer_down(uv->node, number);
    uripc__resolver_peer_down(uv, number);
    peer = uripc__peer_at(uv, number);
    if (peer != NULL && peer->in == NULL && peer->out == NULL)
        forget(uv, peer);
}

/* Reads what those have sent who have just connected: a peer that has ended may be one of them, and
 * only what it says tells who it is. */
static void meet_newcomers(struct uripc_uv *uv)
{
    struct uripc__connection *next;
    uripc__accept(uv);
    for (struct uripc__connection *at = uv->peers.connections; at != NULL; at = next) {
        next = at->after;
        if (!at->made && !at->greeted)
            uripc__connection_read(at);
    }
}

/* A peer is gone when the connection to it has ended, and first all that it has sent was read
 * (LIF-12).  If it lives and has only refused what it was sent, the other one stays. */
static bool is_gone(struct uripc_uv *uv, struct uripc__peer *peer)
{
    if (peer->in != NULL && peer->lost_since != 0)
        uripc__connection_read(peer->in);
    if (peer->in == NULL)
        return peer->out == NULL;
    if (peer->lost_since == 0)
        return false;
    if (uv_hrtime() - peer->lost_since > LOST_NANOSECONDS)
        return true;
    uv->peers.lost = true;
    uripc__try_again(uv);
    return false;
}

static bool tell_lost(struct uripc_uv *uv)
{
    bool any = false;
    if (!uv->peers.lost)
        return false;
    uv->peers.lost = false;
    if (!URIPC__UV_MUTANT(DOWN_FIRST))
        meet_newcomers(uv);
    for (uint32_t i = URIPC__SELF + 1; i < uv->peers.count; i++) {
        struct uripc__peer *peer = uv->peers.at[i];
        if (peer == NULL)
            continue;
        uripc__peers_tell_left(uv, peer);
        if ((peer->in != NULL && peer->lost_since == 0) || !is_gone(uv, peer))
            continue;
        tell_down(uv, peer);
        any = true;
    }
    return any;
}

bool uripc__peers_work(struct uripc_uv *uv)
{
    bool any = deliver_own(uv);
    any = end_failed(uv) || any;
    any = tell_lost(uv) || any;
    return tell_room(uv) || any;
}

void uripc__peers_retry(struct uripc_uv *uv)
{
    for (struct uripc__connection *at = uv->peers.connections; at != NULL; at = at->after) {
        if (at->state != URIPC__CONNECTING)
            continue;
        uripc__connection_retry(at);
        if (at->state != URIPC__CONNECTED)
            continue;
        uripc__connection_flush(at);
        uripc__peers_ease(uv, at->peer);
    }
}

bool uripc__peers_are_idle(const struct uripc_uv *uv)
{
    const struct uripc__connection *at = uv->peers.connections;
    while (at != NULL && (at->broken || uripc__bytes_held(&at->out) == 0))
        at = at->after;
    return at == NULL && uripc__bytes_held(&uv->peers.self) == 0;
}

void uripc__peers_free(struct uripc_uv *uv)
{
    struct uripc__peers *peers = &uv->peers;
    while (peers->connections != NULL)
        uripc__connection_end(peers->connections);
    for (uint32_t i = 0; i < peers->count; i++)
        free(peers->at[i]);
    free(peers->at);
    peers->at = NULL;
    peers->count = 0;
    uripc__bytes_free(&peers->self);
    uripc__bytes_free(&peers->spare);
}
