/* SPDX-License-Identifier: MIT */
/* uripc-process: one process of a design (study.h) as a process of the operating system.  The
 * program is the one that runs in the simulator; here its node is on libuv, its clock is the
 * machine's, and what it tells goes to standard output, a JSON object a line. */
#define _GNU_SOURCE /* argp */

#include <argp.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <uripc/uv.h>
#include <uv.h>

#include "conformance/worlds/children.h"
#include "simulator/study/engine/file.h"
#include "simulator/study/programs/programs.h"

enum { EXIT_INVALID = 3, EXIT_BROKE = 4, EXIT_FAILED = 5 };

static const uint64_t millisecond = 1000000, linger = UINT64_C(1000000000);

static const char help[] =
    "Run one process of a design on libuv, until SIGTERM or the end of the parent.\v"
    "DESIGN is a name from `uripc list designs`. The processes of one run have one REALM, a "
    "folder, "
    "and equal numbers of clients and workers; each has a number of its own among those of its "
    "role, from 0. A service starts the workers itself, as its children, with its own arguments. "
    "What happens is told on standard output, as lines of JSON:\n\n"
    "  {\"at\": NANOSECONDS, \"role\": ROLE, \"number\": N, \"process\": ID,\n"
    "   \"tell\": WORD, \"value\": NUMBER}\n\n"
    "Times are of the machine's monotonic clock. Words are registered (a name, or a listener), "
    "asked, answered, gave-up and late (of a request), executed (the same, by a worker), uses and "
    "suspects (of a worker), started, retired and failed (of a worker, by the service).\n\n"
    "Exit status: 0 ended in good order, 3 an argument is not as it should be, 4 the realm cannot "
    "be used, or there is no memory, 5 it could not do what it was started for.\n\n"
    "Example:\n"
    "  uripc-process --realm /tmp/r --role client --number 0 --clients 4 --workers 2 \\\n"
    "      --every 100ms session beat=1s";

static const struct argp_option options[] = {
    {"realm", 'r', "DIR", 0, "the folder of the realm", 0},
    {"role", 'R', "ROLE", 0, "client or worker, or, of some designs, listener or service", 0},
    {"number", 'n', "N", 0, "of this process among those of its role (default: 0)", 0},
    {"clients", 'c', "N", 0, "clients in all (default: 1)", 0},
    {"workers", 'w', "N", 0, "workers in all (default: 1)", 0},
    {"every", 'e', "TIME", 0, "mean time between two requests of a client (default: 500ms)", 0},
    {"service", 'S', "TIME", 0, "time a worker takes for a request (default: 1ms)", 0},
    {"seed", 's', "N", 0, "of what the program draws (default: 1)", 0},
    {"parent", 'p', "PID", 0, "end at once if this is not the parent (any more)", 0},
    {0}};

enum role { WORKER, CLIENT, LISTENER, SERVICE, ROLES };

static const char *const roles[] = {"worker", "client", "listener", "service"};

struct arguments {
    const char *realm;
    const struct uripc_design *design;
    enum role role;
    uint64_t number, clients, workers, every, service, seed, parent;
    uint64_t parameters[URIPC_PARAMETERS];
};

static struct process {
    struct arguments arguments;
    const struct uripc_program *program;
    struct uripc_program_host host;
    void *state;
    uv_loop_t loop;
    struct uripc_uv *uv;
    uv_timer_t alarm, load;
    uv_signal_t end;
    uint64_t wanted; /* when the alarm is to ring; UINT64_MAX: not at all */
    uint64_t drawn, asked;
    bool ends; /* the program is not called any more */
    int status;
} process = {.arguments = {.role = ROLES,
                           .clients = 1,
                           .workers = 1,
                           .every = UINT64_C(500000000),
                           .service = UINT64_C(1000000),
                           .seed = 1}};

/* Arguments. */

static void value_of(struct argp_state *state, const char *name, const char *text,
                     enum study_unit unit, uint64_t *value)
{
    if (!study_value(text, unit, value))
        argp_error(state, "%s: expected %s, found \"%s\"", name,
                   unit == STUDY_TIME ? "a time such as 500ms" : "a whole number", text);
}

static void find_design(struct argp_state *state, struct arguments *arguments, const char *name)
{
    for (size_t i = 0; i < study_design_count; i++) {
        if (strcmp(study_designs[i]->name, name) == 0)
            arguments->design = study_designs[i];
    }
    if (!arguments->design)
        argp_error(state, "there is no design \"%s\"; see `uripc list designs`", name);
    else
        for (size_t i = 0; i < arguments->design->parameter_count; i++)
            arguments->parameters[i] = arguments->design->parameters[i].usual;
}

