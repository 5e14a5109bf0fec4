# SPDX-License-Identifier: MIT
"""The program as the suite sees it: lines in, lines out, several processes in one realm."""

import base64
import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
from pathlib import Path

import pytest

import driver_lines
import wire

PROGRAM = Path(__file__).resolve().parent / "independent.py"
DEADLINE_S = 20


class Process:
    """A driver: commands go in, replies and events come out, all before its deadline."""

    def __init__(self, realm, name, user=None, **members):
        self.child = subprocess.Popen(
            [sys.executable, "-B", str(PROGRAM)], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            user=user)
        self.timer = threading.Timer(DEADLINE_S, self.child.kill)
        self.timer.daemon = True
        self.timer.start()
        self.commands, self.lines = [], []
        self.number = 0
        self.block = 0
        self.ready = 0
        assert self.do("hello", protocol=1)["status"] == "ok"
        self.opened = self.do("open", process=name, realm=str(realm), **members)["status"]

    def write(self, text):
        self.child.stdin.write(text.encode() + b"\n")
        self.child.stdin.flush()

    def line(self):
        line = self.child.stdout.readline()
        assert line, "the driver has ended"
        self.lines.append(json.loads(line))
        return self.lines[-1]

    def reply(self, number):
        while True:
            line = self.line()
            if line.get("event") == "ready":
                self.ready += 1
            else:
                assert line["id"] == number
                return line

    def do(self, command, **members):
        self.number += 1
        self.commands.append({"id": self.number, "do": command, **members})
        self.write(json.dumps(self.commands[-1]))
        return self.reply(self.number)

    def start(self, command, **members):
        self.block += 1
        assert self.do(command, overlapped=self.block, **members)["status"] == "pending"
        return self.block

    def poll(self):
        """The next completion, which is told of before."""
        while not self.ready:
            assert self.line() == {"event": "ready"}
            self.ready += 1
        reply = self.do("poll")
        if reply["status"] == "would-block":
            self.ready = 0
            return self.poll()
        return reply["completion"]

    def run(self, command, **members):
        block = self.start(command, **members)
        completion = self.poll()
        assert (completion["overlapped"], completion["call"]) == (block, command)
        if command != "register":
            assert completion["handle"] == members["handle"]
        return completion

    def end(self):
        self.timer.cancel()
        if self.child.poll() is None:
            self.child.kill()
        self.child.wait()
        self.child.stdin.close()
        self.child.stdout.close()


@pytest.fixture(name="start")
def make_start(tmp_path):
    started = []

    def start(name, realm=tmp_path, **members):
        started.append(Process(realm, name, **members))
        return started[-1]

    yield start
    for one in started:
        one.end()
        assert driver_lines.problems(one.commands, one.lines) == []


def test_two_processes_talk(start):
    a, b = start("A"), start("B")
    a.run("register", name="ipc:/a")
    b.run("register", name="ipc:/b")
    assert a.run("send", handle=1, target="ipc:/b", data={"seed": 1, "length": 300})["bytes"] == 300
    got = b.run("receive", handle=1, buffer=4096, utf16=True)
    written = base64.b64decode(got["written"])
    assert written[16:40].decode("utf-16-le") == "ipc:/aipc:/b"
    assert written[40:43] == bytes((i * 3 * 2654435769 % 2**32) >> 24 for i in (1, 2, 3))
    assert got["bytes"] == len(written) == 340


def test_what_has_arrived_comes_before_a_command(start):
    """A hundred times, so that it is no luck."""
    a, b = start("A"), start("B")
    a.run("register", name="ipc:/g", kind="group")
    b.run("register", name="ipc:/g", kind="group")
    for _ in range(100):
        a.run("send", handle=1, target="ipc:/g", data="x")
        assert b.run("receive", handle=1, buffer=100, nowait=True)["status"] == "ok"


def test_a_killed_process_frees_its_names(start):
    a, b = start("A"), start("B")
    a.run("register", name="ipc:/a")
    b.run("register", name="ipc:/b")
    a.child.send_signal(signal.SIGKILL)
    a.child.wait()
    assert b.run("send", handle=1, target="ipc:/a")["status"] in ("no-receiver", "peer-gone")
    assert b.run("register", name="ipc:/a")["status"] == "ok"


