# SPDX-License-Identifier: MIT
"""What `uripc bench` measured, as the report shows it: one group for each mode and size."""

import math
from dataclasses import dataclass, field
from statistics import mean, median, stdev

from .text import amount, duration, number, size_text

UNSTABLE = 0.10  # spread from which on figures are marked
QUANTILES = {"p50": 0.5, "p90": 0.9, "p99": 0.99, "p999": 0.999}
MODES = {"stream": "One way", "ping": "Round trip"}


@dataclass
class Latency:
    """Latencies of all repetitions under one load, together."""

    load: str
    fraction: float | None
    offered: float | None
    achieved: float
    histogram: list  # [(upper bound, how many)], ascending
    n: int

    def quantile(self, name):
        """None where fewer than ten values lie above it."""
        if name == "max":
            return self.histogram[-1][0] if self.histogram else None
        part = QUANTILES[name]
        if self.n * (1 - part) < 10 - 1e-6:
            return None
        return self.at(part)

    def at(self, part):
        rank, seen = math.ceil(part * self.n - 1e-9), 0
        for bound, count in self.histogram:
            seen += count
            if seen >= rank:
                return bound
        return None

    @property
    def text(self):
        if self.fraction is None:
            return "as fast as it goes"
        offered = f" ({amount(self.offered)}/s)" if self.offered else ""
        return f"{self.fraction * 100:.0f} % of its peak{offered}"


@dataclass
class Series:
    """One backend in one mode at one size."""

    backend: str
    bare: bool
    place: int  # among all backends: its colour
    runs: list  # closed samples in the order in which they were taken, warm-ups too
    latencies: list
    ratio: dict | None
    void: str
    cases: list

    @property
    def rates(self):
        return [s["rate"] for s in self.runs if not s["warmup"]]

    @property
    def rate(self):
        return median(self.rates) if self.rates else None

    @property
    def spread(self):
        """Standard deviation by mean."""
        return stdev(self.rates) / mean(self.rates) if len(self.rates) > 1 else None

    @property
    def unstable(self):
        return self.spread is not None and self.spread > UNSTABLE

    @property
    def cpu(self):
        """Processor time for one message."""
        found = [s["cpu_ns"] / s["count"] for s in self.runs
                 if not s["warmup"] and s.get("cpu_ns") is not None and s["count"]]
        return median(found) if found else None

    @property
    def errors(self):
        return sum(s.get("errors") or 0 for s in self.runs if not s["warmup"])

    @property
    def counts(self):
        return bool(self.rates) and not self.void

    def typical(self):
        """The latency to quote: at half of the peak, or as near to it as was measured."""
        some = [one for one in self.latencies if one.n]
        return min(some, key=lambda one: abs((one.fraction or 1) - 0.5), default=None)


@dataclass
class Group:
    mode: str
    size: int
    series: list = field(default_factory=list)

    @property
    def title(self):
        return f"{MODES[self.mode]}, {size_text(self.size)}"

    @property
    def loaded(self):
        """Whether latencies were measured below the peak."""
        return any(one.fraction is not None for s in self.series for one in s.latencies)


def groups(bench):
    """By mode and size; fastest backend first, void ones last."""
    backends = {b["name"]: b for b in bench.header["backends"]}
    for sample in bench.samples:
        backends.setdefault(sample["backend"], {"name": sample["backend"]})
    keys = {(s["mode"], s["size"]) for s in bench.samples}
    keys |= {(r["mode"], r["size"]) for r in bench.ratios}
    found = []
    for mode, size in sorted(keys, key=lambda key: (list(MODES).index(key[0]), key[1])):
        group = Group(mode, size)
        for place, (name, backend) in enumerate(backends.items()):
            series = _series(bench, backend, place, mode, size)
            if series.runs or series.latencies or series.void:
                group.series.append(series)
        group.series.sort(key=lambda s: (not s.counts, -(s.rate or 0), s.backend))
        found.append(group)
    return found


def _series(bench, backend, place, mode, size):
    name = backend["name"]

    def ours(some):
        return [x for x in some if x["backend"] == name and x["mode"] in (mode, None)
                and x["size"] in (size, None)]

    samples, voids = ours(bench.samples), ours(bench.voids)
    return Series(
        backend=name,
        bare=bool(backend.get("bare")),
        place=place,
        runs=[s for s in samples if s["load"] == "closed"],
        latencies=_latencies([s for s in samples if not s["warmup"] and s.get("latency")]),
        ratio=next(iter(ours(bench.ratios)), None),
        void="; ".join(v["reason"] for v in voids),
        cases=[name for v in voids for name in v.get("cases") or []],
    )


def _latencies(samples):
    by_load = {}
    for sample in samples:
        by_load.setdefault((sample["load"], sample.get("fraction")), []).append(sample)
    found = []
    for (load, fraction), some in by_load.items():
        merged = {}
        for sample in some:
            for bound, count in sample["latency"]["histogram"]:
                merged[bound] = merged.get(bound, 0) + count
        offered = median([s["offered"] for s in some]) if some[0].get("offered") else None
        found.append(Latency(load, fraction, offered, median([s["rate"] for s in some]),
                             sorted(merged.items()), sum(merged.values())))
    return sorted(found, key=lambda one: (one.fraction is None, one.fraction or 0))


# What the figures say, in sentences.


def sentence(group):
    """Which backend is fastest here, by how much, and its latency."""
    ranked = [s for s in group.series if s.counts and not s.bare]
    if not ranked:
        return f"{group.title}: no backend has figures that count."
    best = ranked[0]
    what = "round trips" if group.mode == "ping" else "messages"
    said = f"{group.title}: {best.backend} is fastest, {amount(best.rate)} {what} a second" \
           f" (median of {number(len(best.rates))}{_spread(best)})"
    if len(ranked) == 1:
        said = said.replace("is fastest", "is the only backend with figures")
    elif max(ranked[1].rates) >= min(best.rates):
        said += f"; {ranked[1].backend} ({amount(ranked[1].rate)}) is not clearly slower, for " \
                "their repetitions overlap"
    else:
        said += f", {best.rate / ranked[1].rate:.2f} times {ranked[1].backend}, the next"
    return said + _quoted(best) + "."


def _spread(series):
    if series.spread is None:
        return ""
    return f", spread {series.spread * 100:.0f} %{', unstable' if series.unstable else ''}"


def _quoted(series):
    typical = series.typical()
    if not typical:
        return ""
    p99 = typical.quantile("p99")
    said = f"p99 {duration(p99)}" if p99 is not None else "too few samples for a p99"
    load = f" at {typical.text}" if typical.fraction is not None else ""
    return f"; its latency{load}: {said}, n = {number(typical.n)}"
