/* SPDX-License-Identifier: MIT */
#include "links.h"

#include <string.h>

#include "knobs.h"
#include "memory.h"
#include "world.h"

#ifdef SIM_DISCONNECT
int sim_disconnected;
#endif

const struct sim_link_faults sim_link_dull = {
    .delay_min = 10000, .delay_max = 10000, .transports = 1};

bool sim_links_init(struct sim_links *links)
{
    *links = (struct sim_links){.count = 0};
    return sim_index_init(&links->index, 0);
}

void sim_links_fini(struct sim_links *links)
{
    sim_index_fini(&links->index);
    sim_memory_give(links->links);
    sim_memory_give(links->own);
}

void sim_links_clear(struct sim_links *links)
{
    sim_index_clear(&links->index);
    links->count = 0;
    links->own_count = 0;
}

uint64_t sim_link_actor(uint32_t from, uint32_t to)
{
    return (uint64_t)from << 32 | to;
}

static uint64_t key_of(uint32_t from, uint32_t to)
{
    return from < to ? sim_link_actor(from, to) : sim_link_actor(to, from);
}

uint32_t sim_path_find(const struct sim_links *links, uint32_t from, uint32_t to)
{
    const uint64_t *found = sim_index_find(&links->index, key_of(from, to));
    return found ? (uint32_t)(*found - 1) * 2 + (from > to) : SIM_NO_PATH;
}

/* Puts a new link at the head of the chains of both its processes; one to oneself is on none, as
 * nobody has to be told of its end. */
static void chain(struct sim_world *world, uint32_t number)
{
    struct sim_link *link = &world->links.links[number];
    if (link->ends[0] == link->ends[1])
        return;
    for (unsigned i = 0; i < 2; i++) {
        struct sim_process *process = &world->processes[link->ends[i]];
        link->next[i] = process->first_link;
        process->first_link = number + 1;
    }
}

static uint32_t add(struct sim_world *world, uint32_t from, uint32_t to)
{
    struct sim_links *links = &world->links;
    void *array = links->links;
    const bool room = sim_memory_room(&array, &links->room, links->count, sizeof *links->links);
    links->links = array;
    uint64_t *place = room ? sim_index_at(&links->index, key_of(from, to)) : NULL;
    if (!place) {
        world->exhausted = true;
        return SIM_NO_PATH;
    }
    const uint32_t number = links->count;
    links->count++;
    *place = links->count;
    links->links[number] = (struct sim_link){
        .ends = {from < to ? from : to, from < to ? to : from},
        .lives = {SIM_NOBODY, SIM_NOBODY},
        .paths = {{.waiting = SIM_NO_EVENT}, {.waiting = SIM_NO_EVENT}},
    };
    chain(world, number);
    return number * 2 + (from > to);
}

static uint32_t path_end(const struct sim_links *links, uint32_t number)
{
    return links->links[number / 2].ends[1 - number % 2];
}

uint32_t sim_path_make(struct sim_world *world, uint32_t from, uint32_t to)
{
    struct sim_process *sender = &world->processes[from];
    if (sender->last_path != SIM_NO_PATH && path_end(&world->links, sender->last_path) == to)
        return sender->last_path;
    const uint32_t found = sim_path_find(&world->links, from, to);
    sender->last_path = found != SIM_NO_PATH ? found : add(world, from, to);
    return sender->last_path;
}

struct sim_path *sim_path_at(const struct sim_links *links, uint32_t number)
{
    return &links->links[number / 2].paths[number % 2];
}

const struct sim_link_faults *sim_path_faults(const struct sim_links *links, uint32_t number)
{
    const struct sim_link *link = &links->links[number / 2];
    const uint32_t own = link->paths[number % 2].own;
    if (own != 0)
        return &links->own[own - 1];
    return link->ends[0] == link->ends[1] ? &links->oneself : &links->everywhere;
}

static bool has_room(const struct sim_path *path, const struct sim_link_faults *faults)
{
    return faults->capacity == 0 || path->in_flight < faults->capacity ||
           !CONNECTED(SIM_KNOB_CAPACITY);
}

