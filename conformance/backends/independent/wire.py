# SPDX-License-Identifier: MIT
"""Frames of the wire (spec/wire.md): values to bytes, and bytes of a stranger to values."""

import functools
import struct

import names
import status

HELLO, MESSAGE, ANSWER, WITHDRAW, ASK, STATE = range(1, 7)
JOIN, TAKE, GIVEN, TAKEN = range(128, 132)
FIRST_IGNORED = 132
CONFIRMED, NOWAIT, TO_GROUP = 1, 2, 4
WIDE, DISCARD = 4, 8  # of a TAKE, with NOWAIT
VERSION = 1
MAGIC = b"uripcipc"

HEAD = struct.Struct("<IB3x")
HELLO_FRAME = struct.Struct("<IBBH8sQH6xQ")
MESSAGE_FRAME = struct.Struct("<IBBHQQQHHI")
ANSWER_FRAME = struct.Struct("<IBBHQQQII")
WITHDRAW_FRAME = struct.Struct("<IBBHQQQ")
TAKE_FRAME = struct.Struct("<IBBHQQQII")
GIVEN_FRAME = struct.Struct("<IBBHQQQHHIQQQQ")

SIZES = {HELLO: 40, ANSWER: 40, WITHDRAW: 32, ASK: 8, JOIN: 32, TAKE: 40, TAKEN: 32}
# How a JOIN or a TAKE can end.
OF_A_TAKE = frozenset(("ok", "buffer-too-small", "timeout", "no-resources", "aborted"))
LONGEST_URI = 65535


class Broken(Exception):
    """The sender does not keep to the wire: its connection is to be closed."""


def hexadecimal(number):
    return f"{number:016x}"


def incarnation(node, serial):
    """One life of a registration, as text."""
    return f"{node:016x}-{serial:016x}"


class Message:
    """One message, from one registration to another.  `data` is None where it was too large to be
    read; `size` says how long it is all the same."""

    __slots__ = ("confirmed", "nowait", "grouped", "id", "source_serial", "target_serial",
                 "name_units", "source", "target", "data", "size")

    def __init__(self, number, source, target, data, *, source_serial, target_serial, name_units,
                 confirmed=True, nowait=False, grouped=False):
        self.id = number
        self.source, self.target, self.data, self.size = source, target, data, len(data)
        self.source_serial, self.target_serial = source_serial, target_serial
        self.name_units = name_units
        self.confirmed, self.nowait, self.grouped = confirmed, nowait, grouped

    def name(self):
        """The registered name at the beginning of the source URI."""
        return self.source[: self.name_units]

    def cost(self):
        """What it takes of a node's memory."""
        return len(self.source) + len(self.target) + self.size


class Hello:
    __slots__ = ("lowest", "node", "highest")

    def __init__(self, node, lowest=VERSION, highest=VERSION):
        self.node, self.lowest, self.highest = node, lowest, highest


class Answer:
    """The results of messages with consecutive ids, of one source to one target."""

    __slots__ = ("first", "count", "target_serial", "source_serial", "status", "certainty")

    def __init__(self, first, count, target_serial, source_serial, status, certainty):
        self.first, self.count = first, count
        self.target_serial, self.source_serial = target_serial, source_serial
        self.status, self.certainty = status, certainty

    def continued_by(self, other):
        """Takes over the next answer if it can be told in the same frame."""
        same = (self.target_serial, self.source_serial, self.status, self.certainty) == (
            other.target_serial, other.source_serial, other.status, other.certainty)
        if not same or other.first != self.first + self.count:
            return False
        self.count += other.count
        return True


class Withdraw:
    __slots__ = ("id", "source_serial", "target_serial")

    def __init__(self, number, source_serial, target_serial):
        self.id, self.source_serial, self.target_serial = number, source_serial, target_serial


class Ask:
    __slots__ = ()


class Join:
    """A worker asks for a handle on a queue."""

    __slots__ = ("id", "worker_serial", "home_serial")

    def __init__(self, number, worker_serial, home_serial):
        self.id, self.worker_serial, self.home_serial = number, worker_serial, home_serial


class Take(Join):
    """A worker's receive."""

    __slots__ = ("buffer", "nowait", "wide", "discard")

    def __init__(self, number, worker_serial, home_serial, buffer, nowait, wide, discard):
        super().__init__(number, worker_serial, home_serial)
        self.buffer, self.nowait, self.wide, self.discard = buffer, nowait, wide, discard


