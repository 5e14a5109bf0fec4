/* SPDX-License-Identifier: MIT */
#include "history.h"

#include <stdlib.h>
#include <string.h>

#include "rules.h"

static void *grown(void *old, size_t items, size_t item_size, bool *out_of_memory)
{
    void *more = realloc(old, items * item_size);
    if (!more)
        *out_of_memory = true;
    return more;
}

static bool reserve_processes(struct cf_history *history, uint32_t processes)
{
    if (processes <= history->process_count)
        return true;
    struct cf_history_process *more =
        grown(history->processes, processes, sizeof(*more), &history->out_of_memory);
    if (more) {
        history->processes = more;
        history->process_count = processes;
    }
    return more != NULL;
}

void cf_history_begin(struct cf_history *history, uint32_t processes)
{
    history->out_of_memory = false;
    history->count = 0;
    history->size = 0;
    history->violation = (struct cf_violation){0};
    if (!reserve_processes(history, processes))
        return;
    for (uint32_t i = 0; i < processes; i++) {
        history->processes[i] = (struct cf_history_process){
            .first = CF_NO_OP, .last = CF_NO_OP, .first_done = CF_NO_OP, .last_done = CF_NO_OP};
    }
}

void cf_history_free(struct cf_history *history)
{
    free(history->ops);
    free(history->processes);
    free(history->bytes);
    *history = (struct cf_history){0};
}

uint32_t cf_history_call(struct cf_history *history, uint32_t process, enum uripc_call call)
{
    if (history->count == history->capacity) {
        uint32_t capacity = history->capacity ? 2 * history->capacity : 64;
        struct cf_op *more = grown(history->ops, capacity, sizeof(*more), &history->out_of_memory);
        if (!more)
            return CF_NO_OP;
        history->ops = more;
        history->capacity = capacity;
    }
    uint32_t op = history->count++;
    history->ops[op] = (struct cf_op){.call = call,
                                      .state = CF_OP_REFUSED,
                                      .process = process,
                                      .life = history->processes[process].life,
                                      .slot = CF_NOBODY,
                                      .next = CF_NO_OP,
                                      .next_done = CF_NO_OP,
                                      .received = CF_NO_OP,
                                      .traced = CF_UNTRACED,
                                      .traced_done = CF_UNTRACED};
    return op;
}

void cf_history_returned(struct cf_history *history, uint32_t index, enum uripc_status status)
{
    struct cf_op *op = &history->ops[index];
    struct cf_history_process *process = &history->processes[op->process];
    op->returned = status;
    cf_rules_returned(history, index);
    if (status != URIPC_PENDING)
        return;
    op->state = CF_OP_PENDING;
    if (process->first == CF_NO_OP)
        process->first = index;
    else
        history->ops[process->last].next = index;
    process->last = index;
}

/* Takes the oldest call in flight with that block out of its process's list. */
static uint32_t take_in_flight(struct cf_history *history, struct cf_history_process *process,
                               uint64_t overlapped)
{
    uint32_t before = CF_NO_OP;
    for (uint32_t i = process->first; i != CF_NO_OP; i = history->ops[i].next) {
        if (history->ops[i].overlapped != overlapped) {
            before = i;
            continue;
        }
        uint32_t after = history->ops[i].next;
        if (before == CF_NO_OP)
            process->first = after;
        else
            history->ops[before].next = after;
        if (process->last == i)
            process->last = before;
        return i;
    }
    return CF_NO_OP;
}

uint32_t cf_history_completed(struct cf_history *history, uint32_t number,
                              const struct uripc_completion *completion, uint64_t now)
{
    struct cf_history_process *process = &history->processes[number];
    uint32_t index = take_in_flight(history, process, completion->overlapped);
    if (index == CF_NO_OP) {
        cf_rules_stray(history, number, completion);
        return CF_NO_OP;
    }
    struct cf_op *op = &history->ops[index];
    op->state = CF_OP_DONE;
    op->completion = *completion;
    op->done_at = now;
    op->next = CF_NO_OP;
    if (process->first_done == CF_NO_OP)
        process->first_done = index;
    else
        history->ops[process->last_done].next_done = index;
    process->last_done = index;
    cf_rules_completed(history, index);
    return index;
}

