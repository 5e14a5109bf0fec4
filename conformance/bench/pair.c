/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE /* sched_setaffinity */

#include "pair.h"

#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "conformance/clock.h"
#include "conformance/realm.h"

enum {
    SIDES = 2,              /* A sends, B receives */
    WINDOW_BYTES = 1 << 20, /* more only measures how cold the memory is in which they wait */
    WINDOW_MOST = 1024,
    WINDOW_LEAST = 16,
    WINDOW_USUAL = 64, /* where limits cannot be set */
    QUEUE = 4096,
    QUEUE_BYTES = 16 << 20, /* the largest message; far less than the pool, so senders wait */
    POOL = 64 << 20
};

struct cf_pair {
    struct cf_bench *bench;
    struct cf_bench_backend *backend;
    char realm[CF_REALM_PATH_MAX];
    struct cf_driver *drivers[SIDES];
    json_int_t handles[SIDES];
};

/* The first trouble of a backend ends its part; what an interruption causes is none. */
static bool fail(struct cf_pair *self, const char *reason)
{
    if (!cf_bench_interrupted() && !self->backend->out) {
        self->backend->out = true;
        snprintf(self->backend->reason, sizeof(self->backend->reason), "%s", reason);
    }
    return false;
}

/* The same of a backend that refuses in good order: its figures are void, and nothing is wrong. */
static bool refuse(struct cf_pair *self, const char *reason)
{
    self->backend->unable = !self->backend->out;
    return fail(self, reason);
}

static bool in_trouble(struct cf_pair *self)
{
    for (size_t i = 0; i < SIDES; i++) {
        const struct cf_trouble *trouble = cf_driver_trouble(self->drivers[i]);
        if (trouble)
            return !fail(self, trouble->reason);
    }
    return cf_bench_interrupted();
}

/* Drivers inherit the processors of this program. */
static void start_on(struct cf_pair *self, size_t side)
{
    const struct cf_driver_setup setup = {.command = self->backend->command,
                                          .run = self->bench->place.name};
    cpu_set_t all;
    cpu_set_t one;
    int wanted = self->bench->pin == CF_PIN_2CPU ? (int)side : 0;
    sched_getaffinity(0, sizeof(all), &all);
    CPU_ZERO(&one);
    for (size_t cpu = 0; cpu < CPU_SETSIZE && !CPU_COUNT(&one); cpu++)
        if (CPU_ISSET(cpu, &all) && wanted-- == 0)
            CPU_SET(cpu, &one);
    if (self->bench->pin != CF_PIN_NONE)
        sched_setaffinity(0, sizeof(one), &one);
    self->drivers[side] = cf_driver_start(self->bench->drivers, &setup);
    sched_setaffinity(0, sizeof(all), &all);
}

static bool greet(struct cf_pair *self, size_t side)
{
    struct cf_driver_hello hello;
    struct cf_bench_backend *backend = self->backend;
    if (!cf_driver_hello(self->drivers[side], &hello))
        return !in_trouble(self);
    if (backend->name == backend->own_name)
        snprintf(backend->own_name, sizeof(backend->own_name), "%s", hello.name);
    if (!hello.load)
        return refuse(self, "its driver has no `load`, so it can be checked but not measured");
    backend->has_queues = hello.capabilities & URIPC_CAN_QUEUES;
    backend->has_limits = hello.capabilities & URIPC_CAN_LIMITS;
    snprintf(backend->version, sizeof(backend->version), "%s", hello.version);
    return true;
}

/* Asks for something without which there is no load; `what` it is, for people.  A status is a
 * refusal, all else is wrong. */
static bool ask(struct cf_pair *self, size_t side, json_t *command, const char *what,
                const char *granted)
{
    char text[CF_DRIVER_REASON_MAX];
    json_t *reply = cf_driver_ask(self->drivers[side], command);
    if (!reply)
        return in_trouble(self) ? false : fail(self, "it gave no reply");
    const char *status = json_string_value(json_object_get(reply, "status"));
    const char *error = json_string_value(json_object_get(reply, "error"));
    bool good = status && strcmp(status, granted) == 0;
    bool refused = !error && status;
    snprintf(text, sizeof(text),
             refused ? "it refuses %s: %.200s" : "asked for %s it said \"%.200s\"", what,
             error     ? error
             : refused ? status
                       : "");
    json_decref(reply);
    return good || (refused ? refuse(self, text) : fail(self, text));
}

