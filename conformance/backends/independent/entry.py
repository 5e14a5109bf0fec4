# SPDX-License-Identifier: MIT
"""A registration as everybody in the realm sees it: an entry, as a value and as text."""

KINDS = ("exclusive", "shared", "group")
OVERFLOWS = ("reject", "block", "drop-newest", "drop-oldest")


class Entry:
    """`workers`: other nodes can join this shared queue."""

    __slots__ = ("node", "serial", "name", "kind", "overflow", "queue", "queue_bytes", "max",
                 "workers")

    def __init__(self, node, serial, name, kind, overflow, queue, queue_bytes, maximum,
                 workers=True):
        self.node, self.serial, self.name = node, serial, name
        self.kind, self.overflow = kind, overflow
        self.queue, self.queue_bytes, self.max = queue, queue_bytes, maximum
        self.workers = workers and kind == "shared"

    def options(self):
        """What has to be equal to join a name (REG-5, REG-8)."""
        return self.kind, self.overflow, self.queue, self.queue_bytes, self.max

    def text(self):
        return (f"name {self.name}\nkind {self.kind}\noverflow {self.overflow}\n"
                f"queue {self.queue}\nqueue-bytes {self.queue_bytes}\nmax {self.max}\n"
                + ("workers 1\n" if self.workers else ""))


def parse(octets, node, serial):
    """The entry that a file holds, or None if it makes no sense; unknown keys are ignored."""
    try:
        lines = octets.decode("utf-8").split("\n")
        values = dict(line.partition(" ")[::2] for line in lines)
        numbers = [int(values[key]) for key in ("queue", "queue-bytes", "max")]
        entry = Entry(node, serial, values["name"], values["kind"], values["overflow"], *numbers,
                      workers=values.get("workers") == "1")
    except (UnicodeDecodeError, ValueError, KeyError):
        return None
    return entry if entry.kind in KINDS and entry.overflow in OVERFLOWS else None
