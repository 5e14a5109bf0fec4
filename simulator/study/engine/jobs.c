/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE /* MAP_ANONYMOUS */

#include "simulator/study/engine/jobs.h"

#include <errno.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

enum { JOBS_MOST = 256 };

volatile sig_atomic_t study_interrupted;

struct study_result *study_results_new(size_t count)
{
    void *memory = mmap(NULL, count * sizeof(struct study_result), PROT_READ | PROT_WRITE,
                        MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    return memory == MAP_FAILED ? NULL : memory;
}

void study_results_free(struct study_result *results, size_t count)
{
    if (results)
        (void)munmap(results, count * sizeof(struct study_result));
}

/* Every jobs-th run, from `first` on. */
static _Noreturn void work(const struct study_setup *setups, struct study_result *results,
                           size_t count, size_t first, unsigned jobs)
{
    (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
    for (size_t i = first; i < count; i += jobs)
        (void)study_stage_run(&setups[i], &results[i]);
    _exit(0);
}

static void wait_for(pid_t child)
{
    bool killed = false;
    while (waitpid(child, NULL, 0) < 0 && errno == EINTR) {
        if (study_interrupted && !killed)
            killed = kill(child, SIGKILL) == 0;
    }
}

bool study_jobs_run(const struct study_setup *setups, struct study_result *results, size_t count,
                    unsigned jobs)
{
    pid_t children[JOBS_MOST];
    unsigned started = 0;
    jobs = jobs > JOBS_MOST ? JOBS_MOST : jobs;
    (void)fflush(NULL);
    for (; started < jobs && started < count; started++) {
        children[started] = fork();
        if (children[started] == 0)
            work(setups, results, count, started, jobs);
        if (children[started] < 0)
            break;
    }
    for (unsigned i = 0; i < started; i++) {
        if (study_interrupted)
            (void)kill(children[i], SIGKILL);
        wait_for(children[i]);
    }
    for (size_t i = 0; i < count; i++) {
        if (!results[i].ran)
            return false;
    }
    return true;
}
