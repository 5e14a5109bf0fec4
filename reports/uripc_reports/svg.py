# SPDX-License-Identifier: MIT
"""Pieces of plots as SVG. Colours are the style sheet's matter, so that a plot is right in both
themes and on paper."""

import math

from markupsafe import Markup

from .text import visible

MARKS = ("●", "■", "▲", "◆", "▼", "✚", "★", "✖")


def svg(width, height, label, parts):
    head = Markup('<svg class="plot" viewBox="0 0 {} {}" width="{}" height="{}" role="img" '
                  'aria-label="{}">').format(width, height, width, height, label)
    return head + Markup("").join(parts) + Markup("</svg>")


def text(x, y, words, css="", anchor="start"):
    return Markup('<text x="{:.1f}" y="{:.1f}" class="{}" text-anchor="{}">{}</text>').format(
        x, y, css, anchor, visible(words))


def line(x1, y1, x2, y2, css):
    return Markup('<line x1="{:.1f}" y1="{:.1f}" x2="{:.1f}" y2="{:.1f}" class="{}"/>').format(
        x1, y1, x2, y2, css)


def apart(ends):
    """Labels (y, ...) from top to bottom, pushed down where they would cover each other."""
    last = -math.inf
    for y, *rest in sorted(ends, key=lambda end: end[0]):
        last = max(y, last + 14)
        yield last, *rest
