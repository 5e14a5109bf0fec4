/* SPDX-License-Identifier: MIT */
#include "recording.h"

#include <stdlib.h>
#include <string.h>

const char *cf_trace_name(enum cf_trace_kind kind)
{
    static const char *const names[] = {
#define TRACE_NAME(NAME, name) name,
        CF_TRACE_MAP(TRACE_NAME)
#undef TRACE_NAME
    };
    return names[kind];
}

void cf_recording_clear(struct cf_recording *recording)
{
    for (size_t i = 0; i < recording->step_count; i++)
        free(recording->steps[i].observed);
    for (size_t i = 0; i < recording->trace_count; i++)
        free(recording->trace[i].texts);
    recording->step_count = 0;
    recording->trace_count = 0;
    recording->incomplete = false;
}

void cf_recording_free(struct cf_recording *recording)
{
    cf_recording_clear(recording);
    free(recording->steps);
    free(recording->trace);
    *recording = (struct cf_recording){0};
}

/* Makes room for one more item. */
static bool grow(void **items, size_t count, size_t *capacity, size_t item_size)
{
    if (count < *capacity)
        return true;
    size_t more = *capacity ? 2 * *capacity : 64;
    void *moved = realloc(*items, more * item_size);
    if (!moved)
        return false;
    *items = moved;
    *capacity = more;
    return true;
}

/* Source, target and text one after the other, the last one terminated. */
static char *copy_texts(struct cf_trace_record *record)
{
    size_t text = record->text ? strlen(record->text) + 1 : 0;
    size_t size = record->source.length + record->target.length + text;
    if (size == 0)
        return NULL;
    char *texts = malloc(size);
    if (!texts)
        return NULL;
    char *at = texts;
    if (record->source.length) {
        memcpy(at, record->source.at, record->source.length);
        record->source.at = at;
        at += record->source.length;
    }
    if (record->target.length) {
        memcpy(at, record->target.at, record->target.length);
        record->target.at = at;
        at += record->target.length;
    }
    if (record->text) {
        memcpy(at, record->text, text);
        record->text = at;
    }
    return texts;
}

uint32_t cf_recording_trace(struct cf_recording *recording, const struct cf_trace_record *record)
{
    void *items = recording->trace;
    if (!grow(&items, recording->trace_count, &recording->trace_capacity,
              sizeof(*recording->trace))) {
        recording->incomplete = true;
        return UINT32_MAX;
    }
    recording->trace = items;
    struct cf_recorded_event *event = &recording->trace[recording->trace_count];
    event->record = *record;
    event->texts = copy_texts(&event->record);
    if (!event->texts) {
        event->record.source = (struct uripc_text){0};
        event->record.target = (struct uripc_text){0};
        event->record.text = NULL;
    }
    return (uint32_t)recording->trace_count++;
}

void cf_recording_status(struct cf_recording *recording, uint32_t number, enum uripc_status status)
{
    recording->trace[number].record.has_status = true;
    recording->trace[number].record.status = status;
}

void cf_recording_step(struct cf_recording *recording, const struct cf_recorded_step *step)
{
    void *items = recording->steps;
    if (!grow(&items, recording->step_count, &recording->step_capacity,
              sizeof(*recording->steps))) {
        recording->incomplete = true;
        free(step->observed);
        return;
    }
    recording->steps = items;
    recording->steps[recording->step_count++] = *step;
}
