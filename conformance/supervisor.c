/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE /* sigaction, prctl */

#include "supervisor.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "command.h"
#include "run_place.h"
#include "signal_name.h"
#include "strays.h"
#include "verdict.h"

static volatile sig_atomic_t suite;

static void pass_on(int number)
{
    if (suite)
        kill((pid_t)suite, number);
}

static void pass_signals_on(void)
{
    const struct sigaction action = {.sa_handler = pass_on};
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    sigaction(SIGHUP, &action, NULL);
}

/* Waits for the suite, and meanwhile for all that were adopted. */
static int wait_for_suite(void)
{
    int status = 0;
    for (;;) {
        pid_t pid = waitpid(-1, &status, 0);
        if (pid == (pid_t)suite)
            break;
        if (pid < 0 && errno != EINTR)
            return CF_EXIT_BROKEN;
    }
    suite = 0;
    if (WIFEXITED(status))
        return WEXITSTATUS(status);
    cf_complain_aloud("error: the suite died of %s; its results so far are kept",
                      cf_signal_name(WTERMSIG(status)));
    return CF_EXIT_BROKEN;
}

bool cf_supervise(struct cf_run_place *place, int *status)
{
    pid_t parent = getpid();
    *status = CF_EXIT_BROKEN;
    int lock = cf_run_place_make(place);
    if (lock < 0)
        return false;
    fflush(NULL);
    prctl(PR_SET_CHILD_SUBREAPER, 1);
    pid_t pid = fork();
    if (pid == 0) {
        /* The keys of a terminal reach both, but a signal to the supervisor only one. */
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (getppid() != parent)
            _exit(CF_EXIT_BROKEN);
        return true;
    }
    suite = (sig_atomic_t)pid;
    if (pid > 0) {
        pass_signals_on();
        *status = wait_for_suite();
        cf_strays_kill_children(0);
    }
    cf_run_place_remove(place);
    return false;
}
