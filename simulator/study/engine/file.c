/* SPDX-License-Identifier: MIT */
#define _XOPEN_SOURCE 700 /* PATH_MAX */

#include "simulator/study/engine/file.h"

#include <dlfcn.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "simulator/sim.h"
#include "simulator/study/programs/programs.h"

struct reader {
    const char *path;
    unsigned line;
    struct study_file *file;
    char *error;
    size_t size;
};

__attribute__((format(printf, 2, 3))) static bool wrong(struct reader *reader, const char *format,
                                                        ...)
{
    const int used = snprintf(reader->error, reader->size, "%s:%u: ", reader->path, reader->line);
    va_list arguments;
    va_start(arguments, format);
    if (used > 0 && (size_t)used < reader->size)
        (void)vsnprintf(reader->error + used, reader->size - (size_t)used, format, arguments);
    va_end(arguments);
    return false;
}

static const char *form_of(enum study_unit unit)
{
    return unit == STUDY_TIME    ? "a time such as 500ms"
           : unit == STUDY_SHARE ? "a share such as 1%, at most 100%"
                                 : "a whole number such as 20";
}

static char *next_word(char **rest)
{
    char *word = *rest + strspn(*rest, " \t");
    char *end = word + strcspn(word, " \t");
    *rest = *end ? end + 1 : end;
    *end = '\0';
    return *word ? word : NULL;
}

static bool name_is_right(const char *name)
{
    const size_t length = strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-");
    return length > 0 && name[length] == '\0' && length < STUDY_NAME;
}

static bool read_question(struct reader *reader, char *rest)
{
    const size_t length = strlen(rest);
    if (length < 3 || rest[0] != '"' || rest[length - 1] != '"')
        return wrong(reader, "expected the question in quotes: question \"Which is better?\"");
    (void)snprintf(reader->file->question, STUDY_LINE, "%.*s", (int)length - 2, rest + 1);
    return true;
}

/* A path is seen from the study file. */
static const struct uripc_design *load_design(struct reader *reader, const char *path)
{
    char whole[PATH_MAX];
    const char *slash = strrchr(reader->path, '/');
    const int folder = slash && path[0] != '/' ? (int)(slash - reader->path) + 1 : 0;
    (void)snprintf(whole, sizeof whole, "%.*s%s%s", folder, reader->path,
                   folder == 0 && path[0] != '/' ? "./" : "", path);
    void *object = dlopen(whole, RTLD_NOW | RTLD_LOCAL);
    if (!object) {
        (void)wrong(reader, "%s", dlerror());
        return NULL;
    }
    const struct uripc_design *(*get)(void);
    void *symbol = dlsym(object, "uripc_design");
    memcpy(&get, &symbol, sizeof get);
    const struct uripc_design *design = symbol ? get() : NULL;
    if (!design || design->size < sizeof *design || design->version != URIPC_DESIGN_VERSION ||
        design->parameter_count > URIPC_PARAMETERS || !design->client->ask) {
        (void)wrong(reader,
                    "%s: expected a function uripc_design that returns a table of version "
                    "%d (uripc/study.h)",
                    whole, URIPC_DESIGN_VERSION);
        return NULL;
    }
    return design;
}

static const struct uripc_design *find_design(struct reader *reader, const char *base)
{
    if (strchr(base, '/') || strstr(base, ".so"))
        return load_design(reader, base);
    for (size_t i = 0; i < study_design_count; i++) {
        if (strcmp(study_designs[i]->name, base) == 0)
            return study_designs[i];
    }
    (void)wrong(reader,
                "there is no design \"%s\"; `uripc list designs` lists them, and a path of "
                "a shared object has a '/'",
                base);
    return NULL;
}

static enum study_unit unit_of(const struct uripc_parameter *parameter)
{
    return parameter->unit == URIPC_UNIT_TIME ? STUDY_TIME : STUDY_COUNT;
}

static int find_parameter(const struct uripc_design *design, const char *name)
{
    for (size_t i = 0; i < design->parameter_count; i++) {
        if (strcmp(design->parameters[i].name, name) == 0)
            return (int)i;
    }
    return -1;
}

static bool read_parameter(struct reader *reader, struct study_arm *arm, char *word)
{
    char *value = strchr(word, '=');
    if (!value)
        return wrong(reader, "expected parameter=value, found \"%s\"", word);
    *value++ = '\0';
    const int which = find_parameter(arm->design, word);
    if (which < 0)
        return wrong(reader, "the design %s has no parameter \"%s\"", arm->base, word);
    const enum study_unit unit = unit_of(&arm->design->parameters[which]);
    if (!study_value(value, unit, &arm->parameters[which]))
        return wrong(reader, "%s: expected %s, found \"%s\"", word, form_of(unit), value);
    return true;
}

