# SPDX-License-Identifier: MIT
"""How much faster one backend is than another: the estimator and the test that `uripc bench` uses
against its baseline, so that a sentence claims no more than the table does."""

import math
import random
from dataclasses import dataclass
from statistics import median

MARGIN = 0.02
ROUNDS = 5  # of fewer, an interval would say nothing
RESAMPLES = 2000
CONFIDENCE = 0.99


@dataclass
class Lead:
    """Rate of the one by rate of the other; low is None where there are too few rounds."""

    ratio: float
    low: float | None
    high: float | None

    @property
    def clear(self):
        return self.low is not None and self.low > 1 + MARGIN


def lead(one, other, seed):
    """None where no round has figures of both."""
    logs = [math.log(a / b) for a, b in _rounds(one, other) if a > 0 and b > 0]
    if not logs:
        return None
    if len(logs) < ROUNDS:
        return Lead(math.exp(_trimmed_mean(logs)), None, None)
    chance = random.Random(seed)
    means = sorted(_trimmed_mean(chance.choices(logs, k=len(logs))) for _ in range(RESAMPLES))
    out = int((1 - CONFIDENCE) / 2 * RESAMPLES)
    return Lead(*(math.exp(x) for x in (_trimmed_mean(logs), means[out], means[-1 - out])))


def _rounds(one, other):
    """[(speed of the one, of the other)] by round; of a round's slices the median counts."""
    left, right = _by_round(one), _by_round(other)
    return [(median(left[n]), median(right[n])) for n in sorted(left.keys() & right.keys())]


def _by_round(series):
    found = {}
    for run in series.runs:
        if not run["warmup"]:
            found.setdefault(run["repeat"], []).append(_speed(run))
    return found


def _speed(run):
    """Of a ping by its median round trip, where there is one."""
    middle = (run.get("latency") or {}).get("p50") if run["mode"] == "ping" else None
    return 1e9 / middle if middle else run["rate"]


def _trimmed_mean(values):
    """The mean without the lowest and the highest fifth."""
    cut = len(values) // 5
    kept = sorted(values)[cut : len(values) - cut]
    return sum(kept) / len(kept)
