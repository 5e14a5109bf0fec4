/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE /* argp */

#include <argp.h>
#include <errno.h>
#include <fnmatch.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "mutant.h"
#include "pool.h"

static const char help[] =
    "Plant faults in the reference, one at a time, and see whether the suite notices.\v"
    "A fault counts as noticed only if a case fails at a line, or by a rule, that stands for the "
    "clause the fault breaks.  Benign ones break nothing and must not be noticed.\n\n"
    "The last line lists the clauses that no fault has made fail: no line that failed, and no rule "
    "that was broken, under any fault but benign ones, stands for them.\n\n"
    "Examples:\n"
    "  uripc mutants\n"
    "  uripc mutants --filter 'DSP-*'\n"
    "  uripc mutants --out results --jobs 2";

enum { OPTION_FILTER = 256 };

static const struct argp_option options[] = {
    {"filter", OPTION_FILTER, "GLOB", 0, "only faults whose name, or whose clause, it matches", 0},
    {"out", 'o', "DIR", 0, "write mutants.jsonl into this folder", 0},
    {"jobs", 'j', "N", 0, "how many workers (default: one for each processor)", 0},
    {0}};

enum { KILLERS_KEPT = 8 };

struct arguments {
    const char *out;
    const char *filter; /* NULL: all */
    unsigned jobs;
    char *command; /* as it was given */
};

static error_t parse(int key, char *text, struct argp_state *state)
{
    struct arguments *arguments = state->input;
    switch (key) {
    case OPTION_FILTER:
        arguments->filter = text;
        break;
    case 'o':
        arguments->out = text;
        break;
    case 'j':
        cf_jobs_argument(state, text, &arguments->jobs);
        break;
    case ARGP_KEY_ARG:
        argp_error(state, "no arguments are expected, found \"%s\"", text);
        break;
    default:
        return ARGP_ERR_UNKNOWN;
    }
    return 0;
}

/* A case that failed for the right reason. */
struct killer {
    size_t index;
    unsigned line;
    char *reason;
};

struct mutants {
    const struct arguments *arguments;
    struct cf_clauses clauses;
    struct cf_suite suite;
    struct cf_pool pool;
    FILE *file;
    bool *failed; /* by clause: under some fault, not necessarily its own, something that stands for
                   * it has failed */
    uint64_t killed, survived, alarms;
    bool unwritable;

    /* Of the one that is planted. */
    struct cf_mutant mutant;
    struct killer killers[KILLERS_KEPT];
    size_t killer_count;
    uint64_t cases_failed;
};

static bool contains_word(const char *words, const char *word)
{
    size_t length = strlen(word);
    for (const char *at = strstr(words, word); at && length; at = strstr(at + 1, word)) {
        bool begins = at == words || at[-1] == ' ';
        if (begins && (at[length] == ' ' || at[length] == '\0'))
            return true;
    }
    return false;
}

/* Keeps the first ones by name, in whatever order they come. */
static void keep_killer(struct mutants *self, const struct cf_pool_case *result)
{
    size_t at = self->killer_count < KILLERS_KEPT ? self->killer_count++ : 0;
    struct killer *place = &self->killers[at];
    for (size_t i = 0; at == 0 && i < self->killer_count; i++)
        place = self->killers[i].index > place->index ? &self->killers[i] : place;
    if (place->reason && place->index < result->index)
        return;
    free(place->reason);
    *place = (struct killer){
        .index = result->index, .line = result->failed_line, .reason = strdup(result->reason)};
}

static void on_ended(void *user, const struct cf_pool_case *result)
{
    struct mutants *self = user;
    if (!cf_verdict_breaks(result->verdict))
        return;
    self->cases_failed++;
    for (size_t i = 0; i < self->clauses.count && !self->mutant.benign; i++)
        if (contains_word(result->blamed, self->clauses.list[i].id))
            self->failed[i] = true;
    if (contains_word(result->blamed, self->mutant.clause))
        keep_killer(self, result);
}

