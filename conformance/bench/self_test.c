/* SPDX-License-Identifier: MIT */
/* Whether the judgement can be trusted on this machine, now: the same backend on both sides must
 * not be told apart, and a slowness planted in one must be found. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench.h"
#include "conformance/clock.h"
#include "conformance/verdict.h"

enum { PLANTED = 5 };

struct tally {
    unsigned runs, hits;
};

/* One comparison for each cell.  False: interrupted, or a driver is in trouble. */
static bool compare_once(struct cf_bench *bench, uint64_t slower, struct tally *tally)
{
    bool good = cf_bench_prepare(bench);
    bench->backends[0].slower = slower;
    good = good && cf_bench_run(bench) && !bench->backends[0].out && !bench->backends[1].out;
    for (size_t i = 0; i < bench->size_count && good; i++) {
        for (size_t mode = 0; mode < CF_BENCH_MODES; mode++) {
            if (!bench->modes[mode])
                continue;
            struct cf_ratio ratio = cf_bench_compare(bench, 0, i, mode);
            bool differs = ratio.verdict == CF_RATIO_FASTER || ratio.verdict == CF_RATIO_SLOWER;
            bool hit = slower ? ratio.verdict == CF_RATIO_SLOWER : !differs;
            tally->runs++;
            tally->hits += hit;
            printf("  %-6s %5u bytes  %.4f (%.4f to %.4f)  %-19s  %s\n", cf_bench_mode_names[mode],
                   bench->sizes[i], ratio.ratio, ratio.low, ratio.high,
                   cf_ratio_verdict_text(ratio.verdict), hit ? "right" : "WRONG");
            fflush(stdout);
        }
    }
    cf_bench_free(bench);
    bench->seed++;
    return good;
}

static bool compare_often(struct cf_bench *bench, unsigned runs, uint64_t slower,
                          struct tally *tally)
{
    printf("%s\n", slower ? "One side does 5 % more work:" : "The same on both sides:");
    for (unsigned i = 0; i < runs; i++)
        if (!compare_once(bench, slower, tally))
            return false;
    return true;
}

int cf_bench_self_test(struct cf_bench *bench, unsigned runs)
{
    struct tally same = {0};
    struct tally planted = {0};
    uint64_t began = cf_clock();
    bench->closed_only = true;
    if (!compare_often(bench, runs, 0, &same) || !compare_often(bench, runs, PLANTED, &planted)) {
        if (bench->backends[0].reason[0])
            printf("%s: %s\n", bench->backends[0].name, bench->backends[0].reason);
        return cf_bench_interrupted() ? CF_EXIT_INTERRUPTED : CF_EXIT_UNRESOLVED;
    }
    printf("\nno difference where there is none: %u of %u (98 %% are needed)\n"
           "a slowness of %d %% found:           %u of %u (95 %% are needed)\n"
           "%.0f s\n",
           same.hits, same.runs, PLANTED, planted.hits, planted.runs,
           (double)(cf_clock() - began) / (double)CF_SECOND);
    bool good = same.hits * 100 >= same.runs * 98 && planted.hits * 100 >= planted.runs * 95;
    return good ? CF_EXIT_OK : CF_EXIT_UNEXPECTED;
}
