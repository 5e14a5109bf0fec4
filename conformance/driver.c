/* SPDX-License-Identifier: MIT */
#define _POSIX_C_SOURCE 200809L

#include "driver.h"

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "diagnostic.h"
#include "driver_flight.h"
#include "driver_line.h"
#include "driver_process.h"
#include "driver_value.h"
#include "signal_name.h"

enum {
    READ_BYTES = 65536,
    TICK_MS = 50, /* how long a death may go unnoticed that closes no pipe */
    SHOWN_BYTES = 80,
    VERB_MAX = 16
};

/* How long an end may take that is on its way already. */
#define REAP_PATIENCE CF_SECOND

/* A command without a reply, or with one that nobody has taken yet. */
struct command {
    struct command *next;
    uint64_t id;
    char verb[VERB_MAX];
    uint64_t overlapped; /* of a call that completes; 0: of none */
    uint64_t due;        /* a time of cf_clock */
    json_t *reply;
};

struct event {
    struct event *next;
    json_t *json;
};

struct cf_driver {
    struct cf_drivers *group;
    struct cf_driver *next;
    struct cf_process process;
    uint64_t end; /* the command `end`; 0: not sent */
    bool ends;    /* and it has answered */
    struct cf_trouble trouble;
    bool in_trouble;
    bool news; /* something has come that nobody has been told of */
    struct cf_tail tail;

    uint64_t last_id;
    struct command *commands;
    struct event *events, **events_end;
    size_t event_count;
    struct cf_flights flights;

    char *input; /* what is read and not yet a whole line */
    size_t input_size, input_room, searched;
    char *output; /* what is not yet written */
    size_t output_size, output_sent, output_room;
    json_t *hello; /* keeps the texts of cf_driver_hello */
};

struct cf_drivers {
    struct cf_driver *first;
};

/* Trouble. */

static void fail(struct cf_driver *driver, enum cf_verdict verdict, const char *format, ...)
    CF_PRINTF(3, 4);

static void fail(struct cf_driver *driver, enum cf_verdict verdict, const char *format, ...)
{
    va_list arguments;
    if (driver->in_trouble)
        return;
    driver->in_trouble = true;
    driver->news = true;
    driver->trouble.verdict = verdict;
    va_start(arguments, format);
    vsnprintf(driver->trouble.reason, sizeof(driver->trouble.reason), format, arguments);
    va_end(arguments);
}

static bool is_listened_to(const struct cf_driver *driver)
{
    return driver->process.out >= 0 && !driver->in_trouble;
}

/* Not the driver's fault. */
static void give_up(struct cf_driver *driver)
{
    fail(driver, CF_VERDICT_UNRESOLVED, "the suite has no memory for what it says");
}

/* It has ended, and its status says how. */
static void fail_by_end(struct cf_driver *driver)
{
    int status = driver->process.status;
    if (WIFSIGNALED(status)) {
        fail(driver, CF_VERDICT_CRASH, "its process died of %s", cf_signal_name(WTERMSIG(status)));
        driver->trouble.signal = WTERMSIG(status);
        return;
    }
    if (!driver->ends) {
        fail(driver, CF_VERDICT_CRASH, "its process ended unasked, with status %d",
             WEXITSTATUS(status));
    } else if (WEXITSTATUS(status) != 0) {
        fail(driver, CF_VERDICT_CRASH, "asked to end, its process ended with status %d, not 0",
             WEXITSTATUS(status));
    }
    driver->trouble.exit = WEXITSTATUS(status);
}

/* Calls in flight. */

static void check_completion(struct cf_driver *driver, const json_t *line)
{
    const json_t *completion = cf_line_completion(line);
    json_int_t overlapped = json_integer_value(json_object_get(completion, "overlapped"));
    if (completion && !cf_flights_end(&driver->flights, (uint64_t)overlapped)) {
        fail(driver, CF_VERDICT_FAIL,
             "it told a completion of overlapped %" JSON_INTEGER_FORMAT
             ", of which no call is in flight",
             overlapped);
    }
}

/* Lines. */

static struct command *command_of(struct cf_driver *driver, uint64_t id)
{
    struct command *command = driver->commands;
    while (command && command->id != id)
        command = command->next;
    return command;
}

/* A call that ended at once completes nothing. */
static void check_call(struct cf_driver *driver, const struct command *command)
{
    const char *status = json_string_value(json_object_get(command->reply, "status"));
    bool pending = status && strcmp(status, "pending") == 0;
    if (command->overlapped && !pending && !cf_flights_end(&driver->flights, command->overlapped)) {
        fail(driver, CF_VERDICT_FAIL,
             "it told a completion of overlapped %" PRIu64 ", and then that `%s` returned %s",
             command->overlapped, command->verb, status ? status : "an error");
    }
}

