/* SPDX-License-Identifier: MIT */
#include "simulator/study/judge.h"

#include "simulator/memory.h"

enum { MICRO = 1000000, NANOS_PER_MICRO = 1000 };

uint64_t study_judge_ask(struct study_judge *judge, uint64_t now)
{
    void *requests = judge->requests;
    if (!sim_memory_room(&requests, &judge->request_capacity, judge->request_count,
                         sizeof(struct study_request)))
        return 0;
    judge->requests = requests;
    judge->requests[judge->request_count] = (struct study_request){.asked = now};
    return ++judge->request_count;
}

/* Buckets of equal width inside each power of two: 3 % at most between two. */
static uint32_t bucket_of(uint64_t value)
{
    uint32_t shift = 0;
    while (value >> shift >= UINT64_C(2) * STUDY_STEPS)
        shift++;
    return shift * STUDY_STEPS + (uint32_t)(value >> shift);
}

static uint64_t bucket_end(uint32_t bucket)
{
    if (bucket < 2 * STUDY_STEPS)
        return bucket;
    const uint32_t shift = bucket / STUDY_STEPS - 1;
    return ((uint64_t)(bucket % STUDY_STEPS + STUDY_STEPS + 1) << shift) - 1;
}

static void suspect(struct study_judge *judge, uint64_t now, uint32_t client, uint64_t worker)
{
    /* A worker that has restarted has still lost what this client asked of its last life. */
    const uint64_t crashed = judge->crashed[worker];
    if (crashed != 0 && crashed - 1 >= judge->bonds[client].since) {
        judge->detections++;
        judge->detection_time += now - (crashed - 1);
    } else {
        judge->false_suspicions++;
    }
}

void study_judge_crash(struct study_judge *judge, uint64_t now, uint32_t worker, uint32_t clients)
{
    judge->crashed[worker] = now + 1;
    for (uint32_t i = 0; i < clients; i++) {
        struct study_bond *bond = &judge->bonds[i];
        if (bond->worker == worker && bond->hurt == 0)
            bond->hurt = now + 1;
    }
}

/* A client is well again with the first answer to something it has asked after the crash. */
static void recover(struct study_judge *judge, uint64_t now, uint32_t client, uint64_t asked)
{
    struct study_bond *bond = &judge->bonds[client];
    if (bond->hurt == 0 || asked < bond->hurt)
        return;
    judge->recoveries++;
    judge->recovery_time += now - (bond->hurt - 1);
    bond->hurt = 0;
}

static void answer(struct study_judge *judge, uint64_t now, uint32_t client,
                   struct study_request *request)
{
    if (request->answered)
        return;
    recover(judge, now, client, request->asked);
    request->answered = true;
    judge->answered++;
    judge->latency += now - request->asked;
    judge->histogram[bucket_of(now - request->asked)]++;
}

void study_judge_tell(struct study_judge *judge, uint64_t now, uint32_t client,
                      enum uripc_fact fact, uint64_t value, uint32_t workers)
{
    const bool of_worker = fact == URIPC_FACT_USES || fact == URIPC_FACT_SUSPECTS;
    if (of_worker ? value >= workers : value - 1 >= judge->request_count)
        return; /* told of what does not exist */
    struct study_request *request = of_worker ? NULL : &judge->requests[value - 1];
    switch (fact) {
    case URIPC_FACT_EXECUTED:
        request->executions++;
        break;
    case URIPC_FACT_ANSWERED:
        answer(judge, now, client, request);
        break;
    case URIPC_FACT_GAVE_UP:
        judge->given_up++;
        break;
    case URIPC_FACT_LATE:
        judge->late++;
        break;
    case URIPC_FACT_USES:
        judge->bonds[client].worker = (uint32_t)value;
        judge->bonds[client].since = now;
        break;
    case URIPC_FACT_SUSPECTS:
        suspect(judge, now, client, value);
        break;
    }
}

static uint64_t percentile(const struct study_judge *judge, uint64_t percent)
{
    uint64_t seen = 0;
    for (uint32_t i = 0; i < STUDY_BUCKETS; i++) {
        seen += judge->histogram[i];
        if (seen * 100 >= judge->answered * percent)
            return bucket_end(i);
    }
    return 0;
}

static void set(struct study_result *result, enum study_metric metric, uint64_t value)
{
    result->has[metric] = true;
    result->value[metric] = value;
}

void study_judge_result(const struct study_judge *judge, struct study_result *result)
{
    uint64_t orphans = 0;
    uint64_t duplicates = 0;
    for (uint32_t i = 0; i < judge->request_count; i++) {
        const struct study_request *request = &judge->requests[i];
        orphans += request->executions > 0 && !request->answered;
        duplicates += request->executions > 1 ? request->executions - 1 : 0;
    }
    result->requests = judge->request_count;
    if (judge->detections > 0)
        set(result, STUDY_METRIC_DETECTION,
            judge->detection_time / judge->detections / NANOS_PER_MICRO);
    if (judge->recoveries > 0)
        set(result, STUDY_METRIC_RECOVERY,
            judge->recovery_time / judge->recoveries / NANOS_PER_MICRO);
    set(result, STUDY_METRIC_FALSE_SUSPICIONS, judge->false_suspicions * MICRO);
    set(result, STUDY_METRIC_ORPHANS, orphans * MICRO);
    set(result, STUDY_METRIC_DUPLICATES, duplicates * MICRO);
    set(result, STUDY_METRIC_GIVEN_UP, judge->given_up * MICRO);
    set(result, STUDY_METRIC_LATE, judge->late * MICRO);
    if (judge->request_count > 0)
        set(result, STUDY_METRIC_ANSWERED, judge->answered * MICRO / judge->request_count);
    if (judge->answered > 0) {
        set(result, STUDY_METRIC_LATENCY, judge->latency / judge->answered / NANOS_PER_MICRO);
        set(result, STUDY_METRIC_LATENCY_P99, percentile(judge, 99) / NANOS_PER_MICRO);
    }
}
