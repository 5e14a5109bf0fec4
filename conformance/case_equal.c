/* SPDX-License-Identifier: MIT */
#include "case_equal.h"

#include <string.h>

static bool same_string(const char *a, const char *b)
{
    return a == b || (a != NULL && b != NULL && strcmp(a, b) == 0);
}

static bool same_text(const struct cf_text *a, const struct cf_text *b)
{
    if (a->at == NULL || b->at == NULL)
        return a->at == b->at;
    return a->size == b->size && memcmp(a->at, b->at, a->size) == 0;
}

static bool same_name(const struct cf_name *a, const struct cf_name *b)
{
    return same_string(a->name, b->name) && (a->name == NULL || a->slot == b->slot);
}

static bool same_data(const struct cf_data *a, const struct cf_data *b)
{
    return a->kind == b->kind && a->count == b->count && a->seed == b->seed &&
           same_text(&a->text, &b->text);
}

static bool same_capture(const struct cf_capture *a, const struct cf_capture *b)
{
    return a->use == b->use && same_name(&a->name, &b->name);
}

static bool same_three(const uint32_t a[3], const uint32_t b[3])
{
    return memcmp(a, b, 3 * sizeof *a) == 0;
}

static bool same_alternative(const struct cf_alternative *a, const struct cf_alternative *b)
{
    return a->strength == b->strength && a->record == b->record && a->checks == b->checks &&
           same_name(&a->call, &b->call) && a->status == b->status &&
           same_text(&a->source, &b->source) && same_text(&a->target, &b->target) &&
           same_data(&a->data, &b->data) && a->within == b->within && a->at == b->at &&
           a->bytes == b->bytes && same_three(a->lengths, b->lengths) && a->size == b->size &&
           same_capture(&a->incarnation, &b->incarnation) &&
           same_capture(&a->message, &b->message) && a->principal == b->principal &&
           a->messages == b->messages && same_three(a->next, b->next) &&
           a->receives == b->receives && a->waiting == b->waiting && a->dropped == b->dropped &&
           a->kind == b->kind && a->left == b->left && a->unread == b->unread &&
           a->state == b->state && a->ended == b->ended && a->mode == b->mode;
}

static bool same_faults(const struct cf_faults *a, const struct cf_faults *b)
{
    return a->given == b->given && a->delay_min == b->delay_min && a->delay_max == b->delay_max &&
           a->loss_num == b->loss_num && a->loss_den == b->loss_den &&
           a->duplicate_num == b->duplicate_num && a->duplicate_den == b->duplicate_den &&
           a->size == b->size && a->capacity == b->capacity && a->transports == b->transports;
}

static bool same_clauses(const struct cf_clause *a, const struct cf_clause *b, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(a[i].id, b[i].id) != 0)
            return false;
    return true;
}

static bool same_request(const struct cf_request_options *a, const struct cf_request_options *b)
{
    return a->retry == b->retry && a->retries == b->retries && a->backoff == b->backoff &&
           a->remember == b->remember && a->duration == b->duration;
}

static bool same_session(const struct cf_session_options *a, const struct cf_session_options *b)
{
    return a->mode == b->mode && a->instances == b->instances && a->waiting == b->waiting &&
           a->beat == b->beat && a->silence == b->silence && a->detector == b->detector;
}

static bool same_options(const struct cf_step *a, const struct cf_step *b)
{
    return a->kind == b->kind && a->overflow == b->overflow &&
           a->queue_messages == b->queue_messages && a->queue_bytes == b->queue_bytes &&
           a->message_max == b->message_max && a->deadline == b->deadline && a->flags == b->flags &&
           a->buffer == b->buffer && same_name(&a->expecting, &b->expecting) &&
           same_session(&a->session, &b->session) && same_name(&a->answered, &b->answered) &&
           same_request(&a->request, &b->request);
}

static bool same_expectations(const struct cf_step *a, const struct cf_step *b)
{
    if (a->alternative_count != b->alternative_count || a->clause_count != b->clause_count)
        return false;
    for (size_t i = 0; i < a->alternative_count; i++)
        if (!same_alternative(&a->alternatives[i], &b->alternatives[i]))
            return false;
    return same_clauses(a->clauses, b->clauses, a->clause_count);
}

