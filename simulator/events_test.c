/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdbool.h>
#include <stdint.h>

#include <cmocka.h>

#include "events.h"
#include "index.h"
#include "pool.h"
#include "random.h"

static void push(struct sim_events *events, uint64_t time, enum sim_class class, uint64_t word)
{
    const uint32_t slot = sim_events_take(events);
    assert_int_not_equal(slot, SIM_NO_EVENT);
    events->slab[slot].word = word;
    assert_true(sim_events_push(events, time, class, slot));
}

static uint64_t pop(struct sim_events *events)
{
    uint64_t time = 0;
    const uint32_t slot = sim_events_min(events, &time);
    assert_int_not_equal(slot, SIM_NO_EVENT);
    const uint64_t word = events->slab[slot].word;
    sim_events_pop(events);
    sim_events_give(events, slot);
    return word;
}

/* CMP-15: time, then class, then creation. */
static void ties_go_by_class_then_creation(void **state)
{
    (void)state;
    struct sim_events events;
    assert_true(sim_events_init(&events));
    push(&events, 5, SIM_CLASS_WAKE, 5);
    push(&events, 5, SIM_CLASS_WORK, 3);
    push(&events, 5, SIM_CLASS_ARRIVAL, 1);
    push(&events, 5, SIM_CLASS_ARRIVAL, 2);
    push(&events, 5, SIM_CLASS_WORK, 4);
    push(&events, 4, SIM_CLASS_WAKE, 0);
    for (uint64_t i = 0; i < 6; i++)
        assert_int_equal(pop(&events), i);
    assert_int_equal(sim_events_size(&events), 0);
    sim_events_fini(&events);
}

enum { MODEL = 600, ROUNDS = 20000 };

struct model {
    uint64_t time[MODEL];
    uint64_t order[MODEL];
    unsigned count;
};

static uint64_t model_pop(struct model *model)
{
    unsigned least = 0;
    for (unsigned i = 1; i < model->count; i++) {
        if (model->time[i] < model->time[least] ||
            (model->time[i] == model->time[least] && model->order[i] < model->order[least]))
            least = i;
    }
    const uint64_t order = model->order[least];
    model->count--;
    model->time[least] = model->time[model->count];
    model->order[least] = model->order[model->count];
    return order;
}

/* Random pushes and pops, with many ties, against a list that is searched. */
static void order_is_that_of_a_sorted_list(void **state)
{
    (void)state;
    static struct model model;
    struct sim_events events;
    assert_true(sim_events_init(&events));
    uint64_t created = 0;
    for (uint64_t i = 0; i < ROUNDS; i++) {
        const uint64_t word = sim_random_value(11, i);
        const bool grow = i / 1000 % 2 == 0 ? word % 3 != 0 : word % 3 == 0;
        if (model.count == 0 || (grow && model.count < MODEL)) {
            const uint64_t time = word >> 32 & 63;
            const enum sim_class class = (enum sim_class)(word >> 40 & 1);
            const uint64_t order = (uint64_t) class << 62 | created;
            push(&events, time, class, order);
            model.time[model.count] = time;
            model.order[model.count] = order;
            model.count++;
            created++;
        } else {
            assert_int_equal(pop(&events), model_pop(&model));
        }
        assert_int_equal(sim_events_size(&events), model.count);
    }
    sim_events_clear(&events);
    assert_int_equal(sim_events_size(&events), 0);
    push(&events, 1, SIM_CLASS_WORK, 77);
    assert_int_equal(pop(&events), 77);
    sim_events_fini(&events);
}

static void index_finds_what_was_set_and_forgets_when_cleared(void **state)
{
    (void)state;
    struct sim_index index;
    assert_true(sim_index_init(&index, 0));
    for (uint64_t i = 0; i < 5000; i++)
        *sim_index_at(&index, i * 64) = i + 1;
    for (uint64_t i = 0; i < 5000; i++)
        assert_int_equal(*sim_index_find(&index, i * 64), i + 1);
    assert_null(sim_index_find(&index, 1));
    sim_index_clear(&index);
    assert_null(sim_index_find(&index, 64));
    *sim_index_at(&index, 64) = 9;
    assert_int_equal(*sim_index_find(&index, 64), 9);
    sim_index_fini(&index);
}

static void pool_blocks_stay_put_and_come_back(void **state)
{
    (void)state;
    struct sim_pool pool;
    sim_pool_init(&pool);
    const uint32_t first = sim_pool_take(&pool, 40);
    unsigned char *bytes = sim_pool_bytes(&pool, first);
    bytes[39] = 0x5a;
    uint32_t blocks[300];
    for (size_t i = 0; i < 300; i++) {
        blocks[i] = sim_pool_take(&pool, i * 97);
        assert_int_not_equal(blocks[i], 0);
        if (i > 0)
            ((unsigned char *)sim_pool_bytes(&pool, blocks[i]))[i * 97 - 1] = (unsigned char)i;
    }
    const uint32_t large = sim_pool_take(&pool, 5000000);
    assert_int_not_equal(large, 0);
    ((unsigned char *)sim_pool_bytes(&pool, large))[4999999] = 1;
    for (size_t i = 1; i < 300; i++)
        assert_int_equal(((unsigned char *)sim_pool_bytes(&pool, blocks[i]))[i * 97 - 1], i & 0xff);
    assert_ptr_equal(sim_pool_bytes(&pool, first), bytes);
    assert_int_equal(bytes[39], 0x5a);
    sim_pool_share(&pool, first);
    sim_pool_give(&pool, first);
    assert_int_not_equal(sim_pool_take(&pool, 40), first);
    sim_pool_give(&pool, first);
    assert_int_equal(sim_pool_take(&pool, 40), first);
    sim_pool_fini(&pool);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ties_go_by_class_then_creation),
        cmocka_unit_test(order_is_that_of_a_sorted_list),
        cmocka_unit_test(index_finds_what_was_set_and_forgets_when_cleared),
        cmocka_unit_test(pool_blocks_stay_put_and_come_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
