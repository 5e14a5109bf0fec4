/* SPDX-License-Identifier: MIT */
#include "table.h"

#include <string.h>

#include "hash.h"
#include "mutants.h"
#include "name.h"

#define NONE UINT32_MAX

/* A name in use. */
struct entry {
    uint64_t hash;
    uint64_t life; /* a count, then the entry's index in the low 32 bits; 0 while free */
    struct uripc_register_options options;
    uint64_t principal; /* of all its holders (ACC-6) */
    uint32_t units;
    uint32_t holders; /* links, in the order they joined */
    uint32_t last_holder;
    uint32_t watchers;
    uint32_t next; /* same bucket, or free */
};

/* A holder or a watcher of an entry; or a watcher to be told. */
struct link {
    struct uripc_incarnation life; /* holder: its own; watcher: the life its route leads to */
    uint32_t peer;
    uint32_t entry;
    uint32_t next; /* same entry, free, or gone */
    uint32_t same; /* same bucket */
    _Bool watcher;
};

struct uripc_table {
    struct uripc_realm realm;
    uint64_t lives;
    uint32_t names;
    uint32_t links;
    uint32_t uri_units;
    uint32_t entries_used;
    uint32_t entries_free;
    uint32_t links_used;
    uint32_t links_free;
    uint32_t entry_buckets;
    uint32_t link_buckets;
    uint32_t gone_head;
    uint32_t gone_tail;
};

static size_t align8(size_t bytes)
{
    return (bytes + 7) / 8 * 8;
}

static struct entry *entry_at(const struct uripc_table *table, uint32_t index)
{
    return (struct entry *)((uintptr_t)(table + 1)) + index;
}

static struct link *link_at(const struct uripc_table *table, uint32_t index)
{
    return (struct link *)(void *)entry_at(table, table->names) + index;
}

static uint32_t *entry_bucket(const struct uripc_table *table, uint64_t hash)
{
    uint32_t *buckets = (uint32_t *)(void *)link_at(table, table->links);
    return &buckets[hash & (table->entry_buckets - 1)];
}

static uint32_t *link_bucket(const struct uripc_table *table, uint64_t hash)
{
    uint32_t *buckets = (uint32_t *)(void *)link_at(table, table->links) + table->entry_buckets;
    return &buckets[hash & (table->link_buckets - 1)];
}

static char *name_at(const struct uripc_table *table, uint32_t index)
{
    char *names = (char *)((uint32_t *)(void *)link_at(table, table->links) + table->entry_buckets +
                           table->link_buckets);
    return names + (size_t)index * table->uri_units;
}

size_t uripc_table_bytes(uint32_t names, uint32_t links, uint32_t uri_units)
{
    size_t buckets = (size_t)uripc__buckets(names) + uripc__buckets(links);
    return align8(sizeof(struct uripc_table) + names * sizeof(struct entry) +
                  links * sizeof(struct link) + buckets * sizeof(uint32_t) +
                  (size_t)names * uri_units);
}

struct uripc_table *uripc_table_init(void *block, uint32_t names, uint32_t links,
                                     uint32_t uri_units, struct uripc_realm realm)
{
    struct uripc_table *table = block;
    *table = (struct uripc_table){
        .realm = realm,
        .names = names,
        .links = links,
        .uri_units = uri_units,
        .entries_free = NONE,
        .links_free = NONE,
        .entry_buckets = uripc__buckets(names),
        .link_buckets = uripc__buckets(links),
        .gone_head = NONE,
        .gone_tail = NONE,
    };
    memset(entry_bucket(table, 0), 0xff,
           ((size_t)table->entry_buckets + table->link_buckets) * sizeof(uint32_t));
    return table;
}

static uint32_t find_entry(const struct uripc_table *table, struct uripc_text name)
{
    uint64_t hash = uripc__hash(name.at, name.length);
    for (uint32_t i = *entry_bucket(table, hash); i != NONE; i = entry_at(table, i)->next) {
        const struct entry *entry = entry_at(table, i);
        if (entry->hash == hash && entry->units == name.length &&
            memcmp(name_at(table, i), name.at, name.length) == 0)
            return i;
    }
    return NONE;
}

