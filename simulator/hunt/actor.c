/* SPDX-License-Identifier: MIT */
#include "simulator/hunt/actor.h"

#include <stdio.h>
#include <string.h>

enum { KIND_APPLICATION = SIM_KIND_USER };
enum { CALLS_A_TURN = 3, CANCEL_BACK = 8, SMALL_BUFFER = 100, MESSAGE_MAX = 64, QUEUE_BYTES = 60 };

#define MS UINT64_C(1000000)

static const uint64_t deadlines[] = {0, MS / 5, MS, 4 * MS};

/* The first of each are the processes' own, in a way: each begins with one. */
static const char *const any_names[HUNT_NAMES] = {"ipc:/a", "ipc:/a/b",   "ipc:/a/b/c",
                                                  "ipc:/c", "http://h/s", "ipc:/c/d"};
static const char *const queue_names[HUNT_NAMES] = {"ipc:/p0", "ipc:/p1", "ipc:/p2",
                                                    "ipc:/p3", "ipc:/q",  "http://h/q"};
enum { QUEUES = 2, FIRST_QUEUE = HUNT_NAMES - QUEUES };

/* What a turn draws from: each has an actor of its own for each process, so that they do not shift
 * each other. */
enum draw { DRAW_WHAT, DRAW_REGISTER, DRAW_SEND, DRAW_RECEIVE, DRAW_OTHER, DRAWS };

static uint32_t pick(const struct hunt_actors *actors, enum draw draw, uint32_t process, uint32_t n)
{
    return sim_choose(actors->ledger->world, KIND_APPLICATION,
                      process + (uint64_t)draw * HUNT_PROCESSES, n);
}

static struct uripc_text text_of(const char *text)
{
    return (struct uripc_text){.at = text, .length = strlen(text)};
}

static struct uripc_node *node_of(const struct hunt_actors *actors, uint32_t process)
{
    return sim_node(actors->ledger->world, process);
}

static const struct uripc_node_ops *ops_of(const struct hunt_actors *actors)
{
    return sim_node_ops(actors->ledger->world);
}

static void set_deadline(const struct hunt_actors *actors, struct hunt_call *call, uint64_t after)
{
    if (after != 0)
        call->deadline = sim_clock_now(actors->ledger->world, call->process) + after;
}

/* One of the registrations that a process holds, plus one; 0: it has none. */
static uint32_t pick_holder(const struct hunt_actors *actors, enum draw draw, uint32_t process)
{
    const struct hunt_ledger *ledger = actors->ledger;
    uint32_t held[HUNT_CALLS_MOST];
    uint32_t count = 0;
    for (uint32_t i = 0; i < ledger->registration_count; i++) {
        if (ledger->registrations[i].held && ledger->registrations[i].process == process)
            held[count++] = i + 1;
    }
    return count == 0 ? 0 : held[pick(actors, draw, process, count)];
}

static struct hunt_call *do_register(struct hunt_actors *actors, uint32_t process, uint32_t parent,
                                     const char *name, const struct uripc_register_options *options)
{
    struct hunt_ledger *ledger = actors->ledger;
    struct hunt_call *call = hunt_begin(ledger, URIPC_CALL_REGISTER, process);
    if (!call)
        return NULL;
    const struct hunt_registration *above = parent ? &ledger->registrations[parent - 1] : NULL;
    (void)snprintf(call->name, sizeof call->name, "%s%s%s", above ? above->name : "",
                   above ? "/" : "", name);
    call->kind = options->kind;
    call->overflow = options->overflow;
    call->holder = call->parent = parent;
    set_deadline(actors, call, options->deadline);
    hunt_returned(ledger, call,
                  ops_of(actors)->register_(node_of(actors, process),
                                            above ? above->handle : (struct uripc_handle){0},
                                            text_of(name), options, hunt_overlapped(ledger, call)));
    return call;
}