static bool read_design(struct reader *reader, char *rest)
{
    struct study_file *file = reader->file;
    const char *name = next_word(&rest);
    const char *base = next_word(&rest);
    if (!name || !base || !name_is_right(name))
        return wrong(reader, "expected: design NAME DESIGN [parameter=value...], a name of "
                             "lowercase letters, digits and '-'");
    if (file->arm_count == STUDY_DESIGNS)
        return wrong(reader, "expected at most %d designs", STUDY_DESIGNS);
    for (size_t i = 0; i < file->arm_count; i++) {
        if (strcmp(file->arms[i].name, name) == 0)
            return wrong(reader, "there is already a design called %s", name);
    }
    struct study_arm *arm = &file->arms[file->arm_count++];
    (void)snprintf(arm->name, sizeof arm->name, "%s", name);
    (void)snprintf(arm->base, sizeof arm->base, "%s", base);
    arm->design = find_design(reader, base);
    if (!arm->design)
        return false;
    for (size_t i = 0; i < arm->design->parameter_count; i++)
        arm->parameters[i] = arm->design->parameters[i].usual;
    for (char *word; (word = next_word(&rest));) {
        if (!read_parameter(reader, arm, word))
            return false;
    }
    return true;
}

static int find_knob(const char *name)
{
    for (int i = 0; i < STUDY_KNOBS; i++) {
        if (strcmp(study_knob_names[i], name) == 0)
            return i;
    }
    return -1;
}

static bool read_knobs(struct reader *reader, char *rest)
{
    for (char *word; (word = next_word(&rest));) {
        char *value = strchr(word, '=');
        if (!value)
            return wrong(reader, "expected knob=value, found \"%s\"", word);
        *value++ = '\0';
        const int knob = find_knob(word);
        if (knob < 0)
            return wrong(reader, "there is no knob \"%s\" of load or faults (study.md)", word);
        if (!study_value(value, study_knob_units[knob], &reader->file->knobs[knob]))
            return wrong(reader, "%s: expected %s, found \"%s\"", word,
                         form_of(study_knob_units[knob]), value);
    }
    return true;
}

static bool find_swept(struct reader *reader, struct study_sweep *sweep)
{
    sweep->knob = find_knob(sweep->name);
    if (sweep->knob >= 0) {
        sweep->unit = study_knob_units[sweep->knob];
        return true;
    }
    for (size_t i = 0; i < reader->file->arm_count; i++) {
        const struct uripc_design *design = reader->file->arms[i].design;
        const int which = find_parameter(design, sweep->name);
        if (which >= 0) {
            sweep->unit = unit_of(&design->parameters[which]);
            return true;
        }
    }
    return wrong(reader, "\"%s\" is neither a knob nor a parameter of a design above", sweep->name);
}

static bool read_sweep(struct reader *reader, char *rest)
{
    struct study_file *file = reader->file;
    const char *name = next_word(&rest);
    if (!name || !name_is_right(name))
        return wrong(reader, "expected: sweep NAME VALUE...");
    if (file->sweep_count == STUDY_SWEEPS)
        return wrong(reader, "expected at most %d sweeps", STUDY_SWEEPS);
    struct study_sweep *sweep = &file->sweeps[file->sweep_count++];
    (void)snprintf(sweep->name, sizeof sweep->name, "%s", name);
    if (!find_swept(reader, sweep))
        return false;
    for (char *word; (word = next_word(&rest)); sweep->count++) {
        if (sweep->count == STUDY_VALUES)
            return wrong(reader, "expected at most %d values", STUDY_VALUES);
        if (!study_value(word, sweep->unit, &sweep->values[sweep->count]))
            return wrong(reader, "%s: expected %s, found \"%s\"", sweep->name, form_of(sweep->unit),
                         word);
        (void)snprintf(sweep->texts[sweep->count], STUDY_NAME, "%s", word);
    }
    return sweep->count > 0 || wrong(reader, "expected: sweep NAME VALUE...");
}

static bool read_metrics(struct reader *reader, char *rest)
{
    struct study_file *file = reader->file;
    for (char *word; (word = next_word(&rest));) {
        int found = -1;
        for (int i = 0; i < STUDY_METRICS; i++)
            found = strcmp(study_metric_names[i], word) == 0 ? i : found;
        if (found < 0)
            return wrong(reader, "there is no metric \"%s\" (study.md)", word);
        for (size_t i = 0; i < file->metric_count; i++) {
            if ((int)file->metrics[i] == found)
                return wrong(reader, "%s is there twice", word);
        }
        file->metrics[file->metric_count++] = (enum study_metric)found;
    }
    return true;
}

