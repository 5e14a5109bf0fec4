/* SPDX-License-Identifier: MIT */
/* The realm's directory: what is made there, what counts, what is a leftover. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "fake_application.h"
#include "names.h"

enum { FIRST = 0x11, SECOND = 0x22, DEAD = 0x33 };

/* Two nodes of one process: locks tell them apart like those of two. */
static struct uripc__realm first, second;
static struct uripc__holders holders;
static const char *path;

static int set_up(void **state)
{
    (void)state;
    path = realm_make();
    assert_int_equal(uripc__realm_open(&first, path), URIPC_OK);
    assert_int_equal(uripc__realm_open(&second, path), URIPC_OK);
    assert_int_equal(uripc__realm_enter(&first, FIRST), URIPC_OK);
    assert_int_equal(uripc__realm_enter(&second, SECOND), URIPC_OK);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    uripc__realm_leave(&first);
    uripc__realm_leave(&second);
    uripc__realm_close(&first);
    uripc__realm_close(&second);
    uripc__holders_free(&holders);
    realm_remove(path);
    return 0;
}

static struct uripc_text text(const char *name)
{
    return (struct uripc_text){.at = name, .length = strlen(name)};
}

static struct uripc_incarnation given; /* by the last claim */

static enum uripc_status claim_as(struct uripc__realm *realm, enum uripc_kind kind,
                                  const char *name, uint64_t serial)
{
    struct uripc_claim wanted = {.serial = serial,
                                 .name = text(name),
                                 .options = {.size = sizeof wanted.options,
                                             .kind = kind,
                                             .queue_messages = URIPC_QUEUE_MESSAGES},
                                 .joins = 1};
    assert_true(uripc__realm_lock(realm));
    enum uripc_status status = uripc__names_claim(realm, &wanted, &holders, &given);
    uripc__realm_unlock(realm);
    return status;
}

static enum uripc_status claim(struct uripc__realm *realm, const char *name, uint64_t serial)
{
    return claim_as(realm, URIPC_EXCLUSIVE, name, serial);
}