struct hunt_call *hunt_register(struct hunt_actors *actors, uint32_t process, const char *name)
{
    const struct uripc_register_options options = {.size = sizeof options};
    return do_register(actors, process, 0, name, &options);
}

static bool is_about_queues(const struct hunt_actors *actors)
{
    return actors->ledger->scene->mode == HUNT_MODE_QUEUES;
}

/* Of one name always with the same options, so that it can be joined. */
static void draw_share(struct hunt_actors *actors, uint32_t process)
{
    const uint32_t queue = pick(actors, DRAW_REGISTER, process, QUEUES);
    const struct uripc_register_options options = {
        .size = sizeof options,
        .kind = URIPC_SHARED,
        .overflow = queue == 0 ? URIPC_REJECT : URIPC_BLOCK,
        .queue_messages = queue == 0 ? 0 : 3,
        .deadline = deadlines[pick(actors, DRAW_REGISTER, process, 4)]};
    (void)do_register(actors, process, 0, actors->names[FIRST_QUEUE + queue], &options);
}

static void draw_register(struct hunt_actors *actors, uint32_t process)
{
    static const enum uripc_kind kinds[] = {URIPC_EXCLUSIVE, URIPC_EXCLUSIVE, URIPC_EXCLUSIVE,
                                            URIPC_SHARED, URIPC_GROUP};
    static const char *const children[] = {"k", "l"};
    const enum draw draw = DRAW_REGISTER;
    if (is_about_queues(actors) && pick(actors, draw, process, 4) != 1) {
        draw_share(actors, process);
        return;
    }
    const uint32_t parent =
        pick(actors, draw, process, 4) == 1 ? pick_holder(actors, draw, process) : 0;
    const bool short_enough =
        parent != 0 && strlen(actors->ledger->registrations[parent - 1].name) < HUNT_NAME / 2;
    struct uripc_register_options options = {.size = sizeof options};
    options.kind = kinds[pick(actors, draw, process, 5)];
    options.overflow = (enum uripc_overflow)pick(actors, draw, process, 4);
    options.queue_messages = pick(actors, draw, process, 4);
    options.queue_bytes = pick(actors, draw, process, 4) == 1 ? QUEUE_BYTES : 0;
    options.message_max = pick(actors, draw, process, 6) == 1 ? MESSAGE_MAX : 0;
    options.deadline = deadlines[pick(actors, draw, process, 4)];
    const char *name = short_enough ? children[pick(actors, draw, process, 2)]
                                    : actors->names[pick(actors, draw, process, HUNT_NAMES)];
    (void)do_register(actors, process, short_enough ? parent : 0, name, &options);
}

static void do_send(struct hunt_actors *actors, uint32_t holder, const char *target,
                    struct uripc_incarnation expected)
{
    static const uint32_t lengths[] = {4, 12, 40, 100, 12, 40, 12, 430};
    struct hunt_ledger *ledger = actors->ledger;
    const struct hunt_registration *source = &ledger->registrations[holder - 1];
    const uint32_t process = source->process;
    struct hunt_call *call = hunt_begin(ledger, URIPC_CALL_SEND, process);
    if (!call)
        return;
    unsigned char data[HUNT_BUFFER];
    const struct uripc_send_options options = {
        .size = sizeof options,
        .flags = pick(actors, DRAW_SEND, process, 6) == 1 ? URIPC_NOWAIT : 0,
        .deadline = deadlines[pick(actors, DRAW_SEND, process, 4)],
        .expected = expected};
    call->holder = holder;
    call->flags = options.flags;
    call->length = lengths[pick(actors, DRAW_SEND, process, 8)];
    call->expected = expected;
    (void)snprintf(call->name, sizeof call->name, "%s", target);
    set_deadline(actors, call, options.deadline);
    hunt_fill(data, call->length, (uint32_t)(call - ledger->calls));
    hunt_returned(ledger, call,
                  ops_of(actors)->send(node_of(actors, process), source->handle, NULL,
                                       text_of(call->name), data, call->length, &options,
                                       hunt_overlapped(ledger, call)));
}

