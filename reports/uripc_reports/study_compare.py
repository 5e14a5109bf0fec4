# SPDX-License-Identifier: MIT
"""How the designs of every pair stand to each other, point by point, and where their lines cross; no
text here.

Nobody is called better unless the interval of the difference of paired runs lies on one side of 0.
"""

from dataclasses import dataclass

from .study_statistics import family_level, sample
from .study_words import metric

SLIGHT = 0.01  # of the loser's value: who leads by less has not turned a crossing


@dataclass
class Comparison:
    """Of one metric at one point. Size, low and high are those of the winner's lead over the loser;
    where there is no winner, of the second design less the first."""

    point: object
    metric: str
    designs: tuple
    winner: str | None
    loser: str | None
    means: dict  # by design
    n: int  # pairs
    of_one: bool = False  # a share: what is missing from all counts as what there is
    raw: tuple = ()  # mean, low and high of the second less the first; none: too few to tell
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

    @property
    def slight(self):
        return self.size < SLIGHT * max(
            min(mean, 1 - mean) if self.of_one and mean <= 1 else abs(mean)
            for mean in self.means.values())


@dataclass
class Crossing:
    """Between two neighbours among the points at which one design leads by more than a little; in
    the direction of the sweep."""

    sweep: object
    before: Comparison  # with another winner than the one after it
    after: Comparison
    at: float | None  # interpolated; None: the differences change sign more than once in between
    low: float | None = None  # where the band of the differences' intervals leaves 0
    high: float | None = None


@dataclass
class Family:
    """All differences of a study together."""

    level: float  # of their intervals
    tests: int
    constant: int  # those that were the same in all pairs, where there is nothing to test


def differences(scenario, point, name, pair):
    """What the second design measured less what the first did, in those runs in which both did."""
    lines = [point.values.get((design, name)) for design in pair]
    if None in lines:
        return []
    return [other - one for one, other in zip(*(line["runs"] or [] for line in lines))
            if one is not None and other is not None]


def family(study):
    found = [sample(differences(scenario, point, name, pair))
             for scenario in study.scenarios.values() for point in scenario.points
             for name in scenario.metrics for pair in scenario.pairs]
    improbable = [one.improbable for one in found if one]
    tests = [one for one in improbable if one is not None]
    return Family(family_level(tests), len(tests), len(improbable) - len(tests))


def compare(scenario, point, name, pair, level):
    """Two designs in one metric at one point; None: it was not measured."""
    lines = [point.values.get((design, name)) for design in pair]
    if None in lines:
        return None
    values = differences(scenario, point, name, pair)
    means = {design: line["mean"] for design, line in zip(pair, lines)}
    share = lines[0]["unit"] == "share"
    made = Comparison(point, name, pair, None, None, means, len(values), share)
    found = sample(values)
    if not found:
        return made
    made.size = found.mean
    made.low, made.high = found.interval(level)
    made.raw = made.size, made.low, made.high
    if made.low <= 0 <= made.high:
        return made
    more = made.low > 0
    first_wins = more != (metric(name).better > 0)
    made.winner, made.loser = pair if first_wins else pair[::-1]
    if made.low < 0:
        made.size, made.low, made.high = -made.size, -made.high, -made.low
    return made


def comparisons(scenario, name, pair, level):
    """At every point at which both were measured."""
    found = (compare(scenario, point, name, pair, level) for point in scenario.points)
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
    return [sorted(line, key=lambda one: sweep.texts.index(one.point.key[sweep.place]))
            for line in lines.values()]


def _crossings(sweep, line):
    won = [place for place, one in enumerate(line) if one.winner and not one.slight]
    for before, after in zip(won, won[1:]):
        if line[before].winner != line[after].winner:
            yield Crossing(sweep, line[before], line[after],
                           *_interpolated(sweep, line[before : after + 1]))


def _interpolated(sweep, line):
    """Where straight lines between neighbours are 0: through the means, and through both ends of
    the intervals, of which the outermost count."""
    some = [(one.point.place[sweep.place]["value"], one.raw) for one in line if one.seen]
    mean, low, high = ([(x, raw[which]) for x, raw in some] for which in range(3))
    found = _zeros(mean)
    ends = _zeros(low) | _zeros(high)
    return (found.pop(), min(ends), max(ends)) if len(found) == 1 else (None,)


def _zeros(line):
    return {x + (next_x - x) * y / (y - next_y)
            for (x, y), (next_x, next_y) in zip(line, line[1:]) if y * next_y <= 0 and y != next_y}
