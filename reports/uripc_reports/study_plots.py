# SPDX-License-Identifier: MIT
"""A metric over a sweep: a mark at each mean, its 95 % interval, a line for each design.

What was measured stands at equal distances, whatever lies between, so that a sweep over several
orders of magnitude is as readable as one over words.
"""

import math
from dataclasses import dataclass

from markupsafe import Markup

from .quantity import figure, unit_of, with_unit
from .svg import MARKS, apart, line, svg, text

WIDTH, TALL, TOP, LETTER = 720, 230, 14, 7.3
DODGE = 7  # between the marks of two designs
LOGARITHMIC = 30  # from this ratio of the greatest to the least on


@dataclass
class Panel:
    """A plot: points along the first sweep, for one value of the second."""

    title: str
    points: list


def panels(scenario):
    """One for each value of the second sweep; one where there is none."""
    if len(scenario.sweeps) < 2:
        return [Panel("", scenario.along(scenario.points))]
    second = scenario.sweeps[1]
    return [Panel(f"{second.words} {step}",
                  scenario.along([p for p in scenario.points if p.key[1] == step]))
            for step in second.texts]


def plots(scenario, name):
    """[(title, plot)] of one metric; all of them have the same scale."""
    values = [value for point in scenario.points for (_, metric), value in point.values.items()
              if metric == name and value["mean"] is not None]
    if not values:
        return []
    scale = _Scale(scenario.unit(name), values)
    return [(panel.title, _plot(scenario, name, panel, scale)) for panel in panels(scenario)]


class _Scale:
    """Heights of values; logarithmic where they spread far."""

    def __init__(self, unit, values):
        means = [v["mean"] for v in values]
        ends = [v[end] for v in values for end in ("low", "high") if v[end] is not None] + means
        self.factor, self.sign = unit_of(unit, means)
        self.logarithmic = min(means) > 0 and max(means) / min(means) >= LOGARITHMIC
        if self.logarithmic:
            self.low = math.floor(math.log10(min(means) * self.factor))
            self.high = max(self.low + 1, math.ceil(math.log10(max(ends) * self.factor)))
            self.ticks = [10.0**e for e in range(self.low, self.high + 1)]
        else:
            low, high = min(ends), max(ends)
            if min(means) >= 0:
                low = max(low, 0)  # there is less than nothing of no metric
            if unit == "share" and max(means) <= 1:
                high = min(high, 1)
            self._linear(low * self.factor, high * self.factor)
            if unit == "share" and high <= 1:
                self.ticks = [tick for tick in self.ticks if tick <= 100.001]
                self.high = self.ticks[-1]

    def _linear(self, low, high):
        """From 0, unless all lies close together far from it."""
        if low >= 0 and low < high * 0.8 or low == high:
            low, high = min(low, 0), max(high, 0)
        if low == high:
            high = low + 1
        size = 10 ** math.floor(math.log10(high - low))
        step = next(size * part for part in (0.1, 0.2, 0.5, 1, 2)
                    if (high - low) / size / part <= 6)
        first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
        self.ticks = [n * step for n in range(first, last + 1)]
        self.low, self.high = self.ticks[0], self.ticks[-1]
        self.places = max(0, -math.floor(math.log10(step) + 1e-9))

    def label(self, tick):
        said = f"{tick:g}" if self.logarithmic else figure(tick, min(self.places, 9))
        return with_unit(said, self.sign)

    def y(self, value):
        return self.tick(value * self.factor)

    def tick(self, value):
        if self.logarithmic:
            value = math.log10(max(value, 10.0**self.low))
        share = (self.high - value) / (self.high - self.low)
        return TOP + min(1, max(0, share)) * TALL


