# SPDX-License-Identifier: MIT
"""Reads study.jsonl (spec/study.md) into scenarios of points with the values of every design."""

from dataclasses import dataclass, field
from itertools import combinations
from pathlib import Path

from .schema import shown
from .study_words import swept_as

COUNTED = ("requests", "lost", "duplicated", "crashes", "restarts", "pauses", "resolver_crashes",
           "resolver_cuts", "events")


@dataclass
class Point:
    """One combination of what is swept."""

    place: list  # {name, text, value, unit} for each sweep
    values: dict = field(default_factory=dict)  # (design, metric): the line
    fired: dict = field(default_factory=dict)  # design: the line
    end: dict | None = None

    @property
    def key(self):
        return tuple(one["text"] for one in self.place)

    @property
    def text(self):
        return ", ".join(f"{swept_as(one['name'])} {one['text']}" for one in self.place)


@dataclass
class Sweep:
    """One thing that is swept, and its steps in the study's order; that of their values, where the
    study neither rises nor falls."""

    place: int  # in a point
    name: str
    unit: str | None
    steps: list  # (text, value or None)

    @property
    def measures(self):
        """Whether there is something between two steps."""
        return len(self.steps) > 1 and all(value is not None for _, value in self.steps)

    @property
    def words(self):
        return swept_as(self.name)

    @property
    def texts(self):
        return [text for text, _ in self.steps]


@dataclass
class Scenario:
    """Circumstances in which all designs are compared."""

    line: dict
    designs: dict  # by name
    points: list = field(default_factory=list)

    @property
    def name(self):
        return self.line["name"]

    @property
    def pairs(self):
        return list(combinations(self.designs, 2))

    @property
    def metrics(self):
        """Those that have a value somewhere, as the study names them."""
        return [name for name in self.line["metrics"] if self.unit(name) is not None]

    def unit(self, metric):
        found = (line["unit"] for point in self.points for (_, name), line in point.values.items()
                 if name == metric)
        return next(found, None)

    @property
    def sweeps(self):
        found = []
        for place, one in enumerate(self.points[0].place if self.points else []):
            steps = {p.key[place]: p.place[place]["value"] for p in self.points}
            sweep = Sweep(place, one["name"], one["unit"], list(steps.items()))
            if sweep.measures:
                rising = sorted(sweep.steps, key=lambda step: step[1])
                sweep.steps = sweep.steps if sweep.steps == rising[::-1] else rising
            found.append(sweep)
        return found

    def along(self, points):
        """Some points in the order of the first sweep, if there is one."""
        if not self.sweeps:
            return points
        return sorted(points, key=lambda point: self.sweeps[0].texts.index(point.key[0]))


@dataclass
class Study:
    """One study.jsonl."""

    path: Path
    header: dict
    designs: dict = field(default_factory=dict)  # by name
    claims: list = field(default_factory=list)
    scenarios: dict = field(default_factory=dict)  # by name
    footer: dict | None = None
    truncated_line: int | None = None  # a last line that was never finished

    @property
    def points(self):
        return [point for scenario in self.scenarios.values() for point in scenario.points]


def read_study(lines):
    study = Study(lines.path, lines.header(), truncated_line=lines.truncated)
    for number, value in lines.body():
        kind = value["kind"]
        if kind not in ("design", "claim", "scenario", "value", "fired", "end", "footer"):
            continue
        lines.check(number, value, kind)
        if kind == "design":
            lines.once(number, kind, value["name"])
            study.designs[value["name"]] = value
        elif kind == "claim":
            for member in ("better", "worse"):
                _known(lines, number, member, value[member], study.designs)
            study.claims.append(value)
        elif kind == "scenario":
            lines.once(number, kind, value["name"])
            study.scenarios[value["name"]] = Scenario(value, study.designs)
        elif kind == "footer":
            study.footer = value
        else:
            _add(lines, number, value, study)
    if not study.designs:
        raise lines.wrong(len(lines.objects), "no design up to here; expected one at least")
    return study


def _add(lines, number, value, study):
    """A line of one point."""
    _known(lines, number, "scenario", value["scenario"], study.scenarios)
    scenario = study.scenarios[value["scenario"]]
    point = _point(lines, number, value, scenario)
    where = scenario.name, point.text
    if value["kind"] == "end":
        lines.once(number, "end of a point", where)
        point.end = value
        return
    _known(lines, number, "design", value["design"], study.designs)
    if value["kind"] == "fired":
        lines.once(number, "count of faults", (*where, value["design"]))
        point.fired[value["design"]] = value
        return
    _known(lines, number, "metric", value["metric"], scenario.line["metrics"])
    lines.once(number, "value", (*where, value["design"], value["metric"]))
    _ordered(lines, number, value)
    if value["law"] and any(len(pair) != 2 for pair in value["law"]["curve"] or []):
        raise lines.wrong(number, "member law.curve: expected pairs of numbers, found "
                                  f"{shown(value['law']['curve'])}")
    point.values[value["design"], value["metric"]] = value


def _point(lines, number, value, scenario):
    names, sweeps = [one["name"] for one in value["point"]], scenario.line["sweeps"]
    if names != sweeps:
        raise lines.wrong(number, f"member point: expected the sweeps {shown(sweeps)}, found "
                                  f"{shown(names)}")
    point = Point(value["point"])
    same = next((other for other in scenario.points if other.key == point.key), None)
    if not same:
        scenario.points.append(point)
    return same or point


def _known(lines, number, member, name, names):
    if name not in names:
        raise lines.wrong(number, f"member {member}: expected one of {', '.join(names) or 'none'}, "
                                  f"found {shown(name)}")


def _ordered(lines, number, estimate):
    """An interval holds its mean."""
    low, mean, high = (estimate[name] for name in ("low", "mean", "high"))
    if low is not None and high is not None and not (mean is not None and low <= mean <= high):
        raise lines.wrong(number, "expected low <= mean <= high, found "
                                  f"{shown([low, mean, high])}")
