/* SPDX-License-Identifier: MIT */
/* A bare libuv pipe with the least that makes messages of its bytes: a length before each.  Small
 * messages are gathered and written together, large ones are written from where they lie; what
 * arrives is decoded where it was read. */
#define _POSIX_C_SOURCE 200809L

#include <stdlib.h>
#include <string.h>

#include <uv.h>

#include "baseline.h"
#include "conformance/clock.h"

enum { HEADER = 4, BATCH = 64 << 10, READ = 256 << 10 };

static struct side {
    uv_loop_t loop;
    bool has_loop;
    uv_pipe_t server;
    uv_pipe_t out; /* to where it has connected */
    uv_pipe_t in;  /* what has connected here */
    bool connected;
    uv_timer_t patience;
    uint64_t seen; /* messages at its last tick */

    struct cf_load_job *job;
    uint64_t started; /* a round trip */
    int failed;       /* an error of libuv; 0: none */
    unsigned writes;  /* not complete */

    char *bytes; /* what was read lies from `taken` to `filled`, of room for `room` */
    size_t taken, filled, room;
    char header[HEADER];
    char batch[BATCH];
} side;

static void stop(int error)
{
    side.failed = error;
    uv_stop(&side.loop);
}

static uv_loop_t *loop(void)
{
    if (!side.has_loop && uv_loop_init(&side.loop) == 0)
        side.has_loop = uv_timer_init(&side.loop, &side.patience) == 0;
    return &side.loop;
}

static void on_tick(uv_timer_t *timer)
{
    (void)timer;
    if (side.seen == side.job->done)
        stop(UV_ETIMEDOUT);
    side.seen = side.job->done;
}

/* Writing. */

static void decode(struct cf_load_job *job);

/* Who sends back goes on with what was read: it had to stay where it was. */
static void on_written(uv_write_t *request, int status)
{
    free(request);
    side.writes--;
    if (status < 0)
        stop(status);
    else if (side.job->mode == CF_LOAD_ECHO)
        decode(side.job);
}

/* Writes all of it; what the socket does not take at once has to stay where it is. */
static void write_all(uv_pipe_t *pipe, uv_buf_t *parts, unsigned count)
{
    int sent = uv_try_write((uv_stream_t *)pipe, parts, count);
    size_t done = sent > 0 ? (size_t)sent : 0;
    if (sent < 0 && sent != UV_EAGAIN) {
        stop(sent);
        return;
    }
    while (count && done >= parts->len) {
        done -= parts->len;
        parts++;
        count--;
    }
    if (count == 0)
        return;
    *parts = uv_buf_init(parts->base + done, (unsigned)(parts->len - done));
    uv_write_t *request = malloc(sizeof(*request));
    int status =
        request ? uv_write(request, (uv_stream_t *)pipe, parts, count, on_written) : UV_ENOMEM;
    if (status < 0)
        stop(status);
    side.writes += status == 0;
}

static void finish_writing(void)
{
    while (side.writes && !side.failed)
        uv_run(&side.loop, UV_RUN_ONCE);
}

static void write_one(struct cf_load_job *job)
{
    uv_buf_t parts[] = {uv_buf_init(side.header, HEADER),
                        uv_buf_init((char *)job->data, job->size)};
    memcpy(side.header, &job->size, HEADER);
    cf_load_job_fill(job, job->done);
    write_all(&side.out, parts, 2);
}

/* As many messages as are due and as one write may hold.  Returns how many. */
static uint64_t write_batch(struct cf_load_job *job, uint64_t first)
{
    size_t each = HEADER + (size_t)job->size;
    uint64_t most = BATCH / each < job->window ? BATCH / each : job->window;
    uint64_t now = job->rate ? cf_clock() : job->began;
    uint64_t count = 0;
    while (count < most && first + count < job->count &&
           cf_load_job_due(job, first + count) <= now) {
        cf_load_job_fill(job, first + count);
        memcpy(side.batch + count * each, &job->size, HEADER);
        memcpy(side.batch + count * each + HEADER, job->data, job->size);
        count++;
    }
    uv_buf_t whole = uv_buf_init(side.batch, (unsigned)(count * each));
    write_all(&side.out, &whole, 1);
    return count;
}

static void stream(struct cf_load_job *job)
{
    while (job->done < job->count && !side.failed) {
        cf_load_job_wait(job, job->done);
        if (HEADER + (size_t)job->size > BATCH / 2) {
            write_one(job);
            job->done++;
        } else {
            job->done += write_batch(job, job->done);
        }
        finish_writing();
        cf_load_job_slow_down(job);
    }
}

/* Reading. */

