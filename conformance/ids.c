/* SPDX-License-Identifier: MIT */
#define _POSIX_C_SOURCE 200809L

#include "ids.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "hash.h"

/* The slot of a string, or the free one where it belongs. */
static uint32_t *slot_of(const struct cf_ids *ids, const char *text)
{
    uint64_t i = cf_hash_bytes(0, text, strlen(text));
    while (ids->slots[i & (ids->room - 1)] &&
           strcmp(ids->texts[ids->slots[i & (ids->room - 1)]], text) != 0)
        i++;
    return &ids->slots[i & (ids->room - 1)];
}

/* Room for one more, with half of the slots free. */
static bool make_room(struct cf_ids *ids)
{
    if (2 * ids->count + 2 <= ids->room)
        return true;
    struct cf_ids more = {.count = ids->count, .room = ids->room ? 2 * ids->room : 64};
    more.texts = realloc(ids->texts, more.room * sizeof(*more.texts));
    if (!more.texts)
        return false;
    ids->texts = more.texts;
    more.slots = calloc(more.room, sizeof(*more.slots));
    if (!more.slots)
        return false;
    for (uint32_t i = 1; i <= ids->count; i++)
        *slot_of(&more, more.texts[i]) = i;
    free(ids->slots);
    *ids = more;
    return true;
}

uint32_t cf_ids_number(struct cf_ids *ids, const char *text)
{
    if (!make_room(ids))
        return 0;
    uint32_t *slot = slot_of(ids, text);
    char *copy = *slot ? NULL : strdup(text);
    if (copy) {
        *slot = ++ids->count;
        ids->texts[ids->count] = copy;
    }
    return *slot;
}

const char *cf_ids_text(const struct cf_ids *ids, uint64_t number)
{
    return number && number <= ids->count ? ids->texts[number] : NULL;
}

void cf_ids_free(struct cf_ids *ids)
{
    for (uint32_t i = 1; i <= ids->count; i++)
        free(ids->texts[i]);
    free(ids->texts);
    free(ids->slots);
    *ids = (struct cf_ids){0};
}