/* To a name, to what lies below one, or to one life of whatever was ever registered. */
static void draw_send(struct hunt_actors *actors, uint32_t process)
{
    const struct hunt_ledger *ledger = actors->ledger;
    const uint32_t holder = pick_holder(actors, DRAW_SEND, process);
    if (holder == 0)
        return;
    char target[HUNT_NAME];
    struct uripc_incarnation expected = {0};
    const uint32_t how = pick(actors, DRAW_SEND, process, 4);
    if (how == 3) {
        const struct hunt_registration *to =
            &ledger->registrations[pick(actors, DRAW_SEND, process, ledger->registration_count)];
        (void)snprintf(target, sizeof target, "%s", to->name);
        expected = to->incarnation;
    } else {
        const bool queue = is_about_queues(actors) && pick(actors, DRAW_SEND, process, 2) == 1;
        const uint32_t name = queue ? FIRST_QUEUE + pick(actors, DRAW_SEND, process, QUEUES)
                                    : pick(actors, DRAW_SEND, process, HUNT_NAMES);
        (void)snprintf(target, sizeof target, "%s%s", actors->names[name], how == 2 ? "/z" : "");
    }
    do_send(actors, holder, target, expected);
}

/* An answer to the life that sent the last message, be it gone or not. */
static void draw_reply(struct hunt_actors *actors, uint32_t process)
{
    const uint32_t received = actors->replies[process];
    const uint32_t holder = pick_holder(actors, DRAW_SEND, process);
    if (received == 0 || holder == 0)
        return;
    const struct hunt_ledger *ledger = actors->ledger;
    const struct hunt_call *send = &ledger->calls[ledger->calls[received - 1].other - 1];
    const struct hunt_registration *to = &ledger->registrations[send->holder - 1];
    actors->replies[process] = 0;
    do_send(actors, holder, to->name, to->incarnation);
}

static struct hunt_call *do_receive(struct hunt_actors *actors, uint32_t holder, uint32_t size,
                                    const struct uripc_receive_options *options)
{
    struct hunt_ledger *ledger = actors->ledger;
    const struct hunt_registration *place = &ledger->registrations[holder - 1];
    struct hunt_call *call = hunt_begin(ledger, URIPC_CALL_RECEIVE, place->process);
    if (!call)
        return NULL;
    const uint32_t number = (uint32_t)(call - ledger->calls);
    call->holder = holder;
    call->flags = options->flags;
    call->length = size;
    set_deadline(actors, call, options->deadline);
    hunt_returned(ledger, call,
                  ops_of(actors)->receive(
                      node_of(actors, place->process), place->handle,
                      (struct uripc_buffer){.id = (uintptr_t)actors->buffers[number], .size = size},
                      options, hunt_overlapped(ledger, call)));
    return call;
}

static void draw_receive(struct hunt_actors *actors, uint32_t process)
{
    const enum draw draw = DRAW_RECEIVE;
    uint32_t holder = pick_holder(actors, draw, process);
    if (holder == 0)
        return;
    if (is_about_queues(actors) && actors->ledger->registrations[holder - 1].kind != URIPC_SHARED)
        holder = pick_holder(actors, draw, process);
    struct uripc_receive_options options = {.size = sizeof options};
    options.flags = pick(actors, draw, process, 4) == 1 ? URIPC_NOWAIT : 0;
    options.flags |= pick(actors, draw, process, 10) == 1 ? (uint32_t)URIPC_DISCARD : 0;
    options.deadline = deadlines[pick(actors, draw, process, 4)];
    const uint32_t kind = pick(actors, draw, process, 8);
    const bool waiter = kind == 2 && is_about_queues(actors); /* it only wants to be told */
    const uint32_t size = waiter ? 0 : kind == 1 ? SMALL_BUFFER : HUNT_BUFFER;
    (void)do_receive(actors, holder, size, &options);
}