class Given:
    """The home's answer to both.  `message`, of a registration of `node`, if there is one; where the
    buffer is too small for it, it has lengths alone."""

    __slots__ = ("id", "worker_serial", "status", "home_serial", "message", "node", "principal")

    def __init__(self, number, worker_serial, result, home_serial=0, message=None, node=0,
                 principal=0):
        self.id, self.worker_serial, self.status = number, worker_serial, result
        self.home_serial, self.message = home_serial, message
        self.node, self.principal = node, principal


class Taken:
    """What became of a message that was given: `ok`, or `aborted`."""

    __slots__ = ("id", "home_serial", "status")

    def __init__(self, number, home_serial, result):
        self.id, self.home_serial, self.status = number, home_serial, result


def encode_hello(hello):
    return HELLO_FRAME.pack(40, HELLO, 0, hello.lowest, MAGIC, hello.node, hello.highest, 0)


def encode_message(message):
    flags = (CONFIRMED * message.confirmed + NOWAIT * message.nowait
             + TO_GROUP * message.grouped)
    texts = (message.source + message.target).encode("ascii")
    head = MESSAGE_FRAME.pack(
        40 + len(texts) + message.size, MESSAGE, flags, message.name_units, message.id,
        message.source_serial, message.target_serial, len(message.source), len(message.target),
        message.size)
    return head + texts + message.data


def encode_answer(answer):
    return ANSWER_FRAME.pack(40, ANSWER, answer.status, answer.certainty, answer.first,
                             answer.target_serial, answer.source_serial, answer.count, 0)


def encode_withdraw(withdraw):
    return WITHDRAW_FRAME.pack(32, WITHDRAW, 0, 0, withdraw.id, withdraw.source_serial,
                               withdraw.target_serial)


def encode_join(join):
    return WITHDRAW_FRAME.pack(32, JOIN, 0, 0, join.id, join.worker_serial, join.home_serial)


def encode_take(take):
    flags = NOWAIT * take.nowait + WIDE * take.wide + DISCARD * take.discard
    return TAKE_FRAME.pack(40, TAKE, flags, 0, take.id, take.worker_serial, take.home_serial,
                           take.buffer, 0)


def encode_given(given):
    message = given.message
    number = status.NUMBERS[given.status]
    if not message:
        return GIVEN_FRAME.pack(72, GIVEN, number, 0, given.id, 0, given.worker_serial, *[0] * 7)
    body = b""
    if given.status == "ok":
        body = (message.source + message.target).encode("ascii") + message.data
    return GIVEN_FRAME.pack(
        72 + len(body), GIVEN, number, 0, given.id, given.home_serial, given.worker_serial,
        len(message.source), len(message.target), message.size, message.id, given.node,
        message.source_serial, given.principal) + body


def encode_taken(taken):
    return WITHDRAW_FRAME.pack(32, TAKEN, status.NUMBERS[taken.status], 0, taken.id, 0,
                               taken.home_serial)


def encode_ask():
    return HEAD.pack(8, ASK)


def encode_state(text):
    body = text.encode("utf-8")
    return HEAD.pack(8 + len(body), STATE) + body


def decode_hello(frame):
    _, _, _, lowest, magic, node, highest, _ = HELLO_FRAME.unpack(frame)
    if magic != MAGIC or lowest > highest:
        raise Broken
    return Hello(node, lowest, highest)


def decode_message(frame):
    """A message with its texts; without data and texts if they were read past."""
    (size, _, flags, name_units, number, source_serial, target_serial, source_units, target_units,
     data_size) = MESSAGE_FRAME.unpack_from(frame)
    if size != 40 + source_units + target_units + data_size or not name_units <= source_units:
        raise Broken
    message = Message(
        number, "", "", b"", source_serial=source_serial, target_serial=target_serial,
        name_units=name_units, confirmed=bool(flags & CONFIRMED), nowait=bool(flags & NOWAIT),
        grouped=bool(flags & TO_GROUP))
    message.size = data_size
    if len(frame) < size:
        message.data = None
        return message
    end = 40 + source_units
    message.source = canonical(frame[40:end])
    message.target = canonical(frame[end : end + target_units])
    message.data = bytes(frame[end + target_units :])
    check_source(message.source, message.name())
    return message


