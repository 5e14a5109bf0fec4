# SPDX-License-Identifier: MIT
"""Where the spec leaves a choice, and what each backend does there.

A question is a case, with those of its lines that ask. A line asks if it records a value (`info`), may fall short of a
SHOULD (`nonstrict`), or stands for a MAY; and, where backends answer differently, if it has
several alternatives.
"""

import re
from collections import Counter
from dataclasses import dataclass

from .findings import step_clauses
from .text import alternatives, first_difference

ARROW = re.compile(r"\s+->\s")
WEIGHED = re.compile(r"(^|\|)\s*(info|nonstrict)\s")
RECORD = re.compile(r"(^|\|)\s*((info|nonstrict)\s+)?record\s")


@dataclass
class Answer:
    """What one backend did; `text` is empty where it did nothing, and `note` then says why."""

    text: str
    note: str = ""
    short: bool = False  # of a SHOULD
    choice: str = ""  # two answers differ if these do


@dataclass
class Line:
    """A line that asks."""

    clauses: list  # ids
    line: int
    asked: str
    allowed: list
    answers: list  # by column

    @property
    def differs(self):
        return len({answer.choice for answer in self.answers if answer.text}) > 1


@dataclass
class Question:
    case: dict
    lines: list

    @property
    def differs(self):
        return any(line.differs for line in self.lines)

    @property
    def clauses(self):
        return list(dict.fromkeys(name for line in self.lines for name in line.clauses))


def questions(columns):
    """Differing ones first, then by case."""
    lines, by_column = {}, [column.cases for column in columns]
    levels = {c["id"]: c["level"] for column in columns for c in column.run.clauses}
    for cases in by_column:
        for case in cases.values():
            for step in case.get("steps") or []:
                if _several(step) or _asked_anyway(step, levels):
                    key = case["name"], step["line"], step["text"]
                    lines.setdefault(key, (case, step))
    found = {}
    for (name, line, text), (case, step) in sorted(lines.items(), key=lambda item: item[0]):
        answers = [_answer(cases.get(name), line, step) for cases in by_column]
        one = Line(step_clauses(case, step), line, ARROW.split(text, maxsplit=1)[0],
                   alternatives(step.get("expected") or ""), answers)
        if one.differs or _asked_anyway(step, levels):
            found.setdefault(name, Question(case, [])).lines.append(one)
    return sorted(found.values(), key=lambda q: not q.differs)


def _several(step):
    return len(alternatives(step.get("expected") or "")) > 1


def _asked_anyway(step, levels):
    if step.get("verdict") in ("info", "pass-nonstrict"):
        return True
    if WEIGHED.search(step.get("expected") or ""):
        return True
    return any(levels.get(name) == "MAY" for name in step.get("clauses") or [])


def _answer(case, line, asked):
    if not case:
        return Answer("", "not in this run")
    steps = [s for s in case.get("steps") or [] if s["line"] == line and s.get("observed")]
    if not steps:
        return Answer("", "not told" if case["verdict"] == "pass" else f"not reached: "
                      f"{case['verdict']}")
    texts = Counter(step["observed"] for step in steps)
    text = "; ".join(f"{text} ({count} of {len(steps)})" if len(texts) > 1 else text
                     for text, count in texts.most_common())
    short = any(step.get("verdict") == "pass-nonstrict" for step in steps)
    if any(step.get("verdict") in ("fail", "timeout") for step in steps):
        return Answer(text, "none of the alternatives", short, "none")
    note = ", ".join(_varying(case, len(texts)))
    chosen = {_choice(asked.get("expected") or "", observed) for observed in texts}
    return Answer(text, note, short, " ".join(sorted(chosen)))


def _varying(case, values):
    """Where an answer is not the only one that there was, or could have been. Of several runs of a
    case the results hold the lines of one."""
    if values > 1 or len(case.get("verdicts") or {}) > 1:
        yield "varies"
    runs = case.get("runs") or 1
    if runs > 1:
        of_these = ", ".join(f"{n} of {runs} {name}"
                             for name, n in (case.get("verdicts") or {}).items())
        yield f"told of 1 of {runs} runs" + (f": {of_these}" if of_these else "")


def _choice(expected, observed):
    """The alternative that was taken; what was recorded is a choice of its own."""
    options = alternatives(expected)
    if RECORD.search(expected):
        return observed
    agreed = [len(first_difference(option, observed)[0][0]) for option in options]
    return options[agreed.index(max(agreed))]
