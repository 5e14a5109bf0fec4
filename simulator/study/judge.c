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

/* Right is who suspects a worker that is dead, or that has been since the client relies on it:
 * what it was asked then is lost, restarted or not. */
static void suspect(struct study_judge *judge, uint64_t now, uint32_t client, uint64_t worker)
{
    const struct study_life *life = &judge->lives[worker];
    struct study_bond *bond = &judge->bonds[client];
    if (life->crashed != 0 && life->crashed - 1 >= bond->since && bond->worker == worker) {
        judge->detections++;
        judge->detection_time += now - (life->crashed - 1);
        bond->worker = UINT32_MAX; /* once is enough */
    } else if (!life->dead) {
        judge->false_suspicions++;
    }
}

void study_judge_crash(struct study_judge *judge, uint64_t now, uint32_t worker, uint32_t clients)
{
    judge->lives[worker] = (struct study_life){.crashed = now + 1, .dead = true};
    for (uint32_t i = 0; i < clients; i++) {
        struct study_bond *bond = &judge->bonds[i];
        if (bond->worker != worker)
            continue;
        judge->breaks++;
        if (bond->hurt == 0)
            bond->hurt = now + 1;
    }
}

void study_judge_resolver_crash(struct study_judge *judge, uint64_t now, uint32_t clients)
{
    for (uint32_t i = 0; i < clients; i++) {
        if (judge->bonds[i].lost == 0)
            judge->bonds[i].lost = now + 1;
    }
}

void study_judge_stale(struct study_judge *judge, uint64_t window)
{
    judge->stale++;
    judge->stale_time += window;
    judge->stale_histogram[bucket_of(window)]++;
}

void study_judge_restart(struct study_judge *judge, uint32_t worker)
{
    judge->lives[worker].dead = false;
}

/* A client is well again with the first answer to something it has asked after the crash. */
static void recover(struct study_judge *judge, uint64_t now, uint32_t client, uint64_t asked)
{
    struct study_bond *bond = &judge->bonds[client];
    if (bond->hurt != 0 && asked >= bond->hurt) {
        judge->recoveries++;
        judge->recovery_time += now - (bond->hurt - 1);
        bond->hurt = 0;
    }
    if (bond->lost != 0 && asked >= bond->lost) {
        judge->resolver_recoveries++;
        judge->resolver_recovery_time += now - (bond->lost - 1);
        bond->lost = 0;
    }
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
        judge->waited += now - request->asked;
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

static uint64_t percentile(const uint64_t *histogram, uint64_t count, uint64_t percent)
{
    uint64_t seen = 0;
    for (uint32_t i = 0; i < STUDY_BUCKETS; i++) {
        seen += histogram[i];
        if (seen * 100 >= count * percent)
            return bucket_end(i);
    }
    return 0;
}

void study_result_set(struct study_result *result, enum study_metric metric, uint64_t value)
{
    result->has[metric] = true;
    result->value[metric] = value;
}

/* Sets a metric that is so many of a number, if that is not 0. */
static void set_share(struct study_result *result, enum study_metric metric, uint64_t count,
                      uint64_t of)
{
    if (of > 0)
        study_result_set(result, metric, count * MICRO / of);
    result->count[metric] = count;
    result->of[metric] = of;
}

static void set_time(struct study_result *result, enum study_metric metric, uint64_t sum,
                     uint64_t count)
{
    if (count > 0)
        study_result_set(result, metric, sum / count / NANOS_PER_MICRO);
}

static void set_requests(const struct study_judge *judge, struct study_result *result)
{
    uint64_t orphans = 0;
    uint64_t lost = 0;
    uint64_t duplicates = 0;
    for (uint32_t i = 0; i < judge->request_count; i++) {
        const struct study_request *request = &judge->requests[i];
        orphans += request->executions > 0 && !request->answered;
        lost += request->executions == 0 && !request->answered;
        duplicates += request->executions > 1 ? request->executions - 1 : 0;
    }
    const uint64_t all = judge->request_count;
    result->requests = all;
    set_share(result, STUDY_METRIC_ANSWERED, judge->answered, all);
    set_share(result, STUDY_METRIC_LOST, lost, all);
    set_share(result, STUDY_METRIC_ORPHANS, orphans, all);
    set_share(result, STUDY_METRIC_DUPLICATES, duplicates, all);
    set_share(result, STUDY_METRIC_GIVEN_UP, judge->given_up, all);
    set_share(result, STUDY_METRIC_LATE, judge->late, all);
}

void study_judge_cost(const struct study_judge *judge, const struct sim_counters *counters,
                      uint64_t clients, uint64_t milliseconds, struct study_result *result)
{
    const uint64_t frames = counters->carried + counters->nowhere + counters->dead;
    const uint64_t requests = judge->request_count;
    set_share(result, STUDY_METRIC_MESSAGES, frames, requests);
    set_share(result, STUDY_METRIC_BYTES, counters->bytes, requests);
    set_share(result, STUDY_METRIC_LOOKUPS, counters->lookups, requests);
    set_share(result, STUDY_METRIC_RESOLVER_MESSAGES, counters->resolver_messages, requests);
    set_share(result, STUDY_METRIC_LOOKUPS_FAILED, counters->lookups_failed, counters->lookups);
    study_result_set(result, STUDY_METRIC_TRAFFIC, frames * MICRO / clients * 1000 / milliseconds);
    study_result_set(result, STUDY_METRIC_STARTS,
                     counters->restarts * 60 * MICRO / milliseconds * 1000);
}

void study_judge_result(const struct study_judge *judge, struct study_result *result)
{
    set_time(result, STUDY_METRIC_DETECTION, judge->detection_time, judge->detections);
    set_share(result, STUDY_METRIC_NOTICED, judge->detections, judge->breaks);
    set_time(result, STUDY_METRIC_RECOVERY, judge->recovery_time, judge->recoveries);
    set_requests(judge, result);
    set_time(result, STUDY_METRIC_LATENCY, judge->latency, judge->answered);
    set_time(result, STUDY_METRIC_GIVING_UP, judge->waited, judge->given_up);
    if (judge->answered > 0)
        study_result_set(result, STUDY_METRIC_LATENCY_P99,
                         percentile(judge->histogram, judge->answered, 99) / NANOS_PER_MICRO);
    set_time(result, STUDY_METRIC_RESOLVER_RECOVERY, judge->resolver_recovery_time,
             judge->resolver_recoveries);
    set_time(result, STUDY_METRIC_STALE, judge->stale_time, judge->stale);
    if (judge->stale > 0)
        study_result_set(result, STUDY_METRIC_STALE_P99,
                         percentile(judge->stale_histogram, judge->stale, 99) / NANOS_PER_MICRO);
}
