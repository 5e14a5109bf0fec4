/* SPDX-License-Identifier: MIT */
/* What the steps of a trial are made of. */
#ifndef URIPC_CONFORMANCE_TRIAL_STEP_H
#define URIPC_CONFORMANCE_TRIAL_STEP_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include <jansson.h>

#include "diagnostic.h"
#include "driver.h"
#include "trial.h"

/* The two processes. */
enum { CF_TRIAL_A, CF_TRIAL_B, CF_TRIAL_PROCESSES };

struct cf_trial_process {
    struct cf_driver *driver;
    uint64_t overlapped; /* of the call that was made last */
    json_int_t handle;
    json_t *completions; /* that nobody has waited for yet, by their overlapped as text */
};

struct cf_trial_state {
    const struct cf_trial *trial;
    struct cf_drivers *drivers;
    struct cf_trial_process processes[CF_TRIAL_PROCESSES];
    bool polling;
    char told[256]; /* what a step tells of itself where it goes well */

    /* For the explanation of a mistake. */
    char *sent; /* the last command; NULL: none */
    json_int_t id;
    const char *words; /* of the page that say what the step is about */
    const char *next;  /* what to do about it */
};

/* One of the things a driver must do.  `attempt` explains what goes wrong, and returns false. */
struct cf_trial_step {
    const char *title;
    bool (*attempt)(struct cf_trial_state *state);
    const char *words;
    const char *next;
};

/* Ended by one without a title. */
extern const struct cf_trial_step cf_trial_steps[];

/* Starts a process of it. */
bool cf_trial_start(struct cf_trial_state *state, unsigned who);

/* Sends a command, to which the reply must have the status.  NULL, after an explanation, in which
 * `members` are what the reply should have had besides its id: it has not. */
json_t *cf_trial_ask(struct cf_trial_state *state, unsigned who, json_t *command,
                     const char *status, const char *members);

/* Makes a call, which must be accepted; adds a new overlapped block to it. */
bool cf_trial_call(struct cf_trial_state *state, unsigned who, json_t *command);

/* The completion of a call, as a new reference.  NULL, after an explanation, in which `members` are
 * what it should have had besides its overlapped: there is none, or its status is another one. */
json_t *cf_trial_await(struct cf_trial_state *state, unsigned who, uint64_t overlapped,
                       const char *status, const char *members);

/* Explains a mistake; false. */
bool cf_trial_mistake(struct cf_trial_state *state, const char *received, const char *expected);

/* The same where a driver is in trouble. */
bool cf_trial_trouble(struct cf_trial_state *state, unsigned who, const char *expected);

#endif
