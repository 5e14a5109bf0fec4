/* SPDX-License-Identifier: MIT */
#include "simulator/hunt/ask.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "simulator/hunt/talk.h"

enum { KIND_ASK = SIM_KIND_USER + 5, CALLS_A_TURN = 3, CANCEL_BACK = 12 };

#define MS UINT64_C(1000000)

static const uint64_t longer_than_a_run = UINT64_C(3600000) * MS;

static const char *const names[HUNT_PROCESSES] = {"ipc:/r0", "ipc:/r1", "ipc:/r2", "ipc:/r3"};

enum { NAME = 40 };

uint32_t ask_pick(const struct talk *talk, uint32_t process, uint32_t n)
{
    return sim_choose(talk->ledger->world, KIND_ASK, process, n);
}

struct uripc_text ask_text(const char *text)
{
    return (struct uripc_text){.at = text, .length = strlen(text)};
}

static struct uripc_layers *layers_of(const struct talk *talk, uint32_t process)
{
    return talk->processes[process].layers;
}

void ask_start(struct talk *talk)
{
    talk->asks.count = 0;
    memset(talk->asks.doors, 0, sizeof talk->asks.doors);
}

/* Calls. */

struct ask_call *ask_call_begin(struct talk *talk, uint32_t process, enum uripc_call kind)
{
    if (talk->asks.count == ASK_CALLS)
        return NULL;
    struct ask_call *call = &talk->asks.calls[talk->asks.count];
    talk->asks.count++;
    memset(call, 0, sizeof *call);
    call->call = kind;
    call->process = process;
    call->life = talk->ledger->lives[process];
    return call;
}

uint32_t ask_number(const struct talk *talk, const struct ask_call *call)
{
    return (uint32_t)(call - talk->asks.calls);
}

uint64_t ask_overlapped(const struct talk *talk, const struct ask_call *call)
{
    return ASK_OVERLAPPED + (uint64_t)ask_number(talk, call);
}

struct uripc_buffer ask_buffer(struct ask_call *call)
{
    return (struct uripc_buffer){.id = (uintptr_t)call->buffer, .size = ASK_BUFFER};
}

bool ask_returned(struct talk *talk, struct ask_call *call, enum uripc_status status)
{
    uint64_t *counts = talk->ledger->result->counts;
    hunt_say(talk->ledger, "process %u: ask %u of kind %d at %d returns %s", call->process,
             ask_number(talk, call), (int)call->call, (int)call->other - 1,
             uripc_status_name(status));
    sim_note_word(talk->ledger->world, (uint64_t)status);
    if (status == URIPC_PENDING) {
        counts[HUNT_CALLS]++;
        return true;
    }
    call->state = HUNT_REFUSED_AT_ONCE;
    counts[HUNT_REFUSED]++;
    counts[HUNT_STARVED] += status == URIPC_NO_RESOURCES;
    return false;
}

static void name_door(const struct talk *talk, uint32_t process, uint32_t door, char name[NAME])
{
    const uint32_t life = talk->ledger->lives[process];
    if (door == ASK_GRAVE)
        (void)snprintf(name, NAME, "ipc:/layers-%016" PRIx64, talk_identity(process, life - 1));
    else
        (void)snprintf(name, NAME, "%s", door == ASK_GROUP ? ASK_GROUP_NAME : names[process]);
}

static void do_register(struct talk *talk, uint32_t process, uint32_t place)
{
    struct ask_door *door = &talk->asks.doors[process][place];
    struct ask_call *call = ask_call_begin(talk, process, URIPC_CALL_REGISTER);
    const struct uripc_register_options options = {.size = sizeof options,
                                                   .kind = place == ASK_GROUP ? URIPC_GROUP
                                                                              : URIPC_EXCLUSIVE,
                                                   .deadline = 50 * MS};
    char name[NAME];
    if (!call)
        return;
    call->door = place;
    name_door(talk, process, place, name);
    const enum uripc_status status =
        sim_node_ops(talk->ledger->world)
            ->register_(sim_node(talk->ledger->world, process), (struct uripc_handle){0},
                        ask_text(name), &options, ask_overlapped(talk, call));
    door->pending = ask_returned(talk, call, status);
    door->remembers = place == ASK_OWN && ask_pick(talk, process, 4) != 1;
}

