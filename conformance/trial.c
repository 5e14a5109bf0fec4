/* SPDX-License-Identifier: MIT */
#include "trial.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "share.h"
#include "trial_step.h"

enum { LINE_MAX_BYTES = 512, EXPECTED_MAX = 512 };

/* The page, and what it says. */

void cf_trial_quote(FILE *out, const char *words)
{
    char path[4096];
    char line[LINE_MAX_BYTES];
    FILE *page = cf_share_path("driver-protocol.md", path, sizeof(path)) ? fopen(path, "r") : NULL;
    unsigned number = 0;
    bool found = false;
    while (page && !found && fgets(line, sizeof(line), page)) {
        number++;
        found = strstr(line, words) != NULL;
    }
    if (page)
        fclose(page);
    line[strcspn(line, "\n")] = '\0';
    if (found)
        fprintf(out, "  the page   driver-protocol.md:%u: %s\n", number, line);
    else
        fprintf(out, "  the page   driver-protocol.md: %s\n", words);
}

void cf_trial_title(FILE *out, const char *title)
{
    fprintf(out, "%-28s", title);
    fflush(out);
}

/* Mistakes. */

bool cf_trial_mistake(struct cf_trial_state *state, const char *received, const char *expected)
{
    FILE *out = state->trial->out;
    fputs("MISTAKE\n\n", out);
    if (state->sent)
        fprintf(out, "  sent       %s\n", state->sent);
    fprintf(out, "  received   %s\n", received);
    fprintf(out, "  expected   %s\n", expected);
    cf_trial_quote(out, state->words);
    fprintf(out, "  next       %s\n", state->next);
    return false;
}

/* What it said on standard error, indented. */
static void print_log(FILE *out, const char *log)
{
    if (log[0])
        fputs("\nIts standard error ends with\n\n", out);
    while (*log) {
        size_t length = strcspn(log, "\n");
        fprintf(out, "  | %.*s\n", (int)length, log);
        log += length + (log[length] == '\n');
    }
}

/* Where the step's own words do not fit what went wrong. */
static void blame(struct cf_trial_state *state, const struct cf_trouble *trouble, const char *log)
{
    switch (trouble->verdict) {
    case CF_VERDICT_CRASH:
        state->words = "| ends unasked";
        if (log[0])
            state->next = "mend what it says on standard error";
        break;
    case CF_VERDICT_TIMEOUT:
        state->words = "| gives no reply for 5 s";
        break;
    case CF_VERDICT_FAIL:
        state->words = "| a line that is not JSON";
        state->next = "one reply for each command, one completion for each call that was accepted; "
                      "what is for people goes to standard error";
        break;
    default:
        state->words = "| cannot be started";
        if (trouble->line[0])
            state->next = "mend what the error says";
        break;
    }
}

bool cf_trial_trouble(struct cf_trial_state *state, unsigned who, const char *expected)
{
    struct cf_driver *driver = state->processes[who].driver;
    const struct cf_trouble *trouble = cf_driver_trouble(driver);
    char received[2 * CF_DRIVER_REASON_MAX + 64];
    snprintf(received, sizeof(received), "%s",
             trouble ? trouble->reason : "nothing: the suite has no memory");
    if (trouble)
        blame(state, trouble, cf_driver_log(driver));
    if (trouble && trouble->line[0])
        snprintf(received, sizeof(received), "%s\n             %s", trouble->line, trouble->reason);
    cf_trial_mistake(state, received, expected);
    print_log(state->trial->out, cf_driver_log(driver));
    return false;
}

static bool wrong_line(struct cf_trial_state *state, const json_t *line, const char *expected)
{
    char *text = json_dumps(line, JSON_COMPACT);
    cf_trial_mistake(state, text ? text : "?", expected);
    free(text);
    return false;
}

/* Commands and what comes of them. */

bool cf_trial_start(struct cf_trial_state *state, unsigned who)
{
    const struct cf_driver_setup setup = {.command = state->trial->command,
                                          .run = state->trial->run};
    struct cf_trial_process *process = &state->processes[who];
    process->driver = cf_driver_start(state->drivers, &setup);
    process->completions = json_object();
    return !cf_driver_trouble(process->driver) ||
           cf_trial_trouble(state, who, "a process of this command");
}

static bool has_status(const json_t *line, const char *status)
{
    const char *found = json_string_value(json_object_get(line, "status"));
    return found && strcmp(found, status) == 0;
}

json_t *cf_trial_ask(struct cf_trial_state *state, unsigned who, json_t *command,
                     const char *status, const char *members)
{
    char expected[EXPECTED_MAX];
    json_incref(command);
    json_t *reply = cf_driver_ask(state->processes[who].driver, command);
    free(state->sent);
    state->sent = json_dumps(command, JSON_COMPACT);
    state->id = json_integer_value(json_object_get(command, "id"));
    json_decref(command);
    snprintf(expected, sizeof(expected), "{\"id\":%" JSON_INTEGER_FORMAT ",\"status\":\"%s\"%s}",
             state->id, status, members);
    if (reply && has_status(reply, status))
        return reply;
    if (reply)
        wrong_line(state, reply, expected);
    else
        cf_trial_trouble(state, who, expected);
    json_decref(reply);
    return NULL;
}

