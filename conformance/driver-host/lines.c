/* SPDX-License-Identifier: MIT */
#define _POSIX_C_SOURCE 200809L

#include "lines.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { CHUNK = 64 << 10 };

static bool make_room(struct cf_lines *lines)
{
    memmove(lines->bytes, lines->bytes + lines->start, lines->end - lines->start);
    lines->end -= lines->start;
    lines->scanned -= lines->start;
    lines->start = 0;
    if (lines->capacity - lines->end >= CHUNK)
        return true;
    size_t capacity = lines->capacity * 2 + CHUNK;
    char *bytes = realloc(lines->bytes, capacity);
    if (!bytes)
        return false;
    lines->bytes = bytes;
    lines->capacity = capacity;
    return true;
}

ssize_t cf_lines_read(struct cf_lines *lines, int fd)
{
    ssize_t count;
    if ((!lines->bytes && !(lines->bytes = malloc(lines->capacity = CHUNK))) || !make_room(lines))
        return -1;
    do
        count = read(fd, lines->bytes + lines->end, CHUNK);
    while (count < 0 && errno == EINTR);
    if (count > 0)
        lines->end += (size_t)count;
    return count;
}

/* Forgets what there is of a line that is too long, so that it takes no memory. */
static bool skip(struct cf_lines *lines, struct cf_line *line)
{
    bool first = !lines->skipping;
    lines->skipping = true;
    lines->start = lines->scanned = lines->end;
    *line = (struct cf_line){0};
    return first;
}

bool cf_lines_next(struct cf_lines *lines, struct cf_line *line)
{
    if (lines->scanned == lines->end)
        return false;
    const char *from = lines->bytes + lines->scanned;
    const char *feed = memchr(from, '\n', lines->end - lines->scanned);
    if (!feed) {
        lines->scanned = lines->end;
        return lines->skipping || lines->end - lines->start >= CF_LINES_MAX ? skip(lines, line)
                                                                            : false;
    }
    const char *at = lines->bytes + lines->start;
    size_t size = (size_t)(feed - at);
    lines->start = lines->scanned = (size_t)(feed + 1 - lines->bytes);
    if (lines->skipping) {
        lines->skipping = false;
        return cf_lines_next(lines, line);
    }
    *line = (struct cf_line){.at = size < CF_LINES_MAX ? at : NULL, .size = size};
    return true;
}

void cf_lines_free(struct cf_lines *lines)
{
    free(lines->bytes);
    *lines = (struct cf_lines){0};
}
