/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include "arrivals.h"

#include <string.h>

#include "inside.h"
#include "mutants.h"
#include "observe.h"

/* ---- who is there ---- */

/* The connection that a peer had made before: what it has sent over that comes first. */
static void replace(struct uripc__peer *peer)
{
    uripc__connection_read(peer->in);
    if (peer->in != NULL)
        uripc__connection_fail(peer->in);
    peer->left = true;
}

/* Binds an accepted connection to the node that made it, which may have ended since (LIF-10). */
static bool meet(struct uripc__connection *connection, uint64_t id)
{
    struct uripc_uv *uv = connection->uv;
    if (id == uv->realm.id || !uripc__realm_may_be(&uv->realm, id, (uid_t)connection->principal))
        return false;
    uint32_t number = uripc__peer_number(uv, id);
    struct uripc__peer *peer = uripc__peer_at(uv, number);
    if (peer == NULL)
        return false;
    if (peer->in != NULL)
        replace(peer); /* the one before has ended unseen */
    uripc__peers_tell_left(uv, peer);
    peer->in = connection;
    connection->peer = peer;
    return true;
}

static bool answer_hello(struct uripc__connection *connection)
{
    unsigned char *at = uripc__bytes_reserve(&connection->out, URIPC__HELLO_BYTES);
    if (at == NULL)
        return false;
    uripc__bytes_add(&connection->out,
                     uripc__wire_write_hello(at, connection->uv->realm.id, URIPC__WIRE_VERSION,
                                             URIPC__WIRE_VERSION));
    uripc__connection_flush(connection);
    return true;
}

static bool is_admitted(const struct uripc__connection *connection)
{
    const struct uripc__realm *realm = &connection->uv->realm;
    return !uripc__realm_is_private(realm) || connection->principal == realm->owner;
}

static bool hello_arrived(struct uripc__connection *connection, const struct uripc__wire *wire)
{
    if (connection->greeted || wire->lowest > URIPC__WIRE_VERSION ||
        wire->highest < URIPC__WIRE_VERSION)
        return false;
    connection->greeted = true;
    if (connection->made)
        return wire->node == connection->peer->id;
    if (!is_admitted(connection)) /* ACC-3 */
        return false;
    connection->observer = wire->node == 0;
    if (!connection->observer && !meet(connection, wire->node))
        return false;
    return answer_hello(connection);
}

/* ---- messages ---- */

static bool same_texts(const struct uripc__connection *connection, const struct uripc_frame *frame)
{
    size_t source = frame->source.length;
    const unsigned char *known = connection->texts.at;
    return connection->texts_name == frame->name_units && known != NULL &&
           connection->texts_source == source &&
           uripc__bytes_held(&connection->texts) == source + frame->target.length &&
           memcmp(known, frame->source.at, source + frame->target.length) == 0;
}

/* Texts are checked once; most messages have those of the message before. */
static bool are_canonical(struct uripc__connection *connection, const struct uripc_frame *frame)
{
    char scratch[UINT16_MAX];
    size_t length = frame->source.length + frame->target.length;
    if (same_texts(connection, frame))
        return true;
    if (!uripc__wire_is_canonical(frame, scratch))
        return false;
    uripc__bytes_drop(&connection->texts, uripc__bytes_held(&connection->texts));
    unsigned char *known = uripc__bytes_reserve(&connection->texts, length);
    if (known == NULL)
        return true;
    memcpy(known, frame->source.at, length); /* the target follows it */
    uripc__bytes_add(&connection->texts, length);
    connection->texts_source = frame->source.length;
    connection->texts_name = frame->name_units;
    return true;
}

/* Whether the sender may use this source: nobody of another principal holds its name (ACC-5). */
static bool may_use(struct uripc__connection *connection, const struct uripc_frame *frame)
{
    struct uripc_uv *uv = connection->uv;
    struct uripc__holders *holders = &uv->resolver.holders;
    struct uripc_text name = {.at = frame->source.at, .length = frame->name_units};
    if (uripc__names_read(&uv->realm, name, holders) != URIPC_OK)
        return false;
    for (uint32_t i = 0; i < holders->count; i++)
        if (holders->at[i].owner == connection->principal)
            return true;
    return holders->count == 0;
}

static bool is_known_source(struct uripc__connection *connection, const struct uripc_frame *frame)
{
    uint64_t serial = frame->from.serial;
    uint64_t *known = &connection->sources[serial % URIPC__SOURCES_KNOWN];
    if (uripc__realm_is_private(&connection->uv->realm) || *known == serial + 1)
        return true;
    if (!may_use(connection, frame))
        return false;
    *known = serial + 1;
    return true;
}

static bool message_arrived(struct uripc__connection *connection, struct uripc_frame *frame)
{
    struct uripc_uv *uv = connection->uv;
    if (!are_canonical(connection, frame))
        return false;
    if (!is_known_source(connection, frame)) {
        uv->counters.dropped++;
        return true;
    }
    uv->counters.messages_in++;
    frame->principal = connection->principal;
    if (URIPC__UV_MUTANT(PRINCIPAL_FROM_DATA) && frame->data_bytes != 0)
        frame->principal = *(const unsigned char *)frame->data;
    uripc_node_on_frame(uv->node, connection->peer->number, frame);
    return true;
}

