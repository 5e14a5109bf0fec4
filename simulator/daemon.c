/* SPDX-License-Identifier: MIT */
/* A resolver that is a process (RES-1 to RES-12).  Names are bound to the connection of their
 * holder.  A connection is a stream: what is sent arrives, in order and after a constant time, or
 * the connection ends, and then each end notices.
 *
 * What a client asked for and has no answer to, it asks again on its next connection, after it has
 * claimed again what it holds. */
#include "reference/mutants.h"
#include "world.h"

static struct sim_resolution *daemon_of(struct sim_world *world)
{
    return &world->resolution;
}

static bool is_daemon(const struct sim_world *world)
{
    return world->resolution.is.kind == SIM_RESOLVER_DAEMON;
}

static void tell(struct sim_world *world, enum sim_trace kind, uint32_t process, uint32_t peer)
{
    sim_fold_word(world, world->now);
    sim_fold_word(world, (uint64_t)kind << 56 | process);
    sim_fold_word(world, peer);
    sim_tell(world, &(struct sim_event_record){.kind = kind, .process = process, .peer = peer});
}

static void push_here(struct sim_world *world, uint64_t delay, enum sim_event_kind kind,
                      uint32_t process, uint64_t serial)
{
    const bool alone = process == SIM_NOBODY;
    const struct sim_event event = {.kind = kind,
                                    .process = process,
                                    .life = alone ? SIM_NOBODY : world->processes[process].life,
                                    .serial = serial};
    sim_push(world, world->now + delay, SIM_CLASS_ARRIVAL, &event);
}

/* The client's side. */

/* Sends what has not been sent, if it can be. */
static void send_out(struct sim_world *world, uint32_t process)
{
    const struct sim_client *client = sim_client(world, process);
    if (client->connection == 0 || client->cut)
        return;
    uint32_t next;
    for (uint32_t slot = client->asked.first; slot != SIM_NO_EVENT; slot = next) {
        struct sim_event *asked = &world->events.slab[slot];
        next = asked->next;
        if (asked->status != SIM_ASKED_UNSENT)
            continue;
        asked->status = SIM_ASKED_FLYING;
        struct sim_event flight = *asked;
        flight.peer = client->connection;
        if (flight.parcel != 0)
            sim_pool_share(&world->pool, flight.parcel);
        world->counters.resolver_messages++;
        sim_push(world, world->now + world->resolution.is.delay, SIM_CLASS_ARRIVAL, &flight);
    }
}

/* By serial; one that has none by ticket. */
static uint32_t find(const struct sim_world *world, const struct sim_list *list,
                     enum sim_event_kind kind, uint64_t serial, uint32_t ticket)
{
    uint32_t slot = list->first;
    for (; slot != SIM_NO_EVENT; slot = world->events.slab[slot].next) {
        const struct sim_event *at = &world->events.slab[slot];
        const bool same = serial == 0 ? at->ticket == ticket : at->serial == serial;
        if (at->kind == kind && same)
            return slot;
    }
    return SIM_NO_EVENT;
}

static void drop(struct sim_world *world, struct sim_list *list, enum sim_event_kind kind,
                 uint64_t serial)
{
    const uint32_t slot = find(world, list, kind, serial, 0);
    if (slot != SIM_NO_EVENT)
        sim_list_remove(world, list, slot);
}

static void answer_release(struct sim_world *world, const struct sim_event *request)
{
    struct sim_event answer = *request;
    answer.kind = SIM_EVENT_RELEASED;
    answer.status = URIPC_OK;
    sim_push(world, world->now, SIM_CLASS_ARRIVAL, &answer);
}

/* Planted: what nobody can answer is answered. */
static void refuse(struct sim_world *world, const struct sim_event *request)
{
    struct sim_event answer = *request;
    answer.kind = SIM_EVENT_NO_ROUTE;
    answer.status = URIPC_UNREACHABLE;
    sim_push(world, world->now, SIM_CLASS_ARRIVAL, &answer);
}

