# SPDX-License-Identifier: MIT
"""What a study comes to, in few words: each design's values, and where it is better than which."""

from dataclasses import dataclass, field

from .study_findings import at, crossing_place, listed
from .study_statistics import WRONG
from .study_told import beside, told
from .study_words import metric
from .text import number, plural


@dataclass
class Cell:
    """One design in one metric."""

    values: list  # (value, interval, what stands beside it) at both ends of a sweep, or once
    means: list  # the same
    joint: str  # between two
    better: list = field(default_factory=list)  # (than whom and where, where they cross)


@dataclass
class Overview:
    """A table: a row for each metric, a column for each design."""

    ends: str  # what the two values of a cell are
    rows: list  # (metric, a cell for each design)


def overview(scenario, found):
    return Overview(ends(scenario), [(metric(name), row(scenario, name, found))
                                      for name in scenario.metrics])


def row(scenario, name, found):
    """A cell for each design; `found` are the findings of the scenario."""
    some = [one for one in found if one.metric.name == name]
    return [_cell(scenario, name, design, some) for design in scenario.designs]


def ends(scenario):
    if len(scenario.sweeps) == 1 and len(scenario.points) > 1:
        steps = scenario.sweeps[0].texts
        return f"{scenario.sweeps[0].words} {steps[0]} → {steps[-1]}"
    return "the least … the greatest of all points" if scenario.sweeps else ""


def _cell(scenario, name, design, found):
    points = [point for point in scenario.points
              if (point.values.get((design, name)) or {}).get("mean") is not None]
    single = len(scenario.sweeps) == 1
    if single:
        points = [point for point in scenario.along(scenario.points) if point in points]
    else:
        points.sort(key=lambda point: point.values[design, name]["mean"])
    like = [line["mean"] for point in scenario.points for (_, of), line in point.values.items()
            if of == name and line["mean"] is not None]
    points = points[:: max(1, len(points) - 1)]
    values = [(*told(point.values[design, name], like), beside(point, name, design))
              for point in points]
    if len(values) > 1 and values[0] == values[-1]:
        values = values[:1]
    means = [point.values[design, name]["mean"] for point in points]
    return Cell(values, means, "→" if single else "…", _better(scenario, design, found))


def _better(scenario, design, found):
    """Than whom; those than whom it is so at the same points, in one."""
    groups = {}
    for one in found:
        won = one.won(design)
        if won:
            crossed = ", ".join(crossing_place(found) for found in one.crossings)
            place = at(scenario, [c.point for c in won]) if len(won) < len(one.comparisons) else ""
            groups.setdefault((place, crossed), []).append(won[0].loser)
    word = "better" if found and found[0].metric.better else "less"
    return [(" ".join(filter(None, [word, "than", listed(others), place])),
             f"they cross {crossed}" if crossed else "")
            for (place, crossed), others in groups.items()]


def certainty(family):
    """On what all that rests."""
    if not family.tests and not family.constant:
        return "Nothing could be compared."
    level = f"{100 * family.level:.1f}".rstrip("0").rstrip(".")
    constant = f" (and {number(family.constant)} that were the same in every pair of runs)" \
        if family.constant else ""
    return (f"{plural(family.tests, 'difference')} of designs{constant} are judged together here: a "
            f"design is called better only where the {level} % interval of the difference of paired "
            f"runs does not hold 0, and all intervals of differences are of that width. It is chosen "
            f"so that of all differences called real at most {100 * WRONG:.0f} in 100 are expected "
            f"not to be (Benjamini and Hochberg).")
