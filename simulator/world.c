/* SPDX-License-Identifier: MIT */
/* A world's creation and its steps. */
#include "world.h"

#include <string.h>

enum { PROCESSES = 16, NAMES_PER_PROCESS = 4, HOLDINGS_PER_NAME = 8, ALIGN = 64, LARGE = 4 << 20 };

static void or_default(uint32_t *value, uint64_t standard)
{
    if (*value == 0)
        *value = standard < UINT32_MAX ? (uint32_t)standard : UINT32_MAX;
}

static struct sim_config complete(const struct sim_config *given)
{
    struct sim_config config = *given;
    or_default(&config.processes, PROCESSES);
    or_default(&config.names, (uint64_t)config.processes * NAMES_PER_PROCESS);
    or_default(&config.holdings, (uint64_t)config.names * HOLDINGS_PER_NAME);
    if (!config.profile)
        config.profile = sim_profile_at(0);
    if (!config.source)
        config.source = &sim_random;
    if (config.limits.size == 0)
        config.limits = uripc_limits_default;
    return config;
}

/* Makes *block one of at least `bytes`; what it held is not kept. */
static bool enough(void **block, size_t *room, size_t bytes)
{
    if (bytes <= *room)
        return true;
    sim_memory_give(*block);
    *block = sim_memory_take(bytes);
    *room = *block ? bytes : 0;
    return *block != NULL;
}

/* What a turn of a node needs, if there are too many of them for the caches. */
static void find_hot(struct sim_world *world, const struct sim_config *config)
{
    struct uripc_stretch hot[URIPC_STRETCHES];
    world->hot.count = 0;
    if (world->stride * config->processes < LARGE || !world->node->hot)
        return;
    const size_t count = world->node->hot(&config->limits, hot);
    for (size_t i = 0; i < count; i++)
        sim_lines_add(&world->hot, hot[i].at, hot[i].bytes);
}

/* The blocks whose size the configuration says; those of another world may serve again. */
static bool reserve(struct sim_world *world, const struct sim_config *config)
{
    const size_t node = world->node->bytes(&config->limits);
    const size_t stride = (node + ALIGN - 1) / ALIGN * ALIGN;
    const size_t table =
        world->table_ops->bytes(config->names, config->holdings, config->limits.uri_units);
    if (node == 0 || table == 0 || stride > SIZE_MAX / config->processes)
        return false;
    world->stride = stride;
    const bool ok =
        enough(&world->node_block, &world->node_room, stride * config->processes) &&
        enough(&world->process_block, &world->process_room,
               config->processes * (sizeof *world->processes + sizeof *world->presence)) &&
        enough(&world->table_block, &world->table_room, table);
    find_hot(world, config);
    world->nodes = world->node_block;
    world->processes = world->process_block;
    world->presence = (struct sim_presence *)(void *)(world->processes + config->processes);
    return ok;
}

static void begin(struct sim_world *world)
{
    const struct sim_config *config = &world->config;
    for (uint32_t i = 0; i < SIM_KIND_KEYS; i++)
        world->kind_keys[i] = sim_random_kind(config->seed, i);
    const struct sim_link_faults *link = config->link ? config->link : &sim_link_dull;
    world->links.everywhere = *link;
    world->links.oneself = (struct sim_link_faults){.transports = link->transports};
    world->config.link = NULL;
    world->fingerprint = SIM_FINGERPRINT_EMPTY;
    world->touched = SIM_NOBODY;
}

struct sim_world *sim_create(const struct sim_config *config)
{
    struct sim_world *world = sim_memory_take(sizeof *world);
    if (!world)
        return NULL;
    memset(world, 0, sizeof *world);
    sim_pool_init(&world->pool);
    if (!sim_events_init(&world->events) || !sim_links_init(&world->links) ||
        !sim_index_init(&world->other_tallies, 0) || !sim_index_init(&world->identities, 0) ||
        !sim_reset(world, config)) {
        sim_destroy(world);
        return NULL;
    }
    return world;
}

