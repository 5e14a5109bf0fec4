# SPDX-License-Identifier: MIT
"""The processes of one design, each one a uripc-process, and all that they tell."""

import json
import queue
import signal
import subprocess
import threading
import time

PATIENCE = 60  # seconds, for all of one design


class Processes:
    """What `arguments` says goes to every process: the design, its load and its parameters."""

    def __init__(self, program, realm, arguments):
        self.command = [program, "--realm", realm, *arguments]
        self.running, self.struck, self.readers = {}, [], {}
        self.told, self.lines = [], queue.Queue()
        self.deadline = time.monotonic() + PATIENCE

    def start(self, role, number=0):
        process = subprocess.Popen([*self.command, f"--role={role}", f"--number={number}"],
                                   stdout=subprocess.PIPE, text=True)
        self.running[role, number] = process
        self.readers[process] = threading.Thread(target=self.read, args=[process.stdout],
                                                 daemon=True)
        self.readers[process].start()

    def read(self, output):
        """To its end, which is that of all who write there: also of the workers of a service."""
        with output:
            for line in output:
                self.lines.put(json.loads(line))

    def wait_until(self, what, so):
        while not so():
            try:
                self.told.append(self.lines.get(timeout=max(0, self.deadline - time.monotonic())))
            except queue.Empty:
                raise SystemExit(f"error: {PATIENCE} s were not enough: {what}") from None

    def of(self, role, number, *words, since=0):
        return [one for one in self.told
                if (one["role"], one["number"]) == (role, number) and one["tell"] in words
                and one["at"] >= since]

    def answered(self, client, since=0):
        """Answers to what the client has asked since then."""
        asked = {one["value"] for one in self.of("client", client, "asked", since=since)}
        return [one for one in self.of("client", client, "answered") if one["value"] in asked]

    def strike(self, role, number=0, *, stop=False):
        process = self.running.pop((role, number))
        self.struck.append(process)
        process.send_signal(signal.SIGSTOP if stop else signal.SIGKILL)
        return time.monotonic_ns()

    def wait_for(self, process):
        """Until it, and whatever it has started, has ended."""
        status = process.wait(timeout=PATIENCE)
        self.readers[process].join(timeout=PATIENCE)
        if self.readers[process].is_alive():
            raise SystemExit(f"error: {PATIENCE} s after its end something of {process.pid} lives")
        return status

    def end(self):
        """Ends all; true if those that nobody has struck ended in good order."""
        for process in self.struck:
            process.kill()
        for process in self.running.values():
            process.terminate()
        for process in self.struck:
            self.wait_for(process)
        return all([self.wait_for(process) == 0 for process in self.running.values()])
