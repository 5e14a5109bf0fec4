/* SPDX-License-Identifier: MIT */
/* For tests of workers: two nodes in one realm, of which a is the home of the shared queue
 * ipc:/pool. */
#ifndef URIPC_UV_FAKE_POOL_H
#define URIPC_UV_FAKE_POOL_H

#include "fake_application.h"

enum { ROOM = 4096 /* of a buffer that takes any small message */ };

extern const struct uripc_register_options shared; /* the options of the queue */
extern struct application a, b;
extern struct application *const only_a[];
extern struct application *const only_b[];
extern struct application *const both[];
extern const char *realm;
extern struct uripc_completion home; /* of the queue, at a */

int set_up(void **state);
int tear_down(void **state);

/* Runs loops until all that is on its way has arrived. */
void run(struct application *const *all);

/* A handle of b on the queue. */
struct uripc_handle join(void);

/* A handle on a name of its own. */
struct uripc_handle name_of(struct application *self, const char *name);

void send_to_pool(const void *data, uint32_t length);

/* Messages in the queue that were given to nobody. */
uint32_t queued(void);

#endif
