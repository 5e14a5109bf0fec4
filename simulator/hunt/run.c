/* SPDX-License-Identifier: MIT */
/* A run from its beginning to its verdict. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "simulator/hunt/actor.h"
#include "simulator/hunt/reach.h"
#include "simulator/hunt/share.h"
#include "simulator/hunt/talk.h"
#include "simulator/memory.h"

enum { KIND_TURNS = SIM_KIND_USER + 1 };
enum { DRAIN_ROUNDS = 400, DULL_ROUNDS = 3, EVENTS_MOST = 400000, INSTANT_MOST = 100000 };

#define MS UINT64_C(1000000)

static const uint64_t rest = 20000 * MS;     /* after which sessions have done all retries */
static const uint64_t patience = 10000 * MS; /* for the world to become quiet */

const char *const hunt_count_texts[HUNT_COUNTS] = {
#define TEXT_ROW(NAME, text) text,
    HUNT_COUNT_MAP(TEXT_ROW)
#undef TEXT_ROW
};

struct hunt {
    struct sim_world *world;
    struct hunt_ledger ledger;
    struct hunt_actors actors;
    struct talk talk;
    struct hunt_scene scene;
    struct hunt_result *result;
    bool hindered; /* at the end a process could not do what was asked, for want of room */
    unsigned char buffers[HUNT_CALLS_MOST][HUNT_BUFFER];
};

struct hunt *hunt_new(void)
{
    struct hunt *hunt = sim_memory_take(sizeof *hunt);
    if (hunt)
        hunt->world = NULL;
    return hunt;
}

void hunt_free(struct hunt *hunt)
{
    if (!hunt)
        return;
    sim_destroy(hunt->world);
    sim_memory_give(hunt);
}

/* What the world does. */

static void say_event(const struct hunt *hunt, const struct sim_event_record *record)
{
    char fault[HUNT_TEXT] = "";
    if (record->fault)
        (void)sim_fault_text(record->fault, fault, sizeof fault);
    if (record->fault) {
        hunt_say(&hunt->ledger, "  %s %s", sim_trace_name(record->kind), fault);
        return;
    }
    char peer[16] = "";
    char frame[64] = "";
    if (record->peer != SIM_NOBODY)
        (void)snprintf(peer, sizeof peer, ", %" PRIu32, record->peer);
    if (record->frame != 0)
        (void)snprintf(frame, sizeof frame, " frame %d of message %" PRIu64 ", flight %" PRIu64,
                       (int)record->frame, record->message_id, record->flight);
    hunt_say(&hunt->ledger, "  %s %" PRId32 "%s%s %.*s", sim_trace_name(record->kind),
             (int32_t)record->process, peer, frame, (int)record->target.length,
             record->target.length > 0 ? record->target.at : "");
}

static void on_trace(void *user, const struct sim_event_record *record)
{
    struct hunt *hunt = user;
    if (record->kind == SIM_TRACE_DUPLICATE && record->frame == URIPC_FRAME_MESSAGE)
        hunt_doubled(&hunt->ledger, record->process, record->message_id);
    if (record->kind == SIM_TRACE_DELIVER && record->frame == URIPC_FRAME_GIVEN)
        hunt->ledger.given[record->process] = record->time;
    if (hunt->ledger.setup->log)
        say_event(hunt, record);
}

static void plan_turn(struct hunt *hunt, uint32_t process)
{
    const uint64_t now = sim_now(hunt->world);
    if (now < hunt->scene.until)
        sim_at(hunt->world,
               now + sim_between(hunt->world, KIND_TURNS, process, 1, 2 * hunt->scene.every),
               process, 0);
}

static bool talks(const struct hunt *hunt)
{
    return hunt->scene.mode == HUNT_MODE_SESSIONS;
}

static void collect(struct hunt *hunt, uint32_t process)
{
    if (talks(hunt))
        talk_collect(&hunt->talk, process);
    else
        hunt_collect(&hunt->actors, process);
}

