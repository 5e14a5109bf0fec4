/* SPDX-License-Identifier: MIT */
#include "model_host.h"

#include <stdlib.h>
#include <string.h>

#include "model_parts.h"

enum event_kind {
    EVENT_CLAIMED,
    EVENT_RELEASED,
    EVENT_ROUTE,
    EVENT_GONE,
    EVENT_FRAME,
    EVENT_ROOM,
    EVENT_DOWN
};

struct host_event {
    struct host_event *next;
    enum event_kind kind;
    uint32_t to;
    uint64_t identity; /* the life it is meant for */
    uint32_t peer;
    uint32_t ticket;
    enum uripc_status status;
    uint64_t serial;
    struct uripc_route route;
    struct uripc_incarnation life;
    struct model_frame *frame;
};

static struct host_event *event_push(struct host *host, uint32_t to, enum event_kind kind)
{
    struct host_event *event = model_alloc(sizeof *event);
    event->kind = kind;
    event->to = to;
    event->identity = host->peers[to].identity;
    struct host_event **end = &host->events;
    while (*end != NULL)
        end = &(*end)->next;
    *end = event;
    return event;
}

static void tell_watchers(struct host *host)
{
    uint32_t peer;
    struct uripc_incarnation life;
    while (model_table_ops.next_gone(host->table, &peer, &life))
        event_push(host, peer, EVENT_GONE)->life = life;
}

static void port_claim(void *self, const struct uripc_claim *claim)
{
    struct host_peer *peer = self;
    struct uripc_holder home = {.life = {.serial = claim->serial}};
    enum uripc_status status =
        model_table_ops.claim(peer->host->table, peer->number, peer->identity, claim, &home);
    tell_watchers(peer->host);
    struct host_event *event = event_push(peer->host, peer->number, EVENT_CLAIMED);
    event->ticket = claim->ticket;
    event->status = status;
    event->serial = home.life.serial;
}

static void port_release(void *self, uint32_t ticket, uint64_t serial)
{
    struct host_peer *peer = self;
    struct uripc_incarnation life = {.node = peer->identity, .serial = serial};
    if (!model_table_ops.release(peer->host->table, life))
        abort();
    tell_watchers(peer->host);
    event_push(peer->host, peer->number, EVENT_RELEASED)->ticket = ticket;
}

static void port_lookup(void *self, uint32_t ticket, struct uripc_text target)
{
    struct host_peer *peer = self;
    struct host *host = peer->host;
    struct uripc_found found = {.kind = URIPC_EXCLUSIVE};
    struct host_event *event = event_push(host, peer->number, EVENT_ROUTE);
    event->ticket = ticket;
    event->status = model_table_ops.lookup(host->table, peer->number, target, &found);
    bool group = found.kind == URIPC_GROUP;
    event->route = (struct uripc_route){.to = found.first.life,
                                        .peer = found.first.peer,
                                        .payload_max = group ? host->group_max : 0,
                                        .group = group,
                                        .confirmed = !group && !host->unconfirmed};
    if (group)
        event->route.to = (struct uripc_incarnation){.serial = found.name_life};
    if (event->status == URIPC_NO_RECEIVER && host->silent) {
        event->status = URIPC_OK;
        event->route = (struct uripc_route){.peer = URIPC_NOWHERE};
    }
}

static void deliver(struct host_peer *from, uint32_t to, const struct uripc_frame *frame,
                    struct uripc_incarnation life)
{
    struct host_event *event = event_push(from->host, to, EVENT_FRAME);
    event->peer = from->number;
    event->frame = model_frame_copy(from->number, frame);
    event->frame->frame.to = life;
    event->frame->frame.principal = 100 + from->number;
}

static enum uripc_status port_carry(void *self, uint32_t to, _Bool group,
                                    const struct uripc_frame *frame)
{
    struct host_peer *from = self;
    struct host *host = from->host;
    if (frame->kind == URIPC_FRAME_MESSAGE && host->full[to]) {
        host->peers[to].wants_room = true;
        return URIPC_WOULD_BLOCK;
    }
    host->carried++;
    if (!group) {
        deliver(from, to, frame, frame->to);
        return URIPC_OK;
    }
    uint32_t cursor = 0;
    struct uripc_holder member;
    while (model_table_ops.member(host->table, frame->to.serial, &cursor, &member))
        deliver(from, member.peer, frame, member.life);
    return URIPC_OK;
}

static void port_copy_out(void *self, uint64_t id, uint32_t offset, const void *bytes,
                          uint32_t length)
{
    (void)self;
    memcpy((char *)(uintptr_t)id + offset, bytes, length);
}

static void port_wake_at(void *self, uint64_t at)
{
    struct host_peer *peer = self;
    peer->alarm = at;
}