static bool same_clock(const struct cf_clock *a, const struct cf_clock *b)
{
    return a->given == b->given && a->offset == b->offset && a->drift_num == b->drift_num &&
           a->drift_den == b->drift_den;
}

static bool same_step(const struct cf_step *a, const struct cf_step *b)
{
    return a->verb == b->verb && a->started == b->started && a->scheduled == b->scheduled &&
           a->after == b->after && a->iteration == b->iteration && a->group == b->group &&
           a->process == b->process && a->peer == b->peer && a->one_way == b->one_way &&
           same_name(&a->handle, &b->handle) && same_name(&a->door, &b->door) &&
           same_name(&a->parent, &b->parent) && same_name(&a->call, &b->call) &&
           same_text(&a->uri, &b->uri) && same_text(&a->suffix, &b->suffix) &&
           same_data(&a->data, &b->data) && same_options(a, b) &&
           same_faults(&a->faults, &b->faults) && same_clock(&a->clock, &b->clock) &&
           a->duration == b->duration && a->event == b->event && a->lasting == b->lasting &&
           a->principal == b->principal && same_expectations(a, b);
}

static bool same_limits(const struct cf_limits *a, const struct cf_limits *b)
{
    return a->tiny == b->tiny && a->registrations == b->registrations &&
           a->operations == b->operations && a->routes == b->routes &&
           a->pool_bytes == b->pool_bytes && a->uri_units == b->uri_units;
}

static bool same_processes(const struct cf_case *a, const struct cf_case *b)
{
    if (a->process_count != b->process_count)
        return false;
    for (uint32_t i = 0; i < a->process_count; i++) {
        const struct cf_process *const one = &a->processes[i], *const other = &b->processes[i];
        if (strcmp(one->name, other->name) != 0 || one->principal != other->principal ||
            one->handles != other->handles || one->calls != other->calls)
            return false;
    }
    return true;
}

static bool same_groups(const struct cf_case *a, const struct cf_case *b)
{
    for (size_t i = 0; a->group_count == b->group_count && i < a->group_count; i++) {
        const struct cf_group *const one = &a->groups[i], *const other = &b->groups[i];
        if (one->subset != other->subset || one->first != other->first ||
            one->count != other->count)
            return false;
    }
    return a->group_count == b->group_count;
}

static bool same_repeats(const struct cf_case *a, const struct cf_case *b)
{
    for (size_t i = 0; a->repeat_count == b->repeat_count && i < a->repeat_count; i++) {
        const struct cf_repeat *const one = &a->repeats[i], *const other = &b->repeats[i];
        if (one->first != other->first || one->body != other->body || one->times != other->times)
            return false;
    }
    return a->repeat_count == b->repeat_count;
}

static const char *header_difference(const struct cf_case *a, const struct cf_case *b)
{
    if (!same_string(a->name, b->name) || !same_string(a->promise, b->promise))
        return "name or promise";
    if (!same_string(a->profile, b->profile) || a->deadline != b->deadline)
        return "profile or deadline";
    if (a->needs != b->needs || a->needs_stated != b->needs_stated)
        return "needs";
    if (a->probes != b->probes || a->open != b->open || a->resolver != b->resolver)
        return "probes, realm or resolver";
    if (!same_limits(&a->limits, &b->limits))
        return "limits";
    if (a->clause_count != b->clause_count ||
        !same_clauses(a->clauses, b->clauses, a->clause_count))
        return "clauses";
    return NULL;
}

const char *cf_case_difference(const struct cf_case *a, const struct cf_case *b)
{
    const char *const difference = header_difference(a, b);
    if (difference != NULL)
        return difference;
    if (!same_processes(a, b))
        return "processes";
    if (a->capture_count != b->capture_count)
        return "captures";
    if (!same_groups(a, b) || !same_repeats(a, b))
        return "blocks";
    if (a->step_count != b->step_count)
        return "number of steps";
    for (size_t i = 0; i < a->step_count; i++)
        if (!same_step(&a->steps[i], &b->steps[i]))
            return "a step";
    return NULL;
}
