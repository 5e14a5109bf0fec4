# SPDX-License-Identifier: MIT
"""Several runs side by side: what the page that compares backends shows; no HTML here."""

import re
from collections import Counter
from dataclasses import dataclass, field

from . import views
from .adequacy import by_number, chips_by_clause, planted
from .text import duration, number, plural
from .verdicts import STATES, breaks, worst
from .words import CAPABILITIES


PROBED = re.compile(r"not declared `(?P<name>[a-z0-9-]+)`")


@dataclass
class Column:
    """One run: a column of every table."""

    key: str
    label: str
    run: object
    directory: str
    headline: str
    banners: list
    counts: list
    changes: object = None

    @property
    def cases(self):
        return {case["name"]: case for case in self.run.cases}


@dataclass
class Cell:
    """A verdict of one backend, None where the run has no such case."""

    case: dict | None
    title: str = ""
    time: str = ""

    @property
    def verdict(self):
        return self.case["verdict"] if self.case else None


@dataclass
class Row:
    """One case over all backends."""

    case: dict  # of the first run that has it
    cells: list
    differs: bool

    @property
    def verdicts(self):
        return sorted({cell.verdict for cell in self.cells if cell.case})

    def verdict(self, place):
        return self.cells[place].verdict


@dataclass
class ClauseCell:
    """How a clause stands with one backend; the state is None where no case names it."""

    state: str | None
    count: int  # of cases
    blocked_by: list  # names of those that broke off before they came to it


@dataclass
class ClauseRow:
    clause: dict
    cells: list  # a ClauseCell by column
    cases: list  # names of the cases that test it, over all runs

    @property
    def differs(self):
        return len({cell.state for cell in self.cells}) > 1

    @property
    def verdicts(self):
        return sorted({cell.state for cell in self.cells if cell.state})

    def verdict(self, place):
        return self.cells[place].state

    @property
    def blockers(self):
        """(column, names) where nothing is known of the clause because cases broke off."""
        return [(place, cell.blocked_by) for place, cell in enumerate(self.cells)
                if cell.state == "blocked"]


@dataclass
class Chapter:
    """Rows under a chapter; `counts` are those of each column."""

    name: str
    number: int | None
    rows: list = field(default_factory=list)

    def counts(self, place):
        found = Counter(row.verdict(place) for row in self.rows)
        return [(STATES[name], found[name]) for name in STATES if found[name]]

    @property
    def differing(self):
        return sum(row.differs for row in self.rows)


def columns(sources, changes=()):
    """One for each directory with a run; equal names are told apart by their directories."""
    runs = [(str(source.directory), source.run) for source in sources if source.run]
    tables = [source.mutants for source in sources if source.mutants]
    names = Counter(views.name(run) for _, run in runs)
    found = []
    for place, (directory, run) in enumerate(runs, 1):
        name = views.name(run)
        label = name if names[name] == 1 else f"{name} ({directory})"
        change = next((c for c in changes if c.after is run), None)
        found.append(Column(f"r{place}-", label, run, directory, views.headline(run),
                            views.banners(run, planted(run, tables)), views.counted(run.cases), change))
    return found


def matrix(found):
    """Cases by chapter, in the order of the spec."""
    by_column = [column.cases for column in found]
    first = {}
    for cases in by_column:
        first = cases | first
    numbers = chapter_numbers(found)
    chapters = {}
    for name, case in sorted(first.items()):
        cells = [_cell(cases.get(name), column) for cases, column in zip(by_column, found)]
        row = Row(case | {"failed_line": None}, cells, _differs(cells))
        chapter = case["chapter"]
        chapters.setdefault(chapter, Chapter(chapter, numbers.get(chapter))).rows.append(row)
    return sorted(chapters.values(), key=lambda c: (c.number or 1 << 30, c.name))


def chapter_numbers(found):
    """{name of a chapter: its number}"""
    return {c["chapter_name"]: c["chapter"] for column in found for c in column.run.clauses}


def _cell(case, column):
    if not case:
        return Cell(None, f"{column.label}: not in this run")
    known = ", known" if case.get("expectation") and case["expected"] else ""
    unexpected = "" if case["expected"] else ", unexpected"
    title = f"{column.label}: {case['verdict']}{known}{unexpected}"
    if case.get("reason"):
        title += f": {case['reason']}"
    ran = case["verdict"] not in ("unsupported", "not-run")
    return Cell(case, title, duration(case["ns"]) if ran and case.get("ns") is not None else "")