/* What is not there, it has to try again. */
static void register_all(struct talk *talk, uint32_t process)
{
    for (uint32_t i = 0; i < ASK_DOORS; i++) {
        const struct ask_door *door = &talk->asks.doors[process][i];
        const bool may = i != ASK_GRAVE || talk->ledger->lives[process] > 0;
        if (may && door->handle.id == 0 && !door->pending)
            do_register(talk, process, i);
    }
}

/* REQ-3: a reply demands the life that has asked, so nothing comes here. */
static void watch_grave(struct talk *talk, uint32_t process, struct uripc_handle handle)
{
    struct ask_call *call = ask_call_begin(talk, process, URIPC_CALL_RECEIVE);
    const struct uripc_receive_options options = {.size = sizeof options};
    if (!call)
        return;
    call->open = true;
    call->handle = handle;
    (void)ask_returned(talk, call,
                       sim_node_ops(talk->ledger->world)
                           ->receive(sim_node(talk->ledger->world, process), handle,
                                     ask_buffer(call), &options, ask_overlapped(talk, call)));
}

/* One of the sessions that a process has; 0: none. */
static struct uripc_handle pick_session(struct talk *talk, uint32_t process)
{
    struct uripc_handle open[TALK_ENDS];
    uint32_t count = 0;
    for (uint32_t i = 0; i < talk->end_count; i++) {
        const struct talk_end *end = &talk->ends[i];
        if (end->process == process && end->life == talk->ledger->lives[process] && !end->closed)
            open[count++] = end->handle;
    }
    return count == 0 ? (struct uripc_handle){0} : open[ask_pick(talk, process, count)];
}

/* Over the calls each has an end by itself: a deadline, or tries. */
static void do_request(struct talk *talk, uint32_t process)
{
    static const uint32_t lengths[] = {8, 12, 40, 250};
    struct ask_call *call = ask_call_begin(talk, process, URIPC_CALL_REQUEST);
    if (!call)
        return;
    unsigned char data[ASK_BUFFER];
    struct uripc_request_options options = {.size = sizeof options};
    if (ask_pick(talk, process, 4) == 1)
        options.session = call->handle = pick_session(talk, process);
    call->open = call->handle.id != 0;
    if (options.session.id == 0) {
        options.retry = ask_pick(talk, process, 4) == 1 ? 0 : 10 * MS;
        options.retries = options.retry == 0 ? 0 : 1 + ask_pick(talk, process, 4);
        options.backoff = ask_pick(talk, process, 2);
        options.deadline = options.retry == 0 || ask_pick(talk, process, 3) == 1 ? 60 * MS : 0;
    }
    call->length = lengths[ask_pick(talk, process, 4)];
    ask_fill(data, call->length, ask_number(talk, call), 0);
    const char *target = names[ask_pick(talk, process, HUNT_PROCESSES)];
    (void)ask_returned(talk, call,
                       uripc_request(layers_of(talk, process), ask_text(target), data, call->length,
                                     ask_buffer(call), &options, ask_overlapped(talk, call)));
}

static void do_serve(struct talk *talk, uint32_t process)
{
    const struct ask_door *doors = talk->asks.doors[process];
    const struct ask_door *door = &doors[ask_pick(talk, process, 2) == 1 ? ASK_GROUP : ASK_OWN];
    const struct uripc_handle at =
        ask_pick(talk, process, 4) == 1 ? pick_session(talk, process) : door->handle;
    struct ask_call *call = at.id == 0 ? NULL : ask_call_begin(talk, process, URIPC_CALL_SERVE);
    if (!call)
        return;
    const struct uripc_serve_options options = {
        .size = sizeof options,
        .deadline = ask_pick(talk, process, 3) == 1 ? 30 * MS : 0,
        .remember = door->remembers ? longer_than_a_run : 0};
    call->handle = at;
    call->remembers = door->remembers;
    call->open = true;
    (void)ask_returned(talk, call,
                       uripc_serve(layers_of(talk, process), at, ask_buffer(call), &options,
                                   ask_overlapped(talk, call)));
}

