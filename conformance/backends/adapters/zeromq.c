/* SPDX-License-Identifier: MIT */
/* ZeroMQ over ipc: zmq_ipc(7), zmq_socket(3).  A registration is a PULL socket, bound to a path in
 * the realm that is made of a hash of the URI; for each target there is a PUSH socket, connected to
 * such a path.
 *
 * - A send is complete when ZeroMQ has queued the message in the sender; while the queue is at its
 *   high-water mark it waits.  Whether anybody is or ever will be bound to the path is not known.
 * - A bind takes the path away from whoever has it.  Nothing is done about that here.
 * - Messages wait in the sender for a socket that comes back, or for another that takes its path.
 */
#define _XOPEN_SOURCE 700 /* stat, chmod */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <zmq.h>

#include "kit.h"
#include "reference/name.h"

enum { ADDRESS_ROOM = 128 }; /* more than a path of a socket can have */

/* A way out. */
struct target {
    struct target *next;
    uint64_t hash;
    void *push;
    uint32_t waiting; /* sends */
    bool full;        /* has been found so in this turn: nobody overtakes */
};

/* A send that waits for room, as zmq_send(3) would. */
struct waiting {
    struct waiting *next;
    struct kit_call *call;
    struct target *target;
    zmq_msg_t packed;
};

/* Of a node. */
struct own {
    void *context;
    struct target *targets;
    struct waiting *waiting; /* the oldest first */
    zmq_pollitem_t *polled;
};

/* Of a registration. */
struct source {
    void *pull;
    char address[ADDRESS_ROOM];
    void *monitor;          /* tells when the path is free again; NULL: nobody waits for that */
    struct kit_call *close; /* who waits for it */
};

static enum uripc_status enter(struct uripc_node *node)
{
    struct own *own = calloc(1, sizeof(*own));
    node->own = own;
    if (!own)
        return URIPC_NO_RESOURCES;
    own->context = zmq_ctx_new();
    own->polled =
        calloc(node->limits.registrations + node->limits.operations + 1, sizeof(*own->polled));
    if (own->context && own->polled)
        return URIPC_OK;
    if (own->context)
        zmq_ctx_term(own->context);
    free(own->polled);
    free(own);
    return URIPC_NO_RESOURCES;
}

/* Messages that cannot be delivered within `linger` are given up. Returns when all paths of this
 * node are free. */
static void leave(struct uripc_node *node, uint64_t linger)
{
    struct own *own = node->own;
    const int milliseconds = kit_milliseconds(linger);
    for (struct target *target = own->targets, *next; target; target = next) {
        next = target->next;
        zmq_setsockopt(target->push, ZMQ_LINGER, &milliseconds, sizeof(milliseconds));
        zmq_close(target->push);
        free(target);
    }
    zmq_ctx_term(own->context);
    free(own->polled);
    free(own);
}

static bool address_of(const char *realm, uint64_t hash, char address[ADDRESS_ROOM])
{
    const int length =
        snprintf(address, ADDRESS_ROOM, "ipc://%s/%016llx.zmq", realm, (unsigned long long)hash);
    return length > 0 && length < ADDRESS_ROOM;
}

static enum uripc_status claim(struct uripc_node *node, struct kit_registration *registration,
                               const struct uripc_register_options *options, struct kit_call *call)
{
    struct own *own = node->own;
    struct source *source = calloc(1, sizeof(*source));
    (void)options, (void)call;
    if (!source)
        return URIPC_NO_RESOURCES;
    registration->own = source;
    source->pull = zmq_socket(own->context, ZMQ_PULL);
    if (!source->pull || !address_of(node->realm, kit_hash(registration->name), source->address))
        return URIPC_NO_RESOURCES;
    if (zmq_bind(source->pull, source->address) != 0)
        return errno == EACCES ? URIPC_ACCESS_DENIED : URIPC_NO_RESOURCES;
    struct stat realm; /* whom it admits may send, whatever the umask says */
    const char *path = source->address + strlen("ipc://");
    return stat(node->realm, &realm) == 0 && chmod(path, realm.st_mode & 0666) == 0
               ? URIPC_OK
               : URIPC_NO_RESOURCES;
}

