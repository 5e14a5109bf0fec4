/* SPDX-License-Identifier: MIT */
/* Sessions, as the note of 1999 wanted them in the end.  The client connects to its worker and asks
 * there; if the session ends, for whatever reason, it connects to the next worker and asks that one
 * what was under way.  Whether a worker lives, what got lost and has to be sent again, and which
 * order things come in, is the layers' matter. */
#include "simulator/study/programs/programs.h"

#include <stdio.h>
#include <string.h>

#include <uripc/session.h>

enum { SHARED = __LINE__ };

enum { ASKED = 16, REMEMBERED = 64, NAME = 64, MESSAGE_MAX = 64 };

/* Overlapped blocks: what was called, and a number above it. */
enum { LISTEN, ACCEPT, CONNECT, SEND, RECEIVE, CLOSE, CALL_BITS = 3 };

/* How long a client waits after a connect that failed; all workers may be dead. */
static const uint64_t pause = 10000000;

struct request {
    uint64_t id, service;
};

static uint64_t block(uint64_t number, unsigned call)
{
    return number << CALL_BITS | call;
}

static unsigned call_of(const struct uripc_completion *completion)
{
    return completion->overlapped & ((1U << CALL_BITS) - 1);
}

static struct uripc_text name_of(char *name, uint32_t worker)
{
    const int length = snprintf(name, NAME, "ipc:/w%u", (unsigned)worker);
    return (struct uripc_text){.at = name, .length = (size_t)length};
}

static void listen_to(const struct uripc_program_host *host, struct uripc_handle session, void *to,
                      uint32_t size, uint64_t overlapped)
{
    const struct uripc_buffer buffer = {.id = (uint64_t)(uintptr_t)to, .size = size};
    (void)uripc_session_receive(host->layers, session, buffer, NULL, overlapped);
}

enum { LIVENESS = __LINE__ };

static struct uripc_session_options options_of(const struct uripc_program_host *host)
{
    const struct uripc_liveness *judge = host->parameter(host->self, "freshness") != 0
                                             ? &uripc_liveness_freshness
                                             : &uripc_liveness_timeout;
    const uint64_t beat = host->parameter(host->self, "beat");
    return (struct uripc_session_options){
        .size = sizeof(struct uripc_session_options),
        .flags = host->parameter(host->self, "notice") != 0 ? URIPC_NOTICE : 0,
        .beat = beat,
        .liveness = beat != 0 ? judge : NULL,
        .silence = host->parameter(host->self, "silence")};
}

enum { LIVENESS_END = __LINE__ };

enum { SHARED_END = __LINE__ };

/* The worker. */

enum { WORKER = __LINE__ };

/* One session: at most one request of it has been taken and waits. */
struct desk {
    struct uripc_handle session; /* {0}: free */
    struct request request;
};

struct worker {
    struct uripc_handle listener;
    uint64_t calls;
    uint64_t done[REMEMBERED]; /* ids, as far as the parameter says */
    uint64_t done_count;
    uint32_t desks;
    uint32_t first, waiting; /* of `line` */
    bool busy;               /* with the first in the line */
    uint32_t *line;          /* of desks whose request waits, a ring */
    struct desk desk[];
};

/* Room for four times a fair share of the clients, as those of dead workers come, too. */
static uint32_t desks_of(const struct uripc_program_host *host)
{
    return 4 * host->clients / host->workers + 64;
}

static void worker_needs(const struct uripc_program_host *host, struct uripc_program_needs *needs)
{
    const uint32_t desks = desks_of(host);
    needs->bytes = sizeof(struct worker) + desks * (sizeof(struct desk) + sizeof(uint32_t));
    needs->layered = true;
    needs->layers.sessions = desks;
    needs->layers.calls = 2 * desks + 8;
    needs->layers.message_max = MESSAGE_MAX;
    needs->layers.pool_bytes += desks * 256;
}

