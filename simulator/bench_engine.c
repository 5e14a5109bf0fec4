/* SPDX-License-Identifier: MIT */
/* A ring of processes through which tokens go with random delays: the hold model with choices and
 * fingerprint, in three ways.  All three draw the same delays, so their work is the same. */
#include "bench.h"

#include <stdlib.h>

#include "fingerprint.h"
#include "random.h"
#include "sim.h"

enum { SEED = 12345, KIND = SIM_KIND_USER, TOKENS_PER_PROCESS = 10 };

#define DELAY_MIN 1
#define DELAY_MAX 20000

static uint32_t token_count(uint32_t processes)
{
    return processes / TOKENS_PER_PROCESS > 0 ? processes / TOKENS_PER_PROCESS : 1;
}

static uint32_t next_process(uint32_t process, uint32_t processes)
{
    return process + 1 == processes ? 0 : process + 1;
}

/* A node that does nothing but pass tokens on: `self` is enough. */
struct token_node {
    const struct uripc_host *host;
    void *self;
    uint32_t peer;
    uint32_t next;
};

static uint32_t ring_size;

static size_t token_bytes(const struct uripc_limits *limits)
{
    (void)limits;
    return sizeof(struct token_node);
}

static struct uripc_node *token_init(void *block, const struct uripc_limits *limits,
                                     const struct uripc_host *host, void *self, uint64_t identity,
                                     uint32_t peer)
{
    (void)limits;
    (void)identity;
    struct token_node *node = block;
    *node = (struct token_node){
        .host = host, .self = self, .peer = peer, .next = next_process(peer, ring_size)};
    return block;
}

static void token_fini(struct uripc_node *node)
{
    (void)node;
}

static void token_set_time(struct uripc_node *node, uint64_t now)
{
    (void)node;
    (void)now;
}

static void token_on_frame(struct uripc_node *opaque, uint32_t peer,
                           const struct uripc_frame *frame)
{
    (void)peer;
    struct token_node *node = (struct token_node *)(void *)opaque;
    (void)node->host->carry(node->self, node->next, false, frame);
}

static const struct uripc_node_ops token_ops = {.bytes = token_bytes,
                                                .init = token_init,
                                                .fini = token_fini,
                                                .set_time = token_set_time,
                                                .on_frame = token_on_frame};

static const struct sim_backend token_backend = {
    .name = "token", .node = &token_ops, .table = &uripc_table_ops};

static void pass_on(void *user, struct sim_world *world, uint32_t process, uint64_t word)
{
    (void)user;
    const uint64_t delay = sim_between(world, KIND, process, DELAY_MIN, DELAY_MAX);
    sim_at(world, sim_now(world) + delay, next_process(process, ring_size), word);
}

static struct sim_world *ring(uint32_t processes, const struct sim_link_faults *link)
{
    const struct sim_config config = {.size = sizeof config,
                                      .seed = SEED,
                                      .backend = &token_backend,
                                      .link = link,
                                      .processes = processes,
                                      .names = 1,
                                      .holdings = 1,
                                      .work = pass_on};
    ring_size = processes;
    struct sim_world *world = sim_create(&config);
    for (uint32_t i = 0; world && i < processes; i++)
        (void)sim_start(world, 0);
    return world;
}

static double steps_per_second(struct sim_world *world, uint64_t deliveries)
{
    const double begin = bench_seconds();
    for (uint64_t i = 0; i < deliveries; i++)
        (void)sim_step(world);
    return (double)deliveries / (bench_seconds() - begin);
}

double bench_engine(uint32_t processes, uint64_t deliveries, uint64_t *check)
{
    struct sim_world *world = ring(processes, NULL);
    if (!world)
        return 0;
    for (uint32_t i = 0; i < token_count(processes); i++)
        sim_at(world, i, i * TOKENS_PER_PROCESS, i);
    const double rate = steps_per_second(world, deliveries);
    *check = sim_now(world);
    sim_destroy(world);
    return rate;
}

double bench_links(uint32_t processes, uint64_t deliveries, uint64_t *check)
{
    const struct sim_link_faults link = {.delay_min = DELAY_MIN, .delay_max = DELAY_MAX};
    struct sim_world *world = ring(processes, &link);
    if (!world)
        return 0;
    for (uint32_t i = 0; i < token_count(processes); i++) {
        const struct uripc_frame frame = {
            .kind = URIPC_FRAME_MESSAGE, .message_id = i, .data = "12345678", .data_bytes = 8};
        token_on_frame(sim_node(world, i * TOKENS_PER_PROCESS), 0, &frame);
    }
    const double rate = steps_per_second(world, deliveries);
    *check = sim_now(world);
    sim_destroy(world);
    return rate;
}

/* The same by hand: one binary heap and one loop. */
struct token {
    uint64_t time;
    uint64_t order;
    uint32_t process;
    uint32_t word;
};

static int sooner(const struct token *a, const struct token *b)
{
    return a->time < b->time || (a->time == b->time && a->order < b->order);
}

static void sift_up(struct token *heap, uint32_t place, struct token token)
{
    while (place > 0 && sooner(&token, &heap[(place - 1) / 2])) {
        heap[place] = heap[(place - 1) / 2];
        place = (place - 1) / 2;
    }
    heap[place] = token;
}

static void sift_down(struct token *heap, uint32_t count, struct token token)
{
    uint32_t place = 0;
    for (;;) {
        uint32_t child = place * 2 + 1;
        if (child >= count)
            break;
        if (child + 1 < count && sooner(&heap[child + 1], &heap[child]))
            child++;
        if (!sooner(&heap[child], &token))
            break;
        heap[place] = heap[child];
        place = child;
    }
    heap[place] = token;
}

double bench_by_hand(uint32_t processes, uint64_t deliveries, uint64_t *check)
{
    const uint32_t count = token_count(processes);
    struct token *heap = malloc(count * sizeof *heap);
    uint64_t *counters = calloc(processes, sizeof *counters);
    if (!heap || !counters) {
        free(heap);
        free(counters);
        return 0;
    }
    uint64_t order = 0;
    uint64_t hash = SIM_FINGERPRINT_EMPTY;
    for (; order < count; order++)
        sift_up(heap, (uint32_t)order,
                (struct token){.time = order,
                               .order = order,
                               .process = (uint32_t)order * TOKENS_PER_PROCESS,
                               .word = (uint32_t)order});
    const uint64_t kind_key = sim_random_kind(SEED, KIND);
    const double begin = bench_seconds();
    for (uint64_t i = 0; i < deliveries; i++) {
        struct token token = heap[0];
        *check = token.time;
        const uint64_t stream = sim_random_stream(kind_key, token.process);
        const uint64_t value = sim_random_value(stream, counters[token.process]);
        counters[token.process]++;
        hash = sim_fold(hash, token.time);
        hash = sim_fold(hash, token.process);
        hash = sim_fold(hash, token.word);
        hash = sim_fold(hash, value);
        token.time += DELAY_MIN + sim_random_scale(value, DELAY_MAX - DELAY_MIN + 1);
        token.order = order++;
        token.process = next_process(token.process, processes);
        sift_down(heap, count, token);
    }
    const double seconds = bench_seconds() - begin;
    free(heap);
    free(counters);
    return hash == 0 ? 0 : (double)deliveries / seconds;
}
