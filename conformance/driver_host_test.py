# SPDX-License-Identifier: MIT
"""The driver for shared objects, with a toy that behaves and misbehaves as it is told."""

import base64
import json
import os
import struct
import subprocess
from pathlib import Path

import pytest

import driver_lines

BUILDS = [Path(build).resolve() for build in os.environ.get("URIPC_BUILDS", "").split(":") if build]
BUILD = next((build for build in BUILDS if (build / "toys").is_dir()), Path("missing"))
DRIVER = BUILD / "libexec/uripc/uripc-driver"

pytestmark = pytest.mark.skipif(not DRIVER.is_file(), reason="no build with toys in URIPC_BUILDS")

OPEN = [{"do": "hello", "protocol": 1}, {"do": "open", "process": "A", "realm": "/tmp"}]
NAMED = [*OPEN, {"do": "register", "overlapped": 1, "name": "ipc:/a"}]


def toy(name):
    return [str(DRIVER), str(BUILD / "toys" / f"{name}.so")]


def converse(command, lines):
    """Gives a driver all lines at once, and returns its own."""
    given = "".join(line if isinstance(line, str) else json.dumps(line) + "\n" for line in lines)
    done = subprocess.run(command, input=given.encode(), capture_output=True, timeout=60)
    assert done.returncode == 0, done.stderr.decode()
    return [json.loads(line) for line in done.stdout.splitlines()]


def ask(command, commands):
    """The same for commands, which get their ids here; the replies by id, and the events.  Whatever
    it is about, every line of the driver must be one of the schema."""
    commands = [{"id": i, **one} for i, one in enumerate(commands)]
    lines = converse(command, commands)
    assert driver_lines.problems(commands, lines) == []
    replies = {line["id"]: line for line in lines if "id" in line}
    assert len(replies) == len(commands)
    return replies, [line for line in lines if "event" in line]


def send(target, data="", **members):
    return {"do": "send", "overlapped": 2, "handle": 1, "target": target, "data": data, **members}


def receive(**members):
    return {"do": "receive", "overlapped": 3, "handle": 1, "buffer": 200, **members}


CONVERSATION = [
    *NAMED, send("ipc:/a", "hällo"), receive(), receive(overlapped=4, buffer=20),
    send("ipc:/nobody"), {"do": "cancel", "overlapped": 4}, {"do": "cancel-all", "handle": 9},
    send("ipc:/a", {"base64": "//4A"}), receive(utf16=True), receive(nowait=True),
    {"do": "register", "overlapped": 5, "name": "ipc:/a"}, {"do": "info", "handle": 1},
    {"do": "poll"}, {"do": "fence"}, {"do": "close", "overlapped": 6, "handle": 1},
    {"do": "dance"}, {"do": "send"}, {"do": "end"},
]  # fmt: skip


def test_both_doors_give_equal_transcripts():
    through_object = ask(toy("toy"), CONVERSATION)
    assert through_object == ask([str(BUILD / "toys/toy-driver")], CONVERSATION)
    statuses = [event["status"] for event in through_object[1]]
    assert statuses == ["ok", "ok", "ok", "no-receiver", "aborted", "ok", "ok", "exists", "closed",
                        "ok"]


def test_the_suite_may_say_all_of_that():
    wrong = [c for c in CONVERSATION if driver_lines.problem({"id": 1, **c}, "command")]
    assert wrong == [{"do": "dance"}, {"do": "send"}]


def test_hello_tells_what_the_table_declares():
    hello = ask(toy("toy-polling"), OPEN)[0][0]
    assert hello == {"id": 0, "status": "ok", "protocol": 1, "name": "toy", "version": "1",
                     "binding": "api", "capabilities": ["polling", "layout", "load"]}


def test_a_completion_tells_its_call_and_its_handle():
    commands = [*NAMED, {"do": "register", "overlapped": 5, "name": "ipc:/a"}, send("ipc:/a"),
                receive(), {"do": "close", "overlapped": 6, "handle": 1}]  # fmt: skip
    events = ask(toy("toy"), commands)[1]
    assert [(event["call"], event.get("handle")) for event in events] == [
        ("register", 1), ("register", None), ("send", 1), ("receive", 1), ("close", 1)]


def test_with_layout_the_written_bytes_are_told():
    event = ask(toy("toy"), [*NAMED, send("ipc:/a", "xyz"), receive()])[1][-1]
    written = base64.b64decode(event["written"])
    assert written == struct.pack("=4I", 6, 6, 3, 0) + b"ipc:/aipc:/a" + bytes(4) + b"xyz"
    assert event["bytes"] == len(written) and event["lengths"] == [6, 6, 3]


