/* SPDX-License-Identifier: MIT */
/* The last bytes of what a process says on its standard error. */
#ifndef URIPC_CONFORMANCE_TAIL_H
#define URIPC_CONFORMANCE_TAIL_H

#include <stdbool.h>
#include <stddef.h>

enum { CF_LOG_MAX = 2048 };

/* {0} is an empty one. */
struct cf_tail {
    char bytes[CF_LOG_MAX + 1]; /* terminated */
    size_t size;
};

/* Reads what is there, of a descriptor that does not block; of a flood only a part at a time.
 * False: there will be no more. */
bool cf_tail_read(struct cf_tail *tail, int fd);

/* The last line with something in it, and its length in bytes. */
const char *cf_tail_line(const struct cf_tail *tail, size_t *length);

#endif
