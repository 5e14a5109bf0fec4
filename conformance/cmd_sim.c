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
    "With --crash a process crashes right after one of its events, though no line says so; with "
    "--crash all each process at each of its events, a run for each.  From there on lines need not "
    "hold, but the rules that every history must keep.\n\n"
    "Examples:\n"
    "  uripc sim ten-step-exchange\n"
    "  uripc sim ten-step-exchange --trace text\n"
    "  uripc sim ten-step-exchange --crash all\n"
    "  uripc sim my.case --backend model --seeds 1..1000";

enum { OPTION_SEEDS = 256, OPTION_TRACE, OPTION_BACKEND, OPTION_CRASH, OPTION_MUTANT };

static const struct argp_option options[] = {
    {"backend", OPTION_BACKEND, "NAME", 0, "what to run (default reference)", 0},
    {"crash", OPTION_CRASH, "P@N|all", 0, "crash P right after its Nth event, or all of them", 0},
    {"mutant", OPTION_MUTANT, "ID", 0, "plant one of `uripc list mutants` in the reference", 0},
    {"seed", 's', "N", 0, "the run's seed (default 1)", 0},
    {"seeds", OPTION_SEEDS, "A..B", 0, "all of these seeds; shows the worst run", 0},
    {"trace", OPTION_TRACE, "text|json", 0, "also what happened below the calls", 0},
    {0}};

struct arguments {
    const char *name;
    const char *backend;
    const char *mutant; /* NULL: none */
    bool crashes;
    struct cf_crash_point crash;
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
    case OPTION_CRASH:
        arguments->crashes = true;
        cf_crash_argument(state, text, &arguments->crash);
        break;
    case OPTION_MUTANT:
        arguments->mutant = text;
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

/* One run: with which seed, and which process crashes at which of its events (0: none does). */
struct run {
    uint64_t seed;
    uint32_t process;
    uint64_t event;
};

/* Runs of one case, of which the first of the worst is kept. */
struct search {
    struct cf_runner *runner;
    const struct cf_case *test_case;
    struct run worst;
    enum cf_verdict verdict;
    uint64_t runs, crashes;
};

/* Whether the crash came, if there was to be one. */
static bool try_run(struct search *self, const struct run *run)
{
    struct cf_outcome outcome;
    cf_runner_interrupt(self->runner, run->process, run->event);
    cf_run(self->runner, self->test_case, run->seed, NULL, &outcome);
    if (self->runs == 0 || outcome.verdict > self->verdict) {
        self->worst = *run;
        self->verdict = outcome.verdict;
    }
    self->runs++;
    self->crashes += outcome.interrupted;
    return outcome.interrupted;
}

/* Every process at every one of its events, until it has no more; first nobody. */
static void try_crashes(struct search *self, uint64_t seed)
{
    struct run run = {.seed = seed};
    try_run(self, &run);
    for (run.process = 0; run.process < self->test_case->process_count; run.process++)
        for (run.event = 1; try_run(self, &run); run.event++) {
        }
}

static void try_all(struct search *self, const struct arguments *arguments, uint32_t process)
{
    for (uint64_t seed = arguments->seeds.first;; seed++) {
        const struct run run = {.seed = seed, .process = process, .event = arguments->crash.event};
        if (arguments->crashes && run.event == 0)
            try_crashes(self, seed);
        else
            try_run(self, &run);
        if (seed == arguments->seeds.last)
            return;
    }
}

/* The process that --crash names; CF_NONE, after a complaint: the case has none such. */
static uint32_t process_wanted(const struct arguments *arguments, const struct cf_case *test_case)
{
    const char *names[CF_PROCESSES_MAX];
    const char *wanted = arguments->crash.process;
    for (uint32_t i = 0; i < test_case->process_count; i++) {
        names[i] = test_case->processes[i].name;
        if (strcmp(names[i], wanted) == 0)
            return i;
    }
    if (!wanted[0])
        return 0;
    cf_no_such("process", wanted, names, test_case->process_count,
               "`uripc explain CASE` shows them");
    return CF_NONE;
}

static void print_crashes(const struct search *self, const struct arguments *arguments)
{
    const struct run *worst = &self->worst;
    if (!arguments->crashes || arguments->form == CF_TRANSCRIPT_JSON)
        return;
    printf("  %" PRIu64 " run%s with a crash%s", self->crashes, self->crashes == 1 ? "" : "s",
           self->crashes > 1 ? ", each at another event" : "");
    if (worst->event != 0)
        printf("%s %s@%" PRIu64, self->runs > 1 ? "; the worst:" : ":",
               self->test_case->processes[worst->process].name, worst->event);
    putchar('\n');
}

static int show(const struct arguments *arguments, const struct cf_case *test_case,
                const struct cf_backend *backend, uint32_t process)
{
    struct cf_world *world = backend->open(backend);
    struct cf_runner *runner = world ? cf_runner_create(world) : NULL;
    struct cf_recording recording = {0};
    struct cf_outcome outcome;
    if (!runner) {
        cf_complain_aloud("error: no memory for a world");
        return CF_EXIT_BROKEN;
    }
    struct search search = {.runner = runner, .test_case = test_case};
    try_all(&search, arguments, process);
    cf_runner_interrupt(runner, search.worst.process, search.worst.event);
    cf_run(runner, test_case, search.worst.seed, &recording, &outcome);
    const struct cf_transcript transcript = {.test_case = test_case,
                                             .backend = backend->name,
                                             .seeds = arguments->seeds,
                                             .seed = search.worst.seed,
                                             .form = arguments->form,
                                             .recording = &recording,
                                             .outcome = &outcome};
    cf_transcript_print(&transcript, stdout);
    print_crashes(&search, arguments);
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
    if (arguments.mutant && !cf_mutants_built())
        return cf_run_mutants_program("sim", argc, argv);
    struct cf_mutant mutant = {.number = 0};
    if (arguments.mutant && !cf_mutant_wanted(arguments.mutant, &mutant))
        return CF_EXIT_USAGE;
    cf_mutant_plant(mutant.number);
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
    const uint32_t process = test_case ? process_wanted(&arguments, test_case) : CF_NONE;
    int status = process != CF_NONE ? show(&arguments, test_case, backend, process) : CF_EXIT_USAGE;
    cf_suite_free(&suite);
    cf_clauses_free(&clauses);
    return status;
}