static void end_all(struct sim_world *world)
{
    for (uint32_t i = 0; i < world->started; i++) {
        if (world->presence[i].life != SIM_NOBODY)
            world->node->fini(sim_block(world, i));
    }
    world->started = 0;
}

static void drop_tallies(struct sim_world *world)
{
    for (uint32_t i = 0; i < SIM_KIND_KEYS; i++) {
        sim_memory_give(world->tallies[i]);
        world->tallies[i] = NULL;
    }
}

/* For another run: kept if they are as long as they will have to be. */
static void clear_tallies(struct sim_world *world, uint32_t processes)
{
    if (processes != world->config.processes)
        drop_tallies(world);
    for (uint32_t i = 0; i < SIM_KIND_KEYS; i++) {
        if (world->tallies[i])
            memset(world->tallies[i], 0, processes * sizeof *world->tallies[i]);
    }
}

void sim_destroy(struct sim_world *world)
{
    if (!world)
        return;
    end_all(world);
    sim_events_fini(&world->events);
    sim_pool_fini(&world->pool);
    sim_links_fini(&world->links);
    sim_index_fini(&world->other_tallies);
    drop_tallies(world);
    sim_index_fini(&world->identities);
    sim_troubles_fini(world);
    sim_memory_give(world->faults);
    sim_memory_give(world->process_block);
    sim_memory_give(world->lives);
    sim_memory_give(world->ends);
    sim_resolution_fini(world);
    sim_memory_give(world->buffers);
    sim_memory_give(world->node_block);
    sim_memory_give(world->table_block);
    sim_memory_give(world);
}

bool sim_reset(struct sim_world *world, const struct sim_config *given)
{
    if (given->size != sizeof *given || !given->backend)
        return false;
    end_all(world);
    const struct sim_config config = complete(given);
    world->node = config.backend->node;
    world->table_ops = config.backend->table;
    if (!reserve(world, &config))
        return false;
    clear_tallies(world, config.processes);
    sim_troubles_fini(world);
    world->config = config;
    world->now = 0;
    world->instant = 0;
    world->flights = 0;
    world->counters = (struct sim_counters){0};
    world->violations = (struct sim_violations){0};
    world->life_count = 0;
    world->buffer_count = 0;
    world->free_buffer = 0;
    world->buffer_serial = 0;
    world->exhausted = false;
    world->fault_count = 0;
    sim_events_clear(&world->events);
    sim_pool_clear(&world->pool);
    sim_links_clear(&world->links);
    sim_index_clear(&world->other_tallies);
    sim_index_clear(&world->identities);
    world->table = world->table_ops->init(world->table_block, config.names, config.holdings,
                                          config.limits.uri_units, config.realm);
    begin(world);
    return world->table != NULL && sim_resolution_begin(world);
}

const struct uripc_node_ops *sim_node_ops(const struct sim_world *world)
{
    return world->node;
}

const struct sim_counters *sim_counters(const struct sim_world *world)
{
    return &world->counters;
}

const struct sim_violations *sim_violations(const struct sim_world *world)
{
    return &world->violations;
}

uint64_t sim_now(const struct sim_world *world)
{
    return world->now;
}

uint32_t sim_touched(const struct sim_world *world)
{
    return world->touched;
}

uint64_t sim_fingerprint(const struct sim_world *world)
{
    return world->fingerprint;
}

void sim_note(struct sim_world *world, const void *bytes, size_t length)
{
    world->fingerprint = sim_fold_bytes(world->fingerprint, bytes, length);
}

void sim_note_word(struct sim_world *world, uint64_t word)
{
    sim_fold_word(world, word);
}

/* Events. */

