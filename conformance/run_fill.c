/* SPDX-License-Identifier: MIT */
/* What a step of a process gives to the call that it makes. */
#include <stdlib.h>
#include <string.h>

#include "runner.h"

enum { SCRIBBLE = 0xee };

static const char out_of_memory[] = "the suite has no memory for it";

struct cf_runner_handle *cf_runner_handle(struct cf_runner *runner, uint32_t process,
                                          const struct cf_name *name)
{
    return &runner->handles[runner->processes[process].handles + name->slot];
}

static struct uripc_text copy_text(char **at, const struct cf_text *text)
{
    struct uripc_text copy = {.at = *at, .length = text->size};
    if (text->at)
        memcpy(*at, text->at, text->size);
    *at += text->size;
    return copy;
}

/* Texts and data go through memory that is changed after the call (SND-6). */
static bool fill_texts(struct cf_runner *runner, const struct cf_step *step,
                       struct cf_world_call *call)
{
    bool has_data = step->data.kind == CF_DATA_TEXT || step->data.kind == CF_DATA_BYTES;
    size_t size = step->uri.size + step->suffix.size + (has_data ? step->data.text.size : 0);
    if (size + 1 > runner->scratch_size) {
        char *more = realloc(runner->scratch, 2 * size + 256);
        if (!more)
            return false;
        runner->scratch = more;
        runner->scratch_size = 2 * size + 256;
    }
    char *at = runner->scratch;
    call->text = copy_text(&at, &step->uri);
    call->has_suffix = step->suffix.at != NULL;
    call->suffix = copy_text(&at, &step->suffix);
    if (has_data) {
        call->data = at;
        call->length = (uint32_t)step->data.text.size;
        copy_text(&at, &step->data.text);
    } else if (step->data.kind == CF_DATA_EMPTY) {
        call->data = at;
    } else if (step->data.kind == CF_DATA_NULL) {
        call->length = step->data.count;
    }
    return true;
}

void cf_runner_scribble(struct cf_runner *runner, const struct cf_world_call *call)
{
    size_t size = call->text.length + call->suffix.length + (call->data ? call->length : 0);
    if (size)
        memset(runner->scratch, SCRIBBLE, size);
}

static void fill_register(struct cf_runner *runner, const struct cf_step *step,
                          struct cf_world_call *call, struct cf_op *op,
                          struct uripc_register_options *options)
{
    *options = (struct uripc_register_options){.size = sizeof(*options),
                                               .kind = step->kind,
                                               .overflow = step->overflow,
                                               .queue_messages = step->queue_messages,
                                               .queue_bytes = step->queue_bytes,
                                               .message_max = step->message_max,
                                               .deadline = step->deadline};
    bool plain = !step->kind && !step->overflow && !step->queue_messages && !step->queue_bytes &&
                 !step->message_max && !step->deadline;
    call->register_options = plain ? NULL : options;
    if (step->parent.name)
        call->handle = cf_runner_handle(runner, step->process, &step->parent)->handle;
    op->kind = step->kind;
    op->handle_slot = step->handle.slot;
}

/* False: the case wants an incarnation that was never captured. */
static bool fill_send(struct cf_runner *runner, const struct cf_step *step,
                      struct cf_world_call *call, struct cf_op *op,
                      struct uripc_send_options *options)
{
    const struct cf_runner_handle *source = cf_runner_handle(runner, step->process, &step->handle);
    *options = (struct uripc_send_options){
        .size = sizeof(*options), .flags = step->flags, .deadline = step->deadline};
    if (step->expecting.name) {
        const struct cf_captured *expected = &runner->captured[step->expecting.slot];
        options->expected = expected->incarnation;
        if (!expected->set)
            return false;
    }
    bool plain = !step->flags && !step->deadline && !step->expecting.name;
    call->send_options = plain ? NULL : options;
    call->handle = source->handle;
    op->source = source->incarnation;
    op->data = step->data.text.at;
    op->length = call->length;
    return true;
}

/* False: there is no memory. */
static bool fill_buffer(struct cf_runner *runner, const struct cf_step *step,
                        struct cf_world_call *call, struct cf_op *op)
{
    call->buffer = runner->ops->buffer(runner->world, step->process, step->buffer);
    call->buffer_size = step->buffer;
    unsigned char *bytes = runner->ops->bytes(runner->world, call->buffer);
    if (bytes && step->buffer)
        memset(bytes, CF_FRESH, step->buffer);
    op->buffer = call->buffer;
    op->buffer_size = step->buffer;
    return bytes != NULL;
}

static void fill_receive(struct cf_runner *runner, const struct cf_step *step,
                         struct cf_world_call *call, struct cf_op *op,
                         struct uripc_receive_options *options)
{
    const struct cf_runner_handle *handle = cf_runner_handle(runner, step->process, &step->handle);
    *options = (struct uripc_receive_options){
        .size = sizeof(*options), .flags = step->flags, .deadline = step->deadline};
    call->receive_options = step->flags || step->deadline ? options : NULL;
    call->handle = handle->handle;
    op->kind = handle->kind;
    op->flags = step->flags;
}

