/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE /* argp */

#include <argp.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "command.h"
#include "pool.h"
#include "realm.h"
#include "supervisor.h"
#include "target.h"
#include "trial.h"
#include "verdict.h"

static const char help[] =
    "Try a driver that is being written, step by step, and explain its first mistake.\v"
    "BACKEND is what `uripc check` takes: a name that `uripc list backends` shows as real, the "
    "path "
    "of a shared object, or after `--` the command that starts a driver.  First come the steps of "
    "the driver protocol, one after the other, then a case for each capability, declared or "
    "not.\n\n"
    "Exit status: 0 it makes no mistake, 1 it makes one, 3 wrong usage.\n\n"
    "Examples:\n"
    "  uripc probe ./libmine.so\n"
    "  uripc probe -- python3 my_driver.py";

struct arguments {
    const char *backend;
    char *const *command; /* after `--`; else NULL */
};

static error_t parse(int key, char *text, struct argp_state *state)
{
    struct arguments *arguments = state->input;
    switch (key) {
    case ARGP_KEY_ARG:
        if (arguments->backend)
            argp_error(state, "one BACKEND is enough, found \"%s\" as well", text);
        if (state->quoted && state->next > state->quoted) {
            arguments->command = &state->argv[state->next - 1];
            state->next = state->argc;
        }
        arguments->backend = text;
        break;
    case ARGP_KEY_NO_ARGS:
        argp_error(state, "expected a BACKEND, such as `./libmine.so`, or `-- COMMAND`");
        break;
    default:
        return ARGP_ERR_UNKNOWN;
    }
    return 0;
}

/* The cases that probe capabilities, and what became of them. */
struct probe {
    struct cf_target target;
    struct cf_clauses clauses;
    struct cf_suite suite, cases;
    char *words; /* what names the backend on a command line */
    struct result {
        enum cf_verdict verdict;
        char *reason;
    } * results; /* by case */
};

static void on_ended(void *user, const struct cf_pool_case *ended)
{
    struct probe *probe = user;
    struct result *result = &probe->results[ended->index];
    result->verdict = ended->verdict;
    result->reason = strdup(ended->reason);
}

static void explain(const struct probe *probe, const struct cf_case *test_case,
                    const struct result *result)
{
    printf("MISTAKE\n\n  received   %s\n  expected   `%s` declared and there, or neither\n",
           result->reason, cf_need_name((enum cf_need)test_case->probes));
    cf_trial_quote(stdout, "What a driver declares in `capabilities`");
    printf("  next       declare what it can, or mend it: the case alone is\n"
           "             uripc check --filter %s %s\n",
           test_case->name, probe->words);
}

/* False: it was a mistake, which is explained. */
static bool tell(const struct probe *probe, size_t index)
{
    const struct cf_case *test_case = probe->cases.cases[index].test_case;
    const struct result *result = &probe->results[index];
    char title[64];
    snprintf(title, sizeof(title), "capability %s", cf_need_name((enum cf_need)test_case->probes));
    cf_trial_title(stdout, title);
    bool declared = probe->target.backend.capabilities & test_case->probes;
    switch (result->verdict) {
    case CF_VERDICT_PASS:
    case CF_VERDICT_PASS_NONSTRICT:
        puts("ok   is there");
        return true;
    case CF_VERDICT_UNSUPPORTED:
        printf("ok   %s%s\n", declared ? "not tried: " : "not declared",
               declared ? result->reason : "");
        return true;
    case CF_VERDICT_UNRESOLVED:
    case CF_VERDICT_NOT_RUN:
        printf("?    cannot be told: %s\n", result->reason ? result->reason : "not run");
        return true;
    default:
        explain(probe, test_case, result);
        return false;
    }
}

static int tell_all(const struct probe *probe, enum cf_pool_end end)
{
    if (end == CF_POOL_BROKEN)
        return CF_EXIT_BROKEN;
    if (end == CF_POOL_INTERRUPTED)
        return CF_EXIT_INTERRUPTED;
    for (size_t i = 0; i < probe->cases.count; i++)
        if (!tell(probe, i))
            return CF_EXIT_UNEXPECTED;
    printf("\nNo mistake was found.  Next, what the contract says, chapter by chapter or whole:\n\n"
           "  uripc check --filter 'routing/*' %s\n"
           "  uripc check %s\n",
           probe->words, probe->words);
    return CF_EXIT_OK;
}

