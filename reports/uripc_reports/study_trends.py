# SPDX-License-Identifier: MIT
"""What a sweep does to each design, from its first step to its last: sentences."""

from .quantity import figures, with_unit
from .study_findings import listed
from .study_told import told
from .text import number


def trends(scenario, name):
    """One for each sweep; of two sweeps, the other one stands at its last step."""
    return [said for sweep in scenario.sweeps if len(sweep.steps) > 1
            for said in [_trend(scenario, name, sweep)] if said]


def _trend(scenario, name, sweep):
    ends = [_point(scenario, sweep, step) for step, _ in (sweep.steps[0], sweep.steps[-1])]
    if None in ends:
        return ""
    by_text = {}
    for design in scenario.designs:
        values = [point.values.get((design, name)) for point in ends]
        if all(value and value["mean"] is not None for value in values):
            by_text.setdefault(_change(scenario.unit(name), *values), []).append(design)
    rest = [f"{other.words} {other.steps[-1][0]}" for other in scenario.sweeps
            if other.place != sweep.place]
    said = "; ".join(f"{listed(designs)} {text}" for text, designs in by_text.items())
    span = f"From {sweep.words} {sweep.steps[0][0]} to {sweep.steps[-1][0]}"
    return f"{span}{f' (at {rest[0]})' if rest else ''}: {said}." if said else ""


def _point(scenario, sweep, step):
    wanted = [step if other.place == sweep.place else other.steps[-1][0]
              for other in scenario.sweeps]
    return next((point for point in scenario.points if list(point.key) == wanted), None)


def _change(unit, first, last):
    """A change is told only where the intervals do not overlap."""
    counted = [told(value)[0] for value in (first, last)]
    if counted[0] == counted[1] in ("none", "all"):
        return f"{counted[0]} at either end, of {number(first['of'])} and {number(last['of'])}"
    halves = [(value["high"] - value["low"]) / 2 for value in (first, last)
              if value["high"] is not None]
    (start, end), sign = figures(unit, [first["mean"], last["mean"]], min(halves, default=0))
    if start == end:
        return f"{with_unit(end, sign)} at either end"
    change = f"{with_unit(start, sign)} to {with_unit(end, sign)}"
    return change if _apart(first, last) else f"{change}, which may be chance"


def _apart(first, last):
    ends = [(value["low"] if value["low"] is not None else value["mean"],
             value["high"] if value["high"] is not None else value["mean"])
            for value in (first, last)]
    return ends[0][1] < ends[1][0] or ends[1][1] < ends[0][0]
