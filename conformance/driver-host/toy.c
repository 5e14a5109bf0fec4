/* SPDX-License-Identifier: MIT */
/* A small implementation to test the driver with: one process that sends to itself.  Names are
 * compared as they are written, queues have no end, nothing has a deadline.
 *
 * What it does wrong on purpose is said by the target of a message: one to "ipc:/front",
 * "ipc:/behind" or "ipc:/beyond" writes a byte there, "ipc:/late" writes after the completion,
 * "ipc:/failed" writes although the receive then fails, and "ipc:/nonsense" writes no message. */
#define _POSIX_C_SOURCE 200809L

#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include <uripc/backend.h>
#include <uripc/message.h>

#ifndef TOY_CAPABILITIES
#define TOY_CAPABILITIES (URIPC_CAN_LAYOUT | URIPC_CAN_CANCEL | URIPC_CAN_UTF16)
#endif

enum { NAMES = 16, COMPLETIONS = 256, RECEIVES = 64, TEXT = 64 };

struct text {
    char at[TEXT];
    uint32_t length;
};

struct message {
    struct message *next;
    struct text source, target;
    uint32_t length;
    char data[];
};

struct receive {
    uint64_t overlapped;
    struct uripc_handle handle;
    struct uripc_buffer buffer;
    uint32_t flags;
};

struct uripc_node {
    struct text names[NAMES]; /* of handle i + 1 */
    bool open[NAMES];
    struct message *queues[NAMES];
    uint32_t count;

    struct receive receives[RECEIVES]; /* oldest first */
    uint32_t pending;

    struct uripc_completion completions[COMPLETIONS]; /* a ring */
    uint64_t first, last;
    uint64_t told; /* completions up to here */
    uint64_t messages;
    unsigned char *late; /* where to write once the completion has been polled */
};

static struct uripc_node the_node;

static bool is(const struct text *text, const char *word)
{
    return text->length == strlen(word) && memcmp(text->at, word, text->length) == 0;
}

static bool set(struct text *text, struct uripc_text from)
{
    if (from.length > TEXT)
        return false;
    if (from.length)
        memcpy(text->at, from.at, from.length);
    text->length = (uint32_t)from.length;
    return true;
}

static struct text *name_of(struct uripc_node *node, struct uripc_handle handle)
{
    return handle.id > 0 && handle.id <= node->count && node->open[handle.id - 1]
               ? &node->names[handle.id - 1]
               : NULL;
}

static struct uripc_completion *complete(struct uripc_node *node, uint64_t overlapped,
                                         enum uripc_call call, enum uripc_status status,
                                         struct uripc_handle handle)
{
    struct uripc_completion *to = &node->completions[node->last++ % COMPLETIONS];
    *to = (struct uripc_completion){.overlapped = overlapped,
                                    .call = call,
                                    .status = status,
                                    .certainty = URIPC_DEFINITE,
                                    .handle = handle};
    return to;
}

static enum uripc_status toy_open(const struct uripc_backend_setup *setup, struct uripc_node **node)
{
    if (setup->limits.registrations == 0)
        return URIPC_INVALID_ARGUMENT;
    the_node = (struct uripc_node){0};
    *node = &the_node;
    return URIPC_OK;
}

static void toy_close(struct uripc_node *node, uint64_t linger)
{
    (void)linger;
    for (uint32_t i = 0; i < node->count; i++) {
        for (struct message *next; node->queues[i]; node->queues[i] = next) {
            next = node->queues[i]->next;
            free(node->queues[i]);
        }
    }
}

static unsigned toy_run(struct uripc_node *node, int fd, uint64_t timeout)
{
    bool came = node->told < node->last;
    struct pollfd input = {.fd = fd, .events = POLLIN};
    node->told = node->last;
    if (node->late && node->first == node->last) {
        *node->late ^= 1;
        node->late = NULL;
    }
    unsigned readable = poll(&input, 1, came || timeout == 0 ? 0 : -1) == 1;
    return (readable ? URIPC_BACKEND_READABLE : 0u) | (came ? URIPC_BACKEND_COMPLETED : 0u);
}

