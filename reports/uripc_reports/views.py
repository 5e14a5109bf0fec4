# SPDX-License-Identifier: MIT
"""From result objects to what the page's sections show; no HTML here."""

from collections import Counter
from dataclasses import dataclass, field

from .steps import groups, step_numbers
from .text import first_difference, plural
from .verdicts import VERDICTS, worst

TEN_STEPS = "ten-step-exchange"
UNTESTED = ("unsupported", "not-run")
AROUND = (14, 6)  # events of the history shown before and after the one that matters

RULES = {
    "C1": "no creation: what is received was sent, unchanged",
    "C3": "at most once: no message is received twice without a fault that duplicates",
    "C4": "a message whose send failed definitely is never delivered",
    "C9": "exactly one completion for each accepted call, none after an immediate error",
    "C10": "only the bytes of a received message are written, and in time",
}

FAULTS = {
    "lost": "frames a link lost",
    "duplicated": "second copies a link made",
    "copies": "copies over further transports",
    "reordered": "frames that overtook an earlier one",
    "delayed": "delays that were drawn",
    "cut": "frames dropped at a cut link",
    "oversize": "frames too large for a link",
    "blocked": "frames a full link did not take",
    "dead": "frames for a process that had ended",
    "nowhere": "frames for nobody, as the profile allows",
    "deferred": "events that waited for a paused process",
    "crashes": "processes crashed",
    "restarts": "processes restarted",
    "pauses": "processes paused",
    "resumes": "processes resumed",
    "cuts": "links cut",
    "heals": "links healed",
}


@dataclass
class Failure:
    """A case that needs explaining."""

    case: dict
    step: dict | None
    difference: tuple | None
    clauses: list
    history: list
    skipped: int
    rule: str = ""
    svg: str = ""
    note: str = ""


@dataclass
class Chapter:
    """A chapter's cases or clauses, and how many of each verdict."""

    name: str
    number: int | None
    items: list = field(default_factory=list)
    counts: list = field(default_factory=list)


@dataclass
class ClauseRow:
    clause: dict
    chips: list  # (case name, verdict), by name
    state: str  # the gravest verdict, or "none" where no case names the clause


def counted(cases):
    """[(verdict, how many)] for those that occur, gravest first."""
    counts = Counter(case["verdict"] for case in cases)
    return [(VERDICTS[name], counts[name]) for name in VERDICTS if counts[name]]


def banners(run):
    """Why this run is no claim about the whole contract; each a sentence."""
    found, header, footer = [], run.header, run.footer
    if run.truncated_line:
        found.append(f"Partial run: the file breaks off in line {run.truncated_line}.")
    elif footer is None:
        found.append("Partial run: the file has no footer, so the run did not end.")
    if footer and footer.get("partial"):
        found.append("Partial run: it was interrupted; not every case has a result.")
    if header.get("mutant"):
        found.append(f"The backend carried the planted fault {header['mutant']}.")
    if header.get("filter"):
        found.append(f"Filtered: only cases that match {header['filter']} were selected.")
    if header.get("profile"):
        found.append(f"Filtered: only cases of profile {header['profile']} were selected.")
    if footer:
        found += _disagreement(run)
    return found


def _disagreement(run):
    """A footer that does not fit the cases means that lines were lost or changed."""
    held = Counter(case["verdict"] for case in run.cases)
    said = Counter(run.footer["counts"])
    names = sorted(n for n in held | said if n != "not-run" and held[n] != said[n])
    if not names:
        return []
    text = ", ".join(f"{said[n]} {n} (the file holds {held[n]})" for n in names)
    return [f"The footer counts {text}: lines were lost or changed."]


def needs_explaining(case):
    return VERDICTS[case["verdict"]].trouble or not case["expected"]


def failures(run):
    """Unexpected ones first, then by gravity, then by name."""
    order = list(VERDICTS)
    found = [case for case in run.cases if needs_explaining(case)]
    found.sort(key=lambda c: (c["expected"], order.index(c["verdict"]), c["name"]))
    return [_failure(case, run) for case in found]


def _failure(case, run):
    step = failing_step(case)
    difference = None
    if step and step.get("expected") is not None and not case.get("rule"):
        difference = first_difference(step["expected"], step.get("observed") or "")
    history, skipped = around(case, focus(case))
    rule = case.get("rule") or ""
    meaning = RULES.get(rule)
    return Failure(
        case=case,
        step=step,
        difference=difference,
        clauses=broken_clauses(case, run.clauses),
        history=history,
        skipped=skipped,
        rule=f"{rule}: {meaning}" if meaning else rule,
    )


def failing_step(case):
    """The step that decided the case: the named line where it went wrong, else the last bad one."""
    steps = case.get("steps") or []
    bad = [s for s in steps if s.get("verdict") in VERDICTS and VERDICTS[s["verdict"]].trouble]
    named = [s for s in steps if s["line"] == case.get("failed_line")]
    both = [s for s in bad if s in named]
    return next(iter(both[-1:] or named[-1:] or bad[-1:]), None)


def focus(case):
    """Index of the event that matters most: the last evidence, else the failing step's last."""
    trace = case.get("trace") or []
    evidence = [i for i in case.get("evidence") or [] if i < len(trace)]
    if evidence:
        return max(evidence)
    step = failing_step(case)
    until = step.get("until") if step else None
    before = [i for i, e in enumerate(trace) if until is None or e["at"] <= until]
    return before[-1] if before else None