static bool open_node(struct cf_pair *self, size_t side)
{
    json_t *command = json_pack("{s:s, s:s, s:s}", "do", "open", "process", side ? "B" : "A",
                                "realm", self->realm);
    if (self->backend->has_limits)
        json_object_set_new(command, "limits",
                            json_pack("{s:i, s:i, s:i, s:i, s:i}", "registrations", 64,
                                      "operations", 4 * WINDOW_MOST, "routes", 64, "pool_bytes",
                                      POOL, "uri_units", 1024));
    return ask(self, side, command, "a node with the limits that a load needs", "ok");
}

/* The completion of the one call in flight: told by an event, or polled after one. */
static json_t *completion(struct cf_pair *self, size_t side)
{
    uint64_t until = cf_clock() + CF_DRIVER_PATIENCE;
    for (;;) {
        json_t *event = cf_driver_event(self->drivers[side]);
        const char *kind = json_string_value(json_object_get(event, "event"));
        if (kind && strcmp(kind, "ready") == 0) {
            json_decref(event);
            json_t *reply = cf_driver_ask(self->drivers[side], json_pack("{s:s}", "do", "poll"));
            event = json_incref(json_object_get(reply, "completion"));
            json_decref(reply);
        }
        if (event || in_trouble(self) || !cf_drivers_wait(self->bench->drivers, until))
            return event;
    }
}

static bool register_name(struct cf_pair *self, size_t side)
{
    json_t *command = json_pack("{s:s, s:i, s:s}", "do", "register", "overlapped", 1, "name",
                                side ? "ipc:/b" : "ipc:/a");
    char what[64] = "a registration";
    if (self->backend->has_queues) {
        snprintf(what, sizeof(what), "a queue of %d messages where senders wait", QUEUE);
        json_object_set_new(command, "overflow", json_string("block"));
        json_object_set_new(command, "queue", json_integer(QUEUE));
        json_object_set_new(command, "queue_bytes", json_integer(QUEUE_BYTES));
    }
    if (!ask(self, side, command, what, "pending"))
        return false;
    json_t *event = completion(self, side);
    const json_t *handle = json_object_get(event, "handle");
    const char *status = json_string_value(json_object_get(event, "status"));
    char text[CF_DRIVER_REASON_MAX];
    self->handles[side] = json_integer_value(handle);
    bool good = json_is_integer(handle);
    bool refused = status && strcmp(status, "ok") != 0;
    snprintf(text, sizeof(text), "it refuses %s: %.200s", what, refused ? status : "");
    json_decref(event);
    if (refused && !good)
        return refuse(self, text);
    return good || fail(self, "it did not complete a registration");
}

struct cf_pair *cf_pair_start(struct cf_bench *bench, struct cf_bench_backend *backend)
{
    struct cf_pair *self = calloc(1, sizeof(*self));
    if (!self || backend->out) {
        free(self);
        return NULL;
    }
    self->bench = bench;
    self->backend = backend;
    snprintf(self->realm, sizeof(self->realm), "%s/r/%u", bench->place.folder, bench->realms++);
    bool good = cf_realm_make(self->realm, false) || fail(self, "its realm cannot be made");
    for (size_t i = 0; i < SIDES && good; i++)
        start_on(self, i);
    for (size_t i = 0; i < SIDES && good; i++)
        good = greet(self, i) && open_node(self, i) && register_name(self, i);
    if (good)
        return self;
    cf_pair_end(self);
    return NULL;
}

void cf_pair_end(struct cf_pair *self)
{
    if (!self)
        return;
    bool well = !self->backend->out && !cf_bench_interrupted();
    for (size_t i = 0; i < SIDES && well; i++)
        cf_driver_ask_to_end(self->drivers[i]);
    for (size_t i = 0; i < SIDES; i++) {
        if (well)
            cf_driver_end(self->drivers[i]);
        cf_driver_free(self->drivers[i]);
    }
    cf_realm_end_servers(self->realm, self->bench->place.name);
    cf_realm_remove(self->realm);
    free(self);
}

/* Loads. */

static uint32_t window_for(const struct cf_pair *self, uint32_t size)
{
    uint32_t most = self->backend->has_limits || self->backend->bare ? WINDOW_MOST : WINDOW_USUAL;
    uint32_t window = WINDOW_BYTES / (size ? size : 1);
    return window > most ? most : window < WINDOW_LEAST ? WINDOW_LEAST : window;
}

