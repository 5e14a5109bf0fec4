/* SPDX-License-Identifier: MIT */
/* The ports of host.h for a simulated process; `self` is the process. */
#include <string.h>

#include "memory.h"
#include "world.h"

/* A kernel's table is there to be looked at; elsewhere a client knows the members it was told. */
static bool next_member(const struct sim_process *from, uint64_t name_life, uint32_t *cursor,
                        struct uripc_holder *member)
{
    const struct sim_world *world = from->world;
    if (world->resolution.is.kind == SIM_RESOLVER_TABLE)
        return world->table_ops->member(world->table, name_life, cursor, member);
    const struct sim_members *members = sim_client_members(world, from->number, name_life);
    if (!members || *cursor == members->count)
        return false;
    *member = members->at[*cursor];
    ++*cursor;
    return true;
}

/* Each member of the moment gets its own copy, in the order they joined (DLV-6). */
static void carry_to_group(struct sim_process *from, const struct uripc_frame *frame)
{
    struct uripc_frame copy = *frame;
    struct uripc_holder member;
    uint32_t cursor = 0;
    uint32_t parcel = 0;
    while (next_member(from, frame->to.serial, &cursor, &member)) {
        copy.to = member.life;
        (void)sim_links_send(from, member.peer, &copy, true, &parcel);
    }
    if (parcel != 0)
        sim_pool_give(&from->world->pool, parcel);
}

static void carry_nowhere(const struct sim_process *from, const struct uripc_frame *frame)
{
    struct sim_world *world = from->world;
    world->counters.nowhere++;
    sim_count_bytes(world, frame);
    sim_tell(world, &(struct sim_event_record){.kind = SIM_TRACE_NOWHERE,
                                               .process = from->number,
                                               .peer = SIM_NOBODY,
                                               .frame = frame->kind,
                                               .message_id = frame->message_id,
                                               .data_bytes = frame->data_bytes,
                                               .source = frame->source,
                                               .target = frame->target});
}

static enum uripc_status carry(void *self, uint32_t peer, _Bool group,
                               const struct uripc_frame *frame)
{
    struct sim_process *from = self;
    struct sim_world *world = from->world;
    if (group) {
        carry_to_group(from, frame);
        return URIPC_OK;
    }
    if (peer == URIPC_NOWHERE) {
        carry_nowhere(from, frame);
        return URIPC_OK;
    }
    if (peer >= world->life_count) {
        world->violations.peer_unknown++;
        world->violations.total++;
        return URIPC_OK;
    }
    uint32_t parcel = 0;
    const enum uripc_status status = sim_links_send(from, peer, frame, false, &parcel);
    if (parcel != 0)
        sim_pool_give(&world->pool, parcel);
    return status;
}

static struct sim_buffer *open_buffer(struct sim_world *world, uint64_t id)
{
    const uint32_t place = (uint32_t)id;
    if (place == 0 || place > world->buffer_count)
        return NULL;
    struct sim_buffer *buffer = &world->buffers[place - 1];
    return buffer->serial != 0 && buffer->serial == id >> 32 ? buffer : NULL;
}

static void copy_out(void *self, uint64_t id, uint32_t offset, const void *bytes, uint32_t length)
{
    const struct sim_process *process = self;
    struct sim_world *world = process->world;
    if (world->config.foreign_buffers) {
        memcpy((unsigned char *)(uintptr_t)id + offset, bytes, length);
        return;
    }
    const struct sim_buffer *buffer = open_buffer(world, id);
    if (!buffer || buffer->process != process->number) {
        world->violations.buffer_unknown++;
        world->violations.total++;
        return;
    }
    if (offset > buffer->size || length > buffer->size - offset) {
        world->violations.buffer_bounds++;
        world->violations.total++;
        return;
    }
    if (length > 0)
        memcpy((unsigned char *)sim_pool_bytes(&world->pool, buffer->block) + offset, bytes,
               length);
}

/* Re-arming later costs nothing: the queued event finds out when it comes to its turn. */
void sim_alarm(struct sim_process *process, uint64_t at)
{
    struct sim_world *world = process->world;
    process->wake_at = at != SIM_NEVER && at < world->now ? world->now : at;
    if (process->wake_at >= process->wake_queued)
        return;
    process->wake_queued = process->wake_at;
    process->wake_generation++;
    const struct sim_event event = {.kind = SIM_EVENT_WAKE,
                                    .process = process->number,
                                    .life = process->life,
                                    .ticket = process->wake_generation};
    sim_push(world, process->wake_queued, SIM_CLASS_WAKE, &event);
}

