/* SPDX-License-Identifier: MIT */
#include "simulator/study/stage.h"

#include <string.h>

#include "simulator/memory.h"
#include "simulator/sim.h"
#include "simulator/study/alarm.h"
#include "simulator/study/fetch.h"
#include "simulator/study/ground.h"
#include "simulator/study/judge.h"

/* What is drawn, and for whom: no draw of a design shares a key with the load or the faults. */
enum {
    KIND_LOAD = SIM_KIND_USER,
    KIND_CRASH,
    KIND_PAUSE,
    KIND_PROGRAM,
    KIND_LAYERS,
    KIND_RESOLVER, /* its crashes */
    KIND_CUT       /* of a process from it */
};

/* Application work: the kind in the low bits, a worker's number or an alarm's above them; of a
 * crash also the life of the worker that it is for, as that may end before. */
enum {
    WORK_ALARM,
    WORK_TURN, /* of the layers */
    WORK_ASK,
    WORK_CRASH,
    WORK_RESTART,
    WORK_PAUSE,
    WORK_RESUME,
    WORK_RESOLVER_CRASH,
    WORK_RESOLVER_RESTART,
    WORK_CUT, /* above it the number of a process */
    WORK_HEAL,
    WORK_ENDED, /* the service is told of a worker: its number, and whether it failed */
    WORK_BITS = STUDY_WORK_BITS
};

enum { PRINCIPAL = 0, LIFE_SHIFT = 32, INSTANT_PER_PROCESS = 1000 };

static const uint64_t drain = UINT64_C(30000000000); /* for what is under way as the load ends */

static const struct sim_backend reference = {
    .name = "reference", .node = &uripc_node_ops, .table = &uripc_table_ops};

struct actor {
    struct stage *stage;
    const struct uripc_program *program;
    void *state;
    size_t bytes; /* of the state */
    uint32_t process;
    struct study_alarm alarm, turn; /* the program's, and that of its layers, if it has any */
    bool layered;
    struct study_ground ground;
    uint32_t life;     /* of a worker, how many there were before */
    bool starting;     /* of a worker: the service has ordered it, and it does not live yet */
    bool ends, failed; /* of a worker: it has said so */
    struct uripc_program_host host;
};

