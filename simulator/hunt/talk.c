/* SPDX-License-Identifier: MIT */
#include "simulator/hunt/talk.h"

#include <string.h>

enum { KIND_TALK = SIM_KIND_USER + 4, WORK_ALARM = 1 };

#define MS UINT64_C(1000000)

static const char *const names[HUNT_PROCESSES] = {"ipc:/s0", "ipc:/s1", "ipc:/s2", "ipc:/s3"};

static const struct uripc_layer_limits tight = {.size = sizeof tight,
                                                .listeners = 2,
                                                .sessions = 8,
                                                .requests = 6,
                                                .remembered = ASK_REMEMBERED,
                                                .calls = 48,
                                                .window_bytes = 600,
                                                .pool_bytes = 8192,
                                                .uri_units = 64,
                                                .message_max = 300};

static uint32_t pick(const struct talk *talk, uint32_t process, uint32_t n)
{
    return sim_choose(talk->ledger->world, KIND_TALK, process, n);
}

uint64_t talk_identity(uint32_t process, uint32_t life)
{
    return 1 + process + (uint64_t)life * HUNT_PROCESSES;
}

void talk_start(struct talk *talk, struct hunt_ledger *ledger)
{
    talk->ledger = ledger;
    talk->call_count = talk->end_count = 0;
    talk->roomy = ledger->setup->seed % 2 == 1;
    ask_start(talk);
    for (uint32_t i = 0; i < HUNT_PROCESSES; i++) {
        talk->processes[i].layers = NULL;
        talk->processes[i].alarm = SIM_NEVER;
    }
}

/* Calls. */

static struct talk_call *begin(struct talk *talk, uint32_t process, enum uripc_call kind,
                               uint32_t end)
{
    if (talk->call_count == TALK_CALLS)
        return NULL;
    struct talk_call *call = &talk->calls[talk->call_count];
    talk->call_count++;
    call->call = kind;
    call->state = HUNT_PENDING;
    call->process = process;
    call->life = talk->ledger->lives[process];
    call->end = end;
    call->length = 0;
    call->detects = false;
    call->at = sim_now(talk->ledger->world);
    return call;
}

static uint64_t overlapped(const struct talk *talk, const struct talk_call *call)
{
    return (uint64_t)(call - talk->calls) + 1;
}

static bool returned(struct talk *talk, struct talk_call *call, enum uripc_status status)
{
    uint64_t *counts = talk->ledger->result->counts;
    hunt_say(talk->ledger, "process %u: call %u of kind %d on end %d returns %s", call->process,
             (unsigned)(call - talk->calls), (int)call->call, (int)call->end - 1,
             uripc_status_name(status));
    sim_note_word(talk->ledger->world, (uint64_t)status);
    if (status == URIPC_PENDING) {
        counts[HUNT_CALLS]++;
        return true;
    }
    call->state = HUNT_REFUSED_AT_ONCE;
    counts[HUNT_REFUSED]++;
    counts[HUNT_STARVED] += status == URIPC_NO_RESOURCES;
    const bool open = call->end != 0 && !talk->ends[call->end - 1].closed;
    if (status == URIPC_INVALID_HANDLE && open)
        talk_broken(talk, "CMP-17", call->end - 1, "an open handle is called invalid");
    return false;
}

static struct uripc_layers *layers_of(const struct talk *talk, uint32_t process)
{
    return talk->processes[process].layers;
}

static struct uripc_text text_of(const char *text)
{
    return (struct uripc_text){.at = text, .length = strlen(text)};
}

static void do_listen(struct talk *talk, uint32_t process)
{
    struct talk_call *call = begin(talk, process, URIPC_CALL_LISTEN, 0);
    const struct uripc_listen_options options = {
        .size = sizeof options,
        .mode = pick(talk, process, 3) == 1 ? URIPC_BYTES : URIPC_MESSAGES,
        .instances = pick(talk, process, 4) == 1 ? 2 : 0,
        .waiting = pick(talk, process, 4) == 1 ? 1 : 0};
    if (call)
        (void)returned(talk, call,
                       uripc_listen(layers_of(talk, process), text_of(names[process]), &options,
                                    overlapped(talk, call)));
}

