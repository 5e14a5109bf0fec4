/* SPDX-License-Identifier: MIT */
/* The world's state, for the simulator's own files.
 *
 * A *life* is what a process is between start and crash; lives are numbered in the order they
 * began, and a life's number is the peer number that nodes and the resolver see.  So no frame,
 * notice or route of an earlier life can be taken for one of a later. */
#ifndef URIPC_SIMULATOR_WORLD_H
#define URIPC_SIMULATOR_WORLD_H

#include "events.h"
#include "fault.h"
#include "fingerprint.h"
#include "index.h"
#include "links.h"
#include "memory.h"
#include "pool.h"
#include "random.h"
#include "resolver.h"
#include "sim.h"

struct sim_process {
    struct sim_world *world; /* the ports get the process as `self` */
    uint64_t identity;
    uint64_t principal;
    uint64_t wake_at;     /* what the node asked for */
    uint64_t wake_queued; /* the time of its one valid wake event */
    uint32_t wake_generation;
    uint32_t number;
    uint32_t life;                    /* the present one, or the last */
    uint32_t first_link;              /* chain of links, plus one */
    uint32_t last_path;               /* most frames go where the one before went */
    uint32_t first_buffer;            /* chain of buffers, plus one */
    uint32_t deferred, deferred_last; /* chain of events that wait for a resume */
};

/* What every event has to know of its process, apart from the rest and small, as large worlds are
 * short of cache. */
struct sim_presence {
    uint32_t life; /* the present one; SIM_NOBODY: it is dead */
    bool paused;
    bool troubled; /* once its sim_trouble counts for anything */
};

/* What ails a process beyond a pause.  The clock shows local_at + what it gains at world_at and
 * later, and local_at before. */
struct sim_trouble {
    uint64_t world_at, local_at;
    uint64_t alarm; /* what the node asked for, by its own clock */
    int32_t drift;
    bool ready;    /* an event is queued that takes up what waits */
    bool odd;      /* the clock is not the world's */
    uint64_t turn; /* a turn takes so long */
    uint64_t busy; /* until then */
    uint64_t crash_after, crash_lasting;
    struct uripc_limits quota; /* of the next life; size 0: none */
};

struct sim_fault_state {
    struct sim_fault fault;
    bool over;
};

struct sim_buffer {
    uint32_t serial; /* 0: not open */
    uint32_t block;
    uint32_t size;
    uint32_t process;
    uint32_t next, previous; /* of the process, plus one; free ones: next */
};

/* What a frame, claim or lookup carries, at the start of its block; the bytes follow it. */
struct sim_parcel {
    uint64_t digest; /* of the bytes */
    uint32_t sender; /* a life */
    union {
        struct uripc_frame frame; /* its texts and data lie behind it: source, target, data */
        struct uripc_claim claim;
        struct uripc_text text;
    };
};

enum { SIM_KIND_KEYS = 32 };

struct sim_world {
    struct sim_config config;
    const struct uripc_node_ops *node;
    const struct uripc_table_ops *table_ops;
    uint64_t now;
    uint64_t fingerprint;
    uint64_t instant; /* events executed at `now` */
    uint64_t flights; /* frames numbered so far */
    struct sim_counters counters;
    struct sim_violations violations;
    struct sim_events events;
    struct sim_pool pool;
    struct sim_links links;
    uint64_t *tallies[SIM_KIND_KEYS]; /* counters of choices, by kind and process */
    struct sim_index other_tallies;   /* and of other actors, by stream */
    struct sim_index identities;      /* node identity to life number, plus one */
    uint64_t kind_keys[SIM_KIND_KEYS];
    struct sim_process *processes; /* in its block */
    struct sim_presence *presence; /* behind it, of each */
    struct sim_trouble *troubles;  /* NULL until somebody has any */
    struct sim_fault_state *faults;
    uint32_t fault_count, fault_room;
    uint32_t started;
    uint32_t touched;
    uint32_t *lives; /* the process of each */
    uint64_t *ends;  /* and when it ended */
    uint32_t life_count, life_room, end_room;
    struct sim_buffer *buffers;
    uint32_t buffer_count, buffer_room;
    uint32_t free_buffer;   /* chain, plus one */
    uint32_t buffer_serial; /* the last given out */
    unsigned char *nodes;   /* in its block: `stride` bytes for each process */
    void *node_block, *process_block;
    size_t stride;
    struct sim_lines hot; /* of each node, if there are too many for the caches */
    size_t node_room, process_room, table_room; /* bytes of the three blocks */
    void *table_block;
    struct uripc_table *table;
    struct sim_resolution resolution;
    bool exhausted; /* memory of the simulator's own ran out */
};

extern const struct uripc_host sim_host;

static inline bool sim_life_is_current(const struct sim_world *world, uint32_t life)
{
    return world->presence[world->lives[life]].life == life;
}