static void begin(struct hunt *hunt, uint32_t process)
{
    sim_enter(hunt->world, process);
    if (talks(hunt))
        talk_begin(&hunt->talk, process);
    else
        hunt_actor_begin(&hunt->actors, process);
    collect(hunt, process);
    plan_turn(hunt, process);
}

static void on_lived(void *user, struct sim_world *world, uint32_t process, bool alive)
{
    struct hunt *hunt = user;
    (void)world;
    if (alive && sim_now(world) < hunt->scene.until)
        begin(hunt, process);
    if (alive)
        return;
    hunt_died(&hunt->ledger, process);
    talk_died(&hunt->talk, process);
}

static void on_work(void *user, struct sim_world *world, uint32_t process, uint64_t word)
{
    struct hunt *hunt = user;
    (void)world;
    if (talks(hunt) && talk_is_alarm(word))
        return; /* what is due is done as after every event */
    if (talks(hunt))
        talk_turn(&hunt->talk, process);
    else
        hunt_actor_turn(&hunt->actors, process);
    plan_turn(hunt, process);
}

/* What nobody serves in the end must leave sessions the room to send what they have accepted. */
static bool make_world(struct hunt *hunt, const struct hunt_setup *setup)
{
    const struct sim_config config = {.size = sizeof config,
                                      .seed = setup->seed,
                                      .backend = setup->backend,
                                      .profile = hunt->scene.profile,
                                      .resolver = hunt->scene.resolver,
                                      .link = &hunt->scene.link,
                                      .limits = {.size = sizeof(struct uripc_limits),
                                                 .registrations = 8,
                                                 .operations = 48,
                                                 .routes = 8,
                                                 .pool_bytes = talks(hunt) ? 65536 : 16384,
                                                 .uri_units = 96},
                                      .processes = HUNT_PROCESSES,
                                      .names = HUNT_PROCESSES * 8,
                                      .event_budget = EVENTS_MOST,
                                      .instant_budget = INSTANT_MOST,
                                      .foreign_buffers = true,
                                      .trace = on_trace,
                                      .work = on_work,
                                      .lived = on_lived,
                                      .user = hunt};
    if (hunt->world && sim_reset(hunt->world, &config))
        return true;
    sim_destroy(hunt->world);
    hunt->world = sim_create(&config);
    return hunt->world != NULL;
}

/* Phases. */

static void fail(struct hunt *hunt, const char *text)
{
    if (hunt_is_broken(&hunt->ledger))
        return;
    hunt_broken(&hunt->ledger, "LIVE", HUNT_CALLS_MOST, text);
    hunt->result->liveness = true;
}

static void run_until(struct hunt *hunt, uint64_t until)
{
    while (!hunt_is_broken(&hunt->ledger) && sim_next_time(hunt->world) <= until) {
        hunt_judge_pairs(&hunt->ledger, sim_next_time(hunt->world));
        const enum sim_step step = sim_step(hunt->world);
        const uint32_t touched = sim_touched(hunt->world);
        hunt_reach_look(&hunt->ledger);
        if (touched != SIM_NOBODY)
            collect(hunt, touched);
        if (step == SIM_OVER_BUDGET || step == SIM_INSTANT_LOOP)
            fail(hunt, "events cause each other without end");
        if (step == SIM_NO_MEMORY) {
            hunt->result->ran = false;
            return;
        }
        if (step != SIM_STEP)
            return;
    }
}

static void run_to_rest(struct hunt *hunt)
{
    const uint64_t until = sim_now(hunt->world) + patience;
    run_until(hunt, until);
    if (sim_next_time(hunt->world) != SIM_NEVER)
        fail(hunt, "the world does not become quiet");
    hunt_judge_pairs(&hunt->ledger, SIM_NEVER);
}