def _plot(scenario, name, panel, scale):
    left = 16 + LETTER * max(len(scale.label(tick)) for tick in scale.ticks)
    right = 34 + LETTER * max(len(design) for design in scenario.designs)
    slots = len(panel.points)
    wide = min(WIDTH - left - right, 60 + 110 * slots)

    def x(place):
        return left + (place + 0.5) / slots * wide

    bottom = TOP + TALL
    parts = [part for tick in scale.ticks for part in (
        line(left, scale.tick(tick), left + wide, scale.tick(tick), "grid"),
        text(left - 8, scale.tick(tick) + 4, scale.label(tick), "tick", "end"))]
    for place, point in enumerate(panel.points):
        if scenario.sweeps:
            parts.append(text(x(place), bottom + 17, point.key[0], "tick", "middle"))
    if scenario.sweeps:
        parts.append(text(left + wide / 2, bottom + 34, scenario.sweeps[0].words, "tick", "middle"))
    ends = []
    for place, design in enumerate(scenario.designs):
        shift = (place - (len(scenario.designs) - 1) / 2) * DODGE
        found = [(x(n) + shift, point.values[design, name]) for n, point in enumerate(panel.points)
                 if point.values.get((design, name), {}).get("mean") is not None]
        if found:
            laws = [[(at + shift, value) for at, value in curve]
                    for curve in _laws(scenario, name, design, panel, x)]
            parts += _series(scenario, design, place, found, scale, laws)
            ends.append((scale.y(found[-1][1]["mean"]), design, place))
    for y, design, place in apart(ends):
        parts.append(text(left + wide + 8, y + 4, f"{MARKS[place % len(MARKS)]} {design}",
                          f"label s{place % len(MARKS)}"))
    width = math.ceil(left + wide + right)
    height = max(bottom + 42, math.ceil(TOP + 14 * len(ends) + TALL))
    said = f"{name} by design{', ' + panel.title if panel.title else ''}"
    return svg(width, height, said, parts)


def _laws(scenario, name, design, panel, x):
    """What mathematics says: a dashed line over what is measured, a dash where there is no line."""
    measures = bool(scenario.sweeps) and scenario.sweeps[0].measures
    marks = [(p.place[0]["value"], x(n)) for n, p in enumerate(panel.points)] if measures else []
    for n, point in enumerate(panel.points):
        law = (point.values.get((design, name)) or {}).get("law")
        if law:
            curve = [(_between(marks, at), value) for at, value in law["curve"] or [] if measures]
            yield curve if len(curve) > 1 else [(x(n) - 9, law["value"]), (x(n) + 9, law["value"])]


def _between(marks, value):
    """Where a value of the first sweep stands, among those measured."""
    marks = sorted(marks)
    for (low, left), (high, right) in zip(marks, marks[1:]):
        if low <= value <= high:
            return left + (right - left) * (value - low) / (high - low)
    return marks[0][1] if value < marks[0][0] else marks[-1][1]


def _series(scenario, design, place, found, scale, laws):
    css = f"s{place % len(MARKS)}"
    parts = []
    for curve in laws:
        path = " ".join(f"{at:.1f},{scale.y(value):.1f}" for at, value in curve)
        parts.append(Markup('<polyline points="{}" class="law {}"/>').format(path, css))
    if scenario.sweeps and scenario.sweeps[0].measures and len(found) > 1:
        path = " ".join(f"{x:.1f},{scale.y(value['mean']):.1f}" for x, value in found)
        parts.append(Markup('<polyline points="{}" class="line {}"/>').format(path, css))
    for x, value in found:
        y = scale.y(value["mean"])
        if value["low"] is not None:
            low, high = scale.y(value["low"]), scale.y(value["high"])
            parts.append(line(x, low, x, high, f"interval {css}"))
            parts += [line(x - 3, end, x + 3, end, f"interval {css}") for end in (low, high)]
        parts.append(Markup('<g><title>{}</title>{}</g>').format(
            f"{design}: {value['mean']:.6g} {value['unit']}".strip() + f", n = {value['n']}",
            text(x, y + 3.8, MARKS[place % len(MARKS)], f"mark {css}", "middle")))
    return parts