struct stage {
    const struct study_setup *setup;
    struct sim_world *world;
    struct uripc_calls calls;
    struct actor *actors; /* by process: clients, workers, then listener and service, if any */
    uint32_t clients, workers, processes;
    uint32_t service;               /* SIM_NOBODY: all workers run */
    uint32_t running;               /* workers, now */
    uint64_t running_since, worked; /* when that changed; nanoseconds that workers ran before */
    uint32_t enlisted;              /* actors that have their memory */
    uint64_t crashes, pauses;
    struct study_judge judge;
    bool failed;
    struct study_fetch fetch;
    bool stale; /* the last event was an alarm that is early, or has been set anew since */
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

static void host_alarm(void *self, uint64_t at)
{
    struct actor *actor = self;
    study_alarm_set(&actor->alarm, actor->stage->world, actor->process, WORK_ALARM, at);
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

static struct actor *worker_of(struct stage *stage, uint32_t worker)
{
    return &stage->actors[stage->clients + worker];
}

static void later(struct stage *stage, uint32_t worker, enum study_knob after, uint32_t work)
{
    sim_at(stage->world, sim_now(stage->world) + knob(stage, after), SIM_NOBODY,
           (uint64_t)worker << WORK_BITS | work);
}

static void host_start(void *self, uint32_t worker)
{
    const struct actor *service = self;
    struct stage *stage = service->stage;
    if (worker >= stage->workers || worker_of(stage, worker)->starting ||
        sim_alive(stage->world, stage->clients + worker))
        return;
    worker_of(stage, worker)->starting = true;
    later(stage, worker, STUDY_RESTART, WORK_RESTART);
}

static void host_end(void *self, bool failed)
{
    struct actor *worker = self;
    worker->ends = true;
    worker->failed = failed;
}

static void count_running(struct stage *stage, bool more)
{
    const uint64_t now = sim_now(stage->world);
    stage->worked += (now - stage->running_since) * stage->running;
    stage->running_since = now;
    stage->running += more ? 1U : UINT32_MAX;
}

static void tell_service(struct stage *stage, uint32_t worker, bool failed)
{
    if (stage->service != SIM_NOBODY)
        sim_at(stage->world, sim_now(stage->world), stage->service,
               ((uint64_t)worker << 1 | failed) << WORK_BITS | WORK_ENDED);
}

static void complete(struct actor *actor, const struct uripc_completion *completion)
{
    actor->program->completed(actor->state, &actor->host, completion);
}

/* Turns, until all that there is to do now is done. */
static void turn_layers(struct actor *actor)
{
    const uint64_t now = sim_now(actor->stage->world);
    struct uripc_completion completion;
    uint64_t next = now;
    for (bool busy = true; busy || next <= now;) {
        next = uripc_layers_turn(actor->host.layers, now);
        busy = false;
        while (uripc_layers_poll(actor->host.layers, &completion) == URIPC_OK) {
            complete(actor, &completion);
            busy = true;
        }
    }
    study_alarm_set(&actor->turn, actor->stage->world, actor->process, WORK_TURN, next);
}

static void collect(struct stage *stage, struct actor *actor)
{
    struct uripc_completion completion;
    if (!sim_alive(stage->world, actor->process))
        return;
    if (actor->host.layers) {
        turn_layers(actor);
        return;
    }
    while (uripc_node_ops.poll(actor->host.node, &completion) == URIPC_OK)
        complete(actor, &completion);
}

/* Takes what came of a turn; if the program wants its process to end, it does. */
static void settle(struct stage *stage, struct actor *actor)
{
    collect(stage, actor);
    if (!actor->ends)
        return;
    actor->ends = false;
    sim_crash(stage->world, actor->process);
    count_running(stage, false);
    tell_service(stage, actor->host.number, actor->failed);
}

static void begin(struct stage *stage, struct actor *actor)
{
    memset(actor->state, 0, actor->bytes);
    study_alarm_stop(&actor->alarm);
    study_alarm_stop(&actor->turn);
    actor->host.node = sim_node(stage->world, actor->process);
    sim_enter(stage->world, actor->process);
    if (actor->layered) {
        const uint64_t identity = sim_draw(stage->world, KIND_LAYERS, actor->process) | 1;
        actor->host.layers =
            study_ground_begin(&actor->ground, &stage->calls, actor->host.node, identity);
        if (actor->process < stage->clients && actor->host.layers)
            stage->fetch.places[actor->process].buffer = actor->ground.buffers[0];
        stage->failed = stage->failed || !actor->host.layers;
    }
    if (stage->failed)
        return;
    actor->program->begin(actor->state, &actor->host);
    settle(stage, actor);
}

static void plan(struct stage *stage, uint32_t kind, uint32_t worker, uint64_t mean, uint64_t work)
{
    const uint64_t now = sim_now(stage->world);
    if (mean == 0 || now >= knob(stage, STUDY_LENGTH))
        return;
    sim_at(stage->world, now + sim_between(stage->world, kind, worker, 1, 2 * mean), SIM_NOBODY,
           (uint64_t)worker << WORK_BITS | work);
}

static void plan_crash(struct stage *stage, uint32_t worker)
{
    plan(stage, KIND_CRASH, worker, knob(stage, STUDY_CRASH_EVERY),
         (uint64_t)worker_of(stage, worker)->life << LIFE_SHIFT | WORK_CRASH);
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

/* A machine without power is, for all others, one that does nothing: its processes stand still
 * until the restart, and end only then. */
static void crash(struct stage *stage, uint32_t worker)
{
    const uint32_t process = stage->clients + worker;
    if (knob(stage, STUDY_SILENT) == 0)
        sim_crash(stage->world, process);
    else if (!sim_paused(stage->world, process))
        sim_pause(stage->world, process);
    stage->crashes++;
    count_running(stage, false);
    study_judge_crash(&stage->judge, sim_now(stage->world), worker, stage->clients);
    if (stage->service == SIM_NOBODY || knob(stage, STUDY_SILENT) != 0)
        later(stage, worker, STUDY_RESTART, WORK_RESTART);
    else
        tell_service(stage, worker, true);
}

static void restart(struct stage *stage, uint32_t worker)
{
    const uint32_t process = stage->clients + worker;
    struct actor *actor = worker_of(stage, worker);
    if (stage->service != SIM_NOBODY && !actor->starting) { /* its silent crash is over */
        sim_crash(stage->world, process);
        tell_service(stage, worker, true);
        return;
    }
    actor->starting = false;
    actor->life++;
    sim_restart(stage->world, process);
    study_judge_restart(&stage->judge, worker);
    count_running(stage, true);
    begin(stage, actor);
    plan_crash(stage, worker);
}

static bool stands(const struct stage *stage, uint32_t worker)
{
    return sim_paused(stage->world, stage->clients + worker);
}

static void pause_worker(struct stage *stage, uint32_t worker)
{
    const uint32_t process = stage->clients + worker;
    if (sim_alive(stage->world, process) && !stands(stage, worker)) {
        sim_pause(stage->world, process);
        stage->pauses++;
    }
    later(stage, worker, STUDY_PAUSE, WORK_RESUME);
}

static void resume_worker(struct stage *stage, uint32_t worker)
{
    const uint32_t process = stage->clients + worker;
    if (sim_alive(stage->world, process) && stands(stage, worker) &&
        !stage->judge.lives[worker].dead)
        sim_resume(stage->world, process);
    plan(stage, KIND_PAUSE, worker, knob(stage, STUDY_PAUSE_EVERY), WORK_PAUSE);
}

static void crash_resolver(struct stage *stage)
{
    sim_crash(stage->world, SIM_RESOLVER);
    study_judge_resolver_crash(&stage->judge, sim_now(stage->world), stage->clients);
    later(stage, 0, STUDY_RESOLVER_RESTART, WORK_RESOLVER_RESTART);
}

static void restart_resolver(struct stage *stage)
{
    sim_restart(stage->world, SIM_RESOLVER);
    plan(stage, KIND_RESOLVER, 0, knob(stage, STUDY_RESOLVER_CRASH_EVERY), WORK_RESOLVER_CRASH);
}

static void cut(struct stage *stage, uint32_t process)
{
    sim_cut(stage->world, process, SIM_RESOLVER);
    later(stage, process, STUDY_RESOLVER_CUT, WORK_HEAL);
}

static void heal(struct stage *stage, uint32_t process)
{
    sim_heal(stage->world, process, SIM_RESOLVER);
    plan(stage, KIND_CUT, process, knob(stage, STUDY_RESOLVER_CUT_EVERY), WORK_CUT);
}

static void fault_of_resolver(struct stage *stage, uint32_t kind, uint32_t process, bool over)
{
    if (kind == WORK_RESOLVER_RESTART)
        restart_resolver(stage);
    else if (kind == WORK_HEAL)
        heal(stage, process);
    else if (kind == WORK_RESOLVER_CRASH && !over)
        crash_resolver(stage);
    else if (kind == WORK_CUT && !over)
        cut(stage, process);
}

static bool lives(struct stage *stage, uint32_t worker, uint64_t life)
{
    return worker_of(stage, worker)->life == life &&
           sim_alive(stage->world, stage->clients + worker);
}

static void fault(struct stage *stage, uint64_t word)
{
    const uint32_t worker = (uint32_t)word >> WORK_BITS;
    const bool over = sim_now(stage->world) >= knob(stage, STUDY_LENGTH);
    const uint32_t kind = word & ((1U << WORK_BITS) - 1);
    if (kind == WORK_RESTART)
        restart(stage, worker);
    else if (kind == WORK_RESUME)
        resume_worker(stage, worker);
    else if (kind == WORK_CRASH && !over && lives(stage, worker, word >> LIFE_SHIFT))
        crash(stage, worker);
    else if (kind == WORK_PAUSE && !over)
        pause_worker(stage, worker);
    else
        fault_of_resolver(stage, kind, worker, over);
}

static void on_stale(void *user, uint32_t process, uint32_t peer, uint64_t since)
{
    struct stage *stage = user;
    (void)process;
    if (peer >= stage->clients)
        study_judge_stale(&stage->judge, sim_now(stage->world) - since);
}

/* An alarm that was set anew since, and nothing else is due. */
static bool is_stale(const struct actor *actor, uint32_t kind, uint64_t word)
{
    if (actor->layered && actor->turn.wanted <= sim_now(actor->stage->world))
        return false;
    return (kind == WORK_TURN && study_alarm_is_stale(&actor->turn, word)) ||
           (kind == WORK_ALARM && study_alarm_is_stale(&actor->alarm, word));
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
    const uint32_t kind = word & ((1U << WORK_BITS) - 1);
    stage->stale = is_stale(actor, kind, word);
    if (stage->stale)
        return;
    if (actor->layered && kind != WORK_TURN)
        collect(stage, actor); /* what the program calls now counts from the last turn (LAY-7) */
    switch (kind) {
    case WORK_ASK:
        ask(stage, actor);
        break;
    case WORK_TURN:
        stage->stale = !study_alarm_rings(&actor->turn, stage->world, process, word);
        break;
    case WORK_ENDED:
        word >>= WORK_BITS;
        if (actor->program->ended)
            actor->program->ended(actor->state, &actor->host, (uint32_t)(word >> 1), word & 1);
        break;
    default:
        if (study_alarm_rings(&actor->alarm, stage->world, process, word))
            actor->program->alarm(actor->state, &actor->host);
    }
}

/* Of those who are no clients there are few. */
static void next(void *user, uint32_t process)
{
    const struct stage *stage = user;
    if (process < stage->clients)
        study_fetch_client(&stage->fetch, process);
}

/* A daemon is as far away as any other process. */
static struct sim_resolver resolver_of(const struct stage *stage)
{
    struct sim_resolver resolver = sim_resolver_usual(stage->setup->resolver);
    if (resolver.kind != SIM_RESOLVER_DAEMON)
        return resolver;
    resolver.delay = (knob(stage, STUDY_DELAY_MIN) + knob(stage, STUDY_DELAY_MAX)) / 2;
    resolver.grace = knob(stage, STUDY_RESOLVER_GRACE);
    return resolver;
}

static struct sim_world *create_world(struct stage *stage)
{
    const struct study_setup *setup = stage->setup;
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
                                      .resolver = resolver_of(stage),
                                      .processes = stage->processes,
                                      .instant_budget =
                                          INSTANT_PER_PROCESS * ((uint64_t)stage->processes + 1000),
                                      .foreign_buffers = true,
                                      .stale = on_stale,
                                      .work = work,
                                      .next = next,
                                      .user = stage};
    return config.profile ? sim_create(&config) : NULL;
}

/* What a program takes, and memory for it. */
static bool provide(struct actor *actor)
{
    struct uripc_program_needs needs = {
        .size = sizeof needs, .bytes = actor->program->bytes, .layers = uripc_layer_limits_tiny};
    if (actor->program->needs)
        actor->program->needs(&actor->host, &needs);
    actor->bytes = needs.bytes;
    actor->state = sim_memory_take(needs.bytes + 1);
    actor->layered = needs.layered;
    return actor->state && (!needs.layered || study_ground_init(&actor->ground, &needs.layers));
}

static const struct uripc_program *program_of(const struct stage *stage, uint32_t process)
{
    const struct uripc_design *design = stage->setup->design;
    if (process < stage->clients)
        return design->client;
    if (process < stage->clients + stage->workers)
        return design->worker;
    return process == stage->service ? design->service : design->listener;
}

/* Among those of its role. */
static uint32_t number_of(const struct stage *stage, uint32_t process)
{
    if (process < stage->clients)
        return process;
    return process < stage->clients + stage->workers ? process - stage->clients : 0;
}

static bool enlist(struct stage *stage, uint32_t process)
{
    const bool serviced = stage->service != SIM_NOBODY;
    struct actor *actor = &stage->actors[process];
    *actor =
        (struct actor){.stage = stage, .program = program_of(stage, process), .process = process};
    actor->host =
        (struct uripc_program_host){.size = sizeof(struct uripc_program_host),
                                    .calls = &stage->calls,
                                    .self = actor,
                                    .number = number_of(stage, process),
                                    .clients = stage->clients,
                                    .workers = stage->workers,
                                    .now = host_now,
                                    .alarm = host_alarm,
                                    .draw = host_draw,
                                    .parameter = host_parameter,
                                    .tell = host_tell,
                                    .start = process == stage->service ? host_start : NULL,
                                    .end = serviced ? host_end : NULL};
    const bool provided = provide(actor);
    if (process < stage->clients)
        stage->fetch.places[process] = (struct study_place){
            .actor = actor, .state = actor->state, .layers = actor->ground.block};
    return provided;
}

static void dismiss(struct actor *actor)
{
    sim_memory_give(actor->state);
    study_ground_fini(&actor->ground);
}

static void run_until(struct stage *stage, uint64_t until)
{
    while (!stage->failed && sim_next_time(stage->world) <= until) {
        stage->stale = false;
        if (sim_step(stage->world) != SIM_STEP) {
            stage->failed = true;
            return;
        }
        const uint32_t process = sim_touched(stage->world);
        if (process != SIM_NOBODY && !stage->stale)
            settle(stage, &stage->actors[process]);
    }
}

/* What the drain adds belongs to no request. */
static void measure_cost(struct stage *stage, struct study_result *result)
{
    const uint64_t milliseconds = knob(stage, STUDY_LENGTH) / 1000000 + 1;
    const struct actor *client = &stage->actors[0];
    study_judge_cost(&stage->judge, sim_counters(stage->world), stage->clients, milliseconds,
                     result);
    study_result_set(
        result, STUDY_METRIC_RUNNING,
        (stage->worked + stage->running * (knob(stage, STUDY_LENGTH) - stage->running_since)) /
            milliseconds);
    study_result_set(result, STUDY_METRIC_STATE,
                     (client->bytes + study_ground_size(&client->ground)) * UINT64_C(1000000));
}

static void measure(struct stage *stage, struct study_result *result)
{
    const struct sim_counters *counters = sim_counters(stage->world);
    const uint64_t milliseconds = knob(stage, STUDY_LENGTH) / 1000000 + 1;
    measure_cost(stage, result);
    for (uint32_t i = 0; i < stage->workers; i++) {
        if (stage->judge.lives[i].dead)
            sim_crash(stage->world, stage->clients + i); /* or it would only be resumed */
    }
    sim_calm(stage->world);
    run_until(stage, knob(stage, STUDY_LENGTH) + drain);
    study_judge_result(&stage->judge, result);
    study_result_set(result, STUDY_METRIC_FALSE_SUSPICIONS,
                     stage->judge.false_suspicions * UINT64_C(3600000000) / stage->clients * 1000 /
                         milliseconds);
    result->lost = counters->lost;
    result->duplicated = counters->duplicated;
    result->crashes = stage->crashes;
    result->restarts = counters->restarts;
    result->pauses = stage->pauses;
    result->resolver_crashes = counters->resolver_crashes;
    result->resolver_cuts = counters->resolver_cuts;
    result->events = counters->events;
    result->fingerprint = sim_fingerprint(stage->world);
    result->ran = !stage->failed;
}

static void play(struct stage *stage)
{
    const bool serviced = stage->service != SIM_NOBODY;
    for (uint32_t i = 0; i < stage->processes; i++)
        (void)sim_start(stage->world, PRINCIPAL);
    for (uint32_t i = 0; serviced && i < stage->workers; i++)
        sim_crash(stage->world, stage->clients + i); /* there, and not started */
    stage->running = serviced ? 0 : stage->workers;
    for (uint32_t i = stage->processes; i-- > 0;) { /* who is asked first: the names exist */
        if (sim_alive(stage->world, i))
            begin(stage, &stage->actors[i]);
    }
    for (uint32_t i = 0; i < stage->clients; i++)
        plan_ask(stage, i);
    for (uint32_t i = 0; i < stage->workers; i++) {
        if (!serviced)
            plan_crash(stage, i);
        plan(stage, KIND_PAUSE, i, knob(stage, STUDY_PAUSE_EVERY), WORK_PAUSE);
    }
    plan(stage, KIND_RESOLVER, 0, knob(stage, STUDY_RESOLVER_CRASH_EVERY), WORK_RESOLVER_CRASH);
    for (uint32_t i = 0; i < stage->clients + stage->workers; i++)
        plan(stage, KIND_CUT, i, knob(stage, STUDY_RESOLVER_CUT_EVERY), WORK_CUT);
    run_until(stage, knob(stage, STUDY_LENGTH));
}

/* All memory of a run but the world's. */
static bool fill(struct stage *stage)
{
    stage->actors = sim_memory_take(stage->processes * sizeof(struct actor));
    stage->judge.lives = sim_memory_take(stage->workers * sizeof(struct study_life));
    stage->judge.bonds = sim_memory_take(stage->clients * sizeof(struct study_bond));
    if (!study_fetch_init(&stage->fetch, stage->clients) || !stage->actors || !stage->judge.lives ||
        !stage->judge.bonds)
        return false;
    for (uint32_t i = 0; i < stage->workers; i++)
        stage->judge.lives[i] = (struct study_life){.crashed = 0};
    for (uint32_t i = 0; i < stage->clients; i++)
        stage->judge.bonds[i] = (struct study_bond){.worker = SIM_NOBODY};
    for (; stage->enlisted < stage->processes; stage->enlisted++) {
        if (!enlist(stage, stage->enlisted)) {
            stage->enlisted++;
            return false;
        }
    }
    const struct actor *client = &stage->actors[0];
    study_fetch_shape(&stage->fetch, sizeof *client, client->bytes,
                      client->layered ? &client->ground.limits : NULL);
    return true;
}

static void empty(struct stage *stage)
{
    for (uint32_t i = 0; i < stage->enlisted; i++)
        dismiss(&stage->actors[i]);
    sim_memory_give(stage->judge.requests);
    sim_memory_give(stage->judge.bonds);
    sim_memory_give(stage->judge.lives);
    study_fetch_fini(&stage->fetch);
    sim_memory_give(stage->actors);
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
    stage.processes =
        stage.clients + stage.workers + !!setup->design->listener + !!setup->design->service;
    stage.service = setup->design->service ? stage.processes - 1 : SIM_NOBODY;
    *result = (struct study_result){.ran = false};
    stage.world = create_world(&stage);
    if (stage.world && fill(&stage)) {
        play(&stage);
        measure(&stage, result);
    }
    if (stage.world)
        sim_destroy(stage.world);
    empty(&stage);
    return result->ran;
}
