/* SPDX-License-Identifier: MIT */
#define _XOPEN_SOURCE 700 /* nftw */

#include "realm.h"

#include <dirent.h>
#include <errno.h>
#include <ftw.h>
#include <limits.h>
#include <mqueue.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>

#include "clock.h"
#include "strays.h"

#define QUEUE "posix-mqueue."
#define SERVER "process."
#define GONE_PATIENCE (2 * CF_SECOND)

enum { OPEN_FILES_MAX = 16 };

bool cf_realm_make(const char *path, bool open)
{
    return mkdir(path, 0700) == 0 && (!open || chmod(path, 0777) == 0);
}

static void end_server(pid_t pid, const char *run)
{
    const struct timespec pause = {.tv_nsec = 1000000};
    uint64_t until = cf_clock() + GONE_PATIENCE;
    if (pid <= 1 || !cf_strays_is_of_run(pid, run))
        return;
    kill(pid, SIGKILL);
    /* Its driver has ended, so it is a child of this process, or of one that will wait for it. */
    while (waitpid(pid, NULL, WNOHANG) == 0 || kill(pid, 0) == 0) {
        if (cf_clock() > until)
            return;
        nanosleep(&pause, NULL);
    }
}

void cf_realm_end_servers(const char *path, const char *run)
{
    DIR *folder = opendir(path);
    const struct dirent *entry;
    while (folder && (entry = readdir(folder)) != NULL)
        if (strncmp(entry->d_name, SERVER, strlen(SERVER)) == 0)
            end_server((pid_t)atol(entry->d_name + strlen(SERVER)), run);
    if (folder)
        closedir(folder);
}

static int remove_one(const char *path, const struct stat *status, int type, struct FTW *where)
{
    const char *name = path + where->base;
    char queue[NAME_MAX + 2];
    (void)status;
    (void)type;
    if (strncmp(name, QUEUE, strlen(QUEUE)) == 0) {
        snprintf(queue, sizeof(queue), "/%s", name + strlen(QUEUE));
        mq_unlink(queue);
    }
    remove(path);
    return 0;
}

void cf_realm_remove(const char *path)
{
    nftw(path, remove_one, OPEN_FILES_MAX, FTW_DEPTH | FTW_PHYS);
}