static void take_reply(struct cf_driver *driver, json_t *line)
{
    const json_t *number = json_object_get(line, "id");
    uint64_t id = json_is_integer(number) ? (uint64_t)json_integer_value(number) : 0;
    struct command *command = command_of(driver, id);
    const char *error = json_string_value(json_object_get(line, "error"));
    if (error) {
        fail(driver, CF_VERDICT_UNRESOLVED, "it cannot do `%s`: %.300s",
             command ? command->verb : "what it was sent", error);
    } else if (!json_is_integer(number)) {
        fail(driver, CF_VERDICT_FAIL, "it wrote a line with neither `event` nor a number as `id`");
    } else if (id == 0 || id > driver->last_id) {
        fail(driver, CF_VERDICT_FAIL,
             "it replied to the command %" JSON_INTEGER_FORMAT ", which was never sent",
             json_integer_value(number));
    } else if (!command || command->reply) {
        fail(driver, CF_VERDICT_FAIL, "it replied to the command %" PRIu64 " twice", id);
    } else {
        const char *fault = cf_reply_fault(line, command->verb);
        if (fault) {
            fail(driver, CF_VERDICT_FAIL, "its reply to `%s` is wrong: %s", command->verb, fault);
        } else {
            command->reply = json_incref(line);
            driver->news = true;
            driver->ends = driver->ends || strcmp(command->verb, "end") == 0;
            check_call(driver, command);
            check_completion(driver, line);
        }
    }
}

static void take_event(struct cf_driver *driver, json_t *line)
{
    const char *fault = cf_event_fault(line);
    if (fault) {
        fail(driver, CF_VERDICT_FAIL, "an event of it is wrong: %s", fault);
        return;
    }
    check_completion(driver, line);
    struct event *event = calloc(1, sizeof(*event));
    if (!event || driver->event_count >= CF_DRIVER_EVENTS_MAX) {
        free(event);
        give_up(driver);
        return;
    }
    event->json = json_incref(line);
    *driver->events_end = event;
    driver->events_end = &event->next;
    driver->event_count++;
    driver->news = true;
}

static void take_line(struct cf_driver *driver, const char *line, size_t size)
{
    char text[SHOWN_BYTES];
    bool was_well = !driver->in_trouble;
    json_error_t error;
    json_t *json = json_loadb(line, size, JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, &error);
    if (!json) {
        fail(driver, CF_VERDICT_FAIL, "it wrote a line that is not JSON (%.80s): %s", error.text,
             cf_line_shown(line, size, text, sizeof(text)));
    } else if (!json_is_object(json)) {
        fail(driver, CF_VERDICT_FAIL, "it wrote a line that is no JSON object: %s",
             cf_line_shown(line, size, text, sizeof(text)));
    } else if (json_object_get(json, "event")) {
        take_event(driver, json);
    } else {
        take_reply(driver, json);
    }
    if (was_well && driver->in_trouble)
        cf_line_shown(line, size, driver->trouble.line, sizeof(driver->trouble.line));
    json_decref(json);
}

static void take_lines(struct cf_driver *driver)
{
    size_t begin = 0;
    char *end;
    while (!driver->in_trouble && (end = memchr(driver->input + driver->searched, '\n',
                                                driver->input_size - driver->searched)) != NULL) {
        size_t next = (size_t)(end - driver->input) + 1;
        take_line(driver, driver->input + begin, next - 1 - begin);
        begin = driver->searched = next;
    }
    driver->input_size -= begin;
    memmove(driver->input, driver->input + begin, driver->input_size);
    driver->searched = driver->input_size;
    if (driver->input_size >= CF_DRIVER_LINE_MAX)
        fail(driver, CF_VERDICT_FAIL, "it wrote a line of more than %d bytes", CF_DRIVER_LINE_MAX);
}

/* Pipes. */

static bool make_room(char **bytes, size_t *room, size_t needed)
{
    if (needed <= *room)
        return true;
    char *more = realloc(*bytes, 2 * needed);
    if (!more)
        return false;
    *bytes = more;
    *room = 2 * needed;
    return true;
}

static void read_log(struct cf_driver *driver)
{
    if (driver->process.log >= 0 && !cf_tail_read(&driver->tail, driver->process.log)) {
        close(driver->process.log);
        driver->process.log = -1;
    }
}

