/* SPDX-License-Identifier: MIT */
/* Designs as study files name them: built in, or in a shared object. */
#define _XOPEN_SOURCE 700 /* PATH_MAX */

#include <dlfcn.h>
#include <limits.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "simulator/study/engine/reader.h"
#include "simulator/study/programs/programs.h"

/* A table that may be shorter than this version's: what it lacks is zero (versioning.md). */
static void adopt(void *to, size_t size, const void *from, size_t had)
{
    memset(to, 0, size);
    memcpy(to, from, had < size ? had : size);
}

static bool is_a_design(const struct uripc_design *design)
{
    return design && design->size >= offsetof(struct uripc_design, listener) &&
           design->version == URIPC_DESIGN_VERSION && design->parameter_count <= URIPC_PARAMETERS &&
           design->client->size >= offsetof(struct uripc_program, needs) &&
           design->worker->size >= offsetof(struct uripc_program, needs) && design->client->ask;
}

static const struct uripc_program *keep_program(struct uripc_program *kept,
                                                const struct uripc_program *program)
{
    if (!program)
        return NULL;
    adopt(kept, sizeof *kept, program, program->size);
    return kept;
}

/* For as long as the program runs, as the object. */
static const struct uripc_design *keep(const struct uripc_design *design)
{
    static struct kept {
        struct uripc_design design;
        struct uripc_program client, worker, listener, service;
    } all[STUDY_DESIGNS];
    static size_t count;
    struct kept *kept = &all[count++ % STUDY_DESIGNS];
    adopt(&kept->design, sizeof kept->design, design, design->size);
    kept->design.client = keep_program(&kept->client, design->client);
    kept->design.worker = keep_program(&kept->worker, design->worker);
    kept->design.listener = keep_program(&kept->listener, kept->design.listener);
    kept->design.service = keep_program(&kept->service, kept->design.service);
    return &kept->design;
}

/* A path is seen from the study file. */
static const struct uripc_design *load_design(struct study_reader *reader, const char *path)
{
    char whole[PATH_MAX];
    const char *slash = strrchr(reader->path, '/');
    const int folder = slash && path[0] != '/' ? (int)(slash - reader->path) + 1 : 0;
    (void)snprintf(whole, sizeof whole, "%.*s%s%s", folder, reader->path,
                   folder == 0 && path[0] != '/' ? "./" : "", path);
    void *object = dlopen(whole, RTLD_NOW | RTLD_LOCAL);
    if (!object) {
        (void)study_wrong(reader, "%s", dlerror());
        return NULL;
    }
    const struct uripc_design *(*get)(void);
    void *symbol = dlsym(object, "uripc_design");
    memcpy(&get, &symbol, sizeof get);
    const struct uripc_design *design = symbol ? get() : NULL;
    if (is_a_design(design))
        return keep(design);
    (void)study_wrong(reader,
                      "%s: expected a function uripc_design that returns a table of version "
                      "%d (uripc/study.h)",
                      whole, URIPC_DESIGN_VERSION);
    return NULL;
}

static const struct uripc_design *find_design(struct study_reader *reader, const char *base)
{
    if (strchr(base, '/') || strstr(base, ".so"))
        return load_design(reader, base);
    for (size_t i = 0; i < study_design_count; i++) {
        if (strcmp(study_designs[i]->name, base) == 0)
            return study_designs[i];
    }
    (void)study_wrong(reader,
                      "there is no design \"%s\"; `uripc list designs` lists them, and a path of "
                      "a shared object has a '/'",
                      base);
    return NULL;
}

enum study_unit study_unit_of(const struct uripc_parameter *parameter)
{
    return parameter->unit == URIPC_UNIT_TIME ? STUDY_TIME : STUDY_COUNT;
}

int study_find_parameter(const struct uripc_design *design, const char *name)
{
    for (size_t i = 0; i < design->parameter_count; i++) {
        if (strcmp(design->parameters[i].name, name) == 0)
            return (int)i;
    }
    return -1;
}

