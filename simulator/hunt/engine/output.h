/* SPDX-License-Identifier: MIT */
#ifndef URIPC_HUNT_OUTPUT_H
#define URIPC_HUNT_OUTPUT_H

#include <stdio.h>

#include "simulator/hunt/engine/jobs.h"

/* How a run is called for: what repeats it. */
struct hunt_words {
    const char *backend, *profile, *mode, *resolver, *mutant;
};

/* For the terminal: what is broken, with the way there, and what happened. */
void hunt_print(const struct hunt_order *order, const struct hunt_total *total,
                const struct hunt_words *words, bool whole);

/* DIR/hunt.jsonl; spec/hunt.md. */
void hunt_write(FILE *out, const struct hunt_order *order, const struct hunt_total *total,
                const struct hunt_words *words, bool whole);

#endif
