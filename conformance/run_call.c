/* SPDX-License-Identifier: MIT */
/* The steps of processes. */
#include <string.h>

#include "runner.h"

/* Blocks of calls without a name are numbered after those with one. */
enum { UNNAMED_CALLS = 1 << 24 };

static const char out_of_memory[] = "the suite has no memory for it";

static uint32_t *call_of(struct cf_runner *runner, uint32_t process, const struct cf_name *name)
{
    return &runner->calls[runner->processes[process].calls + name->slot];
}

/* A block belongs to a name, so that starting the same name twice uses it twice (CMP-7), and to one
 * life of its process (LIF-18). */
static uint64_t overlapped_of(struct cf_runner *runner, uint32_t process, uint32_t number)
{
    return ((uint64_t)runner->history.processes[process].life + 1) << 32 | (number + 1);
}

static const char *call_word(enum uripc_call call)
{
    static const char *const words[] = {
        [URIPC_CALL_REGISTER] = "register",     [URIPC_CALL_SEND] = "send",
        [URIPC_CALL_RECEIVE] = "receive",       [URIPC_CALL_CLOSE] = "close",
        [URIPC_CALL_LISTEN] = "listen",         [URIPC_CALL_ACCEPT] = "accept",
        [URIPC_CALL_CONNECT] = "connect",       [URIPC_CALL_SESSION_SEND] = "write",
        [URIPC_CALL_SESSION_RECEIVE] = "read",  [URIPC_CALL_SHUTDOWN] = "shutdown",
        [URIPC_CALL_FLUSH] = "flush",           [URIPC_CALL_SESSION_CLOSE] = "close",
        [URIPC_CALL_DISCONNECT] = "disconnect", [URIPC_CALL_REQUEST] = "request",
        [URIPC_CALL_SERVE] = "serve",           [URIPC_CALL_REPLY] = "reply",
        [URIPC_CALL_SURVEY] = "survey",         [URIPC_CALL_SURVEY_RECEIVE] = "receive",
        [URIPC_CALL_SURVEY_CLOSE] = "close",
    };
    return words[call];
}

/* What is traced of a completion and taken from its message. */
static void trace_completion(struct cf_runner *runner, uint32_t index)
{
    struct cf_op *op = &runner->history.ops[index];
    struct cf_message message;
    bool has_message = cf_history_message(&runner->history, index, &message);
    const struct cf_trace_record record = {
        .at = op->done_at,
        .kind = CF_TRACE_COMPLETION,
        .process = op->process,
        .peer = CF_NOBODY,
        .message_id = op->completion.message_id,
        .bytes = has_message ? message.data_bytes : op->completion.bytes,
        .has_status = true,
        .status = op->completion.status,
        .source = has_message ? message.source : (struct uripc_text){0},
        .target = has_message ? message.target : (struct uripc_text){0},
        .line = runner->test_case->steps[op->step].line,
        .text = call_word(op->call)};
    op->traced_done = cf_recording_trace(runner->recording, &record);
}

/* Of a call that opens something. */
static void completed_open(struct cf_runner *runner, const struct cf_op *op)
{
    if (op->completion.status != URIPC_OK || op->handle_slot == CF_NONE)
        return;
    uint32_t first = runner->processes[op->process].handles;
    runner->handles[first + op->handle_slot] =
        (struct cf_runner_handle){.handle = op->completion.handle,
                                  .incarnation = op->completion.incarnation,
                                  .kind = op->kind,
                                  .layer = op->call != URIPC_CALL_REGISTER,
                                  .survey = op->call == URIPC_CALL_SURVEY};
}

static void completed_receive(struct cf_runner *runner, uint32_t index)
{
    struct cf_op *op = &runner->history.ops[index];
    const unsigned char *bytes = runner->ops->bytes(runner->world, op->buffer);
    if (bytes)
        cf_history_received(&runner->history, index, bytes);
    runner->ops->release(runner->world, op->buffer);
}

bool cf_runner_poll(struct cf_runner *runner, uint32_t process)
{
    struct uripc_completion completion = {0};
    const struct cf_runner_process *self = &runner->processes[process];
    if (!self->alive || self->paused ||
        !runner->ops->completion(runner->world, process, &completion))
        return false;
    uint32_t index =
        cf_history_completed(&runner->history, process, &completion, cf_runner_now(runner));
    if (index == CF_NO_OP)
        return true;
    const struct cf_op *op = &runner->history.ops[index];
    if (cf_call_opens(op->call))
        completed_open(runner, op);
    else if (cf_runner_takes_buffer(op->call))
        completed_receive(runner, index);
    if (runner->recording)
        trace_completion(runner, index);
    return true;
}

