/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE /* argp */

#include <argp.h>
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "command.h"
#include "share.h"
#include "verdict.h"

static const char help[] =
    "Make a page of one or more folders that `uripc check --out` or `uripc mutants --out` wrote.\v"
    "Examples:\n"
    "  uripc report results\n"
    "  uripc report reference model --out both.html";

/* The system's own: another python3 on the PATH may not see its modules. */
static const char interpreter[] = "/usr/bin/python3";

static const struct argp_option options[] = {
    {"out", 'o', "FILE", 0, "the page (default: report.html in the first folder)", 0}, {0}};

struct arguments {
    char **list; /* of the Python program */
    int count;
    int folders;
};

static error_t parse(int key, char *text, struct argp_state *state)
{
    static char out[] = "--out";
    struct arguments *arguments = state->input;
    switch (key) {
    case 'o':
        arguments->list[arguments->count++] = out;
        arguments->list[arguments->count++] = text;
        break;
    case ARGP_KEY_ARG:
        arguments->list[arguments->count++] = text;
        arguments->folders++;
        break;
    case ARGP_KEY_NO_ARGS:
        argp_error(state, "expected a DIR with results.jsonl");
        break;
    default:
        return ARGP_ERR_UNKNOWN;
    }
    return 0;
}

int cf_cmd_report(int argc, char **argv)
{
    static char python[] = "python3";
    const struct argp argp = {options, parse, "DIR...", help, NULL, NULL, NULL};
    char script[PATH_MAX];
    struct arguments arguments = {.list = calloc(2 * (size_t)argc + 4, sizeof(char *)), .count = 2};
    if (!arguments.list)
        return CF_EXIT_BROKEN;
    cf_arguments(&argp, argc, argv, &arguments);
    if (cf_share_path("reports/main.py", script, sizeof(script))) {
        arguments.list[0] = python;
        arguments.list[1] = script;
        fflush(NULL);
        execv(interpreter, arguments.list);
        cf_complain_aloud("error: %s: %s", interpreter, strerror(errno));
    }
    free(arguments.list);
    return CF_EXIT_USAGE;
}
