/* SPDX-License-Identifier: MIT */
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "bench.h"
#include "machine.h"

void cf_bench_print_machine(const struct cf_bench *bench)
{
    static const char *const keys[] = {"cpu",      "cpus",       "system", "governor",
                                       "compiler", "sanitizers", "pinned"};
    json_t *machine = cf_bench_machine(bench->pin);
    for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
        const json_t *value = json_object_get(machine, keys[i]);
        if (json_is_integer(value))
            printf("%-11s %" JSON_INTEGER_FORMAT "\n", keys[i], json_integer_value(value));
        else if (json_string_length(value))
            printf("%-11s %s\n", keys[i], json_string_value(value));
    }
    json_decref(machine);
}

/* The median of the rounds that gave a figure. */
static double median_of(const struct cf_bench *bench, const double *values)
{
    double *copy = calloc(bench->repeats, sizeof(*copy));
    size_t count = 0;
    for (size_t i = 0; copy && i < bench->repeats; i++)
        if (values[i] > 0)
            copy[count++] = values[i];
    double median = cf_ratio_median(copy, count);
    free(copy);
    return median;
}

/* Three digits and a unit of a thousand; a dash where there is no figure. */
static const char *rounded(double value, char to[16])
{
    static const char units[] = " kMG";
    size_t unit = 0;
    if (value <= 0)
        return "- ";
    while (value >= 999.5 && unit < 3) {
        value /= 1000;
        unit++;
    }
    snprintf(to, 16, "%.*f%c", value < 9.995 ? 2 : value < 99.95 ? 1 : 0, value, units[unit]);
    return to;
}

static void print_percentile(const struct cf_histogram *histogram, const char *name, double share)
{
    if (cf_histogram_supports(histogram, share))
        printf("  %s %.1f", name, cf_histogram_percentile(histogram, share) / 1000);
}

static void print_latency(const struct cf_cell *cell, size_t load)
{
    const struct cf_histogram *histogram = &cell->latency[load];
    char title[32] = "as fast as it goes";
    if (histogram->count == 0)
        return;
    if (load)
        snprintf(title, sizeof(title), "at %.0f %% of that", 100 * cf_bench_fractions[load]);
    printf("    %-19s us:", title);
    print_percentile(histogram, "p50", 0.5);
    print_percentile(histogram, "p90", 0.9);
    print_percentile(histogram, "p99", 0.99);
    print_percentile(histogram, "p99.9", 0.999);
    printf("  (n %" PRIu64 ")\n", histogram->count);
}

static void print_ratio(const struct cf_bench *bench, size_t backend, size_t size, size_t mode)
{
    const struct cf_ratio ratio = cf_bench_compare(bench, backend, size, mode);
    if (backend == bench->baseline)
        printf("baseline\n");
    else if (ratio.rounds < CF_RATIO_ROUNDS_MIN)
        printf("%.3g; %d rounds are needed for an interval\n", ratio.ratio, CF_RATIO_ROUNDS_MIN);
    else
        printf("%.3g (%.3g to %.3g)  %s\n", ratio.ratio, ratio.low, ratio.high,
               cf_ratio_verdict_text(ratio.verdict));
}

static void print_row(const struct cf_bench *bench, size_t backend, size_t size, size_t mode)
{
    const struct cf_cell *cell = cf_bench_cell(bench, backend, size, mode);
    const char *reason;
    char rate[16];
    char cpu[16];
    printf("  %-20s %9s %8s  ", bench->backends[backend].name,
           rounded(median_of(bench, cell->rates), rate),
           rounded(median_of(bench, cell->cpus), cpu));
    if (!cf_bench_holds(bench, backend, size, mode, &reason)) {
        printf("VOID: %s\n", reason);
        return;
    }
    print_ratio(bench, backend, size, mode);
    for (size_t load = 0; load < CF_BENCH_LOADS; load++)
        print_latency(cell, load);
}

void cf_bench_print(const struct cf_bench *bench)
{
    static const char *const titles[] = {"one way", "round trips"};
    for (size_t mode = 0; mode < CF_BENCH_MODES; mode++) {
        for (size_t i = 0; i < bench->size_count && bench->modes[mode]; i++) {
            printf("\n%s, %u bytes\n  %-20s %9s %8s  ratio of rates (interval of %.0f %%)\n",
                   titles[mode], bench->sizes[i], "", mode ? "trips/s" : "msgs/s", "cpu ns",
                   100 * CF_RATIO_CONFIDENCE);
            for (size_t k = 0; k < bench->count; k++)
                print_row(bench, k, i, mode);
        }
    }
}