static void worker_begin(void *state, const struct uripc_program_host *host)
{
    struct worker *worker = state;
    char name[NAME];
    const struct uripc_listen_options options = {.size = sizeof options, .waiting = host->clients};
    worker->desks = desks_of(host);
    worker->line = (uint32_t *)(void *)(worker->desk + worker->desks);
    (void)uripc_listen(host->layers, name_of(name, host->number), &options, LISTEN);
}

static void accept_next(struct worker *worker, const struct uripc_program_host *host)
{
    const struct uripc_session_options options = options_of(host);
    (void)uripc_accept(host->layers, worker->listener, &options, ACCEPT);
}

static void listen_at(struct worker *worker, const struct uripc_program_host *host, uint32_t desk)
{
    listen_to(host, worker->desk[desk].session, &worker->desk[desk].request, sizeof(struct request),
              block(desk, RECEIVE));
}

static void seat(struct worker *worker, const struct uripc_program_host *host,
                 struct uripc_handle session)
{
    uint32_t desk = 0;
    while (desk < worker->desks && worker->desk[desk].session.id != 0)
        desk++;
    if (desk == worker->desks) {
        (void)uripc_session_close(host->layers, session, block(worker->calls++, CLOSE));
        return;
    }
    worker->desk[desk].session = session;
    listen_at(worker, host, desk);
}

enum { REPEATS = __LINE__ };

static bool already_done(const struct worker *worker, const struct uripc_program_host *host,
                         uint64_t id)
{
    uint64_t most = host->parameter(host->self, "remember");
    most = most < REMEMBERED ? most : REMEMBERED;
    for (uint64_t i = 0; i < most && i < worker->done_count; i++) {
        if (worker->done[(worker->done_count - 1 - i) % REMEMBERED] == id)
            return true;
    }
    return false;
}

enum { REPEATS_END = __LINE__ };

/* A send to a session that has ended goes nowhere; the next receive tells. */
static void reply(struct worker *worker, const struct uripc_program_host *host)
{
    const uint32_t desk = worker->line[worker->first];
    (void)uripc_session_send(host->layers, worker->desk[desk].session,
                             &worker->desk[desk].request.id, sizeof(uint64_t), NULL,
                             block(worker->calls++, SEND));
    worker->first = (worker->first + 1) % worker->desks;
    worker->waiting--;
    listen_at(worker, host, desk);
}

static void work(struct worker *worker, const struct uripc_program_host *host)
{
    while (!worker->busy && worker->waiting > 0) {
        const struct request *request = &worker->desk[worker->line[worker->first]].request;
        if (already_done(worker, host, request->id)) {
            reply(worker, host);
        } else {
            worker->busy = true;
            host->alarm(host->self, host->now(host->self) + request->service);
        }
    }
}

static void worker_alarm(void *state, const struct uripc_program_host *host)
{
    struct worker *worker = state;
    const uint64_t id = worker->desk[worker->line[worker->first]].request.id;
    worker->busy = false;
    worker->done[worker->done_count++ % REMEMBERED] = id;
    host->tell(host->self, URIPC_FACT_EXECUTED, id);
    reply(worker, host);
    work(worker, host);
}

static void worker_received(struct worker *worker, const struct uripc_program_host *host,
                            const struct uripc_completion *completion)
{
    const uint32_t desk = (uint32_t)(completion->overlapped >> CALL_BITS);
    if (completion->status == URIPC_OK) {
        worker->line[(worker->first + worker->waiting++) % worker->desks] = desk;
        work(worker, host);
    } else if (completion->status != URIPC_CLOSED) {
        (void)uripc_session_close(host->layers, worker->desk[desk].session,
                                  block(worker->calls++, CLOSE));
        worker->desk[desk].session.id = 0;
    }
}

static void worker_completed(void *state, const struct uripc_program_host *host,
                             const struct uripc_completion *completion)
{
    struct worker *worker = state;
    switch (call_of(completion)) {
    case LISTEN:
        worker->listener = completion->handle;
        accept_next(worker, host);
        break;
    case ACCEPT:
        if (completion->status == URIPC_OK)
            seat(worker, host, completion->handle);
        accept_next(worker, host);
        break;
    case RECEIVE:
        worker_received(worker, host, completion);
        break;
    default:
        break;
    }
}

