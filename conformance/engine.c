/* SPDX-License-Identifier: MIT */
/* Commands that are another program's work: it takes the place of this one. */
#define _POSIX_C_SOURCE 200809L

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "command.h"
#include "share.h"
#include "verdict.h"

int cf_run_engine(const char *program, char *const *words)
{
    char path[PATH_MAX];
    char place[64];
    snprintf(place, sizeof(place), "../libexec/uripc/%s", program);
    if (!cf_program_path(place, path, sizeof(path))) {
        cf_complain_aloud("error: there is no libexec/uripc/%s beside the folder of this program",
                          program);
        return CF_EXIT_USAGE;
    }
    fflush(NULL);
    execv(path, words);
    cf_complain_aloud("error: %s: %s", path, strerror(errno));
    return CF_EXIT_USAGE;
}
