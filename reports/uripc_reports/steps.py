# SPDX-License-Identifier: MIT
"""Ties what a case says (its lines and numbered steps) to what happened (its trace)."""

import re
from dataclasses import dataclass, field

HEADING = re.compile(r'^step\b[\s:]*(?P<text>.*)$', re.S)
NUMBER = re.compile(r"^(?:step\s+)?(\d+)\s*[.:)]?\s+(.*)$", re.S)
CALL = re.compile(r"^(?P<process>[A-Z]\w*):\s*(?P<rest>.*)$", re.S)
STARTED = re.compile(r"^start\s.*\sas\s+(?P<name>[a-z][\w-]*)", re.S)
AWAITED = re.compile(r"^await\s+(?P<name>[a-z][\w-]*)")
NO_CALL = ("await", "poll", "info", "peek")  # these lines make no call of their own


@dataclass
class Group:
    """A step: its text and the lines that belong to it. What comes after the numbered steps of a
    case, under a heading without a number, has none."""

    number: int | None
    text: str
    lines: list = field(default_factory=list)


def heading(text):
    """The text of a `step "…"` line, or None for any other line."""
    match = HEADING.match(text.strip())
    if not match:
        return None
    inner = match["text"].strip()
    if len(inner) > 1 and inner[0] == inner[-1] == '"':
        inner = re.sub(r'\\(["\\])', r"\1", inner[1:-1])
    return inner


def groups(steps):
    """The lines of a transcript under their numbered steps; what comes before them is left out."""
    found, counts = [], False
    for step in steps:
        text = heading(step["text"])
        if text is None:
            if found:
                found[-1].lines.append(step)
            continue
        numbered = NUMBER.match(text)
        if numbered:
            found.append(Group(int(numbered[1]), numbered[2]))
        else:
            found.append(Group(None if counts else len(found) + 1, text))
        counts = counts or bool(numbered)
    return found


def step_numbers(case):
    """{index of a call or completion in the trace: number of the step it belongs to}.

    A completion that a later line awaits belongs to that line's step, since that is where the
    case looks at it. Calls and completions of one process are matched with the lines in order,
    which a transcript or trace that is not whole does not allow.
    """
    if case.get("steps_omitted") or case.get("trace_omitted"):
        return {}
    number_of = {id(line): g.number for g in groups(case.get("steps") or []) for line in g.lines}
    cursor = _Cursor(case.get("trace") or [])
    found, waiting = {}, {}
    for step in case.get("steps") or []:
        call = CALL.match(step["text"].strip())
        if not call:
            continue
        process, rest = call["process"], call["rest"]
        started, awaited = STARTED.match(rest), AWAITED.match(rest)
        if awaited:
            made = waiting.pop((process, awaited["name"]), None)
            _note(found, cursor.completion(process, made), number_of.get(id(step)))
        elif not rest.startswith(NO_CALL):
            made = cursor.call(process)
            _note(found, made, number_of.get(id(step)))
            if started:
                waiting[process, started["name"]] = made
            else:
                _note(found, cursor.completion(process, made), number_of.get(id(step)))
    return found


def _note(found, index, number):
    if index is not None and number is not None:
        found[index] = number


class _Cursor:
    """Finds each process's next call, and the completion that answers a call."""

    def __init__(self, trace):
        self.trace, self.used = trace, set()

    def call(self, process):
        return self._next(lambda e: e["kind"] == "call" and e.get("process") == process)

    def completion(self, process, call):
        """Completions carry the line of their call; without it the first later one is taken."""
        if call is None:
            return None
        line, verb = self.trace[call].get("line"), _verb(self.trace[call])

        def fits(event):
            if event["kind"] != "completion" or event.get("process") != process:
                return False
            if line is not None and event.get("line") is not None:
                return event["line"] == line
            return not verb or _verb(event) in (verb, "")

        return self._next(fits, call)

    def _next(self, fits, start=0):
        for index in range(start, len(self.trace)):
            if index not in self.used and fits(self.trace[index]):
                self.used.add(index)
                return index
        return None


def _verb(event):
    """`send`, `receive` … when the event's text begins with one."""
    words = (event.get("text") or "").split()
    return words[0] if words and words[0] in ("register", "send", "receive", "close") else ""
