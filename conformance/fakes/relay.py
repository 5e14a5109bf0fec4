#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Drivers that do one thing wrong about sessions, on purpose: what the suite says of them is tested.

    relay.py MODE COMMAND ARGUMENT...

Each stands between the suite and an honest driver, which the command starts, and changes some lines.
"""

import json
import os
import subprocess
import sys
import threading

OF_SESSIONS = ("listen", "accept", "connect", "session-send", "session-receive", "shutdown", "flush",
               "session-close", "disconnect", "peek")  # fmt: skip


def completed(line, call):
    """The completion in a line of the driver, if it is one of such a call that went well."""
    told = line.get("completion", line)
    return told if told.get("call") == call and told["status"] in ("ok", "more") else {}


def honest(line):
    """Nothing is wrong with it."""


def tells_more_than_was_read(line):
    if told := completed(line, "session-receive"):
        told["bytes"] += 1


def reads_what_nobody_wrote(line):
    if told := completed(line, "session-receive"):
        told["data"] = told["data"][::-1]


def forgets_what_is_left(line):
    completed(line, "session-receive").pop("left", None)


def says_more_of_a_whole_message(line):
    told = completed(line, "session-receive")
    if told.get("status") == "ok":
        told["left"] = 3


def tells_another_session(line):
    if told := completed(line, "session-send"):
        told["handle"] += 1


def takes_a_write_for_a_send(line):
    if told := completed(line, "session-send"):
        told["call"] = "send"


def stands_in_no_state(line):
    if "session" in line:
        line["session"]["state"] = "asleep"


def has_no_sessions(line):
    """No fault: it says so, and knows nothing of them, as a driver of before there were any."""
    if "capabilities" in line:
        line["capabilities"].remove("sessions")


MODES = {
    mode.__name__.replace("_", "-"): mode
    for mode in (
        honest, tells_more_than_was_read, reads_what_nobody_wrote, forgets_what_is_left,
        says_more_of_a_whole_message, tells_another_session, takes_a_write_for_a_send,
        stands_in_no_state, has_no_sessions,
    )
}  # fmt: skip


def relay_commands(driver, mode):
    for text in sys.stdin.buffer:
        command = json.loads(text)
        if mode is has_no_sessions and (command["do"] in OF_SESSIONS or "layers" in command):
            print(f"what is this? {text}", flush=True)
            return
        driver.stdin.write(text)
        driver.stdin.flush()
    driver.stdin.close()


def relay_lines(driver, mode):
    for text in driver.stdout:
        line = json.loads(text)
        mode(line)
        print(json.dumps(line), flush=True)


def main(mode, command):
    """Ends when the driver does, whatever its own input has still to say."""
    driver = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    threading.Thread(target=relay_commands, args=(driver, mode), daemon=True).start()
    relay_lines(driver, mode)
    sys.stdout.flush()
    os._exit(driver.wait())


if __name__ == "__main__":
    if len(sys.argv) < 3 or sys.argv[1] not in MODES:
        sys.exit(f"usage: relay.py MODE COMMAND..., the mode being one of {', '.join(MODES)}")
    main(MODES[sys.argv[1]], sys.argv[2:])
