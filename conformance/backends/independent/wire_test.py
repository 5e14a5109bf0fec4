# SPDX-License-Identifier: MIT
"""Frames: what is written is read again, and what a stranger writes wrongly is refused."""

import random
import struct

import pytest

import wire

ALL = frozenset(wire.DECODERS)


def message(data=b"hello", **options):
    options = {"source_serial": 3, "target_serial": 4, "name_units": 6, **options}
    return wire.Message(77, "ipc:/a/r1", "ipc:/b?x", data, **options)


def read(octets, room=1000, kinds=ALL):
    return list(wire.Reader(kinds, room).feed(octets))


def head(size, kind):
    return struct.pack("<IB3x", size, kind)


def given(result="ok", data=b"hello"):
    return wire.Given(9, 5, result, 4, message(data, name_units=0), 2**63, 1000)


def fields(value):
    names = [name for one in type(value).__mro__ for name in getattr(one, "__slots__", ())]
    found = {name: getattr(value, name) for name in names}
    return {name: fields(one) if isinstance(one, wire.Message) else one
            for name, one in found.items()}


FRAMES = [
    (wire.encode_hello, wire.Hello(2**64 - 1, 1, 3)),
    (wire.encode_message, message()),
    (wire.encode_message, message(b"", nowait=True)),
    (wire.encode_message, message(b"\0" * 300, confirmed=False, grouped=True)),
    (wire.encode_answer, wire.Answer(5, 7, 4, 3, 10, 1)),
    (wire.encode_withdraw, wire.Withdraw(77, 3, 4)),
    (wire.encode_join, wire.Join(9, 5, 4)),
    (wire.encode_take, wire.Take(9, 5, 4, 2**32 - 1, True, False, True)),
    (wire.encode_take, wire.Take(9, 5, 4, 0, False, True, False)),
    (wire.encode_given, given()),
    (wire.encode_given, wire.Given(9, 5, "ok")),
    (wire.encode_given, wire.Given(9, 5, "aborted")),
    (wire.encode_taken, wire.Taken(9, 4, "ok")),
    (wire.encode_taken, wire.Taken(9, 4, "aborted")),
]


@pytest.mark.parametrize("encode, value", FRAMES)
def test_a_frame_is_read_as_it_was_written(encode, value):
    (found,) = read(encode(value))
    assert fields(found) == fields(value)


def test_frames_lie_as_the_table_of_the_wire_says():
    assert wire.encode_hello(wire.Hello(0x0102)) == (
        b"\x28\0\0\0\x01\0\x01\0uripcipc\x02\x01" + bytes(6) + b"\x01" + bytes(7) + bytes(8))
    assert wire.encode_message(message(b"!", nowait=True)) == struct.pack(
        "<IBBHQQQHHI", 40 + 9 + 8 + 1, 2, 3, 6, 77, 3, 4, 9, 8, 1) + b"ipc:/a/r1ipc:/b?x!"
    assert wire.encode_answer(wire.Answer(5, 7, 4, 3, 10, 2)) == struct.pack(
        "<IBBHQQQII", 40, 3, 10, 2, 5, 4, 3, 7, 0)
    assert wire.encode_withdraw(wire.Withdraw(5, 3, 4)) == struct.pack(
        "<IBBHQQQ", 32, 4, 0, 0, 5, 3, 4)
    assert wire.encode_join(wire.Join(9, 5, 4)) == struct.pack(
        "<IBBHQQQ", 32, 128, 0, 0, 9, 5, 4)
    assert wire.encode_take(wire.Take(9, 5, 4, 600, True, False, True)) == struct.pack(
        "<IBBHQQQII", 40, 129, 2 + 8, 0, 9, 5, 4, 600, 0)
    told = struct.pack("<QQQHHIQQQQ", 9, 4, 5, 9, 8, 1, 77, 2**63, 3, 1000)
    assert wire.encode_given(given(data=b"!")) == struct.pack(
        "<IBBH", 72 + 9 + 8 + 1, 130, 0, 0) + told + b"ipc:/a/r1ipc:/b?x!"
    assert wire.encode_given(given("buffer-too-small", b"!")) == struct.pack(
        "<IBBH", 72, 130, 12, 0) + told
    assert wire.encode_given(wire.Given(9, 5, "timeout")) == struct.pack(
        "<IBBHQQQ", 72, 130, 13, 0, 9, 0, 5) + bytes(40)
    assert wire.encode_taken(wire.Taken(9, 4, "aborted")) == struct.pack(
        "<IBBHQQQ", 32, 131, 14, 0, 9, 0, 4)
    assert wire.encode_ask() == b"\x08\0\0\0\x05\0\0\0"
    assert wire.encode_state("{}") == b"\x0a\0\0\0\x06\0\0\0{}"


