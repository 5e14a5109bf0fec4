/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE /* argp */

#include "command.h"

#include <argp.h>
#include <errno.h>
#include <limits.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <uripc/version.h>

#include "nearest.h"
#include "share.h"
#include "verdict.h"

#define TEXT_OF_NUMBER(number) #number
#define TEXT_OF(number) TEXT_OF_NUMBER(number)

const char cf_version[] =
    "uripc " URIPC_VERSION " (spec " TEXT_OF(URIPC_SPEC_MAJOR) "." TEXT_OF(URIPC_SPEC_MINOR) ")";

const char *argp_program_version = cf_version;

void cf_complain_aloud(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    fputs("uripc: ", stderr);
    vfprintf(stderr, format, arguments);
    fputc('\n', stderr);
    va_end(arguments);
}

const char *cf_shown(const char *word, size_t size, char to[CF_SHOWN_MAX])
{
    size_t length = 0;
    size_t i = 0;
    for (; i < size && length < CF_SHOWN_MAX - sizeof("\\xHH..."); i++) {
        unsigned char byte = (unsigned char)word[i];
        bool plain = byte >= ' ' && byte <= '~';
        length +=
            (size_t)snprintf(to + length, CF_SHOWN_MAX - length, plain ? "%c" : "\\x%02X", byte);
    }
    snprintf(to + length, CF_SHOWN_MAX - length, "%s", i < size ? "..." : "");
    return to;
}

int cf_no_such(const char *what, const char *found, const char *const *words, size_t count,
               const char *hint)
{
    char shown[CF_SHOWN_MAX];
    const char *near = cf_nearest_word(found, words, count);
    cf_shown(found, strlen(found), shown);
    if (near)
        cf_complain_aloud("error: there is no %s \"%s\"; did you mean \"%s\"?", what, shown, near);
    else
        cf_complain_aloud("error: there is no %s \"%s\"; %s", what, shown, hint);
    return CF_EXIT_USAGE;
}

/* Option names that argp adds by itself. */
static const char *const common_options[] = {"help", "usage", "version"};

/* Says what an unknown long option was probably meant to be; argp would only call it unknown. */
static bool check_option(const struct argp *argp, const char *argument)
{
    const char *name = argument + 2;
    struct cf_nearest search = {.found = name, .size = strcspn(name, "=")};
    for (size_t i = 0; i < sizeof(common_options) / sizeof(common_options[0]); i++) {
        if (strncmp(common_options[i], name, search.size) == 0)
            return true;
        cf_nearest_offer(&search, common_options[i]);
    }
    for (const struct argp_option *option = argp->options; option && option->name; option++) {
        if (strncmp(option->name, name, search.size) == 0)
            return true;
        cf_nearest_offer(&search, option->name);
    }
    char shown[CF_SHOWN_MAX];
    cf_shown(name, search.size, shown);
    if (search.best)
        cf_complain_aloud("error: there is no option --%s; did you mean --%s?", shown, search.best);
    else
        cf_complain_aloud("error: there is no option --%s; --help lists them", shown);
    return false;
}

bool cf_arguments(const struct argp *argp, int argc, char **argv, void *input)
{
    argp_err_exit_status = CF_EXIT_USAGE;
    for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++) {
        bool is_long = strncmp(argv[i], "--", 2) == 0;
        if (is_long && !check_option(argp, argv[i]))
            exit(CF_EXIT_USAGE);
    }
    error_t error = argp_parse(argp, argc, argv, 0, NULL, input);
    if (error) {
        cf_complain_aloud("error: %s", strerror(error));
        exit(CF_EXIT_USAGE);
    }
    return true;
}

const struct cf_backend *cf_backend_wanted(const char *name)
{
    const struct cf_backend *backend = cf_backend_find(name);
    const char *words[64];
    size_t count = 0;
    if (backend)
        return backend;
    for (size_t i = 0; i < cf_backend_count() && count < sizeof(words) / sizeof(words[0]); i++)
        if (!cf_backend_at(i)->hidden)
            words[count++] = cf_backend_at(i)->name;
    cf_no_such("backend", name, words, count, "`uripc list backends` lists them");
    return NULL;
}

bool cf_mutant_wanted(const char *id, struct cf_mutant *mutant)
{
    const char *words[256];
    size_t count = 0;
    if (cf_mutant_find(id, mutant))
        return true;
    while (count < sizeof(words) / sizeof(words[0]) && cf_mutant_at(count, mutant))
        words[count++] = mutant->id;
    cf_no_such("mutant", id, words, count, "`uripc list mutants` lists them");
    return false;
}