static enum uripc_status toy_register(struct uripc_node *node, struct uripc_handle parent,
                                      struct uripc_text uri,
                                      const struct uripc_register_options *options,
                                      uint64_t overlapped)
{
    struct text name;
    if (overlapped == 0 || node->count == NAMES)
        return overlapped ? URIPC_NO_RESOURCES : URIPC_INVALID_ARGUMENT;
    if (parent.id || (options && (options->kind || options->deadline)))
        return URIPC_NOT_SUPPORTED;
    if (!set(&name, uri) || name.length < 5 || memcmp(name.at, "ipc:/", 5) != 0)
        return URIPC_INVALID_NAME;
    for (uint32_t i = 0; i < node->count; i++) {
        if (node->open[i] && node->names[i].length == name.length &&
            memcmp(node->names[i].at, name.at, name.length) == 0) {
            complete(node, overlapped, URIPC_CALL_REGISTER, URIPC_EXISTS, (struct uripc_handle){0});
            return URIPC_PENDING;
        }
    }
    node->names[node->count] = name;
    node->open[node->count] = true;
    node->count++;
    complete(node, overlapped, URIPC_CALL_REGISTER, URIPC_OK, (struct uripc_handle){node->count});
    return URIPC_PENDING;
}

static void write_text(unsigned char *to, const struct text *text, unsigned unit)
{
    for (uint32_t i = 0; i < text->length; i++) {
        uint16_t wide = (unsigned char)text->at[i];
        if (unit == 2)
            memcpy(to + (size_t)i * 2, &wide, 2);
        else
            to[i] = (unsigned char)wide;
    }
}

static void misbehave(struct uripc_node *node, const struct message *message, unsigned char *bytes,
                      uint32_t size, size_t total, struct uripc_completion *done)
{
    if (is(&message->target, "ipc:/front"))
        bytes[-1] ^= 1;
    if (is(&message->target, "ipc:/behind"))
        bytes[size] ^= 1;
    if (is(&message->target, "ipc:/beyond"))
        bytes[total] ^= 1;
    if (is(&message->target, "ipc:/late"))
        node->late = bytes;
    if (is(&message->target, "ipc:/failed"))
        done->status = URIPC_TIMEOUT;
    if (is(&message->target, "ipc:/nonsense"))
        memset(bytes, 0xff, total);
}

/* Gives the first message of a queue to a receive. */
static void hand_out(struct uripc_node *node, const struct receive *receive)
{
    struct message **queue = &node->queues[receive->handle.id - 1];
    struct message *message = *queue;
    unsigned unit = receive->flags & URIPC_UTF16 ? 2 : 1;
    struct uripc_message lengths = {message->source.length, message->target.length, message->length,
                                    0};
    struct uripc_message_parts parts;
    unsigned char *bytes = (unsigned char *)(uintptr_t)receive->buffer.id;
    struct uripc_completion *done =
        complete(node, receive->overlapped, URIPC_CALL_RECEIVE, URIPC_OK, receive->handle);
    done->source_units = lengths.source_units;
    done->target_units = lengths.target_units;
    done->data_bytes = lengths.data_bytes;
    if (!uripc_message_layout(&lengths, unit, &parts) || parts.total > receive->buffer.size) {
        done->status = URIPC_BUFFER_TOO_SMALL;
        return;
    }
    memset(bytes, 0, parts.data);
    memcpy(bytes, &lengths, sizeof(lengths));
    write_text(bytes + parts.source, &message->source, unit);
    write_text(bytes + parts.target, &message->target, unit);
    memcpy(bytes + parts.data, message->data, message->length);
    done->bytes = (uint32_t)parts.total;
    done->message_id = ++node->messages;
    misbehave(node, message, bytes, receive->buffer.size, parts.total, done);
    *queue = message->next;
    free(message);
}

static void forget_receive(struct uripc_node *node, uint32_t index)
{
    node->pending--;
    memmove(&node->receives[index], &node->receives[index + 1],
            (node->pending - index) * sizeof(node->receives[0]));
}

static void match(struct uripc_node *node)
{
    for (uint32_t i = 0; i < node->pending;) {
        struct receive receive = node->receives[i];
        if (!node->queues[receive.handle.id - 1]) {
            i++;
            continue;
        }
        forget_receive(node, i);
        hand_out(node, &receive);
    }
}

static struct message *make_message(const struct text *source, const struct text *target,
                                    const void *data, uint32_t length)
{
    struct message *message = malloc(sizeof(*message) + length);
    if (!message)
        return NULL;
    *message = (struct message){.source = *source, .target = *target, .length = length};
    if (length)
        memcpy(message->data, data, length);
    return message;
}

