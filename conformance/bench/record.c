/* SPDX-License-Identifier: MIT */
/* bench.jsonl, as spec/results.md tells. */
#define _POSIX_C_SOURCE 200809L

#include <errno.h>
#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "bench.h"
#include "conformance/command.h"
#include "conformance/results.h"
#include "machine.h"

static void write_line(struct cf_bench *bench, json_t *object)
{
    char *text = object ? json_dumps(object, JSON_COMPACT | JSON_REAL_PRECISION(9)) : NULL;
    if (!text || !cf_results_line(bench->file, text))
        bench->unwritable = true;
    free(text);
    json_decref(object);
}

static json_t *header(const struct cf_bench *bench, const char *command)
{
    char started[32] = "";
    time_t now = time(NULL);
    struct tm parts;
    if (gmtime_r(&now, &parts))
        strftime(started, sizeof(started), "%Y-%m-%dT%H:%M:%SZ", &parts);
    json_t *backends = json_array();
    for (size_t i = 0; i < bench->count; i++)
        json_array_append_new(
            backends, json_pack("{s:s, s:s, s:b}", "name", bench->backends[i].name, "version",
                                bench->backends[i].version, "bare", bench->backends[i].bare));
    return json_pack("{s:s, s:i, s:s, s:s, s:I, s:s, s:s, s:o, s:s, s:o}", "kind", "header",
                     "format", 1, "of", "bench", "uripc", URIPC_VERSION, "seed",
                     (json_int_t)bench->seed, "command", command, "started", started, "machine",
                     cf_bench_machine(bench->pin), "baseline",
                     bench->backends[bench->baseline].name, "backends", backends);
}

bool cf_bench_open_file(struct cf_bench *bench, const char *folder, const char *command)
{
    bench->file = cf_results_create(folder, "bench.jsonl");
    if (bench->file)
        write_line(bench, header(bench, command));
    return bench->file;
}

static json_t *percentile(const struct cf_histogram *histogram, double share)
{
    if (!cf_histogram_supports(histogram, share))
        return json_null();
    return json_integer((json_int_t)cf_histogram_percentile(histogram, share));
}

static json_t *latency(const struct cf_histogram *histogram)
{
    json_t *pairs = json_array();
    uint64_t longest = 0;
    for (size_t i = 0; i < CF_HISTOGRAM_SLOTS; i++) {
        if (histogram->slots[i] == 0)
            continue;
        longest = cf_histogram_high(i);
        json_array_append_new(
            pairs, json_pack("[I, I]", (json_int_t)longest, (json_int_t)histogram->slots[i]));
    }
    return json_pack("{s:I, s:o, s:o, s:o, s:o, s:I, s:o}", "n", (json_int_t)histogram->count,
                     "p50", percentile(histogram, 0.5), "p90", percentile(histogram, 0.9), "p99",
                     percentile(histogram, 0.99), "p999", percentile(histogram, 0.999), "max",
                     (json_int_t)longest, "histogram", pairs);
}

void cf_bench_write_sample(struct cf_bench *bench, size_t backend, size_t size, size_t mode,
                           size_t load, bool warmup, const struct cf_sample *sample)
{
    if (!bench->file)
        return;
    json_t *object = json_pack(
        "{s:s, s:s, s:I, s:s, s:s, s:I, s:b, s:I, s:f, s:f, s:I, s:I, s:I}", "kind", "sample",
        "backend", bench->backends[backend].name, "size", (json_int_t)bench->sizes[size], "mode",
        cf_bench_mode_names[mode], "load", load ? "open" : "closed", "repeat",
        (json_int_t)bench->round + 1, "warmup", warmup, "count", (json_int_t)sample->count,
        "seconds", sample->seconds, "rate", sample->rate, "errors", (json_int_t)sample->errors,
        "cpu_ns", (json_int_t)sample->cpu_ns, "window", (json_int_t)sample->window);
    if (load) {
        json_object_set_new(object, "fraction", json_real(cf_bench_fractions[load]));
        json_object_set_new(object, "offered", json_real(sample->offered));
    }
    if (sample->has_latency)
        json_object_set_new(object, "latency", latency(&sample->latency));
    write_line(bench, object);
}

static void write_ratio(struct cf_bench *bench, size_t backend, size_t size, size_t mode)
{
    struct cf_ratio ratio = cf_bench_compare(bench, backend, size, mode);
    if (ratio.rounds < CF_RATIO_ROUNDS_MIN)
        return;
    write_line(bench, json_pack("{s:s, s:s, s:s, s:I, s:s, s:f, s:f, s:f, s:f, s:I, s:s}", "kind",
                                "ratio", "backend", bench->backends[backend].name, "baseline",
                                bench->backends[bench->baseline].name, "size",
                                (json_int_t)bench->sizes[size], "mode", cf_bench_mode_names[mode],
                                "ratio", ratio.ratio, "low", ratio.low, "high", ratio.high,
                                "confidence", CF_RATIO_CONFIDENCE, "n", (json_int_t)ratio.rounds,
                                "verdict", cf_ratio_verdict_text(ratio.verdict)));
}

static void write_void(struct cf_bench *bench, size_t backend, size_t size, size_t mode,
                       const char *reason)
{
    const struct cf_bench_backend *of = &bench->backends[backend];
    json_t *object = json_pack("{s:s, s:s, s:s, s:O*}", "kind", "void", "backend", of->name,
                               "reason", reason, "cases", of->cases);
    if (!of->reason[0]) {
        json_object_set_new(object, "size", json_integer((json_int_t)bench->sizes[size]));
        json_object_set_new(object, "mode", json_string(cf_bench_mode_names[mode]));
    }
    write_line(bench, object);
}

/* What follows from the samples of one backend. */
static void conclude(struct cf_bench *bench, size_t backend)
{
    const char *reason;
    bool told = false;
    for (size_t i = 0; i < bench->size_count; i++) {
        for (size_t mode = 0; mode < CF_BENCH_MODES; mode++) {
            if (!bench->modes[mode])
                continue;
            if (backend != bench->baseline)
                write_ratio(bench, backend, i, mode);
            if (told || cf_bench_holds(bench, backend, i, mode, &reason))
                continue;
            write_void(bench, backend, i, mode, reason);
            told = bench->backends[backend].reason[0];
        }
    }
}

void cf_bench_close_file(struct cf_bench *bench, bool partial, uint64_t wall_ms)
{
    if (!bench->file)
        return;
    for (size_t i = 0; i < bench->count; i++)
        conclude(bench, i);
    write_line(bench, json_pack("{s:s, s:b, s:I}", "kind", "footer", "partial", partial, "wall_ms",
                                (json_int_t)wall_ms));
    if (fclose(bench->file) != 0)
        bench->unwritable = true;
}
