# SPDX-License-Identifier: MIT
"""Makes the page: gathers the views of each run, draws the diagrams, fills in the template."""

import re
import shlex
from dataclasses import dataclass, field
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from . import views
from .graphviz import render
from .spacetime import draw
from .steps import heading, step_numbers
from .text import linked, micros, plural, visible
from .verdicts import VERDICTS

TEMPLATES = Path(__file__).parent / "templates"


@dataclass
class Section:
    """All that the page shows of one directory."""

    key: str  # prefix of its anchors
    directory: str
    run: object = None
    headline: str = ""
    banners: list = field(default_factory=list)
    counts: list = field(default_factory=list)
    failures: list = field(default_factory=list)
    chapters: list = field(default_factory=list)
    clauses: list = field(default_factory=list)
    coverage: dict = field(default_factory=dict)
    observations: list = field(default_factory=list)
    faults: list = field(default_factory=list)
    ten: dict | None = None
    mutants: object = None
    mutant_rows: list = field(default_factory=list)


def page(sources):
    """The whole page as text; the same for the same results."""
    sections = [_section(number, source) for number, source in enumerate(sources, 1)]
    _draw_all(sections)
    return _environment().get_template("page.html").render(
        sections=sections, verdicts=list(VERDICTS.values())
    )


def _section(number, source):
    section = Section(f"r{number}-", str(source.directory), mutants=source.mutants)
    if source.mutants:
        section.mutant_rows = views.mutant_rows(source.mutants)
    if source.run:
        _fill(section, source.run)
    return section


def _fill(section, run):
    section.run = run
    section.headline = views.headline(run)
    section.banners = views.banners(run)
    section.counts = views.counted(run.cases)
    section.failures = views.failures(run)
    section.chapters = views.case_chapters(run)
    section.clauses = views.clause_chapters(run)
    section.coverage = views.coverage(section.clauses)
    section.observations = views.observations(run)
    section.faults = views.fired(run)
    ten = views.ten_steps(run)
    if ten:
        section.ten = {"case": ten[0], "groups": ten[1], "svg": "", "note": ""}


def _draw_all(sections):
    """One diagram for each failure and each ten-step exchange that has a trace."""
    drawings, owners = [], []
    for section in sections:
        for failure in section.failures:
            if failure.case.get("trace"):
                numbers = step_numbers(failure.case)
                drawing, failure.note = draw(failure.case, views.focus(failure.case), numbers)
                drawings.append(drawing)
                owners.append(failure)
        if section.ten and section.ten["case"].get("trace"):
            case = section.ten["case"]
            drawing, section.ten["note"] = draw(case, None, step_numbers(case))
            drawings.append(drawing)
            owners.append(section.ten)
    for owner, svg in zip(owners, render(drawings)):
        if isinstance(owner, dict):
            owner["svg"] = Markup(svg)
        else:
            owner.svg = Markup(svg)


def code_spans(text):
    """Clause text: `between backticks` is code."""
    parts = re.split(r"`([^`]*)`", visible(text))
    return Markup("").join(
        Markup("<code>{}</code>").format(part) if index % 2 else escape(part)
        for index, part in enumerate(parts)
    )


def anchor(text):
    """Text as a fragment of an address."""
    return re.sub(r"[^A-Za-z0-9_-]", lambda m: f"_{ord(m.group()):x}", text)


def _environment():
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES, encoding="utf-8"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=lambda value: "" if value is None else visible(value),
    )
    environment.filters.update(
        micros=micros,
        linked=linked,
        code_spans=code_spans,
        anchor=anchor,
        plural=plural,
        shell=shlex.quote,
    )
    environment.globals.update(VERDICTS=VERDICTS, heading=heading)
    return environment
