/* SPDX-License-Identifier: MIT */
/* `uripc hunt`: another program's work (simulator/hunt/); with a planted fault, of a build with
 * all of them. */
#include <string.h>

#include "command.h"

int cf_cmd_hunt(int argc, char **argv)
{
    const char *program = "uripc-hunt";
    for (int i = 1; i < argc; i++)
        if (strncmp(argv[i], "--mutant", strlen("--mutant")) == 0)
            program = "uripc-hunt-mutants";
    return cf_run_engine(program, argv);
}
