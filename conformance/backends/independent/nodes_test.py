# SPDX-License-Identifier: MIT
"""Nodes in one process over one realm: each has a real directory, real sockets, and no sleep."""

import contextlib
import os
import resource
import socket
import struct
import time

import pytest

import host
import realm
import wire
from entry import Entry
from node import LIMITS

DEADLINE_S = 10


class World:
    """Some nodes in one realm, which take turns."""

    def __init__(self, path):
        self.path = path
        self.hosts = []
        self.block = 0

    def node(self, **limits):
        self.hosts.append(host.Host(self.path, {**LIMITS, **limits}))
        return self.hosts[-1]

    def turn(self):
        for one in self.hosts:
            one.wait(0)

    def until(self, condition):
        limit = time.monotonic() + DEADLINE_S
        while not condition():
            assert time.monotonic() < limit, "nothing happens any more"
            self.turn()

    def start(self, one, call, *arguments, **options):
        """The number of a call that was accepted."""
        self.block += 1
        one.begin()
        status = getattr(one.node, call)(self.block, *arguments, **options)
        one.settle()
        assert status == "pending", status
        return self.block

    def result(self, one):
        self.until(lambda: one.node.calls.completions)
        return one.node.poll()

    def run(self, one, call, *arguments, **options):
        """Makes a call and waits for its completion."""
        block = self.start(one, call, *arguments, **options)
        completion = self.result(one)
        assert completion["overlapped"] == block
        return completion

    def register(self, one, name, **options):
        completion = self.run(one, "register", name.encode(), **options)
        assert completion["status"] == "ok"
        return completion["handle"]

    def send(self, one, handle, target, data=b"", **options):
        return self.run(one, "send", handle, target.encode(), data, **options)["status"]

    def die(self, one):
        """Ends a node as the system does: connections end, locks are gone, nothing is told."""
        self.hosts.remove(one)
        one.links.close()
        one.realm.listener.close()
        os.close(one.realm.node_file)


@pytest.fixture(name="world")
def make_world(tmp_path):
    world = World(tmp_path)
    yield world
    for one in world.hosts:
        one.end()


def test_a_message_reaches_another_node_and_its_answer_comes_back(world):
    one, two = world.node(), world.node()
    a, b = world.register(one, "ipc:/a"), world.register(two, "ipc:/b")
    sent = world.run(one, "send", a, b"ipc:/b/x?q", b"hello", suffix=b"r1")
    assert (sent["status"], sent["bytes"]) == ("ok", 5)
    got = world.run(two, "receive", b, 4096)
    assert got["lengths"] == [9, 10, 5]
    head = struct.pack("=4I", 9, 10, 5, 0)
    assert got["written"] == head + b"ipc:/a/r1ipc:/b/x?q" + bytes(5) + b"hello"
    assert got["principal"] == os.geteuid()
    assert got["message_id"] == sent["message_id"]
    assert got["incarnation"] == one.node.info(a)["incarnation"]
    assert sent["incarnation"] == two.node.info(b)["incarnation"]


def test_names_are_exclusive_in_the_whole_realm_and_free_after_a_close(world):
    one, two = world.node(), world.node()
    a = world.register(one, "ipc:/a")
    assert world.run(two, "register", b"IPC:/a/")["status"] == "exists"
    assert world.run(one, "close", a)["status"] == "ok"
    world.register(two, "ipc:/a")


def test_a_shared_queue_ends_with_its_first(world):
    one, two = world.node(), world.node()
    first = world.register(one, "ipc:/s", kind="shared")
    second = world.register(one, "ipc:/s", kind="shared")
    assert world.run(two, "register", b"ipc:/s", kind="shared", queue=5)["status"] == "exists"
    waiting = world.start(one, "receive", second, 100)
    world.start(one, "close", first)
    ended, closed = world.result(one), world.result(one)
    assert (ended["overlapped"], ended["status"]) == (waiting, "aborted")
    assert closed["status"] == "ok"
    assert one.node.info(second) is None
    world.register(two, "ipc:/s", kind="shared")


