/* SPDX-License-Identifier: MIT */
#include "routes.h"

#include <string.h>

#include "hash.h"
#include "send.h"

struct uripc__route *uripc__route(struct uripc_node *node, uint32_t slot)
{
    return (struct uripc__route *)uripc__at(node, node->at_routes) + slot;
}

static char *target_of(struct uripc_node *node, uint32_t slot)
{
    return (char *)uripc__at(node, node->at_targets) + (size_t)slot * node->limits.uri_units;
}

static uint32_t *bucket(struct uripc_node *node, uint64_t hash)
{
    return (uint32_t *)uripc__at(node, node->at_by_route) + (hash & (node->route_buckets - 1));
}

static _Bool is_for(struct uripc_node *node, uint32_t slot, struct uripc_text target)
{
    return uripc__route(node, slot)->units == target.length &&
           memcmp(target_of(node, slot), target.at, target.length) == 0;
}

uint32_t uripc__route_find(struct uripc_node *node, struct uripc_text target)
{
    uint32_t slot = node->route_last;
    if (slot < node->routes_used && uripc__route(node, slot)->state != URIPC__ROUTE_FREE &&
        is_for(node, slot, target))
        return slot;
    uint64_t hash = uripc__hash(target.at, target.length);
    slot = *bucket(node, hash);
    while (slot != URIPC__NONE &&
           (uripc__route(node, slot)->hash != hash || !is_for(node, slot, target)))
        slot = uripc__route(node, slot)->same_hash;
    if (slot != URIPC__NONE)
        node->route_last = slot;
    return slot;
}

void uripc__route_forget(struct uripc_node *node, uint32_t slot)
{
    struct uripc__route *route = uripc__route(node, slot);
    uint32_t *at = bucket(node, route->hash);
    while (*at != slot)
        at = &uripc__route(node, *at)->same_hash;
    *at = route->same_hash;
    route->state = URIPC__ROUTE_FREE;
    uripc__outbox_changed(node);
}

/* RTE-13: were a send that waits to lose its route to one behind it, it would ask for it again, and
 * take it from the other, and so on for ever. */
static _Bool may_be_forgotten(const struct uripc_node *node, const struct uripc__route *route)
{
    return route->state == URIPC__ROUTE_KNOWN &&
           (route->wanted != node->pass || URIPC_MUTANT(ROUTES_STOLEN));
}

/* A slot for a new target: the next, in turn, that nobody is waiting for. */
static uint32_t victim(struct uripc_node *node)
{
    uint32_t routes = URIPC_MUTANT(ONE_ROUTE) ? 1 : node->limits.routes;
    for (uint32_t tried = 0; tried < routes; tried++) {
        uint32_t slot = node->route_hand;
        node->route_hand = (slot + 1) % routes;
        if (slot >= node->routes_used)
            return node->routes_used++;
        if (uripc__route(node, slot)->state == URIPC__ROUTE_FREE)
            return slot;
        if (may_be_forgotten(node, uripc__route(node, slot))) {
            uripc__route_forget(node, slot);
            return slot;
        }
    }
    return URIPC__NONE;
}

uint32_t uripc__route_take(struct uripc_node *node, struct uripc_text target)
{
    uint32_t slot = victim(node);
    if (slot == URIPC__NONE)
        return slot;
    uint64_t hash = uripc__hash(target.at, target.length);
    *uripc__route(node, slot) = (struct uripc__route){
        .hash = hash,
        .asked = node->started,
        .state = URIPC__ROUTE_ASKED,
        .units = (uint32_t)target.length,
        .same_hash = *bucket(node, hash),
    };
    memcpy(target_of(node, slot), target.at, target.length);
    *bucket(node, hash) = slot;
    return slot;
}

void uripc__routes_forget_life(struct uripc_node *node, struct uripc_incarnation life)
{
    for (uint32_t slot = 0; slot < node->routes_used; slot++) {
        const struct uripc__route *route = uripc__route(node, slot);
        if (route->state == URIPC__ROUTE_KNOWN && route->route.to.node == life.node &&
            route->route.to.serial == life.serial)
            uripc__route_forget(node, slot);
    }
}

void uripc__routes_forget_peer(struct uripc_node *node, uint32_t peer)
{
    for (uint32_t slot = 0; slot < node->routes_used; slot++) {
        const struct uripc__route *route = uripc__route(node, slot);
        if (route->state == URIPC__ROUTE_KNOWN && !route->route.group && route->route.peer == peer)
            uripc__route_forget(node, slot);
    }
}
