/* SPDX-License-Identifier: MIT */
#include "simulator/study/engine/law.h"

#include <math.h>
#include <string.h>

#include "simulator/study/forms.h"
#include "simulator/study/programs/programs.h"

static const struct study_law none = {.name = NULL};

static const char repeated[] = "repeated requests";
static const char timed_out[] = "the next request and its first try";
static const char silence[] = "silence between pings and answers";
static const char kernel[] = "told by the kernel";
static const char hung_up[] = "the end of a connection";

const char *study_law_source(const char *name)
{
    if (name == kernel || name == hung_up)
        return "spec/12-resolution.md: how long what is wrong can last";
    return name == repeated ? "W. Feller, An Introduction to Probability Theory, vol. 1, chapter VI"
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

/* Nobody dies, nobody pauses, nothing is repeated: what is lost is all that goes wrong. */
static bool only_losses(const struct study_setup *setup)
{
    return setup->knobs[STUDY_CRASH_EVERY] == 0 && setup->knobs[STUDY_PAUSE_EVERY] == 0 &&
           setup->knobs[STUDY_DUPLICATE] == 0;
}

/* Neither confirmed nor told of deaths. */
static bool tells_nothing(const struct study_setup *setup)
{
    return strcmp(setup->profile, "mailslot-remote-nt4") == 0;
}

/* The part of the time that a worker spends on requests. */
static double busy(const struct study_setup *setup)
{
    return knob(setup, STUDY_CLIENTS) * knob(setup, STUDY_SERVICE) /
           (knob(setup, STUDY_WORKERS) * knob(setup, STUDY_EVERY));
}

/* Without pings, a request is sent until it is answered, each time with the same luck. */
static struct study_law requests(const struct study_setup *setup, enum study_metric metric)
{
    const struct form_retry by = {knob(setup, STUDY_LOSS) / 1e6,
                                  (unsigned)parameter(setup, "retries")};
    const double round_trip = seconds(knob(setup, STUDY_DELAY_MIN) + knob(setup, STUDY_DELAY_MAX) +
                                      knob(setup, STUDY_SERVICE));
    const double timeout = seconds(parameter(setup, "timeout"));
    const double little = 0.01; /* runs end while something is under way */
    switch (metric) {
    case STUDY_METRIC_ANSWERED:
        return (struct study_law){repeated, form_request_succeeds(by), little};
    case STUDY_METRIC_GIVEN_UP:
        return (struct study_law){repeated, 1 - form_request_succeeds(by), little};
    case STUDY_METRIC_LOST:
        return (struct study_law){repeated, 1 - form_message_arrives(by), little};
    case STUDY_METRIC_ORPHANS:
        return (struct study_law){repeated, form_orphans(by), little};
    case STUDY_METRIC_DUPLICATES:
        return parameter(setup, "remember") != 0
                   ? none
                   : (struct study_law){repeated, form_duplicates(by), little};
    case STUDY_METRIC_MESSAGES: /* an answer to each that arrives */
        return (struct study_law){repeated, form_attempts(by) * (2 - by.loss), little};
    case STUDY_METRIC_LATENCY: /* where there is hardly ever a queue */
        return busy(setup) > 0.02
                   ? none
                   : (struct study_law){repeated, form_latency_fixed(by, round_trip, timeout),
                                        0.02};
    default:
        return none;
    }
}

/* Nothing is lost and nobody is told of a crash.  Pauses come in between, but seldom. */
static struct study_law detection(const struct study_setup *setup)
{
    const double every = seconds(knob(setup, STUDY_EVERY));
    const double ping = seconds(parameter(setup, "ping"));
    const double patience = seconds(parameter(setup, "silence"));
    const double timeout = seconds(parameter(setup, "timeout"));
    const double some = 0.05;
    if (setup->knobs[STUDY_LOSS] != 0)
        return none;
    if (ping > 0)
        return (struct study_law){silence, form_detection_by_timeout_busy(patience, ping, every),
                                  some};
    /* Gaps are uniform, so what is left of one at any instant is two thirds of its mean. */
    return (struct study_law){timed_out, form_detection_by_request(1.5 / every, 0, timeout), some};
}

static struct study_law stateless(const struct study_setup *setup, enum study_metric metric)
{
    if (!tells_nothing(setup) || setup->resolver != SIM_RESOLVER_TABLE) /* names take time */
        return none;
    if (metric == STUDY_METRIC_DETECTION && setup->knobs[STUDY_CRASH_EVERY] != 0)
        return detection(setup);
    return only_losses(setup) && parameter(setup, "ping") == 0 ? requests(setup, metric) : none;
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
    return law.name && isnan(law.value) ? none : law;
}
