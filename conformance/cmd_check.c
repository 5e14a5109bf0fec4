/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE /* argp */

#include <argp.h>
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "clock.h"
#include "hash.h"
#include "nearest.h"
#include "pool.h"
#include "rerun.h"
#include "summary.h"
#include "supervisor.h"
#include "target.h"

static const char help[] =
    "Test a backend against the shipped cases.\v"
    "BACKEND is a name that `uripc list backends` shows, or the path of a shared object that "
    "exports "
    "uripc/backend.h; in its place, after `--`, may stand the command that starts a driver.  One "
    "line tells of each case that did not simply pass; a folder given by --out gets results.jsonl, "
    "from which `uripc report` makes a page.\n\n"
    "Examples:\n"
    "  uripc check reference\n"
    "  uripc check reference --filter 'ten-*' --seed 7\n"
    "  uripc check reference --filter 'names/*'\n"
    "  uripc check reference --seeds 1..1000 --jobs 2\n"
    "  uripc check reference --expect known.txt --out results\n"
    "  uripc check reference --rerun-failed results\n"
    "  uripc check reference --repeat 10 --shuffle --seed 7\n"
    "  uripc check reference --mutant suffix-dropped\n"
    "  uripc check ./libmine.so\n"
    "  uripc check --out results -- python3 my_driver.py\n"
    "  uripc check --mix reference-uv,independent";

enum {
    OPTION_SEEDS = 256,
    OPTION_EXPECT,
    OPTION_MUTANT,
    OPTION_MIX,
    OPTION_RERUN,
    OPTION_REPEAT,
    OPTION_STOP_AFTER,
    OPTION_SHUFFLE
};

static const struct argp_option options[] = {
    {"filter", 'f', "GLOB", 0, "only cases whose name or chapter/name matches", 0},
    {"profile", 'p', "NAME", 0, "only cases of this delivery profile", 0},
    {"seed", 's', "N", 0, "the run's seed (default 1)", 0},
    {"seeds", OPTION_SEEDS, "A..B", 0, "run every case with each of these seeds", 0},
    {"jobs", 'j', "N", 0, "how many workers (default: one for each processor)", 0},
    {"expect", OPTION_EXPECT, "FILE", 0,
     "known results: lines `case verdict # reason` (default: those shipped with the backend)", 0},
    {"rerun-failed", OPTION_RERUN, "DIR", 0,
     "only cases that, by DIR/results.jsonl, were not as expected or not to be told", 0},
    {"repeat", OPTION_REPEAT, "N", 0, "run every case N times, and tell of those that vary", 0},
    {"stop-after", OPTION_STOP_AFTER, "SECONDS", 0,
     "end the run then; what has not ended by then counts as not-run", 0},
    {"shuffle", OPTION_SHUFFLE, NULL, 0, "run the cases in an order drawn from the seed", 0},
    {"mix", OPTION_MIX, "A,B", 0, "give the processes of a case to these backends in turn", 0},
    {"mutant", OPTION_MUTANT, "ID", 0, "plant one of `uripc list mutants` in the reference", 0},
    {"out", 'o', "DIR", 0, "write results.jsonl into this folder", 0},
    {0}};

struct arguments {
    const char *backend;
    char **command; /* of a driver, after `--`; NULL: none */
    const char *mix;
    const char *filter;
    const char *profile;
    struct cf_seeds seeds;
    bool many; /* --seeds was given */
    uint64_t repeat;
    uint64_t stop_after; /* seconds; 0: as long as it takes */
    bool shuffle;
    unsigned jobs;
    const char *rerun;
    const char *expect;
    const char *mutant;
    const char *out;
};

