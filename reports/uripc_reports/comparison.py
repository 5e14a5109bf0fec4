# SPDX-License-Identifier: MIT
"""Makes the page that compares several runs."""

from . import compare, conclusion
from .benchview import bench_sections
from .environment import environment
from .links import Links
from .questions import questions
from .reasons import reason_rows, reasons
from .verdicts import VERDICTS
from .words import CAPABILITIES


def page(sources, changes=()):
    """The whole page as text; the same for the same results."""
    columns = compare.columns(sources, changes)
    chapters = compare.matrix(columns)
    clauses = compare.clause_chapters(columns)
    asked = questions(columns)
    links = Links("", [row.clause for chapter in clauses for row in chapter.rows],
                  [row.case | {"steps": []} for chapter in chapters for row in chapter.rows])
    why = [reasons(column.run) for column in columns]
    cells = [cell.verdict for chapter in chapters for row in chapter.rows for cell in row.cells]
    benches = bench_sections(sources, links, [column.run.header["backend"] for column in columns])
    standing = conclusion.backends(columns, why)
    points, more_points = conclusion.points(columns, asked)
    return environment().get_template("compare/page.html").render(
        columns=columns,
        chapters=chapters,
        clauses=clauses,
        questions=asked,
        links=links,
        standing=standing,
        holding=[one.column.label for one in standing if one.holds and one.ran],
        differ=compare.differences(chapters, asked),
        points=points,
        more_points=more_points,
        speeds=conclusion.speeds(benches),
        selections=[compare.selection(c.run, sum(len(chapter.rows) for chapter in chapters))
                    for c in columns],
        warnings=compare.warnings(columns),
        reasons=list(zip(columns, why)),
        reason_rows=reason_rows(why),
        capabilities=compare.capabilities(columns),
        capability_texts=CAPABILITIES,
        benches=benches,
        verdicts=[(v, cells.count(v.name)) for v in VERDICTS.values() if v.name in cells],
        other_verdicts=[v for v in VERDICTS.values() if v.name not in cells],
        blocked=any(cell.blocked_by for chapter in clauses for row in chapter.rows
                    for cell in row.cells),
        sources={key: text for column in columns for key, text in column.run.sources.items()},
        directories=[str(source.directory) for source in sources],
    )
