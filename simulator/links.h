/* SPDX-License-Identifier: MIT */
/* Links between processes.  A link comes to be when the first frame or fault touches it; it is
 * found by its two processes, and by walking the links of either. */
#ifndef URIPC_SIMULATOR_LINKS_H
#define URIPC_SIMULATOR_LINKS_H

#include "events.h"
#include "index.h"
#include "sim.h"

/* One direction. */
struct sim_path {
    uint64_t last_arrival;               /* the latest of all frames sent so far */
    uint64_t losses, duplicates, delays; /* choices made so far */
    uint32_t in_flight;
    uint32_t own;     /* its own faults, plus one; 0: the default */
    uint32_t waiting; /* chain of notices that wait for a heal */
    bool cut;
    bool room_wanted; /* the sender was told would-block */
};

struct sim_link {
    uint32_t ends[2];         /* processes, the lesser number first */
    uint32_t lives[2];        /* that spoke last */
    uint32_t next[2];         /* the chains of the two processes, plus one */
    struct sim_path paths[2]; /* from ends[0], from ends[1] */
};

struct sim_links {
    struct sim_index index; /* by both ends, to the number, plus one */
    struct sim_link *links;
    uint32_t count, room;
    struct sim_link_faults everywhere; /* of links without faults of their own */
    struct sim_link_faults oneself;    /* and where they lead to the process itself */
    struct sim_link_faults *own;
    uint32_t own_count, own_room;
};

bool sim_links_init(struct sim_links *links);
void sim_links_fini(struct sim_links *links);
void sim_links_clear(struct sim_links *links);

/* The path between two processes, numbered as in an event; SIM_NO_PATH: none yet, or, where it is
 * to be made, no memory. */
#define SIM_NO_PATH UINT32_MAX
uint32_t sim_path_find(const struct sim_links *links, uint32_t from, uint32_t to);
uint32_t sim_path_make(struct sim_world *world, uint32_t from, uint32_t to);
struct sim_path *sim_path_at(const struct sim_links *links, uint32_t number);
const struct sim_link_faults *sim_path_faults(const struct sim_links *links, uint32_t number);

/* Tells a sender that was refused that there is room, if there is. */
void sim_path_room(struct sim_world *world, uint32_t number);

/* Queues a notice in band: after all frames the path has taken. */
void sim_path_notice(struct sim_world *world, uint32_t number, const struct sim_event *notice);

struct sim_process;

/* Sends to one life; `group`: one member's copy, which is lost where a single one is refused.
 * *parcel is made from the frame by the first call that needs it, and the caller's to give back. */
enum uripc_status sim_links_send(struct sim_process *from, uint32_t life,
                                 const struct uripc_frame *frame, bool group, uint32_t *parcel);

#endif
