/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "inside.h"
#include "mutants.h"

enum {
    ROUNDS = 16,                             /* of work, before sockets are looked at again */
    AGAIN_MILLISECONDS = 2,                  /* until a lock or a backlog is tried again */
    ACCEPT_MILLISECONDS = 50,                /* until descriptors may be free again */
    ACCEPTS = 64,                            /* connections taken at once */
    GIVE_UP_NANOSECONDS = 200 * 1000 * 1000, /* beyond the linger, for the lock */
    IDENTITIES = 16 /* tried, before something is wrong with more than luck */
};

#define NEVER UINT64_MAX
#define MILLISECOND UINT64_C(1000000)

/* ---- the ports ---- */

static void port_claim(void *self, const struct uripc_claim *claim)
{
    uripc__resolver_claim(self, claim);
}

static void port_release(void *self, uint32_t ticket, uint64_t serial)
{
    uripc__resolver_release(self, ticket, serial);
}

static void port_lookup(void *self, uint32_t ticket, struct uripc_text target)
{
    uripc__resolver_lookup(self, ticket, target);
}

/* Each member gets a copy (DLV-6), and all at once: a send may say ok only when the kernel has the
 * copies, because what is only queued here would die with this process (LIF-10). */
static enum uripc_status carry_to_group(struct uripc_uv *uv, const struct uripc_frame *frame)
{
    const struct uripc__group *group = uripc__resolver_group(uv, frame->to.serial);
    for (uint32_t i = 0; group != NULL && i < group->count; i++)
        if (!uripc__peers_is_ready(uv, group->members[i].peer, group->members[i].node))
            return URIPC_WOULD_BLOCK;
    for (uint32_t i = 0; group != NULL && i < group->count; i++) {
        const struct uripc__member *member = &group->members[i];
        struct uripc_frame copy = *frame;
        copy.to = (struct uripc_incarnation){.node = member->node, .serial = member->serial};
        (void)uripc__peers_carry(uv, member->peer, &copy);
    }
    return URIPC_OK;
}

static enum uripc_status port_carry(void *self, uint32_t peer, _Bool group,
                                    const struct uripc_frame *frame)
{
    return group ? carry_to_group(self, frame) : uripc__peers_carry(self, peer, frame);
}

static void port_copy_out(void *self, uint64_t id, uint32_t offset, const void *bytes,
                          uint32_t length)
{
    (void)self;
    memcpy((unsigned char *)(uintptr_t)id + offset, bytes, length);
}

static void on_alarm(uv_timer_t *timer);

/* An alarm that is set too early finds that out; only an earlier one needs the loop. */
void uripc__wake_at(struct uripc_uv *uv, uint64_t at)
{
    if (at == NEVER || (at >= uv->alarmed && uv_is_active((uv_handle_t *)&uv->alarm)))
        return;
    uint64_t now = uv_hrtime();
    uint64_t wait = at > now ? (at - now + MILLISECOND - 1) / MILLISECOND : 0;
    uv->alarmed = at;
    uv_update_time(uv->loop);
    (void)uv_timer_start(&uv->alarm, on_alarm, wait, 0);
}

static void port_wake_at(void *self, uint64_t at)
{
    struct uripc_uv *uv = self;
    uv->wake = at;
    uripc__wake_at(uv, at);
}

/* The turn that layers may want is taken when the loop comes to its work. */
static void on_alarm(uv_timer_t *timer)
{
    struct uripc_uv *uv = timer->data;
    uint64_t now = uv_hrtime();
    if (uv->wake <= now) {
        uv->wake = NEVER;
        uripc__set_time(uv);
        uripc_node_on_wake(uv->node);
    }
    uripc__wake_at(uv, uv->wake);
    if (uv->layers.layers != NULL && uv->layers.due > now && !URIPC__UV_MUTANT(LAYERS_ASLEEP))
        uripc__wake_at(uv, uv->layers.due);
}

