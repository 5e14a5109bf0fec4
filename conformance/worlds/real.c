/* SPDX-License-Identifier: MIT */
#define _XOPEN_SOURCE 700 /* realpath */

#include "conformance/worlds/real.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "conformance/case.h"
#include "conformance/driver.h"
#include "conformance/realm.h"
#include "conformance/strays.h"
#include "conformance/worlds/real_call.h"

enum { FENCE_ROUNDS = 2 };

/* How long children of drivers may outlive them. */
#define STRAY_GRACE (200 * CF_MILLISECOND)

/* One process of the case, in its present life. */
struct process {
    const char *name;
    uint64_t principal;
    struct cf_driver *driver; /* NULL: it is dead */
    uint64_t hello, open;     /* its first commands, until they have been answered */
    uint64_t fence;
    bool limited; /* `open` told the limits of the case */
    bool paused;
    bool ready; /* there may be a completion to poll */
};

struct real {
    struct cf_world world; /* first, so that one is the other */
    const struct cf_real *backend;
    struct cf_world_setup setup;
    struct cf_drivers *drivers;
    struct process *processes; /* NULL: no run goes on */
    struct cf_real_calls calls;
    uint64_t began; /* by cf_clock */
    unsigned realms;
    char realm[CF_REALM_PATH_MAX + 1];
    bool in_trouble;
    struct cf_world_trouble trouble;
    char reason[CF_DRIVER_REASON_MAX];
    char log[CF_LOG_MAX + 1];
    uint64_t crashes, restarts, pauses, resumes;
};

static struct real *own(struct cf_world *world)
{
    return (struct real *)(void *)world;
}

/* Whether every user may read this file, and pass through the folders above it. */
static bool is_for_all(const char *path)
{
    char *whole = realpath(path, NULL);
    struct stat found;
    mode_t asked = S_IROTH;
    bool good = whole != NULL;
    while (good && whole[0]) {
        good = stat(whole, &found) == 0 && (found.st_mode & asked) != 0;
        asked = S_IXOTH;
        *strrchr(whole, '/') = '\0';
    }
    free(whole);
    return good;
}

/* Words of a command that are no files are arguments; the others are needed to start it. */
static bool all_can_start(char *const *command)
{
    for (; *command; command++)
        if (strchr(*command, '/') && access(*command, F_OK) == 0 && !is_for_all(*command))
            return false;
    return true;
}

uint32_t cf_real_capabilities(const struct cf_real *real)
{
    bool users = geteuid() == 0;
    for (size_t i = 0; users && i < real->command_count; i++)
        users = all_can_start(real->commands[i]);
    return CF_NEED_CRASH | CF_NEED_PAUSE | (users ? CF_NEED_USERS : 0);
}

static uint64_t world_now(struct cf_world *world)
{
    return cf_clock() - own(world)->began;
}

/* Trouble. */

static void fail(struct real *self, uint32_t process, enum cf_verdict verdict, const char *rule,
                 const char *reason)
{
    if (self->in_trouble)
        return;
    self->in_trouble = true;
    self->log[0] = '\0';
    snprintf(self->reason, sizeof(self->reason), "%s", reason);
    self->trouble = (struct cf_world_trouble){.verdict = verdict,
                                              .process = process,
                                              .rule = rule,
                                              .reason = self->reason,
                                              .log = self->log};
    if (process != CF_NOBODY)
        snprintf(self->log, sizeof(self->log), "%s",
                 cf_driver_log(self->processes[process].driver));
}

static bool is_living(const struct process *process)
{
    return process->driver && !process->paused;
}

static void look_for_trouble(struct real *self)
{
    for (uint32_t i = 0; i < self->setup.processes; i++) {
        const struct cf_trouble *trouble = cf_driver_trouble(self->processes[i].driver);
        if (!trouble || self->in_trouble)
            continue;
        fail(self, i, trouble->verdict, trouble->verdict == CF_VERDICT_FAIL ? "protocol" : NULL,
             trouble->reason);
        self->trouble.signal = trouble->signal;
        self->trouble.exit = trouble->exit;
    }
}

static const struct cf_world_trouble *world_trouble(struct cf_world *world)
{
    struct real *self = own(world);
    if (self->processes)
        look_for_trouble(self);
    return self->in_trouble ? &self->trouble : NULL;
}

/* Lives. */

