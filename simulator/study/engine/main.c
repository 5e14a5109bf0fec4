/* SPDX-License-Identifier: MIT */
/* uripc-study: what `uripc study` and `uripc list studies|designs` run. */
#define _GNU_SOURCE /* argp */

#include <argp.h>
#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "simulator/memory.h"
#include "simulator/study/engine/jobs.h"
#include "simulator/study/engine/output.h"
#include "simulator/study/programs/programs.h"

enum { EXIT_INVALID = 3, EXIT_BROKE = 4, EXIT_INTERRUPTED = 130 };
enum { OPTION_LIST = 256, OPTION_JOBS_MOST = 256 };

static const char help[] =
    "Run designs under the same load and the same faults, and tell how they differ.\v"
    "STUDY is a name from `uripc list studies` or the path of a study file (spec, study.md). A * "
    "stands where the 95 % interval of a difference does not hold 0.\n\n"
    "Exit status: 0 the study has ended, 3 an argument or a file is not as it should be, 4 a "
    "design has crashed, 130 interrupted (what there is so far is kept).\n\n"
    "Examples:\n"
    "  uripc study mailslot-retries\n"
    "  uripc study mine.study --out results --jobs 2";

static const struct argp_option options[] = {
    {"out", 'o', "DIR", 0, "also write DIR/study.jsonl and a page of it, DIR/report.html", 0},
    {"jobs", 'j', "N", 0, "processes at once (default: one for each processor)", 0},
    {"seed", 's', "N", 0, "the first seed (default: 1)", 0},
    {"list", OPTION_LIST, "WHAT", OPTION_HIDDEN, "studies or designs", 0},
    {0}};

struct arguments {
    const char *study, *out, *list;
    unsigned jobs;
    uint64_t seed;
};

static uint64_t number(struct argp_state *state, const char *name, const char *text, uint64_t least,
                       uint64_t most)
{
    uint64_t value = 0;
    if (!study_value(text, STUDY_COUNT, &value) || value < least || value > most)
        argp_error(state,
                   "--%s: expected a whole number from %" PRIu64 " to %" PRIu64 ", found \"%s\"",
                   name, least, most, text);
    return value;
}

static error_t parse(int key, char *text, struct argp_state *state)
{
    struct arguments *arguments = state->input;
    switch (key) {
    case 'o':
        arguments->out = text;
        break;
    case 'j':
        arguments->jobs = (unsigned)number(state, "jobs", text, 1, OPTION_JOBS_MOST);
        break;
    case 's':
        arguments->seed = number(state, "seed", text, 0, 1000000000);
        break;
    case OPTION_LIST:
        arguments->list = text;
        break;
    case ARGP_KEY_ARG:
        if (arguments->study)
            argp_error(state, "one study at a time, found \"%s\" as well", text);
        arguments->study = text;
        break;
    case ARGP_KEY_END:
        if (!arguments->study && !arguments->list)
            argp_error(state, "expected the name or the file of a study");
        break;
    default:
        return ARGP_ERR_UNKNOWN;
    }
    return 0;
}

/* A place as seen from the folder of the program. */
static void place_of(const char *relative, char *path, size_t size)
{
    char program[PATH_MAX];
    const ssize_t length = readlink("/proc/self/exe", program, sizeof program - 1);
    program[length < 0 ? 0 : length] = '\0';
    char *slash = strrchr(program, '/');
    if (slash)
        *slash = '\0';
    (void)snprintf(path, size, "%s/%s", program, relative);
}

static void studies_folder(char *path, size_t size)
{
    place_of("../../share/uripc/studies", path, size);
}

static int is_study(const struct dirent *entry)
{
    const size_t length = strlen(entry->d_name);
    return length > 6 && strcmp(entry->d_name + length - 6, ".study") == 0;
}

static int list(const char *what)
{
    if (strcmp(what, "designs") == 0) {
        for (size_t i = 0; i < study_design_count; i++)
            printf("%-24s %s\n", study_designs[i]->name, study_designs[i]->text);
        return 0;
    }
    char folder[PATH_MAX];
    studies_folder(folder, sizeof folder);
    struct dirent **entries = NULL;
    const int count = scandir(folder, &entries, is_study, alphasort);
    for (int i = 0; i < count; i++) {
        char path[PATH_MAX * 2];
        char error[PATH_MAX];
        static struct study_file file;
        (void)snprintf(path, sizeof path, "%s/%s", folder, entries[i]->d_name);
        entries[i]->d_name[strlen(entries[i]->d_name) - 6] = '\0';
        const bool good = study_file_read(path, &file, error, sizeof error);
        printf("%-24s %s\n", entries[i]->d_name, good ? file.question : error);
        free(entries[i]);
    }
    free(entries);
    return 0;
}