def test_a_shared_queue_of_a_node_that_takes_no_workers_stays_there(world):
    one, two = world.node(), world.node()
    assert two.realm.lock()
    two.realm.write(Entry(two.realm.node, 5, "ipc:/s", "shared", "reject", 9, 0, 0, workers=False))
    two.realm.unlock()
    done = world.run(one, "register", b"ipc:/s", kind="shared", queue=9)
    assert done["status"] == "not-supported"


def joined(world):
    """A home with its handle, and a worker with its own."""
    home, worker = world.node(), world.node()
    return home, world.register(home, "ipc:/s", kind="shared"), worker, world.register(
        worker, "ipc:/s", kind="shared")


def queued(one, handle):
    return one.node.info(handle)["messages"]


def test_workers_and_the_home_compete_for_one_queue(world):
    home, at_home, worker, away = joined(world)
    for text in b"one", b"two", b"three":
        assert world.send(home, at_home, "ipc:/s", text) == "ok"
    got = world.run(worker, "receive", away, 4096)
    assert (got["status"], got["written"][-3:]) == ("ok", b"one")
    assert got["incarnation"] == home.node.info(at_home)["incarnation"]
    assert world.run(home, "receive", at_home, 4096)["written"][-3:] == b"two"
    assert world.run(worker, "receive", away, 10)["status"] == "buffer-too-small"
    assert queued(home, at_home) == 1
    assert world.run(worker, "receive", away, 0, discard=True)["status"] == "ok"
    assert world.run(worker, "receive", away, 100, nowait=True)["status"] == "timeout"
    world.until(lambda: home.node.memory.used == 0)
    assert home.node.calls.foreign == 1


def test_what_a_dead_worker_had_not_taken_goes_back_to_its_place(world):
    home, at_home, worker, away = joined(world)
    world.start(worker, "receive", away, 4096)
    world.until(lambda: home.node.calls.foreign == 2)
    world.hosts.remove(worker)  # it does not run any more
    for text in b"one", b"two":
        assert world.send(home, at_home, "ipc:/s", text) == "ok"
    assert queued(home, at_home) == 1
    world.hosts.append(worker)
    world.die(worker)
    world.until(lambda: queued(home, at_home) == 2)
    assert world.run(home, "receive", at_home, 4096)["written"][-3:] == b"one"
    assert home.node.calls.foreign == 0


def test_what_a_worker_has_taken_dies_with_it(world):
    home, at_home, worker, away = joined(world)
    assert world.send(home, at_home, "ipc:/s", b"one") == "ok"
    block = world.start(worker, "receive", away, 4096)
    while not worker.node.calls.completions:
        world.turn()
    assert worker.node.poll()["overlapped"] == block
    world.die(worker)
    world.until(lambda: home.node.calls.foreign == 0)
    assert queued(home, at_home) == 0
    assert home.node.memory.used == 0


def test_a_receive_of_a_worker_that_is_cancelled_takes_nothing(world):
    home, at_home, worker, away = joined(world)
    block = world.start(worker, "receive", away, 4096)
    world.until(lambda: home.node.calls.foreign == 2)
    world.hosts.remove(worker)
    assert world.send(home, at_home, "ipc:/s", b"one") == "ok"
    assert queued(home, at_home) == 0  # it is on its way
    assert worker.node.cancel(block) == "ok"
    worker.settle()
    world.hosts.append(worker)
    assert world.result(worker)["status"] == "aborted"
    world.until(lambda: queued(home, at_home) == 1)


def test_the_end_of_a_home_is_that_of_its_workers(world):
    home, at_home, worker, away = joined(world)
    waiting = world.start(worker, "receive", away, 4096)
    world.until(lambda: home.node.calls.foreign == 2)
    world.die(home)
    ended = world.result(worker)
    assert (ended["overlapped"], ended["status"]) == (waiting, "aborted")
    world.until(lambda: worker.node.info(away) is None)
    world.register(worker, "ipc:/s", kind="shared")