static uint64_t send_load(struct cf_pair *self, size_t side, const struct cf_pair_load *load,
                          uint64_t patience)
{
    static const char *const modes[SIDES][CF_BENCH_MODES] = {{"stream", "ping"}, {"sink", "echo"}};
    json_t *command = json_pack("{s:s, s:s, s:I, s:I, s:I}", "do", "load", "mode",
                                modes[side][load->mode], "handle", self->handles[side], "size",
                                (json_int_t)load->size, "count", (json_int_t)load->count);
    bool sends = side == 0;
    if (sends)
        json_object_set_new(command, "target", json_string("ipc:/b"));
    if (sends && load->mode == CF_BENCH_STREAM)
        json_object_set_new(command, "window", json_integer(window_for(self, load->size)));
    if (load->rate && (sends || load->mode == CF_BENCH_STREAM))
        json_object_set_new(command, "rate", json_integer((json_int_t)load->rate));
    if (self->backend->slower && (sends || load->mode == CF_BENCH_STREAM))
        json_object_set_new(command, "slower", json_integer((json_int_t)self->backend->slower));
    return cf_driver_send(self->drivers[side], command, patience);
}

/* The two replies' `load`, as references.  False: one did not come, or says an error. */
static bool take_replies(struct cf_pair *self, const uint64_t ids[SIDES], json_t *loads[SIDES])
{
    for (size_t i = 0; i < SIDES; i++) {
        json_t *reply = NULL;
        while (!(reply = cf_driver_reply(self->drivers[i], ids[i])) && !in_trouble(self))
            cf_drivers_wait(self->bench->drivers, cf_clock() + CF_SECOND);
        loads[i] = json_incref(json_object_get(reply, "load"));
        const char *error = json_string_value(json_object_get(reply, "error"));
        if (error)
            fail(self, error);
        json_decref(reply);
        if (!loads[i])
            return fail(self, "its driver refused a load");
    }
    return true;
}

static uint64_t figure(const json_t *load, const char *key)
{
    return (uint64_t)json_integer_value(json_object_get(load, key));
}

static void add_latency(struct cf_sample *sample, const json_t *pairs)
{
    size_t index;
    json_t *pair;
    json_array_foreach (pairs, index, pair) {
        uint64_t ns = (uint64_t)json_integer_value(json_array_get(pair, 0));
        cf_histogram_add(&sample->latency, ns,
                         (uint64_t)json_integer_value(json_array_get(pair, 1)));
        sample->has_latency = true;
    }
}

static void read_sample(const struct cf_pair_load *load, json_t *const loads[SIDES],
                        struct cf_sample *sample)
{
    const json_t *last = loads[load->mode == CF_BENCH_STREAM ? 1 : 0];
    uint64_t began = figure(loads[0], "began");
    uint64_t ended = figure(last, "ended");
    sample->count = figure(last, "count");
    sample->seconds = ended > began ? (double)(ended - began) / (double)CF_SECOND : 1e-9;
    sample->rate = (double)sample->count / sample->seconds;
    sample->offered = (double)load->rate;
    for (size_t i = 0; i < SIDES; i++) {
        const char *why = json_string_value(json_object_get(loads[i], "why"));
        sample->errors += figure(loads[i], "errors");
        sample->cpu_ns += figure(loads[i], "cpu");
        if (why && !sample->why[0])
            snprintf(sample->why, sizeof(sample->why), "%s", why);
        add_latency(sample, json_object_get(loads[i], "latency"));
    }
}

bool cf_pair_run(struct cf_pair *self, const struct cf_pair_load *load, struct cf_sample *sample)
{
    json_t *loads[SIDES] = {NULL, NULL};
    uint64_t ids[SIDES];
    memset(sample, 0, sizeof(*sample));
    uint64_t patience = 60 * CF_SECOND;
    ids[1] = send_load(self, 1, load, patience);
    ids[0] = send_load(self, 0, load, patience);
    bool good = take_replies(self, ids, loads);
    if (good)
        read_sample(load, loads, sample);
    sample->window = load->mode == CF_BENCH_STREAM ? window_for(self, load->size) : 1;
    for (size_t i = 0; i < SIDES; i++)
        json_decref(loads[i]);
    return good;
}
