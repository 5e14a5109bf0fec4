/* SPDX-License-Identifier: MIT */
/* The reference and the model, which were written apart, must answer the same calls in the same
 * way: random histories are played in two simulated worlds that differ in the backend alone. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "conformance/backends/model.h"
#include "reference/node.h"
#include "reference/table.h"
#include "simulator/sim.h"

enum { PROCESSES = 3, SLOTS = 3, SIDES = 2, TURNS = 80, HISTORIES = 2000, BUFFER = 256 };

/* The model's processes cannot join a queue elsewhere; here the reference's cannot, either. */
static enum uripc_status claim_alone(struct uripc_table *table, uint32_t peer, uint64_t node,
                                     const struct uripc_claim *claim, struct uripc_holder *home)
{
    struct uripc_claim alone = *claim;
    alone.joins = 0;
    return uripc_table_claim(table, peer, node, &alone, home);
}

static struct uripc_table_ops reference_table;

static const struct sim_backend backends[SIDES] = {
    {.name = "reference", .node = &uripc_node_ops, .table = &reference_table},
    {.name = "model", .node = &model_node_ops, .table = &model_table_ops},
};

static const char *const names[] = {"ipc:/a",    "ipc:/a/b", "ipc:/a/b/c",
                                    "http://h/", "IPC:/a/",  "ipc:/a/c?q"};

enum { NAMES = sizeof names / sizeof names[0] };

/* A world with one of the two, and the handles its processes hold: the same slots in both. */
struct side {
    struct sim_world *world;
    struct uripc_handle handles[PROCESSES][SLOTS];
    struct uripc_incarnation lives[PROCESSES][SLOTS];
    uint64_t buffer[PROCESSES];
    struct uripc_incarnation all[TURNS + 2]; /* by the overlapped of the register call */
};

struct play {
    struct side sides[SIDES];
    uint64_t random;
    uint64_t overlapped;
    uint8_t slot_of[TURNS + 2]; /* of the register call with that overlapped */
    bool loud;
};

static uint32_t pick(struct play *play, uint32_t n)
{
    play->random = play->random * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(play->random >> 33) % n;
}

static struct uripc_text text(const char *string)
{
    return (struct uripc_text){.at = string, .length = strlen(string)};
}

static struct uripc_node *node_of(const struct side *side, uint32_t process)
{
    sim_enter(side->world, process);
    return sim_node(side->world, process);
}

/* One call, drawn once and made on both sides. */
struct call {
    uint32_t what;
    uint32_t process;
    uint32_t slot;
    uint32_t other; /* a process and slot whose incarnation is demanded */
    uint32_t other_slot;
    const char *name;
    uint32_t length;
    uint32_t size;
    uint64_t overlapped;
    struct uripc_register_options hold;
    struct uripc_send_options send;
    struct uripc_receive_options receive;
};

static struct call draw_call(struct play *play)
{
    static const uint64_t deadlines[] = {0, 0, 5000, 30000};
    struct call call = {.what = pick(play, 16),
                        .process = pick(play, PROCESSES),
                        .slot = pick(play, SLOTS),
                        .other = pick(play, PROCESSES),
                        .other_slot = pick(play, 8),
                        .name = names[pick(play, NAMES)],
                        .length = pick(play, 40),
                        .size = pick(play, 3) == 0 ? 48 + pick(play, 40) : BUFFER};
    call.hold = (struct uripc_register_options){.size = sizeof call.hold,
                                                .kind = (enum uripc_kind)pick(play, 3),
                                                .overflow = (enum uripc_overflow)pick(play, 4),
                                                .queue_messages = 1 + pick(play, 2),
                                                .message_max = pick(play, 4) == 0 ? 24 : 0,
                                                .deadline = deadlines[pick(play, 4)]};
    call.hold.queue_bytes = pick(play, 3) == 0 ? 30 : 0;
    call.send = (struct uripc_send_options){.size = sizeof call.send,
                                            .flags = pick(play, 5) == 0 ? URIPC_NOWAIT : 0,
                                            .deadline = deadlines[pick(play, 4)]};
    call.receive = (struct uripc_receive_options){
        .size = sizeof call.receive, .flags = pick(play, 8), .deadline = deadlines[pick(play, 4)]};
    if (play->overlapped < (uint64_t)PROCESSES * SLOTS) { /* at first, names for everybody */
        call.what = 0;
        call.process = (uint32_t)play->overlapped % PROCESSES;
        call.slot = (uint32_t)play->overlapped / PROCESSES;
        call.other_slot = SLOTS;
    }
    if (play->sides[0].handles[call.process][call.slot].id == 0 && call.what < 12) {
        call.what = 0;
        call.other_slot = SLOTS;
    }
    if (pick(play, 2) == 0)
        call.receive.flags &= ~(uint32_t)URIPC_NOWAIT;
    return call;
}