def test_a_home_has_room_for_so_many_calls(world):
    home = world.node(operations=2)
    world.register(home, "ipc:/s", kind="shared")
    worker = world.node()
    handles = [world.register(worker, "ipc:/s", kind="shared") for _ in range(2)]
    assert world.run(worker, "register", b"ipc:/s", kind="shared")["status"] == "no-resources"
    assert world.run(worker, "receive", handles[0], 99)["status"] == "no-resources"
    assert world.run(worker, "close", handles[1])["status"] == "ok"
    world.until(lambda: home.node.calls.foreign == 1)


def test_every_member_of_a_group_gets_one_copy_with_one_id(world):
    nodes = [world.node() for _ in range(3)]
    members = [world.register(one, "ipc:/g", kind="group") for one in nodes]
    sent = world.run(nodes[0], "send", members[0], b"ipc:/g", b"x")
    got = [world.run(one, "receive", member, 100) for one, member in zip(nodes, members)]
    assert {completion["message_id"] for completion in got} == {sent["message_id"]}
    assert world.send(nodes[0], members[0], "ipc:/g", bytes(424)) == "ok"
    assert world.send(nodes[0], members[0], "ipc:/g", bytes(425)) == "too-big"


def test_a_dead_node_frees_its_names_and_ends_what_waits_for_it(world):
    one, two = world.node(), world.node()
    a = world.register(one, "ipc:/a")
    world.register(two, "ipc:/b", queue=1, overflow="block")
    assert world.send(one, a, "ipc:/b") == "ok"
    world.start(one, "send", a, b"ipc:/b", b"")
    world.turn()
    world.die(two)
    gone = world.result(one)
    assert (gone["status"], gone["certainty"]) == ("peer-gone", 2)
    assert world.send(one, a, "ipc:/b") == "no-receiver"
    world.register(one, "ipc:/b")


def test_the_last_messages_of_a_dead_node_come_before_the_news(world):
    one, two = world.node(), world.node()
    a = world.register(one, "ipc:/a")
    b = world.register(two, "ipc:/b", queue=1, overflow="block")
    world.send(one, a, "ipc:/b")
    world.start(one, "send", a, b"ipc:/b", b"waits")
    world.until(lambda: two.node.info(b)["waiting"])
    waiting = world.start(one, "receive", a, 100)
    world.start(two, "send", b, b"ipc:/a", b"last words")
    world.die(two)
    got, gone = world.result(one), world.result(one)
    assert (got["overlapped"], got["status"]) == (waiting, "ok")
    assert gone["status"] == "peer-gone"


def test_all_that_a_dead_node_has_sent_arrives_although_nobody_takes_the_answers(world):
    one, two = world.node(), world.node()
    a, b = world.register(one, "ipc:/a"), world.register(two, "ipc:/b")
    for _ in range(3):
        world.start(two, "send", b, b"ipc:/a", bytes(50000))
    world.die(two)
    world.until(lambda: one.node.info(a)["messages"] == 3)


def test_an_answer_that_was_given_before_the_death_counts(world):
    one, two = world.node(), world.node()
    a = world.register(one, "ipc:/a")
    world.register(two, "ipc:/b")
    world.start(one, "send", a, b"ipc:/b", b"1")
    two.wait(0)
    world.die(two)
    world.start(one, "send", a, b"ipc:/b", b"2")
    assert [world.result(one)["status"] for _ in range(2)] == ["ok", "peer-gone"]


def test_a_blocked_send_can_be_cancelled_and_is_never_delivered(world):
    one, two = world.node(), world.node()
    a = world.register(one, "ipc:/a")
    b = world.register(two, "ipc:/b", queue=1, overflow="block")
    world.send(one, a, "ipc:/b", b"1")
    block = world.start(one, "send", a, b"ipc:/b", b"2")
    world.until(lambda: two.node.info(b)["waiting"])
    assert world.send(one, a, "ipc:/b", b"3", nowait=True) == "would-block"
    one.begin()
    assert one.node.cancel(block) == "ok"
    assert one.node.cancel(block) == "not-found"
    one.settle()
    assert world.result(one)["status"] == "aborted"
    assert two.node.info(b)["waiting"] == 0