bool study_arm_is_without(const struct study_arm *arm, const char *parameter)
{
    const int which = parameter ? study_find_parameter(arm->design, parameter) : -1;
    return which >= 0 && arm->parameters[which] == 0 && !arm->swept[which];
}

const char *study_resolver_name(enum sim_resolver_kind kind)
{
    static const char *const names[] = {[SIM_RESOLVER_TABLE] = "table",
                                        [SIM_RESOLVER_DAEMON] = "daemon",
                                        [SIM_RESOLVER_RENDEZVOUS] = "rendezvous"};
    return names[kind];
}

/* Who keeps the names is no parameter of a program, but of the world it runs in. */
static bool read_resolver(struct study_reader *reader, struct study_arm *arm, const char *value)
{
    for (int kind = SIM_RESOLVER_TABLE; kind <= SIM_RESOLVER_RENDEZVOUS; kind++) {
        arm->resolver = (enum sim_resolver_kind)kind;
        if (strcmp(study_resolver_name(arm->resolver), value) == 0)
            return true;
    }
    return study_wrong(reader, "resolver: expected table, daemon or rendezvous, found \"%s\"",
                       value);
}

static bool read_parameter(struct study_reader *reader, struct study_arm *arm, char *word)
{
    char *value = strchr(word, '=');
    if (!value)
        return study_wrong(reader, "expected parameter=value, found \"%s\"", word);
    *value++ = '\0';
    if (strcmp(word, "resolver") == 0)
        return read_resolver(reader, arm, value);
    const int which = study_find_parameter(arm->design, word);
    if (which < 0)
        return study_wrong(reader, "the design %s has no parameter \"%s\"", arm->base, word);
    const enum study_unit unit = study_unit_of(&arm->design->parameters[which]);
    if (!study_value(value, unit, &arm->parameters[which]))
        return study_wrong(reader, "%s: expected %s, found \"%s\"", word, study_form_of(unit),
                           value);
    return true;
}

bool study_read_design(struct study_reader *reader, char *rest)
{
    struct study_file *file = reader->file;
    const char *name = study_word(&rest);
    const char *base = study_word(&rest);
    if (!name || !base || !study_name_is_right(name))
        return study_wrong(reader, "expected: design NAME DESIGN [parameter=value...], a name of "
                                   "lowercase letters, digits and '-'");
    if (file->arm_count == STUDY_DESIGNS)
        return study_wrong(reader, "expected at most %d designs", STUDY_DESIGNS);
    for (size_t i = 0; i < file->arm_count; i++) {
        if (strcmp(file->arms[i].name, name) == 0)
            return study_wrong(reader, "there is already a design called %s", name);
    }
    struct study_arm *arm = &file->arms[file->arm_count++];
    (void)snprintf(arm->name, sizeof arm->name, "%s", name);
    (void)snprintf(arm->base, sizeof arm->base, "%s", base);
    arm->design = find_design(reader, base);
    if (!arm->design)
        return false;
    for (size_t i = 0; i < arm->design->parameter_count; i++)
        arm->parameters[i] = arm->design->parameters[i].usual;
    for (char *word; (word = study_word(&rest));) {
        if (!read_parameter(reader, arm, word))
            return false;
    }
    return true;
}

static const struct study_arm *find_arm(const struct study_file *file, const char *name)
{
    for (size_t i = 0; name && i < file->arm_count; i++) {
        if (strcmp(file->arms[i].name, name) == 0)
            return &file->arms[i];
    }
    return NULL;
}

bool study_read_claim(struct study_reader *reader, char *rest)
{
    struct study_file *file = reader->file;
    struct study_claim *claim = &file->claims[file->claim_count];
    if (file->claim_count == STUDY_CLAIMS)
        return study_wrong(reader, "expected at most %d claims", STUDY_CLAIMS);
    claim->better = find_arm(file, study_word(&rest));
    claim->worse = find_arm(file, study_word(&rest));
    if (!claim->better || !claim->worse || claim->better == claim->worse ||
        !study_quoted(rest, claim->question))
        return study_wrong(reader, "expected: claim BETTER WORSE \"QUESTION\", two designs above");
    file->claim_count++;
    return true;
}
