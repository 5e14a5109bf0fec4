/* SPDX-License-Identifier: MIT */
#include "registration.h"

#include <string.h>

#include "calls.h"
#include "inbox.h"
#include "joined.h"
#include "name.h"
#include "options.h"
#include "ports.h"
#include "send.h"
#include "store.h"

enum { SLOT_BITS = 16 };

uint32_t uripc__registration_find(struct uripc_node *node, struct uripc_handle handle)
{
    uint32_t slot = (uint32_t)(handle.id & ((1u << SLOT_BITS) - 1));
    if (handle.id == 0 || slot >= node->registrations_used)
        return URIPC__NONE;
    const struct uripc__registration *found = uripc__registration(node, slot);
    _Bool same = found->id == handle.id || URIPC_MUTANT(HANDLE_BY_SLOT);
    _Bool open = found->state == URIPC__OPEN || URIPC_MUTANT(CLOSED_IS_OPEN);
    return open && same ? slot : URIPC__NONE;
}

/* ---- slots ---- */

static uint32_t take_slot(struct uripc_node *node)
{
    uint32_t slot = node->registrations_free;
    if (slot != URIPC__NONE)
        node->registrations_free = uripc__registration(node, slot)->parent;
    else if (node->registrations_used < node->limits.registrations)
        slot = node->registrations_used++;
    return slot;
}

static void vacate(struct uripc_node *node, uint32_t slot)
{
    struct uripc__registration *registration = uripc__registration(node, slot);
    registration->state = URIPC__VACANT;
    registration->parent = node->registrations_free;
    node->registrations_free = slot;
}

/* ---- register ---- */

/* The canonical name of a registration, written to `out` (REG-11, REG-12). */
static enum uripc_status make_name(struct uripc_node *node, uint32_t parent, struct uripc_text uri,
                                   char *out, size_t *length)
{
    size_t capacity = node->limits.uri_units;
    if (parent == URIPC__NONE)
        return uripc_name_canonical(uri, URIPC_NAME_REGISTERED, out, capacity, length);
    struct uripc_text above = {.at = uripc__name(node, parent),
                               .length = uripc__registration(node, parent)->name_units};
    char *scratch = uripc__at(node, node->at_scratch);
    size_t composed = 0;
    enum uripc_status status = URIPC_OK;
    if (!uripc_name_is_absolute(uri)) {
        status = uripc_name_compose(above, uri, scratch, capacity, &composed);
        uri = (struct uripc_text){.at = scratch, .length = composed};
    }
    if (status == URIPC_OK)
        status = uripc_name_canonical(uri, URIPC_NAME_REGISTERED, out, capacity, length);
    if (status != URIPC_OK)
        return status;
    struct uripc_text name = {.at = out, .length = *length};
    _Bool below = uripc_name_is_below(name, above) || URIPC_MUTANT(CHILD_ANYWHERE);
    return below ? URIPC_OK : URIPC_INVALID_NAME;
}

static uint64_t next_id(struct uripc_node *node, uint32_t slot)
{
    if (URIPC_MUTANT(SAME_INCARNATION))
        return 1u << SLOT_BITS | slot;
    node->serials += URIPC_MUTANT(SPARSE_IDS) ? 1000 : 1;
    return node->serials << SLOT_BITS | slot;
}

static void claim(struct uripc_node *node, uint32_t slot)
{
    const struct uripc__registration *registration = uripc__registration(node, slot);
    uripc__port_claim(
        node, &(struct uripc_claim){
                  .ticket = slot,
                  .serial = registration->id,
                  .name = {.at = uripc__name(node, slot), .length = registration->name_units},
                  .options = registration->options,
                  .joins = 1,
              });
}

enum uripc_status uripc_register(struct uripc_node *node, struct uripc_handle parent,
                                 struct uripc_text uri,
                                 const struct uripc_register_options *options, uint64_t overlapped)
{
    struct uripc_register_options chosen;
    uint32_t above = uripc__registration_find(node, parent);
    if (parent.id != 0 && above == URIPC__NONE) /* REG-15 */
        return URIPC_INVALID_HANDLE;
    enum uripc_status status = uripc__read_register_options(options, &chosen);
    char *name = uripc__at(node, node->at_scratch + node->limits.uri_units);
    size_t units = 0;
    node->target_last = 0; /* where a target was, a name is written */
    if (status == URIPC_OK)
        status = make_name(node, above, uri, name, &units);
    if (status == URIPC_OK)
        status = uripc__call_may_start(node, overlapped);
    if (status != URIPC_OK)
        return status;
    uint32_t slot = take_slot(node);
    if (slot == URIPC__NONE) /* CMP-14 */
        return URIPC_NO_RESOURCES;

    uint64_t deadline = chosen.deadline;
    chosen.deadline = 0;
    *uripc__registration(node, slot) = (struct uripc__registration){
        .id = next_id(node, slot), /* LIF-2, LIF-3 */
        .options = chosen,
        .state = URIPC__ASKED,
        .parent = above,
        .home = slot,
        .name_units = (uint32_t)units,
        .calls = {URIPC__NONE, URIPC__NONE},
        .receives = {URIPC__NONE, URIPC__NONE},
        .inbox = URIPC_MUTANT(QUEUE_INHERITED) && node->serials > slot + 1u
                     ? uripc__registration(node, slot)->inbox
                     : (struct uripc__queue){0},
    };
    memcpy(uripc__name(node, slot), name, units);
    uint32_t call = uripc__call_start(node, &(struct uripc__start){.call = URIPC_CALL_REGISTER,
                                                                   .overlapped = overlapped,
                                                                   .registration = slot,
                                                                   .deadline = deadline});
    uripc__call(node, call)->phase = URIPC__CLAIMING;
    uripc__registration(node, slot)->claim = call;
    claim(node, slot);
    uripc__turn_end(node);
    return URIPC_PENDING;
}

