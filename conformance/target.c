/* SPDX-License-Identifier: MIT */
#define _DEFAULT_SOURCE /* realpath, strsep */

#include "target.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "case.h"
#include "command.h"
#include "driver.h"
#include "driver_value.h"
#include "share.h"

/* Commands. */

void cf_command_free(char **command)
{
    for (size_t i = 0; command && command[i]; i++)
        free(command[i]);
    free(command);
}

/* A copy of up to three words. */
static char **command_of(const char *first, const char *second, const char *third)
{
    const char *const words[] = {first, second, third};
    char **command = calloc(4, sizeof(*command));
    for (size_t i = 0; command && i < 3 && words[i]; i++)
        command[i] = strdup(words[i]);
    return command;
}

char **cf_command_copy(char *const *words)
{
    size_t count = 0;
    while (words[count])
        count++;
    char **command = calloc(count + 1, sizeof(*command));
    for (size_t i = 0; command && i < count; i++)
        command[i] = strdup(words[i]);
    return command;
}

static bool ends_in(const char *word, const char *end)
{
    size_t length = strlen(word);
    return length >= strlen(end) && strcmp(word + length - strlen(end), end) == 0;
}

static bool is_path(const char *word)
{
    return strchr(word, '/') || ends_in(word, ".so");
}

static char **command_of_object(const char *path)
{
    char driver[PATH_MAX];
    if (!cf_program_path("../libexec/uripc/uripc-driver", driver, sizeof(driver))) {
        cf_complain_aloud("error: there is no libexec/uripc/uripc-driver beside the folder of this "
                          "program, which a shared object needs");
        return NULL;
    }
    return command_of(driver, path, NULL);
}

static char **command_of_path(const char *word)
{
    char path[PATH_MAX];
    char shown[CF_SHOWN_MAX];
    cf_shown(word, strlen(word), shown);
    if (!realpath(word, path)) {
        cf_complain_aloud("error: there is no file \"%s\"; expected a shared object, or after `--` "
                          "a command that starts a driver",
                          shown);
        return NULL;
    }
    return command_of_object(path);
}

static char **command_of_listed(const struct cf_backend *backend)
{
    char path[PATH_MAX];
    const char *relative = backend->implementation;
    if (!cf_program_path(relative, path, sizeof(path))) {
        cf_complain_aloud("error: \"%s\" is not installed: there is no %s beside the folder of "
                          "this program",
                          backend->name, relative + strlen("../"));
        return NULL;
    }
    return ends_in(path, ".py") ? command_of("/usr/bin/python3", path, NULL)
                                : command_of_object(path);
}

char **cf_driver_command(const char *word)
{
    if (is_path(word))
        return command_of_path(word);
    const struct cf_backend *backend = cf_backend_wanted(word);
    if (!backend)
        return NULL;
    if (backend->real)
        return command_of_listed(backend);
    cf_complain_aloud("error: \"%s\" is a simulated backend; expected one of real processes",
                      backend->name);
    return NULL;
}

/* A word as a shell would need it. */
static void print_word(const char *word, FILE *out)
{
    static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
                                "-_./=:,+@%";
    if (*word && strspn(word, plain) == strlen(word)) {
        fputs(word, out);
        return;
    }
    fputc('\'', out);
    for (; *word; word++) {
        if (*word == '\'')
            fputs("'\\''", out);
        else
            fputc(*word, out);
    }
    fputc('\'', out);
}

char *cf_command_text(char *const *command)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    for (size_t i = 0; out && command[i]; i++) {
        if (i)
            fputc(' ', out);
        print_word(command[i], out);
    }
    if (out)
        fclose(out);
    return text;
}

/* Targets. */

/* Takes one more command.  False: there is none, or no room for it. */
static bool add(struct cf_target *target, char **command)
{
    if (!command)
        return false;
    target->commands[target->real.command_count++] = command;
    target->backend =
        (struct cf_backend){.name = "", .text = "", .real = true, .open = cf_real_open};
    return true;
}

