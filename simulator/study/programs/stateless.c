/* SPDX-License-Identifier: MIT */
/* The three calls and nothing else, as the note of 1999 first wanted it.  What a connection would
 * do, client and worker do themselves: the client pairs answers with requests (by the suffix of its
 * own URI), times out, asks again, finds out that a worker is dead, and goes on to the next one;
 * the worker remembers what it has already carried out, if it is told to. */
#include "simulator/study/programs/programs.h"

#include <stdio.h>
#include <string.h>

#include <uripc/message.h>

enum { SHARED = __LINE__ };

enum { ASKED = 64, REMEMBERED = 64, BUFFER = 256, NAME = 64, NOBODY = 0xffff };

/* Overlapped blocks.  Those of sends are serial << 16 | worker, so they begin at FIRST_SEND. */
enum { REGISTER = 1, REGISTER_LIVE, RECEIVE, RECEIVE_LIVE, FIRST_SEND = 1 << 16 };

static const char live[] = "live";
static const uint64_t pause = 10000000;

static struct uripc_text text(const char *at)
{
    return (struct uripc_text){.at = at, .length = strlen(at)};
}

/* What both sides need. */
struct side {
    struct uripc_handle handle;
    uint64_t serial;
    _Alignas(8) unsigned char buffer[BUFFER];
};

static void listen_to(const struct uripc_program_host *host, struct uripc_handle handle,
                      unsigned char *buffer, uint64_t overlapped)
{
    const struct uripc_buffer where = {.id = (uint64_t)(uintptr_t)buffer, .size = BUFFER};
    (void)host->calls->receive(host->node, handle, where, NULL, overlapped);
}

static void say(struct side *side, const struct uripc_program_host *host, const char *suffix,
                struct uripc_text target, uint64_t word, uint32_t worker, uint64_t deadline)
{
    const struct uripc_send_options options = {.size = sizeof options, .deadline = deadline};
    const struct uripc_text end = suffix ? text(suffix) : text("");
    (void)host->calls->send(host->node, side->handle, suffix ? &end : NULL, target, &word,
                            sizeof word, &options, FIRST_SEND + (side->serial++ << 16) + worker);
}

/* One of the two URIs of a received message, and the word it carries. */
struct received {
    struct uripc_text source, target;
    uint64_t word;
};

static bool read_message(const unsigned char *buffer, struct received *received)
{
    struct uripc_message lengths;
    memcpy(&lengths, buffer, sizeof lengths);
    struct uripc_message_parts parts;
    if (!uripc_message_layout(&lengths, 1, &parts) || parts.total > BUFFER ||
        lengths.data_bytes != sizeof received->word)
        return false;
    received->source =
        (struct uripc_text){(const char *)buffer + parts.source, lengths.source_units};
    received->target =
        (struct uripc_text){(const char *)buffer + parts.target, lengths.target_units};
    memcpy(&received->word, buffer + parts.data, sizeof received->word);
    return true;
}

enum { SHARED_END = __LINE__ };

/* The worker. */

enum { WORKER = __LINE__ };

struct worker {
    struct side side;
    struct uripc_handle live_handle;
    _Alignas(8) unsigned char live_buffer[BUFFER];
    bool busy;
    char asker[NAME * 2];
    uint64_t id;
    uint64_t done[REMEMBERED]; /* ids, as far as the parameter says */
    uint64_t done_count;
};

static void worker_begin(void *state, const struct uripc_program_host *host)
{
    (void)state;
    char name[NAME];
    (void)snprintf(name, sizeof name, "ipc:/w%u", (unsigned)host->number);
    (void)host->calls->register_(host->node, (struct uripc_handle){0}, text(name), NULL, REGISTER);
}

enum { WORKER_PINGS = __LINE__ };

static void answer_ping(struct worker *worker, const struct uripc_program_host *host)
{
    struct received ping;
    if (read_message(worker->live_buffer, &ping))
        say(&worker->side, host, live, ping.source, 0, 0, 0);
    listen_to(host, worker->live_handle, worker->live_buffer, RECEIVE_LIVE);
}

enum { WORKER_PINGS_END = __LINE__ };

enum { REPEATS = __LINE__ };

static bool already_done(const struct worker *worker, const struct uripc_program_host *host)
{
    uint64_t most = host->parameter(host->self, "remember");
    most = most < REMEMBERED ? most : REMEMBERED;
    for (uint64_t i = 0; i < most && i < worker->done_count; i++) {
        if (worker->done[(worker->done_count - 1 - i) % REMEMBERED] == worker->id)
            return true;
    }
    return false;
}

