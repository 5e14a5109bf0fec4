/* SPDX-License-Identifier: MIT */
/* The lives of processes: start, crash, restart, pause, resume. */
#include "memory.h"
#include "world.h"

static void tell(struct sim_world *world, enum sim_trace kind, uint32_t process)
{
    sim_fold_word(world, world->now);
    sim_fold_word(world, (uint64_t)kind << 56 | process);
    sim_tell(world,
             &(struct sim_event_record){.kind = kind, .process = process, .peer = SIM_NOBODY});
}

static uint64_t draw_identity(const struct sim_world *world, uint32_t life)
{
    const uint64_t stream =
        sim_random_stream(sim_random_kind(world->config.seed, SIM_KIND_IDENTITY), life);
    const uint64_t value = sim_random_value(stream, 0);
    return value != 0 ? value : 1;
}

static const struct uripc_limits *limits_of(struct sim_world *world, uint32_t process)
{
    const struct sim_trouble *trouble = world->troubles ? &world->troubles[process] : NULL;
    if (!trouble || trouble->quota.size == 0)
        return &world->config.limits;
    world->counters.quotas++;
    return &trouble->quota;
}

/* Begins the next life of a process: a new node with a new identity.  False: no memory. */
static bool begin_life(struct sim_world *world, struct sim_process *process)
{
    void *lives = world->lives;
    void *ends = world->ends;
    const bool room =
        sim_memory_room(&lives, &world->life_room, world->life_count, sizeof *world->lives) &&
        sim_memory_room(&ends, &world->end_room, world->life_count, sizeof *world->ends);
    world->lives = lives;
    world->ends = ends;
    const uint32_t life = world->life_count;
    process->identity = draw_identity(world, life);
    uint64_t *known = room ? sim_index_at(&world->identities, process->identity) : NULL;
    if (!known) {
        world->exhausted = true;
        return false;
    }
    world->lives[life] = process->number;
    world->life_count++;
    *known = world->life_count;
    process->life = life;
    process->wake_at = SIM_NEVER;
    process->wake_queued = SIM_NEVER;
    if (world->presence[process->number].troubled)
        world->troubles[process->number].alarm = SIM_NEVER;
    world->presence[process->number].life = life;
    sim_resolution_life_begun(world, process->number);
    struct uripc_node *node =
        world->node->init(sim_block(world, process->number), limits_of(world, process->number),
                          &sim_host, process, process->identity, life);
    if (!node)
        world->presence[process->number].life = SIM_NOBODY;
    else
        (void)sim_turn(world, process->number);
    return node != NULL;
}

uint32_t sim_start(struct sim_world *world, uint64_t principal)
{
    if (world->started == world->config.processes)
        return SIM_NOBODY;
    const uint32_t number = world->started;
    struct sim_process *process = &world->processes[number];
    *process = (struct sim_process){.world = world,
                                    .principal = principal,
                                    .number = number,
                                    .last_path = SIM_NO_PATH,
                                    .deferred = SIM_NO_EVENT,
                                    .deferred_last = SIM_NO_EVENT};
    world->presence[number] = (struct sim_presence){.life = SIM_NOBODY};
    world->started++;
    sim_resolution_enlist(world, number);
    if (!begin_life(world, process))
        return SIM_NOBODY;
    tell(world, SIM_TRACE_START, number);
    return number;
}

uint32_t sim_processes(const struct sim_world *world)
{
    return world->started;
}

bool sim_alive(const struct sim_world *world, uint32_t process)
{
    return process < world->started && world->presence[process].life != SIM_NOBODY;
}

bool sim_paused(const struct sim_world *world, uint32_t process)
{
    return process < world->started && world->presence[process].paused;
}

struct uripc_node *sim_node(struct sim_world *world, uint32_t process)
{
    return sim_alive(world, process) ? sim_block(world, process) : NULL;
}

