/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE /* sigaction */

#include <math.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "conformance/clock.h"
#include "conformance/command.h"
#include "pair.h"

enum { WARMUP_FIRST = 64, WARMUP_TRIES = 10, OPEN_SLICES = 2, OPEN_COUNT_MIN = 20 };

const char *const cf_bench_mode_names[CF_BENCH_MODES] = {"stream", "ping"};
const char *const cf_bench_pin_names[3] = {"none", "1cpu", "2cpu"};
const double cf_bench_fractions[CF_BENCH_LOADS] = {0, 0.5, 0.8};

static volatile sig_atomic_t interrupted;

static void on_interrupt(int number)
{
    (void)number;
    interrupted = 1;
}

bool cf_bench_interrupted(void)
{
    return interrupted;
}

void cf_bench_heed_signals(void)
{
    const struct sigaction stop = {.sa_handler = on_interrupt};
    sigaction(SIGINT, &stop, NULL);
    sigaction(SIGTERM, &stop, NULL);
}

/* A place in the plan. */
struct cell {
    size_t size, mode;
};

static bool next_cell(const struct cf_bench *bench, struct cell *cell)
{
    do {
        if (++cell->mode == CF_BENCH_MODES) {
            cell->mode = 0;
            cell->size++;
        }
    } while (cell->size < bench->size_count && !bench->modes[cell->mode]);
    return cell->size < bench->size_count;
}

static const struct cell before_first = {.size = 0, .mode = SIZE_MAX};

/* Runs one load and keeps what it gave.  False: it gave nothing that counts. */
static bool take_sample(struct cf_bench *bench, struct cf_pair *pair, size_t backend,
                        struct cell at, size_t load, bool warmup, uint64_t count,
                        struct cf_sample *sample)
{
    struct cf_cell *cell = cf_bench_cell(bench, backend, at.size, at.mode);
    const struct cf_pair_load wanted = {.mode = (enum cf_bench_mode)at.mode,
                                        .size = bench->sizes[at.size],
                                        .count = count,
                                        .rate = (uint64_t)(cell->rate * cf_bench_fractions[load])};
    if (bench->backends[backend].out || cf_bench_interrupted() ||
        !cf_pair_run(pair, &wanted, sample))
        return false;
    cf_bench_write_sample(bench, backend, at.size, at.mode, load, warmup, sample);
    cell->errors += sample->errors;
    if (sample->errors && !cell->why[0])
        snprintf(cell->why, sizeof(cell->why), "%s", sample->why);
    if (!warmup && sample->errors == 0)
        cf_histogram_merge(&cell->latency[load], &sample->latency);
    return sample->errors == 0;
}

static uint64_t count_for(const struct cf_bench *bench, double rate, double slices)
{
    double count = rate * (double)bench->slice / (double)CF_SECOND * slices;
    return count < 1 ? 1 : (uint64_t)count;
}

/* Half a slice; in the first round as many messages as it takes to know how many make a slice. */
static void warm_up(struct cf_bench *bench, struct cf_pair *pair, size_t backend, struct cell at)
{
    static struct cf_sample sample;
    struct cf_cell *cell = cf_bench_cell(bench, backend, at.size, at.mode);
    bool known = cell->count > 0;
    uint64_t count = known ? (cell->count + 1) / 2 : WARMUP_FIRST;
    for (size_t i = 0; i < (known ? 1 : WARMUP_TRIES); i++) {
        if (!take_sample(bench, pair, backend, at, 0, true, count, &sample))
            return;
        cell->rate = sample.rate;
        if (sample.seconds * 2 >= (double)bench->slice / (double)CF_SECOND)
            break;
        uint64_t most = count * 8;
        count = count_for(bench, sample.rate, 0.75);
        count = count > most ? most : count;
    }
    if (!known)
        cell->count = count_for(bench, cell->rate, 1);
}

/* What rates are compared by: of round trips that of the median one, which a neighbour on the
 * processor does not touch, else that of all. */
static double speed_of(const struct cf_sample *sample, size_t mode)
{
    double median = cf_histogram_percentile(&sample->latency, 0.5);
    return mode == CF_BENCH_PING && median > 0 ? (double)CF_SECOND / median : sample->rate;
}

static void measure_closed(struct cf_bench *bench, struct cf_pair **pairs, struct cell at)
{
    static struct cf_sample sample;
    double rates[CF_BENCH_BACKENDS_MAX][CF_BENCH_TURNS];
    double speeds[CF_BENCH_BACKENDS_MAX][CF_BENCH_TURNS];
    double cpus[CF_BENCH_BACKENDS_MAX][CF_BENCH_TURNS];
    size_t taken[CF_BENCH_BACKENDS_MAX] = {0};
    for (size_t turn = 0; turn < CF_BENCH_TURNS; turn++) {
        for (size_t i = 0; i < bench->count; i++) {
            bool forwards = (turn + bench->round) % 4 == 0 || (turn + bench->round) % 4 == 3;
            size_t k = forwards ? i : bench->count - 1 - i;
            const struct cf_cell *cell = cf_bench_cell(bench, k, at.size, at.mode);
            if (!cell->count ||
                !take_sample(bench, pairs[k], k, at, 0, false, cell->count, &sample))
                continue;
            rates[k][taken[k]] = sample.rate;
            speeds[k][taken[k]] = speed_of(&sample, at.mode);
            cpus[k][taken[k]++] = (double)sample.cpu_ns / (double)sample.count;
        }
    }
    for (size_t k = 0; k < bench->count; k++) {
        struct cf_cell *cell = cf_bench_cell(bench, k, at.size, at.mode);
        if (taken[k] < CF_BENCH_TURNS)
            continue;
        cell->rate = cf_ratio_median(rates[k], taken[k]);
        cell->rates[bench->round] = cf_ratio_median(speeds[k], taken[k]);
        cell->cpus[bench->round] = cf_ratio_median(cpus[k], taken[k]);
        cell->count = count_for(bench, cell->rate, 1);
    }
}

