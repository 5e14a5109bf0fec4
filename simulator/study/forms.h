/* SPDX-License-Identifier: MIT */
/* Closed forms: what mathematics says of designs, for studies to draw beside what they measure and
 * for tests to hold the simulator against.  Pure functions of real numbers.  They judge runs that
 * are over; no time of an event ever comes from here.
 *
 * Arguments outside the domain that is said give NAN.  Times are all in one unit, which the caller
 * chooses, and rates are by that unit. */
#ifndef URIPC_SIMULATOR_FORMS_H
#define URIPC_SIMULATOR_FORMS_H

/* Requests that are repeated.  Each message is lost with probability p, 0 <= p < 1, independently
 * of all others; a request that is not answered in time is sent again, at most r times, and the
 * time is longer than a round trip.  So attempts are Bernoulli trials that succeed with
 * (1 - p)^2: W. Feller, "An Introduction to Probability Theory and Its Applications", vol. 1,
 * chapter VI. */
struct form_retry {
    double loss;
    unsigned retries;
};

double form_message_arrives(struct form_retry by);  /* at least one of r + 1 copies */
double form_request_succeeds(struct form_retry by); /* probability of an answer */
double form_attempts(struct form_retry by);         /* mean number */
double form_executions(struct form_retry by);       /* mean, of those that fail, too */
double form_duplicates(struct form_retry by);       /* mean executions beyond the first */
double form_orphans(struct form_retry by);          /* probability: executed, never answered */

/* Mean time to the answer, of those that are answered: the timeout is always the same, or doubles
 * with every attempt.  round_trip >= 0, timeout > round_trip. */
double form_latency_fixed(struct form_retry by, double round_trip, double timeout);
double form_latency_doubling(struct form_retry by, double round_trip, double timeout);

/* Detection of a death, counted from the crash to the last time that the detector begins to
 * suspect; 0 if it did already.  Heartbeats every `period` > 0, each lost with probability
 * 0 <= p < 1, constant delay, the crash at any phase alike.
 *
 * Timeout: suspects `timeout` after the last receipt, timeout > delay >= 0 of one message.
 * Freshness: NFD-S of W. Chen, S. Toueg and M. Aguilera, "On the quality of service of failure
 * detectors", IEEE Transactions on Computers 51(5), 2002: heartbeat i, sent at i * period, is
 * expected until i * period + shift, shift > delay.  Their bound, shift + period, holds whatever is
 * lost.  The mean is below shift + period / 2 as soon as something is: who has heard nothing since
 * before the last heartbeats suspects already. */
double form_detection_by_timeout(double timeout, double delay, double period, double loss);
double form_detection_by_freshness(double shift, double period, double loss);
double form_detection_by_freshness_max(double shift, double period);

/* Without a detector a death is found by the next request that runs out of attempts; requests are
 * a Poisson process of `rate` > 0, whose waits have no memory (Feller, vol. 1, chapter XVII). */
double form_detection_by_request(double rate, unsigned retries, double timeout);

/* The same where requests come as in a study: the times between them are uniform between nothing
 * and 2 * `every` > 0.  A death lasts for `outage` > 0; who asks nothing in that time never finds
 * out, who does finds out a `timeout` >= 0 later.  How long the next request is away follows from
 * D. R. Cox, "Renewal Theory", 1962, section 5.  The share of deaths that are found, and the mean
 * of those. */
double form_noticed_by_next_request(double every, double outage);
double form_detection_by_next_request(double every, double outage, double timeout);

/* A timeout on whatever comes of the peer: signs of life every `period` > 0, and answers to such
 * requests; nothing lost, 0 <= delay < silence. */
double form_detection_by_signs(double silence, double delay, double period, double every);

/* How long a name stays blocked after its holder's crash, in the mean: leases of `length`, renewed
 * every `renewal`, 0 < renewal <= length.  C. Gray and D. Cheriton, "Leases", SOSP 1989, is where
 * they are from; the rest is a uniform phase. */
double form_lease_blocks(double length, double renewal);

/* Queues: Poisson arrivals of rate `arrival` > 0, one server of rate `service` (L. Kleinrock,
 * "Queueing Systems", vol. 1, 1975, chapters 3 and 5).  arrival < service but in the last. */
double form_mm1_wait(double arrival, double service);                   /* mean before service */
double form_mm1_sojourn_tail(double arrival, double service, double t); /* P(wait + service > t) */
double form_mm1_length(double arrival, double service, unsigned n);     /* P(n there) */
double form_md1_wait(double arrival, double service);
double form_mg1_wait(double arrival, double service, double second_moment); /* of service times */
double form_mm1k_drops(double arrival, double service, unsigned room); /* of arrivals; room >= 1 */

/* A cache of names: kept for `ttl` > 0 after a miss, look-ups a Poisson process of `rate` > 0,
 * names registered anew with rate `change` > 0.  J. Jung, A. Berger and H. Balakrishnan, "Modeling
 * TTL-based Internet caches", INFOCOM 2003.  Both are shares of look-ups. */
double form_cache_misses(double rate, double ttl);
double form_cache_stale(double rate, double ttl, double change);

/* Messages for each request and its answer, nothing lost: counted.  Stateless: a miss costs
 * `lookup` messages.  Session: the answer carries the request's acknowledgement along, its own is a
 * message, as requests are far apart; 4 for a connection that serves `requests` >= 1; and a
 * heartbeat each way every `period` > 0 (INFINITY: none), with `rate` > 0 requests. */
double form_messages_stateless(double rate, double ttl, double lookup);
double form_messages_session(double rate, double requests, double period);

#endif
