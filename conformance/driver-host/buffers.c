/* SPDX-License-Identifier: MIT */
#include "buffers.h"

#include <stdlib.h>

enum { GUARD = 64 }; /* bytes before and behind */

/* No two bytes near each other have the same, so a run of equal bytes is no disguise. */
static unsigned char pattern(int64_t at)
{
    return (unsigned char)(0xa5 + at * 29);
}

static void fill(struct cf_buffer *buffer)
{
    for (int64_t i = -GUARD; i < (int64_t)buffer->size + GUARD; i++)
        buffer->bytes[i] = pattern(i);
}

static bool is_changed(const struct cf_buffer *buffer, int64_t from, int64_t to, int64_t *at)
{
    for (int64_t i = from; i < to; i++) {
        if (buffer->bytes[i] != pattern(i)) {
            *at = i;
            return true;
        }
    }
    return false;
}

static bool look(const struct cf_buffer *buffer, uint32_t written, bool late,
                 struct cf_overwrite *overwrite)
{
    *overwrite = (struct cf_overwrite){
        .overlapped = buffer->overlapped, .size = buffer->size, .bytes = written, .late = late};
    uint32_t inside = written < buffer->size ? written : buffer->size;
    return is_changed(buffer, -GUARD, 0, &overwrite->at) ||
           is_changed(buffer, inside, (int64_t)buffer->size + GUARD, &overwrite->at);
}

static void destroy(struct cf_buffer *buffer)
{
    free(buffer->bytes - GUARD);
    free(buffer);
}

struct cf_buffer *cf_buffers_add(struct cf_buffers *buffers, uint64_t overlapped, uint32_t size)
{
    struct cf_buffer *buffer = malloc(sizeof(*buffer));
    unsigned char *block = malloc((size_t)size + 2 * GUARD);
    if (!buffer || !block) {
        free(buffer);
        free(block);
        return NULL;
    }
    *buffer = (struct cf_buffer){.overlapped = overlapped, .size = size, .bytes = block + GUARD};
    fill(buffer);
    struct cf_buffer **end = &buffers->pending;
    while (*end)
        end = &(*end)->next;
    *end = buffer;
    return buffer;
}

struct cf_buffer *cf_buffers_find(const struct cf_buffers *buffers, uint64_t overlapped)
{
    struct cf_buffer *buffer = buffers->pending;
    while (buffer && buffer->overlapped != overlapped)
        buffer = buffer->next;
    return buffer;
}

static void unlink_from(struct cf_buffer **list, struct cf_buffer *buffer)
{
    while (*list != buffer)
        list = &(*list)->next;
    *list = buffer->next;
    buffer->next = NULL;
}

bool cf_buffers_retire(struct cf_buffers *buffers, struct cf_buffer *buffer, uint32_t written,
                       struct cf_overwrite *overwrite)
{
    bool found = look(buffer, written, false, overwrite);
    fill(buffer);
    unlink_from(&buffers->pending, buffer);
    struct cf_buffer **end = &buffers->retired;
    while (*end)
        end = &(*end)->next;
    *end = buffer;
    buffers->retired_count++;
    buffers->retired_bytes += buffer->size;
    return found;
}

static bool is_too_much(const struct cf_buffers *buffers)
{
    return buffers->retired_count > CF_QUARANTINE_MAX ||
           (buffers->retired_count > 1 && buffers->retired_bytes > CF_QUARANTINE_BYTES_MAX);
}

bool cf_buffers_trim(struct cf_buffers *buffers, bool all, struct cf_overwrite *overwrite)
{
    bool found = false;
    while (!found && buffers->retired && (all || is_too_much(buffers))) {
        struct cf_buffer *oldest = buffers->retired;
        found = look(oldest, 0, true, overwrite);
        unlink_from(&buffers->retired, oldest);
        buffers->retired_count--;
        buffers->retired_bytes -= oldest->size;
        destroy(oldest);
    }
    return found;
}

bool cf_buffers_abandon(struct cf_buffers *buffers, struct cf_overwrite *overwrite)
{
    bool found = false;
    while (!found && buffers->pending) {
        struct cf_buffer *oldest = buffers->pending;
        found = look(oldest, oldest->size, false, overwrite);
        unlink_from(&buffers->pending, oldest);
        destroy(oldest);
    }
    return found;
}

void cf_buffers_free(struct cf_buffers *buffers)
{
    struct cf_overwrite unseen;
    while (cf_buffers_abandon(buffers, &unseen))
        continue;
    while (cf_buffers_trim(buffers, true, &unseen))
        continue;
}