static void measure_open(struct cf_bench *bench, struct cf_pair **pairs, struct cell at)
{
    static struct cf_sample sample;
    if (bench->closed_only ||
        (at.mode == CF_BENCH_STREAM && bench->sizes[at.size] < 2 * sizeof(uint64_t)))
        return;
    for (size_t load = 1; load < CF_BENCH_LOADS; load++) {
        for (size_t k = 0; k < bench->count; k++) {
            const struct cf_cell *cell = cf_bench_cell(bench, k, at.size, at.mode);
            uint64_t count = count_for(bench, cell->rate * cf_bench_fractions[load], OPEN_SLICES);
            if (cell->rates[bench->round] > 0 && cell->rate * cf_bench_fractions[load] >= 1)
                take_sample(bench, pairs[k], k, at, load, false,
                            count < OPEN_COUNT_MIN ? OPEN_COUNT_MIN : count, &sample);
        }
    }
}

static void show_progress(const struct cf_bench *bench, struct cell at)
{
    if (bench->progress)
        fprintf(stderr, "\r\033[Kround %u of %u: %s, %u bytes", bench->round + 1, bench->repeats,
                cf_bench_mode_names[at.mode], bench->sizes[at.size]);
}

static void measure_round(struct cf_bench *bench)
{
    struct cf_pair *pairs[CF_BENCH_BACKENDS_MAX];
    struct cell at = before_first;
    for (size_t k = 0; k < bench->count; k++)
        pairs[k] = cf_pair_start(bench, &bench->backends[k]);
    while (next_cell(bench, &at) && !cf_bench_interrupted()) {
        show_progress(bench, at);
        for (size_t k = 0; k < bench->count; k++)
            warm_up(bench, pairs[k], k, at);
        measure_closed(bench, pairs, at);
        measure_open(bench, pairs, at);
    }
    for (size_t k = 0; k < bench->count; k++)
        cf_pair_end(pairs[k]);
}

bool cf_bench_run(struct cf_bench *bench)
{
    for (bench->round = 0; bench->round < bench->repeats && !cf_bench_interrupted(); bench->round++)
        measure_round(bench);
    if (bench->progress)
        fputs("\r\033[K", stderr);
    return !cf_bench_interrupted();
}

bool cf_bench_ask(struct cf_bench *bench)
{
    size_t able = 0;
    for (size_t k = 0; k < bench->count; k++) {
        struct cf_bench_backend *backend = &bench->backends[k];
        cf_pair_end(cf_pair_start(bench, backend));
        if (backend->out)
            cf_complain_aloud("%s: \"%s\" cannot be measured: %s",
                              backend->unable ? "warning" : "error", backend->name,
                              backend->reason);
        if ((backend->out && !backend->unable) || cf_bench_interrupted())
            return false;
        able += !backend->out && (k != bench->baseline || bench->count == 1);
    }
    if (able > 0 && !bench->backends[bench->baseline].out)
        return true;
    cf_complain_aloud("error: expected a baseline and at least one backend that can be measured");
    return false;
}

bool cf_bench_prepare(struct cf_bench *bench)
{
    size_t cells = bench->size_count * CF_BENCH_MODES;
    bench->drivers = cf_drivers_create();
    for (size_t k = 0; k < bench->count; k++) {
        struct cf_bench_backend *backend = &bench->backends[k];
        backend->cells = calloc(cells, sizeof(*backend->cells));
        for (size_t i = 0; backend->cells && i < cells; i++) {
            backend->cells[i].rates = calloc(bench->repeats, sizeof(double));
            backend->cells[i].cpus = calloc(bench->repeats, sizeof(double));
            if (!backend->cells[i].rates || !backend->cells[i].cpus)
                return false;
        }
        if (!backend->cells)
            return false;
    }
    return bench->drivers;
}

void cf_bench_free(struct cf_bench *bench)
{
    for (size_t k = 0; k < bench->count; k++) {
        struct cf_bench_backend *backend = &bench->backends[k];
        for (size_t i = 0; backend->cells && i < bench->size_count * CF_BENCH_MODES; i++) {
            free(backend->cells[i].rates);
            free(backend->cells[i].cpus);
        }
        free(backend->cells);
        backend->cells = NULL;
    }
    cf_drivers_free(bench->drivers);
    bench->drivers = NULL;
}

struct cf_ratio cf_bench_compare(const struct cf_bench *bench, size_t backend, size_t size,
                                 size_t mode)
{
    const double *mine = cf_bench_cell(bench, backend, size, mode)->rates;
    const double *theirs = cf_bench_cell(bench, bench->baseline, size, mode)->rates;
    double *logs = calloc(bench->repeats, sizeof(*logs));
    size_t rounds = 0;
    for (size_t i = 0; logs && i < bench->repeats; i++)
        if (mine[i] > 0 && theirs[i] > 0)
            logs[rounds++] = log(mine[i] / theirs[i]);
    struct cf_ratio ratio = cf_ratio_of(logs, rounds, bench->seed);
    free(logs);
    return ratio;
}

bool cf_bench_holds(const struct cf_bench *bench, size_t backend, size_t size, size_t mode,
                    const char **reason)
{
    const struct cf_cell *cell = cf_bench_cell(bench, backend, size, mode);
    if (bench->backends[backend].reason[0])
        *reason = bench->backends[backend].reason;
    else if (cell->errors)
        *reason = cell->why[0] ? cell->why : "messages were lost or damaged";
    else
        return true;
    return false;
}