static FILE *open_output(const char *folder)
{
    char path[PATH_MAX];
    (void)snprintf(path, sizeof path, "%s/study.jsonl", folder);
    if (mkdir(folder, 0777) != 0 && errno != EEXIST) {
        (void)fprintf(stderr, "uripc study: error: %s: %s\n", folder, strerror(errno));
        return NULL;
    }
    FILE *out = fopen(path, "w");
    if (!out)
        (void)fprintf(stderr, "uripc study: error: %s: %s\n", path, strerror(errno));
    return out;
}

static void show(size_t point, size_t points, bool over)
{
    if (isatty(STDERR_FILENO))
        (void)fprintf(stderr, over ? "\r\033[K" : "\rpoint %zu of %zu ...", point + 1, points);
}

static size_t count_points(const struct study_file *file)
{
    size_t count = 0;
    for (size_t i = 0; i < file->scenario_count; i++)
        count += study_points(&file->scenarios[i]);
    return count;
}

static uint64_t mix(uint64_t hash, const struct study_point *point)
{
    for (size_t i = 0; i < point->runs * point->file->arm_count; i++)
        hash = (hash ^ point->results[i].fingerprint) * UINT64_C(0x100000001b3);
    return hash;
}

/* A word as a shell reads it back. */
static void quote(char *to, size_t size, const char *word)
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                                "-_./+,:@%";
    if (*word && word[strspn(word, plain)] == '\0') {
        (void)snprintf(to, size, "%s", word);
        return;
    }
    size_t used = (size_t)snprintf(to, size, "'");
    for (; *word && used < size; word++)
        used += (size_t)snprintf(to + used, size - used, *word == '\'' ? "'\\''" : "%c", *word);
    if (used < size)
        (void)snprintf(to + used, size - used, "'");
}

/* The name of a study is that of its file, without folder and ending. */
static void write_header(FILE *out, const struct study_file *file,
                         const struct arguments *arguments)
{
    const char *slash = strrchr(arguments->study, '/');
    char name[NAME_MAX + 1];
    char word[PATH_MAX * 4 + 3];
    char command[PATH_MAX * 8 + 100];
    (void)snprintf(name, sizeof name, "%s", slash ? slash + 1 : arguments->study);
    char *end = strstr(name, ".study");
    if (end)
        *end = '\0';
    quote(word, sizeof word, arguments->study);
    int used =
        snprintf(command, sizeof command, "uripc study %s --seed %" PRIu64, word, arguments->seed);
    if (arguments->out && used > 0 && (size_t)used < sizeof command) {
        quote(word, sizeof word, arguments->out);
        (void)snprintf(command + used, sizeof command - (size_t)used, " --out %s", word);
    }
    const struct study_title title = {
        .name = name, .command = command, .seed = arguments->seed, .points = count_points(file)};
    study_write_header(out, &title, file);
}

/* A study under way. */
struct progress {
    const struct study_file *file;
    const struct arguments *arguments;
    FILE *out;
    size_t done, points;
    uint64_t over;
    uint64_t fingerprint;
};

static enum study_end run_point(struct progress *at, const struct study_scenario *scenario,
                                size_t number)
{
    const size_t room = scenario->runs_max * at->file->arm_count;
    struct study_point point = {.file = at->file,
                                .scenario = scenario,
                                .seed = at->arguments->seed,
                                .jobs = at->arguments->jobs,
                                .over = at->over,
                                .results = study_results_new(room)};
    if (!point.results)
        return STUDY_BROKEN;
    if (scenario->sweep_count > 0)
        point.at[0] = number % scenario->sweeps[0].count;
    if (scenario->sweep_count > 1)
        point.at[1] = number / scenario->sweeps[0].count;
    show(at->done, at->points, false);
    const enum study_end end = study_point_run(&point);
    show(at->done, at->points, true);
    if (point.runs > 0)
        study_print_point(&point, end);
    study_write_point(at->out, &point, end);
    at->fingerprint = mix(at->fingerprint, &point);
    study_results_free(point.results, room);
    at->done += end < STUDY_BUDGET;
    return end;
}