static _Bool port_run_one(void *self)
{
    struct host_peer *peer = self;
    return host_step(peer->host);
}

static const struct uripc_host ports = {.size = sizeof ports,
                                        .claim = port_claim,
                                        .release = port_release,
                                        .lookup = port_lookup,
                                        .carry = port_carry,
                                        .copy_out = port_copy_out,
                                        .wake_at = port_wake_at,
                                        .run_one = port_run_one};

void host_start(struct host *host, uint32_t number)
{
    struct host_peer *peer = &host->peers[number];
    uint64_t identity = peer->identity + 0x1000 + number;
    *peer = (struct host_peer){
        .host = host, .number = number, .identity = identity, .alarm = UINT64_MAX};
    void *block = model_alloc(model_node_ops.bytes(&host->limits));
    peer->node = model_node_ops.init(block, &host->limits, &ports, peer, identity, number);
    model_node_ops.set_time(peer->node, host->now);
}

void host_kill(struct host *host, uint32_t number)
{
    struct host_peer *peer = &host->peers[number];
    model_node_ops.fini(peer->node);
    free(peer->node);
    peer->node = NULL;
    peer->alarm = UINT64_MAX;
    model_table_ops.forget(host->table, number);
    tell_watchers(host);
    for (uint32_t i = 0; i < HOST_PEERS; i++)
        if (i != number && host->peers[i].node != NULL)
            event_push(host, i, EVENT_DOWN)->peer = number;
}

void host_init(struct host *host)
{
    *host = (struct host){.group_max = 424,
                          .limits = {.size = sizeof host->limits,
                                     .registrations = 8,
                                     .operations = 16,
                                     .routes = 4,
                                     .pool_bytes = 4096,
                                     .uri_units = 64}};
    void *block = model_alloc(model_table_ops.bytes(16, 64, 64));
    host->table = model_table_ops.init(block, 16, 64, 64, (struct uripc_realm){0});
    for (uint32_t i = 0; i < HOST_PEERS; i++)
        host_start(host, i);
}

static void upcall(struct host_peer *peer, const struct host_event *event)
{
    const struct uripc_node_ops *ops = &model_node_ops;
    switch (event->kind) {
    case EVENT_CLAIMED:
        ops->on_claimed(peer->node, event->ticket, event->status, event->serial);
        break;
    case EVENT_RELEASED:
        ops->on_released(peer->node, event->ticket);
        break;
    case EVENT_ROUTE:
        ops->on_route(peer->node, event->ticket, event->status, &event->route);
        break;
    case EVENT_GONE:
        ops->on_route_gone(peer->node, event->life);
        break;
    case EVENT_FRAME:
        ops->on_frame(peer->node, event->peer, &event->frame->frame);
        break;
    case EVENT_ROOM:
        ops->on_room(peer->node, event->peer);
        break;
    case EVENT_DOWN:
        ops->on_peer_down(peer->node, event->peer);
        break;
    }
}

bool host_step(struct host *host)
{
    struct host_event *event = host->events;
    if (event == NULL)
        return false;
    host->events = event->next;
    struct host_peer *peer = &host->peers[event->to];
    if (peer->node != NULL && peer->identity == event->identity)
        upcall(peer, event);
    model_frames_free(&event->frame);
    free(event);
    return true;
}

void host_run(struct host *host)
{
    while (host_step(host)) {
    }
}

static struct host_peer *next_alarm(struct host *host)
{
    struct host_peer *best = &host->peers[0];
    for (uint32_t i = 1; i < HOST_PEERS; i++)
        if (host->peers[i].alarm < best->alarm)
            best = &host->peers[i];
    return best;
}

static void set_time(struct host *host, uint64_t now)
{
    host->now = now;
    for (uint32_t i = 0; i < HOST_PEERS; i++)
        if (host->peers[i].node != NULL)
            model_node_ops.set_time(host->peers[i].node, now);
}

void host_advance(struct host *host, uint64_t to)
{
    host_run(host);
    for (struct host_peer *peer = next_alarm(host); peer->alarm <= to; peer = next_alarm(host)) {
        set_time(host, peer->alarm);
        peer->alarm = UINT64_MAX;
        model_node_ops.on_wake(peer->node);
        host_run(host);
    }
    set_time(host, to);
}

void host_room(struct host *host, uint32_t number)
{
    host->full[number] = false;
    for (uint32_t i = 0; host->peers[number].wants_room && i < HOST_PEERS; i++)
        event_push(host, i, EVENT_ROOM)->peer = number;
    host->peers[number].wants_room = false;
}

void host_fini(struct host *host)
{
    for (uint32_t i = 0; i < HOST_PEERS; i++)
        if (host->peers[i].node != NULL)
            host_kill(host, i);
    host_run(host);
    free(host->table);
}
