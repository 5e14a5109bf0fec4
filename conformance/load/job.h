/* SPDX-License-Identifier: MIT */
/* What every load generator of ours has in common: the command `load` and its reply, the clock of
 * an open loop, the check of what arrives.  See spec/driver-protocol.md, "Load". */
#ifndef URIPC_CONFORMANCE_JOB_H
#define URIPC_CONFORMANCE_JOB_H

#include <stdbool.h>
#include <stdint.h>

#include <jansson.h>

#include <uripc/uripc.h>

#include "histogram.h"

enum cf_load_mode { CF_LOAD_SINK, CF_LOAD_STREAM, CF_LOAD_ECHO, CF_LOAD_PING };

enum { CF_LOAD_SIZE_MAX = 16 << 20, CF_LOAD_WINDOW_MAX = 1 << 16 };

/* A load without anything to do for so long is given up. */
#define CF_LOAD_PATIENCE UINT64_C(5000000000)

struct cf_load_job {
    /* As the command says. */
    enum cf_load_mode mode;
    struct uripc_handle handle;
    struct uripc_text target; /* borrowed from the command; of stream and ping */
    uint32_t size;
    uint32_t window; /* messages in flight at most: 1 of a ping */
    uint64_t count;
    uint64_t rate;   /* a second; 0: as fast as it goes */
    uint64_t slower; /* so many hundredths more work than needed */

    unsigned char *data;  /* of a message that is sent: `size` bytes */
    unsigned char *model; /* what arrives is compared with it: the same bytes */

    /* What comes of it. */
    uint64_t done; /* messages */
    uint64_t errors;
    const char *why; /* the first error; NULL: none */
    uint64_t next;   /* number of the message that should arrive next */
    uint64_t began, ended, cpu;
    uint64_t slowed;     /* processor time up to which slowness was paid for */
    uint64_t slow_again; /* when it is to be paid for next */
    struct cf_histogram latency;
};

/* Reads the command and makes the data.  NULL if all is well, else what is wrong with it; free the
 * job in either case. */
const char *cf_load_job_read(struct cf_load_job *job, const json_t *command);
void cf_load_job_free(struct cf_load_job *job);

/* Starts and stops the clocks. */
void cf_load_job_begin(struct cf_load_job *job);
void cf_load_job_end(struct cf_load_job *job);

/* The members of the reply but its id.  A new reference; NULL: no memory. */
json_t *cf_load_job_reply(const struct cf_load_job *job);

/* The reply to a command that cannot be understood. */
json_t *cf_load_job_refusal(const char *text);

/* When message `number` is due: counted from the beginning, so that no error adds up. */
uint64_t cf_load_job_due(const struct cf_load_job *job, uint64_t number);

/* Makes the data those of message `number`, which is sent now. */
void cf_load_job_fill(struct cf_load_job *job, uint64_t number);

/* Looks at a message that has arrived, in a sink and in a ping, and counts it. */
void cf_load_job_check(struct cf_load_job *job, const unsigned char *data, uint32_t size);

/* For generators that may sleep: returns when message `number` is due, and when it was; without a
 * rate that is now. */
uint64_t cf_load_job_wait(const struct cf_load_job *job, uint64_t number);

/* Ends a round trip that was started, or due, at that instant. */
void cf_load_job_round_trip(struct cf_load_job *job, uint64_t started);

/* Counts an error. */
void cf_load_job_fail(struct cf_load_job *job, const char *why);

/* Turns in circles for a part of the processor time used lately, if the command asks for that;
 * called every few messages, but not in a ping, each of whose round trips is made longer. */
void cf_load_job_slow_down(struct cf_load_job *job);

#endif
