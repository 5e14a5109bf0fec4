/* SPDX-License-Identifier: MIT */
#include "conformance/worlds/simulated.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "conformance/case.h"
#include "conformance/worlds/simulated_layers.h"
#include "simulator/fault.h"
#include "simulator/sim.h"

enum {
    SIMULATED_NAMES = 64,             /* in the resolver, beside those of each process */
    SIMULATED_NAMES_EACH = 16,        /* at most, of what the limits of a process would allow */
    SIMULATED_INSTANT_BUDGET = 200000 /* events at one instant before it is called a loop */
};

/* How long the world goes on after the last line. */
#define SIMULATED_SETTLE UINT64_C(1000000000) /* nanoseconds */

struct simulated {
    struct cf_world world; /* first, so that one is the other */
    const struct sim_backend *backend;
    struct sim_world *sim;
    struct cf_layers layers;
    struct cf_world_setup setup;
    bool broken; /* no memory for layers */
    bool due;    /* work that was scheduled, until the event that brought it is over */
    uint32_t word;
};

static struct simulated *own(struct cf_world *world)
{
    return (struct simulated *)(void *)world;
}

static uint32_t process_number(uint32_t sim_process)
{
    if (sim_process == SIM_RESOLVER)
        return CF_RESOLVER;
    return sim_process == SIM_NOBODY ? CF_NOBODY : sim_process;
}

static uint32_t sim_number(uint32_t process)
{
    return process == CF_RESOLVER ? SIM_RESOLVER : process;
}

static const char *frame_name(enum uripc_frame_kind kind)
{
    switch (kind) {
    case URIPC_FRAME_MESSAGE:
        return "message";
    case URIPC_FRAME_ANSWER:
        return "answer";
    case URIPC_FRAME_WITHDRAW:
        return "withdraw";
    case URIPC_FRAME_JOIN:
        return "join";
    case URIPC_FRAME_TAKE:
        return "take";
    case URIPC_FRAME_GIVEN:
        return "given";
    case URIPC_FRAME_TAKEN:
        return "taken";
    }
    return NULL;
}

static bool has_status(const struct sim_event_record *record)
{
    switch (record->kind) {
    case SIM_TRACE_CLAIM:
    case SIM_TRACE_RELEASE:
    case SIM_TRACE_LOOKUP:
    case SIM_TRACE_RECLAIM:
        return true;
    default:
        return record->frame == URIPC_FRAME_ANSWER || record->frame == URIPC_FRAME_GIVEN ||
               record->frame == URIPC_FRAME_TAKEN;
    }
}

/* The kinds of the simulator that are kinds of every world; -1: of no interest to a reader. */
static int trace_kind(enum sim_trace kind)
{
    switch (kind) {
#define SIMULATED_SAME(NAME)                                                                       \
    case SIM_TRACE_##NAME:                                                                         \
        return CF_TRACE_##NAME;
        SIMULATED_SAME(START)
        SIMULATED_SAME(CRASH)
        SIMULATED_SAME(RESTART)
        SIMULATED_SAME(PAUSE)
        SIMULATED_SAME(RESUME)
        SIMULATED_SAME(CARRY)
        SIMULATED_SAME(DELIVER)
        SIMULATED_SAME(LOSE)
        SIMULATED_SAME(DUPLICATE)
        SIMULATED_SAME(CUT_DROP)
        SIMULATED_SAME(OVERSIZE)
        SIMULATED_SAME(BLOCKED)
        SIMULATED_SAME(DEAD_DROP)
        SIMULATED_SAME(NOWHERE)
        SIMULATED_SAME(ROOM)
        SIMULATED_SAME(PEER_DOWN)
        SIMULATED_SAME(CLAIM)
        SIMULATED_SAME(RELEASE)
        SIMULATED_SAME(LOOKUP)
        SIMULATED_SAME(ROUTE_GONE)
        SIMULATED_SAME(WAKE)
        SIMULATED_SAME(CUT)
        SIMULATED_SAME(HEAL)
        SIMULATED_SAME(LINK)
        SIMULATED_SAME(CONNECT)
        SIMULATED_SAME(DISCONNECT)
        SIMULATED_SAME(HELD_BACK)
        SIMULATED_SAME(RECLAIM)
        SIMULATED_SAME(FORGET)
        SIMULATED_SAME(GRACE_OVER)
        SIMULATED_SAME(PLAN)
        SIMULATED_SAME(SLOW)
        SIMULATED_SAME(CLOCK)
#undef SIMULATED_SAME
    case SIM_TRACE_WORK:
        return -1;
    }
    return -1;
}

