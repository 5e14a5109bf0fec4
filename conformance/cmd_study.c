/* SPDX-License-Identifier: MIT */
/* `uripc study`, and the two lists that belong to it: another program's work (simulator/study/). */
#define _POSIX_C_SOURCE 200809L

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "command.h"
#include "share.h"
#include "verdict.h"

static int run_engine(char *const *words)
{
    char path[PATH_MAX];
    if (!cf_program_path("../libexec/uripc/uripc-study", path, sizeof(path))) {
        cf_complain_aloud("error: there is no libexec/uripc/uripc-study beside the folder of this "
                          "program");
        return CF_EXIT_USAGE;
    }
    fflush(NULL);
    execv(path, words);
    cf_complain_aloud("error: %s: %s", path, strerror(errno));
    return CF_EXIT_USAGE;
}

int cf_cmd_study(int argc, char **argv)
{
    (void)argc;
    return run_engine(argv);
}

int cf_list_of_studies(const char *what)
{
    static char name[] = "uripc list";
    static char option[] = "--list";
    char word[16];
    snprintf(word, sizeof(word), "%s", what);
    char *const words[] = {name, option, word, NULL};
    return run_engine(words);
}
