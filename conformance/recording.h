/* SPDX-License-Identifier: MIT */
/* Everything about one run that a reader may want to see.  Most runs are made without: a run is
 * deterministic, so whatever turns out to be of interest is run again with a recording. */
#ifndef URIPC_CONFORMANCE_RECORDING_H
#define URIPC_CONFORMANCE_RECORDING_H

#include "case.h"
#include "verdict.h"
#include "world.h"

/* A line of the case that was executed. */
struct cf_recorded_step {
    uint32_t step;
    uint64_t at, until;
    enum cf_verdict verdict;
    char *observed; /* NULL: nothing to observe */
    size_t trace;   /* records of the trace before it */
};

/* A trace record with texts of its own. */
struct cf_recorded_event {
    struct cf_trace_record record; /* source, target and text point to the ones below */
    char *texts;
};

struct cf_recording {
    struct cf_recorded_step *steps;
    size_t step_count, step_capacity;
    struct cf_recorded_event *trace;
    size_t trace_count, trace_capacity;
    bool incomplete; /* there was no memory for all of it */
};

/* {0} is an empty one. */
void cf_recording_clear(struct cf_recording *recording);
void cf_recording_free(struct cf_recording *recording);

/* Copies the record.  Returns its number, or UINT32_MAX. */
uint32_t cf_recording_trace(struct cf_recording *recording, const struct cf_trace_record *record);

/* Completes the record of a call by what it returned. */
void cf_recording_status(struct cf_recording *recording, uint32_t number, enum uripc_status status);

/* Takes `step` and its text. */
void cf_recording_step(struct cf_recording *recording, const struct cf_recorded_step *step);

#endif
