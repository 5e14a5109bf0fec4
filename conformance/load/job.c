/* SPDX-License-Identifier: MIT */
#define _POSIX_C_SOURCE 200809L

#include "job.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "conformance/case.h"
#include "conformance/clock.h"
#include "payload.h"

#define NUMBER_MAX ((INT64_C(1) << 53) - 1)

/* Processor time of this process. */
static uint64_t cpu_time(void)
{
    struct timespec now;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (uint64_t)now.tv_sec * CF_SECOND + (uint64_t)now.tv_nsec;
}

/* The command. */

static bool mode_find(const char *name, enum cf_load_mode *mode)
{
    static const char *const names[] = {"sink", "stream", "echo", "ping"};
    for (size_t i = 0; name && i < sizeof(names) / sizeof(names[0]); i++) {
        if (strcmp(name, names[i]) == 0) {
            *mode = (enum cf_load_mode)i;
            return true;
        }
    }
    return false;
}

/* A number from `least` to `most`; where it is left out, `usual`. */
static bool number(const json_t *command, const char *key, json_int_t least, json_int_t most,
                   json_int_t usual, uint64_t *to)
{
    const json_t *member = json_object_get(command, key);
    json_int_t value = json_is_integer(member) ? json_integer_value(member) : member ? -1 : usual;
    *to = (uint64_t)value;
    return value >= least && value <= most;
}

const char *cf_load_job_read(struct cf_load_job *job, const json_t *command)
{
    uint64_t size = 0;
    uint64_t window = 0;
    memset(job, 0, sizeof(*job));
    if (!mode_find(json_string_value(json_object_get(command, "mode")), &job->mode))
        return "`mode` is to be sink, stream, echo or ping";
    if (!number(command, "handle", 1, NUMBER_MAX, -1, &job->handle.id))
        return "`handle` is to be a number from 1";
    if (!number(command, "count", 1, NUMBER_MAX, -1, &job->count))
        return "`count` is to be a number from 1";
    if (!number(command, "size", 0, CF_LOAD_SIZE_MAX, -1, &size))
        return "`size` is to be a number of bytes up to 16 MiB";
    bool streams = job->mode == CF_LOAD_STREAM;
    if (!number(command, "window", 1, CF_LOAD_WINDOW_MAX, streams ? -1 : 1, &window))
        return "`window` is to be a number from 1 to 65536";
    if (!number(command, "rate", 0, CF_SECOND, 0, &job->rate))
        return "`rate` is to be a number of messages a second up to 1000000000";
    if (!number(command, "slower", 0, 1000, 0, &job->slower))
        return "`slower` is to be a number of hundredths up to 1000";
    if (job->rate && job->mode != CF_LOAD_PING && size < CF_PAYLOAD_TIMED_MIN)
        return "with a `rate`, `size` is to be at least 16";
    const json_t *target = json_object_get(command, "target");
    if ((streams || job->mode == CF_LOAD_PING) && !json_is_string(target))
        return "`target` is to be a text";
    job->target = (struct uripc_text){json_string_value(target), json_string_length(target)};
    job->size = (uint32_t)size;
    job->window = (uint32_t)window;
    job->data = malloc(size + 1);
    job->model = malloc(size + 1);
    if (!job->data || !job->model)
        return "there is no memory for a message";
    cf_data_fill(job->data, size, 0);
    cf_data_fill(job->model, size, 0);
    return NULL;
}

void cf_load_job_free(struct cf_load_job *job)
{
    free(job->data);
    free(job->model);
}

/* The work. */

void cf_load_job_begin(struct cf_load_job *job)
{
    job->cpu = job->slowed = cpu_time();
    job->began = cf_clock();
    job->slow_again = job->began + CF_MILLISECOND;
}

void cf_load_job_end(struct cf_load_job *job)
{
    job->ended = cf_clock();
    job->cpu = cpu_time() - job->cpu;
}

uint64_t cf_load_job_due(const struct cf_load_job *job, uint64_t number)
{
    if (job->rate == 0)
        return job->began;
    return job->began + number / job->rate * CF_SECOND + number % job->rate * CF_SECOND / job->rate;
}

