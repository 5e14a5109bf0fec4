# SPDX-License-Identifier: MIT
"""The command `load` (spec/driver-protocol.md): messages made and counted inside the driver."""

import struct
import time
from collections import deque

MODES = ("sink", "stream", "echo", "ping")
POSTED = 32  # receives ahead
GIVE_UP_NS = 5_000_000_000
SLOT_BITS = 6  # of a duration that the histogram tells apart
NUMBER = struct.Struct("<Q")
NUMBER_AND_DUE = struct.Struct("<QQ")


class Stopped(Exception):
    """The load cannot go on, and why."""


def slot(duration):
    """The upper bound of the slot that a duration falls into."""
    shift = max(0, duration.bit_length() - SLOT_BITS)
    return ((duration >> shift) + 1 << shift) - 1


class Load:
    """One load of one node, in which no other call is in flight.  `filling` is a whole message
    whose first bytes are replaced."""

    def __init__(self, host, handle, count, filling, *, target=b"", window=1, rate=0, slower=0):
        self.host, self.node = host, host.node
        self.handle, self.count, self.filling, self.target = handle, count, filling, target
        self.window, self.rate, self.slower = window, rate, slower
        limits = self.node.limits
        self.buffer = 16 + 2 * limits["uri_units"] + 8 + len(filling)
        self.free = list(range(1, limits["operations"] + 1))
        self.posted_ahead = min(POSTED, max(1, limits["operations"] // 2))
        self.posted = self.received = self.sent = self.completed = self.errors = 0
        self.why = None
        self.histogram = {}

    def run(self, mode):
        """What the reply has in `load`."""
        self.began = self.news_at = time.monotonic_ns()
        cpu = self.burnt_at = time.process_time_ns()
        try:
            getattr(self, mode)()
        except Stopped as stop:
            self.fail(str(stop))
        result = {"count": self.completed if mode in ("stream", "echo") else self.received,
                  "began": self.began, "ended": time.monotonic_ns(),
                  "cpu": time.process_time_ns() - cpu, "errors": self.errors}
        if self.why:
            result["why"] = self.why
        if mode == "ping" or mode == "sink" and self.rate:
            result["latency"] = sorted(self.histogram.items())
        self.clean_up()
        return result

    # The modes

    def sink(self):
        while self.received < self.count:
            self.post()
            for completion in self.news():
                data = self.take(completion)
                if self.rate:
                    self.count_latency(NUMBER_AND_DUE.unpack_from(data)[1])

    def stream(self):
        while self.completed < self.count:
            left = self.send_what_is_due()
            for completion in self.news(left):
                self.note(completion)

    def echo(self):
        """An echo that the node has no room for waits until there is."""
        waiting = deque()
        while self.completed < self.count:
            self.post()
            for completion in self.news():
                if completion["call"] == "send":
                    self.note(completion)
                else:
                    data = self.take(completion)
                    source = completion["written"][16 : 16 + completion["lengths"][0]]
                    waiting.append((source, data))
            while waiting and self.send(*waiting[0]):
                waiting.popleft()

    def ping(self):
        while self.received < self.count:
            self.post()
            due = self.due(self.sent)
            while self.rate and (left := due - time.monotonic_ns()) > 0:
                list(self.news(left))
            started = due or time.monotonic_ns()
            self.send(self.target, self.payload(self.sent, due))
            while min(self.received, self.completed) < self.sent:
                for completion in self.news():
                    if completion["call"] == "send":
                        self.note(completion)
                    else:
                        self.take(completion)
                        self.count_latency(started)

    # Their parts

    def due(self, number):
        """The instant at which a message is due; 0 where there is no rate."""
        return self.began + number * 1_000_000_000 // self.rate if self.rate else 0

    def payload(self, number, due):
        head = NUMBER_AND_DUE.pack(number, due) if self.rate else NUMBER.pack(number)
        return (head + self.filling[len(head) :])[: len(self.filling)]

    def post(self):
        """Posts receives ahead."""
        while self.posted < min(self.count, self.received + self.posted_ahead) and self.free:
            status = self.node.receive(self.free[-1], self.handle, self.buffer)
            if status != "pending":
                raise Stopped(f"receive: {status}")
            self.free.pop()
            self.posted += 1

    def send(self, target, data):
        """False if there is no room for it before others are complete."""
        status = self.node.send(self.free[-1], self.handle, target, data) if self.free else None
        if status == "pending":
            self.free.pop()
            self.sent += 1
            return True
        if status not in (None, "no-resources") or self.sent == self.completed:
            raise Stopped(f"send: {status}")
        return False

    def send_what_is_due(self):
        """Returns how long the next one is not yet due, or None if others have to complete."""
        while self.sent < self.count and self.sent - self.completed < self.window:
            due = self.due(self.sent)
            left = due - time.monotonic_ns()
            if left > 0:
                return left
            if not self.send(self.target, self.payload(self.sent, due)):
                break
        return None

    def news(self, limit_ns=None):
        """Ends the turn and yields the completions that there are then, or after some time."""
        self.host.settle()
        if not self.node.calls.completions:
            self.host.wait(GIVE_UP_NS if limit_ns is None else limit_ns)
        now = time.monotonic_ns()
        if self.node.calls.completions or limit_ns is not None:
            self.news_at = now
        elif now - self.news_at >= GIVE_UP_NS:
            raise Stopped("nothing has happened for 5 s")
        while completion := self.node.poll():
            self.free.append(completion["overlapped"])
            yield completion
        self.burn()
        self.host.begin()

    def burn(self):
        """Works for nothing, as much more as was asked for."""
        if self.slower:
            used = time.process_time_ns() - self.burnt_at
            limit = time.process_time_ns() + used * self.slower // 100
            while time.process_time_ns() < limit:
                pass
            self.burnt_at = time.process_time_ns()

    def note(self, completion):
        """Counts a send."""
        self.completed += 1
        if completion["status"] != "ok":
            self.fail(f"send: {completion['status']}")

    def take(self, completion):
        """Counts a message, and returns its data if they are the next ones."""
        if completion["status"] != "ok":
            raise Stopped(f"receive: {completion['status']}")
        written, length = completion["written"], completion["lengths"][2]
        data = written[len(written) - length :]
        expected = self.received & (1 << 8 * min(8, length)) - 1
        self.received += 1
        if length != len(self.filling):
            raise Stopped(f"message {self.received - 1} has {length} bytes")
        if int.from_bytes(data[:8], "little") != expected:
            self.fail(f"message {self.received - 1} is not the next one")
        return data

    def count_latency(self, since):
        bound = slot(max(0, time.monotonic_ns() - since))
        self.histogram[bound] = self.histogram.get(bound, 0) + 1

    def fail(self, why):
        self.errors += 1
        self.why = self.why or why

    def clean_up(self):
        """Ends what is still in flight, so that the blocks are free again."""
        self.node.cancel_all(self.handle)
        limit = time.monotonic_ns() + GIVE_UP_NS
        while self.node.calls.in_flight and time.monotonic_ns() < limit:
            self.host.settle()
            while self.node.poll():
                pass
            if self.node.calls.in_flight:
                self.host.wait(GIVE_UP_NS)
