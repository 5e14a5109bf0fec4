/* SPDX-License-Identifier: MIT */
/* D-Bus, by way of sd-bus(3) and a dbus-daemon of the realm's own.  A registration is a connection
 * to the bus that owns a well-known name, made of a hash of the URI; a send is a method call to
 * that name, confirmed by its reply.
 *
 * - The daemon gives names, stamps senders, and answers for who has gone.
 * - It gives every connection a unique name and none twice: that is the incarnation.
 * - A receiver replies when it has put the message where a receive will find it.  How much may wait
 *   there is not D-Bus's matter, so there is no limit. */
#define _XOPEN_SOURCE 700

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <systemd/sd-bus.h>
#include <time.h>
#include <unistd.h>

#include "dbus_daemon.h"
#include "kit.h"
#include "reference/name.h"

#define PATH "/uripc"
#define INTERFACE "uripc.Mailbox"
#define ERROR(name) "org.freedesktop.DBus.Error." name

enum { NAME_ROOM = 32, ADDRESS_ROOM = 512 };

/* Of a node. */
struct own {
    int users; /* -1: the realm does not admit us */
    struct pollfd *polled;
};

/* Of a registration. */
struct connection {
    struct uripc_node *node;
    struct kit_registration *registration;
    sd_bus *bus;
    char name[NAME_ROOM];
    char sender[NAME_ROOM]; /* the last one, */
    uid_t user;             /* and on whose behalf it runs */
};

/* Of a send that is on its way. */
struct sending {
    sd_bus_slot *slot;
    sd_bus_message *message; /* waits for the owner of the name; else NULL */
    struct uripc_incarnation expected;
};

static enum uripc_status enter(struct uripc_node *node)
{
    struct own *own = malloc(sizeof(*own));
    node->own = own;
    if (!own)
        return URIPC_NO_RESOURCES;
    own->polled = calloc(node->limits.registrations + 1, sizeof(*own->polled));
    own->users = own->polled ? dbus_daemon_join(node->realm) : -1;
    if (own->users >= 0 || (own->polled && errno == EACCES))
        return URIPC_OK;
    free(own->polled);
    free(own);
    return URIPC_NO_RESOURCES;
}

static void leave(struct uripc_node *node, uint64_t linger)
{
    struct own *own = node->own;
    (void)linger; /* nothing is under way any more */
    if (own->users >= 0)
        dbus_daemon_leave(node->realm, own->users);
    free(own->polled);
    free(own);
}

static void bus_name(struct uripc_text uri, char name[NAME_ROOM])
{
    snprintf(name, NAME_ROOM, "uripc.n%016llx", (unsigned long long)kit_hash(uri));
}

/* One connection to the bus is one unique name: ":1.42". */
static struct uripc_incarnation incarnation_of(const struct uripc_node *node, const char *unique)
{
    const struct uripc_text realm = {node->realm, strlen(node->realm)};
    const struct uripc_text text = {unique, strlen(unique)};
    return (struct uripc_incarnation){kit_hash(realm), kit_hash(text)};
}

/* The daemon knows on whose behalf a connection was made, for the kernel has told it. */
static uid_t user_of(struct connection *connection, sd_bus_message *call)
{
    const char *sender = sd_bus_message_get_sender(call);
    sd_bus_creds *creds = NULL;
    if (strcmp(connection->sender, sender) == 0)
        return connection->user;
    connection->user = (uid_t)-1;
    if (sd_bus_query_sender_creds(call, SD_BUS_CREDS_EUID, &creds) >= 0)
        sd_bus_creds_get_euid(creds, &connection->user);
    sd_bus_creds_unref(creds);
    snprintf(connection->sender, sizeof(connection->sender), "%s", sender);
    return connection->user;
}

static int on_message(sd_bus_message *call, void *user, sd_bus_error *error)
{
    struct connection *connection = user;
    struct kit_message message = {0};
    size_t length;
    if (!sd_bus_message_is_method_call(call, INTERFACE, "Deliver"))
        return 0;
    int result =
        sd_bus_message_read(call, "sst", &message.source.at, &message.target.at, &message.id);
    if (result >= 0)
        result = sd_bus_message_read_array(call, 'y', &message.data, &length);
    if (result < 0)
        return result;
    message.source.length = strlen(message.source.at);
    message.target.length = strlen(message.target.at);
    message.length = (uint32_t)length;
    message.incarnation = incarnation_of(connection->node, sd_bus_message_get_sender(call));
    message.principal = user_of(connection, call);
    if (!kit_arrived(connection->registration, &message))
        return sd_bus_error_set(error, SD_BUS_ERROR_NO_MEMORY, "no memory for the message");
    return sd_bus_reply_method_return(call, NULL);
}