static int by_name(const void *a, const void *b)
{
    const struct killer *left = a;
    const struct killer *right = b;
    return (left->index > right->index) - (left->index < right->index);
}

static void print_row(const struct mutants *self)
{
    const struct cf_mutant *mutant = &self->mutant;
    char by[256] = "";
    if (mutant->benign) {
        snprintf(by, sizeof(by), "%s", self->cases_failed ? "FALSE ALARM" : "benign, no alarm");
    } else if (self->killer_count == 0) {
        snprintf(by, sizeof(by), "SURVIVED");
    } else {
        const struct cf_case *test_case = self->suite.cases[self->killers[0].index].test_case;
        snprintf(by, sizeof(by), "%s:%u", test_case->name, self->killers[0].line);
    }
    printf("%-24s %-8s %-56s %4" PRIu64 " failed\n", mutant->id,
           mutant->benign ? "-" : mutant->clause, by, self->cases_failed);
    fflush(stdout);
}

static const char *chapter_of(const struct mutants *self)
{
    const struct cf_clause_entry *clause = cf_clauses_find(&self->clauses, self->mutant.clause);
    return clause ? clause->chapter_name : "";
}

static void write_row(struct mutants *self)
{
    const struct cf_mutant *mutant = &self->mutant;
    json_t *by = json_array();
    for (size_t i = 0; i < self->killer_count; i++) {
        const struct killer *killer = &self->killers[i];
        json_array_append_new(by, json_pack("{s:s, s:i, s:s, s:s}", "case",
                                            self->suite.cases[killer->index].test_case->name,
                                            "line", (int)killer->line, "clause", mutant->clause,
                                            "reason", killer->reason ? killer->reason : ""));
    }
    json_t *object =
        json_pack("{s:s, s:s, s:s, s:s, s:b, s:s, s:b, s:o, s:I}", "kind", "mutant", "id",
                  mutant->id, "chapter", chapter_of(self), "text", mutant->text, "benign",
                  mutant->benign, "clause", mutant->clause, "killed", self->killer_count > 0, "by",
                  by, "cases_failed", (json_int_t)self->cases_failed);
    char *text = object ? json_dumps(object, JSON_COMPACT) : NULL;
    self->unwritable = !text || !cf_results_line(self->file, text) || self->unwritable;
    free(text);
    json_decref(object);
}

static void count_row(struct mutants *self)
{
    if (self->mutant.benign)
        self->alarms += self->cases_failed > 0;
    else if (self->killer_count)
        self->killed++;
    else
        self->survived++;
}

static enum cf_pool_end run_mutant(struct mutants *self)
{
    self->killer_count = 0;
    self->cases_failed = 0;
    self->pool.mutant = self->mutant.number;
    enum cf_pool_end end = cf_pool_run(&self->pool);
    if (end == CF_POOL_DONE) {
        qsort(self->killers, self->killer_count, sizeof(self->killers[0]), by_name);
        print_row(self);
        count_row(self);
        if (self->file)
            write_row(self);
    }
    for (size_t i = 0; i < KILLERS_KEPT; i++) {
        free(self->killers[i].reason);
        self->killers[i] = (struct killer){0};
    }
    return end;
}

static void write_footer(struct mutants *self, bool partial)
{
    json_t *never = json_array();
    for (size_t i = 0; i < self->clauses.count; i++)
        if (!self->failed[i])
            json_array_append_new(never, json_string(self->clauses.list[i].id));
    json_t *object =
        json_pack("{s:s, s:I, s:I, s:I, s:b, s:o}", "kind", "footer", "killed",
                  (json_int_t)self->killed, "survived", (json_int_t)self->survived, "alarms",
                  (json_int_t)self->alarms, "partial", partial, "clauses_never_failed", never);
    char *text = object ? json_dumps(object, JSON_COMPACT) : NULL;
    self->unwritable = !text || !cf_results_line(self->file, text) || self->unwritable;
    free(text);
    json_decref(object);
    self->unwritable = fclose(self->file) != 0 || self->unwritable;
}

