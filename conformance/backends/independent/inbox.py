# SPDX-License-Identifier: MIT
"""The queue of a registration: messages, blocked sends, posted receives (spec, chapters 4, 5)."""

from collections import deque


class Memory:
    """Bytes of messages that a node holds."""

    def __init__(self, limit):
        self.limit = limit
        self.used = 0

    def has(self, wanted):
        return self.used + wanted <= self.limit


class Arrival:
    """A message at its target.  `reply(status)` tells a confirmed sender, once.  `place` counts what
    came there."""

    __slots__ = ("message", "node", "principal", "reply", "place")

    def __init__(self, message, node, principal, reply):
        self.message, self.node, self.principal, self.reply = message, node, principal, reply
        self.place = 0

    def lengths(self):
        message = self.message
        return [len(message.source), len(message.target), message.size]

    def data_offset(self, unit):
        """The data begins at the next multiple of 8 (RCV-13)."""
        units = len(self.message.source) + len(self.message.target)
        return 16 + units * unit + 7 & ~7


class Inbox:
    """Whoever owns it is told `deliver(receive, arrival)`, `too_short(receive, arrival)` and
    `expire(receive)`.  A receive has `handle`, `buffer`, `unit`, `discard` and `nowait`.

    While a receive is waiting nothing is queued or blocked: whatever is there is offered at once.
    """

    def __init__(self, owner, memory, overflow, queue, queue_bytes, maximum):
        self.owner, self.memory, self.overflow = owner, memory, overflow
        self.queue, self.queue_bytes, self.max = queue, queue_bytes, maximum
        self.queued, self.blocked, self.receives = deque(), deque(), []
        self.bytes = 0
        self.dropped = 0
        self.came = 0

    def first(self):
        """The message that the next receive gets (RCV-5, SND-17)."""
        return self.queued[0] if self.queued else self.blocked[0] if self.blocked else None

    # Messages come

    def offer(self, arrival):
        message = arrival.message
        self.came += 1
        arrival.place = self.came
        if self.max and message.size > self.max:
            self.refuse(arrival, "too-big")  # SND-8, DLV-16
        elif message.data is None:
            self.refuse(arrival, "full")  # SND-23
        elif not self.hand_out(arrival):
            self.place(arrival)

    def hand_out(self, arrival):
        """Gives it to the first waiting receive that fits (SND-18, RCV-6)."""
        for index, receive in enumerate(self.receives):
            if fits_in(receive, arrival):
                if not self.owner.can_give(receive, arrival):
                    self.refuse(arrival, "full")  # SND-23
                    return True
                short = self.receives[:index]
                del self.receives[: index + 1]
                self.tell_short(short, arrival)
                self.owner.deliver(receive, arrival)
                arrival.reply("ok")
                return True
        return False

    def place(self, arrival):
        """Queues, blocks, drops or refuses what no receive is waiting for."""
        if not self.blocked and self.has_place_for(arrival):
            self.enqueue(arrival, ())
        elif self.overflow == "drop-oldest":
            self.enqueue_in_place_of_others(arrival)
        elif self.overflow == "drop-newest":
            self.dropped += 1
            arrival.reply("ok")
        elif self.overflow == "block" and arrival.message.confirmed:
            self.block(arrival)
        else:
            self.refuse(arrival, "full")  # SND-12, DLV-11

    def has_place_for(self, arrival):
        return len(self.queued) < self.queue and self.has_bytes_for(arrival, self.bytes)

    def has_bytes_for(self, arrival, taken):
        return not self.queue_bytes or taken + arrival.message.size <= self.queue_bytes

    def enqueue_in_place_of_others(self, arrival):
        """As few of the oldest are dropped as it needs the room of (SND-16)."""
        if not self.has_bytes_for(arrival, 0):
            self.dropped += 1
            arrival.reply("ok")
            return
        victims, taken = 0, self.bytes
        while len(self.queued) - victims >= self.queue or not self.has_bytes_for(arrival, taken):
            taken -= self.queued[victims].message.size
            victims += 1
        self.enqueue(arrival, [self.queued[i] for i in range(victims)])

    def enqueue(self, arrival, victims):
        freed = sum(victim.message.cost() for victim in victims)
        if not self.memory.has(arrival.message.cost() - freed):
            self.refuse(arrival, "full")  # SND-23: nothing is dropped for it
            return
        for _ in victims:
            self.dequeue()
        self.dropped += len(victims)
        self.memory.used += arrival.message.cost()
        self.append(arrival)
        self.tell_all_short(arrival)

    def append(self, arrival):
        self.queued.append(arrival)
        self.bytes += arrival.message.size
        arrival.reply("ok")

    def dequeue(self):
        arrival = self.queued.popleft()
        self.bytes -= arrival.message.size
        self.memory.used -= arrival.message.cost()
        return arrival

    def block(self, arrival):
        if arrival.message.nowait:
            arrival.reply("would-block")  # SND-15
        elif not self.memory.has(arrival.message.cost()):
            arrival.reply("full")  # SND-23
        else:
            self.memory.used += arrival.message.cost()
            self.blocked.append(arrival)
            self.tell_all_short(arrival)

    def refuse(self, arrival, status):
        """An unconfirmed sender notices nothing; the loss is counted (DLV-11, DLV-16)."""
        if not arrival.message.confirmed:
            self.dropped += 1
        arrival.reply(status)

    def tell_all_short(self, arrival):
        short, self.receives = self.receives, []
        self.tell_short(short, arrival)

    def tell_short(self, receives, arrival):
        for receive in receives:
            self.owner.too_short(receive, arrival)

    def admit(self):
        """Blocked sends enter in their turn, as room comes (SND-13)."""
        while self.blocked and self.has_place_for(self.blocked[0]):
            self.append(self.blocked.popleft())

    def withdraw(self, node, number):
        """Forgets a blocked message; returns it, or None if it is not blocked here (CMP-9)."""
        for arrival in self.blocked:
            if arrival.node == node and arrival.message.id == number:
                self.blocked.remove(arrival)
                self.memory.used -= arrival.message.cost()
                self.admit()
                return arrival
        return None

    # Receives come

    def post(self, receive):
        arrival = self.first()
        if not arrival:
            if receive.nowait:
                self.owner.expire(receive)  # RCV-9
            else:
                self.receives.append(receive)
        elif not fits_in(receive, arrival):
            self.owner.too_short(receive, arrival)
        else:
            self.take_first()
            self.owner.deliver(receive, arrival)
            self.admit()

    def take_first(self):
        if self.queued:
            self.dequeue()
            return
        arrival = self.blocked.popleft()
        self.memory.used -= arrival.message.cost()
        arrival.reply("ok")

    def put_back(self, arrival):
        """What was given to a worker that did not take it goes back to its place, whatever the
        limits (DSP-8); its memory is counted still."""
        index = sum(other.place < arrival.place for other in self.queued)
        self.queued.insert(index, arrival)
        self.bytes += arrival.message.size
        while self.receives and self.first():
            self.post(self.receives.pop(0))

    def forget(self, receive):
        self.receives.remove(receive)

    def end(self):
        """The queue dies with its registration (LIF-6); blocked sends learn of it (LIF-8)."""
        blocked = list(self.blocked)
        self.memory.used -= sum(a.message.cost() for a in (*self.queued, *blocked))
        self.queued.clear()
        self.blocked.clear()
        for arrival in blocked:
            arrival.reply("peer-gone")


def fits_in(receive, arrival):
    needed = arrival.data_offset(receive.unit) + arrival.message.size
    return receive.discard or needed <= receive.buffer
