/* SPDX-License-Identifier: MIT */
/* Who believes to hold a name, while resolvers die, processes die and are cut off (RES-5, RES-8,
 * RES-9): never two that have both reached the resolver, in no grace, for the time there and back,
 * and nobody is given the name of somebody who has not been out of reach for the silence or a
 * grace.  At the end, when all is well again, the resolver knows what its clients believe. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "fake_node.h"
#include "world.h"

#define MS UINT64_C(1000000)

enum { PROCESSES = 4, SEEDS = 1000, DEEDS = 60 };

/* The usual times: 10 us there, 500 ms of silence, 1 s of grace. */
#define ROUND_TRIP (2 * UINT64_C(10000))
#define OUT_OF_REACH (500 * MS)
#define CUT_MAX (1500 * MS)

struct belief {
    uint64_t serial; /* held; 0: none */
    uint64_t asked;  /* serial of the claim under way; 0: none */
    uint64_t healed; /* when its last cut ended or will end */
    bool reaches;
    uint64_t turned; /* when that began, or ended */
};

struct story {
    struct sim_world *world;
    struct belief beliefs[PROCESSES];
    uint64_t serials;
    uint64_t random;
    uint32_t granted;
    uint32_t both; /* times that one was granted what another believed to hold */
};

static uint64_t draw(struct story *story, uint64_t below)
{
    story->random += UINT64_C(0x9e3779b97f4a7c15);
    uint64_t z = story->random;
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return (z ^ (z >> 31)) % below;
}

static void see_reach(struct story *story, uint32_t process)
{
    struct belief *belief = &story->beliefs[process];
    const struct sim_world *world = story->world;
    bool reaches = sim_alive(world, process);
    if (reaches && world->resolution.is.kind == SIM_RESOLVER_DAEMON) {
        const struct sim_client *client = sim_client(world, process);
        reaches = client->open != 0 && client->open == client->connection && !client->cut &&
                  !world->resolution.grace;
    }
    if (reaches != belief->reaches)
        belief->turned = sim_now(world);
    belief->reaches = reaches;
}

/* Until `until` nothing changes. */
static void judge(const struct story *story, uint64_t until)
{
    uint32_t sure = 0;
    for (uint32_t i = 0; i < PROCESSES; i++) {
        const struct belief *belief = &story->beliefs[i];
        sure += belief->serial != 0 && belief->reaches && until > belief->turned + ROUND_TRIP;
    }
    assert_true(sure <= 1);
}

/* Who believes while another is granted the name has been out of reach for long. */
static void granted(struct story *story, uint32_t process)
{
    story->granted++;
    for (uint32_t i = 0; i < PROCESSES; i++) {
        const struct belief *other = &story->beliefs[i];
        if (i == process || other->serial == 0)
            continue;
        story->both++;
        assert_true(other->turned + OUT_OF_REACH <= sim_now(story->world) || other->reaches);
    }
}

static void learn(struct story *story, uint32_t process)
{
    struct fake_node *node = fake_at(story->world, process);
    struct belief *belief = &story->beliefs[process];
    for (uint32_t i = 0; i < node->count; i++) {
        const struct fake_seen *seen = &node->seen[i];
        if (seen->upcall == FAKE_CLAIMED && seen->ticket == belief->asked) {
            belief->asked = 0;
            belief->serial = seen->status == URIPC_OK ? seen->serial : 0;
            if (belief->serial != 0)
                granted(story, process);
        } else if (seen->upcall == FAKE_REVOKED && seen->serial == belief->serial) {
            belief->serial = 0;
        }
    }
    node->count = 0;
}

static void go_on(struct story *story, uint64_t until)
{
    uint64_t next;
    while ((next = sim_next_time(story->world)) <= until) {
        judge(story, next);
        assert_int_equal(sim_step(story->world), SIM_STEP);
        for (uint32_t i = 0; i < PROCESSES; i++) {
            see_reach(story, i);
            learn(story, i);
        }
    }
    (void)sim_advance(story->world, until);
}

static void claim_or_release(struct story *story, uint32_t process)
{
    struct belief *belief = &story->beliefs[process];
    if (belief->asked != 0)
        return;
    if (belief->serial == 0) {
        belief->asked = ++story->serials;
        fake_claim(story->world, process, (uint32_t)belief->asked, "ipc:/a", URIPC_EXCLUSIVE);
        return;
    }
    const struct fake_node *node = fake_at(story->world, process);
    const uint64_t serial = belief->serial;
    belief->serial = 0;
    node->host->release(node->self, 0, serial);
}

