/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE /* flock, getrandom, O_CLOEXEC */

#include "run_place.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "command.h"
#include "realm.h"
#include "strays.h"

enum { PATH_BYTES = 512 };

/* The longest part of a realm's path that comes from outside: the rest must fit in 80 bytes. */
enum { BASE_MAX = CF_RUN_FOLDER_MAX - CF_RUN_NAME_MAX };

/* The superuser has processes of other users, too, and they must get there. */
static bool is_usable(const char *folder)
{
    struct stat found;
    return folder && folder[0] == '/' && access(folder, W_OK | X_OK) == 0 &&
           (geteuid() != 0 || (stat(folder, &found) == 0 && found.st_mode & S_IXOTH));
}

/* Where all places of this user are. */
static void find_base(char base[BASE_MAX])
{
    const char *folder = getenv("XDG_RUNTIME_DIR");
    bool usable = is_usable(folder);
    int length = snprintf(base, BASE_MAX, "%s/uripc-%lu", usable ? folder : "/tmp",
                          (unsigned long)geteuid());
    if (length >= BASE_MAX)
        snprintf(base, BASE_MAX, "/tmp/uripc-%lu", (unsigned long)geteuid());
}

/* Makes it where it is missing.  Nobody else may have put something in its place. */
static bool make_base(const char *base)
{
    struct stat found;
    if (mkdir(base, 0711) != 0 && errno != EEXIST)
        return false;
    if (lstat(base, &found) != 0)
        return false;
    errno = EPERM;
    return S_ISDIR(found.st_mode) && found.st_uid == geteuid() &&
           (found.st_mode & (S_IWGRP | S_IWOTH)) == 0;
}

static int open_lock(const char *folder, int flags)
{
    char path[PATH_BYTES + sizeof("/lock")];
    snprintf(path, sizeof(path), "%s/lock", folder);
    return open(path, O_RDWR | O_CLOEXEC | flags, 0600);
}

static int lock(const char *folder, int how)
{
    int fd = open_lock(folder, O_CREAT);
    if (fd >= 0 && flock(fd, how) != 0) {
        close(fd);
        return -1;
    }
    return fd;
}

static void remove_leftover(const char *base, const char *name)
{
    char folder[PATH_BYTES];
    snprintf(folder, sizeof(folder), "%s/%s", base, name);
    int held = lock(folder, LOCK_EX | LOCK_NB);
    if (held < 0)
        return; /* it lives, or is no folder */
    cf_strays_kill_run(name);
    cf_realm_remove(folder);
    close(held);
}

static void sweep(const char *base)
{
    DIR *folder = opendir(base);
    const struct dirent *entry;
    while (folder && (entry = readdir(folder)) != NULL)
        if (entry->d_name[0] != '.' && strcmp(entry->d_name, "lock") != 0)
            remove_leftover(base, entry->d_name);
    if (folder)
        closedir(folder);
}

static int make_in(const char *base, struct cf_run_place *place)
{
    uint32_t random = 0;
    char realms[CF_RUN_FOLDER_MAX + 2];
    if (getrandom(&random, sizeof(random), 0) != (ssize_t)sizeof(random))
        return -1;
    snprintf(place->name, sizeof(place->name), "%ld-%08lx", (long)getpid(), (unsigned long)random);
    snprintf(place->folder, sizeof(place->folder), "%s/%s", base, place->name);
    snprintf(realms, sizeof(realms), "%s/r", place->folder);
    if (mkdir(place->folder, 0711) != 0 || mkdir(realms, 0711) != 0)
        return -1;
    return lock(place->folder, LOCK_EX);
}

int cf_run_place_make(struct cf_run_place *place)
{
    char base[BASE_MAX];
    find_base(base);
    int outer = make_base(base) ? lock(base, LOCK_EX) : -1;
    int inner = -1;
    if (outer >= 0) {
        sweep(base);
        inner = make_in(base, place);
    }
    if (inner < 0)
        cf_complain_aloud("error: \"%s\" cannot be used for realms: %s; expected a folder of this "
                          "user that nobody else can write to",
                          base, strerror(errno));
    if (outer >= 0)
        close(outer);
    return inner;
}

void cf_run_place_remove(const struct cf_run_place *place)
{
    cf_realm_remove(place->folder);
}
