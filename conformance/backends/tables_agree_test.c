/* SPDX-License-Identifier: MIT */
/* The reference's name table and the naive one must give the same answers to the same questions,
 * over long random histories of claims, releases, deaths and lookups. */
#include <stdarg.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "conformance/backends/model.h"
#include "reference/name.h"
#include "reference/table.h"

enum { NAMES = 24, LINKS = 400, URI = 32, PEERS = 5, TURNS = 30000, LIVES = 64 };

static const char *const pool[] = {"ipc:/",     "ipc:/a",    "ipc:/a/b",    "ipc:/a/b/c",
                                   "ipc:/ab",   "ipc://h/a", "http://foo/", "http://foo/bar",
                                   "http://f/", "ipc:/a/bc", "ipc:/b",      "ipc:/a/b/c/d"};

enum { POOL = sizeof pool / sizeof pool[0] };

struct pair {
    struct uripc_table *ours;
    struct uripc_table *naive;
    struct uripc_incarnation lives[LIVES];
    unsigned count;
    uint64_t random;
    uint64_t serial;
};

static uint32_t pick(struct pair *pair, uint32_t n)
{
    pair->random = pair->random * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)((pair->random >> 33) % n);
}

static struct uripc_text name(struct pair *pair)
{
    const char *text = pool[pick(pair, POOL)];
    return (struct uripc_text){.at = text, .length = strlen(text)};
}

/* Everybody who has to be told, as one number that does not depend on the order. */
static uint64_t told(const struct uripc_table_ops *ops, struct uripc_table *table)
{
    uint32_t peer;
    struct uripc_incarnation life;
    uint64_t sum = 0;
    while (ops->next_gone(table, &peer, &life))
        sum += (peer + UINT64_C(1)) * 1000003u + (life.node != 0 ? life.serial * 7919u : 1);
    return sum;
}

static void claim(struct pair *pair)
{
    static const uint32_t lengths[] = {1000, 5};
    uint32_t peer = pick(pair, PEERS);
    struct uripc_holder a = {0};
    struct uripc_holder b = {0};
    struct uripc_claim wanted = {.serial = ++pair->serial,
                                 .name = name(pair),
                                 .principal = pick(pair, 12) == 0,
                                 .joins = pick(pair, 2) == 0,
                                 .options = {.size = sizeof wanted.options,
                                             .kind = (enum uripc_kind)pick(pair, 3),
                                             .queue_messages = lengths[pick(pair, 8) == 0]}};
    enum uripc_status ours = uripc_table_ops.claim(pair->ours, peer, 100 + peer, &wanted, &a);
    enum uripc_status naive = model_table_ops.claim(pair->naive, peer, 100 + peer, &wanted, &b);
    assert_int_equal(ours, naive);
    if (ours != URIPC_OK)
        return;
    assert_int_equal(a.peer, b.peer);
    assert_int_equal(a.life.node, b.life.node);
    assert_int_equal(a.life.serial, b.life.serial);
    if (pair->count < LIVES && a.life.serial == wanted.serial)
        pair->lives[pair->count++] = a.life;
}

static void release(struct pair *pair)
{
    if (pair->count == 0)
        return;
    uint32_t i = pick(pair, pair->count);
    struct uripc_incarnation life = pair->lives[i];
    pair->lives[i] = pair->lives[--pair->count];
    assert_int_equal(uripc_table_ops.release(pair->ours, life),
                     model_table_ops.release(pair->naive, life));
}

static void forget(struct pair *pair)
{
    uint32_t peer = pick(pair, PEERS);
    uripc_table_ops.forget(pair->ours, peer);
    model_table_ops.forget(pair->naive, peer);
}

static void members(struct pair *pair, uint64_t ours, uint64_t naive)
{
    uint32_t a = 0;
    uint32_t b = 0;
    struct uripc_holder x;
    struct uripc_holder y;
    for (;;) {
        _Bool more = uripc_table_ops.member(pair->ours, ours, &a, &x);
        assert_int_equal(more, model_table_ops.member(pair->naive, naive, &b, &y));
        if (!more)
            return;
        assert_int_equal(x.peer, y.peer);
        assert_int_equal(x.life.serial, y.life.serial);
    }
}

static void look_up(struct pair *pair)
{
    static const char *const tails[] = {"", "/", "/x", "/b/c", "?q", "c"};
    char target[64];
    struct uripc_found ours = {0};
    struct uripc_found naive = {0};
    struct uripc_text start = name(pair);
    const char *tail = tails[pick(pair, 6)];
    uint32_t asker = pick(pair, PEERS);
    memcpy(target, start.at, start.length);
    memcpy(target + start.length, tail, strlen(tail));
    struct uripc_text given = {.at = target, .length = start.length + strlen(tail)};
    char canonical[64];
    struct uripc_text text = {.at = canonical};
    if (uripc_name_canonical(given, URIPC_NAME_TARGET, canonical, sizeof canonical, &text.length) !=
        URIPC_OK)
        return;
    enum uripc_status a = uripc_table_ops.lookup(pair->ours, asker, text, &ours);
    enum uripc_status b = model_table_ops.lookup(pair->naive, asker, text, &naive);
    assert_int_equal(a, b);
    if (a != URIPC_OK)
        return;
    assert_int_equal(ours.kind, naive.kind);
    assert_int_equal(ours.first.peer, naive.first.peer);
    assert_int_equal(ours.first.life.serial, naive.first.life.serial);
    if (ours.kind == URIPC_GROUP)
        members(pair, ours.name_life, naive.name_life);
}

static void compare_tables(struct uripc_realm realm)
{
    void *a = calloc(1, uripc_table_ops.bytes(NAMES, LINKS, URI));
    void *b = calloc(1, model_table_ops.bytes(NAMES, LINKS, URI));
    struct pair pair = {.ours = uripc_table_ops.init(a, NAMES, LINKS, URI, realm),
                        .naive = model_table_ops.init(b, NAMES, LINKS, URI, realm),
                        .random = 7};
    for (int turn = 0; turn < TURNS; turn++) {
        uint32_t what = pick(&pair, 20);
        if (what < 6)
            claim(&pair);
        else if (what < 10)
            release(&pair);
        else if (what == 10)
            forget(&pair);
        else
            look_up(&pair);
        assert_int_equal(told(&uripc_table_ops, pair.ours), told(&model_table_ops, pair.naive));
    }
    free(a);
    free(b);
}

static void both_tables_answer_alike(void **state)
{
    (void)state;
    compare_tables((struct uripc_realm){.open = 1});
    compare_tables((struct uripc_realm){.owner = 0});
    compare_tables((struct uripc_realm){.owner = 1});
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(both_tables_answer_alike)};
    return cmocka_run_group_tests(tests, NULL, NULL) != 0;
}