static enum uripc_status make_register(struct side *side, const struct call *call,
                                       struct uripc_node *node)
{
    struct uripc_handle parent = {0};
    bool below = call->other_slot < 2;
    if (below)
        parent = side->handles[call->process][(call->slot + 1) % SLOTS];
    const struct uripc_node_ops *ops = sim_node_ops(side->world);
    const char *name = below && call->length % 2 == 0 ? "x" : call->name;
    return ops->register_(node, parent, text(name), &call->hold, call->overlapped);
}

static enum uripc_status make_send(struct side *side, const struct call *call,
                                   struct uripc_node *node)
{
    static const char data[64] = "0123456789abcdefghijklmnopqrstuvwxyz0123456789abcdefghijklmnop";
    struct uripc_send_options options = call->send;
    if (call->other_slot == 0)
        options.expected = side->lives[call->other][call->slot];
    const struct uripc_text suffix = text("s");
    return sim_node_ops(side->world)
        ->send(node, side->handles[call->process][call->slot],
               call->other_slot == 1 ? &suffix : NULL, text(call->name),
               data + call->overlapped % 16, call->length, &options, call->overlapped);
}

static uint64_t make_info(const struct side *side, const struct call *call, struct uripc_node *node)
{
    struct uripc_info info;
    enum uripc_status status =
        sim_node_ops(side->world)->info(node, side->handles[call->process][call->slot], &info);
    if (status != URIPC_OK)
        return (uint64_t)status;
    uint64_t sum = info.kind;
    const uint64_t parts[] = {info.messages,  info.bytes,    info.next_source, info.next_target,
                              info.next_data, info.receives, info.waiting,     info.dropped};
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++)
        sum = sum * 1000003 + parts[i];
    return sum;
}

/* A process dies and starts again with nothing. */
static void restart(struct side *side, uint32_t process)
{
    sim_restart(side->world, process);
    side->buffer[process] = sim_buffer_create(side->world, process, BUFFER);
    memset(side->handles[process], 0, sizeof side->handles[process]);
}

/* What the call returned at once, as one number. */
static uint64_t make(struct side *side, const struct call *call)
{
    const struct uripc_node_ops *ops = sim_node_ops(side->world);
    struct uripc_node *node = node_of(side, call->process);
    struct uripc_handle handle = side->handles[call->process][call->slot];
    struct uripc_buffer buffer = {.id = side->buffer[call->process], .size = call->size};
    uint64_t earlier = call->overlapped > 3 ? call->overlapped - 1 - call->length % 3 : 1;
    if (call->what == 15 && call->length < 3) {
        restart(side, call->process);
        return URIPC_OK;
    }
    if (call->what < 3)
        return make_register(side, call, node);
    if (call->what < 9)
        return make_send(side, call, node);
    if (call->what < 12)
        return ops->receive(node, handle, buffer, &call->receive, call->overlapped);
    if (call->what == 12)
        return ops->close(node, handle, call->overlapped);
    if (call->what == 13)
        return make_info(side, call, node);
    return call->what == 14 && call->length % 4 == 0 ? ops->cancel_all(node, handle)
                                                     : ops->cancel(node, earlier);
}

/* A completion without what the two may choose themselves: ids of handles,
 * lives and messages.  A life is called by the overlapped of the call that registered it. */
static void rename_ids(const struct side *side, struct uripc_completion *completion)
{
    struct uripc_incarnation *life = &completion->incarnation;
    completion->handle.id = completion->handle.id != 0;
    completion->message_id = 0;
    for (uint64_t i = 0; life->node != 0 && i < TURNS + 2; i++) {
        if (life->node == side->all[i].node && life->serial == side->all[i].serial) {
            *life = (struct uripc_incarnation){.serial = i};
            break;
        }
    }
}

static void remember(struct play *play, struct side *side, uint32_t process,
                     const struct uripc_completion *completion)
{
    if (completion->call == URIPC_CALL_REGISTER && completion->status == URIPC_OK) {
        uint8_t slot = play->slot_of[completion->overlapped];
        side->handles[process][slot] = completion->handle;
        side->lives[process][slot] = completion->incarnation;
        side->all[completion->overlapped] = completion->incarnation;
    }
}

static bool poll_one(struct play *play, struct side *side, uint32_t process,
                     struct uripc_completion *completion)
{
    memset(completion, 0, sizeof *completion);
    if (sim_node_ops(side->world)->poll(node_of(side, process), completion) != URIPC_OK)
        return false;
    remember(play, side, process, completion);
    rename_ids(side, completion);
    return true;
}

static void show(const char *name, uint32_t process, bool there,
                 const struct uripc_completion *completion)
{
    if (!there) {
        print_message("    %-10s P%u nothing\n", name, process);
        return;
    }
    print_message("    %-10s P%u #%llu call %d %s certainty %d handle %d bytes %u lengths %u %u %u "
                  "life P%llu.%llu id %llu\n",
                  name, process, (unsigned long long)completion->overlapped, (int)completion->call,
                  uripc_status_name(completion->status), (int)completion->certainty,
                  (int)completion->handle.id, completion->bytes, completion->source_units,
                  completion->target_units, completion->data_bytes,
                  (unsigned long long)completion->incarnation.node,
                  (unsigned long long)completion->incarnation.serial,
                  (unsigned long long)completion->message_id);
}

