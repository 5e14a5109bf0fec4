/* SPDX-License-Identifier: MIT */
/* POSIX message queues: mq_overview(7).  A registration is a queue of the kernel, whose name is
 * made of hashes of the realm and of the URI; a send is mq_send, a receive mq_receive.
 *
 * - A queue is persistent: what a killed process leaves is still there, and still holds its name.
 * - A queue is exclusive because its maker asked for O_EXCL.  Joining a shared one is opening it.
 * - Whether to wait at a full queue is the sender's choice, and a queue has no policy.  Here no
 *   sender waits, which is the policy `reject`; the others are refused. */
#define _XOPEN_SOURCE 700

#include <errno.h>
#include <fcntl.h>
#include <mqueue.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "kit.h"
#include "reference/name.h"

/* The limits that Linux sets where nobody has changed them (/proc/sys/fs/mqueue), kept to with
 * privileges, too.  All queues of a user together may take 819200 bytes (RLIMIT_MSGQUEUE), so by
 * default a queue is not as large as it could be. */
enum { MESSAGES_MAX = 10, BYTES_MAX = 8192, DATA_USUAL = 2048 };

/* What a message may need besides its data: two URIs, and what kit_pack adds. */
enum { ENVELOPE = 2 * 1024 + 24 };

enum { NAME_ROOM = 64 };

/* Of a node. */
struct own {
    struct pollfd *polled;
    unsigned char bytes[BYTES_MAX];
};

/* Of a registration. */
struct queue {
    mqd_t mq;
    bool made; /* not joined, so we remove it */
    char name[NAME_ROOM];
};

static enum uripc_status enter(struct uripc_node *node)
{
    struct own *own = malloc(sizeof(*own));
    node->own = own;
    if (!own)
        return URIPC_NO_RESOURCES;
    own->polled = calloc(node->limits.registrations + 1, sizeof(*own->polled));
    if (own->polled && 2 * node->limits.uri_units + 24 <= ENVELOPE)
        return URIPC_OK;
    free(own->polled);
    free(own);
    return URIPC_NO_RESOURCES;
}

static void leave(struct uripc_node *node, uint64_t linger)
{
    struct own *own = node->own;
    (void)linger; /* the kernel has whatever was sent */
    free(own->polled);
    free(own);
}

/* The queue of a URI.  Two that share a hash would share a queue: nothing tells them apart. */
static void name_queue(const struct uripc_node *node, struct uripc_text uri, char name[NAME_ROOM])
{
    const struct uripc_text realm = {node->realm, strlen(node->realm)};
    snprintf(name, NAME_ROOM, "/uripc-%016llx-%016llx", (unsigned long long)kit_hash(realm),
             (unsigned long long)kit_hash(uri));
}

/* Queues outlive processes, so whoever removes the realm must find them there. */
static enum uripc_status leave_note(const char *realm, const char *name, mode_t mode)
{
    char path[4096];
    const int length =
        snprintf(path, sizeof(path), "%s/posix-mqueue.%s", realm, name + 1 /* the slash */);
    if (length < 0 || (size_t)length >= sizeof(path))
        return URIPC_NO_RESOURCES;
    const int fd = open(path, O_CREAT | O_RDONLY | O_CLOEXEC, mode);
    if (fd < 0)
        return errno == EACCES ? URIPC_ACCESS_DENIED : URIPC_NO_RESOURCES;
    fchmod(fd, mode); /* in spite of the umask; done already, if the note is not ours */
    close(fd);
    return URIPC_OK;
}

static bool has_attributes(mqd_t mq, const struct mq_attr *wanted)
{
    struct mq_attr found;
    return mq_getattr(mq, &found) == 0 && found.mq_maxmsg == wanted->mq_maxmsg &&
           found.mq_msgsize == wanted->mq_msgsize;
}

static enum uripc_status open_queue(struct queue *queue, mode_t mode, bool shared,
                                    struct mq_attr *wanted)
{
    const int flags = O_RDWR | O_NONBLOCK | O_CLOEXEC;
    do {
        queue->mq = mq_open(queue->name, flags | O_CREAT | O_EXCL, mode, wanted);
        queue->made = queue->mq != (mqd_t)-1;
        if (queue->made)
            return fchmod(queue->mq, mode) == 0 ? URIPC_OK : URIPC_NO_RESOURCES;
        if (errno != EEXIST)
            return URIPC_NO_RESOURCES;
        if (!shared)
            return URIPC_EXISTS;
        queue->mq = mq_open(queue->name, flags);
    } while (queue->mq == (mqd_t)-1 && errno == ENOENT); /* it was removed meanwhile */
    if (queue->mq == (mqd_t)-1)
        return URIPC_NO_RESOURCES;
    return has_attributes(queue->mq, wanted) ? URIPC_OK : URIPC_EXISTS;
}