/* Decimal, without sign, `size` digits and nothing else, and no more than JSON readers take. */
static bool read_number(const char *text, size_t size, uint64_t *number)
{
    *number = 0;
    for (size_t i = 0; i < size; i++) {
        const uint64_t digit = (uint64_t)(text[i] - '0');
        if (text[i] < '0' || text[i] > '9' || *number > (INT64_MAX - digit) / 10)
            return false;
        *number = *number * 10 + digit;
    }
    return size > 0;
}

/* "7" or "1..1000" */
static bool read_seeds(const char *text, struct cf_seeds *seeds)
{
    const char *dots = strstr(text, "..");
    const char *last = dots ? dots + 2 : text;
    return read_number(text, dots ? (size_t)(dots - text) : strlen(text), &seeds->first) &&
           read_number(last, strlen(last), &seeds->last) && seeds->first <= seeds->last;
}

static void refuse(struct argp_state *state, const char *expected, const char *found)
{
    char shown[CF_SHOWN_MAX];
    argp_error(state, "%s, found \"%s\"", expected, cf_shown(found, strlen(found), shown));
}

void cf_seed_argument(struct argp_state *state, const char *text, struct cf_seeds *seeds)
{
    if (!read_number(text, strlen(text), &seeds->first))
        refuse(state, "--seed expects a number from 0 to 2^63 - 1", text);
    seeds->last = seeds->first;
}

void cf_seeds_argument(struct argp_state *state, const char *text, struct cf_seeds *seeds)
{
    if (!read_seeds(text, seeds))
        refuse(state, "--seeds expects A..B with A at most B, both from 0 to 2^63 - 1", text);
}

void cf_jobs_argument(struct argp_state *state, const char *text, unsigned *jobs)
{
    uint64_t number = 0;
    if (!read_number(text, strlen(text), &number) || number < 1 || number > CF_JOBS_MAX)
        refuse(state, "--jobs expects a number from 1 to 256", text);
    *jobs = (unsigned)number;
}

void cf_repeat_argument(struct argp_state *state, const char *text, uint64_t *repeat)
{
    if (!read_number(text, strlen(text), repeat) || *repeat < 1 || *repeat > CF_REPEAT_MAX)
        refuse(state, "--repeat expects a number from 1 to 1000000", text);
}

void cf_stop_after_argument(struct argp_state *state, const char *text, uint64_t *seconds)
{
    if (!read_number(text, strlen(text), seconds) || *seconds < 1 || *seconds > CF_STOP_AFTER_MAX)
        refuse(state, "--stop-after expects a number of seconds from 1 to 604800", text);
}

void cf_crash_argument(struct argp_state *state, const char *text, struct cf_crash_point *point)
{
    const char *at = strchr(text, '@');
    const size_t size = at ? (size_t)(at - text) : 0;
    *point = (struct cf_crash_point){.event = 0};
    if (strcmp(text, "all") == 0)
        return;
    if (size == 0 || size >= CF_NAME_MAX || !read_number(at + 1, strlen(at + 1), &point->event) ||
        point->event == 0)
        refuse(state, "--crash expects all, or a process and which of its events, such as A@3",
               text);
    else
        memcpy(point->process, text, size);
}

unsigned cf_jobs_usual(void)
{
    long cpus = sysconf(_SC_NPROCESSORS_ONLN);
    return cpus < 1 ? 1 : cpus > CF_JOBS_MAX ? CF_JOBS_MAX : (unsigned)cpus;
}

int cf_run_mutants_program(const char *command, int argc, char **argv)
{
    char path[PATH_MAX];
    char **arguments = calloc((size_t)argc + 2, sizeof(*arguments));
    char *word = strdup(command);
    if (!cf_program_path("../libexec/uripc/uripc-mutants", path, sizeof(path))) {
        cf_complain_aloud("error: planted faults need the program ../libexec/uripc/uripc-mutants "
                          "of a build folder; it is never installed");
    } else if (arguments && word) {
        arguments[0] = path;
        arguments[1] = word;
        for (int i = 1; i < argc; i++)
            arguments[i + 1] = argv[i];
        execv(path, arguments);
        cf_complain_aloud("error: %s: %s", path, strerror(errno));
    }
    free(word);
    free(arguments);
    return CF_EXIT_USAGE;
}

char *cf_whole_command(int argc, char **argv)
{
    size_t size = 1;
    for (int i = 0; i < argc; i++)
        size += strlen(argv[i]) + 1;
    char *text = calloc(size, 1);
    for (int i = 0; text && i < argc; i++) {
        strcat(text, i ? " " : "");
        strcat(text, argv[i]);
    }
    return text;
}

int cf_own_words(int argc, char **argv)
{
    int count = 1;
    while (count < argc && strcmp(argv[count], "--") != 0)
        count++;
    return count;
}
