# SPDX-License-Identifier: MIT
"""The performance section of both pages."""

from dataclasses import dataclass

from . import bench
from .links import Links


@dataclass
class BenchSection:
    key: str
    directory: str
    header: dict
    links: Links  # to the cases because of which figures are void
    groups: list
    sentences: list
    banners: list
    confidence: float | None  # of the intervals, where all have the same


def bench_sections(sources, links, names=()):
    """One for each bench, since figures of two of them were not measured side by side; with a row
    for each of `names`, the backends of the page."""
    return [
        _section(f"b{place}-", source, links, names)
        for place, source in enumerate(sources, 1) if source.bench
    ]


def _section(key, source, links, names):
    found, groups = source.bench, bench.groups(source.bench, names)
    banners = []
    if found.truncated_line or found.footer is None:
        banners.append("Partial bench: it did not end, so figures are missing.")
    elif found.footer.get("partial"):
        banners.append("Partial bench: it was interrupted, so figures are missing.")
    confidences = {ratio.get("confidence") for ratio in found.ratios}
    sentences = [bench.sentence(group) for group in groups]
    return BenchSection(key, str(source.directory), found.header, links, groups, sentences,
                        banners, confidences.pop() if len(confidences) == 1 else None)