uint64_t cf_load_job_wait(const struct cf_load_job *job, uint64_t number)
{
    if (job->rate == 0)
        return job->mode == CF_LOAD_PING ? cf_clock() : job->began;
    uint64_t due = cf_load_job_due(job, number);
    struct timespec until = {.tv_sec = (time_t)(due / CF_SECOND),
                             .tv_nsec = (long)(due % CF_SECOND)};
    if (due > cf_clock())
        clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL);
    return due;
}

static bool is_timed(const struct cf_load_job *job)
{
    return job->rate && job->mode != CF_LOAD_PING;
}

void cf_load_job_fill(struct cf_load_job *job, uint64_t number)
{
    cf_payload_put(job->data, job->size, 0, number);
    if (is_timed(job))
        cf_payload_put(job->data, job->size, CF_PAYLOAD_WORD, cf_load_job_due(job, number));
}

void cf_load_job_fail(struct cf_load_job *job, const char *why)
{
    job->errors++;
    if (!job->why)
        job->why = why;
}

void cf_load_job_check(struct cf_load_job *job, const unsigned char *data, uint32_t size)
{
    uint64_t expected = job->next++;
    job->done++;
    if (size != job->size) {
        cf_load_job_fail(job, "a message of another size arrived");
        return;
    }
    if (!cf_payload_is(data, size, expected)) {
        cf_load_job_fail(job, "a message was lost, doubled or overtaken");
        if (size >= CF_PAYLOAD_WORD)
            job->next = cf_payload_get(data, size, 0) + 1;
        return;
    }
    if (!cf_payload_whole(data, job->model, size,
                          is_timed(job) ? 2 * CF_PAYLOAD_WORD : CF_PAYLOAD_WORD))
        cf_load_job_fail(job, "a message arrived with other bytes");
    if (!is_timed(job))
        return;
    uint64_t now = cf_clock();
    uint64_t due = cf_payload_get(data, size, CF_PAYLOAD_WORD);
    cf_histogram_add(&job->latency, now > due ? now - due : 0, 1);
}

static void turn_in_circles(const struct cf_load_job *job, uint64_t worked)
{
    uint64_t until = cf_clock() + worked * job->slower / 100;
    while (cf_clock() < until)
        continue;
}

/* Rarely, for reading the clock of the processor time is work, too. */
void cf_load_job_slow_down(struct cf_load_job *job)
{
    uint64_t now = job->slower ? cf_clock() : 0;
    if (now < job->slow_again)
        return;
    turn_in_circles(job, cpu_time() - job->slowed);
    job->slowed = cpu_time();
    job->slow_again = now + CF_MILLISECOND;
}

void cf_load_job_round_trip(struct cf_load_job *job, uint64_t started)
{
    uint64_t now = cf_clock();
    if (job->slower) {
        turn_in_circles(job, now - started);
        now = cf_clock();
    }
    cf_histogram_add(&job->latency, now - started, 1);
}

/* The reply. */

json_t *cf_load_job_refusal(const char *text)
{
    return json_pack("{s:s}", "error", text);
}

static json_t *latency(const struct cf_histogram *histogram)
{
    json_t *pairs = json_array();
    for (size_t i = 0; i < CF_HISTOGRAM_SLOTS; i++) {
        if (histogram->slots[i] == 0)
            continue;
        json_t *pair =
            json_pack("[I, I]", (json_int_t)cf_histogram_high(i), (json_int_t)histogram->slots[i]);
        json_array_append_new(pairs, pair);
    }
    return pairs;
}

json_t *cf_load_job_reply(const struct cf_load_job *job)
{
    json_t *load = json_pack("{s:I, s:I, s:I, s:I, s:I}", "count", (json_int_t)job->done, "errors",
                             (json_int_t)job->errors, "began", (json_int_t)job->began, "ended",
                             (json_int_t)job->ended, "cpu", (json_int_t)job->cpu);
    if (job->why)
        json_object_set_new(load, "why", json_string(job->why));
    if (job->latency.count)
        json_object_set_new(load, "latency", latency(&job->latency));
    return json_pack("{s:s, s:o}", "status", "ok", "load", load);
}
