# SPDX-License-Identifier: MIT
"""How designs stand to the first one, point by point, and where their lines cross; no text here.

Nobody is called better unless the interval of the difference of pairs lies on one side of 0.
"""

from dataclasses import dataclass

from .study_words import metric


@dataclass
class Comparison:
    """Of one metric at one point. Size, low and high are those of the winner's lead over the loser;
    where there is no winner, of the difference as it stands in the file."""

    point: object
    metric: str
    designs: tuple  # (the first, the other)
    winner: str | None
    loser: str | None
    means: dict  # by design
    n: int  # pairs
    raw: float | None = None  # mean of the other less the first
    size: float | None = None
    low: float | None = None
    high: float | None = None

    @property
    def seen(self):
        """Whether there are enough pairs to tell."""
        return self.low is not None

    @property
    def equal(self):
        """Whether there was no difference in any pair."""
        return self.seen and self.low == self.high == 0

    @property
    def half(self):
        return (self.high - self.low) / 2 if self.seen else 0.0

    @property
    def most(self):
        """If there is a difference, it is below that, either way."""
        return max(abs(self.low), abs(self.high))


@dataclass
class Crossing:
    """Between two neighbours among the points at which one design was better."""

    sweep: object
    before: Comparison  # with another winner than the one after it
    after: Comparison
    at: float | None  # interpolated; None: the differences change sign more than once in between


def compare(scenario, point, name, other):
    """The other design and the first, in one metric at one point; None: it was not measured."""
    line, base = point.values.get((other, name)), point.values.get((scenario.first, name))
    if not line or not base:
        return None
    found = line["difference"] or {"n": 0, "mean": None, "low": None, "high": None}
    means = {scenario.first: base["mean"], other: line["mean"]}
    made = Comparison(point, name, (scenario.first, other), None, None, means, found["n"])
    if found["low"] is None or found["high"] is None:
        return made
    made.raw = made.size = found["mean"]
    made.low, made.high = found["low"], found["high"]
    if made.low <= 0 <= made.high:
        return made
    more = made.low > 0
    if more == (metric(name).better > 0):
        made.winner, made.loser = other, scenario.first
    else:
        made.winner, made.loser = scenario.first, other
    if made.low < 0:
        made.size, made.low, made.high = -made.size, -made.high, -made.low
    return made


def comparisons(scenario, name, other):
    """At every point at which both were measured."""
    found = (compare(scenario, point, name, other) for point in scenario.points)
    return [one for one in found if one]


def crossings(scenario, some):
    """Along every sweep that measures, with what else is swept held fixed."""
    return [found for sweep in scenario.sweeps if sweep.measures
            for line in _lines(sweep, some) for found in _crossings(sweep, line)]


def _lines(sweep, some):
    """The comparisons along a sweep, a list for each value of the other one."""
    lines = {}
    for one in some:
        rest = one.point.key[: sweep.place] + one.point.key[sweep.place + 1 :]
        lines.setdefault(rest, []).append(one)
    return [sorted(line, key=lambda one: position(sweep, one)) for line in lines.values()]


def position(sweep, one):
    return one.point.place[sweep.place]["value"]


def _crossings(sweep, line):
    won = [place for place, one in enumerate(line) if one.winner]
    for before, after in zip(won, won[1:]):
        if line[before].winner != line[after].winner:
            yield Crossing(sweep, line[before], line[after],
                           _interpolated(sweep, line[before : after + 1]))


def _interpolated(sweep, line):
    """Where a straight line between two neighbours is 0."""
    some = [(position(sweep, one), one.raw) for one in line if one.seen]
    found = {x + (next_x - x) * y / (y - next_y)
             for (x, y), (next_x, next_y) in zip(some, some[1:]) if y * next_y <= 0 and y != next_y}
    return found.pop() if len(found) == 1 else None
