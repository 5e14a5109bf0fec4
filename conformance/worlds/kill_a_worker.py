#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Kills a worker and tells how long its clients took to notice, and whether their requests went on.

    kill_a_worker.py [--stop] PROGRAM [DESIGN...]

PROGRAM is uripc-process.  Four clients and two workers of each design (default: stateless and
session) are processes of their own; the first worker is ended by SIGKILL, of which the system tells
whoever is connected to it, or with --stop made to stand still by SIGSTOP, of which nobody is told.
"""

import sys
import tempfile

from processes import Processes

CLIENTS, WORKERS, KILLED = 4, 2, 0
SOME = 3  # requests of each client, before the kill and after it


def all_answered(processes, since=0):
    return all(len(processes.answered(client, since)) >= SOME for client in range(CLIENTS))


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
    processes = Processes(program, realm, [
        f"--clients={CLIENTS}", f"--workers={WORKERS}", "--every=100ms", design])
    try:
        for number in range(WORKERS):
            processes.start("worker", number)
        processes.wait_until("workers with a name", lambda: all(
            processes.of("worker", number, "registered") for number in range(WORKERS)))
        for number in range(CLIENTS):
            processes.start("client", number)
        processes.wait_until("answers", lambda: all_answered(processes))
        struck_at = processes.strike("worker", KILLED, stop=stop)
        processes.wait_until("answers after the kill", lambda: all_answered(processes, struck_at))
        processes.wait_until("clients that notice", lambda: all(
            noticed(processes, client, struck_at) for client in relied_on_it(processes, struck_at)))
        tell(design, processes, stop, struck_at)
    finally:
        good = processes.end()
    return good


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