/* The path is removed by a thread of ZeroMQ, which would take away the path of a later bind if that
 * came first; so a close completes when it has been done. */
static enum uripc_status release(struct uripc_node *node, struct kit_registration *registration,
                                 struct kit_call *call)
{
    struct own *own = node->own;
    struct source *source = registration->own;
    char address[ADDRESS_ROOM];
    if (!call)
        return URIPC_OK; /* leave() waits */
    snprintf(address, sizeof(address), "inproc://closed-%llu",
             (unsigned long long)registration->handle.id);
    source->monitor = zmq_socket(own->context, ZMQ_PAIR);
    source->close = call;
    if (source->monitor &&
        zmq_socket_monitor(source->pull, address, ZMQ_EVENT_CLOSED | ZMQ_EVENT_CLOSE_FAILED) == 0 &&
        zmq_connect(source->monitor, address) == 0 &&
        zmq_unbind(source->pull, source->address) == 0)
        return URIPC_PENDING;
    return URIPC_OK;
}

static void discard(struct uripc_node *node, struct kit_registration *registration)
{
    struct source *source = registration->own;
    (void)node;
    if (source && source->pull)
        zmq_close(source->pull);
    if (source && source->monitor)
        zmq_close(source->monitor);
    free(source);
}

/* The way to a name, connected from the first message on.  NULL: there can be none. */
static struct target *way_to(const struct uripc_node *node, struct uripc_text name)
{
    struct own *own = node->own;
    const uint64_t hash = kit_hash(name);
    char address[ADDRESS_ROOM];
    struct target *target = own->targets;
    while (target && target->hash != hash)
        target = target->next;
    if (target)
        return target;
    target = malloc(sizeof(*target));
    void *push = zmq_socket(own->context, ZMQ_PUSH);
    if (!target || !push || !address_of(node->realm, hash, address) ||
        zmq_connect(push, address) != 0) {
        if (push)
            zmq_close(push);
        free(target);
        return NULL;
    }
    *target = (struct target){.next = own->targets, .hash = hash, .push = push};
    own->targets = target;
    return target;
}

/* Ends the waiting of a send; its message is gone with it, if it has not been sent. */
static void stop_waiting(struct waiting **link)
{
    struct waiting *waiting = *link;
    *link = waiting->next;
    waiting->target->waiting--;
    zmq_msg_close(&waiting->packed);
    free(waiting);
}

static void forget(struct uripc_node *node, struct kit_call *call)
{
    struct own *own = node->own;
    struct waiting **link = &own->waiting;
    while (*link && (*link)->call != call)
        link = &(*link)->next;
    if (*link)
        stop_waiting(link);
}

/* Takes the message, which stays with the caller if this fails. */
static enum uripc_status wait_in_line(struct own *own, struct target *target, zmq_msg_t *packed,
                                      struct kit_call *call)
{
    struct waiting *waiting = malloc(sizeof(*waiting));
    struct waiting **link = &own->waiting;
    if (!waiting)
        return URIPC_NO_RESOURCES;
    *waiting = (struct waiting){.call = call, .target = target};
    zmq_msg_init(&waiting->packed);
    zmq_msg_move(&waiting->packed, packed);
    while (*link)
        link = &(*link)->next;
    *link = waiting;
    target->waiting++;
    return URIPC_PENDING;
}

/* A PUSH socket whose high-water mark is reached blocks: zmq_socket(3). */
static enum uripc_status send(struct uripc_node *node, struct kit_registration *source,
                              const struct kit_message *message,
                              const struct uripc_send_options *options, struct kit_call *call)
{
    zmq_msg_t packed;
    enum uripc_status status;
    struct target *target = way_to(node, uripc_name_match_part(message->target));
    (void)source;
    if (!target || zmq_msg_init_size(&packed, kit_packed_size(message)) != 0)
        return URIPC_NO_RESOURCES;
    kit_pack(message, zmq_msg_data(&packed));
    if (!target->waiting && zmq_msg_send(&packed, target->push, ZMQ_DONTWAIT) >= 0)
        return URIPC_OK;
    if (!target->waiting && errno != EAGAIN)
        status = URIPC_NO_RESOURCES;
    else if (options->flags & URIPC_NOWAIT)
        status = URIPC_WOULD_BLOCK;
    else
        status = wait_in_line(node->own, target, &packed, call);
    zmq_msg_close(&packed);
    return status;
}

