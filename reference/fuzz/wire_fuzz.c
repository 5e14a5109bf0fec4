/* SPDX-License-Identifier: MIT */
/* Frames of the wire from any bytes: nothing is read beyond them, a frame that is there in part is
 * told as one that is there whole, and what was read can be written and read again. */
#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "reference/uv/codec.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void same_text(struct uripc_text a, struct uripc_text b)
{
    assert(a.length == b.length && (a.at == NULL) == (b.at == NULL));
    assert(a.length == 0 || a.at == NULL || memcmp(a.at, b.at, a.length) == 0);
}

static void same_frame(const struct uripc_frame *a, const struct uripc_frame *b)
{
    assert(a->message_id == b->message_id && a->from.serial == b->from.serial);
    assert(a->to.serial == b->to.serial && a->confirmed == b->confirmed);
    assert(a->status == b->status && a->certainty == b->certainty && a->flags == b->flags);
    assert(a->data_bytes == b->data_bytes && a->name_units == b->name_units);
    assert(a->size == b->size && a->take == b->take && a->principal == b->principal);
    assert(a->from.node == b->from.node && a->home.serial == b->home.serial);
}

static void write_again(const struct uripc__wire *wire)
{
    unsigned char *copy = malloc(wire->size + URIPC__HELLO_BYTES);
    size_t length = 0;
    struct uripc__wire again = {0};
    assert(copy != NULL);
    if (wire->kind == URIPC__WIRE_MESSAGE) {
        length = uripc__wire_write_message(copy, &wire->frame);
        memcpy(copy + length, wire->frame.data, wire->frame.data_bytes);
        length += wire->frame.data_bytes;
    } else if (wire->kind == URIPC__WIRE_ANSWER) {
        length = uripc__wire_write_answer(copy, &wire->frame, wire->count);
    } else if (wire->kind == URIPC__WIRE_WITHDRAW) {
        length = uripc__wire_write_withdraw(copy, &wire->frame);
    } else if (wire->kind == URIPC__WIRE_HELLO) {
        length = uripc__wire_write_hello(copy, wire->node, wire->lowest, wire->highest);
    } else if (wire->kind == URIPC__WIRE_GIVEN) {
        length = uripc__wire_write_given(copy, &wire->frame);
        if (wire->frame.data_bytes != 0)
            memcpy(copy + length, wire->frame.data, wire->frame.data_bytes);
        length += wire->frame.data_bytes;
    } else if (wire->kind == URIPC__WIRE_JOIN) {
        length = uripc__wire_write_join(copy, &wire->frame);
    } else if (wire->kind == URIPC__WIRE_TAKE) {
        length = uripc__wire_write_take(copy, &wire->frame);
    } else if (wire->kind == URIPC__WIRE_TAKEN) {
        length = uripc__wire_write_taken(copy, &wire->frame);
    }
    if (length != 0) {
        assert(length == wire->size);
        assert(uripc__wire_read(copy, length, &again) == URIPC__WIRE_WHOLE);
        assert(again.kind == wire->kind && again.size == wire->size);
    }
    if (length != 0 && wire->kind != URIPC__WIRE_HELLO) {
        same_frame(&again.frame, &wire->frame);
        same_text(again.frame.source, wire->frame.source);
        same_text(again.frame.target, wire->frame.target);
    }
    free(copy);
}

/* A copy of its own size, so that a sanitizer sees what is read beyond it. */
static enum uripc__wire_result read_part(const uint8_t *data, size_t length)
{
    unsigned char *part = malloc(length != 0 ? length : 1);
    struct uripc__wire wire;
    assert(part != NULL);
    memcpy(part, data, length);
    enum uripc__wire_result result = uripc__wire_read(part, length, &wire);
    assert(result != URIPC__WIRE_WHOLE || wire.size <= length);
    free(part);
    return result;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static char scratch[UINT16_MAX];
    for (;;) {
        struct uripc__wire wire = {0}; /* only what a frame of its kind has is set */
        if (uripc__wire_read(data, size, &wire) != URIPC__WIRE_WHOLE)
            return 0;
        assert(wire.size >= URIPC__WIRE_HEAD && wire.size <= size);
        assert(read_part(data, wire.size) == URIPC__WIRE_WHOLE);
        assert(read_part(data, wire.size - 1) == URIPC__WIRE_MORE);
        assert(read_part(data, wire.size / 2) == URIPC__WIRE_MORE);
        if (wire.kind == URIPC__WIRE_MESSAGE ||
            (wire.kind == URIPC__WIRE_GIVEN && wire.frame.status == URIPC_OK))
            (void)uripc__wire_is_canonical(&wire.frame, scratch);
        write_again(&wire);
        data += wire.size;
        size -= wire.size;
    }
}
