# SPDX-License-Identifier: MIT
"""Queues that several nodes share (spec/13-dispatch.md, spec/wire.md).

`Visitors` are the handles and receives of other nodes at queues that are at home here, `Away` is
what this node has at queues elsewhere.
"""

import wire
from inbox import Arrival


class Visit:
    """A handle or a receive of a worker.  `arrival` is what was given to it and not heard of since.
    To an inbox, it is a receive."""

    def __init__(self, guest, asked, home):
        self.guest, self.id, self.serial, self.home = guest, asked.id, asked.worker_serial, home
        self.is_take = isinstance(asked, wire.Take)
        self.buffer, self.unit, self.discard, self.nowait = 0, 1, False, False
        if self.is_take:
            self.buffer, self.unit = asked.buffer, 2 if asked.wide else 1
            self.discard, self.nowait = asked.discard, asked.nowait
        self.arrival = None
        self.handle = None


class Visitors:
    def __init__(self, node):
        self.node = node
        self.by_guest = {}  # then by id

    # What workers ask

    def asked(self, guest, asked):
        """A JOIN or a TAKE."""
        home = self.node.by_serial.get(asked.home_serial)
        if not home or home.entry.kind != "shared":
            self.node.ports.give(guest, wire.Given(asked.id, asked.worker_serial, "aborted"))
        elif self.node.calls.is_full():  # DSP-12
            self.node.ports.give(guest, wire.Given(asked.id, asked.worker_serial, "no-resources"))
        elif asked.id in self.by_guest.setdefault(guest, {}):
            raise wire.Broken
        else:
            visit = self.by_guest[guest][asked.id] = Visit(guest, asked, home)
            self.node.calls.foreign += 1
            if visit.is_take:
                home.inbox.post(visit)
            else:
                self.tell(visit, "ok")

    def taken(self, guest, taken):
        visit = self.find(guest, taken.id)
        if not visit or not visit.arrival:
            return
        self.drop(visit)
        if taken.status == "ok":
            self.node.memory.used -= visit.arrival.message.cost()
        else:
            visit.home.inbox.put_back(visit.arrival)  # DSP-8

    def withdrawn(self, guest, number):
        """False if it is nothing of a worker's."""
        visit = self.find(guest, number)
        if visit and not visit.arrival:  # else the worker answers what it was given
            self.forget(visit)
            self.drop(visit)
        return visit is not None

    def left(self, guest):
        """A worker is gone: what it had not taken goes back to its place (DSP-9)."""
        visits = list(self.by_guest.get(guest, {}).values())
        for visit in visits:
            self.forget(visit)
            self.drop(visit)
        for visit in visits:
            if visit.arrival:
                visit.home.inbox.put_back(visit.arrival)

    def end(self, home):
        """A queue ends (DSP-11)."""
        for visits in list(self.by_guest.values()):
            for visit in list(visits.values()):
                if visit.home is not home:
                    continue
                self.drop(visit)
                if visit.arrival:
                    self.node.memory.used -= visit.arrival.message.cost()
                else:
                    self.tell(visit, "aborted")

    # What they are told

    def deliver(self, visit, arrival):
        """What was given is kept until it is known to have been taken."""
        self.node.memory.used += arrival.message.cost()
        visit.arrival = arrival
        self.tell(visit, "ok", arrival)

    def too_short(self, visit, arrival):
        self.drop(visit)
        self.tell(visit, "buffer-too-small", arrival)

    def expire(self, visit):
        self.drop(visit)
        self.tell(visit, "timeout")

    def tell(self, visit, status, arrival=None):
        self.node.ports.give(visit.guest, wire.Given(
            visit.id, visit.serial, status, visit.home.entry.serial if arrival else 0,
            arrival and arrival.message, arrival.node if arrival else 0,
            arrival.principal if arrival else 0))

    def find(self, guest, number):
        return self.by_guest.get(guest, {}).get(number)

    def forget(self, visit):
        if visit.is_take and not visit.arrival:
            visit.home.inbox.forget(visit)

    def drop(self, visit):
        visits = self.by_guest[visit.guest]
        del visits[visit.id]
        if not visits:
            del self.by_guest[visit.guest]
        self.node.calls.foreign -= 1


class Away:
    def __init__(self, node):
        self.node = node
        self.asked = {}  # by peer and id: a register, a registration or a receive
        self.owed = {}  # by peer: how much it may give at most

    def ask(self, home, frame, what, answers):
        self.asked[home.node, frame.id] = what
        self.owed[home.node] = self.owed.get(home.node, 0) + answers
        self.node.ports.ask(home.node, frame)

    def next_id(self):
        self.node.number += 1
        return self.node.number

    def join(self, call, entry, home):
        call.entry, call.away = entry, (home, self.next_id())
        # It is answered, and once more when the queue ends.
        self.ask(home, wire.Join(call.away[1], entry.serial, home.serial), call, 2)

    def receive(self, call):
        home = call.handle.away[0]
        call.away = home, self.next_id()
        self.ask(home, wire.Take(call.away[1], call.handle.entry.serial, home.serial, call.buffer,
                                 call.nowait, call.unit == 2, call.discard), call, 1)

    def take_back(self, what, serial):
        """A register, registration or receive ends before its time."""
        home, number = what.away
        if self.asked.pop((home.node, number), None):
            self.node.ports.ask(home.node, wire.Withdraw(number, serial, home.serial))

    def receives_of(self, registration):
        return sum(getattr(what, "kind", None) == "receive" and what.handle is registration
                   for what in self.asked.values())

    # Answers

    def given(self, peer, given):
        if not self.owed.get(peer):
            raise wire.Broken
        self.owed[peer] -= 1
        what = self.asked.get((peer, given.id))
        kind = getattr(what, "kind", "registration") if what else None
        if kind == "receive":
            self.received(peer, given, what)
        elif kind == "register":
            self.joined(peer, given, what)
        elif kind == "registration" and given.status != "ok":
            self.lost(peer, given.id)
        elif given.message and given.status == "ok":  # nobody waits for it any more (DSP-8)
            self.node.ports.ask(peer, wire.Taken(given.id, given.home_serial, "aborted"))

    def joined(self, peer, given, call):
        if given.message:
            raise wire.Broken
        if given.status != "ok":
            del self.asked[peer, given.id]
            self.node.refused(call, given.status)
            return
        self.asked[peer, given.id] = self.node.opened(call, call.entry, None, call.away)

    def received(self, peer, given, call):
        if given.status == "ok" and not given.message:
            raise wire.Broken
        del self.asked[peer, given.id]
        if not given.message:
            self.node.calls.complete(call, given.status)
            return
        arrival = Arrival(given.message, given.node, given.principal, None)
        if given.status == "ok":
            self.node.ports.ask(peer, wire.Taken(given.id, given.home_serial, "ok"))
            self.node.deliver(call, arrival)
        else:
            self.node.too_short(call, arrival)

    def lost(self, peer, number):
        what = self.asked.pop((peer, number), None)
        kind = getattr(what, "kind", "registration")
        if kind == "register":
            self.node.refused(what, "aborted")
        elif kind == "receive":
            self.node.calls.complete(what, "aborted")
        elif what:
            self.node.lose_queue(what)  # DSP-11

    def gone(self, peer):
        self.owed.pop(peer, None)
        for node, number in list(self.asked):
            if node == peer:
                self.lost(node, number)