bool cf_trial_call(struct cf_trial_state *state, unsigned who, json_t *command)
{
    struct cf_trial_process *process = &state->processes[who];
    json_object_set_new(command, "overlapped", json_integer((json_int_t)++process->overlapped));
    json_t *reply = cf_trial_ask(state, who, command, "pending", "");
    json_decref(reply);
    return reply != NULL;
}

static void keep(struct cf_trial_process *process, const json_t *completion)
{
    char key[24];
    snprintf(key, sizeof(key), "%" JSON_INTEGER_FORMAT,
             json_integer_value(json_object_get(completion, "overlapped")));
    json_object_set_new(process->completions, key, json_deep_copy(completion));
}

/* Takes the next completion by `poll`.  False: there is none, and *well tells whether that was said
 * as it must be. */
static bool poll_one(struct cf_trial_state *state, unsigned who, bool *well)
{
    static const char expected[] = "{\"id\":N,\"status\":\"ok\",\"completion\":{...}}, or "
                                   "{\"id\":N,\"status\":\"would-block\"}";
    json_t *reply = cf_driver_ask(state->processes[who].driver, json_pack("{s:s}", "do", "poll"));
    const json_t *completion = json_object_get(reply, "completion");
    if (completion)
        keep(&state->processes[who], completion);
    else if (!reply)
        *well = cf_trial_trouble(state, who, expected);
    else if (!has_status(reply, "would-block"))
        *well = wrong_line(state, reply, expected);
    json_decref(reply);
    return completion != NULL;
}

static bool poll_all(struct cf_trial_state *state, unsigned who)
{
    bool well = true;
    while (poll_one(state, who, &well)) {
    }
    return well;
}

/* Deals with the events that have come. */
static bool take_events(struct cf_trial_state *state, unsigned who)
{
    struct cf_trial_process *process = &state->processes[who];
    bool well = true;
    for (json_t *event; well && (event = cf_driver_event(process->driver));) {
        const char *kind = json_string_value(json_object_get(event, "event"));
        if (strcmp(kind, "completion") == 0)
            keep(process, event);
        else if (strcmp(kind, "ready") == 0 && state->polling)
            well = poll_all(state, who);
        else if (strcmp(kind, "violation") == 0)
            well = wrong_line(state, event, "nothing written but the bytes of a message, in time");
        json_decref(event);
    }
    return well;
}

/* The completion, once it is there.  NULL, and *well still true: there was none in time. */
static json_t *wait_for(struct cf_trial_state *state, unsigned who, uint64_t overlapped, bool *well)
{
    char key[24];
    uint64_t until = cf_clock() + CF_DRIVER_PATIENCE;
    struct cf_trial_process *process = &state->processes[who];
    snprintf(key, sizeof(key), "%" PRIu64, overlapped);
    while ((*well = take_events(state, who)) && !cf_driver_trouble(process->driver)) {
        json_t *found = json_object_get(process->completions, key);
        if (found) {
            json_incref(found);
            json_object_del(process->completions, key);
            return found;
        }
        if (!cf_drivers_wait(state->drivers, until))
            return NULL;
    }
    return NULL;
}

json_t *cf_trial_await(struct cf_trial_state *state, unsigned who, uint64_t overlapped,
                       const char *status, const char *members)
{
    char expected[EXPECTED_MAX];
    bool well = true;
    json_t *completion = wait_for(state, who, overlapped, &well);
    snprintf(expected, sizeof(expected), "%s\"overlapped\":%" PRIu64 ",\"status\":\"%s\"%s}",
             state->polling ? "{\"event\":\"ready\"}, and to `poll` the completion {"
                            : "{\"event\":\"completion\",",
             overlapped, status, members);
    if (completion && has_status(completion, status))
        return completion;
    if (completion)
        wrong_line(state, completion, expected);
    else if (cf_driver_trouble(state->processes[who].driver))
        cf_trial_trouble(state, who, expected);
    else if (well)
        cf_trial_mistake(state, "no completion within 5 s", expected);
    json_decref(completion);
    return NULL;
}

/* All of it. */

static bool run(struct cf_trial_state *state)
{
    for (const struct cf_trial_step *step = cf_trial_steps; step->title; step++) {
        cf_trial_title(state->trial->out, step->title);
        state->words = step->words;
        state->next = step->next;
        state->told[0] = '\0';
        if (!step->attempt(state))
            return false;
        fprintf(state->trial->out, "ok%s%s\n", state->told[0] ? "   " : "", state->told);
    }
    return true;
}

bool cf_trial(const struct cf_trial *trial)
{
    struct cf_trial_state state = {.trial = trial, .drivers = cf_drivers_create()};
    bool well = state.drivers && run(&state);
    for (unsigned i = 0; i < CF_TRIAL_PROCESSES; i++)
        json_decref(state.processes[i].completions);
    cf_drivers_free(state.drivers);
    free(state.sent);
    return well;
}