void sim_path_room(struct sim_world *world, uint32_t number)
{
    struct sim_path *path = sim_path_at(&world->links, number);
    if (!path->room_wanted || !has_room(path, sim_path_faults(&world->links, number)))
        return;
    path->room_wanted = false;
    const struct sim_link *link = &world->links.links[number / 2];
    const uint32_t side = number % 2;
    const struct sim_event event = {.kind = SIM_EVENT_ROOM,
                                    .process = link->ends[side],
                                    .life = link->lives[side],
                                    .peer = link->lives[1 - side]};
    sim_push(world, world->now, SIM_CLASS_ARRIVAL, &event);
}

/* When something sent now over a path would arrive, were it alone. */
static uint64_t arrival(struct sim_world *world, uint32_t number)
{
    const struct sim_link_faults *faults = sim_path_faults(&world->links, number);
    if (!CONNECTED(SIM_KNOB_DELAY))
        return world->now;
    if (faults->delay_min >= faults->delay_max)
        return world->now + faults->delay_min;
    const struct sim_link *link = &world->links.links[number / 2];
    const uint64_t actor = sim_link_actor(link->ends[number % 2], link->ends[1 - number % 2]);
    world->counters.delayed++;
    return world->now + sim_between_at(world, SIM_KIND_DELAY, actor,
                                       &sim_path_at(&world->links, number)->delays,
                                       faults->delay_min, faults->delay_max);
}

void sim_path_notice(struct sim_world *world, uint32_t number, const struct sim_event *notice)
{
    const uint64_t at = arrival(world, number);
    struct sim_path *path = sim_path_at(&world->links, number);
    if (at > path->last_arrival)
        path->last_arrival = at;
    sim_push(world, path->last_arrival, SIM_CLASS_ARRIVAL, notice);
}

/* One frame on its way, for tracing and counting. */
struct passage {
    uint32_t from, to; /* processes */
    uint32_t life;     /* of `to` */
    uint32_t path;
    uint32_t parcel; /* once there is one */
    uint64_t flight;
    const struct uripc_frame *frame;
};

static void tell(struct sim_world *world, enum sim_trace kind, const struct passage *passage)
{
    if (!sim_is_traced(world))
        return;
    const struct uripc_frame *frame = passage->frame;
    const bool arriving = kind == SIM_TRACE_DELIVER;
    sim_tell(world, &(struct sim_event_record){.kind = kind,
                                               .process = arriving ? passage->to : passage->from,
                                               .peer = arriving ? passage->from : passage->to,
                                               .frame = frame->kind,
                                               .status = frame->status,
                                               .message_id = frame->message_id,
                                               .flight = passage->flight,
                                               .data_bytes = frame->data_bytes,
                                               .source = frame->source,
                                               .target = frame->target});
}

static bool happens(struct sim_world *world, const struct passage *passage, enum sim_kind kind,
                    uint64_t *counter, uint32_t num, uint32_t den)
{
    if (den == 0)
        return false;
    return sim_chance_at(world, kind, sim_link_actor(passage->from, passage->to), counter, num,
                         den);
}

/* Puts one copy into flight. */
static void fly(struct sim_world *world, const struct passage *passage)
{
    const struct sim_link_faults *faults = sim_path_faults(&world->links, passage->path);
    uint64_t at = arrival(world, passage->path);
    struct sim_path *path = sim_path_at(&world->links, passage->path);
    if (at < path->last_arrival) {
        if (faults->reorder && CONNECTED(SIM_KNOB_REORDER))
            world->counters.reordered++;
        else
            at = path->last_arrival;
    }
    if (at > path->last_arrival)
        path->last_arrival = at;
    struct sim_event *event = sim_event_begin(world);
    if (!event)
        return;
    path->in_flight++;
    event->kind = SIM_EVENT_FRAME;
    event->process = passage->to;
    event->life = passage->life;
    event->parcel = passage->parcel;
    event->path = passage->path;
    event->flight = passage->flight;
    event->node = passage->frame->to.node;
    event->serial = passage->frame->to.serial;
    sim_pool_share(&world->pool, event->parcel);
    sim_event_end(world, at, SIM_CLASS_ARRIVAL, event);
}

