# SPDX-License-Identifier: MIT
"""Why a backend fails what it fails: its cases by the reason that was given or the clause they break."""

from dataclasses import dataclass, field

from . import views
from .verdicts import breaks

KINDS = ("unexpected", "unresolved", "known")


@dataclass
class Reason:
    """Cases of one backend that are not as the spec says, for one reason."""

    text: str
    kind: str  # one of KINDS
    clause: dict | None = None
    cases: list = field(default_factory=list)

    @property
    def counts(self):
        return views.counted(self.cases)


@dataclass
class ReasonRow:
    """One reason over all backends."""

    first: Reason
    cells: list  # by column: a Reason, None where it is no reason there

    @property
    def total(self):
        return sum(len(cell.cases) for cell in self.cells if cell)


def reasons(run):
    """Unexpected ones first, by the clause they break; then known ones by the reason given."""
    clauses = {clause["id"]: clause for clause in run.clauses}
    found = {}
    for case in sorted(run.cases, key=lambda c: c["name"]):
        if views.needs_explaining(case):
            kind, text = _reason(case)
            clause = clauses.get(text) if kind == "unexpected" else None
            found.setdefault((kind, text), Reason(text, kind, clause)).cases.append(case)
    return sorted(found.values(), key=lambda r: (KINDS.index(r.kind), -len(r.cases), r.text))


def _reason(case):
    expectation = case.get("expectation")
    if expectation and case["expected"]:
        return "known", expectation["reason"]
    if expectation and not breaks(case["verdict"]):
        return "unexpected", f"known as {expectation['verdict']} ({expectation['reason']}), " \
                             f"and now {case['verdict']}"
    if case["verdict"] == "unresolved":
        return "unresolved", case.get("reason") or "the suite could not tell"
    broken = views.broken_clauses(case, [])
    return "unexpected", broken[0][1] if broken else case.get("reason") or case["verdict"]


def reason_rows(by_column):
    """One for each reason that somebody has, in the order of `reasons`, of those of all columns."""
    rows = {}
    for place, found in enumerate(by_column):
        for reason in found:
            key = reason.kind, reason.text
            row = rows.setdefault(key, ReasonRow(reason, [None] * len(by_column)))
            row.cells[place] = reason
    return sorted(rows.values(),
                  key=lambda r: (KINDS.index(r.first.kind), -r.total, r.first.text))
