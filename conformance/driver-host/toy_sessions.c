/* SPDX-License-Identifier: MIT */
/* A second toy to test the driver with: calls of sessions and nothing else.  There is one session,
 * whose other end is itself: a receive gets what was sent before, in parts if it must.
 *
 * What it does wrong on purpose is said by what is sent: "front", "behind" or "beyond" writes a
 * byte there, "late" writes after the completion, and "failed" writes although the receive then
 * fails. */
#define _POSIX_C_SOURCE 200809L

#include <poll.h>
#include <string.h>

#include <uripc/backend.h>

#ifndef TOY_TABLE
#define TOY_TABLE sizeof(struct uripc_backend)
#endif

enum { COMPLETIONS = 64, DATA = 64, LISTENER = 1, SESSION = 2 };

struct uripc_node {
    struct uripc_completion completions[COMPLETIONS]; /* a ring */
    uint64_t first, last;
    uint64_t told;            /* completions up to here */
    bool layers;              /* it was opened with them */
    unsigned char *late;      /* where to write once the completion has been polled */
    unsigned char data[DATA]; /* what was sent last */
    uint32_t length, taken;   /* of it */
    uint64_t beat, silence;   /* what connect was given */
    const char *detector;
    bool notice;
};

static struct uripc_node the_node;

static struct uripc_completion *complete(uint64_t overlapped, enum uripc_call call,
                                         enum uripc_status status, uint64_t handle)
{
    struct uripc_completion *to = &the_node.completions[the_node.last++ % COMPLETIONS];
    *to = (struct uripc_completion){.overlapped = overlapped,
                                    .call = call,
                                    .status = status,
                                    .certainty = URIPC_DEFINITE,
                                    .handle = {handle}};
    return to;
}

static enum uripc_status done(uint64_t overlapped, enum uripc_call call, uint64_t handle)
{
    (void)complete(overlapped, call, URIPC_OK, handle);
    return URIPC_PENDING;
}

static enum uripc_status toy_open(const struct uripc_backend_setup *setup, struct uripc_node **node)
{
    the_node = (struct uripc_node){.layers = setup->layers != NULL};
    *node = &the_node;
    return setup->layers != NULL && setup->layers->sessions == 0 ? URIPC_INVALID_ARGUMENT
                                                                 : URIPC_OK;
}

static void toy_close(struct uripc_node *node, uint64_t linger)
{
    (void)node;
    (void)linger;
}

static unsigned toy_run(struct uripc_node *node, int fd, uint64_t timeout)
{
    bool came = node->told < node->last;
    struct pollfd input = {.fd = fd, .events = POLLIN};
    node->told = node->last;
    if (node->late != NULL && node->first == node->last) {
        *node->late ^= 1;
        node->late = NULL;
    }
    unsigned readable = poll(&input, 1, came || timeout == 0 ? 0 : -1) == 1;
    return (readable ? URIPC_BACKEND_READABLE : 0u) | (came ? URIPC_BACKEND_COMPLETED : 0u);
}

static enum uripc_status toy_poll(struct uripc_node *node, struct uripc_completion *completion)
{
    if (node->first == node->last)
        return URIPC_WOULD_BLOCK;
    *completion = node->completions[node->first++ % COMPLETIONS];
    return URIPC_OK;
}

/* The three calls: there are none. */

static enum uripc_status toy_register(struct uripc_node *node, struct uripc_handle parent,
                                      struct uripc_text uri,
                                      const struct uripc_register_options *options,
                                      uint64_t overlapped)
{
    (void)node, (void)parent, (void)uri, (void)options, (void)overlapped;
    return URIPC_NOT_SUPPORTED;
}

static enum uripc_status toy_send(struct uripc_node *node, struct uripc_handle source,
                                  const struct uripc_text *suffix, struct uripc_text target,
                                  const void *data, uint32_t length,
                                  const struct uripc_send_options *options, uint64_t overlapped)
{
    (void)node, (void)source, (void)suffix, (void)target, (void)data, (void)length, (void)options;
    (void)overlapped;
    return URIPC_NOT_SUPPORTED;
}

static enum uripc_status toy_receive(struct uripc_node *node, struct uripc_handle handle,
                                     struct uripc_buffer buffer,
                                     const struct uripc_receive_options *options,
                                     uint64_t overlapped)
{
    (void)node, (void)handle, (void)buffer, (void)options, (void)overlapped;
    return URIPC_NOT_SUPPORTED;
}

static enum uripc_status toy_close_handle(struct uripc_node *node, struct uripc_handle handle,
                                          uint64_t overlapped)
{
    (void)node, (void)handle, (void)overlapped;
    return URIPC_NOT_SUPPORTED;
}

/* Sessions. */

static enum uripc_status toy_listen(struct uripc_node *node, struct uripc_text uri,
                                    const struct uripc_listen_options *options, uint64_t overlapped)
{
    (void)node;
    if (uri.length == 0 || (options != NULL && options->mode != URIPC_BYTES))
        return URIPC_INVALID_ARGUMENT;
    return done(overlapped, URIPC_CALL_LISTEN, LISTENER);
}

static enum uripc_status toy_accept(struct uripc_node *node, struct uripc_handle listener,
                                    const struct uripc_session_options *options,
                                    uint64_t overlapped)
{
    (void)node;
    if (listener.id != LISTENER)
        return URIPC_INVALID_HANDLE;
    if (options != NULL && options->deadline != 0) {
        (void)complete(overlapped, URIPC_CALL_ACCEPT, URIPC_TIMEOUT, LISTENER);
        return URIPC_PENDING;
    }
    return done(overlapped, URIPC_CALL_ACCEPT, SESSION);
}