static struct uripc_session_options draw_session(const struct talk *talk, uint32_t process,
                                                 struct talk_call *call)
{
    struct uripc_session_options options = {.size = sizeof options};
    options.flags = pick(talk, process, 4) == 1 ? URIPC_NOWAIT : 0u;
    options.flags |= pick(talk, process, 2) == 1 ? URIPC_NOTICE : 0u;
    options.deadline = pick(talk, process, 3) == 0 ? 0 : 40 * MS;
    options.beat = pick(talk, process, 4) == 1 ? 100 * MS : 0;
    call->detects = pick(talk, process, 4) == 1;
    options.liveness = call->detects ? &uripc_liveness_timeout : NULL;
    options.silence = 300 * MS;
    return options;
}

static void do_accept(struct talk *talk, uint32_t process)
{
    const struct uripc_handle listener = talk->processes[process].listener;
    struct talk_call *call = listener.id == 0 ? NULL : begin(talk, process, URIPC_CALL_ACCEPT, 0);
    if (!call)
        return;
    const struct uripc_session_options options = draw_session(talk, process, call);
    (void)returned(
        talk, call,
        uripc_accept(layers_of(talk, process), listener, &options, overlapped(talk, call)));
}

static void do_connect(struct talk *talk, uint32_t process)
{
    struct talk_call *call = begin(talk, process, URIPC_CALL_CONNECT, 0);
    if (!call)
        return;
    const struct uripc_session_options options = draw_session(talk, process, call);
    const char *name = names[pick(talk, process, HUNT_PROCESSES)];
    (void)returned(
        talk, call,
        uripc_connect(layers_of(talk, process), text_of(name), &options, overlapped(talk, call)));
}

/* The number is whole at the first byte that anybody reads. */
static void do_send(struct talk *talk, uint32_t end)
{
    static const uint32_t lengths[] = {4, 20, 60, 250, 5, 30, 100, 290};
    struct talk_end *self = &talk->ends[end];
    const uint32_t process = self->process;
    struct talk_call *call =
        self->sending ? NULL : begin(talk, process, URIPC_CALL_SESSION_SEND, end + 1);
    if (!call)
        return;
    unsigned char data[512];
    const struct uripc_transfer_options options = {
        .size = sizeof options,
        .flags = pick(talk, process, 4) == 1 ? URIPC_NOWAIT : 0,
        .deadline = pick(talk, process, 2) == 0 ? 0 : 30 * MS};
    call->length = lengths[pick(talk, process, 8)];
    for (uint32_t i = 0; i < call->length; i++)
        data[i] = talk_byte(end, self->accepted + i);
    self->sending = returned(talk, call,
                             uripc_session_send(layers_of(talk, process), self->handle, data,
                                                call->length, &options, overlapped(talk, call)));
}

static bool do_receive(struct talk *talk, uint32_t end, bool hasty, uint32_t size)
{
    struct talk_end *self = &talk->ends[end];
    struct talk_call *call =
        self->receiving ? NULL : begin(talk, self->process, URIPC_CALL_SESSION_RECEIVE, end + 1);
    if (!call)
        return false;
    const struct uripc_transfer_options options = {.size = sizeof options,
                                                   .flags = hasty ? URIPC_NOWAIT : 0};
    const struct uripc_buffer buffer = {.id = (uintptr_t)call->buffer, .size = size};
    self->receiving = returned(talk, call,
                               uripc_session_receive(layers_of(talk, self->process), self->handle,
                                                     buffer, &options, overlapped(talk, call)));
    return self->receiving;
}

static void do_shutdown(struct talk *talk, uint32_t end)
{
    struct talk_end *self = &talk->ends[end];
    struct talk_call *call = begin(talk, self->process, URIPC_CALL_SHUTDOWN, end + 1);
    if (call && returned(talk, call,
                         uripc_session_shutdown(layers_of(talk, self->process), self->handle,
                                                overlapped(talk, call))))
        self->shut = true;
}

static void do_flush(struct talk *talk, uint32_t end)
{
    const struct talk_end *self = &talk->ends[end];
    struct talk_call *call = begin(talk, self->process, URIPC_CALL_FLUSH, end + 1);
    const struct uripc_transfer_options options = {.size = sizeof options, .deadline = 50 * MS};
    if (call)
        (void)returned(talk, call,
                       uripc_session_flush(layers_of(talk, self->process), self->handle, &options,
                                           overlapped(talk, call)));
}