static _Bool shorten(struct uripc_text *name)
{
    if (!URIPC_MUTANT(PREFIX_BY_CHARACTERS))
        return uripc_name_parent(name);
    return --name->length > 0;
}

/* The longest registered name that is `name` or above it (RTE-1, RTE-2). */
static uint32_t find_longest(const struct uripc_table *table, struct uripc_text name)
{
    uint32_t found = NONE;
    do {
        uint32_t entry = find_entry(table, name);
        if (entry != NONE)
            found = entry;
        if (found != NONE && !URIPC_MUTANT(SHORTEST_WINS))
            break;
    } while (shorten(&name));
    return found;
}

static uint64_t life_hash(struct uripc_incarnation life)
{
    uint64_t node = URIPC_MUTANT(FOREIGN_RELEASE) ? 0 : life.node;
    return uripc__mix(node ^ uripc__mix(life.serial));
}

static uint64_t watcher_hash(uint32_t entry, uint32_t peer)
{
    return uripc__mix((uint64_t)entry << 32 | peer);
}

static uint64_t link_hash(const struct link *link)
{
    return link->watcher ? watcher_hash(link->entry, link->peer) : life_hash(link->life);
}

static uint32_t take_link(struct uripc_table *table)
{
    uint32_t index = table->links_free;
    if (index != NONE)
        table->links_free = link_at(table, index)->next;
    else if (table->links_used < table->links)
        index = table->links_used++;
    return index;
}

static void give_link(struct uripc_table *table, uint32_t index)
{
    link_at(table, index)->next = table->links_free;
    table->links_free = index;
}

static void hash_link(struct uripc_table *table, uint32_t index)
{
    uint32_t *bucket = link_bucket(table, link_hash(link_at(table, index)));
    link_at(table, index)->same = *bucket;
    *bucket = index;
}

static void unhash_link(struct uripc_table *table, uint32_t index)
{
    uint32_t *at = link_bucket(table, link_hash(link_at(table, index)));
    while (*at != index)
        at = &link_at(table, *at)->same;
    *at = link_at(table, index)->same;
}

static uint32_t find_holder(const struct uripc_table *table, struct uripc_incarnation life)
{
    for (uint32_t i = *link_bucket(table, life_hash(life)); i != NONE;
         i = link_at(table, i)->same) {
        const struct link *link = link_at(table, i);
        _Bool same = link->life.node == life.node || URIPC_MUTANT(FOREIGN_RELEASE);
        if (!link->watcher && same && link->life.serial == life.serial)
            return i;
    }
    return NONE;
}

static uint32_t find_watcher(const struct uripc_table *table, uint32_t entry, uint32_t peer)
{
    uint32_t i = *link_bucket(table, watcher_hash(entry, peer));
    for (; i != NONE; i = link_at(table, i)->same) {
        const struct link *link = link_at(table, i);
        if (link->watcher && link->entry == entry && link->peer == peer)
            return i;
    }
    return NONE;
}

/* Moves all watchers of an entry to the list of those to be told. */
static void tell_watchers(struct uripc_table *table, uint32_t index)
{
    struct entry *entry = entry_at(table, index);
    if (URIPC_MUTANT(STALE_ROUTES))
        return;
    while (entry->watchers != NONE) {
        uint32_t told = entry->watchers;
        struct link *link = link_at(table, told);
        entry->watchers = link->next;
        unhash_link(table, told);
        link->next = NONE;
        if (table->gone_tail == NONE)
            table->gone_head = told;
        else
            link_at(table, table->gone_tail)->next = told;
        table->gone_tail = told;
    }
}

