/* SPDX-License-Identifier: MIT */
/* `uripc study`, and the two lists that belong to it: another program's work (simulator/study/). */
#include <stdio.h>

#include "command.h"

static const char engine[] = "uripc-study";

int cf_cmd_study(int argc, char **argv)
{
    (void)argc;
    return cf_run_engine(engine, argv);
}

int cf_list_of_studies(const char *what)
{
    static char name[] = "uripc list";
    static char option[] = "--list";
    char word[16];
    snprintf(word, sizeof(word), "%s", what);
    char *const words[] = {name, option, word, NULL};
    return cf_run_engine(engine, words);
}
