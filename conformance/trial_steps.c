/* SPDX-License-Identifier: MIT */
#define _POSIX_C_SOURCE 200809L /* strdup */

#include <stdlib.h>
#include <string.h>

#include <uripc/message.h>

#include "driver_value.h"
#include "trial_step.h"
#include "words.h"

enum { A = CF_TRIAL_A, B = CF_TRIAL_B, BUFFER = 200 };

/* Asks for something that is answered, and that is all. */
static bool ask(struct cf_trial_state *state, unsigned who, json_t *command, const char *status)
{
    json_t *reply = cf_trial_ask(state, who, command, status, "");
    json_decref(reply);
    return reply != NULL;
}

static bool start(struct cf_trial_state *state)
{
    return cf_trial_start(state, A);
}

/* Hello. */

#define MANIFEST                                                                                   \
    ",\"protocol\":1,\"name\":\"mine\",\"version\":\"1\",\"binding\":\"api\",\"capabilities\":[]"

static void tell(struct cf_trial_state *state, const char *text)
{
    size_t length = strlen(state->told);
    snprintf(state->told + length, sizeof(state->told) - length, "%s", text);
}

static void tell_capabilities(struct cf_trial_state *state, const json_t *capabilities)
{
    size_t i;
    const json_t *item;
    tell(state, ", capabilities:");
    json_array_foreach (capabilities, i, item) {
        tell(state, " ");
        tell(state, json_string_value(item));
    }
    if (json_array_size(capabilities) == 0)
        tell(state, " none");
}

/* A capability that does not exist is ignored by the suite, and most likely misspelled. */
static const char *unknown_capability(const json_t *capabilities)
{
    size_t i;
    const json_t *item;
    int bit;
    json_array_foreach (capabilities, i, item)
        if (!cf_word_from_json(item, &cf_capability_words, &bit) &&
            strcmp(json_string_value(item), "load") != 0)
            return json_string_value(item);
    return NULL;
}

static bool check_hello(struct cf_trial_state *state, const json_t *reply)
{
    char received[160];
    const json_t *capabilities = json_object_get(reply, "capabilities");
    json_int_t protocol = json_integer_value(json_object_get(reply, "protocol"));
    const char *unknown = unknown_capability(capabilities);
    if (protocol != CF_PROTOCOL_VERSION) {
        snprintf(received, sizeof(received), "\"protocol\":%" JSON_INTEGER_FORMAT, protocol);
        return cf_trial_mistake(state, received, "\"protocol\":1, as nobody asked for more");
    }
    if (unknown) {
        snprintf(received, sizeof(received), "the capability \"%.64s\"", unknown);
        state->words = "What a driver declares in `capabilities`";
        state->next = "declare nothing that is not there; an empty list is a good beginning";
        return cf_trial_mistake(state, received, cf_capability_words.what);
    }
    tell(state, json_string_value(json_object_get(reply, "name")));
    tell(state, " ");
    tell(state, json_string_value(json_object_get(reply, "version")));
    tell_capabilities(state, capabilities);
    return true;
}

static bool has_capability(const json_t *reply, const char *name)
{
    size_t i;
    const json_t *item;
    json_array_foreach (json_object_get(reply, "capabilities"), i, item)
        if (strcmp(json_string_value(item), name) == 0)
            return true;
    return false;
}

static bool say_hello(struct cf_trial_state *state, unsigned who)
{
    json_t *reply = cf_trial_ask(
        state, who, json_pack("{s:s, s:i}", "do", "hello", "protocol", CF_PROTOCOL_VERSION), "ok",
        MANIFEST);
    bool well = reply && check_hello(state, reply);
    state->polling = has_capability(reply, "polling");
    json_decref(reply);
    return well;
}

static bool hello(struct cf_trial_state *state)
{
    return say_hello(state, A);
}

/* Open and register. */

static bool open_node(struct cf_trial_state *state, unsigned who)
{
    return ask(state, who,
               json_pack("{s:s, s:s, s:s}", "do", "open", "process", who == A ? "A" : "B", "realm",
                         state->trial->realm),
               "ok");
}

static bool opens(struct cf_trial_state *state)
{
    return open_node(state, A);
}

