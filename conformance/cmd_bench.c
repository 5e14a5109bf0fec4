/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE /* argp */

#include <argp.h>
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench/bench.h"
#include "clock.h"
#include "command.h"
#include "share.h"
#include "target.h"

static const char help[] =
    "Measure backends side by side.\v"
    "BACKEND is a name that `uripc list backends` shows, the path of a shared object, or one of "
    "the "
    "baselines: baseline-uv-pipe, a bare libuv pipe, and baseline-zeromq, libzmq over ipc.  "
    "Messages "
    "are made inside the drivers: one way, many in flight (stream), or there and back, one at a "
    "time "
    "(ping).  Slices of all backends take turns, rounds begin with new processes, and a difference "
    "is "
    "claimed only if the whole interval of the ratio lies more than 2 % from 1.  Latency under "
    "half "
    "and four fifths of the rate counts from the instant at which a message was due.  A percentile "
    "is shown if ten samples lie beyond it.\n\n"
    "On two processors a sleeping one has to be woken for each round trip, which on virtual "
    "machines "
    "costs more than the software; so the drivers share one processor unless told otherwise.\n\n"
    "Examples:\n"
    "  uripc bench reference-uv\n"
    "  uripc bench reference-uv baseline-uv-pipe --baseline baseline-zeromq --pin 2cpu\n"
    "  uripc bench ./libmine.so --size 1024 --mode ping --repeats 40 --out results\n"
    "  uripc bench reference-uv --compare results\n"
    "  uripc bench --size 1024 -- python3 my_driver.py\n"
    "  uripc bench baseline-uv-pipe --self-test 50 --size 1024 --mode ping";

enum {
    OPTION_SIZE = 256,
    OPTION_MODE,
    OPTION_FOR,
    OPTION_REPEATS,
    OPTION_PIN,
    OPTION_COMPARE,
    OPTION_SELF_TEST
};

static const struct argp_option options[] = {
    {"size", OPTION_SIZE, "N,...", 0, "bytes of a message (default 64,1024,65536)", 0},
    {"mode", OPTION_MODE, "NAME,...", 0, "stream, ping, or both (default)", 0},
    {"baseline", 'b', "NAME", 0, "what to compare with (default baseline-uv-pipe)", 0},
    {"for", OPTION_FOR, "TIME", 0, "length of a slice, such as 20ms (default) or 1s", 0},
    {"repeats", OPTION_REPEATS, "N", 0, "how many rounds (default 10)", 0},
    {"pin", OPTION_PIN, "WHERE", 0, "drivers on 1cpu (default), on 2cpu, or none", 0},
    {"seed", 's', "N", 0, "of the bootstrap (default 1)", 0},
    {"compare", OPTION_COMPARE, "DIR", 0,
     "void figures of a backend by DIR/results.jsonl; may be given for each backend", 0},
    {"self-test", OPTION_SELF_TEST, "N", 0,
     "compare BACKEND with itself N times, and N times with 5 % more work in one side", 0},
    {"out", 'o', "DIR", 0, "write bench.jsonl into this folder", 0},
    {0}};

struct arguments {
    struct cf_bench *bench;
    struct cf_seeds seeds;
    const char *names[CF_BENCH_BACKENDS_MAX];
    const char *compare[CF_BENCH_BACKENDS_MAX];
    size_t name_count, compare_count;
    char **command; /* of a driver, after `--`; NULL: none */
    const char *baseline;
    const char *out;
    unsigned self_test; /* runs; 0: none */
};

/* A number of at most nine digits, from 1.  Returns what follows it; NULL: there is none. */
static const char *number(const char *text, uint32_t *value)
{
    char *end = NULL;
    if (*text < '0' || *text > '9')
        return NULL;
    unsigned long found = strtoul(text, &end, 10);
    if (end - text > 9 || found < 1)
        return NULL;
    *value = (uint32_t)found;
    return end;
}

static void parse_sizes(struct argp_state *state, const char *text, struct cf_bench *bench)
{
    const char *at = text;
    bench->size_count = 0;
    for (; at && bench->size_count < CF_BENCH_SIZES_MAX; at++) {
        uint32_t *size = &bench->sizes[bench->size_count++];
        at = number(at, size);
        if (!at || *size > 16 << 20 || *at == '\0')
            break;
        if (*at != ',')
            at = NULL;
        if (!at)
            break;
    }
    if (!at || *at || bench->sizes[bench->size_count - 1] > 16 << 20)
        argp_error(state, "--size expects up to %d numbers of bytes, such as 64,1024; found \"%s\"",
                   CF_BENCH_SIZES_MAX, text);
}

