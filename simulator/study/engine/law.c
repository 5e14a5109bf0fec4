/* SPDX-License-Identifier: MIT */
#include "simulator/study/engine/law.h"

#include <math.h>
#include <string.h>

#include "simulator/study/forms.h"
#include "simulator/study/programs/programs.h"

static const struct study_law none = {.name = NULL};

/* How far off what is measured may be, for what a law leaves out: runs end while something is under
 * way; a queue; a second death soon after the first, and whose turn it is then. */
static const double little = 0.01;
static const double some = 0.02;
static const double more = 0.05;

static const char repeated[] = "repeated requests";
static const char timed_out[] = "the next request and its first try";
static const char kernel[] = "told by the kernel";
static const char hung_up[] = "the end of a connection";
static const char signs[] = "silence between pings and answers";
static const char freshness[] = "a freshness point";
static const char counted[] = "messages, counted";

const char *study_law_source(const char *name)
{
    if (name == kernel || name == hung_up)
        return "spec/12-resolution.md: how long what is wrong can last";
    return name == repeated ? "W. Feller, An Introduction to Probability Theory, vol. 1, chapter VI"
           : name == freshness
               ? "W. Chen, S. Toueg and M. Aguilera, On the quality of service of failure "
                 "detectors, IEEE Transactions on Computers 51(5), 2002"
           : name == counted ? "counted"
                             : "W. Feller, An Introduction to Probability Theory, vol. 2, chapter "
                               "XI: the age of a renewal process";
}

static double knob(const struct study_setup *setup, enum study_knob which)
{
    return (double)setup->knobs[which];
}

static double parameter(const struct study_setup *setup, const char *name)
{
    for (size_t i = 0; i < setup->design->parameter_count; i++) {
        if (strcmp(setup->design->parameters[i].name, name) == 0)
            return (double)setup->parameters[i];
    }
    return 0;
}

static double seconds(double nanoseconds)
{
    return nanoseconds / 1e9;
}

static double time_knob(const struct study_setup *setup, enum study_knob which)
{
    return seconds(knob(setup, which));
}

static double time_of(const struct study_setup *setup, const char *name)
{
    return seconds(parameter(setup, name));
}

static double mean_delay(const struct study_setup *setup)
{
    return (time_knob(setup, STUDY_DELAY_MIN) + time_knob(setup, STUDY_DELAY_MAX)) / 2;
}

/* Neither confirmed nor, of a machine without power, told of deaths; and names take no time. */
static bool tells_nothing(const struct study_setup *setup)
{
    return strcmp(setup->profile, "mailslot-remote-nt4") == 0 &&
           setup->resolver == SIM_RESOLVER_TABLE;
}

/* The part of the time that a worker spends on requests. */
static double busy(const struct study_setup *setup)
{
    return knob(setup, STUDY_CLIENTS) * knob(setup, STUDY_SERVICE) /
           (knob(setup, STUDY_WORKERS) * knob(setup, STUDY_EVERY));
}

static bool pauses(const struct study_setup *setup)
{
    return setup->knobs[STUDY_PAUSE_EVERY] != 0;
}

static bool crashes(const struct study_setup *setup)
{
    return setup->knobs[STUDY_CRASH_EVERY] != 0;
}

static bool loses(const struct study_setup *setup)
{
    return setup->knobs[STUDY_LOSS] != 0 || setup->knobs[STUDY_DUPLICATE] != 0;
}

/* A request without pings is sent until it is answered, each time with the same luck. */
static struct study_law requests(const struct study_setup *setup, enum study_metric metric)
{
    const struct form_retry by = {knob(setup, STUDY_LOSS) / 1e6,
                                  (unsigned)parameter(setup, "retries")};
    const double round_trip = 2 * mean_delay(setup) + time_knob(setup, STUDY_SERVICE);
    const double timeout = time_of(setup, "timeout");
    /* One that is not answered in time has the client ask all others again, too. */
    const bool alone = by.loss == 0 || 2 * timeout <= time_knob(setup, STUDY_EVERY);
    switch (metric) {
    case STUDY_METRIC_ANSWERED:
        return (struct study_law){repeated, form_request_succeeds(by), little};
    case STUDY_METRIC_GIVEN_UP:
        return (struct study_law){repeated, 1 - form_request_succeeds(by), little};
    case STUDY_METRIC_LOST:
        return (struct study_law){repeated, 1 - form_message_arrives(by), little};
    case STUDY_METRIC_ORPHANS:
        return alone ? (struct study_law){repeated, form_orphans(by), little} : none;
    case STUDY_METRIC_DUPLICATES:
        return parameter(setup, "remember") != 0
                   ? none
                   : (struct study_law){repeated, form_duplicates(by), little};
    case STUDY_METRIC_MESSAGES: /* an answer to each that arrives */
        return (struct study_law){repeated, form_attempts(by) * (2 - by.loss), little};
    case STUDY_METRIC_LATENCY: /* where there is hardly ever a queue */
        return busy(setup) > 0.02 || !alone
                   ? none
                   : (struct study_law){repeated, form_latency_fixed(by, round_trip, timeout),
                                        some};
    default:
        return none;
    }
}

