/* SPDX-License-Identifier: MIT */
#define _POSIX_C_SOURCE 200809L

#include "tail.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

enum { READ_BYTES = 4096, READS_MAX = 16 };

static void keep(struct cf_tail *tail, const char *bytes, size_t size)
{
    if (size > CF_LOG_MAX) {
        bytes += size - CF_LOG_MAX;
        size = CF_LOG_MAX;
    }
    size_t kept = tail->size < CF_LOG_MAX - size ? tail->size : CF_LOG_MAX - size;
    memmove(tail->bytes, tail->bytes + tail->size - kept, kept);
    memcpy(tail->bytes + kept, bytes, size);
    tail->size = kept + size;
    tail->bytes[tail->size] = '\0';
}

bool cf_tail_read(struct cf_tail *tail, int fd)
{
    char bytes[READ_BYTES];
    for (int i = 0; i < READS_MAX; i++) {
        ssize_t got = read(fd, bytes, sizeof(bytes));
        if (got < 0)
            return errno == EAGAIN || errno == EINTR;
        if (got == 0)
            return false;
        keep(tail, bytes, (size_t)got);
    }
    return true;
}

static bool is_blank(char byte)
{
    return byte == '\n' || byte == '\r' || byte == ' ';
}

const char *cf_tail_line(const struct cf_tail *tail, size_t *length)
{
    size_t end = tail->size;
    while (end > 0 && is_blank(tail->bytes[end - 1]))
        end--;
    size_t begin = end;
    while (begin > 0 && tail->bytes[begin - 1] != '\n')
        begin--;
    *length = end - begin;
    return tail->bytes + begin;
}
