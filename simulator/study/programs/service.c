/* SPDX-License-Identifier: MIT */
/* The activation service.  It is the home of the queue, which so outlives every worker, and starts
 * workers when something waits in it.  To know that it has one waiter: a receive without a buffer,
 * which takes nothing and completes whenever something is queued (DSP-1, DSP-2).
 *
 *     watching --told of demand--> none runs:        start one
 *                                  some run:         look again after `patience`, then start one
 *                                  one is starting:  nothing, until it is there or has ended
 *                                  all run:          nothing, until one has ended
 *
 * Workers that fail again and again are not started for ever (RFP-1): the service closes the
 * queue, and senders know where they stand. */
#include <uripc/rapid_fail.h>

#include "simulator/study/programs/activation.h"

enum { REGISTER_POOL = 1, REGISTER_NAME, RECEIVE, WAITER, LOOK, CLOSE };

/* Of a worker. */
enum { DOWN, STARTING, RUNNING };

struct service {
    struct uripc_handle pool, name;
    struct uripc_rapid_fail protection;
    uint32_t starting, running;
    bool open;    /* the queue is there */
    bool waiting; /* the waiter is posted, or will be */
    _Alignas(8) unsigned char buffer[STUDY_BUFFER];
    unsigned char workers[];
};

static void needs(const struct uripc_program_host *host, struct uripc_program_needs *needs)
{
    needs->bytes = sizeof(struct service) + host->workers;
}

static void begin(void *state, const struct uripc_program_host *host)
{
    struct service *service = state;
    service->protection = uripc_rapid_fail_begin((uint32_t)host->parameter(host->self, "failures"),
                                                 host->parameter(host->self, "interval"));
    study_register(host, STUDY_POOL, URIPC_SHARED, REGISTER_POOL);
    study_register(host, STUDY_SERVICE_NAME, URIPC_EXCLUSIVE, REGISTER_NAME);
}

static bool start_one(struct service *service, const struct uripc_program_host *host)
{
    for (uint32_t i = 0; i < host->workers && service->open; i++) {
        if (service->workers[i] != DOWN)
            continue;
        service->workers[i] = STARTING;
        service->starting++;
        host->start(host->self, i);
        return true;
    }
    return false;
}

/* Without a buffer and, to look only, without waiting. */
static void wait_for_demand(struct service *service, const struct uripc_program_host *host,
                            uint64_t overlapped)
{
    const struct uripc_receive_options options = {.size = sizeof options,
                                                  .flags = overlapped == LOOK ? URIPC_NOWAIT : 0};
    service->waiting = true;
    (void)host->calls->receive(host->node, service->pool, (struct uripc_buffer){0}, &options,
                               overlapped);
}

/* Whoever is starting will take what waits; who could not start anybody need not know of it. */
static void watch(struct service *service, const struct uripc_program_host *host)
{
    while (service->starting + service->running < host->parameter(host->self, "keep") &&
           start_one(service, host))
        continue;
    if (service->open && !service->waiting && service->starting == 0 &&
        service->running < host->workers)
        wait_for_demand(service, host, WAITER);
}

/* Workers that run may take what waits within a moment: only what is still there then is demand
 * that nobody serves. */
static void demand(struct service *service, const struct uripc_program_host *host, bool looked)
{
    service->waiting = false;
    if (service->starting > 0)
        return;
    if (service->running == 0 || looked) {
        (void)start_one(service, host);
        return;
    }
    service->waiting = true;
    host->alarm(host->self, host->now(host->self) + host->parameter(host->self, "patience"));
}

static void looked(struct service *service, const struct uripc_program_host *host,
                   enum uripc_status status)
{
    service->waiting = false;
    if (status == URIPC_BUFFER_TOO_SMALL)
        demand(service, host, true);
    else
        watch(service, host);
}

/* The one alarm is for the second look, or for the reset of protection that has stopped all. */
static void alarm(void *state, const struct uripc_program_host *host)
{
    struct service *service = state;
    if (service->open) {
        wait_for_demand(service, host, LOOK);
    } else if (!uripc_rapid_fail_may_start(&service->protection)) {
        service->protection = uripc_rapid_fail_reset(service->protection);
        study_register(host, STUDY_POOL, URIPC_SHARED, REGISTER_POOL);
    }
}

static void is_there(struct service *service, const struct uripc_program_host *host)
{
    struct study_said said;
    if (!study_read(service->buffer, &said) || said.word >= host->workers ||
        service->workers[said.word] != STARTING)
        return;
    service->workers[said.word] = RUNNING;
    service->starting--;
    service->running++;
    watch(service, host);
}

static void stop(struct service *service, const struct uripc_program_host *host)
{
    const uint64_t reset = host->parameter(host->self, "reset");
    service->open = service->waiting = false;
    host->alarm(host->self, reset == 0 ? UINT64_MAX : host->now(host->self) + reset);
    (void)host->calls->close(host->node, service->pool, CLOSE);
}

/* Who has crashed has failed, who has retired has not. */
static void ended(void *state, const struct uripc_program_host *host, uint32_t worker, bool failed)
{
    struct service *service = state;
    service->starting -= service->workers[worker] == STARTING;
    service->running -= service->workers[worker] == RUNNING;
    service->workers[worker] = DOWN;
    if (failed)
        service->protection = uripc_rapid_fail_failed(service->protection, host->now(host->self));
    if (service->open && !uripc_rapid_fail_may_start(&service->protection))
        stop(service, host);
    else
        watch(service, host);
}

static void completed(void *state, const struct uripc_program_host *host,
                      const struct uripc_completion *completion)
{
    struct service *service = state;
    const bool ok = completion->status == URIPC_OK;
    switch (completion->overlapped) {
    case REGISTER_POOL:
        service->pool = completion->handle;
        service->open = ok;
        watch(service, host);
        break;
    case WAITER:
        if (completion->status == URIPC_BUFFER_TOO_SMALL)
            demand(service, host, false);
        break;
    case LOOK:
        if (service->open)
            looked(service, host, completion->status);
        break;
    case REGISTER_NAME:
        service->name = completion->handle;
        study_listen(host, service->name, service->buffer, 0, RECEIVE);
        break;
    case RECEIVE:
        if (ok)
            is_there(service, host);
        study_listen(host, service->name, service->buffer, 0, RECEIVE);
        break;
    default:
        break;
    }
}

const struct uripc_program study_service = {.size = sizeof study_service,
                                            .bytes = sizeof(struct service),
                                            .begin = begin,
                                            .completed = completed,
                                            .alarm = alarm,
                                            .needs = needs,
                                            .ended = ended};