/* What a completed call looks like to a line. */
static void observe_op(struct cf_runner *runner, uint32_t index, struct cf_runner_line *line)
{
    const struct cf_op *op = &runner->history.ops[index];
    struct cf_observed *observed = &line->observed;
    observed->ending = CF_ENDED;
    observed->op = index;
    observed->status = op->completion.status;
    observed->has_completion = true;
    observed->completion = op->completion;
    observed->has_message = cf_history_message(&runner->history, index, &observed->message);
    observed->elapsed = op->done_at > line->began ? op->done_at - line->began : 0;
}

static uint64_t deadline_of(const struct cf_runner *runner)
{
    uint64_t stated = runner->test_case->deadline;
    bool is_default = stated == CF_DEADLINE_DEFAULT && runner->world->patience;
    return is_default ? runner->world->patience : stated;
}

/* Lets the world go on until the call is complete. */
static void wait_for(struct cf_runner *runner, uint32_t index, struct cf_runner_line *line)
{
    struct cf_observed *observed = &line->observed;
    uint64_t until = line->began + deadline_of(runner);
    bool last_look = false;
    uint32_t process = runner->history.ops[index].process;
    for (;;) {
        enum cf_op_state state = runner->history.ops[index].state;
        if (state == CF_OP_DONE) {
            observe_op(runner, index, line);
            if (!runner->history.ops[index].awaited)
                cf_history_awaited(&runner->history, index);
            return;
        }
        if (state == CF_OP_LOST) {
            observed->ending = CF_ENDED_BY_DEATH;
            return;
        }
        if (cf_runner_poll(runner, process) || cf_runner_advance(runner, until, observed))
            continue;
        if (observed->ending != CF_LATE || last_look)
            return;
        runner->ops->fence(runner->world); /* it may be the system that is slow */
        last_look = true;
    }
}

static void observe_status(struct cf_runner_line *line, enum uripc_status status)
{
    line->observed.ending = CF_ENDED;
    line->observed.status = status;
}

static void unjudged(struct cf_runner_line *line, const char *trouble)
{
    line->observed.ending = CF_UNJUDGED;
    line->observed.trouble = trouble;
}

/* Records the call that a line is about to make; the line itself is the text.  What the call
 * returns is added later, for what it sets off at once must come after it. */
static uint32_t trace_step(struct cf_runner *runner, const struct cf_step *step, uint32_t bytes)
{
    if (!runner->recording)
        return CF_UNTRACED;
    struct uripc_text text = cf_step_text(step);
    char words[256];
    size_t length = text.length < sizeof(words) ? text.length : sizeof(words) - 1;
    memcpy(words, text.at, length);
    words[length] = '\0';
    const struct cf_trace_record record = {.at = cf_runner_now(runner),
                                           .kind = CF_TRACE_CALL,
                                           .process = step->process,
                                           .peer = CF_NOBODY,
                                           .bytes = bytes,
                                           .line = step->line,
                                           .text = words};
    return cf_recording_trace(runner->recording, &record);
}

static void trace_returned(struct cf_runner *runner, uint32_t number, enum uripc_status status)
{
    if (runner->recording && number != CF_UNTRACED)
        cf_recording_status(runner->recording, number, status);
}

/* Makes the call.  Returns its op, or CF_NO_OP with the line unjudged. */
static uint32_t make_call(struct cf_runner *runner, const struct cf_step *step,
                          struct cf_runner_line *line)
{
    struct cf_runner_options options;
    struct cf_world_call call = {.call = cf_runner_call_kind(runner, step)};
    uint32_t index = cf_history_call(&runner->history, step->process, call.call);
    if (index == CF_NO_OP) {
        unjudged(line, out_of_memory);
        return CF_NO_OP;
    }
    struct cf_op *op = &runner->history.ops[index];
    const char *trouble = cf_runner_fill(runner, step, &call, op, &options);
    if (trouble) {
        unjudged(line, trouble);
        return CF_NO_OP;
    }
    bool named = step->started && step->call.name;
    op->step = line->step;
    op->slot = named ? step->call.slot : CF_NONE;
    op->handle = call.handle;
    op->overlapped =
        overlapped_of(runner, step->process, named ? step->call.slot : UNNAMED_CALLS + index);
    call.overlapped = op->overlapped;
    op->traced = trace_step(runner, step, op->length);
    enum uripc_status status = runner->ops->call(runner->world, step->process, &call);
    trace_returned(runner, op->traced, status);
    cf_runner_scribble(runner, &call);
    cf_history_returned(&runner->history, index, status);
    if (status == URIPC_PENDING && named)
        *call_of(runner, step->process, &step->call) = index;
    if (status != URIPC_PENDING && cf_runner_takes_buffer(call.call))
        runner->ops->release(runner->world, call.buffer);
    return index;
}