void sim_daemon_ask(struct sim_world *world, const struct sim_event *request)
{
    struct sim_client *client = sim_client(world, request->process);
    struct sim_event asked = *request;
    asked.status = SIM_ASKED_UNSENT;
    if (asked.kind == SIM_EVENT_RELEASE && !URIPC_MUTANT(CLOSE_UNHEARD)) {
        drop(world, &client->held, SIM_EVENT_CLAIM, asked.serial);
        drop(world, &client->asked, SIM_EVENT_RECLAIM, asked.serial);
    }
    if (asked.kind == SIM_EVENT_RELEASE && client->connection == 0) { /* RES-11 */
        answer_release(world, request);
        return;
    }
    if (URIPC_MUTANT(AWAY_REFUSES) && asked.kind == SIM_EVENT_LOOKUP && client->connection == 0) {
        refuse(world, request);
        return;
    }
    if (asked.kind == SIM_EVENT_CLAIM)
        asked.serial = sim_parcel(world, asked.parcel)->claim.serial;
    sim_list_add(world, &client->asked, &asked);
    send_out(world, request->process);
}

/* Attempts are made at once, and then each `retry` after the one before; those that must fail are
 * no events. */
static void plan_connect(struct sim_world *world, uint32_t process)
{
    struct sim_client *client = sim_client(world, process);
    const struct sim_resolution *daemon = &world->resolution;
    if (!sim_alive(world, process) || client->connection != 0 || client->connecting ||
        !daemon->alive || client->cut)
        return;
    const uint64_t waited = world->now - client->lost;
    const uint64_t retry = daemon->is.retry;
    const uint64_t wait = retry == 0 ? 0 : (waited + retry - 1) / retry * retry - waited;
    client->connecting = true;
    push_here(world, wait, SIM_EVENT_CONNECT, process, 0);
}

static void open_connection(struct sim_world *world, struct sim_client *client)
{
    world->resolution.connections++;
    client->connection = client->open = world->resolution.connections;
}

/* Claims what is held, before anything else is asked (RES-4). */
static void claim_again(struct sim_world *world, struct sim_client *client)
{
    struct sim_list later = client->asked;
    client->asked = SIM_LIST_EMPTY;
    uint32_t slot = URIPC_MUTANT(NEVER_AGAIN) ? SIM_NO_EVENT : client->held.first;
    for (; slot != SIM_NO_EVENT; slot = world->events.slab[slot].next) {
        struct sim_event again = world->events.slab[slot];
        again.kind = SIM_EVENT_RECLAIM;
        again.status = SIM_ASKED_UNSENT;
        sim_pool_share(&world->pool, again.parcel);
        sim_list_add(world, &client->asked, &again);
    }
    if (client->asked.first == SIM_NO_EVENT) {
        client->asked = later;
    } else if (later.first != SIM_NO_EVENT) {
        world->events.slab[client->asked.last].next = later.first;
        client->asked.last = later.last;
    }
}

/* A client of this term is one of which the daemon has heard all that it holds. */
static void note_term(const struct sim_world *world, struct sim_client *client)
{
    uint32_t slot = client->asked.first;
    for (; slot != SIM_NO_EVENT; slot = world->events.slab[slot].next) {
        const struct sim_event *asked = &world->events.slab[slot];
        if (asked->kind == SIM_EVENT_RECLAIM && asked->status != SIM_ASKED_TAKEN)
            return;
    }
    client->term = world->resolution.term;
}

static void connect(struct sim_world *world, uint32_t process)
{
    struct sim_client *client = sim_client(world, process);
    client->connecting = false;
    if (!world->resolution.alive || client->cut)
        return; /* a restart or a heal plans the next one */
    open_connection(world, client);
    world->counters.connects++;
    tell(world, SIM_TRACE_CONNECT, process, SIM_NOBODY);
    claim_again(world, client);
    send_out(world, process);
    if (world->resolution.grace)
        return;
    note_term(world, client);
    push_here(world, 0, SIM_EVENT_FORGET, process, 0); /* RES-10 */
}

/* Planted: whoever loses its connection is told that it has lost its names. */
static void give_up(struct sim_world *world, uint32_t process)
{
    const struct sim_list *held = &sim_client(world, process)->held;
    for (uint32_t slot = held->first; slot != SIM_NO_EVENT; slot = world->events.slab[slot].next) {
        const struct sim_event told = {.kind = SIM_EVENT_RECLAIMED,
                                       .process = process,
                                       .life = world->processes[process].life,
                                       .status = URIPC_EXISTS,
                                       .serial = world->events.slab[slot].serial};
        sim_push(world, world->now, SIM_CLASS_ARRIVAL, &told);
    }
}

