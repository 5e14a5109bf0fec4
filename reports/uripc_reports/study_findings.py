# SPDX-License-Identifier: MIT
"""What a study found, in sentences made of its data alone: exchange the data of two designs, and
the sentences have their names exchanged."""

from dataclasses import dataclass

from .quantity import GAP, figures, swept, with_unit
from .study_compare import comparisons, crossings
from .study_told import beside, told
from .study_words import metric, swept_as
from .text import number, plural

NAMED = 4  # points named one by one
POINTS = "percentage points"


@dataclass
class Finding:
    """On one metric, of two designs."""

    metric: object
    designs: tuple
    comparisons: list
    crossings: list
    sentences: list

    def won(self, design):
        """Where that one was better."""
        return [one for one in self.comparisons if one.winner == design]

    def lost(self, design):
        """Where the other one was."""
        return [one for one in self.comparisons if one.loser == design]


def findings(scenario, level):
    """By metric, in the order of the scenario, of every pair of designs."""
    return [_finding(scenario, name, pair, some) for name in scenario.metrics
            for pair in scenario.pairs
            for some in [comparisons(scenario, name, pair, level)] if some]


def _finding(scenario, name, pair, some):
    groups = {}
    for one in some:
        groups.setdefault(_kind(one), []).append(one)
    found = crossings(scenario, some)
    sentences = [_sentence(scenario, group) for group in groups.values()]
    return Finding(metric(name), pair, some, found, sentences + [_crossing(one) for one in found])


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
        return _upper(f"{_where(scenario, group)}{claim}: {against(one, like)}, "
                      f"{lead(scenario, one, like)}; {_pairs(group)}.")
    ends = " to ".join(f"{lead(scenario, end, like)} at {end.point.text} "
                       f"({against(end, like)})" for end in (least, most))
    return _upper(f"{_where(scenario, group)}{claim}: from {ends}; {_pairs(group)}.")


def against(one, like):
    values = [told(one.point.values[design, one.metric], like)[0]
              for design in (one.winner, one.loser)]
    said = " against ".join(values)
    rest = beside(one.point, one.metric, one.winner, one.loser)
    return f"{said} ({rest})" if rest else said


def lead(scenario, one, like):
    """How much, as a share of the loser's where that says more, and the interval."""
    unit = scenario.unit(one.metric)
    (size, low, high), sign = figures(unit, [one.size, one.low, one.high], one.half, like)
    interval = f"{low} to {high}" if one.half else "in every pair"
    more = "more" if metric(one.metric).better > 0 else "less"
    return (f"{with_unit(size, POINTS if unit == 'share' else sign)} {more}"
            f"{_share(unit, one)} [{interval}]")


def _share(unit, one):
    loser = one.means[one.loser]
    if unit == "share" or loser <= 0:
        return ""
    percent = one.size / loser * 100
    return f" ({percent:.0f}{GAP}%)" if percent >= 1 else f" (under 1{GAP}%)"


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
        return f"any {sweep.words}"
    return f"{sweep.words} {listed(texts)}"


def steps_of(scenario, points):
    """`30s … 3s, 300ms`; of two sweeps, as `where` has it."""
    if len(scenario.sweeps) != 1:
        return where(scenario, points).removeprefix("at ")
    runs, there = [], {point.key[0] for point in points}
    for before, step in zip(["", *scenario.sweeps[0].texts], scenario.sweeps[0].texts):
        if step in there and before in there:
            runs[-1] = [runs[-1][0], step]
        elif step in there:
            runs.append([step])
    return ", ".join(" … ".join(run) for run in runs)


def at(scenario, points):
    """The same with what is swept before it, as a place in a sentence."""
    if len(scenario.sweeps) != 1:
        return where(scenario, points)
    return f"at {scenario.sweeps[0].words} {steps_of(scenario, points)}"


def listed(texts):
    return " and ".join(filter(None, [", ".join(texts[:-1]), *texts[-1:]]))


def crossing_place(found):
    """`every 2.25 s [2.12 to 2.38 s]`."""
    sweep = found.sweep
    if found.at is None:
        return "between {} {} and {}".format(sweep.words, *_ends(found))
    at, low, high = (swept(value, sweep.unit) for value in (found.at, found.low, found.high))
    return f"at {sweep.words} {at} [{low} to {high}]"


def _ends(found):
    return [one.point.place[found.sweep.place]["text"] for one in (found.before, found.after)]


def _crossing(found):
    before, after = found.before, found.after
    rest = [f"{swept_as(one['name'])} {one['text']}" for place, one in enumerate(before.point.place)
            if place != found.sweep.place]
    fixed = f"With {', '.join(rest)}, they" if rest else "They"
    start, end = _ends(found)
    return (f"{fixed} cross {crossing_place(found)}: at {start} {before.winner} "
            f"{metric(before.metric).claim}, at {end} {after.winner}.")


def _upper(text):
    """A sentence; names of designs keep their small letters."""
    return text[0].upper() + text[1:] if text.startswith(("at ", "no ", "too ")) else text
