/* SPDX-License-Identifier: MIT */
#include "table.h"

#include <stdarg.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { NAMES = 4, LINKS = 16, URI = 32 };

static struct uripc_text text(const char *from)
{
    return (struct uripc_text){.at = from, .length = strlen(from)};
}

static int set_up(void **state)
{
    void *block = calloc(1, uripc_table_bytes(NAMES, LINKS, URI));
    *state = uripc_table_init(block, NAMES, LINKS, URI, (struct uripc_realm){.open = 1});
    return *state == NULL;
}

static int tear_down(void **state)
{
    free(*state);
    return 0;
}

/* Peer p is node 100 + p. */
static enum uripc_status claim_as(struct uripc_table *table, uint64_t principal, uint32_t peer,
                                  uint64_t serial, const char *name, enum uripc_kind kind)
{
    struct uripc_holder given = {0};
    struct uripc_claim wanted = {
        .serial = serial,
        .name = text(name),
        .options = {.size = sizeof wanted.options, .kind = kind, .queue_messages = 1000},
        .principal = principal};
    enum uripc_status status = uripc_table_claim(table, peer, 100 + peer, &wanted, &given);
    if (status == URIPC_OK && kind != URIPC_SHARED)
        assert_int_equal(given.life.serial, serial);
    return status;
}

static enum uripc_status claim(struct uripc_table *table, uint32_t peer, uint64_t serial,
                               const char *name, enum uripc_kind kind)
{
    return claim_as(table, 0, peer, serial, name, kind);
}

static uint64_t who(struct uripc_table *table, uint32_t asker, const char *target)
{
    struct uripc_found found;
    if (uripc_table_lookup(table, asker, text(target), &found) != URIPC_OK)
        return 0;
    return found.first.life.serial;
}

static unsigned told(struct uripc_table *table, uint32_t peer)
{
    uint32_t watcher;
    struct uripc_incarnation life;
    unsigned count = 0;
    while (uripc_table_next_gone(table, &watcher, &life))
        count += watcher == peer;
    return count;
}

static void the_longest_whole_segment_prefix_wins(void **state)
{
    struct uripc_table *table = *state;
    assert_int_equal(claim(table, 1, 10, "http://foo/", URIPC_EXCLUSIVE), URIPC_OK);
    assert_int_equal(claim(table, 2, 20, "http://foo/bar", URIPC_EXCLUSIVE), URIPC_OK);
    assert_int_equal(who(table, 9, "http://foo/bar/x?q=1"), 20);
    assert_int_equal(who(table, 9, "http://foo/bar/"), 20);
    assert_int_equal(who(table, 9, "http://foo/barn"), 10);
    assert_int_equal(who(table, 9, "http://fo/"), 0);
    assert_int_equal(who(table, 9, "ipc://foo/bar"), 0);
}

static void whoever_was_told_a_route_is_told_when_it_stops_being_right(void **state)
{
    struct uripc_table *table = *state;
    claim(table, 1, 10, "ipc:/a", URIPC_EXCLUSIVE);
    who(table, 8, "ipc:/a/b/c");
    who(table, 8, "ipc:/a/d"); /* a second route of one peer is one watch */
    claim(table, 2, 20, "ipc:/ab", URIPC_EXCLUSIVE);
    assert_int_equal(told(table, 8), 0);
    claim(table, 2, 21, "ipc:/a/b", URIPC_EXCLUSIVE);
    assert_int_equal(told(table, 8), 1);
    who(table, 8, "ipc:/a/b/c");
    assert_true(uripc_table_release(table, (struct uripc_incarnation){102, 21}));
    assert_int_equal(told(table, 8), 1);
    assert_int_equal(who(table, 8, "ipc:/a/b/c"), 10);
    uripc_table_forget(table, 1);
    assert_int_equal(told(table, 8), 1);
}

static void a_group_lists_its_members_in_the_order_they_joined(void **state)
{
    struct uripc_table *table = *state;
    struct uripc_found found;
    struct uripc_holder member;
    uint32_t cursor = 0;
    for (uint32_t peer = 1; peer <= 3; peer++)
        claim(table, peer, peer, "ipc:/g", URIPC_GROUP);
    uripc_table_forget(table, 2);
    assert_int_equal(claim(table, 4, 4, "ipc:/g", URIPC_EXCLUSIVE), URIPC_EXISTS);
    assert_int_equal(uripc_table_lookup(table, 9, text("ipc:/g/x"), &found), URIPC_OK);
    assert_true(uripc_table_member(table, found.name_life, &cursor, &member));
    assert_int_equal(member.peer, 1);
    assert_true(uripc_table_member(table, found.name_life, &cursor, &member));
    assert_int_equal(member.peer, 3);
    assert_false(uripc_table_member(table, found.name_life, &cursor, &member));
    uripc_table_forget(table, 1);
    uripc_table_forget(table, 3);
    cursor = 0;
    assert_false(uripc_table_member(table, found.name_life, &cursor, &member));
}

