/* SPDX-License-Identifier: MIT */
/* Choices and draws: every one goes through the world's source, is counted, and enters the
 * fingerprint with its kind, actor and outcome. */
#include <string.h>

#include "memory.h"
#include "world.h"

static uint64_t kind_key(const struct sim_world *world, uint32_t kind)
{
    return kind < SIM_KIND_KEYS ? world->kind_keys[kind]
                                : sim_random_kind(world->config.seed, kind);
}

static struct sim_point point_at(const struct sim_world *world, uint32_t kind, uint64_t actor,
                                 uint64_t counter)
{
    return (struct sim_point){.actor = actor,
                              .counter = counter,
                              .kind = kind,
                              .stream = sim_random_stream(kind_key(world, kind), actor)};
}

/* Where the world keeps the counter of a stream; NULL: no memory.  Most actors are processes. */
static uint64_t *tally_of(struct sim_world *world, const struct sim_point *point)
{
    const uint32_t processes = world->config.processes;
    if (point->kind >= SIM_KIND_KEYS || point->actor >= processes)
        return sim_index_at(&world->other_tallies, point->stream);
    uint64_t **tallies = &world->tallies[point->kind];
    if (!*tallies) {
        *tallies = sim_memory_take(processes * sizeof **tallies);
        if (!*tallies)
            return NULL;
        memset(*tallies, 0, processes * sizeof **tallies);
    }
    return &(*tallies)[point->actor];
}

/* The next point of a stream whose counter the world keeps. */
static struct sim_point next_point(struct sim_world *world, uint32_t kind, uint64_t actor)
{
    struct sim_point point = point_at(world, kind, actor, 0);
    uint64_t *tally = tally_of(world, &point);
    if (!tally) {
        world->exhausted = true;
        return point;
    }
    point.counter = *tally;
    ++*tally;
    return point;
}

static void record(struct sim_world *world, const struct sim_point *at, uint64_t outcome)
{
    world->counters.choices++;
    sim_fold_word(world, (uint64_t)at->kind << 56 ^ at->actor);
    sim_fold_word(world, outcome);
}

static uint32_t choose(struct sim_world *world, const struct sim_point *at, uint32_t n,
                       uint32_t num, uint32_t den)
{
    const struct sim_source *source = world->config.source;
    const uint32_t outcome = source->choose(source->state, at, n, num, den);
    record(world, at, outcome);
    return outcome;
}

static uint64_t draw(struct sim_world *world, const struct sim_point *at)
{
    const struct sim_source *source = world->config.source;
    const uint64_t value = source == &sim_random ? sim_random_value(at->stream, at->counter)
                                                 : source->draw(source->state, at);
    record(world, at, value);
    return value;
}

uint32_t sim_choose(struct sim_world *world, uint32_t kind, uint64_t actor, uint32_t n)
{
    if (n <= 1)
        return 0;
    const struct sim_point point = next_point(world, kind, actor);
    return choose(world, &point, n, 0, 0);
}

bool sim_chance(struct sim_world *world, uint32_t kind, uint64_t actor, uint32_t num, uint32_t den)
{
    if (num == 0 || num >= den)
        return num != 0 && den != 0;
    const struct sim_point point = next_point(world, kind, actor);
    return choose(world, &point, 2, num, den) != 0;
}

bool sim_chance_at(struct sim_world *world, uint32_t kind, uint64_t actor, uint64_t *counter,
                   uint32_t num, uint32_t den)
{
    if (num == 0 || num >= den)
        return num != 0 && den != 0;
    const struct sim_point point = point_at(world, kind, actor, *counter);
    ++*counter;
    return choose(world, &point, 2, num, den) != 0;
}

uint64_t sim_draw(struct sim_world *world, uint32_t kind, uint64_t actor)
{
    const struct sim_point point = next_point(world, kind, actor);
    return draw(world, &point);
}

static uint64_t within(uint64_t value, uint64_t min, uint64_t max)
{
    const uint64_t span = max - min;
    return span == UINT64_MAX ? value : min + sim_random_scale(value, span + 1);
}

uint64_t sim_between(struct sim_world *world, uint32_t kind, uint64_t actor, uint64_t min,
                     uint64_t max)
{
    return min >= max ? min : within(sim_draw(world, kind, actor), min, max);
}

uint64_t sim_between_at(struct sim_world *world, uint32_t kind, uint64_t actor, uint64_t *counter,
                        uint64_t min, uint64_t max)
{
    if (min >= max)
        return min;
    const struct sim_point point = point_at(world, kind, actor, *counter);
    ++*counter;
    return within(draw(world, &point), min, max);
}
