/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE /* MAP_ANONYMOUS */

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "clock.h"
#include "hash.h"
#include "pool.h"
#include "probe.h"
#include "signal_name.h"
#include "tail.h"
#include "worker.h"

enum { CHUNK = 512, TICK_MS = 100 };

/* How long one run may take on the wall clock. */
#if defined(__SANITIZE_ADDRESS__)
enum { RUN_SECONDS = 30 };
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
enum { RUN_SECONDS = 30 };
#else
enum { RUN_SECONDS = 10 };
#endif
#else
enum { RUN_SECONDS = 10 };
#endif

enum { REAL_RUN_SECONDS = 60 };

struct worker {
    pid_t pid; /* 0: there is none */
    int tasks, answers, log;
    bool busy;
    struct cf_task task;
    uint64_t beats; /* when looked at last */
    uint64_t moved; /* when it was seen to have moved, by cf_clock */
    char *bytes;    /* of answers, until one is whole */
    size_t size, room;
    struct cf_tail tail; /* of its stderr */
};

/* What is known of a case so far. */
struct progress {
    uint64_t asked; /* runs given to workers */
    uint64_t told;  /* runs whose outcome is known */
    uint64_t runs;
    uint64_t verdicts[CF_VERDICT_COUNT]; /* how many runs had which */
    uint64_t fingerprint;
    bool any;
    enum cf_verdict verdict;
    uint64_t seed;
    uint32_t failed_line;
    char *texts[3]; /* reason, blamed, json */
};

struct run {
    const struct cf_pool *pool;
    struct worker *workers;
    struct cf_pulse *pulses;
    struct progress *cases;
    size_t *order; /* the cases, as they are begun */
    size_t next;   /* in order, case that has runs nobody does yet */
    size_t ended;  /* cases */
    bool broken;   /* the suite cannot go on */
    bool unequal;  /* a run could not be repeated */
    uint64_t stop; /* time of cf_clock when it has to end; UINT64_MAX: never */
    bool overdue;
};

static unsigned run_seconds(const struct run *run)
{
    return run->pool->backend->real ? REAL_RUN_SECONDS : RUN_SECONDS;
}

static volatile sig_atomic_t interrupted;

static void on_interrupt(int number)
{
    (void)number;
    interrupted = 1;
}

void cf_pool_heed_signals(void)
{
    const struct sigaction stop = {.sa_handler = on_interrupt};
    sigaction(SIGINT, &stop, NULL);
    sigaction(SIGTERM, &stop, NULL);
}

void cf_repro(const struct cf_pool *pool, const char *name, uint64_t seed, char *to, size_t size)
{
    char of_run[32] = "";
    if (!pool->backend->real)
        snprintf(of_run, sizeof(of_run), " --seed %" PRIu64, seed);
    snprintf(to, size, "%s --filter %s%s%s%s", pool->command, name, of_run,
             pool->driver ? " -- " : "", pool->driver ? pool->driver : "");
}

/* Workers. */

static void close_fd(int *fd)
{
    if (*fd >= 0)
        close(*fd);
    *fd = -1;
}

static void close_worker(struct worker *worker)
{
    close_fd(&worker->tasks);
    close_fd(&worker->answers);
    close_fd(&worker->log);
}

/* The child keeps only its own ends. */
_Noreturn static void become_worker(struct run *run, struct worker *self, int tasks, int answers,
                                    int log)
{
    for (unsigned i = 0; i < run->pool->jobs; i++)
        close_worker(&run->workers[i]);
    dup2(log, STDERR_FILENO);
    close(log);
    cf_worker(run->pool, tasks, answers, &run->pulses[self - run->workers]);
}

static bool start_worker(struct run *run, struct worker *worker)
{
    int pipes[3][2] = {{-1, -1}, {-1, -1}, {-1, -1}};
    for (int i = 0; i < 3; i++) {
        if (pipe(pipes[i]) != 0) {
            for (int k = 0; k < i; k++) {
                close(pipes[k][0]);
                close(pipes[k][1]);
            }
            return false;
        }
    }
    fflush(NULL);
    worker->pid = fork();
    if (worker->pid == 0) {
        close(pipes[0][1]);
        close(pipes[1][0]);
        close(pipes[2][0]);
        become_worker(run, worker, pipes[0][0], pipes[1][1], pipes[2][1]);
    }
    close(pipes[0][0]);
    close(pipes[1][1]);
    close(pipes[2][1]);
    worker->tasks = pipes[0][1];
    worker->answers = pipes[1][0];
    worker->log = pipes[2][0];
    fcntl(worker->log, F_SETFL, O_NONBLOCK);
    worker->busy = false;
    worker->size = 0;
    worker->tail.size = 0;
    if (worker->pid < 0) {
        worker->pid = 0;
        close_worker(worker);
        return false;
    }
    return true;
}