static error_t parse(int key, char *text, struct argp_state *state)
{
    struct arguments *arguments = state->input;
    switch (key) {
    case 'f':
        arguments->filter = text;
        break;
    case 'p':
        arguments->profile = text;
        break;
    case 's':
        cf_seed_argument(state, text, &arguments->seeds);
        break;
    case OPTION_SEEDS:
        cf_seeds_argument(state, text, &arguments->seeds);
        arguments->many = true;
        break;
    case 'j':
        cf_jobs_argument(state, text, &arguments->jobs);
        break;
    case OPTION_RERUN:
        arguments->rerun = text;
        break;
    case OPTION_REPEAT:
        cf_repeat_argument(state, text, &arguments->repeat);
        break;
    case OPTION_STOP_AFTER:
        cf_stop_after_argument(state, text, &arguments->stop_after);
        break;
    case OPTION_SHUFFLE:
        arguments->shuffle = true;
        break;
    case OPTION_EXPECT:
        arguments->expect = text;
        break;
    case OPTION_MUTANT:
        arguments->mutant = text;
        break;
    case 'o':
        arguments->out = text;
        break;
    case OPTION_MIX:
        arguments->mix = text;
        break;
    case ARGP_KEY_ARG:
        if (arguments->backend || arguments->mix || arguments->command)
            argp_error(state, "one BACKEND is enough, found \"%s\" as well", text);
        arguments->backend = text;
        break;
    case ARGP_KEY_END:
        if (arguments->repeat > 1 && arguments->seeds.first != arguments->seeds.last)
            argp_error(state, "--repeat is for one seed; with --seeds every run is another one");
        break;
    case ARGP_KEY_NO_ARGS:
        if (arguments->mix && arguments->command)
            argp_error(state, "one of --mix and a command after `--` is enough");
        if (!arguments->mix && !arguments->command)
            argp_error(state, "expected a BACKEND, such as \"reference\"");
        break;
    default:
        return ARGP_ERR_UNKNOWN;
    }
    return 0;
}

/* Everything that one run needs. */
struct check {
    const struct arguments *arguments;
    struct cf_mutant mutant;
    struct cf_clauses clauses;
    struct cf_suite suite;
    struct cf_suite selected;
    struct cf_expectations expectations;
    struct cf_pool pool;
    struct cf_target target;
    char *command, *driver; /* for the repro lines */
    FILE *file;
    bool unwritable;
    struct cf_summary summary;
};

static bool check_profile(const char *profile)
{
    const char *words[64];
    const char *text;
    size_t count = 0;
    while (count < sizeof(words) / sizeof(words[0]) && cf_profile_at(count, &words[count], &text)) {
        if (strcmp(words[count], profile) == 0)
            return true;
        count++;
    }
    cf_no_such("profile", profile, words, count, "`uripc list profiles` lists them");
    return false;
}

static void complain_of_nothing(const struct check *check)
{
    const char *filter = check->arguments->filter;
    const char *profile = check->arguments->profile;
    const char *near = filter ? cf_suite_nearest(&check->suite, filter) : NULL;
    char shown[CF_SHOWN_MAX] = "";
    char words[2 * CF_SHOWN_MAX] = "";
    if (filter)
        snprintf(words, sizeof(words), " matches \"%s\"", cf_shown(filter, strlen(filter), shown));
    if (near)
        snprintf(shown, sizeof(shown), "did you mean \"%.60s\"?", near);
    else
        snprintf(shown, sizeof(shown), "expected a pattern for names or chapter/name");
    cf_complain_aloud("error: nothing is selected: no case%s%s%s%s%s", words,
                      profile ? " in profile " : "", profile ? profile : "", filter ? "; " : "",
                      filter ? shown : "");
}

static bool select_cases(struct check *check)
{
    const struct arguments *arguments = check->arguments;
    if (arguments->profile && !check_profile(arguments->profile))
        return false;
    if (!cf_suite_select(&check->suite, arguments->filter, arguments->profile, &check->selected))
        return false;
    if (!check->selected.count) {
        complain_of_nothing(check);
        return false;
    }
    return !arguments->rerun || cf_rerun_select(&check->suite, &check->selected, arguments->rerun);
}

static bool find_mutant(struct check *check)
{
    const char *id = check->arguments->mutant;
    return !id || cf_mutant_wanted(id, &check->mutant);
}