static void trace(struct real *self, enum cf_trace_kind kind, uint32_t process)
{
    const struct cf_trace_record record = {
        .at = world_now(&self->world), .kind = kind, .process = process, .peer = CF_NOBODY};
    if (self->setup.trace)
        self->setup.trace(self->setup.user, &record);
}

static json_t *limits_of(const struct uripc_limits *limits)
{
    return json_pack(
        "{s:I, s:I, s:I, s:I, s:I}", "registrations", (json_int_t)limits->registrations,
        "operations", (json_int_t)limits->operations, "routes", (json_int_t)limits->routes,
        "pool_bytes", (json_int_t)limits->pool_bytes, "uri_units", (json_int_t)limits->uri_units);
}

/* What is left out is as by default. */
static json_t *layers_of(const struct cf_world_setup *setup)
{
    const struct uripc_layer_limits *limits = &uripc_layer_limits_tiny;
    if (!setup->layers_tiny)
        return json_object();
    return json_pack("{s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I}", "listeners",
                     (json_int_t)limits->listeners, "sessions", (json_int_t)limits->sessions,
                     "requests", (json_int_t)limits->requests, "remembered",
                     (json_int_t)limits->remembered, "calls", (json_int_t)limits->calls,
                     "window_bytes", (json_int_t)limits->window_bytes, "pool_bytes",
                     (json_int_t)limits->pool_bytes, "uri_units", (json_int_t)limits->uri_units,
                     "message_max", (json_int_t)limits->message_max);
}

static void send_open(struct real *self, struct process *process, bool limited)
{
    json_t *json =
        json_pack("{s:s, s:s, s:s}", "do", "open", "process", process->name, "realm", self->realm);
    if (limited)
        json_object_set_new(json, "limits", limits_of(&self->setup.limits));
    if (self->setup.layers)
        json_object_set_new(json, "layers", layers_of(&self->setup));
    process->limited = limited;
    process->open = cf_driver_send(process->driver, json, CF_DRIVER_START_PATIENCE);
}

/* Starts it and asks it for the first things; several can begin at once this way. */
static void launch(struct real *self, uint32_t number)
{
    struct process *process = &self->processes[number];
    const struct cf_real *backend = self->backend;
    const struct cf_driver_setup setup = {.command =
                                              backend->commands[number % backend->command_count],
                                          .run = backend->run,
                                          .as_user = process->principal != 0,
                                          .user = (uid_t)process->principal};
    process->driver = cf_driver_start(self->drivers, &setup);
    process->hello = cf_driver_send(
        process->driver, json_pack("{s:s, s:i}", "do", "hello", "protocol", CF_PROTOCOL_VERSION),
        CF_DRIVER_START_PATIENCE);
    send_open(self, process, self->setup.has_limits);
    if (!process->driver)
        fail(self, CF_NOBODY, CF_VERDICT_UNRESOLVED, NULL, "the suite has no memory for a driver");
}

/* Waits for the reply to a command, which it forgets.  False: there will be none. */
static bool wait_for(struct real *self, struct process *process, uint64_t *command,
                     enum uripc_status *status)
{
    json_t *reply = NULL;
    while (*command && !(reply = cf_driver_reply(process->driver, *command)) &&
           !cf_driver_trouble(process->driver))
        cf_drivers_wait(self->drivers, CF_NEVER);
    *command = 0;
    if (!reply)
        return false;
    *status = cf_real_status(reply);
    json_decref(reply);
    return true;
}

static void refused(struct real *self, uint32_t number, const char *what, enum uripc_status status)
{
    char reason[128];
    snprintf(reason, sizeof(reason), "it refuses `%s`: %s", what, uripc_status_name(status));
    fail(self, number, CF_VERDICT_UNRESOLVED, NULL, reason);
}

/* Waits until its node is open. */
static void wait_for_open(struct real *self, uint32_t number)
{
    struct process *process = &self->processes[number];
    enum uripc_status status = URIPC_OK;
    if (!process->open)
        return;
    bool greeted = wait_for(self, process, &process->hello, &status);
    if (greeted && status != URIPC_OK)
        refused(self, number, "hello", status);
    if (!greeted || status != URIPC_OK) {
        process->open = 0;
        return;
    }
    bool answered = wait_for(self, process, &process->open, &status);
    if (answered && status == URIPC_NOT_SUPPORTED && process->limited) {
        send_open(self, process, false); /* limits are an optional part */
        answered = wait_for(self, process, &process->open, &status);
    }
    if (answered && status != URIPC_OK)
        refused(self, number, "open", status);
}

