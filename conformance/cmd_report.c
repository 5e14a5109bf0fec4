/* SPDX-License-Identifier: MIT */
/* `uripc report` and `uripc diff`: both hand their arguments to the Python program. */
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

static const char report_help[] =
    "Make a page of one or more folders that `uripc check`, `uripc mutants` or `uripc bench` wrote "
    "with --out; several backends make a page that compares them. A folder of `uripc study` makes "
    "a page that answers its question (html or markdown).\v"
    "Examples:\n"
    "  uripc report results\n"
    "  uripc report results --format markdown --out -\n"
    "  uripc report results --baseline results-of-yesterday\n"
    "  uripc report reference model --out both.html";

static const char diff_help[] =
    "Tell what changed from one folder that `uripc check --out` wrote to another, regressions "
    "first.\v"
    "Exit status: 0 nothing that held before has ceased to hold, 1 something has, 3 an argument or "
    "an input is not as it should be.\n\n"
    "Examples:\n"
    "  uripc diff results-of-yesterday results";

/* The system's own: another python3 on the PATH may not see its modules. */
static const char interpreter[] = "/usr/bin/python3";

static const struct argp_option report_options[] = {
    {"out", 'o', "FILE", 0,
     "the file, - for standard output (default: report.html, .xml, .tap or .md in the first "
     "folder)",
     0},
    {"format", 'f', "NAME", 0,
     "html, junit, tap or markdown (default: by the ending of FILE, else html)", 0},
    {"baseline", 'b', "DIR", 0, "an earlier run of the same backend: tell what changed since", 0},
    {0}};

struct arguments {
    char **list; /* of the Python program */
    int count;
    int folders;
    int folders_min, folders_max;
};

static error_t parse(int key, char *text, struct argp_state *state)
{
    static char out[] = "--out", format[] = "--format", baseline[] = "--baseline";
    struct arguments *arguments = state->input;
    switch (key) {
    case 'o':
    case 'f':
    case 'b':
        arguments->list[arguments->count++] = key == 'o' ? out : key == 'f' ? format : baseline;
        arguments->list[arguments->count++] = text;
        break;
    case ARGP_KEY_ARG:
        if (arguments->folders++ == arguments->folders_max)
            argp_error(state, "expected %d DIR, found \"%s\" as well", arguments->folders_max,
                       text);
        arguments->list[arguments->count++] = text;
        break;
    case ARGP_KEY_END:
        if (arguments->folders < arguments->folders_min)
            argp_error(state, "expected %s with results.jsonl",
                       arguments->folders_min == 1 ? "a DIR" : "two DIR, each");
        break;
    default:
        return ARGP_ERR_UNKNOWN;
    }
    return 0;
}

/* Replaces this process by `python3 main.py COMMAND ...`.  Returns only if that cannot be. */
static int run_python(char *command, const struct argp *argp, int argc, char **argv,
                      struct arguments arguments)
{
    static char python[] = "python3";
    char script[PATH_MAX];
    arguments.list = calloc(2 * (size_t)argc + 5, sizeof(char *));
    arguments.count = 3;
    if (!arguments.list)
        return CF_EXIT_BROKEN;
    cf_arguments(argp, argc, argv, &arguments);
    if (cf_share_path("reports/main.py", script, sizeof(script))) {
        arguments.list[0] = python;
        arguments.list[1] = script;
        arguments.list[2] = command;
        fflush(NULL);
        execv(interpreter, arguments.list);
        cf_complain_aloud("error: %s: %s", interpreter, strerror(errno));
    }
    free(arguments.list);
    return CF_EXIT_USAGE;
}

int cf_cmd_report(int argc, char **argv)
{
    static char command[] = "report";
    const struct argp argp = {report_options, parse, "DIR...", report_help, NULL, NULL, NULL};
    return run_python(command, &argp, argc, argv,
                      (struct arguments){.folders_min = 1, .folders_max = INT_MAX});
}

int cf_cmd_diff(int argc, char **argv)
{
    static char command[] = "diff";
    const struct argp argp = {NULL, parse, "BEFORE AFTER", diff_help, NULL, NULL, NULL};
    return run_python(command, &argp, argc, argv,
                      (struct arguments){.folders_min = 2, .folders_max = 2});
}
