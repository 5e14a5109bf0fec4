/* SPDX-License-Identifier: MIT */
/* The name table, naively: two arrays in the block, searched from end to end. */
#include "model.h"

#include <stdbool.h>
#include <string.h>

#include "model_name.h"

/* A name in use.  Its text lies behind the arrays, at the entry's own place. */
struct entry {
    uint64_t name_life; /* 0: free */
    struct uripc_register_options options;
    uint64_t principal;
    uint32_t length;
    uint32_t reserved;
};

enum link_use { LINK_FREE = 0, LINK_HOLDER, LINK_WATCHER, LINK_GONE };

/* A holder or a watcher of an entry; or a former watcher that has to be told. */
struct link {
    enum link_use use;
    uint32_t peer;
    uint32_t order; /* of joining, or of becoming gone */
    uint32_t reserved;
    uint64_t name_life;
    struct uripc_incarnation life;
};

struct model_table {
    struct uripc_realm realm;
    uint32_t names;
    uint32_t links;
    uint32_t uri_units;
    uint32_t last_order;
    uint64_t last_life;
};

static struct model_table *own(struct uripc_table *table)
{
    return (struct model_table *)(void *)table;
}

static const struct model_table *own_const(const struct uripc_table *table)
{
    return (const struct model_table *)(const void *)table;
}

static struct entry *entry_at(struct model_table *table, uint32_t index)
{
    return (struct entry *)(void *)(table + 1) + index;
}

static struct link *link_at(struct model_table *table, uint32_t index)
{
    return (struct link *)(void *)entry_at(table, table->names) + index;
}

static char *text_at(struct model_table *table, const struct entry *entry)
{
    size_t index = (size_t)(entry - entry_at(table, 0));
    return (char *)link_at(table, table->links) + index * table->uri_units;
}

static size_t table_bytes(uint32_t names, uint32_t links, uint32_t uri_units)
{
    return sizeof(struct model_table) + names * sizeof(struct entry) + links * sizeof(struct link) +
           (size_t)names * uri_units;
}

static struct uripc_table *table_init(void *block, uint32_t names, uint32_t links,
                                      uint32_t uri_units, struct uripc_realm realm)
{
    memset(block, 0, table_bytes(names, links, uri_units));
    struct model_table *table = block;
    table->realm = realm;
    table->names = names;
    table->links = links;
    table->uri_units = uri_units;
    return block;
}

static struct uripc_text name_of(struct model_table *table, const struct entry *entry)
{
    return (struct uripc_text){.at = text_at(table, entry), .length = entry->length};
}

static bool lives_equal(struct uripc_incarnation a, struct uripc_incarnation b)
{
    return a.node == b.node && a.serial == b.serial;
}

static struct entry *entry_of_life(struct model_table *table, uint64_t name_life)
{
    for (uint32_t i = 0; i < table->names; i++)
        if (entry_at(table, i)->name_life == name_life)
            return entry_at(table, i);
    return NULL;
}

static struct entry *entry_of_name(struct model_table *table, struct uripc_text name)
{
    for (uint32_t i = 0; i < table->names; i++) {
        struct entry *entry = entry_at(table, i);
        if (entry->name_life != 0 && entry->length == name.length &&
            memcmp(text_at(table, entry), name.at, name.length) == 0)
            return entry;
    }
    return NULL;
}

/* RTE-1: the longest name above (or equal to) `target`, but not `except`. */
static struct entry *longest(struct model_table *table, struct uripc_text target,
                             const struct entry *except)
{
    struct entry *best = NULL;
    for (uint32_t i = 0; i < table->names; i++) {
        struct entry *entry = entry_at(table, i);
        if (entry->name_life != 0 && entry != except &&
            model_name_covers(name_of(table, entry), target) &&
            (best == NULL || entry->length > best->length))
            best = entry;
    }
    return best;
}

static struct link *link_add(struct model_table *table, enum link_use use, uint32_t peer,
                             uint64_t name_life, struct uripc_incarnation life)
{
    for (uint32_t i = 0; i < table->links; i++) {
        struct link *link = link_at(table, i);
        if (link->use == LINK_FREE) {
            *link = (struct link){.use = use,
                                  .peer = peer,
                                  .name_life = name_life,
                                  .order = ++table->last_order,
                                  .life = life};
            return link;
        }
    }
    return NULL;
}

