# SPDX-License-Identifier: MIT
"""The nine verdicts: how each looks, and whether it breaks conformance."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Verdict:
    name: str
    letter: str
    shape: str  # a CSS class; shape and letter tell verdicts apart without colour
    trouble: bool  # listed under "failures"
    meaning: str


VERDICTS = {
    v.name: v
    for v in (
        Verdict(
            "fail",
            "F",
            "square",
            True,
            "An expectation or a rule about the history was violated: breaks conformance.",
        ),
        Verdict(
            "crash",
            "C",
            "square",
            True,
            "The backend's process died unasked: breaks conformance.",
        ),
        Verdict(
            "timeout",
            "T",
            "square",
            True,
            "The case did not end before its wall-clock deadline: breaks conformance.",
        ),
        Verdict(
            "unresolved",
            "R",
            "diamond",
            True,
            "The suite could not tell, for example an answer that was right but late: "
            "neither breaks nor shows conformance; repeat it.",
        ),
        Verdict(
            "pass",
            "P",
            "round",
            False,
            "Everything the case expects held: does not break conformance.",
        ),
        Verdict(
            "pass-nonstrict",
            "N",
            "round",
            False,
            "Every MUST held, a SHOULD was not followed: does not break conformance.",
        ),
        Verdict(
            "info",
            "I",
            "round",
            False,
            "The spec leaves this open; what was observed is recorded: cannot break conformance.",
        ),
        Verdict(
            "unsupported",
            "U",
            "hollow",
            False,
            "The backend said beforehand that it lacks what the case needs: "
            "does not break conformance, and shows none.",
        ),
        Verdict(
            "not-run",
            "–",
            "hollow",
            False,
            "The case was not executed: says nothing about conformance.",
        ),
    )
}

# How a clause stands with a case: a verdict, or that the case broke off before it.
STATES = VERDICTS | {
    "blocked": Verdict(
        "blocked",
        "B",
        "hollow",
        False,
        "Of a clause: not reached, because its case broke off on another clause; says nothing "
        "about conformance.",
    )
}


def breaks(name):
    """Whether a verdict breaks conformance."""
    return name in ("fail", "crash", "timeout")


def worst(names):
    """The gravest of some states; None when there are none. Blocked is less than any verdict that
    another case came to."""
    order = [
        "fail",
        "crash",
        "timeout",
        "unresolved",
        "pass-nonstrict",
        "info",
        "pass",
        "blocked",
        "unsupported",
        "not-run",
    ]
    return min(names, key=order.index, default=None)