/* Sends one copy through what the link does to it. */
static void launch(struct sim_world *world, struct passage *passage)
{
    const struct sim_link_faults *faults = sim_path_faults(&world->links, passage->path);
    struct sim_path *path = sim_path_at(&world->links, passage->path);
    world->counters.carried++;
    sim_count_bytes(world, passage->frame);
    world->flights++;
    passage->flight = world->flights;
    tell(world, SIM_TRACE_CARRY, passage);
    if (path->cut && CONNECTED(SIM_KNOB_CUT)) {
        world->counters.cut++;
        tell(world, SIM_TRACE_CUT_DROP, passage);
        return;
    }
    if (happens(world, passage, SIM_KIND_LOSS, &path->losses, faults->loss_num, faults->loss_den) &&
        CONNECTED(SIM_KNOB_LOSS)) {
        world->counters.lost++;
        tell(world, SIM_TRACE_LOSE, passage);
        return;
    }
    fly(world, passage);
    if (!happens(world, passage, SIM_KIND_DUPLICATE, &path->duplicates, faults->duplicate_num,
                 faults->duplicate_den) ||
        !CONNECTED(SIM_KNOB_DUPLICATE))
        return;
    world->counters.duplicated++;
    world->flights++;
    passage->flight = world->flights;
    tell(world, SIM_TRACE_DUPLICATE, passage);
    fly(world, passage);
}

/* A frame for a life that has ended already: its sender learns of that by a notice. */
static void bury(struct sim_process *from, const struct passage *passage)
{
    struct sim_world *world = from->world;
    world->counters.dead++;
    sim_count_bytes(world, passage->frame);
    world->counters.stale_used += passage->frame->kind == URIPC_FRAME_MESSAGE;
    tell(world, SIM_TRACE_DEAD_DROP, passage);
    const struct sim_event notice = {.kind = SIM_EVENT_PEER_DOWN,
                                     .process = from->number,
                                     .life = from->life,
                                     .peer = passage->life};
    sim_path_notice(world, passage->path ^ (passage->from != passage->to), &notice);
}

/* Whether a link takes a frame at all. */
static enum uripc_status admit(struct sim_world *world, const struct passage *passage, bool group)
{
    const struct sim_link_faults *faults = sim_path_faults(&world->links, passage->path);
    struct sim_path *path = sim_path_at(&world->links, passage->path);
    if (faults->size_max != 0 && passage->frame->data_bytes > faults->size_max &&
        CONNECTED(SIM_KNOB_SIZE)) {
        world->counters.oversize++;
        tell(world, SIM_TRACE_OVERSIZE, passage);
        return URIPC_TOO_BIG;
    }
    if (passage->frame->kind == URIPC_FRAME_MESSAGE && !has_room(path, faults)) {
        path->room_wanted = path->room_wanted || !group;
        world->counters.blocked++;
        tell(world, SIM_TRACE_BLOCKED, passage);
        return URIPC_WOULD_BLOCK;
    }
    return URIPC_OK;
}

static uint32_t parcel_of(const struct sim_process *from, const struct uripc_frame *frame)
{
    struct sim_world *world = from->world;
    const struct uripc_text parts[] = {
        frame->source, frame->target, {.at = frame->data, .length = frame->data_bytes}};
    const uint32_t parcel = sim_parcel_take(world, parts, 3);
    if (parcel != 0) {
        sim_parcel(world, parcel)->frame = *frame;
        if (frame->kind != URIPC_FRAME_GIVEN)
            sim_parcel(world, parcel)->frame.principal = from->principal;
        sim_parcel(world, parcel)->sender = from->life;
    }
    return parcel;
}

