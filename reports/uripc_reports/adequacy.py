# SPDX-License-Identifier: MIT
"""How much the verdicts are worth: which clauses are tested, and which planted faults were seen."""

from collections import Counter
from dataclasses import dataclass, field

from .text import plural
from .verdicts import STATES, VERDICTS, breaks, worst
from .views import Chapter

IDLE = ("blocked", "unsupported", "not-run")
UNTESTED = (*IDLE, "none")


@dataclass
class ClauseRow:
    clause: dict
    chips: list  # (case name, verdict), by name
    state: str  # the gravest verdict, or "none" where no case names the clause
    mutants: list = field(default_factory=list)  # ids of the planted faults aimed at it


@dataclass
class Planted:
    """The planted fault that a run was made with; text and clause where a table of mutants says."""

    name: str
    text: str
    clause: str
    on_clause: int = 0  # cases that fail on that clause
    failed: int = 0

    def hits(self, case):
        """Whether a case failed on the clause that the fault breaks."""
        return breaks((case.get("clause_verdicts") or {}).get(self.clause))

    def sentence(self):
        what = self.name + (f": {self.text}" if self.text else "")
        if not self.clause:
            seen = f"Caught: {_fail(self.failed)}." if self.failed else "Not caught: no case fails."
        elif self.on_clause:
            seen = f"Caught: {_fail(self.on_clause)} on {self.clause}, {self.failed} in all."
        else:
            seen = f"Not caught: no case fails on {self.clause}, {self.failed or 'none'} in all."
        return f"Planted fault {what}{f' ({self.clause})' if self.clause else ''}. {seen}"


def _fail(count):
    return f"{plural(count, 'case')} {'fails' if count == 1 else 'fail'}"


def planted(run, tables):
    """The run's planted fault, or None; the tables of mutants are asked what it is."""
    name = run.header.get("mutant")
    if not name:
        return None
    known = next((m for table in tables for m in table.mutants if m["id"] == name), {})
    found = Planted(name, known.get("text") or "", known.get("clause") or "")
    failing = [c for c in run.cases if breaks(c["verdict"]) and not c["expected"]]
    found.failed = len(failing)
    found.on_clause = sum(found.hits(case) for case in failing)
    return found


def chips_by_clause(run):
    """{clause id: [(case name, state)]}; blocked where a case broke off before it."""
    found = {}
    for case in sorted(run.cases, key=lambda c: c["name"]):
        verdicts = case.get("clause_verdicts") or {}
        names = list(dict.fromkeys([*(case.get("clauses") or []), *verdicts]))
        for name in names:
            state = verdicts.get(name, case["verdict"])
            if state == "not-run" and VERDICTS[case["verdict"]].trouble:
                state = "blocked"
            found.setdefault(name, []).append((case["name"], state))
    return found


def aimed(table):
    """{clause id: [ids of the planted faults that break it]}."""
    found = {}
    for mutant in table.mutants if table else []:
        if mutant.get("clause") and not mutant.get("benign"):
            found.setdefault(mutant["clause"], []).append(mutant["id"])
    return found


def by_number(row):
    """Ids count upwards inside a chapter, whatever the order of the text."""
    prefix, _, number = row.clause["id"].rpartition("-")
    return prefix, int(number) if number.isdecimal() else 0, row.clause["id"]


def clause_chapters(run, table=None):
    """Every clause under its chapter, with the cases that name it and the faults aimed at it."""
    chips, targets, found = chips_by_clause(run), aimed(table), []
    for clause in run.clauses:
        if not found or found[-1].number != clause["chapter"]:
            found.append(Chapter(clause["chapter_name"], clause["chapter"]))
        named = chips.get(clause["id"], [])
        state = worst([verdict for _, verdict in named]) or "none"
        row = ClauseRow(clause, named, state, targets.get(clause["id"], []))
        found[-1].items.append(row)
    for chapter in found:
        chapter.items.sort(key=by_number)
        states = Counter(row.state for row in chapter.items)
        chapter.counts = [(STATES[n], states[n]) for n in STATES if states[n]]
        chapter.calm = all(row.state in ("pass", "info", "pass-nonstrict") for row in chapter.items)
    return found


def coverage(chapters, table=None):
    """How many clauses are tested, rest on one case, were violated, were aimed at."""
    rows = [row for chapter in chapters for row in chapter.items]
    tested = [row for row in rows if row.state not in UNTESTED]
    is_must = [row.clause["level"].startswith("MUST") for row in tested]
    footer = (table.footer if table else None) or {}

    def ids(some):
        return [row.clause["id"] for row in some]

    return {
        "clauses": len(rows),
        "tested": len(tested),
        "musts": sum(row.clause["level"].startswith("MUST") for row in rows),
        "musts_tested": sum(is_must),
        "idle": ids(r for r in rows if r.state in IDLE),
        "none": ids(r for r in rows if r.state == "none"),
        "violated": ids(r for r in rows if breaks(r.state)),
        "single": ids(r for r in tested if _cases_run(r) == 1),
        "aimed": sum(bool(r.mutants) for r in rows) if table else None,
        "unaimed": ids(r for r in rows if not r.mutants) if table else [],
        "never_failed": footer.get("clauses_never_failed"),
    }


def _cases_run(row):
    return sum(verdict not in UNTESTED for _, verdict in row.chips)


def mutant_state(mutant):
    """`survived` and `alarm` are the bad ones."""
    if mutant.get("benign"):
        return "alarm" if mutant["killed"] or mutant.get("cases_failed") else "quiet"
    return "killed" if mutant["killed"] else "survived"


def mutant_rows(table):
    """(mutant, state), bad ones first, else as written."""
    rows = [(mutant, mutant_state(mutant)) for mutant in table.mutants]
    return sorted(rows, key=lambda row: row[1] not in ("survived", "alarm"))


def mutant_counts(table):
    """(how many, state, whether that is bad), in the order of a sentence."""
    counts = Counter(state for _, state in mutant_rows(table))
    words = (
        ("killed", "killed", False),
        ("survived", "survived", True),
        ("quiet", "benign quiet", False),
        ("alarm", "false alarm" if counts["alarm"] == 1 else "false alarms", True),
    )
    return [(counts[state], text, bad and counts[state] > 0) for state, text, bad in words]


def mutant_warning(table, run):
    """Why a table of mutants may say nothing about this run; empty when it does."""
    theirs = table.header.get("suite")
    ours = run.header.get("suite") if run else None
    if not ours or not theirs or ours == theirs:
        return ""
    return (
        f"The table was made with another suite of cases ({theirs}) than this run ({ours}): "
        "what it says need not hold for the cases of this page."
    )