def around(case, centre):
    """The history near an event, with all evidence: [(index, event, is evidence)], and the rest."""
    trace = case.get("trace") or []
    if centre is None:
        return [], len(trace)
    evidence = set(case.get("evidence") or [])
    near = range(centre - AROUND[0], centre + AROUND[1] + 1)
    shown = [(i, e, i in evidence) for i, e in enumerate(trace) if i in near or i in evidence]
    return shown, len(trace) - len(shown)


def broken_clauses(case, clauses):
    """(clause or None, id) of what the case broke; all of its clauses where it does not say."""
    by_id = {clause["id"]: clause for clause in clauses}
    verdicts = case.get("clause_verdicts") or {}
    step = failing_step(case)
    broken = [i for i, v in verdicts.items() if VERDICTS[v].trouble]
    named = broken or (step or {}).get("clauses") or case.get("clauses") or []
    order = {clause["id"]: n for n, clause in enumerate(clauses)}
    named = sorted(named, key=lambda i: (order.get(i, len(order)), i))
    return [(by_id.get(i), i) for i in named]


def case_chapters(run):
    """Cases under their chapters, in the order of the spec."""
    numbers = {c["chapter_name"]: c["chapter"] for c in run.clauses}
    names = {case["chapter"] for case in run.cases}
    found = []
    for name in sorted(names, key=lambda n: (numbers.get(n, 1 << 30), n)):
        cases = sorted((c for c in run.cases if c["chapter"] == name), key=lambda c: c["name"])
        found.append(Chapter(name, numbers.get(name), cases, counted(cases)))
    return found


def _chips(run):
    """{clause id: [(case name, verdict)]}."""
    found = {}
    for case in sorted(run.cases, key=lambda c: c["name"]):
        verdicts = case.get("clause_verdicts") or {}
        names = list(dict.fromkeys([*(case.get("clauses") or []), *verdicts]))
        for name in names:
            verdict = verdicts.get(name, case["verdict"])
            found.setdefault(name, []).append((case["name"], verdict))
    return found


def clause_chapters(run):
    """Every clause in document order, with the cases that name it."""
    chips, found = _chips(run), []
    for clause in run.clauses:
        if not found or found[-1].number != clause["chapter"]:
            found.append(Chapter(clause["chapter_name"], clause["chapter"]))
        named = chips.get(clause["id"], [])
        state = worst([verdict for _, verdict in named]) or "none"
        found[-1].items.append(ClauseRow(clause, named, state))
    for chapter in found:
        states = Counter(row.state for row in chapter.items)
        chapter.counts = [(VERDICTS[n], states[n]) for n in VERDICTS if states[n]]
    return found


def coverage(chapters):
    """How many clauses are tested, only named, or without a case."""
    rows = [row for chapter in chapters for row in chapter.items]
    musts = [row for row in rows if row.clause["level"].startswith("MUST")]

    def tested(some):
        return sum(row.state not in UNTESTED and row.state != "none" for row in some)

    return {
        "clauses": len(rows),
        "tested": tested(rows),
        "musts": len(musts),
        "musts_tested": tested(musts),
        "idle": [r.clause["id"] for r in rows if r.state in UNTESTED],
        "none": [r.clause["id"] for r in rows if r.state == "none"],
    }


def observations(run):
    """What was recorded where the spec leaves things open: (case, [(field, value)])."""
    cases = sorted(run.cases, key=lambda c: c["name"])
    return [(c, list(c["recorded"].items())) for c in cases if c.get("recorded")]


def fired(run):
    """(fault, meaning, how often, in how many cases), also for those that never fired."""
    total, where = Counter(), Counter()
    for case in run.cases:
        for name, count in (case.get("faults") or {}).items():
            total[name] += count
            where[name] += count > 0
    names = [*FAULTS, *sorted(n for n in total if n not in FAULTS)]
    return [(name, FAULTS.get(name, ""), total[name], where[name]) for name in names]


def ten_steps(run):
    """The ten-step exchange, its steps, and which of its events belongs to which; or None."""
    case = next((c for c in run.cases if c["name"] == TEN_STEPS), None)
    return case and (case, groups(case.get("steps") or []), step_numbers(case))


def mutant_state(mutant):
    """`survived` and `alarm` are the bad ones."""
    if mutant.get("benign"):
        return "alarm" if mutant["killed"] or mutant.get("cases_failed") else "quiet"
    return "killed" if mutant["killed"] else "survived"


def mutant_rows(table):
    """(mutant, state), bad ones first, else as written."""
    rows = [(mutant, mutant_state(mutant)) for mutant in table.mutants]
    return sorted(rows, key=lambda row: row[1] not in ("survived", "alarm"))


def headline(run):
    """One sentence: does what was tested behave as expected?"""
    if not run.cases:
        return "No case has a result"
    total = plural(len(run.cases), "case")
    unexpected = sum(not case["expected"] for case in run.cases)
    unresolved = sum(case["verdict"] == "unresolved" for case in run.cases)
    troubled = sum(VERDICTS[c["verdict"]].trouble and c["expected"] for c in run.cases)
    known = troubled - sum(c["verdict"] == "unresolved" and c["expected"] for c in run.cases)
    parts = [f"{unexpected} of {total} ended unexpectedly" if unexpected else f"{total}, "
             f"{'all' if len(run.cases) > 1 else 'it ended'} as expected"]
    parts += [f"{plural(known, 'known failure')}"] * bool(known)
    parts += [f"{unresolved} unresolved"] * bool(unresolved)
    return "; ".join(parts)
