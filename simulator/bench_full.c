/* SPDX-License-Identifier: MIT */
/* The reference in the simulator: send, route, queue, receive, complete. */
#include "bench.h"

#include <stdio.h>
#include <string.h>

#include "sim.h"

static const struct sim_backend reference = {
    .name = "reference", .node = &uripc_node_ops, .table = &uripc_table_ops};

enum { LENGTH = 64, BUFFER = 256, MOST = 64, PAGE_KIB = 4 };

struct pair {
    struct sim_world *world;
    struct uripc_handle handles[2];
    uint64_t buffers[MOST];
    uint64_t sent, received;
    uint64_t messages;
    bool failed;
};

static struct uripc_text text(const char *at, size_t length)
{
    return (struct uripc_text){.at = at, .length = length};
}

static void register_one(struct pair *pair, uint32_t process)
{
    struct uripc_completion completion;
    struct uripc_node *node = sim_node(pair->world, process);
    sim_enter(pair->world, process);
    const enum uripc_status status = uripc_node_ops.register_(
        node, (struct uripc_handle){0}, text(process == 0 ? "ipc://bench/a" : "ipc://bench/b", 13),
        NULL, 1);
    while (sim_step(pair->world) == SIM_STEP)
        continue;
    if (status != URIPC_PENDING || uripc_node_ops.poll(node, &completion) != URIPC_OK ||
        completion.status != URIPC_OK)
        pair->failed = true;
    else
        pair->handles[process] = completion.handle;
}

static void send_one(struct pair *pair, uint64_t overlapped)
{
    static const char data[LENGTH];
    const enum uripc_status status =
        uripc_node_ops.send(sim_node(pair->world, 0), pair->handles[0], NULL,
                            text("ipc://bench/b/x", 15), data, LENGTH, NULL, overlapped);
    pair->failed = pair->failed || status != URIPC_PENDING;
    pair->sent++;
}

static void receive_one(struct pair *pair, uint64_t overlapped)
{
    const struct uripc_buffer buffer = {.id = pair->buffers[overlapped - 1], .size = BUFFER};
    const enum uripc_status status = uripc_node_ops.receive(
        sim_node(pair->world, 1), pair->handles[1], buffer, NULL, overlapped);
    pair->failed = pair->failed || status != URIPC_PENDING;
}

static void serve(struct pair *pair, uint32_t process)
{
    struct uripc_completion completion;
    struct uripc_node *node = sim_node(pair->world, process);
    while (uripc_node_ops.poll(node, &completion) == URIPC_OK) {
        pair->failed = pair->failed || completion.status != URIPC_OK;
        if (process == 1) {
            pair->received++;
            receive_one(pair, completion.overlapped);
        } else if (pair->sent < pair->messages) {
            send_one(pair, completion.overlapped);
        }
    }
}

static void run_pair(struct pair *pair, uint32_t outstanding)
{
    for (uint64_t i = 1; i <= outstanding; i++) {
        pair->buffers[i - 1] = sim_buffer_create(pair->world, 1, BUFFER);
        receive_one(pair, i);
    }
    for (uint64_t i = 1; i <= outstanding; i++)
        send_one(pair, i);
    while (!pair->failed && pair->received < pair->messages && sim_step(pair->world) == SIM_STEP) {
        const uint32_t process = sim_touched(pair->world);
        if (process < 2)
            serve(pair, process);
    }
}

double bench_full(_Bool tiny, uint32_t outstanding, uint64_t messages)
{
    const struct sim_config config = {.size = sizeof config,
                                      .backend = &reference,
                                      .processes = 2,
                                      .limits = tiny ? uripc_limits_tiny : uripc_limits_default};
    struct pair pair = {.world = sim_create(&config), .messages = messages};
    if (!pair.world || outstanding > MOST)
        return 0;
    (void)sim_start(pair.world, 0);
    (void)sim_start(pair.world, 0);
    register_one(&pair, 0);
    register_one(&pair, 1);
    double rate = 0;
    if (!pair.failed) {
        const double begin = bench_seconds();
        run_pair(&pair, outstanding);
        rate = (double)pair.received / (bench_seconds() - begin);
    }
    sim_destroy(pair.world);
    return pair.failed || pair.received < messages ? 0 : rate;
}

static double resident_mib(void)
{
    unsigned long total = 0;
    unsigned long resident = 0;
    FILE *file = fopen("/proc/self/statm", "r");
    if (!file)
        return 0;
    if (fscanf(file, "%lu %lu", &total, &resident) != 2)
        resident = 0;
    (void)fclose(file);
    return (double)resident * PAGE_KIB / 1024;
}

static void name_of(char *name, size_t size, uint32_t process)
{
    (void)snprintf(name, size, "ipc:/p%u", (unsigned)process);
}

/* All register, then all send to their neighbour. */
static void use_all(struct sim_world *world, uint32_t processes)
{
    char name[32];
    for (uint32_t i = 0; i < processes; i++) {
        name_of(name, sizeof name, i);
        sim_enter(world, i);
        (void)uripc_node_ops.register_(sim_node(world, i), (struct uripc_handle){0},
                                       text(name, strlen(name)), NULL, 1);
    }
    (void)sim_advance(world, sim_now(world) + 1);
    for (uint32_t i = 0; i < processes; i++) {
        struct uripc_completion completion = {.handle = {0}};
        (void)uripc_node_ops.poll(sim_node(world, i), &completion);
        name_of(name, sizeof name, i + 1 == processes ? 0 : i + 1);
        sim_enter(world, i);
        (void)uripc_node_ops.send(sim_node(world, i), completion.handle, NULL,
                                  text(name, strlen(name)), "x", 1, NULL, 2);
    }
    while (sim_step(world) == SIM_STEP)
        continue;
}

static uint64_t count_sent(struct sim_world *world, uint32_t processes)
{
    uint64_t count = 0;
    for (uint32_t i = 0; i < processes; i++) {
        struct uripc_completion completion;
        if (uripc_node_ops.poll(sim_node(world, i), &completion) == URIPC_OK &&
            completion.call == URIPC_CALL_SEND && completion.status == URIPC_OK)
            count++;
    }
    return count;
}

struct bench_memory bench_memory(uint32_t processes)
{
    const struct sim_config config = {.size = sizeof config,
                                      .backend = &reference,
                                      .processes = processes,
                                      .names = processes,
                                      .holdings = processes * 3,
                                      .limits = uripc_limits_tiny};
    struct bench_memory result = {.empty_mib = resident_mib()};
    double begin = bench_seconds();
    struct sim_world *world = sim_create(&config);
    if (!world)
        return result;
    for (uint32_t i = 0; i < processes; i++)
        (void)sim_start(world, 0);
    result.create_seconds = bench_seconds() - begin;
    result.created_mib = resident_mib();
    begin = bench_seconds();
    use_all(world, processes);
    result.use_seconds = bench_seconds() - begin;
    result.used_mib = resident_mib();
    result.delivered = count_sent(world, processes);
    sim_destroy(world);
    return result;
}