static bool register_name(struct cf_trial_state *state, unsigned who, const char *name)
{
    struct cf_trial_process *process = &state->processes[who];
    if (!cf_trial_call(state, who, json_pack("{s:s, s:s}", "do", "register", "name", name)))
        return false;
    json_t *done = cf_trial_await(state, who, process->overlapped, "ok", ",\"handle\":1");
    process->handle = json_integer_value(json_object_get(done, "handle"));
    json_decref(done);
    return done && (process->handle > 0 ||
                    cf_trial_mistake(state, "a completion without a handle", "\"handle\":1"));
}

static bool registers(struct cf_trial_state *state)
{
    return register_name(state, A, "ipc:/a");
}

/* Messages. */

static json_t *receiving(struct cf_trial_state *state, unsigned who)
{
    return json_pack("{s:s, s:I, s:i}", "do", "receive", "handle", state->processes[who].handle,
                     "buffer", BUFFER);
}

static json_t *sending(struct cf_trial_state *state, unsigned who, const char *target)
{
    return json_pack("{s:s, s:I, s:s, s:s}", "do", "send", "handle", state->processes[who].handle,
                     "target", target, "data", "hello");
}

static bool receive(struct cf_trial_state *state)
{
    return cf_trial_call(state, A, receiving(state, A));
}

static bool await_sent(struct cf_trial_state *state, unsigned who, uint64_t overlapped)
{
    json_t *done = cf_trial_await(state, who, overlapped, "ok", ",\"bytes\":5");
    json_decref(done);
    return done != NULL;
}

static bool is_text(const json_t *member, const char *text)
{
    struct cf_bytes found = {0};
    bool same = cf_text_from_json(member, &found) && found.size == strlen(text) &&
                memcmp(found.at, text, found.size) == 0;
    cf_bytes_free(&found);
    return same;
}

/* Whether the message lies there as chapter 5 says. */
static bool is_written(const json_t *member, const char *source, const char *target)
{
    struct cf_bytes bytes = {0};
    struct uripc_message lengths;
    struct uripc_message_parts parts;
    bool same = cf_base64_from_json(member, &bytes) &&
                uripc_message_read(bytes.at, bytes.size, 1, &lengths, &parts) == URIPC_OK &&
                parts.total == bytes.size && lengths.source_units == strlen(source) &&
                lengths.target_units == strlen(target) && lengths.data_bytes == 5 &&
                memcmp(bytes.at + parts.source, source, lengths.source_units) == 0 &&
                memcmp(bytes.at + parts.target, target, lengths.target_units) == 0 &&
                memcmp(bytes.at + parts.data, "hello", 5) == 0;
    cf_bytes_free(&bytes);
    return same;
}

static bool is_message(const json_t *done, const char *source, const char *target)
{
    const json_t *written = json_object_get(done, "written");
    return written ? is_written(written, source, target)
                   : is_text(json_object_get(done, "source"), source) &&
                         is_text(json_object_get(done, "target"), target) &&
                         is_text(json_object_get(done, "data"), "hello");
}

/* The size of a message in chapter 5's layout, with five bytes of data. */
static uint32_t size_of(const char *source, const char *target)
{
    struct uripc_message_parts parts = {0};
    const struct uripc_message lengths = {(uint32_t)strlen(source), (uint32_t)strlen(target), 5, 0};
    uripc_message_layout(&lengths, 1, &parts);
    return (uint32_t)parts.total;
}

static bool await_message(struct cf_trial_state *state, unsigned who, const char *source,
                          const char *target)
{
    char members[256];
    uint32_t size = size_of(source, target);
    snprintf(members, sizeof(members),
             ",\"bytes\":%u,\"lengths\":[%zu,%zu,5],\"source\":\"%s\",\"target\":\"%s\","
             "\"data\":\"hello\"",
             (unsigned)size, strlen(source), strlen(target), source, target);
    json_t *done = cf_trial_await(state, who, state->processes[who].overlapped, "ok", members);
    bool same = is_message(done, source, target);
    bool sized = json_integer_value(json_object_get(done, "bytes")) == size;
    char *text = done ? json_dumps(done, JSON_COMPACT) : NULL;
    if (done && same && !sized) {
        state->words = "A completion has `overlapped`, `status`";
        state->next = "`bytes` counts the whole message in the layout of chapter 5: 16 bytes, the "
                      "two URIs, zeros up to a multiple of 8, and the data";
    }
    bool well = done && same && sized;
    if (done && !well)
        cf_trial_mistake(state, text ? text : "?", members + 1);
    free(text);
    json_decref(done);
    return well;
}

