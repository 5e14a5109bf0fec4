# SPDX-License-Identifier: MIT
"""How a value of a study is told: what was counted apart from what is estimated."""

from .quantity import figures, with_unit
from .study_words import metric

RULE_OF_THREE = 3  # of n things none: below 3/n with 95 % certainty


def told(line, like=None):
    """(the value, its interval), both empty where nothing was measured; in the unit of the values
    in `like`."""
    if not line or line["mean"] is None:
        return "", ""
    unit, mean, of = line["unit"], line["mean"], line["of"]
    if of and line["count"] == 0:
        return "none", f"under {_bound(unit, RULE_OF_THREE / of)}"
    if of and unit == "share" and line["count"] == of:
        return "all", f"over {_bound(unit, 1 - RULE_OF_THREE / of)}"
    half = (line["high"] - line["low"]) / 2 if line["low"] is not None else 0
    (text, low, high), sign = figures(unit, [mean, line["low"], line["high"]], half, like)
    return with_unit(text, sign), f"{low} to {high}" if half else ""


def _bound(unit, value):
    """With two digits of what is missing to 0, or to all."""
    (text,), sign = figures(unit, [value], min(value, 1 - value) if value < 1 else value)
    return with_unit(text, sign)


def bracketed(value, interval):
    return f"{value} [{interval}]" if interval else value


def beside(point, name, *designs):
    """What has to stand beside their values: of how many of the deaths they are told."""
    if not metric(name).beside:
        return ""
    other, words = metric(name).beside
    values = [told(point.values.get((design, other)))[0] for design in designs]
    return words.format(" against ".join(values)) if all(values) else ""
