# SPDX-License-Identifier: MIT
"""What a run found out besides its verdicts: what the spec leaves open, and what really fired."""

from collections import Counter
from dataclasses import dataclass

from .text import alternatives
from .words import FAULTS


@dataclass
class Observation:
    """One value that was recorded where the spec leaves things open."""

    case: dict
    clauses: list  # (clause or None, id)
    line: int | None
    asked: str
    value: object
    allowed: list


@dataclass
class Fired:
    """How often one kind of fault happened, and the plainest case that shows it."""

    fault: str
    meaning: str
    times: int
    cases: int
    example: str | None


def observations(run):
    """In the order of the cases' names, each with its clauses and what they would allow."""
    by_id = {clause["id"]: clause for clause in run.clauses}
    found = []
    for case in sorted(run.cases, key=lambda c: c["name"]):
        for asked, value in (case.get("recorded") or {}).items():
            step = _step(case, asked)
            clauses = [(by_id.get(name), name) for name in step_clauses(case, step)]
            allowed = alternatives(step["expected"]) if step and step.get("expected") else []
            line = step["line"] if step else None
            found.append(Observation(case, clauses, line, asked, value, allowed))
    return found


def _step(case, asked):
    """The line of the case that recorded a value."""
    steps = case.get("steps") or []
    open_ones = [s for s in steps if s.get("verdict") == "info"]
    return next((s for s in open_ones if s["text"].startswith(asked)), None)


def step_clauses(case, step):
    """Ids of the clauses that a line stands for."""
    if step and step.get("clauses"):
        return step["clauses"]
    verdicts = case.get("clause_verdicts") or {}
    return [name for name, v in verdicts.items() if v == "info"] or case.get("clauses") or []


def fired(run):
    """Every kind of fault, also those that never fired."""
    total, where = Counter(), {}
    for case in run.cases:
        for name, count in (case.get("faults") or {}).items():
            total[name] += count
            if count:
                where.setdefault(name, []).append((len(case.get("trace") or []), case["name"]))
    found = []
    for name in [*FAULTS, *sorted(n for n in total if n not in FAULTS)]:
        cases = where.get(name, [])
        example = min(cases)[1] if cases else None
        found.append(Fired(name, FAULTS.get(name, ""), total[name], len(cases), example))
    return found