/* Synchronous wrappers are not offered here: they would have to run the application's loop. */
static _Bool port_run_one(void *self)
{
    (void)self;
    return 0;
}

static const struct uripc_host ports = {
    .size = sizeof(struct uripc_host),
    .claim = port_claim,
    .release = port_release,
    .lookup = port_lookup,
    .carry = port_carry,
    .copy_out = port_copy_out,
    .wake_at = port_wake_at,
    .run_one = port_run_one,
};

/* ---- turns ---- */

void uripc__set_time(struct uripc_uv *uv)
{
    uripc_node_set_time(uv->node, uv_hrtime());
}

static void tell_ready(struct uripc_uv *uv)
{
    bool layered = uv->layers.layers != NULL && !URIPC__UV_MUTANT(LAYERS_UNTOLD);
    uint64_t completed =
        layered ? uripc_layers_completed(uv->layers.layers) : uripc_node_completed(uv->node);
    if (completed == uv->told)
        return;
    uv->told = completed;
    if (uv->on_ready != NULL)
        uv->on_ready(uv, uv->data);
}

static void on_idle(uv_idle_t *idle)
{
    (void)idle; /* its being active keeps the loop from sleeping */
}

static void finish(struct uripc_uv *uv);

void uripc__work(struct uripc_uv *uv)
{
    bool any = true;
    if (uv->closed)
        return;
    uripc__set_time(uv);
    uripc__resolver_compare(uv);
    for (unsigned round = 0; any && round < ROUNDS; round++) {
        any = uripc__resolver_work(uv);
        any = uripc__peers_work(uv) || any;
        any = uripc__layers_work(uv) || any;
        tell_ready(uv);
    }
    if (any)
        (void)uv_idle_start(&uv->idle, on_idle);
    else
        (void)uv_idle_stop(&uv->idle);
    if (uv->closing)
        finish(uv);
}

static void on_prepare(uv_prepare_t *prepare)
{
    struct uripc_uv *uv = prepare->data;
    uripc__work(uv);
    if (!uv->closed)
        uripc__peers_flush(uv, true);
}

static void on_check(uv_check_t *check)
{
    uripc__work(check->data);
}

static void on_again(uv_timer_t *timer)
{
    struct uripc_uv *uv = timer->data;
    uripc__peers_retry(uv);
    uripc__work(uv);
}

void uripc__try_again(struct uripc_uv *uv)
{
    if (!uv_is_active((uv_handle_t *)&uv->again))
        (void)uv_timer_start(&uv->again, on_again, AGAIN_MILLISECONDS, 0);
}

struct uripc_node *uripc_uv_node(struct uripc_uv *uv)
{
    uripc__set_time(uv);
    uripc__resolver_compare(uv);
    return uv->node;
}

void *uripc_uv_data(const struct uripc_uv *uv)
{
    return uv->data;
}

void uripc_uv_flush(struct uripc_uv *uv)
{
    uripc__peers_flush(uv, true);
}

/* ---- being connected to ---- */

static void on_connect(uv_poll_t *poll, int status, int events);

static void accept_again(uv_timer_t *timer)
{
    struct uripc_uv *uv = timer->data;
    (void)uv_poll_start(&uv->listener, UV_READABLE, on_connect);
}

