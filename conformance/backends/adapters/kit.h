/* SPDX-License-Identifier: MIT */
/* What every adapter needs and none of the systems has: calls in flight, handles, the completion
 * queue, deadlines, and the layout of received messages.  An adapter is a struct kit_system that
 * says what its system does with names and messages, and a struct uripc_backend made of KIT_CALLS.
 * What a system lacks the kit does not make up for, except that all calls are started now and
 * completed later. */
#ifndef URIPC_CONFORMANCE_ADAPTERS_KIT_H
#define URIPC_CONFORMANCE_ADAPTERS_KIT_H

#include <stdbool.h>

#include <uripc/backend.h>

#define KIT_NEVER UINT64_MAX

/* A message on its way.  Everything is borrowed for the length of a call. */
struct kit_message {
    struct uripc_text source; /* canonical, as is the target */
    struct uripc_text target;
    const void *data;
    uint32_t length;
    uint64_t id;
    struct uripc_incarnation incarnation; /* of the source, if the system tells lives apart */
    uint64_t principal;                   /* if the system tells who sent it */
};

/* A message that has been taken from the system and not yet received; the texts and data follow. */
struct kit_letter {
    struct kit_letter *next;
    struct kit_message message;
};

struct kit_registration {
    struct uripc_handle handle; /* {0}: the place is free */
    bool open;
    struct uripc_text name;               /* canonical */
    struct uripc_incarnation incarnation; /* the adapter's to set */
    void *own;                            /* the adapter's: a queue, a socket, a connection */
    struct kit_call *first, *last;        /* pending calls, in the order of their start */
    struct kit_letter *head, *tail;
};

/* A call in flight: free, pending or done. */
struct kit_call {
    struct kit_call *previous, *next;
    struct kit_registration *registration; /* NULL: it is not pending */
    uint64_t deadline;                     /* of the monotonic clock */
    struct uripc_buffer buffer;            /* receive */
    uint32_t flags;                        /* receive */
    bool asked;                            /* to end early */
    void *own;                             /* the adapter's */
    struct uripc_completion completion;
};

/* What one system does.  A function that returns a status may return `pending` instead and tell the
 * end by kit_complete, from `wait`. */
struct kit_system {
    uint32_t capabilities; /* what is not among them the kit refuses */

    /* Enters the realm: ok, no-resources or invalid-argument. */
    enum uripc_status (*open)(struct uripc_node *node);
    /* Leaves it; all registrations are gone by then. */
    void (*close)(struct uripc_node *node, uint64_t linger);

    /* Takes a name: ok, exists, not-supported, no-resources, pending. */
    enum uripc_status (*claim)(struct uripc_node *node, struct kit_registration *registration,
                               const struct uripc_register_options *options, struct kit_call *call);
    /* Gives it up: ok or pending.  With call NULL the node ends: ok, when the name is free. */
    enum uripc_status (*release)(struct uripc_node *node, struct kit_registration *registration,
                                 struct kit_call *call);
    /* Frees registration->own, which may be NULL, whatever has become of the claim. */
    void (*discard)(struct uripc_node *node, struct kit_registration *registration);

    /* Hands a message over. */
    enum uripc_status (*send)(struct uripc_node *node, struct kit_registration *source,
                              const struct kit_message *message,
                              const struct uripc_send_options *options, struct kit_call *call);
    /* A pending call ends before the system has answered.  NULL: none is ever pending. */
    void (*forget)(struct uripc_node *node, struct kit_call *call);
    /* Takes one message out of the system, if there is one, and gives it to kit_arrived; asked for
     * only while a receive is pending.  NULL: messages arrive by themselves. */
    bool (*fetch)(struct uripc_node *node, struct kit_registration *registration);

    /* Waits at most this many nanoseconds for something to do or for fd (-1: none), and does it.
     * True if fd can be read. */
    bool (*wait)(struct uripc_node *node, int fd, uint64_t timeout);
};