enum { REPEATS_END = __LINE__ };

static void reply(struct worker *worker, const struct uripc_program_host *host)
{
    worker->busy = false;
    say(&worker->side, host, NULL, text(worker->asker), worker->id, 0, 0);
    listen_to(host, worker->side.handle, worker->side.buffer, RECEIVE);
}

/* The request's id is the last segment of its source, its word is how long it takes. */
static void work_on(struct worker *worker, const struct uripc_program_host *host)
{
    struct received request;
    if (!read_message(worker->side.buffer, &request) ||
        request.source.length >= sizeof worker->asker) {
        listen_to(host, worker->side.handle, worker->side.buffer, RECEIVE);
        return;
    }
    memcpy(worker->asker, request.source.at, request.source.length);
    worker->asker[request.source.length] = '\0';
    worker->id = study_id_of(request.source);
    if (already_done(worker, host)) {
        reply(worker, host);
        return;
    }
    worker->busy = true;
    host->alarm(host->self, host->now(host->self) + request.word);
}

static void worker_alarm(void *state, const struct uripc_program_host *host)
{
    struct worker *worker = state;
    if (!worker->busy)
        return;
    worker->done[worker->done_count++ % REMEMBERED] = worker->id;
    host->tell(host->self, URIPC_FACT_EXECUTED, worker->id);
    reply(worker, host);
}

static void worker_completed(void *state, const struct uripc_program_host *host,
                             const struct uripc_completion *completion)
{
    struct worker *worker = state;
    if (completion->overlapped == REGISTER) {
        worker->side.handle = completion->handle;
        listen_to(host, worker->side.handle, worker->side.buffer, RECEIVE);
        (void)host->calls->register_(host->node, completion->handle, text(live), NULL,
                                     REGISTER_LIVE);
    } else if (completion->overlapped == REGISTER_LIVE) {
        worker->live_handle = completion->handle;
        listen_to(host, worker->live_handle, worker->live_buffer, RECEIVE_LIVE);
    } else if (completion->overlapped == RECEIVE && completion->status == URIPC_OK) {
        work_on(worker, host);
    } else if (completion->overlapped == RECEIVE_LIVE && completion->status == URIPC_OK) {
        answer_ping(worker, host);
    }
}

enum { WORKER_END = __LINE__ };

static const struct uripc_source worker_sources[] = {
    {NULL, STUDY_LINES(SHARED) + STUDY_LINES(WORKER), NULL},
    {"liveness", STUDY_LINES(WORKER_PINGS), "ping"},
    {"repeats", STUDY_LINES(REPEATS), "remember"},
};

static const struct uripc_program worker_program = {.size = sizeof worker_program,
                                                    .bytes = sizeof(struct worker),
                                                    .begin = worker_begin,
                                                    .completed = worker_completed,
                                                    .alarm = worker_alarm,
                                                    .sources = worker_sources,
                                                    .source_count = sizeof worker_sources /
                                                                    sizeof worker_sources[0]};

/* The client. */

enum { CLIENT = __LINE__ };

struct asked {
    uint64_t id; /* 0: free */
    uint64_t service;
    uint64_t due;
    uint64_t tries;  /* so far */
    uint32_t worker; /* that was asked last */
};

struct client {
    struct side side;
    uint64_t timeout, retries, ping, silence;
    uint64_t next_ping, heard;
    uint32_t worker;
    char name[NAME]; /* the worker's */
    uint32_t end;    /* of what is asked now: from here on all are free */
    struct asked asked[ASKED];
};

static void forget(struct client *client, struct asked *asked)
{
    asked->id = 0;
    while (client->end > 0 && client->asked[client->end - 1].id == 0)
        client->end--;
}

static void ask_worker(struct client *client, const struct uripc_program_host *host,
                       struct asked *asked)
{
    char suffix[24];
    (void)snprintf(suffix, sizeof suffix, "%llx", (unsigned long long)asked->id);
    asked->tries++;
    asked->worker = client->worker;
    asked->due = host->now(host->self) + client->timeout;
    say(&client->side, host, suffix, text(client->name), asked->service, client->worker,
        client->timeout);
}

enum { NEXT_WORKER = __LINE__ };

/* A first ping at once, but for the time that keeps a client whose workers are all dead, and who is
 * told so at once, from asking round in circles. */
