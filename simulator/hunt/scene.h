/* SPDX-License-Identifier: MIT */
/* What a run is played in: what its applications do, who keeps the names, how messages are
 * delivered, and which families of faults there are. */
#ifndef URIPC_SIMULATOR_HUNT_SCENE_H
#define URIPC_SIMULATOR_HUNT_SCENE_H

#include "simulator/hunt/hunt.h"

enum { HUNT_PROCESSES = 4 };

struct hunt_scene {
    enum hunt_mode mode;
    const struct sim_profile *profile;
    struct sim_resolver resolver;
    struct sim_link_faults link; /* of every link that has no fault */
    uint64_t until;              /* faults and calls begin before */
    uint64_t every;              /* about so often a process has a turn */
};

/* What the setup leaves open the seed says.  False: a name of the setup is none. */
bool hunt_scene_draw(const struct hunt_setup *setup, struct hunt_scene *scene);

/* Chooses which families of faults this run has. */
struct sim_fault_plan hunt_scene_plan(struct sim_world *world, const struct hunt_scene *scene);

#endif