/* Nothing that was asked is lost; what was to be released has gone with the connection. */
static void lose_connection(struct sim_world *world, uint32_t process)
{
    struct sim_client *client = sim_client(world, process);
    client->connection = 0;
    client->lost = world->now;
    sim_list_clear(world, &client->stuck);
    uint32_t next;
    for (uint32_t slot = client->asked.first; slot != SIM_NO_EVENT; slot = next) {
        struct sim_event *asked = &world->events.slab[slot];
        next = asked->next;
        asked->status = SIM_ASKED_UNSENT;
        const uint32_t kind = asked->kind;
        if (kind == SIM_EVENT_RELEASE)
            answer_release(world, asked);
        if (kind == SIM_EVENT_RELEASE || kind == SIM_EVENT_RECLAIM)
            sim_list_remove(world, &client->asked, slot);
    }
    tell(world, SIM_TRACE_DISCONNECT, process, SIM_NOBODY);
    if (URIPC_MUTANT(HOLDERS_GIVE_UP))
        give_up(world, process);
    plan_connect(world, process);
}

static void claimed(struct sim_world *world, struct sim_client *client,
                    const struct sim_event *answer, uint32_t slot)
{
    struct sim_event held = world->events.slab[slot];
    if (answer->status != URIPC_OK || answer->serial != held.serial) /* one of several on a queue */
        return;
    sim_pool_share(&world->pool, held.parcel);
    sim_list_add(world, &client->held, &held);
}

/* The end of what was asked. */
static void settle(struct sim_world *world, const struct sim_event *answer)
{
    struct sim_client *client = sim_client(world, answer->process);
    uint32_t slot = SIM_NO_EVENT;
    switch (answer->kind) {
    case SIM_EVENT_CLAIMED:
        slot = find(world, &client->asked, SIM_EVENT_CLAIM, answer->node, 0);
        if (slot != SIM_NO_EVENT)
            claimed(world, client, answer, slot);
        break;
    case SIM_EVENT_RECLAIMED:
        slot = find(world, &client->asked, SIM_EVENT_RECLAIM, answer->serial, 0);
        if (answer->status != URIPC_OK)
            drop(world, &client->held, SIM_EVENT_CLAIM, answer->serial);
        if (!world->resolution.grace)
            note_term(world, client);
        break;
    case SIM_EVENT_JOINED: /* of a queue that another process holds */
        slot = find(world, &client->asked, SIM_EVENT_CLAIM, 0, answer->ticket);
        break;
    case SIM_EVENT_RELEASED:
        slot = find(world, &client->asked, SIM_EVENT_RELEASE, answer->serial, 0);
        break;
    case SIM_EVENT_ROUTE:
    case SIM_EVENT_NO_ROUTE:
        slot = find(world, &client->asked, SIM_EVENT_LOOKUP, 0, answer->ticket);
        break;
    default:
        break;
    }
    if (slot != SIM_NO_EVENT)
        sim_list_remove(world, &client->asked, slot);
}

bool sim_daemon_answer_arrives(struct sim_world *world, const struct sim_event *answer)
{
    struct sim_client *client = sim_client(world, answer->process);
    if (answer->kind == SIM_EVENT_NO_ROUTE && answer->serial != client->connection)
        return false; /* it took so long that the connection is another, and it was asked again */
    if (client->cut && client->connection != 0) {
        sim_list_add(world, &client->stuck, answer); /* with its share of the parcel */
        return false;
    }
    settle(world, answer);
    return true;
}

/* The daemon's side. */

static void mark_taken(struct sim_world *world, const struct sim_event *request)
{
    const struct sim_list *asked = &sim_client(world, request->process)->asked;
    const uint32_t slot = find(world, asked, request->kind, request->serial, request->ticket);
    if (slot != SIM_NO_EVENT)
        world->events.slab[slot].status = SIM_ASKED_TAKEN;
}

/* In its grace a daemon knows some holders only: it can give no name away, and say of none that
 * nobody holds it, or that a shorter one is the longest (RES-5, RES-6).  Who was given up before,
 * or was away for all of an earlier grace, may have lost its names to others. */
