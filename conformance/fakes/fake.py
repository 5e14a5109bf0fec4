#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Drivers that do one thing wrong, on purpose: what the suite says of them is tested.

    fake.py MODE

Each is the driver of the tutorial with something replaced.
"""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tutorial"))
import driver  # noqa: E402: lies beside this folder

honest_complete, honest_send, honest_end = driver.complete, driver.do_send, driver.do_end


def honest():
    """Nothing is wrong with it."""


def never_completes():
    """Accepts sends, and never tells what became of them."""
    driver.do_send = lambda command: {"status": "pending"}


def completes_twice():
    def complete(call, status, **more):
        honest_complete(call, status, **more)
        return honest_complete(call, status, **more)

    driver.complete = complete


def tells(call_of, handle_of):
    """Tells of every completion, but registrations, what call it was and of which handle."""

    def complete(call, status, **more):
        if call["do"] != "register":
            more = {**more, "call": call_of(call), "handle": handle_of(call)}
        driver.tell(event="completion", overlapped=call["overlapped"], status=status, **more)
        return {"status": "pending"}

    driver.complete = complete


def tells_calls():
    """Nothing is wrong with it, and it tells what may be left out."""
    tells(lambda call: call["do"], lambda call: call["handle"])


def tells_another_call():
    tells(lambda call: "close" if call["do"] == "send" else call["do"], lambda call: call["handle"])


def tells_another_handle():
    tells(lambda call: call["do"], lambda call: call["handle"] + (call["do"] == "send"))


def tells_no_kind_of_call():
    tells(lambda call: "mumble" if call["do"] == "send" else call["do"],
          lambda call: call["handle"])


def claims_too_much():
    """Declares groups, and refuses them."""
    driver.capabilities.append("group")


def claims_too_little():
    """Can discard messages, and does not say so."""
    driver.capabilities.remove("discard")


def crashes_in_send():
    driver.do_send = lambda command: os.kill(os.getpid(), signal.SIGSEGV)


def hangs_in_send():
    driver.do_send = lambda command: time.sleep(3600)


def hangs_at_start():
    time.sleep(3600)


def exits_at_once():
    sys.exit("this driver has no wish to go on")


def refuses_to_open():
    driver.do_open = lambda command: {"status": "no-resources"}


def answers_unknown_id():
    def send(command):
        driver.tell(id=987654321, status="ok")
        return honest_send(command)

    driver.do_send = send


def answers_with_error():
    driver.do_send = lambda command: {"error": "sends are beyond me"}


def breaks_the_schema():
    driver.do_send = lambda command: {"status": "splendid"}


def prints_garbage():
    def send(command):
        print("DEBUG: about to send")
        return honest_send(command)

    driver.do_send = send


def floods_stderr():
    """No fault: what a driver has to say, however much, goes there."""

    def send(command):
        for i in range(100_000):
            sys.stderr.write(f"line {i} of what nobody reads to its end\n")
        return honest_send(command)

    driver.do_send = send


def leaves_child():
    """In a session of its own, so that nobody finds it by its group."""

    def end(command):
        subprocess.Popen(["sleep", "3600"], start_new_session=True, stdin=subprocess.DEVNULL,
                         stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)  # fmt: skip
        honest_end(command)

    driver.do_end = end


def does_not_end():
    """Goes on, if it was more than asked who it is."""
    driver.do_end = lambda command: {"status": "ok"} if driver.names else honest_end(command)


def ends_badly():
    """The same, with a status that is not 0."""

    def end(command):
        if driver.names:
            driver.tell(id=command["id"], status="ok")
            sys.exit(7)
        honest_end(command)

    driver.do_end = end


def tells_a_violation():
    """Has looked, and seen the implementation write where it must not."""

    def send(command):
        driver.tell(event="violation", text="byte 3 was written after the completion")
        return honest_send(command)

    driver.do_send = send


MODES = {
    mode.__name__.replace("_", "-"): mode
    for mode in (
        honest, never_completes, completes_twice, claims_too_much, claims_too_little,
        crashes_in_send, hangs_in_send, hangs_at_start, exits_at_once, refuses_to_open,
        answers_unknown_id, answers_with_error, breaks_the_schema, prints_garbage, floods_stderr,
        leaves_child, does_not_end, ends_badly, tells_a_violation, tells_calls, tells_another_call,
        tells_another_handle, tells_no_kind_of_call,
    )
}  # fmt: skip

if __name__ == "__main__":
    if len(sys.argv) != 2 or sys.argv[1] not in MODES:
        sys.exit(f"usage: fake.py MODE, which is one of {', '.join(MODES)}")
    MODES[sys.argv[1]]()
    driver.run()