static void opened(struct uripc_node *node, uint32_t slot, uint32_t home)
{
    struct uripc__registration *registration = uripc__registration(node, slot);
    struct uripc_completion *result = &uripc__call(node, registration->claim)->result;
    registration->state = URIPC__OPEN;
    registration->home = home;
    result->handle.id = registration->id;
    result->incarnation = (struct uripc_incarnation){
        .node = node->identity, .serial = uripc__registration(node, home)->id}; /* LIF-4 */
    if (URIPC_MUTANT(LIFE_OF_QUEUE) && registration->queue.node != 0)
        result->incarnation = registration->queue;
    uripc__call_complete(node, registration->claim, URIPC_OK, URIPC_DEFINITE);
}

void uripc__registration_claimed(struct uripc_node *node, uint32_t slot, enum uripc_status status,
                                 uint64_t serial)
{
    struct uripc__registration *registration = uripc__registration(node, slot);
    _Bool own = status == URIPC_OK && serial == registration->id;
    if (registration->state == URIPC__ABANDONED) {
        if (own)
            uripc__port_release(node, URIPC__NONE, serial);
        vacate(node, slot);
        return;
    }
    uint32_t home = slot;
    if (status == URIPC_OK && !own) { /* REG-7 */
        home = uripc__registration_find(node, (struct uripc_handle){.id = serial});
        if (home == URIPC__NONE)
            status = URIPC_ABORTED; /* the queue to join has just ended */
    }
    if (status == URIPC_OK) {
        opened(node, slot, home);
        return;
    }
    uripc__call_complete(node, registration->claim, status, URIPC_DEFINITE);
    vacate(node, slot);
}

void uripc__registration_joins(struct uripc_node *node, uint32_t slot, uint32_t peer,
                               struct uripc_incarnation home)
{
    if (uripc__registration(node, slot)->state == URIPC__ABANDONED)
        vacate(node, slot);
    else
        uripc__joined_ask(node, slot, peer, home);
}

void uripc__registration_joined(struct uripc_node *node, uint32_t slot, enum uripc_status status)
{
    const struct uripc__registration *registration = uripc__registration(node, slot);
    if (registration->state == URIPC__OPEN) {
        if (status != URIPC_OK) /* else the carrier repeats itself */
            uripc__registration_lose(node, slot);
        return;
    }
    if (registration->state == URIPC__ABANDONED) {
        if (status == URIPC_OK)
            uripc__joined_leave(node, slot, registration->join);
    } else if (status == URIPC_OK) {
        opened(node, slot, slot); /* LIF-3 */
        return;
    } else {
        uripc__call_complete(node, registration->claim, status, URIPC_DEFINITE);
    }
    vacate(node, slot);
}

void uripc__registration_abandon(struct uripc_node *node, uint32_t slot, enum uripc_status status)
{
    struct uripc__registration *registration = uripc__registration(node, slot);
    registration->state = URIPC__ABANDONED;
    uripc__call_complete(node, registration->claim, status, URIPC_DEFINITE);
}

/* ---- the end ---- */

void uripc__call_end(struct uripc_node *node, uint32_t slot, enum uripc_status status,
                     enum uripc_certainty sent)
{
    struct uripc__call *call = uripc__call(node, slot);
    uint32_t home;
    switch (call->phase) {
    case URIPC__CLAIMING:
        uripc__registration_abandon(node, call->registration, status);
        break;
    case URIPC__OUTBOX:
        uripc__send_drop(node, slot, status);
        break;
    case URIPC__SENT:
        uripc__call_complete(node, slot, status, sent);
        break;
    case URIPC__RECEIVING:
        home = uripc__registration(node, call->registration)->home;
        uripc__queue_remove(node, &uripc__registration(node, home)->receives, slot);
        uripc__call_complete(node, slot, status, URIPC_DEFINITE);
        break;
    case URIPC__TAKING:
        uripc__joined_leave(node, call->registration, call->result.message_id);
        uripc__call_complete(node, slot, status, URIPC_DEFINITE);
        break;
    case URIPC__JOINED:
        uripc__call_complete(node, slot, status, URIPC_DEFINITE);
        break;
    case URIPC__GIVEN: /* it is the worker's; if that returns it, there is no queue any more */
        uripc__store_drop(node, call->message);
        uripc__call_drop(node, slot);
        break;
    case URIPC__RELEASING:
    case URIPC__DONE:
    case URIPC__FREE:
        break;
    }
}

