/* SPDX-License-Identifier: MIT */
#include "fake_node.h"

#include <string.h>

void (*fake_on_frame)(struct fake_node *node, const struct uripc_frame *frame);
void (*fake_on_wake)(struct fake_node *node);

static struct fake_node *of(struct uripc_node *node)
{
    return (struct fake_node *)(void *)node;
}

static size_t fake_bytes(const struct uripc_limits *limits)
{
    return limits->registrations == 0 ? 0 : sizeof(struct fake_node);
}

static struct uripc_node *fake_init(void *block, const struct uripc_limits *limits,
                                    const struct uripc_host *host, void *self, uint64_t identity,
                                    uint32_t peer)
{
    struct fake_node *node = block;
    memset(node, 0, sizeof *node);
    node->limits = *limits;
    node->host = host;
    node->self = self;
    node->identity = identity;
    node->peer = peer;
    return (struct uripc_node *)(void *)node;
}

static void fake_fini(struct uripc_node *node)
{
    of(node)->host = NULL;
}

static void fake_set_time(struct uripc_node *node, uint64_t now)
{
    of(node)->now = now;
}

static void see(struct uripc_node *node, struct fake_seen seen)
{
    struct fake_node *fake = of(node);
    seen.time = fake->now;
    if (fake->count < FAKE_SEEN)
        fake->seen[fake->count] = seen;
    fake->count++;
}

static void on_claimed(struct uripc_node *node, uint32_t ticket, enum uripc_status status,
                       uint64_t serial)
{
    see(node, (struct fake_seen){
                  .upcall = FAKE_CLAIMED, .ticket = ticket, .status = status, .serial = serial});
}

static void on_released(struct uripc_node *node, uint32_t ticket)
{
    see(node, (struct fake_seen){.upcall = FAKE_RELEASED, .ticket = ticket});
}

static void on_route(struct uripc_node *node, uint32_t ticket, enum uripc_status status,
                     const struct uripc_route *route)
{
    see(node, (struct fake_seen){
                  .upcall = FAKE_ROUTE, .ticket = ticket, .status = status, .route = *route});
}

static void on_route_gone(struct uripc_node *node, struct uripc_incarnation to)
{
    see(node, (struct fake_seen){.upcall = FAKE_ROUTE_GONE, .serial = to.serial});
}

static void on_revoked(struct uripc_node *node, uint64_t serial)
{
    see(node, (struct fake_seen){.upcall = FAKE_REVOKED, .serial = serial});
}

static void on_frame(struct uripc_node *node, uint32_t peer, const struct uripc_frame *frame)
{
    see(node, (struct fake_seen){.upcall = FAKE_FRAME,
                                 .peer = peer,
                                 .status = frame->status,
                                 .message_id = frame->message_id,
                                 .principal = frame->principal,
                                 .serial = frame->to.serial});
    of(node)->frames++;
    if (fake_on_frame)
        fake_on_frame(of(node), frame);
}

static void on_room(struct uripc_node *node, uint32_t peer)
{
    see(node, (struct fake_seen){.upcall = FAKE_ROOM, .peer = peer});
}

static void on_peer_down(struct uripc_node *node, uint32_t peer)
{
    see(node, (struct fake_seen){.upcall = FAKE_PEER_DOWN, .peer = peer});
}

static void on_wake(struct uripc_node *node)
{
    see(node, (struct fake_seen){.upcall = FAKE_WAKE});
    if (fake_on_wake)
        fake_on_wake(of(node));
}

static const struct uripc_node_ops fake_ops = {.bytes = fake_bytes,
                                               .init = fake_init,
                                               .fini = fake_fini,
                                               .set_time = fake_set_time,
                                               .on_claimed = on_claimed,
                                               .on_released = on_released,
                                               .on_route = on_route,
                                               .on_route_gone = on_route_gone,
                                               .on_revoked = on_revoked,
                                               .on_frame = on_frame,
                                               .on_room = on_room,
                                               .on_peer_down = on_peer_down,
                                               .on_wake = on_wake};

const struct sim_backend fake_backend = {
    .name = "fake", .node = &fake_ops, .table = &uripc_table_ops};

struct fake_node *fake_at(struct sim_world *world, uint32_t process)
{
    return of(sim_node(world, process));
}

enum uripc_status fake_send_bytes(struct sim_world *world, uint32_t from, uint32_t to,
                                  uint64_t message_id, uint32_t length, bool confirmed)
{
    static const char bytes[4096];
    const struct fake_node *sender = fake_at(world, from);
    const struct fake_node *receiver = fake_at(world, to);
    const struct uripc_frame frame = {.kind = URIPC_FRAME_MESSAGE,
                                      .confirmed = confirmed,
                                      .message_id = message_id,
                                      .from = {.node = sender->identity, .serial = 1},
                                      .to = {.node = receiver->identity, .serial = 1},
                                      .source = {.at = "ipc:/a", .length = 6},
                                      .target = {.at = "ipc:/b", .length = 6},
                                      .data = bytes,
                                      .data_bytes = length};
    sim_enter(world, from);
    return sender->host->carry(sender->self, receiver->peer, false, &frame);
}

enum uripc_status fake_send(struct sim_world *world, uint32_t from, uint32_t to,
                            uint64_t message_id)
{
    return fake_send_bytes(world, from, to, message_id, 8, true);
}

void fake_claim(struct sim_world *world, uint32_t process, uint32_t ticket, const char *name,
                enum uripc_kind kind)
{
    const struct fake_node *node = fake_at(world, process);
    const struct uripc_claim claim = {
        .ticket = ticket,
        .serial = ticket,
        .name = {.at = name, .length = strlen(name)},
        .options = {.size = sizeof(struct uripc_register_options), .kind = kind}};
    node->host->claim(node->self, &claim);
}

void fake_lookup(struct sim_world *world, uint32_t process, uint32_t ticket, const char *target)
{
    const struct fake_node *node = fake_at(world, process);
    node->host->lookup(node->self, ticket,
                       (struct uripc_text){.at = target, .length = strlen(target)});
}

void fake_settle(struct sim_world *world)
{
    while (sim_step(world) == SIM_STEP)
        continue;
}

struct sim_world *fake_world(uint64_t seed, uint32_t processes, const struct sim_link_faults *link)
{
    const struct sim_config config = {.size = sizeof config,
                                      .seed = seed,
                                      .backend = &fake_backend,
                                      .link = link,
                                      .processes = processes};
    struct sim_world *world = sim_create(&config);
    for (uint32_t i = 0; world && i < processes; i++)
        (void)sim_start(world, 1000 + i);
    return world;
}