/* The node of this process. */
struct uripc_node {
    const struct kit_system *system;
    void *own;   /* the adapter's */
    char *realm; /* its path, absolute and without links */
    struct uripc_limits limits;
    struct kit_registration *registrations; /* limits.registrations of them */
    struct kit_call *calls;                 /* limits.operations of them */
    uint64_t *overlapped;                   /* of each of these calls; 0: it is free */
    struct kit_call *free;
    struct kit_call *done, *done_last; /* completed and not yet polled */
    bool news;                         /* completions that kit_run has not told of */
    uint32_t timed;                    /* pending calls with a deadline */
    uint64_t handles;                  /* given out */
    uint64_t messages;                 /* the last id given out */
    char *texts;                       /* room for two URIs */
};

/* Ends a pending call.  `certainty` counts where the status allows both. */
void kit_complete(struct uripc_node *node, struct kit_call *call, enum uripc_status status,
                  enum uripc_certainty certainty);

/* A message has arrived; it is copied.  False if there is no memory for it. */
bool kit_arrived(struct kit_registration *registration, const struct kit_message *message);

/* The receive that comes next; NULL: none is pending. */
struct kit_call *kit_receiver(const struct kit_registration *registration);

/* A message as one block of bytes, for systems that carry such.  Incarnation and principal are left
 * out: it would be the sender who says them. */
size_t kit_packed_size(const struct kit_message *message);
void kit_pack(const struct kit_message *message, void *bytes);
/* The message borrows the bytes.  False if they are none: anybody may have written them. */
bool kit_unpack(const void *bytes, size_t size, struct kit_message *message);

/* FNV-1a: short names for long ones. */
uint64_t kit_hash(struct uripc_text text);

/* A time-out as poll(2) and its like want it: milliseconds, rounded up; -1 is for ever. */
int kit_milliseconds(uint64_t timeout);

/* Between kit.c and kit_message.c: gives the first message to a receive, which it takes if it
 * fits, and returns how the receive ends; and forgets all messages. */
enum uripc_status kit_give(struct kit_registration *registration, struct kit_call *call);
void kit_empty(struct kit_registration *registration);

/* The functions of struct uripc_backend.  kit_info is for systems whose messages arrive by
 * themselves, and exclusive names: nobody else can tell the lengths of what nobody has received. */
enum uripc_status kit_open(const struct kit_system *system, const struct uripc_backend_setup *setup,
                           struct uripc_node **node);
void kit_close(struct uripc_node *node, uint64_t linger);
unsigned kit_run(struct uripc_node *node, int fd, uint64_t timeout);
enum uripc_status kit_register(struct uripc_node *node, struct uripc_handle parent,
                               struct uripc_text uri, const struct uripc_register_options *given,
                               uint64_t overlapped);
enum uripc_status kit_send(struct uripc_node *node, struct uripc_handle source,
                           const struct uripc_text *suffix, struct uripc_text target,
                           const void *data, uint32_t length,
                           const struct uripc_send_options *given, uint64_t overlapped);
enum uripc_status kit_receive(struct uripc_node *node, struct uripc_handle handle,
                              struct uripc_buffer buffer, const struct uripc_receive_options *given,
                              uint64_t overlapped);
enum uripc_status kit_cancel(struct uripc_node *node, uint64_t overlapped);
enum uripc_status kit_cancel_all(struct uripc_node *node, struct uripc_handle handle);
enum uripc_status kit_close_handle(struct uripc_node *node, struct uripc_handle handle,
                                   uint64_t overlapped);
enum uripc_status kit_poll(struct uripc_node *node, struct uripc_completion *completion);
enum uripc_status kit_info(struct uripc_node *node, struct uripc_handle handle,
                           struct uripc_info *info);

#define KIT_CALLS                                                                                  \
    .size = sizeof(struct uripc_backend), .version = URIPC_BACKEND_VERSION, .close = kit_close,    \
    .run = kit_run, .register_ = kit_register, .send = kit_send, .receive = kit_receive,           \
    .cancel = kit_cancel, .cancel_all = kit_cancel_all, .close_handle = kit_close_handle,          \
    .poll = kit_poll

/* What the kit itself makes possible, whatever the system. */
#define KIT_CAPABILITIES                                                                           \
    (URIPC_CAN_CANCEL | URIPC_CAN_UTF16 | URIPC_CAN_DISCARD | URIPC_CAN_POLLING | URIPC_CAN_LAYOUT)

#endif