static int probe_capabilities(struct probe *probe, const struct cf_run_place *place)
{
    const struct cf_target *target = &probe->target;
    cf_target_ask(&probe->target, place->name, place->folder);
    if (!cf_clauses_load(&probe->clauses) || !cf_suite_load(&probe->suite, &probe->clauses) ||
        !cf_suite_select(&probe->suite, "capabilities/*", NULL, &probe->cases))
        return CF_EXIT_USAGE;
    probe->results = calloc(probe->cases.count + 1, sizeof(*probe->results));
    if (!probe->results)
        return CF_EXIT_BROKEN;
    for (size_t i = 0; i < probe->cases.count; i++)
        probe->results[i].verdict = CF_VERDICT_NOT_RUN;
    const struct cf_pool pool = {.suite = &probe->cases,
                                 .backend = &target->backend,
                                 .trouble = target->in_trouble ? &target->trouble : NULL,
                                 .log = target->log,
                                 .seeds = {1, 1},
                                 .repeat = 1,
                                 .jobs = cf_jobs_usual(),
                                 .command = "uripc check",
                                 .driver = probe->words,
                                 .ended = on_ended,
                                 .user = probe};
    return tell_all(probe, cf_pool_run(&pool));
}

static int run(struct probe *probe, const struct cf_run_place *place)
{
    char realm[CF_REALM_PATH_MAX + 1];
    snprintf(realm, sizeof(realm), "%s/probe", place->folder);
    if (!cf_realm_make(realm, false)) {
        cf_complain_aloud("error: %s cannot be made: %s", realm, strerror(errno));
        return CF_EXIT_BROKEN;
    }
    const struct cf_trial trial = {
        .command = probe->target.commands[0], .run = place->name, .realm = realm, .out = stdout};
    return cf_trial(&trial) ? probe_capabilities(probe, place) : CF_EXIT_UNEXPECTED;
}

/* What to type to name the backend: a word, or `-- COMMAND`. */
static char *words_of(const struct arguments *arguments)
{
    char *command = arguments->command ? cf_command_text(arguments->command) : NULL;
    const char *backend = command ? command : arguments->backend;
    size_t size = strlen(backend) + 4;
    char *words = malloc(size);
    if (words)
        snprintf(words, size, "%s%s", command ? "-- " : "", backend);
    free(command);
    return words;
}

static bool find(struct probe *probe, const struct arguments *arguments)
{
    if (arguments->command)
        return cf_target_command(&probe->target, arguments->command);
    if (!cf_target_find(&probe->target, arguments->backend))
        return false;
    if (!probe->target.backend.real)
        cf_complain_aloud("error: \"%s\" is a simulated backend, which has no driver",
                          arguments->backend);
    return probe->target.backend.real;
}

static void clean_up(struct probe *probe)
{
    for (size_t i = 0; probe->results && i < probe->cases.count; i++)
        free(probe->results[i].reason);
    free(probe->results);
    free(probe->words);
    cf_suite_release(&probe->cases);
    cf_suite_free(&probe->suite);
    cf_clauses_free(&probe->clauses);
    cf_target_free(&probe->target);
}

int cf_cmd_probe(int argc, char **argv)
{
    const struct argp argp = {NULL, parse, "BACKEND\n-- COMMAND [ARGUMENT...]", help, NULL,
                              NULL, NULL};
    struct arguments arguments = {0};
    struct cf_run_place place;
    int status = CF_EXIT_USAGE;
    cf_arguments(&argp, argc, argv, &arguments);
    struct probe probe = {.words = words_of(&arguments)};
    if (find(&probe, &arguments) && cf_supervise(&place, &status)) {
        cf_pool_heed_signals();
        status = run(&probe, &place);
    }
    clean_up(&probe);
    return status;
}
