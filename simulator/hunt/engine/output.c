/* SPDX-License-Identifier: MIT */
#define _POSIX_C_SOURCE 200809L

#include "simulator/hunt/engine/output.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { LAST_LINES = 40, PLAN_LINES = 64, LINE = HUNT_TEXT + 80, TOLD_AT_LENGTH = 3 };

/* The faults that were drawn, and the last that was logged before it broke. */
struct story {
    char plan[PLAN_LINES][LINE];
    char last[LAST_LINES][LINE];
    unsigned plans;
    uint64_t lines;
    bool over;
};

static void on_line(void *user, const char *line)
{
    struct story *story = user;
    if (story->over)
        return;
    const bool plan = strstr(line, "   plan ") != NULL || strstr(line, "  plan ") != NULL;
    if (plan && story->plans < PLAN_LINES)
        (void)snprintf(story->plan[story->plans++], LINE, "%s", line);
    else if (!plan)
        (void)snprintf(story->last[story->lines++ % LAST_LINES], LINE, "%s", line);
    story->over = strstr(line, " BROKEN ") != NULL;
}

static void tell_story(const struct hunt_order *order, uint64_t seed)
{
    struct story *story = calloc(1, sizeof *story);
    struct hunt *hunt = hunt_new();
    if (story && hunt) {
        const struct hunt_setup setup = {.seed = seed,
                                         .backend = order->backend,
                                         .profile = order->profile,
                                         .mode = order->mode,
                                         .resolver = order->resolver,
                                         .log = on_line,
                                         .user = story};
        struct hunt_result result;
        hunt_run(hunt, &setup, &result);
        printf("    faults drawn:\n");
        for (unsigned i = 0; i < story->plans; i++)
            printf("      %s\n", strstr(story->plan[i], "plan ") + 5);
        printf("    the last events:\n");
        const uint64_t first = story->lines > LAST_LINES ? story->lines - LAST_LINES : 0;
        for (uint64_t i = first; i < story->lines; i++)
            printf("    %s\n", story->last[i % LAST_LINES]);
    }
    hunt_free(hunt);
    free(story);
}

/* In a process of its own: what is broken may break that, too. */
static void print_story(const struct hunt_order *order, uint64_t seed)
{
    (void)fflush(NULL);
    const pid_t child = fork();
    if (child == 0) {
        tell_story(order, seed);
        (void)fflush(NULL);
        _exit(0);
    }
    while (child > 0 && waitpid(child, NULL, 0) < 0 && errno == EINTR)
        continue;
}

static void print_command(FILE *out, const struct hunt_words *words, uint64_t seed)
{
    (void)fprintf(out, "uripc hunt %s --seed %" PRIu64 " --runs 1", words->backend, seed);
    if (words->profile)
        (void)fprintf(out, " --profile %s", words->profile);
    if (words->mode)
        (void)fprintf(out, " --mode %s", words->mode);
    if (words->resolver)
        (void)fprintf(out, " --resolver %s", words->resolver);
    if (words->mutant)
        (void)fprintf(out, " --mutant %s", words->mutant);
}

static void print_failure(const struct hunt_order *order, const struct hunt_failure *failure,
                          const struct hunt_words *words, bool at_length)
{
    const struct hunt_result *result = &failure->result;
    printf("broken: %s in %" PRIu64 " runs (%s), first with seed %" PRIu64
           " (%s, %s, profile %s), at %" PRIu64 " ns:\n    %s\n    repeat: ",
           result->clause, failure->runs, result->liveness ? "liveness" : "safety", failure->seed,
           hunt_mode_names[result->mode], hunt_resolver_names[result->resolver], result->profile,
           result->at, result->text);
    print_command(stdout, words, failure->seed);
    printf("\n");
    if (at_length)
        print_story(order, failure->seed);
}

/* Numbers with their names. */
static void print_row(const char *head, const uint64_t *values, const char *const *names,
                      unsigned count)
{
    printf("%s", head);
    for (unsigned i = 0; i < count; i++)
        printf("%s %s %" PRIu64, i == 0 ? "" : ",", names[i], values[i]);
    printf("\n");
}

