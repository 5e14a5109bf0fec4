/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include "connection.h"

#include <errno.h>
#include <linux/sockios.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "arrivals.h"
#include "inside.h"
#include "mutants.h"

enum {
    READ_BYTES = 256 * 1024,
    READ_ROUNDS = 8,
    KERNEL_BYTES = 512 * 1024 /* asked for: what waits in the kernel is not copied here first */
};

/* ---- waiting ---- */

void uripc__connection_fail(struct uripc__connection *connection)
{
    connection->state = URIPC__FAILED;
    connection->uv->peers.failed = true;
}

static void on_poll(uv_poll_t *poll, int status, int events)
{
    struct uripc__connection *connection = poll->data;
    struct uripc_uv *uv = connection->uv;
    uv->progress++;
    if (status < 0) /* libuv has stopped waiting, because there is an error to be read */
        connection->events = 0;
    if (events & UV_WRITABLE) {
        connection->blocked = false;
        uripc__connection_flush(connection);
        uripc__peers_ease(uv, connection->made ? connection->peer : NULL);
    }
    if (status < 0 || events & (UV_READABLE | UV_DISCONNECT) || connection->in_used != 0)
        uripc__connection_read(connection);
}

static void wait_for_more(struct uripc__connection *connection)
{
    int events = UV_READABLE | (connection->blocked ? UV_WRITABLE : 0);
    if (events == connection->events)
        return;
    connection->events = events;
    if (uv_poll_start(&connection->poll, events, on_poll) != 0)
        uripc__connection_fail(connection);
}

/* ---- beginning and end ---- */

static struct uripc__connection *create(struct uripc_uv *uv, int descriptor)
{
    struct uripc__connection *connection = calloc(1, sizeof *connection);
    if (connection == NULL || uv_poll_init(uv->loop, &connection->poll, descriptor) != 0) {
        free(connection);
        (void)close(descriptor);
        return NULL;
    }
    uv->handles++;
    connection->poll.data = connection;
    connection->uv = uv;
    connection->socket = descriptor;
    connection->after = uv->peers.connections;
    if (connection->after != NULL)
        connection->after->before = connection;
    uv->peers.connections = connection;
    return connection;
}

static bool say_hello(struct uripc__connection *connection)
{
    unsigned char *at = uripc__bytes_reserve(&connection->out, URIPC__HELLO_BYTES);
    if (at == NULL)
        return false;
    uripc__bytes_add(&connection->out,
                     uripc__wire_write_hello(at, connection->uv->realm.id, URIPC__WIRE_VERSION,
                                             URIPC__WIRE_VERSION));
    return true;
}

static void read_principal(struct uripc__connection *connection)
{
    struct ucred credentials = {.uid = (uid_t)-1};
    socklen_t size = sizeof credentials;
    if (getsockopt(connection->socket, SOL_SOCKET, SO_PEERCRED, &credentials, &size) != 0)
        uripc__connection_fail(connection);
    connection->principal = credentials.uid;
}

void uripc__connection_retry(struct uripc__connection *connection)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    uripc__realm_socket_path(&connection->uv->realm, connection->peer->id, address.sun_path);
    if (connect(connection->socket, (const struct sockaddr *)&address, sizeof address) == 0) {
        connection->state = URIPC__CONNECTED;
        read_principal(connection);
        wait_for_more(connection);
        return;
    }
    if (errno == EAGAIN || errno == EINTR)
        uripc__try_again(connection->uv);
    else
        uripc__connection_fail(connection); /* it has ended meanwhile */
}

struct uripc__connection *uripc__connection_make(struct uripc_uv *uv, struct uripc__peer *peer)
{
    int made = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    struct uripc__connection *connection = made >= 0 ? create(uv, made) : NULL;
    if (connection == NULL) {
        uv->counters.unconnected++;
        return NULL;
    }
    int room = KERNEL_BYTES;
    (void)setsockopt(made, SOL_SOCKET, SO_SNDBUF, &room, sizeof room); /* it may give less */
    connection->made = true;
    connection->peer = peer;
    if (say_hello(connection))
        uripc__connection_retry(connection);
    else
        uripc__connection_fail(connection);
    return connection;
}