static void wait_for_all(struct real *self)
{
    for (uint32_t i = 0; i < self->setup.processes; i++)
        wait_for_open(self, i);
    look_for_trouble(self);
}

static void end_life(struct real *self, uint32_t number)
{
    struct process *process = &self->processes[number];
    cf_driver_kill(process->driver);
    look_for_trouble(self); /* it may have died before */
    cf_driver_free(process->driver);
    process->driver = NULL;
    process->paused = false;
    process->ready = false;
    cf_real_died(&self->calls, number);
}

/* The run. */

static const char *make_realm(struct real *self)
{
    static char reason[256];
    int length = snprintf(self->realm, sizeof(self->realm), "%s/r/%ld.%u", self->backend->folder,
                          (long)getpid(), self->realms++);
    if (length >= (int)sizeof(self->realm))
        return "the path of its realm would be longer than 80 bytes";
    if (cf_realm_make(self->realm, self->setup.open))
        return NULL;
    snprintf(reason, sizeof(reason), "%s: %s", self->realm, strerror(errno));
    return reason;
}

static bool world_begin(struct cf_world *world, const struct cf_world_setup *setup,
                        const char **reason)
{
    struct real *self = own(world);
    self->setup = *setup;
    self->in_trouble = false;
    self->crashes = self->restarts = self->pauses = self->resumes = 0;
    self->began = cf_clock();
    cf_real_calls_clear(&self->calls);
    *reason = make_realm(self);
    if (*reason)
        return false;
    self->processes = calloc(setup->processes + 1, sizeof(*self->processes));
    *reason = "the suite has no memory for it";
    return self->processes != NULL;
}

static void world_start(struct cf_world *world, uint32_t number, const char *name,
                        uint64_t principal)
{
    struct real *self = own(world);
    self->processes[number] = (struct process){.name = name, .principal = principal};
    trace(self, CF_TRACE_START, number);
    launch(self, number);
}

/* Deals with an event that is no completion. */
static void heed(struct real *self, uint32_t number, const json_t *event)
{
    const char *kind = json_string_value(json_object_get(event, "event"));
    const char *text = json_string_value(json_object_get(event, "text"));
    if (strcmp(kind, "ready") == 0)
        self->processes[number].ready = true;
    else if (strcmp(kind, "violation") == 0)
        fail(self, number, CF_VERDICT_FAIL, "C10", text ? text : "it wrote where it must not");
}

/* What was told at the very end: no line waits for it any more. */
static void heed_rest(struct real *self, uint32_t number)
{
    for (json_t *event; (event = cf_driver_event(self->processes[number].driver)) != NULL;) {
        heed(self, number, event);
        json_decref(event);
    }
}

static void end_drivers(struct real *self)
{
    for (uint32_t i = 0; i < self->setup.processes; i++) {
        if (self->processes[i].paused)
            end_life(self, i);
        if (!self->in_trouble)
            cf_driver_ask_to_end(self->processes[i].driver);
    }
    for (uint32_t i = 0; i < self->setup.processes && !self->in_trouble; i++) {
        cf_driver_end(self->processes[i].driver);
        look_for_trouble(self);
        heed_rest(self, i);
    }
    for (uint32_t i = 0; i < self->setup.processes; i++)
        end_life(self, i);
}

/* Servers of the realm go with it; any other process that is still there was left behind. */
static void world_end(struct cf_world *world)
{
    struct real *self = own(world);
    wait_for_all(self);
    end_drivers(self);
    cf_realm_end_servers(self->realm, self->backend->run);
    if (cf_strays_kill_children(self->in_trouble ? 0 : STRAY_GRACE))
        fail(self, CF_NOBODY, CF_VERDICT_FAIL, "protocol",
             "a process that a driver had started went on after the driver's end");
    cf_realm_remove(self->realm);
    free(self->processes);
    self->processes = NULL;
}

static void world_destroy(struct cf_world *world)
{
    struct real *self = own(world);
    cf_drivers_free(self->drivers);
    cf_real_calls_free(&self->calls);
    free(self->processes);
    free(self);
}

/* Calls. */

/* Asks a process that can answer.  NULL: it cannot, or is in trouble. */
static json_t *ask(struct real *self, uint32_t number, json_t *command)
{
    wait_for_all(self);
    if (!self->in_trouble)
        return cf_driver_ask(self->processes[number].driver, command);
    json_decref(command);
    return NULL;
}

