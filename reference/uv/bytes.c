/* SPDX-License-Identifier: MIT */
#include "bytes.h"

#include <stdlib.h>
#include <string.h>

enum { ROOM_FIRST = 4096, ROOM_KEPT = 1024 * 1024 };

unsigned char *uripc__bytes_reserve(struct uripc__bytes *bytes, size_t length)
{
    if (bytes->room - bytes->end >= length)
        return bytes->at + bytes->end;
    size_t held = uripc__bytes_held(bytes);
    size_t room = bytes->room != 0 ? bytes->room : ROOM_FIRST;
    unsigned char *at = bytes->at;
    if (bytes->begin >= held && bytes->begin >= length) {
        memcpy(at, at + bytes->begin, held);
    } else { /* moving what is held up would cost too often */
        while (room < 2 * (held + length))
            room *= 2;
        at = malloc(room);
        if (at == NULL)
            return NULL;
        if (held != 0)
            memcpy(at, bytes->at + bytes->begin, held);
        free(bytes->at);
    }
    *bytes = (struct uripc__bytes){.at = at, .end = held, .room = room};
    return at + held;
}

void uripc__bytes_drop(struct uripc__bytes *bytes, size_t length)
{
    bytes->begin += length;
    if (bytes->begin != bytes->end)
        return;
    bytes->begin = 0;
    bytes->end = 0;
    if (bytes->room > ROOM_KEPT)
        uripc__bytes_free(bytes);
}

void uripc__bytes_free(struct uripc__bytes *bytes)
{
    free(bytes->at);
    *bytes = (struct uripc__bytes){0};
}