static enum study_end run_scenario(struct progress *at, const struct study_scenario *scenario)
{
    enum study_end end = STUDY_RUNS;
    study_print_scenario(at->file, scenario);
    study_write_scenario(at->out, scenario);
    for (size_t i = 0; i < study_points(scenario) && end < STUDY_BUDGET; i++)
        end = run_point(at, scenario, i);
    return end;
}

static int run(const struct study_file *file, const struct arguments *arguments, FILE *out)
{
    struct progress at = {.file = file,
                          .arguments = arguments,
                          .out = out,
                          .points = count_points(file),
                          .over = file->budget == 0 ? 0 : study_clock() + file->budget,
                          .fingerprint = UINT64_C(0xcbf29ce484222325)};
    enum study_end end = STUDY_RUNS;
    study_print_question(file);
    write_header(out, file, arguments);
    for (size_t i = 0; i < file->scenario_count && end < STUDY_BUDGET; i++)
        end = run_scenario(&at, &file->scenarios[i]);
    study_write_footer(out, at.done, at.points, end, at.fingerprint);
    if (end == STUDY_BROKEN)
        (void)fputs("uripc study: error: a run has not ended: a design has crashed, or does ever "
                    "more at one instant, or there is no memory\n",
                    stderr);
    return end == STUDY_BROKEN ? EXIT_BROKE : end == STUDY_INTERRUPTED ? EXIT_INTERRUPTED : 0;
}

/* Makes the page of what was written, which says where it is; without Python there is none, and the
 * study is as good as ever. */
static void report(const char *folder)
{
    char program[PATH_MAX * 2];
    place_of("../../bin/uripc", program, sizeof program);
    (void)fflush(NULL);
    const pid_t child = fork();
    if (child == 0) {
        (void)execl(program, "uripc", "report", "--", folder, (char *)NULL);
        _exit(EXIT_INVALID);
    }
    while (child > 0 && waitpid(child, NULL, 0) < 0 && errno == EINTR)
        continue;
}

static void on_interrupt(int number_of_signal)
{
    (void)number_of_signal;
    study_interrupted = 1;
}

static bool find_study(const char *wanted, char *path, size_t size)
{
    char folder[PATH_MAX];
    (void)snprintf(path, size, "%s", wanted);
    if (strchr(wanted, '/') || access(wanted, F_OK) == 0)
        return true;
    studies_folder(folder, sizeof folder);
    (void)snprintf(path, size, "%s/%s.study", folder, wanted);
    if (access(path, F_OK) == 0)
        return true;
    (void)fprintf(stderr,
                  "uripc study: error: there is no study \"%s\"; `uripc list studies` lists "
                  "them\n",
                  wanted);
    return false;
}

/* Most of the time of a large world is looking for the memory of its nodes. */
static void use_large_pages(void *block, size_t bytes)
{
    (void)madvise(block, bytes, MADV_HUGEPAGE);
}

int main(int argc, char **argv)
{
    sim_memory_large = use_large_pages;
    struct arguments arguments = {.seed = 1};
    const long processors = sysconf(_SC_NPROCESSORS_ONLN);
    arguments.jobs = processors > 0 && processors < OPTION_JOBS_MOST ? (unsigned)processors : 1;
    const struct argp argp = {options, parse, "STUDY", help, NULL, NULL, NULL};
    static char name[] = "uripc study";
    argv[0] = name;
    argp_err_exit_status = EXIT_INVALID;
    if (argp_parse(&argp, argc, argv, 0, NULL, &arguments) != 0)
        return EXIT_INVALID;
    if (arguments.list)
        return list(arguments.list);
    static struct study_file file;
    char path[PATH_MAX * 2];
    char error[PATH_MAX];
    if (!find_study(arguments.study, path, sizeof path))
        return EXIT_INVALID;
    if (!study_file_read(path, &file, error, sizeof error)) {
        (void)fprintf(stderr, "uripc study: error: %s\n", error);
        return EXIT_INVALID;
    }
    FILE *out = arguments.out ? open_output(arguments.out) : NULL;
    if (arguments.out && !out)
        return EXIT_INVALID;
    const struct sigaction action = {.sa_handler = on_interrupt};
    (void)sigaction(SIGINT, &action, NULL);
    (void)sigaction(SIGTERM, &action, NULL);
    int status = run(&file, &arguments, out);
    if (out && fclose(out) != 0)
        status = EXIT_INVALID;
    if (out)
        report(arguments.out);
    return status;
}