/* The first link of that use with an order above `after`; name_life 0 stands for any entry. */
static struct link *link_next(struct model_table *table, enum link_use use, uint64_t name_life,
                              uint32_t after)
{
    struct link *best = NULL;
    for (uint32_t i = 0; i < table->links; i++) {
        struct link *link = link_at(table, i);
        if (link->use == use && (name_life == 0 || link->name_life == name_life) &&
            link->order > after && (best == NULL || link->order < best->order))
            best = link;
    }
    return best;
}

static void tell_watchers(struct model_table *table, const struct entry *entry)
{
    struct link *link;
    while ((link = link_next(table, LINK_WATCHER, entry->name_life, 0)) != NULL) {
        link->use = LINK_GONE;
        link->order = ++table->last_order;
    }
}

static bool options_are_equal(const struct uripc_register_options *a,
                              const struct uripc_register_options *b)
{
    return a->kind == b->kind && a->overflow == b->overflow &&
           a->queue_messages == b->queue_messages && a->queue_bytes == b->queue_bytes &&
           a->message_max == b->message_max;
}

static enum uripc_status claim_held(struct model_table *table, const struct entry *entry,
                                    const struct uripc_claim *claim, uint32_t peer,
                                    struct uripc_incarnation life, struct uripc_holder *home)
{
    if (entry->options.kind == URIPC_EXCLUSIVE ||
        !options_are_equal(&entry->options, &claim->options))
        return URIPC_EXISTS;                  /* REG-2, REG-5, REG-8 */
    if (entry->options.kind == URIPC_GROUP) { /* REG-6 */
        *home = (struct uripc_holder){.peer = peer, .life = life};
        if (link_add(table, LINK_HOLDER, peer, entry->name_life, life) == NULL)
            return URIPC_NO_RESOURCES;
        tell_watchers(table, entry); /* the members they know are not all any more */
        return URIPC_OK;
    }
    const struct link *first = link_next(table, LINK_HOLDER, entry->name_life, 0);
    if ((first->peer != peer || first->life.node != life.node) && !claim->joins)
        return URIPC_NOT_SUPPORTED;                                          /* REG-9 */
    *home = (struct uripc_holder){.peer = first->peer, .life = first->life}; /* REG-7 */
    return URIPC_OK;
}

/* ACC-6: whether a name of another principal is this one, above it or below it. */
static bool is_anothers(struct model_table *table, const struct uripc_claim *claim)
{
    for (uint32_t i = 0; i < table->names; i++) {
        const struct entry *entry = entry_at(table, i);
        const struct uripc_text name = name_of(table, entry);
        if (entry->name_life != 0 && entry->principal != claim->principal &&
            (model_name_covers(name, claim->name) || model_name_covers(claim->name, name)))
            return true;
    }
    return false;
}

static enum uripc_status table_claim(struct uripc_table *opaque, uint32_t peer, uint64_t node,
                                     const struct uripc_claim *claim, struct uripc_holder *home)
{
    struct model_table *table = own(opaque);
    struct uripc_incarnation life = {.node = node, .serial = claim->serial};
    struct entry *entry = entry_of_name(table, claim->name);
    if (!table->realm.open && claim->principal != table->realm.owner)
        return URIPC_ACCESS_DENIED; /* ACC-1 */
    if (is_anothers(table, claim))
        return URIPC_EXISTS;
    if (entry != NULL)
        return claim_held(table, entry, claim, peer, life, home);
    entry = entry_of_life(table, 0);
    if (entry == NULL || claim->name.length > table->uri_units ||
        link_add(table, LINK_HOLDER, peer, table->last_life + 1, life) == NULL)
        return URIPC_NO_RESOURCES;
    entry->name_life = ++table->last_life;
    entry->options = claim->options;
    entry->principal = claim->principal;
    entry->length = (uint32_t)claim->name.length;
    memcpy(text_at(table, entry), claim->name.at, claim->name.length);
    const struct entry *above = longest(table, claim->name, entry);
    if (above != NULL) /* RTE-10: its subtree has shrunk */
        tell_watchers(table, above);
    *home = (struct uripc_holder){.peer = peer, .life = life};
    return URIPC_OK;
}

