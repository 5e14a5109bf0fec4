/* SPDX-License-Identifier: MIT */
/* uripc-bench: how fast the simulator is, beside a loop written by hand in the same run. */
#include "bench.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

double bench_seconds(void)
{
    struct timespec now;
    (void)timespec_get(&now, TIME_UTC);
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

static int ascending(const void *a, const void *b)
{
    const double x = *(const double *)a;
    const double y = *(const double *)b;
    return (x > y) - (x < y);
}

double bench_median(double *values, unsigned count)
{
    qsort(values, count, sizeof *values, ascending);
    return values[count / 2];
}

static void print_line_of(const char *title, const char *path, const char *prefix)
{
    char line[256];
    FILE *file = fopen(path, "r");
    if (!file)
        return;
    while (fgets(line, sizeof line, file)) {
        if (strncmp(line, prefix, strlen(prefix)) != 0)
            continue;
        const char *value = strchr(line, ':');
        (void)printf("%s %s", title, value ? value + 2 : line);
        break;
    }
    (void)fclose(file);
}

static unsigned processors(void)
{
    char line[256];
    unsigned count = 0;
    FILE *file = fopen("/proc/cpuinfo", "r");
    if (!file)
        return 0;
    while (fgets(line, sizeof line, file))
        count += strncmp(line, "processor", strlen("processor")) == 0;
    (void)fclose(file);
    return count;
}

static void print_machine(void)
{
    print_line_of("kernel   ", "/proc/version", "Linux");
    print_line_of("processor", "/proc/cpuinfo", "model name");
    (void)printf("count     %u\n", processors());
    (void)printf("compiler  %s\n", __VERSION__);
#ifdef __OPTIMIZE__
    (void)printf("build     optimised\n\n");
#else
    (void)printf("build     NOT optimised: the figures below mean nothing\n\n");
#endif
}

static void print_ring(uint32_t processes, uint64_t deliveries)
{
    double hand[BENCH_ROUNDS];
    double engine[BENCH_ROUNDS];
    double links[BENCH_ROUNDS];
    uint64_t check[3] = {0};
    for (unsigned i = 0; i < BENCH_ROUNDS; i++) {
        hand[i] = bench_by_hand(processes, deliveries, &check[0]);
        engine[i] = bench_engine(processes, deliveries, &check[1]);
        links[i] = bench_links(processes, deliveries, &check[2]);
    }
    const double base = bench_median(hand, BENCH_ROUNDS);
    const double bare = bench_median(engine, BENCH_ROUNDS);
    const double frames = bench_median(links, BENCH_ROUNDS);
    (void)printf("ring of %u processes, %u tokens, %.0f deliveries, median of %d rounds\n",
                 (unsigned)processes, (unsigned)(processes / 10), (double)deliveries, BENCH_ROUNDS);
    (void)printf("  binary heap by hand   %6.2f M/s\n", base * 1e-6);
    (void)printf("  bare engine           %6.2f M/s   %3.0f %%%s\n", bare * 1e-6, 100 * bare / base,
                 check[0] == check[1] ? "" : "   NOT THE SAME WORK");
    (void)printf("  frames over links     %6.2f M/s   %3.0f %%\n\n", frames * 1e-6,
                 100 * frames / base);
}

static void print_full(const char *title, _Bool tiny, uint32_t outstanding)
{
    double rates[BENCH_ROUNDS];
    for (unsigned i = 0; i < BENCH_ROUNDS; i++)
        rates[i] = bench_full(tiny, outstanding, 300000);
    (void)printf("  %-22s%6.2f M/s\n", title, bench_median(rates, BENCH_ROUNDS) * 1e-6);
}

static void print_memory(uint32_t processes)
{
    const struct bench_memory memory = bench_memory(processes);
    (void)printf("\n%u processes with tiny limits\n", (unsigned)processes);
    (void)printf("  created               %6.1f MiB   %5.2f s\n",
                 memory.created_mib - memory.empty_mib, memory.create_seconds);
    (void)printf("  each has a name, and has sent one message to the next: %.1f MiB   %5.2f s   "
                 "%.0f delivered\n",
                 memory.used_mib - memory.empty_mib, memory.use_seconds, (double)memory.delivered);
}

int main(void)
{
    print_machine();
    print_ring(1000, 1000000);
    print_ring(100000, 1000000);
    (void)printf("reference, one process to another, confirmed, 64 bytes\n");
    print_full("tiny, 1 at a time", 1, 1);
    print_full("default, 1 at a time", 0, 1);
    print_full("default, 8 at a time", 0, 8);
    print_memory(100000);
    return 0;
}
