/* SPDX-License-Identifier: MIT */
/* What a command line names as its BACKEND: a name of `uripc list backends`, the path of a shared
 * object, or a command that starts a driver. */
#ifndef URIPC_CONFORMANCE_TARGET_H
#define URIPC_CONFORMANCE_TARGET_H

#include <uripc/backend.h>

#include "backend.h"
#include "driver.h"
#include "worlds/real.h"

enum { CF_MIX_MAX = 8 };

/* A backend that is made at run time, and what it refers to. */
struct cf_target {
    struct cf_backend backend;
    struct cf_real real;
    char **commands[CF_MIX_MAX];
    char *name, *version, *driver; /* of all members */
    enum uripc_binding binding;
    struct cf_trouble trouble;
    bool in_trouble;
    char log[CF_LOG_MAX + 1];
};

/* The program and arguments that start a driver of a backend that is listed or a shared object;
 * ended by NULL, to be freed with cf_command_free.  NULL after a complaint. */
char **cf_driver_command(const char *word);
char **cf_command_copy(char *const *words);
void cf_command_free(char **command);

/* The command as it would be typed.  NULL: no memory. */
char *cf_command_text(char *const *command);

/* Finds what one word names, what a list "A,B" names whose members get a case's processes in turn,
 * or takes a command.  False after a complaint.  A simulated backend is complete then; a real one
 * is so once it has been asked. */
bool cf_target_find(struct cf_target *target, const char *word);
bool cf_target_mix(struct cf_target *target, const char *words);
bool cf_target_command(struct cf_target *target, char *const *command);

/* Starts a driver of each member once, to ask it who it is and what it can; a mix can what all of
 * them can.  `run` and `folder` are those of the run.  The first that is in trouble leaves it here;
 * no case can be run then. */
void cf_target_ask(struct cf_target *target, const char *run, const char *folder);

/* {0} is fine. */
void cf_target_free(struct cf_target *target);

#endif
