/* SPDX-License-Identifier: MIT */
/* What the parts of the libuv host share: the host itself.  Its parts are
 *
 *   host.c        the ports, the turns, the alarm; opening and closing
 *   resolver.c    claims, releases, look-ups; which routes were told
 *   peers.c       other nodes: what is carried to them, and their end
 *   arrivals.c    what comes from them
 *   layers.c      layers on the node
 *   connection.c  one socket
 *
 * The node is called only from turns (uripc__work, the callbacks of sockets and of the alarm),
 * never from its own ports. */
#ifndef URIPC_UV_INSIDE_H
#define URIPC_UV_INSIDE_H

#include <stdbool.h>

#include <uripc/uv.h>

#include <uv.h>

#include "bytes.h"
#include "connection.h"
#include "layers.h"
#include "peers.h"
#include "realm.h"
#include "reference/node.h"
#include "resolver.h"

/* For observers; never reset. */
struct uripc__counters {
    uint64_t messages_out;
    uint64_t messages_in;
    uint64_t bytes_out;
    uint64_t bytes_in;
    uint64_t writes;
    uint64_t reads;
    uint64_t lookups;
    uint64_t broken;      /* connections closed because of what came over them */
    uint64_t dropped;     /* messages dropped because of their source (ACC-5) */
    uint64_t unaccepted;  /* times that a connection could not be accepted */
    uint64_t unconnected; /* times that one could not be made */
    uint64_t passed_over; /* copies lost by members of groups that made no room */
};

struct uripc_uv {
    uv_loop_t *loop;
    struct uripc_node *node;
    void (*on_ready)(struct uripc_uv *uv, void *data);
    void *data;
    void (*on_closed)(void *data);
    void *closed_data;
    struct uripc__realm realm;
    struct uripc__resolver resolver;
    struct uripc__peers peers;
    struct uripc__layers_seat layers;
    struct uripc__counters counters;
    struct uripc_limits limits;
    unsigned char *spare; /* a buffer for reading that no connection needs now */
    uint64_t principal;   /* of this process */
    uint64_t wake;        /* when the node wants its alarm */
    uint64_t alarmed;     /* when `alarm` rings, if it is set */
    uint64_t told;        /* completions that on_ready was called for */
    uint64_t progress;    /* grows with whatever arrives */
    uint64_t linger;      /* closing: when to give up */
    unsigned handles;     /* of libuv, not yet closed */
    bool denied;          /* the realm does not admit this process */
    bool closing;
    bool closed;
    uv_prepare_t prepare;
    uv_check_t check;
    uv_idle_t idle;
    uv_timer_t alarm;
    uv_timer_t again; /* for what could not be done at once */
    uv_timer_t accept_again;
    uv_timer_t patience; /* with members of groups that make no room */
    uv_poll_t listener;
    bool listening; /* `listener` is a handle */
};

/* Does what the ports have asked for, until nothing is left, and tells the application. */
void uripc__work(struct uripc_uv *uv);

/* Sees to it that uripc__work is called again soon. */
void uripc__try_again(struct uripc_uv *uv);

/* Sets the node's time to now. */
void uripc__set_time(struct uripc_uv *uv);

/* Has work done at that time, as uv_hrtime tells it; UINT64_MAX: not for this. */
void uripc__wake_at(struct uripc_uv *uv, uint64_t at);

/* Takes those in who wait to be connected. */
void uripc__accept(struct uripc_uv *uv);

/* A closed handle of libuv. */
void uripc__handle_closed(struct uripc_uv *uv);

#endif