static void print_totals(const struct mutants *self)
{
    printf("%" PRIu64 " killed, %" PRIu64 " survived, %" PRIu64 " false alarms\n", self->killed,
           self->survived, self->alarms);
    if (self->arguments->filter)
        return; /* of most clauses nothing can be said */
    printf("clauses no mutant has made fail:");
    for (size_t i = 0; i < self->clauses.count; i++)
        if (!self->failed[i])
            printf(" %s", self->clauses.list[i].id);
    putchar('\n');
}

/* Whether the fault at hand is asked for. */
static bool is_selected(const struct mutants *self)
{
    const char *filter = self->arguments->filter;
    return !filter || fnmatch(filter, self->mutant.id, 0) == 0 ||
           fnmatch(filter, self->mutant.clause, 0) == 0;
}

static bool any_selected(struct mutants *self)
{
    for (size_t i = 0; cf_mutant_at(i, &self->mutant); i++)
        if (is_selected(self))
            return true;
    cf_complain_aloud("error: \"%s\" matches no planted fault, and no clause of one",
                      self->arguments->filter);
    return false;
}

static int run_all(struct mutants *self)
{
    enum cf_pool_end end = CF_POOL_DONE;
    for (size_t i = 0; end == CF_POOL_DONE && cf_mutant_at(i, &self->mutant); i++)
        if (is_selected(self))
            end = run_mutant(self);
    if (self->file)
        write_footer(self, end != CF_POOL_DONE || self->arguments->filter);
    print_totals(self);
    if (self->unwritable) {
        cf_complain_aloud("error: %s/mutants.jsonl is incomplete: %s", self->arguments->out,
                          strerror(errno));
    }
    const struct cf_findings findings = {.interrupted = end == CF_POOL_INTERRUPTED,
                                         .broken = end == CF_POOL_BROKEN,
                                         .misused = self->unwritable,
                                         .unexpected = self->survived || self->alarms};
    return cf_exit_status(&findings);
}

static bool open_results(struct mutants *self)
{
    const struct cf_results_header header = {.of = "mutants",
                                             .backend = self->pool.backend,
                                             .clauses = &self->clauses,
                                             .seeds = self->pool.seeds,
                                             .suite = cf_suite_hash(&self->suite),
                                             .jobs = self->pool.jobs,
                                             .command = self->arguments->command};
    if (self->arguments->out)
        self->file = cf_results_open(self->arguments->out, "mutants.jsonl", &header);
    return !self->arguments->out || self->file;
}

int cf_cmd_mutants(int argc, char **argv)
{
    const struct argp argp = {options, parse, "", help, NULL, NULL, NULL};
    struct arguments arguments = {.jobs = cf_jobs_usual()};
    cf_arguments(&argp, argc, argv, &arguments);
    if (!cf_mutants_built())
        return cf_run_mutants_program("mutants", argc, argv);
    arguments.command = cf_whole_command(argc, argv);
    struct mutants self = {.arguments = &arguments};
    int status = CF_EXIT_USAGE;
    self.pool = (struct cf_pool){.suite = &self.suite,
                                 .backend = cf_backend_find("reference"),
                                 .seeds = {1, 1},
                                 .repeat = 1,
                                 .jobs = arguments.jobs,
                                 .command = "uripc check reference",
                                 .ended = on_ended,
                                 .user = &self};
    if (cf_clauses_load(&self.clauses) && cf_suite_load(&self.suite, &self.clauses)) {
        self.failed = calloc(self.clauses.count, sizeof(*self.failed));
        cf_pool_heed_signals();
        if (self.failed && any_selected(&self) && open_results(&self))
            status = run_all(&self);
    }
    free(arguments.command);
    free(self.failed);
    cf_suite_free(&self.suite);
    cf_clauses_free(&self.clauses);
    return status;
}