static bool answer_arrived(struct uripc__connection *connection, const struct uripc__wire *wire,
                           struct uripc_frame *frame)
{
    struct uripc__peer *peer = connection->peer;
    if (wire->count > peer->unanswered) /* nobody has asked that much */
        return false;
    peer->unanswered -= wire->count;
    for (uint32_t i = 0; i < wire->count; i++) {
        uripc_node_on_frame(connection->uv->node, peer->number, frame);
        frame->message_id++;
    }
    return true;
}

/* ---- workers ---- */

/* Whoever could not claim the name of a queue cannot join it either (ACC-6). */
static bool worker_asks(struct uripc__connection *connection, const struct uripc_frame *frame)
{
    struct uripc_uv *uv = connection->uv;
    bool same = connection->principal == uv->principal || URIPC__UV_MUTANT(ANYBODY_JOINS);
    if (connection->made || !same)
        return false;
    uripc_node_on_frame(uv->node, connection->peer->number, frame);
    return true;
}

static bool has_texts(const struct uripc_frame *given)
{
    return given->status == URIPC_OK && given->source.length + given->target.length != 0;
}

static bool given_arrived(struct uripc__connection *connection, const struct uripc_frame *frame)
{
    struct uripc__peer *peer = connection->peer;
    if (!connection->made || peer->asked == 0 ||
        (has_texts(frame) && !are_canonical(connection, frame)))
        return false;
    peer->asked--;
    uripc_node_on_frame(connection->uv->node, peer->number, frame);
    return true;
}

bool uripc__arrival_waits(struct uripc__connection *connection, const struct uripc__wire *wire)
{
    return wire->kind == URIPC__WIRE_GIVEN && connection->made && has_texts(&wire->frame) &&
           !connection->broken && !URIPC__UV_MUTANT(TAKEN_UNHEARD) &&
           !uripc__connection_has_room(connection);
}

/* ---- all of them ---- */

/* Fills in what is not on the wire because both ends know it. */
static struct uripc_frame *complete(const struct uripc__connection *connection,
                                    struct uripc__wire *wire)
{
    struct uripc_frame *frame = &wire->frame;
    if (frame->kind != URIPC_FRAME_GIVEN)
        frame->from.node = connection->peer->id;
    frame->to.node = connection->uv->realm.id;
    frame->home.node = connection->peer->id;
    return frame;
}

bool uripc__arrived(struct uripc__connection *connection, struct uripc__wire *wire)
{
    if (wire->kind == URIPC__WIRE_HELLO)
        return hello_arrived(connection, wire);
    if (!connection->greeted)
        return false;
    if (wire->kind == URIPC__WIRE_UNKNOWN)
        return true;
    if (connection->observer)
        return wire->kind == URIPC__WIRE_ASK && uripc__observe(connection);
    struct uripc_frame *frame = complete(connection, wire);
    switch (wire->kind) {
    case URIPC__WIRE_MESSAGE:
        return !connection->made && message_arrived(connection, frame);
    case URIPC__WIRE_WITHDRAW:
        if (!connection->made && !URIPC__UV_MUTANT(WITHDRAWALS_IGNORED))
            uripc_node_on_frame(connection->uv->node, connection->peer->number, frame);
        return !connection->made;
    case URIPC__WIRE_ANSWER:
        return answer_arrived(connection, wire, frame);
    case URIPC__WIRE_JOIN:
    case URIPC__WIRE_TAKE:
    case URIPC__WIRE_TAKEN:
        return worker_asks(connection, frame);
    case URIPC__WIRE_GIVEN:
        return given_arrived(connection, frame);
    default:
        return false;
    }
}

bool uripc__arrived_head(struct uripc__connection *connection, struct uripc__wire *wire, bool *past)
{
    struct uripc_uv *uv = connection->uv;
    uint64_t most = (uint64_t)uv->limits.pool_bytes + URIPC__MESSAGE_BYTES + 2 * UINT16_MAX;
    if (!connection->greeted)
        return false;
    if (wire->kind == URIPC__WIRE_UNKNOWN) {
        *past = true;
        return true;
    }
    if (wire->kind == URIPC__WIRE_GIVEN)
        return connection->made && connection->peer->asked != 0;
    if (wire->kind != URIPC__WIRE_MESSAGE || connection->made || connection->observer)
        return false;
    if (wire->size <= most)
        return true;
    *past = true;
    uripc_node_on_frame(uv->node, connection->peer->number,
                        complete(connection, wire)); /* SND-23 */
    return true;
}

void uripc__arrived_own(struct uripc_uv *uv, const unsigned char *bytes, size_t length)
{
    struct uripc__wire wire = {0};
    while (length != 0) {
        if (uripc__wire_read(bytes, length, &wire) != URIPC__WIRE_WHOLE)
            return; /* cannot be: this node has written it */
        wire.frame.from.node = uv->realm.id;
        wire.frame.to.node = uv->realm.id;
        wire.frame.principal = uv->principal;
        uripc_node_on_frame(uv->node, URIPC__SELF, &wire.frame);
        bytes += wire.size;
        length -= wire.size;
    }
}
