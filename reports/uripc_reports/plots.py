# SPDX-License-Identifier: MIT
"""Two plots as SVG: how fast each repetition was, and how late the slowest messages came. A
backend's lane or line also carries its name."""

import math

from markupsafe import Markup

from .svg import MARKS, apart, line, svg, text
from .text import amount, duration

LANE, WIDTH = 34, 720
LETTER = 7.3  # width of a bold letter, on average


def _margins(series):
    """Room for the backends' names at the left, and for names or figures at the right."""
    longest = max(len(one.backend) for one in series) * LETTER
    return max(70, longest + 16), max(126, longest + 34)


def rates(group):
    """A lane for each backend: its repetitions from top to bottom in the order in which they were
    taken, a stroke at their median; warm-ups are rings. The axis is logarithmic."""
    series = [s for s in group.series if s.runs]
    found = [r["rate"] for s in series for r in s.runs if r["rate"] > 0]
    if not found:
        return ""
    low = math.floor(math.log10(min(found)))
    high = max(low + 1, math.log10(max(found)))
    left, right = _margins(series)
    wide, bottom = WIDTH - left - right, 10 + LANE * len(series)

    def x(rate):
        return left + (math.log10(max(rate, 10**low)) - low) / (high - low) * wide

    parts = []
    for exponent in range(low, math.floor(high) + 1):
        at = x(10**exponent)
        parts.append(line(at, 6, at, bottom, "grid"))
        parts.append(text(at, bottom + 14, amount(10**exponent), "tick", "middle"))
    for lane, one in enumerate(series):
        parts += _lane(one, 10 + lane * LANE, x)
    label = f"{group.title}: rate of each repetition by backend"
    return svg(WIDTH, bottom + 22, label, parts)


def _lane(one, y, x):
    css = f"s{one.place % len(MARKS)}" + (" void" if one.void else "")
    parts = [text(x(0) - 10, y + LANE / 2 + 4, one.backend, "name", "end")]
    if one.rate is not None:
        parts.append(line(x(one.rate), y + 2, x(one.rate), y + LANE - 2, f"median {css}"))
    for number, run in enumerate(one.runs):
        at = y + 6 + (LANE - 12) * (number + 0.5) / len(one.runs)
        kind = "warmup" if run["warmup"] else "dot"
        title = f"{'warm-up' if run['warmup'] else 'repetition'} {run['repeat']}: " \
                f"{amount(run['rate'])}/s, {run['count']} in {run['seconds']:.3g} s"
        parts.append(Markup('<circle cx="{:.1f}" cy="{:.1f}" r="2.8" class="{} {}"><title>{}'
                            '</title></circle>').format(x(run["rate"]), at, kind, css, title))
    right = max([one.rate or 0, *(run["rate"] for run in one.runs)])
    said = "void" if one.void else f"{amount(one.rate)}/s" if one.rate is not None else ""
    said += " unstable" if one.unstable and not one.void else ""
    parts.append(text(x(right) + 9, y + LANE / 2 + 4, said, "value" + (" bad" if one.void else "")))
    return parts


def latencies(group):
    """Latency by percentile at the load that is quoted, which a label names, both axes logarithmic;
    a line ends where fewer than ten values lie above."""
    found = [(s, s.typical()) for s in group.series if not s.void and s.typical()]
    curves = [(s, one, _curve(one)) for s, one in found]
    curves = [(s, one, curve) for s, one, curve in curves if len(curve) > 1]
    if not curves:
        return ""
    values = [value for _, _, curve in curves for _, value in curve]
    low = math.floor(math.log10(max(1, min(values))))
    high = max(low + 1, math.ceil(math.log10(max(values))))
    most = max(place for _, _, curve in curves for place, _ in curve)
    left, right = 74, _margins([series for series, _, _ in curves])[1] + 8 * LETTER
    wide, tall = WIDTH - left - right, 240

    def x(place):
        return left + place / most * wide

    def y(value):
        return 12 + (high - math.log10(max(1, value))) / (high - low) * tall

    parts = []
    for exponent in range(low, high + 1):
        parts.append(line(left, y(10**exponent), left + wide, y(10**exponent), "grid"))
        parts.append(text(left - 10, y(10**exponent) + 4, duration(10**exponent), "tick", "end"))
    for name, part in (("p0", 0), ("p50", 0.5), ("p90", 0.9), ("p99", 0.99), ("p99.9", 0.999),
                       ("p99.99", 0.9999)):
        at = -math.log10(1 - part)
        if at <= most + 1e-9:
            parts.append(line(x(at), 12, x(at), 12 + tall, "grid"))
            parts.append(text(x(at), 12 + tall + 14, name, "tick", "middle"))
    ends = []
    for series, one, curve in curves:
        parts += _path(series, one, [(x(place), y(value)) for place, value in curve])
        ends.append((y(curve[-1][1]), x(curve[-1][0]), series, one))
    for at, end, series, one in apart(ends):
        parts.append(text(end + 7, at + 4, f"{_mark(series)} {series.backend}, {one.short}",
                           f"label s{series.place % len(MARKS)}"))
    return svg(WIDTH, tall + 34, f"{group.title}: latency by percentile", parts)


def _mark(series):
    return MARKS[series.place % len(MARKS)]


def _curve(one):
    """[(-log10 of the part above, latency)] from p0 to the last percentile that can be told."""
    places, step = [], 0.05
    limit = math.log10(one.n / 10) if one.n > 10 else 0
    while len(places) * step <= limit + 1e-9:
        places.append(len(places) * step)
    return [(place, one.at(max(1 / one.n, 1 - 10**-place))) for place in places]


def _path(series, one, points):
    css = f"s{series.place % len(MARKS)}"
    places = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
    title = f"{series.backend}, {one.text}, n = {one.n}"
    parts = [Markup('<polyline points="{}" class="line {}"><title>{}</title></polyline>').format(
        places, css, title)]
    for x, y in points[:: max(1, len(points) // 6)]:
        parts.append(text(x, y + 3.5, _mark(series), f"mark {css}", "middle"))
    return parts