bool ask_is_mine(const struct talk *talk, const struct ask_call *call, uint32_t process)
{
    return call->process == process && call->life == talk->ledger->lives[process];
}

/* To any of the requests that this life has taken, be it answered or not. */
static void do_reply(struct talk *talk, uint32_t process)
{
    uint32_t taken[ASK_CALLS];
    uint32_t count = 0;
    for (uint32_t i = 0; i < talk->asks.count; i++) {
        const struct ask_call *serve = &talk->asks.calls[i];
        if (ask_is_mine(talk, serve, process) && serve->call == URIPC_CALL_SERVE &&
            serve->state == HUNT_DONE && serve->status == URIPC_OK &&
            (!serve->answered || ask_pick(talk, process, 16) == 1))
            taken[count++] = i;
    }
    struct ask_call *call = count == 0 ? NULL : ask_call_begin(talk, process, URIPC_CALL_REPLY);
    if (!call)
        return;
    unsigned char data[ASK_BUFFER];
    const uint32_t place = taken[ask_pick(talk, process, count)];
    struct ask_call *serve = &talk->asks.calls[place];
    call->other = place + 1;
    call->open = (serve->handle.id & URIPC_LAYER_HANDLE) != 0;
    if (call->open)
        call->handle = serve->handle; /* a session's reply may wait as long as that */
    call->length = 8 + ask_pick(talk, process, 60);
    ask_fill(data, call->length, serve->other - 1, place);
    if (!ask_returned(talk, call,
                      uripc_reply(layers_of(talk, process), serve->message_id, data, call->length,
                                  ask_overlapped(talk, call))))
        return;
    if (serve->answered)
        ask_broken(talk, "REQ-17", place, "a request can be answered twice");
    serve->answered = true;
}

/* One of the last calls, of whatever process; only its own may be stopped. */
static void do_cancel(struct talk *talk, uint32_t process)
{
    const uint32_t back = 1 + ask_pick(talk, process, CANCEL_BACK);
    if (back > talk->asks.count)
        return;
    const struct ask_call *call = &talk->asks.calls[talk->asks.count - back];
    const enum uripc_status status =
        uripc_layers_cancel(layers_of(talk, process), ask_overlapped(talk, call));
    hunt_say(talk->ledger, "process %u: cancel of ask %u says %s", process, ask_number(talk, call),
             uripc_status_name(status));
    if (status == URIPC_OK && (!ask_is_mine(talk, call, process) || call->state != HUNT_PENDING))
        ask_broken(talk, "CMP-11", ask_number(talk, call),
                   "a call that is not pending can be cancelled");
}

void ask_closing(struct talk *talk, uint32_t process, struct uripc_handle handle)
{
    for (uint32_t i = 0; i < talk->asks.count; i++) {
        struct ask_call *serve = &talk->asks.calls[i];
        if (ask_is_mine(talk, serve, process) && serve->handle.id == handle.id)
            serve->open = false;
    }
}

static void close_door(struct talk *talk, uint32_t process, uint32_t place)
{
    struct ask_door *door = &talk->asks.doors[process][place];
    struct ask_call *call = layers_of(talk, process) && door->handle.id != 0
                                ? ask_call_begin(talk, process, URIPC_CALL_CLOSE)
                                : NULL;
    if (!call)
        return;
    sim_enter(talk->ledger->world, process);
    if (!ask_returned(talk, call,
                      sim_node_ops(talk->ledger->world)
                          ->close(sim_node(talk->ledger->world, process), door->handle,
                                  ask_overlapped(talk, call))))
        return;
    ask_closing(talk, process, door->handle);
    door->handle.id = 0;
}

void ask_close(struct talk *talk, uint32_t process)
{
    for (uint32_t i = 0; i < ASK_DOORS; i++)
        close_door(talk, process, i);
}

/* Applications. */

static void draw_call(struct talk *talk, uint32_t process)
{
    const uint32_t what = ask_pick(talk, process, 40);
    if (talk->asks.count >= ASK_DRAWN_CALLS)
        return;
    register_all(talk, process);
    if (what < 9)
        do_request(talk, process);
    else if (what < 19)
        do_serve(talk, process);
    else if (what < 29)
        do_reply(talk, process);
    else if (what < 31)
        do_cancel(talk, process);
    else if (what == 31 && ask_pick(talk, process, 3) == 1)
        close_door(talk, process, ask_pick(talk, process, 2));
    else if (what > 31 && what < 34)
        ask_survey(talk, process);
    else if (what == 34 && ask_pick(talk, process, 4) == 1)
        ask_survey_close(talk, process);
    else if (what > 34)
        ask_survey_read(talk, process);
}

