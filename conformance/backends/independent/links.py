# SPDX-License-Identifier: MIT
"""Connections to other nodes (spec/wire.md): those that this node makes, and those it is given.

A connection that a node has made carries its messages and withdrawals, and answers come back.  What
arrives is handed to the host; what is to go is queued and written by `flush`, when a turn ends.
"""

import errno
import selectors
import socket
import struct
from collections import deque
from itertools import islice

import wire

CHUNK = 1 << 16
PIECES = 256  # of one write; the system takes at most 1024
ANSWERS_AT_MOST = 1 << 18  # bytes that a guest may leave unread before it is no longer read
READ, WRITE = selectors.EVENT_READ, selectors.EVENT_WRITE
CREDENTIALS = struct.Struct("iII")


class Link:
    """A connected socket: frames come in, bytes go out.  `serve(events)` is called by the loop."""

    def __init__(self, selector, connection, kinds, room):
        self.selector = selector
        self.connection = connection
        self.reader = wire.Reader(kinds, room)
        self.interest = READ
        self.serve = None
        connection.setblocking(False)
        selector.register(connection, READ, self.on_events)

    def on_events(self, events):
        self.serve(events)

    def want(self, interest):
        if interest != self.interest:
            self.selector.modify(self.connection, interest, self.on_events)
            self.interest = interest

    def close(self):
        self.selector.unregister(self.connection)
        self.connection.close()

    def receive(self):
        """Some bytes, None if there are none now, or empty at the end."""
        try:
            return self.connection.recv(CHUNK)
        except BlockingIOError:
            return None
        except OSError:
            return b""


class Guest(Link):
    """A connection that another node has made, or an observer.  Answers of that node may come here
    as well as over the connection to it."""

    KINDS = frozenset((wire.HELLO, wire.MESSAGE, wire.WITHDRAW, wire.ANSWER, wire.ASK, wire.JOIN,
                       wire.TAKE, wire.TAKEN))

    def __init__(self, selector, connection, room):
        super().__init__(selector, connection, self.KINDS, room)
        raw = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, CREDENTIALS.size)
        self.principal = CREDENTIALS.unpack(raw)[1]
        self.node = None  # until it has said; 0 is an observer
        self.closed = False
        self.listens = True
        self.answers = deque()
        self.out = bytearray()

    def answer(self, answer):
        if not self.answers or not self.answers[-1].continued_by(answer):
            self.answers.append(answer)

    def flush(self):
        """What nobody takes any more is dropped; what has been sent here is still to be read."""
        while self.answers:
            self.out += wire.encode_answer(self.answers.popleft())
        try:
            while self.out and self.listens:
                del self.out[: self.connection.send(self.out)]
        except BlockingIOError:
            pass
        except OSError:
            self.listens = False
        if not self.listens:
            self.out.clear()
        reading = READ if len(self.out) < ANSWERS_AT_MOST else 0
        self.want(reading | (WRITE if self.out else 0))


class Peer:
    """The way to another node: what waits for it, and the connection once there is one."""

    KINDS = frozenset((wire.HELLO, wire.ANSWER, wire.GIVEN))

    def __init__(self, node):
        self.node = node
        self.link = None
        self.greeted = False
        self.broken = False
        self.ended = False
        self.given = deque()  # not yet dealt with
        self.queue = deque()  # (bytes, parcel or None)
        self.offset = 0  # bytes of the first that are gone

    def push(self, octets, parcel=None):
        self.queue.append((octets, parcel))

    def connect(self, selector, path, me):
        """True once connected; False if the peer has no room for connections now."""
        connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        connection.setblocking(False)
        try:
            connection.connect(path)
        except BlockingIOError:
            connection.close()
            return False
        except OSError:
            connection.close()
            raise
        self.link = Link(selector, connection, self.KINDS, 0)
        self.queue.appendleft((wire.encode_hello(wire.Hello(me)), None))
        return True

    def write(self):
        """Writes what the peer takes; yields the parcels that are handed over."""
        while self.queue:
            pieces = [octets for octets, _ in islice(self.queue, PIECES)]
            pieces[0] = memoryview(pieces[0])[self.offset :]
            try:
                written = self.link.connection.sendmsg(pieces)
            except BlockingIOError:
                self.link.want(READ | WRITE)
                return
            written += self.offset
            while self.queue and written >= len(self.queue[0][0]):
                octets, parcel = self.queue.popleft()
                written -= len(octets)
                if parcel:
                    parcel.left = True
                    yield parcel
            self.offset = written
            if written and self.queue[0][1]:
                self.queue[0][1].left = True
        self.link.want(READ)

    def recall(self, parcel):
        if parcel.left:
            return False
        self.queue = deque(item for item in self.queue if item[1] is not parcel)
        return True

    def take_leave(self):
        """The parcels that have left in part, and those that have not left."""
        parcels = [parcel for _, parcel in self.queue if parcel]
        if self.link:
            self.link.close()
        return [p for p in parcels if p.left], [p for p in parcels if not p.left]