/* Ends a worker; returns its wait status. */
static int end_worker(struct worker *worker, bool kill_it)
{
    int status = 0;
    if (kill_it)
        kill(worker->pid, SIGKILL);
    close_fd(&worker->tasks);
    while (waitpid(worker->pid, &status, 0) < 0 && errno == EINTR) {
    }
    worker->pid = 0;
    close_worker(worker);
    return status;
}

static void read_log(struct worker *worker)
{
    if (!cf_tail_read(&worker->tail, worker->log))
        close_fd(&worker->log);
}

/* Cases. */

/* Takes over what is worse than what was known; of equals the one with the least seed. */
static void take(struct progress *known, enum cf_verdict verdict, uint64_t seed,
                 uint32_t failed_line, const char *const texts[3], const size_t sizes[3])
{
    if (known->any &&
        (verdict < known->verdict || (verdict == known->verdict && seed > known->seed)))
        return;
    known->any = true;
    known->verdict = verdict;
    known->seed = seed;
    known->failed_line = failed_line;
    for (int i = 0; i < 3; i++) {
        free(known->texts[i]);
        known->texts[i] = strndup(texts[i], sizes[i]);
    }
}

static const char *text_of(const struct progress *known, int which)
{
    return known->texts[which] ? known->texts[which] : "";
}

/* Whether runs of the same case came out differently. */
static bool differs(const struct progress *known)
{
    int different = 0;
    for (int i = 0; i < CF_VERDICT_COUNT; i++)
        different += known->verdicts[i] > 0;
    return different > 1;
}

/* Of a case that was repeated and is not the same every time: how often it was at its worst. */
static void tell_flaky(struct progress *known)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    if (!out)
        return;
    fprintf(out, "flaky, in %" PRIu64 " of %" PRIu64 " runs%s%s", known->verdicts[known->verdict],
            known->runs, text_of(known, 0)[0] ? ": " : "", text_of(known, 0));
    fclose(out);
    free(known->texts[0]);
    known->texts[0] = text;
}

/* What its workers, which saw a part of the runs each, could not say of a case. */
static void complete(const struct cf_pool *pool, struct progress *known)
{
    bool varied = differs(known);
    if (varied && pool->repeat > 1)
        tell_flaky(known);
    if (!known->texts[2] || !known->texts[2][0] || (!varied && known->told == cf_pool_runs(pool)))
        return;
    char *json = cf_results_completed(known->texts[2], known->runs, varied ? known->verdicts : NULL,
                                      text_of(known, 0));
    free(known->texts[2]);
    known->texts[2] = json;
}

/* A case is over: all its runs are told, or there will be no more. */
static void end_case(struct run *run, size_t index)
{
    struct progress *known = &run->cases[index];
    complete(run->pool, known);
    const struct cf_pool_case result = {.index = index,
                                        .verdict = known->verdict,
                                        .seed = known->seed,
                                        .runs = known->runs,
                                        .fingerprint = known->fingerprint,
                                        .failed_line = known->failed_line,
                                        .reason = text_of(known, 0),
                                        .blamed = text_of(known, 1),
                                        .json = text_of(known, 2)};
    run->pool->ended(run->pool->user, &result);
    run->ended++;
    for (int i = 0; i < 3; i++) {
        free(known->texts[i]);
        known->texts[i] = NULL;
    }
}

static void told(struct run *run, size_t index, uint64_t seeds)
{
    struct progress *known = &run->cases[index];
    known->told += seeds;
    if (known->told == cf_pool_runs(run->pool))
        end_case(run, index);
}

