# SPDX-License-Identifier: MIT
"""What a study comes to, in few words: who is better in what."""

from dataclasses import dataclass

from .study_findings import names
from .text import plural

LAST = {
    "depends": "It depends on the point",
    "same": "No difference was seen",
    "unknown": "Too few runs had something to measure",
}


@dataclass
class Summary:
    """Of the first design and another."""

    designs: str
    lines: list  # (head, [(finding, remark)])


def summaries(scenario, found):
    return [_summary(scenario, other, [one for one in found if one.designs[1] == other])
            for other in scenario.others]


def _summary(scenario, other, found):
    """Lines stand in an order that does not depend on which of the two designs is the first."""
    lines = {}
    for one in found:
        lines.setdefault(_head(one), []).append((one, _remark(one)))
    last = list(LAST.values())
    order = sorted(lines, key=lambda head: last.index(head) if head in last else -1)
    return Summary(names((scenario.first, other)), [(head, lines[head]) for head in order])


def _head(one):
    if one.outcome in LAST:
        return LAST[one.outcome]
    return f"{one.outcome} {'is better' if one.metric.better else 'has less'}"


def _remark(one):
    if one.outcome in LAST or one.always:
        return ""
    count = sum(comparison.winner is not None for comparison in one.comparisons)
    return f"at {count} of {plural(len(one.comparisons), 'point')}; elsewhere none was seen"


def certainty(found):
    """On what all that rests."""
    count = sum(one.seen for finding in found for one in finding.comparisons)
    if not count:
        return "Nothing could be compared."
    return (f"A design is called better only where the whole 95 % interval of the difference of "
            f"paired runs is on its side. There are {plural(count, 'such comparison')} here; of "
            f"those without a real difference one in 20 will show one by chance, "
            f"so a claim whose interval comes close to 0 is worth another seed.")