static int on_named(sd_bus_message *reply, void *user, sd_bus_error *error)
{
    enum { PRIMARY_OWNER = 1, EXISTS = 3 };
    struct kit_call *call = user;
    struct kit_registration *registration = call->registration;
    struct connection *connection = registration->own;
    const char *unique;
    uint32_t result = 0;
    enum uripc_status status = URIPC_NO_RESOURCES;
    (void)error;
    call->own = sd_bus_slot_unref(call->own);
    if (sd_bus_message_read(reply, "u", &result) < 0)
        status = sd_bus_message_is_method_error(reply, SD_BUS_ERROR_ACCESS_DENIED)
                     ? URIPC_ACCESS_DENIED
                     : URIPC_NO_RESOURCES;
    else if (result == EXISTS)
        status = URIPC_EXISTS;
    else if (result == PRIMARY_OWNER && sd_bus_get_unique_name(connection->bus, &unique) >= 0)
        status = URIPC_OK;
    if (!status)
        registration->incarnation = incarnation_of(connection->node, unique);
    kit_complete(connection->node, call, status, URIPC_DEFINITE);
    return 0;
}

static int connect_to(sd_bus *bus, const char *realm)
{
    char address[ADDRESS_ROOM];
    if (!dbus_daemon_address(realm, address, sizeof(address)))
        return -1;
    int result = sd_bus_set_address(bus, address);
    if (result >= 0)
        result = sd_bus_set_bus_client(bus, 1);
    return result < 0 ? result : sd_bus_start(bus);
}

/* DO_NOT_QUEUE is what sd-bus asks for where it is not told otherwise. */
static enum uripc_status claim(struct uripc_node *node, struct kit_registration *registration,
                               const struct uripc_register_options *options, struct kit_call *call)
{
    const struct own *own = node->own;
    sd_bus_slot *slot = NULL;
    (void)options;
    if (own->users < 0)
        return URIPC_ACCESS_DENIED;
    struct connection *connection = calloc(1, sizeof(*connection));
    registration->own = connection;
    if (!connection || sd_bus_new(&connection->bus) < 0)
        return URIPC_NO_RESOURCES;
    connection->node = node;
    connection->registration = registration;
    bus_name(registration->name, connection->name);
    if (connect_to(connection->bus, node->realm) < 0 ||
        sd_bus_add_object(connection->bus, NULL, PATH, on_message, connection) < 0 ||
        sd_bus_request_name_async(connection->bus, &slot, connection->name, 0, on_named, call) < 0)
        return URIPC_NO_RESOURCES;
    call->own = slot;
    return URIPC_PENDING;
}

static int on_released(sd_bus_message *reply, void *user, sd_bus_error *error)
{
    struct kit_call *call = user;
    const struct connection *connection = call->registration->own;
    (void)reply, (void)error;
    call->own = sd_bus_slot_unref(call->own);
    kit_complete(connection->node, call, URIPC_OK, URIPC_DEFINITE);
    return 0;
}

static enum uripc_status release(struct uripc_node *node, struct kit_registration *registration,
                                 struct kit_call *call)
{
    struct connection *connection = registration->own;
    sd_bus_slot *slot = NULL;
    (void)node;
    if (!call)
        sd_bus_release_name(connection->bus, connection->name); /* waits, and flushes replies */
    if (!call ||
        sd_bus_release_name_async(connection->bus, &slot, connection->name, on_released, call) < 0)
        return URIPC_OK;
    call->own = slot;
    return URIPC_PENDING;
}

static void discard(struct uripc_node *node, struct kit_registration *registration)
{
    struct connection *connection = registration->own;
    (void)node;
    if (connection)
        sd_bus_close_unref(connection->bus);
    free(connection);
}

