/* SPDX-License-Identifier: MIT */
/* Any bytes as commands to a driver: each line gets one reply, in JSON, and the driver lives. */
#define _POSIX_C_SOURCE 200809L /* open_memstream */

#include <stdlib.h>
#include <string.h>

#include "conformance/driver-host/host.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool condition, const char *what)
{
    if (!condition) {
        fprintf(stderr, "not so: %s\n", what);
        abort();
    }
}

/* Counts the replies; everything else must be an event. */
static size_t replies(const char *text, size_t size)
{
    size_t count = 0;
    while (size) {
        const char *feed = memchr(text, '\n', size);
        require(feed != NULL, "an answer is a line");
        json_t *line = json_loadb(text, (size_t)(feed - text), JSON_ALLOW_NUL, NULL);
        require(json_is_object(line), "an answer is an object");
        bool is_reply = json_is_integer(json_object_get(line, "id"));
        require(is_reply || json_is_string(json_object_get(line, "event")),
                "an answer is a reply or an event");
        count += is_reply;
        json_decref(line);
        size -= (size_t)(feed + 1 - text);
        text = feed + 1;
    }
    return count;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = NULL;
    size_t length = 0;
    size_t lines = 0;
    struct cf_host host = {.table = *uripc_backend(), .out = open_memstream(&text, &length)};
    require(host.out != NULL, "there is memory");
    while (size && !host.ended) {
        const uint8_t *feed = memchr(data, '\n', size);
        size_t line = feed ? (size_t)(feed - data) : size;
        cf_host_run(&host, -1, 0);
        cf_host_line(&host, (const char *)data, line);
        lines++;
        data += feed ? line + 1 : line;
        size -= feed ? line + 1 : line;
    }
    cf_host_close(&host);
    require(fclose(host.out) == 0, "there is memory");
    require(replies(text, length) == lines, "each line has one reply");
    free(text);
    return 0;
}
