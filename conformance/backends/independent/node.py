# SPDX-License-Identifier: MIT
"""A node as a state machine: calls and news come in, completions and requests to its ports go out.

It reads no clock and does no I/O.  `now` is set by the host before each turn.  Its ports are

    lookup(target)            the entries of the holders, perhaps none
    claim(call, entry)        later: claimed(call, result)
    unclaim(call)             a claim that has not been made is not made
    release(entries, call)    later: released(call)
    has_room(node)            whether a message to that node would leave at once
    carry(parcel)             later: handed_over(parcel), or peer_gone(...)
    recall(parcel)            True if it had not left, and now never will
    withdraw(parcel)          asks the target to forget a message
    answer(guest, message, status)
    ask(node, frame)          of a home: a JOIN, TAKE, TAKEN or WITHDRAW
    give(guest, given)        to a worker
    may_speak(name, node, principal)  whether a node's messages may come from that name
"""

import struct
import sys

import names
import wire
from calls import Calls, Close, Parcel, Receive, Register, Send
from entry import Entry
from inbox import Arrival, Inbox, Memory
from status import INDEFINITE, MAY_BE_INDEFINITE, NAMES, OF_A_SEND
from workers import Away, Visit, Visitors

LIMITS = {"registrations": 64, "operations": 256, "routes": 64, "pool_bytes": 1 << 20,
          "uri_units": 1024}
QUEUE_MESSAGES = 1000
SOURCES_AT_MOST = 1000  # that are remembered as believed
GROUP_BYTES = 424  # profile `local` (chapter 7)
HEADER = struct.Struct("=IIII")
UTF16 = "utf-16-le" if sys.byteorder == "little" else "utf-16-be"


class Registration:
    """An open handle.  Those that joined a shared queue here have the entry and inbox of its first;
    those that joined one elsewhere have no inbox, and `away`: its entry and the id of the JOIN."""

    def __init__(self, handle, entry, inbox, parent, is_first, away):
        self.handle, self.entry, self.inbox = handle, entry, inbox
        self.parent, self.is_first, self.away = parent, is_first, away

    def incarnation(self):
        return wire.incarnation(self.entry.node, self.entry.serial)


def written(arrival, unit):
    """The message as it lies in the caller's buffer (RCV-12 to RCV-15)."""
    encoding = "ascii" if unit == 1 else UTF16
    message = arrival.message
    texts = HEADER.pack(*arrival.lengths(), 0) + (message.source + message.target).encode(encoding)
    return texts.ljust(arrival.data_offset(unit), b"\0") + message.data


