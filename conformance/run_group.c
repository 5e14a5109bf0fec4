/* SPDX-License-Identifier: MIT */
/* Blocks whose lines may be fulfilled in any order.  Which outcome goes with which expectation is
 * a matching in a bipartite graph: every line tries to find a partner, and where all that fit are
 * taken, the lines that took them look for others (augmenting paths, breadth first). */
#include "runner.h"

struct matching {
    struct cf_runner *runner;
    const struct cf_step *steps;
    uint32_t count;     /* lines that were executed */
    uint32_t *partners; /* of expectations: the line that took it; CF_NONE */
    uint32_t *reached;  /* of expectations: the line that looked at it in this search; CF_NONE */
    uint32_t *queue;    /* lines that look for an expectation */
};

static bool fits(const struct matching *self, uint32_t line, uint32_t expectation)
{
    return cf_expect_fits(&self->steps[expectation].alternatives[0],
                          &self->runner->lines[line].observed, self->runner->captured);
}

/* Gives the free expectation at the end of a path to the line that reached it, the one that line
 * had before to the line that reached that, and so on. */
static void take_path(struct matching *self, uint32_t first, uint32_t expectation)
{
    for (;;) {
        uint32_t line = self->reached[expectation];
        uint32_t had = CF_NONE;
        for (uint32_t j = 0; j < self->count && line != first; j++) {
            if (self->partners[j] == line) {
                had = j;
                break;
            }
        }
        self->partners[expectation] = line;
        if (had == CF_NONE)
            return;
        expectation = had;
    }
}

static bool find_partner(struct matching *self, uint32_t first)
{
    uint32_t size = 0;
    for (uint32_t j = 0; j < self->count; j++)
        self->reached[j] = CF_NONE;
    self->queue[size++] = first;
    for (uint32_t at = 0; at < size; at++) {
        for (uint32_t j = 0; j < self->count; j++) {
            if (self->reached[j] != CF_NONE || !fits(self, self->queue[at], j))
                continue;
            self->reached[j] = self->queue[at];
            if (self->partners[j] == CF_NONE) {
                take_path(self, first, j);
                return true;
            }
            self->queue[size++] = self->partners[j];
        }
    }
    return false;
}

static uint32_t execute(struct cf_runner *runner, const struct cf_group *group)
{
    uint32_t done = 0;
    while (done < group->count) {
        struct cf_runner_line *line = &runner->lines[done];
        cf_runner_begin_line(runner, line, (uint32_t)(group->first + done));
        cf_runner_call(runner, line);
        line->ended = cf_runner_now(runner);
        done++;
        if (line->observed.ending != CF_ENDED)
            break;
    }
    return done;
}

/* The alternative that a line was given; NULL: none. */
static const struct cf_alternative *given(const struct matching *self, uint32_t line)
{
    for (uint32_t j = 0; j < self->count; j++)
        if (self->partners[j] == line)
            return &self->steps[j].alternatives[0];
    return NULL;
}

void cf_runner_group(struct cf_runner *runner, const struct cf_group *group)
{
    static const struct cf_alternative nothing = {.status = URIPC_TIMEOUT};
    uint32_t executed = execute(runner, group);
    struct matching matching = {.runner = runner,
                                .steps = &runner->test_case->steps[group->first],
                                .count = (uint32_t)group->count,
                                .partners = runner->partners,
                                .reached = runner->partners + group->count,
                                .queue = runner->partners + 2 * group->count};
    for (uint32_t j = 0; j < matching.count; j++)
        matching.partners[j] = CF_NONE;
    for (uint32_t i = 0; i < executed; i++) {
        struct cf_observed *observed = &runner->lines[i].observed;
        if (observed->has_message) /* later lines may have moved it */
            cf_history_message(&runner->history, observed->op, &observed->message);
    }
    for (uint32_t i = 0; i < executed; i++)
        find_partner(&matching, i);
    for (uint32_t i = 0; i < executed; i++) {
        const struct cf_alternative *alternative = given(&matching, i);
        if (!alternative && group->subset &&
            cf_expect_fits(&nothing, &runner->lines[i].observed, runner->captured))
            alternative = &nothing;
        cf_runner_judge(runner, &runner->lines[i], alternative);
    }
}