/* Reads a piece of its output.  False: there is no more, now or ever; errno tells. */
static bool read_piece(struct cf_driver *driver)
{
    if (!make_room(&driver->input, &driver->input_room, driver->input_size + READ_BYTES)) {
        give_up(driver);
        return false;
    }
    errno = 0;
    ssize_t got = read(driver->process.out, driver->input + driver->input_size, READ_BYTES);
    if (got <= 0)
        return false;
    driver->input_size += (size_t)got;
    take_lines(driver);
    return true;
}

static void close_output(struct cf_driver *driver)
{
    close(driver->process.out);
    driver->process.out = -1;
}

/* Its standard output has ended: it ends, or can say nothing any more. */
static void end_of_output(struct cf_driver *driver)
{
    close_output(driver);
    if (cf_process_wait(&driver->process, cf_clock() + REAP_PATIENCE))
        fail_by_end(driver);
    else if (!driver->ends)
        fail(driver, CF_VERDICT_FAIL, "it closed its standard output and goes on");
}

static void read_output(struct cf_driver *driver)
{
    if (!read_piece(driver) && errno != EINTR && errno != EAGAIN)
        end_of_output(driver);
}

/* It has ended.  What it said before still counts; a child of it may hold its output open. */
static void bury(struct cf_driver *driver)
{
    while (is_listened_to(driver) && read_piece(driver)) {
    }
    close_output(driver);
    fail_by_end(driver);
}

/* Writes what goes.  A driver that reads no more will be found dead, or give no reply. */
static void write_input(struct cf_driver *driver)
{
    while (driver->process.in >= 0 && driver->output_sent < driver->output_size) {
        ssize_t written = write(driver->process.in, driver->output + driver->output_sent,
                                driver->output_size - driver->output_sent);
        if (written < 0 && errno == EINTR)
            continue;
        if (written < 0 && errno == EAGAIN)
            return;
        if (written <= 0) {
            close(driver->process.in);
            driver->process.in = -1;
            return;
        }
        driver->output_sent += (size_t)written;
    }
    driver->output_size = driver->output_sent = 0;
}

/* Waiting. */

static struct pollfd polled(int fd, bool wanted, short events)
{
    return (struct pollfd){.fd = wanted ? fd : -1, .events = events};
}

static void look_at_deadlines(struct cf_driver *driver)
{
    uint64_t now = cf_clock();
    for (const struct command *command = driver->commands; command; command = command->next) {
        if (!command->reply && now >= command->due) {
            fail(driver, CF_VERDICT_TIMEOUT, "it gave no reply to `%s` in time", command->verb);
            return;
        }
    }
}

/* A process may die and leave its output open, in the hands of a child. */
static void look_for_death(struct cf_driver *driver)
{
    if (is_listened_to(driver) && cf_process_ended(&driver->process))
        bury(driver);
}

enum { FDS = 3 };

static void deal_with(struct cf_driver *driver, const struct pollfd fds[FDS])
{
    if (fds[2].revents)
        read_log(driver);
    if (fds[1].revents)
        write_input(driver);
    if (fds[0].revents)
        read_output(driver);
    else
        look_for_death(driver);
    look_at_deadlines(driver);
}

static bool take_news(struct cf_drivers *drivers)
{
    bool any = false;
    for (struct cf_driver *driver = drivers->first; driver; driver = driver->next) {
        any = any || driver->news;
        driver->news = false;
    }
    return any;
}

static size_t count_of(const struct cf_drivers *drivers)
{
    size_t count = 0;
    for (const struct cf_driver *driver = drivers->first; driver; driver = driver->next)
        count++;
    return count;
}

/* Waits until something comes from any driver, a while or until then, and deals with it.  Faults of
 * the suite's own show in the drivers' deadlines. */
static void turn(struct cf_drivers *drivers, uint64_t until)
{
    struct pollfd *fds = calloc(count_of(drivers) + 1, FDS * sizeof(*fds));
    size_t i = 0;
    for (struct cf_driver *driver = drivers->first; fds && driver; driver = driver->next) {
        bool listened = is_listened_to(driver);
        fds[i++] = polled(driver->process.out, listened, POLLIN);
        fds[i++] = polled(driver->process.in, listened && driver->output_size > 0, POLLOUT);
        fds[i++] = polled(driver->process.log, listened, POLLIN);
    }
    if (fds && poll(fds, (nfds_t)i, cf_clock_left(until, TICK_MS)) >= 0) {
        i = 0;
        for (struct cf_driver *driver = drivers->first; driver; driver = driver->next, i += FDS)
            if (is_listened_to(driver))
                deal_with(driver, &fds[i]);
    }
    free(fds);
}