/* So many messages for each request, or in a second. */
static struct study_law count(const struct study_setup *setup, enum study_metric metric,
                              double messages)
{
    return metric == STUDY_METRIC_MESSAGES ? (struct study_law){counted, messages, some}
           : metric == STUDY_METRIC_TRAFFIC
               ? (struct study_law){counted, messages / time_knob(setup, STUDY_EVERY), some}
               : none;
}

/* Nobody is told of a crash, and nothing is lost.  Pauses come in between, but seldom. */
static struct study_law stateless_death(const struct study_setup *setup, enum study_metric metric)
{
    const double every = time_knob(setup, STUDY_EVERY);
    const double outage = time_knob(setup, STUDY_RESTART);
    const double timeout = time_of(setup, "timeout");
    const double silence = time_of(setup, "silence");
    const double ping = time_of(setup, "ping");
    if (loses(setup))
        return none;
    if (metric == STUDY_METRIC_NOTICED && ping == 0)
        return (struct study_law){timed_out, form_noticed_by_next_request(every, outage), more};
    if (metric == STUDY_METRIC_DETECTION && ping == 0)
        return (struct study_law){timed_out, form_detection_by_next_request(every, outage, timeout),
                                  more};
    return metric == STUDY_METRIC_DETECTION && silence < outage
               ? (struct study_law){signs,
                                    form_detection_by_signs(silence, mean_delay(setup), ping,
                                                            every),
                                    more}
               : none;
}

static struct study_law stateless(const struct study_setup *setup, enum study_metric metric)
{
    const double ping = time_of(setup, "ping");
    const double pings = ping != 0 ? 2 * time_knob(setup, STUDY_EVERY) / ping : 0;
    if (!tells_nothing(setup))
        return none;
    if (crashes(setup))
        return stateless_death(setup, metric);
    if (pauses(setup))
        return none;
    if (!loses(setup) && (ping != 0 || metric == STUDY_METRIC_TRAFFIC))
        return count(setup, metric, 2 + pings);
    return ping != 0 || setup->knobs[STUDY_DUPLICATE] != 0 ? none : requests(setup, metric);
}

/* Where requests are at least a second apart, acknowledgements of answers travel alone; and a
 * connection that is not closed has cost three messages, not four; two more, if it tells of deaths.
 */
static struct study_law session(const struct study_setup *setup, enum study_metric metric)
{
    const double every = time_knob(setup, STUDY_EVERY);
    const double length = time_knob(setup, STUDY_LENGTH);
    const double beat = time_of(setup, "beat");
    const double silence = time_of(setup, "silence");
    const double opening = parameter(setup, "notice") != 0 ? 5 : 3;
    if (!tells_nothing(setup) || pauses(setup) || loses(setup))
        return none;
    if (!crashes(setup))
        return every < 1 || length < every
                   ? none
                   : count(setup, metric,
                           form_messages_session(1 / every, 4 * length / (opening * every),
                                                 beat != 0 ? beat : INFINITY));
    return setup->knobs[STUDY_SILENT] != 0 && metric == STUDY_METRIC_DETECTION && beat != 0 &&
                   parameter(setup, "freshness") != 0 &&
                   silence + beat < time_knob(setup, STUDY_RESTART)
               ? (struct study_law){freshness,
                                    form_detection_by_freshness(
                                        silence + time_knob(setup, STUDY_DELAY_MIN), beat, 0),
                                    more}
               : none;
}

/* As long as everybody reaches the resolver, a route is given up by whoever is the first to tell of
 * its target's end: a kernel at once, the end of the connection in the time of a message.  A daemon
 * takes two of them, of the mean length, which is at least the longest. */
static struct study_law names(const struct study_setup *setup, enum study_metric metric)
{
    const bool reached = setup->knobs[STUDY_RESOLVER_CRASH_EVERY] == 0 &&
                         setup->knobs[STUDY_RESOLVER_CUT_EVERY] == 0;
    if (metric != STUDY_METRIC_STALE || !reached || setup->knobs[STUDY_CRASH_EVERY] == 0 ||
        setup->knobs[STUDY_SILENT] != 0 || setup->knobs[STUDY_PAUSE_EVERY] != 0)
        return none;
    if (setup->resolver == SIM_RESOLVER_TABLE)
        return (struct study_law){kernel, 0, 0};
    const double way = knob(setup, STUDY_DELAY_MIN) + knob(setup, STUDY_DELAY_MAX);
    return (struct study_law){hung_up, seconds(way / 2), 0.05};
}

struct study_law study_law(const struct study_setup *setup, enum study_metric metric)
{
    struct study_law law = names(setup, metric);
    if (!law.name && setup->design == &study_stateless)
        law = stateless(setup, metric);
    if (!law.name && setup->design == &study_session)
        law = session(setup, metric);
    return law.name && isnan(law.value) ? none : law;
}