static void parse_modes(struct argp_state *state, const char *text, struct cf_bench *bench)
{
    bench->modes[CF_BENCH_STREAM] = strncmp(text, "stream", 6) == 0;
    bench->modes[CF_BENCH_PING] = strcmp(text, "ping") == 0 || strcmp(text, "stream,ping") == 0 ||
                                  strcmp(text, "ping,stream") == 0;
    if (strcmp(text, "ping,stream") == 0)
        bench->modes[CF_BENCH_STREAM] = true;
    if (!bench->modes[CF_BENCH_PING] && strcmp(text, "stream") != 0)
        argp_error(state, "--mode expects stream, ping or stream,ping; found \"%s\"", text);
}

static void parse_slice(struct argp_state *state, const char *text, struct cf_bench *bench)
{
    uint32_t value = 0;
    const char *unit = number(text, &value);
    if (unit && strcmp(unit, "ms") == 0 && value <= 60000)
        bench->slice = value * CF_MILLISECOND;
    else if (unit && strcmp(unit, "s") == 0 && value <= 60)
        bench->slice = value * CF_SECOND;
    else
        argp_error(state, "--for expects a time up to 60s, such as 20ms; found \"%s\"", text);
}

static void parse_count(struct argp_state *state, const char *option, const char *text,
                        uint32_t most, uint32_t *to)
{
    const char *end = number(text, to);
    if (!end || *end || *to > most)
        argp_error(state, "%s expects a number from 1 to %" PRIu32 ", found \"%s\"", option, most,
                   text);
}

static void parse_pin(struct argp_state *state, const char *text, struct cf_bench *bench)
{
    for (int i = CF_PIN_NONE; i <= CF_PIN_2CPU; i++) {
        if (strcmp(text, cf_bench_pin_names[i]) == 0) {
            bench->pin = (enum cf_bench_pin)i;
            return;
        }
    }
    argp_error(state, "--pin expects 1cpu, 2cpu or none; found \"%s\"", text);
}

static void add_word(struct argp_state *state, const char *what, const char *word,
                     const char **list, size_t *count)
{
    if (*count + 1 == CF_BENCH_BACKENDS_MAX)
        argp_error(state, "at most %d %s are possible", CF_BENCH_BACKENDS_MAX - 1, what);
    list[(*count)++] = word;
}

static error_t parse(int key, char *text, struct argp_state *state)
{
    struct arguments *arguments = state->input;
    struct cf_bench *bench = arguments->bench;
    switch (key) {
    case OPTION_SIZE:
        parse_sizes(state, text, bench);
        break;
    case OPTION_MODE:
        parse_modes(state, text, bench);
        break;
    case 'b':
        arguments->baseline = text;
        break;
    case OPTION_FOR:
        parse_slice(state, text, bench);
        break;
    case OPTION_REPEATS:
        parse_count(state, "--repeats", text, CF_BENCH_REPEATS_MAX, &bench->repeats);
        break;
    case OPTION_PIN:
        parse_pin(state, text, bench);
        break;
    case 's':
        cf_seed_argument(state, text, &arguments->seeds);
        break;
    case OPTION_COMPARE:
        add_word(state, "--compare", text, arguments->compare, &arguments->compare_count);
        break;
    case OPTION_SELF_TEST:
        parse_count(state, "--self-test", text, CF_BENCH_REPEATS_MAX, &arguments->self_test);
        break;
    case 'o':
        arguments->out = text;
        break;
    case ARGP_KEY_ARG:
        add_word(state, "backends", text, arguments->names, &arguments->name_count);
        break;
    case ARGP_KEY_END:
        if (arguments->self_test && arguments->name_count != 1)
            argp_error(state, "--self-test expects one BACKEND");
        if (arguments->name_count == 0 && !arguments->command)
            argp_error(state, "expected a BACKEND, such as \"reference-uv\"");
        break;
    default:
        return ARGP_ERR_UNKNOWN;
    }
    return 0;
}

static char **baseline_command(const char *name)
{
    char path[PATH_MAX];
    if (!cf_program_path("../libexec/uripc/uripc-baseline", path, sizeof(path))) {
        cf_complain_aloud("error: the baselines are not installed: there is no "
                          "libexec/uripc/uripc-baseline beside the folder of this program");
        return NULL;
    }
    char **command = calloc(3, sizeof(*command));
    if (command) {
        command[0] = strdup(path);
        command[1] = strdup(name);
    }
    return command;
}

static bool is_baseline(const char *name)
{
    const char *known;
    const char *text;
    for (size_t i = 0; cf_baseline_at(i, &known, &text); i++)
        if (strcmp(name, known) == 0)
            return true;
    return false;
}