/* A result that no run gave: a crash, a timeout, or a case that is not for this backend. */
static void take_trouble(struct run *run, size_t index, uint64_t seed,
                         const struct cf_trouble *trouble, const char *log)
{
    const struct cf_pool *pool = run->pool;
    const struct cf_suite_case *entry = &pool->suite->cases[index];
    char repro[512];
    cf_repro(pool, entry->test_case->name, seed, repro, sizeof(repro));
    const struct cf_result result = {
        .entry = entry,
        .expectation = pool->expectations
                           ? cf_expectations_find(pool->expectations, entry->test_case->name)
                           : NULL,
        .verdict = trouble->verdict,
        .seed = seed,
        .runs = cf_pool_runs(pool),
        .reason = trouble->reason,
        .repro = repro,
        .signal = trouble->signal,
        .exit = trouble->exit,
        .log = log};
    char *json = pool->want_json ? cf_results_case(&result) : NULL;
    const char *const texts[3] = {trouble->reason, "", json ? json : ""};
    const size_t sizes[3] = {strlen(trouble->reason), 0, strlen(texts[2])};
    take(&run->cases[index], trouble->verdict, seed, 0, texts, sizes);
    free(json);
}

/* What the end of a worker says about its case. */
static void judge_end(const struct run *run, const struct worker *worker, int status, bool hangs,
                      struct cf_trouble *trouble)
{
    char *reason = trouble->reason;
    size_t size = sizeof(trouble->reason);
    trouble->signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
    trouble->exit = WIFEXITED(status) ? WEXITSTATUS(status) : 0;
    /* In the real world it is the suite's own, and no fault of the backend's. */
    trouble->verdict = run->pool->backend->real ? CF_VERDICT_UNRESOLVED : CF_VERDICT_CRASH;
    if (hangs) {
        trouble->verdict = CF_VERDICT_TIMEOUT;
        snprintf(reason, size, "no end after %u s on the wall clock", run_seconds(run));
    } else if (trouble->signal) {
        snprintf(reason, size, "the process died of %s", cf_signal_name(trouble->signal));
    } else {
        snprintf(reason, size, "the process ended with status %d", trouble->exit);
    }
    size_t said = strlen(reason);
    size_t length = 0;
    const char *line = cf_tail_line(&worker->tail, &length);
    if (length)
        snprintf(reason + said, size - said, "; it said: %.*s", (int)length, line);
}

/* The worker is gone, or will be: its case is over for this task. */
static void lose_worker(struct run *run, struct worker *worker, bool hangs)
{
    struct cf_trouble trouble = {0};
    read_log(worker);
    int status = end_worker(worker, hangs);
    if (!worker->busy) {
        run->broken = true;
        return;
    }
    worker->busy = false;
    size_t index = (size_t)worker->task.index;
    uint64_t seed = run->pulses[worker - run->workers].seed;
    judge_end(run, worker, status, hangs, &trouble);
    take_trouble(run, index, seed, &trouble, worker->tail.size ? worker->tail.bytes : NULL);
    run->cases[index].runs += seed - worker->task.seeds.first + 1;
    run->cases[index].verdicts[trouble.verdict]++;
    told(run, index, worker->task.seeds.last - worker->task.seeds.first + 1);
}

/* Tasks and answers. */

static bool next_task(struct run *run, struct cf_task *task)
{
    const struct cf_pool *pool = run->pool;
    uint64_t all = cf_pool_runs(pool);
    while (run->next < pool->suite->count && run->cases[run->order[run->next]].asked == all)
        run->next++;
    if (run->next == pool->suite->count)
        return false;
    size_t index = run->order[run->next];
    struct progress *known = &run->cases[index];
    uint64_t seeds = pool->seeds.last - pool->seeds.first + 1;
    uint64_t first = known->asked % seeds; /* of this repetition */
    uint64_t count = seeds - first < CHUNK ? seeds - first : CHUNK;
    *task = (struct cf_task){
        .index = index,
        .seeds = {pool->seeds.first + first, pool->seeds.first + first + count - 1}};
    known->asked += count;
    return true;
}

static bool give_tasks(struct run *run)
{
    bool any = false;
    for (unsigned i = 0; i < run->pool->jobs; i++) {
        struct worker *worker = &run->workers[i];
        if (!worker->busy && next_task(run, &worker->task)) {
            if (!worker->pid && !start_worker(run, worker)) {
                run->broken = true;
                return false;
            }
            worker->busy = true;
            run->pulses[i].seed = worker->task.seeds.first;
            worker->moved = cf_clock();
            cf_write_all(worker->tasks, &worker->task, sizeof(worker->task));
        }
        any = any || worker->busy;
    }
    return any;
}

