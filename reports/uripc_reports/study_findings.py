# SPDX-License-Identifier: MIT
"""What a study found, in sentences made of its data alone: exchange the data of two designs, and
the sentences have their names exchanged."""

from dataclasses import dataclass, field

from .quantity import GAP, figures, swept, with_unit
from .study_compare import comparisons, crossings
from .study_words import metric
from .text import number, plural

NAMED = 4  # points named one by one
POINTS = "percentage points"


@dataclass
class Finding:
    """On one metric, of the first design and another."""

    metric: object
    designs: tuple
    comparisons: list
    sentences: list
    crossings: list = field(default_factory=list)  # sentences, too

    @property
    def outcome(self):
        """The one design that is better wherever there is a difference; "same", "depends", or
        "unknown": too few pairs everywhere."""
        winners = {one.winner for one in self.comparisons if one.winner}
        if len(winners) == 1:
            return winners.pop()
        if winners:
            return "depends"
        return "same" if any(one.seen for one in self.comparisons) else "unknown"

    @property
    def always(self):
        return all(one.winner == self.outcome for one in self.comparisons)


def findings(scenario):
    """By metric, in the order of the scenario."""
    return [_finding(scenario, name, other) for name in scenario.metrics
            for other in scenario.others if comparisons(scenario, name, other)]


def _finding(scenario, name, other):
    some = comparisons(scenario, name, other)
    groups = {}
    for one in some:
        groups.setdefault(_kind(one), []).append(one)
    sentences = [_sentence(scenario, group) for group in groups.values()]
    found = crossings(scenario, some)
    return Finding(metric(name), (scenario.first, other), some, sentences,
                   [_crossing(scenario, one) for one in found])


def _kind(one):
    return one.winner or ("equal" if one.equal else "same" if one.seen else "unknown")


def _sentence(scenario, group):
    if group[0].winner:
        return _claim(scenario, group)
    one, where, pairs = group[0], _where(scenario, group), _pairs(group)
    if one.equal:
        return _upper(f"{where}{names(one.designs)} were equal in every pair ({pairs}).")
    if one.seen:
        most = max(group, key=lambda one: one.most)
        bound = _difference(scenario, most, most.most, most.half)
        return _upper(f"{where}no difference was seen between {names(one.designs)}: if there is "
                      f"one, it is below {bound} either way ({pairs}).")
    return _upper(f"{where}too few pairs of runs had something to measure to tell "
                  f"{names(one.designs)} apart ({pairs}).")


def names(names):
    """In an order that does not depend on which one is the first of the scenario."""
    return " and ".join(sorted(names))


def _claim(scenario, group):
    one = group[0]
    claim = f"{one.winner} {metric(one.metric).claim} than {one.loser}"
    least, most = (pick(group, key=lambda one: one.size) for pick in (min, max))
    like = [mean for end in (least, most) for mean in end.means.values()]
    if len(group) == 1 or all(one.means == other.means for other in group):
        return _upper(f"{_where(scenario, group)}{claim}: {_against(scenario, one, like)}, "
                      f"{_lead(scenario, one, like)}; {_pairs(group)}.")
    ends = " to ".join(f"{_lead(scenario, end, like)} at {end.point.text} "
                       f"({_against(scenario, end, like)})" for end in (least, most))
    return _upper(f"{_where(scenario, group)}{claim}: from {ends}; {_pairs(group)}.")


def _against(scenario, one, like):
    means = [one.means[one.winner], one.means[one.loser]]
    (winner, loser), sign = figures(scenario.unit(one.metric), means, one.half, like)
    return f"{with_unit(winner, sign)} against {with_unit(loser, sign)}"


def _lead(scenario, one, like):
    """How much, as a share of the loser's where that says more, and its interval."""
    unit = scenario.unit(one.metric)
    (size, low, high), sign = figures(unit, [one.size, one.low, one.high], one.half, like)
    interval = f"95{GAP}% interval {low} to {high}" if one.half else "in every pair"
    more = "more" if metric(one.metric).better > 0 else "less"
    return (f"{with_unit(size, POINTS if unit == 'share' else sign)} {more} "
            f"({_share(unit, one)}{interval})")


def _share(unit, one):
    loser = one.means[one.loser]
    if unit == "share" or loser <= 0:
        return ""
    percent = one.size / loser * 100
    return f"{percent:.0f}{GAP}%; " if percent >= 1 else f"under 1{GAP}%; "


def _difference(scenario, one, value, half):
    unit = scenario.unit(one.metric)
    (text,), sign = figures(unit, [value], half)
    return with_unit(text, POINTS if unit == "share" else sign)


def _pairs(group):
    least, most = (pick(one.n for one in group) for pick in (min, max))
    if least == most:
        return f"{plural(least, 'pair')} of runs{' each' if len(group) > 1 else ''}"
    return f"{number(least)} to {number(most)} pairs of runs"


def _where(scenario, group):
    """At which points, with a comma; nothing where there is but one."""
    text = where(scenario, [one.point for one in group])
    return f"{text}, " if text else ""


def where(scenario, points):
    """Some of the scenario's points, in as few words as can be."""
    total = len(scenario.points)
    if total == 1:
        return ""
    if len(points) == total:
        return "at both points" if total == 2 else f"at all {number(total)} points"
    steps = [{point.key[sweep.place] for point in points} for sweep in scenario.sweeps]
    size = 1
    for some in steps:
        size *= len(some)
    if size == len(points) and len(steps) > 1:
        parts = [_steps(sweep, some) for sweep, some in zip(scenario.sweeps, steps)]
        return "at " + ", ".join(part for part in parts if part)
    if len(steps) == 1 and len(points) <= NAMED:
        return "at " + _steps(scenario.sweeps[0], steps[0])
    if len(points) <= NAMED:
        return "at " + "; ".join(point.text for point in points)
    return f"at {number(len(points))} of {number(total)} points"


def _steps(sweep, some):
    """`loss 1%, 5% and 10%`; nothing where it is all of them."""
    texts = [text for text, _ in sweep.steps if text in some]
    if len(texts) == len(sweep.steps):
        return f"any {sweep.name}"
    return f"{sweep.name} {listed(texts)}"


def listed(texts):
    return ", ".join(texts[:-1]) + " and " + texts[-1] if len(texts) > 1 else texts[0]


def _crossing(scenario, found):
    sweep, before, after = found.sweep, found.before, found.after
    low, high = (one.point.place[sweep.place]["text"] for one in (before, after))
    rest = [f"{one['name']} {one['text']}" for place, one in enumerate(before.point.place)
            if place != sweep.place]
    fixed = f"With {', '.join(rest)}, they" if rest else "They"
    place = f"between {sweep.name} {low} and {high}"
    if found.at is not None:
        place = f"at {sweep.name} {swept(found.at, sweep.unit)} (interpolated; measured: " \
                f"{low} and {high})"
    claim = metric(before.metric).claim
    return f"{fixed} cross {place}: up to there {before.winner} {claim}, beyond it {after.winner}."


def _upper(text):
    """A sentence; names of designs keep their small letters."""
    return text[0].upper() + text[1:] if text.startswith(("at ", "no ", "too ")) else text
