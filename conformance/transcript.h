/* SPDX-License-Identifier: MIT */
/* A run as text for a reader: plain, the same on every machine. */
#ifndef URIPC_CONFORMANCE_TRANSCRIPT_H
#define URIPC_CONFORMANCE_TRANSCRIPT_H

#include <stdio.h>

#include "command.h"
#include "run.h"

enum cf_transcript_form {
    CF_TRANSCRIPT_STEPS, /* the case's lines */
    CF_TRANSCRIPT_TRACE, /* and what happened in the world, indented */
    CF_TRANSCRIPT_JSON   /* only what happened, an object a line */
};

struct cf_transcript {
    const struct cf_case *test_case;
    const char *backend;
    struct cf_seeds seeds; /* that were run */
    uint64_t seed;         /* of the run shown */
    enum cf_transcript_form form;
    const struct cf_recording *recording;
    const struct cf_outcome *outcome;
};

void cf_transcript_print(const struct cf_transcript *transcript, FILE *out);

#endif