static void take_answer(struct run *run, struct worker *worker)
{
    struct cf_answer answer;
    memcpy(&answer, worker->bytes, sizeof(answer));
    const char *at = worker->bytes + sizeof(answer);
    const char *const texts[3] = {at, at + answer.reason, at + answer.reason + answer.blamed};
    const size_t sizes[3] = {answer.reason, answer.blamed, answer.json};
    struct progress *known = &run->cases[answer.index];
    run->unequal = run->unequal || answer.broken;
    known->runs += answer.runs;
    for (int i = 0; i < CF_VERDICT_COUNT; i++)
        known->verdicts[i] += answer.verdicts[i];
    known->fingerprint += answer.fingerprint;
    take(known, (enum cf_verdict)answer.verdict, answer.seed, answer.failed_line, texts, sizes);
    worker->busy = false;
    worker->size = 0;
    told(run, (size_t)answer.index, answer.runs);
}

static bool is_whole(const struct worker *worker)
{
    struct cf_answer answer;
    if (worker->size < sizeof(answer))
        return false;
    memcpy(&answer, worker->bytes, sizeof(answer));
    return worker->size ==
           sizeof(answer) + (size_t)answer.reason + answer.blamed + (size_t)answer.json;
}

static void read_answer(struct run *run, struct worker *worker)
{
    if (worker->room - worker->size < 65536) {
        char *more = realloc(worker->bytes, 2 * worker->room + 65536);
        if (!more) {
            run->broken = true;
            return;
        }
        worker->bytes = more;
        worker->room = 2 * worker->room + 65536;
    }
    ssize_t got = read(worker->answers, worker->bytes + worker->size, worker->room - worker->size);
    if (got < 0 && errno == EINTR)
        return;
    if (got <= 0) {
        lose_worker(run, worker, false);
        return;
    }
    worker->size += (size_t)got;
    worker->moved = cf_clock();
    if (is_whole(worker))
        take_answer(run, worker);
}

static void watch_for_hangs(struct run *run)
{
    uint64_t now = cf_clock();
    for (unsigned i = 0; i < run->pool->jobs; i++) {
        struct worker *worker = &run->workers[i];
        uint64_t beats = run->pulses[i].beats;
        if (!worker->pid || !worker->busy)
            continue;
        if (beats != worker->beats) {
            worker->beats = beats;
            worker->moved = now;
        }
        if (now - worker->moved > run_seconds(run) * CF_SECOND)
            lose_worker(run, worker, true);
    }
}

static void show_progress(const struct run *run)
{
    if (run->pool->progress) {
        fprintf(stderr, "\r%zu of %zu cases ", run->ended, run->pool->suite->count);
        fflush(stderr);
    }
}

/* Waits for something and deals with it. */
static void wait_for_workers(struct run *run)
{
    struct pollfd polled[CF_JOBS_MAX][2];
    unsigned jobs = run->pool->jobs;
    for (unsigned i = 0; i < jobs; i++) {
        const struct worker *worker = &run->workers[i];
        polled[i][0] = (struct pollfd){.fd = worker->answers, .events = POLLIN};
        polled[i][1] = (struct pollfd){.fd = worker->log, .events = POLLIN};
    }
    if (poll(polled[0], (nfds_t)jobs * 2, TICK_MS) <= 0) {
        show_progress(run);
        return;
    }
    for (unsigned i = 0; i < jobs; i++) {
        struct worker *worker = &run->workers[i];
        if (worker->log >= 0 && polled[i][1].revents)
            read_log(worker);
        if (worker->pid && polled[i][0].revents)
            read_answer(run, worker);
    }
}

/* The whole run. */

static void skip(struct run *run, size_t index, const struct cf_trouble *trouble, const char *log)
{
    uint64_t all = cf_pool_runs(run->pool);
    take_trouble(run, index, run->pool->seeds.first, trouble, log);
    run->cases[index].asked = all;
    told(run, index, all);
}