enum { WORKER_END = __LINE__ };

static const struct uripc_source worker_sources[] = {
    {NULL, STUDY_LINES(SHARED) + STUDY_LINES(WORKER), NULL},
    {"liveness", STUDY_LINES(LIVENESS), "beat"},
    {"repeats", STUDY_LINES(REPEATS), "remember"},
};

static const struct uripc_program worker_program = {.size = sizeof worker_program,
                                                    .bytes = sizeof(struct worker),
                                                    .begin = worker_begin,
                                                    .completed = worker_completed,
                                                    .alarm = worker_alarm,
                                                    .needs = worker_needs,
                                                    .sources = worker_sources,
                                                    .source_count = sizeof worker_sources /
                                                                    sizeof worker_sources[0]};

/* The client. */

enum { CLIENT = __LINE__ };

struct asked {
    struct request request; /* id 0: free */
    uint64_t tries;         /* so far */
};

struct client {
    struct uripc_handle session; /* {0}: there is none now */
    uint64_t calls;
    uint64_t answer; /* where receives put it */
    struct asked asked[ASKED];
    uint32_t worker;
};

static void client_needs(const struct uripc_program_host *host, struct uripc_program_needs *needs)
{
    (void)host;
    needs->layered = true;
    needs->layers.sessions = 8; /* those that end linger */
    needs->layers.calls = ASKED + 8;
    needs->layers.message_max = MESSAGE_MAX;
}

static void ask_worker(struct client *client, const struct uripc_program_host *host,
                       struct asked *asked)
{
    asked->tries++;
    (void)uripc_session_send(host->layers, client->session, &asked->request, sizeof asked->request,
                             NULL, block(client->calls++, SEND));
}

enum { RECOVERY = __LINE__ };

static void rely_on(struct client *client, const struct uripc_program_host *host, uint32_t worker)
{
    char name[NAME];
    struct uripc_session_options options = options_of(host);
    options.deadline = host->parameter(host->self, "connect");
    client->worker = worker;
    host->tell(host->self, URIPC_FACT_USES, worker);
    (void)uripc_connect(host->layers, name_of(name, worker), &options,
                        block(client->calls++, CONNECT));
}

/* What was under way is asked once more, or never again. */
static void ask_again(struct client *client, const struct uripc_program_host *host)
{
    for (uint32_t i = 0; i < ASKED; i++) {
        struct asked *asked = &client->asked[i];
        if (asked->request.id == 0)
            continue;
        if (asked->tries <= host->parameter(host->self, "retries")) {
            ask_worker(client, host, asked);
        } else {
            host->tell(host->self, URIPC_FACT_GAVE_UP, asked->request.id);
            asked->request.id = 0;
        }
    }
}

static void connected(struct client *client, const struct uripc_program_host *host,
                      const struct uripc_completion *completion)
{
    if (completion->status != URIPC_OK) {
        host->tell(host->self, URIPC_FACT_SUSPECTS, client->worker);
        host->alarm(host->self, host->now(host->self) + pause);
        return;
    }
    client->session = completion->handle;
    listen_to(host, client->session, &client->answer, sizeof client->answer, RECEIVE);
    ask_again(client, host);
}

static void client_alarm(void *state, const struct uripc_program_host *host)
{
    struct client *client = state;
    rely_on(client, host, (client->worker + 1) % host->workers);
}

static void session_ended(struct client *client, const struct uripc_program_host *host)
{
    host->tell(host->self, URIPC_FACT_SUSPECTS, client->worker);
    (void)uripc_session_close(host->layers, client->session, block(client->calls++, CLOSE));
    client->session.id = 0;
    rely_on(client, host, (client->worker + 1) % host->workers);
}

enum { RECOVERY_END = __LINE__ };

static void client_begin(void *state, const struct uripc_program_host *host)
{
    rely_on(state, host, host->number % host->workers);
}

