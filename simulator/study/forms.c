/* SPDX-License-Identifier: MIT */
#include "forms.h"

#include <math.h>
#include <stdbool.h>

static double power(double base, unsigned exponent)
{
    double result = 1;
    for (unsigned i = 0; i < exponent; i++)
        result *= base;
    return result;
}

/* ---- requests that are repeated ---- */

static bool is_loss(double p)
{
    return p >= 0 && p < 1;
}

/* An attempt succeeds if neither the request nor the answer is lost. */
static double attempt_succeeds(double p)
{
    return (1 - p) * (1 - p);
}

/* All attempts fail. */
static double request_fails(struct form_retry by)
{
    return power(1 - attempt_succeeds(by.loss), by.retries + 1);
}

double form_message_arrives(struct form_retry by)
{
    return is_loss(by.loss) ? 1 - power(by.loss, by.retries + 1) : NAN;
}

double form_request_succeeds(struct form_retry by)
{
    return is_loss(by.loss) ? 1 - request_fails(by) : NAN;
}

double form_attempts(struct form_retry by)
{
    return form_request_succeeds(by) / attempt_succeeds(by.loss);
}

double form_executions(struct form_retry by)
{
    return (1 - by.loss) * form_attempts(by);
}

double form_duplicates(struct form_retry by)
{
    return form_executions(by) - form_message_arrives(by);
}

double form_orphans(struct form_retry by)
{
    return form_message_arrives(by) - form_request_succeeds(by);
}

static bool is_patient(struct form_retry by, double round_trip, double timeout)
{
    return is_loss(by.loss) && round_trip >= 0 && timeout > round_trip;
}

/* The sum over a = 0..r of a f^a (1 - f) is f (1 - (r + 1) f^r + r f^(r + 1)) / (1 - f). */
double form_latency_fixed(struct form_retry by, double round_trip, double timeout)
{
    if (!is_patient(by, round_trip, timeout))
        return NAN;
    const double s = attempt_succeeds(by.loss);
    const double f = 1 - s;
    const double r = by.retries;
    const double waits =
        f * (1 - (r + 1) * power(f, by.retries) + r * power(f, by.retries + 1)) / s;
    return round_trip + timeout * waits / form_request_succeeds(by);
}

/* Attempt a, from 0, begins after timeout * (2^a - 1); both sums are geometric. */
double form_latency_doubling(struct form_retry by, double round_trip, double timeout)
{
    if (!is_patient(by, round_trip, timeout))
        return NAN;
    const double s = attempt_succeeds(by.loss);
    const double twice = 2 * (1 - s);
    const double n = (double)by.retries + 1;
    const double sum =
        fabs(1 - twice) < 1e-9 ? n : (1 - power(twice, by.retries + 1)) / (1 - twice);
    return round_trip + timeout * (s * sum / form_request_succeeds(by) - 1);
}

/* ---- detection ---- */

/* The mean of max(0, reach - U - G period): U uniform in a period, G heartbeats lost at the end. */
static double detection(double reach, double period, double loss)
{
    double mean = 0;
    double lost = 1; /* probability of at least so many */
    for (double left = reach; left > 0 && lost > 0; left -= period) {
        const double at_this_phase =
            left >= period ? left - period / 2 : left * left / (2 * period);
        mean += lost * (1 - loss) * at_this_phase;
        lost *= loss;
    }
    return mean;
}

double form_detection_by_timeout(double timeout, double delay, double period, double loss)
{
    if (!(delay >= 0 && timeout > delay && period > 0 && is_loss(loss)))
        return NAN;
    return detection(timeout + delay, period, loss);
}

double form_detection_by_freshness(double shift, double period, double loss)
{
    return shift > 0 && period > 0 && is_loss(loss) ? detection(shift + period, period, loss) : NAN;
}

double form_detection_by_freshness_max(double shift, double period)
{
    return shift > 0 && period > 0 ? shift + period : NAN;
}