static inline struct uripc_node *sim_block(const struct sim_world *world, uint32_t process)
{
    return (struct uripc_node *)(void *)(world->nodes + process * world->stride);
}

/* Counts what a frame is on the wire of spec/wire.md. */
static inline void sim_count_bytes(struct sim_world *world, const struct uripc_frame *frame)
{
    const uint64_t head = frame->kind == URIPC_FRAME_WITHDRAW ? 32 : 40;
    world->counters.bytes +=
        frame->kind == URIPC_FRAME_MESSAGE
            ? head + frame->source.length + frame->target.length + frame->data_bytes
            : head;
}

static inline void sim_fold_word(struct sim_world *world, uint64_t word)
{
    world->fingerprint = sim_fold(world->fingerprint, word);
}

/* Incarnations enter the fingerprint under the number of their life. */
uint64_t sim_renamed(const struct sim_world *world, uint64_t identity);

/* Whether anybody wants records; filling one in is not free. */
static inline bool sim_is_traced(const struct sim_world *world)
{
    return world->config.trace != NULL;
}

void sim_tell(struct sim_world *world, const struct sim_event_record *record);

/* A place for an event, which the caller fills but for what is the queue's, and then queues.
 * NULL: no memory.  Whatever cannot be queued makes the world exhausted. */
struct sim_event *sim_event_begin(struct sim_world *world);
void sim_event_end(struct sim_world *world, uint64_t time, enum sim_class class,
                   const struct sim_event *event);

/* Queues a copy of an event. */
void sim_push(struct sim_world *world, uint64_t time, enum sim_class class,
              const struct sim_event *event);

/* Do what an event says. */
void sim_frame_arrives(struct sim_world *world, const struct sim_event *event);
void sim_peer_down_arrives(struct sim_world *world, const struct sim_event *event);
void sim_kernel_execute(struct sim_world *world, const struct sim_event *event);

/* Sets the node's time before a turn; the wire's rule about generations is kept here, too. */
static inline struct uripc_node *sim_turn(struct sim_world *world, uint32_t process)
{
    struct uripc_node *node = sim_block(world, process);
    world->node->set_time(node, world->presence[process].troubled ? sim_clock_now(world, process)
                                                                  : world->now);
    if (world->resolution.is.kind == SIM_RESOLVER_RENDEZVOUS)
        sim_rendezvous_compare(world, process);
    return node;
}

/* Sets the alarm by the world's time. */
void sim_alarm(struct sim_process *process, uint64_t at);

/* Troubles.  All but the first are for processes that have some. */
struct sim_trouble *sim_trouble_of(struct sim_world *world, uint32_t process); /* NULL: no memory */
void sim_troubles_fini(struct sim_world *world);
bool sim_is_busy(const struct sim_world *world, const struct sim_event *event);

/* Has what waits for a slow process be taken up when it is free again. */
void sim_slow_queue(struct sim_world *world, uint32_t process);

/* The first event that waits for a slow process and still counts; false: none can be taken up. */
bool sim_slow_take(struct sim_world *world, struct sim_event *event);

/* An application turn from outside takes its time, too. */
void sim_slow_turn(struct sim_world *world, uint32_t process);

/* After each event of a process; `turn`: its node had a turn. */
void sim_trouble_turn(struct sim_world *world, uint32_t process, bool turn);

void sim_fault_begin(struct sim_world *world, const struct sim_fault *fault);
void sim_fault_execute(struct sim_world *world, const struct sim_event *event);

/* A process has the lock of a rendezvous: it stops there, if a fault has waited for that. */
void sim_fault_locked(struct sim_world *world, uint32_t process);
bool sim_fault_is_over(const struct sim_world *world, const struct sim_event *event);
void sim_faults_calm(struct sim_world *world);

/* Whether anything happens when the event's time comes. */
bool sim_event_is_valid(struct sim_world *world, const struct sim_event *event);

/* A choice by a counter of the caller's own. */
bool sim_chance_at(struct sim_world *world, uint32_t kind, uint64_t actor, uint64_t *counter,
                   uint32_t num, uint32_t den);
uint64_t sim_between_at(struct sim_world *world, uint32_t kind, uint64_t actor, uint64_t *counter,
                        uint64_t min, uint64_t max);

/* A parcel of these bytes one after the other; 0: no memory.  Its digest is set. */
uint32_t sim_parcel_take(struct sim_world *world, const struct uripc_text *parts, unsigned count);
struct sim_parcel *sim_parcel(const struct sim_world *world, uint32_t block);

/* The resolver's part in a process's end: frees its names and tells the watchers. */
void sim_kernel_forget(struct sim_world *world, uint32_t life);

/* Queues the notices that a life has ended, and what waited at a cut for its heal. */
void sim_links_life_ended(struct sim_world *world, const struct sim_process *process);

#endif
