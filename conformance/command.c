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

int cf_no_such(const char *what, const char *found, const char *const *words, size_t count,
               const char *hint)
{
    const char *near = cf_nearest_word(found, words, count);
    if (near) {
        cf_complain_aloud("error: there is no %s \"%s\"; did you mean \"%s\"?", what, found, near);
    } else {
        cf_complain_aloud("error: there is no %s \"%s\"; %s", what, found, hint);
    }
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
        if (strncmp(common_options[i], name, search.size) == 0) {
            return true;
        }
        cf_nearest_offer(&search, common_options[i]);
    }
    for (const struct argp_option *option = argp->options; option && option->name; option++) {
        if (strncmp(option->name, name, search.size) == 0) {
            return true;
        }
        cf_nearest_offer(&search, option->name);
    }
    if (search.best) {
        cf_complain_aloud("error: there is no option --%.*s; did you mean --%s?", (int)search.size,
                          name, search.best);
    } else {
        cf_complain_aloud("error: there is no option --%.*s; --help lists them", (int)search.size,
                          name);
    }
    return false;
}

bool cf_arguments(const struct argp *argp, int argc, char **argv, void *input)
{
    argp_err_exit_status = CF_EXIT_USAGE;
    for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++) {
        bool is_long = strncmp(argv[i], "--", 2) == 0;
        if (is_long && !check_option(argp, argv[i])) {
            exit(CF_EXIT_USAGE);
        }
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
    if (backend) {
        return backend;
    }
    for (size_t i = 0; i < cf_backend_count() && count < sizeof(words) / sizeof(words[0]); i++) {
        if (!cf_backend_at(i)->hidden) {
            words[count++] = cf_backend_at(i)->name;
        }
    }
    cf_no_such("backend", name, words, count, "`uripc list backends` lists them");
    return NULL;
}

bool cf_number(const char *text, uint64_t *number)
{
    char *end = NULL;
    if (*text < '0' || *text > '9') {
        return false;
    }
    errno = 0;
    unsigned long long value = strtoull(text, &end, 10);
    if (errno || *end) {
        return false;
    }
    *number = value;
    return true;
}

bool cf_seeds_parse(const char *text, struct cf_seeds *seeds)
{
    char first[32];
    const char *dots = strstr(text, "..");
    if (!dots) {
        bool good = cf_number(text, &seeds->first);
        seeds->last = seeds->first;
        return good;
    }
    size_t length = (size_t)(dots - text);
    if (length >= sizeof(first)) {
        return false;
    }
    memcpy(first, text, length);
    first[length] = '\0';
    return cf_number(first, &seeds->first) && cf_number(dots + 2, &seeds->last) &&
           seeds->first <= seeds->last && seeds->last - seeds->first < UINT64_MAX;
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
        for (int i = 1; i < argc; i++) {
            arguments[i + 1] = argv[i];
        }
        execv(path, arguments);
        cf_complain_aloud("error: %s: %s", path, strerror(errno));
    }
    free(word);
    free(arguments);
    return CF_EXIT_USAGE;
}
