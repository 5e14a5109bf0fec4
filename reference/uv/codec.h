/* SPDX-License-Identifier: MIT */
/* The frames of the wire (spec, wire.md) as bytes.  Pure: no I/O, and no byte is trusted. */
#ifndef URIPC_UV_CODEC_H
#define URIPC_UV_CODEC_H

#include "reference/host.h"

enum uripc__wire_kind {
    URIPC__WIRE_HELLO = 1,
    URIPC__WIRE_MESSAGE,
    URIPC__WIRE_ANSWER,
    URIPC__WIRE_WITHDRAW,
    URIPC__WIRE_ASK,
    URIPC__WIRE_STATE,
    URIPC__WIRE_JOIN = 128,
    URIPC__WIRE_TAKE,
    URIPC__WIRE_GIVEN,
    URIPC__WIRE_TAKEN,
    URIPC__WIRE_UNKNOWN /* a kind that is read past */
};

enum {
    URIPC__WIRE_VERSION = 1,
    URIPC__WIRE_HEAD = 8, /* every frame has at least this */
    URIPC__HELLO_BYTES = 40,
    URIPC__MESSAGE_BYTES = 40, /* without texts and data */
    URIPC__ANSWER_BYTES = 40,
    URIPC__WITHDRAW_BYTES = 32,
    URIPC__ASK_BYTES = 8,
    URIPC__JOIN_BYTES = 32,
    URIPC__TAKE_BYTES = 40,
    URIPC__GIVEN_BYTES = 72, /* without texts and data */
    URIPC__TAKEN_BYTES = 32,
    URIPC__SMALL_BYTES = 40 /* no frame but a message and a given has more */
};

struct uripc__wire {
    enum uripc__wire_kind kind;
    uint32_t size;  /* of the whole frame; 0 while it is not known */
    uint32_t count; /* answer: how many consecutive messages */
    uint64_t node;  /* hello */
    uint16_t lowest;
    uint16_t highest;
    struct uripc_frame frame; /* what travels between nodes; without the node halves of its lives,
                                 but for the source of what is given */
};

enum uripc__wire_result {
    URIPC__WIRE_WHOLE, /* a frame: out->size bytes, borrowed by *out */
    URIPC__WIRE_MORE,  /* more bytes are needed */
    URIPC__WIRE_BROKEN /* no frame begins like this */
};

/* Reads the frame at the beginning of `length` bytes, and sets what a frame of its kind has.  Of a
 * message, also one that is given, whose head is there but not its end, everything but texts and
 * data is told with MORE. */
enum uripc__wire_result uripc__wire_read(const unsigned char *bytes, size_t length,
                                         struct uripc__wire *out);

/* Whether both URIs of a message are canonical, and, but of one that is given, its name a name.
 * `scratch` has 65535 bytes. */
_Bool uripc__wire_is_canonical(const struct uripc_frame *message, char *scratch);

/* Each writes one frame and returns its bytes; of a message without its data, which follows. */
size_t uripc__wire_write_hello(unsigned char *out, uint64_t node, uint16_t lowest,
                               uint16_t highest);
size_t uripc__wire_write_message(unsigned char *out, const struct uripc_frame *frame);
size_t uripc__wire_write_answer(unsigned char *out, const struct uripc_frame *frame,
                                uint32_t count);
size_t uripc__wire_write_withdraw(unsigned char *out, const struct uripc_frame *frame);
size_t uripc__wire_write_join(unsigned char *out, const struct uripc_frame *frame);
size_t uripc__wire_write_take(unsigned char *out, const struct uripc_frame *frame);
size_t uripc__wire_write_given(unsigned char *out, const struct uripc_frame *frame);
size_t uripc__wire_write_taken(unsigned char *out, const struct uripc_frame *frame);

/* The head of a STATE frame with `length` bytes of text, which follow. */
size_t uripc__wire_write_state(unsigned char *out, uint32_t length);

#endif