/* What is unread hides an end. */
static bool may_have_given_up(const struct talk *talk, const struct talk_end *end)
{
    struct uripc_session_info info = {.left = URIPC_NO_MESSAGE};
    (void)uripc_session_peek(layers_of(talk, end->process), end->handle, &info);
    return end->detects && (info.status != URIPC_OK || info.left != URIPC_NO_MESSAGE);
}

static void do_close(struct talk *talk, uint32_t end, bool at_once)
{
    struct talk_end *self = &talk->ends[end];
    const uint32_t process = self->process;
    struct talk_call *call =
        begin(talk, process, at_once ? URIPC_CALL_DISCONNECT : URIPC_CALL_SESSION_CLOSE, end + 1);
    if (!call)
        return;
    const bool given_up = may_have_given_up(talk, self);
    const enum uripc_status status =
        at_once
            ? uripc_session_disconnect(layers_of(talk, process), self->handle,
                                       overlapped(talk, call))
            : uripc_session_close(layers_of(talk, process), self->handle, overlapped(talk, call));
    if (!returned(talk, call, status))
        return;
    ask_closing(talk, process, self->handle);
    self->closed = true;
    self->given_up = given_up;
    self->disconnected = at_once;
}

/* Applications. */

static bool is_open(const struct talk *talk, uint32_t end)
{
    const struct talk_end *self = &talk->ends[end];
    return !self->closed && self->life == talk->ledger->lives[self->process] &&
           layers_of(talk, self->process) != NULL;
}

static void draw_call(struct talk *talk, uint32_t process)
{
    uint32_t open[TALK_ENDS];
    uint32_t count = 0;
    for (uint32_t i = 0; i < talk->end_count; i++) {
        if (talk->ends[i].process == process && is_open(talk, i))
            open[count++] = i;
    }
    const uint32_t what = pick(talk, process, 32);
    if (talk->call_count >= TALK_DRAWN_CALLS)
        return;
    if (what < 5 && talk->end_count + 8 < TALK_ENDS)
        do_connect(talk, process);
    else if (what < 10 && talk->end_count + 8 < TALK_ENDS)
        do_accept(talk, process);
    if (what < 10 || count == 0)
        return;
    const uint32_t end = open[pick(talk, process, count)];
    if (what < 20)
        do_send(talk, end);
    else if (what < 28)
        (void)do_receive(talk, end, what % 2 == 0, what < 22 ? 16 : TALK_BUFFER);
    else if (what == 28)
        do_flush(talk, end);
    else if (what == 29)
        do_shutdown(talk, end);
    else
        do_close(talk, end, what == 31 && pick(talk, process, 2) == 1);
}

void talk_turn(struct talk *talk, uint32_t process)
{
    const uint32_t count = layers_of(talk, process) ? 1 + pick(talk, process, 4) : 0;
    for (uint32_t i = 0; i < count; i++)
        draw_call(talk, process);
    ask_turn(talk, process);
    talk_collect(talk, process);
}

/* Hosts. */

static bool give_buffer(void *self, uint32_t size, struct uripc_buffer *buffer, void **bytes)
{
    struct talk_process *process = self;
    if (process->buffers == TALK_NODE_BUFFERS || size > TALK_NODE_BUFFER)
        return false;
    *bytes = process->node_buffers[process->buffers];
    process->buffers++;
    *buffer = (struct uripc_buffer){.id = (uintptr_t)*bytes, .size = size};
    return true;
}

static void copy_out(void *self, uint64_t id, uint32_t offset, const void *bytes, uint32_t length)
{
    (void)self;
    memcpy((unsigned char *)(uintptr_t)id + offset, bytes, length);
}

void talk_begin(struct talk *talk, uint32_t process)
{
    struct uripc_layer_limits limits = tight;
    static struct uripc_calls calls = {.size = sizeof calls};
    const struct uripc_node_ops *ops = sim_node_ops(talk->ledger->world);
    struct talk_process *self = &talk->processes[process];
    calls.register_ = ops->register_;
    calls.send = ops->send;
    calls.receive = ops->receive;
    calls.cancel = ops->cancel;
    calls.close = ops->close;
    calls.poll = ops->poll;
    const struct uripc_ground ground = {.size = sizeof ground,
                                        .calls = &calls,
                                        .node = sim_node(talk->ledger->world, process),
                                        .identity =
                                            talk_identity(process, talk->ledger->lives[process]),
                                        .self = self,
                                        .buffer = give_buffer,
                                        .copy_out = copy_out};
    if (talk->roomy)
        limits.pool_bytes *= 8;
    self->listener.id = 0;
    self->turned = 0;
    self->alarm = SIM_NEVER;
    self->buffers = 0;
    self->layers = uripc_layers_bytes(&limits) <= sizeof self->block
                       ? uripc_layers_init(self->block, &limits, &ground)
                       : NULL;
    if (!self->layers) {
        talk->ledger->result->ran = false;
        return;
    }
    do_listen(talk, process);
    do_accept(talk, process);
    ask_begin(talk, process);
}

