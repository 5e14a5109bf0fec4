# SPDX-License-Identifier: MIT
"""Calls in flight: each has one completion (spec, chapter 6)."""

import heapq
from collections import deque

from status import DEFINITE, INDEFINITE


class Call:
    """An accepted call.  `owner` is the registration with which it ends, `handle` the one that its
    completion names."""

    kind = None

    def __init__(self, overlapped, handle):
        self.overlapped = overlapped
        self.owner = self.handle = handle
        self.done = False
        self.asked_to_end = False


class Register(Call):
    """It ends with its parent, and has no handle until there is one.  `away` is what it has asked
    to join in another node, under which id, for the registration `entry`."""

    kind = "register"

    def __init__(self, overlapped, parent):
        super().__init__(overlapped, None)
        self.owner = parent
        self.entry = self.away = None


class Close(Call):
    kind = "close"


class Receive(Call):
    kind = "receive"

    def __init__(self, overlapped, handle, buffer, unit, discard, nowait):
        super().__init__(overlapped, handle)
        self.buffer, self.unit, self.discard, self.nowait = buffer, unit, discard, nowait
        self.away = None


class Send(Call):
    """`parcels` are its messages to other nodes that have not been handed over wholly."""

    kind = "send"

    def __init__(self, overlapped, handle, number, size):
        super().__init__(overlapped, handle)
        self.number, self.size = number, size
        self.parcels = []
        self.handed_over = False
        self.local = None  # the inbox of this very node in which it may be blocked
        self.sent = None  # the parcel that waits for its answer


class Parcel:
    """A message on its way to another node.  `left`: its first byte is gone, and so it cannot be
    taken back."""

    __slots__ = ("call", "node", "message", "left")

    def __init__(self, call, node, message):
        self.call, self.node, self.message = call, node, message
        self.left = False


class Calls:
    """The calls in flight and the completions that have not been polled, in their orders."""

    def __init__(self, limit):
        self.limit = limit
        self.in_flight = {}  # by overlapped, in the order in which they were started
        self.completions = deque()
        self.deadlines = []
        self.started = 0
        self.foreign = 0  # what workers have here (DSP-12)

    def refusal(self, overlapped):
        """What is wrong with this block (CMP-7, CMP-13), or None."""
        if not overlapped:
            return "invalid-argument"
        if overlapped in self.in_flight:
            return "in-use"
        return "no-resources" if self.is_full() else None

    def is_full(self):
        return len(self.in_flight) + self.foreign >= self.limit

    def start(self, call, now, deadline):
        self.in_flight[call.overlapped] = call
        self.started += 1
        if deadline:
            heapq.heappush(self.deadlines, (now + deadline, self.started, call))

    def pending(self, wanted):
        """The calls that are not complete and fit, in the order in which they were started."""
        return [call for call in self.in_flight.values() if not call.done and wanted(call)]

    def complete(self, call, status, indefinite=False, **values):
        if call.done:
            return
        call.done = True
        certainty = INDEFINITE if indefinite else DEFINITE
        handle = call.handle.handle if call.handle else 0
        self.completions.append({"overlapped": call.overlapped, "call": call.kind,
                                 "status": status, "certainty": certainty, "handle": handle,
                                 "bytes": 0, **values})

    def poll(self):
        if not self.completions:
            return None
        completion = self.completions.popleft()
        del self.in_flight[completion["overlapped"]]
        return completion

    def next_deadline(self):
        self.drop_finished()
        return self.deadlines[0][0] if self.deadlines else None

    def drop_finished(self):
        if len(self.deadlines) > 64 + 2 * len(self.in_flight):
            self.deadlines = [entry for entry in self.deadlines if not entry[2].done]
            heapq.heapify(self.deadlines)
        while self.deadlines and self.deadlines[0][2].done:
            heapq.heappop(self.deadlines)

    def overdue(self, now):
        """The next call whose deadline has passed, or None."""
        self.drop_finished()
        if self.deadlines and self.deadlines[0][0] <= now:
            return heapq.heappop(self.deadlines)[2]
        return None