struct uripc__connection *uripc__connection_take(struct uripc_uv *uv, int accepted)
{
    struct uripc__connection *connection = create(uv, accepted);
    if (connection == NULL)
        return NULL;
    connection->state = URIPC__CONNECTED;
    read_principal(connection);
    wait_for_more(connection);
    return connection;
}

static void on_closed(uv_handle_t *handle)
{
    struct uripc__connection *connection = handle->data;
    struct uripc_uv *uv = connection->uv;
    free(connection);
    uripc__handle_closed(uv);
}

void uripc__connection_end(struct uripc__connection *connection)
{
    struct uripc_uv *uv = connection->uv;
    struct uripc__peer *peer = connection->peer;
    uv_close((uv_handle_t *)&connection->poll, on_closed);
    (void)close(connection->socket);
    free(connection->in);
    uripc__bytes_free(&connection->out);
    uripc__bytes_free(&connection->texts);
    if (connection->before != NULL)
        connection->before->after = connection->after;
    else
        uv->peers.connections = connection->after;
    if (connection->after != NULL)
        connection->after->before = connection->before;
    uv->progress++;
    if (peer == NULL)
        return;
    uv->peers.lost = true;
    if (peer->in == connection) {
        peer->in = NULL;
        peer->left = true;
    }
    if (peer->out == connection) {
        peer->out = NULL;
        peer->lost_since = uv_hrtime();
    }
}

/* ---- reading ---- */

/* Acts on the frames that are there; false: the connection is to be closed. */
static bool take_frames(struct uripc__connection *connection)
{
    struct uripc__wire wire = {0};
    size_t at = 0;
    bool good = true;
    while (good && at < connection->in_used) {
        size_t there = connection->in_used - at;
        if (connection->skip != 0) {
            size_t past = connection->skip < there ? (size_t)connection->skip : there;
            connection->skip -= past;
            at += past;
            continue;
        }
        enum uripc__wire_result result = uripc__wire_read(connection->in + at, there, &wire);
        if (result == URIPC__WIRE_WHOLE && uripc__arrival_waits(connection, &wire))
            break;
        if (result == URIPC__WIRE_WHOLE) {
            good = uripc__arrived(connection, &wire);
            at += wire.size;
            continue;
        }
        if (result == URIPC__WIRE_BROKEN)
            return false;
        bool past = false;
        if (wire.size != 0)
            good = uripc__arrived_head(connection, &wire, &past);
        if (!past)
            break;
        connection->skip = wire.size;
    }
    if (at != 0)
        memmove(connection->in, connection->in + at, connection->in_used - at);
    connection->in_used -= at;
    if (URIPC__UV_MUTANT(TAIL_DROPPED))
        connection->in_used = 0;
    return good;
}

/* Room for more than is there, and for the whole of a frame that has begun. */
static bool make_room(struct uripc__connection *connection)
{
    struct uripc_uv *uv = connection->uv;
    if (connection->in == NULL && uv->spare != NULL) {
        connection->in = uv->spare;
        connection->in_room = READ_BYTES;
        uv->spare = NULL;
    }
    size_t room = connection->in_room != 0 ? connection->in_room : READ_BYTES;
    while (room <= connection->in_used)
        room *= 2;
    if (room == connection->in_room)
        return true;
    unsigned char *in = realloc(connection->in, room);
    if (in == NULL)
        return false;
    connection->in = in;
    connection->in_room = room;
    return true;
}

static void give_room_back(struct uripc__connection *connection)
{
    struct uripc_uv *uv = connection->uv;
    if (connection->in_used != 0)
        return;
    if (uv->spare == NULL && connection->in_room == READ_BYTES)
        uv->spare = connection->in;
    else
        free(connection->in);
    connection->in = NULL;
    connection->in_room = 0;
}

/* Reads once.  False: the connection has ended or is to be closed. */
static bool read_once(struct uripc__connection *connection, bool *more)
{
    struct uripc_uv *uv = connection->uv;
    *more = false;
    if (!make_room(connection))
        return false;
    size_t room = connection->in_room - connection->in_used;
    ssize_t got = recv(connection->socket, connection->in + connection->in_used, room, 0);
    if (got < 0 && errno == EINTR) {
        *more = true;
        return true;
    }
    if (got == 0 || (got < 0 && errno != EAGAIN))
        return false;
    if (got > 0) {
        uv->counters.reads++;
        uv->counters.bytes_in += (uint64_t)got;
        uv->progress++;
        connection->in_used += (size_t)got;
        *more = (size_t)got == room;
    }
    if (take_frames(connection)) /* some may have been there, and waited */
        return true;
    uv->counters.broken++;
    return false;
}