static void let_go(struct model_table *table, struct link *holder)
{
    uint64_t name_life = holder->name_life;
    holder->use = LINK_FREE;
    if (link_next(table, LINK_HOLDER, name_life, 0) == NULL) {
        struct entry *entry = entry_of_life(table, name_life);
        tell_watchers(table, entry);
        entry->name_life = 0;
    }
}

static _Bool table_release(struct uripc_table *opaque, struct uripc_incarnation life)
{
    struct model_table *table = own(opaque);
    for (uint32_t i = 0; i < table->links; i++) {
        struct link *link = link_at(table, i);
        if (link->use == LINK_HOLDER && lives_equal(link->life, life)) {
            let_go(table, link);
            return true;
        }
    }
    return false;
}

static void table_forget(struct uripc_table *opaque, uint32_t peer)
{
    struct model_table *table = own(opaque);
    for (uint32_t i = 0; i < table->links; i++) {
        struct link *link = link_at(table, i);
        if (link->peer == peer && link->use != LINK_HOLDER)
            link->use = LINK_FREE;
    }
    struct link *holder = link_next(table, LINK_HOLDER, 0, 0);
    while (holder != NULL) { /* LIF-1, in the order of joining */
        uint32_t order = holder->order;
        if (holder->peer == peer)
            let_go(table, holder);
        holder = link_next(table, LINK_HOLDER, 0, order);
    }
}

static bool watch(struct model_table *table, uint32_t peer, const struct entry *entry,
                  struct uripc_incarnation life)
{
    for (uint32_t i = 0; i < table->links; i++) {
        const struct link *link = link_at(table, i);
        if (link->use == LINK_WATCHER && link->peer == peer && link->name_life == entry->name_life)
            return true;
    }
    return link_add(table, LINK_WATCHER, peer, entry->name_life, life) != NULL;
}

static enum uripc_status table_lookup(struct uripc_table *opaque, uint32_t peer,
                                      struct uripc_text target, struct uripc_found *found)
{
    struct model_table *table = own(opaque);
    const struct entry *entry = longest(table, target, NULL);
    if (entry == NULL)
        return URIPC_NO_RECEIVER;
    const struct link *first = link_next(table, LINK_HOLDER, entry->name_life, 0);
    struct uripc_incarnation life = first->life;
    if (entry->options.kind == URIPC_GROUP)
        life = (struct uripc_incarnation){.serial = entry->name_life};
    if (!watch(table, peer, entry, life))
        return URIPC_NO_RESOURCES;
    *found = (struct uripc_found){.kind = entry->options.kind,
                                  .first = {.peer = first->peer, .life = first->life},
                                  .name_life = entry->name_life};
    return URIPC_OK;
}

/* The cursor is the order of the member told last. */
static _Bool table_member(const struct uripc_table *opaque, uint64_t name_life, uint32_t *cursor,
                          struct uripc_holder *member)
{
    const struct model_table *table = own_const(opaque);
    const struct entry *entries = (const struct entry *)(const void *)(table + 1);
    const struct link *links = (const struct link *)(const void *)(entries + table->names);
    const struct link *next = NULL;
    for (uint32_t i = 0; i < table->links; i++)
        if (links[i].use == LINK_HOLDER && links[i].name_life == name_life &&
            links[i].order > *cursor && (next == NULL || links[i].order < next->order))
            next = &links[i];
    if (next == NULL)
        return false;
    *cursor = next->order;
    *member = (struct uripc_holder){.peer = next->peer, .life = next->life};
    return true;
}

static _Bool table_next_gone(struct uripc_table *opaque, uint32_t *peer,
                             struct uripc_incarnation *life)
{
    struct link *link = link_next(own(opaque), LINK_GONE, 0, 0);
    if (link == NULL)
        return false;
    link->use = LINK_FREE;
    *peer = link->peer;
    *life = link->life;
    return true;
}

const struct uripc_table_ops model_table_ops = {.bytes = table_bytes,
                                                .init = table_init,
                                                .claim = table_claim,
                                                .release = table_release,
                                                .forget = table_forget,
                                                .lookup = table_lookup,
                                                .member = table_member,
                                                .next_gone = table_next_gone};