@pytest.mark.parametrize("utf16", [False, True])
def test_without_layout_the_parts_are_told(utf16):
    event = ask(toy("toy-parts"), [*NAMED, send("ipc:/a", "xyz"), receive(utf16=utf16)])[1][-1]
    assert (event["source"], event["target"], event["data"]) == ("ipc:/a", "ipc:/a", "xyz")
    assert "written" not in event


def generated(seed, length):
    factor = (2 * seed + 1) * 2654435769
    return bytes(((i + 1) * factor & 0xFFFFFFFF) >> 24 for i in range(length))


@pytest.mark.parametrize(
    "data, told",
    [
        ("a\0b", {"base64": "YQBi"}),
        ({"base64": "/w=="}, {"base64": "/w=="}),
        ({"seed": 1, "length": 5}, {"base64": base64.b64encode(generated(1, 5)).decode()}),
        ({"seed": 1, "length": 0}, ""),
    ],
)  # fmt: skip
def test_data_arrive_as_they_were_given(data, told):
    event = ask(toy("toy-parts"), [*NAMED, send("ipc:/a", data), receive()])[1][-1]
    assert event["data"] == told


def test_data_may_be_missing_with_a_length():
    assert ask(toy("toy"), [*NAMED, send("ipc:/a", {"null": 3})])[0][3]["status"] == (
        "invalid-argument")


def test_a_polling_driver_waits_until_it_is_asked():
    poll = {"do": "poll"}
    replies, events = ask(toy("toy-polling"), [*NAMED, send("ipc:/a"), poll, poll, poll])
    assert [replies[i]["status"] for i in (4, 5, 6)] == ["ok", "ok", "would-block"]
    assert [replies[i]["completion"]["overlapped"] for i in (4, 5)] == [1, 2]
    assert set(map(json.dumps, events)) == {'{"event": "ready"}'}


def test_what_the_table_does_not_have_is_not_supported():
    replies, _ = ask(toy("toy"), [*NAMED, {"do": "info", "handle": 1}, {"do": "poll"}])
    assert [replies[i]["status"] for i in (3, 4)] == ["not-supported"] * 2


def test_load_is_made_inside_the_driver():
    fill = {"do": "load", "mode": "stream", "handle": 1, "target": "ipc:/a", "size": 32,
            "count": 100, "window": 8}
    drain = {"do": "load", "mode": "sink", "handle": 1, "size": 32, "count": 100}
    replies, events = ask(toy("toy"), [*NAMED, fill, drain])
    assert [(replies[i]["load"]["count"], replies[i]["load"]["errors"]) for i in (3, 4)] == (
        [(100, 0)] * 2)
    assert len(events) == 1
    assert "error" in ask(toy("toy"), [*NAMED, {"do": "load", "mode": "odd"}])[0][3]


def violations(target, **members):
    commands = [*NAMED, {"do": "register", "overlapped": 9, "name": target},
                send(target, "xyz"), receive(handle=2, **members), {"do": "fence"}, {"do": "end"}]
    events = ask(toy("toy"), commands)[1]
    return [event["text"] for event in events if event["event"] == "violation"]


@pytest.mark.parametrize(
    "target, what",
    [
        ("ipc:/front", "byte -1 was written in front of it"),
        ("ipc:/behind", "byte 200 was written behind it"),
        ("ipc:/beyond", "byte 43 was written beyond the bytes that the completion reports"),
        ("ipc:/late", "byte 0 was written after the completion"),
        ("ipc:/failed", "byte 0 was written beyond the bytes that the completion reports"),
    ],
)
def test_a_write_where_there_must_be_none_is_told(target, what):
    assert violations(target) == [f"receive 3, a buffer of 200 bytes: {what}"]


def test_a_driver_that_keeps_to_its_buffer_is_not_accused():
    assert violations("ipc:/good") == []
    assert violations("ipc:/good", buffer=20) == []
    assert violations("ipc:/good", utf16=True) == []


SESSION = [OPEN[0], {**OPEN[1], "layers": {}},
           {"do": "connect", "overlapped": 1, "target": "ipc:/a"}]


def write(data, **members):
    return {"do": "session-send", "overlapped": 2, "handle": 2, "data": data, **members}


def read(**members):
    return {"do": "session-receive", "overlapped": 3, "handle": 2, "buffer": 200, **members}