static void take_answer(struct client *client, const struct uripc_program_host *host)
{
    for (uint32_t i = 0; i < ASKED; i++) {
        if (client->asked[i].request.id == client->answer) {
            client->asked[i].request.id = 0;
            host->tell(host->self, URIPC_FACT_ANSWERED, client->answer);
            return;
        }
    }
    host->tell(host->self, URIPC_FACT_LATE, client->answer);
}

static void client_completed(void *state, const struct uripc_program_host *host,
                             const struct uripc_completion *completion)
{
    struct client *client = state;
    if (call_of(completion) == CONNECT) {
        connected(client, host, completion);
    } else if (call_of(completion) == RECEIVE && completion->status == URIPC_OK) {
        take_answer(client, host);
        listen_to(host, client->session, &client->answer, sizeof client->answer, RECEIVE);
    } else if (call_of(completion) == RECEIVE && completion->status != URIPC_CLOSED) {
        session_ended(client, host);
    }
}

static void client_ask(void *state, const struct uripc_program_host *host,
                       const struct uripc_ask *ask)
{
    struct client *client = state;
    for (uint32_t i = 0; i < ASKED; i++) {
        if (client->asked[i].request.id != 0)
            continue;
        client->asked[i] = (struct asked){.request = {.id = ask->id, .service = ask->service}};
        if (client->session.id != 0)
            ask_worker(client, host, &client->asked[i]);
        return;
    }
    host->tell(host->self, URIPC_FACT_GAVE_UP, ask->id); /* too many at once */
}

enum { CLIENT_END = __LINE__ };

static const struct uripc_source client_sources[] = {
    {NULL, STUDY_LINES(SHARED) + STUDY_LINES(CLIENT), NULL},
    {"liveness", STUDY_LINES(LIVENESS), "beat"},
    {"recovery", STUDY_LINES(RECOVERY), NULL},
};

static const struct uripc_program client_program = {.size = sizeof client_program,
                                                    .bytes = sizeof(struct client),
                                                    .begin = client_begin,
                                                    .completed = client_completed,
                                                    .alarm = client_alarm,
                                                    .ask = client_ask,
                                                    .needs = client_needs,
                                                    .sources = client_sources,
                                                    .source_count = sizeof client_sources /
                                                                    sizeof client_sources[0]};

static const struct uripc_parameter parameters[] = {
    {.name = "beat",
     .unit = URIPC_UNIT_TIME,
     .usual = 1000000000,
     .text = "both ends of a session show life this often",
     .zero = "never"},
    {.name = "silence",
     .unit = URIPC_UNIT_TIME,
     .usual = 3000000000,
     .text = "silence after which the detector holds the peer for dead",
     .with = "beat"},
    {.name = "freshness",
     .unit = URIPC_UNIT_COUNT,
     .usual = 1,
     .text = "1: silence counts from when a beat was due; 0: from the last sign of life",
     .with = "beat"},
    {.name = "notice",
     .unit = URIPC_UNIT_COUNT,
     .usual = 0,
     .text = "1: a death of which the system knows is told at once",
     .zero = "no"},
    {.name = "connect",
     .unit = URIPC_UNIT_TIME,
     .usual = 1000000000,
     .text = "how long a connect may take",
     .zero = "for ever"},
    {.name = "retries",
     .unit = URIPC_UNIT_COUNT,
     .usual = 2,
     .text = "further tries of a request, each over the next session",
     .zero = "none"},
    {.name = "remember",
     .unit = URIPC_UNIT_COUNT,
     .usual = 0,
     .text = "requests a worker remembers so as not to carry them out again, at most 64",
     .zero = "none"},
};

const struct uripc_design study_session = {
    .size = sizeof study_session,
    .version = URIPC_DESIGN_VERSION,
    .name = "session",
    .text = "sessions over the three calls: the layers find out, the client goes on",
    .client = &client_program,
    .worker = &worker_program,
    .parameters = parameters,
    .parameter_count = sizeof parameters / sizeof parameters[0]};