static void rely_on(struct client *client, const struct uripc_program_host *host, uint32_t worker)
{
    client->worker = worker;
    (void)snprintf(client->name, sizeof client->name, "ipc:/w%u", (unsigned)worker);
    client->heard = host->now(host->self);
    client->next_ping = client->heard + pause;
    host->tell(host->self, URIPC_FACT_USES, worker);
}

/* Everything that the dead worker was asked is asked of the next one. */
static void suspect(struct client *client, const struct uripc_program_host *host)
{
    host->tell(host->self, URIPC_FACT_SUSPECTS, client->worker);
    rely_on(client, host, (client->worker + 1) % host->workers);
    for (uint32_t i = 0; i < client->end; i++) {
        if (client->asked[i].id != 0 && client->asked[i].tries <= client->retries)
            ask_worker(client, host, &client->asked[i]);
    }
}

enum { NEXT_WORKER_END = __LINE__ };

enum { CLIENT_PINGS = __LINE__ };

static void send_ping(struct client *client, const struct uripc_program_host *host, uint64_t now)
{
    char target[NAME];
    (void)snprintf(target, sizeof target, "ipc:/w%u/%s", (unsigned)client->worker, live);
    say(&client->side, host, live, text(target), 0, client->worker, client->timeout);
    client->next_ping = now + client->ping;
}

/* Whatever comes of the worker is a sign of life. */
static void hear(struct client *client, const struct uripc_program_host *host,
                 struct uripc_text source)
{
    const size_t length = strlen(client->name);
    const bool whole =
        source.length == length || (source.length > length && source.at[length] == '/');
    if (whole && memcmp(source.at, client->name, length) == 0)
        client->heard = host->now(host->self);
}

enum { CLIENT_PINGS_END = __LINE__ };

enum { CLIENT_LIVENESS = __LINE__ };

/* Something that this worker was asked has not been answered in time. */
static bool left_alone(const struct client *client, uint64_t now)
{
    for (uint32_t i = 0; i < client->end; i++) {
        const struct asked *asked = &client->asked[i];
        if (asked->id != 0 && asked->due <= now && asked->worker == client->worker)
            return true;
    }
    return false;
}

/* Looks whether the worker is alive.  Pings know better than requests that were not answered. */
static void watch(struct client *client, const struct uripc_program_host *host, uint64_t now)
{
    const bool silent = now >= client->heard + client->silence;
    if (client->ping != 0 ? silent : left_alone(client, now))
        suspect(client, host);
    if (client->ping != 0 && now >= client->next_ping)
        send_ping(client, host, now);
}

/* Where sends are confirmed, they also tell of deaths. */
static bool tells_of_death(const struct client *client, const struct uripc_completion *completion)
{
    return completion->overlapped >= FIRST_SEND &&
           (completion->status == URIPC_PEER_GONE || completion->status == URIPC_NO_RECEIVER) &&
           (completion->overlapped & NOBODY) == client->worker;
}

enum { CLIENT_LIVENESS_END = __LINE__ };

enum { ASKING_AGAIN = __LINE__ };

static void set_alarm(const struct client *client, const struct uripc_program_host *host)
{
    uint64_t at = UINT64_MAX;
    for (uint32_t i = 0; i < client->end; i++) {
        if (client->asked[i].id != 0 && client->asked[i].due < at)
            at = client->asked[i].due;
    }
    if (client->ping != 0) {
        at = client->next_ping < at ? client->next_ping : at;
        at = client->heard + client->silence < at ? client->heard + client->silence : at;
    }
    host->alarm(host->self, at);
}

/* The request that was not answered in time: once more, or never again. */
static void time_out(struct client *client, const struct uripc_program_host *host,
                     struct asked *asked)
{
    if (asked->tries <= client->retries) {
        ask_worker(client, host, asked);
        return;
    }
    host->tell(host->self, URIPC_FACT_GAVE_UP, asked->id);
    forget(client, asked);
}

static void client_alarm(void *state, const struct uripc_program_host *host)
{
    struct client *client = state;
    const uint64_t now = host->now(host->self);
    watch(client, host, now);
    for (uint32_t i = 0; i < client->end; i++) {
        if (client->asked[i].id != 0 && client->asked[i].due <= now)
            time_out(client, host, &client->asked[i]);
    }
    set_alarm(client, host);
}

enum { ASKING_AGAIN_END = __LINE__ };

