#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Lets an activation service start workers on demand, kills them and others, and tells what becomes
of the requests.

    kill_on_demand.py PROGRAM

PROGRAM is uripc-process.  A listener, the service and two clients of the design `activation` are
processes of their own; the workers are the service's.

First, with one worker and with two, a worker is made to stand still (SIGSTOP) until a request is on
its way to it, and killed then (SIGKILL).  Clients ask only once here: what they are answered was
not lost.  Then a process of each role is killed, and begun anew if nobody else does that.
"""

import os
import signal
import sys
import tempfile
import time

from processes import Processes

CLIENTS = 2
SOME = 3  # requests, before something is done and after it
ONCE = ["timeout=1000min", "retries=0"]
OFTEN = ["timeout=200ms", "retries=1000"]


def begin(program, realm, workers, *parameters):
    processes = Processes(program, realm, [
        f"--clients={CLIENTS}", f"--workers={workers}", "--every=100ms",
        "activation", "failures=0", *parameters])
    for role in "listener", "service":
        processes.start(role)
    processes.wait_until("names", lambda: processes.of("listener", 0, "registered")
                         and len(processes.of("service", 0, "registered")) == 2)
    for number in range(CLIENTS):
        processes.start("client", number)
    return processes


def all_of(processes, word, since=0):
    return [one for one in processes.told if one["tell"] == word and one["at"] >= since]


def answers(processes):
    """When each request was answered."""
    return {one["value"]: one["at"] for one in all_of(processes, "answered")}


def all_serve(processes, workers, since):
    return all(processes.of("worker", number, "executed", since=since)
               for number in range(workers))


def held(processes, workers, stopped_at, killed_at):
    """Requests that were on their way to the worker that was killed.

    One of two workers had what was not answered before, although something that was asked later
    was.  The only worker had what was asked first, unless it was at work when it was stopped."""
    when = answers(processes)
    early = [one for one in all_of(processes, "asked") if one["at"] < killed_at]
    asked = [one for one in early if one["at"] >= stopped_at]
    if workers == 1:
        idle = all(when.get(one["value"], killed_at) < killed_at
                   for one in early if one["at"] < stopped_at)
        return [one["value"] for one in asked[:1] if idle]
    last = max((one["at"] for one in asked if when[one["value"]] < killed_at), default=0)
    return [one["value"] for one in asked
            if one["at"] < last and when[one["value"]] >= killed_at]


def strike_holding(processes, workers):
    """Stops a worker, and kills it when it may hold a request: what it held, and when."""
    pid = processes.of("worker", 0, "executed")[-1]["process"]
    os.kill(pid, signal.SIGSTOP)
    stopped_at = time.monotonic_ns()
    processes.wait_until("requests", lambda: len(
        all_of(processes, "asked" if workers == 1 else "executed", stopped_at)) >= SOME)
    os.kill(pid, signal.SIGKILL)
    killed_at = time.monotonic_ns()
    asked = {one["value"] for one in all_of(processes, "asked", stopped_at)
             if one["at"] < killed_at}
    processes.wait_until("answers to what was asked meanwhile",
                         lambda: asked <= answers(processes).keys())
    return held(processes, workers, stopped_at, killed_at), killed_at


def play_holding(program, realm, workers):
    processes = begin(program, realm, workers, f"keep={workers}", *ONCE)
    try:
        returned, killed_at = [], 0
        while not returned:  # it may have been at work, and have waited for nothing
            since = killed_at
            processes.wait_until("workers that serve",
                                 lambda: all_serve(processes, workers, since))
            returned, killed_at = strike_holding(processes, workers)
        executed = [one["value"] for one in all_of(processes, "executed")]
        first = min(answers(processes)[request] for request in returned)
        print(f"{workers} worker{'s' * (workers > 1)}: one was killed with a request on its way to it")
        print(f"  which was answered after {(first - killed_at) / 1e6:.1f} ms")
        print("  carried out twice       ", len(executed) - len(set(executed)))
        print("  given up                ", len(all_of(processes, "gave-up")), flush=True)
        good = len(executed) == len(set(executed)) and not all_of(processes, "gave-up")
    finally:
        good_end = processes.end()
    return good and good_end


def serves_again(processes, since):
    return all(len(processes.answered(client, since)) >= SOME for client in range(CLIENTS))


def kill_one(processes, role):
    """Kills a process of a role, has it begin anew, and waits until it goes on."""
    if role == "worker":  # the service sees to it
        killed_at = time.monotonic_ns()
        os.kill(processes.of("worker", 0, "executed")[-1]["process"], signal.SIGKILL)
        processes.wait_until("the service sees its end",
                             lambda: processes.of("service", 0, "failed", since=killed_at))
    else:
        process = processes.running[role, 0]
        killed_at = processes.strike(role)
        processes.wait_for(process)  # a service's workers end with it
        processes.start(role)
    processes.wait_until(f"answers after the end of the {role}",
                         lambda: serves_again(processes, killed_at))
    last = max(processes.answered(client, killed_at)[0]["at"] for client in range(CLIENTS))
    print(f"  {role:9} killed: all were served again after {(last - killed_at) / 1e6:.0f} ms",
          flush=True)


def play_roles(program, realm):
    processes = begin(program, realm, 2, *OFTEN)
    try:
        processes.wait_until("answers", lambda: serves_again(processes, 0)
                             and processes.of("worker", 0, "executed"))
        print("each role:")
        for role in "worker", "listener", "client", "service", "worker":
            kill_one(processes, role)
    finally:
        good = processes.end()
    return good


def main(program):
    good = True
    for play in (lambda realm: play_holding(program, realm, 1),
                 lambda realm: play_holding(program, realm, 2),
                 lambda realm: play_roles(program, realm)):
        with tempfile.TemporaryDirectory(prefix="uripc-") as realm:
            good = play(realm) and good
    return 0 if good else 1


if __name__ == "__main__":
    if len(sys.argv) != 2 or sys.argv[1].startswith("-"):
        sys.exit(__doc__)
    sys.exit(main(sys.argv[1]))
