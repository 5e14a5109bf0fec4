/* SPDX-License-Identifier: MIT */
#include <inttypes.h>

#include "case_print.h"

static void print_register(const struct cf_step *step, FILE *out)
{
    fputc(' ', out);
    cf_text_print(&step->uri, out);
    fprintf(out, " as %s", step->handle.name);
    if (step->parent.name != NULL)
        fprintf(out, " under %s", step->parent.name);
    if (step->kind != URIPC_EXCLUSIVE)
        fprintf(out, " kind %s", cf_kind_name(step->kind));
    cf_print_number("queue", step->queue_messages, out);
    cf_print_number("queue-bytes", step->queue_bytes, out);
    if (step->overflow != URIPC_REJECT)
        fprintf(out, " overflow %s", cf_overflow_name(step->overflow));
    cf_print_number("max", step->message_max, out);
}

static void print_send(const struct cf_step *step, FILE *out)
{
    fprintf(out, " %s", step->handle.name);
    if (step->suffix.at != NULL) {
        fputs(" suffix ", out);
        cf_text_print(&step->suffix, out);
    }
    fputs(" to ", out);
    cf_text_print(&step->uri, out);
    cf_data_print(&step->data, " ", out);
}

static void print_request(const struct cf_step *step, FILE *out)
{
    const struct cf_request_options *const options = &step->request;
    if (step->verb == CF_REQUEST && step->handle.name != NULL)
        fprintf(out, " over %s", step->handle.name);
    if (options->retry > 0)
        cf_print_duration("retry", options->retry, out);
    cf_print_number("retries", options->retries, out);
    fputs(options->backoff ? " backoff" : "", out);
    if (options->remember > 0)
        cf_print_duration("remember", options->remember, out);
    if (step->verb == CF_SURVEY) {
        cf_print_duration("during", options->duration, out);
        fprintf(out, " as %s", step->handle.name);
    }
}

static bool has_buffer(const struct cf_step *step)
{
    return step->verb == CF_RECEIVE || step->verb == CF_READ || step->verb == CF_REQUEST ||
           step->verb == CF_SERVE;
}

static void print_session(const struct cf_step *step, FILE *out)
{
    const struct cf_session_options *const options = &step->session;
    if (options->mode != URIPC_MESSAGES)
        fprintf(out, " mode %s", cf_mode_name(options->mode));
    cf_print_number("instances", options->instances, out);
    cf_print_number("waiting", options->waiting, out);
    if (options->beat > 0)
        cf_print_duration("beat", options->beat, out);
    if (options->silence > 0)
        cf_print_duration("silence", options->silence, out);
    if (options->detector != CF_DETECTOR_TIMEOUT)
        fprintf(out, " detector %s", cf_detector_name(options->detector));
}

/* What stands before the options. */
static void print_fixed(const struct cf_step *step, FILE *out)
{
    switch (step->verb) {
    case CF_REGISTER:
        print_register(step, out);
        break;
    case CF_SEND:
        print_send(step, out);
        break;
    case CF_LISTEN:
    case CF_CONNECT:
        fputc(' ', out);
        cf_text_print(&step->uri, out);
        fprintf(out, " as %s", step->handle.name);
        break;
    case CF_ACCEPT:
        fprintf(out, " %s as %s", step->door.name, step->handle.name);
        break;
    case CF_WRITE:
        fprintf(out, " %s", step->handle.name);
        cf_data_print(&step->data, " ", out);
        break;
    case CF_REQUEST:
    case CF_SURVEY:
        fputc(' ', out);
        cf_text_print(&step->uri, out);
        cf_data_print(&step->data, " ", out);
        break;
    case CF_REPLY:
        fprintf(out, " $%s", step->answered.name);
        cf_data_print(&step->data, " ", out);
        break;
    case CF_AWAIT:
    case CF_CANCEL:
        fprintf(out, " %s", step->call.name);
        break;
    case CF_CANCEL_ALL:
        fprintf(out, " all %s", step->handle.name);
        break;
    default:
        if (step->handle.name != NULL)
            fprintf(out, " %s", step->handle.name);
        break;
    }
}

void cf_print_call(const struct cf_step *step, FILE *out)
{
    fputs(step->started ? " start " : " ", out);
    fputs(cf_verb_name(step->verb), out);
    print_fixed(step, out);
    print_session(step, out);
    print_request(step, out);
    if (has_buffer(step) && step->buffer != CF_BUFFER_DEFAULT)
        fprintf(out, " buffer %" PRIu32, step->buffer);
    if (step->deadline > 0)
        cf_print_duration("deadline", step->deadline, out);
    fputs((step->flags & URIPC_NOWAIT) != 0 ? " nowait" : "", out);
    fputs((step->flags & URIPC_UTF16) != 0 ? " utf16" : "", out);
    fputs((step->flags & URIPC_DISCARD) != 0 ? " discard" : "", out);
    fputs((step->flags & URIPC_NOTICE) != 0 ? " notice" : "", out);
    if (step->expecting.name != NULL)
        fprintf(out, " expecting $%s", step->expecting.name);
    if (step->started && !cf_verb_gives_handle(step->verb))
        fprintf(out, " as %s", step->call.name);
    cf_print_expect(step, out);
}