bool talk_is_alarm(uint64_t word)
{
    return (word & 1) == WORK_ALARM;
}

/* The layers' time is that of their process's clock; an alarm that is early is set again. */
static void set_alarm(struct talk *talk, uint32_t process, uint64_t next)
{
    struct sim_world *world = talk->ledger->world;
    const uint64_t now = sim_clock_now(world, process);
    struct talk_process *self = &talk->processes[process];
    const uint64_t at = sim_now(world) + (next > now ? next - now : 1);
    if (self->alarm <= sim_now(world))
        self->alarm = SIM_NEVER; /* it has rung */
    if (next == SIM_NEVER || at >= self->alarm)
        return;
    self->alarm = at;
    sim_at(world, at, process, WORK_ALARM);
}

static void add_end(struct talk *talk, const struct talk_call *call,
                    const struct uripc_completion *completion)
{
    if (talk->end_count == TALK_ENDS)
        return;
    talk->ends[talk->end_count] = (struct talk_end){.process = call->process,
                                                    .life = call->life,
                                                    .handle = completion->handle,
                                                    .since = call->at,
                                                    .detects = call->detects};
    talk->end_count++;
}

static void complete_receive(struct talk *talk, const struct talk_call *call,
                             const struct uripc_completion *completion)
{
    const uint32_t end = call->end - 1;
    talk->ends[end].receiving = false;
    switch (completion->status) {
    case URIPC_OK:
    case URIPC_MORE:
        talk->ledger->result->counts[HUNT_RECEIVED]++;
        talk_rule_read(talk, end, call->buffer, completion->bytes);
        break;
    case URIPC_DISCONNECTED:
    case URIPC_PEER_GONE:
    case URIPC_UNRESPONSIVE:
        talk->ledger->result->counts[HUNT_GONE]++;
        talk_rule_end(talk, end, completion->status);
        break;
    default:
        break;
    }
}

static void complete(struct talk *talk, uint32_t process, const struct uripc_completion *completion)
{
    const uint64_t place = completion->overlapped;
    struct talk_call *call =
        place >= 1 && place <= talk->call_count ? &talk->calls[place - 1] : NULL;
    hunt_say(talk->ledger, "process %u: call %d completes %s, %u bytes", process, (int)place - 1,
             uripc_status_name(completion->status), completion->bytes);
    sim_note_word(talk->ledger->world, place << 8 | (uint64_t)completion->status);
    if (place >= ASK_OVERLAPPED) {
        ask_completed(talk, process, completion);
        return;
    }
    if (!call || call->process != process || call->state != HUNT_PENDING ||
        call->life != talk->ledger->lives[process] || call->call != completion->call) {
        hunt_broken(talk->ledger, "LAY-1", HUNT_CALLS_MOST,
                    "a completion of layers is nobody's, or the second");
        return;
    }
    call->state = HUNT_DONE;
    const bool ok = completion->status == URIPC_OK;
    if ((call->call == URIPC_CALL_CONNECT || call->call == URIPC_CALL_ACCEPT) && ok)
        add_end(talk, call, completion);
    else if (call->call == URIPC_CALL_LISTEN && ok)
        talk->processes[process].listener = completion->handle;
    else if (call->call == URIPC_CALL_SESSION_RECEIVE)
        complete_receive(talk, call, completion);
    else if (call->call == URIPC_CALL_SESSION_SEND) {
        talk->ends[call->end - 1].sending = false;
        talk->ends[call->end - 1].accepted += ok ? call->length : 0;
        talk->ledger->result->counts[HUNT_SENT] += ok;
    }
}