void ask_turn(struct talk *talk, uint32_t process)
{
    const uint32_t count = layers_of(talk, process) ? 1 + ask_pick(talk, process, CALLS_A_TURN) : 0;
    for (uint32_t i = 0; i < count; i++)
        draw_call(talk, process);
}

void ask_begin(struct talk *talk, uint32_t process)
{
    memset(talk->asks.doors[process], 0, sizeof talk->asks.doors[process]);
    register_all(talk, process);
}

void ask_died(struct talk *talk, uint32_t process)
{
    for (uint32_t i = 0; i < talk->asks.count; i++) {
        if (talk->asks.calls[i].process == process && talk->asks.calls[i].state == HUNT_PENDING)
            talk->asks.calls[i].state = HUNT_VOID;
    }
}

static void complete_register(struct talk *talk, const struct ask_call *call,
                              const struct uripc_completion *completion)
{
    struct ask_door *door = &talk->asks.doors[call->process][call->door];
    door->pending = false;
    if (completion->status != URIPC_OK)
        return;
    door->handle = completion->handle;
    if (call->door == ASK_GRAVE)
        watch_grave(talk, call->process, door->handle);
}

/* What follows from a completion. */
static void complete(struct talk *talk, uint32_t number, const struct uripc_completion *completion)
{
    const struct ask_call *call = &talk->asks.calls[number];
    const bool ok = completion->status == URIPC_OK;
    switch (call->call) {
    case URIPC_CALL_REGISTER:
        complete_register(talk, call, completion);
        break;
    case URIPC_CALL_RECEIVE:
        if (ok)
            ask_broken(talk, "REQ-3", number, "a message for the life before comes to its name");
        break;
    case URIPC_CALL_SERVE:
        if (ok)
            ask_rule_served(talk, number);
        break;
    case URIPC_CALL_REQUEST:
        if (ok)
            ask_rule_reply_taken(talk, number);
        else
            ask_rule_failed(talk, number);
        break;
    case URIPC_CALL_REPLY:
        ask_survey_heard(talk, number);
        break;
    default:
        ask_survey_completed(talk, number, completion);
        break;
    }
}

void ask_completed(struct talk *talk, uint32_t process, const struct uripc_completion *completion)
{
    const uint64_t place = completion->overlapped - ASK_OVERLAPPED;
    struct ask_call *call = place < talk->asks.count ? &talk->asks.calls[place] : NULL;
    if (!call || !ask_is_mine(talk, call, process) || call->state != HUNT_PENDING ||
        call->call != completion->call) {
        hunt_broken(talk->ledger, "LAY-1", HUNT_CALLS_MOST,
                    "a completion of requests is nobody's, or the second");
        return;
    }
    call->state = HUNT_DONE;
    call->status = completion->status;
    call->certainty = completion->certainty;
    call->message_id = completion->message_id;
    complete(talk, (uint32_t)place, completion);
}

/* The end. */

/* Without `all` only what goes over the calls and ends by itself.  A handle that could not be
 * closed, for want of room, keeps what was called on it. */
static void check_none_pending(struct talk *talk, bool all, const char *clause, const char *text)
{
    for (uint32_t i = 0; i < talk->asks.count && !hunt_is_broken(talk->ledger); i++) {
        const struct ask_call *call = &talk->asks.calls[i];
        const bool waits = all ? call->open : call->handle.id != 0;
        if (call->state != HUNT_PENDING || waits)
            continue;
        ask_broken(talk, clause, i, text);
        talk->ledger->result->liveness = true;
    }
}

void ask_check_over(struct talk *talk)
{
    check_none_pending(talk, false, "REQ-6", "all is quiet, its time is over, and it is pending");
}

void ask_check_closed(struct talk *talk)
{
    check_none_pending(talk, true, "REQ-20", "all handles are closed, and it is pending");
}