double form_detection_by_request(double rate, unsigned retries, double timeout)
{
    return rate > 0 && timeout > 0 ? 1 / rate + ((double)retries + 1) * timeout : NAN;
}

/* The next request is x away with density (1 - x / 2m) / m. */
double form_noticed_by_next_request(double every, double outage)
{
    if (!(every > 0 && outage > 0))
        return NAN;
    const double missed = outage < 2 * every ? 1 - outage / (2 * every) : 0;
    return 1 - missed * missed;
}

double form_detection_by_next_request(double every, double outage, double timeout)
{
    if (!(every > 0 && outage > 0 && timeout >= 0))
        return NAN;
    const double r = outage < 2 * every ? outage : 2 * every;
    const double sum = r * r / (2 * every) - r * r * r / (6 * every * every);
    return sum / form_noticed_by_next_request(every, outage) + timeout;
}

/* The last sign is older than x if both the last beat and the last answer are: with probability
 * (1 - x / period) (1 - x / 2m)^2, whose integral is its mean age. */
double form_detection_by_signs(double silence, double delay, double period, double every)
{
    if (!(delay >= 0 && silence > delay && period > 0 && every > 0))
        return NAN;
    const double c = period < 2 * every ? period : 2 * every;
    const double a = 1 / (2 * every);
    const double b = 1 / period;
    const double age = c - (2 * a + b) * c * c / 2 + (a * a + 2 * a * b) * c * c * c / 3 -
                       a * a * b * c * c * c * c / 4;
    return silence + delay - age;
}

double form_lease_blocks(double length, double renewal)
{
    return renewal > 0 && renewal <= length ? length - renewal / 2 : NAN;
}

/* ---- queues ---- */

/* How busy the server is; NAN if the queue grows without end. */
static double load_of(double arrival, double service)
{
    return arrival > 0 && arrival < service ? arrival / service : NAN;
}

double form_mm1_wait(double arrival, double service)
{
    return load_of(arrival, service) / (service - arrival);
}

double form_mm1_sojourn_tail(double arrival, double service, double t)
{
    return t >= 0 && arrival > 0 && arrival < service ? exp(-(service - arrival) * t) : NAN;
}

double form_mm1_length(double arrival, double service, unsigned n)
{
    const double load = load_of(arrival, service);
    return (1 - load) * power(load, n);
}

double form_md1_wait(double arrival, double service)
{
    return form_mg1_wait(arrival, service, 1 / (service * service));
}

double form_mg1_wait(double arrival, double service, double second_moment)
{
    const double load = load_of(arrival, service);
    if (second_moment * service * service < 1) /* less than the square of the mean */
        return NAN;
    return arrival * second_moment / (2 * (1 - load));
}

double form_mm1k_drops(double arrival, double service, unsigned room)
{
    if (!(arrival > 0 && service > 0 && room > 0))
        return NAN;
    const double load = arrival / service;
    double states = 0; /* by their weights: 1, load, ... load^room */
    for (unsigned n = 0; n <= room; n++)
        states += power(load, n);
    return power(load, room) / states;
}

/* ---- names and messages ---- */

double form_cache_misses(double rate, double ttl)
{
    return rate > 0 && ttl > 0 ? 1 / (1 + rate * ttl) : NAN;
}

/* A hit comes at any age alike, and is stale if the name changed in that time. */
double form_cache_stale(double rate, double ttl, double change)
{
    if (!(change > 0))
        return NAN;
    const double changes = change * ttl;
    return (1 - form_cache_misses(rate, ttl)) * (1 + expm1(-changes) / changes);
}

double form_messages_stateless(double rate, double ttl, double lookup)
{
    return lookup >= 0 ? 2 + lookup * form_cache_misses(rate, ttl) : NAN;
}

double form_messages_session(double rate, double requests, double period)
{
    if (!(rate > 0 && requests >= 1 && period > 0))
        return NAN;
    return 3 + 4 / requests + 2 / (period * rate);
}
