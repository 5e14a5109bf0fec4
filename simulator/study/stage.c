/* SPDX-License-Identifier: MIT */
#include "simulator/study/stage.h"

#include <string.h>

#include "simulator/memory.h"
#include "simulator/sim.h"
#include "simulator/study/judge.h"

/* What is drawn, and for whom: no draw of a design shares a key with the load or the faults. */
enum { KIND_LOAD = SIM_KIND_USER, KIND_CRASH, KIND_PAUSE, KIND_PROGRAM };

/* Application work: the kind in the low bits, a worker's number or an alarm's above them. */
enum { WORK_ALARM, WORK_ASK, WORK_CRASH, WORK_RESTART, WORK_PAUSE, WORK_RESUME, WORK_BITS = 3 };

enum { STATE_ALIGN = 16, PRINCIPAL = 0 };

static const uint64_t drain = UINT64_C(30000000000); /* for what is under way as the load ends */

static const struct sim_backend reference = {
    .name = "reference", .node = &uripc_node_ops, .table = &uripc_table_ops};

struct actor {
    struct stage *stage;
    const struct uripc_program *program;
    void *state;
    uint32_t process;
    uint64_t alarms; /* events for alarms so far: only the last one counts */
    uint64_t queued; /* when that is, SIM_NEVER: there is none */
    uint64_t wanted; /* when the alarm is to ring; later than `queued` if it was put off */
    struct uripc_program_host host;
};

struct stage {
    const struct study_setup *setup;
    struct sim_world *world;
    struct uripc_calls calls;
    struct actor *actors; /* by process: clients, then workers */
    uint32_t clients, workers;
    struct study_judge judge;
    bool failed;
};

const char *const study_knob_names[STUDY_KNOBS] = {
#define NAME_ROW(NAME, name, unit, usual, text) name,
    STUDY_KNOB_MAP(NAME_ROW)
#undef NAME_ROW
};

const enum study_unit study_knob_units[STUDY_KNOBS] = {
#define UNIT_ROW(NAME, name, unit, usual, text) unit,
    STUDY_KNOB_MAP(UNIT_ROW)
#undef UNIT_ROW
};

const uint64_t study_knob_usual[STUDY_KNOBS] = {
#define USUAL_ROW(NAME, name, unit, usual, text) UINT64_C(usual),
    STUDY_KNOB_MAP(USUAL_ROW)
#undef USUAL_ROW
};

const char *const study_metric_names[STUDY_METRICS] = {
#define METRIC_ROW(NAME, name, unit, text) name,
    STUDY_METRIC_MAP(METRIC_ROW)
#undef METRIC_ROW
};

const char *const study_metric_units[STUDY_METRICS] = {
#define METRIC_UNIT_ROW(NAME, name, unit, text) unit,
    STUDY_METRIC_MAP(METRIC_UNIT_ROW)
#undef METRIC_UNIT_ROW
};

static uint64_t knob(const struct stage *stage, enum study_knob which)
{
    return stage->setup->knobs[which];
}

static uint64_t host_now(void *self)
{
    const struct actor *actor = self;
    return sim_now(actor->stage->world);
}

static void queue_alarm(struct actor *actor)
{
    actor->alarms++;
    actor->queued = actor->wanted;
    sim_at(actor->stage->world, actor->wanted, actor->process,
           actor->alarms << WORK_BITS | WORK_ALARM);
}

/* An alarm that is put off again and again costs an event only when the earlier time has come. */
static void host_alarm(void *self, uint64_t at)
{
    struct actor *actor = self;
    actor->wanted = at;
    if (at < actor->queued)
        queue_alarm(actor);
}

static uint64_t host_draw(void *self)
{
    const struct actor *actor = self;
    return sim_draw(actor->stage->world, KIND_PROGRAM, actor->process);
}

static uint64_t host_parameter(void *self, const char *name)
{
    const struct actor *actor = self;
    const struct study_setup *setup = actor->stage->setup;
    for (size_t i = 0; i < setup->design->parameter_count; i++) {
        if (strcmp(setup->design->parameters[i].name, name) == 0)
            return setup->parameters[i];
    }
    return 0;
}

static void host_tell(void *self, enum uripc_fact fact, uint64_t value)
{
    const struct actor *actor = self;
    struct stage *stage = actor->stage;
    study_judge_tell(&stage->judge, sim_now(stage->world), actor->host.number, fact, value,
                     stage->workers);
}

static void collect(struct stage *stage, struct actor *actor)
{
    struct uripc_completion completion;
    while (sim_alive(stage->world, actor->process) &&
           uripc_node_ops.poll(actor->host.node, &completion) == URIPC_OK)
        actor->program->completed(actor->state, &actor->host, &completion);
}

static void begin(struct stage *stage, struct actor *actor)
{
    memset(actor->state, 0, actor->program->bytes);
    actor->alarms++;
    actor->queued = actor->wanted = SIM_NEVER;
    actor->host.node = sim_node(stage->world, actor->process);
    sim_enter(stage->world, actor->process);
    actor->program->begin(actor->state, &actor->host);
    collect(stage, actor);
}