def test_the_calls_of_sessions_reach_the_table():
    commands = [
        OPEN[0], {**OPEN[1], "layers": {"sessions": 3}},
        {"do": "listen", "overlapped": 1, "name": "ipc:/a", "mode": "bytes"},
        {"do": "connect", "overlapped": 2, "target": "ipc:/a", "beat": 5, "silence": 6,
         "detector": "freshness", "notice": True},
        {"do": "accept", "overlapped": 3, "handle": 1},
        {"do": "accept", "overlapped": 4, "handle": 1, "deadline": 1},
        write("h\u00e4llo", overlapped=5), read(overlapped=6, buffer=3), read(overlapped=7),
        {"do": "peek", "handle": 2}, {"do": "flush", "overlapped": 8, "handle": 2},
        {"do": "shutdown", "overlapped": 9, "handle": 2},
        {"do": "disconnect", "overlapped": 10, "handle": 2},
        {"do": "session-close", "overlapped": 11, "handle": 1}, {"do": "peek", "handle": 9},
        {"do": "accept", "overlapped": 12, "handle": 7}, write({"null": 3}), {"do": "end"},
    ]  # fmt: skip
    replies, events = ask(toy("toy-sessions"), commands)
    assert [replies[i]["status"] for i in (2, 4, 14, 15, 16)] == [
        "pending", "pending", "invalid-handle", "invalid-handle", "invalid-argument"]
    assert replies[9]["session"] == {
        "state": "ending", "status": "ok", "mode": "bytes", "bytes": 0, "left": None, "unread": 7,
        "incarnation": "0000000000000001-0000000000000002"}  # fmt: skip
    told = [{k: e[k] for k in e if k not in ("event", "overlapped", "call")} for e in events]
    assert [event["call"] for event in events] == [
        "listen", "connect", "accept", "accept", "session-send", "session-receive",
        "session-receive", "flush", "shutdown", "disconnect", "session-close"]  # fmt: skip
    assert told[:7] == [
        {"status": "ok", "handle": 1},
        {"status": "ok", "handle": 2, "principal": 3,
         "incarnation": "0000000000000001-0000000000000002"},
        {"status": "ok", "handle": 2, "principal": 0}, {"status": "timeout"},
        {"status": "ok", "handle": 2, "bytes": 6},
        {"status": "more", "handle": 2, "bytes": 3, "left": 3, "data": "h\u00e4"},
        {"status": "ok", "handle": 2, "bytes": 3, "data": "llo"}]  # fmt: skip


@pytest.mark.parametrize(
    "data, what",
    [
        ("front", "byte -1 was written in front of it"),
        ("behind", "byte 200 was written behind it"),
        ("beyond", "byte 6 was written beyond the bytes that the completion reports"),
        ("late", "byte 0 was written after the completion"),
        ("failed", "byte 0 was written beyond the bytes that the completion reports"),
        ("good", None),
    ],
)
def test_a_write_of_a_sessions_receive_where_there_must_be_none_is_told(data, what):
    commands = [*SESSION, write(data), read(), {"do": "fence"}, {"do": "end"}]
    events = ask(toy("toy-sessions"), commands)[1]
    told = [event["text"] for event in events if event["event"] == "violation"]
    assert told == ([f"receive 3, a buffer of 200 bytes: {what}"] if what else [])


@pytest.mark.parametrize("name, opened", [("toy", SESSION[:2]), ("toy-old", SESSION[:2]),
                                          ("toy-sessions", OPEN)])
def test_where_there_are_no_layers_calls_of_sessions_are_not_supported(name, opened):
    commands = [*opened, SESSION[2], write("x"), read(), {"do": "peek", "handle": 2},
                {"do": "listen", "overlapped": 1, "name": "ipc:/a"},
                {"do": "accept", "overlapped": 1, "handle": 1},
                *({"do": verb, "overlapped": 1, "handle": 2} for verb in
                  ("flush", "shutdown", "session-close", "disconnect"))]
    replies, events = ask(toy(name), commands)
    assert [replies[i]["status"] for i in range(2, len(commands))] == ["not-supported"] * 10
    assert events == []


def test_a_table_that_ends_before_what_it_declares_is_refused():
    done = subprocess.run(toy("toy-old-liar"), input=b'{"id":1,"do":"hello","protocol":1}\n',
                          capture_output=True, timeout=60)
    assert done.returncode == 3 and "`sessions`" in json.loads(done.stdout)["error"]


