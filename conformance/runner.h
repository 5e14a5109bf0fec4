/* SPDX-License-Identifier: MIT */
/* The inside of the runner; run*.c only. */
#ifndef URIPC_CONFORMANCE_RUNNER_H
#define URIPC_CONFORMANCE_RUNNER_H

#include "expect.h"
#include "history.h"
#include "run.h"

struct cf_runner_process {
    bool alive;
    bool paused;
    uint32_t handles; /* where its slots begin */
    uint32_t calls;
    const struct cf_step *armed; /* a crash at some event that has not come yet; NULL: none */
};

struct cf_runner_handle {
    struct uripc_handle handle; /* {0}: not open, or of an earlier life */
    struct uripc_incarnation incarnation;
    enum uripc_kind kind;
    bool layer; /* of a listener, a session or a survey, not a registration */
    bool survey;
};

/* A line that is being executed, or was. */
struct cf_runner_line {
    uint32_t step;
    uint64_t began, ended;
    size_t trace; /* records before it */
    struct cf_observed observed;
};

struct cf_runner {
    struct cf_world *world;
    const struct cf_world_ops *ops;
    const struct cf_case *test_case;
    struct cf_recording *recording; /* NULL: nobody wants to see it */
    struct cf_outcome *outcome;
    struct cf_history history;

    struct cf_runner_process *processes;
    struct cf_runner_handle *handles;
    uint32_t *calls; /* op of the last accepted call of that name */
    struct cf_captured *captured;
    unsigned char *verdicts;
    struct cf_runner_line *lines; /* of the block that is being executed */
    uint32_t *partners;           /* run_group.c */
    void *memory;                 /* where the seven above lie */
    size_t memory_size;
    char *scratch; /* what is passed to a call, and scribbled over after it (SND-6) */
    size_t scratch_size;

    uint32_t interrupts; /* which process crashes after so many events, though no line says so */
    uint64_t interrupts_at;

    uint32_t copies; /* how often a receiver may get one message; 0: any number of times */
    bool stopped;    /* a line failed */
};

static inline uint64_t cf_runner_now(struct cf_runner *runner)
{
    return runner->ops->now(runner->world);
}

/* run_judge.c */
void cf_runner_begin_line(struct cf_runner *runner, struct cf_runner_line *line, uint32_t step);

/* What is wrong with an implementation decides, whatever its lines say.  False: nothing is. */
bool cf_runner_take_trouble(struct cf_runner *runner);

/* Judges a line.  `alternative` is the one that fits; NULL: none does. */
void cf_runner_judge(struct cf_runner *runner, struct cf_runner_line *line,
                     const struct cf_alternative *alternative);

/* Mixes what was observed into the fingerprint, but for what is random. */
void cf_runner_note(struct cf_runner *runner, const struct cf_runner_line *line);

/* Adds the line to the recording. */
void cf_runner_record(struct cf_runner *runner, const struct cf_runner_line *line,
                      enum cf_verdict verdict, const struct cf_alternative *alternative);

/* run_world.c: lets one thing happen in the world.  False: nothing does, and `ending` says why. */
bool cf_runner_advance(struct cf_runner *runner, uint64_t until, struct cf_observed *observed);

/* Polls everything that is there.  False: there is nothing. */
bool cf_runner_drain(struct cf_runner *runner);

/* Does a step of the world.  Returns why it cannot be done; NULL: it is done. */
const char *cf_runner_change(struct cf_runner *runner, const struct cf_step *step);

/* Has a step done at its time. */
void cf_runner_schedule(struct cf_runner *runner, uint32_t step);
void cf_runner_on_work(void *user, uint32_t word);

/* A process has died as a step planned it. */
void cf_runner_on_death(void *user, uint32_t process);

/* `wait` and `quiet`. */
void cf_runner_pass_time(struct cf_runner *runner, const struct cf_step *step,
                         struct cf_runner_line *line);

/* run_call.c: a step of a process, until its completion where it waits for one. */
void cf_runner_call(struct cf_runner *runner, struct cf_runner_line *line);

/* A scheduled `cancel`. */
void cf_runner_cancel(struct cf_runner *runner, const struct cf_step *step);

/* Polls one completion of a process that can run.  False: there is none. */
bool cf_runner_poll(struct cf_runner *runner, uint32_t process);

/* run_fill.c: what a step gives to its call.  Texts and data lie in the runner's scratch. */

/* The three options structs and that of layers; a call uses one. */
struct cf_runner_options {
    struct uripc_register_options reg;
    struct uripc_send_options send;
    struct uripc_receive_options receive;
    struct cf_world_layer_options layer;
};

struct cf_runner_handle *cf_runner_handle(struct cf_runner *runner, uint32_t process,
                                          const struct cf_name *name);

/* Which call the step makes. */
enum uripc_call cf_runner_call_kind(struct cf_runner *runner, const struct cf_step *step);

/* Whether the call is given a buffer. */
bool cf_runner_takes_buffer(enum uripc_call call);

/* Returns why it cannot be made; NULL: it can. */
const char *cf_runner_fill(struct cf_runner *runner, const struct cf_step *step,
                           struct cf_world_call *call, struct cf_op *op,
                           struct cf_runner_options *options);

/* Changes the memory that was passed to the call (SND-6). */
void cf_runner_scribble(struct cf_runner *runner, const struct cf_world_call *call);

/* run_group.c: the lines of an unordered or subset block. */
void cf_runner_group(struct cf_runner *runner, const struct cf_group *group);

#endif