static bool send_to_itself(struct cf_trial_state *state)
{
    uint64_t posted = state->processes[A].overlapped;
    if (!cf_trial_call(state, A, sending(state, A, "ipc:/a")) ||
        !await_sent(state, A, state->processes[A].overlapped))
        return false;
    state->processes[A].overlapped = posted;
    bool well = await_message(state, A, "ipc:/a", "ipc:/a");
    state->processes[A].overlapped = posted + 1;
    return well;
}

/* Two processes. */

static bool second(struct cf_trial_state *state)
{
    bool well = cf_trial_start(state, B) && say_hello(state, B) && open_node(state, B) &&
                register_name(state, B, "ipc:/b");
    state->told[0] = '\0';
    return well;
}

static bool send_to_other(struct cf_trial_state *state)
{
    return cf_trial_call(state, B, receiving(state, B)) &&
           cf_trial_call(state, A, sending(state, A, "ipc:/b")) &&
           await_sent(state, A, state->processes[A].overlapped) &&
           await_message(state, B, "ipc:/a", "ipc:/b");
}

static bool fence(struct cf_trial_state *state)
{
    return ask(state, A, json_pack("{s:s}", "do", "fence"), "ok") &&
           ask(state, B, json_pack("{s:s, s:b}", "do", "fence", "member-of-the-future", 1), "ok");
}

static bool closes(struct cf_trial_state *state)
{
    if (!cf_trial_call(
            state, A, json_pack("{s:s, s:I}", "do", "close", "handle", state->processes[A].handle)))
        return false;
    json_t *done = cf_trial_await(state, A, state->processes[A].overlapped, "ok", "");
    json_decref(done);
    return done != NULL;
}

static bool ends(struct cf_trial_state *state)
{
    free(state->sent);
    state->sent = strdup("{\"do\":\"end\"}");
    return cf_driver_end(state->processes[A].driver) ||
           cf_trial_trouble(state, A, "the status ok, and then its end with exit status 0");
}

static bool hangs_up(struct cf_trial_state *state)
{
    free(state->sent);
    state->sent = strdup("the end of its standard input");
    return cf_driver_hang_up(state->processes[B].driver) ||
           cf_trial_trouble(state, B, "its end with exit status 0");
}

const struct cf_trial_step cf_trial_steps[] = {
    {"starts", start, "| cannot be started",
     "make the file executable, or give the interpreter, too: `uripc probe -- python3 FILE`"},
    {"hello", hello, "| reply to `hello` |",
     "read lines from standard input, and answer each with one line, a JSON object with its `id`; "
     "flush it"},
    {"open", opens, "| `open` |",
     "keep the path of the realm, where the processes of a case find each other, and answer ok"},
    {"register", registers, "| `register` |",
     "reply `pending`, and tell the completion by an event, with a handle of your own, from 1"},
    {"receive", receive, "| `receive` |",
     "reply `pending` at once, also if no message is there yet"},
    {"send to itself", send_to_itself, "| `send` |",
     "complete the send, then the receive that waits, with the message"},
    {"a second process", second, "one process of it for each process",
     "the second process opens the same realm"},
    {"send to another process", send_to_other, "where the processes of a case find each other",
     "the realm is all that they share: find the holder of the name by it, and hand it the "
     "message"},
    {"fence", fence, "| `fence` |",
     "answer once all that had arrived before has been dealt with; ignore members you do not know"},
    {"close", closes, "| `close` |",
     "reply `pending`, complete what still waits on the handle with "
     "`closed`, then the close itself"},
    {"end", ends, "| `end` |", "answer, and exit with status 0"},
    {"end of its input", hangs_up, "A driver ends with status 0 after it has answered",
     "exit with status 0 when standard input ends"},
    {NULL, NULL, NULL, NULL},
};
