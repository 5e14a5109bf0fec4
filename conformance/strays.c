/* SPDX-License-Identifier: MIT */
#define _POSIX_C_SOURCE 200809L

#include "strays.h"

#include <dirent.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "clock.h"

#define GONE_PATIENCE (2 * CF_SECOND)

static FILE *open_file(pid_t pid, const char *name)
{
    char path[64];
    snprintf(path, sizeof(path), "/proc/%ld/%s", (long)pid, name);
    return fopen(path, "r");
}

/* Calls `look` for every process there is.  Returns how often it was true. */
static size_t for_each_process(bool (*look)(pid_t pid, const void *what), const void *what)
{
    DIR *folder = opendir("/proc");
    const struct dirent *entry;
    size_t count = 0;
    while (folder && (entry = readdir(folder)) != NULL) {
        char *end = NULL;
        long pid = strtol(entry->d_name, &end, 10);
        if (pid > 0 && *end == '\0')
            count += look((pid_t)pid, what);
    }
    if (folder)
        closedir(folder);
    return count;
}

/* Of a process that is not dead already. */
static pid_t parent_of(pid_t pid)
{
    char line[512] = "";
    char state = 'Z';
    long parent = 0;
    FILE *file = open_file(pid, "stat");
    if (!file)
        return 0;
    const char *end = fgets(line, sizeof(line), file) ? strrchr(line, ')') : NULL;
    fclose(file);
    if (!end || sscanf(end + 1, " %c %ld", &state, &parent) != 2 || state == 'Z' || state == 'X')
        return 0;
    return (pid_t)parent;
}

static bool kill_child(pid_t pid, const void *what)
{
    const pid_t *parent = what;
    return parent_of(pid) == *parent && kill(pid, SIGKILL) == 0;
}

/* Waits for those that have ended.  False: there are no children any more. */
static bool reap(void)
{
    pid_t pid;
    while ((pid = waitpid(-1, NULL, WNOHANG)) > 0) {
    }
    return pid == 0;
}

size_t cf_strays_kill_children(uint64_t grace)
{
    const struct timespec pause = {.tv_nsec = 1000000};
    uint64_t merciful = cf_clock() + grace;
    uint64_t until = merciful + GONE_PATIENCE;
    pid_t self = getpid();
    size_t killed = 0;
    while (reap() && cf_clock() < until) {
        if (cf_clock() >= merciful)
            killed += for_each_process(kill_child, &self);
        nanosleep(&pause, NULL);
    }
    return killed;
}

bool cf_strays_is_of_run(pid_t pid, const char *run)
{
    char *text = NULL;
    size_t room = 0;
    bool found = false;
    FILE *file = open_file(pid, "environ");
    while (file && !found && getdelim(&text, &room, '\0', file) > 0)
        found = strncmp(text, "URIPC_RUN=", 10) == 0 && strcmp(text + 10, run) == 0;
    free(text);
    if (file)
        fclose(file);
    return found;
}

static bool kill_of_run(pid_t pid, const void *run)
{
    return pid != getpid() && cf_strays_is_of_run(pid, run) && kill(pid, SIGKILL) == 0;
}

void cf_strays_kill_run(const char *run)
{
    const struct timespec pause = {.tv_nsec = 5000000};
    uint64_t until = cf_clock() + GONE_PATIENCE;
    while (for_each_process(kill_of_run, run) && cf_clock() < until)
        nanosleep(&pause, NULL);
}