def test_a_stopped_process_keeps_its_names(start):
    a, b = start("A"), start("B")
    a.run("register", name="ipc:/a")
    b.run("register", name="ipc:/b")
    a.child.send_signal(signal.SIGSTOP)
    assert b.run("register", name="ipc:/a")["status"] == "exists"
    assert b.run("send", handle=1, target="ipc:/a", deadline=1000)["status"] == "timeout"
    a.child.send_signal(signal.SIGCONT)
    assert a.run("receive", handle=1, buffer=100)["status"] == "ok"


@pytest.mark.parametrize("how", ["end", "end of input"])
def test_an_end_is_orderly(start, tmp_path, how):
    a = start("A")
    a.run("register", name="ipc:/a")
    if how == "end":
        assert a.do("end") == {"id": a.number, "status": "ok"}
    else:
        a.child.stdin.close()
    assert a.child.wait() == 0
    assert list((tmp_path / "names").iterdir()) == []
    assert list((tmp_path / "nodes").iterdir()) == []


@pytest.mark.parametrize(
    "line, identity",
    [
        ("nonsense", 0),
        ("[]", 0),
        ('{"do":"fence"}', 0),
        ('{"id":7,"do":"register","overlapped":1}', 7),
        ('{"id":7,"do":"register","overlapped":-1,"name":"ipc:/x"}', 7),
        ('{"id":7,"do":"register","overlapped":1,"name":"ipc:/x","kind":"odd"}', 7),
        ('{"id":7,"do":"send","overlapped":1,"handle":1,"target":{"base64":"?"}}', 7),
        ('{"id":7,"do":"send","overlapped":1,"handle":true,"target":"ipc:/x"}', 7),
        ('{"id":7,"do":"send","overlapped":1,"handle":1,"target":"ipc:/x","data":5}', 7),
        ('{"id":7,"do":"receive","overlapped":1,"handle":1,"buffer":4294967296}', 7),
        ('{"id":7,"do":"open","realm":"/tmp"}', 7),
        ("[" * 100000, 0),
    ],
)
def test_a_command_that_makes_no_sense_gets_an_error_and_the_next_its_reply(start, line, identity):
    a = start("A")
    a.write(line)
    reply = a.line()
    assert reply["id"] == identity and reply["error"]
    assert a.do("fence")["status"] == "ok"


def test_what_it_cannot_do_it_says(start):
    a = start("A")
    assert a.do("dance")["status"] == "not-supported"


def test_texts_and_lengths_come_as_the_protocol_says(start):
    a = start("A", limits={"pool_bytes": 1000})
    broken = base64.b64encode(b"ipc:/\xff").decode()
    assert a.do("register", overlapped=1, name={"base64": broken})["status"] == "invalid-name"
    a.run("register", name="ipc:/é")
    send = {"overlapped": 9, "handle": 1, "target": "ipc:/é"}
    assert a.do("send", data={"null": 3}, **send)["status"] == "invalid-argument"
    assert a.do("send", data="x" * 1001, **send)["status"] == "no-resources"
    a.run("send", handle=1, target="ipc:/é/?", data={"null": 0})
    assert a.run("receive", handle=1, buffer=100)["lengths"] == [11, 13, 0]
    assert a.do("info", handle=1)["info"]["next"] is None


def test_limits_that_no_node_can_have_are_refused(start, tmp_path):
    assert start("A", limits={"operations": 0}).opened == "invalid-argument"
    assert not (tmp_path / "nodes").exists()


def load(one, **members):
    """Starts a load; the returned function waits for its figures."""
    one.number += 1
    one.commands.append({"id": one.number, "do": "load", "handle": 1, **members})
    one.write(json.dumps(one.commands[-1]))
    return lambda: one.reply(one.number)["load"]


@pytest.fixture(name="pair")
def make_pair(start):
    a, b = start("A"), start("B")
    a.run("register", name="ipc:/a", overflow="block")
    b.run("register", name="ipc:/b", overflow="block")
    yield a, b
    assert a.do("poll")["status"] == b.do("poll")["status"] == "would-block"


@pytest.mark.parametrize("rate", [{}, {"rate": 20000}])
def test_a_load_streams_messages_into_a_sink(pair, rate):
    sink = load(pair[1], mode="sink", size=100, count=500, **rate)
    stream = load(pair[0], mode="stream", target="ipc:/b/x", size=100, count=500, window=40, **rate)
    sent, got = stream(), sink()
    assert (sent["count"], sent["errors"], got["count"], got["errors"]) == (500, 0, 500, 0)
    assert 0 < sent["ended"] - sent["began"] and got["cpu"] > 0
    assert sum(n for _, n in got.get("latency", [])) == (500 if rate else 0)