static void set_parameter(struct argp_state *state, struct arguments *arguments, const char *text)
{
    const struct uripc_design *design = arguments->design;
    const size_t length = strcspn(text, "=");
    for (size_t i = 0; text[length] == '=' && i < design->parameter_count; i++) {
        const struct uripc_parameter *parameter = &design->parameters[i];
        if (strlen(parameter->name) != length || memcmp(parameter->name, text, length) != 0)
            continue;
        value_of(state, parameter->name, text + length + 1,
                 parameter->unit == URIPC_UNIT_TIME ? STUDY_TIME : STUDY_COUNT,
                 &arguments->parameters[i]);
        return;
    }
    argp_error(state, "expected parameter=value of %s, found \"%s\"", design->name, text);
}

static void find_role(struct argp_state *state, struct arguments *arguments, const char *name)
{
    arguments->role = WORKER;
    while (arguments->role < ROLES && strcmp(roles[arguments->role], name) != 0)
        arguments->role++;
    if (arguments->role == ROLES)
        argp_error(state, "--role: expected client, worker, listener or service, found \"%s\"",
                   name);
}

/* NULL: the design has no such role. */
static const struct uripc_program *program_of(const struct uripc_design *design, enum role role)
{
    switch (role) {
    case WORKER:
        return design->worker;
    case CLIENT:
        return design->client;
    case LISTENER:
        return design->listener;
    case SERVICE:
        return design->service;
    case ROLES:
        break;
    }
    return NULL;
}

static uint64_t how_many(const struct arguments *arguments)
{
    return arguments->role == CLIENT   ? arguments->clients
           : arguments->role == WORKER ? arguments->workers
                                       : 1;
}

static void check(struct argp_state *state, const struct arguments *arguments)
{
    if (!arguments->design)
        argp_error(state, "expected a design");
    else if (!arguments->realm || arguments->role == ROLES)
        argp_error(state, "expected --realm and --role");
    else if (arguments->clients == 0 || arguments->clients > UINT16_MAX ||
             arguments->workers == 0 || arguments->workers > UINT16_MAX)
        argp_error(state, "expected 1 to %d clients and workers", UINT16_MAX);
    else if (!program_of(arguments->design, arguments->role))
        argp_error(state, "--role: %s has no %s", arguments->design->name, roles[arguments->role]);
    else if (arguments->number >= how_many(arguments))
        argp_error(state, "--number: expected less than there are, found %" PRIu64,
                   arguments->number);
    else if (arguments->every == 0)
        argp_error(state, "--every: expected more than no time");
}

static error_t parse(int key, char *text, struct argp_state *state)
{
    struct arguments *arguments = state->input;
    switch (key) {
    case 'r':
        arguments->realm = text;
        break;
    case 'R':
        find_role(state, arguments, text);
        break;
    case 'n':
        value_of(state, "--number", text, STUDY_COUNT, &arguments->number);
        break;
    case 'c':
        value_of(state, "--clients", text, STUDY_COUNT, &arguments->clients);
        break;
    case 'w':
        value_of(state, "--workers", text, STUDY_COUNT, &arguments->workers);
        break;
    case 'e':
        value_of(state, "--every", text, STUDY_TIME, &arguments->every);
        break;
    case 'S':
        value_of(state, "--service", text, STUDY_TIME, &arguments->service);
        break;
    case 's':
        value_of(state, "--seed", text, STUDY_COUNT, &arguments->seed);
        break;
    case 'p':
        value_of(state, "--parent", text, STUDY_COUNT, &arguments->parent);
        break;
    case ARGP_KEY_ARG:
        if (arguments->design)
            set_parameter(state, arguments, text);
        else
            find_design(state, arguments, text);
        break;
    case ARGP_KEY_END:
        check(state, arguments);
        break;
    default:
        return ARGP_ERR_UNKNOWN;
    }
    return 0;
}

/* What the host offers. */

static void tell(const char *word, uint64_t value)
{
    printf("{\"at\": %" PRIu64 ", \"role\": \"%s\", \"number\": %" PRIu64 ", \"process\": %ld, "
           "\"tell\": \"%s\", \"value\": %" PRIu64 "}\n",
           uv_hrtime(), roles[process.arguments.role], process.arguments.number, (long)getpid(),
           word, value);
}