static enum uripc_status status_of(json_t *reply)
{
    enum uripc_status status = reply ? cf_real_status(reply) : URIPC_NOT_FOUND;
    json_decref(reply);
    return status;
}

static enum uripc_status world_call(struct cf_world *world, uint32_t number,
                                    const struct cf_world_call *call)
{
    struct real *self = own(world);
    json_t *reply = ask(self, number, cf_real_command(&self->calls, call));
    enum uripc_status status = status_of(reply);
    if (status == URIPC_PENDING && !cf_real_accepted(&self->calls, number, call))
        fail(self, CF_NOBODY, CF_VERDICT_UNRESOLVED, NULL, "the suite has no memory for a call");
    return status;
}

static enum uripc_status world_cancel(struct cf_world *world, uint32_t number, uint64_t overlapped)
{
    return status_of(
        ask(own(world), number,
            json_pack("{s:s, s:I}", "do", "cancel", "overlapped", (json_int_t)overlapped)));
}

static enum uripc_status world_cancel_all(struct cf_world *world, uint32_t number,
                                          struct uripc_handle handle)
{
    return status_of(
        ask(own(world), number,
            json_pack("{s:s, s:I}", "do", "cancel-all", "handle", (json_int_t)handle.id)));
}

static enum uripc_status world_peek(struct cf_world *world, uint32_t number,
                                    struct uripc_handle session, struct uripc_session_info *info)
{
    struct real *self = own(world);
    json_t *reply =
        ask(self, number, json_pack("{s:s, s:I}", "do", "peek", "handle", (json_int_t)session.id));
    const json_t *told = json_object_get(reply, "session");
    if (told)
        cf_real_session(&self->calls, told, info);
    return status_of(reply);
}

static enum uripc_status world_info(struct cf_world *world, uint32_t number,
                                    struct uripc_handle handle, struct uripc_info *info)
{
    struct real *self = own(world);
    json_t *reply =
        ask(self, number, json_pack("{s:s, s:I}", "do", "info", "handle", (json_int_t)handle.id));
    const json_t *told = json_object_get(reply, "info");
    if (told)
        cf_real_info(&self->calls, told, info);
    return status_of(reply);
}

/* A completion that has to be polled. */
static bool poll_driver(struct real *self, uint32_t number, struct uripc_completion *completion)
{
    json_t *reply = ask(self, number, json_pack("{s:s}", "do", "poll"));
    const json_t *told = json_object_get(reply, "completion");
    if (told)
        cf_real_completion(&self->calls, number, told, completion);
    else
        self->processes[number].ready = false;
    json_decref(reply);
    return told;
}

static bool world_completion(struct cf_world *world, uint32_t number,
                             struct uripc_completion *completion)
{
    struct real *self = own(world);
    json_t *event;
    while ((event = cf_driver_event(self->processes[number].driver)) != NULL) {
        const char *kind = json_string_value(json_object_get(event, "event"));
        bool completes = strcmp(kind, "completion") == 0;
        if (completes)
            cf_real_completion(&self->calls, number, event, completion);
        else
            heed(self, number, event);
        json_decref(event);
        if (completes)
            return true;
    }
    return self->processes[number].ready && poll_driver(self, number, completion);
}

static uint64_t world_buffer(struct cf_world *world, uint32_t number, uint32_t size)
{
    return cf_real_buffer(&own(world)->calls, number, size);
}

static unsigned char *world_bytes(struct cf_world *world, uint64_t buffer)
{
    return cf_real_bytes(&own(world)->calls, buffer);
}

static void world_release(struct cf_world *world, uint64_t buffer)
{
    cf_real_release(&own(world)->calls, buffer);
}

/* Time. */

static enum cf_progress world_advance(struct cf_world *world, uint64_t until)
{
    struct real *self = own(world);
    wait_for_all(self);
    if (self->in_trouble)
        return CF_LOST;
    bool any = cf_drivers_wait(self->drivers,
                               until < CF_NEVER - self->began ? self->began + until : CF_NEVER);
    look_for_trouble(self);
    if (self->in_trouble)
        return CF_LOST;
    return any ? CF_STEPPED : CF_REACHED;
}

/* Everything that was sent before the first round has arrived after it, and what that set off after
 * the second. */
