/* SPDX-License-Identifier: MIT */
#include "driver_flight.h"

#include <stdlib.h>

static struct cf_flight *find(struct cf_flights *flights, uint64_t overlapped)
{
    for (size_t i = 0; i < flights->count; i++)
        if (flights->list[i].overlapped == overlapped)
            return &flights->list[i];
    return NULL;
}

static struct cf_flight *add(struct cf_flights *flights, uint64_t overlapped)
{
    if (flights->count == flights->room) {
        size_t room = 2 * flights->room + 16;
        struct cf_flight *more = realloc(flights->list, room * sizeof(*more));
        if (!more)
            return NULL;
        flights->list = more;
        flights->room = room;
    }
    struct cf_flight *flight = &flights->list[flights->count++];
    *flight = (struct cf_flight){.overlapped = overlapped};
    return flight;
}

bool cf_flights_begin(struct cf_flights *flights, uint64_t overlapped)
{
    struct cf_flight *flight = find(flights, overlapped);
    if (!flight)
        flight = add(flights, overlapped);
    if (flight)
        flight->count++;
    return flight != NULL;
}

bool cf_flights_end(struct cf_flights *flights, uint64_t overlapped)
{
    struct cf_flight *flight = find(flights, overlapped);
    if (!flight)
        return false;
    if (--flight->count == 0)
        *flight = flights->list[--flights->count];
    return true;
}

void cf_flights_free(struct cf_flights *flights)
{
    free(flights->list);
    *flights = (struct cf_flights){0};
}
