/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE /* argp */

#include <argp.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "run.h"
#include "suite.h"
#include "transcript.h"
#include "verdict.h"

static const char help[] =
    "Run one case in the simulator and show what happened.\v"
    "CASE is the name (or chapter/name) of a shipped case, or the path of a case file.  Times are "
    "microseconds of the simulated world.  With --seeds it is run once with each, and the worst "
    "run "
    "is shown.\n\n"
    "Examples:\n"
    "  uripc sim ten-step-exchange\n"
    "  uripc sim ten-step-exchange --trace text\n"
    "  uripc sim my.case --backend model --seeds 1..1000";

enum { OPTION_SEEDS = 256, OPTION_TRACE, OPTION_BACKEND };

static const struct argp_option options[] = {
    {"backend", OPTION_BACKEND, "NAME", 0, "what to run (default reference)", 0},
    {"seed", 's', "N", 0, "the run's seed (default 1)", 0},
    {"seeds", OPTION_SEEDS, "A..B", 0, "all of these seeds; shows the worst run", 0},
    {"trace", OPTION_TRACE, "text|json", 0, "also what happened below the calls", 0},
    {0}};

struct arguments {
    const char *name;
    const char *backend;
    struct cf_seeds seeds;
    enum cf_transcript_form form;
};

static void parse_trace(const char *text, struct arguments *arguments, struct argp_state *state)
{
    if (strcmp(text, "text") == 0)
        arguments->form = CF_TRANSCRIPT_TRACE;
    else if (strcmp(text, "json") == 0)
        arguments->form = CF_TRANSCRIPT_JSON;
    else
        argp_error(state, "--trace expects text or json, found \"%s\"", text);
}

static error_t parse(int key, char *text, struct argp_state *state)
{
    struct arguments *arguments = state->input;
    switch (key) {
    case OPTION_BACKEND:
        arguments->backend = text;
        break;
    case 's':
        cf_seed_argument(state, text, &arguments->seeds);
        break;
    case OPTION_SEEDS:
        cf_seeds_argument(state, text, &arguments->seeds);
        break;
    case OPTION_TRACE:
        parse_trace(text, arguments, state);
        break;
    case ARGP_KEY_ARG:
        if (arguments->name)
            argp_error(state, "one CASE is enough, found \"%s\" as well", text);
        arguments->name = text;
        break;
    case ARGP_KEY_NO_ARGS:
        argp_error(state, "expected a CASE, such as ten-step-exchange");
        break;
    default:
        return ARGP_ERR_UNKNOWN;
    }
    return 0;
}

/* Finds the case, by path or by name. */
static const struct cf_case *find_case(const char *name, struct cf_suite *suite,
                                       const struct cf_clauses *clauses)
{
    if (access(name, F_OK) == 0)
        return cf_suite_read_file(suite, name, clauses) ? suite->cases[0].test_case : NULL;
    if (!cf_suite_load(suite, clauses))
        return NULL;
    const struct cf_suite_case *entry = cf_suite_find(suite, name);
    if (!entry) {
        const char *near = cf_suite_nearest(suite, name);
        cf_no_such("case or case file", name, &near, near != NULL,
                   "expected a path, or a name that `uripc list` shows");
        return NULL;
    }
    return entry->test_case;
}

/* The seed of the worst run. */
static uint64_t worst_seed(struct cf_runner *runner, const struct cf_case *test_case,
                           const struct cf_seeds *seeds)
{
    uint64_t worst = seeds->first;
    enum cf_verdict verdict = CF_VERDICT_PASS;
    for (uint64_t seed = seeds->first; seeds->first != seeds->last; seed++) {
        struct cf_outcome outcome;
        cf_run(runner, test_case, seed, NULL, &outcome);
        if (outcome.verdict > verdict) {
            verdict = outcome.verdict;
            worst = seed;
        }
        if (seed == seeds->last)
            break;
    }
    return worst;
}

static int show(const struct arguments *arguments, const struct cf_case *test_case,
                const struct cf_backend *backend)
{
    struct cf_world *world = backend->open(backend);
    struct cf_runner *runner = world ? cf_runner_create(world) : NULL;
    struct cf_recording recording = {0};
    struct cf_outcome outcome;
    if (!runner) {
        cf_complain_aloud("error: no memory for a world");
        return CF_EXIT_BROKEN;
    }
    uint64_t seed = worst_seed(runner, test_case, &arguments->seeds);
    cf_run(runner, test_case, seed, &recording, &outcome);
    const struct cf_transcript transcript = {.test_case = test_case,
                                             .backend = backend->name,
                                             .seeds = arguments->seeds,
                                             .seed = seed,
                                             .form = arguments->form,
                                             .recording = &recording,
                                             .outcome = &outcome};
    cf_transcript_print(&transcript, stdout);
    cf_recording_free(&recording);
    cf_runner_destroy(runner);
    const struct cf_findings findings = {.unexpected = cf_verdict_breaks(outcome.verdict),
                                         .unresolved = outcome.verdict == CF_VERDICT_UNRESOLVED};
    return cf_exit_status(&findings);
}

int cf_cmd_sim(int argc, char **argv)
{
    const struct argp argp = {options, parse, "CASE", help, NULL, NULL, NULL};
    struct arguments arguments = {.backend = "reference", .seeds = {1, 1}};
    cf_arguments(&argp, argc, argv, &arguments);
    const struct cf_backend *backend = cf_backend_wanted(arguments.backend);
    if (backend && backend->real) {
        cf_complain_aloud("error: \"%s\" is one of real processes; expected a simulated backend",
                          backend->name);
        backend = NULL;
    }
    struct cf_clauses clauses = {0};
    struct cf_suite suite = {0};
    const struct cf_case *test_case =
        backend && cf_clauses_load(&clauses) ? find_case(arguments.name, &suite, &clauses) : NULL;
    int status = test_case ? show(&arguments, test_case, backend) : CF_EXIT_USAGE;
    cf_suite_free(&suite);
    cf_clauses_free(&clauses);
    return status;
}
