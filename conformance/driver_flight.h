/* SPDX-License-Identifier: MIT */
/* The calls of a driver that were made and have neither completed nor ended at once. */
#ifndef URIPC_CONFORMANCE_DRIVER_FLIGHT_H
#define URIPC_CONFORMANCE_DRIVER_FLIGHT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* More than one call of a block: a case uses it twice, and one of them will be refused. */
struct cf_flight {
    uint64_t overlapped;
    uint32_t count;
};

/* {0} has none. */
struct cf_flights {
    struct cf_flight *list;
    size_t count, room;
};

/* False: no memory. */
bool cf_flights_begin(struct cf_flights *flights, uint64_t overlapped);

/* False: no call of this block is in flight. */
bool cf_flights_end(struct cf_flights *flights, uint64_t overlapped);

void cf_flights_free(struct cf_flights *flights);

#endif
