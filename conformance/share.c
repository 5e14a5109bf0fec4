/* SPDX-License-Identifier: MIT */
#define _XOPEN_SOURCE 700

#include "share.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "command.h"

bool cf_program_path(const char *relative, char *path, size_t size)
{
    char program[PATH_MAX];
    ssize_t length = readlink("/proc/self/exe", program, sizeof(program) - 1);
    if (length <= 0)
        return false;
    program[length] = '\0';
    char *slash = strrchr(program, '/');
    if (slash)
        *slash = '\0';
    int written = snprintf(path, size, "%s/%s", program, relative);
    return written > 0 && (size_t)written < size && access(path, F_OK) == 0;
}

bool cf_share_path(const char *name, char *path, size_t size)
{
    static const char *const places[] = {"../share/uripc", "../../share/uripc"};
    char relative[256];
    for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
        snprintf(relative, sizeof(relative), "%s/%s", places[i], name);
        if (cf_program_path(relative, path, size))
            return true;
    }
    cf_complain_aloud("error: there is no share/uripc/%s beside the folder of this program", name);
    return false;
}

void cf_path_for_humans(const char *path, char *to, size_t size)
{
    char here[PATH_MAX];
    char resolved[PATH_MAX];
    const char *shown = path;
    if (realpath(path, resolved)) {
        shown = resolved;
        size_t length = getcwd(here, sizeof(here)) ? strlen(here) : 0;
        if (length > 1 && strncmp(resolved, here, length) == 0 && resolved[length] == '/')
            shown = resolved + length + 1;
    }
    snprintf(to, size, "%s", shown);
}
