/* SPDX-License-Identifier: MIT */
#include "simulator/study/engine/law.h"

#include <math.h>
#include <string.h>

#include "simulator/study/forms.h"
#include "simulator/study/programs/programs.h"

static const struct study_law none = {.name = NULL};

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

/* Without pings, a request is sent until it is answered, each time with the same luck. */
static struct study_law stateless(const struct study_setup *setup, enum study_metric metric)
{
    const struct form_retry by = {knob(setup, STUDY_LOSS) / 1e6,
                                  (unsigned)parameter(setup, "retries")};
    const double round_trip = seconds(knob(setup, STUDY_DELAY_MIN) + knob(setup, STUDY_DELAY_MAX) +
                                      knob(setup, STUDY_SERVICE));
    const double timeout = seconds(parameter(setup, "timeout"));
    if (!only_losses(setup) || !tells_nothing(setup) || parameter(setup, "ping") != 0)
        return none;
    switch (metric) {
    case STUDY_METRIC_ANSWERED:
        return (struct study_law){"repeated requests", form_request_succeeds(by)};
    case STUDY_METRIC_LOST:
        return (struct study_law){"repeated requests", 1 - form_message_arrives(by)};
    case STUDY_METRIC_ORPHANS:
        return (struct study_law){"repeated requests", form_orphans(by)};
    case STUDY_METRIC_DUPLICATES:
        return parameter(setup, "remember") != 0
                   ? none
                   : (struct study_law){"repeated requests", form_duplicates(by)};
    case STUDY_METRIC_MESSAGES: /* an answer to each that arrives */
        return (struct study_law){"repeated requests", form_attempts(by) * (2 - by.loss)};
    case STUDY_METRIC_LATENCY:
        return (struct study_law){"repeated requests", form_latency_fixed(by, round_trip, timeout)};
    default:
        return none;
    }
}

struct study_law study_law(const struct study_setup *setup, enum study_metric metric)
{
    const struct study_law law =
        setup->design == &study_stateless ? stateless(setup, metric) : none;
    return law.name && isnan(law.value) ? none : law;
}