enum { FAULT_ROOM = 96 };

/* What a turn takes, or a clock was set to. */
static const char *fault_text(const struct sim_fault *fault, char text[FAULT_ROOM])
{
    char time[CF_DURATION_ROOM], drift[FAULT_ROOM / 2] = "";
    const bool behind = fault->offset < 0, slow = fault->drift < 0;
    const uint64_t offset = behind ? 0 - (uint64_t)fault->offset : (uint64_t)fault->offset;
    if (fault->drift != 0)
        snprintf(drift, sizeof(drift), " %s %" PRId32 "/1000000", slow ? "slow" : "fast",
                 slow ? -fault->drift : fault->drift);
    if (fault->family == SIM_FAULT_SLOW)
        snprintf(text, FAULT_ROOM, "%s a turn", cf_duration_text(fault->value, time));
    else
        snprintf(text, FAULT_ROOM, "%s %s%s", behind ? "behind" : "ahead",
                 cf_duration_text(offset, time), drift);
    return text;
}

static void on_trace(void *user, const struct sim_event_record *record)
{
    const struct simulated *self = user;
    char text[FAULT_ROOM];
    int kind = trace_kind(record->kind);
    if (kind < 0)
        return;
    const struct cf_trace_record seen = {.at = record->time,
                                         .kind = (enum cf_trace_kind)kind,
                                         .process = process_number(record->process),
                                         .peer = process_number(record->peer),
                                         .flight = record->flight,
                                         .frame = frame_name(record->frame),
                                         .message_id = record->message_id,
                                         .bytes = record->data_bytes,
                                         .has_status = has_status(record),
                                         .status = record->status,
                                         .source = record->source,
                                         .target = record->target,
                                         .text = record->fault ? fault_text(record->fault, text)
                                                               : NULL};
    self->setup.trace(self->setup.user, &seen);
}

/* Only remembers: what is scheduled may crash the process whose event this is. */
static void on_work(void *user, struct sim_world *sim, uint32_t process, uint64_t word)
{
    struct simulated *self = user;
    (void)sim;
    (void)process;
    if (word & CF_LAYERS_WORK)
        return; /* a turn of layers follows every event of their process */
    self->due = true;
    self->word = (uint32_t)word;
}

static void on_lived(void *user, struct sim_world *sim, uint32_t process, bool alive)
{
    const struct simulated *self = user;
    (void)sim;
    if (!alive)
        self->setup.died(self->setup.user, process);
}

static uint32_t names_needed(const struct cf_world_setup *setup)
{
    uint32_t each = setup->limits.registrations < SIMULATED_NAMES_EACH ? setup->limits.registrations
                                                                       : SIMULATED_NAMES_EACH;
    return SIMULATED_NAMES + setup->processes * each;
}

static struct sim_resolver resolver_of(uint32_t kind)
{
    static const enum sim_resolver_kind kinds[] = {[CF_RESOLVER_TABLE] = SIM_RESOLVER_TABLE,
                                                   [CF_RESOLVER_DAEMON] = SIM_RESOLVER_DAEMON,
                                                   [CF_RESOLVER_RENDEZVOUS] =
                                                       SIM_RESOLVER_RENDEZVOUS};
    return sim_resolver_usual(kinds[kind]);
}

static bool world_begin(struct cf_world *world, const struct cf_world_setup *setup,
                        const char **reason)
{
    struct simulated *self = own(world);
    self->setup = *setup;
    self->due = false;
    self->broken = false;
    const struct sim_config config = {.size = sizeof(config),
                                      .seed = setup->seed,
                                      .backend = self->backend,
                                      .profile = sim_profile_find(setup->profile),
                                      .limits = setup->limits,
                                      .realm = {.open = setup->open},
                                      .resolver = resolver_of(setup->resolver),
                                      .processes = setup->processes,
                                      .names = names_needed(setup),
                                      .instant_budget = SIMULATED_INSTANT_BUDGET,
                                      .trace = setup->trace ? on_trace : NULL,
                                      .work = on_work,
                                      .lived = on_lived,
                                      .user = self};
    if (!config.profile) {
        *reason = "the simulator has no such profile";
        return false;
    }
    if (!self->sim || !sim_reset(self->sim, &config)) {
        sim_destroy(self->sim);
        self->sim = sim_create(&config);
    }
    *reason = "the simulator refuses these limits, or there is no memory";
    return self->sim && cf_layers_begin(&self->layers, self->sim, self->backend->node, setup);
}