static void forget_sending(struct kit_call *call)
{
    struct sending *sending = call->own;
    call->own = NULL;
    if (!sending)
        return;
    sd_bus_slot_unref(sending->slot);
    sd_bus_message_unref(sending->message);
    free(sending);
}

static void forget(struct uripc_node *node, struct kit_call *call)
{
    (void)node;
    if (call->completion.call == URIPC_CALL_SEND)
        forget_sending(call);
    else
        call->own = sd_bus_slot_unref(call->own);
}

static void finish_send(struct kit_call *call, enum uripc_status status,
                        enum uripc_certainty certainty)
{
    const struct connection *connection = call->registration->own;
    forget_sending(call);
    kit_complete(connection->node, call, status, certainty);
}

/* "Errors" of the D-Bus specification, and what the daemon means by them. */
static void finish_with_error(struct kit_call *call, const sd_bus_error *error, bool by_unique_name)
{
    if (sd_bus_error_has_names(error, ERROR("ServiceUnknown"), ERROR("NameHasNoOwner")))
        finish_send(call, by_unique_name ? URIPC_PEER_GONE : URIPC_NO_RECEIVER, URIPC_DEFINITE);
    else if (sd_bus_error_has_names(error, ERROR("NoReply"), ERROR("Disconnected")))
        finish_send(call, URIPC_PEER_GONE, URIPC_INDEFINITE);
    else if (sd_bus_error_has_names(error, ERROR("LimitsExceeded"), ERROR("NoMemory")))
        finish_send(call, URIPC_FULL, URIPC_DEFINITE);
    else
        finish_send(call, URIPC_NO_RESOURCES, URIPC_DEFINITE);
}

static int on_reply(sd_bus_message *reply, void *user, sd_bus_error *unused)
{
    struct kit_call *call = user;
    const struct connection *connection = call->registration->own;
    const struct sending *sending = call->own;
    const sd_bus_error *error = sd_bus_message_get_error(reply);
    (void)unused;
    if (error) {
        finish_with_error(call, error, sending->expected.serial != 0);
        return 0;
    }
    call->completion.incarnation =
        incarnation_of(connection->node, sd_bus_message_get_sender(reply));
    finish_send(call, URIPC_OK, URIPC_DEFINITE);
    return 0;
}

/* Who owns the name?  If it is the one expected, the message goes to him and to nobody else. */
static int on_owner(sd_bus_message *reply, void *user, sd_bus_error *unused)
{
    struct kit_call *call = user;
    const struct connection *connection = call->registration->own;
    struct sending *sending = call->own;
    const char *owner;
    (void)unused;
    sending->slot = sd_bus_slot_unref(sending->slot);
    if (sd_bus_message_read(reply, "s", &owner) < 0) {
        finish_with_error(call, sd_bus_message_get_error(reply), true);
        return 0;
    }
    if (incarnation_of(connection->node, owner).serial != sending->expected.serial) {
        finish_send(call, URIPC_PEER_GONE, URIPC_DEFINITE);
        return 0;
    }
    if (sd_bus_message_set_destination(sending->message, owner) < 0 ||
        sd_bus_call_async(connection->bus, &sending->slot, sending->message, on_reply, call,
                          UINT64_MAX) < 0)
        finish_send(call, URIPC_NO_RESOURCES, URIPC_DEFINITE);
    return 0;
}

/* Texts of the spec are not terminated, those of D-Bus are. */
static int add_text(sd_bus_message *message, struct uripc_text text)
{
    char *space;
    const int result = sd_bus_message_append_string_space(message, text.length, &space);
    if (result >= 0)
        memcpy(space, text.at, text.length);
    return result;
}

static sd_bus_message *make_message(sd_bus *bus, const char *destination,
                                    const struct kit_message *message)
{
    sd_bus_message *made = NULL;
    if (sd_bus_message_new_method_call(bus, &made, destination, PATH, INTERFACE, "Deliver") >= 0 &&
        add_text(made, message->source) >= 0 && add_text(made, message->target) >= 0 &&
        sd_bus_message_append(made, "t", message->id) >= 0 &&
        sd_bus_message_append_array(made, 'y', message->data, message->length) >= 0)
        return made;
    sd_bus_message_unref(made);
    return NULL;
}