/* Sends what had to wait, as far as there is room now. */
static void send_waiting(struct uripc_node *node)
{
    struct own *own = node->own;
    struct waiting **link = &own->waiting;
    for (struct target *target = own->targets; target; target = target->next)
        target->full = false;
    while (*link) {
        struct waiting *waiting = *link;
        if (waiting->target->full ||
            zmq_msg_send(&waiting->packed, waiting->target->push, ZMQ_DONTWAIT) < 0) {
            waiting->target->full = true;
            link = &waiting->next;
            continue;
        }
        struct kit_call *call = waiting->call;
        stop_waiting(link);
        kit_complete(node, call, URIPC_OK, URIPC_DEFINITE);
    }
}

static bool fetch(struct uripc_node *node, struct kit_registration *registration)
{
    const struct source *source = registration->own;
    struct kit_message message;
    zmq_msg_t packed;
    (void)node;
    zmq_msg_init(&packed);
    const bool got = zmq_msg_recv(&packed, source->pull, ZMQ_DONTWAIT) >= 0;
    if (got && kit_unpack(zmq_msg_data(&packed), zmq_msg_size(&packed), &message))
        kit_arrived(registration, &message);
    zmq_msg_close(&packed);
    return got;
}

/* Closes that were waiting for this. */
static void finish_closes(struct uripc_node *node)
{
    for (uint32_t i = 0; i < node->limits.registrations; i++) {
        struct source *source = node->registrations[i].own;
        char event[8];
        if (source && source->close &&
            zmq_recv(source->monitor, event, sizeof(event), ZMQ_DONTWAIT) > 0)
            kit_complete(node, source->close, URIPC_OK, URIPC_DEFINITE);
    }
}

static bool wait_for(struct uripc_node *node, int fd, uint64_t timeout)
{
    const struct own *own = node->own;
    int count = fd >= 0;
    own->polled[0] = (zmq_pollitem_t){.fd = fd, .events = ZMQ_POLLIN};
    for (uint32_t i = 0; i < node->limits.registrations; i++) {
        const struct kit_registration *registration = &node->registrations[i];
        const struct source *source = registration->own;
        void *socket = NULL;
        if (source && source->close)
            socket = source->monitor;
        else if (kit_receiver(registration))
            socket = source->pull;
        if (socket)
            own->polled[count++] = (zmq_pollitem_t){.socket = socket, .events = ZMQ_POLLIN};
    }
    for (const struct target *target = own->targets; target; target = target->next)
        if (target->waiting)
            own->polled[count++] = (zmq_pollitem_t){.socket = target->push, .events = ZMQ_POLLOUT};
    const int ready = zmq_poll(own->polled, count, kit_milliseconds(timeout));
    finish_closes(node);
    send_waiting(node);
    return ready > 0 && fd >= 0 && own->polled[0].revents;
}

#define CAPABILITIES (KIT_CAPABILITIES | URIPC_CAN_ACCESS)

static const struct kit_system zeromq = {
    .capabilities = CAPABILITIES,
    .open = enter,
    .close = leave,
    .claim = claim,
    .release = release,
    .discard = discard,
    .send = send,
    .forget = forget,
    .fetch = fetch,
    .wait = wait_for,
};

static enum uripc_status open_node(const struct uripc_backend_setup *setup,
                                   struct uripc_node **node)
{
    return kit_open(&zeromq, setup, node);
}

/* Whoever may connect to a path can write whatever he likes as the source of a message. */
const struct uripc_backend *uripc_backend(void)
{
    static const struct uripc_backend backend = {
        KIT_CALLS,
        .open = open_node,
        .name = "zeromq",
        .release = "1",
        .capabilities = CAPABILITIES,
        .binding = URIPC_BINDING_API,
    };
    return &backend;
}