/* Receives what lies in one queue; true: there was something. */
static bool empty(struct hunt *hunt, uint32_t holder)
{
    struct hunt_call *call = NULL;
    bool some = false;
    const struct hunt_registration *self = &hunt->ledger.registrations[holder - 1];
    const uint32_t process = self->process;
    sim_enter(hunt->world, process);
    while (!hunt_is_broken(&hunt->ledger)) {
        const bool some_left = hunt_has_some(&hunt->ledger, self);
        if (!hunt_receive_now(&hunt->actors, holder, &call))
            break;
        hunt_collect(&hunt->actors, process);
        if (call->state != HUNT_DONE && self->kind == URIPC_SHARED)
            run_to_rest(hunt); /* the queue may be in another process */
        if (call->state != HUNT_DONE)
            hunt_broken(&hunt->ledger, "RCV-9", (uint32_t)(call - hunt->ledger.calls),
                        "a receive that was not to wait waits");
        else if (some_left && call->completion.status == URIPC_TIMEOUT)
            hunt_broken(&hunt->ledger, "DSP-6", (uint32_t)(call - hunt->ledger.calls),
                        "a message is queued, and a receive finds none");
        else if (call->completion.status != URIPC_OK)
            return some;
        some = true;
    }
    hunt->hindered = hunt->hindered || !call || call->returned == URIPC_NO_RESOURCES;
    return some;
}

/* Receives that wait would be in the way. */
static void cancel_receives(struct hunt *hunt)
{
    for (uint32_t i = 0; i < hunt->ledger.registration_count; i++) {
        const struct hunt_registration *self = &hunt->ledger.registrations[i];
        if (!self->held)
            continue;
        sim_enter(hunt->world, self->process);
        hunt_cancel_receives(&hunt->actors, i + 1);
        hunt_collect(&hunt->actors, self->process);
    }
}

/* Receives everything, until nothing more comes. */
static void drain(struct hunt *hunt)
{
    struct hunt_ledger *ledger = &hunt->ledger;
    bool some = true;
    cancel_receives(hunt);
    for (uint32_t round = 0; some && round < DRAIN_ROUNDS; round++) {
        some = false;
        for (uint32_t i = 0; i < ledger->registration_count; i++) {
            if (ledger->registrations[i].held)
                some = empty(hunt, i + 1) || some;
        }
        run_to_rest(hunt);
        if (hunt_is_broken(ledger))
            return;
    }
    hunt->hindered = hunt->hindered || some;
}

static void close_all(struct hunt *hunt)
{
    struct hunt_ledger *ledger = &hunt->ledger;
    for (uint32_t i = 0; i < ledger->registration_count; i++) {
        if (!ledger->registrations[i].held)
            continue;
        const uint32_t process = ledger->registrations[i].process;
        sim_enter(hunt->world, process);
        hunt_cancel_all(&hunt->actors, i + 1);
        hunt_collect(&hunt->actors, process);
        if (!hunt_close(&hunt->actors, i + 1) && ledger->registrations[i].held)
            hunt->hindered = true;
        hunt_collect(&hunt->actors, process);
        run_to_rest(hunt);
    }
}

/* Everything is closed, so every name can be had. */
static void check_names(struct hunt *hunt)
{
    uint32_t process = 0;
    while (process < HUNT_PROCESSES && !sim_alive(hunt->world, process))
        process++;
    for (uint32_t i = 0; i < HUNT_NAMES && process < HUNT_PROCESSES; i++) {
        sim_enter(hunt->world, process);
        const struct hunt_call *call = hunt_register(&hunt->actors, process, hunt->actors.names[i]);
        run_to_rest(hunt);
        if (call && call->state == HUNT_DONE && call->completion.status == URIPC_EXISTS)
            hunt_broken(&hunt->ledger, "LIF-5", (uint32_t)(call - hunt->ledger.calls),
                        "nobody holds a name any more, and it is taken");
    }
}

