/* SPDX-License-Identifier: MIT */
#include "codec.h"

#include <stdbool.h>
#include <string.h>

#include "reference/name.h"

enum { CONFIRMED = 1, NOWAIT = 2, GROUP = 4 };
enum { WIDE = 4, DISCARD = 8 }; /* of a take */
enum { LAST_RESERVED_KIND = 127 };

static const char magic[8] = {'u', 'r', 'i', 'p', 'c', 'i', 'p', 'c'};

/* ---- numbers, lowest byte first ---- */

static uint16_t get16(const unsigned char *at)
{
    return (uint16_t)(at[0] | at[1] << 8);
}

static uint32_t get32(const unsigned char *at)
{
    return (uint32_t)at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 | (uint32_t)at[3] << 24;
}

static uint64_t get64(const unsigned char *at)
{
    return get32(at) | (uint64_t)get32(at + 4) << 32;
}

static void put16(unsigned char *at, uint32_t value)
{
    at[0] = (unsigned char)value;
    at[1] = (unsigned char)(value >> 8);
}

static void put32(unsigned char *at, uint32_t value)
{
    put16(at, value);
    put16(at + 2, value >> 16);
}

static void put64(unsigned char *at, uint64_t value)
{
    put32(at, (uint32_t)value);
    put32(at + 4, (uint32_t)(value >> 32));
}

/* ---- reading ---- */

static void get_ids(const unsigned char *at, struct uripc_frame *frame, enum uripc_frame_kind kind)
{
    frame->kind = kind;
    frame->message_id = get64(at + 8);
    frame->from.serial = get64(at + 16);
    frame->to.serial = get64(at + 24);
}

static enum uripc__wire_result read_hello(const unsigned char *at, struct uripc__wire *out)
{
    if (out->size != URIPC__HELLO_BYTES || memcmp(at + 8, magic, sizeof magic) != 0)
        return URIPC__WIRE_BROKEN;
    out->lowest = get16(at + 6);
    out->node = get64(at + 16);
    out->highest = get16(at + 24);
    return out->lowest <= out->highest ? URIPC__WIRE_WHOLE : URIPC__WIRE_BROKEN;
}

static enum uripc__wire_result read_message(const unsigned char *at, size_t length,
                                            struct uripc__wire *out)
{
    uint32_t source = get16(at + 32);
    uint32_t target = get16(at + 34);
    uint32_t data = get32(at + 36);
    uint32_t name = get16(at + 6);
    if (out->size != (uint64_t)URIPC__MESSAGE_BYTES + source + target + data || name > source)
        return URIPC__WIRE_BROKEN;
    const char *texts = (const char *)at + URIPC__MESSAGE_BYTES;
    struct uripc_frame *frame = &out->frame;
    bool whole = length >= out->size;
    get_ids(at, frame, URIPC_FRAME_MESSAGE);
    frame->flags = at[5] & NOWAIT ? URIPC_NOWAIT : 0;
    frame->confirmed = (at[5] & CONFIRMED) != 0;
    frame->name_units = name;
    frame->data_bytes = data;
    frame->source = (struct uripc_text){.at = texts, .length = whole ? source : 0};
    frame->target = (struct uripc_text){.at = texts + source, .length = whole ? target : 0};
    frame->data = whole ? texts + source + target : NULL;
    return whole ? URIPC__WIRE_WHOLE : URIPC__WIRE_MORE;
}

/* Whether a confirmed send can end like this, by what its target says. */
static _Bool is_answer(unsigned status, unsigned certainty)
{
    enum uripc_certainty allowed = uripc_status_certainty((enum uripc_status)status);
    if (certainty != URIPC_DEFINITE && certainty != URIPC_INDEFINITE)
        return 0;
    if (strcmp(uripc_status_name((enum uripc_status)status), "unknown-status") == 0 ||
        status == URIPC_PENDING)
        return 0;
    if (status == URIPC_ABORTED) /* only of layers it may be the other (CMP-9) */
        allowed = URIPC_DEFINITE;
    return allowed == URIPC_EITHER || allowed == certainty;
}

static enum uripc__wire_result read_answer(const unsigned char *at, struct uripc__wire *out)
{
    out->count = get32(at + 32);
    unsigned certainty = get16(at + 6);
    uint64_t first = get64(at + 8);
    if (out->size != URIPC__ANSWER_BYTES || out->count == 0 || !is_answer(at[5], certainty) ||
        first > UINT64_MAX - out->count)
        return URIPC__WIRE_BROKEN;
    get_ids(at, &out->frame, URIPC_FRAME_ANSWER);
    out->frame.status = (enum uripc_status)at[5];
    out->frame.certainty = (enum uripc_certainty)certainty;
    return URIPC__WIRE_WHOLE;
}

