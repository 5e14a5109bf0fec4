/* SPDX-License-Identifier: MIT */
#include "random.h"

#include "sim.h"

static uint64_t random_draw(void *state, const struct sim_point *at)
{
    (void)state;
    return sim_random_value(at->stream, at->counter);
}

static uint32_t random_choose(void *state, const struct sim_point *at, uint32_t n,
                              uint32_t numerator, uint32_t denominator)
{
    const uint64_t value = random_draw(state, at);
    if (denominator == 0)
        return (uint32_t)sim_random_scale(value, n);
    if (sim_random_scale(value, denominator) >= numerator)
        return 0;
    return 1 + (uint32_t)sim_random_scale(sim_mix(value), n - 1);
}

const struct sim_source sim_random = {.choose = random_choose, .draw = random_draw};