uint32_t sim_process_of(const struct sim_world *world, uint64_t identity)
{
    const uint64_t *life = sim_index_find(&world->identities, identity);
    return life ? world->lives[*life - 1] : SIM_NOBODY;
}

uint64_t sim_renamed(const struct sim_world *world, uint64_t identity)
{
    const uint64_t *life = sim_index_find(&world->identities, identity);
    return life ? *life - 1 : SIM_NOBODY;
}

static enum sim_class class_of(uint32_t kind)
{
    if (kind == SIM_EVENT_WAKE)
        return SIM_CLASS_WAKE;
    return kind == SIM_EVENT_WORK ? SIM_CLASS_WORK : SIM_CLASS_ARRIVAL;
}

/* Queues what waited for the process, in its order; alarms come last, as always (CMP-15). */
static void release_deferred(struct sim_world *world, struct sim_process *process)
{
    uint32_t slot = process->deferred;
    process->deferred = SIM_NO_EVENT;
    process->deferred_last = SIM_NO_EVENT;
    world->presence[process->number].paused = false;
    while (slot != SIM_NO_EVENT) {
        struct sim_event *event = &world->events.slab[slot];
        const uint32_t next = event->next;
        const enum sim_class class = class_of(event->kind);
        if (!sim_events_push(&world->events, world->now, class, slot))
            world->exhausted = true;
        slot = next;
    }
    if (sim_alive(world, process->number) && process->wake_at != SIM_NEVER)
        sim_alarm(process, process->wake_at);
}

void sim_crash(struct sim_world *world, uint32_t number)
{
    if (number == SIM_RESOLVER) {
        sim_daemon_crash(world);
        return;
    }
    if (!sim_alive(world, number))
        return;
    struct sim_process *process = &world->processes[number];
    world->ends[process->life] = world->now;
    world->node->fini(sim_block(world, number));
    world->presence[number].life = SIM_NOBODY;
    process->wake_queued = SIM_NEVER;
    if (world->presence[number].troubled) {
        world->troubles[number].ready = false;
        world->troubles[number].busy = 0;
        world->troubles[number].crash_after = 0;
    }
    while (process->first_buffer != 0) {
        const uint32_t place = process->first_buffer;
        sim_buffer_release(world, (uint64_t)world->buffers[place - 1].serial << 32 | place);
    }
    world->counters.crashes++;
    tell(world, SIM_TRACE_CRASH, number);
    release_deferred(world, process);
    sim_resolution_life_ended(world, number, process->life);
    sim_links_life_ended(world, process);
}

void sim_restart(struct sim_world *world, uint32_t number)
{
    if (number == SIM_RESOLVER) {
        sim_daemon_restart(world);
        return;
    }
    if (number >= world->started)
        return;
    sim_crash(world, number);
    if (!begin_life(world, &world->processes[number]))
        return;
    world->counters.restarts++;
    tell(world, SIM_TRACE_RESTART, number);
}

void sim_pause(struct sim_world *world, uint32_t number)
{
    if (number == SIM_RESOLVER)
        sim_daemon_pause(world);
    if (!sim_alive(world, number) || world->presence[number].paused)
        return;
    world->presence[number].paused = true;
    world->counters.pauses++;
    tell(world, SIM_TRACE_PAUSE, number);
}

void sim_resume(struct sim_world *world, uint32_t number)
{
    if (number == SIM_RESOLVER)
        sim_daemon_resume(world);
    if (!sim_paused(world, number))
        return;
    world->counters.resumes++;
    tell(world, SIM_TRACE_RESUME, number);
    release_deferred(world, &world->processes[number]);
}

void sim_reenter(struct sim_world *world, uint32_t process)
{
    if (sim_alive(world, process))
        (void)sim_turn(world, process);
}

void sim_enter(struct sim_world *world, uint32_t process)
{
    sim_reenter(world, process);
    if (sim_alive(world, process) && world->presence[process].troubled)
        sim_slow_turn(world, process);
}