static void plan(struct stage *stage, uint32_t kind, uint32_t worker, uint64_t mean, uint32_t work)
{
    const uint64_t now = sim_now(stage->world);
    if (mean == 0 || now >= knob(stage, STUDY_LENGTH))
        return;
    sim_at(stage->world, now + sim_between(stage->world, kind, worker, 1, 2 * mean), SIM_NOBODY,
           (uint64_t)worker << WORK_BITS | work);
}

static void plan_ask(struct stage *stage, uint32_t client)
{
    const uint64_t wait =
        sim_between(stage->world, KIND_LOAD, client, 1, 2 * knob(stage, STUDY_EVERY));
    sim_at(stage->world, sim_now(stage->world) + wait, client, WORK_ASK);
}

static void ask(struct stage *stage, struct actor *actor)
{
    if (sim_now(stage->world) >= knob(stage, STUDY_LENGTH))
        return;
    const struct uripc_ask asked = {.id = study_judge_ask(&stage->judge, sim_now(stage->world)),
                                    .service = knob(stage, STUDY_SERVICE)};
    if (asked.id == 0) {
        stage->failed = true;
        return;
    }
    plan_ask(stage, actor->process);
    actor->program->ask(actor->state, &actor->host, &asked);
}

static void fault(struct stage *stage, uint64_t word)
{
    const uint32_t worker = (uint32_t)(word >> WORK_BITS);
    const uint32_t process = stage->clients + worker;
    const uint64_t now = sim_now(stage->world);
    const bool over = now >= knob(stage, STUDY_LENGTH);
    switch (word & ((1U << WORK_BITS) - 1)) {
    case WORK_CRASH:
        if (over)
            return;
        sim_crash(stage->world, process);
        study_judge_crash(&stage->judge, now, worker, stage->clients);
        sim_at(stage->world, now + knob(stage, STUDY_RESTART), SIM_NOBODY,
               (uint64_t)worker << WORK_BITS | WORK_RESTART);
        break;
    case WORK_RESTART:
        sim_restart(stage->world, process);
        begin(stage, &stage->actors[process]);
        plan(stage, KIND_CRASH, worker, knob(stage, STUDY_CRASH_EVERY), WORK_CRASH);
        break;
    case WORK_PAUSE:
        if (over)
            return;
        if (sim_alive(stage->world, process) && !sim_paused(stage->world, process))
            sim_pause(stage->world, process);
        sim_at(stage->world, now + knob(stage, STUDY_PAUSE), SIM_NOBODY,
               (uint64_t)worker << WORK_BITS | WORK_RESUME);
        break;
    case WORK_RESUME:
        if (sim_alive(stage->world, process) && sim_paused(stage->world, process))
            sim_resume(stage->world, process);
        plan(stage, KIND_PAUSE, worker, knob(stage, STUDY_PAUSE_EVERY), WORK_PAUSE);
        break;
    default:
        break;
    }
}

static void ring(struct actor *actor)
{
    actor->queued = SIM_NEVER;
    if (actor->wanted == SIM_NEVER)
        return;
    if (actor->wanted > sim_now(actor->stage->world)) {
        queue_alarm(actor);
        return;
    }
    actor->wanted = SIM_NEVER;
    actor->program->alarm(actor->state, &actor->host);
}

static void work(void *user, struct sim_world *world, uint32_t process, uint64_t word)
{
    struct stage *stage = user;
    (void)world;
    if (process == SIM_NOBODY) {
        fault(stage, word);
        return;
    }
    struct actor *actor = &stage->actors[process];
    if ((word & ((1U << WORK_BITS) - 1)) == WORK_ASK)
        ask(stage, actor);
    else if (word >> WORK_BITS == actor->alarms)
        ring(actor);
}

static struct sim_world *create_world(struct stage *stage)
{
    const struct study_setup *setup = stage->setup;
    const uint32_t processes = stage->clients + stage->workers;
    const struct sim_link_faults link = {.delay_min = knob(stage, STUDY_DELAY_MIN),
                                         .delay_max = knob(stage, STUDY_DELAY_MAX),
                                         .loss_num = (uint32_t)knob(stage, STUDY_LOSS),
                                         .loss_den = 1000000,
                                         .duplicate_num = (uint32_t)knob(stage, STUDY_DUPLICATE),
                                         .duplicate_den = 1000000};
    const struct sim_config config = {.size = sizeof config,
                                      .seed = setup->seed,
                                      .backend = &reference,
                                      .profile = sim_profile_find(setup->profile),
                                      .link = &link,
                                      .limits = {.size = sizeof(struct uripc_limits),
                                                 .registrations = 8,
                                                 .operations = 128,
                                                 .routes = 32,
                                                 .pool_bytes = 32768,
                                                 .uri_units = 96},
                                      .processes = processes,
                                      .foreign_buffers = true,
                                      .work = work,
                                      .user = stage};
    return config.profile ? sim_create(&config) : NULL;
}

