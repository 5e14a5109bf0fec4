# SPDX-License-Identifier: MIT
"""The realm's directory (spec/wire.md): who is there, and who holds which name."""

import fcntl
import os
import re
import socket
import stat
import struct

import entry
import names
from wire import hexadecimal, incarnation

LONGEST_PATH = 80
BACKLOG = 1024
ENTRY_NAME = re.compile(r"([0-9a-f]{16})-([0-9a-f]{16})")
ENTRY_LIMIT = 1 << 17  # bytes; a name has at most 65535 units
COUNTER = struct.Struct("<Q")


class Unusable(Exception):
    """The path is no realm that this wire can use."""


def hash_of(name):
    """FNV-1a, 64 bits."""
    value = 0xCBF29CE484222325
    for octet in name.encode("ascii"):
        value = (value ^ octet) * 0x100000001B3 & 0xFFFFFFFFFFFFFFFF
    return value


def read_entry(path, node, serial):
    try:
        with open(path, "rb") as file:
            return entry.parse(file.read(ENTRY_LIMIT), node, serial)
    except OSError:
        return None


class Realm:
    """One node's place in a realm.

    Looking up needs no lock; `claim` and `release` are called between `lock` and `unlock`.
    """

    def __init__(self, path, routes):
        self.path = os.fspath(path)
        self.node = 0
        self.routes = routes
        self.remembered = {}
        self.remembered_at = None
        self.listener = None
        self.node_file = self.lock_file = self.counter_file = None
        self.principal = os.geteuid()
        self.refused = True

    def enter(self, implementation):
        """Makes what is missing, listens, and lives from then on."""
        if len(os.fsencode(self.path)) > LONGEST_PATH:
            raise Unusable(f"{self.path}: longer than {LONGEST_PATH} bytes")
        try:
            found = os.stat(self.path)
        except PermissionError:
            return
        except OSError as error:
            raise Unusable(f"{self.path}: {error.strerror}") from None
        if not stat.S_ISDIR(found.st_mode):
            raise Unusable(f"{self.path}: not a directory")
        self.owner, self.mode = found.st_uid, stat.S_IMODE(found.st_mode) & 0o777
        self.refused = not self.admits(self.principal)
        if not self.refused:
            self.move_in(implementation)

    def is_open(self):
        return bool(self.mode & 0o077)

    def admits(self, principal):
        """A private realm admits its owner's processes alone (ACC-1)."""
        return principal == self.owner or self.is_open()

    def move_in(self, implementation):
        before = os.umask(0)  # the realm's permissions are the ones that count
        try:
            self.make_folder("nodes")
            self.make_folder("names")
            self.lock_file = self.make_file("lock", os.O_RDWR | os.O_CREAT)
            while not self.settle_in(implementation):
                pass
        except PermissionError:
            self.leave()
            self.refused = True  # open to others, but not to this one
        finally:
            os.umask(before)

    def settle_in(self, implementation):
        """False if somebody took this node for a leftover while it was being made."""
        self.node = int.from_bytes(os.urandom(8), "little") or 1
        hidden = f"nodes/.{hexadecimal(self.node)}"
        try:
            self.node_file = self.make_file(hidden, os.O_RDWR | os.O_CREAT | os.O_EXCL)
            fcntl.flock(self.node_file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            self.listener = self.listening()
            text = f"wire 1\nprocess {os.getpid()}\nimplementation {implementation}\n"
            os.write(self.node_file, text.encode("ascii"))
            os.rename(self.at(hidden), self.node_path(self.node))
        except (FileExistsError, FileNotFoundError, BlockingIOError):
            if not os.path.isdir(self.at("nodes")):
                raise Unusable(f"{self.path}: it went away") from None
            remove(self.at(hidden))
            self.leave()
            return False
        return True

    def listening(self):
        listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        listener.setblocking(False)
        listener.bind(self.socket_path(self.node))
        os.chmod(self.socket_path(self.node), self.mode & 0o666)
        listener.listen(BACKLOG)
        return listener

    def leave(self):
        """Removes what is this node's own; its names have been released before."""
        for path in (self.node_path(self.node), self.socket_path(self.node)):
            remove(path)
        if self.listener:
            self.listener.close()
        for file in (self.node_file, self.counter_file):
            if file is not None:
                os.close(file)
        self.listener = self.node_file = self.counter_file = None

    def at(self, name):
        return f"{self.path}/{name}"

    def node_path(self, node):
        return self.at(f"nodes/{hexadecimal(node)}")

    def socket_path(self, node):
        return self.node_path(node) + ".s"

    def folder_of(self, name):
        return self.at(f"names/{hexadecimal(hash_of(name))}")

    def make_folder(self, name):
        try:
            os.mkdir(self.at(name), self.mode)
        except FileExistsError:
            pass

    def make_file(self, name, flags):
        return os.open(self.at(name), flags | os.O_CLOEXEC, self.mode & 0o666)

    def is_alive(self, node):
        """A living node holds the lock on its file; the kernel takes it from a dead one."""
        if node == self.node:
            return True
        try:
            file = os.open(self.node_path(node), os.O_RDONLY | os.O_CLOEXEC)
        except FileNotFoundError:
            return False
        except OSError:
            return True  # nothing can be said, and nothing of a living node may be touched
        try:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        finally:
            os.close(file)
        return False

    def is_foreign(self, node, user):
        """Whether this id is that of another user's node."""
        return owner_of(self.node_path(node)) not in (None, user)

    def may_speak(self, name, node, user):
        """Whether a node's messages may come from that name: nobody holds it, or the node itself
        or another one of its principal does (ACC-5)."""
        if not self.is_open():
            return True
        holders = [(path, held) for path, *where in self.files(name)
                   if (held := self.living(name, path, *where))]
        return not holders or any(
            held.node == node or owner_of(path) == user for path, held in holders)

    # Changes, under the realm's lock

    def lock(self):
        """False if somebody else has it: try again shortly after."""
        try:
            fcntl.flock(self.lock_file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def unlock(self):
        fcntl.flock(self.lock_file, fcntl.LOCK_UN)

    def claim(self, wanted):
        """`ok`, `exists` or `not-supported`; `joined` where it shares a queue of this node, and the
        entry of the home where it shares one of another node."""
        self.bury(wanted.name)
        if self.is_open() and self.is_of_others(wanted.name):
            return "exists"
        held = self.entries(wanted.name)
        if held:
            first = held[0]
            if wanted.kind == "exclusive" or first.options() != wanted.options():
                return "exists"
            if wanted.kind == "shared":
                if first.node == self.node:
                    return "joined"
                return first if first.workers else "not-supported"
        self.write(wanted)
        self.raise_generation()
        return "ok"

    def is_of_others(self, name):
        """Whether another principal holds the name, or one above or below it (ACC-6)."""
        for folder in listed(self.at("names")):
            for path, node, serial in files_in(self.at(f"names/{folder}")):
                if owner_of(path) in (None, self.principal) or not self.is_alive(node):
                    continue
                held = read_entry(path, node, serial)
                if held and (names.matches(held.name, name) or names.matches(name, held.name)):
                    return True
        return False

    def write(self, made):
        folder = f"names/{hexadecimal(hash_of(made.name))}"
        name = incarnation(made.node, made.serial)
        before = os.umask(0)
        try:
            self.make_folder(folder)
            file = self.make_file(f"{folder}/.{name}", os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        finally:
            os.umask(before)
        with open(file, "wb") as out:
            out.write(made.text().encode("ascii"))
        os.rename(self.at(f"{folder}/.{name}"), self.at(f"{folder}/{name}"))

    def release(self, made):
        folder = self.folder_of(made.name)
        remove(f"{folder}/{incarnation(made.node, made.serial)}")
        try:
            os.rmdir(folder)
        except OSError:
            pass  # others are there
        self.raise_generation()

    def bury(self, name):
        """Removes what dead nodes have left of a name, and of themselves."""
        for path, node, _ in self.files(name):
            if not self.is_alive(node):
                remove(path)
                remove(self.socket_path(node))
                remove(self.node_path(node))
        for file in listed(self.folder_of(name)):
            if file.startswith("."):
                remove(f"{self.folder_of(name)}/{file}")

    def raise_generation(self):
        before = os.umask(0)
        try:
            file = self.make_file("generation", os.O_RDWR | os.O_CREAT)
        finally:
            os.umask(before)
        try:
            (count,) = COUNTER.unpack(os.pread(file, 8, 0).ljust(8, b"\0"))
            os.pwrite(file, COUNTER.pack((count + 1) & 0xFFFFFFFFFFFFFFFF), 0)
        finally:
            os.close(file)

    # Looking up, without it

    def generation(self):
        if self.counter_file is None:
            try:
                self.counter_file = os.open(self.at("generation"), os.O_RDONLY | os.O_CLOEXEC)
            except OSError:
                return b""
        return os.pread(self.counter_file, 8, 0)

    def files(self, name):
        """Path, node and serial of the entries under the hash of a name, in a fixed order."""
        return files_in(self.folder_of(name))

    def entries(self, name):
        """The entries of living nodes for exactly this name."""
        found = (self.living(name, *where) for where in self.files(name))
        return [held for held in found if held]

    def living(self, name, path, node, serial):
        found = read_entry(path, node, serial)
        return found if found and found.name == name and self.is_alive(node) else None

    def lookup(self, target):
        """The holders of the longest name that matches: one, or all members of a group."""
        path = target.partition("?")[0]
        generation = self.generation()
        if generation != self.remembered_at:
            self.forget()
            self.remembered_at = generation
        if path in self.remembered:
            return self.remembered[path]
        while True:
            found = self.search(path)
            before, generation = generation, self.generation()
            if generation == before:
                break
        if self.remembered_at != generation:
            self.forget()
            self.remembered_at = generation
        if len(self.remembered) >= self.routes:
            del self.remembered[next(iter(self.remembered))]
        self.remembered[path] = found
        return found

    def search(self, path):
        for name in names.prefixes(path):
            held = self.entries(name)
            if held and held[0].kind == "group":
                return [member for member in held if member.kind == "group"]
            if held:
                return held[:1]
        return []

    def forget(self):
        self.remembered.clear()


def files_in(folder):
    for file in listed(folder):
        found = ENTRY_NAME.fullmatch(file)
        if found:
            yield f"{folder}/{file}", int(found[1], 16), int(found[2], 16)


def owner_of(path):
    try:
        return os.stat(path).st_uid
    except OSError:
        return None


def listed(folder):
    try:
        return sorted(os.listdir(folder))
    except OSError:
        return []


def remove(path):
    try:
        os.unlink(path)
    except OSError:
        pass