static bool must_wait(struct sim_world *world, const struct sim_event *request)
{
    if (!world->resolution.grace)
        return false;
    if (request->kind == SIM_EVENT_CLAIM)
        return !URIPC_MUTANT(GRACE_FOR_ALL);
    if (request->kind == SIM_EVENT_RECLAIM)
        return sim_client(world, request->process)->term != world->resolution.term &&
               !URIPC_MUTANT(SILENT_KEEP_PLACE);
    return request->kind == SIM_EVENT_LOOKUP && !URIPC_MUTANT(GRACE_DENIES);
}

static void hold_back(struct sim_world *world, const struct sim_event *request)
{
    world->counters.held_back++;
    tell(world, SIM_TRACE_HELD_BACK, request->process, SIM_NOBODY);
    sim_list_add(world, &daemon_of(world)->held_back, request);
}

/* What is released is not claimed again by what has waited. */
static void let_go(struct sim_world *world, const struct sim_event *release)
{
    struct sim_list *held_back = &daemon_of(world)->held_back;
    uint32_t next;
    for (uint32_t slot = held_back->first; slot != SIM_NO_EVENT; slot = next) {
        const struct sim_event *at = &world->events.slab[slot];
        next = at->next;
        if (at->kind == SIM_EVENT_RECLAIM && at->life == release->life &&
            at->serial == release->serial)
            sim_list_remove(world, held_back, slot);
    }
}

static void give_parcel(struct sim_world *world, const struct sim_event *event)
{
    if (event->parcel != 0)
        sim_pool_give(&world->pool, event->parcel);
}

void sim_daemon_request_arrives(struct sim_world *world, const struct sim_event *request)
{
    struct sim_resolution *daemon = daemon_of(world);
    const struct sim_client *client = sim_client(world, request->process);
    world->touched = SIM_NOBODY;         /* the node has no part in this */
    if (client->open != request->peer) { /* of a connection that is over */
        give_parcel(world, request);
        return;
    }
    if (client->cut) { /* sent again when it heals */
        const uint32_t slot =
            find(world, &client->asked, request->kind, request->serial, request->ticket);
        if (slot != SIM_NO_EVENT)
            world->events.slab[slot].status = SIM_ASKED_UNSENT;
        give_parcel(world, request);
        return;
    }
    mark_taken(world, request);
    if (daemon->paused) {
        sim_list_add(world, &daemon->deferred, request);
    } else if (must_wait(world, request)) {
        hold_back(world, request);
    } else {
        if (request->kind == SIM_EVENT_RELEASE)
            let_go(world, request);
        sim_kernel_serve(world, request);
        give_parcel(world, request);
    }
}

/* Goes on with what has waited, in its order. */
static void serve_all(struct sim_world *world, struct sim_list *waiting)
{
    struct sim_list list = *waiting;
    *waiting = SIM_LIST_EMPTY;
    uint32_t slot;
    while ((slot = sim_list_take(world, &list)) != SIM_NO_EVENT) {
        const struct sim_event event = world->events.slab[slot];
        sim_events_give(&world->events, slot);
        sim_push(world, world->now, SIM_CLASS_ARRIVAL, &event);
    }
}

/* Names are bound to the connection; so is what waits on it. */
static void freed(struct sim_world *world, uint32_t life)
{
    struct sim_list *held_back = &daemon_of(world)->held_back;
    uint32_t next;
    for (uint32_t slot = held_back->first; slot != SIM_NO_EVENT; slot = next) {
        next = world->events.slab[slot].next;
        if (world->events.slab[slot].life == life)
            sim_list_remove(world, held_back, slot);
    }
    if (!URIPC_MUTANT(SILENT_KEEP_NAMES) || !sim_life_is_current(world, life))
        sim_kernel_forget(world, life);
}

/* At once: what came after it may have to do with it. */
static void serve_held_back(struct sim_world *world)
{
    struct sim_list list = daemon_of(world)->held_back;
    daemon_of(world)->held_back = SIM_LIST_EMPTY;
    uint32_t slot;
    while ((slot = sim_list_take(world, &list)) != SIM_NO_EVENT) {
        const struct sim_event request = world->events.slab[slot];
        sim_events_give(&world->events, slot);
        if (sim_event_is_valid(world, &request))
            sim_daemon_request_arrives(world, &request);
        else
            give_parcel(world, &request);
    }
}

