# SPDX-License-Identifier: MIT
"""Student's t, and how wide intervals have to be where there are many of them."""

import math
from dataclasses import dataclass
from functools import lru_cache

WRONG = 0.05  # at most that share of all differences that are called real


def within(t, degrees):
    """The probability of Student's t between -t and t (Abramowitz and Stegun, 26.7.3 and 4)."""
    angle = math.atan2(t, math.sqrt(degrees))
    sine, square = math.sin(angle), math.cos(angle) ** 2
    odd = degrees % 2
    term = math.cos(angle) if odd else 1.0
    total = 0.0
    for k in range(odd, degrees - 1, 2):
        total += term
        term *= square * (k + 1) / (k + 2)
    return (angle + sine * total) * 2 / math.pi if odd else sine * total


@lru_cache
def quantile(level, degrees):
    """The t between which and its negative that share lies."""
    low, high = 0.0, 1.0
    while within(high, degrees) < level:
        high *= 2
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if within(middle, degrees) < level else (low, middle)
    return high


@dataclass(frozen=True)
class Sample:
    """Differences of pairs."""

    n: int
    mean: float
    error: float  # standard error of the mean

    @property
    def improbable(self):
        """How improbable so great a mean is where there is no difference; None: nothing varies."""
        return 1 - within(abs(self.mean) / self.error, self.n - 1) if self.error else None

    def interval(self, level):
        half = quantile(level, self.n - 1) * self.error if self.error else 0.0
        return self.mean - half, self.mean + half


def sample(values):
    """None: too few to tell anything."""
    n = len(values)
    if n < 2:
        return None
    mean = math.fsum(values) / n
    squares = math.fsum((value - mean) ** 2 for value in values)
    return Sample(n, mean, math.sqrt(squares / (n - 1) / n))


def family_level(improbable):
    """The level of all intervals, from how improbable each difference is. Those whose interval then
    does not hold 0 are the ones that Benjamini and Hochberg (1995) call real; with intervals of
    this level (Benjamini and Yekutieli, 2005) at most `WRONG` of them do not hold the truth."""
    found = 1
    for rank, one in enumerate(sorted(improbable), 1):
        if one <= WRONG * rank / len(improbable):
            found = rank
    return 1 - WRONG * found / max(1, len(improbable))