static void end_calls(struct hunt *hunt)
{
    run_to_rest(hunt);
    hunt_check_left_alone(&hunt->ledger);
    drain(hunt);
    if (!hunt_is_broken(&hunt->ledger) && !hunt->hindered) {
        hunt_check_pending(&hunt->ledger);
        hunt_check_messages(&hunt->ledger);
    }
    if (!hunt_is_broken(&hunt->ledger))
        close_all(hunt);
    if (!hunt_is_broken(&hunt->ledger) && !hunt->hindered) {
        hunt_check_closed(&hunt->ledger);
        check_names(hunt);
    }
}

/* Sessions that show life never rest, so time is what they get: after what was read there is room
 * for more, which may need a retry to come. */
static void end_talk(struct hunt *hunt)
{
    uint32_t dull = 0;
    run_until(hunt, sim_now(hunt->world) + rest);
    for (uint32_t round = 0; dull < DULL_ROUNDS && round < DRAIN_ROUNDS; round++) {
        dull = talk_read_all(&hunt->talk) ? 0 : dull + 1;
        run_until(hunt, sim_now(hunt->world) + (dull == 0 ? 10 * MS : 3000 * MS));
        if (hunt_is_broken(&hunt->ledger))
            return;
    }
    if (dull < DULL_ROUNDS || hunt->talk.call_count == TALK_CALLS)
        return;
    talk_check_arrived(&hunt->talk);
    talk_close_all(&hunt->talk);
    run_until(hunt, sim_now(hunt->world) + rest);
    talk_check_closed(&hunt->talk);
}

static void play(struct hunt *hunt)
{
    const struct sim_fault_plan plan = hunt_scene_plan(hunt->world, &hunt->scene);
    sim_plan(hunt->world, &plan);
    for (uint32_t i = 0; i < HUNT_PROCESSES; i++) {
        if (sim_start(hunt->world, 0) == SIM_NOBODY)
            return;
    }
    for (uint32_t i = 0; i < HUNT_PROCESSES; i++)
        begin(hunt, i);
    run_until(hunt, hunt->scene.until);
    if (hunt_is_broken(&hunt->ledger))
        return;
    sim_calm(hunt->world);
    hunt_say(&hunt->ledger, "all heals");
    if (talks(hunt))
        end_talk(hunt);
    else
        end_calls(hunt);
    if (sim_violations(hunt->world)->total > 0)
        hunt_broken(&hunt->ledger, "HOST", HUNT_CALLS_MOST, "a rule of the host's ports");
}

void hunt_run(struct hunt *hunt, const struct hunt_setup *setup, struct hunt_result *result)
{
    struct hunt_ledger *ledger = &hunt->ledger;
    *result = (struct hunt_result){.ran = true};
    hunt->result = result;
    hunt->hindered = false;
    if (!hunt_scene_draw(setup, &hunt->scene) || !make_world(hunt, setup)) {
        result->ran = false;
        return;
    }
    ledger->world = hunt->world;
    ledger->setup = setup;
    ledger->scene = &hunt->scene;
    ledger->result = result;
    ledger->call_count = ledger->registration_count = ledger->double_count = 0;
    ledger->pair_count = 0;
    ledger->grace_since = SIM_NEVER;
    ledger->stopped = SIM_NOBODY;
    memset(ledger->lives, 0, sizeof ledger->lives);
    memset(ledger->reach, 0, sizeof ledger->reach);
    memset(ledger->given, 0, sizeof ledger->given);
    ledger->hindered = 0;
    result->profile = hunt->scene.profile->name;
    result->mode = hunt->scene.mode;
    result->resolver = hunt->scene.resolver.kind;
    talk_start(&hunt->talk, ledger);
    hunt_actors_start(&hunt->actors, ledger, hunt->buffers);
    play(hunt);
    result->fingerprint = sim_fingerprint(hunt->world);
    result->counters = *sim_counters(hunt->world);
}