static enum uripc_status toy_connect(struct uripc_node *node, struct uripc_text target,
                                     const struct uripc_session_options *options,
                                     uint64_t overlapped)
{
    if (target.length == 0)
        return URIPC_INVALID_NAME;
    node->beat = options != NULL ? options->beat : 0;
    node->silence = options != NULL ? options->silence : 0;
    node->notice = options != NULL && options->flags == URIPC_NOTICE;
    node->detector =
        options != NULL && options->liveness != NULL ? options->liveness->name : "nobody";
    struct uripc_completion *to = complete(overlapped, URIPC_CALL_CONNECT, URIPC_OK, SESSION);
    to->incarnation = (struct uripc_incarnation){.node = 1, .serial = 2};
    to->principal = 3;
    return URIPC_PENDING;
}

static enum uripc_status toy_session_send(struct uripc_node *node, struct uripc_handle session,
                                          const void *data, uint32_t length,
                                          const struct uripc_transfer_options *options,
                                          uint64_t overlapped)
{
    if (session.id != SESSION)
        return URIPC_INVALID_HANDLE;
    if (length > DATA || (length != 0 && data == NULL) || (options != NULL && options->deadline))
        return URIPC_INVALID_ARGUMENT;
    if (length != 0)
        memcpy(node->data, data, length);
    node->length = length;
    node->taken = 0;
    complete(overlapped, URIPC_CALL_SESSION_SEND, URIPC_OK, SESSION)->bytes = length;
    return URIPC_PENDING;
}

static bool was_sent(const struct uripc_node *node, const char *word)
{
    return node->length == strlen(word) && memcmp(node->data, word, node->length) == 0;
}

static enum uripc_status toy_session_receive(struct uripc_node *node, struct uripc_handle session,
                                             struct uripc_buffer buffer,
                                             const struct uripc_transfer_options *options,
                                             uint64_t overlapped)
{
    unsigned char *bytes = (unsigned char *)(uintptr_t)buffer.id;
    uint32_t left = node->length - node->taken;
    uint32_t part = left < buffer.size ? left : buffer.size;
    if (session.id != SESSION || (options != NULL && options->flags != URIPC_NOWAIT))
        return URIPC_INVALID_HANDLE;
    memcpy(bytes, node->data + node->taken, part);
    struct uripc_completion *to = complete(overlapped, URIPC_CALL_SESSION_RECEIVE,
                                           part < left ? URIPC_MORE : URIPC_OK, SESSION);
    to->bytes = part;
    to->data_bytes = left - part;
    if (was_sent(node, "front"))
        bytes[-1] ^= 1;
    if (was_sent(node, "behind"))
        bytes[buffer.size] ^= 1;
    if (was_sent(node, "beyond"))
        bytes[part] ^= 1;
    if (was_sent(node, "late"))
        node->late = bytes;
    if (was_sent(node, "failed"))
        to->status = URIPC_PEER_GONE;
    node->taken += part;
    return URIPC_PENDING;
}

static enum uripc_status toy_shutdown(struct uripc_node *node, struct uripc_handle session,
                                      uint64_t overlapped)
{
    (void)node;
    return done(overlapped, URIPC_CALL_SHUTDOWN, session.id);
}

static enum uripc_status toy_flush(struct uripc_node *node, struct uripc_handle session,
                                   const struct uripc_transfer_options *options,
                                   uint64_t overlapped)
{
    (void)node;
    (void)options;
    return done(overlapped, URIPC_CALL_FLUSH, session.id);
}

static enum uripc_status toy_session_close(struct uripc_node *node, struct uripc_handle handle,
                                           uint64_t overlapped)
{
    (void)node;
    return done(overlapped, URIPC_CALL_SESSION_CLOSE, handle.id);
}

static enum uripc_status toy_disconnect(struct uripc_node *node, struct uripc_handle session,
                                        uint64_t overlapped)
{
    (void)node;
    return done(overlapped, URIPC_CALL_DISCONNECT, session.id);
}

/* So that it can be seen what options came to: 7 messages are unread if it was the right ones. */
static enum uripc_status toy_peek(struct uripc_node *node, struct uripc_handle session,
                                  struct uripc_session_info *info)
{
    if (session.id != SESSION)
        return URIPC_INVALID_HANDLE;
    bool right = node->beat == 5 && node->silence == 6 && node->notice &&
                 strcmp(node->detector, "freshness") == 0;
    *info = (struct uripc_session_info){.state = URIPC_SESSION_ENDING,
                                        .status = URIPC_OK,
                                        .mode = URIPC_BYTES,
                                        .peer = {.node = 1, .serial = 2},
                                        .bytes = node->length - node->taken,
                                        .left = URIPC_NO_MESSAGE,
                                        .unread = right ? 7 : 0};
    return URIPC_OK;
}

URIPC_EXPORT const struct uripc_backend *uripc_backend(void)
{
    static const struct uripc_backend table = {.size = TOY_TABLE,
                                               .version = URIPC_BACKEND_VERSION,
                                               .capabilities = TOY_CAPABILITIES,
                                               .binding = URIPC_BINDING_API,
                                               .name = "toy-sessions",
                                               .release = "1",
                                               .open = toy_open,
                                               .close = toy_close,
                                               .run = toy_run,
                                               .register_ = toy_register,
                                               .send = toy_send,
                                               .receive = toy_receive,
                                               .close_handle = toy_close_handle,
                                               .poll = toy_poll,
                                               .listen = toy_listen,
                                               .accept = toy_accept,
                                               .connect = toy_connect,
                                               .session_send = toy_session_send,
                                               .session_receive = toy_session_receive,
                                               .session_shutdown = toy_shutdown,
                                               .session_flush = toy_flush,
                                               .session_close = toy_session_close,
                                               .session_disconnect = toy_disconnect,
                                               .session_peek = toy_peek};
    return &table;
}
