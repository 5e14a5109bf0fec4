/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE /* MAP_ANONYMOUS */

#include "simulator/hunt/engine/jobs.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "simulator/random.h"

enum { JOBS_MOST = 256, LOOK_EVERY = 200000000 };

volatile sig_atomic_t hunt_interrupted;

uint64_t hunt_clock(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

/* Keeps the failure with the least seed of each clause. */
static void note(struct hunt_total *total, uint64_t seed, uint64_t runs,
                 const struct hunt_result *result)
{
    uint32_t i = 0;
    while (i < total->kinds && strcmp(total->failures[i].result.clause, result->clause) != 0)
        i++;
    if (i == HUNT_KINDS)
        return;
    if (i == total->kinds) {
        total->failures[i] = (struct hunt_failure){.seed = SIM_NEVER};
        total->kinds++;
    }
    struct hunt_failure *failure = &total->failures[i];
    failure->runs += runs;
    if (seed < failure->seed) {
        failure->seed = seed;
        failure->result = *result;
    }
}

static void add(struct hunt_total *total, uint64_t seed, const struct hunt_result *result)
{
    uint64_t fired[SIM_FAMILIES];
    sim_faults_fired(&result->counters, fired);
    for (unsigned i = 0; i < SIM_FAMILIES; i++)
        total->fired[i] += fired[i];
    for (unsigned i = 0; i < HUNT_COUNTS; i++)
        total->counts[i] += result->counts[i];
    total->modes[result->mode]++;
    total->resolvers[result->resolver]++;
    total->events += result->counters.events;
    total->fingerprint += sim_mix(result->fingerprint ^ sim_mix(seed));
    total->no_room = total->no_room || !result->ran;
    if (result->clause[0] != '\0') {
        total->broken++;
        note(total, seed, 1, result);
    }
    total->runs++;
}

/* Every jobs-th run, from `first` on. */
static _Noreturn void work(const struct hunt_order *order, struct hunt_total *total, unsigned first)
{
    (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
    struct hunt *hunt = hunt_new();
    total->no_room = hunt == NULL;
    for (uint64_t i = first; hunt && i < order->runs; i += order->jobs) {
        if (order->until != 0 && hunt_clock() >= order->until)
            break;
        const struct hunt_setup setup = {.seed = order->seed + i,
                                         .backend = order->backend,
                                         .profile = order->profile,
                                         .mode = order->mode,
                                         .resolver = order->resolver};
        struct hunt_result result;
        total->at = setup.seed;
        hunt_run(hunt, &setup, &result);
        add(total, setup.seed, &result);
    }
    _exit(0);
}

static void show(const struct hunt_total *parts, unsigned jobs)
{
    uint64_t runs = 0;
    for (unsigned i = 0; i < jobs; i++)
        runs += parts[i].runs;
    (void)fprintf(stderr, "\r%" PRIu64 " runs ...", runs);
}

static void wait_for_all(const struct hunt_order *order, const pid_t *children,
                         struct hunt_total *parts, unsigned started)
{
    unsigned left = started;
    bool stopped = false;
    while (left > 0) {
        int status = 0;
        const pid_t ended = waitpid(-1, &status, order->progress ? WNOHANG : 0);
        for (unsigned i = 0; i < started && ended > 0; i++) {
            if (children[i] != ended)
                continue;
            parts[i].signal = WIFSIGNALED(status) && !stopped ? WTERMSIG(status) : 0;
            left--;
        }
        if (ended < 0 && errno != EINTR)
            break;
        if (hunt_interrupted && !stopped) {
            stopped = true;
            for (unsigned i = 0; i < started; i++)
                (void)kill(children[i], SIGKILL);
        }
        if (order->progress && ended == 0) {
            show(parts, started);
            (void)nanosleep(&(struct timespec){.tv_nsec = LOOK_EVERY}, NULL);
        }
    }
    if (order->progress)
        (void)fputs("\r\033[K", stderr);
}

static void merge(struct hunt_total *total, const struct hunt_total *part)
{
    total->runs += part->runs;
    total->broken += part->broken;
    total->events += part->events;
    total->fingerprint += part->fingerprint;
    total->no_room = total->no_room || part->no_room;
    for (unsigned i = 0; i < SIM_FAMILIES; i++)
        total->fired[i] += part->fired[i];
    for (unsigned i = 0; i < HUNT_COUNTS; i++)
        total->counts[i] += part->counts[i];
    for (unsigned i = 0; i < HUNT_MODES; i++)
        total->modes[i] += part->modes[i];
    for (unsigned i = 0; i < HUNT_RESOLVERS; i++)
        total->resolvers[i] += part->resolvers[i];
    for (uint32_t i = 0; i < part->kinds; i++)
        note(total, part->failures[i].seed, part->failures[i].runs, &part->failures[i].result);
    if (part->signal != 0 && (total->signal == 0 || part->at < total->at)) {
        total->signal = part->signal;
        total->at = part->at;
    }
}

bool hunt_jobs(const struct hunt_order *given, struct hunt_total *total)
{
    struct hunt_order order = *given;
    pid_t children[JOBS_MOST];
    unsigned started = 0;
    order.jobs = order.jobs > JOBS_MOST ? JOBS_MOST : order.jobs;
    const size_t bytes = order.jobs * sizeof(struct hunt_total);
    struct hunt_total *parts =
        mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (parts == MAP_FAILED)
        return false;
    (void)fflush(NULL);
    for (; started < order.jobs; started++) {
        children[started] = fork();
        if (children[started] == 0)
            work(&order, &parts[started], started);
        if (children[started] < 0)
            break;
    }
    wait_for_all(&order, children, parts, started);
    for (unsigned i = 0; i < started; i++)
        merge(total, &parts[i]);
    (void)munmap(parts, bytes);
    return started == order.jobs && !total->no_room;
}