static void world_destroy(struct cf_world *world)
{
    sim_destroy(own(world)->sim);
    cf_layers_free(&own(world)->layers);
    free(world);
}

static void world_start(struct cf_world *world, uint32_t process, const char *name,
                        uint64_t principal)
{
    struct simulated *self = own(world);
    (void)name;
    sim_start(self->sim, principal); /* which counts as the runner does: from 0, in order */
    self->broken |= !cf_layers_start(&self->layers, process);
}

/* The node of a living process whose turn begins now; NULL of a dead one. */
static struct uripc_node *turn(struct simulated *self, uint32_t process)
{
    if (!sim_alive(self->sim, process))
        return NULL;
    sim_enter(self->sim, process);
    return sim_node(self->sim, process);
}

/* What the process itself asks of its node. */
static enum uripc_status node_call(struct simulated *self, struct uripc_node *node,
                                   const struct cf_world_call *call)
{
    const struct uripc_node_ops *node_ops = self->backend->node;
    switch (call->call) {
    case URIPC_CALL_REGISTER:
        return node_ops->register_(node, call->handle, call->text, call->register_options,
                                   call->overlapped);
    case URIPC_CALL_SEND:
        return node_ops->send(node, call->handle, call->has_suffix ? &call->suffix : NULL,
                              call->text, call->data, call->length, call->send_options,
                              call->overlapped);
    case URIPC_CALL_RECEIVE:
        return node_ops->receive(
            node, call->handle,
            (struct uripc_buffer){.id = call->buffer, .size = call->buffer_size},
            call->receive_options, call->overlapped);
    case URIPC_CALL_CLOSE:
        return node_ops->close(node, call->handle, call->overlapped);
    default: /* of a layer, and there are none */
        return URIPC_NOT_SUPPORTED;
    }
}

static enum uripc_status world_call(struct cf_world *world, uint32_t process,
                                    const struct cf_world_call *call)
{
    struct simulated *self = own(world);
    struct uripc_node *node = turn(self, process);
    struct uripc_layers *layers = cf_layers_of(&self->layers, process);
    const bool of_layer = layers && call->call >= URIPC_CALL_LISTEN;
    if (!node)
        return URIPC_NOT_FOUND;
    if (of_layer)
        cf_layers_turn(&self->layers, process); /* deadlines count from now (LAY-7) */
    enum uripc_status status =
        of_layer ? cf_layers_call(layers, call) : node_call(self, node, call);
    cf_layers_turn(&self->layers, process);
    return status;
}

static enum uripc_status world_cancel(struct cf_world *world, uint32_t process, uint64_t overlapped)
{
    struct simulated *self = own(world);
    struct uripc_node *node = turn(self, process);
    struct uripc_layers *layers = cf_layers_of(&self->layers, process);
    if (!node)
        return URIPC_NOT_FOUND;
    enum uripc_status status = layers ? uripc_layers_cancel(layers, overlapped)
                                      : self->backend->node->cancel(node, overlapped);
    cf_layers_turn(&self->layers, process);
    return status;
}

static enum uripc_status world_cancel_all(struct cf_world *world, uint32_t process,
                                          struct uripc_handle handle)
{
    struct simulated *self = own(world);
    struct uripc_node *node = turn(self, process);
    return node ? self->backend->node->cancel_all(node, handle) : URIPC_NOT_FOUND;
}

static enum uripc_status world_info(struct cf_world *world, uint32_t process,
                                    struct uripc_handle handle, struct uripc_info *info)
{
    struct simulated *self = own(world);
    struct uripc_node *node = turn(self, process);
    return node ? self->backend->node->info(node, handle, info) : URIPC_NOT_FOUND;
}

static enum uripc_status world_peek(struct cf_world *world, uint32_t process,
                                    struct uripc_handle session, struct uripc_session_info *info)
{
    struct uripc_layers *layers = cf_layers_of(&own(world)->layers, process);
    return layers ? uripc_session_peek(layers, session, info) : URIPC_NOT_SUPPORTED;
}

static bool world_completion(struct cf_world *world, uint32_t process,
                             struct uripc_completion *completion)
{
    struct simulated *self = own(world);
    struct uripc_node *node = sim_alive(self->sim, process) ? sim_node(self->sim, process) : NULL;
    struct uripc_layers *layers = cf_layers_of(&self->layers, process);
    if (!layers)
        return node && self->backend->node->poll(node, completion) == URIPC_OK;
    bool there = uripc_layers_poll(layers, completion) == URIPC_OK;
    if (there)
        cf_layers_turn(&self->layers, process); /* there is room again */
    return there;
}

