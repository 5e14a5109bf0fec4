/* SPDX-License-Identifier: MIT */
#include "simulator/study/engine/file.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "simulator/sim.h"
#include "simulator/study/engine/reader.h"

bool study_wrong(struct study_reader *reader, const char *format, ...)
{
    const int used = snprintf(reader->error, reader->size, "%s:%u: ", reader->path, reader->line);
    va_list arguments;
    va_start(arguments, format);
    if (used > 0 && (size_t)used < reader->size)
        (void)vsnprintf(reader->error + used, reader->size - (size_t)used, format, arguments);
    va_end(arguments);
    return false;
}

const char *study_form_of(enum study_unit unit)
{
    return unit == STUDY_TIME    ? "a time such as 500ms"
           : unit == STUDY_SHARE ? "a share such as 1%, at most 100%"
                                 : "a whole number such as 20";
}

char *study_word(char **rest)
{
    char *word = *rest + strspn(*rest, " \t");
    char *end = word + strcspn(word, " \t");
    *rest = *end ? end + 1 : end;
    *end = '\0';
    return *word ? word : NULL;
}

bool study_name_is_right(const char *name)
{
    const size_t length = strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-");
    return length > 0 && name[length] == '\0' && length < STUDY_NAME;
}

bool study_quoted(const char *text, char *to)
{
    text += strspn(text, " \t");
    const size_t length = strlen(text);
    if (length < 3 || text[0] != '"' || text[length - 1] != '"')
        return false;
    (void)snprintf(to, STUDY_LINE, "%.*s", (int)length - 2, text + 1);
    return true;
}

static bool read_question(struct study_reader *reader, char *rest)
{
    return study_quoted(rest, reader->file->question) ||
           study_wrong(reader, "expected the question in quotes: question \"Which is better?\"");
}

static int find_knob(const char *name)
{
    for (int i = 0; i < STUDY_KNOBS; i++) {
        if (strcmp(study_knob_names[i], name) == 0)
            return i;
    }
    return -1;
}

static bool read_knobs(struct study_reader *reader, char *rest)
{
    for (char *word; (word = study_word(&rest));) {
        char *value = strchr(word, '=');
        if (!value)
            return study_wrong(reader, "expected knob=value, found \"%s\"", word);
        *value++ = '\0';
        const int knob = find_knob(word);
        if (knob < 0)
            return study_wrong(reader, "there is no knob \"%s\" of load or faults (study.md)",
                               word);
        if (!study_value(value, study_knob_units[knob], &reader->scenario->knobs[knob]))
            return study_wrong(reader, "%s: expected %s, found \"%s\"", word,
                               study_form_of(study_knob_units[knob]), value);
    }
    return true;
}

static bool find_swept(struct study_reader *reader, struct study_sweep *sweep)
{
    sweep->knob = find_knob(sweep->name);
    if (sweep->knob >= 0) {
        sweep->unit = study_knob_units[sweep->knob];
        return true;
    }
    bool found = false;
    for (size_t i = 0; i < reader->file->arm_count; i++) {
        struct study_arm *arm = &reader->file->arms[i];
        const int which = study_find_parameter(arm->design, sweep->name);
        if (which < 0)
            continue;
        sweep->unit = study_unit_of(&arm->design->parameters[which]);
        arm->swept[which] = found = true;
    }
    return found ||
           study_wrong(reader, "\"%s\" is neither a knob nor a parameter of a design above",
                       sweep->name);
}

