/* SPDX-License-Identifier: MIT */
/* The event queue, ordered by (time, class, creation).
 *
 * It has two places.  The wheel is a ring of buckets, each a short sorted list for a span of time,
 * that covers the near future; its bucket width and count follow what is pushed.  What is too far
 * away, or would have to be sorted into a long list, goes to a heap of four children a node.  The
 * first event is the lesser of the first of both, so where an event lies never matters for order:
 * the wheel only makes the common case cheap. */
#ifndef URIPC_SIMULATOR_EVENTS_H
#define URIPC_SIMULATOR_EVENTS_H

#include <stdbool.h>
#include <stdint.h>

/* CMP-15: the order of what happens at one instant. */
enum sim_class { SIM_CLASS_ARRIVAL, SIM_CLASS_WORK, SIM_CLASS_WAKE };

enum sim_event_kind {
    SIM_EVENT_FRAME = 1, /* a frame arrives */
    SIM_EVENT_ROOM,
    SIM_EVENT_PEER_DOWN,
    SIM_EVENT_CLAIM,   /* the resolver does what it was asked */
    SIM_EVENT_CLAIMED, /* and answers */
    SIM_EVENT_JOINED,  /* or says which queue of another process it is */
    SIM_EVENT_RELEASE,
    SIM_EVENT_RELEASED,
    SIM_EVENT_LOOKUP,   /* both at once, so that no answer is old */
    SIM_EVENT_NO_ROUTE, /* a late answer for an absent name */
    SIM_EVENT_ROUTE_GONE,
    SIM_EVENT_WORK,
    SIM_EVENT_WAKE,
    /* of a daemon, and of its connections: resolver.h */
    SIM_EVENT_RECLAIM,   /* a holder claims again what it holds */
    SIM_EVENT_RECLAIMED, /* and is answered */
    SIM_EVENT_ROUTE,     /* the answer to a lookup */
    SIM_EVENT_FORGET,    /* all routes that an earlier life of it told */
    SIM_EVENT_HUNG_UP,   /* the process's end of its connection notices that it is over */
    SIM_EVENT_FREED,     /* the daemon's end does */
    SIM_EVENT_SILENCE,   /* a connection has been cut for long */
    SIM_EVENT_CONNECT,
    SIM_EVENT_GRACE_OVER,
    /* of a rendezvous */
    SIM_EVENT_LOCK,   /* a process tries to get the lock */
    SIM_EVENT_CHANGE, /* and does, with it, what it wanted to */
    SIM_EVENT_READY,  /* a slow process takes up what waits */
    SIM_EVENT_FAULT   /* one begins or ends */
};

/* One cache line. */
struct sim_event {
    uint32_t kind;
    uint32_t process; /* for whom */
    uint32_t life;    /* and for which life of it */
    uint32_t parcel;  /* frame, claim, lookup: what it carries; 0: nothing */
    union {
        uint32_t peer; /* room, peer-down, joined: a life */
        uint32_t path; /* frame: the link's number times two, plus the direction */
    };
    uint32_t next; /* the queue's; or while it waits for a resume or a heal */
    union {
        struct {
            uint32_t ticket; /* resolver; wake: its generation; fault: its number */
            uint32_t status; /* resolver; fault: see fault.c */
        };
        uint64_t flight; /* frame */
    };
    uint64_t node; /* frame: to; route-gone, joined: the life */
    union {
        uint64_t serial;
        uint64_t word; /* work */
    };
    uint64_t time;  /* the queue's */
    uint64_t order; /* the queue's: class, creation number and slot, from the highest bit down */
};

#define SIM_NO_EVENT UINT32_MAX

struct sim_event_node {
    uint64_t time;
    uint64_t order;
};

struct sim_bucket {
    uint32_t first, last; /* slots; only while the bucket's bit is set */
};

struct sim_wheel {
    struct sim_bucket *buckets;
    uint64_t *bits; /* one for each bucket that is not empty */
    uint64_t
        cursor;     /* the tick of the last event removed; all ticks here are in the ring from it */
    uint32_t mask;  /* buckets - 1 */
    uint32_t shift; /* a tick is 1 << shift nanoseconds */
    uint32_t count; /* events here */
    uint32_t pushes; /* since the last look at how well it fits: of both places, */
    uint32_t far;    /* beyond the ring, */
    uint32_t steps;  /* and steps taken to sort in */
};

struct sim_events {
    struct sim_wheel wheel;
    struct sim_event_node *heap; /* from place 3 on, so that children begin on a cache line */
    struct sim_event *slab;
    uint64_t created;
    uint32_t end; /* the heap's place after the last */
    uint32_t room;
    uint32_t slots; /* slots of the slab ever used */
    uint32_t slab_room;
    uint32_t free;  /* chain of unused slots */
    uint32_t least; /* the bucket that holds the first event; or one of two words of events.c */
    uint64_t least_time; /* of that event; none is earlier */
};

bool sim_events_init(struct sim_events *events);
void sim_events_fini(struct sim_events *events);
void sim_events_clear(struct sim_events *events);
uint32_t sim_events_size(const struct sim_events *events);

/* A slot for an event that is in no queue yet, or SIM_NO_EVENT: no memory.  It holds anything. */
uint32_t sim_events_take(struct sim_events *events);
void sim_events_give(struct sim_events *events, uint32_t slot);

/* Queues the event of a slot.  False: no memory, and it is not queued. */
bool sim_events_push(struct sim_events *events, uint64_t time, enum sim_class class, uint32_t slot);

/* The first event's slot, and its time; SIM_NO_EVENT if there is none. */
uint32_t sim_events_min(struct sim_events *events, uint64_t *time);

/* Removes the first event from the queue, which must not be empty; its slot stays taken. */
void sim_events_pop(struct sim_events *events);

#endif
