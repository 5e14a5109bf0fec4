/* SPDX-License-Identifier: MIT */
/* Only in a build for tests, to see that each knob is seen to be gone when it is. */
#ifndef URIPC_SIMULATOR_KNOBS_H
#define URIPC_SIMULATOR_KNOBS_H

#include "fault.h"

enum sim_knob {
    SIM_KNOB_NONE,
    SIM_KNOB_DELAY,
    SIM_KNOB_LOSS,
    SIM_KNOB_DUPLICATE,
    SIM_KNOB_REORDER,
    SIM_KNOB_CUT,
    SIM_KNOB_SIZE,
    SIM_KNOB_CAPACITY,
    SIM_KNOB_TRANSPORTS,
    SIM_KNOB_OFFSET,
    SIM_KNOB_DRIFT,
    SIM_KNOB_SLOW,
    SIM_KNOB_BEGIN, /* of faults of the first family, and so on */
    SIM_KNOB_END = SIM_KNOB_BEGIN + SIM_FAMILIES,
    SIM_KNOBS = SIM_KNOB_END + SIM_FAMILIES
};

#ifdef SIM_DISCONNECT
extern int sim_disconnected; /* an enum sim_knob */
#define CONNECTED(knob) (sim_disconnected != (int)(knob))
#else
#define CONNECTED(knob) true
#endif

#endif
