/* SPDX-License-Identifier: MIT */
/* uripc-hunt: what `uripc hunt` runs; and the same around the core with planted faults. */
#define _GNU_SOURCE /* argp */

#include <argp.h>
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "simulator/hunt/engine/output.h"
#ifdef URIPC_MUTANTS
#include "reference/mutants.h"
#endif

enum { EXIT_BROKEN = 1, EXIT_INVALID = 3, EXIT_SUITE = 4, EXIT_INTERRUPTED = 130 };
enum { OPTION_MUTANT = 256, OPTION_RUNS, OPTION_FOR, OPTION_PROFILE, OPTION_MODE, OPTION_RESOLVER };
enum { RUNS = 10000, JOBS_MOST = 256 };

static const char help[] =
    "Search for broken promises: random applications, every family of faults, many seeds.\v"
    "Each run is a world of four processes with random calls, sessions and requests, or queues "
    "that "
    "they share, under a table, a daemon or a rendezvous of names, with crashes, pauses, slowness, "
    "bad clocks, small limits, cuts and bad links, of the resolver, too; then everything heals, "
    "and "
    "the world must become quiet. A run that breaks a promise is told with its faults, its last "
    "events and the command that repeats it (spec, hunt.md).\n\n"
    "Exit status: 0 nothing was broken, 1 something was, 3 an argument is not as it should be, 4 "
    "the search itself failed, 130 interrupted.\n\n"
    "Examples:\n"
    "  uripc hunt reference\n"
    "  uripc hunt reference --for 5m --jobs 2\n"
    "  uripc hunt reference --seed 17 --runs 1";

static const struct argp_option options[] = {
    {"runs", OPTION_RUNS, "N", 0, "so many runs (default: 10000)", 0},
    {"for", OPTION_FOR, "TIME", 0, "go on so long: 30s, 5m, 2h", 0},
    {"seed", 's', "N", 0, "the first seed (default: 1)", 0},
    {"jobs", 'j', "N", 0, "processes at once (default: one for each processor)", 0},
    {"profile", OPTION_PROFILE, "P", 0, "a delivery profile (default: all in turn)", 0},
    {"mode", OPTION_MODE, "M", 0, "what applications do: calls, sessions or queues (default: all)",
     0},
    {"resolver", OPTION_RESOLVER, "R", 0,
     "who keeps the names: table, daemon or rendezvous (default: all)", 0},
    {"out", 'o', "DIR", 0, "also write DIR/hunt.jsonl", 0},
    {"mutant", OPTION_MUTANT, "ID", 0, "plant one of `uripc list mutants` in the reference", 0},
    {0}};

static const struct sim_backend reference = {
    .name = "reference", .node = &uripc_node_ops, .table = &uripc_table_ops};

struct arguments {
    const char *backend, *out, *mutant, *profile, *mode, *resolver;
    uint64_t seed, runs, duration;
    unsigned jobs;
};

static bool read_number(const char *text, uint64_t most, uint64_t *value, const char **rest)
{
    char *end = NULL;
    errno = 0;
    const unsigned long long read = strtoull(text, &end, 10);
    *value = read;
    *rest = end;
    return end != text && text[0] >= '0' && text[0] <= '9' && errno == 0 && read <= most;
}

static uint64_t number(struct argp_state *state, const char *name, const char *text, uint64_t least,
                       uint64_t most)
{
    uint64_t value = 0;
    const char *rest = NULL;
    if (!read_number(text, most, &value, &rest) || *rest != '\0' || value < least)
        argp_error(state,
                   "--%s: expected a whole number from %" PRIu64 " to %" PRIu64 ", found \"%s\"",
                   name, least, most, text);
    return value;
}

static uint64_t duration(struct argp_state *state, const char *text)
{
    static const struct {
        const char *unit;
        uint64_t seconds;
    } units[] = {{"s", 1}, {"m", 60}, {"h", 3600}};
    uint64_t value = 0;
    const char *rest = "";
    if (read_number(text, 1000000, &value, &rest) && value > 0) {
        for (size_t i = 0; i < sizeof units / sizeof units[0]; i++) {
            if (strcmp(rest, units[i].unit) == 0)
                return value * units[i].seconds * UINT64_C(1000000000);
        }
    }
    argp_error(state, "--for: expected a time such as 30s, 5m or 2h, found \"%s\"", text);
    return 0;
}

static const char *one_of(struct argp_state *state, const char *name, const char *text,
                          const char *const *names, unsigned count, const char *expected)
{
    for (unsigned i = 0; i < count; i++) {
        if (strcmp(names[i], text) == 0)
            return names[i];
    }
    argp_error(state, "--%s: expected %s, found \"%s\"", name, expected, text);
    return NULL;
}