static bool refuse_of_real(const char *what, const char *why)
{
    cf_complain_aloud("error: %s is for simulated backends: %s", what, why);
    return false;
}

static bool find_target(struct check *check)
{
    const struct arguments *arguments = check->arguments;
    struct cf_target *target = &check->target;
    check->pool.backend = &target->backend;
    bool found = arguments->mix       ? cf_target_mix(target, arguments->mix)
                 : arguments->command ? cf_target_command(target, arguments->command)
                                      : cf_target_find(target, arguments->backend);
    if (!found || !target->backend.real)
        return found;
    if (target->real.command_count && !target->commands[0][0]) {
        cf_complain_aloud("error: expected after `--` a command that starts a driver");
        return false;
    }
    if (arguments->many)
        return refuse_of_real("--seeds", "no run of real processes can be repeated by its seed");
    if (arguments->mutant)
        return refuse_of_real("--mutant", "faults are planted in the reference");
    return true;
}

/* Those given, or those that come with a backend of ours. */
static bool load_expectations(struct check *check)
{
    const struct arguments *arguments = check->arguments;
    const char *file = arguments->expect;
    char shipped[PATH_MAX];
    if (!file && arguments->backend && cf_backend_find(arguments->backend) &&
        cf_expectations_shipped(arguments->backend, shipped, sizeof(shipped)))
        file = shipped;
    if (!file)
        return true;
    check->pool.expectations = &check->expectations;
    return cf_expectations_read(&check->expectations, file, &check->suite);
}

/* Reads all there is to read.  False after complaints. */
static bool load(struct check *check)
{
    if (!find_target(check) || !find_mutant(check) || !cf_clauses_load(&check->clauses) ||
        !cf_suite_load(&check->suite, &check->clauses) || !select_cases(check))
        return false;
    return load_expectations(check);
}

/* What to type before and after the options that select one case. */
static bool describe(struct check *check)
{
    const struct arguments *arguments = check->arguments;
    char *driver = arguments->command ? cf_command_text(arguments->command) : NULL;
    size_t size = 0;
    FILE *out = open_memstream(&check->command, &size);
    if (!out || (arguments->command && !driver))
        return false;
    fputs("uripc check", out);
    if (arguments->mix)
        fprintf(out, " --mix %s", arguments->mix);
    else if (!driver)
        fprintf(out, " %s", arguments->backend);
    if (arguments->mutant)
        fprintf(out, " --mutant %s", arguments->mutant);
    fclose(out);
    check->driver = driver;
    return check->command != NULL;
}

static bool open_results(struct check *check, const char *command)
{
    const struct arguments *arguments = check->arguments;
    const struct cf_results_header header = {.backend = check->pool.backend,
                                             .clauses = &check->clauses,
                                             .mutant = arguments->mutant,
                                             .profile = arguments->profile,
                                             .filter = arguments->filter,
                                             .rerun = arguments->rerun,
                                             .shuffle = arguments->shuffle,
                                             .seeds = check->pool.seeds,
                                             .suite = cf_suite_hash(&check->selected),
                                             .jobs = check->pool.jobs,
                                             .command = command ? command : ""};
    if (arguments->out)
        check->file = cf_results_open(arguments->out, "results.jsonl", &header);
    return !arguments->out || check->file;
}

static void on_ended(void *user, const struct cf_pool_case *result)
{
    struct check *check = user;
    cf_summary_add(&check->summary, result);
    if (check->file && (!result->json[0] || !cf_results_line(check->file, result->json)))
        check->unwritable = true;
}