static void enlist(struct stage *stage, uint32_t process, unsigned char *states, size_t bytes)
{
    const bool client = process < stage->clients;
    const struct uripc_design *design = stage->setup->design;
    struct actor *actor = &stage->actors[process];
    *actor = (struct actor){.stage = stage,
                            .program = client ? design->client : design->worker,
                            .state = states + process * bytes,
                            .process = process};
    actor->host = (struct uripc_program_host){.size = sizeof(struct uripc_program_host),
                                              .calls = &stage->calls,
                                              .self = actor,
                                              .number = client ? process : process - stage->clients,
                                              .clients = stage->clients,
                                              .workers = stage->workers,
                                              .now = host_now,
                                              .alarm = host_alarm,
                                              .draw = host_draw,
                                              .parameter = host_parameter,
                                              .tell = host_tell};
}

static void run_until(struct stage *stage, uint64_t until)
{
    while (!stage->failed && sim_next_time(stage->world) <= until) {
        if (sim_step(stage->world) != SIM_STEP) {
            stage->failed = true;
            return;
        }
        const uint32_t process = sim_touched(stage->world);
        if (process != SIM_NOBODY)
            collect(stage, &stage->actors[process]);
    }
}

static void measure(struct stage *stage, struct study_result *result)
{
    const struct sim_counters *counters = sim_counters(stage->world);
    const uint64_t carried = counters->carried; /* what the drain adds belongs to no request */
    sim_calm(stage->world);
    run_until(stage, knob(stage, STUDY_LENGTH) + drain);
    study_judge_result(&stage->judge, result);
    if (result->requests > 0) {
        result->has[STUDY_METRIC_MESSAGES] = true;
        result->value[STUDY_METRIC_MESSAGES] = carried * 1000000 / result->requests;
    }
    result->has[STUDY_METRIC_STATE] = true;
    result->value[STUDY_METRIC_STATE] = stage->setup->design->client->bytes * UINT64_C(1000000);
    result->lost = counters->lost;
    result->duplicated = counters->duplicated;
    result->crashes = counters->crashes;
    result->restarts = counters->restarts;
    result->pauses = counters->pauses;
    result->events = counters->events;
    result->fingerprint = sim_fingerprint(stage->world);
    result->ran = !stage->failed;
}

static void play(struct stage *stage, unsigned char *states, size_t bytes)
{
    const uint32_t processes = stage->clients + stage->workers;
    for (uint32_t i = 0; i < processes; i++) {
        (void)sim_start(stage->world, PRINCIPAL);
        enlist(stage, i, states, bytes);
    }
    for (uint32_t i = processes; i-- > 0;) /* workers first: their names exist */
        begin(stage, &stage->actors[i]);
    for (uint32_t i = 0; i < stage->clients; i++)
        plan_ask(stage, i);
    for (uint32_t i = 0; i < stage->workers; i++) {
        plan(stage, KIND_CRASH, i, knob(stage, STUDY_CRASH_EVERY), WORK_CRASH);
        plan(stage, KIND_PAUSE, i, knob(stage, STUDY_PAUSE_EVERY), WORK_PAUSE);
    }
    run_until(stage, knob(stage, STUDY_LENGTH));
}

bool study_stage_run(const struct study_setup *setup, struct study_result *result)
{
    struct stage stage = {.setup = setup,
                          .calls = {.size = sizeof(struct uripc_calls),
                                    .register_ = uripc_node_ops.register_,
                                    .send = uripc_node_ops.send,
                                    .receive = uripc_node_ops.receive,
                                    .cancel = uripc_node_ops.cancel,
                                    .close = uripc_node_ops.close,
                                    .poll = uripc_node_ops.poll},
                          .clients = (uint32_t)setup->knobs[STUDY_CLIENTS],
                          .workers = (uint32_t)setup->knobs[STUDY_WORKERS]};
    const size_t processes = (size_t)stage.clients + stage.workers;
    const size_t client = setup->design->client->bytes;
    const size_t worker = setup->design->worker->bytes;
    const size_t bytes = ((client > worker ? client : worker) + STATE_ALIGN) & ~(size_t)15;
    unsigned char *states = sim_memory_take(processes * bytes);
    *result = (struct study_result){.ran = false};
    stage.actors = sim_memory_take(processes * sizeof(struct actor));
    stage.judge.crashed = sim_memory_take(stage.workers * sizeof(uint64_t));
    stage.judge.bonds = sim_memory_take(stage.clients * sizeof(struct study_bond));
    stage.world = create_world(&stage);
    if (states && stage.actors && stage.judge.crashed && stage.judge.bonds && stage.world) {
        memset(stage.judge.crashed, 0, stage.workers * sizeof(uint64_t));
        for (uint32_t i = 0; i < stage.clients; i++)
            stage.judge.bonds[i] = (struct study_bond){.worker = SIM_NOBODY};
        play(&stage, states, bytes);
        measure(&stage, result);
    }
    if (stage.world)
        sim_destroy(stage.world);
    sim_memory_give(stage.judge.requests);
    sim_memory_give(stage.judge.bonds);
    sim_memory_give(stage.judge.crashed);
    sim_memory_give(stage.actors);
    sim_memory_give(states);
    return result->ran;
}