static bool read_sweep(struct study_reader *reader, char *rest)
{
    struct study_scenario *scenario = reader->scenario;
    const char *name = study_word(&rest);
    if (!name || !study_name_is_right(name))
        return study_wrong(reader, "expected: sweep NAME VALUE...");
    if (scenario->sweep_count == STUDY_SWEEPS)
        return study_wrong(reader, "expected at most %d sweeps", STUDY_SWEEPS);
    struct study_sweep *sweep = &scenario->sweeps[scenario->sweep_count++];
    (void)snprintf(sweep->name, sizeof sweep->name, "%s", name);
    if (!find_swept(reader, sweep))
        return false;
    for (char *word; (word = study_word(&rest)); sweep->count++) {
        if (sweep->count == STUDY_VALUES)
            return study_wrong(reader, "expected at most %d values", STUDY_VALUES);
        if (!study_value(word, sweep->unit, &sweep->values[sweep->count]))
            return study_wrong(reader, "%s: expected %s, found \"%s\"", sweep->name,
                               study_form_of(sweep->unit), word);
        (void)snprintf(sweep->texts[sweep->count], STUDY_NAME, "%s", word);
    }
    return sweep->count > 0 || study_wrong(reader, "expected: sweep NAME VALUE...");
}

static int find_metric(const char *name)
{
    for (int i = 0; i < STUDY_METRICS; i++) {
        if (strcmp(study_metric_names[i], name) == 0)
            return i;
    }
    return -1;
}

/* A scenario's own metrics take the place of those that all have. */
static bool read_metrics(struct study_reader *reader, char *rest)
{
    struct study_scenario *scenario = reader->scenario;
    if (scenario != &reader->common && !scenario->metrics_are_its_own)
        scenario->metric_count = 0;
    scenario->metrics_are_its_own = true;
    for (char *word; (word = study_word(&rest));) {
        const int found = find_metric(word);
        if (found < 0)
            return study_wrong(reader, "there is no metric \"%s\" (study.md)", word);
        for (size_t i = 0; i < scenario->metric_count; i++) {
            if ((int)scenario->metrics[i] == found)
                return study_wrong(reader, "%s is there twice", word);
        }
        scenario->metrics[scenario->metric_count++] = (enum study_metric)found;
    }
    return true;
}

/* What follows is the scenario's alone; what came before the first one is everybody's. */
static bool read_scenario(struct study_reader *reader, char *rest)
{
    struct study_file *file = reader->file;
    const char *name = study_word(&rest);
    struct study_scenario *scenario = &file->scenarios[file->scenario_count];
    if (file->scenario_count == STUDY_SCENARIOS)
        return study_wrong(reader, "expected at most %d scenarios", STUDY_SCENARIOS);
    *scenario = reader->common;
    scenario->metrics_are_its_own = false;
    if (!name || !study_name_is_right(name) || !study_quoted(rest, scenario->question))
        return study_wrong(reader, "expected: scenario NAME \"QUESTION\", a name of lowercase "
                                   "letters, digits and '-'");
    for (size_t i = 0; i < file->scenario_count; i++) {
        if (strcmp(file->scenarios[i].name, name) == 0)
            return study_wrong(reader, "there is already a scenario called %s", name);
    }
    (void)snprintf(scenario->name, sizeof scenario->name, "%s", name);
    file->scenario_count++;
    reader->scenario = scenario;
    return true;
}

static bool read_profile(struct study_reader *reader, char *rest)
{
    const char *name = study_word(&rest);
    if (!name || !sim_profile_find(name))
        return study_wrong(reader,
                           "expected the name of a profile; `uripc list profiles` lists them");
    (void)snprintf(reader->scenario->profile, STUDY_NAME, "%s", name);
    return true;
}

enum { RUNS_MOST = 100000 };

static bool read_runs(struct study_reader *reader, char *rest)
{
    char *least = study_word(&rest);
    char *dots = least ? strstr(least, "..") : NULL;
    uint64_t from = 0;
    uint64_t to = 0;
    if (dots)
        *dots = '\0';
    if (!least || !study_value(least, STUDY_COUNT, &from) ||
        !study_value(dots ? dots + 2 : least, STUDY_COUNT, &to) || from < 2 || to < from ||
        to > RUNS_MOST)
        return study_wrong(reader, "expected runs LEAST..MOST, from 2 to %d", RUNS_MOST);
    reader->scenario->runs_min = from;
    reader->scenario->runs_max = to;
    return true;
}

static bool read_tight(struct study_reader *reader, char *rest)
{
    const char *word = study_word(&rest);
    return (word && study_value(word, STUDY_SHARE, &reader->scenario->tight)) ||
           study_wrong(reader, "expected tight PERCENT such as 5%%");
}

