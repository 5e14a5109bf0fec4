/* SPDX-License-Identifier: MIT */
/* A worker.  It joins the queue, says that it is there, and serves one request after the other; if
 * none comes for a while it retires: it closes its handle and ends.  A request that comes at that
 * moment stays in the queue, for a receive that timed out has taken nothing (DSP-8). */
#include <string.h>

#include "simulator/study/programs/activation.h"

/* Overlapped blocks; those of sends go on from SEND. */
enum { JOIN = 1, RECEIVE, CLOSE, SEND };

struct worker {
    struct uripc_handle handle;
    uint64_t sends;
    char asker[STUDY_NAME];
    uint64_t id;
    _Alignas(8) unsigned char buffer[STUDY_BUFFER];
};

static void begin(void *state, const struct uripc_program_host *host)
{
    (void)state;
    study_register(host, STUDY_POOL, URIPC_SHARED, JOIN);
}

static void take_next(struct worker *worker, const struct uripc_program_host *host)
{
    study_listen(host, worker->handle, worker->buffer, host->parameter(host->self, "idle"),
                 RECEIVE);
}

static void joined(struct worker *worker, const struct uripc_program_host *host,
                   const struct uripc_completion *completion)
{
    if (completion->status != URIPC_OK) {
        host->end(host->self, true);
        return;
    }
    worker->handle = completion->handle;
    take_next(worker, host);
    (void)study_say(host, worker->handle, NULL, STUDY_SERVICE_NAME, host->number,
                    SEND + worker->sends++);
}

/* The word of a request is how long it takes. */
static void serve(struct worker *worker, const struct uripc_program_host *host)
{
    struct study_said request;
    if (!study_read(worker->buffer, &request) || request.source.length >= sizeof worker->asker) {
        take_next(worker, host);
        return;
    }
    memcpy(worker->asker, request.source.at, request.source.length);
    worker->asker[request.source.length] = '\0';
    worker->id = study_id_of(request.source);
    host->alarm(host->self, host->now(host->self) + request.word);
}

static void served(void *state, const struct uripc_program_host *host)
{
    struct worker *worker = state;
    host->tell(host->self, URIPC_FACT_EXECUTED, worker->id);
    (void)study_say(host, worker->handle, NULL, worker->asker, STUDY_DONE, SEND + worker->sends++);
    take_next(worker, host);
}

static void received(struct worker *worker, const struct uripc_program_host *host,
                     enum uripc_status status)
{
    if (status == URIPC_OK)
        serve(worker, host);
    else if (status == URIPC_TIMEOUT)
        (void)host->calls->close(host->node, worker->handle, CLOSE);
    else
        host->end(host->self, false); /* the queue has ended (DSP-11) */
}

static void completed(void *state, const struct uripc_program_host *host,
                      const struct uripc_completion *completion)
{
    if (completion->overlapped == JOIN)
        joined(state, host, completion);
    else if (completion->overlapped == RECEIVE)
        received(state, host, completion->status);
    else if (completion->overlapped == CLOSE)
        host->end(host->self, false);
}

const struct uripc_program study_pool_worker = {.size = sizeof study_pool_worker,
                                                .bytes = sizeof(struct worker),
                                                .begin = begin,
                                                .completed = completed,
                                                .alarm = served};