@pytest.mark.parametrize(
    "command, error",
    [
        ({"do": "listen", "overlapped": 1, "name": "a:/", "mode": "odd"}, "a mode (messages"),
        ({"do": "connect", "overlapped": 1}, "`target` must be a string"),
        ({"do": "connect", "overlapped": 1, "target": "a:/", "detector": "phi"}, "a detector"),
        ({"do": "accept", "overlapped": 1, "handle": 1, "beat": -1}, "`beat` must be a number"),
        (write({"base64": "?"}), "`data` must be a string"),
        (read(buffer=1 << 25), "`buffer` must be a number from 0 to 16777216"),
        ({"do": "flush", "overlapped": 1}, "`handle` must be a number"),
        ({"do": "peek"}, "`handle` must be a number"),
    ],
)
def test_a_command_of_sessions_with_a_wrong_member_gets_an_error(command, error):
    assert error in ask(toy("toy-sessions"), [*SESSION, command])[0][3]["error"]


def test_limits_of_layers_that_are_none_get_an_error():
    answer = ask(toy("toy-sessions"), [OPEN[0], {**OPEN[1], "layers": 7}])[0][1]
    assert "`layers` must be an object" in answer["error"]


def test_a_message_that_is_none_is_told_without_parts():
    commands = [*NAMED, {"do": "register", "overlapped": 9, "name": "ipc:/nonsense"},
                send("ipc:/nonsense"), receive(handle=2)]
    event = ask(toy("toy-parts"), commands)[1][-1]
    assert event["status"] == "ok" and "source" not in event


@pytest.mark.parametrize(
    "line, error",
    [
        ("garbage\n", (0, "not a line of JSON")),
        ("[1]\n", (0, "`id` must be a number")),
        ("\n", (0, "not a line of JSON")),
        ('{"id":1}\n', (1, "`do` must be a command")),
        ('{"id":1,"do":"poll"}\n', (1, "`open` before any call")),
        ('{"id":1,"do":"hello","protocol":0}\n', (1, "`protocol` must be 1 or more")),
        ('{"id":1,"do":"open","realm":7}\n', (1, "`realm` must be a string")),
        ('{"id":1,"do":"open","realm":"a\\u0000b"}\n', (1, "`realm` must be a path")),
        ('{"id":1,"do":"open","realm":"/","limits":{"routes":-1}}\n', (1, "`limits` must be")),
        pytest.param("x" * (8 << 20) + "\n", (0, "a line of more than 8 MiB"), id="long"),
    ],
)
def test_a_line_that_cannot_be_understood_gets_an_error(line, error):
    answer, = converse(toy("toy"), [line])
    assert answer["id"] == error[0] and error[1] in answer["error"]


@pytest.mark.parametrize(
    "command, error",
    [
        ({"do": "register", "name": "ipc:/a"}, "`overlapped` must be a number"),
        ({"do": "register", "overlapped": 1}, "`name` must be a string"),
        ({"do": "register", "overlapped": 1, "name": "ipc:/a", "kind": "odd"}, "a kind (exclusive"),
        (receive(buffer=1 << 25), "`buffer` must be a number from 0 to 16777216"),
        (receive(nowait=1), "`nowait` must be true or false"),
        (send("ipc:/a", {"base64": "?"}), "`data` must be a string"),
        (send("ipc:/a", expecting="me"), "`expecting` must be an incarnation"),
        ({"do": "open", "process": "A", "realm": "/tmp"}, "a second `open`"),
    ],
)
def test_a_command_with_a_wrong_member_gets_an_error(command, error):
    assert error in ask(toy("toy"), [*OPEN, command])[0][2]["error"]


def test_the_end_of_the_input_is_an_end():
    done = subprocess.run(toy("toy"), input=b"", capture_output=True, timeout=60)
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")


@pytest.mark.parametrize("text", ["int x;", "#include <stddef.h>\nvoid *uripc_backend(void);"
                                  "void *uripc_backend(void) { return NULL; }"])
def test_an_object_that_is_none_is_refused(tmp_path, text):
    (tmp_path / "bad.c").write_text(text)
    subprocess.run(["gcc", "-shared", "-fPIC", "-o", "bad.so", "bad.c"], cwd=tmp_path, check=True)
    done = subprocess.run([str(DRIVER), "bad.so"], input=b'{"id":1,"do":"hello","protocol":1}\n',
                          capture_output=True, timeout=60, cwd=tmp_path)
    assert done.returncode == 3
    answer = json.loads(done.stdout)
    assert answer["id"] == 1
    assert "uripc_backend" in answer["error"] or "no table" in answer["error"]


@pytest.mark.parametrize("arguments", [[], ["a", "b"], ["--what"]])
def test_wrong_usage_is_told(arguments):
    done = subprocess.run([str(DRIVER), *arguments], capture_output=True, timeout=60)
    assert done.returncode == 3 and b"--help" in done.stderr