void uripc__accept(struct uripc_uv *uv)
{
    for (unsigned i = 0; uv->listening && i < ACCEPTS; i++) {
        int accepted = accept4(uv->realm.socket, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (accepted >= 0) {
            uv->progress++;
            (void)uripc__connection_take(uv, accepted);
            continue;
        }
        if (errno == EAGAIN)
            return;
        if (errno == EINTR || errno == ECONNABORTED)
            continue;
        /* No descriptor is free.  Those who want to connect wait in the backlog. */
        uv->counters.unaccepted++;
        (void)uv_poll_stop(&uv->listener);
        (void)uv_timer_start(&uv->accept_again, accept_again, ACCEPT_MILLISECONDS, 0);
        return;
    }
}

static void on_connect(uv_poll_t *poll, int status, int events)
{
    (void)status;
    (void)events;
    uripc__accept(poll->data);
}

/* ---- opening ---- */

static enum uripc_status enter(struct uripc_uv *uv, uint64_t *id)
{
    enum uripc_status status = URIPC_EXISTS;
    for (unsigned i = 0; i < IDENTITIES && status == URIPC_EXISTS; i++) {
        *id = 0;
        if (uv_random(NULL, NULL, id, sizeof *id, 0, NULL) != 0)
            return URIPC_NO_RESOURCES;
        if (*id != 0)
            status = uripc__realm_enter(&uv->realm, *id);
    }
    return status == URIPC_EXISTS ? URIPC_NO_RESOURCES : status;
}

static enum uripc_status open_realm(struct uripc_uv *uv, const char *path, uint64_t *id)
{
    enum uripc_status status = uripc__realm_open(&uv->realm, path);
    if (status == URIPC_OK)
        return enter(uv, id);
    if (status != URIPC_ACCESS_DENIED)
        return status;
    uripc__realm_close(&uv->realm);
    uv->denied = true;
    *id = 1;
    return URIPC_OK;
}

static enum uripc_status make_node(struct uripc_uv *uv, uint64_t id)
{
    size_t bytes = uripc_node_bytes(&uv->limits);
    void *block = calloc(1, bytes);
    if (block == NULL || uripc__peer_number(uv, id) != URIPC__SELF) {
        free(block);
        return URIPC_NO_RESOURCES;
    }
    uv->node = uripc_node_init(block, &uv->limits, &ports, uv, id, URIPC__SELF);
    return URIPC_OK;
}

static void start(struct uripc_uv *uv)
{
    (void)uv_prepare_init(uv->loop, &uv->prepare);
    (void)uv_check_init(uv->loop, &uv->check);
    (void)uv_idle_init(uv->loop, &uv->idle);
    (void)uv_timer_init(uv->loop, &uv->alarm);
    (void)uv_timer_init(uv->loop, &uv->again);
    (void)uv_timer_init(uv->loop, &uv->accept_again);
    (void)uv_timer_init(uv->loop, &uv->patience);
    uv->handles = 7;
    uv->prepare.data = uv;
    uv->check.data = uv;
    uv->idle.data = uv;
    uv->alarm.data = uv;
    uv->again.data = uv;
    uv->accept_again.data = uv;
    uv->patience.data = uv;
    (void)uv_prepare_start(&uv->prepare, on_prepare);
    (void)uv_check_start(&uv->check, on_check);
}

static enum uripc_status start_listening(struct uripc_uv *uv)
{
    if (uv->denied)
        return URIPC_OK;
    if (uv_poll_init(uv->loop, &uv->listener, uv->realm.socket) != 0)
        return URIPC_NO_RESOURCES;
    uv->listener.data = uv;
    uv->listening = true;
    return uv_poll_start(&uv->listener, UV_READABLE, on_connect) == 0 ? URIPC_OK
                                                                      : URIPC_NO_RESOURCES;
}

static void release_all(struct uripc_uv *uv)
{
    uripc__peers_free(uv);
    uripc__resolver_free(uv);
    uripc__realm_leave(&uv->realm);
    uripc__realm_close(&uv->realm);
    uripc__layers_free(uv);
    free(uv->spare);
    free(uv->node);
    uv->spare = NULL;
    uv->node = NULL;
}

/* Those of a program that was built before there were layers end there. */
static bool read_options(const struct uripc_uv_options *from, struct uripc_uv_options *given)
{
    *given = (struct uripc_uv_options){0};
    if (from == NULL ||
        (from->size != sizeof *from && from->size != offsetof(struct uripc_uv_options, layers)))
        return false;
    memcpy(given, from, from->size);
    return uripc_node_bytes(&given->limits) != 0;
}

enum uripc_status uripc_uv_open(uv_loop_t *loop, const struct uripc_uv_options *options,
                                struct uripc_uv **opened)
{
    uint64_t id = 0;
    struct uripc_uv_options given;
    if (loop == NULL || !read_options(options, &given))
        return URIPC_INVALID_ARGUMENT;
    struct uripc_uv *uv = calloc(1, sizeof *uv);
    if (uv == NULL)
        return URIPC_NO_RESOURCES;
    uv->loop = loop;
    uv->on_ready = given.on_ready;
    uv->data = given.data;
    uv->limits = given.limits;
    uv->principal = geteuid();
    uv->wake = NEVER;
    enum uripc_status status = open_realm(uv, given.realm, &id);
    if (status == URIPC_OK)
        status = make_node(uv, id);
    if (status == URIPC_OK && given.layers != NULL)
        status = uripc__layers_seat(uv, given.layers, id);
    if (status == URIPC_OK)
        status = start_listening(uv);
    if (status != URIPC_OK) {
        if (uv->listening) {
            /* The handle has to outlive this call: let the loop close it. */
            start(uv);
            uripc_uv_close(uv, 0, NULL, NULL);
            return status;
        }
        release_all(uv);
        free(uv);
        return status;
    }
    uv->realm.id = uv->denied ? id : uv->realm.id;
    uv->resolver.sweep = !uv->denied;
    start(uv);
    *opened = uv;
    return URIPC_OK;
}

/* ---- closing ---- */

void uripc__handle_closed(struct uripc_uv *uv)
{
    if (--uv->handles != 0 || !uv->closed)
        return;
    void (*on_closed)(void *data) = uv->on_closed;
    void *data = uv->closed_data;
    free(uv);
    if (on_closed != NULL)
        on_closed(data);
}

static void on_handle_closed(uv_handle_t *handle)
{
    uripc__handle_closed(handle->data);
}

static void close_all(struct uripc_uv *uv)
{
    uv->closed = true;
    if (uv->listening) {
        uv->handles++;
        uv_close((uv_handle_t *)&uv->listener, on_handle_closed);
    }
    uv_close((uv_handle_t *)&uv->prepare, on_handle_closed);
    uv_close((uv_handle_t *)&uv->check, on_handle_closed);
    uv_close((uv_handle_t *)&uv->idle, on_handle_closed);
    uv_close((uv_handle_t *)&uv->alarm, on_handle_closed);
    uv_close((uv_handle_t *)&uv->again, on_handle_closed);
    uv_close((uv_handle_t *)&uv->accept_again, on_handle_closed);
    uv_close((uv_handle_t *)&uv->patience, on_handle_closed);
    if (uv->denied)
        uv->realm.id = 0;
    release_all(uv);
}

/* Goes on with closing; what is accepted comes first. */
static void finish(struct uripc_uv *uv)
{
    uint64_t now = uv_hrtime();
    uripc__peers_flush(uv, true);
    bool idle = uripc__peers_are_idle(uv) && !uripc_node_has_unsent(uv->node) &&
                uripc__bytes_held(&uv->resolver.changes) == 0;
    if (!idle && now < uv->linger) {
        uripc__try_again(uv);
        return;
    }
    bool late = now >= uv->linger && now - uv->linger >= GIVE_UP_NANOSECONDS;
    if (!uripc__resolver_give_up(uv) && !late) {
        uripc__try_again(uv);
        return;
    }
    close_all(uv);
}

void uripc_uv_close(struct uripc_uv *uv, uint64_t linger, void (*on_closed)(void *data), void *data)
{
    uint64_t now = uv_hrtime();
    if (uv->closing)
        return;
    uv->closing = true;
    uv->linger = linger < NEVER - now ? now + linger : NEVER;
    uv->on_closed = on_closed;
    uv->closed_data = data;
    uripc__try_again(uv);
}
