# SPDX-License-Identifier: MIT
"""The driver protocol (spec/driver-protocol.md): commands come in, replies and events go out."""

import binascii
import json
import os
import sys

import host
import status
from entry import KINDS, OVERFLOWS
from node import LIMITS
from realm import Unusable

PROTOCOL = 1
LINE_LIMIT = 8 << 20
CAPABILITIES = ("group", "shared", "parents", "queues", "incarnations", "info", "cancel", "utf16",
                "discard", "polling", "layout", "limits", "principals", "access",
                "workers", "load")
UINT32, NUMBER = (1 << 32) - 1, (1 << 53) - 1


class Misunderstood(Exception):
    """The command does not say what the protocol expects."""


def number(value, what, most=NUMBER):
    if type(value) is not int or not 0 <= value <= most:
        raise Misunderstood(f"{what}: expected a number from 0 to {most}")
    return value


def flag(value, what):
    if type(value) is not bool:
        raise Misunderstood(f"{what}: expected true or false")
    return value


def word(value, what, words):
    if value not in words:
        raise Misunderstood(f"{what}: expected one of {', '.join(words)}")
    return value


def from_base64(value, what):
    try:
        return binascii.a2b_base64(value.encode("ascii"), strict_mode=True)
    except (AttributeError, ValueError):
        raise Misunderstood(f"{what}: expected base64") from None


def text(value, what):
    if isinstance(value, dict) and "base64" in value:
        return from_base64(value["base64"], what)
    if not isinstance(value, str):
        raise Misunderstood(f"{what}: expected a text")
    return value.encode("utf-8", "surrogatepass")


def generated(seed, length):
    factor = (2 * seed + 1) * 2654435769
    return bytes((i * factor & UINT32) >> 24 for i in range(1, length + 1))


def data(value):
    """The bytes of a message, and the length that was told where there are none."""
    if isinstance(value, dict) and "null" in value:
        return b"", number(value["null"], "null", UINT32)
    if isinstance(value, dict) and "length" in value:
        length = number(value["length"], "length", UINT32)
        return generated(number(value.get("seed", 1), "seed"), length), 0
    return text(value, "data"), 0