@pytest.mark.parametrize("rate", [{}, {"rate": 2000}])
@pytest.mark.parametrize("size", [16, 50000])
def test_a_load_pings_an_echo(pair, rate, size):
    echo = load(pair[1], mode="echo", size=size, count=50)
    ping = load(pair[0], mode="ping", target="ipc:/b", size=size, count=50, slower=50, **rate)
    sent, got = ping(), echo()
    assert (sent["count"], sent["errors"], got["count"], got["errors"]) == (50, 0, 50, 0)
    assert sum(n for _, n in sent["latency"]) == 50
    assert [bound for bound, _ in sent["latency"]] == sorted({b for b, _ in sent["latency"]})


def test_a_load_that_finds_something_wrong_says_what(pair):
    a, b = pair
    assert load(a, mode="stream", target="ipc:/nobody", size=9, count=3, window=1)()["errors"] == 3
    assert load(a, mode="stream", target="nobody", size=9, count=3, window=1)()["count"] == 0
    sink = load(b, mode="sink", size=9, count=3)
    load(a, mode="stream", target="ipc:/b", size=8, count=1, window=1)()
    assert sink()["why"] == "message 0 has 8 bytes"


needs_users = pytest.mark.skipif(
    os.geteuid() != 0 or not all(folder.stat().st_mode & 0o001 for folder in PROGRAM.parents),
    reason="only root has processes of others, and only where they get at the program")


@pytest.fixture(name="realm")
def make_realm():
    """A realm that others can reach, as their tmp_path is not."""
    with tempfile.TemporaryDirectory(prefix="uripc-") as path:
        yield Path(path)


@needs_users
def test_a_private_realm_admits_its_owner_alone(start, realm):
    start("A", realm).run("register", name="ipc:/a")
    for path in (realm, realm / "nodes"):
        stranger = start("S", path, user=9)
        assert stranger.opened == "ok"
        assert stranger.run("register", name="ipc:/s")["status"] == "access-denied"


@needs_users
def test_in_an_open_realm_a_name_is_its_principals_with_all_below_and_above(start, realm):
    realm.chmod(0o777)
    a, b = start("A", realm, user=7), start("B", realm, user=9)
    assert a.run("register", name="ipc:/a/b", kind="group")["status"] == "ok"
    for name in ("ipc:/a/b", "ipc:/a/b/c", "ipc:/a", "ipc:/"):
        assert b.run("register", name=name, kind="group")["status"] == "exists"
    assert b.run("register", name="ipc:/a/bc")["status"] == "ok"
    assert start("A2", realm, user=7).run("register", name="ipc:/a/b/c")["status"] == "ok"
    b.run("send", handle=1, target="ipc:/a/b")
    assert a.run("receive", handle=1, buffer=100)["principal"] == 9


FORGER = """
import socket, sys
with socket.socket(socket.AF_UNIX) as connection:
    connection.connect(sys.argv[1])
    connection.sendall(bytes.fromhex(sys.argv[2]))
    connection.shutdown(socket.SHUT_WR)
    while connection.recv(1000):
        pass
"""


@needs_users
@pytest.mark.parametrize(
    "user, name, queued", [(9, "ipc:/a", 0), (7, "ipc:/a", 1), (9, "ipc:/z", 1)])
def test_nobody_speaks_in_the_name_of_another_principal(start, realm, user, name, queued):
    realm.chmod(0o777)
    start("A", realm, user=7).run("register", name="ipc:/a")
    (first,) = (realm / "nodes").glob("*.s")
    c = start("C", realm)
    c.run("register", name="ipc:/c")
    (path,) = set((realm / "nodes").glob("*.s")) - {first}
    forged = wire.encode_hello(wire.Hello(77)) + wire.encode_message(wire.Message(
        1, name, "ipc:/c", b"", source_serial=1, target_serial=1, name_units=len(name)))
    command = [sys.executable, "-c", FORGER, str(path), forged.hex()]
    subprocess.run(command, user=user, timeout=DEADLINE_S, check=True)
    assert c.do("info", handle=1)["info"]["messages"] == queued