/* Its index; the number of backends after a complaint. */
static size_t add_backend(struct cf_bench *bench, const char *name)
{
    for (size_t i = 0; i < bench->count; i++)
        if (strcmp(bench->backends[i].name, name) == 0)
            return i;
    struct cf_bench_backend *backend = &bench->backends[bench->count];
    *backend = (struct cf_bench_backend){.name = name,
                                         .bare = is_baseline(name),
                                         .command = is_baseline(name) ? baseline_command(name)
                                                                      : cf_driver_command(name)};
    return backend->command ? bench->count++ : bench->count;
}

static bool add_driver(struct cf_bench *bench, char *const *command)
{
    struct cf_bench_backend *backend = &bench->backends[bench->count];
    *backend = (struct cf_bench_backend){.command = cf_command_copy(command)};
    snprintf(backend->own_name, sizeof(backend->own_name), "%s", command[0]);
    backend->name = backend->own_name;
    return backend->command && ++bench->count;
}

static bool add_backends(const struct arguments *arguments)
{
    struct cf_bench *bench = arguments->bench;
    for (size_t i = 0; i < arguments->name_count; i++)
        if (add_backend(bench, arguments->names[i]) == bench->count)
            return false;
    if (arguments->command && !add_driver(bench, arguments->command))
        return false;
    if (arguments->self_test) {
        bench->backends[1] = bench->backends[0];
        bench->backends[1].command = cf_command_copy(bench->backends[0].command);
        bench->count = 2;
        bench->baseline = 1;
        return bench->backends[1].command;
    }
    bench->baseline = add_backend(bench, arguments->baseline);
    return bench->baseline < bench->count;
}

static bool has_processors(const struct cf_bench *bench)
{
    cpu_set_t all;
    if (bench->pin != CF_PIN_2CPU ||
        (sched_getaffinity(0, sizeof(all), &all) == 0 && CPU_COUNT(&all) >= 2))
        return true;
    cf_complain_aloud("error: --pin 2cpu needs two processors, and this program may use one only");
    return false;
}

static int measure(struct cf_bench *bench, const struct arguments *arguments, const char *command)
{
    uint64_t began = cf_clock();
    struct cf_findings findings = {0};
    if (!cf_bench_ask(bench))
        return cf_bench_interrupted() ? CF_EXIT_INTERRUPTED : CF_EXIT_USAGE;
    for (size_t i = 0; i < arguments->compare_count; i++)
        if (!cf_bench_void(bench, arguments->compare[i]))
            return CF_EXIT_USAGE;
    if (arguments->out && !cf_bench_open_file(bench, arguments->out, command))
        return CF_EXIT_USAGE;
    cf_bench_print_machine(bench);
    fflush(stdout);
    findings.interrupted = !cf_bench_run(bench);
    cf_bench_print(bench);
    if (findings.interrupted)
        printf("\ninterrupted: partial figures of %" PRIu32 " rounds\n", bench->round);
    cf_bench_close_file(bench, findings.interrupted, (cf_clock() - began) / CF_MILLISECOND);
    if (bench->unwritable) {
        cf_complain_aloud("error: %s/bench.jsonl is incomplete: %s", arguments->out,
                          strerror(errno));
        findings.misused = true;
    }
    for (size_t i = 0; i < bench->count; i++)
        findings.unexpected =
            findings.unexpected || (bench->backends[i].out && !bench->backends[i].unable);
    return cf_exit_status(&findings);
}

int cf_cmd_bench(int argc, char **argv)
{
    const struct argp argp = {options, parse, "BACKEND...\n-- COMMAND [ARGUMENT...]", help, NULL,
                              NULL,    NULL};
    static struct cf_bench bench = {.sizes = {64, 1024, 65536},
                                    .size_count = 3,
                                    .modes = {true, true},
                                    .pin = CF_PIN_1CPU,
                                    .slice = 20 * CF_MILLISECOND,
                                    .repeats = 10};
    struct arguments arguments = {.bench = &bench, .seeds = {1, 1}, .baseline = "baseline-uv-pipe"};
    char *command = cf_whole_command(argc, argv);
    int status = CF_EXIT_USAGE;
    int own = cf_own_words(argc, argv);
    arguments.command = own + 1 < argc ? &argv[own + 1] : NULL;
    cf_arguments(&argp, own, argv, &arguments);
    bench.seed = arguments.seeds.first;
    bench.progress = isatty(STDERR_FILENO) == 1;
    if (add_backends(&arguments) && has_processors(&bench) && cf_supervise(&bench.place, &status)) {
        cf_bench_heed_signals();
        if (arguments.self_test)
            status = cf_bench_self_test(&bench, arguments.self_test);
        else
            status =
                cf_bench_prepare(&bench) ? measure(&bench, &arguments, command) : CF_EXIT_BROKEN;
    }
    cf_bench_free(&bench);
    for (size_t i = 0; i < bench.count; i++) {
        cf_command_free(bench.backends[i].command);
        json_decref(bench.backends[i].cases);
    }
    free(command);
    return status;
}