class Driver:
    def __init__(self, source, sink):
        """`source` and `sink` are file descriptors."""
        self.source, self.sink = source, sink
        self.host = None
        self.watched = False
        self.ended = False
        self.told_ready = False
        self.out = []

    # Lines

    def say(self, **members):
        self.out.append(json.dumps(members, separators=(",", ":")) + "\n")

    def flush(self):
        octets = memoryview("".join(self.out).encode("ascii"))
        self.out.clear()
        while octets:
            octets = octets[os.write(self.sink, octets) :]

    def run(self):
        """Serves until the end is asked for, or there are no more commands."""
        for line in self.lines():
            self.obey(line)
            self.tell_ready()
            self.flush()
            if self.ended:
                return
        if self.host:
            self.host.end()

    def lines(self):
        """The commands; before each, what has arrived from peers has been dealt with."""
        waiting = bytearray()
        while True:
            end = waiting.find(b"\n")
            if end >= 0:
                self.work(0)
                yield bytes(waiting[:end])
                del waiting[: end + 1]
                continue
            if len(waiting) > LINE_LIMIT:
                sys.exit(f"a line of more than {LINE_LIMIT} bytes")
            while not self.work(None):
                pass
            octets = os.read(self.source, 1 << 16)
            if not octets:
                return
            waiting += octets

    def work(self, timeout_ns):
        """True if there is something to be read."""
        if not self.host:
            return True
        found = self.host.wait(timeout_ns if self.watched else 0)
        self.tell_ready()
        self.flush()
        return found or not self.watched

    def tell_ready(self):
        """Once for each time that the queue was empty before."""
        there = bool(self.host and self.host.node.calls.completions)
        if there and not self.told_ready:
            self.say(event="ready")
        self.told_ready = there

    # Commands

    def obey(self, line):
        identity = 0
        try:
            command = json.loads(line)
            if not isinstance(command, dict):
                raise Misunderstood("expected an object")
            identity = number(command.get("id"), "id")
            self.say(id=identity, **self.reply_to(command))
        except (Misunderstood, ValueError, RecursionError) as error:
            self.say(id=identity, error=str(error))

    def reply_to(self, command):
        do = command.get("do")
        handler = HANDLERS.get(do) if isinstance(do, str) else None
        if not handler:
            return {"status": "not-supported"}
        if do not in ("hello", "open", "end") and not self.host:
            raise Misunderstood(f"{do}: there is no node yet; open comes first")
        if not self.host:
            return handler(self, command)
        self.host.begin()
        reply = handler(self, command)
        if not self.ended:
            self.host.settle()
        return reply if isinstance(reply, dict) else {"status": reply}

    def hello(self, command):
        if number(command.get("protocol"), "protocol") < PROTOCOL:
            raise Misunderstood(f"protocol: this driver speaks {PROTOCOL} and nothing below")
        return {"status": "ok", "protocol": PROTOCOL, "name": host.NAME, "version": host.VERSION,
                "binding": "user", "capabilities": CAPABILITIES}

    def open(self, command):
        if self.host:
            raise Misunderstood("open: there is a node already")
        limits = dict(LIMITS)
        for name, value in (command.get("limits") or {}).items():
            if name in LIMITS:
                limits[name] = number(value, name, UINT32)
        if not all(limits.values()):
            return {"status": "invalid-argument"}
        path = text(command.get("realm"), "realm")
        try:
            self.host = host.Host(os.fsdecode(path), limits)
        except Unusable as error:
            print(error, file=sys.stderr)
            return {"status": "invalid-argument"}
        self.watched = self.host.watch(self.source)
        return {"status": "ok"}

    def register(self, command):
        return self.host.node.register(
            overlapped_of(command), text(command.get("name"), "name"),
            parent=number(command.get("parent", 0), "parent"),
            kind=word(command.get("kind", "exclusive"), "kind", KINDS),
            overflow=word(command.get("overflow", "reject"), "overflow", OVERFLOWS),
            queue=number(command.get("queue", 0), "queue", UINT32),
            queue_bytes=number(command.get("queue_bytes", 0), "queue_bytes", UINT32),
            maximum=number(command.get("max", 0), "max", UINT32), deadline=deadline_of(command))

    def send(self, command):
        octets, missing = data(command.get("data", ""))
        suffix = command.get("suffix")
        expecting = command.get("expecting")
        if expecting is not None and not isinstance(expecting, str):
            raise Misunderstood("expecting: expected an incarnation")
        return self.host.node.send(
            overlapped_of(command), handle_of(command), text(command.get("target"), "target"),
            octets, missing=missing, suffix=None if suffix is None else text(suffix, "suffix"),
            nowait=flag(command.get("nowait", False), "nowait"), deadline=deadline_of(command),
            expecting=expecting)

    def receive(self, command):
        flags = {name: flag(command.get(name, False), name)
                 for name in ("nowait", "utf16", "discard")}
        return self.host.node.receive(
            overlapped_of(command), handle_of(command),
            number(command.get("buffer"), "buffer", UINT32), deadline=deadline_of(command), **flags)

    def close(self, command):
        return self.host.node.close(overlapped_of(command), handle_of(command))

    def cancel(self, command):
        return self.host.node.cancel(overlapped_of(command))

    def cancel_all(self, command):
        return self.host.node.cancel_all(handle_of(command))

    def poll(self, _):
        completion = self.host.node.poll()
        if not completion:
            return "would-block"
        self.told_ready = bool(self.host.node.calls.completions)
        if completion["certainty"] == status.DEFINITE:
            del completion["certainty"]
        else:
            completion["certainty"] = "indefinite"
        if "written" in completion:
            octets = binascii.b2a_base64(completion["written"], newline=False)
            completion["written"] = octets.decode("ascii")
        return {"status": "ok", "completion": completion}

    def info(self, command):
        found = self.host.node.info(handle_of(command))
        return {"status": "ok", "info": found} if found else "invalid-handle"

    def fence(self, _):
        """What had arrived was dealt with before the command, and the turn hands over the rest."""
        return "ok"

    def load(self, command):
        from load import MODES, Load  # few drivers need it, and all are started often

        mode = word(command.get("mode"), "mode", MODES)
        size = number(command.get("size"), "size", UINT32)
        rate = number(command.get("rate", 0), "rate")
        sends = mode in ("stream", "ping")
        if rate and size < 16:
            raise Misunderstood("size: with a rate, expected at least 16")
        if self.host.node.calls.in_flight:
            raise Misunderstood("load: other calls are in flight")
        load = Load(
            self.host, handle_of(command), number(command.get("count"), "count"),
            generated(0, size), rate=rate, slower=number(command.get("slower", 0), "slower"),
            target=text(command.get("target"), "target") if sends else b"",
            window=max(1, number(command.get("window", 1), "window")) if sends else 1)
        with self.host.alone():
            result = load.run(mode)
        return {"status": "ok", "load": result}

    def end(self, _):
        if self.host:
            self.host.end()
        self.ended = True
        return {"status": "ok"}


def overlapped_of(command):
    return number(command.get("overlapped"), "overlapped")


def handle_of(command):
    return number(command.get("handle"), "handle")


def deadline_of(command):
    return number(command.get("deadline", 0), "deadline")


HANDLERS = {
    "hello": Driver.hello, "open": Driver.open, "register": Driver.register, "send": Driver.send,
    "receive": Driver.receive, "close": Driver.close, "cancel": Driver.cancel,
    "cancel-all": Driver.cancel_all, "poll": Driver.poll, "info": Driver.info,
    "fence": Driver.fence, "load": Driver.load, "end": Driver.end,
}
