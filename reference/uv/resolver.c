/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include <stdlib.h>
#include <string.h>

#include "inside.h"
#include "mutants.h"

enum { GROUP_PAYLOAD_MAX = 424 }; /* DLV-8 */

/* Of a group's route, so that a send that waits for the group holds up none to a peer. */
#define NO_PEER (URIPC_NOWHERE - 1)

/* A claim or a release, followed by the name of a claim. */
struct change {
    bool is_release;
    struct uripc_claim claim; /* of a release ticket and serial */
};

struct lookup {
    uint32_t ticket;
    uint32_t units; /* of the target that follows */
};

/* ---- what is asked for ---- */

/* A request of the node is as large as its limits allow; where not even that much memory is left,
 * nothing can be promised any more. */
static void push(struct uripc__bytes *queue, const void *head, size_t size, struct uripc_text text)
{
    unsigned char *at = uripc__bytes_reserve(queue, size + text.length);
    if (at == NULL)
        abort();
    memcpy(at, head, size);
    if (text.length != 0)
        memcpy(at + size, text.at, text.length);
    uripc__bytes_add(queue, size + text.length);
}

void uripc__resolver_claim(struct uripc_uv *uv, const struct uripc_claim *claim)
{
    struct change change = {.claim = *claim};
    push(&uv->resolver.changes, &change, sizeof change, claim->name);
}

void uripc__resolver_release(struct uripc_uv *uv, uint32_t ticket, uint64_t serial)
{
    struct change change = {.is_release = true, .claim = {.ticket = ticket, .serial = serial}};
    push(&uv->resolver.changes, &change, sizeof change, (struct uripc_text){0});
}

void uripc__resolver_lookup(struct uripc_uv *uv, uint32_t ticket, struct uripc_text target)
{
    struct lookup lookup = {.ticket = ticket, .units = (uint32_t)target.length};
    push(&uv->resolver.lookups, &lookup, sizeof lookup, target);
}

/* ---- told routes ---- */

/* Makes room for one more element of an array; false: no memory. */
static bool grow(void *array, uint32_t count, uint32_t *room, size_t size)
{
    void **at = array;
    if (count < *room)
        return true;
    uint32_t more = *room != 0 ? 2 * *room : 8;
    void *grown = realloc(*at, more * size);
    if (grown == NULL)
        return false;
    *at = grown;
    *room = more;
    return true;
}

static bool remember_told(struct uripc__resolver *resolver, struct uripc_incarnation life)
{
    for (uint32_t i = 0; i < resolver->told_count; i++)
        if (resolver->told[i].node == life.node && resolver->told[i].serial == life.serial)
            return true;
    if (!grow(&resolver->told, resolver->told_count, &resolver->told_room, sizeof life))
        return false;
    resolver->told[resolver->told_count++] = life;
    return true;
}

static void forget_told(struct uripc_uv *uv)
{
    struct uripc__resolver *resolver = &uv->resolver;
    while (resolver->told_count != 0)
        uripc_node_on_route_gone(uv->node, resolver->told[--resolver->told_count]);
    while (resolver->group_count != 0)
        free(resolver->groups[--resolver->group_count].members);
    uripc__peers_trim(uv);
}

void uripc__resolver_compare(struct uripc_uv *uv)
{
    uint64_t generation = uripc__realm_generation(&uv->realm);
    if (generation == uv->resolver.generation || URIPC__UV_MUTANT(GENERATION_IGNORED))
        return;
    uv->resolver.generation = generation;
    forget_told(uv);
}

const struct uripc__group *uripc__resolver_group(const struct uripc_uv *uv, uint64_t life)
{
    for (uint32_t i = 0; i < uv->resolver.group_count; i++)
        if (uv->resolver.groups[i].life == life)
            return &uv->resolver.groups[i];
    return NULL;
}

static bool has_member(const struct uripc__group *group, uint32_t peer)
{
    for (uint32_t i = 0; i < group->count; i++)
        if (group->members[i].peer == peer)
            return true;
    return false;
}

void uripc__resolver_peer_down(struct uripc_uv *uv, uint32_t peer)
{
    struct uripc__resolver *resolver = &uv->resolver;
    for (uint32_t i = 0; i < resolver->group_count;) {
        struct uripc__group *group = &resolver->groups[i];
        if (!has_member(group, peer)) {
            i++;
            continue;
        }
        struct uripc_incarnation life = {.serial = group->life};
        free(group->members);
        *group = resolver->groups[--resolver->group_count];
        uripc_node_on_route_gone(uv->node, life);
    }
}