bool cf_drivers_wait(struct cf_drivers *drivers, uint64_t until)
{
    while (!take_news(drivers)) {
        bool late = cf_clock() >= until;
        turn(drivers, until);
        if (late)
            return take_news(drivers);
    }
    return true;
}

/* Commands. */

static struct command *add_command(struct cf_driver *driver, const json_t *json, uint64_t patience)
{
    struct command **end = &driver->commands;
    const char *verb = json_string_value(json_object_get(json, "do"));
    struct command *command = calloc(1, sizeof(*command));
    if (!command)
        return NULL;
    while (*end)
        end = &(*end)->next;
    *end = command;
    command->id = ++driver->last_id;
    command->due = cf_clock() + patience;
    snprintf(command->verb, sizeof(command->verb), "%s", verb);
    if (strcmp(verb, "cancel") != 0)
        command->overlapped = (uint64_t)json_integer_value(json_object_get(json, "overlapped"));
    return command;
}

static void remove_command(struct cf_driver *driver, struct command *command)
{
    struct command **at = &driver->commands;
    while (*at != command)
        at = &(*at)->next;
    *at = command->next;
    json_decref(command->reply);
    free(command);
}

static bool append_line(struct cf_driver *driver, const json_t *json)
{
    size_t length = json_dumpb(json, NULL, 0, JSON_COMPACT);
    if (!length ||
        !make_room(&driver->output, &driver->output_room, driver->output_size + length + 1))
        return false;
    json_dumpb(json, driver->output + driver->output_size, length, JSON_COMPACT);
    driver->output_size += length;
    driver->output[driver->output_size++] = '\n';
    return true;
}

uint64_t cf_driver_send(struct cf_driver *driver, json_t *json, uint64_t patience)
{
    if (!driver || driver->in_trouble || driver->process.out < 0) {
        json_decref(json);
        return 0;
    }
    struct command *command = json ? add_command(driver, json, patience) : NULL;
    if (!command || json_object_set_new(json, "id", json_integer((json_int_t)command->id)) != 0 ||
        (command->overlapped && !cf_flights_begin(&driver->flights, command->overlapped)) ||
        !append_line(driver, json))
        give_up(driver);
    else
        write_input(driver);
    json_decref(json);
    return driver->last_id;
}

json_t *cf_driver_reply(struct cf_driver *driver, uint64_t id)
{
    struct command *command = driver ? command_of(driver, id) : NULL;
    if (!command || !command->reply)
        return NULL;
    json_t *reply = json_incref(command->reply);
    remove_command(driver, command);
    return reply;
}

static json_t *ask(struct cf_driver *driver, json_t *json, uint64_t patience)
{
    uint64_t id = cf_driver_send(driver, json, patience);
    json_t *reply = NULL;
    while (id && !(reply = cf_driver_reply(driver, id)) && is_listened_to(driver))
        turn(driver->group, UINT64_MAX);
    return reply;
}

json_t *cf_driver_ask(struct cf_driver *driver, json_t *json)
{
    return ask(driver, json, CF_DRIVER_PATIENCE);
}

json_t *cf_driver_event(struct cf_driver *driver)
{
    struct event *event = driver ? driver->events : NULL;
    if (!event)
        return NULL;
    json_t *json = event->json;
    driver->events = event->next;
    driver->event_count--;
    if (!driver->events)
        driver->events_end = &driver->events;
    free(event);
    return json;
}

/* Life. */

struct cf_drivers *cf_drivers_create(void)
{
    return calloc(1, sizeof(struct cf_drivers));
}

void cf_drivers_free(struct cf_drivers *drivers)
{
    while (drivers && drivers->first)
        cf_driver_free(drivers->first);
    free(drivers);
}

struct cf_driver *cf_driver_start(struct cf_drivers *drivers, const struct cf_driver_setup *setup)
{
    struct cf_driver *driver = calloc(1, sizeof(*driver));
    if (!driver)
        return NULL;
    driver->group = drivers;
    driver->next = drivers->first;
    drivers->first = driver;
    driver->events_end = &driver->events;
    const char *trouble = cf_process_start(&driver->process, setup);
    if (trouble)
        fail(driver, CF_VERDICT_UNRESOLVED, "it cannot be started: %s", trouble);
    return driver;
}