static uint32_t new_entry(struct uripc_table *table, const struct uripc_claim *claim)
{
    uint32_t index = table->entries_free;
    if (claim->name.length > table->uri_units)
        return NONE;
    if (index != NONE)
        table->entries_free = entry_at(table, index)->next;
    else if (table->entries_used < table->names)
        index = table->entries_used++;
    else
        return NONE;
    uint64_t hash = uripc__hash(claim->name.at, claim->name.length);
    uint32_t *bucket = entry_bucket(table, hash);
    *entry_at(table, index) = (struct entry){
        .hash = hash,
        .life = ++table->lives << 32 | index,
        .options = claim->options,
        .principal = claim->principal,
        .units = (uint32_t)claim->name.length,
        .holders = NONE,
        .last_holder = NONE,
        .watchers = NONE,
        .next = *bucket,
    };
    memcpy(name_at(table, index), claim->name.at, claim->name.length);
    *bucket = index;
    return index;
}

static void free_entry(struct uripc_table *table, uint32_t index)
{
    struct entry *entry = entry_at(table, index);
    uint32_t *at = entry_bucket(table, entry->hash);
    while (*at != index)
        at = &entry_at(table, *at)->next;
    *at = entry->next;
    entry->life = 0;
    entry->next = table->entries_free;
    table->entries_free = index;
}

static _Bool same_options(const struct uripc_register_options *a,
                          const struct uripc_register_options *b)
{
    return a->overflow == b->overflow && a->queue_messages == b->queue_messages &&
           a->queue_bytes == b->queue_bytes && a->message_max == b->message_max;
}

static enum uripc_status add_holder(struct uripc_table *table, uint32_t index, uint32_t peer,
                                    struct uripc_incarnation life)
{
    uint32_t added = take_link(table);
    if (added == NONE)
        return URIPC_NO_RESOURCES;
    struct entry *entry = entry_at(table, index);
    *link_at(table, added) =
        (struct link){.life = life, .peer = peer, .entry = index, .next = NONE};
    if (entry->last_holder == NONE)
        entry->holders = added;
    else
        link_at(table, entry->last_holder)->next = added;
    entry->last_holder = added;
    hash_link(table, added);
    return URIPC_OK;
}

static enum uripc_status join(struct uripc_table *table, uint32_t index, uint32_t peer,
                              struct uripc_incarnation life, const struct uripc_claim *claim,
                              struct uripc_holder *home)
{
    const struct entry *entry = entry_at(table, index);
    const struct link *first = link_at(table, entry->holders);
    if (entry->options.kind != claim->options.kind && !URIPC_MUTANT(MIXED_KINDS)) /* REG-5 */
        return URIPC_EXISTS;
    if (entry->options.kind == URIPC_EXCLUSIVE && !URIPC_MUTANT(TWO_OWNERS)) /* REG-2 */
        return URIPC_EXISTS;
    if (!same_options(&entry->options, &claim->options) && !URIPC_MUTANT(ANY_OPTIONS)) /* REG-8 */
        return URIPC_EXISTS;
    if (entry->options.kind == URIPC_SHARED) {
        _Bool elsewhere = first->peer != peer;
        if (elsewhere && !claim->joins)
            return URIPC_NOT_SUPPORTED; /* REG-9 */
        if (!URIPC_MUTANT(JOIN_ALONE) && !(URIPC_MUTANT(FOREIGN_JOIN) && elsewhere))
            *home = (struct uripc_holder){.peer = first->peer, .life = first->life};
        return URIPC_OK;
    }
    enum uripc_status status = add_holder(table, index, peer, life);
    if (status == URIPC_OK)
        tell_watchers(table, index); /* who was told the members asks again */
    return status;
}

static _Bool admits(const struct uripc_table *table, uint64_t principal)
{
    _Bool open = table->realm.open && !URIPC_MUTANT(STRANGERS_REFUSED); /* ACC-4 */
    return open || principal == table->realm.owner || URIPC_MUTANT(REALM_FOR_ALL);
}

static _Bool is_anothers(const struct uripc_table *table, uint32_t index, uint64_t principal)
{
    return index != NONE && entry_at(table, index)->principal != principal;
}