static enum uripc__wire_result read_withdraw(const unsigned char *at, struct uripc__wire *out)
{
    if (out->size != URIPC__WITHDRAW_BYTES)
        return URIPC__WIRE_BROKEN;
    get_ids(at, &out->frame, URIPC_FRAME_WITHDRAW);
    return URIPC__WIRE_WHOLE;
}

static enum uripc__wire_result read_join(const unsigned char *at, struct uripc__wire *out)
{
    if (out->size != URIPC__JOIN_BYTES)
        return URIPC__WIRE_BROKEN;
    get_ids(at, &out->frame, URIPC_FRAME_JOIN);
    return URIPC__WIRE_WHOLE;
}

static enum uripc__wire_result read_take(const unsigned char *at, struct uripc__wire *out)
{
    if (out->size != URIPC__TAKE_BYTES)
        return URIPC__WIRE_BROKEN;
    get_ids(at, &out->frame, URIPC_FRAME_TAKE);
    out->frame.flags = (at[5] & NOWAIT ? URIPC_NOWAIT : 0u) | (at[5] & WIDE ? URIPC_UTF16 : 0u) |
                       (at[5] & DISCARD ? URIPC_DISCARD : 0u);
    out->frame.size = get32(at + 32);
    return URIPC__WIRE_WHOLE;
}

/* Whether a join or a take can end like this. */
static _Bool is_given(unsigned status)
{
    return status == URIPC_OK || status == URIPC_BUFFER_TOO_SMALL || status == URIPC_TIMEOUT ||
           status == URIPC_NO_RESOURCES || status == URIPC_ABORTED;
}

static void get_source(const unsigned char *at, struct uripc_frame *frame)
{
    frame->message_id = get64(at + 40);
    frame->from = (struct uripc_incarnation){.node = get64(at + 48), .serial = get64(at + 56)};
    frame->principal = get64(at + 64);
}

static enum uripc__wire_result read_given(const unsigned char *at, size_t length,
                                          struct uripc__wire *out)
{
    uint32_t source = get16(at + 32);
    uint32_t target = get16(at + 34);
    uint32_t data = get32(at + 36);
    bool full = at[5] == URIPC_OK;
    uint64_t texts_and_data = full ? (uint64_t)source + target + data : 0;
    if (!is_given(at[5]) || out->size != URIPC__GIVEN_BYTES + texts_and_data)
        return URIPC__WIRE_BROKEN;
    const char *texts = (const char *)at + URIPC__GIVEN_BYTES;
    bool whole = length >= out->size;
    out->frame = (struct uripc_frame){
        .kind = URIPC_FRAME_GIVEN,
        .status = (enum uripc_status)at[5],
        .take = get64(at + 8),
        .home.serial = get64(at + 16),
        .to.serial = get64(at + 24),
    };
    if (full || at[5] == URIPC_BUFFER_TOO_SMALL) {
        get_source(at, &out->frame);
        out->frame.source.length = whole ? source : 0;
        out->frame.target.length = whole ? target : 0;
    }
    if (full) {
        out->frame.source.at = texts;
        out->frame.target.at = texts + source;
        out->frame.data = whole ? texts + source + target : NULL;
        out->frame.data_bytes = data;
    } else if (at[5] == URIPC_BUFFER_TOO_SMALL) {
        out->frame.size = data;
    }
    return whole ? URIPC__WIRE_WHOLE : URIPC__WIRE_MORE;
}

static enum uripc__wire_result read_taken(const unsigned char *at, struct uripc__wire *out)
{
    if (out->size != URIPC__TAKEN_BYTES || (at[5] != URIPC_OK && at[5] != URIPC_ABORTED))
        return URIPC__WIRE_BROKEN;
    out->frame = (struct uripc_frame){
        .kind = URIPC_FRAME_TAKEN,
        .status = (enum uripc_status)at[5],
        .take = get64(at + 8),
        .to.serial = get64(at + 24),
    };
    return URIPC__WIRE_WHOLE;
}

