# SPDX-License-Identifier: MIT
"""What a node runs on: one thread, one selector, the realm, the connections, the clock."""

import contextlib
import json
import os
import selectors
import time
from collections import deque

import status
import wire
from links import Links
from node import Node
from realm import Realm

NAME, VERSION = "independent", "0.1"
RETRY_NS = 1_000_000  # until another attempt at the realm's lock or at a connection
PAUSE_NS = 20_000_000  # until callers are let in again after descriptors ran out
LINGER_NS = 1_000_000_000
PASSES = 1000  # over busy connections, before a command gets its turn


class Host:
    def __init__(self, path, limits):
        """Raises realm.Unusable."""
        self.selector = selectors.DefaultSelector()
        self.realm = Realm(path, limits["routes"])
        self.realm.enter(NAME)
        self.node = Node(self.realm.node, self.realm.principal, limits, self)
        self.links = Links(self, self.selector, self.realm, limits["pool_bytes"])
        self.changes = deque()  # of names, in the order in which they were asked for
        self.lock_is_taken = False
        self.watched = None

    # The ports of the node

    def lookup(self, target):
        return self.realm.lookup(target)

    def claim(self, call, entry):
        self.changes.append((call, entry, None))

    def unclaim(self, call):
        self.changes = deque(change for change in self.changes if change[0] is not call)

    def release(self, entries, call):
        self.changes.append((call, None, entries))

    def has_room(self, node):
        return self.links.has_room(node)

    def carry(self, parcel):
        self.links.carry(parcel)

    def recall(self, parcel):
        return self.links.recall(parcel)

    def withdraw(self, parcel):
        self.links.withdraw(parcel)

    def may_speak(self, name, node, principal):
        return self.realm.may_speak(name, node, principal)

    def answer(self, guest, message, result):
        self.links.answer(guest, wire.Answer(
            message.id, 1, message.target_serial, message.source_serial, status.NUMBERS[result],
            status.DEFINITE))

    def ask(self, node, frame):
        self.links.ask(node, frame)

    def give(self, guest, given):
        self.links.give(guest, given)

    # What the connections tell

    def message_came(self, guest, message):
        self.node.arrived(guest, guest.node, guest.principal, message)

    def withdraw_came(self, guest, withdraw):
        self.node.withdrawn(guest, guest.node, withdraw)

    def worker_came(self, guest, frame):
        """A JOIN, TAKE or TAKEN: of whom the name could not be claimed, nothing is taken (ACC-6)."""
        if guest.principal != self.realm.principal:
            raise wire.Broken
        if isinstance(frame, wire.Taken):
            self.node.visitors.taken(guest, frame)
        else:
            self.node.visitors.asked(guest, frame)

    def given_came(self, peer, given):
        self.node.away.given(peer, given)

    def left(self, guest):
        self.node.visitors.left(guest)

    def answer_came(self, peer, answer):
        self.node.answered(peer, answer)

    def handed_over(self, parcel):
        self.node.handed_over(parcel)

    def gone(self, peer, torn, stranded):
        self.realm.forget()  # what led there
        self.node.peer_gone(peer, torn, stranded)

    def ask_came(self, guest):
        registrations, counters = self.node.state()
        self.links.state(guest, json.dumps({
            "process": os.getpid(), "implementation": NAME, "registrations": registrations,
            "counters": counters}))

    # Turns

    def begin(self):
        """Sets the time before a call."""
        self.node.now = time.monotonic_ns()

    def settle(self):
        """Ends a turn: changes of names, then frames, as far as they go at once."""
        while True:
            changed = self.change_names()
            if not self.links.flush() and not changed:
                return

    def change_names(self):
        """True if something was done."""
        if not self.changes:
            self.lock_is_taken = False
            return False
        done = []
        if not any(entry or entries for _, entry, entries in self.changes):
            done = [(call, None, "ok") for call, _, _ in self.changes]
        elif self.realm.refused:
            done = [(call, entry, "access-denied") for call, entry, _ in self.changes]
        elif self.realm.lock():
            try:
                done = [self.change(*change) for change in self.changes]
            finally:
                self.realm.unlock()
        self.lock_is_taken = not done
        if done:
            self.changes.clear()
        for call, entry, result in done:
            if entry:
                self.node.claimed(call, entry, result)
            else:
                self.node.released(call)
        return bool(done)

    def change(self, call, entry, entries):
        try:
            if entry:
                return call, entry, self.realm.claim(entry)
            for one in entries:
                self.realm.release(one)
            return call, None, "ok"
        except PermissionError:
            return call, entry, "access-denied"
        except OSError:
            return call, entry, "no-resources"

    def watch(self, file):
        """Has `wait` look at one more file.  False if it is of a kind that never keeps waiting."""
        try:
            self.selector.register(file, selectors.EVENT_READ)
        except PermissionError:
            return False
        self.watched = file
        return True

    @contextlib.contextmanager
    def alone(self):
        """Looks at connections only, for a while."""
        if self.watched is not None:
            self.selector.unregister(self.watched)
        yield
        if self.watched is not None:
            self.watch(self.watched)

    def wait(self, timeout_ns):
        """Works until something has happened, or for so long (None: without end).  True if the
        watched file can be read; what had arrived by then has been dealt with."""
        self.begin()
        moments = [t for t in (self.node.next_deadline(), self.next_retry()) if t is not None]
        if timeout_ns is not None:
            moments.append(self.node.now + timeout_ns)
        seconds = max(0, min(moments) - self.node.now) / 1e9 if moments else None
        found = self.pass_over(seconds)
        for _ in range(PASSES):
            if found is not None:
                break
            found = self.pass_over(0)
        self.begin()
        self.node.tick()
        if self.links.unconnected or self.links.full:
            self.links.retry()
        self.settle()
        return bool(found)

    def pass_over(self, seconds):
        """One look at the connections: None if there was something, else whether the watched file
        can be read."""
        events = self.selector.select(seconds)
        self.begin()
        calls = [(key.data, mask) for key, mask in events if key.data]
        for call, mask in calls:
            call(mask)
        if not calls:
            return bool(events)
        self.settle()
        return None

    def next_retry(self):
        if self.lock_is_taken or self.links.unconnected:
            return self.node.now + RETRY_NS
        return self.node.now + PAUSE_NS if self.links.full else None

    def end(self):
        """Orderly: what was accepted is handed over, within a second; then the names are free."""
        limit = time.monotonic_ns() + LINGER_NS
        self.wait(0)
        while not self.links.is_idle() and time.monotonic_ns() < limit:
            self.wait(limit - time.monotonic_ns())
        self.node.end()
        self.settle()
        while self.changes and time.monotonic_ns() < limit:
            self.wait(RETRY_NS)
        self.links.close()
        self.realm.leave()
        self.selector.close()