static bool read_profile(struct reader *reader, char *rest)
{
    const char *name = next_word(&rest);
    if (!name || !sim_profile_find(name))
        return wrong(reader, "expected the name of a profile; `uripc list profiles` lists them");
    (void)snprintf(reader->file->profile, STUDY_NAME, "%s", name);
    return true;
}

enum { RUNS_MOST = 100000 };

static bool read_runs(struct reader *reader, char *rest)
{
    char *least = next_word(&rest);
    char *dots = least ? strstr(least, "..") : NULL;
    uint64_t from = 0;
    uint64_t to = 0;
    if (dots)
        *dots = '\0';
    if (!least || !study_value(least, STUDY_COUNT, &from) ||
        !study_value(dots ? dots + 2 : least, STUDY_COUNT, &to) || from < 2 || to < from ||
        to > RUNS_MOST)
        return wrong(reader, "expected runs LEAST..MOST, from 2 to %d", RUNS_MOST);
    reader->file->runs_min = from;
    reader->file->runs_max = to;
    return true;
}

static bool read_tight(struct reader *reader, char *rest)
{
    const char *word = next_word(&rest);
    return (word && study_value(word, STUDY_SHARE, &reader->file->tight)) ||
           wrong(reader, "expected tight PERCENT such as 5%%");
}

static bool read_budget(struct reader *reader, char *rest)
{
    const char *word = next_word(&rest);
    return (word && study_value(word, STUDY_TIME, &reader->file->budget)) ||
           wrong(reader, "expected budget TIME such as 2min");
}

static const struct keyword {
    const char *name;
    bool (*read)(struct reader *reader, char *rest);
} keywords[] = {
    {"question", read_question}, {"design", read_design},   {"load", read_knobs},
    {"faults", read_knobs},      {"profile", read_profile}, {"sweep", read_sweep},
    {"metrics", read_metrics},   {"runs", read_runs},       {"tight", read_tight},
    {"budget", read_budget},
};

static bool read_line(struct reader *reader, char *line)
{
    char *rest = line;
    const char *word = next_word(&rest);
    if (!word || word[0] == '#')
        return true;
    for (size_t i = 0; i < sizeof keywords / sizeof keywords[0]; i++) {
        if (strcmp(keywords[i].name, word) == 0)
            return keywords[i].read(reader, rest);
    }
    return wrong(reader,
                 "expected question, design, load, faults, profile, sweep, metrics, runs, "
                 "tight or budget, found \"%s\"",
                 word);
}

static bool check(struct reader *reader)
{
    const struct study_file *file = reader->file;
    if (!file->question[0])
        return wrong(reader, "expected a line: question \"...\"");
    if (file->arm_count == 0)
        return wrong(reader, "expected a line: design NAME DESIGN");
    if (file->metric_count == 0)
        return wrong(reader, "expected a line: metrics NAME...");
    if (file->knobs[STUDY_CLIENTS] == 0 || file->knobs[STUDY_WORKERS] == 0 ||
        file->knobs[STUDY_CLIENTS] + file->knobs[STUDY_WORKERS] > 1000000)
        return wrong(reader, "expected clients and workers, 1000000 together at most");
    if (file->knobs[STUDY_EVERY] == 0 || file->knobs[STUDY_LENGTH] == 0)
        return wrong(reader, "expected times that are not 0 for every and time");
    if (file->knobs[STUDY_DELAY_MAX] < file->knobs[STUDY_DELAY_MIN])
        return wrong(reader, "expected a delay-max that is not below delay-min");
    return true;
}

bool study_file_read(const char *path, struct study_file *file, char *error, size_t size)
{
    *file = (struct study_file){.profile = "local", .runs_min = 8, .runs_max = 64};
    memcpy(file->knobs, study_knob_usual, sizeof file->knobs);
    struct reader reader = {.path = path, .file = file, .error = error, .size = size};
    FILE *in = fopen(path, "r");
    if (!in) {
        (void)snprintf(error, size, "%s: cannot be read", path);
        return false;
    }
    char line[STUDY_LINE];
    bool good = true;
    while (good && fgets(line, sizeof line, in)) {
        reader.line++;
        if (strlen(line) + 1 == sizeof line)
            good = wrong(&reader, "expected at most %d characters in a line", STUDY_LINE - 2);
        line[strcspn(line, "\r\n")] = '\0';
        good = good && read_line(&reader, line);
    }
    (void)fclose(in);
    return good && check(&reader);
}
