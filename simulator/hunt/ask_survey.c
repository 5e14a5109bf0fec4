/* SPDX-License-Identifier: MIT */
/* Surveys of a group in which every process may be, and what must hold for them. */
#include <string.h>

#include "simulator/hunt/ask.h"
#include "simulator/hunt/talk.h"

#define MS UINT64_C(1000000)

static const uint64_t in_time = MS; /* so long before the end a reply has surely come */

static uint64_t clock_of(const struct talk *talk, uint32_t process)
{
    return sim_clock_now(talk->ledger->world, process);
}

void ask_survey(struct talk *talk, uint32_t process)
{
    struct ask_call *call = ask_call_begin(talk, process, URIPC_CALL_SURVEY);
    if (!call)
        return;
    unsigned char data[ASK_BUFFER];
    const uint64_t duration = (10 + ask_pick(talk, process, 50)) * MS;
    call->length = 8 + ask_pick(talk, process, 60);
    call->deadline = talk->processes[process].turned + duration;
    ask_fill(data, call->length, ask_number(talk, call), 0);
    (void)ask_returned(talk, call,
                       uripc_survey(talk->processes[process].layers, ask_text(ASK_GROUP_NAME), data,
                                    call->length, duration, ask_overlapped(talk, call)));
}

/* One of the surveys that a process has; NULL: none. */
static struct ask_call *pick_survey(struct talk *talk, uint32_t process)
{
    uint32_t open[ASK_CALLS];
    uint32_t count = 0;
    for (uint32_t i = 0; i < talk->asks.count; i++) {
        const struct ask_call *survey = &talk->asks.calls[i];
        if (survey->survey.id != 0 && survey->call == URIPC_CALL_SURVEY &&
            ask_is_mine(talk, survey, process))
            open[count++] = i;
    }
    return count == 0 ? NULL : &talk->asks.calls[open[ask_pick(talk, process, count)]];
}

void ask_survey_read(struct talk *talk, uint32_t process)
{
    struct ask_call *survey = pick_survey(talk, process);
    struct ask_call *call =
        survey ? ask_call_begin(talk, process, URIPC_CALL_SURVEY_RECEIVE) : NULL;
    if (!call)
        return;
    call->asked = ask_number(talk, survey) + 1;
    (void)ask_returned(talk, call,
                       uripc_survey_receive(talk->processes[process].layers, survey->survey,
                                            ask_buffer(call), ask_overlapped(talk, call)));
}

void ask_survey_close(struct talk *talk, uint32_t process)
{
    struct ask_call *survey = pick_survey(talk, process);
    struct ask_call *call = survey ? ask_call_begin(talk, process, URIPC_CALL_SURVEY_CLOSE) : NULL;
    if (!call)
        return;
    if (ask_returned(talk, call,
                     uripc_survey_close(talk->processes[process].layers, survey->survey,
                                        ask_overlapped(talk, call))))
        survey->survey.id = 0;
}

/* Rules. */

static bool is_taken(const struct talk *talk, uint32_t survey, uint32_t serve)
{
    const struct ask_call *member = &talk->asks.calls[serve];
    for (uint32_t i = 0; i < talk->asks.count; i++) {
        const struct ask_call *call = &talk->asks.calls[i];
        if (call->call != URIPC_CALL_SURVEY_RECEIVE || call->asked != survey + 1 ||
            call->other == 0)
            continue;
        const struct ask_call *other = &talk->asks.calls[call->other - 1];
        if (other->process == member->process && other->life == member->life &&
            other->handle.id == member->handle.id)
            return true;
    }
    return false;
}

/* REQ-27: the reply of one that has served just this, and the first one. */
static void judge_taken(struct talk *talk, uint32_t call)
{
    struct ask_call *self = &talk->asks.calls[call];
    uint32_t numbers[2];
    uint32_t length = 0;
    uint64_t source = 0;
    talk->ledger->result->counts[HUNT_SURVEYED]++;
    if (!ask_take(self, numbers, &length, &source) || numbers[1] >= talk->asks.count ||
        numbers[0] + 1 != self->asked) {
        ask_broken(talk, "REQ-27", call, "its reply is nobody's, or that to another question");
        return;
    }
    const struct ask_call *serve = &talk->asks.calls[numbers[1]];
    if (serve->other != self->asked || !serve->answered)
        ask_broken(talk, "REQ-27", call, "its reply is none that was given");
    else if (is_taken(talk, self->asked - 1, numbers[1]))
        ask_broken(talk, "REQ-27", call, "a second reply of a member is taken");
    self->other = numbers[1] + 1;
}

/* Whether what came in time was surely taken note of. */
static bool is_calm(const struct talk *talk)
{
    const struct sim_counters *counters = sim_counters(talk->ledger->world);
    return talk->roomy && talk->ledger->scene->profile->confirmed &&
           counters->pauses + counters->slow + counters->quotas == 0;
}

static void judge_missing(struct talk *talk, uint32_t survey)
{
    const struct ask_call *self = &talk->asks.calls[survey];
    for (uint32_t i = 0; i < talk->asks.count && is_calm(talk); i++) {
        const struct ask_call *reply = &talk->asks.calls[i];
        if (reply->call != URIPC_CALL_REPLY || reply->state != HUNT_DONE ||
            reply->status != URIPC_OK || talk->asks.calls[reply->other - 1].other != survey + 1 ||
            reply->heard + in_time > self->deadline)
            continue;
        if (!is_taken(talk, survey, reply->other - 1))
            ask_broken(talk, "REQ-27", i, "it came in time, and is not taken");
    }
}

/* REQ-26, REQ-28 */
static void judge_over(struct talk *talk, uint32_t call, uint32_t told)
{
    const struct ask_call *self = &talk->asks.calls[call];
    struct ask_call *survey = &talk->asks.calls[self->asked - 1];
    uint32_t taken = 0;
    for (uint32_t i = 0; i < talk->asks.count; i++) {
        const struct ask_call *other = &talk->asks.calls[i];
        taken += other->call == URIPC_CALL_SURVEY_RECEIVE && other->asked == self->asked &&
                 other->other != 0;
    }
    survey->survey.id = 0;
    if (clock_of(talk, self->process) < survey->deadline)
        ask_broken(talk, "REQ-26", call, "a survey is over before its time");
    else if (told != taken)
        ask_broken(talk, "REQ-28", call, "another number of replies is told than was taken");
    else
        judge_missing(talk, self->asked - 1);
}

void ask_survey_completed(struct talk *talk, uint32_t call,
                          const struct uripc_completion *completion)
{
    struct ask_call *self = &talk->asks.calls[call];
    if (self->call == URIPC_CALL_SURVEY && completion->status == URIPC_OK)
        self->survey = completion->handle;
    else if (self->call == URIPC_CALL_SURVEY)
        ask_rule_failed(talk, call);
    else if (self->call == URIPC_CALL_SURVEY_RECEIVE && completion->status == URIPC_OK)
        judge_taken(talk, call);
    else if (self->call == URIPC_CALL_SURVEY_RECEIVE && completion->status == URIPC_TIMEOUT)
        judge_over(talk, call, completion->bytes);
}

/* A reply to a survey was confirmed: by the asker's clock, now. */
void ask_survey_heard(struct talk *talk, uint32_t reply)
{
    struct ask_call *self = &talk->asks.calls[reply];
    const uint32_t request = talk->asks.calls[self->other - 1].other;
    if (request != 0)
        self->heard = clock_of(talk, talk->asks.calls[request - 1].process);
}