/* Whether another principal holds a name below `name`.  In a realm of one principal nobody does. */
static _Bool holds_below(const struct uripc_table *table, struct uripc_text name,
                         uint64_t principal)
{
    for (uint32_t i = 0; table->realm.open && i < table->entries_used; i++) {
        const struct entry *entry = entry_at(table, i);
        const struct uripc_text held = {.at = name_at(table, i), .length = entry->units};
        if (entry->life != 0 && entry->principal != principal && uripc_name_is_below(held, name))
            return 1;
    }
    return 0;
}

/* A name and all below it are one principal's (ACC-6). */
static _Bool is_taken(const struct uripc_table *table, uint32_t index, uint32_t above,
                      const struct uripc_claim *claim)
{
    if (is_anothers(table, index, claim->principal))
        return !URIPC_MUTANT(ANYBODYS_GROUP);
    if (is_anothers(table, above, claim->principal))
        return !URIPC_MUTANT(BELOW_IS_FREE);
    return holds_below(table, claim->name, claim->principal) && !URIPC_MUTANT(ABOVE_IS_FREE);
}

static enum uripc_status enter(struct uripc_table *table, uint32_t peer, uint64_t node,
                               const struct uripc_claim *claim, struct uripc_holder *home)
{
    struct uripc_incarnation life = {.node = node, .serial = claim->serial};
    uint32_t index = find_entry(table, claim->name);
    uint32_t above = index == NONE ? find_longest(table, claim->name) : NONE;
    if (is_taken(table, index, above, claim))
        return URIPC_EXISTS;
    if (index != NONE)
        return join(table, index, peer, life, claim, home);
    index = new_entry(table, claim);
    if (index == NONE)
        return URIPC_NO_RESOURCES;
    enum uripc_status status = add_holder(table, index, peer, life);
    if (status != URIPC_OK)
        free_entry(table, index);
    else if (above != NONE && !URIPC_MUTANT(LONGER_UNSEEN))
        tell_watchers(table, above); /* RTE-10 */
    return status;
}

enum uripc_status uripc_table_claim(struct uripc_table *table, uint32_t peer, uint64_t node,
                                    const struct uripc_claim *claim, struct uripc_holder *home)
{
    *home = (struct uripc_holder){.peer = peer, .life = {.node = node, .serial = claim->serial}};
    if (admits(table, claim->principal))
        return enter(table, peer, node, claim, home);
    if (URIPC_MUTANT(DENIAL_TELLS) && find_entry(table, claim->name) != NONE) /* ACC-2 */
        return URIPC_EXISTS;
    if (URIPC_MUTANT(DENIED_KEEPS_NAME)) /* ACC-3 */
        (void)enter(table, peer, node, claim, home);
    return URIPC_ACCESS_DENIED;
}

/* Takes the holder `index` out of its entry, and the entry out of the table with its last one. */
static void remove_holder(struct uripc_table *table, uint32_t index)
{
    uint32_t owner = link_at(table, index)->entry;
    struct entry *entry = entry_at(table, owner);
    uint32_t *at = &entry->holders;
    uint32_t before = NONE;
    while (*at != index) {
        before = *at;
        at = &link_at(table, *at)->next;
    }
    *at = link_at(table, index)->next;
    if (entry->last_holder == index)
        entry->last_holder = before;
    unhash_link(table, index);
    give_link(table, index);
    if (entry->holders == NONE || entry->options.kind != URIPC_GROUP)
        tell_watchers(table, owner); /* RTE-11 */
    if (entry->holders == NONE)
        free_entry(table, owner);
}

_Bool uripc_table_release(struct uripc_table *table, struct uripc_incarnation life)
{
    uint32_t index = find_holder(table, life);
    if (index == NONE)
        return 0;
    remove_holder(table, index);
    return 1;
}

static void forget_holdings(struct uripc_table *table, uint32_t index, uint32_t peer)
{
    uint32_t holder = entry_at(table, index)->holders;
    while (holder != NONE) {
        uint32_t next = link_at(table, holder)->next;
        if (link_at(table, holder)->peer == peer)
            remove_holder(table, holder);
        holder = next;
    }
}

