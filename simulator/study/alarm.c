/* SPDX-License-Identifier: MIT */
#include "simulator/study/alarm.h"

static void queue(struct study_alarm *alarm, struct sim_world *world, uint32_t process,
                  uint32_t work)
{
    alarm->count++;
    alarm->queued = alarm->wanted;
    sim_at(world, alarm->wanted, process, alarm->count << STUDY_WORK_BITS | work);
}

void study_alarm_set(struct study_alarm *alarm, struct sim_world *world, uint32_t process,
                     uint32_t work, uint64_t at)
{
    alarm->wanted = at;
    if (at < alarm->queued)
        queue(alarm, world, process, work);
}

void study_alarm_stop(struct study_alarm *alarm)
{
    alarm->count++;
    alarm->queued = alarm->wanted = SIM_NEVER;
}

bool study_alarm_is_stale(const struct study_alarm *alarm, uint64_t word)
{
    return word >> STUDY_WORK_BITS != alarm->count;
}

bool study_alarm_rings(struct study_alarm *alarm, struct sim_world *world, uint32_t process,
                       uint64_t word)
{
    if (study_alarm_is_stale(alarm, word))
        return false;
    alarm->queued = SIM_NEVER;
    if (alarm->wanted != SIM_NEVER && alarm->wanted > sim_now(world)) {
        queue(alarm, world, process, (uint32_t)word & ((1U << STUDY_WORK_BITS) - 1));
        return false;
    }
    const bool wanted = alarm->wanted != SIM_NEVER;
    alarm->wanted = SIM_NEVER;
    return wanted;
}
