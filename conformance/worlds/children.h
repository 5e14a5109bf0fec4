/* SPDX-License-Identifier: MIT */
/* The workers that an activation service starts: children of its process, which run the same
 * program with another role. */
#ifndef CF_CHILDREN_H
#define CF_CHILDREN_H

#include <stdbool.h>
#include <stdint.h>

#include <uv.h>

/* Called when a worker has ended: `failed` by a signal, or with an exit status that says so. */
typedef void cf_child_ended(uint32_t number, bool failed);

/* The loop, and the arguments of this process, which are borrowed; workers are given the same, and
 * then their role, their number, of `count`, and this process as their parent.  False: no
 * memory. */
bool cf_children_begin(uv_loop_t *loop, char **arguments, uint32_t count, cf_child_ended *on_end);

/* Starts a worker; nothing if it lives.  What cannot be started has ended, and failed. */
void cf_children_start(uint32_t number);

#endif
