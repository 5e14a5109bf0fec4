/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include "observe.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "codec.h"
#include "inside.h"

enum { LINE_BYTES = 320 };

#if defined(__GNUC__)
__attribute__((format(printf, 2, 3)))
#endif
static bool
put(struct uripc__bytes *out, const char *format, ...)
{
    va_list values;
    unsigned char *at = uripc__bytes_reserve(out, LINE_BYTES);
    if (at == NULL)
        return false;
    va_start(values, format);
    int length = vsnprintf((char *)at, LINE_BYTES, format, values);
    va_end(values);
    uripc__bytes_add(out, (size_t)length);
    return true;
}

/* Canonical names have no quote, backslash or control character in them. */
static bool put_name(struct uripc__bytes *out, const struct uripc__held *held)
{
    unsigned char *at = uripc__bytes_reserve(out, held->units);
    if (at == NULL)
        return false;
    memcpy(at, held->name, held->units);
    uripc__bytes_add(out, held->units);
    return true;
}

static bool put_registration(struct uripc_uv *uv, struct uripc__bytes *out,
                             const struct uripc__held *held, const char *comma)
{
    static const char *const kinds[] = {"exclusive", "shared", "group"};
    struct uripc_info info;
    if (uripc_info(uv->node, (struct uripc_handle){.id = held->serial}, &info) != URIPC_OK)
        return true;
    return put(out, "%s{\"name\":\"", comma) && put_name(out, held) &&
           put(out,
               "\",\"kind\":\"%s\",\"messages\":%" PRIu32 ",\"bytes\":%" PRIu64
               ",\"receives\":%" PRIu32 ",\"waiting\":%" PRIu32 ",\"dropped\":%" PRIu64 "}",
               kinds[info.kind], info.messages, info.bytes, info.receives, info.waiting,
               info.dropped);
}

static bool put_counters(const struct uripc_uv *uv, struct uripc__bytes *out)
{
    const struct uripc__counters *counters = &uv->counters;
    const struct {
        const char *name;
        uint64_t value;
    } all[] = {
        {"messages_out", counters->messages_out},
        {"messages_in", counters->messages_in},
        {"bytes_out", counters->bytes_out},
        {"bytes_in", counters->bytes_in},
        {"writes", counters->writes},
        {"reads", counters->reads},
        {"lookups", counters->lookups},
        {"broken", counters->broken},
        {"dropped", counters->dropped},
        {"unaccepted", counters->unaccepted},
        {"unconnected", counters->unconnected},
        {"passed_over", counters->passed_over},
    };
    bool good = true;
    for (size_t i = 0; good && i < sizeof all / sizeof all[0]; i++)
        good = put(out, "%s\"%s\":%" PRIu64, i == 0 ? "" : ",", all[i].name, all[i].value);
    return good;
}

static bool put_state(struct uripc_uv *uv, struct uripc__bytes *out)
{
    bool good = put(out, "{\"process\":%ld,\"implementation\":\"reference-uv\",\"registrations\":[",
                    (long)getpid());
    for (uint32_t i = 0; good && i < uv->resolver.held_count; i++)
        good = put_registration(uv, out, &uv->resolver.held[i], i == 0 ? "" : ",");
    return good && put(out, "],\"counters\":{") && put_counters(uv, out) && put(out, "}}");
}

bool uripc__observe(struct uripc__connection *connection)
{
    struct uripc__bytes state = {0};
    unsigned char head[URIPC__WIRE_HEAD];
    bool good = put_state(connection->uv, &state);
    if (good) {
        size_t length = uripc__bytes_held(&state);
        size_t bytes = uripc__wire_write_state(head, (uint32_t)length);
        uripc__connection_send(connection, head, bytes);
        uripc__connection_send(connection, uripc__bytes_first(&state), length);
    }
    uripc__bytes_free(&state);
    return good;
}