static void client_begin(void *state, const struct uripc_program_host *host)
{
    struct client *client = state;
    client->timeout = host->parameter(host->self, "timeout");
    client->retries = host->parameter(host->self, "retries");
    client->ping = host->parameter(host->self, "ping");
    client->silence = host->parameter(host->self, "silence");
    char name[NAME];
    (void)snprintf(name, sizeof name, "ipc:/c%u", (unsigned)host->number);
    (void)host->calls->register_(host->node, (struct uripc_handle){0}, text(name), NULL, REGISTER);
}

static void take_answer(struct client *client, const struct uripc_program_host *host)
{
    struct received answer;
    if (!read_message(client->side.buffer, &answer))
        return;
    hear(client, host, answer.source);
    const uint64_t id = answer.word;
    if (id == 0)
        return; /* a sign of life */
    for (uint32_t i = 0; i < client->end; i++) {
        if (client->asked[i].id == id) {
            forget(client, &client->asked[i]);
            host->tell(host->self, URIPC_FACT_ANSWERED, id);
            return;
        }
    }
    host->tell(host->self, URIPC_FACT_LATE, id);
}

static void client_completed(void *state, const struct uripc_program_host *host,
                             const struct uripc_completion *completion)
{
    struct client *client = state;
    if (completion->overlapped == REGISTER) {
        client->side.handle = completion->handle;
        rely_on(client, host, host->number % host->workers);
    } else if (completion->overlapped == RECEIVE && completion->status == URIPC_OK) {
        take_answer(client, host);
    } else if (tells_of_death(client, completion)) {
        suspect(client, host);
    } else {
        return;
    }
    if (completion->overlapped < FIRST_SEND)
        listen_to(host, client->side.handle, client->side.buffer, RECEIVE);
    set_alarm(client, host);
}

static void client_ask(void *state, const struct uripc_program_host *host,
                       const struct uripc_ask *ask)
{
    struct client *client = state;
    for (uint32_t i = 0; i < ASKED; i++) {
        if (client->asked[i].id == 0) {
            client->asked[i] = (struct asked){.id = ask->id, .service = ask->service};
            client->end += i == client->end;
            ask_worker(client, host, &client->asked[i]);
            set_alarm(client, host);
            return;
        }
    }
    host->tell(host->self, URIPC_FACT_GAVE_UP, ask->id); /* too many at once */
}

enum { CLIENT_END = __LINE__ };

static const struct uripc_source client_sources[] = {
    {NULL, STUDY_LINES(SHARED) + STUDY_LINES(CLIENT), NULL},
    {"liveness", STUDY_LINES(CLIENT_LIVENESS), NULL},
    {"liveness", STUDY_LINES(CLIENT_PINGS), "ping"},
    {"recovery", STUDY_LINES(NEXT_WORKER) + STUDY_LINES(ASKING_AGAIN), NULL},
};

static const struct uripc_program client_program = {.size = sizeof client_program,
                                                    .bytes = sizeof(struct client),
                                                    .begin = client_begin,
                                                    .completed = client_completed,
                                                    .alarm = client_alarm,
                                                    .ask = client_ask,
                                                    .sources = client_sources,
                                                    .source_count = sizeof client_sources /
                                                                    sizeof client_sources[0]};

static const struct uripc_parameter parameters[] = {
    {.name = "timeout",
     .unit = URIPC_UNIT_TIME,
     .usual = 1000000000,
     .text = "how long one try of a request waits for its answer"},
    {.name = "retries",
     .unit = URIPC_UNIT_COUNT,
     .usual = 2,
     .text = "further tries of a request",
     .zero = "none"},
    {.name = "remember",
     .unit = URIPC_UNIT_COUNT,
     .usual = 0,
     .text = "requests a worker remembers so as not to carry them out again, at most 64",
     .zero = "none"},
    {.name = "ping",
     .unit = URIPC_UNIT_TIME,
     .usual = 0,
     .text = "time between two pings of a client to its worker",
     .zero = "never"},
    {.name = "silence",
     .unit = URIPC_UNIT_TIME,
     .usual = 2000000000,
     .text = "silence after which a pinged worker is held for dead",
     .with = "ping"},
};

const struct uripc_design study_stateless = {
    .size = sizeof(struct uripc_design),
    .version = URIPC_DESIGN_VERSION,
    .name = "stateless",
    .text = "the three calls; the client times out, repeats and pings by itself",
    .client = &client_program,
    .worker = &worker_program,
    .parameters = parameters,
    .parameter_count = sizeof parameters / sizeof parameters[0]};