def test_of_a_message_that_does_not_fit_the_lengths_are_given():
    (found,) = read(wire.encode_given(given("buffer-too-small")))
    assert (len(found.message.source), len(found.message.target), found.message.size) == (9, 8, 5)
    assert (found.message.id, found.message.source_serial, found.node) == (77, 3, 2**63)


def test_it_does_not_matter_how_the_bytes_arrive():
    octets = b"".join(encode(value) for encode, value in FRAMES)
    reader = wire.Reader(ALL, 1000)
    found = [frame for octet in octets for frame in reader.feed(bytes([octet]))]
    assert [fields(f) for f in found] == [fields(value) for _, value in FRAMES]


def test_a_message_that_is_too_large_is_read_past():
    octets = wire.encode_message(message(b"x" * 500)) + wire.encode_message(message(b"next"))
    first, second = read(octets, room=100)
    assert (first.data, first.size, first.id, first.target_serial) == (None, 500, 77, 4)
    assert second.data == b"next"


def test_kinds_that_are_not_known_yet_are_read_past():
    octets = head(300, 132) + bytes(292) + wire.encode_ask()
    (ask,) = read(octets, room=100)
    assert isinstance(ask, wire.Ask)


def changed(octets, offset, new):
    return octets[:offset] + new + octets[offset + len(new) :]


GOOD = wire.encode_message(message())


@pytest.mark.parametrize(
    "octets",
    [
        head(7, 132),
        head(33, wire.JOIN),
        head(41, wire.TAKE),
        head(71, wire.GIVEN),
        head(40, wire.TAKEN),
        changed(wire.encode_given(given()), 5, b"\x0a"),  # full
        changed(wire.encode_given(given()), 5, b"\x0d"),  # a timeout with a message
        changed(wire.encode_given(given()), 36, b"\x06"),
        changed(wire.encode_given(given()), 72, b"IPC"),
        changed(wire.encode_taken(wire.Taken(9, 4, "ok")), 5, b"\x0d"),
        head(0, 1),
        head(41, wire.HELLO),
        head(39, wire.MESSAGE),
        head(2**32 - 1, wire.ANSWER),
        head(33, wire.WITHDRAW),
        head(40, 0),
        head(40, 7),
        head(40, 127),
        head(8, wire.STATE),
        changed(wire.encode_hello(wire.Hello(1)), 8, b"URIPCIPC"),
        wire.encode_hello(wire.Hello(1, 3, 2)),
        wire.encode_answer(wire.Answer(5, 0, 4, 3, 0, 1)),
        wire.encode_answer(wire.Answer(5, 1, 4, 3, 0, 3)),
        changed(GOOD, 36, b"\x06"),  # data
        changed(GOOD, 32, b"\xff\xff"),  # source units
        changed(GOOD, 6, b"\x0a"),  # name units beyond the source
        changed(GOOD, 6, b"\x07"),  # a name with a trailing slash
        changed(GOOD, 6, b"\x00"),
        changed(GOOD, 40, b"IPC"),
        changed(GOOD, 40, b"\xff"),
        changed(GOOD, 47, b"?"),
        changed(GOOD, 54, b"%4"),
        changed(GOOD, 49, b"ipc:/%61b"),
    ],
)
def test_a_wrong_frame_is_the_end_of_a_connection(octets):
    with pytest.raises(wire.Broken):
        read(octets)


def test_a_frame_that_goes_the_other_way_is_wrong():
    with pytest.raises(wire.Broken):
        read(wire.encode_answer(wire.Answer(1, 1, 1, 1, 0, 1)), kinds={wire.MESSAGE})


def test_frames_before_a_wrong_one_count():
    reader = wire.Reader(ALL, 1000)
    frames = reader.feed(GOOD + head(40, 9))
    assert next(frames).data == b"hello"
    with pytest.raises(wire.Broken):
        next(frames)


def test_answers_are_gathered_only_if_they_say_the_same():
    first = wire.Answer(5, 1, 4, 3, 0, 1)
    assert first.continued_by(wire.Answer(6, 2, 4, 3, 0, 1))
    assert (first.first, first.count) == (5, 3)
    for other in (wire.Answer(9, 1, 4, 3, 0, 1), wire.Answer(8, 1, 5, 3, 0, 1),
                  wire.Answer(8, 1, 4, 2, 0, 1), wire.Answer(8, 1, 4, 3, 10, 1)):
        assert not first.continued_by(other)
    assert first.count == 3


def test_no_bytes_do_more_harm_than_to_be_refused():
    draw = random.Random(1)
    refused = 0
    for _ in range(3000):
        octets = bytearray(b"".join(encode(value) for encode, value in draw.choices(FRAMES, k=3)))
        for _ in range(draw.randrange(4)):
            octets[draw.randrange(len(octets))] = draw.randrange(256)
        try:
            read(octets)
        except wire.Broken:
            refused += 1
    assert refused > 500