/* Completes everything pending on a handle, in start order (CMP-16). */
static void end_calls(struct uripc_node *node, uint32_t slot, enum uripc_status receives)
{
    struct uripc__list *calls = &uripc__registration(node, slot)->calls;
    while (calls->head != URIPC__NONE) {
        uint32_t slot_of = URIPC_MUTANT(CLOSE_REVERSED) ? calls->tail : calls->head;
        const struct uripc__call *call = uripc__call(node, slot_of);
        _Bool receiving = call->phase == URIPC__RECEIVING || call->phase == URIPC__TAKING;
        enum uripc_status status = receiving ? receives : URIPC_CLOSED;
        if (call->foreign) /* LIF-9 */
            status = URIPC_ABORTED;
        uripc__call_end(node, slot_of, status, URIPC_INDEFINITE);
    }
}

static _Bool is_live(const struct uripc__registration *registration)
{
    return registration->state == URIPC__OPEN || registration->state == URIPC__ASKED;
}

/* The handles of this node that joined this queue lose it (LIF-9). */
static void end_joined(struct uripc_node *node, uint32_t home)
{
    for (uint32_t slot = 0; slot < node->registrations_used; slot++) {
        const struct uripc__registration *joined = uripc__registration(node, slot);
        if (!URIPC_MUTANT(JOINED_STAY) && slot != home && joined->state == URIPC__OPEN &&
            joined->home == home)
            uripc__registration_lose(node, slot);
    }
}

/* Ends one registration that has nothing below it any more; its receives complete `receives`. */
static void end_one(struct uripc_node *node, uint32_t slot, uint32_t ticket,
                    enum uripc_status receives)
{
    struct uripc__registration *registration = uripc__registration(node, slot);
    if (registration->state == URIPC__ASKED) {
        uripc__registration_abandon(node, slot, URIPC_CLOSED);
        return;
    }
    end_calls(node, slot, receives);
    if (registration->queue.node != 0) {
        uripc__joined_leave(node, slot, registration->join);
    } else if (registration->home == slot) {
        end_joined(node, slot);
        uripc__inbox_end(node, slot);
        uripc__port_release(node, ticket, registration->id); /* LIF-5 */
    }
    vacate(node, slot);
}

/* A live registration below `slot` that has none below itself, or `slot`. */
static uint32_t deepest_below(struct uripc_node *node, uint32_t slot)
{
    for (uint32_t i = 0; i < node->registrations_used; i++) {
        const struct uripc__registration *child = uripc__registration(node, i);
        if (is_live(child) && child->parent == slot) {
            slot = i;
            i = URIPC__NONE; /* look again, below this one */
        }
    }
    return slot;
}

static void end_below(struct uripc_node *node, uint32_t slot)
{
    uint32_t below;
    while (!URIPC_MUTANT(CHILDREN_STAY) && (below = deepest_below(node, slot)) != slot) /* LIF-7 */
        end_one(node, below, URIPC__NONE, URIPC_CLOSED);
}

void uripc__registration_revoked(struct uripc_node *node, uint64_t serial)
{
    uint32_t slot = uripc__registration_find(node, (struct uripc_handle){.id = serial});
    if (slot == URIPC__NONE || URIPC_MUTANT(LOSS_UNNOTICED)) /* closed meanwhile */
        return;
    end_below(node, slot);
    end_one(node, slot, URIPC__NONE, URIPC_ABORTED); /* RES-9 */
}

void uripc__registration_lose(struct uripc_node *node, uint32_t slot)
{
    if (URIPC_MUTANT(JOINED_STAY))
        return;
    end_below(node, slot);
    uripc__registration(node, slot)->queue.node = 0; /* nobody is left to be told */
    end_calls(node, slot, URIPC_ABORTED);
    vacate(node, slot);
}

enum uripc_status uripc_close(struct uripc_node *node, struct uripc_handle handle,
                              uint64_t overlapped)
{
    uint32_t slot = uripc__registration_find(node, handle);
    if (slot == URIPC__NONE) /* CMP-17 */
        return URIPC_INVALID_HANDLE;
    enum uripc_status status = uripc__call_may_start(node, overlapped);
    if (status != URIPC_OK)
        return status;
    const struct uripc__registration *closed = uripc__registration(node, slot);
    _Bool joined = closed->home != slot || closed->queue.node != 0;
    uint32_t call = uripc__call_start(node, &(struct uripc__start){.call = URIPC_CALL_CLOSE,
                                                                   .overlapped = overlapped,
                                                                   .handle = handle.id,
                                                                   .registration = URIPC__NONE});
    uripc__call(node, call)->phase = URIPC__RELEASING;
    end_below(node, slot);
    end_one(node, slot, call, URIPC_CLOSED);
    if (joined)
        uripc__call_complete(node, call, URIPC_OK, URIPC_DEFINITE);
    uripc__turn_end(node);
    return URIPC_PENDING;
}
