/* SPDX-License-Identifier: MIT */
#define _XOPEN_SOURCE 700

#include "worker.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "mutant.h"
#include "probe.h"

struct worker {
    const struct cf_pool *pool;
    struct cf_runner *runner;
    struct cf_recording recording;
    struct cf_pulse *pulse;
    int answers;
};

bool cf_write_all(int fd, const void *bytes, size_t size)
{
    const char *at = bytes;
    while (size > 0) {
        ssize_t written = write(fd, at, size);
        if (written < 0 && errno == EINTR)
            continue;
        if (written <= 0)
            return false;
        at += written;
        size -= (size_t)written;
    }
    return true;
}

static bool read_all(int fd, void *bytes, size_t size)
{
    char *at = bytes;
    while (size > 0) {
        ssize_t got = read(fd, at, size);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return false;
        at += got;
        size -= (size_t)got;
    }
    return true;
}

/* What the spec leaves open and the case only looks at. */
static void tell_recorded(const struct cf_recording *recording, const struct cf_case *test_case,
                          struct cf_outcome *outcome)
{
    size_t length = 0;
    for (size_t i = 0; i < recording->step_count; i++) {
        const struct cf_recorded_step *step = &recording->steps[i];
        if (step->verdict == CF_VERDICT_INFO && step->observed &&
            length < sizeof(outcome->reason)) {
            length += (size_t)snprintf(outcome->reason + length, sizeof(outcome->reason) - length,
                                       "%sline %u: %s", length ? ", " : "",
                                       (unsigned)test_case->steps[step->step].line, step->observed);
        }
    }
}

static char *json_of(struct worker *worker, const struct cf_answer *answer,
                     const struct cf_outcome *outcome)
{
    const struct cf_pool *pool = worker->pool;
    const struct cf_suite_case *entry = &pool->suite->cases[answer->index];
    const struct cf_world_trouble *trouble = outcome->trouble;
    char repro[512];
    cf_repro(pool, entry->test_case->name, answer->seed, repro, sizeof(repro));
    const struct cf_result result = {
        .entry = entry,
        .expectation = pool->expectations
                           ? cf_expectations_find(pool->expectations, entry->test_case->name)
                           : NULL,
        .verdict = (enum cf_verdict)answer->verdict,
        .seed = answer->seed,
        .runs = cf_pool_runs(pool),
        .fingerprint = outcome->fingerprint,
        .reason = outcome->reason[0] ? outcome->reason : NULL,
        .repro = repro,
        .signal = trouble ? trouble->signal : 0,
        .exit = trouble ? trouble->exit : 0,
        .log = trouble && trouble->log[0] ? trouble->log : NULL,
        .outcome = outcome,
        .recording = &worker->recording};
    return cf_results_case(&result);
}

static bool send_answer(struct worker *worker, struct cf_answer *answer, const char *reason,
                        const char *blamed, const char *json)
{
    answer->reason = (uint32_t)strlen(reason);
    answer->blamed = (uint32_t)strlen(blamed);
    answer->json = (uint32_t)strlen(json);
    return cf_write_all(worker->answers, answer, sizeof(*answer)) &&
           cf_write_all(worker->answers, reason, answer->reason) &&
           cf_write_all(worker->answers, blamed, answer->blamed) &&
           cf_write_all(worker->answers, json, answer->json);
}

static void run(struct worker *worker, const struct cf_case *test_case, uint64_t seed,
                struct cf_recording *recording, struct cf_outcome *outcome)
{
    worker->pulse->seed = seed;
    cf_run(worker->runner, test_case, seed, recording, outcome);
    cf_probe_judge(test_case, worker->pool->backend->capabilities, outcome);
}