/* Cases that need what the backend declares not to have; all of a backend that cannot be run. */
static void skip_unsupported(struct run *run)
{
    const struct cf_pool *pool = run->pool;
    for (size_t i = 0; i < pool->suite->count; i++) {
        uint32_t missing = cf_missing(pool->suite->cases[i].test_case, pool->backend->capabilities);
        struct cf_trouble trouble = {.verdict = CF_VERDICT_UNSUPPORTED, .reason = "needs "};
        size_t said = strlen(trouble.reason);
        cf_needs_text(missing, trouble.reason + said, sizeof(trouble.reason) - said);
        if (pool->trouble)
            skip(run, i, pool->trouble, pool->log[0] ? pool->log : NULL);
        else if (missing)
            skip(run, i, &trouble, NULL);
    }
}

static void work(struct run *run)
{
    static const struct cf_trouble not_run = {.verdict = CF_VERDICT_NOT_RUN,
                                              .reason = "the run ended before it"};
    skip_unsupported(run);
    while (!interrupted && !run->broken && !run->overdue && give_tasks(run)) {
        wait_for_workers(run);
        watch_for_hangs(run);
        run->overdue = cf_clock() >= run->stop;
    }
    for (unsigned i = 0; i < run->pool->jobs; i++) {
        if (run->workers[i].pid)
            end_worker(&run->workers[i], interrupted || run->broken || run->overdue);
        free(run->workers[i].bytes);
    }
    if (run->pool->progress)
        fputs("\r                              \r", stderr);
    for (size_t i = 0; i < run->pool->suite->count; i++) {
        if (run->cases[i].told == cf_pool_runs(run->pool))
            continue;
        if (!run->cases[i].any)
            take_trouble(run, i, run->pool->seeds.first, &not_run, NULL);
        end_case(run, i);
    }
}

/* Every order is as likely as any other (Fisher and Yates), and the same for the same seed. */
static void shuffle(size_t *order, size_t count, uint64_t seed)
{
    for (size_t i = count; i > 1; i--) {
        size_t other = (size_t)(cf_hash_word(cf_hash_word(0, seed), i) % i);
        size_t moved = order[i - 1];
        order[i - 1] = order[other];
        order[other] = moved;
    }
}

/* Those that probe a capability come first: they tell what to think of the others. */
static void order_cases(struct run *run)
{
    const struct cf_suite *suite = run->pool->suite;
    size_t count = 0;
    for (int probing = 1; probing >= 0; probing--) {
        size_t begin = count;
        for (size_t i = 0; i < suite->count; i++)
            if ((suite->cases[i].test_case->probes != 0) == probing)
                run->order[count++] = i;
        if (run->pool->shuffle)
            shuffle(run->order + begin, count - begin, run->pool->seeds.first);
    }
}

static bool prepare(struct run *run)
{
    unsigned jobs = run->pool->jobs;
    run->order = calloc(run->pool->suite->count, sizeof(*run->order));
    run->workers = calloc(jobs, sizeof(*run->workers));
    run->cases = calloc(run->pool->suite->count, sizeof(*run->cases));
    run->pulses = mmap(NULL, jobs * sizeof(*run->pulses), PROT_READ | PROT_WRITE,
                       MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    for (unsigned i = 0; run->workers && i < jobs; i++)
        run->workers[i].tasks = run->workers[i].answers = run->workers[i].log = -1;
    if (run->order)
        order_cases(run);
    return run->workers && run->cases && run->order && run->pulses != MAP_FAILED;
}

enum cf_pool_end cf_pool_run(const struct cf_pool *given)
{
    struct cf_pool pool = *given;
    struct run run = {.pool = &pool,
                      .stop = pool.stop_after ? cf_clock() + pool.stop_after : UINT64_MAX};
    pool.jobs = pool.jobs < CF_JOBS_MAX ? pool.jobs : CF_JOBS_MAX;
    if (!prepare(&run)) {
        free(run.workers);
        free(run.cases);
        free(run.order);
        return CF_POOL_BROKEN;
    }
    work(&run);
    munmap(run.pulses, pool.jobs * sizeof(*run.pulses));
    free(run.workers);
    free(run.cases);
    free(run.order);
    if (interrupted)
        return CF_POOL_INTERRUPTED;
    if (run.broken || run.unequal)
        return CF_POOL_BROKEN;
    return run.overdue ? CF_POOL_OVERDUE : CF_POOL_DONE;
}