bool cf_target_find(struct cf_target *target, const char *word)
{
    const struct cf_backend *backend = is_path(word) ? NULL : cf_backend_find(word);
    if (!backend || backend->real)
        return add(target, cf_driver_command(word));
    target->backend = *backend;
    return true;
}

bool cf_target_mix(struct cf_target *target, const char *words)
{
    char *copy = strdup(words);
    char *rest = copy;
    char *word;
    bool good = copy != NULL;
    while (good && (word = strsep(&rest, ",")) != NULL) {
        if (target->real.command_count == CF_MIX_MAX) {
            cf_complain_aloud("error: --mix expects at most %d backends", CF_MIX_MAX);
            good = false;
        } else {
            good = add(target, cf_driver_command(word));
        }
    }
    free(copy);
    return good;
}

bool cf_target_command(struct cf_target *target, char *const *command)
{
    return add(target, cf_command_copy(command));
}

/* Adds a word to a list. */
static bool append(char **list, const char *separator, const char *word)
{
    size_t length = *list ? strlen(*list) : 0;
    char *more = realloc(*list, length + strlen(separator) + strlen(word) + 1);
    if (!more)
        return false;
    sprintf(more + length, "%s%s", length ? separator : "", word);
    *list = more;
    return true;
}

static bool take_hello(struct cf_target *target, char *const *command,
                       const struct cf_driver_hello *hello)
{
    char *text = cf_command_text(command);
    bool first = !target->name;
    bool good = text && append(&target->name, ",", hello->name) &&
                append(&target->version, ",", hello->version) &&
                append(&target->driver, "; ", text);
    free(text);
    target->backend.capabilities =
        first ? hello->capabilities : target->backend.capabilities & hello->capabilities;
    /* Of a mix the loosest binding holds. */
    if (first || hello->binding < target->binding)
        target->binding = hello->binding;
    return good;
}

static void ask(struct cf_target *target, struct cf_drivers *drivers, char *const *command)
{
    const struct cf_driver_setup setup = {.command = command, .run = target->real.run};
    struct cf_driver *driver = cf_driver_start(drivers, &setup);
    struct cf_driver_hello hello = {
        .name = command[0], .version = "", .binding = URIPC_BINDING_API};
    if (cf_driver_hello(driver, &hello))
        cf_driver_end(driver);
    target->in_trouble = !take_hello(target, command, &hello) || cf_driver_trouble(driver);
    if (cf_driver_trouble(driver))
        target->trouble = *cf_driver_trouble(driver);
    snprintf(target->log, sizeof(target->log), "%s", cf_driver_log(driver));
    cf_driver_free(driver);
}

void cf_target_ask(struct cf_target *target, const char *run, const char *folder)
{
    struct cf_drivers *drivers = cf_drivers_create();
    target->real.commands = (char *const *const *)target->commands;
    target->real.run = run;
    target->real.folder = folder;
    target->trouble = (struct cf_trouble){.verdict = CF_VERDICT_UNRESOLVED,
                                          .reason = "the suite has no memory for a driver"};
    target->in_trouble = !drivers;
    for (size_t i = 0; !target->in_trouble && i < target->real.command_count; i++)
        ask(target, drivers, target->commands[i]);
    cf_drivers_free(drivers);
    target->backend.name = target->name ? target->name : "";
    target->backend.version = target->version;
    target->backend.driver = target->driver;
    target->backend.binding = cf_words_text(&cf_binding_words, (int)target->binding);
    target->backend.capabilities |= cf_real_capabilities(&target->real);
    target->backend.implementation = &target->real;
}

void cf_target_free(struct cf_target *target)
{
    for (size_t i = 0; i < target->real.command_count; i++)
        cf_command_free(target->commands[i]);
    free(target->name);
    free(target->version);
    free(target->driver);
    *target = (struct cf_target){0};
}
