/* SPDX-License-Identifier: MIT */
/* Somebody else's program: a node on a libuv loop sends a message to itself.  It is given a realm,
 * the path of an empty directory. */
#define _POSIX_C_SOURCE 200809L /* libuv asks for it */

#include <stdio.h>
#include <string.h>

#include <uripc/message.h>
#include <uripc/uv.h>
#include <uv.h>

enum { REGISTER = 1, SEND, RECEIVE };

static unsigned char buffer[64];

static struct uripc_text text(const char *from)
{
    return (struct uripc_text){.at = from, .length = strlen(from)};
}

static void on_ready(struct uripc_uv *uv, void *data)
{
    (void)uv;
    uv_stop(data);
}

/* The next completion: each call is made when the one before it is complete. */
static struct uripc_completion next(struct uripc_uv *uv, uv_loop_t *loop)
{
    struct uripc_completion completion;
    while (uripc_poll(uripc_uv_node(uv), &completion) == URIPC_WOULD_BLOCK)
        uv_run(loop, UV_RUN_DEFAULT);
    return completion;
}

static int converse(struct uripc_uv *uv, uv_loop_t *loop)
{
    struct uripc_text name = text("ipc:/embed");
    uripc_register(uripc_uv_node(uv), (struct uripc_handle){0}, name, NULL, REGISTER);
    struct uripc_handle handle = next(uv, loop).handle;
    uripc_send(uripc_uv_node(uv), handle, NULL, name, "hello", 5, NULL, SEND);
    if (next(uv, loop).status != URIPC_OK)
        return 1;
    struct uripc_buffer to = {.id = (uintptr_t)buffer, .size = sizeof(buffer)};
    uripc_receive(uripc_uv_node(uv), handle, to, NULL, RECEIVE);
    struct uripc_completion received = next(uv, loop);
    struct uripc_message lengths;
    struct uripc_message_parts parts;
    if (uripc_message_read(buffer, received.bytes, 1, &lengths, &parts) != URIPC_OK)
        return 1;
    printf("%.*s\n", (int)lengths.data_bytes, (const char *)buffer + parts.data);
    return 0;
}

int main(int argc, char **argv)
{
    uv_loop_t loop;
    struct uripc_uv *uv;
    struct uripc_uv_options options = {.size = sizeof(options), .limits = uripc_limits_default};
    if (argc != 2 || uv_loop_init(&loop) != 0)
        return 1;
    options.realm = argv[1];
    options.on_ready = on_ready;
    options.data = &loop;
    if (uripc_uv_open(&loop, &options, &uv) != URIPC_OK)
        return 1;
    int result = converse(uv, &loop);
    uripc_uv_close(uv, 0, NULL, NULL);
    uv_run(&loop, UV_RUN_DEFAULT);
    uv_loop_close(&loop);
    return result;
}