/* Bytes without which nothing can be said about a frame of this kind; 0: no such kind. */
static uint32_t head_of(unsigned kind)
{
    switch (kind) {
    case URIPC__WIRE_HELLO:
        return URIPC__HELLO_BYTES;
    case URIPC__WIRE_MESSAGE:
        return URIPC__MESSAGE_BYTES;
    case URIPC__WIRE_ANSWER:
        return URIPC__ANSWER_BYTES;
    case URIPC__WIRE_WITHDRAW:
        return URIPC__WITHDRAW_BYTES;
    case URIPC__WIRE_JOIN:
        return URIPC__JOIN_BYTES;
    case URIPC__WIRE_TAKE:
        return URIPC__TAKE_BYTES;
    case URIPC__WIRE_GIVEN:
        return URIPC__GIVEN_BYTES;
    case URIPC__WIRE_TAKEN:
        return URIPC__TAKEN_BYTES;
    case URIPC__WIRE_ASK:
    case URIPC__WIRE_STATE:
        return URIPC__WIRE_HEAD;
    default:
        return kind > LAST_RESERVED_KIND ? URIPC__WIRE_HEAD : 0;
    }
}

enum uripc__wire_result uripc__wire_read(const unsigned char *bytes, size_t length,
                                         struct uripc__wire *out)
{
    out->size = 0;
    if (length < URIPC__WIRE_HEAD)
        return URIPC__WIRE_MORE;
    uint32_t size = get32(bytes);
    unsigned kind = bytes[4];
    uint32_t head = head_of(kind);
    if (head == 0 || size < head)
        return URIPC__WIRE_BROKEN;
    if (length < head)
        return URIPC__WIRE_MORE;
    out->size = size;
    out->kind = kind > URIPC__WIRE_TAKEN ? URIPC__WIRE_UNKNOWN : (enum uripc__wire_kind)kind;
    switch (out->kind) {
    case URIPC__WIRE_HELLO:
        return read_hello(bytes, out);
    case URIPC__WIRE_MESSAGE:
        return read_message(bytes, length, out);
    case URIPC__WIRE_ANSWER:
        return read_answer(bytes, out);
    case URIPC__WIRE_WITHDRAW:
        return read_withdraw(bytes, out);
    case URIPC__WIRE_JOIN:
        return read_join(bytes, out);
    case URIPC__WIRE_TAKE:
        return read_take(bytes, out);
    case URIPC__WIRE_GIVEN:
        return read_given(bytes, length, out);
    case URIPC__WIRE_TAKEN:
        return read_taken(bytes, out);
    case URIPC__WIRE_ASK:
        return size == URIPC__ASK_BYTES ? URIPC__WIRE_WHOLE : URIPC__WIRE_BROKEN;
    case URIPC__WIRE_STATE:
    case URIPC__WIRE_UNKNOWN:
        break;
    }
    return length < size ? URIPC__WIRE_MORE : URIPC__WIRE_WHOLE;
}

static _Bool is_canonical(struct uripc_text text, enum uripc_name_use use, char *scratch)
{
    size_t length = 0;
    return uripc_name_canonical(text, use, scratch, UINT16_MAX, &length) == URIPC_OK &&
           length == text.length && memcmp(scratch, text.at, length) == 0;
}

_Bool uripc__wire_is_canonical(const struct uripc_frame *message, char *scratch)
{
    struct uripc_text name = {.at = message->source.at, .length = message->name_units};
    return is_canonical(message->source, URIPC_NAME_TARGET, scratch) &&
           is_canonical(message->target, URIPC_NAME_TARGET, scratch) &&
           (message->kind == URIPC_FRAME_GIVEN ||
            is_canonical(name, URIPC_NAME_REGISTERED, scratch));
}

/* ---- writing ---- */

static void put_head(unsigned char *out, uint32_t size, unsigned kind, unsigned fifth,
                     uint32_t sixth)
{
    put32(out, size);
    out[4] = (unsigned char)kind;
    out[5] = (unsigned char)fifth;
    put16(out + 6, sixth);
}

size_t uripc__wire_write_hello(unsigned char *out, uint64_t node, uint16_t lowest, uint16_t highest)
{
    put_head(out, URIPC__HELLO_BYTES, URIPC__WIRE_HELLO, 0, lowest);
    memcpy(out + 8, magic, sizeof magic);
    put64(out + 16, node);
    put64(out + 24, highest);
    put64(out + 32, 0);
    return URIPC__HELLO_BYTES;
}

static void put_ids(unsigned char *out, uint64_t message, uint64_t from, uint64_t to)
{
    put64(out + 8, message);
    put64(out + 16, from);
    put64(out + 24, to);
}