def test_a_late_answer_completes_nothing(world):
    one, two = world.node(), world.node()
    a = world.register(one, "ipc:/a")
    b = world.register(two, "ipc:/b", queue=1, overflow="block")
    world.send(one, a, "ipc:/b", b"1")
    late = world.run(one, "send", a, b"ipc:/b", b"2", deadline=1)
    assert (late["status"], late["certainty"]) == ("timeout", 2)
    world.run(two, "receive", b, 100)
    assert world.send(one, a, "ipc:/b", b"3") == "ok"
    assert not one.node.calls.completions
    assert len(one.links.peers) == 1  # the connection has survived the late answer


def test_a_message_that_nobody_can_hold_is_read_past(world):
    one, two = world.node(), world.node(pool_bytes=1000)
    a = world.register(one, "ipc:/a")
    b = world.register(two, "ipc:/b", overflow="drop-oldest")
    assert world.send(one, a, "ipc:/b", bytes(500)) == "ok"
    assert world.send(one, a, "ipc:/b", bytes(600)) == "full"
    assert world.send(one, a, "ipc:/b", bytes(600000)) == "full"
    assert two.node.info(b)["messages"] == 1
    assert world.send(two, b, "ipc:/b", bytes(400)) == "ok"


def test_a_name_is_found_as_soon_as_it_is_there(world):
    one, two = world.node(), world.node()
    a = world.register(one, "ipc:/a")
    assert world.send(one, a, "ipc:/a/x/y") == "ok"
    x = world.register(two, "ipc:/a/x")
    assert world.send(one, a, "ipc:/a/x/y") == "ok"
    assert two.node.info(x)["messages"] == 1
    world.run(two, "close", x)
    assert world.send(one, a, "ipc:/a/x/y") == "ok"
    assert one.node.info(a)["messages"] == 2


def test_a_demanded_incarnation_is_reached_or_nobody_is(world):
    one, two = world.node(), world.node()
    a, b = world.register(one, "ipc:/a"), world.register(two, "ipc:/b")
    life = two.node.info(b)["incarnation"]
    assert world.send(one, a, "ipc:/b", expecting=life) == "ok"
    world.run(two, "close", b)
    world.register(two, "ipc:/b")
    assert world.send(one, a, "ipc:/b", expecting=life) == "peer-gone"
    assert world.send(one, a, "ipc:/nobody", expecting=life) == "peer-gone"


def test_a_claim_waits_for_the_realms_lock_and_can_be_cancelled(world):
    one = world.node()
    other = realm.Realm(world.path, 1)
    other.enter("test")
    assert other.lock()
    block = world.start(one, "register", b"ipc:/a")
    world.turn()
    assert not one.node.calls.completions
    one.node.cancel(block)
    assert one.node.poll()["status"] == "aborted"
    world.start(one, "register", b"ipc:/b")
    other.unlock()
    assert world.result(one)["status"] == "ok"
    other.leave()