/* Member by member, for what lies between them does not matter. */
static bool is_same(const struct uripc_completion *a, const struct uripc_completion *b)
{
    return a->overlapped == b->overlapped && a->call == b->call && a->status == b->status &&
           a->certainty == b->certainty && a->handle.id == b->handle.id && a->bytes == b->bytes &&
           a->source_units == b->source_units && a->target_units == b->target_units &&
           a->data_bytes == b->data_bytes && a->incarnation.node == b->incarnation.node &&
           a->incarnation.serial == b->incarnation.serial && a->message_id == b->message_id &&
           a->principal == b->principal;
}

static bool buffers_agree(const struct play *play, uint32_t process)
{
    const void *bytes[SIDES];
    for (int i = 0; i < SIDES; i++) {
        const struct side *side = &play->sides[i];
        bytes[i] = sim_buffer_bytes(side->world, side->buffer[process], NULL);
    }
    return memcmp(bytes[0], bytes[1], BUFFER) == 0;
}

static bool completions_agree(struct play *play)
{
    for (uint32_t process = 0; process < PROCESSES; process++) {
        bool there[SIDES] = {true, true};
        while (there[0] || there[1]) {
            struct uripc_completion got[SIDES];
            for (int i = 0; i < SIDES; i++)
                there[i] = poll_one(play, &play->sides[i], process, &got[i]);
            bool same = there[0] == there[1] && is_same(&got[0], &got[1]);
            for (int i = 0; (play->loud || !same) && (there[0] || there[1]) && i < SIDES; i++)
                show(backends[i].name, process, there[i], &got[i]);
            if (!same)
                return false;
        }
        if (!buffers_agree(play, process)) {
            print_message("    P%u received something else\n", process);
            return false;
        }
    }
    return true;
}

static bool turn(struct play *play)
{
    static const uint64_t waits[] = {0, 0, 0, 5000, 10000, 40000};
    struct call call = draw_call(play);
    call.overlapped = ++play->overlapped;
    play->slot_of[call.overlapped] = (uint8_t)call.slot;
    uint64_t now = sim_now(play->sides[0].world);
    uint64_t until = now + waits[pick(play, 6)];
    uint64_t at_once[SIDES];
    for (int i = 0; i < SIDES; i++)
        at_once[i] = make(&play->sides[i], &call);
    bool same = at_once[0] == at_once[1];
    if (play->loud || !same) {
        print_message("  %llu: P%u slot %u what %u #%llu %s kind %d overflow %d queue %u/%u max %u "
                      "length %u size %u flags %u %u other %u -> %llu %llu\n",
                      (unsigned long long)now, call.process, call.slot, call.what,
                      (unsigned long long)call.overlapped, call.name, (int)call.hold.kind,
                      (int)call.hold.overflow, call.hold.queue_messages, call.hold.queue_bytes,
                      call.hold.message_max, call.length, call.size, call.send.flags,
                      call.receive.flags, call.other_slot, (unsigned long long)at_once[0],
                      (unsigned long long)at_once[1]);
    }
    for (int i = 0; same && i < SIDES; i++)
        (void)sim_advance(play->sides[i].world, until);
    return same && completions_agree(play);
}

static void begin(struct play *play, uint64_t seed, bool loud)
{
    play->random = seed * 0x9e3779b97f4a7c15u + 1;
    play->overlapped = 0;
    play->loud = loud;
    for (int i = 0; i < SIDES; i++) {
        struct side *side = &play->sides[i];
        struct sim_link_faults link = sim_link_dull;
        link.capacity = (uint32_t)(seed % 4); /* 0: no limit */
        const struct sim_config config = {
            .size = sizeof config, .seed = seed, .backend = &backends[i], .link = &link};
        memset(side, 0, sizeof *side);
        side->world = sim_create(&config);
        assert_non_null(side->world);
        for (uint32_t p = 0; p < PROCESSES; p++) {
            (void)sim_start(side->world, 7 + p);
            side->buffer[p] = sim_buffer_create(side->world, p, BUFFER);
        }
    }
}

static bool history_agrees(uint64_t seed, bool loud)
{
    struct play play;
    begin(&play, seed, loud);
    bool same = true;
    for (int i = 0; same && i < TURNS; i++)
        same = turn(&play);
    for (int i = 0; i < SIDES; i++) {
        same = same && sim_violations(play.sides[i].world)->total == 0;
        sim_destroy(play.sides[i].world);
    }
    return same;
}

static void random_histories_have_the_same_outcomes(void **state)
{
    (void)state;
    uint64_t seed = 1;
    while (seed <= HISTORIES && history_agrees(seed, false))
        seed++;
    if (seed <= HISTORIES) { /* once more, telling everything */
        print_message("history %llu\n", (unsigned long long)seed);
        (void)history_agrees(seed, true);
        fail();
    }
}

int main(void)
{
    reference_table = uripc_table_ops;
    reference_table.claim = claim_alone;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(random_histories_have_the_same_outcomes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
