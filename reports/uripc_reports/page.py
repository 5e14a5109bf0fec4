# SPDX-License-Identifier: MIT
"""Makes the page: gathers the views of each run, draws the diagrams, fills in the template."""

from dataclasses import dataclass, field

from markupsafe import Markup

from . import adequacy, findings, views
from .benchview import bench_sections
from .environment import environment
from .graphviz import render
from .spacetime import draw
from .links import Links
from .reasons import reasons
from .steps import step_numbers
from .verdicts import VERDICTS
from .words import GLOSSARY


@dataclass
class Section:
    """All that the page shows of one directory."""

    key: str  # prefix of its anchors
    directory: str
    links: Links
    run: object = None
    name: str = ""
    result: str = ""
    headline: str = ""
    banners: list = field(default_factory=list)
    counts: list = field(default_factory=list)
    planted: object = None
    failures: list = field(default_factory=list)
    reasons: list = field(default_factory=list)
    chapters: list = field(default_factory=list)
    clauses: list = field(default_factory=list)
    coverage: dict = field(default_factory=dict)
    observations: list = field(default_factory=list)
    faults: list = field(default_factory=list)
    ten: dict | None = None
    mutants: object = None
    mutant_rows: list = field(default_factory=list)
    mutant_counts: list = field(default_factory=list)
    mutant_warning: str = ""
    changes: object = None


def page(sources, changes=()):
    """The whole page as text; the same for the same results. `changes` are comparisons of runs
    with their baselines."""
    tables = [source.mutants for source in sources if source.mutants]
    sections = [_section(n, source, tables) for n, source in enumerate(sources, 1)
                if source.run or source.mutants]
    for section in sections:
        section.changes = next((c for c in changes if c.after is section.run), None)
    _draw_all(sections)
    occurring = {v.name for section in sections for v, _ in section.counts}
    return environment().get_template("page.html").render(
        sections=sections,
        verdicts=[v for v in VERDICTS.values() if v.name in occurring],
        other_verdicts=[v for v in VERDICTS.values() if v.name not in occurring],
        blocked=any(v.name == "blocked" for section in sections for chapter in section.clauses
                    for v, _ in chapter.counts),
        glossary=GLOSSARY,
        worlds={s.run.header["world"] for s in sections if s.run},
        benches=bench_sections(sources, _links(sections)),
        directories=[str(source.directory) for source in sources],
    )


def _links(sections):
    """To the cases that this page shows."""
    return next((section.links for section in sections if section.run), Links(""))


def _section(place, source, tables):
    key, run, table = f"r{place}-", source.run, source.mutants
    links = Links(key, run.clauses, run.cases) if run else Links(key)
    section = Section(key, str(source.directory), links, mutants=table)
    if table:
        section.name, section.result = "mutants of " + table.header["backend"], ""
        section.mutant_rows = adequacy.mutant_rows(table)
        section.mutant_counts = adequacy.mutant_counts(table)
        section.mutant_warning = adequacy.mutant_warning(table, run)
    if run:
        _fill(section, run, tables)
    return section


def _fill(section, run, tables):
    section.run = run
    section.name, section.result = views.name(run), views.result(run)
    section.headline = views.headline(run)
    section.planted = adequacy.planted(run, tables)
    section.banners = views.banners(run, section.planted)
    section.counts = views.counted(run.cases)
    section.failures = views.failures(run, section.planted)
    section.reasons = reasons(run)
    section.chapters = views.case_chapters(run)
    section.clauses = adequacy.clause_chapters(run, section.mutants)
    section.coverage = adequacy.coverage(section.clauses, section.mutants)
    section.observations = findings.observations(run)
    section.faults = findings.fired(run)
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
                drawing, note = draw(
                    failure.case, views.focus(failure.case), numbers, failure.ending
                )
                failure.note = _note(note, failure.case)
                drawings.append(drawing)
                owners.append(failure)
        if section.ten and section.ten["case"].get("trace"):
            case = section.ten["case"]
            drawing, note = draw(case, None, step_numbers(case))
            section.ten["note"] = _note(note, case)
            drawings.append(drawing)
            owners.append(section.ten)
    for owner, svg in zip(owners, render(drawings)):
        if isinstance(owner, dict):
            owner["svg"] = Markup(svg)
        else:
            owner.svg = Markup(svg)


def _note(note, case):
    return " ".join(text for text in (views.left_out(case, "trace"), note) if text)
