/* SPDX-License-Identifier: MIT */
/* Measuring backends side by side.
 *
 * A *cell* is a size of message and a mode.  A *round* starts two drivers of every backend and
 * measures each cell in short slices that take turns: forwards, backwards, backwards, forwards.  So
 * whatever changes slowly on the machine falls on all alike, and what comes with a process, such
 * as where its memory lies, is drawn anew for every round. */
#ifndef URIPC_CONFORMANCE_BENCH_H
#define URIPC_CONFORMANCE_BENCH_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include <jansson.h>

#include "conformance/driver.h"
#include "conformance/load/histogram.h"
#include "conformance/supervisor.h"
#include "ratio.h"

enum {
    CF_BENCH_BACKENDS_MAX = 8,
    CF_BENCH_SIZES_MAX = 8,
    CF_BENCH_MODES = 2,
    CF_BENCH_LOADS = 3, /* closed, and two open ones */
    CF_BENCH_TURNS = 4, /* slices of a cell in a round */
    CF_BENCH_REPEATS_MAX = 10000
};

enum cf_bench_mode { CF_BENCH_STREAM, CF_BENCH_PING };
enum cf_bench_pin { CF_PIN_NONE, CF_PIN_1CPU, CF_PIN_2CPU };

extern const char *const cf_bench_mode_names[CF_BENCH_MODES];
extern const char *const cf_bench_pin_names[3];

/* Of a backend's closed rate; 0: closed. */
extern const double cf_bench_fractions[CF_BENCH_LOADS];

/* What one load gave. */
struct cf_sample {
    uint64_t count, errors, cpu_ns;
    double seconds, rate, offered;
    uint32_t window;
    bool has_latency;
    char why[96]; /* of the errors, the first */
    struct cf_histogram latency;
};

/* What is known of a backend in a cell. */
struct cf_cell {
    double rate;    /* the last known */
    uint64_t count; /* messages of a slice; 0: not known yet */
    double *rates;  /* one for each round, of median round trips or of all messages; 0: none */
    double *cpus;   /* nanoseconds of a message */
    struct cf_histogram latency[CF_BENCH_LOADS];
    uint64_t errors;
    char why[96];
};

struct cf_bench_backend {
    const char *name;
    char own_name[64]; /* `name` points here where only the driver knows it */
    char **command;
    bool bare;
    bool out;        /* it is measured no more: it did something wrong, or */
    bool unable;     /* it said in good order that it cannot carry the load */
    uint64_t slower; /* planted, in hundredths */
    bool has_queues, has_limits;
    char version[32];
    char reason[CF_DRIVER_REASON_MAX]; /* why it is out, or void */
    json_t *cases;                     /* that did not hold, where that makes its figures void */
    struct cf_cell *cells;             /* by size and mode */
};

struct cf_bench {
    uint32_t sizes[CF_BENCH_SIZES_MAX];
    size_t size_count;
    bool modes[CF_BENCH_MODES];
    enum cf_bench_pin pin;
    uint64_t slice; /* nanoseconds */
    uint32_t repeats;
    bool closed_only;
    uint64_t seed;

    struct cf_bench_backend backends[CF_BENCH_BACKENDS_MAX];
    size_t count;
    size_t baseline; /* index */

    struct cf_run_place place;
    struct cf_drivers *drivers;
    unsigned realms;
    uint32_t round; /* from 0 */
    FILE *file;     /* NULL: none */
    bool unwritable;
    bool progress;
};

static inline struct cf_cell *cf_bench_cell(const struct cf_bench *bench, size_t backend,
                                            size_t size, size_t mode)
{
    return &bench->backends[backend].cells[size * CF_BENCH_MODES + mode];
}

/* Set by Ctrl-C and SIGTERM, which from then on end no program. */
bool cf_bench_interrupted(void);
void cf_bench_heed_signals(void);

/* Memory for the cells.  False: there is none. */
bool cf_bench_prepare(struct cf_bench *bench);
void cf_bench_free(struct cf_bench *bench);

/* Starts drivers of each backend once, to know what they are.  One that is unable to carry a load
 * costs its own figures only.  False after a complaint: something is wrong with a driver, or the
 * baseline, or all the others, are unable. */
bool cf_bench_ask(struct cf_bench *bench);

/* Measures all rounds.  False: interrupted. */
bool cf_bench_run(struct cf_bench *bench);

/* Compares a backend's cell with the baseline's, of all rounds so far. */
struct cf_ratio cf_bench_compare(const struct cf_bench *bench, size_t backend, size_t size,
                                 size_t mode);

/* Whether the figures of a cell count; else *reason tells why not. */
bool cf_bench_holds(const struct cf_bench *bench, size_t backend, size_t size, size_t mode,
                    const char **reason);

/* The file (spec/results.md). */
bool cf_bench_open_file(struct cf_bench *bench, const char *folder, const char *command);
void cf_bench_write_sample(struct cf_bench *bench, size_t backend, size_t size, size_t mode,
                           size_t load, bool warmup, const struct cf_sample *sample);
void cf_bench_close_file(struct cf_bench *bench, bool partial, uint64_t wall_ms);

/* The table. */
void cf_bench_print(const struct cf_bench *bench);
void cf_bench_print_machine(const struct cf_bench *bench);

/* Reads FOLDER/results.jsonl: where cases about what a load rests on have failed, the figures of
 * the backend that it is about are void.  False after a complaint. */
bool cf_bench_void(struct cf_bench *bench, const char *folder);

/* Tests the judgement itself with the first backend: the same on both sides, and with a slowness
 * planted in one.  Returns the exit status. */
int cf_bench_self_test(struct cf_bench *bench, unsigned runs);

#endif