class Node:
    def __init__(self, identity, principal, limits, ports):
        self.identity, self.principal, self.limits = identity, principal, limits
        self.ports = ports
        self.now = 0
        self.memory = Memory(limits["pool_bytes"])
        self.calls = Calls(limits["operations"])
        self.registrations = {}  # by handle
        self.by_serial = {}  # the first of each queue
        self.claims = 0
        self.serial = self.handle = self.number = 0
        self.visitors, self.away = Visitors(self), Away(self)
        self.believed = set()
        self.unanswered = {}  # by node, then by message id
        self.counters = dict.fromkeys(("sent", "received", "dropped", "answered"), 0)

    # Registering

    def register(self, overlapped, text, *, parent=0, kind="exclusive", overflow="reject", queue=0,
                 queue_bytes=0, maximum=0, deadline=0):
        refusal = self.calls.refusal(overlapped)
        if refusal:
            return refusal
        above = self.registrations.get(parent)
        if parent and not above:
            return "invalid-handle"  # REG-15
        try:
            name = self.name_of(above, text)
        except names.Refused:
            return "invalid-name"
        if len(self.registrations) + self.claims >= self.limits["registrations"]:
            return "no-resources"  # CMP-14
        call = Register(overlapped, above)
        self.calls.start(call, self.now, deadline)
        self.claims += 1
        self.serial += 1
        self.ports.claim(call, Entry(
            self.identity, self.serial, name, kind, overflow, queue or QUEUE_MESSAGES, queue_bytes,
            maximum))
        return "pending"

    def name_of(self, above, text):
        if above:
            return names.below(above.entry.name, text, self.limits["uri_units"])
        return names.registered(text, self.limits["uri_units"])

    def claimed(self, call, entry, result):
        """The realm has answered: `ok`, `joined`, the entry of a home elsewhere, or why not."""
        if isinstance(result, Entry):
            self.away.join(call, entry, result)
            return
        first = self.holder_of(entry.name) if result == "joined" else None
        if result == "joined" and not first:
            self.ports.claim(call, entry)  # its first is being closed: once more, after that
            return
        if result not in ("ok", "joined"):
            self.refused(call, result)
            return
        if first:
            entry, inbox = first.entry, first.inbox
        else:
            inbox = Inbox(self, self.memory, entry.overflow, entry.queue, entry.queue_bytes,
                          entry.max)
        made = self.opened(call, entry, inbox, is_first=not first)
        if made.is_first:
            self.by_serial[entry.serial] = made

    def opened(self, call, entry, inbox, away=None, is_first=False):
        self.claims -= 1
        self.handle += 1
        made = Registration(self.handle, entry, inbox, call.owner, is_first, away)
        self.registrations[made.handle] = made
        call.handle = made
        self.calls.complete(call, "ok", incarnation=made.incarnation())
        return made

    def refused(self, call, status):
        self.claims -= 1
        self.calls.complete(call, status)

    def holder_of(self, name):
        return next((r for r in self.by_serial.values() if r.entry.name == name), None)

    def give_up_claim(self, call, status):
        if call.away:
            self.away.take_back(call, call.entry.serial)
        self.ports.unclaim(call)
        self.refused(call, status)

    # Closing

    def close(self, overlapped, handle):
        refusal = self.calls.refusal(overlapped)
        if refusal:
            return refusal
        if handle not in self.registrations:
            return "invalid-handle"
        closing = self.registrations[handle]
        ending, joined = self.ending_with(closing)
        self.end_calls_of(ending, joined)
        call = Close(overlapped, closing)
        self.calls.start(call, self.now, 0)
        self.end_all(ending, call)
        return "pending"

    def lose_queue(self, registration):
        """Its queue, which was elsewhere, has ended (LIF-9)."""
        ending, joined = self.ending_with(registration)
        self.end_calls_of(ending, [registration, *joined])
        self.end_all(ending, None)

    def end_calls_of(self, ending, losing):
        for call in self.calls.pending(lambda c: c.owner in ending):
            aborted = call.kind == "receive" and call.owner in losing  # LIF-9
            self.end_call(call, "aborted" if aborted else "closed")

    def end_all(self, ending, call):
        entries = [r.entry for r in ending if r.is_first]
        if call or entries:
            self.ports.release(entries, call)
        for registration in ending:
            del self.registrations[registration.handle]
            if registration.away:
                self.away.take_back(registration, registration.entry.serial)
            if registration.is_first:
                del self.by_serial[registration.entry.serial]
                self.visitors.end(registration)
                registration.inbox.end()

    def ending_with(self, closing):
        """All that ends with a registration: who joined its queue (LIF-9), and whatever was
        registered under any of them (LIF-7)."""
        ending, joined = [closing], []
        for one in ending:  # grows
            for other in self.registrations.values():
                if other in ending:
                    continue
                shares = one.is_first and other.inbox is one.inbox
                if shares or other.parent is one:
                    ending.append(other)
                    if shares:
                        joined.append(other)
        return ending, joined

    def released(self, call):
        if call:
            self.calls.complete(call, "ok")

    def end(self):
        """An orderly end: nobody waits for completions any more."""
        self.ports.release([r.entry for r in self.by_serial.values()], None)
        for registration in self.by_serial.values():
            self.visitors.end(registration)
            registration.inbox.end()
        self.registrations.clear()
        self.by_serial.clear()

    def end_call(self, call, status):
        """Ends a call before its time, for another reason than that it was cancelled."""
        if call.kind == "register":
            self.give_up_claim(call, status)
        elif call.kind == "receive":
            if call.away:
                self.away.take_back(call, call.handle.entry.serial)
            else:
                call.handle.inbox.forget(call)
            self.calls.complete(call, status)
        elif call.kind == "send":
            self.end_send(call, status)

    # Sending

    def send(self, overlapped, handle, target, data, *, suffix=None, missing=0, nowait=False,
             deadline=0, expecting=None):
        """`missing`: the length that was told where there is no data."""
        refusal = self.calls.refusal(overlapped)
        if refusal:
            return refusal
        source = self.registrations.get(handle)
        if not source:
            return "invalid-handle"
        if missing:
            return "invalid-argument"  # SND-4
        limit = self.limits["uri_units"]
        try:
            target = names.target(target, limit)
            uri = source.entry.name
            if suffix is not None:
                uri = names.appended(uri, suffix, limit)
        except names.Refused:
            return "invalid-name"
        cost = len(uri) + len(target) + len(data)
        if cost > self.memory.limit:
            return "no-resources"  # SND-9
        entries = self.ports.lookup(target)
        away = sum(entry.node != self.identity for entry in entries)
        if away and not self.memory.has(cost * away):
            return "no-resources"
        self.number += 1
        call = Send(overlapped, source, self.number, len(data))
        self.calls.start(call, self.now, deadline)
        obstacle = self.obstacle(call, entries, nowait, expecting)
        if obstacle:
            self.calls.complete(call, obstacle)
            return "pending"
        for entry in entries:
            self.dispatch(call, entry, wire.Message(
                call.number, uri, target, data, source_serial=source.entry.serial,
                target_serial=entry.serial, name_units=len(source.entry.name), nowait=nowait,
                confirmed=entry.kind != "group", grouped=entry.kind == "group"))
        if entries[0].kind == "group":
            self.complete_unconfirmed(call)
        return "pending"

    def obstacle(self, call, entries, nowait, expecting):
        """Why a send fails before anything is handed over."""
        if not entries:
            return "peer-gone" if expecting else "no-receiver"  # SND-19, RTE-5
        if entries[0].kind == "group":
            if expecting:
                return "not-supported"  # SND-20
            if call.size > GROUP_BYTES:
                return "too-big"  # DLV-8
        elif expecting and expecting != wire.incarnation(entries[0].node, entries[0].serial):
            return "peer-gone"  # SND-19
        others = {entry.node for entry in entries} - {self.identity}
        if nowait and not all(self.ports.has_room(node) for node in others):
            return "would-block"  # SND-15
        return None

    def dispatch(self, call, entry, message):
        if entry.node != self.identity:
            parcel = Parcel(call, entry.node, message)
            call.parcels.append(parcel)
            self.memory.used += message.cost()
            if message.confirmed:
                call.sent = parcel
                self.unanswered.setdefault(entry.node, {})[message.id] = call
            self.ports.carry(parcel)
            return
        call.handed_over = True
        registration = self.by_serial.get(entry.serial)
        if message.confirmed:
            call.local = registration and registration.inbox
            reply = lambda status: self.answer_locally(call, entry, status)
        else:
            reply = lambda status: None
        if not registration:  # its entry is about to be removed
            reply("peer-gone")
            return
        registration.inbox.offer(Arrival(message, self.identity, self.principal, reply))

    def answer_locally(self, call, entry, status):
        call.local = None
        self.finish_send(call, status, False, wire.incarnation(entry.node, entry.serial))

    def finish_send(self, call, status, indefinite, incarnation=None):
        values = {"bytes": call.size if status == "ok" else 0}
        if call.handed_over:
            values["message_id"] = wire.hexadecimal(call.number)
        if incarnation:
            values["incarnation"] = incarnation
        self.calls.complete(call, status, indefinite, **values)
        self.counters["sent"] += status == "ok"

    def complete_unconfirmed(self, call):
        """At hand-over of the last copy (DLV-5)."""
        if not call.parcels:
            self.finish_send(call, "ok", False)

    def handed_over(self, parcel):
        self.memory.used -= parcel.message.cost()
        call = parcel.call
        call.parcels.remove(parcel)
        call.handed_over = True
        if not parcel.message.confirmed and not call.done:
            self.complete_unconfirmed(call)

    def recall(self, call):
        """Takes back what has not left; True if nothing of the call has."""
        for parcel in list(call.parcels):
            if self.ports.recall(parcel):
                self.lose(parcel)
        return not call.handed_over and not call.parcels

    def lose(self, parcel):
        """A parcel will never leave."""
        self.memory.used -= parcel.message.cost()
        parcel.call.parcels.remove(parcel)
        self.unanswered.get(parcel.node, {}).pop(parcel.message.id, None)

    def end_send(self, call, status):
        """The call ends now; its message is taken back as far as that is possible (SND-21)."""
        never_left = self.recall(call)
        if call.local:
            call.local.withdraw(self.identity, call.number)
        elif not never_left and call.sent:
            self.ports.withdraw(call.sent)
        self.finish_send(call, status, not never_left)

    def answered(self, peer, answer):
        """What a peer tells of messages it was sent; raises wire.Broken if it cannot be."""
        waiting = self.unanswered.get(peer, {})
        if answer.count > len(waiting) or answer.status >= len(NAMES):
            raise wire.Broken
        status = NAMES[answer.status]
        indefinite = answer.certainty == INDEFINITE
        if status not in OF_A_SEND or indefinite and status not in MAY_BE_INDEFINITE:
            raise wire.Broken
        for number in range(answer.first, answer.first + answer.count):
            call = waiting.get(number)
            if not call or not call.sent.left:
                raise wire.Broken
            call.handed_over = True  # perhaps not wholly: what is read past is answered early
            message = call.sent.message
            if (message.source_serial, message.target_serial) != (
                    answer.source_serial, answer.target_serial):
                raise wire.Broken
            del waiting[number]
            if not call.done:
                self.finish_send(call, status, indefinite,
                                 wire.incarnation(peer, answer.target_serial))

    def peer_gone(self, peer, torn, stranded):
        """The connection to a peer has ended.  Of what was not handed over, `torn` had left in
        part, and `stranded` had not left at all."""
        for parcel in torn:
            self.handed_over(parcel)
        for parcel in stranded:
            self.lose(parcel)
        for call in self.unanswered.pop(peer, {}).values():
            if not call.done:
                self.finish_send(call, "peer-gone", True)  # LIF-11
        for parcel in stranded:
            call = parcel.call
            if call.done:
                continue
            if parcel.message.confirmed:
                self.finish_send(call, "peer-gone", False)
            else:
                self.complete_unconfirmed(call)
        self.away.gone(peer)

    # Messages from other nodes

    def arrived(self, guest, peer, principal, message):
        def reply(status):
            if message.confirmed:
                self.counters["answered"] += 1
                self.ports.answer(guest, message, status)

        registration = self.by_serial.get(message.target_serial)
        if not registration:
            reply("peer-gone")  # LIF-13
            return
        if message.target and not names.matches(registration.entry.name, message.target):
            raise wire.Broken
        if message.data is None or self.is_believed(peer, principal, message):
            registration.inbox.offer(Arrival(message, peer, principal, reply))

    def is_believed(self, peer, principal, message):
        """Looks once at each source: nobody speaks in the name of another principal (ACC-5)."""
        source = (peer, message.source_serial, message.name())
        if source not in self.believed:
            if not self.ports.may_speak(message.name(), peer, principal):
                return False
            if len(self.believed) >= SOURCES_AT_MOST:
                self.believed.clear()
            self.believed.add(source)
        return True

    def withdrawn(self, guest, peer, withdraw):
        if self.visitors.withdrawn(guest, withdraw.id):
            return
        registration = self.by_serial.get(withdraw.target_serial)
        arrival = registration and registration.inbox.withdraw(peer, withdraw.id)
        if arrival:
            arrival.reply("aborted")  # CMP-9

    # Receiving

    def receive(self, overlapped, handle, buffer, *, utf16=False, discard=False, nowait=False,
                deadline=0):
        refusal = self.calls.refusal(overlapped)
        if refusal:
            return refusal
        registration = self.registrations.get(handle)
        if not registration:
            return "invalid-handle"
        call = Receive(overlapped, registration, buffer, 2 if utf16 else 1, discard, nowait)
        self.calls.start(call, self.now, deadline)
        if registration.away:
            self.away.receive(call)
        else:
            registration.inbox.post(call)
        return "pending"

    def can_give(self, receive, arrival):
        """What is given to a worker takes memory until it is taken."""
        return not isinstance(receive, Visit) or self.memory.has(arrival.message.cost())

    def deliver(self, call, arrival):
        if isinstance(call, Visit):
            self.visitors.deliver(call, arrival)
            return
        values = self.told_of(arrival)
        if not call.discard:
            values["written"] = written(arrival, call.unit)
            values["bytes"] = len(values["written"])
        self.counters["received"] += 1
        self.calls.complete(call, "ok", **values)

    def told_of(self, arrival):
        message = arrival.message
        return {
            "lengths": arrival.lengths(), "principal": arrival.principal,
            "incarnation": wire.incarnation(arrival.node, message.source_serial),
            "message_id": wire.hexadecimal(message.id),
        }

    def too_short(self, call, arrival):
        if isinstance(call, Visit):
            self.visitors.too_short(call, arrival)
            return
        self.calls.complete(call, "buffer-too-small", **self.told_of(arrival))

    def expire(self, call):
        if isinstance(call, Visit):
            self.visitors.expire(call)
            return
        self.calls.complete(call, "timeout")

    # Ending calls early

    def cancel(self, overlapped):
        call = self.calls.in_flight.get(overlapped)
        if not call or call.done or call.asked_to_end:
            return "not-found"
        call.asked_to_end = True
        if call.kind == "send":
            self.cancel_send(call)
        elif call.kind != "close":
            self.end_call(call, "aborted")
        return "ok"

    def cancel_send(self, call):
        """Completes `aborted` if it never left, or if its target can still forget it (CMP-9)."""
        if call.local:
            call.local.withdraw(self.identity, call.number).reply("aborted")
        elif not call.handed_over and self.recall(call):
            self.finish_send(call, "aborted", False)
        elif call.sent:
            self.ports.withdraw(call.sent)

    def cancel_all(self, handle):
        registration = self.registrations.get(handle)
        if not registration:
            return "invalid-handle"
        asked = self.calls.pending(lambda c: c.owner is registration and not c.asked_to_end)
        for call in asked:
            self.cancel(call.overlapped)
        return "ok" if asked else "not-found"

    def next_deadline(self):
        return self.calls.next_deadline()

    def tick(self):
        """Ends what has reached its deadline."""
        while True:
            call = self.calls.overdue(self.now)
            if not call:
                return
            self.end_call(call, "timeout")

    # Looking

    def poll(self):
        return self.calls.poll()

    def info(self, handle):
        registration = self.registrations.get(handle)
        return registration and self.info_of(registration)

    def info_of(self, registration):
        if registration.away:  # DSP-14
            return {"kind": registration.entry.kind, "incarnation": registration.incarnation(),
                    "messages": 0, "bytes": 0, "next": None,
                    "receives": self.away.receives_of(registration), "waiting": 0, "dropped": 0}
        inbox = registration.inbox
        first = inbox.first()
        return {
            "kind": registration.entry.kind, "incarnation": registration.incarnation(),
            "messages": len(inbox.queued), "bytes": inbox.bytes,
            "next": first.lengths() if inbox.queued else None,
            "receives": sum(r.handle is registration for r in inbox.receives),
            "waiting": len(inbox.blocked), "dropped": inbox.dropped,
        }

    def state(self):
        """What an observer is told."""
        members = ("kind", "messages", "bytes", "receives", "waiting", "dropped")
        registrations = []
        for registration in self.registrations.values():
            info = self.info_of(registration)
            registrations.append({"name": registration.entry.name, **{m: info[m] for m in members}})
        dropped = sum(r.inbox.dropped for r in self.by_serial.values())
        return registrations, {**self.counters, "dropped": dropped}
