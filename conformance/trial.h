/* SPDX-License-Identifier: MIT */
/* Takes somebody who writes a driver by the hand: what a driver must do is tried step by step, and
 * the first mistake is explained. */
#ifndef URIPC_CONFORMANCE_TRIAL_H
#define URIPC_CONFORMANCE_TRIAL_H

#include <stdbool.h>
#include <stdio.h>

struct cf_trial {
    char *const *command; /* as in struct cf_driver_setup */
    const char *run;
    const char *realm; /* an empty directory */
    FILE *out;         /* where everything is told */
};

/* True: it has come to the end without a mistake. */
bool cf_trial(const struct cf_trial *trial);

/* Prints what the rest of the line tells about. */
void cf_trial_title(FILE *out, const char *title);

/* Prints where the page about the driver protocol says these words, and the line that does. */
void cf_trial_quote(FILE *out, const char *words);

#endif