bool hunt_receive_now(struct hunt_actors *actors, uint32_t holder, struct hunt_call **made)
{
    const struct uripc_receive_options options = {.size = sizeof options, .flags = URIPC_NOWAIT};
    *made = do_receive(actors, holder, HUNT_BUFFER, &options);
    return *made && (*made)->returned == URIPC_PENDING;
}

bool hunt_close(struct hunt_actors *actors, uint32_t holder)
{
    struct hunt_ledger *ledger = actors->ledger;
    const struct hunt_registration *place = &ledger->registrations[holder - 1];
    struct hunt_call *call = hunt_begin(ledger, URIPC_CALL_CLOSE, place->process);
    if (!call)
        return false;
    call->holder = holder;
    const enum uripc_status status = ops_of(actors)->close(
        node_of(actors, place->process), place->handle, hunt_overlapped(ledger, call));
    hunt_returned(ledger, call, status);
    if (status == URIPC_PENDING || status == URIPC_INVALID_HANDLE)
        hunt_closing(ledger, holder - 1);
    return status == URIPC_PENDING;
}

void hunt_cancel_receives(struct hunt_actors *actors, uint32_t holder)
{
    const struct hunt_ledger *ledger = actors->ledger;
    for (uint32_t i = 0; i < ledger->call_count; i++) {
        const struct hunt_call *call = &ledger->calls[i];
        if (call->call == URIPC_CALL_RECEIVE && call->holder == holder &&
            call->state == HUNT_PENDING)
            (void)ops_of(actors)->cancel(node_of(actors, call->process),
                                         hunt_overlapped(ledger, call));
    }
}

void hunt_cancel_all(struct hunt_actors *actors, uint32_t holder)
{
    const struct hunt_registration *place = &actors->ledger->registrations[holder - 1];
    (void)ops_of(actors)->cancel_all(node_of(actors, place->process), place->handle);
}

/* One of the last calls, of whatever process; only its own may be stopped. */
static void draw_cancel(struct hunt_actors *actors, uint32_t process)
{
    struct hunt_ledger *ledger = actors->ledger;
    const uint32_t back = 1 + pick(actors, DRAW_OTHER, process, CANCEL_BACK);
    if (back > ledger->call_count)
        return;
    const uint32_t number = ledger->call_count - back;
    const struct hunt_call *call = &ledger->calls[number];
    const enum uripc_status status =
        ops_of(actors)->cancel(node_of(actors, process), hunt_overlapped(ledger, call));
    hunt_say(ledger, "process %u: cancel of %u says %s", process, number,
             uripc_status_name(status));
    if (status == URIPC_OK && (call->process != process || call->state != HUNT_PENDING))
        hunt_broken(ledger, "CMP-11", number, "a call that is not pending can be cancelled");
}

/* A handle that was closed for good does not live again. */
static void draw_closed(struct hunt_actors *actors, uint32_t process)
{
    struct hunt_ledger *ledger = actors->ledger;
    for (uint32_t i = 0; i < ledger->registration_count; i++) {
        const struct hunt_registration *self = &ledger->registrations[i];
        if (self->process == process && self->life == ledger->lives[process] && self->closed &&
            ops_of(actors)->info(node_of(actors, process), self->handle, NULL) == URIPC_OK)
            hunt_broken(ledger, "LIF-2", self->made, "a handle that was closed is open");
    }
}

