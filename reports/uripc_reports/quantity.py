# SPDX-License-Identifier: MIT
"""Figures of studies with as many digits as their interval allows, and with their unit."""

import math

SCALES = {
    "s": ((1, "s"), (1e3, "ms"), (1e6, "µs")),
    "share": ((100, "%"),),
    "bytes": ((1, "B"),),
    "per request": ((1, ""),),
    "": ((1, ""),),
}
GAP = "\u202f"  # narrow, and never the end of a line


def unit_of(unit, values):
    """(factor, unit's sign) in which the greatest of the values is at least one."""
    biggest = max((abs(value) for value in values if value is not None), default=0)
    scales = SCALES.get(unit, ((1, unit),))
    return next((pair for pair in scales if biggest * pair[0] >= 1), scales[-1 if biggest else 0])


def decimals(half, biggest, telling):
    """Two digits of the half of an interval, but at most four of the greatest value that tells
    something; three where there is no interval."""
    if half > 0:
        most = 3 - math.floor(math.log10(telling)) if telling else 6
        return min(6, max(0, min(most, 1 - math.floor(math.log10(half)))))
    exact = [n for n in range(3) if abs(biggest - round(biggest, n)) <= 1e-9 * biggest]
    return exact[0] if exact else min(6, max(0, 2 - math.floor(math.log10(biggest))))


def figure(value, places):
    """A number with its thousands set apart; no sign at a zero."""
    text = f"{value:,.{places}f}".replace(",", GAP).replace("-", "−")
    return text.lstrip("−") if not text.strip("−0.") else text


def figures(unit, values, half=0.0, like=None):
    """The values as texts, all with the same unit and the same digits, and the unit's sign: that of
    the greatest of them, or of those in `like`."""
    factor, sign = unit_of(unit, like or values)
    sizes = [abs(value) for value in values if value is not None]
    # Of nearly all, what is missing tells more.
    telling = [min(size, abs(1 - size)) if unit == "share" else size for size in sizes]
    places = decimals(half * factor, *(max(some, default=0) * factor for some in (sizes, telling)))
    return ["–" if v is None else figure(v * factor, places) for v in values], sign


def with_unit(text, sign):
    return f"{text}{GAP}{sign}" if sign else text


def quantity(unit, value, half=0.0):
    (text,), sign = figures(unit, [value], half)
    return with_unit(text, sign)


def swept(value, unit):
    """What a study sets: whole nanoseconds, millionths or counts; or a place between two of them."""
    if unit == "ns":
        return quantity("s", value / 1e9)
    if unit == "millionth":
        return quantity("share", value / 1e6)
    return quantity("", value)