static error_t parse(int key, char *text, struct argp_state *state)
{
    struct arguments *arguments = state->input;
    switch (key) {
    case OPTION_RUNS:
        arguments->runs = number(state, "runs", text, 1, UINT64_C(1000000000000));
        break;
    case OPTION_FOR:
        arguments->duration = duration(state, text);
        break;
    case 's':
        arguments->seed = number(state, "seed", text, 0, UINT64_C(1000000000000000));
        break;
    case 'j':
        arguments->jobs = (unsigned)number(state, "jobs", text, 1, JOBS_MOST);
        break;
    case OPTION_PROFILE:
        if (!sim_profile_find(text))
            argp_error(state,
                       "--profile: there is no profile \"%s\"; `uripc list profiles` lists "
                       "them",
                       text);
        arguments->profile = text;
        break;
    case 'o':
        arguments->out = text;
        break;
    case OPTION_MODE:
        arguments->mode =
            one_of(state, "mode", text, hunt_mode_names, HUNT_MODES, "calls, sessions or queues");
        break;
    case OPTION_RESOLVER:
        arguments->resolver = one_of(state, "resolver", text, hunt_resolver_names, HUNT_RESOLVERS,
                                     "table, daemon or rendezvous");
        break;
    case OPTION_MUTANT:
        arguments->mutant = text;
        break;
    case ARGP_KEY_ARG:
        if (arguments->backend)
            argp_error(state, "one backend at a time, found \"%s\" as well", text);
        arguments->backend = text;
        break;
    case ARGP_KEY_END:
        if (!arguments->backend)
            argp_error(state, "expected a backend: reference");
        if (strcmp(arguments->backend, "reference") != 0)
            argp_error(state, "expected a backend that can be searched: reference, found \"%s\"",
                       arguments->backend);
        break;
    default:
        return ARGP_ERR_UNKNOWN;
    }
    return 0;
}

/* False: there is none with this name. */
static bool plant(const char *id)
{
#ifdef URIPC_MUTANTS
    static const char *const ids[] = {
#define ID_ROW(NAME, id, clause, benign, text) [URIPC_MUTANT_##NAME] = id,
        URIPC_MUTANT_MAP(ID_ROW)
#undef ID_ROW
    };
    for (size_t i = 1; i < sizeof ids / sizeof ids[0]; i++) {
        if (strcmp(ids[i], id) == 0) {
            uripc_mutant = (int)i;
            return true;
        }
    }
#endif
    (void)fprintf(stderr,
                  "uripc hunt: error: there is no mutant \"%s\"; `uripc list mutants` lists them\n",
                  id);
    return false;
}

static FILE *open_output(const char *folder)
{
    char path[PATH_MAX];
    (void)snprintf(path, sizeof path, "%s/hunt.jsonl", folder);
    FILE *out = mkdir(folder, 0777) != 0 && errno != EEXIST ? NULL : fopen(path, "w");
    if (!out)
        (void)fprintf(stderr, "uripc hunt: error: %s: %s\n", path, strerror(errno));
    return out;
}

static void on_interrupt(int number_of_signal)
{
    (void)number_of_signal;
    hunt_interrupted = 1;
}

static int run(const struct arguments *arguments, FILE *out)
{
    static struct hunt_total total;
    const struct hunt_order order = {
        .backend = &reference,
        .profile = arguments->profile,
        .mode = arguments->mode,
        .resolver = arguments->resolver,
        .seed = arguments->seed,
        .runs = arguments->duration != 0 && arguments->runs == 0 ? SIM_NEVER
                : arguments->runs != 0                           ? arguments->runs
                                                                 : RUNS,
        .until = arguments->duration != 0 ? hunt_clock() + arguments->duration : 0,
        .jobs = arguments->jobs,
        .progress = isatty(STDERR_FILENO) != 0};
    const struct hunt_words words = {arguments->backend, arguments->profile, arguments->mode,
                                     arguments->resolver, arguments->mutant};
    const bool right = hunt_jobs(&order, &total);
    const bool whole = hunt_interrupted == 0;
    hunt_print(&order, &total, &words, whole);
    if (out)
        hunt_write(out, &order, &total, &words, whole);
    if (!right && whole) {
        (void)fputs("uripc hunt: error: there is not enough memory, or no more processes\n",
                    stderr);
        return EXIT_SUITE;
    }
    if (!whole)
        return EXIT_INTERRUPTED;
    return total.broken > 0 || total.signal != 0 ? EXIT_BROKEN : 0;
}

int main(int argc, char **argv)
{
    struct arguments arguments = {.seed = 1};
    const long processors = sysconf(_SC_NPROCESSORS_ONLN);
    arguments.jobs = processors > 0 && processors < JOBS_MOST ? (unsigned)processors : 1;
    const struct argp argp = {options, parse, "BACKEND", help, NULL, NULL, NULL};
    static char name[] = "uripc hunt";
    argv[0] = name;
    argp_err_exit_status = EXIT_INVALID;
    if (argp_parse(&argp, argc, argv, 0, NULL, &arguments) != 0)
        return EXIT_INVALID;
    if (arguments.mutant && !plant(arguments.mutant))
        return EXIT_INVALID;
    FILE *out = arguments.out ? open_output(arguments.out) : NULL;
    if (arguments.out && !out)
        return EXIT_INVALID;
    const struct sigaction action = {.sa_handler = on_interrupt};
    (void)sigaction(SIGINT, &action, NULL);
    (void)sigaction(SIGTERM, &action, NULL);
    int status = run(&arguments, out);
    if (out && fclose(out) != 0)
        status = EXIT_INVALID;
    return status;
}