void talk_collect(struct talk *talk, uint32_t process)
{
    struct sim_world *world = talk->ledger->world;
    struct uripc_layers *layers = layers_of(talk, process);
    struct uripc_completion completion;
    uint64_t next = SIM_NEVER;
    if (!layers || !sim_alive(world, process))
        return;
    sim_enter(world, process);
    do {
        talk->processes[process].turned = sim_clock_now(world, process);
        next = uripc_layers_turn(layers, sim_clock_now(world, process));
        while (uripc_layers_poll(layers, &completion) == URIPC_OK) {
            complete(talk, process, &completion);
            next = 0; /* there is room again */
            if (hunt_is_broken(talk->ledger))
                return;
        }
    } while (next <= sim_clock_now(world, process));
    set_alarm(talk, process, next);
}

void talk_died(struct talk *talk, uint32_t process)
{
    talk->processes[process].layers = NULL;
    for (uint32_t i = 0; i < talk->call_count; i++) {
        if (talk->calls[i].process == process && talk->calls[i].state == HUNT_PENDING)
            talk->calls[i].state = HUNT_VOID;
    }
    ask_died(talk, process);
}

/* The end. */

bool talk_read_all(struct talk *talk)
{
    bool some = false;
    for (uint32_t i = 0; i < talk->end_count && !hunt_is_broken(talk->ledger); i++) {
        const uint64_t before = talk->ends[i].read;
        if (!is_open(talk, i) || talk->ends[i].ended != URIPC_OK)
            continue;
        if (!talk->ends[i].receiving && do_receive(talk, i, true, TALK_BUFFER))
            talk_collect(talk, talk->ends[i].process);
        some = some || talk->ends[i].read != before;
    }
    return some;
}

static bool is_well(const struct talk *talk, uint32_t end)
{
    struct uripc_session_info info = {.state = URIPC_SESSION_ENDED};
    if (is_open(talk, end) && talk->ends[end].ended == URIPC_OK)
        (void)uripc_session_peek(layers_of(talk, talk->ends[end].process), talk->ends[end].handle,
                                 &info);
    return info.state != URIPC_SESSION_ENDED;
}

/* A node with little room may be unable to carry what its layers have accepted. */
void talk_check_arrived(struct talk *talk)
{
    ask_check_over(talk);
    if (sim_counters(talk->ledger->world)->quotas > 0)
        return;
    for (uint32_t i = 0; i < talk->end_count; i++) {
        const struct talk_end *self = &talk->ends[i];
        if (self->reader == 0 || !is_well(talk, i) || !is_well(talk, self->reader - 1) ||
            talk->ends[self->reader - 1].read == self->accepted || hunt_is_broken(talk->ledger))
            continue;
        const struct talk_end *reader = &talk->ends[self->reader - 1];
        hunt_say(talk->ledger, "it is read by end %u of process %u, which has read %u bytes",
                 self->reader - 1, reader->process, (unsigned)reader->read);
        talk_broken(talk, "SES-1", i, "all is quiet, and what it has sent has not arrived");
        talk->ledger->result->liveness = true;
    }
}

void talk_close_all(struct talk *talk)
{
    for (uint32_t i = 0; i < talk->end_count && !hunt_is_broken(talk->ledger); i++) {
        if (!is_open(talk, i))
            continue;
        do_close(talk, i, false);
        talk_collect(talk, talk->ends[i].process);
    }
    for (uint32_t i = 0; i < HUNT_PROCESSES; i++) {
        struct talk_call *call = layers_of(talk, i) && talk->processes[i].listener.id != 0
                                     ? begin(talk, i, URIPC_CALL_SESSION_CLOSE, 0)
                                     : NULL;
        if (call)
            (void)returned(talk, call,
                           uripc_session_close(layers_of(talk, i), talk->processes[i].listener,
                                               overlapped(talk, call)));
        ask_close(talk, i);
        talk_collect(talk, i);
    }
}

void talk_check_closed(struct talk *talk)
{
    ask_check_closed(talk);
    for (uint32_t i = 0; i < talk->call_count && !hunt_is_broken(talk->ledger); i++) {
        const struct talk_call *call = &talk->calls[i];
        const bool ends = call->call == URIPC_CALL_CONNECT || call->call == URIPC_CALL_LISTEN;
        if (call->state != HUNT_PENDING || ends)
            continue;
        hunt_say(talk->ledger, "call %u of process %u is pending", i, call->process);
        hunt_broken(talk->ledger, "LAY-1", HUNT_CALLS_MOST,
                    "all handles are closed, and a call of layers is pending");
        talk->ledger->result->liveness = true;
    }
}