static void world_fence(struct cf_world *world)
{
    struct real *self = own(world);
    enum uripc_status ignored;
    wait_for_all(self);
    for (int round = 0; round < FENCE_ROUNDS; round++) {
        for (uint32_t i = 0; i < self->setup.processes; i++) {
            struct process *process = &self->processes[i];
            if (is_living(process))
                process->fence = cf_driver_send(process->driver, json_pack("{s:s}", "do", "fence"),
                                                CF_DRIVER_PATIENCE);
        }
        for (uint32_t i = 0; i < self->setup.processes; i++)
            wait_for(self, &self->processes[i], &self->processes[i].fence, &ignored);
    }
    look_for_trouble(self);
}

/* The world's own steps. */

static void world_crash(struct cf_world *world, uint32_t number)
{
    struct real *self = own(world);
    wait_for_all(self);
    end_life(self, number);
    trace(self, CF_TRACE_CRASH, number);
    self->crashes++;
}

static void world_restart(struct cf_world *world, uint32_t number)
{
    struct real *self = own(world);
    wait_for_all(self);
    end_life(self, number);
    trace(self, CF_TRACE_RESTART, number);
    self->restarts++;
    launch(self, number);
    wait_for_all(self);
}

static void world_pause(struct cf_world *world, uint32_t number)
{
    struct real *self = own(world);
    wait_for_all(self);
    cf_driver_stop(self->processes[number].driver);
    self->processes[number].paused = true;
    trace(self, CF_TRACE_PAUSE, number);
    self->pauses++;
}

static void world_resume(struct cf_world *world, uint32_t number)
{
    struct real *self = own(world);
    trace(self, CF_TRACE_RESUME, number);
    cf_driver_continue(self->processes[number].driver);
    self->processes[number].paused = false;
    self->resumes++;
}

/* What this world does not declare, no case asks of it. */

static void world_pass(struct cf_world *world, uint64_t until)
{
    (void)world;
    (void)until;
}

static void world_schedule(struct cf_world *world, uint64_t at, uint32_t process, uint32_t word)
{
    (void)world;
    (void)at;
    (void)process;
    (void)word;
}

static void world_cut(struct cf_world *world, uint32_t from, uint32_t to)
{
    (void)world;
    (void)from;
    (void)to;
}

static void world_link(struct cf_world *world, uint32_t from, uint32_t to,
                       const struct cf_world_faults *faults)
{
    (void)faults;
    world_cut(world, from, to);
}

static void world_note(struct cf_world *world, uint64_t word)
{
    (void)world;
    (void)word;
}

static uint64_t world_none(struct cf_world *world)
{
    (void)world;
    return 0;
}

static bool world_count(struct cf_world *world, size_t index, struct cf_world_count *count)
{
    const struct real *self = own(world);
    const struct cf_world_count all[] = {{"crashes", self->crashes},
                                         {"restarts", self->restarts},
                                         {"pauses", self->pauses},
                                         {"resumes", self->resumes}};
    if (index >= sizeof(all) / sizeof(all[0]))
        return false;
    *count = all[index];
    return true;
}

static const struct cf_world_ops real_ops = {
    .begin = world_begin,
    .destroy = world_destroy,
    .start = world_start,
    .call = world_call,
    .cancel = world_cancel,
    .cancel_all = world_cancel_all,
    .info = world_info,
    .peek = world_peek,
    .completion = world_completion,
    .fence = world_fence,
    .end = world_end,
    .trouble = world_trouble,
    .buffer = world_buffer,
    .bytes = world_bytes,
    .release = world_release,
    .now = world_now,
    .advance = world_advance,
    .pass = world_pass,
    .schedule = world_schedule,
    .crash = world_crash,
    .restart = world_restart,
    .pause = world_pause,
    .resume = world_resume,
    .cut = world_cut,
    .heal = world_cut,
    .link = world_link,
    .note = world_note,
    .fingerprint = world_none,
    .draws = world_none,
    .violations = world_none,
    .count = world_count,
};

struct cf_world *cf_real_open(const struct cf_backend *backend)
{
    struct real *self = calloc(1, sizeof(*self));
    struct cf_drivers *drivers = cf_drivers_create();
    if (!self || !drivers) {
        cf_drivers_free(drivers);
        free(self);
        return NULL;
    }
    self->world = (struct cf_world){.ops = &real_ops,
                                    .capabilities = backend->capabilities,
                                    .slack = CF_REAL_SLACK,
                                    .patience = CF_REAL_PATIENCE};
    self->backend = backend->implementation;
    self->drivers = drivers;
    return &self->world;
}
