/* SPDX-License-Identifier: MIT */
/* Messages: packed for a system that carries bytes, kept until they are received, and laid out in a
 * receiver's buffer (spec, chapter 5). */
#include "kit.h"

#include <stdlib.h>
#include <string.h>

#include <uripc/message.h>

struct packed {
    uint64_t id;
    uint32_t source_units;
    uint32_t target_units;
    uint32_t data_bytes;
    uint32_t zero;
};

static unsigned char *put(unsigned char *at, const void *bytes, size_t size)
{
    if (size)
        memcpy(at, bytes, size);
    return at + size;
}

/* The texts and the data, one behind the other. */
static void put_parts(unsigned char *at, const struct kit_message *message)
{
    at = put(at, message->source.at, message->source.length);
    at = put(at, message->target.at, message->target.length);
    put(at, message->data, message->length);
}

static size_t parts_size(const struct kit_message *message)
{
    return message->source.length + message->target.length + message->length;
}

size_t kit_packed_size(const struct kit_message *message)
{
    return sizeof(struct packed) + parts_size(message);
}

void kit_pack(const struct kit_message *message, void *bytes)
{
    const struct packed packed = {.id = message->id,
                                  .source_units = (uint32_t)message->source.length,
                                  .target_units = (uint32_t)message->target.length,
                                  .data_bytes = message->length};
    put_parts(put(bytes, &packed, sizeof(packed)), message);
}

bool kit_unpack(const void *bytes, size_t size, struct kit_message *message)
{
    struct packed packed;
    if (size < sizeof(packed))
        return false;
    memcpy(&packed, bytes, sizeof(packed));
    const char *texts = (const char *)bytes + sizeof(packed);
    uint64_t units = (uint64_t)packed.source_units + packed.target_units;
    if (units + packed.data_bytes != size - sizeof(packed))
        return false;
    *message = (struct kit_message){.source = {texts, packed.source_units},
                                    .target = {texts + packed.source_units, packed.target_units},
                                    .data = texts + units,
                                    .length = packed.data_bytes,
                                    .id = packed.id};
    return true;
}

bool kit_arrived(struct kit_registration *registration, const struct kit_message *message)
{
    struct kit_letter *letter = malloc(sizeof(*letter) + parts_size(message));
    if (!letter)
        return false;
    char *texts = (char *)(letter + 1);
    put_parts((unsigned char *)texts, message);
    letter->next = NULL;
    letter->message = *message;
    letter->message.source.at = texts;
    letter->message.target.at = texts + message->source.length;
    letter->message.data = texts + message->source.length + message->target.length;
    *(registration->head ? &registration->tail->next : &registration->head) = letter;
    registration->tail = letter;
    return true;
}

static void drop_first(struct kit_registration *registration)
{
    struct kit_letter *letter = registration->head;
    registration->head = letter->next;
    free(letter);
}

void kit_empty(struct kit_registration *registration)
{
    while (registration->head)
        drop_first(registration);
}

static void put_text(unsigned char *at, struct uripc_text text, unsigned unit)
{
    for (size_t i = 0; unit == 2 && i < text.length; i++) {
        const uint16_t wide = (unsigned char)text.at[i];
        memcpy(at + 2 * i, &wide, sizeof(wide));
    }
    if (unit == 1)
        put(at, text.at, text.length);
}

/* Writes the message as the spec says. False if the buffer is too short. */
static bool lay_out(const struct kit_message *message, struct uripc_buffer buffer, unsigned unit,
                    uint32_t *written)
{
    const struct uripc_message lengths = {.source_units = (uint32_t)message->source.length,
                                          .target_units = (uint32_t)message->target.length,
                                          .data_bytes = message->length};
    struct uripc_message_parts parts;
    if (!uripc_message_layout(&lengths, unit, &parts) || parts.total > buffer.size)
        return false;
    unsigned char *at = (unsigned char *)(uintptr_t)buffer.id;
    memset(at, 0, parts.data);
    put(at, &lengths, sizeof(lengths));
    put_text(at + parts.source, message->source, unit);
    put_text(at + parts.target, message->target, unit);
    put(at + parts.data, message->data, message->length);
    *written = (uint32_t)parts.total;
    return true;
}

enum uripc_status kit_give(struct kit_registration *registration, struct kit_call *call)
{
    const struct kit_message *message = &registration->head->message;
    struct uripc_completion *completion = &call->completion;
    completion->source_units = (uint32_t)message->source.length;
    completion->target_units = (uint32_t)message->target.length;
    completion->data_bytes = message->length;
    if (!(call->flags & URIPC_DISCARD) &&
        !lay_out(message, call->buffer, call->flags & URIPC_UTF16 ? 2 : 1, &completion->bytes))
        return URIPC_BUFFER_TOO_SMALL;
    completion->incarnation = message->incarnation;
    completion->message_id = message->id;
    completion->principal = message->principal;
    drop_first(registration);
    return URIPC_OK;
}

uint64_t kit_hash(struct uripc_text text)
{
    uint64_t hash = UINT64_C(0xcbf29ce484222325);
    for (size_t i = 0; i < text.length; i++)
        hash = (hash ^ (unsigned char)text.at[i]) * UINT64_C(0x100000001b3);
    return hash;
}