struct sim_event *sim_event_begin(struct sim_world *world)
{
    const uint32_t slot = sim_events_take(&world->events);
    if (slot != SIM_NO_EVENT)
        return &world->events.slab[slot];
    world->exhausted = true;
    return NULL;
}

void sim_event_end(struct sim_world *world, uint64_t time, enum sim_class class,
                   const struct sim_event *event)
{
    const uint32_t slot = (uint32_t)(event - world->events.slab);
    if (sim_events_push(&world->events, time, class, slot))
        return;
    sim_events_give(&world->events, slot);
    world->exhausted = true;
}

void sim_push(struct sim_world *world, uint64_t time, enum sim_class class,
              const struct sim_event *event)
{
    struct sim_event *place = sim_event_begin(world);
    if (!place)
        return;
    *place = *event;
    sim_event_end(world, time, class, place);
}

void sim_at(struct sim_world *world, uint64_t at, uint32_t process, uint64_t word)
{
    if (process != SIM_NOBODY && !sim_alive(world, process))
        return;
    struct sim_event *event = sim_event_begin(world);
    if (!event)
        return;
    event->kind = SIM_EVENT_WORK;
    event->process = process;
    event->life = process == SIM_NOBODY ? SIM_NOBODY : world->presence[process].life;
    event->parcel = 0;
    event->word = word;
    sim_event_end(world, at < world->now ? world->now : at, SIM_CLASS_WORK, event);
}

/* A wake event that came too early or was overtaken is replaced or forgotten. */
static bool wake_is_valid(struct sim_world *world, const struct sim_event *event)
{
    struct sim_process *process = &world->processes[event->process];
    if (!sim_life_is_current(world, event->life) || process->wake_generation != event->ticket)
        return false;
    if (process->wake_at == process->wake_queued)
        return true;
    process->wake_queued = SIM_NEVER;
    sim_alarm(process, process->wake_at);
    return false;
}

/* Whether anything happens when the event's time comes.  What is meant for a life that has ended
 * is void; a frame then still arrives, and is seen to be dropped, and the resolver's part goes. */
bool sim_event_is_valid(struct sim_world *world, const struct sim_event *event)
{
    if (event->kind == SIM_EVENT_WAKE)
        return wake_is_valid(world, event);
    if (event->kind == SIM_EVENT_FRAME)
        return true;
    if (event->process == SIM_NOBODY)
        return event->kind != SIM_EVENT_FAULT || !sim_fault_is_over(world, event);
    return world->presence[event->process].life == event->life;
}

static void remove_first(struct sim_world *world, uint32_t slot)
{
    sim_events_pop(&world->events);
    sim_events_give(&world->events, slot);
}

/* Drops the first event, which is void, without leaving a trace. */
static void drop_first(struct sim_world *world, uint32_t slot)
{
    const struct sim_event event = world->events.slab[slot];
    remove_first(world, slot);
    if (event.kind != SIM_EVENT_WAKE && event.parcel != 0)
        sim_pool_give(&world->pool, event.parcel);
}

static uint32_t first_valid(struct sim_world *world, uint64_t *time)
{
    uint32_t slot = sim_events_min(&world->events, time);
    while (slot != SIM_NO_EVENT && !sim_event_is_valid(world, &world->events.slab[slot])) {
        drop_first(world, slot);
        slot = sim_events_min(&world->events, time);
    }
    return slot;
}

uint64_t sim_next_time(struct sim_world *world)
{
    uint64_t time;
    return first_valid(world, &time) == SIM_NO_EVENT ? SIM_NEVER : time;
}

/* Whether a process that is not quite well is concerned.  The resolver is no part of a process:
 * what it does is done while the process is paused. */
static bool is_ill(const struct sim_world *world, const struct sim_event *event)
{
    if (event->process == SIM_NOBODY)
        return false;
    const struct sim_presence *presence = &world->presence[event->process];
    if (!presence->paused && !presence->troubled)
        return false;
    const bool daemon = world->resolution.is.kind == SIM_RESOLVER_DAEMON;
    const bool lookup = event->kind == SIM_EVENT_LOOKUP || event->kind == SIM_EVENT_RECLAIM;
    return event->kind != SIM_EVENT_CLAIM && event->kind != SIM_EVENT_RELEASE &&
           !(daemon && lookup);
}

