# SPDX-License-Identifier: MIT
"""What the formats besides HTML have in common: what a case comes to for those who only ask
whether a build is good, and what to say of it."""

from dataclasses import dataclass

from .text import visible
from .verdicts import VERDICTS, breaks
from .views import failing_step

PASSED, KNOWN, SKIPPED, FAILED, BROKEN = "passed", "known", "skipped", "failed", "broken"


@dataclass
class Entry:
    """A case, what it comes to, and one sentence that says why (empty where it simply passed)."""

    case: dict
    kind: str
    message: str

    @property
    def good(self):
        return self.kind in (PASSED, KNOWN, SKIPPED)


def entries(run):
    """All cases, by chapter and name, since their order in the file is chance."""
    cases = sorted(run.cases, key=lambda case: (case["chapter"], case["name"]))
    return [Entry(case, kind_of(case), message_of(case)) for case in cases]


def kind_of(case):
    """As the exit status of `uripc check` sees it: what was expected is good, and what nobody
    could tell is not."""
    verdict = case["verdict"]
    if not case["expected"] and not VERDICTS[verdict].trouble:
        return FAILED  # a known failure that is none any more
    if case["expected"] and VERDICTS[verdict].trouble and case.get("expectation"):
        return KNOWN
    if verdict in ("crash", "unresolved"):
        return BROKEN
    if breaks(verdict):
        return FAILED
    return SKIPPED if verdict in ("unsupported", "not-run") else PASSED


def message_of(case):
    """Why the case is what it is."""
    expectation = case.get("expectation")
    if kind_of(case) == PASSED:
        return ""
    if expectation and case["expected"]:
        return visible(expectation["reason"])
    if expectation:
        return visible(
            f"expected {expectation['verdict']} ({expectation['reason']}), "
            f"found {case['verdict']}" + (f": {case['reason']}" if case.get("reason") else "")
        )
    return visible(case.get("reason") or case.get("signal") or VERDICTS[case["verdict"]].meaning)


def details(case):
    """(name, text) of what helps to understand a case in trouble, in the order of reading."""
    step = failing_step(case)
    found = [
        ("promise", case.get("promise")),
        ("clauses", " ".join(case.get("clauses") or [])),
        ("reason", case.get("reason")),
        ("line", step and f"{step['line']}: {step['text']}"),
        ("expected", step and step.get("expected")),
        ("observed", step and step.get("observed")),
        ("signal", case.get("signal")),
        ("exit", case["exit"] if case.get("exit") is not None else None),
        ("stderr", case.get("stderr")),
        ("repeat it", case.get("repro")),
    ]
    return [(name, visible(str(text))) for name, text in found if text not in (None, "")]


def facts(run):
    """(name, text) of what was run, where the results state it."""
    header, seeds = run.header, run.header.get("seeds") or []
    several = len(seeds) == 2 and seeds[0] != seeds[1]
    found = [(name, header.get(name)) for name in (
        "backend", "version", "mutant", "world", "binding", "driver", "uripc", "spec", "suite",
        "profile", "filter", "rerun",
    )]
    found.append(("seeds" if several else "seed",
                  f"{seeds[0]}..{seeds[1]}" if several else header.get("seed")))
    if header.get("capabilities") is not None:
        found.append(("capabilities", " ".join(header["capabilities"])))
    found.append(("command", header.get("command")))
    return [(name, visible(str(text))) for name, text in found if text is not None]