static void restart(struct story *story, uint32_t process)
{
    story->beliefs[process].serial = story->beliefs[process].asked = 0;
    sim_restart(story->world, process);
}

/* One at a time. */
static void cut(struct story *story, uint32_t process)
{
    struct belief *belief = &story->beliefs[process];
    if (sim_now(story->world) < belief->healed)
        return;
    const uint64_t time = 1 + draw(story, CUT_MAX);
    belief->healed = sim_now(story->world) + time;
    sim_cut(story->world, process, SIM_RESOLVER);
    sim_at(story->world, belief->healed, SIM_NOBODY, process);
}

static void on_work(void *user, struct sim_world *world, uint32_t process, uint64_t word)
{
    (void)user;
    (void)process;
    if (word == SIM_RESOLVER)
        sim_restart(world, SIM_RESOLVER);
    else
        sim_heal(world, (uint32_t)word, SIM_RESOLVER);
}

static void do_something(struct story *story)
{
    const uint32_t process = (uint32_t)draw(story, PROCESSES);
    switch (draw(story, 8)) {
    case 0:
        sim_crash(story->world, SIM_RESOLVER);
        sim_at(story->world, sim_now(story->world) + draw(story, 1500 * MS), SIM_NOBODY,
               SIM_RESOLVER);
        break;
    case 1:
        restart(story, process);
        break;
    case 2:
    case 3:
        cut(story, process);
        break;
    default:
        claim_or_release(story, process);
        break;
    }
    for (uint32_t i = 0; i < PROCESSES; i++)
        see_reach(story, i);
}

/* Whether the resolver gives the name to somebody new. */
static bool is_free(struct story *story)
{
    const uint32_t newcomer = sim_start(story->world, 0);
    fake_claim(story->world, newcomer, 1, "ipc:/a", URIPC_EXCLUSIVE);
    fake_settle(story->world);
    const struct fake_node *node = fake_at(story->world, newcomer);
    assert_int_equal(node->seen[node->count - 1].upcall, FAKE_CLAIMED);
    return node->seen[node->count - 1].status == URIPC_OK;
}

static struct story tell(uint64_t seed, enum sim_resolver_kind kind)
{
    struct story story = {.random = seed};
    const struct sim_config config = {.size = sizeof config,
                                      .seed = seed,
                                      .backend = &fake_backend,
                                      .resolver = sim_resolver_usual(kind),
                                      .processes = PROCESSES + 1,
                                      .work = on_work};
    story.world = sim_create(&config);
    for (uint32_t i = 0; i < PROCESSES; i++)
        (void)sim_start(story.world, 0);
    for (uint32_t i = 0; i < DEEDS; i++) {
        go_on(&story, sim_now(story.world) + draw(&story, 600 * MS));
        do_something(&story);
    }
    go_on(&story, sim_now(story.world) + 10000 * MS);
    uint32_t believers = 0;
    for (uint32_t i = 0; i < PROCESSES; i++) {
        assert_int_equal(story.beliefs[i].asked, 0); /* RES-2: nothing waits any more */
        believers += story.beliefs[i].serial != 0;
    }
    assert_true(believers <= 1);
    assert_int_equal(is_free(&story), believers == 0);
    sim_destroy(story.world);
    return story;
}

static uint32_t both_in(enum sim_resolver_kind kind)
{
    uint32_t granted_all = 0;
    uint32_t both = 0;
    for (uint64_t seed = 1; seed <= SEEDS; seed++) {
        const struct story one = tell(seed, kind);
        granted_all += one.granted;
        both += one.both;
    }
    assert_true(granted_all > SEEDS);
    return both;
}

static void two_never_believe_where_nobody_can_be_out_of_reach(void **state)
{
    (void)state;
    assert_int_equal(both_in(SIM_RESOLVER_TABLE), 0);
    assert_int_equal(both_in(SIM_RESOLVER_RENDEZVOUS), 0);
}

static void two_believe_only_while_one_does_not_reach_the_daemon(void **state)
{
    (void)state;
    assert_true(both_in(SIM_RESOLVER_DAEMON) > SEEDS / 10); /* so it is not for want of trying */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(two_never_believe_where_nobody_can_be_out_of_reach),
        cmocka_unit_test(two_believe_only_while_one_does_not_reach_the_daemon),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