static bool waits(const struct sim_world *world, const struct sim_event *event)
{
    return world->presence[event->process].paused || sim_is_busy(world, event);
}

/* Puts the event behind those that wait for the process already.  The alarm of a paused process is
 * kept by the process itself. */
static void defer(struct sim_world *world, uint32_t slot)
{
    struct sim_event *event = &world->events.slab[slot];
    struct sim_process *process = &world->processes[event->process];
    const bool paused = world->presence[event->process].paused;
    world->counters.deferred++;
    if (paused && (event->kind == SIM_EVENT_WAKE || event->kind == SIM_EVENT_READY)) {
        if (event->kind == SIM_EVENT_WAKE)
            process->wake_queued = SIM_NEVER;
        else
            world->troubles[event->process].ready = false;
        sim_events_give(&world->events, slot);
        return;
    }
    const uint32_t number = event->process;
    event->next = SIM_NO_EVENT;
    if (process->deferred == SIM_NO_EVENT)
        process->deferred = slot;
    else
        world->events.slab[process->deferred_last].next = slot;
    process->deferred_last = slot;
    if (!paused)
        sim_slow_queue(world, number);
}

static void work(struct sim_world *world, const struct sim_event *event)
{
    sim_fold_word(world, event->word);
    if (sim_is_traced(world))
        sim_tell(world, &(struct sim_event_record){
                            .kind = SIM_TRACE_WORK, .process = event->process, .peer = SIM_NOBODY});
    if (event->process != SIM_NOBODY)
        (void)sim_turn(world, event->process);
    if (world->config.work)
        world->config.work(world->config.user, world, event->process, event->word);
}

static void wake(struct sim_world *world, struct sim_process *process)
{
    process->wake_at = SIM_NEVER;
    process->wake_queued = SIM_NEVER;
    if (world->presence[process->number].troubled)
        world->troubles[process->number].alarm = SIM_NEVER;
    if (sim_is_traced(world))
        sim_tell(world, &(struct sim_event_record){.kind = SIM_TRACE_WAKE,
                                                   .process = process->number,
                                                   .peer = SIM_NOBODY});
    world->node->on_wake(sim_turn(world, process->number));
}

static void room(struct sim_world *world, const struct sim_event *event)
{
    sim_fold_word(world, event->peer);
    if (sim_is_traced(world))
        sim_tell(world, &(struct sim_event_record){.kind = SIM_TRACE_ROOM,
                                                   .process = event->process,
                                                   .peer = world->lives[event->peer]});
    world->node->on_room(sim_turn(world, event->process), event->peer);
}

static void execute(struct sim_world *world, const struct sim_event *event)
{
    sim_fold_word(world, world->now);
    sim_fold_word(world, (uint64_t)event->kind << 56 | event->process);
    switch ((enum sim_event_kind)event->kind) {
    case SIM_EVENT_FRAME:
        sim_frame_arrives(world, event);
        break;
    case SIM_EVENT_ROOM:
        room(world, event);
        break;
    case SIM_EVENT_PEER_DOWN:
        sim_peer_down_arrives(world, event);
        break;
    case SIM_EVENT_WORK:
        work(world, event);
        break;
    case SIM_EVENT_WAKE:
        wake(world, &world->processes[event->process]);
        break;
    case SIM_EVENT_CLAIM:
    case SIM_EVENT_CLAIMED:
    case SIM_EVENT_JOINED:
    case SIM_EVENT_RELEASE:
    case SIM_EVENT_RELEASED:
    case SIM_EVENT_LOOKUP:
    case SIM_EVENT_NO_ROUTE:
    case SIM_EVENT_ROUTE_GONE:
    case SIM_EVENT_RECLAIM:
    case SIM_EVENT_RECLAIMED:
    case SIM_EVENT_ROUTE:
    case SIM_EVENT_FORGET:
        sim_kernel_execute(world, event);
        break;
    case SIM_EVENT_HUNG_UP:
    case SIM_EVENT_FREED:
    case SIM_EVENT_SILENCE:
    case SIM_EVENT_CONNECT:
    case SIM_EVENT_GRACE_OVER:
        sim_daemon_execute(world, event);
        break;
    case SIM_EVENT_LOCK:
    case SIM_EVENT_CHANGE:
        sim_rendezvous_execute(world, event);
        break;
    case SIM_EVENT_FAULT:
        sim_fault_execute(world, event);
        break;
    case SIM_EVENT_READY: /* never: what it takes up comes here */
        break;
    }
}