void uripc__connection_read(struct uripc__connection *connection)
{
    bool more = true;
    if (connection->state != URIPC__CONNECTED)
        return;
    uripc__set_time(connection->uv);
    for (unsigned round = 0; more && round < READ_ROUNDS; round++) {
        if (!read_once(connection, &more)) {
            uripc__connection_end(connection);
            return;
        }
    }
    give_room_back(connection);
    if (connection->state == URIPC__CONNECTED)
        wait_for_more(connection);
}

/* ---- writing ---- */

static void break_off(struct uripc__connection *connection)
{
    connection->broken = true; /* what it has sent is still read; its end comes with that */
    uripc__bytes_free(&connection->out);
}

static ssize_t write_both(const struct uripc__connection *connection, const void *data,
                          size_t length)
{
    struct iovec parts[2] = {{.iov_base = connection->out.at + connection->out.begin,
                              .iov_len = uripc__bytes_held(&connection->out)},
                             {.iov_base = (void *)(uintptr_t)data, .iov_len = length}};
    struct msghdr message = {.msg_iov = parts, .msg_iovlen = 2};
    return sendmsg(connection->socket, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
}

/* One write of what is waiting and `data`; returns how much of both was taken. */
static size_t write_once(struct uripc__connection *connection, const void *data, size_t length)
{
    size_t held = uripc__bytes_held(&connection->out);
    ssize_t taken;
    do
        taken = length != 0 ? write_both(connection, data, length)
                            : send(connection->socket, uripc__bytes_first(&connection->out), held,
                                   MSG_NOSIGNAL | MSG_DONTWAIT);
    while (taken < 0 && errno == EINTR);
    connection->uv->counters.writes++;
    if (taken < 0 && errno != EAGAIN && errno != ENOBUFS) {
        break_off(connection);
        return 0;
    }
    size_t done = taken < 0 ? 0 : (size_t)taken;
    connection->uv->counters.bytes_out += done;
    connection->blocked = done < held + length;
    if (connection->blocked)
        wait_for_more(connection);
    return done;
}

static bool may_write(const struct uripc__connection *connection)
{
    return connection->state == URIPC__CONNECTED && !connection->blocked && !connection->broken;
}

/* The kernel refuses at its limit; up to half of it small frames are sure to be taken. */
static bool is_half_full(const struct uripc__connection *connection)
{
    int queued = 0;
    int limit = 0;
    socklen_t size = sizeof limit;
    return getsockopt(connection->socket, SOL_SOCKET, SO_SNDBUF, &limit, &size) == 0 &&
           ioctl(connection->socket, SIOCOUTQ, &queued) == 0 && queued > limit / 2;
}

bool uripc__connection_has_room(struct uripc__connection *connection)
{
    uripc__connection_flush(connection);
    if (may_write(connection) && is_half_full(connection)) {
        connection->blocked = true;
        wait_for_more(connection);
    }
    return may_write(connection) && uripc__bytes_held(&connection->out) == 0;
}

void uripc__connection_flush(struct uripc__connection *connection)
{
    if (!may_write(connection) || uripc__bytes_held(&connection->out) == 0)
        return;
    size_t taken = write_once(connection, NULL, 0);
    if (taken != 0)
        uripc__bytes_drop(&connection->out, taken);
}

void uripc__connection_send(struct uripc__connection *connection, const void *data, size_t length)
{
    const unsigned char *rest = data;
    if (may_write(connection)) {
        size_t held = uripc__bytes_held(&connection->out);
        size_t taken = write_once(connection, data, length);
        size_t first = taken < held ? taken : held;
        if (connection->broken)
            return;
        if (first != 0)
            uripc__bytes_drop(&connection->out, first);
        rest += taken - first;
        length -= taken - first;
    }
    if (length == 0 || connection->broken || URIPC__UV_MUTANT(SHORT_WRITE))
        return;
    unsigned char *at = uripc__bytes_reserve(&connection->out, length);
    if (at == NULL) { /* half a message cannot be taken back */
        uripc__connection_fail(connection);
        return;
    }
    memcpy(at, rest, length);
    uripc__bytes_add(&connection->out, length);
}