static void wake_at(void *self, uint64_t at)
{
    struct sim_process *process = self;
    struct sim_world *world = process->world;
    if (!world->presence[process->number].troubled) {
        sim_alarm(process, at);
        return;
    }
    world->troubles[process->number].alarm = at;
    sim_alarm(process, sim_clock_due(world, process->number, at));
}

static void request(struct sim_process *process, struct sim_event event)
{
    event.process = process->number;
    event.life = process->life;
    sim_resolution_ask(process->world, &event);
}

static void claim(void *self, const struct uripc_claim *claim)
{
    struct sim_process *process = self;
    const uint32_t parcel = sim_parcel_take(process->world, &claim->name, 1);
    if (parcel == 0)
        return;
    sim_parcel(process->world, parcel)->claim = *claim;
    request(process,
            (struct sim_event){.kind = SIM_EVENT_CLAIM, .ticket = claim->ticket, .parcel = parcel});
}

static void release(void *self, uint32_t ticket, uint64_t serial)
{
    request(self,
            (struct sim_event){.kind = SIM_EVENT_RELEASE, .ticket = ticket, .serial = serial});
}

static void lookup(void *self, uint32_t ticket, struct uripc_text target)
{
    struct sim_process *process = self;
    const uint32_t parcel = sim_parcel_take(process->world, &target, 1);
    if (parcel == 0)
        return;
    sim_parcel(process->world, parcel)->text = target;
    request(process,
            (struct sim_event){.kind = SIM_EVENT_LOOKUP, .ticket = ticket, .parcel = parcel});
}

static _Bool run_one(void *self)
{
    const struct sim_process *process = self;
    struct sim_world *world = process->world;
    const bool more = sim_step(world) == SIM_STEP;
    if (sim_alive(world, process->number))
        (void)sim_turn(world, process->number);
    return more;
}

const struct uripc_host sim_host = {.size = sizeof(struct uripc_host),
                                    .claim = claim,
                                    .release = release,
                                    .lookup = lookup,
                                    .carry = carry,
                                    .copy_out = copy_out,
                                    .wake_at = wake_at,
                                    .run_one = run_one};

/* Buffers. */

uint64_t sim_buffer_create(struct sim_world *world, uint32_t process, uint32_t size)
{
    if (!sim_alive(world, process))
        return 0;
    const uint32_t block = sim_pool_take(&world->pool, size);
    uint32_t place = world->free_buffer;
    void *buffers = world->buffers;
    const bool room = place != 0 || sim_memory_room(&buffers, &world->buffer_room,
                                                    world->buffer_count, sizeof *world->buffers);
    world->buffers = buffers;
    if (block == 0 || !room) {
        world->exhausted = true;
        return 0;
    }
    if (place != 0) {
        world->free_buffer = world->buffers[place - 1].next;
    } else {
        world->buffer_count++;
        place = world->buffer_count;
    }
    world->buffer_serial++;
    uint32_t *first = &world->processes[process].first_buffer;
    world->buffers[place - 1] = (struct sim_buffer){.serial = world->buffer_serial,
                                                    .block = block,
                                                    .size = size,
                                                    .process = process,
                                                    .next = *first};
    if (*first != 0)
        world->buffers[*first - 1].previous = place;
    *first = place;
    memset(sim_pool_bytes(&world->pool, block), 0, size);
    return (uint64_t)world->buffer_serial << 32 | place;
}

void *sim_buffer_bytes(struct sim_world *world, uint64_t id, uint32_t *size)
{
    const struct sim_buffer *buffer = open_buffer(world, id);
    if (!buffer)
        return NULL;
    if (size)
        *size = buffer->size;
    return sim_pool_bytes(&world->pool, buffer->block);
}

void sim_buffer_release(struct sim_world *world, uint64_t id)
{
    struct sim_buffer *buffer = open_buffer(world, id);
    if (!buffer)
        return;
    if (buffer->previous != 0)
        world->buffers[buffer->previous - 1].next = buffer->next;
    else
        world->processes[buffer->process].first_buffer = buffer->next;
    if (buffer->next != 0)
        world->buffers[buffer->next - 1].previous = buffer->previous;
    sim_pool_give(&world->pool, buffer->block);
    *buffer = (struct sim_buffer){.next = world->free_buffer};
    world->free_buffer = (uint32_t)id;
}