static uint64_t host_now(void *self)
{
    (void)self;
    return uv_hrtime();
}

static void on_alarm(uv_timer_t *timer);

/* Timers of libuv count milliseconds from when the loop last looked at the clock. */
static void set_timer(uv_timer_t *timer, uv_timer_cb on_time, uint64_t at)
{
    const uint64_t now = uv_hrtime();
    uv_update_time(timer->loop);
    (void)uv_timer_start(timer, on_time, at > now ? (at - now + millisecond - 1) / millisecond : 0,
                         0);
}

static void host_alarm(void *self, uint64_t at)
{
    (void)self;
    process.wanted = at;
    if (at == UINT64_MAX)
        (void)uv_timer_stop(&process.alarm);
    else
        set_timer(&process.alarm, on_alarm, at);
}

/* SplitMix64: G. L. Steele, D. Lea, C. H. Flood, "Fast splittable pseudorandom number generators",
 * OOPSLA 2014. */
static uint64_t host_draw(void *self)
{
    (void)self;
    uint64_t z = process.drawn += UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return z ^ z >> 31;
}

static uint64_t host_parameter(void *self, const char *name)
{
    (void)self;
    const struct uripc_design *design = process.arguments.design;
    for (size_t i = 0; i < design->parameter_count; i++) {
        if (strcmp(design->parameters[i].name, name) == 0)
            return process.arguments.parameters[i];
    }
    return 0;
}

static void host_tell(void *self, enum uripc_fact fact, uint64_t value)
{
    static const char *const words[] = {
        [URIPC_FACT_EXECUTED] = "executed", [URIPC_FACT_ANSWERED] = "answered",
        [URIPC_FACT_GAVE_UP] = "gave-up",   [URIPC_FACT_LATE] = "late",
        [URIPC_FACT_USES] = "uses",         [URIPC_FACT_SUSPECTS] = "suspects"};
    (void)self;
    tell(words[fact], value);
}

static void host_start(void *self, uint32_t worker)
{
    (void)self;
    tell("started", worker);
    cf_children_start(worker);
}

static void host_end(void *self, bool failed)
{
    (void)self;
    process.ends = true;
    process.status = failed ? EXIT_FAILED : 0;
}

/* Turns of the program. */

/* The node is made ready anew before each. */
static const struct uripc_program_host *ready(void)
{
    process.host.node = uripc_uv_node(process.uv);
    process.host.layers = uripc_uv_layers(process.uv);
    return &process.host;
}

static void on_closed(void *data)
{
    (void)data;
    uv_stop(&process.loop);
}

static void close_node(void)
{
    (void)uv_timer_stop(&process.load);
    uripc_uv_close(process.uv, linger, on_closed, NULL);
}

/* After every turn. */
static void end_if_so(void)
{
    if (process.ends)
        close_node();
}

static void on_ready(struct uripc_uv *uv, void *data)
{
    struct uripc_completion completion;
    (void)data;
    process.uv = uv;
    while (!process.ends &&
           (ready()->layers ? uripc_layers_poll(process.host.layers, &completion)
                            : uripc_poll(process.host.node, &completion)) == URIPC_OK) {
        if (completion.status == URIPC_OK &&
            (completion.call == URIPC_CALL_REGISTER || completion.call == URIPC_CALL_LISTEN))
            tell("registered", completion.handle.id);
        process.program->completed(process.state, ready(), &completion);
    }
    end_if_so();
}

static void on_alarm(uv_timer_t *timer)
{
    (void)timer;
    const uint64_t wanted = process.wanted;
    if (process.ends)
        return;
    if (uv_hrtime() < wanted) { /* a timer of libuv may be early by part of a millisecond */
        host_alarm(NULL, wanted);
        return;
    }
    process.wanted = UINT64_MAX;
    process.program->alarm(process.state, ready());
    end_if_so();
}

static void on_worker_ended(uint32_t worker, bool failed)
{
    tell(failed ? "failed" : "retired", worker);
    if (!process.ends)
        process.program->ended(process.state, ready(), worker, failed);
}

static void plan_ask(void);

/* No two processes of a run have a number in common. */
static void on_load(uv_timer_t *timer)
{
    (void)timer;
    const struct uripc_ask ask = {.id = (process.arguments.number + 1) << 32 | ++process.asked,
                                  .service = process.arguments.service};
    tell("asked", ask.id);
    process.program->ask(process.state, ready(), &ask);
    plan_ask();
}