static enum uripc_status send(struct uripc_node *node, struct kit_registration *source,
                              const struct kit_message *message,
                              const struct uripc_send_options *options, struct kit_call *call)
{
    const struct connection *connection = source->own;
    struct sending *sending = calloc(1, sizeof(*sending));
    char name[NAME_ROOM];
    int result = -1;
    (void)node;
    if (!sending)
        return URIPC_NO_RESOURCES;
    call->own = sending;
    sending->expected = options->expected;
    bus_name(uripc_name_match_part(message->target), name);
    const bool expecting = sending->expected.serial != 0;
    sd_bus_message *made = make_message(connection->bus, expecting ? NULL : name, message);
    if (made && expecting) {
        sending->message = sd_bus_message_ref(made);
        result = sd_bus_call_method_async(connection->bus, &sending->slot, "org.freedesktop.DBus",
                                          "/org/freedesktop/DBus", "org.freedesktop.DBus",
                                          "GetNameOwner", on_owner, call, "s", name);
    } else if (made) {
        result =
            sd_bus_call_async(connection->bus, &sending->slot, made, on_reply, call, UINT64_MAX);
    }
    sd_bus_message_unref(made);
    if (result >= 0)
        return URIPC_PENDING;
    forget_sending(call);
    return URIPC_NO_RESOURCES;
}

/* Microseconds from now, 0 to UINT64_MAX, until this connection wants to be looked at anyway. */
static uint64_t patience(sd_bus *bus)
{
    uint64_t until = UINT64_MAX;
    struct timespec at;
    if (sd_bus_get_timeout(bus, &until) < 0 || until == UINT64_MAX)
        return UINT64_MAX;
    clock_gettime(CLOCK_MONOTONIC, &at);
    const uint64_t now = (uint64_t)at.tv_sec * 1000000 + (uint64_t)at.tv_nsec / 1000;
    return until > now ? until - now : 0;
}

/* What has come is dealt with at once, also a close in its own callback. */
static void process(struct uripc_node *node)
{
    for (uint32_t i = 0; i < node->limits.registrations; i++) {
        const struct kit_registration *registration = &node->registrations[i];
        while (registration->own &&
               sd_bus_process(((const struct connection *)registration->own)->bus, NULL) > 0)
            ;
    }
}

static bool wait_for(struct uripc_node *node, int fd, uint64_t timeout)
{
    const struct own *own = node->own;
    nfds_t count = 0;
    own->polled[count++] = (struct pollfd){.fd = fd, .events = POLLIN};
    for (uint32_t i = 0; i < node->limits.registrations; i++) {
        const struct connection *connection = node->registrations[i].own;
        if (!connection || sd_bus_is_open(connection->bus) <= 0)
            continue;
        const uint64_t microseconds = patience(connection->bus);
        own->polled[count++] = (struct pollfd){.fd = sd_bus_get_fd(connection->bus),
                                               .events = (short)sd_bus_get_events(connection->bus)};
        if (microseconds < timeout / 1000)
            timeout = microseconds * 1000;
    }
    const int ready = poll(own->polled, count, kit_milliseconds(timeout));
    process(node);
    return ready > 0 && own->polled[0].revents;
}

#define CAPABILITIES                                                                               \
    (KIT_CAPABILITIES | URIPC_CAN_INCARNATIONS | URIPC_CAN_INFO | URIPC_CAN_PRINCIPALS |           \
     URIPC_CAN_ACCESS)

static const struct kit_system dbus = {
    .capabilities = CAPABILITIES,
    .open = enter,
    .close = leave,
    .claim = claim,
    .release = release,
    .discard = discard,
    .send = send,
    .forget = forget,
    .wait = wait_for,
};

static enum uripc_status open_node(const struct uripc_backend_setup *setup,
                                   struct uripc_node **node)
{
    return kit_open(&dbus, setup, node);
}

/* The daemon vouches for the connection and its user; the source URI is the sender's word. */
const struct uripc_backend *uripc_backend(void)
{
    static const struct uripc_backend backend = {
        KIT_CALLS,
        .open = open_node,
        .info = kit_info,
        .name = "dbus",
        .release = "1",
        .capabilities = CAPABILITIES,
        .binding = URIPC_BINDING_API,
    };
    return &backend;
}
