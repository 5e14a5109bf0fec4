/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE /* argp */

#include <argp.h>
#include <stdlib.h>
#include <string.h>

#include "command.h"
#include "mutant.h"
#include "probe.h"
#include "suite.h"
#include "verdict.h"
#include "worlds/real.h"

static const char help[] =
    "List what there is, one per line, its name or id first.\v"
    "WHAT is cases (the default), clauses, backends, capabilities, profiles, mutants, "
    "studies or designs.\n\n"
    "Examples:\n"
    "  uripc list\n"
    "  uripc list clauses --uncovered\n"
    "  uripc list mutants";

enum { OPTION_UNCOVERED = 256 };

static const struct argp_option options[] = {
    {"uncovered", OPTION_UNCOVERED, NULL, 0, "only clauses that no case tests", 0}, {0}};

static const char *const things[] = {"cases",    "clauses", "backends", "capabilities",
                                     "profiles", "mutants", "studies",  "designs"};

enum { THINGS = sizeof(things) / sizeof(things[0]) };

struct arguments {
    const char *what;
    bool uncovered;
};

static error_t parse(int key, char *text, struct argp_state *state)
{
    struct arguments *arguments = state->input;
    switch (key) {
    case OPTION_UNCOVERED:
        arguments->uncovered = true;
        break;
    case ARGP_KEY_ARG:
        if (arguments->what)
            argp_error(state, "one thing at a time, found \"%s\" as well", text);
        arguments->what = text;
        break;
    default:
        return ARGP_ERR_UNKNOWN;
    }
    return 0;
}

static void list_backends(void)
{
    for (size_t i = 0; i < cf_backend_count(); i++) {
        const struct cf_backend *backend = cf_backend_at(i);
        if (!backend->hidden)
            printf("%-16s %-10s %s\n", backend->name, backend->real ? "real" : "simulated",
                   backend->text);
    }
    const char *name;
    const char *text;
    for (size_t i = 0; cf_baseline_at(i, &name, &text); i++)
        printf("%-16s %-10s %s\n", name, "baseline", text);
}

static void list_profiles(void)
{
    const char *name;
    const char *text;
    for (size_t i = 0; cf_profile_at(i, &name, &text); i++)
        printf("%-24s %s\n", name, text);
}

static void list_mutants(void)
{
    struct cf_mutant mutant;
    for (size_t i = 0; cf_mutant_at(i, &mutant); i++)
        printf("%-24s %-8s %s\n", mutant.id, mutant.benign ? "benign" : mutant.clause, mutant.text);
}

static void list_cases(const struct cf_suite *suite)
{
    for (size_t i = 0; i < suite->count; i++) {
        const struct cf_suite_case *entry = &suite->cases[i];
        uint32_t needs = entry->test_case->needs;
        char names[256];
        cf_needs_text(needs, names, sizeof(names));
        printf("%-48s %-12s %s%s%s%s\n", entry->test_case->name, entry->chapter,
               entry->test_case->promise, needs ? " [needs " : "", names, needs ? "]" : "");
    }
}

static const struct capability {
    enum cf_need need;
    const char *name;
    const char *text;
    bool of_world;
} capabilities[] = {
#define WORLD_ROW(bit, NAME, name, text) {CF_NEED_##NAME, name, text, true},
#define ROW(bit, NAME, name, text) {CF_NEED_##NAME, name, text, false},
    CF_WORLD_CAPABILITY_MAP(WORLD_ROW) URIPC_CAPABILITY_MAP(ROW)
#undef ROW
#undef WORLD_ROW
};

/* Who can have a capability: a world (whether the real one has, may depend on who runs it) or an
 * implementation, which declares it. */
static const char *owner_of(const struct capability *capability)
{
    if (!capability->of_world)
        return "implementation";
    const struct cf_real any = {.command_count = 0};
    return cf_real_capabilities(&any) & (uint32_t)capability->need ? "both worlds"
                                                                   : "simulated world";
}

static void list_capabilities(const struct cf_suite *suite)
{
    for (size_t i = 0; i < sizeof(capabilities) / sizeof(capabilities[0]); i++) {
        const struct capability *capability = &capabilities[i];
        size_t count = 0;
        for (size_t k = 0; k < suite->count; k++)
            count += (suite->cases[k].test_case->needs & (uint32_t)capability->need) != 0;
        printf("%-13s %-16s %3zu case%s  %s\n", capability->name, owner_of(capability), count,
               count == 1 ? " " : "s", capability->text);
    }
}

/* Cases that test a clause, by their header or by a line of their own. */
static size_t count_cases(const struct cf_suite *suite, const char *id)
{
    size_t count = 0;
    for (size_t i = 0; i < suite->count; i++)
        count += cf_case_tests(suite->cases[i].test_case, id);
    return count;
}

static void list_clauses(const struct cf_clauses *clauses, const struct cf_suite *suite,
                         bool uncovered)
{
    for (size_t i = 0; i < clauses->count; i++) {
        const struct cf_clause_entry *clause = &clauses->list[i];
        size_t count = count_cases(suite, clause->id);
        if (!uncovered || count == 0) {
            printf("%-7s %-10s %3zu case%s  %s\n", clause->id, clause->level, count,
                   count == 1 ? " " : "s", clause->text);
        }
    }
}

static int list_from_suite(const struct arguments *arguments)
{
    struct cf_clauses clauses = {0};
    struct cf_suite suite = {0};
    bool good = cf_clauses_load(&clauses) && cf_suite_load(&suite, &clauses);
    if (good && strcmp(arguments->what, "cases") == 0)
        list_cases(&suite);
    else if (good && strcmp(arguments->what, "capabilities") == 0)
        list_capabilities(&suite);
    else if (good)
        list_clauses(&clauses, &suite, arguments->uncovered);
    cf_suite_free(&suite);
    cf_clauses_free(&clauses);
    return good ? CF_EXIT_OK : CF_EXIT_USAGE;
}

int cf_cmd_list(int argc, char **argv)
{
    const struct argp argp = {options, parse, "[WHAT]", help, NULL, NULL, NULL};
    struct arguments arguments = {0};
    cf_arguments(&argp, argc, argv, &arguments);
    if (!arguments.what)
        arguments.what = arguments.uncovered ? "clauses" : "cases";
    if (arguments.uncovered && strcmp(arguments.what, "clauses") != 0) {
        cf_complain_aloud("error: --uncovered is about clauses; expected `uripc list clauses "
                          "--uncovered`");
        return CF_EXIT_USAGE;
    }
    if (strcmp(arguments.what, "backends") == 0) {
        list_backends();
        return CF_EXIT_OK;
    }
    if (strcmp(arguments.what, "profiles") == 0) {
        list_profiles();
        return CF_EXIT_OK;
    }
    if (strcmp(arguments.what, "mutants") == 0) {
        if (!cf_mutants_built())
            return cf_run_mutants_program("list", argc, argv);
        list_mutants();
        return CF_EXIT_OK;
    }
    if (strcmp(arguments.what, "cases") == 0 || strcmp(arguments.what, "clauses") == 0 ||
        strcmp(arguments.what, "capabilities") == 0)
        return list_from_suite(&arguments);
    if (strcmp(arguments.what, "studies") == 0 || strcmp(arguments.what, "designs") == 0)
        return cf_list_of_studies(arguments.what);
    return cf_no_such("list of", arguments.what, things, THINGS, "`uripc list --help` names them");
}