/* As in studies: uniform between nothing and twice the mean. */
static void plan_ask(void)
{
    const uint64_t wait = 1 + host_draw(NULL) % (2 * process.arguments.every);
    set_timer(&process.load, on_load, uv_hrtime() + wait);
}

static void on_end(uv_signal_t *signal, int number)
{
    (void)signal;
    (void)number;
    process.ends = true;
    close_node();
}

/* From nothing to an open node. */

static bool provide(struct uripc_program_needs *needs)
{
    *needs = (struct uripc_program_needs){
        .size = sizeof *needs, .bytes = process.program->bytes, .layers = uripc_layer_limits_tiny};
    if (process.program->needs)
        process.program->needs(&process.host, needs);
    process.state = calloc(1, needs->bytes + 1);
    return process.state != NULL;
}

static int open_node(void)
{
    struct uripc_program_needs needs;
    const struct uripc_limits limits = {.size = sizeof limits,
                                        .registrations = 64,
                                        .operations = 4096,
                                        .routes = 256,
                                        .pool_bytes = 16 << 20,
                                        .uri_units = 1024};
    if (!provide(&needs) || uv_loop_init(&process.loop) != 0)
        return EXIT_BROKE;
    const struct uripc_uv_options options_of_node = {.size = sizeof options_of_node,
                                                     .realm = process.arguments.realm,
                                                     .limits = limits,
                                                     .on_ready = on_ready,
                                                     .layers =
                                                         needs.layered ? &needs.layers : NULL};
    const enum uripc_status status = uripc_uv_open(&process.loop, &options_of_node, &process.uv);
    if (status == URIPC_OK)
        return 0;
    (void)fprintf(stderr, "uripc-process: error: %s: %s\n", process.arguments.realm,
                  uripc_status_name(status));
    return EXIT_BROKE;
}

static void fill_host(void)
{
    static const struct uripc_calls calls = {.size = sizeof calls,
                                             .register_ = uripc_register,
                                             .send = uripc_send,
                                             .receive = uripc_receive,
                                             .cancel = uripc_cancel,
                                             .close = uripc_close,
                                             .poll = uripc_poll};
    const struct arguments *arguments = &process.arguments;
    process.host = (struct uripc_program_host){.size = sizeof process.host,
                                               .calls = &calls,
                                               .number = (uint32_t)arguments->number,
                                               .clients = (uint32_t)arguments->clients,
                                               .workers = (uint32_t)arguments->workers,
                                               .now = host_now,
                                               .alarm = host_alarm,
                                               .draw = host_draw,
                                               .parameter = host_parameter,
                                               .tell = host_tell};
    if (arguments->role == SERVICE)
        process.host.start = host_start;
    else if (arguments->role == WORKER && arguments->design->service)
        process.host.end = host_end;
    process.program = program_of(arguments->design, arguments->role);
    process.wanted = UINT64_MAX;
    process.drawn = arguments->seed << 33 ^ (uint64_t)arguments->role << 32 ^ arguments->number;
}

static void run(void)
{
    (void)uv_timer_init(&process.loop, &process.alarm);
    (void)uv_timer_init(&process.loop, &process.load);
    (void)uv_signal_init(&process.loop, &process.end);
    (void)uv_signal_start(&process.end, on_end, SIGTERM);
    process.program->begin(process.state, ready());
    end_if_so();
    if (process.arguments.role == CLIENT)
        plan_ask();
    (void)uv_run(&process.loop, UV_RUN_DEFAULT);
}

int main(int argc, char **argv)
{
    static const struct argp argp = {.options = options,
                                     .parser = parse,
                                     .args_doc = "DESIGN [parameter=value...]",
                                     .doc = help};
    argp_err_exit_status = EXIT_INVALID;
    (void)prctl(PR_SET_PDEATHSIG, SIGTERM);
    (void)setvbuf(stdout, NULL, _IOLBF, 0);
    if (argp_parse(&argp, argc, argv, 0, NULL, &process.arguments) != 0)
        return EXIT_INVALID;
    if (process.arguments.parent != 0 && process.arguments.parent != (uint64_t)getppid())
        return EXIT_FAILED; /* it has ended before its end could be told */
    fill_host();
    const int broken = open_node();
    if (broken)
        return broken;
    if (process.arguments.role == SERVICE &&
        !cf_children_begin(&process.loop, argv, (uint32_t)process.arguments.workers,
                           on_worker_ended))
        return EXIT_BROKE;
    run();
    free(process.state);
    return process.status;
}
