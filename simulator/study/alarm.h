/* SPDX-License-Identifier: MIT */
/* Alarms of processes in a world.  One that is put off again and again costs an event only when the
 * earlier time has come. */
#ifndef URIPC_STUDY_ALARM_H
#define URIPC_STUDY_ALARM_H

#include "simulator/sim.h"

/* Application work has its kind in so many low bits. */
enum { STUDY_WORK_BITS = 4 };

struct study_alarm {
    uint64_t count;  /* events for it so far: only the last one counts */
    uint64_t queued; /* when that is, SIM_NEVER: there is none */
    uint64_t wanted; /* when it is to ring; later than `queued` if it was put off */
};

/* It rings as work of that kind; SIM_NEVER: not at all. */
void study_alarm_set(struct study_alarm *alarm, struct sim_world *world, uint32_t process,
                     uint32_t work, uint64_t at);
void study_alarm_stop(struct study_alarm *alarm);

/* Whether that work is for an alarm that has been set anew, or stopped, since. */
bool study_alarm_is_stale(const struct study_alarm *alarm, uint64_t word);

/* Whether it rings now that this work has come. */
bool study_alarm_rings(struct study_alarm *alarm, struct sim_world *world, uint32_t process,
                       uint64_t word);

#endif