static int run(struct check *check)
{
    static const char *const endings[] = {[CF_POOL_DONE] = "",
                                          [CF_POOL_INTERRUPTED] = "; interrupted",
                                          [CF_POOL_OVERDUE] = "; stopped, the time was up",
                                          [CF_POOL_BROKEN] = ""};
    uint64_t began = cf_clock();
    struct cf_findings findings = {0};
    if (!cf_summary_begin(&check->summary, &check->pool))
        return CF_EXIT_BROKEN;
    if (check->pool.shuffle)
        printf("shuffled by seed %" PRIu64 "\n", check->pool.seeds.first);
    enum cf_pool_end end = cf_pool_run(&check->pool);
    uint64_t wall = (cf_clock() - began) / CF_MILLISECOND;
    findings.interrupted = end == CF_POOL_INTERRUPTED;
    findings.broken = end == CF_POOL_BROKEN;
    cf_summary_print(&check->summary, endings[end], wall);
    findings.unexpected = check->summary.unexpected > 0;
    findings.unresolved =
        end == CF_POOL_OVERDUE || check->summary.counts[CF_VERDICT_UNRESOLVED] > 0;
    if (check->pool.expectations && end == CF_POOL_DONE &&
        !cf_expectations_check(&check->expectations, &check->suite))
        findings.unexpected = true;
    const struct cf_results_footer footer = {
        .counts = check->summary.counts,
        .unexpected = check->summary.unexpected,
        .fingerprint = check->target.backend.real ? 0 : check->summary.fingerprint,
        .partial = end != CF_POOL_DONE,
        .wall_ms = wall};
    if (check->file && !cf_results_footer(check->file, &footer))
        check->unwritable = true;
    if (check->file && fclose(check->file) != 0)
        check->unwritable = true;
    if (check->unwritable) {
        cf_complain_aloud("error: %s/results.jsonl is incomplete: %s", check->arguments->out,
                          strerror(errno));
        findings.misused = true;
    }
    return cf_exit_status(&findings);
}

static void clean_up(struct check *check)
{
    cf_summary_free(&check->summary);
    cf_expectations_free(&check->expectations);
    cf_suite_release(&check->selected);
    cf_suite_free(&check->suite);
    cf_clauses_free(&check->clauses);
    cf_target_free(&check->target);
    free(check->command);
    free(check->driver);
}

static void fill_pool(struct check *check)
{
    const struct arguments *arguments = check->arguments;
    check->pool.suite = &check->selected;
    check->pool.mutant = check->mutant.number;
    check->pool.seeds = arguments->seeds;
    check->pool.repeat = arguments->repeat;
    check->pool.stop_after = arguments->stop_after * CF_SECOND;
    check->pool.shuffle = arguments->shuffle;
    check->pool.jobs = arguments->jobs;
    check->pool.want_json = arguments->out != NULL;
    check->pool.progress = isatty(STDERR_FILENO) == 1;
    check->pool.command = check->command;
    check->pool.driver = check->driver;
    check->pool.ended = on_ended;
    check->pool.user = check;
}

/* The suite itself, under its supervisor where there are real processes. */
static int perform(struct check *check, const char *command)
{
    struct cf_run_place place;
    int status = CF_EXIT_BROKEN;
    if (!describe(check))
        return status;
    if (check->target.backend.real && !cf_supervise(&place, &status))
        return status;
    fill_pool(check);
    cf_pool_heed_signals();
    if (check->target.backend.real) {
        cf_target_ask(&check->target, place.name, place.folder);
        check->pool.trouble = check->target.in_trouble ? &check->target.trouble : NULL;
        check->pool.log = check->target.log;
    }
    return open_results(check, command) ? run(check) : CF_EXIT_USAGE;
}

int cf_cmd_check(int argc, char **argv)
{
    const struct argp argp = {options, parse, "BACKEND\n-- COMMAND [ARGUMENT...]", help, NULL,
                              NULL,    NULL};
    struct arguments arguments = {.seeds = {1, 1}, .repeat = 1, .jobs = cf_jobs_usual()};
    char *command = cf_whole_command(argc, argv);
    int own = cf_own_words(argc, argv);
    arguments.command = own < argc ? &argv[own + 1] : NULL;
    cf_arguments(&argp, own, argv, &arguments);
    if (arguments.mutant && !cf_mutants_built()) {
        free(command);
        return cf_run_mutants_program("check", argc, argv);
    }
    struct check check = {.arguments = &arguments};
    int status = load(&check) ? perform(&check, command) : CF_EXIT_USAGE;
    clean_up(&check);
    free(command);
    return status;
}
