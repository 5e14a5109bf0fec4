/* SPDX-License-Identifier: MIT */
#define _POSIX_C_SOURCE 200809L

#include "load.h"

#include <stdlib.h>
#include <string.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include <uripc/message.h>

#include "conformance/clock.h"
#include "job.h"

/* Receives are posted ahead, in buffers that are used again and again, and few enough to stay in
 * the cache.  Each has room for its data and for the two URIs. */
enum { RING_BYTES = 1 << 20, RING_MOST = 64, RING_LEAST = 4, URIS_MOST = 448, LINE = 64 };

/* Numbers of the overlapped blocks: of receives with the index of the buffer, of sends with the
 * number of the message. */
#define RECEIVES (UINT64_C(1) << 40)
#define SENDS (UINT64_C(1) << 41)

struct load {
    const struct uripc_backend *table;
    struct uripc_node *node;
    struct cf_load_job *job;

    unsigned char *ring;
    size_t stride;
    uint32_t idle[RING_MOST]; /* buffers that are not posted */
    uint32_t idle_count;
    uint32_t full[RING_MOST]; /* an echo's buffers whose message was not sent back yet */
    uint32_t full_first, full_count;

    uint64_t posted, received; /* receives */
    uint64_t sent, completed;  /* sends */
    uint64_t open;             /* calls without a completion */
    uint64_t started;          /* when the last message of a ping was sent, or due */
    int timer;
    bool over; /* no more can come */
};

static unsigned char *buffer(const struct load *self, uint32_t index)
{
    return self->ring + index * self->stride;
}

static void give_up(struct load *self, const char *why)
{
    cf_load_job_fail(self->job, why);
    self->over = true;
}

/* As many receives as the node takes, and no more than there will be messages. */
static void post_receives(struct load *self)
{
    while (self->idle_count && self->posted < self->job->count) {
        uint32_t index = self->idle[self->idle_count - 1];
        struct uripc_buffer to = {(uintptr_t)buffer(self, index),
                                  (uint32_t)(self->job->size + URIS_MOST)};
        enum uripc_status status =
            self->table->receive(self->node, self->job->handle, to, NULL, RECEIVES + index);
        if (status == URIPC_NO_RESOURCES && self->open)
            return;
        if (status != URIPC_PENDING) {
            give_up(self, uripc_status_name(status));
            return;
        }
        self->idle_count--;
        self->posted++;
        self->open++;
    }
}

/* True: the message was taken; false: the node has no room, or there is no hope. */
static bool send_message(struct load *self, struct uripc_text target, const void *data,
                         uint32_t size)
{
    enum uripc_status status = self->table->send(self->node, self->job->handle, NULL, target, data,
                                                 size, NULL, SENDS + self->sent);
    if (status == URIPC_PENDING) {
        self->sent++;
        self->open++;
        return true;
    }
    if (status != URIPC_NO_RESOURCES || self->open == 0)
        give_up(self, uripc_status_name(status));
    return false;
}

/* Messages that are sent and not yet through: of a ping, whose echo has not come. */
static uint64_t in_flight(const struct load *self)
{
    return self->sent - (self->job->mode == CF_LOAD_PING ? self->received : self->completed);
}

/* Whether this side makes messages of its own, and may make one now. */
static bool may_send(const struct load *self)
{
    enum cf_load_mode mode = self->job->mode;
    return (mode == CF_LOAD_STREAM || mode == CF_LOAD_PING) && self->sent < self->job->count &&
           in_flight(self) < self->job->window;
}

static void send_new(struct load *self)
{
    struct cf_load_job *job = self->job;
    while (may_send(self)) {
        uint64_t due = cf_load_job_due(job, self->sent);
        if (job->mode == CF_LOAD_PING || job->rate) {
            uint64_t now = cf_clock();
            if (due > now)
                return;
            self->started = job->rate ? due : now;
        }
        cf_load_job_fill(job, self->sent);
        if (!send_message(self, job->target, job->data, job->size))
            return;
    }
}

static void send_back(struct load *self)
{
    while (self->full_count) {
        uint32_t index = self->full[self->full_first];
        const unsigned char *at = buffer(self, index);
        struct uripc_message lengths;
        struct uripc_message_parts parts;
        if (uripc_message_read(at, self->stride, 1, &lengths, &parts) != URIPC_OK) {
            give_up(self, "a receive wrote no message");
            return;
        }
        struct uripc_text source = {(const char *)at + parts.source, lengths.source_units};
        if (!send_message(self, source, at + parts.data, lengths.data_bytes))
            return;
        self->full_first = (self->full_first + 1) % RING_MOST;
        self->full_count--;
        self->idle[self->idle_count++] = index;
    }
}

static void produce(struct load *self)
{
    if (self->job->mode != CF_LOAD_STREAM)
        post_receives(self);
    if (self->job->mode == CF_LOAD_ECHO)
        send_back(self);
    else
        send_new(self);
}