static void do_call(struct cf_runner *runner, const struct cf_step *step,
                    struct cf_runner_line *line)
{
    uint32_t index = make_call(runner, step, line);
    if (index == CF_NO_OP)
        return;
    enum uripc_status status = runner->history.ops[index].returned;
    if (step->started || status != URIPC_PENDING) {
        observe_status(line, status);
        return;
    }
    wait_for(runner, index, line);
}

static void do_await(struct cf_runner *runner, const struct cf_step *step,
                     struct cf_runner_line *line)
{
    uint32_t index = *call_of(runner, step->process, &step->call);
    if (index == CF_NO_OP) {
        unjudged(line, "the call it waits for was never accepted");
        return;
    }
    wait_for(runner, index, line);
}

static void do_poll(struct cf_runner *runner, const struct cf_step *step,
                    struct cf_runner_line *line)
{
    struct cf_history *history = &runner->history;
    uint32_t index = cf_history_unawaited(history, step->process);
    while (index == CF_NO_OP && cf_runner_poll(runner, step->process))
        index = cf_history_unawaited(history, step->process);
    if (index == CF_NO_OP) {
        observe_status(line, URIPC_WOULD_BLOCK);
        return;
    }
    cf_history_awaited(history, index);
    observe_op(runner, index, line);
    uint32_t slot = history->ops[index].slot;
    line->observed.call = (struct cf_name){.name = "another call", .slot = slot};
    for (size_t i = 0; i < step->alternative_count; i++) {
        const struct cf_name *name = &step->alternatives[i].call;
        if (name->name && name->slot == slot)
            line->observed.call = *name;
    }
}

static uint64_t named_overlapped(struct cf_runner *runner, const struct cf_step *step)
{
    return overlapped_of(runner, step->process, step->call.slot);
}

static enum uripc_status do_cancel(struct cf_runner *runner, const struct cf_step *step)
{
    enum uripc_status status;
    uint32_t number = trace_step(runner, step, 0);
    if (step->verb == CF_CANCEL) {
        status = runner->ops->cancel(runner->world, step->process, named_overlapped(runner, step));
    } else {
        status =
            runner->ops->cancel_all(runner->world, step->process,
                                    cf_runner_handle(runner, step->process, &step->handle)->handle);
    }
    trace_returned(runner, number, status);
    return status;
}

static void do_info(struct cf_runner *runner, const struct cf_step *step,
                    struct cf_runner_line *line)
{
    struct uripc_handle handle = cf_runner_handle(runner, step->process, &step->handle)->handle;
    observe_status(line,
                   runner->ops->info(runner->world, step->process, handle, &line->observed.info));
    line->observed.has_info = line->observed.status == URIPC_OK;
}

static void do_peek(struct cf_runner *runner, const struct cf_step *step,
                    struct cf_runner_line *line)
{
    struct uripc_handle handle = cf_runner_handle(runner, step->process, &step->handle)->handle;
    observe_status(line,
                   runner->ops->peek(runner->world, step->process, handle, &line->observed.peek));
    line->observed.has_peek = line->observed.status == URIPC_OK;
}

void cf_runner_cancel(struct cf_runner *runner, const struct cf_step *step)
{
    const struct cf_runner_process *self = &runner->processes[step->process];
    if (self->alive && !self->paused)
        do_cancel(runner, step);
}

void cf_runner_call(struct cf_runner *runner, struct cf_runner_line *line)
{
    const struct cf_step *step = &runner->test_case->steps[line->step];
    const struct cf_runner_process *self = &runner->processes[step->process];
    if (!self->alive) {
        unjudged(line, "its process is dead and can do nothing");
        return;
    }
    if (self->paused && step->verb != CF_AWAIT) {
        unjudged(line, "its process is paused and can do nothing");
        return;
    }
    if (step->verb == CF_INFO || step->verb == CF_PEEK || step->verb == CF_POLL ||
        step->flags & URIPC_NOWAIT)
        runner->ops->fence(runner->world);
    switch (step->verb) {
    case CF_AWAIT:
        do_await(runner, step, line);
        break;
    case CF_POLL:
        do_poll(runner, step, line);
        break;
    case CF_CANCEL:
    case CF_CANCEL_ALL:
        observe_status(line, do_cancel(runner, step));
        break;
    case CF_INFO:
        do_info(runner, step, line);
        break;
    case CF_PEEK:
        do_peek(runner, step, line);
        break;
    default:
        do_call(runner, step, line);
        break;
    }
}