/* One of the receives that a process has posted ends: a message may be on its way to it. */
static void draw_give_up(struct hunt_actors *actors, uint32_t process)
{
    const struct hunt_ledger *ledger = actors->ledger;
    uint32_t posted[HUNT_CALLS_MOST];
    uint32_t count = 0;
    for (uint32_t i = 0; i < ledger->call_count; i++) {
        const struct hunt_call *call = &ledger->calls[i];
        if (call->call == URIPC_CALL_RECEIVE && call->process == process &&
            call->state == HUNT_PENDING)
            posted[count++] = i;
    }
    const uint32_t number = count == 0 ? 0 : posted[pick(actors, DRAW_OTHER, process, count)];
    if (count != 0)
        (void)ops_of(actors)->cancel(node_of(actors, process), (uint64_t)number + 1);
}

/* Of a registration, or of all its calls. */
static void draw_end(struct hunt_actors *actors, uint32_t process)
{
    const uint32_t holder = pick_holder(actors, DRAW_OTHER, process);
    if (holder != 0 && pick(actors, DRAW_OTHER, process, 4) == 0)
        hunt_cancel_all(actors, holder);
    else if (holder != 0)
        (void)hunt_close(actors, holder);
}

static void draw_call(struct hunt_actors *actors, uint32_t process)
{
    const uint32_t what = pick(actors, DRAW_WHAT, process, 16);
    if (actors->ledger->call_count >= HUNT_DRAWN_CALLS)
        return;
    if (what < 6)
        draw_send(actors, process);
    else if (what < 10)
        draw_receive(actors, process);
    else if (what < 12)
        draw_register(actors, process);
    else if (what == 12 && is_about_queues(actors))
        draw_give_up(actors, process);
    else if (what == 12)
        draw_reply(actors, process);
    else if (what == 13)
        draw_cancel(actors, process);
    else if (what == 14)
        draw_closed(actors, process);
    else
        draw_end(actors, process);
}

void hunt_collect(struct hunt_actors *actors, uint32_t process)
{
    struct hunt_ledger *ledger = actors->ledger;
    struct uripc_completion completion;
    while (sim_alive(ledger->world, process) &&
           ops_of(actors)->poll(node_of(actors, process), &completion) == URIPC_OK) {
        const uint64_t place = completion.overlapped;
        const bool known = place >= 1 && place <= ledger->call_count;
        hunt_completed(ledger, process, &completion, known ? actors->buffers[place - 1] : NULL);
        if (hunt_is_broken(ledger))
            return;
        if (ledger->calls[place - 1].call == URIPC_CALL_RECEIVE && ledger->calls[place - 1].other)
            actors->replies[process] = (uint32_t)place;
    }
}

/* What was told not to wait has not waited. */
static void check_hasty(struct hunt_ledger *ledger, uint32_t first)
{
    for (uint32_t i = first; i < ledger->call_count; i++) {
        const struct hunt_call *self = &ledger->calls[i];
        if (self->call == URIPC_CALL_RECEIVE && (self->flags & URIPC_NOWAIT) != 0 &&
            self->state == HUNT_PENDING &&
            ledger->registrations[self->holder - 1].kind != URIPC_SHARED)
            hunt_broken(ledger, "RCV-9", i, "a receive that was not to wait waits");
    }
}

void hunt_actor_turn(struct hunt_actors *actors, uint32_t process)
{
    const uint32_t first = actors->ledger->call_count;
    const uint32_t count = 1 + pick(actors, DRAW_WHAT, process, CALLS_A_TURN);
    for (uint32_t i = 0; i < count; i++)
        draw_call(actors, process);
    hunt_collect(actors, process);
    check_hasty(actors->ledger, first);
}

void hunt_actor_begin(struct hunt_actors *actors, uint32_t process)
{
    actors->replies[process] = 0;
    (void)hunt_register(actors, process, actors->names[process]);
    draw_register(actors, process);
}

void hunt_actors_start(struct hunt_actors *actors, struct hunt_ledger *ledger,
                       unsigned char (*buffers)[HUNT_BUFFER])
{
    *actors = (struct hunt_actors){.ledger = ledger, .names = any_names, .buffers = buffers};
    if (is_about_queues(actors))
        actors->names = queue_names;
}
