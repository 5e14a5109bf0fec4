/* SPDX-License-Identifier: MIT */
/* Lines out of a stream of bytes. */
#ifndef URIPC_CONFORMANCE_LINES_H
#define URIPC_CONFORMANCE_LINES_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

enum { CF_LINES_MAX = 8 << 20 }; /* bytes of one, line feed included */

/* All zero: empty. */
struct cf_lines {
    char *bytes;
    size_t start; /* of what was not handed out yet */
    size_t scanned;
    size_t end;
    size_t capacity;
    bool skipping; /* the rest of a line that is too long */
};

struct cf_line {
    const char *at; /* borrowed until the next call; NULL: the line was too long */
    size_t size;    /* without the line feed */
};

/* Reads once.  Returns what read returned, and -1 also if there is no memory. */
ssize_t cf_lines_read(struct cf_lines *lines, int fd);

/* The next whole line; false: there is none yet. */
bool cf_lines_next(struct cf_lines *lines, struct cf_line *line);

void cf_lines_free(struct cf_lines *lines);

#endif