/* ---- look-ups ---- */

static enum uripc_status route_to_group(struct uripc_uv *uv, struct uripc_route *route)
{
    struct uripc__resolver *resolver = &uv->resolver;
    const struct uripc__holders *holders = &resolver->holders;
    struct uripc__member *members = malloc(holders->count * sizeof *members);
    if (members == NULL || !grow(&resolver->groups, resolver->group_count, &resolver->group_room,
                                 sizeof *resolver->groups)) {
        free(members);
        return URIPC_NO_RESOURCES;
    }
    if (URIPC__UV_MUTANT(FIRST_MEMBER_ONLY))
        uv->resolver.holders.count = 1;
    for (uint32_t i = 0; i < holders->count; i++) {
        struct uripc_incarnation life = holders->at[i].life;
        uint32_t peer = uripc__peer_number(uv, life.node);
        if (peer == URIPC_NOWHERE) {
            free(members);
            return URIPC_NO_RESOURCES;
        }
        members[i] = (struct uripc__member){.serial = life.serial, .node = life.node, .peer = peer};
    }
    resolver->groups[resolver->group_count++] = (struct uripc__group){
        .life = ++resolver->lives, .members = members, .count = holders->count};
    *route = (struct uripc_route){.to = {.serial = resolver->lives},
                                  .peer = NO_PEER,
                                  .payload_max = GROUP_PAYLOAD_MAX,
                                  .group = true};
    return URIPC_OK;
}

static enum uripc_status route_to_one(struct uripc_uv *uv, struct uripc_route *route)
{
    struct uripc_incarnation life = uv->resolver.holders.at[0].life;
    uint32_t peer = uripc__peer_number(uv, life.node);
    *route = (struct uripc_route){.to = life, .peer = peer, .confirmed = true};
    return peer != URIPC_NOWHERE ? URIPC_OK : URIPC_NO_RESOURCES;
}

static void look_up(struct uripc_uv *uv, uint32_t ticket, struct uripc_text target)
{
    struct uripc__resolver *resolver = &uv->resolver;
    struct uripc_route route = {.peer = URIPC_NOWHERE};
    uint64_t generation = 0;
    uv->counters.lookups++;
    enum uripc_status status =
        uripc__names_lookup(&uv->realm, target, &resolver->holders, &generation);
    if (generation != resolver->generation) {
        resolver->generation = generation;
        forget_told(uv);
    }
    if (status == URIPC_OK)
        status = resolver->holders.at[0].options.kind == URIPC_GROUP ? route_to_group(uv, &route)
                                                                     : route_to_one(uv, &route);
    if (status == URIPC_OK && !remember_told(resolver, route.to))
        status = URIPC_NO_RESOURCES;
    uripc_node_on_route(uv->node, ticket, status, &route);
}

static bool look_up_all(struct uripc_uv *uv)
{
    struct uripc__bytes asked = uv->resolver.lookups; /* answers may ask for more */
    uv->resolver.lookups = (struct uripc__bytes){0};
    bool any = uripc__bytes_held(&asked) != 0;
    while (uripc__bytes_held(&asked) != 0) {
        struct lookup lookup;
        const unsigned char *at = uripc__bytes_first(&asked);
        memcpy(&lookup, at, sizeof lookup);
        look_up(
            uv, lookup.ticket,
            (struct uripc_text){.at = (const char *)at + sizeof lookup, .length = lookup.units});
        uripc__bytes_drop(&asked, sizeof lookup + lookup.units);
    }
    uripc__bytes_free(&asked);
    return any;
}

/* ---- changes ---- */

static bool hold(struct uripc__resolver *resolver, const struct uripc_claim *claim)
{
    char *name = malloc(claim->name.length);
    if (name == NULL || !grow(&resolver->held, resolver->held_count, &resolver->held_room,
                              sizeof *resolver->held)) {
        free(name);
        return false;
    }
    memcpy(name, claim->name.at, claim->name.length);
    resolver->held[resolver->held_count++] =
        (struct uripc__held){.serial = claim->serial, .name = name, .units = claim->name.length};
    return true;
}