/* One event for a process that is paused or troubled. */
static enum sim_step step_of_the_ill(struct sim_world *world, uint32_t slot)
{
    struct sim_event event = world->events.slab[slot];
    world->touched = SIM_NOBODY;
    if (waits(world, &event)) {
        sim_events_pop(&world->events);
        defer(world, slot);
        return world->exhausted ? SIM_NO_MEMORY : SIM_STEP;
    }
    remove_first(world, slot);
    if (event.kind != SIM_EVENT_READY || sim_slow_take(world, &event)) {
        const bool turn = sim_life_is_current(world, event.life); /* else it only disappears */
        world->touched = event.process;
        execute(world, &event);
        sim_trouble_turn(world, event.process, turn);
    }
    return world->exhausted ? SIM_NO_MEMORY : SIM_STEP;
}

/* Large worlds wait for memory more than they work, so what the next event needs is fetched while
 * this one is executed. */
static void fetch_next(struct sim_world *world)
{
    uint64_t time;
    const uint32_t slot = sim_events_min(&world->events, &time);
    if (slot == SIM_NO_EVENT || world->events.slab[slot].process == SIM_NOBODY)
        return;
    const struct sim_event *event = &world->events.slab[slot];
    sim_lines_fetch(&world->hot, sim_block(world, event->process));
    SIM_FETCH(&world->processes[event->process]);
    if (event->kind == SIM_EVENT_FRAME)
        SIM_FETCH(&world->links.links[event->path / 2]);
    if (world->config.next)
        world->config.next(world->config.user, event->process);
}

enum sim_step sim_step(struct sim_world *world)
{
    uint64_t time;
    const uint32_t slot = first_valid(world, &time);
    if (world->exhausted)
        return SIM_NO_MEMORY;
    if (slot == SIM_NO_EVENT)
        return SIM_IDLE;
    if (world->config.event_budget != 0 && world->counters.events >= world->config.event_budget)
        return SIM_OVER_BUDGET;
    if (time > world->now)
        world->instant = 0;
    if (world->config.instant_budget != 0 && world->instant >= world->config.instant_budget)
        return SIM_INSTANT_LOOP;
    world->now = time;
    world->instant++;
    world->counters.events++;
    const struct sim_event event = world->events.slab[slot];
    if (is_ill(world, &event))
        return step_of_the_ill(world, slot);
    remove_first(world, slot);
    if (world->hot.count > 0)
        fetch_next(world);
    world->touched = event.process;
    execute(world, &event);
    return world->exhausted ? SIM_NO_MEMORY : SIM_STEP;
}

enum sim_step sim_advance(struct sim_world *world, uint64_t until)
{
    while (sim_next_time(world) <= until) {
        const enum sim_step step = sim_step(world);
        if (step != SIM_STEP)
            return step;
    }
    if (until > world->now) {
        world->now = until;
        world->instant = 0;
    }
    return world->exhausted ? SIM_NO_MEMORY : SIM_IDLE;
}