class Links:
    """All connections of a node.  `host` is told `message_came(guest, message)`,
    `withdraw_came(guest, withdraw)`, `worker_came(guest, frame)`, `ask_came(guest)`,
    `answer_came(node, answer)`, `given_came(node, given)`, `handed_over(parcel)`,
    `gone(node, torn, stranded)` and `left(guest)`."""

    def __init__(self, host, selector, realm, room):
        self.host, self.selector, self.realm, self.room = host, selector, realm, room
        self.peers = {}
        self.guests = set()
        self.to_flush = {}  # in order; the values do not matter
        self.unconnected = False
        self.full = False  # no descriptors are left for those who call
        self.ended = []
        if realm.listener:
            selector.register(realm.listener, READ, self.accept)

    def close(self):
        for peer in self.peers.values():
            peer.take_leave()
        for guest in list(self.guests):
            self.dismiss(guest)
        if self.realm.listener:
            self.selector.unregister(self.realm.listener)

    # Going out

    def peer(self, node):
        if node not in self.peers:
            self.peers[node] = Peer(node)
        return self.peers[node]

    def has_room(self, node):
        peer = self.peer(node)
        return self.reach(peer) and (peer.ended or not peer.link.interest & WRITE)

    def reach(self, peer):
        """Connects, if it has to.  False if that has to wait; the peer may turn out to be gone."""
        if peer.link or peer.ended:
            return True
        try:
            path = self.realm.socket_path(peer.node)
            if not peer.connect(self.selector, path, self.realm.node):
                self.unconnected = True
        except OSError:
            self.end(peer)
            return True
        if peer.link:
            peer.link.serve = lambda events: self.serve_peer(peer, events)
        return peer.link is not None

    def carry(self, parcel):
        peer = self.peer(parcel.node)
        peer.push(wire.encode_message(parcel.message), parcel)
        self.to_flush[peer] = True

    def recall(self, parcel):
        peer = self.peers.get(parcel.node)
        return peer is not None and peer.recall(parcel)

    def withdraw(self, parcel):
        peer = self.peers.get(parcel.node)
        if peer:
            message = parcel.message
            peer.push(wire.encode_withdraw(wire.Withdraw(
                message.id, message.source_serial, message.target_serial)))
            self.to_flush[peer] = True

    def ask(self, node, frame):
        """Of a home."""
        peer = self.peer(node)
        peer.push(wire.ENCODERS[type(frame)](frame))
        self.to_flush[peer] = True

    def give(self, guest, given):
        if not guest.closed:
            guest.out += wire.encode_given(given)
            self.to_flush[guest] = True

    def answer(self, guest, answer):
        if not guest.closed:
            guest.answer(answer)
            self.to_flush[guest] = True

    def state(self, guest, text):
        guest.out += wire.encode_state(text)
        self.to_flush[guest] = True

    def flush(self):
        """Writes what can be written.  True if there was anything to do."""
        work, self.to_flush = self.to_flush, {}
        for one in work:
            if isinstance(one, Guest):
                if not one.closed:
                    one.flush()
            elif not one.ended:
                self.flush_peer(one)
        return self.say_goodbye() or bool(work)

    def flush_peer(self, peer):
        if not self.reach(peer) or peer.ended:
            return
        try:
            for parcel in peer.write():
                self.host.handed_over(parcel)
        except OSError:
            self.end(peer)
        self.deal_with_given(peer)

    def deal_with_given(self, peer):
        """A message counts as taken only if that can be written before the application learns of it
        (DSP-9), so the next one waits until that has been; what a home has given that is gone,
        nobody else will get."""
        while peer.given and (peer.ended or not peer.queue):
            try:
                self.host.given_came(peer.node, peer.given.popleft())
            except wire.Broken:
                peer.broken = True
                peer.given.clear()
                self.end(peer)

    def retry(self):
        """Another attempt where a peer had no room for a connection, or this node had none."""
        if self.full:
            self.heed_callers(True)
            self.accept(READ)
        self.unconnected = False
        for peer in self.peers.values():
            if not peer.link:
                self.to_flush[peer] = True

    def is_idle(self):
        return not any(peer.queue for peer in self.peers.values())

    # Coming in

    def heed_callers(self, heeded):
        """Whether the loop looks at the listener.  Not while nobody can be let in, or it would wake
        for the same caller again and again; `retry` is what looks next."""
        if self.full == heeded:
            self.full = not heeded
            self.selector.modify(self.realm.listener, READ if heeded else 0, self.accept)

    def accept(self, _):
        while True:
            try:
                connection, _ = self.realm.listener.accept()
            except BlockingIOError:
                return
            except OSError as error:
                if error.errno in (errno.ECONNABORTED, errno.EINTR):
                    continue
                self.heed_callers(False)  # no descriptors left: those who wait go on waiting
                return
            guest = Guest(self.selector, connection, self.room)
            if not self.realm.admits(guest.principal):
                guest.close()
                continue
            guest.serve = lambda events, guest=guest: self.serve_guest(guest, events)
            self.guests.add(guest)

    def dismiss(self, guest):
        if not guest.closed:
            guest.closed = True
            guest.close()
            self.guests.discard(guest)
            self.host.left(guest)

    def serve_guest(self, guest, events):
        if events & WRITE:
            self.to_flush[guest] = True
        if events & READ:
            self.read_guest(guest)

    def read_guest(self, guest):
        """Deals with some of what has arrived.  False if there was nothing."""
        octets = guest.receive()
        if octets is None or guest.closed:
            return False
        if not octets:
            self.dismiss(guest)
            return False
        try:
            for frame in guest.reader.feed(octets):
                self.deal_with(guest, frame)
        except wire.Broken:
            self.dismiss(guest)
        return not guest.closed

    def deal_with(self, guest, frame):
        if isinstance(frame, wire.Hello):
            self.greet(guest, frame)
        elif guest.node is None:
            raise wire.Broken
        elif isinstance(frame, wire.Ask) and guest.node == 0:
            self.host.ask_came(guest)
        elif isinstance(frame, wire.Message) and guest.node:
            self.host.message_came(guest, frame)
        elif isinstance(frame, wire.Withdraw) and guest.node:
            self.host.withdraw_came(guest, frame)
        elif isinstance(frame, wire.Answer) and guest.node:
            self.host.answer_came(guest.node, frame)
        elif isinstance(frame, (wire.Join, wire.Taken)) and guest.node:
            self.host.worker_came(guest, frame)
        else:
            raise wire.Broken

    def greet(self, guest, hello):
        if guest.node is not None or not hello.lowest <= wire.VERSION <= hello.highest:
            raise wire.Broken
        if hello.node and self.realm.is_foreign(hello.node, guest.principal):
            raise wire.Broken
        guest.node = hello.node
        guest.out += wire.encode_hello(wire.Hello(self.realm.node))
        self.to_flush[guest] = True

    def serve_peer(self, peer, events):
        if peer.ended:
            return
        if events & WRITE:
            self.to_flush[peer] = True
        if events & READ:
            self.read_peer(peer)

    def read_peer(self, peer):
        """Deals with some of what has arrived.  False if there was nothing."""
        octets = peer.link.receive()
        if octets is None or peer.broken:
            return False
        if not octets:
            self.end(peer)
            return False
        try:
            for frame in peer.link.reader.feed(octets):
                if peer.greeted and isinstance(frame, wire.Answer):
                    self.host.answer_came(peer.node, frame)
                elif peer.greeted and isinstance(frame, wire.Given):
                    peer.given.append(frame)
                elif peer.greeted or not self.is_greeting(peer, frame):
                    raise wire.Broken
        except wire.Broken:
            peer.broken = True
            self.end(peer)
        self.deal_with_given(peer)
        return not peer.broken

    def is_greeting(self, peer, frame):
        peer.greeted = (isinstance(frame, wire.Hello) and frame.node == peer.node
                        and frame.lowest == frame.highest == wire.VERSION)
        return peer.greeted

    # The end of a peer

    def end(self, peer):
        if not peer.ended:
            peer.ended = True
            self.ended.append(peer)

    def say_goodbye(self):
        """Tells that peers are gone, after the last messages and answers that they managed to send
        (LIF-12).  True if there was one."""
        if not self.ended:
            return False
        while self.ended:
            peer = self.ended.pop(0)
            if self.realm.listener:
                self.accept(READ)
            for guest in list(self.guests):
                while guest.node in (None, peer.node) and self.read_guest(guest):
                    pass
            while peer.link and self.read_peer(peer):
                pass
            del self.peers[peer.node]
            self.host.gone(peer.node, *peer.take_leave())
        return True