static void next_ping(struct cf_load_job *job)
{
    side.started = cf_load_job_wait(job, job->done);
    write_one(job);
}

/* The message lies at `at`, behind its header. */
static void on_message(struct cf_load_job *job, char *at, uint32_t size)
{
    if (job->mode == CF_LOAD_ECHO) {
        uv_buf_t whole = uv_buf_init(at - HEADER, HEADER + size);
        write_all(&side.in, &whole, 1);
        job->done++;
        return;
    }
    cf_load_job_check(job, (unsigned char *)at, size);
    if (job->mode != CF_LOAD_PING)
        return;
    cf_load_job_round_trip(job, side.started);
    if (job->done < job->count)
        next_ping(job);
}

static void decode(struct cf_load_job *job)
{
    uint32_t size = 0;
    while (side.filled - side.taken >= HEADER && job->done < job->count && !side.writes) {
        char *at = side.bytes + side.taken;
        memcpy(&size, at, HEADER);
        if (side.filled - side.taken - HEADER < size)
            break;
        side.taken += HEADER + (size_t)size;
        on_message(job, at + HEADER, size);
    }
    if (job->done == job->count && !side.writes)
        uv_stop(&side.loop);
}

/* Makes room by moving the beginning of a message to the front; none while it is being written. */
static void on_room(uv_handle_t *handle, size_t suggested, uv_buf_t *room)
{
    (void)handle;
    (void)suggested;
    if (!side.writes || side.job->mode != CF_LOAD_ECHO) {
        side.filled -= side.taken;
        memmove(side.bytes, side.bytes + side.taken, side.filled);
        side.taken = 0;
    }
    *room = uv_buf_init(side.bytes + side.filled, (unsigned)(side.room - side.filled));
}

static void on_bytes(uv_stream_t *stream_, ssize_t size, const uv_buf_t *room)
{
    (void)stream_;
    (void)room;
    if (size < 0 && size != UV_ENOBUFS)
        stop((int)size);
    if (size < 0)
        return;
    side.filled += (size_t)size;
    decode(side.job);
    if (side.job->mode == CF_LOAD_SINK)
        cf_load_job_slow_down(side.job);
}

static void on_connection(uv_stream_t *server, int status)
{
    if (status < 0 || uv_pipe_init(&side.loop, &side.in, 0) < 0 ||
        uv_accept(server, (uv_stream_t *)&side.in) < 0 ||
        uv_read_start((uv_stream_t *)&side.in, on_room, on_bytes) < 0)
        stop(UV_ECONNABORTED);
}

static void on_connected(uv_connect_t *request, int status)
{
    (void)request;
    side.connected = status == 0;
    stop(status < 0 ? status : uv_read_start((uv_stream_t *)&side.out, on_room, on_bytes));
}

/* The driver. */

static bool listen_there(const char *path)
{
    int status = uv_pipe_init(loop(), &side.server, 0);
    if (status == 0)
        status = uv_pipe_bind(&side.server, path);
    if (status == 0)
        status = uv_listen((uv_stream_t *)&side.server, 1, on_connection);
    return status == 0;
}

static void connect_there(const char *path)
{
    static uv_connect_t request;
    if (side.connected || uv_pipe_init(loop(), &side.out, 0) < 0)
        return;
    uv_pipe_connect(&request, &side.out, path, on_connected);
    uv_run(&side.loop, UV_RUN_DEFAULT);
}

static bool make_room(const struct cf_load_job *job)
{
    size_t room = 2 * ((size_t)job->size + HEADER);
    room = room < READ ? READ : room;
    if (room <= side.room)
        return true;
    free(side.bytes);
    side.bytes = malloc(room);
    side.room = side.bytes ? room : 0;
    return side.bytes;
}

static void load(struct cf_load_job *job, const char *path)
{
    side.job = job;
    side.failed = make_room(job) ? 0 : UV_ENOMEM;
    side.seen = UINT64_MAX;
    if (!side.failed && path[0])
        connect_there(path);
    uv_timer_start(&side.patience, on_tick, CF_LOAD_PATIENCE / CF_MILLISECOND,
                   CF_LOAD_PATIENCE / CF_MILLISECOND);
    if (job->mode == CF_LOAD_STREAM) {
        stream(job);
    } else if (!side.failed) {
        if (job->mode == CF_LOAD_PING)
            next_ping(job);
        uv_run(&side.loop, UV_RUN_DEFAULT);
    }
    uv_timer_stop(&side.patience);
    if (side.failed)
        cf_load_job_fail(job, uv_strerror(side.failed));
}

const struct cf_baseline cf_baseline_uv = {"baseline-uv-pipe", uv_version_string, listen_there,
                                           load};