static void on_received(struct load *self, const struct uripc_completion *completion)
{
    uint32_t index = (uint32_t)(completion->overlapped - RECEIVES);
    const unsigned char *at = buffer(self, index);
    struct uripc_message lengths;
    struct uripc_message_parts parts;
    if (completion->status != URIPC_OK) {
        give_up(self, uripc_status_name(completion->status));
        return;
    }
    self->received++;
    if (self->job->mode == CF_LOAD_ECHO) {
        self->full[(self->full_first + self->full_count++) % RING_MOST] = index;
        return;
    }
    if (uripc_message_read(at, completion->bytes, 1, &lengths, &parts) == URIPC_OK)
        cf_load_job_check(self->job, at + parts.data, lengths.data_bytes);
    else
        cf_load_job_fail(self->job, "a receive wrote no message");
    self->idle[self->idle_count++] = index;
    if (self->job->mode == CF_LOAD_PING)
        cf_load_job_round_trip(self->job, self->started);
}

static void on_sent(struct load *self, const struct uripc_completion *completion)
{
    self->completed++;
    if (self->job->mode == CF_LOAD_STREAM || self->job->mode == CF_LOAD_ECHO)
        self->job->done++;
    if (completion->status == URIPC_OK)
        return;
    if (self->job->mode == CF_LOAD_PING)
        give_up(self, uripc_status_name(completion->status));
    else
        cf_load_job_fail(self->job, uripc_status_name(completion->status));
}

/* Deals with all that has completed.  False: nothing had. */
static bool take_completions(struct load *self)
{
    struct uripc_completion completion;
    bool any = false;
    while (self->table->poll(self->node, &completion) == URIPC_OK) {
        any = true;
        self->open--;
        if (completion.call == URIPC_CALL_RECEIVE)
            on_received(self, &completion);
        else
            on_sent(self, &completion);
    }
    return any;
}

static bool is_done(const struct load *self)
{
    uint64_t count = self->job->count;
    switch (self->job->mode) {
    case CF_LOAD_SINK:
        return self->received == count;
    case CF_LOAD_PING:
        return self->received == count && self->completed == self->sent;
    default:
        return self->completed == count;
    }
}

static void wait_for_completion(struct load *self)
{
    if (self->table->run(self->node, -1, CF_LOAD_PATIENCE) == 0)
        give_up(self, "nothing happened for 5 s");
}

/* Waits also for the instant at which the next message is due.  A timer tells that one, because
 * nodes may wait in coarser steps than this needs. */
static void wait_for_due(struct load *self)
{
    uint64_t due = cf_load_job_due(self->job, self->sent);
    struct itimerspec alarm = {
        .it_value = {.tv_sec = (time_t)(due / CF_SECOND), .tv_nsec = (long)(due % CF_SECOND)}};
    timerfd_settime(self->timer, TFD_TIMER_ABSTIME, &alarm, NULL);
    self->table->run(self->node, self->timer, UINT64_MAX);
}

static void work(struct load *self)
{
    cf_load_job_begin(self->job);
    while (!is_done(self) && !self->over) {
        produce(self);
        if (take_completions(self))
            self->job->mode == CF_LOAD_PING ? (void)0 : cf_load_job_slow_down(self->job);
        else if (self->job->rate && may_send(self) && !self->over)
            wait_for_due(self);
        else if (!self->over)
            wait_for_completion(self);
    }
    cf_load_job_end(self->job);
}

/* After a load that broke off.  False: calls are left that may still write into the ring. */
static bool take_back(struct load *self)
{
    uint64_t until = cf_clock() + CF_SECOND;
    if (self->open && self->table->capabilities & URIPC_CAN_CANCEL)
        self->table->cancel_all(self->node, self->job->handle);
    take_completions(self);
    for (uint64_t now = cf_clock(); self->open && now < until; now = cf_clock()) {
        self->table->run(self->node, -1, until - now);
        take_completions(self);
    }
    return self->open == 0;
}

static bool prepare(struct load *self)
{
    size_t size = (self->job->size + URIS_MOST + LINE - 1) / LINE * LINE;
    size_t slots = RING_BYTES / size;
    slots = slots > RING_MOST ? RING_MOST : slots < RING_LEAST ? RING_LEAST : slots;
    self->stride = size + LINE; /* not all on the same lines of the cache */
    self->ring = malloc(slots * self->stride);
    self->timer = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
    if (!self->ring || self->timer < 0)
        return false;
    memset(self->ring, 0, slots * self->stride);
    while (self->idle_count < slots) {
        self->idle[self->idle_count] = self->idle_count;
        self->idle_count++;
    }
    return true;
}

json_t *cf_load(const struct uripc_backend *table, struct uripc_node *node, const json_t *command)
{
    struct cf_load_job *job = malloc(sizeof(*job));
    struct load self = {.table = table, .node = node, .job = job, .timer = -1};
    json_t *reply = NULL;
    if (!job)
        return NULL;
    const char *wrong = cf_load_job_read(job, command);
    if (wrong) {
        reply = cf_load_job_refusal(wrong);
    } else if (prepare(&self)) {
        work(&self);
        reply = cf_load_job_reply(job);
        if (!take_back(&self))
            self.ring = NULL; /* given away */
    }
    if (self.timer >= 0)
        close(self.timer);
    free(self.ring);
    cf_load_job_free(job);
    free(job);
    return reply;
}