def stranger(world, one, octets):
    """Writes to a node as somebody else; returns what it answers until it closes, or is quiet."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
        connection.connect(one.realm.socket_path(one.realm.node))
        connection.setblocking(False)
        connection.sendall(octets)
        got = bytearray()
        for _ in range(10):
            world.turn()
            try:
                more = connection.recv(1 << 16)
            except BlockingIOError:
                continue
            if not more:
                return bytes(got), True
            got += more
        return bytes(got), False


HELLO = wire.encode_hello(wire.Hello(7))


def message(target="ipc:/a", serial=1, data=b"x"):
    return wire.encode_message(wire.Message(
        1, "ipc:/z/r", target, data, source_serial=5, target_serial=serial, name_units=6))


@pytest.mark.parametrize(
    "octets",
    [
        message(),
        HELLO + HELLO,
        wire.encode_hello(wire.Hello(0, 2, 9)),
        wire.encode_hello(wire.Hello(0)) + message(),
        HELLO + wire.encode_ask(),
        HELLO + wire.encode_answer(wire.Answer(1, 1, 1, 1, 0, 1)),
        HELLO + message(target="ipc:/b"),
        HELLO + wire.encode_given(wire.Given(1, 1, "ok")),
        HELLO + wire.encode_take(wire.Take(1, 5, 9, 100, False, False, False)) + HELLO,
        b"GET / HTTP/1.0\r\n\r\n",
        bytes(100),
    ],
)
def test_whoever_does_not_keep_to_the_wire_is_shown_out(world, octets):
    one = world.node()
    a = world.register(one, "ipc:/a")
    _, closed = stranger(world, one, octets)
    assert closed
    assert one.node.info(a)["messages"] == 0
    assert world.send(one, a, "ipc:/a") == "ok"


def test_a_stranger_that_keeps_to_the_wire_is_answered(world):
    one = world.node()
    a = world.register(one, "ipc:/a")
    got, closed = stranger(world, one, HELLO + message() + message(serial=9))
    assert not closed
    assert got == (wire.encode_hello(wire.Hello(one.realm.node))
                   + wire.encode_answer(wire.Answer(1, 1, 1, 5, 0, 1))
                   + wire.encode_answer(wire.Answer(1, 1, 9, 5, 8, 1)))
    assert one.node.info(a)["messages"] == 1


def test_an_answer_may_come_over_the_other_connection(world):
    """A peer takes a message and tells the result where it sends its own messages."""
    one = world.node()
    a = world.register(one, "ipc:/a")
    peer = realm.Realm(world.path, 1)
    peer.enter("test")
    assert peer.lock()
    assert peer.claim(Entry(peer.node, 5, "ipc:/b", "exclusive", "reject", 9, 0, 0)) == "ok"
    peer.unlock()
    world.start(one, "send", a, b"ipc:/b", b"x")
    connection, _ = peer.listener.accept()
    got, closed = stranger(world, one, wire.encode_hello(wire.Hello(peer.node))
                           + wire.encode_answer(wire.Answer(1, 1, 5, 1, 10, 1)))
    assert not closed
    assert world.result(one)["status"] == "full"
    connection.close()
    peer.leave()


def test_an_observer_sees_what_is_there(world):
    one = world.node()
    a = world.register(one, "ipc:/a", queue=1)
    world.send(one, a, "ipc:/a", b"hello")
    got, closed = stranger(world, one, wire.encode_hello(wire.Hello(0)) + wire.encode_ask())
    assert not closed
    size, kind = struct.unpack_from("<IB", got, 40)
    assert (size, kind) == (len(got) - 40, wire.STATE)
    assert b'"name": "ipc:/a"' in got and b'"bytes": 5' in got


def test_an_orderly_end_leaves_nothing_behind(world):
    one, two = world.node(), world.node()
    a = world.register(one, "ipc:/a")
    world.register(one, "ipc:/a/b", parent=a)
    world.hosts.remove(one)
    one.end()
    assert os.listdir(world.path / "names") == []
    assert sorted(os.listdir(world.path / "nodes")) == sorted(
        [wire.hexadecimal(two.realm.node), wire.hexadecimal(two.realm.node) + ".s"])


@pytest.mark.parametrize("path", ["/nowhere/at/all", "/etc/passwd", "/tmp/" + "x" * 80])
def test_a_path_that_is_no_realm_is_refused(path):
    with pytest.raises(realm.Unusable):
        host.Host(path, LIMITS)


@contextlib.contextmanager
def no_descriptors():
    """As if this process had opened all it may."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    lowest = os.dup(0)
    os.close(lowest)
    resource.setrlimit(resource.RLIMIT_NOFILE, (lowest, hard))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def test_without_descriptors_a_node_lets_callers_wait_and_does_not_spin(world):
    one = world.node()
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as caller:
        with no_descriptors():
            caller.connect(one.realm.socket_path(one.realm.node))
            assert one.pass_over(0) is None  # it has looked at the caller
            assert one.pass_over(0) is False  # and does not again, until it is time
            assert one.next_retry() == one.node.now + host.PAUSE_NS
            one.wait(0)  # another attempt, as vain as the first
            assert one.pass_over(0) is False and not one.links.guests
        world.until(lambda: one.links.guests)
    assert one.next_retry() is None
    world.until(lambda: not one.links.guests)  # who calls later is heard at once, and so is an end