static void fill_layer(struct cf_runner *runner, const struct cf_step *step,
                       struct cf_world_call *call, struct cf_op *op,
                       struct cf_world_layer_options *options)
{
    const struct cf_session_options *given = &step->session;
    const struct cf_request_options *asked = &step->request;
    const struct cf_name *on = step->door.name ? &step->door : &step->handle;
    *options = (struct cf_world_layer_options){
        .flags = step->flags,
        .deadline = step->deadline,
        .mode = given->mode,
        .instances = given->instances,
        .waiting = given->waiting,
        .beat = given->beat,
        .silence = given->silence,
        .retry = asked->retry,
        .retries = asked->retries,
        .backoff = asked->backoff,
        .remember = asked->remember,
        .duration = asked->duration,
        .detector = given->silence ? cf_detector_name(given->detector) : NULL};
    bool plain = !step->flags && !step->deadline && !given->mode && !given->instances &&
                 !given->waiting && !given->beat && !given->silence && !asked->retry &&
                 !asked->retries && !asked->backoff && !asked->remember && !asked->duration;
    call->layer_options = plain ? NULL : options;
    if (cf_verb_gives_handle(step->verb))
        op->handle_slot = step->handle.slot;
    if (on->name && (!cf_verb_gives_handle(step->verb) || step->door.name))
        call->handle = cf_runner_handle(runner, step->process, on)->handle;
    op->data = step->data.text.at;
    op->length = call->length;
}

enum uripc_call cf_runner_call_kind(struct cf_runner *runner, const struct cf_step *step)
{
    static const enum uripc_call kinds[] = {
        [CF_REGISTER] = URIPC_CALL_REGISTER,    [CF_SEND] = URIPC_CALL_SEND,
        [CF_RECEIVE] = URIPC_CALL_RECEIVE,      [CF_CLOSE] = URIPC_CALL_CLOSE,
        [CF_LISTEN] = URIPC_CALL_LISTEN,        [CF_CONNECT] = URIPC_CALL_CONNECT,
        [CF_ACCEPT] = URIPC_CALL_ACCEPT,        [CF_WRITE] = URIPC_CALL_SESSION_SEND,
        [CF_READ] = URIPC_CALL_SESSION_RECEIVE, [CF_FLUSH] = URIPC_CALL_FLUSH,
        [CF_SHUTDOWN] = URIPC_CALL_SHUTDOWN,    [CF_DISCONNECT] = URIPC_CALL_DISCONNECT,
        [CF_REQUEST] = URIPC_CALL_REQUEST,      [CF_SERVE] = URIPC_CALL_SERVE,
        [CF_REPLY] = URIPC_CALL_REPLY,          [CF_SURVEY] = URIPC_CALL_SURVEY,
    };
    const struct cf_runner_handle *on =
        step->handle.name ? cf_runner_handle(runner, step->process, &step->handle) : NULL;
    if (step->verb == CF_CLOSE && on->layer)
        return on->survey ? URIPC_CALL_SURVEY_CLOSE : URIPC_CALL_SESSION_CLOSE;
    if (step->verb == CF_RECEIVE && on->survey)
        return URIPC_CALL_SURVEY_RECEIVE;
    return kinds[step->verb];
}

bool cf_runner_takes_buffer(enum uripc_call call)
{
    return call == URIPC_CALL_RECEIVE || call == URIPC_CALL_SESSION_RECEIVE ||
           call == URIPC_CALL_REQUEST || call == URIPC_CALL_SERVE ||
           call == URIPC_CALL_SURVEY_RECEIVE;
}

const char *cf_runner_fill(struct cf_runner *runner, const struct cf_step *step,
                           struct cf_world_call *call, struct cf_op *op,
                           struct cf_runner_options *options)
{
    if (!fill_texts(runner, step, call))
        return out_of_memory;
    if (cf_runner_takes_buffer(call->call) && !fill_buffer(runner, step, call, op))
        return out_of_memory;
    switch (call->call) {
    case URIPC_CALL_REGISTER:
        fill_register(runner, step, call, op, &options->reg);
        return NULL;
    case URIPC_CALL_SEND:
        return fill_send(runner, step, call, op, &options->send)
                   ? NULL
                   : "it demands an incarnation that was never captured";
    case URIPC_CALL_RECEIVE:
        fill_receive(runner, step, call, op, &options->receive);
        return NULL;
    case URIPC_CALL_CLOSE:
        call->handle = cf_runner_handle(runner, step->process, &step->handle)->handle;
        return NULL;
    case URIPC_CALL_REPLY:
        call->message = runner->captured[step->answered.slot].message;
        if (!runner->captured[step->answered.slot].set)
            return "it answers a request that was never captured";
        break;
    default:
        break;
    }
    fill_layer(runner, step, call, op, &options->layer);
    return NULL;
}