static bool tell(struct worker *worker, struct cf_answer *answer, struct cf_outcome *outcome)
{
    const struct cf_case *test_case = worker->pool->suite->cases[answer->index].test_case;
    char blamed[512];
    char *json = NULL;
    if (outcome->verdict == CF_VERDICT_INFO)
        tell_recorded(&worker->recording, test_case, outcome);
    cf_outcome_blamed(test_case, outcome, blamed, sizeof(blamed));
    answer->failed_line = outcome->failed_line;
    if (worker->pool->want_json)
        json = json_of(worker, answer, outcome);
    bool good = send_answer(worker, answer, outcome->reason, blamed, json ? json : "");
    free(json);
    return good;
}

/* Runs the worst one again, with a recording, and tells. */
static bool tell_again(struct worker *worker, struct cf_answer *answer, uint64_t fingerprint)
{
    const struct cf_case *test_case = worker->pool->suite->cases[answer->index].test_case;
    struct cf_outcome outcome;
    run(worker, test_case, answer->seed, &worker->recording, &outcome);
    if (outcome.fingerprint != fingerprint || (uint32_t)outcome.verdict != answer->verdict) {
        answer->broken = 1;
        answer->verdict = CF_VERDICT_UNRESOLVED;
        snprintf(outcome.reason, sizeof(outcome.reason),
                 "the same run came out differently the second time");
    }
    return tell(worker, answer, &outcome);
}

/* Where no run is like another, what is of interest is recorded at once. */
static bool serve_once(struct worker *worker, const struct cf_task *task)
{
    const struct cf_case *test_case = worker->pool->suite->cases[task->index].test_case;
    struct cf_outcome outcome;
    run(worker, test_case, task->seeds.first, &worker->recording, &outcome);
    struct cf_answer answer = {.index = task->index,
                               .seed = task->seeds.first,
                               .runs = 1,
                               .verdict = (uint32_t)outcome.verdict};
    answer.verdicts[outcome.verdict]++;
    return tell(worker, &answer, &outcome);
}

static bool serve(struct worker *worker, const struct cf_task *task)
{
    const struct cf_case *test_case = worker->pool->suite->cases[task->index].test_case;
    struct cf_answer answer = {.index = task->index, .seed = task->seeds.first};
    uint64_t worst = 0;
    for (uint64_t seed = task->seeds.first;; seed++) {
        struct cf_outcome outcome;
        worker->pulse->beats++;
        run(worker, test_case, seed, NULL, &outcome);
        answer.runs++;
        answer.verdicts[outcome.verdict]++;
        answer.fingerprint = cf_combined(answer.fingerprint, seed, outcome.fingerprint);
        if (answer.runs == 1 || (uint32_t)outcome.verdict > answer.verdict) {
            answer.verdict = (uint32_t)outcome.verdict;
            answer.seed = seed;
            worst = outcome.fingerprint;
        }
        if (seed == task->seeds.last)
            break;
    }
    if (answer.verdict == CF_VERDICT_PASS && !worker->pool->want_json)
        return send_answer(worker, &answer, "", "", "");
    return tell_again(worker, &answer, worst);
}

_Noreturn void cf_worker(const struct cf_pool *pool, int tasks, int answers, struct cf_pulse *pulse)
{
    struct cf_task task;
    signal(SIGINT, SIG_IGN); /* the parent decides */
    signal(SIGTERM, SIG_IGN);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (pool->backend->real)
        prctl(PR_SET_CHILD_SUBREAPER, 1); /* what drivers leave behind is found by the world */
    cf_mutant_plant(pool->mutant);
    struct cf_world *world = pool->backend->open(pool->backend);
    struct worker worker = {.pool = pool,
                            .runner = world ? cf_runner_create(world) : NULL,
                            .pulse = pulse,
                            .answers = answers};
    if (!worker.runner) {
        fputs("no memory for a world\n", stderr);
        _exit(1);
    }
    bool (*serve_task)(struct worker *, const struct cf_task *) =
        world->repeatable ? serve : serve_once;
    while (read_all(tasks, &task, sizeof(task)) && serve_task(&worker, &task)) {
    }
    _exit(0);
}
