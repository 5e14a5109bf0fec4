# SPDX-License-Identifier: MIT
"""`uripc inspect` against nodes that this test plays, good ones and bad ones."""

import fcntl
import json
import socket
import struct
import threading

import pytest

from uripc_program import needs_program, run

pytestmark = needs_program

ID = "00000000000000a1"
HASH = "0123456789abcdef"
HELLO = struct.pack("<IBBH8sQHHIQ", 40, 1, 0, 1, b"uripcipc", 0xA1, 1, 0, 0, 0)
STATE = {
    "process": 4711,
    "implementation": "toy",
    "registrations": [{"name": "ipc:/a", "kind": "exclusive", "messages": 3, "bytes": 12,
                       "receives": 1, "waiting": 2, "dropped": 4}],
    "counters": {"received": 7},
}


def frame(kind, body):
    return struct.pack("<IB3x", 8 + len(body), kind) + body


@pytest.fixture(name="realm")
def make_realm(tmp_path):
    """A realm with one node that holds ipc:/a and ipc:/b."""
    (tmp_path / "nodes").mkdir()
    (tmp_path / "nodes" / ID).touch()
    entries = tmp_path / "names" / HASH
    entries.mkdir(parents=True)
    for serial, name in (("1", "ipc:/b"), ("2", "ipc:/a")):
        (entries / f"{ID}-{serial:0>16}").write_text(f"kind exclusive\nname {name}\n")
    return tmp_path


@pytest.fixture(name="alive")
def make_alive(realm):
    """The realm's node lives; alive(answer) makes it answer with these bytes, None: with nothing."""
    lock = open(realm / "nodes" / ID, "rb")
    fcntl.flock(lock, fcntl.LOCK_EX)
    server = socket.socket(socket.AF_UNIX)
    server.bind(str(realm / "nodes" / f"{ID}.s"))
    server.listen()
    server.settimeout(30)
    seen = []

    def serve(answer):
        connection, _ = server.accept()
        seen.append(connection.recv(48, socket.MSG_WAITALL))
        connection.sendall(answer)
        connection.close()

    threads = []

    def answer_with(answer):
        if answer is not None:
            threads.append(threading.Thread(target=serve, args=(answer,)))
            threads[0].start()
        return seen

    yield answer_with
    for thread in threads:
        thread.join(30)
    server.close()
    lock.close()


def test_a_living_node_tells_what_it_holds_and_what_is_queued(realm, alive):
    seen = alive(HELLO + frame(200, b"later") + frame(6, json.dumps(STATE).encode()))
    done = run("inspect", realm)
    assert done.returncode == 0
    assert done.stdout.splitlines() == [
        f"node {ID}  process 4711  toy",
        "  ipc:/a  exclusive  messages 3  bytes 12  receives 1  waiting 2  dropped 4",
        "  received 7",
    ]
    assert seen[0][:40] == struct.pack("<IBBH8sQHHIQ", 40, 1, 0, 1, b"uripcipc", 0, 1, 0, 0, 0)
    assert seen[0][40:] == struct.pack("<IB3x", 8, 5)


def test_the_same_as_json(realm, alive):
    alive(HELLO + frame(6, json.dumps(STATE).encode()))
    (node,) = json.loads(run("inspect", "--json", realm).stdout)
    assert node == {"node": ID, "alive": True, **STATE}


def test_of_a_node_that_does_not_answer_the_names_are_told(realm, alive):
    alive(None)
    done = run("inspect", realm)
    assert done.returncode == 0
    assert done.stdout.splitlines() == [
        f"node {ID}  it does not answer; it may be stopped, or busy", "  ipc:/a", "  ipc:/b"]


@pytest.mark.parametrize("answer, reason", [
    (b"", "closes the connection"),
    (b"HTTP/1.1 400 Bad Request", "not a frame"),
    (HELLO + struct.pack("<IB3x", 7, 6), "not a frame"),
    (HELLO + struct.pack("<IB3x", 0xFFFFFFFF, 6), "not a frame"),
    (HELLO + struct.pack("<IB3x", 100, 6) + b"{}", "closes the connection"),
    (HELLO + frame(6, b"\xff\xfe"), "not a JSON object"),
    (HELLO + frame(6, b"[]"), "not a JSON object"),
])
def test_a_broken_answer_is_told_as_such(realm, alive, answer, reason):
    alive(answer)
    done = run("inspect", realm)
    assert done.returncode == 0
    assert reason in done.stdout.splitlines()[0]


def test_a_dead_node_is_shown_as_dead(realm):
    assert run("inspect", realm).stdout.splitlines() == [
        f"node {ID}  dead: what it held is free", "  ipc:/a", "  ipc:/b"]


def test_an_empty_realm_has_no_nodes(tmp_path):
    (tmp_path / "nodes").mkdir()
    assert run("inspect", tmp_path).stdout == "no nodes\n"


def test_what_is_no_realm_is_told(tmp_path):
    done = run("inspect", tmp_path)
    assert done.returncode == 3
    assert "is not the directory of a realm" in done.stderr