static void give_up(struct uripc_uv *uv, uint32_t index)
{
    struct uripc__resolver *resolver = &uv->resolver;
    struct uripc__held *held = &resolver->held[index];
    struct uripc_text name = {.at = held->name, .length = held->units};
    uripc__names_release(&uv->realm, name, held->serial);
    free(held->name);
    *held = resolver->held[--resolver->held_count];
}

/* The queue to join is at home in another node, which has to be asked. */
static void join(struct uripc_uv *uv, uint32_t ticket, struct uripc_incarnation home)
{
    uint32_t peer = uripc__peer_number(uv, home.node);
    if (peer != URIPC_NOWHERE)
        uripc_node_on_joined(uv->node, ticket, peer, home);
    else
        uripc_node_on_claimed(uv->node, ticket, URIPC_NO_RESOURCES, home.serial);
}

static void claim_one(struct uripc_uv *uv, const struct uripc_claim *claim)
{
    struct uripc_incarnation home = {.node = uv->realm.id, .serial = claim->serial};
    enum uripc_status status = URIPC_ACCESS_DENIED; /* ACC-1 */
    if (!uv->denied)
        status = uripc__names_claim(&uv->realm, claim, &uv->resolver.holders, &home);
    if (status == URIPC_OK && home.node != uv->realm.id) {
        join(uv, claim->ticket, home);
        return;
    }
    if (status == URIPC_OK && home.serial == claim->serial && !hold(&uv->resolver, claim)) {
        uripc__names_release(&uv->realm, claim->name, home.serial);
        status = URIPC_NO_RESOURCES;
    }
    uripc_node_on_claimed(uv->node, claim->ticket, status, home.serial);
}

static void release_one(struct uripc_uv *uv, uint32_t ticket, uint64_t serial)
{
    for (uint32_t i = 0; i < uv->resolver.held_count; i++) {
        if (uv->resolver.held[i].serial == serial) {
            give_up(uv, i);
            break;
        }
    }
    uripc_node_on_released(uv->node, ticket);
}

static void change_all(struct uripc_uv *uv)
{
    struct uripc__bytes asked = uv->resolver.changes;
    uv->resolver.changes = (struct uripc__bytes){0};
    while (uripc__bytes_held(&asked) != 0) {
        struct change change;
        const unsigned char *at = uripc__bytes_first(&asked);
        memcpy(&change, at, sizeof change);
        change.claim.name.at = (const char *)at + sizeof change;
        if (change.is_release)
            release_one(uv, change.claim.ticket, change.claim.serial);
        else
            claim_one(uv, &change.claim);
        uripc__bytes_drop(&asked, sizeof change + change.claim.name.length);
    }
    uripc__bytes_free(&asked);
}

static void sweep(struct uripc_uv *uv)
{
    uv->resolver.sweep = false;
    uripc__names_sweep(&uv->realm);
    uripc__realm_sweep(&uv->realm);
}

bool uripc__resolver_work(struct uripc_uv *uv)
{
    bool any = look_up_all(uv);
    bool changes = uripc__bytes_held(&uv->resolver.changes) != 0;
    if (!changes && !uv->resolver.sweep)
        return any;
    if (uv->denied) {
        change_all(uv);
        return changes;
    }
    if (!uripc__realm_lock(&uv->realm)) {
        uripc__try_again(uv);
        return any;
    }
    if (uv->resolver.sweep)
        sweep(uv);
    change_all(uv);
    if (!URIPC__UV_MUTANT(LOCK_KEPT) || uv->resolver.holders.count == 0)
        uripc__realm_unlock(&uv->realm);
    return true;
}

/* ---- the end ---- */

bool uripc__resolver_give_up(struct uripc_uv *uv)
{
    if (uv->denied)
        return true;
    if (!uripc__realm_lock(&uv->realm))
        return false;
    while (uv->resolver.held_count != 0)
        give_up(uv, uv->resolver.held_count - 1);
    sweep(uv);
    uripc__realm_unlock(&uv->realm);
    return true;
}

void uripc__resolver_free(struct uripc_uv *uv)
{
    struct uripc__resolver *resolver = &uv->resolver;
    for (uint32_t i = 0; i < resolver->group_count; i++)
        free(resolver->groups[i].members);
    for (uint32_t i = 0; i < resolver->held_count; i++)
        free(resolver->held[i].name);
    free(resolver->groups);
    free(resolver->held);
    free(resolver->told);
    uripc__holders_free(&resolver->holders);
    uripc__bytes_free(&resolver->lookups);
    uripc__bytes_free(&resolver->changes);
}
