/* SPDX-License-Identifier: MIT */
/* The process of a driver and its three pipes. */
#ifndef URIPC_CONFORMANCE_DRIVER_PROCESS_H
#define URIPC_CONFORMANCE_DRIVER_PROCESS_H

#include "driver.h"

struct cf_process {
    pid_t pid; /* 0: there is none, any more */
    int in; /* its standard input and so on, as seen from here; none of them blocks; -1: closed */
    int out;
    int log;
    int status; /* of waitpid, once it has ended */
};

/* Starts it in a process group of its own, to be killed when this process dies.  NULL: it runs the
 * program; else why not, in words that live until the next call. */
const char *cf_process_start(struct cf_process *process, const struct cf_driver_setup *setup);

/* True if it has ended; `status` then says how. */
bool cf_process_ended(struct cf_process *process);

/* Waits for that until then.  False: it goes on. */
bool cf_process_wait(struct cf_process *process, uint64_t until);

/* Ends it, and children of it that stayed in its group. */
void cf_process_kill(struct cf_process *process);

/* Stops it and those.  Waits until it has stopped, or ended. */
void cf_process_stop(struct cf_process *process);

void cf_process_close(struct cf_process *process);

#endif