static enum uripc_status claim(struct uripc_node *node, struct kit_registration *registration,
                               const struct uripc_register_options *options, struct kit_call *call)
{
    const uint32_t messages = options->queue_messages;
    const uint32_t data = options->message_max ? options->message_max : DATA_USUAL;
    struct mq_attr attributes = {
        .mq_maxmsg = messages == URIPC_QUEUE_MESSAGES ? MESSAGES_MAX : (long)messages,
        .mq_msgsize = (long)data + ENVELOPE,
    };
    (void)call;
    if (options->overflow != URIPC_REJECT || options->queue_bytes)
        return URIPC_NOT_SUPPORTED;
    if (attributes.mq_maxmsg > MESSAGES_MAX || attributes.mq_msgsize > BYTES_MAX)
        return URIPC_NO_RESOURCES;
    struct queue *queue = malloc(sizeof(*queue));
    if (!queue)
        return URIPC_NO_RESOURCES;
    queue->made = false;
    queue->mq = (mqd_t)-1;
    registration->own = queue;
    name_queue(node, registration->name, queue->name);
    struct stat realm;
    if (stat(node->realm, &realm) != 0)
        return URIPC_NO_RESOURCES;
    const mode_t mode = realm.st_mode & 0666; /* whom the realm admits */
    const enum uripc_status status = leave_note(node->realm, queue->name, mode);
    return status ? status : open_queue(queue, mode, options->kind == URIPC_SHARED, &attributes);
}

static enum uripc_status release(struct uripc_node *node, struct kit_registration *registration,
                                 struct kit_call *call)
{
    const struct queue *queue = registration->own;
    (void)node, (void)call;
    if (queue->made)
        mq_unlink(queue->name);
    return URIPC_OK;
}

static void discard(struct uripc_node *node, struct kit_registration *registration)
{
    struct queue *queue = registration->own;
    (void)node;
    if (queue && queue->mq != (mqd_t)-1)
        mq_close(queue->mq);
    free(queue);
}

static enum uripc_status put(mqd_t mq, const struct kit_message *message)
{
    unsigned char bytes[BYTES_MAX];
    struct mq_attr attributes;
    if (mq_getattr(mq, &attributes) != 0 || message->length > BYTES_MAX - ENVELOPE ||
        (long)message->length > attributes.mq_msgsize - ENVELOPE)
        return URIPC_TOO_BIG;
    kit_pack(message, bytes);
    if (mq_send(mq, (const char *)bytes, kit_packed_size(message), 0) == 0)
        return URIPC_OK;
    return errno == EAGAIN ? URIPC_FULL : URIPC_NO_RESOURCES;
}

/* The queue is opened for each message.  Who keeps it open goes on to send to it after it has been
 * removed, and nobody will ever read that. */
static enum uripc_status send(struct uripc_node *node, struct kit_registration *source,
                              const struct kit_message *message,
                              const struct uripc_send_options *options, struct kit_call *call)
{
    char name[NAME_ROOM];
    (void)source, (void)options, (void)call;
    name_queue(node, uripc_name_match_part(message->target), name);
    const mqd_t mq = mq_open(name, O_WRONLY | O_NONBLOCK | O_CLOEXEC);
    if (mq == (mqd_t)-1)
        return errno == ENOENT || errno == EACCES ? URIPC_NO_RECEIVER : URIPC_NO_RESOURCES;
    const enum uripc_status status = put(mq, message);
    mq_close(mq);
    return status;
}

static bool fetch(struct uripc_node *node, struct kit_registration *registration)
{
    const struct queue *queue = registration->own;
    struct own *own = node->own;
    struct kit_message message;
    const ssize_t size = mq_receive(queue->mq, (char *)own->bytes, sizeof(own->bytes), NULL);
    if (size < 0)
        return false;
    if (kit_unpack(own->bytes, (size_t)size, &message))
        kit_arrived(registration, &message);
    return true;
}

/* On Linux a message queue descriptor can be polled. */
static bool wait_for(struct uripc_node *node, int fd, uint64_t timeout)
{
    const struct own *own = node->own;
    nfds_t count = 0;
    own->polled[count++] = (struct pollfd){.fd = fd, .events = POLLIN};
    for (uint32_t i = 0; i < node->limits.registrations; i++) {
        const struct kit_registration *registration = &node->registrations[i];
        if (kit_receiver(registration))
            own->polled[count++] = (struct pollfd){
                .fd = ((const struct queue *)registration->own)->mq, .events = POLLIN};
    }
    return poll(own->polled, count, kit_milliseconds(timeout)) > 0 && own->polled[0].revents;
}

#define CAPABILITIES                                                                               \
    (KIT_CAPABILITIES | URIPC_CAN_SHARED | URIPC_CAN_QUEUES | URIPC_CAN_ACCESS | URIPC_CAN_WORKERS)

static const struct kit_system posix_mq = {
    .capabilities = CAPABILITIES,
    .open = enter,
    .close = leave,
    .claim = claim,
    .release = release,
    .discard = discard,
    .send = send,
    .fetch = fetch,
    .wait = wait_for,
};

static enum uripc_status open_node(const struct uripc_backend_setup *setup,
                                   struct uripc_node **node)
{
    return kit_open(&posix_mq, setup, node);
}

/* Whoever may open a queue can write whatever he likes as the source of a message. */
const struct uripc_backend *uripc_backend(void)
{
    static const struct uripc_backend backend = {
        KIT_CALLS,
        .open = open_node,
        .name = "posix-mq",
        .release = "1",
        .capabilities = CAPABILITIES,
        .binding = URIPC_BINDING_API,
    };
    return &backend;
}