def _differs(cells):
    """Another verdict, or another recorded value."""
    recorded = [(cell.case or {}).get("recorded") or {} for cell in cells]
    return len({cell.verdict for cell in cells}) > 1 or any(r != recorded[0] for r in recorded)


def clause_chapters(found):
    """Clauses of all runs in the order of the spec, with the gravest verdict of each backend."""
    clauses, chips = {}, [chips_by_clause(column.run) for column in found]
    for column in found:
        for clause in column.run.clauses:
            clauses.setdefault(clause["id"], clause)
    chapters = {}
    for clause in clauses.values():
        by_column = [by_clause.get(clause["id"], []) for by_clause in chips]
        cells = [_clause_cell(some) for some in by_column]
        names = sorted({name for some in by_column for name, _ in some})
        number = clause["chapter"]
        chapter = chapters.setdefault(number, Chapter(clause["chapter_name"], number))
        chapter.rows.append(ClauseRow(clause, cells, names))
    for chapter in chapters.values():
        chapter.rows.sort(key=by_number)
    return [chapters[number] for number in sorted(chapters)]


def _clause_cell(chips):
    blockers = [name for name, state in chips if state == "blocked"]
    return ClauseCell(worst([state for _, state in chips]), len(chips), blockers)


@dataclass
class Capability:
    """One capability, or another reason for which cases are not supported."""

    name: str
    declared: list  # by column: True, False, or None where the run does not say
    lacking: list  # by column: names of the cases that would need it
    refuted: list  # by column: the case that shows a declared one not to be there, or None

    @property
    def cases(self):
        return sorted({name for names in self.lacking for name in names})


def capabilities(found):
    """Those that somebody declares, in the order given; then what nobody has and cases would need.
    A case that needs several things that are not there counts for each of them."""
    rows = {}

    def row(name):
        return rows.setdefault(name, Capability(name, [_has(column, name) for column in found],
                                                [[] for _ in found],
                                                [_refuted(column, name) for column in found]))

    for column in found:
        for name in column.run.header.get("capabilities") or ():
            row(name)
    for place, column in enumerate(found):
        for case in sorted(column.run.cases, key=lambda c: c["name"]):
            if case["verdict"] == "unsupported":
                for name in _needs(case):
                    row(name).lacking[place].append(case["name"])
    return list(rows.values())


def _has(column, name):
    declared = column.run.header.get("capabilities")
    return None if declared is None else name in declared


def _refuted(column, name):
    """The case that probes a capability, where it is declared and the case does not hold."""
    case = column.cases.get(f"capability-{name}")
    return case if case and _has(column, name) and breaks(case["verdict"]) else None


def _needs(case):
    """What an unsupported case lacks: the capabilities of its reason, or the reason itself."""
    reason = case.get("reason") or "no reason given"
    probed = PROBED.match(reason)
    if probed:
        return [probed["name"]]
    names = reason.removeprefix("needs ").split()
    return names if reason.startswith("needs ") and set(names) <= set(CAPABILITIES) else [reason]


def differences(chapters, questions):
    """On how much the backends differ, as a sentence."""
    rows = [row for chapter in chapters for row in chapter.rows]
    differing = sum(row.differs for row in rows)
    asked = sum(question.differs for question in questions)
    return (f"They differ in {differing} of {plural(len(rows), 'case')}, and in {asked} of "
            f"{plural(len(questions), 'question')} that the spec leaves open.")


def selection(run, total):
    """Which cases have a result, of `total` on the page."""
    header, chosen = run.header, []
    chosen += [f"filter {header['filter']}"] * bool(header.get("filter"))
    chosen += [f"profile {header['profile']}"] * bool(header.get("profile"))
    chosen += [f"failures of {header['rerun']}"] * bool(header.get("rerun"))
    said = f"{number(len(run.cases))} of {number(total)}, {', '.join(chosen) or 'no filter'}"
    partial = run.footer is None or run.footer.get("partial") or run.truncated_line
    return said + ", partial" * bool(partial)


def warnings(found):
    """Why the columns may not be comparable."""
    said = []
    for name, what in (("suite", "suites of cases"), ("spec", "versions of the spec"),
                       ("seed", "seeds"), ("world", "worlds")):
        values = {column.run.header.get(name) for column in found}
        if len(values) > 1:
            said.append(f"The runs are of different {what}: " + ", ".join(
                f"{column.label} {column.run.header.get(name) or 'not stated'}"
                for column in found) + ".")
    return said
