#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Kills a worker and tells how long its clients took to notice, and whether their requests went on.

    kill_a_worker.py [--stop] PROGRAM [DESIGN...]

PROGRAM is uripc-process.  Four clients and two workers of each design (default: stateless and
session) are processes of their own; the first worker is ended by SIGKILL, of which the system tells
whoever is connected to it, or with --stop made to stand still by SIGSTOP, of which nobody is told.
"""

import json
import queue
import signal
import subprocess
import sys
import tempfile
import threading
import time

CLIENTS, WORKERS, KILLED = 4, 2, 0
SOME = 3  # requests of each client, before the kill and after it
PATIENCE = 60  # seconds, for all of one design


class Processes:
    """The processes of one design, and all that they have told."""

    def __init__(self, program, design, realm):
        self.command = [program, "--realm", realm, f"--clients={CLIENTS}", f"--workers={WORKERS}",
                        "--every=100ms", design]
        self.running, self.struck, self.told, self.lines = {}, [], [], queue.Queue()
        self.deadline = time.monotonic() + PATIENCE

    def start(self, role, number):
        process = subprocess.Popen([*self.command, f"--role={role}", f"--number={number}"],
                                   stdout=subprocess.PIPE, text=True)
        self.running[role, number] = process
        threading.Thread(target=self.read, args=(role, number, process.stdout),
                         daemon=True).start()

    def read(self, role, number, output):
        for line in output:
            self.lines.put({"role": role, "number": number, **json.loads(line)})

    def wait_until(self, what, so):
        while not so():
            try:
                self.told.append(self.lines.get(timeout=max(0, self.deadline - time.monotonic())))
            except queue.Empty:
                raise SystemExit(f"kill_a_worker: error: {PATIENCE} s were not enough: {what}")

    def of(self, role, number, *words, since=0):
        return [one for one in self.told
                if (one["role"], one["number"]) == (role, number) and one["tell"] in words
                and one["at"] >= since]

    def answered(self, client, since=0):
        """Answers to what the client has asked since then."""
        asked = {one["value"] for one in self.of("client", client, "asked", since=since)}
        return [one for one in self.of("client", client, "answered") if one["value"] in asked]

    def all_answered(self, since=0):
        return all(len(self.answered(client, since)) >= SOME for client in range(CLIENTS))

    def strike(self, role, number, stop):
        process = self.running.pop((role, number))
        self.struck.append(process)
        process.send_signal(signal.SIGSTOP if stop else signal.SIGKILL)
        return time.monotonic_ns()

    def end(self):
        for process in self.running.values():
            process.terminate()
        for process in self.struck:
            process.kill()
            process.wait(timeout=PATIENCE)
        return [process.wait(timeout=PATIENCE) for process in self.running.values()]


def relied_on_it(processes, struck_at):
    """Clients whose worker it was."""
    for client in range(CLIENTS):
        uses = [one for one in processes.of("client", client, "uses") if one["at"] <= struck_at]
        if uses and uses[-1]["value"] == KILLED:
            yield client


def noticed(processes, client, struck_at):
    return [one["at"] for one in processes.of("client", client, "suspects", since=struck_at)
            if one["value"] == KILLED]


def milliseconds(times, since):
    if not times:
        return "-"
    return f"{(min(times) - since) / 1e6:.1f} to {(max(times) - since) / 1e6:.1f} ms"


def tell(design, processes, stop, struck_at):
    clients = list(relied_on_it(processes, struck_at))
    first = [processes.answered(client, struck_at)[0]["at"] for client in clients]
    executed = [one["value"] for one in processes.told if one["tell"] == "executed"]
    print(f"{design}: a worker was {'stopped' if stop else 'killed'}, on which {len(clients)} of {CLIENTS} clients relied")
    print("  noticed after        ", milliseconds(
        [noticed(processes, client, struck_at)[0] for client in clients], struck_at))
    print("  served again after   ", milliseconds(first, struck_at))
    print("  given up             ", sum(one["tell"] == "gave-up" for one in processes.told))
    print("  carried out twice    ", len(executed) - len(set(executed)), flush=True)


def play(program, design, realm, stop):
    processes = Processes(program, design, realm)
    try:
        for number in range(WORKERS):
            processes.start("worker", number)
        processes.wait_until("workers with a name", lambda: all(
            processes.of("worker", number, "registered") for number in range(WORKERS)))
        for number in range(CLIENTS):
            processes.start("client", number)
        processes.wait_until("answers", processes.all_answered)
        struck_at = processes.strike("worker", KILLED, stop)
        processes.wait_until("answers after the kill", lambda: processes.all_answered(struck_at))
        processes.wait_until("clients that notice", lambda: all(
            noticed(processes, client, struck_at) for client in relied_on_it(processes, struck_at)))
        tell(design, processes, stop, struck_at)
    finally:
        ends = processes.end()
    return all(end == 0 for end in ends)


def main(program, *designs, stop):
    good = True
    for design in designs or ("stateless", "session"):
        with tempfile.TemporaryDirectory(prefix="uripc-") as realm:
            good = play(program, design, realm, stop) and good
    return 0 if good else 1


if __name__ == "__main__":
    words = [word for word in sys.argv[1:] if word != "--stop"]
    if not words or words[0].startswith("-"):
        sys.exit(__doc__)
    sys.exit(main(*words, stop="--stop" in sys.argv))