static void forget_watch(struct uripc_table *table, uint32_t index, uint32_t peer)
{
    uint32_t watcher = find_watcher(table, index, peer);
    if (watcher == NONE)
        return;
    uint32_t *at = &entry_at(table, index)->watchers;
    while (*at != watcher)
        at = &link_at(table, *at)->next;
    *at = link_at(table, watcher)->next;
    unhash_link(table, watcher);
    give_link(table, watcher);
}

void uripc_table_forget(struct uripc_table *table, uint32_t peer)
{
    if (URIPC_MUTANT(NAME_SURVIVES_DEATH))
        return;
    for (uint32_t i = 0; i < table->entries_used; i++) {
        if (entry_at(table, i)->life == 0)
            continue;
        forget_watch(table, i, peer);
        forget_holdings(table, i, peer);
    }
}

static _Bool watch(struct uripc_table *table, uint32_t index, uint32_t peer,
                   struct uripc_incarnation life)
{
    if (find_watcher(table, index, peer) != NONE)
        return 1;
    uint32_t added = take_link(table);
    if (added == NONE)
        return 0;
    struct entry *entry = entry_at(table, index);
    *link_at(table, added) = (struct link){
        .life = life, .peer = peer, .entry = index, .next = entry->watchers, .watcher = 1};
    entry->watchers = added;
    hash_link(table, added);
    return 1;
}

enum uripc_status uripc_table_lookup(struct uripc_table *table, uint32_t peer,
                                     struct uripc_text target, struct uripc_found *found)
{
    uint32_t index = find_longest(table, uripc_name_match_part(target)); /* RTE-4 */
    if (index == NONE)
        return URIPC_NO_RECEIVER;
    const struct entry *entry = entry_at(table, index);
    const struct link *first = link_at(table, entry->holders);
    struct uripc_incarnation life = first->life;
    if (entry->options.kind == URIPC_GROUP)
        life = (struct uripc_incarnation){.serial = entry->life};
    if (!watch(table, index, peer, life))
        return URIPC_NO_RESOURCES;
    *found = (struct uripc_found){
        .kind = entry->options.kind,
        .first = {.peer = first->peer, .life = first->life},
        .name_life = entry->life,
    };
    return URIPC_OK;
}

_Bool uripc_table_member(const struct uripc_table *table, uint64_t name_life, uint32_t *cursor,
                         struct uripc_holder *member)
{
    /* The life of a name ends in its entry's index; the cursor is the next holder's link plus one.
     */
    uint32_t at = *cursor;
    if (at == 0) {
        uint32_t index = (uint32_t)name_life;
        if (index >= table->entries_used || entry_at(table, index)->life != name_life)
            return 0;
        at = entry_at(table, index)->holders + 1;
    }
    if (at == NONE)
        return 0;
    const struct link *link = link_at(table, at - 1);
    *member = (struct uripc_holder){.peer = link->peer, .life = link->life};
    *cursor = link->next == NONE || URIPC_MUTANT(GROUP_FIRST_ONLY) ? NONE : link->next + 1;
    return 1;
}

_Bool uripc_table_next_gone(struct uripc_table *table, uint32_t *peer,
                            struct uripc_incarnation *life)
{
    uint32_t index = table->gone_head;
    if (index == NONE)
        return 0;
    const struct link *link = link_at(table, index);
    *peer = link->peer;
    *life = link->life;
    table->gone_head = link->next;
    if (table->gone_head == NONE)
        table->gone_tail = NONE;
    give_link(table, index);
    return 1;
}

const struct uripc_table_ops uripc_table_ops = {
    .bytes = uripc_table_bytes,
    .init = uripc_table_init,
    .claim = uripc_table_claim,
    .release = uripc_table_release,
    .forget = uripc_table_forget,
    .lookup = uripc_table_lookup,
    .member = uripc_table_member,
    .next_gone = uripc_table_next_gone,
};
