/* SPDX-License-Identifier: MIT */
/* Somebody else's program: one process asks, another one replies (chapter 11 of the contract).
 *
 *     ask REALM serve N    replies to N requests, in capital letters
 *     ask REALM TEXT       asks, three times if need be, and prints the reply
 *
 * REALM is the path of a directory that is there. */
#define _POSIX_C_SOURCE 200809L /* libuv asks for it */

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <uripc/message.h>
#include <uripc/request.h>
#include <uripc/uv.h>
#include <uv.h>

#define SECOND UINT64_C(1000000000) /* nanoseconds */

enum { REGISTER = 1, SERVE, REPLY, REQUEST };

static const char name[] = "ipc:/ask";
static unsigned char buffer[1024];

/* Between processes a buffer's id is its address. */
static struct uripc_buffer whole_buffer(void)
{
    return (struct uripc_buffer){.id = (uintptr_t)buffer, .size = sizeof(buffer)};
}

static struct uripc_text text(const char *from)
{
    return (struct uripc_text){.at = from, .length = strlen(from)};
}

static void on_ready(struct uripc_uv *uv, void *data)
{
    (void)uv;
    uv_stop(data);
}

/* The next completion; the loop runs until there is one. */
static struct uripc_completion next(struct uripc_uv *uv, uv_loop_t *loop)
{
    struct uripc_completion completion;
    while (uripc_layers_poll(uripc_uv_layers(uv), &completion) == URIPC_WOULD_BLOCK)
        uv_run(loop, UV_RUN_DEFAULT);
    return completion;
}

/* The data of the message that lies in the buffer, in place; *length becomes theirs. */
static char *data_of(const struct uripc_completion *completion, uint32_t *length)
{
    struct uripc_message lengths;
    struct uripc_message_parts parts;
    if (completion->status != URIPC_OK ||
        uripc_message_read(buffer, completion->bytes, 1, &lengths, &parts) != URIPC_OK)
        return NULL;
    *length = lengths.data_bytes;
    return (char *)buffer + parts.data;
}

/* Remembers its replies for a while: a request that comes again is then answered, and not served
 * again (REQ-15). */
static int serve(struct uripc_uv *uv, uv_loop_t *loop, int count)
{
    const struct uripc_serve_options options = {.size = sizeof(options), .remember = 10 * SECOND};
    uripc_register(uripc_uv_node(uv), (struct uripc_handle){0}, text(name), NULL, REGISTER);
    const struct uripc_completion registered = next(uv, loop);
    while (registered.status == URIPC_OK && count-- > 0) {
        uripc_serve(uripc_uv_layers(uv), registered.handle, whole_buffer(), &options, SERVE);
        const struct uripc_completion asked = next(uv, loop);
        uint32_t length = 0;
        char *data = data_of(&asked, &length);
        for (uint32_t i = 0; data && i < length; i++)
            data[i] = (char)toupper((unsigned char)data[i]);
        if (!data || uripc_reply(uripc_uv_layers(uv), asked.message_id, data, length, REPLY) !=
                         URIPC_PENDING)
            return 1;
        (void)next(uv, loop); /* whether the requester has it; if not, it may ask again */
    }
    return registered.status == URIPC_OK ? 0 : 1;
}

/* While nobody is there yet, a try is refused, and the next one makes up for it (REQ-7). */
static int ask(struct uripc_uv *uv, uv_loop_t *loop, const char *question)
{
    const struct uripc_request_options options = {
        .size = sizeof(options), .retry = SECOND, .retries = 2};
    uripc_request(uripc_uv_layers(uv), text(name), question, (uint32_t)strlen(question),
                  whole_buffer(), &options, REQUEST);
    const struct uripc_completion answered = next(uv, loop);
    uint32_t length = 0;
    const char *data = data_of(&answered, &length);
    if (data) {
        printf("%.*s\n", (int)length, data);
        return 0;
    }
    /* Definite: it was not served and never will be (REQ-8). */
    printf("%s, %s\n", uripc_status_name(answered.status),
           answered.certainty == URIPC_DEFINITE ? "and it was not served" : "and nobody knows");
    return 1;
}

int main(int argc, char **argv)
{
    uv_loop_t loop;
    struct uripc_uv *uv;
    struct uripc_uv_options options = {.size = sizeof(options),
                                       .limits = uripc_limits_default,
                                       .layers = &uripc_layer_limits_default};
    if (argc < 3 || uv_loop_init(&loop) != 0)
        return 2;
    options.realm = argv[1];
    options.on_ready = on_ready;
    options.data = &loop;
    const enum uripc_status opened = uripc_uv_open(&loop, &options, &uv);
    if (opened != URIPC_OK) {
        fprintf(stderr, "%s: %s\n", options.realm, uripc_status_name(opened));
        return 2;
    }
    const int result = argc == 4 ? serve(uv, &loop, atoi(argv[3])) : ask(uv, &loop, argv[2]);
    uripc_uv_close(uv, SECOND, NULL, NULL);
    uv_run(&loop, UV_RUN_DEFAULT);
    uv_loop_close(&loop);
    return result;
}