static void grace_over(struct sim_world *world)
{
    struct sim_resolution *daemon = daemon_of(world);
    daemon->grace = false;
    daemon->term++;
    tell(world, SIM_TRACE_GRACE_OVER, SIM_RESOLVER, SIM_NOBODY);
    for (uint32_t i = 0; i < world->started; i++) {
        if (sim_alive(world, i) && sim_client(world, i)->open != 0) {
            world->counters.resolver_messages++;
            note_term(world, sim_client(world, i));
            push_here(world, daemon->is.delay, SIM_EVENT_FORGET, i, 0); /* RES-10 */
        }
    }
    serve_held_back(world);
}

/* Both ends of what has been cut for long notice that nothing comes. */
static void silence(struct sim_world *world, uint32_t process, uint64_t cuts)
{
    struct sim_client *client = sim_client(world, process);
    if (!client->cut || client->cuts != cuts)
        return;
    client->term = 0;
    uint32_t slot;
    while ((slot = sim_list_take(world, &client->ended)) != SIM_NO_EVENT) {
        const struct sim_event freed_late = world->events.slab[slot];
        sim_events_give(&world->events, slot);
        sim_push(world, world->now, SIM_CLASS_ARRIVAL, &freed_late);
    }
    if (client->connection == 0)
        return;
    if (client->open != 0) {
        client->open = 0;
        const struct sim_event ended = {
            .kind = SIM_EVENT_FREED, .process = SIM_NOBODY, .life = world->processes[process].life};
        sim_push(world, world->now, SIM_CLASS_ARRIVAL, &ended);
    }
    push_here(world, 0, SIM_EVENT_HUNG_UP, process, client->connection);
}

/* What a cut does not let through is waiting at it. */
static void hang_up(struct sim_world *world, const struct sim_event *event)
{
    struct sim_client *client = sim_client(world, event->process);
    if (client->connection == 0 || client->connection != event->serial)
        return;
    lose_connection(world, event->process);
}

static bool waits_for_daemon(const struct sim_event *event)
{
    return event->kind == SIM_EVENT_FREED || event->kind == SIM_EVENT_GRACE_OVER;
}

void sim_daemon_execute(struct sim_world *world, const struct sim_event *event)
{
    struct sim_resolution *daemon = daemon_of(world);
    if (waits_for_daemon(event) && (!daemon->alive || daemon->paused)) {
        if (daemon->alive)
            sim_list_add(world, &daemon->deferred, event);
        return;
    }
    sim_fold_word(world, (uint64_t)event->life << 32 | event->peer);
    sim_fold_word(world, event->serial);
    switch (event->kind) {
    case SIM_EVENT_HUNG_UP:
        hang_up(world, event);
        break;
    case SIM_EVENT_FREED:
        freed(world, event->life);
        break;
    case SIM_EVENT_SILENCE:
        silence(world, event->peer, event->serial);
        break;
    case SIM_EVENT_CONNECT:
        connect(world, event->process);
        break;
    case SIM_EVENT_GRACE_OVER:
        if (event->serial == daemon->lives && daemon->grace)
            grace_over(world);
        break;
    default:
        break;
    }
}

/* Lives of its clients. */

void sim_daemon_life_begun(struct sim_world *world, uint32_t process)
{
    struct sim_client *client = sim_client(world, process);
    client->lost = world->now;
    client->open = 0;
    client->term = world->resolution.term; /* it holds nothing that it could lose */
    if (world->resolution.alive && !client->cut)
        open_connection(world, client);
}

void sim_daemon_life_ended(struct sim_world *world, uint32_t process, uint32_t life)
{
    struct sim_client *client = sim_client(world, process);
    const bool open = client->open != 0;
    const struct sim_event ended = {.kind = SIM_EVENT_FREED, .process = SIM_NOBODY, .life = life};
    client->connection = client->open = 0;
    if (!open)
        return;
    if (client->cut)
        sim_list_add(world, &client->ended, &ended);
    else
        sim_push(world, world->now + world->resolution.is.delay, SIM_CLASS_ARRIVAL, &ended);
}

/* Its own life. */

