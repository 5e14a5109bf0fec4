# SPDX-License-Identifier: MIT
"""From result objects to what the page's sections show; no HTML here."""

from collections import Counter
from dataclasses import dataclass, field

from .spacetime import Ending
from .steps import CALL, groups, step_numbers
from .text import first_difference, number, plural
from .verdicts import VERDICTS, breaks
from .words import RULES

TEN_STEPS = "ten-step-exchange"
AROUND = (14, 6)  # events of the history shown before and after the one that matters


@dataclass
class Failure:
    """A case that needs explaining; `skipped` events are in the results and not in `history`."""

    case: dict
    step: dict | None
    difference: tuple | None
    clauses: list
    history: list
    skipped: int
    ending: Ending
    reason: str = ""  # what the difference does not say already
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
    calm: bool = False  # nothing in it needs a look: the page shows it folded


def counted(cases):
    """[(verdict, how many)] for those that occur, gravest first."""
    counts = Counter(case["verdict"] for case in cases)
    return [(VERDICTS[name], counts[name]) for name in VERDICTS if counts[name]]


def partial(run):
    """Whether not every case has a result, and why; sentences."""
    found, footer = [], run.footer
    if run.truncated_line:
        found.append(f"Partial run: the file breaks off in line {run.truncated_line}.")
    elif footer is None:
        found.append("Partial run: the file has no footer, so the run did not end.")
    if footer and footer.get("partial"):
        found.append("Partial run: it was interrupted; not every case has a result.")
    return found


def banners(run, planted=None):
    """Why this run is no claim about the whole contract; each a sentence."""
    found, header = partial(run), run.header
    if planted:
        found.append(planted.sentence())
    if header.get("filter"):
        found.append(f"Filtered: only cases that match {header['filter']} were selected.")
    if header.get("profile"):
        found.append(f"Filtered: only cases of profile {header['profile']} were selected.")
    if header.get("rerun"):
        found.append(
            f"Filtered: only cases that were not as expected in {header['rerun']} were selected."
        )
    if run.footer:
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


def failures(run, planted=None):
    """Unexpected ones first, those of a planted fault's own clause before others, then by gravity,
    then by name."""
    order = list(VERDICTS)
    found = [case for case in run.cases if needs_explaining(case)]
    found.sort(
        key=lambda c: (
            c["expected"],
            not (planted and planted.hits(c)),
            order.index(c["verdict"]),
            c["name"],
        )
    )
    return [_failure(case, run) for case in found]


def _failure(case, run):
    step = failing_step(case)
    difference, reason = None, case.get("reason") or ""
    if expected_other(case, step):
        difference = first_difference(step["expected"], step.get("observed") or "")
        reason = more_reason(case, step)
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
        ending=ending(case, step),
        reason=reason,
        rule=f"{rule}: {meaning}" if meaning else rule,
    )


def left_out(case, what):
    """How many `steps` or events of the `trace` the results do not hold, and on which side: a
    sentence, empty when all are there. In trouble the end was kept, else the beginning."""
    count, held = case.get(f"{what}_omitted"), len(case.get(what) or [])
    if not count:
        return ""
    kept, lost = ("last", "before") if VERDICTS[case["verdict"]].trouble else ("first", "after")
    noun = {"steps": "line", "trace": "event"}[what]
    return (
        f"The results hold only the {kept} {plural(held, noun)}; "
        f"{plural(count, noun)} {lost} them {'are' if count > 1 else 'is'} left out."
    )


def expected_other(case, step):
    """Whether the failing line expected something else; it may have been a rule alone."""
    if not step or step.get("expected") is None:
        return False
    return not case.get("rule") or (case.get("reason") or "").startswith("expected ")


def more_reason(case, step):
    """What the reason says besides the expected and the observed of the failing line."""
    told = f"expected {step['expected']}, observed {step.get('observed') or ''}"
    return (case.get("reason") or "").removeprefix(told).lstrip("; ")


def ending(case, step):
    """What the last row of a failure's diagram says."""
    reason = case.get("reason") or case.get("signal") or case["verdict"]
    if not step:
        line = case.get("failed_line")
        return Ending(f"line {line}: {reason}" if line else reason)
    text = reason.removeprefix(f"line {step['line']}: ")
    if expected_other(case, step):
        text = f"expected {step['expected']}, got {step.get('observed') or 'nothing'}"
        text += f"; {more_reason(case, step)}" if case.get("rule") else ""
    call = CALL.match(step["text"].strip())
    process = call["process"] if call else None
    return Ending(f"line {step['line']}: {text}", step.get("until"), process)


def name(run):
    """What was tested, in a few words that tell runs apart."""
    header = run.header
    parts = [header["backend"] + (f" + {header['mutant']}" if header.get("mutant") else "")]
    parts += [f"filter {header['filter']}"] * bool(header.get("filter"))
    parts += [f"profile {header['profile']}"] * bool(header.get("profile"))
    parts += [f"failures of {header['rerun']}"] * bool(header.get("rerun"))
    return ", ".join(parts)


def result(run):
    """How it ended, for the title of the page."""
    failed = sum(breaks(case["verdict"]) and not case["expected"] for case in run.cases)
    other = sum(not case["expected"] for case in run.cases) - failed
    parts = [f"{number(failed)} failed"] * bool(failed)
    parts += [f"{number(other)} unexpected"] * bool(other)
    return ", ".join(parts) or f"none of {number(len(run.cases))} failed"


def line_rows(case):
    """{index of a step: its line} for the row of the transcript that stands for each line: the
    one that failed, else the first."""
    failed, found = failing_step(case), {}
    for index, step in enumerate(case.get("steps") or []):
        if step["line"] not in found or step is failed:
            found[step["line"]] = index
    return {index: line for line, index in found.items()}


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
        calm = not any(needs_explaining(case) for case in cases)
        found.append(Chapter(name, numbers.get(name), cases, counted(cases), calm))
    return found


def ten_steps(run):
    """The ten-step exchange, its steps, and which of its events belongs to which; or None."""
    case = next((c for c in run.cases if c["name"] == TEN_STEPS), None)
    return case and (case, groups(case.get("steps") or []), step_numbers(case))


def headline(run):
    """One sentence: is there a surprise, which is what no expectation foresaw?"""
    if not run.cases:
        return "No case has a result"
    total = plural(len(run.cases), "case")
    unexpected = sum(not case["expected"] for case in run.cases)
    unresolved = sum(case["verdict"] == "unresolved" for case in run.cases)
    troubled = sum(VERDICTS[c["verdict"]].trouble and c["expected"] for c in run.cases)
    known = troubled - sum(c["verdict"] == "unresolved" and c["expected"] for c in run.cases)
    parts = [f"{unexpected} of {total} ended unexpectedly" if unexpected else
             f"{total}, no surprise"]
    parts += [f"{plural(known, 'known failure')}"] * bool(known)
    parts += [f"{unresolved} unresolved"] * bool(unresolved)
    return "; ".join(parts)