static uint32_t copies(const struct sim_link_faults *faults, const struct uripc_frame *frame)
{
    const bool many = frame->kind == URIPC_FRAME_MESSAGE && !frame->confirmed &&
                      faults->transports > 1 && CONNECTED(SIM_KNOB_TRANSPORTS);
    return many ? faults->transports : 1;
}

enum uripc_status sim_links_send(struct sim_process *from, uint32_t life,
                                 const struct uripc_frame *frame, bool group, uint32_t *parcel)
{
    struct sim_world *world = from->world;
    struct passage passage = {
        .from = from->number, .to = world->lives[life], .life = life, .frame = frame};
    passage.path = sim_path_make(world, passage.from, passage.to);
    if (passage.path == SIM_NO_PATH)
        return URIPC_OK;
    if (!sim_life_is_current(world, life)) {
        bury(from, &passage);
        return URIPC_OK;
    }
    struct sim_link *link = &world->links.links[passage.path / 2];
    link->lives[passage.path % 2] = from->life;
    link->lives[1 - passage.path % 2] = life;
    const enum uripc_status status = admit(world, &passage, group);
    if (status != URIPC_OK)
        return status;
    if (*parcel == 0)
        *parcel = parcel_of(from, frame);
    if (*parcel == 0)
        return URIPC_OK;
    passage.parcel = *parcel;
    const uint32_t count = copies(sim_path_faults(&world->links, passage.path), frame);
    world->counters.copies += count - 1;
    for (uint32_t i = 0; i < count; i++)
        launch(world, &passage);
    return URIPC_OK;
}

/* The frame as it was sent, with its texts and data where the parcel has them.  Copies share it, so
 * it is addressed anew for each. */
static const struct uripc_frame *unpack(struct sim_parcel *parcel, const struct sim_event *event)
{
    const char *bytes = (const char *)(parcel + 1);
    struct uripc_frame *frame = &parcel->frame;
    frame->to = (struct uripc_incarnation){.node = event->node, .serial = event->serial};
    frame->source.at = bytes;
    frame->target.at = bytes + frame->source.length;
    frame->data = bytes + frame->source.length + frame->target.length;
    return frame;
}

static void fold_frame(struct sim_world *world, const struct sim_event *event,
                       const struct sim_parcel *parcel)
{
    const struct uripc_frame *frame = &parcel->frame;
    sim_fold_word(world, (uint64_t)parcel->sender << 32 | event->life);
    sim_fold_word(world, event->flight);
    sim_fold_word(world, frame->message_id);
    sim_fold_word(world, (uint64_t)frame->kind << 56 | (uint64_t)frame->status << 48 |
                             (uint64_t)frame->certainty << 40 | frame->flags);
    sim_fold_word(world, (uint64_t)frame->source.length << 32 | frame->data_bytes);
    sim_fold_word(world, parcel->digest);
    sim_fold_word(world, frame->to.serial);
}

void sim_frame_arrives(struct sim_world *world, const struct sim_event *event)
{
    struct sim_parcel *parcel = sim_parcel(world, event->parcel);
    const struct passage passage = {.from = world->lives[parcel->sender],
                                    .to = event->process,
                                    .path = event->path,
                                    .flight = event->flight,
                                    .frame = unpack(parcel, event)};
    struct sim_path *path = sim_path_at(&world->links, event->path);
    path->in_flight--;
    if (path->room_wanted)
        sim_path_room(world, event->path);
    fold_frame(world, event, parcel);
    if (path->cut && CONNECTED(SIM_KNOB_CUT)) {
        world->counters.cut++;
        tell(world, SIM_TRACE_CUT_DROP, &passage);
    } else if (!sim_life_is_current(world, event->life)) {
        world->counters.dead++;
        tell(world, SIM_TRACE_DEAD_DROP, &passage);
    } else {
        world->counters.delivered++;
        tell(world, SIM_TRACE_DELIVER, &passage);
        struct uripc_node *node = sim_turn(world, event->process);
        world->node->on_frame(node, parcel->sender, passage.frame);
    }
    sim_pool_give(&world->pool, event->parcel);
}
