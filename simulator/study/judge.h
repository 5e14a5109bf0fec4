/* SPDX-License-Identifier: MIT */
/* Who knows what really happened, and makes metrics of it and of what programs tell. */
#ifndef URIPC_STUDY_JUDGE_H
#define URIPC_STUDY_JUDGE_H

#include "simulator/study/stage.h"

enum { STUDY_STEPS = 32, STUDY_BUCKETS = 64 * STUDY_STEPS };

struct study_request {
    uint64_t asked;
    uint32_t executions;
    bool answered;
};

/* Of a worker. */
struct study_life {
    uint64_t crashed; /* when it last did, plus 1; 0: never */
    bool dead;
};

/* On whom a client relies. */
struct study_bond {
    uint32_t worker;
    uint64_t since;
    uint64_t
        hurt; /* when a worker it relied on crashed, plus 1, until it is well again; 0: it is */
    uint64_t lost; /* the same of the resolver */
};

struct study_judge {
    struct study_request *requests;
    uint32_t request_count, request_capacity;
    struct study_life *lives; /* of each worker */
    struct study_bond *bonds; /* of each client */
    uint64_t breaks;          /* crashes of a worker, times the clients that relied on it */
    uint64_t detections, detection_time, false_suspicions;
    uint64_t recoveries, recovery_time;
    uint64_t resolver_recoveries, resolver_recovery_time;
    uint64_t stale, stale_time;
    uint64_t answered, latency, given_up, waited, late; /* `waited`: until giving up */
    uint64_t histogram[STUDY_BUCKETS];
    uint64_t stale_histogram[STUDY_BUCKETS];
};

/* Returns the number of a new request, 0 if there is no memory. */
uint64_t study_judge_ask(struct study_judge *judge, uint64_t now);
void study_judge_crash(struct study_judge *judge, uint64_t now, uint32_t worker, uint32_t clients);
void study_judge_resolver_crash(struct study_judge *judge, uint64_t now, uint32_t clients);

/* A route was given up so long after its target had ended. */
void study_judge_stale(struct study_judge *judge, uint64_t window);
void study_judge_restart(struct study_judge *judge, uint32_t worker);
void study_judge_tell(struct study_judge *judge, uint64_t now, uint32_t client,
                      enum uripc_fact fact, uint64_t value, uint32_t workers);
void study_result_set(struct study_result *result, enum study_metric metric, uint64_t value);

/* What was sent so far, and what was started. */
void study_judge_cost(const struct study_judge *judge, const struct sim_counters *counters,
                      uint64_t clients, uint64_t milliseconds, struct study_result *result);

/* All but that, and what processes take. */
void study_judge_result(const struct study_judge *judge, struct study_result *result);

#endif