static uint64_t world_buffer(struct cf_world *world, uint32_t process, uint32_t size)
{
    return sim_buffer_create(own(world)->sim, process, size);
}

static unsigned char *world_bytes(struct cf_world *world, uint64_t buffer)
{
    uint32_t size = 0;
    return sim_buffer_bytes(own(world)->sim, buffer, &size);
}

static void world_release(struct cf_world *world, uint64_t buffer)
{
    sim_buffer_release(own(world)->sim, buffer);
}

static uint64_t world_now(struct cf_world *world)
{
    return sim_now(own(world)->sim);
}

static enum cf_progress world_advance(struct cf_world *world, uint64_t until)
{
    struct simulated *self = own(world);
    uint64_t next = sim_next_time(self->sim);
    if (next == SIM_NEVER)
        return CF_IDLE;
    if (next > until) {
        sim_advance(self->sim, until);
        return CF_REACHED;
    }
    enum sim_step step = sim_step(self->sim);
    if (self->due) {
        self->due = false;
        self->setup.work(self->setup.user, self->word);
    }
    if (self->layers.used && sim_touched(self->sim) != SIM_NOBODY)
        cf_layers_turn(&self->layers, sim_touched(self->sim));
    if (self->broken)
        return CF_LOST;
    switch (step) {
    case SIM_STEP:
        return CF_STEPPED;
    case SIM_IDLE:
        return CF_IDLE;
    case SIM_OVER_BUDGET:
    case SIM_INSTANT_LOOP:
        return CF_OVERRUN;
    case SIM_NO_MEMORY:
        return CF_LOST;
    }
    return CF_LOST;
}

static void world_pass(struct cf_world *world, uint64_t until)
{
    sim_advance(own(world)->sim, until);
}

static void world_schedule(struct cf_world *world, uint64_t at, uint32_t process, uint32_t word)
{
    sim_at(own(world)->sim, at, process == CF_NOBODY ? SIM_NOBODY : process, word);
}

static void world_crash(struct cf_world *world, uint32_t process)
{
    sim_crash(own(world)->sim, sim_number(process));
}

static void world_restart(struct cf_world *world, uint32_t process)
{
    struct simulated *self = own(world);
    sim_restart(self->sim, sim_number(process));
    if (process != CF_RESOLVER)
        self->broken |= !cf_layers_start(&self->layers, process);
}

static void world_pause(struct cf_world *world, uint32_t process)
{
    sim_pause(own(world)->sim, sim_number(process));
}

static void world_resume(struct cf_world *world, uint32_t process)
{
    sim_resume(own(world)->sim, sim_number(process));
}

static void world_cut(struct cf_world *world, uint32_t from, uint32_t to)
{
    sim_cut(own(world)->sim, sim_number(from), sim_number(to));
}

static void world_heal(struct cf_world *world, uint32_t from, uint32_t to)
{
    sim_heal(own(world)->sim, sim_number(from), sim_number(to));
}

static void world_link(struct cf_world *world, uint32_t from, uint32_t to,
                       const struct cf_world_faults *faults)
{
    struct sim_link_faults link = sim_link_dull;
    if (faults) {
        const struct sim_link_faults *dull = &sim_link_dull;
        link = (struct sim_link_faults){
            .delay_min = faults->has_delay ? faults->delay_min : dull->delay_min,
            .delay_max = faults->has_delay ? faults->delay_max : dull->delay_max,
            .loss_num = faults->loss_num,
            .loss_den = faults->loss_den,
            .duplicate_num = faults->duplicate_num,
            .duplicate_den = faults->duplicate_den,
            .reorder = faults->reorder,
            .size_max = faults->size_max,
            .capacity = faults->capacity,
            .transports = faults->transports};
    }
    if (from == CF_NOBODY)
        sim_link_all(own(world)->sim, &link);
    else
        sim_link(own(world)->sim, from, to, faults ? &link : NULL);
}

static void world_crash_after(struct cf_world *world, uint32_t process, uint64_t events)
{
    const struct simulated *self = own(world);
    sim_crash_after(self->sim, process, events, SIM_NEVER);
    if (!self->setup.trace)
        return;
    char text[FAULT_ROOM];
    snprintf(text, sizeof(text), "crash at event %" PRIu64, events);
    const struct cf_trace_record seen = {.at = sim_now(self->sim),
                                         .kind = CF_TRACE_PLAN,
                                         .process = process,
                                         .peer = CF_NOBODY,
                                         .text = text};
    self->setup.trace(self->setup.user, &seen);
}

