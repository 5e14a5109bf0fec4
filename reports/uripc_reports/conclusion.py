# SPDX-License-Identifier: MIT
"""What a comparison comes to, from its data alone; the page makes sentences of it."""

from dataclasses import dataclass

from .bench import at_one_size
from .verdicts import VERDICTS, breaks

SIZE = 1024  # of the messages whose rates are quoted
REASONS = 3  # named of each backend
POINTS = 6  # named of those on which backends differ


@dataclass
class Backend:
    """How one backend stands."""

    column: object
    ran: int
    broken: int
    unexpected: int
    lacks: int  # cases that are unsupported or were not run
    why: list  # the reasons most cases have
    others: int  # cases that have another one
    holds: bool  # in every case that ran


@dataclass
class Point:
    """What the spec leaves open, and who did what."""

    question: object
    asked: str
    answers: list  # (labels, text)


def backends(columns, reasons):
    found = []
    for column, why in zip(columns, reasons):
        cases = column.run.cases
        lacks = sum(case["verdict"] in ("unsupported", "not-run") for case in cases)
        broken = sum(breaks(case["verdict"]) for case in cases)
        named = sorted((_broken_by(reason) for reason in why), key=lambda pair: -pair[0])
        named = [(count, reason) for count, reason in named if count]
        found.append(Backend(
            column, len(cases) - lacks, broken, sum(not case["expected"] for case in cases), lacks,
            named[:REASONS], sum(count for count, _ in named[REASONS:]),
            not any(VERDICTS[case["verdict"]].trouble for case in cases)))
    return found


def _broken_by(reason):
    return sum(breaks(case["verdict"]) for case in reason.cases), reason


def points(columns, questions):
    """The first open points on which backends differ, each by the first line that shows it, and how
    many more there are."""
    found = []
    for question in questions:
        line = next((line for line in question.lines if line.differs), None)
        if line:
            found.append(Point(question, line.asked, _answers(columns, line)))
    return found[:POINTS], len(found[POINTS:])


def _answers(columns, line):
    """Those who chose alike stand together, with the words of the first."""
    by_choice = {}
    for column, answer in zip(columns, line.answers):
        if answer.text:
            by_choice.setdefault(answer.choice, ([], answer.text))[0].append(column.label)
    return list(by_choice.values())


def speeds(benches):
    """[(key of the section, sentence)]: who is fastest at one size, in each mode."""
    return [(bench.key, said) for bench in benches for said in at_one_size(bench.groups, SIZE)]
