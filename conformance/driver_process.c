/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE /* pipe2, close_range, setgroups */

#include "driver_process.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* How the beginning of a process can fail, in the order in which it goes. */
enum step { STEP_PIPES, STEP_USER, STEP_PROGRAM };

struct failure {
    enum step step;
    int error;
};

/* The ends of the pipes: [0] is read from. */
enum { IN, OUT, LOG, NEWS, PIPES };

static void close_all(int pipes[PIPES][2])
{
    for (int i = 0; i < PIPES; i++) {
        for (int k = 0; k < 2; k++) {
            if (pipes[i][k] >= 0)
                close(pipes[i][k]);
            pipes[i][k] = -1;
        }
    }
}

static bool open_all(int pipes[PIPES][2])
{
    memset(pipes, -1, PIPES * sizeof(*pipes));
    for (int i = 0; i < PIPES; i++) {
        if (pipe2(pipes[i], O_CLOEXEC) != 0) {
            close_all(pipes);
            return false;
        }
    }
    return true;
}

static bool become(const struct cf_driver_setup *setup)
{
    if (!setup->as_user)
        return true;
    return setgroups(0, NULL) == 0 && setgid((gid_t)setup->user) == 0 && setuid(setup->user) == 0;
}

/* The child's own part.  The keys of a terminal are not for drivers, and what this process ignores
 * they need not. */
_Noreturn static void become_driver(const struct cf_driver_setup *setup, int pipes[PIPES][2],
                                    pid_t parent)
{
    struct failure failure = {.step = STEP_PIPES};
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    signal(SIGINT, SIG_DFL);
    signal(SIGTERM, SIG_DFL);
    signal(SIGPIPE, SIG_DFL);
    setpgid(0, 0);
    if (dup2(pipes[IN][0], STDIN_FILENO) < 0 || dup2(pipes[OUT][1], STDOUT_FILENO) < 0 ||
        dup2(pipes[LOG][1], STDERR_FILENO) < 0 || setenv("URIPC_RUN", setup->run, 1) != 0)
        goto failed;
    failure.step = STEP_USER;
    if (!become(setup))
        goto failed;
    /* After the change of user, which would undo it. */
    if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0 || getppid() != parent)
        _exit(1);
    failure.step = STEP_PROGRAM;
    close_range(STDERR_FILENO + 1, ~0U, CLOSE_RANGE_CLOEXEC);
    execvp(setup->command[0], setup->command);
failed:
    failure.error = errno;
    while (write(pipes[NEWS][1], &failure, sizeof(failure)) < 0 && errno == EINTR) {
    }
    _exit(127);
}

static const char *explain(const struct cf_driver_setup *setup, const struct failure *failure)
{
    static char text[256];
    const char *why = strerror(failure->error);
    switch (failure->step) {
    case STEP_PIPES:
        snprintf(text, sizeof(text), "its pipes cannot be made: %s", why);
        break;
    case STEP_USER:
        snprintf(text, sizeof(text), "it cannot run as user %lu: %s", (unsigned long)setup->user,
                 why);
        break;
    case STEP_PROGRAM:
        snprintf(text, sizeof(text), "%.160s: %s", setup->command[0], why);
        break;
    }
    return text;
}

/* Waits until the child runs its program, which closes the pipe, or says why it cannot. */
static const char *hear(const struct cf_driver_setup *setup, int news)
{
    struct failure failure;
    ssize_t got;
    do
        got = read(news, &failure, sizeof(failure));
    while (got < 0 && errno == EINTR);
    return got == (ssize_t)sizeof(failure) ? explain(setup, &failure) : NULL;
}

/* Keeps one end of a pipe. */
static int take(int pipes[PIPES][2], int which, int end)
{
    int fd = pipes[which][end];
    pipes[which][end] = -1;
    fcntl(fd, F_SETFL, O_NONBLOCK);
    return fd;
}

const char *cf_process_start(struct cf_process *process, const struct cf_driver_setup *setup)
{
    int pipes[PIPES][2];
    pid_t parent = getpid();
    *process = (struct cf_process){.in = -1, .out = -1, .log = -1};
    if (!open_all(pipes))
        return explain(setup, &(struct failure){.step = STEP_PIPES, .error = errno});
    fflush(NULL);
    pid_t pid = fork();
    if (pid == 0)
        become_driver(setup, pipes, parent);
    if (pid < 0) {
        close_all(pipes);
        return explain(setup, &(struct failure){.step = STEP_PROGRAM, .error = errno});
    }
    process->pid = pid;
    process->in = take(pipes, IN, 1);
    process->out = take(pipes, OUT, 0);
    process->log = take(pipes, LOG, 0);
    int news = pipes[NEWS][0];
    pipes[NEWS][0] = -1;
    close_all(pipes);
    const char *trouble = hear(setup, news);
    close(news);
    if (trouble) {
        cf_process_kill(process);
        cf_process_close(process);
    }
    return trouble;
}

bool cf_process_ended(struct cf_process *process)
{
    if (process->pid && waitpid(process->pid, &process->status, WNOHANG) == process->pid)
        process->pid = 0;
    return !process->pid;
}

bool cf_process_wait(struct cf_process *process, uint64_t until)
{
    struct timespec pause = {.tv_nsec = 100000};
    while (!cf_process_ended(process)) {
        if (cf_clock() >= until)
            return false;
        nanosleep(&pause, NULL);
        if (pause.tv_nsec < 10000000)
            pause.tv_nsec *= 2;
    }
    return true;
}

void cf_process_kill(struct cf_process *process)
{
    if (cf_process_ended(process))
        return;
    kill(-process->pid, SIGKILL);
    while (waitpid(process->pid, &process->status, 0) < 0 && errno == EINTR) {
    }
    process->pid = 0;
}

void cf_process_stop(struct cf_process *process)
{
    int status = 0;
    if (cf_process_ended(process))
        return;
    kill(-process->pid, SIGSTOP);
    while (waitpid(process->pid, &status, WUNTRACED) < 0 && errno == EINTR) {
    }
    if (WIFSTOPPED(status))
        return;
    process->pid = 0;
    process->status = status;
}

static void close_fd(int *fd)
{
    if (*fd >= 0)
        close(*fd);
    *fd = -1;
}

void cf_process_close(struct cf_process *process)
{
    close_fd(&process->in);
    close_fd(&process->out);
    close_fd(&process->log);
}