@functools.lru_cache(256)
def canonical(octets):
    """A text from a stranger is a target in canonical form, or the stranger is broken."""
    try:
        text = names.target(octets, LONGEST_URI)
    except names.Refused:
        raise Broken from None
    if text.encode("ascii") != octets:
        raise Broken
    return text


@functools.lru_cache(256)
def check_source(source, name):
    """A source URI is a registered name, and perhaps a suffix below it."""
    try:
        held = names.registered(name.encode("ascii"), LONGEST_URI)
    except names.Refused:
        raise Broken from None
    if held != name or "?" in source or not names.matches(name, source):
        raise Broken


def decode_answer(frame):
    (_, _, status, certainty, first, target_serial, source_serial, count, _) = ANSWER_FRAME.unpack(
        frame)
    if not count or certainty not in (1, 2):
        raise Broken
    return Answer(first, count, target_serial, source_serial, status, certainty)


def decode_withdraw(frame):
    return Withdraw(*WITHDRAW_FRAME.unpack(frame)[4:])


def decode_ask(_):
    return Ask()


def decode_join(frame):
    return Join(*WITHDRAW_FRAME.unpack(frame)[4:])


def decode_take(frame):
    _, _, flags, _, number, worker_serial, home_serial, buffer, _ = TAKE_FRAME.unpack(frame)
    return Take(number, worker_serial, home_serial, buffer, bool(flags & NOWAIT),
                bool(flags & WIDE), bool(flags & DISCARD))


def named_status(number, allowed):
    if number >= len(status.NAMES) or status.NAMES[number] not in allowed:
        raise Broken
    return status.NAMES[number]


def decode_given(frame):
    (size, _, result, _, number, home_serial, worker_serial, source_units, target_units, data_size,
     message_id, node, source_serial, principal) = GIVEN_FRAME.unpack_from(frame)
    result = named_status(result, OF_A_TAKE)
    whole = result == "ok"
    if size != 72 + whole * (source_units + target_units + data_size):
        raise Broken
    message = None
    if whole and size > 72 or result == "buffer-too-small":
        end = 72 + source_units
        source, target = " " * source_units, " " * target_units
        if whole:
            source = canonical(frame[72:end])
            target = canonical(frame[end : end + target_units])
        message = Message(message_id, source, target, bytes(frame[end + target_units :]),
                          source_serial=source_serial, target_serial=home_serial, name_units=0)
        message.size = data_size
    return Given(number, worker_serial, result, home_serial, message, node, principal)


def decode_taken(frame):
    _, _, result, _, number, _, home_serial = WITHDRAW_FRAME.unpack(frame)
    return Taken(number, home_serial, named_status(result, ("ok", "aborted")))


DECODERS = {HELLO: decode_hello, MESSAGE: decode_message, ANSWER: decode_answer,
            WITHDRAW: decode_withdraw, ASK: decode_ask, JOIN: decode_join, TAKE: decode_take,
            GIVEN: decode_given, TAKEN: decode_taken}
ENCODERS = {Withdraw: encode_withdraw, Join: encode_join, Take: encode_take, Taken: encode_taken}


class Reader:
    """Cuts what arrives on a connection into frames.

    `kinds` are the frames that may come this way; of a message, at most `room` bytes are kept.
    """

    def __init__(self, kinds, room):
        self.kinds = kinds
        self.room = room
        self.buffer = bytearray()
        self.past = 0  # bytes of a frame that are read past

    def feed(self, octets):
        """Yields the frames that are complete now; raises Broken at the first that is wrong."""
        self.buffer += octets
        while self.buffer:
            if self.past:
                gone = min(self.past, len(self.buffer))
                del self.buffer[:gone]
                self.past -= gone
                continue
            if len(self.buffer) < HEAD.size:
                return
            size, kind = HEAD.unpack_from(self.buffer)
            self.check(size, kind)
            if kind >= FIRST_IGNORED:
                self.past = size
                continue
            # What is too large is judged by its head.
            kept = 40 if kind == MESSAGE and size > 40 + self.room else size
            if len(self.buffer) < kept:
                return
            frame = bytes(self.buffer[:kept])
            del self.buffer[:kept]
            self.past = size - kept
            yield DECODERS[kind](frame)

    def check(self, size, kind):
        if size < HEAD.size:
            raise Broken
        if kind >= FIRST_IGNORED:
            return
        if kind not in self.kinds or size < {MESSAGE: 40, GIVEN: 72}.get(kind, 0):
            raise Broken
        if SIZES.get(kind, size) != size:
            raise Broken