/* Where so many bytes of the call's message are kept; NULL: no memory. */
static unsigned char *keep_bytes(struct cf_history *history, struct cf_op *op, size_t size)
{
    if (history->room - history->size < size || !history->bytes) {
        size_t room = 2 * (history->size + size) + 4096;
        unsigned char *more = grown(history->bytes, room, 1, &history->out_of_memory);
        if (!more)
            return NULL;
        history->bytes = more;
        history->room = room;
    }
    unsigned char *to = history->bytes + history->size;
    op->message_at = history->size;
    op->has_message = true;
    history->size += size;
    return to;
}

/* Keeps source, target and data one after the other; 16-bit units lose their empty half. */
static void keep_message(struct cf_history *history, struct cf_op *op, const unsigned char *buffer)
{
    const struct uripc_completion *completion = &op->completion;
    size_t unit = op->flags & URIPC_UTF16 ? 2 : 1;
    size_t units = (size_t)completion->source_units + completion->target_units;
    unsigned char *to = keep_bytes(history, op, units + completion->data_bytes);
    if (!to)
        return;
    for (size_t i = 0; i < units; i++) {
        uint16_t wide = 0;
        if (unit == 2)
            memcpy(&wide, buffer + 16 + 2 * i, 2);
        to[i] = unit == 2 ? (unsigned char)wide : buffer[16 + i];
    }
    size_t data = (16 + units * unit + 7) / 8 * 8;
    if (completion->data_bytes)
        memcpy(to + units, buffer + data, completion->data_bytes);
}

static void keep_read(struct cf_history *history, struct cf_op *op, const unsigned char *buffer)
{
    unsigned char *to = keep_bytes(history, op, op->completion.bytes);
    if (to && op->completion.bytes)
        memcpy(to, buffer, op->completion.bytes);
}

void cf_history_received(struct cf_history *history, uint32_t index, const unsigned char *buffer)
{
    struct cf_op *op = &history->ops[index];
    if (!cf_rules_buffer(history, index, buffer))
        return;
    if (op->call == URIPC_CALL_SESSION_RECEIVE)
        keep_read(history, op, buffer);
    else
        keep_message(history, op, buffer);
}

bool cf_call_opens(enum uripc_call call)
{
    return call == URIPC_CALL_REGISTER || call == URIPC_CALL_LISTEN || call == URIPC_CALL_ACCEPT ||
           call == URIPC_CALL_CONNECT || call == URIPC_CALL_SURVEY;
}

void cf_history_died(struct cf_history *history, uint32_t number)
{
    struct cf_history_process *process = &history->processes[number];
    for (uint32_t i = process->first; i != CF_NO_OP; i = history->ops[i].next)
        history->ops[i].state = CF_OP_LOST;
    *process = (struct cf_history_process){.life = process->life + 1,
                                           .first = CF_NO_OP,
                                           .last = CF_NO_OP,
                                           .first_done = CF_NO_OP,
                                           .last_done = CF_NO_OP};
}

uint32_t cf_history_unawaited(const struct cf_history *history, uint32_t process)
{
    return history->processes[process].first_done;
}

void cf_history_awaited(struct cf_history *history, uint32_t index)
{
    struct cf_op *op = &history->ops[index];
    struct cf_history_process *process = &history->processes[op->process];
    uint32_t before = CF_NO_OP;
    op->awaited = true;
    for (uint32_t i = process->first_done; i != CF_NO_OP; i = history->ops[i].next_done) {
        if (i != index) {
            before = i;
            continue;
        }
        if (before == CF_NO_OP)
            process->first_done = op->next_done;
        else
            history->ops[before].next_done = op->next_done;
        if (process->last_done == index)
            process->last_done = before;
        return;
    }
}

bool cf_history_message(const struct cf_history *history, uint32_t index,
                        struct cf_message *message)
{
    const struct cf_op *op = &history->ops[index];
    if (!op->has_message)
        return false;
    const char *at = (const char *)history->bytes + op->message_at;
    const struct uripc_completion *completion = &op->completion;
    if (op->call == URIPC_CALL_SESSION_RECEIVE) {
        *message = (struct cf_message){.data = at, .data_bytes = completion->bytes};
        return true;
    }
    *message = (struct cf_message){
        .source = {.at = at, .length = completion->source_units},
        .target = {.at = at + completion->source_units, .length = completion->target_units},
        .data = at + completion->source_units + completion->target_units,
        .data_bytes = completion->data_bytes};
    return true;
}

void cf_history_violate(struct cf_history *history, const char *rule, const char *clause,
                        const char *text, uint32_t first, uint32_t second)
{
    if (!history->violation.rule) {
        history->violation = (struct cf_violation){
            .rule = rule, .clause = clause, .text = text, .ops = {first, second}};
    }
}
