/* SPDX-License-Identifier: MIT */
/* libzmq over its `ipc` transport: PUSH and PULL one way, PAIR both ways.  The library gathers
 * small messages by itself; its defaults are kept. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <zmq.h>

#include "baseline.h"
#include "conformance/clock.h"

enum { ADDRESS_MAX = 128 };

static struct {
    void *context;
    void *pull, *pair_in;  /* where it listens */
    void *push, *pair_out; /* to where it has connected */
} sockets;

static const char *version(void)
{
    static char text[32];
    int major, minor, patch;
    zmq_version(&major, &minor, &patch);
    snprintf(text, sizeof(text), "%d.%d.%d", major, minor, patch);
    return text;
}

/* A socket that gives up waiting when a load would. */
static void *make(int type)
{
    int patience = (int)(CF_LOAD_PATIENCE / CF_MILLISECOND);
    if (!sockets.context)
        sockets.context = zmq_ctx_new();
    void *socket = zmq_socket(sockets.context, type);
    zmq_setsockopt(socket, ZMQ_RCVTIMEO, &patience, sizeof(patience));
    zmq_setsockopt(socket, ZMQ_SNDTIMEO, &patience, sizeof(patience));
    return socket;
}

static bool attach(void **socket, int type, int (*how)(void *, const char *), const char *path)
{
    char address[ADDRESS_MAX];
    snprintf(address, sizeof(address), "ipc://%s.%d", path, type == ZMQ_PAIR);
    if (!*socket)
        *socket = make(type);
    return *socket && how(*socket, address) == 0;
}

static bool listen_there(const char *path)
{
    return attach(&sockets.pull, ZMQ_PULL, zmq_bind, path) &&
           attach(&sockets.pair_in, ZMQ_PAIR, zmq_bind, path);
}

/* False: nothing came. */
static bool take(struct cf_load_job *job, void *socket, zmq_msg_t *message)
{
    zmq_msg_init(message);
    if (zmq_msg_recv(message, socket, 0) >= 0)
        return true;
    cf_load_job_fail(job, zmq_strerror(errno));
    return false;
}

static void check(struct cf_load_job *job, zmq_msg_t *message)
{
    cf_load_job_check(job, zmq_msg_data(message), (uint32_t)zmq_msg_size(message));
    zmq_msg_close(message);
}

/* Every few messages. */
static void slow_down(struct cf_load_job *job)
{
    if (job->done % 256 == 0)
        cf_load_job_slow_down(job);
}

static bool send_next(struct cf_load_job *job, void *socket, uint64_t number)
{
    cf_load_job_fill(job, number);
    if (zmq_send(socket, job->data, job->size, 0) >= 0)
        return true;
    cf_load_job_fail(job, zmq_strerror(errno));
    return false;
}

static void sink(struct cf_load_job *job)
{
    zmq_msg_t message;
    while (job->done < job->count && take(job, sockets.pull, &message)) {
        check(job, &message);
        slow_down(job);
    }
}

static void stream(struct cf_load_job *job)
{
    while (job->done < job->count) {
        cf_load_job_wait(job, job->done);
        if (!send_next(job, sockets.push, job->done))
            return;
        job->done++;
        slow_down(job);
    }
}

static void echo(struct cf_load_job *job)
{
    zmq_msg_t message;
    while (job->done < job->count && take(job, sockets.pair_in, &message)) {
        if (zmq_msg_send(&message, sockets.pair_in, 0) < 0) {
            cf_load_job_fail(job, zmq_strerror(errno));
            return;
        }
        job->done++;
    }
}

static void ping(struct cf_load_job *job)
{
    zmq_msg_t message;
    while (job->done < job->count) {
        uint64_t started = cf_load_job_wait(job, job->done);
        if (!send_next(job, sockets.pair_out, job->done) || !take(job, sockets.pair_out, &message))
            return;
        check(job, &message);
        cf_load_job_round_trip(job, started);
    }
}

static void load(struct cf_load_job *job, const char *path)
{
    bool there = true;
    if (job->mode == CF_LOAD_STREAM && !sockets.push)
        there = attach(&sockets.push, ZMQ_PUSH, zmq_connect, path);
    if (job->mode == CF_LOAD_PING && !sockets.pair_out)
        there = attach(&sockets.pair_out, ZMQ_PAIR, zmq_connect, path);
    if (!there) {
        cf_load_job_fail(job, zmq_strerror(errno));
        return;
    }
    void (*const modes[])(struct cf_load_job *) = {[CF_LOAD_SINK] = sink,
                                                   [CF_LOAD_STREAM] = stream,
                                                   [CF_LOAD_ECHO] = echo,
                                                   [CF_LOAD_PING] = ping};
    modes[job->mode](job);
}

const struct cf_baseline cf_baseline_zeromq = {"baseline-zeromq", version, listen_there, load};