size_t uripc__wire_write_message(unsigned char *out, const struct uripc_frame *frame)
{
    size_t source = frame->source.length;
    size_t target = frame->target.length;
    size_t bytes = URIPC__MESSAGE_BYTES + source + target;
    unsigned flags = frame->confirmed ? CONFIRMED : GROUP;
    if (frame->flags & URIPC_NOWAIT)
        flags |= NOWAIT;
    put_head(out, (uint32_t)(bytes + frame->data_bytes), URIPC__WIRE_MESSAGE, flags,
             frame->name_units);
    put_ids(out, frame->message_id, frame->from.serial, frame->to.serial);
    put16(out + 32, (uint32_t)source);
    put16(out + 34, (uint32_t)target);
    put32(out + 36, frame->data_bytes);
    memcpy(out + URIPC__MESSAGE_BYTES, frame->source.at, source);
    memcpy(out + URIPC__MESSAGE_BYTES + source, frame->target.at, target);
    return bytes;
}

size_t uripc__wire_write_answer(unsigned char *out, const struct uripc_frame *frame, uint32_t count)
{
    put_head(out, URIPC__ANSWER_BYTES, URIPC__WIRE_ANSWER, frame->status, frame->certainty);
    put_ids(out, frame->message_id, frame->from.serial, frame->to.serial);
    put64(out + 32, count);
    return URIPC__ANSWER_BYTES;
}

size_t uripc__wire_write_withdraw(unsigned char *out, const struct uripc_frame *frame)
{
    put_head(out, URIPC__WITHDRAW_BYTES, URIPC__WIRE_WITHDRAW, 0, 0);
    put_ids(out, frame->message_id, frame->from.serial, frame->to.serial);
    return URIPC__WITHDRAW_BYTES;
}

size_t uripc__wire_write_join(unsigned char *out, const struct uripc_frame *frame)
{
    put_head(out, URIPC__JOIN_BYTES, URIPC__WIRE_JOIN, 0, 0);
    put_ids(out, frame->message_id, frame->from.serial, frame->to.serial);
    return URIPC__JOIN_BYTES;
}

size_t uripc__wire_write_take(unsigned char *out, const struct uripc_frame *frame)
{
    unsigned flags = (frame->flags & URIPC_NOWAIT ? NOWAIT : 0u) |
                     (frame->flags & URIPC_UTF16 ? WIDE : 0u) |
                     (frame->flags & URIPC_DISCARD ? DISCARD : 0u);
    put_head(out, URIPC__TAKE_BYTES, URIPC__WIRE_TAKE, flags, 0);
    put_ids(out, frame->message_id, frame->from.serial, frame->to.serial);
    put64(out + 32, frame->size);
    return URIPC__TAKE_BYTES;
}

size_t uripc__wire_write_given(unsigned char *out, const struct uripc_frame *frame)
{
    size_t source = frame->source.length;
    size_t target = frame->target.length;
    bool full = frame->status == URIPC_OK;
    size_t texts = full ? source + target : 0;
    uint32_t data = full ? frame->data_bytes : 0;
    put_head(out, (uint32_t)(URIPC__GIVEN_BYTES + texts + data), URIPC__WIRE_GIVEN, frame->status,
             0);
    put_ids(out, frame->take, frame->home.serial, frame->to.serial);
    put16(out + 32, (uint32_t)source);
    put16(out + 34, (uint32_t)target);
    put32(out + 36, full ? data : frame->size);
    put64(out + 40, frame->message_id);
    put64(out + 48, frame->from.node);
    put64(out + 56, frame->from.serial);
    put64(out + 64, frame->principal);
    if (texts != 0) {
        memcpy(out + URIPC__GIVEN_BYTES, frame->source.at, source);
        memcpy(out + URIPC__GIVEN_BYTES + source, frame->target.at, target);
    }
    return URIPC__GIVEN_BYTES + texts;
}

size_t uripc__wire_write_taken(unsigned char *out, const struct uripc_frame *frame)
{
    put_head(out, URIPC__TAKEN_BYTES, URIPC__WIRE_TAKEN, frame->status, 0);
    put_ids(out, frame->take, 0, frame->to.serial);
    return URIPC__TAKEN_BYTES;
}

size_t uripc__wire_write_state(unsigned char *out, uint32_t length)
{
    put_head(out, URIPC__WIRE_HEAD + length, URIPC__WIRE_STATE, 0, 0);
    return URIPC__WIRE_HEAD;
}