static void world_slow(struct cf_world *world, uint32_t process, uint64_t turn)
{
    sim_slow(own(world)->sim, process, turn);
}

static void world_clock(struct cf_world *world, uint32_t process, int64_t offset, int32_t drift)
{
    struct simulated *self = own(world);
    sim_clock(self->sim, process, offset, drift);
    cf_layers_turn(&self->layers, process); /* what they wait for is due at another time */
}

static void world_note(struct cf_world *world, uint64_t word)
{
    sim_note_word(own(world)->sim, word);
}

static uint64_t world_fingerprint(struct cf_world *world)
{
    return sim_fingerprint(own(world)->sim);
}

static uint64_t world_draws(struct cf_world *world)
{
    return sim_counters(own(world)->sim)->choices;
}

static uint64_t world_violations(struct cf_world *world)
{
    return sim_violations(own(world)->sim)->total;
}

static bool world_count(struct cf_world *world, size_t index, struct cf_world_count *count)
{
    const struct sim_counters *counters = sim_counters(own(world)->sim);
    const struct cf_world_count all[] = {
        {"lost", counters->lost},
        {"duplicated", counters->duplicated},
        {"copies", counters->copies},
        {"reordered", counters->reordered},
        {"delayed", counters->delayed},
        {"cut", counters->cut},
        {"oversize", counters->oversize},
        {"blocked", counters->blocked},
        {"dead", counters->dead},
        {"nowhere", counters->nowhere},
        {"deferred", counters->deferred},
        {"crashes", counters->crashes},
        {"restarts", counters->restarts},
        {"pauses", counters->pauses},
        {"resumes", counters->resumes},
        {"cuts", counters->cuts},
        {"heals", counters->heals},
        {"resolver-crashes", counters->resolver_crashes},
        {"resolver-restarts", counters->resolver_restarts},
        {"resolver-pauses", counters->resolver_pauses},
        {"resolver-cuts", counters->resolver_cuts},
        {"held-back", counters->held_back},
        {"reclaims", counters->reclaims},
        {"revoked", counters->revoked},
        {"lock-waits", counters->lock_waits},
        {"slow-turns", counters->slow},
        {"clocks", counters->clocks},
    };
    if (index >= sizeof(all) / sizeof(all[0]))
        return false;
    *count = all[index];
    return true;
}

/* What is under way arrives in its own time, which costs nothing. */
static void world_fence(struct cf_world *world)
{
    (void)world;
}

static void world_end(struct cf_world *world)
{
    (void)world;
}

static const struct cf_world_trouble *world_trouble(struct cf_world *world)
{
    (void)world;
    return NULL;
}

static const struct cf_world_ops simulated_ops = {
    .begin = world_begin,
    .destroy = world_destroy,
    .start = world_start,
    .call = world_call,
    .cancel = world_cancel,
    .cancel_all = world_cancel_all,
    .info = world_info,
    .peek = world_peek,
    .completion = world_completion,
    .fence = world_fence,
    .end = world_end,
    .trouble = world_trouble,
    .buffer = world_buffer,
    .bytes = world_bytes,
    .release = world_release,
    .now = world_now,
    .advance = world_advance,
    .pass = world_pass,
    .schedule = world_schedule,
    .crash = world_crash,
    .restart = world_restart,
    .pause = world_pause,
    .resume = world_resume,
    .cut = world_cut,
    .heal = world_heal,
    .link = world_link,
    .crash_after = world_crash_after,
    .slow = world_slow,
    .clock = world_clock,
    .note = world_note,
    .fingerprint = world_fingerprint,
    .draws = world_draws,
    .violations = world_violations,
    .count = world_count,
};

struct cf_world *cf_simulated_open(const struct cf_backend *backend)
{
    struct simulated *self = calloc(1, sizeof(*self));
    if (!self)
        return NULL;
    self->world = (struct cf_world){.ops = &simulated_ops,
                                    .capabilities = backend->capabilities,
                                    .repeatable = true,
                                    .settle = SIMULATED_SETTLE};
    self->backend = backend->implementation;
    return &self->world;
}

bool cf_profile_at(size_t index, const char **name, const char **text)
{
    if (index >= sim_profile_count())
        return false;
    *name = sim_profile_at(index)->name;
    *text = sim_profile_at(index)->text;
    return true;
}