static bool read_budget(struct study_reader *reader, char *rest)
{
    const char *word = study_word(&rest);
    return (word && study_value(word, STUDY_TIME, &reader->file->budget)) ||
           study_wrong(reader, "expected budget TIME such as 2min");
}

static const struct keyword {
    const char *name;
    bool (*read)(struct study_reader *reader, char *rest);
} keywords[] = {
    {"question", read_question}, {"design", study_read_design}, {"claim", study_read_claim},
    {"load", read_knobs},        {"faults", read_knobs},        {"profile", read_profile},
    {"sweep", read_sweep},       {"metrics", read_metrics},     {"runs", read_runs},
    {"tight", read_tight},       {"scenario", read_scenario},   {"budget", read_budget},
};

static bool read_line(struct study_reader *reader, char *line)
{
    char *rest = line;
    const char *word = study_word(&rest);
    if (!word || word[0] == '#')
        return true;
    for (size_t i = 0; i < sizeof keywords / sizeof keywords[0]; i++) {
        if (strcmp(keywords[i].name, word) == 0)
            return keywords[i].read(reader, rest);
    }
    return study_wrong(
        reader,
        "expected question, design, claim, load, faults, profile, sweep, metrics, runs, "
        "tight, scenario or budget, found \"%s\"",
        word);
}

static bool check_scenario(struct study_reader *reader, const struct study_scenario *scenario)
{
    const uint64_t *knobs = scenario->knobs;
    if (scenario->metric_count == 0)
        return study_wrong(reader, "expected a line: metrics NAME...");
    if (knobs[STUDY_CLIENTS] == 0 || knobs[STUDY_WORKERS] == 0 ||
        knobs[STUDY_CLIENTS] + knobs[STUDY_WORKERS] > 1000000)
        return study_wrong(reader, "expected clients and workers, 1000000 together at most");
    if (knobs[STUDY_EVERY] == 0 || knobs[STUDY_LENGTH] == 0)
        return study_wrong(reader, "expected times that are not 0 for every and time");
    return knobs[STUDY_DELAY_MAX] >= knobs[STUDY_DELAY_MIN] ||
           study_wrong(reader, "expected a delay-max that is not below delay-min");
}

/* A file that names no scenario has one. */
static bool check(struct study_reader *reader)
{
    struct study_file *file = reader->file;
    if (!file->question[0])
        return study_wrong(reader, "expected a line: question \"...\"");
    if (file->arm_count == 0)
        return study_wrong(reader, "expected a line: design NAME DESIGN");
    if (file->scenario_count == 0) {
        file->scenarios[file->scenario_count++] = reader->common;
        (void)snprintf(file->scenarios[0].name, STUDY_NAME, "all");
        (void)snprintf(file->scenarios[0].question, STUDY_LINE, "%s", file->question);
    }
    for (size_t i = 0; i < file->scenario_count; i++) {
        if (!check_scenario(reader, &file->scenarios[i]))
            return false;
    }
    return true;
}

bool study_file_read(const char *path, struct study_file *file, char *error, size_t size)
{
    *file = (struct study_file){.scenario_count = 0};
    struct study_reader reader = {.path = path,
                                  .file = file,
                                  .common = {.profile = "local", .runs_min = 8, .runs_max = 64},
                                  .error = error,
                                  .size = size};
    reader.scenario = &reader.common;
    memcpy(reader.common.knobs, study_knob_usual, sizeof reader.common.knobs);
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
            good = study_wrong(&reader, "expected at most %d characters in a line", STUDY_LINE - 2);
        line[strcspn(line, "\r\n")] = '\0';
        good = good && read_line(&reader, line);
    }
    (void)fclose(in);
    return good && check(&reader);
}

size_t study_points(const struct study_scenario *scenario)
{
    size_t count = 1;
    for (size_t i = 0; i < scenario->sweep_count; i++)
        count *= scenario->sweeps[i].count;
    return count;
}