static void read_hello(struct cf_driver *driver, const json_t *reply, struct cf_driver_hello *hello)
{
    size_t i;
    const json_t *item;
    int word = 0;
    cf_word_from_json(json_object_get(reply, "binding"), &cf_binding_words, &word);
    *hello =
        (struct cf_driver_hello){.name = json_string_value(json_object_get(reply, "name")),
                                 .version = json_string_value(json_object_get(reply, "version")),
                                 .binding = (enum uripc_binding)word};
    json_array_foreach (json_object_get(reply, "capabilities"), i, item) {
        if (cf_word_from_json(item, &cf_capability_words, &word))
            hello->capabilities |= (uint32_t)word;
        else if (strcmp(json_string_value(item), "load") == 0)
            hello->load = true;
    }
    json_int_t protocol = json_integer_value(json_object_get(reply, "protocol"));
    if (protocol > CF_PROTOCOL_VERSION) {
        fail(driver, CF_VERDICT_FAIL,
             "it wants to speak protocol %" JSON_INTEGER_FORMAT ", asked for at most %d", protocol,
             CF_PROTOCOL_VERSION);
    }
}

bool cf_driver_hello(struct cf_driver *driver, struct cf_driver_hello *hello)
{
    json_t *reply =
        ask(driver, json_pack("{s:s, s:i}", "do", "hello", "protocol", CF_PROTOCOL_VERSION),
            CF_DRIVER_START_PATIENCE);
    const char *status = json_string_value(json_object_get(reply, "status"));
    if (!status)
        return false;
    json_decref(driver->hello);
    driver->hello = reply;
    if (strcmp(status, "ok") == 0)
        read_hello(driver, reply, hello);
    else
        fail(driver, CF_VERDICT_UNRESOLVED, "it refuses `hello`: %s", status);
    return !driver->in_trouble;
}

void cf_driver_ask_to_end(struct cf_driver *driver)
{
    if (driver && !driver->end)
        driver->end = cf_driver_send(driver, json_pack("{s:s}", "do", "end"), CF_DRIVER_PATIENCE);
}

/* It was told to end: waits until it has. */
static bool await_end(struct cf_driver *driver, const char *late)
{
    uint64_t until = cf_clock() + CF_DRIVER_PATIENCE;
    while (is_listened_to(driver) && cf_clock() < until)
        turn(driver->group, until);
    if (!cf_process_wait(&driver->process, until))
        fail(driver, CF_VERDICT_TIMEOUT, "%s", late);
    return !driver->in_trouble;
}

bool cf_driver_end(struct cf_driver *driver)
{
    cf_driver_ask_to_end(driver);
    return driver && driver->end && await_end(driver, "it has answered `end` and does not end");
}

bool cf_driver_hang_up(struct cf_driver *driver)
{
    if (!driver || driver->in_trouble || driver->process.in < 0)
        return false;
    close(driver->process.in);
    driver->process.in = -1;
    driver->ends = true;
    return await_end(driver, "its standard input has ended, and it does not end");
}

void cf_driver_kill(struct cf_driver *driver)
{
    if (!driver)
        return;
    look_for_death(driver);
    cf_process_kill(&driver->process);
    while (is_listened_to(driver) && read_piece(driver)) {
    }
    read_log(driver);
    cf_process_close(&driver->process);
}

void cf_driver_stop(struct cf_driver *driver)
{
    if (!driver)
        return;
    cf_process_stop(&driver->process);
}

void cf_driver_continue(struct cf_driver *driver)
{
    if (driver && driver->process.pid)
        kill(-driver->process.pid, SIGCONT);
}

void cf_driver_free(struct cf_driver *driver)
{
    if (!driver)
        return;
    struct cf_driver **at = &driver->group->first;
    while (*at != driver)
        at = &(*at)->next;
    *at = driver->next;
    cf_process_kill(&driver->process);
    cf_process_close(&driver->process);
    while (driver->commands)
        remove_command(driver, driver->commands);
    json_t *event;
    while ((event = cf_driver_event(driver)) != NULL)
        json_decref(event);
    json_decref(driver->hello);
    cf_flights_free(&driver->flights);
    free(driver->input);
    free(driver->output);
    free(driver);
}

const struct cf_trouble *cf_driver_trouble(const struct cf_driver *driver)
{
    return driver && driver->in_trouble ? &driver->trouble : NULL;
}

pid_t cf_driver_process(const struct cf_driver *driver)
{
    return driver ? driver->process.pid : 0;
}

const char *cf_driver_log(struct cf_driver *driver)
{
    if (!driver)
        return "";
    read_log(driver);
    return driver->tail.bytes;
}