static void write_file(const char *name, const char *contents)
{
    char place[128];
    (void)snprintf(place, sizeof place, "%s/%s", path, name);
    FILE *file = fopen(place, "w");
    assert_non_null(file);
    assert_true(fputs(contents, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

static bool is_there(const char *name)
{
    char place[128];
    (void)snprintf(place, sizeof place, "%s/%s", path, name);
    return access(place, F_OK) == 0;
}

/* Where the entries of ipc:/a are; its hash is that of any other implementation of FNV-1a. */
#define LIST "names/f4cb6ad7462a1bdd"
#define DEAD_ENTRY LIST "/0000000000000033-0000000000000001"
#define LIVING_ENTRY LIST "/0000000000000022-0000000000000007"

static void make_list(void)
{
    char place[128];
    (void)snprintf(place, sizeof place, "%s/" LIST, path);
    assert_int_equal(mkdir(place, 0700), 0);
}

static unsigned living(const char *name)
{
    assert_int_equal(uripc__names_read(&first, text(name), &holders), URIPC_OK);
    return holders.count;
}

static void ids_are_sixteen_digits(void **state)
{
    char digits[URIPC__HEX_UNITS + 1];
    uint64_t id = 0;
    (void)state;
    uripc__realm_hex(0x0123456789abcdef, digits);
    assert_string_equal(digits, "0123456789abcdef");
    assert_true(uripc__realm_unhex(digits, &id));
    assert_int_equal(id, 0x0123456789abcdef);
    assert_false(uripc__realm_unhex("0123456789ABCDEF", &id));
    assert_false(uripc__realm_unhex("0123456789abcde", &id));
    assert_int_equal(uripc__names_hash(text("")), 0xcbf29ce484222325);
    assert_int_equal(uripc__names_hash(text("a")), 0xaf63dc4c8601ec8c); /* of the FNV page */
}

static void one_lock_is_held_by_one_node(void **state)
{
    (void)state;
    assert_true(uripc__realm_lock(&first));
    assert_false(uripc__realm_lock(&second));
    uripc__realm_unlock(&first);
    assert_true(uripc__realm_lock(&second));
    uripc__realm_unlock(&second);
}

static void each_change_raises_the_generation_for_all(void **state)
{
    (void)state;
    uint64_t before = uripc__realm_generation(&second);
    assert_int_equal(claim(&first, "ipc:/a", 1), URIPC_OK);
    assert_int_equal(uripc__realm_generation(&second), before + 1);
    assert_int_equal(claim(&second, "ipc:/a", 1), URIPC_EXISTS);
    assert_int_equal(uripc__realm_generation(&second), before + 1);
    assert_true(uripc__realm_lock(&first));
    uripc__names_release(&first, text("ipc:/a"), 1);
    uripc__realm_unlock(&first);
    assert_int_equal(uripc__realm_generation(&second), before + 2);
    assert_int_equal(claim(&second, "ipc:/a", 1), URIPC_OK);
}

static void what_is_made_has_the_permissions_of_the_realm(void **state)
{
    struct stat found;
    char place[128];
    (void)state;
    mode_t before = umask(0277);
    assert_int_equal(claim(&first, "ipc:/a", 1), URIPC_OK);
    umask(before);
    (void)snprintf(place, sizeof place, "%s/" LIST "/0000000000000011-0000000000000001", path);
    assert_int_equal(stat(place, &found), 0);
    assert_int_equal(found.st_mode & 0777, 0600);
    (void)snprintf(place, sizeof place, "%s/" LIST, path);
    assert_int_equal(stat(place, &found), 0);
    assert_int_equal(found.st_mode & 0777, 0700);
}

static void only_entries_of_the_living_count(void **state)
{
    uid_t owner;
    (void)state;
    make_list();
    write_file("nodes/0000000000000033", "wire 1\n");
    write_file("nodes/0000000000000033.s", "");
    write_file(DEAD_ENTRY, "name ipc:/a\nkind exclusive\n");
    assert_int_equal(uripc__realm_life(&first, DEAD, &owner), URIPC__DEAD);
    assert_int_equal(uripc__realm_life(&first, SECOND, &owner), URIPC__ALIVE);
    assert_int_equal(owner, geteuid());
    assert_int_equal(living("ipc:/a"), 0);
    assert_int_equal(claim(&first, "ipc:/a", 1), URIPC_OK);
    assert_false(is_there(DEAD_ENTRY)); /* cleared on the way */
    assert_true(is_there("nodes/0000000000000033"));
    assert_true(uripc__realm_lock(&first));
    uripc__realm_sweep(&first);
    uripc__realm_unlock(&first);
    assert_false(is_there("nodes/0000000000000033"));
    assert_false(is_there("nodes/0000000000000033.s"));
    assert_true(is_there("nodes/0000000000000022"));
    assert_true(is_there("nodes/0000000000000022.s"));
    assert_int_equal(living("ipc:/a"), 1);
}

static void a_node_that_is_being_made_is_no_leftover(void **state)
{
    char place[128];
    (void)state;
    write_file("nodes/.0000000000000033", "");
    write_file("nodes/0000000000000033.s", "");
    (void)snprintf(place, sizeof place, "%s/nodes/.0000000000000033", path);
    int file = open(place, O_RDWR);
    assert_int_equal(flock(file, LOCK_EX | LOCK_NB), 0);
    uripc__realm_sweep(&first);
    assert_true(is_there("nodes/.0000000000000033"));
    assert_true(is_there("nodes/0000000000000033.s"));
    close(file); /* it has died in the making */
    uripc__realm_sweep(&first);
    assert_false(is_there("nodes/.0000000000000033"));
    assert_false(is_there("nodes/0000000000000033.s"));
}

static void an_entry_has_the_options_or_their_defaults(void **state)
{
    (void)state;
    make_list();
    write_file(LIVING_ENTRY, "later 7\nmax 3\nname ipc:/a\nkind group\noverflow drop-oldest\n"
                             "queue 5\nqueue-bytes 4294967295\n");
    assert_int_equal(living("ipc:/a"), 1);
    assert_int_equal(holders.at[0].life.node, SECOND);
    assert_int_equal(holders.at[0].life.serial, 7);
    assert_int_equal(holders.at[0].options.kind, URIPC_GROUP);
    assert_int_equal(holders.at[0].options.overflow, URIPC_DROP_OLDEST);
    assert_int_equal(holders.at[0].options.queue_messages, 5);
    assert_int_equal(holders.at[0].options.queue_bytes, UINT32_MAX);
    assert_int_equal(holders.at[0].options.message_max, 3);
}

static void what_is_no_entry_does_not_count(void **state)
{
    static const char *const broken[] = {
        "",
        "name ipc:/a",
        "name ipc:/a\n",
        "kind group\n",
        "name ipc:/b\nkind group\n", /* another name with the same hash */
        "name ipc:/a\nkind crowd\n",
        "name ipc:/a\nkind group\nqueue -1\n",
        "name ipc:/a\nkind group\nqueue 4294967296\n",
        "name ipc:/a\nkind group\nmax 1 \n",
    };
    (void)state;
    make_list();
    for (size_t i = 0; i < sizeof broken / sizeof broken[0]; i++) {
        write_file(LIVING_ENTRY, broken[i]);
        if (living("ipc:/a") != 0)
            fail_msg("taken: %s", broken[i]);
    }
    write_file(LIST "/22-7", "name ipc:/a\nkind group\n");
    write_file(LIST "/.0000000000000022-0000000000000008", "name ipc:/a\nkind group\n");
    assert_int_equal(living("ipc:/a"), 0);
}

static void a_shared_queue_is_joined_at_its_home(void **state)
{
    (void)state;
    assert_int_equal(claim_as(&second, URIPC_SHARED, "ipc:/a", 7), URIPC_OK);
    uint64_t generation = uripc__realm_generation(&first);
    assert_int_equal(claim_as(&first, URIPC_SHARED, "ipc:/a", 1), URIPC_OK);
    assert_int_equal(given.node, SECOND);
    assert_int_equal(given.serial, 7);
    assert_int_equal(living("ipc:/a"), 1); /* who joins makes no entry */
    assert_int_equal(uripc__realm_generation(&first), generation);
    write_file(LIVING_ENTRY, "name ipc:/a\nkind shared\n"); /* of one that takes no workers */
    assert_int_equal(claim_as(&first, URIPC_SHARED, "ipc:/a", 1), URIPC_NOT_SUPPORTED);
    assert_int_equal(claim_as(&second, URIPC_SHARED, "ipc:/a", 8), URIPC_OK);
    assert_int_equal(given.serial, 7);
    write_file(LIVING_ENTRY, "name ipc:/a\nkind shared\nworkers 2\n"); /* or speaks otherwise */
    assert_int_equal(claim_as(&first, URIPC_SHARED, "ipc:/a", 1), URIPC_NOT_SUPPORTED);
    write_file(LIVING_ENTRY, "name ipc:/a\nkind shared\nqueue 7\nworkers 1\n");
    assert_int_equal(claim_as(&first, URIPC_SHARED, "ipc:/a", 1), URIPC_EXISTS);
}

static void the_longest_name_is_found(void **state)
{
    uint64_t generation = 0;
    (void)state;
    assert_int_equal(claim(&first, "ipc:/a", 1), URIPC_OK);
    assert_int_equal(claim(&second, "ipc:/a/b", 2), URIPC_OK);
    assert_int_equal(uripc__names_lookup(&first, text("ipc:/a/b/c?d"), &holders, &generation),
                     URIPC_OK);
    assert_int_equal(holders.at[0].life.serial, 2);
    assert_int_equal(generation, uripc__realm_generation(&first));
    assert_int_equal(uripc__names_lookup(&first, text("ipc:/a/bc"), &holders, &generation),
                     URIPC_OK);
    assert_int_equal(holders.at[0].life.serial, 1);
    assert_int_equal(uripc__names_lookup(&first, text("ipc:/b"), &holders, &generation),
                     URIPC_NO_RECEIVER);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ids_are_sixteen_digits),
        TEST(one_lock_is_held_by_one_node),
        TEST(each_change_raises_the_generation_for_all),
        TEST(what_is_made_has_the_permissions_of_the_realm),
        TEST(only_entries_of_the_living_count),
        TEST(a_node_that_is_being_made_is_no_leftover),
        TEST(an_entry_has_the_options_or_their_defaults),
        TEST(what_is_no_entry_does_not_count),
        TEST(a_shared_queue_is_joined_at_its_home),
        TEST(the_longest_name_is_found),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