static void a_shared_queue_is_joined_at_home_or_by_who_asks_for_it(void **state)
{
    struct uripc_table *table = *state;
    struct uripc_holder home = {0};
    struct uripc_claim wanted = {
        .serial = 11,
        .name = text("ipc:/s"),
        .options = {.size = sizeof wanted.options, .kind = URIPC_SHARED, .queue_messages = 1000}};
    assert_int_equal(claim(table, 1, 10, "ipc:/s", URIPC_SHARED), URIPC_OK);
    assert_int_equal(uripc_table_claim(table, 1, 101, &wanted, &home), URIPC_OK);
    assert_int_equal(home.life.serial, 10);
    assert_int_equal(uripc_table_claim(table, 2, 102, &wanted, &home), URIPC_NOT_SUPPORTED);
    wanted.joins = 1;
    assert_int_equal(uripc_table_claim(table, 2, 102, &wanted, &home), URIPC_OK);
    assert_int_equal(home.peer, 1);
    assert_int_equal(home.life.node, 101);
    assert_int_equal(home.life.serial, 10);
    wanted.options.queue_messages = 5;
    assert_int_equal(uripc_table_claim(table, 1, 101, &wanted, &home), URIPC_EXISTS);
}

static void a_full_table_refuses_and_stays_whole(void **state)
{
    struct uripc_table *table = *state;
    static const char *const names[] = {"ipc:/a", "ipc:/b", "ipc:/c", "ipc:/d"};
    for (uint64_t i = 0; i < NAMES; i++)
        assert_int_equal(claim(table, 1, i + 1, names[i], URIPC_EXCLUSIVE), URIPC_OK);
    assert_int_equal(claim(table, 1, 9, "ipc:/e", URIPC_EXCLUSIVE), URIPC_NO_RESOURCES);
    assert_int_equal(who(table, 2, "ipc:/d"), 4);
    assert_true(uripc_table_release(table, (struct uripc_incarnation){101, 4}));
    assert_false(uripc_table_release(table, (struct uripc_incarnation){101, 4}));
    assert_int_equal(claim(table, 1, 9, "ipc:/e", URIPC_EXCLUSIVE), URIPC_OK);
    for (uint32_t peer = 2; peer < 2 + LINKS; peer++)
        who(table, peer, "ipc:/e");
    assert_int_equal(who(table, 99, "ipc:/e"), 0); /* no room to remember a watcher: no answer */
}

static void a_private_realm_admits_its_owner_alone(void **state)
{
    (void)state;
    void *block = calloc(1, uripc_table_bytes(NAMES, LINKS, URI));
    struct uripc_table *table =
        uripc_table_init(block, NAMES, LINKS, URI, (struct uripc_realm){.owner = 7});
    assert_int_equal(claim_as(table, 9, 1, 10, "ipc:/a", URIPC_EXCLUSIVE), URIPC_ACCESS_DENIED);
    assert_int_equal(who(table, 1, "ipc:/a"), 0);
    assert_int_equal(claim_as(table, 7, 2, 20, "ipc:/a", URIPC_GROUP), URIPC_OK);
    assert_int_equal(claim_as(table, 0, 1, 11, "ipc:/a", URIPC_GROUP), URIPC_ACCESS_DENIED);
    free(block);
}

static void a_name_and_all_below_it_are_one_principals(void **state)
{
    struct uripc_table *table = *state;
    assert_int_equal(claim_as(table, 7, 1, 10, "ipc:/a/b", URIPC_GROUP), URIPC_OK);
    assert_int_equal(claim_as(table, 9, 2, 20, "ipc:/a/b", URIPC_GROUP), URIPC_EXISTS);
    assert_int_equal(claim_as(table, 9, 2, 20, "ipc:/a/b/c/d", URIPC_EXCLUSIVE), URIPC_EXISTS);
    assert_int_equal(claim_as(table, 9, 2, 20, "ipc:/", URIPC_EXCLUSIVE), URIPC_EXISTS);
    assert_int_equal(claim_as(table, 9, 2, 20, "ipc:/a/bc", URIPC_EXCLUSIVE), URIPC_OK);
    assert_int_equal(claim_as(table, 7, 1, 11, "ipc:/a/b/c", URIPC_EXCLUSIVE), URIPC_OK);
    assert_true(uripc_table_release(table, (struct uripc_incarnation){101, 11}));
    assert_true(uripc_table_release(table, (struct uripc_incarnation){101, 10}));
    assert_int_equal(claim_as(table, 9, 2, 21, "ipc:/a/b/c", URIPC_EXCLUSIVE), URIPC_OK);
}

int main(void)
{
#define TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(the_longest_whole_segment_prefix_wins),
        TEST(whoever_was_told_a_route_is_told_when_it_stops_being_right),
        TEST(a_group_lists_its_members_in_the_order_they_joined),
        TEST(a_shared_queue_is_joined_at_home_or_by_who_asks_for_it),
        TEST(a_full_table_refuses_and_stays_whole),
        TEST(a_private_realm_admits_its_owner_alone),
        TEST(a_name_and_all_below_it_are_one_principals),
    };
    return cmocka_run_group_tests(tests, NULL, NULL) != 0;
}