void sim_daemon_crash(struct sim_world *world)
{
    struct sim_resolution *daemon = daemon_of(world);
    if (!is_daemon(world) || !daemon->alive)
        return;
    daemon->alive = daemon->paused = daemon->grace = false;
    world->counters.resolver_crashes++;
    tell(world, SIM_TRACE_CRASH, SIM_RESOLVER, SIM_NOBODY);
    world->table =
        world->table_ops->init(world->table_block, world->config.names, world->config.holdings,
                               world->config.limits.uri_units, world->config.realm);
    sim_list_clear(world, &daemon->held_back);
    sim_list_clear(world, &daemon->deferred);
    for (uint32_t i = 0; i < world->started; i++) {
        struct sim_client *client = sim_client(world, i);
        const bool notices = client->open != 0 && !client->cut;
        client->open = 0;
        sim_list_clear(world, &client->ended);
        if (notices)
            push_here(world, daemon->is.delay, SIM_EVENT_HUNG_UP, i, client->connection);
    }
}

void sim_daemon_restart(struct sim_world *world)
{
    struct sim_resolution *daemon = daemon_of(world);
    if (!is_daemon(world))
        return;
    sim_daemon_crash(world);
    daemon->alive = true;
    daemon->lives++;
    daemon->grace = daemon->is.grace != 0;
    world->counters.resolver_restarts++;
    tell(world, SIM_TRACE_RESTART, SIM_RESOLVER, SIM_NOBODY);
    if (daemon->grace && !URIPC_MUTANT(GRACE_ENDLESS))
        push_here(world, daemon->is.grace, SIM_EVENT_GRACE_OVER, SIM_NOBODY, daemon->lives);
    for (uint32_t i = 0; i < world->started; i++)
        plan_connect(world, i);
}

void sim_daemon_pause(struct sim_world *world)
{
    struct sim_resolution *daemon = daemon_of(world);
    if (!is_daemon(world) || !daemon->alive || daemon->paused)
        return;
    daemon->paused = true;
    world->counters.resolver_pauses++;
    tell(world, SIM_TRACE_PAUSE, SIM_RESOLVER, SIM_NOBODY);
}

void sim_daemon_resume(struct sim_world *world)
{
    struct sim_resolution *daemon = daemon_of(world);
    if (!is_daemon(world) || !daemon->paused)
        return;
    daemon->paused = false;
    tell(world, SIM_TRACE_RESUME, SIM_RESOLVER, SIM_NOBODY);
    serve_all(world, &daemon->deferred);
}

void sim_daemon_cut(struct sim_world *world, uint32_t process)
{
    struct sim_client *client = is_daemon(world) ? sim_client(world, process) : NULL;
    if (!client || client->cut)
        return;
    client->cut = true;
    client->cuts++;
    world->counters.resolver_cuts++;
    tell(world, SIM_TRACE_CUT, process, SIM_RESOLVER);
    if (world->resolution.is.silence == 0)
        return;
    const struct sim_event over = {.kind = SIM_EVENT_SILENCE,
                                   .process = SIM_NOBODY,
                                   .life = SIM_NOBODY,
                                   .peer = process,
                                   .serial = client->cuts};
    sim_push(world, world->now + world->resolution.is.silence, SIM_CLASS_ARRIVAL, &over);
}

void sim_daemon_heal(struct sim_world *world, uint32_t process)
{
    struct sim_client *client = is_daemon(world) ? sim_client(world, process) : NULL;
    if (!client || !client->cut)
        return;
    const uint64_t delay = world->resolution.is.delay;
    client->cut = false;
    tell(world, SIM_TRACE_HEAL, process, SIM_RESOLVER);
    uint32_t slot;
    while ((slot = sim_list_take(world, &client->ended)) != SIM_NO_EVENT) {
        const struct sim_event ended = world->events.slab[slot];
        sim_events_give(&world->events, slot);
        sim_push(world, world->now + delay, SIM_CLASS_ARRIVAL, &ended);
    }
    while ((slot = sim_list_take(world, &client->stuck)) != SIM_NO_EVENT) {
        const struct sim_event answer = world->events.slab[slot];
        sim_events_give(&world->events, slot);
        sim_push(world, world->now + delay, SIM_CLASS_ARRIVAL, &answer);
    }
    if (client->connection != 0 && client->open == 0)
        push_here(world, delay, SIM_EVENT_HUNG_UP, process, client->connection);
    else
        send_out(world, process);
    plan_connect(world, process);
}