static enum uripc_status toy_send(struct uripc_node *node, struct uripc_handle source,
                                  const struct uripc_text *suffix, struct uripc_text target,
                                  const void *data, uint32_t length,
                                  const struct uripc_send_options *options, uint64_t overlapped)
{
    struct text *from = name_of(node, source);
    struct text to;
    if (overlapped == 0 || (length && !data))
        return URIPC_INVALID_ARGUMENT;
    if (!from)
        return URIPC_INVALID_HANDLE;
    if (!set(&to, target))
        return URIPC_INVALID_NAME;
    if (suffix || (options && options->deadline))
        return URIPC_NOT_SUPPORTED;
    struct uripc_completion *done =
        complete(node, overlapped, URIPC_CALL_SEND, URIPC_NO_RECEIVER, source);
    for (uint32_t i = 0; i < node->count; i++) {
        struct message **end = &node->queues[i];
        if (!node->open[i] || node->names[i].length != to.length ||
            memcmp(node->names[i].at, to.at, to.length) != 0)
            continue;
        while (*end)
            end = &(*end)->next;
        *end = make_message(from, &to, data, length);
        done->status = *end ? URIPC_OK : URIPC_FULL;
        done->bytes = *end ? length : 0;
    }
    match(node);
    return URIPC_PENDING;
}

static enum uripc_status toy_receive(struct uripc_node *node, struct uripc_handle handle,
                                     struct uripc_buffer buffer,
                                     const struct uripc_receive_options *options,
                                     uint64_t overlapped)
{
    if (overlapped == 0 || (options && options->deadline))
        return overlapped ? URIPC_NOT_SUPPORTED : URIPC_INVALID_ARGUMENT;
    if (!name_of(node, handle))
        return URIPC_INVALID_HANDLE;
    if (node->pending == RECEIVES)
        return URIPC_NO_RESOURCES;
    node->receives[node->pending++] =
        (struct receive){overlapped, handle, buffer, options ? options->flags : 0};
    match(node);
    return URIPC_PENDING;
}

static enum uripc_status toy_cancel(struct uripc_node *node, uint64_t overlapped)
{
    for (uint32_t i = 0; i < node->pending; i++) {
        struct receive receive = node->receives[i];
        if (receive.overlapped == overlapped) {
            forget_receive(node, i);
            complete(node, overlapped, URIPC_CALL_RECEIVE, URIPC_ABORTED, receive.handle);
            return URIPC_OK;
        }
    }
    return URIPC_NOT_FOUND;
}

static void end_receives(struct uripc_node *node, struct uripc_handle handle,
                         enum uripc_status status)
{
    for (uint32_t i = 0; i < node->pending;) {
        struct receive receive = node->receives[i];
        if (receive.handle.id != handle.id) {
            i++;
            continue;
        }
        forget_receive(node, i);
        complete(node, receive.overlapped, URIPC_CALL_RECEIVE, status, handle);
    }
}

static enum uripc_status toy_cancel_all(struct uripc_node *node, struct uripc_handle handle)
{
    if (!name_of(node, handle))
        return URIPC_INVALID_HANDLE;
    end_receives(node, handle, URIPC_ABORTED);
    return URIPC_OK;
}

static enum uripc_status toy_close_handle(struct uripc_node *node, struct uripc_handle handle,
                                          uint64_t overlapped)
{
    if (!name_of(node, handle))
        return URIPC_INVALID_HANDLE;
    end_receives(node, handle, URIPC_CLOSED);
    node->open[handle.id - 1] = false;
    complete(node, overlapped, URIPC_CALL_CLOSE, URIPC_OK, handle);
    return URIPC_PENDING;
}

static enum uripc_status toy_poll(struct uripc_node *node, struct uripc_completion *completion)
{
    if (node->first == node->last)
        return URIPC_WOULD_BLOCK;
    *completion = node->completions[node->first++ % COMPLETIONS];
    return URIPC_OK;
}

URIPC_EXPORT const struct uripc_backend *uripc_backend(void)
{
    static const struct uripc_backend table = {.size = sizeof(table),
                                               .version = URIPC_BACKEND_VERSION,
                                               .capabilities = TOY_CAPABILITIES,
                                               .binding = URIPC_BINDING_API,
                                               .name = "toy",
                                               .release = "1",
                                               .open = toy_open,
                                               .close = toy_close,
                                               .run = toy_run,
                                               .register_ = toy_register,
                                               .send = toy_send,
                                               .receive = toy_receive,
                                               .cancel = toy_cancel,
                                               .cancel_all = toy_cancel_all,
                                               .close_handle = toy_close_handle,
                                               .poll = toy_poll};
    return &table;
}
