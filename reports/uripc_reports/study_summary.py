# SPDX-License-Identifier: MIT
"""What a study comes to, in few words: who is better in what."""

import math
from dataclasses import dataclass

from .quantity import figures, with_unit
from .study_words import metric
from .text import plural


@dataclass
class Cell:
    """One design in one metric."""

    value: str  # at the first point and the last, or from the least to the greatest
    standing: str  # to the first design: a key of STANDINGS; empty of the first one itself
    remark: str = ""  # where that is so, if not everywhere


STANDINGS = {
    "better": ("▲", "better"),
    "worse": ("▼", "worse"),
    "less": ("▽", "less"),
    "more": ("△", "more"),
    "depends": ("◆", "depends"),
    "same": ("=", "no difference seen"),
    "unknown": ("?", "too few pairs"),
}


def overview(scenario, found):
    """[(metric, a cell for each design)]"""
    by_pair = {(one.metric.name, one.designs[1]): one for one in found}
    return [(metric(name), [_cell(scenario, name, design, by_pair.get((name, design)))
                            for design in scenario.designs]) for name in scenario.metrics]


def _cell(scenario, name, design, finding):
    return Cell(_values(scenario, name, design), *_standing(design, finding))


def _standing(design, finding):
    if not finding:
        return "", ""
    if finding.outcome in STANDINGS:
        return finding.outcome, ""
    words = ("better", "worse") if finding.metric.better else ("less", "more")
    count = sum(one.winner is not None for one in finding.comparisons)
    remark = "" if finding.always else f"at {count} of {plural(len(finding.comparisons), 'point')}"
    return words[finding.outcome != design], remark


def _values(scenario, name, design):
    """With three digits each; whole numbers as they are."""
    means = [point.values[design, name]["mean"] for point in scenario.points
             if (design, name) in point.values]
    means = [mean for mean in means if mean is not None]
    if not means:
        return ""
    unit = scenario.unit(name)
    ends = [min(means), max(means)]
    if len(scenario.sweeps) == 1:
        order = [step for step, _ in scenario.sweeps[0].steps]
        points = sorted(scenario.points, key=lambda point: order.index(point.key[0]))
        along = [point.values.get((design, name), {}).get("mean") for point in points]
        ends = [along[0], along[-1]]
    whole = all(end is None or end == round(end) for end in ends)
    row = [value["mean"] for point in scenario.points for (_, of), value in point.values.items()
           if of == name and value["mean"] is not None]
    texts = []
    for end in ends:
        half = 0.0 if whole or not end else 10.0 ** (math.floor(math.log10(abs(end))) - 1)
        (text,), sign = figures(unit, [end], half, like=row)
        texts.append(text)
    joint = " → " if len(scenario.sweeps) == 1 else " … "
    return with_unit(texts[0] if ends[0] == ends[1] else joint.join(texts), sign)


def certainty(found):
    """On what all that rests."""
    count = sum(one.seen for finding in found for one in finding.comparisons)
    if not count:
        return "Nothing could be compared."
    return (f"A design is called better only where the whole 95 % interval of the difference of "
            f"paired runs is on its side. There are {plural(count, 'such comparison')} here; of "
            f"those without a real difference one in 20 will show one by chance, "
            f"so a claim whose interval comes close to 0 is worth another seed.")
