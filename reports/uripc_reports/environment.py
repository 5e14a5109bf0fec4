# SPDX-License-Identifier: MIT
"""What all templates share."""

import shlex
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from . import plots, views
from .changes import KINDS
from .links import anchor
from .steps import heading
from .svg import MARKS
from .text import (
    amount,
    code_spans,
    duration,
    first_difference,
    linked,
    micros,
    number,
    plural,
    shorten,
    two_digits,
    visible,
)
from .verdicts import STATES

TEMPLATES = Path(__file__).parent / "templates"


def environment():
    """Templates, the filters and the names that they use."""
    made = Environment(
        loader=FileSystemLoader(TEMPLATES, encoding="utf-8"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=lambda value: "" if value is None else visible(value),
    )
    made.filters.update(
        amount=amount,
        megabytes=lambda rate: f"{rate / 1e6:.3g}" if rate < 1e9 else f"{rate / 1e6:.0f}",
        micros=micros,
        linked=linked,
        code_spans=code_spans,
        duration=duration,
        anchor=anchor,
        number=number,
        plural=plural,
        shell=shlex.quote,
        shorten=shorten,
        two_digits=two_digits,
    )
    made.globals.update(
        MARKS=MARKS,
        STATES=STATES,
        CHANGE_KINDS=KINDS,
        heading=heading,
        left_out=views.left_out,
        line_rows=views.line_rows,
        failing_step=views.failing_step,
        needs_explaining=views.needs_explaining,
        expected_other=views.expected_other,
        first_difference=first_difference,
        latency_plot=plots.latencies,
        rates_plot=plots.rates,
    )
    return made
