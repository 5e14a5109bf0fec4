# SPDX-License-Identifier: MIT
"""What `uripc bench` measured, as the report shows it: one group for each mode and size."""

import math
from dataclasses import dataclass, field
from statistics import mean, median, stdev

from .lead import lead
from .text import amount, duration, number, size_text, two_digits

UNSTABLE = 0.10  # spread from which on figures are marked
SUSTAINED = 0.95  # part of an offered rate below which latencies tell of a growing queue only
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
    share: float | None = None  # of the offered rate that was achieved; None: nothing was offered

    @property
    def sustained(self):
        return self.share is None or self.share >= SUSTAINED

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
    def place(self):
        return self.text if self.fraction is None else f"at {self.text}"

    @property
    def short(self):
        return "closed" if self.fraction is None else f"{self.fraction * 100:.0f} %"

    @property
    def text(self):
        if self.fraction is None:
            return "as fast as it goes"
        offered = f" ({amount(self.offered)}/s)" if self.offered else ""
        return f"{self.fraction * 100:.0f} % of its peak{offered}"


@dataclass
class Series:
    """One backend in one mode at one size."""

    mode: str
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
        """The latency to quote: at the highest load that was sustained, else of round trips as
        fast as they go; None: there is none."""
        held = [one for one in self.latencies if one.n and one.sustained]
        loaded = [one for one in held if one.fraction is not None]
        if loaded:
            return max(loaded, key=lambda one: one.fraction)
        closed = [one for one in held if self.mode == "ping"]
        return closed[0] if closed else None


@dataclass
class Group:
    mode: str
    size: int
    series: list = field(default_factory=list)
    seed: int = 1  # of the bootstrap

    @property
    def title(self):
        return f"{MODES[self.mode]}, {size_text(self.size)}"

    @property
    def loaded(self):
        """Whether latencies were measured below the peak."""
        return any(one.fraction is not None for s in self.series for one in s.latencies)


def groups(bench, names=()):
    """By mode and size; fastest backend first, void ones last, after them those that have no
    figures, among them every one of `names` that the bench does not know."""
    backends = {b["name"]: b for b in bench.header["backends"]}
    for sample in bench.samples:
        backends.setdefault(sample["backend"], {"name": sample["backend"]})
    for name in names:
        backends.setdefault(name, {"name": name})
    keys = {(s["mode"], s["size"]) for s in bench.samples}
    keys |= {(r["mode"], r["size"]) for r in bench.ratios}
    found = []
    for mode, size in sorted(keys, key=lambda key: (list(MODES).index(key[0]), key[1])):
        group = Group(mode, size, seed=bench.header.get("seed") or 1)
        for place, (name, backend) in enumerate(backends.items()):
            group.series.append(_series(bench, backend, place, mode, size))
        group.series.sort(key=lambda s: (not s.counts, not s.void, -(s.rate or 0), s.backend))
        found.append(group)
    return found


def _series(bench, backend, place, mode, size):
    name = backend["name"]

    def ours(some):
        return [x for x in some if x["backend"] == name and x["mode"] in (mode, None)
                and x["size"] in (size, None)]

    samples, voids = ours(bench.samples), ours(bench.voids)
    return Series(
        mode=mode,
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
        shares = [s["rate"] / s["offered"] for s in some if s.get("offered")]
        found.append(Latency(load, fraction, offered, median([s["rate"] for s in some]),
                             sorted(merged.items()), sum(merged.values()),
                             median(shares) if shares else None))
    return sorted(found, key=lambda one: (one.fraction is None, one.fraction or 0))


# What the figures say, in sentences.


def sentence(group):
    """Which backend is fastest here, among which others, by how much, and its latency."""
    backends = [s for s in group.series if not s.bare]
    ranked = [s for s in backends if s.counts]
    field_text = _field(backends, ranked)
    if not ranked:
        return f"{group.title}: no backend has figures that count; {field_text}."
    if all(s.unstable for s in ranked):
        medians = ", ".join(f"{s.backend} {amount(s.rate)}/s" for s in ranked)
        return f"Unstable, no ranking: {group.title}, of {field_text}. Medians: {medians}."
    best = ranked[0]
    found = lead(best, ranked[1], group.seed) if len(ranked) > 1 else None
    is_best = "is fastest" if found and found.clear else "has the highest median"
    if len(ranked) == 1:
        is_best = "is the only one"
    what = "round trips" if group.mode == "ping" else "messages"
    said = f"{group.title}: {best.backend} {is_best} of {field_text}. It does " \
           f"{amount(best.rate)} {what} a second (median of {number(len(best.rates))}" \
           f"{_spread(best)})"
    if len(ranked) > 1:
        said += _lead(found, ranked[1])
    return said + _quoted(best) + "."


def at_one_size(groups, size):
    """A short sentence for each mode; one that says so where nothing was measured at this size."""
    some = [group for group in groups if group.size == size]
    return [_short(group) for group in some] or [f"Nothing was measured at {size_text(size)}."]


def _short(group):
    ranked = [s for s in group.series if s.counts and not s.bare]
    place = f"{size_text(group.size)} {MODES[group.mode].lower()}"
    if not ranked:
        return f"Fastest at {place}: no backend has figures that count."
    best = ranked[0]
    if all(s.unstable for s in ranked):
        medians = ", ".join(f"{s.backend} {amount(s.rate)}/s" for s in ranked)
        return f"Unstable, no ranking at {place}; medians: {medians}" + \
            _quoted(best, best.backend, f"{best.backend}’s") + "."
    found = lead(best, ranked[1], group.seed) if len(ranked) > 1 else None
    what = "round trips" if group.mode == "ping" else "messages"
    claim = "Fastest" if len(ranked) > 1 and found and found.clear else "Highest median"
    said = f"{claim} at {place}: {best.backend}, {amount(best.rate)} {what} a second"
    return said + (_lead(found, ranked[1]) if len(ranked) > 1 else "") + _quoted(best) + "."


def _field(backends, ranked):
    """How many have figures that count, and what became of the others."""
    void = [s for s in backends if s.void]
    missing = [s for s in backends if not s.void and not s.counts]
    said = f"{len(ranked)} measured and valid"
    said += f" ({', '.join(sorted(s.backend for s in ranked))})" if ranked else ""
    for what, some in (("void", void), ("not measured", missing)):
        if some:
            said += f"; {what}: {', '.join(sorted(s.backend for s in some))}"
    return said


def _lead(found, following):
    unstable = ", unstable" if following.unstable else ""
    who = f"{following.backend} ({amount(following.rate)}/s{unstable})"
    if not found or found.low is None:
        return f"; too few rounds to tell it from {who}"
    interval = f"99 % interval {two_digits(found.low)}–{two_digits(found.high)}"
    if found.clear:
        return f", {two_digits(found.ratio)} times {who}, the next ({interval})"
    return f"; no difference found to {who}: ratio {two_digits(found.ratio)}, {interval}"


def _spread(series):
    if series.spread is None:
        return ""
    return f", spread {series.spread * 100:.0f} %{', unstable' if series.unstable else ''}"


def _quoted(series, who="it", whose="its"):
    typical = series.typical()
    if not typical:
        loaded = any(one.fraction is not None for one in series.latencies)
        return f"; {who} sustained none of the loads offered, so no latency is quoted" * loaded
    p99 = typical.quantile("p99")
    said = f"p99 {duration(p99)}" if p99 is not None else "too few samples for a p99"
    return f"; {whose} latency {typical.place}: {said}, n = {number(typical.n)}"