static void print_happened(const struct hunt_total *total)
{
    print_row("modes:", total->modes, hunt_mode_names, HUNT_MODES);
    print_row("resolvers:", total->resolvers, hunt_resolver_names, HUNT_RESOLVERS);
    print_row("faults:", total->fired, sim_family_names, SIM_FAMILIES);
    printf("happened:");
    for (unsigned i = 0; i < HUNT_COUNTS; i++)
        printf("%s %" PRIu64 " %s", i == 0 ? "" : ",", total->counts[i], hunt_count_texts[i]);
    printf("\n");
}

void hunt_print(const struct hunt_order *order, const struct hunt_total *total,
                const struct hunt_words *words, bool whole)
{
    for (uint32_t i = 0; i < total->kinds; i++)
        print_failure(order, &total->failures[i], words, i < TOLD_AT_LENGTH);
    if (total->signal != 0) {
        printf("broken: the backend crashed (signal %d) in the run with seed %" PRIu64
               "\n    repeat: ",
               total->signal, total->at);
        print_command(stdout, words, total->at);
        printf("\n");
    }
    print_happened(total);
    printf("%s%" PRIu64 " runs from seed %" PRIu64 ", %" PRIu64 " events, %" PRIu64
           " runs broken, fingerprint %016" PRIx64 "\n",
           whole ? "" : "interrupted: ", total->runs, order->seed, total->events, total->broken,
           total->fingerprint);
}

static void write_text(FILE *out, const char *text)
{
    (void)fputc('"', out);
    for (; *text; text++) {
        if (*text == '"' || *text == '\\')
            (void)fprintf(out, "\\%c", *text);
        else
            (void)fputc((unsigned char)*text < ' ' ? ' ' : *text, out);
    }
    (void)fputc('"', out);
}

static void write_failure(FILE *out, const struct hunt_failure *failure,
                          const struct hunt_words *words)
{
    const struct hunt_result *result = &failure->result;
    (void)fprintf(out,
                  "{\"kind\": \"failure\", \"clause\": \"%s\", \"verdict\": \"%s\", \"runs\": "
                  "%" PRIu64 ", \"seed\": %" PRIu64 ", \"mode\": \"%s\", \"resolver\": \"%s\""
                  ", \"profile\": \"%s\", \"ns\": %" PRIu64 ", \"text\": ",
                  result->clause, result->liveness ? "liveness" : "safety", failure->runs,
                  failure->seed, hunt_mode_names[result->mode],
                  hunt_resolver_names[result->resolver], result->profile, result->at);
    write_text(out, result->text);
    (void)fputs(", \"repeat\": \"", out);
    print_command(out, words, failure->seed);
    (void)fputs("\"}\n", out);
}

static void write_row(FILE *out, const char *name, const uint64_t *values, const char *const *names,
                      unsigned count)
{
    (void)fprintf(out, ", \"%s\": {", name);
    for (unsigned i = 0; i < count; i++)
        (void)fprintf(out, "%s\"%s\": %" PRIu64, i == 0 ? "" : ", ", names[i], values[i]);
    (void)fputc('}', out);
}

void hunt_write(FILE *out, const struct hunt_order *order, const struct hunt_total *total,
                const struct hunt_words *words, bool whole)
{
    (void)fputs("{\"kind\": \"header\", \"format\": 1, \"uripc\": \"" URIPC_VERSION
                "\", \"command\": \"hunt\", \"backend\": ",
                out);
    write_text(out, words->backend);
    (void)fprintf(out, ", \"seed\": %" PRIu64 "}\n", order->seed);
    for (uint32_t i = 0; i < total->kinds; i++)
        write_failure(out, &total->failures[i], words);
    (void)fprintf(out,
                  "{\"kind\": \"footer\", \"whole\": %s, \"runs\": %" PRIu64
                  ", \"broken\": %" PRIu64 ", \"events\": %" PRIu64 ", \"signal\": %d",
                  whole ? "true" : "false", total->runs, total->broken, total->events,
                  total->signal);
    write_row(out, "modes", total->modes, hunt_mode_names, HUNT_MODES);
    write_row(out, "resolvers", total->resolvers, hunt_resolver_names, HUNT_RESOLVERS);
    write_row(out, "faults", total->fired, sim_family_names, SIM_FAMILIES);
    (void)fprintf(out, ", \"fingerprint\": \"%016" PRIx64 "\"}\n", total->fingerprint);
}
