# SPDX-License-Identifier: MIT
"""A driver whose names live in one process only: enough for the tests of the real world.

Arguments change its manners: `stray` leaves a process behind, `server` one that it names in the realm,
`queue=NAME` makes a POSIX message queue and leaves it, `crash` dies in `send`.
"""

import ctypes
import json
import os
import subprocess
import sys
from pathlib import Path

MANNERS = set(sys.argv[1:])


class Memory:
    def __init__(self):
        self.names = {}
        self.queues = {}
        self.receives = {}

    def do_hello(self, _):
        return {"status": "ok", "protocol": 1, "name": "memory", "version": "0", "binding": "api",
                "capabilities": []}

    def do_open(self, command):
        if not os.path.isdir(command["realm"]) or "URIPC_RUN" not in os.environ:
            return {"status": "invalid-argument"}
        realm = Path(command["realm"])
        if MANNERS & {"stray", "server"}:
            process = subprocess.Popen(["sleep", "300"], start_new_session=True,
                                       stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                       stderr=subprocess.DEVNULL)
            if "server" in MANNERS:
                (realm / f"process.{process.pid}").touch()
        for manner in MANNERS:
            if manner.startswith("queue="):
                name = manner.removeprefix("queue=")
                (realm / f"posix-mqueue.{name}").touch()
                if not open_queue(name, os.O_CREAT | os.O_RDWR):
                    return {"status": "no-resources"}
        return {"status": "ok"}

    def do_register(self, command):
        handle = len(self.queues) + 1
        status = "exists" if command["name"] in self.names else "ok"
        if status == "ok":
            self.names[command["name"]] = handle
            self.queues[handle] = []
            self.receives[handle] = []
        return self.pending(command, status=status, handle=handle)

    def do_send(self, command):
        if "crash" in MANNERS:
            print("memory: as it was told", file=sys.stderr, flush=True)
            os.abort()
        target = self.names.get(command["target"])
        data = command.get("data", "")
        if target:
            source = next(n for n, handle in self.names.items() if handle == command["handle"])
            self.queues[target].append({"source": source, "target": command["target"], "data": data})
        return self.pending(command, status="ok" if target else "no-receiver",
                            bytes=len(data) if target else 0)

    def do_receive(self, command):
        handle = command["handle"]
        self.receives[handle].append(command["overlapped"])
        reply = {"status": "pending"}
        return reply, lambda: self.match(handle)

    def match(self, handle):
        while self.queues[handle] and self.receives[handle]:
            self.complete(self.receives[handle].pop(0), status="ok", **self.queues[handle].pop(0))

    def do_fence(self, _):
        return {"status": "ok"}

    def pending(self, command, **result):
        def later():
            self.complete(command["overlapped"], **result)
            for handle in self.queues:
                self.match(handle)
        return {"status": "pending"}, later

    def complete(self, overlapped, **result):
        write({"event": "completion", "overlapped": overlapped, **result})


def open_queue(name, flags):
    """True if it could be opened; without size and permissions, which the system then chooses."""
    library = ctypes.CDLL(None, use_errno=True)
    return library.mq_open(f"/{name}".encode(), flags, 0o600, None) >= 0


def write(line):
    print(json.dumps(line), flush=True)


def main():
    memory = Memory()
    for line in sys.stdin:
        command = json.loads(line)
        handler = getattr(memory, "do_" + command["do"], None)
        reply = handler(command) if handler else {"status": "ok" if command["do"] == "end" else
                                                  "not-supported"}
        reply, later = reply if isinstance(reply, tuple) else (reply, None)
        write({"id": command["id"], **reply})
        if later:
            later()
        if command["do"] == "end":
            return


if __name__ == "__main__":
    main()
